//! Ambient occlusion, a value a face: how much of the sky a face sees.
//!
//! From the middle of a face sixteen rays go out in fixed directions, spread by the cosine
//! over the half space before it; its openness is the share that meets nothing within
//! [`REACH`] voxels. At a corner of a face the openness is the mean over the faces that
//! share the corner in the same plane; between corners it is interpolated, so shades pass
//! smoothly from face to face and hold no noise.
//!
//! A ray of a direction crosses the same cells from every face of a side, so no ray is traced:
//! a brick and the cells around it become rows of bits, and what a path meets is the union of
//! shifted rows, for all faces of a side at once. Integers all the way: the same everywhere.

use super::grid::{Grid, Near};
use super::rays::Face;
use super::sight::{Sight, in_front};
use super::simd::{Kernel, Machine};
use crate::volume::{Bits, BrickCoord};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// How far occluders are looked for, in voxels. No path leads out of the bricks around.
pub(super) const REACH: f32 = 15.5;

const RAYS: usize = 16;

/// Bits that count to [`RAYS`].
const PLANES: usize = 5;

/// The edge of a brick, and of what is looked at for it: it and the bricks around it.
const BRICK: usize = 16;
const EDGE: usize = 3 * BRICK;

/// The cells of a brick.
const CELLS: usize = BRICK * BRICK * BRICK;

/// A thread's memory: sets of so many tables of 4 KB each.
const SETS: usize = 1 << 8;
const WAYS: usize = 4;

/// The bits of a key, and the side of a table that is not known any more.
const KEYS: u32 = (1 << 28) - 1;
const NO_SIDE: u8 = u8::MAX;

/// Stands in a table for a cell that is not before a face.
const NONE: u8 = u8::MAX;

/// The paths of the rays of each side: axis 0 down, axis 0 up, axis 1 down, and so on.
static PATHS: LazyLock<[[Path; RAYS]; 6]> =
    LazyLock::new(|| std::array::from_fn(|side| std::array::from_fn(|ray| path(side, ray))));

/// A cell of a path, by the way from a brick's cell to it: rows on, and the bits to shift by.
#[derive(Clone, Copy)]
struct Step {
    rows: isize,
    bits: u32,
}

impl Step {
    /// At most 15 cells along each axis.
    const fn to([x, y, z]: [i32; 3]) -> Self {
        // Where the brick's rows would begin in the rows of three bricks.
        let bits = BRICK as i32 + x;
        let (upper, bits) = if x > 0 { (UPPER as i32, x) } else { (0, bits) };
        Self { rows: (upper + z * EDGE as i32 + y) as isize, bits: bits as u32 }
    }
}

/// The cells that a ray crosses, four at a time; the last one as often as needed.
type Path = Vec<[Step; 4]>;

fn path(side: usize, ray: usize) -> Path {
    let steps: Vec<_> = cells(side, direction(side, ray)).into_iter().map(Step::to).collect();
    let four = |steps: &[Step]| std::array::from_fn(|n| steps[n.min(steps.len() - 1)]);
    steps.chunks(4).map(four).collect()
}

/// The cells that a ray of a side crosses, counted from the one before its face.
fn cells(side: usize, direction: [f64; 3]) -> Vec<[i32; 3]> {
    let mut at = [0; 3];
    let mut cells = Vec::new();
    let start = start(side);
    loop {
        let time = |axis: usize| {
            let along = direction[axis];
            let plane = f64::from(at[axis] + i32::from(along > 0.0));
            (plane - start[axis]) / along
        };
        let axis = (0..3).min_by(|a, b| time(*a).total_cmp(&time(*b))).unwrap_or(0);
        if time(axis) > f64::from(REACH) {
            return cells;
        }
        at[axis] += if direction[axis] > 0.0 { 1 } else { -1 };
        cells.push(at);
    }
}

/// The middle of a face, counted from the corner of the cell before it.
fn start(side: usize) -> [f64; 3] {
    let mut start = [0.5; 3];
    start[side / 2] = if side % 2 == 1 { 0.0 } else { 1.0 };
    start
}

/// One of the directions: cosine-weighted by stratified radius, on a spiral.
fn direction(side: usize, ray: usize) -> [f64; 3] {
    // The golden angle: no two rays lie one over the other.
    const TURN: f64 = 2.399_963_229_728_653;
    let radius = ((ray as f64 + 0.5) / RAYS as f64).sqrt();
    let angle = ray as f64 * TURN + 0.37;
    let (u, v) = (radius * libm::cos(angle), radius * libm::sin(angle));
    let normal = (1.0 - radius * radius).sqrt();
    let (axis, upper) = (side / 2, side % 2 == 1);
    let mut direction = [0.0; 3];
    direction[axis] = if upper { normal } else { -normal };
    direction[(axis + 1) % 3] = u;
    direction[(axis + 2) % 3] = v;
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

    /// From the counts of a face and of those around it in its plane, row by row.
    fn of(met: [u8; 9]) -> Self {
        let mut corners = [1.0; 4];
        for (n, corner) in corners.iter_mut().enumerate() {
            let (u, v) = (n % 2 * 2, n / 2 * 2);
            let (across, along) = (met[3 + u], met[3 * v + 1]);
            // A corner that only touches diagonally lets no light through.
            let diagonal = if across == NONE && along == NONE { NONE } else { met[3 * v + u] };
            let (mut sum, mut faces) = (0, 0);
            for met in [met[4], across, along, diagonal] {
                let is_face = u32::from(met != NONE);
                sum += u32::from(met) * is_face;
                faces += is_face;
            }
            // None: an eye inside a voxel sees a face that has no air before it.
            if faces > 0 {
                *corner = 1.0 - sum as f32 / (faces * RAYS as u32) as f32;
            }
        }
        Self(corners)
    }
}

/// What a thread knows about faces.
pub(super) struct Occlusion {
    tables: Vec<Table>,
    /// Which table of its set the next new one replaces.
    next: usize,
    region: Region,
    /// Faces that were asked for not long ago: the samples of a pixel and those beside it see
    /// the same ones.
    recent: Vec<(u64, Corners)>,
}

/// How many faces are kept, and what is no face's number.
const RECENT: usize = 1 << 10;
const NO_FACE: u64 = u64::MAX;

/// What threads knew when they were done, for the next picture of nearly the same voxels.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Vec<Occlusion>>>);

impl Memory {
    fn known(&self) -> MutexGuard<'_, Vec<Occlusion>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what those bricks' voxels have to do with.
    pub(super) fn forget_around(&self, changed: &[BrickCoord]) {
        // By their voxels' upper bits, biased.
        let key = |at: &BrickCoord| [at.x, at.y, at.z].map(|n| (n as u32 ^ 1 << 27) & KEYS);
        let changed: Vec<_> = changed.iter().map(key).collect();
        let is_near = |table: &Table| {
            let beside =
                |key: &[u32; 3]| (0..3).all(|axis| key[axis].abs_diff(table.key[axis]) < 2);
            changed.iter().any(beside)
        };
        for occlusion in self.known().iter_mut() {
            occlusion.region.key = None;
            // Numbers of bricks are those of one picture.
            occlusion.recent.fill((NO_FACE, Corners([1.0; 4])));
            occlusion.tables.iter_mut().filter(|table| is_near(table)).for_each(Table::forget);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.known().clear();
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory(..)")
    }
}

/// What a thread knows, given back to the memory when it is done.
pub(super) struct Lent {
    occlusion: Occlusion,
    memory: Option<Memory>,
}

impl Lent {
    /// From the memory, if there is one and something in it.
    pub(super) fn new(memory: Option<&Memory>, used: bool) -> Self {
        let memory = memory.filter(|_| used).cloned();
        let known = memory.as_ref().and_then(|memory| memory.known().pop());
        Self { occlusion: known.unwrap_or_else(|| Occlusion::new(used)), memory }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(memory) = &self.memory {
            let nothing = Occlusion::new(false);
            memory.known().push(std::mem::replace(&mut self.occlusion, nothing));
        }
    }
}

impl Deref for Lent {
    type Target = Occlusion;

    fn deref(&self) -> &Occlusion {
        &self.occlusion
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Occlusion {
        &mut self.occlusion
    }
}

/// How many rays met something, for the faces of one side before which the cells of a brick lie.
#[derive(Clone, Default)]
struct Table {
    key: [u32; 3],
    side: u8,
    met: Option<Box<[u8; CELLS]>>,
}

impl Table {
    fn forget(&mut self) {
        self.side = NO_SIDE;
    }
}

impl Occlusion {
    pub(super) fn new(used: bool) -> Self {
        let (places, recent) = if used { (SETS * WAYS, RECENT) } else { (0, 0) };
        Self {
            tables: vec![Table::default(); places],
            next: 0,
            region: Region::new(used),
            recent: vec![(NO_FACE, Corners([1.0; 4])); recent],
        }
    }

    /// The openness at a face's corners.
    pub(super) fn corners(&mut self, sight: &Sight<'_>, face: &Face) -> Corners {
        let Some(cell) = in_front(sight.voxel(face), face) else {
            return Corners([1.0; 4]);
        };
        let side = face.axis * 2 + u8::from(face.upper);
        let number =
            u64::from(face.brick) << 15 | (face.local.index() as u64) << 3 | u64::from(side);
        let place = (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize;
        let (known, corners) = self.recent[place];
        if known == number {
            return corners;
        }
        let corners = Corners::of(self.around(sight, cell, side));
        self.recent[place] = (number, corners);
        corners
    }

    /// The counts of a face and of those around it in its plane, row by row.
    fn around(&mut self, sight: &Sight<'_>, cell: [u32; 3], side: u8) -> [u8; 9] {
        let mut around = [NONE; 9];
        let axis = usize::from(side / 2);
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        let is_inside = |axis: usize| (1..15).contains(&(cell[axis] & 15));
        if is_inside(u) && is_inside(v) {
            let table = self.table(sight, cell, side);
            let ways = [1, BRICK, BRICK * BRICK];
            let first = place_in(cell) - ways[u] - ways[v];
            for (n, met) in around.iter_mut().enumerate() {
                *met = table[(first + n % 3 * ways[u] + n / 3 * ways[v]) % CELLS];
            }
            return around;
        }
        for (n, met) in around.iter_mut().enumerate() {
            let at = |axis: usize, step: usize| cell[axis].checked_add_signed(step as i32 - 1);
            // Past the end of the world there is nothing.
            if let (Some(across), Some(along)) = (at(u, n % 3), at(v, n / 3)) {
                let mut beside = cell;
                (beside[u], beside[v]) = (across, along);
                *met = self.table(sight, beside, side)[place_in(beside)];
            }
        }
        around
    }

    /// What is known about a side of the brick that a cell is in; found out now if nothing is.
    fn table(&mut self, sight: &Sight<'_>, cell: [u32; 3], side: u8) -> &[u8; CELLS] {
        let key = cell.map(|at| at >> 4);
        let is_it = |table: &Table| table.key == key && table.side == side && table.met.is_some();
        let first = set_of(key, side) * WAYS;
        let set = &self.tables[first..first + WAYS];
        let place = match set.iter().position(is_it) {
            Some(place) => first + place,
            None => {
                let is_free = |table: &Table| table.met.is_none() || table.side == NO_SIDE;
                let free = set.iter().position(is_free);
                self.next += usize::from(free.is_none());
                let place = first + free.unwrap_or(self.next % WAYS);
                self.fill(sight, place, key, side);
                place
            }
        };
        self.tables[place].met.get_or_insert_with(nothing)
    }

    fn fill(&mut self, sight: &Sight<'_>, place: usize, key: [u32; 3], side: u8) {
        self.region.show(sight.grid, key);
        let table = &mut self.tables[place];
        (table.key, table.side) = (key, side);
        let met = table.met.get_or_insert_with(nothing);
        sight.simd.run(Look { rows: &self.region.rows, side: usize::from(side), met });
    }
}

fn nothing() -> Box<[u8; CELLS]> {
    Box::new([NONE; CELLS])
}

/// A cell's place in its brick's table.
fn place_in(cell: [u32; 3]) -> usize {
    let [x, y, z] = cell.map(|at| at as usize % BRICK);
    (z * BRICK + y) * BRICK + x
}

fn set_of([x, y, z]: [u32; 3], side: u8) -> usize {
    let mixed = x.wrapping_mul(0x9E37_79B1)
        ^ y.wrapping_mul(0x85EB_CA77)
        ^ z.wrapping_mul(0xC2B2_AE3D)
        ^ u32::from(side).wrapping_mul(0x27D4_EB2F);
    (mixed ^ mixed >> 15) as usize % SETS
}

/// Which cells of a brick and those around it are filled: a bit each, rows along the first
/// axis, the row `z * EDGE + y`. There are two of each row: from the brick below to this one,
/// and, [`UPPER`] rows on, from this one to the brick above.
struct Region {
    key: Option<[u32; 3]>,
    rows: Vec<u32>,
}

const UPPER: usize = EDGE * EDGE;

impl Region {
    fn new(used: bool) -> Self {
        Self { key: None, rows: vec![0; if used { 2 * UPPER } else { 0 }] }
    }

    /// Makes it the region around a brick, by its voxels' upper bits.
    fn show(&mut self, grid: &Grid<'_>, key: [u32; 3]) {
        if self.key.replace(key) == Some(key) {
            return;
        }
        self.rows.fill(0);
        let mut near = Near::START;
        for place in 0..27 {
            let step = [place % 3, place / 3 % 3, place / 9];
            // Past the end of the world there is nothing.
            let at = |axis: usize| (key[axis] + step[axis] as u32).checked_sub(1);
            let (Some(x), Some(y), Some(z)) = (at(0), at(1), at(2)) else {
                continue;
            };
            if let Some(brick) = grid.brick_of([x, y, z], &mut near) {
                self.put(&brick.rows(), step);
            }
        }
    }

    /// Puts a brick's rows, four a word, in their place.
    fn put(&mut self, words: &[u64; 64], [x, y, z]: [usize; 3]) {
        let first = z * BRICK * EDGE + y * BRICK;
        if x < 2 {
            self.put_from(first, words, BRICK * x);
        }
        if x > 0 {
            self.put_from(UPPER + first, words, BRICK * (x - 1));
        }
    }

    fn put_from(&mut self, first: usize, words: &[u64; 64], bits: usize) {
        for (index, word) in words.iter().enumerate() {
            let first = first + index / 4 * EDGE + index % 4 * 4;
            for (four, row) in self.rows[first..first + 4].iter_mut().enumerate() {
                *row |= ((word >> (BRICK * four)) as u32 & 0xFFFF) << bits;
            }
        }
    }
}

/// Follows the paths of all faces of a side.
struct Look<'r> {
    rows: &'r [u32],
    side: usize,
    met: &'r mut [u8; CELLS],
}

/// The rows of a layer of a brick, a bit a cell.
type Layer = [u32; BRICK];

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, _machine: M) {
        self.met.fill(NONE);
        let paths = &PATHS[self.side];
        for z in 0..BRICK {
            let first = (z + BRICK) * EDGE + BRICK;
            let faces = faces(self.rows, first, self.side);
            let mut all = 0;
            for row in &faces {
                all |= row;
            }
            if all != 0 {
                let counts = counts(self.rows, first, paths, &faces);
                note(&mut self.met[z * BRICK * BRICK..][..BRICK * BRICK], &faces, &counts);
            }
        }
    }
}

/// The rows of bits that begin some rows on.
#[inline(always)]
fn rows_at(rows: &[u32], first: usize, step: Step) -> &Layer {
    const NOTHING: &Layer = &[0; BRICK];
    let from = first.wrapping_add_signed(step.rows);
    rows.get(from..).and_then(|rows| rows.first_chunk()).unwrap_or(NOTHING)
}

/// Which cells of a layer are empty and have a voxel behind them.
#[inline(always)]
fn faces(rows: &[u32], first: usize, side: usize) -> Layer {
    let (here, mut behind) = (Step::to([0; 3]), [0; 3]);
    behind[side / 2] = if side % 2 == 1 { -1 } else { 1 };
    let behind = Step::to(behind);
    let (air, voxels) = (rows_at(rows, first, here), rows_at(rows, first, behind));
    let mut faces = [0; BRICK];
    for y in 0..BRICK {
        faces[y] = !air[y] >> here.bits & voxels[y] >> behind.bits & 0xFFFF;
    }
    faces
}

/// How many paths meet something, from each cell of a layer: a bit of the count a plane.
#[inline(always)]
fn counts(rows: &[u32], first: usize, paths: &[Path; RAYS], faces: &Layer) -> [Layer; PLANES] {
    let mut counts = [[0; BRICK]; PLANES];
    for path in paths {
        let mut met = follow(rows, first, path, faces);
        for plane in &mut counts {
            for y in 0..BRICK {
                let both = plane[y] & met[y];
                plane[y] ^= met[y];
                met[y] = both;
            }
        }
    }
    counts
}

/// From which faces a path meets something.
#[inline(always)]
fn follow(rows: &[u32], first: usize, path: &Path, faces: &Layer) -> Layer {
    let mut met = [0; BRICK];
    for four in path {
        for step in four {
            let rows = rows_at(rows, first, *step);
            for y in 0..BRICK {
                met[y] |= rows[y] >> step.bits;
            }
        }
        let mut free = 0;
        for y in 0..BRICK {
            free |= faces[y] & !met[y];
        }
        if free == 0 {
            break;
        }
    }
    for y in 0..BRICK {
        met[y] &= faces[y];
    }
    met
}

/// Writes a layer's counts where it has faces.
#[inline(always)]
fn note(met: &mut [u8], faces: &Layer, counts: &[Layer; PLANES]) {
    for y in 0..BRICK {
        for x in Bits(u64::from(faces[y])) {
            let mut count = 0;
            for (place, plane) in counts.iter().enumerate() {
                count |= (plane[y] >> x & 1) << place;
            }
            met[y * BRICK + x as usize] = count as u8;
        }
    }
}

#[cfg(test)]
#[path = "occlusion_tests.rs"]
mod tests;
