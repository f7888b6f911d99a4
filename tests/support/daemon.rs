//! A real `goxel-daemon` on a socket of its own, for one test.

use super::{Client, Signal, TempDir, daemon_program, temp_dir};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A daemon that is not ready by then has failed.
const STARTUP: Duration = Duration::from_secs(60);

/// The two seconds in which it promises to end, doubled for a busy machine.
const GOODBYE: Duration = Duration::from_secs(4);

/// The line that says that clients can connect.
const READY: &str = "listening on";

/// A running daemon; ended when dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    socket: PathBuf,
    lines: Receiver<String>,
    log: String,
    dir: TempDir,
}

impl Daemon {
    /// Starts a daemon on a new socket with more `args`, and returns when it listens.
    ///
    /// It runs inside [`Daemon::dir`], so relative paths in requests end up there.
    ///
    /// # Panics
    /// With its log when it ends or stays silent instead.
    pub fn start(args: &[&str]) -> Daemon {
        Daemon::start_in(temp_dir(), args)
    }

    /// [`Daemon::start`] inside a folder that may already hold a socket.
    ///
    /// # Panics
    /// As [`Daemon::start`].
    pub fn start_in(dir: TempDir, args: &[&str]) -> Daemon {
        let socket = dir.path().join("goxel.sock");
        let mut command = Command::new(daemon_program());
        // Nobody pulls a plug in most tests; those that pretend to say so in `args`.
        command.args(["--fsync", "never"]);
        command.arg("--socket").arg(&socket).args(args).current_dir(dir.path());
        // A setting of whoever runs the tests must not decide them.
        ours_in_the_environment().for_each(|name| _ = command.env_remove(name));
        command.env("XDG_STATE_HOME", state_home(dir.path()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the daemon can be started");
        let lines = lines_of(child.stderr.take().expect("stderr is piped"));
        let mut daemon = Daemon { child, socket, lines, log: String::new(), dir };
        daemon.await_ready();
        daemon
    }

    fn await_ready(&mut self) {
        let deadline = Instant::now() + STARTUP;
        while !self.log.contains(READY) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.keep(&line),
                Err(why) => panic!("the daemon does not listen ({why}):\n{}", self.log),
            }
        }
    }

    fn keep(&mut self, line: &str) {
        self.log.push_str(line);
        self.log.push('\n');
    }

    /// A new connection.
    pub fn client(&self) -> Client {
        Client::connect(&self.socket)
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The folder it runs in, which holds its socket.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Its process number, the supervisor's: that of the PID file.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process number of the worker that was started last.
    ///
    /// # Panics
    /// When the log tells of none.
    pub fn worker(&mut self) -> u32 {
        let started = self.log().lines().rev().find_map(|line| {
            line.split_once("worker started (PID: ")?.1.strip_suffix(')')?.parse().ok()
        });
        started.expect("a worker was started")
    }

    /// Everything it has logged so far.
    pub fn log(&mut self) -> &str {
        while let Ok(line) = self.lines.try_recv() {
            self.keep(&line);
        }
        &self.log
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it no longer runs.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).expect("process numbers are small");
        kill(Pid::from_raw(pid), signal).expect("the daemon runs");
    }

    /// How it ended, or `None` if it still runs after `limit`.
    ///
    /// # Panics
    /// When it is not a child of this process any more.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        // Its log ends when it does: no need to poll.
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.keep(&line),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Some(self.child.wait().expect("the daemon is a child of this process"))
    }

    /// Asks it to end with SIGTERM, and says how it did.
    ///
    /// # Panics
    /// When it is still there after four seconds: the two it promises, doubled for a busy machine.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait(GOODBYE).expect("the daemon ends on SIGTERM")
    }
}

impl Drop for Daemon {
    /// Asks first: a killed program writes no coverage counters.
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        self.signal(Signal::SIGTERM);
        if self.wait(GOODBYE).is_none() {
            // It may have ended just now; there is nobody to tell.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Where a daemon in that folder keeps its state, unless it is told otherwise.
pub fn state_home(dir: &Path) -> PathBuf {
    dir.join("state-home")
}

fn ours_in_the_environment() -> impl Iterator<Item = OsString> {
    env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("GOXEL_"))
}

/// The lines of a log as they come; a thread reads them, so that the daemon never waits for us.
fn lines_of(stderr: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // After the daemon is dropped the rest of its log is read and forgotten.
            let _ = sender.send(line);
        }
    });
    receiver
}
