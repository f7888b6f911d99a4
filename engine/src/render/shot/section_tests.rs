//! Sections against a voxel-by-voxel model.

use super::*;
use crate::volume::Coord;
use proptest::prelude::*;

/// What a section leaves, voxel by voxel.
fn naive(section: &Section, volume: &Volume) -> Volume {
    let beyond = |at: Coord, plane: &Plane| {
        let center = at.to_array().map(|value| f64::from(value) + 0.5);
        crate::math::dot(center, plane.normal) > plane.offset
    };
    let kept = |at: Coord| {
        section.keep.is_none_or(|keep| keep.contains(at))
            && !section.planes.iter().any(|plane| beyond(at, plane))
    };
    volume.voxels().filter(|(at, _)| kept(*at)).collect()
}

fn block() -> Volume {
    let mut volume = Volume::new();
    volume.fill_box(Bounds::around([-40, -9, 3].into(), [40, 9, 60].into()), Voxel::WHITE);
    volume
}

#[track_caller]
fn check(planes: &[Plane], keep: Option<Bounds>, left: u64) {
    let section = Section { planes: planes.to_vec(), keep };
    assert_eq!(section.of(&block()).filled(), left, "{section:?}");
}

#[test]
fn upright_planes_cut_between_voxels() {
    let whole = block().filled();
    check(&[], None, whole);
    check(&[Plane::above(0, 0)], None, 40 * 19 * 58);
    check(&[Plane::below(0, 0)], None, 41 * 19 * 58);
    check(&[Plane::above(2, 60)], None, 81 * 19 * 57);
    check(&[Plane::below(1, -9)], None, whole);
    check(&[Plane::below(1, 10)], None, 0);
    check(&[Plane::above(0, 5), Plane::below(0, 5)], None, 0);
    check(&[Plane::above(0, 6), Plane::below(0, 5)], None, 19 * 58);
    let keep = Bounds::around([0; 3].into(), [9, 0, i32::MAX].into());
    check(&[], Some(keep), 10 * 58);
    check(&[Plane::through([0., 0., 13.], [0., 0., 1.])], Some(keep), 100);
}

#[test]
fn a_voxel_whose_centre_is_on_the_plane_stays() {
    check(&[Plane { normal: [1., 0., 0.], offset: 0.5 }], None, 41 * 19 * 58);
    check(&[Plane { normal: [1., 0., 0.], offset: 0.499 }], None, 40 * 19 * 58);
}

#[test]
fn a_plane_that_is_none_cuts_nothing() {
    let whole = block().filled();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check(&[Plane { normal: [bad, 0., 1.], offset: 0.0 }], None, whole);
        check(&[Plane { normal: [0., 0., 1.], offset: bad }], None, whole);
    }
    check(&[Plane { normal: [0.; 3], offset: -5.0 }], None, whole);
}

#[test]
fn a_normal_of_any_length_cuts_alike() {
    for length in [f64::MIN_POSITIVE, 1e-300, 1.0, 1e300, f64::MAX / 40.0] {
        let plane = Plane { normal: [0., length, length], offset: 30.25 * length };
        let unit = Plane { normal: [0., 1., 1.], offset: 30.25 };
        let left = Section { planes: vec![unit], keep: None }.of(&block()).filled();
        check(&[plane], None, left);
        assert!(left > 0 && left < block().filled());
    }
}

#[test]
fn bricks_that_are_not_cut_are_shared() {
    let volume = block();
    let left = Section { planes: vec![Plane::above(0, 3)], keep: None }.of(&volume);
    let shared = |(at, brick): &(BrickCoord, &Brick)| {
        volume.brick(*at).is_some_and(|other| std::ptr::eq(*brick, other))
    };
    let bricks = left.bricks();
    assert!(bricks.iter().all(|entry| shared(entry) == (entry.0.x < 0)));
    assert!(bricks.iter().any(|(at, _)| at.x == 0));
    let outside = Section { planes: vec![Plane::above(2, 61)], keep: None };
    assert!(outside.of(&volume).shares_root_with(&volume));
}

#[test]
fn the_ends_of_space_are_cut_as_its_middle_is() {
    let ends = [[i32::MIN; 3], [i32::MAX; 3], [i32::MIN, 0, i32::MAX]];
    let volume: Volume = ends.map(|at| (Coord::from(at), Voxel::WHITE)).into_iter().collect();
    let left = |plane: Plane| Section { planes: vec![plane], keep: None }.of(&volume).filled();
    assert_eq!(left(Plane::above(0, i32::MAX)), 2);
    assert_eq!(left(Plane::below(0, i32::MIN)), 3);
    assert_eq!(left(Plane::below(2, i32::MAX)), 2);
    assert_eq!(left(Plane::through([0.; 3], [1., 1., 1.])), 1);
    assert!(Section::default().of(&Volume::new()).is_empty());
}

proptest! {
    #[test]
    fn a_section_is_a_choice_of_each_voxel(
        voxels in prop::collection::vec(([-40..40i32, -20..20i32, 0..40i32], 1..9u8), 1..400),
        slab in any::<bool>(),
        planes in prop::collection::vec(([-9..9i32, -9..9i32, -9..9i32], -90..300i32), 0..3),
        keep in prop::option::of(([-40..40i32, -20..20i32, 0..40i32], [-40..40i32, -20..20i32, 0..40i32])),
    ) {
        let place = |at: [i32; 3]| Coord::new(at[0], at[1], at[2]);
        let mut volume: Volume =
            voxels.iter().map(|(at, v)| (place(*at), Voxel::rgb(*v, 0, 0))).collect();
        if slab {
            volume.fill_box(Bounds::around([-33, -3, 2].into(), [18, 14, 21].into()), Voxel::WHITE);
        }
        let plane = |(normal, offset): &([i32; 3], i32)| Plane {
            normal: normal.map(f64::from),
            offset: f64::from(*offset) / 4.0,
        };
        let section = Section {
            planes: planes.iter().filter(|(n, _)| *n != [0; 3]).map(plane).collect(),
            keep: keep.map(|(a, b)| Bounds::around(a.into(), b.into())),
        };
        prop_assert_eq!(section.of(&volume), naive(&section, &volume));
    }
}
