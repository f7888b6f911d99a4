//! Exact moves of the grid: shifts, quarter turns and flips in whole numbers,
//! brick by brick, for all of `i32` space.

use super::lines::{SPACE, brick_of, bricks_of, cut, filled_box, rows_inside, without};
use crate::math::Mat4;
use crate::volume::{BRICK_VOXELS, Bits, Bounds, Brick, BrickCoord, Local, Volume, Voxel};
use std::sync::Arc;

/// Beyond this, everything leaves space; sums of a few stay in `i64`.
const FAR: f64 = (1u64 << 60) as f64;

/// The voxel at `p` goes to `sign[a] * p[from[a]] + offset[a]` on each axis `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lattice {
    from: [usize; 3],
    sign: [i64; 3],
    offset: [i64; 3],
}

/// A box of voxels and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The voxels that go.
    pub of: Bounds,
    /// Where to.
    pub to: Lattice,
}

impl Lattice {
    pub(super) const IDENTITY: Lattice = Lattice::shift([0; 3]);

    pub(super) const fn shift(offset: [i64; 3]) -> Self {
        Self { from: [0, 1, 2], sign: [1; 3], offset }
    }

    /// To the other side on `axis`: `i` and `sum - i` change places.
    pub(super) const fn flip(axis: usize, sum: i64) -> Self {
        let mut flip = Self::IDENTITY;
        flip.sign[axis] = -1;
        flip.offset[axis] = sum;
        flip
    }

    /// The move that a matrix of whole steps, quarter turns and flips makes.
    pub(super) fn of(mat: &Mat4) -> Option<Self> {
        let columns = [0, 1, 2].map(|axis| mat.column(axis));
        let mut lattice = Self::shift(whole(mat.column(3))?);
        for axis in 0..3 {
            let row = columns.map(|column| column[axis]);
            let from = (0..3).find(|from| row[*from].abs() == 1.0)?;
            let ones = |values: [f64; 3]| values.iter().filter(|value| **value != 0.0).count();
            if ones(row) != 1 || ones(columns[from]) != 1 {
                return None;
            }
            lattice.from[axis] = from;
            lattice.sign[axis] = row[from] as i64;
        }
        Some(lattice)
    }

    /// The same move about the centre of the voxel at `pivot`.
    pub(super) fn about(self, pivot: [i64; 3]) -> Self {
        // o + o for an axis that turns around, where o is pivot + 1/2.
        let shift = |axis: usize| match (self.sign[axis], pivot[self.from[axis]]) {
            (1, source) => pivot[axis] - source,
            (_, source) => pivot[axis] + source + 1,
        };
        let offset = [0, 1, 2].map(|axis| self.offset[axis].saturating_add(shift(axis)));
        Self { offset: offset.map(|value| value.clamp(-(FAR as i64), FAR as i64)), ..self }
    }

    fn inverse(&self) -> Self {
        let mut inverse = *self;
        for axis in 0..3 {
            let from = self.from[axis];
            inverse.from[from] = axis;
            inverse.sign[from] = self.sign[axis];
            inverse.offset[from] = -self.sign[axis] * self.offset[axis];
        }
        inverse
    }

    fn point(&self, p: [i64; 3]) -> [i64; 3] {
        [0, 1, 2].map(|axis| self.sign[axis] * p[self.from[axis]] + self.offset[axis])
    }

    /// The box moved, cut to space.
    fn image(&self, bounds: Bounds) -> Option<Bounds> {
        let [a, b] = [bounds.min, bounds.max].map(|at| self.point(at.to_array().map(i64::from)));
        cut([0, 1, 2].map(|i| a[i].min(b[i])), [0, 1, 2].map(|i| a[i].max(b[i])))
    }

    /// The same move from places in the brick `source` to places in the brick `home`.
    fn between(&self, source: BrickCoord, home: BrickCoord) -> Self {
        let origin = self.point(source.origin().to_array().map(i64::from));
        let target = home.origin().to_array().map(i64::from);
        Self { offset: [0, 1, 2].map(|axis| origin[axis] - target[axis]), ..*self }
    }
}

fn whole(step: [f64; 3]) -> Option<[i64; 3]> {
    let whole = step.iter().all(|value| value.is_finite() && value.fract() == 0.0);
    whole.then(|| step.map(|value| value.clamp(-FAR, FAR) as i64))
}

/// The whole number below, cut to where sums stay in `i64`; 0 for what is no number.
pub(super) fn floor(value: f64) -> i64 {
    value.floor().clamp(-FAR, FAR) as i64
}

/// The whole volume moved; what would leave space is dropped. `None` when that would
/// write more than `room` bricks; else their number is taken from `room`.
pub(super) fn carried(volume: &Volume, to: Lattice, room: &mut usize) -> Option<Volume> {
    let pieces = [Piece { of: SPACE, to }];
    let homes = sorted(reached(volume, &pieces));
    *room = room.checked_sub(homes.len())?;
    let mut result = Volume::new();
    for home in homes {
        result.put_arc(home, gathered(volume, &pieces, home));
    }
    Some(result)
}

/// The volume with boxes of it moved onto each other; what is in none stays.
///
/// The boxes must not overlap, and must go to where the boxes were.
pub(super) fn rearranged(volume: &Volume, pieces: &[Piece]) -> Volume {
    let mut homes = reached(volume, pieces);
    for piece in pieces {
        homes.extend(volume.bricks_in(piece.of).into_iter().map(|(at, _)| at));
    }
    let mut result = volume.clone();
    for home in sorted(homes) {
        result.put_arc(home, gathered(volume, pieces, home));
    }
    result
}

/// The bricks that voxels of the pieces come to lie in, with repetitions.
fn reached(volume: &Volume, pieces: &[Piece]) -> Vec<BrickCoord> {
    let mut homes = Vec::new();
    for piece in pieces {
        for (at, brick) in volume.bricks_in(piece.of) {
            let inside = filled_box(at, brick).and_then(|filled| filled.intersection(piece.of));
            let image = inside.and_then(|inside| piece.to.image(inside));
            homes.extend(image.into_iter().flat_map(bricks_of));
        }
    }
    homes
}

fn sorted(mut homes: Vec<BrickCoord>) -> Vec<BrickCoord> {
    homes.sort_unstable_by_key(|at| at.order());
    homes.dedup();
    homes
}

/// What comes to a brick from another, or stays in it.
struct Part {
    brick: Arc<Brick>,
    /// Which of its voxels come, as places in it.
    low: Local,
    high: Local,
    /// From places in it to places in the brick they come to.
    to: Lattice,
}

/// The brick at `home` after all pieces are moved.
fn gathered(volume: &Volume, pieces: &[Piece], home: BrickCoord) -> Arc<Brick> {
    let mut parts: Vec<Part> = stays(volume, pieces, home).into_iter().collect();
    for piece in pieces {
        let source = piece.to.inverse().image(home.bounds());
        let Some(source) = source.and_then(|source| source.intersection(piece.of)) else {
            continue;
        };
        for at in bricks_of(source) {
            if let (Some(brick), Some(inside)) =
                (volume.brick_arc(at), source.intersection(at.bounds()))
            {
                let (low, high) = (inside.min.local(), inside.max.local());
                parts.push(Part {
                    brick: Arc::clone(brick),
                    low,
                    high,
                    to: piece.to.between(at, home),
                });
            }
        }
    }
    joined(&parts)
}

/// What of the brick at `home` is in none of the pieces.
fn stays(volume: &Volume, pieces: &[Piece], home: BrickCoord) -> Option<Part> {
    let mut brick = Arc::clone(volume.brick_arc(home)?);
    for piece in pieces {
        let going = rows_inside(home, piece.of);
        if going == [u16::MAX; 256] {
            return None;
        }
        if going != [0; 256] {
            brick = Arc::new(without(&brick, &going));
        }
    }
    let (low, high) = (Local::new(0, 0, 0), Local::new(15, 15, 15));
    (!brick.is_empty()).then_some(Part { brick, low, high, to: Lattice::IDENTITY })
}

fn joined(parts: &[Part]) -> Arc<Brick> {
    if let [only] = parts
        && only.is_whole()
        && only.to == Lattice::IDENTITY
    {
        return Arc::clone(&only.brick);
    }
    let colors = || parts.iter().map(|part| part.brick.uniform());
    match colors().next().flatten() {
        Some(color) if colors().all(|other| other == Some(color)) => {
            let mut rows = [0; 256];
            parts.iter().for_each(|part| part.put_rows(&mut rows));
            Arc::new(brick_of(&rows, color))
        }
        _ => {
            let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
            parts.iter().for_each(|part| part.put_voxels(&mut voxels));
            Arc::new(Brick::from_voxels(&voxels))
        }
    }
}

impl Part {
    fn is_whole(&self) -> bool {
        (self.low.index(), self.high.index()) == (0, BRICK_VOXELS - 1)
    }

    /// The rows that come: where they lie in the brick, and their bits.
    fn rows(&self) -> impl Iterator<Item = (u16, u16, u16)> + '_ {
        let (low, high) = (self.low, self.high);
        let mask = (u16::MAX << low.x()) & (u16::MAX >> (15 - high.x()));
        (low.z()..=high.z())
            .flat_map(move |z| (low.y()..=high.y()).map(move |y| (y, z)))
            .map(move |(y, z)| (y, z, self.brick.row(y, z) & mask))
            .filter(|(.., bits)| *bits != 0)
    }

    /// Where a place of the brick comes to lie.
    fn target(&self, x: u16, y: u16, z: u16) -> Local {
        let [x, y, z] = self.to.point([x, y, z].map(i64::from));
        Local::new(x as u16, y as u16, z as u16)
    }

    fn put_rows(&self, rows: &mut [u16; 256]) {
        let along_x = self.to.from[0] == 0;
        for (y, z, bits) in self.rows() {
            if along_x {
                rows[self.target(0, y, z).index() / 16] |= self.moved_row(bits);
                continue;
            }
            for x in Bits(u64::from(bits)) {
                let at = self.target(x as u16, y, z);
                rows[at.index() / 16] |= 1 << at.x();
            }
        }
    }

    /// A row that stays one along x; all of its bits land in the brick.
    fn moved_row(&self, bits: u16) -> u16 {
        let (bits, by) = match self.to.sign[0] {
            1 => (bits, self.to.offset[0]),
            _ => (bits.reverse_bits(), self.to.offset[0] - 15),
        };
        if by >= 0 { bits << by } else { bits >> -by }
    }

    fn put_voxels(&self, voxels: &mut [Voxel; BRICK_VOXELS]) {
        let color = self.brick.uniform();
        for (y, z, bits) in self.rows() {
            for x in Bits(u64::from(bits)) {
                let x = x as u16;
                let voxel = color.unwrap_or_else(|| self.brick.get(Local::new(x, y, z)));
                voxels[self.target(x, y, z).index()] = voxel;
            }
        }
    }
}
