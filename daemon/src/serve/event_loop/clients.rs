//! Who is let in, who is turned away, and whose time is over.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollFlags};

use super::{EventLoop, Source};
use crate::config::Config;
use crate::config::plain::Protocol;
use crate::serve::connection::Connection;
use crate::serve::service::too_many_connections;
use crate::serve::stats::Stats;
use crate::socket::listener::Listener;
use crate::socket::stream::Stream;
use crate::wire::{Allowed, Hosts};

/// Clients let in by one turn.
const ACCEPT_PER_TURN: usize = 64;
/// How long nobody is let in when the system cannot take one more.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);
/// How exactly the time is kept that a client may take.
const CLIENT_PRECISION: Duration = Duration::from_millis(20);

/// Whether new clients are let in.
pub(super) enum Door {
    Open,
    /// The system could not take one more; tried again then.
    Shut(Instant),
}

/// Whether the log knows that clients are turned away; told once, until somebody leaves.
#[derive(PartialEq, Eq)]
pub(super) enum Crowd {
    Untold,
    Told,
}

impl EventLoop {
    /// A client is turned away only by a turn that has just seen who left: one that came after
    /// another's leaving is never a client too many.
    pub(super) fn let_in(&mut self, listener: usize) {
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

    pub(super) fn open_the_door(&mut self) {
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
    pub(super) fn end_overdue(&mut self) {
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

    pub(super) fn close(&mut self, token: u64) {
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
}

/// The addresses and the name that we listen on.
pub(super) fn hosts_of(listeners: &[Listener], config: &Config) -> Hosts {
    let addresses = listeners.iter().filter_map(Listener::address);
    Hosts::listening(addresses.map(|address| address.ip()), config.tcp.address.clone())
}

/// Has epoll report clients that wait. Some listeners may be watched already.
pub(super) fn watch_listeners(epoll: &Epoll, listeners: &[Listener]) -> nix::Result<()> {
    for (number, listener) in listeners.iter().enumerate() {
        match epoll.add(listener, Source::Listener(number).event(EpollFlags::EPOLLIN)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
