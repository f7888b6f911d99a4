//! Signals, as readable bytes: the handlers only write to a pipe.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXFSZ};
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

/// What both processes obey. A file over the size limit must be an error from `write`, not the
/// end of the process. SIGPIPE needs no place here: std ignores it.
const WANTED: [i32; 6] = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGXFSZ];

/// The pipe that signals come through.
pub struct Signals(Option<SignalDelivery<UnixStream, SignalOnly>>);

impl Signals {
    pub fn for_worker() -> io::Result<Signals> {
        Signals::of(&WANTED)
    }

    /// Wakes at the end of a child too, which is no order.
    pub fn for_supervisor() -> io::Result<Signals> {
        let signals = Signals::of(&[WANTED.as_slice(), &[SIGCHLD]].concat())?;
        // Whoever started us may have held some back, and that is inherited.
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
        Ok(signals)
    }

    fn of(wanted: &[i32]) -> io::Result<Signals> {
        let (read, write) = UnixStream::pair()?;
        Ok(Signals(Some(SignalDelivery::with_pipe(read, write, SignalOnly, wanted)?)))
    }

    /// What has come in since the last call.
    pub fn orders(&mut self) -> Vec<Order> {
        self.0.iter_mut().flat_map(SignalDelivery::pending).filter_map(order).collect()
    }

    /// In a child, with signals held back: its handlers must not write to the parent's pipe.
    pub fn leave_to_parent(&mut self) {
        self.0 = None;
    }

    /// What to wait for; nothing once it is left to the parent.
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(|it| it.get_read().as_fd())
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

/// While it lives, signals wait.
pub struct HeldBack(SigSet);

/// Lets signals wait, also in a child that is made meanwhile.
pub fn hold_back() -> nix::Result<HeldBack> {
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    Ok(HeldBack(before))
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        // Cannot fail: the set is one that the system gave us.
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.0), None);
    }
}
