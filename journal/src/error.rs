//! Why a log cannot be read, a frame not committed, and what has failed.

use std::{error, fmt, io};

use crate::frame::FORMAT;
use crate::{MAX_PAYLOAD, Position};

/// Why a log is refused. Nothing was changed.
#[derive(Debug)]
pub enum OpenError {
    /// The folder or a file could not be read or written.
    Io {
        /// The file, or empty for the folder.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// The log was written in a format that is not known yet.
    NewerFormat {
        /// A file that says so.
        file: String,
        /// Its format.
        found: u16,
    },
    /// The payloads follow rules that are not known yet.
    NewerRules {
        /// A file that says so.
        file: String,
        /// Its version.
        found: u16,
        /// The newest that is known.
        known: u16,
    },
    /// What is there was changed by somebody else, and there is more behind it.
    Broken {
        /// The file.
        file: String,
        /// The first byte that cannot be read.
        offset: u64,
        /// The first frame that cannot be read.
        frame: Position,
        /// What was found there.
        why: &'static str,
    },
    /// Frames that are needed are in no file.
    Missing {
        /// The first of them.
        first: Position,
        /// The last of them.
        last: Position,
    },
}

impl OpenError {
    pub(crate) fn io(file: &str) -> impl Fn(io::Error) -> OpenError {
        move |error| OpenError::Io { file: file.to_owned(), error }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Io { file, error } if file.is_empty() => {
                write!(f, "the folder of the log: {error}")
            }
            OpenError::Io { file, error } => write!(f, "{file}: {error}"),
            OpenError::NewerFormat { file, found } => write!(
                f,
                "{file} is a log of format {found}, and {FORMAT} is the newest known here; it is left as it is: \
                 start the version that wrote it"
            ),
            OpenError::NewerRules { file, found, known } => write!(
                f,
                "{file} follows the rules of version {found}, and {known} is the newest known here; it is left as \
                 it is: start the version that wrote it"
            ),
            OpenError::Broken { file, offset, frame, why } => write!(
                f,
                "{file} is broken at byte {offset}, before frame {frame}: {why}; --repair keeps a copy, cuts the \
                 log there, and says what it drops"
            ),
            OpenError::Missing { first, last } => write!(
                f,
                "the log lacks frames {first} to {last}; put the missing files back, or let --repair set aside what \
                 comes after"
            ),
        }
    }
}

impl error::Error for OpenError {}

/// Why a frame was not committed. Nothing of it counts.
#[derive(Debug)]
pub enum CommitError {
    /// It is too long; the journal goes on.
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// Something failed earlier, and has not been retried with success.
    Failed(Failure),
    /// The write failed, and so has the journal.
    Io(io::Error),
}

impl CommitError {
    pub(crate) fn check_length(length: usize) -> Result<(), CommitError> {
        if length > MAX_PAYLOAD { Err(CommitError::TooLong { length }) } else { Ok(()) }
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommitError::TooLong { length } => {
                write!(f, "a frame of {length} bytes is over the limit of {}", MAX_PAYLOAD)
            }
            CommitError::Failed(failure) => failure.fmt(f),
            CommitError::Io(error) => write!(f, "the log cannot be written: {error}"),
        }
    }
}

impl error::Error for CommitError {}

/// What keeps a journal from going on until a retry succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No segment could be begun or a frame not be written. What was committed is as it was.
    Write(String),
    /// A sync failed: what was written since the last one may be lost.
    Sync(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Write(text) => write!(f, "the log cannot be written: {text}"),
            Failure::Sync(text) => write!(f, "the log cannot be synced: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Payloads of that size are not for tests.
    #[test]
    fn a_payload_whose_frame_has_no_length_is_too_long() {
        assert!(CommitError::check_length(MAX_PAYLOAD).is_ok());
        let error = CommitError::check_length(MAX_PAYLOAD + 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a frame of 4294967280 bytes is over the limit of 4294967279"
        );
    }
}
