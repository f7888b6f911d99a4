//! Why a call failed: a number for the program, a text for its user.

use crate::headless::types::goxel_error_t::{self, *};
use goxel_engine::error::ErrorKind;
use goxel_engine::format::FormatError;
use goxel_engine::project::ProjectError;
use std::any::Any;
use std::fmt::{self, Display};

/// A failed call: what it answers, and the text it leaves.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the call answers.
    pub code: goxel_error_t,
    /// What `goxel_get_last_error` says from now on; `None` leaves the text before.
    pub text: Option<String>,
}

impl Failure {
    /// With a text.
    pub fn new(code: goxel_error_t, text: impl Display) -> Self {
        Self { code, text: Some(text.to_string()) }
    }

    /// Without one: the last error stays what it was.
    pub const fn silent(code: goxel_error_t) -> Self {
        Self { code, text: None }
    }

    /// A call that needs a project, before there is one.
    pub fn no_project(code: goxel_error_t) -> Self {
        Self::new(code, "no project: call goxel_create_project or goxel_load_project first")
    }

    /// A call that panicked, with what the panic said.
    pub fn panicked(panic: &(dyn Any + Send)) -> Self {
        let said = panic.downcast_ref::<&str>().copied();
        let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let said = said.unwrap_or("no message");
        Self::new(GOXEL_ERROR_UNKNOWN, format_args!("Internal error: {said}"))
    }
}

/// Says what was tried in front of why it failed.
pub trait During<T> {
    /// `Failed to <what>: <why>`.
    fn during(self, what: fmt::Arguments<'_>) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> During<T> for Result<T, E> {
    fn during(self, what: fmt::Arguments<'_>) -> Result<T, Failure> {
        self.map_err(|error| {
            let Failure { code, text } = error.into();
            Failure { code, text: text.map(|why| format!("Failed to {what}: {why}")) }
        })
    }
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        Self::new(code(error.kind()), error)
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        Self::new(code(error.kind()), error)
    }
}

/// The numbers of this boundary.
const fn code(kind: ErrorKind) -> goxel_error_t {
    match kind {
        ErrorKind::InvalidParameter => GOXEL_ERROR_INVALID_PARAMETER,
        ErrorKind::UnsupportedFormat => GOXEL_ERROR_UNSUPPORTED_FORMAT,
        ErrorKind::InvalidOperation => GOXEL_ERROR_INVALID_OPERATION,
        ErrorKind::LayerNotFound => GOXEL_ERROR_LAYER_NOT_FOUND,
        ErrorKind::LimitExceeded => GOXEL_ERROR_OUT_OF_MEMORY,
        ErrorKind::RenderFailed => GOXEL_ERROR_RENDER_FAILED,
    }
}
