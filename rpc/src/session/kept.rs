//! The session and its journal: what is to be kept, and what was.

use super::{Config, Session};
use crate::journal::{Frozen, FrozenProject, Log, Manifest, Rebuilt, Record};
use crate::memory::Weight;
use crate::projects::OpenProject;
use goxel_engine::digest::Digest;
use std::sync::Arc;

impl Session {
    /// A session that goes on where a journal ends. It records what it does.
    pub fn resume(config: Config, log: &Log<'_>, rebuilt: Vec<Rebuilt>) -> Self {
        let mut session = Self::new(config);
        session.ledger.turn_on();
        session.take_over(log, rebuilt);
        session
    }

    /// Puts what a journal says in place of all projects that are kept; those of connections stay.
    /// Jobs that were begun before change nothing any more.
    pub fn take_over(&mut self, log: &Log<'_>, rebuilt: Vec<Rebuilt>) {
        self.ledger.clear();
        let counts = (log.made, log.next, log.current);
        self.projects.replace_kept(rebuilt.into_iter().map(Rebuilt::open).collect(), counts);
    }

    /// How many bytes are recorded and not kept yet.
    pub fn journal_len(&self) -> usize {
        self.ledger.len()
    }

    /// What was done since the last call of [`Session::journal_kept`], to be kept as one frame
    /// before anybody is told of it. Empty if there was nothing.
    pub fn journal(&mut self) -> &[u8] {
        for number in self.ledger.touched().to_vec() {
            // What an edit has left in its middle is nothing that replay could meet.
            if let Some(project) = self.projects.numbered(number).filter(|it| !it.damaged) {
                let (revision, fingerprint) =
                    (project.project.revision(), project.project.fingerprint());
                let mark = Record::Mark { revision, fingerprint };
                let _ = self.ledger.add_always(number, &mark);
            }
        }
        self.ledger.bytes()
    }

    /// What was recorded is kept, as the frame of that number.
    pub fn journal_kept(&mut self, frame: u64) {
        for number in self.ledger.touched().to_vec() {
            if let Some(project) = self.projects.numbered(number) {
                project.changed = frame;
            }
        }
        self.ledger.clear();
    }

    /// Lets edits be recorded until so many bytes are to be kept; `reason` says why not more.
    pub fn set_journal_room(&mut self, room: usize, reason: &str) {
        self.ledger.set_room(room, reason);
    }

    /// All that is kept as it is now, after that frame.
    pub fn freeze(&self, position: u64) -> Frozen {
        let (made, next, current) = self.projects.counts();
        let frozen = |project: &OpenProject| FrozenProject {
            number: project.number,
            changed: project.changed,
            project: Arc::clone(&project.project),
            id: project.id.clone(),
            about: project.about.clone(),
        };
        Frozen {
            manifest: Manifest { position, made, next, current, ..Manifest::nothing() },
            projects: self.projects.kept().map(frozen).collect(),
        }
    }

    /// Records what projects were like at some revision: their numbers, the revisions, and the
    /// digests of their scenes. Replay must meet them.
    pub fn record_digests(&mut self, digests: impl IntoIterator<Item = (u64, u64, Digest)>) {
        for (number, revision, digest) in digests {
            if self.projects.numbered(number).is_some() {
                let digest = Record::Digest { revision, digest: digest.to_bytes() };
                let _ = self.ledger.add_always(number, &digest);
            }
        }
    }

    /// Whether an edit has left a project in its middle that is kept: then the session is not what is to
    /// be kept.
    pub fn has_damaged(&self) -> bool {
        self.projects.kept().any(|project| project.damaged)
    }

    /// The numbers of the projects that an edit has left in its middle since the last call. Until
    /// [`Session::restore`] they wait as if they were being edited.
    pub fn damaged(&mut self) -> Vec<u64> {
        if !self.ledger.take_damage() {
            return Vec::new();
        }
        let numbers: Vec<u64> = self
            .projects
            .kept()
            .filter(|it| it.damaged && !it.editing)
            .map(|it| it.number)
            .collect();
        for number in &numbers {
            if let Some(project) = self.projects.numbered(*number) {
                project.editing = true;
            }
        }
        numbers
    }

    /// A damaged project is as it was before that edit, or stays damaged. One that has come back in
    /// another way meanwhile stays as it is.
    pub fn restore(&mut self, number: u64, rebuilt: Option<Rebuilt>) {
        let project = self.projects.numbered(number).filter(|it| it.damaged);
        let Some(project) = project else { return };
        project.editing = false;
        if let Some(rebuilt) = rebuilt {
            project.damaged = false;
            let counted = project.weight.counted;
            project.weight = Weight::of(&rebuilt.project, rebuilt.volumes, 0);
            // Until it is counted anew.
            project.weight.counted = counted;
            project.project = Arc::new(rebuilt.project);
            let id = project.id.clone();
            self.projects.recount(&id);
        }
    }

    /// What the session allows.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

impl Rebuilt {
    fn open(self) -> OpenProject {
        let Rebuilt { number, id, about, project, changed, volumes, .. } = self;
        let weight = Weight::of(&project, volumes, 0);
        let mut opened = OpenProject::new(project, about);
        (opened.id, opened.number, opened.changed, opened.weight) = (id, number, changed, weight);
        opened
    }
}

#[cfg(test)]
impl Session {
    /// Leaves the current project as an edit does that panics in its middle.
    pub(crate) fn break_current(&mut self) {
        use crate::method::Edit;
        use crate::projects::Scope;
        use goxel_engine::command::{Author, Command};
        use std::panic::{AssertUnwindSafe, catch_unwind};
        let project = self.projects.meant_without_name(&Scope::new()).expect("there is one");
        let edit = Edit::new(Command::ClearLayer { layer: None }, |_, _| panic!("a bug"));
        let ledger = &mut self.ledger;
        let carry_out = AssertUnwindSafe(|| project.carry_out(edit, Author(0), 0, ledger));
        assert!(catch_unwind(carry_out).is_err());
    }
}
