//! systemd: what it is told, and what it hands over. Elsewhere all of this does nothing.

use std::os::fd::OwnedFd;
use std::time::Duration;

use sd_notify::NotifyState;

use crate::os;

/// Clients can connect, or can again.
pub fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("serving")]);
}

/// The configuration is being read again; [`ready`] follows.
pub fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// The end has begun.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// The worker answers.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often [`alive`] must be said at least.
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::debug!("systemd was not told: {error}");
    }
}

/// Sockets that were opened for us.
pub fn sockets() -> Vec<OwnedFd> {
    let fds = sd_notify::listen_fds().into_iter().flatten();
    fds.map(os::take_fd).collect()
}
