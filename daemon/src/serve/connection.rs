//! One client: its bytes in, the message being answered, and its bytes out.
//!
//! Its life, and who sees to each part:
//!
//! 1. A listener is reported to the event loop, which lets the client in, or says why not
//!    (`event_loop/clients.rs`), and has epoll report what the client sends.
//! 2. [`Connection::read`] takes one portion, and the [`Wire`] cuts it into messages; the first
//!    bytes tell which protocol it speaks.
//! 3. The service takes one message after another by [`Connection::next_call`]. A message is opened
//!    only when the one before it is answered, so replies come in order. What cannot be answered at
//!    once is [`Doing`] until its turn or a worker's result comes.
//! 4. [`Connection::push`] writes the reply as the message's [`Envelope`] wants it, and at the end of
//!    the turn [`Connection::flush`] sends what the socket takes, then notices.
//! 5. The client ends its input, or breaks a rule, or goes away; what it has asked for is still done,
//!    and when that is sent it [`Connection::is_done`] and is closed.
//!
//! What is held for a client is bounded: reading pauses while enough is waiting to be answered, and
//! answering pauses while enough is waiting to be sent.

use std::io::{self, Read};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use goxel_journal::Position;
use goxel_rpc::{Notice, Scope};
use nix::sys::epoll::EpollFlags;

use crate::serve::exchange::{Exchange, Stage};
use crate::serve::meter::Meter;
use crate::serve::outbox::Outbox;
use crate::socket::stream::Stream;
use crate::wire::{Allowed, Call, Envelope, Kind, Wire};

/// Bytes past which a client is not read before all it has asked is opened.
const READ_AHEAD: usize = 256 << 10;
/// Portions that are taken of a peer that is no longer listened to.
const DRAIN_MOST: usize = 64;

/// What the connection does with what it has read.
pub enum Doing {
    Nothing,
    /// A large message waits until others of its kind are answered.
    Queued(Vec<u8>),
    /// A worker decodes a large message.
    Parsing,
    Answering(Exchange),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    /// The client sends no more, or is not listened to any more.
    Ended,
    /// And nothing is left of what it had sent.
    Drained,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Here,
    /// Closed its end: replies go nowhere, but what it asked for is still done.
    Gone,
}

pub struct Connection {
    stream: Stream,
    wire: Wire,
    /// How what is being answered is answered.
    pub envelope: Envelope,
    /// Whether it has yet to say a token.
    pub locked: bool,
    /// How fast it asks.
    pub meter: Meter,
    /// Whose process it is, where the system tells.
    pub user: Option<u32>,
    /// When it last asked for something, or was served.
    pub active: Instant,
    /// Since when a part of a message is there, and waits for the rest.
    partial: Option<Instant>,
    pub doing: Doing,
    /// Which project its calls mean, and which it watches.
    pub scope: Scope,
    /// Changes that it has not been told of; of each project one.
    waiting: Vec<Notice>,
    /// Whether all whole messages that were read have been opened.
    hungry: bool,
    /// Bytes read since it was hungry last. Counted here, not asked of the framer: what broken
    /// input leaves there is small but not nothing.
    ahead: usize,
    out: Outbox,
    /// The commit before which nothing is sent; it keeps what replies tell of.
    pub held: Option<Position>,
    input: Input,
    peer: Peer,
    /// What epoll was last told; `None` when it does not watch.
    pub watched: Option<EpollFlags>,
}

impl Connection {
    pub fn new(stream: Stream, allowed: Allowed, locked: bool) -> Connection {
        Connection {
            stream,
            wire: Wire::new(allowed),
            envelope: Envelope::Line,
            locked,
            meter: Meter::new(Instant::now()),
            user: None,
            active: Instant::now(),
            partial: None,
            doing: Doing::Nothing,
            scope: Scope::new(),
            waiting: Vec::new(),
            hungry: true,
            ahead: 0,
            out: Outbox::default(),
            held: None,
            input: Input::Open,
            peer: Peer::Here,
            watched: None,
        }
    }

    /// Takes one portion of input, if any is there.
    pub fn read(&mut self, scratch: &mut [u8]) {
        match self.stream.read(scratch) {
            Ok(0) => self.end_input(),
            Ok(count) => {
                self.wire.push(&scratch[..count]);
                self.ahead += count;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {}
                // Reset: the peer is gone. What it sent before was read before.
                _ => {
                    self.end_input();
                    self.lose_peer();
                }
            },
        }
    }

    fn end_input(&mut self) {
        self.input = Input::Ended;
    }

    /// The next call to open; from here on it is what is answered.
    pub fn next_call(&mut self, now: Instant) -> Option<Call> {
        if self.input == Input::Drained {
            return None;
        }
        let mut call = self.wire.next();
        if call.is_none() && self.input == Input::Ended {
            call = self.wire.finish();
            if call.is_none() {
                self.input = Input::Drained;
            }
        }
        match &call {
            Some(call) => {
                self.envelope = call.envelope;
                self.active = now;
                self.partial = None;
            }
            None => {
                self.ahead = 0;
                if self.wire.is_mid_message() {
                    self.partial.get_or_insert(now);
                }
                if let Some(interim) = self.wire.take_interim() {
                    self.out.end().extend_from_slice(interim);
                }
            }
        }
        self.hungry = call.is_none();
        call
    }

    /// What it speaks.
    pub fn kind(&self) -> Kind {
        self.wire.kind()
    }

    /// Whether it has asked for nothing for so long, or a message of it has been arriving for so
    /// long.
    pub fn is_overdue(&self, idle: Option<Duration>, message: Option<Duration>) -> bool {
        let idle = idle.is_some_and(|most| self.active.elapsed() >= most);
        let is_late = |most| self.partial.is_some_and(|since| since.elapsed() >= most);
        matches!(self.doing, Doing::Nothing) && (idle || message.is_some_and(is_late))
    }

    /// Opens no further message: what is being answered is the last.
    pub fn stop_listening(&mut self) {
        self.input = Input::Drained;
    }

    /// Answers what is being answered; `None` where it gets no answer.
    pub fn push_reply(&mut self, reply: Option<&str>) {
        self.push(|envelope, out| envelope.write(reply, out));
    }

    /// Answers an HTTP request with something else than a reply.
    pub fn push(&mut self, write: impl FnOnce(&Envelope, &mut Vec<u8>)) {
        if self.peer == Peer::Here {
            write(&self.envelope, self.out.end());
        }
        if self.envelope.closes() {
            self.stop_listening();
        }
    }

    /// Tells of a change, if its project is watched. What cannot be sent yet is joined with what
    /// comes: a slow reader has one notice of each project waiting.
    pub fn notify(&mut self, notice: &Notice) {
        // Over HTTP there is no way to tell what nobody has asked.
        if !self.scope.watches(&notice.project) || self.kind() == Kind::Http {
            return;
        }
        match self.waiting.iter_mut().find(|it| it.project == notice.project) {
            Some(earlier) => earlier.join(notice),
            None => self.waiting.push(notice.clone()),
        }
    }

    /// Sends what the socket takes now of what may be sent: what is kept so far.
    pub fn flush(&mut self, kept: Position) {
        if self.held.is_some_and(|held| held > kept) {
            return;
        }
        self.held = None;
        if self.out.unsent() == 0 {
            self.write_notices();
        }
        if self.out.send(&mut self.stream).is_err() {
            self.lose_peer();
        }
    }

    fn write_notices(&mut self) {
        let envelope = match self.kind() {
            Kind::Binary => Envelope::Binary { id: 0, time: 0, closes: false },
            _ => Envelope::Line,
        };
        for notice in mem::take(&mut self.waiting) {
            envelope.write(Some(&notice.line()), self.out.end());
        }
    }

    /// The peer has closed its end.
    pub fn lose_peer(&mut self) {
        self.peer = Peer::Gone;
        self.out.clear();
    }

    /// Whether nobody is there to read replies; then no event will tell that input is left.
    pub fn peer_is_gone(&self) -> bool {
        self.peer == Peer::Gone
    }

    /// Whether so much is unsent that nothing new should be answered.
    pub fn is_clogged(&self) -> bool {
        self.out.is_clogged()
    }

    /// Whether more input should be read now.
    pub fn wants_input(&self) -> bool {
        self.input == Input::Open && !self.is_clogged() && (self.hungry || self.ahead < READ_AHEAD)
    }

    /// What epoll should report.
    pub fn interest(&self) -> EpollFlags {
        let mut flags = EpollFlags::empty();
        flags.set(EpollFlags::EPOLLIN, self.wants_input());
        let has_news = self.out.unsent() > 0 || !self.waiting.is_empty();
        flags.set(EpollFlags::EPOLLOUT, has_news && self.held.is_none());
        flags
    }

    /// Takes what the peer has sent since, before the end: closed with input unread, a socket tells
    /// its peer of a failure, and the last reply may be lost with it.
    pub fn drain(&mut self, scratch: &mut [u8]) {
        for _ in 0..DRAIN_MOST {
            match self.stream.read(scratch) {
                Ok(count) if count > 0 => {}
                _ => return,
            }
        }
    }

    /// Whether all that was asked is answered and sent, and no more will come.
    pub fn is_done(&self) -> bool {
        self.input == Input::Drained
            && self.out.unsent() == 0
            && matches!(self.doing, Doing::Nothing)
    }

    /// Its request may edit now.
    pub fn admit(&mut self) {
        if let Doing::Answering(exchange) = &mut self.doing {
            exchange.stage = Stage::Admitted;
        }
    }

    /// What it was doing; it then does nothing.
    pub fn take_doing(&mut self) -> Doing {
        mem::replace(&mut self.doing, Doing::Nothing)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
