//! The painter: a shape on a box, blended into a volume (spec/engine.md 3).

use super::apply::{Blend, Canvas};
use super::shape::{Area, Fill};
use crate::math::Mat4;
use crate::ops::Shape;
use crate::parallel::Threads;
use crate::volume::{BlendMode, Bounds, Volume, Voxel};

/// Planes that edits are repeated on the other side of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Symmetry {
    /// Whether the plane across X, Y, Z mirrors.
    pub axes: [bool; 3],
    /// Where the planes meet: origin 0 takes voxel i to -1 - i.
    pub origin: [f32; 3],
}

/// What is painted, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Painter {
    /// How the source meets what is there.
    pub mode: BlendMode,
    /// The shape that fills the box.
    pub shape: Shape,
    /// The source's colour; its alpha is scaled by coverage.
    pub color: Voxel,
    /// The width of a soft edge in voxels, 0 for a hard one.
    pub smoothness: f32,
    /// Where else it is painted.
    pub symmetry: Symmetry,
    /// Voxels outside are left alone.
    pub clip: Option<Bounds>,
    /// The thickness of the wall in voxels; 0 for a solid shape. Walls of tori, of tubes and
    /// of shapes with soft edges are at most 56 thick.
    pub hollow: u32,
}

impl Painter {
    /// A solid shape of that colour, added with hard edges and no symmetry.
    pub fn new(shape: Shape, color: Voxel) -> Self {
        Self {
            mode: BlendMode::Over,
            shape,
            color,
            smoothness: 0.0,
            symmetry: Symmetry::default(),
            clip: None,
            hollow: 0,
        }
    }
}

impl Painter {
    /// `volume` with the shape on the box `area` (the image of [-1, 1]^3) blended into it.
    ///
    /// `None` when more than `room` bricks would have to be written by a mode that can put
    /// voxels where there are none, or when a shape too thin to hold many voxels passes
    /// through more than four times as many. Modes that only change what is there need no
    /// room. A box that is flat or not finite changes nothing.
    pub fn paint(
        &self,
        volume: &Volume,
        area: &Mat4,
        room: usize,
        threads: Threads,
    ) -> Option<Volume> {
        let mut canvas = Canvas::new(volume, self.clip, room, threads);
        for area in self.symmetry.areas(Area::from(area)) {
            if let Some(fill) = self.fill(&area) {
                canvas.paint(&fill, self.hollow, self.blend())?;
            }
        }
        Some(canvas.volume)
    }

    pub(super) const fn blend(&self) -> Blend {
        Blend { mode: self.mode, source: self.color }
    }

    pub(super) fn fill(&self, area: &Area) -> Option<Fill> {
        Fill::new(self.shape, area, f64::from(self.smoothness))
    }
}

impl Symmetry {
    /// spec/engine.md 3, step 1: which planes an edit is mirrored on, one after the other;
    /// one list an application, in their order, the original last.
    pub(super) fn images(self) -> Vec<Vec<usize>> {
        let mut images = vec![Vec::new()];
        // From the last axis: what an axis mirrors is repeated by the later ones before it.
        for axis in (0..3).rev().filter(|axis| self.axes[*axis]) {
            let mirrored = images.iter().map(|image| [&[axis], &image[..]].concat());
            images = mirrored.chain(images.iter().cloned()).collect();
        }
        images
    }

    pub(super) fn areas(self, area: Area) -> Vec<Area> {
        let mirrored = |area: Area, axis: &usize| area.mirrored(*axis, self.origin[*axis].into());
        self.images().iter().map(|image| image.iter().fold(area, mirrored)).collect()
    }
}

#[cfg(test)]
mod tests;
