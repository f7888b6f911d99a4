//! Sets of places in a block of 16x16x16 voxels, a word per 4x4x4 cell as in a brick.

use crate::volume::{Bits, Bounds, Local};

/// Which of a block's 4096 places are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mask(pub [u64; 64]);

/// For each run of places along an axis of a cell, from the first to the last: their bits.
const ALONG: [u64; 3] = [0x1111_1111_1111_1111, 0x000F_000F_000F_000F, 0xFFFF];

impl Mask {
    pub(crate) const NONE: Mask = Mask([0; 64]);
    pub(crate) const ALL: Mask = Mask([u64::MAX; 64]);

    pub(crate) fn is_none(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    pub(crate) fn is_all(&self) -> bool {
        self.0.iter().fold(u64::MAX, |all, word| all & word) == u64::MAX
    }

    /// The places in both.
    pub(crate) fn and(mut self, other: &Mask) -> Mask {
        self.0.iter_mut().zip(&other.0).for_each(|(word, bits)| *word &= bits);
        self
    }

    /// The places of this that are not in the other.
    pub(crate) fn minus(mut self, other: &Mask) -> Mask {
        self.0.iter_mut().zip(&other.0).for_each(|(word, bits)| *word &= !bits);
        self
    }

    /// The places from `low` to `high`, both included; 0 to 15 per axis.
    pub(crate) fn of_box(low: [u16; 3], high: [u16; 3]) -> Mask {
        let slices = [0, 1, 2].map(|axis| slices(axis, low[axis], high[axis]));
        let [x, y, z] = slices;
        let mut mask = Mask::NONE;
        for (cell, word) in mask.0.iter_mut().enumerate() {
            *word = x[cell & 3] & y[cell >> 2 & 3] & z[cell >> 4];
        }
        mask
    }

    /// The voxels of `bounds` in the brick's `home`, if there are any.
    pub(crate) fn of_bounds(bounds: Bounds, home: Bounds) -> Option<Mask> {
        let shared = bounds.intersection(home)?;
        if shared == home {
            return Some(Mask::ALL);
        }
        let place = |at: Local| [at.x(), at.y(), at.z()];
        Some(Mask::of_box(place(shared.min.local()), place(shared.max.local())))
    }

    pub(crate) fn has(&self, at: Local) -> bool {
        let (cell, bit) = at.cell_and_bit();
        self.0[cell] >> bit & 1 == 1
    }

    pub(crate) fn insert(&mut self, at: Local) {
        let (cell, bit) = at.cell_and_bit();
        self.0[cell] |= 1 << bit;
    }

    /// The sixteen places along x at (y, z), a bit each.
    pub(crate) fn row(&self, y: usize, z: usize) -> u16 {
        let cell = (y >> 2) << 2 | (z >> 2) << 4;
        let shift = (y & 3) << 2 | (z & 3) << 4;
        let nibble = |x: usize| (self.0[cell + x] >> shift & 15) as u16;
        (0..4).fold(0, |row, x| row | nibble(x) << (4 * x))
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = Local> + '_ {
        let cells = self.0.iter().enumerate();
        cells.flat_map(|(cell, word)| {
            Bits(*word).map(move |bit| Local::from_cell_and_bit(cell, bit))
        })
    }
}

/// The bits of the places from `low` to `high` along an axis, for each of its four cells.
fn slices(axis: usize, low: u16, high: u16) -> [u64; 4] {
    let mut slices = [0; 4];
    for place in low..=high {
        let shift = u32::from(place & 3) << (2 * axis);
        slices[usize::from(place >> 2)] |= ALONG[axis] << shift;
    }
    slices
}
