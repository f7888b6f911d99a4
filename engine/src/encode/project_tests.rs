//! A project comes back as it was, with all its past; anything else is an error or a project.

use super::*;
use crate::command::{Author, Command, Selector};
use crate::encode::arbitrary::{Dice, edited, lines};
use crate::encode::tests::damaged;
use crate::math::Mat4;
use crate::ops::{SelectMode, Shape};
use crate::project::ProjectLimits;
use crate::scene::{ExtraChunk, LayerId, Look};
use crate::volume::{Bounds, Brick, BrickCoord, Coord, Local, Voxel};
use proptest::prelude::*;

const RED: Voxel = Voxel::rgb(255, 0, 0);

/// What a project looks like from outside.
fn state(project: &Project) -> String {
    let Clipboard { voxels, area } = &project.clipboard;
    let copied = voxels.as_ref().map(|volume| volume.voxels().collect::<Vec<_>>());
    let checkpoints: Vec<_> = project
        .checkpoints
        .iter()
        .map(|(name, kept)| (name, kept.revision, Digest::of(&kept.scene)))
        .collect();
    let now = (project.revision(), project.steps(), Digest::of(project.scene()));
    format!("{now:?} {checkpoints:?} {area:?} {copied:?}")
}

/// Every state on the way back to the first, and then on the way to the last.
fn past_and_future(mut project: Project) -> Vec<String> {
    let mut states = vec![state(&project)];
    for step in [Project::undo, Project::redo] {
        while let Ok(author) = step(&mut project) {
            states.push(format!("{author:?} {}", state(&project)));
        }
    }
    states
}

fn decoded(bytes: &[u8]) -> Project {
    decode_project(bytes, &Limits::default()).unwrap()
}

/// Comes back the same, also in what can be undone, redone and done.
#[track_caller]
fn check(before: &Project, dice: &mut Dice) {
    let back = decoded(&project(before));
    assert_eq!(past_and_future(back.clone()), past_and_future(before.clone()));
    let limits = ProjectLimits { max_bricks: 200, ..ProjectLimits::default() };
    let mut pair = [before.clone(), back].map(|project| project.with_limits(limits));
    let seed = dice.next();
    for project in &mut pair {
        let mut dice = Dice(seed);
        (0..5).for_each(|_| act(project, &mut dice));
    }
    let [one, other] = pair.map(past_and_future);
    assert_eq!(one, other);
}

/// A project with a past.
fn lived(dice: &mut Dice) -> Project {
    let limits = ProjectLimits { max_bricks: 200, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    (0..dice.below(40)).for_each(|_| act(&mut project, dice));
    project
}

/// One thing that a user does, or is refused.
fn act(project: &mut Project, dice: &mut Dice) {
    let author = Author(dice.below(3));
    match dice.below(12) {
        0 | 1 => _ = project.undo(),
        2 => _ = project.redo(),
        3 => {
            let scene = edited(dice, project.scene());
            project.adopt(scene, author);
        }
        4 => {
            let commands = (0..dice.below(4)).map(|_| command(dice)).collect();
            _ = project.apply(Command::Group(commands), author);
        }
        _ => _ = project.apply(command(dice), author),
    }
}

fn command(dice: &mut Dice) -> Command {
    use Command as C;
    let id = LayerId(1 + dice.below(4) as u32);
    let layer = dice.one(&[None, None, Some(id)]);
    let near = |dice: &mut Dice| Coord::from([0; 3].map(|_: i32| dice.below(40) as i32 - 20));
    let voxel = dice.one(&[Voxel::EMPTY, RED, Voxel([1, 2, 3, 4])]);
    let name = dice.one(&["a", "b", "c"]).to_owned();
    let area = dice.one(&[Mat4::from_box([0.; 3], [9.; 3]), Mat4::from_box([5.; 3], [3.; 3])]);
    match dice.below(24) {
        0..=3 => C::SetVoxel { layer, at: near(dice), voxel },
        4 => C::SetVoxels { layer, voxels: lines(dice) },
        5 => {
            let many = (0..600).map(|n| (Coord::new(n % 30, n / 30, 0), voxel)).collect();
            C::SetVoxels { layer, voxels: many }
        }
        6 | 7 => {
            let bounds = Bounds::around(near(dice), near(dice));
            C::FillShape { layer, shape: dice.one(&[Shape::Cube, Shape::Sphere]), bounds, voxel }
        }
        8 => C::ClearLayer { layer },
        9 | 10 => C::AddLayer { name: Some(name), visible: true },
        11 => C::DeleteLayer { layer: id },
        12 => C::DuplicateLayer { layer: id },
        13 => C::MoveLayer { layer: id, index: dice.below(4) as usize },
        14 => C::SetVisible { layer: id, visible: dice.roll() },
        15 => C::SelectBox { area: Some(area) },
        16 => C::Select { layer, selector: Selector::Box(area), mode: SelectMode::Add },
        17 => C::Copy { layer },
        18 => C::Paste { layer },
        19 => C::CutToLayer { layer },
        20 => {
            let look = Look {
                name,
                color: [0.5; 4],
                metallic: -0.0,
                roughness: dice.one(&[0.0, 1.0]),
                emission: [0.0; 3],
            };
            C::AddMaterial { look }
        }
        21 => C::Checkpoint { name },
        22 => C::Restore { name },
        _ => C::Deselect,
    }
}

#[track_caller]
fn run(project: &mut Project, command: Command) {
    project.apply(command, Author(1)).unwrap();
}

fn set(x: i32, voxel: Voxel) -> Command {
    Command::SetVoxel { layer: None, at: Coord::new(x, 0, 0), voxel }
}

fn cube(edge: i32) -> Command {
    let bounds = Bounds::around(Coord::default(), Coord::new(edge - 1, edge - 1, edge - 1));
    Command::FillShape { layer: None, shape: Shape::Cube, bounds, voxel: RED }
}

/// A layer of bricks that do not deflate.
fn noisy(dice: &mut Dice, bricks: i32) -> Scene {
    let mut scene = Scene::new();
    for x in 0..bricks {
        let mut brick = Brick::default();
        for index in 0..4096 {
            let [r, g, b, ..] = dice.next().to_le_bytes();
            brick.set(Local::from_index(index), Voxel::rgb(r, g, b));
        }
        scene.layers[0].volume.put(BrickCoord { x, y: 0, z: 0 }, brick);
    }
    scene
}

#[test]
fn a_new_project_comes_back() {
    check(&Project::new(), &mut Dice(1));
}

#[test]
fn a_step_of_one_voxel_takes_a_few_bytes() {
    let mut before = Project::new();
    for x in 0..2000 {
        run(&mut before, set(x % 200, if x / 200 % 2 == 0 { RED } else { Voxel::WHITE }));
    }
    let bytes = plain(&before).len();
    assert!(bytes < 5000, "{bytes} bytes");
    check(&before, &mut Dice(2));
}

#[test]
fn bricks_are_written_once_however_many_share_them() {
    let mut before = Project::from_scene(noisy(&mut Dice(3), 4));
    let once = plain(&before).len();
    let layer = LayerId(1);
    run(&mut before, Command::Checkpoint { name: "first".to_owned() });
    run(&mut before, Command::Copy { layer: None });
    run(&mut before, Command::DuplicateLayer { layer });
    run(&mut before, Command::DeleteLayer { layer });
    run(&mut before, Command::Restore { name: "first".to_owned() });
    run(&mut before, Command::ClearLayer { layer: None });
    before.undo().unwrap();
    let all = plain(&before).len();
    assert!(once > 4 * 4096 * 3 && all < once + 2000, "{once} bytes once, {all} in all");
    check(&before, &mut Dice(4));
}

/// They are bricks of the scene, not copies of them; and cost what they were found to.
#[test]
fn steps_that_came_back_share_bricks_with_the_scene() {
    let mut before = Project::from_scene(noisy(&mut Dice(5), 20));
    for x in 0..10 {
        run(&mut before, cube(2 + x));
        run(&mut before, Command::AddLayer { name: None, visible: true });
        run(&mut before, Command::SetActive { layer: LayerId(1) });
    }
    let mut back = decoded(&project(&before));
    assert_eq!(back.history_bytes(), before.history_bytes());
    let (last, first) = (back.clone(), 30);
    (0..first).for_each(|_| _ = back.undo().unwrap());
    let volume = |project: &Project| project.scene().layers[0].volume.clone();
    let shared = volume(&last).differing(&volume(&back));
    assert_eq!(shared, [BrickCoord { x: 0, y: 0, z: 0 }], "only the brick that was edited");
}

/// A click on the eye of one of 4000 layers wrote 4000 layers.
#[test]
fn a_change_of_one_layer_is_written_without_the_others() {
    let mut before = Project::new();
    for _ in 0..300 {
        run(&mut before, Command::AddLayer { name: None, visible: true });
    }
    let base = plain(&Project::from_scene(before.scene().clone())).len();
    let mut clicked = Project::from_scene(before.scene().clone());
    for n in 1..=100 {
        run(&mut clicked, Command::SetVisible { layer: LayerId(n), visible: false });
        run(&mut clicked, Command::MoveLayer { layer: LayerId(n), index: 0 });
    }
    let clicks = plain(&clicked).len() - base;
    assert!(clicks < 200 * 150, "{clicks} bytes");
    check(&clicked, &mut Dice(6));
}

#[test]
fn checkpoints_of_one_scene_are_written_once() {
    let mut before = Project::from_scene(noisy(&mut Dice(7), 1));
    for n in 0..100 {
        run(&mut before, Command::Checkpoint { name: format!("{n:03}") });
    }
    run(&mut before, set(0, Voxel::WHITE));
    run(&mut before, Command::Checkpoint { name: "now".to_owned() });
    let bytes = plain(&before).len();
    assert!(bytes < 2 * (3 * 4096 + 600) + 1000, "{bytes} bytes");
    let back = decoded(&project(&before));
    assert!(Arc::ptr_eq(&back.checkpoints["000"].scene, &back.checkpoints["099"].scene));
    assert!(Arc::ptr_eq(&back.checkpoints["now"].scene, &back.scene));
    check(&before, &mut Dice(8));
}

#[test]
fn a_scene_that_does_not_meet_its_digest_is_refused() {
    let mut before = Project::new();
    run(&mut before, cube(3));
    let mut bytes = vec![PROJECT_VERSION, 0];
    bytes.extend(plain(&before));
    assert!(decode_project(&bytes, &Limits::default()).is_ok());
    // Behind the length of the first part, which takes two bytes.
    bytes[4] ^= 1;
    let refusal = decode_project(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(refusal.to_string(), "a scene that does not meet its digest at byte 4");
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let mut before = Project::new();
    run(&mut before, cube(40));
    run(&mut before, Command::AddLayer { name: None, visible: true });
    run(&mut before, set(0, RED));
    let bytes = project(&before);
    let check = |limits: Limits, expected: &str| {
        let refusal = decode_project(&bytes, &limits).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{refusal}");
    };
    let limits = Limits::default();
    check(Limits { max_bricks: 26, ..limits }, "over the limit of 26 bricks of 16^3");
    check(Limits { max_layers: 1, ..limits }, "over the limit of 1 layers");
    check(Limits { max_text: 6, ..limits }, "over the limit of 6 bytes of a name");
    check(Limits { max_bytes: 10_000, ..limits }, "over the limit of 10000 bytes to hold");
    check(Limits { max_inflated: 600, ..limits }, "over the limit of 600 bytes unpacked");
}

/// Each step of five bytes was a list of 4000 layers.
#[test]
fn many_steps_of_large_scenes_are_refused_before_they_take_memory() {
    let mut scene = Scene::new();
    scene.layers = (1..=1000).map(|n| crate::scene::Layer::new(LayerId(n), "layer")).collect();
    scene.extra_chunks.push(ExtraChunk { kind: *b"LOTS", data: vec![0; 100_000] });
    let mut before = Project::from_scene(scene);
    let snapshot = before.snapshot();
    (0..100).for_each(|_| before.restore(&snapshot, Author(0)));
    assert!(plain(&before).len() < 200_000);
    let bytes = project(&before);
    let limits = Limits { max_bytes: 10_000_000, ..Limits::default() };
    let refusal = decode_project(&bytes, &limits).unwrap_err().to_string();
    assert!(refusal.starts_with("over the limit of 10000000 bytes to hold"), "{refusal}");
    assert_eq!(decoded(&bytes).steps(), (100, 0));
}

/// A new project's bytes, with this behind its scene.
fn after_scene(rest: &[u8]) -> Vec<u8> {
    let mut pool = Pool::default();
    let plain = without_bricks(&Project::new(), &mut pool);
    // No steps, no clipboard and box, no checkpoints.
    let scene = plain.strip_suffix(&[0, 0, 0, 0, 0]).unwrap();
    let parts = parts_of(&[scene, rest].concat(), &pool);
    [&[PROJECT_VERSION, 0], &parts[..]].concat()
}

#[test]
fn steps_that_cannot_be_are_refused() {
    let end = [0, 0, 0, 0];
    let cases: &[(&[u8], &str)] = &[
        (&[1, 0b11000, 1, 1, 3], ""),
        (&[1, 0b11000, 2, 1, 3], "a step in a layer that is not there"),
        (&[1, 0b10000, 1, 3], "a step in a layer that is not there"),
        (&[1, 0b11000, 1, 0], "a run without a step"),
        (&[1, 0b01000, 1, 1, 200, 1, 3], "more cells than there are bytes"),
        (
            &[1, 0b01000, 1, 2, 255, 255, 255, 255, 15, 255, 255, 255, 255, 15],
            "more cells than there can be",
        ),
        (&[1, 0b100000], "no form of a run has the number 32"),
        (&[1, 0b11001, 1, 0], "no form of a run has the number 25"),
        (&[1, 0b01001, 1, 0, 0], ""),
        (&[1, 0b01001, 1, 0, 1, 3], "a brick goes that is not there"),
        (&[1, 0b01001, 1, 0, 1, 2, 2], "a brick that was not written before"),
        (&[1, 0b01001, 1, 0, 1, 2, 9], "a brick that was not written before"),
        (&[1, 3, 0, 1, 3], "no form of a part of a group has the number 3"),
        (&[1, 3, 0, 1, 4], "no form of a part of a group has the number 4"),
        (&[1, 3, 0, 1, 8, 1, 1, 3], ""),
        (&[1, 2, 0, 1, 1, 0, 1, 0, 0, 0, 0], ""),
        (&[1, 2, 0, 0, 1, 0, 0, 0, 0], "an active layer that is not there"),
        (&[1, 2, 0, 1, 1, 0, 2, 0, 0, 0, 0], "an active layer that is not there"),
        (&[1, 2, 0, 1, 1, 1, 1, 0, 0, 0, 0], "items that are not there"),
        (&[1, 2, 0, 2, 1, 0, 1, 0, 1, 0, 0, 0, 0], "an item taken twice"),
        (&[1, 2, 0, 1, 1, 0, 1, 0, 0, 0, 1, 3, 0], "a layer that is not there"),
    ];
    for (steps, expected) in cases {
        let result = decode_project(&after_scene(&[steps, &end[..]].concat()), &Limits::default());
        let found = result.map_or_else(|refusal| refusal.to_string(), |_| String::new());
        let fits = if expected.is_empty() { found.is_empty() } else { found.starts_with(expected) };
        assert!(fits, "{steps:?}: {found}");
    }
}

#[test]
fn a_revision_at_its_end_is_refused() {
    let mut before = Project::new();
    before.revision = u64::MAX;
    let refusal = decode_project(&project(&before), &Limits::default()).unwrap_err();
    assert!(refusal.to_string().starts_with("a revision that cannot be"), "{refusal}");
}

/// A step of six bytes kept a path of nodes, and nobody counted it.
#[test]
fn the_nodes_that_steps_keep_count_towards_the_limit() {
    let mut scene = Scene::new();
    let grid = (0..1000).map(|n| Coord::new(n % 10, n / 10 % 10, n / 100));
    let apart = grid.map(|at| (Coord::new(at.x * 64, at.y * 64, at.z * 64), RED));
    scene.layers[0].volume.write(apart);
    let mut before = Project::from_scene(scene);
    for step in 0..200 {
        let color = if step % 2 == 0 { RED } else { Voxel::WHITE };
        let bounds = Bounds::around(Coord::default(), Coord::new(8, 8, 8));
        let shape = Shape::Cube;
        run(&mut before, Command::FillShape { layer: None, shape, bounds, voxel: color });
    }
    let bytes = project(&before);
    let held = before.history_bytes();
    let decode = |max_bytes| decode_project(&bytes, &Limits { max_bytes, ..Limits::default() });
    let scene = before.scene().layers[0].volume.bytes();
    assert!(decode(held * 3 / 4).is_err());
    assert!(decode(scene + held * 3 / 2).is_ok());
}

#[test]
fn checkpoints_that_cannot_be_are_refused() {
    let end = "a checkpoint's name that cannot be there";
    let cases: &[(&[u8], &str)] = &[
        (&[2, 1, b'a', 0, 1, 1, b'b', 0, 2], ""),
        (&[1, 1, b'a', 0, 2], "a checkpoint that is not there"),
        (&[2, 1, b'b', 0, 1, 1, b'a', 0, 1], end),
        (&[2, 1, b'a', 0, 1, 1, b'a', 0, 1], end),
        (&[1, 0, 0, 1], end),
    ];
    for (checkpoints, expected) in cases {
        let bytes = after_scene(&[&[0, 0, 0, 0], *checkpoints].concat());
        let result = decode_project(&bytes, &Limits::default());
        let found = result.map_or_else(|refusal| refusal.to_string(), |_| String::new());
        let fits = if expected.is_empty() { found.is_empty() } else { found.starts_with(expected) };
        assert!(fits, "{checkpoints:?}: {found}");
    }
}

#[test]
fn a_project_cut_anywhere_is_refused() {
    let mut before = Project::new();
    run(&mut before, set(3, RED));
    run(&mut before, Command::Checkpoint { name: "here".to_owned() });
    let bytes = [&[PROJECT_VERSION, 0], &plain(&before)[..]].concat();
    for end in 0..bytes.len() {
        let refusal = decode_project(&bytes[..end], &Limits::default()).unwrap_err();
        assert!(refusal.offset <= end as u64, "{refusal}");
    }
}

/// Whatever was read can be taken back, made again, edited and written.
fn use_up(mut found: Project, dice: &mut Dice) {
    let back = decoded(&project(&found));
    assert_eq!(past_and_future(back), past_and_future(found.clone()));
    for _ in 0..3 {
        act(&mut found, dice);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_project_comes_back(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let before = lived(&mut dice);
        check(&before, &mut dice);
    }

    #[test]
    fn damaged_projects_are_projects_or_refused(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let before = lived(&mut dice);
        let plain = [&[PROJECT_VERSION, 0], &plain(&before)[..]].concat();
        let limits = Limits { max_bytes: 1 << 24, max_inflated: 1 << 22, ..Limits::default() };
        for _ in 0..20 {
            if let Ok(found) = decode_project(&damaged(&mut dice, &plain), &limits) {
                use_up(found, &mut dice);
            }
            let _ = decode_project(&damaged(&mut dice, &project(&before)), &limits);
        }
    }

    #[test]
    fn any_bytes_after_a_scene_are_a_project_or_refused(
        bytes in prop::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..60),
    ) {
        let limits = Limits { max_bytes: 1 << 24, ..Limits::default() };
        if let Ok(found) = decode_project(&after_scene(&bytes), &limits) {
            use_up(found, &mut Dice(1));
        }
        let _ = decode_project(&bytes, &limits);
    }
}
