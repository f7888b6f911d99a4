//! Numbers that look random and fill their square evenly: the same for the same pixel,
//! sample and dimension, on every machine.
//!
//! Each dimension is a Sobol sequence of pairs, in an order and with a scrambling (Owen's,
//! by hashing as Burley 2020) of its own; pixels differ by what is xored to it. Any
//! power of two of samples, counted from the first, is stratified in each pair.

/// An evenly spread pair that all pixels start from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair([u32; 2]);

/// A well mixed number.
#[inline]
pub(super) fn hash(value: u32) -> u32 {
    let value = (value ^ value >> 16).wrapping_mul(0x7FEB_352D);
    let value = (value ^ value >> 15).wrapping_mul(0x846C_A68B);
    value ^ value >> 16
}

/// What tells a pixel from others.
#[inline]
pub(super) fn seed(x: u32, y: u32) -> u32 {
    hash(x ^ hash(y ^ 0x5BD1_E995))
}

impl Pair {
    /// The pair of a sample in a dimension.
    pub(super) fn new(sample: u32, dimension: u32) -> Self {
        let key = |part: u32| hash(dimension.wrapping_mul(3).wrapping_add(part));
        let [x, y] = sobol(scrambled(sample, key(0)));
        Self([scrambled(x, key(1)), scrambled(y, key(2))])
    }

    /// The pair for a pixel: both in [0, 1). `key` is a hash of pixel and dimension.
    #[inline]
    pub(super) fn at(self, key: u32) -> [f32; 2] {
        [unit(self.0[0] ^ (key & 0xFFFF_0000)), unit(self.0[1] ^ key << 16)]
    }
}

/// The upper 24 bits as a part of 1.
#[inline]
fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

/// The first two dimensions of Sobol's sequence. The second is Pascal's triangle modulo 2
/// times the first: a butterfly for each bit of an index of bits.
fn sobol(index: u32) -> [u32; 2] {
    const MASKS: [u32; 5] = [0x5555_5555, 0x3333_3333, 0x0F0F_0F0F, 0x00FF_00FF, 0x0000_FFFF];
    let x = index.reverse_bits();
    let y = (0..5).fold(x, |y, bit| y ^ (y & MASKS[bit]) << (1 << bit));
    [x, y]
}

/// Owen's scrambling of a binary fraction: each bit is flipped by a hash of those above it.
fn scrambled(fraction: u32, key: u32) -> u32 {
    // Laine and Karras: a product by an even number carries upwards only.
    const EVEN: [u32; 4] = [0x6C50_B47C, 0xB82F_1E52, 0xC7AF_E638, 0x8D22_F6E6];
    let start = fraction.reverse_bits().wrapping_add(key);
    EVEN.iter().fold(start, |bits, even| bits ^ bits.wrapping_mul(*even)).reverse_bits()
}

/// A point of the unit circle; a full turn is 1, and starts anywhere.
#[inline]
pub(super) fn circle(turn: f32) -> [f32; 2] {
    let quarters = turn * 4.0;
    let quarter = quarters as u32;
    let a = (quarters - quarter as f32 - 0.5) * std::f32::consts::FRAC_PI_2;
    // Taylor's series: enough terms for f32 up to an eighth of a turn.
    let a2 = a * a;
    let sin = a * (1.0 - a2 / 6.0 * (1.0 - a2 / 20.0 * (1.0 - a2 / 42.0)));
    let cos = 1.0 - a2 / 2.0 * (1.0 - a2 / 12.0 * (1.0 - a2 / 30.0 * (1.0 - a2 / 56.0)));
    match quarter & 3 {
        0 => [cos, sin],
        1 => [-sin, cos],
        2 => [-cos, -sin],
        _ => [sin, -cos],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_of_samples_are_stratified_in_every_pixel() {
        for (dimension, key) in [(0, 0), (1, 0xDEAD_BEEF), (17, 0x1234_5678)] {
            for bits in 0..=5 {
                // A net: each box of area 2^-2bits, however long, holds one point.
                let points: Vec<[f32; 2]> =
                    (0..1 << (2 * bits)).map(|n| Pair::new(n, dimension).at(key)).collect();
                for shape in 0..=2 * bits {
                    let (wide, high) = ((1 << shape) as f32, (1 << (2 * bits - shape)) as f32);
                    let cell = |[x, y]: &[f32; 2]| ((x * wide) as u32, (y * high) as u32);
                    let mut cells: Vec<_> = points.iter().map(cell).collect();
                    cells.sort_unstable();
                    cells.dedup();
                    assert_eq!(cells.len(), points.len(), "{dimension} {bits} {shape}");
                }
            }
        }
    }

    #[test]
    fn two_dimensions_do_not_go_together() {
        let both = |n: u32| [Pair::new(n, 3).at(0)[0], Pair::new(n, 4).at(0)[0]];
        let inside = (0..1024).map(both).filter(|[a, b]| a * a + b * b < 1.0).count();
        assert!((inside as f32 / 1024.0 - std::f32::consts::FRAC_PI_4).abs() < 0.03, "{inside}");
    }

    #[test]
    fn circle_points_have_length_one_and_go_around() {
        let points: Vec<[f32; 2]> = (0..1000).map(|n| circle(n as f32 / 1000.0)).collect();
        for (point, next) in points.iter().zip(points.iter().cycle().skip(1)) {
            let [x, y] = point;
            assert!((x * x + y * y - 1.0).abs() < 1e-6);
            let step = x * next[1] - y * next[0];
            assert!((step - libm::sinf(std::f32::consts::TAU / 1000.0)).abs() < 1e-6, "{point:?}");
        }
    }
}
