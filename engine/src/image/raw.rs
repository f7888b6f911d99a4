//! Pixels or numbers and nothing else: who reads them must know the size.

use super::{Picture, Sample, WriteError};

/// Red, green, blue and alpha of each pixel, a byte each, straight alpha, row by row from the
/// top: `4 * width * height` bytes.
pub fn encode(picture: &Picture) -> Result<Vec<u8>, WriteError> {
    picture.check()?;
    Ok(picture.pixels.as_flattened().to_vec())
}

/// The numbers in their order, least byte first.
pub fn encode_samples<S: Sample>(samples: &[S]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(samples));
    samples.iter().for_each(|sample| sample.put(&mut bytes));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_least_byte_first() {
        assert_eq!(encode_samples(&[1.0_f32, -2.5]), [0, 0, 128, 63, 0, 0, 32, 192]);
        assert_eq!(encode_samples(&[f32::INFINITY]), [0, 0, 128, 127]);
        assert_eq!(encode_samples(&[-2_i32]), [254, 255, 255, 255]);
        assert_eq!(encode_samples(&[0x0102_0304_u32]), [4, 3, 2, 1]);
        assert_eq!(encode_samples(&[0x0102_u16]), [2, 1]);
        assert_eq!(encode_samples(&[7_u8, 8]), [7, 8]);
    }

    #[test]
    fn pixels_are_written_row_by_row() {
        let picture = Picture { width: 1, height: 2, pixels: vec![[1, 2, 3, 4], [5, 6, 7, 8]] };
        assert_eq!(encode(&picture), Ok(vec![1, 2, 3, 4, 5, 6, 7, 8]));
    }
}
