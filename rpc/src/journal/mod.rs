//! What a session did as records, and a session from records: the part of the journal that knows
//! projects (`docs/adr/0010-durability.md`).
//!
//! A session that keeps a journal records each edit before it makes it. Whoever drives it keeps the
//! bytes ([`Session::journal`](crate::Session::journal)) as one frame before it sends the replies
//! of that time. Later a [`Log`] reads the frames that came after a [`Manifest`], each project is
//! [rebuilt](Log::rebuild), on any thread, and a session
//! [resumes](crate::Session::resume) with them.

mod frozen;
mod ledger;
mod log;
mod manifest;
mod record;

pub use frozen::{Frozen, FrozenProject};
pub(crate) use ledger::Ledger;
pub use log::{Log, Rebuilt};
pub use manifest::{Kept, Manifest};
pub(crate) use record::{AboutBytes, Record};

use std::fmt;

/// Why a journal could not be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    what: String,
    /// The project that it happened to.
    project: Option<String>,
    /// The frame it was in.
    frame: Option<u64>,
}

impl Broken {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), project: None, frame: None }
    }

    pub(crate) fn of(mut self, project: &str) -> Self {
        self.project = Some(project.to_owned());
        self
    }

    pub(crate) fn in_frame(mut self, frame: u64) -> Self {
        self.frame = Some(frame);
        self
    }

    /// The frame that does not fit, where it is one.
    pub fn frame(&self) -> Option<u64> {
        self.frame
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(project) = &self.project {
            write!(f, "project {project}: ")?;
        }
        f.write_str(&self.what)?;
        match self.frame {
            Some(frame) => write!(f, " (frame {frame} of the journal)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Broken {}

#[cfg(test)]
mod tests;
