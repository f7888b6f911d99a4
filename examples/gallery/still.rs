//! A still life: a garden under a glass bell, a copper can, coins, on a table.

use super::brush::{block, carve, empty, form, grain, layer, shade, wear};
use goxel_engine::ops::Shape::{Cube, Cylinder, Sphere, Torus};
use goxel_engine::scene::{Material, Scene};
use goxel_engine::volume::{Coord, Volume};

const OAK: [u32; 3] = [0xa8_74_48, 0x9f_6c_42, 0xb0_7c_50];
const MOSS: [u32; 4] = [0x6f_9d_4e, 0x7b_ab_57, 0x64_90_47, 0x86_b4_5e];
const STONE: [u32; 3] = [0x9a_97_90, 0x8e_8b_85, 0xa6_a3_9c];
const COPPER: [u32; 2] = [0xf0_a0_78, 0xec_9a_72];
const GOLD: [u32; 2] = [0xff_cf_6a, 0xfc_c8_5e];

/// The whole of it.
pub fn still() -> Scene {
    let mut scene = empty([-26, -32, 0], [58, 26, 46]);
    layer(&mut scene, "foot", |v| {
        form(v, Cylinder, [-27, -20, 0], [46, 46, 4], &OAK);
        form(v, Cylinder, [-25, -18, 4], [42, 42, 2], &OAK);
    });
    layer(&mut scene, "garden", garden);
    layer(&mut scene, "brass", |v| {
        form(v, Cylinder, [-24, -17, 6], [40, 40, 2], &GOLD);
        carve(v, Cylinder, [-22, -15, 6], [36, 36, 2]);
        form(v, Sphere, [-7, 0, 49], [6, 6, 6], &GOLD);
    });
    wear(&mut scene, metal("brass", 0.25));
    layer(&mut scene, "bell", bell);
    let clear = Material { color: [1.0, 1.0, 1.0, 0.07], metallic: 0.0, ..metal("glass", 0.03) };
    wear(&mut scene, clear);
    layer(&mut scene, "can", can);
    wear(&mut scene, metal("copper", 0.3));
    layer(&mut scene, "coins", coins);
    wear(&mut scene, metal("gold", 0.5));
    scene
}

fn metal(name: &str, roughness: f32) -> Material {
    Material { metallic: 1.0, roughness, ..Material::new(name) }
}

fn garden(v: &mut Volume) {
    form(v, Sphere, [-21, -14, -2], [34, 34, 20], &MOSS);
    carve(v, Cube, [-30, -20, -2], [60, 60, 8]);
    form(v, Sphere, [-17, -10, 9], [8, 7, 8], &STONE);
    form(v, Sphere, [1, -7, 9], [7, 6, 5], &STONE);
    // A small bent pine.
    let way = [(-3, 6, 15), (-4, 6, 18), (-5, 5, 21), (-4, 4, 24), (-3, 4, 27)];
    for (x, y, z) in way {
        block(v, [x, y, z], [3, 3, 4], &[0x7a_51_33, 0x6f_48_2c]);
    }
    for (x, y, z, wide) in [(-12, -3, 23, 13), (-7, -2, 29, 15), (-1, 2, 24, 11), (-5, 1, 36, 9)] {
        form(
            v,
            Sphere,
            [x, y, z],
            [wide, wide, wide / 2 + 1],
            &[0x2f_6f_4f, 0x37_7a_57, 0x29_65_47],
        );
    }
    let tops: Vec<Coord> = v.voxels().map(|(at, _)| at).collect();
    for at in tops {
        let above = Coord::new(at.x, at.y, at.z + 1);
        if at.z < 18 && grain(at.x, at.y, 8) > 246 && v.get(above).is_empty() {
            v.set(above, shade(&[0xff_ff_ff, 0xf4_c9_5d, 0xe8_6a_7c], at.x, at.y, 3));
        }
    }
}

fn bell(v: &mut Volume) {
    form(v, Cylinder, [-23, -16, 8], [38, 38, 22], &[0xf6_ff_fc]);
    form(v, Sphere, [-23, -16, 11], [38, 38, 38], &[0xf6_ff_fc]);
    carve(v, Cylinder, [-22, -15, 6], [36, 36, 24]);
    carve(v, Sphere, [-22, -15, 12], [36, 36, 36]);
    carve(v, Cube, [-30, -30, 0], [70, 70, 8]);
}

fn can(v: &mut Volume) {
    form(v, Cylinder, [25, -4, 0], [20, 20, 20], &COPPER);
    carve(v, Cylinder, [27, -2, 3], [16, 16, 20]);
    form(v, Torus, [24, -5, 18], [22, 22, 3], &COPPER);
    form(v, Torus, [24, -5, 1], [22, 22, 3], &COPPER);
    // The spout with its rose, and the handle above.
    for step in 0..13 {
        block(v, [43 + step, 4, 4 + step * 3 / 2], [4, 4, 4], &COPPER);
    }
    block(v, [56, 2, 21], [3, 8, 8], &COPPER);
    let mut ring = Volume::new();
    form(&mut ring, Torus, [0, 0, 0], [22, 22, 3], &COPPER);
    for (at, voxel) in ring.voxels().filter(|(at, _)| at.y >= 10) {
        v.set(Coord::new(24 + at.x, 4 + at.z, at.y + 9), voxel);
    }
}

/// Piles of coins, each with a darker lower half, and one that rolled away.
fn coins(v: &mut Volume) {
    for (x, y, count) in [(15, -28, 6), (26, -30, 3), (4, -32, 2), (40, -27, 1)] {
        for coin in 0..count {
            let low = [x + grain(x, coin, 4) / 128, y + grain(y, coin, 4) / 128, coin * 2];
            form(v, Cylinder, low, [10, 10, 1], &[0xc9_8a_34]);
            form(v, Cylinder, [low[0], low[1], low[2] + 1], [10, 10, 1], &GOLD);
        }
    }
}
