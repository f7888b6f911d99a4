//! The session behind all connections: what is answered at once, what goes to a worker, and in
//! which order edits are made.
//!
//! While a slow edit of a project is being made, requests that edit it wait in one line, in the
//! order in which they came up; everything else goes on and sees the project as it was before.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use goxel_engine::digest::Digest;
use goxel_rpc::{
    Decoded, Finished, Host, INTERNAL_ERROR, INVALID_REQUEST, Job, Notice, Outcome, Priority,
    Request, RpcError, Scope, Session, Step, decode, error_reply, fault_reply, reply,
};

use crate::config::plain::Rate;
use crate::serve::connection::{Connection, Doing};
use crate::serve::exchange::{Exchange, Stage};
use crate::serve::health_file::HealthFile;
use crate::serve::pages::{self, Answer, Figures};
use crate::serve::pool::{Panicked, Pool};
use crate::serve::stats::Stats;
use crate::state::{Checkpointed, Reloaded, State};
use crate::wire::{Call, Kind, Page, Refusal, What};

mod keeping;

pub use keeping::Kept;

/// Requests of one connection that are begun before others have their turn.
const BURST: usize = 64;
/// And how long they may take together: the last one begun may overrun it.
const BURST_TIME: Duration = Duration::from_millis(1);
/// A longer message is decoded by a worker.
const PARSE_HERE: usize = 64 << 10;
/// What a burst may record of edits that are made at once.
const BURST_BYTES: usize = BURST * PARSE_HERE;
/// The text of longer messages that are decoded or answered at a time; one is always let in.
/// Decoded, a text of small values takes many times its length.
const LARGE_AT_ONCE: usize = 16 << 20;

/// The key of work that no connection waits for.
const NOBODY: u64 = 0;

/// What workers bring back.
pub enum Done {
    Decoded(Decoded),
    /// With the reply line, unless only the session can write it.
    Ran(Finished, Option<String>),
    /// Something large was let go of.
    Forgot,
    Checkpointed(Checkpointed),
    Reloaded(Box<Reloaded>),
    /// Projects' numbers, revisions, and what their scenes were like.
    Digested(Vec<(u64, u64, Digest)>),
}

/// Why a connection's requests are not answered further for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Nothing is left to answer.
    Idle,
    /// For a worker, for its turn to edit, or for the client to read.
    Waiting,
    /// For other connections to have their turn.
    Yielding,
}

pub struct Service {
    session: Session,
    /// Where the session is kept, if it is.
    state: Option<State>,
    /// Connections that must not be answered before what the session did is kept.
    awaiting: Vec<u64>,
    host: Arc<dyn Host>,
    pub pool: Pool<Done>,
    /// For each project that is being edited, the connections whose next request edits it, first
    /// come first.
    lines: BTreeMap<String, VecDeque<u64>>,
    /// Who has a large message decoded or answered, and its length.
    large: HashMap<u64, usize>,
    /// Connections whose large message waits, first come first.
    queued: VecDeque<u64>,
    pub shows_metrics: bool,
    /// Room for a reply.
    line: String,
    /// How fast each client may ask.
    pub rate: Option<Rate>,
    /// The longest reply, in bytes.
    pub max_reply: usize,
    /// What clients of other machines must know.
    pub token: Option<String>,
    /// Whether the end has begun.
    pub draining: bool,
    /// Requests that take as long are logged.
    pub slow_request: Option<Duration>,
    pub health_file: HealthFile,
    stats: Arc<Stats>,
}

impl Service {
    pub fn new(
        (session, state): (Session, Option<State>),
        host: Arc<dyn Host>,
        pool: Pool<Done>,
        health_file: HealthFile,
        stats: Arc<Stats>,
    ) -> Service {
        let (lines, large, queued, awaiting) = Default::default();
        let mut service = Service {
            session,
            state,
            awaiting,
            host,
            pool,
            lines,
            large,
            queued,
            shows_metrics: true,
            line: String::new(),
            rate: None,
            max_reply: usize::MAX,
            token: None,
            draining: false,
            slow_request: None,
            health_file,
            stats,
        };
        service.make_room(0);
        service.note_journal();
        service
    }

    /// How many projects may be open at a time.
    pub fn set_max_projects(&mut self, most: usize) {
        self.session.set_max_projects(most);
    }

    /// Answers what `connection` has asked, as far as that goes now.
    pub fn serve(&mut self, token: u64, connection: &mut Connection) -> Pause {
        let recorded = self.session.journal_len();
        self.make_room(recorded + BURST_BYTES);
        let pause = self.serve_burst(token, connection);
        self.await_keeping(token, recorded);
        pause
    }

    fn serve_burst(&mut self, token: u64, connection: &mut Connection) -> Pause {
        let begun = Instant::now();
        for number in 0..BURST {
            if number > 0 && begun.elapsed() >= BURST_TIME {
                break;
            }
            if connection.is_clogged() {
                return Pause::Waiting;
            }
            let pause = match connection.take_doing() {
                Doing::Nothing => self.open_next(token, connection, begun),
                waiting @ (Doing::Parsing | Doing::Queued(_)) => {
                    connection.doing = waiting;
                    Some(Pause::Waiting)
                }
                Doing::Answering(exchange) => {
                    connection.active = begun;
                    self.advance(token, connection, exchange)
                }
            };
            if let Some(pause) = pause {
                return pause;
            }
        }
        Pause::Yielding
    }

    fn open_next(
        &mut self,
        token: u64,
        connection: &mut Connection,
        now: Instant,
    ) -> Option<Pause> {
        let Some(Call { what, token: said, .. }) = connection.next_call(now) else {
            return Some(Pause::Idle);
        };
        let is_http = connection.kind() == Kind::Http;
        if is_http && connection.locked && !self.is_token(said.as_deref()) && !is_open(&what) {
            connection.push(|envelope, out| envelope.write_refusal(&Refusal::UNAUTHORIZED, out));
            return None;
        }
        self.stats.count_message(connection.kind());
        match what {
            What::Fault(fault) => self.refuse(connection, &fault_reply(&fault)),
            What::Message(message) if message.len() > PARSE_HERE => {
                connection.doing = Doing::Queued(message);
                self.queued.push_back(token);
            }
            What::Message(message) => {
                if !self.answer_quickly(connection, &message) {
                    self.open(connection, decode(&message));
                }
            }
            What::Page(Page::Metrics) if !self.shows_metrics => {
                let off = Refusal::new(404, "metrics are off; see monitoring.enable_metrics");
                connection.push(|envelope, out| envelope.write_refusal(&off, out));
            }
            What::Page(page) => {
                let Answer { status, content_type, body } = self.page(page);
                connection.push(|it, out| it.write_page(status, content_type, &body, out));
            }
            What::Refused(refusal) => {
                Stats::count(&self.stats.refused);
                connection.push(|envelope, out| envelope.write_refusal(&refusal, out));
            }
        }
        None
    }

    /// Answers a message of the commonest kind, if nothing speaks against it.
    fn answer_quickly(&mut self, connection: &mut Connection, message: &[u8]) -> bool {
        if connection.locked || self.rate.is_some() || self.slow_request.is_some() {
            return false;
        }
        self.line.clear();
        let lines = &self.lines;
        let may_edit = |project: &str| !lines.contains_key(project);
        let line = &mut self.line;
        if !self.session.answer_quickly(message, &connection.scope, may_edit, line) {
            return false;
        }
        Stats::count(&self.stats.requests);
        connection.push_reply(Some(&self.line));
        true
    }

    /// Whether that is the token which clients of other machines have to know. Takes as long
    /// whatever it is compared with.
    fn is_token(&self, said: Option<&[u8]>) -> bool {
        let (Some(said), Some(token)) = (said, &self.token) else { return false };
        let token = token.as_bytes();
        let differing = said.iter().zip(token).fold(0, |all, (a, b)| all | (a ^ b));
        said.len() == token.len() && differing == 0
    }

    fn page(&self, page: Page) -> Answer {
        match page {
            Page::Health => pages::health_answer(&self.figures()),
            Page::Live => pages::live_answer(),
            Page::Ready => pages::ready_answer(&self.figures()),
            Page::Metrics => pages::metrics_answer(&self.figures()),
        }
    }

    /// Tells the health file how we are.
    pub fn note_health(&self) {
        self.health_file.put(|| pages::health(&self.figures()));
    }

    fn figures(&self) -> Figures {
        let waiting = self.pool.waiting();
        self.stats.figures(
            pages::Jobs {
                workers: self.pool.workers(),
                healthy: self.pool.is_healthy(),
                begun: self.stats.jobs.load(Relaxed),
                refused: self.stats.overloads.load(Relaxed),
                waiting,
            },
            self.session.project_count(),
            self.draining,
        )
    }

    /// The connection whose large message can be decoded now, if any.
    pub fn next_large(&self) -> Option<u64> {
        self.queued.front().copied()
    }

    /// Has the large message that is next in the queue decoded, if there is room.
    /// `connection` is the one that it came from, if that is still there.
    pub fn let_large_in(&mut self, token: u64, connection: Option<&mut Connection>) -> bool {
        let Some(connection) = connection else {
            self.queued.pop_front();
            return true;
        };
        let held: usize = self.large.values().sum();
        match connection.take_doing() {
            Doing::Queued(message) if held > 0 && held + message.len() > LARGE_AT_ONCE => {
                connection.doing = Doing::Queued(message);
                return false;
            }
            Doing::Queued(message) => {
                self.large.insert(token, message.len());
                self.parse_elsewhere(token, connection, message);
            }
            other => connection.doing = other,
        }
        self.queued.pop_front();
        true
    }

    /// The connection's message is answered, or it is gone.
    pub fn let_go(&mut self, token: u64) {
        self.large.remove(&token);
    }

    fn parse_elsewhere(&mut self, token: u64, connection: &mut Connection, message: Vec<u8>) {
        connection.doing = Doing::Parsing;
        let decoding = move || Done::Decoded(decode(&message));
        // Not refused when the queue is full: the reply could not name the request.
        if self.pool.submit_always(token, Priority::Critical, decoding).is_err() {
            connection.doing = Doing::Nothing;
            self.let_go(token);
            self.refuse(connection, &error_reply(&overloaded()));
        }
    }

    fn open(&self, connection: &mut Connection, decoded: Decoded) {
        if connection.locked && connection.kind() != Kind::Http {
            return self.unlock(connection, &decoded);
        }
        let exchange = match decoded {
            Decoded::Single(request) => Exchange::single(request),
            Decoded::Batch(requests) => Exchange::batch(requests),
            Decoded::Fault(line) => return self.refuse(connection, &line),
        };
        let exchange = exchange.within(self.max_reply);
        connection.doing = Doing::Answering(match &self.rate {
            Some(rate) if !connection.meter.take(exchange.len(), rate, Instant::now()) => {
                exchange.refusing(too_fast(rate))
            }
            _ => exchange,
        });
    }

    /// Takes nothing but the token.
    fn unlock(&self, connection: &mut Connection, decoded: &Decoded) {
        let (request, outcome) = match decoded {
            Decoded::Fault(line) => return self.refuse(connection, line),
            Decoded::Single(request) if request.method() == "authenticate" => {
                let said = request.text("token").map(str::as_bytes);
                connection.locked = !self.is_token(said);
                (request, if connection.locked { Err(locked()) } else { Ok(granted()) })
            }
            Decoded::Single(request) => (request, Err(locked())),
            Decoded::Batch(_) => return self.refuse(connection, &error_reply(&locked())),
        };
        Stats::count(&self.stats.requests);
        let line = request.answers().then(|| reply(request, &outcome));
        connection.push_reply(line.as_deref());
    }

    fn refuse(&self, connection: &mut Connection, line: &str) {
        Stats::count(&self.stats.requests);
        Stats::count(&self.stats.failed);
        connection.push_reply(Some(line));
    }

    fn advance(
        &mut self,
        token: u64,
        connection: &mut Connection,
        mut exchange: Exchange,
    ) -> Option<Pause> {
        let Some(request) = exchange.current() else {
            self.let_go(token);
            connection.push_reply(exchange.into_line().as_deref());
            return None;
        };
        let pause = match exchange.stage {
            Stage::InLine | Stage::Running => Some(Pause::Waiting),
            Stage::Ready | Stage::Admitted if exchange.refused().is_some() => {
                self.begin(token, &mut exchange, &mut connection.scope)
            }
            Stage::Ready | Stage::Admitted => {
                let edited = self.session.edited_by(request, &connection.scope);
                match edited.filter(|project| self.must_wait(project, exchange.stage)) {
                    Some(project) => {
                        self.lines.entry(project).or_default().push_back(token);
                        exchange.stage = Stage::InLine;
                        Some(Pause::Waiting)
                    }
                    None => self.begin(token, &mut exchange, &mut connection.scope),
                }
            }
        };
        connection.doing = Doing::Answering(exchange);
        pause
    }

    /// Whether an edit of that project has to stand in line. Who was let through waits again only
    /// where his call means another project by now.
    fn must_wait(&self, project: &str, stage: Stage) -> bool {
        let others = stage == Stage::Ready && self.lines.contains_key(project);
        others || self.session.is_busy(project)
    }

    fn begin(&mut self, token: u64, exchange: &mut Exchange, scope: &mut Scope) -> Option<Pause> {
        let request = exchange.current()?;
        let edits = request.edits();
        if self.slow_request.is_some() {
            exchange.begin();
        }
        let request = exchange.current()?;
        let step = match exchange.refused() {
            Some(error) => Step::Done(Err(error)),
            None => start(&mut self.session, request, scope, &self.host),
        };
        match step {
            Step::Done(outcome) => {
                self.answer(exchange, &outcome);
                None
            }
            Step::Job(job) => self.hand_over(token, exchange, job, edits),
        }
    }

    /// Gives a job to the pool. One that edits is never refused, because the session waits for
    /// it; there is at most one.
    fn hand_over(
        &mut self,
        token: u64,
        exchange: &mut Exchange,
        job: Job,
        edits: bool,
    ) -> Option<Pause> {
        let host = Arc::clone(&self.host);
        let (request, priority) = (exchange.hand_over()?, job.priority);
        let task = move || {
            let mut finished = job.run(host.as_ref());
            let line = finished.reply_line(&request);
            Done::Ran(finished, line)
        };
        let submitted = if edits {
            self.pool.submit_always(token, priority, task)
        } else {
            self.pool.submit(token, priority, task)
        };
        if submitted.is_err() {
            Stats::count(&self.stats.overloads);
            self.answer(exchange, &Err(overloaded()));
            return None;
        }
        Stats::count(&self.stats.jobs);
        exchange.stage = Stage::Running;
        Some(Pause::Waiting)
    }

    fn answer(&self, exchange: &mut Exchange, outcome: &Outcome) {
        self.count(exchange, outcome);
        exchange.answer(outcome);
    }

    fn count(&self, exchange: &Exchange, outcome: &Outcome) {
        Stats::count(&self.stats.requests);
        if outcome.is_err() {
            Stats::count(&self.stats.failed);
        }
        if let Some((request, taken)) = self.slow_request.and_then(|most| exchange.slow(most)) {
            log::info!("slow: {} took {} ms", request.method(), taken.as_millis());
        }
    }

    /// Takes a worker's result; `connection` is the one that waits for it, if it still does.
    pub fn take_back(
        &mut self,
        token: u64,
        result: Result<Done, Panicked>,
        mut connection: Option<&mut Connection>,
    ) {
        let (outcome, line) = match result {
            Ok(Done::Forgot) => return,
            Ok(Done::Checkpointed(done)) => return self.end_checkpoint(done),
            Ok(Done::Digested(digests)) => return self.record_digests(digests),
            Ok(Done::Reloaded(reloaded)) => return self.restore(*reloaded),
            Ok(Done::Ran(finished, line)) => {
                let scope = connection.as_mut().map(|it| &mut it.scope);
                (self.finish(token, finished, scope), line)
            }
            Ok(Done::Decoded(decoded)) => {
                if let Some(connection) = connection {
                    connection.doing = Doing::Nothing;
                    self.open(connection, decoded);
                    if matches!(connection.doing, Doing::Nothing) {
                        self.let_go(token);
                    }
                }
                return;
            }
            Err(Panicked) if token == NOBODY => {
                return log::error!("work in the background panicked");
            }
            Err(Panicked) => (Err(RpcError::internal("the method panicked")), None),
        };
        let Some(connection) = connection else { return };
        match connection.take_doing() {
            Doing::Answering(mut exchange) => {
                self.count(&exchange, &outcome);
                // What could not be kept is refused, whatever was said of it.
                match line.filter(|_| outcome.is_ok()) {
                    Some(line) => exchange.answer_line(line),
                    None => exchange.answer(&outcome),
                }
                connection.doing = Doing::Answering(exchange);
            }
            Doing::Parsing | Doing::Queued(_) | Doing::Nothing => {
                self.let_go(token);
                self.refuse(connection, &error_reply(&RpcError::internal("decoding panicked")));
            }
        }
    }

    fn finish(&mut self, token: u64, finished: Finished, scope: Option<&mut Scope>) -> Outcome {
        let recorded = self.session.journal_len();
        self.make_room(recorded + finished.journal_bytes());
        let outcome = self.session.finish(finished, scope);
        self.await_keeping(token, recorded);
        outcome
    }

    /// A connection whose turn to edit it is.
    pub fn next_in_line(&mut self) -> Option<u64> {
        let mut free = self.lines.iter().filter(|(project, _)| !self.session.is_busy(project));
        let project = free.next()?.0.clone();
        let line = self.lines.get_mut(&project)?;
        let token = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&project);
        }
        token
    }

    /// Whether somebody could edit now and has not been let.
    pub fn line_moves(&self) -> bool {
        self.lines.keys().any(|project| !self.session.is_busy(project))
    }

    /// How many wait for their turn to edit.
    pub fn line_len(&self) -> usize {
        self.lines.values().map(VecDeque::len).sum()
    }

    /// What has happened to projects that connections watch.
    pub fn notices(&mut self) -> Vec<Notice> {
        self.session.notices()
    }

    /// Has a worker let go of closed projects: that takes its time.
    pub fn forget_closed(&mut self) {
        let remains = self.session.remains();
        if remains.is_empty() {
            return;
        }
        let forget = move || {
            drop(remains);
            Done::Forgot
        };
        // Where no worker takes it, it is let go of here.
        let _ = self.pool.submit_always(NOBODY, Priority::High, forget);
    }

    /// The connection is gone.
    pub fn lose(&mut self, token: u64, scope: &Scope) {
        self.let_go(token);
        self.session.close_scope(scope);
    }

    /// Answers what can no longer be carried out because the daemon ends.
    pub fn abandon(&self, connection: &mut Connection) {
        let error = RpcError::new(INTERNAL_ERROR, "Server is shutting down", "shutting_down");
        match connection.take_doing() {
            Doing::Nothing => {}
            Doing::Parsing | Doing::Queued(_) => self.refuse(connection, &error_reply(&error)),
            Doing::Answering(mut exchange) => {
                while exchange.current().is_some() {
                    self.answer(&mut exchange, &Err(error.clone()));
                }
                connection.push_reply(exchange.into_line().as_deref());
            }
        }
    }
}

/// A panic costs one answer: the session marks the project that it was editing.
fn start(
    session: &mut Session,
    request: &Request,
    scope: &mut Scope,
    host: &Arc<dyn Host>,
) -> Step {
    catch_unwind(AssertUnwindSafe(|| session.start(request, scope, host)))
        .unwrap_or_else(|_| Step::Done(Err(RpcError::internal("the method panicked"))))
}

fn locked() -> RpcError {
    RpcError::new(INVALID_REQUEST, "Authentication required", "unauthorized")
        .with("detail", "call authenticate with the token first")
}

fn granted() -> serde_json::Value {
    serde_json::json!({ "success": true })
}

/// What anybody may see: whether the service is there.
fn is_open(what: &What) -> bool {
    matches!(what, What::Page(Page::Health | Page::Live | Page::Ready) | What::Refused(_))
}

fn too_fast(rate: &Rate) -> RpcError {
    RpcError::new(INTERNAL_ERROR, "Server overloaded - too many requests", "rate_limited")
        .with("requests_per_second", rate.per_second)
        .with("burst", rate.burst)
}

fn overloaded() -> RpcError {
    RpcError::new(INTERNAL_ERROR, "Server overloaded - request queue full", "overloaded")
}

/// The line for a client that is not let in.
pub fn too_many_connections(max: usize) -> String {
    let error =
        RpcError::new(INTERNAL_ERROR, "Server overloaded - too many connections", "overloaded");
    error_reply(&error.with("max_connections", max))
}
