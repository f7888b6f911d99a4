//! Dilate, erode, hollow, smooth: edits by the neighbours of each voxel.
//!
//! Step by step, brick by brick on rows of bits ([`Halo`]); after the first step only
//! bricks near one that changed are looked at.

use super::Neighbors;
use super::halo::{Around, Halo, neighbor};
use super::lines::{Rows, brick_of, places, rows_of, without};
use crate::volume::{BRICK_VOXELS, Brick, BrickCoord, Local, Volume, Voxel};
use std::collections::HashSet;

/// A change of shape by the neighbours of each voxel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Morph {
    /// Grows by one voxel.
    Dilate,
    /// Loses the voxels that touch empty space.
    Erode,
    /// Keeps only a wall along the surface.
    Hollow,
    /// Rounds corners: a place becomes what most of its neighbours are.
    Smooth,
}

/// The volume changed that many times; 0 changes nothing. `None` when more than `room`
/// bricks would be written.
///
/// - Dilate: an empty place with a filled neighbour becomes filled, with that neighbour's
///   voxel. Of several the first is taken: those by faces before those by edges before
///   those by corners, and among equals in the defined order (z, then y, then x).
/// - Erode: a voxel with an empty neighbour goes. What is beyond the end of space is empty.
/// - Hollow: the voxels that so many erosions would take stay, the others go.
/// - Smooth: a place becomes filled when at least 14 of the 27 in the cube around it are,
///   else empty, whatever `neighbors`. A new voxel is the most frequent of its 26
///   neighbours; of several the one that comes first in the order of Dilate. Smoothing
///   ends before a step that would only take back the one before.
///
/// Steps end as soon as one changes nothing.
pub fn morphed(
    volume: &Volume,
    morph: Morph,
    neighbors: Neighbors,
    steps: u32,
    room: usize,
) -> Option<Volume> {
    match morph {
        _ if steps == 0 => Some(volume.clone()),
        Morph::Dilate if grows_beyond(volume, steps, room) => None,
        Morph::Dilate => repeated(volume, Rule::Grow(neighbors), steps, room),
        Morph::Erode => repeated(volume, Rule::Shrink(neighbors), steps, room),
        Morph::Smooth => repeated(volume, Rule::Majority, steps, room),
        Morph::Hollow => {
            let core = repeated(volume, Rule::Shrink(neighbors), steps, room)?;
            Some(subtracted(volume, &core))
        }
    }
}

/// Whether growing would surely take too many bricks, so that no time is spent on it.
///
/// After n steps a voxel is at least the octahedron of radius n around it, of which the
/// ends of space leave at least one of its eight parts while n < 2^31: n^3 / 6 voxels.
fn grows_beyond(volume: &Volume, steps: u32, room: usize) -> bool {
    let radius = u128::from(steps.min(i32::MAX as u32));
    let least = radius * radius * radius / 6 / BRICK_VOXELS as u128;
    !volume.is_empty() && least > room as u128 + volume.brick_count() as u128
}

fn subtracted(volume: &Volume, core: &Volume) -> Volume {
    let mut wall = volume.clone();
    for (home, inner) in core.bricks() {
        wall.edit(home, |brick| brick.fill(inner.cells(), Voxel::EMPTY));
    }
    wall
}

/// What a place becomes.
#[derive(Clone, Copy)]
enum Rule {
    Grow(Neighbors),
    Shrink(Neighbors),
    Majority,
}

fn repeated(volume: &Volume, rule: Rule, steps: u32, room: usize) -> Option<Volume> {
    let order = order();
    let mut written = HashSet::new();
    let mut before = volume.clone();
    let mut now = volume.clone();
    let mut homes = first_homes(volume, rule);
    let mut last = 0;
    for _ in 0..steps {
        let mut changed = Vec::new();
        for home in homes {
            let around = Around::new(&now, home);
            if let Some(brick) = rule.changed(&around, &order) {
                if written.insert(home) && written.len() > room {
                    return None;
                }
                changed.push((home, brick));
            }
        }
        let back = changed.len() == last && rule.takes_back(&before, &changed);
        if changed.is_empty() || back {
            return Some(now);
        }
        homes = with_neighbors(changed.iter().map(|(home, _)| *home));
        last = changed.len();
        before = now.clone();
        changed.into_iter().for_each(|(home, brick)| now.put(home, brick));
    }
    Some(now)
}

fn first_homes(volume: &Volume, rule: Rule) -> Vec<BrickCoord> {
    let homes = volume.bricks().into_iter().map(|(home, _)| home);
    match rule {
        Rule::Shrink(_) => homes.collect(),
        Rule::Grow(_) | Rule::Majority => with_neighbors(homes),
    }
}

/// These bricks and the 26 around each, in the defined order.
fn with_neighbors(homes: impl Iterator<Item = BrickCoord>) -> Vec<BrickCoord> {
    let all: HashSet<BrickCoord> =
        homes.flat_map(|home| (0..27).filter_map(move |i| neighbor(home, i))).collect();
    let mut all: Vec<BrickCoord> = all.into_iter().collect();
    all.sort_unstable_by_key(|at| at.order());
    all
}

impl Rule {
    fn rows(self, halo: &Halo) -> Rows {
        match self {
            Rule::Grow(neighbors) => halo.grown(neighbors),
            Rule::Shrink(neighbors) => halo.shrunk(neighbors),
            Rule::Majority => halo.majority(),
        }
    }

    /// The middle brick after a step; `None` when it stays as it is.
    fn changed(self, around: &Around, order: &[[i32; 3]]) -> Option<Brick> {
        let halo = around.halo()?;
        let (old, new) = (halo.middle(), self.rows(&halo));
        if old == new {
            return None;
        }
        let gone: Rows = std::array::from_fn(|i| old[i] & !new[i]);
        let come: Rows = std::array::from_fn(|i| new[i] & !old[i]);
        if come == [0; 256] {
            return around.middle().map(|brick| without(brick, &gone));
        }
        if let Some(color) = around.uniform() {
            return Some(brick_of(&new, color));
        }
        let middle = around.middle().map(|brick| brick.to_voxels());
        let mut voxels = middle.unwrap_or_else(|| Box::new([Voxel::EMPTY; BRICK_VOXELS]));
        places(&gone).for_each(|at| voxels[at.index()] = Voxel::EMPTY);
        places(&come).for_each(|at| voxels[at.index()] = self.color(around, at, order));
        Some(Brick::from_voxels(&voxels))
    }

    /// What a new voxel looks like.
    fn color(self, around: &Around, at: Local, order: &[[i32; 3]]) -> Voxel {
        let [x, y, z] = [at.x(), at.y(), at.z()].map(i32::from);
        let mut near = order
            .iter()
            .map(|step| around.get([x + step[0], y + step[1], z + step[2]]))
            .filter(|voxel| !voxel.is_empty());
        match self {
            // The first found is a neighbour of the kind that grows: no other comes before.
            Rule::Grow(_) | Rule::Shrink(_) => near.next().unwrap_or_default(),
            Rule::Majority => most_frequent(near),
        }
    }

    /// Whether these bricks become what they were before the last step.
    fn takes_back(self, before: &Volume, changed: &[(BrickCoord, Brick)]) -> bool {
        let same = |home: BrickCoord, brick: &Brick| {
            before.brick(home).map_or([0; 256], rows_of) == rows_of(brick)
        };
        matches!(self, Rule::Majority) && changed.iter().all(|(home, brick)| same(*home, brick))
    }
}

/// The voxel that comes most often; of several the one that came first.
fn most_frequent(voxels: impl Iterator<Item = Voxel>) -> Voxel {
    let mut counts: Vec<(Voxel, u32)> = Vec::with_capacity(26);
    for voxel in voxels {
        match counts.iter_mut().find(|(known, _)| *known == voxel) {
            Some((_, count)) => *count += 1,
            None => counts.push((voxel, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max();
    counts.iter().find(|(_, count)| Some(*count) == most).map_or(Voxel::EMPTY, |(voxel, _)| *voxel)
}

/// The steps to the 26 neighbours: by faces, by edges, by corners; each in the defined order.
fn order() -> Vec<[i32; 3]> {
    let all = (0..27).map(|i| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1]);
    let mut steps: Vec<[i32; 3]> = all.filter(|step| *step != [0; 3]).collect();
    steps.sort_by_key(|step| step.iter().filter(|value| **value != 0).count());
    steps
}

#[cfg(test)]
#[path = "morph_tests.rs"]
mod tests;
