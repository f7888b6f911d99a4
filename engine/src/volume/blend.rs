//! Blend arithmetic: how a source voxel meets a destination voxel.
//!
//! Integer, 8 bit, truncating; the rules are those of Goxel files, where modes
//! are stored by number.

use super::Voxel;

/// A blend mode, with the number files give it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum BlendMode {
    /// Source over destination ("Add").
    #[default]
    Over = 0,
    /// Takes the source's alpha away ("Subtract").
    Sub = 1,
    /// Limits alpha to what the source leaves.
    SubClamp = 2,
    /// Recolours, keeping alpha ("Paint").
    Paint = 3,
    /// The source's colour, the greater alpha.
    Max = 4,
    /// Keeps what both hold ("Intersect").
    Intersect = 5,
    /// Keeps what both hold, in the source's colour.
    IntersectFill = 6,
    /// Multiplies colour and alpha by the source's alpha.
    MultAlpha = 7,
    /// The source replaces the destination.
    Replace = 8,
}

/// What a mode makes of cells where one side has no voxel at all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OneSided {
    /// A destination without source stays.
    pub keeps_destination: bool,
    /// A source without destination is taken.
    pub takes_source: bool,
}

impl BlendMode {
    /// All modes, in the order of their numbers.
    pub const ALL: [BlendMode; 9] = [
        BlendMode::Over,
        BlendMode::Sub,
        BlendMode::SubClamp,
        BlendMode::Paint,
        BlendMode::Max,
        BlendMode::Intersect,
        BlendMode::IntersectFill,
        BlendMode::MultAlpha,
        BlendMode::Replace,
    ];

    /// The mode with that number, if there is one.
    pub fn from_number(number: i32) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index).copied())
    }

    /// The number that files store.
    pub const fn number(self) -> i32 {
        self as i32
    }

    pub(crate) const fn one_sided(self) -> OneSided {
        use BlendMode::{
            Intersect, IntersectFill, Max, MultAlpha, Over, Paint, Replace, Sub, SubClamp,
        };
        let (keeps_destination, takes_source) = match self {
            Over | Max => (true, true),
            Sub | SubClamp | Paint => (true, false),
            Intersect | IntersectFill | MultAlpha => (false, false),
            Replace => (false, true),
        };
        OneSided { keeps_destination, takes_source }
    }
}

/// The voxel that `source` makes of `destination` under `mode`.
pub fn combine(destination: Voxel, source: Voxel, mode: BlendMode) -> Voxel {
    let (a, b) = (destination.0, source.0);
    let (alpha_a, alpha_b) = (a[3], b[3]);
    let combined = match mode {
        BlendMode::Over => over(a, b),
        BlendMode::Sub => with_alpha(a, alpha_a.saturating_sub(alpha_b)),
        BlendMode::SubClamp => with_alpha(a, alpha_a.min(255 - alpha_b)),
        BlendMode::Paint => paint(a, b),
        // No source leaves the colour alone, as where a whole brick of it is missing.
        BlendMode::Max if alpha_b == 0 => a,
        BlendMode::Max => with_alpha(b, alpha_a.max(alpha_b)),
        BlendMode::Intersect => with_alpha(a, alpha_a.min(alpha_b)),
        BlendMode::IntersectFill => with_alpha(b, alpha_a.min(alpha_b)),
        BlendMode::MultAlpha => a.map(|channel| scale(channel, alpha_b)),
        BlendMode::Replace => b,
    };
    Voxel(combined).normalized()
}

const fn with_alpha([r, g, b, _]: [u8; 4], alpha: u8) -> [u8; 4] {
    [r, g, b, alpha]
}

const fn scale(value: u8, alpha: u8) -> u8 {
    (value as u32 * alpha as u32 / 255) as u8
}

fn over(a: [u8; 4], b: [u8; 4]) -> [u8; 4] {
    let (alpha_a, alpha_b) = (u32::from(a[3]), u32::from(b[3]));
    let rest = alpha_a * (255 - alpha_b);
    let total = 255 * alpha_b + rest;
    let channel = |i: usize| match total {
        0 => a[i],
        _ => ((255 * u32::from(b[i]) * alpha_b + u32::from(a[i]) * rest) / total) as u8,
    };
    [channel(0), channel(1), channel(2), (alpha_b + rest / 255) as u8]
}

// Mixed in 1/255 steps: the sum is exact in integers, then truncated.
fn paint(a: [u8; 4], b: [u8; 4]) -> [u8; 4] {
    let alpha = u32::from(b[3]);
    let channel =
        |i: usize| ((u32::from(a[i]) * (255 - alpha) + u32::from(b[i]) * alpha) / 255) as u8;
    [channel(0), channel(1), channel(2), a[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mode: BlendMode, a: [u8; 4], b: [u8; 4], expected: [u8; 4]) {
        assert_eq!(combine(Voxel(a), Voxel(b), mode), Voxel(expected), "{mode:?} {a:?} {b:?}");
    }

    /// spec/engine.md 2, OVER.
    #[test]
    fn an_opaque_source_over_anything_is_the_source() {
        check(BlendMode::Over, [1, 2, 3, 77], [9, 8, 7, 255], [9, 8, 7, 255]);
    }

    /// spec/engine.md 2: all integer, division truncating.
    #[test]
    fn half_over_opaque_mixes_and_truncates() {
        check(BlendMode::Over, [0, 0, 255, 255], [255, 0, 0, 128], [128, 0, 127, 255]);
    }

    #[test]
    fn what_ends_at_alpha_zero_is_empty() {
        check(BlendMode::Sub, [9, 9, 9, 100], [0, 0, 0, 255], [0, 0, 0, 0]);
    }

    /// spec/engine.md 2, the table of modes.
    #[test]
    fn each_mode_follows_its_rule() {
        let (a, b) = ([100, 50, 20, 200], [10, 20, 250, 100]);
        check(BlendMode::Sub, a, b, [100, 50, 20, 100]);
        check(BlendMode::SubClamp, a, b, [100, 50, 20, 155]);
        check(BlendMode::Paint, a, b, [64, 38, 110, 200]);
        check(BlendMode::Max, a, b, [10, 20, 250, 200]);
        check(BlendMode::Intersect, a, b, [100, 50, 20, 100]);
        check(BlendMode::IntersectFill, a, b, [10, 20, 250, 100]);
        check(BlendMode::MultAlpha, a, b, [39, 19, 7, 78]);
        check(BlendMode::Replace, a, b, b);
    }

    #[test]
    fn one_sided_rules_agree_with_the_arithmetic() {
        let some = Voxel([90, 60, 30, 180]);
        for mode in BlendMode::ALL {
            let rule = mode.one_sided();
            let kept = combine(some, Voxel::EMPTY, mode);
            assert_eq!(kept == some, rule.keeps_destination, "{mode:?} keeps");
            assert_eq!(kept.is_empty(), !rule.keeps_destination, "{mode:?} drops");
            let taken = combine(Voxel::EMPTY, some, mode);
            assert_eq!(taken == some, rule.takes_source, "{mode:?} takes");
            assert_eq!(taken.is_empty(), !rule.takes_source, "{mode:?} leaves");
        }
    }

    #[test]
    fn numbers_are_the_files_numbers() {
        for (number, mode) in BlendMode::ALL.into_iter().enumerate() {
            assert_eq!(mode.number(), number as i32);
            assert_eq!(BlendMode::from_number(number as i32), Some(mode));
        }
        assert_eq!(BlendMode::from_number(9), None);
        assert_eq!(BlendMode::from_number(-1), None);
    }
}
