//! Which function each command goes to.

use super::{Done, Project, ProjectError};
use crate::command::Command;
use crate::ops;

impl Project {
    pub(super) fn carry_out(&mut self, command: Command) -> Done {
        use Command as C;
        match command {
            C::SetVoxel { layer, at, voxel } => self.set_voxel(layer, at, voxel),
            C::SetVoxels { layer, voxels } => self.set_voxels(layer, voxels),
            C::PaintVoxels { layer, voxels } => self.paint_voxels(layer, voxels),
            C::FillShape { layer, shape, bounds, voxel } => {
                self.fill_shape(layer, shape, bounds, voxel)
            }
            C::FloodFill { layer, seed, voxel, spread } => {
                self.flood_fill(layer, seed, voxel, &spread)
            }
            C::Paint { layer, painter, area } => self.reshape(layer, |volume, room, threads| {
                painter.paint(volume, &area, room, threads)
            }),
            C::Stroke { layer, painter, points, radius } => {
                self.reshape(layer, |volume, room, threads| {
                    ops::stroke(volume, &painter, &points, radius, room, threads)
                })
            }
            C::Tube { layer, painter, points, radius } => self
                .reshape(layer, |volume, room, threads| {
                    ops::tube(volume, &painter, &points, radius, room, threads)
                }),
            C::FillSelection { layer, voxel, mode } => self.fill_selection(layer, voxel, mode),
            C::Extrude { layer, extrusion } => self.extrude(layer, &extrusion),
            C::CutAbove { layer, point, normal } => {
                self.reshape(layer, |volume, _, _| Some(ops::cut_above(volume, point, normal)))
            }
            C::Mirror { scope, axis } => {
                self.in_boxes(scope, axis, |volume, bounds| ops::mirrored(volume, axis, bounds))
            }
            C::Wrap { scope, axis, up } => {
                self.in_boxes(scope, axis, |volume, bounds| ops::wrapped(volume, axis, up, bounds))
            }
            C::Crop { layer } => self.crop(layer),
            C::Move { layer, motion } => self.move_voxels(layer, &motion),
            C::Downsample { layer, factor } => self.downsample(layer, factor),
            C::Recolor { layer, filter } => self.filter(layer, |part, _, threads| {
                Some(ops::recolored(part, |voxel| filter.apply(voxel), threads))
            }),
            C::ShiftAlpha { layer, by } => {
                self.filter(layer, |part, _, _| Some(ops::alpha_shifted(part, by)))
            }
            C::Remap { layer, palette } => self.remap(layer, &palette),
            C::Morph { layer, morph, neighbors, steps } => self
                .filter(layer, |part, room, _| ops::morphed(part, morph, neighbors, steps, room)),
            C::Relief { layer, picture, relief } => self.add_relief(layer, &picture, &relief),
            C::ImageToVoxels { layer, picture } => self.image_to_voxels(layer, &picture),
            C::SelectBox { area } => self.select_box(area),
            C::Select { layer, selector, mode } => self.select(layer, &selector, mode),
            C::Deselect => self.deselect(),
            C::Copy { layer } => self.copy(layer),
            C::Cut { layer } => self.cut(layer),
            C::CutToLayer { layer } => self.cut_to_layer(layer),
            C::Paste { layer } => self.paste(layer),
            C::ClearLayer { layer } => self.clear_layer(layer),
            C::AddLayer { name, visible } => self.add_layer(name, visible),
            C::DeleteLayer { layer } => self.delete_layer(layer),
            C::MergeLayers { source, target } => self.merge_layers(source, target),
            C::SetVisible { layer, visible } => {
                self.change_layer(layer, |layer| layer.visible = visible)
            }
            C::RenameLayer { layer, name } => self.rename_layer(layer, &name),
            C::MoveLayer { layer, index } => self.move_layer(layer, index),
            C::SetActive { layer } => self.set_active(layer),
            C::Solo { layer } => self.solo(layer),
            C::DuplicateLayer { layer } => self.duplicate_layer(layer),
            C::CloneLayer { layer } => self.clone_layer(layer),
            C::Unlink { layer } => self.unlink(layer),
            C::AddShape { shape, color, area } => self.add_shape(shape, color, area),
            C::SetShape { layer, shape, color } => self.set_shape(layer, shape, color),
            C::AddImage { path, mat } => self.add_image(path, mat),
            C::Place { layer, mat } => self.change_layer(layer, |layer| layer.mat = mat),
            C::SetMode { layer, mode } => self.change_layer(layer, |layer| layer.mode = mode),
            C::Wear { layer, material } => self.wear(layer, material),
            C::SetLayerBox { layer, area } => self.change_layer(layer, |layer| layer.bounds = area),
            C::MergeDown { layer } => self.merge_down(layer),
            C::MergeVisible => self.merge_visible(),
            C::SetArea { area } => self.set_area(area),
            C::FitArea => self.fit_area(),
            C::AddMaterial { look } => self.add_material(&look),
            C::SetMaterial { index, look } => self.set_material(index, &look),
            C::DeleteMaterial { index } => self.delete_material(index),
            C::AddCamera { view } => self.add_camera(&view),
            C::SetCamera { index, view } => self.set_camera(index, &view),
            C::DeleteCamera { index } => self.delete_camera(index),
            C::UseCamera { index } => self.use_camera(index),
            C::SetLight { light } => self.set_light(&light),
            C::Checkpoint { name } => self.make_checkpoint(name),
            C::DropCheckpoint { name } => self.drop_checkpoint(&name),
            C::Restore { name } => self.restore_checkpoint(name),
            C::Group(_) => Err(ProjectError::NestedGroup),
        }
    }
}
