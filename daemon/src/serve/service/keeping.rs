//! What the service does for its state: commits, checkpoints, projects read again.

use std::io;
use std::mem;
use std::time::Instant;

use goxel_engine::digest::Digest;
use goxel_journal::Position;
use goxel_rpc::Priority;

use super::{Done, NOBODY, Service};
use crate::state::{Checkpointed, Reloaded, State};

/// What came of keeping what a turn did.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing was to be kept.
    Nothing,
    /// These connections may be answered when that is acknowledged.
    At(Position, Vec<u64>),
    /// It could not be kept: these connections must not be told that it was done.
    Lost(Vec<u64>),
}

impl Service {
    /// The connection must not be answered before what it had the session do is kept.
    pub(super) fn await_keeping(&mut self, token: u64, recorded: usize) {
        if self.session.journal_len() > recorded {
            self.awaiting.push(token);
        }
    }

    /// Keeps what the session did since the last call, before anybody is told of it. An error when
    /// nobody can say any more what was kept.
    pub fn keep(&mut self) -> io::Result<Kept> {
        let Some(state) = &mut self.state else { return Ok(Kept::Nothing) };
        let has_news = self.session.journal_len() > 0 || state.asks_again_at().is_some();
        let mut kept = Kept::Nothing;
        if self.session.journal_len() > 0 {
            let awaiting = mem::take(&mut self.awaiting);
            kept = match state.commit(self.session.journal()) {
                Ok(position) => {
                    self.session.journal_kept(position.0);
                    Kept::At(position, awaiting)
                }
                Err(error) => {
                    log::error!("what was done could not be kept, and is taken back: {error}");
                    state.go_back(&mut self.session).map_err(io::Error::other)?;
                    Kept::Lost(awaiting)
                }
            };
        }
        // Not only after an edit: what was refused is taken again, what could not be synced is
        // tried again, and what the disk lost is written anew, whoever woke us.
        self.make_room(0);
        self.begin_checkpoint();
        if has_news {
            self.begin_digests();
            self.note_journal();
        }
        self.reload_damaged();
        Ok(kept)
    }

    /// Sees to it that so many bytes can be recorded, and some more.
    pub(super) fn make_room(&mut self, bytes: usize) {
        if let Some(state) = &mut self.state {
            let (room, reason) = state.room(bytes);
            self.session.set_journal_room(room, reason);
        }
    }

    /// When the disk is to be asked again, because of what it refused.
    pub fn asks_again_at(&self) -> Option<Instant> {
        self.state.as_ref().and_then(State::asks_again_at)
    }

    /// Has the figures say how far the journal has come.
    pub fn note_journal(&self) {
        if let Some(state) = &self.state {
            self.stats.note_journal(state.facts());
        }
    }

    /// Whether what some replies would tell of has gone from the disk.
    pub fn has_lost(&mut self) -> bool {
        self.state.as_mut().is_some_and(State::has_lost)
    }

    /// Up to which commit replies may be sent; all where nothing is kept.
    pub fn acknowledged(&self) -> Position {
        self.state.as_ref().map_or(Position(u64::MAX), State::acknowledged)
    }

    fn begin_checkpoint(&mut self) {
        let Some(state) = &mut self.state else { return };
        let Some(checkpoint) = state.begin_checkpoint(&self.session) else { return };
        let make = || Done::Checkpointed(checkpoint.make());
        if self.pool.submit_always(NOBODY, Priority::Normal, make).is_err() {
            state.end_checkpoint(Checkpointed::not_begun()).remove();
        }
        // The segment that was begun for it has its own room.
        self.make_room(0);
    }

    fn begin_digests(&mut self) {
        let Some(state) = &mut self.state else { return };
        if let Some(digests) = state.begin_digests(&self.session) {
            // The next ones do as well, should nobody have time for these.
            let make = || Done::Digested(digests.make());
            let _ = self.pool.submit_always(NOBODY, Priority::Low, make);
        }
    }

    pub(super) fn record_digests(&mut self, digests: Vec<(u64, u64, Digest)>) {
        self.session.record_digests(digests);
    }

    fn reload_damaged(&mut self) {
        let Some(state) = &self.state else { return };
        for number in self.session.damaged() {
            let reload = state.reload(number, self.session.config().clone());
            let make = || Done::Reloaded(Box::new(reload.make()));
            if self.pool.submit_always(NOBODY, Priority::High, make).is_err() {
                self.session.restore(number, None);
            }
        }
    }

    pub(super) fn end_checkpoint(&mut self, done: Checkpointed) {
        if let Some(state) = &mut self.state {
            let leavings = state.end_checkpoint(done);
            let remove = || {
                leavings.remove();
                Done::Forgot
            };
            // What nobody has time to remove is swept after the next checkpoint.
            let _ = self.pool.submit_always(NOBODY, Priority::Low, remove);
        }
        self.note_journal();
    }

    pub(super) fn restore(&mut self, Reloaded { number, rebuilt }: Reloaded) {
        match &rebuilt {
            Ok(_) => log::warn!("a project that an error left in its middle is as it was before"),
            Err(error) => log::error!("a damaged project stays so: {error}"),
        }
        self.session.restore(number, rebuilt.ok());
    }

    /// Ends keeping: what is written is synced.
    pub fn close_state(&mut self) {
        if let Some(state) = self.state.take() {
            state.close();
        }
    }
}
