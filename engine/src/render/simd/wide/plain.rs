//! Single numbers, on any machine.

use super::Wide;

/// One lane.
#[derive(Clone, Copy)]
pub(in crate::render) struct Plain;

/// The largest whole number not above; `i32::MIN` where there is none in `i32`.
#[inline(always)]
pub(in crate::render) fn floor(value: f32) -> i32 {
    const END: f32 = (1u32 << 31) as f32;
    if (-END..END).contains(&value) {
        let whole = value as i32;
        whole - i32::from(whole as f32 > value)
    } else {
        i32::MIN
    }
}

macro_rules! operations {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $result:ty = $body:expr;)*) => {$(
        #[inline(always)]
        fn $name(self, $($arg: $kind),*) -> $result {
            $body
        }
    )*};
}

impl Wide for Plain {
    const LANES: usize = 1;
    type Real = f32;
    type Whole = i32;
    type Mask = bool;

    operations! {
        reals(value: f32) -> f32 = value;
        wholes(value: i32) -> i32 = value;
        count() -> i32 = 0;
        load(from: &[f32]) -> f32 = from[0];
        add(a: f32, b: f32) -> f32 = a + b;
        sub(a: f32, b: f32) -> f32 = a - b;
        mul(a: f32, b: f32) -> f32 = a * b;
        div(a: f32, b: f32) -> f32 = a / b;
        min(a: f32, b: f32) -> f32 = if a < b { a } else { b };
        max(a: f32, b: f32) -> f32 = if a > b { a } else { b };
        lt(a: f32, b: f32) -> bool = a < b;
        le(a: f32, b: f32) -> bool = a <= b;
        floor(a: f32) -> i32 = floor(a);
        to_real(a: i32) -> f32 = a as f32;
        bits_of(a: f32) -> i32 = a.to_bits() as i32;
        of_bits(a: i32) -> f32 = f32::from_bits(a as u32);
        plus(a: i32, b: i32) -> i32 = a.wrapping_add(b);
        minus(a: i32, b: i32) -> i32 = a.wrapping_sub(b);
        least(a: i32, b: i32) -> i32 = a.min(b);
        most(a: i32, b: i32) -> i32 = a.max(b);
        and(a: i32, b: i32) -> i32 = a & b;
        or(a: i32, b: i32) -> i32 = a | b;
        xor(a: i32, b: i32) -> i32 = a ^ b;
        pick(mask: bool, a: f32, b: f32) -> f32 = if mask { a } else { b };
        choose(mask: bool, a: i32, b: i32) -> i32 = if mask { a } else { b };
        both(a: bool, b: bool) -> bool = a & b;
        either(a: bool, b: bool) -> bool = a | b;
        except(a: bool, b: bool) -> bool = a & !b;
        bits(mask: bool) -> u32 = u32::from(mask);
    }

    #[inline(always)]
    fn pack(self, to: &mut [i32], mask: bool, a: i32) {
        if mask {
            to[0] = a;
        }
    }
}
