//! Selection and clipboard.

use super::voxels::with_layer;
use super::{Done, Outcome, Project, ProjectError, done, unchanged};
use crate::command::Selector;
use crate::history::Before;
use crate::math::{Mat4, Vec3};
use crate::ops::{self, Motion, Painter, SelectMode, Shape, Spread};
use crate::scene::{Layer, LayerId, LayerKind, Scene, Selection};
use crate::volume::{BlendMode, Coord, Volume, Voxel};
use std::sync::Arc;

/// What was copied. Beside the history: undo after a copy takes back the edit before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clipboard {
    pub voxels: Option<Volume>,
    pub area: Option<Mat4>,
}

impl Selection {
    /// The voxels of `volume` that are selected, as a mask: those of the mask, else those
    /// in the box; `None` when nothing is selected, which stands for all.
    pub(super) fn places_in(&self, volume: &Volume) -> Option<Volume> {
        if !self.mask.is_empty() {
            return Some(self.mask.clone());
        }
        self.area.map(|area| ops::in_box(volume, &area))
    }
}

impl Project {
    pub(super) fn select_box(&mut self, area: Option<Mat4>) -> Done {
        let area = area.filter(Mat4::is_set);
        self.change_selection(|selection| selection.area = area)
    }

    pub(super) fn deselect(&mut self) -> Done {
        self.change_selection(|selection| *selection = Selection::default())
    }

    fn change_selection(&mut self, change: impl FnOnce(&mut Selection)) -> Done {
        let active = self.scene.active;
        let mut selection = self.scene.selection.clone();
        change(&mut selection);
        if selection == self.scene.selection {
            return unchanged(active, selection.mask.filled());
        }
        let before = Before::Scene(Arc::clone(&self.scene));
        let touched = selection.mask.filled();
        Arc::make_mut(&mut self.scene).selection = selection;
        done(active, touched, before)
    }

    pub(super) fn select(
        &mut self,
        layer: Option<LayerId>,
        selector: &Selector,
        mode: SelectMode,
    ) -> Done {
        let found = self.selected_by(self.layer(layer)?, selector)?;
        let mask = ops::combined(&self.scene.selection.mask, &found, mode);
        if mask.brick_count() > self.limits.max_bricks {
            return Err(self.full());
        }
        self.change_selection(|selection| selection.mask = mask)
    }

    fn selected_by(&self, layer: &Layer, selector: &Selector) -> Result<Volume, ProjectError> {
        let voxels = || self.shown_by(layer);
        Ok(match selector {
            Selector::All => ops::tinted(&voxels()?, Voxel::WHITE),
            Selector::Box(area) => ops::in_box(&voxels()?, area),
            Selector::Wand { seed, spread } => self.connected(&voxels()?, *seed, spread)?,
            Selector::Color(like) => ops::by_color(&voxels()?, like),
            Selector::Material(material) => self.wearing(*material)?,
            Selector::Rectangle { view, low, high } => {
                ops::in_rectangle(&voxels()?, |at| projected(view, at), *low, *high)
            }
            Selector::Places(places) => {
                let volume = voxels()?;
                let there = places.iter().filter(|at| !volume.get(**at).is_empty());
                there.map(|at| (*at, Voxel::WHITE)).collect()
            }
        })
    }

    /// The wand begins at a voxel: empty space is not selected, also not within a box.
    fn connected(
        &self,
        volume: &Volume,
        seed: Coord,
        spread: &Spread,
    ) -> Result<Volume, ProjectError> {
        if volume.get(seed).is_empty() {
            return Ok(Volume::new());
        }
        ops::flood(volume, seed, spread, self.limits.max_bricks).ok_or(self.full())
    }

    fn wearing(&self, material: Option<usize>) -> Result<Volume, ProjectError> {
        let mut mask = Volume::new();
        for layer in self.scene.layers.iter().filter(|layer| layer.material == material) {
            let more = ops::tinted(&self.shown_by(layer)?, Voxel::WHITE);
            mask = Volume::merged(&mask, &more, BlendMode::Max);
            if mask.brick_count() > self.limits.max_bricks {
                return Err(self.full());
            }
        }
        Ok(mask)
    }

    /// A layer's voxels, those of clones and shapes unfolded.
    fn shown_by(&self, layer: &Layer) -> Result<Volume, ProjectError> {
        crate::composite::all_voxels_of(&self.scene, layer).ok_or(self.full())
    }

    /// Blends a colour into the selected places: all places of the mask, filled or not, else
    /// the box as a painted cube (spec/engine.md 6).
    pub(super) fn fill_selection(
        &mut self,
        layer: Option<LayerId>,
        voxel: Voxel,
        mode: BlendMode,
    ) -> Done {
        let Selection { mask, area } = self.scene.selection.clone();
        match (mask.is_empty(), area) {
            (false, _) => self.reshape(layer, |volume, _, _| {
                Some(Volume::merged(volume, &ops::tinted(&mask, voxel), mode))
            }),
            (true, Some(area)) => {
                let painter = Painter { mode, ..Painter::new(Shape::Cube, voxel) };
                self.reshape(layer, |volume, room, threads| {
                    painter.paint(volume, &area, room, threads)
                })
            }
            (true, None) => Err(ProjectError::NothingSelected),
        }
    }

    pub(super) fn clear_layer(&mut self, layer: Option<LayerId>) -> Done {
        let selection = self.scene.selection.clone();
        self.reshape(layer, |volume, _, _| {
            let gone = selection.places_in(volume);
            Some(gone.map_or_else(Volume::new, |mask| ops::removed(volume, &mask)))
        })
    }

    pub(super) fn copy(&mut self, layer: Option<LayerId>) -> Done {
        let layer = self.layer(layer)?;
        let (id, volume) = (layer.id, self.shown_by(layer)?);
        let places = self.scene.selection.places_in(&volume);
        let voxels = places.map_or_else(|| volume.clone(), |mask| ops::kept(&volume, &mask));
        let touched = voxels.filled();
        self.clipboard = Clipboard { voxels: Some(voxels), area: self.scene.selection.area };
        unchanged(id, touched)
    }

    pub(super) fn cut(&mut self, layer: Option<LayerId>) -> Done {
        self.editable(layer)?;
        let clipboard = self.clipboard.clone();
        self.copy(layer)?;
        let cleared = self.clear_layer(layer);
        if cleared.is_err() {
            self.clipboard = clipboard;
        }
        cleared
    }

    /// Adds the clipboard over the layer, moved by the difference of the selection boxes'
    /// centres if there was one and is one (spec/engine.md 6).
    pub(super) fn paste(&mut self, layer: Option<LayerId>) -> Done {
        let Clipboard { voxels: Some(voxels), area } = self.clipboard.clone() else {
            return Err(ProjectError::ClipboardEmpty);
        };
        let step = area.zip(self.scene.selection.area).map(|(then, now)| {
            let (then, now) = (then.column(3), now.column(3));
            // `as` saturates, and NaN is 0.
            [0, 1, 2].map(|axis| (now[axis] - then[axis]).round() as i64)
        });
        self.reshape(layer, |volume, room, _| {
            let moved = moved_far(&voxels, step.unwrap_or_default(), room)?;
            Some(Volume::merged(volume, &moved, BlendMode::Over))
        })
    }

    /// The selected voxels on a layer of their own, on top and active.
    pub(super) fn cut_to_layer(&mut self, layer: Option<LayerId>) -> Done {
        let id = self.editable(layer)?;
        self.check_layers()?;
        let volume = self.volume(id);
        let places = self.scene.selection.places_in(&volume);
        let mask = places.ok_or(ProjectError::NothingSelected)?;
        let part = ops::kept(&volume, &mask);
        let rest = ops::removed(&volume, &mask);
        let bricks = self.scene.brick_count() - volume.brick_count();
        if bricks + part.brick_count() + rest.brick_count() > self.limits.max_bricks {
            return Err(self.full());
        }
        let mut scene = Scene::clone(&self.scene);
        let touched = part.filled();
        let new = self.copy_of(self.find(id)?, LayerKind::Plain, part);
        let made = new.id;
        with_layer(&mut scene, id, |layer| layer.volume = rest);
        scene.layers.push(new);
        scene.active = made;
        let (before, outcome) = self.replace_scene(made, scene)?;
        Ok((before, Outcome { touched, ..outcome }))
    }
}

/// Moved by a step that may be longer than an `i32`: from one end of space to the other.
fn moved_far(volume: &Volume, step: [i64; 3], room: usize) -> Option<Volume> {
    let half = step.map(|s| s / 2);
    let rest = [0, 1, 2].map(|axis| step[axis] - half[axis]);
    // No step of more than two whole ones stays in space.
    let (Some(half), Some(rest)) = (whole(half), whole(rest)) else {
        return Some(Volume::new());
    };
    let volume = ops::transformed(volume, Motion::Shift(half), [0.0; 3], room)?;
    ops::transformed(&volume, Motion::Shift(rest), [0.0; 3], room)
}

fn whole(step: [i64; 3]) -> Option<[i32; 3]> {
    let [x, y, z] = step.map(|s| i32::try_from(s).ok());
    Some([x?, y?, z?])
}

/// Where a picture shows a point; `None` behind the eye.
fn projected(view: &[f64; 16], at: Vec3) -> Option<[f64; 2]> {
    let row = |r: usize| view[r] * at[0] + view[4 + r] * at[1] + view[8 + r] * at[2] + view[12 + r];
    let w = row(3);
    (w > 0.0).then(|| [row(0) / w, row(1) / w])
}
