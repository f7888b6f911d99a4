//! Random commands, faults and crashes: whatever was promised is found again, and nothing that was not committed.

use std::collections::BTreeMap;
use std::time::Duration;

use goxel_journal::{Call, Keep, Memory, OpenError, Policy, Position, repair};
use nix::errno::Errno;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Opened, RULES, open_with};

#[derive(Clone, Debug)]
enum Step {
    Commit(usize),
    Rotate,
    /// Up to that part of what there is, in eighths.
    Forget(u64),
    /// Waits until all is synced, or a sync failed.
    Settle,
    Retry,
    Fault(Call, u64),
    Shorten(u64, usize),
    /// So many bytes more than there are.
    Limit(u64),
    Evict,
    Heal,
    /// The journal is dropped and opened again, faults and all.
    Reopen,
    /// The same, and so many numbers are passed over.
    Jump(u64),
    /// The same, but synced.
    Close,
    /// Room for so many bytes; they are committed if there is.
    Reserve(usize),
    Crash(Keep),
}

fn step() -> impl Strategy<Value = Step> {
    let call = proptest::sample::select(&Call::ALL[..]);
    let keep = prop_oneof![
        Just(Keep::Everything),
        Just(Keep::Nothing),
        (0..200_u64).prop_map(Keep::Bytes)
    ];
    prop_oneof![
        12 => (0..40_usize).prop_map(Step::Commit),
        3 => Just(Step::Rotate),
        1 => (0..9_u64).prop_map(Step::Forget),
        3 => Just(Step::Settle),
        3 => Just(Step::Retry),
        2 => (call, 1..4_u64).prop_map(|(call, nth)| Step::Fault(call, nth)),
        2 => (1..6_u64).prop_map(|nth| Step::Fault(Call::Sync, nth)),
        1 => (1..4_u64, 0..30_usize).prop_map(|(nth, bytes)| Step::Shorten(nth, bytes)),
        1 => (0..300_u64).prop_map(Step::Limit),
        1 => Just(Step::Evict),
        2 => Just(Step::Heal),
        1 => Just(Step::Reopen),
        1 => Just(Step::Close),
        1 => (1..5_u64).prop_map(Step::Jump),
        1 => (0..400_usize).prop_map(Step::Reserve),
        2 => keep.prop_map(Step::Crash),
    ]
}

struct World {
    memory: Memory,
    policy: Policy,
    journal: Option<Opened>,
    /// Frames by number, as they were committed.
    committed: BTreeMap<u64, Vec<u8>>,
    /// Frames whose commit failed: they may be there until another takes the number.
    refused: Vec<(u64, Vec<u8>)>,
    /// Up to here frames were forgotten.
    forgotten: u64,
    /// Numbers up to this are not given again.
    at_least: u64,
    /// Whether a sync may have failed, so that there may be holes.
    may_break: bool,
    /// Whether what a failed sync lost cannot be read any more.
    evicted: bool,
    count: u32,
}

impl World {
    fn new(policy: Policy) -> World {
        let mut world = World {
            memory: Memory::new(),
            policy,
            journal: None,
            committed: BTreeMap::new(),
            refused: Vec::new(),
            forgotten: 0,
            at_least: 0,
            may_break: false,
            evicted: false,
            count: 0,
        };
        world.open(0);
        world
    }

    fn journal(&mut self) -> &mut Opened {
        self.journal.as_mut().expect("it is open between steps")
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Commit(length) => self.commit(length),
            Step::Rotate => drop(self.journal().rotate()),
            Step::Forget(part) => self.forget(part),
            Step::Settle => self.settle(),
            Step::Retry => self.retry(),
            Step::Fault(call, nth) => {
                self.may_break |= call == Call::Sync;
                self.memory.fail(call, nth, Errno::EIO);
            }
            Step::Shorten(nth, bytes) => self.memory.shorten(nth, bytes),
            Step::Limit(more) => {
                let used: usize = self.memory.files().values().map(Vec::len).sum();
                self.memory.limit(Some(used as u64 + more));
            }
            Step::Evict => {
                let before = self.memory.files();
                self.memory.evict();
                self.evicted |= self.memory.files() != before;
            }
            Step::Heal => self.memory.heal(),
            Step::Reopen => self.reopen(),
            Step::Jump(by) => {
                self.at_least = self.journal().last().0 + by;
                self.reopen();
            }
            Step::Reserve(bytes) => self.reserve(bytes),
            Step::Close => {
                let journal = self.journal.take().expect("it is open between steps");
                let (last, synced, outcome) = (journal.last(), journal.synced(), journal.close());
                let floor = if outcome.is_ok() { last.0 } else { synced.0 };
                self.crash(Keep::Nothing, floor);
            }
            Step::Crash(keep) => self.crash_now(keep),
        }
    }

    fn commit(&mut self, length: usize) {
        self.count += 1;
        let mut payload = self.count.to_le_bytes().to_vec();
        payload.resize(4 + length, b'.');
        let number = self.journal().last().0 + 1;
        match self.journal().commit(&payload) {
            Ok(position) => {
                assert_eq!(position.0, number);
                self.refused.retain(|refused| refused.0 != number);
                self.committed.insert(number, payload);
            }
            Err(_) => self.refused.push((number, payload)),
        }
    }

    fn reserve(&mut self, bytes: usize) {
        if self.journal().reserve(bytes).is_ok() {
            assert!(self.journal().room() >= bytes || self.journal().failure().is_some());
            self.commit(bytes.saturating_sub(4));
        }
    }

    fn settle(&mut self) {
        // Nothing else makes it sync.
        let is_due = self.policy != Policy::Never || self.journal().rotate().is_ok();
        if is_due {
            self.journal().settle();
        }
    }

    /// Forgets only what is durable, as whoever has made a checkpoint does.
    fn forget(&mut self, part: u64) {
        let until = self.journal().synced().0 * part / 8;
        self.forgotten = self.forgotten.max(until);
        let _ = self.journal().forget_until(Position(until));
    }

    fn retry(&mut self) {
        let synced = self.journal().synced();
        let outcome = self.journal().retry();
        self.evicted &= outcome.is_err();
        if let Ok(Some(lost)) = outcome {
            assert!(self.committed.contains_key(&lost.last.0), "{lost:?}");
            assert!(lost.first.0 > synced.0, "{lost:?} of {synced} synced");
            self.committed.retain(|number, _| !(lost.first.0..=lost.last.0).contains(number));
        }
    }

    /// The process is killed, and the cache lives on.
    fn reopen(&mut self) {
        let floor = self.floor(Keep::Everything);
        self.journal = None;
        if self.may_break && !self.memory.files().contains_key("doubt") {
            // A disk that refused a sync and the file that says so: let it have kept all.
            self.memory = self.memory.after_crash(Keep::Everything);
        }
        self.open(floor);
    }

    fn crash_now(&mut self, keep: Keep) {
        let floor = self.floor(keep);
        self.crash(keep, floor);
    }

    /// Up to here a crash leaves everything.
    fn floor(&mut self, keep: Keep) -> u64 {
        match keep {
            Keep::Everything if !self.evicted => self.journal().last().0,
            _ => self.journal().synced().0,
        }
    }

    fn crash(&mut self, keep: Keep, floor: u64) {
        self.journal = None;
        self.memory = self.memory.after_crash(keep);
        self.evicted = false;
        self.open(floor);
    }

    /// Opens what is there. All frames up to `floor` must be.
    fn open(&mut self, floor: u64) {
        let journal = self.opened();
        assert!(journal.last().0 >= self.at_least);
        let frames: Vec<_> =
            journal.found.frames.iter().map(|(n, bytes)| (n.0, bytes.to_vec())).collect();
        for (number, payload) in &frames {
            let is_right = self.committed.get(number) == Some(payload)
                || self.refused.contains(&(*number, payload.clone()));
            assert!(is_right, "frame {number} is {payload:?}");
        }
        let last = frames.last().map_or(0, |frame| frame.0);
        let wanted = self.committed.keys().filter(|number| **number > self.forgotten);
        for number in wanted.filter(|number| **number <= last.max(floor)) {
            let is_there = frames.iter().any(|frame| frame.0 == *number);
            assert!(is_there, "frame {number} is not there, but {last} is; wanted to {floor}");
        }
        let forgotten = self.forgotten;
        self.committed.retain(|number, _| *number <= forgotten);
        self.committed.extend(frames);
        self.refused.clear();
        self.journal = Some(journal);
    }

    fn opened(&self) -> Opened {
        let mut tries = 0;
        loop {
            tries += 1;
            match open_with(self.memory.clone(), self.policy, self.forgotten + 1, self.at_least) {
                Ok(journal) => return journal,
                Err(OpenError::Io { .. }) if tries < 3 => self.memory.heal(),
                // Holes, with something whole behind.
                Err(OpenError::Broken { .. } | OpenError::Missing { .. })
                    if self.may_break && tries < 3 =>
                {
                    self.memory.heal();
                    repair(&self.memory, RULES, Position(self.forgotten + 1))
                        .expect("it can be cut");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn check(policy: Policy, steps: &[Step]) {
    let mut world = World::new(policy);
    for step in steps {
        world.take(step);
    }
    world.memory.heal();
    world.crash_now(Keep::Nothing);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_time: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_promised_under_always_is_kept(steps in vec(step(), 1..60)) {
        check(Policy::Always, &steps);
    }

    #[test]
    fn what_is_promised_under_an_interval_is_kept(steps in vec(step(), 1..60)) {
        check(Policy::Interval(Duration::ZERO), &steps);
    }

    #[test]
    fn what_is_promised_under_never_is_kept(steps in vec(step(), 1..60)) {
        check(Policy::Never, &steps);
    }
}
