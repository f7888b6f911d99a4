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
}
