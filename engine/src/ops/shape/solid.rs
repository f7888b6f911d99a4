//! Shapes written straight into a volume: opaque, hard edges, no symmetry.

use super::mask::Mask;
use super::placed::{Area, Fill, reach};
use super::region::Cover;
use super::sites::{Site, sites};
use super::{Shape, wall};
use crate::math::Mat4;
use crate::volume::{Bounds, Brick, BrickCoord, Volume, Voxel};
use std::sync::Arc;

/// A shape placed in space, ready to say which voxels it holds.
#[derive(Clone, Debug)]
pub struct Solid {
    bounds: Bounds,
    fill: Fill,
}

impl Solid {
    /// The shape on a box matrix; `None` when the box is flat, broken, or
    /// wholly outside `i32` space or `clip`.
    pub fn new(shape: Shape, area: &Mat4, clip: Option<Bounds>) -> Option<Self> {
        let area = Area::from(area);
        let fill = Fill::new(shape, &area, 0.0)?;
        let bounds = reach(&area)?;
        let bounds = match clip {
            Some(clip) => bounds.intersection(clip)?,
            None => bounds,
        };
        Some(Self { bounds, fill })
    }

    /// The shape that fills whole voxels.
    pub fn filling(shape: Shape, bounds: Bounds) -> Self {
        Self { bounds, fill: Fill::filling(shape, bounds) }
    }

    /// The voxels it may hold.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Writes `voxel` at every place of the shape; an empty one erases. Returns
    /// how many places were written, or how many voxels erased.
    pub fn fill(&self, volume: &mut Volume, voxel: Voxel) -> u64 {
        let sites = if voxel.is_empty() {
            let site = |(home, _)| Site { home, is_full: false };
            volume.bricks_in(self.bounds).into_iter().map(site).collect()
        } else {
            sites(&self.fill, 0, self.bounds, usize::MAX).unwrap_or_default()
        };
        let full = Arc::new(Brick::full(voxel));
        sites.iter().map(|site| self.fill_brick(volume, *site, voxel, &full)).sum()
    }

    fn fill_brick(&self, volume: &mut Volume, site: Site, voxel: Voxel, full: &Arc<Brick>) -> u64 {
        let mask = if site.is_full { Mask::ALL } else { self.mask(site) };
        if mask.is_none() {
            return 0;
        }
        let old = volume.brick(site.home);
        if mask.is_all() {
            let touched = if voxel.is_empty() { old.map_or(0, Brick::filled) } else { 4096 };
            volume.put_arc(site.home, Arc::clone(full));
            return u64::from(touched);
        }
        volume.edit(site.home, |brick| brick.fill(&mask.0, voxel))
    }

    /// The places of the shape in a brick, a word per cell; `None` when there are none.
    pub(crate) fn places(&self, home: BrickCoord) -> Option<[u64; 64]> {
        let mask = self.mask(Site { home, is_full: false });
        (!mask.is_none()).then_some(mask.0)
    }

    fn mask(&self, site: Site) -> Mask {
        let Some(scope) = Mask::of_bounds(self.bounds, site.home.bounds()) else {
            return Mask::NONE;
        };
        let low = site.home.origin().to_array().map(i64::from);
        match wall::cover(&self.fill, low, 0, 255) {
            Cover::All => scope,
            Cover::Hard(mask) => mask.and(&scope),
            // Without smoothness nothing is soft.
            Cover::Nothing | Cover::Soft(_) => Mask::NONE,
        }
    }
}
