//! Edits of a volume: shapes, floods, moves. Pure functions of voxels; the
//! project decides which layer they are for.

mod apply;
mod downsample;
mod extrude;
mod filter;
mod flood;
pub(crate) mod ground;
mod halo;
mod lattice;
mod lines;
mod mirror;
#[cfg(test)]
mod model;
mod morph;
mod paint;
mod relief;
pub(crate) mod rows;
mod select;
mod shape;
mod spread;
mod stroke;
mod transform;
mod tube;

pub use downsample::downsampled;
pub use extrude::{Extrusion, extruded};
pub use filter::{ColorFilter, alpha_shifted, recolored};
pub use flood::flood;
pub use mirror::{cropped, cut_above, mirrored, wrapped};
pub use morph::{Morph, morphed};
pub use paint::{Painter, Symmetry};
pub use relief::{Relief, pasted, picture_box, relief};
pub use select::{
    SelectMode, by_color, combined, grown, in_box, in_rectangle, kept, removed, tinted,
};
pub use shape::{Shape, Solid};
pub use spread::{Neighbors, Spread, Tolerance};
pub(crate) use stroke::{DABS_MAX, dabs_of};
pub use stroke::{line_box, stroke, tube};
pub use transform::{Motion, about, axis_aligned, moved, transformed};

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
