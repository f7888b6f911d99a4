//! The grid against the canonical walk, crossing by crossing.

use super::*;
use crate::volume::Voxel;
use proptest::prelude::*;

/// What a ray hits by the definition: the place counted from the corner of the
/// content, the axis, and the bits of the time.
type Found = Option<([i64; 3], usize, u64)>;

/// The canonical walk, plane by plane, with every plane of the content's box in a list.
fn naive(volume: &Volume, bounds: Bounds, origin: Vec3, direction: Vec3) -> Found {
    let solid = |voxel: [i64; 3]| {
        let corner = bounds.min.to_array().map(i64::from);
        let inside = (0..3).all(|axis| (0..bounds.size()[axis]).contains(&voxel[axis]));
        let place = [0, 1, 2].map(|axis| (voxel[axis] + corner[axis]) as i32);
        inside && !volume.get(place.into()).is_empty()
    };
    let still = |axis: usize| direction[axis].abs() < 1.0 / (1u64 << 60) as f64;
    let size = |axis: usize| if still(axis) { 0.0 } else { direction[axis].abs() };
    let mut voxel = origin.map(|value| value.floor() as i64);
    if solid(voxel) {
        let steepest = (0..3).rev().max_by(|a, b| size(*a).total_cmp(&size(*b))).unwrap();
        return Some((voxel, steepest, 0f64.to_bits()));
    }
    let mut crossings = Vec::new();
    for axis in (0..3).filter(|axis| !still(*axis)) {
        let inverse = 1.0 / direction[axis];
        let mut planes: Vec<i64> = (0..=bounds.size()[axis]).collect();
        if direction[axis] > 0.0 {
            planes.retain(|plane| *plane > voxel[axis]);
        } else {
            planes.retain(|plane| *plane <= voxel[axis]);
            planes.reverse();
        }
        for plane in planes {
            // Plus zero: a time of zero has no sign.
            crossings.push(((plane as f64 - origin[axis]) * inverse + 0.0, axis, plane));
        }
    }
    crossings.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap().then(a.1.cmp(&b.1)));
    for (time, axis, plane) in crossings {
        voxel[axis] = if direction[axis] > 0.0 { plane } else { plane - 1 };
        if solid(voxel) {
            return Some((voxel, axis, time.to_bits()));
        }
    }
    None
}

#[track_caller]
fn check(volume: &Volume, origin: Vec3, direction: Vec3) -> bool {
    let bounds = volume.bounds().unwrap();
    let grid = Grid::new(volume, bounds, [0; 3]);
    let corner = bounds.min.to_array();
    let expected = naive(volume, bounds, origin, direction);
    let found = grid.trace(origin, direction).map(|hit| {
        assert_eq!(hit.upper, direction[hit.axis] < 0.0 && direction[hit.axis].abs() > 1e-17);
        assert!(!volume.get(place(&hit)).is_empty());
        let at = place(&hit).to_array();
        let place = [0, 1, 2].map(|axis| i64::from(at[axis]) - i64::from(corner[axis]));
        (place, hit.axis, hit.time.to_bits())
    });
    assert_eq!(found, expected, "from {origin:?} along {direction:?} in {bounds:?}");
    found.is_some()
}

fn place(hit: &Hit) -> Coord {
    hit.voxel.map(|value| (value ^ BIAS) as i32).into()
}

const RED: Voxel = Voxel::rgb(255, 0, 0);

fn cloud(corner: [i32; 3], places: &[[i32; 3]]) -> Volume {
    let at = |place: &[i32; 3]| [0, 1, 2].map(|axis| corner[axis].saturating_add(place[axis]));
    places.iter().map(|place| (Coord::from(at(place)), RED)).collect()
}

fn corners() -> impl Strategy<Value = [i32; 3]> {
    const FAR: i32 = i32::MAX - 70;
    let part = || prop_oneof![-200..200i32, Just(i32::MIN), Just(FAR), Just(-64), Just(0)];
    [part(), part(), part()]
}

fn places() -> impl Strategy<Value = Vec<[i32; 3]>> {
    let sparse = prop::collection::vec([0..70i32, 0..70i32, 0..70i32], 1..40);
    let dense = prop::collection::vec([0..6i32, 0..6i32, 0..20i32], 1..300);
    let plane = prop::collection::vec([0..40i32, 0..40i32, 0..1i32], 1..400);
    let apart = prop::collection::vec([0..300i32, 0..300i32, 0..300i32], 1..12);
    prop_oneof![sparse, dense, plane, apart]
}

/// Numbers that lie on planes as often as not.
fn origins() -> impl Strategy<Value = Vec3> {
    let part = || {
        prop_oneof![
            (-20..90i32).prop_map(f64::from),
            (-40..180i32).prop_map(|n| f64::from(n) / 2.0),
            -20.0..90.0f64,
            -1e6..1e6f64,
            -1e10..1e10f64,
        ]
    };
    [part(), part(), part()]
}

fn directions() -> impl Strategy<Value = Vec3> {
    let part = || {
        prop_oneof![
            Just(0.0),
            Just(-0.0),
            (-3..4i32).prop_map(f64::from),
            -1.0..1.0f64,
            -1e-9..1e-9f64,
            Just(1e-30),
        ]
    };
    [part(), part(), part()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_ray_hits_what_the_walk_says(
        corner in corners(),
        places in places(),
        rays in prop::collection::vec((origins(), directions()), 40),
    ) {
        let volume = cloud(corner, &places);
        for (origin, direction) in rays {
            check(&volume, origin, direction);
        }
    }

    #[test]
    fn rays_aimed_at_voxels_hit_what_the_walk_says(
        corner in corners(),
        places in places(),
        aims in prop::collection::vec((origins(), any::<prop::sample::Index>(), 0..27usize), 40),
    ) {
        let volume = cloud(corner, &places);
        let low = volume.bounds().unwrap().min.to_array();
        for (origin, index, part) in aims {
            let (at, _) = volume.voxels().nth(index.index(volume.filled() as usize)).unwrap();
            let half = |n: usize| (n % 3) as f64 / 2.0;
            let inner = [half(part), half(part / 3), half(part / 9)];
            let target = [0, 1, 2].map(|axis| {
                (i64::from(at.to_array()[axis]) - i64::from(low[axis])) as f64 + inner[axis]
            });
            check(&volume, origin, crate::math::sub(target, origin));
        }
    }
}

#[test]
fn a_ray_along_a_diagonal_crosses_x_then_y_then_z() {
    let volume = cloud([0; 3], &[[5, 5, 5], [5, 4, 4], [5, 5, 4], [0, 0, 0]]);
    let bounds = volume.bounds().unwrap();
    let hit = Grid::new(&volume, bounds, [0; 3]).trace([1.0; 3], [1.0; 3]).unwrap();
    assert_eq!((place(&hit), hit.axis, hit.time), (Coord::new(5, 4, 4), 0, 4.0));
}

#[test]
fn a_ray_that_goes_nowhere_sees_only_where_it_is() {
    let volume = cloud([7; 3], &[[0, 0, 0], [2, 0, 0]]);
    assert!(check(&volume, [0.5; 3], [0.0; 3]));
    assert!(!check(&volume, [1.5, 0.5, 0.5], [0.0; 3]));
    assert!(!check(&volume, [-1.0, 0.5, 0.5], [0.0; 3]));
}

#[test]
fn two_voxels_at_the_ends_of_the_world_are_found() {
    let ends = [Coord::new(i32::MIN, i32::MIN, i32::MIN), Coord::new(i32::MAX, i32::MAX, i32::MAX)];
    let volume: Volume = ends.map(|at| (at, RED)).into_iter().collect();
    let grid = Grid::new(&volume, volume.bounds().unwrap(), [0; 3]);
    let span = (1u64 << 32) as f64;
    let hit = grid.trace([-1.0, 0.5, 0.5], [1.0, 0.0, 0.0]).unwrap();
    assert_eq!((place(&hit), hit.time), (ends[0], 1.0));
    let hit = grid.trace([span + 3.0, span - 0.5, span - 0.5], [-1.0, 0.0, 0.0]).unwrap();
    assert_eq!((place(&hit), hit.time), (ends[1], 3.0));
    let hit = grid.trace([1.5, 1.5, 1.5], [1.0, 1.0, 1.0]).unwrap();
    assert_eq!(place(&hit), ends[1]);
}

#[test]
fn a_ray_from_a_face_starts_in_front_of_it() {
    let volume = cloud([0; 3], &[[0, 0, 0], [0, 0, 3], [9, 0, 0]]);
    let grid = Grid::new(&volume, volume.bounds().unwrap(), [0; 3]);
    let front = |x: u32, y: u32, z: u32| [x, y, z].map(|value| value ^ BIAS);
    let up = [0.0, 0.0, 1.0];
    assert!(grid.trace_from([0.5, 0.5, 1.0], up, front(0, 0, 1)).is_some());
    assert!(grid.trace_from([0.5, 0.5, 4.0], up, front(0, 0, 4)).is_none());
    assert!(grid.trace_from([9.5, 0.5, 1.0], up, front(9, 0, 1)).is_none());
    assert!(grid.trace_from([1.0, 1.0, 0.0], [1.0, 0.0, 0.0], front(1, 0, 0)).is_some());
}
