//! Many writes at once against one by one.

use super::super::{Bounds, BrickCoord, Coord, Volume, Voxel};
use proptest::prelude::*;

type Voxels = Vec<(Coord, Voxel)>;

/// A list, written into a volume that holds something, against `set`.
#[track_caller]
fn check(before: &Voxels, writes: &Voxels) {
    let mut single = one_by_one(before);
    let (mut many, kept) = (single.clone(), single.clone());
    let touched: u64 = writes
        .iter()
        .map(|(at, voxel)| {
            let old = single.set(*at, *voxel);
            u64::from(!(voxel.is_empty() && old.is_empty()))
        })
        .sum();
    assert_eq!(many.write(writes.iter().copied()), touched);
    check_same(&many, &single);
    check_same(&kept, &one_by_one(before));
}

fn one_by_one(voxels: &Voxels) -> Volume {
    let mut volume = Volume::new();
    for (at, voxel) in voxels {
        volume.set(*at, *voxel);
    }
    volume
}

#[track_caller]
fn check_same(many: &Volume, single: &Volume) {
    let all = |volume: &Volume| volume.voxels().collect::<Voxels>();
    assert_eq!(all(many), all(single));
    assert_eq!(many.voxels().count() as u64, many.filled());
    assert_eq!((many.filled(), many.brick_count()), (single.filled(), single.brick_count()));
}

fn any_coord() -> impl Strategy<Value = Coord> {
    let axis = prop_oneof![
        8 => -20..20i32,
        1 => prop_oneof![Just(i32::MIN), Just(i32::MAX), Just(512), Just(-512)],
    ];
    [axis.clone(), axis.clone(), axis].prop_map(Coord::from)
}

fn any_voxel() -> impl Strategy<Value = Voxel> {
    prop_oneof![
        Just(Voxel::EMPTY),
        Just(Voxel([1, 2, 3, 0])),
        Just(Voxel::WHITE),
        any::<[u8; 4]>().prop_map(Voxel)
    ]
}

fn any_voxels(most: usize) -> impl Strategy<Value = Voxels> {
    prop::collection::vec((any_coord(), any_voxel()), 0..most)
}

proptest! {
    #[test]
    fn writing_many_is_writing_one_by_one(before in any_voxels(200), writes in any_voxels(400)) {
        check(&before, &writes);
    }

    #[test]
    fn rows_and_runs_are_their_voxels(
        at in any_coord(),
        row in prop::collection::vec(any_voxel(), 0..40),
        len in 0..40u32,
        voxel in any_voxel(),
    ) {
        let along = |i: i32| Some(Coord { x: at.x.checked_add(i)?, ..at });
        let (mut many, mut single) = (Volume::new(), Volume::new());
        let mut writer = many.writer();
        writer.row(at, &row);
        writer.run(at, len, voxel);
        let touched = writer.touched();
        drop(writer);
        let cells = (0..).zip(&row).map(|(i, voxel)| (i, *voxel));
        let cells = cells.chain((0..len as i32).map(|i| (i, voxel)));
        let voxels: Voxels = cells.filter_map(|(i, voxel)| Some((along(i)?, voxel))).collect();
        let expected: u64 = voxels.into_iter().map(|one| single.write([one])).sum();
        prop_assert_eq!(touched, expected);
        check_same(&many, &single);
    }

    #[test]
    fn a_box_is_its_voxels(
        before in any_voxels(200),
        low in any_coord(),
        size in [1..40i32, 1..20i32, 1..20i32],
        voxel in any_voxel(),
    ) {
        let high = low.to_array().into_iter().zip(size).map(|(low, size)| low.saturating_add(size));
        let high: Vec<i32> = high.collect();
        let bounds = Bounds::around(low, Coord::new(high[0], high[1], high[2]));
        let (mut filled, mut single) = (Volume::new(), one_by_one(&before));
        filled.write(before);
        let touched = filled.fill_box(bounds, voxel);
        let mut expected = 0;
        for z in low.z..=high[2] {
            for y in low.y..=high[1] {
                let places = (low.x..=high[0]).map(|x| Coord::new(x, y, z));
                expected += places.map(|at| single.write([(at, voxel)])).sum::<u64>();
            }
        }
        prop_assert_eq!(touched, expected);
        check_same(&filled, &single);
    }
}

/// Places all over 64 x 64 x 4 bricks: more than are open at once, so they are sorted.
fn scattered(count: u32) -> Voxels {
    let hash = |i: u32, seed: u32| (i ^ seed).wrapping_mul(0x9E37_79B1) >> 7;
    let voxel = |i: u32| match i % 5 {
        0 => Voxel::EMPTY,
        _ => Voxel::rgb(i as u8, (i >> 8) as u8, 7),
    };
    (0..count)
        .map(|i| {
            let axis = |seed, edge: u32| (hash(i, seed) % edge) as i32 - 16;
            (Coord::new(axis(1, 1024), axis(77_777, 1024), axis(5, 40)), voxel(i))
        })
        .collect()
}

#[test]
fn voxels_without_order_are_written_in_their_order() {
    let voxels = scattered(30_000);
    // The second time erases what the first wrote, and writes over it.
    let again = voxels.iter().map(|(at, voxel)| (*at, Voxel([voxel.0[1]; 4])));
    check(&voxels, &again.chain(scattered(2_000)).collect());
}

#[test]
fn an_unordered_list_may_end_in_order() {
    let row = (0..5_000).map(|x| (Coord::new(x, 3, 3), Voxel::WHITE));
    check(&Voxels::new(), &scattered(70_000).into_iter().chain(row).collect());
}

#[test]
fn the_pieces_of_a_box_are_stored_once() {
    let bounds = Bounds::around(Coord::new(3, 3, 3), Coord::new(130, 130, 130));
    let mut volume = Volume::new();
    assert_eq!(volume.fill_box(bounds, Voxel::WHITE), 128 * 128 * 128);
    let brick = |x, y, z| volume.brick(BrickCoord { x, y, z }).map(std::ptr::from_ref);
    assert_eq!(brick(1, 1, 1), brick(5, 6, 7));
    assert_eq!(brick(0, 1, 1), brick(0, 5, 6));
    assert_ne!(brick(0, 1, 1), brick(1, 0, 1));
    assert_eq!(volume.bounds(), Some(bounds));
}
