//! Projects by id, whose they are, and which one a call means that names none.

use crate::envelope::Call;
use crate::error::Problem;
use crate::memory::{Found, Suspect, Weighing, Weight};
use goxel_engine::command::Author;
use goxel_engine::project::Project;
use goxel_engine::scene::Scene;
use goxel_engine::snapshot::Snapshot;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The longest id that a client may give a project, in bytes.
const MAX_ID: usize = 128;

/// The greatest author: what every JSON reader keeps exactly.
const MAX_AUTHOR: u64 = (1 << 53) - 1;

/// A project and what is known about it.
#[derive(Clone)]
pub(crate) struct OpenProject {
    pub id: String,
    pub about: About,
    pub project: Arc<Project>,
    /// An edit panicked in its middle.
    pub damaged: bool,
    /// A copy of it is being edited.
    pub editing: bool,
    /// Known where there is a limit.
    pub weight: Weight,
    /// Its number in the journal; 0 for one that is not kept.
    pub number: u64,
    /// The last frame of the journal that changed it.
    pub changed: u64,
    /// Tells it from others that have had its id.
    pub opened: u64,
    owner: Owner,
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

/// Whose a project is: when it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// Everybody's current one: the next one takes its place.
    Everybody,
    /// One connection's: it goes with that, or the next one takes its place.
    Connection,
    /// Known by the id it was given: it goes when it is closed.
    Name,
}

/// What a connection has of its own: which project its calls mean, which it watches, and who its
/// edits are by.
#[derive(Debug, Default)]
pub struct Scope {
    own: Option<Own>,
    watched: BTreeSet<String>,
    /// Of edits that name no author.
    pub(crate) author: Author,
}

/// A connection that has asked for a project of its own; there may be none yet.
#[derive(Debug)]
struct Own(Option<String>);

/// What an opened project will be, decided before it is opened.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    id: Option<String>,
    owner: Owner,
}

/// Everything that is open.
#[derive(Default)]
pub(crate) struct Projects {
    held: BTreeMap<String, OpenProject>,
    current: Option<String>,
    /// Ids that are taken by projects which are being opened.
    promised: BTreeSet<String>,
    made: u64,
    /// What all count together.
    bytes: u64,
    /// Of weighings and openings.
    stamps: u64,
    /// The ids of the projects that are kept, by their numbers.
    numbers: BTreeMap<u64, String>,
    /// The last number.
    numbered: u64,
    /// The numbers of those that were closed since somebody asked.
    closed: Vec<u64>,
    /// Closed, and not yet let go of: a large one takes its time.
    remains: Vec<Arc<Project>>,
}

impl OpenProject {
    /// A project that is not among the others yet; it gets its id there.
    pub fn new(project: Project, about: About) -> Self {
        let (id, project) = (String::new(), Arc::new(project));
        let (damaged, editing, number, changed, opened) = Default::default();
        let (weight, owner) = (Weight::default(), Owner::Everybody);
        Self { id, about, project, damaged, editing, weight, number, changed, opened, owner }
    }

    pub fn scene(&self) -> &Scene {
        self.project.scene()
    }

    pub fn view(&self) -> View {
        let (id, about) = (self.id.clone(), self.about.clone());
        View { id, about, snapshot: self.project.snapshot() }
    }
}

impl Opening {
    /// Whether it outlives the connection that asked for it.
    pub fn is_kept(&self) -> bool {
        self.owner != Owner::Connection
    }

    /// Whether it becomes everybody's current one.
    pub fn is_current(&self) -> bool {
        self.owner == Owner::Everybody
    }

    /// Of everybody's next current project.
    #[cfg(test)]
    pub fn of_everybody() -> Self {
        Self { id: None, owner: Owner::Everybody }
    }
}

impl Projects {
    /// The id of the project that a call means: the one it names, its connection's own, or
    /// everybody's.
    pub fn meant(&self, call: &Call, scope: &Scope) -> Result<&str, Problem> {
        if let Some(id) = named_id(call)? {
            return self.held.get_key_value(&id).map(|(id, _)| id.as_str()).ok_or_else(|| {
                let detail =
                    format!("there is no project {id}: list_projects tells which there are");
                Problem::refused("project_not_found", detail)
            });
        }
        let meant = match &scope.own {
            Some(Own(id)) => id.as_ref(),
            None => self.current.as_ref(),
        };
        let found = meant.and_then(|id| self.held.get_key_value(id));
        found.map(|(id, _)| id.as_str()).ok_or_else(Problem::no_project)
    }

    /// The project that a call means which names none.
    pub fn meant_without_name(&mut self, scope: &Scope) -> Option<&mut OpenProject> {
        let id = match &scope.own {
            Some(Own(id)) => id.as_ref(),
            None => self.current.as_ref(),
        };
        self.held.get_mut(id?)
    }

    pub fn get(&self, id: &str) -> Option<&OpenProject> {
        self.held.get(id)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut OpenProject> {
        self.held.get_mut(id)
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// What all projects count together.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the projects count that an opened one takes the place of.
    pub fn bytes_replaced(&self, opening: &Opening, scope: Option<&Scope>) -> u64 {
        let own = scope.and_then(|scope| scope.own.as_ref()).and_then(|Own(id)| id.as_ref());
        let current = self.current.as_ref();
        let replaced = match opening.owner {
            Owner::Name => [None, None],
            Owner::Connection => [own, None],
            Owner::Everybody => [own, current],
        };
        let counted = |id: &String| self.held.get(id).map(|project| project.weight.counted);
        replaced.into_iter().flatten().filter_map(counted).sum()
    }

    /// Counts a project anew, after an edit.
    pub fn recount(&mut self, id: &str) {
        let Some(OpenProject { project, weight, .. }) = self.held.get_mut(id) else { return };
        let before = weight.counted;
        weight.recount(project);
        let after = weight.counted;
        self.exchange(before, after);
    }

    /// A project that counted `before` counts `after` now.
    pub const fn exchange(&mut self, before: u64, after: u64) {
        self.bytes = self.bytes.saturating_sub(before).saturating_add(after);
    }

    /// A number for the next weighing or opening.
    pub const fn stamp(&mut self) -> u64 {
        self.stamps += 1;
        self.stamps
    }

    /// Whether all count what they weigh, no more.
    pub fn are_exact(&self) -> bool {
        self.held.values().all(|it| it.weight.is_exact(&it.project))
    }

    /// All that count more than they may weigh, but one whose copy is weighed.
    pub fn suspects(&self, but: Option<&str>) -> Weighing {
        let others = self.held.values().filter(|it| Some(it.id.as_str()) != but);
        let inexact = others.filter(|it| !it.weight.is_exact(&it.project));
        Weighing(inexact.map(Suspect::new).collect())
    }

    /// Takes in what was found, unless something newer is known.
    pub fn learn(&mut self, found: &[Found]) {
        for found in found {
            let stamp = self.stamp();
            if let Some(project) = self.held.get_mut(&found.id)
                && project.weight.stamp == found.stamp
            {
                project.weight.learn(found, stamp);
                self.recount(&found.id);
            }
        }
    }

    /// Has a project that did not come to be, or is no more, let go of.
    pub fn discard(&mut self, project: Arc<Project>) {
        self.remains.push(project);
    }

    /// Decides what a project that is about to be opened will be, and keeps its id for it.
    pub fn promise(&mut self, call: &Call, scope: &Scope, most: usize) -> Result<Opening, Problem> {
        let id = named_id(call)?;
        let wants_own = match text_of(call, "project_scope")? {
            None => scope.own.is_some(),
            Some("connection") => true,
            Some("global" | "shared" | "daemon") => false,
            Some(_) => {
                return Err(Problem::param(
                    "project_scope",
                    "project_scope must be connection or global",
                ));
            }
        };
        let owner = match (&id, wants_own) {
            (Some(_), _) => Owner::Name,
            (None, true) => Owner::Connection,
            (None, false) => Owner::Everybody,
        };
        let replaces = match owner {
            Owner::Name => false,
            Owner::Connection => matches!(&scope.own, Some(Own(Some(_)))),
            Owner::Everybody => self.current.is_some(),
        };
        if let Some(id) = &id
            && (self.held.contains_key(id) || self.promised.contains(id))
        {
            let detail = format!("there is a project {id} already: close_project ends it");
            return Err(Problem::refused("project_exists", detail));
        }
        if !replaces && self.held.len() + self.promised.len() >= most {
            let detail = format!("{most} projects are open: close_project ends one");
            return Err(Problem::refused("limit_exceeded", detail));
        }
        self.promised.extend(id.clone());
        Ok(Opening { id, owner })
    }

    /// Nothing came of it.
    pub fn break_promise(&mut self, opening: &Opening) {
        if let Some(id) = &opening.id {
            self.promised.remove(id);
        }
    }

    /// The id that a project will have, and its number if it is kept.
    pub fn name(&mut self, opening: &Opening, is_kept: bool) -> (String, u64) {
        let id = opening.id.clone().unwrap_or_else(|| self.new_id());
        self.numbered += u64::from(is_kept);
        (id, if is_kept { self.numbered } else { 0 })
    }

    /// How many projects have had a number for an id.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Nothing came of it: somebody else lets go of the project.
    pub fn give_up(&mut self, opened: OpenProject, opening: &Opening) {
        self.break_promise(opening);
        self.remains.push(opened.project);
    }

    /// The numbers of projects that were closed since the last call.
    pub fn take_closed(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.closed)
    }

    /// The project of that number in the journal.
    pub fn numbered(&mut self, number: u64) -> Option<&mut OpenProject> {
        self.held.get_mut(self.numbers.get(&number)?)
    }

    /// All that are kept, by number.
    pub fn kept(&self) -> impl Iterator<Item = &OpenProject> {
        self.numbers.values().filter_map(|id| self.held.get(id))
    }

    /// What a manifest says beside the projects: how many ids were made, the next number, and the
    /// number of the current project.
    pub fn counts(&self) -> (u64, u64, Option<u64>) {
        let current = self.current.as_ref().and_then(|id| self.held.get(id));
        (self.made, self.numbered + 1, current.map(|it| it.number))
    }

    /// Puts in place of all that are kept what the journal says.
    pub fn replace_kept(&mut self, mut kept: Vec<OpenProject>, counts: (u64, u64, Option<u64>)) {
        let (made, next, current) = counts;
        self.made = self.made.max(made);
        self.numbered = next.saturating_sub(1);
        for id in std::mem::take(&mut self.numbers).into_values() {
            if let Some(old) = self.held.remove(&id) {
                self.exchange(old.weight.counted, 0);
                self.remains.push(old.project);
            }
        }
        self.current = None;
        // Of two with one id, the one that was opened last keeps it: clients mean that one. The other
        // was left out when it was opened.
        kept.sort_unstable_by_key(|project| Reverse(project.number));
        for mut project in kept {
            while self.held.contains_key(&project.id) {
                project.id = format!("{}.{}", project.id, project.number);
            }
            let is_current = current == Some(project.number);
            project.owner = if is_current { Owner::Everybody } else { Owner::Name };
            if is_current {
                self.current = Some(project.id.clone());
            }
            // Jobs that were begun before change nothing any more.
            project.opened = self.stamp();
            let id = project.id.clone();
            self.numbers.insert(project.number, id.clone());
            self.held.insert(id.clone(), project);
            self.recount(&id);
        }
    }

    /// Takes a project in. `scope` is that of the connection which asked for it, if it is still
    /// there.
    pub fn take_in(
        &mut self,
        opened: OpenProject,
        opening: &Opening,
        (id, number): (String, u64),
        scope: Option<&mut Scope>,
    ) {
        self.break_promise(opening);
        let owner = opening.owner;
        let replaced = match owner {
            Owner::Name => None,
            Owner::Everybody => {
                if let Some(scope) = scope {
                    let own = scope.own.take().and_then(|Own(id)| id);
                    self.close(own.as_deref());
                }
                self.current.replace(id.clone())
            }
            Owner::Connection => match scope {
                Some(scope) => scope.own.replace(Own(Some(id.clone()))).and_then(|Own(id)| id),
                // Nobody is there to have it.
                None => {
                    self.remains.push(opened.project);
                    return;
                }
            },
        };
        self.close(replaced.as_deref());
        if number > 0 {
            self.numbers.insert(number, id.clone());
        }
        let stamp = self.stamp();
        let opened = OpenProject { id: id.clone(), number, owner, opened: stamp, ..opened };
        self.held.insert(id.clone(), opened);
        self.recount(&id);
    }

    fn new_id(&mut self) -> String {
        loop {
            self.made += 1;
            let id = format!("project-{}", self.made);
            if !self.held.contains_key(&id) && !self.promised.contains(&id) {
                return id;
            }
        }
    }

    /// Whether there was such a project.
    pub fn close(&mut self, id: Option<&str>) -> bool {
        let Some(closed) = id.and_then(|id| self.held.remove(id)) else { return false };
        if self.current.as_deref() == Some(&closed.id) {
            self.current = None;
        }
        self.exchange(closed.weight.counted, 0);
        if closed.number > 0 {
            self.numbers.remove(&closed.number);
            self.closed.push(closed.number);
        }
        self.remains.push(closed.project);
        true
    }

    /// A connection has ended, and what is its own with it.
    pub fn close_scope(&mut self, scope: &Scope) {
        if let Some(Own(id)) = &scope.own {
            self.close(id.as_deref());
        }
    }

    /// What is closed and may be let go of, by any thread.
    pub fn remains(&mut self) -> Vec<Arc<Project>> {
        std::mem::take(&mut self.remains)
    }

    /// A row for each project, as `list_projects` tells it to that connection.
    pub fn rows(&self, scope: &Scope) -> Vec<Value> {
        let own = scope.own.as_ref().and_then(|Own(id)| id.as_deref());
        let is_seen = |it: &&OpenProject| it.owner != Owner::Connection || own == Some(&it.id);
        let row = |it: &OpenProject| {
            json!({
                "project_id": it.id,
                "name": it.about.name,
                "path": it.about.path,
                "layer_count": it.scene().layers.len(),
                "voxel_count": it.scene().filled(),
                "revision": it.project.revision(),
                "is_current": self.current.as_deref() == Some(&it.id),
                "scope": match it.owner {
                    Owner::Everybody => "global",
                    Owner::Connection => "connection",
                    Owner::Name => "named",
                },
                "busy": it.editing,
            })
        };
        self.held.values().filter(is_seen).map(row).collect()
    }
}

impl Scope {
    /// One that means everybody's current project, watches nothing, and whose author is unknown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins to watch a project; says whether it did not before.
    pub(crate) fn watch(&mut self, id: &str) -> bool {
        self.watched.insert(id.to_owned())
    }

    /// Watches it no longer; says whether it did.
    pub(crate) fn forget(&mut self, id: &str) -> bool {
        self.watched.remove(id)
    }

    /// The ids of the projects that are watched.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &str> {
        self.watched.iter().map(String::as_str)
    }

    /// Whether a project is watched.
    pub fn watches(&self, id: &str) -> bool {
        self.watched.contains(id)
    }

    /// Whether any is.
    pub fn watches_any(&self) -> bool {
        !self.watched.is_empty()
    }
}

/// The id that a call names; a number is its digits.
pub(crate) fn named_id(call: &Call) -> Result<Option<String>, Problem> {
    match member(call, "project_id") {
        None => Ok(None),
        Some(Value::String(id)) if (1..=MAX_ID).contains(&id.len()) => Ok(Some(id.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => {
            let text = format!("project_id must be a text of 1 to {MAX_ID} bytes");
            Err(Problem::param("project_id", text))
        }
    }
}

/// Who an edit is by: the author that the call names, or the connection's.
pub(crate) fn author_of(call: &Call, scope: &Scope) -> Result<Author, Problem> {
    member(call, "author").map_or(Ok(scope.author), author)
}

/// An author as a client writes it.
pub(crate) fn author(value: &Value) -> Result<Author, Problem> {
    let number = value.as_u64().filter(|number| *number <= MAX_AUTHOR);
    number.map(Author).ok_or_else(|| {
        Problem::param("author", format!("author must be a whole number from 0 to {MAX_AUTHOR}"))
    })
}

fn text_of<'a>(call: &'a Call, name: &'static str) -> Result<Option<&'a str>, Problem> {
    match member(call, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::param(name, format!("{name} must be a text"))),
    }
}

fn member<'a>(call: &'a Call, name: &str) -> Option<&'a Value> {
    let value = match &*call.params {
        Value::Array(list) => match list.as_slice() {
            [Value::Object(map)] => map.get(name),
            list => list.get(call.method.positional.iter().position(|known| *known == name)?),
        },
        Value::Object(map) => map.get(name),
        _ => None,
    };
    value.filter(|value| !value.is_null())
}
