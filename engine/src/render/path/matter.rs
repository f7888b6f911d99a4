//! What a face does with light: Lambert under a layer of GGX, metal-rough.
//!
//! Directions are local: z along the face's normal, away from the matter. What
//! comes back is never more than what came in: the layer reflects by a table of how
//! much rough faces reflect in all (with what bounces between their grooves), and the rest
//! reaches the colour below.

use super::super::surfaces::Surface;
use super::sampler::{Pair, circle};
use std::f32::consts::{FRAC_1_PI, PI};
use std::sync::LazyLock;

/// What a face that is no metal reflects straight back.
const REFLECTANCE: f32 = 0.04;

/// Smoother faces count as this smooth: what they reflect of the sun would be too rare.
const ALPHA_MIN: f32 = 0.0064;

/// Steps of the table, in roughness and in the square root of the cosine.
const STEPS: usize = 24;

/// Samples of an entry.
const SAMPLES: u32 = 512;

/// How much a face reflects: the part that goes with its reflectance, and the part that
/// all faces have. By the cosine's square root.
type Row = [[f32; 2]; STEPS + 1];

/// The rows of all roughnesses, made once by adding up samples in a fixed order.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let pairs: Vec<[f32; 2]> = (0..SAMPLES).map(|n| Pair::new(n, 0).at(0)).collect();
    let alpha = |step: usize| alpha_of(step as f32 / STEPS as f32);
    let row = |step: usize| std::array::from_fn(|place| reflected(alpha(step), place, &pairs));
    (0..=STEPS).map(row).collect()
});

/// A surface, ready for light.
#[derive(Clone, Debug)]
pub(super) struct Matter {
    pub surface: Surface,
    /// Whether it gives light.
    pub shines: bool,
    /// Whether some light goes through.
    pub is_clear: bool,
    alpha: f32,
    row: Row,
}

impl Matter {
    pub(super) fn new(surface: Surface) -> Self {
        let place = surface.roughness * STEPS as f32;
        let step = (place as usize).min(STEPS - 1);
        let part = place - step as f32;
        let (low, high) = (&ROWS[step], &ROWS[step + 1]);
        Self {
            shines: surface.emission != [0.0; 3],
            is_clear: surface.opacity < 1.0,
            alpha: alpha_of(surface.roughness),
            row: std::array::from_fn(|place| between(low[place], high[place], part)),
            surface,
        }
    }

    /// The point of a face that is seen from a direction, for a voxel's linear colour.
    #[inline]
    pub(super) fn facet(&self, color: [f32; 3], mut view: [f32; 3]) -> Facet {
        view[2] = if view[2] > 1e-4 { view[2] } else { 1e-4 };
        let [grows, all] = self.reflects(view[2]);
        let lost = 1.0 / (grows + all) - 1.0;
        // All that a layer of a reflectance sends back.
        let layer = |f0: f32| (f0 * grows + all) * (1.0 + f0 * lost);
        let (metallic, glass) = (self.surface.metallic, layer(REFLECTANCE));
        let (mut facet, mut shares) = (Facet::bare(self.alpha, view), [0.0; 2]);
        for (channel, base) in self.tint(color).into_iter().enumerate() {
            let f0 = REFLECTANCE + (base - REFLECTANCE) * metallic;
            let (once, sent) = (f0 * grows + all, glass + (layer(base) - glass) * metallic);
            facet.f0[channel] = f0;
            facet.gain[channel] = if once > 0.0 { sent / once } else { 1.0 };
            facet.diffuse[channel] = base * (1.0 - metallic) * (1.0 - glass);
            shares[0] += sent;
            shares[1] += facet.diffuse[channel];
        }
        let all = shares[0] + shares[1];
        facet.gloss_share = if all > 0.0 { shares[0] / all } else { 1.0 };
        facet
    }

    /// What passes of the light that goes through, for a voxel's linear colour.
    #[inline]
    pub(super) fn tint(&self, color: [f32; 3]) -> [f32; 3] {
        [0, 1, 2].map(|channel| {
            let part = color[channel] * self.surface.base[channel];
            if part < 1.0 { part } else { 1.0 }
        })
    }

    #[inline]
    fn reflects(&self, cosine: f32) -> [f32; 2] {
        let place = cosine.sqrt() * STEPS as f32;
        let step = (place as usize).min(STEPS - 1);
        between(self.row[step], self.row[step + 1], place - step as f32)
    }
}

fn alpha_of(roughness: f32) -> f32 {
    let alpha = roughness * roughness;
    if alpha > ALPHA_MIN { alpha } else { ALPHA_MIN }
}

#[inline]
fn between(low: [f32; 2], high: [f32; 2], part: f32) -> [f32; 2] {
    [0, 1].map(|index| low[index] + (high[index] - low[index]) * part)
}

/// An entry of the table: the mean over samples of what a lossless layer sends on, parted
/// by Schlick's term.
fn reflected(alpha: f32, place: usize, pairs: &[[f32; 2]]) -> [f32; 2] {
    let root = place as f32 / STEPS as f32;
    let cosine = if place == 0 { 1e-4 } else { root * root };
    let facet = Facet::bare(alpha, [(1.0 - cosine * cosine).sqrt(), 0.0, cosine]);
    let mut sums = [0.0; 2];
    for (_, grazing, sent) in pairs.iter().filter_map(|pair| facet.mirrored(*pair)) {
        sums[0] += (1.0 - grazing) * sent;
        sums[1] += grazing * sent;
    }
    sums.map(|sum| sum / pairs.len() as f32)
}

/// A direction that a path goes on in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scattered {
    pub light: [f32; 3],
    /// What of the light from there goes to the viewer.
    pub weight: [f32; 3],
    /// How likely it was chosen in this way, by the layer or below it; by solid angle.
    pub density: f32,
}

/// One point of a face, seen from one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facet {
    /// What the colour below sends back of what reaches the face, a channel each.
    diffuse: [f32; 3],
    /// What the layer reflects straight back.
    f0: [f32; 3],
    /// What bounces between grooves adds.
    gain: [f32; 3],
    /// How often the layer is sampled.
    gloss_share: f32,
    alpha: f32,
    view: [f32; 3],
    /// Smith's term for the view.
    slope: f32,
}

impl Facet {
    fn bare(alpha: f32, view: [f32; 3]) -> Self {
        let slope = slope(alpha, view[2]);
        let (diffuse, f0, gain) = ([0.0; 3], [1.0; 3], [1.0; 3]);
        Self { diffuse, f0, gain, gloss_share: 1.0, alpha, view, slope }
    }

    /// What it sends to the viewer of light of strength 1 across the ray, from a direction.
    #[inline]
    pub(super) fn lit(&self, light: [f32; 3]) -> [f32; 3] {
        if light[2] <= 0.0 {
            return [0.0; 3];
        }
        let (peak, along) = self.peak(light);
        let lobe = peak / (2.0 * self.view[2] * (self.slope + slope(self.alpha, light[2])));
        let grazing = grazing(along);
        [0, 1, 2].map(|channel| {
            let f0 = self.f0[channel];
            let fresnel = f0 + (1.0 - f0) * grazing;
            self.diffuse[channel] * FRAC_1_PI * light[2] + self.gain[channel] * fresnel * lobe
        })
    }

    /// What it sends to the viewer of light of strength 1 from a direction that was found
    /// with a density, by solid angle; of which the layer and the colour below count only the
    /// parts that they do not find by chance.
    #[inline]
    pub(super) fn lit_from(&self, light: [f32; 3], density: f32) -> [f32; 3] {
        if light[2] <= 0.0 {
            return [0.0; 3];
        }
        let (peak, along) = self.peak(light);
        let lobe = peak / (2.0 * self.view[2] * (self.slope + slope(self.alpha, light[2])));
        let grazing = grazing(along);
        let gloss = lobe / (density + self.gloss_density(peak));
        let below = FRAC_1_PI * light[2] / (density + self.density_below(light));
        [0, 1, 2].map(|channel| {
            let f0 = self.f0[channel];
            let fresnel = f0 + (1.0 - f0) * grazing;
            self.diffuse[channel] * below + self.gain[channel] * fresnel * gloss
        })
    }

    /// How likely the colour below scatters to a direction, by solid angle.
    #[inline]
    fn density_below(&self, light: [f32; 3]) -> f32 {
        (1.0 - self.gloss_share) * FRAC_1_PI * light[2]
    }

    /// How likely the layer scatters to where grooves are as frequent as `peak`.
    #[inline]
    fn gloss_density(&self, peak: f32) -> f32 {
        self.gloss_share * peak / (2.0 * self.view[2] * (1.0 + self.slope))
    }

    /// How frequent the grooves are that mirror light to the viewer, and the cosine to them.
    #[inline]
    fn peak(&self, light: [f32; 3]) -> (f32, f32) {
        let half = normalized([0, 1, 2].map(|axis| self.view[axis] + light[axis]));
        let a2 = self.alpha * self.alpha;
        let bend = 1.0 - half[2] * half[2] * (1.0 - a2);
        (a2 / (PI * bend * bend), dot(half, light))
    }

    /// A direction that light could have come from; none when the face swallows it.
    #[inline]
    pub(super) fn scatter(&self, [turn, height]: [f32; 2]) -> Option<Scattered> {
        // The second number also chooses the layer: what is left of it is as even as before.
        if height < self.gloss_share {
            let (light, grazing, sent) = self.mirrored([turn, height / self.gloss_share])?;
            let sent = sent / self.gloss_share;
            let weight = [0, 1, 2].map(|channel| {
                let f0 = self.f0[channel];
                (f0 + (1.0 - f0) * grazing) * self.gain[channel] * sent
            });
            let density = self.gloss_density(self.peak(light).0);
            return Some(Scattered { light, weight, density });
        }
        let kept = 1.0 / (1.0 - self.gloss_share);
        let height = (height - self.gloss_share) * kept;
        let height = if height < 1.0 { height } else { 1.0 };
        let [x, y] = circle(turn);
        let across = height.sqrt();
        let light = [x * across, y * across, (1.0 - height).sqrt()];
        let weight = self.diffuse.map(|part| part * kept);
        Some(Scattered { light, weight, density: self.density_below(light) })
    }

    /// The view mirrored in a groove that it sees (Dupuy and Benyoub 2023), Schlick's term,
    /// and how much other grooves let pass.
    #[inline]
    fn mirrored(&self, pair: [f32; 2]) -> Option<([f32; 3], f32, f32)> {
        let [x, y, z] = self.view;
        let seen = normalized([self.alpha * x, self.alpha * y, z]);
        let height = (1.0 - pair[1]) * (1.0 + seen[2]) - seen[2];
        let across = (1.0 - height * height).max(0.0).sqrt();
        let [cos, sin] = circle(pair[0]);
        let cap = [across * cos + seen[0], across * sin + seen[1], height + seen[2]];
        let normal = normalized([self.alpha * cap[0], self.alpha * cap[1], cap[2]]);
        let along = dot(normal, self.view);
        let light = [0, 1, 2].map(|axis| 2.0 * along * normal[axis] - self.view[axis]);
        if light[2] <= 0.0 {
            return None;
        }
        let sent = (1.0 + self.slope) / (self.slope + slope(self.alpha, light[2]));
        Some((light, grazing(along), sent))
    }
}

/// Smith's term: the square root of `1 + alpha^2 tan^2`.
#[inline]
fn slope(alpha: f32, cosine: f32) -> f32 {
    let a2 = alpha * alpha;
    (a2 + (1.0 - a2) * cosine * cosine).sqrt() / cosine
}

/// Schlick's term: how much more is reflected the lower the light.
#[inline]
fn grazing(cosine: f32) -> f32 {
    let low = if cosine < 1.0 { 1.0 - cosine } else { 0.0 };
    let square = low * low;
    square * square * low
}

#[inline]
pub(super) fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline]
pub(super) fn normalized(v: [f32; 3]) -> [f32; 3] {
    let inverse = 1.0 / dot(v, v).sqrt();
    v.map(|value| value * inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(metallic: f32, roughness: f32) -> Matter {
        Matter::new(Surface { metallic, roughness, ..Surface::default() })
    }

    fn view(cosine: f32) -> [f32; 3] {
        [(1.0 - cosine * cosine).sqrt(), 0.0, cosine]
    }

    /// What comes back of light from everywhere, by sampling.
    fn furnace(facet: &Facet) -> f32 {
        const COUNT: u32 = 1 << 14;
        let sample = |n: u32| {
            facet.scatter(Pair::new(n, 0).at(0)).map_or(0.0, |scattered| scattered.weight[1])
        };
        (0..COUNT).map(sample).sum::<f32>() / COUNT as f32
    }

    #[test]
    fn white_matter_sends_back_all_light_and_never_more() {
        for (metallic, least) in [(0.0, 0.99), (0.2, 0.985), (0.5, 0.98), (1.0, 0.975)] {
            for roughness in [0.0, 0.1, 0.33, 0.5, 0.77, 1.0] {
                for cosine in [1.0, 0.7, 0.4, 0.2, 0.08] {
                    let facet = matter(metallic, roughness).facet([1.0; 3], view(cosine));
                    let back = furnace(&facet);
                    let place = format!("metal {metallic}, rough {roughness}, cosine {cosine}");
                    assert!(back < 1.01 && back > least, "{back}: {place}");
                }
            }
        }
    }

    #[test]
    fn black_matter_that_is_no_metal_reflects_as_glass_does() {
        let straight = furnace(&matter(0.0, 0.2).facet([0.0; 3], view(1.0)));
        assert!((straight - 0.04).abs() < 0.002, "{straight}");
        let low = furnace(&matter(0.0, 0.2).facet([0.0; 3], view(0.08)));
        assert!(low > 0.4 && low < 0.8, "{low}");
    }

    #[test]
    fn sampling_a_direction_agrees_with_light_from_it() {
        // The light of the whole sky, added up over directions, against that of samples.
        for (metallic, roughness, cosine) in [(0.2, 0.5, 0.6), (1.0, 0.8, 0.9), (0.0, 1.0, 0.3)] {
            let facet = matter(metallic, roughness).facet([0.8, 0.5, 0.2], view(cosine));
            const COUNT: u32 = 1 << 16;
            let sky = |n: u32| {
                let [turn, height] = Pair::new(n, 0).at(0);
                let [x, y] = circle(turn);
                let across = (1.0 - height * height).sqrt();
                facet.lit([x * across, y * across, height])[1]
            };
            let sum = (0..COUNT).map(|n| f64::from(sky(n))).sum::<f64>();
            let all = sum as f32 / COUNT as f32 * 2.0 * PI;
            let sampled = furnace(&facet);
            assert!((all - sampled).abs() < 0.01, "{all} {sampled}: {metallic} {roughness}");
        }
    }

    #[test]
    fn light_from_below_and_views_along_the_face_are_taken() {
        let facet = matter(0.2, 0.5).facet([0.5; 3], [1.0, 0.0, -0.1]);
        assert_eq!(facet.lit([0.0, 0.0, -1.0]), [0.0; 3]);
        let lit = facet.lit(normalized([-1.0, 0.0, 0.01]));
        assert!(lit.iter().all(|value| value.is_finite()), "{lit:?}");
    }
}
