//! Projects and the way a request goes through one.
//!
//! Cheap requests are answered at once. Slow ones become jobs: reads on a
//! snapshot, edits on a copy that takes the project's place when done. A refused
//! request changes nothing.

use crate::envelope::{Call, Outcome, Request};
use crate::error::{INTERNAL_ERROR, Problem, RpcError};
use crate::host::Host;
use crate::job::{Edited, Effect, Finished, Job, Opened, Priority, Step, Then};
use crate::journal::{AboutBytes, Ledger, Record};
use crate::memory::{Limits as MemoryLimits, Room, Weighed, Weighing, Weight};
use crate::method::{Handler, Open, Read, Say};
use crate::notice::{Notice, seen_change};
use crate::projects::{About, OpenProject, Opening, Projects, Scope};
use crate::quick::{self, AddVoxel};
use goxel_engine::encode;
use goxel_engine::format::Limits;
use goxel_engine::parallel::Threads;
use goxel_engine::project::{Project, ProjectLimits};
use goxel_engine::scene::Scene;
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
    /// How many projects may be open at a time; 0 counts as [`MAX_PROJECTS`].
    pub max_projects: usize,
    /// Bytes that a project's volumes and history may hold; 0 is no limit.
    pub max_project_memory: u64,
    /// And those of all projects together.
    pub max_projects_memory: u64,
}

/// So many projects may be open where nothing else is said.
pub const MAX_PROJECTS: usize = 256;

impl Config {
    /// A project of that scene, within what is allowed.
    pub(crate) fn project_of(&self, scene: Scene) -> Project {
        let threads = Threads(self.threads);
        Project::from_scene(scene).with_limits(self.project_limits()).with_threads(threads)
    }

    /// What a project may grow to, its history in the memory that it may take.
    pub(crate) fn project_limits(&self) -> ProjectLimits {
        let mut project = self.project;
        if let Some(most) = self.memory().of_history() {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            project.max_history_bytes = project.max_history_bytes.min(most);
        }
        project
    }

    pub(crate) fn memory(&self) -> MemoryLimits {
        MemoryLimits::new(self.max_project_memory, self.max_projects_memory)
    }
}

/// The state behind the methods.
pub struct Session {
    config: Config,
    memory: MemoryLimits,
    projects: Projects,
    /// How many connections watch each project.
    watchers: BTreeMap<String, usize>,
    notices: Vec<Notice>,
    /// What is done and not kept yet.
    ledger: Ledger,
}

/// The session as a request finds it.
pub(crate) struct Asked<'a> {
    session: &'a Session,
    scope: &'a Scope,
    meant: Result<&'a OpenProject, Problem>,
}

impl<'a> Asked<'a> {
    /// The project that is meant.
    pub fn project(&self) -> Result<&'a OpenProject, Problem> {
        self.meant.clone()
    }

    /// A row for each project that the connection may know of.
    pub fn projects(&self) -> Vec<Value> {
        self.session.projects.rows(self.scope)
    }
}

impl Session {
    /// A session without a project.
    pub fn new(config: Config) -> Self {
        let (projects, watchers, notices, ledger) = Default::default();
        let memory = config.memory();
        Self { config, memory, projects, watchers, notices, ledger }
    }

    /// Changes how many projects may be open at a time; those that are stay. 0 counts as
    /// [`MAX_PROJECTS`].
    pub fn set_max_projects(&mut self, most: usize) {
        self.config.max_projects = most;
    }

    /// The id of the project that a request edits in place, if it does: such requests take
    /// turns. One that opens a project need not wait.
    pub fn edited_by(&self, request: &Request, scope: &Scope) -> Option<String> {
        let call = request.call().ok()?;
        let edits = matches!(call.method.handler, Handler::Edit(_));
        let id = self.projects.meant(call, scope).ok().filter(|_| edits)?;
        Some(id.to_owned())
    }

    /// Whether an edit of that project is being made in a job: until it is finished, requests
    /// that edit it are refused.
    pub fn is_busy(&self, project: &str) -> bool {
        self.projects.get(project).is_some_and(|project| project.editing)
    }

    /// How many projects are open.
    pub fn project_count(&self) -> usize {
        self.projects.len()
    }

    /// Answers a request of the connection that `scope` is of, or gives the job that will.
    pub fn start(&mut self, request: &Request, scope: &mut Scope, host: &Arc<dyn Host>) -> Step {
        let call = match request.call() {
            Ok(call) => call,
            Err(error) => return Step::Done(Err(error.clone())),
        };
        match call.method.handler {
            Handler::Say(say) => answer_of(request, call, say),
            Handler::Ask(ask) => {
                let meant = self.meant(call, scope);
                let asked = Asked { session: self, scope, meant };
                Step::Done(call.answer(request.method(), |params| ask(&asked, &**host, params)))
            }
            Handler::Edit(plan) => self.edit(request, scope, call, plan),
            Handler::Read(read) => self.read(request, scope, call, read),
            Handler::Open(open) => self.open(request, scope, call, open),
            Handler::Hold(hold) => {
                let meant = self.projects.meant(call, scope).map(str::to_owned);
                Step::Done(call.answer(request.method(), |params| hold(self, scope, meant, params)))
            }
        }
    }

    /// Answers a message at once if it is of the commonest kind and would not be refused: the
    /// reply, byte for byte that of [`Session::start`], is added to `line`. Says whether it has;
    /// otherwise nothing has happened. `may_edit` tells of a project whether nobody waits to.
    pub fn answer_quickly(
        &mut self,
        message: &[u8],
        scope: &Scope,
        may_edit: impl FnOnce(&str) -> bool,
        line: &mut String,
    ) -> bool {
        self.quickly(message, scope, may_edit, line).is_some()
    }

    fn quickly(
        &mut self,
        message: &[u8],
        scope: &Scope,
        may_edit: impl FnOnce(&str) -> bool,
        line: &mut String,
    ) -> Option<()> {
        if message.len() > quick::MAX_LENGTH {
            return None;
        }
        let request = AddVoxel::read(message)?;
        let room = self.room();
        let project = self.projects.meant_without_name(scope)?;
        let is_plain = !project.editing && !project.damaged;
        if !is_plain || self.watchers.contains_key(&project.id) || !may_edit(&project.id) {
            return None;
        }
        let command = request.command(project.scene())?;
        let touches = room.touches(&command, project.scene());
        if room.must_weigh(project, touches) != Ok(false) {
            return None;
        }
        let author = scope.author;
        let begun = self.ledger.add_command(project.number, author, &command).ok()?;
        let revision = project.project.revision();
        project.damaged = true;
        let edited = Arc::make_mut(&mut project.project);
        // Should it panic, the project stays damaged, and the general way says so.
        let outcome = catch_unwind(AssertUnwindSafe(|| edited.apply(command, author)));
        project.damaged = outcome.is_err();
        let Ok(Ok(done)) = outcome else {
            self.ledger.take_out(begun);
            if project.damaged {
                self.ledger.has_damage();
            }
            return None;
        };
        request.answer(done.touched, line);
        if room.limits.is_some() && project.project.revision() != revision {
            let before = project.weight.counted;
            project.weight.touch(touches);
            project.weight.recount(&project.project);
            let after = project.weight.counted;
            self.projects.exchange(before, after);
        }
        Some(())
    }

    /// Takes a finished job back and gives its answer. `scope` is that of the connection which
    /// asked for it, if it is still there.
    pub fn finish(&mut self, done: Finished, scope: Option<&mut Scope>) -> Outcome {
        let Finished { outcome, effect, then } = done;
        match (effect, then) {
            (Effect::Opened(opened), Then::Opened(opening)) => {
                return self.let_in(*opened, &opening, scope, outcome);
            }
            (_, Then::Opened(opening)) => self.projects.break_promise(&opening),
            (effect, Then::Free(id, opened)) => {
                return self.take_back(&id, opened, effect, outcome);
            }
            (Effect::Saved { id, path }, Then::Nothing) => {
                if let Some(project) = self.projects.get_mut(&id) {
                    let saved = Record::Saved { path: &path };
                    let _ = self.ledger.add_always(project.number, &saved);
                    project.about.path = Some(path);
                }
            }
            (_, Then::Nothing) => {}
        }
        outcome
    }

    /// Takes an opened project in, if there is memory for it, and room to keep it.
    fn let_in(
        &mut self,
        opened: Opened,
        opening: &Opening,
        scope: Option<&mut Scope>,
        mut outcome: Outcome,
    ) -> Outcome {
        let Opened { mut project, weighed, bytes } = opened;
        if let Some(weighed) = weighed {
            self.projects.learn(&weighed.found);
            let replaced = self.projects.bytes_replaced(opening, scope.as_deref());
            let others = self.projects.bytes().saturating_sub(replaced);
            if let Err(problem) = self.memory.check_opened(weighed.volumes, others) {
                self.projects.give_up(project, opening);
                return Err(weighed.refusal.because(problem));
            }
            project.weight = Weight::of(&project.project, weighed.volumes, self.projects.stamp());
        }
        let named = self.projects.name(opening, bytes.is_some());
        if let Err(problem) = self.record_opened(&named, &project.about, opening, bytes) {
            self.projects.give_up(project, opening);
            return Err(not_kept(problem));
        }
        if let Ok(Value::Object(members)) = &mut outcome {
            members.insert("project_id".to_owned(), named.0.as_str().into());
        }
        self.projects.take_in(project, opening, named, scope);
        self.record_closed();
        outcome
    }

    fn record_opened(
        &mut self,
        (id, number): &(String, u64),
        about: &About,
        opening: &Opening,
        bytes: Option<Vec<u8>>,
    ) -> Result<(), Problem> {
        let Some(bytes) = bytes else { return Ok(()) };
        let about = AboutBytes {
            id,
            is_current: opening.is_current(),
            made: self.projects.made(),
            name: &about.name,
            path: about.path.as_deref(),
            size: about.size,
        };
        self.ledger.add(*number, &Record::Opened { about, project: &bytes }).map(|_| ())
    }

    fn record_closed(&mut self) {
        for number in self.projects.take_closed() {
            let _ = self.ledger.add_always(number, &Record::Closed);
        }
    }

    /// A project's edit is done: it goes on as the copy, if there is memory for that, and room to
    /// keep it.
    fn take_back(&mut self, id: &str, opened: u64, effect: Effect, outcome: Outcome) -> Outcome {
        let project = self.projects.get_mut(id).filter(|project| project.opened == opened);
        let is_open = project.map(|project| project.editing = false).is_some();
        let Effect::Edited(edited) = effect else { return outcome };
        let Edited { project: copy, by, weighed, trace } = *edited;
        if !is_open {
            self.projects.discard(Arc::new(copy));
            return Err(not_kept(Problem::refused("not_kept", "the project was closed meanwhile")));
        }
        if let Some(weighed) = weighed
            && let Err(error) = self.weigh_in(id, &copy, weighed)
        {
            self.projects.discard(Arc::new(copy));
            return Err(error);
        }
        let watched = self.watchers.contains_key(id);
        if let Some(project) = self.projects.get_mut(id) {
            let recorded =
                trace.map(|trace| self.ledger.add(project.number, &trace.record(by.author)));
            if let Some(Err(problem)) = recorded {
                self.projects.discard(Arc::new(copy));
                return Err(not_kept(problem));
            }
            if watched {
                self.notices.extend(seen_change(id, &project.project, &copy, by));
            }
            project.project = Arc::new(copy);
            if self.memory.is_some() {
                self.projects.recount(id);
            }
        }
        outcome
    }

    /// Takes over what was weighed, or refuses what was made.
    fn weigh_in(&mut self, id: &str, copy: &Project, weighed: Weighed) -> Result<(), RpcError> {
        self.projects.learn(&weighed.found);
        let (all, stamp) = (self.projects.bytes(), self.projects.stamp());
        let Some(project) = self.projects.get_mut(id) else { return Ok(()) };
        let others = all.saturating_sub(project.weight.counted);
        let weight = weighed.volumes.saturating_add(copy.history_bytes() as u64);
        match self.memory.check(weight, others) {
            Err(problem) if weighed.touches > 0 => {
                let revision = project.project.revision();
                project.weight.refuse(revision, weighed.touches, all, problem.clone());
                Err(weighed.refusal.because(problem))
            }
            _ => {
                let counted = project.weight.counted;
                project.weight = Weight::of(copy, weighed.volumes, stamp);
                // Until it is counted anew.
                project.weight.counted = counted;
                Ok(())
            }
        }
    }

    /// What an edit that begins now finds.
    const fn room(&self) -> Room {
        Room { limits: self.memory, all: self.projects.bytes() }
    }

    /// A connection has ended: what is its own goes with it.
    pub fn close_scope(&mut self, scope: &Scope) {
        for id in scope.watched() {
            self.count_watcher(id, false);
        }
        self.projects.close_scope(scope);
        self.record_closed();
    }

    /// What has happened to watched projects since the last call.
    pub fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Closed projects. Any thread may let go of them: a large one takes its time.
    pub fn remains(&mut self) -> Vec<Arc<Project>> {
        self.projects.remains()
    }

    pub(crate) fn close(&mut self, id: &str) -> bool {
        self.watchers.remove(id);
        let was_there = self.projects.close(Some(id));
        self.record_closed();
        was_there
    }

    pub(crate) fn watch(&mut self, scope: &mut Scope, id: &str, begins: bool) {
        let changes = if begins { scope.watch(id) } else { scope.forget(id) };
        if changes {
            self.count_watcher(id, begins);
        }
    }

    fn count_watcher(&mut self, id: &str, begins: bool) {
        let count = self.watchers.entry(id.to_owned()).or_default();
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.watchers.remove(id);
        }
    }

    /// The revision of an open project.
    pub(crate) fn revision(&self, id: &str) -> Option<u64> {
        self.projects.get(id).map(|project| project.project.revision())
    }

    fn meant(&self, call: &Call, scope: &Scope) -> Result<&OpenProject, Problem> {
        let id = self.projects.meant(call, scope)?;
        self.projects.get(id).ok_or_else(Problem::no_project)
    }

    fn read(&self, request: &Request, scope: &Scope, call: &Call, read: Read) -> Step {
        let view = match self.meant(call, scope) {
            Ok(project) => project.view(),
            Err(problem) => return refused(request, call, problem),
        };
        let (call, asked) = (call.clone(), request.method().to_owned());
        let priority = call.method.priority();
        Step::Job(Job::new(Then::Nothing, priority, move |host| {
            let mut effect = Effect::None;
            let outcome = call.answer(&asked, |params| {
                let (result, done) = read(&view, host, params)?;
                effect = done;
                Ok(result)
            });
            (outcome, effect)
        }))
    }

    fn open(&mut self, request: &Request, scope: &Scope, call: &Call, open: Open) -> Step {
        let most =
            if self.config.max_projects == 0 { MAX_PROJECTS } else { self.config.max_projects };
        let opening = match self.projects.promise(call, scope, most) {
            Ok(opening) => opening,
            Err(problem) => return refused(request, call, problem),
        };
        if let Err(problem) = self.check_opening(&opening, scope) {
            self.projects.break_promise(&opening);
            return refused(request, call, problem);
        }
        let weighing = self.weighing(None);
        let (call, asked) = (call.clone(), request.method().to_owned());
        let config = self.config.clone();
        let is_kept = self.ledger.is_on() && opening.is_kept();
        Step::Job(Job::new(Then::Opened(opening), call.method.priority(), move |host| {
            let mut made = None;
            let outcome = call.answer(&asked, |params| {
                let (opened, result) = open(&config, host, params)?;
                made = Some(opened);
                Ok(result)
            });
            let Some(project) = made else { return (outcome, Effect::None) };
            let weighed = weighing.map(|it| it.finish(project.scene(), 0, call.too_heavy(&asked)));
            let bytes = is_kept.then(|| encode::project(&project.project));
            (outcome, Effect::Opened(Box::new(Opened { project, weighed, bytes })))
        }))
    }

    /// Refuses what is known to be too much before it is made.
    fn check_opening(&self, opening: &Opening, scope: &Scope) -> Result<(), Problem> {
        if !self.memory.is_for_all() || !self.projects.are_exact() {
            return Ok(());
        }
        let replaced = self.projects.bytes_replaced(opening, Some(scope));
        self.memory.check_opened(0, self.projects.bytes().saturating_sub(replaced))
    }

    /// What a job has to weigh beside what it makes: all together are known only where each is.
    fn weighing(&self, edited: Option<&str>) -> Option<Weighing> {
        match (self.memory.is_some(), self.memory.is_for_all()) {
            (false, _) => None,
            (true, false) => Some(Weighing::default()),
            (true, true) => Some(self.projects.suspects(edited)),
        }
    }
}

fn answer_of(request: &Request, call: &Call, say: Say) -> Step {
    if request.bytes() <= CHEAP_BYTES {
        return Step::Done(call.answer(request.method(), say));
    }
    let (call, asked) = (call.clone(), request.method().to_owned());
    Step::Job(Job::new(Then::Nothing, Priority::Normal, move |_| {
        (call.answer(&asked, say), Effect::None)
    }))
}

fn not_kept(problem: Problem) -> RpcError {
    RpcError::new(INTERNAL_ERROR, "The edit could not be kept", "not_kept")
        .with("detail", problem.text())
}

fn refused(request: &Request, call: &Call, problem: Problem) -> Step {
    Step::Done(call.answer(request.method(), |_| Err(problem)))
}

mod edit;
mod kept;
#[cfg(test)]
mod tests;
