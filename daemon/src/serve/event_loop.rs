//! The one thread that owns all connections and the session.
//!
//! A turn: wait, take what came (clients, bytes, signals, results), answer each connection a
//! bounded number of requests, then send. epoll is level-triggered: a connection from which only
//! part was taken is reported again, so a turn can bound what it does for each and forget nothing.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;

use crate::config::{Config, Loaded, Source as Configured};
use crate::process::link::{Link, Word};
use crate::process::signals::Signals;
use crate::serve::connection::Connection;
use crate::serve::service::{Kept, Pause, Service};
use crate::serve::stats::Stats;
use crate::socket::listener::Listener;
use crate::wire::Hosts;

mod clients;
mod orders;

use clients::{Crowd, Door, hosts_of, watch_listeners};
use orders::configure;

/// What can wake the loop. Connections count up and never share a number, so a late result finds
/// its own connection or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Listener(usize),
    Signals,
    Pool,
    Supervisor,
    /// More of what was done is kept.
    Kept,
    Connection(u64),
}

/// The numbers below this one are not connections; listeners have the last of them.
const FIRST_CONNECTION: u64 = 64;
const FIRST_LISTENER: u64 = 4;

impl Source {
    fn of(event: &EpollEvent) -> Source {
        match event.data() {
            0 => Source::Signals,
            1 => Source::Pool,
            2 => Source::Supervisor,
            3 => Source::Kept,
            token if token < FIRST_CONNECTION => {
                Source::Listener((token - FIRST_LISTENER) as usize)
            }
            token => Source::Connection(token),
        }
    }

    fn event(self, flags: EpollFlags) -> EpollEvent {
        let data = match self {
            Source::Signals => 0,
            Source::Pool => 1,
            Source::Supervisor => 2,
            Source::Kept => 3,
            Source::Listener(number) => FIRST_LISTENER + number as u64,
            Source::Connection(token) => token,
        };
        EpollEvent::new(flags, data)
    }
}

/// Events taken by one turn.
const EVENTS_PER_TURN: usize = 256;
/// Bytes taken from one connection by one turn.
const READ_PER_TURN: usize = 64 << 10;

/// What the loop is connected to, and how it is to behave.
pub struct Outside {
    pub listeners: Vec<Listener>,
    pub signals: Signals,
    pub link: Link,
    pub loaded: Loaded,
    pub source: Configured,
    /// Written to when more of what was done is kept.
    pub kept: Arc<EventFd>,
}

pub struct EventLoop {
    epoll: Epoll,
    /// None once the daemon is stopping.
    listeners: Vec<Listener>,
    /// Who HTTP requests over TCP may be addressed to.
    hosts: Arc<Hosts>,
    door: Door,
    crowd: Crowd,
    signals: Signals,
    link: Link,
    service: Service,
    /// By a number of ours, so nobody can choose those that hash alike.
    connections: HashMap<u64, Connection, foldhash::fast::RandomState>,
    next_token: u64,
    /// Connections with something to answer.
    runnable: VecDeque<u64>,
    /// Connections to send to, to watch anew, or to close at the end of the turn.
    touched: Vec<u64>,
    /// Connections whose replies wait for what they tell of to be kept.
    held: Vec<u64>,
    /// Wakes the loop when more is kept.
    kept: Arc<EventFd>,
    stop_by: Option<Instant>,
    /// When it is next looked which clients take too long.
    look_at_clients_at: Option<Instant>,
    loaded: Loaded,
    source: Configured,
    stats: Arc<Stats>,
    scratch: Box<[u8]>,
}

impl EventLoop {
    pub fn new(outside: Outside, mut service: Service, stats: Arc<Stats>) -> io::Result<EventLoop> {
        let Outside { mut listeners, signals, link, loaded, source, kept } = outside;
        listeners.truncate((FIRST_CONNECTION - FIRST_LISTENER) as usize);
        configure(&mut service, &loaded.config);
        let hosts = hosts_of(&listeners, &loaded.config);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        watch_listeners(&epoll, &listeners)?;
        if let Some(signals) = signals.as_fd() {
            epoll.add(signals, Source::Signals.event(EpollFlags::EPOLLIN))?;
        }
        epoll.add(&link, Source::Supervisor.event(EpollFlags::EPOLLIN))?;
        epoll.add(kept.as_ref(), Source::Kept.event(EpollFlags::EPOLLIN))?;
        epoll.add(&service.pool, Source::Pool.event(EpollFlags::EPOLLIN))?;
        Ok(EventLoop {
            epoll,
            listeners,
            hosts: Arc::new(hosts),
            door: Door::Open,
            crowd: Crowd::Untold,
            signals,
            link,
            service,
            connections: HashMap::default(),
            next_token: FIRST_CONNECTION,
            runnable: VecDeque::new(),
            touched: Vec::new(),
            held: Vec::new(),
            kept,
            stop_by: None,
            look_at_clients_at: None,
            loaded,
            source,
            stats,
            scratch: vec![0; READ_PER_TURN].into_boxed_slice(),
        })
    }

    fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// Serves until a signal stops it; returns when what was begun is done, or out of time.
    pub fn run(&mut self) -> io::Result<()> {
        self.link.say(Word::Ready);
        self.service.note_health();
        while !self.is_finished() {
            self.turn()?;
        }
        self.keep()?;
        self.abandon_the_rest();
        self.service.health_file.finish();
        self.service.close_state();
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_PER_TURN];
        let count = match self.epoll.wait(&mut events, self.timeout()) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(errno) => return Err(errno.into()),
        };
        let mut knocked = Vec::new();
        for event in &events[..count] {
            match Source::of(event) {
                Source::Listener(number) => knocked.push(number),
                Source::Signals => self.obey_signals(),
                Source::Supervisor => self.hear_supervisor(),
                Source::Pool => self.take_results(),
                Source::Kept => self.answer_the_held(),
                Source::Connection(token) => self.hear(token, event.events()),
            }
        }
        self.serve_runnable();
        self.let_edits_through();
        self.keep()?;
        self.tell_watchers();
        self.settle_touched();
        self.service.forget_closed();
        self.let_large_messages_in();
        self.end_overdue();
        // Last: who has just left makes room for who comes.
        self.open_the_door();
        if !knocked.is_empty() {
            knocked.into_iter().for_each(|number| self.let_in(number));
            self.settle_touched();
        }
        Ok(())
    }

    fn timeout(&self) -> EpollTimeout {
        if !self.runnable.is_empty() || self.service.line_moves() {
            return EpollTimeout::ZERO;
        }
        let door = match self.door {
            Door::Open => None,
            Door::Shut(until) => Some(until),
        };
        let limits = &self.config().limits;
        let limited = limits.idle_timeout.or(limits.request_timeout);
        let clients = limited.filter(|_| !self.connections.is_empty());
        let clients = clients.and(self.look_at_clients_at);
        let disk = self.service.asks_again_at();
        match [door, self.stop_by, clients, disk].into_iter().flatten().min() {
            None => EpollTimeout::NONE,
            Some(when) => {
                // Rounded up: waking early would spin until the time has come.
                let left = when.saturating_duration_since(Instant::now()).as_millis() + 1;
                u16::try_from(left).map_or(EpollTimeout::from(u16::MAX), EpollTimeout::from)
            }
        }
    }

    fn hear(&mut self, token: u64, flags: EpollFlags) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        if flags.intersects(EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR) {
            connection.lose_peer();
        }
        if flags.contains(EpollFlags::EPOLLIN) && connection.wants_input() {
            connection.read(&mut self.scratch);
        }
        self.make_runnable(token);
    }

    fn make_runnable(&mut self, token: u64) {
        self.runnable.push_back(token);
    }

    fn take_results(&mut self) {
        for (token, result) in self.service.pool.results() {
            self.service.take_back(token, result, self.connections.get_mut(&token));
            self.make_runnable(token);
        }
    }

    fn serve_runnable(&mut self) {
        for _ in 0..self.runnable.len() {
            if let Some(token) = self.runnable.pop_front() {
                self.serve(token);
            }
        }
    }

    fn serve(&mut self, token: u64) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let pause = self.service.serve(token, connection);
        self.touched.push(token);
        if pause == Pause::Yielding {
            return self.make_runnable(token);
        }
        // epoll says no more of a peer that is gone: what it left is read here.
        if connection.peer_is_gone() && connection.wants_input() {
            connection.read(&mut self.scratch);
            self.make_runnable(token);
        }
    }

    /// One round for those who stand in line now; who lines up again waits for the next.
    fn let_edits_through(&mut self) {
        for _ in 0..self.service.line_len() {
            let Some(token) = self.service.next_in_line() else { return };
            let Some(connection) = self.connections.get_mut(&token) else { continue };
            connection.admit();
            self.serve(token);
        }
    }

    /// Has what this turn did kept, before anybody is told of it.
    fn keep(&mut self) -> io::Result<()> {
        let kept = self.service.keep()?;
        let has_lost = self.service.has_lost();
        match kept {
            Kept::Nothing => {}
            Kept::At(position, tokens) => {
                // What was just kept may be among the lost.
                let at_once = self.service.acknowledged() >= position && !has_lost;
                for token in tokens {
                    if let Some(connection) = self.connections.get_mut(&token)
                        && !at_once
                    {
                        connection.held = Some(position);
                        self.held.push(token);
                    }
                }
            }
            Kept::Lost(tokens) => self.leave_unanswered(tokens),
        }
        if has_lost {
            self.leave_held_unanswered();
        }
        Ok(())
    }

    fn leave_held_unanswered(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.leave_unanswered(held);
    }

    /// Closes connections without their replies: what those tell of is not kept.
    fn leave_unanswered(&mut self, tokens: Vec<u64>) {
        for token in tokens {
            if let Some(connection) = self.connections.get_mut(&token) {
                connection.stop_listening();
                connection.lose_peer();
                self.touched.push(token);
            }
        }
    }

    /// More is kept: whose replies waited for that get them.
    fn answer_the_held(&mut self) {
        // Cleared first: what is kept from here on wakes the loop again.
        let _ = self.kept.read();
        self.service.note_journal();
        // Lost frames count as acknowledged: who waits for them must not be told so.
        if self.service.has_lost() {
            return self.leave_held_unanswered();
        }
        let kept = self.service.acknowledged();
        let is_held = |connection: &Connection| connection.held.is_some_and(|held| held > kept);
        for token in std::mem::take(&mut self.held) {
            match self.connections.get(&token) {
                Some(connection) if is_held(connection) => self.held.push(token),
                Some(_) => self.touched.push(token),
                None => {}
            }
        }
    }

    /// Tells connections of changes of the projects they watch.
    fn tell_watchers(&mut self) {
        let notices = self.service.notices();
        if notices.is_empty() {
            return;
        }
        for (token, connection) in &mut self.connections {
            if connection.scope.watches_any() {
                notices.iter().for_each(|notice| connection.notify(notice));
                self.touched.push(*token);
            }
        }
    }

    /// A message that cannot be decoded is refused here, and that is sent by the next turn.
    fn let_large_messages_in(&mut self) {
        while let Some(token) = self.service.next_large() {
            if !self.service.let_large_in(token, self.connections.get_mut(&token)) {
                return;
            }
            self.make_runnable(token);
        }
    }

    /// Ends the turn: sends, closes what is done, and tells epoll what to report.
    fn settle_touched(&mut self) {
        let kept = self.service.acknowledged();
        let mut touched = std::mem::take(&mut self.touched);
        for token in touched.drain(..) {
            let Some(connection) = self.connections.get_mut(&token) else { continue };
            let clogged = connection.is_clogged();
            connection.flush(kept);
            if clogged && !connection.is_clogged() {
                self.runnable.push_back(token);
            }
            if connection.is_done() {
                self.close(token);
            } else if let Err(errno) = watch(&self.epoll, token, connection) {
                log::error!("connection {token} cannot be watched: {errno}");
                self.close(token);
            }
        }
        // Its room is for the next turn.
        if self.touched.is_empty() {
            self.touched = touched;
        }
    }

    fn is_finished(&self) -> bool {
        self.stop_by.is_some_and(|when| {
            let idle = self.connections.is_empty() && self.service.pool.unfinished() == 0;
            idle || Instant::now() >= when
        })
    }

    fn abandon_the_rest(&mut self) {
        let unfinished = self.service.pool.unfinished();
        if unfinished > 0 {
            log::warn!("out of time: {unfinished} unfinished jobs are given up");
        }
        let kept = self.service.acknowledged();
        for connection in self.connections.values_mut() {
            self.service.abandon(connection);
            connection.flush(kept);
        }
    }
}

/// Tells epoll what to report of a connection, where that has changed.
fn watch(epoll: &Epoll, token: u64, connection: &mut Connection) -> nix::Result<()> {
    // A peer that is gone would be reported at once and for ever.
    let wanted = (!connection.peer_is_gone()).then(|| connection.interest());
    if wanted == connection.watched {
        return Ok(());
    }
    let source = Source::Connection(token);
    match (connection.watched, wanted) {
        (None, Some(flags)) => epoll.add(connection.as_fd(), source.event(flags))?,
        (Some(_), Some(flags)) => epoll.modify(connection.as_fd(), &mut source.event(flags))?,
        (_, None) => epoll.delete(connection.as_fd())?,
    }
    connection.watched = wanted;
    Ok(())
}
