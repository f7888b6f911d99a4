//! Filters of colour and alpha (spec/engine.md 7).

use crate::image::srgb::CURVE;
use crate::parallel::{self, Threads};
use crate::volume::{Volume, Voxel};

/// A change of colours; all zeros changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ColorFilter {
    /// Added to the hue, in degrees.
    pub hue: f32,
    /// Moves saturation towards 1 (up to 100) or 0 (down to -100), in percent.
    pub saturation: f32,
    /// Moves lightness towards 1 or 0, in percent.
    pub lightness: f32,
    /// Spreads linear light around one half, in percent.
    pub contrast: f32,
}

impl ColorFilter {
    /// The voxel with its colour changed; its alpha stays.
    ///
    /// HSL of the sRGB bytes in `f64`, rounded to bytes; then the contrast
    /// c' = (c - 1/2)(1 + k%) + 1/2 of linear light, clamped. A grey voxel has hue 0, so
    /// more saturation makes it red. Numbers that are not finite count as 0; saturation and
    /// lightness go from -100 to 100.
    pub fn apply(&self, voxel: Voxel) -> Voxel {
        if voxel.is_empty() {
            return voxel;
        }
        let [r, g, b, alpha] = voxel.0;
        let mut rgb = [r, g, b];
        let (saturation, lightness) = (finite(self.saturation), finite(self.lightness));
        let hue = finite(self.hue) % 360.0;
        if (hue, saturation, lightness) != (0.0, 0.0, 0.0) {
            let [h, s, l] = to_hsl(rgb);
            rgb = from_hsl([
                (h + hue).rem_euclid(360.0),
                towards(s, saturation),
                towards(l, lightness),
            ]);
        }
        let contrast = finite(self.contrast);
        if contrast != 0.0 {
            rgb = rgb.map(|byte| spread(byte, contrast));
        }
        let [r, g, b] = rgb;
        Voxel([r, g, b, alpha])
    }
}

fn finite(value: f32) -> f64 {
    if value.is_finite() { f64::from(value) } else { 0.0 }
}

/// `value` moved towards 1 by so many percent of what is missing, or towards 0.
fn towards(value: f64, percent: f64) -> f64 {
    let share = percent.clamp(-100.0, 100.0) / 100.0;
    if share > 0.0 { value + (1.0 - value) * share } else { value + value * share }
}

fn spread(byte: u8, percent: f64) -> u8 {
    let light = f64::from(CURVE.decode(byte));
    CURVE.encode(((light - 0.5) * (1.0 + percent / 100.0) + 0.5) as f32)
}

/// Hue in degrees, 0 to 360; saturation and lightness 0 to 1.
fn to_hsl(rgb: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = rgb.map(|byte| f64::from(byte) / 255.0);
    let (low, high) = (r.min(g).min(b), r.max(g).max(b));
    let (range, lightness) = (high - low, (high + low) / 2.0);
    if range == 0.0 {
        return [0.0, 0.0, lightness];
    }
    let sixth = if high == r {
        (g - b) / range
    } else if high == g {
        (b - r) / range + 2.0
    } else {
        (r - g) / range + 4.0
    };
    let saturation = range / (1.0 - (2.0 * lightness - 1.0).abs());
    [(60.0 * sixth).rem_euclid(360.0), saturation.min(1.0), lightness]
}

fn from_hsl([hue, saturation, lightness]: [f64; 3]) -> [u8; 3] {
    let reach = saturation * lightness.min(1.0 - lightness);
    // Each channel is a trapezoid of the hue: 0 and 8, 4 twelfths turned.
    [0.0, 8.0, 4.0].map(|shift| {
        let k = (shift + hue / 30.0) % 12.0;
        let value = lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round().clamp(0.0, 255.0) as u8
    })
}

/// The volume with every voxel changed by `change`, which must answer the same for the
/// same voxel; it is asked about once for each colour of a brick. A voxel that ends with
/// alpha 0 goes. Bricks that do not change are shared.
pub fn recolored(
    volume: &Volume,
    change: impl Fn(Voxel) -> Voxel + Sync,
    threads: Threads,
) -> Volume {
    let bricks = volume.bricks();
    let changed = parallel::map(threads, &bricks, |(_, brick)| brick.mapped(&change));
    let mut result = volume.clone();
    for ((at, _), brick) in bricks.iter().zip(changed) {
        if let Some(brick) = brick {
            result.put(*at, brick);
        }
    }
    result
}

/// The volume with `by` added to every alpha, clamped to 0 and 255: what reaches 0 goes.
pub fn alpha_shifted(volume: &Volume, by: i16) -> Volume {
    let shifted = |voxel: Voxel| {
        let [r, g, b, alpha] = voxel.0;
        Voxel([r, g, b, (i32::from(alpha) + i32::from(by)).clamp(0, 255) as u8])
    };
    recolored(volume, shifted, Threads(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Brick;
    use crate::volume::{BrickCoord, Coord};
    use proptest::prelude::*;

    const NONE: ColorFilter =
        ColorFilter { hue: 0.0, saturation: 0.0, lightness: 0.0, contrast: 0.0 };

    #[track_caller]
    fn check(filter: ColorFilter, from: [u8; 3], to: [u8; 3]) {
        let [r, g, b] = from;
        let [x, y, z] = to;
        assert_eq!(filter.apply(Voxel([r, g, b, 99])), Voxel([x, y, z, 99]), "{filter:?} {from:?}");
    }

    // spec/engine.md 7, "Colour filter"

    #[test]
    fn hue_turns_around_the_circle() {
        let turn = |hue: f32| ColorFilter { hue, ..NONE };
        check(turn(120.), [255, 0, 0], [0, 255, 0]);
        check(turn(-120.), [255, 0, 0], [0, 0, 255]);
        check(turn(480.), [200, 100, 50], [50, 200, 100]);
        check(turn(60.), [9, 9, 9], [9, 9, 9]);
    }

    #[test]
    fn saturation_and_lightness_move_towards_one_and_zero() {
        let saturate = |saturation: f32| ColorFilter { saturation, ..NONE };
        let light = |lightness: f32| ColorFilter { lightness, ..NONE };
        check(saturate(-100.), [200, 100, 50], [125, 125, 125]);
        check(saturate(100.), [200, 100, 50], [250, 83, 0]);
        check(saturate(-50.), [200, 100, 0], [150, 100, 50]);
        check(light(100.), [200, 100, 50], [255, 255, 255]);
        check(light(-1e9), [200, 100, 50], [0, 0, 0]);
        check(light(50.), [100, 100, 100], [178, 178, 178]);
        check(light(-50.), [100, 100, 100], [50, 50, 50]);
    }

    #[test]
    fn contrast_spreads_linear_light_around_one_half() {
        let spread = |contrast: f32| ColorFilter { contrast, ..NONE };
        // Half of the light is sRGB 187.5; a quarter and three quarters are 137 and 225.
        check(spread(-100.), [0, 255, 50], [188, 188, 188]);
        check(spread(-50.), [0, 255, 50], [137, 225, 141]);
        check(spread(100.), [137, 225, 188], [1, 255, 188]);
        check(spread(f32::MAX), [187, 188, 9], [0, 255, 0]);
    }

    #[test]
    fn what_is_not_a_number_changes_nothing() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        for value in odd {
            check(
                ColorFilter { hue: value, saturation: value, lightness: value, contrast: value },
                [1, 2, 3],
                [1, 2, 3],
            );
        }
    }

    #[test]
    fn a_colour_goes_to_hsl_and_back_unchanged() {
        for n in 0..1u32 << 15 {
            let rgb = [n, n >> 5, n >> 10].map(|v| ((v & 31) * 255 / 31) as u8);
            assert_eq!(from_hsl(to_hsl(rgb)), rgb);
        }
    }

    fn shared_bricks(a: &Volume, b: &Volume) -> usize {
        let same = |(at, brick): &(BrickCoord, &Brick)| {
            b.brick(*at).is_some_and(|other| std::ptr::eq(*brick, other))
        };
        a.bricks().iter().filter(|entry| same(entry)).count()
    }

    #[test]
    fn a_brick_of_one_colour_is_asked_about_once_and_shared_when_unchanged() {
        let mut volume = Volume::new();
        volume.put(BrickCoord { x: 0, y: 0, z: 0 }, Brick::full(Voxel::WHITE));
        volume.put(BrickCoord { x: 1, y: 0, z: 0 }, Brick::full(Voxel::rgb(1, 2, 3)));
        volume.set(Coord::new(100, 0, 0), Voxel::WHITE);
        let calls = std::sync::atomic::AtomicU32::new(0);
        let blacken = |voxel: Voxel| {
            calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if voxel == Voxel::WHITE { Voxel::rgb(0, 0, 0) } else { voxel }
        };
        let black = recolored(&volume, blacken, Threads(1));
        assert_eq!(calls.into_inner(), 3);
        assert_eq!((black.filled(), shared_bricks(&volume, &black)), (4096 * 2 + 1, 1));
        assert_eq!(black.get(Coord::new(100, 0, 0)), Voxel::rgb(0, 0, 0));
    }

    proptest! {
        #[test]
        fn recolouring_is_changing_each_voxel(
            voxels in prop::collection::vec(([-40..40i32, -9..9i32, 0..40i32], any::<[u8; 4]>()), 1..900),
            few in any::<bool>(),
            hue in -400f32..400.,
            cut in 0u8..80,
        ) {
            let voxel = |v: [u8; 4]| if few { Voxel(v.map(|c| c & 0xC0)) } else { Voxel(v) };
            let volume: Volume = voxels.iter().map(|(at, v)| (Coord::from(*at), voxel(*v))).collect();
            let filter = ColorFilter { hue, saturation: -20., ..NONE };
            let change = |voxel: Voxel| {
                if voxel.alpha() < cut { Voxel([1, 2, 3, 0]) } else { filter.apply(voxel) }
            };
            let expected: Volume = volume.voxels().map(|(at, v)| (at, change(v))).collect();
            prop_assert_eq!(&recolored(&volume, change, Threads(1)), &expected);
            prop_assert_eq!(&recolored(&volume, change, Threads(3)), &expected);
        }

        #[test]
        fn alpha_is_shifted_and_clamped(
            alphas in prop::collection::vec(1u8..=255, 1..300),
            by in prop_oneof![-300i16..300, Just(i16::MIN), Just(i16::MAX)],
        ) {
            let place = |i: usize| Coord::new(i32::MAX - i as i32, i32::MIN, 0);
            let row = |alpha: &dyn Fn(u8) -> u8| -> Volume {
                let voxel = |(i, a): (usize, &u8)| (place(i), Voxel([7, 8, 9, alpha(*a)]));
                alphas.iter().enumerate().map(voxel).collect()
            };
            let shift = |alpha: u8| (i32::from(alpha) + i32::from(by)).clamp(0, 255) as u8;
            prop_assert_eq!(alpha_shifted(&row(&|a| a), by), row(&shift));
        }
    }
}
