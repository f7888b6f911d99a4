//! The current project and the way a request goes through it.
//!
//! Cheap requests are answered at once. Slow ones become jobs: reads on a
//! snapshot, edits on a copy that takes the project's place when done. A refused
//! request changes nothing.

use crate::envelope::{Call, Outcome, Request};
use crate::error::{Answer, Problem, RpcError};
use crate::host::Host;
use crate::job::{Effect, Finished, Job, Step};
use crate::method::{Change, Edit, Handler, Open, Plan, Read, Say};
use goxel_engine::command::{Author, Command};
use goxel_engine::format::Limits;
use goxel_engine::parallel::Threads;
use goxel_engine::project::{Outcome as Done, Project, ProjectLimits};
use goxel_engine::scene::{LayerKind, Scene};
use goxel_engine::snapshot::Snapshot;
use serde_json::Value;
use std::sync::Arc;

/// An edit that visits more voxels is made in a job.
const CHEAP_VOXELS: u64 = 1 << 16;
/// A flood looks for its region before it writes.
const CHEAP_FLOOD: u64 = 1 << 12;
/// A request with a longer text is looked through in a job.
const CHEAP_BYTES: usize = 64 << 10;

/// What a session allows.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What a project may grow to.
    pub project: ProjectLimits,
    /// What a file may unfold to.
    pub format: Limits,
    /// How many threads one edit may use; 0 counts as 1.
    pub threads: usize,
}

impl Config {
    /// A project of that scene, within what is allowed.
    pub(crate) fn project_of(&self, scene: Scene) -> Project {
        Project::from_scene(scene).with_limits(self.project).with_threads(Threads(self.threads))
    }
}

/// The state behind the methods: the current project.
pub struct Session {
    config: Config,
    current: Option<Current>,
    editing: bool,
    created: u64,
}

/// The current project and what is known about it.
#[derive(Clone)]
pub(crate) struct Current {
    pub id: String,
    pub about: About,
    project: Arc<Project>,
    damaged: bool,
}

/// What is known about a project besides its content.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub name: String,
    pub path: Option<String>,
    pub size: [i32; 3],
}

/// A project frozen for a read.
pub(crate) struct View {
    pub id: String,
    pub about: About,
    pub snapshot: Snapshot,
}

impl Current {
    /// A project that becomes current; it gets its id when it does.
    pub fn new(project: Project, about: About) -> Self {
        Self { id: String::new(), about, project: Arc::new(project), damaged: false }
    }

    pub fn scene(&self) -> &Scene {
        self.project.scene()
    }

    fn view(&self) -> View {
        let (id, about) = (self.id.clone(), self.about.clone());
        View { id, about, snapshot: self.project.snapshot() }
    }
}

impl Session {
    /// A session without a project.
    pub fn new(config: Config) -> Self {
        Self { config, current: None, editing: false, created: 0 }
    }

    /// Whether an edit is being made in a job: until it is finished, requests
    /// that edit are refused.
    pub const fn busy(&self) -> bool {
        self.editing
    }

    /// Answers a request, or gives the job that will.
    pub fn start(&mut self, request: &Request, host: &Arc<dyn Host>) -> Step {
        let call = match request.call() {
            Ok(call) => call,
            Err(error) => return Step::Done(Err(error.clone())),
        };
        if self.editing && call.method.edits() {
            return Step::Done(Err(RpcError::busy()));
        }
        match call.method.handler {
            Handler::Say(say) => answer_of(request, call, say),
            Handler::Ask(ask) => {
                Step::Done(call.answer(request.method(), |params| ask(self, host.as_ref(), params)))
            }
            Handler::Edit(plan) => self.edit(request, call, plan),
            Handler::Read(read) => self.read(request, call, read),
            Handler::Open(open) => self.open(request, call, open),
        }
    }

    /// Takes a finished job back and gives its answer.
    pub fn finish(&mut self, done: Finished) -> Outcome {
        let Finished { mut outcome, effect, edits } = done;
        if edits {
            self.editing = false;
        }
        match effect {
            Effect::None => {}
            Effect::Edited(project) => {
                if let Some(current) = &mut self.current {
                    current.project = Arc::new(*project);
                }
            }
            Effect::Opened(current) => {
                let id = self.make_current(*current);
                if let Ok(Value::Object(members)) = &mut outcome {
                    members.insert("project_id".to_owned(), id.into());
                }
            }
            Effect::Saved { id, path } => {
                if let Some(current) = self.current.as_mut().filter(|current| current.id == id) {
                    current.about.path = Some(path);
                }
            }
        }
        outcome
    }

    pub(crate) const fn current(&self) -> Option<&Current> {
        self.current.as_ref()
    }

    fn make_current(&mut self, current: Current) -> String {
        self.created += 1;
        let id = format!("project-{}", self.created);
        self.current = Some(Current { id: id.clone(), ..current });
        id
    }

    fn read(&self, request: &Request, call: &Call, read: Read) -> Step {
        let Some(current) = &self.current else {
            return no_project(request, call);
        };
        let (call, asked, view) = (call.clone(), request.method().to_owned(), current.view());
        Step::Job(Job::reads(move |host| {
            let mut effect = Effect::None;
            let outcome = call.answer(&asked, |params| {
                let (result, done) = read(&view, host, params)?;
                effect = done;
                Ok(result)
            });
            (outcome, effect)
        }))
    }

    fn open(&mut self, request: &Request, call: &Call, open: Open) -> Step {
        let (call, asked) = (call.clone(), request.method().to_owned());
        let config = self.config.clone();
        self.editing = true;
        Step::Job(Job::edits(move |host| {
            let mut effect = Effect::None;
            let outcome = call.answer(&asked, |params| {
                let (current, result) = open(&config, host, params)?;
                effect = Effect::Opened(Box::new(current));
                Ok(result)
            });
            (outcome, effect)
        }))
    }

    fn edit(&mut self, request: &Request, call: &Call, plan: Plan) -> Step {
        let Some(current) = &mut self.current else {
            return no_project(request, call);
        };
        if current.damaged {
            return Step::Done(call.answer(request.method(), |_| Err(damaged())));
        }
        if request.bytes() > CHEAP_BYTES {
            return self.edit_copy(request, call, plan);
        }
        let mut slow = false;
        let outcome = call.answer(request.method(), |params| {
            let edit = plan(current.scene(), params)?;
            slow = is_slow(&edit, current.scene());
            if slow { Ok(Value::Null) } else { current.carry_out(edit) }
        });
        if slow { self.edit_copy(request, call, plan) } else { Step::Done(outcome) }
    }

    /// Plans and makes the edit on a copy, in a job.
    fn edit_copy(&mut self, request: &Request, call: &Call, plan: Plan) -> Step {
        let Some(current) = &self.current else {
            return no_project(request, call);
        };
        let (call, asked) = (call.clone(), request.method().to_owned());
        let project = Arc::clone(&current.project);
        self.editing = true;
        Step::Job(Job::edits(move |_| {
            let mut copy = Box::new(Project::clone(&project));
            let outcome = call.answer(&asked, |params| {
                let edit = plan(copy.scene(), params)?;
                carry_out(&mut copy, edit)
            });
            let effect = if outcome.is_ok() { Effect::Edited(copy) } else { Effect::None };
            (outcome, effect)
        }))
    }
}

impl Current {
    /// Makes an edit in place. Should it panic, the project stays marked damaged.
    fn carry_out(&mut self, edit: Edit) -> Answer {
        self.damaged = true;
        let answer = carry_out(Arc::make_mut(&mut self.project), edit);
        self.damaged = false;
        answer
    }
}

fn answer_of(request: &Request, call: &Call, say: Say) -> Step {
    if request.bytes() <= CHEAP_BYTES {
        return Step::Done(call.answer(request.method(), say));
    }
    let (call, asked) = (call.clone(), request.method().to_owned());
    Step::Job(Job::reads(move |_| (call.answer(&asked, say), Effect::None)))
}

fn carry_out(project: &mut Project, edit: Edit) -> Answer {
    let author = Author::default();
    let nothing = Done { layer: project.scene().active, touched: 0 };
    let done = match edit.change {
        Change::Apply(command) => project.apply(command, author)?,
        Change::Undo => project.undo().map(|_| nothing)?,
        Change::Redo => project.redo().map(|_| nothing)?,
    };
    Ok((edit.answer)(&done, project))
}

fn is_slow(edit: &Edit, scene: &Scene) -> bool {
    let Change::Apply(command) = &edit.change else {
        return false;
    };
    let cheap = match command {
        Command::FloodFill { .. } => CHEAP_FLOOD,
        _ => CHEAP_VOXELS,
    };
    unfolds(command, scene) || command.cost(scene.filled()) > cheap
}

/// Whether the command makes voxels of layers that only stand for others.
fn unfolds(command: &Command, scene: &Scene) -> bool {
    let is_derived = |id| scene.layer(id).is_some_and(|layer| layer.kind != LayerKind::Plain);
    let is_cloned = |base| scene.layers.iter().any(|layer| layer.kind == LayerKind::Clone { base });
    match command {
        Command::MergeLayers { source, .. } => is_derived(*source) || is_cloned(*source),
        Command::DeleteLayer { layer } => is_cloned(*layer),
        _ => false,
    }
}

fn damaged() -> Problem {
    Problem::refused(
        "project_damaged",
        "an internal error cut an edit short: load the project again",
    )
}

fn no_project(request: &Request, call: &Call) -> Step {
    Step::Done(call.answer(request.method(), |_| Err(Problem::no_project())))
}

#[cfg(test)]
mod tests;
