//! What a session has done and nobody has kept yet.

use super::record::Record;
use crate::error::Problem;
use crate::method::Change;
use goxel_engine::command::{Author, Command};
use goxel_engine::encode;

/// Records in the order in which things were done. One that is off takes nothing and refuses
/// nothing.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    is_on: bool,
    bytes: Vec<u8>,
    /// For a command's bytes, whose length goes before them.
    command: Vec<u8>,
    /// How many bytes may be there before they are kept.
    room: usize,
    /// Why there is not more room.
    reason: String,
    /// Projects of which something is recorded.
    touched: Vec<u64>,
    /// Whether an edit has left a project in its middle.
    damage: bool,
}

/// Where a record begins, so that it can be taken out again.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Begun(usize);

impl Ledger {
    pub fn turn_on(&mut self) {
        self.is_on = true;
    }

    pub fn is_on(&self) -> bool {
        self.is_on
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn touched(&self) -> &[u64] {
        &self.touched
    }

    /// So many bytes may be recorded before they are kept; and why not more.
    pub fn set_room(&mut self, room: usize, reason: &str) {
        self.room = room;
        if self.reason != reason {
            reason.clone_into(&mut self.reason);
        }
    }

    /// Records what is about to be done; [`Ledger::take_out`] if it is not done.
    pub fn add(&mut self, project: u64, record: &Record<'_>) -> Result<Begun, Problem> {
        let begun = self.add_always(project, record);
        self.check_room(begun)
    }

    /// Records what cannot be refused, and is short.
    pub fn add_always(&mut self, project: u64, record: &Record<'_>) -> Begun {
        let begun = Begun(self.bytes.len());
        if self.keeps(project) {
            record.put(project, &mut self.bytes);
            self.touch(project);
        }
        begun
    }

    /// Records an edit that is about to be made.
    pub fn add_change(
        &mut self,
        project: u64,
        author: Author,
        change: &Change,
    ) -> Result<Begun, Problem> {
        match change {
            Change::Undo => self.add(project, &Record::Undo),
            Change::Redo => self.add(project, &Record::Redo),
            Change::Apply(command) => self.add_command(project, author, command),
        }
    }

    /// Records a command that is about to be carried out.
    pub fn add_command(
        &mut self,
        project: u64,
        author: Author,
        command: &Command,
    ) -> Result<Begun, Problem> {
        if !self.keeps(project) {
            return Ok(Begun(self.bytes.len()));
        }
        let mut bytes = std::mem::take(&mut self.command);
        bytes.clear();
        encode::append_command(command, &mut bytes);
        let added = self.add(project, &Record::Command { author, command: &bytes });
        self.command = bytes;
        added
    }

    fn keeps(&self, project: u64) -> bool {
        self.is_on && project > 0
    }

    /// An edit has left a project in its middle.
    pub fn has_damage(&mut self) {
        self.damage = true;
    }

    /// Whether one has, since the last call.
    pub fn take_damage(&mut self) -> bool {
        std::mem::take(&mut self.damage)
    }

    fn touch(&mut self, project: u64) {
        if self.touched.last() != Some(&project) && !self.touched.contains(&project) {
            self.touched.push(project);
        }
    }

    fn check_room(&mut self, begun: Begun) -> Result<Begun, Problem> {
        if self.bytes.len() <= self.room || !self.is_on {
            return Ok(begun);
        }
        self.take_out(begun);
        let reason = if self.reason.is_empty() { "it is too large" } else { &self.reason };
        Err(Problem::refused("not_kept", format!("the edit could not be kept: {reason}")))
    }

    /// It was not done after all.
    pub fn take_out(&mut self, begun: Begun) {
        self.bytes.truncate(begun.0);
    }

    /// All that is recorded; then nothing is.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn clear(&mut self) {
        /// Room that is kept for the next turn.
        const KEPT: usize = 1 << 20;
        self.touched.clear();
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
    }
}
