//! Commands for what is beside the layers, and the one place that knows all commands.

use crate::shapes;
use crate::state::{Answer, Done, Model, Refused, about, clipped};
use goxel_engine::command::Command as C;
use goxel_engine::math::Mat4;
use goxel_engine::scene::{Light, Look, View};

impl Model {
    /// Carries out a command; a refused one changes nothing.
    pub fn apply(&mut self, command: &C) -> Done {
        let C::Group(commands) = command else { return self.carry_out(command) };
        let before = self.clone();
        let mut sum = Answer { layer: self.now.active, touched: Some(0), step: None };
        for command in commands {
            match self.carry_out(command) {
                Ok(answer) => {
                    sum.layer = answer.layer;
                    sum.touched = sum.touched.zip(answer.touched).map(|(a, b)| a + b);
                }
                Err(refused) => {
                    *self = before;
                    return Err(refused);
                }
            }
        }
        Ok(sum)
    }

    fn carry_out(&mut self, command: &C) -> Done {
        match command {
            C::SetVoxel { layer, at, voxel } => {
                let answer = self.set_voxels(*layer, &[(*at, *voxel)])?;
                Ok(Answer { step: Some(answer.step.is_some()), ..answer })
            }
            C::SetVoxels { layer, voxels } => self.set_voxels(*layer, voxels),
            C::PaintVoxels { layer, voxels } => self.paint_voxels(*layer, voxels),
            C::FillShape { layer, shape, bounds, voxel } => {
                self.fill_shape(*layer, *shape, *bounds, *voxel)
            }
            C::FloodFill { layer, seed, voxel, spread } => {
                self.flood_fill(*layer, *seed, *voxel, spread)
            }
            C::Paint { layer, painter, area } => {
                self.reshape(*layer, |volume| shapes::painted(volume, painter, area))
            }
            C::Stroke { layer, painter, points, radius } => {
                self.reshape(*layer, |volume| shapes::stroke(volume, painter, points, *radius))
            }
            C::Tube { layer, painter, points, radius } => {
                self.reshape(*layer, |volume| shapes::tube(volume, painter, points, *radius))
            }
            C::FillSelection { layer, voxel, mode } => self.fill_selection(*layer, *voxel, *mode),
            C::Extrude { layer, extrusion } => self.extrude(*layer, extrusion),
            C::CutAbove { layer, point, normal } => self.cut_above(*layer, *point, *normal),
            C::Mirror { scope, axis } => self.mirror(*scope, *axis),
            C::Wrap { scope, axis, up } => self.wrap(*scope, *axis, *up),
            C::Crop { layer } => self.crop(*layer),
            C::Move { layer, motion } => self.move_layer_voxels(*layer, motion),
            C::Downsample { layer, factor } => self.downsample(*layer, *factor),
            // Only filters that change nothing are asked for.
            C::Recolor { layer, .. } => self.reshape(*layer, |volume| Ok(volume.clone())),
            C::ShiftAlpha { layer, by } => self.shift_alpha(*layer, *by),
            C::Remap { layer, palette } => self.remap(*layer, palette),
            C::Morph { layer, morph, neighbors, steps } => {
                self.filter(*layer, |part| crate::region::morphed(part, *morph, *neighbors, *steps))
            }
            C::Relief { layer, picture, relief } => self.relief(*layer, picture, relief),
            C::ImageToVoxels { layer, picture } => self.image_to_voxels(*layer, picture),
            C::SelectBox { area } => self.select_box(*area),
            C::Select { layer, selector, mode } => self.select(*layer, selector, *mode),
            C::Deselect => self.deselect(),
            C::Copy { layer } => self.copy(*layer),
            C::Cut { layer } => self.cut(*layer),
            C::CutToLayer { layer } => self.cut_to_layer(*layer),
            C::Paste { layer } => self.paste(*layer),
            C::ClearLayer { layer } => self.clear(*layer),
            C::Group(_) => Err(Refused),
            other => self.carry_out_on_scene(other),
        }
    }

    fn carry_out_on_scene(&mut self, command: &C) -> Done {
        match command {
            C::AddLayer { name, visible } => self.add_layer(name.as_deref(), *visible),
            C::DeleteLayer { layer } => self.delete(*layer),
            C::MergeLayers { source, target } => self.merge_layers(*source, *target),
            C::SetVisible { layer, visible } => self.change(*layer, |l| l.visible = *visible),
            C::RenameLayer { layer, name } => self.change(*layer, |l| l.name = clipped(name)),
            C::MoveLayer { layer, index } => self.move_layer(*layer, *index),
            C::SetActive { layer } => {
                self.index(*layer)?;
                self.now.active = layer.0;
                about(layer.0)
            }
            C::Solo { layer } => self.solo(*layer),
            C::DuplicateLayer { layer } => self.duplicate(*layer),
            C::CloneLayer { layer } => self.clone_layer(*layer),
            C::Unlink { layer } => self.unlink(*layer),
            C::AddShape { shape, color, area } => self.add_shape(*shape, *color, *area),
            C::SetShape { layer, shape, color } => self.set_shape(*layer, *shape, *color),
            C::AddImage { path, mat } => self.add_image(path, *mat),
            C::Place { layer, mat } => self.change(*layer, |l| l.mat = *mat),
            C::SetMode { layer, mode } => self.change(*layer, |l| l.mode = *mode),
            C::Wear { layer, material } => self.wear(*layer, *material),
            C::SetLayerBox { layer, area } => self.change(*layer, |l| l.bounds = *area),
            C::MergeDown { layer } => self.merge_down(*layer),
            C::MergeVisible => self.merge_visible(),
            C::SetArea { area } => self.set_area(area),
            C::FitArea => self.fit_area(),
            C::AddMaterial { look } => self.add_material(look),
            C::SetMaterial { index, look } => self.set_material(*index, look),
            C::DeleteMaterial { index } => self.delete_material(*index),
            C::AddCamera { view } => self.add_camera(view),
            C::SetCamera { index, view } => self.set_camera(*index, view),
            C::DeleteCamera { index } => self.delete_camera(*index),
            C::UseCamera { index } => self.use_camera(*index),
            C::SetLight { light } => self.set_light(light),
            C::Checkpoint { name } => self.checkpoint(name),
            C::DropCheckpoint { name } => {
                self.checkpoints.remove(name).ok_or(Refused)?;
                about(self.now.active)
            }
            C::Restore { name } => {
                self.now = self.checkpoints.get(name).ok_or(Refused)?.clone();
                about(self.now.active)
            }
            other => panic!("the model has no {other:?}"),
        }
    }

    fn downsample(&mut self, layer: Option<goxel_engine::scene::LayerId>, factor: u8) -> Done {
        let known = (2..=16).contains(&factor);
        self.reshape(layer, |volume| match known {
            true => Ok(crate::moves::downsampled(volume, factor)),
            false => Err(Refused),
        })
    }

    fn set_area(&mut self, area: &Mat4) -> Done {
        if [0, 5, 10].iter().any(|i| area.0[*i] == 0.0) {
            return Err(Refused);
        }
        self.now.area = *area;
        about(self.now.active)
    }

    fn add_material(&mut self, look: &Look) -> Done {
        if self.now.materials.len() >= self.limits.listed {
            return Err(Refused);
        }
        self.now.materials.push(Look { name: clipped(&look.name), ..look.clone() });
        about(self.now.active)
    }

    fn set_material(&mut self, index: usize, look: &Look) -> Done {
        let place = self.now.materials.get_mut(index).ok_or(Refused)?;
        *place = Look { name: clipped(&look.name), ..look.clone() };
        about(self.now.active)
    }

    /// Its layers get none; those of later ones keep theirs.
    fn delete_material(&mut self, index: usize) -> Done {
        if index >= self.now.materials.len() {
            return Err(Refused);
        }
        self.now.materials.remove(index);
        for layer in &mut self.now.layers {
            layer.material = match layer.material {
                Some(worn) if worn > index => Some(worn - 1),
                Some(worn) if worn == index => None,
                other => other,
            };
        }
        about(self.now.active)
    }

    fn add_camera(&mut self, view: &View) -> Done {
        if self.now.cameras.len() >= self.limits.listed {
            return Err(Refused);
        }
        self.now.cameras.push(View { name: clipped(&view.name), ..view.clone() });
        self.now.camera = self.now.cameras.len() - 1;
        about(self.now.active)
    }

    fn set_camera(&mut self, index: usize, view: &View) -> Done {
        let place = self.now.cameras.get_mut(index).ok_or(Refused)?;
        *place = View { name: clipped(&view.name), ..view.clone() };
        about(self.now.active)
    }

    /// The active one stays the same camera; when it goes, the one before it is next.
    fn delete_camera(&mut self, index: usize) -> Done {
        if index >= self.now.cameras.len() || self.now.cameras.len() == 1 {
            return Err(Refused);
        }
        self.now.cameras.remove(index);
        if self.now.camera >= index && self.now.camera > 0 {
            self.now.camera -= 1;
        }
        about(self.now.active)
    }

    fn use_camera(&mut self, index: usize) -> Done {
        if index >= self.now.cameras.len() {
            return Err(Refused);
        }
        self.now.camera = index;
        about(self.now.active)
    }

    fn set_light(&mut self, light: &Light) -> Done {
        let extra = std::mem::take(&mut self.now.light.extra);
        self.now.light = Light { extra, ..light.clone() };
        about(self.now.active)
    }

    fn checkpoint(&mut self, name: &str) -> Done {
        let full = self.checkpoints.len() >= self.limits.listed;
        let refused = name.is_empty() || name.len() > 255;
        if refused || full && !self.checkpoints.contains_key(name) {
            return Err(Refused);
        }
        self.checkpoints.insert(name.to_owned(), self.now.clone());
        about(self.now.active)
    }
}
