//! Why a file could not be read or written.

use crate::error::ErrorKind;
use crate::image::ImageError;
use std::fmt;

/// A refusal, and where in the bytes it came up.
///
/// The offset of a compressed file counts unpacked bytes. A writer's refusal has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// What is wrong.
    pub cause: Cause,
    /// The byte it was found at.
    pub offset: Option<u64>,
}

/// What is wrong with a file, or with a scene that should become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The bytes begin like no format we read.
    UnknownFormat,
    /// A version from the future.
    Version(i64),
    /// The file ends too early, or a length in it is too great.
    CutShort {
        /// Bytes that should follow.
        needed: u64,
        /// Bytes that do.
        left: u64,
    },
    /// The bytes contradict the format.
    Broken(&'static str),
    /// A picture inside is refused.
    Picture(ImageError),
    /// Packed bytes that cannot be unpacked.
    Packed,
    /// More of something than the limits allow.
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit that was hit.
        max: u64,
    },
    /// A place that the coordinates cannot hold.
    TooFar,
    /// No voxel that the format can hold: nothing to write.
    Empty,
    /// The bytes begin like no palette we read, and their name does not tell.
    UnknownPalette,
    /// A palette without a colour: nothing to write.
    NoColors,
}

impl FormatError {
    pub(crate) const fn at(offset: u64, cause: Cause) -> Self {
        Self { cause, offset: Some(offset) }
    }

    pub(crate) const fn broken(offset: u64, why: &'static str) -> Self {
        Self::at(offset, Cause::Broken(why))
    }

    pub(crate) const fn limit(offset: u64, what: &'static str, max: u64) -> Self {
        Self::at(offset, Cause::Limit { what, max })
    }

    pub(crate) const fn unwritable(cause: Cause) -> Self {
        Self { cause, offset: None }
    }

    /// The stable kind that callers outside the engine switch on.
    pub fn kind(&self) -> ErrorKind {
        match &self.cause {
            Cause::Limit { .. } | Cause::TooFar => ErrorKind::LimitExceeded,
            Cause::Picture(picture) => picture.kind(),
            Cause::Empty | Cause::NoColors => ErrorKind::InvalidOperation,
            Cause::UnknownFormat
            | Cause::UnknownPalette
            | Cause::Version(_)
            | Cause::CutShort { .. }
            | Cause::Broken(_)
            | Cause::Packed => ErrorKind::UnsupportedFormat,
        }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{} at byte {offset}", self.cause),
            None => self.cause.fmt(f),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::UnknownFormat => f.write_str("neither a gox nor a vox file"),
            Cause::UnknownPalette => f.write_str("not a palette: gpl, dat, png or vox"),
            Cause::NoColors => f.write_str("nothing to write: the palette holds no colour"),
            Cause::Version(version) => write!(f, "unknown version {version}"),
            Cause::CutShort { needed, left } => {
                write!(f, "cut short: {needed} bytes needed, {left} left")
            }
            Cause::Broken(why) => f.write_str(why),
            Cause::Picture(picture) => picture.fmt(f),
            Cause::Packed => f.write_str("packed bytes that cannot be unpacked"),
            Cause::Limit { what, max } => write!(f, "over the limit of {max} {what}"),
            Cause::TooFar => f.write_str("a place beyond the range of coordinates"),
            Cause::Empty => f.write_str("nothing to write: the scene holds no solid voxel"),
        }
    }
}

impl std::error::Error for FormatError {}
