//! The kernels find what a loop over all voxels finds.

use super::*;
use crate::render::simd;
use crate::volume::{Bits, Coord, Volume, Voxel};

/// A voxel by its brick's number and its place there, and its lowest corner from the base.
type Solid = (u32, Local, [f32; 3]);

/// What a lane hits: time, voxel, axis, whether the face looks up.
type Hit = (u32, u32, Local, u8, bool);

/// A volume, and its voxels in the order of the tree for each way that a ray may go.
struct Scene<'a> {
    grid: Grid<'a>,
    orders: [Vec<Solid>; 8],
}

impl<'a> Scene<'a> {
    fn new(volume: &'a Volume, base: [i64; 3]) -> Self {
        let bounds = volume.bounds().unwrap();
        let grid = Grid::new(volume, bounds, base);
        assert!(grid.is_narrow());
        let mut voxels = Vec::new();
        for (number, _) in (0..).zip(0..grid.brick_count()) {
            for (cell, word) in grid.brick(number).cells().iter().enumerate() {
                for bit in Bits(*word) {
                    let local = Local::from_cell_and_bit(cell, bit);
                    let at = [local.x(), local.y(), local.z()].map(u32::from);
                    let home = grid.home(number);
                    let biased = [0, 1, 2].map(|axis| home[axis] + at[axis]);
                    let low = grid.low(number);
                    let low = [0, 1, 2].map(|axis| low[axis] + at[axis] as f32);
                    voxels.push((biased, (number, local, low)));
                }
            }
        }
        let orders = std::array::from_fn(|way| {
            voxels.sort_unstable_by_key(|(biased, _)| path(*biased, way));
            voxels.iter().map(|(_, solid)| *solid).collect()
        });
        Scene { grid, orders }
    }
}

/// The slots from the highest level to the lowest, six bits each.
fn path(biased: [u32; 3], way: usize) -> u128 {
    let mirrored = [0, 1, 2].map(|axis| biased[axis] ^ if way >> axis & 1 == 1 { !0 } else { 0 });
    (0..16).rev().fold(0, |path, level| {
        let slot = |axis: usize| u128::from(mirrored[axis] >> (2 * level) & 3) << (2 * axis);
        path << 6 | slot(0) | slot(1) | slot(2)
    })
}

/// One ray, mirrored.
struct Ray {
    origin: [f32; 3],
    inverse: [f32; 3],
    down: [bool; 3],
}

impl Ray {
    fn of(packet: &Packet, lane: u32) -> Option<Self> {
        let origin = [0, 1, 2].map(|axis| packet.origin[axis].0[lane as usize]);
        let direction = [0, 1, 2].map(|axis| packet.direction[axis].0[lane as usize]);
        if !origin.iter().chain(&direction).all(|value| value.is_finite()) {
            return None;
        }
        let down = direction.map(|value| value <= -STILL);
        let inverse = direction.map(|value| {
            if value.abs() >= STILL { 1.0 / value.abs() } else { (1u64 << 60) as f32 }
        });
        let origin = [0, 1, 2].map(|axis| if down[axis] { -origin[axis] } else { origin[axis] });
        Some(Ray { origin, inverse, down })
    }

    /// When a voxel is entered, an axis each, and left.
    fn times(&self, low: [f32; 3]) -> ([f32; 3], f32) {
        let (mut enter, mut leave) = ([0.0; 3], f32::INFINITY);
        for axis in 0..3 {
            let near = if self.down[axis] { -(low[axis] + 1.0) } else { low[axis] };
            enter[axis] = (near - self.origin[axis]) * self.inverse[axis];
            leave = leave.min((near + 1.0 - self.origin[axis]) * self.inverse[axis]);
        }
        (enter, leave)
    }

    fn closest(&self, scene: &Scene, reach: f32) -> Option<Hit> {
        let way = (0..3).fold(0, |way, axis| way | usize::from(self.down[axis]) << axis);
        scene.orders[way].iter().find_map(|(brick, local, low)| {
            let (enter, leave) = self.times(*low);
            let start = enter.into_iter().fold(0.0, f32::max);
            if start >= leave || start > reach || reach.is_nan() {
                return None;
            }
            let axis = self.axis(enter);
            // Zero without a sign.
            let time = if start > 0.0 { start } else { 0.0 };
            Some((time.to_bits(), *brick, *local, axis as u8, self.down[axis]))
        })
    }

    /// The axis across which a voxel that is met is entered.
    fn axis(&self, [x, y, z]: [f32; 3]) -> usize {
        let (time, axis) = if y >= x { (y, 1) } else { (x, 0) };
        let (time, axis) = if z >= time { (z, 2) } else { (time, axis) };
        let [x, y, z] = self.inverse;
        match time < 0.0 {
            true if x <= y && x <= z => 0,
            true => 1 + usize::from(z < y),
            false => axis,
        }
    }
}

/// A number from a hash.
struct Random(u32);

impl Random {
    fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9);
        let mut h = self.0;
        h = (h ^ h >> 16).wrapping_mul(0x85EB_CA6B);
        h = (h ^ h >> 13).wrapping_mul(0xC2B2_AE35);
        h ^ h >> 16
    }

    fn word(&mut self) -> u64 {
        u64::from(self.bits()) << 32 | u64::from(self.bits())
    }

    fn below(&mut self, end: u32) -> i32 {
        ((u64::from(self.bits()) * u64::from(end)) >> 32) as i32
    }

    /// From -1 to 1.
    fn unit(&mut self) -> f32 {
        (self.bits() >> 7) as f32 / 16_777_216.0 - 1.0
    }

    fn point(&mut self, middle: [f32; 3], spread: f32) -> [f32; 3] {
        middle.map(|value| value + self.unit() * spread)
    }
}

/// Clumps of voxels around a place, `apart` from each other.
fn clumps(random: &mut Random, middle: Coord, apart: u32) -> Volume {
    let mut volume = Volume::new();
    let half = (apart / 2) as i32;
    for _ in 0..6 {
        let corner = middle.to_array().map(|value| value + random.below(apart) - half);
        for _ in 0..60 {
            let [x, y, z] = corner.map(|value| value + random.below(10));
            volume.set(Coord::new(x, y, z), Voxel::WHITE);
        }
    }
    volume
}

const KINDS: u32 = 8;

/// Rays of a kind; most of them pass near a voxel that is named by a number.
fn rays(random: &mut Random, scene: &Scene, kind: u32) -> Packet {
    let solids = &scene.orders[0];
    let mut target = || solids[random.below(solids.len() as u32) as usize].2;
    let (aim, other) = (target(), target());
    let mut packet = Packet { active: u64::MAX, ..Packet::EMPTY };
    let eye = random.point(aim, 40.0);
    let sun = random.point([0.0; 3], 1.0);
    for lane in 0..LANES {
        let at = random.point(aim, 4.0);
        let grid = [0, 1, 2].map(|axis| (at[axis] + random.unit() * 6.0).round());
        let towards = |from: [f32; 3], to: [f32; 3]| [0, 1, 2].map(|axis| to[axis] - from[axis]);
        let (origin, direction) = match kind {
            // From one eye.
            0 => (eye, towards(eye, at)),
            // To one sun, from near places and from far ones.
            1 => (if lane % 3 == 0 { random.point(other, 3.0) } else { at }, sun),
            // Anywhere.
            2 => (random.point(aim, 12.0), random.point([0.0; 3], 1.0)),
            // From corners through corners.
            3 => (grid, towards(grid, at.map(f32::round))),
            // Along an axis, or nearly: on planes and between them.
            4 => {
                let tiny = [0.0, -0.0, 1e-30, -1e-30, STILL, -STILL, -STILL * 0.999, 1e-5];
                let mut way = [0, 1, 2].map(|_| tiny[random.below(8) as usize]);
                way[random.below(3) as usize] = random.unit().signum();
                (if lane % 2 == 0 { grid } else { at }, way)
            }
            // Far away, short or long.
            5 => {
                let far = [3e4, 1e6, 1e15][random.below(3) as usize];
                let from = random.point(aim, far);
                let scale = [1e-12, 1.0, 1e9, 1e36][random.below(4) as usize];
                (from, towards(from, aim).map(|value| value / far * scale))
            }
            // Not rays at all, among others.
            _ => {
                let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 0.0];
                let bad = if kind == 6 { f32::NAN } else { bad[random.below(6) as usize] };
                let (mut origin, mut way) = (eye, towards(eye, at));
                match lane % 4 {
                    0 => origin[lane % 3] = bad,
                    1 => way[lane % 3] = bad,
                    2 if kind == 7 => way = [0.0; 3],
                    _ => {}
                }
                (origin, way)
            }
        };
        for axis in 0..3 {
            packet.origin[axis].0[lane] = origin[axis];
            packet.direction[axis].0[lane] = direction[axis];
        }
    }
    packet
}

/// What every lane sees, by lane; each lane in one face at most.
fn by_lane(seen: &Seen) -> Vec<Option<Hit>> {
    let mut lanes = vec![None; LANES];
    for face in &seen.faces {
        assert_ne!(face.lanes, 0);
        for lane in Bits(face.lanes) {
            let time = seen.time.0[lane as usize].to_bits();
            let hit = (time, face.brick, face.local, face.axis, face.upper);
            assert_eq!(lanes[lane as usize].replace(hit), None, "lane {lane} twice");
        }
    }
    let hit = seen.faces.iter().fold(0, |all, face| all | face.lanes);
    assert_eq!(seen.hit, hit);
    lanes
}

/// All kinds of machines that are here, each as a way to trace.
fn closest_on_all(scene: &Scene, packet: &Packet) -> Vec<(String, Vec<Option<Hit>>)> {
    let mut all = Vec::new();
    let mut seen = Seen::new();
    for level in Simd::ALL {
        closest(level, &scene.grid, packet, &mut seen);
        all.push((format!("{level:?}"), by_lane(&seen)));
    }
    seen.clear();
    let (grid, reach) = (&scene.grid, f32::INFINITY);
    seen.hit = simd::run_plain(Trace { grid, packet, reach, seen: &mut seen });
    all.push(("plain".into(), by_lane(&seen)));
    all
}

fn blocked_on_all(scene: &Scene, packet: &Packet, reach: f32) -> Vec<(String, u64)> {
    let level = |level: Simd| (format!("{level:?}"), blocked(level, &scene.grid, packet, reach));
    let mut all: Vec<_> = Simd::ALL.into_iter().map(level).collect();
    let hit = simd::run_plain(Trace { grid: &scene.grid, packet, reach, seen: &mut Nothing });
    all.push(("plain".into(), hit));
    all
}

#[track_caller]
fn check(scene: &Scene, packet: &Packet, random: &mut Random, name: &str) -> u32 {
    let ray = |lane: u32| Ray::of(packet, lane);
    let one = |lane: u32| ray(lane).and_then(|ray| ray.closest(scene, f32::INFINITY));
    let expected: Vec<Option<Hit>> = (0..64).map(one).collect();
    for round in 0..3 {
        let active = if round == 0 { u64::MAX } else { random.word() & random.word() };
        let packet = Packet { active, ..packet.clone() };
        for (level, found) in closest_on_all(scene, &packet) {
            for lane in 0..64 {
                let expected = expected[lane].filter(|_| active >> lane & 1 == 1);
                assert_eq!(found[lane], expected, "{name}, {level}, lane {lane}, {packet:?}");
            }
        }
        let some = expected.iter().flatten().nth(random.below(16) as usize);
        let time = some.map_or(1.0, |hit| f32::from_bits(hit.0));
        let reaches = [time, time.next_down(), time * 0.5, f32::INFINITY, 0.0, -1.0, f32::NAN];
        let reach = reaches[random.below(7) as usize];
        let one = |lane: &u32| ray(*lane).and_then(|ray| ray.closest(scene, reach)).is_some();
        let expected = Bits(active).filter(one).fold(0, |all, lane| all | 1u64 << lane);
        for (level, found) in blocked_on_all(scene, &packet, reach) {
            assert_eq!(found, expected, "{name}, {level}, reach {reach}, {packet:?}");
        }
    }
    expected.iter().flatten().count() as u32
}

/// Checks packets of all kinds against a volume around `middle`, seen from `base`.
#[track_caller]
fn check_scene(middle: [i32; 3], apart: u32, base: [i64; 3]) {
    let mut random = Random(middle[0] as u32 ^ apart);
    let [x, y, z] = middle;
    let volume = clumps(&mut random, Coord::new(x, y, z), apart);
    let scene = Scene::new(&volume, base);
    let mut hits = [0; KINDS as usize];
    for round in 0..8 * KINDS {
        let kind = round % KINDS;
        let packet = rays(&mut random, &scene, kind);
        let name = format!("{middle:?} {apart} {base:?} kind {kind}");
        hits[kind as usize] += check(&scene, &packet, &mut random, &name);
    }
    assert!(hits.iter().all(|count| *count > 8), "some kind of rays hits nothing: {hits:?}");
}

#[test]
fn rays_near_the_base_hit_what_a_loop_over_all_voxels_finds() {
    check_scene([0, 0, 0], 20, [0, 0, 0]);
    check_scene([5, -3, 40], 60, [10, -20, 30]);
    check_scene([100, 100, 100], 300, [100, 77, 1]);
}

#[test]
fn rays_far_from_the_base_do_too() {
    check_scene([60_000, -60_000, 60_000], 100, [0, 0, 0]);
    check_scene([-30_000, 0, 0], 5_000, [30_000, 20_000, -60_000]);
}

/// The root of such a tree begins two thousand million voxels away.
#[test]
fn a_tree_with_skipped_levels_around_zero_is_exact() {
    check_scene([0, 0, 0], 90, [100, 200, -300]);
    check_scene([0, 0, 0], 4_000, [12_345, -54_321, 1]);
}

#[test]
fn the_ends_of_the_coordinates_are_like_the_rest() {
    let far = i64::from(i32::MAX);
    check_scene([i32::MAX - 300, i32::MIN + 300, 0], 200, [far, -far, 0]);
}

#[test]
fn a_ray_inside_a_voxel_sees_its_steepest_axis_at_time_zero() {
    let mut volume = Volume::new();
    volume.set(Coord::new(1, 1, 1), Voxel::WHITE);
    let grid = Grid::new(&volume, volume.bounds().unwrap(), [0; 3]);
    let mut packet = Packet { active: 7, ..Packet::EMPTY };
    let ways = [[0.5, -0.75, 0.6], [0.1, 0.2, 0.3], [0.0; 3]];
    for (lane, way) in ways.into_iter().enumerate() {
        for (axis, component) in way.into_iter().enumerate() {
            packet.origin[axis].0[lane] = 1.5;
            packet.direction[axis].0[lane] = component;
        }
    }
    let mut seen = Seen::new();
    closest(Simd::best(), &grid, &packet, &mut seen);
    let mut faces: Vec<_> = seen.faces.iter().map(|f| (f.axis, f.upper, f.lanes)).collect();
    faces.sort_unstable();
    assert_eq!(faces, [(0, false, 4), (1, true, 1), (2, false, 2)]);
    assert_eq!(seen.time.0[..3], [0.0; 3]);
}

#[test]
fn an_empty_packet_and_an_empty_volume_hit_nothing() {
    let mut volume = Volume::new();
    volume.set(Coord::new(0, 0, 0), Voxel::WHITE);
    let bounds = volume.bounds().unwrap();
    let mut seen = Seen::new();
    let grid = Grid::new(&volume, bounds, [0; 3]);
    closest(Simd::best(), &grid, &Packet::EMPTY, &mut seen);
    assert_eq!((seen.hit, seen.faces.len()), (0, 0));
    let (empty, all) = (Volume::new(), Packet { active: u64::MAX, ..Packet::EMPTY });
    let grid = Grid::new(&empty, bounds, [0; 3]);
    closest(Simd::best(), &grid, &all, &mut seen);
    assert_eq!((seen.hit, blocked(Simd::best(), &grid, &all, 1.0)), (0, 0));
}
