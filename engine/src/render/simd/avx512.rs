//! AVX-512: 16 lanes, and a word's slots in one vector.
#![allow(unsafe_code)]

use super::{Kernel, Machine, Sixteen, Slots, Vector};
use std::arch::x86_64::*;

/// A machine that has AVX-512 F, BW, DQ, VL and CD, and what came before.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    #[inline]
    pub(super) fn new() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Self(()))
    }

    #[inline]
    pub(super) fn vectorize<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd")]
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn run<K: Kernel>(machine: Avx512, kernel: K) -> K::Output {
            kernel.run(machine)
        }
        // SAFETY: `self` was made by `new`, which has seen all of these features.
        unsafe { run(self, kernel) }
    }
}

impl Machine for Avx512 {
    type Vector = F32x16;
    type Slots = Slots16;

    #[inline(always)]
    fn splat(self, value: f32) -> F32x16 {
        // SAFETY: `self` proves the features.
        F32x16(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn load(self, from: &[f32]) -> F32x16 {
        let from: &[f32] = &from[..16];
        // SAFETY: `self` proves the features, the line above the 16 numbers.
        F32x16(unsafe { _mm512_loadu_ps(from.as_ptr()) })
    }

    #[inline(always)]
    fn slots(self, from: &Sixteen) -> Slots16 {
        Slots16(self.load(&from.0).0)
    }

    #[inline(always)]
    fn spread(self, values: [f32; 4]) -> Slots16 {
        // SAFETY: `self` proves the features; the array holds four numbers.
        Slots16(unsafe {
            let quad = _mm_loadu_ps(values.as_ptr());
            let order = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
            _mm512_permutexvar_ps(order, _mm512_castps128_ps512(quad))
        })
    }

    #[inline(always)]
    fn steps(self, low: [f32; 4], edge: f32) -> Slots16 {
        let low = self.spread(low);
        // SAFETY: `self` proves the features.
        Slots16(unsafe {
            let steps = _mm512_broadcast_f32x4(_mm_setr_ps(0.0, 1.0, 2.0, 3.0));
            _mm512_add_ps(low.0, _mm512_mul_ps(steps, _mm512_set1_ps(edge)))
        })
    }

    #[inline(always)]
    fn least(self, [x, y, z]: [F32x16; 3]) -> Slots16 {
        // SAFETY: `self` proves the features.
        Slots16(unsafe {
            let xy = _mm512_min_ps(
                _mm512_shuffle_f32x4(x.0, y.0, 0b01_00_01_00),
                _mm512_shuffle_f32x4(x.0, y.0, 0b11_10_11_10),
            );
            let zz = _mm512_min_ps(z.0, _mm512_shuffle_f32x4(z.0, z.0, 0b01_00_11_10));
            let all = _mm512_min_ps(
                _mm512_shuffle_f32x4(xy, zz, 0b10_00_10_00),
                _mm512_shuffle_f32x4(xy, zz, 0b11_01_11_01),
            );
            let all = _mm512_min_ps(all, _mm512_permute_ps(all, 0b01_00_11_10));
            _mm512_min_ps(all, _mm512_permute_ps(all, 0b10_11_00_01))
        })
    }

    #[inline(always)]
    fn most(self, [x, y, z]: [F32x16; 3]) -> Slots16 {
        // SAFETY: `self` proves the features.
        Slots16(unsafe {
            let xy = _mm512_max_ps(
                _mm512_shuffle_f32x4(x.0, y.0, 0b01_00_01_00),
                _mm512_shuffle_f32x4(x.0, y.0, 0b11_10_11_10),
            );
            let zz = _mm512_max_ps(z.0, _mm512_shuffle_f32x4(z.0, z.0, 0b01_00_11_10));
            let all = _mm512_max_ps(
                _mm512_shuffle_f32x4(xy, zz, 0b10_00_10_00),
                _mm512_shuffle_f32x4(xy, zz, 0b11_01_11_01),
            );
            let all = _mm512_max_ps(all, _mm512_permute_ps(all, 0b01_00_11_10));
            _mm512_max_ps(all, _mm512_permute_ps(all, 0b10_11_00_01))
        })
    }
}

/// 16 lanes.
#[derive(Clone, Copy)]
pub(super) struct F32x16(__m512);

// SAFETY of all blocks below: a vector was made by an `Avx512`, which proves the features.
impl Vector for F32x16 {
    const LANES: usize = 16;

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        let to: &mut [f32] = &mut to[..16];
        // SAFETY: see above; the slice has room.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn lt(self, other: Self) -> u32 {
        // SAFETY: see above.
        unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0).into() }
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        // SAFETY: see above.
        unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0).into() }
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mask_blend_ps(bits as u16, other.0, self.0) })
    }
}

/// x at lanes 0 to 3, y at 4 to 7, z at 8 to 11; the last four do not matter.
#[derive(Clone, Copy)]
pub(super) struct Slots16(__m512);

impl Slots for Slots16 {
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn le(self, other: Self) -> u32 {
        // SAFETY: see above.
        let lanes: u32 = unsafe { _mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0).into() };
        lanes & 1 | lanes >> 3 & 2 | lanes >> 6 & 4
    }

    #[inline(always)]
    fn pick(self, bits: u32, other: Self) -> Self {
        let lanes = (bits & 1) * 0x00F + (bits & 2) * 0x078 + (bits & 4) * 0x3C0;
        // SAFETY: see above.
        Self(unsafe { _mm512_mask_blend_ps(lanes as u16, other.0, self.0) })
    }

    #[inline(always)]
    fn store(self, to: &mut Sixteen) {
        F32x16(self.0).store(&mut to.0);
    }

    #[inline(always)]
    fn overlap(self, until: Self) -> u64 {
        // SAFETY: see above.
        unsafe {
            let x = _mm512_setr_epi32(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
            let y = _mm512_setr_epi32(4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7);
            let low =
                _mm512_max_ps(_mm512_permutexvar_ps(x, self.0), _mm512_permutexvar_ps(y, self.0));
            let high =
                _mm512_min_ps(_mm512_permutexvar_ps(x, until.0), _mm512_permutexvar_ps(y, until.0));
            let layer = |z: i32| {
                let z = _mm512_set1_epi32(8 + z);
                let low = _mm512_max_ps(low, _mm512_permutexvar_ps(z, self.0));
                let high = _mm512_min_ps(high, _mm512_permutexvar_ps(z, until.0));
                u64::from(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(low, high))
            };
            layer(0) | layer(1) << 16 | layer(2) << 32 | layer(3) << 48
        }
    }
}
