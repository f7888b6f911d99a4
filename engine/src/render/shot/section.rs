//! Section planes: what lies beyond them is not there.

use super::parts::{Part, inside, places};
use crate::math::Vec3;
use crate::volume::tree;
use crate::volume::{Bounds, Brick, BrickCoord, Volume, Voxel};
use std::sync::Arc;

/// A plane that cuts away the side that its normal points to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// Towards what is cut away; any length but zero.
    pub normal: Vec3,
    /// What the product of the normal with the plane's points is, in voxels times its length.
    pub offset: f64,
}

impl Plane {
    /// The plane through a point.
    pub fn through(point: Vec3, normal: Vec3) -> Self {
        Self { normal, offset: crate::math::dot(point, normal) }
    }

    /// Cuts away what lies at `at` and above along an axis, 0 to 2: the voxels from `at` on.
    pub fn above(axis: usize, at: i32) -> Self {
        Self { normal: unit(axis, 1.0), offset: f64::from(at) }
    }

    /// Cuts away what lies below `at` along an axis, 0 to 2: the voxels up to `at - 1`.
    pub fn below(axis: usize, at: i32) -> Self {
        Self { normal: unit(axis, -1.0), offset: -f64::from(at) }
    }

    /// Scaled by a power of two, so that no sum over voxels overflows or vanishes; `None`
    /// when it has no side.
    fn usable(self) -> Option<Self> {
        const GREAT: f64 = (1u128 << 100) as f64;
        let largest = self.normal.iter().fold(0.0, |most: f64, part| most.max(part.abs()));
        let finite = self.normal.iter().all(|part| part.is_finite()) && self.offset.is_finite();
        if !finite || largest == 0.0 {
            return None;
        }
        let Plane { mut normal, mut offset } = self;
        while normal.iter().any(|part| part.abs() > GREAT) {
            (normal, offset) = (normal.map(|part| part / GREAT), offset / GREAT);
        }
        while normal.iter().all(|part| part.abs() < 1.0 / GREAT) {
            (normal, offset) = (normal.map(|part| part * GREAT), offset * GREAT);
        }
        Some(Plane { normal, offset })
    }

    /// How much of a box is cut away. Products and sums are rounded, but never past each
    /// other, so the two outermost voxels speak for all.
    fn cuts(&self, area: Bounds) -> Part {
        let [low, high] = [area.min, area.max].map(|at| at.to_array().map(center));
        let at = |nearest: bool| {
            let part = |axis: usize| {
                let ascends = self.normal[axis] >= 0.0;
                let place = if ascends == nearest { low[axis] } else { high[axis] };
                self.normal[axis] * place
            };
            part(0) + part(1) + part(2)
        };
        match (at(true) > self.offset, at(false) > self.offset) {
            (true, _) => Part::All,
            (false, true) => Part::Some,
            (false, false) => Part::None,
        }
    }
}

fn unit(axis: usize, length: f64) -> Vec3 {
    let mut unit = [0.0; 3];
    unit[axis % 3] = length;
    unit
}

fn center(at: i32) -> f64 {
    f64::from(at) + 0.5
}

/// A cut through voxels: one is there or not, never half. Cut faces show the voxels' own
/// colours. The default cuts nothing.
///
/// ```
/// use goxel_engine::render::{Plane, Section};
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// let tower: Volume = (0..9).map(|z| (Coord::new(0, 0, z), Voxel::WHITE)).collect();
/// let section = Section { planes: vec![Plane::above(2, 4)], ..Section::default() };
/// assert_eq!(section.of(&tower).filled(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// A voxel whose centre lies beyond one of them is cut away. A plane with a number
    /// that is not finite, or without a normal, cuts nothing.
    pub planes: Vec<Plane>,
    /// What lies outside this box is cut away.
    pub keep: Option<Bounds>,
}

impl Section {
    /// What the section leaves. Bricks that it leaves whole are shared.
    pub fn of(&self, volume: &Volume) -> Volume {
        let planes: Vec<Plane> = self.planes.iter().filter_map(|plane| plane.usable()).collect();
        let rule = |area: Bounds| cut(&planes, self.keep, area);
        let Some((root, bounds)) = volume.root().zip(volume.bounds()) else {
            return volume.clone();
        };
        match rule(bounds) {
            Part::None => return volume.clone(),
            Part::All => return Volume::new(),
            Part::Some => {}
        }
        let mut left = Vec::new();
        tree::for_each(root, &mut |key, brick| {
            let home = key.brick();
            left.extend(rest(home, brick, rule).map(|brick| (home, brick)));
        });
        Volume::from_bricks(left)
    }
}

/// How much of a box a section cuts away.
fn cut(planes: &[Plane], keep: Option<Bounds>, area: Bounds) -> Part {
    let outside = match keep.map(|keep| inside(area, keep)) {
        Some(Part::None) => return Part::All,
        Some(Part::Some) => Part::Some,
        Some(Part::All) | None => Part::None,
    };
    let mut most = outside;
    for plane in planes {
        match plane.cuts(area) {
            Part::All => return Part::All,
            Part::Some => most = Part::Some,
            Part::None => {}
        }
    }
    most
}

/// What is left of a brick, if anything.
fn rest(home: BrickCoord, brick: &Arc<Brick>, rule: impl Fn(Bounds) -> Part) -> Option<Arc<Brick>> {
    match rule(home.bounds()) {
        Part::None => return Some(Arc::clone(brick)),
        Part::All => return None,
        Part::Some => {}
    }
    let gone = places(home, brick, rule);
    if gone == [0; 64] {
        return Some(Arc::clone(brick));
    }
    let mut left = Brick::clone(brick);
    left.fill(&gone, Voxel::EMPTY);
    (!left.is_empty()).then(|| Arc::new(left))
}

#[cfg(test)]
#[path = "section_tests.rs"]
mod tests;
