//! Any machine: 4 lanes in an array, which compilers turn into what there is.

use super::{Machine, Sixteen, Slots, Vector};

/// Any machine.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Machine for Plain {
    type Vector = Array4;
    type Slots = Slots3x4;

    #[inline(always)]
    fn splat(self, value: f32) -> Array4 {
        Array4([value; 4])
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> Array4 {
        Array4([from[0], from[1], from[2], from[3]])
    }

    #[inline(always)]
    fn slots(self, from: &Sixteen) -> Slots3x4 {
        Slots3x4([0, 4, 8].map(|axis| self.load(&from.0[axis..])))
    }

    #[inline(always)]
    fn spread(self, [x, y, z, _]: [f32; 4]) -> Slots3x4 {
        Slots3x4([x, y, z].map(|value| Array4([value; 4])))
    }

    #[inline(always)]
    fn steps(self, low: [f32; 4], edge: f32) -> Slots3x4 {
        let steps = |low: f32| Array4([0.0, 1.0, 2.0, 3.0].map(|step| low + step * edge));
        Slots3x4([steps(low[0]), steps(low[1]), steps(low[2])])
    }

    #[inline(always)]
    fn least(self, of: [Array4; 3]) -> Slots3x4 {
        let least = |Array4([a, b, c, d])| lesser(lesser(a, b), lesser(c, d));
        Slots3x4(of.map(least).map(|value| Array4([value; 4])))
    }

    #[inline(always)]
    fn most(self, of: [Array4; 3]) -> Slots3x4 {
        let most = |Array4([a, b, c, d])| greater(greater(a, b), greater(c, d));
        Slots3x4(of.map(most).map(|value| Array4([value; 4])))
    }
}

fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// 4 lanes.
#[derive(Clone, Copy)]
pub(super) struct Array4([f32; 4]);

impl Array4 {
    #[inline(always)]
    fn zip(self, other: Self, of: impl Fn(f32, f32) -> f32) -> Self {
        let ([a, b, c, d], [x, y, z, w]) = (self.0, other.0);
        Self([of(a, x), of(b, y), of(c, z), of(d, w)])
    }

    #[inline(always)]
    fn bits(self, other: Self, is: impl Fn(f32, f32) -> bool) -> u32 {
        (0..4).fold(0, |bits, lane| bits | u32::from(is(self.0[lane], other.0[lane])) << lane)
    }
}

impl Vector for Array4 {
    const LANES: usize = 4;

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        to[..4].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, lesser)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, greater)
    }

    #[inline(always)]
    fn lt(self, other: Self) -> u32 {
        self.bits(other, |a, b| a < b)
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        self.bits(other, |a, b| a <= b)
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        let pick = |lane: usize| if bits >> lane & 1 == 1 { self.0[lane] } else { other.0[lane] };
        Self([pick(0), pick(1), pick(2), pick(3)])
    }
}

/// x, y, z.
#[derive(Clone, Copy)]
pub(super) struct Slots3x4([Array4; 3]);

impl Slots3x4 {
    #[inline(always)]
    fn zip(self, other: Self, of: impl Fn(Array4, Array4) -> Array4) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        Self([of(a, x), of(b, y), of(c, z)])
    }
}

impl Slots for Slots3x4 {
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, Array4::sub)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, Array4::add)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, Array4::mul)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, Array4::div)
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, Array4::min)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, Array4::max)
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        let is = |axis: usize| u32::from(self.0[axis].0[0] <= other.0[axis].0[0]);
        is(0) | is(1) << 1 | is(2) << 2
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        let pick = |axis: usize| (if bits >> axis & 1 == 1 { self } else { other }).0[axis];
        Self([pick(0), pick(1), pick(2)])
    }

    #[inline(always)]
    fn store(self, to: &mut Sixteen) {
        for (axis, four) in self.0.into_iter().enumerate() {
            four.store(&mut to.0[4 * axis..]);
        }
    }

    #[inline(always)]
    fn overlap(self, until: Self) -> u64 {
        let ([ex, ey, ez], [lx, ly, lz]) = (self.0, until.0);
        let mut parts = 0;
        for z in 0..4 {
            for y in 0..4 {
                let enter = greater(ey.0[y], ez.0[z]);
                let leave = lesser(ly.0[y], lz.0[z]);
                let row = ex.max(Array4([enter; 4])).lt(lx.min(Array4([leave; 4])));
                parts |= u64::from(row) << (4 * y + 16 * z);
            }
        }
        parts
    }
}
