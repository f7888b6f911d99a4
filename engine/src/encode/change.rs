//! What makes one scene of another, within the bytes of a project: nothing is written that the two
//! share.
//!
//! The layers without voxels, as a list; the active layer's number; the materials and the
//! cameras, as lists; a boolean, whether the rest follows or is as it was: the active camera, the
//! light, the work area, the selection's box, unknown keys and chunks. Then how many volumes changed,
//! and for each its number, 0 for the mask and a layer's plus 1, and its bricks (`pool.rs`).
//!
//! A list is how many parts it is made of, and the parts: 0 and an item, or how many items of the
//! old list come here and the index of the first of them. None comes twice.

use super::bricks::Placed;
use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use super::pool::{Budget, Pool, Shelf};
use crate::digest::pairs;
use crate::effect::{changed_bricks, put_together};
use crate::history::bytes_of_plain;
use crate::scene::{Layer, LayerId, Scene, Selection};
use crate::volume::Volume;
use std::collections::HashMap;
use std::sync::Arc;

/// Items of a list as bytes, one after the other.
#[derive(Clone, Debug, Default)]
struct Items {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Items {
    fn of<T: Code>(list: &[T]) -> Self {
        let mut items = Items::default();
        for item in list {
            item.put(&mut items.bytes);
            items.ends.push(items.bytes.len());
        }
        items
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let from = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[from..end])
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }
}

/// A part of a list.
enum Part<'a> {
    New(&'a [u8]),
    Old { first: usize, count: usize },
}

/// A scene as it is compared with others: all but its voxels as bytes.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub known: Known,
    layers: Items,
    materials: Items,
    cameras: Items,
    rest: Vec<u8>,
}

impl Seen {
    pub(super) fn of(scene: &Arc<Scene>) -> Self {
        let mut rest = Vec::new();
        put_rest(scene, &mut rest);
        Self {
            known: Known::of(Arc::clone(scene)),
            layers: Items::of(&scene.layers),
            materials: Items::of(&scene.materials),
            cameras: Items::of(&scene.cameras),
            rest,
        }
    }

    /// Writes what makes `new` of this one.
    pub(super) fn put_change(&self, new: &Self, pool: &mut Pool, out: &mut Vec<u8>) {
        put_items(&self.layers, &new.layers, out);
        new.known.scene.active.put(out);
        put_items(&self.materials, &new.materials, out);
        put_items(&self.cameras, &new.cameras, out);
        let same = self.rest == new.rest;
        (!same).put(out);
        if !same {
            out.extend_from_slice(&new.rest);
        }
        let mut changes = Vec::new();
        for (key, from, to) in pairs(&self.known.scene, &new.known.scene) {
            let stays = key.is_none_or(|id| new.known.has(id));
            let bricks = if stays { changed_bricks(from, to) } else { Vec::new() };
            if !bricks.is_empty() {
                changes.push((key, bricks));
            }
        }
        put_varint(changes.len() as u64, out);
        for (key, bricks) in changes {
            key.put(out);
            pool.put(&bricks, out);
        }
    }
}

fn put_rest(scene: &Scene, out: &mut Vec<u8>) {
    // All fields are named, so that none can be forgotten; the first four are written elsewhere.
    let Scene {
        layers: _,
        active: _,
        materials: _,
        cameras: _,
        active_camera,
        light,
        area,
        selection: Selection { area: selected, mask: _ },
        extra,
        extra_chunks,
    } = scene;
    active_camera.put(out);
    light.put(out);
    area.put(out);
    selected.put(out);
    extra.put(out);
    extra_chunks.put(out);
}

fn put_items(old: &Items, new: &Items, out: &mut Vec<u8>) {
    let parts = parts(old, new);
    put_varint(parts.len() as u64, out);
    for part in parts {
        match part {
            Part::New(bytes) => {
                put_varint(0, out);
                out.extend_from_slice(bytes);
            }
            Part::Old { first, count } => {
                put_varint(count as u64, out);
                first.put(out);
            }
        }
    }
}

/// The item after the one found last is looked at first: most often it is that.
fn parts<'a>(old: &Items, new: &'a Items) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let (mut used, mut next) = (vec![false; old.len()], 0);
    let mut places: Option<HashMap<&[u8], usize>> = None;
    for bytes in new.iter() {
        let mut find = || {
            let places = places.get_or_insert_with(|| {
                old.iter().enumerate().map(|(index, bytes)| (bytes, index)).rev().collect()
            });
            places.get(bytes).copied()
        };
        let found = if old.get(next) == Some(bytes) { Some(next) } else { find() };
        let Some(index) = found.filter(|index| !used[*index]) else {
            parts.push(Part::New(bytes));
            continue;
        };
        match parts.last_mut() {
            Some(Part::Old { first, count }) if *first + *count == index => *count += 1,
            _ => parts.push(Part::Old { first: index, count: 1 }),
        }
        (used[index], next) = (true, index + 1);
    }
    parts
}

/// A scene, and where its layers are.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub scene: Arc<Scene>,
    places: HashMap<LayerId, usize>,
}

impl Known {
    pub(super) fn of(scene: Arc<Scene>) -> Self {
        let places = scene.layers.iter().enumerate().map(|(index, layer)| (layer.id, index));
        Self { places: places.collect(), scene }
    }

    pub(super) fn volume(&self, id: LayerId) -> Option<&Volume> {
        Some(&self.scene.layers[*self.places.get(&id)?].volume)
    }

    pub(super) fn has(&self, id: LayerId) -> bool {
        self.places.contains_key(&id)
    }

    /// Puts another volume in a layer.
    pub(super) fn set_volume(&mut self, id: LayerId, volume: &Volume) {
        if let Some(index) = self.places.get(&id) {
            Arc::make_mut(&mut self.scene).layers[*index].volume = volume.clone();
        }
    }

    /// The scene that the next bytes make of this one: as a project can hold it.
    pub(super) fn take_change(
        &self,
        input: &mut Input<'_>,
        shelf: &mut Shelf<'_>,
        budget: &mut Budget,
    ) -> Result<Known, DecodeError> {
        let from = input.offset();
        let scene = self.take_plain(input)?;
        budget.spend(bytes_of_plain(&scene), from)?;
        let mut new = Known::of(Arc::new(scene));
        if new.places.len() != new.scene.layers.len() {
            return Err(DecodeError::broken(from, "two layers of one number"));
        }
        if !new.has(new.scene.active) {
            return Err(DecodeError::broken(from, "an active layer that is not there"));
        }
        let scene = Arc::make_mut(&mut new.scene);
        for layer in &mut scene.layers {
            layer.volume = self.volume(layer.id).cloned().unwrap_or_default();
        }
        let mut room = input.limits.max_bricks;
        for _ in 0..input.count()? {
            let from = input.offset();
            let key = <Option<LayerId> as Code>::take(input)?;
            let volume = match key {
                None => &mut scene.selection.mask,
                Some(id) => match new.places.get(&id) {
                    Some(index) => &mut scene.layers[*index].volume,
                    None => return Err(DecodeError::broken(from, "a layer that is not there")),
                },
            };
            *volume = take_volume(volume, input, shelf, &mut room, budget)?;
        }
        Ok(new)
    }

    /// With the old mask, and old volumes or none.
    fn take_plain(&self, input: &mut Input<'_>) -> Result<Scene, DecodeError> {
        let old = &*self.scene;
        let from = input.offset();
        let layers: Vec<Layer> = take_items(&old.layers, input)?;
        let max = input.limits.max_layers;
        if layers.len() > max {
            return Err(DecodeError::limit(from, "layers", max as u64));
        }
        let active = Code::take(input)?;
        let materials = take_items(&old.materials, input)?;
        let cameras = take_items(&old.cameras, input)?;
        let mask = old.selection.mask.clone();
        if bool::take(input)? {
            return Ok(Scene {
                layers,
                active,
                materials,
                cameras,
                active_camera: Code::take(input)?,
                light: Code::take(input)?,
                area: Code::take(input)?,
                selection: Selection { area: Code::take(input)?, mask },
                extra: Code::take(input)?,
                extra_chunks: Code::take(input)?,
            });
        }
        Ok(Scene {
            layers,
            active,
            materials,
            cameras,
            active_camera: old.active_camera,
            light: old.light.clone(),
            area: old.area,
            selection: Selection { area: old.selection.area, mask },
            extra: old.extra.clone(),
            extra_chunks: old.extra_chunks.clone(),
        })
    }
}

/// Each part is an item of the input or one that was there: no list grows by more than its bytes.
fn take_items<T: Code + Clone>(old: &[T], input: &mut Input<'_>) -> Result<Vec<T>, DecodeError> {
    let mut items = Vec::new();
    let mut used = vec![false; old.len()];
    for _ in 0..input.count()? {
        let from = input.offset();
        let count = usize::take(input)?;
        if count == 0 {
            items.push(T::take(input)?);
            continue;
        }
        let first = usize::take(input)?;
        let range = first..first.saturating_add(count);
        let Some(part) = old.get(range.clone()) else {
            return Err(DecodeError::broken(from, "items that are not there"));
        };
        if used[range.clone()].contains(&true) {
            return Err(DecodeError::broken(from, "an item taken twice"));
        }
        used[range].fill(true);
        items.extend_from_slice(part);
    }
    Ok(items)
}

/// The volume that the next list of bricks makes of this one.
pub(super) fn take_volume(
    old: &Volume,
    input: &mut Input<'_>,
    shelf: &mut Shelf<'_>,
    room: &mut usize,
    budget: &mut Budget,
) -> Result<Volume, DecodeError> {
    let from = input.offset();
    let bricks = shelf.take(input, room, budget)?;
    let new = put_together(old.clone(), &bricks)
        .map_err(|_| DecodeError::broken(from, "a brick goes that is not there"))?;
    budget.spend(nodes_beside(&new, old, &bricks), from)?;
    Ok(new)
}

/// The bytes that the new volume shares with the old one in no way, without its bricks: a list of
/// one brick may cost a path of nodes.
fn nodes_beside(new: &Volume, old: &Volume, placed: &[Placed]) -> usize {
    let bricks = placed.iter().filter_map(|(_, brick)| brick.as_ref());
    new.bytes_beside(old).saturating_sub(bricks.map(|brick| brick.bytes()).sum())
}
