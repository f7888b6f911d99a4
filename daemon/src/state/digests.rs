//! What projects are like now and then, for the journal: replay must meet it.

use goxel_engine::digest::Digest;
use goxel_rpc::Session;
use goxel_rpc::journal::Frozen;

use super::{CHECKPOINT_BYTES, State};

/// What is written between two looks.
const DIGEST_BYTES: u64 = CHECKPOINT_BYTES / 2;

/// Projects to be looked at, by any thread.
pub struct Digests {
    frozen: Frozen,
    /// Those that have not changed since are known.
    since: u64,
}

impl State {
    /// The projects to be looked at now, if it is time.
    pub fn begin_digests(&mut self, session: &Session) -> Option<Digests> {
        let written = self.written;
        // What an edit has left in its middle is nothing that replay could meet.
        if written < self.digested_bytes + DIGEST_BYTES || session.has_damaged() {
            return None;
        }
        let (position, since) = (self.journal.last().0, self.digested);
        (self.digested, self.digested_bytes) = (position, written);
        Some(Digests { frozen: session.freeze(position), since })
    }
}

impl Digests {
    /// The number of each project, its revision, and its digest then.
    pub fn make(self) -> Vec<(u64, u64, Digest)> {
        let changed = self.frozen.projects().iter().filter(|it| it.changed > self.since);
        let digest = |project: &goxel_engine::project::Project| Digest::of(project.scene());
        changed.map(|it| (it.number, it.project.revision(), digest(&it.project))).collect()
    }
}
