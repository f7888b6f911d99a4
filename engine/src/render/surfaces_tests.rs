//! Whose voxels are whose: against a model that looks at one voxel at a time.

use super::*;
use crate::math::Mat4;
use crate::scene::{Layer, LayerId};
use crate::volume::{Coord, Voxel};

/// A scene of a row of voxels along x: a line a layer, bottom first: its mode, its material,
/// and a digit for the alpha (0 to 9) of each voxel.
fn scene(lines: &[(BlendMode, Option<usize>, &str)]) -> Scene {
    let mut scene = Scene { layers: Vec::new(), ..Scene::new() };
    for (index, (mode, material, alphas)) in lines.iter().enumerate() {
        let mut layer = Layer::new(LayerId(10 + index as u32), "l");
        (layer.mode, layer.material) = (*mode, *material);
        let voxels = alphas.bytes().enumerate().map(|(x, digit)| {
            let alpha = ((u32::from(digit - b'0')) * 255 / 9) as u8;
            (Coord::new(x as i32, 0, 0), Voxel([9, 9, 9, alpha]))
        });
        layer.volume.write(voxels);
        scene.layers.push(layer);
    }
    scene.materials = (0..3u8).map(|n| material(f32::from(n) / 4.0)).collect();
    scene
}

fn material(roughness: f32) -> Material {
    Material { roughness, ..Material::new("m") }
}

/// What is drawn of a scene, for each voxel: what `ask` answers.
fn ask<T>(scene: &Scene, ask: impl Fn(&Surfaces, u32, Local) -> T) -> Vec<(Coord, T)> {
    let drawn = composite::drawn(scene);
    let Some(bounds) = drawn.bounds() else {
        return Vec::new();
    };
    let grid = Grid::new(&drawn, bounds, [5, -7, 1]);
    let surfaces = Surfaces::new(Some(scene), &grid);
    let mut near = super::super::grid::Near::START;
    let answer = |(at, _): (Coord, Voxel)| {
        let [x, y, z] = at.to_array();
        let (brick, local) = grid.find([x - 5, y + 7, z - 1], &mut near).unwrap();
        (at, ask(&surfaces, brick, local))
    };
    drawn.voxels().map(answer).collect()
}

fn layer_of(surfaces: &Surfaces, brick: u32, local: Local) -> u32 {
    surfaces.layer(brick, local)
}

/// The layers of the voxels that are drawn, a digit each.
#[track_caller]
fn check(lines: &[(BlendMode, Option<usize>, &str)], expected: &str) {
    let scene = scene(lines);
    let layers = ask(&scene, layer_of);
    let digit = |x: i32| {
        let layer = layers.iter().find(|(at, _)| at.x == x);
        layer.map_or("-".to_owned(), |(_, id)| (id - 10).to_string())
    };
    let seen: String = (0..expected.len() as i32).map(digit).collect();
    assert_eq!(seen, expected, "{lines:?}");
}

#[test]
fn a_voxel_is_that_of_the_topmost_layer_that_holds_it() {
    check(&[(BlendMode::Over, None, "99900"), (BlendMode::Over, None, "09190")], "0111-");
    check(&[(BlendMode::Over, None, "9900"), (BlendMode::Max, None, "0990")], "011-");
    check(&[(BlendMode::Over, None, "9900"), (BlendMode::Replace, None, "0990")], "-11-");
    check(&[(BlendMode::Over, None, "9900"), (BlendMode::IntersectFill, None, "0990")], "-1--");
}

#[test]
fn a_layer_that_only_changes_others_owns_nothing() {
    for (mode, expected) in [
        (BlendMode::Paint, "00-"),
        (BlendMode::Intersect, "-0-"),
        (BlendMode::MultAlpha, "-0-"),
        (BlendMode::Sub, "0--"),
        (BlendMode::SubClamp, "0--"),
    ] {
        check(&[(BlendMode::Over, None, "990"), (mode, None, "099")], expected);
    }
}

#[test]
fn the_lowest_visible_layer_owns_its_voxels_whatever_its_mode() {
    check(&[(BlendMode::Sub, None, "99"), (BlendMode::Over, None, "09")], "01");
    let mut scene = scene(&[(BlendMode::Over, None, "99"), (BlendMode::Paint, None, "09")]);
    scene.layers[0].visible = false;
    let layers = ask(&scene, layer_of);
    assert_eq!(layers, [(Coord::new(1, 0, 0), 11)]);
}

#[test]
fn looks_are_those_of_the_layers_and_default_without_one() {
    let lines = [
        (BlendMode::Over, Some(1), "9000"),
        (BlendMode::Over, Some(2), "0900"),
        (BlendMode::Over, Some(77), "0090"),
        (BlendMode::Over, None, "0009"),
    ];
    let roughness = |surfaces: &Surfaces, brick: u32, local: Local| {
        assert!(surfaces.only().is_none());
        surfaces.material(brick, local).roughness
    };
    let seen: Vec<f32> = ask(&scene(&lines), roughness).into_iter().map(|(_, r)| r).collect();
    assert_eq!(seen, [0.25, 0.5, 0.5, 0.5]);
}

#[test]
fn layers_of_one_look_are_uniform() {
    let only = |surfaces: &Surfaces, _: u32, _: Local| surfaces.only().copied();
    let twice = scene(&[(BlendMode::Over, Some(1), "90"), (BlendMode::Over, Some(1), "09")]);
    assert_eq!(ask(&twice, only)[0].1, Some(Surface::of(&material(0.25))));
    let mut hidden = scene(&[(BlendMode::Over, Some(1), "90"), (BlendMode::Over, Some(2), "09")]);
    hidden.layers[0].visible = false;
    assert_eq!(ask(&hidden, only)[0].1, Some(Surface::of(&material(0.5))));
}

#[test]
fn without_a_scene_all_is_default() {
    let volume: Volume = [(Coord::new(3, 4, 5), Voxel::WHITE)].into_iter().collect();
    let grid = Grid::new(&volume, volume.bounds().unwrap(), [0; 3]);
    let surfaces = Surfaces::new(None, &grid);
    assert_eq!(surfaces.layer(0, Local::new(3, 4, 5)), 0);
    assert_eq!(surfaces.only(), Some(&Surface::default()));
}

#[test]
fn numbers_out_of_range_are_brought_into_it() {
    let odd = Material {
        color: [f32::NAN, -1.0, f32::INFINITY, 7.0],
        metallic: f32::NAN,
        roughness: -3.0,
        emission: [f32::NEG_INFINITY, 2.0, f32::MAX],
        ..Material::new("odd")
    };
    let surface = Surface::of(&odd);
    assert_eq!(surface.base, [0.0, 0.0, STRENGTH_MAX]);
    assert_eq!((surface.opacity, surface.metallic, surface.roughness), (1.0, 0.0, 0.0));
    assert_eq!(surface.emission, [0.0, 2.0, STRENGTH_MAX]);
}

/// A stack of layers, blocks and clones of blocks over one another at random places.
fn stack(count: u32) -> Scene {
    let mut scene = Scene { layers: Vec::new(), ..Scene::new() };
    let mut random = 12_345u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    for id in 1..=count {
        let mut layer = Layer::new(LayerId(id), "l");
        let low = [0; 3].map(|_: i32| next(40) as i32 - 20);
        let voxel = Voxel([9, 9, 9, [255, 100, 200][next(3) as usize]]);
        for index in 0..next(2000) as i32 {
            let at = [index % 11, index / 11 % 13, index / 143];
            layer.volume.set(Coord::from(at).offset(low).unwrap(), voxel);
        }
        layer.mode = BlendMode::ALL[next(9) as usize % 9];
        layer.mode = if next(3) > 0 { BlendMode::Over } else { layer.mode };
        if id % 5 == 0 {
            layer.volume = Volume::new();
            layer.kind = LayerKind::Clone { base: LayerId(id - 1) };
            layer.mat = Mat4::from_box([3.0, -5.0, 9.0], [1.0; 3]);
        }
        scene.layers.push(layer);
    }
    scene
}

#[test]
fn many_layers_are_told_apart_as_voxel_by_voxel() {
    let scene = stack(40);
    let volumes: Vec<Volume> =
        scene.layers.iter().map(|layer| composite::voxels_of(&scene, layer)).collect();
    let expected = |at: Coord| {
        let holds = |(index, layer): &(usize, &Layer)| {
            let puts = *index == 0
                || [BlendMode::Over, BlendMode::Max, BlendMode::IntersectFill, BlendMode::Replace]
                    .contains(&layer.mode);
            puts && !volumes[*index].get(at).is_empty()
        };
        scene.layers.iter().enumerate().rev().find(holds).map_or(0, |(_, layer)| layer.id.0)
    };
    let seen = ask(&scene, layer_of);
    assert!(seen.len() > 1000, "{} voxels", seen.len());
    for (at, layer) in seen {
        assert_eq!(layer, expected(at), "{at:?}");
    }
}

#[test]
fn a_thousand_layers_keep_a_bricks_list_short() {
    let mut scene = Scene { layers: Vec::new(), ..Scene::new() };
    let block: Volume =
        (0..4096).map(|n| (Coord::new(n & 15, n >> 4 & 15, n >> 8), Voxel::WHITE)).collect();
    for id in 1..=1000 {
        let layer = Layer { volume: block.clone(), ..Layer::new(LayerId(id), "l") };
        scene.layers.push(layer);
    }
    let grid = Grid::new(&block, block.bounds().unwrap(), [0; 3]);
    let surfaces = Surfaces::new(Some(&scene), &grid);
    assert_eq!(surfaces.layer(0, Local::new(1, 2, 3)), 1000);
    let bricks = surfaces.bricks.get().unwrap();
    assert!(matches!(bricks.owners[0].get(), Some(Owners::One(0))));
}
