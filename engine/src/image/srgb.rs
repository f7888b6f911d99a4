//! The sRGB curve by table: exact to the byte, the same on every machine.

use std::sync::LazyLock;

/// How finely [`Curve::encode`] starts its search.
const STEPS: usize = 4096;

/// The curve, both ways.
pub(crate) struct Curve {
    linear: [f32; 256],
    /// The least linear value that rounds to each byte.
    least: [f32; 256],
    /// A byte not above the one for `index / STEPS`.
    start: [u8; STEPS + 1],
}

/// The one curve: constant data, made by software arithmetic on first use.
pub(crate) static CURVE: LazyLock<Curve> = LazyLock::new(Curve::new);

impl Curve {
    fn new() -> Self {
        let mut curve = Curve { linear: [0.0; 256], least: [0.0; 256], start: [0; STEPS + 1] };
        for byte in 0..256 {
            curve.linear[byte] = to_linear(byte as f64 / 255.0) as f32;
            curve.least[byte] = to_linear((byte as f64 - 0.5).max(0.0) / 255.0) as f32;
        }
        let mut byte = 0;
        for (index, start) in curve.start.iter_mut().enumerate() {
            let value = index as f32 / STEPS as f32;
            while byte < 255 && curve.least[byte + 1] <= value {
                byte += 1;
            }
            *start = byte as u8;
        }
        curve
    }

    /// The linear light of an sRGB byte, 0 to 1.
    pub(crate) fn decode(&self, byte: u8) -> f32 {
        self.linear[usize::from(byte)]
    }

    /// The nearest sRGB byte; what is outside 0 to 1 is clamped.
    pub(crate) fn encode(&self, linear: f32) -> u8 {
        let value = linear.clamp(0.0, 1.0);
        let mut byte = self.start[(value * STEPS as f32) as usize];
        while byte < 255 && self.least[usize::from(byte) + 1] <= value {
            byte += 1;
        }
        byte
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
    fn light_out_of_range_is_clamped() {
        let bytes = [-1.0, f32::NAN, 2.0, f32::INFINITY].map(|value| CURVE.encode(value));
        assert_eq!(bytes, [0, 0, 255, 255]);
    }
}
