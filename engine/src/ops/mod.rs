//! Edits of a volume: shapes, floods, moves. Pure functions of voxels; the
//! project decides which layer they are for.

mod flood;
mod shape;
mod transform;

pub use flood::flood;
pub use shape::{Shape, Solid};
pub use transform::moved;

use crate::volume::{Brick, Volume, Voxel};

/// Writes `voxel` at every filled place of `mask`; an empty one erases.
/// Returns how many places were written, or how many voxels erased.
pub fn fill_mask(volume: &mut Volume, mask: &Volume, voxel: Voxel) -> u64 {
    let write = |brick: &mut Brick, places: &Brick| brick.fill(places.cells(), voxel);
    mask.bricks()
        .into_iter()
        .map(|(at, places)| volume.edit(at, |brick| write(brick, places)))
        .sum()
}
