//! Palettes: the default one, and the one that a written file gets.

use crate::volume::Voxel;

/// A voxel for each colour index; index 0 is empty.
pub(super) type Palette = [Voxel; 256];

/// Colours in a written palette: indices 1 to 255.
const COLORS_MAX: usize = 255;

/// The palette of files without one.
pub(super) const DEFAULT_PALETTE: Palette = default_palette();

const fn default_palette() -> Palette {
    const STEPS: [u8; 6] = [0xff, 0xcc, 0x99, 0x66, 0x33, 0x00];
    const RAMP: [u8; 10] = [0xee, 0xdd, 0xbb, 0xaa, 0x88, 0x77, 0x55, 0x44, 0x22, 0x11];
    let mut palette = [Voxel::EMPTY; 256];
    let mut i = 0;
    while i < 215 {
        palette[i + 1] = Voxel::rgb(STEPS[i / 36], STEPS[i / 6 % 6], STEPS[i % 6]);
        i += 1;
    }
    let mut i = 0;
    while i < 10 {
        let v = RAMP[i];
        palette[216 + i] = Voxel::rgb(v, 0, 0);
        palette[226 + i] = Voxel::rgb(0, v, 0);
        palette[236 + i] = Voxel::rgb(0, 0, v);
        palette[246 + i] = Voxel::rgb(v, v, v);
        i += 1;
    }
    palette
}

type Rgb = [u8; 3];

/// The colours of a written file, and the index of each colour of its scene.
pub(super) struct Indexed {
    /// Index i has entry i - 1.
    pub colors: Vec<Rgb>,
    /// Ascending by [`order`] of the colour.
    index: Vec<(u32, u8)>,
}

impl Indexed {
    /// The colours themselves when at most 255, in ascending order; else 255 means by
    /// median cut, each colour going to the nearest by the sum of differences, the
    /// lowest index among equals.
    pub(super) fn new(voxels: impl Iterator<Item = Voxel>) -> Self {
        let counted = counted(voxels);
        if counted.len() <= COLORS_MAX {
            let colors: Vec<Rgb> = counted.iter().map(|(color, _)| *color).collect();
            let index = colors.iter().map(|color| order(*color)).zip(1..=u8::MAX).collect();
            return Self { colors, index };
        }
        let colors = median_cut(counted.clone(), COLORS_MAX);
        let near = |(color, _): &(Rgb, u64)| (order(*color), nearest(&colors, *color));
        let index = counted.iter().map(near).collect();
        Self { colors, index }
    }

    pub(super) fn index(&self, voxel: Voxel) -> u8 {
        let place = self.index.binary_search_by_key(&order(rgb(voxel)), |(color, _)| *color);
        place.map_or(1, |place| self.index[place].1)
    }
}

/// The distinct colours, ascending, and how often each occurs.
fn counted(voxels: impl Iterator<Item = Voxel>) -> Vec<(Rgb, u64)> {
    let mut orders: Vec<u32> = voxels.map(|voxel| order(rgb(voxel))).collect();
    orders.sort_unstable();
    let color = |order: u32| {
        let [_, r, g, b] = order.to_be_bytes();
        [r, g, b]
    };
    orders.chunk_by(|a, b| a == b).map(|run| (color(run[0]), run.len() as u64)).collect()
}

/// The colour as one number: those sort and compare faster than three.
const fn order([r, g, b]: Rgb) -> u32 {
    u32::from_be_bytes([0, r, g, b])
}

fn rgb(voxel: Voxel) -> Rgb {
    let [r, g, b, _] = voxel.0;
    [r, g, b]
}

fn nearest(colors: &[Rgb], color: Rgb) -> u8 {
    let distance = |other: &Rgb| -> u32 {
        other.iter().zip(color).map(|(a, b)| u32::from(a.abs_diff(b))).sum()
    };
    let best = (1..=u8::MAX).zip(colors).min_by_key(|(_, other)| distance(other));
    best.map_or(1, |(index, _)| index)
}

/// Splits the bucket with the most colours along its widest channel at half of its
/// voxels, until there are `max` buckets. Ties go to the first bucket, the first
/// channel, the lower colour, so equal scenes give equal palettes.
fn median_cut(colors: Vec<(Rgb, u64)>, max: usize) -> Vec<Rgb> {
    let mut buckets = vec![colors];
    while buckets.len() < max {
        let fullest = (0..buckets.len()).rev().max_by_key(|index| buckets[*index].len());
        let Some(index) = fullest.filter(|index| buckets[*index].len() > 1) else {
            break;
        };
        let upper = split(&mut buckets[index]);
        buckets.push(upper);
    }
    buckets.iter().map(|bucket| mean(bucket)).collect()
}

/// Takes the upper half away; the colour in the middle goes to both with its share.
fn split(bucket: &mut Vec<(Rgb, u64)>) -> Vec<(Rgb, u64)> {
    let channel = widest_channel(bucket);
    bucket.sort_unstable_by_key(|(color, _)| (color[channel], *color));
    let half = bucket.iter().map(|(_, count)| count).sum::<u64>() / 2;
    let mut below = 0;
    let middle = bucket.iter().position(|(_, count)| {
        below += count;
        below >= half
    });
    let middle = middle.unwrap_or(0);
    let mut upper = bucket.split_off(middle + 1);
    let over = below - half;
    if over > 0 {
        let (color, count) = &mut bucket[middle];
        *count -= over;
        upper.insert(0, (*color, over));
    }
    bucket.retain(|(_, count)| *count > 0);
    upper
}

fn widest_channel(bucket: &[(Rgb, u64)]) -> usize {
    let range = |channel: usize| {
        let values = bucket.iter().map(|(color, _)| color[channel]);
        values.clone().max().unwrap_or(0) - values.min().unwrap_or(0)
    };
    (0..3).rev().max_by_key(|channel| range(*channel)).unwrap_or(0)
}

fn mean(bucket: &[(Rgb, u64)]) -> Rgb {
    let total: u64 = bucket.iter().map(|(_, count)| count).sum();
    [0, 1, 2].map(|channel| {
        let sum: u64 = bucket.iter().map(|(color, n)| u64::from(color[channel]) * n).sum();
        (sum / total.max(1)) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_palette_is_the_documented_one() {
        let at = |index: usize| DEFAULT_PALETTE[index].0;
        assert_eq!(at(0), [0; 4]);
        assert_eq!(at(1), [255; 4]);
        assert_eq!(at(2), [255, 255, 0xcc, 255]);
        assert_eq!(at(7), [255, 0xcc, 255, 255]);
        assert_eq!(at(215), [0, 0, 0x33, 255]);
        assert_eq!(at(216), [0xee, 0, 0, 255]);
        assert_eq!(at(235), [0, 0x11, 0, 255]);
        assert_eq!(at(255), [0x11, 0x11, 0x11, 255]);
    }

    #[test]
    fn few_colours_stay_exact() {
        let colors = (0..255).map(|i| Voxel::rgb(i, 255 - i, 7));
        let indexed = Indexed::new(colors.clone());
        for voxel in colors {
            let index = usize::from(indexed.index(voxel));
            assert_eq!(indexed.colors[index - 1], rgb(voxel));
        }
    }

    #[test]
    fn many_colours_go_to_255_near_ones() {
        let colors: Vec<Voxel> = (0..4096u32)
            .map(|i| {
                Voxel::rgb((i % 16 * 17) as u8, (i / 16 % 16 * 17) as u8, (i / 256 * 17) as u8)
            })
            .collect();
        let indexed = Indexed::new(colors.iter().copied());
        assert_eq!(indexed.colors.len(), 255);
        for voxel in colors {
            let color = indexed.colors[usize::from(indexed.index(voxel)) - 1];
            let off: u32 =
                rgb(voxel).iter().zip(color).map(|(a, b)| u32::from(a.abs_diff(b))).sum();
            assert!(off <= 64, "{voxel:?} became {color:?}");
        }
    }

    #[test]
    fn the_colour_in_the_middle_goes_to_both_halves() {
        let mut lower = vec![([0; 3], 9), ([5, 0, 0], 1)];
        let upper = split(&mut lower);
        assert_eq!((lower, upper), (vec![([0; 3], 5)], vec![([0; 3], 4), ([5, 0, 0], 1)]));
    }
}
