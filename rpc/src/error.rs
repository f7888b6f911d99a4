//! Errors as the wire has them: the legacy codes and texts, and a reason that
//! programs can switch on.

use goxel_engine::error::ErrorKind;
use goxel_engine::project::ProjectError;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io;

/// The text is no JSON.
pub const PARSE_ERROR: i32 = -32700;
/// The JSON is no request.
pub const INVALID_REQUEST: i32 = -32600;
/// No method has that name.
pub const METHOD_NOT_FOUND: i32 = -32601;
/// The parameters are not what the method takes.
pub const INVALID_PARAMS: i32 = -32602;
/// The server failed, or is not in the state for this.
pub const INTERNAL_ERROR: i32 = -32603;

/// The error member of a reply.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RpcError {
    /// The JSON-RPC code.
    pub code: i32,
    /// One line for people.
    pub message: String,
    /// `reason`, a stable word; `detail`, a sentence; and what else helps.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

impl RpcError {
    /// An error with a stable reason.
    pub fn new(code: i32, message: impl Into<String>, reason: &str) -> Self {
        let data = Map::from_iter([("reason".to_owned(), json!(reason))]);
        Self { code, message: message.into(), data }
    }

    /// The same error with one more member in `data`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// The same error with the reason's sentence and its data.
    pub(crate) fn because(mut self, problem: Problem) -> Self {
        if let Problem::Refused { detail, data, .. } = problem {
            self = self.with("detail", detail);
            self.data.extend(data);
        }
        self
    }

    /// The text is no JSON.
    pub fn parse(detail: impl Into<String>) -> Self {
        Self::new(PARSE_ERROR, "Parse error", "parse_error").with("detail", detail.into())
    }

    /// The JSON is no request.
    pub fn invalid_request(detail: &str) -> Self {
        Self::new(INVALID_REQUEST, "Invalid Request", "invalid_request").with("detail", detail)
    }

    /// A panic, or what should not happen.
    pub fn internal(detail: &str) -> Self {
        Self::new(INTERNAL_ERROR, "Internal error", "internal").with("detail", detail)
    }

    /// An edit came while another one is being made.
    pub fn busy() -> Self {
        Self::new(INTERNAL_ERROR, "Another project operation is in progress", "busy")
    }
}

/// Why a handler gives no result.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// A parameter is not as it must be: -32602.
    Param {
        /// Its name.
        name: String,
        /// The message of the error.
        message: String,
        /// More for `data`.
        data: Map<String, Value>,
    },
    /// The method cannot be carried out: the method's own code and text.
    Refused {
        /// A stable word.
        reason: &'static str,
        /// A sentence.
        detail: String,
        /// More for `data`.
        data: Map<String, Value>,
    },
    /// The program is not able to: -32603.
    Unable {
        /// A stable word.
        reason: &'static str,
        /// The message of the error.
        message: &'static str,
    },
}

/// What a handler gives.
pub type Answer = Result<Value, Problem>;

impl Problem {
    /// A parameter is not as it must be; the message says which and how.
    pub fn param(name: &str, message: impl Into<String>) -> Self {
        Problem::Param { name: name.to_owned(), message: message.into(), data: Map::new() }
    }

    /// A refusal with a stable reason.
    pub fn refused(reason: &'static str, detail: impl Into<String>) -> Self {
        Problem::Refused { reason, detail: detail.into(), data: Map::new() }
    }

    /// There is no project yet.
    pub fn no_project() -> Self {
        let detail = "there is no project: call goxel.create_project or goxel.load_project";
        Self::refused("no_project", detail)
    }

    /// Whether it says that there is no project yet.
    pub fn is_no_project(&self) -> bool {
        matches!(self, Problem::Refused { reason: "no_project", .. })
    }

    /// A refusal for one of the engine's kinds of reason.
    pub fn engine(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self::refused(reason_of(kind), detail)
    }

    /// The host could not read or write a file.
    pub fn io(error: &io::Error) -> Self {
        Self::refused(reason_of_io(error.kind()), error.to_string())
    }

    /// The program is not able to do this.
    pub fn unable(reason: &'static str, message: &'static str) -> Self {
        Problem::Unable { reason, message }
    }

    /// What is wrong, in one sentence.
    pub fn text(self) -> String {
        match self {
            Problem::Param { message, .. } => message,
            Problem::Refused { detail, .. } => detail,
            Problem::Unable { message, .. } => message.to_owned(),
        }
    }

    /// The same problem with one more member in `data`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Problem::Param { data, .. } | Problem::Refused { data, .. } = &mut self {
            data.insert(name.to_owned(), value.into());
        }
        self
    }
}

impl From<ProjectError> for Problem {
    fn from(error: ProjectError) -> Self {
        Problem::engine(error.kind(), error.to_string())
    }
}

/// The one table from the engine's kinds to the words of the wire.
const fn reason_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidParameter => "invalid_parameter",
        ErrorKind::UnsupportedFormat => "unsupported_format",
        ErrorKind::InvalidOperation => "invalid_operation",
        ErrorKind::LayerNotFound => "layer_not_found",
        ErrorKind::LimitExceeded => "limit_exceeded",
        ErrorKind::RenderFailed => "render_failed",
    }
}

fn reason_of_io(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "file_not_found",
        io::ErrorKind::PermissionDenied => "permission_denied",
        io::ErrorKind::StorageFull => "disk_full",
        io::ErrorKind::FileTooLarge => "file_too_large",
        _ => "io_error",
    }
}
