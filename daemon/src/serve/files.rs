//! Files as the outside of a session: read whole, written complete or not at all.
//!
//! Inputs are read, never mapped, and only regular files are: a pipe or a device could hold a
//! worker for ever. An output is a private temporary file in the target's folder that is filled,
//! synced, and renamed over the target; whatever fails before that leaves nothing behind. Targets
//! that are not files (`/dev/null`, a pipe) are written to as they are.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::stat::{Mode, umask};

use super::mapped;

/// The largest file a project or model may come from.
pub const MAX_INPUT: u64 = 1 << 30;
/// How long a pipe's reader may let a worker wait, in milliseconds.
const PIPE_PATIENCE: u16 = 30_000;

/// The files the daemon may touch, and the unfinished ones it has made.
pub struct Files {
    max_input: u64,
    /// Permissions of new files: what the umask at the start leaves.
    new_mode: u32,
    drafts: Mutex<Drafts>,
}

#[derive(Default)]
struct Drafts {
    made: u64,
    open: HashSet<PathBuf>,
    closed: bool,
}

impl Files {
    /// Reads the umask, which means setting it for a moment: call before there are threads.
    pub fn new(max_input: u64) -> Files {
        let mask = umask(Mode::from_bits_truncate(0o077));
        umask(mask);
        Files { max_input, new_mode: 0o666 & !mask.bits(), drafts: Mutex::default() }
    }

    /// The whole content of a regular file.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        self.read_up_to_limit(file, metadata.len())
    }

    fn read_up_to_limit(&self, file: File, expected: u64) -> io::Result<Vec<u8>> {
        let too_large = || {
            let text = format!("file is larger than the limit of {} bytes", self.max_input);
            io::Error::new(io::ErrorKind::FileTooLarge, text)
        };
        if expected > self.max_input {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        let expected = usize::try_from(expected).map_err(|_| io::ErrorKind::OutOfMemory)?;
        bytes.try_reserve_exact(expected).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // One byte more than allowed shows a file that grows while it is read.
        file.take(self.max_input.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > self.max_input {
            return Err(too_large());
        }
        Ok(bytes)
    }

    /// Makes `bytes` the content of `path`; on an error the target is as it was.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Opened for writing, though never written when it is a file: the system says whether we
        // may replace it. Non-blocking: a pipe without a reader is an error, not a wait.
        let mut target = OpenOptions::new();
        target.write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        match target.open(path) {
            Ok(file) => self.write_over(path, file, bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.replace(path, bytes, self.new_mode)
            }
            Err(error) => Err(error),
        }
    }

    fn write_over(&self, path: &Path, target: File, bytes: &[u8]) -> io::Result<()> {
        let metadata = target.metadata()?;
        if metadata.is_file() {
            // Through symbolic links, as writing in place would.
            let path = fs::canonicalize(path)?;
            return self.replace(&path, bytes, metadata.permissions().mode());
        }
        if metadata.file_type().is_block_device() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "is a block device"));
        }
        stream(target, bytes)
    }

    fn replace(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let draft = Draft::beside(self, path)?;
        draft.fill(bytes, mode)?;
        fs::rename(&draft.path, path)
    }

    /// Removes what is unfinished and makes no more: the daemon is about to end.
    pub fn close(&self) {
        let mut drafts = self.drafts();
        drafts.closed = true;
        for path in drafts.open.drain() {
            let _ = fs::remove_file(path);
        }
    }

    fn drafts(&self) -> MutexGuard<'_, Drafts> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A temporary file: gone when dropped, unless it was renamed away.
struct Draft<'a> {
    files: &'a Files,
    path: PathBuf,
    file: File,
}

impl<'a> Draft<'a> {
    fn beside(files: &'a Files, target: &Path) -> io::Result<Draft<'a>> {
        let folder = target.parent().unwrap_or(Path::new(""));
        if target.file_name().is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut drafts = files.drafts();
        if drafts.closed {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the daemon is stopping"));
        }
        loop {
            drafts.made += 1;
            let path = folder.join(format!(".goxel-{}-{}.tmp", process::id(), drafts.made));
            // Private until it is complete: see `mapped::fill`.
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true).mode(0o600);
            match options.open(&path) {
                Ok(file) => {
                    drafts.open.insert(path.clone());
                    return Ok(Draft { files, path, file });
                }
                // Left by a killed daemon that had our number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn fill(&self, bytes: &[u8], mode: u32) -> io::Result<()> {
        mapped::fill(&self.file, bytes)?;
        self.file.set_permissions(Permissions::from_mode(mode & 0o7777))?;
        // Before the rename: after a power cut the target is the old file or the whole new one.
        self.file.sync_data()
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // Renamed away already when all went well.
        let _ = fs::remove_file(&self.path);
        self.files.drafts().open.remove(&self.path);
    }
}

/// Writes to what is not a file; a reader that stops reading is given up on.
fn stream(mut target: File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match target.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait_for_room(&target)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn wait_for_room(target: &File) -> io::Result<()> {
    let mut polled = [PollFd::new(target.as_fd(), PollFlags::POLLOUT)];
    match poll(&mut polled, PIPE_PATIENCE) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::{TempDir, tempdir};

    /// Writes, and says the outcome and what is in the folder afterwards.
    #[track_caller]
    fn check(dir: &TempDir, target: &str, bytes: &[u8], expected: &str) {
        let files = Files::new(MAX_INPUT);
        let outcome = match files.write(&dir.path().join(target), bytes) {
            Ok(()) => "written".to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        let mut names: Vec<String> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(format!("{outcome}: {}", names.join(" ")), expected, "writing {target:?}");
    }

    #[test]
    fn a_new_file_holds_exactly_what_was_written() {
        let dir = tempdir().unwrap();
        for bytes in [&b""[..], b"voxels", &[7; 100_000]] {
            check(&dir, "a.png", bytes, "written: a.png");
            assert_eq!(fs::read(dir.path().join("a.png")).unwrap(), bytes);
        }
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_its_links() {
        let dir = tempdir().unwrap();
        let real = dir.path().join("real");
        fs::write(&real, "a longer text than the new one").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        symlink("real", dir.path().join("link")).unwrap();
        check(&dir, "link", b"new", "written: link real");
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(dir.path().join("link")).unwrap().is_symlink());
    }

    #[test]
    fn a_refused_write_leaves_nothing_behind() {
        let dir = tempdir().unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        check(&dir, "missing/a.png", b"x", "NotFound: folder");
        check(&dir, "folder", b"x", "IsADirectory: folder");
        check(&dir, "", b"x", "IsADirectory: folder");
        check(&dir, "folder/..", b"x", "IsADirectory: folder");
        check(&dir, "/dev/full", b"x", "StorageFull: folder");
        check(&dir, "/dev/null", b"x", "written: folder");
    }

    #[test]
    fn a_pipe_without_a_reader_is_an_error_not_a_wait() {
        let dir = tempdir().unwrap();
        nix::unistd::mkfifo(&dir.path().join("pipe"), Mode::S_IRWXU).unwrap();
        let files = Files::new(MAX_INPUT);
        let path = dir.path().join("pipe");
        assert_eq!(files.write(&path, b"x").unwrap_err().raw_os_error(), Some(libc::ENXIO));
        assert_eq!(files.read(&path).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn input_is_bounded_and_must_be_a_file() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("in");
        fs::write(&path, [1; 10]).unwrap();
        let kind = |max, path: &Path| Files::new(max).read(path).map_err(|error| error.kind());
        assert_eq!(kind(10, &path), Ok(vec![1; 10]));
        assert_eq!(kind(9, &path), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(kind(9, dir.path()), Err(io::ErrorKind::IsADirectory));
        assert_eq!(kind(9, Path::new("/dev/zero")), Err(io::ErrorKind::InvalidInput));
        assert_eq!(kind(9, &dir.path().join("no")), Err(io::ErrorKind::NotFound));
        assert_eq!(kind(9, Path::new("/proc/self/status")), Err(io::ErrorKind::FileTooLarge));
    }

    #[test]
    fn closing_removes_drafts_and_makes_no_more() {
        let dir = tempdir().unwrap();
        let files = Files::new(MAX_INPUT);
        let draft = Draft::beside(&files, &dir.path().join("a")).unwrap();
        assert!(draft.path.exists());
        files.close();
        assert!(!draft.path.exists());
        assert!(files.write(&dir.path().join("b"), b"x").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
