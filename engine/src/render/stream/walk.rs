//! The walk of many rays at once, a lane each.
//!
//! Each turn takes every lane down one level of the tree or out of one cell. Lanes whose rays
//! have ended wait until a few do, then get the next rays. Two groups of lanes take turns, so
//! that one works while the other waits for memory.
#![allow(unsafe_code)]

use super::start::Start;
use super::tree::Tree;
use super::{End, Ends};
use crate::render::rays::Rays;
use crate::render::simd::wide::{Avx2, Avx512, Sse41, Walker};
use crate::volume::Bits;

/// Groups of lanes.
const GROUPS: usize = 2;

/// How many rays are made ready at once.
const READY: usize = 64;

/// Bits of 2x2x2 parts inside half a word, from their lowest part on.
const OCTET: i32 = 0x0033_0033;

/// Levels between the root and the leaves, at most.
const BETWEEN: usize = 8;

/// Sends rays through a tree and tells which of them end at a voxel.
#[inline(always)]
pub(super) fn run<W: Walker, E: Ends>(w: W, tree: &Tree, rays: &Rays, ends: &mut E) {
    let mut queue = Queue::new();
    let mut groups: [Lanes<W>; GROUPS] = [Lanes::idle(w), Lanes::idle(w)];
    let enough = W::LANES as u32 * 13 / 16;
    loop {
        let mut live = 0;
        for lanes in &mut groups {
            if w.bits(lanes.live).count_ones() <= enough && queue.has_more(w, tree, rays) {
                lanes.report(w, tree, ends);
                lanes.refill(w, tree, &mut queue);
            }
            live |= w.bits(lanes.live);
        }
        if live == 0 {
            break;
        }
        for lanes in &mut groups {
            lanes.turn::<E>(w, tree);
        }
    }
    for lanes in &mut groups {
        lanes.report(w, tree, ends);
    }
}

macro_rules! made_for {
    ($name:ident, $machine:ty, $features:literal) => {
        /// [`run`], made for a machine.
        pub(super) fn $name<E: Ends>(w: $machine, tree: &Tree, rays: &Rays, ends: &mut E) {
            #[target_feature(enable = $features)]
            fn made<E: Ends>(w: $machine, tree: &Tree, rays: &Rays, ends: &mut E) {
                run(w, tree, rays, ends);
            }
            // SAFETY: the machine is the proof that it has the features.
            unsafe { made(w, tree, rays, ends) }
        }
    };
}
made_for!(run_sse41, Sse41, "sse4.1,ssse3,popcnt");
made_for!(run_avx2, Avx2, "avx2,popcnt,bmi1,bmi2,lzcnt");
made_for!(
    run_avx512,
    Avx512<false>,
    "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,popcnt,bmi1,bmi2,lzcnt"
);
made_for!(
    run_avx512_counts,
    Avx512<true>,
    "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512vpopcntdq,avx2,popcnt,bmi1,bmi2,lzcnt"
);

/// Rays that are ready for lanes: a column for each number of theirs, as bits.
struct Queue {
    columns: [[i32; READY + 16]; 17],
    next: usize,
    len: usize,
    /// The first ray that is not in the queue and was never.
    ray: usize,
}

impl Queue {
    fn new() -> Self {
        Queue { columns: [[0; READY + 16]; 17], next: 0, len: 0, ray: 0 }
    }

    /// Whether there are rays to take, after making some ready.
    #[inline(always)]
    fn has_more<W: Walker>(&mut self, w: W, tree: &Tree, rays: &Rays) -> bool {
        while self.next == self.len && self.ray < rays.len() {
            (self.next, self.len) = (0, 0);
            while self.len + W::LANES <= READY && self.ray < rays.len() {
                self.push(w, &Start::new(w, tree, rays, self.ray));
                self.ray += W::LANES;
            }
        }
        self.next < self.len
    }

    #[inline(always)]
    fn push<W: Walker>(&mut self, w: W, start: &Start<W>) {
        let [time, limit] = [w.bits_of(start.time), w.bits_of(start.limit)];
        let ray = w.plus(w.count(), w.wholes(self.ray as i32));
        for axis in 0..3 {
            self.pack(w, axis, start, w.bits_of(start.origin[axis]));
            self.pack(w, 3 + axis, start, w.bits_of(start.direction[axis]));
            self.pack(w, 6 + axis, start, w.bits_of(start.inverse[axis]));
            self.pack(w, 9 + axis, start, start.place[axis]);
        }
        let others = [time, limit, start.axis, start.flip, ray];
        for (number, other) in others.iter().enumerate() {
            self.pack(w, 12 + number, start, *other);
        }
        self.len += w.bits(start.enters).count_ones() as usize;
    }

    #[inline(always)]
    fn pack<W: Walker>(&mut self, w: W, column: usize, start: &Start<W>, numbers: W::Whole) {
        w.pack(&mut self.columns[column][self.len..], start.enters, numbers);
    }

    /// The next numbers of a column, for the lanes in the mask.
    #[inline(always)]
    fn next<W: Walker>(&self, w: W, column: usize, mask: W::Mask, keep: W::Whole) -> W::Whole {
        w.unpack(&self.columns[column][self.next..], mask, keep)
    }

    #[inline(always)]
    fn next_real<W: Walker>(&self, w: W, column: usize, mask: W::Mask, keep: W::Real) -> W::Real {
        w.of_bits(self.next(w, column, mask, w.bits_of(keep)))
    }
}

/// A group of lanes.
struct Lanes<W: Walker> {
    origin: [W::Real; 3],
    direction: [W::Real; 3],
    inverse: [W::Real; 3],
    place: [W::Whole; 3],
    time: W::Real,
    limit: W::Real,
    axis: W::Whole,
    flip: W::Whole,
    ray: W::Whole,
    /// The node, its word in halves, and how wide its parts are: `2^s`.
    node: W::Whole,
    word: [W::Whole; 2],
    s: W::Whole,
    /// The nodes on the way down, without the root: first those with parts of width 4.
    above: [W::Whole; BETWEEN],
    live: W::Mask,
    /// Those that have hit something that is not reported yet.
    hit: W::Mask,
}

impl<W: Walker> Lanes<W> {
    #[inline(always)]
    fn idle(w: W) -> Self {
        let (real, whole) = (w.reals(0.0), w.wholes(0));
        Lanes {
            origin: [real; 3],
            direction: [real; 3],
            inverse: [real; 3],
            place: [whole; 3],
            time: real,
            limit: real,
            axis: whole,
            flip: whole,
            ray: whole,
            node: whole,
            word: [whole; 2],
            s: whole,
            above: [whole; BETWEEN],
            live: w.mask(0),
            hit: w.mask(0),
        }
    }

    /// Tells of the rays that have hit something.
    #[inline(always)]
    fn report<E: Ends>(&mut self, w: W, tree: &Tree, ends: &mut E) {
        let hit = w.bits(self.hit);
        if hit == 0 {
            return;
        }
        let mut numbers = [[0; 16]; 8];
        let [x, y, z] = self.place;
        let all = [self.ray, w.bits_of(self.time), self.axis, x, y, z, self.flip, self.node];
        let count = if E::ANY { 1 } else { 8 };
        for number in 0..count {
            w.store(&mut numbers[number], all[number]);
        }
        for lane in Bits(u64::from(hit)) {
            let lane = lane as usize & 15;
            let [ray, time, axis] = [numbers[0][lane], numbers[1][lane], numbers[2][lane]];
            let place = [numbers[3][lane], numbers[4][lane], numbers[5][lane]];
            let [flip, leaf] = [numbers[6][lane], numbers[7][lane]];
            let brick = if E::ANY { 0 } else { tree.links[leaf as usize] };
            let time = f32::from_bits(time as u32);
            ends.end(ray as u32 as usize, &End { time, axis, place, flip, brick });
        }
        self.hit = w.mask(0);
    }

    /// Gives the next rays to lanes that have none.
    #[inline(always)]
    fn refill(&mut self, w: W, tree: &Tree, queue: &mut Queue) {
        let mut free = !w.bits(self.live) & ((1 << W::LANES) - 1);
        let ready = (queue.len - queue.next) as u32;
        while free.count_ones() > ready {
            free &= !(1 << free.ilog2());
        }
        let fresh = w.mask(free);
        for axis in 0..3 {
            self.origin[axis] = queue.next_real(w, axis, fresh, self.origin[axis]);
            self.direction[axis] = queue.next_real(w, 3 + axis, fresh, self.direction[axis]);
            self.inverse[axis] = queue.next_real(w, 6 + axis, fresh, self.inverse[axis]);
            self.place[axis] = queue.next(w, 9 + axis, fresh, self.place[axis]);
        }
        self.time = queue.next_real(w, 12, fresh, self.time);
        self.limit = queue.next_real(w, 13, fresh, self.limit);
        self.axis = queue.next(w, 14, fresh, self.axis);
        self.flip = queue.next(w, 15, fresh, self.flip);
        self.ray = queue.next(w, 16, fresh, self.ray);
        let root = tree.words[tree.top()];
        self.node = w.choose(fresh, w.wholes(tree.top() as i32), self.node);
        self.word[0] = w.choose(fresh, w.wholes(root as i32), self.word[0]);
        self.word[1] = w.choose(fresh, w.wholes((root >> 32) as i32), self.word[1]);
        self.s = w.choose(fresh, w.wholes(tree.root as i32), self.s);
        self.live = w.either(self.live, fresh);
        queue.next += free.count_ones() as usize;
    }

    /// Takes each lane down a level or out of a cell.
    #[inline(always)]
    fn turn<E: Ends>(&mut self, w: W, tree: &Tree) {
        let [x, y, z] = self.place;
        let [x, y, z] = [w.part(x, self.s), w.part(y, self.s), w.part(z, self.s)];
        let slot = w.xor(w.or(x, w.or(w.up::<2>(y), w.up::<4>(z))), self.flip);
        let lower = w.above(w.wholes(32), slot);
        let half = w.choose(lower, self.word[0], self.word[1]);
        let taken = w.both(self.live, w.bit(half, slot));
        let hit = w.both(taken, w.is(self.s, w.wholes(0)));
        let down = w.except(taken, hit);
        let out = w.except(self.live, taken);
        self.hit = w.either(self.hit, hit);
        self.live = w.except(self.live, hit);
        let octet = w.up_by(w.wholes(OCTET), w.and(slot, w.wholes(0b00_1010)));
        let wide = w.next_where(w.apart(half, octet), self.s);
        self.descend(w, tree, down, lower, half, slot);
        let climbs = self.leave::<E>(w, tree, out, wide);
        let arrived = w.either(down, climbs);
        // SAFETY: nodes are 0, the top, or come from the tree's links and words.
        self.word = unsafe { w.look_up_halves(&tree.words, self.node, arrived, self.word) };
    }

    /// Takes lanes down to the child in a slot of a half of their word.
    #[inline(always)]
    fn descend(
        &mut self,
        w: W,
        tree: &Tree,
        down: W::Mask,
        lower: W::Mask,
        half: W::Whole,
        slot: W::Whole,
    ) {
        for level in 0..tree.root as usize / 2 - 1 {
            let here = w.both(down, w.is(self.s, w.wholes(2 * level as i32 + 2)));
            self.above[level] = w.choose(here, self.node, self.above[level]);
        }
        // SAFETY: nodes are 0, the top, or come from the tree's links and words.
        let link = unsafe { w.look_up(&tree.links, self.node, down, self.node) };
        let bit = w.up_by(w.wholes(1), w.and(slot, w.wholes(31)));
        let side = w.turn_where(lower, w.minus(bit, w.wholes(1)));
        let between = w.only(down, w.ones(w.and(half, side)));
        self.node = w.plus(link, w.negate_where(lower, between));
        self.s = w.minus(self.s, w.only(down, w.wholes(2)));
    }

    /// Takes lanes out of the cell around them, `2^wide` wide. Tells which of them change
    /// their node.
    #[inline(always)]
    fn leave<E: Ends>(&mut self, w: W, tree: &Tree, out: W::Mask, wide: W::Whole) -> W::Mask {
        let one = w.wholes(1);
        let rest = w.only(out, w.minus(w.up_by(one, wide), one));
        let [x, y, z] = self.place;
        let last = [w.or(x, rest), w.or(y, rest), w.or(z, rest)];
        let next = [w.plus(last[0], one), w.plus(last[1], one), w.plus(last[2], one)];
        let x = self.crossing(w, 0, next[0]);
        let y = self.crossing(w, 1, next[1]);
        let z = self.crossing(w, 2, next[2]);
        let xy = w.min(y, x);
        let time = w.min(z, xy);
        let is_z = w.both(out, w.lt(z, xy));
        let is_y = w.except(w.both(out, w.lt(y, x)), is_z);
        let is_x = w.except(w.except(out, is_z), is_y);
        let crossed = [is_x, is_y, is_z];
        for axis in 0..3 {
            let exact = w.add(self.origin[axis], w.mul(self.direction[axis], time));
            // Where the ray does not leave, there is no rest: it stays.
            let at = w.most(w.least(w.floor(exact), last[axis]), self.place[axis]);
            self.place[axis] = w.choose(crossed[axis], next[axis], at);
        }
        if !E::ANY {
            self.time = w.pick(out, time, self.time);
            let axis = w.choose(is_y, one, w.choose(is_z, w.wholes(2), w.wholes(0)));
            self.axis = w.choose(out, axis, self.axis);
        }
        let goes_on = w.both(out, w.le(time, self.limit));
        self.live = w.except(self.live, w.except(out, goes_on));
        let across = w.choose(is_z, next[2], w.choose(is_y, next[1], next[0]));
        let width = w.lowest(w.or(across, w.wholes(2 << tree.root)));
        let width = w.and(width, w.wholes(!1));
        let climbs = w.both(goes_on, w.above(width, self.s));
        self.climb(w, tree, climbs, width);
        climbs
    }

    /// When rays cross a plane.
    #[inline(always)]
    fn crossing(&self, w: W, axis: usize, plane: W::Whole) -> W::Real {
        w.mul(w.sub(w.to_real(plane), self.origin[axis]), self.inverse[axis])
    }

    /// Takes lanes up to nodes with parts that wide.
    #[inline(always)]
    fn climb(&mut self, w: W, tree: &Tree, climbs: W::Mask, width: W::Whole) {
        let mut node = w.wholes(tree.top() as i32);
        for level in 0..tree.root as usize / 2 - 1 {
            let here = w.is(width, w.wholes(2 * level as i32 + 2));
            node = w.choose(here, self.above[level], node);
        }
        self.node = w.choose(climbs, node, self.node);
        self.s = w.most(self.s, w.only(climbs, width));
    }
}
