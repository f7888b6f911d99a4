//! A camper van in two colours, along X with its front towards +X.

use super::brush::{block, carve, empty, form, layer, tint};
use goxel_engine::ops::Shape;
use goxel_engine::scene::Scene;
use goxel_engine::volume::{Coord, Volume, Voxel};

const MINT: [u32; 2] = [0x5f_b8_a8, 0x58_b0_a0];
const CREAM: [u32; 2] = [0xf7_ec_d4, 0xf3_e6_cb];
const TYRE: [u32; 1] = [0x2f_31_3a];
const HUB: [u32; 1] = [0xd8_dc_de];
const PANE: [u32; 2] = [0x3b_4f_66, 0x42_58_70];

/// The van alone, its front towards us.
pub fn van() -> Scene {
    let mut scene = empty([0, -28, 0], [12, 0, 18]);
    let [body, chrome] = parts([0, 0, 0]);
    let turned = |v: &Volume| -> Volume {
        v.voxels().map(|(at, voxel)| (Coord::new(at.y, -at.x, at.z), voxel)).collect()
    };
    layer(&mut scene, "van", |v| *v = turned(&body));
    layer(&mut scene, "chrome", |v| *v = turned(&chrome));
    scene
}

/// Its body and its chrome, from a lowest corner: 28 long, 12 wide, 17 high.
pub fn parts([x, y, z]: [i32; 3]) -> [Volume; 2] {
    let v = &mut Volume::new();
    block(v, [x, y, z + 2], [28, 12, 6], &MINT);
    block(v, [x, y, z + 8], [27, 12, 1], &CREAM);
    block(v, [x, y, z + 9], [26, 12, 4], &CREAM);
    block(v, [x + 1, y, z + 13], [24, 12, 1], &CREAM);
    block(v, [x + 2, y + 1, z + 14], [21, 10, 1], &CREAM);
    // Windows all around.
    for left in [2, 8, 14] {
        tint(v, Shape::Cube, [x + left, y, z + 9], [5, 12, 4], &PANE);
    }
    tint(v, Shape::Cube, [x + 20, y, z + 9], [4, 12, 4], &PANE);
    tint(v, Shape::Cube, [x + 25, y + 1, z + 9], [1, 10, 4], &PANE);
    tint(v, Shape::Cube, [x, y + 2, z + 9], [1, 8, 3], &PANE);
    // The V of its face, lights, a stripe, what it carries.
    for step in 0..4 {
        tint(v, Shape::Cube, [x + 27, y + 2 + step, z + 7 - step], [1, 8 - 2 * step, 1], &CREAM);
    }
    tint(v, Shape::Cube, [x, y + 1, z + 4], [1, 2, 2], &[0xd8_4a_3c]);
    tint(v, Shape::Cube, [x, y + 9, z + 4], [1, 2, 2], &[0xd8_4a_3c]);
    block(v, [x + 4, y + 2, z + 15], [7, 8, 3], &[0xc9_8a_54, 0xbf_80_4b]);
    block(v, [x + 6, y + 2, z + 15], [1, 8, 3], &[0x7d_50_33]);
    block(v, [x + 13, y + 3, z + 15], [8, 3, 2], &[0xe8_62_52]);
    block(v, [x + 13, y + 7, z + 15], [8, 3, 1], &[0xf4_c9_5d]);
    for left in [4, 18] {
        carve(v, Shape::Cube, [x + left - 1, y, z + 2], [8, 1, 4]);
        carve(v, Shape::Cube, [x + left - 1, y + 11, z + 2], [8, 1, 4]);
        wheel(v, [x + left, y, z]);
        wheel(v, [x + left, y + 10, z]);
    }
    let chrome = &mut Volume::new();
    block(chrome, [x + 28, y, z + 2], [1, 12, 2], &HUB);
    block(chrome, [x - 1, y, z + 2], [1, 12, 2], &HUB);
    for side in [1, 9] {
        block(chrome, [x + 28, y + side, z + 5], [1, 2, 2], &[0xff_ee_c0]);
    }
    [v.clone(), chrome.clone()]
}

/// A wheel of six voxels that stands along X.
fn wheel(v: &mut Volume, [x, y, z]: [i32; 3]) {
    let mut flat = Volume::new();
    form(&mut flat, Shape::Cylinder, [0, 0, 0], [6, 6, 2], &TYRE);
    form(&mut flat, Shape::Cube, [2, 2, 0], [2, 2, 2], &HUB);
    let upright = |(at, voxel): (Coord, Voxel)| (Coord::new(x + at.x, y + at.z, z + at.y), voxel);
    let voxels: Vec<_> = flat.voxels().map(upright).collect();
    v.write(voxels);
}
