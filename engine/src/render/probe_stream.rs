//! What `bench/benches/stream.rs` needs of streams. Not part of the engine's interface.

use super::Simd;
use super::grid::Grid;
use super::rays::{Hits, Rays};
use super::stream::Tracer;
use crate::volume::Volume;

/// Follows rays through a volume; coordinates count from a base.
pub struct Probe<'a> {
    tracer: Tracer<'a>,
}

/// Any number of rays.
#[derive(Default)]
pub struct Bundle {
    rays: Rays,
}

/// What rays hit, in their order.
#[derive(Default)]
pub struct Found {
    hits: Hits,
}

impl Bundle {
    /// One more ray: its origin, its direction, and its last time.
    pub fn push(&mut self, origin: [f32; 3], direction: [f32; 3], reach: f32) {
        self.rays.push(origin, direction, reach);
    }

    /// How many rays there are.
    pub fn count(&self) -> usize {
        self.rays.len()
    }

    /// Forgets the rays.
    pub fn clear(&mut self) {
        self.rays.clear();
    }

    /// A ray's direction.
    pub fn direction(&self, ray: usize) -> [f32; 3] {
        [0, 1, 2].map(|axis| self.rays.direction[axis][ray])
    }

    /// Where a ray is at a time.
    pub fn at(&self, ray: usize, time: f32) -> [f32; 3] {
        [0, 1, 2].map(|axis| self.rays.origin[axis][ray] + self.rays.direction[axis][ray] * time)
    }
}

impl Found {
    /// When a ray enters the voxel that it hits, and across which axis; nothing for a miss.
    pub fn hit(&self, ray: usize) -> Option<(f32, usize)> {
        let (time, axis) = (self.hits.time[ray], self.hits.axis[ray]);
        (time < f32::INFINITY).then_some((time, usize::from(axis)))
    }
}

impl Probe<'_> {
    /// Calls `work` with a volume's probe; not for an empty volume.
    pub fn with<R>(
        volume: &Volume,
        base: [i64; 3],
        simd: Simd,
        work: impl FnOnce(&Probe<'_>) -> R,
    ) -> Option<R> {
        let grid = Grid::new(volume, volume.bounds()?, base);
        Some(work(&Probe { tracer: Tracer::new(&grid, simd) }))
    }

    /// Calls `work` with what builds a tree and tells its size.
    pub fn build(volume: &Volume, base: [i64; 3], work: impl FnOnce(&dyn Fn() -> usize)) {
        if let Some(bounds) = volume.bounds() {
            let grid = Grid::new(volume, bounds, base);
            work(&|| Tracer::new(&grid, Simd::Portable).bytes());
        }
    }

    /// How much memory the tree takes.
    pub fn bytes(&self) -> usize {
        self.tracer.bytes()
    }

    /// What each ray hits first.
    pub fn closest(&self, rays: &Bundle, found: &mut Found) {
        self.tracer.closest(&rays.rays, &mut found.hits);
    }

    /// Whether each ray hits anything.
    pub fn blocked(&self, rays: &Bundle, blocked: &mut Vec<bool>) {
        self.tracer.blocked(&rays.rays, blocked);
    }
}
