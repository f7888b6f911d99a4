use super::*;
use proptest::prelude::*;

const RED: Voxel = Voxel::rgb(250, 0, 0);

fn one(x: i32, y: i32, z: i32) -> Volume {
    [(Coord::new(x, y, z), RED)].into_iter().collect()
}

/// The face and the distance at which a ray hits.
#[track_caller]
fn check(volume: &Volume, origin: Vec3, direction: Vec3, expected: Option<(u8, bool, f64, Vec3)>) {
    let hit = pick(volume, origin, direction, f64::INFINITY);
    let found = hit.map(|hit| (hit.axis, hit.up, hit.distance, hit.point));
    assert_eq!(found, expected, "from {origin:?} along {direction:?}");
}

#[test]
fn each_face_is_entered_where_the_ray_comes_from() {
    let volume = one(2, 3, 4);
    let middle = [2.5, 3.5, 4.5];
    for axis in 0..3u8 {
        for (side, up) in [(-1.0, false), (1.0, true)] {
            let (mut origin, mut along, mut point) = (middle, [0.0; 3], middle);
            origin[usize::from(axis)] += 10.0 * side;
            along[usize::from(axis)] = -3.0 * side;
            point[usize::from(axis)] += 0.5 * side;
            check(&volume, origin, along, Some((axis, up, 9.5, point)));
            check(&volume, origin, along.map(|value| -value), None);
        }
    }
}

#[test]
fn a_ray_that_starts_inside_hits_at_once_on_the_face_it_runs_against() {
    let start = [0.25, 0.5, 0.75];
    check(&one(0, 0, 0), start, [1.0, -2.0, 1.5], Some((1, true, 0.0, start)));
    check(&one(0, 0, 0), start, [1.0, -0.5, 1.0], Some((0, false, 0.0, start)));
    check(&one(0, 0, 0), start, [0.0, 1.0, -1.0], Some((1, false, 0.0, start)));
}

/// spec/engine.md 2: picking takes what is drawn, alpha at least 127.
#[test]
fn what_is_too_faint_to_be_drawn_is_passed() {
    let mut volume = one(9, 0, 0);
    for (x, alpha) in [(0, 126), (3, 1), (5, 127)] {
        volume.set(Coord::new(x, 0, 0), Voxel([1, 2, 3, alpha]));
    }
    let hit = |from: f64| pick(&volume, [from, 0.5, 0.5], [1.0, 0.0, 0.0], 1e9).unwrap().at.x;
    assert_eq!([-5.0, 0.5, 3.5, 5.5, 6.5].map(hit), [5, 5, 5, 5, 9]);
    let mut faint = one(90, 0, 0);
    faint.put(Coord::new(0, 0, 0).brick(), Brick::full(Voxel([9, 9, 9, 126])));
    assert_eq!(pick(&faint, [-5.0, 0.5, 0.5], [1.0, 0.0, 0.0], 1e9).unwrap().at.x, 90);
}

#[test]
fn nothing_beyond_the_greatest_distance_is_hit() {
    let hits = |max: f64| pick(&one(10, 0, 0), [0.0, 0.5, 0.5], [2.0, 0.0, 0.0], max).is_some();
    assert_eq!(
        [10.0, 9.99, 0.0, -1.0, f64::NAN, f64::INFINITY].map(hits),
        [true, false, false, false, false, true]
    );
}

#[test]
fn numbers_that_are_no_places_hit_nothing() {
    let volume = one(0, 0, 0);
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check(&volume, [wrong, 0.5, 0.5], [1.0, 0.0, 0.0], None);
        check(&volume, [-1.0, 0.5, 0.5], [1.0, wrong, 0.0], None);
    }
    check(&volume, [-1.0, 0.5, 0.5], [0.0; 3], None);
    check(&Volume::new(), [-1.0, 0.5, 0.5], [1.0, 0.0, 0.0], None);
    for huge in [1e18, 1e100, f64::MAX] {
        let hits = |along: Vec3| pick(&volume, [huge, 0.5, 0.5], along, f64::INFINITY).is_some();
        assert!(hits([-1.0, 0.0, 0.0]) && hits([-1.0, 1e-20, -1e-300]));
        assert!(!hits([1.0, 0.0, 0.0]) && !hits([-1.0; 3]));
        // From so far all planes are crossed at one time; whichever is hit, it ends.
        pick(&volume, [huge; 3], [-1.0; 3], f64::INFINITY);
    }
    let far = f64::from_bits(1);
    check(&volume, [-1.0, 0.5, 0.5], [far, 0.0, 0.0], Some((0, false, 1.0, [0.0, 0.5, 0.5])));
    check(&volume, [-1.0, 0.5, 0.5], [f64::MAX; 3], None);
}

#[test]
fn a_ray_across_all_of_space_takes_few_steps() {
    let mut volume = one(i32::MAX, 0, 0);
    volume.set(Coord::new(i32::MIN, 1, 0), RED);
    volume.set(Coord::new(0, 1 << 30, -5), RED);
    let root = volume.root().unwrap();
    let ray = Ray::new([f64::from(i32::MIN), 0.5, 0.5], [1.0, 0.0, 0.0]).unwrap();
    let (mut at, mut crossing) = ray.enter(bounds_of(root)).unwrap();
    let mut steps = 0;
    while let Part::Clear(bounds) = part(root, Coord::from(at.map(|value| value as i32))) {
        (at, crossing) = ray.leave(at, ray.mirrored(bounds));
        steps += 1;
    }
    assert_eq!((at[0], crossing.time), (i64::from(i32::MAX), f64::from(u32::MAX)));
    assert!(steps < 150, "{steps} steps");
    assert_eq!(pick(&volume, ray.origin, [1.0, 0.0, 0.0], 1e10).unwrap().at.x, i32::MAX);
    let back = pick(&volume, [3e9, 1.5, 0.5], [-1.0, 0.0, 0.0], 1e10).unwrap();
    assert_eq!((back.at.x, back.up, back.point[0]), (i32::MIN, true, -2147483647.0));
}

/// One plane after the other, with nothing skipped: the rules as they are written.
fn model(volume: &Volume, origin: Vec3, direction: Vec3, steps: usize) -> Option<(Coord, u8, f64)> {
    let forward = unit(direction)?;
    let mut at = origin.map(|value| value.floor() as i64);
    let abs = forward.map(f64::abs);
    let mut axis = (0..3).rev().max_by(|a, b| abs[*a].total_cmp(&abs[*b]))?;
    let mut time = 0.0;
    for _ in 0..steps {
        let place = at.map(i32::try_from);
        if let [Ok(x), Ok(y), Ok(z)] = place {
            let at = Coord::new(x, y, z);
            if volume.get(at).is_solid() {
                return Some((at, axis as u8, time));
            }
        }
        let next = |axis: usize| {
            let plane = at[axis] + i64::from(forward[axis] > 0.0);
            match abs[axis] < STILL {
                true => f64::INFINITY,
                false => (plane as f64 - origin[axis]) * (1.0 / forward[axis]),
            }
        };
        axis = (0..3).rev().min_by(|a, b| next(*a).total_cmp(&next(*b)).then(a.cmp(b)))?;
        time = next(axis);
        at[axis] += if forward[axis] > 0.0 { 1 } else { -1 };
    }
    None
}

/// Coordinates between voxels and on their corners.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-24..24i32).prop_map(f64::from),
        (-48..48i32).prop_map(|n| f64::from(n) / 2.0),
        -24.0..24.0
    ]
}

fn component() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), Just(-1.0), Just(0.5), Just(-1e-19), -1.0..1.0]
}

/// Far apart, so that much is skipped, or dense, so that much is hit.
fn places(reach: i32) -> impl Strategy<Value = Vec<([i32; 3], u8)>> {
    let number = -reach..reach;
    prop::collection::vec(([number.clone(), number.clone(), number], 0..4u8), 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_ray_hits_what_is_hit_plane_by_plane(
        places in prop_oneof![places(20), places(6)],
        end in 0..3usize,
        origin in [number(), number(), number()],
        direction in [component(), component(), component()],
    ) {
        // In the middle of space, at its upper and at its lower end.
        let shift = [0, i32::MAX - 19, i32::MIN + 20][end];
        let alpha = |n: u8| [255, 255, 127, 126][usize::from(n)];
        let volume: Volume = places
            .iter()
            .map(|([x, y, z], n)| (Coord::new(x + shift, y + shift, *z), Voxel([1, 2, 3, alpha(*n)])))
            .collect();
        let origin = [origin[0] + f64::from(shift), origin[1] + f64::from(shift), origin[2]];
        let hit = pick(&volume, origin, direction, f64::INFINITY);
        let found = hit.map(|hit| (hit.at, hit.axis, hit.distance));
        prop_assert_eq!(found, model(&volume, origin, direction, 300));
        if let Some(hit) = hit {
            let axis = usize::from(hit.axis);
            prop_assert_eq!(hit.up, direction[axis] < 0.0);
            prop_assert_eq!(hit.voxel, volume.get(hit.at));
            for axis in 0..3 {
                let low = f64::from(hit.at.to_array()[axis]);
                prop_assert!((low - 1e-5..=low + 1.0 + 1e-5).contains(&hit.point[axis]));
            }
        }
    }
}
