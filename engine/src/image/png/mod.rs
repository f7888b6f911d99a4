//! PNG: any picture in, RGBA8 out.
//!
//! Encoding is fast ([`encode`], in strips: `strips.rs`), or small ([`encode_smallest`]), and
//! equal pictures give equal bytes, for any number of threads. [`encode_animated`] makes a
//! film of pictures, [`encode_gray16`] and its like hold numbers.
//! Decoding takes every colour type; 16-bit channels keep their high byte,
//! colours under alpha 0 are kept, gamma and profiles are ignored.

mod animated;
mod deep;
mod smallest;
mod strips;

pub use animated::{Delay, encode_animated};
pub use deep::{encode_gray16, encode_rgb16, encode_rgba16};
pub use smallest::encode_smallest;
pub use strips::{STRIP_ROWS, Strip, join, strip};

use super::{ImageError, Picture, WriteError};
use crate::parallel::{self, Threads};
use png::{ColorType, Decoder, DeflateCompression, Encoder, Filter, Limits, Transformations};
use std::io::Cursor;

/// What a reader may hold besides the pixels: chunks, palette, inflater.
const OVERHEAD: u64 = 1 << 20;

/// The picture as a PNG of 8-bit RGBA.
///
/// # Panics
/// When the picture has no pixels, or not `width * height` of them.
pub fn encode(picture: &Picture) -> Vec<u8> {
    encode_on(picture, Threads(1)).expect("a picture has width * height pixels")
}

/// The same bytes, on several threads.
pub fn encode_on(picture: &Picture, threads: Threads) -> Result<Vec<u8>, WriteError> {
    picture.check()?;
    let (width, height) = (picture.width, picture.height);
    let parts: Vec<_> = picture.pixels.chunks(STRIP_ROWS * width as usize).collect();
    let strips = parallel::map(threads, &parts, |part| strip(width, part));
    join(width, height, &strips)
}

/// The same picture in fewer bytes, some ten times slower: for pictures that are
/// data, where equal pixels repeat and filters only hide that. Always RGBA.
///
/// # Panics
/// As [`encode`].
pub fn encode_small(picture: &Picture) -> Vec<u8> {
    let size = (picture.width, picture.height);
    let set = |encoder: &mut Encoder<'_, &mut Vec<u8>>| {
        encoder.set_color(ColorType::Rgba);
        encoder.set_deflate_compression(DeflateCompression::Level(3));
        encoder.set_filter(Filter::NoFilter);
    };
    let written = write(size, picture.pixels.as_flattened(), set);
    written.expect("a picture has width * height pixels")
}

/// One picture by the crate `png`, with what `set` sets.
fn write(
    (width, height): (u32, u32),
    samples: &[u8],
    set: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    set(&mut encoder);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(samples)?;
        writer.finish()
    });
    written.map_err(|_| WriteError::TooLarge { width, height, format: "PNG" })?;
    Ok(bytes)
}

/// The picture in a PNG, or in the first frame of an animated one. Refused before
/// any room is made when it has more than `max_pixels`.
pub fn decode(bytes: &[u8], max_pixels: u64) -> Result<Picture, ImageError> {
    let room = max_pixels.saturating_mul(8).saturating_add(OVERHEAD);
    let limits = Limits { bytes: usize::try_from(room).unwrap_or(usize::MAX) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(|why| broken(&why))?;
    let (width, height) = (header.width, header.height);
    if u64::from(width) * u64::from(height) > max_pixels {
        return Err(ImageError::TooLarge { width, height, max_pixels });
    }
    let mut reader = decoder.read_info().map_err(|why| broken(&why))?;
    let size = reader.output_buffer_size().ok_or_else(|| broken(&"more bytes than memory"))?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(|why| broken(&why))?;
    samples.truncate(frame.buffer_size());
    let pixels = to_rgba(&samples, frame.color_type);
    if pixels.len() as u64 != u64::from(width) * u64::from(height) {
        return Err(broken(&"the first frame is not the whole picture"));
    }
    Ok(Picture { width, height, pixels })
}

fn to_rgba(samples: &[u8], color: ColorType) -> Vec<[u8; 4]> {
    let gray = |l: u8, a: u8| [l, l, l, a];
    match color {
        ColorType::Grayscale => samples.iter().map(|&l| gray(l, 255)).collect(),
        ColorType::GrayscaleAlpha => {
            samples.as_chunks().0.iter().map(|&[l, a]| gray(l, a)).collect()
        }
        ColorType::Rgb | ColorType::Indexed => {
            samples.as_chunks().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect()
        }
        ColorType::Rgba => samples.as_chunks().0.to_vec(),
    }
}

fn broken(why: &dyn ToString) -> ImageError {
    ImageError::Broken(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::BitDepth;
    use proptest::prelude::*;

    fn plain(color: ColorType, depth: BitDepth, size: [u32; 2], data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, size[0], size[1]);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(vec![1, 2, 3, 250, 251, 252]);
            encoder.set_trns(vec![255, 9]);
        }
        encoder.set_source_gamma(png::ScaledFloat::new(1.0));
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[track_caller]
    fn check(color: ColorType, depth: BitDepth, data: &[u8], expected: &[[u8; 4]]) {
        let size = [expected.len() as u32, 1];
        let picture = decode(&plain(color, depth, size, data), 100).unwrap();
        assert_eq!(picture.pixels, expected, "{color:?} {depth:?}");
    }

    #[test]
    fn every_colour_type_becomes_rgba_without_gamma() {
        use BitDepth::*;
        check(ColorType::Grayscale, Eight, &[7, 200], &[[7, 7, 7, 255], [200, 200, 200, 255]]);
        check(ColorType::Grayscale, One, &[0b0100_0000], &[[0, 0, 0, 255], [255; 4]]);
        check(ColorType::GrayscaleAlpha, Eight, &[7, 8], &[[7, 7, 7, 8]]);
        check(ColorType::Rgb, Eight, &[1, 2, 3], &[[1, 2, 3, 255]]);
        check(ColorType::Rgb, Sixteen, &[1, 255, 2, 0, 3, 9], &[[1, 2, 3, 255]]);
        check(ColorType::Rgba, Eight, &[1, 2, 3, 0], &[[1, 2, 3, 0]]);
        check(ColorType::Indexed, Two, &[0b0001_0000], &[[1, 2, 3, 255], [250, 251, 252, 9]]);
    }

    #[test]
    fn a_picture_over_the_limit_is_refused() {
        let picture = Picture { width: 11, height: 10, pixels: vec![[1; 4]; 110] };
        let refusal = ImageError::TooLarge { width: 11, height: 10, max_pixels: 109 };
        assert_eq!(decode(&encode(&picture), 109), Err(refusal));
        assert_eq!(decode(&encode(&picture), 110), Ok(picture));
    }

    #[test]
    fn every_cut_short_file_is_an_error() {
        let picture = Picture { width: 3, height: 2, pixels: vec![[9, 8, 7, 6]; 6] };
        let bytes = encode(&picture);
        let data_end = bytes.len() - 12 - 4;
        for end in 0..data_end {
            assert!(decode(&bytes[..end], 100).is_err(), "cut at {end} of {}", bytes.len());
        }
    }

    proptest! {
        #[test]
        fn a_picture_comes_back_as_it_was(
            width in 1u32..40,
            pixels in prop::collection::vec(any::<[u8; 4]>(), 1..400),
        ) {
            let height = (pixels.len() as u32).div_ceil(width);
            let mut pixels = pixels;
            pixels.resize((width * height) as usize, [0, 50, 100, 0]);
            let picture = Picture { width, height, pixels };
            let bytes = encode(&picture);
            prop_assert_eq!(&encode_on(&picture, Threads(3)).unwrap(), &bytes);
            for bytes in [bytes, encode_small(&picture), encode_smallest(&picture).unwrap()] {
                prop_assert_eq!(decode(&bytes, 10_000), Ok(picture.clone()));
            }
        }
    }
}
