//! Which colours there are, and how many voxels have each.
//!
//! Counted brick by brick in the form in which bricks store their colours: one of a
//! single colour is one step, one with a palette counts indices. Only where the box cuts
//! through a brick are its voxels looked at one by one.

use crate::parallel::{self, Threads};
use crate::volume::{Bounds, Brick, BrickCoord, Volume, Voxel};

/// How the colours of an answer are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorOrder {
    /// By red, green, blue, alpha, least first.
    Color,
    /// The most frequent first; those as frequent by colour.
    Count,
}

/// Bricks that one thread counts at a time.
const SHARE: usize = 32;

/// The colours of the voxels in a box and how many voxels have each.
///
/// A `bin` above 1 takes colours together: each of red, green and blue goes to the
/// middle of its bin of that width, and alpha stays (spec/json-rpc.md 6.7).
pub fn colors(
    volume: &Volume,
    within: Option<Bounds>,
    bin: u8,
    order: ColorOrder,
    threads: Threads,
) -> Vec<(Voxel, u64)> {
    let bricks = match within {
        Some(bounds) => volume.bricks_in(bounds),
        None => volume.bricks(),
    };
    let shares: Vec<_> = bricks.chunks(SHARE).collect();
    let parts = parallel::map(threads, &shares, |share| counted(share, within));
    let mut tally = Tally { counts: parts.concat(), room: 0 };
    if bin > 1 {
        tally.counts.iter_mut().for_each(|(voxel, _)| *voxel = in_bin(*voxel, bin));
    }
    let mut colors = tally.finish();
    if order == ColorOrder::Count {
        colors.sort_unstable_by_key(|(voxel, count)| (u64::MAX - count, *voxel));
    }
    colors
}

fn counted(bricks: &[(BrickCoord, &Brick)], within: Option<Bounds>) -> Vec<(Voxel, u64)> {
    let mut tally = Tally::default();
    for (home, brick) in bricks {
        let all = home.bounds();
        match within.filter(|bounds| bounds.intersection(all) != Some(all)) {
            None => brick.for_each_color(|voxel, count| tally.add(voxel, u64::from(count))),
            Some(bounds) => {
                let inside = brick.voxels().filter(|(at, _)| bounds.contains(home.at(*at)));
                inside.for_each(|(_, voxel)| tally.add(voxel, 1));
            }
        }
    }
    tally.finish()
}

fn in_bin(voxel: Voxel, bin: u8) -> Voxel {
    let middle = |channel: u8| (channel / bin * bin).wrapping_add(bin / 2);
    let [r, g, b, a] = voxel.0;
    Voxel([middle(r), middle(g), middle(b), a])
}

/// Counts of colours, taken together whenever there are twice as many as there were
/// colours: sorting a short list beats looking up every colour in a table.
#[derive(Default)]
struct Tally {
    counts: Vec<(Voxel, u64)>,
    /// How many entries to take at most before they are taken together.
    room: usize,
}

impl Tally {
    fn add(&mut self, voxel: Voxel, count: u64) {
        if let Some((_, sum)) = self.counts.last_mut().filter(|(last, _)| *last == voxel) {
            *sum += count;
            return;
        }
        if self.counts.len() >= self.room.max(1 << 12) {
            self.gather();
            self.room = 2 * self.counts.len();
        }
        self.counts.push((voxel, count));
    }

    /// One entry a colour, ascending.
    fn gather(&mut self) {
        self.counts.sort_unstable_by_key(|(voxel, _)| u32::from_be_bytes(voxel.0));
        self.counts.dedup_by(|(voxel, count), (kept, sum)| {
            let same = voxel == kept;
            *sum += if same { *count } else { 0 };
            same
        });
    }

    fn finish(mut self) -> Vec<(Voxel, u64)> {
        self.gather();
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Coord, Local};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const RED: Voxel = Voxel::rgb(250, 0, 0);
    const DARK: Voxel = Voxel([246, 4, 0, 200]);

    fn line() -> Volume {
        let voxel = |x: i32| (Coord::new(x, 0, 0), if x % 3 == 0 { DARK } else { RED });
        (-20..20).map(voxel).collect()
    }

    #[track_caller]
    fn check(volume: &Volume, bin: u8, order: ColorOrder, expected: &[(Voxel, u64)]) {
        let within = Some(Bounds::around(Coord::new(0, -9, -9), Coord::new(4, 9, 9)));
        assert_eq!(colors(volume, within, bin, order, Threads(1)), expected);
    }

    /// json-rpc.md 6.7: `sort_by_count`.
    #[test]
    fn colours_are_counted_in_the_order_asked() {
        check(&line(), 0, ColorOrder::Count, &[(RED, 3), (DARK, 2)]);
        check(&line(), 0, ColorOrder::Color, &[(DARK, 2), (RED, 3)]);
    }

    #[test]
    fn equally_frequent_colours_come_by_colour() {
        let volume: Volume = [(0, RED), (1, DARK)]
            .map(|(x, voxel)| (Coord::new(x, 0, 0), voxel))
            .into_iter()
            .collect();
        check(&volume, 0, ColorOrder::Count, &[(DARK, 1), (RED, 1)]);
    }

    /// json-rpc.md 6.7: binning `v / b * b + b / 2` in 8 bits, alpha kept; 0 and 1 are exact.
    #[test]
    fn bins_take_colours_together_and_keep_alpha_apart() {
        let opaque: Volume = [(0, RED), (1, Voxel::rgb(246, 4, 0))]
            .map(|(x, voxel)| (Coord::new(x, 0, 0), voxel))
            .into_iter()
            .collect();
        let both = [(Voxel::rgb(245, 5, 5), 1), (Voxel::rgb(255, 5, 5), 1)];
        check(&opaque, 10, ColorOrder::Color, &both);
        check(&opaque, 16, ColorOrder::Color, &[(Voxel::rgb(248, 8, 8), 2)]);
        check(&opaque, 1, ColorOrder::Color, &[(Voxel::rgb(246, 4, 0), 1), (RED, 1)]);
        // 250 / 200 * 200 + 100 is 300: eight bits keep 44.
        check(&opaque, 200, ColorOrder::Color, &[(Voxel::rgb(44, 100, 100), 2)]);
        let apart = [(Voxel([248, 8, 8, 200]), 2), (Voxel([248, 8, 8, 255]), 3)];
        check(&line(), 16, ColorOrder::Color, &apart);
    }

    #[test]
    fn nothing_has_no_colours() {
        assert_eq!(colors(&Volume::new(), None, 0, ColorOrder::Count, Threads(2)), []);
    }

    /// A volume with bricks of each form: full, ranked, with a palette, with 4096 colours.
    fn bricks(seed: u32, forms: &[u8]) -> Volume {
        let mut volume = Volume::new();
        for (n, form) in (0u32..).zip(forms) {
            let colors = [1, 3, 100, 4096][usize::from(form & 3)];
            let places = if form & 3 == 1 { 200 } else { 4096 - u32::from(form >> 2) };
            let home = Coord::new(n as i32 % 4 * 16, n as i32 / 4 * 16, -16).brick();
            volume.edit(home, |brick| {
                for place in 0..places {
                    let hash = (place * colors / places).wrapping_mul(0x9E37_79B1) ^ seed;
                    let [r, g, b, a] = hash.to_be_bytes();
                    brick.set(Local::from_index(place as u16), Voxel([r, g, b & 3, a | 1]));
                }
            });
        }
        volume
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn colours_are_those_of_the_voxels_counted_one_by_one(
            seed in any::<u32>(),
            forms in prop::collection::vec(any::<u8>(), 0..24),
            (a, b) in (0..80i32, -16..0i32),
            bin in prop_oneof![Just(0u8), Just(1), 2..=255u8],
        ) {
            let volume = bricks(seed, &forms);
            let corners = Bounds::around(Coord::new(a, 3, b), Coord::new(40, 70, -5));
            for within in [None, Some(corners)] {
                let mut model: BTreeMap<Voxel, u64> = BTreeMap::new();
                for (at, Voxel([r, g, b, a])) in volume.voxels() {
                    if within.is_some_and(|bounds: Bounds| !bounds.contains(at)) {
                        continue;
                    }
                    let middle = |c: u8| match bin {
                        0 | 1 => c,
                        _ => (u32::from(c) / u32::from(bin) * u32::from(bin) + u32::from(bin) / 2) as u8,
                    };
                    *model.entry(Voxel([middle(r), middle(g), middle(b), a])).or_default() += 1;
                }
                let expected: Vec<_> = model.into_iter().collect();
                for threads in [1, 2, 5] {
                    let counted = colors(&volume, within, bin, ColorOrder::Color, Threads(threads));
                    prop_assert_eq!(&counted, &expected);
                }
            }
        }
    }
}
