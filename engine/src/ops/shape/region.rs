//! Regions of space that are painted: what is known of a block of voxels at once, and
//! which places of a brick they cover.

use super::mask::Mask;
use crate::math::Vec3;
use crate::volume::{BRICK_VOXELS, Bounds, Local};

/// A box of voxels, both corners included; unlike [`Bounds`] it may leave space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub low: [i64; 3],
    pub high: [i64; 3],
}

/// What is known of all voxels of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// None is covered at all.
    Outside,
    /// All are covered fully.
    Inside,
    /// Each must be asked.
    Mixed,
}

/// What a region covers of a brick.
pub(crate) enum Cover {
    Nothing,
    All,
    /// These places, fully.
    Hard(Box<Mask>),
    /// Places with the alpha that the source has there.
    Soft(Box<Soft>),
}

/// Places that are covered in part.
pub(crate) struct Soft {
    /// Where coverage is above 0, even if too little to leave any alpha.
    pub touched: Mask,
    /// The source's alpha by [`Local::index`].
    pub alpha: [u8; BRICK_VOXELS],
}

/// Something that covers voxels, each between not at all and fully.
pub(crate) trait Region: Sync {
    /// A box around all voxels that are covered, cut to space.
    fn bounds(&self) -> Option<Bounds>;

    /// What is known of a block without asking each voxel.
    fn judge(&self, block: &Block) -> Verdict;

    /// The fully covered voxels of the 16x16x16 from `low`.
    fn mask(&self, low: [i64; 3]) -> Mask;

    /// The coverage of the 16x16x16 from `low`; `None` for a region with hard edges.
    fn soft(&self, low: [i64; 3], alpha: u8) -> Option<Box<Soft>>;

    /// Whether the fully covered voxels are those in a convex set.
    fn is_convex(&self) -> bool;
}

impl Block {
    /// The cube of that many voxels an axis.
    pub(crate) fn cube(low: [i64; 3], edge: i64) -> Self {
        Self { low, high: low.map(|value| value + edge - 1) }
    }

    pub(crate) fn of(bounds: Bounds) -> Self {
        Self {
            low: bounds.min.to_array().map(i64::from),
            high: bounds.max.to_array().map(i64::from),
        }
    }

    pub(crate) fn grown(&self, by: i64) -> Self {
        Self { low: self.low.map(|value| value - by), high: self.high.map(|value| value + by) }
    }

    /// The middle of the voxels' centres.
    pub(crate) fn center(&self) -> Vec3 {
        [0, 1, 2].map(|axis| (self.low[axis] + self.high[axis] + 1) as f64 / 2.0)
    }

    /// How far the voxels' centres reach from the middle.
    pub(crate) fn half(&self) -> Vec3 {
        [0, 1, 2].map(|axis| (self.high[axis] - self.low[axis]) as f64 / 2.0)
    }
}

/// A voxel's centre.
pub(crate) fn center(at: [i64; 3]) -> Vec3 {
    at.map(|value| value as f64 + 0.5)
}

/// The mask of the 16x16x16 from `low`: `judge` spares whole octants and cells, `cell` gives
/// the bits of the 4x4x4 from a corner.
pub(crate) fn mask_of(
    low: [i64; 3],
    judge: impl Fn(&Block) -> Verdict,
    cell: impl Fn([i64; 3]) -> u64,
) -> Mask {
    let mut mask = Mask::NONE;
    for octant in 0..8 {
        let first = corner(octant, 2);
        let whole = judge(&Block::cube(at(low, first, 4), 8));
        if whole == Verdict::Outside {
            continue;
        }
        for place in (0..8).map(|index| add(first, corner(index, 1))) {
            let from = at(low, place, 4);
            let verdict = match whole {
                Verdict::Mixed => judge(&Block::cube(from, 4)),
                known => known,
            };
            mask.0[place[0] | place[1] << 2 | place[2] << 4] = match verdict {
                Verdict::Outside => 0,
                Verdict::Inside => u64::MAX,
                Verdict::Mixed => cell(from),
            };
        }
    }
    mask
}

/// The bits of the 4x4x4 from `low` that hold.
pub(crate) fn cell_of(low: [i64; 3], holds: impl Fn([i64; 3]) -> bool) -> u64 {
    (0..64usize).fold(0, |word, bit| {
        let place = [bit & 3, bit >> 2 & 3, bit >> 4];
        word | u64::from(holds(at(low, place, 1))) << bit
    })
}

/// The soft coverage of the 16x16x16 from `low`.
pub(crate) fn soft_of(
    low: [i64; 3],
    alpha: u8,
    judge: impl Fn(&Block) -> Verdict,
    coverage: impl Fn([i64; 3]) -> f64,
) -> Box<Soft> {
    let mut soft = Box::new(Soft { touched: Mask::NONE, alpha: [0; BRICK_VOXELS] });
    for cell in 0..64usize {
        let place = [cell & 3, cell >> 2 & 3, cell >> 4];
        let from = at(low, place, 4);
        let verdict = judge(&Block::cube(from, 4));
        for bit in 0..64u32 {
            let step = [bit & 3, bit >> 2 & 3, bit >> 4].map(|step| step as usize);
            let share = match verdict {
                Verdict::Outside => break,
                Verdict::Inside => 1.0,
                Verdict::Mixed => coverage(at(from, step, 1)),
            };
            if share > 0.0 {
                soft.touched.0[cell] |= 1 << bit;
                let index = Local::from_cell_and_bit(cell, bit).index();
                soft.alpha[index] = (f64::from(alpha) * share) as u8;
            }
        }
    }
    soft
}

/// spec/engine.md 3, step 5: the coverage that a depth is worth.
pub(crate) fn coverage(depth: f64, soft: f64) -> f64 {
    if soft == 0.0 {
        return if depth >= 0.0 { 1.0 } else { 0.0 };
    }
    (depth / soft).clamp(-1.0, 1.0) / 2.0 + 0.5
}

fn corner(index: usize, step: usize) -> [usize; 3] {
    [index & 1, index >> 1 & 1, index >> 2].map(|bit| bit * step)
}

fn add(a: [usize; 3], b: [usize; 3]) -> [usize; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn at(low: [i64; 3], place: [usize; 3], edge: i64) -> [i64; 3] {
    [0, 1, 2].map(|axis| low[axis] + place[axis] as i64 * edge)
}
