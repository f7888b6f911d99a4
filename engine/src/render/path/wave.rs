//! Paths that go from face to face together, and what they carry.

use super::super::grid::Near;
use super::super::rays::{Hits, Rays};
use super::Place;
use super::film::{TILE, TileFilm};
use super::matter::Matter;
use super::sampler::{Pair, hash, seed};

/// Paths in a wave at most.
pub(super) const COUNT: usize = TILE * TILE;

/// Dimensions of a round.
pub(super) const DIMENSIONS: u32 = 5;

/// A path, but for its ray.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    /// What it brings of the light that it meets.
    pub through: [f32; 3],
    /// Its pixel, in 8x8 blocks: neighbours are near each other.
    pub slot: u16,
    pub bounces: u8,
    /// How many clear things it has passed.
    pub passes: u8,
    /// How likely its direction was, by solid angle; infinite from the camera.
    pub density: f32,
    /// How far it has come from the face that it was scattered at, up to its ray's start.
    pub come: f32,
}

/// Paths and their rays.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub paths: Vec<Path>,
    pub rays: Rays,
}

impl Queue {
    pub(super) fn clear(&mut self) {
        self.paths.clear();
        self.rays.clear();
    }

    #[inline]
    pub(super) fn push(&mut self, path: Path, origin: [f32; 3], direction: [f32; 3], reach: f32) {
        self.paths.push(path);
        self.rays.push(origin, direction, reach);
    }

    #[inline]
    pub(super) fn ray(&self, index: usize) -> ([f32; 3], [f32; 3]) {
        let Rays { origin, direction, .. } = &self.rays;
        let column = |of: &[Vec<f32>; 3]| [of[0][index], of[1][index], of[2][index]];
        (column(origin), column(direction))
    }
}

/// One thread's working space.
pub(super) struct Wave {
    pub now: Queue,
    pub next: Queue,
    /// Rays to lights, and what comes along them if nothing is in the way.
    pub lights: Queue,
    /// The same, behind what is clear.
    pub behind: Queue,
    pub hits: Hits,
    pub blocked: Vec<bool>,
    pub light: Vec<[f32; 3]>,
    pub alpha: Vec<f32>,
    /// What tells the pixels' random numbers apart.
    pub seeds: Vec<u32>,
    pub near: Near,
}

/// Where a path is: a point of a face.
pub(super) struct Spot<'a> {
    pub point: [f32; 3],
    /// The face's axis, and 1 where it looks up along that.
    pub axis: usize,
    pub sign: f32,
    pub color: [f32; 3],
    pub matter: &'a Matter,
    /// How much of what comes stays.
    pub opacity: f32,
    /// The voxel; none on the floor.
    pub voxel: Option<[i32; 3]>,
}

impl Spot<'_> {
    /// A direction, or a local one, in the other's coordinates: local ones have z away
    /// from the face.
    #[inline]
    pub(super) fn local(&self, world: [f32; 3]) -> [f32; 3] {
        [world[(self.axis + 1) % 3], world[(self.axis + 2) % 3], world[self.axis] * self.sign]
    }

    #[inline]
    pub(super) fn world(&self, local: [f32; 3]) -> [f32; 3] {
        let mut world = [0.0; 3];
        world[self.axis] = local[2] * self.sign;
        world[(self.axis + 1) % 3] = local[0];
        world[(self.axis + 2) % 3] = local[1];
        world
    }
}

/// The random numbers of a round, before pixels make them their own.
pub(super) struct Dice {
    first: u32,
    pairs: [Pair; DIMENSIONS as usize],
}

impl Dice {
    pub(super) fn new(sample: u32, round: u32) -> Self {
        let first = 1 + round * DIMENSIONS;
        Self { first, pairs: std::array::from_fn(|n| Pair::new(sample, first + n as u32)) }
    }

    #[inline]
    pub(super) fn throw(&self, which: usize, seed: u32) -> [f32; 2] {
        self.pairs[which].at(hash(seed.wrapping_add(self.first + which as u32)))
    }
}

/// A slot's place in its tile.
pub(super) const fn place_of(slot: u32) -> [u32; 2] {
    [slot & 7 | slot >> 3 & 56, slot >> 3 & 7 | slot >> 6 & 56]
}

impl Wave {
    pub(super) fn new() -> Self {
        Self {
            now: Queue::default(),
            next: Queue::default(),
            lights: Queue::default(),
            behind: Queue::default(),
            hits: Hits::default(),
            blocked: Vec::new(),
            light: vec![[0.0; 3]; COUNT],
            alpha: vec![0.0; COUNT],
            seeds: vec![0; COUNT],
            near: Near::START,
        }
    }

    /// Turns to another tile.
    pub(super) fn look_at(&mut self, place: Place) {
        for (slot, own) in self.seeds.iter_mut().enumerate() {
            let [x, y] = place_of(slot as u32);
            *own = seed(place.left + x, place.top + y);
        }
    }

    /// Gives the light of a sample to a film.
    pub(super) fn add_to(&self, film: &mut TileFilm, place: Place) {
        for slot in 0..COUNT {
            let [x, y] = place_of(slot as u32);
            if x < place.width && y < place.height {
                let pixel = y as usize * TILE + x as usize;
                film.add(pixel, self.light[slot], self.alpha[slot]);
            }
        }
    }
}

/// The greatest of three numbers that are at least 0.
#[inline]
pub(super) fn largest([a, b, c]: [f32; 3]) -> f32 {
    let most = if a > b { a } else { b };
    if c > most { c } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_all_places_of_a_tile_and_blocks_of_them_lie_together() {
        let mut places: Vec<[u32; 2]> = (0..COUNT as u32).map(place_of).collect();
        assert!(places[64..128].iter().all(|[x, y]| (8..16).contains(x) && *y < 8));
        places.sort_unstable();
        places.dedup();
        assert_eq!((places.len(), places[COUNT - 1]), (COUNT, [63, 63]));
    }
}
