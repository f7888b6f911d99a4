//! A project: a scene, its history, and the one place where commands change it.
//!
//! [`Project::apply`] checks, then writes: a refused command changes nothing.

use crate::command::{Author, Command};
use crate::error::ErrorKind;
use crate::history::{Before, Cells, History, Room, SMALL_STEP};
use crate::ops::{self, Shape, Solid};
use crate::scene::{Layer, LayerId, LayerKind, Scene, clip_name};
use crate::snapshot::Snapshot;
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel};
use std::fmt;
use std::sync::Arc;

/// What a project may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectLimits {
    /// Bricks over all layers; as many as a file may hold.
    pub max_bricks: usize,
    /// Layers.
    pub max_layers: usize,
    /// Steps that can be undone.
    pub max_steps: usize,
    /// Bytes that those steps may keep from being freed.
    pub max_history_bytes: usize,
}

impl Default for ProjectLimits {
    fn default() -> Self {
        Self {
            max_bricks: 1 << 20,
            max_layers: 4096,
            max_steps: 1 << 16,
            max_history_bytes: 256 << 20,
        }
    }
}

/// Why a project refused a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectError {
    /// No layer has that number.
    NoSuchLayer(LayerId),
    /// A clone, shape or image layer has no voxels of its own to edit.
    NotEditable(LayerId),
    /// Merging a layer into itself.
    SameLayer(LayerId),
    /// The layers would hold more bricks than the limits allow.
    ProjectFull {
        /// The limit that was hit.
        max_bricks: usize,
    },
    /// The project holds as many layers as the limits allow.
    TooManyLayers {
        /// The limit that was hit.
        max_layers: usize,
    },
    /// No step is left to undo.
    NothingToUndo,
    /// No step is left to redo.
    NothingToRedo,
}

impl ProjectError {
    /// The stable kind that callers outside the engine switch on.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            ProjectError::NoSuchLayer(_) => ErrorKind::LayerNotFound,
            ProjectError::NotEditable(_)
            | ProjectError::SameLayer(_)
            | ProjectError::NothingToUndo
            | ProjectError::NothingToRedo => ErrorKind::InvalidOperation,
            ProjectError::ProjectFull { .. } | ProjectError::TooManyLayers { .. } => {
                ErrorKind::LimitExceeded
            }
        }
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectError::NoSuchLayer(id) => write!(f, "no layer has id {}", id.0),
            ProjectError::NotEditable(id) => {
                write!(f, "layer {} is a clone, shape or image layer: edit a plain layer", id.0)
            }
            ProjectError::SameLayer(id) => write!(f, "layer {} cannot be merged into itself", id.0),
            ProjectError::ProjectFull { max_bricks } => {
                write!(f, "the project would hold more than {max_bricks} bricks of 16^3")
            }
            ProjectError::TooManyLayers { max_layers } => {
                write!(f, "the project is full at {max_layers} layers")
            }
            ProjectError::NothingToUndo => f.write_str("nothing to undo"),
            ProjectError::NothingToRedo => f.write_str("nothing to redo"),
        }
    }
}

impl std::error::Error for ProjectError {}

/// What a command did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The layer it was for, or the one it made.
    pub layer: LayerId,
    /// Places written; for an erasing edit, voxels erased.
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
    scene: Arc<Scene>,
    history: History,
    revision: u64,
    limits: ProjectLimits,
}

impl Project {
    /// A new project: one empty layer.
    pub fn new() -> Self {
        Self::default()
    }

    /// A project of that scene, with nothing to undo. A scene without layers
    /// gets an empty one; an active layer that is not there becomes the top one.
    pub fn from_scene(mut scene: Scene) -> Self {
        if scene.layers.is_empty() {
            scene.layers.push(Layer::new(LayerId(1), "Layer.1"));
        }
        if scene.layer(scene.active).is_none() {
            activate_top(&mut scene);
        }
        Self { scene: Arc::new(scene), ..Self::default() }
    }

    /// The same project with other limits.
    pub fn with_limits(self, limits: ProjectLimits) -> Self {
        Self { limits, ..self }
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
        Snapshot::new(Arc::clone(&self.scene), self.revision)
    }

    /// How many steps can be undone and redone.
    pub fn steps(&self) -> (usize, usize) {
        (self.history.undo_steps(), self.history.redo_steps())
    }

    /// Carries out one command. A refused command changes nothing.
    pub fn apply(&mut self, command: Command, author: Author) -> Result<Outcome, ProjectError> {
        let (before, outcome) = self.carry_out(command)?;
        if let Some(before) = before {
            self.revision += 1;
            let ProjectLimits { max_steps, max_history_bytes: max_bytes, .. } = self.limits;
            self.history.push(author, before, &self.scene, Room { max_steps, max_bytes });
        }
        Ok(outcome)
    }

    /// Takes the last step back. Returns who had made it.
    pub fn undo(&mut self) -> Result<Author, ProjectError> {
        let (author, before) = self.history.pop_undo().ok_or(ProjectError::NothingToUndo)?;
        let now = self.put_back(before);
        self.history.push_redo(author, now);
        Ok(author)
    }

    /// Makes the last undone step again. Returns who had made it.
    pub fn redo(&mut self) -> Result<Author, ProjectError> {
        let (author, after) = self.history.pop_redo().ok_or(ProjectError::NothingToRedo)?;
        let before = self.put_back(after);
        self.history.append(author, before, &self.scene);
        Ok(author)
    }

    fn carry_out(&mut self, command: Command) -> Result<(Option<Before>, Outcome), ProjectError> {
        match command {
            Command::SetVoxel { layer, at, voxel } => self.set_voxel(layer, at, voxel),
            Command::SetVoxels { layer, voxels } => self.set_voxels(layer, voxels),
            Command::PaintVoxels { layer, voxels } => self.paint_voxels(layer, voxels),
            Command::FillShape { layer, shape, bounds, voxel } => {
                self.fill_shape(layer, shape, bounds, voxel)
            }
            Command::FloodFill { layer, seed, voxel, tolerance } => {
                self.flood_fill(layer, seed, voxel, tolerance)
            }
            Command::ClearLayer { layer } => self.clear_layer(layer),
            Command::AddLayer { name, visible } => self.add_layer(name, visible),
            Command::DeleteLayer { layer } => self.delete_layer(layer),
            Command::MergeLayers { source, target } => self.merge_layers(source, target),
            Command::SetVisible { layer, visible } => {
                self.change_layer(layer, |layer| layer.visible = visible)
            }
            Command::RenameLayer { layer, name } => {
                self.change_layer(layer, |layer| clip_name(&name).clone_into(&mut layer.name))
            }
            Command::MoveLayer { layer, index } => self.move_layer(layer, index),
            Command::SetActive { layer } => self.set_active(layer),
        }
    }

    fn set_voxel(&mut self, layer: Option<LayerId>, at: Coord, voxel: Voxel) -> Done {
        let id = self.editable(layer)?;
        self.check_room(new_bricks(&self.find(id)?.volume, &[(at, voxel)]))?;
        let old = self.volume_mut(id).set(at, voxel);
        if old == voxel.normalized() {
            return unchanged(id, u64::from(!old.is_empty()));
        }
        done(id, 1, Before::Cells(id, vec![(at, old)]))
    }

    fn set_voxels(&mut self, layer: Option<LayerId>, voxels: Vec<(Coord, Voxel)>) -> Done {
        let id = self.editable(layer)?;
        self.check_room(new_bricks(&self.find(id)?.volume, &voxels))?;
        self.write_voxels(id, voxels)
    }

    fn paint_voxels(&mut self, layer: Option<LayerId>, mut voxels: Vec<(Coord, Voxel)>) -> Done {
        let id = self.editable(layer)?;
        let volume = &self.find(id)?.volume;
        voxels.retain(|(at, _)| !volume.get(*at).is_empty());
        self.write_voxels(id, voxels)
    }

    fn write_voxels(&mut self, id: LayerId, voxels: Vec<(Coord, Voxel)>) -> Done {
        if voxels.len() > SMALL_STEP {
            let before = self.volume(id);
            let touched = self.volume_mut(id).write(voxels);
            return done(id, touched, Before::Volume(id, before));
        }
        let volume = self.volume_mut(id);
        let mut touched = 0;
        let mut old = Cells::with_capacity(voxels.len());
        for (at, voxel) in voxels {
            let was = volume.set(at, voxel);
            touched += u64::from(!(voxel.is_empty() && was.is_empty()));
            old.push((at, was));
        }
        if old.is_empty() {
            return unchanged(id, 0);
        }
        done(id, touched, Before::Cells(id, old))
    }

    fn fill_shape(
        &mut self,
        layer: Option<LayerId>,
        shape: Shape,
        bounds: Bounds,
        voxel: Voxel,
    ) -> Done {
        let id = self.editable(layer)?;
        if !voxel.is_empty() {
            self.check_room(bounds.bricks())?;
        }
        let solid = Solid::filling(shape, bounds);
        self.edit_volume(id, Some(bounds), |volume| solid.fill(volume, voxel))
    }

    fn flood_fill(
        &mut self,
        layer: Option<LayerId>,
        seed: Coord,
        voxel: Voxel,
        tolerance: u8,
    ) -> Done {
        let id = self.editable(layer)?;
        let region = ops::flood(&self.volume(id), seed, tolerance);
        let bounds = region.bounds();
        self.edit_volume(id, bounds, |volume| ops::fill_mask(volume, &region, voxel))
    }

    fn clear_layer(&mut self, layer: Option<LayerId>) -> Done {
        let id = self.editable(layer)?;
        self.edit_volume(id, None, |volume| std::mem::take(volume).filled())
    }

    /// Runs an edit that stays inside `within` (anywhere when `None`) and keeps
    /// what was there before, in the smaller form.
    fn edit_volume(
        &mut self,
        id: LayerId,
        within: Option<Bounds>,
        edit: impl FnOnce(&mut Volume) -> u64,
    ) -> Done {
        let small = within.filter(|bounds| bounds.voxels() <= SMALL_STEP as u128);
        let before = match small {
            Some(bounds) => Before::Cells(id, cells_of(&self.volume(id), bounds)),
            None => Before::Volume(id, self.volume(id)),
        };
        let touched = edit(self.volume_mut(id));
        if touched == 0 { unchanged(id, 0) } else { done(id, touched, before) }
    }

    fn add_layer(&mut self, name: Option<String>, visible: bool) -> Done {
        let max_layers = self.limits.max_layers;
        if self.scene.layers.len() >= max_layers {
            return Err(ProjectError::TooManyLayers { max_layers });
        }
        let id = self.scene.free_id();
        let name = name.unwrap_or_else(|| self.scene.free_name());
        let mut layer = Layer { visible, ..Layer::new(id, &name) };
        layer.material = (!self.scene.materials.is_empty()).then_some(0);
        self.change_scene(id, |scene| {
            scene.layers.push(layer);
            scene.active = id;
        })
    }

    fn delete_layer(&mut self, id: LayerId) -> Done {
        self.find(id)?;
        let mut scene = Scene::clone(&self.scene);
        self.remove_layer(&mut scene, id)?;
        self.replace_scene(id, scene)
    }

    fn merge_layers(&mut self, source: LayerId, target: LayerId) -> Done {
        self.find(source)?;
        self.editable(Some(target))?;
        if source == target {
            return Err(ProjectError::SameLayer(source));
        }
        let upper = crate::composite::all_voxels_of(&self.scene, self.find(source)?);
        let upper = upper.ok_or(self.full())?;
        let merged = Volume::merged(&self.volume(target), &upper, BlendMode::Over);
        let mut scene = Scene::clone(&self.scene);
        if let Some(layer) = scene.layers.iter_mut().find(|layer| layer.id == target) {
            layer.volume = merged;
        }
        self.remove_layer(&mut scene, source)?;
        self.replace_scene(target, scene)
    }

    /// Removes a layer: its clones keep their voxels as plain layers, the last
    /// layer is replaced, and the top one becomes active if the active one went.
    fn remove_layer(&self, scene: &mut Scene, id: LayerId) -> Result<(), ProjectError> {
        let is_clone = |layer: &Layer| layer.kind == LayerKind::Clone { base: id };
        let clones: Vec<usize> = (0..scene.layers.len())
            .filter(|index| scene.layers.get(*index).is_some_and(is_clone))
            .collect();
        let mut volumes = Vec::with_capacity(clones.len());
        let mut bricks = scene.brick_count();
        bricks -= scene.layer(id).map_or(0, |layer| layer.volume.brick_count());
        for index in &clones {
            let volume = crate::composite::all_voxels_of(scene, &scene.layers[*index]);
            let volume = volume.ok_or(self.full())?;
            bricks += volume.brick_count();
            if bricks > self.limits.max_bricks {
                return Err(self.full());
            }
            volumes.push(volume);
        }
        if bricks > self.limits.max_bricks {
            return Err(self.full());
        }
        for (index, volume) in clones.into_iter().zip(volumes) {
            let layer = &mut scene.layers[index];
            layer.volume = volume;
            layer.kind = LayerKind::Plain;
        }
        scene.layers.retain(|layer| layer.id != id);
        if scene.layers.is_empty() {
            scene.layers.push(Layer::new(LayerId(1), "unnamed"));
        }
        if scene.layer(scene.active).is_none() {
            activate_top(scene);
        }
        Ok(())
    }

    fn move_layer(&mut self, id: LayerId, index: usize) -> Done {
        self.find(id)?;
        self.change_scene(id, |scene| {
            let Some(from) = scene.layers.iter().position(|layer| layer.id == id) else {
                return;
            };
            let layer = scene.layers.remove(from);
            let to = index.min(scene.layers.len());
            scene.layers.insert(to, layer);
        })
    }

    fn set_active(&mut self, id: LayerId) -> Done {
        self.find(id)?;
        self.change_scene(id, |scene| scene.active = id)
    }

    fn change_layer(&mut self, id: LayerId, change: impl FnOnce(&mut Layer)) -> Done {
        self.find(id)?;
        self.change_scene(id, |scene| {
            if let Some(layer) = scene.layers.iter_mut().find(|layer| layer.id == id) {
                change(layer);
            }
        })
    }

    fn change_scene(&mut self, id: LayerId, change: impl FnOnce(&mut Scene)) -> Done {
        let mut scene = Scene::clone(&self.scene);
        change(&mut scene);
        self.replace_scene(id, scene)
    }

    fn replace_scene(&mut self, id: LayerId, scene: Scene) -> Done {
        let before = std::mem::replace(&mut self.scene, Arc::new(scene));
        done(id, 0, Before::Scene(before))
    }

    /// Puts a step's old state back and returns the state it replaces.
    fn put_back(&mut self, before: Before) -> Before {
        self.revision += 1;
        match before {
            Before::Scene(scene) => Before::Scene(std::mem::replace(&mut self.scene, scene)),
            Before::Volume(id, volume) => {
                Before::Volume(id, std::mem::replace(self.volume_mut(id), volume))
            }
            Before::Cells(id, cells) => {
                let volume = self.volume_mut(id);
                let put = |(at, voxel): (Coord, Voxel)| (at, volume.set(at, voxel));
                Before::Cells(id, cells.into_iter().rev().map(put).collect())
            }
        }
    }

    fn find(&self, id: LayerId) -> Result<&Layer, ProjectError> {
        self.scene.layer(id).ok_or(ProjectError::NoSuchLayer(id))
    }

    fn editable(&self, layer: Option<LayerId>) -> Result<LayerId, ProjectError> {
        let id = layer.unwrap_or(self.scene.active);
        match self.find(id)?.kind {
            LayerKind::Plain => Ok(id),
            _ => Err(ProjectError::NotEditable(id)),
        }
    }

    fn check_room(&self, more: u128) -> Result<(), ProjectError> {
        let room = self.limits.max_bricks.saturating_sub(self.scene.brick_count());
        if more > room as u128 { Err(self.full()) } else { Ok(()) }
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
fn done(layer: LayerId, touched: u64, before: Before) -> Done {
    Ok((Some(before), Outcome { layer, touched }))
}

#[expect(clippy::unnecessary_wraps, reason = "the last line of every edit")]
fn unchanged(layer: LayerId, touched: u64) -> Done {
    Ok((None, Outcome { layer, touched }))
}

/// The values of all places of a small box, filled or not.
fn cells_of(volume: &Volume, bounds: Bounds) -> Cells {
    let (low, high) = (bounds.min, bounds.max);
    let places = (low.z..=high.z).flat_map(|z| {
        (low.y..=high.y).flat_map(move |y| (low.x..=high.x).map(move |x| Coord::new(x, y, z)))
    });
    places.map(|at| (at, volume.get(at))).collect()
}

/// How many bricks the writes would add at most.
fn new_bricks(volume: &Volume, voxels: &[(Coord, Voxel)]) -> u128 {
    let mut homes: Vec<_> =
        voxels.iter().filter(|(_, voxel)| !voxel.is_empty()).map(|(at, _)| at.brick()).collect();
    homes.dedup();
    homes.sort_unstable_by_key(|home| home.order());
    homes.dedup();
    homes.retain(|home| volume.brick(*home).is_none());
    homes.len() as u128
}

fn activate_top(scene: &mut Scene) {
    if let Some(top) = scene.layers.last() {
        scene.active = top.id;
    }
}

#[cfg(test)]
mod tests;
