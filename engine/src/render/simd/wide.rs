//! Vectors for rays that go each their own way: numbers, masks, and look-ups by lane.
//!
//! A value of a machine is the proof that its instructions are there. Every operation gives a
//! lane what it would give a single number, so lanes do not know how many they are.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;
#[cfg(target_arch = "x86_64")]
mod sse41;

#[cfg(target_arch = "x86_64")]
pub(in crate::render) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(in crate::render) use avx512::Avx512;
pub(in crate::render) use plain::{Plain, floor as plain_floor};
#[cfg(target_arch = "x86_64")]
pub(in crate::render) use sse41::Sse41;

/// Arithmetic on lanes. All that takes a machine or its vectors must be `#[inline(always)]`:
/// only then is it made with the machine's instructions.
pub(in crate::render) trait Wide: Copy {
    /// At most 16.
    const LANES: usize;
    /// An `f32` a lane.
    type Real: Copy;
    /// An `i32` a lane.
    type Whole: Copy;
    /// Yes or no a lane.
    type Mask: Copy;

    fn reals(self, value: f32) -> Self::Real;
    fn wholes(self, value: i32) -> Self::Whole;
    /// 0, 1, 2, ...
    fn count(self) -> Self::Whole;
    /// The first lanes of a slice, which must hold as many.
    fn load(self, from: &[f32]) -> Self::Real;

    fn add(self, a: Self::Real, b: Self::Real) -> Self::Real;
    fn sub(self, a: Self::Real, b: Self::Real) -> Self::Real;
    fn mul(self, a: Self::Real, b: Self::Real) -> Self::Real;
    fn div(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// `if a < b { a } else { b }`
    fn min(self, a: Self::Real, b: Self::Real) -> Self::Real;
    /// `if a > b { a } else { b }`
    fn max(self, a: Self::Real, b: Self::Real) -> Self::Real;
    fn lt(self, a: Self::Real, b: Self::Real) -> Self::Mask;
    fn le(self, a: Self::Real, b: Self::Real) -> Self::Mask;
    /// The largest whole number not above; `i32::MIN` where there is none in `i32`.
    fn floor(self, a: Self::Real) -> Self::Whole;
    fn to_real(self, a: Self::Whole) -> Self::Real;
    /// The bits, unchanged.
    fn bits_of(self, a: Self::Real) -> Self::Whole;
    /// The bits, unchanged.
    fn of_bits(self, a: Self::Whole) -> Self::Real;

    fn plus(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn minus(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn least(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn most(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn and(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn or(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn xor(self, a: Self::Whole, b: Self::Whole) -> Self::Whole;

    /// `a` where the mask says yes, `b` elsewhere.
    fn pick(self, mask: Self::Mask, a: Self::Real, b: Self::Real) -> Self::Real;
    /// `a` where the mask says yes, `b` elsewhere.
    fn choose(self, mask: Self::Mask, a: Self::Whole, b: Self::Whole) -> Self::Whole;
    fn both(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    fn either(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// `a`, except where `b`.
    fn except(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// A bit a lane.
    fn bits(self, mask: Self::Mask) -> u32;

    /// Writes the lanes in the mask one after the other to a slice with room for all lanes.
    fn pack(self, to: &mut [i32], mask: Self::Mask, a: Self::Whole);
}

/// What else a walk through a tree needs.
#[cfg(target_arch = "x86_64")]
pub(in crate::render) trait Walker: Wide {
    fn mask(self, bits: u32) -> Self::Mask;
    fn store(self, to: &mut [i32], a: Self::Whole);

    fn is(self, a: Self::Whole, b: Self::Whole) -> Self::Mask;
    fn above(self, a: Self::Whole, b: Self::Whole) -> Self::Mask;
    /// Whether the bit of `a` numbered by the last five bits of `at` is set.
    fn bit(self, a: Self::Whole, at: Self::Whole) -> Self::Mask;
    /// Whether they share no bit.
    fn apart(self, a: Self::Whole, b: Self::Whole) -> Self::Mask;
    /// `a` where the mask says yes, 0 elsewhere.
    fn only(self, mask: Self::Mask, a: Self::Whole) -> Self::Whole;
    /// One more where the mask says yes.
    fn next_where(self, mask: Self::Mask, a: Self::Whole) -> Self::Whole;
    /// All bits turned where the mask says yes.
    fn turn_where(self, mask: Self::Mask, a: Self::Whole) -> Self::Whole;
    /// The negative where the mask says yes.
    fn negate_where(self, mask: Self::Mask, a: Self::Whole) -> Self::Whole;
    /// To the left, filled with zeros; by 0 to 31.
    fn up<const BY: u32>(self, a: Self::Whole) -> Self::Whole;
    /// To the left, filled with zeros; by 0 to 31.
    fn up_by(self, a: Self::Whole, by: Self::Whole) -> Self::Whole;
    /// The two bits numbered `s` and `s + 1`; from 0 to 30.
    fn part(self, a: Self::Whole, s: Self::Whole) -> Self::Whole;
    /// How many bits are set.
    fn ones(self, a: Self::Whole) -> Self::Whole;
    /// The number of the lowest bit set, which must be one of the first 24.
    fn lowest(self, a: Self::Whole) -> Self::Whole;

    /// Moves numbers from the start of a slice, which must hold as many as there are lanes, to
    /// the lanes in the mask, in order; the others keep what they have.
    fn unpack(self, from: &[i32], mask: Self::Mask, keep: Self::Whole) -> Self::Whole;

    /// The numbers at places of a table, for lanes in the mask; the others keep what they have.
    ///
    /// # Safety
    /// The places of all lanes lie in the table.
    unsafe fn look_up(
        self,
        table: &[u32],
        at: Self::Whole,
        mask: Self::Mask,
        keep: Self::Whole,
    ) -> Self::Whole;

    /// As `look_up`, in a table of words: their lower and upper halves.
    ///
    /// # Safety
    /// The places of all lanes lie in the table.
    unsafe fn look_up_halves(
        self,
        table: &[u64],
        at: Self::Whole,
        mask: Self::Mask,
        keep: [Self::Whole; 2],
    ) -> [Self::Whole; 2];
}

/// Operations that are one expression over intrinsics.
#[cfg(target_arch = "x86_64")]
macro_rules! operations {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $result:ty = $body:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $($arg: $kind),*) -> $result {
            // SAFETY: `self` proves the features.
            unsafe { $body }
        }
    )*};
}
#[cfg(target_arch = "x86_64")]
use operations;
