//! PNG in strips of rows, each compressed by itself, on whatever thread has it ready.
//!
//! [`strip`] filters and deflates up to [`STRIP_ROWS`] rows without a look at the others;
//! [`join`] strings finished strips into one file. So a render's threads compress
//! what they have just drawn, and the bytes depend on the picture alone.
//!
//! How: a strip is one deflate block by `fdeflate` (a fixed code, runs of zeros) that is not
//! the last and ends on a byte, in an IDAT chunk of its own. Its first row is filtered by the
//! pixel to the left, the others by the row above. What `fdeflate` cannot shrink is stored.
//!
//! Measured at 3840x2160 (processor time of one core of a Xeon guest, RGBA): `scene_store8` lit 7 ms
//! and 724 kB, a lit `terrain256` that fills the frame 70 ms and 10.5 MB, colours at random in 4x4
//! pixels with noise 61 ms and 20.1 MB; joining takes 0 to 2 ms. Strips deflated at level 1 instead,
//! the first and the last: 16 ms and 641 kB, 350 ms and 21.2 MB by `miniz_oxide`; 17 ms and
//! 828 kB, 249 ms and 25.5 MB by `zlib-rs`.

use crate::image::WriteError;
use fdeflate::{Compressor, StoredOnlyCompressor};
use flate2::Crc;
use std::io::Cursor;

/// Rows in each strip of a whole picture but the last: those of a render's tile.
pub const STRIP_ROWS: usize = 64;

/// The longest side that PNG can say.
const SIDE_MAX: u32 = i32::MAX as u32;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Deflate, a window of 32 KiB, the fastest kind.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];
/// An empty stored block that is the last.
const LAST_BLOCK: [u8; 5] = [1, 0, 0, 0xFF, 0xFF];
/// The most bytes in a stored block, and in the header before them.
const STORED_MAX: usize = 0xFFFF;
const STORED_HEADER: usize = 5;

/// Rows of a picture, compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    width: u32,
    rows: u64,
    /// A zlib header, which is left out of the file, and blocks none of which is the last.
    zlib: Vec<u8>,
    /// Of the filtered rows.
    adler: u32,
    /// Of the chunk that goes to the file.
    crc: u32,
}

impl Strip {
    fn blocks(&self) -> &[u8] {
        &self.zlib[ZLIB_HEADER.len()..]
    }
}

/// Compresses whole rows of `width` pixels each, top down, straight alpha. A row that is
/// not whole is left out.
pub fn strip(width: u32, pixels: &[[u8; 4]]) -> Strip {
    let width_px = width.max(1) as usize;
    let rows = pixels.len() / width_px;
    let (mut zlib, mut adler) = squeeze(width_px, pixels);
    if zlib.len() > StoredOnlyCompressor::<()>::compressed_size(rows * (1 + 4 * width_px)) {
        (zlib, adler) = store(width_px, pixels);
    }
    let crc = checksum(*b"IDAT", &zlib[ZLIB_HEADER.len()..]);
    Strip { width, rows: rows as u64, zlib, adler, crc }
}

/// The PNG whose rows are those of the strips, first to last. An error when they are not
/// `height` rows of `width` pixels.
pub fn join(width: u32, height: u32, strips: &[Strip]) -> Result<Vec<u8>, WriteError> {
    let rows: u64 = strips.iter().map(|strip| strip.rows).sum();
    let is_whole = rows == u64::from(height) && strips.iter().all(|strip| strip.width == width);
    if !is_whole || width == 0 || height == 0 {
        let pixels = strips.iter().map(|strip| u64::from(strip.width) * strip.rows).sum();
        return Err(WriteError::WrongPixels { width, height, pixels });
    }
    let longest = strips.iter().map(|strip| strip.blocks().len()).max().unwrap_or(0);
    if width.max(height) > SIDE_MAX || longest > SIDE_MAX as usize {
        return Err(WriteError::TooLarge { width, height, format: "PNG" });
    }
    Ok(file(width, height, strips))
}

fn file(width: u32, height: u32, strips: &[Strip]) -> Vec<u8> {
    let size: usize = strips.iter().map(|strip| strip.blocks().len() + 12).sum();
    let mut bytes = Vec::with_capacity(size + 128);
    bytes.extend(SIGNATURE);
    let [w, h] = [width, height].map(u32::to_be_bytes);
    let depth_8_rgba = [8, 6, 0, 0, 0];
    own_chunk(&mut bytes, *b"IHDR", &[&w[..], &h[..], &depth_8_rgba].concat());
    own_chunk(&mut bytes, *b"IDAT", &ZLIB_HEADER);
    let mut adler = 1;
    for strip in strips {
        chunk(&mut bytes, *b"IDAT", strip.blocks(), strip.crc);
        adler = adler_of_both(adler, strip.adler, strip.rows * (1 + 4 * u64::from(width)));
    }
    own_chunk(&mut bytes, *b"IDAT", &[&LAST_BLOCK[..], &adler.to_be_bytes()].concat());
    own_chunk(&mut bytes, *b"IEND", &[]);
    bytes
}

fn own_chunk(bytes: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    chunk(bytes, kind, data, checksum(kind, data));
}

fn chunk(bytes: &mut Vec<u8>, kind: [u8; 4], data: &[u8], crc: u32) {
    bytes.extend((data.len() as u32).to_be_bytes());
    bytes.extend(kind);
    bytes.extend_from_slice(data);
    bytes.extend(crc.to_be_bytes());
}

fn checksum(kind: [u8; 4], data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(data);
    crc.sum()
}

/// The rows, filtered and deflated, and their Adler-32.
fn squeeze(width: usize, pixels: &[[u8; 4]]) -> (Vec<u8>, u32) {
    let mut compressor = Compressor::new(Vec::new()).expect(VEC_TAKES_ALL);
    each_filtered_row(width, pixels, |line| compressor.write_data(line).expect(VEC_TAKES_ALL));
    let (mut zlib, adler) = without_sum(compressor.finish().expect(VEC_TAKES_ALL));
    zlib[ZLIB_HEADER.len()] &= !1; // The block's first bit said that it is the last.
    end_on_a_byte(&mut zlib);
    (zlib, adler)
}

/// Ends blocks on a byte by an empty stored block: three bits 0, zeros up to the byte, its length.
///
/// `fdeflate` ends its block by a code whose last bit is 1 (a test would see it change), so
/// the zeros above it are free.
fn end_on_a_byte(blocks: &mut Vec<u8>) {
    let free_bits = blocks.last().map_or(0, |last| last.leading_zeros());
    if free_bits < 3 {
        blocks.push(0);
    }
    blocks.extend([0, 0, 0xFF, 0xFF]);
}

/// The rows as they are in stored blocks, and their Adler-32.
fn store(width: usize, pixels: &[[u8; 4]]) -> (Vec<u8>, u32) {
    let mut store = StoredOnlyCompressor::new(Cursor::new(Vec::new())).expect(VEC_TAKES_ALL);
    for row in pixels.chunks_exact(width) {
        store.write_data(&[NO_FILTER]).expect(VEC_TAKES_ALL);
        store.write_data(row.as_flattened()).expect(VEC_TAKES_ALL);
    }
    let (mut zlib, adler) = without_sum(store.finish().expect(VEC_TAKES_ALL).into_inner());
    let blocks = zlib.len() - ZLIB_HEADER.len();
    let last = (blocks - 1) / (STORED_MAX + STORED_HEADER) * (STORED_MAX + STORED_HEADER);
    zlib[ZLIB_HEADER.len() + last] = 0;
    (zlib, adler)
}

const VEC_TAKES_ALL: &str = "a Vec takes all bytes";

/// Splits a zlib stream from the Adler-32 at its end.
fn without_sum(mut zlib: Vec<u8>) -> (Vec<u8>, u32) {
    let (_, sum) = zlib.split_last_chunk::<4>().expect("a zlib stream ends with its sum");
    let sum = u32::from_be_bytes(*sum);
    zlib.truncate(zlib.len() - 4);
    (zlib, sum)
}

/// What the byte before each row says.
const NO_FILTER: u8 = 0;
const LESS_LEFT: u8 = 1;
const LESS_ABOVE: u8 = 2;

/// Calls `take` with each row: its filter and, bytewise, what it differs in.
fn each_filtered_row(width: usize, pixels: &[[u8; 4]], mut take: impl FnMut(&[u8])) {
    let mut line = Vec::with_capacity(1 + 4 * width);
    let mut above: Option<&[u8]> = None;
    for row in pixels.chunks_exact(width) {
        let row = row.as_flattened();
        line.clear();
        if let Some(above) = above {
            line.push(LESS_ABOVE);
            line.extend(row.iter().zip(above).map(|(byte, above)| byte.wrapping_sub(*above)));
        } else {
            line.push(LESS_LEFT);
            line.extend_from_slice(&row[..4]);
            line.extend(row[4..].iter().zip(row).map(|(byte, left)| byte.wrapping_sub(*left)));
        }
        take(&line);
        above = Some(row);
    }
}

/// The Adler-32 of bytes with the sum `first` and `second_bytes` more with the sum `second`.
fn adler_of_both(first: u32, second: u32, second_bytes: u64) -> u32 {
    const PRIME: u64 = 65_521;
    let halves = |sum: u32| (u64::from(sum & 0xFFFF), u64::from(sum >> 16));
    let ((a1, b1), (a2, b2)) = (halves(first), halves(second));
    // Both counts of a start at 1; the second b grew as if from there, in each of its bytes.
    let a = (a1 + a2 + PRIME - 1) % PRIME;
    let b = (b1 + b2 + second_bytes % PRIME * (a1 + PRIME - 1)) % PRIME;
    (b << 16 | a) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::png;
    use flate2::{Decompress, FlushDecompress, Status};
    use proptest::prelude::*;

    fn noise(count: usize, seed: u32) -> Vec<[u8; 4]> {
        let mut state = seed | 1;
        let mut next = || {
            state = state.wrapping_mul(0x9E37_79B1).rotate_left(13) ^ 0x5bd1_e995;
            state.to_le_bytes()
        };
        (0..count).map(|_| next()).collect()
    }

    /// Joins strips of `rows` rows and reads them back.
    #[track_caller]
    fn check(width: u32, rows: usize, pixels: &[[u8; 4]]) -> Vec<u8> {
        let strips: Vec<Strip> =
            pixels.chunks(rows * width as usize).map(|part| strip(width, part)).collect();
        let height = pixels.len() as u32 / width;
        let bytes = join(width, height, &strips).unwrap();
        let picture = png::decode(&bytes, 1 << 24).unwrap();
        assert_eq!((picture.width, picture.height), (width, height));
        assert!(picture.pixels == pixels, "{width} pixels in a row, {rows} rows in a strip");
        bytes
    }

    #[test]
    fn strips_of_any_height_join_to_the_same_picture() {
        let smooth: Vec<[u8; 4]> =
            (0..70 * 200u32).map(|i| [(i % 70) as u8, (i / 700) as u8, 9, 255]).collect();
        for rows in [1, 2, 63, 64, 199, 200, 500] {
            check(70, rows, &smooth);
            check(70, rows, &noise(70 * 200, 3));
        }
    }

    #[test]
    fn what_cannot_be_squeezed_is_stored() {
        for (width, rows) in [(1, 1), (300, 64), (16_383, 1), (16_384, 1), (16_384, 2)] {
            let pixels = noise(width * rows, 7);
            let bytes = check(width as u32, rows, &pixels);
            assert!(bytes.len() < pixels.len() * 4 + rows + pixels.len() / 1000 + 200);
        }
    }

    #[test]
    fn strips_that_are_not_the_picture_are_refused() {
        let part = |width: u32| strip(width, &vec![[5; 4]; width as usize * 64]);
        let refused = |width, height, strips: &[Strip]| join(width, height, strips).unwrap_err();
        let wrong = |width, height, pixels| WriteError::WrongPixels { width, height, pixels };
        assert_eq!(refused(8, 65, &[part(8)]), wrong(8, 65, 512));
        assert_eq!(refused(8, 128, &[part(8), part(9)]), wrong(8, 128, 512 + 576));
        assert_eq!(refused(0, 64, &[part(0)]), wrong(0, 64, 0));
        assert_eq!(refused(1, 0, &[]), wrong(1, 0, 0));
    }

    /// Inflates one strip alone: all of its bytes are read, and no block was the last.
    #[track_caller]
    fn inflate(strip: &Strip) -> Vec<u8> {
        let mut inflater = Decompress::new(false);
        let mut rows = Vec::with_capacity(1 << 16);
        let status = inflater.decompress_vec(strip.blocks(), &mut rows, FlushDecompress::None);
        assert_eq!(status.unwrap(), Status::Ok);
        assert_eq!(inflater.total_in(), strip.blocks().len() as u64);
        let ended = inflater.decompress_vec(&LAST_BLOCK, &mut rows, FlushDecompress::Finish);
        assert_eq!(ended.unwrap(), Status::StreamEnd);
        rows
    }

    proptest! {
        #[test]
        fn a_strip_ends_on_a_byte_wherever_its_bits_end(
            width in 1u32..9,
            pixels in prop::collection::vec(prop::array::uniform4(0u8..4), 9..200),
        ) {
            let strip = strip(width, &pixels);
            prop_assert_eq!(inflate(&strip).len() as u64, strip.rows * u64::from(1 + 4 * width));
        }

        #[test]
        fn sums_of_parts_make_the_sum_of_the_whole(
            first in prop::collection::vec(any::<u8>(), 0..300),
            second in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let sum = |bytes: &[u8]| without_sum(fdeflate::compress_to_vec(bytes)).1;
            let both = sum(&[&first[..], &second[..]].concat());
            prop_assert_eq!(adler_of_both(sum(&first), sum(&second), second.len() as u64), both);
        }
    }
}
