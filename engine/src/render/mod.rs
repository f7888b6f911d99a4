//! Pictures of volumes: a ray-caster that gives the same bytes everywhere.
//!
//! [`render()`] sends one ray through each pixel's centre, and more where pixels
//! differ from their neighbours. What a ray hits is defined in `walk.rs`, so the
//! same volume, camera and settings give the same pixels for any number of threads.
//!
//! Promises:
//! - no clocks, no libm of the platform, no fused operations, no randomness;
//!   floating point in the default rounding mode, which Rust threads have;
//! - tiles have a fixed size and overlap in what they look at, so their borders
//!   do not show;
//! - [`Mode::Flat`] gives the exact colour of each voxel.

mod camera;
mod cover;
mod edge;
mod grid;
mod shade;
mod tile;
mod walk;

pub use camera::{Camera, FOV_Y, Lens, Preset};

use crate::composite;
use crate::error::ErrorKind;
use crate::image::Picture;
use crate::scene::{DEFAULT_AREA_BOUNDS, Light, Scene, SceneCamera};
use crate::volume::{Bounds, Volume};
use std::fmt;

/// The longest side of a picture, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// The most pixels in a picture.
pub const MAX_PIXELS: u64 = 1 << 27;

/// How voxels are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Their own colour, exactly.
    Flat,
    /// Sun, ambient light, shadows, and darker inner edges.
    #[default]
    Lit,
}

impl Mode {
    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Flat => "flat",
            Mode::Lit => "lit",
        }
    }

    /// The mode of that name, whatever the case.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        [Mode::Flat, Mode::Lit].into_iter().find(|mode| mode.name() == name)
    }
}

/// What is seen where no voxel is. Colours are RGBA, straight alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Nothing: alpha 0.
    Transparent,
    /// One colour.
    Solid([u8; 4]),
    /// From a fifth darker at the top to a fifth lighter at the bottom.
    Gradient([u8; 4]),
}

/// How edges are smoothed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Antialias {
    /// Not at all: one ray a pixel.
    Off,
    /// Four rays in each pixel on an edge.
    #[default]
    Four,
    /// Eight rays in each pixel on an edge: a little smoother, half as fast.
    Eight,
}

/// How a picture is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Pixels in a row: 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Rows: 1 to [`MAX_SIDE`].
    pub height: u32,
    /// How voxels are coloured.
    pub mode: Mode,
    /// What is behind them.
    pub background: Background,
    /// How edges are smoothed.
    pub antialias: Antialias,
    /// How many threads may work, the caller's included; 0 counts as 1. No more are
    /// started than there are tiles of 64x64 pixels, or 256.
    pub threads: usize,
    /// The light of [`Mode::Lit`].
    pub light: Light,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            width: 512,
            height: 512,
            mode: Mode::Lit,
            background: Background::Solid([240, 240, 240, 255]),
            antialias: Antialias::default(),
            threads: 1,
            light: Light::default(),
        }
    }
}

/// Where to look from, before the content is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    /// The project's active camera, fitted to the content.
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
    /// This camera, as it is.
    Camera(Camera),
}

/// Why a picture was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The picture has no pixels.
    NoPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A side is over [`MAX_SIDE`], or the picture over [`MAX_PIXELS`].
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// There is no memory for the picture.
    OutOfMemory {
        /// What was asked for.
        bytes: u64,
    },
}

impl RenderError {
    /// The stable kind that callers outside the engine switch on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            RenderError::NoPixels { .. } => ErrorKind::InvalidParameter,
            RenderError::TooLarge { .. } => ErrorKind::LimitExceeded,
            RenderError::OutOfMemory { .. } => ErrorKind::RenderFailed,
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenderError::NoPixels { width, height } => {
                write!(f, "a picture of {width}x{height} has no pixels")
            }
            RenderError::TooLarge { width, height } => write!(
                f,
                "a picture of {width}x{height} is over the limit of {MAX_SIDE} pixels a side \
                 and {MAX_PIXELS} in all"
            ),
            RenderError::OutOfMemory { bytes } => {
                write!(f, "no memory for a picture of {bytes} bytes")
            }
        }
    }
}

impl std::error::Error for RenderError {}

/// The picture that a camera takes of a volume whose voxels are all to be drawn.
///
/// Refused before any room is made when it has no pixels or too many.
/// For pictures much taller than wide see [`Camera::widened`].
///
/// ```
/// use goxel_engine::render::{Camera, Mode, Preset, Settings, render};
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// let mut volume = Volume::new();
/// volume.set(Coord::new(5, 5, 5), Voxel::rgb(255, 0, 0));
/// let camera = Camera::preset(Preset::Front, volume.bounds().unwrap());
/// let settings = Settings { mode: Mode::Flat, ..Settings::default() };
/// let picture = render(&volume, &camera, &settings).unwrap();
/// assert_eq!(picture.pixels[256 * 512 + 256], [255, 0, 0, 255]);
/// ```
pub fn render(
    drawn: &Volume,
    camera: &Camera,
    settings: &Settings,
) -> Result<Picture, RenderError> {
    let mut picture = blank(settings.width, settings.height)?;
    tile::paint(&mut picture, drawn, camera, settings);
    Ok(picture)
}

/// The picture of what a scene shows. Tall pictures get a wider lens, so that
/// fitted content is never cut off. A scene without voxels is its background.
pub fn picture_of(scene: &Scene, view: &View, settings: &Settings) -> Result<Picture, RenderError> {
    let drawn = composite::drawn(scene);
    let bounds = drawn.bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let fitted = match *view {
        View::Camera(camera) => return render(&drawn, &camera, settings),
        View::Preset(preset) => Camera::preset(preset, bounds),
        View::Turntable { rz_deg, rx_deg } => Camera::turntable(rz_deg, rx_deg, bounds),
        View::Project => project_camera(scene, bounds),
    };
    let camera = fitted.widened(settings.width, settings.height);
    render(&drawn, &camera, settings)
}

fn project_camera(scene: &Scene, bounds: Bounds) -> Camera {
    match scene.cameras.get(scene.active_camera) {
        Some(camera) => Camera::of_scene(camera, bounds),
        None => Camera::of_scene(&SceneCamera::new(""), bounds),
    }
}

/// A picture of that size, if there may and can be one.
fn blank(width: u32, height: u32) -> Result<Picture, RenderError> {
    let count = u64::from(width) * u64::from(height);
    if count == 0 {
        return Err(RenderError::NoPixels { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE || count > MAX_PIXELS {
        return Err(RenderError::TooLarge { width, height });
    }
    let mut pixels = Vec::new();
    let reserved = pixels.try_reserve_exact(count as usize);
    reserved.map_err(|_| RenderError::OutOfMemory { bytes: count * 4 })?;
    pixels.resize(count as usize, [0; 4]);
    Ok(Picture { width, height, pixels })
}

#[cfg(test)]
mod tests;
