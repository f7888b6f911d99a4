//! What a ray hits: the canonical walk, and its state on the way through a grid.
//!
//! A ray is an origin and a direction in `f64`, relative to the lowest corner of
//! the content. It crosses the integer plane `p` of axis `a` at the time
//! `t(a, p) = (p - origin[a]) * (1 / direction[a])`: a pure function, never
//! accumulated (zero without a sign). A ray starts in the voxel `floor(origin)`. The planes ahead of it
//! are crossed in the order of their times, equal times in the order x, y, z;
//! each crossing moves it one voxel along its axis. The first solid voxel is
//! hit: the face is across the axis crossed last, the distance that crossing's
//! time. A ray that starts inside a solid voxel hits it at time 0, on the axis of
//! its largest direction component. A component below 2^-60 counts as zero: it
//! never crosses a plane.
//!
//! [`Walk`] is that order in closed form: from the times alone it tells which
//! voxel a ray is in after any crossing, so a large empty cell is left in one step,
//! with the same result, bit for bit, as crossing its planes one by one.
//!
//! Coordinates inside are *mirrored*: an axis that a ray descends is flipped,
//! voxel by voxel (`!u`) and plane by plane (`-p`), so that all axes ascend.
//! Negating both factors of a product changes no bit of it.

use crate::math::Vec3;

/// Components below this count as zero.
const STILL: f64 = 1.0 / (1u64 << 60) as f64;

/// A box of voxels in biased coordinates (`i32` plus 2^31), the end not included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub low: [i64; 3],
    pub high: [i64; 3],
}

/// A crossing: when, and of which axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    pub time: f64,
    pub axis: usize,
}

/// One ray in mirrored coordinates.
pub(super) struct Walk {
    origin: Vec3,
    direction: Vec3,
    inverse: Vec3,
    /// The biased mirrored plane that the ray's coordinates count from.
    base: [i64; 3],
    /// The frame, mirrored.
    low: [i64; 3],
    high: [i64; 3],
    /// What to add to a ray's coordinate to count from `low`.
    shift: Vec3,
    /// How near to a plane the shortcut is not trusted.
    margin: f64,
    flip: [u32; 3],
}

impl Walk {
    /// A ray through the frame; its origin counts from the frame's lowest corner.
    pub(super) fn new(origin: Vec3, direction: Vec3, frame: &Frame) -> Self {
        let mut walk = Walk {
            origin,
            direction: [0.0; 3],
            inverse: [f64::INFINITY; 3],
            base: frame.low,
            low: frame.low,
            high: frame.high,
            shift: [0.0; 3],
            margin: 0.0,
            flip: [0; 3],
        };
        let mut reach = 0.0;
        for axis in 0..3 {
            let size = (frame.high[axis] - frame.low[axis]) as f64;
            let along = direction[axis];
            if along.abs() >= STILL {
                walk.direction[axis] = along.abs();
                walk.inverse[axis] = (1.0 / along).abs();
            }
            if along <= -STILL {
                walk.origin[axis] = -origin[axis];
                walk.base[axis] = (1 << 32) - frame.low[axis];
                walk.low[axis] = (1 << 32) - frame.high[axis];
                walk.high[axis] = (1 << 32) - frame.low[axis];
                walk.shift[axis] = size;
                walk.flip[axis] = u32::MAX;
            }
            reach += origin[axis].abs() + size;
        }
        // 32 units in the last place of the largest number that can take part.
        walk.margin = reach * (1.0 / (1u64 << 48) as f64);
        walk
    }

    /// The bits that turn mirrored voxel coordinates to true ones and back.
    #[inline]
    pub(super) fn flip(&self) -> [u32; 3] {
        self.flip
    }

    /// When the ray crosses a plane; never, for an axis along which it stands still.
    #[inline]
    fn time(&self, axis: usize, plane: i64) -> f64 {
        ((plane - self.base[axis]) as f64 - self.origin[axis]) * self.inverse[axis]
    }

    /// Whether a plane is crossed before `event`, or is the event.
    #[inline]
    fn crossed(&self, axis: usize, plane: i64, event: Crossing) -> bool {
        let time = self.time(axis, plane);
        time < event.time || (time == event.time && axis <= event.axis)
    }

    /// The first voxel inside the frame and the crossing that led there, at the
    /// earliest the start of the ray; `None` when the ray misses the frame.
    #[inline]
    pub(super) fn enter(&self) -> Option<([u32; 3], Crossing)> {
        let start = [self.start(0), self.start(1), self.start(2)];
        let mut event = Crossing { time: -1.0, axis: 0 };
        for (axis, place) in start.into_iter().enumerate() {
            if place >= self.high[axis] {
                return None;
            }
            let time = self.time(axis, self.low[axis]);
            if place < self.low[axis] && time >= event.time {
                event = Crossing { time, axis };
            }
        }
        if event.time < 0.0 {
            return Some((start.map(|place| place as u32), self.outset()));
        }
        self.reach(start, event)
    }

    /// The voxel right after the frame is entered; `None` when it is left before that.
    fn reach(&self, start: [i64; 3], event: Crossing) -> Option<([u32; 3], Crossing)> {
        let out = |axis: usize| axis != event.axis && self.crossed(axis, self.high[axis], event);
        if out(0) || out(1) || out(2) || event.time == f64::INFINITY {
            return None;
        }
        let mut at = [0; 3];
        for (axis, place) in start.into_iter().enumerate() {
            let least = place.max(self.low[axis]);
            let most = if axis == event.axis { least } else { self.high[axis] - 1 };
            at[axis] = self.settle(axis, least, most, event) as u32;
        }
        Some((at, event))
    }

    /// A start in a voxel that the caller knows, in true coordinates: a ray that
    /// leaves a face starts in front of it, wherever rounding put its origin.
    pub(super) fn enter_at(&self, [x, y, z]: [u32; 3]) -> ([u32; 3], Crossing) {
        let [a, b, c] = self.flip;
        ([x ^ a, y ^ b, z ^ c], self.outset())
    }

    /// Leaves the aligned cell of edge `2^shift` around `at`; `None` when the ray
    /// leaves the frame with that.
    #[inline(always)]
    pub(super) fn leave(&self, at: [u32; 3], shift: u32) -> Option<([u32; 3], Crossing)> {
        let rest = ((1u64 << shift) - 1) as u32;
        let last = [at[0] | rest, at[1] | rest, at[2] | rest];
        let time = |axis: usize| self.time(axis, i64::from(last[axis]) + 1);
        let event = first([time(0), time(1), time(2)]);
        let mut next = [0; 3];
        let mut sure = true;
        for axis in 0..3 {
            let exact = self.origin[axis] + self.direction[axis] * event.time + self.shift[axis];
            let whole = exact as u32;
            let part = exact - f64::from(whole);
            let left = axis == event.axis;
            sure &= left | ((part > self.margin) & (part < 1.0 - self.margin));
            let inside = (self.low[axis] as u32).wrapping_add(whole);
            next[axis] = if left { last[axis].wrapping_add(1) } else { inside };
        }
        if i64::from(last[event.axis]) + 1 >= self.high[event.axis] {
            return None;
        }
        if !sure {
            if event.time == f64::INFINITY {
                return None;
            }
            next = self.leave_slowly(at, last, event);
        }
        Some((next, event))
    }

    #[cold]
    #[inline(never)]
    fn leave_slowly(&self, at: [u32; 3], last: [u32; 3], event: Crossing) -> [u32; 3] {
        let mut next = [0; 3];
        for axis in 0..3 {
            let (least, most) = (i64::from(at[axis]), i64::from(last[axis]));
            next[axis] = if axis == event.axis {
                (most + 1) as u32
            } else {
                self.settle(axis, least, most, event) as u32
            };
        }
        next
    }

    /// The voxel along an axis right after `event`, between two limits: as far as
    /// planes are crossed. A guess that, where it is near a plane, exact
    /// comparisons put right.
    fn settle(&self, axis: usize, least: i64, most: i64, event: Crossing) -> i64 {
        let exact = self.origin[axis] + self.direction[axis] * event.time + self.shift[axis];
        let whole = exact as u32;
        let part = exact - f64::from(whole);
        let mut at = (self.low[axis] + i64::from(whole)).clamp(least, most);
        if part > self.margin && part < 1.0 - self.margin {
            return at;
        }
        while at < most && self.crossed(axis, at + 1, event) {
            at += 1;
        }
        while at > least && !self.crossed(axis, at, event) {
            at -= 1;
        }
        at
    }

    /// The biased mirrored voxel of the origin, which may be far outside.
    fn start(&self, axis: usize) -> i64 {
        let true_origin = if self.flip[axis] == 0 { self.origin[axis] } else { -self.origin[axis] };
        let floor = floor(true_origin);
        let mirrored = if self.flip[axis] == 0 { floor } else { -1 - floor };
        mirrored.saturating_add(self.base[axis])
    }

    /// The crossing that a start inside the frame stands for.
    fn outset(&self) -> Crossing {
        let [x, y, z] = self.direction;
        let steepest = if x >= y && x >= z { 0 } else { 1 + usize::from(y < z) };
        Crossing { time: 0.0, axis: steepest }
    }
}

/// The earliest of three crossings; of equal ones the first.
#[inline(always)]
fn first([x, y, z]: Vec3) -> Crossing {
    let (time, axis) = if y < x { (y, 1) } else { (x, 0) };
    let (time, axis) = if z < time { (z, 2) } else { (time, axis) };
    Crossing { time, axis }
}

/// The largest integer not above, without a call into libm.
pub(super) fn floor(value: f64) -> i64 {
    let whole = value as i64;
    whole - i64::from(whole as f64 > value)
}
