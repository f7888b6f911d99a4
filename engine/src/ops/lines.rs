//! Bricks by rows of bits along x, and boxes by bricks: what edits by whole bricks share.

use super::rows;
use crate::volume::{Bits, Bounds, Brick, BrickCoord, Coord, Local, Voxel};

/// A bit per place of a brick: the sixteen along x in a number, at `y + 16 z`.
pub(super) type Rows = [u16; 256];

/// All of space.
pub(super) const SPACE: Bounds = Bounds {
    min: Coord::new(i32::MIN, i32::MIN, i32::MIN),
    max: Coord::new(i32::MAX, i32::MAX, i32::MAX),
};

/// The filled places of a brick.
pub(super) fn rows_of(brick: &Brick) -> Rows {
    rows::Rows::filled(brick).0
}

/// The same places, a word per cell.
pub(super) fn cells_of(rows: &Rows) -> [u64; 64] {
    rows::Rows(*rows).cells()
}

/// The places set, in the defined order.
pub(super) fn places(rows: &Rows) -> impl Iterator<Item = Local> + '_ {
    rows.iter().enumerate().flat_map(|(i, row)| {
        Bits(u64::from(*row)).map(move |x| Local::from_index((16 * i) as u16 | x as u16))
    })
}

/// A brick with the same voxel at all these places.
pub(super) fn brick_of(rows: &Rows, voxel: Voxel) -> Brick {
    let mut brick = Brick::default();
    brick.fill(&cells_of(rows), voxel);
    brick
}

/// The brick without these places.
pub(super) fn without(brick: &Brick, rows: &Rows) -> Brick {
    let mut left = brick.clone();
    left.fill(&cells_of(rows), Voxel::EMPTY);
    left
}

/// The places of the brick at `home` that lie in the box.
pub(super) fn rows_inside(home: BrickCoord, bounds: Bounds) -> Rows {
    rows::Rows::inside(home, bounds).0
}

/// The smallest box around the filled voxels of the brick at `home`.
pub(super) fn filled_box(home: BrickCoord, brick: &Brick) -> Option<Bounds> {
    let [mut xs, mut ys, mut zs] = [0u16; 3];
    for (i, row) in rows_of(brick).into_iter().enumerate().filter(|(_, row)| *row != 0) {
        xs |= row;
        ys |= 1 << (i & 15);
        zs |= 1 << (i >> 4);
    }
    let low = |bits: u16| bits.trailing_zeros() as u16;
    let high = |bits: u16| 15 - bits.leading_zeros() as u16;
    let box_of = || Bounds {
        min: home.at(Local::new(low(xs), low(ys), low(zs))),
        max: home.at(Local::new(high(xs), high(ys), high(zs))),
    };
    (xs != 0).then(box_of)
}

/// The bricks that touch the box, in the defined order.
pub(super) fn bricks_of(bounds: Bounds) -> impl Iterator<Item = BrickCoord> {
    let (low, high) = (bounds.min.brick(), bounds.max.brick());
    (low.z..=high.z).flat_map(move |z| {
        (low.y..=high.y).flat_map(move |y| (low.x..=high.x).map(move |x| BrickCoord { x, y, z }))
    })
}

/// The box from `low` to `high`, both included, cut to space; `None` outside it.
pub(super) fn cut(low: [i64; 3], high: [i64; 3]) -> Option<Bounds> {
    let (least, greatest) = (i64::from(i32::MIN), i64::from(i32::MAX));
    let inside = (0..3).all(|axis| high[axis] >= least && low[axis] <= greatest);
    let cut = |at: [i64; 3]| Coord::from(at.map(|value| value.clamp(least, greatest) as i32));
    if inside { Bounds::new(cut(low), cut(high)) } else { None }
}
