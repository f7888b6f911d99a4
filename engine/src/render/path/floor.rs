//! The level disc that content stands on.

use super::super::surfaces::Surface;
use super::Floor;
use super::matter::Matter;
use crate::image::srgb::CURVE;
use crate::volume::Bounds;

/// The farthest that it reaches.
const RADIUS_MAX: f64 = (1u64 << 34) as f64;

/// Where it begins to fade, in parts of its radius.
const FADES_FROM: f32 = 0.4;

/// The disc, counted from a grid's base.
pub(super) struct Plane {
    height: f32,
    middle: [f32; 2],
    radius: f32,
    /// Linear.
    pub color: [f32; 3],
    pub matter: Matter,
}

impl Plane {
    /// The disc under a box.
    pub(super) fn new(floor: &Floor, bounds: Bounds, base: [i64; 3]) -> Self {
        let (min, size) = (bounds.min.to_array(), bounds.size().map(|n| n as f64));
        let low = [0, 1, 2].map(|axis| (i64::from(min[axis]) - base[axis]) as f64);
        let longer = if size[0] > size[1] { size[0] } else { size[1] };
        let radius = f64::from(floor.size) * longer / 2.0;
        let radius = if radius > 0.0 { radius.min(RADIUS_MAX) } else { 0.0 };
        let surface = Surface { metallic: 0.0, roughness: 0.8, ..Surface::default() };
        Self {
            height: low[2] as f32,
            middle: [0, 1].map(|axis| (low[axis] + size[axis] / 2.0) as f32),
            radius: radius as f32,
            color: floor.color.map(|byte| CURVE.decode(byte)),
            matter: Matter::new(surface),
        }
    }

    /// When a ray meets it from above; infinite when it does not.
    #[inline]
    pub(super) fn time(&self, origin: [f32; 3], direction: [f32; 3]) -> f32 {
        if direction[2] >= 0.0 || origin[2] <= self.height {
            return f32::INFINITY;
        }
        let time = (self.height - origin[2]) / direction[2];
        let point = self.point(origin, direction, time);
        if self.distance(point) < self.radius { time } else { f32::INFINITY }
    }

    /// Where a ray is at a time, moved onto the plane.
    #[inline]
    pub(super) fn point(&self, origin: [f32; 3], direction: [f32; 3], time: f32) -> [f32; 3] {
        let along = |axis: usize| origin[axis] + direction[axis] * time;
        [along(0), along(1), self.height]
    }

    /// How much of it there is at a point: less and less towards its rim.
    #[inline]
    pub(super) fn opacity(&self, point: [f32; 3]) -> f32 {
        let part = (self.distance(point) / self.radius - FADES_FROM) / (1.0 - FADES_FROM);
        let part = part.clamp(0.0, 1.0);
        1.0 - part * part * (3.0 - 2.0 * part)
    }

    fn distance(&self, point: [f32; 3]) -> f32 {
        let [x, y] = [point[0] - self.middle[0], point[1] - self.middle[1]];
        (x * x + y * y).sqrt()
    }
}
