//! Morphs against the same rules, one place after the other.

use super::*;
use crate::volume::Coord;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Plain = BTreeMap<[i32; 3], Voxel>;

fn plain(volume: &Volume) -> Plain {
    volume.voxels().map(|(at, voxel)| (at.to_array(), voxel)).collect()
}

/// The neighbours that are in space, nearest first, then by z, y, x.
fn near(at: [i32; 3], neighbors: Neighbors) -> Vec<[i32; 3]> {
    let most = match neighbors {
        Neighbors::Faces => 1,
        Neighbors::Edges => 2,
        Neighbors::Corners => 3,
    };
    let mut found = Vec::new();
    for distance in 1..=most {
        for z in -1..=1i32 {
            for y in -1..=1i32 {
                for x in -1..=1i32 {
                    if x * x + y * y + z * z == distance {
                        found.extend(Coord::from(at).offset([x, y, z]).map(Coord::to_array));
                    }
                }
            }
        }
    }
    found
}

/// How many neighbours there are inside space and beyond it.
const fn kinds(neighbors: Neighbors) -> usize {
    match neighbors {
        Neighbors::Faces => 6,
        Neighbors::Edges => 18,
        Neighbors::Corners => 26,
    }
}

fn plain_step(old: &Plain, morph: Morph, neighbors: Neighbors) -> Plain {
    let filled = |at: [i32; 3], kind| {
        near(at, kind).into_iter().filter_map(|at| old.get(&at).copied()).collect::<Vec<_>>()
    };
    let touched: BTreeSet<[i32; 3]> = old
        .keys()
        .flat_map(|at| near(*at, Neighbors::Corners))
        .chain(old.keys().copied())
        .collect();
    let next = |at: [i32; 3]| -> Option<Voxel> {
        let own = old.get(&at).copied();
        match morph {
            Morph::Dilate => own.or_else(|| filled(at, neighbors).first().copied()),
            Morph::Erode => own.filter(|_| filled(at, neighbors).len() == kinds(neighbors)),
            _ => {
                let around = filled(at, Neighbors::Corners);
                let enough = around.len() + usize::from(own.is_some()) >= 14;
                let count = |v: &Voxel| around.iter().filter(|other| *other == v).count();
                let most = around.iter().map(count).max();
                let new = || around.iter().copied().find(|v| Some(count(v)) == most);
                if enough { own.or_else(new) } else { None }
            }
        }
    };
    touched.into_iter().filter_map(|at| Some((at, next(at)?))).collect()
}

fn plain_morph(volume: &Volume, morph: Morph, neighbors: Neighbors, steps: u32) -> Plain {
    let start = plain(volume);
    if morph == Morph::Hollow {
        let core = plain_morph(volume, Morph::Erode, neighbors, steps);
        let wall = start.into_iter().filter(|(at, _)| steps == 0 || !core.contains_key(at));
        return wall.collect();
    }
    (0..steps).fold(start, |old, _| plain_step(&old, morph, neighbors))
}

fn check(volume: &Volume, morph: Morph, neighbors: Neighbors, steps: u32) {
    let quick = morphed(volume, morph, neighbors, steps, 1000).unwrap();
    assert_eq!(
        plain(&quick),
        plain_morph(volume, morph, neighbors, steps),
        "{morph:?} {neighbors:?} {steps}"
    );
    assert_eq!(quick.filled(), quick.voxels().count() as u64);
}

fn cube(low: i32, high: i32, voxel: Voxel) -> Volume {
    let mut volume = Volume::new();
    for z in low..=high {
        for y in low..=high {
            volume.write((low..=high).map(|x| (Coord::new(x, y, z), voxel)));
        }
    }
    volume
}

const KINDS: [Neighbors; 3] = [Neighbors::Faces, Neighbors::Edges, Neighbors::Corners];
const MORPHS: [Morph; 4] = [Morph::Dilate, Morph::Erode, Morph::Hollow, Morph::Smooth];

fn blobs() -> impl Strategy<Value = Volume> {
    let corner = prop_oneof![Just(0), Just(-2_147_483_648), Just(2_147_483_600)];
    let blob = ([0..40i32, 10..22i32, 12..20i32], 0..5i32, 0u8..3);
    (
        corner,
        prop::collection::vec(blob, 1..8),
        prop::collection::vec([0..44i32, 8..20, 10..20], 0..60),
    )
        .prop_map(|(corner, blobs, holes)| {
            let place = |p: [i32; 3]| Coord::from(p.map(|v| v.saturating_add(corner)));
            let mut volume = Volume::new();
            for ([x, y, z], size, red) in blobs {
                for (i, j, k) in (0..125).map(|n| (n % 5, n / 5 % 5, n / 25)) {
                    if i.max(j).max(k) <= size {
                        volume.set(place([x + i, y + j, z + k]), Voxel::rgb(red, 1, 2));
                    }
                }
            }
            volume.write(holes.into_iter().map(|hole| (place(hole), Voxel::EMPTY)));
            volume
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_morph_by_bricks_is_a_morph_by_voxels(
        volume in blobs(),
        morph in 0..4usize,
        kind in 0..3usize,
        steps in 0..4u32,
    ) {
        check(&volume, MORPHS[morph], KINDS[kind], steps);
    }
}

#[test]
fn one_voxel_grows_to_its_neighbours() {
    let one: Volume = [(Coord::new(15, 0, -1), Voxel::WHITE)].into_iter().collect();
    let grown = KINDS.map(|kind| morphed(&one, Morph::Dilate, kind, 1, 20).unwrap().filled());
    assert_eq!(grown, [7, 19, 27]);
}

#[test]
fn the_ends_of_space_are_empty_beyond_and_stop_growth() {
    let (low, high) = (i32::MIN, i32::MAX);
    let corners = [Coord::new(low, low, low), Coord::new(high, high, high)];
    let volume: Volume = corners.map(|at| (at, Voxel::WHITE)).into_iter().collect();
    for kind in KINDS {
        for morph in MORPHS {
            check(&volume, morph, kind, 2);
        }
    }
}

#[test]
fn a_full_brick_is_eroded_from_all_sides() {
    let full = cube(0, 31, Voxel::WHITE);
    for (steps, left) in [(1, 30), (2, 28), (16, 0), (u32::MAX, 0)] {
        let core = morphed(&full, Morph::Erode, Neighbors::Faces, steps, 8).unwrap();
        assert_eq!(core.filled(), left * left * left, "{steps}");
        let wall = morphed(&full, Morph::Hollow, Neighbors::Faces, steps, 8).unwrap();
        assert_eq!(wall.filled(), 32 * 32 * 32 - left * left * left, "{steps}");
    }
}

#[test]
fn a_new_voxel_takes_the_first_of_its_neighbours() {
    let color = |n: u8| Voxel::rgb(n, 0, 0);
    let around = |places: &[[i32; 3]]| -> Volume {
        let place = |(n, at): (usize, &[i32; 3])| (Coord::from(*at), color(n as u8));
        places.iter().enumerate().map(place).collect()
    };
    let middle = |volume: &Volume| {
        morphed(volume, Morph::Dilate, Neighbors::Corners, 1, 100).unwrap().get(Coord::default())
    };
    assert_eq!(middle(&around(&[[1, 1, 1], [-1, 0, -1], [0, 0, 1], [0, 1, 0]])), color(3));
    assert_eq!(middle(&around(&[[1, 1, 1], [1, 0, 1], [-1, 0, 1], [0, -1, 1]])), color(3));
}

#[test]
fn smoothing_fills_dents_with_the_most_frequent_neighbour() {
    let mut block = cube(0, 9, Voxel::rgb(1, 1, 1));
    block.set(Coord::new(5, 5, 5), Voxel::EMPTY);
    block.set(Coord::new(5, 5, 4), Voxel::rgb(9, 9, 9));
    let smooth = morphed(&block, Morph::Smooth, Neighbors::Faces, 1, 10).unwrap();
    assert_eq!(smooth.get(Coord::new(5, 5, 5)), Voxel::rgb(1, 1, 1));
    assert_eq!(
        (smooth.get(Coord::new(0, 0, 0)), smooth.get(Coord::new(0, 5, 5)).0[0]),
        (Voxel::EMPTY, 1)
    );
}

#[test]
fn four_billion_steps_end_when_nothing_changes() {
    let block = cube(-3, 20, Voxel::WHITE);
    let smooth = |steps| morphed(&block, Morph::Smooth, Neighbors::Faces, steps, 100).unwrap();
    assert_eq!(smooth(u32::MAX), smooth(1000));
    assert!(!smooth(u32::MAX).is_empty());
    for morph in MORPHS {
        let none = morphed(&Volume::new(), morph, Neighbors::Corners, u32::MAX, 0);
        assert_eq!(none, Some(Volume::new()));
    }
}

#[test]
fn growth_beyond_the_room_is_refused() {
    let block = cube(0, 15, Voxel::WHITE);
    let grown = |steps, room| morphed(&block, Morph::Dilate, Neighbors::Faces, steps, room);
    assert_eq!(grown(1, 6).unwrap().brick_count(), 7);
    assert_eq!(grown(1, 5), None);
    assert_eq!(grown(100, 500), None);
    assert_eq!(grown(u32::MAX, usize::MAX >> 20), None);
    assert_eq!(morphed(&block, Morph::Erode, Neighbors::Faces, 1, 0), None);
    assert_eq!(grown(0, 0), Some(block));
}

#[test]
fn bricks_that_stay_are_shared() {
    let mut volume = Volume::new();
    for i in 0..27 {
        let home = BrickCoord { x: i % 3, y: i / 3 % 3, z: i / 9 };
        volume.put(home, Brick::full(Voxel::WHITE));
    }
    let core = morphed(&volume, Morph::Erode, Neighbors::Corners, 2, 26).unwrap();
    let middle = BrickCoord { x: 1, y: 1, z: 1 };
    assert!(std::ptr::eq(core.brick(middle).unwrap(), volume.brick(middle).unwrap()));
    assert_eq!(core.filled(), 44 * 44 * 44);
}
