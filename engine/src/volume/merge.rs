//! Merging one volume into another, brick by brick.

use super::tree::{self, Key};
use super::{BRICK_VOXELS, BlendMode, Brick, Local, Volume, Voxel, combine};
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
                solid.put(at, map(brick, |_, v| if v.is_solid() { v } else { Voxel::EMPTY }));
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
    let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
    for (index, voxel) in voxels.iter_mut().enumerate() {
        let at = Local::from_index(index as u16);
        *voxel = combine(a.get(at), b.get(at), mode);
    }
    Brick::from_voxels(&voxels)
}

fn map(brick: &Brick, change: impl Fn(Local, Voxel) -> Voxel) -> Brick {
    let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
    for (at, voxel) in brick.voxels() {
        voxels[at.index()] = change(at, voxel);
    }
    Brick::from_voxels(&voxels)
}
