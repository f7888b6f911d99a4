//! The painter of spec/engine.md 3, voxel by voxel, written from the spec alone: what the
//! tests compare with. Cone, pyramid, torus and prism are ours: which voxels they hold is
//! written anew, how deep is asked of the shapes themselves.

use super::Shape;
use super::paint::Painter;
use super::shape::{Area, Fill, Placed};
use crate::math::{Mat4, Vec3, cross, dot, length, sub};
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel, combine};

pub(super) const SHAPES: [Shape; 9] = [
    Shape::Cube,
    Shape::Sphere,
    Shape::Cylinder,
    Shape::Cone,
    Shape::Pyramid,
    Shape::Torus,
    Shape::Prism(3),
    Shape::Prism(6),
    Shape::Prism(7),
];

/// Step 2: a box as its size vector and its local frame.
struct Frame {
    size: Vec3,
    basis: [Vec3; 3],
    middle: Vec3,
}

impl Frame {
    fn of(columns: [Vec3; 3], middle: Vec3) -> Self {
        let size = columns.map(length);
        let basis = [0, 1, 2].map(|axis| columns[axis].map(|value| value / size[axis]));
        Self { size, basis, middle }
    }

    fn local(&self, at: [i32; 3]) -> Vec3 {
        let [x, y, z] = self.basis;
        let from = sub(at.map(|value| f64::from(value) + 0.5), self.middle);
        let det = dot(x, cross(y, z));
        [cross(y, z), cross(z, x), cross(x, y)].map(|row| dot(row.map(|value| value / det), from))
    }
}

/// Whether a shape with hard edges on that box holds the voxel.
pub(super) fn held(shape: Shape, area: &Mat4, at: [i32; 3]) -> bool {
    let frame = Frame::of([0, 1, 2].map(|axis| area.column(axis)), area.column(3));
    contains(shape, frame.local(at), frame.size)
}

fn contains(shape: Shape, p: Vec3, size: Vec3) -> bool {
    let [x, y, z] = [0, 1, 2].map(|i| p[i] / size[i]);
    let flat = (x * x + y * y).sqrt();
    let is_between = p[2].abs() <= size[2];
    let taper = (1.0 - z) / 2.0;
    match shape {
        Shape::Cone => is_between && flat <= taper,
        Shape::Pyramid => is_between && x.abs().max(y.abs()) <= taper,
        Shape::Torus => {
            let tube = (size[2] / size[0].min(size[1])).min(0.5);
            let across = (flat - (1.0 - tube)) / tube;
            (across * across + z * z).sqrt() <= 1.0
        }
        Shape::Prism(corners) => {
            let corner = |index: u8| {
                let turn = std::f64::consts::TAU * f64::from(index) / f64::from(corners);
                [libm::sin(turn), libm::cos(turn)]
            };
            // To the right of each side, walking around from +Y towards +X.
            is_between
                && (0..corners).all(|index| {
                    let ([ax, ay], [bx, by]) = (corner(index), corner((index + 1) % corners));
                    (bx - ax) * (y - ay) - (by - ay) * (x - ax) <= 1e-12
                })
        }
        _ => depth(shape, p, size, 0.0) >= 0.0,
    }
}

/// The shape functions of section 3.
fn depth(shape: Shape, p: Vec3, [sx, sy, sz]: Vec3, s: f64) -> f64 {
    let size = [sx, sy, sz];
    match shape {
        Shape::Sphere => {
            let d = length(p);
            if d == 0.0 {
                return sx.max(sy).max(sz);
            }
            let [ux, uy, uz] = p.map(|value| value / d);
            sx * sy * sz / length([sy * sz * ux, sx * sz * uy, sx * sy * uz]) - d
        }
        Shape::Cylinder => {
            let rz = sz - p[2].abs();
            let d = length([p[0], p[1], 0.0]);
            if d == 0.0 {
                return rz.min(sx.max(sy).max(sz));
            }
            rz.min(sx * sy / length([sy * p[0] / d, sx * p[1] / d, 0.0]) - d)
        }
        _ => {
            if (0..3).any(|i| !(-size[i] - s <= p[i] && p[i] < size[i] + s)) {
                return f64::NEG_INFINITY;
            }
            if (0..3).all(|i| -size[i] + s <= p[i] && p[i] < size[i] - s) {
                return f64::INFINITY;
            }
            let mut best: Option<usize> = None;
            for i in (0..3).filter(|i| p[*i] != 0.0) {
                let ratio = |i: usize| size[i] / p[i].abs();
                if best.is_none_or(|best| ratio(i) < ratio(best)) {
                    best = Some(i);
                }
            }
            best.map_or(sx.min(sy).min(sz), |i| size[i] - p[i].abs())
        }
    }
}

/// One application of the painter, on one box.
struct Op<'a> {
    painter: &'a Painter,
    frame: Frame,
    placed: Option<Placed>,
}

impl Op<'_> {
    /// Step 5.
    fn coverage(&self, at: [i32; 3]) -> f64 {
        let (p, s) = (self.frame.local(at), f64::from(self.painter.smoothness));
        let is_ours = !matches!(self.painter.shape, Shape::Cube | Shape::Sphere | Shape::Cylinder);
        if s == 0.0 {
            return f64::from(u8::from(contains(self.painter.shape, p, self.frame.size)));
        }
        if let Some(placed) = self.placed.as_ref().filter(|_| is_ours) {
            return placed.coverage(at.map(i64::from));
        }
        (depth(self.painter.shape, p, self.frame.size, s) / s).clamp(-1.0, 1.0) / 2.0 + 0.5
    }

    /// Whether all that `steps` through faces reach is fully covered.
    fn is_core(&self, at: [i32; 3], steps: u32) -> bool {
        if self.coverage(at) < 1.0 {
            return false;
        }
        steps == 0
            || (0..3).all(|axis| {
                [-1, 1].into_iter().all(|step| {
                    let mut next = at;
                    next[axis] += step;
                    self.is_core(next, steps - 1)
                })
            })
    }

    fn source(&self, at: [i32; 3]) -> (f64, Voxel) {
        let is_hollow = self.painter.hollow > 0 && self.is_core(at, self.painter.hollow);
        let v = if is_hollow { 0.0 } else { self.coverage(at) };
        let [r, g, b, a] = self.painter.color.0;
        // Step 6.
        (v, Voxel([r, g, b, (f64::from(a) * v) as u8]))
    }

    /// Steps 4 to 8 for one voxel.
    fn meet(&self, at: [i32; 3], old: Voxel) -> Voxel {
        use BlendMode::{Intersect, IntersectFill, MultAlpha, Replace, Sub, SubClamp};
        if self.painter.clip.is_some_and(|clip| !clip.contains(at.into())) {
            return old;
        }
        let mode = self.painter.mode;
        let (v, source) = self.source(at);
        let takes = matches!(mode, Sub | SubClamp | MultAlpha);
        let cuts = matches!(mode, Intersect | IntersectFill);
        if takes && source.is_empty() || (takes || cuts) && old.is_empty() {
            return old;
        }
        // [D]: nothing is written where coverage is 0; REPLACE has no other reading.
        if v == 0.0 && !cuts {
            return old;
        }
        debug_assert!(mode != Replace || v > 0.0);
        combine(old, source, mode)
    }
}

/// The result of painting, looking at every voxel of `window`, which must hold it all.
pub(super) fn paint(painter: &Painter, volume: &Volume, area: &Mat4, window: Bounds) -> Volume {
    let columns = [0, 1, 2].map(|axis| area.column(axis));
    paint_from(painter, volume.clone(), (columns, area.column(3)), 0, window)
}

/// Step 1, as it is written: each enabled axis from `first` on, mirrored ones first.
fn paint_from(
    painter: &Painter,
    mut volume: Volume,
    area: ([Vec3; 3], Vec3),
    first: usize,
    window: Bounds,
) -> Volume {
    for axis in (first..3).filter(|axis| painter.symmetry.axes[*axis]) {
        let (mut columns, mut middle) = area;
        columns.iter_mut().for_each(|column| column[axis] *= -1.0);
        middle[axis] = 2.0 * f64::from(painter.symmetry.origin[axis]) - middle[axis];
        volume = paint_from(painter, volume, (columns, middle), axis + 1, window);
    }
    let (axes, center) = area;
    let soft = f64::from(painter.smoothness);
    let placed = match Fill::new(painter.shape, &Area { axes, center }, soft) {
        Some(Fill::Placed(placed)) => Some(*placed),
        _ => None,
    };
    let op = Op { painter, frame: Frame::of(axes, center), placed };
    let mut result = volume.clone();
    for z in window.min.z..=window.max.z {
        for y in window.min.y..=window.max.y {
            for x in window.min.x..=window.max.x {
                let at = Coord::new(x, y, z);
                result.set(at, op.meet([x, y, z], volume.get(at)));
            }
        }
    }
    result
}
