//! Solid shapes on a box, and which voxels they hold.
//!
//! A shape fills the image of the cube [-1, 1]^3 under a box matrix. A voxel
//! belongs to it when its centre does; edges follow spec/engine.md 3: the cube
//! is half-open, the others include their boundary.

use crate::math::{Inverse, Mat4, Vec3, add, dot, length};
use crate::volume::{Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};

/// A solid shape; the axis of those that have one is the box's Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The whole box.
    #[default]
    Cube,
    /// The ellipsoid inside the box.
    Sphere,
    /// The elliptic cylinder inside the box.
    Cylinder,
    /// From the full ellipse at the bottom to the middle of the top.
    Cone,
    /// From the full rectangle at the bottom to the middle of the top.
    Pyramid,
    /// A ring around the axis, as thick as the box is high, at most to the middle.
    Torus,
}

impl Shape {
    /// The shape of that lower-case name. `box` is a cube, `ellipsoid` a sphere.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "cube" | "box" => Shape::Cube,
            "sphere" | "ellipsoid" => Shape::Sphere,
            "cylinder" => Shape::Cylinder,
            "cone" => Shape::Cone,
            "pyramid" => Shape::Pyramid,
            "torus" => Shape::Torus,
            _ => return None,
        })
    }

    /// The shape's name, as [`Shape::from_name`] takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Shape::Cube => "cube",
            Shape::Sphere => "sphere",
            Shape::Cylinder => "cylinder",
            Shape::Cone => "cone",
            Shape::Pyramid => "pyramid",
            Shape::Torus => "torus",
        }
    }

    /// Whether `p`, measured from the centre along the box's axes, is inside
    /// when the box reaches `half` along each.
    fn contains(self, p: Vec3, half: Vec3) -> bool {
        let [x, y, z] = p;
        let [sx, sy, sz] = half;
        let flat = || (x / sx).hypot_exact(y / sy);
        // The distance from the axis, 1 at the bottom edge, to 0 at the tip.
        let taper = (1.0 - z / sz) / 2.0;
        match self {
            Shape::Cube => [0, 1, 2].into_iter().all(|i| -half[i] <= p[i] && p[i] < half[i]),
            Shape::Sphere => {
                let share = [x / sx, y / sy, z / sz];
                let square = dot(share, share);
                if !(SURELY_INSIDE..=SURELY_OUTSIDE).contains(&square) {
                    return square < 1.0;
                }
                // So near the boundary the spec's own steps decide.
                let d = length(p);
                let u = p.map(|value| value / d);
                let r = sx * sy * sz / length([sy * sz * u[0], sx * sz * u[1], sx * sy * u[2]]);
                d == 0.0 || r - d >= 0.0
            }
            Shape::Cylinder => z.abs() <= sz && flat() <= 1.0,
            Shape::Cone => z.abs() <= sz && flat() <= taper,
            Shape::Pyramid => z.abs() <= sz && (x / sx).abs().max((y / sy).abs()) <= taper,
            Shape::Torus => {
                let tube = (sz / sx.min(sy)).min(0.5);
                ((flat() - (1.0 - tube)) / tube).hypot_exact(z / sz) <= 1.0
            }
        }
    }

    const fn is_convex(self) -> bool {
        !matches!(self, Shape::Torus)
    }

    /// Whether none of the points from `low` to `high`, measured as for
    /// [`Shape::contains`], can be inside. May say no where there is none.
    fn misses(self, low: Vec3, high: Vec3, half: Vec3) -> bool {
        // The nearest point to the axis, as shares of the half sizes.
        let [x, y, z] = [0, 1, 2].map(|i| low[i].max(-high[i]).max(0.0) / half[i]);
        let flat = x * x + y * y;
        let taper = (1.0 - low[2] / half[2]) / 2.0;
        match self {
            Shape::Cube => false,
            Shape::Sphere => flat + z * z > SURELY_OUTSIDE,
            Shape::Cylinder | Shape::Torus => flat > SURELY_OUTSIDE,
            Shape::Cone => flat > taper * taper * SURELY_OUTSIDE,
            Shape::Pyramid => x.max(y) > taper * SURELY_OUTSIDE,
        }
    }
}

/// Shares of the distance to a boundary beyond which rounding cannot matter.
const SURELY_OUTSIDE: f64 = 1.0 + 1e-9;
const SURELY_INSIDE: f64 = 1.0 - 1e-9;

/// `hypot` without libm, so that it is the same on every machine.
trait HypotExact {
    fn hypot_exact(self, other: f64) -> f64;
}

impl HypotExact for f64 {
    fn hypot_exact(self, other: f64) -> f64 {
        (self * self + other * other).sqrt()
    }
}

/// A shape placed in space, ready to say which voxels it holds.
#[derive(Clone, Copy, Debug)]
pub struct Solid {
    bounds: Bounds,
    test: Test,
}

/// Which of the voxels in its bounds a solid holds.
#[derive(Clone, Copy, Debug)]
enum Test {
    /// All of them.
    All,
    /// Those whose centre the shape contains.
    Centres { shape: Shape, inverse: Inverse, half: Vec3 },
}

impl Solid {
    /// The shape on a box matrix; `None` when the box is flat, broken, or
    /// wholly outside `i32` space or `clip`.
    pub fn new(shape: Shape, area: &Mat4, clip: Option<Bounds>) -> Option<Self> {
        let axes = [0, 1, 2].map(|axis| area.column(axis));
        let half = axes.map(length);
        let mut frame = *area;
        for (axis, (column, half)) in axes.iter().zip(half).enumerate() {
            for (row, value) in column.iter().enumerate() {
                frame.0[4 * axis + row] = (value / half) as f32;
            }
        }
        let bounds = reach(area)?;
        let bounds = match clip {
            Some(clip) => bounds.intersection(clip)?,
            None => bounds,
        };
        Some(Self { bounds, test: Test::Centres { shape, inverse: frame.inverse()?, half } })
    }

    /// The shape that fills whole voxels.
    pub fn filling(shape: Shape, bounds: Bounds) -> Self {
        if shape == Shape::Cube {
            return Self { bounds, test: Test::All };
        }
        let half = bounds.size().map(|n| n as f64 / 2.0);
        let center = add(bounds.min.to_array().map(f64::from), half);
        Self { bounds, test: Test::Centres { shape, inverse: Inverse::shift(center), half } }
    }

    /// The voxels it may hold.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Writes `voxel` at every place of the shape; an empty one erases. Returns
    /// how many places were written, or how many voxels erased.
    pub fn fill(&self, volume: &mut Volume, voxel: Voxel) -> u64 {
        let homes: Vec<BrickCoord> = if voxel.is_empty() {
            volume.bricks_in(self.bounds).into_iter().map(|(home, _)| home).collect()
        } else {
            self.homes().collect()
        };
        let mut touched = 0;
        for home in homes {
            if let Some(mask) = self.mask(home) {
                touched += volume.edit(home, |brick: &mut Brick| brick.fill(&mask, voxel));
            }
        }
        touched
    }

    fn homes(&self) -> impl Iterator<Item = BrickCoord> + use<> {
        let (low, high) = (self.bounds.min.brick(), self.bounds.max.brick());
        (low.z..=high.z).flat_map(move |z| {
            (low.y..=high.y)
                .flat_map(move |y| (low.x..=high.x).map(move |x| BrickCoord { x, y, z }))
        })
    }

    /// The places of the shape in a brick, a word per cell; `None` when there are none.
    fn mask(&self, home: BrickCoord) -> Option<[u64; 64]> {
        let inside = self.bounds.intersection(home.bounds())?;
        if inside == home.bounds() && self.holds_all_of(home) {
            return Some([u64::MAX; 64]);
        }
        if self.test.misses(inside) {
            return None;
        }
        let (low, high) = (inside.min.local(), inside.max.local());
        let mut mask = [0; 64];
        for z in low.z()..=high.z() {
            for y in low.y()..=high.y() {
                for x in low.x()..=high.x() {
                    let at = Local::new(x, y, z);
                    let (cell, bit) = at.cell_and_bit();
                    mask[cell] |= u64::from(self.test.holds(home.at(at).to_array())) << bit;
                }
            }
        }
        (mask != [0; 64]).then_some(mask)
    }

    /// A convex shape holds a brick when it holds its eight corners.
    fn holds_all_of(&self, home: BrickCoord) -> bool {
        let corner = |i: u16| Local::new((i & 1) * 15, (i >> 1 & 1) * 15, (i >> 2) * 15);
        self.test.is_convex() && (0..8).all(|i| self.test.holds(home.at(corner(i)).to_array()))
    }
}

impl Test {
    fn holds(&self, at: [i32; 3]) -> bool {
        match self {
            Test::All => true,
            Test::Centres { shape, inverse, half } => {
                shape.contains(inverse.point(at.map(|value| f64::from(value) + 0.5)), *half)
            }
        }
    }

    /// Whether no voxel of the box is held; known only where the axes are the world's.
    fn misses(&self, bounds: Bounds) -> bool {
        let center = |at: Coord| at.to_array().map(|value| f64::from(value) + 0.5);
        match self {
            Test::Centres { shape, inverse, half } if inverse.is_shift() => {
                let (low, high) = (center(bounds.min), center(bounds.max));
                shape.misses(inverse.point(low), inverse.point(high), *half)
            }
            _ => false,
        }
    }

    const fn is_convex(&self) -> bool {
        match self {
            Test::All => true,
            Test::Centres { shape, .. } => shape.is_convex(),
        }
    }
}

/// The voxels around the image of [-1, 1]^3, cut to `i32`.
fn reach(area: &Mat4) -> Option<Bounds> {
    let center = area.column(3);
    let half = [0, 1, 2]
        .map(|row| [0, 1, 2].into_iter().map(|axis| area.column(axis)[row].abs()).sum::<f64>());
    let finite = center.iter().chain(&half).all(|value| value.is_finite());
    let low = [0, 1, 2].map(|axis| (center[axis] - half[axis]).floor());
    let high = [0, 1, 2].map(|axis| (center[axis] + half[axis]).ceil() - 1.0);
    let (least, greatest) = (f64::from(i32::MIN), f64::from(i32::MAX));
    let inside = (0..3).all(|axis| high[axis] >= least && low[axis] <= greatest);
    if !finite || !inside {
        return None;
    }
    // `as` saturates, which is the cut.
    Bounds::new(low.map(|v| v as i32).into(), high.map(|v| v as i32).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(shape: Shape, half: f32) -> Volume {
        let solid = Solid::new(shape, &Mat4::from_box([0.; 3], [half; 3]), None).unwrap();
        let mut volume = Volume::new();
        let touched = solid.fill(&mut volume, Voxel::WHITE);
        assert_eq!(touched, volume.filled());
        volume
    }

    #[test]
    fn shapes_of_half_size_four_hold_the_anchor_counts() {
        let counts = [Shape::Cube, Shape::Sphere, Shape::Cylinder].map(|s| filled(s, 4.).filled());
        assert_eq!(counts, [512, 280, 416]);
    }

    #[test]
    fn a_ball_holds_the_centres_within_its_radius() {
        let ball = filled(Shape::Sphere, 20.);
        let inside = |x: i32, y: i32, z: i32| {
            [x, y, z].map(|v| (2 * v + 1) * (2 * v + 1)).iter().sum::<i32>() <= 40 * 40
        };
        for z in -21..21 {
            for y in -21..21 {
                for x in -21..21 {
                    let there = !ball.get(Coord::new(x, y, z)).is_empty();
                    assert_eq!(there, inside(x, y, z), "{x} {y} {z}");
                }
            }
        }
    }

    #[test]
    fn odd_sizes_fill_their_whole_box() {
        let bounds = Bounds::around(Coord::new(-1, -2, -3), Coord::new(3, 4, 5));
        for shape in [Shape::Cube, Shape::Sphere, Shape::Cylinder, Shape::Torus] {
            let mut volume = Volume::new();
            Solid::filling(shape, bounds).fill(&mut volume, Voxel::WHITE);
            assert_eq!(volume.bounds(), Some(bounds), "{shape:?}");
        }
    }

    #[test]
    fn a_box_of_voxels_is_exact_at_the_ends_of_space() {
        let bounds = Bounds::around(Coord::new(i32::MAX - 2, i32::MIN, 20_000_001), {
            Coord::new(i32::MAX, i32::MIN + 1, 20_000_001)
        });
        let mut volume = Volume::new();
        let touched = Solid::filling(Shape::Cube, bounds).fill(&mut volume, Voxel::WHITE);
        assert_eq!((touched, volume.bounds()), (6, Some(bounds)));
    }

    proptest! {
        #[test]
        fn a_shape_holds_the_voxels_whose_centres_it_contains(
            low in [-40..40i32, -40..40i32, -40..40i32],
            size in [1..70i32, 1..40i32, 1..50i32],
            shape in 1..6usize,
        ) {
            let shapes =
                [Shape::Cube, Shape::Sphere, Shape::Cylinder, Shape::Cone, Shape::Pyramid, Shape::Torus];
            let high = [0, 1, 2].map(|axis| low[axis] + size[axis] - 1);
            let solid = Solid::filling(shapes[shape], Bounds::around(low.into(), high.into()));
            let mut volume = Volume::new();
            let touched = solid.fill(&mut volume, Voxel::WHITE);
            prop_assert_eq!(touched, volume.filled());
            let mut held = 0;
            for z in low[2]..=high[2] {
                for y in low[1]..=high[1] {
                    for x in low[0]..=high[0] {
                        let inside = solid.test.holds([x, y, z]);
                        held += u64::from(inside);
                        prop_assert_eq!(!volume.get(Coord::new(x, y, z)).is_empty(), inside);
                    }
                }
            }
            prop_assert_eq!(held, touched);
        }
    }

    #[test]
    fn cones_and_pyramids_stand_on_their_base() {
        for shape in [Shape::Cone, Shape::Pyramid] {
            let volume = filled(shape, 8.);
            let layer = |z: i32| volume.voxels().filter(|(at, _)| at.z == z).count();
            assert!(layer(-8) > layer(0) && layer(0) > layer(6), "{shape:?}");
        }
    }

    #[test]
    fn a_torus_has_a_hole() {
        let bounds = Bounds::around(Coord::new(0, 0, 0), Coord::new(31, 31, 7));
        let mut volume = Volume::new();
        Solid::filling(Shape::Torus, bounds).fill(&mut volume, Voxel::WHITE);
        assert!(volume.get(Coord::new(16, 16, 4)).is_empty());
        assert!(!volume.get(Coord::new(4, 16, 4)).is_empty());
    }

    #[test]
    fn erasing_takes_only_what_is_there() {
        let mut volume = filled(Shape::Cube, 4.);
        let far = Bounds::around(Coord::new(0, 0, 0), Coord::new(i32::MAX, i32::MAX, i32::MAX));
        let erased = Solid::filling(Shape::Cube, far).fill(&mut volume, Voxel::EMPTY);
        assert_eq!((erased, volume.filled()), (64, 448));
    }

    #[test]
    fn a_box_turned_by_a_right_angle_holds_as_many() {
        let turned = Mat4([0., 3., 0., 0., -5., 0., 0., 0., 0., 0., 2., 0., 0., 0., 0., 1.]);
        let mut volume = Volume::new();
        Solid::new(Shape::Cylinder, &turned, None).unwrap().fill(&mut volume, Voxel::WHITE);
        let mut straight = Volume::new();
        let upright = Mat4::from_box([0.; 3], [5., 3., 2.]);
        Solid::new(Shape::Cylinder, &upright, None).unwrap().fill(&mut straight, Voxel::WHITE);
        assert_eq!(volume, straight);
    }

    #[test]
    fn a_flat_box_holds_nothing() {
        assert!(Solid::new(Shape::Cube, &Mat4::from_box([0.; 3], [4., 0., 4.]), None).is_none());
        assert!(Solid::new(Shape::Cube, &Mat4([f32::NAN; 16]), None).is_none());
    }
}
