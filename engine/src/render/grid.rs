//! A volume as rays see it: one flat list of nodes over the volume's own bricks.
//!
//! Nodes, bricks and the 4x4x4 cells of a brick are all the same to a ray: a
//! 64-bit word with a bit per part, and the size of a part. [`Grid::trace`] looks
//! for the smallest word around a voxel whose part there is empty, leaves that
//! part in one step, and hits when even the single voxel is filled.

use super::walk::{Crossing, Frame, Walk, floor};
use crate::math::Vec3;
use crate::volume::tree::{Children, Node};
use crate::volume::{Bits, Bounds, Brick, Coord, Local, Volume};

/// Bits of 2x2x2 parts inside a word, from their lowest part on.
const OCTET: u64 = 0x0033_0033;

/// How far from the base `f32` is fine enough: 2^-7 of a voxel.
const NARROW: i64 = 1 << 16;

/// From `i32` to biased coordinates.
const BIAS: u32 = 1 << 31;

/// What rays can hit.
pub(super) struct Grid<'a> {
    nodes: Vec<Flat>,
    bricks: Vec<&'a Brick>,
    /// The bricks' lowest voxels, biased.
    homes: Vec<[u32; 3]>,
    /// The same, counted from the base; the fourth is zero.
    lows: Vec<[f32; 4]>,
    frame: Frame,
    base: [i64; 3],
}

/// A node of the tree; its children are adjacent.
pub(super) struct Flat {
    pub mask: u64,
    /// The lowest voxel, counted from the base. Not `f32`: a node wide enough may begin so
    /// far from the base that its lowest voxel, though not what it holds, would be rounded.
    pub low: [f64; 3],
    /// The same, rounded, and a zero.
    pub low_quad: [f32; 4],
    /// The edge of a child: `2^shift`.
    pub edge: f32,
    /// The lowest voxel, biased.
    origin: [u32; 3],
    /// A child covers `2^shift` voxels an axis; 4 when the children are bricks.
    pub shift: u32,
    /// The first child, in `nodes` or in `bricks`.
    pub first: u32,
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

    /// The brick's number.
    pub(super) fn brick(self) -> u32 {
        self.brick
    }
}

impl<'a> Grid<'a> {
    /// The volume for rays that count from the lowest corner of `bounds`, which
    /// must be the volume's, and for rays that count from `base`.
    pub(super) fn new(volume: &'a Volume, bounds: Bounds, base: [i64; 3]) -> Self {
        let frame = frame_of(bounds);
        let count = volume.brick_count();
        let mut grid = Grid {
            nodes: Vec::new(),
            bricks: Vec::with_capacity(count),
            homes: Vec::with_capacity(count),
            lows: Vec::with_capacity(count),
            frame,
            base,
        };
        if let Some(root) = volume.root() {
            grid.nodes.push(Flat::of(root, base));
            grid.append(root, 0);
        }
        grid
    }

    /// See [`is_narrow`].
    pub(super) fn is_narrow(&self) -> bool {
        fits(&self.frame, self.base)
    }

    /// The nodes, the root first; none when the volume is empty.
    pub(super) fn nodes(&self) -> &[Flat] {
        &self.nodes
    }

    /// A brick by its number.
    #[inline]
    pub(super) fn brick(&self, number: u32) -> &'a Brick {
        self.bricks[number as usize]
    }

    /// A brick's lowest voxel, counted from the base.
    #[inline]
    pub(super) fn low(&self, number: u32) -> [f32; 3] {
        let [x, y, z, _] = self.lows[number as usize];
        [x, y, z]
    }

    /// The same and a zero, as vectors like it.
    #[inline]
    pub(super) fn low_quad(&self, number: u32) -> &[f32; 4] {
        &self.lows[number as usize]
    }

    /// A brick's lowest voxel, biased.
    #[inline]
    pub(super) fn home(&self, number: u32) -> [u32; 3] {
        self.homes[number as usize]
    }

    /// Where to begin looking for voxels in and around a brick.
    pub(super) fn near(&self, brick: u32) -> Near {
        let key = self.home(brick).map(|value| value >> 4);
        Near { key, brick, node: 0 }
    }

    /// The integer point that packets and streams count from.
    pub(super) const fn base(&self) -> [i64; 3] {
        self.base
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
                let (base, homes) = (self.base, &self.homes[self.lows.len()..]);
                self.lows.extend(homes.iter().map(|home| from_base(*home, base)));
            }
            Children::Nodes(nodes) => {
                let first = self.nodes.len();
                self.nodes[index].first = first as u32;
                self.nodes.extend(nodes.iter().map(|node| Flat::of(node, self.base)));
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

    /// What a ray hits first.
    pub(super) fn trace(&self, origin: Vec3, direction: Vec3) -> Option<Hit> {
        let walk = Walk::new(origin, direction, &self.frame);
        self.follow(&walk, walk.enter()?, Near::START)
    }

    /// When a ray that starts in the voxel `from`, in biased coordinates, meets a filled one.
    pub(super) fn trace_from(&self, origin: Vec3, direction: Vec3, from: [u32; 3]) -> Option<f64> {
        if !self.in_frame(from) {
            return self.trace(origin, direction).map(|hit| hit.time);
        }
        let walk = Walk::new(origin, direction, &self.frame);
        self.follow(&walk, walk.enter_at(from), Near::START).map(|hit| hit.time)
    }

    /// What a ray hits that may start on a face: on a plane it is in the voxel ahead.
    pub(super) fn trace_ahead(&self, origin: Vec3, direction: Vec3) -> Option<Hit> {
        let start = [0, 1, 2].map(|axis| {
            let (at, down) = (origin[axis], direction[axis] < 0.0);
            let voxel = if down { -floor(-at) - 1 } else { floor(at) };
            voxel.saturating_add(self.frame.low[axis])
        });
        let inside =
            |axis: usize| (self.frame.low[axis]..self.frame.high[axis]).contains(&start[axis]);
        // What leaves the frame's border outwards never comes back.
        let gone = |axis: usize| {
            let (low, high) = (self.frame.low[axis], self.frame.high[axis]);
            (start[axis] < low && direction[axis] <= 0.0)
                || (start[axis] >= high && direction[axis] >= 0.0)
        };
        if (0..3).any(gone) {
            return None;
        }
        if !(0..3).all(inside) {
            return self.trace(origin, direction);
        }
        let walk = Walk::new(origin, direction, &self.frame);
        self.follow(&walk, walk.enter_at(start.map(|at| at as u32)), Near::START)
    }

    /// Visits the filled voxels that a ray passes, front to back, until `visit` answers.
    pub(super) fn pass<R>(
        &self,
        origin: Vec3,
        direction: Vec3,
        mut visit: impl FnMut([u32; 3]) -> Option<R>,
    ) -> Option<R> {
        let walk = Walk::new(origin, direction, &self.frame);
        let flip = walk.flip();
        let (mut at, _) = walk.enter()?;
        let mut near = Near::START;
        loop {
            let voxel = [at[0] ^ flip[0], at[1] ^ flip[1], at[2] ^ flip[2]];
            let shift = match self.part(voxel, &mut near) {
                Part::Empty { shift } => shift,
                Part::Filled => match visit(voxel) {
                    None => 0,
                    answer => return answer,
                },
            };
            (at, _) = walk.leave(at, shift)?;
        }
    }

    /// The lowest corner of the content, counted from the base.
    pub(super) fn corner(&self) -> Vec3 {
        [0, 1, 2].map(|axis| (self.frame.low[axis] - i64::from(BIAS) - self.base[axis]) as f64)
    }

    /// A voxel in biased coordinates, counted from the base.
    pub(super) fn unbiased(&self, voxel: [u32; 3]) -> [i32; 3] {
        let from = |axis: usize| i64::from(voxel[axis]) - i64::from(BIAS) - self.base[axis];
        [0, 1, 2].map(|axis| from(axis) as i32)
    }

    /// The brick and the place in it of a filled voxel, counted from the base.
    pub(super) fn find(&self, voxel: [i32; 3], near: &mut Near) -> Option<(u32, Local)> {
        let at = |axis: usize| i64::from(voxel[axis]) + self.base[axis] + i64::from(BIAS);
        let biased = [at(0), at(1), at(2)].map(|at| at as u32);
        let [x, y, z] = biased.map(|value| (value & 15) as u16);
        self.filled(biased, near).then(|| (near.brick, Local::new(x, y, z)))
    }

    /// A brick by its voxels' upper bits, biased.
    pub(super) fn brick_of(&self, key: [u32; 3], near: &mut Near) -> Option<&'a Brick> {
        let reached = |axis: usize| {
            let low = i64::from(key[axis]) << 4;
            low < self.frame.high[axis] && low + 15 >= self.frame.low[axis]
        };
        if !(0..3).all(reached) {
            return None;
        }
        let number = self.brick_at(key.map(|value| value << 4), &mut near.node).ok()?;
        Some(self.brick(number))
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
                    let upper = flip[axis] != 0;
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
    fn of(node: &Node, base: [i64; 3]) -> Self {
        let origin = [node.origin.x << 4, node.origin.y << 4, node.origin.z << 4];
        let shift = 2 * node.level + 2;
        let far = |axis: usize| i64::from(origin[axis]) - i64::from(BIAS) - base[axis];
        let (low, edge) = ([0, 1, 2].map(|axis| far(axis) as f64), (1u64 << shift) as f32);
        let low_quad = from_base(origin, base);
        Flat { mask: node.mask, low, low_quad, edge, origin, shift, first: 0 }
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

fn frame_of(bounds: Bounds) -> Frame {
    let biased = |at: Coord| at.to_array().map(|value| i64::from(value as u32 ^ BIAS));
    Frame { low: biased(bounds.min), high: biased(bounds.max).map(|v| v + 1) }
}

/// Whether `f32` is fine enough for rays that count from the base: no content is farther
/// from it than 2^16 voxels.
pub(super) fn is_narrow(bounds: Bounds, base: [i64; 3]) -> bool {
    fits(&frame_of(bounds), base)
}

fn fits(frame: &Frame, base: [i64; 3]) -> bool {
    (0..3).all(|axis| {
        let base = base[axis].saturating_add(i64::from(BIAS));
        let [low, high] = [frame.low[axis], frame.high[axis]].map(|at| at.saturating_sub(base));
        low >= -NARROW && high <= NARROW
    })
}

fn from_base(biased: [u32; 3], base: [i64; 3]) -> [f32; 4] {
    let far = |axis: usize| (i64::from(biased[axis]) - i64::from(BIAS) - base[axis]) as f32;
    [far(0), far(1), far(2), 0.0]
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
