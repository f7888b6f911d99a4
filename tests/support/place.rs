//! A folder with the files of one daemon, run as an operator runs it.

use crate::{Client, Signal, TempDir, daemon_program, temp_dir};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::json;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// More than anything here may take on a busy machine; nothing waits that long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A configuration with which a supervisor replaces as many workers as are killed, at once.
pub const PATIENT: &str = r#"{"reliability":
    {"max_restarts": 1000, "restart_delay_ms": 0, "restart_delay_max_ms": 0}}"#;

/// A folder with the files of one daemon, stopped with the folder.
pub struct Place {
    dir: TempDir,
}

impl Default for Place {
    fn default() -> Place {
        Place::new()
    }
}

impl Place {
    /// An empty one.
    pub fn new() -> Place {
        Place { dir: temp_dir() }
    }

    /// What a file in it is called.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program with the files of this place, and nothing of the caller's settings.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(daemon_program());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GOXEL_") {
                command.env_remove(name);
            }
        }
        command.arg("-s").arg(self.path("socket")).arg("-p").arg(self.path("pid"));
        command.arg("-l").arg(self.path("log")).args(args);
        command.arg("--state-dir").arg(self.path("state")).args(["--fsync", "never"]);
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs it to its end: its exit code, and what it said on both outputs.
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().expect("it can be started");
        let code = output.status.code().expect("it ends by itself");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{code}\n{}{}", text(&output.stdout), text(&output.stderr))
    }

    /// Runs it to its end, which must be that.
    #[track_caller]
    pub fn check(&self, args: &[&str], expected: &str) {
        assert_eq!(self.run(args), expected, "{args:?}; its log: {}", self.log());
    }

    /// Starts it detached.
    #[track_caller]
    pub fn start(&self, args: &[&str]) {
        self.check(&[&["--daemonize"], args].concat(), "0\n");
    }

    /// Connects to it.
    pub fn client(&self) -> Client {
        Client::connect(&self.path("socket"))
    }

    /// It answers.
    #[track_caller]
    pub fn ping(&self) {
        assert_eq!(self.client().result("ping", json!([]))["pong"], true);
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The number in its PID file.
    pub fn supervisor(&self) -> i32 {
        let text = fs::read_to_string(self.path("pid")).expect("it has a PID file");
        text.trim().parse().expect("a number is in it")
    }

    /// The worker that was started last, by the log.
    pub fn worker(&self) -> i32 {
        let started = self.log().lines().rev().find_map(|line| {
            line.split_once("worker started (PID: ")?.1.strip_suffix(')')?.parse().ok()
        });
        started.expect("a worker was started")
    }

    /// Kills supervisor and worker at once, as a power cut does it, and waits until both are gone.
    #[track_caller]
    pub fn kill_all(&self) {
        let both = [self.supervisor(), self.worker()];
        // A worker whose supervisor is gone may end by itself before it is killed.
        both.iter().for_each(|pid| _ = kill(Pid::from_raw(*pid), Signal::SIGKILL));
        both.iter().for_each(|pid| until(|| !is_there(*pid), || format!("{pid} is there")));
    }

    /// The names of the files of its state, in order.
    pub fn state_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("state")).expect("it has a state");
        let name = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().into_string().ok();
        let mut names: Vec<String> = entries.filter_map(name).collect();
        names.sort();
        names
    }

    /// Waits until the log holds a text so many times.
    #[track_caller]
    pub fn await_log(&self, text: &str, times: usize) {
        until(
            || self.log().matches(text).count() >= times,
            || format!("no {times} times {text:?} in {}", self.log()),
        );
    }

    /// Writes its configuration file; the answer is its path.
    pub fn configure(&self, text: &str) -> String {
        let path = self.path("conf");
        fs::write(&path, text).expect("the folder can be written to");
        path.to_str().expect("temporary paths are UTF-8").to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.path("pid").exists() {
            self.run(&["--stop"]);
        }
    }
}

/// Says that it is over, also when a test fails: threads that look at that do not keep it waiting.
pub struct Finally<'a>(pub &'a AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Looks again and again, as there is nothing to wait on in another's log or process table.
#[track_caller]
pub fn until(mut holds: impl FnMut() -> bool, complaint: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{}", complaint());
        std::thread::yield_now();
    }
}

/// Whether a process lives.
pub fn is_there(pid: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // A zombie may wait for its parent for long. Its last thread closes its files, so that has to be
    // gone too; that it has no memory any more says nothing of them.
    let is_zombie = stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
    let threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
    !is_zombie || threads > 1
}

/// To a process that is there.
pub fn send(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).expect("the process is there");
}
