//! Selection and clipboard (spec/engine.md 6).

use crate::blend::lay_over;
use crate::edits::{at_of, only};
use crate::region;
use crate::shapes::Placed;
use crate::state::{
    Answer, At, Done, Model, Places, Refused, Rgba, Voxels, edited, get, is_set, offset, put,
};
use goxel_engine::command::Selector;
use goxel_engine::math::Mat4;
use goxel_engine::ops::{SelectMode, Shape};
use goxel_engine::scene::LayerId;
use std::rc::Rc;

impl Model {
    /// Touched: the voxels selected.
    fn keep_selection(&mut self, mask: Places, area: Option<Mat4>) -> Done {
        let step = *self.now.mask != mask || self.now.box_selected != area;
        let touched = Some(mask.len() as u64);
        (self.now.mask, self.now.box_selected) = (Rc::new(mask), area);
        Ok(Answer { layer: self.now.active, touched, step: Some(step) })
    }

    pub fn select_box(&mut self, area: Option<Mat4>) -> Done {
        self.keep_selection((*self.now.mask).clone(), area.filter(is_set))
    }

    pub fn deselect(&mut self) -> Done {
        self.keep_selection(Places::default(), None)
    }

    pub fn select(
        &mut self,
        layer: Option<LayerId>,
        selector: &Selector,
        mode: SelectMode,
    ) -> Done {
        let index = self.target(layer)?;
        let volume = self.now.shown(&self.now.layers[index]);
        let found = self.selected_by(&volume, selector)?;
        let mut mask = (*self.now.mask).clone();
        match mode {
            SelectMode::Set => mask = found,
            SelectMode::Add => mask.extend(found),
            SelectMode::Sub => mask.retain(|at| !found.contains(at)),
        }
        self.keep_selection(mask, self.now.box_selected)
    }

    fn selected_by(&self, volume: &Voxels, selector: &Selector) -> Result<Places, Refused> {
        let those = |take: &dyn Fn(&At, &Rgba) -> bool| -> Places {
            volume.iter().filter(|(at, voxel)| take(at, voxel)).map(|(at, _)| *at).collect()
        };
        Ok(match selector {
            Selector::All => those(&|_, _| true),
            Selector::Box(area) => {
                let area = Placed::of(area);
                those(&|at, _| area.is_some_and(|area| area.holds(Shape::Cube, at)))
            }
            // The start must exist.
            Selector::Wand { seed, .. } if !volume.contains_key(&at_of(*seed)) => Places::default(),
            Selector::Wand { seed, spread } => region::flood(volume, at_of(*seed), spread)?,
            Selector::Color(like) => those(&|_, voxel| {
                (0..4).all(|i| voxel[i].abs_diff(like.color.0[i]) <= like.tolerance[i])
            }),
            Selector::Material(material) => {
                let wearing = self.now.layers.iter().filter(|layer| layer.material == *material);
                let shown = wearing.map(|layer| self.now.shown(layer));
                shown.flat_map(|voxels| voxels.keys().copied().collect::<Vec<_>>()).collect()
            }
            Selector::Rectangle { view, low, high } => {
                those(&|at, _| seen_in(view, at, *low, *high))
            }
            Selector::Places(places) => {
                let all = places.iter().map(|at| at_of(*at));
                all.filter(|at| volume.contains_key(at)).collect()
            }
        })
    }

    pub fn clear(&mut self, layer: Option<LayerId>) -> Done {
        let index = self.editable(layer)?;
        let volume = &self.now.layers[index].voxels;
        let rest = match self.selected_in(volume) {
            Some(mask) => only(volume, |at| !mask.contains(at)),
            None => Voxels::default(),
        };
        self.replace(index, rest)
    }

    pub fn copy(&mut self, layer: Option<LayerId>) -> Done {
        let index = self.target(layer)?;
        let volume = self.now.shown(&self.now.layers[index]);
        let part = match self.selected_in(&volume) {
            Some(mask) => only(&volume, |at| mask.contains(at)),
            None => (*volume).clone(),
        };
        let touched = part.len() as u64;
        self.clipboard = Some((Rc::new(part), self.now.box_selected));
        let layer = self.now.layers[index].id;
        Ok(Answer { layer, touched: Some(touched), step: Some(false) })
    }

    pub fn cut(&mut self, layer: Option<LayerId>) -> Done {
        self.editable(layer)?;
        self.copy(layer)?;
        self.clear(layer)
    }

    /// Shifted by the difference of the selection boxes' centres if both exist.
    pub fn paste(&mut self, layer: Option<LayerId>) -> Done {
        let (voxels, then) = self.clipboard.clone().ok_or(Refused)?;
        let index = self.editable(layer)?;
        let step = match (then, self.now.box_selected) {
            (Some(then), Some(now)) => {
                [12, 13, 14].map(|i| (f64::from(now.0[i]) - f64::from(then.0[i])).round() as i64)
            }
            _ => [0; 3],
        };
        let mut moved = Voxels::default();
        for (at, voxel) in voxels.iter() {
            if let Some(at) = offset(at, step) {
                put(&mut moved, at, *voxel);
            }
        }
        let mut volume = (*self.now.layers[index].voxels).clone();
        let before = moved.keys().map(|at| (*at, get(&volume, at))).collect::<Vec<_>>();
        lay_over(&mut volume, &moved);
        let changed = before.iter().filter(|(at, old)| get(&volume, at) != *old).count();
        self.now.layers[index].voxels = Rc::new(volume);
        edited(self.now.layers[index].id, changed as u64)
    }
}

/// Where a picture shows a voxel's centre; behind the eye is nowhere.
fn seen_in(view: &[f64; 16], at: &At, low: [f64; 2], high: [f64; 2]) -> bool {
    let p = at.map(|v| f64::from(v) + 0.5);
    let row = |r: usize| view[r] * p[0] + view[4 + r] * p[1] + view[8 + r] * p[2] + view[12 + r];
    let w = row(3);
    w > 0.0 && (0..2).all(|i| low[i] <= row(i) / w && row(i) / w <= high[i])
}
