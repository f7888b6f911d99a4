//! A volume built from whole bricks at once: each node is made once, at its final size.

use super::tree::{Children, Key, Node};
use super::{Brick, BrickCoord, Volume};
use std::sync::Arc;

/// A brick, its key, and the key's place in the tree's own order.
type Placed = (u128, Key, Arc<Brick>);

impl Volume {
    /// The volume of these bricks, in any order. Of several at one place the last is
    /// taken; an empty one leaves its place empty. The bricks are shared, not copied.
    pub fn from_bricks(bricks: Vec<(BrickCoord, Arc<Brick>)>) -> Volume {
        let placed = |(at, brick)| {
            let key = Key::of(at);
            (key.path(), key, brick)
        };
        let mut placed: Vec<Placed> = bricks.into_iter().map(placed).collect();
        if !placed.is_sorted_by_key(|(path, ..)| *path) {
            placed.sort_by_key(|(path, ..)| *path);
        }
        // Of equal paths the first stays: turned around, that is the last given.
        placed.reverse();
        placed.dedup_by_key(|(path, ..)| *path);
        placed.reverse();
        placed.retain(|(_, _, brick)| !brick.is_empty());
        let filled = placed.iter().map(|(_, _, brick)| u64::from(brick.filled())).sum();
        Volume { root: node_of(&placed), filled, bricks: placed.len() }
    }
}

/// The node over bricks in the tree's order; `None` when there are none.
fn node_of(placed: &[Placed]) -> Option<Arc<Node>> {
    let (first, last) = (placed.first()?.1, placed.last()?.1);
    let level = first.common_level(last);
    let mut mask = 0u64;
    let children = if level == 1 {
        placed.iter().for_each(|(_, key, _)| mask |= 1 << key.slot(1));
        Children::Bricks(placed.iter().map(|(.., brick)| Arc::clone(brick)).collect())
    } else {
        let groups = placed.chunk_by(|a, b| a.1.slot(level) == b.1.slot(level));
        let below = |group: &[Placed]| {
            mask |= 1 << group[0].1.slot(level);
            node_of(group)
        };
        Children::Nodes(groups.filter_map(below).collect())
    };
    Some(Arc::new(Node::new(level, first.floor(level), mask, children)))
}
