//! The sRGB curve by table: exact to the byte, the same on every machine.

use std::sync::LazyLock;

/// What is below the first step of [`Curve::encode`] is black: 2^-13.
const BLACK: f32 = 1.0 / 8192.0;

/// Numbers with the same sign, exponent and first seven bits of the fraction share a step.
const SHIFT: u32 = 16;

/// The step of [`BLACK`], and how many there are up to 1.
const FIRST: u32 = BLACK.to_bits() >> SHIFT;
const STEPS: usize = ((1f32.to_bits() >> SHIFT) - FIRST) as usize + 1;

/// The curve, both ways.
pub(crate) struct Curve {
    linear: [f32; 256],
    steps: [Step; STEPS],
}

/// Values that go to at most two bytes.
#[derive(Clone, Copy)]
struct Step {
    /// The least value that goes to the second of them.
    second: f32,
    /// The first.
    byte: u8,
}

/// The one curve: constant data, made by software arithmetic on first use.
pub(crate) static CURVE: LazyLock<Curve> = LazyLock::new(Curve::new);

impl Curve {
    fn new() -> Self {
        let least = |byte: usize| to_linear((byte as f64 - 0.5).max(0.0) / 255.0) as f32;
        let mut steps = [Step { second: f32::INFINITY, byte: 0 }; STEPS];
        let mut byte = 0;
        for (index, step) in steps.iter_mut().enumerate() {
            let value = f32::from_bits((index as u32 + FIRST) << SHIFT);
            while byte < 255 && least(byte + 1) <= value {
                byte += 1;
            }
            step.byte = byte as u8;
            step.second = if byte < 255 { least(byte + 1) } else { f32::INFINITY };
        }
        let linear = std::array::from_fn(|byte| to_linear(byte as f64 / 255.0) as f32);
        Curve { linear, steps }
    }

    /// The linear light of an sRGB byte, 0 to 1.
    #[inline]
    pub(crate) fn decode(&self, byte: u8) -> f32 {
        self.linear[usize::from(byte)]
    }

    /// The nearest sRGB byte; what is outside 0 to 1 is clamped.
    #[inline]
    pub(crate) fn encode(&self, linear: f32) -> u8 {
        let value = if linear > BLACK { linear } else { BLACK };
        let value = if value < 1.0 { value } else { 1.0 };
        let step = &self.steps[((value.to_bits() >> SHIFT) - FIRST) as usize];
        step.byte + u8::from(value >= step.second)
    }
}

fn to_linear(value: f64) -> f64 {
    if value <= 0.04045 { value / 12.92 } else { libm::pow((value + 0.055) / 1.055, 2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_way_there_and_back() {
        for byte in 0..=255 {
            assert_eq!(CURVE.encode(CURVE.decode(byte)), byte);
        }
    }

    #[test]
    fn values_between_bytes_go_to_the_nearest() {
        for byte in 0..255u8 {
            let middle = to_linear((f64::from(byte) + 0.5) / 255.0);
            assert_eq!(CURVE.encode((middle * 0.9999) as f32), byte, "below {byte}.5");
            assert_eq!(CURVE.encode((middle * 1.0001) as f32), byte + 1, "above {byte}.5");
        }
    }

    #[test]
    fn no_step_holds_values_of_three_bytes() {
        for pair in CURVE.steps.windows(2) {
            assert!(pair[1].byte - pair[0].byte <= 1);
        }
    }

    #[test]
    fn light_out_of_range_is_clamped() {
        let bytes = [-1.0, f32::NAN, 2.0, f32::INFINITY].map(|value| CURVE.encode(value));
        assert_eq!(bytes, [0, 0, 255, 255]);
    }
}
