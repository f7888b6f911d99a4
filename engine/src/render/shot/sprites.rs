//! Sprite sheets: a model from several directions, each frame with the same scale and the
//! same place on the ground.

use super::series::{Studio, check_frames};
use super::sheet::{Layout, Sheet, columns};
use crate::math::{self, Vec3};
use crate::render::camera::{half_extent, turned};
use crate::render::{Antialias, Camera, MAX_SIDE, RenderError, Settings, Tilt};
use crate::volume::Bounds;
use std::f64::consts::SQRT_2;

/// Rounding that still counts as a place on the pixels' grid.
const HAIR: f64 = 1e-6;

/// How large a voxel and a frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The frames have the settings' size, the model is as large as fits all of them.
    Fit,
    /// A voxel is exactly so many pixels wide, one or more; the frames have the settings'
    /// size, and what does not fit is cut off. Edges are not smoothed.
    ///
    /// - Seen from the side or from straight above, by quarter turns, a voxel is a square of
    ///   that many pixels, on pixel borders.
    /// - With [`Tilt::Isometric`], turned by 45 degrees and quarter turns from that, it is
    ///   drawn as pixel art draws it: its top is a diamond of two pixels across for each one
    ///   down, twice that many pixels wide and as many high; its sides are as many high.
    ///   For that, the picture is only `sqrt 3 / 2` as high as the projection. Of an even
    ///   number of pixels, all voxels look alike.
    /// - With [`Tilt::Dimetric`] and those turns, the top is the same, and the sides are
    ///   `sqrt 1.5` (1.2247) times as many pixels high: true to projection, but voxels of
    ///   different heights are not alike. Again of an even number of pixels.
    /// - In other directions nothing is on pixel borders.
    Exact(u32),
    /// As [`Scale::Exact`], with frames just as large as the model needs.
    Tight(u32),
}

/// A model's directions and how they are laid out. Rays are parallel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sprites {
    /// How many directions: usually 4, 8 or 16, at most
    /// [`MAX_FRAMES`](super::super::MAX_FRAMES). The first shows the front, the
    /// next are counterclockwise as seen from above: 4 are front (from -Y), left (+X),
    /// back (+Y), right (-X).
    pub directions: u32,
    /// Where the first is taken from, in degrees around Z from the front. One that is not
    /// finite counts as 0.
    pub start_deg: f64,
    /// How far up.
    pub tilt: Tilt,
    /// How large.
    pub scale: Scale,
    /// Pixels of each frame's sides that stay free, unless the model is cut off.
    pub padding: u32,
    /// Frames in a row; 0 chooses a sheet that is nearly square.
    pub columns: u32,
    /// Transparent pixels between frames.
    pub spacing: u32,
}

impl Default for Sprites {
    /// Eight directions in two rows, fitted, from 30 degrees above the horizon.
    fn default() -> Self {
        Self {
            directions: 8,
            start_deg: 0.0,
            tilt: Tilt::Dimetric,
            scale: Scale::Fit,
            padding: 1,
            columns: 4,
            spacing: 0,
        }
    }
}

/// A sprite sheet and what a game needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpriteSheet {
    /// The picture and its frames.
    pub sheet: Sheet,
    /// In each frame, the pixel that the middle of the model's base is in: columns and rows
    /// from the frame's top left corner. It may lie beside the frame.
    pub anchor: [i32; 2],
    /// How long a voxel's edge is, in pixels, where it lies across the view.
    pub pixels_per_voxel: f64,
    /// Where each frame is taken from, in degrees around Z from the front.
    pub turns_deg: Vec<f64>,
}

impl Sprites {
    /// The angle of a frame: `start + 360 index / directions`, each step rounded once.
    pub fn turn_deg(&self, index: u32) -> f64 {
        let start = if self.start_deg.is_finite() { self.start_deg } else { 0.0 };
        start + 360.0 * f64::from(index) / f64::from(self.directions)
    }

    /// How high the projection is shown: 1 but for isometric pixel art.
    fn squeeze(&self) -> f64 {
        match (self.tilt, self.scale) {
            (Tilt::Isometric, Scale::Exact(_) | Scale::Tight(_)) => 0.75_f64.sqrt(),
            _ => 1.0,
        }
    }
}

/// Takes a model from all directions.
///
/// Refused before anything is drawn: no directions or voxels of no pixels, a sheet over the
/// limits of one picture.
///
/// ```
/// use goxel_engine::render::{Control, Mode, Scale, Settings, Sprites, Studio, Tilt};
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// let drawn: Volume = (0..3).map(|z| (Coord::new(0, 0, z), Voxel::rgb(9, 8, z as u8))).collect();
/// let settings = Settings { mode: Mode::Flat, ..Settings::default() };
/// let control = Control::default();
/// let studio = Studio { drawn: &drawn, scene: None, bounds: None, settings: &settings, control };
/// let plan = Sprites {
///     directions: 4, tilt: Tilt::Level, scale: Scale::Tight(1), padding: 0, ..Sprites::default()
/// };
/// let sprites = goxel_engine::render::sprite_sheet(&studio, &plan).unwrap();
/// let picture = &sprites.sheet.picture;
/// assert_eq!((picture.width, picture.height), (4, 3));
/// assert_eq!(picture.pixels[4], [9, 8, 1, 255]);
/// ```
pub fn sprite_sheet(studio: &Studio<'_>, plan: &Sprites) -> Result<SpriteSheet, RenderError> {
    let count = check_frames(plan.directions.into(), studio.size())?;
    let bounds = studio.fitted_box();
    let turns_deg: Vec<f64> = (0..count).map(|index| plan.turn_deg(index)).collect();
    let (sin, cos) = plan.tilt.sin_cos();
    let squeeze = plan.squeeze();
    let sight = |turn: &f64| Sight::new(turned(*turn, sin, cos), bounds, squeeze);
    let sights: Vec<Sight> = turns_deg.iter().map(sight).collect();
    let frame = Frame::new(plan, &sights, studio.size())?;
    let cameras: Vec<Camera> = sights.iter().map(|sight| frame.camera(sight, bounds)).collect();
    let settings = frame.settings(studio.settings, plan.scale);
    let (columns, gap) = (columns(plan.columns, count), plan.spacing);
    let layout = Layout { count, columns, frame: frame.size, gap, border: 0 };
    let sheet = layout.sheet(studio, &cameras, &settings, ([0; 4], &|_| studio.drawn.clone()))?;
    Ok(SpriteSheet { sheet, anchor: frame.anchor, pixels_per_voxel: frame.scale, turns_deg })
}

/// The model as one direction shows it, in voxels from the middle of its base, as they
/// measure across the picture.
struct Sight {
    axes: [Vec3; 3],
    squeeze: f64,
    /// How far it reaches to the left and as far to the right, up, and down.
    across: f64,
    above: f64,
    below: f64,
    /// From its lowest corner, which is a voxel's, to the middle of its base: right and up.
    base: [f64; 2],
}

impl Sight {
    fn new(axes: [Vec3; 3], bounds: Bounds, squeeze: f64) -> Self {
        let [right, up, _] = axes;
        let [x, y, z] = bounds.size().map(|n| n as f64);
        let middle = [x / 2.0, y / 2.0, 0.0];
        let (half, lift) = (half_extent(bounds, up), up[2] * z / 2.0);
        Self {
            axes,
            squeeze,
            across: half_extent(bounds, right),
            above: (half + lift) * squeeze,
            below: (half - lift) * squeeze,
            base: [math::dot(right, middle), math::dot(up, middle) * squeeze],
        }
    }

    /// How far right and down in its pixel the middle of the base is when the voxels' corners
    /// are on the pixels' corners; `None` when those of most voxels can not be.
    fn place(&self, scale: f64) -> Option<[f64; 2]> {
        let [right, up] = self.base;
        let [x, y] = [on_grid(right * scale)?, on_grid(-up * scale)?];
        Some([x - x.floor(), y - y.floor()])
    }
}

/// The multiple of a quarter that this is, but for rounding.
fn on_grid(value: f64) -> Option<f64> {
    let near = (value * 4.0).round() / 4.0;
    ((value - near).abs() < HAIR).then_some(near)
}

/// One frame's size and what is where in it.
struct Frame {
    size: [u32; 2],
    /// The pixel that the middle of the base is in.
    anchor: [i32; 2],
    /// Where in that pixel, for views that do not say it themselves.
    place: [f64; 2],
    /// Whether views with voxels on the pixels' grid say it.
    exact: bool,
    /// Pixels per voxel.
    scale: f64,
}

impl Frame {
    fn new(plan: &Sprites, sights: &[Sight], size: [u32; 2]) -> Result<Self, RenderError> {
        let most = |reach: fn(&Sight) -> f64| sights.iter().map(reach).fold(0.0, f64::max);
        let reach = [most(|sight| sight.across), most(|sight| sight.above), most(|s| s.below)];
        match plan.scale {
            _ if size.contains(&0) && !matches!(plan.scale, Scale::Tight(_)) => {
                Err(RenderError::NoPixels { width: size[0], height: size[1] })
            }
            Scale::Fit => Ok(Self::fitted(reach, plan.padding, size)),
            Scale::Exact(0) | Scale::Tight(0) => Err(RenderError::NoPixels { width: 0, height: 0 }),
            Scale::Exact(voxel) => Ok(Self::exact(plan, sights, voxel, Some(size))),
            Scale::Tight(voxel) => match Self::exact(plan, sights, voxel, None) {
                Self { size: [width, height], .. } if width > MAX_SIDE || height > MAX_SIDE => {
                    Err(RenderError::TooLarge { width, height })
                }
                frame => Ok(frame),
            },
        }
    }

    fn fitted([across, above, below]: [f64; 3], padding: u32, size: [u32; 2]) -> Self {
        let free = |side: u32| f64::from(side.saturating_sub(padding.saturating_mul(2)).max(1));
        let [wide, high] = [free(size[0]) / (2.0 * across), free(size[1]) / (above + below)];
        let scale = if wide < high { wide } else { high };
        let right = f64::from(size[0]) / 2.0;
        let down = (f64::from(size[1]) + (above - below) * scale) / 2.0;
        let anchor = [right.floor() as i32, down.floor() as i32];
        let place = [right - right.floor(), down - down.floor()];
        Self { size, anchor, place, exact: false, scale }
    }

    /// A voxel so many pixels wide. The frame has that size, with the model in the middle,
    /// or the one that the model needs.
    fn exact(plan: &Sprites, sights: &[Sight], voxel: u32, size: Option<[u32; 2]>) -> Self {
        let diagonal = matches!(plan.tilt, Tilt::Isometric | Tilt::Dimetric);
        let scale = f64::from(voxel) * if diagonal { SQRT_2 } else { 1.0 };
        let place = sights.iter().find_map(|sight| sight.place(scale)).unwrap_or([0.0; 2]);
        // Whole pixels left of, above, right of and below the anchor's left upper corner.
        let mut need = [0.0; 4];
        for sight in sights {
            let [x, y] = sight.place(scale).unwrap_or(place);
            let across = sight.across * scale;
            let reach = [across - x, sight.above * scale - y, across + x, sight.below * scale + y];
            for (need, reach) in need.iter_mut().zip(reach) {
                *need = f64::max(*need, (reach - HAIR).ceil());
            }
        }
        let [left, top, right, bottom] = need;
        let padding = 2.0 * f64::from(plan.padding);
        let needed = [left + right + padding, top + bottom + padding];
        let size = size.unwrap_or(needed.map(|side| side.max(1.0) as u32));
        let free = |axis: usize| ((f64::from(size[axis]) - needed[axis] + padding) / 2.0).floor();
        let anchor = [(left + free(0)) as i32, (top + free(1)) as i32];
        Self { size, anchor, place, exact: true, scale }
    }

    fn camera(&self, sight: &Sight, bounds: Bounds) -> Camera {
        let own = if self.exact { sight.place(self.scale) } else { None };
        let place = own.unwrap_or(self.place);
        // From the middle of the base to the middle of the picture, in voxels.
        let way = |axis: usize| {
            let base = f64::from(self.anchor[axis]) + place[axis];
            (f64::from(self.size[axis]) / 2.0 - base) / self.scale
        };
        let [right, up, _] = sight.axes;
        let [x, y, _] = bounds.size().map(|n| n as f64 / 2.0);
        let across = math::add([x, y, 0.0], math::scale(right, way(0)));
        let focus = math::add(across, math::scale(up, -way(1) / sight.squeeze));
        let half_height = f64::from(self.size[1]) / 2.0 / self.scale;
        Camera::aimed(sight.axes, bounds, focus, half_height).squeezed(sight.squeeze)
    }

    fn settings(&self, settings: &Settings, scale: Scale) -> Settings {
        let [width, height] = self.size;
        let antialias = match scale {
            Scale::Fit => settings.antialias,
            Scale::Exact(_) | Scale::Tight(_) => Antialias::Off,
        };
        Settings { width, height, antialias, ..settings.clone() }
    }
}

#[cfg(test)]
#[path = "sprites_tests.rs"]
mod tests;
