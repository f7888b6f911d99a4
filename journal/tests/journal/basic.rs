//! What a journal does where nothing goes wrong.

use goxel_journal::{Call, Journal, Keep, Memory, OpenError, Policy, Position, read, write_whole};

use crate::support::{LONG, RULES, commit, open, open_with, segment, shown, try_open};

/// Commits, drops, opens again from a frame on.
#[track_caller]
fn check(words: &str, from: u64, expected: &str) {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), words);
    let again = try_open(memory, LONG, from).expect("it can be opened");
    assert_eq!(shown(&again.found.frames), expected);
    assert_eq!(again.found.torn, None);
}

#[test]
fn what_was_committed_is_found_again_in_order() {
    check("", 1, "");
    check("one", 1, "1:one");
    check("one two three", 1, "1:one 2:two 3:three");
    check("one | two | | three", 1, "1:one 2:two 3:three");
}

#[test]
fn frames_before_the_wanted_one_are_left_out() {
    check("one two | three four", 0, "1:one 2:two 3:three 4:four");
    check("one two | three four", 2, "2:two 3:three 4:four");
    check("one two | three four", 3, "3:three 4:four");
    check("one two | three four", 4, "4:four");
    check("one two | three four", 5, "");
}

#[test]
fn numbers_go_on_after_a_restart() {
    let memory = Memory::new();
    for (word, last) in [("one", 1), ("two", 2), ("three", 3)] {
        let mut journal = open(memory.clone(), LONG);
        assert_eq!(journal.commit(word.as_bytes()).unwrap(), Position(last));
    }
    assert_eq!(shown(&open(memory, LONG).found.frames), "1:one 2:two 3:three");
}

#[test]
fn a_restart_without_a_frame_adds_no_file() {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), "one");
    for _ in 0..3 {
        drop(open(memory.clone(), LONG));
    }
    assert_eq!(memory.files().len(), 2);
}

#[test]
fn payloads_may_be_empty_or_large() {
    let memory = Memory::new();
    let large: Vec<u8> = (0..3_000_000_u32).map(|byte| byte as u8).collect();
    let mut journal = open(memory.clone(), LONG);
    for payload in [&[][..], &large, &[7]] {
        journal.commit(payload).unwrap();
    }
    drop(journal);
    let again = open(memory, LONG);
    let found: Vec<_> = again.found.frames.iter().map(|(_, payload)| payload).collect();
    assert_eq!(found, [&[][..], &large, &[7]]);
}

#[test]
fn a_commit_is_one_write_into_room_that_was_there() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    journal.reserve(1 << 20).unwrap();
    let (writes, reserves) = (memory.calls(Call::Append), memory.calls(Call::Reserve));
    for _ in 0..100 {
        let room = journal.room();
        journal.commit(&[1; 18]).unwrap();
        assert_eq!(journal.room(), room - 34);
        journal.reserve(1 << 20).unwrap();
    }
    assert_eq!(memory.calls(Call::Append), writes + 100);
    assert_eq!(memory.calls(Call::Reserve), reserves);
}

#[test]
fn forgetting_removes_segments_that_hold_nothing_later() {
    let files_after = |position| {
        let memory = Memory::new();
        let mut journal = open(memory.clone(), LONG);
        commit(&mut journal, "one two | three four | five");
        journal.forget_until(Position(position)).unwrap();
        memory.files().into_keys().collect::<Vec<_>>()
    };
    let all = [segment(1), segment(3), segment(5)];
    assert_eq!(files_after(0), all);
    assert_eq!(files_after(1), all);
    assert_eq!(files_after(2), all[1..]);
    assert_eq!(files_after(3), all[1..]);
    assert_eq!(files_after(4), all[2..]);
    // The last one is written to.
    assert_eq!(files_after(5), all[2..]);
    assert_eq!(files_after(100), all[2..]);
}

#[test]
fn what_is_not_needed_can_be_set_aside_for_others_to_remove() {
    for position in 0..6 {
        let memory = Memory::new();
        let mut journal = open(memory.clone(), LONG);
        commit(&mut journal, "one two | three four | five");
        let aside = journal.set_aside_until(Position(position));
        let count = (position as usize / 2).min(2);
        let expected = [segment(1), segment(3)].map(|name| format!("old-{name}"));
        assert_eq!(aside, expected[..count], "{position}");
        assert!(aside.iter().all(|name| memory.files().contains_key(name)), "{position}");
        assert_eq!(journal.set_aside_until(Position(position)), [""; 0], "once");
        drop(journal);
        // They are no part of the log, whether they are there or not.
        let found = try_open(memory.clone(), LONG, position.min(5) + 1).unwrap().found;
        assert_eq!(found.frames.len() as u64, 5 - position.min(5), "{position}");
    }
}

#[test]
fn what_cannot_be_set_aside_is_the_next_time() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one | two | three");
    memory.fail(Call::Rename, 2, nix::errno::Errno::EIO);
    assert_eq!(journal.set_aside_until(Position(2)).len(), 1);
    assert_eq!(journal.set_aside_until(Position(2)).len(), 1);
}

#[test]
fn a_log_without_frames_that_are_needed_is_refused() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one two | three");
    journal.forget_until(Position(2)).unwrap();
    drop(journal);
    let files = memory.files();
    let error = try_open(memory.clone(), LONG, 2).err().unwrap();
    assert!(
        matches!(error, OpenError::Missing { first: Position(2), last: Position(2) }),
        "{error}"
    );
    assert_eq!(memory.files(), files);
    assert_eq!(shown(&try_open(memory, LONG, 3).unwrap().found.frames), "3:three");
}

#[test]
fn numbers_that_something_else_is_as_of_are_not_given_again() {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), "one two");
    let mut journal = open_with(memory.clone(), LONG, 2, 9).unwrap();
    assert_eq!(journal.last(), Position(9));
    assert_eq!(journal.commit(b"ten").unwrap(), Position(10));
    drop(journal);
    let mut journal = open_with(memory.clone(), LONG, 1, 10).unwrap();
    assert_eq!(shown(&journal.found.frames), "1:one 2:two 10:ten");
    commit(&mut journal, "eleven");
    drop(journal);
    assert_eq!(shown(&open(memory, LONG).found.frames), "1:one 2:two 10:ten 11:eleven");
}

#[test]
fn an_empty_folder_begins_where_it_is_told_to() {
    let memory = Memory::new();
    let mut journal = try_open(memory.clone(), LONG, 500).unwrap();
    assert_eq!(journal.commit(b"first").unwrap(), Position(500));
    drop(journal);
    assert_eq!(shown(&try_open(memory.clone(), LONG, 500).unwrap().found.frames), "500:first");
    assert!(matches!(try_open(memory, LONG, 400), Err(OpenError::Missing { .. })));
}

#[test]
fn a_log_can_be_read_while_it_is_written() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one two | three four");
    let files = memory.files();
    let reads = |from, until| read(&memory, RULES, Position(from), Position(until));
    assert_eq!(shown(&reads(1, 4).unwrap()), "1:one 2:two 3:three 4:four");
    assert_eq!(shown(&reads(2, 3).unwrap()), "2:two 3:three");
    assert_eq!(shown(&reads(3, 3).unwrap()), "3:three");
    let error = reads(4, 6).unwrap_err().to_string();
    assert!(error.starts_with("the log lacks frames 5 to 6"), "{error}");
    assert_eq!(memory.files(), files);
}

#[test]
fn under_always_a_frame_is_acknowledged_when_it_is_synced() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), Policy::Always);
    commit(&mut journal, "one | two");
    journal.settle();
    assert_eq!(journal.acknowledged(), Position(2));
    let after = memory.after_crash(Keep::Nothing);
    assert_eq!(shown(&open(after, Policy::Always).found.frames), "1:one 2:two");
}

#[test]
fn under_an_interval_a_frame_is_acknowledged_when_it_is_written() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one two");
    assert_eq!(journal.acknowledged(), Position(2));
    assert_eq!(
        shown(&open(memory.after_crash(Keep::Everything), LONG).found.frames),
        "1:one 2:two"
    );
    journal.close().unwrap();
    assert_eq!(shown(&open(memory.after_crash(Keep::Nothing), LONG).found.frames), "1:one 2:two");
}

#[test]
fn under_an_interval_of_nothing_all_is_synced_soon() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), Policy::Interval(std::time::Duration::ZERO));
    commit(&mut journal, "one two");
    journal.settle();
    assert_eq!(journal.synced(), Position(2));
    assert_eq!(shown(&open(memory.after_crash(Keep::Nothing), LONG).found.frames), "1:one 2:two");
}

#[test]
fn under_never_what_is_left_is_synced_and_so_is_all_at_the_end() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), Policy::Never);
    commit(&mut journal, "one two |");
    journal.settle();
    commit(&mut journal, "three");
    assert_eq!((journal.acknowledged(), journal.synced()), (Position(3), Position(2)));
    assert_eq!(shown(&open(memory.after_crash(Keep::Nothing), LONG).found.frames), "1:one 2:two");
    journal.close().unwrap();
    let after = memory.after_crash(Keep::Nothing);
    assert_eq!(shown(&open(after, LONG).found.frames), "1:one 2:two 3:three");
}

/// A killed process leaves frames that no disk has yet. The next must not build on them for ever.
#[test]
fn what_a_killed_process_left_is_synced_by_the_next() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), Policy::Never);
    commit(&mut journal, "one two");
    drop(journal);
    assert_eq!(shown(&open(memory.after_crash(Keep::Nothing), LONG).found.frames), "");
    let next = open(memory.clone(), Policy::Never);
    next.settle();
    assert_eq!(shown(&open(memory.after_crash(Keep::Nothing), LONG).found.frames), "1:one 2:two");
}

#[test]
fn the_status_counts_bytes() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one two |");
    journal.settle();
    let empty = journal.status().bytes_since_rotate;
    commit(&mut journal, "three");
    let status = journal.status();
    let on_disk: usize = memory.files().values().map(Vec::len).sum();
    assert_eq!(status.bytes, on_disk as u64);
    assert_eq!(status.bytes_since_rotate, empty + 16 + 5);
    assert_eq!(status.last, Position(3));
    assert_eq!(status.acknowledged, Position(3));
    assert_eq!((status.failure, status.last_error), (None, None));
    assert!(status.last_sync.is_some());
}

#[test]
fn a_newer_log_is_refused_and_left_as_it_is() {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), "one | two");
    let with = |at: usize, value: u8| {
        let mut files = memory.files();
        let newer = files.get_mut(&segment(2)).unwrap();
        newer[at] = value;
        let crc = crc32fast::hash(&newer[..32]);
        newer[32..36].copy_from_slice(&crc.to_le_bytes());
        // What an older version might take for a torn end.
        newer.extend([9; 99]);
        files
    };
    for (files, expected) in [
        (with(8, 2), "is a log of format 2, and 1 is the newest known here"),
        (with(10, 4), "follows the rules of version 4, and 3 is the newest known here"),
    ] {
        let memory = Memory::with_files(files.clone());
        let error = try_open(memory.clone(), LONG, 1).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
        let repaired = goxel_journal::repair(&memory, RULES, Position(1)).unwrap_err().to_string();
        assert_eq!(repaired, error);
        assert_eq!(memory.files(), files);
    }
}

#[test]
fn a_whole_file_is_there_or_the_old_one_is() {
    for keep in [Keep::Everything, Keep::Nothing, Keep::Bytes(3)] {
        for call in Call::ALL {
            for nth in 1..4 {
                let memory = Memory::with_files([("name".to_owned(), b"old".to_vec())]);
                memory.fail(call, nth, nix::errno::Errno::EIO);
                let outcome = write_whole(&memory, "name", &[b"brand", b"-new"]);
                let after = memory.after_crash(keep).files().remove("name").unwrap();
                let is_new = after == b"brand-new";
                assert!(is_new || after == b"old", "{call:?} {nth} {keep:?}: {after:?}");
                assert!(is_new || outcome.is_err(), "{call:?} {nth} {keep:?}");
            }
        }
    }
}

#[test]
fn a_journal_can_be_handed_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Journal>();
}
