//! What a picture shows and from where: views, sections, highlights, and pictures made of
//! several.
//!
//! A [`Shot`] is plain data. [`Shot::camera`] says where it is taken from, [`Shot::subject`]
//! what is left of the voxels and in which colours; the rest is a [`Job`](super::Job).
//! Sheets and turntables take many pictures of one [`Studio`](series::Studio). All of it
//! is pure: the same input gives the same bytes.

pub(super) mod contact;
mod fit;
pub(super) mod highlight;
mod parts;
pub(super) mod section;
pub(super) mod series;
pub(super) mod sheet;
pub(super) mod sprites;
pub(super) mod turntable;
pub(super) mod view;

use super::{Camera, RenderError};
use crate::scene::Scene;
use crate::volume::{Bounds, Volume};
use highlight::Highlight;
use section::Section;
use view::View;

/// The lens of a shot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Projection {
    /// The view's own.
    #[default]
    Own,
    /// As [`Camera::with_fov`]: fitted to the content, whatever the view was fitted to.
    Perspective {
        /// Degrees.
        fov_y: f64,
    },
    /// As [`Camera::orthographic`]: parallel rays, the content as large as presets show it.
    Parallel,
    /// As [`Camera::tight`]: parallel rays, the content as large as fits.
    Tight {
        /// The part of the picture left free at each side.
        margin: f64,
    },
    /// As [`Camera::close`]: the view's own lens, the content as large as fits.
    Close {
        /// The part of the picture left free at each side.
        margin: f64,
    },
    /// As [`Camera::with_half_height`]: parallel rays from where the view is.
    HalfHeight(f64),
    /// As [`Camera::with_half_width`]: parallel rays from where the view is.
    HalfWidth(f64),
}

/// What one picture shows, and from where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shot {
    /// Where to look from.
    pub view: View,
    /// Through which lens.
    pub projection: Projection,
    /// What is cut away.
    pub section: Section,
    /// What is pointed out.
    pub highlight: Option<Highlight>,
}

impl Shot {
    /// The camera for content in that box and a picture of that size. With the box of what
    /// [`Shot::subject`] leaves, the picture is fitted to that; with the whole content's
    /// box, it stays where it is while a section moves through it.
    ///
    /// `scene` has the camera of [`View::Project`]. [`RenderError::BadCamera`] when a
    /// number of the view or the projection is out of its range.
    pub fn camera(
        &self,
        scene: Option<&Scene>,
        bounds: Bounds,
        size: [u32; 2],
    ) -> Result<Camera, RenderError> {
        let [width, height] = size;
        if self.projection == Projection::Own {
            return self.view.camera(scene, bounds, size);
        }
        let camera = self.view.narrow(scene, bounds, size)?;
        let camera = match self.projection {
            Projection::Own => Some(camera),
            Projection::Perspective { fov_y } => {
                camera.with_fov(fov_y, bounds).map(|camera| camera.widened(width, height))
            }
            Projection::Parallel => Some(camera.orthographic(bounds).widened(width, height)),
            Projection::Tight { margin } => Some(camera.tight(bounds, size, margin)),
            Projection::Close { margin } => Some(camera.close(bounds, size, margin)),
            Projection::HalfHeight(half) => camera.with_half_height(half),
            Projection::HalfWidth(half) => camera.with_half_width(half, size),
        };
        camera.ok_or(RenderError::BadCamera)
    }

    /// What is left of the voxels after the section, in the colours of the highlight.
    pub fn subject(&self, drawn: &Volume) -> Volume {
        let left = self.section.of(drawn);
        match &self.highlight {
            Some(highlight) => highlight.of(&left),
            None => left,
        }
    }
}

#[cfg(test)]
mod tests;
