//! Commands that change the voxels of a layer.

use crate::blend::{lay_over, merged};
use crate::moves;
use crate::region;
use crate::shapes::{self, Placed};
use crate::state::{
    Answer, At, Cuboid, Done, EMPTY, Model, Places, Refused, Rgba, Voxels, about, differing,
    edited, get, is_set, put, whole_voxels,
};
use goxel_engine::command::Scope;
use goxel_engine::image::Picture;
use goxel_engine::math::Vec3;
use goxel_engine::ops::{Extrusion, Motion, Relief, Shape, Spread};
use goxel_engine::scene::{LayerId, LayerKind};
use goxel_engine::volume::{Bounds, Coord, Voxel};
use std::rc::Rc;

pub const fn at_of(at: Coord) -> At {
    [at.x, at.y, at.z]
}

impl Model {
    /// Touched: places written, an erased empty place not counted.
    pub fn set_voxels(&mut self, layer: Option<LayerId>, all: &[(Coord, Voxel)]) -> Done {
        let index = self.editable(layer)?;
        let volume = self.voxels_mut(index);
        let (mut touched, mut changed) = (0, false);
        for (at, voxel) in all {
            let at = at_of(*at);
            let old = get(volume, &at);
            let new = if voxel.0[3] == 0 { EMPTY } else { voxel.0 };
            touched += u64::from(old != EMPTY || new != EMPTY);
            changed |= old != new;
            put(volume, at, new);
        }
        let step = changed.then_some(true);
        Ok(Answer { layer: self.now.layers[index].id, touched: Some(touched), step })
    }

    pub fn paint_voxels(&mut self, layer: Option<LayerId>, all: &[(Coord, Voxel)]) -> Done {
        let index = self.editable(layer)?;
        let mut volume = (*self.now.layers[index].voxels).clone();
        let mut there = Vec::new();
        for (at, voxel) in all {
            if volume.contains_key(&at_of(*at)) {
                there.push((*at, *voxel));
                if voxel.0[3] == 0 {
                    volume.remove(&at_of(*at));
                }
            }
        }
        self.set_voxels(layer, &there)
    }

    /// Touched: places written, or voxels erased.
    pub fn fill_shape(
        &mut self,
        layer: Option<LayerId>,
        shape: Shape,
        bounds: Bounds,
        voxel: Voxel,
    ) -> Done {
        let index = self.editable(layer)?;
        let too_large = Cuboid::from(bounds).bricks() > self.limits.bricks as u128;
        if voxel.0[3] > 0 && too_large {
            return Err(Refused);
        }
        let touched = shapes::fill(self.voxels_mut(index), shape, bounds, voxel.0)?;
        let layer = self.now.layers[index].id;
        Ok(Answer { layer, touched: Some(touched), step: None })
    }

    /// Touched: as for shapes.
    pub fn flood_fill(
        &mut self,
        layer: Option<LayerId>,
        seed: Coord,
        voxel: Voxel,
        spread: &Spread,
    ) -> Done {
        let index = self.editable(layer)?;
        let region = region::flood(&self.now.layers[index].voxels, at_of(seed), spread)?;
        let volume = self.voxels_mut(index);
        let before = volume.len();
        region.iter().for_each(|at| put(volume, *at, voxel.0));
        let touched = if voxel.0[3] == 0 { before - volume.len() } else { region.len() };
        let layer = self.now.layers[index].id;
        Ok(Answer { layer, touched: Some(touched as u64), step: None })
    }

    /// Replaces a layer's voxels by what `make` makes of them.
    pub fn reshape(
        &mut self,
        layer: Option<LayerId>,
        make: impl FnOnce(&Voxels) -> Result<Voxels, Refused>,
    ) -> Done {
        let index = self.editable(layer)?;
        let made = make(&self.now.layers[index].voxels)?;
        self.replace(index, made)
    }

    pub fn extrude(&mut self, layer: Option<LayerId>, extrusion: &Extrusion) -> Done {
        let index = self.editable(layer)?;
        check_axis(extrusion.axis)?;
        let volume = &self.now.layers[index].voxels;
        let (volume, mask) = region::extruded(volume, extrusion, &self.now.mask)?;
        let masked = !self.now.mask.is_empty();
        self.now.mask = Rc::new(mask);
        let answer = self.replace(index, volume)?;
        Ok(Answer { step: answer.step.filter(|step| *step || !masked), ..answer })
    }

    /// Strictly above the plane.
    pub fn cut_above(&mut self, layer: Option<LayerId>, point: Vec3, normal: Vec3) -> Done {
        let above = |at: &At| {
            let off = |a: usize| (f64::from(at[a]) + 0.5 - point[a]) * normal[a];
            off(0) + off(1) + off(2) > 0.0
        };
        self.reshape(layer, |volume| Ok(only(volume, |at| !above(at))))
    }

    pub fn crop(&mut self, layer: Option<LayerId>) -> Done {
        let index = self.target(layer)?;
        let own = self.now.layers[index].bounds.filter(is_set);
        let area = Placed::of(&own.unwrap_or(self.now.area));
        let inside = |at: &At| area.is_some_and(|area| area.holds(Shape::Cube, at));
        self.reshape(layer, |volume| Ok(only(volume, inside)))
    }

    /// Mirror and wrap: `place` says where a voxel of the box goes.
    fn in_boxes(&mut self, scope: Scope, axis: u8, place: impl Fn(i64, i64, i64) -> i64) -> Done {
        check_axis(axis)?;
        let axis = usize::from(axis);
        let named = match scope {
            Scope::Active | Scope::All => None,
            Scope::Layer(id) => Some(id),
        };
        let first = match scope {
            Scope::All => self.target(None)?,
            _ => self.editable(named)?,
        };
        let own = self.now.layers[first].bounds;
        let area = self.now.box_selected.or(own).filter(is_set).unwrap_or(self.now.area);
        let cuboid = whole_voxels(&area);
        let change = |volume: &Voxels| -> Voxels {
            let Some(cuboid) = cuboid else { return volume.clone() };
            let (low, high) = (cuboid.low[axis], cuboid.high[axis]);
            let go = |(at, voxel): (&At, &Rgba)| {
                let mut at = *at;
                if cuboid.holds(&at) {
                    at[axis] = place(i64::from(at[axis]), low, high) as i32;
                }
                (at, *voxel)
            };
            volume.iter().map(go).collect()
        };
        if scope != Scope::All {
            return self.reshape(named, |volume| Ok(change(volume)));
        }
        let mut touched = 0;
        for layer in self.now.layers.iter_mut().filter(|l| l.kind == LayerKind::Plain) {
            let new = change(&layer.voxels);
            touched += differing(&layer.voxels, &new);
            layer.voxels = Rc::new(new);
        }
        edited(self.now.active, touched)
    }

    pub fn mirror(&mut self, scope: Scope, axis: u8) -> Done {
        self.in_boxes(scope, axis, |v, low, high| low + high - v)
    }

    pub fn wrap(&mut self, scope: Scope, axis: u8, up: bool) -> Done {
        let step = if up { 1 } else { -1 };
        self.in_boxes(scope, axis, |v, low, high| low + (v - low + step).rem_euclid(high - low + 1))
    }

    pub fn move_layer_voxels(&mut self, layer: Option<LayerId>, motion: &Motion) -> Done {
        let index = self.target(layer)?;
        if let Motion::Turn { axis, .. } | Motion::Flip { axis } = motion {
            check_axis(*axis)?;
        }
        let matrix = moves::matrix(motion);
        let layer = &self.now.layers[index];
        let (id, own) = (layer.id, layer.mat);
        let pivot = [own.0[12], own.0[13], own.0[14]].map(f64::from);
        let mat = moves::about(&matrix, pivot);
        if layer.kind != LayerKind::Plain {
            self.now.layers[index].mat = moves::product(&mat, &own);
            return about(id);
        }
        if !self.now.mask.is_empty() {
            let mask = Rc::clone(&self.now.mask);
            let part = only(&layer.voxels, |at| mask.contains(at));
            let mut volume = only(&layer.voxels, |at| !mask.contains(at));
            lay_over(&mut volume, &moves::transformed(&part, motion, pivot));
            self.now.mask = Rc::new(moves::transformed_places(&mask, motion, pivot));
            let answer = self.replace(index, volume)?;
            return Ok(Answer { step: answer.step.filter(|step| *step), ..answer });
        }
        let moved = moves::transformed(&layer.voxels, motion, pivot);
        let layer = &mut self.now.layers[index];
        layer.bounds = layer.bounds.map(|area| moves::upright(&moves::product(&mat, &area)));
        (12..15).for_each(|i| layer.mat.0[i] += matrix.0[i]);
        let answer = self.replace(index, moved)?;
        Ok(Answer { step: answer.step.filter(|step| *step), ..answer })
    }

    /// The selected places of some voxels; all when nothing is selected.
    pub fn selected_in(&self, volume: &Voxels) -> Option<Places> {
        if !self.now.mask.is_empty() {
            return Some((*self.now.mask).clone());
        }
        let area = Placed::of(self.now.box_selected.as_ref()?);
        let inside = |at: &At| area.is_some_and(|area| area.holds(Shape::Cube, at));
        Some(volume.keys().filter(|at| inside(at)).copied().collect())
    }

    /// Spec 6: filters act on mask, else box, else the layer, and merge back with OVER.
    pub fn filter(
        &mut self,
        layer: Option<LayerId>,
        change: impl FnOnce(&Voxels) -> Voxels,
    ) -> Done {
        let index = self.editable(layer)?;
        let volume = &self.now.layers[index].voxels;
        let new = match self.selected_in(volume) {
            None => change(volume),
            Some(mask) => {
                let part = change(&only(volume, |at| mask.contains(at)));
                let mut rest = only(volume, |at| !mask.contains(at));
                lay_over(&mut rest, &part);
                rest
            }
        };
        self.replace(index, new)
    }

    pub fn shift_alpha(&mut self, layer: Option<LayerId>, by: i16) -> Done {
        self.filter(layer, |part| {
            let mut new = Voxels::default();
            for (at, [r, g, b, a]) in part {
                put(
                    &mut new,
                    *at,
                    [*r, *g, *b, (i32::from(*a) + i32::from(by)).clamp(0, 255) as u8],
                );
            }
            new
        })
    }

    /// Only palettes of one colour are asked for: it is the nearest. Alpha stays.
    pub fn remap(&mut self, layer: Option<LayerId>, palette: &[Voxel]) -> Done {
        let [r, g, b, _] = palette.first().ok_or(Refused)?.0;
        self.filter(layer, |part| part.iter().map(|(at, v)| (*at, [r, g, b, v[3]])).collect())
    }

    /// Pixels are black or white here: of height 0 or of the whole.
    pub fn relief(&mut self, layer: Option<LayerId>, picture: &Picture, relief: &Relief) -> Done {
        let mut stands = Voxels::default();
        let (width, origin) = (picture.width as usize, at_of(relief.origin));
        for (i, pixel) in picture.pixels.iter().enumerate().filter(|(_, pixel)| pixel[3] > 0) {
            let (x, y) = (i % width, picture.height as usize - 1 - i / width);
            let top = if pixel[0] == 255 { i64::from(relief.height) } else { 0 };
            for z in if relief.solid { 0 } else { top }..=top {
                if let Some(at) = crate::state::offset(&origin, [x as i64, y as i64, z]) {
                    put(&mut stands, at, relief.color.map_or(*pixel, |color| color.0));
                }
            }
        }
        self.reshape(layer, |volume| {
            let mut volume = volume.clone();
            lay_over(&mut volume, &stands);
            Ok(volume)
        })
    }

    /// Spec 4, image layer: "To volume".
    pub fn image_to_voxels(&mut self, id: LayerId, picture: &Picture) -> Done {
        let index = self.index(id)?;
        let layer = &mut self.now.layers[index];
        if !matches!(layer.kind, LayerKind::Image { .. }) {
            return Err(Refused);
        }
        let (w, h) = (picture.width as usize, picture.height as usize);
        let entry = |row: usize, column: usize| f64::from(layer.mat.0[4 * column + row]);
        let mut voxels = Voxels::default();
        for (i, pixel) in picture.pixels.iter().enumerate() {
            let u = (i % w) as f64 / w as f64 - 0.5;
            let v = 0.5 - (i / w + 1) as f64 / h as f64;
            let place =
                |row: usize| (entry(row, 0) * u + entry(row, 1) * v + entry(row, 3)).round();
            let at = [0, 1, 2].map(|row| i32::try_from(place(row) as i64));
            if let [Ok(x), Ok(y), Ok(z)] = at {
                put(&mut voxels, [x, y, z], *pixel);
            }
        }
        let touched = voxels.len() as u64;
        layer.voxels = Rc::new(voxels);
        layer.kind = LayerKind::Plain;
        layer.mat = goxel_engine::math::Mat4::IDENTITY;
        Ok(Answer { layer: id.0, touched: Some(touched), step: Some(true) })
    }

    /// A colour over all places of the mask, else the box as a painted cube.
    pub fn fill_selection(
        &mut self,
        layer: Option<LayerId>,
        voxel: Voxel,
        mode: goxel_engine::volume::BlendMode,
    ) -> Done {
        let mask = Rc::clone(&self.now.mask);
        let area = self.now.box_selected;
        self.reshape(layer, |volume| {
            if !mask.is_empty() {
                let mut tinted = Voxels::default();
                mask.iter().for_each(|at| put(&mut tinted, *at, voxel.0));
                return Ok(merged(volume, &tinted, mode));
            }
            let painter = goxel_engine::ops::Painter {
                mode,
                ..goxel_engine::ops::Painter::new(Shape::Cube, voxel)
            };
            shapes::painted(volume, &painter, &area.ok_or(Refused)?)
        })
    }
}

pub fn only(voxels: &Voxels, keep: impl Fn(&At) -> bool) -> Voxels {
    voxels.iter().filter(|(at, _)| keep(at)).map(|(at, voxel)| (*at, *voxel)).collect()
}

const fn check_axis(axis: u8) -> Result<(), Refused> {
    if axis < 3 { Ok(()) } else { Err(Refused) }
}
