//! Calls fail; the disk is full; syncs fail, and what they were for is gone.

use std::io;
use std::sync::{Arc, Mutex};

use goxel_journal::{Call, Flush, Keep, Memory, Output, Storage};
use nix::errno::Errno;
use serde_json::json;

use super::driver::{Driver, Seen, Turn, open, seen};
use super::script::{Act, act, create, script, voxel};
use crate::config::plain::Fsync;
use crate::state::checkpoint::Checkpoint;

/// So often may the process end, or a start be refused, because of one fault.
const TRIES: usize = 3;

fn driver(memory: &Memory, fsync: Fsync, which: &str) -> Driver {
    let tried = (0..TRIES).find_map(|_| Driver::new(Arc::new(memory.clone()), fsync).ok());
    tried.unwrap_or_else(|| panic!("{which}: it does not start"))
}

/// Does one thing on a disk that may fail: then it is refused and nothing is changed, or taken back,
/// or the process ends and the next one has all that was kept.
fn act_on_a_bad_disk(driver: &mut Driver, it: &Act, which: &str) {
    if let Act::Ask(method, params) = it {
        let before = seen(&driver.session);
        if driver.ask(method, params).is_err() {
            assert_eq!(seen(&driver.session), before, "{which}: {it:?} was refused");
        }
        return;
    }
    match act(driver, it) {
        Ok(Turn::Lost) => assert_eq!(seen(&driver.session), *driver.last_kept(), "{which}"),
        Ok(_) => {}
        Err(_) => {
            assert!((0..TRIES).any(|_| driver.restart().is_ok()), "{which}: it does not start");
            assert_eq!(seen(&driver.session), *driver.last_kept(), "{which}: after {it:?}");
        }
    }
}

/// The disk is whole again: edits are taken, a checkpoint is made, nothing is left lying about, and
/// all that was kept comes back.
pub fn check_that_it_goes_on(memory: &Memory, mut driver: Driver, which: &str) {
    memory.heal();
    driver.let_time_pass();
    driver.turn();
    for method in ["goxel.create_project", "goxel.add_voxel"] {
        let params = json!({"project_id": "after", "name": "", "position": [1, 1, 1]});
        let edited = driver.ask(method, &params);
        assert!(edited.is_ok(), "{which}: {method}: {edited:?}");
    }
    assert!(matches!(driver.turn(), Turn::At(_)), "{which}");
    assert_eq!(driver.end_checkpoint(), Ok(()), "{which}: one that was begun before");
    assert_eq!(driver.begin_checkpoint(), Ok(Turn::Nothing), "{which}");
    assert_eq!(driver.end_checkpoint(), Ok(()), "{which}");
    assert_eq!(seen(&driver.session), *driver.last_kept(), "{which}: memory");
    driver.restart().unwrap_or_else(|error| panic!("{which}: {error}"));
    assert_eq!(seen(&driver.session), *driver.last_kept(), "{which}: what comes back");
    let names: Vec<String> = memory.files().into_keys().collect();
    let is_known = |name: &&String| {
        let named = driver.state.manifest.projects.iter().any(|kept| kept.file == **name);
        named || *name == "manifest.json" || name.starts_with("log-") || name.starts_with("torn-")
    };
    let others: Vec<_> = names.iter().filter(|name| !is_known(name)).collect();
    assert!(others.is_empty(), "{which}: {others:?} are left");
    assert!(names.iter().filter(|name| name.starts_with("log-")).count() < 4, "{which}: {names:?}");
}

fn run(fsync: Fsync, which: &str, prepare: impl Fn(&Memory)) {
    let memory = Memory::new();
    prepare(&memory);
    let mut driver = driver(&memory, fsync, which);
    for it in script() {
        driver.let_time_pass();
        act_on_a_bad_disk(&mut driver, &it, which);
    }
    check_that_it_goes_on(&memory, driver, which);
}

/// How many calls of a kind there are when none fails.
fn calls(call: Call) -> u64 {
    let memory = Memory::new();
    let mut driver = driver(&memory, Fsync::Always, "no fault");
    for it in script() {
        act(&mut driver, &it).expect("nothing fails");
    }
    driver.state.close();
    memory.calls(call)
}

#[test]
fn a_call_that_fails_loses_nothing_whichever_it_is() {
    for call in Call::ALL {
        let count = calls(call);
        for nth in 1..=count {
            for (fsync, errno) in [(Fsync::Always, Errno::EIO), (Fsync::Never, Errno::ENOSPC)] {
                let which = format!("{call:?} {nth} of {count} fails with {errno}, {fsync:?}");
                run(fsync, &which, |memory| memory.fail(call, nth, errno));
            }
        }
    }
}

#[test]
fn a_write_that_takes_less_loses_nothing() {
    for nth in 1..=calls(Call::Append) {
        for bytes in [0, 1, 9] {
            let which = format!("append {nth} takes {bytes} bytes");
            run(Fsync::Never, &which, |memory| memory.shorten(nth, bytes));
        }
    }
}

#[test]
fn a_disk_that_refuses_writes_keeps_what_it_has() {
    let acts = script();
    for (from, errno) in (0..acts.len()).zip([Errno::EROFS, Errno::EIO].into_iter().cycle()) {
        let (memory, which) = (Memory::new(), format!("{errno} from act {from} on"));
        let mut driver = driver(&memory, Fsync::Never, &which);
        for (number, it) in acts.iter().enumerate() {
            if number == from {
                memory.fail_writes(Some(errno));
            }
            driver.let_time_pass();
            act_on_a_bad_disk(&mut driver, it, &which);
        }
        driver.turn();
        let refused = driver.ask("goxel.create_project", &json!({"name": "x", "project_id": "x"}));
        assert!(refused.is_err(), "{which}: nothing can be kept");
        assert!(driver.ask("goxel.list_projects", &json!([])).is_ok(), "{which}: reads go on");
        check_that_it_goes_on(&memory, driver, &which);
    }
}

/// The script on a disk of so many bytes from that act on; how many asks were refused for it.
fn run_within(bytes: u64, from: usize) -> usize {
    let (memory, which) = (Memory::new(), format!("{bytes} bytes from act {from} on"));
    let mut refused = 0;
    let mut driver = driver(&memory, Fsync::Never, &which);
    for (number, it) in script().iter().enumerate() {
        if number == from {
            let held: usize = memory.files().values().map(Vec::len).sum();
            memory.limit(Some(held as u64 + bytes));
        }
        driver.let_time_pass();
        if let Act::Ask(method, params) = it {
            let before = seen(&driver.session);
            if let Err(error) = driver.ask(method, params) {
                refused += usize::from(format!("{error:?}").contains("could not be kept"));
                assert_eq!(seen(&driver.session), before, "{which}: {it:?} was refused");
            }
        } else {
            act_on_a_bad_disk(&mut driver, it, &which);
        }
    }
    check_that_it_goes_on(&memory, driver, &which);
    refused
}

#[test]
fn a_full_disk_refuses_edits_before_they_change_anything() {
    let mut refused = Vec::new();
    for from in [0, 7, 24, 30, 44] {
        for bytes in [0, 1, 40, 300, 5_000, 65_000, 70_000, 1 << 20, 2 << 20, 5 << 20, 9 << 20] {
            refused.push(run_within(bytes, from));
        }
    }
    assert!(refused.contains(&0) && refused.iter().any(|count| *count > 5), "{refused:?}");
}

/// With a commit that is durable, and one that the disk has lost for good.
fn with_lost_frames(fsync: Fsync) -> (Memory, Driver, Seen) {
    let memory = Memory::new();
    let mut driver = driver(&memory, fsync, "no fault yet");
    for it in script() {
        act(&mut driver, &it).expect("nothing fails yet");
    }
    act(&mut driver, &voxel("a", 30)).expect("nothing fails yet");
    assert!(matches!(driver.turn(), Turn::At(_)));
    driver.wait_for_sync();
    let durable = driver.last_kept().clone();
    memory.fail(Call::Sync, 1, Errno::EIO);
    act(&mut driver, &voxel("a", 31)).expect("it is not refused");
    // All that is written before the failure is seen may be lost.
    let bytes = driver.session.journal().to_vec();
    let position = driver.state.commit(&bytes).expect("it is written");
    driver.session.journal_kept(position.0);
    driver.kept.push(seen(&driver.session));
    driver.wait_for_failure();
    memory.evict();
    (memory, driver, durable)
}

const AT_ONCE: Fsync = Fsync::Interval(std::time::Duration::ZERO);

#[test]
fn what_the_disk_lost_is_written_anew_from_memory() {
    for fsync in [Fsync::Always, AT_ONCE] {
        let (memory, mut driver, durable) = with_lost_frames(fsync);
        assert_eq!(driver.turn(), Turn::Nothing);
        assert!(driver.state.has_lost(), "who waits for it must not be told that it was kept");
        assert!(!driver.state.has_lost(), "once");
        let refused =
            driver.ask("goxel.add_voxel", &json!({"project_id": "a", "position": [1, 1, 1]}));
        assert!(format!("{refused:?}").contains("written anew"), "{refused:?}");
        let killed = open(Arc::new(memory.after_crash(Keep::Everything)), Fsync::Never);
        assert_eq!(seen(&killed.expect("it can be followed").0.session), durable);
        assert_eq!(driver.end_checkpoint(), Ok(()));
        let killed = open(Arc::new(memory.after_crash(Keep::Nothing)), Fsync::Never);
        assert_eq!(seen(&killed.expect("it can be followed").0.session), *driver.last_kept());
        check_that_it_goes_on(&memory, driver, "after frames were lost");
    }
}

#[test]
fn a_checkpoint_of_what_the_disk_lost_is_tried_until_it_is_made() {
    let (memory, mut driver, durable) = with_lost_frames(Fsync::Always);
    driver.turn();
    for _ in 0..3 {
        memory.fail(Call::Rename, 1, Errno::EIO);
        assert!(driver.end_checkpoint().is_err());
        assert!(driver.state.asks_again_at().is_some(), "the loop wakes by itself");
        assert_eq!(driver.turn(), Turn::Nothing);
        assert!(driver.make_checkpoint().is_none(), "not at once again");
        let killed = open(Arc::new(memory.after_crash(Keep::Everything)), Fsync::Never);
        assert_eq!(seen(&killed.expect("it can be followed").0.session), durable);
        driver.let_time_pass();
        driver.turn();
    }
    assert_eq!(driver.end_checkpoint(), Ok(()));
    assert_eq!(driver.state.asks_again_at(), None);
    check_that_it_goes_on(&memory, driver, "after frames were lost");
}

#[test]
fn a_sync_that_failed_is_made_good_by_a_turn_without_edits() {
    let memory = Memory::new();
    let mut driver = driver(&memory, Fsync::Always, "no fault yet");
    let acts = script();
    acts.iter().take(8).for_each(|it| _ = act(&mut driver, it).expect("nothing fails yet"));
    let last = driver.state.journal.last();
    assert!(driver.wait_for(last));
    memory.fail(Call::Sync, 1, Errno::EIO);
    act(&mut driver, &voxel("a", 9)).expect("it is not refused");
    let bytes = driver.session.journal().to_vec();
    let position = driver.state.commit(&bytes).expect("it is written");
    driver.session.journal_kept(position.0);
    driver.wait_for_failure();
    assert!(driver.state.acknowledged() < position);
    assert_eq!(driver.turn(), Turn::Nothing);
    assert!(driver.wait_for(position), "nobody waits for ever");
    assert!(!driver.state.has_lost());
    let cut = open(Arc::new(memory.after_crash(Keep::Nothing)), Fsync::Never);
    assert_eq!(seen(&cut.expect("it comes back").0.session), seen(&driver.session));
}

// The files of the checkpoint before were gone, and the process ended or the project stayed broken.
#[test]
fn a_checkpoint_that_was_made_meanwhile_does_not_keep_projects_from_being_read() {
    let memory = Memory::new();
    let mut driver = driver(&memory, Fsync::Never, "no fault yet");
    let acts = script();
    acts.iter().for_each(|it| _ = act(&mut driver, it).expect("nothing fails yet"));
    driver.begin_checkpoint().expect("nothing fails yet");
    act(&mut driver, &voxel("a", 40)).expect("it is not refused");
    driver.turn();
    let made = driver.make_checkpoint().expect("it was begun");
    assert!(made.error().is_none());
    // It is made, and nobody has been told.
    memory.fail(Call::Append, 1, Errno::EIO);
    act(&mut driver, &voxel("b", 41)).expect("it is not refused");
    assert_eq!(driver.turn(), Turn::Lost);
    assert_eq!(seen(&driver.session), *driver.last_kept());
    driver.state.end_checkpoint(made).remove();
    check_that_it_goes_on(&memory, driver, "after it was taken back");
}

// The manifest was in its place, but not surely: the next checkpoint took old files for new ones.
#[test]
fn a_checkpoint_that_is_there_in_doubt_is_what_the_next_one_builds_on() {
    let mut nth = 0;
    let mut fails = true;
    while fails {
        nth += 1;
        let memory = Memory::new();
        let mut driver = driver(&memory, Fsync::Never, "no fault yet");
        script().iter().for_each(|it| _ = act(&mut driver, it).expect("nothing fails yet"));
        act(&mut driver, &voxel("a", 50)).expect("it is not refused");
        driver.begin_checkpoint().expect("nothing fails yet");
        driver.wait_for_sync();
        memory.fail(Call::SyncNames, nth, Errno::EIO);
        fails = driver.end_checkpoint().is_err();
        memory.fail(Call::Append, 1, Errno::EIO);
        act(&mut driver, &voxel("b", 51)).expect("it is not refused");
        assert_eq!(driver.turn(), Turn::Lost);
        check_that_it_goes_on(&memory, driver, &format!("the {nth}th sync of names failed"));
    }
    assert!(nth > 3, "a file of a project, and the manifest");
}

#[test]
fn a_checkpoint_that_fails_leaves_no_files() {
    let memory = Memory::new();
    let mut driver = driver(&memory, Fsync::Never, "no fault yet");
    script().iter().for_each(|it| _ = act(&mut driver, it).expect("nothing fails yet"));
    let projects = |memory: &Memory| {
        let names = memory.files().into_keys();
        names.filter(|name| name.contains(".project")).collect::<Vec<_>>()
    };
    let before = projects(&memory);
    for x in 60..64 {
        act(&mut driver, &voxel("a", x)).expect("it is not refused");
        driver.let_time_pass();
        driver.begin_checkpoint().expect("nothing fails yet");
        driver.wait_for_sync();
        memory.fail(Call::Rename, 2, Errno::ENOSPC);
        driver.end_checkpoint().expect_err("the manifest has no place");
        assert_eq!(projects(&memory), before);
        memory.heal();
    }
    check_that_it_goes_on(&memory, driver, "after four that failed");
}

// A worker that is told that a file cannot be read has not died over it: after two such starts the
// project was left out.
#[test]
fn a_project_that_could_not_be_read_for_a_while_is_not_left_out() {
    let memory = Memory::new();
    let mut first = driver(&memory, Fsync::Never, "no fault yet");
    for it in [create("a"), voxel("a", 1)] {
        act(&mut first, &it).expect("nothing fails yet");
    }
    first.begin_checkpoint().expect("nothing fails yet");
    first.end_checkpoint().expect("nothing fails yet");
    let kept = first.last_kept().clone();
    drop(first);
    let is_project = |(name, _): &(String, Vec<u8>)| name.ends_with(".project");
    let (name, bytes) = memory.files().into_iter().find(is_project).expect("there is one");
    memory.put(&name, Vec::new());
    for _ in 0..4 {
        let error = Driver::new(Arc::new(memory.clone()), Fsync::Never).map(|_| ());
        assert!(error.expect_err("it cannot be read").contains(&name));
    }
    memory.put(&name, bytes);
    let last = driver(&memory, Fsync::Never, "it can be read again");
    assert_eq!(seen(&last.session), kept);
    assert_eq!(last.state.complaints, [""; 0]);
}

#[test]
fn a_checkpoint_that_ends_while_a_project_is_read_does_not_take_it_away() {
    let memory = Memory::new();
    let meanwhile = Meanwhile { memory: memory.clone(), checkpoint: Arc::default() };
    let mut driver = Driver::new(Arc::new(meanwhile.clone()), Fsync::Never).expect("it is sound");
    script().iter().for_each(|it| _ = act(&mut driver, it).expect("nothing fails"));
    act(&mut driver, &voxel("a", 40)).expect("it is not refused");
    driver.begin_checkpoint().expect("nothing fails");
    let reload = driver.state.reload(1, driver.session.config().clone());
    *meanwhile.checkpoint.lock().expect("nothing panics with it") = driver.take_checkpoint();
    let rebuilt = reload.make().rebuilt;
    assert!(rebuilt.is_ok(), "{rebuilt:?}");
    assert!(meanwhile.checkpoint.lock().expect("nothing panics with it").is_none());
}

/// A folder in which a checkpoint is made just before a project's file is read.
#[derive(Clone)]
struct Meanwhile {
    memory: Memory,
    checkpoint: Arc<Mutex<Option<Checkpoint>>>,
}

impl Storage for Meanwhile {
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        if name.ends_with(".project") {
            let checkpoint = self.checkpoint.lock().expect("nothing panics with it").take();
            let made = checkpoint.map(Checkpoint::make);
            assert!(made.is_none_or(|made| made.error().is_none()));
        }
        self.memory.read(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.memory.list()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        self.memory.create(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.memory.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.memory.remove(name)
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        self.memory.truncate(name, len)
    }

    fn flush(&self, name: &str) -> io::Result<Arc<dyn Flush>> {
        self.memory.flush(name)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.memory.sync_names()
    }
}
