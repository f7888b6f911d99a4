//! Directions to look from, before the content is known.

use crate::math::Vec3;
use crate::render::{Camera, Preset, RenderError, Tilt};
use crate::scene::{Scene, SceneCamera};
use crate::volume::Bounds;

/// Where to look from, before the content is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum View {
    /// The project's active camera, fitted to the content.
    #[default]
    Project,
    /// A named direction, fitted to the content.
    Preset(Preset),
    /// As [`Camera::turntable`].
    Turntable {
        /// Degrees around Z.
        rz_deg: f64,
        /// Degrees of tilt from straight down.
        rx_deg: f64,
    },
    /// Parallel rays, fitted tightly: as [`Camera::parallel`] with a margin of a sixteenth.
    Parallel {
        /// Degrees around Z: 0 is from -Y, 45 over the corner of [`Preset::Isometric`].
        turn_deg: f64,
        /// How far up.
        tilt: Tilt,
    },
    /// As [`Camera::look_at`]: from there, whatever the content.
    LookAt {
        /// From there.
        eye: Vec3,
        /// To there.
        target: Vec3,
        /// What is up in the picture.
        up: Vec3,
        /// The vertical field of view in degrees.
        fov_y_deg: f64,
    },
    /// This camera, as it is.
    Camera(Camera),
}

/// What [`View::Parallel`] leaves free at each side.
const MARGIN: f64 = 1.0 / 16.0;

impl View {
    /// True isometric: parallel rays over the corner of [`Preset::Isometric`].
    pub const ISOMETRIC: View = View::Parallel { turn_deg: 45.0, tilt: Tilt::Isometric };

    /// The 2:1 view of pixel art, over the same corner.
    pub const DIMETRIC: View = View::Parallel { turn_deg: 45.0, tilt: Tilt::Dimetric };

    /// The camera for content in that box and a picture of that size; fitted ones show all
    /// of it. `scene` has the camera of [`View::Project`]; without it, that of a new one.
    pub fn camera(
        &self,
        scene: Option<&Scene>,
        bounds: Bounds,
        size: [u32; 2],
    ) -> Result<Camera, RenderError> {
        let camera = self.narrow(scene, bounds, size)?;
        let widens = self.is_fitted() && !matches!(self, View::Parallel { .. });
        Ok(if widens { camera.widened(size[0], size[1]) } else { camera })
    }

    /// Whether the content says where the camera is.
    pub(super) fn is_fitted(&self) -> bool {
        !matches!(self, View::LookAt { .. } | View::Camera(_))
    }

    /// As [`View::camera`], with the lens for pictures that are not tall.
    pub(super) fn narrow(
        &self,
        scene: Option<&Scene>,
        bounds: Bounds,
        size: [u32; 2],
    ) -> Result<Camera, RenderError> {
        let camera = match *self {
            View::Project => of_project(scene, bounds),
            View::Preset(preset) => Camera::preset(preset, bounds),
            View::Turntable { rz_deg, rx_deg } => Camera::turntable(rz_deg, rx_deg, bounds),
            View::Parallel { turn_deg, tilt } => {
                Camera::parallel(turn_deg, tilt, bounds, size, MARGIN)
            }
            View::LookAt { eye, target, up, fov_y_deg } => {
                return Camera::look_at(eye, target, up, fov_y_deg).ok_or(RenderError::BadCamera);
            }
            View::Camera(camera) => camera,
        };
        Ok(camera)
    }
}

fn of_project(scene: Option<&Scene>, bounds: Bounds) -> Camera {
    match scene.and_then(|scene| scene.cameras.get(scene.active_camera)) {
        Some(camera) => Camera::of_scene(camera, bounds),
        None => Camera::of_scene(&SceneCamera::new(""), bounds),
    }
}
