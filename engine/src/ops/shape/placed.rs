//! A shape on a box in space, and a box of whole voxels: the regions that painters fill.

use super::Shape;
use super::form::{Form, ROUNDING};
use super::mask::Mask;
use super::region::{Block, Region, Soft, Verdict, cell_of, center, coverage, mask_of, soft_of};
use crate::math::{Mat4, Vec3, cross, dot, length, sub};
use crate::volume::Bounds;

/// A box in space: the image of the cube [-1, 1]^3, in full precision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub axes: [Vec3; 3],
    pub center: Vec3,
}

impl From<&Mat4> for Area {
    fn from(mat: &Mat4) -> Self {
        Self { axes: [0, 1, 2].map(|axis| mat.column(axis)), center: mat.column(3) }
    }
}

impl Area {
    /// The box on the other side of the plane across `axis` through `origin`.
    pub(crate) fn mirrored(mut self, axis: usize, origin: f64) -> Self {
        self.axes.iter_mut().for_each(|column| column[axis] = -column[axis]);
        self.center[axis] = 2.0 * origin - self.center[axis];
        self
    }
}

/// The region that a shape fills: a box of whole voxels where that is the same.
#[derive(Clone, Debug)]
pub(crate) enum Fill {
    /// The voxels of a box, which may leave space; `None` when it holds no voxel's centre.
    Whole(Option<Block>),
    /// The voxels whose centres are deep enough in a shape.
    Placed(Box<Placed>),
}

/// A shape on a box.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Rows that take a point from the centre to the box's own axes.
    rows: [Vec3; 3],
    center: Vec3,
    form: Form,
    /// How far it is covered from the centre along the world's axes.
    reach: Vec3,
}

impl Fill {
    /// The shape on a box with an edge of that softness; `None` when the box is flat or
    /// something is not finite.
    pub(crate) fn new(shape: Shape, area: &Area, soft: f64) -> Option<Self> {
        let placed = Placed::new(shape, area, soft)?;
        if shape == Shape::Cube && soft == 0.0 && placed.is_upright() {
            return Some(Self::Whole(placed.whole()));
        }
        Some(Self::Placed(Box::new(placed)))
    }

    /// The shape that fills whole voxels.
    pub(crate) fn filling(shape: Shape, bounds: Bounds) -> Self {
        if shape == Shape::Cube {
            return Self::Whole(Some(Block::of(bounds)));
        }
        let half = bounds.size().map(|n| n as f64 / 2.0);
        let [x, y, z] = half;
        let axes = [[x, 0., 0.], [0., y, 0.], [0., 0., z]];
        let low = bounds.min.to_array().map(f64::from);
        let area = Area { axes, center: [low[0] + x, low[1] + y, low[2] + z] };
        match Placed::new(shape, &area, 0.0) {
            Some(placed) => Self::Placed(Box::new(placed)),
            None => Self::Whole(None),
        }
    }
}

impl Placed {
    fn new(shape: Shape, area: &Area, soft: f64) -> Option<Self> {
        let half = area.axes.map(length);
        // Divided, not multiplied by the inverse: an axis along the world's is then exact.
        let units = [0, 1, 2].map(|axis| area.axes[axis].map(|value| value / half[axis]));
        let [x, y, z] = units;
        let det = dot(x, cross(y, z));
        let rows = [cross(y, z), cross(z, x), cross(x, y)].map(|row| row.map(|value| value / det));
        let reach = [0, 1, 2].map(|row| {
            (0..3).map(|axis| units[axis][row].abs() * (half[axis] + soft)).sum::<f64>()
        });
        let all = rows.iter().flatten().chain(&area.center).chain(&reach);
        let is_solid = det != 0.0 && half.iter().all(|half| *half > 0.0) && soft >= 0.0;
        let is_sound = is_solid && all.copied().all(f64::is_finite);
        let form = Form::new(shape, half, soft);
        is_sound.then_some(Self { rows, center: area.center, form, reach })
    }

    /// Whether each of the box's axes is one of the world's.
    fn is_upright(&self) -> bool {
        self.rows.iter().all(|row| row.iter().filter(|value| **value != 0.0).count() == 1)
    }

    /// The voxels of an upright cube.
    fn whole(&self) -> Option<Block> {
        let (mut low, mut high) = ([0; 3], [0; 3]);
        for axis in 0..3 {
            let row = self.rows.iter().position(|row| row[axis] != 0.0)?;
            let (turn, half) = (self.rows[row][axis], self.form.half()[row]);
            let local = |at: i64| turn * (at as f64 + 0.5 - self.center[axis]);
            // Half-open along the box's own axis, which may run against the world's.
            (low[axis], high[axis]) = if turn > 0.0 {
                (first(|at| local(at) >= -half), first(|at| local(at) >= half) - 1)
            } else {
                (first(|at| local(at) < half), first(|at| local(at) < -half) - 1)
            };
            if low[axis] > high[axis] {
                return None;
            }
        }
        Some(Block { low, high })
    }

    /// The point along the box's own axes.
    fn local(&self, at: Vec3) -> Vec3 {
        let from_center = sub(at, self.center);
        self.rows.map(|row| dot(row, from_center))
    }

    /// The coverage of a voxel.
    pub(crate) fn coverage(&self, at: [i64; 3]) -> f64 {
        let p = self.local(center(at));
        if self.form.soft() == 0.0 {
            return f64::from(u8::from(self.form.holds(p)));
        }
        coverage(self.form.depth(p), self.form.soft())
    }

    /// The bits of the 4x4x4 from `low` that a sphere or cylinder holds: squares decide,
    /// and near the boundary the spec's own steps.
    fn round_cell(&self, low: [i64; 3]) -> u64 {
        let [x, y, z] =
            [0, 1, 2].map(|row| self.rows[row].map(|value| value / self.form.half()[row]));
        let from = sub(center(low), self.center);
        let start = [dot(x, from), dot(y, from), dot(z, from)];
        let step = [0, 1, 2].map(|axis| [x[axis], y[axis], z[axis]]);
        let is_sphere = self.form.shape() == Shape::Sphere;
        let doubt = self.doubt([x, y, z], from);
        let mut word = 0;
        for row in 0..16u32 {
            let (j, k) = (f64::from(row & 3), f64::from(row >> 2));
            let base = [0, 1, 2].map(|i| start[i] + j * step[1][i] + k * step[2][i]);
            for i in 0..4u32 {
                let [u, v, w] = [0, 1, 2].map(|axis| base[axis] + f64::from(i) * step[0][axis]);
                let flat = u * u + v * v;
                let square = if is_sphere { flat + w * w } else { flat.max(w * w) };
                let bit = row << 2 | i;
                let is_held = if (square - 1.0).abs() > doubt {
                    square < 1.0
                } else {
                    let place = [i, row & 3, row >> 2].map(i64::from);
                    self.coverage([0, 1, 2].map(|axis| low[axis] + place[axis])) >= 1.0
                };
                word |= u64::from(is_held) << bit;
            }
        }
        word
    }

    /// How near to 1 the sum of squared shares is too near to tell.
    fn doubt(&self, shares: [Vec3; 3], from: Vec3) -> f64 {
        let terms =
            shares.iter().flat_map(|row| (0..3).map(|i| row[i].abs() * (from[i].abs() + 4.0)));
        ROUNDING + 1e-13 * terms.sum::<f64>()
    }
}

/// The first voxel along an axis from which on it holds, looked for well beyond space.
fn first(holds: impl Fn(i64) -> bool) -> i64 {
    let (mut low, mut high) = (-FAR, FAR);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

/// Beyond space on both sides.
const FAR: i64 = 1 << 40;

impl Region for Placed {
    fn bounds(&self) -> Option<Bounds> {
        let low = [0, 1, 2].map(|axis| (self.center[axis] - self.reach[axis]).floor());
        let high = [0, 1, 2].map(|axis| (self.center[axis] + self.reach[axis]).ceil() - 1.0);
        cut(low, high)
    }

    fn judge(&self, block: &Block) -> Verdict {
        let (center, half) = (sub(block.center(), self.center), block.half());
        let mut low = [0.0; 3];
        let mut high = [0.0; 3];
        for (axis, row) in self.rows.iter().enumerate() {
            let middle = dot(*row, center);
            let reach = dot(row.map(f64::abs), half);
            let reach = reach + 1e-14 * (reach + dot(row.map(f64::abs), center.map(f64::abs)));
            (low[axis], high[axis]) = (middle - reach, middle + reach);
        }
        let (span, soft) = (self.form.range(low, high), self.form.soft());
        if span.high < -soft {
            Verdict::Outside
        } else if span.low >= soft {
            Verdict::Inside
        } else {
            Verdict::Mixed
        }
    }

    fn mask(&self, low: [i64; 3]) -> Mask {
        let is_round = matches!(self.form.shape(), Shape::Sphere | Shape::Cylinder);
        let judge = |block: &Block| self.judge(block);
        if is_round && self.form.soft() == 0.0 {
            return mask_of(low, judge, |from| self.round_cell(from));
        }
        mask_of(low, judge, |from| cell_of(from, |at| self.coverage(at) >= 1.0))
    }

    fn soft(&self, low: [i64; 3], alpha: u8) -> Option<Box<Soft>> {
        let is_soft = self.form.soft() > 0.0;
        is_soft.then(|| soft_of(low, alpha, |block| self.judge(block), |at| self.coverage(at)))
    }

    fn is_convex(&self) -> bool {
        self.form.is_convex()
    }
}

impl Region for Fill {
    fn bounds(&self) -> Option<Bounds> {
        match self {
            Fill::Whole(block) => {
                let Block { low, high } = (*block)?;
                cut(low.map(|value| value as f64), high.map(|value| value as f64))
            }
            Fill::Placed(placed) => placed.bounds(),
        }
    }

    fn judge(&self, block: &Block) -> Verdict {
        let whole = match self {
            Fill::Placed(placed) => return placed.judge(block),
            Fill::Whole(None) => return Verdict::Outside,
            Fill::Whole(Some(whole)) => whole,
        };
        let axes = 0..3;
        if axes.clone().any(|i| block.high[i] < whole.low[i] || whole.high[i] < block.low[i]) {
            return Verdict::Outside;
        }
        let is_inside =
            axes.clone().all(|i| whole.low[i] <= block.low[i] && block.high[i] <= whole.high[i]);
        if is_inside { Verdict::Inside } else { Verdict::Mixed }
    }

    fn mask(&self, low: [i64; 3]) -> Mask {
        let whole = match self {
            Fill::Placed(placed) => return placed.mask(low),
            Fill::Whole(None) => return Mask::NONE,
            Fill::Whole(Some(whole)) => whole,
        };
        let from = [0, 1, 2].map(|i| (whole.low[i] - low[i]).max(0));
        let to = [0, 1, 2].map(|i| (whole.high[i] - low[i]).min(15));
        if (0..3).any(|i| from[i] > to[i]) {
            return Mask::NONE;
        }
        Mask::of_box(from.map(|value| value as u16), to.map(|value| value as u16))
    }

    fn soft(&self, low: [i64; 3], alpha: u8) -> Option<Box<Soft>> {
        match self {
            Fill::Whole(_) => None,
            Fill::Placed(placed) => placed.soft(low, alpha),
        }
    }

    fn is_convex(&self) -> bool {
        match self {
            Fill::Whole(_) => true,
            Fill::Placed(placed) => placed.is_convex(),
        }
    }
}

/// The voxels around a box, cut to space; `None` when none are in it or it is not finite.
pub(crate) fn reach(area: &Area) -> Option<Bounds> {
    let half = [0, 1, 2].map(|row| area.axes.iter().map(|column| column[row].abs()).sum::<f64>());
    let is_finite = area.center.iter().chain(&half).all(|value| value.is_finite());
    let low = [0, 1, 2].map(|axis| (area.center[axis] - half[axis]).floor());
    let high = [0, 1, 2].map(|axis| (area.center[axis] + half[axis]).ceil() - 1.0);
    is_finite.then(|| cut(low, high)).flatten()
}

/// The box of voxels between two corners, cut to space.
pub(crate) fn cut(low: Vec3, high: Vec3) -> Option<Bounds> {
    let (least, greatest) = (f64::from(i32::MIN), f64::from(i32::MAX));
    let is_near = (0..3).all(|axis| high[axis] >= least && low[axis] <= greatest);
    // `as` saturates, which is the cut.
    let bounds = || Bounds::new(low.map(|v| v as i32).into(), high.map(|v| v as i32).into());
    is_near.then(bounds).flatten()
}
