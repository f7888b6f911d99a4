//! The painter against the model, and its rules one by one (spec/engine.md 3).

use super::*;
use crate::ops::model::{self, SHAPES};
use crate::volume::Coord;
use proptest::prelude::*;

const WINDOW: Bounds = Bounds { min: Coord::new(-24, -24, -24), max: Coord::new(23, 23, 23) };

/// Scattered voxels of a few colours, a box of one, and a brick's corner.
fn scene(seed: u32) -> Volume {
    let mut volume = Volume::new();
    let whole = Bounds::around(Coord::new(-16, -16, -16), Coord::new(5, -1, -1));
    crate::ops::Solid::filling(Shape::Cube, whole).fill(&mut volume, Voxel([9, 200, 30, 255]));
    let mut state = seed | 1;
    let mut next = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    for _ in 0..1500 {
        let at = [next(24), next(24), next(24)].map(|value| value as i32 - 10);
        let voxel = Voxel([next(3) as u8 * 90, next(256) as u8, 7, [1, 90, 255][next(3) as usize]]);
        volume.set(at.into(), voxel);
    }
    volume
}

fn matrices() -> impl Strategy<Value = Mat4> {
    let number = |reach: f32| -reach..reach;
    let upright = prop::array::uniform3(1..8i32).prop_flat_map(|half| {
        prop::array::uniform3(-8..8i32).prop_map(move |center| {
            Mat4::from_box(center.map(|v| v as f32 / 2.0), half.map(|v| v as f32 / 2.0))
        })
    });
    let any = (prop::array::uniform9(number(5.0)), prop::array::uniform3(number(4.0))).prop_map(
        |([a, b, c, d, e, f, g, h, i], [x, y, z])| {
            Mat4([a, b, c, 0., d, e, f, 0., g, h, i, 0., x, y, z, 1.])
        },
    );
    // A quarter turn, with one axis the other way around.
    let turned = (upright.clone(), 0..3usize).prop_map(|(mat, axis)| {
        let mut turned = mat;
        for column in 0..3 {
            let from = 4 * ((column + axis) % 3);
            turned.0[4 * column..4 * column + 3].copy_from_slice(&mat.0[from..from + 3]);
        }
        (0..3).for_each(|row| turned.0[row] *= -1.0);
        turned
    });
    prop_oneof![2 => any, 1 => upright, 1 => turned]
}

prop_compose! {
    fn painters()(
        mode in 0..9usize,
        shape in 0..SHAPES.len(),
        alpha in prop_oneof![Just(255u8), Just(0), any::<u8>()],
        smoothness in prop_oneof![3 => Just(0.0f32), 1 => Just(1.0), 1 => 0.1..3.0f32],
        axes in prop_oneof![3 => Just([false; 3]), 2 => any::<[bool; 3]>()],
        origin in prop::array::uniform3(-4..4i32),
        clip in prop::option::weighted(0.3, (prop::array::uniform3(-14..4i32), 1..20i32)),
        hollow in prop_oneof![3 => Just(0u32), 1 => 1..4u32],
    ) -> Painter {
        let clip = clip.map(|(low, size)| {
            Bounds::around(low.into(), low.map(|value| value + size).into())
        });
        let symmetry = Symmetry { axes, origin: origin.map(|value| value as f32 / 2.0) };
        Painter {
            mode: BlendMode::ALL[mode],
            smoothness,
            symmetry,
            clip,
            hollow,
            ..Painter::new(SHAPES[shape], Voxel([250, 20, 90, alpha]))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    // spec/engine.md 3, steps 1 to 8.
    #[test]
    fn painting_is_what_the_spec_says_voxel_by_voxel(
        painter in painters(),
        area in matrices(),
        seed in any::<u32>(),
    ) {
        let volume = scene(seed);
        let painted = painter.paint(&volume, &area, usize::MAX, Threads(2)).unwrap();
        let expected = model::paint(&painter, &volume, &area, WINDOW);
        let differing: Vec<_> = painted
            .voxels()
            .filter(|(at, voxel)| expected.get(*at) != *voxel)
            .chain(expected.voxels().filter(|(at, voxel)| painted.get(*at) != *voxel))
            .take(5)
            .collect();
        prop_assert!(painted == expected, "{:?}", differing);
        let filled: u64 = painted.bricks().iter().map(|(_, brick)| u64::from(brick.filled())).sum();
        prop_assert_eq!(filled, painted.filled());
    }
}

const RED: Voxel = Voxel([255, 0, 0, 255]);

fn painted(painter: &Painter, volume: &Volume, area: &Mat4) -> Volume {
    painter.paint(volume, area, 1 << 14, Threads(1)).unwrap()
}

fn solid(low: i32, high: i32) -> Volume {
    let bounds = Bounds::around(Coord::new(low, low, low), Coord::new(high, high, high));
    painted(&Painter::new(Shape::Cube, Voxel::WHITE), &Volume::new(), &Mat4::around(bounds))
}

// spec/engine.md 3: the exact anchors.
#[test]
fn shapes_of_half_size_four_hold_512_280_and_416_voxels() {
    let counts = [Shape::Cube, Shape::Sphere, Shape::Cylinder].map(|shape| {
        let area = Mat4::from_box([8., -3., 16.], [4.; 3]);
        painted(&Painter::new(shape, RED), &Volume::new(), &area).filled()
    });
    assert_eq!(counts, [512, 280, 416]);
}

// spec/engine.md 3: even and odd sizes.
#[test]
fn a_box_between_integer_corners_is_filled_exactly() {
    for size in 1..=9 {
        let bounds =
            Bounds::around(Coord::new(-5, 12, 0), Coord::new(size - 6, size + 11, size - 1));
        let volume =
            painted(&Painter::new(Shape::Cube, RED), &Volume::new(), &Mat4::around(bounds));
        assert_eq!(volume.bounds(), Some(bounds));
        assert_eq!(u128::from(volume.filled()), bounds.voxels());
        let ball =
            painted(&Painter::new(Shape::Sphere, RED), &Volume::new(), &Mat4::around(bounds));
        assert_eq!(ball.bounds(), Some(bounds));
    }
}

// spec/engine.md 3, step 1: origin 0 takes voxel i to -1 - i, and n axes give 2^n boxes.
#[test]
fn symmetry_repeats_on_the_other_sides() {
    let mut painter = Painter::new(Shape::Cube, RED);
    painter.symmetry.axes = [true; 3];
    let area = Mat4::from_box([3.5, 1.5, 7.5], [0.5; 3]);
    let volume = painted(&painter, &Volume::new(), &area);
    assert_eq!(volume.filled(), 8);
    for x in [3, -4] {
        for y in [1, -2] {
            for z in [7, -8] {
                assert_eq!(volume.get(Coord::new(x, y, z)), RED, "{x} {y} {z}");
            }
        }
    }
}

// spec/engine.md 3, step 1: the order.
#[test]
fn mirrored_applications_come_first_and_the_original_last() {
    let axes = [true, false, true];
    let images = Symmetry { axes, ..Symmetry::default() }.images();
    assert_eq!(images, [vec![0, 2], vec![0], vec![2], vec![]]);
}

// spec/engine.md 3, step 5.
#[test]
fn coverage_falls_from_full_to_none_across_the_edge() {
    let painter = Painter { smoothness: 1.0, ..Painter::new(Shape::Cube, RED) };
    let volume = painted(&painter, &Volume::new(), &Mat4::from_box([0., 0., 0.], [4.; 3]));
    let alpha = |x: i32| volume.get(Coord::new(x, 0, 0)).alpha();
    assert_eq!([2, 3, 4, 5].map(alpha), [255, 191, 63, 0]);
}

// spec/engine.md 3, step 7.
#[test]
fn taking_away_and_multiplying_leave_what_is_outside_alone() {
    let area = Mat4::from_box([0.; 3], [2.; 3]);
    let half = Voxel([255, 255, 255, 127]);
    let cases = [
        (BlendMode::Sub, Voxel([255, 255, 255, 128])),
        (BlendMode::SubClamp, Voxel([255, 255, 255, 128])),
        (BlendMode::MultAlpha, Voxel([127, 127, 127, 127])),
    ];
    for (mode, expected) in cases {
        let painter = Painter { mode, ..Painter::new(Shape::Cube, half) };
        let volume = painted(&painter, &solid(-8, 7), &area);
        assert_eq!(volume.filled(), 4096, "{mode:?}");
        for (at, voxel) in volume.voxels() {
            let is_inside = at.to_array().iter().all(|v| (-2..2).contains(v));
            assert_eq!(voxel, if is_inside { expected } else { Voxel::WHITE }, "{mode:?} {at:?}");
        }
    }
}

// spec/engine.md 3, steps 3 and 4: all existing voxels, but those outside the clip box.
#[test]
fn intersecting_reaches_every_voxel_within_the_clip() {
    let mut volume = solid(0, 3);
    volume.set(Coord::new(i32::MAX, 0, i32::MIN), RED);
    volume.set(Coord::new(0, 500, 0), RED);
    let clip = Bounds::new(Coord::new(0, 0, 0), Coord::new(9, 900, 9));
    for mode in [BlendMode::Intersect, BlendMode::IntersectFill] {
        let painter = Painter { mode, ..Painter::new(Shape::Cube, Voxel::rgb(1, 2, 3)) };
        let area = Mat4::from_box([2.; 3], [1.; 3]);
        assert_eq!(painted(&painter, &volume, &area).filled(), 8);
        let clipped = painted(&Painter { clip, ..painter }, &volume, &area);
        assert_eq!(clipped.filled(), 9);
        // Nowhere near anything: all is cleared.
        assert!(painted(&painter, &volume, &Mat4::from_box([1e12; 3], [1.; 3])).is_empty());
    }
}

// spec/engine.md 3, [D]: MAX writes nothing where coverage is 0; nor does REPLACE.
#[test]
fn max_and_replace_write_only_where_they_cover() {
    for mode in [BlendMode::Max, BlendMode::Replace] {
        let painter = Painter { mode, ..Painter::new(Shape::Sphere, RED) };
        let volume = painted(&painter, &solid(0, 7), &Mat4::from_box([4.; 3], [2.; 3]));
        assert_eq!(volume.get(Coord::new(0, 0, 0)), Voxel::WHITE, "{mode:?}");
        assert_eq!(volume.get(Coord::new(4, 4, 4)), RED, "{mode:?}");
        assert_eq!(volume.filled(), 512);
    }
}

#[test]
fn broken_and_flat_boxes_change_nothing() {
    let mut nan = Mat4::from_box([0.; 3], [4.; 3]);
    nan.0[5] = f32::NAN;
    let infinite = Mat4::from_box([f32::INFINITY, 0., 0.], [4.; 3]);
    let flat = Mat4::from_box([0.; 3], [4., 0., 4.]);
    let parallel = Mat4([1., 0., 0., 0., 1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
    let volume = solid(-3, 3);
    for area in [nan, infinite, flat, parallel] {
        for mode in BlendMode::ALL {
            for shape in SHAPES {
                let painter = Painter { mode, ..Painter::new(shape, RED) };
                assert_eq!(painted(&painter, &volume, &area), volume, "{mode:?} {shape:?}");
            }
        }
    }
    for smoothness in [f32::NAN, f32::INFINITY, -1.0] {
        let painter = Painter { smoothness, ..Painter::new(Shape::Sphere, RED) };
        assert_eq!(painted(&painter, &volume, &Mat4::from_box([0.; 3], [9.; 3])), volume);
    }
}

#[test]
fn a_huge_box_is_refused_or_costs_what_exists() {
    let volume = solid(-3, 3);
    for (half, shape) in [1e9f32, 1e20, 3e38].into_iter().zip(SHAPES) {
        let area = Mat4::from_box([0.; 3], [half; 3]);
        let mut painter = Painter::new(shape, RED);
        assert_eq!(painter.paint(&volume, &area, 1000, Threads(1)), None, "{shape:?}");
        painter.mode = BlendMode::Sub;
        assert!(painted(&painter, &volume, &area).is_empty(), "{shape:?}");
        painter.mode = BlendMode::Intersect;
        assert_eq!(painted(&painter, &volume, &area), volume, "{shape:?}");
    }
}

#[test]
fn room_counts_each_brick_that_is_written_once() {
    let mut painter = Painter::new(Shape::Cube, RED);
    painter.symmetry.axes = [true, true, true];
    // The box and its images lie in the same eight bricks.
    let area = Mat4::from_box([1., 2., 3.], [9.; 3]);
    let paint = |painter: &Painter, room| painter.paint(&Volume::new(), &area, room, Threads(1));
    assert_eq!(paint(&painter, 7), None);
    assert_eq!(paint(&painter, 8).unwrap().brick_count(), 8);
    let sub = Painter { mode: BlendMode::Sub, ..painter };
    assert!(sub.paint(&solid(-20, 20), &area, 0, Threads(1)).is_some());
}

#[test]
fn a_thin_diagonal_costs_its_own_bricks() {
    let far = 1_000_000.0;
    let area = crate::ops::line_box([0.; 3], [far, far * 0.6543, far * 0.3123], 2.0).unwrap();
    let painter = Painter::new(Shape::Cube, RED);
    let volume = painter.paint(&Volume::new(), &area, 300_000, Threads(2)).unwrap();
    // 16 per voxel of length.
    let expected = (1.0f64 + 0.6543 * 0.6543 + 0.3123 * 0.3123).sqrt() * far * 16.0;
    assert!((volume.filled() as f64 / expected - 1.0).abs() < 0.001, "{}", volume.filled());
    assert_eq!(painter.paint(&Volume::new(), &area, 60_000, Threads(1)), None);
}

#[test]
fn shapes_end_where_space_ends() {
    let low = f32::from(-1i8) * 2_147_483_648.0;
    for (center, corner) in [(low, i32::MIN), (-low, i32::MAX)] {
        for shape in SHAPES {
            // Floats are 128 or 256 apart there.
            let area = Mat4::from_box([center; 3], [20.0; 3]);
            let soft = Painter { smoothness: 2.0, hollow: 3, ..Painter::new(shape, RED) };
            for painter in [Painter::new(shape, RED), soft] {
                let volume = painted(&painter, &Volume::new(), &area);
                if shape == Shape::Cube && painter.hollow == 0 {
                    assert_eq!(volume.filled(), 8000);
                    assert!(!volume.get(Coord::new(corner, corner, corner)).is_empty());
                }
            }
        }
    }
}

// The wall is of the unclipped shape: the clip's faces are open.
#[test]
fn a_clip_cuts_a_hollow_shape_open() {
    let clip = Bounds::new(Coord::new(-20, -20, -20), Coord::new(19, 19, 0));
    let painter = Painter { hollow: 2, clip, ..Painter::new(Shape::Cube, RED) };
    let volume = painted(&painter, &Volume::new(), &Mat4::from_box([0.; 3], [10.; 3]));
    assert_eq!(volume.filled(), 2 * 400 + 9 * (400 - 256));
}

#[test]
fn a_wall_thicker_than_the_shape_leaves_it_solid() {
    for shape in SHAPES {
        let area = Mat4::from_box([0.; 3], [9.; 3]);
        let solid = painted(&Painter::new(shape, RED), &Volume::new(), &area);
        for hollow in [40, u32::MAX] {
            let painter = Painter { hollow, ..Painter::new(shape, RED) };
            assert_eq!(painted(&painter, &Volume::new(), &area), solid, "{shape:?}");
        }
    }
}

#[test]
fn bricks_that_are_wholly_covered_are_one_brick() {
    let volume = solid(0, 63);
    let first = volume.brick(Coord::new(0, 0, 0).brick()).unwrap();
    assert!(volume.bricks().iter().all(|(_, brick)| std::ptr::eq(*brick, first)));
}

#[test]
fn a_thick_wall_of_a_torus_is_as_thick_as_asked() {
    let area = Mat4::from_box([0., 0., 0.5], [60., 60., 14.]);
    let torus = Painter::new(Shape::Torus, RED);
    let solid = painted(&torus, &Volume::new(), &area);
    let wall = painted(&Painter { hollow: 11, ..torus }, &Volume::new(), &area);
    let mut core = 0;
    for (at, _) in solid.voxels() {
        let is_within = |step: [i32; 3]| !solid.get(at.offset(step).unwrap()).is_empty();
        let is_core = (-11..=11i32).all(|z| {
            (-11..=11i32).filter(|y| y.abs() + z.abs() <= 11).all(|y| {
                let x = 11 - y.abs() - z.abs();
                // What is between the ends of a row is inside when all shorter reaches are.
                (-x..=x).all(|x| is_within([x, y, z]))
            })
        });
        core += u64::from(is_core);
        assert_eq!(wall.get(at).is_empty(), is_core, "{at:?}");
    }
    assert!(core > 0);
    assert_eq!(wall.filled() + core, solid.filled());
}

#[test]
fn threads_do_not_change_the_result() {
    let area = Mat4([40., 30., 0., 0., -30., 40., 5., 0., 0., 0., 50., 0., 0.3, 0.1, 0., 1.]);
    for shape in SHAPES {
        let painter = Painter::new(shape, RED);
        let alone = painter.paint(&Volume::new(), &area, 9999, Threads(1)).unwrap();
        assert_eq!(painter.paint(&Volume::new(), &area, 9999, Threads(3)).unwrap(), alone);
    }
}
