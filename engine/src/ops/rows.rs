//! Bits of a brick's places, sixteen along x in a word, and how a bit moves sideways.

use crate::volume::{Bounds, Brick, BrickCoord, Voxel};

/// A bit per place of a brick: row `y + 16 z` holds the sixteen along x.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows(pub [u16; 256]);

impl Rows {
    pub const EMPTY: Rows = Rows([0; 256]);
    pub const FULL: Rows = Rows([u16::MAX; 256]);

    /// The filled places.
    pub fn filled(brick: &Brick) -> Self {
        let mut rows = Self::EMPTY;
        for (cell, word) in brick.cells().iter().enumerate().filter(|(_, word)| **word != 0) {
            let (x, first) = corner_of(cell);
            for line in 0..16 {
                let bits = (word >> (4 * line) & 15) as u16;
                rows.0[first + row_in_cell(line)] |= bits << x;
            }
        }
        rows
    }

    /// The places whose voxel `takes` it.
    pub fn of(brick: &Brick, takes: impl Fn(Voxel) -> bool) -> Self {
        let mut rows = Self::EMPTY;
        for (at, voxel) in brick.voxels() {
            rows.0[at.index() / 16] |= u16::from(takes(voxel)) << at.x();
        }
        rows
    }

    /// The places of the brick at `home` that lie in the box.
    pub fn inside(home: BrickCoord, bounds: Bounds) -> Self {
        let mut rows = Self::EMPTY;
        let Some(part) = home.bounds().intersection(bounds) else {
            return rows;
        };
        let (low, high) = (part.min.local(), part.max.local());
        let bits = u16::MAX << low.x() & u16::MAX >> (15 - high.x());
        for z in low.z()..=high.z() {
            for y in low.y()..=high.y() {
                rows.0[usize::from(y + 16 * z)] = bits;
            }
        }
        rows
    }

    pub fn and(mut self, other: &Rows) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(row, bits)| *row &= bits);
        self
    }

    pub fn complement(&self) -> Self {
        Rows(self.0.map(|row| !row))
    }

    pub fn is_empty(&self) -> bool {
        self.0 == [0; 256]
    }

    pub fn is_full(&self) -> bool {
        self.0 == [u16::MAX; 256]
    }

    /// The same places as the words of [`Brick::cells`].
    pub fn cells(&self) -> [u64; 64] {
        std::array::from_fn(|cell| {
            let (x, first) = corner_of(cell);
            (0..16).fold(0, |word, line| {
                let bits = u64::from(self.0[first + row_in_cell(line)] >> x & 15);
                word | bits << (4 * line)
            })
        })
    }
}

/// The lowest x and the first row of a cell.
const fn corner_of(cell: usize) -> (usize, usize) {
    (4 * (cell & 3), 4 * (cell >> 2 & 3) + 64 * (cell >> 4))
}

/// The row, from a cell's first, of its line `line`: four along y, then z.
const fn row_in_cell(line: usize) -> usize {
    (line & 3) + 16 * (line >> 2)
}

/// The bits moved up by `by` places, down when negative; at most fifteen.
pub(crate) const fn shift(bits: u16, by: i32) -> u16 {
    if by >= 0 { bits << by } else { bits >> -by }
}

/// `bits` and all that they are joined to along their row; bit x of `joined` says
/// that places x and x + 1 are.
pub(crate) const fn along(bits: u16, joined: u16) -> u16 {
    let (mut up, mut down) = (bits, bits);
    let (mut pass_up, mut pass_down) = (joined << 1, joined);
    let mut step = 1;
    while step < 16 {
        up |= pass_up & up << step;
        down |= pass_down & down >> step;
        pass_up &= pass_up << step;
        pass_down &= pass_down >> step;
        step *= 2;
    }
    up | down
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::{Coord, Local};
    use proptest::prelude::*;

    #[track_caller]
    fn check_along(bits: u16, joined: u16, expected: u16) {
        assert_eq!(along(bits, joined), expected, "{bits:016b} {joined:016b}");
    }

    #[test]
    fn a_bit_runs_as_far_as_it_is_joined() {
        check_along(1, 0x7FFF, 0xFFFF);
        check_along(1 << 15, 0x7FFF, 0xFFFF);
        check_along(0b1_0000, 0b0111_1011, 0b1111_1000);
        check_along(0b101, 0, 0b101);
        check_along(0, 0x7FFF, 0);
    }

    #[test]
    fn the_part_of_a_brick_in_a_box_is_counted_in_rows() {
        let bounds = Bounds::around(Coord::new(-3, 2, 5), Coord::new(20, 4, 5));
        let home = Coord::new(0, 0, 0).brick();
        let rows = Rows::inside(home, bounds);
        assert_eq!(rows.0.iter().map(|row| row.count_ones()).sum::<u32>(), 48);
        assert!(Rows::inside(BrickCoord { x: 0, y: 1, z: 0 }, bounds).is_empty());
    }

    proptest! {
        #[test]
        fn a_run_is_what_single_steps_reach(bits: u16, joined: u16) {
            let joined = joined & 0x7FFF;
            let mut slow = bits;
            for _ in 0..16 {
                slow |= (slow & joined) << 1 | slow >> 1 & joined;
            }
            prop_assert_eq!(along(bits, joined), slow);
        }

        #[test]
        fn rows_and_cells_are_the_same_places(places in prop::collection::vec(0u16..4096, 0..99)) {
            let mut brick = Brick::default();
            for place in places {
                brick.set(Local::from_index(place), Voxel::WHITE);
            }
            let rows = Rows::filled(&brick);
            prop_assert_eq!(&rows, &Rows::of(&brick, |_| true));
            prop_assert_eq!(&rows.cells(), brick.cells());
        }
    }
}
