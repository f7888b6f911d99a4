//! Which triangles each of the 256 cases has: derived here, not copied from anywhere.
//!
//! On each face of the cell, seen from inside and walked counterclockwise, the surface
//! leads from each edge where one leaves the inside to the next where one comes back. An edge
//! that one leaves by on one face one comes back by on the face beside it, so these steps
//! join to closed loops around what is outside. Loops are divided into triangles with as
//! little bend as possible, and never by a line that lies in a face: the neighbour could have
//! the same line there, and four triangles would meet in it.

use super::{CORNERS, EDGES};
use std::sync::LazyLock;

/// The most triangles in a case.
pub(super) const MAX_TRIANGLES: usize = 5;

/// Three edges whose points are a triangle's corners.
type Edges = [u8; 3];

/// The triangles of a case.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Case {
    triangles: [Edges; MAX_TRIANGLES],
    count: u8,
}

impl Case {
    pub(super) fn triangles(&self) -> &[Edges] {
        &self.triangles[..usize::from(self.count)]
    }

    fn new(case: u8) -> Self {
        let mut found = Case::default();
        for edges in loops(case).iter().flat_map(|points| divided(points)) {
            found.triangles[usize::from(found.count)] = edges;
            found.count += 1;
        }
        found
    }
}

/// All cases, by the corners inside: bit `i` is corner `i`. Constant data, made on first use.
pub(super) static CASES: LazyLock<[Case; 256]> =
    LazyLock::new(|| std::array::from_fn(|case| Case::new(case as u8)));

/// The edges that the surface cuts, loop by loop.
fn loops(case: u8) -> Vec<Vec<u8>> {
    let mut next = [None; 12];
    for face in 0..6 {
        steps_on(face, case, &mut next);
    }
    let mut loops = Vec::new();
    for start in 0..12 {
        let mut points = Vec::new();
        let mut edge = start;
        while let Some(after) = next[usize::from(edge)].take() {
            points.push(edge);
            edge = after;
        }
        if !points.is_empty() {
            loops.push(points);
        }
    }
    loops
}

/// Notes where the surface leads on a face: from which edge to which.
fn steps_on(face: usize, case: u8, next: &mut [Option<u8>; 12]) {
    let corners = around(face);
    let inside = |i: usize| case >> corners[i % 4] & 1 == 1;
    let leaves = |i: usize| inside(i) && !inside(i + 1);
    let returns = |i: usize| !inside(i) && inside(i + 1);
    let edge = |i: usize| edge_between(corners[i % 4], corners[(i + 1) % 4]);
    for first in (0..4).filter(|i| leaves(*i)) {
        let last = (first + 1..first + 4).find(|i| returns(*i));
        next[usize::from(edge(first))] = last.map(edge);
    }
}

/// The corners of a face, counterclockwise seen from inside the cell.
fn around(face: usize) -> [u8; 4] {
    let (axis, upper) = (face / 2, face % 2 == 1);
    let corner = |u: u8, v: u8| {
        let mut at = [0; 3];
        (at[axis], at[(axis + 1) % 3], at[(axis + 2) % 3]) = (u8::from(upper), u, v);
        position(&CORNERS, &at)
    };
    let corners = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
    let [a, b, c, d] = corners;
    if upper { [d, c, b, a] } else { corners }
}

fn edge_between(a: u8, b: u8) -> u8 {
    let ends = if EDGES.contains(&[a, b]) { [a, b] } else { [b, a] };
    position(&EDGES, &ends)
}

/// Where in a list an item is that is in it.
fn position<T: PartialEq>(items: &[T], item: &T) -> u8 {
    items.iter().position(|other| other == item).unwrap_or_default() as u8
}

/// A loop in triangles, in the way that bends least; of equal ones the first.
fn divided(points: &[u8]) -> Vec<Edges> {
    let mut best = (f64::INFINITY, Vec::new());
    for triangles in divisions(points) {
        let cost = cost(&triangles);
        if cost < best.0 {
            best = (cost, triangles);
        }
    }
    best.1
}

/// All ways to divide a polygon into triangles.
fn divisions(points: &[u8]) -> Vec<Vec<Edges>> {
    let &[first, _, .., last] = points else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for tip in 1..points.len() - 1 {
        for left in divisions(&points[..=tip]) {
            for right in divisions(&points[tip..]) {
                let triangle = [first, points[tip], last];
                all.push([&[triangle], left.as_slice(), &right].concat());
            }
        }
    }
    all
}

/// How much the triangles bend where they meet. More than any bend: a meeting in a face.
fn cost(triangles: &[Edges]) -> f64 {
    let mut cost = 0.0;
    for (index, a) in triangles.iter().enumerate() {
        for b in &triangles[..index] {
            let mut shared = a.iter().filter(|edge| b.contains(edge));
            if let (Some(p), Some(q)) = (shared.next(), shared.next()) {
                cost += 1.0 - cosine(a, b) + if share_a_face(*p, *q) { 100.0 } else { 0.0 };
            }
        }
    }
    cost
}

/// Twice the middle of an edge.
fn middle(edge: u8) -> [i32; 3] {
    let [a, b] = EDGES[usize::from(edge)].map(|corner| CORNERS[usize::from(corner)]);
    [0, 1, 2].map(|axis| i32::from(a[axis] + b[axis]))
}

pub(super) fn share_a_face(a: u8, b: u8) -> bool {
    let (a, b) = (middle(a), middle(b));
    (0..3).any(|axis| a[axis] == b[axis] && a[axis] != 1)
}

/// The cosine between two triangles through the middles of edges.
fn cosine(a: &Edges, b: &Edges) -> f64 {
    let normal = |triangle: &Edges| {
        let [a, b, c] = triangle.map(middle);
        let from_a = |p: [i32; 3]| [0, 1, 2].map(|axis| p[axis] - a[axis]);
        let (u, v) = (from_a(b), from_a(c));
        let cross = |i: usize, j: usize| f64::from(u[i] * v[j] - u[j] * v[i]);
        crate::math::normalize([cross(1, 2), cross(2, 0), cross(0, 1)])
    };
    crate::math::dot(normal(a), normal(b))
}
