//! The faces of voxels that shine, to be looked for from other faces.
//!
//! A path looks for lamps, and it also meets them by chance. Both are counted by how likely
//! each was to find the lamp, so that near lamps and far ones are both calm.

use super::super::grid::{Grid, Near};
use super::super::surfaces::Surfaces;
use super::matter::Matter;
use crate::volume::{Bits, Local};

/// With more faces than this, lamps are met by chance alone.
const FACES_MAX: usize = 1 << 18;

/// All faces that shine into the open.
#[derive(Debug, Default)]
pub(super) struct Lamps {
    faces: Vec<Lamp>,
}

/// A face that shines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lamp {
    /// The voxel, counted from the base.
    voxel: [i32; 3],
    axis: u8,
    upper: bool,
    /// The index of its matter.
    pub matter: u32,
}

/// A point of a lamp as another point sees it.
pub(super) struct Seen {
    pub lamp: Lamp,
    /// Towards it; of length 1.
    pub direction: [f32; 3],
    pub distance: f32,
    /// How likely it is looked for, by solid angle.
    pub density: f32,
}

impl Lamps {
    pub(super) fn new(grid: &Grid<'_>, surfaces: &Surfaces<'_>, matters: &[Matter]) -> Self {
        let mut lamps = Self::default();
        if !matters.iter().any(|matter| matter.shines) {
            return lamps;
        }
        let mut near = Near::START;
        let mut open = |voxel: [i32; 3]| {
            let found = grid.find(voxel, &mut near);
            found.is_none_or(|(brick, local)| matters[surfaces.look(brick, local)].is_clear)
        };
        for brick in 0..grid.brick_count() as u32 {
            for (local, voxel) in voxels(grid, brick) {
                let matter = surfaces.look(brick, local);
                if matters[matter].shines {
                    lamps.add(voxel, matter as u32, &mut open);
                }
            }
            if lamps.faces.len() > FACES_MAX {
                return Self::default();
            }
        }
        lamps
    }

    fn add(&mut self, voxel: [i32; 3], matter: u32, open: &mut impl FnMut([i32; 3]) -> bool) {
        for side in 0..6u8 {
            let (axis, upper) = (side >> 1, side & 1 == 1);
            let mut beside = voxel;
            let step = if upper { 1 } else { -1 };
            beside[usize::from(axis)] = beside[usize::from(axis)].wrapping_add(step);
            if open(beside) {
                self.faces.push(Lamp { voxel, axis, upper, matter });
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faces.is_empty()
    }

    /// A lamp as seen from a point; none when it looks away. `choice` takes a face, `pair` a
    /// point of it.
    #[inline]
    pub(super) fn look(&self, from: [f32; 3], choice: f32, pair: [f32; 2]) -> Option<Seen> {
        let count = self.faces.len();
        let lamp = *self.faces.get(((choice * count as f32) as usize).min(count - 1))?;
        let axis = usize::from(lamp.axis);
        let mut way = lamp.voxel.map(|value| value as f32);
        way[axis] += if lamp.upper { 1.0 } else { 0.0 };
        way[(axis + 1) % 3] += pair[0];
        way[(axis + 2) % 3] += pair[1];
        let way = [way[0] - from[0], way[1] - from[1], way[2] - from[2]];
        let distance = super::matter::dot(way, way).sqrt();
        if (way[axis] < 0.0) != lamp.upper || way[axis] == 0.0 {
            return None;
        }
        let direction = way.map(|value| value / distance);
        let density = self.density(distance, direction[axis]);
        Some(Seen { lamp, direction, distance, density })
    }

    /// How likely a point of a lamp is looked for, by solid angle: `along` is the
    /// direction's part across the face.
    #[inline]
    pub(super) fn density(&self, distance: f32, along: f32) -> f32 {
        distance * distance / (self.faces.len() as f32 * along.abs())
    }
}

/// The voxels of a brick, counted from the base.
fn voxels<'a>(grid: &'a Grid<'_>, brick: u32) -> impl Iterator<Item = (Local, [i32; 3])> + 'a {
    let (home, cells) = (grid.home(brick), grid.brick(brick).cells());
    cells.iter().enumerate().flat_map(move |(cell, word)| {
        Bits(*word).map(move |bit| {
            let local = Local::from_cell_and_bit(cell, bit);
            let inner = [local.x(), local.y(), local.z()].map(u32::from);
            (local, grid.unbiased([0, 1, 2].map(|axis| home[axis] | inner[axis])))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::surfaces::Surface;
    use super::*;
    use crate::scene::{Material, Scene};
    use crate::volume::{Coord, Volume, Voxel};

    #[test]
    fn lamps_are_the_open_faces_of_what_shines() {
        let volume: Volume =
            [3, 4].map(|x| (Coord::new(x, -5, 7), Voxel::WHITE)).into_iter().collect();
        let mut scene = Scene::new();
        scene.materials[0] = Material { emission: [1.0; 3], ..Material::new("lamp") };
        scene.layers[0].volume = volume.clone();
        let grid = Grid::new(&volume, volume.bounds().unwrap(), [1, 2, 3]);
        let surfaces = Surfaces::new(Some(&scene), &grid);
        let matters: Vec<Matter> = surfaces.looks().iter().copied().map(Matter::new).collect();
        let lamps = Lamps::new(&grid, &surfaces, &matters);
        assert_eq!(lamps.faces.len(), 10);
        let seen = lamps.look([2.5, -6.5, 100.0], 0.49, [0.5; 2]);
        assert!(seen.is_none_or(|seen| seen.lamp.upper && seen.lamp.axis == 2));
        let tops = lamps.faces.iter().filter(|lamp| lamp.upper && lamp.axis == 2);
        assert_eq!(tops.map(|lamp| lamp.voxel).collect::<Vec<_>>(), [[2, -7, 4], [3, -7, 4]]);
        let dark = [Matter::new(Surface::default())];
        assert!(Lamps::new(&grid, &Surfaces::new(None, &grid), &dark).is_empty());
    }
}
