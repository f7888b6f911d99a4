//! A volume in the colours of a palette.

use super::Nearest;
use crate::ops::recolored;
use crate::parallel::Threads;
use crate::query::{ColorOrder, colors};
use crate::volume::{Volume, Voxel};

/// The volume with each voxel in the nearest colour of the palette by
/// [`distance`](super::distance), of equally near ones the lowest index; alpha stays.
/// Without colours in the palette nothing changes.
///
/// Each colour of the volume is looked up once.
pub fn remapped(volume: &Volume, palette: &[Voxel], threads: Threads) -> Volume {
    let nearest = Nearest::new(palette);
    let near = |(voxel, _): &(Voxel, u64)| {
        let [r, g, b, _] = palette[nearest.find(*voxel)?].0;
        Some((*voxel, Voxel([r, g, b, voxel.alpha()])))
    };
    let counted = colors(volume, None, 0, ColorOrder::Color, threads);
    let changes: Vec<(Voxel, Voxel)> = counted.iter().filter_map(near).collect();
    let change = |voxel| {
        let place = changes.binary_search_by_key(&voxel, |(old, _)| *old);
        place.map_or(voxel, |place| changes[place].1)
    };
    recolored(volume, change, threads)
}
