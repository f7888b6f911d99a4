//! Where matter ends: the direction in which voxels get fainter, around a cell.
//!
//! At a voxel's centre it is a difference of the 3x3x3 voxels around it, nearer ones
//! weighing more; between centres it runs evenly from one to the next. Two cells with a
//! face in common have the same slope there, so light runs across their triangles without a
//! seam.

use super::field::Field;
use crate::math::{self, Vec3};

/// What the voxels in a row weigh, and what they do along the axis of a difference.
const WEIGHTS: [i32; 3] = [1, 2, 1];
const STEPS: [i32; 3] = [-1, 0, 1];

/// The slopes at the eight corners of a cell: x first, then y, then z. They point outwards.
#[derive(Clone, Copy)]
pub(super) struct Slopes([[i32; 3]; 8]);

/// The alphas of 4x4x4 voxels: z, y, x.
type Alphas = [[[i32; 4]; 4]; 4];

impl Slopes {
    pub(super) fn new(field: &Field<'_>, cell: [i64; 3]) -> Self {
        let alpha = |x: usize, y: usize, z: usize| {
            let at = |axis: usize, up: usize| cell[axis] + up as i64 - 1;
            i32::from(field.alpha([at(0, x), at(1, y), at(2, z)]))
        };
        let row = |y, z| std::array::from_fn(|x| alpha(x, y, z));
        let alphas = std::array::from_fn(|z| std::array::from_fn(|y| row(y, z)));
        Self(std::array::from_fn(|corner| {
            slope(&alphas, [corner & 1, corner >> 1 & 1, corner >> 2])
        }))
    }

    /// The unit vector outwards at a place in the cell; `None` where matter ends nowhere.
    pub(super) fn at(&self, place: Vec3) -> Option<Vec3> {
        let corners = self.0.map(|slope| slope.map(f64::from));
        let between =
            |a: Vec3, b: Vec3, part: f64| math::add(a, math::scale(math::sub(b, a), part));
        let along_x = |pair: usize| between(corners[2 * pair], corners[2 * pair + 1], place[0]);
        let along_y = |pair: usize| between(along_x(2 * pair), along_x(2 * pair + 1), place[1]);
        let slope = between(along_y(0), along_y(1), place[2]);
        // Sums of whole numbers: what is not zero is not small.
        (math::length(slope) > 1e-6).then(|| math::normalize(slope))
    }
}

/// The slope at the voxel at 1 to 2 along each axis.
fn slope(alphas: &Alphas, corner: [usize; 3]) -> [i32; 3] {
    let mut slope = [0; 3];
    for (z, y) in (0..3).flat_map(|z| (0..3).map(move |y| (z, y))) {
        for x in 0..3 {
            let alpha = alphas[corner[2] + z][corner[1] + y][corner[0] + x];
            slope[0] -= alpha * STEPS[x] * WEIGHTS[y] * WEIGHTS[z];
            slope[1] -= alpha * WEIGHTS[x] * STEPS[y] * WEIGHTS[z];
            slope[2] -= alpha * WEIGHTS[x] * WEIGHTS[y] * STEPS[z];
        }
    }
    slope
}
