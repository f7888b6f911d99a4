//! A volume as rays see it: one flat list of nodes over the volume's own bricks.
//!
//! Nodes, bricks and the 4x4x4 cells of a brick are all the same to a ray: a
//! 64-bit word with a bit per part, and the size of a part. [`Grid::trace`] looks
//! for the smallest word around a voxel whose part there is empty, leaves that
//! part in one step, and hits when even the single voxel is filled.

use super::walk::{Crossing, Frame, SKIPPED, Walk};
use crate::math::Vec3;
use crate::volume::tree::{Children, Node};
use crate::volume::{Bits, Bounds, Brick, Coord, Local, Volume, Voxel};

/// Bits of 2x2x2 parts inside a word, from their lowest part on.
const OCTET: u64 = 0x0033_0033;

/// From `i32` to biased coordinates.
const BIAS: u32 = 1 << 31;

/// What rays can hit.
pub(super) struct Grid<'a> {
    nodes: Vec<Flat>,
    bricks: Vec<&'a Brick>,
    /// The bricks' lowest voxels, biased.
    homes: Vec<[u32; 3]>,
    frame: Frame,
}

/// A node of the tree; its children are adjacent.
struct Flat {
    mask: u64,
    /// The lowest voxel, biased.
    origin: [u32; 3],
    /// A child covers `2^shift` voxels an axis; 4 when the children are bricks.
    shift: u32,
    /// The first child, in `nodes` or in `bricks`.
    first: u32,
}

/// Where a ray ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    /// The voxel, in biased coordinates.
    pub voxel: [u32; 3],
    /// The face: the axis crossed last, and whether it was crossed downwards, so
    /// that the face looks up along the axis.
    pub axis: usize,
    pub upper: bool,
    /// The time of that crossing.
    pub time: f64,
    /// Where the voxel was found.
    pub near: Near,
}

impl Hit {
    /// The integer plane of the face, biased.
    pub(super) fn plane(&self) -> i64 {
        i64::from(self.voxel[self.axis]) + i64::from(self.upper)
    }
}

/// The part of a word that holds a voxel: empty, or one filled voxel.
enum Part {
    Empty { shift: u32 },
    Filled,
}

/// Where the last look-up ended: the next one is often near.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    /// The brick, by its voxels' upper bits, and its number; no brick at first.
    key: [u32; 3],
    brick: u32,
    /// The lowest node that was reached.
    node: u32,
}

impl Near {
    /// Nowhere yet.
    pub(super) const START: Near = Near { key: [u32::MAX; 3], brick: 0, node: 0 };
}

impl<'a> Grid<'a> {
    /// The volume for rays that count from the lowest corner of `bounds`, which
    /// must be the volume's.
    pub(super) fn new(volume: &'a Volume, bounds: Bounds) -> Self {
        let biased = |at: Coord| at.to_array().map(|value| i64::from(value as u32 ^ BIAS));
        let frame = Frame { low: biased(bounds.min), high: biased(bounds.max).map(|v| v + 1) };
        let count = volume.brick_count();
        let (bricks, homes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut grid = Grid { nodes: Vec::new(), bricks, homes, frame };
        if let Some(root) = volume.root() {
            grid.nodes.push(Flat::of(root));
            grid.append(root, 0);
        }
        grid
    }

    fn append(&mut self, node: &'a Node, index: usize) {
        match &node.children {
            Children::Bricks(bricks) => {
                self.nodes[index].first = self.bricks.len() as u32;
                self.bricks.extend(bricks.iter().map(|brick| &**brick));
                let home = |slot: u32| {
                    let key = node.slot_key(slot);
                    [key.x << 4, key.y << 4, key.z << 4]
                };
                self.homes.extend(Bits(node.mask).map(home));
            }
            Children::Nodes(nodes) => {
                let first = self.nodes.len();
                self.nodes[index].first = first as u32;
                self.nodes.extend(nodes.iter().map(|node| Flat::of(node)));
                for (offset, child) in nodes.iter().enumerate() {
                    self.append(child, first + offset);
                }
            }
        }
    }

    /// The box that rays count from.
    pub(super) const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// How many bricks there are.
    pub(super) fn brick_count(&self) -> usize {
        self.bricks.len()
    }

    /// Visits the middle of each brick, counted from the frame's lowest corner.
    pub(super) fn for_each_brick(&self, mut visit: impl FnMut(Vec3)) {
        for home in &self.homes {
            visit(self.middle(*home, 8.0));
        }
    }

    /// Visits the middle of each 4x4x4 cell that holds a voxel.
    pub(super) fn for_each_cell(&self, mut visit: impl FnMut(Vec3)) {
        for (home, brick) in self.homes.iter().zip(&self.bricks) {
            for cell in Bits(brick.summary()) {
                let [x, y, z] = *home;
                let low = [x | (cell & 3) << 2, y | (cell >> 2 & 3) << 2, z | cell >> 4 << 2];
                visit(self.middle(low, 2.0));
            }
        }
    }

    fn middle(&self, low: [u32; 3], half: f64) -> Vec3 {
        [0, 1, 2].map(|axis| (i64::from(low[axis]) - self.frame.low[axis]) as f64 + half)
    }

    /// What a ray hits first. The caller knows that it hits nothing before `earliest`.
    pub(super) fn trace(&self, origin: Vec3, direction: Vec3, earliest: f64) -> Option<Hit> {
        let walk = Walk::new(origin, direction, &self.frame);
        let hit = self.follow(&walk, walk.enter(earliest)?, Near::START)?;
        if hit.axis == SKIPPED {
            // It started inside a voxel: the caller was wrong.
            return self.follow(&walk, walk.enter(0.0)?, Near::START);
        }
        Some(hit)
    }

    /// Whether anything stands in the way of a ray that starts in the voxel `from`,
    /// in biased coordinates.
    pub(super) fn blocked(
        &self,
        origin: Vec3,
        direction: Vec3,
        from: [u32; 3],
        near: Near,
    ) -> bool {
        if !self.in_frame(from) {
            return false;
        }
        let walk = Walk::new(origin, direction, &self.frame);
        self.follow(&walk, walk.enter_at(from), near).is_some()
    }

    /// The colour of a voxel that was hit.
    pub(super) fn color(&self, hit: &Hit) -> Voxel {
        let [x, y, z] = hit.voxel.map(|value| (value & 15) as u16);
        self.bricks[hit.near.brick as usize].get(Local::new(x, y, z))
    }

    /// Whether the voxel, in biased coordinates, is filled.
    pub(super) fn filled(&self, voxel: [u32; 3], near: &mut Near) -> bool {
        self.in_frame(voxel) && matches!(self.part(voxel, near), Part::Filled)
    }

    fn in_frame(&self, voxel: [u32; 3]) -> bool {
        (0..3).all(|axis| {
            let at = i64::from(voxel[axis]);
            at >= self.frame.low[axis] && at < self.frame.high[axis]
        })
    }

    #[inline]
    fn follow(&self, walk: &Walk, start: ([u32; 3], Crossing), mut near: Near) -> Option<Hit> {
        let flip = walk.flip();
        let (mut at, mut crossing) = start;
        loop {
            let voxel = [at[0] ^ flip[0], at[1] ^ flip[1], at[2] ^ flip[2]];
            match self.part(voxel, &mut near) {
                Part::Empty { shift } => (at, crossing) = walk.leave(at, shift)?,
                Part::Filled => {
                    let Crossing { time, axis } = crossing;
                    let upper = axis != SKIPPED && flip[axis] != 0;
                    return Some(Hit { voxel, axis, upper, time, near });
                }
            }
        }
    }

    /// The largest aligned empty part around a voxel inside the frame.
    #[inline(always)]
    fn part(&self, voxel: [u32; 3], near: &mut Near) -> Part {
        let key = [voxel[0] >> 4, voxel[1] >> 4, voxel[2] >> 4];
        if key != near.key {
            match self.brick_at(voxel, &mut near.node) {
                Ok(brick) => (near.key, near.brick) = (key, brick),
                Err(shift) => return Part::Empty { shift },
            }
        }
        let brick = self.bricks[near.brick as usize];
        let cell = slot(voxel, 2);
        if brick.summary() >> cell & 1 == 0 {
            return Part::Empty { shift: empty_around(brick.summary(), cell, 2) };
        }
        let word = brick.cells()[cell as usize];
        let bit = slot(voxel, 0);
        if word >> bit & 1 == 0 {
            return Part::Empty { shift: empty_around(word, bit, 0) };
        }
        Part::Filled
    }

    /// The brick around a voxel, or the size of the empty cell there. Starts at the
    /// node that it is given, if that holds the voxel, and leaves the one it ends at.
    fn brick_at(&self, voxel: [u32; 3], start: &mut u32) -> Result<u32, u32> {
        let mut number = *start;
        let mut node = &self.nodes[number as usize];
        if !node.covers(voxel) {
            (number, node) = (0, &self.nodes[0]);
        }
        loop {
            *start = number;
            let slot = slot(voxel, node.shift);
            if node.mask >> slot & 1 == 0 {
                return Err(empty_around(node.mask, slot, node.shift));
            }
            number = node.first + (node.mask & ((1 << slot) - 1)).count_ones();
            if node.shift == 4 {
                return Ok(number);
            }
            node = &self.nodes[number as usize];
            if !node.covers(voxel) {
                return Err(node.empty_beside(voxel));
            }
        }
    }
}

impl Flat {
    fn of(node: &Node) -> Self {
        let origin = [node.origin.x << 4, node.origin.y << 4, node.origin.z << 4];
        Flat { mask: node.mask, origin, shift: 2 * node.level + 2, first: 0 }
    }

    /// The bits in which a voxel and this node's origin differ.
    fn distance(&self, voxel: [u32; 3]) -> u32 {
        let [a, b, c] = self.origin;
        (voxel[0] ^ a) | (voxel[1] ^ b) | (voxel[2] ^ c)
    }

    fn covers(&self, voxel: [u32; 3]) -> bool {
        u64::from(self.distance(voxel)) >> (self.shift + 2) == 0
    }

    /// The size of the empty cell around a voxel outside, where levels were skipped
    /// on the way to this node.
    fn empty_beside(&self, voxel: [u32; 3]) -> u32 {
        let shift = self.distance(voxel).ilog2() & !1;
        empty_around(1 << slot(self.origin, shift), slot(voxel, shift), shift)
    }
}

/// Which bit of a word stands for the part, `2^shift` wide, that holds a voxel.
#[inline]
fn slot([x, y, z]: [u32; 3], shift: u32) -> u32 {
    (x >> shift & 3) | (y >> shift & 3) << 2 | (z >> shift & 3) << 4
}

/// The width, as a power of two, of what is empty around an empty part.
#[inline]
fn empty_around(word: u64, slot: u32, shift: u32) -> u32 {
    shift + u32::from(word >> (slot & 0b10_1010) & OCTET == 0)
}

#[cfg(test)]
#[path = "grid_tests.rs"]
mod tests;
