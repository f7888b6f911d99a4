//! Questions about the voxels of a volume: lists of them, and what colours they have.
//!
//! Answers come in a defined order: voxels as [`Volume::voxels`] gives them,
//! colours by count or by red, green, blue, alpha.

use crate::volume::{Bounds, Coord, Volume, Voxel};
use std::collections::HashMap;

/// Which voxels are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those in this box.
    pub within: Option<Bounds>,
    /// Only those of a colour like this.
    pub color: Option<Like>,
}

/// A colour and the greatest difference to it, per channel.
#[derive(Clone, Copy, Debug)]
pub struct Like {
    /// The colour.
    pub color: Voxel,
    /// The greatest difference in red, green, blue and alpha.
    pub tolerance: [u8; 4],
}

impl Like {
    fn takes(&self, voxel: Voxel) -> bool {
        (0..4).all(|i| voxel.0[i].abs_diff(self.color.0[i]) <= self.tolerance[i])
    }
}

/// Which of the voxels found are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// How many to pass over.
    pub offset: usize,
    /// How many to give at most.
    pub limit: Option<usize>,
}

/// A part of the voxels that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The voxels.
    pub voxels: Vec<(Coord, Voxel)>,
    /// Whether there are more behind them.
    pub truncated: bool,
}

impl Found {
    /// The smallest box around the voxels found.
    pub fn bounds(&self) -> Option<Bounds> {
        let places = self.voxels.iter().map(|(at, _)| Bounds { min: *at, max: *at });
        places.reduce(Bounds::union)
    }
}

/// The voxels that pass the filter, in the defined order.
pub fn voxels(volume: &Volume, filter: &Filter, page: Page) -> Found {
    let mut found = Found::default();
    let mut passed = 0;
    visit(volume, filter, |at, voxel| {
        passed += 1;
        if passed <= page.offset {
            return true;
        }
        if page.limit.is_some_and(|limit| found.voxels.len() >= limit) {
            found.truncated = true;
            return false;
        }
        found.voxels.push((at, voxel));
        true
    });
    found
}

/// How the colours of an answer are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorOrder {
    /// By red, green, blue, alpha, least first.
    Color,
    /// The most frequent first; those as frequent by colour.
    Count,
}

/// The colours of the voxels in a box and how many voxels have each.
///
/// A `bin` above 1 takes colours together: each of red, green and blue goes to the
/// middle of its bin of that width.
pub fn colors(
    volume: &Volume,
    within: Option<Bounds>,
    bin: u8,
    order: ColorOrder,
) -> Vec<(Voxel, u64)> {
    let mut counts: HashMap<Voxel, u64> = HashMap::new();
    visit(volume, &Filter { within, color: None }, |_, voxel| {
        *counts.entry(voxel).or_default() += 1;
        true
    });
    let mut binned: HashMap<Voxel, u64> = HashMap::new();
    for (voxel, count) in counts {
        *binned.entry(in_bin(voxel, bin)).or_default() += count;
    }
    let mut colors: Vec<_> = binned.into_iter().collect();
    match order {
        ColorOrder::Color => colors.sort_unstable_by_key(|(voxel, _)| *voxel),
        ColorOrder::Count => colors.sort_unstable_by_key(|(voxel, n)| (u64::MAX - n, *voxel)),
    }
    colors
}

fn in_bin(voxel: Voxel, bin: u8) -> Voxel {
    if bin <= 1 {
        return voxel;
    }
    let middle = |channel: u8| (channel / bin * bin).wrapping_add(bin / 2);
    let [r, g, b, a] = voxel.0;
    Voxel([middle(r), middle(g), middle(b), a])
}

/// Calls `take` for each voxel that passes, in the defined order, until it says no.
fn visit(volume: &Volume, filter: &Filter, mut take: impl FnMut(Coord, Voxel) -> bool) {
    let bricks = match filter.within {
        Some(bounds) => volume.bricks_in(bounds),
        None => volume.bricks(),
    };
    for (home, brick) in bricks {
        for (local, voxel) in brick.voxels() {
            let at = home.at(local);
            let inside = filter.within.is_none_or(|bounds| bounds.contains(at));
            let passes = inside && filter.color.is_none_or(|like| like.takes(voxel));
            if passes && !take(at, voxel) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Voxel = Voxel::rgb(250, 0, 0);
    const DARK: Voxel = Voxel([246, 4, 0, 200]);

    fn line() -> Volume {
        let voxel = |x: i32| (Coord::new(x, 0, 0), if x % 3 == 0 { DARK } else { RED });
        (-20..20).map(voxel).collect()
    }

    #[track_caller]
    fn check(filter: Filter, page: Page, expected: &[i32], truncated: bool) {
        let found = voxels(&line(), &filter, page);
        let places: Vec<_> = found.voxels.iter().map(|(at, _)| at.x).collect();
        assert_eq!((places.as_slice(), found.truncated), (expected, truncated));
    }

    fn within(low: i32, high: i32) -> Option<Bounds> {
        Some(Bounds::around(Coord::new(low, -9, -9), Coord::new(high, 9, 9)))
    }

    #[test]
    fn a_page_begins_and_ends_where_asked() {
        let filter = Filter { within: within(-2, 4), color: None };
        check(filter, Page::default(), &[-2, -1, 0, 1, 2, 3, 4], false);
        check(filter, Page { offset: 2, limit: Some(3) }, &[0, 1, 2], true);
        check(filter, Page { offset: 4, limit: Some(3) }, &[2, 3, 4], false);
        check(filter, Page { offset: 9, limit: Some(3) }, &[], false);
        check(filter, Page { offset: 0, limit: Some(0) }, &[], true);
    }

    #[test]
    fn a_colour_is_found_within_its_tolerance() {
        let like = |tolerance| Filter {
            within: within(0, 4),
            color: Some(Like { color: RED, tolerance }),
        };
        check(like([0; 4]), Page::default(), &[1, 2, 4], false);
        check(like([4, 4, 0, 54]), Page::default(), &[1, 2, 4], false);
        check(like([4, 4, 0, 55]), Page::default(), &[0, 1, 2, 3, 4], false);
    }

    #[test]
    fn colours_are_counted_in_the_order_asked() {
        let count = colors(&line(), within(0, 4), 0, ColorOrder::Count);
        assert_eq!(count, [(RED, 3), (DARK, 2)]);
        let color = colors(&line(), within(0, 4), 0, ColorOrder::Color);
        assert_eq!(color, [(DARK, 2), (RED, 3)]);
    }

    #[test]
    fn bins_take_colours_together_and_keep_alpha_apart() {
        let opaque: Volume = [(0, RED), (1, Voxel::rgb(246, 4, 0))]
            .map(|(x, voxel)| (Coord::new(x, 0, 0), voxel))
            .into_iter()
            .collect();
        let one = colors(&opaque, None, 10, ColorOrder::Color);
        assert_eq!(one.len(), 2, "246 and 250 lie in two bins of ten");
        let one = colors(&opaque, None, 16, ColorOrder::Color);
        assert_eq!(one, [(Voxel::rgb(248, 8, 8), 2)]);
        assert_eq!(colors(&line(), None, 16, ColorOrder::Color).len(), 2);
    }
}
