//! Where light comes from: a sun with an edge, and a sky.

use super::sampler::circle;
use super::{PathSettings, Sky};
use crate::image::srgb::CURVE;
use crate::math::{self, Vec3};

/// The clear sky's colours, linear: overhead, at the horizon, around the sun.
const ZENITH: [f32; 3] = [0.26, 0.47, 0.86];
const HORIZON: [f32; 3] = [0.80, 0.92, 1.04];
const GLOW: [f32; 3] = [1.0, 0.82, 0.55];

/// How much the brightness of a linear colour counts.
pub(super) const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// A sun far away.
pub(super) struct Sun {
    /// Towards its middle, and across, by its radius.
    middle: [f32; 3],
    across: [[f32; 3]; 2],
    /// The light that reaches a face square to it.
    pub strength: [f32; 3],
}

impl Sun {
    /// A sun in a direction of length 1; `None` when it gives no light.
    pub(super) fn new(toward: Vec3, intensity: f32, settings: &PathSettings) -> Option<Self> {
        let strength = settings.sun_color.map(|part| bounded(part * intensity));
        if strength.iter().all(|part| *part == 0.0) {
            return None;
        }
        let degrees = f64::from(settings.sun_radius);
        let degrees = if degrees > 0.0 { degrees.min(45.0) } else { 0.0 };
        let radius = libm::tan(degrees.to_radians());
        let side = if toward[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        let right = math::normalize(math::cross(side, toward));
        let up = math::cross(toward, right);
        let single = |v: Vec3, scale: f64| v.map(|value| (value * scale) as f32);
        let across = [single(right, radius), single(up, radius)];
        Some(Self { middle: single(toward, 1.0), across, strength })
    }

    /// A direction towards a point of the sun, of length 1.
    #[inline]
    pub(super) fn toward(&self, pair: [f32; 2]) -> [f32; 3] {
        let [cos, sin] = circle(pair[0]);
        let radius = pair[1].sqrt();
        let [u, v] = [cos * radius, sin * radius];
        let point =
            |axis: usize| self.middle[axis] + self.across[0][axis] * u + self.across[1][axis] * v;
        super::matter::normalized([point(0), point(1), point(2)])
    }
}

/// What is around everything.
pub(super) struct Dome {
    sky: Sky,
    zenith: [f32; 3],
    horizon: [f32; 3],
    glow: [f32; 3],
    ground: [f32; 3],
    sun: [f32; 3],
}

impl Dome {
    /// The sky in the light of a sun, over a ground of the floor's colour or the sky's own.
    pub(super) fn new(toward: Vec3, sun: Option<&Sun>, settings: &PathSettings) -> Self {
        let energy = bounded(settings.sky_energy);
        let strength = sun.map_or([0.0; 3], |sun| sun.strength);
        let sun = toward.map(|value| value as f32);
        let level = if sun[2] > 0.0 { sun[2] / std::f32::consts::PI } else { 0.0 };
        let color = match (settings.sky, &settings.floor) {
            (Sky::Clear, Some(floor)) => floor.color.map(|byte| CURVE.decode(byte)),
            _ => settings.sky_color,
        };
        let lit = |channel: usize| match settings.sky {
            Sky::Clear => energy + strength[channel] * level,
            Sky::None | Sky::Uniform => energy,
        };
        let color = [0, 1, 2].map(|channel| bounded(color[channel] * lit(channel)));
        let mut dome = Self {
            sky: settings.sky,
            zenith: ZENITH,
            horizon: HORIZON,
            glow: GLOW,
            ground: color,
            sun,
        };
        if settings.sky == Sky::Clear {
            let scale = energy / dome.on_a_level();
            for part in [&mut dome.zenith, &mut dome.horizon, &mut dome.glow] {
                *part = part.map(|value| bounded(value * scale));
            }
        }
        dome
    }

    /// The brightness of white matter that lies level under the sky.
    fn on_a_level(&self) -> f32 {
        const SIDE: usize = 32;
        let part = |n: usize| (n as f32 + 0.5) / SIDE as f32;
        let sample = |n: usize| {
            let [cos, sin] = circle(part(n / SIDE));
            let height = part(n % SIDE);
            let across = (1.0 - height).sqrt();
            let [r, g, b] = self.radiance([cos * across, sin * across, height.sqrt()]);
            r * LUMINANCE[0] + g * LUMINANCE[1] + b * LUMINANCE[2]
        };
        (0..SIDE * SIDE).map(sample).sum::<f32>() / (SIDE * SIDE) as f32
    }

    /// The light from a direction of length 1.
    #[inline]
    pub(super) fn radiance(&self, direction: [f32; 3]) -> [f32; 3] {
        match self.sky {
            Sky::None => [0.0; 3],
            Sky::Uniform => self.ground,
            Sky::Clear => self.clear(direction),
        }
    }

    #[inline]
    fn clear(&self, direction: [f32; 3]) -> [f32; 3] {
        let height = direction[2];
        let low = if height > 0.0 { 1.0 - height } else { 1.0 };
        let haze = low * low * low;
        // The ground begins softly below the horizon.
        let depth = (-height * 8.0).clamp(0.0, 1.0);
        let ground = depth * depth * (3.0 - 2.0 * depth);
        let near = super::matter::dot(direction, self.sun).clamp(0.0, 1.0);
        let near = near * near;
        let near = near * near;
        let far = near * near;
        let glow = (0.25 * near + 0.75 * far * far) * (1.0 - ground);
        [0, 1, 2].map(|channel| {
            let sky = self.zenith[channel] + (self.horizon[channel] - self.zenith[channel]) * haze;
            sky + (self.ground[channel] - sky) * ground + self.glow[channel] * glow
        })
    }
}

/// A number of light: at least 0, and not beyond reason. NaN is 0.
pub(super) fn bounded(value: f32) -> f32 {
    const MOST: f32 = 1e6;
    if value >= MOST {
        MOST
    } else if value > 0.0 {
        value
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::sampler::Pair;
    use super::*;

    #[test]
    fn white_matter_under_a_clear_sky_is_as_bright_as_its_energy() {
        for (sun, energy) in [([0.0, 0.0, 1.0], 1.0), ([0.8, 0.0, 0.6], 0.5)] {
            let settings =
                PathSettings { sky: Sky::Clear, sky_energy: energy, ..Default::default() };
            let dome = Dome::new(sun, None, &settings);
            assert!((dome.on_a_level() - energy).abs() < 0.01, "{}", dome.on_a_level());
        }
    }

    #[test]
    fn points_of_the_sun_are_within_its_radius_and_around_its_middle() {
        let toward = math::normalize([0.3, -0.5, 0.8]);
        let settings = PathSettings { sun_radius: 2.0, ..Default::default() };
        let sun = Sun::new(toward, 2.0, &settings).unwrap();
        let mut sum = [0.0; 3];
        for n in 0..1024 {
            let point = sun.toward(Pair::new(n, 0).at(0)).map(f64::from);
            let angle = libm::acos(math::dot(point, toward).min(1.0)).to_degrees();
            assert!(angle < 2.01, "{angle}");
            sum = math::add(sum, point);
        }
        assert!(math::length(math::sub(math::normalize(sum), toward)) < 1e-3);
    }

    #[test]
    fn senseless_settings_give_finite_light() {
        let settings = PathSettings {
            sun_radius: f32::NAN,
            sun_color: [f32::INFINITY, -1.0, f32::NAN],
            sky_energy: f32::INFINITY,
            sky_color: [f32::NAN; 3],
            ..Default::default()
        };
        let sun = Sun::new([0.0, 0.0, 1.0], 2.0, &settings).unwrap();
        assert_eq!((sun.strength, sun.toward([0.5, 0.5])), ([1e6, 0.0, 0.0], [0.0, 0.0, 1.0]));
        let light = Dome::new([0.0, 0.0, 1.0], Some(&sun), &settings).radiance([0.6, 0.0, 0.8]);
        assert!(light.iter().all(|part| part.is_finite()), "{light:?}");
        assert!(Sun::new([0.0, 0.0, 1.0], 0.0, &PathSettings::default()).is_none());
    }
}
