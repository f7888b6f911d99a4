//! Ambient occlusion, a value a face: how much of the sky a face sees.
//!
//! From the middle of a face sixteen rays go out in fixed directions, spread by the cosine
//! over the half space before it; its openness is the share that meets nothing within
//! [`REACH`] voxels. At a corner of a face the openness is the mean over the faces that
//! share the corner in the same plane; between corners it is interpolated, so shades pass
//! smoothly from face to face and hold no noise.
//!
//! A face's openness depends on the voxels alone, so each thread keeps what it knows.

use super::grid::Near;
use super::rays::{Face, LANES};
use super::sight::{Sight, in_front};
use std::sync::LazyLock;

/// How far occluders are looked for, in voxels.
pub(super) const REACH: f32 = 16.0;

const RAYS: usize = 16;

/// A thread's memory: sets of so many places each.
const SETS: usize = 1 << 13;
const WAYS: usize = 4;

/// The directions for each side: axis 0 down, axis 0 up, axis 1 down, and so on.
static DIRECTIONS: LazyLock<[[[f32; 3]; RAYS]; 6]> =
    LazyLock::new(|| std::array::from_fn(|side| std::array::from_fn(|ray| direction(side, ray))));

/// One of the directions: cosine-weighted by stratified radius, on a spiral.
fn direction(side: usize, ray: usize) -> [f32; 3] {
    // The golden angle: no two rays lie one over the other.
    const TURN: f64 = 2.399_963_229_728_653;
    let radius = ((ray as f64 + 0.5) / RAYS as f64).sqrt();
    let angle = ray as f64 * TURN + 0.37;
    let (u, v) = (radius * libm::cos(angle), radius * libm::sin(angle));
    let normal = (1.0 - radius * radius).sqrt();
    let (axis, upper) = (side / 2, side % 2 == 1);
    let mut direction = [0.0; 3];
    direction[axis] = (if upper { normal } else { -normal }) as f32;
    direction[(axis + 1) % 3] = u as f32;
    direction[(axis + 2) % 3] = v as f32;
    direction
}

/// The openness at the corners of a face: (0, 0), (1, 0), (0, 1), (1, 1) along its two axes.
#[derive(Clone, Copy)]
pub(super) struct Corners([f32; 4]);

impl Corners {
    /// The openness at a point of the face.
    pub(super) fn at(&self, u: f32, v: f32) -> f32 {
        let [a, b, c, d] = self.0;
        let (low, high) = (a + (b - a) * u, c + (d - c) * u);
        low + (high - low) * v
    }
}

/// A face by the cell of air in front of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    /// The cell, in biased coordinates.
    pub cell: [u32; 3],
    pub side: u8,
}

impl Site {
    fn beside(self, [du, dv]: [i32; 2]) -> Site {
        let axis = usize::from(self.side / 2);
        let mut cell = self.cell;
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        cell[u] = cell[u].wrapping_add_signed(du);
        cell[v] = cell[v].wrapping_add_signed(dv);
        Site { cell, ..self }
    }

    /// The cube of 8x8x8 cells that it is in.
    fn block(self) -> [u32; 3] {
        self.cell.map(|value| value >> 3)
    }

    /// The first of the places that it may be kept at.
    fn set(self) -> usize {
        let [x, y, z] = self.cell;
        let mixed = x.wrapping_mul(0x9E37_79B1)
            ^ y.wrapping_mul(0x85EB_CA77)
            ^ z.wrapping_mul(0xC2B2_AE3D)
            ^ u32::from(self.side).wrapping_mul(0x27D4_EB2F);
        (mixed ^ mixed >> 15) as usize % SETS * WAYS
    }

    /// The voxel whose face it is.
    fn voxel(self) -> [u32; 3] {
        let mut voxel = self.cell;
        let axis = usize::from(self.side / 2);
        voxel[axis] = voxel[axis].wrapping_add_signed(if self.side % 2 == 1 { -1 } else { 1 });
        voxel
    }
}

/// What a thread knows about faces.
pub(super) struct Occlusion {
    known: Vec<Known>,
    /// Which place of its set the next new face takes.
    next: usize,
    /// Sites whose openness is wanted, by side.
    wanted: [Vec<Site>; 6],
}

/// A face and how many of its rays met something.
#[derive(Clone, Copy)]
struct Known {
    site: Site,
    met: u8,
}

/// Stands for a face that is being looked into, and for a place without one.
const PENDING: u8 = 254;
const NOTHING: Known = Known { site: Site { cell: [0; 3], side: u8::MAX }, met: 255 };

impl Occlusion {
    pub(super) fn new(used: bool) -> Self {
        let places = if used { SETS * WAYS } else { 0 };
        Self { known: vec![NOTHING; places], next: 0, wanted: Default::default() }
    }

    /// Notes what [`Occlusion::corners`] will want to know for those faces.
    pub(super) fn note(&mut self, sight: &Sight<'_>, faces: &[Face]) {
        for face in faces {
            let Some(site) = site_of(sight, face) else {
                continue;
            };
            let mut near = sight.grid.near(face.brick);
            for step in AROUND {
                let beside = site.beside(step);
                if self.get(beside).is_none() && is_face(sight, beside, &mut near) {
                    self.put(beside, PENDING);
                    self.wanted[usize::from(beside.side)].push(beside);
                }
            }
        }
    }

    /// Finds out what was noted, many rays at a time.
    pub(super) fn find(&mut self, sight: &Sight<'_>) {
        for side in 0..6 {
            let mut wanted = std::mem::take(&mut self.wanted[side]);
            // Rays that start near each other go well together.
            wanted.sort_unstable_by_key(|site| site.block());
            let blocks = wanted.chunk_by(|a, b| a.block() == b.block());
            for sites in blocks.flat_map(|block| block.chunks(LANES)) {
                let met = met(sight, sites);
                for (site, met) in sites.iter().zip(met) {
                    self.put(*site, met);
                }
            }
            self.wanted[side] = wanted;
            self.wanted[side].clear();
        }
    }

    /// The openness at a face's corners.
    pub(super) fn corners(&mut self, sight: &Sight<'_>, face: &Face) -> Corners {
        let Some(site) = site_of(sight, face) else {
            return Corners([1.0; 4]);
        };
        let mut near = sight.grid.near(face.brick);
        let values: [Option<f32>; 9] = AROUND.map(|step| {
            let beside = site.beside(step);
            is_face(sight, beside, &mut near).then(|| self.openness(sight, beside))
        });
        let at = |u: usize, v: usize| values[v * 3 + u];
        let corner = |u: usize, v: usize| {
            let (across, along) = (at(u * 2, 1), at(1, v * 2));
            // A corner that only touches diagonally lets no light through.
            let diagonal =
                if across.is_some() || along.is_some() { at(u * 2, v * 2) } else { None };
            let shared = [at(1, 1), across, along, diagonal];
            let sum = shared.iter().flatten().fold(0.0, |sum, open| sum + open);
            let count = shared.iter().flatten().count();
            // None: an eye inside a voxel sees a face that has no air before it.
            if count == 0 { 1.0 } else { sum / count as f32 }
        };
        Corners([corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)])
    }

    fn get(&self, site: Site) -> Option<u8> {
        let set = &self.known[site.set()..][..WAYS];
        set.iter().find(|known| known.site == site).map(|known| known.met)
    }

    fn put(&mut self, site: Site, met: u8) {
        let set = &mut self.known[site.set()..][..WAYS];
        let place = set.iter().position(|known| known.site == site);
        let place = place.or_else(|| set.iter().position(|known| known.met == NOTHING.met));
        self.next += usize::from(place.is_none());
        set[place.unwrap_or(self.next % WAYS)] = Known { site, met };
    }

    fn openness(&mut self, sight: &Sight<'_>, site: Site) -> f32 {
        let known = self.get(site).filter(|met| *met != PENDING);
        let met = known.unwrap_or_else(|| {
            let met = met(sight, &[site])[0];
            self.put(site, met);
            met
        });
        1.0 - f32::from(met) / RAYS as f32
    }
}

/// Whether there is air in front and a voxel behind.
fn is_face(sight: &Sight<'_>, site: Site, near: &mut Near) -> bool {
    sight.grid.filled(site.voxel(), near) && !sight.grid.filled(site.cell, near)
}

/// A face and those around it in its plane, row by row.
const AROUND: [[i32; 2]; 9] =
    [[-1, -1], [0, -1], [1, -1], [-1, 0], [0, 0], [1, 0], [-1, 1], [0, 1], [1, 1]];

fn site_of(sight: &Sight<'_>, face: &Face) -> Option<Site> {
    let cell = in_front(sight.voxel(face), face)?;
    Some(Site { cell, side: face.axis * 2 + u8::from(face.upper) })
}

/// How many of the rays of up to 64 faces of one side meet something.
fn met(sight: &Sight<'_>, sites: &[Site]) -> [u8; LANES] {
    let mut met = [0; LANES];
    for direction in &DIRECTIONS[usize::from(sites[0].side)] {
        let blocked = sight.blocked_from(sites, *direction, REACH);
        for (lane, met) in met.iter_mut().enumerate() {
            *met += (blocked >> lane & 1) as u8;
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_unit_vectors_into_the_half_space() {
        for (side, directions) in DIRECTIONS.iter().enumerate() {
            for direction in directions {
                let length: f32 = direction.iter().map(|value| value * value).sum();
                let out = direction[side / 2] * if side % 2 == 1 { 1.0 } else { -1.0 };
                assert!((length - 1.0).abs() < 1e-5 && out > 0.0, "{side}: {direction:?}");
            }
        }
    }

    #[test]
    fn corners_are_met_and_the_middle_is_their_mean() {
        let corners = Corners([0.0, 0.2, 0.4, 1.0]);
        let at = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5)];
        let values = at.map(|(u, v)| corners.at(u, v));
        assert_eq!(values, [0.0, 0.2, 0.4, 1.0, 0.4]);
    }
}
