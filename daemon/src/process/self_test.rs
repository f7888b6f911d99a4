//! `--test-lifecycle`, `--test-signals`: this program, started as an operator would, in a folder of
//! its own. A line for each thing that was tried, `OK:` or `FAILED:`.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::os;
use crate::process::pid_file::{Found, look};

/// More than anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// Starts, asks, reloads and stops a detached daemon.
pub fn lifecycle() -> bool {
    run("lifecycle", |place| {
        place.tried("the service answers when the start returns", place.start());
        place.tried("--status finds it", place.control("--status"));
        place.tried("a request is answered", place.ask());
        place.tried("a second daemon is refused", place.refuses_another());
        place.tried("--reload is taken", place.control("--reload"));
        place.tried("a request is answered after it", place.ask());
        place.tried("--stop ends it", place.control("--stop"));
        place.tried("socket and PID file are gone", place.is_clean());
        place.tried("it can be started again", place.start());
        place.tried("and stopped again", place.control("--stop"));
    })
}

/// Sends a daemon each signal that it obeys.
pub fn signals() -> bool {
    run("signals", |place| {
        for end in [Signal::SIGTERM, Signal::SIGINT] {
            place.tried("the service answers when the start returns", place.start());
            for signal in [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGPIPE] {
                let outcome = place.send(signal).and_then(|()| place.ask());
                place.tried(&format!("{signal} is survived"), outcome);
            }
            let outcome = place.send(end).and_then(|()| place.ends());
            place.tried(&format!("{end} ends it"), outcome);
            place.tried("socket and PID file are gone", place.is_clean());
        }
    })
}

/// A folder with what a daemon leaves in it, and how the tries went.
struct Place {
    folder: PathBuf,
    failures: std::cell::Cell<usize>,
}

fn run(name: &str, tries: impl FnOnce(&Place)) -> bool {
    let folder = env::temp_dir().join(format!("goxel-{name}-{}", process::id()));
    if let Err(error) = fs::create_dir(&folder) {
        os::complain(&format!("FAILED: {}: {error}", folder.display()));
        return false;
    }
    let place = Place { folder, failures: std::cell::Cell::new(0) };
    tries(&place);
    let failures = place.failures.get();
    if failures == 0 {
        os::say(&format!("OK: {name}\n"));
    } else {
        os::say(&format!("FAILED: {failures} of {name}\n"));
        let _ = place.control("--stop");
    }
    let _ = fs::remove_dir_all(&place.folder);
    failures == 0
}

impl Place {
    fn tried(&self, what: &str, outcome: io::Result<()>) {
        match outcome {
            Ok(()) => _ = os::say(&format!("OK: {what}\n")),
            Err(error) => {
                self.failures.set(self.failures.get() + 1);
                os::say(&format!("FAILED: {what}: {error}\n"));
            }
        }
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join("pid")
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// This program, with nothing of the caller's settings.
    fn program(&self, args: &[&str]) -> io::Result<ExitStatus> {
        let mut command = Command::new(env::current_exe()?);
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"GOXEL_") || name == "NOTIFY_SOCKET" {
                command.env_remove(name);
            }
        }
        command.env("XDG_STATE_HOME", &self.folder);
        command.arg("--pid-file").arg(self.pid_file()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).status()
    }

    fn start(&self) -> io::Result<()> {
        let (socket, log) = (self.socket(), self.folder.join("log"));
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let (socket, log) = (text(&socket), text(&log));
        succeeded(self.program(&["--daemonize", "--socket", &socket, "--log-file", &log])?)
    }

    fn control(&self, command: &str) -> io::Result<()> {
        succeeded(self.program(&[command])?)
    }

    fn refuses_another(&self) -> io::Result<()> {
        let socket = self.socket().to_string_lossy().into_owned();
        let mut command = Command::new(env::current_exe()?);
        command.args(["--socket", &socket, "--pid-file"]).arg(self.folder.join("another"));
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match quiet.status()?.code() {
            Some(1) => Ok(()),
            _ => Err(io::Error::other("it was not refused")),
        }
    }

    fn ask(&self) -> io::Result<()> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        if line.contains("\"result\":") { Ok(()) } else { Err(io::Error::other(line)) }
    }

    fn send(&self, signal: Signal) -> io::Result<()> {
        match look(&self.pid_file())? {
            Found::Running(pid) => Ok(kill(Pid::from_raw(pid), signal)?),
            _ => Err(io::Error::other("it is not running")),
        }
    }

    fn ends(&self) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while matches!(look(&self.pid_file())?, Found::Running(_)) {
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(LOOK_INTERVAL);
        }
        Ok(())
    }

    fn is_clean(&self) -> io::Result<()> {
        let left = [self.pid_file(), self.socket()].into_iter().find(|path| path.exists());
        left.map_or(Ok(()), |path| Err(io::Error::other(format!("{} is left", path.display()))))
    }
}

fn succeeded(status: ExitStatus) -> io::Result<()> {
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}
