//! Commands that change the stack of layers (spec/engine.md 4).

use crate::blend::{lay_over, merged};
use crate::moves;
use crate::shapes::{self, Placed};
use crate::state::{
    Answer, Done, Layer, Model, Refused, State, Voxels, about, boxed, clipped, is_set, whole_voxels,
};
use goxel_engine::math::Mat4;
use goxel_engine::ops::Shape;
use goxel_engine::scene::{LayerId, LayerKind};
use goxel_engine::volume::{BlendMode, Voxel};
use std::collections::HashSet;
use std::rc::Rc;

impl State {
    pub fn layer(&self, id: u32) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// What a layer shows: a clone shows its base moved, a shape is cut to the work area.
    pub fn shown(&self, layer: &Layer) -> Rc<Voxels> {
        match &layer.kind {
            LayerKind::Plain => Rc::clone(&layer.voxels),
            LayerKind::Image { .. } => Rc::default(),
            LayerKind::Clone { base } => {
                let base = self.layer(base.0).expect("a clone's base is there");
                Rc::new(moves::moved(&self.shown(base), &layer.mat))
            }
            LayerKind::Shape { shape, color } => {
                let clip = whole_voxels(&self.area);
                let area = Placed::of(&layer.mat).filter(|_| color.0[3] > 0);
                let places = area.zip(clip).map(|(area, clip)| {
                    shapes::solid(*shape, &area, Some(clip)).expect("shapes are small here")
                });
                Rc::new(places.into_iter().flatten().map(|at| (at, color.0)).collect())
            }
        }
    }

    /// The visible layers, bottom up: the lowest as it is, the others with their modes.
    pub fn flat(&self) -> Voxels {
        let mut visible = self.layers.iter().filter(|layer| layer.visible);
        let Some(lowest) = visible.next() else { return Voxels::default() };
        let flat = (*self.shown(lowest)).clone();
        visible.fold(flat, |flat, layer| merged(&flat, &self.shown(layer), layer.mode))
    }

    fn free_id(&self) -> u32 {
        (1..).find(|id| self.layer(*id).is_none()).expect("few layers")
    }

    /// "base.N", unique whatever the case; a base that ends in ".n" goes on from n.
    fn free_name(&self, base: &str) -> String {
        let mut stem = base;
        let mut number = 1;
        if let Some(dot) = base.rfind('.')
            && let Ok(n) = base[dot + 1..].parse::<u64>()
        {
            (stem, number) = (&base[..dot], n.max(1));
        }
        // Room for the number in 255 bytes.
        let mut stem = stem.to_owned();
        while stem.len() > 234 {
            stem.pop();
        }
        loop {
            let name = format!("{stem}.{number}");
            if !self.layers.iter().any(|layer| layer.name.eq_ignore_ascii_case(&name)) {
                return name;
            }
            number += 1;
        }
    }

    fn active_falls_to_the_top(&mut self) {
        if self.layers.is_empty() {
            self.layers.push(Layer::new(1, "unnamed"));
        }
        if self.layer(self.active).is_none() {
            self.active = self.layers.last().expect("one at least").id;
        }
    }

    /// Removes a layer; its clones keep what they showed in `before`.
    fn remove(&mut self, id: u32, before: &State) {
        self.layers.retain(|layer| layer.id != id);
        for layer in &mut self.layers {
            if layer.kind == (LayerKind::Clone { base: LayerId(id) }) {
                let was = before.layer(layer.id).expect("it was there");
                become_plain(layer, before.shown(was));
            }
        }
        self.active_falls_to_the_top();
    }
}

fn become_plain(layer: &mut Layer, voxels: Rc<Voxels>) {
    layer.voxels = voxels;
    if layer.kind != LayerKind::Plain {
        layer.kind = LayerKind::Plain;
        layer.mat = Mat4::IDENTITY;
    }
}

impl Model {
    /// On top, and active.
    fn push(&mut self, layer: Layer) -> Done {
        if self.now.layers.len() >= self.limits.layers {
            return Err(Refused);
        }
        let id = layer.id;
        self.now.layers.push(layer);
        self.now.active = id;
        about(id)
    }

    fn first_material(&self) -> Option<usize> {
        (!self.now.materials.is_empty()).then_some(0)
    }

    pub fn add_layer(&mut self, name: Option<&str>, visible: bool) -> Done {
        let name = name.map_or_else(|| self.now.free_name("Layer"), str::to_owned);
        let material = self.first_material();
        self.push(Layer { visible, material, ..Layer::new(self.now.free_id(), &name) })
    }

    pub fn duplicate(&mut self, id: LayerId) -> Done {
        let layer = self.now.layers[self.index(id)?].clone();
        let name = self.now.free_name(&layer.name);
        self.push(Layer { id: self.now.free_id(), name, visible: true, ..layer })
    }

    pub fn clone_layer(&mut self, id: LayerId) -> Done {
        let base = self.now.layers[self.index(id)?].clone();
        self.push(Layer {
            id: self.now.free_id(),
            name: clipped(&format!("{} clone", base.name)),
            visible: true,
            kind: LayerKind::Clone { base: id },
            mat: Mat4::IDENTITY,
            voxels: Rc::default(),
            ..base
        })
    }

    pub fn unlink(&mut self, id: LayerId) -> Done {
        let index = self.index(id)?;
        let layer = &self.now.layers[index];
        if !matches!(layer.kind, LayerKind::Clone { .. } | LayerKind::Shape { .. }) {
            return Err(Refused);
        }
        let voxels = self.now.shown(layer);
        become_plain(&mut self.now.layers[index], voxels);
        about(id.0)
    }

    pub fn add_shape(&mut self, shape: Shape, color: Voxel, area: Option<Mat4>) -> Done {
        let middle = [12, 13, 14].map(|i| self.now.area.0[i]);
        let area = area.filter(is_set).or(self.now.box_selected);
        self.push(Layer {
            kind: shape_kind(shape, color),
            mat: area.unwrap_or_else(|| boxed(middle, [4.0; 3])),
            material: self.first_material(),
            ..Layer::new(self.now.free_id(), "shape")
        })
    }

    pub fn set_shape(&mut self, id: LayerId, shape: Shape, color: Voxel) -> Done {
        let index = self.index(id)?;
        if !matches!(self.now.layers[index].kind, LayerKind::Shape { .. }) {
            return Err(Refused);
        }
        self.now.layers[index].kind = shape_kind(shape, color);
        about(id.0)
    }

    pub fn add_image(&mut self, path: &str, mat: Mat4) -> Done {
        let kind = LayerKind::Image { path: path.to_owned() };
        self.push(Layer { kind, mat, ..Layer::new(self.now.free_id(), "image") })
    }

    pub fn delete(&mut self, id: LayerId) -> Done {
        self.index(id)?;
        let before = self.now.clone();
        self.now.remove(id.0, &before);
        about(id.0)
    }

    /// Draws one layer over another with OVER, whatever its mode.
    pub fn merge_layers(&mut self, source: LayerId, target: LayerId) -> Done {
        let (from, to) = (self.index(source)?, self.editable(Some(target))?);
        if from == to {
            return Err(Refused);
        }
        let mut voxels = (*self.now.layers[to].voxels).clone();
        lay_over(&mut voxels, &self.now.shown(&self.now.layers[from]));
        let active = self.now.active;
        self.keep_merged(source, to, voxels);
        if active == source.0 {
            self.now.active = target.0;
        }
        about(target.0)
    }

    fn keep_merged(&mut self, source: LayerId, to: usize, voxels: Voxels) {
        let before = self.now.clone();
        become_plain(&mut self.now.layers[to], Rc::new(voxels));
        self.now.remove(source.0, &before);
    }

    /// With the upper one's mode; the lower one becomes active.
    pub fn merge_down(&mut self, id: LayerId) -> Done {
        let upper = self.index(id)?;
        let lower = upper.checked_sub(1).ok_or(Refused)?;
        let [below, above] = [lower, upper].map(|i| self.now.shown(&self.now.layers[i]));
        let voxels = merged(&below, &above, self.now.layers[upper].mode);
        let target = self.now.layers[lower].id;
        self.keep_merged(id, lower, voxels);
        self.now.active = target;
        about(target)
    }

    /// The topmost takes all that is seen.
    pub fn merge_visible(&mut self) -> Done {
        let before = self.now.clone();
        let visible: Vec<&Layer> = before.layers.iter().filter(|layer| layer.visible).collect();
        let [others @ .., top] = visible.as_slice() else { return about(before.active) };
        if others.is_empty() {
            return about(before.active);
        }
        let place = before.layers.iter().position(|layer| layer.id == top.id).expect("it is there");
        become_plain(&mut self.now.layers[place], Rc::new(before.flat()));
        self.now.layers[place].mode = BlendMode::Over;
        for layer in others {
            self.now.remove(layer.id, &before);
        }
        self.now.active = top.id;
        about(top.id)
    }

    pub fn move_layer(&mut self, id: LayerId, index: usize) -> Done {
        let from = self.index(id)?;
        let layer = self.now.layers.remove(from);
        let to = index.min(self.now.layers.len());
        self.now.layers.insert(to, layer);
        about(id.0)
    }

    /// Hides the others, or shows all when they are hidden already.
    pub fn solo(&mut self, id: LayerId) -> Done {
        self.index(id)?;
        let mut others = self.now.layers.iter().filter(|layer| layer.id != id.0);
        let alone =
            others.all(|layer| !layer.visible) && self.now.layer(id.0).is_some_and(|l| l.visible);
        for layer in &mut self.now.layers {
            layer.visible = alone || layer.id == id.0;
        }
        about(id.0)
    }

    pub fn change(&mut self, id: LayerId, change: impl FnOnce(&mut Layer)) -> Done {
        let index = self.index(id)?;
        change(&mut self.now.layers[index]);
        about(id.0)
    }

    pub fn wear(&mut self, id: LayerId, material: Option<usize>) -> Done {
        match material {
            Some(index) if index >= self.now.materials.len() => Err(Refused),
            _ => self.change(id, |layer| layer.material = material),
        }
    }

    /// Spec 6, cut as new layer: on top and active.
    pub fn cut_to_layer(&mut self, layer: Option<LayerId>) -> Done {
        let index = self.editable(layer)?;
        let layer = self.now.layers[index].clone();
        let mask = self.selected_in(&layer.voxels).ok_or(Refused)?;
        let part = crate::edits::only(&layer.voxels, |at| mask.contains(at));
        let touched = part.len() as u64;
        let name = self.now.free_name(&layer.name);
        let rest = crate::edits::only(&layer.voxels, |at| !mask.contains(at));
        let made =
            Layer { id: self.now.free_id(), name, visible: true, voxels: Rc::new(part), ..layer };
        let answer = self.push(made)?;
        self.now.layers[index].voxels = Rc::new(rest);
        Ok(Answer { touched: Some(touched), step: Some(true), ..answer })
    }

    /// Spec 5: around the layers' boxes, and the voxels of those without, hidden ones too.
    pub fn fit_area(&mut self) -> Done {
        let mut places: HashSet<[i64; 3]> = HashSet::new();
        for layer in &self.now.layers {
            if let Some(area) = layer.bounds.filter(is_set) {
                if let Some(cuboid) = whole_voxels(&area) {
                    places.extend([cuboid.low, cuboid.high]);
                }
                continue;
            }
            let shown = self.now.shown(layer);
            places.extend(shown.keys().map(|at| at.map(i64::from)));
        }
        if !places.is_empty() {
            let low = [0, 1, 2].map(|a| places.iter().map(|at| at[a]).min().expect("some"));
            let high = [0, 1, 2].map(|a| places.iter().map(|at| at[a] + 1).max().expect("some"));
            let middle = [0, 1, 2].map(|a| ((low[a] + high[a]) as f64 / 2.0) as f32);
            let half = [0, 1, 2].map(|a| ((high[a] - low[a]) as f64 / 2.0) as f32);
            self.now.area = boxed(middle, half);
        }
        about(self.now.active)
    }
}

const fn shape_kind(shape: Shape, color: Voxel) -> LayerKind {
    let color = if color.0[3] == 0 { Voxel([0; 4]) } else { color };
    LayerKind::Shape { shape, color }
}
