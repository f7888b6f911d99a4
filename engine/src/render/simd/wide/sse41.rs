//! SSE4.1: 4 lanes, without shifts or look-ups by lane.
#![allow(unsafe_code)]

use super::{Walker, Wide, operations};
use std::arch::x86_64::*;

/// A machine that has SSE4.1 and SSSE3.
#[derive(Clone, Copy, Debug)]
pub(in crate::render) struct Sse41(());

/// For each mask, a byte for each byte of a vector: those of the lanes in it first.
static PACK: [[u8; 16]; 16] = orders(false);
/// For each mask, a byte for each byte of a vector: which one comes there.
static UNPACK: [[u8; 16]; 16] = orders(true);

const fn orders(unpack: bool) -> [[u8; 16]; 16] {
    let mut all = [[0; 16]; 16];
    let mut mask = 0;
    while mask < 16 {
        let (mut lane, mut rank) = (0, 0);
        while lane < 4 {
            if mask >> lane & 1 == 1 {
                let (from, to) = if unpack { (rank, lane) } else { (lane, rank) };
                let mut byte = 0;
                while byte < 4 {
                    all[mask][4 * to + byte] = (4 * from + byte) as u8;
                    byte += 1;
                }
                rank += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    all
}

impl Sse41 {
    /// Itself, if the machine is one.
    pub(in crate::render) fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("sse4.1")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Self(()))
    }

    /// The lanes in an order that a table has.
    #[inline(always)]
    fn permuted(self, table: &[[u8; 16]; 16], mask: u32, a: __m128i) -> __m128i {
        let order = table[mask as usize & 15].as_ptr().cast();
        // SAFETY: `self` proves the features; the table's rows have 16 bytes.
        unsafe { _mm_shuffle_epi8(a, _mm_loadu_si128(order)) }
    }

    /// `2^by`, for 0 to 31.
    ///
    /// # Safety
    /// The machine has SSE2.
    #[inline(always)]
    unsafe fn power(by: __m128i) -> __m128i {
        // SAFETY: by the contract.
        unsafe {
            let exponent = _mm_add_epi32(_mm_slli_epi32::<23>(by), _mm_set1_epi32(0x3F80_0000));
            // 2^31 becomes the lowest `i32`: the right bit.
            _mm_cvttps_epi32(_mm_castsi128_ps(exponent))
        }
    }

    /// The lanes, as places in a table.
    #[inline(always)]
    fn places(self, at: __m128i) -> [usize; 4] {
        // SAFETY: `self` proves the features.
        let (low, high) =
            unsafe { (_mm_cvtsi128_si64(at) as u64, _mm_extract_epi64::<1>(at) as u64) };
        let [a, c] = [low as u32 as usize, high as u32 as usize];
        [a, (low >> 32) as usize, c, (high >> 32) as usize]
    }
}

impl Wide for Sse41 {
    const LANES: usize = 4;
    type Real = __m128;
    type Whole = __m128i;
    type Mask = __m128i;

    operations! {
        reals(value: f32) -> __m128 = _mm_set1_ps(value);
        wholes(value: i32) -> __m128i = _mm_set1_epi32(value);
        count() -> __m128i = _mm_setr_epi32(0, 1, 2, 3);
        add(a: __m128, b: __m128) -> __m128 = _mm_add_ps(a, b);
        sub(a: __m128, b: __m128) -> __m128 = _mm_sub_ps(a, b);
        mul(a: __m128, b: __m128) -> __m128 = _mm_mul_ps(a, b);
        div(a: __m128, b: __m128) -> __m128 = _mm_div_ps(a, b);
        min(a: __m128, b: __m128) -> __m128 = _mm_min_ps(a, b);
        max(a: __m128, b: __m128) -> __m128 = _mm_max_ps(a, b);
        lt(a: __m128, b: __m128) -> __m128i = _mm_castps_si128(_mm_cmplt_ps(a, b));
        le(a: __m128, b: __m128) -> __m128i = _mm_castps_si128(_mm_cmple_ps(a, b));
        floor(a: __m128) -> __m128i = _mm_cvttps_epi32(_mm_floor_ps(a));
        to_real(a: __m128i) -> __m128 = _mm_cvtepi32_ps(a);
        bits_of(a: __m128) -> __m128i = _mm_castps_si128(a);
        of_bits(a: __m128i) -> __m128 = _mm_castsi128_ps(a);
        plus(a: __m128i, b: __m128i) -> __m128i = _mm_add_epi32(a, b);
        minus(a: __m128i, b: __m128i) -> __m128i = _mm_sub_epi32(a, b);
        least(a: __m128i, b: __m128i) -> __m128i = _mm_min_epi32(a, b);
        most(a: __m128i, b: __m128i) -> __m128i = _mm_max_epi32(a, b);
        and(a: __m128i, b: __m128i) -> __m128i = _mm_and_si128(a, b);
        or(a: __m128i, b: __m128i) -> __m128i = _mm_or_si128(a, b);
        xor(a: __m128i, b: __m128i) -> __m128i = _mm_xor_si128(a, b);
        pick(mask: __m128i, a: __m128, b: __m128) -> __m128 =
            _mm_blendv_ps(b, a, _mm_castsi128_ps(mask));
        choose(mask: __m128i, a: __m128i, b: __m128i) -> __m128i =
            _mm_blendv_epi8(b, a, mask);
        both(a: __m128i, b: __m128i) -> __m128i = _mm_and_si128(a, b);
        either(a: __m128i, b: __m128i) -> __m128i = _mm_or_si128(a, b);
        except(a: __m128i, b: __m128i) -> __m128i = _mm_andnot_si128(b, a);
        bits(mask: __m128i) -> u32 = _mm_movemask_ps(_mm_castsi128_ps(mask)) as u32;
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m128 {
        let from: &[f32] = &from[..4];
        // SAFETY: `self` proves the features, the line above the 4 numbers.
        unsafe { _mm_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn pack(self, to: &mut [i32], mask: __m128i, a: __m128i) {
        let packed = self.permuted(&PACK, self.bits(mask), a);
        self.store(to, packed);
    }
}

impl Walker for Sse41 {
    operations! {
        mask(bits: u32) -> __m128i = {
            let lanes = _mm_setr_epi32(1, 2, 4, 8);
            _mm_cmpeq_epi32(_mm_and_si128(_mm_set1_epi32(bits as i32), lanes), lanes)
        };
        is(a: __m128i, b: __m128i) -> __m128i = _mm_cmpeq_epi32(a, b);
        above(a: __m128i, b: __m128i) -> __m128i = _mm_cmpgt_epi32(a, b);
        bit(a: __m128i, at: __m128i) -> __m128i = {
            let bit = Self::power(_mm_and_si128(at, _mm_set1_epi32(31)));
            _mm_cmpeq_epi32(_mm_and_si128(a, bit), bit)
        };
        apart(a: __m128i, b: __m128i) -> __m128i =
            _mm_cmpeq_epi32(_mm_and_si128(a, b), _mm_setzero_si128());
        only(mask: __m128i, a: __m128i) -> __m128i = _mm_and_si128(mask, a);
        next_where(mask: __m128i, a: __m128i) -> __m128i = _mm_sub_epi32(a, mask);
        turn_where(mask: __m128i, a: __m128i) -> __m128i = _mm_xor_si128(a, mask);
        negate_where(mask: __m128i, a: __m128i) -> __m128i =
            _mm_sub_epi32(_mm_xor_si128(a, mask), mask);
        up_by(a: __m128i, by: __m128i) -> __m128i = _mm_mullo_epi32(a, Self::power(by));
        part(a: __m128i, s: __m128i) -> __m128i =
            {
            // Up to the top, then down.
            let up = Self::power(_mm_sub_epi32(_mm_set1_epi32(30), s));
            _mm_srli_epi32::<30>(_mm_mullo_epi32(a, up))
        };
        ones(a: __m128i) -> __m128i = {
            let table = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
            let four = _mm_set1_epi8(15);
            let low = _mm_shuffle_epi8(table, _mm_and_si128(a, four));
            let high = _mm_and_si128(_mm_srli_epi16::<4>(a), four);
            let bytes = _mm_add_epi8(low, _mm_shuffle_epi8(table, high));
            let pairs = _mm_maddubs_epi16(bytes, _mm_set1_epi8(1));
            _mm_madd_epi16(pairs, _mm_set1_epi16(1))
        };
        lowest(a: __m128i) -> __m128i = {
            let alone = _mm_and_si128(a, _mm_sub_epi32(_mm_setzero_si128(), a));
            // A power of two, so its exponent says which.
            let bits = _mm_castps_si128(_mm_cvtepi32_ps(alone));
            _mm_sub_epi32(_mm_srli_epi32::<23>(bits), _mm_set1_epi32(127))
        };
    }

    #[inline(always)]
    fn up<const BY: u32>(self, a: __m128i) -> __m128i {
        // SAFETY: `self` proves the features.
        unsafe { _mm_sll_epi32(a, _mm_cvtsi32_si128(BY as i32)) }
    }

    #[inline(always)]
    fn store(self, to: &mut [i32], a: __m128i) {
        let to: &mut [i32] = &mut to[..4];
        // SAFETY: `self` proves the features, the line above the room.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), a) }
    }

    #[inline(always)]
    fn unpack(self, from: &[i32], mask: __m128i, keep: __m128i) -> __m128i {
        let from: &[i32] = &from[..4];
        // SAFETY: `self` proves the features, the line above the 4 numbers.
        let from = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
        self.choose(mask, self.permuted(&UNPACK, self.bits(mask), from), keep)
    }

    #[inline(always)]
    unsafe fn look_up(self, table: &[u32], at: __m128i, mask: __m128i, keep: __m128i) -> __m128i {
        let [a, b, c, d] = self.places(at);
        // SAFETY: `self` proves the features, the caller the places.
        unsafe {
            let (a, b) = (*table.get_unchecked(a) as i32, *table.get_unchecked(b) as i32);
            let (c, d) = (*table.get_unchecked(c) as i32, *table.get_unchecked(d) as i32);
            self.choose(mask, _mm_setr_epi32(a, b, c, d), keep)
        }
    }

    #[inline(always)]
    unsafe fn look_up_halves(
        self,
        table: &[u64],
        at: __m128i,
        mask: __m128i,
        [low, high]: [__m128i; 2],
    ) -> [__m128i; 2] {
        let [a, b, c, d] = self.places(at);
        // SAFETY: `self` proves the features, the caller the places.
        unsafe {
            let (a, b) = (*table.get_unchecked(a) as i64, *table.get_unchecked(b) as i64);
            let (c, d) = (*table.get_unchecked(c) as i64, *table.get_unchecked(d) as i64);
            let first = _mm_castsi128_ps(_mm_set_epi64x(b, a));
            let second = _mm_castsi128_ps(_mm_set_epi64x(d, c));
            let even = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(first, second));
            let odd = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(first, second));
            [self.choose(mask, even, low), self.choose(mask, odd, high)]
        }
    }
}
