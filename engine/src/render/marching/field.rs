//! The cells that the surface passes, and the voxels at their corners.
//!
//! Cell (i, j, k) joins the centres of the voxels i to i+1, j to j+1 and k to k+1. Cells are
//! kept as the voxels of a volume, so that rays find them as they find voxels. The
//! cell below the first voxel of `i32` has no number there: where content lies at that end,
//! cells are counted from one brick further up. Content at both ends of an axis loses the
//! cells below the lower end: it is open there.

use crate::composite::{self, Rule};
use crate::mesh::marching::{CORNERS, EDGES};
use crate::parallel::{self, Threads};
use crate::render::{Job, RenderError};
use crate::volume::{BRICK_EDGE, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::sync::Arc;

/// So many bricks of cells are made between two looks at whether the job is cancelled.
const PORTION: usize = 1 << 14;

/// The most threads that look for cells.
const THREADS_MAX: usize = 64;

/// What the surface follows.
pub(super) struct Field<'a> {
    /// What is inside.
    drawn: &'a Volume,
    /// All voxels of the scene, where some of them are faint.
    faint: Option<Volume>,
    cells: Volume,
    /// How many voxels cells are counted up, by axis.
    shift: [i64; 3],
}

impl<'a> Field<'a> {
    pub(super) fn new(job: &Job<'a>) -> Result<Self, RenderError> {
        let shift = shift_of(job.drawn);
        let cells = cells_of(job, shift)?;
        let flatten = |scene| composite::flatten_by(scene, Rule::Strict, threads(job));
        let faint = job.scene.map(flatten);
        let holds_faint =
            |all: &Volume| all.bricks().iter().any(|(_, brick)| brick.may_hold_faint());
        let faint = faint.filter(holds_faint);
        Ok(Self { drawn: job.drawn, faint, cells, shift: shift.map(|n| i64::from(n * BRICK_EDGE)) })
    }

    /// The cells that the surface passes, counted up.
    pub(super) const fn cells(&self) -> &Volume {
        &self.cells
    }

    /// The true place of a cell that is counted up.
    pub(super) fn place(&self, cell: [i64; 3]) -> [i64; 3] {
        [0, 1, 2].map(|axis| cell[axis] - self.shift[axis])
    }

    /// The voxels at the corners of a cell at its true place.
    pub(super) fn corners(&self, cell: [i64; 3]) -> [Voxel; 8] {
        CORNERS.map(|corner| self.voxel([0, 1, 2].map(|axis| cell[axis] + i64::from(corner[axis]))))
    }

    /// How much of a place is filled, of 255.
    pub(super) fn alpha(&self, at: [i64; 3]) -> u8 {
        self.voxel(at).alpha()
    }

    /// The voxel at the inner end of an edge that the surface cuts, and its place.
    pub(super) fn inner(&self, cell: [i64; 3], edge: usize) -> Option<(Coord, Voxel)> {
        EDGES[edge].into_iter().find_map(|corner| {
            let corner = CORNERS[usize::from(corner)].map(i64::from);
            let at = [0, 1, 2].map(|axis| i32::try_from(cell[axis] + corner[axis]).ok());
            let at = Coord::new(at[0]?, at[1]?, at[2]?);
            let voxel = self.drawn.get(at);
            voxel.is_solid().then_some((at, voxel))
        })
    }

    /// The voxel that is drawn there, or one too faint for that; none beyond space.
    fn voxel(&self, at: [i64; 3]) -> Voxel {
        let [Ok(x), Ok(y), Ok(z)] = at.map(i32::try_from) else {
            return Voxel::EMPTY;
        };
        let at = Coord::new(x, y, z);
        let voxel = self.drawn.get(at);
        match &self.faint {
            Some(faint) if voxel.is_empty() => {
                let voxel = faint.get(at);
                // One that could be drawn and is not was left out by whoever asks.
                if voxel.is_solid() { Voxel::EMPTY } else { voxel }
            }
            _ => voxel,
        }
    }
}

/// The bricks that exist, by axis.
const FIRST: i32 = i32::MIN / BRICK_EDGE;
const LAST: i32 = i32::MAX / BRICK_EDGE;

/// How many bricks cells are counted up, by axis.
fn shift_of(drawn: &Volume) -> [i32; 3] {
    let Some(bounds) = drawn.bounds() else { return [0; 3] };
    let (low, high) = (bounds.min.to_array(), bounds.max.to_array());
    [0, 1, 2].map(|axis| i32::from(low[axis] == i32::MIN && high[axis] >> 4 < LAST))
}

fn threads(job: &Job<'_>) -> Threads {
    Threads(job.settings.threads.min(THREADS_MAX))
}

/// The mixed cells, as voxels.
fn cells_of(job: &Job<'_>, shift: [i32; 3]) -> Result<Volume, RenderError> {
    let homes = homes(job.drawn);
    let mut bricks = Vec::new();
    for portion in homes.chunks(PORTION) {
        if job.control.is_cancelled() {
            return Err(RenderError::Cancelled);
        }
        let made = parallel::map(threads(job), portion, |home| mixed(job.drawn, *home));
        let placed = portion.iter().zip(made).filter_map(|(home, mask)| {
            let at = [home.x + shift[0], home.y + shift[1], home.z + shift[2]];
            let exists = at.iter().all(|n| (FIRST..=LAST).contains(n));
            let brick = Brick::of_mask(&mask.filter(|_| exists)?, Voxel::WHITE);
            Some((BrickCoord { x: at[0], y: at[1], z: at[2] }, Arc::new(brick)))
        });
        bricks.extend(placed);
    }
    Ok(Volume::from_bricks(bricks))
}

/// The bricks of cells that may be mixed: those of all bricks, and those below a brick that
/// has voxels in its lowest layer. In order, each once.
fn homes(drawn: &Volume) -> Vec<BrickCoord> {
    let mut homes = Vec::new();
    for (at, brick) in drawn.bricks() {
        let Some((low, _)) = brick.extent() else { continue };
        let below = [low.x(), low.y(), low.z()].map(|n| i32::from(n == 0));
        for z in 0..=below[2] {
            for y in 0..=below[1] {
                let row =
                    (0..=below[0]).map(|x| BrickCoord { x: at.x - x, y: at.y - y, z: at.z - z });
                homes.extend(row);
            }
        }
    }
    homes.sort_unstable_by_key(|at| at.order());
    homes.dedup();
    homes
}

/// Which cells of a brick of cells have corners inside and outside, as the occupancy words of
/// a brick; `None` when none has.
fn mixed(drawn: &Volume, home: BrickCoord) -> Option<[u64; 64]> {
    let around: [Option<&Brick>; 8] = std::array::from_fn(|part| {
        let up = |at: i32, axis: usize| at + (part >> axis & 1) as i32;
        let at = BrickCoord { x: up(home.x, 0), y: up(home.y, 1), z: up(home.z, 2) };
        let exists = [at.x, at.y, at.z].iter().all(|n| (FIRST..=LAST).contains(n));
        exists.then(|| drawn.brick(at)).flatten()
    });
    if around.iter().all(|brick| brick.is_some_and(|brick| brick.filled() == 4096)) {
        return None;
    }
    let rows = rows(&around);
    let mut cells = [0u64; 64];
    let mut found = 0;
    for z in 0..16 {
        for y in 0..16 {
            let four = [rows[z][y], rows[z][y + 1], rows[z + 1][y], rows[z + 1][y + 1]];
            let any = four.iter().fold(0, |all, row| all | row | row >> 1);
            let all = four.iter().fold(u32::MAX, |all, row| all & row & row >> 1);
            let row = any & !all & 0xFFFF;
            found |= row;
            let (cell, bit) = Local::new(0, y as u16, z as u16).cell_and_bit();
            for x in 0..4 {
                cells[cell + x] |= u64::from(row >> (4 * x) & 15) << bit;
            }
        }
    }
    (found != 0).then_some(cells)
}

/// The 17 rows of 17 voxels in each of the 17 layers of a brick and the ones above it.
fn rows(around: &[Option<&Brick>; 8]) -> [[u32; 17]; 17] {
    let mut rows = [[0; 17]; 17];
    for (z, layer) in rows.iter_mut().enumerate() {
        for (y, row) in layer.iter_mut().enumerate() {
            let part = (y >> 4) << 1 | (z >> 4) << 2;
            let bits = |brick: Option<&Brick>| {
                brick.map_or(0, |brick| u32::from(brick.row(y as u16 & 15, z as u16 & 15)))
            };
            *row = bits(around[part]) | (bits(around[part | 1]) & 1) << 16;
        }
    }
    rows
}
