//! What a ray meets: the triangles of the cells on its way, nearest first.

use super::field::Field;
use super::slope::Slopes;
use crate::image::srgb::CURVE;
use crate::math::{self, Vec3};
use crate::mesh::marching::{Point, Style, Surface, Triangle};
use crate::render::grid::Grid;

/// Cells that a thread remembers: `2^KEPT_BITS`.
const KEPT_BITS: u32 = 12;

/// A ray that nearly lies in a triangle's plane passes it.
const GRAZING: f64 = 1e-12;

/// A ray, counted in cells from the lowest corner of the grid's frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ray {
    pub origin: Vec3,
    pub direction: Vec3,
}

/// Where a ray meets the surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    /// Counted as rays are.
    pub point: Vec3,
    /// The triangle's unit vector towards the side that the ray comes from.
    pub facet: Vec3,
    /// The same as light sees it: on a smooth surface it runs across triangles.
    pub normal: Vec3,
    /// Whether the ray comes from inside the matter.
    pub is_inner: bool,
    /// When: along the view, rays of cameras measure 1.
    pub time: f64,
    pub plane: Plane,
    /// The cell, by its number in the grid, and the edge in it whose point is the nearest.
    pub cell: [u32; 3],
    pub edge: u8,
    /// The matter's own colour there: in linear light, and in bytes.
    pub base: [f32; 3],
    pub own: [u8; 3],
}

/// A plane in space: triangles of any cells lie in one when these are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plane {
    normal: [i16; 3],
    offset: i64,
}

/// A ray's meeting with a triangle: the time, and what its second and third corner weigh.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    time: f64,
    weights: [f64; 2],
}

/// Sends rays; each thread has its own.
pub(super) struct Caster<'a> {
    field: &'a Field<'a>,
    grid: &'a Grid<'a>,
    style: Style,
    kept: Vec<Kept>,
}

/// A remembered cell, by its number in the grid.
#[derive(Clone, Copy)]
struct Kept {
    cell: Option<[u32; 3]>,
    surface: Surface,
    /// Only of cells that are seen.
    slopes: Option<Slopes>,
}

impl<'a> Caster<'a> {
    pub(super) fn new(field: &'a Field<'a>, grid: &'a Grid<'a>, style: Style) -> Self {
        let nothing = Kept { cell: None, surface: Surface::default(), slopes: None };
        Self { field, grid, style, kept: vec![nothing; 1 << KEPT_BITS] }
    }

    #[cfg(test)]
    pub(super) fn field(&self) -> &'a Field<'a> {
        self.field
    }

    /// What a ray meets first.
    pub(super) fn look(&mut self, ray: &Ray) -> Option<Touch> {
        let (grid, style) = (self.grid, self.style);
        let slack = self.slack(ray);
        let touch = grid.pass(ray.origin, ray.direction, |cell| {
            let low = grid.low_of(cell);
            let surface = self.surface(cell);
            let (meeting, triangle) = nearest(surface, &ray.from(low), slack)?;
            let corners = surface.corners(triangle);
            let place = meeting.place(corners);
            let edge = surface.nearest(triangle, place);
            let (base, own) = match style {
                Style::Flat => flat(surface, edge),
                Style::Smooth => smooth(corners, &meeting),
            };
            let facet = against(triangle.normal.map(f64::from), ray.direction);
            Some(Touch {
                point: math::add(low, place),
                facet,
                normal: facet,
                is_inner: math::dot(triangle.normal.map(f64::from), ray.direction) > 0.0,
                time: meeting.time,
                plane: Plane::of(triangle, cell),
                cell,
                edge: edge as u8,
                base,
                own,
            })
        });
        touch.map(|touch| match style {
            Style::Flat => touch,
            Style::Smooth => self.smoothed(touch, ray),
        })
    }

    /// The same with the normal of the slope, but where that looks across thin matter to
    /// its other side. One that looks away from the eye is turned to where it just does not.
    fn smoothed(&mut self, touch: Touch, ray: &Ray) -> Touch {
        let low = self.grid.low_of(touch.cell);
        let slope = self.slopes(touch.cell).at(math::sub(touch.point, low));
        let Some(slope) = slope else { return touch };
        let normal = if touch.is_inner { math::scale(slope, -1.0) } else { slope };
        let is_near = math::dot(normal, touch.facet) > 0.0;
        let normal = beside(normal, math::normalize(ray.direction));
        if is_near && normal != [0.0; 3] { Touch { normal, ..touch } } else { touch }
    }

    /// Whether a ray meets anything.
    pub(super) fn is_blocked(&mut self, ray: &Ray) -> bool {
        let grid = self.grid;
        let slack = self.slack(ray);
        let meets = grid.pass(ray.origin, ray.direction, |cell| {
            let local = ray.from(grid.low_of(cell));
            nearest(self.surface(cell), &local, slack).map(|_| ())
        });
        meets.is_some()
    }

    /// How far outside a triangle, in parts of its sides, a ray still meets it: more than
    /// rounding moves it, so that no ray slips between two.
    fn slack(&self, ray: &Ray) -> f64 {
        let frame = self.grid.frame();
        let reach =
            |axis: usize| ray.origin[axis].abs() + (frame.high[axis] - frame.low[axis]) as f64;
        (reach(0) + reach(1) + reach(2)) * (1.0 / (1u64 << 45) as f64)
    }

    /// The surface in a cell.
    #[inline]
    fn surface(&mut self, cell: [u32; 3]) -> &Surface {
        let kept = &mut self.kept[slot(cell)];
        if kept.cell != Some(cell) {
            let place = self.field.place(self.grid.unbiased(cell).map(i64::from));
            kept.surface = Surface::new(&self.field.corners(place), self.style);
            (kept.cell, kept.slopes) = (Some(cell), None);
        }
        &kept.surface
    }

    /// The slopes in a cell that was just looked at.
    fn slopes(&mut self, cell: [u32; 3]) -> &Slopes {
        let kept = &mut self.kept[slot(cell)];
        let (field, grid) = (self.field, self.grid);
        kept.slopes.get_or_insert_with(|| {
            Slopes::new(field, field.place(grid.unbiased(cell).map(i64::from)))
        })
    }
}

impl Ray {
    /// The same ray, counted from another place.
    #[inline]
    fn from(&self, place: Vec3) -> Self {
        Self { origin: math::sub(self.origin, place), direction: self.direction }
    }

    /// Its meeting with a triangle, from either side.
    #[inline]
    fn meet(&self, corners: [Point; 3], slack: f64) -> Option<Meeting> {
        let [a, b, c] = corners.map(|corner| corner.place());
        let (u, v) = (math::sub(b, a), math::sub(c, a));
        let across = math::cross(self.direction, v);
        let steepness = math::dot(u, across);
        if steepness.abs() < GRAZING {
            return None;
        }
        let inverse = 1.0 / steepness;
        let from_a = math::sub(self.origin, a);
        let second = math::dot(from_a, across) * inverse;
        let turned = math::cross(from_a, u);
        let third = math::dot(self.direction, turned) * inverse;
        let time = math::dot(v, turned) * inverse;
        let meets = second >= -slack && third >= -slack && second + third <= 1.0 + slack;
        (meets && time >= 0.0).then_some(Meeting { time, weights: [second, third] })
    }
}

impl Meeting {
    /// What the corners weigh: none below nothing.
    fn shares(&self) -> Vec3 {
        let [second, third] = self.weights.map(|weight| weight.clamp(0.0, 1.0));
        [(1.0 - second - third).max(0.0), second, third]
    }

    /// Where in the cell it is. From the corners: an eye far away has no fine coordinates.
    fn place(&self, corners: [Point; 3]) -> Vec3 {
        let shares = self.shares();
        let corners = corners.map(|corner| corner.place());
        let along = |axis: usize| (0..3).map(|i| corners[i][axis] * shares[i]).sum();
        [along(0), along(1), along(2)]
    }
}

impl Plane {
    fn of(triangle: &Triangle, cell: [u32; 3]) -> Self {
        let along = |axis: usize| i64::from(triangle.normal[axis]) * i64::from(cell[axis]) * 8;
        let offset = along(0) + along(1) + along(2) + i64::from(triangle.offset);
        Self { normal: triangle.normal, offset }
    }
}

impl Grid<'_> {
    /// The lowest cell of the frame.
    pub(super) fn frame_corner(&self) -> [i64; 3] {
        self.unbiased(self.frame().low.map(|low| low as u32)).map(i64::from)
    }

    /// A cell's lowest corner, counted as rays are.
    fn low_of(&self, cell: [u32; 3]) -> Vec3 {
        [0, 1, 2].map(|axis| (i64::from(cell[axis]) - self.frame().low[axis]) as f64)
    }
}

/// Which of a thread's remembered cells is in the place of this one.
#[inline]
fn slot([x, y, z]: [u32; 3]) -> usize {
    let mixed = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
    let mixed = mixed ^ z.wrapping_mul(0xC2B2_AE3D);
    (mixed >> (32 - KEPT_BITS)) as usize
}

/// The first meeting with a triangle of a cell; of equally early ones the first triangle's.
#[inline]
fn nearest<'s>(surface: &'s Surface, ray: &Ray, slack: f64) -> Option<(Meeting, &'s Triangle)> {
    let mut nearest: Option<(Meeting, &Triangle)> = None;
    for triangle in surface.triangles() {
        let Some(meeting) = ray.meet(surface.corners(triangle), slack) else { continue };
        if nearest.is_none_or(|(first, _)| meeting.time < first.time) {
            nearest = Some((meeting, triangle));
        }
    }
    nearest
}

/// The colour of one voxel.
fn flat(surface: &Surface, edge: usize) -> ([f32; 3], [u8; 3]) {
    let own = surface.points[edge].color;
    (linear(own), own)
}

/// A mixture, in linear light, of the colours of the corners.
fn smooth(corners: [Point; 3], meeting: &Meeting) -> ([f32; 3], [u8; 3]) {
    let shares = meeting.shares().map(|share| share as f32);
    let colors = corners.map(|corner| linear(corner.color));
    let mix =
        |i: usize| colors[0][i] * shares[0] + colors[1][i] * shares[1] + colors[2][i] * shares[2];
    let base = [mix(0), mix(1), mix(2)];
    (base, base.map(|light| CURVE.encode(light)))
}

fn linear(color: [u8; 3]) -> [f32; 3] {
    color.map(|byte| CURVE.decode(byte))
}

/// A normal as it is, or, where it looks along a direction, the nearest one that does not.
fn beside(normal: Vec3, direction: Vec3) -> Vec3 {
    let along = math::dot(normal, direction);
    if along <= 0.0 {
        return normal;
    }
    math::normalize(math::sub(normal, math::scale(direction, along)))
}

/// The unit vector along a normal, turned against a direction.
fn against(normal: Vec3, direction: Vec3) -> Vec3 {
    let sign = if math::dot(normal, direction) > 0.0 { -1.0 } else { 1.0 };
    math::scale(math::normalize(normal), sign)
}
