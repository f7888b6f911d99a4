//! Signals, as readable bytes for the event loop: the handlers only write to a pipe.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

/// What a signal asks of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Stop,
    Reload,
    LogStatistics,
    ToggleDebug,
}

/// The pipe that signals come through. SIGPIPE needs no place here: std ignores it.
pub struct Signals(SignalDelivery<UnixStream, SignalOnly>);

impl Signals {
    pub fn new() -> io::Result<Signals> {
        let (read, write) = UnixStream::pair()?;
        // A file over the size limit must be an error from `write`, not the end of the process.
        let wanted = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ];
        Ok(Signals(SignalDelivery::with_pipe(read, write, SignalOnly, wanted)?))
    }

    /// What has come in since the last call.
    pub fn orders(&mut self) -> Vec<Order> {
        self.0.pending().filter_map(order).collect()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.get_read().as_fd()
    }
}

fn order(signal: i32) -> Option<Order> {
    match signal {
        SIGTERM | SIGINT => Some(Order::Stop),
        SIGHUP => Some(Order::Reload),
        SIGUSR1 => Some(Order::LogStatistics),
        SIGUSR2 => Some(Order::ToggleDebug),
        _ => None,
    }
}
