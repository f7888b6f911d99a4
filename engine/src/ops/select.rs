//! Masks: which voxels are selected, white where they are (spec/engine.md 6).
//!
//! A place is in a mask when its alpha is above 0. Bricks that a function leaves as
//! they are stay shared with the volume they came from.

use super::rows::Rows;
use super::shape::{Shape, Solid};
use crate::math::{Mat4, Vec3, add, length, scale};
use crate::volume::Like;
use crate::volume::tree::{self, Key};
use crate::volume::{Bits, Brick, BrickCoord, Local, Volume, Voxel};
use std::sync::Arc;

/// How a new mask meets the one that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectMode {
    /// Replaces it.
    #[default]
    Set,
    /// Adds to it.
    Add,
    /// Takes away from it.
    Sub,
}

/// Bits of a brick's places, as [`Brick::cells`] has them.
type Places = [u64; 64];

/// The existing voxels whose centre lies in the box, by the painter's rule for cubes
/// (spec/engine.md 3): half-open. None when the box is flat or broken.
pub fn in_box(volume: &Volume, area: &Mat4) -> Volume {
    let Some(solid) = Solid::new(Shape::Cube, area, None) else {
        return Volume::new();
    };
    let inside = |(home, brick): (BrickCoord, &Brick)| {
        Some((home, both(brick.cells(), &solid.places(home)?)))
    };
    mask_of(volume.bricks_in(solid.bounds()).into_iter().filter_map(inside), Voxel::WHITE)
}

/// The voxels of a colour like this.
pub fn by_color(volume: &Volume, like: &Like) -> Volume {
    let alike = |(home, brick): (BrickCoord, &Brick)| match brick.uniform() {
        Some(only) => like.takes(only).then(|| (home, *brick.cells())),
        None => Some((home, Rows::of(brick, |voxel| like.takes(voxel)).cells())),
    };
    mask_of(volume.bricks().into_iter().filter_map(alike), Voxel::WHITE)
}

/// The existing voxels whose centre is projected into the rectangle, its sides included;
/// also those that others hide. `project` gives nothing for what is out of sight.
pub fn in_rectangle(
    volume: &Volume,
    project: impl Fn(Vec3) -> Option<[f64; 2]> + Sync,
    low: [f64; 2],
    high: [f64; 2],
) -> Volume {
    let is_inside = |home: BrickCoord, at: Local| {
        let center = home.at(at).to_array().map(|value| f64::from(value) + 0.5);
        project(center).is_some_and(|p| (0..2).all(|i| low[i] <= p[i] && p[i] <= high[i]))
    };
    let inside = |(home, brick): (BrickCoord, &Brick)| {
        let places = |(cell, word): (usize, &u64)| {
            let held = |bit: &u32| is_inside(home, Local::from_cell_and_bit(cell, *bit));
            Bits(*word).filter(held).fold(0, |word, bit| word | 1 << bit)
        };
        let mut cells = [0; 64];
        let words = brick.cells().iter().enumerate().map(places);
        cells.iter_mut().zip(words).for_each(|(cell, word)| *cell = word);
        (home, cells)
    };
    mask_of(volume.bricks().into_iter().map(inside), Voxel::WHITE)
}

/// What the two masks make together.
pub fn combined(mask: &Volume, other: &Volume, how: SelectMode) -> Volume {
    match how {
        SelectMode::Set => other.clone(),
        SelectMode::Add => joined(mask, other),
        SelectMode::Sub => removed(mask, other),
    }
}

fn joined(mask: &Volume, other: &Volume) -> Volume {
    let mut joined = mask.clone();
    for (home, added) in bricks(other) {
        let Some(brick) = mask.brick(home) else {
            joined.put_arc(home, Arc::clone(added));
            continue;
        };
        let missing = except(added.cells(), brick.cells());
        if missing != [0; 64] {
            joined.edit(home, |brick| brick.fill(&missing, Voxel::WHITE));
        }
    }
    joined
}

/// The voxels that are in the mask.
pub fn kept(volume: &Volume, mask: &Volume) -> Volume {
    let visited = if mask.brick_count() < volume.brick_count() { mask } else { volume };
    let part = |(home, _)| {
        let (brick, places) = (brick(volume, home)?, brick(mask, home)?);
        Some((home, without(brick, &except(brick.cells(), places.cells()))))
    };
    let kept = Volume::from_bricks(bricks(visited).into_iter().filter_map(part).collect());
    if kept.filled() == volume.filled() { volume.clone() } else { kept }
}

/// The voxels that are not in the mask.
pub fn removed(volume: &Volume, mask: &Volume) -> Volume {
    let mut left = volume.clone();
    for (home, places) in bricks(mask) {
        let Some(brick) = brick(volume, home) else {
            continue;
        };
        let gone = both(brick.cells(), places.cells());
        if gone != [0; 64] {
            left.put_arc(home, without(brick, &gone));
        }
    }
    left
}

/// The mask with `color` at all of its places.
pub fn tinted(mask: &Volume, color: Voxel) -> Volume {
    let places = mask.bricks().into_iter().map(|(home, brick)| (home, *brick.cells()));
    mask_of(places, color.normalized())
}

/// A box that is flat along one axis, grown by one voxel along the normal of the surface
/// it lies on (spec/engine.md 6). Any other box is as it was, and so is any when
/// the normal is no direction.
pub fn grown(area: &Mat4, normal: Vec3) -> Mat4 {
    let is_flat = |axis: &usize| area.column(*axis) == [0.0; 3];
    let mut flat = (0..3).filter(is_flat);
    let (Some(axis), None) = (flat.next(), flat.next()) else {
        return *area;
    };
    let half = scale(normal, 0.5 / length(normal));
    if !half.iter().all(|value| value.is_finite()) {
        return *area;
    }
    let center = add(area.column(3), half);
    let mut grown = *area;
    for row in 0..3 {
        grown.0[4 * axis + row] = half[row] as f32;
        grown.0[12 + row] = center[row] as f32;
    }
    grown
}

/// One voxel at all of these places; bricks that are full of it are one brick.
fn mask_of(places: impl Iterator<Item = (BrickCoord, Places)>, voxel: Voxel) -> Volume {
    let full = Arc::new(Brick::full(voxel));
    let brick = |cells: &Places| {
        if *cells == [u64::MAX; 64] {
            return Arc::clone(&full);
        }
        let mut brick = Brick::default();
        brick.fill(cells, voxel);
        Arc::new(brick)
    };
    Volume::from_bricks(places.map(|(home, cells)| (home, brick(&cells))).collect())
}

/// The brick without these places of it; shared when there are none.
fn without(brick: &Arc<Brick>, gone: &Places) -> Arc<Brick> {
    if *gone == [0; 64] {
        return Arc::clone(brick);
    }
    if gone == brick.cells() {
        return Arc::default();
    }
    let mut left = Brick::clone(brick);
    left.fill(gone, Voxel::EMPTY);
    Arc::new(left)
}

fn both(a: &Places, b: &Places) -> Places {
    std::array::from_fn(|i| a[i] & b[i])
}

fn except(a: &Places, b: &Places) -> Places {
    std::array::from_fn(|i| a[i] & !b[i])
}

fn brick(volume: &Volume, home: BrickCoord) -> Option<&Arc<Brick>> {
    tree::get(volume.root(), Key::of(home))
}

/// The bricks in the tree's own order.
fn bricks(volume: &Volume) -> Vec<(BrickCoord, &Arc<Brick>)> {
    let mut bricks = Vec::with_capacity(volume.brick_count());
    if let Some(root) = volume.root() {
        tree::for_each(root, &mut |key, brick| bricks.push((key.brick(), brick)));
    }
    bricks
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
