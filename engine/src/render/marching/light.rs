//! The light on the surface: metal-rough under the sun, with shadows (spec/rendering.md A3, A4).

use super::cast::{Caster, Plane, Ray, Touch};
use super::content::Spot;
use crate::image::srgb::CURVE;
use crate::math::{self, Vec3};
use crate::mesh::marching::Style;
use crate::render::gloss;
use crate::render::light::{finite, toward};
use crate::render::{Camera, Settings};

/// The default material: metallic and roughness.
const MATTER: [f32; 2] = [0.2, 0.5];

/// What is left to see of the sun in a shadow, and on a face turned away from it.
const IN_SHADOW: f32 = 0.2;
const TURNED_AWAY: f32 = 0.5;

/// Where a smooth surface turns away from the sun, its triangles do so here and there: light and
/// shadow come up as the cosine does, up to this.
const DUSK: f32 = 0.25;

/// How far before the surface rays to the sun start, in voxels: more than rounding moves
/// a point in the widest scene.
const LIFT: f64 = 1.0 / 512.0;

/// What is seen at a point of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Linear light, multiplied by alpha.
    pub light: [f32; 3],
    pub alpha: f32,
    /// The same as stored: sRGB, straight alpha.
    pub color: [u8; 4],
    /// The matter's own colour.
    pub own: [u8; 3],
    /// The plane that is seen, and whether there in shadow; `None` for what is behind.
    pub face: Option<(Plane, bool)>,
    /// What buffers are made of; `None` for what is behind.
    pub spot: Option<Spot>,
}

impl Sample {
    /// A sample of what is behind everything.
    pub(super) fn behind(color: [u8; 4]) -> Self {
        let [r, g, b, a] = color;
        let alpha = f32::from(a) / 255.0;
        let light = [r, g, b].map(|byte| CURVE.decode(byte) * alpha);
        Self { light, alpha, color, own: [0; 3], face: None, spot: None }
    }
}

impl Sample {
    /// The colour of a pixel that is like this everywhere, and the share of it that is covered.
    pub(super) fn whole(&self) -> ([u8; 4], f32) {
        (self.color, if self.face.is_some() { 1.0 } else { 0.0 })
    }
}

/// The light of one picture.
pub(super) struct Light {
    sun: Vec3,
    intensity: f32,
    ambient: f32,
    shadow: f32,
    /// The cosine from which on light is full.
    dusk: f32,
}

impl Light {
    pub(super) fn new(settings: &Settings, camera: &Camera) -> Self {
        let light = &settings.light;
        Self {
            sun: toward(light, camera.axes()),
            intensity: finite(light.intensity),
            ambient: finite(light.ambient),
            shadow: finite(light.shadow).clamp(0.0, 1.0),
            dusk: match settings.marching {
                Style::Flat => 0.0,
                Style::Smooth => DUSK,
            },
        }
    }

    /// What a ray sees, if it meets anything.
    pub(super) fn look(&self, caster: &mut Caster<'_>, ray: &Ray) -> Option<Sample> {
        let touch = caster.look(ray)?;
        let toward_sun = math::dot(touch.normal, self.sun) as f32;
        let faces_sun = toward_sun > 0.0;
        let blocked = faces_sun && self.shadow > 0.0 && self.is_blocked(caster, &touch);
        let kept = 1.0 - self.shadow * (1.0 - self.seen(toward_sun, blocked));
        let eye = math::normalize(math::scale(ray.direction, -1.0));
        let [normal, sun, eye] = [touch.normal, self.sun, eye].map(|v| v.map(|n| n as f32));
        let reflected = gloss::reflect(normal, sun, eye, touch.base, MATTER);
        let channel = |i: usize| {
            let light = self.intensity * reflected[i] + self.ambient * touch.base[i];
            (light * kept).clamp(0.0, 1.0)
        };
        let light = [channel(0), channel(1), channel(2)];
        let [r, g, b] = light.map(|light| CURVE.encode(light));
        let face = Some((touch.plane, blocked));
        let spot = Some(Spot::of(&touch));
        Some(Sample { light, alpha: 1.0, color: [r, g, b, 255], own: touch.own, face, spot })
    }

    /// What is left to see of the sun, by the cosine of the angle to it.
    fn seen(&self, toward_sun: f32, blocked: bool) -> f32 {
        let most = if blocked { IN_SHADOW } else { 1.0 };
        if toward_sun >= self.dusk && toward_sun > 0.0 {
            return most;
        }
        let day = if toward_sun > 0.0 { toward_sun / self.dusk } else { 0.0 };
        TURNED_AWAY + (most - TURNED_AWAY) * day
    }

    fn is_blocked(&self, caster: &mut Caster<'_>, touch: &Touch) -> bool {
        let origin = math::add(touch.point, math::scale(touch.facet, LIFT));
        caster.is_blocked(&Ray { origin, direction: self.sun })
    }
}
