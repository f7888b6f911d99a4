//! Edits: in place when they are cheap, else on a copy that takes the project's place.

use super::{CHEAP_BYTES, Session, refused};
use crate::envelope::{Call, Request};
use crate::error::{Answer, Problem, RpcError};
use crate::job::{Edited, Effect, Job, Priority, Step, Then, Trace};
use crate::journal::Ledger;
use crate::memory::{Weighing, unfolds};
use crate::method::{Change, Edit, Plan};
use crate::notice::{By, seen_change};
use crate::projects::{OpenProject, Scope, author_of};
use goxel_engine::command::{Author, Command};
use goxel_engine::effect;
use goxel_engine::encode;
use goxel_engine::project::{Outcome as Done, Project};
use goxel_engine::scene::Scene;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// An edit that visits more voxels is made in a job.
const CHEAP_VOXELS: u64 = 1 << 16;
/// A flood looks for its region before it writes.
const CHEAP_FLOOD: u64 = 1 << 12;

impl Session {
    pub(super) fn edit(
        &mut self,
        request: &Request,
        scope: &Scope,
        call: &Call,
        plan: Plan,
    ) -> Step {
        let meant = self.projects.meant(call, scope).map(str::to_owned);
        let (id, author) = match meant.and_then(|id| Ok((id, author_of(call, scope)?))) {
            Ok(both) => both,
            Err(problem) => return refused(request, call, problem),
        };
        let by = By { method: call.method.name, author };
        let (watched, room) = (self.watchers.contains_key(&id), self.room());
        let Some(project) = self.projects.get_mut(&id) else {
            return refused(request, call, Problem::no_project());
        };
        if project.editing {
            return Step::Done(Err(RpcError::busy()));
        }
        if project.damaged {
            return Step::Done(call.answer(request.method(), |_| Err(damaged())));
        }
        if request.bytes() > CHEAP_BYTES {
            return self.edit_copy(&id, request, call, plan, by);
        }
        let ledger = &mut self.ledger;
        let before = watched.then(|| Arc::clone(&project.project));
        let mut slow = false;
        let outcome = call.answer(request.method(), |params| {
            let edit = plan(project.scene(), params)?;
            let touches = room.touches_of(&edit.change, project.scene());
            slow = room.must_weigh(project, touches)? || is_slow(&edit, project.scene());
            if slow { Ok(Value::Null) } else { project.carry_out(edit, author, touches, ledger) }
        });
        if slow {
            return self.edit_copy(&id, request, call, plan, by);
        }
        if let Some(before) = before {
            self.notices.extend(seen_change(&id, &before, &project.project, by));
        }
        if room.limits.is_some() {
            self.projects.recount(&id);
        }
        Step::Done(outcome)
    }

    /// Plans and makes the edit on a copy, in a job.
    fn edit_copy(&mut self, id: &str, request: &Request, call: &Call, plan: Plan, by: By) -> Step {
        let (weighing, room) = (self.weighing(Some(id)), self.room());
        let Some(project) = self.projects.get_mut(id) else {
            return refused(request, call, Problem::no_project());
        };
        project.editing = true;
        let is_kept = self.ledger.is_on() && project.number > 0;
        let original = Arc::clone(&project.project);
        let (call, asked) = (call.clone(), request.method().to_owned());
        let then = Then::Free(id.to_owned(), project.opened);
        Step::Job(Job::new(then, Priority::Normal, move |_| {
            let mut project = Project::clone(&original);
            let (mut touched, mut trace) = (0, None);
            let outcome = call.answer(&asked, |params| {
                let edit = plan(project.scene(), params)?;
                touched = room.touches_of(&edit.change, project.scene());
                let tracing = is_kept.then(|| Tracing::of(&edit.change));
                let answer = carry_out(&mut project, edit, by.author)?;
                trace = tracing.and_then(|tracing| tracing.trace(&original, &project));
                Ok(answer)
            });
            if outcome.is_err() {
                return (outcome, Effect::None);
            }
            let weigh = |it: Weighing| it.finish(project.scene(), touched, call.too_heavy(&asked));
            let weighed = weighing.map(weigh);
            (outcome, Effect::Edited(Box::new(Edited { project, by, weighed, trace })))
        }))
    }
}

/// How a slow edit is recorded.
enum Tracing {
    As(Trace),
    /// By what it changes of the scene.
    ByEffect,
}

impl Tracing {
    fn of(change: &Change) -> Self {
        match change {
            Change::Undo => Tracing::As(Trace::Undo),
            Change::Redo => Tracing::As(Trace::Redo),
            Change::Apply(command) if changes_more(command) => {
                Tracing::As(Trace::Command(encode::command(command)))
            }
            Change::Apply(_) => Tracing::ByEffect,
        }
    }

    /// What is recorded; nothing where nothing happened.
    fn trace(self, before: &Project, after: &Project) -> Option<Trace> {
        match self {
            Tracing::As(trace) => Some(trace),
            Tracing::ByEffect if before.revision() == after.revision() => None,
            Tracing::ByEffect => {
                let effect = effect::Effect::between(before.scene(), after.scene());
                Some(Trace::Effect(effect.to_bytes()))
            }
        }
    }
}

/// Whether the command changes what is no part of the scene: the clipboard, named checkpoints.
fn changes_more(command: &Command) -> bool {
    match command {
        Command::Copy { .. }
        | Command::Cut { .. }
        | Command::Checkpoint { .. }
        | Command::DropCheckpoint { .. } => true,
        Command::Group(commands) => commands.iter().any(changes_more),
        _ => false,
    }
}

impl OpenProject {
    /// Makes an edit in place, recorded. Should it panic, the project stays marked damaged, and
    /// nothing is recorded of it.
    pub(super) fn carry_out(
        &mut self,
        edit: Edit,
        author: Author,
        touches: u64,
        ledger: &mut Ledger,
    ) -> Answer {
        let begun = ledger.add_change(self.number, author, &edit.change)?;
        let (history, revision) = (self.project.history_bytes() as u64, self.project.revision());
        let swaps = !matches!(edit.change, Change::Apply(_));
        self.damaged = true;
        let project = Arc::make_mut(&mut self.project);
        let answer = catch_unwind(AssertUnwindSafe(|| carry_out(project, edit, author)));
        self.damaged = answer.is_err();
        if !matches!(answer, Ok(Ok(_))) {
            ledger.take_out(begun);
        }
        if self.damaged {
            ledger.has_damage();
        }
        match self.project.revision() == revision {
            true => {}
            false if swaps => self.weight.swap(history),
            false => self.weight.touch(touches),
        }
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

fn carry_out(project: &mut Project, edit: Edit, author: Author) -> Answer {
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

fn damaged() -> Problem {
    Problem::refused(
        "project_damaged",
        "an internal error cut an edit short: load the project again",
    )
}
