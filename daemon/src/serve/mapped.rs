#![allow(unsafe_code)]
//! Filling a file through a mapping.
//!
//! The blocks are allocated before the mapping is written: under a mapping, a full disk would be
//! a SIGBUS, here it is an error.

use std::fs::File;
use std::io::{self, Write};

use memmap2::MmapOptions;
use nix::errno::Errno;
use nix::fcntl::posix_fallocate;

/// Makes `bytes` the content of `file`.
///
/// `file` must be new and empty, open for reading and writing, and no other process may be able
/// to open it: a file that is cut short under its mapping would end the daemon.
pub fn fill(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    let Ok(len) = i64::try_from(bytes.len()) else {
        return Err(io::ErrorKind::FileTooLarge.into());
    };
    if len == 0 {
        return Ok(());
    }
    match posix_fallocate(file, 0, len) {
        Ok(()) => copy(file, bytes),
        // The file system cannot allocate ahead: plain writes report a full disk themselves.
        Err(Errno::EOPNOTSUPP | Errno::EINVAL | Errno::ENOSYS) => file.write_all(bytes),
        Err(errno) => Err(errno.into()),
    }
}

fn copy(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: `file` is new and only ours (this module's contract), and its blocks are allocated,
    // so nothing cuts it short and no write through the mapping can miss.
    match unsafe { MmapOptions::new().len(bytes.len()).map_mut(file) } {
        Ok(mut mapping) => {
            mapping.copy_from_slice(bytes);
            Ok(())
        }
        // Not every file system maps files.
        Err(_) => file.write_all(bytes),
    }
}
