//! An effect makes the new scene of the old one, of no other, and survives as bytes.

use super::*;
use crate::digest::Digest;
use crate::encode::arbitrary::{Dice, edited, volume};
use crate::encode::code::put_varint;
use crate::encode::tests::damaged;
use crate::scene::Layer;
use crate::volume::{Coord, Voxel};
use flate2::{Compression, write::DeflateEncoder};
use proptest::prelude::*;
use std::io::Write;

const RED: Voxel = Voxel::rgb(255, 0, 0);

/// The layers' voxels, then the mask's.
fn voxels(scene: &Scene) -> Vec<Volume> {
    let layers = scene.layers.iter().map(|layer| layer.volume.clone());
    layers.chain([scene.selection.mask.clone()]).collect()
}

#[track_caller]
fn check_same(a: &Scene, b: &Scene) {
    assert_eq!(plain_bytes(a), plain_bytes(b));
    assert!(voxels(a) == voxels(b));
    assert_eq!(Digest::of(a), Digest::of(b));
}

#[track_caller]
fn check(old: &Scene, new: &Scene) {
    let effect = Effect::between(old, new);
    let bytes = effect.to_bytes();
    let back = Effect::from_bytes(&bytes, &Limits::default()).unwrap();
    assert_eq!(back.to_bytes(), bytes);
    for effect in [effect, back] {
        let mut scene = old.clone();
        effect.apply(&mut scene).unwrap();
        check_same(&scene, new);
    }
}

/// A refused effect leaves the scene as it was.
#[track_caller]
fn check_refused(effect: &Effect, scene: &Scene, expected: &str) {
    let mut after = scene.clone();
    assert_eq!(effect.apply(&mut after).unwrap_err().to_string(), expected);
    check_same(&after, scene);
}

fn scene_with(places: &[i32]) -> Scene {
    let mut scene = Scene::new();
    let row = places.iter().map(|x| (Coord::new(*x, 0, 0), RED));
    scene.layers[0].volume.write(row);
    scene
}

#[test]
fn an_effect_holds_only_the_bricks_that_changed() {
    let old = scene_with(&[0, 100, 200, 300]);
    let mut new = old.clone();
    new.layers[0].volume.set(Coord::new(100, 0, 0), Voxel::WHITE);
    new.layers[0].volume.set(Coord::new(200, 0, 0), Voxel::EMPTY);
    let effect = Effect::between(&old, &new);
    assert_eq!((effect.brick_count(), effect.scene.is_none()), (2, true));
    assert_eq!(effect.to_bytes().len(), 24);
    check(&old, &new);
}

#[test]
fn the_same_voxels_stored_apart_are_no_change() {
    let (one, other) = (scene_with(&[0, 50]), scene_with(&[0, 50]));
    assert!(Effect::between(&one, &other).is_empty());
}

#[test]
fn an_effect_on_another_scene_is_refused() {
    let old = scene_with(&[0, 100]);
    let effect = Effect::between(&old, &scene_with(&[0, 100, 200]));
    let other = "an effect that was made from another scene";
    let mut renumbered = old.clone();
    renumbered.layers[0].id = LayerId(2);
    let mut masked = old.clone();
    masked.selection.mask.set(Coord::default(), Voxel::WHITE);
    let mut layered = old.clone();
    layered.layers.push(Layer::new(LayerId(2), "two"));
    for scene in [renumbered, masked, layered, Scene::new(), scene_with(&[0, 1])] {
        check_refused(&effect, &scene, other);
    }
}

#[test]
fn a_brick_that_is_not_there_cannot_go() {
    let effect = Effect::between(&scene_with(&[0, 100]), &scene_with(&[0]));
    let gone = "an effect takes brick (6, 0, 0) away, which is not there";
    check_refused(&effect, &scene_with(&[0, 200]), gone);
}

#[test]
fn an_effect_on_a_layer_that_is_not_there_is_refused() {
    let old = scene_with(&[0]);
    let mut effect = Effect::between(&old, &scene_with(&[1]));
    effect.volumes[0].0 = Some(LayerId(9));
    check_refused(&effect, &old, "an effect on layer 9, which is not there");
}

#[test]
fn repeated_bricks_cost_a_byte_and_are_shared() {
    let mut new = Scene::new();
    for x in 0..1000 {
        new.layers[0].volume.put(BrickCoord { x, y: 0, z: 0 }, Brick::full(RED));
    }
    let effect = Effect::between(&Scene::new(), &new);
    assert!(effect.plain_bytes().len() < 1030);
    assert!(effect.to_bytes().len() < 60);
    let back = Effect::from_bytes(&effect.to_bytes(), &Limits::default()).unwrap();
    let bricks: BTreeSet<_> =
        back.volumes[0].1.iter().map(|(_, brick)| brick.as_ref().map(Arc::as_ptr)).collect();
    assert_eq!(bricks.len(), 1);
    check(&Scene::new(), &new);
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let mut new = scene_with(&[0, 100, 200]);
    new.layers.push(Layer::new(LayerId(2), "a name of 20 letters"));
    let plain = Effect::between(&Scene::new(), &new).to_bytes();
    new.layers[0].name = "n".repeat(1000);
    let packed = Effect::between(&Scene::new(), &new).to_bytes();
    assert_eq!((plain[1], packed[1]), (0, 1));
    let check = |bytes: &[u8], limits: Limits, expected: &str| {
        let refusal = Effect::from_bytes(bytes, &limits).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{refusal}");
    };
    let limits = Limits::default();
    check(&plain, Limits { max_bricks: 2, ..limits }, "over the limit of 2 bricks of 16^3");
    check(&plain, Limits { max_bytes: 1000, ..limits }, "over the limit of 1000 bytes of voxels");
    check(&plain, Limits { max_layers: 1, ..limits }, "over the limit of 1 layers");
    check(&plain, Limits { max_text: 7, ..limits }, "over the limit of 7 bytes of a name");
    check(&packed, Limits { max_inflated: 512, ..limits }, "over the limit of 512 bytes unpacked");
}

#[test]
fn effect_bytes_that_cannot_be_are_refused() {
    let packed = |length: u64, plain: &[u8], after: &[u8]| {
        let mut bytes = vec![EFFECT_VERSION, 1];
        put_varint(length, &mut bytes);
        let mut encoder = DeflateEncoder::new(bytes, Compression::fast());
        encoder.write_all(plain).unwrap();
        [&encoder.finish().unwrap(), after].concat()
    };
    let plain = |rest: &[u8]| [&[EFFECT_VERSION, 0], &[0; 8][..], rest].concat();
    let broken = "packed bytes that cannot be unpacked at byte 3";
    let brick = |key: u8| [key, 1, 2, 16, 1, 2, 3];
    let cases: &[(Vec<u8>, &str)] = &[
        (vec![9], "encoded by version 9, this one reads version 1 at byte 0"),
        (vec![1, 2], "no boolean has the number 2 at byte 1"),
        (packed(9, &[0; 10], &[]), broken),
        (packed(11, &[0; 10], &[]), broken),
        (packed(10, &[0; 10], &[7]), broken),
        (packed(11, &[0; 11], &[]), "bytes after the end at byte 10"),
        (plain(&[0, 1, 0, 0]), "a layer that does not change at byte 12"),
        (plain(&[0, 1, 0, 1, 2, 3]), "a brick that is the last one again at byte 15"),
        (plain(&[0, 1, 0, 2, 3, 3, 0, 0, 0]), "bricks out of order at byte 15"),
        (
            plain(&[0, 1, 0, 1, 0x0D, 0xFE, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0]),
            "a brick that leaves space at byte 14",
        ),
        (plain(&[&[0, 2], &brick(0)[..], &brick(0)].concat()), "layers out of order at byte 19"),
    ];
    for (bytes, expected) in cases {
        let refusal = Effect::from_bytes(bytes, &Limits::default()).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{bytes:?}: {refusal}");
    }
}

#[test]
fn two_layers_of_one_number_are_refused() {
    let mut new = Scene::new();
    new.layers.push(Layer::new(LayerId(1), "again"));
    let bytes = Effect::between(&Scene::new(), &new).to_bytes();
    let refusal = Effect::from_bytes(&bytes, &Limits::default()).unwrap_err();
    assert!(refusal.to_string().starts_with("two layers of one number"), "{refusal}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_effect_makes_the_new_scene_of_the_old(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let old: Scene = dice.roll();
        let new = edited(&mut dice, &old);
        check(&old, &new);
        check(&new, &old);
        check(&old, &dice.roll());
    }

    #[test]
    fn damaged_effects_are_effects_or_refused(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut new = Scene::new();
        new.layers[0].volume = volume(&mut dice);
        let effect = Effect::between(&Scene::new(), &new);
        let plain = [&[EFFECT_VERSION, 0], &effect.plain_bytes()[..]].concat();
        let limits = Limits { max_bricks: 100, max_inflated: 1 << 20, ..Limits::default() };
        for _ in 0..10 {
            if let Ok(effect) = Effect::from_bytes(&damaged(&mut dice, &plain), &limits) {
                let again = Effect::from_bytes(&effect.to_bytes(), &limits).unwrap();
                prop_assert_eq!(again.plain_bytes(), effect.plain_bytes());
                let _ = effect.apply(&mut Scene::new());
            }
            let _ = Effect::from_bytes(&damaged(&mut dice, &effect.to_bytes()), &limits);
        }
    }

    #[test]
    fn any_bytes_are_an_effect_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Effect::from_bytes(&bytes, &Limits::default());
        let _ = Effect::from_bytes(&[&[1, 0], &bytes[..]].concat(), &Limits::default());
        let _ = Effect::from_bytes(&[&[1, 1, 40], &bytes[..]].concat(), &Limits::default());
    }
}
