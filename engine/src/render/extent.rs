//! Bounds on the rays of a packet, and which of them go together.

use super::rays::{LANES, Packet};
use super::simd::{Machine, Slots, Vector};

/// Components nearer to zero count as this.
pub(super) const STILL: f32 = 1.0 / (1u64 << 60) as f32;

/// Rays that start within so many voxels of each other on every axis may go together. Less
/// makes more bundles, more makes them meet more that no ray of theirs does.
const SPREAD: f32 = 8.0;

/// Calls `of` with the first lane of each group and puts the bits that it gives together.
#[inline(always)]
fn gather<V: Vector>(of: impl Fn(usize) -> u32) -> u64 {
    let mut bits = 0;
    for first in (0..LANES).step_by(V::LANES) {
        bits |= u64::from(of(first)) << first;
    }
    bits
}

/// The lanes whose numbers are neither infinite nor NaN: others hit nothing.
#[inline(always)]
pub(super) fn finite<M: Machine>(machine: M, packet: &Packet) -> u64 {
    let most = machine.splat(f32::MAX);
    let mut lanes = u64::MAX;
    for axis in 0..3 {
        let (origin, direction) = (&packet.origin[axis].0, &packet.direction[axis].0);
        lanes &= gather::<M::Vector>(
            #[inline(always)]
            |first| {
                let from = machine.load(&origin[first..]).abs().le(most);
                from & machine.load(&direction[first..]).abs().le(most)
            },
        );
    }
    lanes
}

/// The lanes that go the same way as one lane on every axis, and start near it.
#[inline(always)]
pub(super) fn alike<M: Machine>(machine: M, packet: &Packet, lane: usize) -> u64 {
    let (still, spread) = (machine.splat(-STILL), machine.splat(SPREAD / 2.0));
    let mut lanes = u64::MAX;
    for axis in 0..3 {
        let (origin, direction) = (&packet.origin[axis].0, &packet.direction[axis].0);
        let from = machine.splat(origin[lane]);
        lanes &= gather::<M::Vector>(
            #[inline(always)]
            |first| machine.load(&origin[first..]).sub(from).abs().le(spread),
        );
        let down = gather::<M::Vector>(
            #[inline(always)]
            |first| machine.load(&direction[first..]).le(still),
        );
        lanes &= if down >> lane & 1 == 1 { down } else { !down };
    }
    lanes
}

/// Bounds on some rays' origins and directions.
#[derive(Clone, Copy)]
pub(super) struct Extent<S> {
    /// The least and the greatest coordinates.
    first: S,
    last: S,
    /// The least and the greatest components.
    least: S,
    most: S,
    /// Whether all their numbers are finite. May say no when they are, but large.
    is_finite: bool,
}

impl<S: Slots> Extent<S> {
    #[inline(always)]
    pub(super) fn of<M: Machine<Slots = S>>(machine: M, packet: &Packet, lanes: u64) -> Self {
        let lane = lanes.trailing_zeros() as usize & (LANES - 1);
        let (mut first, mut last) =
            ([machine.splat(f32::INFINITY); 3], [machine.splat(f32::NEG_INFINITY); 3]);
        let (mut least, mut most) = (first, last);
        let mut sums = [machine.splat(0.0); 3];
        for axis in 0..3 {
            let (origins, directions) = (&packet.origin[axis].0, &packet.direction[axis].0);
            let spare = [machine.splat(origins[lane]), machine.splat(directions[lane])];
            for lane in (0..LANES).step_by(M::Vector::LANES) {
                let mut origin = machine.load(&origins[lane..]);
                let mut direction = machine.load(&directions[lane..]);
                if lanes != u64::MAX {
                    let bits = (lanes >> lane) as u32;
                    origin = origin.pick(bits, spare[0]);
                    direction = direction.pick(bits, spare[1]);
                }
                first[axis] = origin.min(first[axis]);
                last[axis] = origin.max(last[axis]);
                least[axis] = direction.min(least[axis]);
                most[axis] = direction.max(most[axis]);
                sums[axis] = sums[axis].add(origin.add(direction));
            }
        }
        let sum = sums[0].add(sums[1]).add(sums[2]).abs();
        Extent {
            first: machine.least(first),
            last: machine.most(last),
            least: machine.least(least),
            most: machine.most(most),
            is_finite: sum.le(machine.splat(f32::MAX)) == vector_lanes::<M>(),
        }
    }

    /// The axes that all descend, a bit each.
    #[inline(always)]
    pub(super) fn down<M: Machine<Slots = S>>(&self, machine: M) -> u32 {
        self.most.le(machine.spread([-STILL; 4]))
    }

    /// Whether all start at one point.
    #[inline(always)]
    pub(super) fn has_one_origin(&self) -> bool {
        self.last.le(self.first) == 0b111
    }

    /// Whether all go in one direction.
    #[inline(always)]
    pub(super) fn has_one_way(&self) -> bool {
        self.most.le(self.least) == 0b111
    }

    /// Whether the rays can make one bundle.
    #[inline(always)]
    pub(super) fn is_narrow<M: Machine<Slots = S>>(&self, machine: M) -> bool {
        let some = self.least.le(machine.spread([-STILL; 4]));
        let near = self.last.sub(self.first).le(machine.spread([SPREAD; 4]));
        self.is_finite && some == self.down(machine) && near == 0b111
    }
}

/// Bounds on the times of rays: when none enters yet, and when all have left.
#[derive(Clone, Copy)]
pub(super) struct Bounds<S> {
    pub enter_from: S,
    pub enter_inverse: S,
    pub leave_from: S,
    pub leave_inverse: S,
}

impl<S: Slots> Bounds<S> {
    /// Of rays that descend on the axes `down`.
    #[inline(always)]
    pub(super) fn new<M: Machine<Slots = S>>(machine: M, extent: &Extent<S>, down: u32) -> Self {
        let (one, still) = (machine.spread([1.0; 4]), machine.spread([STILL; 4]));
        Bounds {
            enter_from: extent.first.pick(down, extent.last),
            enter_inverse: one.div(extent.least.pick(down, extent.most.max(still))),
            leave_from: extent.last.pick(down, extent.first),
            leave_inverse: one.div(extent.most.pick(down, extent.least.max(still))),
        }
    }
}

/// A bit for each lane of a vector.
#[inline(always)]
pub(super) const fn vector_lanes<M: Machine>() -> u32 {
    ((1u64 << M::Vector::LANES) - 1) as u32
}
