//! Marching cubes: the surface inside one cell, from the voxels at its eight corners.
//!
//! A cell joins the centres of 2x2x2 voxels. A corner is inside when its voxel is drawn
//! (alpha 127 and up). The surface cuts each edge between inside and outside once, where
//! alpha, going evenly from one end to the other, passes one half; it turns its front, seen
//! counterclockwise, to the outside. Numbers of corners and edges are those of
//! spec/rendering.md A7.
//!
//! What is cut in the face of a cell depends on that face alone, so the surfaces of
//! neighbouring cells meet without holes. Where a face has two inside corners across from
//! each other they are joined: voxels that touch along an edge stay one piece.

mod table;

use crate::volume::Voxel;
use table::{CASES, MAX_TRIANGLES};

/// Where the corners are, in cells.
pub const CORNERS: [[u8; 3]; 8] =
    [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1]];

/// The two corners of each edge.
pub const EDGES: [[u8; 2]; 12] = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
    [4, 5],
    [5, 6],
    [6, 7],
    [7, 4],
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
];

/// How the surface is finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Cut at halves of a voxel, each point in the colour of one voxel.
    #[default]
    Flat,
    /// Cut at eighths of a voxel, with colours that run into each other.
    Smooth,
}

impl Style {
    /// Into how many parts an edge is divided.
    const fn steps(self) -> i32 {
        match self {
            Style::Flat => 2,
            Style::Smooth => 8,
        }
    }
}

/// Where the surface cuts an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Eighths of a voxel from the cell's lowest corner: 0 to 8.
    pub at: [u8; 3],
    /// The red, green and blue of the edge's inner end.
    pub color: [u8; 3],
}

impl Point {
    /// The place in voxels from the cell's lowest corner: exact.
    #[inline]
    pub fn place(&self) -> [f64; 3] {
        self.at.map(|eighths| f64::from(eighths) * 0.125)
    }
}

/// A flat part of the surface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triangle {
    /// The edges whose points are its corners, counterclockwise seen from outside.
    pub edges: [u8; 3],
    /// The direction outwards: whole numbers without a common divisor.
    pub normal: [i16; 3],
    /// The product of `normal` and any of its points in eighths of a voxel: with `normal`
    /// it tells the plane.
    pub offset: i32,
    /// A bit for each edge whose point is a corner of a triangle of this cell in the same
    /// plane: the corners of the polygon that they form.
    pub polygon: u16,
}

/// The surface in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// By the number of the edge; meaningless for those that are not cut.
    pub points: [Point; 12],
    triangles: [Triangle; MAX_TRIANGLES],
    count: u8,
}

impl Surface {
    /// The surface between the voxels at the corners; the faint ones among them move it.
    pub fn new(corners: &[Voxel; 8], style: Style) -> Self {
        let inside = |corner: usize| u8::from(corners[corner].is_solid()) << corner;
        let case = (0..8).map(inside).fold(0, |all, bit| all | bit);
        let mut surface = Surface::default();
        let triangles = CASES[usize::from(case)].triangles();
        for edge in triangles.iter().flatten().map(|edge| usize::from(*edge)) {
            surface.points[edge] = cut(corners, edge, style);
        }
        triangles.iter().for_each(|edges| surface.push(*edges));
        surface.join();
        surface
    }

    /// Its triangles; none of them is empty.
    #[inline]
    pub fn triangles(&self) -> &[Triangle] {
        &self.triangles[..usize::from(self.count)]
    }

    /// The corners of a triangle.
    #[inline]
    pub fn corners(&self, triangle: &Triangle) -> [Point; 3] {
        triangle.edges.map(|edge| self.points[usize::from(edge)])
    }

    /// Which edge's point is the nearest to `place` (in voxels from the cell's lowest corner)
    /// among the corners of the triangle's polygon: of equal ones the first.
    ///
    /// In [`Style::Flat`] its colour is the colour there: polygons are divided midway between
    /// their corners.
    pub fn nearest(&self, triangle: &Triangle, place: [f64; 3]) -> usize {
        let distance = |edge: usize| {
            let at = self.points[edge].place();
            let [x, y, z] = [0, 1, 2].map(|axis| at[axis] - place[axis]);
            x * x + y * y + z * z
        };
        let mut nearest = (f64::INFINITY, 0);
        for edge in (0..12).filter(|edge| triangle.polygon >> edge & 1 == 1) {
            let distance = distance(edge);
            if distance < nearest.0 {
                nearest = (distance, edge);
            }
        }
        nearest.1
    }

    /// Adds a triangle unless its points lie on a line.
    fn push(&mut self, edges: [u8; 3]) {
        let [a, b, c] = edges.map(|edge| self.points[usize::from(edge)].at.map(i16::from));
        let from_a = |p: [i16; 3]| [p[0] - a[0], p[1] - a[1], p[2] - a[2]];
        let (u, v) = (from_a(b), from_a(c));
        let cross = |i: usize, j: usize| u[i] * v[j] - u[j] * v[i];
        let normal = [cross(1, 2), cross(2, 0), cross(0, 1)];
        let divisor = normal.into_iter().fold(0, divisor);
        if divisor == 0 {
            return;
        }
        let normal = normal.map(|value| value / divisor);
        let offset = (0..3).map(|axis| i32::from(normal[axis]) * i32::from(a[axis])).sum();
        let polygon = edges.into_iter().fold(0, |mask, edge| mask | 1 << edge);
        self.triangles[usize::from(self.count)] = Triangle { edges, normal, offset, polygon };
        self.count += 1;
    }

    /// Gives the triangles of one plane one polygon.
    fn join(&mut self) {
        let all = self.triangles;
        for triangle in &mut self.triangles[..usize::from(self.count)] {
            let same = |other: &&Triangle| {
                (other.normal, other.offset) == (triangle.normal, triangle.offset)
            };
            let polygon = all.iter().filter(same).fold(0, |mask, other| mask | other.polygon);
            triangle.polygon = polygon;
        }
    }
}

/// The point on an edge that is cut.
fn cut(corners: &[Voxel; 8], edge: usize, style: Style) -> Point {
    let [first, second] = EDGES[edge].map(usize::from);
    // From the lower end, so that all cells around an edge find the same point.
    let upwards = CORNERS[first] < CORNERS[second];
    let (low, high) = if upwards { (first, second) } else { (second, first) };
    let ends = [corners[low], corners[high]];
    let mut at = CORNERS[low].map(|value| value * 8);
    for axis in 0..3 {
        if CORNERS[low][axis] != CORNERS[high][axis] {
            at[axis] = eighths(ends.map(Voxel::alpha), style.steps());
        }
    }
    let inner = if ends[0].alpha() >= ends[1].alpha() { ends[0] } else { ends[1] };
    let [r, g, b, _] = inner.0;
    Point { at, color: [r, g, b] }
}

/// Where alpha passes one half between two ends that differ, in eighths from the first: the
/// nearest step, of two equally near the one nearer to the middle. A voxel of alpha 127
/// counts as inside though it is under one half: there the point is the voxel's centre.
fn eighths([first, second]: [u8; 2], steps: i32) -> u8 {
    let (first, second) = (i32::from(first), i32::from(second));
    let distance = 2 * (first - second).abs();
    let along = (2 * first - 255) * (first - second).signum();
    // From the middle, as a fraction of `2 * distance`, times `steps`.
    let offset = (2 * along - distance) * steps;
    let most = steps / 2;
    let rounded = ((2 * offset.abs() + 2 * distance - 1) / (4 * distance)).min(most);
    (4 + offset.signum() * rounded * (8 / steps)) as u8
}

/// The greatest common divisor, not negative.
fn divisor(a: i16, b: i16) -> i16 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
#[path = "marching_tests.rs"]
mod tests;
