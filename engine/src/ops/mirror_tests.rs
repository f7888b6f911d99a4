//! Mirror, wrap, cut and crop against the rule, one voxel after the other.

use super::*;
use crate::ops::Solid;
use proptest::prelude::*;

const SPACE: Bounds = super::super::lines::SPACE;

fn row(places: impl IntoIterator<Item = i32>) -> Volume {
    places.into_iter().map(|x| (Coord::new(x, 0, 0), Voxel::rgb(x as u8, 1, 1))).collect()
}

fn xs(volume: &Volume) -> Vec<(i32, u8)> {
    volume.voxels().map(|(at, voxel)| (at.x, voxel.0[0])).collect()
}

fn along_x(low: i32, high: i32) -> Bounds {
    Bounds::around(Coord::new(low, 0, 0), Coord::new(high, 0, 0))
}

/// The volume with each voxel in the box put at `place(offset on the axis, size)`.
fn plain(volume: &Volume, axis: usize, within: Bounds, place: impl Fn(i64, i64) -> i64) -> Volume {
    let moved = |at: Coord| {
        let (low, size) = (i64::from(within.min.to_array()[axis]), within.size()[axis]);
        let mut to = at.to_array();
        to[axis] = (low + place(i64::from(to[axis]) - low, size)) as i32;
        if within.contains(at) { Coord::from(to) } else { at }
    };
    volume.voxels().map(|(at, voxel)| (moved(at), voxel)).collect()
}

// spec/engine.md 7, "Mirror filter" and "Wrap filter"

#[test]
fn a_mirror_changes_places_in_its_box_only() {
    let mirrored = |low, high| xs(&mirrored(&row([0, 1, 3, 9]), 0, along_x(low, high)));
    assert_eq!(mirrored(0, 4), [(1, 3), (3, 1), (4, 0), (9, 9)]);
    assert_eq!(mirrored(1, 1), [(0, 0), (1, 1), (3, 3), (9, 9)]);
    assert_eq!(mirrored(0, 19), [(10, 9), (16, 3), (18, 1), (19, 0)]);
}

#[test]
fn a_wrap_shifts_by_one_and_comes_in_on_the_other_side() {
    let wrapped = |up| xs(&wrapped(&row([0, 1, 4, 5]), 0, up, along_x(0, 4)));
    assert_eq!(wrapped(true), [(0, 4), (1, 0), (2, 1), (5, 5)]);
    assert_eq!(wrapped(false), [(0, 1), (3, 4), (4, 0), (5, 5)]);
}

#[test]
fn boxes_as_large_as_space_are_mirrored_and_wrapped() {
    let (low, high) = (i32::MIN, i32::MAX);
    let ends: Volume = [(Coord::new(low, 7, high), Voxel::WHITE)].into_iter().collect();
    let at = |volume: &Volume| volume.voxels().map(|(at, _)| at.to_array()).collect::<Vec<_>>();
    assert_eq!(at(&mirrored(&ends, 0, SPACE)), [[high, 7, high]]);
    assert_eq!(at(&mirrored(&ends, 1, SPACE)), [[low, -8, high]]);
    assert_eq!(at(&wrapped(&ends, 0, false, SPACE)), [[high, 7, high]]);
    assert_eq!(at(&wrapped(&ends, 2, true, SPACE)), [[low, 7, low]]);
    assert_eq!(at(&wrapped(&ends, 1, true, SPACE)), [[low, 8, high]]);
    assert_eq!(mirrored(&ends, 3, SPACE), ends);
    assert_eq!(wrapped(&ends, 200, true, SPACE), ends);
}

fn blocks() -> impl Strategy<Value = Volume> {
    let voxel = ([-40..40i32, -9..9i32, -20..40i32], 0u8..3);
    (prop::collection::vec(voxel, 0..80), 0u8..3).prop_map(|(voxels, block)| {
        let mut volume = Volume::new();
        if block > 0 {
            volume.put(BrickCoord { x: -1, y: 0, z: 1 }, Brick::full(Voxel::rgb(block, 0, 0)));
            volume.put(BrickCoord { x: 0, y: 0, z: 1 }, Brick::full(Voxel::rgb(1, 0, 0)));
        }
        volume.write(voxels.into_iter().map(|(at, n)| (at.into(), Voxel::rgb(n, 0, 0))));
        volume
    })
}

fn corner() -> impl Strategy<Value = Coord> {
    [-45..45i32, -12..12i32, -25..45i32].prop_map(Coord::from)
}

proptest! {
    #[test]
    fn mirrors_and_wraps_move_each_voxel_of_the_box(
        volume in blocks(), a in corner(), b in corner(), axis in 0u8..3,
    ) {
        let (within, axis_index) = (Bounds::around(a, b), usize::from(axis));
        let expected = plain(&volume, axis_index, within, |t, size| size - 1 - t);
        prop_assert_eq!(mirrored(&volume, axis, within), expected);
        for (up, step) in [(true, 1), (false, -1)] {
            let expected = plain(&volume, axis_index, within, |t, size| (t + step).rem_euclid(size));
            prop_assert_eq!(wrapped(&volume, axis, up, within), expected);
        }
    }

    #[test]
    fn a_cut_clears_the_centres_strictly_above(
        volume in blocks(),
        point in [-10f64..10., -10f64..10., -10f64..10.],
        normal in [-2i32..3, -2i32..3, -2i32..3],
        whole: bool,
    ) {
        let point = if whole { point.map(|v| v.round() + 0.5) } else { point };
        let normal = normal.map(f64::from);
        let above = |at: Coord| {
            let p = at.to_array().map(|v| f64::from(v) + 0.5);
            (0..3).map(|i| (p[i] - point[i]) * normal[i]).sum::<f64>() > 1e-9
        };
        let expected: Volume = volume.voxels().filter(|(at, _)| !above(*at)).collect();
        prop_assert_eq!(cut_above(&volume, point, normal), expected);
    }

    #[test]
    fn a_crop_keeps_what_the_cube_of_the_painter_holds(
        volume in blocks(),
        parts in [-20f32..20., -20f32..20., -20f32..20., -20f32..20., -20f32..20., -20f32..20.],
        straight: bool,
    ) {
        let [a, b, c, x, y, z] = parts;
        let mut area = Mat4::from_box([x, y, z].map(f32::round), [a, b, c].map(f32::round));
        if !straight {
            area.0[1] = b;
            area.0[4] = -a / 2.;
            area.0[6] = x / 3.;
        }
        let mut cube = Volume::new();
        if let Some(solid) = Solid::new(Shape::Cube, &area, None) {
            solid.fill(&mut cube, Voxel::WHITE);
        }
        let inside = |at: &Coord| !cube.get(*at).is_empty() || area.inverse().is_none();
        let expected: Volume = volume.voxels().filter(|(at, _)| inside(at)).collect();
        prop_assert_eq!(cropped(&volume, &area, Threads(1)), expected);
    }
}

#[test]
fn a_plane_through_centres_keeps_them_and_its_back_clears_the_other_side() {
    let cut = |x, normal| xs(&cut_above(&row([-1, 0, 1, 2]), [x, 9., 9.], [normal, 0., 0.]));
    assert_eq!(cut(0.5, 1.), [(-1, 255), (0, 0)]);
    assert_eq!(cut(0.5, -1.), [(0, 0), (1, 1), (2, 2)]);
    assert_eq!(cut(1.0, 1e300), [(-1, 255), (0, 0)]);
    assert_eq!(cut(1.0, -1e-300), [(1, 1), (2, 2)]);
}

#[test]
fn planes_and_boxes_that_are_none_change_nothing() {
    let volume = row([i32::MIN, 0, i32::MAX]);
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(cut_above(&volume, [odd, 0., 0.], [1., 0., 0.]), volume);
        assert_eq!(cut_above(&volume, [0.; 3], [odd, 0., 0.]), volume);
        assert_eq!(cropped(&volume, &Mat4([odd as f32; 16]), Threads(1)), volume);
    }
    assert_eq!(cut_above(&volume, [0.; 3], [0.; 3]), volume);
    assert_eq!(
        cut_above(&volume, [f64::MAX, -f64::MAX, 0.], [1., 1., 0.]),
        row([i32::MIN, 0, i32::MAX])
    );
    let flat = Mat4::from_box([0.; 3], [4., 0., 4.]);
    assert_eq!(cropped(&volume, &flat, Threads(1)), volume);
    let all = Mat4::from_box([0.; 3], [f32::MAX; 3]);
    assert_eq!(cropped(&volume, &all, Threads(1)), volume);
}

// spec/engine.md 3, cube: half-open, -S <= p < S.
#[test]
fn a_crop_is_half_open() {
    let crop = |center: f32| {
        xs(&cropped(&row(0..6), &Mat4::from_box([center, 0., 0.], [2.; 3]), Threads(1)))
    };
    assert_eq!(crop(2.5), [(0, 0), (1, 1), (2, 2), (3, 3)]);
    assert_eq!(crop(3.), [(1, 1), (2, 2), (3, 3), (4, 4)]);
}

#[test]
fn bricks_that_keep_all_are_shared() {
    let mut volume = Volume::new();
    let home = BrickCoord { x: 0, y: 0, z: 0 };
    volume.put(home, Brick::full(Voxel::WHITE));
    let same =
        |other: &Volume| std::ptr::eq(volume.brick(home).unwrap(), other.brick(home).unwrap());
    assert!(same(&cut_above(&volume, [0., 0., 15.5], [0., 0., 1.])));
    assert!(!same(&cut_above(&volume, [0., 0., 15.4], [0., 0., 1.])));
    assert!(same(&cropped(&volume, &Mat4::from_box([8.; 3], [8.; 3]), Threads(1))));
    let outside = Bounds::around(Coord::new(16, 0, 0), Coord::new(99, 99, 99));
    assert!(same(&mirrored(&volume, 0, outside)));
}
