//! Few colours for many.
//!
//! Distances and spreads are those of Oklab, in integers of 1/4096, so that what is close
//! to the eye is close here; the only floating-point numbers are in the table from sRGB
//! to Oklab, made by software arithmetic. All sums are exact: equal counts give equal
//! colours on every machine, in whatever order they come.
//!
//! 1. Colours that differ in alpha alone are one, opaque. Beyond 32,768 colours those that
//!    share the upper five bits of each channel are one: their mean.
//! 2. The bucket with the greatest spread along one axis (the sum of squared distances to
//!    its mean, by count) is split at that mean, until there are enough.
//! 3. Each colour goes to the bucket with the nearest mean, and the means are made anew:
//!    up to 8 times, less when there is much to compare.
//!
//! The legacy median cut (spec/formats.md 9) stays where files must be as they were, in
//! `format/vox`.

use crate::volume::Voxel;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::LazyLock;

/// The most colours that are compared one by one: those of five bits a channel.
const DISTINCT_MAX: usize = 1 << 15;

/// The most comparisons of the third step, and its rounds.
const COMPARISONS: usize = 1 << 28;
const ROUNDS: usize = 8;

/// Sums of counts stay below, so that squares of sums fit.
const TOTAL_BITS: u32 = 40;

/// A colour, where it is in Oklab, and how often it occurs.
#[derive(Clone, Copy)]
struct Item {
    rgb: [u8; 3],
    lab: [i32; 3],
    count: u64,
}

/// At most `n` colours that stand well for those counted, ascending.
///
/// When there are at most `n` different ones, they come back as they are. Else the colours
/// are opaque, and no more than 32,768. Empty voxels and counts of 0 are passed over.
pub fn quantized(counts: &[(Voxel, u64)], n: usize) -> Vec<Voxel> {
    let counted = counts.iter().filter(|(voxel, count)| !voxel.is_empty() && *count > 0);
    let mut counted: Vec<(Voxel, u64)> = counted.copied().collect();
    counted.sort_unstable_by_key(|(voxel, _)| *voxel);
    let mut exact: Vec<Voxel> = counted.iter().map(|(voxel, _)| *voxel).collect();
    exact.dedup();
    if exact.len() <= n || n == 0 {
        exact.truncate(n);
        return exact;
    }
    let mut items = items(&counted);
    let mut colors = cut(&mut items, n);
    let rounds = (COMPARISONS / (items.len() * colors.len())).min(ROUNDS);
    for _ in 0..rounds {
        colors = settled(&items, &colors);
    }
    let mut voxels: Vec<_> = colors.iter().map(|[r, g, b]| Voxel::rgb(*r, *g, *b)).collect();
    voxels.sort_unstable();
    voxels.dedup();
    voxels
}

/// The colours, at most [`DISTINCT_MAX`], from ascending voxels.
fn items(counted: &[(Voxel, u64)]) -> Vec<Item> {
    let total: u128 = counted.iter().map(|(_, count)| u128::from(*count)).sum();
    let shift = (128 - total.leading_zeros()).saturating_sub(TOTAL_BITS);
    let scaled = |(voxel, count): &(Voxel, u64)| (rgb(*voxel), (count >> shift).max(1));
    let mut colors: Vec<Counted> = counted.iter().map(scaled).collect();
    colors = colors.chunk_by(|a, b| a.0 == b.0).map(together).collect();
    if colors.len() > DISTINCT_MAX {
        colors = in_cells(&colors);
    }
    let item = |(rgb, count): Counted| Item { rgb, lab: oklab(rgb), count };
    colors.into_iter().map(item).collect()
}

/// A colour and how often it occurs.
type Counted = ([u8; 3], u64);

fn rgb(voxel: Voxel) -> [u8; 3] {
    let [r, g, b, _] = voxel.0;
    [r, g, b]
}

/// The mean by count, and the counts together.
fn together(colors: &[Counted]) -> Counted {
    let mut sums = Sums::default();
    colors.iter().for_each(|color| sums.add(color));
    (sums.mean().unwrap_or_default(), sums.count)
}

/// The means of the colours that share the upper five bits of each channel.
fn in_cells(colors: &[Counted]) -> Vec<Counted> {
    let mut cells = vec![Sums::default(); DISTINCT_MAX];
    for color in colors {
        let [r, g, b] = color.0.map(|channel| usize::from(channel >> 3));
        cells[r << 10 | g << 5 | b].add(color);
    }
    cells.iter().filter_map(|sums| Some((sums.mean()?, sums.count))).collect()
}

/// What a mean is made of.
#[derive(Clone, Copy, Default)]
struct Sums {
    rgb: [u64; 3],
    count: u64,
}

impl Sums {
    fn add(&mut self, (rgb, count): &Counted) {
        for (sum, channel) in self.rgb.iter_mut().zip(rgb) {
            *sum += u64::from(*channel) * count;
        }
        self.count += count;
    }

    /// By count, rounded.
    fn mean(&self) -> Option<[u8; 3]> {
        let rounded = |sum: u64| ((2 * sum + self.count) / (2 * self.count)) as u8;
        (self.count > 0).then(|| self.rgb.map(rounded))
    }
}

/// Items from `start` to `end`; greatest spread first, of equal ones the first items.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    spread: i128,
    start: Reverse<usize>,
    end: usize,
    axis: usize,
}

impl Bucket {
    fn new(items: &[Item], start: usize, end: usize) -> Self {
        let spreads = [0, 1, 2].map(|axis| spread(&items[start..end], axis));
        let axis = (0..3).rev().max_by_key(|axis| spreads[*axis]).unwrap_or(0);
        Self { spread: spreads[axis], start: Reverse(start), end, axis }
    }
}

/// The sum of `count * x` along an axis, and of the counts.
fn weight(items: &[Item], axis: usize) -> (i128, i128) {
    let sum = items.iter().map(|item| i128::from(item.lab[axis]) * i128::from(item.count)).sum();
    (sum, items.iter().map(|item| i128::from(item.count)).sum())
}

/// The squared distances to the mean along an axis, by count, times the count: whole
/// numbers stay whole. Divided by the count again, rounded down.
fn spread(items: &[Item], axis: usize) -> i128 {
    let (sum, count) = weight(items, axis);
    let square = |item: &Item| i128::from(item.lab[axis]).pow(2) * i128::from(item.count);
    let squares: i128 = items.iter().map(square).sum();
    squares - sum * sum / count.max(1)
}

/// The means of at most `n` buckets.
fn cut(items: &mut [Item], n: usize) -> Vec<[u8; 3]> {
    let mut buckets = BinaryHeap::from([Bucket::new(items, 0, items.len())]);
    while buckets.len() < n {
        let Some(Bucket { start: Reverse(start), end, axis, .. }) =
            buckets.peek().filter(|bucket| bucket.spread > 0)
        else {
            break;
        };
        let (start, end, axis) = (*start, *end, *axis);
        buckets.pop();
        let middle = start + split(&mut items[start..end], axis);
        buckets.push(Bucket::new(items, start, middle));
        buckets.push(Bucket::new(items, middle, end));
    }
    let mut places: Vec<_> = buckets.iter().map(|bucket| (bucket.start.0, bucket.end)).collect();
    places.sort_unstable();
    let mean = |(start, end): (usize, usize)| {
        let counted = items[start..end].iter().map(|item| (item.rgb, item.count));
        together(&counted.collect::<Vec<_>>()).0
    };
    places.into_iter().map(mean).collect()
}

/// Sorts along the axis; how many are not above the mean. A spread is not 0, so there are
/// some below and some above it.
fn split(items: &mut [Item], axis: usize) -> usize {
    let (sum, count) = weight(items, axis);
    items.sort_unstable_by_key(|item| (item.lab[axis], item.rgb));
    items.partition_point(|item| i128::from(item.lab[axis]) * count <= sum)
}

/// The means of the items that are nearest to each colour; one without any stays.
fn settled(items: &[Item], colors: &[[u8; 3]]) -> Vec<[u8; 3]> {
    let mut placed: Vec<Placed> = colors.iter().map(|rgb| (oklab(*rgb), *rgb)).collect();
    placed.sort_unstable();
    let mut sums = vec![Sums::default(); colors.len()];
    for item in items {
        sums[nearest(&placed, item.lab)].add(&(item.rgb, item.count));
    }
    sums.iter().zip(placed).map(|(sums, (_, rgb))| sums.mean().unwrap_or(rgb)).collect()
}

/// A colour in Oklab and in sRGB.
type Placed = ([i32; 3], [u8; 3]);

/// The lowest index of the nearest. The colours ascend by lightness: only those of nearly
/// the same are compared.
fn nearest(placed: &[Placed], lab: [i32; 3]) -> usize {
    let mut best = (i32::MAX, 0);
    let mut compare = |index: usize| {
        let other = placed[index].0;
        let [l, a, b] = [lab[0] - other[0], lab[1] - other[1], lab[2] - other[2]];
        if l * l > best.0 {
            return false;
        }
        best = best.min((l * l + a * a + b * b, index));
        true
    };
    let above = placed.partition_point(|(other, _)| other[0] < lab[0]);
    let _ = (above..placed.len()).all(&mut compare);
    let _ = (0..above).rev().all(&mut compare);
    best.1
}

/// Linear light of each sRGB byte.
static LINEAR: LazyLock<[f64; 256]> = LazyLock::new(|| {
    let mut linear = [0.0; 256];
    for (byte, slot) in (0u8..=255).zip(&mut linear) {
        let value = f64::from(byte) / 255.0;
        *slot = match value <= 0.04045 {
            true => value / 12.92,
            false => libm::pow((value + 0.055) / 1.055, 2.4),
        };
    }
    linear
});

/// The colour in Oklab, in 1/4096: lightness 0 to 4096, a and b between -1300 and 1300.
fn oklab(rgb: [u8; 3]) -> [i32; 3] {
    let [r, g, b] = rgb.map(|byte| LINEAR[usize::from(byte)]);
    let l = libm::cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
    let m = libm::cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
    let s = libm::cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
    .map(|value| (value * 4096.0).round() as i32)
}

#[cfg(test)]
#[path = "quantize_tests.rs"]
mod tests;
