//! Tubes: what lies within a radius of a line through points, and the line itself.
//!
//! The line of voxels has no gaps (26-connected): the voxel of every point, and between two
//! points one voxel a step along the longest axis, the one that the segment passes at the
//! step's middle. It is found in whole numbers, from points rounded to 1/65536.

use super::shape::{
    Block, Mask, Region, Soft, Verdict, cell_of, center, coverage, cut, mask_of, soft_of,
};
use crate::math::{Vec3, add, dot, length, scale, sub};
use crate::volume::Bounds;

/// Round segments between points.
pub(super) struct Tube {
    radius: f64,
    soft: f64,
    segments: Vec<Segment>,
    /// Boxes around runs of segments: 1 around all, 2n and 2n + 1 around the halves of n.
    around: Vec<(Vec3, Vec3)>,
}

struct Segment {
    from: Vec3,
    along: Vec3,
    thin: Option<Thin>,
}

/// The part of a segment near space, in units of 1/65536 voxel.
struct Thin {
    from: [i64; 3],
    to: [i64; 3],
}

/// What a voxel is rounded to for the thin line.
const UNIT: i64 = 1 << 16;

/// How far from the segment the centres of the thin line's voxels may be, half a voxel
/// an axis, with room for rounding.
const THIN_REACH: f64 = 1.0;

impl Tube {
    /// `None` without points, or when something is negative or not finite.
    pub(super) fn new(points: &[Vec3], radius: f64, soft: f64) -> Option<Self> {
        let numbers = points.iter().flatten();
        let is_sound = radius >= 0.0 && soft >= 0.0 && radius + soft < HUGE;
        if points.is_empty() || !is_sound || !numbers.clone().all(|value| value.abs() < HUGE) {
            return None;
        }
        let ends = points.iter().zip(points.iter().skip(1).chain(points.last()));
        let count = points.len().saturating_sub(1).max(1);
        let segments: Vec<_> =
            ends.take(count).map(|(from, to)| Segment::new(*from, *to, radius + soft)).collect();
        let mut around = vec![([0.0; 3], [0.0; 3]); 4 * segments.len()];
        enclose(&segments, &mut around, 1);
        Some(Self { radius, soft, segments, around })
    }

    /// The segments that may cover a voxel of the block.
    fn near(&self, block: &Block) -> Vec<&Segment> {
        let mut near = Vec::new();
        let reach = (self.radius + self.soft).max(THIN_REACH) + 1.0;
        let (center, half) = (block.center(), block.half());
        let mut open = vec![(1, 0, self.segments.len())];
        while let Some((node, from, to)) = open.pop() {
            let (low, high) = self.around[node];
            let is_far = |i: usize| {
                center[i] + half[i] + reach < low[i] || high[i] + reach < center[i] - half[i]
            };
            if (0..3).any(is_far) {
                continue;
            }
            if to - from == 1 {
                near.push(&self.segments[from]);
                continue;
            }
            let middle = from + (to - from) / 2;
            open.extend([(2 * node, from, middle), (2 * node + 1, middle, to)]);
        }
        near
    }

    fn judge_near(&self, near: &[&Segment], block: &Block) -> Verdict {
        let (center, spread) = (block.center(), length(block.half()));
        let slack = 1e-9 * (1.0 + self.radius + self.soft) + 1e-13 * length(center);
        let mut verdict = Verdict::Outside;
        for segment in near {
            let away = segment.distance(center);
            if away + spread + slack <= self.radius - self.soft {
                return Verdict::Inside;
            }
            if away - spread - slack < (self.radius + self.soft).max(THIN_REACH) {
                verdict = Verdict::Mixed;
            }
        }
        verdict
    }

    fn coverage(&self, near: &[&Segment], at: [i64; 3]) -> f64 {
        let center = center(at);
        let away = |segment: &&Segment| segment.distance(center);
        let nearest = near.iter().map(away).fold(f64::INFINITY, f64::min);
        let covered = coverage(self.radius - nearest, self.soft);
        let is_thin = |segment: &&Segment| segment.thin.as_ref().is_some_and(|thin| thin.has(at));
        if covered < 1.0 && nearest < THIN_REACH && near.iter().any(is_thin) {
            1.0
        } else {
            covered
        }
    }
}

/// Beyond this squares of distances would not be finite.
const HUGE: f64 = 1e100;

impl Region for Tube {
    fn bounds(&self) -> Option<Bounds> {
        let (low, high) = self.around[1];
        let reach = (self.radius + self.soft).max(THIN_REACH);
        cut(low.map(|value| (value - reach).floor()), high.map(|value| (value + reach).ceil()))
    }

    fn judge(&self, block: &Block) -> Verdict {
        self.judge_near(&self.near(block), block)
    }

    fn mask(&self, low: [i64; 3]) -> Mask {
        let near = self.near(&Block::cube(low, 16));
        let judge = |block: &Block| self.judge_near(&near, block);
        mask_of(low, judge, |from| cell_of(from, |at| self.coverage(&near, at) >= 1.0))
    }

    fn soft(&self, low: [i64; 3], alpha: u8) -> Option<Box<Soft>> {
        let near = self.near(&Block::cube(low, 16));
        let judge = |block: &Block| self.judge_near(&near, block);
        (self.soft > 0.0).then(|| soft_of(low, alpha, judge, |at| self.coverage(&near, at)))
    }

    fn is_convex(&self) -> bool {
        false
    }
}

/// Fills the box of that node, around the segments it stands for.
fn enclose(segments: &[Segment], around: &mut [(Vec3, Vec3)], node: usize) {
    if let [segment] = segments {
        let to = add(segment.from, segment.along);
        let least = [0, 1, 2].map(|i| segment.from[i].min(to[i]));
        around[node] = (least, [0, 1, 2].map(|i| segment.from[i].max(to[i])));
        return;
    }
    let (left, right) = segments.split_at(segments.len() / 2);
    enclose(left, around, 2 * node);
    enclose(right, around, 2 * node + 1);
    let ((a, b), (c, d)) = (around[2 * node], around[2 * node + 1]);
    around[node] = ([0, 1, 2].map(|i| a[i].min(c[i])), [0, 1, 2].map(|i| b[i].max(d[i])));
}

impl Segment {
    fn new(from: Vec3, to: Vec3, reach: f64) -> Self {
        // What is farther than anything it could cover is left out, so that what is left
        // can be measured exactly enough.
        let far = FAR + 2.0 * reach;
        let (from, to) = clipped(from, to, far).unwrap_or((from, to));
        let thin = clipped(from, to, FAR)
            .map(|(from, to)| Thin { from: from.map(fixed), to: to.map(fixed) });
        Self { from, along: sub(to, from), thin }
    }

    fn distance(&self, at: Vec3) -> f64 {
        let away = sub(at, self.from);
        let square = dot(self.along, self.along);
        let share = if square > 0.0 { dot(away, self.along) / square } else { 0.0 };
        length(sub(away, scale(self.along, share.clamp(0.0, 1.0))))
    }
}

/// A little beyond space.
const FAR: f64 = 2_147_484_000.0;

fn fixed(value: f64) -> i64 {
    (value * UNIT as f64).floor() as i64
}

/// The part of a segment within `far` of the origin on every axis.
fn clipped(from: Vec3, to: Vec3, far: f64) -> Option<(Vec3, Vec3)> {
    let along = sub(to, from);
    let (mut first, mut last) = (0.0f64, 1.0f64);
    for axis in 0..3 {
        if along[axis] == 0.0 {
            if from[axis].abs() > far {
                return None;
            }
            continue;
        }
        let ends = [-far, far].map(|end| (end - from[axis]) / along[axis]);
        first = first.max(ends[0].min(ends[1]));
        last = last.min(ends[0].max(ends[1]));
    }
    let place = |share: f64| match share {
        0.0 => from,
        1.0 => to,
        _ => add(from, scale(along, share)).map(|value| value.clamp(-far, far)),
    };
    (first <= last).then(|| (place(first), place(last)))
}

impl Thin {
    /// Whether the voxel is one of the line's.
    fn has(&self, at: [i64; 3]) -> bool {
        let [from, to] = [self.from, self.to].map(|end| end.map(|value| value.div_euclid(UNIT)));
        if at == from || at == to {
            return true;
        }
        let along = [0, 1, 2].map(|axis| self.to[axis] - self.from[axis]);
        let longest = (0..3).fold(0, |a, b| if along[b].abs() > along[a].abs() { b } else { a });
        let (low, high) = (from[longest].min(to[longest]), from[longest].max(to[longest]));
        if at[longest] < low || high < at[longest] || along[longest] == 0 {
            return false;
        }
        let ends = [self.from[longest], self.to[longest]];
        let middle = at[longest] * UNIT + UNIT / 2;
        let middle = middle.clamp(ends[0].min(ends[1]), ends[0].max(ends[1]));
        // Both signs taken off the divisor: rounding is then down, always.
        let step = i128::from((middle - self.from[longest]) * along[longest].signum());
        (0..3).all(|axis| {
            let run = i128::from(along[longest].abs());
            let rise = (step * i128::from(along[axis])).div_euclid(run);
            let passed = i128::from(self.from[axis]) + rise;
            axis == longest || passed.div_euclid(i128::from(UNIT)) == i128::from(at[axis])
        })
    }
}
