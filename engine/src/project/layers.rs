//! Commands that change the stack of layers (spec/engine.md 4).

use super::voxels::with_layer;
use super::{Done, Project, ProjectError, activate_top, unchanged};
use crate::composite::{CLONES_DEEP_MAX, all_voxels_of, clones_below};
use crate::math::Mat4;
use crate::ops::Shape;
use crate::scene::{Layer, LayerId, LayerKind, Scene, clip_name};
use crate::volume::{BlendMode, Volume, Voxel};

impl Project {
    pub(super) fn add_layer(&mut self, name: Option<String>, visible: bool) -> Done {
        let name = name.unwrap_or_else(|| self.scene.free_name());
        let mut layer = Layer { visible, ..Layer::new(self.scene.free_id(), &name) };
        layer.material = (!self.scene.materials.is_empty()).then_some(0);
        self.push_layer(layer)
    }

    /// A new layer comes on top and becomes active.
    fn push_layer(&mut self, layer: Layer) -> Done {
        self.check_layers()?;
        self.check_room(layer.volume.brick_count() as u128)?;
        let id = layer.id;
        self.change_scene(id, |scene| {
            scene.layers.push(layer);
            scene.active = id;
        })
    }

    /// A layer like another, with a number of its own.
    pub(super) fn copy_of(&self, layer: &Layer, kind: LayerKind, volume: Volume) -> Layer {
        let name = self.scene.free_name_like(&layer.name);
        Layer { id: self.scene.free_id(), name, visible: true, kind, volume, ..layer.clone() }
    }

    pub(super) fn duplicate_layer(&mut self, id: LayerId) -> Done {
        let layer = self.find(id)?;
        let copy = self.copy_of(layer, layer.kind.clone(), layer.volume.clone());
        self.push_layer(copy)
    }

    pub(super) fn clone_layer(&mut self, id: LayerId) -> Done {
        let base = self.find(id)?;
        if clones_below(&self.scene, base) >= CLONES_DEEP_MAX {
            return Err(ProjectError::OutOfRange { what: "clones of clones go at most 64 deep" });
        }
        let name = format!("{} clone", base.name);
        let made = Layer {
            id: self.scene.free_id(),
            name: clip_name(&name).to_owned(),
            visible: true,
            volume: Volume::new(),
            kind: LayerKind::Clone { base: id },
            mat: Mat4::IDENTITY,
            ..base.clone()
        };
        self.push_layer(made)
    }

    /// A clone or a shape becomes a plain layer with the voxels it shows.
    pub(super) fn unlink(&mut self, id: LayerId) -> Done {
        let layer = self.find(id)?;
        if !matches!(layer.kind, LayerKind::Clone { .. } | LayerKind::Shape { .. }) {
            let wanted = "a clone or a shape layer";
            return Err(ProjectError::WrongKind { layer: id, wanted });
        }
        let volume = all_voxels_of(&self.scene, layer).ok_or(self.full())?;
        self.check_room(volume.brick_count() as u128)?;
        self.change_layer(id, |layer| become_plain(layer, volume))
    }

    /// On the selection box, else on 8 voxels a side in the middle of the work area.
    pub(super) fn add_shape(&mut self, shape: Shape, color: Voxel, area: Option<Mat4>) -> Done {
        let middle = self.scene.area.column(3).map(|value| value as f32);
        let area = area.filter(Mat4::is_set).or(self.scene.selection.area);
        let made = Layer {
            kind: LayerKind::Shape { shape, color: color.normalized() },
            mat: area.unwrap_or_else(|| Mat4::from_box(middle, [4.0; 3])),
            material: (!self.scene.materials.is_empty()).then_some(0),
            ..Layer::new(self.scene.free_id(), "shape")
        };
        self.push_layer(made)
    }

    pub(super) fn set_shape(&mut self, id: LayerId, shape: Shape, color: Voxel) -> Done {
        if !matches!(self.find(id)?.kind, LayerKind::Shape { .. }) {
            return Err(ProjectError::WrongKind { layer: id, wanted: "a shape layer" });
        }
        let color = color.normalized();
        self.change_layer(id, |layer| layer.kind = LayerKind::Shape { shape, color })
    }

    pub(super) fn add_image(&mut self, path: String, mat: Mat4) -> Done {
        let kind = LayerKind::Image { path };
        self.push_layer(Layer { kind, mat, ..Layer::new(self.scene.free_id(), "image") })
    }

    pub(super) fn delete_layer(&mut self, id: LayerId) -> Done {
        self.find(id)?;
        let mut scene = Scene::clone(&self.scene);
        self.remove_layer(&mut scene, id)?;
        self.replace_scene(id, scene)
    }

    /// Draws a layer over another that may be anywhere in the stack, and removes it.
    pub(super) fn merge_layers(&mut self, source: LayerId, target: LayerId) -> Done {
        self.find(source)?;
        self.editable(Some(target))?;
        if source == target {
            return Err(ProjectError::SameLayer(source));
        }
        let upper = all_voxels_of(&self.scene, self.find(source)?).ok_or(self.full())?;
        let merged = Volume::merged(&self.volume(target), &upper, BlendMode::Over);
        let active = self.scene.active;
        self.keep_merged(source, target, merged, if active == source { target } else { active })
    }

    /// Merges a layer into the one below with its own mode, and makes that one active; what
    /// either shows as a clone or a shape becomes voxels.
    pub(super) fn merge_down(&mut self, id: LayerId) -> Done {
        let upper = self.find(id)?;
        let place = self.scene.layers.iter().position(|layer| layer.id == id).unwrap_or_default();
        let below = place.checked_sub(1).and_then(|place| self.scene.layers.get(place));
        let lower = below.ok_or(ProjectError::LowestLayer(id))?;
        let voxels = |layer: &Layer| all_voxels_of(&self.scene, layer).ok_or(self.full());
        let merged = Volume::merged(&voxels(lower)?, &voxels(upper)?, upper.mode);
        let target = lower.id;
        self.keep_merged(id, target, merged, target)
    }

    fn keep_merged(
        &mut self,
        source: LayerId,
        target: LayerId,
        merged: Volume,
        active: LayerId,
    ) -> Done {
        let mut scene = Scene::clone(&self.scene);
        with_layer(&mut scene, target, |layer| become_plain(layer, merged));
        self.remove_layer(&mut scene, source)?;
        scene.active = active;
        self.replace_scene(target, scene)
    }

    /// The topmost visible layer takes what is seen; the other visible ones go. Faint voxels stay.
    pub(super) fn merge_visible(&mut self) -> Done {
        let active = self.scene.active;
        let visible: Vec<LayerId> =
            self.scene.layers.iter().filter(|layer| layer.visible).map(|layer| layer.id).collect();
        let Some((top, others)) = visible.split_last().filter(|(_, others)| !others.is_empty())
        else {
            return unchanged(active, 0);
        };
        let merged = self.merged(&visible)?;
        let mut scene = Scene::clone(&self.scene);
        with_layer(&mut scene, *top, |layer| {
            become_plain(layer, merged);
            layer.mode = BlendMode::Over;
        });
        for id in others {
            self.remove_layer(&mut scene, *id)?;
        }
        scene.active = *top;
        self.replace_scene(*top, scene)
    }

    /// The layers merged bottom up by the strict rule. What a composite would pass over as too
    /// large is refused here: it would be lost.
    fn merged(&self, layers: &[LayerId]) -> Result<Volume, ProjectError> {
        let mut merged: Option<Volume> = None;
        for id in layers {
            let layer = self.find(*id)?;
            let volume = all_voxels_of(&self.scene, layer).ok_or(self.full())?;
            let sum = merged.map(|below| Volume::merged(&below, &volume, layer.mode));
            let sum = sum.unwrap_or(volume);
            if sum.brick_count() > self.limits.max_bricks {
                return Err(self.full());
            }
            merged = Some(sum);
        }
        Ok(merged.unwrap_or_default())
    }

    /// Removes a layer from `scene`: its clones keep the voxels they show now as plain layers,
    /// the last layer is replaced, and the top one becomes active if the active one went.
    fn remove_layer(&self, scene: &mut Scene, id: LayerId) -> Result<(), ProjectError> {
        let is_clone = |layer: &Layer| layer.kind == LayerKind::Clone { base: id };
        let clones: Vec<LayerId> =
            scene.layers.iter().filter(|layer| is_clone(layer)).map(|layer| layer.id).collect();
        scene.layers.retain(|layer| layer.id != id);
        let mut bricks = scene.brick_count();
        for clone in clones {
            let volume = all_voxels_of(&self.scene, self.find(clone)?).ok_or(self.full())?;
            bricks += volume.brick_count();
            if bricks > self.limits.max_bricks {
                return Err(self.full());
            }
            with_layer(scene, clone, |layer| become_plain(layer, volume));
        }
        if bricks > self.limits.max_bricks {
            return Err(self.full());
        }
        if scene.layers.is_empty() {
            scene.layers.push(Layer::new(LayerId(1), "unnamed"));
        }
        if scene.layer(scene.active).is_none() {
            activate_top(scene);
        }
        Ok(())
    }

    pub(super) fn move_layer(&mut self, id: LayerId, index: usize) -> Done {
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

    pub(super) fn set_active(&mut self, id: LayerId) -> Done {
        self.find(id)?;
        if self.scene.active == id {
            return unchanged(id, 0);
        }
        self.change_scene(id, |scene| scene.active = id)
    }

    /// Hides all others, or shows all if the others are hidden already.
    pub(super) fn solo(&mut self, id: LayerId) -> Done {
        self.find(id)?;
        let alone = self.scene.layers.iter().all(|layer| layer.visible == (layer.id == id));
        self.change_scene(id, |scene| {
            for layer in &mut scene.layers {
                layer.visible = alone || layer.id == id;
            }
        })
    }

    pub(super) fn rename_layer(&mut self, id: LayerId, name: &str) -> Done {
        self.change_layer(id, |layer| clip_name(name).clone_into(&mut layer.name))
    }

    pub(super) fn change_layer(&mut self, id: LayerId, change: impl FnOnce(&mut Layer)) -> Done {
        self.find(id)?;
        self.change_scene(id, |scene| with_layer(scene, id, change))
    }

    pub(super) fn wear(&mut self, id: LayerId, material: Option<usize>) -> Done {
        if let Some(index) = material {
            self.check_material(index)?;
        }
        self.change_layer(id, |layer| layer.material = material)
    }
}

/// A matrix that placed a clone or a shape has no meaning for voxels.
fn become_plain(layer: &mut Layer, volume: Volume) {
    layer.volume = volume;
    if layer.kind != LayerKind::Plain {
        layer.kind = LayerKind::Plain;
        layer.mat = Mat4::IDENTITY;
    }
}
