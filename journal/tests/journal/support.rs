//! Journals on folders in memory, and what they gave back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use goxel_journal::{Found, Frames, Journal, OpenError, Options, Policy, Position, Storage};

pub const RULES: u16 = 3;
/// Longer than any test.
pub const LONG: Policy = Policy::Interval(Duration::from_secs(3600));

/// A journal, and the bell its thread rings.
pub struct Opened {
    journal: Journal,
    bell: Receiver<()>,
    pub found: Found,
}

impl Deref for Opened {
    type Target = Journal;

    fn deref(&self) -> &Journal {
        &self.journal
    }
}

impl DerefMut for Opened {
    fn deref_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }
}

impl Opened {
    /// Waits until all that was committed is synced, or a sync has failed.
    pub fn settle(&self) {
        while self.synced() < self.last() && self.failure().is_none() {
            let rung = self.bell.recv_timeout(Duration::from_secs(30));
            rung.expect("the thread says when it has synced");
        }
    }

    pub fn close(self) -> std::io::Result<()> {
        self.journal.close()
    }
}

pub fn try_open(
    storage: impl Storage + Clone,
    policy: Policy,
    from: u64,
) -> Result<Opened, OpenError> {
    open_with(storage, policy, from, 0)
}

pub fn open_with(
    storage: impl Storage,
    policy: Policy,
    from: u64,
    at_least: u64,
) -> Result<Opened, OpenError> {
    let (ring, bell) = channel();
    let wake = Box::new(move || {
        // Nobody listens any more.
        let _ = ring.send(());
    });
    let options = Options { policy, rules: RULES, at_least: Position(at_least), wake };
    let (journal, found) = Journal::open(Arc::new(storage), Position(from), options)?;
    Ok(Opened { journal, bell, found })
}

#[track_caller]
pub fn open(storage: impl Storage + Clone, policy: Policy) -> Opened {
    try_open(storage, policy, 1).expect("the log can be opened")
}

/// "1:one 2:two"
pub fn shown(frames: &Frames) -> String {
    let shown: Vec<_> = frames.iter().map(|(number, text)| show(number, text)).collect();
    assert_eq!(frames.len(), shown.len());
    shown.join(" ")
}

fn show(number: Position, payload: &[u8]) -> String {
    format!("{number}:{}", String::from_utf8_lossy(payload))
}

/// Commits words; "|" rotates.
#[track_caller]
pub fn commit(journal: &mut Journal, words: &str) {
    for word in words.split_whitespace() {
        match word {
            "|" => drop(journal.rotate().expect("it can be rotated")),
            word => drop(journal.commit(word.as_bytes()).expect("it can be committed")),
        }
    }
}

/// The name of the segment that begins with that frame.
pub fn segment(first: u64) -> String {
    format!("log-{first:020}")
}
