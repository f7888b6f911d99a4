//! The process is killed, or the power cut, after every call and in the middle of every write.

use std::collections::BTreeMap;
use std::sync::Arc;

use goxel_journal::{Keep, Memory};

use super::driver::{Driver, Seen, Turn, open, seen};
use super::recorder::{Recorder, Shot};
use super::script::{act, script};
use crate::config::plain::Fsync;

const KILLED: &[Keep] = &[Keep::Everything];
const POWER_CUT: &[Keep] = &[Keep::Nothing, Keep::Bytes(0), Keep::Bytes(7), Keep::Bytes(500)];

/// The whole script, with what a crash would have left at each moment, and what was kept.
fn record(fsync: Fsync, keeps: &'static [Keep]) -> (Vec<Shot>, Vec<Seen>) {
    let recorder = Recorder::new(Memory::new(), keeps);
    let mut driver = Driver::new(Arc::new(recorder.clone()), fsync).expect("nothing is sound");
    for it in script() {
        let turn = act(&mut driver, &it).expect("nothing fails");
        if let Turn::At(position) = turn {
            assert!(driver.wait_for(position), "{it:?}");
            recorder.tell(driver.kept.len() - 1);
        }
    }
    assert!(driver.kept.len() > 20, "{} commits", driver.kept.len());
    assert!(driver.state.checkpointed_at.is_some());
    driver.state.close();
    (recorder.shots(), driver.kept)
}

fn comes_back(left: &Memory) -> Result<Seen, String> {
    let (recovered, _) = open(Arc::new(left.clone()), Fsync::Never)?;
    Ok(seen(&recovered.session))
}

/// What comes back from each shot is one of `may_be`, of the commits that were kept.
fn check(fsync: Fsync, keeps: &'static [Keep], may_be: impl Fn(&Shot, usize) -> bool) {
    let (shots, kept) = record(fsync, keeps);
    assert!(shots.len() > 100, "{} shots", shots.len());
    let mut known = BTreeMap::new();
    for (number, shot) in shots.iter().enumerate() {
        let found = known.entry(shot.left.files()).or_insert_with(|| comes_back(&shot.left));
        let which = format!("{number}: {} {:?}, {} told", shot.call, shot.keep, shot.told);
        let found = found.as_ref().unwrap_or_else(|error| panic!("{which}: {error}"));
        let fits = kept.iter().enumerate().any(|(commit, it)| it == found && may_be(shot, commit));
        let where_else: Vec<_> = (0..kept.len()).filter(|at| kept[*at] == *found).collect();
        assert!(fits, "{which}: it is as after {where_else:?}: {found:#?}");
    }
}

#[test]
fn a_killed_process_leaves_all_that_was_told_and_nothing_half() {
    check(Fsync::Never, KILLED, |shot, commit| (shot.told..=shot.told + 1).contains(&commit));
}

#[test]
fn a_power_cut_leaves_all_that_was_told_where_each_commit_is_synced() {
    check(Fsync::Always, POWER_CUT, |shot, commit| (shot.told..=shot.told + 1).contains(&commit));
}

#[test]
fn a_power_cut_leaves_a_commit_whole_or_not_where_nothing_is_synced() {
    check(Fsync::Never, POWER_CUT, |shot, commit| commit <= shot.told + 1);
}

#[test]
fn a_recovery_that_is_killed_is_begun_again() {
    let (shots, kept) = record(Fsync::Never, KILLED);
    for shot in shots.iter().step_by(9) {
        let recorder = Recorder::new(shot.left.clone(), &[Keep::Everything, Keep::Nothing]);
        let first = open(Arc::new(recorder.clone()), Fsync::Never).expect("it comes back").0;
        let first = seen(&first.session);
        assert!(kept.contains(&first), "{}", shot.call);
        for second in recorder.shots() {
            let found = comes_back(&second.left);
            assert_eq!(found.as_ref(), Ok(&first), "{}, {}", shot.call, second.call);
        }
    }
}
