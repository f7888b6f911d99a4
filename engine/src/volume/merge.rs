//! Merging one volume into another, brick by brick.

use super::tree::{self, Key};
use super::{BRICK_VOXELS, Bits, BlendMode, Brick, Volume, Voxel, combine};
use std::sync::Arc;

impl Volume {
    /// `destination` with `source` merged into it under `mode`, voxel by voxel.
    ///
    /// Bricks that only one side has are shared, not copied.
    pub fn merged(destination: &Volume, source: &Volume, mode: BlendMode) -> Volume {
        let rule = mode.one_sided();
        match (rule.keeps_destination, rule.takes_source) {
            (false, true) => source.clone(),
            (true, false) => meet(destination.clone(), destination, source, mode, source),
            (false, false) => meet(Volume::new(), destination, source, mode, destination),
            // Both sides stay: start from the larger, visit the smaller.
            (true, true) if source.brick_count() > destination.brick_count() => {
                meet(source.clone(), destination, source, mode, destination)
            }
            (true, true) => meet(destination.clone(), destination, source, mode, source),
        }
    }

    /// The voxels that are drawn: those with alpha of at least [`Voxel::SOLID_ALPHA`].
    pub fn solid(&self) -> Volume {
        let mut solid = self.clone();
        for (at, brick) in self.bricks() {
            if brick.may_hold_faint() {
                solid.put(at, brick.solid());
            }
        }
        solid
    }
}

/// Puts into `result`, at every brick of `visited`, what the two sides make of it.
fn meet(
    mut result: Volume,
    destination: &Volume,
    source: &Volume,
    mode: BlendMode,
    visited: &Volume,
) -> Volume {
    let Some(root) = visited.root() else {
        return result;
    };
    let rule = mode.one_sided();
    tree::for_each(root, &mut |key: Key, _| {
        let a = tree::get(destination.root(), key);
        let b = tree::get(source.root(), key);
        match (a, b) {
            (Some(a), Some(b)) => result.put_shared(key, Arc::new(combined(a, b, mode))),
            (Some(a), None) if rule.keeps_destination => result.put_shared(key, Arc::clone(a)),
            (None, Some(b)) if rule.takes_source => result.put_shared(key, Arc::clone(b)),
            _ => {}
        }
    });
    result
}

fn combined(a: &Brick, b: &Brick, mode: BlendMode) -> Brick {
    let mut places = a.to_places();
    b.blend_onto(&mut places, mode);
    Brick::from_places_with_holes([u64::MAX; 64], &places)
}

impl Brick {
    /// Combines the voxels of this brick with those below, given by place.
    pub(crate) fn blend_onto(&self, below: &mut [Voxel; BRICK_VOXELS], mode: BlendMode) {
        let above = self.to_places();
        for ((word, below), above) in
            self.cells().iter().zip(below.as_chunks_mut::<64>().0).zip(above.as_chunks::<64>().0)
        {
            // No source leaves the destination alone in some modes: then it is passed over.
            if mode.one_sided().keeps_destination && *word != u64::MAX {
                for bit in Bits(*word) {
                    let bit = bit as usize;
                    below[bit] = combine(below[bit], above[bit], mode);
                }
                continue;
            }
            for (below, above) in below.iter_mut().zip(above) {
                *below = combine(*below, *above, mode);
            }
        }
    }

    /// The brick without voxels too faint to be drawn.
    pub fn solid(&self) -> Brick {
        let mut places = self.to_places();
        places.iter_mut().filter(|voxel| !voxel.is_solid()).for_each(|voxel| *voxel = Voxel::EMPTY);
        Brick::from_places_with_holes([u64::MAX; 64], &places)
    }
}
