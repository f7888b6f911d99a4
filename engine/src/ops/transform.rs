//! Moving a volume: by whole steps, turns and flips, or by any matrix.
//!
//! `move(volume, M)` of spec/engine.md 7: the voxel at `q` is the old one at
//! round(M⁻¹·q), sampled at integer corners, nearest, halves away from zero. Moves
//! of the grid onto itself are made in integers ([`Lattice`]): exact in all of `i32`.

use super::lattice::{Lattice, carried, floor};
use super::lines::{bricks_of, filled_box};
use crate::math::{Mat4, Vec3, add, sub};
use crate::volume::{BRICK_VOXELS, Bounds, Brick, BrickCoord, Coord, Volume, Voxel};
use std::collections::HashSet;

/// A move that a layer can make about its pivot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// By whole voxels.
    Shift([i32; 3]),
    /// By quarter turns about an axis, 0, 1, 2 for X, Y, Z; counter-clockwise seen from its tip.
    Turn {
        /// The axis.
        axis: u8,
        /// How many quarters.
        quarters: i8,
    },
    /// To the other side along an axis.
    Flip {
        /// The axis.
        axis: u8,
    },
    /// To twice the size.
    Double,
    /// To half the size.
    Halve,
    /// By any matrix.
    By(Mat4),
}

impl Motion {
    /// The move about the origin of space, as a matrix. An axis beyond 2 is no axis:
    /// such a turn or flip moves nothing.
    pub fn matrix(self) -> Mat4 {
        match self {
            Motion::Shift(step) => Mat4::from_box(step.map(|value| value as f32), [1.0; 3]),
            Motion::Turn { axis, quarters } => turn(axis, quarters),
            Motion::Flip { axis } => {
                let half = [0, 1, 2].map(|a| if a == axis { -1.0 } else { 1.0 });
                Mat4::from_box([0.0; 3], half)
            }
            Motion::Double => Mat4::from_box([0.0; 3], [2.0; 3]),
            Motion::Halve => Mat4::from_box([0.0; 3], [0.5; 3]),
            Motion::By(mat) => mat,
        }
    }

    /// The move about a layer's origin, as a matrix: what a clone's or a shape's own
    /// matrix, or a box, is to be multiplied with (`compose(&motion.matrix_about(o), &mat)`).
    pub fn matrix_about(self, origin: Vec3) -> Mat4 {
        about(&self.matrix(), origin)
    }

    /// The move in whole numbers, where it maps the grid onto itself.
    fn lattice(self) -> Option<Lattice> {
        match self {
            // A step beyond 2^24 is not exact in a matrix.
            Motion::Shift(step) => Some(Lattice::shift(step.map(i64::from))),
            _ => Lattice::of(&self.matrix()),
        }
    }
}

fn turn(axis: u8, quarters: i8) -> Mat4 {
    let mut mat = Mat4::IDENTITY;
    if axis < 3 {
        let (a, b) = (usize::from(axis + 1) % 3, usize::from(axis + 2) % 3);
        let (cos, sin) =
            [(1., 0.), (0., 1.), (-1., 0.), (0., -1.)][quarters.rem_euclid(4) as usize];
        for (column, row, value) in [(a, a, cos), (a, b, sin), (b, a, -sin), (b, b, cos)] {
            mat.0[4 * column + row] = value;
        }
    }
    mat
}

/// The middle of the voxel that holds the origin: what layers turn about.
fn pivot(origin: Vec3) -> Vec3 {
    origin.map(|value| value.floor() + 0.5)
}

/// The matrix applied about the middle of the voxel that holds `origin`:
/// T(o)·M·T(−o) with o = floor(origin) + ½ (spec/engine.md 7, "Layer transform tool").
/// Voxels are sampled at their lower corners, so a flip takes i to 2·floor(origin) + 1 − i.
pub fn about(mat: &Mat4, origin: Vec3) -> Mat4 {
    let o = pivot(origin);
    let moved = sub(add(mat.column(3), o), mat.direction(o));
    let mut result = *mat;
    result.0[12..15].copy_from_slice(&moved.map(|value| value as f32));
    result
}

/// The axis-aligned box matrix around a box: what a layer's box becomes after it was
/// turned with its layer.
pub fn axis_aligned(area: &Mat4) -> Mat4 {
    let reach = |row: usize| (0..3).map(|axis| area.column(axis)[row].abs()).sum::<f64>();
    let mut result = Mat4::from_box([0.0; 3], [0, 1, 2].map(|row| reach(row) as f32));
    result.0[12..].copy_from_slice(&area.0[12..]);
    result
}

/// The volume moved by `mat`; exact for whole steps, quarter turns and flips; what would
/// leave space is dropped, and nothing is left of a volume that `mat` flattens. `None`
/// when more than `room` bricks would have to be looked at; else their number is taken
/// from `room`. Not moving is free.
pub fn moved(volume: &Volume, mat: &Mat4, room: &mut usize) -> Option<Volume> {
    match Lattice::of(mat) {
        Some(Lattice::IDENTITY) => Some(volume.clone()),
        Some(lattice) => carried(volume, lattice, room),
        None => sampled(volume, mat, [0.0; 3], room),
    }
}

/// The volume moved as a layer moves about its origin (see [`about`]): shifts, turns and
/// flips are exact in all of `i32`, the rest is `move(volume, M')`. A matrix or origin
/// that is not finite moves nothing; one that flattens leaves nothing. `None` when more
/// than `room` bricks would have to be looked at.
pub fn transformed(
    volume: &Volume,
    motion: Motion,
    origin: Vec3,
    mut room: usize,
) -> Option<Volume> {
    let mat = motion.matrix();
    let finite = mat.0.iter().all(|v| v.is_finite()) && origin.iter().all(|v| v.is_finite());
    let lattice = motion.lattice().map(|lattice| lattice.about(origin.map(floor)));
    match lattice {
        _ if !finite => Some(volume.clone()),
        Some(Lattice::IDENTITY) => Some(volume.clone()),
        Some(lattice) => carried(volume, lattice, &mut room),
        None => sampled(volume, &mat, pivot(origin), &mut room),
    }
}

/// The volume moved by `mat` about `pivot`, place by place.
fn sampled(volume: &Volume, mat: &Mat4, pivot: Vec3, room: &mut usize) -> Option<Volume> {
    let Some(inverse) = mat.inverse() else {
        return Some(Volume::new());
    };
    let homes = reached(volume, mat, pivot, *room)?;
    *room -= homes.len();
    let mut reader = Reader { volume, last: None };
    let mut result = Volume::new();
    for home in homes {
        let origin = home.origin().to_array();
        // What each coordinate adds to the old place, for the sixteen along each axis.
        let terms: [[Vec3; 16]; 3] = std::array::from_fn(|axis| {
            std::array::from_fn(|i| {
                inverse.term(axis, f64::from(origin[axis] + i as i32) - pivot[axis])
            })
        });
        let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
        for (row, voxels) in voxels.chunks_exact_mut(16).enumerate() {
            let (y, z) = (terms[1][row & 15], terms[2][row >> 4]);
            for (voxel, x) in voxels.iter_mut().zip(terms[0]) {
                *voxel = reader.nearest(add(add(add(x, y), z), pivot));
            }
        }
        result.put(home, Brick::from_voxels(&voxels));
    }
    Some(result)
}

/// Reads voxels; those in one brick after the other without a search.
struct Reader<'a> {
    volume: &'a Volume,
    last: Option<(BrickCoord, Option<&'a Brick>)>,
}

impl Reader<'_> {
    /// The voxel whose corner is nearest, halves away from zero; none outside space.
    fn nearest(&mut self, p: Vec3) -> Voxel {
        let [Some(x), Some(y), Some(z)] = p.map(rounded) else {
            return Voxel::EMPTY;
        };
        let at = Coord::new(x, y, z);
        let brick = match self.last {
            Some((home, brick)) if home == at.brick() => brick,
            _ => self.volume.brick(at.brick()),
        };
        self.last = Some((at.brick(), brick));
        brick.map_or(Voxel::EMPTY, |brick| brick.get(at.local()))
    }
}

/// The nearest whole number, halves away from zero, if it is in space. By casts: `round`
/// is a call on machines that have no instruction for it.
fn rounded(value: f64) -> Option<i32> {
    // Not so for what is no number.
    if !(-4e9..4e9).contains(&value) {
        return None;
    }
    let whole = value as i64;
    let rest = value - whole as f64;
    let away = i64::from(rest >= 0.5) - i64::from(rest <= -0.5);
    i32::try_from(whole + away).ok()
}

/// The bricks that the volume's bricks can come to lie in, at most `max`, in the
/// defined order. Bricks whose images overlap much, as under a matrix that is nearly flat,
/// are refused for the work they would be.
fn reached(volume: &Volume, mat: &Mat4, pivot: Vec3, max: usize) -> Option<Vec<BrickCoord>> {
    let mut homes = HashSet::new();
    let mut work = 64 * volume.brick_count() as u128 + 4 * max as u128;
    for (home, brick) in volume.bricks() {
        let reach = image(mat, pivot, filled_box(home, brick)?)?;
        if reach.bricks() > max as u128 {
            return None;
        }
        work = work.checked_sub(reach.bricks())?;
        homes.extend(bricks_of(reach));
        if homes.len() > max {
            return None;
        }
    }
    let mut homes: Vec<BrickCoord> = homes.into_iter().collect();
    homes.sort_unstable_by_key(|at| at.order());
    Some(homes)
}

/// The voxels whose corner can come from one in `bounds`: those in the image of the
/// box of all points that round to its corners.
fn image(mat: &Mat4, pivot: Vec3, bounds: Bounds) -> Option<Bounds> {
    let low = bounds.min.to_array().map(|value| f64::from(value) - 0.5);
    let high = bounds.max.to_array().map(|value| f64::from(value) + 0.5);
    let corner = |i: usize| -> Vec3 {
        let p = [0, 1, 2].map(|axis| [low, high][i >> axis & 1][axis]);
        add(mat.point(sub(p, pivot)), pivot)
    };
    let corners: Vec<Vec3> = (0..8).map(corner).collect();
    let least = [0, 1, 2].map(|a| corners.iter().map(|c| c[a]).fold(f64::INFINITY, f64::min));
    let most = [0, 1, 2].map(|a| corners.iter().map(|c| c[a]).fold(f64::NEG_INFINITY, f64::max));
    let finite = least.iter().chain(&most).all(|value| value.is_finite());
    // `as` saturates: what is beyond space is looked for at its end, and not found.
    let (low, high) = (least.map(|v| v.floor() as i32), most.map(|v| v.ceil() as i32));
    finite.then(|| Bounds::new(low.into(), high.into())).flatten()
}

#[cfg(test)]
#[path = "transform_tests.rs"]
mod tests;
