//! Voxels with their surface rounded by marching cubes.
//!
//! No mesh is made of the whole: the cells that the surface passes are found by shifting
//! occupancy words (`field.rs`), rays walk through them front to back, and what a ray
//! meets in a cell is computed from the eight voxels around it (`cast.rs`). A thread keeps
//! the cells that it saw last. All is `f64`, ray by ray: a pixel is a pure function of its
//! place, the voxels and the settings.
//!
//! Triangles are seen from both sides: an eye inside the matter sees its inner walls.
//! All voxels have the default material.

mod cast;
mod field;
mod light;
mod paint;

use super::backdrop::Backdrop;
use super::grid::Grid;
use super::{Job, RenderError};
use crate::image::Picture;
use field::Field;

/// Paints the whole picture.
pub(super) fn paint(picture: &mut Picture, job: &Job<'_>) -> Result<(), RenderError> {
    let backdrop = Backdrop::new(job.settings);
    let field = Field::new(job)?;
    let Some(bounds) = field.cells().bounds() else {
        backdrop.fill(picture);
        return Ok(());
    };
    let grid = Grid::new(field.cells(), bounds, [0; 3]);
    paint::Painter::new(&field, &grid, backdrop, job).paint(picture)
}

#[cfg(test)]
mod tests;
