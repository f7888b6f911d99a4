//! AVX2: 8 lanes.
#![allow(unsafe_code)]

use super::{Walker, Wide, operations};
use std::arch::x86_64::*;

/// A machine that has AVX2, and what came with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::render) struct Avx2(());

/// For each mask, a byte a lane: the lanes in it first.
static PACK: [u64; 256] = orders(false);
/// For each mask, a byte a lane: which of the numbers comes to that lane.
static UNPACK: [u64; 256] = orders(true);

const fn orders(unpack: bool) -> [u64; 256] {
    let mut all = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut lane, mut rank) = (0, 0);
        while lane < 8 {
            if mask >> lane & 1 == 1 {
                let (from, to) = if unpack { (rank, lane) } else { (lane, rank) };
                all[mask] |= from << (8 * to);
                rank += 1;
            }
            lane += 1;
        }
        mask += 1;
    }
    all
}

impl Avx2 {
    /// Itself, if the machine is one.
    pub(in crate::render) fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt");
        has.then_some(Self(()))
    }

    /// The lanes in an order that a table has.
    #[inline(always)]
    fn permuted(self, table: &[u64; 256], mask: u32, a: __m256i) -> __m256i {
        let order = table[mask as usize & 255];
        // SAFETY: `self` proves the features.
        unsafe {
            let order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(order as i64));
            _mm256_permutevar8x32_epi32(a, order)
        }
    }
}

impl Wide for Avx2 {
    const LANES: usize = 8;
    type Real = __m256;
    type Whole = __m256i;
    type Mask = __m256i;

    operations! {
        reals(value: f32) -> __m256 = _mm256_set1_ps(value);
        wholes(value: i32) -> __m256i = _mm256_set1_epi32(value);
        count() -> __m256i = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
        sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
        mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
        div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
        min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
        max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
        lt(a: __m256, b: __m256) -> __m256i = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b));
        le(a: __m256, b: __m256) -> __m256i = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_LE_OQ>(a, b));
        floor(a: __m256) -> __m256i = _mm256_cvttps_epi32(_mm256_floor_ps(a));
        to_real(a: __m256i) -> __m256 = _mm256_cvtepi32_ps(a);
        bits_of(a: __m256) -> __m256i = _mm256_castps_si256(a);
        of_bits(a: __m256i) -> __m256 = _mm256_castsi256_ps(a);
        plus(a: __m256i, b: __m256i) -> __m256i = _mm256_add_epi32(a, b);
        minus(a: __m256i, b: __m256i) -> __m256i = _mm256_sub_epi32(a, b);
        least(a: __m256i, b: __m256i) -> __m256i = _mm256_min_epi32(a, b);
        most(a: __m256i, b: __m256i) -> __m256i = _mm256_max_epi32(a, b);
        and(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        or(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        xor(a: __m256i, b: __m256i) -> __m256i = _mm256_xor_si256(a, b);
        pick(mask: __m256i, a: __m256, b: __m256) -> __m256 =
            _mm256_blendv_ps(b, a, _mm256_castsi256_ps(mask));
        choose(mask: __m256i, a: __m256i, b: __m256i) -> __m256i =
            _mm256_blendv_epi8(b, a, mask);
        both(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        either(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        except(a: __m256i, b: __m256i) -> __m256i = _mm256_andnot_si256(b, a);
        bits(mask: __m256i) -> u32 = _mm256_movemask_ps(_mm256_castsi256_ps(mask)) as u32;
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m256 {
        let from: &[f32] = &from[..8];
        // SAFETY: `self` proves the features, the line above the 8 numbers.
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn pack(self, to: &mut [i32], mask: __m256i, a: __m256i) {
        let packed = self.permuted(&PACK, self.bits(mask), a);
        self.store(to, packed);
    }
}

impl Walker for Avx2 {
    operations! {
        mask(bits: u32) -> __m256i = {
            let lanes = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits as i32), lanes), lanes)
        };
        is(a: __m256i, b: __m256i) -> __m256i = _mm256_cmpeq_epi32(a, b);
        above(a: __m256i, b: __m256i) -> __m256i = _mm256_cmpgt_epi32(a, b);
        bit(a: __m256i, at: __m256i) -> __m256i = {
            let left = _mm256_andnot_si256(at, _mm256_set1_epi32(31));
            _mm256_srai_epi32::<31>(_mm256_sllv_epi32(a, left))
        };
        apart(a: __m256i, b: __m256i) -> __m256i =
            _mm256_cmpeq_epi32(_mm256_and_si256(a, b), _mm256_setzero_si256());
        only(mask: __m256i, a: __m256i) -> __m256i = _mm256_and_si256(mask, a);
        next_where(mask: __m256i, a: __m256i) -> __m256i = _mm256_sub_epi32(a, mask);
        turn_where(mask: __m256i, a: __m256i) -> __m256i = _mm256_xor_si256(a, mask);
        negate_where(mask: __m256i, a: __m256i) -> __m256i =
            _mm256_sub_epi32(_mm256_xor_si256(a, mask), mask);
        up_by(a: __m256i, by: __m256i) -> __m256i = _mm256_sllv_epi32(a, by);
        part(a: __m256i, s: __m256i) -> __m256i =
            _mm256_and_si256(_mm256_srlv_epi32(a, s), _mm256_set1_epi32(3));
        ones(a: __m256i) -> __m256i = {
            let table = _mm256_setr_epi8(
                0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
                0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
            );
            let four = _mm256_set1_epi8(15);
            let low = _mm256_shuffle_epi8(table, _mm256_and_si256(a, four));
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(a), four);
            let bytes = _mm256_add_epi8(low, _mm256_shuffle_epi8(table, high));
            let pairs = _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1));
            _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
        };
        lowest(a: __m256i) -> __m256i = {
            let alone = _mm256_and_si256(a, _mm256_sub_epi32(_mm256_setzero_si256(), a));
            // A power of two, so its exponent says which.
            let bits = _mm256_castps_si256(_mm256_cvtepi32_ps(alone));
            _mm256_sub_epi32(_mm256_srli_epi32::<23>(bits), _mm256_set1_epi32(127))
        };
    }

    #[inline(always)]
    fn up<const BY: u32>(self, a: __m256i) -> __m256i {
        // SAFETY: `self` proves the features.
        unsafe { _mm256_sll_epi32(a, _mm_cvtsi32_si128(BY as i32)) }
    }

    #[inline(always)]
    fn store(self, to: &mut [i32], a: __m256i) {
        let to: &mut [i32] = &mut to[..8];
        // SAFETY: `self` proves the features, the line above the room.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), a) }
    }

    #[inline(always)]
    fn unpack(self, from: &[i32], mask: __m256i, keep: __m256i) -> __m256i {
        let from: &[i32] = &from[..8];
        // SAFETY: `self` proves the features, the line above the 8 numbers.
        let from = unsafe { _mm256_loadu_si256(from.as_ptr().cast()) };
        self.choose(mask, self.permuted(&UNPACK, self.bits(mask), from), keep)
    }

    #[inline(always)]
    unsafe fn look_up(self, table: &[u32], at: __m256i, mask: __m256i, keep: __m256i) -> __m256i {
        // SAFETY: `self` proves the features, the caller the places.
        unsafe { _mm256_mask_i32gather_epi32::<4>(keep, table.as_ptr().cast(), at, mask) }
    }

    #[inline(always)]
    unsafe fn look_up_halves(
        self,
        table: &[u64],
        at: __m256i,
        mask: __m256i,
        [low, high]: [__m256i; 2],
    ) -> [__m256i; 2] {
        let from = table.as_ptr().cast();
        // SAFETY: `self` proves the features, the caller the places.
        unsafe {
            let none = _mm256_setzero_si256();
            let first = _mm256_castsi256_si128(at);
            let wanted = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(mask));
            let a = _mm256_mask_i32gather_epi64::<8>(none, from, first, wanted);
            let second = _mm256_extracti128_si256::<1>(at);
            let wanted = _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(mask));
            let b = _mm256_mask_i32gather_epi64::<8>(none, from, second, wanted);
            // Halves of words 0, 1, 4, 5, 2, 3, 6, 7; then in order.
            let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
            let even = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
            let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
            [
                self.choose(mask, _mm256_permute4x64_epi64::<0b11_01_10_00>(even), low),
                self.choose(mask, _mm256_permute4x64_epi64::<0b11_01_10_00>(odd), high),
            ]
        }
    }
}
