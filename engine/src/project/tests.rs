//! What commands do, what they refuse, and that undo is exact.

use super::*;
use crate::error::ErrorKind;
use crate::ops::{Shape, Spread};
use crate::volume::{Bounds, Coord, Voxel};
use proptest::prelude::*;

mod edits;
mod history;
mod stack;

const RED: Voxel = Voxel::rgb(255, 0, 0);
const NOBODY: Author = Author(0);

fn set(x: i32, voxel: Voxel) -> Command {
    Command::SetVoxel { layer: None, at: Coord::new(x, 0, 0), voxel }
}

fn cube(edge: i32, voxel: Voxel) -> Command {
    let bounds = Bounds::around(Coord::new(0, 0, 0), Coord::new(edge - 1, edge - 1, edge - 1));
    Command::FillShape { layer: None, shape: Shape::Cube, bounds, voxel }
}

fn add(name: &str) -> Command {
    Command::AddLayer { name: Some(name.to_owned()), visible: true }
}

fn filled(project: &Project) -> Vec<u64> {
    project.scene().layers.iter().map(|layer| layer.volume.filled()).collect()
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
fn run(project: &mut Project, command: Command) -> Outcome {
    project.apply(command.clone(), NOBODY).unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A refused command says why and changes nothing.
#[track_caller]
fn check_refused(project: &mut Project, command: Command, expected: &ProjectError) {
    let before = project.clone();
    assert_eq!(project.apply(command, NOBODY).as_ref(), Err(expected));
    assert_eq!(project.scene(), before.scene());
    assert_eq!(project.revision(), before.revision());
    assert_eq!(project.steps(), before.steps());
}

/// spec/engine.md 4, New layer: appended on top, becomes active.
#[test]
fn new_layers_come_on_top_and_become_active() {
    let mut project = Project::new();
    let made = run(&mut project, Command::AddLayer { name: None, visible: true });
    run(&mut project, set(0, RED));
    assert_eq!((made.layer, project.scene().layers[1].name.as_str()), (LayerId(2), "Layer.2"));
    assert_eq!(filled(&project), [0, 1]);
}

/// spec/engine.md 4, New layer: id = smallest unused.
#[test]
fn ids_of_deleted_layers_are_used_again() {
    let mut project = Project::new();
    run(&mut project, add("two"));
    run(&mut project, add("three"));
    run(&mut project, Command::DeleteLayer { layer: LayerId(2) });
    assert_eq!(run(&mut project, add("again")).layer, LayerId(2));
}

/// spec/engine.md 4, Delete: the last one leaves an empty "unnamed" layer.
#[test]
fn the_last_layer_deleted_is_replaced_by_an_empty_one() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    run(&mut project, Command::DeleteLayer { layer: LayerId(1) });
    let layer = &project.scene().layers[0];
    assert_eq!((layer.id, layer.name.as_str(), layer.volume.filled()), (LayerId(1), "unnamed", 0));
    assert_eq!(project.scene().active, LayerId(1));
}

/// spec/engine.md 4, Delete: active falls to the top layer.
#[test]
fn deleting_the_active_layer_activates_the_top() {
    let mut project = Project::new();
    run(&mut project, add("two"));
    run(&mut project, add("three"));
    run(&mut project, Command::SetActive { layer: LayerId(1) });
    run(&mut project, Command::DeleteLayer { layer: LayerId(1) });
    assert_eq!(project.scene().active, LayerId(3));
}

#[test]
fn merging_draws_the_source_over_the_target_and_removes_it() {
    let mut project = Project::new();
    run(&mut project, set(0, Voxel::WHITE));
    run(&mut project, add("upper"));
    run(&mut project, set(0, RED));
    run(&mut project, set(1, RED));
    run(&mut project, Command::MergeLayers { source: LayerId(2), target: LayerId(1) });
    assert_eq!(filled(&project), [2]);
    assert_eq!(project.scene().layers[0].volume.get(Coord::new(0, 0, 0)), RED);
}

/// spec/engine.md 4, Delete: clones become plain layers.
#[test]
fn a_clone_whose_base_is_deleted_keeps_its_voxels() {
    let mut scene = Scene::new();
    scene.layers[0].volume.set(Coord::new(3, 0, 0), RED);
    let mut clone = Layer::new(LayerId(2), "clone");
    clone.kind = LayerKind::Clone { base: LayerId(1) };
    scene.layers.push(clone);
    let mut project = Project::from_scene(scene);
    run(&mut project, Command::DeleteLayer { layer: LayerId(1) });
    assert_eq!(filled(&project), [1]);
    assert_eq!(project.scene().layers[0].kind, LayerKind::Plain);
}

/// The layer would be gone, and its clone, which it is too large to unfold, empty.
#[test]
fn a_layer_is_kept_while_a_clone_of_it_is_too_large_to_unfold() {
    let mut scene = Scene::new();
    scene.layers[0].volume.write((0..16).map(|x| (Coord::new(x, 0, 0), RED)));
    let mut clone = Layer::new(LayerId(2), "clone");
    clone.kind = LayerKind::Clone { base: LayerId(1) };
    clone.mat = crate::math::Mat4::from_box([0.; 3], [600.; 3]);
    scene.layers.push(clone);
    let mut project = Project::from_scene(scene);
    run(&mut project, Command::AddLayer { name: None, visible: true });
    let full = ProjectError::ProjectFull { max_bricks: ProjectLimits::default().max_bricks };
    check_refused(&mut project, Command::DeleteLayer { layer: LayerId(1) }, &full);
    let merge = Command::MergeLayers { source: LayerId(2), target: LayerId(3) };
    check_refused(&mut project, merge, &full);
}

#[test]
fn painting_leaves_empty_places_empty() {
    let mut project = Project::new();
    run(&mut project, set(0, Voxel::WHITE));
    let voxels = [0, 1].map(|x| (Coord::new(x, 0, 0), RED)).to_vec();
    let outcome = run(&mut project, Command::PaintVoxels { layer: None, voxels });
    assert_eq!((outcome.touched, filled(&project)), (1, vec![1]));
}

#[test]
fn a_flood_recolours_the_region_and_counts_it() {
    let mut project = Project::new();
    run(&mut project, cube(12, Voxel::WHITE));
    run(&mut project, set(100, Voxel::WHITE));
    let seed = Coord::new(5, 5, 5);
    let flood = Command::FloodFill { layer: None, seed, voxel: RED, spread: Spread::default() };
    assert_eq!(run(&mut project, flood).touched, 1728);
    assert_eq!(project.scene().layers[0].volume.get(Coord::new(100, 0, 0)), Voxel::WHITE);
}

#[test]
fn refusals_change_nothing() {
    let limits = ProjectLimits { max_bricks: 8, max_layers: 2, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    run(&mut project, set(0, RED));
    run(&mut project, add("two"));
    let none = LayerId(77);
    let missing = ProjectError::NoSuchLayer(none);
    let at = Coord::new(0, 0, 0);
    check_refused(&mut project, Command::SetVoxel { layer: Some(none), at, voxel: RED }, &missing);
    check_refused(&mut project, Command::DeleteLayer { layer: none }, &missing);
    check_refused(&mut project, Command::SetVisible { layer: none, visible: true }, &missing);
    check_refused(&mut project, Command::SetActive { layer: none }, &missing);
    let merge = |source, target| Command::MergeLayers { source, target };
    check_refused(&mut project, merge(none, LayerId(1)), &missing);
    check_refused(&mut project, merge(LayerId(1), none), &missing);
    let same = ProjectError::SameLayer(LayerId(1));
    check_refused(&mut project, merge(LayerId(1), LayerId(1)), &same);
    check_refused(&mut project, add("three"), &ProjectError::TooManyLayers { max_layers: 2 });
    let full = ProjectError::ProjectFull { max_bricks: 8 };
    check_refused(&mut project, cube(33, RED), &full);
    let far = (0..9).map(|i| (Coord::new(i * 16, 0, 0), RED)).collect();
    check_refused(&mut project, Command::SetVoxels { layer: None, voxels: far }, &full);
}

/// The limit was for each of 4096 layers, and deleting a layer copied it for all its clones.
#[test]
fn bricks_are_bounded_over_all_layers() {
    let limits = ProjectLimits { max_bricks: 20, ..ProjectLimits::default() };
    let full = ProjectError::ProjectFull { max_bricks: 20 };
    let mut project = Project::new().with_limits(limits);
    run(&mut project, cube(32, RED));
    run(&mut project, add("two"));
    run(&mut project, cube(32, RED));
    run(&mut project, add("three"));
    check_refused(&mut project, cube(32, RED), &full);
    run(&mut project, Command::DeleteLayer { layer: LayerId(1) });
    run(&mut project, cube(32, RED));

    let mut scene = project.scene().clone();
    for id in 10..13 {
        let kind = LayerKind::Clone { base: LayerId(2) };
        scene.layers.push(Layer { kind, ..Layer::new(LayerId(id), "clone") });
    }
    let mut project = Project::from_scene(scene).with_limits(limits);
    check_refused(&mut project, Command::DeleteLayer { layer: LayerId(2) }, &full);
    let merge = Command::MergeLayers { source: LayerId(2), target: LayerId(3) };
    check_refused(&mut project, merge, &full);
}

#[test]
fn a_box_as_large_as_space_is_refused_at_once_and_erased_at_once() {
    let mut project = Project::new();
    run(&mut project, set(5, RED));
    let everywhere = Bounds::around(
        Coord::new(i32::MIN, i32::MIN, i32::MIN),
        Coord::new(i32::MAX, i32::MAX, i32::MAX),
    );
    let fill =
        |voxel| Command::FillShape { layer: None, shape: Shape::Cube, bounds: everywhere, voxel };
    let refused = project.apply(fill(RED), NOBODY).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LimitExceeded);
    assert_eq!(run(&mut project, fill(Voxel::EMPTY)).touched, 1);
}

#[test]
fn layers_that_are_made_of_others_are_not_edited() {
    let mut scene = Scene::new();
    scene.layers[0].kind = LayerKind::Shape { shape: Shape::Sphere, color: RED };
    let mut project = Project::from_scene(scene);
    check_refused(&mut project, set(0, RED), &ProjectError::NotEditable(LayerId(1)));
}

#[test]
fn each_small_step_is_undone_by_itself() {
    let mut project = Project::new();
    for x in 0..1000 {
        run(&mut project, set(x, RED));
    }
    for left in (0..1000).rev() {
        project.undo().unwrap();
        assert_eq!(filled(&project), [left]);
    }
    assert_eq!(project.undo(), Err(ProjectError::NothingToUndo));
    for _ in 0..1000 {
        project.redo().unwrap();
    }
    assert_eq!(filled(&project), [1000]);
    assert_eq!(project.redo(), Err(ProjectError::NothingToRedo));
}

/// spec/engine.md 5, Undo: a push discards the redo tail.
#[test]
fn a_new_edit_forgets_what_was_undone() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    project.undo().unwrap();
    run(&mut project, set(1, RED));
    assert_eq!(project.redo(), Err(ProjectError::NothingToRedo));
}

#[test]
fn undo_says_who_made_the_step() {
    let mut project = Project::new();
    project.apply(set(0, RED), Author(7)).unwrap();
    project.apply(set(1, RED), Author(9)).unwrap();
    assert_eq!([project.undo().unwrap(), project.undo().unwrap()], [Author(9), Author(7)]);
}

#[test]
fn the_oldest_steps_are_forgotten_beyond_the_limit() {
    let limits = ProjectLimits { max_steps: 5, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    for size in 1..20 {
        run(&mut project, cube(size + 10, RED));
    }
    assert_eq!(project.steps(), (5, 0));
}

/// A thousand clicks on the eye of one of 4000 layers kept 4000 layers each, a gigabyte.
#[test]
fn a_step_that_keeps_all_layers_takes_their_room() {
    let limits = ProjectLimits { max_history_bytes: 100_000, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    for number in 1..20 {
        run(&mut project, add(&number.to_string()));
    }
    for step in 0..50 {
        run(&mut project, Command::SetVisible { layer: LayerId(1), visible: step % 2 == 0 });
    }
    let most = 100_000 / (20 * size_of::<Layer>());
    assert!((1..=most).contains(&project.steps().0), "{:?} of {most}", project.steps());
}

/// spec/engine.md 5, Undo: a snapshot if the image differs.
#[test]
fn an_edit_that_changes_nothing_is_no_step() {
    let mut project = Project::new();
    run(&mut project, set(0, Voxel::EMPTY));
    run(&mut project, Command::ClearLayer { layer: None });
    assert_eq!((project.steps(), project.revision()), ((0, 0), 0));
}

#[test]
fn a_snapshot_does_not_see_later_edits() {
    let mut project = Project::new();
    run(&mut project, cube(8, RED));
    let snapshot = project.snapshot();
    run(&mut project, Command::ClearLayer { layer: None });
    run(&mut project, add("two"));
    assert_eq!(snapshot.scene().layers.len(), 1);
    assert_eq!(snapshot.scene().layers[0].volume.filled(), 512);
    assert!(snapshot.revision() < project.revision());
}

fn any_command() -> impl Strategy<Value = Command> {
    let coord = [-9..9i32, -9..9i32, -9..9i32].prop_map(Coord::from);
    let layer = prop::option::of((1..4u32).prop_map(LayerId));
    let id = (1..4u32).prop_map(LayerId);
    let voxel = prop_oneof![Just(Voxel::EMPTY), Just(RED), Just(Voxel::WHITE)];
    let voxels = prop::collection::vec((coord.clone(), voxel.clone()), 0..700);
    prop_oneof![
        4 => (layer.clone(), coord.clone(), voxel.clone())
            .prop_map(|(layer, at, voxel)| Command::SetVoxel { layer, at, voxel }),
        2 => (layer.clone(), voxels.clone())
            .prop_map(|(layer, voxels)| Command::SetVoxels { layer, voxels }),
        1 => (layer.clone(), voxels)
            .prop_map(|(layer, voxels)| Command::PaintVoxels { layer, voxels }),
        2 => (layer.clone(), coord.clone(), coord.clone(), voxel.clone()).prop_map(
            |(layer, a, b, voxel)| {
                let bounds = Bounds::around(a, b);
                Command::FillShape { layer, shape: Shape::Sphere, bounds, voxel }
            }
        ),
        1 => (layer.clone(), coord, voxel)
            .prop_map(|(layer, seed, voxel)| Command::FloodFill { layer, seed, voxel, spread: Spread::default() }),
        1 => layer.prop_map(|layer| Command::ClearLayer { layer }),
        1 => Just(Command::AddLayer { name: None, visible: true }),
        1 => id.clone().prop_map(|layer| Command::DeleteLayer { layer }),
        1 => (id.clone(), id.clone())
            .prop_map(|(source, target)| Command::MergeLayers { source, target }),
        1 => (id.clone(), any::<bool>())
            .prop_map(|(layer, visible)| Command::SetVisible { layer, visible }),
        1 => (id.clone(), 0..4usize).prop_map(|(layer, index)| Command::MoveLayer { layer, index }),
        1 => id.prop_map(|layer| Command::SetActive { layer }),
    ]
}

proptest! {
    #[test]
    fn undo_and_redo_walk_through_exactly_the_same_scenes(
        commands in prop::collection::vec(any_command(), 0..40),
    ) {
        let mut project = Project::new();
        let mut scenes = vec![project.snapshot()];
        for command in commands {
            let steps = project.steps().0;
            let result = project.apply(command, NOBODY);
            if result.is_err() || project.steps().0 == steps {
                prop_assert_eq!(project.scene(), scenes.last().unwrap().scene());
            } else {
                scenes.push(project.snapshot());
            }
        }
        for scene in scenes.iter().rev().skip(1) {
            project.undo().unwrap();
            prop_assert_eq!(project.scene(), scene.scene());
        }
        for scene in scenes.iter().skip(1) {
            project.redo().unwrap();
            prop_assert_eq!(project.scene(), scene.scene());
        }
    }
}
