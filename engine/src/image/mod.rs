//! Pictures in memory, and the files they go to.
//!
//! A [`Picture`] is plain RGBA pixels; each file format is a module with
//! `encode` and `decode` on byte slices. Decoders refuse a picture that is too
//! large before they make room for it. Colours are never corrected: bytes in
//! are bytes out.

pub mod png;
pub(crate) mod srgb;

use crate::error::ErrorKind;
use std::fmt;

/// A picture: 8-bit sRGB with straight alpha, row 0 on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green, blue and alpha of each pixel, row by row, left to right.
    pub pixels: Vec<[u8; 4]>,
}

/// Why a picture could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// It has more pixels than the caller allows.
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The limit on their product.
        max_pixels: u64,
    },
    /// The bytes are not such a picture; the reader's own words.
    Broken(String),
}

impl ImageError {
    /// The stable kind that callers outside the engine switch on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            ImageError::TooLarge { .. } => ErrorKind::LimitExceeded,
            ImageError::Broken(_) => ErrorKind::UnsupportedFormat,
        }
    }
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::TooLarge { width, height, max_pixels } => {
                write!(f, "picture of {width}x{height} is over the limit of {max_pixels} pixels")
            }
            ImageError::Broken(why) => write!(f, "broken picture: {why}"),
        }
    }
}

impl std::error::Error for ImageError {}
