//! Calls that fail, disks that are full, and how a journal goes on.

use goxel_journal::{Call, CommitError, Failure, Keep, Lost, Memory, OpenError, Policy, Position};
use nix::errno::Errno;

use crate::support::{LONG, Opened, RULES, commit, open, shown, try_open};

/// What is found after a crash.
#[track_caller]
fn found(memory: &Memory, keep: Keep) -> String {
    shown(&open(memory.after_crash(keep), LONG).found.frames)
}

#[test]
fn a_write_that_fails_is_cut_off_and_can_be_retried() {
    for taken in [0, 1, 10, 18] {
        let memory = Memory::new();
        let mut journal = open(memory.clone(), LONG);
        commit(&mut journal, "one");
        let before = memory.files();
        memory.shorten(1, taken);
        memory.fail(Call::Append, if taken > 0 { 2 } else { 1 }, Errno::EIO);
        let error = journal.commit(b"not").unwrap_err();
        assert!(matches!(error, CommitError::Io(_)), "{error}");
        assert_eq!(memory.files(), before);
        assert!(matches!(journal.failure(), Some(Failure::Write(_))));
        assert_eq!((journal.room(), journal.last()), (0, Position(1)));
        let error = journal.commit(b"not").unwrap_err();
        assert!(matches!(error, CommitError::Failed(Failure::Write(_))), "{error}");
        assert!(journal.rotate().is_err() && journal.reserve(1).is_err());
        assert_eq!(journal.retry().unwrap(), None);
        assert_eq!(journal.failure(), None);
        commit(&mut journal, "two");
        assert_eq!(journal.acknowledged(), Position(2));
        assert!(journal.status().last_error.is_some());
        drop(journal);
        assert_eq!(found(&memory, Keep::Everything), "1:one 2:two");
    }
}

#[test]
fn a_write_that_takes_less_is_continued() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    for (nth, bytes) in [(1, 3), (2, 13), (3, 1)] {
        memory.shorten(nth, bytes);
    }
    commit(&mut journal, "one");
    memory.fail(Call::Append, 1, Errno::EINTR);
    commit(&mut journal, "two");
    assert_eq!(found(&memory, Keep::Everything), "1:one 2:two");
}

/// Opens under `always`, has "one" synced, and fails to sync the others.
fn with_failed_sync(memory: &Memory, words: &str) -> Opened {
    let mut journal = open(memory.clone(), Policy::Always);
    commit(&mut journal, "one");
    journal.settle();
    memory.fail(Call::Sync, 1, Errno::EIO);
    for word in words.split_whitespace() {
        let outcome = match word {
            "|" => journal.rotate().is_ok(),
            word => journal.commit(word.as_bytes()).is_ok(),
        };
        // The thread may have failed meanwhile.
        assert!(outcome || journal.failure().is_some());
    }
    journal.settle();
    assert!(matches!(journal.failure(), Some(Failure::Sync(_))), "{:?}", journal.failure());
    assert_eq!(journal.acknowledged(), Position(1));
    journal
}

#[test]
fn what_a_failed_sync_left_in_doubt_is_written_anew() {
    let memory = Memory::new();
    let mut journal = with_failed_sync(&memory, "two");
    assert!(journal.commit(b"not").is_err());
    // Another sync would succeed, and say nothing of what was lost.
    assert_eq!(found(&memory, Keep::Nothing), "1:one");
    assert_eq!(journal.retry().unwrap(), None);
    assert_eq!(journal.acknowledged(), Position(2));
    assert_eq!(found(&memory, Keep::Nothing), "1:one 2:two");
    memory.evict();
    commit(&mut journal, "three");
    journal.settle();
    assert_eq!(found(&memory, Keep::Nothing), "1:one 2:two 3:three");
    journal.close().unwrap();
}

#[test]
fn what_a_failed_sync_lost_is_said_and_its_numbers_are_not_given_again() {
    let memory = Memory::new();
    let mut journal = with_failed_sync(&memory, "two");
    memory.evict();
    let lost = journal.retry().unwrap();
    assert_eq!(lost, Some(Lost { first: Position(2), last: Position(2) }));
    let frames = goxel_journal::read(&memory, RULES, Position(1), journal.last()).unwrap();
    assert_eq!(shown(&frames), "1:one");
    commit(&mut journal, "three | four");
    journal.settle();
    assert_eq!(journal.acknowledged(), Position(4));
    drop(journal);
    for keep in [Keep::Everything, Keep::Nothing] {
        assert_eq!(found(&memory, keep), "1:one 3:three 4:four");
    }
    let frames = goxel_journal::read(&memory, RULES, Position(1), Position(3)).unwrap();
    assert_eq!(shown(&frames), "1:one 3:three");
}

/// Under a sync that failed at a segment that was left: "one" is synced, and more is committed in two segments.
fn with_doubt_over_segments(memory: &Memory) -> Opened {
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one");
    journal.settle();
    // The next sync is in an hour, or when a segment is left.
    commit(&mut journal, "two three");
    memory.fail(Call::Sync, 1, Errno::EIO);
    let _ = journal.rotate().expect("it can be rotated");
    // The thread may have failed before.
    let _ = journal.commit(b"four");
    journal.settle();
    assert_eq!(journal.synced(), Position(1));
    journal
}

#[test]
fn doubt_may_reach_over_segments() {
    let memory = Memory::new();
    let mut journal = with_doubt_over_segments(&memory);
    let expected = match journal.last() {
        Position(4) => "1:one 2:two 3:three 4:four",
        _ => "1:one 2:two 3:three",
    };
    assert_eq!(journal.retry().unwrap(), None);
    assert_eq!(found(&memory, Keep::Nothing), expected);
    memory.evict();
    assert_eq!(found(&memory, Keep::Everything), expected);
    commit(&mut journal, "five");
    let after = found(&memory, Keep::Everything);
    assert!(after.starts_with(expected) && after.ends_with(":five"), "{after}");
}

/// A segment behind the loss may be whole, and must not count once its loss was said.
#[test]
fn what_lies_behind_a_loss_is_lost_too() {
    let memory = Memory::new();
    let mut journal = with_doubt_over_segments(&memory);
    let last = journal.last();
    memory.evict();
    for nth in 1..9 {
        memory.fail(Call::Remove, nth, Errno::EIO);
    }
    assert_eq!(journal.retry().unwrap(), Some(Lost { first: Position(2), last }));
    commit(&mut journal, "five");
    assert_eq!(found(&memory, Keep::Everything), format!("1:one {}:five", last.0 + 1));
}

#[test]
fn what_a_process_could_not_sync_the_next_one_writes_anew() {
    for evicted in [false, true] {
        let memory = Memory::new();
        drop(with_failed_sync(&memory, "two"));
        let mut next = open(memory.clone(), Policy::Always);
        assert_eq!(next.failure(), None);
        next.settle();
        if evicted {
            memory.evict();
        }
        assert_eq!(found(&memory, Keep::Nothing), "1:one 2:two");
        commit(&mut next, "three");
        next.settle();
        assert_eq!(found(&memory, Keep::Nothing), "1:one 2:two 3:three");
        assert!(!memory.files().contains_key("doubt"));
    }
}

/// Each step of writing anew fails once, and the process may be killed there.
#[test]
fn a_retry_that_fails_loses_nothing() {
    for call in Call::ALL {
        for nth in 1..=4 {
            let memory = Memory::new();
            let mut journal = with_failed_sync(&memory, "two");
            memory.fail(call, nth, Errno::EIO);
            let lost = journal.retry();
            assert!(!matches!(lost, Ok(Some(_))), "{call:?} {nth}");
            assert_eq!(found(&memory, Keep::Everything), "1:one 2:two", "{call:?} {nth}");
            assert!(found(&memory, Keep::Nothing).starts_with("1:one"), "{call:?} {nth}");
            // What fails may be behind the retry.
            while journal.failure().is_some() {
                let _ = journal.retry();
            }
            assert_eq!(journal.last(), Position(2));
            while journal.commit(b"three").is_err() {
                let _ = journal.retry();
            }
            journal.settle();
            while journal.failure().is_some() {
                let _ = journal.retry();
            }
            assert_eq!(found(&memory, Keep::Nothing), "1:one 2:two 3:three", "{call:?} {nth}");
        }
    }
}

#[test]
fn a_full_disk_refuses_room_and_not_what_has_room() {
    let memory = Memory::new();
    memory.limit(Some(1000));
    let mut journal = open(memory.clone(), LONG);
    assert_eq!(journal.room(), 0);
    assert!(journal.reserve(1 << 20).is_err());
    assert!(journal.status().last_error.is_some());
    journal.reserve(500).unwrap();
    let room = journal.room();
    assert_eq!(room, 500);
    journal.commit(&vec![b'x'; room]).unwrap();
    assert!(journal.reserve(500).is_err());
    assert_eq!((journal.room(), journal.failure()), (0, None));
    memory.limit(None);
    journal.reserve(500).unwrap();
    commit(&mut journal, "two");
    assert!(found(&memory, Keep::Everything).ends_with("x 2:two"));
}

/// As where nothing can be allocated ahead.
#[test]
fn a_full_disk_that_was_not_foreseen_is_a_failed_write() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one");
    memory.limit(Some(0));
    assert!(journal.commit(b"not").is_err());
    assert!(journal.retry().is_err());
    assert!(matches!(journal.failure(), Some(Failure::Write(_))));
    memory.limit(None);
    assert_eq!(journal.retry().unwrap(), None);
    commit(&mut journal, "two");
    assert_eq!(found(&memory, Keep::Everything), "1:one 2:two");
}

#[test]
fn a_disk_that_cannot_be_written_can_be_read_and_is_written_when_it_can() {
    for errno in [Errno::ENOSPC, Errno::EROFS, Errno::EIO] {
        let memory = Memory::new();
        commit(&mut open(memory.clone(), LONG), "one two");
        let files = memory.files();
        memory.fail_writes(Some(errno));
        let mut journal = open(memory.clone(), Policy::Always);
        assert_eq!(shown(&journal.found.frames), "1:one 2:two");
        assert!(journal.commit(b"not").is_err() && journal.retry().is_err());
        assert_eq!(memory.files(), files);
        memory.fail_writes(None);
        while journal.failure().is_some() {
            assert_eq!(journal.retry().unwrap(), None);
        }
        commit(&mut journal, "three");
        journal.settle();
        assert_eq!(found(&memory, Keep::Nothing), "1:one 2:two 3:three");
    }
}

#[test]
fn a_torn_end_on_a_full_disk_stays_where_it_is_and_does_not_count() {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), "one two");
    let (name, mut bytes) = memory.files().into_iter().next().unwrap();
    bytes.pop();
    memory.put(&name, bytes);
    memory.limit(Some(0));
    let mut journal = open(memory.clone(), LONG);
    let torn = journal.found.torn.clone().unwrap();
    assert_eq!((torn.bytes, torn.kept), (18, None));
    memory.limit(None);
    assert_eq!(journal.retry().unwrap(), None);
    commit(&mut journal, "2nd");
    drop(journal);
    let journal = open(memory, LONG);
    assert_eq!(shown(&journal.found.frames), "1:one 2:2nd");
    assert_eq!(journal.found.torn, None);
}

#[test]
fn a_rotation_that_fails_leaves_things_as_they_are() {
    for call in [Call::Create, Call::Append, Call::Rename] {
        let memory = Memory::new();
        let mut journal = open(memory.clone(), LONG);
        commit(&mut journal, "one");
        let files = memory.files();
        memory.fail(call, 1, Errno::ENOSPC);
        assert!(journal.rotate().is_err());
        assert_eq!(memory.files(), files, "{call:?}");
        commit(&mut journal, "two");
        assert_eq!(journal.rotate().unwrap(), Position(2));
        commit(&mut journal, "three");
        assert_eq!(found(&memory, Keep::Everything), "1:one 2:two 3:three");
    }
}

#[test]
fn forgetting_goes_on_where_it_failed() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one | two | three");
    memory.fail(Call::Remove, 2, Errno::EIO);
    assert!(journal.forget_until(Position(2)).is_err());
    assert_eq!(memory.files().len(), 2);
    journal.forget_until(Position(2)).unwrap();
    assert_eq!(memory.files().len(), 1);
    let again = try_open(memory.after_crash(Keep::Everything), LONG, 3).unwrap();
    assert_eq!(shown(&again.found.frames), "3:three");
}

#[test]
fn a_log_that_cannot_be_read_is_refused_untouched() {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), "one | two");
    let files = memory.files();
    for call in [Call::List, Call::Read] {
        memory.fail(call, 1, Errno::EIO);
        let error = try_open(memory.clone(), LONG, 1).err().unwrap();
        assert!(matches!(error, OpenError::Io { .. }), "{error}");
        assert_eq!(memory.files(), files);
    }
}

#[test]
fn closing_says_what_could_not_be_synced() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), Policy::Never);
    commit(&mut journal, "one");
    memory.fail_writes(Some(Errno::EIO));
    assert!(journal.close().is_err());
}

/// Each call fails once, and the process is killed there or power is cut.
#[test]
fn an_opening_that_fails_loses_nothing() {
    for call in Call::ALL {
        for nth in 1..=3 {
            let memory = Memory::new();
            commit(&mut open(memory.clone(), LONG), "one | two three");
            let (name, mut bytes) = memory.files().into_iter().next_back().unwrap();
            bytes.pop();
            let memory = memory.after_crash(Keep::Everything);
            memory.put(&name, bytes);
            memory.fail(call, nth, Errno::EIO);
            let tried = try_open(memory.clone(), LONG, 1);
            if let Ok(found) = &tried {
                assert_eq!(shown(&found.found.frames), "1:one 2:two", "{call:?} {nth}");
            }
            for keep in [Keep::Everything, Keep::Nothing, Keep::Bytes(5)] {
                assert_eq!(found(&memory, keep), "1:one 2:two", "{call:?} {nth} {keep:?}");
            }
        }
    }
}

#[test]
fn a_repair_that_fails_can_be_done_again() {
    let memory = Memory::new();
    commit(&mut open(memory.clone(), LONG), "one two three | four | five");
    let (name, mut bytes) = memory.files().into_iter().next().unwrap();
    let whole = bytes.clone();
    bytes[36 + 19 + 2] ^= 1;
    let files = memory.files();
    for call in Call::ALL {
        for nth in 1..=4 {
            let memory = Memory::with_files(files.clone());
            memory.put(&name, bytes.clone());
            memory.fail(call, nth, Errno::EIO);
            let _ = goxel_journal::repair(&memory, RULES, Position(1));
            memory.heal();
            goxel_journal::repair(&memory, RULES, Position(1)).expect("nothing fails any more");
            assert_eq!(found(&memory, Keep::Everything), "1:one", "{call:?} {nth}");
            // Nothing of what was there is gone.
            let kept: Vec<_> = memory.files().into_iter().filter(|file| file.0 != name).collect();
            for lost in files.values().filter(|content| **content != whole).chain([&bytes]) {
                assert!(kept.iter().any(|file| file.1 == *lost), "{call:?} {nth}: {kept:?}");
            }
        }
    }
}

/// The order in which a disk writes what was never synced is its own: here a later segment
/// survives, and the end of the one before doesn't. What was synced is before the gap.
#[test]
fn a_gap_that_a_power_cut_left_is_refused_and_repaired_without_loss() {
    let memory = Memory::new();
    let mut journal = open(memory.clone(), LONG);
    commit(&mut journal, "one");
    journal.settle();
    let synced = memory.after_crash(Keep::Nothing);
    commit(&mut journal, "two | three");
    let after = memory.after_crash(Keep::Everything);
    for (name, bytes) in synced.files() {
        after.put(&name, bytes);
    }
    let error = try_open(after.clone(), LONG, 1).err().unwrap();
    assert!(matches!(error, OpenError::Broken { frame: Position(2), .. }), "{error}");
    goxel_journal::repair(&after, RULES, Position(1)).unwrap();
    assert_eq!(shown(&open(after, LONG).found.frames), "1:one");
}
