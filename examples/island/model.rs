//! A small island with a lighthouse, built from integer noise and solids: a
//! picture of what the engine's edits can do, and the demo's model.

use goxel_engine::ops::{Shape, Solid};
use goxel_engine::scene::{Layer, LayerId, Scene};
use goxel_engine::volume::{Bounds, Coord, Volume, Voxel};

/// Half the width of the sea.
const SEA: i32 = 48;
/// The height of the water's surface.
const TIDE: i32 = 4;

type Build = fn(&mut Volume);

/// The whole scene, one named layer a thing.
pub fn island() -> Scene {
    let mut scene = Scene::new();
    scene.layers.clear();
    let parts: [(&str, Build); 7] = [
        ("sea", sea),
        ("land", land),
        ("trees", trees),
        ("lighthouse", lighthouse),
        ("cottage", cottage),
        ("pier", pier),
        ("boat", boat),
    ];
    for (id, (name, build)) in (1..).zip(parts) {
        let mut layer = Layer::new(LayerId(id), name);
        build(&mut layer.volume);
        scene.layers.push(layer);
    }
    scene.active = LayerId(1);
    scene
}

const fn rgb(hex: u32) -> Voxel {
    let [_, r, g, b] = hex.to_be_bytes();
    Voxel::rgb(r, g, b)
}

/// A number for a place, 0 to 255, the same everywhere.
fn grain(x: i32, y: i32, z: i32) -> i32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ (z as u32).wrapping_mul(0xC2B2_AE3D);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 13;
    (h >> 24) as i32
}

/// One of the shades of a material, by the place's grain.
fn shade(shades: &[u32], x: i32, y: i32, z: i32) -> Voxel {
    rgb(shades[grain(x, y, z) as usize * shades.len() / 256])
}

fn square(x: i32, y: i32) -> impl Iterator<Item = (i32, i32)> {
    (-y..y).flat_map(move |j| (-x..x).map(move |i| (i, j)))
}

fn solid(volume: &mut Volume, shape: Shape, low: [i32; 3], size: [i32; 3], voxel: Voxel) {
    let high = [0, 1, 2].map(|axis| low[axis] + size[axis] - 1);
    let bounds = Bounds::around(low.into(), high.into());
    Solid::filling(shape, bounds).fill(volume, voxel);
}

/// The height of the land, 16 units to a voxel: two hills with a bay between.
fn height(x: i32, y: i32) -> i32 {
    let hill = |cx: i32, cy: i32, reach: i32, top: i32| {
        let d = (x - cx) * (x - cx) + (y - cy) * (y - cy);
        top - d * top / (reach * reach)
    };
    let wide = hill(-4, 6, 36, 17 * 16);
    let point = hill(20, 22, 15, 23 * 16);
    let cottage = hill(-12, -8, 20, 13 * 16);
    let rough = smooth_grain(x, y, 8) / 5 + smooth_grain(x, y, 4) / 9;
    wide.max(point).max(cottage) + rough - 40
}

/// Noise of the given cell size, 0 to 255, without steps.
fn smooth_grain(x: i32, y: i32, cell: i32) -> i32 {
    let (i, j) = (x.div_euclid(cell), y.div_euclid(cell));
    let (u, v) = (x.rem_euclid(cell), y.rem_euclid(cell));
    let at = |a: i32, b: i32| grain(i + a, j + b, cell);
    let low = at(0, 0) * (cell - u) + at(1, 0) * u;
    let high = at(0, 1) * (cell - u) + at(1, 1) * u;
    (low * (cell - v) + high * v) / (cell * cell)
}

/// The first empty height above the land.
fn ground(x: i32, y: i32) -> i32 {
    let terraced = height(x, y) / 16;
    // The cottage and its garden stand on level ground.
    if (-20..=-3).contains(&x) && (-17..=0).contains(&y) { terraced.clamp(9, 10) } else { terraced }
}

const WATER: [u32; 3] = [0x2f_8f_c4, 0x37_98_cb, 0x2a_86_bb];
const SHALLOW: [u32; 2] = [0x5f_c3_d6, 0x6b_cb_da];
const FOAM: u32 = 0xe8_f6_f7;
const SAND: [u32; 3] = [0xec_d5_9f, 0xe5_cb_93, 0xf0_dc_ab];
const GRASS: [u32; 4] = [0x7c_b3_42, 0x74_a9_3d, 0x86_bd_4b, 0x6d_a0_3a];
const ROCK: [u32; 3] = [0x8d_84_79, 0x7f_77_6d, 0x9a_91_85];
const EARTH: [u32; 2] = [0x8a_61_3f, 0x7d_57_38];

fn sea(volume: &mut Volume) {
    for (x, y) in square(SEA, SEA) {
        let corner = (x.abs().max(SEA - 8) - SEA + 8, y.abs().max(SEA - 8) - SEA + 8);
        if corner.0 * corner.0 + corner.1 * corner.1 > 64 {
            continue;
        }
        for z in 0..TIDE {
            let deep = rgb(0x1f_6f_a3);
            let voxel = if z == TIDE - 1 { surface(x, y) } else { deep };
            volume.set(Coord::new(x, y, z), voxel);
        }
    }
}

fn surface(x: i32, y: i32) -> Voxel {
    let depth = TIDE * 16 - height(x, y) + smooth_grain(x, y, 6) / 6;
    // Short crests, each a few voxels along x.
    let crest = grain(x.div_euclid(4), y, 9) > 244 && grain(x, y, 3) > 60;
    match depth {
        ..=40 => rgb(FOAM),
        41..=130 => shade(&SHALLOW, x, y, 0),
        _ if crest => rgb(0x62_b6_de),
        _ => shade(&WATER, x, y, 1),
    }
}

fn land(volume: &mut Volume) {
    for (x, y) in square(SEA - 6, SEA - 6) {
        let top = ground(x, y);
        for z in 0..top {
            volume.set(Coord::new(x, y, z), soil(x, y, z, top));
        }
        if top > TIDE + 3 && !steep(x, y) && grain(x, y, 77) > 246 {
            let petals = [0xff_d1_4a, 0xf4_f4_f0, 0xe8_5d_75, 0xb9_6a_d9];
            volume.set(Coord::new(x, y, top), shade(&petals, x, y, 5));
        }
    }
}

fn steep(x: i32, y: i32) -> bool {
    let here = ground(x, y);
    [(1, 0), (-1, 0), (0, 1), (0, -1)].into_iter().any(|(a, b)| here - ground(x + a, y + b) > 1)
}

fn soil(x: i32, y: i32, z: i32, top: i32) -> Voxel {
    let depth = top - 1 - z;
    match (steep(x, y), depth) {
        _ if top <= TIDE + 2 => shade(&SAND, x, y, z),
        (true, _) if top > TIDE + 6 => shade(&ROCK, x, y, z),
        (_, 0) => shade(&GRASS, x, y, z),
        (_, 1..=2) => shade(&EARTH, x, y, z),
        _ => shade(&ROCK, x, y, z),
    }
}

fn trees(volume: &mut Volume) {
    const PINES: [(i32, i32, i32); 9] = [
        (-26, 14, 13),
        (-20, 22, 15),
        (-12, 27, 12),
        (-30, 6, 10),
        (-2, 24, 14),
        (-17, 12, 11),
        (5, 27, 10),
        (-8, 17, 16),
        (-25, 24, 9),
    ];
    for (x, y, tall) in PINES {
        pine(volume, x, y, tall);
    }
    for (x, y) in [(4, -6), (12, 4), (-24, -6), (2, 8)] {
        round_tree(volume, x, y);
    }
}

fn pine(volume: &mut Volume, x: i32, y: i32, tall: i32) {
    let foot = ground(x, y);
    solid(volume, Shape::Cube, [x, y, foot], [1, 1, tall - 2], rgb(0x6b_46_2b));
    for (ring, z) in (foot + 2..foot + tall).enumerate() {
        let left = tall - 2 - ring as i32;
        // Skirts of three: each flares out at its bottom.
        let reach = (left * 2 / 5 + left % 3 - 1).clamp(0, 6);
        for (i, j) in square(reach + 1, reach + 1) {
            if i * i + j * j <= reach * reach {
                let greens = [0x2e_6b_3d, 0x27_5f_36, 0x36_78_46];
                volume.set(Coord::new(x + i, y + j, z), shade(&greens, x + i, y + j, z));
            }
        }
    }
}

fn round_tree(volume: &mut Volume, x: i32, y: i32) {
    let foot = ground(x, y);
    solid(volume, Shape::Cube, [x, y, foot], [2, 2, 6], rgb(0x7a_51_33));
    let mut crown = Volume::new();
    solid(&mut crown, Shape::Sphere, [x - 4, y - 4, foot + 4], [10, 10, 9], Voxel::WHITE);
    let leaves = [0x5f_a0_3a, 0x6b_ad_43, 0x55_93_34];
    volume.write(crown.voxels().map(|(at, _)| (at, shade(&leaves, at.x, at.y, at.z))));
}

fn lighthouse(volume: &mut Volume) {
    let (x, y) = (21, 22);
    let foot = ground(x, y) - 2;
    solid(volume, Shape::Cylinder, [x - 8, y - 8, foot], [16, 16, 3], rgb(0xa8_a0_94));
    for z in 0..34 {
        let radius = 6 - z / 12;
        let band = if (z / 7) % 2 == 0 { 0xf5_f1_e8 } else { 0xd6_3c_34 };
        let low = [x - radius, y - radius, foot + 3 + z];
        solid(volume, Shape::Cylinder, low, [2 * radius, 2 * radius, 1], rgb(band));
    }
    for (z, side) in [(8, 0), (16, 0), (24, 1)] {
        let window = Coord::new(x - 6 + side, y - 1, foot + 3 + z);
        for (dy, dz) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let at = Coord::new(window.x, window.y + dy, window.z + dz);
            volume.set(at, rgb(0x33_46_57));
        }
    }
    lantern(volume, x, y, foot + 37);
}

fn lantern(volume: &mut Volume, x: i32, y: i32, z: i32) {
    solid(volume, Shape::Cylinder, [x - 6, y - 6, z], [12, 12, 1], rgb(0x3a_3f_46));
    for (i, j) in square(6, 6) {
        let d = (2 * i + 1) * (2 * i + 1) + (2 * j + 1) * (2 * j + 1);
        if (100..=144).contains(&d) && (i + j) % 2 == 0 {
            volume.set(Coord::new(x + i, y + j, z + 1), rgb(0x3a_3f_46));
        }
    }
    solid(volume, Shape::Cylinder, [x - 3, y - 3, z + 1], [6, 6, 5], rgb(0xff_e0_7a));
    for (i, j) in [(-3, -1), (-3, 0), (2, -1), (2, 0), (-1, -3), (0, -3), (-1, 2), (0, 2)] {
        solid(volume, Shape::Cube, [x + i, y + j, z + 1], [1, 1, 5], rgb(0xff_c8_3d));
    }
    solid(volume, Shape::Cone, [x - 5, y - 5, z + 6], [10, 10, 6], rgb(0xc2_2f_2b));
    solid(volume, Shape::Cube, [x - 1, y - 1, z + 11], [2, 2, 2], rgb(0x3a_3f_46));
}

fn cottage(volume: &mut Volume) {
    let (x, y, z) = (-18, -14, 9);
    solid(volume, Shape::Cube, [x, y, z], [14, 11, 1], rgb(0x97_8d_80));
    solid(volume, Shape::Cube, [x + 1, y + 1, z + 1], [12, 9, 7], rgb(0xf3_e9_d6));
    for step in 0..6 {
        let low = [x, y - 1 + step, z + 7 + step];
        let tiles = if step % 2 == 0 { 0xb9_52_3a } else { 0xc4_5d_43 };
        solid(volume, Shape::Cube, low, [14, 13 - 2 * step, 1], rgb(tiles));
    }
    solid(volume, Shape::Cube, [x + 10, y + 3, z + 9], [2, 2, 6], rgb(0x8f_83_77));
    solid(volume, Shape::Cube, [x + 6, y + 1, z + 1], [2, 1, 5], rgb(0x3f_6e_8c));
    for wall in [x + 2, x + 10] {
        solid(volume, Shape::Cube, [wall, y + 1, z + 3], [2, 1, 3], rgb(0x4b_5d_6b));
        solid(volume, Shape::Cube, [wall - 1, y, z + 2], [4, 1, 1], rgb(0x8a_5a_36));
        let flowers = [0xe8_5d_75, 0xff_d1_4a, 0xf4_f4_f0];
        for i in 0..4 {
            volume.set(Coord::new(wall - 1 + i, y, z + 3), shade(&flowers, wall + i, y, z));
        }
    }
    solid(volume, Shape::Cube, [x + 12, y + 4, z + 3], [1, 3, 3], rgb(0x4b_5d_6b));
}

fn pier(volume: &mut Volume) {
    let (x, z) = (-12, TIDE + 3);
    for y in -42..-17 {
        let planks = if y % 2 == 0 { 0xa8_7b_4f } else { 0x9b_70_46 };
        solid(volume, Shape::Cube, [x - 2, y, z], [4, 1, 1], rgb(planks));
    }
    for y in [-42, -36, -30, -24] {
        for side in [-3, 2] {
            solid(volume, Shape::Cube, [x + side, y, 0], [1, 1, z + 2], rgb(0x7a_55_35));
        }
    }
    for (rise, y) in (-17..-15).enumerate() {
        solid(volume, Shape::Cube, [x - 2, y, z], [4, 1, 2 + rise as i32], rgb(0x9b_70_46));
    }
}

fn boat(volume: &mut Volume) {
    let (x, y, z) = (-2, -38, TIDE - 1);
    for (rise, inset) in [(0, 1), (1, 0), (2, 0)] {
        let hull = if rise == 2 { 0xf5_f1_e8 } else { 0xd6_3c_34 };
        let low = [x + inset, y + 2 * inset, z + rise];
        let size = [6 - 2 * inset, 14 - 4 * inset, 1];
        solid(volume, Shape::Cube, low, size, rgb(hull));
    }
    solid(volume, Shape::Cube, [x + 1, y + 1, z + 2], [4, 12, 1], rgb(0xb9_8a_59));
    solid(volume, Shape::Cube, [x + 2, y + 8, z + 2], [1, 1, 16], rgb(0x7a_55_35));
    for rise in 0..11 {
        let reach = 9 - rise * 9 / 11;
        solid(
            volume,
            Shape::Cube,
            [x + 2, y + 8 - reach, z + 6 + rise],
            [1, reach, 1],
            Voxel::WHITE,
        );
    }
}
