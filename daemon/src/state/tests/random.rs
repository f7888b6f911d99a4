//! Anything, in any order, on a disk that does anything: what was told comes back.

use std::sync::Arc;

use goxel_journal::{Call, Keep, Memory, Position, Storage};
use nix::errno::Errno;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;

use super::driver::{Driver, Turn, open, seen};
use super::faults::check_that_it_goes_on;
use super::script::{Act, act, create, flood, voxel};
use crate::config::plain::Fsync;
use crate::state::repair::repair_in;

#[derive(Clone, Debug)]
enum Event {
    Act(Act),
    /// Until what was committed is acknowledged.
    Wait,
    Fail(Call, u64, Errno),
    FailWrites(Errno),
    /// So many bytes more than there are.
    Limit(u64),
    Heal,
    Kill,
    PowerCut(Keep),
}

fn an_act() -> impl Strategy<Value = Act> {
    let id = || prop_oneof![Just("a"), Just("b"), Just("c")];
    let simple =
        |method: &'static str| id().prop_map(move |id| Act::Ask(method, json!({"project_id": id})));
    let file = |method: &'static str| {
        id().prop_map(move |id| Act::Ask(method, json!({"path": "x.gox", "project_id": id})))
    };
    let cube = id().prop_map(|id| {
        let cube = json!({"project_id": id, "shape": "cube", "center": [0, 0, 0],
            "size": [18, 18, 18], "color": [1, 2, 3, 255]});
        Act::Ask("goxel.procedural_shape", cube)
    });
    prop_oneof![
        3 => id().prop_map(create),
        8 => (id(), -40..40i32).prop_map(|(id, x)| voxel(id, x)),
        1 => cube,
        2 => (id(), any::<u8>()).prop_map(|(id, blue)| flood(id, blue)),
        3 => Just(Act::Finish),
        8 => Just(Act::Turn),
        2 => Just(Act::BeginCheckpoint),
        2 => Just(Act::EndCheckpoint),
        1 => Just(Act::Look),
        2 => simple("goxel.undo"),
        2 => simple("goxel.redo"),
        1 => simple("goxel.clear_voxels"),
        1 => simple("goxel.create_layer"),
        1 => simple("goxel.close_project"),
        1 => file("goxel.save_project"),
        1 => file("goxel.load_project"),
        1 => Just(Act::Ask("goxel.create_project", json!({"name": "everybody's"}))),
    ]
}

fn an_event() -> impl Strategy<Value = Event> {
    let call = proptest::sample::select(Call::ALL.to_vec());
    let errno = || prop_oneof![Just(Errno::EIO), Just(Errno::ENOSPC), Just(Errno::EROFS)];
    let keep = prop_oneof![
        Just(Keep::Nothing),
        Just(Keep::Everything),
        (0..4000u64).prop_map(Keep::Bytes),
    ];
    let bytes = prop_oneof![0..100u64, 0..100_000u64, 0..12_000_000u64];
    prop_oneof![
        40 => an_act().prop_map(Event::Act),
        2 => Just(Event::Wait),
        3 => (call, 1..6u64, errno()).prop_map(|(call, nth, errno)| Event::Fail(call, nth, errno)),
        1 => errno().prop_map(Event::FailWrites),
        1 => bytes.prop_map(Event::Limit),
        3 => Just(Event::Heal),
        1 => Just(Event::Kill),
        1 => keep.prop_map(Event::PowerCut),
    ]
}

/// A driver, and what its disk may forget.
struct Run {
    memory: Memory,
    driver: Driver,
    fsync: Fsync,
    /// The frame of each commit that the driver keeps.
    frames: Vec<Position>,
}

impl Run {
    fn new(fsync: Fsync) -> Run {
        let memory = Memory::new();
        let driver = Driver::new(Arc::new(memory.clone()), fsync).expect("nothing is sound");
        Run { memory, driver, fsync, frames: vec![Position(0)] }
    }

    fn follow(&mut self, event: &Event) {
        match event {
            Event::Act(it) => self.act(it),
            Event::Wait => _ = self.driver.wait_for(self.driver.state.journal.last()),
            Event::Fail(call, nth, errno) => self.memory.fail(*call, *nth, *errno),
            Event::FailWrites(errno) => self.memory.fail_writes(Some(*errno)),
            Event::Limit(bytes) => {
                let held: usize = self.memory.files().values().map(Vec::len).sum();
                self.memory.limit(Some(held as u64 + bytes));
            }
            Event::Heal => self.memory.heal(),
            Event::Kill => self.crash(Keep::Everything),
            Event::PowerCut(keep) => self.crash(*keep),
        }
    }

    fn act(&mut self, it: &Act) {
        self.driver.let_time_pass();
        if let Act::Ask(method, params) = it {
            let before = seen(&self.driver.session);
            if self.driver.ask(method, params).is_err() {
                assert_eq!(seen(&self.driver.session), before, "it was refused");
            }
            return;
        }
        match act(&mut self.driver, it) {
            Ok(Turn::At(position)) => self.frames.push(position),
            Ok(Turn::Lost) => {
                assert_eq!(seen(&self.driver.session), *self.driver.last_kept(), "taken back");
            }
            Ok(Turn::Nothing) => {}
            Err(_) => self.crash(Keep::Everything),
        }
        assert!(!self.driver.state.has_lost(), "what was not synced can still be read");
    }

    /// What comes back is some commit, and none that somebody was told of is missing.
    fn crash(&mut self, keep: Keep) {
        let told = match keep {
            Keep::Everything => self.frames.len() - 1,
            _ if self.fsync == Fsync::Never => 0,
            _ => {
                let acknowledged = self.driver.state.acknowledged();
                self.frames.iter().rposition(|frame| *frame <= acknowledged).unwrap_or(0)
            }
        };
        let killed = self.memory.after_crash(Keep::Everything);
        self.memory = self.memory.after_crash(keep);
        self.driver.storage = Arc::new(self.memory.clone());
        let back = self.driver.restart();
        // What was never synced may reach the disk in another order than it was written, and so a
        // power cut tear a hole into the log: that is refused and said, and here the cut did not
        // happen.
        let may_tear = match keep {
            Keep::Everything => false,
            Keep::Nothing => self.fsync == Fsync::Never,
            Keep::Bytes(_) => true,
        };
        if let Err(error) = &back
            && may_tear
            && error.contains("--repair")
        {
            self.check_repaired(told, error);
            self.memory = killed;
            return self.crash(Keep::Everything);
        }
        back.unwrap_or_else(|error| panic!("{keep:?}: {error}"));
        let (found, kept) = (seen(&self.driver.session), &mut self.driver.kept);
        let commit = kept.iter().rposition(|it| *it == found);
        let commit = commit.unwrap_or_else(|| panic!("{keep:?}: nothing was ever like {found:#?}"));
        assert!(commit >= told, "{keep:?}: as after commit {commit}, and {told} was told");
        kept.truncate(commit + 1);
        self.frames.truncate(commit + 1);
    }

    /// A repair keeps what somebody was told of.
    fn check_repaired(&self, told: usize, refusal: &str) {
        let memory: Arc<dyn Storage> = Arc::new(self.memory.clone());
        repair_in(Arc::clone(&memory)).unwrap_or_else(|why| panic!("{refusal}: {why}"));
        let (back, _) = open(memory, self.fsync).expect("it was repaired");
        let found = seen(&back.session);
        let commit = self.driver.kept.iter().rposition(|it| *it == found);
        assert!(commit >= Some(told), "{refusal}: after a repair as after {commit:?} of {told}");
    }
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        // The same ones each time.
        None => ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(7), ..default },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_what_was_told_comes_back(
        always in any::<bool>(),
        events in proptest::collection::vec(an_event(), 1..80),
    ) {
        let mut run = Run::new(if always { Fsync::Always } else { Fsync::Never });
        events.iter().for_each(|event| run.follow(event));
        check_that_it_goes_on(&run.memory, run.driver, "in the end");
    }
}
