//! Any bytes as the files of a log, with headers made right so that more is reached: it is opened or refused, what
//! was found is found again, and what is committed to it is found behind.

#![no_main]

use std::sync::Arc;

use goxel_journal::{
    Frames, Journal, Memory, OpenError, Options, Policy, Position, Storage, repair,
};
use libfuzzer_sys::fuzz_target;

const RULES: u16 = 1;
/// Where a header's checksum stands.
const CRC: usize = 32;

fuzz_target!(|input: (u8, Vec<(u8, bool, Vec<u8>)>)| {
    let (from, files) = input;
    let from = Position(from.into());
    let folder = Memory::with_files(files.into_iter().map(file));
    let before = folder.files();
    let found = match open(&folder, from) {
        Ok(found) => found.1,
        Err(OpenError::Broken { .. } | OpenError::Missing { .. }) => {
            assert_eq!(folder.files(), before);
            repair(&folder, RULES, from).expect("what is broken can be cut");
            open(&folder, from).expect("what was cut can be read").1
        }
        Err(_) => {
            assert_eq!(folder.files(), before);
            return;
        }
    };
    let (mut journal, again) = open(&folder, from).expect("it was opened before");
    assert_eq!(shown(&again), shown(&found));
    // The last number there is cannot be followed by another.
    if journal.last() < Position(u64::MAX - 8) && journal.commit(b"more").is_ok() {
        drop(journal);
        let (_, more) = open(&folder, from).expect("it was opened before");
        assert_eq!(more.len(), found.len() + 1);
        assert_eq!(shown(&more)[..found.len()], shown(&found));
    }
});

/// A name and content, perhaps with a header whose checksum is right.
fn file((first, is_right, mut bytes): (u8, bool, Vec<u8>)) -> (String, Vec<u8>) {
    if is_right && bytes.len() >= CRC + 4 {
        bytes[..8].copy_from_slice(b"goxellog");
        bytes[8..12].copy_from_slice(&[1, 0, 1, 0]);
        bytes[16..24].copy_from_slice(&u64::from(first).to_le_bytes());
        let crc = crc32fast::hash(&bytes[..CRC]);
        bytes[CRC..CRC + 4].copy_from_slice(&crc.to_le_bytes());
    }
    (format!("log-{first:020}"), bytes)
}

fn open(folder: &Memory, from: Position) -> Result<(Journal, Frames), OpenError> {
    let storage: Arc<dyn Storage> = Arc::new(folder.clone());
    let at_least = Position(0);
    let options = Options { policy: Policy::Never, rules: RULES, at_least, wake: Box::new(|| ()) };
    let (journal, found) = Journal::open(storage, from, options)?;
    Ok((journal, found.frames))
}

fn shown(frames: &Frames) -> Vec<(Position, &[u8])> {
    frames.iter().collect()
}
