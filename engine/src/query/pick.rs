//! What a ray from a point meets first.
//!
//! The walk has the renderer's rules (`render/walk.rs`), in scene coordinates: a ray
//! crosses the plane `p` of an axis at the time `(p - origin) * (1 / direction)`, never
//! accumulated; it starts in the voxel `floor(origin)`; planes ahead are crossed in the
//! order of their times, equal ones in the order x, y, z. From the times alone follows in
//! which voxel a ray is after any crossing, so an empty part of the tree is left in one
//! step however wide it is, with the same result as crossing its planes one by one.
//!
//! Coordinates inside are *mirrored*: an axis that the ray descends is flipped, voxel by
//! voxel (`-1 - v`) and plane by plane (`-p`), so that all axes ascend.

use super::order::bounds_of;
use crate::math::{Vec3, length, scale};
use crate::volume::tree::{Children, Key, Node};
use crate::volume::{Bounds, Brick, Coord, Volume, Voxel};
use std::sync::Arc;

/// Components of a direction of length 1 below this count as zero, as in the renderer.
const STILL: f64 = 1.0 / (1u64 << 60) as f64;

/// Where a ray ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The voxel that was hit.
    pub at: Coord,
    /// What is there.
    pub voxel: Voxel,
    /// The face that was entered is square to this axis: 0 for x, 1 for y, 2 for z.
    pub axis: u8,
    /// Whether that face looks up along the axis: the ray descends it.
    pub up: bool,
    /// From the origin to the face, in voxels.
    pub distance: f64,
    /// Where the ray enters the voxel; on the axis exactly on the face.
    pub point: Vec3,
}

/// The first drawn voxel (alpha at least 127, spec/engine.md 2) that a ray meets at most
/// `max` voxels from its origin.
///
/// The direction may have any length. A ray that starts inside a drawn voxel hits it at
/// distance 0, on the face that looks against the direction's largest component (of equal
/// ones the first of x, y, z). A direction of zero, and numbers that are not finite, hit
/// nothing; only `max` may be infinite.
pub fn pick(volume: &Volume, origin: Vec3, direction: Vec3, max: f64) -> Option<Hit> {
    let root = volume.root()?;
    let ray = Ray::new(origin, direction)?;
    let (at, crossing) = ray.enter(bounds_of(root))?;
    let (at, voxel, crossing) = follow(&ray, root, at, crossing, max)?;
    let axis = crossing.axis;
    let up = ray.flip[axis];
    let mut point = [0, 1, 2].map(|axis| origin[axis] + ray.forward[axis] * crossing.time);
    if crossing.time > 0.0 {
        point[axis] = f64::from(at.to_array()[axis]) + f64::from(u8::from(up));
    }
    Some(Hit { at, voxel, axis: axis as u8, up, distance: crossing.time, point })
}

/// The drawn voxel that is met first, and the crossing into it.
fn follow(
    ray: &Ray,
    root: &Arc<Node>,
    mut at: [i64; 3],
    mut crossing: Crossing,
    max: f64,
) -> Option<(Coord, Voxel, Crossing)> {
    let frame = ray.mirrored(bounds_of(root));
    while crossing.time <= max {
        let place = Coord::from(ray.turned(at).map(|value| value as i32));
        match part(root, place) {
            Part::Drawn(voxel) => return Some((place, voxel, crossing)),
            Part::Clear(bounds) => (at, crossing) = ray.leave(at, ray.mirrored(bounds)),
        }
        if at[crossing.axis] > frame.1[crossing.axis] {
            break;
        }
    }
    None
}

/// A voxel and what is around it.
enum Part {
    /// It is drawn.
    Drawn(Voxel),
    /// Nothing in this box is.
    Clear(Bounds),
}

/// What is at a place under the root: the voxel, or a box around the place without any.
fn part(root: &Arc<Node>, place: Coord) -> Part {
    let key = Key::of(place.brick());
    let mut node = root;
    loop {
        let slot = slot_of(node, key);
        let Some(index) = node.child_index(slot) else {
            return Part::Clear(cell(key, 2 * (node.level - 1)));
        };
        match &node.children {
            Children::Bricks(bricks) => return part_of(&bricks[index], place),
            Children::Nodes(nodes) => node = &nodes[index],
        }
        if !node.covers(key) {
            // Levels were skipped: what is as large as what differs is empty.
            let Key { x, y, z } = node.origin;
            let differing = (key.x ^ x) | (key.y ^ y) | (key.z ^ z);
            return Part::Clear(cell(key, differing.ilog2() & !1));
        }
    }
}

/// The slot that the key takes in a node that covers it.
fn slot_of(node: &Node, key: Key) -> u32 {
    let digit = |value: u32| value >> (2 * (node.level - 1)) & 3;
    digit(key.x) | digit(key.y) << 2 | digit(key.z) << 4
}

/// The voxels of the aligned cube of `2^shift` bricks an axis around a brick.
fn cell(key: Key, shift: u32) -> Bounds {
    let rest = (1 << shift) - 1;
    let low = Key { x: key.x & !rest, y: key.y & !rest, z: key.z & !rest };
    let high = Key { x: key.x | rest, y: key.y | rest, z: key.z | rest };
    Bounds { min: low.brick().origin(), max: high.brick().bounds().max }
}

fn part_of(brick: &Brick, place: Coord) -> Part {
    let (cell, bit) = place.local().cell_and_bit();
    if brick.uniform().is_some_and(|voxel| !voxel.is_solid()) {
        return Part::Clear(place.brick().bounds());
    }
    if brick.summary() >> cell & 1 == 0 {
        return Part::Clear(around(place, 3));
    }
    if brick.cells()[cell] >> bit & 1 == 1 {
        let voxel = brick.get(place.local());
        if voxel.is_solid() {
            return Part::Drawn(voxel);
        }
    }
    Part::Clear(around(place, 0))
}

/// The aligned cube around a place, of an edge one above `rest`.
fn around(place: Coord, rest: i32) -> Bounds {
    let [x, y, z] = place.to_array();
    Bounds {
        min: Coord::new(x & !rest, y & !rest, z & !rest),
        max: Coord::new(x | rest, y | rest, z | rest),
    }
}

/// A crossing: when, and of which axis.
#[derive(Clone, Copy)]
struct Crossing {
    time: f64,
    axis: usize,
}

/// The lowest and highest voxel of a box, mirrored.
type Span = ([i64; 3], [i64; 3]);

/// A ray in mirrored coordinates.
struct Ray {
    /// The direction as it is, at length 1.
    forward: Vec3,
    origin: Vec3,
    /// The mirrored direction: no component is negative.
    direction: Vec3,
    inverse: Vec3,
    flip: [bool; 3],
    /// The mirrored voxel of the origin, which may be far outside of space.
    start: [i64; 3],
}

impl Ray {
    fn new(origin: Vec3, direction: Vec3) -> Option<Ray> {
        let forward = unit(direction)?;
        if !origin.iter().all(|value| value.is_finite()) {
            return None;
        }
        let flip = forward.map(|along| along <= -STILL);
        let direction = forward.map(|along| if along.abs() < STILL { 0.0 } else { along.abs() });
        let mirror = |axis: usize| if flip[axis] { -origin[axis] } else { origin[axis] };
        let start = |axis: usize| {
            let voxel = floor(origin[axis]);
            if flip[axis] { -1 - voxel } else { voxel }
        };
        Some(Ray {
            forward,
            origin: [0, 1, 2].map(mirror),
            direction,
            inverse: direction.map(|along| 1.0 / along),
            flip,
            start: [0, 1, 2].map(start),
        })
    }

    /// Mirrored coordinates as true ones, and back.
    fn turned(&self, at: [i64; 3]) -> [i64; 3] {
        [0, 1, 2].map(|axis| if self.flip[axis] { -1 - at[axis] } else { at[axis] })
    }

    fn mirrored(&self, bounds: Bounds) -> Span {
        let low = self.turned(bounds.min.to_array().map(i64::from));
        let high = self.turned(bounds.max.to_array().map(i64::from));
        let ordered = |axis: usize| (low[axis].min(high[axis]), low[axis].max(high[axis]));
        ([0, 1, 2].map(|axis| ordered(axis).0), [0, 1, 2].map(|axis| ordered(axis).1))
    }

    /// When the ray crosses the lower plane of a voxel ahead; never where it stands still.
    fn time(&self, axis: usize, plane: i64) -> f64 {
        (plane as f64 - self.origin[axis]) * self.inverse[axis]
    }

    /// Whether a plane ahead is crossed before `event`, or is the event.
    fn crossed(&self, axis: usize, plane: i64, event: Crossing) -> bool {
        let time = self.time(axis, plane);
        time < event.time || (time == event.time && axis <= event.axis)
    }

    /// The first voxel inside the box and the crossing that led there.
    fn enter(&self, bounds: Bounds) -> Option<([i64; 3], Crossing)> {
        let (low, high) = self.mirrored(bounds);
        let mut event = None;
        for axis in 0..3 {
            if self.start[axis] > high[axis] {
                return None;
            }
            let time = self.time(axis, low[axis]);
            if self.start[axis] < low[axis]
                && event.is_none_or(|event: Crossing| time >= event.time)
            {
                event = Some(Crossing { time, axis });
            }
        }
        let Some(event) = event else {
            return Some((self.start, self.outset()));
        };
        let out = |axis: usize| axis != event.axis && self.crossed(axis, high[axis] + 1, event);
        if event.time == f64::INFINITY || out(0) || out(1) || out(2) {
            return None;
        }
        let least = |axis: usize| self.start[axis].max(low[axis]);
        let settled = |axis: usize| match axis == event.axis {
            true => least(axis),
            false => self.settle(axis, least(axis), high[axis], event),
        };
        Some(([0, 1, 2].map(settled), event))
    }

    /// Leaves a box around `at`.
    fn leave(&self, at: [i64; 3], (_, last): Span) -> ([i64; 3], Crossing) {
        let out = |axis: usize| Crossing { time: self.time(axis, last[axis] + 1), axis };
        let earlier = |a: Crossing, b: Crossing| if b.time < a.time { b } else { a };
        let event = earlier(earlier(out(0), out(1)), out(2));
        let next = |axis: usize| match axis == event.axis {
            true => last[axis] + 1,
            false => self.settle(axis, at[axis], last[axis], event),
        };
        ([0, 1, 2].map(next), event)
    }

    /// The voxel along an axis right after `event`, between two limits: as far as planes
    /// are crossed. Most often the guess is right; else the planes are halved.
    fn settle(&self, axis: usize, least: i64, most: i64, event: Crossing) -> i64 {
        let (mut low, mut high) = (least, most);
        let guess = self.origin[axis] + self.direction[axis] * event.time;
        let mut middle = floor(guess).clamp(least, most);
        while low < high {
            // Crossed up to the middle, and not beyond it: found.
            if middle > low && !self.crossed(axis, middle, event) {
                high = middle - 1;
            } else if middle < high && self.crossed(axis, middle + 1, event) {
                low = middle + 1;
            } else {
                return middle;
            }
            middle = low + (high - low) / 2;
        }
        low
    }

    /// The crossing that a start inside the box stands for.
    fn outset(&self) -> Crossing {
        let [x, y, z] = self.direction;
        let steepest = if x >= y && x >= z { 0 } else { 1 + usize::from(y < z) };
        Crossing { time: 0.0, axis: steepest }
    }
}

/// The vector at length 1; `None` when it is zero or not finite.
fn unit(direction: Vec3) -> Option<Vec3> {
    let [x, y, z] = direction.map(f64::abs);
    let largest = x.max(y).max(z);
    if !(direction.iter().all(|along| along.is_finite()) && largest > 0.0) {
        return None;
    }
    // First to the size of 1: squares of huge and tiny numbers are no numbers.
    let near = direction.map(|along| along / largest);
    Some(scale(near, 1.0 / length(near)))
}

/// The largest integer not above, or the nearest end of `i64`.
fn floor(value: f64) -> i64 {
    let whole = value as i64;
    whole - i64::from(whole as f64 > value && whole > i64::MIN)
}

#[cfg(test)]
#[path = "pick_tests.rs"]
mod tests;
