//! One message being answered: a request, or a batch that is taken element by element.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use goxel_rpc::{INTERNAL_ERROR, Outcome, Request, RpcError, batch_reply, reply};

/// What the replies of one batch may come to. Past it, elements are refused, not carried out:
/// a short request may have a long answer, and a batch keeps all of them until its end.
const MAX_BATCH_REPLY: usize = 64 << 20;

/// Where the current request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It can be started.
    Ready,
    /// It edits, and waits for its turn to.
    InLine,
    /// It edits, and it is its turn.
    Admitted,
    /// A worker has it.
    Running,
}

enum Shape {
    Single,
    Batch,
}

/// Requests that arrived as one message, and the replies there are so far.
pub struct Exchange {
    requests: VecDeque<Request>,
    replies: Vec<String>,
    reply_bytes: usize,
    shape: Shape,
    pub stage: Stage,
    /// Why none of it is carried out, if so.
    refusal: Option<RpcError>,
    /// The longest reply, in bytes.
    max_reply: usize,
    /// When the current request was begun.
    begun: Option<Instant>,
}

impl Exchange {
    pub fn single(request: Request) -> Exchange {
        Exchange::new(VecDeque::from([request]), Shape::Single)
    }

    pub fn batch(requests: Vec<Request>) -> Exchange {
        Exchange::new(requests.into(), Shape::Batch)
    }

    fn new(requests: VecDeque<Request>, shape: Shape) -> Exchange {
        let (replies, stage) = (Vec::new(), Stage::Ready);
        Exchange {
            requests,
            replies,
            reply_bytes: 0,
            shape,
            stage,
            refusal: None,
            max_reply: usize::MAX,
            begun: None,
        }
    }

    /// The request to be answered next.
    pub fn current(&self) -> Option<&Request> {
        self.requests.front()
    }

    /// The current request is begun.
    pub fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }

    /// The current request, when it has taken as long as that by now.
    pub fn slow(&self, threshold: Duration) -> Option<(&Request, Duration)> {
        let taken = self.begun?.elapsed();
        self.current().filter(|_| taken >= threshold).map(|request| (request, taken))
    }

    /// Answers all of it with that.
    pub fn refusing(mut self, error: RpcError) -> Exchange {
        self.refusal = Some(error);
        self
    }

    /// Answers a request whose reply would be longer than that with an error.
    pub fn within(mut self, max_reply: usize) -> Exchange {
        self.max_reply = max_reply;
        self
    }

    /// How many requests are left.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Why the current request must not be carried out, if so.
    pub fn refused(&self) -> Option<RpcError> {
        self.refusal.clone().or_else(|| self.overfull())
    }

    fn overfull(&self) -> Option<RpcError> {
        (self.reply_bytes > MAX_BATCH_REPLY).then(|| {
            RpcError::new(
                INTERNAL_ERROR,
                "The replies of the batch are too large",
                "limit_exceeded",
            )
            .with("max_bytes", MAX_BATCH_REPLY)
        })
    }

    /// What a worker needs to write the reply to the current request; from here on its job alone
    /// holds the parameters.
    pub fn hand_over(&mut self) -> Option<Request> {
        let request = self.requests.front_mut()?;
        request.forget_params();
        Some(request.clone())
    }

    /// Ends the current request.
    pub fn answer(&mut self, outcome: &Outcome) {
        self.end_current(|request| reply(request, outcome));
    }

    /// Ends the current request with the line that a worker wrote for it.
    pub fn answer_line(&mut self, line: String) {
        self.end_current(|_| line);
    }

    fn end_current(&mut self, line: impl FnOnce(&Request) -> String) {
        (self.stage, self.begun) = (Stage::Ready, None);
        let Some(request) = self.requests.pop_front() else { return };
        if request.answers() {
            let mut line = line(&request);
            if line.len() > self.max_reply {
                line = reply(&request, &Err(too_long(line.len(), self.max_reply)));
            }
            self.reply_bytes += line.len();
            self.replies.push(line);
        }
    }

    /// The line for the client, when no request is left; none for notifications alone.
    pub fn into_line(mut self) -> Option<String> {
        match self.shape {
            Shape::Single => self.replies.pop(),
            Shape::Batch if self.replies.is_empty() => None,
            Shape::Batch => Some(batch_reply(&self.replies)),
        }
    }
}

fn too_long(bytes: usize, most: usize) -> RpcError {
    RpcError::new(INTERNAL_ERROR, "The reply is too large", "limit_exceeded")
        .with("bytes", bytes)
        .with("max_bytes", most)
}
