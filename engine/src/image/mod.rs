//! Pictures in memory, and the files they go to.
//!
//! A [`Picture`] is plain RGBA pixels; each file format is a module with
//! `encode` and `decode` on byte slices, and [`Encoding`] is the table of them.
//! Decoders refuse a picture that is too large before they make room for it.
//! Colours are never corrected: bytes in are bytes out.
//!
//! Numbers that come with a picture (depth, normals, ids) go to `npy`, `raw`, or through
//! `aov` to PNGs of 16 bits.

pub mod aov;
pub mod bmp;
mod encoding;
pub mod jpeg;
pub mod npy;
pub mod png;
pub mod raw;
mod sample;
pub(crate) mod srgb;

pub use encoding::{Effort, Encoding};
pub use sample::Sample;

use crate::error::ErrorKind;
use std::fmt;

/// A picture: 8-bit sRGB with straight alpha, row 0 on top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green, blue and alpha of each pixel, row by row, left to right.
    pub pixels: Vec<[u8; 4]>,
}

impl Picture {
    /// Whether it has pixels, `width * height` of them.
    fn check(&self) -> Result<(), WriteError> {
        check_pixels(self.width, self.height, self.pixels.len())
    }
}

fn check_pixels(width: u32, height: u32, pixels: usize) -> Result<(), WriteError> {
    let pixels = pixels as u64;
    if pixels == 0 || u64::from(width) * u64::from(height) != pixels {
        return Err(WriteError::WrongPixels { width, height, pixels });
    }
    Ok(())
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

/// Why a picture, or numbers that come with one, could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// It has no pixels, or not `width * height` of them.
    WrongPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// How many there are.
        pixels: u64,
    },
    /// The format cannot say sizes so large.
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The format.
        format: &'static str,
    },
    /// A JPEG's quality is 1 to 100.
    Quality(u8),
    /// A film has at least one picture.
    NoFrames,
    /// The pictures of a film are of one size.
    FramesDiffer {
        /// The first that is not as large as the first of all.
        frame: usize,
    },
    /// An array has not as many numbers as its shape says, or over 32 dimensions.
    WrongShape {
        /// Numbers along each dimension.
        shape: Vec<usize>,
        /// How many there are.
        samples: usize,
    },
}

impl WriteError {
    /// The stable kind that callers outside the engine switch on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            WriteError::TooLarge { .. } => ErrorKind::LimitExceeded,
            WriteError::WrongPixels { .. }
            | WriteError::Quality(_)
            | WriteError::NoFrames
            | WriteError::FramesDiffer { .. }
            | WriteError::WrongShape { .. } => ErrorKind::InvalidParameter,
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::WrongPixels { width, height, pixels } => {
                write!(f, "{pixels} pixels are no picture of {width}x{height}")
            }
            WriteError::TooLarge { width, height, format } => {
                write!(f, "a picture of {width}x{height} is too large for a {format} file")
            }
            WriteError::Quality(quality) => write!(f, "quality {quality} is not 1 to 100"),
            WriteError::NoFrames => write!(f, "an animation has no frames"),
            WriteError::FramesDiffer { frame } => {
                write!(f, "frame {frame} is not as large as frame 0")
            }
            WriteError::WrongShape { shape, samples } => {
                write!(f, "{samples} numbers are no array of shape {shape:?}")
            }
        }
    }
}

impl std::error::Error for WriteError {}
