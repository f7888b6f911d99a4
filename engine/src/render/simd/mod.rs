//! Vectors of numbers, in the widths that machines have.
//!
//! A kernel is written once, over a [`Machine`], and made once for each kind of machine:
//! [`Simd::run`] picks one. Every operation rounds as the same one on single numbers does, so a
//! kernel that never adds across lanes gives the same bits on all of them.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain;
#[cfg(target_arch = "x86_64")]
mod sse2;

#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) mod wide;

/// Which vectors the kernels work on. Changes no bit of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Simd {
    /// What every machine of the target has.
    Portable,
    /// AVX2, and what comes with it (BMI, LZCNT, POPCNT): 8 lanes.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL, CD), and AVX2: 16 lanes.
    Avx512,
}

impl Simd {
    /// All levels, the least first.
    pub const ALL: [Simd; 3] = [Simd::Portable, Simd::Avx2, Simd::Avx512];

    /// Whether this machine has it.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        match self {
            Simd::Portable => true,
            Simd::Avx2 => avx2::Avx2::new().is_some(),
            Simd::Avx512 => avx512::Avx512::new().is_some(),
        }
    }

    /// Whether this machine has it.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_available(self) -> bool {
        self == Simd::Portable
    }

    /// The most that this machine has.
    pub fn best() -> Self {
        let found = Self::ALL.into_iter().rev().find(|level| level.is_available());
        found.unwrap_or(Simd::Portable)
    }

    /// Runs a kernel on the best vectors that this machine has up to this level.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(in crate::render) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        if self == Simd::Avx512
            && let Some(machine) = avx512::Avx512::new()
        {
            return machine.vectorize(kernel);
        }
        if self != Simd::Portable
            && let Some(machine) = avx2::Avx2::new()
        {
            return machine.vectorize(kernel);
        }
        kernel.run(sse2::Sse2)
    }

    /// Runs a kernel on the best vectors that this machine has up to this level.
    #[cfg(not(target_arch = "x86_64"))]
    pub(in crate::render) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(plain::Plain)
    }
}

impl Default for Simd {
    fn default() -> Self {
        Self::best()
    }
}

/// Work that is written over any machine's vectors.
pub(in crate::render) trait Kernel {
    type Output;

    /// Must be `#[inline(always)]`, and so must all that it calls and that takes a machine or
    /// its vectors, closures too: only then are they made with the machine's instructions.
    fn run<M: Machine>(self, machine: M) -> Self::Output;
}

/// Makes vectors. A value of it is the proof that the machine has the instructions.
pub(in crate::render) trait Machine: Copy {
    type Vector: Vector;
    type Slots: Slots;

    /// The same number in every lane.
    fn splat(self, value: f32) -> Self::Vector;

    /// The first lanes of a slice, which must hold as many.
    fn load(self, from: &[f32]) -> Self::Vector;

    /// The same number at all four slots of an axis; the last does not matter.
    fn spread(self, values: [f32; 4]) -> Self::Slots;

    /// Four numbers for each axis; the last four do not matter.
    fn slots(self, from: &Sixteen) -> Self::Slots;

    /// `low`, `low + edge`, `low + 2 * edge`, `low + 3 * edge` along each axis.
    fn steps(self, low: [f32; 4], edge: f32) -> Self::Slots;

    /// The least number of each vector, at all four slots of an axis.
    fn least(self, of: [Self::Vector; 3]) -> Self::Slots;

    /// The greatest number of each vector, at all four slots of an axis.
    fn most(self, of: [Self::Vector; 3]) -> Self::Slots;
}

/// Some `f32`, a lane each.
pub(in crate::render) trait Vector: Copy {
    /// How many: a power of two, at most 16.
    const LANES: usize;

    /// Writes the lanes to the start of a slice, which must have the room.
    fn store(self, to: &mut [f32]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    fn abs(self) -> Self;

    /// `if self < other { self } else { other }`
    fn min(self, other: Self) -> Self;

    /// `if self > other { self } else { other }`
    fn max(self, other: Self) -> Self;

    /// A bit for each lane with `self < other`.
    fn lt(self, other: Self) -> u32;

    /// A bit for each lane with `self <= other`.
    fn le(self, other: Self) -> u32;

    /// This where `bits` has a lane's bit, `other` elsewhere.
    fn pick(self, bits: u32, other: Self) -> Self;
}

/// A vector's worth of numbers in memory.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(in crate::render) struct Sixteen(pub [f32; 16]);

impl Sixteen {
    /// One of the first four numbers, of the second and of the third.
    #[inline(always)]
    pub(in crate::render) const fn of(&self, [x, y, z]: [u32; 3]) -> [f32; 3] {
        [self.0[(x & 3) as usize], self.0[(4 | y & 3) as usize], self.0[(8 | z & 3) as usize]]
    }
}

/// Four numbers along each of three axes: what a word's 64 parts have in common.
pub(in crate::render) trait Slots: Copy {
    fn sub(self, other: Self) -> Self;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;

    /// `if self < other { self } else { other }`
    fn min(self, other: Self) -> Self;

    /// `if self > other { self } else { other }`
    fn max(self, other: Self) -> Self;

    /// A bit for each axis on which the first number here is at most the one there.
    fn le(self, other: Self) -> u32;

    /// This on the axes in `bits`, `other` on the others.
    fn pick(self, bits: u32, other: Self) -> Self;

    /// Writes them all, axis by axis; the last four are not defined.
    fn store(self, to: &mut Sixteen);

    /// The parts, bit `x | y << 2 | z << 4`, for which the greatest of three numbers here
    /// is less than the least of three there. None may be NaN.
    fn overlap(self, until: Self) -> u64;
}

/// From a bit for each (x, z), x counting fast, to a bit for each part.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn spread_rows(pairs: u64) -> u64 {
    let bytes = (pairs | pairs << 24) & 0x0000_00FF_0000_00FF;
    let nibbles = (bytes | bytes << 12) & 0x000F_000F_000F_000F;
    nibbles * 0x1111
}

/// From a bit for each (y, z), y counting fast, to a bit for each part.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn spread_columns(pairs: u64) -> u64 {
    let bytes = (pairs | pairs << 24) & 0x0000_00FF_0000_00FF;
    let nibbles = (bytes | bytes << 12) & 0x000F_000F_000F_000F;
    let twos = (nibbles | nibbles << 6) & 0x0303_0303_0303_0303;
    let ones = (twos | twos << 3) & 0x1111_1111_1111_1111;
    ones * 15
}

/// Runs a kernel on the vectors of machines that have none.
#[cfg(test)]
pub(in crate::render) fn run_plain<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(plain::Plain)
}

#[cfg(test)]
mod tests;
