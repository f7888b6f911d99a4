//! Streams against themselves on other machines, and against packets' definition.

use super::*;
use crate::render::packet;
use crate::render::rays::{LANES, Packet, Seen};
use crate::volume::{Coord, Volume, Voxel};
use proptest::prelude::*;

const RED: Voxel = Voxel::rgb(255, 0, 0);

fn cloud(corner: [i32; 3], places: &[[i32; 3]]) -> Volume {
    let at = |place: &[i32; 3]| [0, 1, 2].map(|axis| corner[axis] + place[axis]);
    places.iter().map(|place| (Coord::from(at(place)), RED)).collect()
}

/// What rays hit, found with each kind of machine, which all must agree to the bit.
#[track_caller]
fn all_levels(volume: &Volume, base: [i64; 3], rays: &Rays) -> Hits {
    let grid = Grid::new(volume, volume.bounds().unwrap(), base);
    let mut tracer = Tracer::new(&grid, Simd::best());
    let mut expected = Hits::default();
    tracer.machine = Machine::Plain;
    tracer.closest(rays, &mut expected);
    for machine in Machine::up_to(Simd::best()) {
        tracer.machine = machine;
        let (mut hits, mut blocked) = (Hits::default(), Vec::new());
        tracer.closest(rays, &mut hits);
        tracer.blocked(rays, &mut blocked);
        for ray in 0..rays.len() {
            let [one, other] = [&expected, &hits].map(|hits| hit(hits, ray));
            let [o, d] = [&rays.origin, &rays.direction].map(|c| [c[0][ray], c[1][ray], c[2][ray]]);
            assert_eq!(one, other, "{machine:?}, ray {ray} from {o:?} along {d:?}");
            assert_eq!(blocked[ray], hits.time[ray] < f32::INFINITY, "{machine:?}, ray {ray}");
        }
    }
    expected
}

fn hit(hits: &Hits, ray: usize) -> (u32, u8, [i32; 3], u32, Local) {
    let time = hits.time[ray].to_bits();
    (time, hits.axis[ray], hits.voxel[ray], hits.brick[ray], hits.local[ray])
}

fn places() -> impl Strategy<Value = Vec<[i32; 3]>> {
    let sparse = prop::collection::vec([0..70i32, 0..70i32, 0..70i32], 1..60);
    let dense = prop::collection::vec([0..9i32, 0..9i32, 0..20i32], 1..300);
    let plane = prop::collection::vec([0..40i32, 0..40i32, 0..1i32], 1..400);
    let apart = prop::collection::vec([0..9000i32, 0..9000i32, 0..9000i32], 1..12);
    let wide = prop::collection::vec([-5000..9000i32, 0..2i32, -3000..9000i32], 1..40);
    prop_oneof![sparse, dense, plane, apart, wide]
}

fn corners() -> impl Strategy<Value = [i32; 3]> {
    let part = || prop_oneof![-200..200i32, Just(-64), Just(0), Just(50_000), Just(-60_000)];
    [part(), part(), part()]
}

fn origins() -> impl Strategy<Value = [f32; 3]> {
    let part = || {
        prop_oneof![
            (-20..90i32).prop_map(|n| n as f32),
            (-40..180i32).prop_map(|n| n as f32 / 2.0),
            -20.0..90.0f32,
            -1e6..1e6f32,
        ]
    };
    [part(), part(), part()]
}

fn directions() -> impl Strategy<Value = [f32; 3]> {
    let part = || {
        prop_oneof![
            Just(0.0),
            Just(-0.0),
            (-3..4i32).prop_map(|n| n as f32),
            -1.0..1.0f32,
            -1.0..1.0f32,
            -1e-9..1e-9f32,
            Just(1e-30),
        ]
    };
    [part(), part(), part()]
}

fn reaches() -> impl Strategy<Value = f32> {
    prop_oneof![Just(f32::INFINITY), Just(f32::MAX), 0.0..100.0f32, Just(0.0)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_machine_gives_the_same_bits(
        corner in corners(),
        places in places(),
        around in any::<bool>(),
        rays in prop::collection::vec((origins(), directions(), reaches()), 1..100),
    ) {
        let volume = cloud(corner, &places);
        let mut all = Rays::default();
        for (origin, direction, reach) in rays {
            let corner = if around { [0; 3] } else { corner };
            all.push([0, 1, 2].map(|a| origin[a] + corner[a] as f32), direction, reach);
        }
        all_levels(&volume, [0; 3], &all);
    }
}

/// Rays from boxes of random origins, in all directions.
fn random_rays(seed: u32, count: u32, low: f32, high: f32) -> Rays {
    let mut rays = Rays::default();
    let random = |n: u32, part: u32| {
        let mut hash = (n ^ seed << 20).wrapping_mul(0x9E37_79B1) ^ part.wrapping_mul(0x85EB_CA77);
        hash = (hash ^ hash >> 15).wrapping_mul(0x2C1B_3C6D);
        hash = (hash ^ hash >> 12).wrapping_mul(0x297A_2D39);
        (hash ^ hash >> 15) as f32 / u32::MAX as f32
    };
    for n in 0..count {
        let origin = [0, 1, 2].map(|part| low + random(n, part) * (high - low));
        let direction = [3, 4, 5].map(|part| random(n, part) * 2.0 - 1.0);
        rays.push(origin, direction, f32::INFINITY);
    }
    rays
}

/// When each ray enters which voxel, by the definition that packets have.
fn by_packets(grid: &Grid, rays: &Rays) -> Vec<Option<(f32, [i32; 3])>> {
    let mut all = vec![None; rays.len()];
    let mut seen = Seen::new();
    for first in (0..rays.len()).step_by(LANES) {
        let mut packet = Packet::EMPTY;
        for lane in 0..LANES.min(rays.len() - first) {
            packet.active |= 1 << lane;
            for axis in 0..3 {
                packet.origin[axis].0[lane] = rays.origin[axis][first + lane];
                packet.direction[axis].0[lane] = rays.direction[axis][first + lane];
            }
        }
        packet::closest(Simd::Portable, grid, &packet, &mut seen);
        for face in &seen.faces {
            let low = grid.low(face.brick);
            let local = [face.local.x(), face.local.y(), face.local.z()];
            let voxel = [0, 1, 2].map(|axis| low[axis] as i32 + i32::from(local[axis]));
            for lane in crate::volume::Bits(face.lanes) {
                all[first + lane as usize] = Some((seen.time.0[lane as usize], voxel));
            }
        }
    }
    all
}

#[track_caller]
fn check_against_packets(volume: &Volume, base: [i64; 3], rays: &Rays) {
    let grid = Grid::new(volume, volume.bounds().unwrap(), base);
    let mut hits = Hits::default();
    Tracer::new(&grid, Simd::Portable).closest(rays, &mut hits);
    let expected = by_packets(&grid, rays);
    let (mut found, mut other) = (0, 0);
    for (ray, expected) in expected.into_iter().enumerate() {
        let (time, voxel) = (hits.time[ray], hits.voxel[ray]);
        found += u32::from(expected.is_some());
        match expected {
            Some((_, place)) if time < f32::INFINITY && place == voxel => {}
            Some((when, place)) if time < f32::INFINITY => {
                let touches = (0..3).all(|axis| (place[axis] - voxel[axis]).abs() <= 1);
                let is_near = (when - time).abs() <= 1e-3 * when;
                assert!(touches || is_near, "ray {ray}: {voxel:?} at {time}, {place:?} at {when}");
                other += 1;
            }
            None if time == f32::INFINITY => {}
            _ => other += 1,
        }
        if let Some((when, _)) = expected.filter(|(_, place)| *place == voxel) {
            let error = 1e-3 * (1.0 + when);
            assert!((when - time).abs() < error, "ray {ray}: {time} and {when}");
        }
    }
    assert!(found as usize > rays.len() / 50, "{found} of {} hit", rays.len());
    assert!(other as usize <= 1 + rays.len() / 1000, "{other} of {} differ", rays.len());
}

/// Hollow ground with towers, about 100 voxels wide.
fn towers(corner: [i32; 3]) -> Volume {
    let mut volume = Volume::new();
    for (x, y) in (0..100).flat_map(|y| (0..100).map(move |x| (x, y))) {
        let tower = x % 13 < 4 && y % 11 < 5;
        let top = (x * 7 + y * 3) % 5 + if tower { 20 + (x / 13 + y / 11) % 30 } else { 2 };
        let at = |z: i32| Coord::new(corner[0] + x, corner[1] + y, corner[2] + z);
        volume.write((0..=top).filter(|z| z % 3 != 1).map(|z| (at(z), RED)));
    }
    volume
}

#[test]
fn streams_and_packets_find_the_same_voxels() {
    let rays = random_rays(1, 6000, -10.0, 110.0);
    check_against_packets(&towers([0; 3]), [0; 3], &rays);
    check_against_packets(&towers([7, -120, 33]), [7, -120, 33], &rays);
}

#[test]
fn streams_and_packets_agree_far_from_the_base() {
    let rays = random_rays(2, 3000, -10.0, 110.0);
    let mut far = Rays::default();
    let corner = [50_000, -65_000, 9_000];
    for ray in 0..rays.len() {
        let origin = [0, 1, 2].map(|axis| rays.origin[axis][ray] + corner[axis] as f32);
        let direction = [0, 1, 2].map(|axis| rays.direction[axis][ray]);
        far.push(origin, direction, f32::INFINITY);
    }
    let mut volume = towers(corner);
    volume.write([[-65_000, 3, 3], [9, 60_000, -40_000]].map(|at| (Coord::from(at), RED)));
    check_against_packets(&volume, [0; 3], &far);
}

/// All sums of up to three whole steps along the axes, and some with tiny parts.
fn special_directions() -> Vec<[f32; 3]> {
    let parts = [0.0f32, -0.0, 1.0, -1.0, 2.0, -0.5, 1e-7, -1e-12, 1e-30];
    let all = parts.map(|x| parts.map(|y| parts.map(|z| [x, y, z])));
    let all = all.into_iter().flatten().flatten();
    all.filter(|direction| direction.iter().any(|part| part.abs() > 1e-13)).collect()
}

#[track_caller]
fn check_is_closed(shell: &Volume, inside: &[[f32; 3]]) {
    let mut rays = random_rays(3, 3000, -2.5, 2.5);
    for origin in inside {
        special_directions().iter().for_each(|along| rays.push(*origin, *along, f32::INFINITY));
    }
    let hits = all_levels(shell, [0; 3], &rays);
    for (ray, time) in hits.time.iter().enumerate() {
        let [o, d] = [&rays.origin, &rays.direction].map(|c| [c[0][ray], c[1][ray], c[2][ray]]);
        assert!(*time < f32::INFINITY, "from {o:?} along {d:?}");
    }
}

fn ball(solid: impl Fn(i32, i32, i32) -> bool) -> Volume {
    let line = || -40..=40;
    let all = line().flat_map(|z| line().flat_map(move |y| line().map(move |x| [x, y, z])));
    all.filter(|[x, y, z]| solid(*x, *y, *z)).map(|at| (Coord::from(at), RED)).collect()
}

#[test]
fn no_ray_leaves_a_closed_box() {
    let starts = [[0.5; 3], [0.0; 3], [3.0, -2.0, 1.5], [6.999, 0.5, -6.999], [1e-20, 0.5, -1e-9]];
    check_is_closed(&ball(|x, y, z| x.abs().max(y.abs()).max(z.abs()) == 9), &starts);
    check_is_closed(&ball(|x, y, z| x.abs().max(y.abs()).max(z.abs()) == 31), &starts);
}

/// The voxels of this one share edges and corners only.
#[test]
fn no_ray_slips_between_voxels_that_touch() {
    let starts = [[0.5; 3], [0.0; 3], [3.0, -2.0, 1.5], [1.0, 2.0, -3.0]];
    check_is_closed(&ball(|x, y, z| x.abs() + y.abs() + z.abs() == 12), &starts);
    check_is_closed(&ball(|x, y, z| x.abs() + y.abs() + z.abs() == 39), &starts);
}

#[track_caller]
fn check(
    volume: &Volume,
    origin: [f32; 3],
    along: [f32; 3],
    expected: Option<([i32; 3], u8, f32)>,
) {
    let mut rays = Rays::default();
    rays.push(origin, along, f32::INFINITY);
    let hits = all_levels(volume, [0; 3], &rays);
    let hit = (hits.time[0] < f32::INFINITY).then(|| (hits.voxel[0], hits.axis[0], hits.time[0]));
    assert_eq!(hit, expected, "from {origin:?} along {along:?}");
}

#[test]
fn a_ray_from_a_face_starts_in_front_of_it() {
    let volume = cloud([0; 3], &[[0, 0, 0], [0, 0, 3], [9, 0, 0]]);
    let up = [0.0, 0.0, 1.0];
    check(&volume, [0.5, 0.5, 1.0], up, Some(([0, 0, 3], 2, 2.0)));
    check(&volume, [0.5, 0.5, 4.0], up, None);
    check(&volume, [0.5, 0.5, 3.0], up.map(|d: f32| -d), Some(([0, 0, 0], 2, 2.0)));
    check(&volume, [1.0, 0.5, 0.5], [1.0, 0.0, 0.0], Some(([9, 0, 0], 0, 8.0)));
    check(&volume, [0.5, 0.0, 0.5], [0.0, -1.0, 0.0], None);
}

#[test]
fn a_ray_that_starts_inside_hits_at_once_across_its_steepest_axis() {
    let volume = cloud([0; 3], &[[0, 0, 0], [-3, 4, 5]]);
    check(&volume, [0.5; 3], [0.1, -0.7, 0.6], Some(([0, 0, 0], 1, 0.0)));
    check(&volume, [0.5; 3], [0.5, -0.5, 0.5], Some(([0, 0, 0], 0, 0.0)));
    check(&volume, [-2.5, 4.5, 5.5], [0.0, 0.2, -0.3], Some(([-3, 4, 5], 2, 0.0)));
}

#[test]
fn a_ray_that_goes_nowhere_sees_only_where_it_is() {
    let volume = cloud([0; 3], &[[0, 0, 0], [2, 0, 0]]);
    check(&volume, [0.5; 3], [0.0; 3], Some(([0, 0, 0], 0, 0.0)));
    check(&volume, [1.5, 0.5, 0.5], [0.0, -0.0, 1e-30], None);
}

#[test]
fn rays_without_numbers_hit_nothing() {
    let volume = cloud([0; 3], &[[0, 0, 0]]);
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for axis in 0..3 {
            let mut with = [0.5; 3];
            with[axis] = odd;
            check(&volume, with, [0.1, 0.2, 0.3], None);
            check(&volume, [0.5; 3], with, None);
        }
    }
    let mut rays = Rays::default();
    [f32::NAN, -1.0, -0.0, 1.0].iter().for_each(|reach| rays.push([0.5; 3], [1.0; 3], *reach));
    let times = all_levels(&volume, [0; 3], &rays).time;
    assert_eq!(times, [f32::INFINITY, f32::INFINITY, 0.0, 0.0]);
}

#[test]
fn any_finite_ray_ends() {
    let mut volume = cloud([0; 3], &[[0, 0, 0], [65_000, 65_000, 65_000], [-65_000, 3, -65_000]]);
    volume.write((0..300).map(|n| (Coord::new(n * 211, n * 100 - 9_000, -n * 17), RED)));
    let numbers = [0.0, -1.5, 3e-39, -1e-19, 7e4, -1e9, 3e38, -3e38, 1e-18, 0.3];
    let mut rays = random_rays(4, 2000, -65_000.0, 65_000.0);
    for n in 0..10_000usize {
        let number = |place: usize| numbers[n / 10usize.pow(place as u32 % 4) % 10];
        let origin = [number(0), number(1), number(2)];
        rays.push(origin, [number(3), number(1) * 0.7, number(0)], f32::INFINITY);
    }
    all_levels(&volume, [0; 3], &rays);
}

#[test]
fn a_hit_after_the_reach_does_not_count() {
    let volume = cloud([0; 3], &[[5, 0, 0]]);
    let mut rays = Rays::default();
    [4.0, 4.5, 5.0].iter().for_each(|reach| rays.push([0.5; 3], [1.0, 0.0, 0.0], *reach));
    assert_eq!(all_levels(&volume, [0; 3], &rays).time, [f32::INFINITY, 4.5, 4.5]);
}

#[test]
fn hits_know_their_bricks() {
    let volume = towers([-37, 5, 0]);
    let base = [3, -9, 100];
    let rays = random_rays(5, 500, -100.0, 100.0);
    let hits = all_levels(&volume, base, &rays);
    let grid = Grid::new(&volume, volume.bounds().unwrap(), base);
    for ray in (0..rays.len()).filter(|ray| hits.time[*ray] < f32::INFINITY) {
        let mut near = super::super::grid::Near::START;
        let expected = grid.find(hits.voxel[ray], &mut near);
        assert_eq!(Some((hits.brick[ray], hits.local[ray])), expected, "ray {ray}");
    }
}

#[test]
fn wide_scenes_are_followed_in_f64() {
    let volume = cloud([0; 3], &[[5, 0, 0], [2_000_000_000, 0, 0]]);
    check(&volume, [0.5; 3], [1.0, 0.0, 0.0], Some(([5, 0, 0], 0, 4.5)));
    let far = 2_000_000_000;
    check(&volume, [6.5, 0.5, 0.5], [1.0, 0.0, 0.0], Some(([far, 0, 0], 0, far as f32)));
    check(&volume, [f32::NAN, 0.5, 0.5], [1.0, 0.0, 0.0], None);
    let volume = towers([-200_000, 1 << 30, 7]);
    let grid = Grid::new(&volume, volume.bounds().unwrap(), [0; 3]);
    assert!(Tracer::new(&grid, Simd::best()).tree.is_none());
}

#[test]
fn few_voxels_far_apart_need_few_nodes() {
    let volume = cloud([0; 3], &[[-65_000, 65_000, 1], [65_000, -65_000, -65_000], [0, 0, 0]]);
    let grid = Grid::new(&volume, volume.bounds().unwrap(), [0; 3]);
    let tree = Tree::new(&grid).unwrap();
    assert!(tree.words.len() <= 3 * 9, "{} nodes", tree.words.len());
    let small = cloud([96, 32, 64], &[[0, 0, 0], [31, 31, 31]]);
    let grid = Grid::new(&small, small.bounds().unwrap(), [100, -20, 30]);
    assert_eq!(Tree::new(&grid).unwrap().root, 4);
}
