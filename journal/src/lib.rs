//! What was done, as frames in files that survive a crash.
//!
//! A [`Journal`] appends payloads, which mean nothing to it, as numbered frames to the last of some
//! files (segments) in one folder, and says up to which frame a promise may be given. After a crash
//! [`Journal::open`] gives back what is there. Files are seen through [`Storage`] only: [`Disk`]
//! is a folder, [`Memory`] a folder in memory that crashes and fails as a test tells it to.
//!
//! ```text
//! segment  magic 8 | format u16 | rules u16 | salt u32 | first u64 | after u64 | CRC u32
//! frame    length u32 | CRC u32 | sequence u64 | payload
//! ```
//!
//! All little-endian. A frame's CRC-32 is over everything else in it and begins with the segment's salt, so
//! that nobody who has a say in payloads can make one look like a frame.
//!
//! A segment is named after its first frame. `after` is the last frame the log had before it.
//! What earlier segments have behind `after` does not count: that is how the torn end of a crash, and what a
//! failed sync left in doubt, is left behind without a change to any file.
//!
//! Names it uses in the folder: `lock`, `doubt` (a sync has failed), `segment.new`, `log-*`, `torn-*`, and what
//! [`repair`] and [`write_whole`] make of names: `*.damaged`, `*.new`. All others are free.
//!
//! Invariants:
//! - the frames of a segment have numbers without a gap, and no number is given twice;
//! - segments are removed from the oldest on;
//! - a file that others trust appears under its name complete ([`write_whole`]).
//!
//! What only a power cut can do: pages that were never synced may reach the disk in another order than
//! they were written. A log where that happened looks broken in the middle, and is refused rather
//! than cut; what was synced lies before the break, and [`repair`] keeps it.

mod disk;
mod error;
mod frame;
mod frames;
mod journal;
mod memory;
mod repair;
mod scan;
mod sealed;
mod segment;
mod storage;
mod sync;
mod torn;

pub use disk::Disk;
pub use error::{CommitError, Failure, OpenError};
pub use frames::{FrameIter, Frames};
pub use journal::{Found, Journal, Lost, OLD, Options, Status, read};
pub use memory::{Call, Keep, Memory};
pub use repair::{Cut, Report, repair};
pub use sealed::{unseal, write_sealed};
pub use storage::{Flush, Output, Storage, write_whole};
pub use sync::Policy;
pub use torn::Torn;

use std::fmt;

/// The number of a frame; the first is 1. 0 is before all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The longest payload, in bytes: with its head, a frame's length fits into a `u32`.
pub const MAX_PAYLOAD: usize = u32::MAX as usize - frame::HEAD;
