//! Questions about volumes: lists of their voxels, what colours they have, what a ray
//! hits, in what two of them differ.
//!
//! Answers come in a defined order: voxels as [`Volume::voxels`] gives them,
//! colours by count or by red, green, blue, alpha.

mod colors;
mod components;
mod diff;
mod order;
mod pick;

pub use colors::{ColorOrder, colors};
pub use components::{Component, Components, components};
pub use diff::{Change, Diff, LayerDiff, SceneDiff, changes, diff, scene_diff};
pub use pick::{Hit, pick};

use crate::volume::{Bounds, Brick, BrickCoord, Coord, Like, Volume, Voxel};
use order::InOrder;

/// Which voxels are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only those in this box.
    pub within: Option<Bounds>,
    /// Only those of a colour like this.
    pub color: Option<Like>,
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
///
/// Bricks of which all voxels pass are passed over by their count, and no brick behind
/// the page is looked for.
pub fn voxels(volume: &Volume, filter: &Filter, page: Page) -> Found {
    let mut gathered = Gathered { page, passed: 0, found: Found::default() };
    for (home, brick) in InOrder::new(volume, filter.within) {
        if !gathered.brick(home, brick, filter) {
            break;
        }
    }
    gathered.found
}

/// A page while it is filled.
struct Gathered {
    page: Page,
    /// Voxels that passed the filter so far.
    passed: usize,
    found: Found,
}

impl Gathered {
    /// Takes a brick's voxels; says whether more may follow.
    fn brick(&mut self, home: BrickCoord, brick: &Brick, filter: &Filter) -> bool {
        let within = filter.within.filter(|bounds| {
            let all = home.bounds();
            bounds.intersection(all) != Some(all)
        });
        let color = match (filter.color, brick.uniform()) {
            (Some(like), Some(voxel)) if !like.takes(voxel) => return true,
            (Some(_), Some(_)) => None,
            (color, _) => color,
        };
        let filled = brick.filled() as usize;
        let skipped = self.passed.saturating_add(filled) <= self.page.offset;
        if within.is_none() && color.is_none() && skipped {
            self.passed += filled;
            return true;
        }
        let placed = brick.voxels().map(|(local, voxel)| (home.at(local), voxel));
        let mut passing = placed.filter(|(at, voxel)| {
            within.is_none_or(|bounds| bounds.contains(*at))
                && color.is_none_or(|like| like.takes(*voxel))
        });
        passing.all(|(at, voxel)| self.voxel(at, voxel))
    }

    fn voxel(&mut self, at: Coord, voxel: Voxel) -> bool {
        self.passed += 1;
        if self.passed <= self.page.offset {
            return true;
        }
        if self.page.limit.is_some_and(|limit| self.found.voxels.len() >= limit) {
            self.found.truncated = true;
            return false;
        }
        self.found.voxels.push((at, voxel));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// json-rpc.md 6.6: `bbox` covers the voxels returned only, and is left out without any.
    #[test]
    fn the_box_is_that_of_the_voxels_found() {
        let page =
            |limit| voxels(&line(), &Filter::default(), Page { offset: 3, limit: Some(limit) });
        let ends = |bounds: Bounds| (bounds.min, bounds.max);
        let expected = (Coord::new(-17, 0, 0), Coord::new(-14, 0, 0));
        assert_eq!(page(4).bounds().map(ends), Some(expected));
        assert_eq!(page(0).bounds(), None);
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

    /// json-rpc.md 6.6: `min` and `max` are inclusive, `offset` and `limit` count voxels that
    /// pass, `truncated` when more remain; 6.7: every channel within its tolerance.
    fn model(volume: &Volume, filter: &Filter, page: Page) -> Found {
        let inside = |at: Coord| match filter.within {
            None => true,
            Some(Bounds { min, max }) => (0..3).all(|axis| {
                let [low, at, high] = [min, at, max].map(|c| c.to_array()[axis]);
                low <= at && at <= high
            }),
        };
        let near = |voxel: Voxel| match filter.color {
            None => true,
            Some(Like { color, tolerance }) => (0..4).all(|i| {
                let difference = i32::from(voxel.0[i]) - i32::from(color.0[i]);
                difference.abs() <= i32::from(tolerance[i])
            }),
        };
        let passing = volume.voxels().filter(|(at, voxel)| inside(*at) && near(*voxel));
        let mut voxels: Vec<_> = passing.skip(page.offset).collect();
        let limit = page.limit.unwrap_or(usize::MAX);
        let truncated = voxels.len() > limit;
        voxels.truncate(limit);
        Found { voxels, truncated }
    }

    fn place(low: i32, high: i32) -> impl Strategy<Value = Coord> {
        [low..high, low..high, low..high].prop_map(Coord::from)
    }

    proptest! {
        #[test]
        fn a_page_is_a_part_of_all_that_pass(
            places in prop::collection::vec((place(-20, 20), 0u8..4), 0..200),
            full in prop::collection::vec((place(-2, 2), 0u8..4), 0..4),
            (end, within) in (any::<bool>(), prop::option::of((place(-30, 30), place(-30, 30)))),
            color in prop::option::of((0u8..4, 0u8..2)),
            (offset, limit) in (prop_oneof![0..300usize, 0..9000usize], prop::option::of(0..5000usize)),
        ) {
            // At the end of space the same scene ends at i32::MAX.
            let shift = if end { i32::MAX - 47 } else { 0 };
            let at = |c: Coord| Coord::new(c.x + shift, c.y, c.z + shift);
            let gray = |n: u8| Voxel::rgb(n, n, 7);
            let mut volume = Volume::new();
            for (Coord { x, y, z }, n) in full {
                let home = at(Coord::new(x * 16, y * 16, z * 16)).brick();
                volume.put(home, Brick::full(gray(n)));
            }
            volume.write(places.into_iter().map(|(c, n)| (at(c), gray(n))));
            let within = within.map(|(a, b)| Bounds::around(at(a), at(b)));
            let color = color.map(|(n, tolerance)| Like { color: gray(n), tolerance: [tolerance; 4] });
            let (filter, page) = (Filter { within, color }, Page { offset, limit });
            prop_assert_eq!(voxels(&volume, &filter, page), model(&volume, &filter, page));
        }
    }

    #[test]
    fn an_offset_beyond_all_counts_passes_over_whole_bricks() {
        let mut volume = Volume::new();
        for n in 0..4000 {
            volume.put(Coord::new(n % 20 * 16, n / 20 * 16, 0).brick(), Brick::full(RED));
        }
        let page = Page { offset: 4000 * 4096 - 1, limit: Some(5) };
        let last = voxels(&volume, &Filter::default(), page);
        assert_eq!(last.voxels, [(Coord::new(319, 3199, 15), RED)]);
        let page = Page { offset: usize::MAX, limit: None };
        assert_eq!(voxels(&volume, &Filter::default(), page), Found::default());
    }
}
