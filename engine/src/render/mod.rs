//! Pictures of volumes: a ray-caster that gives the same bytes everywhere.
//!
//! A [`Job`] says what, from where and how; [`picture()`], [`frame()`] and [`png()`] do it, and
//! [`progressive()`] shows what it has on the way. All
//! modes but path tracing send one ray through each pixel's centre, and more where pixels differ
//! from their neighbours. What a ray hits is defined in `docs/adr/0007-renderer.md`, so the same
//! volume, camera and settings give the same pixels for any number of threads and any vectors.
//!
//! Promises:
//! - no clocks, no libm of the platform, no fused operations; random numbers are hashes of
//!   pixel and sample; floating point in the default rounding mode, which Rust threads have;
//! - tiles have a fixed size and overlap in what they look at, so their borders
//!   do not show;
//! - [`Mode::Flat`] gives the exact colour of each voxel.

// Columns are indexed by lane or axis, several at a time.
#![allow(clippy::needless_range_loop)]

mod backdrop;
mod camera;
mod edge;
mod extent;
mod frame;
mod gloss;
mod grid;
mod job;
mod light;
mod live;
mod marching;
mod occlusion;
mod outline;
mod packet;
mod path;
mod preview;
#[doc(hidden)]
pub mod probe;
#[doc(hidden)]
pub mod probe_stream;
mod rays;
mod shade;
mod shot;
mod sight;
mod simd;
mod stream;
mod surfaces;
mod tile;
mod walk;

pub use camera::{Camera, FOV_Y, Lens, Preset, Tilt};
pub use frame::{Buffers, Frame, NO_LAYER};
pub use job::{Control, Job};
pub use live::LivePicture;
pub use path::{BOUNCES_MAX, Film, Floor, PathSettings, SAMPLES_MAX, Sky};
pub use preview::{Pass, progressive};
pub use shot::contact::{ContactSheet, contact_sheet};
pub use shot::highlight::Highlight;
pub use shot::section::{Plane, Section};
pub use shot::series::{MAX_FRAMES, Studio};
pub use shot::sheet::{Rect, Sheet};
pub use shot::sprites::{Scale, SpriteSheet, Sprites, sprite_sheet};
pub use shot::turntable::{Turntable, turntable};
pub use shot::view::View;
pub use shot::{Projection, Shot};
pub use simd::Simd;

use crate::composite;
use crate::error::ErrorKind;
use crate::image::{Picture, WriteError, png};
use crate::mesh::marching::Style;
use crate::parallel::Threads;
use crate::scene::{DEFAULT_AREA_BOUNDS, Light, Scene};
use crate::volume::Volume;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

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
    /// One pale matter under a soft sky: shape alone.
    Clay,
    /// Lines where one sees an edge, over flat colours.
    Outline,
    /// Light that travels: path tracing, sample after sample.
    Path,
    /// As lit, with the voxels' surface rounded by marching cubes, and without materials: all
    /// voxels have the default one.
    Marching,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 6] =
        [Mode::Flat, Mode::Lit, Mode::Clay, Mode::Outline, Mode::Path, Mode::Marching];

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Flat => "flat",
            Mode::Lit => "lit",
            Mode::Clay => "clay",
            Mode::Outline => "outline",
            Mode::Path => "path",
            Mode::Marching => "marching",
        }
    }

    /// The mode of that name, whatever the case.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|mode| mode.name() == name)
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
    /// The light of all modes that have some.
    pub light: Light,
    /// How dark inner edges get in [`Mode::Lit`], 0 to 1: the border occlusion of
    /// spec/rendering.md A5.
    pub edges: f32,
    /// How much of the ambient occlusion [`Mode::Lit`] applies, 0 to 1.
    pub occlusion: f32,
    /// What only [`Mode::Path`] looks at.
    pub path: PathSettings,
    /// How [`Mode::Marching`] finishes surfaces. In pictures a smooth one is lit by the slope
    /// of the voxels around it, not facet by facet.
    pub marching: Style,
    /// Which vectors to work with: changes no pixel. One that the machine lacks is replaced
    /// by the best that it has.
    pub simd: Simd,
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
            edges: 0.4,
            occlusion: 0.0,
            path: PathSettings::default(),
            marching: Style::default(),
            simd: Simd::default(),
        }
    }
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
    /// A camera's number is not finite or out of its range.
    BadCamera,
    /// No frame was asked for.
    NoFrames,
    /// More frames than [`MAX_FRAMES`], or more than [`MAX_PIXELS`] in all of them.
    TooManyFrames {
        /// How many frames.
        frames: u64,
        /// Pixels in a row of each.
        width: u32,
        /// Rows of each.
        height: u32,
    },
    /// Someone asked for it to end.
    Cancelled,
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
            RenderError::NoPixels { .. } | RenderError::BadCamera | RenderError::NoFrames => {
                ErrorKind::InvalidParameter
            }
            RenderError::TooLarge { .. } | RenderError::TooManyFrames { .. } => {
                ErrorKind::LimitExceeded
            }
            RenderError::Cancelled | RenderError::OutOfMemory { .. } => ErrorKind::RenderFailed,
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
            RenderError::BadCamera => {
                write!(f, "the camera has a number that is not finite or out of its range")
            }
            RenderError::NoFrames => write!(f, "there are no frames to render"),
            RenderError::TooManyFrames { frames, width, height } => write!(
                f,
                "{frames} frames of {width}x{height} are over the limit of {MAX_FRAMES} frames \
                 and {MAX_PIXELS} pixels in all"
            ),
            RenderError::Cancelled => write!(f, "the render was cancelled"),
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
    picture(&Job { drawn, scene: None, camera, settings, control: Control::default() })
}

/// The picture that a job describes.
pub fn picture(job: &Job<'_>) -> Result<Picture, RenderError> {
    frame(job, Buffers::default()).map(|frame| frame.picture)
}

/// The picture that a job describes, and buffers beside it.
pub fn frame(job: &Job<'_>, wanted: Buffers) -> Result<Frame, RenderError> {
    frame_of(blank(job.settings.width, job.settings.height)?, job, wanted)
}

/// The picture that a job describes, as a PNG file: strips of rows are compressed by the
/// threads that finish them, while others still draw. The bytes are those of [`png::encode`].
pub fn png(job: &Job<'_>) -> Result<Vec<u8>, RenderError> {
    let Settings { width, height, mode, threads, .. } = *job.settings;
    if matches!(mode, Mode::Path | Mode::Marching) || tile::edge(mode) != png::STRIP_ROWS {
        let picture = picture(job)?;
        return png::encode_on(&picture, Threads(threads)).map_err(unwritten);
    }
    let mut frame = Frame::of(blank(width, height)?);
    let strips = Mutex::new(BTreeMap::new());
    let compress = |band: usize, rows: &[[u8; 4]]| {
        let strip = png::strip(width, rows);
        strips.lock().unwrap_or_else(PoisonError::into_inner).insert(band, strip);
    };
    tile::paint(&mut frame, job, tile::Part { on_band: Some(&compress), ..tile::Part::default() })?;
    drop(frame);
    let strips = strips.into_inner().unwrap_or_else(PoisonError::into_inner);
    let strips: Vec<_> = strips.into_values().collect();
    png::join(width, height, &strips).map_err(unwritten)
}

/// A picture within our limits always fits a file; if not, it is memory that lacks.
fn unwritten(_: WriteError) -> RenderError {
    RenderError::OutOfMemory { bytes: MAX_PIXELS * 4 }
}

fn frame_of(picture: Picture, job: &Job<'_>, wanted: Buffers) -> Result<Frame, RenderError> {
    let mut frame = Frame::new(picture, wanted)?;
    match job.settings.mode {
        Mode::Path => path::paint(&mut frame, job)?,
        Mode::Marching => marching::paint(&mut frame, job)?,
        _ => tile::paint(&mut frame, job, tile::Part::default())?,
    }
    Ok(frame)
}

/// The picture of what a scene shows, with its materials. Tall pictures get a wider lens, so that
/// fitted content is never cut off. A scene without voxels is its background.
pub fn picture_of(scene: &Scene, view: &View, settings: &Settings) -> Result<Picture, RenderError> {
    let drawn = composite::drawn(scene);
    let bounds = drawn.bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let camera = &view.camera(Some(scene), bounds, [settings.width, settings.height])?;
    let (scene, control) = (Some(scene), Control::default());
    picture(&Job { drawn: &drawn, scene, camera, settings, control })
}

/// A picture of that size, if there may and can be one.
fn blank(width: u32, height: u32) -> Result<Picture, RenderError> {
    let count = check_size(width, height)?;
    let mut pixels = Vec::new();
    let reserved = pixels.try_reserve_exact(count as usize);
    reserved.map_err(|_| RenderError::OutOfMemory { bytes: count * 4 })?;
    pixels.resize(count as usize, [0; 4]);
    Ok(Picture { width, height, pixels })
}

/// How many pixels a picture of that size has, if there may be one.
fn check_size(width: u32, height: u32) -> Result<u64, RenderError> {
    let count = u64::from(width) * u64::from(height);
    if count == 0 {
        return Err(RenderError::NoPixels { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE || count > MAX_PIXELS {
        return Err(RenderError::TooLarge { width, height });
    }
    Ok(count)
}

#[cfg(test)]
mod shade_tests;
#[cfg(test)]
mod tests;
