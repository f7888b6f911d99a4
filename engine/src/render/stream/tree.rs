//! The voxels as streams see them: a 64-tree without gaps, each step down the same.
//!
//! Coordinates here count from the tree's *middle*, a corner of bricks: the root is the cube
//! from `-half` to `half`, and a cell `2^s` wide is what shares all bits from `s` on, signs
//! included. In a node whose parts are `2^s` wide, a voxel is in the part
//! `x >> s & 3 | (y >> s & 3) << 2 | (z >> s & 3) << 4`, at the root too.

use crate::render::grid::Grid;
use crate::volume::Bits;

/// How far from the base the middle may be, in voxels: what `f32` loses of an origin when it is
/// counted from there stays below 2^-12 of a voxel.
const NEAR: i64 = 2048;

/// The most nodes: what a signed index counts.
const NODES_MAX: usize = i32::MAX as usize;

/// A 64-tree. Its leaves are the 4x4x4 cells of bricks; the children of a node are adjacent.
pub(super) struct Tree {
    /// A bit for each part of a node that holds a voxel. Leaves come first, the root last.
    pub words: Vec<u64>,
    /// A node's first child in the upper half of its slots; those in the lower half are just
    /// before. A leaf's brick.
    pub links: Vec<u32>,
    /// How wide the parts of the root are: `2^root`.
    pub root: u32,
    /// What to add to coordinates from the base.
    pub shift: [i32; 3],
}

impl Tree {
    /// The tree of a grid that is narrow and not empty; nothing when it has too many cells.
    pub(super) fn new(grid: &Grid) -> Option<Self> {
        let homes: Vec<[i32; 3]> =
            (0..grid.brick_count()).map(|n| grid.unbiased(grid.home(n as u32))).collect();
        let (middle, root) = place(&homes, grid.base());
        let shift = middle.map(|at| -at as i32);
        let key = |home: &[i32; 3]| path([0, 1, 2].map(|axis| home[axis] + shift[axis]), root);
        let mut order: Vec<(u64, u32)> = homes.iter().map(key).zip(0..).collect();
        order.sort_unstable();
        let mut tree = Tree { words: Vec::new(), links: Vec::new(), root, shift };
        tree.grow(grid, &order)?;
        Some(tree)
    }

    /// The root's number.
    #[inline]
    pub(super) fn top(&self) -> usize {
        self.words.len() - 1
    }

    /// Half the root's edge.
    #[inline]
    pub(super) const fn half(&self) -> i32 {
        2 << self.root
    }

    /// Adds all nodes, level by level, for bricks in the order of their keys.
    fn grow(&mut self, grid: &Grid, order: &[(u64, u32)]) -> Option<()> {
        let summary = |number: u32| grid.brick(number).summary();
        let cells: usize = order.iter().map(|(_, n)| summary(*n).count_ones() as usize).sum();
        let nodes = cells.checked_add(order.len().checked_mul(self.root as usize / 2)?)?;
        if nodes > NODES_MAX {
            return None;
        }
        let room = cells + order.len() + order.len() / 4 + 8;
        self.words.reserve(room);
        self.links.reserve(room);
        for (_, number) in order {
            let brick = grid.brick(*number);
            let cells = Bits(brick.summary()).map(|cell| brick.cells()[cell as usize]);
            self.words.extend(cells);
            self.links.resize(self.words.len(), *number);
        }
        let mut first = 0;
        for (_, number) in order {
            self.add(&mut first, summary(*number));
        }
        let mut keys: Vec<u64> = order.iter().map(|(key, _)| *key).collect();
        let mut first = cells;
        for _ in 0..self.root / 2 - 1 {
            for siblings in keys.chunk_by(|a, b| a >> 6 == b >> 6) {
                self.add(&mut first, siblings.iter().fold(0, |word, key| word | 1 << (key & 63)));
            }
            keys.iter_mut().for_each(|key| *key >>= 6);
            keys.dedup();
        }
        Some(())
    }

    /// Adds a node over the next children, which begin at `first`.
    fn add(&mut self, first: &mut usize, word: u64) {
        self.words.push(word);
        self.links.push(*first as u32 + (word as u32).count_ones());
        *first += word.count_ones() as usize;
    }
}

/// The slots from the root down to a brick, six bits each.
fn path([x, y, z]: [i32; 3], root: u32) -> u64 {
    let slot = |s: u32| (x >> s & 3) | (y >> s & 3) << 2 | (z >> s & 3) << 4;
    (2..=root / 2).rev().fold(0, |path, level| path << 6 | u64::from(slot(2 * level) as u32))
}

/// The middle, counted from the base, and the width of the root's parts: the smallest root
/// around all bricks if its middle can be near the base, one around the base otherwise.
fn place(homes: &[[i32; 3]], base: [i64; 3]) -> ([i64; 3], u32) {
    let end = |axis: usize, pick: fn(i32, i32) -> i32| {
        i64::from(homes.iter().map(|home| home[axis]).reduce(pick).unwrap_or(0))
    };
    let low = [0, 1, 2].map(|axis| end(axis, i32::min));
    let high = [0, 1, 2].map(|axis| end(axis, i32::max) + 16);
    let root_of = |half: i64| (4..).step_by(2).find(|root| 2i64 << root >= half).unwrap_or(16);
    let size = (0..3).map(|axis| high[axis] - low[axis]).max().unwrap_or(0);
    let half = 2 << root_of((size + 1) / 2);
    let middle = [0, 1, 2].map(|axis| roundest(high[axis] - half, low[axis] + half, base[axis]));
    if middle.iter().all(|at| at.abs() <= NEAR) {
        return (middle, root_of((size + 1) / 2));
    }
    let middle = base.map(|at| -(at & 15));
    let far = (0..3).map(|axis| (middle[axis] - low[axis]).max(high[axis] - middle[axis])).max();
    (middle, root_of(far.unwrap_or(0)))
}

/// Of the places from `low` to `high`, which count from `base`, the one that is a multiple of
/// the greatest power of two when counted from zero.
fn roundest(low: i64, high: i64, base: i64) -> i64 {
    let (first, last) = (low + base, high + base);
    let multiple = |bit: u32| (last >> bit << bit >= first).then_some(last >> bit << bit);
    (0..40).rev().find_map(multiple).unwrap_or(first) - base
}
