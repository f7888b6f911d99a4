//! Moves against the rule, one voxel after the other.

use super::*;
use crate::math::compose;
use proptest::prelude::*;
use std::sync::Arc;

fn one(x: i32, y: i32, z: i32) -> Volume {
    [(Coord::new(x, y, z), Voxel::WHITE)].into_iter().collect()
}

fn within(max: usize, volume: &Volume, mat: &Mat4) -> Option<Volume> {
    moved(volume, mat, &mut { max })
}

/// What a lattice motion does to one voxel, in doubled coordinates about the pivot.
fn plain_point(motion: Motion, at: [i32; 3], origin: Vec3) -> Option<Coord> {
    let o = origin.map(|value| 2 * value.floor() as i128 + 1);
    let from = [0, 1, 2].map(|axis| 2 * i128::from(at[axis]) - o[axis]);
    let to = match motion {
        Motion::Shift(step) => [0, 1, 2].map(|axis| from[axis] + 2 * i128::from(step[axis])),
        Motion::Flip { axis } => {
            [0, 1, 2].map(|a| if a == usize::from(axis) { -from[a] } else { from[a] })
        }
        Motion::Turn { axis, quarters } => (0..quarters.rem_euclid(4)).fold(from, |p, _| {
            let [x, y, z] = p;
            [[x, -z, y], [z, y, -x], [-y, x, z]][usize::from(axis)]
        }),
        _ => panic!("no motion of the grid"),
    };
    let place = |axis: usize| i32::try_from((to[axis] + o[axis]) / 2).ok();
    Some(Coord::new(place(0)?, place(1)?, place(2)?))
}

fn plain_motion(volume: &Volume, motion: Motion, origin: Vec3) -> Volume {
    let point =
        |(at, voxel): (Coord, Voxel)| Some((plain_point(motion, at.to_array(), origin)?, voxel));
    volume.voxels().filter_map(point).collect()
}

/// The old voxel at round(M⁻¹·q), for all q in a box around the origin.
fn plain_move(volume: &Volume, mat: &Mat4, half: i32) -> Volume {
    let inverse = mat.inverse().unwrap();
    let axis = || -half..=half;
    let places = axis().flat_map(|z| axis().flat_map(move |y| axis().map(move |x| [x, y, z])));
    places
        .map(|q| {
            let away =
                |v: f64| if v.fract().abs() >= 0.5 { v.trunc() + v.signum() } else { v.trunc() };
            let p = inverse.point(q.map(f64::from)).map(away);
            (Coord::from(q), volume.get(p.map(|v| v as i32).into()))
        })
        .collect()
}

fn shape(corner: i32, colors: u8) -> impl Strategy<Value = Volume> {
    let far = prop_oneof![Just(0), Just(1 << 30), Just(i32::MIN + 40), Just(i32::MAX - 40)];
    let ends = if corner == 0 { Just(0).boxed() } else { far.boxed() };
    let corners = [ends.clone(), ends.clone(), ends];
    let voxel = ([-40..=40i32, -9..=9, -20..=20], 0..colors);
    (corners, prop::collection::vec(voxel, 1..60), any::<bool>()).prop_map(|(at, voxels, block)| {
        let mut volume = Volume::new();
        if block {
            let home = Coord::from(at).brick();
            volume.put(home, Brick::full(Voxel::rgb(0, 5, 5)));
        }
        volume.write(voxels.into_iter().map(|(p, n)| {
            let place = [0, 1, 2].map(|axis| at[axis] + p[axis]);
            (Coord::from(place), Voxel::rgb(n, 5, 5))
        }));
        volume
    })
}

fn motion() -> impl Strategy<Value = Motion> {
    let step = prop_oneof![-20..20i32, Just(16), Just(-64), any::<i32>(), Just(i32::MIN)];
    prop_oneof![
        [step.clone(), step.clone(), step].prop_map(Motion::Shift),
        (0u8..3, any::<i8>()).prop_map(|(axis, quarters)| Motion::Turn { axis, quarters }),
        (0u8..3).prop_map(|axis| Motion::Flip { axis }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    // spec/engine.md 7, move(volume, M)
    #[test]
    fn any_matrix_samples_the_nearest_corner(
        volume in shape(0, 4),
        parts in [-2f32..2., -2f32..2., -2f32..2., -2f32..2., -2f32..2., -2f32..2., -2f32..2., -2f32..2., -2f32..2.],
        quarter in any::<bool>(),
        step in [-9f32..9., -9f32..9., -9f32..9.],
    ) {
        let tidy = |value: f32| if quarter { (value * 2.).round() / 2. } else { value };
        let mut mat = Mat4::IDENTITY;
        for (i, part) in parts.into_iter().enumerate() {
            mat.0[i / 3 * 4 + i % 3] = tidy(part);
        }
        mat.0[12..15].copy_from_slice(&step.map(tidy));
        let small: Volume = volume
            .voxels()
            .filter(|(at, _)| at.to_array().iter().all(|v| v.abs() < 4))
            .collect();
        if mat.inverse().is_some_and(|_| !quarter || mat.0.iter().any(|v| v.fract() != 0.)) {
            prop_assert_eq!(within(100_000, &small, &mat), Some(plain_move(&small, &mat, 32)));
        }
    }
}

proptest! {
    // spec/engine.md 7, "Layer transform tool": ±90° about X/Y/Z, flips, integer shifts.
    #[test]
    fn turns_flips_and_shifts_are_exact_in_all_of_space(
        volume in prop_oneof![shape(1, 1), shape(1, 3)],
        motion in motion(),
        origin in (-1e3..1e3, -2147483648.0..2147483647.0, prop_oneof![Just(0.), Just(1073741823.9)]),
    ) {
        let origin: Vec3 = origin.into();
        let result = transformed(&volume, motion, origin, 1000).unwrap();
        prop_assert_eq!(&result, &plain_motion(&volume, motion, origin));
        prop_assert_eq!(result.filled(), result.voxels().count() as u64);
    }

    #[test]
    fn halves_and_doubles_sample_about_the_pivot(
        volume in shape(0, 2),
        origin in [-9..9i32, -9..9, -9..9],
    ) {
        let f = origin.map(i64::from);
        // M'⁻¹·q is 2q − f − ½ for a half, rounded away from zero, and (q + f)/2 + ¼ − … for a double.
        let half = |q: i64, f: i64| { let twice = 4 * q - 2 * f - 1; (twice.abs() + 1) / 2 * twice.signum() };
        let double = |q: i64, f: i64| { let quads = 2 * (q + f) + 1; (2 * quads.abs() + 4).div_euclid(8) * quads.signum() };
        for (motion, source) in [(Motion::Halve, &half as &dyn Fn(i64, i64) -> i64), (Motion::Double, &double)] {
            let result = transformed(&volume, motion, f.map(|v| v as f64 + 0.3), 10_000).unwrap();
            for (at, voxel) in result.voxels() {
                let from = [0, 1, 2].map(|a| source(i64::from(at.to_array()[a]), f[a]) as i32);
                prop_assert_eq!(volume.get(from.into()), voxel);
            }
            for (at, _) in volume.voxels().filter(|_| motion == Motion::Double) {
                let to = [0, 1, 2].map(|a| (2 * i64::from(at.to_array()[a]) - f[a]) as i32);
                prop_assert_eq!(result.get(to.into()), volume.get(at));
            }
        }
    }
}

#[test]
fn the_motions_as_matrices_about_an_origin_move_the_same() {
    let volume: Volume =
        (0..20).map(|i| (Coord::new(i, i * i - 50, 3 - i), Voxel::rgb(i as u8, 0, 0))).collect();
    let origin = [3.7, -2.2, 10.0];
    let turns =
        (0..3).flat_map(|axis| (-3..4).map(move |quarters| Motion::Turn { axis, quarters }));
    let flips = (0..3).map(|axis| Motion::Flip { axis });
    let others = [Motion::Shift([1, -2, 300]), Motion::Double, Motion::Halve];
    for motion in turns.chain(flips).chain(others) {
        let mat = motion.matrix_about(origin);
        let expected = transformed(&volume, motion, origin, 5000);
        assert_eq!(within(5000, &volume, &mat), expected, "{motion:?}");
        assert_eq!(transformed(&volume, Motion::By(motion.matrix()), origin, 5000), expected);
    }
}

#[test]
fn a_turn_goes_counter_clockwise_seen_from_the_tip_of_its_axis() {
    let turned = |axis: u8, at: [i32; 3]| {
        let motion = Motion::Turn { axis, quarters: 1 };
        let volume = transformed(&one(at[0], at[1], at[2]), motion, [0.; 3], 9).unwrap();
        volume.voxels().map(|(at, _)| at.to_array()).collect::<Vec<_>>()
    };
    // Corners turn about (1/2, 1/2, 1/2): what is 0 off the pivot's corner comes to 1.
    assert_eq!(turned(0, [0, 5, 0]), [[0, 1, 5]]);
    assert_eq!(turned(1, [0, 0, 5]), [[5, 0, 1]]);
    assert_eq!(turned(2, [5, 0, 0]), [[1, 5, 0]]);
    assert_eq!(turned(3, [5, 0, 0]), [[5, 0, 0]]);
}

#[test]
fn a_box_turned_with_its_layer_is_aligned_again() {
    let turn = Motion::Turn { axis: 2, quarters: 1 }.matrix_about([0.5; 3]);
    let area = Mat4::from_box([2.5, 0.5, 7.], [3., 1., 2.]);
    let expected = Mat4::from_box([0.5, 2.5, 7.], [1., 3., 2.]);
    assert_eq!(axis_aligned(&compose(&turn, &area)), expected);
}

#[test]
fn a_flip_about_an_origin_takes_i_to_twice_its_floor_plus_one_minus_i() {
    let flipped =
        transformed(&one(1 << 30, 2, 3), Motion::Flip { axis: 0 }, [1e6 + 0.9, 0., 0.], 1);
    assert_eq!(flipped, Some(one(2 * 1_000_000 + 1 - (1 << 30), 2, 3)));
}

#[test]
fn whole_steps_share_bricks_when_they_fit() {
    let mut volume = one(0, 0, 0);
    volume.put(BrickCoord { x: 3, y: 0, z: -1 }, Brick::full(Voxel::rgb(1, 2, 3)));
    let result =
        transformed(&volume, Motion::Shift([16, -320, i32::MAX - 15]), [0.; 3], 2).unwrap();
    let to = BrickCoord { x: 4, y: -20, z: i32::MAX / 16 - 1 };
    let from = BrickCoord { x: 3, y: 0, z: -1 };
    assert!(std::ptr::eq(result.brick(to).unwrap(), volume.brick(from).unwrap()));
    assert_eq!(result.get(Coord::new(16, -320, i32::MAX - 15)), Voxel::WHITE);
}

#[test]
fn whole_steps_are_exact() {
    let mut mat = Mat4::IDENTITY;
    mat.0[12..15].copy_from_slice(&[5., -7., 100.]);
    assert_eq!(within(10, &one(1, 2, 3), &mat), Some(one(6, -5, 103)));
    mat.0[12..15].copy_from_slice(&[3e9, 0., 1e30]);
    assert_eq!(within(10, &one(-2_000_000_000, 2, 3), &mat), Some(Volume::new()));
    mat.0[14] = 0.;
    assert_eq!(within(10, &one(-2_000_000_000, 2, 3), &mat), Some(one(1_000_000_000, 2, 3)));
}

#[test]
fn a_quarter_turn_about_a_voxel_centre_is_exact() {
    // (x, y) -> (-y, x) about (1/2, 1/2): corners turn about the origin.
    let turn = Mat4([0., 1., 0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
    assert_eq!(within(100, &one(3, 1, 0), &turn), Some(one(-1, 3, 0)));
}

#[test]
fn a_voxel_enlarged_fills_its_whole_image() {
    let seven = Mat4::from_box([0.; 3], [7.; 3]);
    let large = within(100, &one(1, 0, 0), &seven).unwrap();
    assert_eq!(large.filled(), 343);
    let bounds = Bounds::around(Coord::new(4, -3, -3), Coord::new(10, 3, 3));
    assert_eq!(large.bounds(), Some(bounds));
}

#[test]
fn far_apart_voxels_cost_what_they_hold() {
    let mut far = one(0, 0, 0);
    far.set(Coord::new(1_000_000, -1_000_000, 1_000_000), Voxel::WHITE);
    let turn = Mat4([0., 1., 0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
    let mut room = 100;
    let turned = moved(&far, &turn, &mut room).unwrap();
    assert_eq!(turned.get(Coord::new(1_000_000, 1_000_000, 1_000_000)), Voxel::WHITE);
    assert_eq!(room, 98);
}

#[test]
fn what_leaves_space_is_dropped_and_not_read_at_its_end() {
    let end = one(i32::MAX, 0, 0);
    let half_right = Mat4::from_box([0.6, 0., 0.], [1.; 3]);
    assert_eq!(within(10, &end, &half_right), Some(Volume::new()));
    let one_right = transformed(&end, Motion::Shift([1, 0, 0]), [0.; 3], 0);
    assert_eq!(one_right, Some(Volume::new()));
}

#[test]
fn what_grows_too_far_is_refused_and_what_is_flattened_is_nothing() {
    let cube: Volume = (0..64).map(|i| (Coord::new(i, i, i), Voxel::WHITE)).collect();
    let huge = Mat4::from_box([0.; 3], [50.; 3]);
    assert_eq!(within(1000, &cube, &huge), None);
    assert_eq!(within(0, &cube, &Mat4::IDENTITY), Some(cube.clone()));
    let flat = Mat4::from_box([0.; 3], [1., 0., 1.]);
    assert_eq!(within(1000, &cube, &flat), Some(Volume::new()));
    let away = Mat4::from_box([f32::MAX; 3], [2.; 3]);
    assert_eq!(within(1000, &cube, &away), Some(Volume::new()));
    assert_eq!(transformed(&cube, Motion::Double, [0.; 3], 3), None);
    assert_eq!(transformed(&cube, Motion::Shift([1; 3]), [0.; 3], 3), None);
}

#[test]
fn what_is_not_finite_moves_nothing() {
    let volume = one(1, 2, 3);
    let motions = [Motion::By(Mat4([f32::NAN; 16])), Motion::By(Mat4([f32::INFINITY; 16]))];
    for motion in motions {
        assert_eq!(transformed(&volume, motion, [0.; 3], 100), Some(volume.clone()));
    }
    for origin in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for motion in [Motion::Double, Motion::Flip { axis: 0 }] {
            assert_eq!(transformed(&volume, motion, [origin; 3], 100), Some(volume.clone()));
        }
    }
    let away = transformed(&volume, Motion::Flip { axis: 0 }, [1e300, 0., 0.], 100);
    assert_eq!(away, Some(Volume::new()));
    let back = Motion::Turn { axis: 2, quarters: 2 };
    assert_eq!(transformed(&volume, back, [-f64::MAX; 3], 100), Some(Volume::new()));
}

#[test]
fn numbers_are_rounded_away_from_zero_and_only_into_space() {
    let (low, high) = (f64::from(i32::MIN), f64::from(i32::MAX));
    for value in [0., 0.49999999999999994, 0.5, 1.5, 2.5, -0.5, -1.4999, -2.5, low, high, 7e8 + 0.5]
    {
        assert_eq!(rounded(value), Some(value.round() as i32), "{value}");
    }
    for value in [low - 0.5, high + 0.5, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(rounded(value), None, "{value}");
    }
}

/// 144 bricks under a matrix that is nearly flat took 19 seconds, within their room.
#[test]
fn images_that_overlap_too_much_are_refused() {
    let full = Arc::new(Brick::full(Voxel::WHITE));
    let place = |i: i32| BrickCoord { x: i % 12, y: i / 12, z: -i % 12 - i / 12 };
    let volume = Volume::from_bricks((0..144).map(|i| (place(i), Arc::clone(&full))).collect());
    let k = 20.;
    let l = k * 1.001;
    let mat = Mat4([k, k, k, 0., k, l, k, 0., k, k, l, 0., 0., 0., 0., 1.]);
    assert_eq!(moved(&volume, &mat, &mut (1 << 18)), None);
}
