//! What happened to projects, one thing a record, as bytes and back.
//!
//! A record is its kind, the number of its project, and what belongs to it. Whole numbers are
//! LEB128, texts and other bytes have their length before them.

use super::Broken;
use goxel_engine::command::Author;

/// What happened to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    /// It came to be, as these bytes of a project say.
    Opened { about: AboutBytes<'a>, project: &'a [u8] },
    /// A command was carried out.
    Command { author: Author, command: &'a [u8] },
    /// An edit was made; this is what it changed.
    Effect { author: Author, effect: &'a [u8] },
    /// The last step was taken back.
    Undo,
    /// The last undone step was made again.
    Redo,
    /// It was closed.
    Closed,
    /// It was saved at that path.
    Saved { path: &'a str },
    /// What it has to be like at the end of a frame.
    Mark { revision: u64, fingerprint: u64 },
    /// What its scene was like at a revision, told some time later.
    Digest { revision: u64, digest: [u8; 16] },
}

/// What is known of a project besides its content, and how many were given a number for an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AboutBytes<'a> {
    pub id: &'a str,
    /// Whether it is everybody's current one.
    pub is_current: bool,
    pub made: u64,
    pub name: &'a str,
    pub path: Option<&'a str>,
    pub size: [i32; 3],
}

const OPENED: u8 = 1;
const COMMAND: u8 = 2;
const EFFECT: u8 = 3;
const UNDO: u8 = 4;
const REDO: u8 = 5;
const CLOSED: u8 = 6;
const SAVED: u8 = 7;
const MARK: u8 = 8;
const DIGEST: u8 = 9;

impl<'a> Record<'a> {
    /// Adds the record's bytes.
    pub fn put(&self, number: u64, out: &mut Vec<u8>) {
        let begin = |kind: u8, out: &mut Vec<u8>| {
            out.push(kind);
            put_number(number, out);
        };
        match self {
            Record::Opened { about, project } => {
                begin(OPENED, out);
                about.put(out);
                put_bytes(project, out);
            }
            Record::Command { author, command } => {
                begin(COMMAND, out);
                put_number(author.0, out);
                put_bytes(command, out);
            }
            Record::Effect { author, effect } => {
                begin(EFFECT, out);
                put_number(author.0, out);
                put_bytes(effect, out);
            }
            Record::Undo => begin(UNDO, out),
            Record::Redo => begin(REDO, out),
            Record::Closed => begin(CLOSED, out),
            Record::Saved { path } => {
                begin(SAVED, out);
                put_bytes(path.as_bytes(), out);
            }
            Record::Mark { revision, fingerprint } => {
                begin(MARK, out);
                put_number(*revision, out);
                out.extend_from_slice(&fingerprint.to_le_bytes());
            }
            Record::Digest { revision, digest } => {
                begin(DIGEST, out);
                put_number(*revision, out);
                out.extend_from_slice(digest);
            }
        }
    }

    /// Whether it is an edit, or takes one back.
    pub const fn is_edit(&self) -> bool {
        use Record::{Command, Effect, Redo, Undo};
        matches!(self, Command { .. } | Effect { .. } | Undo | Redo)
    }

    /// The first record of `bytes`, which begin with the next one then, and its project.
    pub fn take(bytes: &mut &'a [u8]) -> Result<(u64, Record<'a>), Broken> {
        let [kind] = take_array(bytes)?;
        let project = take_number(bytes)?;
        let record = match kind {
            OPENED => {
                Record::Opened { about: AboutBytes::take(bytes)?, project: take_bytes(bytes)? }
            }
            COMMAND => {
                Record::Command { author: Author(take_number(bytes)?), command: take_bytes(bytes)? }
            }
            EFFECT => {
                Record::Effect { author: Author(take_number(bytes)?), effect: take_bytes(bytes)? }
            }
            UNDO => Record::Undo,
            REDO => Record::Redo,
            CLOSED => Record::Closed,
            SAVED => Record::Saved { path: take_text(bytes)? },
            MARK => Record::Mark {
                revision: take_number(bytes)?,
                fingerprint: u64::from_le_bytes(take_array(bytes)?),
            },
            DIGEST => Record::Digest { revision: take_number(bytes)?, digest: take_array(bytes)? },
            _ => return Err(Broken::new("a record of an unknown kind")),
        };
        Ok((project, record))
    }
}

impl<'a> AboutBytes<'a> {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.id.as_bytes(), out);
        out.push(u8::from(self.is_current) | u8::from(self.path.is_some()) << 1);
        put_number(self.made, out);
        put_bytes(self.name.as_bytes(), out);
        self.path.iter().for_each(|path| put_bytes(path.as_bytes(), out));
        self.size.iter().for_each(|edge| out.extend_from_slice(&edge.to_le_bytes()));
    }

    fn take(bytes: &mut &'a [u8]) -> Result<Self, Broken> {
        let id = take_text(bytes)?;
        let [flags] = take_array(bytes)?;
        let made = take_number(bytes)?;
        let name = take_text(bytes)?;
        let path = if flags & 2 != 0 { Some(take_text(bytes)?) } else { None };
        let mut size = [0; 3];
        for edge in &mut size {
            *edge = i32::from_le_bytes(take_array(bytes)?);
        }
        Ok(Self { id, is_current: flags & 1 != 0, made, name, path, size })
    }
}

fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn take_number(bytes: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = take_array(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Broken::new("a number that does not end"))
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Broken> {
    let (array, rest) = bytes.split_first_chunk().ok_or(Broken::new("a record cut off"))?;
    *bytes = rest;
    Ok(*array)
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Broken> {
    let length = usize::try_from(take_number(bytes)?).unwrap_or(usize::MAX);
    let (taken, rest) = bytes.split_at_checked(length).ok_or(Broken::new("a record cut off"))?;
    *bytes = rest;
    Ok(taken)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Result<&'a str, Broken> {
    std::str::from_utf8(take_bytes(bytes)?).map_err(|_| Broken::new("a text that is none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Record<'static>; 9] {
        let about = AboutBytes {
            id: "project-1",
            is_current: true,
            made: 1,
            name: "A house",
            path: Some("/tmp/house.gox"),
            size: [64, -1, i32::MAX],
        };
        [
            Record::Opened { about, project: &[1, 2, 3] },
            Record::Command { author: Author(300), command: &[] },
            Record::Effect { author: Author(u64::MAX), effect: &[9; 200] },
            Record::Undo,
            Record::Redo,
            Record::Closed,
            Record::Saved { path: "b.vox" },
            Record::Mark { revision: 1 << 40, fingerprint: u64::MAX },
            Record::Digest { revision: 0, digest: [7; 16] },
        ]
    }

    #[test]
    fn records_come_back() {
        let mut bytes = Vec::new();
        for (number, record) in all().iter().enumerate() {
            record.put(number as u64 * 1000, &mut bytes);
        }
        let mut rest = &bytes[..];
        for (number, record) in all().into_iter().enumerate() {
            assert_eq!(Record::take(&mut rest), Ok((number as u64 * 1000, record)));
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn a_record_cut_off_is_refused() {
        for record in all() {
            let mut bytes = Vec::new();
            record.put(1000, &mut bytes);
            for length in 0..bytes.len() {
                assert!(Record::take(&mut &bytes[..length]).is_err(), "{record:?} at {length}");
            }
        }
    }

    #[test]
    fn an_edit_of_one_voxel_takes_few_bytes() {
        use goxel_engine::command::Command;
        use goxel_engine::volume::{Coord, Voxel};
        let at = Coord::new(100, -100, 7);
        let edit = Command::SetVoxel { layer: None, at, voxel: Voxel::WHITE };
        let (author, mut bytes) = (Author(3), Vec::new());
        Record::Command { author, command: &goxel_engine::encode::command(&edit) }
            .put(1, &mut bytes);
        assert!(bytes.len() <= 18, "{}", bytes.len());
    }
}
