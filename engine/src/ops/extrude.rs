//! Extrusion: a patch of a face pulled out or pushed in (spec/engine.md 7).

use super::flood::flood;
use super::select::kept;
use super::spread::{Neighbors, Spread, Tolerance};
use crate::volume::{
    BRICK_VOXELS, BlendMode, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel,
};
use std::sync::Arc;

/// What is pulled or pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extrusion {
    /// A voxel of the patch.
    pub at: Coord,
    /// The axis of the face's normal: 0, 1, 2 for X, Y, Z.
    pub axis: u8,
    /// Whether the normal points up the axis.
    pub up: bool,
    /// How far: outwards when positive, inwards when negative.
    pub distance: i32,
    /// The greatest difference of colour between neighbours of the patch; any when absent.
    pub tolerance: Option<u8>,
}

/// The volume with the patch around `extrusion.at` pulled out or pushed in, and the mask
/// with its part of the patch moved the same way. Where there is a mask, only what it
/// holds of the patch is moved.
///
/// Outwards, the patch's voxels are put over each of the next layers; inwards, as many
/// layers lose the alpha of the patch's voxels, its own layer first (spec/engine.md 7).
/// Both are as they were when there is no voxel or its face is covered. `None` when
/// more than `room` bricks would be written.
pub fn extruded(
    volume: &Volume,
    extrusion: &Extrusion,
    mask: Option<&Volume>,
    room: usize,
) -> Option<(Volume, Option<Volume>)> {
    let patch = match (patch(volume, extrusion), mask) {
        (patch, Some(mask)) => kept(&patch, mask),
        (patch, None) => patch,
    };
    let Some(layers) = Layers::of(extrusion).filter(|_| !patch.is_empty()) else {
        return Some((volume.clone(), mask.cloned()));
    };
    let pulled = layers.merged(volume, &patch, room)?;
    match mask {
        Some(mask) => Some((pulled, Some(layers.merged(mask, &patch, room)?))),
        None => Some((pulled, None)),
    }
}

/// The voxels of the plane whose face is free, connected to the picked one, as a mask.
fn patch(volume: &Volume, extrusion: &Extrusion) -> Volume {
    let tolerance = Tolerance::Neighbor(extrusion.tolerance.unwrap_or(u8::MAX));
    let spread = Spread { neighbors: Neighbors::Faces, tolerance, within: None };
    let faces = free_faces(volume, extrusion);
    // No larger than the faces: there is room for it.
    flood(&faces, extrusion.at, &spread, usize::MAX).unwrap_or_default()
}

/// The voxels of the picked one's plane that have none on the side of the normal.
fn free_faces(volume: &Volume, extrusion: &Extrusion) -> Volume {
    let axis = usize::from(extrusion.axis);
    let (mut low, mut high) = ([i32::MIN; 3], [i32::MAX; 3]);
    let Some(level) = extrusion.at.to_array().get(axis).copied() else {
        return Volume::new();
    };
    (low[axis], high[axis]) = (level, level);
    let mut normal = [0; 3];
    normal[axis] = if extrusion.up { 1 } else { -1 };
    let plane = Bounds { min: low.into(), max: high.into() };
    let mut faces = Vec::new();
    for (home, brick) in volume.bricks_in(plane) {
        // The next layer lies in one brick, this one or the one beside it.
        let next = on(axis, home.origin(), level).offset(normal).map(Coord::brick);
        let cover = next.and_then(|next| volume.brick(next));
        let is_free = |at: Local| {
            let above = home.at(at).offset(normal).map(Coord::local);
            cover.zip(above).is_none_or(|(brick, above)| brick.get(above).is_empty())
        };
        let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
        for at in plane_of(axis, (level & 15) as u16).filter(|at| is_free(*at)) {
            voxels[at.index()] = brick.get(at);
        }
        faces.push((home, Arc::new(Brick::from_voxels(&voxels))));
    }
    Volume::from_bricks(faces)
}

fn on(axis: usize, at: Coord, level: i32) -> Coord {
    let mut place = at.to_array();
    place[axis] = level;
    place.into()
}

/// The 256 places of a brick at `level` on the axis.
fn plane_of(axis: usize, level: u16) -> impl Iterator<Item = Local> {
    (0..256).map(move |i| {
        let (a, b) = (i & 15, i >> 4);
        match axis {
            0 => Local::new(level, a, b),
            1 => Local::new(a, level, b),
            _ => Local::new(a, b, level),
        }
    })
}

/// The layers that an extrusion writes, from `low` to `high` on its axis.
struct Layers {
    axis: usize,
    /// Where the patch lies on the axis.
    level: i32,
    low: i32,
    high: i32,
    mode: BlendMode,
}

impl Layers {
    /// Those in space; `None` when there are none.
    fn of(extrusion: &Extrusion) -> Option<Self> {
        let axis = usize::from(extrusion.axis);
        let level = *extrusion.at.to_array().get(axis)?;
        let (first, count) = (i64::from(level), i64::from(extrusion.distance));
        let (low, high) = match (extrusion.up, count > 0) {
            (true, true) => (first + 1, first + count),
            (false, true) => (first - count, first - 1),
            (true, false) => (first + count + 1, first),
            (false, false) => (first, first - count - 1),
        };
        let (low, high) = (low.max(i64::from(i32::MIN)), high.min(i64::from(i32::MAX)));
        let mode = if count > 0 { BlendMode::Over } else { BlendMode::Sub };
        // Both lie in `i32`: an end beyond it was cut, and there the range is empty.
        (low <= high).then_some(Self { axis, level, low: low as i32, high: high as i32, mode })
    }

    /// `volume` with what it holds of the patch merged into every layer.
    fn merged(&self, volume: &Volume, patch: &Volume, room: usize) -> Option<Volume> {
        let columns = kept(volume, patch);
        let homes = self.homes(volume, &columns, room)?;
        let mut bricks = Vec::new();
        for ((home, brick), levels) in columns.bricks().into_iter().zip(homes) {
            let whole = Arc::new(self.column(brick, 0, 15));
            for level in levels {
                let origin = on(self.axis, home.origin(), level << 4);
                let first = i64::from(self.low) - i64::from(level << 4);
                let last = i64::from(self.high) - i64::from(level << 4);
                let brick = match (first.max(0), last.min(15)) {
                    (0, 15) => Arc::clone(&whole),
                    (first, last) => Arc::new(self.column(brick, first as u16, last as u16)),
                };
                bricks.push((origin.brick(), brick));
            }
        }
        Some(Volume::merged(volume, &Volume::from_bricks(bricks), self.mode))
    }

    /// Where on the axis, in bricks, each brick of the patch is to be written: everywhere
    /// in the layers, or, to take away, where something is.
    fn homes(&self, volume: &Volume, patch: &Volume, room: usize) -> Option<Vec<Vec<i32>>> {
        let (low, high) = (self.low >> 4, self.high >> 4);
        let span = (i64::from(high) - i64::from(low) + 1) as u128;
        if self.mode == BlendMode::Sub {
            let levels = |(home, _)| self.levels_in(volume, home);
            return Some(patch.bricks().into_iter().map(levels).collect());
        }
        let fits = span * patch.brick_count() as u128 <= room as u128;
        fits.then(|| vec![(low..=high).collect(); patch.brick_count()])
    }

    /// Where on the axis the volume has bricks in the layers above or below `home`.
    fn levels_in(&self, volume: &Volume, home: BrickCoord) -> Vec<i32> {
        let Bounds { min, max } = home.bounds();
        let column =
            Bounds { min: on(self.axis, min, self.low), max: on(self.axis, max, self.high) };
        let level = |(home, _): (BrickCoord, &Brick)| home.origin().to_array()[self.axis] >> 4;
        volume.bricks_in(column).into_iter().map(level).collect()
    }

    /// The brick's layer of the patch, repeated from `first` to `last`.
    fn column(&self, brick: &Brick, first: u16, last: u16) -> Brick {
        let from = (self.level & 15) as u16;
        let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
        for level in first..=last {
            for (at, to) in plane_of(self.axis, from).zip(plane_of(self.axis, level)) {
                voxels[to.index()] = brick.get(at);
            }
        }
        Brick::from_voxels(&voxels)
    }
}

#[cfg(test)]
#[path = "extrude_tests.rs"]
mod tests;
