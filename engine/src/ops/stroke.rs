//! Strokes of the brush, tubes and lines (spec/engine.md 7, "Brush" and "Line").

use super::apply::{Blend, Canvas};
use super::paint::Painter;
use super::shape::{Area, cut};
use super::tube::Tube;
use crate::math::{Mat4, Vec3, add, cross, length, normalize, scale, sub};
use crate::parallel::Threads;
use crate::volume::{BlendMode, Bounds, Volume, Voxel};

/// `volume` with a stroke of the brush through `points`: dabs of the painter's shape, at
/// most twice `radius` apart, gathered in one mask that is blended once, so that where dabs
/// overlap alpha does not add up.
///
/// A dab's box reaches `radius` from the point; its own x, y, z run along the world's z, x, y.
/// A radius below 1/32 has its dabs 1/16 apart. One that is not above 0, or a point that is
/// not finite, changes nothing. `None` as in [`Painter::paint`], and for more than 65,536 dabs
/// where they matter.
pub fn stroke(
    volume: &Volume,
    painter: &Painter,
    points: &[Vec3],
    radius: f64,
    room: usize,
    threads: Threads,
) -> Option<Volume> {
    let is_sound = radius > 0.0 && radius < HUGE;
    if !is_sound || !points.iter().flatten().all(|value| value.abs() < HUGE) {
        return Some(volume.clone());
    }
    let (empty, blend) = (Volume::new(), painter.blend());
    let room_for_mask = if blend.grows() { room } else { usize::MAX };
    let mut mask = Canvas::new(&empty, painter.clip, room_for_mask, threads);
    mask.among = (!blend.grows()).then_some(volume);
    let dabs = Dabs { painter, radius, among: mask.among, clip: mask.clip };
    dabs.each(points, |area| match painter.fill(&area) {
        Some(fill) => mask.paint(&fill, painter.hollow, DAB),
        None => Some(()),
    })?;
    let mut canvas = Canvas::new(volume, painter.clip, room, threads);
    canvas.stamp(&mask.volume, blend)?;
    Some(canvas.volume)
}

/// What a dab does to the mask.
const DAB: Blend = Blend { mode: BlendMode::Max, source: Voxel::WHITE };

/// Beyond this squares of distances would not be finite.
const HUGE: f64 = 1e100;

/// Where the dabs of a stroke go.
struct Dabs<'a> {
    painter: &'a Painter,
    radius: f64,
    /// The only bricks that matter, if not all.
    among: Option<&'a Volume>,
    clip: Bounds,
}

/// The most dabs that a stroke may have.
pub(crate) const DABS_MAX: u64 = 1 << 16;

/// How many dabs a stroke through these points has.
pub(crate) fn dabs_of(points: &[Vec3], radius: f64) -> u64 {
    let between = |pair: &[Vec3]| steps(pair[0], pair[1], radius).saturating_add(1);
    points.windows(2).fold(1, |sum: u64, pair| sum.saturating_add(between(pair)))
}

/// How many steps of a dab it is from one point to the next.
fn steps(from: Vec3, to: Vec3, radius: f64) -> u64 {
    let apart = (2.0 * radius).max(1.0 / 16.0);
    // `as` saturates.
    (length(sub(to, from)) / apart).ceil() as u64
}

/// Dabs between two points, evenly apart, both ends included; the last is number `count`.
#[derive(Clone, Copy)]
struct Run {
    from: Vec3,
    to: Vec3,
    count: u64,
}

/// So few dabs are not looked at together before each.
const FEW: u64 = 64;

impl Dabs<'_> {
    /// Visits the box of each dab that may matter, its mirror images before it.
    fn each(&self, points: &[Vec3], mut visit: impl FnMut(Area) -> Option<()>) -> Option<()> {
        let mut left = DABS_MAX;
        for (index, from) in points.iter().enumerate() {
            let to = points.get(index + 1).unwrap_or(from);
            let count = steps(*from, *to, self.radius);
            if count > 0 || index == 0 {
                self.run(Run { from: *from, to: *to, count }, &mut left, &mut visit)?;
            }
        }
        Some(())
    }

    /// Takes the dabs it visits from `left`.
    fn run(
        &self,
        run: Run,
        left: &mut u64,
        visit: &mut impl FnMut(Area) -> Option<()>,
    ) -> Option<()> {
        let mut open = vec![(0, run.count)];
        while let Some((first, last)) = open.pop() {
            if !self.matters(run.at(first), run.at(last), last - first > FEW) {
                continue;
            }
            if first < last {
                let middle = first + (last - first) / 2;
                open.extend([(middle + 1, last), (first, middle)]);
                continue;
            }
            *left = left.checked_sub(1)?;
            for area in self.painter.symmetry.areas(self.dab(run.at(first))) {
                visit(area)?;
            }
        }
        Some(())
    }

    /// The brush's box is turned: local x, y, z are the world's z, x, y.
    fn dab(&self, center: Vec3) -> Area {
        let r = self.radius;
        Area { axes: [[0., 0., r], [r, 0., 0.], [0., r, 0.]], center }
    }

    /// Whether dabs between two places, or their mirror images, may touch what matters.
    fn matters(&self, from: Vec3, to: Vec3, are_many: bool) -> bool {
        let reach = self.radius + f64::from(self.painter.smoothness) + 1.0;
        let axes = [[reach, 0., 0.], [0., reach, 0.], [0., 0., reach]];
        let ends = [from, to].map(|center| self.painter.symmetry.areas(Area { axes, center }));
        ends[0].iter().zip(&ends[1]).any(|(a, b)| {
            let low = [0, 1, 2].map(|i| (a.center[i].min(b.center[i]) - reach).floor());
            let high = [0, 1, 2].map(|i| (a.center[i].max(b.center[i]) + reach).ceil());
            let bounds = cut(low, high).and_then(|bounds| bounds.intersection(self.clip));
            bounds.is_some_and(|bounds| match self.among {
                Some(volume) if are_many => !volume.bricks_in(bounds).is_empty(),
                _ => true,
            })
        })
    }
}

impl Run {
    fn at(&self, index: u64) -> Vec3 {
        if index == self.count && index > 0 {
            return self.to;
        }
        let share = if index == 0 { 0.0 } else { index as f64 / self.count as f64 };
        add(self.from, scale(sub(self.to, self.from), share))
    }
}

/// `volume` with a tube along the line through `points`: the voxels whose centres are within
/// `radius` of it, ends and joints round, and always a line of voxels without gaps, so that
/// radius 0 draws a line.
///
/// The painter's shape is not used. A radius below 0, or something not finite, changes
/// nothing; so does an empty list. A wall is at most 56 voxels thick. `None` as in
/// [`Painter::paint`].
pub fn tube(
    volume: &Volume,
    painter: &Painter,
    points: &[Vec3],
    radius: f64,
    room: usize,
    threads: Threads,
) -> Option<Volume> {
    let mut canvas = Canvas::new(volume, painter.clip, room, threads);
    for image in painter.symmetry.images() {
        let mirrored = |point: &Vec3| {
            image.iter().fold(*point, |mut point, axis| {
                point[*axis] = 2.0 * f64::from(painter.symmetry.origin[*axis]) - point[*axis];
                point
            })
        };
        let points: Vec<Vec3> = points.iter().map(mirrored).collect();
        if let Some(tube) = Tube::new(&points, radius, f64::from(painter.smoothness)) {
            canvas.paint(&tube, painter.hollow, painter.blend())?;
        }
    }
    Some(canvas.volume)
}

/// The box whose local Z spans the segment, and that reaches `radius` to the sides; `None`
/// when the segment has no length, the radius is not above 0, or something is not finite.
///
/// The sides' directions are any that are square to the segment, the same on every machine.
pub fn line_box(from: Vec3, to: Vec3, radius: f64) -> Option<Mat4> {
    let half = scale(sub(to, from), 0.5);
    let axis = normalize(half);
    // The world's axis that is farthest from the segment's.
    let nearest = (0..3).fold(0, |a, b| if axis[b].abs() < axis[a].abs() { b } else { a });
    let mut other = [0.0; 3];
    other[nearest] = 1.0;
    let x = normalize(cross(other, axis));
    let y = cross(axis, x);
    let columns = [scale(x, radius), scale(y, radius), half, add(from, half)];
    let mut mat = Mat4::IDENTITY;
    for (index, column) in columns.iter().enumerate() {
        for (row, value) in column.iter().enumerate() {
            mat.0[4 * index + row] = *value as f32;
        }
    }
    let is_sound = radius > 0.0 && length(half) > 0.0;
    (is_sound && mat.0.iter().all(|value| value.is_finite())).then_some(mat)
}

#[cfg(test)]
mod tests;
