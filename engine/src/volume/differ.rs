//! Where two volumes are not the same stored bricks, found in time for what differs.

use super::tree::{self, Children, Key, Node};
use super::{Bits, Brick, BrickCoord, Volume};
use std::sync::Arc;

impl Volume {
    /// The places of the bricks that the two do not share, in the defined order: those that
    /// only one has, and those where each has its own. Bricks that are stored apart but
    /// hold the same voxels are listed.
    ///
    /// Shared parts of the trees are not visited: the time is that of what differs.
    pub fn differing(&self, other: &Volume) -> Vec<BrickCoord> {
        let mut found = Vec::new();
        differ(self.root(), other.root(), &mut found);
        let mut places: Vec<BrickCoord> = found.into_iter().map(Key::brick).collect();
        places.sort_unstable_by_key(|place| place.order());
        places
    }
}

fn differ(a: Option<&Arc<Node>>, b: Option<&Arc<Node>>, found: &mut Vec<Key>) {
    let (Some(one), Some(two)) = (a, b) else {
        a.into_iter().chain(b).for_each(|node| all(node, found));
        return;
    };
    if Arc::ptr_eq(one, two) {
        return;
    }
    if (one.level, one.origin) == (two.level, two.origin) {
        beside(one, two, found);
    } else if one.level > two.level && one.covers(two.origin) {
        under(one, two, found);
    } else if two.level > one.level && two.covers(one.origin) {
        under(two, one, found);
    } else {
        all(one, found);
        all(two, found);
    }
}

/// Two nodes that cover the same keys.
fn beside(a: &Node, b: &Node, found: &mut Vec<Key>) {
    for slot in Bits(a.mask | b.mask) {
        match (&a.children, &b.children) {
            (Children::Nodes(ours), Children::Nodes(theirs)) => {
                let (one, two) = (a.child_index(slot), b.child_index(slot));
                differ(one.map(|index| &ours[index]), two.map(|index| &theirs[index]), found);
            }
            _ if same(brick_in(a, slot), brick_in(b, slot)) => {}
            _ => found.push(a.slot_key(slot)),
        }
    }
}

/// A node against one that lies under one of its slots.
fn under(above: &Node, below: &Arc<Node>, found: &mut Vec<Key>) {
    let Children::Nodes(nodes) = &above.children else { return };
    let meeting = below.origin.slot(above.level);
    for (slot, child) in Bits(above.mask).zip(nodes) {
        if slot != meeting {
            all(child, found);
        }
    }
    differ(above.child_index(meeting).map(|index| &nodes[index]), Some(below), found);
}

fn all(node: &Arc<Node>, found: &mut Vec<Key>) {
    tree::for_each(node, &mut |key, _| found.push(key));
}

fn brick_in(node: &Node, slot: u32) -> Option<&Arc<Brick>> {
    match &node.children {
        Children::Bricks(bricks) => node.child_index(slot).map(|index| &bricks[index]),
        Children::Nodes(_) => None,
    }
}

fn same(a: Option<&Arc<Brick>>, b: Option<&Arc<Brick>>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if Arc::ptr_eq(a, b))
}
