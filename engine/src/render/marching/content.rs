//! What is drawn, and what buffers hold of it.

use super::cast::Touch;
use super::field::Field;
use crate::render::frame::{Known, NO_LAYER};
use crate::render::grid::{Grid, Near};
use crate::render::surfaces::Surfaces;
use crate::volume::Coord;

/// Where the surface was met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    depth: f32,
    normal: [f32; 3],
    cell: [u32; 3],
    edge: u8,
}

impl Spot {
    pub(super) fn of(touch: &Touch) -> Self {
        let normal = touch.normal.map(|value| value as f32);
        Self { depth: touch.time as f32, normal, cell: touch.cell, edge: touch.edge }
    }
}

/// The surface, whatever the size of its pictures.
#[derive(Clone, Copy)]
pub(in crate::render) struct Content<'a> {
    pub(super) field: &'a Field<'a>,
    /// The cells.
    pub(super) grid: &'a Grid<'a>,
    /// The voxels, counted from zero, and their layers, where those are wanted.
    pub(super) layers: Option<(&'a Grid<'a>, &'a Surfaces<'a>)>,
}

impl Content<'_> {
    pub(super) fn known(&self, spot: Option<&Spot>, coverage: f32) -> Known {
        let Some(spot) = spot else {
            return Known { coverage, ..Known::NOTHING };
        };
        let cell = self.field.place(self.grid.unbiased(spot.cell).map(i64::from));
        let inner = self.field.inner(cell, usize::from(spot.edge));
        Known {
            depth: spot.depth,
            normal: spot.normal,
            albedo: inner.map_or([0; 4], |(_, voxel)| voxel.0),
            layer: inner.map_or(NO_LAYER, |(at, _)| self.layer(at)),
            voxel: inner.map_or([0; 3], |(at, _)| at.to_array()),
            coverage,
        }
    }

    fn layer(&self, at: Coord) -> u32 {
        let layer = |(grid, surfaces): (&Grid<'_>, &Surfaces<'_>)| {
            let (brick, local) = grid.find(at.to_array(), &mut Near::START.clone())?;
            Some(surfaces.layer(brick, local))
        };
        self.layers.and_then(layer).unwrap_or(NO_LAYER)
    }
}
