//! GOX, the native format: a whole scene, layer by layer.
//!
//! A file is chunks. Voxels lie in `BL16` chunks, each a 64x64 PNG of one tile of
//! 16^3; `LAYR` chunks say where the tiles go; the others are dictionaries.
//! Versions 1 and 2 are read, plain or gzip-wrapped, later ones up to 12 are
//! tried; version 2 is written.
//!
//! Promises:
//! - what is read is written back, unknown keys and chunks too, except: colours
//!   under alpha 0, which a volume does not hold; the preview; which layer is
//!   active (the format makes it the last); and values over 255 bytes, which
//!   older readers have no room for;
//! - equal tiles are stored once, at multiples of 16, in a fixed order: equal
//!   scenes give equal bytes;
//! - a layer of more blocks than older readers take is written as several layers
//!   of the same name, which are one layer again when read here.

mod dict;
mod read;
mod tiles;
mod write;

use super::{Cause, FormatError, Limits};
use crate::scene::Scene;
use flate2::read::MultiGzDecoder;
use std::io::Read;

const MAGIC: &[u8; 4] = b"GOX ";
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The key by which a layer chunk continues the layer of that id.
const CONTINUES: &[u8] = b"goxel_continues";

/// Whether the bytes begin like a gox file, plain or gzip-wrapped.
pub fn begins(bytes: &[u8]) -> bool {
    let mut start = [0; 4];
    bytes.starts_with(MAGIC)
        || bytes.starts_with(GZIP)
            && MultiGzDecoder::new(bytes).read_exact(&mut start).is_ok()
            && start == *MAGIC
}

/// The scene in a gox file. Its active layer is the last one.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Scene, FormatError> {
    if bytes.starts_with(GZIP) {
        read::scene(&unwrapped(bytes, limits)?, limits)
    } else {
        read::scene(bytes, limits)
    }
}

/// The scene as a gox file of version 2.
pub fn encode(scene: &Scene) -> Result<Vec<u8>, FormatError> {
    write::file(scene)
}

fn unwrapped(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, FormatError> {
    let max = limits.max_inflated;
    let mut inflated = Vec::new();
    let mut bounded = MultiGzDecoder::new(bytes).take(max.saturating_add(1));
    bounded.read_to_end(&mut inflated).map_err(|_| FormatError::at(0, Cause::Packed))?;
    if inflated.len() as u64 > max {
        return Err(FormatError::limit(0, "unpacked bytes", max));
    }
    Ok(inflated)
}

#[cfg(test)]
mod tests;
