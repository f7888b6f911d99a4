//! Logs that are not as they were written: cut, flipped, filled, gone.

use std::collections::BTreeMap;

use goxel_journal::{Journal, Memory, OpenError, Options, Policy, Position, repair};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{LONG, Opened, RULES, commit, open, segment, shown, try_open};

const HEADER: usize = 36;
const HEAD: usize = 16;

/// The files of a log that commits these words; "|" rotates.
fn log(words: &str) -> BTreeMap<String, Vec<u8>> {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), words);
    memory.files()
}

/// The words of `log`, as they are found, of which there may be fewer.
#[track_caller]
fn check_prefix(found: &Opened, words: &str, what: &str) {
    let found = shown(&found.found.frames);
    let words = words.split_whitespace().filter(|word| *word != "|");
    let all: Vec<_> = words.enumerate().map(|(i, word)| format!("{}:{word}", i + 1)).collect();
    assert!(all.join(" ").starts_with(&found), "{what}: found {found:?}");
}

/// Opens a damaged log. What is found is a prefix, and what is missing was said; or it is refused and untouched,
/// and repair leaves a prefix and copies. Either way it goes on.
#[track_caller]
fn check_damaged(files: &BTreeMap<String, Vec<u8>>, words: &str, what: &str) {
    let memory = Memory::with_files(files.clone());
    match try_open(memory.clone(), LONG, 1) {
        Ok(found) => {
            check_prefix(&found, words, what);
            let count = words.split_whitespace().filter(|word| *word != "|").count();
            let is_whole = found.found.frames.len() == count;
            assert!(is_whole || found.found.torn.is_some(), "{what}: nothing was said");
        }
        Err(error) => {
            assert_eq!(memory.files(), *files, "{what}");
            let report =
                repair(&memory, RULES, Position(1)).unwrap_or_else(|why| panic!("{what}: {why}"));
            assert!(!report.cuts.is_empty(), "{what}: {error}, but nothing to repair");
            for cut in &report.cuts {
                assert_eq!(memory.files()[&cut.kept], files[&cut.file], "{what}");
            }
            let found = try_open(memory.clone(), LONG, 1);
            let found = found.unwrap_or_else(|why| panic!("{what}: {why} after {report:?}"));
            check_prefix(&found, words, what);
            assert_eq!(found.last(), report.last, "{what}");
        }
    }
    let mut journal = open(memory.clone(), LONG);
    let before = shown(&journal.found.frames);
    let number = journal.commit(b"more").expect("it goes on");
    drop(journal);
    let after = shown(&open(memory, LONG).found.frames);
    assert_eq!(after.trim_start(), format!("{before} {number}:more").trim_start(), "{what}");
}

#[test]
fn every_truncation_leaves_a_prefix_or_is_refused() {
    let words = "one two three | four  five | six seven";
    let files = log(words);
    for (name, whole) in &files {
        for len in 0..whole.len() {
            let mut files = files.clone();
            files.insert(name.clone(), whole[..len].to_vec());
            if *name == segment(6) && [HEADER, HEADER + HEAD + 3].contains(&len) {
                // Between two frames: nobody can tell that there was more.
                check_prefix(&open(Memory::with_files(files), LONG), words, "cut between frames");
                continue;
            }
            check_damaged(&files, words, &format!("{name} cut to {len}"));
        }
        let mut files = files.clone();
        files.remove(name);
        let what = format!("{name} is gone");
        match *name == segment(6) {
            // Nobody can tell that it was there.
            true => assert_eq!(open(Memory::with_files(files), LONG).found.frames.len(), 5),
            false => check_damaged(&files, words, &what),
        }
    }
}

#[test]
fn every_flipped_bit_leaves_a_prefix_or_is_refused() {
    let words = "one two three | four five";
    let files = log(words);
    for (name, whole) in &files {
        for bit in 0..whole.len() * 8 {
            let mut files = files.clone();
            files.get_mut(name).unwrap()[bit / 8] ^= 1 << (bit % 8);
            let memory = Memory::with_files(files.clone());
            if let Err(error) = try_open(memory, LONG, 1) {
                let said = error.to_string();
                assert!(said.contains(name.as_str()) && said.contains("--repair"), "{said}");
            }
            check_damaged(&files, words, &format!("{name}, bit {bit}"));
        }
    }
}

#[test]
fn the_end_of_the_last_segment_is_torn_at_every_byte() {
    let files = log("one two | three four");
    let (name, whole) = (segment(3), &files[&segment(3)]);
    let second = HEADER + HEAD + 5;
    for len in second..whole.len() {
        let memory = Memory::with_files(files.clone());
        memory.put(&name, whole[..len].to_vec());
        let journal = open(memory.clone(), LONG);
        assert_eq!(shown(&journal.found.frames), "1:one 2:two 3:three");
        match journal.found.torn.clone() {
            None => assert_eq!(len, second),
            Some(torn) => {
                assert_eq!((torn.offset, torn.bytes), (second as u64, (len - second) as u64));
                assert_eq!(memory.files()[&torn.kept.unwrap()], whole[second..len]);
            }
        }
        assert_eq!(open(memory, LONG).found.torn, None);
    }
}

#[test]
fn a_few_torn_ends_are_kept() {
    let memory = Memory::new();
    for round in 1..=9 {
        commit(&mut open(memory.clone(), LONG), "word");
        let last = memory.files().into_iter().rfind(|(name, _)| name.starts_with("log-"));
        let (name, mut bytes) = last.unwrap();
        bytes.push(round);
        memory.put(&name, bytes);
        assert_eq!(open(memory.clone(), LONG).found.torn.clone().unwrap().bytes, 1);
    }
    let files = memory.files();
    let torn: Vec<_> = files.iter().filter(|(name, _)| name.starts_with("torn-")).collect();
    assert_eq!(torn.iter().map(|(_, bytes)| bytes[0]).collect::<Vec<_>>(), [6, 7, 8, 9]);
}

/// A file that grew, but whose pages never reached the disk.
#[test]
fn zeros_at_the_end_are_torn() {
    let files = log("one | two");
    for (name, expected) in [(segment(2), "1:one 2:two"), (segment(3), "1:one 2:two")] {
        let memory = Memory::with_files(files.clone());
        let mut bytes = files.get(&name).cloned().unwrap_or_default();
        bytes.extend([0; 5000]);
        memory.put(&name, bytes);
        let journal = open(memory, LONG);
        assert_eq!(shown(&journal.found.frames), expected);
        assert_eq!(journal.found.torn.clone().unwrap().bytes, 5000);
    }
}

#[test]
fn a_hole_with_a_whole_frame_behind_is_broken_and_repair_cuts_there() {
    let files = log("one two three | four");
    let memory = Memory::with_files(files.clone());
    let mut bytes = files[&segment(1)].clone();
    let second = HEADER + HEAD + 3;
    bytes[second..second + HEAD + 3].fill(0);
    memory.put(&segment(1), bytes.clone());
    let error = try_open(memory.clone(), LONG, 1).err().unwrap().to_string();
    let expected = format!("{} is broken at byte {second}, before frame 2: ", segment(1));
    assert!(error.starts_with(&expected), "{error}");
    let report = repair(&memory, RULES, Position(1)).unwrap();
    let said: Vec<_> = report
        .cuts
        .iter()
        .map(|cut| (cut.file.clone(), cut.offset, cut.bytes, cut.frames, cut.kept.clone()))
        .collect();
    let (first, last) = (segment(1), segment(4));
    let dropped = (HEADER + HEAD + 4) as u64;
    assert_eq!(
        said,
        [
            (first.clone(), second as u64, 19 + 21, 1, format!("{first}.damaged")),
            (last.clone(), 0, dropped, 1, format!("{last}.damaged")),
        ]
    );
    assert_eq!(memory.files()[&format!("{first}.damaged")], bytes);
    assert_eq!(shown(&open(memory, LONG).found.frames), "1:one");
}

#[test]
fn repair_leaves_a_log_that_can_be_read_as_it_is() {
    let whole = log("one two | three");
    let mut torn = whole.clone();
    torn.get_mut(&segment(3)).unwrap().pop();
    for (files, last) in [(whole, 3), (torn, 2), (BTreeMap::new(), 0)] {
        let memory = Memory::with_files(files.clone());
        let report = repair(&memory, RULES, Position(1)).unwrap();
        assert_eq!((report.last, report.cuts.len()), (Position(last), 0));
        assert_eq!(memory.files(), files);
    }
}

#[test]
fn a_second_repair_keeps_the_copies_of_the_first() {
    let memory = Memory::with_files(log("one two three"));
    for copies in 1..=2 {
        let mut bytes = memory.files()[&segment(1)].clone();
        bytes[0] ^= 1;
        memory.put(&segment(1), bytes);
        repair(&memory, RULES, Position(1)).unwrap();
        let files = memory.files();
        assert_eq!(files.keys().filter(|name| name.contains(".damaged")).count(), copies);
        commit(&mut open(memory.clone(), LONG), "one");
    }
}

/// Segments wholly before the wanted frame are waiting to be removed: whatever became of them,
/// nothing is lost.
#[test]
fn damage_before_the_wanted_frame_is_of_no_concern() {
    let files = log("one two | three | four");
    let whole = files[&segment(1)].clone();
    for bit in 0..whole.len() * 8 {
        let memory = Memory::with_files(files.clone());
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        memory.put(&segment(1), bytes);
        let found = try_open(memory, LONG, 3).unwrap_or_else(|why| panic!("bit {bit}: {why}"));
        assert_eq!(shown(&found.found.frames), "3:three 4:four");
    }
    let memory = Memory::with_files(files);
    memory.put(&segment(3), vec![0; 10]);
    assert_eq!(shown(&try_open(memory, LONG, 4).unwrap().found.frames), "4:four");
}

/// Who has a say in payloads must not be able to make a torn end look broken.
#[test]
fn a_payload_cannot_look_like_a_frame() {
    let mut forged = Vec::new();
    for number in 1_u64..=3 {
        for salt in [0, u32::MAX] {
            let mut hasher = crc32fast::Hasher::new_with_initial(salt);
            let body = [&1_u32.to_le_bytes()[..], &number.to_le_bytes(), b"x"].concat();
            hasher.update(&body);
            let crc = hasher.finalize().to_le_bytes();
            forged.extend([&body[..4], &crc, &body[4..]].concat());
        }
    }
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one");
    journal.commit(&forged).unwrap();
    drop(journal);
    let mut bytes = memory.files()[&segment(1)].clone();
    bytes.pop();
    memory.put(&segment(1), bytes);
    let journal = open(memory, LONG);
    assert_eq!(shown(&journal.found.frames), "1:one");
    assert!(journal.found.torn.is_some());
}

/// A later segment ends what came before it: here frame 2 was written, failed, could not be cut off, and
/// was committed anew.
#[test]
fn what_a_later_segment_left_behind_does_not_count() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one");
    // The append takes all, and the call behind it fails.
    memory.shorten(1, HEAD + 3);
    memory.fail(goxel_journal::Call::Append, 2, nix::errno::Errno::EIO);
    memory.fail(goxel_journal::Call::Truncate, 1, nix::errno::Errno::EIO);
    journal.commit(b"not!").unwrap_err();
    assert_eq!(journal.retry().unwrap(), None);
    commit(&mut journal, "two three");
    drop(journal);
    let journal = open(memory, LONG);
    assert_eq!(shown(&journal.found.frames), "1:one 2:two 3:three");
    assert_eq!(journal.found.torn, None);
}

/// A name, and content with or without a header made right.
fn hostile_file() -> impl Strategy<Value = (String, Vec<u8>)> {
    let body = vec(prop_oneof![Just(0), Just(1), Just(2), any::<u8>()], 0..150);
    (1..4_u64, any::<bool>(), any::<u8>(), body).prop_map(|(first, is_right, after, mut bytes)| {
        if is_right && bytes.len() >= HEADER {
            bytes[..8].copy_from_slice(b"goxellog");
            bytes[8..16].copy_from_slice(&[1, 0, 1, 0, 0, 0, 0, 0]);
            bytes[16..24].copy_from_slice(&first.to_le_bytes());
            bytes[24..32].copy_from_slice(&(u64::from(after) % first).to_le_bytes());
            let crc = crc32fast::hash(&bytes[..32]);
            bytes[32..36].copy_from_slice(&crc.to_le_bytes());
        }
        (segment(first), bytes)
    })
}

proptest! {
    /// The short form of the fuzz target `journal`.
    #[test]
    fn hostile_files_are_opened_or_refused(files in vec(hostile_file(), 0..4), from in 0..5_u64) {
        let memory = Memory::with_files(files);
        let before = memory.files();
        let tried = try_open(memory.clone(), LONG, from);
        match tried {
            Ok(_) => {}
            Err(OpenError::Broken { .. } | OpenError::Missing { .. }) => {
                prop_assert_eq!(memory.files(), before);
                repair(&memory, RULES, Position(from)).expect("what is broken can be cut");
            }
            Err(_) => {
                prop_assert_eq!(memory.files(), before);
                return Ok(());
            }
        }
        let mut journal = try_open(memory.clone(), LONG, from).expect("it can be read now");
        let found = shown(&journal.found.frames);
        let number = journal.commit(b"more").unwrap();
        drop(journal);
        let more = shown(&try_open(memory, LONG, from).expect("it was opened before").found.frames);
        prop_assert_eq!(more.trim_start(), format!("{found} {number}:more").trim_start().to_owned());
    }
}

#[test]
fn a_search_through_what_may_be_frames_ends_soon() {
    // Each place holds a length that fits and a number that may be.
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    let mut piece = 400_000_u32.to_le_bytes().to_vec();
    piece.extend([0; 4]);
    piece.extend(9_u64.to_le_bytes());
    journal.commit(&piece.repeat(60_000)).unwrap();
    drop(journal);
    let mut bytes = memory.files()[&segment(1)].clone();
    bytes.pop();
    memory.put(&segment(1), bytes);
    let error = try_open(memory, LONG, 1).err().unwrap().to_string();
    assert!(error.contains("too much follows that may be"), "{error}");
}

/// The options say what they are, without what they would call.
#[test]
fn options_can_be_printed() {
    let options =
        Options { policy: Policy::Never, rules: 1, at_least: Position(2), wake: Box::new(|| ()) };
    assert_eq!(format!("{options:?}"), "Options { Never, rules 1, at least 2 }");
    let (journal, _) =
        Journal::open(std::sync::Arc::new(Memory::new()), Position(1), options).unwrap();
    assert!(format!("{journal:?}").starts_with("Journal { last 2"));
}
