#![allow(unsafe_code)]
//! The only place that forks: to leave the terminal, and to make workers.
//!
//! A process forks here only while it has one thread: nothing that another thread held, a lock
//! or half of an allocation, can be missing in the child.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe2, setsid};

/// Which of the two processes goes on.
pub enum Side {
    /// The one that was started; all it has left to do is to wait for news.
    Front(News),
    /// The one that serves, in a session of its own.
    Back(Teller),
}

/// What the detached process says of its start.
pub struct News(File);

/// The other end: dropped without a word, it says that the start has failed.
pub struct Teller(File);

/// Before the text of a failure there is no such byte.
const READY: u8 = b'+';

/// Detaches from the terminal and from whoever started us: two forks, so that the one which stays
/// leads no session and no terminal can become its own.
pub fn detach() -> io::Result<Side> {
    let (read, write) = pipe()?;
    // SAFETY: called before any thread is started, as `main` promises.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => {
            drop(write);
            // The one in the middle ends at once.
            waitpid(child, None)?;
            Ok(Side::Front(News(read)))
        }
        ForkResult::Child => {
            drop(read);
            setsid()?;
            // SAFETY: as above; this process is a copy of one with one thread.
            match unsafe { fork() }? {
                ForkResult::Parent { .. } => leave(),
                ForkResult::Child => Ok(Side::Back(Teller(write))),
            }
        }
    }
}

/// Ends a process that is only half of one: no exit handlers, nothing flushed twice.
fn leave() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

fn pipe() -> io::Result<(File, File)> {
    let (read, write): (OwnedFd, OwnedFd) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((File::from(read), File::from(write)))
}

impl News {
    /// Waits until the service answers, or is known to have failed and why.
    pub fn wait(mut self) -> Result<(), String> {
        let mut said = Vec::new();
        self.0.read_to_end(&mut said).map_err(|error| error.to_string())?;
        match said.as_slice() {
            [READY] => Ok(()),
            [] => Err("it ended before it was ready; its log says why".into()),
            text => Err(String::from_utf8_lossy(text).into_owned()),
        }
    }
}

impl Teller {
    /// Clients can connect.
    pub fn ready(mut self) {
        // Whoever started us may be gone; the service is there all the same.
        let _ = self.0.write_all(&[READY]);
    }

    /// The start failed.
    pub fn failed(mut self, why: &str) {
        let _ = self.0.write_all(why.as_bytes());
    }
}

/// Which process a fork has left us in.
pub enum Forked {
    Parent(Pid),
    Child,
}

/// Makes a copy of this process, which must have one thread. The child must end by
/// `process::exit`: what the parent's frames hold is the parent's to drop.
pub fn fork_worker() -> io::Result<Forked> {
    // SAFETY: the supervisor, which alone calls this, never starts a thread.
    Ok(match unsafe { fork() }? {
        ForkResult::Parent { child } => Forked::Parent(child),
        ForkResult::Child => Forked::Child,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(say: impl FnOnce(Teller), expected: Result<(), &str>) {
        let (read, write) = pipe().unwrap();
        say(Teller(write));
        assert_eq!(News(read).wait(), expected.map_err(str::to_owned));
    }

    #[test]
    fn news_are_told_from_failures_and_silence() {
        check(Teller::ready, Ok(()));
        check(|it| it.failed("no socket"), Err("no socket"));
        check(drop, Err("it ended before it was ready; its log says why"));
    }
}
