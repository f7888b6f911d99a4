//! A brick: 16x16x16 voxels, occupancy and colours.
//!
//! Occupancy is one 64-bit word per 4x4x4 cell and a summary word with a bit
//! per cell, in the order of [`Local::cell_and_bit`]. Colours are stored as
//! small as they can be ([`Colors`]); which way never shows outside.

use super::colors::{Colors, Write};
use super::scan::{self, Scan};
use super::{Local, Voxel};

/// Voxels in a brick.
pub const BRICK_VOXELS: usize = 4096;

/// A mask of fewer places than this is written one by one.
const FEW: u32 = 48;

/// A cube of 16x16x16 voxels.
#[derive(Clone, Debug)]
pub struct Brick {
    cells: [u64; 64],
    summary: u64,
    filled: u16,
    pub(super) colors: Colors,
}

impl Default for Brick {
    fn default() -> Self {
        Self { cells: [0; 64], summary: 0, filled: 0, colors: Colors::Uniform(Voxel::EMPTY) }
    }
}

impl Brick {
    /// A brick full of one voxel.
    pub fn full(voxel: Voxel) -> Self {
        Self::of_mask(&[u64::MAX; 64], voxel)
    }

    /// A brick of one voxel at every place of `mask`, a word per cell.
    pub fn of_mask(mask: &[u64; 64], voxel: Voxel) -> Self {
        let mut brick = Self::default();
        if !voxel.is_empty() {
            brick.cells = *mask;
            brick.recount();
        }
        let color = if brick.is_empty() { Voxel::EMPTY } else { voxel };
        brick.colors = Colors::Uniform(color);
        brick
    }

    /// A brick of these voxels, by [`Local::index`].
    pub fn from_voxels(voxels: &[Voxel; BRICK_VOXELS]) -> Self {
        let mut places = [Voxel::EMPTY; BRICK_VOXELS];
        for (index, four) in voxels.as_chunks::<4>().0.iter().enumerate() {
            let place = Local::from_index(index as u16 * 4).place();
            places[place..place + 4].copy_from_slice(four);
        }
        Self::from_places_with_holes([u64::MAX; 64], &places)
    }

    /// A brick of the voxels at the places of `cells`, by place: `cell << 6 | bit`, none of
    /// them empty. Those outside `cells` are not read.
    pub(crate) fn from_places(cells: [u64; 64], voxels: &[Voxel; BRICK_VOXELS]) -> Self {
        let mut brick = Self { cells, ..Self::default() };
        brick.recount();
        brick.colors = Colors::packed(&brick.cells, voxels);
        brick
    }

    /// As [`Brick::from_places`], but empty voxels leave their place empty.
    pub(crate) fn from_places_with_holes(
        mut cells: [u64; 64],
        voxels: &[Voxel; BRICK_VOXELS],
    ) -> Self {
        for (word, places) in cells.iter_mut().zip(voxels.as_chunks::<64>().0) {
            *word &= occupied(places);
        }
        Self::from_places(cells, voxels)
    }

    /// All voxels, by [`Local::index`].
    pub fn to_voxels(&self) -> Box<[Voxel; BRICK_VOXELS]> {
        let places = self.to_places();
        let mut voxels = Box::new([Voxel::EMPTY; BRICK_VOXELS]);
        for (index, four) in voxels.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let place = Local::from_index(index as u16 * 4).place();
            four.copy_from_slice(&places[place..place + 4]);
        }
        voxels
    }

    /// All voxels, by place.
    pub(crate) fn to_places(&self) -> Box<[Voxel; BRICK_VOXELS]> {
        let mut places = Box::new([Voxel::EMPTY; BRICK_VOXELS]);
        self.colors.spread_into(&self.cells, &mut places);
        places
    }

    /// The voxel there; [`Voxel::EMPTY`] when there is none.
    #[inline]
    pub fn get(&self, at: Local) -> Voxel {
        let (cell, bit) = at.cell_and_bit();
        if self.cells[cell] >> bit & 1 == 0 {
            return Voxel::EMPTY;
        }
        self.colors.get(&self.cells, cell, bit)
    }

    /// Puts a voxel there; an empty one erases. Returns what was there.
    pub fn set(&mut self, at: Local, voxel: Voxel) -> Voxel {
        let old = self.get(at);
        let voxel = voxel.normalized();
        if old != voxel {
            let (cell, bit) = at.cell_and_bit();
            if voxel.is_empty() {
                self.erase(cell, bit);
            } else {
                self.write(Write { cell, bit, voxel, present: !old.is_empty() });
            }
        }
        old
    }

    fn erase(&mut self, cell: usize, bit: u32) {
        self.colors.remove(&self.cells, cell, bit);
        self.cells[cell] &= !(1 << bit);
        if self.cells[cell] == 0 {
            self.summary &= !(1 << cell);
        }
        self.filled -= 1;
        if self.filled == 0 {
            self.colors = Colors::Uniform(Voxel::EMPTY);
        }
    }

    fn write(&mut self, write: Write) {
        self.colors.put(&self.cells, write);
        if !write.present {
            self.cells[write.cell] |= 1 << write.bit;
            self.summary |= 1 << write.cell;
            self.filled += 1;
        }
    }

    /// Puts a voxel at every place of `mask`, a word per cell; an empty one erases.
    /// Returns how many places were written, or how many voxels erased.
    pub fn fill(&mut self, mask: &[u64; 64], voxel: Voxel) -> u64 {
        if voxel.is_empty() {
            return self.erase_mask(mask);
        }
        let covered = self.cells.iter().zip(mask).all(|(word, bits)| word & !bits == 0);
        let places: u32 = mask.iter().map(|word| word.count_ones()).sum();
        if covered && places > 0 {
            *self = Self::of_mask(mask, voxel);
        } else if matches!(self.colors, Colors::Uniform(color) if color == voxel) {
            self.cells.iter_mut().zip(mask).for_each(|(word, bits)| *word |= bits);
            self.recount();
        } else if places < FEW {
            places_of(mask).for_each(|at| {
                self.set(at, voxel);
            });
        } else {
            self.fill_mixed(mask, voxel);
        }
        u64::from(places)
    }

    fn fill_mixed(&mut self, mask: &[u64; 64], voxel: Voxel) {
        let mut places = [Voxel::EMPTY; BRICK_VOXELS];
        self.spread_into(&mut places);
        places_of(mask).for_each(|at| places[at.place()] = voxel);
        self.cells.iter_mut().zip(mask).for_each(|(word, bits)| *word |= bits);
        self.recount();
        self.colors = Colors::packed(&self.cells, &places);
    }

    fn erase_mask(&mut self, mask: &[u64; 64]) -> u64 {
        let (before, cells) = (self.filled, self.cells);
        self.cells.iter_mut().zip(mask).for_each(|(word, gone)| *word &= !gone);
        self.recount();
        if self.filled == 0 {
            self.colors = Colors::Uniform(Voxel::EMPTY);
        } else if self.filled < before {
            self.colors.keep(&cells, &self.cells);
        }
        u64::from(before - self.filled)
    }

    fn recount(&mut self) {
        self.filled = self.cells.iter().map(|word| word.count_ones() as u16).sum();
        let bit = |(cell, word): (usize, &u64)| u64::from(*word != 0) << cell;
        self.summary = self.cells.iter().enumerate().map(bit).fold(0, |a, b| a | b);
    }

    /// How many voxels are filled.
    pub const fn filled(&self) -> u32 {
        self.filled as u32
    }

    /// Whether no voxel is filled.
    pub const fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// The occupancy words, one per 4x4x4 cell.
    pub const fn cells(&self) -> &[u64; 64] {
        &self.cells
    }

    /// A bit per cell that holds a voxel.
    pub const fn summary(&self) -> u64 {
        self.summary
    }

    /// The filled voxels in the defined order: x fastest, then y, then z. Fastest
    /// where it is folded (`fold`, `for_each`, `sum`), not stepped.
    pub fn voxels(&self) -> Scan<'_> {
        Scan::new(self)
    }

    /// Writes the filled voxels into `all`, by place; the rest of it stays as it is.
    pub(super) fn spread_into(&self, all: &mut [Voxel; BRICK_VOXELS]) {
        self.colors.spread_into(&self.cells, all);
    }

    /// The sixteen voxels along x at (y, z), a bit each.
    pub fn row(&self, y: u16, z: u16) -> u16 {
        let cell = usize::from((y >> 2) << 2 | (z >> 2) << 4);
        let shift = (y & 3) << 2 | (z & 3) << 4;
        (0..4).fold(0, |row, x| {
            let nibble = (self.cells[cell + x] >> shift & 15) as u16;
            row | nibble << (4 * x)
        })
    }

    /// The occupancy by [`Local::index`]: bit `i & 63` of word `i >> 6`, four rows a word.
    pub fn rows(&self) -> [u64; 64] {
        scan::rows(&self.cells)
    }

    /// The lowest and highest filled place per axis; `None` when the brick is empty.
    pub fn extent(&self) -> Option<(Local, Local)> {
        let rows = self.rows();
        let low_z = rows.iter().position(|word| *word != 0)? as u16 >> 2;
        let high_z = rows.iter().rposition(|word| *word != 0)? as u16 >> 2;
        // All layers one over another: what is left is a square of rows.
        let layer: [u64; 4] =
            std::array::from_fn(|part| (0..16).fold(0, |all, z| all | rows[z << 2 | part]));
        let row = |y: u16| (layer[usize::from(y >> 2)] >> (16 * (y & 3))) as u16;
        let columns = (0..16).fold(0, |all, y| all | row(y));
        let low_y = (0..16).find(|y| row(*y) != 0)?;
        let high_y = (0..16).rfind(|y| row(*y) != 0)?;
        let (low_x, high_x) = (columns.trailing_zeros() as u16, columns.ilog2() as u16);
        Some((Local::new(low_x, low_y, low_z), Local::new(high_x, high_y, high_z)))
    }

    /// The only colour the brick is stored with, if it is stored as one.
    pub const fn uniform(&self) -> Option<Voxel> {
        match &self.colors {
            Colors::Uniform(voxel) => Some(*voxel),
            _ => None,
        }
    }

    /// Calls `take` with the stored colours that are in use and how many filled voxels
    /// have each. A colour may come more than once; the order is not defined.
    pub fn for_each_color(&self, take: impl FnMut(Voxel, u32)) {
        if !self.is_empty() {
            self.colors.for_each(&self.cells, take);
        }
    }

    /// Whether some voxel is filled but too faint to be drawn. May say yes for a
    /// colour that is no longer in use.
    pub fn may_hold_faint(&self) -> bool {
        self.colors.any(&self.cells, |voxel| !voxel.is_empty() && !voxel.is_solid())
    }

    /// Bytes held, the brick's own included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.colors.bytes()
    }
}

/// The places of a mask, in cell-and-bit order.
fn places_of(mask: &[u64; 64]) -> impl Iterator<Item = Local> + '_ {
    mask.iter()
        .enumerate()
        .flat_map(|(cell, bits)| Bits(*bits).map(move |bit| Local::from_cell_and_bit(cell, bit)))
}

/// A bit for each voxel that is not empty.
fn occupied(places: &[Voxel; 64]) -> u64 {
    let filled: [u8; 64] = places.map(|voxel| u8::from(!voxel.is_empty()));
    // The product moves the lowest bit of each byte to one byte, in order.
    let gathered =
        |bytes: &[u8; 8]| u64::from_le_bytes(*bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let bytes = filled.as_chunks::<8>().0.iter().enumerate();
    bytes.fold(0, |word, (i, eight)| word | gathered(eight) << (8 * i))
}

/// The numbers of the bits set in a word, lowest first.
#[derive(Clone, Copy, Debug)]
pub struct Bits(pub u64);

impl Iterator for Bits {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
#[path = "brick_tests.rs"]
mod tests;
