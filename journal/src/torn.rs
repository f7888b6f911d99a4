//! Torn ends: what a crash left of a frame, and where it is kept.

use crate::storage::{Storage, write_whole};

const TORN: &str = "torn-";
/// How many are kept.
const TORN_FILES: usize = 4;

/// A torn end: bytes that are no whole frame, with no whole frame behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The file.
    pub file: String,
    /// Where the whole frames end.
    pub offset: u64,
    /// How many bytes come behind.
    pub bytes: u64,
    /// The file they were moved to. `None` if they could not be, and are still where they were; they are
    /// not read again.
    pub kept: Option<String>,
}

/// Moves a torn end to a file of its own, of which some are kept.
pub fn set_aside(
    storage: &dyn Storage,
    file: String,
    offset: usize,
    next: u64,
    bytes: &[u8],
) -> Torn {
    let name = format!("{TORN}{next:020}");
    let kept = write_whole(storage, &name, &[bytes])
        .and_then(|()| storage.truncate(&file, offset as u64))
        .is_ok()
        .then_some(name);
    remove_old_torn(storage);
    Torn { file, offset: offset as u64, bytes: bytes.len() as u64, kept }
}

fn remove_old_torn(storage: &dyn Storage) {
    let Ok(mut names) = storage.list() else { return };
    names.retain(|name| name.strip_prefix(TORN).is_some_and(|rest| !rest.contains('.')));
    names.sort_unstable();
    for name in names.iter().rev().skip(TORN_FILES) {
        // One too many harms nobody.
        let _ = storage.remove(name);
    }
}
