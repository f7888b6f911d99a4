//! The colour of a point on a face: exact, or metal-rough under sun and sky.
//!
//! Light is linear and computed per pixel, then goes through the sRGB curve.
//! A face that looks away from the sun, or lies in shadow, keeps part of its
//! light, the ambient part included.

use super::edge;
use super::grid::{Grid, Hit};
use super::{Mode, Settings};
use crate::image::srgb::CURVE;
use crate::math::{self, Vec3};
use crate::scene::Light;
use std::f64::consts::FRAC_1_SQRT_2;

/// The default material: the composite has one for all.
const METALLIC: f32 = 0.2;
const ROUGHNESS: f32 = 0.5;
const REFLECTANCE: f32 = 0.04;

/// How much of the darkness of inner edges is applied.
const EDGE_STRENGTH: f32 = 0.4;

/// What is left to see of the sun in a shadow, and on a face turned away from it.
const IN_SHADOW: f32 = 0.2;
const TURNED_AWAY: f32 = 0.5;

/// What a ray sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// The final colour, straight alpha.
    pub color: [u8; 4],
    /// The voxel's own colour.
    pub own: [u8; 3],
    /// Which plane, from which side, in shadow or not; 0 for nothing.
    pub face: u64,
    /// The voxel, in biased coordinates.
    pub voxel: [u32; 3],
}

impl Sample {
    /// A sample of what is behind everything.
    pub(super) const fn behind(color: [u8; 4]) -> Self {
        Self { color, own: [0; 3], face: 0, voxel: [0; 3] }
    }

    /// Whether a hit on the same face of the same voxel was seen.
    fn is_on(&self, hit: &Hit) -> bool {
        self.voxel == hit.voxel && self.face & !SHADOW_BIT == face_of(hit)
    }
}

/// Set in [`Sample::face`] for a point in shadow.
const SHADOW_BIT: u64 = 1;

/// A number for the plane and the side of a face, never 0.
fn face_of(hit: &Hit) -> u64 {
    let side = (hit.axis as u64) << 2 | u64::from(hit.upper) << 1;
    (hit.plane() as u64 + 1) << 4 | side
}

/// Colours points, for one picture.
pub(super) struct Shader<'a> {
    grid: &'a Grid<'a>,
    mode: Mode,
    sun: Vec3,
    intensity: f32,
    ambient: f32,
    shadow: f32,
}

impl<'a> Shader<'a> {
    pub(super) fn new(grid: &'a Grid<'a>, axes: [Vec3; 3], settings: &Settings) -> Self {
        let light = &settings.light;
        Self {
            grid,
            mode: settings.mode,
            sun: toward(light, axes),
            intensity: finite(light.intensity),
            ambient: finite(light.ambient),
            shadow: finite(light.shadow).clamp(0.0, 1.0),
        }
    }

    /// What a ray sees, if it hits; it does not before `earliest`.
    pub(super) fn look(&self, origin: Vec3, direction: Vec3, earliest: f64) -> Option<Sample> {
        let hit = self.grid.trace(origin, direction, earliest)?;
        Some(self.shade(&hit, origin, direction))
    }

    /// As [`Shader::look`], for the colour only. The light on a face that samples
    /// nearby lie on, all in shadow or none, is taken from the first of them.
    pub(super) fn glance(
        &self,
        origin: Vec3,
        direction: Vec3,
        earliest: f64,
        nearby: [&Sample; 5],
    ) -> Option<[u8; 4]> {
        let hit = self.grid.trace(origin, direction, earliest)?;
        let mut known = nearby.into_iter().filter(|sample| sample.is_on(&hit));
        match known.next() {
            Some(first) if known.all(|sample| sample.face == first.face) => Some(first.color),
            _ => Some(self.shade(&hit, origin, direction).color),
        }
    }

    fn shade(&self, hit: &Hit, origin: Vec3, direction: Vec3) -> Sample {
        let [r, g, b, _] = self.grid.color(hit).0;
        let (own, color, voxel) = ([r, g, b], [r, g, b, 255], hit.voxel);
        match self.mode {
            Mode::Flat => Sample { color, own, face: face_of(hit), voxel },
            Mode::Lit => self.lit(hit, own, origin, direction),
        }
    }

    fn lit(&self, hit: &Hit, own: [u8; 3], origin: Vec3, direction: Vec3) -> Sample {
        let point = self.point(hit, origin, direction);
        let facing = if hit.upper { self.sun[hit.axis] } else { -self.sun[hit.axis] };
        let blocked = facing > 0.0 && self.shadow > 0.0 && self.in_shadow(hit, point);
        let seen = match (facing > 0.0, blocked) {
            (false, _) => TURNED_AWAY,
            (true, true) => IN_SHADOW,
            (true, false) => 1.0,
        };
        let kept = (1.0 - self.shadow * (1.0 - seen)) * self.edge_light(hit, point);
        let gloss = Gloss::new(hit, self.sun, direction);
        let channel = |byte: u8| {
            let base = CURVE.decode(byte);
            let light = self.intensity * gloss.reflect(base) + self.ambient * base;
            CURVE.encode(light * kept)
        };
        let [r, g, b] = [channel(own[0]), channel(own[1]), channel(own[2])];
        let face = face_of(hit) | if blocked { SHADOW_BIT } else { 0 };
        Sample { color: [r, g, b, 255], own, face, voxel: hit.voxel }
    }

    /// Where the ray meets the face, moved onto the face where rounding left it.
    fn point(&self, hit: &Hit, origin: Vec3, direction: Vec3) -> Vec3 {
        let mut point = [0.0; 3];
        for axis in 0..3 {
            let low = (i64::from(hit.voxel[axis]) - self.grid.frame().low[axis]) as f64;
            let reached = origin[axis] + direction[axis] * hit.time;
            point[axis] = reached.clamp(low, low + 1.0);
        }
        point[hit.axis] = (hit.plane() - self.grid.frame().low[hit.axis]) as f64;
        point
    }

    fn in_shadow(&self, hit: &Hit, point: Vec3) -> bool {
        in_front(hit).is_some_and(|front| self.grid.blocked(point, self.sun, front, hit.near))
    }

    fn edge_light(&self, hit: &Hit, point: Vec3) -> f32 {
        let Some(front) = in_front(hit) else {
            return 1.0;
        };
        let (u, v) = ((hit.axis + 1) % 3, (hit.axis + 2) % 3);
        let mut near = hit.near;
        let mask = edge::mask(|[du, dv]| {
            let mut cell = front;
            cell[u] = cell[u].wrapping_add_signed(du);
            cell[v] = cell[v].wrapping_add_signed(dv);
            self.grid.filled(cell, &mut near)
        });
        let place = |axis: usize| {
            let low = (i64::from(hit.voxel[axis]) - self.grid.frame().low[axis]) as f64;
            (point[axis] - low) as f32
        };
        1.0 - EDGE_STRENGTH * (1.0 - edge::light(mask, place(u), place(v)))
    }
}

/// The cell in front of the face; `None` at the end of the world.
fn in_front(hit: &Hit) -> Option<[u32; 3]> {
    let mut cell = hit.voxel;
    let step = if hit.upper { 1 } else { -1 };
    cell[hit.axis] = cell[hit.axis].checked_add_signed(step)?;
    Some(cell)
}

/// How a face reflects the sun towards the eye, but for its colour.
struct Gloss {
    /// The cosine between the face and the sun.
    sun: f32,
    /// The part of Fresnel's term that depends on the angle.
    fresnel: f32,
    /// Visibility times distribution.
    lobe: f32,
}

impl Gloss {
    fn new(hit: &Hit, sun: Vec3, direction: Vec3) -> Self {
        let sign = if hit.upper { 1.0 } else { -1.0 };
        let along = |v: Vec3| ((v[hit.axis] * sign) as f32).clamp(0.0, 1.0);
        let eye = math::scale(math::normalize(direction), -1.0);
        let half = math::normalize(math::add(sun, eye));
        let (nl, nv, nh) = (along(sun), along(eye), along(half));
        let lh = (math::dot(sun, half) as f32).clamp(0.0, 1.0);
        Self { sun: nl, fresnel: exp2((-5.55473 * lh - 6.98316) * lh), lobe: lobe(nl, nv, nh) }
    }

    /// The reflected part of sunlight of strength 1, for a base colour.
    fn reflect(&self, base: f32) -> f32 {
        let diffuse = base * (1.0 - REFLECTANCE) * (1.0 - METALLIC);
        let spec = REFLECTANCE + (base - REFLECTANCE) * METALLIC;
        let fresnel = spec + (1.0 - spec) * self.fresnel;
        let back = (1.0 - fresnel) * diffuse * std::f32::consts::FRAC_1_PI;
        (self.sun * (back + fresnel * self.lobe)).max(0.0)
    }
}

/// The visibility and distribution terms. Legacy: `a` takes the place where the
/// usual model has its square root (spec/rendering.md A3).
fn lobe(nl: f32, nv: f32, nh: f32) -> f32 {
    const A: f32 = ROUGHNESS * ROUGHNESS;
    const A2: f32 = A * A;
    let spread = nl * (nv * (1.0 - A) + A) + nv * (nl * (1.0 - A) + A);
    if spread <= 0.0 {
        return 0.0;
    }
    let peak = (nh * A2 - nh) * nh + 1.0;
    0.5 / spread * A2 / (std::f32::consts::PI * peak * peak)
}

/// Two to the power of `x`, for `x` from -30 to 0, to seven digits.
fn exp2(x: f32) -> f32 {
    let x = x.clamp(-30.0, 0.0);
    let whole = x as i32;
    let part = (x - whole as f32) * std::f32::consts::LN_2;
    // The Taylor series of e^part: enough terms for f32's precision, |part| being below 0.7.
    const FACTORIALS: [f32; 9] = [1., 1., 2., 6., 24., 120., 720., 5040., 40320.];
    let terms = FACTORIALS.map(f32::recip);
    let series = terms.iter().rev().fold(0.0, |sum, term| sum * part + term);
    series / (1u32 << -whole) as f32
}

/// The direction towards the light; one fixed to the camera turns with it.
fn toward(light: &Light, [right, up, back]: [Vec3; 3]) -> Vec3 {
    let angle = |value: f32| f64::from(finite(value));
    let (pitch, yaw) = (angle(light.pitch), angle(light.yaw));
    let level = libm::sin(pitch);
    let sun = [level * libm::sin(yaw), -level * libm::cos(yaw), libm::cos(pitch)];
    if !light.fixed {
        return sun;
    }
    // The default view turned back: by -45 degrees around Z, then around X.
    const H: f64 = FRAC_1_SQRT_2;
    let [x, y, z] = [H * (sun[0] + sun[1]), H * (sun[1] - sun[0]), sun[2]];
    let [x, y, z] = [x, H * (y + z), H * (z - y)];
    math::add(math::add(math::scale(right, x), math::scale(up, y)), math::scale(back, z))
}

fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
#[path = "shade_tests.rs"]
mod tests;
