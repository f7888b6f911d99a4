//! The log: lines `2026-01-31 12:00:00 [INFO] text`, or JSON, to stderr, a file, or the system.
//!
//! Level, form and file may change while it runs. Two processes write one file: each line is one
//! write at its end, and each writer notices when the other, or an operator, has put another file
//! in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::os::unix::net::UnixDatagram;
use std::panic;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use env_logger::Target;
use log::{Level, LevelFilter, Record};
use nix::fcntl::OFlag;
use serde_json::json;

use crate::config::plain::{Log, LogFormat, LogTarget, Rotation};
use crate::os;
use crate::process::privileges::Identity;

/// Where the system takes log lines.
const SYSLOG: &str = "/dev/log";
/// The facility of daemons, in the place where syslog wants it.
const FACILITY: u8 = 3 << 3;

/// The one log of the process.
static LOG: Mutex<Option<Sink>> = Mutex::new(None);

struct Sink {
    form: Form,
    to: To,
}

enum To {
    Stderr,
    File(LogFile),
    Syslog(UnixDatagram),
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    /// With its importance in front, as the journal and syslog want it; they know the time.
    Numbered,
}

/// Begins to log. A file will belong to `owner`, who may open it again.
pub fn start(options: &Log, owner: &Identity) -> io::Result<()> {
    *log() = Some(Sink::open(options, owner)?);
    env_logger::Builder::new()
        // The level is `log::max_level`, which SIGUSR2 moves.
        .filter_level(LevelFilter::Debug)
        .format(|out, record| out.write_all(&line(form(), record)))
        .target(Target::Pipe(Box::new(Lines)))
        .init();
    log::set_max_level(options.level);
    panic::set_hook(Box::new(|panic| {
        let thread = thread::current();
        log::error!("thread {}: {panic}", thread.name().unwrap_or("?"));
    }));
    Ok(())
}

/// Goes on under other options; also opens the file anew, which may have been moved away. On an
/// error it goes on as it was.
pub fn change(options: &Log) -> io::Result<()> {
    let sink = Sink::open(options, &Identity::ours())?;
    *log() = Some(sink);
    log::set_max_level(options.level);
    Ok(())
}

/// In a child: opens the file again, as a lock on one that it shares with its parent locks nobody
/// out.
pub fn part_from_parent() {
    if let Some(Sink { to: To::File(file), .. }) = log().as_mut() {
        file.reopen();
    }
}

/// Between `usual` and debug.
pub fn toggle_debug(usual: LevelFilter) {
    let debugging = log::max_level() >= LevelFilter::Debug;
    let level = match usual {
        // Started at debug already: off is one step down.
        LevelFilter::Debug | LevelFilter::Trace => LevelFilter::Info,
        usual => usual,
    };
    log::set_max_level(if debugging { level } else { LevelFilter::Debug });
}

fn log() -> MutexGuard<'static, Option<Sink>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

fn form() -> Form {
    log().as_ref().map_or(Form::Text, |sink| sink.form)
}

impl Sink {
    fn open(options: &Log, owner: &Identity) -> io::Result<Sink> {
        let form = match options.format {
            LogFormat::Json => Form::Json,
            LogFormat::Text => Form::Text,
        };
        Ok(match &options.target {
            LogTarget::Stderr => Sink { form, to: To::Stderr },
            LogTarget::Journald => Sink { form: Form::Numbered, to: To::Stderr },
            LogTarget::File(path) => {
                Sink { form, to: To::File(LogFile::open(path, options.rotation, owner)?) }
            }
            LogTarget::Syslog => {
                let named =
                    |error: io::Error| io::Error::new(error.kind(), format!("{SYSLOG}: {error}"));
                let socket = UnixDatagram::unbound()?;
                socket.connect(SYSLOG).map_err(named)?;
                // A log that is not taken must not hold up what it tells of.
                socket.set_nonblocking(true)?;
                Sink { form: Form::Numbered, to: To::Syslog(socket) }
            }
        })
    }

    /// What cannot be written is lost: there is nobody to tell.
    fn write(&mut self, line: &[u8]) {
        match &mut self.to {
            To::Stderr => _ = io::stderr().write_all(line),
            To::File(file) => file.write(line),
            To::Syslog(socket) => _ = socket.send(line),
        }
    }
}

/// The way from the logger to the sink: it gets whole lines.
struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(sink) = log().as_mut() {
            sink.write(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line(form: Form, record: &Record<'_>) -> Vec<u8> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    let text = record.args();
    let mut line = match form {
        Form::Text => {
            format!("{} [{}] {text}", os::local_time(seconds), word(record.level()))
        }
        Form::Json => json!({
            "timestamp": format!("{}.{:03}Z", os::universal_time(seconds), since.subsec_millis()),
            "level": word(record.level()).to_ascii_lowercase(),
            "message": text.to_string(),
            "pid": process::id(),
            "thread": thread::current().name(),
        })
        .to_string(),
        Form::Numbered => {
            let number = FACILITY | severity(record.level());
            format!("<{number}>goxel-daemon[{}]: {text}", process::id())
        }
    };
    line.push('\n');
    line.into_bytes()
}

/// The legacy words.
const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}

/// As syslog counts.
const fn severity(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// A file that lines are added to.
struct LogFile {
    file: File,
    path: PathBuf,
    rotation: Option<Rotation>,
}

impl LogFile {
    fn open(path: &Path, rotation: Option<Rotation>, owner: &Identity) -> io::Result<LogFile> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("log file {}: {error}", path.display()))
        };
        let file = open(path).map_err(named)?;
        let metadata = file.metadata().map_err(named)?;
        // A device or a pipe is somebody else's, and so is a file that has a name elsewhere.
        if !owner.is_ours() && metadata.is_file() && metadata.nlink() == 1 {
            fchown(&file, Some(owner.uid()), Some(owner.gid())).map_err(named)?;
        }
        Ok(LogFile { file, path: path.to_owned(), rotation })
    }

    fn write(&mut self, line: &[u8]) {
        if !self.is_in_place() {
            self.reopen();
        }
        if let Some(rotation) = self.rotation
            && self.size() + line.len() as u64 > rotation.max_bytes
            && self.size() > 0
        {
            self.rotate(&rotation);
        }
        let _ = self.file.write_all(line);
    }

    fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |it| it.len())
    }

    fn is_in_place(&self) -> bool {
        let (Ok(ours), Ok(there)) = (self.file.metadata(), fs::metadata(&self.path)) else {
            return false;
        };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }

    fn reopen(&mut self) {
        if let Ok(file) = open(&self.path) {
            self.file = file;
        }
    }

    /// `log` becomes `log.0`, that `log.1`, and so on. Under a lock: the other process may
    /// find the file full at the same time. Nobody is waited for: anybody may hold it.
    fn rotate(&mut self, rotation: &Rotation) {
        if self.file.try_lock().is_err() || !self.is_in_place() {
            return self.reopen();
        }
        let old = |number: u32| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        let last = rotation.max_files.saturating_sub(1);
        for number in (0..last).rev() {
            let _ = fs::rename(old(number), old(number + 1));
        }
        let _ = match rotation.max_files {
            0 => fs::remove_file(&self.path),
            _ => fs::rename(&self.path, old(0)),
        };
        if let Some(age) = rotation.max_age {
            let aged = |path: &PathBuf| {
                let changed = fs::metadata(path).and_then(|it| it.modified()).ok();
                changed.and_then(|at| at.elapsed().ok()).is_some_and(|since| since > age)
            };
            (0..=last).map(old).filter(aged).for_each(|path| _ = fs::remove_file(path));
        }
        self.reopen();
        // Where there was no other to open, the next one may try.
        let _ = self.file.unlock();
    }
}

/// Follows no link in a folder that everybody writes to: it may lead anywhere.
fn open(path: &Path) -> io::Result<File> {
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    let is_open_to_all = folder.is_some_and(|folder| folder.mode() & 0o002 != 0);
    let follow = if is_open_to_all { OFlag::O_NOFOLLOW } else { OFlag::empty() };
    let flags = (follow | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).mode(0o640).custom_flags(flags).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::tempdir;

    fn made(form: Form, level: Level, text: &str) -> String {
        let bytes =
            line(form, &Record::builder().level(level).args(format_args!("{text}")).build());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_is_one_line_in_every_form() {
        let text = made(Form::Text, Level::Warn, "a \"b\"");
        assert!(text.ends_with(" [WARNING] a \"b\"\n") && text.starts_with("20"), "{text}");
        let json: serde_json::Value =
            serde_json::from_str(&made(Form::Json, Level::Error, "a \"b\"\nc")).unwrap();
        assert_eq!((&json["level"], &json["message"]), (&json!("error"), &json!("a \"b\"\nc")));
        let time = json["timestamp"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
        let pid = process::id();
        let numbered = made(Form::Numbered, Level::Info, "a");
        assert_eq!(numbered, format!("<30>goxel-daemon[{pid}]: a\n"));
    }

    fn log_file(path: &Path, max_bytes: u64, max_files: u32) -> LogFile {
        let rotation = Rotation { max_bytes, max_files, max_age: None };
        LogFile::open(path, Some(rotation), &Identity::ours()).unwrap()
    }

    #[track_caller]
    fn check(dir: &Path, expected: &[(&str, &str)]) {
        let mut found: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(&path).unwrap())
            })
            .collect();
        found.sort();
        let expected: Vec<_> =
            expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn full_files_are_put_aside_and_the_oldest_forgotten() {
        let dir = tempdir().unwrap();
        let mut log = log_file(&dir.path().join("log"), 4, 2);
        for line in ["1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n"] {
            log.write(line.as_bytes());
        }
        check(dir.path(), &[("log", "7\n"), ("log.0", "5\n6\n"), ("log.1", "3\n4\n")]);
        log.write(b"longer than a file may be\n");
        check(
            dir.path(),
            &[("log", "longer than a file may be\n"), ("log.0", "7\n"), ("log.1", "5\n6\n")],
        );
    }

    #[test]
    fn two_writers_share_a_file_through_rotation() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("log");
        let (mut one, mut two) = (log_file(&path, 4, 9), log_file(&path, 4, 9));
        for line in ["1\n", "2\n", "3\n", "4\n", "5\n"] {
            one.write(line.as_bytes());
            two.write(line.as_bytes());
        }
        check(
            dir.path(),
            &[
                ("log", "5\n5\n"),
                ("log.0", "4\n4\n"),
                ("log.1", "3\n3\n"),
                ("log.2", "2\n2\n"),
                ("log.3", "1\n1\n"),
            ],
        );
    }

    #[test]
    fn a_file_that_was_moved_away_is_followed_by_a_new_one() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = log_file(&path, 1000, 2);
        log.write(b"1\n");
        fs::rename(&path, dir.path().join("moved")).unwrap();
        log.write(b"2\n");
        check(dir.path(), &[("log", "2\n"), ("moved", "1\n")]);
    }

    #[test]
    fn what_is_no_file_is_refused_and_named() {
        let dir = tempdir().unwrap();
        let refused = |path: &Path| {
            LogFile::open(path, None, &Identity::ours()).map(|_| ()).unwrap_err().to_string()
        };
        let text = refused(dir.path());
        assert!(text.contains(&format!("log file {}", dir.path().display())), "{text}");
        refused(&dir.path().join("no/log"));
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &link).unwrap();
        let everybody = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode));
        everybody(0o777).unwrap();
        refused(&link);
        everybody(0o755).unwrap();
        LogFile::open(&link, None, &Identity::ours()).unwrap();
    }
}
