//! AVX-512: 16 lanes.
#![allow(unsafe_code)]

use super::{Walker, Wide, operations};
use std::arch::x86_64::*;

/// A machine that has AVX-512 F, BW, DQ, VL, CD; with `COUNTS` it has VPOPCNTDQ too.
#[derive(Clone, Copy, Debug)]
pub(in crate::render) struct Avx512<const COUNTS: bool>(());

impl<const COUNTS: bool> Avx512<COUNTS> {
    /// Itself, if the machine is one.
    pub(in crate::render) fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt");
        let counts = !COUNTS || is_x86_feature_detected!("avx512vpopcntdq");
        (has && counts).then_some(Self(()))
    }
}

impl<const COUNTS: bool> Wide for Avx512<COUNTS> {
    const LANES: usize = 16;
    type Real = __m512;
    type Whole = __m512i;
    type Mask = __mmask16;

    operations! {
        reals(value: f32) -> __m512 = _mm512_set1_ps(value);
        wholes(value: i32) -> __m512i = _mm512_set1_epi32(value);
        count() -> __m512i =
            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
        sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
        mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
        div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
        min(a: __m512, b: __m512) -> __m512 = _mm512_min_ps(a, b);
        max(a: __m512, b: __m512) -> __m512 = _mm512_max_ps(a, b);
        lt(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b);
        le(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b);
        floor(a: __m512) -> __m512i =
            _mm512_cvt_roundps_epi32::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a);
        to_real(a: __m512i) -> __m512 = _mm512_cvtepi32_ps(a);
        bits_of(a: __m512) -> __m512i = _mm512_castps_si512(a);
        of_bits(a: __m512i) -> __m512 = _mm512_castsi512_ps(a);
        plus(a: __m512i, b: __m512i) -> __m512i = _mm512_add_epi32(a, b);
        minus(a: __m512i, b: __m512i) -> __m512i = _mm512_sub_epi32(a, b);
        least(a: __m512i, b: __m512i) -> __m512i = _mm512_min_epi32(a, b);
        most(a: __m512i, b: __m512i) -> __m512i = _mm512_max_epi32(a, b);
        and(a: __m512i, b: __m512i) -> __m512i = _mm512_and_si512(a, b);
        or(a: __m512i, b: __m512i) -> __m512i = _mm512_or_si512(a, b);
        xor(a: __m512i, b: __m512i) -> __m512i = _mm512_xor_si512(a, b);
        pick(mask: __mmask16, a: __m512, b: __m512) -> __m512 = _mm512_mask_mov_ps(b, mask, a);
        choose(mask: __mmask16, a: __m512i, b: __m512i) -> __m512i =
            _mm512_mask_mov_epi32(b, mask, a);
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> __m512 {
        let from: &[f32] = &from[..16];
        // SAFETY: `self` proves the features, the line above the 16 numbers.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn both(self, a: __mmask16, b: __mmask16) -> __mmask16 {
        a & b
    }

    #[inline(always)]
    fn either(self, a: __mmask16, b: __mmask16) -> __mmask16 {
        a | b
    }

    #[inline(always)]
    fn except(self, a: __mmask16, b: __mmask16) -> __mmask16 {
        a & !b
    }

    #[inline(always)]
    fn bits(self, mask: __mmask16) -> u32 {
        u32::from(mask)
    }

    #[inline(always)]
    fn pack(self, to: &mut [i32], mask: __mmask16, a: __m512i) {
        let to: &mut [i32] = &mut to[..16];
        // SAFETY: `self` proves the features, the line above the room.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(mask, a)) }
    }
}

impl<const COUNTS: bool> Avx512<COUNTS> {
    /// How many bits are set, four bits of a byte at a time.
    ///
    /// # Safety
    /// The machine has AVX-512 F and BW.
    #[inline(always)]
    unsafe fn ones_by_nibble(a: __m512i) -> __m512i {
        // SAFETY: by the contract.
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_setr_epi8(
                0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
            ));
            let four = _mm512_set1_epi8(15);
            let low = _mm512_shuffle_epi8(table, _mm512_and_si512(a, four));
            let high = _mm512_and_si512(_mm512_srli_epi16::<4>(a), four);
            let bytes = _mm512_add_epi8(low, _mm512_shuffle_epi8(table, high));
            let pairs = _mm512_maddubs_epi16(bytes, _mm512_set1_epi8(1));
            _mm512_madd_epi16(pairs, _mm512_set1_epi16(1))
        }
    }

    /// How many bits are set.
    ///
    /// # Safety
    /// The machine has VPOPCNTDQ.
    #[inline]
    #[target_feature(enable = "avx512vpopcntdq,avx512f")]
    unsafe fn ones_at_once(a: __m512i) -> __m512i {
        _mm512_popcnt_epi32(a)
    }
}

impl<const COUNTS: bool> Walker for Avx512<COUNTS> {
    operations! {
        is(a: __m512i, b: __m512i) -> __mmask16 = _mm512_cmpeq_epi32_mask(a, b);
        above(a: __m512i, b: __m512i) -> __mmask16 = _mm512_cmpgt_epi32_mask(a, b);
        bit(a: __m512i, at: __m512i) -> __mmask16 =
            _mm512_test_epi32_mask(_mm512_rorv_epi32(a, at), _mm512_set1_epi32(1));
        apart(a: __m512i, b: __m512i) -> __mmask16 = _mm512_testn_epi32_mask(a, b);
        only(mask: __mmask16, a: __m512i) -> __m512i = _mm512_maskz_mov_epi32(mask, a);
        next_where(mask: __mmask16, a: __m512i) -> __m512i =
            _mm512_mask_add_epi32(a, mask, a, _mm512_set1_epi32(1));
        turn_where(mask: __mmask16, a: __m512i) -> __m512i =
            _mm512_mask_xor_epi32(a, mask, a, _mm512_set1_epi32(-1));
        negate_where(mask: __mmask16, a: __m512i) -> __m512i =
            _mm512_mask_sub_epi32(a, mask, _mm512_setzero_si512(), a);
        up_by(a: __m512i, by: __m512i) -> __m512i = _mm512_sllv_epi32(a, by);
        part(a: __m512i, s: __m512i) -> __m512i =
            _mm512_and_si512(_mm512_srlv_epi32(a, s), _mm512_set1_epi32(3));
        lowest(a: __m512i) -> __m512i = {
            let alone = _mm512_and_si512(a, _mm512_sub_epi32(_mm512_setzero_si512(), a));
            _mm512_sub_epi32(_mm512_set1_epi32(31), _mm512_lzcnt_epi32(alone))
        };
        ones(a: __m512i) -> __m512i =
            if COUNTS { Self::ones_at_once(a) } else { Self::ones_by_nibble(a) };
    }

    #[inline(always)]
    fn mask(self, bits: u32) -> __mmask16 {
        bits as __mmask16
    }

    #[inline(always)]
    fn up<const BY: u32>(self, a: __m512i) -> __m512i {
        // SAFETY: `self` proves the features.
        unsafe { _mm512_slli_epi32::<BY>(a) }
    }

    #[inline(always)]
    fn store(self, to: &mut [i32], a: __m512i) {
        let to: &mut [i32] = &mut to[..16];
        // SAFETY: `self` proves the features, the line above the room.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), a) }
    }

    #[inline(always)]
    fn unpack(self, from: &[i32], mask: __mmask16, keep: __m512i) -> __m512i {
        let from: &[i32] = &from[..16];
        // SAFETY: `self` proves the features, the line above the 16 numbers.
        unsafe { _mm512_mask_expand_epi32(keep, mask, _mm512_loadu_si512(from.as_ptr().cast())) }
    }

    #[inline(always)]
    unsafe fn look_up(self, table: &[u32], at: __m512i, mask: __mmask16, keep: __m512i) -> __m512i {
        // SAFETY: `self` proves the features, the caller the places.
        unsafe { _mm512_mask_i32gather_epi32::<4>(keep, mask, at, table.as_ptr().cast()) }
    }

    #[inline(always)]
    unsafe fn look_up_halves(
        self,
        table: &[u64],
        at: __m512i,
        mask: __mmask16,
        [low, high]: [__m512i; 2],
    ) -> [__m512i; 2] {
        let from = table.as_ptr().cast();
        // SAFETY: `self` proves the features, the caller the places.
        unsafe {
            let none = _mm512_setzero_si512();
            let (first, second) = (_mm512_castsi512_si256(at), _mm512_extracti64x4_epi64::<1>(at));
            let first = _mm512_mask_i32gather_epi64::<8>(none, mask as u8, first, from);
            let second = _mm512_mask_i32gather_epi64::<8>(none, (mask >> 8) as u8, second, from);
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            [
                _mm512_mask_mov_epi32(low, mask, _mm512_permutex2var_epi32(first, even, second)),
                _mm512_mask_mov_epi32(high, mask, _mm512_permutex2var_epi32(first, odd, second)),
            ]
        }
    }
}
