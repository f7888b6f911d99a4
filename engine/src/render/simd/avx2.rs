//! AVX2: 8 lanes.
#![allow(unsafe_code)]

use super::sse2::Slots4;
use super::{Kernel, Machine, Sixteen, Vector};
use std::arch::x86_64::*;

/// A machine that has AVX2, BMI, LZCNT and POPCNT, as all with AVX2 do.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    #[inline]
    pub(super) fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Self(()))
    }

    #[inline]
    pub(super) fn vectorize<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn run<K: Kernel>(machine: Avx2, kernel: K) -> K::Output {
            kernel.run(machine)
        }
        // SAFETY: `self` was made by `new`, which has seen all of these features.
        unsafe { run(self, kernel) }
    }
}

// SAFETY of all blocks below: an `Avx2`, or a vector made by one, proves the features.
impl Machine for Avx2 {
    type Vector = F32x8;
    type Slots = Slots4;

    #[inline(always)]
    fn splat(self, value: f32) -> F32x8 {
        // SAFETY: see above.
        F32x8(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> F32x8 {
        let from: &[f32] = &from[..8];
        // SAFETY: see above; the slice holds the 8 numbers.
        F32x8(unsafe { _mm256_loadu_ps(from.as_ptr()) })
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
    fn least(self, of: [F32x8; 3]) -> Slots4 {
        // SAFETY: see above.
        Slots4::least(of.map(
            #[inline(always)]
            |eight| unsafe {
                _mm_min_ps(_mm256_castps256_ps128(eight.0), _mm256_extractf128_ps(eight.0, 1))
            },
        ))
    }

    #[inline(always)]
    fn most(self, of: [F32x8; 3]) -> Slots4 {
        // SAFETY: see above.
        Slots4::most(of.map(
            #[inline(always)]
            |eight| unsafe {
                _mm_max_ps(_mm256_castps256_ps128(eight.0), _mm256_extractf128_ps(eight.0, 1))
            },
        ))
    }
}

/// 8 lanes.
#[derive(Clone, Copy)]
pub(super) struct F32x8(__m256);

impl Vector for F32x8 {
    const LANES: usize = 8;

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to: &mut [f32] = &mut to[..8];
        // SAFETY: see above; the slice has room.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn lt(self, other: Self) -> u32 {
        // SAFETY: see above.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0)) as u32 }
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        // SAFETY: see above.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0)) as u32 }
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm256_blendv_ps(other.0, self.0, of_bits(bits)) })
    }
}

#[inline(always)]
fn of_bits(bits: u32) -> __m256 {
    // SAFETY: see above.
    unsafe {
        let lanes = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let set = _mm256_and_si256(_mm256_set1_epi32(bits as i32), lanes);
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lanes))
    }
}
