//! The tree under a volume: nodes of 4x4x4 children, shared and copied on first write.
//!
//! A key is a brick coordinate shifted to be unsigned, 28 bits an axis. A node
//! of level L covers 4^L bricks an axis, aligned. Levels are skipped where
//! there is only one way down, so a child may be several levels below its
//! parent, a lone voxel costs one node, and all of `i32` needs no table of roots.
//!
//! Invariants: a level-1 node holds bricks and has at least one; a node above
//! holds nodes and has at least two; children are ordered by slot, one bit of
//! `mask` each; no stored brick is empty.

use super::{Brick, BrickCoord};
use std::sync::Arc;

/// A brick's place in the tree: brick coordinates plus 2^27.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub x: u32,
    pub y: u32,
    pub z: u32,
}

const BIAS: u32 = 1 << 27;

impl Key {
    pub(crate) const fn of(brick: BrickCoord) -> Self {
        Self {
            x: (brick.x as u32).wrapping_add(BIAS),
            y: (brick.y as u32).wrapping_add(BIAS),
            z: (brick.z as u32).wrapping_add(BIAS),
        }
    }

    pub(crate) const fn brick(self) -> BrickCoord {
        BrickCoord {
            x: self.x.wrapping_sub(BIAS) as i32,
            y: self.y.wrapping_sub(BIAS) as i32,
            z: self.z.wrapping_sub(BIAS) as i32,
        }
    }

    /// The slot, 0 to 63, that this key takes in a node of that level.
    pub(crate) const fn slot(self, level: u32) -> u32 {
        let shift = 2 * (level - 1);
        (self.x >> shift & 3) | (self.y >> shift & 3) << 2 | (self.z >> shift & 3) << 4
    }

    /// The slots from the highest level to the lowest, six bits each: the tree's own order.
    pub(super) fn path(self) -> u128 {
        (1..=14).rev().fold(0, |path, level| path << 6 | u128::from(self.slot(level)))
    }

    /// The lowest key of the node of that level around this key.
    pub(crate) const fn floor(self, level: u32) -> Self {
        let shift = 2 * level;
        Self {
            x: self.x >> shift << shift,
            y: self.y >> shift << shift,
            z: self.z >> shift << shift,
        }
    }

    /// The least level of a node that holds both keys.
    pub(crate) const fn common_level(self, other: Self) -> u32 {
        let differing = (self.x ^ other.x) | (self.y ^ other.y) | (self.z ^ other.z);
        let digits = (32 - differing.leading_zeros()).div_ceil(2);
        if digits == 0 { 1 } else { digits }
    }
}

/// An inner node: up to 64 children in a 4x4x4 grid.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub level: u32,
    pub origin: Key,
    pub mask: u64,
    /// How many slots before each are taken: counting bits of `mask` is slower.
    ranks: [u8; 64],
    pub children: Children,
}

/// A node's children, in the order of their slots.
#[derive(Clone, Debug)]
pub(crate) enum Children {
    Nodes(Vec<Arc<Node>>),
    Bricks(Vec<Arc<Brick>>),
}

impl Node {
    pub(super) fn new(level: u32, origin: Key, mask: u64, children: Children) -> Self {
        let mut node = Self { level, origin, mask: 0, ranks: [0; 64], children };
        super::Bits(mask).for_each(|slot| node.take(slot));
        node
    }

    /// Marks a free slot as taken.
    fn take(&mut self, slot: u32) {
        self.mask |= 1 << slot;
        self.ranks[slot as usize + 1..].iter_mut().for_each(|rank| *rank += 1);
    }

    /// Marks a taken slot as free.
    fn free(&mut self, slot: u32) {
        self.mask &= !(1 << slot);
        self.ranks[slot as usize + 1..].iter_mut().for_each(|rank| *rank -= 1);
    }

    /// Whether the key lies under this node.
    pub(crate) fn covers(&self, key: Key) -> bool {
        key.floor(self.level) == self.origin
    }

    /// The index among the children of that slot, if it is taken.
    pub(crate) fn child_index(&self, slot: u32) -> Option<usize> {
        (self.mask >> slot & 1 == 1).then(|| self.rank(slot))
    }

    fn rank(&self, slot: u32) -> usize {
        usize::from(self.ranks[slot as usize & 63])
    }

    fn leaf(key: Key, brick: Arc<Brick>) -> Self {
        Self::new(1, key.floor(1), 1 << key.slot(1), Children::Bricks(vec![brick]))
    }

    /// A node over two that do not cover each other.
    fn fork(a: Arc<Node>, b: Arc<Node>) -> Self {
        let level = a.origin.common_level(b.origin);
        let (slot_a, slot_b) = (a.origin.slot(level), b.origin.slot(level));
        let origin = a.origin.floor(level);
        let children = if slot_a < slot_b { vec![a, b] } else { vec![b, a] };
        Self::new(level, origin, 1 << slot_a | 1 << slot_b, Children::Nodes(children))
    }
}

/// The brick at the key, if there is one.
pub(crate) fn get(root: Option<&Arc<Node>>, key: Key) -> Option<&Arc<Brick>> {
    let mut node = root.filter(|root| root.covers(key))?;
    loop {
        let index = node.child_index(key.slot(node.level))?;
        let child = match &node.children {
            Children::Bricks(bricks) => return Some(&bricks[index]),
            Children::Nodes(nodes) => &nodes[index],
        };
        // One level below, its slot says that it covers the key.
        if child.level + 1 != node.level && !child.covers(key) {
            return None;
        }
        node = child;
    }
}

/// The brick at the key for writing: the path to it is made unique, or as much
/// of it as there is when the brick is absent and will be inserted.
pub(crate) fn get_mut(root: &mut Option<Arc<Node>>, key: Key) -> Option<&mut Brick> {
    let mut node = Arc::make_mut(root.as_mut()?);
    loop {
        if !node.covers(key) {
            return None;
        }
        let index = node.child_index(key.slot(node.level))?;
        match &mut node.children {
            Children::Bricks(bricks) => return Some(Arc::make_mut(&mut bricks[index])),
            Children::Nodes(nodes) => node = Arc::make_mut(&mut nodes[index]),
        }
    }
}

/// Puts a brick, which must not be empty, at the key; returns the one that was there.
pub(crate) fn insert(
    root: &mut Option<Arc<Node>>,
    key: Key,
    brick: Arc<Brick>,
) -> Option<Arc<Brick>> {
    match root {
        Some(node) => insert_under(node, key, brick),
        None => {
            *root = Some(Arc::new(Node::leaf(key, brick)));
            None
        }
    }
}

fn insert_under(link: &mut Arc<Node>, key: Key, brick: Arc<Brick>) -> Option<Arc<Brick>> {
    if !link.covers(key) {
        let leaf = Arc::new(Node::leaf(key, brick));
        *link = Arc::new(Node::fork(Arc::clone(link), leaf));
        return None;
    }
    let node = Arc::make_mut(link);
    let slot = key.slot(node.level);
    let rank = node.rank(slot);
    let taken = node.mask >> slot & 1 == 1;
    if !taken {
        node.take(slot);
    }
    match &mut node.children {
        Children::Bricks(bricks) if taken => {
            return Some(std::mem::replace(&mut bricks[rank], brick));
        }
        Children::Bricks(bricks) => bricks.insert(rank, brick),
        Children::Nodes(nodes) if taken => return insert_under(&mut nodes[rank], key, brick),
        Children::Nodes(nodes) => nodes.insert(rank, Arc::new(Node::leaf(key, brick))),
    }
    None
}

/// Takes the brick at the key away and returns it.
pub(crate) fn remove(root: &mut Option<Arc<Node>>, key: Key) -> Option<Arc<Brick>> {
    get(root.as_ref(), key)?;
    let (removed, left) = remove_under(root.as_mut()?, key);
    if left == 0 {
        *root = None;
    }
    removed
}

/// Returns the brick and how many children the node has left.
fn remove_under(link: &mut Arc<Node>, key: Key) -> (Option<Arc<Brick>>, usize) {
    let node = Arc::make_mut(link);
    let slot = key.slot(node.level);
    let Some(index) = node.child_index(slot) else {
        return (None, node.mask.count_ones() as usize);
    };
    let removed = match &mut node.children {
        Children::Bricks(bricks) => {
            let removed = bricks.remove(index);
            node.free(slot);
            Some(removed)
        }
        Children::Nodes(nodes) => {
            let (removed, left) = remove_under(&mut nodes[index], key);
            if left == 0 {
                nodes.remove(index);
                node.free(slot);
            }
            removed
        }
    };
    let left = node.mask.count_ones() as usize;
    let only = match &node.children {
        Children::Nodes(nodes) if left == 1 => nodes.first().cloned(),
        _ => None,
    };
    if let Some(only) = only {
        *link = only;
    }
    (removed, left)
}

/// Calls `visit` for each brick, in the tree's own order.
pub(crate) fn for_each<'a>(node: &'a Arc<Node>, visit: &mut impl FnMut(Key, &'a Arc<Brick>)) {
    match &node.children {
        Children::Nodes(nodes) => {
            for child in nodes {
                for_each(child, visit);
            }
        }
        Children::Bricks(bricks) => {
            for (slot, brick) in super::Bits(node.mask).zip(bricks) {
                visit(node.slot_key(slot), brick);
            }
        }
    }
}

/// Bytes of the nodes and bricks under `node` that `other` does not share.
/// Visits only what differs.
pub(crate) fn unshared_bytes(node: &Arc<Node>, other: Option<&Arc<Node>>) -> usize {
    let other = other.and_then(|other| counterpart(node, other));
    if other.is_some_and(|other| Arc::ptr_eq(node, other)) {
        return 0;
    }
    let below: usize = match &node.children {
        Children::Nodes(nodes) => nodes.iter().map(|child| unshared_bytes(child, other)).sum(),
        Children::Bricks(bricks) => {
            let shared = |key, brick| get(other, key).is_some_and(|same| Arc::ptr_eq(same, brick));
            let placed = super::Bits(node.mask).map(|slot| node.slot_key(slot)).zip(bricks);
            placed.filter(|(key, brick)| !shared(*key, brick)).map(|(_, brick)| brick.bytes()).sum()
        }
    };
    size_of::<Node>() + node.children.len() * size_of::<usize>() + below
}

/// The part of `other` that covers the same keys as `node`, or some of them.
fn counterpart<'a>(node: &Node, mut other: &'a Arc<Node>) -> Option<&'a Arc<Node>> {
    while other.level > node.level {
        let slot = other.covers(node.origin).then(|| node.origin.slot(other.level))?;
        match &other.children {
            Children::Nodes(nodes) => other = &nodes[other.child_index(slot)?],
            Children::Bricks(_) => return None,
        }
    }
    node.covers(other.origin).then_some(other)
}

impl Children {
    fn len(&self) -> usize {
        match self {
            Children::Nodes(nodes) => nodes.len(),
            Children::Bricks(bricks) => bricks.len(),
        }
    }
}

impl Node {
    /// The lowest key of that slot.
    pub(crate) const fn slot_key(&self, slot: u32) -> Key {
        let shift = 2 * (self.level - 1);
        Key {
            x: self.origin.x + ((slot & 3) << shift),
            y: self.origin.y + ((slot >> 2 & 3) << shift),
            z: self.origin.z + ((slot >> 4) << shift),
        }
    }

    /// The highest key under this node.
    pub(crate) const fn last_key(&self) -> Key {
        let span = (1 << (2 * self.level)) - 1;
        Key { x: self.origin.x + span, y: self.origin.y + span, z: self.origin.z + span }
    }
}
