//! As near as content fits: where its outermost points meet the picture's borders.

use crate::math::{self, Vec3};
use crate::render::camera::{tan_half, turned};
use crate::render::{Camera, Lens, Tilt};
use crate::volume::Bounds;

/// The largest part of a picture that may stay free at each side.
const MARGIN_MAX: f64 = 0.45;

impl Camera {
    /// Parallel rays from `turn_deg` around Z (0: from -Y; 90: from +X) and so far up. The
    /// box is centred and as large as fits a picture of that size: see [`Camera::tight`].
    pub fn parallel(
        turn_deg: f64,
        tilt: Tilt,
        bounds: Bounds,
        size: [u32; 2],
        margin: f64,
    ) -> Self {
        let (sin, cos) = tilt.sin_cos();
        parallel(turned(turn_deg, sin, cos), bounds, size, margin).camera(bounds)
    }

    /// The same direction with parallel rays; the box is centred, and its corners come as
    /// near to the borders of a picture of that size as `margin` lets them: a part of the
    /// picture's width and height left free at each side, 0 to 0.45.
    pub fn tight(self, bounds: Bounds, size: [u32; 2], margin: f64) -> Self {
        parallel(self.axes(), bounds, size, margin).camera(bounds)
    }

    /// The same direction and kind of lens, with the middle of the box in the middle of
    /// the picture and as near as its corners fit a picture of that size, but for a
    /// margin as in [`Camera::tight`].
    pub fn close(self, bounds: Bounds, size: [u32; 2], margin: f64) -> Self {
        Close::of(&self, bounds, size, margin).camera(bounds)
    }
}

fn parallel(axes: [Vec3; 3], bounds: Bounds, size: [u32; 2], margin: f64) -> Close {
    let half_height = Free::new(size, margin).half_height(&corners(bounds, axes));
    Close { axes, reach: Reach::Parallel { half_height } }
}

/// What has to be known for content to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// How far from the middle of the content the eye is.
    Perspective { away: f64, fov_y: f64 },
    /// Half of what the picture's height shows.
    Parallel { half_height: f64 },
}

impl Reach {
    pub(super) fn camera(self, axes: [Vec3; 3], bounds: Bounds) -> Camera {
        match self {
            Reach::Perspective { away, fov_y } => Camera::placed(axes, bounds, away, fov_y),
            Reach::Parallel { half_height } => {
                let middle = bounds.size().map(|n| n as f64 / 2.0);
                Camera::aimed(axes, bounds, middle, half_height)
            }
        }
    }

    /// The one that shows more, of two of one kind and field of view.
    pub(super) fn wider(self, other: Reach) -> Reach {
        match (self, other) {
            (
                Reach::Perspective { away: a, fov_y },
                Reach::Perspective { away: b, fov_y: other },
            ) if fov_y == other => Reach::Perspective { away: larger(a, b), fov_y },
            (Reach::Parallel { half_height: a }, Reach::Parallel { half_height: b }) => {
                Reach::Parallel { half_height: larger(a, b) }
            }
            _ => self,
        }
    }
}

/// A camera that is as near as content fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Close {
    pub axes: [Vec3; 3],
    pub reach: Reach,
}

impl Close {
    /// The nearest camera in the direction of another, with the same lens.
    pub(super) fn of(camera: &Camera, bounds: Bounds, size: [u32; 2], margin: f64) -> Self {
        let axes = camera.axes();
        let Lens::Perspective { fov_y } = camera.lens() else {
            return parallel(axes, bounds, size, margin);
        };
        let away = Free::new(size, margin).away(&corners(bounds, axes), fov_y);
        Self { axes, reach: Reach::Perspective { away, fov_y } }
    }

    pub(super) fn camera(&self, bounds: Bounds) -> Camera {
        self.reach.camera(self.axes, bounds)
    }
}

/// What content may fill of a picture: half of its width and of its height, where half of
/// the picture's height is 1.
pub(super) struct Free([f64; 2]);

impl Free {
    /// All but a margin at each side; one that is no number is 0.
    pub(super) fn new([width, height]: [u32; 2], margin: f64) -> Self {
        let margin = if margin.is_finite() { margin.clamp(0.0, MARGIN_MAX) } else { 0.0 };
        let aspect = f64::from(width.max(1)) / f64::from(height.max(1));
        let free = 1.0 - 2.0 * margin;
        Self([aspect * free, free])
    }

    /// Half of the voxels that the picture's height must show for points to fit. A point is
    /// how far right, up, and towards the eye it is from the picture's middle.
    pub(super) fn half_height(&self, points: &[Vec3]) -> f64 {
        points.iter().map(|point| self.share(point)).fold(0.0, larger)
    }

    /// How far the eye must be from the middle for points to fit.
    pub(super) fn away(&self, points: &[Vec3], fov_y: f64) -> f64 {
        let tan = tan_half(fov_y);
        points.iter().map(|point| point[2] + self.share(point) / tan).fold(0.0, larger)
    }

    fn share(&self, [x, y, _]: &Vec3) -> f64 {
        larger(x.abs() / self.0[0], y.abs() / self.0[1])
    }
}

/// The box's corners: right, up and towards the eye from its middle.
fn corners(bounds: Bounds, axes: [Vec3; 3]) -> Vec<Vec3> {
    let half = bounds.size().map(|n| n as f64 / 2.0);
    let corner = |bits: u32| {
        let sign = |axis: usize| if bits >> axis & 1 == 1 { half[axis] } else { -half[axis] };
        let at = [sign(0), sign(1), sign(2)];
        axes.map(|axis| math::dot(axis, at))
    };
    (0..8).map(corner).collect()
}

fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}
