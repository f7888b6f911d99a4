//! NPY: arrays of numbers as `numpy.load` reads them.
//!
//! Version 1.0 of the format: least byte first, the last dimension fastest (C order). The bytes
//! are those that `numpy.save` writes.

use super::{Sample, WriteError, raw};

/// The most dimensions that every numpy can take.
const DIMENSIONS_MAX: usize = 32;

/// An array of that shape, `[height, width]` or `[height, width, channels]` for a picture's
/// numbers; no dimensions are one number. An error when there are not as many as it says.
///
/// ```
/// use goxel_engine::image::npy;
/// let depth = [1.0_f32, 2.0, f32::INFINITY, 4.0, 5.0, 6.0];
/// let file = npy::encode(&[2, 3], &depth).unwrap();
/// assert_eq!(file.len(), 128 + 4 * depth.len());
/// ```
pub fn encode<S: Sample>(shape: &[usize], samples: &[S]) -> Result<Vec<u8>, WriteError> {
    let wrong = || WriteError::WrongShape { shape: shape.to_vec(), samples: samples.len() };
    let count = shape.iter().try_fold(1_usize, |count, side| count.checked_mul(*side));
    if count != Some(samples.len()) || shape.len() > DIMENSIONS_MAX {
        return Err(wrong());
    }
    let mut bytes = header(S::NUMPY, shape);
    bytes.extend(raw::encode_samples(samples));
    Ok(bytes)
}

/// Magic, version, and a Python dictionary, with spaces up to a multiple of 64 bytes.
fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    // A tuple of one, in Python, ends with a comma.
    let comma = if sides.len() == 1 { "," } else { "" };
    let sides = sides.join(", ") + comma;
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sides}), }}");
    let start = 10;
    let end = (start + text.len() + 1).next_multiple_of(64);
    text.extend(std::iter::repeat_n(' ', end - start - text.len() - 1));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<S: Sample>(shape: &[usize], samples: &[S], dictionary: &str) {
        let bytes = encode(shape, samples).unwrap();
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let (head, data) = bytes.split_at(10 + length);
        assert_eq!((&head[..8], head.len() % 64), (&b"\x93NUMPY\x01\x00"[..], 0));
        let text = std::str::from_utf8(&head[10..]).unwrap();
        assert_eq!(text.trim_end_matches(' ').trim_end(), dictionary);
        assert!(text.ends_with('\n'));
        assert_eq!(data, raw::encode_samples(samples));
    }

    #[test]
    fn headers_are_as_numpy_writes_them() {
        let text = |kind, shape| {
            format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}")
        };
        check(&[2, 3], &[0.5_f32; 6], &text("<f4", "(2, 3)"));
        check(&[2, 2, 3], &[-1_i32; 12], &text("<i4", "(2, 2, 3)"));
        check(&[4], &[9_u32; 4], &text("<u4", "(4,)"));
        check(&[1, 1], &[9_u16; 1], &text("<u2", "(1, 1)"));
        check(&[], &[9_u8; 1], &text("|u1", "()"));
        check(&[0, 5], &[0_u8; 0], &text("|u1", "(0, 5)"));
        check(&[1; 32], &[0_u8; 1], &text("|u1", format!("({})", ["1"; 32].join(", ")).as_str()));
    }

    #[test]
    fn numbers_that_are_not_the_shape_are_refused() {
        for shape in [&[2, 2][..], &[], &[usize::MAX, 2], &[1; 33]] {
            let refused = WriteError::WrongShape { shape: shape.to_vec(), samples: 3 };
            assert_eq!(encode(shape, &[1_u8; 3]), Err(refused));
        }
    }
}
