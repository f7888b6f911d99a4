//! What a method is, and how a call of one is answered.

use crate::envelope::{Call, Outcome};
use crate::error::{Answer, INTERNAL_ERROR, INVALID_PARAMS, Problem, RpcError};
use crate::host::Host;
use crate::job::{Effect, Priority};
use crate::params::{Params, add_warnings};
use crate::projects::{OpenProject, Scope, View};
use crate::session::{Asked, Config, Session};
use goxel_engine::command::Command;
use goxel_engine::project::{Outcome as Done, Project};
use goxel_engine::scene::Scene;
use serde_json::Value;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One row of the table of methods.
pub(crate) struct Method {
    /// The canonical name, as `list_methods` reports it.
    pub name: &'static str,
    /// Other names. All are known with and without `goxel.`.
    pub aliases: &'static [&'static str],
    /// The names of positional parameters.
    pub positional: &'static [&'static str],
    /// Parameters that are accepted and change nothing.
    pub ignored: &'static [&'static str],
    /// One line for people.
    pub about: &'static str,
    /// What a refusal is on the wire.
    pub refusal: Refusal,
    /// Who answers.
    pub handler: Handler,
}

/// The code and the text of a method that cannot be carried out. `{path}` in
/// the text stands for the path that was asked for.
pub(crate) struct Refusal(pub i32, pub &'static str);

impl Refusal {
    /// For methods without a code of their own.
    pub const NONE: Refusal = Refusal(INTERNAL_ERROR, "Goxel context not initialized");
}

/// How a method is carried out.
pub(crate) enum Handler {
    /// From the parameters alone: at once, or in a job when they are long.
    Say(Say),
    /// At once, changing nothing.
    Ask(Ask),
    /// One edit: at once when cheap, else on a copy in a job.
    Edit(Plan),
    /// On a snapshot, in a job.
    Read(Read),
    /// Opens a project, in a job.
    Open(Open),
    /// At once, on what the session and the connection hold.
    Hold(Hold),
}

/// Answers from the parameters.
pub(crate) type Say = fn(&Params<'_>) -> Answer;
/// Answers from the session as it is.
pub(crate) type Ask = fn(&Asked<'_>, &dyn Host, &Params<'_>) -> Answer;
/// Changes which projects there are, or what the connection watches. The id is that of the
/// project which is meant.
pub(crate) type Hold = fn(&mut Session, &mut Scope, Result<String, Problem>, &Params<'_>) -> Answer;
/// Plans one edit from the scene and the parameters.
pub(crate) type Plan = fn(&Scene, &Params<'_>) -> Result<Edit, Problem>;
/// Answers from a frozen project.
pub(crate) type Read = fn(&View, &dyn Host, &Params<'_>) -> Result<(Value, Effect), Problem>;
/// Makes a project, and the result that tells of it.
pub(crate) type Open = fn(&Config, &dyn Host, &Params<'_>) -> Result<(OpenProject, Value), Problem>;
/// Tells the caller what an edit did.
type Tell = dyn FnOnce(&Done, &Project) -> Value;

/// One planned edit.
pub(crate) struct Edit {
    /// What happens to the project.
    pub change: Change,
    /// What the caller is told.
    pub answer: Box<Tell>,
}

/// What an edit does.
pub(crate) enum Change {
    /// Carries a command out.
    Apply(Command),
    /// Takes the last step back.
    Undo,
    /// Makes the last undone step again.
    Redo,
}

impl Edit {
    pub fn new(command: Command, answer: impl FnOnce(&Done, &Project) -> Value + 'static) -> Self {
        Self { change: Change::Apply(command), answer: Box::new(answer) }
    }
}

impl Method {
    /// How urgent a job of it is (spec/daemon.md 9).
    pub fn priority(&self) -> Priority {
        match (&self.handler, self.name) {
            (Handler::Read(_), "goxel.get_project_info" | "goxel.get_bounding_box") => {
                Priority::High
            }
            (Handler::Read(_), _) | (_, "goxel.load_project") => Priority::Low,
            _ => Priority::Normal,
        }
    }

    /// Whether it may change a project.
    pub const fn edits(&self) -> bool {
        matches!(self.handler, Handler::Edit(_) | Handler::Open(_))
    }

    fn error(&self, problem: Problem, params: &Params<'_>) -> RpcError {
        match problem {
            Problem::Param { name, message, data } => {
                let error = RpcError::new(INVALID_PARAMS, message, "invalid_params");
                extend(error.with("param", name), data)
            }
            Problem::Refused { reason, detail, data } => {
                let Refusal(code, text) = self.refusal;
                let error = RpcError::new(code, refusal_text(text, params), reason);
                extend(error.with("detail", detail), data)
            }
            Problem::Unable { reason, message } => RpcError::new(INTERNAL_ERROR, message, reason),
        }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Call {
    /// The error of a call that is refused.
    pub fn refusal(&self, asked: &str, problem: Problem) -> RpcError {
        let params = Params::of_call(&self.params, self.method.positional, asked);
        self.method.error(problem, &params)
    }

    /// The error where there is no memory for what the call has made; why is put in later.
    pub fn too_heavy(&self, asked: &str) -> RpcError {
        self.refusal(asked, Problem::refused("limit_exceeded", ""))
    }

    /// Runs a handler on the parameters and makes its answer one for the wire.
    /// A panic becomes an answer; what the handler was changing is then suspect.
    pub fn answer(&self, asked: &str, handler: impl FnOnce(&Params<'_>) -> Answer) -> Outcome {
        let params = Params::of_call(&self.params, self.method.positional, asked);
        let answer = catch_unwind(AssertUnwindSafe(|| handler(&params)))
            .map_err(|_| RpcError::internal("the method panicked"))?;
        let mut result = answer.map_err(|problem| self.method.error(problem, &params))?;
        add_warnings(&mut result, &params.warnings(self.method.ignored));
        Ok(result)
    }
}

fn extend(mut error: RpcError, data: serde_json::Map<String, Value>) -> RpcError {
    error.data.extend(data);
    error
}

fn refusal_text(text: &str, params: &Params<'_>) -> String {
    const LONGEST: usize = 400;
    let path = params.text(crate::values::PATH).ok().flatten().unwrap_or_default();
    text.replace("{path}", &path[..path.floor_char_boundary(LONGEST)])
}
