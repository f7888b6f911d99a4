//! Sparse voxel storage: the only module that knows how voxels are laid out.
//!
//! A [`Volume`] maps brick coordinates to bricks of 16x16x16 voxels through a
//! tree. An absent brick is empty. Nodes and bricks are shared and copied on
//! first write, so a snapshot is one clone of the root.
//!
//! Invariants:
//! - a stored brick holds at least one filled voxel;
//! - coordinates count voxels, right-handed, +Z up, and use all of `i32`;
//! - the defined order is bricks by (z, y, x), and inside a brick x fastest,
//!   then y, then z;
//! - no I/O, no locks, no threads.

mod blend;
mod brick;
mod build;
mod colors;
mod coord;
mod differ;
mod fill;
mod list;
mod map;
mod merge;
mod scan;
pub(crate) mod tree;
mod voxel;
mod writer;

pub use blend::{BlendMode, combine};
pub use brick::{BRICK_VOXELS, Bits, Brick};
pub use coord::{BRICK_EDGE, Bounds, BrickCoord, Coord, Local};
pub use scan::{Scan, Voxels};
pub use voxel::{Like, Voxel};
pub use writer::Writer;

use std::sync::Arc;
use tree::{Children, Key, Node};

/// So many voxels are written one by one.
const FEW: usize = 32;

/// A sparse set of voxels, anywhere in `i32` space. Cloning is O(1).
///
/// ```
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// let mut volume = Volume::new();
/// volume.set(Coord::new(-1, 0, 2_000_000_000), Voxel::rgb(255, 0, 0));
/// let before = volume.clone();
/// volume.set(Coord::new(-1, 0, 2_000_000_000), Voxel::EMPTY);
/// assert_eq!((before.filled(), volume.filled()), (1, 0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Volume {
    root: Option<Arc<Node>>,
    filled: u64,
    bricks: usize,
}

impl Volume {
    /// An empty volume.
    pub const fn new() -> Self {
        Self { root: None, filled: 0, bricks: 0 }
    }

    /// How many voxels are filled.
    pub const fn filled(&self) -> u64 {
        self.filled
    }

    /// Whether no voxel is filled.
    pub const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// How many bricks are stored.
    pub const fn brick_count(&self) -> usize {
        self.bricks
    }

    /// Whether both are the same stored tree: then their voxels are equal (not conversely).
    pub fn shares_root_with(&self, other: &Volume) -> bool {
        match (&self.root, &other.root) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// The voxel there; [`Voxel::EMPTY`] when there is none.
    pub fn get(&self, at: Coord) -> Voxel {
        self.brick(at.brick()).map_or(Voxel::EMPTY, |brick| brick.get(at.local()))
    }

    /// Puts a voxel there, over whatever was there; an empty one erases. Returns the old one.
    pub fn set(&mut self, at: Coord, voxel: Voxel) -> Voxel {
        let voxel = voxel.normalized();
        if voxel.is_empty() && self.get(at).is_empty() {
            return Voxel::EMPTY;
        }
        self.edit(at.brick(), |brick| brick.set(at.local(), voxel))
    }

    /// Writes many voxels in order; later ones win. Fast when neighbours in the
    /// list are neighbours in space, row by row or brick by brick.
    /// Returns how many places were written, an erased empty place not counted.
    pub fn write(&mut self, voxels: impl IntoIterator<Item = (Coord, Voxel)>) -> u64 {
        let voxels = voxels.into_iter();
        if voxels.size_hint().1.is_some_and(|most| most <= FEW) {
            return voxels.map(|(at, voxel)| self.write_one(at, voxel)).sum();
        }
        let mut writer = self.writer();
        writer.extend(voxels);
        writer.touched()
    }

    fn write_one(&mut self, at: Coord, voxel: Voxel) -> u64 {
        let old = self.set(at, voxel);
        u64::from(!(voxel.is_empty() && old.is_empty()))
    }

    /// The brick there, if any of its voxels is filled.
    pub fn brick(&self, at: BrickCoord) -> Option<&Brick> {
        tree::get(self.root.as_ref(), Key::of(at)).map(|brick| &**brick)
    }

    /// As [`Volume::brick`], to be shared with another volume.
    pub fn brick_arc(&self, at: BrickCoord) -> Option<&Arc<Brick>> {
        tree::get(self.root.as_ref(), Key::of(at))
    }

    /// Lends the brick there for writing, empty if it was absent; one left empty is dropped.
    pub fn edit<R>(&mut self, at: BrickCoord, write: impl FnOnce(&mut Brick) -> R) -> R {
        let key = Key::of(at);
        let Some(brick) = tree::get_mut(&mut self.root, key) else {
            let mut brick = Brick::default();
            let answer = write(&mut brick);
            if !brick.is_empty() {
                self.put_new(key, Arc::new(brick));
            }
            return answer;
        };
        let before = u64::from(brick.filled());
        let answer = write(brick);
        let after = u64::from(brick.filled());
        self.filled = self.filled - before + after;
        if after == 0 {
            tree::remove(&mut self.root, key);
            self.bricks -= 1;
        }
        answer
    }

    /// Puts a whole brick there; an empty one clears the place.
    pub fn put(&mut self, at: BrickCoord, brick: Brick) {
        self.put_shared(Key::of(at), Arc::new(brick));
    }

    /// Puts a brick there that other places may share; an empty one clears the place.
    pub fn put_arc(&mut self, at: BrickCoord, brick: Arc<Brick>) {
        self.put_shared(Key::of(at), brick);
    }

    /// The stored bricks, in the defined order.
    pub fn bricks(&self) -> Vec<(BrickCoord, &Brick)> {
        let mut bricks = Vec::with_capacity(self.bricks);
        if let Some(root) = &self.root {
            tree::for_each(root, &mut |key, brick| bricks.push((key.brick(), &**brick)));
        }
        bricks.sort_unstable_by_key(|(at, _)| at.order());
        bricks
    }

    /// The stored bricks that touch the box, in the defined order.
    pub fn bricks_in(&self, bounds: Bounds) -> Vec<(BrickCoord, &Brick)> {
        let mut bricks = Vec::new();
        if let Some(root) = &self.root {
            collect_in(root, bounds, &mut bricks);
        }
        bricks.sort_unstable_by_key(|(at, _)| at.order());
        bricks
    }

    /// The filled voxels, in the defined order. Fastest where it is folded (`fold`,
    /// `for_each`, `sum`), not stepped.
    pub fn voxels(&self) -> Voxels<'_> {
        Voxels::new(self.bricks())
    }

    /// The smallest box around the filled voxels; `None` when there are none.
    pub fn bounds(&self) -> Option<Bounds> {
        let mut found = None;
        if let Some(root) = &self.root {
            grow_to(root, &mut found);
        }
        found
    }

    /// The smallest box of whole bricks around the filled voxels.
    pub fn brick_bounds(&self) -> Option<Bounds> {
        let bounds = self.bounds()?;
        Some(Bounds { min: bounds.min.brick().bounds().min, max: bounds.max.brick().bounds().max })
    }

    /// Bytes held by bricks and nodes, shared ones counted in full.
    pub fn bytes(&self) -> usize {
        self.root.as_ref().map_or(0, bytes_under)
    }

    /// Bytes held by the bricks and nodes that `other` does not share: what keeping
    /// this volume beside it costs.
    pub fn bytes_beside(&self, other: &Volume) -> usize {
        self.root.as_ref().map_or(0, |root| tree::unshared_bytes(root, other.root.as_ref()))
    }

    pub(crate) const fn root(&self) -> Option<&Arc<Node>> {
        self.root.as_ref()
    }

    fn put_new(&mut self, key: Key, brick: Arc<Brick>) {
        self.filled += u64::from(brick.filled());
        self.bricks += 1;
        tree::insert(&mut self.root, key, brick);
    }

    fn put_shared(&mut self, key: Key, brick: Arc<Brick>) {
        let filled = u64::from(brick.filled());
        let old = match filled {
            0 => tree::remove(&mut self.root, key),
            _ => tree::insert(&mut self.root, key, brick),
        };
        self.bricks += usize::from(filled > 0);
        self.filled += filled;
        if let Some(old) = old {
            self.bricks -= 1;
            self.filled -= u64::from(old.filled());
        }
    }
}

/// Equal when they hold the same voxels, however stored.
impl PartialEq for Volume {
    fn eq(&self, other: &Self) -> bool {
        self.shares_root_with(other)
            || (self.filled == other.filled && self.voxels().eq(other.voxels()))
    }
}

impl Eq for Volume {}

impl FromIterator<(Coord, Voxel)> for Volume {
    fn from_iter<I: IntoIterator<Item = (Coord, Voxel)>>(voxels: I) -> Self {
        let mut volume = Volume::new();
        volume.write(voxels);
        volume
    }
}

fn node_bounds(node: &Node) -> Bounds {
    Bounds { min: node.origin.brick().bounds().min, max: node.last_key().brick().bounds().max }
}

fn grow_to(node: &Arc<Node>, found: &mut Option<Bounds>) {
    let inside = |around: &Option<Bounds>, place: Bounds| {
        around.is_some_and(|bounds| bounds.union(place) == bounds)
    };
    if inside(found, node_bounds(node)) {
        return;
    }
    match &node.children {
        Children::Nodes(nodes) => nodes.iter().for_each(|child| grow_to(child, found)),
        Children::Bricks(bricks) => {
            for (slot, brick) in Bits(node.mask).zip(bricks) {
                let home = node.slot_key(slot).brick();
                if inside(found, home.bounds()) {
                    continue;
                }
                if let Some((low, high)) = brick.extent() {
                    let place = Bounds { min: home.at(low), max: home.at(high) };
                    *found = Some(found.map_or(place, |bounds| bounds.union(place)));
                }
            }
        }
    }
}

fn collect_in<'a>(node: &'a Arc<Node>, bounds: Bounds, found: &mut Vec<(BrickCoord, &'a Brick)>) {
    if node_bounds(node).intersection(bounds).is_none() {
        return;
    }
    match &node.children {
        Children::Nodes(nodes) => {
            for child in nodes {
                collect_in(child, bounds, found);
            }
        }
        Children::Bricks(bricks) => {
            for (slot, brick) in Bits(node.mask).zip(bricks) {
                let home = node.slot_key(slot).brick();
                if home.bounds().intersection(bounds).is_some() {
                    found.push((home, &**brick));
                }
            }
        }
    }
}

fn bytes_under(node: &Arc<Node>) -> usize {
    let below: usize = match &node.children {
        Children::Nodes(nodes) => {
            nodes.capacity() * size_of::<Arc<Node>>() + nodes.iter().map(bytes_under).sum::<usize>()
        }
        Children::Bricks(bricks) => {
            bricks.capacity() * size_of::<Arc<Brick>>()
                + bricks.iter().map(|brick| brick.bytes()).sum::<usize>()
        }
    };
    size_of::<Node>() + below
}

#[cfg(test)]
mod tests;
