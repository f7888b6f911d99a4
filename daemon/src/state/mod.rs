//! What outlives the worker: its journal, its checkpoints, and the way back from them
//! (`docs/adr/0010-durability.md`).
//!
//! At the end of a turn the event loop has what the session did [committed](State::commit) before
//! it sends a reply. [`checkpoint`] shortens the journal, [`recovery`] reads it, [`place`] says where
//! it is.

mod checkpoint;
mod digests;
pub mod place;
mod recovery;
pub mod repair;
#[cfg(test)]
mod tests;

use std::io;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use goxel_journal::{Journal, Policy, Position, Storage};
use goxel_rpc::journal::Manifest;
use goxel_rpc::{JournalFacts, Session};

use crate::config::plain;
use recovery::{read_kept, rebuild_one};

pub use checkpoint::Checkpointed;
pub use recovery::{Around, Recovered, Reloaded, recover};

/// The version of the rules by which commands are carried out: another engine may make something
/// else of them.
const RULES: u16 = 1;
/// The file that says which projects there are.
const MANIFEST: &str = "manifest.json";
/// What has to be written before a checkpoint is worth it.
const CHECKPOINT_BYTES: u64 = 16 << 20;
/// How often a disk that was full is asked for room again.
const ASK_AGAIN: Duration = Duration::from_millis(250);
/// So much room is held for what must not be refused.
const HELD_BACK: usize = 64 << 10;
/// The room that is asked for ahead.
const AHEAD: usize = 1 << 20;

/// The journal of a session that runs.
pub struct State {
    storage: Arc<dyn Storage>,
    policy: Policy,
    journal: Journal,
    /// The last checkpoint that is complete.
    manifest: Manifest,
    /// Whether one is being made.
    checkpointing: bool,
    /// When there was no room, and why.
    refused: Option<(Instant, String)>,
    checkpointed_at: Option<Instant>,
    /// When the last try failed, if it did.
    no_checkpoint_at: Option<Instant>,
    /// Bytes that were kept since the last checkpoint began, by earlier workers too.
    written: u64,
    /// The frame after which projects were looked at last, and what had been written then.
    digested: u64,
    digested_bytes: u64,
    /// Whether the next checkpoint must not wait.
    overdue: bool,
    lost: bool,
    /// The last frame that the disk has lost and no checkpoint holds yet: until one does, nothing
    /// can be followed behind it.
    hole: Option<Position>,
    /// The numbers of projects that are not read.
    left_out: Vec<u64>,
    /// What was found broken, for `/health`.
    pub complaints: Vec<String>,
}

impl State {
    fn new(
        storage: Arc<dyn Storage>,
        policy: Policy,
        journal: Journal,
        manifest: Manifest,
    ) -> State {
        let written = journal.status().bytes;
        State {
            storage,
            policy,
            journal,
            manifest,
            checkpointing: false,
            refused: None,
            checkpointed_at: None,
            no_checkpoint_at: None,
            written,
            digested: 0,
            digested_bytes: 0,
            overdue: false,
            lost: false,
            hole: None,
            left_out: Vec::new(),
            complaints: Vec::new(),
        }
    }

    /// Keeps what a turn did. After an error nothing of it is kept.
    pub fn commit(&mut self, bytes: &[u8]) -> io::Result<Position> {
        let position = self.journal.commit(bytes).map_err(io::Error::other)?;
        self.written += bytes.len() as u64;
        Ok(position)
    }

    /// Up to which commit replies may be sent.
    pub fn acknowledged(&self) -> Position {
        self.journal.acknowledged()
    }

    /// How many bytes can be kept, and why not more. Asks the disk when `wanted` are not, or few.
    pub fn room(&mut self, wanted: usize) -> (usize, &str) {
        let wanted = wanted + AHEAD;
        match self.journal.room() < wanted {
            true => self.make_room(wanted),
            false => self.refused = None,
        }
        if self.hole.is_some() {
            return (0, "what the disk has lost is being written anew");
        }
        let reason = self.refused.as_ref().map_or("", |(_, why)| why);
        (self.journal.room().saturating_sub(HELD_BACK), reason)
    }

    /// When the disk is asked again for what it refused: room, or a checkpoint that must not wait.
    pub fn asks_again_at(&self) -> Option<Instant> {
        let refused = self.refused.as_ref().map(|(when, _)| *when);
        let failed = self.no_checkpoint_at.filter(|_| self.overdue);
        refused.into_iter().chain(failed).min().map(|when| when + ASK_AGAIN)
    }

    /// Asks for room for so much, unless that was refused a moment ago.
    fn make_room(&mut self, bytes: usize) {
        if self.refused.as_ref().is_some_and(|(when, _)| when.elapsed() < ASK_AGAIN) {
            return;
        }
        match self.mend().and_then(|()| self.journal.reserve(bytes)) {
            Ok(()) if self.refused.take().is_some() => log::info!("edits are kept again"),
            Ok(()) => {}
            Err(error) => {
                if self.refused.is_none() {
                    log::error!("there is no room to keep edits: {error}");
                }
                self.refused = Some((Instant::now(), error.to_string()));
            }
        }
    }

    /// Makes the session what was kept: what is not is taken back.
    pub fn go_back(&mut self, session: &mut Session) -> Result<(), String> {
        let storage = self.storage.as_ref();
        let left_out = &self.left_out;
        let manifest = read_kept(storage, self.journal.last(), |manifest, log| {
            left_out.iter().for_each(|number| log.leave_out(*number));
            let numbers: Vec<u64> = log.projects().map(|(number, _)| number).collect();
            let rebuilt = numbers
                .into_iter()
                .map(|number| rebuild_one(storage, log, number, session.config()))
                .collect::<Result<_, _>>()?;
            session.take_over(log, rebuilt);
            Ok(manifest.clone())
        })?;
        // What the projects say of their last change counts from this one.
        self.manifest = manifest;
        Ok(())
    }

    fn mend(&mut self) -> io::Result<()> {
        if let Some(lost) = self.journal.retry()? {
            log::error!("frames {} to {} are gone from the disk", lost.first, lost.last);
            (self.lost, self.overdue) = (true, true);
            self.hole = Some(lost.last);
        }
        Ok(())
    }

    /// Whether frames that were committed have gone from the disk since the last call. Memory still
    /// has what they did: the next checkpoint keeps it.
    pub fn has_lost(&mut self) -> bool {
        mem::take(&mut self.lost)
    }

    /// Where it is.
    pub fn facts(&self) -> JournalFacts {
        let status = self.journal.status();
        let since = |moment: Option<Instant>| moment.map(|moment| moment.elapsed());
        JournalFacts {
            position: status.last.0,
            acknowledged: status.acknowledged.0,
            synced: status.synced.0,
            bytes: status.bytes,
            unsynced_bytes: status.unsynced_bytes,
            since_sync: since(status.last_sync),
            since_checkpoint: since(self.checkpointed_at),
            refusing: self.refused.as_ref().map(|(_, why)| why.clone()),
            left_out: self.complaints.clone(),
        }
    }

    /// Syncs what is not synced, where anything ever is, and ends.
    pub fn close(self) {
        if self.policy == Policy::Never {
            return;
        }
        if let Err(error) = self.journal.close() {
            log::error!("the end of the journal may not be on the disk: {error}");
        }
    }
}

fn policy(fsync: plain::Fsync) -> Policy {
    match fsync {
        plain::Fsync::Always => Policy::Always,
        plain::Fsync::Interval(time) => Policy::Interval(time),
        plain::Fsync::Never => Policy::Never,
    }
}
