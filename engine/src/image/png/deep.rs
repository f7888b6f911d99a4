//! PNG of 16 bits a channel: numbers rather than colours. For how numbers become 16 bits see
//! [`aov`](crate::image::aov).

use super::write;
use crate::image::{WriteError, check_pixels};
use png::{BitDepth, ColorType, Compression, Filter};

/// One number a pixel, row 0 on top. An error when there are not `width * height`, or none.
pub fn encode_gray16(width: u32, height: u32, pixels: &[u16]) -> Result<Vec<u8>, WriteError> {
    check_pixels(width, height, pixels.len())?;
    encode(width, height, ColorType::Grayscale, pixels)
}

/// Three numbers a pixel; else as [`encode_gray16`].
pub fn encode_rgb16(width: u32, height: u32, pixels: &[[u16; 3]]) -> Result<Vec<u8>, WriteError> {
    check_pixels(width, height, pixels.len())?;
    encode(width, height, ColorType::Rgb, pixels.as_flattened())
}

/// Three numbers and an alpha a pixel; else as [`encode_gray16`].
pub fn encode_rgba16(width: u32, height: u32, pixels: &[[u16; 4]]) -> Result<Vec<u8>, WriteError> {
    check_pixels(width, height, pixels.len())?;
    encode(width, height, ColorType::Rgba, pixels.as_flattened())
}

fn encode(width: u32, height: u32, color: ColorType, raw: &[u16]) -> Result<Vec<u8>, WriteError> {
    let samples: Vec<u8> = raw.iter().flat_map(|sample| sample.to_be_bytes()).collect();
    write((width, height), &samples, |encoder| {
        encoder.set_color(color);
        encoder.set_depth(BitDepth::Sixteen);
        encoder.set_compression(Compression::Fastest);
        encoder.set_filter(Filter::Up);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::Decoder;
    use std::io::Cursor;

    fn samples(bytes: &[u8], color: ColorType) -> Vec<u16> {
        let mut reader = Decoder::new(Cursor::new(bytes)).read_info().unwrap();
        assert_eq!(reader.output_color_type(), (color, BitDepth::Sixteen));
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut samples).unwrap();
        samples.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
    }

    #[test]
    fn all_sixteen_bits_come_back() {
        let numbers: Vec<u16> = (0..17 * 12 * 4).map(|i: u16| i.wrapping_mul(40_503)).collect();
        let gray = encode_gray16(17, 48, &numbers).unwrap();
        assert_eq!(samples(&gray, ColorType::Grayscale), numbers);
        let rgb = encode_rgb16(17, 16, numbers.as_chunks().0).unwrap();
        assert_eq!(samples(&rgb, ColorType::Rgb), numbers);
        let rgba = encode_rgba16(17, 12, numbers.as_chunks().0).unwrap();
        assert_eq!(samples(&rgba, ColorType::Rgba), numbers);
    }

    #[test]
    fn numbers_that_are_not_the_picture_are_refused() {
        let wrong = |width, height, pixels| WriteError::WrongPixels { width, height, pixels };
        assert_eq!(encode_gray16(2, 2, &[1; 5]), Err(wrong(2, 2, 5)));
        assert_eq!(encode_rgb16(0, 2, &[]), Err(wrong(0, 2, 0)));
        assert_eq!(encode_rgba16(2, u32::MAX, &[[1; 4]; 3]), Err(wrong(2, u32::MAX, 3)));
    }
}
