//! Which voxels shapes hold, and how they are written.

use super::*;
use crate::math::Mat4;
use crate::ops::model::{SHAPES, held};
use crate::volume::{Bounds, Coord, Volume, Voxel};
use proptest::prelude::*;

fn filled(shape: Shape, half: f32) -> Volume {
    let solid = Solid::new(shape, &Mat4::from_box([0.; 3], [half; 3]), None).unwrap();
    let mut volume = Volume::new();
    let touched = solid.fill(&mut volume, Voxel::WHITE);
    assert_eq!(touched, volume.filled());
    volume
}

#[test]
fn shapes_of_half_size_four_hold_the_anchor_counts() {
    let counts = [Shape::Cube, Shape::Sphere, Shape::Cylinder].map(|s| filled(s, 4.).filled());
    assert_eq!(counts, [512, 280, 416]);
}

#[test]
fn a_ball_holds_the_centres_within_its_radius() {
    let ball = filled(Shape::Sphere, 20.);
    let inside = |x: i32, y: i32, z: i32| {
        [x, y, z].map(|v| (2 * v + 1) * (2 * v + 1)).iter().sum::<i32>() <= 40 * 40
    };
    for z in -21..21 {
        for y in -21..21 {
            for x in -21..21 {
                let there = !ball.get(Coord::new(x, y, z)).is_empty();
                assert_eq!(there, inside(x, y, z), "{x} {y} {z}");
            }
        }
    }
}

#[test]
fn odd_sizes_fill_their_whole_box() {
    let bounds = Bounds::around(Coord::new(-1, -2, -3), Coord::new(3, 4, 5));
    for shape in [Shape::Cube, Shape::Sphere, Shape::Cylinder, Shape::Torus] {
        let mut volume = Volume::new();
        Solid::filling(shape, bounds).fill(&mut volume, Voxel::WHITE);
        assert_eq!(volume.bounds(), Some(bounds), "{shape:?}");
    }
}

#[test]
fn a_box_of_voxels_is_exact_at_the_ends_of_space() {
    let bounds = Bounds::around(Coord::new(i32::MAX - 2, i32::MIN, 20_000_001), {
        Coord::new(i32::MAX, i32::MIN + 1, 20_000_001)
    });
    let mut volume = Volume::new();
    let touched = Solid::filling(Shape::Cube, bounds).fill(&mut volume, Voxel::WHITE);
    assert_eq!((touched, volume.bounds()), (6, Some(bounds)));
}

proptest! {
    #[test]
    fn a_shape_holds_the_voxels_whose_centres_it_contains(
        low in [-40..40i32, -40..40i32, -40..40i32],
        size in [1..70i32, 1..40i32, 1..50i32],
        shape in 1..9usize,
    ) {
        let shapes =
            SHAPES;
        let high = [0, 1, 2].map(|axis| low[axis] + size[axis] - 1);
        let bounds = Bounds::around(low.into(), high.into());
        let (solid, area) = (Solid::filling(shapes[shape], bounds), Mat4::around(bounds));
        let mut volume = Volume::new();
        let touched = solid.fill(&mut volume, Voxel::WHITE);
        prop_assert_eq!(touched, volume.filled());
        let mut count = 0;
        for z in low[2]..=high[2] {
            for y in low[1]..=high[1] {
                for x in low[0]..=high[0] {
                    let inside = held(shapes[shape], &area, [x, y, z]);
                    count += u64::from(inside);
                    prop_assert_eq!(!volume.get(Coord::new(x, y, z)).is_empty(), inside);
                }
            }
        }
        prop_assert_eq!(count, touched);
    }
}

#[test]
fn cones_and_pyramids_stand_on_their_base() {
    for shape in [Shape::Cone, Shape::Pyramid] {
        let volume = filled(shape, 8.);
        let layer = |z: i32| volume.voxels().filter(|(at, _)| at.z == z).count();
        assert!(layer(-8) > layer(0) && layer(0) > layer(6), "{shape:?}");
    }
}

#[test]
fn a_torus_has_a_hole() {
    let bounds = Bounds::around(Coord::new(0, 0, 0), Coord::new(31, 31, 7));
    let mut volume = Volume::new();
    Solid::filling(Shape::Torus, bounds).fill(&mut volume, Voxel::WHITE);
    assert!(volume.get(Coord::new(16, 16, 4)).is_empty());
    assert!(!volume.get(Coord::new(4, 16, 4)).is_empty());
}

#[test]
fn erasing_takes_only_what_is_there() {
    let mut volume = filled(Shape::Cube, 4.);
    let far = Bounds::around(Coord::new(0, 0, 0), Coord::new(i32::MAX, i32::MAX, i32::MAX));
    let erased = Solid::filling(Shape::Cube, far).fill(&mut volume, Voxel::EMPTY);
    assert_eq!((erased, volume.filled()), (64, 448));
}

#[test]
fn a_box_turned_by_a_right_angle_holds_as_many() {
    let turned = Mat4([0., 3., 0., 0., -5., 0., 0., 0., 0., 0., 2., 0., 0., 0., 0., 1.]);
    let mut volume = Volume::new();
    Solid::new(Shape::Cylinder, &turned, None).unwrap().fill(&mut volume, Voxel::WHITE);
    let mut straight = Volume::new();
    let upright = Mat4::from_box([0.; 3], [5., 3., 2.]);
    Solid::new(Shape::Cylinder, &upright, None).unwrap().fill(&mut straight, Voxel::WHITE);
    assert_eq!(volume, straight);
}

#[test]
fn a_flat_box_holds_nothing() {
    assert!(Solid::new(Shape::Cube, &Mat4::from_box([0.; 3], [4., 0., 4.]), None).is_none());
    assert!(Solid::new(Shape::Cube, &Mat4([f32::NAN; 16]), None).is_none());
}

#[test]
fn shapes_at_the_ends_of_space_are_those_in_the_middle() {
    for end in [i32::MIN, i32::MAX] {
        for shape in SHAPES {
            let inner = if end < 0 { end } else { end - 22 };
            let far = Bounds::around([inner; 3].into(), [inner + 22, inner + 16, inner + 9].into());
            let near = Bounds::around([0; 3].into(), [22, 16, 9].into());
            let [far, near] = [far, near].map(|bounds| {
                let mut volume = Volume::new();
                let count = Solid::filling(shape, bounds).fill(&mut volume, Voxel::WHITE);
                assert_eq!(count, volume.filled());
                volume
            });
            assert_eq!(far.filled(), near.filled(), "{shape:?}");
            for (at, _) in near.voxels() {
                let at = at.offset([inner; 3]).unwrap();
                assert!(!far.get(at).is_empty(), "{shape:?} {at:?}");
            }
        }
    }
}

#[test]
fn every_shape_has_a_name_that_leads_back_to_it() {
    for shape in SHAPES.into_iter().chain((3..=64).map(Shape::Prism)) {
        assert_eq!(Shape::from_name(shape.name()), Some(shape));
    }
    assert_eq!(Shape::from_name("prism3"), Some(Shape::Prism(3)));
    for name in ["prism2", "prism65", "prism06", "prism+6", "", "Cube"] {
        assert_eq!(Shape::from_name(name), None, "{name}");
    }
    assert_eq!((Shape::Prism(0).name(), Shape::Prism(255).name()), ("prism", "prism64"));
}

// spec/engine.md 3: a box between integer corners of even or odd size fills it exactly.
#[test]
fn a_cube_fills_every_size_of_box_exactly() {
    for size in 1..=9 {
        let bounds = Bounds::around(Coord::new(-3, 5, 0), Coord::new(size - 4, size + 4, size - 1));
        for solid in [
            Solid::filling(Shape::Cube, bounds),
            Solid::new(Shape::Cube, &Mat4::around(bounds), None).unwrap(),
        ] {
            let mut volume = Volume::new();
            assert_eq!(solid.fill(&mut volume, Voxel::WHITE), bounds.voxels() as u64);
            assert_eq!(volume.bounds(), Some(bounds));
        }
    }
}

#[test]
fn a_prism_has_its_first_corner_on_y() {
    let area = Mat4::from_box([0.5, 0., 0.], [40., 40., 1.]);
    let mut volume = Volume::new();
    Solid::new(Shape::Prism(3), &area, None).unwrap().fill(&mut volume, Voxel::WHITE);
    let row = |y: i32| volume.voxels().filter(|(at, _)| at.y == y && at.z == 0).count();
    assert_eq!((row(39), row(-20), row(-21)), (1, 69, 0));
}

#[test]
fn a_prism_of_many_corners_is_nearly_a_cylinder() {
    let bounds = Bounds::around(Coord::new(0, 0, 0), Coord::new(99, 99, 0));
    let count = |shape| Solid::filling(shape, bounds).fill(&mut Volume::new(), Voxel::WHITE);
    let (prism, cylinder) = (count(Shape::Prism(64)), count(Shape::Cylinder));
    assert!(prism < cylinder && cylinder - prism < cylinder / 200, "{prism} {cylinder}");
}
