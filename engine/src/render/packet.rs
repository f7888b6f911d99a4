//! 64 rays through the tree together.
//!
//! What a ray hits is defined in `docs/adr/0007-renderer.md`; which rays share a packet
//! changes nothing. Rays that go the same way on every axis and start near each other form a
//! [`Bundle`]: it tests all 64 parts of a word at once against bounds on its rays; voxels that
//! are left are tested against each ray.
//!
//! Rounding is monotonic, so a time made of bounds, by the same operations, bounds the times
//! of the rays. Nothing here is widened to be safe.
//!
//! Nothing is mirrored but the order of parts: where an axis descends, inverses are negative
//! and the planes that are entered through are the upper ones. That changes no time, for
//! `(-p - -o) * -i` is `(p - o) * i`.

use super::extent::{Bounds, Extent, STILL, alike, finite};
use super::grid::{Flat, Grid};
use super::rays::{Column, Face, LANES, Packet, Seen};
use super::simd::{Kernel, Machine, Simd, Sixteen, Slots, Vector};
use crate::volume::{Bits, Local};

/// Nodes with wider children do not have all their planes at numbers that `f32` has.
const NARROW: f32 = (1u32 << 20) as f32;

/// In a cell with more voxels it pays to find out first which rays meet the cell.
const FEW: u32 = 3;

/// More levels than a tree has.
const DEPTH: usize = 16;

/// Where each cell of a brick begins, in voxels: x, y and z four times each.
static CELLS: [Sixteen; 64] = {
    let mut cells = [Sixteen([0.0; 16]); 64];
    let mut at = 0;
    while at < 64 * 12 {
        let (cell, axis) = (at / 12, at % 12 / 4);
        cells[cell].0[at % 12] = (4 * (cell >> (2 * axis) & 3)) as f32;
        at += 1;
    }
    cells
};

/// The rays of a bundle have nothing in common.
const MIXED: u8 = 0;
/// They start at one point.
const ONE_ORIGIN: u8 = 1;
/// They go in one direction.
const ONE_WAY: u8 = 2;

/// What each ray of a packet hits first.
pub(super) fn closest(simd: Simd, grid: &Grid, packet: &Packet, seen: &mut Seen) {
    seen.clear();
    seen.hit = simd.run(Trace { grid, packet, reach: f32::INFINITY, seen });
}

/// Which rays of a packet meet a voxel, entering it no later than at the time `reach`.
pub(super) fn blocked(simd: Simd, grid: &Grid, packet: &Packet, reach: f32) -> u64 {
    simd.run(Trace { grid, packet, reach, seen: &mut Nothing })
}

/// A packet to be traced. Gives the rays that hit something.
struct Trace<'a, W: Watch> {
    grid: &'a Grid<'a>,
    packet: &'a Packet,
    reach: f32,
    seen: &'a mut W,
}

/// Who wants to know what is hit.
trait Watch {
    /// Whether it is enough to know which rays hit.
    const ANY: bool;

    /// What a packet has seen so far, if that is wanted.
    fn seen(&mut self) -> Option<&mut Seen>;
}

impl Watch for Seen {
    const ANY: bool = false;

    #[inline(always)]
    fn seen(&mut self) -> Option<&mut Seen> {
        Some(self)
    }
}

struct Nothing;

impl Watch for Nothing {
    const ANY: bool = true;

    #[inline(always)]
    fn seen(&mut self) -> Option<&mut Seen> {
        None
    }
}

impl<W: Watch> Kernel for Trace<'_, W> {
    type Output = u64;

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) -> u64 {
        let Trace { grid, packet, reach, seen } = self;
        if grid.nodes().is_empty() || reach.is_nan() {
            return 0;
        }
        let mut hit = 0;
        let mut rest = packet.active;
        while rest != 0 {
            let mut lanes = rest;
            let mut extent = Extent::of(machine, packet, lanes);
            if !extent.is_narrow(machine) {
                rest &= finite(machine, packet);
                if rest == 0 {
                    break;
                }
                lanes = rest & alike(machine, packet, rest.trailing_zeros() as usize);
                extent = Extent::of(machine, packet, lanes);
            }
            rest &= !lanes;
            let mut bundle = Bundle::new::<W>(machine, packet, &extent, lanes, reach);
            bundle.trace(&extent, grid, seen);
            hit |= lanes & !bundle.lanes;
        }
        hit
    }
}

/// Rays that go the same way on every axis.
struct Bundle<'a, M: Machine> {
    machine: M,
    packet: &'a Packet,
    /// The axes that descend, a bit each.
    down: u32,
    /// The axes whose parts are looked at from the highest down.
    mirrored: u32,
    /// What turns a part's number in the order of looking into its true one.
    flip: u32,
    /// The rays that have hit nothing yet.
    lanes: u64,
    /// How many rays the bounds are of.
    bounded: u32,
    /// With signs.
    inverse: [Column; 3],
    /// The first ray's.
    one_inverse: [f32; 3],
    bounds: Bounds<M::Slots>,
    /// Where four voxels in a row are entered and left, from the lowest, in order of looking.
    near: M::Slots,
    far: M::Slots,
    /// Nothing is met that is not entered before this.
    end: f32,
}

impl<'a, M: Machine> Bundle<'a, M> {
    #[inline(always)]
    fn new<W: Watch>(
        machine: M,
        packet: &'a Packet,
        extent: &Extent<M::Slots>,
        lanes: u64,
        reach: f32,
    ) -> Self {
        let down = extent.down(machine);
        // Any hit is as good as the first, and the true order is there already.
        let mirrored = if W::ANY { 0 } else { down };
        let bit = |axis: u32| mirrored >> axis & 1;
        let from = |low: f32, step: f32| machine.steps([low; 4], step);
        let (down_near, down_far) = if W::ANY {
            (from(1.0, 1.0), from(0.0, 1.0))
        } else {
            (from(4.0, -1.0), from(3.0, -1.0))
        };
        Bundle {
            machine,
            packet,
            down,
            mirrored,
            flip: 3 * bit(0) + 12 * bit(1) + 48 * bit(2),
            lanes,
            bounded: lanes.count_ones(),
            inverse: [Column::ZERO; 3],
            one_inverse: [0.0; 3],
            bounds: Bounds::new(machine, extent, down),
            near: down_near.pick(down, from(0.0, 1.0)),
            far: down_far.pick(down, from(1.0, 1.0)),
            end: reach.next_up(),
        }
    }

    #[inline(always)]
    fn trace<W: Watch>(&mut self, extent: &Extent<M::Slots>, grid: &Grid, seen: &mut W) {
        let parts = self.children::<W>(&grid.nodes()[0]);
        if parts == 0 {
            return;
        }
        if W::ANY && extent.has_one_way() {
            self.invert_one();
            return self.descend::<W, ONE_WAY>(grid, parts, seen);
        }
        self.invert();
        if !W::ANY && extent.has_one_origin() {
            self.descend::<W, ONE_ORIGIN>(grid, parts, seen);
        } else {
            self.descend::<W, MIXED>(grid, parts, seen);
        }
    }

    #[inline(always)]
    fn invert(&mut self) {
        let (one, still) = (self.machine.splat(1.0), self.machine.splat(STILL));
        for axis in 0..3 {
            let is_down = self.down >> axis & 1 == 1;
            let (from, to) = (&self.packet.direction[axis].0, &mut self.inverse[axis].0);
            for lane in (0..LANES).step_by(M::Vector::LANES) {
                let direction = self.machine.load(&from[lane..]);
                let steep = if is_down { direction } else { direction.max(still) };
                one.div(steep).store(&mut to[lane..]);
            }
        }
    }

    #[inline(always)]
    fn invert_one(&mut self) {
        let lane = self.lanes.trailing_zeros() as usize & (LANES - 1);
        for axis in 0..3 {
            let direction = self.packet.direction[axis].0[lane];
            let is_down = self.down >> axis & 1 == 1;
            let steep = if is_down || direction > STILL { direction } else { STILL };
            self.one_inverse[axis] = 1.0 / steep;
        }
    }

    /// Goes through the tree, front to back.
    #[inline(always)]
    fn descend<W: Watch, const KIND: u8>(&mut self, grid: &Grid, parts: u64, seen: &mut W) {
        let nodes = grid.nodes();
        let mut stack = [(0u64, 0u32); DEPTH];
        let mut depth = 0;
        stack[0] = (parts, 0);
        loop {
            let (parts, number) = &mut stack[depth];
            if *parts == 0 {
                if depth == 0 {
                    return;
                }
                depth -= 1;
                continue;
            }
            let slot = parts.trailing_zeros() ^ self.flip;
            *parts &= *parts - 1;
            let node = &nodes[*number as usize];
            let child = node.first + (node.mask & ((1 << slot) - 1)).count_ones();
            if node.shift > 4 {
                depth += 1;
                stack[depth] = (self.children::<W>(&nodes[child as usize]), child);
                continue;
            }
            self.brick::<W, KIND>(grid, child, seen);
            if self.lanes == 0 {
                return;
            }
        }
    }

    /// The children of a node that a ray may meet, in the order of looking.
    #[inline(always)]
    fn children<W: Watch>(&self, node: &Flat) -> u64 {
        let (near, far) = if node.edge <= NARROW {
            let low = self.machine.spread(node.low_quad);
            let edge = self.machine.spread([node.edge; 4]);
            (low.add(self.near.mul(edge)), low.add(self.far.mul(edge)))
        } else {
            let [near, far] = wide_planes(node, self.down, self.mirrored);
            (self.machine.slots(&near), self.machine.slots(&far))
        };
        self.between::<W>(self.ahead(near, far)) & self.mirror(node.mask)
    }

    /// Bounds the rays that are left: half of them are gone.
    #[inline(always)]
    fn tighten(&mut self) {
        let extent = Extent::of(self.machine, self.packet, self.lanes);
        self.bounds = Bounds::new(self.machine, &extent, self.down);
        self.bounded = self.lanes.count_ones();
    }

    /// The filled voxels of a brick.
    #[inline(always)]
    fn brick<W: Watch, const KIND: u8>(&mut self, grid: &Grid, number: u32, seen: &mut W) {
        let brick = grid.brick(number);
        let low = self.machine.spread(*grid.low_quad(number));
        let four = self.machine.spread([4.0; 4]);
        let ahead = self.ahead(low.add(self.near.mul(four)), low.add(self.far.mul(four)));
        let mut cells = self.between::<W>(ahead) & self.mirror(brick.summary());
        let (near, far) = (low.add(self.near), low.add(self.far));
        while cells != 0 && self.lanes != 0 {
            if self.lanes.count_ones() * 2 <= self.bounded {
                self.tighten();
            }
            let cell = (cells.trailing_zeros() ^ self.flip) & 63;
            cells &= cells - 1;
            let place = self.machine.slots(&CELLS[cell as usize]);
            let (near, far) = (near.add(place), far.add(place));
            let ahead = self.ahead(near, far);
            let word = self.mirror(brick.cells()[cell as usize]);
            let voxels = self.between::<W>(ahead) & word;
            if voxels != 0 {
                let planes = Planes::of(if KIND == ONE_ORIGIN { ahead } else { (near, far) });
                let cell = Cell { brick: number, cell, voxels };
                self.cell::<W, KIND>(cell, &planes, seen);
            }
        }
    }

    #[inline(always)]
    fn cell<W: Watch, const KIND: u8>(&mut self, cell: Cell, planes: &Planes, seen: &mut W) {
        let (mut voxels, mut lanes) = (cell.voxels, self.lanes);
        if voxels.count_ones() > FEW {
            lanes = self.meeting::<W, KIND>(planes, lanes);
        }
        while voxels != 0 && lanes != 0 {
            let bit = voxels.trailing_zeros();
            voxels &= voxels - 1;
            let at = [bit & 3, bit >> 2 & 3, bit >> 4 & 3];
            let (near, far) = (planes.near.of(at), planes.far.of(at));
            let across = self.voxel::<W, KIND>(near, far, lanes, seen);
            lanes &= self.lanes;
            if let (Some(across), Some(seen)) = (across, seen.seen()) {
                let faces = self.faces(&cell, bit ^ self.flip, across);
                faces.into_iter().for_each(|face| seen.faces.push(face));
            }
        }
    }

    /// Which of some rays meet the box that the planes' parts fill.
    #[inline(always)]
    fn meeting<W: Watch, const KIND: u8>(&self, planes: &Planes, lanes: u64) -> u64 {
        let ends = [0, 1, 2].map(|axis| 3 * ((self.down & !self.mirrored) >> axis & 1));
        let (near, far) = (planes.near.of(ends), planes.far.of(ends.map(|end| 3 - end)));
        let mut met = 0;
        for first in (0..LANES).step_by(4 * M::Vector::LANES) {
            if !is_empty::<M>(lanes >> first) {
                met |= self.enter::<W, KIND>(near, far, first).hits;
            }
        }
        met & lanes
    }

    /// Finds which of some rays meet a voxel; if any, which enter it across which axis.
    #[inline(always)]
    fn voxel<W: Watch, const KIND: u8>(
        &mut self,
        near: [f32; 3],
        far: [f32; 3],
        lanes: u64,
        seen: &mut W,
    ) -> Option<[u64; 3]> {
        let (mut met, mut across) = (0, [0; 3]);
        // Four vectors at a time without a branch: which of them hit is hard to predict.
        for first in (0..LANES).step_by(4 * M::Vector::LANES) {
            if is_empty::<M>(lanes >> first) {
                continue;
            }
            let entry = self.enter::<W, KIND>(near, far, first);
            let hit = entry.hits & lanes;
            if hit != 0 {
                met |= hit;
                self.lanes &= !hit;
                if let Some(seen) = seen.seen() {
                    self.note(&entry, hit, first, seen, &mut across);
                }
            }
        }
        (met != 0).then_some(across)
    }

    /// When the rays of four vectors, from the lane `first` on, enter a voxel, met or not.
    #[inline(always)]
    fn enter<W: Watch, const KIND: u8>(
        &self,
        near: [f32; 3],
        far: [f32; 3],
        first: usize,
    ) -> Entry<M::Vector> {
        let machine = self.machine;
        let (zero, end) = (machine.splat(0.0), machine.splat(self.end));
        let mut entry = Entry { when: [zero; 4], y: [zero; 4], z: [zero; 4], hits: 0 };
        for group in 0..4 {
            let lane = first + group * M::Vector::LANES;
            let (mut enter, mut leave) = ([zero; 3], [zero; 3]);
            for axis in 0..3 {
                let (mut near, mut far) = (machine.splat(near[axis]), machine.splat(far[axis]));
                if KIND != ONE_ORIGIN {
                    let origin = machine.load(&self.packet.origin[axis].0[lane..]);
                    (near, far) = (near.sub(origin), far.sub(origin));
                }
                let inverse = match KIND {
                    ONE_WAY => machine.splat(self.one_inverse[axis]),
                    _ => machine.load(&self.inverse[axis].0[lane..]),
                };
                (enter[axis], leave[axis]) = (near.mul(inverse), far.mul(inverse));
            }
            let leave = leave[0].min(leave[1]).min(leave[2]);
            let leave = if W::ANY { leave.min(end) } else { leave };
            let when = enter[0].max(enter[1]).max(enter[2]);
            (entry.when[group], entry.y[group], entry.z[group]) = (when, enter[1], enter[2]);
            entry.hits |= u64::from(when.max(zero).lt(leave)) << lane;
        }
        entry
    }

    /// Writes down when rays hit, and adds across which axes.
    #[inline(always)]
    fn note(
        &self,
        entry: &Entry<M::Vector>,
        hit: u64,
        first: usize,
        seen: &mut Seen,
        across: &mut [u64; 3],
    ) {
        let zero = self.machine.splat(0.0);
        let (mut y, mut z) = (0, 0);
        for group in 0..4 {
            let lane = first + group * M::Vector::LANES;
            let (when, times) = (entry.when[group], &mut seen.time.0[lane..]);
            when.max(zero).pick((hit >> lane) as u32, self.machine.load(times)).store(times);
            y |= u64::from(when.le(entry.y[group])) << lane;
            z |= u64::from(when.le(entry.z[group])) << lane;
        }
        let mut new = [hit & !(y | z), hit & y & !z, hit & z];
        let [a, b, c, d] = entry.when;
        if a.min(b).min(c.min(d)).lt(zero) != 0 {
            let mut inside = 0;
            for group in 0..4 {
                let lane = first + group * M::Vector::LANES;
                inside |= u64::from(entry.when[group].lt(zero)) << lane;
            }
            turn(&self.inverse, hit & inside, &mut new);
        }
        for axis in 0..3 {
            across[axis] |= new[axis];
        }
    }

    /// A voxel's faces, those that no ray has hit too.
    #[inline(always)]
    fn faces(&self, cell: &Cell, bit: u32, across: [u64; 3]) -> [Face; 3] {
        let local = Local::from_cell_and_bit(cell.cell as usize, bit);
        let face = |axis: u8, lanes: u64| {
            let upper = self.down >> axis & 1 == 1;
            Face { brick: cell.brick, local, axis, upper, lanes }
        };
        [face(0, across[0]), face(1, across[1]), face(2, across[2])]
    }

    /// Planes through which parts are entered and left, from where rays are when none has
    /// entered and when all have left.
    #[inline(always)]
    fn ahead(&self, near: M::Slots, far: M::Slots) -> (M::Slots, M::Slots) {
        (near.sub(self.bounds.enter_from), far.sub(self.bounds.leave_from))
    }

    /// The parts that a ray may meet. Times below zero need no care: with a wrong bound they
    /// stay below zero.
    #[inline(always)]
    fn between<W: Watch>(&self, (near, far): (M::Slots, M::Slots)) -> u64 {
        let enter = near.mul(self.bounds.enter_inverse).max(self.machine.spread([0.0; 4]));
        let leave = far.mul(self.bounds.leave_inverse);
        let leave = if W::ANY { leave.min(self.machine.spread([self.end; 4])) } else { leave };
        enter.overlap(leave)
    }

    /// Parts from their true order to that of looking.
    #[inline(always)]
    fn mirror(&self, mut parts: u64) -> u64 {
        if self.mirrored & 1 != 0 {
            parts = (parts & 0x5555_5555_5555_5555) << 1 | (parts >> 1) & 0x5555_5555_5555_5555;
            parts = (parts & 0x3333_3333_3333_3333) << 2 | (parts >> 2) & 0x3333_3333_3333_3333;
        }
        if self.mirrored & 2 != 0 {
            parts = (parts & 0x0F0F_0F0F_0F0F_0F0F) << 4 | (parts >> 4) & 0x0F0F_0F0F_0F0F_0F0F;
            parts = (parts & 0x00FF_00FF_00FF_00FF) << 8 | (parts >> 8) & 0x00FF_00FF_00FF_00FF;
        }
        if self.mirrored & 4 != 0 {
            parts = (parts & 0x0000_FFFF_0000_FFFF) << 16 | (parts >> 16) & 0x0000_FFFF_0000_FFFF;
            parts = parts.rotate_left(32);
        }
        parts
    }
}

/// A 4x4x4 cell of a brick.
#[derive(Clone, Copy)]
struct Cell {
    brick: u32,
    /// Which one of the brick.
    cell: u32,
    /// The voxels that a ray may meet, in the order of looking.
    voxels: u64,
}

/// When the rays of four vectors enter a voxel, along which two of the axes, and who meets it.
struct Entry<V> {
    when: [V; 4],
    y: [V; 4],
    z: [V; 4],
    hits: u64,
}

/// Whether the first four vectors' lanes hold none; not looked at where that is all lanes.
#[inline(always)]
fn is_empty<M: Machine>(lanes: u64) -> bool {
    let count = 4 * M::Vector::LANES;
    count < LANES && lanes & (u64::MAX >> (LANES - count)) == 0
}

/// The planes through which parts are entered and left; for rays from one origin, counted
/// from there.
struct Planes {
    near: Sixteen,
    far: Sixteen,
}

impl Planes {
    #[inline(always)]
    fn of<S: Slots>((near, far): (S, S)) -> Self {
        let mut planes = Planes { near: Sixteen([0.0; 16]), far: Sixteen([0.0; 16]) };
        near.store(&mut planes.near);
        far.store(&mut planes.far);
        planes
    }
}

/// The planes through which a node's children are entered and left, in `f64` and rounded once:
/// see [`Flat::low`].
#[cold]
#[inline(never)]
fn wide_planes(node: &Flat, down: u32, mirrored: u32) -> [Sixteen; 2] {
    let mut planes = [Sixteen([0.0; 16]); 2];
    for at in 0..12 {
        let (axis, part) = (at / 4, at % 4);
        let part = if mirrored >> axis & 1 == 1 { 3 - part } else { part };
        for (side, planes) in (0..2).zip(&mut planes) {
            let plane = part + (side ^ (down >> axis & 1)) as usize;
            planes.0[at] = (node.low[axis] + plane as f64 * f64::from(node.edge)) as f32;
        }
    }
    planes
}

/// Rays that start inside a voxel see the face across their steepest axis.
#[cold]
#[inline(never)]
fn turn(inverse: &[Column; 3], inside: u64, across: &mut [u64; 3]) {
    for lane in Bits(inside) {
        let [x, y, z] = [0, 1, 2].map(|axis| inverse[axis].0[lane as usize].abs());
        let steepest = if x <= y && x <= z { 0 } else { 1 + usize::from(z < y) };
        across.iter_mut().for_each(|lanes| *lanes &= !(1 << lane));
        across[steepest] |= 1 << lane;
    }
}

#[cfg(test)]
#[path = "packet_tests.rs"]
mod tests;
