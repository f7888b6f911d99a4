//! Rays without coherence: a lane a ray, refilled as rays end.
//!
//! What a ray hits is defined here, by itself, with the same bits in any number of lanes. In
//! mirrored coordinates, where all axes ascend, a ray starts in the voxel `floor(origin)`, or
//! where it enters the tree's root. It leaves the largest empty cell of the tree around it (a
//! part of a node, or an aligned 2x2x2 of them) at the earliest of the times
//! `(plane - origin) * inverse` of the cell's three far planes, of equal ones across the first
//! axis. It is then one voxel further along that axis; along the others it is at
//! `floor(origin + direction * time)`, but neither further back than before nor outside the
//! cell. The first solid voxel in which it is thus found is hit.
//!
//! So a ray never goes back, ends after a number of steps that the tree's size bounds, and only
//! goes from a voxel to one that shares a face: it cannot slip between voxels that touch.

mod plain;
mod start;
mod tree;
#[cfg(target_arch = "x86_64")]
mod walk;

use super::grid::Grid;
use super::rays::{Hits, Rays};
use super::simd::Simd;
#[cfg(target_arch = "x86_64")]
use super::simd::wide::{Avx2, Avx512, Sse41};
use crate::math::Vec3;
use crate::volume::Local;
use tree::Tree;

/// Follows rays in any order through a grid.
pub(super) struct Tracer<'a> {
    grid: &'a Grid<'a>,
    tree: Option<Tree>,
    machine: Machine,
}

/// What a stream runs on.
#[derive(Clone, Copy, Debug)]
enum Machine {
    /// One ray at a time.
    Plain,
    #[cfg(target_arch = "x86_64")]
    Sse41(Sse41),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512<false>),
    /// With instructions that count bits.
    #[cfg(target_arch = "x86_64")]
    Avx512Counts(Avx512<true>),
}

impl Machine {
    /// All that this machine has for a level and those below it, the best last.
    #[cfg(target_arch = "x86_64")]
    fn up_to(simd: Simd) -> impl Iterator<Item = Machine> {
        let sse41 = Sse41::new().map(Machine::Sse41);
        let avx2 = Avx2::new().filter(|_| simd >= Simd::Avx2).map(Machine::Avx2);
        let is_widest = simd >= Simd::Avx512;
        let avx512 = Avx512::new().filter(|_| is_widest).map(Machine::Avx512);
        let counts = Avx512::new().filter(|_| is_widest).map(Machine::Avx512Counts);
        [Some(Machine::Plain), sse41, avx2, avx512, counts].into_iter().flatten()
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn up_to(_: Simd) -> impl Iterator<Item = Machine> {
        [Machine::Plain].into_iter()
    }
}

/// Where a ray ends.
struct End {
    time: f32,
    axis: i32,
    /// The voxel in mirrored coordinates, and what turns mirrored slots to true ones.
    place: [i32; 3],
    flip: i32,
    brick: u32,
}

/// Who is told of rays that end at a voxel.
trait Ends {
    /// Whether only the ray's number counts.
    const ANY: bool;
    fn end(&mut self, ray: usize, end: &End);
}

impl<'a> Tracer<'a> {
    pub(super) fn new(grid: &'a Grid<'a>, simd: Simd) -> Self {
        let is_small = grid.is_narrow() && grid.brick_count() > 0;
        let machine = Machine::up_to(simd).last().unwrap_or(Machine::Plain);
        Self { grid, tree: is_small.then(|| Tree::new(grid)).flatten(), machine }
    }

    /// How much memory it takes beside the grid.
    pub(super) fn bytes(&self) -> usize {
        self.tree.as_ref().map_or(0, |tree| tree.words.len() * 8 + tree.links.len() * 4)
    }

    /// What each ray hits first, entering it no later than its reach.
    pub(super) fn closest(&self, rays: &Rays, hits: &mut Hits) {
        hits.reset(rays.len());
        match &self.tree {
            Some(tree) => self.run(tree, rays, &mut Found { hits, shift: tree.shift }),
            None => self.each(rays, |ray, hit| {
                hits.time[ray] = hit.time as f32;
                hits.axis[ray] = hit.axis as u8;
                hits.voxel[ray] = self.grid.unbiased(hit.voxel);
                let found = self.grid.find(hits.voxel[ray], &mut { hit.near });
                (hits.brick[ray], hits.local[ray]) = found.unwrap_or((0, Local::new(0, 0, 0)));
            }),
        }
    }

    /// Whether each ray hits anything, entering it no later than its reach.
    pub(super) fn blocked(&self, rays: &Rays, blocked: &mut Vec<bool>) {
        blocked.clear();
        blocked.resize(rays.len(), false);
        match &self.tree {
            Some(tree) => self.run(tree, rays, &mut Blocked(blocked)),
            None => self.each(rays, |ray, _| blocked[ray] = true),
        }
    }

    fn run(&self, tree: &Tree, rays: &Rays, ends: &mut impl Ends) {
        match self.machine {
            Machine::Plain => plain::run(tree, rays, ends),
            #[cfg(target_arch = "x86_64")]
            Machine::Sse41(machine) => walk::run_sse41(machine, tree, rays, ends),
            #[cfg(target_arch = "x86_64")]
            Machine::Avx2(machine) => walk::run_avx2(machine, tree, rays, ends),
            #[cfg(target_arch = "x86_64")]
            Machine::Avx512(machine) => walk::run_avx512(machine, tree, rays, ends),
            #[cfg(target_arch = "x86_64")]
            Machine::Avx512Counts(machine) => walk::run_avx512_counts(machine, tree, rays, ends),
        }
    }

    /// The walk in `f64`, ray by ray, for content too far from the base.
    fn each(&self, rays: &Rays, mut end: impl FnMut(usize, super::grid::Hit)) {
        if self.grid.brick_count() == 0 {
            return;
        }
        for ray in 0..rays.len() {
            let corner = self.grid.corner();
            let origin = [0, 1, 2].map(|axis| f64::from(rays.origin[axis][ray]) - corner[axis]);
            let direction: Vec3 = [0, 1, 2].map(|axis| f64::from(rays.direction[axis][ray]));
            if !origin.iter().chain(&direction).all(|value| value.is_finite()) {
                continue;
            }
            if let Some(hit) = self.grid.trace_ahead(origin, direction)
                && hit.time as f32 <= rays.reach[ray]
            {
                end(ray, hit);
            }
        }
    }
}

struct Found<'a> {
    hits: &'a mut Hits,
    shift: [i32; 3],
}

impl Ends for Found<'_> {
    const ANY: bool = false;

    #[inline(always)]
    fn end(&mut self, ray: usize, end: &End) {
        let turned = |axis: usize| if end.flip >> (2 * axis) & 1 == 1 { !0 } else { 0 };
        let [x, y, z] = [0, 1, 2].map(|axis| end.place[axis] ^ turned(axis));
        self.hits.time[ray] = end.time;
        self.hits.axis[ray] = end.axis as u8;
        self.hits.voxel[ray] = [x - self.shift[0], y - self.shift[1], z - self.shift[2]];
        self.hits.brick[ray] = end.brick;
        self.hits.local[ray] = Local::new(x as u16, y as u16, z as u16);
    }
}

struct Blocked<'a>(&'a mut [bool]);

impl Ends for Blocked<'_> {
    const ANY: bool = true;

    #[inline(always)]
    fn end(&mut self, ray: usize, _: &End) {
        self.0[ray] = true;
    }
}

#[cfg(test)]
#[path = "stream/stream_tests.rs"]
mod tests;
