//! A log that is broken in the middle, cut so that it can be read.

use crate::Position;
use crate::error::OpenError;
use crate::scan::{End, Known, Wanted, scan, whole_frames};
use crate::storage::{Storage, write_whole};

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The last frame that the log has now.
    pub last: Position,
    /// What was dropped, in the order of the files. Empty if nothing had to be.
    pub cuts: Vec<Cut>,
}

/// What was dropped of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub file: String,
    /// From this byte on; from 0, the file itself.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// How many frames can still be recognised in them.
    pub frames: u64,
    /// The file that has all it held.
    pub kept: String,
}

/// Cuts a log that [`Journal::open`](crate::Journal::open) calls broken, or that lacks frames, when it is read from frame
/// `from` on: what can be read up to there stays, and a copy of each file it changes is kept as `<name>.damaged`. Any other
/// log it leaves as it is, a torn end and one of a newer version (`rules`) too.
///
/// It can be called again after it failed.
pub fn repair(storage: &dyn Storage, rules: u16, from: Position) -> Result<Report, OpenError> {
    let mut cuts = Vec::new();
    // Each round drops something, so there is an end.
    loop {
        let found = scan(storage, Wanted { from: from.0, until: u64::MAX, rules })?;
        let (file, offset) = match found.end {
            End::Clean | End::Torn { .. } => {
                cuts.sort_by(|one: &Cut, other| one.file.cmp(&other.file));
                return Ok(Report { last: Position(found.tail), cuts });
            }
            End::Broken(OpenError::Broken { file, offset, .. }) => (file, offset),
            End::Broken(OpenError::Missing { last, .. }) => {
                let behind = found.segments.iter().find(|segment| segment.after >= last.0);
                let Some(segment) = behind else {
                    return Err(OpenError::Missing { first: from, last });
                };
                (segment.name.clone(), 0)
            }
            End::Broken(error) => return Err(error),
        };
        // The last first: until the break itself is cut, the log is still seen to be broken.
        let behind = |segment: &&Known| segment.name > file;
        let mut later: Vec<_> =
            found.segments.iter().filter(behind).map(|known| &known.name).collect();
        later.reverse();
        for name in later {
            cuts.push(drop_file(storage, name)?);
        }
        cuts.push(match offset {
            0 => drop_file(storage, &file)?,
            _ => cut_file(storage, &file, offset)?,
        });
        storage.sync_names().map_err(OpenError::io(""))?;
    }
}

fn drop_file(storage: &dyn Storage, name: &str) -> Result<Cut, OpenError> {
    let whole = storage.read(name).map_err(OpenError::io(name))?;
    let kept = free_name(storage, name)?;
    storage.rename(name, &kept).map_err(OpenError::io(name))?;
    Ok(cut(name, 0, &whole, kept))
}

fn cut_file(storage: &dyn Storage, name: &str, offset: u64) -> Result<Cut, OpenError> {
    let whole = storage.read(name).map_err(OpenError::io(name))?;
    let kept = free_name(storage, name)?;
    write_whole(storage, &kept, &[&whole]).map_err(OpenError::io(&kept))?;
    storage.truncate(name, offset).map_err(OpenError::io(name))?;
    storage.flush(name).and_then(|file| file.sync()).map_err(OpenError::io(name))?;
    Ok(cut(name, offset, &whole, kept))
}

fn cut(name: &str, offset: u64, whole: &[u8], kept: String) -> Cut {
    let bytes = whole.len() as u64 - offset;
    let frames = whole_frames(whole, offset as usize);
    Cut { file: name.to_owned(), offset, bytes, frames, kept }
}

/// `<name>.damaged`, or the same with a number where an earlier repair left one.
fn free_name(storage: &dyn Storage, name: &str) -> Result<String, OpenError> {
    let taken = storage.list().map_err(OpenError::io(""))?;
    let numbered = |number: usize| match number {
        1 => format!("{name}.damaged"),
        _ => format!("{name}.damaged-{number}"),
    };
    // One more than there are files.
    let free = (1..=taken.len() + 1).map(numbered).find(|name| !taken.contains(name));
    Ok(free.unwrap_or_else(|| numbered(taken.len() + 2)))
}
