//! Turntables: pictures from all around, for an animation.

use super::fit::{Free, Reach};
use super::series::{Studio, check_frames};
use crate::image::Picture;
use crate::math::{self, Vec3};
use crate::render::camera::{FOV_RANGE, turned};
use crate::render::{Camera, FOV_Y, RenderError, Tilt};
use crate::volume::Bounds;

/// Corners of the prism that stands for the cylinder around the content.
const CORNERS: u32 = 64;

/// A camera's way around Z, in equal steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turntable {
    /// How many pictures: 1 to [`MAX_FRAMES`](super::super::MAX_FRAMES).
    pub frames: u32,
    /// Where the first is taken from, in degrees around Z: 0 is from -Y. One that is not
    /// finite counts as 0.
    pub start_deg: f64,
    /// How far up.
    pub tilt: Tilt,
    /// The vertical field of view in degrees; none for parallel rays.
    pub fov_y_deg: Option<f64>,
    /// The part of the picture left free at each side, 0 to 0.45.
    pub margin: f64,
}

impl Default for Turntable {
    /// 36 pictures from 30 degrees above the horizon, the front first.
    fn default() -> Self {
        Self {
            frames: 36,
            start_deg: 0.0,
            tilt: Tilt::Degrees(30.0),
            fov_y_deg: Some(FOV_Y),
            margin: 1.0 / 16.0,
        }
    }
}

impl Turntable {
    /// The angle of a frame: `start + 360 index / frames`, each step rounded once.
    pub fn turn_deg(&self, index: u32) -> f64 {
        let start = if self.start_deg.is_finite() { self.start_deg } else { 0.0 };
        start + 360.0 * f64::from(index) / f64::from(self.frames)
    }

    /// The cameras, counterclockwise as seen from above: the content seems to turn
    /// clockwise.
    ///
    /// All look at the middle of the box from one distance, at which the upright cylinder
    /// around the box just fits a picture of that size: nothing pulses, nothing is cut off.
    pub fn cameras(&self, bounds: Bounds, size: [u32; 2]) -> Result<Vec<Camera>, RenderError> {
        let frames = check_frames(self.frames.into(), size)?;
        let reach = self.reach(bounds, size)?;
        let (sin, cos) = self.tilt.sin_cos();
        let axes = |index: u32| turned(self.turn_deg(index), sin, cos);
        Ok((0..frames).map(|index| reach.camera(axes(index), bounds)).collect())
    }

    fn reach(&self, bounds: Bounds, size: [u32; 2]) -> Result<Reach, RenderError> {
        let (free, rim) = (Free::new(size, self.margin), rim(bounds, self.tilt));
        match self.fov_y_deg {
            None => Ok(Reach::Parallel { half_height: free.half_height(&rim) }),
            Some(fov_y) if FOV_RANGE.contains(&fov_y) => {
                Ok(Reach::Perspective { away: free.away(&rim, fov_y), fov_y })
            }
            Some(_) => Err(RenderError::BadCamera),
        }
    }
}

/// Points around the cylinder around the box: right, up, and towards the eye, from the
/// box's middle. A camera that is turned sees the same.
fn rim(bounds: Bounds, tilt: Tilt) -> Vec<Vec3> {
    let [x, y, z] = bounds.size().map(|n| n as f64 / 2.0);
    let step = std::f64::consts::TAU / f64::from(CORNERS);
    // The prism's sides touch the cylinder.
    let radius = (x * x + y * y).sqrt() / libm::cos(step / 2.0);
    let (sin, cos) = tilt.sin_cos();
    let [right, up, back] = turned(0.0, sin, cos);
    let corner = |number: u32| {
        let angle = step * f64::from(number);
        let (px, py) = (radius * libm::cos(angle), radius * libm::sin(angle));
        [-z, z].map(|pz| [right, up, back].map(|axis| math::dot(axis, [px, py, pz])))
    };
    (0..CORNERS).flat_map(corner).collect()
}

/// The pictures of a turntable, in order.
///
/// Refused before anything is drawn: no frames, more than
/// [`MAX_FRAMES`](super::super::MAX_FRAMES) or than [`MAX_PIXELS`](super::super::MAX_PIXELS) in
/// all, a bad camera.
pub fn turntable(studio: &Studio<'_>, plan: &Turntable) -> Result<Vec<Picture>, RenderError> {
    studio.frames(&plan.cameras(studio.fitted_box(), studio.size())?)
}

#[cfg(test)]
#[path = "turntable_tests.rs"]
mod tests;
