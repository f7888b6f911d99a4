//! How deep a point lies in a shape: positive inside, distance-like, in voxels.
//!
//! Cube, sphere and cylinder follow spec/engine.md 3 step for step. The others are ours:
//! the least distance to the planes and curved sides that bound them, measured along the
//! radius for the curved ones, and never more than the distance to the box's own cylinder
//! or sides, so that a soft edge ends `soft` outside the box for every shape.

use super::Shape;
use crate::math::{Vec3, length};

/// A shape in its own frame, reaching `half` along each axis.
#[derive(Clone, Debug)]
pub(super) struct Form {
    shape: Shape,
    half: Vec3,
    soft: f64,
    /// 1 / `half`.
    per_half: Vec3,
    /// Half the width of a torus's tube as a share of the ring's, and 1 / that.
    tube: [f64; 2],
    /// The sides of a prism.
    sides: Vec<Side>,
}

/// A side of a prism: a point is `reach - normal . (x, y)` voxels inside it.
#[derive(Clone, Copy, Debug)]
struct Side {
    normal: [f64; 2],
    reach: f64,
}

/// The least and the greatest of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub low: f64,
    pub high: f64,
}

/// Shares of the distance to a boundary beyond which rounding cannot matter.
pub(super) const ROUNDING: f64 = 1e-9;

impl Form {
    pub(super) fn new(shape: Shape, half: Vec3, soft: f64) -> Self {
        let sides = match shape {
            Shape::Prism(count) => sides(count, half),
            _ => Vec::new(),
        };
        let tube = (half[2] / half[0].min(half[1])).min(0.5);
        let per_half = half.map(|half| 1.0 / half);
        Self { shape, half, soft, per_half, tube: [tube, 1.0 / tube], sides }
    }

    pub(super) const fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) const fn half(&self) -> Vec3 {
        self.half
    }

    pub(super) const fn soft(&self) -> f64 {
        self.soft
    }

    /// The depth of `p`, measured from the centre along the box's axes.
    pub(super) fn depth(&self, p: Vec3) -> f64 {
        let [sx, sy, sz] = self.half;
        let share = [p[0] / sx, p[1] / sy, p[2] / sz];
        let flat = hypot(share[0], share[1]);
        let lid = sz - p[2].abs();
        // The share of the full width that is left: 1 at the bottom, 0 at the tip.
        let taper = (1.0 - share[2]) / 2.0;
        match self.shape {
            Shape::Cube => self.cube(p),
            Shape::Sphere => self.sphere(p),
            Shape::Cylinder => self.cylinder(p),
            Shape::Cone => {
                let radius = self.radius(p, flat);
                lid.min((taper - flat) * self.lean(radius)).min((1.0 - flat) * radius)
            }
            Shape::Pyramid => [0, 1].into_iter().fold(lid, |depth, i| {
                let slope = (taper - share[i].abs()) * self.lean(self.half[i]);
                depth.min(slope).min((1.0 - share[i].abs()) * self.half[i])
            }),
            Shape::Torus => {
                let tube = self.tube[0];
                let ring = 1.0 - hypot((flat - (1.0 - tube)) / tube, share[2]);
                let outer = (1.0 - flat) * self.radius(p, flat);
                (ring * self.thickness()).min(lid).min(outer)
            }
            Shape::Prism(_) => {
                let cap = lid.min((1.0 - flat) * self.radius(p, flat));
                self.sides.iter().map(|side| side.depth(p)).fold(cap, f64::min)
            }
        }
    }

    /// Whether the depth of `p` is at least 0: the same, but faster, for a hard edge.
    pub(super) fn holds(&self, p: Vec3) -> bool {
        let [sx, sy, sz] = self.half;
        let flat = || hypot(p[0] / sx, p[1] / sy);
        let taper = || (1.0 - p[2] / sz) / 2.0;
        let is_between = p[2].abs() <= sz;
        match self.shape {
            Shape::Cube => (0..3).all(|i| -self.half[i] <= p[i] && p[i] < self.half[i]),
            Shape::Sphere => self.sphere(p) >= 0.0,
            Shape::Cylinder => self.cylinder(p) >= 0.0,
            Shape::Cone => is_between && flat() <= taper(),
            Shape::Pyramid => is_between && (p[0] / sx).abs().max((p[1] / sy).abs()) <= taper(),
            Shape::Torus => {
                let [tube, per_tube] = self.tube;
                let [x, y, z] = [0, 1, 2].map(|i| p[i] * self.per_half[i]);
                let across = (hypot(x, y) - (1.0 - tube)) * per_tube;
                let square = across * across + z * z;
                // Divisions only where rounding could matter.
                if (square - 1.0).abs() > ROUNDING / tube {
                    return square < 1.0;
                }
                is_between && hypot((flat() - (1.0 - tube)) / tube, p[2] / sz) <= 1.0
            }
            Shape::Prism(_) => is_between && self.sides.iter().all(|side| side.depth(p) >= 0.0),
        }
    }

    fn cube(&self, p: Vec3) -> f64 {
        let (half, soft) = (self.half, self.soft);
        let inside = |by: f64| (0..3).all(|i| -half[i] - by <= p[i] && p[i] < half[i] + by);
        if !inside(soft) {
            return f64::NEG_INFINITY;
        }
        if inside(-soft) {
            return f64::INFINITY;
        }
        // The middle has no nearest axis: the nearest face's distance, as all around it.
        let middle = (f64::INFINITY, half[0].min(half[1]).min(half[2]));
        let axes = (0..3).filter(|i| p[*i] != 0.0);
        let scored = axes.map(|i| (half[i] / p[i].abs(), half[i] - p[i].abs()));
        scored.fold(middle, |best, next| if next.0 < best.0 { next } else { best }).1
    }

    fn sphere(&self, p: Vec3) -> f64 {
        let [sx, sy, sz] = self.half;
        let d = length(p);
        if d == 0.0 {
            return self.widest();
        }
        let u = p.map(|value| value / d);
        sx * sy * sz / length([sy * sz * u[0], sx * sz * u[1], sx * sy * u[2]]) - d
    }

    fn cylinder(&self, [x, y, z]: Vec3) -> f64 {
        let [sx, sy, sz] = self.half;
        let lid = sz - z.abs();
        let d = hypot(x, y);
        if d == 0.0 {
            return lid.min(self.widest());
        }
        lid.min(sx * sy / hypot(sy * x / d, sx * y / d) - d)
    }

    /// The ellipse's radius towards `p`.
    fn radius(&self, p: Vec3, flat: f64) -> f64 {
        let radius = hypot(p[0], p[1]) / flat;
        if radius.is_finite() { radius } else { self.half[0].min(self.half[1]) }
    }

    /// What a share of the width is worth across a slope that rises over `radius`.
    fn lean(&self, radius: f64) -> f64 {
        let height = 2.0 * self.half[2];
        radius * height / hypot(radius, height)
    }

    fn thickness(&self) -> f64 {
        self.half[2].min(self.half[0].min(self.half[1]) / 2.0)
    }

    fn widest(&self) -> f64 {
        self.half.into_iter().fold(0.0, f64::max)
    }

    /// Whether the points of positive depth are a convex set.
    pub(super) const fn is_convex(&self) -> bool {
        self.soft == 0.0 && !matches!(self.shape, Shape::Torus)
    }

    /// Bounds of the depth of all points between two corners; never too narrow.
    pub(super) fn range(&self, low: Vec3, high: Vec3) -> Span {
        let near = [0, 1, 2].map(|i| low[i].max(-high[i]).max(0.0));
        let far = [0, 1, 2].map(|i| low[i].abs().max(high[i].abs()));
        let place = Place { near, far, low, high };
        let span = match self.shape {
            Shape::Cube => self.cube_range(&place),
            Shape::Sphere => self.sphere_range(&place),
            _ => self.round_range(&place),
        };
        let slack = 1e-12 * (self.widest() + self.soft);
        Span { low: span.low - slack, high: span.high + slack }
    }

    /// A cube's depth says nothing finer than in, out, or in the soft edge.
    fn cube_range(&self, place: &Place) -> Span {
        let walls = [0, 1, 2].map(|i| self.wall(place, i));
        let all = walls[0].least(walls[1]).least(walls[2]);
        let slack = 1e-12 * (self.widest() + self.soft);
        let is_inside = all.low - slack >= self.soft;
        let is_outside = all.high + slack < -self.soft;
        Span {
            low: if is_inside { f64::INFINITY } else { f64::NEG_INFINITY },
            high: if is_outside { f64::NEG_INFINITY } else { f64::INFINITY },
        }
    }

    fn sphere_range(&self, place: &Place) -> Span {
        let share = |p: Vec3| length([0, 1, 2].map(|i| p[i] / self.half[i]));
        let narrowest = self.half.into_iter().fold(f64::INFINITY, f64::min);
        let radius = Span { low: narrowest, high: self.widest() };
        Span { low: 1.0 - share(place.far), high: 1.0 - share(place.near) }.times(radius)
    }

    /// Every shape with a lid: the least of the distances to its sides.
    fn round_range(&self, place: &Place) -> Span {
        let flat = Span {
            low: hypot(place.near[0] / self.half[0], place.near[1] / self.half[1]),
            high: hypot(place.far[0] / self.half[0], place.far[1] / self.half[1]),
        };
        let lid = self.wall(place, 2);
        let radius = Span { low: self.half[0].min(self.half[1]), high: self.widest() };
        let outer = Span { low: 1.0 - flat.high, high: 1.0 - flat.low }.times(radius);
        let taper = Span {
            low: (1.0 - place.high[2] / self.half[2]) / 2.0,
            high: (1.0 - place.low[2] / self.half[2]) / 2.0,
        };
        let lean = Span { low: self.lean(radius.low), high: self.lean(radius.high) };
        match self.shape {
            Shape::Cone => lid.least(outer).least(taper.minus(flat).times(lean)),
            Shape::Pyramid => [0, 1].into_iter().fold(lid, |span, i| {
                let share =
                    Span { low: place.near[i] / self.half[i], high: place.far[i] / self.half[i] };
                let lean = self.lean(self.half[i]);
                let slope = taper.minus(share).times(Span { low: lean, high: lean });
                span.least(slope).least(self.wall(place, i))
            }),
            Shape::Torus => lid.least(outer).least(self.ring_range(place, flat)),
            Shape::Prism(_) => {
                let sides = self.sides.iter().map(|side| side.range(place));
                sides.fold(lid.least(outer), Span::least)
            }
            _ => lid.least(outer),
        }
    }

    fn ring_range(&self, place: &Place, flat: Span) -> Span {
        let tube = self.tube[0];
        let across = [flat.low, flat.high].map(|flat| (flat - (1.0 - tube)) / tube);
        let near = across[0].max(-across[1]).max(0.0);
        let far = across[0].abs().max(across[1].abs());
        let ring = Span {
            low: 1.0 - hypot(far, place.far[2] / self.half[2]),
            high: 1.0 - hypot(near, place.near[2] / self.half[2]),
        };
        ring.times(Span { low: self.thickness(), high: self.thickness() })
    }

    fn wall(&self, place: &Place, axis: usize) -> Span {
        let half = self.half[axis];
        Span { low: half - place.far[axis], high: half - place.near[axis] }
    }
}

/// The points between two corners, and how near and far they come per axis.
struct Place {
    near: Vec3,
    far: Vec3,
    low: Vec3,
    high: Vec3,
}

impl Span {
    fn least(self, other: Span) -> Span {
        Span { low: self.low.min(other.low), high: self.high.min(other.high) }
    }

    fn minus(self, other: Span) -> Span {
        Span { low: self.low - other.high, high: self.high - other.low }
    }

    /// Times a factor that is not negative.
    fn times(self, by: Span) -> Span {
        Span {
            low: self.low * if self.low < 0.0 { by.high } else { by.low },
            high: self.high * if self.high < 0.0 { by.low } else { by.high },
        }
    }
}

impl Side {
    fn depth(&self, p: Vec3) -> f64 {
        self.reach - (self.normal[0] * p[0] + self.normal[1] * p[1])
    }

    fn range(&self, place: &Place) -> Span {
        let ends = |i: usize| {
            let (a, b) = (self.normal[i] * place.low[i], self.normal[i] * place.high[i]);
            (a.min(b), a.max(b))
        };
        let ((x0, x1), (y0, y1)) = (ends(0), ends(1));
        Span { low: self.reach - (x1 + y1), high: self.reach - (x0 + y0) }
    }
}

/// The sides of a regular polygon in the ellipse, its first corner on +Y.
fn sides(count: u8, half: Vec3) -> Vec<Side> {
    let count = count.clamp(3, 64);
    let step = std::f64::consts::PI / f64::from(count);
    // A hair outwards: what lies on a side is inside, whatever the sines are rounded to.
    let apothem = libm::cos(step) + 1e-12;
    let side = |index: u8| {
        // Towards the middle of the side, from +Y.
        let turn = step * f64::from(2 * u32::from(index) + 1);
        let scaled = [libm::sin(turn) / half[0], libm::cos(turn) / half[1]];
        let size = hypot(scaled[0], scaled[1]);
        Side { normal: scaled.map(|value| value / size), reach: apothem / size }
    };
    (0..count).map(side).collect()
}

/// Without libm, so that it is the same on every machine.
fn hypot(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}
