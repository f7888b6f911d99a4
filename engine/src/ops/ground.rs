//! The ground that floods and components run over: which places of a brick are
//! open, and which neighbours are joined, inside a brick and across its sides.
//!
//! Work goes by rows of sixteen: a run along x is reached at once, and what it
//! touches in the rows beside it is found with a shift and two `and`s.

use super::rows::{Rows, along, shift};
use super::spread::{Neighbors, Spread, Tolerance};
use crate::volume::{BRICK_VOXELS, Bits, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};

/// Which places can be reached, and from where.
pub(crate) struct Ground<'a> {
    volume: &'a Volume,
    open: Open,
    within: Option<Bounds>,
    neighbors: Neighbors,
    /// The greatest difference between voxels that are joined; any when absent.
    step: Option<u8>,
    seams: Vec<Seam>,
}

/// Which places are open.
#[derive(Clone, Copy)]
enum Open {
    /// Those that hold a voxel.
    Filled,
    /// Those that hold one like this.
    Like(Voxel, u8),
    /// Those that hold none.
    Empty,
}

/// What a brick is to who would enter it.
pub(crate) enum Place {
    /// Nothing can be reached in it.
    Shut,
    /// Every place is open and joined to its neighbours.
    Full,
    /// What is reached in it is kept track of.
    Some(Box<Chamber>),
}

/// How places of a brick meet those of a brick beside it.
pub(crate) struct Seam {
    /// Where the other brick lies, in bricks.
    pub step: [i32; 3],
    pub ties: Vec<Tie>,
}

/// Two rows that touch across a seam.
#[derive(Clone, Copy)]
pub(crate) struct Tie {
    from: u8,
    to: u8,
    /// Place x of the row here touches place x + `by` of the row there.
    by: i8,
}

impl<'a> Ground<'a> {
    /// The voxels that a flood from one of `color` can reach.
    pub fn around(volume: &'a Volume, color: Voxel, spread: &Spread) -> Self {
        match spread.tolerance {
            Tolerance::Seed(u8::MAX) | Tolerance::Neighbor(u8::MAX) => {
                Self::new(volume, Open::Filled, None, spread)
            }
            Tolerance::Seed(most) => Self::new(volume, Open::Like(color, most), None, spread),
            Tolerance::Neighbor(most) => Self::new(volume, Open::Filled, Some(most), spread),
        }
    }

    /// The empty space in `spread.within`, which must be given.
    pub fn hollow(volume: &'a Volume, spread: &Spread) -> Self {
        Self::new(volume, Open::Empty, None, spread)
    }

    /// All voxels, joined where their colours differ by at most the tolerance.
    pub fn of_all(volume: &'a Volume, spread: &Spread) -> Self {
        let (Tolerance::Seed(most) | Tolerance::Neighbor(most)) = spread.tolerance;
        Self::new(volume, Open::Filled, (most < u8::MAX).then_some(most), spread)
    }

    fn new(volume: &'a Volume, open: Open, step: Option<u8>, spread: &Spread) -> Self {
        let Spread { neighbors, within, .. } = *spread;
        Self { volume, open, within, neighbors, step, seams: seams(neighbors) }
    }

    pub fn seams(&self) -> &[Seam] {
        &self.seams
    }

    pub fn neighbors(&self) -> Neighbors {
        self.neighbors
    }

    /// What the brick is before anything is reached in it.
    pub fn place(&self, home: BrickCoord) -> Place {
        let brick = self.volume.brick(home);
        let open = self.open_rows(home, brick);
        let mixed = brick.filter(|brick| self.step.is_some() && brick.uniform().is_none());
        match (self.step, mixed) {
            _ if open.is_empty() => Place::Shut,
            (Some(most), Some(brick)) => {
                let joins = Joins::of(brick, &open, most, self.neighbors);
                Place::Some(Box::new(Chamber::new(open, Some(Box::new(joins)))))
            }
            _ if open.is_full() => Place::Full,
            _ => Place::Some(Box::new(Chamber::new(open, None))),
        }
    }

    fn open_rows(&self, home: BrickCoord, brick: Option<&Brick>) -> Rows {
        let open = match (self.open, brick) {
            (Open::Empty, None) => Rows::FULL,
            (_, None) => return Rows::EMPTY,
            (Open::Empty, Some(brick)) => Rows::filled(brick).complement(),
            (Open::Filled, Some(brick)) if brick.filled() as usize == BRICK_VOXELS => Rows::FULL,
            (Open::Filled, Some(brick)) => Rows::filled(brick),
            (Open::Like(color, most), Some(brick)) => match brick.uniform() {
                Some(only) if are_alike(only, color, most) => Rows::filled(brick),
                Some(_) => return Rows::EMPTY,
                None => Rows::of(brick, |voxel| are_alike(voxel, color, most)),
            },
        };
        let inside = |bounds: Bounds| home.bounds().intersection(bounds) == Some(home.bounds());
        match self.within {
            Some(bounds) if !inside(bounds) => open.and(&Rows::inside(home, bounds)),
            _ => open,
        }
    }

    /// Who looks from `here` to `there`.
    pub fn border(&self, here: BrickCoord, there: BrickCoord) -> Border<'a> {
        let colors = self.step.and_then(|most| {
            let (here, there) = (self.volume.brick(here)?, self.volume.brick(there)?);
            Some((here, there, most))
        });
        let same = match colors {
            Some((here, there, most)) => {
                here.uniform().zip(there.uniform()).map(|(a, b)| are_alike(a, b, most))
            }
            None => Some(true),
        };
        Border { colors, same }
    }
}

/// The colours on both sides of a seam.
pub(crate) struct Border<'a> {
    colors: Option<(&'a Brick, &'a Brick, u8)>,
    /// Whether neighbours are joined, where that is one answer for all.
    same: Option<bool>,
}

impl Border<'_> {
    /// The places of `open`, in the tie's row there, that `here` is joined to.
    pub fn joined(&self, tie: Tie, here: &Rows, open: u16) -> u16 {
        let touched = shift(here.0[usize::from(tie.from)], i32::from(tie.by)) & open;
        match (self.same, self.colors) {
            (Some(false), _) => 0,
            (None, Some((a, b, most))) if touched != 0 => {
                let alike = |x: u32| {
                    let from = a.get(place(tie.from, x as i32 - i32::from(tie.by)));
                    are_alike(from, b.get(place(tie.to, x as i32)), most)
                };
                Bits(u64::from(touched)).filter(|x| alike(*x)).fold(0, |row, x| row | 1 << x)
            }
            _ => touched,
        }
    }
}

fn place(row: u8, x: i32) -> Local {
    Local::from_index(16 * u16::from(row) + x as u16)
}

impl Tie {
    pub fn to(self) -> usize {
        usize::from(self.to)
    }

    /// The places here and there, by [`Local::index`], of place `x` there.
    pub fn ends(self, x: u32) -> (usize, usize) {
        let from = x as i32 - i32::from(self.by);
        (place(self.from, from).index(), place(self.to, x as i32).index())
    }
}

impl Seam {
    /// The brick on the other side, or `None` at the end of space.
    pub fn beyond(&self, home: BrickCoord) -> Option<BrickCoord> {
        Some(home.origin().offset(self.step.map(|n| 16 * n))?.brick())
    }

    /// Whether that brick comes before this one in the defined order.
    pub fn is_earlier(&self) -> bool {
        let [x, y, z] = self.step;
        (z, y, x) < (0, 0, 0)
    }

    /// Whether any of the places touches the brick on the other side.
    pub fn touches(&self, here: &Rows) -> bool {
        let leaves = |tie: &Tie| shift(here.0[usize::from(tie.from)], i32::from(tie.by)) != 0;
        self.ties.iter().any(leaves)
    }
}

/// Whether the greatest difference in red, green and blue is at most `most`.
fn are_alike(a: Voxel, b: Voxel, most: u8) -> bool {
    (0..3).all(|channel| a.0[channel].abs_diff(b.0[channel]) <= most)
}

impl Neighbors {
    /// How far along x a place `dy`, `dz` away may lie; none when it is no neighbour.
    fn reach(self, dy: i32, dz: i32) -> Option<i32> {
        let axes = match self {
            Neighbors::Faces => 1,
            Neighbors::Edges => 2,
            Neighbors::Corners => 3,
        };
        let left = axes - dy.abs() - dz.abs();
        (left >= 0).then_some(left.min(1))
    }
}

/// All seams of a brick: 6, 18 or 26.
fn seams(neighbors: Neighbors) -> Vec<Seam> {
    let steps = (0..27).map(|i| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1]);
    let seam = |step: [i32; 3]| Seam { step, ties: ties(step, neighbors) };
    steps.filter(|step| *step != [0; 3]).map(seam).filter(|seam| !seam.ties.is_empty()).collect()
}

fn ties([bx, by, bz]: [i32; 3], neighbors: Neighbors) -> Vec<Tie> {
    let mut ties = Vec::new();
    for row in 0..256i32 {
        let (y, z) = (row & 15, row >> 4);
        for (dy, dz) in (0..9).map(|i| (i % 3 - 1, i / 3 - 1)) {
            let there = (y + dy - 16 * by, z + dz - 16 * bz);
            let Some(reach) = neighbors.reach(dy, dz).filter(|_| in_brick(there)) else {
                continue;
            };
            for dx in (-reach..=reach).filter(|dx| bx == 0 || *dx == bx) {
                let to = (there.0 + 16 * there.1) as u8;
                ties.push(Tie { from: row as u8, to, by: (dx - 16 * bx) as i8 });
            }
        }
    }
    ties
}

fn in_brick((y, z): (i32, i32)) -> bool {
    (0..16).contains(&y) && (0..16).contains(&z)
}

/// A brick of which some places are open.
pub(crate) struct Chamber {
    open: Rows,
    reached: Rows,
    joins: Option<Box<Joins>>,
}

/// What is reached but not yet spread from; empty between calls.
pub(crate) struct Wave {
    waiting: Rows,
    rows: Vec<u8>,
}

impl Wave {
    pub const fn new() -> Self {
        Self { waiting: Rows::EMPTY, rows: Vec::new() }
    }

    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Chamber {
    fn new(open: Rows, joins: Option<Box<Joins>>) -> Self {
        Self { open, reached: Rows::EMPTY, joins }
    }

    pub fn open(&self) -> &Rows {
        &self.open
    }

    pub fn reached(&self) -> &Rows {
        &self.reached
    }

    /// Whether nothing is left to reach.
    pub fn is_done(&self) -> bool {
        self.open == self.reached
    }

    /// The places of a row that are open and not reached.
    pub fn left(&self, row: usize) -> u16 {
        self.open.0[row] & !self.reached.0[row]
    }

    /// Reaches these places of a row, and what is joined to them along it.
    pub fn enter(&mut self, wave: &mut Wave, row: usize, bits: u16) {
        let bits = bits & self.left(row);
        if bits == 0 {
            return;
        }
        let open = self.open.0[row];
        let joined = self.joins.as_ref().map_or(open & open >> 1, |joins| joins.along_x.0[row]);
        let run = along(bits, joined);
        self.reached.0[row] |= run;
        if wave.waiting.0[row] == 0 {
            wave.rows.push(row as u8);
        }
        wave.waiting.0[row] |= run;
    }

    /// Reaches all that is connected to what was entered, and tells `each` of
    /// every row and its newly reached places.
    pub fn spread(
        &mut self,
        wave: &mut Wave,
        neighbors: Neighbors,
        mut each: impl FnMut(usize, u16),
    ) {
        while let Some(row) = wave.rows.pop().map(usize::from) {
            let new = std::mem::take(&mut wave.waiting.0[row]);
            each(row, new);
            for (side, (dy, dz)) in SIDES.into_iter().enumerate() {
                let Some(reach) = neighbors.reach(dy, dz) else {
                    continue;
                };
                for (sign, dy, dz) in [(1, dy, dz), (-1, -dy, -dz)] {
                    let there = ((row & 15) as i32 + dy, (row >> 4) as i32 + dz);
                    if in_brick(there) {
                        let next = (there.0 + 16 * there.1) as usize;
                        let bits = self.toward([row, next], new, (side, sign), reach);
                        self.enter(wave, next, bits);
                    }
                }
            }
        }
    }

    /// The places of row `next` that `new` in row `row` is joined to.
    fn toward(
        &self,
        [row, next]: [usize; 2],
        new: u16,
        (side, sign): (usize, i32),
        reach: i32,
    ) -> u16 {
        let Some(joins) = &self.joins else {
            return if reach == 0 { new } else { new << 1 | new | new >> 1 };
        };
        let joined = |dx: i32| {
            let joined = &joins.sideways[3 * side + (dx + 1) as usize].0;
            if sign > 0 { shift(new & joined[row], dx) } else { shift(new, -dx) & joined[next] }
        };
        (-reach..=reach).fold(0, |bits, dx| bits | joined(dx))
    }
}

/// The rows beside one, as (dy, dz); each stands for its opposite too.
const SIDES: [(i32, i32); 4] = [(1, 0), (0, 1), (1, 1), (-1, 1)];

/// Which neighbours in a brick of several colours are joined.
struct Joins {
    /// Bit x: places x and x + 1 of the row.
    along_x: Rows,
    /// For each of [`SIDES`] and dx = -1, 0, 1: bit x of a row stands for place x
    /// and the one (dx, dy, dz) away.
    sideways: Vec<Rows>,
}

impl Joins {
    fn of(brick: &Brick, open: &Rows, most: u8, neighbors: Neighbors) -> Self {
        let colors = Channels::of(brick);
        let rows = |step: [i32; 3]| {
            let mut rows = Rows::EMPTY;
            for row in 0..256 {
                let there = ((row & 15) as i32 + step[1], (row >> 4) as i32 + step[2]);
                if open.0[row] != 0 && in_brick(there) {
                    let next = (there.0 + 16 * there.1) as usize;
                    let both = open.0[row] & shift(open.0[next], -step[0]);
                    rows.0[row] = both & colors.alike([row, next], step[0], most);
                }
            }
            rows
        };
        let mut sideways = vec![Rows::EMPTY; 3 * SIDES.len()];
        for (side, (dy, dz)) in SIDES.into_iter().enumerate() {
            if let Some(reach) = neighbors.reach(dy, dz) {
                for dx in -reach..=reach {
                    sideways[3 * side + (dx + 1) as usize] = rows([dx, dy, dz]);
                }
            }
        }
        Self { along_x: rows([1, 0, 0]), sideways }
    }
}

/// Red, green and blue of a brick, a row of each at a time; 0 where it is empty.
struct Channels(Box<[[[u8; 16]; 3]; 256]>);

impl Channels {
    fn of(brick: &Brick) -> Self {
        let mut rows = Box::new([[[0; 16]; 3]; 256]);
        for (at, voxel) in brick.voxels() {
            for channel in 0..3 {
                rows[at.index() / 16][channel][usize::from(at.x())] = voxel.0[channel];
            }
        }
        Self(rows)
    }

    /// Bit x: the voxels x in one row and x + `dx` in the other are alike.
    fn alike(&self, [row, next]: [usize; 2], dx: i32, most: u8) -> u16 {
        let mut excess = [0u8; 16];
        for channel in 0..3 {
            let here = &self.0[row][channel];
            let there = moved(&self.0[next][channel], dx);
            for x in 0..16 {
                excess[x] |= here[x].abs_diff(there[x]).saturating_sub(most);
            }
        }
        let excess = u128::from_le_bytes(excess);
        zeros(excess as u64) | zeros((excess >> 64) as u64) << 8
    }
}

/// Bit i: byte i is 0.
const fn zeros(bytes: u64) -> u16 {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    // The top bit of each byte that is not 0; the product brings them side by side.
    let filled = (((bytes & LOW) + LOW) | bytes) & !LOW;
    !((filled >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u16 & 0xFF
}

/// The row with place x + `dx` at x; `dx` is -1, 0 or 1.
fn moved(row: &[u8; 16], dx: i32) -> [u8; 16] {
    let mut moved = *row;
    match dx {
        0 => {}
        1 => moved[..15].copy_from_slice(&row[1..]),
        _ => moved[1..].copy_from_slice(&row[..15]),
    }
    moved
}

/// Where a place's row begins and which bit it is.
pub(crate) fn row_and_bit(at: Coord) -> (usize, u16) {
    let index = at.local().index();
    (index / 16, 1 << (index % 16))
}
