//! Voxel scenes made of integers alone, so that any program can make the same ones.

use goxel_engine::render::Camera;
use goxel_engine::volume::{Coord, Voxel};

/// A hash of a place: all arithmetic wraps in 32 bits.
pub fn hash(x: u32, y: u32, z: u32, seed: u32) -> u32 {
    let mut h = x.wrapping_mul(0x9E37_79B1)
        ^ y.wrapping_mul(0x85EB_CA77)
        ^ z.wrapping_mul(0xC2B2_AE3D)
        ^ seed.wrapping_mul(0x27D4_EB2F);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

/// The colour of a place: one of 64, the same for 4x4x4 voxels.
pub fn color(x: u32, y: u32, z: u32) -> Voxel {
    let number = 1 + (hash(x >> 2, y >> 2, z >> 2, 9) & 63);
    let [r, g, b, _] = hash(number, 0, 0, 77).to_le_bytes();
    Voxel::rgb(r, g, b)
}

/// Smooth noise, 0 to 65535, with cells of `1 << k` places.
fn noise(x: u32, y: u32, k: u32, seed: u32) -> i64 {
    let cell = 1u32 << k;
    let smooth = |f: u64| ((((f * f) >> 16) * (3 * 65536 - 2 * f)) >> 16) as i64;
    let fraction = |v: u32| smooth(u64::from(((v & (cell - 1)) << 16) >> k));
    let corner = |dx: u32, dy: u32| i64::from(hash((x >> k) + dx, (y >> k) + dy, 0, seed) >> 16);
    let mix = |a: i64, b: i64, f: i64| a + (((b - a) * f) >> 16);
    let (fx, fy) = (fraction(x), fraction(y));
    mix(mix(corner(0, 0), corner(1, 0), fx), mix(corner(0, 1), corner(1, 1), fx), fy)
}

/// The terrain's height at (x, y) in a scene of `n` places a side.
pub fn height(x: u32, y: u32, n: u32) -> u32 {
    let octave = |k: u32| {
        let cell = ((n / 4) >> k).max(2);
        (noise(x, y, cell.ilog2(), 100 + k) * i64::from((n * 3 / 8) >> k)) >> 16
    };
    let sum = i64::from(n / 16) + (0..6).map(octave).sum::<i64>();
    sum.clamp(0, i64::from(n) - 1) as u32
}

/// Filled columns under a height field: 7,932,708 voxels in 256^3.
pub fn terrain256() -> Vec<(Coord, Voxel)> {
    let columns = (0..256u32).flat_map(|y| (0..256u32).map(move |x| (x, y)));
    let mut voxels: Vec<_> =
        columns.flat_map(|(x, y)| (0..=height(x, y, 256)).map(move |z| place(x, y, z))).collect();
    voxels.sort_unstable_by_key(|(at, _)| (at.brick().order(), at.order()));
    voxels
}

/// A hollow sphere: 22,592 voxels in 64^3.
pub fn shell64() -> Vec<(Coord, Voxel)> {
    let square = |v: u32| (2 * i64::from(v) - 63).pow(2);
    cube(64)
        .filter(|[x, y, z]| (58 * 58..=62 * 62).contains(&(square(*x) + square(*y) + square(*z))))
        .map(|[x, y, z]| place(x, y, z))
        .collect()
}

/// A Menger sponge: 3,200,000 voxels in 243^3.
pub fn menger243() -> Vec<(Coord, Voxel)> {
    let solid = |[x, y, z]: &[u32; 3]| {
        (0..5).map(|i| 3u32.pow(i)).all(|p| {
            let middle = [x, y, z].into_iter().filter(|v| **v / p % 3 == 1).count();
            middle < 2
        })
    };
    cube(243).filter(solid).map(|[x, y, z]| place(x, y, z)).collect()
}

/// Streets of hollow towers: 7,143,916 voxels in 512^3.
pub fn city512() -> Vec<(Coord, Voxel)> {
    cube(512).filter(|[x, y, z]| city(*x, *y, *z)).map(|[x, y, z]| place(x, y, z)).collect()
}

fn city(x: u32, y: u32, z: u32) -> bool {
    if z == 0 {
        return true;
    }
    let lot = hash(x >> 4, y >> 4, 7, 1);
    let (lx, ly, top) = (x & 15, y & 15, 16 + (lot >> 8) % 240);
    if lot.is_multiple_of(8) || lx < 3 || ly < 3 || z > top {
        return false;
    }
    let wall = lx == 3 || lx == 15 || ly == 3 || ly == 15;
    let window = (3..=5).contains(&(z % 8)) && (lx + ly).is_multiple_of(3);
    z.is_multiple_of(8) || z == top || (wall && !window)
}

/// The cameras of the ray benches: `ext` from outside, `low` from inside; 60 degrees.
pub fn camera(scene: &str, view: &str, edge: f64) -> Camera {
    let (eye, target) = match (scene, view) {
        ("city512", "low") => ([0.502, 0.003, 0.42], [0.55, 0.95, 0.12]),
        (_, "low") => ([0.502, 0.003, 0.70], [0.55, 0.95, 0.12]),
        ("shell64" | "menger243", _) => ([1.05, -0.22, 0.85], [0.5, 0.5, 0.5]),
        _ => ([0.95, -0.12, 0.85], [0.5, 0.5, 0.22]),
    };
    let at = |point: [f64; 3]| point.map(|value| value * edge);
    Camera::look_at(at(eye), at(target), [0.0, 0.0, 1.0], 60.0).expect("these are sound")
}

/// The pitch and yaw of the sun of the ray benches: towards (0.5, -0.35, 0.8).
pub fn sun() -> (f32, f32) {
    let (x, y, z) = (0.5f64, -0.35, 0.8);
    let level = (x * x + y * y).sqrt();
    (level.atan2(z) as f32, x.atan2(-y) as f32)
}

/// A terrain's surface, thick enough to have no holes: 3,490,436 voxels in 1024^3.
pub fn terrain1024() -> Vec<(Coord, Voxel)> {
    let n = 1024;
    let heights: Vec<u32> = (0..n).flat_map(|y| (0..n).map(move |x| height(x, y, n))).collect();
    let at = |x: u32, y: u32| heights[(y.min(n - 1) * n + x.min(n - 1)) as usize];
    let column = |x: u32, y: u32| {
        let beside = [at(x + 1, y), at(x, y + 1), at(x.saturating_sub(1), y)];
        let least = beside.into_iter().fold(at(x, y.saturating_sub(1)), u32::min);
        let top = at(x, y);
        (least.min(top.saturating_sub(2))..=top).map(move |z| place(x, y, z))
    };
    let column = &column;
    (0..n).flat_map(|y| (0..n).flat_map(move |x| column(x, y))).collect()
}

fn cube(n: u32) -> impl Iterator<Item = [u32; 3]> {
    (0..n).flat_map(move |z| (0..n).flat_map(move |y| (0..n).map(move |x| [x, y, z])))
}

fn place(x: u32, y: u32, z: u32) -> (Coord, Voxel) {
    (Coord::new(x as i32, y as i32, z as i32), color(x, y, z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_hold_the_published_counts() {
        assert_eq!(shell64().len(), 22_592);
        assert_eq!(terrain256().len(), 7_932_708);
        assert_eq!(menger243().len(), 3_200_000);
        assert_eq!(city512().len(), 7_143_916);
        assert_eq!(terrain1024().len(), 3_490_436);
    }
}
