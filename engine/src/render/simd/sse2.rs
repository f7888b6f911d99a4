//! SSE2: 4 lanes, on every x86-64; and a word's slots in three vectors, for AVX2 too.
#![allow(unsafe_code)]

use super::{Machine, Sixteen, Slots, Vector, spread_columns, spread_rows};
use std::arch::x86_64::*;

/// Any x86-64.
#[derive(Clone, Copy)]
pub(super) struct Sse2;

// SAFETY of all blocks below: SSE2 is part of x86-64.
impl Machine for Sse2 {
    type Vector = F32x4;
    type Slots = Slots4;

    #[inline(always)]
    fn splat(self, value: f32) -> F32x4 {
        // SAFETY: see above.
        F32x4(unsafe { _mm_set1_ps(value) })
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> F32x4 {
        let from: &[f32] = &from[..4];
        // SAFETY: see above; the slice holds the 4 numbers.
        F32x4(unsafe { _mm_loadu_ps(from.as_ptr()) })
    }

    #[inline(always)]
    fn slots(self, from: &Sixteen) -> Slots4 {
        Slots4::load(from)
    }

    #[inline(always)]
    fn spread(self, values: [f32; 4]) -> Slots4 {
        Slots4::spread(values)
    }

    #[inline(always)]
    fn steps(self, low: [f32; 4], edge: f32) -> Slots4 {
        Slots4::steps(low, edge)
    }

    #[inline(always)]
    fn least(self, [x, y, z]: [F32x4; 3]) -> Slots4 {
        Slots4::least([x.0, y.0, z.0])
    }

    #[inline(always)]
    fn most(self, [x, y, z]: [F32x4; 3]) -> Slots4 {
        Slots4::most([x.0, y.0, z.0])
    }
}

/// 4 lanes.
#[derive(Clone, Copy)]
pub(super) struct F32x4(__m128);

impl Vector for F32x4 {
    const LANES: usize = 4;

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to: &mut [f32] = &mut to[..4];
        // SAFETY: see above; the slice has room.
        unsafe { _mm_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_andnot_ps(_mm_set1_ps(-0.0), self.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn lt(self, other: Self) -> u32 {
        // SAFETY: see above.
        unsafe { _mm_movemask_ps(_mm_cmplt_ps(self.0, other.0)) as u32 }
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        // SAFETY: see above.
        unsafe { _mm_movemask_ps(_mm_cmple_ps(self.0, other.0)) as u32 }
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe {
            let mask = of_bits(bits);
            _mm_or_ps(_mm_and_ps(mask, self.0), _mm_andnot_ps(mask, other.0))
        })
    }
}

#[inline(always)]
fn of_bits(bits: u32) -> __m128 {
    // SAFETY: see above.
    unsafe {
        let lanes = _mm_setr_epi32(1, 2, 4, 8);
        let set = _mm_and_si128(_mm_set1_epi32(bits as i32), lanes);
        _mm_castsi128_ps(_mm_cmpeq_epi32(set, lanes))
    }
}

/// x, y, z.
#[derive(Clone, Copy)]
pub(super) struct Slots4([__m128; 3]);

impl Slots4 {
    #[inline(always)]
    pub(super) fn load(from: &Sixteen) -> Self {
        let [x, y, z, _] = from.0.as_chunks::<4>().0 else { unreachable!() };
        // SAFETY: see above; each array holds four numbers.
        Self(unsafe {
            [_mm_loadu_ps(x.as_ptr()), _mm_loadu_ps(y.as_ptr()), _mm_loadu_ps(z.as_ptr())]
        })
    }

    #[inline(always)]
    pub(super) fn spread([x, y, z, _]: [f32; 4]) -> Self {
        // SAFETY: see above.
        Self(unsafe { [_mm_set1_ps(x), _mm_set1_ps(y), _mm_set1_ps(z)] })
    }

    #[inline(always)]
    pub(super) fn steps(low: [f32; 4], edge: f32) -> Self {
        // SAFETY: see above.
        let steps = unsafe { _mm_mul_ps(_mm_setr_ps(0.0, 1.0, 2.0, 3.0), _mm_set1_ps(edge)) };
        Self::spread(low).add(Self([steps; 3]))
    }

    #[inline(always)]
    pub(super) fn least([x, y, z]: [__m128; 3]) -> Self {
        Self([least(x), least(y), least(z)])
    }

    #[inline(always)]
    pub(super) fn most([x, y, z]: [__m128; 3]) -> Self {
        Self([most(x), most(y), most(z)])
    }
}

#[inline(always)]
fn least(of: __m128) -> __m128 {
    // SAFETY: see above.
    unsafe {
        let two = _mm_min_ps(of, _mm_shuffle_ps(of, of, 0b01_00_11_10));
        _mm_min_ps(two, _mm_shuffle_ps(two, two, 0b10_11_00_01))
    }
}

#[inline(always)]
fn most(of: __m128) -> __m128 {
    // SAFETY: see above.
    unsafe {
        let two = _mm_max_ps(of, _mm_shuffle_ps(of, of, 0b01_00_11_10));
        _mm_max_ps(two, _mm_shuffle_ps(two, two, 0b10_11_00_01))
    }
}

/// One number of four, in all lanes.
macro_rules! all {
    ($of:expr, $lane:literal) => {
        _mm_shuffle_ps($of, $of, $lane * 0b01_01_01_01)
    };
}

/// A bit for each pair of slots, the first axis counting fast, where each is entered
/// before the other is left.
#[inline(always)]
fn pairs(fast: [__m128; 2], slow: [__m128; 2]) -> u64 {
    // SAFETY: see above.
    unsafe {
        macro_rules! row {
            ($lane:literal) => {
                _mm_castps_si128(_mm_and_ps(
                    _mm_cmplt_ps(fast[0], all!(slow[1], $lane)),
                    _mm_cmplt_ps(all!(slow[0], $lane), fast[1]),
                ))
            };
        }
        let low = _mm_packs_epi32(row!(0), row!(1));
        let high = _mm_packs_epi32(row!(2), row!(3));
        _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u64
    }
}

impl Slots for Slots4 {
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        Self(unsafe { [_mm_sub_ps(a, x), _mm_sub_ps(b, y), _mm_sub_ps(c, z)] })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        Self(unsafe { [_mm_add_ps(a, x), _mm_add_ps(b, y), _mm_add_ps(c, z)] })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        Self(unsafe { [_mm_mul_ps(a, x), _mm_mul_ps(b, y), _mm_mul_ps(c, z)] })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        Self(unsafe { [_mm_div_ps(a, x), _mm_div_ps(b, y), _mm_div_ps(c, z)] })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        Self(unsafe { [_mm_min_ps(a, x), _mm_min_ps(b, y), _mm_min_ps(c, z)] })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        Self(unsafe { [_mm_max_ps(a, x), _mm_max_ps(b, y), _mm_max_ps(c, z)] })
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        // SAFETY: see above.
        unsafe {
            let is = [_mm_comile_ss(a, x), _mm_comile_ss(b, y), _mm_comile_ss(c, z)];
            (is[0] | is[1] << 1 | is[2] << 2) as u32
        }
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        let axis = |axis: usize| if bits >> axis & 1 == 1 { self.0[axis] } else { other.0[axis] };
        Self([axis(0), axis(1), axis(2)])
    }

    #[inline(always)]
    fn store(self, to: &mut Sixteen) {
        for (four, to) in self.0.into_iter().zip(to.0.as_chunks_mut::<4>().0) {
            // SAFETY: see above; the array has room for four numbers.
            unsafe { _mm_storeu_ps(to.as_mut_ptr(), four) };
        }
    }

    /// Three intervals meet when each two of them do.
    #[inline(always)]
    fn overlap(self, until: Self) -> u64 {
        let ([ex, ey, ez], mut leave) = (self.0, until.0);
        for (enter, leave) in self.0.into_iter().zip(&mut leave) {
            // An empty interval ends before anything begins.
            // SAFETY: see above.
            *leave = unsafe {
                let fine = _mm_cmplt_ps(enter, *leave);
                let never = _mm_set1_ps(f32::NEG_INFINITY);
                _mm_or_ps(_mm_and_ps(fine, *leave), _mm_andnot_ps(fine, never))
            };
        }
        let [lx, ly, lz] = leave;
        let xy = pairs([ex, lx], [ey, ly]).wrapping_mul(0x0001_0001_0001_0001);
        let xz = spread_rows(pairs([ex, lx], [ez, lz]));
        xy & xz & spread_columns(pairs([ey, ly], [ez, lz]))
    }
}
