//! A project: a scene, its history, and the one place where commands change it.
//!
//! [`Project::apply`] checks, then writes: a refused command changes nothing. What each
//! command does is in the modules below, by what it is about; they return what was there
//! before, and this one keeps it.

mod carry_out;
mod check;
mod error;
mod layers;
mod scenery;
mod selecting;
mod voxels;

pub use error::ProjectError;

use crate::command::{Author, Command};
use crate::composite::Composite;
use crate::effect::{Effect, EffectError};
use crate::history::{Before, History, Room, bytes_of_scene};
use crate::parallel::Threads;
use crate::scene::{Layer, LayerId, LayerKind, NAME_MAX, Scene};
use crate::snapshot::Snapshot;
use crate::volume::Volume;
pub(crate) use selecting::Clipboard;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a project may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectLimits {
    /// Bricks over all layers; as many as a file may hold.
    pub max_bricks: usize,
    /// Layers.
    pub max_layers: usize,
    /// Materials; and cameras; and checkpoints.
    pub max_listed: usize,
    /// Places, points, colours, or commands of a group that one command may list, and pixels.
    pub max_items: usize,
    /// Steps that can be undone.
    pub max_steps: usize,
    /// Bytes that those steps may keep from being freed; checkpoints may keep as many.
    pub max_history_bytes: usize,
}

impl Default for ProjectLimits {
    fn default() -> Self {
        Self {
            max_bricks: 1 << 20,
            max_layers: 4096,
            max_listed: 4096,
            max_items: 1 << 24,
            max_steps: usize::MAX,
            max_history_bytes: 256 << 20,
        }
    }
}

/// What a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The layer it was for, or the one it made.
    pub layer: LayerId,
    /// Voxels that are not what they were; for writes of single voxels, places written;
    /// for a selection, voxels selected; for a group, the sum.
    pub touched: u64,
}

/// A scene that can be edited, undone and frozen.
///
/// ```
/// use goxel_engine::command::{Author, Command};
/// use goxel_engine::project::Project;
/// use goxel_engine::volume::{Coord, Voxel};
/// let mut project = Project::new();
/// let at = Coord::new(1, 2, 3);
/// let red = Command::SetVoxel { layer: None, at, voxel: Voxel::rgb(255, 0, 0) };
/// project.apply(red, Author::default())?;
/// project.undo()?;
/// assert!(project.scene().layers[0].volume.is_empty());
/// # Ok::<(), goxel_engine::project::ProjectError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub(crate) scene: Arc<Scene>,
    pub(crate) history: History,
    pub(crate) checkpoints: BTreeMap<String, Checkpoint>,
    pub(crate) clipboard: Clipboard,
    composite: Arc<Mutex<Composite>>,
    pub(crate) revision: u64,
    limits: ProjectLimits,
    threads: Threads,
}

/// The scene that a name stands for, and its revision.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub scene: Arc<Scene>,
    pub revision: u64,
}

impl Project {
    /// A new project: one empty layer.
    pub fn new() -> Self {
        Self::default()
    }

    /// A project of that scene, with nothing to undo. A scene without layers
    /// gets an empty one; an active layer that is not there becomes the top one.
    pub fn from_scene(scene: Scene) -> Self {
        Self { scene: Arc::new(with_a_layer(scene)), ..Self::default() }
    }

    /// A project that begins where a snapshot was taken, with nothing to undo, in O(1). It has
    /// the usual limits and one thread.
    pub fn branch(snapshot: &Snapshot) -> Self {
        Self { scene: snapshot.shared_scene(), ..Self::default() }
    }

    /// The same project with other limits.
    pub fn with_limits(self, limits: ProjectLimits) -> Self {
        Self { limits, ..self }
    }

    /// The same project, its edits on up to that many threads.
    pub fn with_threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// What the project holds.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// A number that changes with every edit.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The project as it is now, in O(1).
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(Arc::clone(&self.scene), self.revision, Arc::clone(&self.composite))
    }

    /// As [`Scene::fingerprint`]: the revision is not in it. It takes some nanoseconds a layer.
    pub fn fingerprint(&self) -> u64 {
        self.scene.fingerprint()
    }

    /// How many steps can be undone and redone.
    pub const fn steps(&self) -> (usize, usize) {
        (self.history.undo_steps(), self.history.redo_steps())
    }

    /// About how many bytes the steps to undo and to redo keep from being freed.
    pub const fn history_bytes(&self) -> usize {
        self.history.bytes()
    }

    /// The names of the checkpoints, in order.
    pub fn checkpoints(&self) -> impl Iterator<Item = &str> {
        self.checkpoints.keys().map(String::as_str)
    }

    /// The project as it was at a checkpoint.
    pub fn checkpoint(&self, name: &str) -> Option<Snapshot> {
        let Checkpoint { scene, revision } = self.checkpoints.get(name)?;
        Some(Snapshot::new(Arc::clone(scene), *revision, Arc::clone(&self.composite)))
    }

    /// Carries out one command. A refused command changes nothing.
    pub fn apply(&mut self, command: Command, author: Author) -> Result<Outcome, ProjectError> {
        check::sound(&command, &self.limits)?;
        let (before, outcome) = match command {
            Command::Group(commands) => self.carry_out_all(commands)?,
            command => self.carry_out(command)?,
        };
        if let Some(before) = before {
            self.keep(author, before);
        }
        Ok(outcome)
    }

    /// Makes the project what a snapshot holds, as one step.
    pub fn restore(&mut self, snapshot: &Snapshot, author: Author) {
        let before = std::mem::replace(&mut self.scene, snapshot.shared_scene());
        self.keep(author, Before::Scene(before));
    }

    /// Makes the project that scene, as one step, even if it is as it was. As with
    /// [`Project::from_scene`], a scene without layers gets one. Limits are not asked.
    pub fn adopt(&mut self, scene: Scene, author: Author) {
        let before = std::mem::replace(&mut self.scene, Arc::new(with_a_layer(scene)));
        self.keep(author, Before::Scene(before));
    }

    /// Makes the project what an effect makes of it, as one step, even if that changes nothing.
    /// One that does not fit changes nothing and is no step. Limits are not asked.
    pub fn apply_effect(&mut self, effect: &Effect, author: Author) -> Result<(), EffectError> {
        if let Some(id) = effect.only_layer() {
            let before = self.volume(id);
            effect.apply(Arc::make_mut(&mut self.scene))?;
            self.keep(author, Before::Volume(id, before));
            return Ok(());
        }
        let mut scene = Scene::clone(&self.scene);
        effect.apply(&mut scene)?;
        self.adopt(scene, author);
        Ok(())
    }

    /// Takes the last step back. Returns who had made it.
    pub fn undo(&mut self) -> Result<Author, ProjectError> {
        let (author, before) = self.history.pop_undo().ok_or(ProjectError::NothingToUndo)?;
        self.revision += 1;
        let now = self.put_back(before);
        self.history.push_redo(author, now, &self.scene);
        Ok(author)
    }

    /// Makes the last undone step again. Returns who had made it.
    pub fn redo(&mut self) -> Result<Author, ProjectError> {
        let (author, after) = self.history.pop_redo().ok_or(ProjectError::NothingToRedo)?;
        self.revision += 1;
        let before = self.put_back(after);
        self.history.append(author, before, &self.scene);
        Ok(author)
    }

    fn keep(&mut self, author: Author, before: Before) {
        self.revision += 1;
        let ProjectLimits { max_steps, max_history_bytes: max_bytes, .. } = self.limits;
        self.history.push(author, before, &self.scene, Room { max_steps, max_bytes });
    }

    /// All of them, or none. Commands that changed the layers keep the scene that the group
    /// began with, once for all of them.
    fn carry_out_all(&mut self, commands: Vec<Command>) -> Done {
        let start = Arc::clone(&self.scene);
        let mut cells = Vec::new();
        let mut is_small = true;
        let mut sum = Outcome { layer: self.scene.active, touched: 0 };
        let (clipboard, checkpoints) = (self.clipboard.clone(), self.checkpoints.clone());
        for command in commands {
            match self.carry_out(command) {
                Ok((before, outcome)) => {
                    is_small &= before.iter().all(|each| matches!(each, Before::Cells(..)));
                    cells.extend(before.filter(|_| is_small));
                    sum.layer = outcome.layer;
                    sum.touched += outcome.touched;
                }
                Err(error) => {
                    self.scene = start;
                    (self.clipboard, self.checkpoints) = (clipboard, checkpoints);
                    return Err(error);
                }
            }
        }
        let before = match is_small {
            true if cells.is_empty() => None,
            true => Some(Before::Group(cells)),
            false => Some(Before::Scene(start)),
        };
        Ok((before, sum))
    }

    /// Puts a step's old state back and returns the state it replaces.
    fn put_back(&mut self, before: Before) -> Before {
        match before {
            Before::Scene(scene) => Before::Scene(std::mem::replace(&mut self.scene, scene)),
            Before::Volume(id, volume) => {
                Before::Volume(id, std::mem::replace(self.volume_mut(id), volume))
            }
            Before::Cells(id, cells) => {
                let volume = self.volume_mut(id);
                let put = |(at, voxel)| (at, volume.set(at, voxel));
                Before::Cells(id, cells.into_iter().rev().map(put).collect())
            }
            Before::Group(all) => {
                Before::Group(all.into_iter().rev().map(|each| self.put_back(each)).collect())
            }
        }
    }

    fn make_checkpoint(&mut self, name: String) -> Done {
        if name.is_empty() || name.len() > NAME_MAX {
            return Err(ProjectError::OutOfRange {
                what: "a checkpoint's name has 1 to 255 bytes",
            });
        }
        let (max, max_bytes) = (self.limits.max_listed, self.limits.max_history_bytes);
        if self.checkpoints.len() >= max && !self.checkpoints.contains_key(&name) {
            return Err(ProjectError::TooMany { what: "checkpoints", max });
        }
        let others = self.checkpoints.iter().filter(|(other, _)| **other != name);
        let held: usize = others.map(|(_, kept)| self.bytes_kept_by(&kept.scene)).sum();
        if held > max_bytes {
            return Err(ProjectError::CheckpointTooLarge { max_bytes });
        }
        let (scene, revision) = (Arc::clone(&self.scene), self.revision);
        self.checkpoints.insert(name, Checkpoint { scene, revision });
        unchanged(self.scene.active, 0)
    }

    fn bytes_kept_by(&self, scene: &Arc<Scene>) -> usize {
        if Arc::ptr_eq(scene, &self.scene) { 0 } else { bytes_of_scene(scene, &self.scene) }
    }

    fn restore_checkpoint(&mut self, name: String) -> Done {
        let kept = self.checkpoints.get(&name).map(|kept| Scene::clone(&kept.scene));
        let scene = kept.ok_or(ProjectError::NoSuchCheckpoint(name))?;
        self.replace_scene(scene.active, scene)
    }

    fn drop_checkpoint(&mut self, name: &str) -> Done {
        match self.checkpoints.remove(name) {
            Some(_) => unchanged(self.scene.active, 0),
            None => Err(ProjectError::NoSuchCheckpoint(name.to_owned())),
        }
    }

    fn change_scene(&mut self, id: LayerId, change: impl FnOnce(&mut Scene)) -> Done {
        let mut scene = Scene::clone(&self.scene);
        change(&mut scene);
        self.replace_scene(id, scene)
    }

    /// A scene that is as it was is no step (spec/engine.md 5: a snapshot if the image differs).
    fn replace_scene(&mut self, id: LayerId, scene: Scene) -> Done {
        if scene == *self.scene {
            return unchanged(id, 0);
        }
        let before = std::mem::replace(&mut self.scene, Arc::new(scene));
        done(id, 0, Before::Scene(before))
    }

    fn find(&self, id: LayerId) -> Result<&Layer, ProjectError> {
        self.scene.layer(id).ok_or(ProjectError::NoSuchLayer(id))
    }

    /// The layer of that id, or the active one.
    fn layer(&self, layer: Option<LayerId>) -> Result<&Layer, ProjectError> {
        self.find(layer.unwrap_or(self.scene.active))
    }

    fn editable(&self, layer: Option<LayerId>) -> Result<LayerId, ProjectError> {
        let layer = self.layer(layer)?;
        match layer.kind {
            LayerKind::Plain => Ok(layer.id),
            _ => Err(ProjectError::NotEditable(layer.id)),
        }
    }

    fn check_room(&self, more: u128) -> Result<(), ProjectError> {
        let room = self.limits.max_bricks.saturating_sub(self.scene.brick_count());
        if more > room as u128 { Err(self.full()) } else { Ok(()) }
    }

    fn check_layers(&self) -> Result<(), ProjectError> {
        let max_layers = self.limits.max_layers;
        match self.scene.layers.len() >= max_layers {
            true => Err(ProjectError::TooManyLayers { max_layers }),
            false => Ok(()),
        }
    }

    /// How many bricks a layer may hold, the others as they are.
    fn room_of(&self, id: LayerId) -> usize {
        let own = self.scene.layer(id).map_or(0, |layer| layer.volume.brick_count());
        self.limits.max_bricks.saturating_add(own).saturating_sub(self.scene.brick_count())
    }

    const fn full(&self) -> ProjectError {
        ProjectError::ProjectFull { max_bricks: self.limits.max_bricks }
    }

    fn volume(&self, id: LayerId) -> Volume {
        self.scene.layer(id).map(|layer| layer.volume.clone()).unwrap_or_default()
    }

    fn volume_mut(&mut self, id: LayerId) -> &mut Volume {
        let layers = &mut Arc::make_mut(&mut self.scene).layers;
        let layer = layers.iter_mut().find(|layer| layer.id == id);
        &mut layer.expect("the layer was found before the edit, and steps keep the stack").volume
    }
}

type Done = Result<(Option<Before>, Outcome), ProjectError>;

#[expect(clippy::unnecessary_wraps, reason = "the last line of every edit")]
const fn done(layer: LayerId, touched: u64, before: Before) -> Done {
    Ok((Some(before), Outcome { layer, touched }))
}

#[expect(clippy::unnecessary_wraps, reason = "the last line of every edit")]
const fn unchanged(layer: LayerId, touched: u64) -> Done {
    Ok((None, Outcome { layer, touched }))
}

/// A project's scene has a layer, and an active one.
fn with_a_layer(mut scene: Scene) -> Scene {
    if scene.layers.is_empty() {
        scene.layers.push(Layer::new(LayerId(1), "Layer.1"));
    }
    if scene.layer(scene.active).is_none() {
        activate_top(&mut scene);
    }
    scene
}

fn activate_top(scene: &mut Scene) {
    if let Some(top) = scene.layers.last() {
        scene.active = top.id;
    }
}

#[cfg(test)]
mod tests;
