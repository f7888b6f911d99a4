//! The sun, and how faces reflect it: metal-rough, in the legacy form (spec/rendering.md A2, A3).

use super::rays::{Column, LANES};
use crate::math::{self, Vec3};
use crate::scene::Light;
use std::f64::consts::FRAC_1_SQRT_2;

pub(super) const REFLECTANCE: f32 = 0.04;

/// How faces reflect the sun towards the eye, but for their colour. A lane a ray.
pub(super) struct Gloss {
    /// The cosine between the face and the sun.
    sun: Column,
    /// The part of Fresnel's term that depends on the angle.
    fresnel: Column,
    /// Visibility times distribution.
    lobe: Column,
}

impl Gloss {
    /// For rays in those directions: `facing` holds the cosine between each face and the sun,
    /// and how far each ray goes against the face's normal; `surface` how metallic and how
    /// rough it is.
    #[inline(always)]
    pub(super) fn new(
        direction: &[Column; 3],
        sun: [f32; 3],
        facing: [&Column; 2],
        [_, roughness]: [&Column; 2],
    ) -> Self {
        let mut gloss = Gloss { sun: *facing[0], fresnel: Column::ZERO, lobe: Column::ZERO };
        let [dx, dy, dz] = [&direction[0].0, &direction[1].0, &direction[2].0];
        for lane in 0..LANES {
            let [x, y, z] = [dx[lane], dy[lane], dz[lane]];
            let inverse = 1.0 / (x * x + y * y + z * z).sqrt();
            let nl = unit(facing[0].0[lane]);
            let nv = unit(facing[1].0[lane] * inverse);
            // The half vector's length: between two unit vectors.
            let lv = -(sun[0] * x + sun[1] * y + sun[2] * z) * inverse;
            let half = positive(2.0 + 2.0 * lv).sqrt();
            let lh = unit(half * 0.5);
            let nh = unit((nl + nv) / if half > 1e-6 { half } else { 1e-6 });
            gloss.fresnel.0[lane] = exp2((-5.55473 * lh - 6.98316) * lh);
            gloss.lobe.0[lane] = lobe(roughness.0[lane], [nl, nv, nh]);
        }
        gloss
    }

    /// The reflected part of sunlight of strength 1, for base colours.
    #[inline(always)]
    pub(super) fn reflect(&self, base: &Column, metallic: &Column) -> Column {
        let mut reflected = Column::ZERO;
        for lane in 0..LANES {
            let (base, metallic) = (base.0[lane], metallic.0[lane]);
            let diffuse = base * (1.0 - REFLECTANCE) * (1.0 - metallic);
            let spec = REFLECTANCE + (base - REFLECTANCE) * metallic;
            let fresnel = spec + (1.0 - spec) * self.fresnel.0[lane];
            let back = (1.0 - fresnel) * diffuse * std::f32::consts::FRAC_1_PI;
            let light = self.sun.0[lane] * (back + fresnel * self.lobe.0[lane]);
            reflected.0[lane] = positive(light);
        }
        reflected
    }
}

#[inline(always)]
fn positive(value: f32) -> f32 {
    if value > 0.0 { value } else { 0.0 }
}

#[inline(always)]
fn unit(value: f32) -> f32 {
    let value = positive(value);
    if value < 1.0 { value } else { 1.0 }
}

/// The visibility and distribution terms. Legacy: `a` takes the place where the
/// usual model has its square root (spec/rendering.md A3).
#[inline(always)]
pub(super) fn lobe(roughness: f32, [nl, nv, nh]: [f32; 3]) -> f32 {
    let a = roughness * roughness;
    let a2 = a * a;
    let spread = nl * (nv * (1.0 - a) + a) + nv * (nl * (1.0 - a) + a);
    let peak = (nh * a2 - nh) * nh + 1.0;
    let below = spread * (std::f32::consts::PI * (peak * peak));
    if below > 1e-20 { 0.5 * a2 / below } else { 0.0 }
}

/// Two to the power of `x`, for `x` from -30 to 0, to seven digits.
#[inline(always)]
pub(super) fn exp2(x: f32) -> f32 {
    // Adding this leaves the nearest whole number in the lowest bits.
    const WHOLE: f32 = 12_582_912.0;
    let x = if x > -30.0 { x } else { -30.0 };
    let shifted = x + WHOLE;
    let part = (x - (shifted - WHOLE)) * std::f32::consts::LN_2;
    let scale = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    // The Taylor series of e^part: enough terms for f32's precision, |part| being below 0.35.
    let mut series = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = series * part + term;
    }
    series * scale
}

/// The direction towards the light; one fixed to the camera turns with it.
pub(super) fn toward(light: &Light, [right, up, back]: [Vec3; 3]) -> Vec3 {
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

/// The value, or 0 for one that is not finite.
pub(super) fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_right_to_seven_digits() {
        for step in 0..3000 {
            let x = -30.0 + step as f32 * 0.01;
            let exact = libm::exp2(f64::from(x));
            assert!((f64::from(exp2(x)) / exact - 1.0).abs() < 3e-7, "2^{x}");
        }
        assert_eq!([exp2(0.0), exp2(-1.0), exp2(-24.0)], [1.0, 0.5, 1.0 / 16_777_216.0]);
    }

    #[test]
    fn the_default_sun_stands_where_the_spec_says() {
        let sun = toward(&Light::default(), [[0.0; 3]; 3]);
        let near = |axis: usize, value: f64| (sun[axis] - value).abs() < 1e-4;
        assert!(near(0, 0.2962) && near(1, 0.1710) && near(2, 0.9397), "{sun:?}");
    }
}
