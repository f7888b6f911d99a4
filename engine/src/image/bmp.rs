//! BMP: 24 bits a pixel, or 32 with alpha, not compressed, bottom row first.
//!
//! A picture without see-through pixels has the header that everything reads
//! (BITMAPINFOHEADER). Others have the fourth version of it (BITMAPV4HEADER), which says
//! by masks where alpha is; it is straight, as in the picture.

use super::{Picture, WriteError};

const FILE_HEADER: u32 = 14;
const INFO_HEADER: u32 = 40;
const V4_HEADER: u32 = 108;
/// 72 dots an inch.
const DOTS_PER_METRE: u32 = 2835;
/// Colours found by masks rather than by custom.
const BITFIELDS: u32 = 3;

/// The picture as a BMP. An error over 4 GiB, or 2^31 - 1 pixels a side: the format's limits.
pub fn encode(picture: &Picture) -> Result<Vec<u8>, WriteError> {
    picture.check()?;
    let is_opaque = picture.pixels.iter().all(|[.., alpha]| *alpha == 255);
    let (header, depth) = if is_opaque { (INFO_HEADER, 3) } else { (V4_HEADER, 4) };
    let start = FILE_HEADER + header;
    let (width, height) = (picture.width, picture.height);
    let size = file_size(start, depth, width, height);
    let size = size.ok_or(WriteError::TooLarge { width, height, format: "BMP" })?;
    let mut bytes = Vec::with_capacity(size as usize);
    bytes.extend(b"BM");
    put(&mut bytes, &[size, 0, start]);
    let put_rest = if is_opaque { put_info } else { put_v4 };
    put_rest(picture, &mut bytes);
    Ok(bytes)
}

/// Bytes in the file, if its header can say so.
fn file_size(start: u32, pixel_bytes: u64, width: u32, height: u32) -> Option<u32> {
    let row = (u64::from(width) * pixel_bytes).next_multiple_of(4);
    let size = row.saturating_mul(u64::from(height)).saturating_add(u64::from(start));
    u32::try_from(size).ok().filter(|_| width.max(height) <= i32::MAX as u32)
}

fn put(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// Planes (always 1) and bits a pixel, two numbers in one word.
fn planes_and(bits: u32) -> u32 {
    1 | bits << 16
}

fn put_info(picture: &Picture, bytes: &mut Vec<u8>) {
    put(bytes, &[INFO_HEADER, picture.width, picture.height, planes_and(24), 0, 0]);
    put(bytes, &[DOTS_PER_METRE, DOTS_PER_METRE, 0, 0]);
    let padding = (picture.width as usize * 3).next_multiple_of(4) - picture.width as usize * 3;
    for row in picture.pixels.chunks_exact(picture.width as usize).rev() {
        bytes.extend(row.iter().flat_map(|[r, g, b, _]| [*b, *g, *r]));
        bytes.extend(&[0; 3][..padding]);
    }
}

fn put_v4(picture: &Picture, bytes: &mut Vec<u8>) {
    put(bytes, &[V4_HEADER, picture.width, picture.height, planes_and(32), BITFIELDS, 0]);
    put(bytes, &[DOTS_PER_METRE, DOTS_PER_METRE, 0, 0]);
    put(bytes, &[0x00FF_0000, 0x0000_FF00, 0x0000_00FF, 0xFF00_0000]);
    bytes.extend(b"BGRs"); // The colours are sRGB, so what follows means nothing.
    bytes.extend([0; 48]);
    for row in picture.pixels.chunks_exact(picture.width as usize).rev() {
        bytes.extend(row.iter().flat_map(|[r, g, b, a]| [*b, *g, *r, *a]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reader of just these files: offsets as Microsoft documents them.
    fn decode(bytes: &[u8]) -> Picture {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((&bytes[..2], word(2) as usize), (&b"BM"[..], bytes.len()));
        let (width, height, bits) = (word(18), word(22), word(28) & 0xFFFF);
        let masks = || [54, 58, 62, 66].map(word);
        let is_v4 = (word(14), bits, word(30)) == (108, 32, 3);
        assert!(is_v4 || (word(14), bits, word(30)) == (40, 24, 0));
        assert!(!is_v4 || masks() == [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000]);
        let pixel_bytes = bits as usize / 8;
        let row_bytes = (width as usize * pixel_bytes).div_ceil(4) * 4;
        let rows = bytes[word(10) as usize..].chunks_exact(row_bytes).rev();
        let pixels = rows.flat_map(|row| {
            let pixels = row.chunks_exact(pixel_bytes).take(width as usize);
            pixels.map(|p| [p[2], p[1], p[0], p.get(3).copied().unwrap_or(255)])
        });
        Picture { width, height, pixels: pixels.collect() }
    }

    #[test]
    fn a_file_has_at_most_the_bytes_that_its_header_can_say() {
        let check = |depth, width, height, size| {
            assert_eq!(file_size(54, depth, width, height), size, "{width}x{height}");
        };
        check(3, 1, 1, Some(58));
        check(3, 4, 100, Some(54 + 1200));
        check(4, 32_768, 32_767, Some(54 + (1 << 32) - (1 << 17)).map(|size: u64| size as u32));
        check(4, 32_768, 32_768, None);
        check(3, 1, 1 << 31, None);
        check(3, u32::MAX, u32::MAX, None);
    }

    #[test]
    fn pictures_that_are_none_are_refused() {
        let none = Picture { width: 0, height: 7, pixels: Vec::new() };
        assert_eq!(encode(&none), Err(WriteError::WrongPixels { width: 0, height: 7, pixels: 0 }));
    }

    proptest! {
        #[test]
        fn a_picture_comes_back_as_it_was(
            width in 1u32..20,
            height in 1u32..20,
            opaque in any::<bool>(),
            colors in prop::collection::vec(any::<[u8; 4]>(), 1..9),
        ) {
            let alpha = |[r, g, b, a]: [u8; 4]| [r, g, b, if opaque { 255 } else { a }];
            let pixels = colors.into_iter().map(alpha).cycle().take((width * height) as usize);
            let picture = Picture { width, height, pixels: pixels.collect() };
            prop_assert_eq!(decode(&encode(&picture).unwrap()), picture);
        }
    }
}
