//! A volume against a plain map: whatever is written, both say the same.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Plain = BTreeMap<(i32, i32, i32), Voxel>;

#[track_caller]
fn check_same(volume: &Volume, plain: &Plain) {
    let mut stored: Vec<_> = volume.voxels().map(|(at, voxel)| (at.order(), voxel)).collect();
    stored.sort_unstable();
    let expected: Vec<_> = plain.iter().map(|(at, voxel)| (*at, *voxel)).collect();
    assert_eq!(stored, expected);
    assert_eq!(volume.filled(), plain.len() as u64);
    assert_eq!(volume.brick_count(), volume.bricks().len());
    assert_eq!(volume.bounds(), plain_bounds(plain));
    if let Some(root) = volume.root() {
        check_shape(root);
    }
}

fn plain_bounds(plain: &Plain) -> Option<Bounds> {
    let places = plain.keys().map(|&(z, y, x)| Coord::new(x, y, z));
    places.map(|at| Bounds { min: at, max: at }).reduce(Bounds::union)
}

/// The tree's invariants, as its module states them.
#[track_caller]
fn check_shape(node: &Arc<Node>) {
    let children = match &node.children {
        Children::Nodes(nodes) => {
            assert!(node.level > 1 && nodes.len() > 1, "one way down is skipped");
            for (slot, child) in Bits(node.mask).zip(nodes) {
                assert!(child.level < node.level && node.covers(child.origin));
                assert_eq!(node.child_index(slot).map(|i| nodes[i].origin), Some(child.origin));
                check_shape(child);
            }
            nodes.len()
        }
        Children::Bricks(bricks) => {
            assert_eq!(node.level, 1);
            assert!(bricks.iter().all(|brick| !brick.is_empty()));
            bricks.len()
        }
    };
    assert_eq!(node.mask.count_ones() as usize, children);
    assert!(Bits(node.mask).enumerate().all(|(rank, slot)| node.child_index(slot) == Some(rank)));
}

fn apply(volume: &mut Volume, plain: &mut Plain, at: Coord, voxel: Voxel) {
    let old = volume.set(at, voxel);
    let expected = match voxel.is_empty() {
        true => plain.remove(&at.order()),
        false => plain.insert(at.order(), voxel),
    };
    assert_eq!(old, expected.unwrap_or_default());
}

fn any_coord() -> impl Strategy<Value = Coord> {
    let axis = prop_oneof![
        4 => -20..20i32,
        2 => prop_oneof![Just(i32::MIN), Just(i32::MAX), Just(-1), Just(0)],
        1 => any::<i32>(),
    ];
    [axis.clone(), axis.clone(), axis].prop_map(Coord::from)
}

fn any_voxel() -> impl Strategy<Value = Voxel> {
    prop_oneof![Just(Voxel::EMPTY), Just(Voxel::WHITE), any::<[u8; 4]>().prop_map(Voxel)]
        .prop_map(Voxel::normalized)
}

proptest! {
    #[test]
    fn a_volume_is_a_map(writes in prop::collection::vec((any_coord(), any_voxel()), 0..200)) {
        let (mut volume, mut plain) = (Volume::new(), Plain::new());
        for (at, voxel) in writes {
            apply(&mut volume, &mut plain, at, voxel);
        }
        check_same(&volume, &plain);
    }

    #[test]
    fn a_snapshot_never_changes(
        before in prop::collection::vec((any_coord(), any_voxel()), 0..100),
        after in prop::collection::vec((any_coord(), any_voxel()), 0..100),
    ) {
        let (mut volume, mut plain) = (Volume::new(), Plain::new());
        for (at, voxel) in before {
            apply(&mut volume, &mut plain, at, voxel);
        }
        let (snapshot, frozen) = (volume.clone(), plain.clone());
        for (at, voxel) in after {
            apply(&mut volume, &mut plain, at, voxel);
        }
        check_same(&snapshot, &frozen);
        check_same(&volume, &plain);
    }

    #[test]
    fn what_two_volumes_share_costs_nothing_to_keep(
        before in prop::collection::vec((any_coord(), any_voxel()), 0..100),
        after in prop::collection::vec((any_coord(), any_voxel()), 0..20),
    ) {
        let mut volume: Volume = before.into_iter().collect();
        let old = volume.clone();
        prop_assert_eq!(old.bytes_beside(&volume), 0);
        volume.write(after);
        let differing = |at: &BrickCoord| {
            let same = |v: &Volume| v.brick(*at).map(std::ptr::from_ref);
            same(&old) != same(&volume)
        };
        let least: usize =
            old.bricks().iter().filter(|(at, _)| differing(at)).map(|(_, b)| b.bytes()).sum();
        let bytes = old.bytes_beside(&volume);
        prop_assert!(bytes >= least && bytes <= old.bytes(), "{least} {bytes} {}", old.bytes());
        prop_assert_eq!(bytes == 0, old.shares_root_with(&volume) || old.is_empty());
    }

    #[test]
    fn differing_lists_the_bricks_that_are_not_shared(
        before in prop::collection::vec((any_coord(), any_voxel()), 0..100),
        ours in prop::collection::vec((any_coord(), any_voxel()), 0..20),
        theirs in prop::collection::vec((any_coord(), any_voxel()), 0..20),
    ) {
        let start: Volume = before.into_iter().collect();
        let (mut a, mut b) = (start.clone(), start.clone());
        a.write(ours);
        b.write(theirs);
        for (a, b) in [(&a, &b), (&start, &a), (&b, &Volume::new())] {
            let mut expected: Vec<BrickCoord> =
                a.bricks().into_iter().chain(b.bricks()).map(|(at, _)| at).collect();
            let own = |v: &Volume, at| v.brick(at).map(std::ptr::from_ref);
            expected.retain(|at| own(a, *at) != own(b, *at));
            expected.sort_unstable_by_key(|at| at.order());
            expected.dedup();
            prop_assert_eq!(&a.differing(b), &expected);
            prop_assert_eq!(b.differing(a), expected);
        }
    }

    #[test]
    fn a_volume_built_of_bricks_is_one_that_they_were_put_into(
        bricks in prop::collection::vec((any_coord(), any_coord(), any_voxel()), 0..60),
    ) {
        let (mut one_by_one, mut list) = (Volume::new(), Vec::new());
        for (at, local, voxel) in bricks {
            let mut brick = Brick::default();
            brick.set(local.local(), voxel);
            let brick = Arc::new(brick);
            one_by_one.put_arc(at.brick(), Arc::clone(&brick));
            list.push((at.brick(), brick));
        }
        let built = Volume::from_bricks(list);
        prop_assert!(built.differing(&one_by_one).is_empty());
        let plain = built.voxels().map(|(at, voxel)| (at.order(), voxel)).collect();
        check_same(&built, &plain);
    }

    #[test]
    fn writing_in_runs_is_writing_one_by_one(
        writes in prop::collection::vec((any_coord(), any_voxel()), 0..200),
    ) {
        let mut single = Volume::new();
        for (at, voxel) in &writes {
            single.set(*at, *voxel);
        }
        prop_assert_eq!(single, writes.into_iter().collect::<Volume>());
    }

    #[test]
    fn merging_is_combining_voxel_by_voxel(
        a in prop::collection::vec((any_coord(), any_voxel()), 0..60),
        b in prop::collection::vec((any_coord(), any_voxel()), 0..60),
        mode in 0..9i32,
    ) {
        let mode = BlendMode::from_number(mode).unwrap();
        let places: Vec<_> = a.iter().chain(&b).map(|(at, _)| *at).collect();
        let (a, b): (Volume, Volume) = (a.into_iter().collect(), b.into_iter().collect());
        let merged = Volume::merged(&a, &b, mode);
        for at in places {
            prop_assert_eq!(merged.get(at), combine(a.get(at), b.get(at), mode), "{:?}", at);
        }
        let counted = merged.voxels().count() as u64;
        prop_assert_eq!(merged.filled(), counted);
    }
}

#[test]
fn an_erased_volume_holds_no_nodes() {
    let mut volume = Volume::new();
    let corners = [Coord::new(i32::MIN, -1, 0), Coord::new(0, 0, 0), Coord::new(5, 5, i32::MAX)];
    volume.write(corners.map(|at| (at, Voxel::WHITE)));
    assert_eq!(volume.brick_count(), 3);
    volume.write(corners.map(|at| (at, Voxel::EMPTY)));
    assert!(volume.root().is_none() && volume.is_empty() && volume.bounds().is_none());
}

#[test]
fn voxels_come_in_the_defined_order() {
    let places = [[0, 0, 16], [17, 0, 0], [0, 17, 0], [1, 0, 1], [0, 1, 1], [0, 0, -1], [3, 0, 0]];
    let volume: Volume = places.into_iter().map(|at| (Coord::from(at), Voxel::WHITE)).collect();
    let order: Vec<_> = volume.voxels().map(|(at, _)| at.to_array()).collect();
    let expected =
        [[0, 0, -1], [3, 0, 0], [1, 0, 1], [0, 1, 1], [17, 0, 0], [0, 17, 0], [0, 0, 16]];
    assert_eq!(order, expected);
}

#[test]
fn bricks_in_a_box_are_those_that_touch_it() {
    let volume: Volume = (-40..40).map(|i| (Coord::new(i, i, i), Voxel::WHITE)).collect();
    let bounds = Bounds::around(Coord::new(-1, -1, -1), Coord::new(16, 16, 16));
    let found: Vec<_> = volume.bricks_in(bounds).iter().map(|(at, _)| at.x).collect();
    assert_eq!(found, [-1, 0, 1]);
}

#[test]
fn solid_leaves_faint_voxels_out() {
    let voxels = [(0, 126), (1, 127), (20, 1)]
        .map(|(x, alpha)| (Coord::new(x, 0, 0), Voxel([9, 9, 9, alpha])));
    let solid = voxels.into_iter().collect::<Volume>().solid();
    assert_eq!(solid.voxels().map(|(at, _)| at.x).collect::<Vec<_>>(), [1]);
}
