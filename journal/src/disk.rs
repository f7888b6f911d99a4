//! A folder of the file system.
//!
//! Files are reached through the open folder, so whatever happens to its path, it stays the same folder.
//! A lock on one of them, held while the folder is open for writing, keeps other daemons out.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, IoSlice, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::dir::Dir;
use nix::fcntl::{OFlag, open, openat, renameat};
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::storage::{Flush, Output, Storage};

const LOCK: &str = "lock";
/// More than any process number is long.
const MAX_NUMBER: u64 = 64;

/// A folder of the file system.
#[derive(Debug)]
pub struct Disk {
    folder: OwnedFd,
    path: PathBuf,
    /// Absent where the folder is only looked at.
    lock: Option<File>,
}

impl Disk {
    /// The folder at `path`, made if it is not there, its parents too: for its owner alone (0700). It is locked until the
    /// value is dropped.
    ///
    /// Where another process has it, the error is of the kind [`io::ErrorKind::ResourceBusy`], and
    /// names the folder and that process.
    pub fn open(path: &Path) -> io::Result<Disk> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let mut disk = Disk::look(path)?;
        let file = disk.open_file(LOCK, OFlag::O_RDWR | OFlag::O_CREAT)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(path, file)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Who has it is good to know, and no more: on a full disk it stays unsaid.
        let _ = write_number(&file);
        disk.lock = Some(file);
        Ok(disk)
    }

    /// The folder at `path`, to read from while another process may write. Nothing can be changed
    /// through it.
    pub fn look(path: &Path) -> io::Result<Disk> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let folder = open(path, flags, Mode::empty())?;
        Ok(Disk { folder, path: path.to_owned(), lock: None })
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open_file(&self, name: &str, flags: OFlag) -> io::Result<File> {
        // No links: somebody may have put one there that leads anywhere.
        let flags = flags | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let file = File::from(openat(&self.folder, name, flags, Mode::S_IRUSR | Mode::S_IWUSR)?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other(format!("{name} is not a regular file"))),
        }
    }

    fn may_change(&self) -> io::Result<()> {
        match self.lock {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }
}

impl Storage for Disk {
    fn list(&self) -> io::Result<Vec<String>> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let mut folder = Dir::openat(&self.folder, ".", flags, Mode::empty())?;
        let mut names = Vec::new();
        for entry in folder.iter() {
            // Names that are no text are none of ours.
            let name = entry?.file_name().to_str().map(str::to_owned);
            names.extend(name.ok().filter(|name| !matches!(name.as_str(), "." | "..")));
        }
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_file(name, OFlag::O_RDONLY)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        self.may_change()?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_APPEND;
        let file = Arc::new(self.open_file(name, flags)?);
        Ok(Box::new(DiskOutput { file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.may_change()?;
        Ok(renameat(&self.folder, from, &self.folder, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.may_change()?;
        Ok(unlinkat(&self.folder, name, UnlinkatFlags::NoRemoveDir)?)
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.may_change()?;
        self.open_file(name, OFlag::O_WRONLY)?.set_len(len)
    }

    fn flush(&self, name: &str) -> io::Result<Arc<dyn Flush>> {
        Ok(Arc::new(DiskFlush { file: Arc::new(self.open_file(name, OFlag::O_RDONLY)?) }))
    }

    fn sync_names(&self) -> io::Result<()> {
        Ok(nix::unistd::fsync(&self.folder)?)
    }
}

struct DiskOutput {
    file: Arc<File>,
}

impl Output for DiskOutput {
    fn append(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut file = &*self.file;
        match parts {
            // The simpler call is the cheaper one.
            [part] => file.write(part),
            _ => file.write_vectored(parts),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn reserve(&mut self, bytes: u64) -> io::Result<()> {
        use nix::errno::Errno;
        use nix::fcntl::{FallocateFlags, fallocate};
        let number = |value| i64::try_from(value).map_err(|_| io::Error::from(Errno::EFBIG));
        let end = number(self.file.metadata()?.len())?;
        match fallocate(&self.file, FallocateFlags::FALLOC_FL_KEEP_SIZE, end, number(bytes)?) {
            Ok(()) | Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn reserve(&mut self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn flush(&self) -> Arc<dyn Flush> {
        Arc::new(DiskFlush { file: Arc::clone(&self.file) })
    }
}

struct DiskFlush {
    file: Arc<File>,
}

impl Flush for DiskFlush {
    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn held(path: &Path, file: File) -> io::Error {
    let mut text = String::new();
    let read = file.take(MAX_NUMBER).read_to_string(&mut text);
    let pid = read.ok().and_then(|_| text.trim().parse::<u32>().ok());
    let holder = pid.map_or("another process".to_owned(), |pid| format!("process {pid}"));
    let text = format!("{} is in use by {holder}; choose another folder", path.display());
    io::Error::new(io::ErrorKind::ResourceBusy, text)
}

fn write_number(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
