//! The file calls a journal makes, as traits, and how a whole file is written with them.

use std::io::{self, IoSlice};
use std::sync::Arc;

/// Files in one folder, by plain names. Every call may fail.
pub trait Storage: Send + Sync + 'static {
    /// The names there are, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// The whole content of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// A new file to append to; fails if there is one.
    fn create(&self, name: &str) -> io::Result<Box<dyn Output>>;
    /// Gives a file another name, in place of one that has it. An open [`Output`] goes on.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Cuts a file to its first `len` bytes.
    fn truncate(&self, name: &str, len: u64) -> io::Result<()>;
    /// What makes the content of a file durable that somebody else wrote.
    fn flush(&self, name: &str) -> io::Result<Arc<dyn Flush>>;
    /// Makes names durable (fsync of the folder).
    fn sync_names(&self) -> io::Result<()>;
}

/// A file that is appended to.
pub trait Output: Send {
    /// Appends as much of `parts` as one call takes, and says how many bytes that was.
    fn append(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Allocates so many bytes behind the end, which stays where it is. Where the file system
    /// cannot, that is no error.
    fn reserve(&mut self, bytes: u64) -> io::Result<()>;
    /// Cuts the file to its first `len` bytes, and frees what was reserved behind.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
    /// Makes the content durable, from any thread.
    fn flush(&self) -> Arc<dyn Flush>;
}

/// Makes the content of one file durable (fdatasync).
pub trait Flush: Send + Sync {
    /// Returns when what was appended before the call is durable. An error means that some of it
    /// may be lost, whatever a later call says.
    fn sync(&self) -> io::Result<()>;
}

/// Writes `name` whole or not at all: aside, synced, renamed, folder synced.
///
/// When the last step fails, the new file is in its place, but might not be after a power cut.
pub fn write_whole(storage: &dyn Storage, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let aside = format!("{name}.new");
    let mut output = create_anew(storage, &aside)?;
    let written = append_all(&mut *output, parts)
        .and_then(|()| output.flush().sync())
        .and_then(|()| storage.rename(&aside, name));
    if let Err(error) = written {
        // What stays is overwritten by the next try.
        let _ = storage.remove(&aside);
        return Err(error);
    }
    storage.sync_names()
}

/// A new file, in place of what an earlier try left behind.
pub(crate) fn create_anew(storage: &dyn Storage, name: &str) -> io::Result<Box<dyn Output>> {
    match storage.create(name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            storage.remove(name)?;
            storage.create(name)
        }
        outcome => outcome,
    }
}

/// Appends all, in as many calls as it takes.
pub(crate) fn append_all(output: &mut dyn Output, parts: &[&[u8]]) -> io::Result<()> {
    for part in parts {
        append_pair(output, part, &[])?;
    }
    Ok(())
}

/// Appends `head` and `body`, by one call unless the system takes less.
pub(crate) fn append_pair(output: &mut dyn Output, head: &[u8], body: &[u8]) -> io::Result<()> {
    let (mut head, mut body) = (head, body);
    while !head.is_empty() || !body.is_empty() {
        let slices = [IoSlice::new(head), IoSlice::new(body)];
        match output.append(if body.is_empty() { &slices[..1] } else { &slices }) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                let of_head = taken.min(head.len());
                head = &head[of_head..];
                body = &body[taken - of_head..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
