//! Counts of what the daemon has done: for SIGUSR1, `status`, and the last words.

use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use goxel_rpc::JournalFacts;
use nix::unistd::{SysconfVar, sysconf};

use crate::serve::pages::{ByProtocol, Connections, Figures, Jobs, Phase};
use crate::wire::Kind;

/// How old the memory may be that pages tell of: to look takes longer than to write the page.
const MEMORY_AGE: Duration = Duration::from_millis(100);

/// Counted by the event loop, read by any thread.
pub struct Stats {
    started: Instant,
    /// Resident memory, and when it was looked at.
    memory: Mutex<Option<(Instant, u64)>>,
    pub open: AtomicUsize,
    pub accepted: AtomicU64,
    pub turned_away: AtomicU64,
    pub requests: AtomicU64,
    pub failed: AtomicU64,
    pub jobs: AtomicU64,
    pub overloads: AtomicU64,
    /// HTTP requests that are not served.
    pub refused: AtomicU64,
    /// Where the journal was, and when.
    journal: Mutex<Option<(Instant, JournalFacts)>>,
    json: AtomicU64,
    binary: AtomicU64,
    http: AtomicU64,
}

impl Stats {
    pub fn new() -> Stats {
        Stats {
            started: Instant::now(),
            memory: Mutex::new(None),
            open: AtomicUsize::new(0),
            accepted: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            jobs: AtomicU64::new(0),
            overloads: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            journal: Mutex::new(None),
            json: AtomicU64::new(0),
            binary: AtomicU64::new(0),
            http: AtomicU64::new(0),
        }
    }

    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn uptime_seconds(&self) -> u64 {
        self.uptime().as_secs()
    }

    /// The journal has come this far.
    pub fn note_journal(&self, facts: JournalFacts) {
        let noted = Some((Instant::now(), facts));
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = noted;
    }

    /// How far the journal has come, if there is one.
    pub fn journal(&self) -> Option<JournalFacts> {
        let noted = self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (then, facts) = noted?;
        let since = |since: Option<Duration>| since.map(|since| since + then.elapsed());
        let (since_sync, since_checkpoint) =
            (since(facts.since_sync), since(facts.since_checkpoint));
        Some(JournalFacts { since_sync, since_checkpoint, ..facts })
    }

    /// Counts a message by what it came in.
    pub fn count_message(&self, kind: Kind) {
        Stats::count(match kind {
            Kind::Undecided | Kind::Json => &self.json,
            Kind::Binary => &self.binary,
            Kind::Http => &self.http,
        });
    }

    /// All that pages tell of.
    pub fn figures(&self, jobs: Jobs, projects: usize, draining: bool) -> Figures {
        let load = |counter: &AtomicU64| counter.load(Relaxed);
        Figures {
            version: env!("CARGO_PKG_VERSION"),
            phase: if draining { Phase::Draining } else { Phase::Ready },
            uptime_seconds: self.uptime_seconds(),
            memory_bytes: self.recent_memory(),
            connections: Connections {
                open: self.open.load(Relaxed),
                accepted: load(&self.accepted),
                turned_away: load(&self.turned_away),
            },
            requests: ByProtocol {
                json: load(&self.json),
                binary: load(&self.binary),
                http: load(&self.http),
            },
            failed: load(&self.failed),
            refused: load(&self.refused),
            jobs,
            projects,
            journal: self.journal(),
        }
    }

    fn recent_memory(&self) -> u64 {
        let now = Instant::now();
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = memory.filter(|(looked, _)| now.duration_since(*looked) < MEMORY_AGE);
        let (looked, bytes) = recent.unwrap_or_else(|| (now, memory_bytes()));
        *memory = Some((looked, bytes));
        bytes
    }

    /// Counts one more of something.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = |counter: &AtomicU64| counter.load(Relaxed);
        write!(
            f,
            "up {} s; connections: {} open, {} accepted, {} turned away; \
             requests: {} processed, {} failed; jobs: {} begun, {} refused; memory: {} KiB",
            self.uptime_seconds(),
            self.open.load(Relaxed),
            load(&self.accepted),
            load(&self.turned_away),
            load(&self.requests),
            load(&self.failed),
            load(&self.jobs),
            load(&self.overloads),
            memory_bytes() / 1024,
        )
    }
}

/// Resident memory; 0 where the system does not say.
pub fn memory_bytes() -> u64 {
    resident("/proc/self/statm")
}

/// The resident memory of another process.
pub fn memory_of(pid: i32) -> u64 {
    resident(&format!("/proc/{pid}/statm"))
}

fn resident(path: &str) -> u64 {
    let statm = fs::read_to_string(path).unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
    let page_size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096);
    pages * u64::try_from(page_size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_its_memory() {
        assert!(memory_bytes() > 1 << 20, "{}", memory_bytes());
    }

    #[test]
    fn pages_tell_of_the_memory_of_a_moment_ago() {
        let stats = Stats::new();
        let now = Instant::now();
        *stats.memory.lock().unwrap() = Some((now + MEMORY_AGE, 1));
        assert_eq!(stats.recent_memory(), 1);
        *stats.memory.lock().unwrap() = Some((now - MEMORY_AGE, 1));
        assert!(stats.recent_memory() > 1 << 20);
    }
}
