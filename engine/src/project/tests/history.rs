//! Groups, checkpoints, branches, and what the history may hold.

use super::*;

fn group(commands: &[Command]) -> Command {
    Command::Group(commands.to_vec())
}

fn checkpoint(name: &str) -> Command {
    Command::Checkpoint { name: name.to_owned() }
}

fn restore(name: &str) -> Command {
    Command::Restore { name: name.to_owned() }
}

#[test]
fn a_group_is_one_step_and_its_outcome_the_sum() {
    let mut project = Project::new();
    let outcome = run(&mut project, group(&[set(0, RED), add("two"), set(1, RED), cube(10, RED)]));
    assert_eq!((outcome.touched, project.steps()), (1002, (1, 0)));
    let after = project.scene().clone();
    project.undo().unwrap();
    assert_eq!(project.scene(), Project::new().scene());
    project.redo().unwrap();
    assert_eq!(project.scene(), &after);
}

#[test]
fn a_group_that_is_refused_changes_nothing() {
    let mut project = Project::new();
    run(&mut project, set(5, RED));
    let none = LayerId(77);
    let fails = Command::ClearLayer { layer: Some(none) };
    let changes = [set(0, RED), checkpoint("x"), Command::Copy { layer: None }, add("two"), fails];
    check_refused(&mut project, group(&changes), &ProjectError::NoSuchLayer(none));
    assert_eq!(project.checkpoints().count(), 0);
    let paste = Command::Paste { layer: None };
    check_refused(&mut project, paste, &ProjectError::ClipboardEmpty);
}

#[test]
fn groups_hold_no_groups_and_an_empty_one_is_no_step() {
    let mut project = Project::new();
    check_refused(&mut project, group(&[group(&[])]), &ProjectError::NestedGroup);
    run(&mut project, group(&[]));
    assert_eq!(project.steps(), (0, 0));
}

#[test]
fn a_checkpoint_is_restored_as_one_step() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    run(&mut project, checkpoint("one"));
    assert_eq!(project.steps(), (1, 0), "making one is no step");
    run(&mut project, add("two"));
    run(&mut project, cube(20, RED));
    let later = project.scene().clone();
    run(&mut project, restore("one"));
    assert_eq!(filled(&project), [1]);
    project.undo().unwrap();
    assert_eq!(project.scene(), &later);
    let missing = ProjectError::NoSuchCheckpoint("other".to_owned());
    check_refused(&mut project, restore("other"), &missing);
}

#[test]
fn a_checkpoint_made_again_moves_and_one_dropped_is_gone() {
    let mut project = Project::new();
    run(&mut project, checkpoint("here"));
    run(&mut project, set(0, RED));
    run(&mut project, checkpoint("here"));
    run(&mut project, set(1, RED));
    assert_eq!(project.checkpoint("here").unwrap().scene().filled(), 1);
    run(&mut project, Command::DropCheckpoint { name: "here".to_owned() });
    assert!(project.checkpoint("here").is_none());
}

#[test]
fn checkpoints_are_bounded_in_number_name_and_memory() {
    let limits =
        ProjectLimits { max_listed: 2, max_history_bytes: 50_000, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    let nameless = ProjectError::OutOfRange { what: "a checkpoint's name has 1 to 255 bytes" };
    check_refused(&mut project, checkpoint(""), &nameless);
    check_refused(&mut project, checkpoint(&"n".repeat(256)), &nameless);
    run(&mut project, checkpoint("a"));
    run(&mut project, checkpoint("b"));
    let full = ProjectError::TooMany { what: "checkpoints", max: 2 };
    check_refused(&mut project, checkpoint("c"), &full);
    // What a checkpoint alone holds counts: all bricks of the cube that is then cleared.
    let colors = (0..40_000).map(|i| {
        let at = Coord::new(i % 64, i / 64 % 64, i / 4096);
        (at, Voxel::rgb((i * 7) as u8, (i * 3) as u8, i as u8))
    });
    run(&mut project, Command::SetVoxels { layer: None, voxels: colors.collect() });
    run(&mut project, checkpoint("a"));
    run(&mut project, Command::ClearLayer { layer: None });
    let large = ProjectError::CheckpointTooLarge { max_bytes: 50_000 };
    check_refused(&mut project, checkpoint("b"), &large);
    run(&mut project, checkpoint("a"));
}

#[test]
fn a_project_branches_from_any_snapshot() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let snapshot = project.snapshot();
    run(&mut project, set(1, RED));
    let mut branch = Project::branch(&snapshot);
    run(&mut branch, set(2, RED));
    run(&mut branch, set(3, RED));
    assert_eq!((filled(&project), filled(&branch)), (vec![2], vec![3]));
    assert_eq!(branch.steps(), (2, 0));
    project.restore(&snapshot, Author(3));
    assert_eq!(filled(&project), [1]);
    assert_eq!(project.undo(), Ok(Author(3)));
    assert_eq!(filled(&project), [2]);
}

/// A million single edits: what undo of them keeps is counted and small.
#[test]
fn a_small_step_costs_twenty_bytes_and_a_little() {
    let mut project = Project::new();
    for i in 0..100_000 {
        run(&mut project, set(i % 1000, Voxel::rgb(i as u8, (i >> 8) as u8, 7)));
    }
    assert!(project.steps().0 > 99_000);
    assert!(project.history_bytes() < 22 * 100_000, "{}", project.history_bytes());
    while project.undo().is_ok() {}
    assert_eq!(filled(&project), [0]);
    assert!(project.history_bytes() < 22 * 100_000, "{} to redo", project.history_bytes());
}

#[test]
fn the_history_forgets_the_oldest_beyond_its_bytes() {
    let limits = ProjectLimits { max_history_bytes: 100_000, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    for i in 0..20_000 {
        run(&mut project, set(i, RED));
    }
    assert!(project.history_bytes() <= 100_000);
    assert!((4000..5000).contains(&project.steps().0), "{:?}", project.steps());
    let mut undone = 0;
    while project.undo().is_ok() {
        undone += 1;
    }
    assert_eq!(filled(&project), [20_000 - undone]);
}

#[test]
fn a_copy_is_no_step_and_survives_undo() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    run(&mut project, Command::Copy { layer: None });
    project.undo().unwrap();
    assert_eq!(run(&mut project, Command::Paste { layer: None }).touched, 1);
    assert_eq!(filled(&project), [1]);
}

/// Such commands were steps, and threw away what could be redone.
#[test]
fn commands_that_change_nothing_keep_what_can_be_redone() {
    let mut project = Project::new();
    run(&mut project, cube(10, RED));
    run(&mut project, set(0, Voxel::WHITE));
    project.undo().unwrap();
    run(&mut project, Command::SetVisible { layer: LayerId(1), visible: true });
    run(&mut project, Command::SetActive { layer: LayerId(1) });
    run(&mut project, cube(10, RED));
    run(&mut project, set(3, RED));
    let same = (0..10).map(|x| (Coord::new(x, 0, 0), RED)).collect();
    run(&mut project, Command::SetVoxels { layer: None, voxels: same });
    let empty = (0..600).map(|x| (Coord::new(x, 50, 0), Voxel::EMPTY)).collect();
    run(&mut project, Command::SetVoxels { layer: None, voxels: empty });
    assert_eq!(project.steps(), (1, 1));
}

/// Each part of it kept all layers: 266 MB under a limit of one.
#[test]
fn a_group_keeps_the_scene_it_began_with_once() {
    let limits = ProjectLimits { max_history_bytes: 100_000, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    for number in 1..100 {
        run(&mut project, add(&number.to_string()));
    }
    let toggle = |i| Command::SetVisible { layer: LayerId(1), visible: i % 2 == 0 };
    run(&mut project, group(&(0..301).map(toggle).collect::<Vec<_>>()));
    assert!(project.history_bytes() <= 100_000, "{}", project.history_bytes());
    assert!(project.steps().0 >= 1);
}

/// It had the revision of the moment it was asked for.
#[test]
fn a_checkpoint_has_the_revision_it_was_made_at() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    run(&mut project, checkpoint("here"));
    run(&mut project, set(1, RED));
    assert_eq!(project.checkpoint("here").unwrap().revision(), 1);
}

/// Paths were not counted: gigabytes were kept under a limit of 256 MiB.
#[test]
fn texts_that_steps_keep_are_counted() {
    let limits = ProjectLimits { max_history_bytes: 1 << 20, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    let path = "x".repeat(1 << 18);
    run(&mut project, Command::AddImage { path, mat: crate::math::Mat4::IDENTITY });
    for step in 0..50 {
        run(&mut project, Command::SetVisible { layer: LayerId(1), visible: step % 2 == 1 });
    }
    assert!(project.steps().0 <= 4, "{:?}", project.steps());
}

/// A log reads back no more of them.
#[test]
fn a_group_of_more_than_a_million_commands_is_refused() {
    let mut project = Project::new();
    let many = ProjectError::TooManyItems { what: "commands", max: 1 << 20 };
    check_refused(&mut project, Command::Group(vec![Command::Deselect; (1 << 20) + 1]), &many);
}

/// The same voxels and layers, and one step further.
#[track_caller]
fn check_step(project: &mut Project, before: &Project, expected: &Scene) {
    assert_eq!(project.scene(), expected);
    assert_eq!(project.steps(), (before.steps().0 + 1, 0));
    assert_eq!(project.revision(), before.revision() + 1);
    assert_eq!(project.undo(), Ok(Author(7)));
    assert_eq!(project.scene(), before.scene());
    project.redo().unwrap();
    assert_eq!(project.scene(), expected);
}

#[test]
fn a_project_adopts_a_scene_as_one_step() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let before = project.clone();
    let mut other = Scene::new();
    other.layers.push(Layer::new(LayerId(2), "two"));
    project.adopt(other.clone(), Author(7));
    check_step(&mut project, &before, &other);
    let again = project.clone();
    project.adopt(other.clone(), Author(7));
    check_step(&mut project, &again, &other);
}

#[test]
fn a_scene_without_layers_is_adopted_with_one() {
    let mut project = Project::new();
    let mut empty = Scene::new();
    empty.layers.clear();
    project.adopt(empty, NOBODY);
    assert_eq!((filled(&project), project.scene().active), (vec![0], LayerId(1)));
}

#[test]
fn an_effect_is_applied_as_one_step() {
    let mut before = Project::new();
    run(&mut before, cube(20, RED));
    let edits = [
        vec![cube(9, Voxel::EMPTY)],
        vec![add("two"), cube(3, RED)],
        vec![Command::SelectBox { area: Some(crate::math::Mat4::IDENTITY) }],
        vec![Command::Deselect],
    ];
    for edits in edits {
        let mut after = before.clone();
        edits.into_iter().for_each(|edit| _ = run(&mut after, edit));
        let effect = Effect::between(before.scene(), after.scene());
        let mut project = before.clone();
        project.apply_effect(&effect, Author(7)).unwrap();
        check_step(&mut project, &before, after.scene());
    }
}

#[test]
fn an_effect_that_does_not_fit_changes_nothing() {
    let mut project = Project::new();
    let mut after = project.clone();
    run(&mut after, cube(20, RED));
    let of_a_layer = Effect::between(project.scene(), after.scene());
    run(&mut after, add("two"));
    let of_the_stack = Effect::between(project.scene(), after.scene());
    run(&mut project, set(0, RED));
    let before = project.clone();
    for effect in [of_a_layer, of_the_stack] {
        assert_eq!(project.apply_effect(&effect, NOBODY), Err(EffectError::OtherScene));
        assert_eq!(project.scene(), before.scene());
        assert_eq!((project.steps(), project.revision()), (before.steps(), before.revision()));
    }
}

/// While a log is read again, a step that was taken back later must still be there.
#[test]
fn no_step_goes_without_limits_and_the_next_edit_with_limits_lets_them_go() {
    let usual = ProjectLimits { max_steps: 50, max_history_bytes: 60_000, ..Default::default() };
    let endless = ProjectLimits { max_steps: usize::MAX, max_history_bytes: usize::MAX, ..usual };
    let edit = |project: &mut Project, n: i32| {
        let color = if n % 4 == 0 { RED } else { Voxel::WHITE };
        run(project, if n % 2 == 0 { cube(20, color) } else { set(100 + n, RED) });
    };
    let mut project = Project::new().with_limits(endless);
    (0..200).for_each(|n| edit(&mut project, n));
    assert_eq!(project.steps(), (200, 0));
    assert!(project.history_bytes() > usual.max_history_bytes);
    let mut project = project.with_limits(usual);
    assert_eq!(project.steps(), (200, 0));
    edit(&mut project, 200);
    assert!((1..=50).contains(&project.steps().0), "{:?}", project.steps());
    assert!(project.history_bytes() <= usual.max_history_bytes);
    while project.undo().is_ok() {}
    assert!(filled(&project)[0] > 0, "the first steps are gone");
}
