//! Values in every spelling that is accepted.

/// The names of a file's path.
pub(crate) const PATH: &[&str] = &["path", "file_path", "filename", "output_path"];
