//! The bricks of a volume in the defined order, found as they are asked for.
//!
//! [`Volume::bricks`] lists and sorts them all. Here the first bricks of a large volume
//! cost what leads to them: a heap holds the parts of the tree that are still to come,
//! by the least place that each can hold.

use crate::volume::tree::{Children, Key, Node};
use crate::volume::{Bits, Bounds, Brick, BrickCoord, Volume};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// The stored bricks that touch a box, or all, in the defined order.
pub(super) struct InOrder<'a> {
    within: Option<Bounds>,
    ahead: BinaryHeap<Ahead<'a>>,
}

impl<'a> InOrder<'a> {
    pub(super) fn new(volume: &'a Volume, within: Option<Bounds>) -> Self {
        let mut bricks = Self { within, ahead: BinaryHeap::new() };
        if let Some(root) = volume.root() {
            bricks.push(root.origin, bounds_of(root), Part::Node(root));
        }
        bricks
    }

    fn push(&mut self, key: Key, bounds: Bounds, part: Part<'a>) {
        if self.within.is_none_or(|within| within.intersection(bounds).is_some()) {
            self.ahead.push(Ahead { order: (key.z, key.y, key.x), part });
        }
    }

    fn open(&mut self, node: &'a Node) {
        match &node.children {
            Children::Nodes(nodes) => {
                for child in nodes {
                    self.push(child.origin, bounds_of(child), Part::Node(child));
                }
            }
            Children::Bricks(bricks) => {
                for (slot, brick) in Bits(node.mask).zip(bricks) {
                    let key = node.slot_key(slot);
                    self.push(key, key.brick().bounds(), Part::Brick(key.brick(), brick));
                }
            }
        }
    }
}

impl<'a> Iterator for InOrder<'a> {
    type Item = (BrickCoord, &'a Brick);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.ahead.pop()?.part {
                Part::Brick(home, brick) => return Some((home, brick)),
                Part::Node(node) => self.open(node),
            }
        }
    }
}

/// The voxels that a node can hold.
pub(super) fn bounds_of(node: &Node) -> Bounds {
    Bounds { min: node.origin.brick().origin(), max: node.last_key().brick().bounds().max }
}

/// A part of the tree, by the least place in it. No two parts on the heap hold the same
/// place, so a brick that is first is before all that other parts hold.
struct Ahead<'a> {
    order: (u32, u32, u32),
    part: Part<'a>,
}

enum Part<'a> {
    Node(&'a Node),
    Brick(BrickCoord, &'a Brick),
}

/// Least place first: a [`BinaryHeap`] gives the greatest.
impl Ord for Ahead<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.order.cmp(&self.order)
    }
}

impl PartialOrd for Ahead<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Ahead<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Coord, Voxel};
    use proptest::prelude::*;

    fn place() -> impl Strategy<Value = Coord> {
        let number = prop_oneof![
            -60i32..60,
            any::<i32>(),
            (0i32..60).prop_map(|n| i32::MAX - n),
            (0i32..60).prop_map(|n| i32::MIN + n),
        ];
        [number.clone(), number.clone(), number].prop_map(Coord::from)
    }

    proptest! {
        #[test]
        fn bricks_come_as_the_volume_lists_them(
            places in prop::collection::vec(place(), 0..60),
            (a, b) in (place(), place()),
        ) {
            let volume: Volume = places.iter().map(|at| (*at, Voxel::WHITE)).collect();
            let homes = |bricks: Vec<(BrickCoord, &Brick)>| {
                bricks.into_iter().map(|(home, _)| home).collect::<Vec<_>>()
            };
            let all: Vec<_> = InOrder::new(&volume, None).map(|(home, _)| home).collect();
            prop_assert_eq!(all, homes(volume.bricks()));
            let within = Bounds::around(a, b);
            let some: Vec<_> = InOrder::new(&volume, Some(within)).map(|(home, _)| home).collect();
            prop_assert_eq!(some, homes(volume.bricks_in(within)));
        }
    }

    #[test]
    fn the_first_bricks_of_many_cost_little() {
        let mut volume = Volume::new();
        for n in 0..1 << 15 {
            let home = BrickCoord { x: n & 31, y: n >> 5 & 31, z: n >> 10 };
            volume.put(home, Brick::full(Voxel::WHITE));
        }
        let mut bricks = InOrder::new(&volume, None);
        assert_eq!(bricks.by_ref().take(10).count(), 10);
        assert!(bricks.ahead.len() < 1000, "{} parts were opened", bricks.ahead.len());
    }
}
