//! The one thread that owns all connections and the session.
//!
//! A turn: wait, take what came (clients, bytes, signals, results), answer each connection a
//! bounded number of requests, then send. epoll is level-triggered: a connection from which only
//! part was taken is reported again, so a turn can bound what it does for each and forget nothing.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::config::plain::Protocol;
use crate::config::{self, Config, Loaded, Source as Configured};
use crate::connection::Connection;
use crate::link::{Link, Word};
use crate::listener::Listener;
use crate::logging;
use crate::service::{Pause, Service, too_many_connections};
use crate::signals::{Order, Signals};
use crate::stats::Stats;
use crate::stream::Stream;
use crate::wire::{Allowed, Hosts};

/// What can wake the loop. Connections count up and never share a number, so a late result finds
/// its own connection or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Listener(usize),
    Signals,
    Pool,
    Supervisor,
    Connection(u64),
}

/// The numbers below this one are not connections; listeners have the last of them.
const FIRST_CONNECTION: u64 = 64;
const FIRST_LISTENER: u64 = 3;

impl Source {
    fn of(event: &EpollEvent) -> Source {
        match event.data() {
            0 => Source::Signals,
            1 => Source::Pool,
            2 => Source::Supervisor,
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
            Source::Listener(number) => FIRST_LISTENER + number as u64,
            Source::Connection(token) => token,
        };
        EpollEvent::new(flags, data)
    }
}

/// Clients let in by one turn.
const ACCEPT_PER_TURN: usize = 64;
/// Events taken by one turn.
const EVENTS_PER_TURN: usize = 256;
/// Bytes taken from one connection by one turn.
const READ_PER_TURN: usize = 64 << 10;
/// How long nobody is let in when the system cannot take one more.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);
/// How exactly the time is kept that a client may take.
const CLIENT_PRECISION: Duration = Duration::from_millis(20);
/// What a stopping worker leaves of the time it is given, to end in.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// What the loop is connected to, and how it is to behave.
pub struct Outside {
    pub listeners: Vec<Listener>,
    pub signals: Signals,
    pub link: Link,
    pub loaded: Loaded,
    pub source: Configured,
}

/// Whether new clients are let in.
enum Door {
    Open,
    /// The system could not take one more; tried again then.
    Shut(Instant),
}

/// Whether the log knows that clients are turned away; told once, until somebody leaves.
#[derive(PartialEq, Eq)]
enum Crowd {
    Untold,
    Told,
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
    connections: HashMap<u64, Connection>,
    next_token: u64,
    /// Connections with something to answer.
    runnable: VecDeque<u64>,
    /// Connections to send to, to watch anew, or to close at the end of the turn.
    touched: Vec<u64>,
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
        let Outside { mut listeners, signals, link, loaded, source } = outside;
        listeners.truncate((FIRST_CONNECTION - FIRST_LISTENER) as usize);
        configure(&mut service, &loaded.config);
        let hosts = hosts_of(&listeners, &loaded.config);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        watch_listeners(&epoll, &listeners)?;
        if let Some(signals) = signals.as_fd() {
            epoll.add(signals, Source::Signals.event(EpollFlags::EPOLLIN))?;
        }
        epoll.add(&link, Source::Supervisor.event(EpollFlags::EPOLLIN))?;
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
            connections: HashMap::new(),
            next_token: FIRST_CONNECTION,
            runnable: VecDeque::new(),
            touched: Vec::new(),
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
        self.abandon_the_rest();
        self.service.health_file.finish();
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
                Source::Connection(token) => self.hear(token, event.events()),
            }
        }
        self.serve_runnable();
        self.let_edits_through();
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
        match [door, self.stop_by, clients].into_iter().flatten().min() {
            None => EpollTimeout::NONE,
            Some(when) => {
                // Rounded up: waking early would spin until the time has come.
                let left = when.saturating_duration_since(Instant::now()).as_millis() + 1;
                u16::try_from(left).map_or(EpollTimeout::from(u16::MAX), EpollTimeout::from)
            }
        }
    }

    // Clients.

    /// A client is turned away only by a turn that has just seen who left: one that came after
    /// another's leaving is never a client too many.
    fn let_in(&mut self, listener: usize) {
        for number in 0..ACCEPT_PER_TURN {
            let full = self.connections.len() >= self.config().limits.max_connections;
            if full && number > 0 {
                return;
            }
            let Some(listener) = self.listeners.get(listener) else { return };
            match listener.accept() {
                Ok(None) => return,
                Ok(Some(stream)) if full => return self.turn_away(stream),
                Ok(Some(stream)) => {
                    let locked = listener.is_public() && self.service.token.is_some();
                    self.welcome(stream, locked);
                }
                Err(error) => return self.shut_the_door(&error),
            }
        }
    }

    fn welcome(&mut self, stream: Stream, locked: bool) {
        let token = self.next_token;
        self.next_token += 1;
        let limits = &self.config().limits;
        let allowed = Allowed {
            max_message: limits.max_request,
            json_only: limits.protocol == Protocol::JsonRpc,
            hosts: match stream {
                Stream::Unix(_) => Arc::new(Hosts::anything()),
                Stream::Tcp(_) => Arc::clone(&self.hosts),
            },
        };
        let user = stream.user();
        if self.has_too_many(user) {
            return self.turn_away(stream);
        }
        let mut connection = Connection::new(stream, allowed, locked);
        connection.user = user;
        self.connections.insert(token, connection);
        Stats::count(&self.stats.accepted);
        self.stats.open.store(self.connections.len(), Ordering::Relaxed);
        self.touched.push(token);
        log::debug!("connection {token} opened");
    }

    /// Whether a user has as many connections as one may have.
    fn has_too_many(&self, user: Option<u32>) -> bool {
        let (Some(most), Some(_)) = (self.config().limits.max_per_user, user) else { return false };
        self.connections.values().filter(|it| it.user == user).count() >= most
    }

    /// Says why before it closes: the legacy daemon closed without a word.
    fn turn_away(&mut self, mut stream: Stream) {
        Stats::count(&self.stats.turned_away);
        if self.crowd == Crowd::Untold {
            log::warn!("turning clients away: {} are connected", self.connections.len());
            self.crowd = Crowd::Told;
        }
        let line = too_many_connections(self.config().limits.max_connections) + "\n";
        // A new socket has room for one line; a client that is gone already needs none.
        let _ = stream.write_all(line.as_bytes());
        // Closed with a request unread, the client would see a reset instead of the end.
        let _ = stream.read(&mut self.scratch);
    }

    /// Out of descriptors or memory: the listener would be reported again at once and for ever.
    fn shut_the_door(&mut self, error: &io::Error) {
        log::warn!("no new clients for a moment: {error}");
        for listener in &self.listeners {
            if let Err(errno) = self.epoll.delete(listener) {
                log::error!("the listener cannot be paused: {errno}");
            }
        }
        self.door = Door::Shut(Instant::now() + ACCEPT_PAUSE);
    }

    fn open_the_door(&mut self) {
        let Door::Shut(until) = self.door else { return };
        if Instant::now() < until {
            return;
        }
        match watch_listeners(&self.epoll, &self.listeners) {
            Ok(()) => self.door = Door::Open,
            Err(_) => self.door = Door::Shut(Instant::now() + ACCEPT_PAUSE),
        }
    }

    /// Ends connections that have asked for nothing, or sent at one message, for longer than they
    /// may.
    fn end_overdue(&mut self) {
        let limits = &self.config().limits;
        let (idle, message) = (limits.idle_timeout, limits.request_timeout);
        let Some(least) = idle.into_iter().chain(message).min() else { return };
        let now = Instant::now();
        if self.look_at_clients_at.is_some_and(|at| at > now) {
            return;
        }
        self.look_at_clients_at = Some(now + (least / 4).max(CLIENT_PRECISION));
        for (token, connection) in &mut self.connections {
            if connection.is_overdue(idle, message) {
                connection.stop_listening();
                self.touched.push(*token);
            }
        }
        self.settle_touched();
    }

    // Bytes and results.

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
        for token in std::mem::take(&mut self.touched) {
            let Some(connection) = self.connections.get_mut(&token) else { continue };
            let clogged = connection.is_clogged();
            connection.flush();
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
    }

    fn close(&mut self, token: u64) {
        // Closing the socket takes it out of epoll.
        if let Some(mut connection) = self.connections.remove(&token) {
            connection.drain(&mut self.scratch);
            self.service.lose(token, &connection.scope);
        }
        self.crowd = Crowd::Untold;
        if let Door::Shut(until) = &mut self.door {
            // Its descriptor may be what was missing.
            *until = Instant::now();
        }
        self.stats.open.store(self.connections.len(), Ordering::Relaxed);
        log::debug!("connection {token} closed");
    }

    // Signals and the end.

    fn obey_signals(&mut self) {
        for order in self.signals.orders() {
            match order {
                Order::Stop => self.stop(),
                Order::Reload => self.reload(),
                Order::LogStatistics => log::info!("SIGUSR1: {}", self.stats),
                Order::ToggleDebug => {
                    logging::toggle_debug(self.config().log.level);
                    log::info!("SIGUSR2: log level is now {}", log::max_level());
                }
            }
        }
    }

    fn hear_supervisor(&mut self) {
        for word in self.link.hear() {
            match word {
                Word::Ask => {
                    self.link.say(Word::Alive);
                    self.service.note_health();
                }
                Word::Gone => self.be_alone(),
                Word::Hurry => self.stop_now(),
                Word::Ready | Word::Alive => {}
            }
        }
    }

    /// Without a supervisor nobody would replace us, and a next daemon waits for the socket.
    fn be_alone(&mut self) {
        if let Err(errno) = self.epoll.delete(&self.link) {
            log::error!("the supervisor cannot be forgotten: {errno}");
        }
        if self.stop_by.is_none() {
            log::error!("the supervisor is gone");
            self.stop();
        }
    }

    /// Takes over what may change while we run. A configuration that is wrong changes nothing.
    fn reload(&mut self) {
        let outcome = config::load(&self.source).and_then(|new| {
            let changes = config::changes(&self.loaded, &new);
            config::reloaded(&self.loaded, &new).map(|loaded| (loaded, changes))
        });
        let (loaded, changes) = match outcome {
            Ok(both) => both,
            Err(error) => {
                return log::error!("SIGHUP: the configuration stays as it was: {error}");
            }
        };
        if let Err(error) = logging::change(&loaded.config.log) {
            log::error!("the log stays as it was: {error}");
        }
        loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
        log::info!("SIGHUP: {} settings changed", changes.reloadable.len());
        changes.reloadable.iter().for_each(|change| log::info!("{change}"));
        for change in &changes.fixed {
            log::warn!("{change}: needs a restart");
        }
        configure(&mut self.service, &loaded.config);
        self.loaded = loaded;
    }

    /// Gives what was begun no moment.
    fn stop_now(&mut self) {
        log::info!("stopping at once");
        self.stop();
        self.stop_by = Some(Instant::now());
    }

    /// Lets nobody in, listens to nobody, and gives what was begun a moment.
    fn stop(&mut self) {
        if self.stop_by.is_some() {
            return;
        }
        log::debug!("the worker stops");
        self.service.draining = true;
        let grace = self.config().process.shutdown_timeout.saturating_sub(LAST_MOMENT);
        self.stop_by = Some(Instant::now() + grace);
        self.listeners.clear();
        for (token, connection) in &mut self.connections {
            connection.stop_listening();
            self.touched.push(*token);
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
        for connection in self.connections.values_mut() {
            self.service.abandon(connection);
            connection.flush();
        }
    }
}

/// What of the configuration concerns the service.
fn configure(service: &mut Service, config: &Config) {
    service.slow_request = config.log.slow_request;
    service.shows_metrics = config.metrics.enabled;
    service.rate = config.limits.rate;
    service.health_file.move_to(config.health.file.as_deref());
    service.max_reply = config.limits.max_reply;
    service.token = config.security.token.as_ref().map(|token| token.0.clone());
}

/// The addresses and the name that we listen on.
fn hosts_of(listeners: &[Listener], config: &Config) -> Hosts {
    let addresses = listeners.iter().filter_map(Listener::address);
    Hosts::listening(addresses.map(|address| address.ip()), config.tcp.address.clone())
}

/// Has epoll report clients that wait. Some listeners may be watched already.
fn watch_listeners(epoll: &Epoll, listeners: &[Listener]) -> nix::Result<()> {
    for (number, listener) in listeners.iter().enumerate() {
        match epoll.add(listener, Source::Listener(number).event(EpollFlags::EPOLLIN)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
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
