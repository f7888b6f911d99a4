//! Where a picture is taken from: presets, turntable, look-at, a project's camera.
//!
//! Right-handed, Z up; a camera looks along minus its `back` axis. Fitted
//! cameras are centred on the content and keep their eye relative to its
//! lowest corner, so content moved as a whole gives the same picture, however
//! far from the origin. Angles that are multiples of 45 degrees are exact, and
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

/// How rays leave a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lens {
    /// All from the eye.
    Perspective {
        /// The vertical field of view in degrees, above 0 and below 180.
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
        let (sin_z, cos_z) = sin_cos(rz_deg);
        let (sin_x, cos_x) = sin_cos(rx_deg);
        let right = [cos_z, sin_z, 0.0];
        let up = [-cos_x * sin_z, cos_x * cos_z, sin_x];
        let back = [sin_x * sin_z, -sin_x * cos_z, cos_x];
        Self::fitted([right, up, back], bounds)
    }

    /// At `eye`, looking at `target`, with a vertical field of view in degrees.
    ///
    /// An `up` that is zero or along the view is replaced by +Z, or by +Y when that
    /// is along the view too. `None` when a number is not finite or beyond 2^40, the
    /// eye is at the target, or the field of view is not between 0 and 180.
    pub fn look_at(eye: Vec3, target: Vec3, up: Vec3, fov_y_deg: f64) -> Option<Self> {
        let near = |point: Vec3| point.iter().all(|value| value.abs() <= EYE_MAX);
        let lens_ok = fov_y_deg > 0.0 && fov_y_deg < 180.0;
        if !near(eye) || !near(target) || !lens_ok {
            return None;
        }
        let [right, up, back] = axes(math::sub(eye, target), up)?;
        let lens = Lens::Perspective { fov_y: fov_y_deg };
        Some(Self { corner: [0; 3], eye, right, up, back, lens })
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
        Self { lens, ..Self::fitted([self.right, self.up, self.back], bounds) }
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
            right: math::scale(self.right, half_height * aspect),
            up: math::scale(self.up, half_height),
            back: self.back,
            pixel: [2.0 / f64::from(width), 2.0 / f64::from(height)],
            lens: self.lens,
        }
    }

    fn fitted([right, up, back]: [Vec3; 3], bounds: Bounds) -> Self {
        let corner = bounds.min.to_array().map(i64::from);
        let center = bounds.size().map(|n| n as f64 / 2.0);
        let eye = math::add(center, math::scale(back, distance(bounds)));
        Self { corner, eye, right, up, back, lens: Lens::Perspective { fov_y: FOV_Y } }
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
    let size = bounds.size().map(|n| n as f64);
    (1.5 * (math::length(size) / 2.0) / TAN_HALF_FOV).max(DISTANCE_MIN)
}

fn tan_half(fov_y: f64) -> f64 {
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
mod tests {
    use super::*;
    use crate::volume::Coord;

    fn cube() -> Bounds {
        Bounds { min: Coord::new(10, 20, 30), max: Coord::new(19, 29, 39) }
    }

    #[track_caller]
    fn check(preset: &str, toward_eye: Vec3, up: Vec3) {
        let preset = Preset::from_name(preset).unwrap();
        let camera = Camera::preset(preset, cube());
        let [right, image_up, back] = camera.axes();
        let near = |a: Vec3, b: Vec3| math::length(math::sub(a, b)) < 1e-4;
        assert!(near(back, toward_eye), "{preset:?}: eye towards {back:?}");
        assert!(near(image_up, up), "{preset:?}: up is {image_up:?}");
        assert!(near(right, math::cross(image_up, back)), "{preset:?}: right is {right:?}");
        let center = math::sub(camera.eye(), math::scale(back, distance(cube())));
        assert!(near(center, [15., 25., 35.]), "{preset:?}: looks at {center:?}");
    }

    #[test]
    fn presets_look_at_the_middle_from_where_they_say() {
        check("front", [0., -1., 0.], [0., 0., 1.]);
        check("back", [0., 1., 0.], [0., 0., 1.]);
        check("LEFT", [1., 0., 0.], [0., 0., 1.]);
        check("right", [-1., 0., 0.], [0., 0., 1.]);
        check("top", [0., 0., 1.], [0., 1., 0.]);
        check("bottom", [0., 0., -1.], [0., -1., 0.]);
        check("isometric", [0.5, -0.5, FRAC_1_SQRT_2], [-0.5, 0.5, FRAC_1_SQRT_2]);
        check("iso", [0.5, -0.5, FRAC_1_SQRT_2], [-0.5, 0.5, FRAC_1_SQRT_2]);
    }

    #[test]
    fn straight_presets_have_exact_axes() {
        for preset in &Preset::ALL[..6] {
            let exact = |value: &f64| [0.0, 1.0].contains(&value.abs());
            let axes = Camera::preset(*preset, cube()).axes();
            assert!(axes.iter().flatten().all(exact), "{preset:?}: {axes:?}");
        }
    }

    #[test]
    fn the_distance_is_four_and_a_quarter_diagonals_but_at_least_32() {
        let far = distance(Bounds { min: Coord::new(0, 0, 0), max: Coord::new(99, 99, 99) });
        assert!((far / (30_000f64).sqrt() - 4.2535).abs() < 1e-3, "{far}");
        assert_eq!(distance(Bounds { min: Coord::default(), max: Coord::default() }), 32.0);
    }

    #[test]
    fn a_senseless_look_at_is_refused() {
        let (eye, target, up) = ([10., 0., 0.], [0.; 3], [0., 0., 1.]);
        assert!(Camera::look_at(eye, target, up, 20.0).is_some());
        assert!(Camera::look_at(eye, eye, up, 20.0).is_none());
        assert!(Camera::look_at([f64::NAN, 0., 0.], target, up, 20.0).is_none());
        assert!(Camera::look_at(eye, [f64::INFINITY, 0., 0.], up, 20.0).is_none());
        assert!(Camera::look_at([1e300, 0., 0.], target, up, 20.0).is_none());
        for fov in [0.0, -1.0, 180.0, f64::NAN] {
            assert!(Camera::look_at(eye, target, up, fov).is_none(), "{fov}");
        }
    }

    #[test]
    fn an_up_along_the_view_is_replaced() {
        let ups = [[0., 0., 1.], [0., 0., -3.], [0.; 3], [f64::NAN; 3]];
        for up in ups {
            let camera = Camera::look_at([0., 0., 50.], [0.; 3], up, 20.0).unwrap();
            assert_eq!(camera.axes()[1], [0., 1., 0.], "up {up:?}");
        }
    }

    #[test]
    fn a_projects_camera_keeps_its_direction_and_is_moved_to_fit() {
        let camera = Camera::of_scene(&SceneCamera::new("c"), cube());
        let preset = Camera::preset(Preset::Isometric, cube());
        assert!(math::length(math::sub(camera.eye(), preset.eye())) < 1e-3);
        let broken = SceneCamera { mat: math::Mat4([f32::NAN; 16]), ..SceneCamera::new("c") };
        assert_eq!(Camera::of_scene(&broken, cube()), preset);
        let ortho = SceneCamera { ortho: true, ..SceneCamera::new("c") };
        assert!(matches!(Camera::of_scene(&ortho, cube()).lens(), Lens::Orthographic { .. }));
    }

    #[test]
    fn angles_beyond_a_turn_and_unusable_ones_are_taken() {
        let exact = Camera::turntable(45.0, 45.0, cube());
        assert_eq!(Camera::turntable(45.0 - 720.0, 405.0, cube()), exact);
        let still = Camera::turntable(0.0, 0.0, cube());
        assert_eq!(Camera::turntable(f64::NAN, f64::INFINITY, cube()), still);
    }

    #[test]
    fn a_tall_picture_gets_a_wider_lens_and_others_keep_theirs() {
        let camera = Camera::preset(Preset::Front, cube());
        assert_eq!(camera.widened(400, 400), camera);
        assert_eq!(camera.widened(1920, 1080), camera);
        let Lens::Perspective { fov_y } = camera.widened(100, 400).lens() else { unreachable!() };
        assert!((fov_y - 55.76).abs() < 0.1, "{fov_y}");
    }
}
