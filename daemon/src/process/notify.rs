//! systemd: what it is told, and what it hands over. Elsewhere all of this does nothing.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
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

/// What the service manager gave to the process it started, which a detached daemon is not any more.
pub struct Given {
    /// How often [`alive`] must be said at least.
    pub watchdog: Option<Duration>,
    /// Sockets that were opened for us.
    pub sockets: Vec<OwnedFd>,
}

impl Given {
    /// Once, and before anything else is opened: a socket that was promised and is not there must
    /// not be taken for a file of ours.
    pub fn take() -> Given {
        let sockets = sd_notify::listen_fds().into_iter().flatten();
        Given {
            watchdog: sd_notify::watchdog_enabled().filter(|most| !most.is_zero()),
            sockets: sockets.map(os::take_fd).collect(),
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    let manager = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
    let Some(manager) = manager else { return };
    let text: String = states.iter().map(|state| format!("{state}\n")).collect();
    if let Err(error) = send(&manager, &text) {
        log::debug!("systemd was not told: {error}");
    }
}

fn send(manager: &OsStr, text: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    // A manager that does not read must not hold us up.
    socket.set_nonblocking(true)?;
    socket.send_to_addr(text.as_bytes(), &address(manager)?).map(|_| ())
}

/// The name begins with `@` where it is none in the file system.
fn address(manager: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = manager.as_bytes().strip_prefix(b"@") {
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(manager)
}
