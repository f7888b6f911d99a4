//! Where rays enter a tree's root, and what their walks need to know of them.
//!
//! An axis that a ray descends is mirrored, voxel by voxel (`!x`) and plane by plane (`-x`), so
//! that all axes ascend.

use super::tree::Tree;
use crate::render::rays::Rays;
use crate::render::simd::wide::Wide;

/// Components below this count as zero: such a ray never crosses a plane of that axis.
const STILL: f32 = 1.0 / (1u64 << 60) as f32;

/// Rays that enter the root, a lane each, in mirrored coordinates.
pub(super) struct Start<W: Wide> {
    pub origin: [W::Real; 3],
    pub direction: [W::Real; 3],
    pub inverse: [W::Real; 3],
    /// The voxel.
    pub place: [W::Whole; 3],
    pub time: W::Real,
    /// The last time at which a ray may enter a voxel.
    pub limit: W::Real,
    /// The axis that the ray crossed last, or its steepest.
    pub axis: W::Whole,
    /// What turns mirrored slots to true ones.
    pub flip: W::Whole,
    /// The lanes in which a ray enters; the others hold anything.
    pub enters: W::Mask,
}

impl<W: Wide> Start<W> {
    /// The rays from the number `first` on.
    #[inline(always)]
    pub(super) fn new(w: W, tree: &Tree, rays: &Rays, first: usize) -> Self {
        let along = [
            Along::new(w, tree, rays, first, 0),
            Along::new(w, tree, rays, first, 1),
            Along::new(w, tree, rays, first, 2),
        ];
        let reach = column(w, &rays.reach, first, -1.0);
        let (time, until) = span(w, &along);
        // It enters voxels before it leaves the root: one step of `f32` earlier, at the latest.
        let before = w.of_bits(w.minus(w.bits_of(until), w.wholes(1)));
        let mut enters = w.both(w.lt(time, until), w.le(time, reach));
        let outside = w.lt(w.reals(0.0), time);
        let mut axis = steepest(w, &along);
        let mut place = [w.wholes(0); 3];
        for number in 0..3 {
            let one = &along[number];
            enters = w.both(enters, one.is_sound);
            let crossed = w.both(outside, w.both(w.le(one.enter, time), w.le(time, one.enter)));
            axis = w.choose(crossed, w.wholes(number as i32), axis);
            place[number] = one.place(w, tree, time, crossed);
        }
        Start {
            origin: [along[0].origin, along[1].origin, along[2].origin],
            direction: [along[0].direction, along[1].direction, along[2].direction],
            inverse: [along[0].inverse, along[1].inverse, along[2].inverse],
            place,
            time,
            limit: w.min(reach, before),
            axis,
            flip: w.or(w.or(along[0].flip, along[1].flip), along[2].flip),
            enters,
        }
    }
}

/// Rays along one axis, mirrored.
struct Along<W: Wide> {
    origin: W::Real,
    direction: W::Real,
    inverse: W::Real,
    /// When they enter the root and when they leave it, for this axis; may be NaN for those
    /// that stand still on its border.
    enter: W::Real,
    leave: W::Real,
    flip: W::Whole,
    /// The lanes whose numbers are finite and which do not start behind the root.
    is_sound: W::Mask,
}

impl<W: Wide> Along<W> {
    #[inline(always)]
    fn new(w: W, tree: &Tree, rays: &Rays, first: usize, axis: usize) -> Self {
        let (zero, infinity) = (w.reals(0.0), w.reals(f32::INFINITY));
        let origin =
            w.add(column(w, &rays.origin[axis], first, 0.0), w.reals(tree.shift[axis] as f32));
        let along = column(w, &rays.direction[axis], first, 0.0);
        let descends = w.le(along, w.reals(-STILL));
        let moves = w.either(descends, w.le(w.reals(STILL), along));
        let sign = w.choose(descends, w.wholes(i32::MIN), w.wholes(0));
        let origin = w.of_bits(w.xor(w.bits_of(origin), sign));
        let steep = w.of_bits(w.xor(w.bits_of(along), sign));
        let inverse = w.pick(moves, w.div(w.reals(1.0), steep), infinity);
        let half = w.reals(tree.half() as f32);
        let finite = w.both(w.lt(steep, infinity), w.lt(w.reals(f32::NEG_INFINITY), origin));
        Along {
            origin,
            direction: w.pick(moves, steep, zero),
            inverse,
            enter: w.mul(w.sub(w.sub(zero, half), origin), inverse),
            leave: w.mul(w.sub(half, origin), inverse),
            flip: w.choose(descends, w.wholes(3 << (2 * axis)), w.wholes(0)),
            is_sound: w.both(finite, w.lt(origin, half)),
        }
    }

    /// The voxel in which rays are at a time, at which those in `crossed` enter the root here.
    #[inline(always)]
    fn place(&self, w: W, tree: &Tree, time: W::Real, crossed: W::Mask) -> W::Whole {
        let (low, high) = (w.wholes(-tree.half()), w.wholes(tree.half() - 1));
        let at = w.floor(w.add(self.origin, w.mul(self.direction, time)));
        w.choose(crossed, low, w.most(low, w.least(at, high)))
    }
}

/// When rays enter the root, at the earliest at their start, and when they leave it.
#[inline(always)]
fn span<W: Wide>(w: W, [x, y, z]: &[Along<W>; 3]) -> (W::Real, W::Real) {
    // In this order of arguments a NaN has no say.
    let enter = w.max(z.enter, w.max(y.enter, w.max(x.enter, w.reals(0.0))));
    let leave = w.min(z.leave, w.min(y.leave, w.min(x.leave, w.reals(f32::INFINITY))));
    (enter, leave)
}

/// The axis of the largest component; of equal ones the first.
#[inline(always)]
fn steepest<W: Wide>(w: W, [x, y, z]: &[Along<W>; 3]) -> W::Whole {
    let yz = w.choose(w.lt(y.direction, z.direction), w.wholes(2), w.wholes(1));
    let is_x = w.both(w.le(y.direction, x.direction), w.le(z.direction, x.direction));
    w.choose(is_x, w.wholes(0), yz)
}

/// The numbers from `first` on, and `rest` where there are no more.
#[inline(always)]
fn column<W: Wide>(w: W, numbers: &[f32], first: usize, rest: f32) -> W::Real {
    let numbers = &numbers[first..];
    if numbers.len() >= W::LANES {
        return w.load(numbers);
    }
    let mut padded = [rest; 16];
    padded[..numbers.len()].copy_from_slice(numbers);
    w.load(&padded)
}
