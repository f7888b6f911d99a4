//! A street corner: a café with a flat above, a conservatory, trees, a lamp, a van.

use super::brush::{block, carve, empty, form, grain, layer, shade, wear};
use super::van;
use goxel_engine::ops::Shape;
use goxel_engine::scene::{Material, Scene};
use goxel_engine::volume::{Coord, Volume};

const ASPHALT: [u32; 3] = [0x4b_51_5e, 0x50_56_63, 0x46_4c_59];
const PAVING: [u32; 3] = [0xcf_c5_b4, 0xc8_bd_ab, 0xd6_cd_bd];
const CURB: [u32; 2] = [0xa9_a2_97, 0xb1_aa_9f];
const PLASTER: [u32; 3] = [0xf3_e4_c8, 0xf1_e0_c2, 0xf5_e8_cf];
const TEAL: [u32; 2] = [0x2c_6e_70, 0x30_75_76];
const TRIM: [u32; 1] = [0xfb_f6_ea];
const TILES: [u32; 3] = [0xc4_56_3d, 0xbb_4d_36, 0xcd_60_46];
const WOOD: [u32; 2] = [0x8a_5c_3c, 0x80_53_35];
const PANE: [u32; 3] = [0x7f_a9_bd, 0x78_a2_b7, 0x87_b1_c4];
const BLOSSOM: [u32; 4] = [0xf3_a6_b6, 0xf5_b0_bd, 0xef_9c_ae, 0xf7_b9_c4];
const LEAVES: [u32; 3] = [0x72_9f_4f, 0x7a_a8_56, 0x6a_96_49];
const IRON: [u32; 1] = [0x33_3b_45];

/// The whole corner by day: its windows reflect, but give no light.
pub fn corner() -> Scene {
    let mut scene = empty([-44, -44, -3], [44, 44, 36]);
    layer(&mut scene, "ground", ground);
    layer(&mut scene, "house", house);
    layer(&mut scene, "roof", roof);
    layer(&mut scene, "street", street);
    layer(&mut scene, "trees", trees);
    layer(&mut scene, "conservatory", conservatory);
    layer(&mut scene, "glass", glass);
    let clear = Material { color: [0.9, 1.0, 0.97, 0.22], roughness: 0.05, ..plain("glass", 0.0) };
    wear(&mut scene, clear);
    layer(&mut scene, "windows", windows);
    wear(&mut scene, Material { roughness: 0.1, ..plain("panes", 0.0) });
    layer(&mut scene, "lamp", |v| form(v, Shape::Sphere, [18, -16, 25], [6, 6, 6], &[0xff_ee_c8]));
    wear(&mut scene, plain("bulb", 0.0));
    let [body, chrome] = van::parts([-19, -41, 2]);
    layer(&mut scene, "van", |v| *v = body);
    layer(&mut scene, "chrome", |v| *v = chrome);
    wear(&mut scene, Material { roughness: 0.15, ..plain("chrome", 1.0) });
    scene
}

/// The same corner with its lights on.
pub fn corner_with_lights() -> Scene {
    let mut scene = corner();
    let lights = [("windows", [1.7, 0.85, 0.28]), ("lamp", [4.5, 3.0, 1.5])];
    for (layer, emission) in lights {
        if let Some(material) = super::brush::material(&mut scene, layer) {
            material.emission = emission;
        }
    }
    scene
}

fn plain(name: &str, metallic: f32) -> Material {
    Material { metallic, ..Material::new(name) }
}

fn ground(v: &mut Volume) {
    block(v, [-44, -44, -3], [88, 88, 3], &[0x6d_5a_4a, 0x66_54_45, 0x74_60_4f]);
    block(v, [-44, -44, 0], [88, 88, 1], &ASPHALT);
    block(v, [-44, -25, 1], [69, 69, 1], &CURB);
    for (x, y) in (-44..24).flat_map(|x| (-24..44).map(move |y| (x, y))) {
        // Slabs of four voxels, each of one tone.
        v.set(Coord::new(x, y, 1), shade(&PAVING, x.div_euclid(4), y.div_euclid(4), 0));
    }
    block(v, [-44, 27, 1], [68, 17, 1], &LEAVES);
    for i in 0..8 {
        block(v, [-42 + i * 8, -35, 0], [4, 1, 1], &[0xe9_e4_d6]);
        block(v, [34, -16 + i * 8, 0], [1, 4, 1], &[0xe9_e4_d6]);
    }
    for i in 0..4 {
        block(v, [27 + i * 4, -24, 0], [2, 7, 1], &[0xe9_e4_d6]);
    }
}

fn house(v: &mut Volume) {
    block(v, [-30, -8, 2], [36, 33, 15], &TEAL);
    block(v, [-31, -9, 2], [38, 35, 2], &[0x70_6a_66, 0x78_72_6d]);
    block(v, [-31, -9, 16], [38, 35, 2], &TRIM);
    block(v, [-30, -8, 18], [36, 33, 14], &PLASTER);
    rooms(v);
    for step in 0..16 {
        block(v, [-30, -8 + step, 32 + step], [36, 33 - 2 * step, 1], &PLASTER);
    }
    for [x, z, wide, high] in FRONT {
        block(v, [x - 1, -9, z - 1], [wide + 2, 1, high + 2], &TRIM);
    }
    for [y, z, wide, high] in SIDE {
        block(v, [6, y - 1, z - 1], [1, wide + 2, high + 2], &TRIM);
    }
    // Window boxes, a door, a striped awning.
    for x in [-26, -14, -2] {
        block(v, [x - 1, -11, 19], [8, 2, 2], &WOOD);
        block(v, [x - 1, -11, 21], [8, 2, 1], &[0xe2_5d_5a, 0xf4_c9_5d, 0x7b_ab_57, 0x6f_9d_4e]);
    }
    block(v, [-3, -9, 2], [7, 1, 14], &TRIM);
    block(v, [-2, -9, 2], [5, 1, 10], &[0xb5_4a_3a]);
    block(v, [2, -10, 7], [1, 1, 1], &[0xf2_c1_4e]);
    for x in -30..-4 {
        let stripe = if (x + 30) / 3 % 2 == 0 { 0xe8_62_52 } else { 0xfb_f6_ea };
        for step in 0..6 {
            block(v, [x, -10 - step, 16 - step / 2], [1, 1, 1], &[stripe]);
        }
        block(v, [x, -15, 13], [1, 1, 1], &[stripe]);
    }
}

/// The flat above the café, seen when the roof is cut away.
fn rooms(v: &mut Volume) {
    carve(v, Shape::Cube, [-28, -6, 18], [32, 29, 14]);
    for x in -28..4 {
        block(
            v,
            [x, -6, 17],
            [1, 29, 1],
            &[[0xc0_92_62, 0xb4_86_57, 0xc8_9b_6b][x.rem_euclid(3) as usize]],
        );
    }
    block(v, [-9, -6, 18], [1, 9, 14], &PLASTER);
    block(v, [-9, 10, 18], [1, 13, 14], &PLASTER);
    // A bed, a rug, shelves; a sofa, a table, a plant.
    block(v, [-26, 10, 18], [9, 13, 3], &WOOD);
    block(v, [-26, 10, 21], [9, 9, 1], &[0x5f_b8_a8, 0x58_b0_a0]);
    block(v, [-25, 19, 21], [7, 3, 2], &TRIM);
    block(v, [-26, -2, 18], [14, 9, 1], &[0xe8_9b_4f, 0xe2_93_46]);
    block(v, [-13, 12, 18], [4, 9, 7], &[0x6d_46_2d]);
    block(v, [-6, 19, 18], [9, 4, 3], &[0xd8_5c_50]);
    block(v, [-6, 22, 21], [9, 1, 3], &[0xd8_5c_50]);
    block(v, [-6, 8, 18], [9, 9, 1], &[0xf1_d9_a0, 0xec_d2_94]);
    form(v, Shape::Cylinder, [-4, 10, 19], [5, 5, 3], &TRIM);
    form(v, Shape::Sphere, [-1, -5, 19], [4, 4, 6], &LEAVES);
}

fn roof(v: &mut Volume) {
    for step in -3..17 {
        for (y, tones) in [(-8 + step, &TILES[..]), (24 - step, &TILES[..])] {
            block(v, [-32, y, 32 + step], [40, 1, 2], tones);
        }
    }
    block(v, [-32, 8, 49], [40, 1, 1], &[0xa8_42_2f]);
    block(v, [-24, 13, 38], [6, 6, 18], &[0xa8_6a_55, 0xb3_75_5f, 0x9c_61_4d]);
    block(v, [-25, 12, 54], [8, 8, 2], &[0x8e_86_80]);
    block(v, [-23, 14, 56], [4, 4, 2], &[0x5a_46_40]);
    // A dormer.
    block(v, [-16, -5, 36], [10, 12, 7], &PLASTER);
    for step in 0..6 {
        block(v, [-17 + step, -6, 42 + step], [12 - 2 * step, 14, 1], &TILES);
    }
}

/// Windows in the front and in the side: the first place along the wall, the height, and
/// the size of their panes.
const FRONT: [[i32; 4]; 7] = [
    [-29, 5, 7, 8],
    [-20, 5, 7, 8],
    [-11, 5, 6, 8],
    [-26, 22, 6, 7],
    [-14, 22, 6, 7],
    [-2, 22, 6, 7],
    [-2, 13, 5, 2],
];
const SIDE: [[i32; 4]; 4] = [[-3, 22, 5, 7], [7, 22, 5, 7], [16, 22, 5, 7], [6, 36, 5, 5]];

fn windows(v: &mut Volume) {
    for [x, z, wide, high] in FRONT {
        let bar = wide / 2;
        block(v, [x, -9, z], [bar, 1, high], &PANE);
        block(v, [x + bar + 1, -9, z], [wide - bar - 1, 1, high], &PANE);
    }
    for [y, z, wide, high] in SIDE {
        block(v, [6, y, z], [1, 2, high], &PANE);
        block(v, [6, y + 3, z], [1, wide - 3, high], &PANE);
    }
    block(v, [-13, -6, 38], [4, 1, 4], &PANE);
}

fn conservatory(v: &mut Volume) {
    block(v, [7, 2, 2], [14, 20, 2], &[0x70_6a_66, 0x78_72_6d]);
    for (x, y) in [(20, 2), (20, 8), (20, 15), (20, 21), (13, 2), (13, 21)] {
        block(v, [x, y, 4], [1, 1, 11], &TRIM);
    }
    block(v, [7, 2, 15], [14, 1, 1], &TRIM);
    block(v, [7, 21, 15], [14, 1, 1], &TRIM);
    block(v, [20, 2, 15], [1, 20, 1], &TRIM);
    block(v, [9, 12, 4], [6, 6, 3], &[0xb8_6a_4b]);
    form(v, Shape::Sphere, [8, 11, 6], [8, 8, 8], &LEAVES);
    block(v, [10, 4, 4], [5, 5, 1], &WOOD);
    block(v, [15, 5, 4], [4, 4, 3], &[0xe8_9b_4f]);
    form(v, Shape::Sphere, [14, 4, 6], [6, 6, 6], &[0x4f_86_58, 0x58_92_60]);
}

fn glass(v: &mut Volume) {
    block(v, [7, 2, 4], [13, 1, 11], &[0xdf_f4_ee]);
    block(v, [20, 3, 4], [1, 18, 11], &[0xdf_f4_ee]);
    block(v, [7, 2, 16], [14, 20, 1], &[0xdf_f4_ee]);
}

fn street(v: &mut Volume) {
    block(v, [20, -14, 2], [2, 2, 23], &IRON);
    block(v, [19, -15, 2], [4, 4, 3], &IRON);
    block(v, [18, -16, 24], [6, 6, 1], &IRON);
    form(v, Shape::Cone, [17, -17, 31], [8, 8, 4], &IRON);
    // A table with two stools, and crates of fruit.
    for x in [-27, -15] {
        form(v, Shape::Cylinder, [x, -21, 6], [5, 5, 1], &TRIM);
        block(v, [x + 2, -19, 2], [1, 1, 4], &IRON);
        block(v, [x - 4, -20, 2], [3, 3, 3], &[0xe8_9b_4f]);
        block(v, [x + 6, -20, 2], [3, 3, 3], &[0xe8_9b_4f]);
    }
    for (i, fruit) in (0..).zip([0xe2_4a_3f, 0xf0_a0_3c, 0x8f_b8_4a]) {
        block(v, [9, -9 + i * 4, 2], [5, 3, 2], &WOOD);
        block(v, [10, -9 + i * 4, 4], [4, 3, 1], &[fruit]);
    }
}

fn trees(v: &mut Volume) {
    tree(v, [-38, -16], 15, 20, &BLOSSOM);
    tree(v, [14, 34], 14, 24, &LEAVES);
    tree(v, [-36, 34], 12, 18, &LEAVES);
    for (x, y) in (-42..22).flat_map(|x| (28..43).map(move |y| (x, y))) {
        if grain(x, y, 5) > 243 {
            v.set(Coord::new(x, y, 2), shade(&[0xfb_f6_ea, 0xf4_c9_5d, 0xe2_5d_5a], x, y, 2));
        }
    }
    // Petals under the blossom.
    for (x, y) in (-44..-26).flat_map(|x| (-25..-8).map(move |y| (x, y))) {
        if grain(x, y, 6) > 215 {
            v.set(Coord::new(x, y, 1), shade(&BLOSSOM, x, y, 1));
        }
    }
}

/// A crown of balls on a trunk.
fn tree(v: &mut Volume, [x, y]: [i32; 2], trunk: i32, wide: i32, leaves: &[u32]) {
    block(v, [x - 1, y - 1, 1], [3, 3, trunk], &WOOD);
    let ball = |v: &mut Volume, [i, j, k]: [i32; 3], part: i32| {
        let size = wide * part / 10;
        let low = [x + i * wide / 20 - size / 2, y + j * wide / 20 - size / 2];
        form(
            v,
            Shape::Sphere,
            [low[0], low[1], trunk + k * wide / 20],
            [size, size, size * 7 / 8],
            leaves,
        );
    };
    ball(v, [0, 0, -2], 9);
    ball(v, [-5, -2, -4], 6);
    ball(v, [5, -4, -3], 7);
    ball(v, [2, 6, -4], 6);
    ball(v, [-1, 1, 5], 7);
}
