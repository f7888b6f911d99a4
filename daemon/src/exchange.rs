//! One message being answered: a request, or a batch that is taken element by element.

use std::collections::VecDeque;

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
}

impl Exchange {
    pub fn single(request: Request) -> Exchange {
        Exchange::new(VecDeque::from([request]), Shape::Single)
    }

    pub fn batch(requests: Vec<Request>) -> Exchange {
        Exchange::new(requests.into(), Shape::Batch)
    }

    fn new(requests: VecDeque<Request>, shape: Shape) -> Exchange {
        Exchange { requests, replies: Vec::new(), reply_bytes: 0, shape, stage: Stage::Ready }
    }

    /// The request to be answered next.
    pub fn current(&self) -> Option<&Request> {
        self.requests.front()
    }

    /// Why the current request must not be carried out, if so.
    pub fn overfull(&self) -> Option<RpcError> {
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
        self.stage = Stage::Ready;
        let Some(request) = self.requests.pop_front() else { return };
        if request.answers() {
            let line = line(&request);
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
