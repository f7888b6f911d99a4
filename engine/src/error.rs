//! The kinds of refusal that callers outside the engine switch on.

/// Why something was refused, in the terms of the legacy C enum: each boundary
/// has one table from kind to its own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A value is out of range or makes no sense.
    InvalidParameter,
    /// The bytes are not of the format they should be, or the format is not known.
    UnsupportedFormat,
    /// The call makes no sense in the state the project is in.
    InvalidOperation,
    /// No layer answers to that id or name.
    LayerNotFound,
    /// A limit on size or memory was hit.
    LimitExceeded,
    /// The picture could not be made.
    RenderFailed,
}
