//! Work that is too slow for the thread that answers.

use crate::envelope::{Outcome, Request, reply};
use crate::error::RpcError;
use crate::host::Host;
use crate::journal::Record;
use crate::memory::Weighed;
use crate::notice::By;
use crate::projects::{OpenProject, Opening};
use goxel_engine::command::Author;
use goxel_engine::project::Project;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What starting a request gives.
pub enum Step {
    /// The answer.
    Done(Outcome),
    /// Work for any thread; the answer comes from [`crate::Session::finish`].
    Job(Job),
}

/// Slow work on a snapshot or a copy: it shares nothing with the session.
pub struct Job {
    work: Box<Work>,
    then: Then,
    /// How urgent it is.
    pub priority: Priority,
}

/// How urgent a job is (spec/daemon.md 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Pictures, files, whole models read or searched.
    Low,
    /// Edits, and what is none of the others.
    Normal,
    /// Short questions.
    High,
    /// What others wait for: messages to decode.
    Critical,
}

impl Priority {
    /// All of them, the least first.
    pub const ALL: [Priority; 4] =
        [Priority::Low, Priority::Normal, Priority::High, Priority::Critical];
}

/// What a session does when a job is back.
pub(crate) enum Then {
    /// Nothing but what the effect says.
    Nothing,
    /// The project of that id and opening is free for the next edit.
    Free(String, u64),
    /// A project was to be opened.
    Opened(Opening),
}

type Work = dyn FnOnce(&dyn Host) -> (Outcome, Effect) + Send;

/// A job's answer, and what it changes in the session.
pub struct Finished {
    pub(crate) outcome: Outcome,
    pub(crate) effect: Effect,
    pub(crate) then: Then,
}

/// What a finished job changes in the session.
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// A project was edited.
    Edited(Box<Edited>),
    /// A project was opened.
    Opened(Box<Opened>),
    /// The project of that id now lives at that path.
    Saved { id: String, path: String },
}

/// A project that was edited.
pub(crate) struct Edited {
    /// As what it goes on.
    pub project: Project,
    pub by: By,
    /// Where there is a limit.
    pub weighed: Option<Weighed>,
    /// What the journal says of it.
    pub trace: Option<Trace>,
}

/// A project that was opened.
pub(crate) struct Opened {
    pub project: OpenProject,
    /// Where there is a limit.
    pub weighed: Option<Weighed>,
    /// For the journal, if it is kept.
    pub bytes: Option<Vec<u8>>,
}

/// What is recorded of a slow edit.
pub(crate) enum Trace {
    Undo,
    Redo,
    /// Of what changes more than the scene.
    Command(Vec<u8>),
    Effect(Vec<u8>),
}

impl Trace {
    /// The record.
    pub fn record(&self, author: Author) -> Record<'_> {
        match self {
            Trace::Undo => Record::Undo,
            Trace::Redo => Record::Redo,
            Trace::Command(command) => Record::Command { author, command },
            Trace::Effect(effect) => Record::Effect { author, effect },
        }
    }

    fn len(&self) -> usize {
        match self {
            Trace::Undo | Trace::Redo => 0,
            Trace::Command(bytes) | Trace::Effect(bytes) => bytes.len(),
        }
    }
}

impl Job {
    pub(crate) fn new(
        then: Then,
        priority: Priority,
        work: impl FnOnce(&dyn Host) -> (Outcome, Effect) + Send + 'static,
    ) -> Self {
        Self { work: Box::new(work), then, priority }
    }

    /// Does the work. A panic becomes an answer and changes nothing.
    pub fn run(self, host: &dyn Host) -> Finished {
        let Job { work, then, .. } = self;
        // The work owns what it changes, so nothing half done outlives a panic.
        let (outcome, effect) = catch_unwind(AssertUnwindSafe(|| work(host)))
            .unwrap_or_else(|_| (Err(RpcError::internal("the method panicked")), Effect::None));
        Finished { outcome, effect, then }
    }
}

impl Finished {
    /// About how many bytes of the journal it will take.
    pub fn journal_bytes(&self) -> usize {
        match &self.effect {
            Effect::Edited(edited) => edited.trace.as_ref().map_or(0, Trace::len),
            Effect::Opened(opened) => opened.bytes.as_ref().map_or(0, Vec::len),
            Effect::None | Effect::Saved { .. } => 0,
        }
    }

    /// The reply line of the job's request, made by whoever ran it: a long one takes long.
    /// What it says is given up, so [`crate::Session::finish`] then only tells success from
    /// failure. `None` while the line needs what only the session knows: a new project's id, and
    /// whether there is memory for what was made.
    pub fn reply_line(&mut self, request: &Request) -> Option<String> {
        match &self.effect {
            Effect::Opened(..) => return None,
            Effect::Edited(edited) if edited.weighed.is_some() => return None,
            _ => {}
        }
        let line = reply(request, &self.outcome);
        if let Ok(result) = &mut self.outcome {
            *result = Value::Null;
        }
        Some(line)
    }
}
