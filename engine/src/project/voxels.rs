//! Commands that change the voxels of a layer.

use super::{Done, Project, ProjectError, done, unchanged};
use crate::command::Scope;
use crate::history::{Before, Cells, SMALL_STEP};
use crate::image::Picture;
use crate::math::{Mat4, compose};
use crate::ops::{self, Extrusion, Motion, Relief, Shape, Solid, Spread};
use crate::palette;
use crate::parallel::Threads;
use crate::query::{self, Page};
use crate::scene::{Layer, LayerId, LayerKind, Scene};
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel};
use std::collections::HashSet;

impl Project {
    pub(super) fn set_voxel(&mut self, layer: Option<LayerId>, at: Coord, voxel: Voxel) -> Done {
        let id = self.editable(layer)?;
        self.check_room(new_bricks(&self.find(id)?.volume, &[(at, voxel)]))?;
        let old = self.volume_mut(id).set(at, voxel);
        if old == voxel.normalized() {
            return unchanged(id, u64::from(!old.is_empty()));
        }
        done(id, 1, Before::Cells(id, vec![(at, old)]))
    }

    pub(super) fn set_voxels(
        &mut self,
        layer: Option<LayerId>,
        voxels: Vec<(Coord, Voxel)>,
    ) -> Done {
        let id = self.editable(layer)?;
        self.check_room(new_bricks(&self.find(id)?.volume, &voxels))?;
        self.write_voxels(id, voxels)
    }

    pub(super) fn paint_voxels(
        &mut self,
        layer: Option<LayerId>,
        mut voxels: Vec<(Coord, Voxel)>,
    ) -> Done {
        let id = self.editable(layer)?;
        let volume = &self.find(id)?.volume;
        let mut gone = HashSet::new();
        voxels.retain(|(at, voxel)| {
            let there = !volume.get(*at).is_empty() && !gone.contains(at);
            if there && voxel.is_empty() {
                gone.insert(*at);
            }
            there
        });
        self.write_voxels(id, voxels)
    }

    fn write_voxels(&mut self, id: LayerId, voxels: Vec<(Coord, Voxel)>) -> Done {
        if voxels.len() > SMALL_STEP {
            let before = self.volume(id);
            let touched = self.volume_mut(id).write(voxels);
            return self.keep_if_changed(id, touched, before);
        }
        let volume = self.volume_mut(id);
        let mut touched = 0;
        let mut old = Cells::with_capacity(voxels.len());
        for (at, voxel) in voxels {
            let was = volume.set(at, voxel);
            touched += u64::from(!(voxel.is_empty() && was.is_empty()));
            if was != voxel.normalized() {
                old.push((at, was));
            }
        }
        if old.is_empty() {
            return unchanged(id, touched);
        }
        done(id, touched, Before::Cells(id, old))
    }

    /// An edit that leaves all voxels as they were is no step.
    fn keep_if_changed(&mut self, id: LayerId, touched: u64, before: Volume) -> Done {
        if changed(&before, &self.find(id)?.volume) == 0 {
            *self.volume_mut(id) = before;
            return unchanged(id, touched);
        }
        done(id, touched, Before::Volume(id, before))
    }

    pub(super) fn fill_shape(
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

    pub(super) fn flood_fill(
        &mut self,
        layer: Option<LayerId>,
        seed: Coord,
        voxel: Voxel,
        spread: &Spread,
    ) -> Done {
        let id = self.editable(layer)?;
        let region = ops::flood(&self.volume(id), seed, spread, self.room_of(id));
        let region = region.ok_or(self.full())?;
        if !voxel.is_empty() {
            let volume = &self.find(id)?.volume;
            let is_new = |(at, _): &(_, _)| volume.brick(*at).is_none();
            self.check_room(region.bricks().iter().filter(|brick| is_new(brick)).count() as u128)?;
        }
        let bounds = region.bounds();
        self.edit_volume(id, bounds, |volume| ops::fill_mask(volume, &region, voxel))
    }

    /// Runs an edit that stays inside `within` and keeps what was there before, in
    /// the smaller form.
    fn edit_volume(
        &mut self,
        id: LayerId,
        within: Option<Bounds>,
        edit: impl FnOnce(&mut Volume) -> u64,
    ) -> Done {
        let small = within.filter(|bounds| bounds.voxels() <= SMALL_STEP as u128);
        let Some(bounds) = small else {
            let before = self.volume(id);
            let touched = edit(self.volume_mut(id));
            return self.keep_if_changed(id, touched, before);
        };
        let mut cells = cells_of(&self.volume(id), bounds);
        let touched = edit(self.volume_mut(id));
        let volume = &self.find(id)?.volume;
        cells.retain(|(at, was)| volume.get(*at) != *was);
        if cells.is_empty() {
            unchanged(id, touched)
        } else {
            done(id, touched, Before::Cells(id, cells))
        }
    }

    /// Replaces a layer's volume by what `make` makes of it, given how many bricks it may
    /// hold and how many threads it may use.
    pub(super) fn reshape(
        &mut self,
        layer: Option<LayerId>,
        make: impl FnOnce(&Volume, usize, Threads) -> Option<Volume>,
    ) -> Done {
        let id = self.editable(layer)?;
        let made = make(&self.volume(id), self.room_of(id), self.threads);
        self.replace_volume(id, made.ok_or(self.full())?)
    }

    /// Puts another volume in place of a layer's, and keeps what differs.
    pub(super) fn replace_volume(&mut self, id: LayerId, new: Volume) -> Done {
        let old = self.volume(id);
        // What shrinks is allowed also where there is too much already.
        if new.brick_count() > self.room_of(id).max(old.brick_count()) {
            return Err(self.full());
        }
        let touched = changed(&old, &new);
        if touched == 0 {
            return unchanged(id, 0);
        }
        *self.volume_mut(id) = new;
        let before = match touched <= SMALL_STEP as u64 {
            true => Before::Cells(id, old_cells(&old, &self.volume(id))),
            false => Before::Volume(id, old),
        };
        done(id, touched, before)
    }

    pub(super) fn extrude(&mut self, layer: Option<LayerId>, extrusion: &Extrusion) -> Done {
        let id = self.editable(layer)?;
        check_axis(extrusion.axis)?;
        let mask = &self.scene.selection.mask;
        let mask = (!mask.is_empty()).then_some(mask);
        let extruded = ops::extruded(&self.volume(id), extrusion, mask, self.room_of(id));
        let (volume, mask) = extruded.ok_or(self.full())?;
        let Some(mask) = mask else {
            return self.replace_volume(id, volume);
        };
        self.replace_volume_and_mask(id, volume, mask)
    }

    fn replace_volume_and_mask(&mut self, id: LayerId, volume: Volume, mask: Volume) -> Done {
        if volume.brick_count() > self.room_of(id) || mask.brick_count() > self.limits.max_bricks {
            return Err(self.full());
        }
        let touched = changed(&self.volume(id), &volume);
        let (before, outcome) = self.change_scene(id, |scene| {
            scene.selection.mask = mask;
            with_layer(scene, id, |layer| layer.volume = volume);
        })?;
        Ok((before, super::Outcome { touched, ..outcome }))
    }

    /// Changes the layers of a scope, each inside its box: the selection's, else the
    /// layer's own, else the work area. Clones, shapes and images are passed over.
    pub(super) fn in_boxes(
        &mut self,
        scope: Scope,
        axis: u8,
        change: impl Fn(&Volume, Bounds) -> Volume,
    ) -> Done {
        check_axis(axis)?;
        if scope != Scope::All {
            let id = match scope {
                Scope::Layer(id) => self.editable(Some(id))?,
                _ => self.editable(None)?,
            };
            let bounds = self.box_of(self.find(id)?);
            return self.reshape(Some(id), |volume, _, _| {
                Some(bounds.map_or_else(|| volume.clone(), |bounds| change(volume, bounds)))
            });
        }
        let active = self.find(self.scene.active)?;
        let bounds = self.box_of(active);
        let mut scene = Scene::clone(&self.scene);
        let mut touched = 0;
        for layer in scene.layers.iter_mut().filter(|layer| layer.kind == LayerKind::Plain) {
            let new = bounds.map(|bounds| change(&layer.volume, bounds));
            let new = new.unwrap_or_else(|| layer.volume.clone());
            touched += changed(&layer.volume, &new);
            layer.volume = new;
        }
        self.replace_voxels_of_all(scene, touched)
    }

    fn replace_voxels_of_all(&mut self, scene: Scene, touched: u64) -> Done {
        if scene.brick_count() > self.limits.max_bricks {
            return Err(self.full());
        }
        let active = self.scene.active;
        if touched == 0 {
            return unchanged(active, 0);
        }
        let (before, outcome) = self.replace_scene(active, scene)?;
        Ok((before, super::Outcome { touched, ..outcome }))
    }

    /// The whole voxels of the box that filters act in.
    fn box_of(&self, layer: &Layer) -> Option<Bounds> {
        let area = self.scene.selection.area.or(layer.bounds).filter(Mat4::is_set);
        area.map_or_else(|| self.scene.area_bounds(), |area| area.whole_voxels())
    }

    pub(super) fn crop(&mut self, layer: Option<LayerId>) -> Done {
        let area = self.layer(layer)?.bounds.filter(Mat4::is_set).unwrap_or(self.scene.area);
        self.reshape(layer, |volume, _, threads| Some(ops::cropped(volume, &area, threads)))
    }

    /// Moves a layer. Plain: its voxels, or only the selected ones and the mask with
    /// them; its box and pivot follow. Others: their matrix (spec/engine.md 7).
    pub(super) fn move_voxels(&mut self, layer: Option<LayerId>, motion: &Motion) -> Done {
        let layer = self.layer(layer)?;
        let (id, pivot) = (layer.id, layer.mat.column(3));
        if let Motion::Turn { axis, .. } | Motion::Flip { axis } = motion {
            check_axis(*axis)?;
        }
        let mat = ops::about(&motion.matrix(), pivot);
        if layer.kind != LayerKind::Plain {
            return self.change_layer(id, |layer| layer.mat = compose(&mat, &layer.mat));
        }
        let (volume, mask) = (self.volume(id), self.scene.selection.mask.clone());
        let moved = |volume: &Volume, room: usize| {
            ops::transformed(volume, *motion, pivot, room).ok_or(self.full())
        };
        if !mask.is_empty() {
            let part = moved(&ops::kept(&volume, &mask), self.room_of(id))?;
            let rest = ops::removed(&volume, &mask);
            let mask = moved(&mask, self.limits.max_bricks)?;
            let volume = Volume::merged(&rest, &part, BlendMode::Over);
            return self.replace_volume_and_mask(id, volume, mask);
        }
        let new = moved(&volume, self.room_of(id))?;
        if new.brick_count() > self.room_of(id) {
            return Err(self.full());
        }
        let touched = changed(&volume, &new);
        let step = [0, 1, 2].map(|axis| motion.matrix().0[12 + axis]);
        let (before, outcome) = self.change_layer(id, |layer| {
            layer.volume = new;
            layer.bounds = layer.bounds.map(|area| ops::axis_aligned(&compose(&mat, &area)));
            (0..3).for_each(|axis| layer.mat.0[12 + axis] += step[axis]);
        })?;
        Ok((before, super::Outcome { touched, ..outcome }))
    }

    pub(super) fn downsample(&mut self, layer: Option<LayerId>, factor: u8) -> Done {
        if !(2..=16).contains(&factor) {
            return Err(ProjectError::OutOfRange { what: "a downsampling factor is 2 to 16" });
        }
        self.reshape(layer, |volume, _, _| Some(ops::downsampled(volume, factor)))
    }

    /// Changes the selected voxels of a layer, those of the mask, else of the box, else all:
    /// they are taken out, changed, and put over the rest.
    pub(super) fn filter(
        &mut self,
        layer: Option<LayerId>,
        change: impl FnOnce(&Volume, usize, Threads) -> Option<Volume>,
    ) -> Done {
        let selection = self.scene.selection.clone();
        self.reshape(layer, |volume, room, threads| match selection.places_in(volume) {
            None => change(volume, room, threads),
            Some(mask) => {
                let part = change(&ops::kept(volume, &mask), room, threads)?;
                Some(Volume::merged(&ops::removed(volume, &mask), &part, BlendMode::Over))
            }
        })
    }

    pub(super) fn remap(&mut self, layer: Option<LayerId>, colors: &[Voxel]) -> Done {
        if colors.is_empty() {
            return Err(ProjectError::OutOfRange { what: "a palette has at least one colour" });
        }
        self.filter(layer, |part, _, threads| Some(palette::remapped(part, colors, threads)))
    }

    pub(super) fn add_relief(
        &mut self,
        layer: Option<LayerId>,
        picture: &Picture,
        relief: &Relief,
    ) -> Done {
        self.reshape(layer, |volume, room, _| {
            let relief = ops::relief(picture, relief, room)?;
            Some(Volume::merged(volume, &relief, BlendMode::Over))
        })
    }

    pub(super) fn image_to_voxels(&mut self, id: LayerId, picture: &Picture) -> Done {
        let layer = self.find(id)?;
        if !matches!(layer.kind, LayerKind::Image { .. }) {
            return Err(ProjectError::WrongKind { layer: id, wanted: "an image layer" });
        }
        let pasted = ops::pasted(picture, &layer.mat, self.room_of(id));
        let pasted = pasted.filter(|made| made.brick_count() <= self.room_of(id));
        let volume = pasted.ok_or(self.full())?;
        let touched = volume.filled();
        let (before, outcome) = self.change_layer(id, |layer| {
            layer.kind = LayerKind::Plain;
            layer.mat = Mat4::IDENTITY;
            layer.volume = volume;
        })?;
        Ok((before, super::Outcome { touched, ..outcome }))
    }
}

pub(super) fn with_layer(scene: &mut Scene, id: LayerId, change: impl FnOnce(&mut Layer)) {
    if let Some(layer) = scene.layers.iter_mut().find(|layer| layer.id == id) {
        change(layer);
    }
}

const fn check_axis(axis: u8) -> Result<(), ProjectError> {
    match axis {
        0..=2 => Ok(()),
        _ => Err(ProjectError::OutOfRange { what: "an axis is 0, 1 or 2 for X, Y or Z" }),
    }
}

/// How many places are not the same.
pub(super) fn changed(old: &Volume, new: &Volume) -> u64 {
    let diff = query::diff(old, new);
    diff.added + diff.removed + diff.changed
}

/// What was at the places that are not the same now.
fn old_cells(old: &Volume, new: &Volume) -> Cells {
    let (changes, _) = query::changes(old, new, Page::default());
    changes.into_iter().map(|change| (change.at, change.before)).collect()
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
