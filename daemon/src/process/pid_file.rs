//! The PID file: who serves, locked for as long as he does.
//!
//! The lock tells a daemon that lives from the file of one that was killed, whatever process has
//! its number now. The file is removed by the one that holds the lock.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use crate::process::privileges::Identity;

/// How often, and how long after each try, one that only looks at the file is waited for.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Everybody may know the number.
const MODE: u32 = 0o644;
/// More than any number is long.
const MAX_TEXT: u64 = 64;

/// Ours, while it exists.
#[derive(Debug)]
pub struct PidFile {
    /// Open, and so locked, in the process whose number is in it.
    file: Option<File>,
    path: PathBuf,
}

/// Why it could not be had.
#[derive(Debug)]
pub enum PidFileError {
    /// A daemon that lives holds it.
    Held {
        path: PathBuf,
        pid: Option<i32>,
    },
    Io {
        path: PathBuf,
        error: io::Error,
    },
}

impl fmt::Display for PidFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PidFileError::Held { path, pid: Some(pid) } => {
                write!(f, "Daemon already running (PID: {pid}), says {}", path.display())
            }
            PidFileError::Held { path, pid: None } => {
                write!(f, "Daemon already running: {} is locked", path.display())
            }
            PidFileError::Io { path, error } => {
                write!(f, "PID file {}: {error}; choose another --pid-file", path.display())
            }
        }
    }
}

impl PidFile {
    /// Takes the file, or the place of one whose daemon is gone, and writes our number into it.
    /// It will belong to `owner`, who may then remove it.
    pub fn claim(path: &Path, owner: &Identity) -> Result<PidFile, PidFileError> {
        let io_error = |error| PidFileError::Io { path: path.to_owned(), error };
        loop {
            let mut file = open(path).map_err(io_error)?;
            match lock_patiently(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(PidFileError::Held {
                        path: path.to_owned(),
                        pid: number_in(&mut file),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(io_error(error)),
            }
            // Somebody may have removed it between opening and locking: then it is nobody's.
            if is_at(&file, path) {
                if is_foreign(&file, owner).map_err(io_error)? {
                    fs::remove_file(path).map_err(io_error)?;
                    continue;
                }
                // Ours from here on: where the number cannot be written, no empty file stays.
                let written = write_number(&file, owner);
                let claimed = PidFile { file: Some(file), path: path.to_owned() };
                return written.map(|()| claimed).map_err(io_error);
            }
        }
    }

    /// In a child: the lock stays the parent's, and does not outlive it.
    pub fn close_in_child(mut self) {
        self.file = None;
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let Some(file) = &self.file else { return };
        if is_at(file, &self.path) && fs::remove_file(&self.path).is_err() {
            // Where we may not remove it, it is at least known to be nobody's.
            let _ = file.set_len(0);
        }
    }
}

/// Who looks whether a daemon lives holds the lock for a moment too.
fn lock_patiently(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            outcome => return outcome,
        }
    }
    file.try_lock()
}

/// Whether somebody else may write another number into it.
fn is_foreign(file: &File, owner: &Identity) -> io::Result<bool> {
    let its_owner = file.metadata()?.uid();
    Ok(![0, owner.uid(), geteuid().as_raw()].contains(&its_owner))
}

/// No links of either kind: in a folder that everybody writes to, one may lead anywhere.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(MODE).custom_flags(flags);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if metadata.nlink() > 1 {
        return Err(io::Error::other("it has another name too"));
    }
    Ok(file)
}

fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(theirs)) = (file.metadata(), fs::symlink_metadata(path)) else {
        return false;
    };
    (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino())
}

fn write_number(mut file: &File, owner: &Identity) -> io::Result<()> {
    // Whatever the umask was.
    file.set_permissions(fs::Permissions::from_mode(MODE))?;
    if !owner.is_ours() {
        fchown(file, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

fn number_in(file: &mut File) -> Option<i32> {
    let mut text = String::new();
    file.take(MAX_TEXT).read_to_string(&mut text).ok()?;
    text.trim().parse().ok().filter(|pid| *pid > 0)
}

/// What a PID file says about a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is none, or nothing in it.
    Nothing,
    /// Its daemon was killed.
    Stale(i32),
    Running(i32),
}

/// Looks at a PID file without changing it.
pub fn look(path: &Path) -> io::Result<Found> {
    let flags = (OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    let mut file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let Some(pid) = number_in(&mut file) else { return Ok(Found::Nothing) };
    match file.try_lock_shared() {
        Ok(()) => Ok(Found::Stale(pid)),
        Err(TryLockError::WouldBlock) if is_vouched_for(&file, pid)? => Ok(Found::Running(pid)),
        Err(TryLockError::WouldBlock) => Ok(Found::Stale(pid)),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the file's owner may speak for the process. In a folder that everybody writes to,
/// anybody can lock a file with anybody's number in it, and root is asked to stop that process.
fn is_vouched_for(file: &File, pid: i32) -> io::Result<bool> {
    let its_owner = file.metadata()?.uid();
    // Not every system tells.
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { return Ok(true) };
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let user = users.and_then(|users| users.split_whitespace().next()?.parse().ok());
    Ok(its_owner == 0 || user.is_none_or(|user: u32| user == its_owner))
}

/// Removes the file of a daemon that was killed, unless another one has taken it since it was
/// looked at.
pub fn remove_stale(path: &Path) {
    let flags = (OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits();
    let Ok(file) = OpenOptions::new().read(true).custom_flags(flags).open(path) else { return };
    if file.try_lock().is_ok() && is_at(&file, path) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::tempdir;

    fn claim(path: &Path) -> Result<PidFile, PidFileError> {
        PidFile::claim(path, &Identity::ours())
    }

    #[test]
    fn it_says_who_serves_while_he_does() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("pid");
        let pid = i32::try_from(std::process::id()).unwrap();
        assert_eq!(look(&path).unwrap(), Found::Nothing);
        let file = claim(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{pid}\n"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(look(&path).unwrap(), Found::Running(pid));
        let refused = claim(&path).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("Daemon already running (PID: {pid})")), "{refused}");
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn the_file_of_a_killed_daemon_is_taken_over() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("pid");
        fs::write(&path, "12345678\n").unwrap();
        assert_eq!(look(&path).unwrap(), Found::Stale(12_345_678));
        let _ours = claim(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
    }

    #[test]
    fn nonsense_in_the_file_is_nobody() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("pid");
        for text in ["", "\n", "-5", "0", "12x", "99999999999999999999", "\u{1F600}"] {
            fs::write(&path, text).unwrap();
            assert_eq!(look(&path).unwrap(), Found::Nothing, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_a_plain_file_is_refused() {
        let dir = tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join("precious"), &link).unwrap();
        assert!(claim(&link).is_err());
        assert!(!dir.path().join("precious").exists());
        assert!(claim(dir.path()).is_err());
        assert!(claim(&dir.path().join("no/pid")).unwrap_err().to_string().contains("--pid-file"));
    }

    #[test]
    fn a_file_that_took_its_place_is_left_alone() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("pid");
        let file = claim(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let other = claim(&path).unwrap();
        drop(file);
        assert!(path.exists());
        drop(other);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_has_another_name_is_left_alone() {
        let dir = tempdir().unwrap();
        let (precious, path) = (dir.path().join("precious"), dir.path().join("pid"));
        fs::write(&precious, "words").unwrap();
        fs::hard_link(&precious, &path).unwrap();
        let error = PidFile::claim(&path, &Identity::ours()).unwrap_err().to_string();
        assert!(error.contains("another name"), "{error}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "words");
    }

    #[test]
    fn a_stale_file_that_was_taken_over_is_not_removed() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("pid");
        let taken = PidFile::claim(&path, &Identity::ours()).unwrap();
        remove_stale(&path);
        assert!(path.exists());
        taken.close_in_child();
        fs::write(&path, "1\n").unwrap();
        remove_stale(&path);
        assert!(!path.exists());
    }

    #[test]
    fn what_another_user_wrote_neither_speaks_for_us_nor_stays() {
        // Only root can give a file away; others are kept from these by the system.
        if !geteuid().is_root() {
            return;
        }
        let dir = tempdir().unwrap();
        let path = dir.path().join("pid");
        fs::write(&path, format!("{}\n", std::process::id())).unwrap();
        let theirs = File::open(&path).unwrap();
        theirs.lock().unwrap();
        assert!(matches!(look(&path), Ok(Found::Running(_))));
        fchown(&theirs, Some(4711), None).unwrap();
        assert!(matches!(look(&path), Ok(Found::Stale(_))));
        theirs.unlock().unwrap();
        let _ours = PidFile::claim(&path, &Identity::ours()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().uid(), 0);
        assert!(matches!(look(&path), Ok(Found::Running(_))));
    }
}
