//! Mirror, wrap, plane cut and crop (spec/engine.md 7).
//!
//! All of them go by the bricks that are there: a box may be as large as space.

use super::lattice::{Lattice, Piece, rearranged};
use super::lines::{Rows, rows_of, without};
use super::{Painter, Shape};
use crate::math::{Mat4, Vec3};
use crate::parallel::Threads;
use crate::volume::{BlendMode, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::sync::Arc;

/// The volume with what is in the box turned around along `axis` (0, 1, 2 for X, Y, Z):
/// the voxel `t` from the low side changes places with the one `t` from the high side. A
/// box one voxel thick changes nothing, and neither does an axis beyond 2.
pub fn mirrored(volume: &Volume, axis: u8, within: Bounds) -> Volume {
    let Some((low, high)) = ends(axis, within) else {
        return volume.clone();
    };
    let to = Lattice::flip(usize::from(axis), i64::from(low) + i64::from(high));
    rearranged(volume, &[Piece { of: within, to }])
}

/// The volume with what is in the box shifted by one voxel along `axis`, up or down; what
/// leaves the box comes in on its other side.
pub fn wrapped(volume: &Volume, axis: u8, up: bool, within: Bounds) -> Volume {
    let Some((low, high)) = ends(axis, within) else {
        return volume.clone();
    };
    let axis = usize::from(axis);
    let step = if up { 1 } else { -1 };
    let around = -step * (i64::from(high) - i64::from(low));
    let (most, last) = if up {
        (slab(within, axis, low, high - 1), slab(within, axis, high, high))
    } else {
        (slab(within, axis, low + 1, high), slab(within, axis, low, low))
    };
    rearranged(volume, &[piece(most, axis, step), piece(last, axis, around)])
}

/// Where the box begins and ends on the axis, if it is thicker than one voxel there.
fn ends(axis: u8, within: Bounds) -> Option<(i32, i32)> {
    let (low, high) = (within.min.to_array(), within.max.to_array());
    let (low, high) = (*low.get(usize::from(axis))?, *high.get(usize::from(axis))?);
    (low < high).then_some((low, high))
}

/// The part of the box from `low` to `high` on the axis.
fn slab(within: Bounds, axis: usize, low: i32, high: i32) -> Bounds {
    let (mut min, mut max) = (within.min.to_array(), within.max.to_array());
    (min[axis], max[axis]) = (low, high);
    Bounds { min: min.into(), max: max.into() }
}

fn piece(of: Bounds, axis: usize, step: i64) -> Piece {
    let mut offset = [0; 3];
    offset[axis] = step;
    Piece { of, to: Lattice::shift(offset) }
}

/// The volume without the voxels whose centre is strictly above the plane through `point`:
/// on the side that `normal` points to. For those below, turn the normal around. A plane
/// that is not finite, or has no normal, cuts nothing.
pub fn cut_above(volume: &Volume, point: Vec3, normal: Vec3) -> Volume {
    let greatest = normal.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let finite = point.iter().chain(&normal).all(|value| value.is_finite());
    if !finite || greatest == 0.0 {
        return volume.clone();
    }
    // At most 1, and far from where sums overflow: all terms below are finite.
    let normal = normal.map(|value| value / greatest);
    let point = point.map(|value| value.clamp(-1e100, 1e100));
    let below = |center: Vec3| {
        let height = [0, 1, 2].map(|axis| (center[axis] - point[axis]) * normal[axis]);
        height[0] + height[1] + height[2] <= 0.0
    };
    kept(volume, &HalfSpaces(&[&below]))
}

/// The volume without the voxels whose centre is outside the box: the painter's INTERSECT
/// with a white cube (spec/engine.md 3 and 5). A box that is flat or not finite crops nothing.
pub fn cropped(volume: &Volume, area: &Mat4, threads: Threads) -> Volume {
    let cube = Painter::new(Shape::Cube, Voxel::WHITE);
    let painter = Painter { mode: BlendMode::Intersect, ..cube };
    // It visits what is there and writes nothing new: no room is needed.
    painter.paint(volume, area, 0, threads).unwrap_or_else(|| volume.clone())
}

/// Tests of a centre that only turn once along each axis: then a brick passes one when
/// its eight corners do, and fails it when they all fail. Products and sums round
/// monotonously, so this holds for what is computed, not only for what is meant.
struct HalfSpaces<'a>(&'a [&'a dyn Fn(Vec3) -> bool]);

/// How a brick lies to half spaces.
enum Side {
    Inside,
    Outside,
    Across,
}

impl HalfSpaces<'_> {
    fn hold(&self, at: Coord) -> bool {
        let center = at.to_array().map(|value| f64::from(value) + 0.5);
        self.0.iter().all(|holds| holds(center))
    }

    fn side(&self, home: BrickCoord) -> Side {
        let corner = |i: u16| Local::new((i & 1) * 15, (i >> 1 & 1) * 15, (i >> 2) * 15);
        let centers = [0, 1, 2, 3, 4, 5, 6, 7]
            .map(|i| home.at(corner(i)).to_array().map(|value| f64::from(value) + 0.5));
        let mut side = Side::Inside;
        for holds in self.0 {
            match centers.iter().filter(|center| holds(**center)).count() {
                0 => return Side::Outside,
                8 => {}
                _ => side = Side::Across,
            }
        }
        side
    }
}

/// The voxels that all tests hold for; bricks that lose nothing are shared.
fn kept(volume: &Volume, tests: &HalfSpaces) -> Volume {
    let mut result = Volume::new();
    for (home, brick) in volume.bricks() {
        match tests.side(home) {
            Side::Outside => {}
            Side::Across => result.put(home, without(brick, &failing(home, brick, tests))),
            Side::Inside => {
                if let Some(whole) = volume.brick_arc(home) {
                    result.put_arc(home, Arc::clone(whole));
                }
            }
        }
    }
    result
}

fn failing(home: BrickCoord, brick: &Brick, tests: &HalfSpaces) -> Rows {
    let mut rows = rows_of(brick);
    for at in super::lines::places(&rows.clone()) {
        if tests.hold(home.at(at)) {
            rows[at.index() / 16] &= !(1 << at.x());
        }
    }
    rows
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
