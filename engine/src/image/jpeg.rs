//! JPEG: baseline, with JFIF's colours, by the crate `jpeg-encoder` (integers alone, no SIMD,
//! so the same bytes everywhere).
//!
//! There is no alpha: pixels are laid over a matte, mixed in linear light. From quality 90 each
//! pixel has its own colour (4:4:4); below, 2x2 pixels share one, the mean of theirs (4:2:0).
//!
//! `jpeg-encoder` is based in part on the work of the Independent JPEG Group.

use super::srgb::CURVE;
use super::{Picture, WriteError};
use jpeg_encoder::{ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use jpeg_encoder::{EncodingError, rgb_to_ycbcr};

/// The longest side that JPEG can say.
pub const MAX_SIDE: u32 = 65_535;

/// From here on each pixel has its own colour.
const OWN_COLOR: u8 = 90;

/// The picture over `matte` (sRGB) as a JPEG. Quality is 1 to 100, on the scale of the
/// Independent JPEG Group. An error when a side is over [`MAX_SIDE`].
pub fn encode(picture: &Picture, quality: u8, matte: [u8; 3]) -> Result<Vec<u8>, WriteError> {
    picture.check()?;
    if !(1..=100).contains(&quality) {
        return Err(WriteError::Quality(quality));
    }
    let too_large =
        WriteError::TooLarge { width: picture.width, height: picture.height, format: "JPEG" };
    let sides = u16::try_from(picture.width).ok().zip(u16::try_from(picture.height).ok());
    let sides = sides.ok_or(too_large.clone())?;
    let rows = Rows { picture, sides, matte: matte.map(|byte| CURVE.decode(byte)) };
    write(rows, quality).map_err(|_| too_large)
}

fn write(rows: Rows<'_>, quality: u8) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    let is_own = quality >= OWN_COLOR;
    encoder.set_sampling_factor(if is_own { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode_image(rows)?;
    Ok(bytes)
}

/// The picture as the encoder asks for it.
struct Rows<'a> {
    picture: &'a Picture,
    sides: (u16, u16),
    /// Linear.
    matte: [f32; 3],
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.sides.0
    }

    fn height(&self) -> u16 {
        self.sides.1
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let width = usize::from(self.sides.0);
        for pixel in &self.picture.pixels[usize::from(y) * width..][..width] {
            let [r, g, b] = over(*pixel, self.matte);
            let (y, cb, cr) = rgb_to_ycbcr(r, g, b);
            luma.push(y);
            blue.push(cb);
            red.push(cr);
        }
    }
}

/// The pixel over a linear colour.
fn over([r, g, b, alpha]: [u8; 4], matte: [f32; 3]) -> [u8; 3] {
    if alpha == 255 {
        return [r, g, b];
    }
    let alpha = f32::from(alpha) / 255.0;
    std::array::from_fn(|channel| {
        let own = CURVE.decode([r, g, b][channel]);
        CURVE.encode(own * alpha + matte[channel] * (1.0 - alpha))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;
    use zune_jpeg::zune_core::options::DecoderOptions;

    const WHITE: [u8; 3] = [255; 3];

    /// A room of soft slopes and hard edges, on the odd side.
    fn room() -> Picture {
        let pixel = |i: u32| {
            let (x, y) = (i % 211, i / 211);
            let wall = if (x / 40 + y / 30).is_multiple_of(2) { 60 } else { 170 };
            [wall + (x / 4) as u8, (y + 20) as u8, 200 - (x / 2) as u8, 255]
        };
        Picture { width: 211, height: 157, pixels: (0..211 * 157).map(pixel).collect() }
    }

    fn decode(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
        let options = DecoderOptions::default().set_max_width(65_535).set_max_height(65_535);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        let pixels = decoder.decode().unwrap();
        let (width, height) = decoder.dimensions().unwrap();
        (width, height, pixels)
    }

    /// How near the decoded picture is, in decibels: 10 log10(255^2 / mean square error).
    fn nearness(picture: &Picture, bytes: &[u8]) -> f64 {
        let (width, height, decoded) = decode(bytes);
        assert_eq!((width as u32, height as u32), (picture.width, picture.height));
        let wanted = picture.pixels.iter().flat_map(|pixel| &pixel[..3]);
        let errors = decoded.iter().zip(wanted).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        10.0 * (255.0_f64.powi(2) / (errors.sum::<f64>() / decoded.len() as f64)).log10()
    }

    #[test]
    fn quality_buys_likeness_with_bytes() {
        let picture = room();
        let mut last = 0;
        for (quality, least) in [(1, 15.0), (50, 26.0), (89, 29.0), (90, 38.0), (100, 44.0)] {
            let bytes = encode(&picture, quality, WHITE).unwrap();
            let nearness = nearness(&picture, &bytes);
            assert!(nearness > least, "{nearness} dB at quality {quality}");
            assert!(bytes.len() > last, "{} bytes at quality {quality}", bytes.len());
            last = bytes.len();
        }
    }

    #[test]
    fn see_through_pixels_show_the_matte_in_linear_light() {
        let check = |pixel, matte, expected: [u8; 3]| {
            let picture = Picture { width: 16, height: 16, pixels: vec![pixel; 256] };
            let (.., decoded) = decode(&encode(&picture, 100, matte).unwrap());
            let seen = &decoded[..3];
            let is_near = seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2);
            assert!(is_near, "{pixel:?} over {matte:?}: {seen:?} for {expected:?}");
        };
        check([10, 20, 30, 255], [255, 0, 0], [10, 20, 30]);
        check([10, 20, 30, 0], [200, 100, 50], [200, 100, 50]);
        check([0, 0, 0, 128], WHITE, [187, 187, 187]);
        check([255, 255, 255, 51], [0, 0, 0], [124, 124, 124]);
    }

    #[test]
    fn files_start_and_end_as_jpegs_do() {
        let bytes = encode(&room(), 90, WHITE).unwrap();
        assert_eq!(bytes[..4], [0xFF, 0xD8, 0xFF, 0xE0]);
        assert_eq!(&bytes[6..11], b"JFIF\0");
        assert_eq!(bytes[bytes.len() - 2..], [0xFF, 0xD9]);
    }

    #[test]
    fn sides_to_the_end_of_sixteen_bits_are_written_and_none_over() {
        for (width, height) in [(1, 1), (7, 65_535), (65_535, 7), (65_528, 1), (1, 65_534)] {
            let count = width as usize * height as usize;
            let picture = Picture { width, height, pixels: vec![[9, 99, 199, 255]; count] };
            for quality in [50, 95] {
                assert!(nearness(&picture, &encode(&picture, quality, WHITE).unwrap()) > 30.0);
            }
        }
        for (width, height) in [(1, 65_536), (65_536, 1)] {
            let picture = Picture { width, height, pixels: vec![[0; 4]; 65_536] };
            let refused = WriteError::TooLarge { width, height, format: "JPEG" };
            assert_eq!(encode(&picture, 90, WHITE), Err(refused));
        }
    }

    #[test]
    fn qualities_that_are_none_are_refused() {
        for quality in [0, 101, 255] {
            assert_eq!(encode(&room(), quality, WHITE), Err(WriteError::Quality(quality)));
        }
    }
}
