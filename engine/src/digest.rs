//! A number for all that a scene holds: equal for equal content, however it is stored
//! and however it came to be.
//!
//! The sum of a SHA-256 (its first 16 bytes) for each brick, with its layer and place,
//! and of one for everything else. A sum can be corrected: what went is taken away, what came is
//! added, and the order does not matter.
//!
//! It finds faults, not malice: nobody can make one brick for another's hash, but sums of
//! 128 bits can be forged by who may choose thousands of bricks.

use crate::encode::brick::put_brick;
use crate::encode::code::Code;
use crate::scene::{LayerId, Scene};
use crate::volume::{Brick, BrickCoord, Volume};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// What a scene holds, in 128 bits. Floats count by their bits: 0 is not -0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(u128);

impl Digest {
    /// The digest of a scene, from all its bricks.
    pub fn of(scene: &Scene) -> Self {
        let bricks = volumes(scene).map(|(key, volume)| sum(key, volume.bricks()));
        Self(bricks.fold(rest(scene), u128::wrapping_add))
    }

    /// The digest of `new`, where this is that of `old`: in the time of the bricks that
    /// the two do not share, and of what is no brick.
    #[must_use]
    pub fn after(self, old: &Scene, new: &Scene) -> Self {
        let changed = |(key, from, to): (Key, &Volume, &Volume)| {
            let places = from.differing(to);
            let of = |volume: &Volume| {
                sum(key, places.iter().filter_map(|at| Some((*at, volume.brick(*at)?))))
            };
            of(to).wrapping_sub(of(from))
        };
        let bricks = pairs(old, new).into_iter().map(changed).fold(self.0, u128::wrapping_add);
        Self(bricks.wrapping_sub(rest(old)).wrapping_add(rest(new)))
    }

    /// The digest as 16 bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// The digest of which these are the bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0.swap_bytes())
    }
}

/// A layer, or the mask of the selection.
pub(crate) type Key = Option<LayerId>;

fn volumes(scene: &Scene) -> impl Iterator<Item = (Key, &Volume)> {
    let layers = scene.layers.iter().map(|layer| (Some(layer.id), &layer.volume));
    std::iter::once((None, &scene.selection.mask)).chain(layers)
}

/// The volumes that are not the same stored tree in both scenes, by mask and layer; one
/// that a scene does not have is empty.
pub(crate) fn pairs<'a>(old: &'a Scene, new: &'a Scene) -> Vec<(Key, &'a Volume, &'a Volume)> {
    const EMPTY: &Volume = &Volume::new();
    let mut found: Vec<(Key, &Volume, &Volume)> = Vec::new();
    if volumes(old).map(|(key, _)| key).eq(volumes(new).map(|(key, _)| key)) {
        found.extend(volumes(old).zip(volumes(new)).map(|((key, a), (_, b))| (key, a, b)));
    } else {
        let before: BTreeMap<Key, &Volume> = volumes(old).collect();
        let after: BTreeMap<Key, &Volume> = volumes(new).collect();
        let gone = before.iter().filter(|(key, _)| !after.contains_key(key));
        found.extend(gone.map(|(key, volume)| (*key, *volume, EMPTY)));
        found.extend(after.iter().map(|(key, v)| (*key, *before.get(key).unwrap_or(&EMPTY), *v)));
    }
    found.retain(|(_, a, b)| !a.shares_root_with(b));
    found.sort_by_key(|(key, ..)| *key);
    found
}

fn sum<'a>(key: Key, bricks: impl IntoIterator<Item = (BrickCoord, &'a Brick)>) -> u128 {
    let mut bytes = Vec::new();
    let hashes = bricks.into_iter().map(|(at, brick)| {
        bytes.clear();
        bytes.push(b'b');
        key.put(&mut bytes);
        [at.x, at.y, at.z].put(&mut bytes);
        put_brick(brick, &mut bytes);
        hash(&bytes)
    });
    hashes.fold(0, u128::wrapping_add)
}

/// The hash of all that is no brick.
fn rest(scene: &Scene) -> u128 {
    let mut bytes = vec![b's'];
    scene.put(&mut bytes);
    hash(&bytes)
}

/// The first 16 bytes of a SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&Sha256::digest(bytes)[..16]);
    u128::from_le_bytes(first)
}

#[cfg(test)]
mod tests;
