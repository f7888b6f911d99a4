//! A checkpoint: every project in a file of its own, and a manifest that names them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use goxel_engine::encode;
use goxel_journal::{OLD, Position, Storage, write_sealed};
use goxel_rpc::Session;
use goxel_rpc::journal::{Frozen, FrozenProject, Manifest};

use super::recovery::read_manifest;
use super::{ASK_AGAIN, CHECKPOINT_BYTES, MANIFEST, State};

/// A checkpoint to be made, by any thread.
pub struct Checkpoint {
    storage: Arc<dyn Storage>,
    position: u64,
    frozen: Frozen,
    /// The checkpoint before.
    before: Manifest,
}

/// What came of it.
pub struct Checkpointed(io::Result<Manifest>);

impl Checkpointed {
    /// Nobody had time for it.
    pub fn not_begun() -> Checkpointed {
        Checkpointed(Err(io::Error::other("too much is waiting")))
    }

    /// Why there is none.
    pub fn error(&self) -> Option<&io::Error> {
        self.0.as_ref().err()
    }
}

/// The end of a project's file's name.
const SUFFIX: &str = ".project";

impl State {
    /// The checkpoint to be made now, if the journal has become long enough for one.
    pub fn begin_checkpoint(&mut self, session: &Session) -> Option<Checkpoint> {
        let is_due = self.overdue || self.written >= CHECKPOINT_BYTES;
        if self.checkpointing || !is_due {
            return None;
        }
        // While something could not be read, or is damaged, the journal is the only copy of it.
        if !self.complaints.is_empty() || session.has_damaged() {
            self.no_checkpoint_at = None;
            return None;
        }
        if self.no_checkpoint_at.is_some_and(|when| when.elapsed() < ASK_AGAIN) {
            return None;
        }
        match self.journal.rotate() {
            Ok(position) => Some(self.checkpoint_at(position, session)),
            Err(error) => {
                self.put_off(&error);
                None
            }
        }
    }

    /// The journal has it all; the next checkpoint is tried when that has grown again, or a little
    /// later if it must not wait.
    fn put_off(&mut self, error: &io::Error) {
        log::error!("no checkpoint: {error}");
        self.written = 0;
        self.no_checkpoint_at = Some(Instant::now());
    }

    pub(super) fn checkpoint_at(&mut self, position: Position, session: &Session) -> Checkpoint {
        (self.checkpointing, self.overdue, self.no_checkpoint_at) = (true, false, None);
        (self.written, self.digested_bytes) = (0, 0);
        Checkpoint {
            storage: Arc::clone(&self.storage),
            position: position.0,
            frozen: session.freeze(position.0),
            before: self.manifest.clone(),
        }
    }

    /// Shortens the journal by what a checkpoint holds now: what is left to be removed is the answer.
    pub fn end_checkpoint(&mut self, done: Checkpointed) -> Leavings {
        self.checkpointing = false;
        let manifest = match done.0 {
            Ok(manifest) => manifest,
            Err(error) => {
                // Memory alone has what the disk lost.
                self.overdue |= self.hole.is_some();
                self.put_off(&error);
                return Leavings { storage: Arc::clone(&self.storage), names: Vec::new() };
            }
        };
        self.hole = self.hole.filter(|hole| *hole > Position(manifest.position));
        let names = self.journal.set_aside_until(Position(manifest.position));
        log::debug!("checkpoint of {} projects", manifest.projects.len());
        self.manifest = manifest;
        self.checkpointed_at = Some(Instant::now());
        Leavings { storage: Arc::clone(&self.storage), names }
    }
}

/// Parts of the journal that nobody needs any more. A file system may take long to free them.
#[must_use]
pub struct Leavings {
    storage: Arc<dyn Storage>,
    names: Vec<String>,
}

impl Leavings {
    /// Removes them. What stays is swept after the next checkpoint.
    pub fn remove(self) {
        for name in self.names {
            if let Err(error) = self.storage.remove(&name) {
                log::warn!("{name} stays: {error}");
            }
        }
    }
}

impl Checkpoint {
    /// Writes it: complete when this returns, or not there at all.
    pub fn make(self) -> Checkpointed {
        let written = catch_unwind(AssertUnwindSafe(|| self.write()))
            .unwrap_or_else(|_| Err(io::Error::other("a project could not be encoded")));
        if written.is_err() {
            self.sweep_tried();
        }
        Checkpointed(written)
    }

    /// Files that nobody will name. The manifest may be the new one all the same: what it and the
    /// one before name stays.
    fn sweep_tried(&self) {
        if let Ok(manifest) = read_manifest(self.storage.as_ref()) {
            sweep(self.storage.as_ref(), &[&self.before, &manifest]);
        }
    }

    fn write(&self) -> io::Result<Manifest> {
        let storage = self.storage.as_ref();
        let manifest = self.frozen.manifest(|project| match self.file_before(project) {
            Some(name) => name.to_owned(),
            None => format!("{}-{}{SUFFIX}", project.number, self.position),
        });
        for (kept, frozen) in manifest.projects.iter().zip(self.frozen.projects()) {
            if self.file_before(frozen).is_none() {
                write_sealed(storage, &kept.file, &encode::project(&frozen.project))?;
            }
        }
        write_sealed(storage, MANIFEST, manifest.to_text().as_bytes())?;
        sweep(storage, &[&manifest]);
        Ok(manifest)
    }

    /// The file of a project that has not changed since the checkpoint before.
    fn file_before(&self, project: &FrozenProject) -> Option<&str> {
        let before = self.before.projects.iter().find(|kept| kept.number == project.number)?;
        (project.changed <= self.before.position).then_some(&before.file)
    }
}

/// Removes what is set aside of the journal, and files of projects that no manifest names, and what is left of those that were being
/// written. What stays takes room, no more.
pub(super) fn sweep(storage: &dyn Storage, manifests: &[&Manifest]) {
    let names = storage.list().unwrap_or_default();
    let is_named = |name: &String| {
        manifests.iter().any(|it| it.projects.iter().any(|kept| kept.file == *name))
    };
    let is_project = |name: &str| name.strip_suffix(".new").unwrap_or(name).ends_with(SUFFIX);
    let is_old = |name: &String| name.starts_with(OLD) || (is_project(name) && !is_named(name));
    for name in names.iter().filter(|name| is_old(name)) {
        if let Err(error) = storage.remove(name) {
            log::warn!("{name} stays: {error}");
        }
    }
}
