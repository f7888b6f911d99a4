//! Why bytes could not be decoded.

use crate::error::ErrorKind;
use std::fmt;

/// A refusal, and the byte it came up at. Of packed bytes, the unpacked ones are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub cause: DecodeCause,
    /// The byte it was found at.
    pub offset: u64,
}

/// What is wrong with encoded bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeCause {
    /// Written by a version that this one does not know.
    Version {
        /// The version of the bytes.
        found: u8,
        /// The version that is read here.
        known: u8,
    },
    /// The bytes end too early, or a length in them is too great.
    CutShort {
        /// Bytes that should follow, at least.
        needed: u64,
        /// Bytes that do.
        left: u64,
    },
    /// A number that stands for nothing.
    Unknown {
        /// What it should be.
        what: &'static str,
        /// The number.
        number: u8,
    },
    /// The bytes are not what the encoder writes.
    Broken(&'static str),
    /// More of something than the limits allow.
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit that was hit.
        max: u64,
    },
}

impl DecodeError {
    pub(crate) const fn broken(offset: u64, why: &'static str) -> Self {
        Self { cause: DecodeCause::Broken(why), offset }
    }

    pub(crate) const fn limit(offset: u64, what: &'static str, max: u64) -> Self {
        Self { cause: DecodeCause::Limit { what, max }, offset }
    }

    pub(crate) const fn unknown(offset: u64, what: &'static str, number: u8) -> Self {
        Self { cause: DecodeCause::Unknown { what, number }, offset }
    }

    /// The stable kind that callers outside the engine switch on.
    pub const fn kind(&self) -> ErrorKind {
        match &self.cause {
            DecodeCause::Limit { .. } => ErrorKind::LimitExceeded,
            DecodeCause::Version { .. }
            | DecodeCause::CutShort { .. }
            | DecodeCause::Unknown { .. }
            | DecodeCause::Broken(_) => ErrorKind::UnsupportedFormat,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.cause, self.offset)
    }
}

impl fmt::Display for DecodeCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeCause::Version { found, known } => {
                write!(f, "encoded by version {found}, this one reads version {known}")
            }
            DecodeCause::CutShort { needed, left } => {
                write!(f, "cut short: {needed} bytes needed, {left} left")
            }
            DecodeCause::Unknown { what, number } => write!(f, "no {what} has the number {number}"),
            DecodeCause::Broken(why) => f.write_str(why),
            DecodeCause::Limit { what, max } => write!(f, "over the limit of {max} {what}"),
        }
    }
}

impl std::error::Error for DecodeError {}
