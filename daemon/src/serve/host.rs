//! The outside as sessions see it: this machine's files, clock and counts.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use goxel_rpc::{Facts, Host};
use nix::unistd::{Pid, gethostname};

use crate::os;
use crate::serve::files::Files;
use crate::serve::stats::{Stats, memory_bytes};

/// The machine the daemon runs on. Paths are as the system takes them: relative ones start at
/// the daemon's working directory.
pub struct Machine {
    files: Arc<Files>,
    stats: Arc<Stats>,
    /// The process that signals are meant for.
    pid: u32,
    hostname: String,
    processors: usize,
}

impl Machine {
    pub fn new(files: Arc<Files>, stats: Arc<Stats>, supervisor: Pid) -> Machine {
        let hostname = gethostname().map(|name| name.to_string_lossy().into_owned());
        Machine {
            files,
            stats,
            pid: u32::try_from(supervisor.as_raw()).unwrap_or(0),
            hostname: hostname.unwrap_or_else(|_| "localhost".into()),
            processors: thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl Host for Machine {
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.read(Path::new(path))
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.write(Path::new(path), bytes)
    }

    fn unix_seconds(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    fn clock(&self) -> Duration {
        self.stats.uptime()
    }

    fn facts(&self) -> Facts {
        let now = i64::try_from(self.unix_seconds()).unwrap_or(i64::MAX);
        Facts {
            pid: self.pid,
            hostname: self.hostname.clone(),
            local_time: os::local_time(now),
            uptime_seconds: self.stats.uptime_seconds(),
            connections: self.stats.open.load(Ordering::Relaxed),
            memory_bytes: memory_bytes(),
            journal: self.stats.journal(),
        }
    }

    fn render_threads(&self) -> usize {
        self.processors
    }
}
