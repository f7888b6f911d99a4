//! How much memory projects take, and how much they may.
//!
//! A project's weight is the bytes of its layers' volumes, each counted in full, and of its
//! history. Weighing volumes visits every brick: for 250,000 of them 3 to 15 ms where they lie side by
//! side, 33 to 47 ms where they are scattered over all space. So it is done in jobs only. Between two
//! weighings each voxel that an edit may have touched counts as the most that it can add; an edit
//! that might not fit by that count becomes a job, and what that has made is weighed.
//!
//! Where there is no limit nothing is weighed and nothing counted.

use crate::error::{Problem, RpcError};
use crate::method::Change;
use crate::projects::OpenProject;
use goxel_engine::command::Command;
use goxel_engine::project::Project;
use goxel_engine::scene::{LayerKind, Scene};
use goxel_engine::snapshot::Snapshot;

/// The most that one written voxel adds: it is the one colour too many of its brick, which from
/// then on keeps all 4096 of them (16 KiB), or the first voxel of a new brick under new nodes; a
/// step that keeps the old brick adds that, and its new one in turn grows the less.
pub(crate) const MOST_PER_VOXEL: u64 = 18 << 10;

/// The most voxels that undoing one step writes one by one; where there were more, it puts a
/// volume back that the history held.
const MOST_UNDONE: u64 = 512;

/// What projects may weigh, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    each: Option<u64>,
    all: Option<u64>,
}

/// What is known of a project's weight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weight {
    /// The bytes of its volumes, when it was last weighed.
    volumes: u64,
    /// Voxels that may have been touched since.
    touched: u64,
    /// What it counts: never less than it weighs.
    pub counted: u64,
    /// Which weighing that was.
    pub stamp: u64,
    /// The project's revision then.
    revision: u64,
    /// The last edit that was refused because of its weight.
    refused: Option<Refused>,
}

/// An edit that was too heavy. One as large is too heavy too, while nothing else changes.
#[derive(Clone, Debug)]
struct Refused {
    revision: u64,
    touches: u64,
    /// What all projects counted.
    all: u64,
    problem: Problem,
}

/// What an edit finds: the limits, and what all projects count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub limits: Limits,
    pub all: u64,
}

/// Projects that a job has to weigh, as they are when it begins.
#[derive(Default)]
pub(crate) struct Weighing(pub Vec<Suspect>);

/// A project whose weight is not known exactly.
pub(crate) struct Suspect {
    id: String,
    stamp: u64,
    touched: u64,
    frozen: Snapshot,
}

/// What a job has found of them.
pub(crate) struct Found {
    pub id: String,
    pub stamp: u64,
    touched: u64,
    revision: u64,
    volumes: u64,
}

/// What a job has found of what it has made.
pub(crate) struct Weighed {
    /// Of the volumes, in bytes.
    pub volumes: u64,
    /// The voxels that it may have written; 0 where what it does is never refused.
    pub touches: u64,
    pub found: Vec<Found>,
    /// What it is answered where that is too much.
    pub refusal: RpcError,
}

impl Limits {
    /// Of bytes; 0 is none.
    pub fn new(each: u64, all: u64) -> Self {
        let some = |bytes| Some(bytes).filter(|bytes| *bytes > 0);
        Self { each: some(each), all: some(all) }
    }

    pub const fn is_some(self) -> bool {
        self.each.is_some() || self.all.is_some()
    }

    /// Whether there is one for all projects together.
    pub const fn is_for_all(self) -> bool {
        self.all.is_some()
    }

    /// What a history may hold: a part, so that what is cleared makes room once it is edited on.
    pub fn of_history(self) -> Option<u64> {
        self.each.into_iter().chain(self.all).min().map(|least| least / 4)
    }

    /// Whether a project of that weight goes beside the others.
    pub fn check(self, weight: u64, others: u64) -> Result<(), Problem> {
        if let Some(most) = self.each.filter(|most| weight > full(*most)) {
            return Err(too_heavy(PROJECT, weight, most));
        }
        self.check_all(weight.saturating_add(others))
    }

    /// Whether a project of that weight may be opened beside the others, and a voxel added to it.
    pub fn check_opened(self, weight: u64, others: u64) -> Result<(), Problem> {
        self.check(weight.saturating_add(MOST_PER_VOXEL), others)
    }

    /// Whether all projects together may weigh that.
    fn check_all(self, all: u64) -> Result<(), Problem> {
        let over = self.all.filter(|most| all > full(*most));
        over.map_or(Ok(()), |most| Err(too_heavy(PROJECTS, all, most)))
    }
}

/// From where on a limit counts as reached. What is left is for the edits between two weighings,
/// which would come closer and closer one after the other.
const fn full(most: u64) -> u64 {
    most - most / 32
}

/// Who has a limit, its setting, and what helps.
type Who = (&'static str, &'static str, &'static str);
const PROJECT: Who = ("the project", "server.max_project_memory_mb", "");
const PROJECTS: Who = ("all projects together", "server.max_projects_memory_mb", " others");

fn too_heavy((who, setting, others): Who, weight: u64, most: u64) -> Problem {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let text = format!(
        "{who} would hold {:.1} MiB, and {setting} = {} is reached at {:.1}: undo, clear a layer, \
         close_project{others}, or raise that setting",
        mib(weight),
        mib(most),
        mib(full(most)),
    );
    Problem::refused("limit_exceeded", text).with("max_bytes", most).with("held_bytes", weight)
}

impl Room {
    /// About how many voxels a change writes at most, where there is a limit; 0 where it adds
    /// nothing, and so goes on in a full project too.
    pub fn touches_of(&self, change: &Change, scene: &Scene) -> u64 {
        match change {
            Change::Apply(command) => self.touches(command, scene),
            Change::Undo | Change::Redo => 0,
        }
    }

    /// As [`Room::touches_of`].
    pub fn touches(&self, command: &Command, scene: &Scene) -> u64 {
        let counts = self.limits.is_some() && adds(command, scene);
        if counts { command.cost(scene.filled()).max(1) } else { 0 }
    }

    /// Whether an edit that may touch so many voxels stays within all limits for certain.
    fn fits(&self, weight: &Weight, touches: u64) -> bool {
        let more = touches.saturating_mul(MOST_PER_VOXEL);
        let fits = |held: u64, most: Option<u64>| {
            most.is_none_or(|most| held.saturating_add(more) <= most)
        };
        fits(weight.counted, self.limits.each) && fits(self.all, self.limits.all)
    }

    /// Whether an edit has to be weighed. An error where one as large has just been too heavy.
    pub fn must_weigh(&self, project: &OpenProject, touches: u64) -> Result<bool, Problem> {
        if touches == 0 || self.fits(&project.weight, touches) {
            return Ok(false);
        }
        let is_the_same = |refused: &&Refused| {
            refused.revision == project.project.revision()
                && refused.touches <= touches
                && refused.all <= self.all
        };
        match project.weight.refused.as_ref().filter(is_the_same) {
            Some(refused) => Err(refused.problem.clone()),
            None => Ok(true),
        }
    }
}

impl Weight {
    /// Of a project whose volumes have just been weighed.
    pub fn of(project: &Project, volumes: u64, stamp: u64) -> Self {
        Self { volumes, stamp, revision: project.revision(), ..Self::default() }
    }

    /// Whether it counts exactly what that project weighs.
    pub const fn is_exact(&self, project: &Project) -> bool {
        self.revision == project.revision()
    }

    /// An edit was made that may have touched so many voxels.
    pub const fn touch(&mut self, touches: u64) {
        self.touched = self.touched.saturating_add(touches);
    }

    /// A step was undone or made again. What the history held is in the volumes now, or was.
    pub const fn swap(&mut self, history_before: u64) {
        self.volumes = self.volumes.saturating_add(history_before);
        self.touch(MOST_UNDONE);
    }

    /// Counts anew, the history as it is.
    pub fn recount(&mut self, project: &Project) {
        let since = self.touched.saturating_mul(MOST_PER_VOXEL);
        let history = project.history_bytes() as u64;
        self.counted = self.volumes.saturating_add(since).saturating_add(history);
    }

    /// It has been weighed, and what was touched while it was is all that is not known.
    pub fn learn(&mut self, found: &Found, stamp: u64) {
        self.volumes = found.volumes;
        self.touched = self.touched.saturating_sub(found.touched);
        (self.stamp, self.revision) = (stamp, found.revision);
    }

    /// An edit was refused. `all` is what all projects count.
    pub fn refuse(&mut self, revision: u64, touches: u64, all: u64, problem: Problem) {
        self.refused = Some(Refused { revision, touches, all, problem });
    }
}

impl Suspect {
    pub fn new(project: &OpenProject) -> Self {
        let Weight { stamp, touched, .. } = project.weight;
        Self { id: project.id.clone(), stamp, touched, frozen: project.project.snapshot() }
    }
}

impl Weighing {
    /// Weighs them, and what the job has made. Takes its time.
    pub fn finish(self, made: &Scene, touches: u64, refusal: RpcError) -> Weighed {
        Weighed { volumes: bytes_of(made), touches, found: self.weigh(), refusal }
    }

    fn weigh(self) -> Vec<Found> {
        let weigh = |Suspect { id, stamp, touched, frozen }: Suspect| Found {
            id,
            stamp,
            touched,
            revision: frozen.revision(),
            volumes: bytes_of(frozen.scene()),
        };
        self.0.into_iter().map(weigh).collect()
    }
}

/// The bytes of a scene's volumes. Takes its time.
pub(crate) fn bytes_of(scene: &Scene) -> u64 {
    scene.layers.iter().map(|layer| layer.volume.bytes() as u64).sum()
}

/// Whether a command may make a project larger. What others leave in the history is bounded there.
fn adds(command: &Command, scene: &Scene) -> bool {
    match command {
        Command::SetVoxel { voxel, .. }
        | Command::FillShape { voxel, .. }
        | Command::FloodFill { voxel, .. } => !voxel.is_empty(),
        Command::SetVoxels { voxels, .. } => voxels.iter().any(|(_, voxel)| !voxel.is_empty()),
        Command::DeleteLayer { .. } => unfolds(command, scene),
        Command::ClearLayer { .. }
        | Command::SetVisible { .. }
        | Command::SetActive { .. }
        | Command::RenameLayer { .. } => false,
        _ => true,
    }
}

/// Whether the command makes voxels of layers that only stand for others.
pub(crate) fn unfolds(command: &Command, scene: &Scene) -> bool {
    let is_derived = |id| scene.layer(id).is_some_and(|layer| layer.kind != LayerKind::Plain);
    let is_cloned = |base| scene.layers.iter().any(|layer| layer.kind == LayerKind::Clone { base });
    match command {
        Command::MergeLayers { source, .. } => is_derived(*source) || is_cloned(*source),
        Command::DeleteLayer { layer } => is_cloned(*layer),
        _ => false,
    }
}
