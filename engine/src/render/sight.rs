//! What a camera sees at points of its picture, 64 points at a time.
//!
//! Content near the eye is seen by packets (`packet.rs`), content that reaches too far for
//! `f32` by the walk in `f64` (`walk.rs`), ray by ray. Both answer alike.

use super::camera::{Camera, Shooter};
use super::grid::{Grid, Hit};
use super::packet;
use super::rays::{Column, Face, LANES, Packet, Seen, are_many};
use super::simd::{Kernel, Machine, Simd};
use crate::math::Vec3;
use crate::volume::{Bits, Bounds, Local};

/// A camera in front of some voxels.
pub(super) struct Sight<'a> {
    pub grid: &'a Grid<'a>,
    pub simd: Simd,
    /// Rays that count from the base.
    near: Rays32,
    /// Rays that count from the lowest corner of the content, where `f32` is too coarse.
    far: Option<Shooter>,
}

/// Points of a picture, and what is seen there.
pub(super) struct Glance {
    /// In pixels from the picture's top left corner; a lane without a point is not in
    /// `packet.active`.
    pub x: Column,
    pub y: Column,
    pub packet: Packet,
    pub seen: Seen,
    /// Where in its voxel each lane hit, 0 to 1 an axis; on the face exactly.
    pub place: [Column; 3],
    /// The voxel's lowest corner, counted from the base; unknown for content too far for `f32`.
    low: [Column; 3],
}

impl Glance {
    pub(super) fn new() -> Self {
        Self {
            x: Column::ZERO,
            y: Column::ZERO,
            packet: Packet::EMPTY,
            seen: Seen::new(),
            place: [Column::ZERO; 3],
            low: [Column::ZERO; 3],
        }
    }
}

impl<'a> Sight<'a> {
    pub(super) fn new(
        grid: &'a Grid<'a>,
        bounds: Bounds,
        camera: &Camera,
        [width, height]: [u32; 2],
        simd: Simd,
    ) -> Self {
        let corner = bounds.min.to_array().map(i64::from);
        let far = (!grid.is_narrow()).then(|| camera.shooter(corner, width, height));
        let near = Rays32::new(&camera.shooter(grid.base(), width, height));
        Self { grid, simd, near, far }
    }

    /// Looks through the points of a glance.
    pub(super) fn look(&self, glance: &mut Glance) {
        self.simd.run(Aim { rays: &self.near, glance });
        match &self.far {
            None => {
                packet::closest(self.simd, self.grid, &glance.packet, &mut glance.seen);
                self.simd.run(Place { sight: self, glance });
            }
            Some(shooter) => self.look_far(shooter, glance),
        }
    }

    /// The lowest corner of a face's voxel, counted from the base.
    #[inline(always)]
    fn low(&self, face: &Face) -> [f32; 3] {
        let [x, y, z] = self.grid.low(face.brick);
        let local = face.local;
        [x + f32::from(local.x()), y + f32::from(local.y()), z + f32::from(local.z())]
    }

    fn look_far(&self, shooter: &Shooter, glance: &mut Glance) {
        glance.seen.clear();
        for lane in Bits(glance.packet.active) {
            let at = lane as usize;
            let (x, y) = (f64::from(glance.x.0[at]), f64::from(glance.y.0[at]));
            let (origin, direction) = shooter.ray(x, y);
            let Some(hit) = self.grid.trace(origin, direction) else {
                continue;
            };
            let place = self.place_far(&hit, origin, direction);
            (0..3).for_each(|axis| glance.place[axis].0[at] = place[axis] as f32);
            glance.seen.time.0[at] = hit.time as f32;
            glance.seen.hit |= 1 << lane;
            glance.seen.faces.push(Face {
                brick: hit.near.brick(),
                local: local_of(hit.voxel),
                axis: hit.axis as u8,
                upper: hit.upper,
                lanes: 1 << lane,
            });
        }
    }

    fn place_far(&self, hit: &Hit, origin: Vec3, direction: Vec3) -> Vec3 {
        let low = self.grid.frame().low;
        let mut place = [0, 1, 2].map(|axis| {
            let reached = origin[axis] + direction[axis] * hit.time;
            (reached - (i64::from(hit.voxel[axis]) - low[axis]) as f64).clamp(0.0, 1.0)
        });
        place[hit.axis] = if hit.upper { 1.0 } else { 0.0 };
        place
    }

    /// The width of a pixel in voxels, at depth 1 unless rays are parallel (the second).
    pub(super) fn sample(&self) -> (f32, bool) {
        let [x, y, z] = self.near.up;
        ((x * x + y * y + z * z).sqrt() * self.near.pixel[1], self.near.parallel)
    }

    /// Which of those lanes have something between what they hit and a light far away in that
    /// direction.
    /// `packet` is room for the rays there.
    pub(super) fn shadowed(
        &self,
        glance: &Glance,
        lanes: u64,
        toward: Vec3,
        packet: &mut Packet,
    ) -> u64 {
        if lanes == 0 {
            return 0;
        }
        if self.far.is_some() {
            return self.shadowed_far(glance, lanes, toward);
        }
        packet.active = lanes;
        for axis in 0..3 {
            packet.direction[axis].0 = [toward[axis] as f32; LANES];
            let (low, place) = (&glance.low[axis].0, &glance.place[axis].0);
            for lane in 0..LANES {
                packet.origin[axis].0[lane] = low[lane] + place[lane];
            }
        }
        packet::blocked(self.simd, self.grid, packet, f32::INFINITY)
    }

    fn shadowed_far(&self, glance: &Glance, lanes: u64, toward: Vec3) -> u64 {
        let low = self.grid.frame().low;
        let mut shadowed = 0;
        for face in &glance.seen.faces {
            let voxel = self.voxel(face);
            let Some(front) = in_front(voxel, face) else {
                continue;
            };
            for lane in Bits(face.lanes & lanes) {
                let origin = [0, 1, 2].map(|axis| {
                    let place = f64::from(glance.place[axis].0[lane as usize]);
                    (i64::from(voxel[axis]) - low[axis]) as f64 + place
                });
                let blocked = self.grid.trace_from(origin, toward, front).is_some();
                shadowed |= u64::from(blocked) << lane;
            }
        }
        shadowed
    }

    /// A face's voxel in biased coordinates.
    pub(super) fn voxel(&self, face: &Face) -> [u32; 3] {
        let [x, y, z] = self.grid.home(face.brick);
        let local = face.local;
        [x + u32::from(local.x()), y + u32::from(local.y()), z + u32::from(local.z())]
    }
}

/// The cell in front of a face; `None` at the end of the world.
pub(super) fn in_front(voxel: [u32; 3], face: &Face) -> Option<[u32; 3]> {
    let mut cell = voxel;
    let axis = usize::from(face.axis);
    cell[axis] = cell[axis].checked_add_signed(if face.upper { 1 } else { -1 })?;
    Some(cell)
}

fn local_of(voxel: [u32; 3]) -> Local {
    let [x, y, z] = voxel.map(|value| (value & 15) as u16);
    Local::new(x, y, z)
}

/// A [`Shooter`] in `f32`.
struct Rays32 {
    eye: [f32; 3],
    right: [f32; 3],
    up: [f32; 3],
    back: [f32; 3],
    pixel: [f32; 2],
    parallel: bool,
}

impl Rays32 {
    fn new(shooter: &Shooter) -> Self {
        let single = |v: Vec3| v.map(|value| value as f32);
        Self {
            eye: single(shooter.eye),
            right: single(shooter.right),
            up: single(shooter.up),
            back: single(shooter.back),
            pixel: shooter.pixel.map(|value| value as f32),
            parallel: shooter.is_parallel(),
        }
    }
}

/// Makes the rays through the points of a glance. Along the view, a direction measures 1:
/// a ray's time is its depth.
struct Aim<'g> {
    rays: &'g Rays32,
    glance: &'g mut Glance,
}

impl Kernel for Aim<'_> {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, _machine: M) {
        let Aim { rays, glance: Glance { x, y, packet, .. } } = self;
        let (mut across, mut down) = (Column::ZERO, Column::ZERO);
        for lane in 0..LANES {
            across.0[lane] = x.0[lane] * rays.pixel[0] - 1.0;
            down.0[lane] = 1.0 - y.0[lane] * rays.pixel[1];
        }
        for axis in 0..3 {
            let (right, up, back) = (rays.right[axis], rays.up[axis], rays.back[axis]);
            let eye = rays.eye[axis];
            let (origin, direction) = (&mut packet.origin[axis].0, &mut packet.direction[axis].0);
            for lane in 0..LANES {
                let beside = right * across.0[lane] + up * down.0[lane];
                if rays.parallel {
                    origin[lane] = eye + beside;
                    direction[lane] = -back;
                } else {
                    origin[lane] = eye;
                    direction[lane] = beside - back;
                }
            }
        }
    }
}

/// Finds where in its voxel each lane hit.
struct Place<'g, 'a> {
    sight: &'g Sight<'a>,
    glance: &'g mut Glance,
}

impl Kernel for Place<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        let Glance { packet, seen, place, low, .. } = self.glance;
        for face in &seen.faces {
            let corner = self.sight.low(face);
            if are_many::<M>(face.lanes) {
                low[0].put(machine, face.lanes, corner[0]);
                low[1].put(machine, face.lanes, corner[1]);
                low[2].put(machine, face.lanes, corner[2]);
                continue;
            }
            for lane in Bits(face.lanes) {
                let at = lane as usize % LANES;
                low[0].0[at] = corner[0];
                low[1].0[at] = corner[1];
                low[2].0[at] = corner[2];
            }
        }
        for axis in 0..3 {
            let (origin, along) = (&packet.origin[axis].0, &packet.direction[axis].0);
            let (low, place) = (&low[axis].0, &mut place[axis].0);
            for lane in 0..LANES {
                let at = origin[lane] + along[lane] * seen.time.0[lane] - low[lane];
                let at = if at > 0.0 { at } else { 0.0 };
                place[lane] = if at < 1.0 { at } else { 1.0 };
            }
        }
        for face in &seen.faces {
            let exact = if face.upper { 1.0 } else { 0.0 };
            let across = &mut place[usize::from(face.axis) % 3];
            if are_many::<M>(face.lanes) {
                across.put(machine, face.lanes, exact);
                continue;
            }
            for lane in Bits(face.lanes) {
                across.0[lane as usize % LANES] = exact;
            }
        }
    }
}
