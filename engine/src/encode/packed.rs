//! Bytes that are deflated when that makes them an eighth shorter.
//!
//! A boolean; if true, the length of the plain bytes and then they, deflated, to the end of the
//! input; else they as they are.

use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use std::io::{Read, Write};

/// Fewer bytes are not worth packing.
const PACKED_MIN: usize = 512;

pub(crate) fn put_packed(plain: &[u8], level: Compression, out: &mut Vec<u8>) {
    let packed = deflated(plain, level);
    packed.is_some().put(out);
    if packed.is_some() {
        put_varint(plain.len() as u64, out);
    }
    out.extend_from_slice(packed.as_deref().unwrap_or(plain));
}

fn deflated(plain: &[u8], level: Compression) -> Option<Vec<u8>> {
    if plain.len() < PACKED_MIN {
        return None;
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    encoder.write_all(plain).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < plain.len() / 8 * 7).then_some(packed)
}

/// The plain bytes; `None` when what is left of the input are they.
pub(crate) fn take_packed(input: &mut Input<'_>) -> Result<Option<Vec<u8>>, DecodeError> {
    if !bool::take(input)? {
        return Ok(None);
    }
    let from = input.offset();
    let length = input.varint()?;
    let max = input.limits.max_inflated as u64;
    if length > max {
        return Err(DecodeError::limit(from, "bytes unpacked", max));
    }
    let offset = input.offset();
    let packed = input.bytes(input.left())?;
    let mut decoder = DeflateDecoder::new(packed);
    let mut plain = Vec::new();
    let read = decoder.by_ref().take(length.saturating_add(1)).read_to_end(&mut plain);
    if read.is_err() || plain.len() as u64 != length || decoder.total_in() != packed.len() as u64 {
        return Err(DecodeError::broken(offset, "packed bytes that cannot be unpacked"));
    }
    Ok(Some(plain))
}
