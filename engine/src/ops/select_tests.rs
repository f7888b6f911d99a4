use super::*;
use crate::volume::{Bounds, Coord};
use proptest::prelude::*;

const RED: Voxel = Voxel::rgb(250, 0, 0);
const FAINT: Voxel = Voxel([0, 0, 9, 1]);

fn one(at: [i32; 3], voxel: Voxel) -> Volume {
    [(Coord::from(at), voxel)].into_iter().collect()
}

fn cube(low: [i32; 3], edge: i32, voxel: Voxel) -> Volume {
    let low = Coord::from(low);
    let mut volume = Volume::new();
    let bounds = Bounds::around(low, low.offset([edge - 1; 3]).unwrap());
    Solid::filling(Shape::Cube, bounds).fill(&mut volume, voxel);
    volume
}

/// The voxels of `volume` that `takes` says, as a mask.
fn those(volume: &Volume, takes: impl Fn(Coord, Voxel) -> bool) -> Volume {
    let taken = volume.voxels().filter(|(at, voxel)| takes(*at, *voxel));
    taken.map(|(at, _)| (at, Voxel::WHITE)).collect()
}

/// spec/engine.md 6: the mask contains exactly the existing voxels inside, faint ones too.
#[test]
fn a_box_selects_the_existing_voxels_whose_centres_it_holds() {
    let mut volume = cube([-8; 3], 40, RED);
    volume.set(Coord::new(0, 0, 0), FAINT);
    volume.set(Coord::new(1, 0, 0), Voxel::EMPTY);
    let mask = in_box(&volume, &Mat4::from_box([0.0; 3], [2.5; 3]));
    // Centres from -2.5, which is held, to 2.5, which is not.
    let held = |at: Coord, _| at.to_array().iter().all(|v| (-3..=1).contains(v));
    assert_eq!(mask, those(&volume, held));
    assert_eq!(mask.filled(), 124);
}

#[test]
fn a_flat_broken_or_far_box_selects_nothing() {
    let volume = cube([0; 3], 20, RED);
    let far = Mat4::from_box([f32::MAX; 3], [1.0; 3]);
    for area in [Mat4::from_box([5.0; 3], [9.0, 0.0, 9.0]), Mat4([f32::NAN; 16]), far] {
        assert!(in_box(&volume, &area).is_empty(), "{area:?}");
    }
    let all = Mat4::from_box([0.0; 3], [1e30; 3]);
    assert_eq!(in_box(&volume, &all).filled(), 8000);
}

/// spec/engine.md 6: flat boxes grow one voxel along the surface normal.
#[test]
fn a_flat_box_grows_one_voxel_along_the_normal() {
    let volume = cube([-20; 3], 40, RED);
    for axis in 0..3 {
        for (sign, level) in [(1.0, 5), (-1.0, 4)] {
            let (mut half, mut normal) = ([3.0; 3], [0.0; 3]);
            (half[axis], normal[axis]) = (0.0, 7.0 * sign);
            let flat = Mat4::from_box([5.0; 3], half);
            let mask = in_box(&volume, &grown(&flat, normal));
            assert_eq!(mask.filled(), 36);
            assert!(mask.voxels().all(|(at, _)| at.to_array()[axis] == level), "{axis} {sign}");
        }
    }
}

#[test]
fn a_box_with_no_direction_to_grow_in_stays() {
    let flat = Mat4::from_box([0.0; 3], [3.0, 0.0, 3.0]);
    for normal in [[0.0; 3], [f64::NAN; 3], [f64::INFINITY, 0.0, 0.0]] {
        assert_eq!(grown(&flat, normal), flat);
    }
    for thick in [Mat4::IDENTITY, Mat4::from_box([0.0; 3], [3.0, 0.0, 0.0])] {
        assert_eq!(grown(&thick, [0.0, 1.0, 0.0]), thick);
    }
}

#[test]
fn colours_are_selected_by_their_difference_in_each_channel() {
    let volume: Volume = [[250, 0, 0, 255], [246, 0, 0, 255], [250, 0, 0, 9], [245, 0, 0, 255]]
        .into_iter()
        .zip(0..)
        .map(|(color, x)| (Coord::new(x, 0, 0), Voxel(color)))
        .collect();
    let like = |tolerance| Like { color: RED, tolerance };
    let places = |tolerance| -> Vec<i32> {
        by_color(&volume, &like(tolerance)).voxels().map(|(at, _)| at.x).collect()
    };
    assert_eq!(places([0; 4]), [0]);
    assert_eq!(places([4, 0, 0, 0]), [0, 1]);
    assert_eq!(places([4, 0, 0, 255]), [0, 1, 2]);
}

/// spec/engine.md 6: every existing voxel whose centre projects inside, also hidden ones.
#[test]
fn a_rectangle_selects_what_is_seen_through_it_and_what_is_behind() {
    let volume = cube([0; 3], 20, RED);
    let from_above = |p: Vec3| (p[2] > 1.0).then_some([p[0], p[1]]);
    let mask = in_rectangle(&volume, from_above, [2.5, 3.0], [4.5, 18.0]);
    let held = |at: Coord, _| at.z > 0 && (2..5).contains(&at.x) && (3..18).contains(&at.y);
    assert_eq!(mask, those(&volume, held));
    assert!(in_rectangle(&volume, from_above, [f64::NAN; 2], [9.0; 2]).is_empty());
    assert!(in_rectangle(&volume, |_| Some([f64::NAN; 2]), [0.0; 2], [9.0; 2]).is_empty());
}

/// spec/engine.md 6: mode is one of Set, Add (OVER), Sub.
#[test]
fn a_new_mask_replaces_adds_or_takes_away() {
    let (mask, other) = (cube([0; 3], 20, Voxel::WHITE), cube([10; 3], 30, Voxel::WHITE));
    let filled = |how| combined(&mask, &other, how).filled();
    let [set, add, sub] = [SelectMode::Set, SelectMode::Add, SelectMode::Sub].map(filled);
    assert_eq!([set, add, sub], [27_000, 34_000, 7000]);
}

#[test]
fn faint_places_of_a_mask_count_and_voxels_stay_as_they_are() {
    let volume = one([3, 3, 3], FAINT);
    let mask = one([3, 3, 3], Voxel([7, 7, 7, 1]));
    assert_eq!(kept(&volume, &mask), volume);
    assert!(removed(&volume, &mask).is_empty());
    assert_eq!(tinted(&mask, RED), one([3, 3, 3], RED));
    assert!(tinted(&mask, Voxel([9, 9, 9, 0])).is_empty());
}

#[test]
fn untouched_bricks_are_shared() {
    let volume = cube([0; 3], 64, RED);
    let mask = cube([0; 3], 24, Voxel::WHITE);
    let home = |x| BrickCoord { x, y: 0, z: 0 };
    let same = |a: &Volume, b: &Volume, x| {
        std::ptr::eq(a.brick(home(x)).unwrap(), b.brick(home(x)).unwrap())
    };
    assert!(same(&kept(&volume, &mask), &volume, 0));
    assert!(same(&removed(&volume, &mask), &volume, 3));
    assert!(kept(&volume, &volume).shares_root_with(&volume));
    assert!(removed(&volume, &one([-99; 3], RED)).shares_root_with(&volume));
    assert!(combined(&mask, &mask, SelectMode::Add).shares_root_with(&mask));
}

prop_compose! {
    fn cloud()(
        base in prop::sample::select(vec![[0; 3], [i32::MAX - 15, i32::MIN + 16, -16]]),
        whole in prop::option::of(0u8..3),
        voxels in prop::collection::vec(([-16..16i32, -16..16i32, -3..4i32], 0u8..6), 0..1500),
    ) -> Volume {
        let voxel = |n: u8| Voxel([10 * n, 10, n, [255, 255, 1, 126, 127, 0][usize::from(n)]]);
        let place = |at: [i32; 3]| Coord::from(base).offset(at);
        let mut volume = Volume::new();
        if let Some(n) = whole {
            volume.put(Coord::from(base).brick(), Brick::full(voxel(n)));
        }
        volume.write(voxels.iter().filter_map(|(at, n)| Some((place(*at)?, voxel(*n)))));
        volume
    }
}

proptest! {
    #[test]
    fn masks_keep_remove_join_and_tint_voxel_by_voxel(volume in cloud(), mask in cloud()) {
        let is_in = |at: Coord| !mask.get(at).is_empty();
        let only = |takes: &dyn Fn(Coord) -> bool| -> Volume {
            volume.voxels().filter(|(at, _)| takes(*at)).collect()
        };
        prop_assert_eq!(kept(&volume, &mask), only(&is_in));
        prop_assert_eq!(removed(&volume, &mask), only(&|at| !is_in(at)));
        prop_assert_eq!(combined(&volume, &mask, SelectMode::Sub), only(&|at| !is_in(at)));
        prop_assert_eq!(combined(&volume, &mask, SelectMode::Set), mask.clone());
        let sum = combined(&volume, &mask, SelectMode::Add);
        let places = mask.voxels().chain(volume.voxels());
        let joined: Volume = places.map(|(at, _)| (at, Voxel::WHITE)).collect();
        prop_assert_eq!(tinted(&sum, Voxel::WHITE), joined);
        prop_assert_eq!(tinted(&mask, Voxel::WHITE), those(&mask, |_, _| true));
    }

    #[test]
    fn colours_and_boxes_select_voxel_by_voxel(
        volume in cloud(),
        color in [0u8..60, 8u8..12, 0u8..6, 100u8..255],
        tolerance in [0u8..30, 0u8..3, 0u8..3, 0u8..200],
        (center, half) in ([-60..60i8, -60..60i8, -30..30i8], [1..80i8, 1..80i8, 1..60i8]),
        (turn, signs) in (0..3usize, 0..8u8),
    ) {
        let like = Like { color: Voxel(color), tolerance };
        let near = |voxel: Voxel| (0..4).all(|i| voxel.0[i].abs_diff(color[i]) <= tolerance[i]);
        prop_assert_eq!(by_color(&volume, &like), those(&volume, |_, voxel| near(voxel)));

        // Quarter voxels, axes exchanged and turned round: exact in floats.
        let (center, half) = (center.map(|v| f32::from(v) / 4.0), half.map(|v| f32::from(v) / 4.0));
        let sign = |axis: usize| if signs >> axis & 1 == 1 { -1.0 } else { 1.0 };
        let mut area = Mat4::from_box(center, [0.0; 3]);
        for (axis, half) in half.into_iter().enumerate() {
            area.0[4 * axis + (axis + turn) % 3] = sign(axis) * half;
        }
        let holds = |at: Coord, _: Voxel| (0..3).all(|axis| {
            let row = (axis + turn) % 3;
            let from_center = f64::from(at.to_array()[row]) + 0.5 - f64::from(center[row]);
            let p = from_center * f64::from(sign(axis));
            let half = f64::from(half[axis]);
            -half <= p && p < half
        });
        prop_assert_eq!(in_box(&volume, &area), those(&volume, holds));
    }
}
