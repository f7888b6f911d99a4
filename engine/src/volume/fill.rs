//! A box of one voxel: bricks that look the same are stored once.

use super::tree::{self, Key};
use super::{Bounds, Brick, BrickCoord, Volume, Voxel};
use std::sync::Arc;

/// A mask, and the brick that it alone makes.
type Part = ([u64; 64], Arc<Brick>);

impl Volume {
    /// Puts a voxel at every place of the box; an empty one erases. Returns how many
    /// places were written, or how many voxels erased.
    ///
    /// Writes each brick that the box touches: the caller limits the box
    /// ([`Bounds::bricks`]). Whole bricks, and the pieces of bricks along the box's
    /// faces, are shared.
    pub fn fill_box(&mut self, bounds: Bounds, voxel: Voxel) -> u64 {
        if voxel.is_empty() {
            return self.erase_box(bounds);
        }
        let (low, high) = (bounds.min.brick(), bounds.max.brick());
        let mut parts: [Option<Part>; 64] = [const { None }; 64];
        for z in low.z..=high.z {
            for y in low.y..=high.y {
                for x in low.x..=high.x {
                    let home = BrickCoord { x, y, z };
                    let part = &mut parts[part_of(bounds, home)];
                    let (mask, brick) = part.get_or_insert_with(|| made(bounds, home, voxel));
                    self.fill_part(home, mask, brick, voxel);
                }
            }
        }
        bounds.voxels() as u64
    }

    fn fill_part(&mut self, home: BrickCoord, mask: &[u64; 64], brick: &Arc<Brick>, voxel: Voxel) {
        let whole = brick.filled() as usize == super::BRICK_VOXELS;
        if whole || tree::get(self.root(), Key::of(home)).is_none() {
            self.put_arc(home, Arc::clone(brick));
        } else {
            self.edit(home, |stored| stored.fill(mask, voxel));
        }
    }

    fn erase_box(&mut self, bounds: Bounds) -> u64 {
        let homes: Vec<BrickCoord> =
            self.bricks_in(bounds).into_iter().map(|(home, _)| home).collect();
        let erase = |home| self.edit(home, |brick| brick.fill(&mask(bounds, home), Voxel::EMPTY));
        homes.into_iter().map(erase).sum()
    }
}

/// Bricks of the same number meet the box in the same way: along each axis at its low
/// end, at its high end, at both or at none.
fn part_of(bounds: Bounds, home: BrickCoord) -> usize {
    let (low, high) = (bounds.min.brick(), bounds.max.brick());
    let ends = |at, low, high| usize::from(at == low) | usize::from(at == high) << 1;
    ends(home.x, low.x, high.x)
        | ends(home.y, low.y, high.y) << 2
        | ends(home.z, low.z, high.z) << 4
}

fn made(bounds: Bounds, home: BrickCoord, voxel: Voxel) -> Part {
    let mask = mask(bounds, home);
    (mask, Arc::new(Brick::of_mask(&mask, voxel)))
}

/// The places of the box in a brick that it touches, a word per cell.
pub(crate) fn mask(bounds: Bounds, home: BrickCoord) -> [u64; 64] {
    let Some(inside) = bounds.intersection(home.bounds()) else { return [0; 64] };
    let (low, high) = (inside.min.local(), inside.max.local());
    let x = span(low.x(), high.x());
    let y = span(low.y(), high.y());
    let z = span(low.z(), high.z());
    std::array::from_fn(|cell| {
        let part = |span: u64, cell: usize| span >> (4 * (cell & 3)) & 15;
        let layer = spread(part(y, cell >> 2), 4) * part(x, cell);
        spread(part(z, cell >> 4), 16) * layer
    })
}

/// The bits from `low` to `high`.
const fn span(low: u16, high: u16) -> u64 {
    (2 << high) - (1 << low)
}

/// Moves each of four bits `apart` places from the one before.
const fn spread(bits: u64, apart: u32) -> u64 {
    bits & 1
        | (bits >> 1 & 1) << apart
        | (bits >> 2 & 1) << (2 * apart)
        | (bits >> 3) << (3 * apart)
}
