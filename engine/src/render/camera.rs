//! Where a picture is taken from: presets, turntable, parallel views, look-at, a
//! project's camera.
//!
//! Right-handed, Z up; a camera looks along minus its `back` axis. Fitted
//! cameras are centred on the content and keep their eye relative to its
//! lowest corner, so content moved as a whole gives the same picture, however
//! far from the origin (path tracing: but for its noise). Angles that are multiples of 45 degrees are exact, and
//! nothing here calls the platform's libm.

use crate::math::{self, Vec3};
use crate::scene::SceneCamera;
use crate::volume::Bounds;
use std::f64::consts::FRAC_1_SQRT_2;

/// The vertical field of view of fitted cameras, in degrees.
pub const FOV_Y: f64 = 20.0;

/// The tangent of half of [`FOV_Y`].
const TAN_HALF_FOV: f64 = 0.176_326_980_708_464_98;

/// The nearest that a fitted camera comes.
const DISTANCE_MIN: f64 = 32.0;

/// Width over height of the narrowest picture that a fitted camera needs no wider
/// lens for: the content's bounding sphere takes two thirds of the height.
const NARROWEST: f64 = 3.0 / 4.0;

/// The fields of view that a perspective lens may have, in degrees.
pub(super) const FOV_RANGE: std::ops::RangeInclusive<f64> = 0.001..=179.99;

/// Half of the voxels that a parallel lens may show, up or across.
const HALF_RANGE: std::ops::RangeInclusive<f64> = 1.0 / 1024.0..=EYE_MAX;

/// The farthest that an eye may be, in voxels: beyond, rays lose sight of single voxels.
const EYE_MAX: f64 = (1u64 << 40) as f64;

/// A named direction to look from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// From -Y.
    Front,
    /// From +Y.
    Back,
    /// From +X: what the model, looking at us, calls its left.
    Left,
    /// From -X.
    Right,
    /// From +Z, with +Y up.
    Top,
    /// From -Z, with -Y up.
    Bottom,
    /// From (1/2, -1/2, 0.7071).
    Isometric,
}

impl Preset {
    /// All presets; the C numbers are the indexes.
    pub const ALL: [Preset; 7] = [
        Preset::Front,
        Preset::Back,
        Preset::Left,
        Preset::Right,
        Preset::Top,
        Preset::Bottom,
        Preset::Isometric,
    ];

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Front => "front",
            Preset::Back => "back",
            Preset::Left => "left",
            Preset::Right => "right",
            Preset::Top => "top",
            Preset::Bottom => "bottom",
            Preset::Isometric => "isometric",
        }
    }

    /// The preset of that name, whatever the case; "iso" and "default" are the isometric one.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        if name == "iso" || name == "default" {
            return Some(Preset::Isometric);
        }
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The turntable angles, in degrees: around Z, then the tilt from straight down.
    pub const fn angles(self) -> (f64, f64) {
        match self {
            Preset::Front => (0.0, 90.0),
            Preset::Back => (180.0, 90.0),
            Preset::Left => (90.0, 90.0),
            Preset::Right => (-90.0, 90.0),
            Preset::Top => (0.0, 0.0),
            Preset::Bottom => (0.0, 180.0),
            Preset::Isometric => (45.0, 45.0),
        }
    }
}

/// How steeply a view looks down, as the angle above the horizon that its eye is at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Tilt {
    /// From the side: 0 degrees.
    Level,
    /// 35.264 degrees, the sine being 1 / sqrt 3. Turned by 45 degrees, the three axes are
    /// equally short: a cube's outline is a regular hexagon.
    #[default]
    Isometric,
    /// 30 degrees. Turned by 45 degrees, lines along X and Y go two pixels across for each
    /// pixel down, as in pixel art.
    Dimetric,
    /// So many degrees: 90 is straight down, below 0 from under the ground. One that is not
    /// finite counts as 0.
    Degrees(f64),
}

impl Tilt {
    /// The sine and the cosine of the angle.
    pub fn sin_cos(self) -> (f64, f64) {
        match self {
            Tilt::Level => (0.0, 1.0),
            Tilt::Isometric => ((1.0_f64 / 3.0).sqrt(), (2.0_f64 / 3.0).sqrt()),
            Tilt::Dimetric => (0.5, 0.75_f64.sqrt()),
            Tilt::Degrees(degrees) => sin_cos(degrees),
        }
    }
}

/// How rays leave a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lens {
    /// All from the eye.
    Perspective {
        /// The vertical field of view in degrees, 0.001 to 179.99.
        fov_y: f64,
    },
    /// All parallel.
    Orthographic {
        /// Half of what the picture's height shows, in voxels.
        half_height: f64,
    },
}

/// A place to look from, a direction, and a lens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The integer point that `eye` counts from.
    corner: [i64; 3],
    eye: Vec3,
    right: Vec3,
    up: Vec3,
    back: Vec3,
    lens: Lens,
    /// How many pixels high a length is shown that is one pixel wide: 1 but for pixel art.
    squeeze: f64,
}

impl Camera {
    /// The preset's direction, fitted to the box.
    pub fn preset(preset: Preset, bounds: Bounds) -> Self {
        let (rz, rx) = preset.angles();
        Self::turntable(rz, rx, bounds)
    }

    /// Turned by `rz_deg` around Z, then tilted by `rx_deg` around the camera's own
    /// X axis from looking straight down; fitted to the box. An angle that is not
    /// finite counts as 0.
    pub fn turntable(rz_deg: f64, rx_deg: f64, bounds: Bounds) -> Self {
        let (sin_x, cos_x) = sin_cos(rx_deg);
        Self::fitted(turned(rz_deg, cos_x, sin_x), bounds)
    }

    /// At `eye`, looking at `target`, with a vertical field of view in degrees.
    ///
    /// An `up` that is zero or along the view is replaced by +Z, or by +Y when that
    /// is along the view too. `None` when a number of `eye` or `target` is not finite or
    /// beyond 2^40, the eye is at the target, or the field of view is not from 0.001 to
    /// 179.99.
    pub fn look_at(eye: Vec3, target: Vec3, up: Vec3, fov_y_deg: f64) -> Option<Self> {
        let near = |point: Vec3| point.iter().all(|value| value.abs() <= EYE_MAX);
        if !near(eye) || !near(target) || !FOV_RANGE.contains(&fov_y_deg) {
            return None;
        }
        let [right, up, back] = axes(math::sub(eye, target), up)?;
        let lens = Lens::Perspective { fov_y: fov_y_deg };
        Some(Self { corner: [0; 3], eye, right, up, back, lens, squeeze: 1.0 })
    }

    /// The direction and the kind of lens of a project's camera, fitted to the box.
    /// One whose matrix has no direction looks as [`Preset::Isometric`] does.
    pub fn of_scene(camera: &SceneCamera, bounds: Bounds) -> Self {
        let fitted = match axes(camera.mat.column(2), camera.mat.column(1)) {
            Some(axes) => Self::fitted(axes, bounds),
            None => Self::preset(Preset::Isometric, bounds),
        };
        if camera.ortho { fitted.orthographic(bounds) } else { fitted }
    }

    /// The same direction with parallel rays, fitted to the box.
    pub fn orthographic(self, bounds: Bounds) -> Self {
        let half_height = distance(bounds) * TAN_HALF_FOV;
        let lens = Lens::Orthographic { half_height };
        Self { lens, ..Self::fitted(self.axes(), bounds) }
    }

    /// The same direction with that vertical field of view, and the eye where the box's
    /// bounding sphere takes two thirds of the picture's height. `None` when the field of
    /// view is not from 0.001 to 179.99 degrees.
    pub fn with_fov(self, fov_y_deg: f64, bounds: Bounds) -> Option<Self> {
        if !FOV_RANGE.contains(&fov_y_deg) {
            return None;
        }
        // The tangent from the eye to the sphere: for narrow lenses the rule of `distance`.
        let part = tan_half(fov_y_deg) / 1.5;
        let away = radius(bounds) * (1.0 + part * part).sqrt() / part;
        Some(Self::placed(self.axes(), bounds, away, fov_y_deg))
    }

    /// The same eye and direction with parallel rays; the picture's height shows twice
    /// `half_height` voxels. `None` when that is not from 2^-10 to 2^40.
    pub fn with_half_height(self, half_height: f64) -> Option<Self> {
        let lens = Lens::Orthographic { half_height };
        HALF_RANGE.contains(&half_height).then_some(Self { lens, ..self })
    }

    /// As [`Camera::with_half_height`], for the width of pictures of that size.
    pub fn with_half_width(self, half_width: f64, [width, height]: [u32; 2]) -> Option<Self> {
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        self.with_half_height(half_width).and_then(|_| self.with_half_height(half_width / aspect))
    }

    /// The same camera with a lens wide enough that fitted content is not cut off at
    /// the sides of a picture much taller than wide.
    pub fn widened(self, width: u32, height: u32) -> Self {
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        let factor = NARROWEST / aspect;
        if factor <= 1.0 {
            return self;
        }
        let lens = match self.lens {
            Lens::Orthographic { half_height } => {
                Lens::Orthographic { half_height: half_height * factor }
            }
            Lens::Perspective { fov_y } => {
                let half = libm::atan(tan_half(fov_y) * factor);
                Lens::Perspective { fov_y: (half * 2.0).to_degrees() }
            }
        };
        Self { lens, ..self }
    }

    /// Where the camera is.
    pub fn eye(&self) -> Vec3 {
        [0, 1, 2].map(|axis| self.corner[axis] as f64 + self.eye[axis])
    }

    /// The lowest corner of the voxel that the camera is in.
    pub(super) fn base(&self) -> [i64; 3] {
        [0, 1, 2].map(|axis| self.corner[axis].saturating_add(self.eye[axis].floor() as i64))
    }

    /// The picture's right, up, and the direction towards the viewer: unit vectors.
    pub const fn axes(&self) -> [Vec3; 3] {
        [self.right, self.up, self.back]
    }

    /// The lens.
    pub const fn lens(&self) -> Lens {
        self.lens
    }

    /// The camera for pictures of that size, with rays relative to an integer corner.
    pub(super) fn shooter(&self, corner: [i64; 3], width: u32, height: u32) -> Shooter {
        let shift = [0, 1, 2].map(|axis| (self.corner[axis] - corner[axis]) as f64);
        let eye = math::add(self.eye, shift);
        let aspect = f64::from(width) / f64::from(height);
        let half_height = match self.lens {
            Lens::Perspective { fov_y } => tan_half(fov_y),
            Lens::Orthographic { half_height } => half_height,
        };
        Shooter {
            eye,
            right: math::scale(self.right, half_height * aspect * self.squeeze),
            up: math::scale(self.up, half_height),
            back: self.back,
            pixel: [2.0 / f64::from(width), 2.0 / f64::from(height)],
            lens: self.lens,
        }
    }

    fn fitted(axes: [Vec3; 3], bounds: Bounds) -> Self {
        Self::placed(axes, bounds, distance(bounds), FOV_Y)
    }

    /// Looks at the middle of the box from `away`, or as far as an eye may be.
    pub(super) fn placed(
        [right, up, back]: [Vec3; 3],
        bounds: Bounds,
        away: f64,
        fov_y: f64,
    ) -> Self {
        let corner = bounds.min.to_array().map(i64::from);
        let center = bounds.size().map(|n| n as f64 / 2.0);
        let eye = math::add(center, math::scale(back, away.min(EYE_MAX)));
        let lens = Lens::Perspective { fov_y };
        Self { corner, eye, right, up, back, lens, squeeze: 1.0 }
    }

    /// Parallel rays; the middle of the picture shows `focus`, which counts from the lowest
    /// corner of the box. The eye is before all of the box, and not far: `f32` is finest there.
    pub(super) fn aimed(
        [right, up, back]: [Vec3; 3],
        bounds: Bounds,
        focus: Vec3,
        half_height: f64,
    ) -> Self {
        let corner = bounds.min.to_array().map(i64::from);
        let center = bounds.size().map(|n| n as f64 / 2.0);
        let middle = math::dot(math::sub(center, focus), back);
        let away = middle + radius(bounds) + DISTANCE_MIN;
        let eye = math::add(focus, math::scale(back, away));
        let lens = Lens::Orthographic { half_height };
        Self { corner, eye, right, up, back, lens, squeeze: 1.0 }
    }

    /// The same with what a parallel lens shows so many times as high, and as wide as it was.
    pub(super) fn squeezed(self, squeeze: f64) -> Self {
        let Lens::Orthographic { half_height } = self.lens else {
            return self;
        };
        let lens = Lens::Orthographic { half_height: half_height / squeeze };
        Self { lens, squeeze, ..self }
    }
}

/// Makes the rays of one picture.
pub(super) struct Shooter {
    pub eye: Vec3,
    /// To the picture's right border from its middle, where depth is 1.
    pub right: Vec3,
    /// To its upper border.
    pub up: Vec3,
    pub back: Vec3,
    /// A pixel's part of a way from the middle to a border.
    pub pixel: [f64; 2],
    lens: Lens,
}

impl Shooter {
    /// Whether all rays have one direction.
    pub(super) fn is_parallel(&self) -> bool {
        matches!(self.lens, Lens::Orthographic { .. })
    }

    /// Origin and direction of the ray through a point of the picture, counted in
    /// pixels from its top left corner. Along the view, the direction measures 1: a
    /// ray's time is its depth.
    pub(super) fn ray(&self, x: f64, y: f64) -> (Vec3, Vec3) {
        let (sx, sy) = (x * self.pixel[0] - 1.0, 1.0 - y * self.pixel[1]);
        let across = |axis: usize| self.right[axis] * sx + self.up[axis] * sy;
        let across = [across(0), across(1), across(2)];
        match self.lens {
            Lens::Perspective { .. } => (self.eye, math::sub(across, self.back)),
            Lens::Orthographic { .. } => {
                (math::add(self.eye, across), math::scale(self.back, -1.0))
            }
        }
    }
}

/// How far a fitted camera is from the middle of the box.
fn distance(bounds: Bounds) -> f64 {
    (1.5 * radius(bounds) / TAN_HALF_FOV).max(DISTANCE_MIN)
}

/// Half of the box's diagonal.
fn radius(bounds: Bounds) -> f64 {
    math::length(bounds.size().map(|n| n as f64)) / 2.0
}

/// How far the box reaches from its middle along a unit vector.
pub(super) fn half_extent(bounds: Bounds, axis: Vec3) -> f64 {
    let [x, y, z] = bounds.size().map(|n| n as f64 / 2.0);
    axis[0].abs() * x + axis[1].abs() * y + axis[2].abs() * z
}

/// Right, up and back, turned around Z from looking along +Y, the eye so far up.
pub(super) fn turned(turn_deg: f64, sin_up: f64, cos_up: f64) -> [Vec3; 3] {
    let (sin, cos) = sin_cos(turn_deg);
    let right = [cos, sin, 0.0];
    let up = [-sin_up * sin, sin_up * cos, cos_up];
    let back = [cos_up * sin, -cos_up * cos, sin_up];
    [right, up, back]
}

/// The tangent of half of an angle in degrees.
pub(super) fn tan_half(fov_y: f64) -> f64 {
    if fov_y == FOV_Y { TAN_HALF_FOV } else { libm::tan((fov_y / 2.0).to_radians()) }
}

/// Right, up and back of a camera; `None` when `back` has no direction.
fn axes(back: Vec3, up: Vec3) -> Option<[Vec3; 3]> {
    let back = direction(back)?;
    let hints = [up, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]];
    let right = hints.into_iter().find_map(|hint| {
        let right = math::cross(direction(hint)?, back);
        (math::length(right) > 1e-9).then(|| math::normalize(right))
    })?;
    Some([right, math::cross(back, right), back])
}

/// The unit vector; `None` for zero or what is not finite.
fn direction(v: Vec3) -> Option<Vec3> {
    let largest = v.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let usable = v.iter().all(|value| value.is_finite()) && largest > 0.0;
    usable.then(|| math::normalize(v.map(|value| value / largest)))
}

/// Sine and cosine of an angle in degrees, exact at multiples of 45.
fn sin_cos(degrees: f64) -> (f64, f64) {
    const H: f64 = FRAC_1_SQRT_2;
    const EIGHTHS: [f64; 8] = [0.0, H, 1.0, H, 0.0, -H, -1.0, -H];
    if !degrees.is_finite() {
        return (0.0, 1.0);
    }
    let turn = degrees.rem_euclid(360.0);
    let eighth = turn / 45.0;
    if eighth == eighth.floor() {
        let index = eighth as usize;
        return (EIGHTHS[index % 8], EIGHTHS[(index + 2) % 8]);
    }
    (libm::sin(turn.to_radians()), libm::cos(turn.to_radians()))
}

#[cfg(test)]
#[path = "camera_tests.rs"]
mod tests;
