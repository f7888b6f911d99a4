//! What changed between two scenes: what a log keeps of an edit that it cannot replay.
//!
//! An effect holds the bricks that changed, as they are now, and everything else
//! of the new scene if any of that changed. It fits the scene it was made from and no other, as far
//! as the layers and the sizes of their volumes tell.
//!
//! Its bytes: the version; whether the rest is deflated, and then its length; a
//! fingerprint of the old scene; the new scene without voxels, or 0; then for the mask (0)
//! and each layer (its number plus 1) that changed, in this order, its bricks.

use crate::digest::pairs;
use crate::encode::bricks::{Placed, Room, put_bricks, take_bricks};
use crate::encode::code::{Code, Input, put_varint};
use crate::encode::packed::{put_packed, take_packed};
use crate::encode::{DecodeError, Limits};
use crate::error::ErrorKind;
use crate::scene::{LayerId, Scene};
use crate::volume::tree::{self, Key};
use crate::volume::{Brick, BrickCoord, Volume};
use flate2::Compression;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The version of the bytes of effects.
pub const EFFECT_VERSION: u8 = 1;

/// What makes one scene of another.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The fingerprint of the scene it fits.
    from: u64,
    /// The new scene without voxels, when more than voxels changed.
    scene: Option<Box<Scene>>,
    /// Bricks that changed, by volume: the mask's first, then by layer.
    volumes: Vec<(Option<LayerId>, Vec<Placed>)>,
}

/// Why an effect was not applied. The scene is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectError {
    /// It was made from another scene.
    OtherScene,
    /// It changes a layer that is not there.
    NoSuchLayer(LayerId),
    /// It takes a brick away that is not there.
    NoSuchBrick(BrickCoord),
}

impl Effect {
    /// What makes `new` of `old`, in the time of the bricks that the two do not share, and of
    /// what is no brick. Layer numbers are unique in each.
    pub fn between(old: &Scene, new: &Scene) -> Self {
        let changes = pairs(old, new).into_iter();
        let changes = changes.filter(|(key, ..)| key.is_none_or(|id| new.layer(id).is_some()));
        let volumes = changes.map(|(key, from, to)| (key, changed_bricks(from, to)));
        Self {
            from: old.fingerprint(),
            scene: (plain_bytes(old) != plain_bytes(new)).then(|| Box::new(without_voxels(new))),
            volumes: volumes.filter(|(_, bricks)| !bricks.is_empty()).collect(),
        }
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.scene.is_none() && self.volumes.is_empty()
    }

    /// How many bricks it puts or takes away.
    pub fn brick_count(&self) -> usize {
        self.volumes.iter().map(|(_, bricks)| bricks.len()).sum()
    }

    /// The only layer that it changes, if it changes nothing but voxels of one.
    pub(crate) fn only_layer(&self) -> Option<LayerId> {
        match (&self.scene, self.volumes.as_slice()) {
            (None, [(layer, _)]) => *layer,
            _ => None,
        }
    }

    /// Makes the new scene of the old one. Bricks are shared, not copied.
    pub fn apply(&self, scene: &mut Scene) -> Result<(), EffectError> {
        if scene.fingerprint() != self.from {
            return Err(EffectError::OtherScene);
        }
        let stays = self.scene.as_deref().unwrap_or(scene);
        let mut volumes = BTreeMap::new();
        for (key, bricks) in &self.volumes {
            check_layer(stays, *key)?;
            volumes.insert(*key, put_together(volume_of(scene, *key), bricks)?);
        }
        if let Some(new) = &self.scene {
            let new = Scene::clone(new);
            let old = std::mem::replace(scene, new);
            take_over(scene, old);
        }
        for (key, volume) in volumes {
            put_volume(scene, key, volume);
        }
        Ok(())
    }

    /// The effect as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![EFFECT_VERSION];
        put_packed(&self.plain_bytes(), Compression::fast(), &mut bytes);
        bytes
    }

    fn plain_bytes(&self) -> Vec<u8> {
        let mut bytes = self.from.to_le_bytes().to_vec();
        put_scene(self.scene.as_deref(), &mut bytes);
        put_varint(self.volumes.len() as u64, &mut bytes);
        for (key, bricks) in &self.volumes {
            key.put(&mut bytes);
            put_bricks(bricks, &mut bytes);
        }
        bytes
    }

    /// The effect that all of the bytes stand for.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut input = Input::new(bytes, EFFECT_VERSION, limits)?;
        match take_packed(&mut input)? {
            Some(plain) => Self::take(&mut Input::part(&plain, limits)),
            None => Self::take(&mut input),
        }
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let from = u64::from_le_bytes(input.array()?);
        let scene = take_scene(input)?;
        let count = input.count_of("layers", input.limits.max_layers.saturating_add(1))?;
        let mut volumes: Vec<(Option<LayerId>, Vec<Placed>)> = Vec::new();
        let mut room = Room::of(input);
        for _ in 0..count {
            let offset = input.offset();
            let key = <Option<LayerId> as Code>::take(input)?;
            if volumes.last().is_some_and(|(last, _)| *last >= key) {
                return Err(DecodeError::broken(offset, "layers out of order"));
            }
            let bricks = take_bricks(input, &mut room)?;
            if bricks.is_empty() {
                return Err(DecodeError::broken(offset, "a layer that does not change"));
            }
            volumes.push((key, bricks));
        }
        input.end()?;
        Ok(Self { from, scene, volumes })
    }
}

/// What makes `to` of `from`: the bricks that differ, in the defined order.
pub(crate) fn changed_bricks(from: &Volume, to: &Volume) -> Vec<Placed> {
    let shared = |volume: &Volume, at| tree::get(volume.root(), Key::of(at)).cloned();
    let changed = |at: BrickCoord| match (from.brick(at), shared(to, at)) {
        (Some(a), Some(b)) if holds_same(a, &b) => None,
        (_, brick) => Some((at, brick)),
    };
    from.differing(to).into_iter().filter_map(changed).collect()
}

pub(crate) fn holds_same(a: &Brick, b: &Brick) -> bool {
    a.cells() == b.cells()
        && match (a.uniform(), b.uniform()) {
            (Some(a), Some(b)) => a == b,
            _ => a.voxels().eq(b.voxels()),
        }
}

fn plain_bytes(scene: &Scene) -> Vec<u8> {
    let mut bytes = Vec::new();
    scene.put(&mut bytes);
    bytes
}

fn without_voxels(scene: &Scene) -> Scene {
    let mut plain = scene.clone();
    plain.layers.iter_mut().for_each(|layer| layer.volume = Volume::new());
    plain.selection.mask = Volume::new();
    plain
}

fn put_scene(scene: Option<&Scene>, out: &mut Vec<u8>) {
    scene.is_some().put(out);
    scene.iter().for_each(|scene| scene.put(out));
}

fn take_scene(input: &mut Input<'_>) -> Result<Option<Box<Scene>>, DecodeError> {
    if !bool::take(input)? {
        return Ok(None);
    }
    let from = input.offset();
    let scene = Scene::take(input)?;
    let ids: BTreeSet<LayerId> = scene.layers.iter().map(|layer| layer.id).collect();
    if ids.len() != scene.layers.len() {
        return Err(DecodeError::broken(from, "two layers of one number"));
    }
    Ok(Some(Box::new(scene)))
}

fn check_layer(scene: &Scene, key: Option<LayerId>) -> Result<(), EffectError> {
    match key {
        Some(id) if scene.layer(id).is_none() => Err(EffectError::NoSuchLayer(id)),
        _ => Ok(()),
    }
}

/// The mask, or a layer's volume; an empty one for a layer that is to come.
fn volume_of(scene: &Scene, key: Option<LayerId>) -> Volume {
    match key {
        None => scene.selection.mask.clone(),
        Some(id) => scene.layer(id).map(|layer| layer.volume.clone()).unwrap_or_default(),
    }
}

/// The volume with these bricks put and taken away. Bricks are shared, not copied.
pub(crate) fn put_together(mut volume: Volume, bricks: &[Placed]) -> Result<Volume, EffectError> {
    if volume.is_empty() {
        let placed = |(at, brick): &Placed| match brick {
            Some(brick) => Ok((*at, Arc::clone(brick))),
            None => Err(EffectError::NoSuchBrick(*at)),
        };
        return Ok(Volume::from_bricks(bricks.iter().map(placed).collect::<Result<_, _>>()?));
    }
    for (at, brick) in bricks {
        if brick.is_none() && volume.brick(*at).is_none() {
            return Err(EffectError::NoSuchBrick(*at));
        }
        volume.put_arc(*at, brick.clone().unwrap_or_default());
    }
    Ok(volume)
}

/// Gives the new scene the voxels of the old one.
fn take_over(new: &mut Scene, old: Scene) {
    new.selection.mask = old.selection.mask;
    let mut volumes: BTreeMap<LayerId, Volume> =
        old.layers.into_iter().map(|layer| (layer.id, layer.volume)).collect();
    for layer in &mut new.layers {
        layer.volume = volumes.remove(&layer.id).unwrap_or_default();
    }
}

fn put_volume(scene: &mut Scene, key: Option<LayerId>, volume: Volume) {
    match key {
        None => scene.selection.mask = volume,
        Some(id) => {
            let layer = scene.layers.iter_mut().find(|layer| layer.id == id);
            layer.expect("the layer was found before anything changed").volume = volume;
        }
    }
}

impl EffectError {
    /// The stable kind that callers outside the engine switch on.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            EffectError::NoSuchLayer(_) => ErrorKind::LayerNotFound,
            EffectError::OtherScene | EffectError::NoSuchBrick(_) => ErrorKind::InvalidOperation,
        }
    }
}

impl fmt::Display for EffectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EffectError::OtherScene => f.write_str("an effect that was made from another scene"),
            EffectError::NoSuchLayer(id) => {
                write!(f, "an effect on layer {}, which is not there", id.0)
            }
            EffectError::NoSuchBrick(BrickCoord { x, y, z }) => {
                write!(f, "an effect takes brick ({x}, {y}, {z}) away, which is not there")
            }
        }
    }
}

impl std::error::Error for EffectError {}

#[cfg(test)]
mod tests;
