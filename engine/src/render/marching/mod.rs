//! Voxels with their surface rounded by marching cubes.
//!
//! No mesh is made of the whole: the cells that the surface passes are found by shifting
//! occupancy words (`field.rs`), rays walk through them front to back, and what a ray
//! meets in a cell is computed from the eight voxels around it (`cast.rs`). A thread keeps
//! the cells that it saw last. All is `f64`, ray by ray: a pixel is a pure function of its
//! place, the voxels and the settings.
//!
//! A smooth surface is lit by the slope of the voxels around it (`slope.rs`), not by its
//! triangles.
//!
//! Triangles are seen from both sides: an eye inside the matter sees its inner walls.
//! All voxels have the default material.

mod cast;
mod content;
mod field;
mod light;
mod paint;
mod slope;

use super::backdrop::Backdrop;
use super::frame::Frame;
use super::grid::Grid;
use super::surfaces::Surfaces;
use super::{Job, RenderError};
use content::Content;
use field::Field;

/// Which of the content's layers are looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layers {
    /// None.
    Unknown,
    /// Those that buffers ask for.
    Known,
}

/// Paints the whole picture, and the buffers that are wanted.
pub(super) fn paint(frame: &mut Frame, job: &Job<'_>) -> Result<(), RenderError> {
    let layers = if frame.layer.is_empty() { Layers::Unknown } else { Layers::Known };
    with(job, layers, |content| paint_of(content, frame, job))
}

/// Calls `work` with what a job shows: nothing where there are no voxels.
pub(super) fn with(
    job: &Job<'_>,
    layers: Layers,
    work: impl FnOnce(Option<&Content<'_>>) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let field = Field::new(job)?;
    let Some(bounds) = field.cells().bounds() else {
        return work(None);
    };
    let grid = Grid::new(field.cells(), bounds, [0; 3]);
    // Cells have no layers: voxels have.
    let bounds = job.drawn.bounds().filter(|_| layers == Layers::Known);
    let voxels = bounds.map(|bounds| Grid::new(job.drawn, bounds, [0; 3]));
    let surfaces = voxels.as_ref().map(|voxels| Surfaces::new(job.scene, voxels));
    let layers = voxels.as_ref().zip(surfaces.as_ref());
    work(Some(&Content { field: &field, grid: &grid, layers }))
}

/// Paints a picture of content that is that of the job.
pub(super) fn paint_of(
    content: Option<&Content<'_>>,
    frame: &mut Frame,
    job: &Job<'_>,
) -> Result<(), RenderError> {
    let backdrop = Backdrop::new(job.settings);
    match content {
        Some(content) => paint::Painter::new(content, backdrop, job).paint(frame),
        None => {
            backdrop.fill(&mut frame.picture);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
