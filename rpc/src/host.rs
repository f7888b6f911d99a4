//! The outside, as the methods see it.

use std::io;
use std::time::Duration;

/// Files and facts that only the program around us has.
pub trait Host: Send + Sync {
    /// A whole file. The host bounds its size.
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Writes a whole file: complete when this returns, or not there at all.
    fn write_file(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Seconds since 1970, UTC.
    fn unix_seconds(&self) -> u64;

    /// The time since some moment of the host's choice. It never goes back.
    fn clock(&self) -> Duration;

    /// What the program knows about itself right now.
    fn facts(&self) -> Facts;

    /// How many threads one picture may use.
    fn render_threads(&self) -> usize;
}

/// What the program around us knows about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its process id.
    pub pid: u32,
    /// The machine's name.
    pub hostname: String,
    /// The local time as `YYYY-MM-DD HH:MM:SS`.
    pub local_time: String,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Open connections.
    pub connections: usize,
    /// Bytes of memory in use.
    pub memory_bytes: u64,
    /// How what is acknowledged is kept, if it is.
    pub journal: Option<JournalFacts>,
}

/// Where the journal is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFacts {
    /// The last frame that was written.
    pub position: u64,
    /// The last frame that replies have been sent for.
    pub acknowledged: u64,
    /// The last frame that survives a power cut.
    pub synced: u64,
    /// Bytes of the journal.
    pub bytes: u64,
    /// Bytes that would not survive a power cut.
    pub unsynced_bytes: u64,
    /// How long ago the journal was last forced to disk, if it was.
    pub since_sync: Option<Duration>,
    /// How long ago a checkpoint was last complete, if one was.
    pub since_checkpoint: Option<Duration>,
    /// Why edits are refused, if they are.
    pub refusing: Option<String>,
    /// What is said of projects that could not be read.
    pub left_out: Vec<String>,
}
