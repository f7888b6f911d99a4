//! Digests are those of the content: however stored, however arrived at.

use super::*;
use crate::command::{Author, Command};
use crate::encode::arbitrary::{Dice, edited};
use crate::ops::Shape;
use crate::project::Project;
use crate::scene::Layer;
use crate::volume::{BlendMode, Bounds, Coord, Voxel};
use proptest::prelude::*;

const RED: Voxel = Voxel::rgb(255, 0, 0);

/// Some scene with two layers and something in all its parts.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.layers.push(Layer::new(LayerId(2), "two"));
    scene.layers[0].volume.write((0..40).map(|x| (Coord::new(x, 1, 2), RED)));
    scene.layers[1].volume.set(Coord::new(-1, 0, 0), Voxel::WHITE);
    scene.extra.push((b"key".to_vec(), b"value".to_vec()));
    scene
}

/// Fixed for ever, as logs hold it: the forms of scenes and bricks are in it.
#[test]
fn the_digest_of_a_scene_is_what_it_always_was() {
    assert_eq!(Digest::of(&scene()).to_string(), "0615c4f9e9881ce9f248e4964ca9818e");
}

type Change = (&'static str, fn(&mut Scene));

#[test]
fn any_single_change_changes_the_digest() {
    let changes: &[Change] = &[
        ("a voxel's colour", |s| _ = s.layers[0].volume.set(Coord::new(5, 1, 2), Voxel::WHITE)),
        ("a voxel more", |s| _ = s.layers[0].volume.set(Coord::new(-5, 1, 2), RED)),
        ("a voxel less", |s| _ = s.layers[0].volume.set(Coord::new(5, 1, 2), Voxel::EMPTY)),
        ("a brick elsewhere", |s| {
            s.layers[1].volume = [(Coord::new(-17, 0, 0), Voxel::WHITE)].into_iter().collect();
        }),
        ("volumes exchanged", |s| {
            let volume = s.layers[0].volume.clone();
            s.layers[0].volume = std::mem::replace(&mut s.layers[1].volume, volume);
        }),
        ("layers exchanged", |s| s.layers.swap(0, 1)),
        ("a name", |s| s.layers[1].name.push('!')),
        ("visibility", |s| s.layers[1].visible = false),
        ("a mode", |s| s.layers[1].mode = BlendMode::Max),
        ("a material worn", |s| s.layers[1].material = Some(0)),
        ("a box", |s| s.layers[1].bounds = Some(s.area)),
        ("the active layer", |s| s.active = LayerId(2)),
        ("a material", |s| s.materials[0].roughness = 0.25),
        ("a camera", |s| s.cameras[0].ortho = true),
        ("the active camera", |s| s.active_camera = 1),
        ("the light", |s| s.light.yaw = -0.0),
        ("the area", |s| s.area.0[12] = 1.0),
        ("the selection's box", |s| s.selection.area = Some(s.area)),
        ("the mask", |s| _ = s.selection.mask.set(Coord::new(0, 0, 0), Voxel::WHITE)),
        ("a key", |s| s.extra[0].1[0] = b'V'),
        ("a layer", |s| s.layers.push(Layer::new(LayerId(3), "three"))),
    ];
    let old = scene();
    let mut seen = vec![Digest::of(&old)];
    for (what, change) in changes {
        let mut new = old.clone();
        change(&mut new);
        let digest = Digest::of(&new);
        assert!(!seen.contains(&digest), "{what}");
        assert_eq!(seen[0].after(&old, &new), digest, "{what}");
        assert_eq!(digest.after(&new, &old), seen[0], "{what}");
        seen.push(digest);
    }
}

#[test]
fn a_digest_comes_back_from_its_bytes() {
    let digest = Digest::of(&scene());
    assert_eq!(Digest::from_bytes(digest.to_bytes()), digest);
    let hex: String = digest.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest.to_string(), hex);
}

fn edit(d: &mut Dice) -> Command {
    let place = |d: &mut Dice| {
        let [x, y, z] = [0; 3].map(|_| d.below(40) as i32 - 20);
        Coord::new(x, y, z)
    };
    let id = LayerId(1 + d.below(4) as u32);
    let layer = d.roll::<bool>().then_some(id);
    match d.below(8) {
        0 => Command::AddLayer { name: None, visible: true },
        1 => Command::DeleteLayer { layer: id },
        2 => Command::MergeLayers { source: id, target: LayerId(1 + d.below(4) as u32) },
        3 => Command::FillShape {
            layer,
            shape: Shape::Sphere,
            bounds: Bounds::around(place(d), place(d)),
            voxel: d.roll(),
        },
        4 => Command::ClearLayer { layer },
        5 => Command::MoveLayer { layer: id, index: d.below(4) as usize },
        _ => Command::SetVoxel { layer, at: place(d), voxel: d.roll() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_digest_kept_up_to_date_is_that_of_the_whole(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let old: Scene = dice.roll();
        let digest = Digest::of(&old);
        let new = edited(&mut dice, &old);
        prop_assert_eq!(digest.after(&old, &new), Digest::of(&new));
        let other: Scene = dice.roll();
        prop_assert_eq!(digest.after(&old, &other), Digest::of(&other));
    }

    #[test]
    fn undoing_everything_returns_the_first_digest(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut project = Project::new();
        let mut digests = vec![Digest::of(project.scene())];
        for _ in 0..dice.below(30) {
            let (before, steps) = (project.scene().clone(), project.steps());
            let _ = project.apply(edit(&mut dice), Author(0));
            let last = digests[digests.len() - 1];
            let now = last.after(&before, project.scene());
            prop_assert_eq!(now, Digest::of(project.scene()));
            if project.steps() == steps {
                prop_assert_eq!(now, last);
            } else {
                digests.push(now);
            }
        }
        while let Some(last) = digests.pop() {
            prop_assert_eq!(Digest::of(project.scene()), last);
            if !digests.is_empty() {
                project.undo().unwrap();
            }
        }
        prop_assert!(project.undo().is_err());
    }
}
