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
mod notes;
mod paint;

use super::backdrop::Backdrop;
use super::frame::Frame;
use super::grid::Grid;
use super::surfaces::Surfaces;
use super::{Job, RenderError};
use field::Field;
use notes::Notes;

/// Paints the whole picture, and the buffers that are wanted.
pub(super) fn paint(frame: &mut Frame, job: &Job<'_>) -> Result<(), RenderError> {
    let backdrop = Backdrop::new(job.settings);
    let field = Field::new(job)?;
    let Some(bounds) = field.cells().bounds() else {
        backdrop.fill(&mut frame.picture);
        return Ok(());
    };
    let grid = Grid::new(field.cells(), bounds, [0; 3]);
    // Cells have no layers: voxels have.
    let bounds = job.drawn.bounds().filter(|_| !frame.layer.is_empty());
    let voxels = bounds.map(|bounds| Grid::new(job.drawn, bounds, [0; 3]));
    let surfaces = voxels.as_ref().map(|voxels| Surfaces::new(job.scene, voxels));
    let notes =
        Notes { field: &field, grid: &grid, layers: voxels.as_ref().zip(surfaces.as_ref()) };
    paint::Painter::new(&notes, backdrop, job).paint(frame)
}

#[cfg(test)]
mod tests;
