//! Rays and what they hit, in the shapes that kernels like: a column a component.
//!
//! Coordinates are `f32`, in voxels from a grid's base. A miss has the time infinity.

use super::simd::{Machine, Vector};
use crate::volume::Local;
use std::ops::{Deref, DerefMut};

/// Rays in a packet.
pub(super) const LANES: usize = 64;

/// A number for each ray of a packet.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Column(pub [f32; LANES]);

impl Column {
    pub(super) const ZERO: Column = Column([0.0; LANES]);

    /// Puts a number into some lanes.
    #[inline(always)]
    pub(super) fn put<M: Machine>(&mut self, machine: M, lanes: u64, value: f32) {
        let value = machine.splat(value);
        for first in (0..LANES).step_by(M::Vector::LANES) {
            let there = machine.load(&self.0[first..]);
            value.pick((lanes >> first) as u32, there).store(&mut self.0[first..]);
        }
    }
}

/// Whether so many lanes are rather written a vector at a time than one by one.
#[inline(always)]
pub(super) const fn are_many<M: Machine>(lanes: u64) -> bool {
    lanes.count_ones() as usize * M::Vector::LANES >= 2 * LANES
}

/// 64 rays that go through the tree together: near each other, or they are slow.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub origin: [Column; 3],
    pub direction: [Column; 3],
    /// Which lanes hold a ray; what the others hold does not matter.
    pub active: u64,
}

impl Packet {
    pub(super) const EMPTY: Packet =
        Packet { origin: [Column::ZERO; 3], direction: [Column::ZERO; 3], active: 0 };
}

/// The rays that hit one face of one voxel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Face {
    /// The brick's number in the grid.
    pub brick: u32,
    pub local: Local,
    /// The axis that the face lies across, 0 to 2.
    pub axis: u8,
    /// Whether it looks up along that axis.
    pub upper: bool,
    /// Which lanes hit it; never none.
    pub lanes: u64,
}

impl Face {
    const NONE: Face =
        Face { brick: 0, local: Local::new(0, 0, 0), axis: 0, upper: false, lanes: 0 };
}

/// What the rays of a packet hit.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// When each lane in `hit` enters the voxel that it hits.
    pub time: Column,
    /// Which lanes hit something.
    pub hit: u64,
    /// The faces that were hit, each lane in one of them.
    pub faces: Faces,
}

/// A list of at most [`LANES`] faces; reads as a slice.
#[derive(Clone, Debug)]
pub(super) struct Faces {
    /// One more than can be listed, for a face that turns out to have no lanes.
    items: [Face; LANES + 1],
    len: usize,
}

impl Faces {
    pub(super) const EMPTY: Faces = Faces { items: [Face::NONE; LANES + 1], len: 0 };

    /// Adds a face if it has lanes. They must be in no other.
    #[inline(always)]
    pub(super) fn push(&mut self, face: Face) {
        // No branch: whether a face was hit is hard to predict.
        let at = self.len.min(LANES);
        self.items[at] = face;
        self.len = at + usize::from(face.lanes != 0);
    }
}

impl Deref for Faces {
    type Target = [Face];

    fn deref(&self) -> &[Face] {
        &self.items[..self.len.min(LANES)]
    }
}

impl DerefMut for Faces {
    fn deref_mut(&mut self) -> &mut [Face] {
        &mut self.items[..self.len.min(LANES)]
    }
}

impl<'a> IntoIterator for &'a Faces {
    type Item = &'a Face;
    type IntoIter = std::slice::Iter<'a, Face>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { time: Column::ZERO, hit: 0, faces: Faces::EMPTY }
    }

    pub(super) fn clear(&mut self) {
        self.hit = 0;
        self.faces.len = 0;
    }
}

/// Any number of rays in any order.
#[derive(Clone, Debug, Default)]
pub(super) struct Rays {
    pub origin: [Vec<f32>; 3],
    pub direction: [Vec<f32>; 3],
    /// How far each ray goes: its last time.
    pub reach: Vec<f32>,
}

impl Rays {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.reach.len()
    }

    pub(super) fn clear(&mut self) {
        self.origin.iter_mut().chain(&mut self.direction).for_each(Vec::clear);
        self.reach.clear();
    }

    pub(super) fn push(&mut self, origin: [f32; 3], direction: [f32; 3], reach: f32) {
        for axis in 0..3 {
            self.origin[axis].push(origin[axis]);
            self.direction[axis].push(direction[axis]);
        }
        self.reach.push(reach);
    }
}

/// What [`Rays`] hit, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits {
    /// When; infinite for a miss.
    pub time: Vec<f32>,
    /// The axis that the face lies across. It looks against the ray.
    pub axis: Vec<u8>,
    /// The voxel, counted from the base.
    pub voxel: Vec<[i32; 3]>,
    /// The number of the voxel's brick in the grid.
    pub brick: Vec<u32>,
    /// The voxel's place in its brick.
    pub local: Vec<Local>,
}

impl Hits {
    /// Makes it as many misses.
    pub(super) fn reset(&mut self, count: usize) {
        fn fill<T: Clone>(column: &mut Vec<T>, count: usize, value: T) {
            column.clear();
            column.resize(count, value);
        }
        fill(&mut self.time, count, f32::INFINITY);
        fill(&mut self.axis, count, 0);
        fill(&mut self.voxel, count, [0; 3]);
        fill(&mut self.brick, count, 0);
        fill(&mut self.local, count, Local::new(0, 0, 0));
    }
}
