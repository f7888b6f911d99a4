//! One client: its bytes in, the message being answered, and its bytes out.
//!
//! A message is opened only when the one before it is answered, so replies come in order. What is
//! held for a client is bounded: reading pauses while enough is waiting to be answered, and
//! answering pauses while enough is waiting to be sent.

use std::io::{self, Read, Write};
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use goxel_rpc::{Notice, Scope};
use nix::sys::epoll::EpollFlags;

use crate::exchange::{Exchange, Stage};
use crate::meter::Meter;
use crate::stream::Stream;
use crate::wire::{Allowed, Call, Envelope, Kind, Wire};

/// Bytes past which a client is not read before all it has asked is opened.
const READ_AHEAD: usize = 256 << 10;
/// Unsent bytes past which a client's next request is not begun.
const UNSENT_LIMIT: usize = 1 << 20;
/// The most that one turn of the event loop sends to one client.
const SEND_PER_TURN: usize = 1 << 20;

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
    out: Vec<u8>,
    sent: usize,
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
            out: Vec::new(),
            sent: 0,
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
                    self.out.extend_from_slice(interim);
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
            write(&self.envelope, &mut self.out);
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

    /// Sends what the socket takes now.
    pub fn flush(&mut self) {
        if self.unsent() == 0 {
            let envelope = match self.kind() {
                Kind::Binary => Envelope::Binary { id: 0, time: 0, closes: false },
                _ => Envelope::Line,
            };
            for notice in mem::take(&mut self.waiting) {
                envelope.write(Some(&notice.line()), &mut self.out);
            }
        }
        self.send();
    }

    fn send(&mut self) {
        let mut budget = SEND_PER_TURN;
        while self.unsent() > 0 && budget > 0 {
            let end = self.out.len().min(self.sent + budget);
            match self.stream.write(&self.out[self.sent..end]) {
                Ok(count) => {
                    self.sent += count;
                    budget -= count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.lose_peer(),
            }
        }
        self.forget_sent();
    }

    fn forget_sent(&mut self) {
        if self.unsent() == 0 {
            // A large reply's memory goes back; a small buffer stays for the next one.
            if self.out.capacity() > UNSENT_LIMIT {
                self.out = Vec::new();
            }
            self.out.clear();
            self.sent = 0;
        } else if self.sent > UNSENT_LIMIT && self.sent > self.unsent() {
            self.out.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// The peer has closed its end.
    pub fn lose_peer(&mut self) {
        self.peer = Peer::Gone;
        self.out = Vec::new();
        self.sent = 0;
    }

    /// Whether nobody is there to read replies; then no event will tell that input is left.
    pub fn peer_is_gone(&self) -> bool {
        self.peer == Peer::Gone
    }

    fn unsent(&self) -> usize {
        self.out.len() - self.sent
    }

    /// Whether so much is unsent that nothing new should be answered.
    pub fn is_clogged(&self) -> bool {
        self.unsent() >= UNSENT_LIMIT
    }

    /// Whether more input should be read now.
    pub fn wants_input(&self) -> bool {
        self.input == Input::Open && !self.is_clogged() && (self.hungry || self.ahead < READ_AHEAD)
    }

    /// What epoll should report.
    pub fn interest(&self) -> EpollFlags {
        let mut flags = EpollFlags::empty();
        flags.set(EpollFlags::EPOLLIN, self.wants_input());
        flags.set(EpollFlags::EPOLLOUT, self.unsent() > 0 || !self.waiting.is_empty());
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
        self.input == Input::Drained && self.unsent() == 0 && matches!(self.doing, Doing::Nothing)
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
