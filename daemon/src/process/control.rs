//! `--status`, `--stop`, `--reload`: what one process asks of another by its PID file.
//!
//! The texts and exit codes are the legacy ones (spec/daemon.md 6).

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::os;
use crate::process::pid_file::{Found, look, remove_stale};

/// How long a daemon may take to stop before it is killed, and to die then.
const STOP_TIME: Duration = Duration::from_secs(30);
const KILL_TIME: Duration = Duration::from_secs(2);
/// How often it is looked whether it is gone.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// Says a line; stdout may be closed.
fn say(line: &str) {
    os::say(&format!("{line}\n"));
}

/// Whether a daemon runs.
pub fn status(pid_file: &Path) -> bool {
    say("Checking daemon status...");
    match find(pid_file) {
        Some(pid) => {
            say(&format!("Daemon is running (PID: {pid})"));
            true
        }
        None => false,
    }
}

/// Stops it, by force if it takes too long.
pub fn stop(pid_file: &Path) -> bool {
    say("Stopping daemon...");
    let Some(pid) = find(pid_file) else { return false };
    say(&format!("Sending SIGTERM to daemon (PID: {pid})..."));
    if let Err(errno) = kill(Pid::from_raw(pid), Signal::SIGTERM) {
        say(&format!("Failed to send shutdown signal: {errno}"));
        return false;
    }
    say("Waiting for daemon to stop...");
    if !is_gone_within(pid_file, pid, STOP_TIME) {
        // Its worker notices.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        if !is_gone_within(pid_file, pid, KILL_TIME) {
            say("Failed to stop daemon");
            return false;
        }
        remove_stale(pid_file);
    }
    say("Daemon stopped successfully");
    true
}

/// Makes it read its configuration again.
pub fn reload(pid_file: &Path) -> bool {
    say("Reloading daemon configuration...");
    let Some(pid) = find(pid_file) else { return false };
    say(&format!("Sending SIGHUP to daemon (PID: {pid})..."));
    if let Err(errno) = kill(Pid::from_raw(pid), Signal::SIGHUP) {
        say(&format!("Failed to send reload signal: {errno}"));
        return false;
    }
    say("Configuration reload signal sent successfully");
    true
}

/// The number of the daemon that runs; otherwise says why there is none.
fn find(pid_file: &Path) -> Option<i32> {
    match look(pid_file) {
        Ok(Found::Running(pid)) => return Some(pid),
        Ok(Found::Nothing) => say("Daemon is not running (no PID file found)"),
        Ok(Found::Stale(pid)) => {
            say(&format!("Daemon is not running (stale PID file: {pid})"));
            remove_stale(pid_file);
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            say(&format!("PID file {} cannot be read: {error}", pid_file.display()));
        }
        Err(error) => say(&format!("PID file {}: {error}", pid_file.display())),
    }
    None
}

fn is_gone_within(pid_file: &Path, pid: i32, time: Duration) -> bool {
    let deadline = Instant::now() + time;
    loop {
        if !matches!(look(pid_file), Ok(Found::Running(there)) if there == pid) {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(LOOK_INTERVAL);
    }
}
