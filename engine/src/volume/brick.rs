//! A brick: 16x16x16 voxels, occupancy and colours.
//!
//! Occupancy is one 64-bit word per 4x4x4 cell and a summary word with a bit
//! per cell, in the order of [`Local::cell_and_bit`]. Colours are stored as
//! small as they can be ([`Colors`]); which way never shows outside.

use super::{Local, Voxel};

/// Voxels in a brick.
pub const BRICK_VOXELS: usize = 4096;

/// At most this many voxels are stored by rank; more get a palette.
const RANKED_MAX: usize = 256;

/// A cube of 16x16x16 voxels.
#[derive(Clone, Debug)]
pub struct Brick {
    cells: [u64; 64],
    summary: u64,
    filled: u16,
    colors: Colors,
}

/// The colours of a brick's filled voxels.
#[derive(Clone, Debug)]
enum Colors {
    /// All the same.
    Uniform(Voxel),
    /// One entry a filled voxel, in cell-and-bit order.
    Ranked(Vec<Voxel>),
    /// An index per cell into a palette of at most 256.
    Palette(Box<Indexed>),
    /// One entry per cell.
    Raw(Box<[Voxel; BRICK_VOXELS]>),
}

#[derive(Clone, Debug)]
struct Indexed {
    index: [u8; BRICK_VOXELS],
    palette: Vec<Voxel>,
    /// The palette number written last: the next voxel often has its colour.
    last: u8,
}

/// A place in every form a brick needs it in.
#[derive(Clone, Copy)]
struct Slot {
    at: Local,
    cell: usize,
    bit: u32,
    /// How many filled voxels come before; only where colours are ranked.
    rank: usize,
}

impl Default for Brick {
    fn default() -> Self {
        Self { cells: [0; 64], summary: 0, filled: 0, colors: Colors::Uniform(Voxel::EMPTY) }
    }
}

impl Brick {
    /// A brick full of one voxel.
    pub fn full(voxel: Voxel) -> Self {
        if voxel.is_empty() {
            return Self::default();
        }
        Self {
            cells: [u64::MAX; 64],
            summary: u64::MAX,
            filled: BRICK_VOXELS as u16,
            colors: Colors::Uniform(voxel),
        }
    }

    /// A brick of these voxels, by [`Local::index`].
    pub fn from_voxels(voxels: &[Voxel; BRICK_VOXELS]) -> Self {
        let mut brick = Self::default();
        let mut ranked = Vec::new();
        for cell in 0..64 {
            for bit in 0..64 {
                let voxel = voxels[Local::from_cell_and_bit(cell, bit).index()];
                if !voxel.is_empty() {
                    brick.cells[cell] |= 1 << bit;
                    brick.summary |= 1 << cell;
                    ranked.push(voxel);
                }
            }
        }
        brick.filled = ranked.len() as u16;
        brick.colors = Colors::smallest(ranked, voxels);
        brick
    }

    /// The voxel there; [`Voxel::EMPTY`] when there is none.
    pub fn get(&self, at: Local) -> Voxel {
        let (cell, bit) = at.cell_and_bit();
        if self.cells[cell] >> bit & 1 == 0 {
            return Voxel::EMPTY;
        }
        self.get_slot(Slot { at, cell, bit, rank: self.rank_if_needed(cell, bit) })
    }

    fn get_slot(&self, slot: Slot) -> Voxel {
        if self.cells[slot.cell] >> slot.bit & 1 == 0 {
            return Voxel::EMPTY;
        }
        match &self.colors {
            Colors::Uniform(voxel) => *voxel,
            Colors::Ranked(voxels) => voxels[slot.rank],
            Colors::Palette(indexed) => {
                indexed.palette[usize::from(indexed.index[slot.at.index()])]
            }
            Colors::Raw(voxels) => voxels[slot.at.index()],
        }
    }

    /// Puts a voxel there; an empty one erases. Returns what was there.
    pub fn set(&mut self, at: Local, voxel: Voxel) -> Voxel {
        let (cell, bit) = at.cell_and_bit();
        let slot = Slot { at, cell, bit, rank: self.rank_if_needed(cell, bit) };
        let old = self.get_slot(slot);
        if old == voxel || (old.is_empty() && voxel.is_empty()) {
            return old;
        }
        if voxel.is_empty() {
            self.erase(slot);
        } else {
            self.write(slot, voxel, !old.is_empty());
        }
        old
    }

    /// Puts a voxel at every place of `mask`, a word per cell; an empty one erases.
    /// Returns how many places were written, or how many voxels erased.
    pub fn fill(&mut self, mask: &[u64; 64], voxel: Voxel) -> u64 {
        let voxel = voxel.normalized();
        let places: u32 = mask.iter().map(|word| word.count_ones()).sum();
        if voxel.is_empty() {
            return self.erase_mask(mask);
        }
        if places as usize == BRICK_VOXELS {
            *self = Self::full(voxel);
        } else if self.is_empty() || matches!(self.colors, Colors::Uniform(color) if color == voxel)
        {
            self.colors = Colors::Uniform(voxel);
            self.cells.iter_mut().zip(mask).for_each(|(word, bits)| *word |= bits);
            self.recount();
        } else {
            for (cell, bits) in mask.iter().enumerate() {
                for bit in Bits(*bits) {
                    self.set(Local::from_cell_and_bit(cell, bit), voxel);
                }
            }
        }
        u64::from(places)
    }

    fn erase_mask(&mut self, mask: &[u64; 64]) -> u64 {
        let before = self.filled;
        if let Colors::Ranked(voxels) = &mut self.colors {
            let mut ranked = voxels.iter().copied();
            let mut kept = Vec::with_capacity(voxels.len());
            for (word, gone) in self.cells.iter().zip(mask) {
                for bit in Bits(*word) {
                    let voxel = ranked.next();
                    kept.extend(voxel.filter(|_| gone >> bit & 1 == 0));
                }
            }
            *voxels = kept;
        }
        self.cells.iter_mut().zip(mask).for_each(|(word, gone)| *word &= !gone);
        self.recount();
        if self.filled == 0 {
            self.colors = Colors::Uniform(Voxel::EMPTY);
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

    /// The filled voxels in the defined order: x fastest, then y, then z.
    pub fn voxels(&self) -> impl Iterator<Item = (Local, Voxel)> + '_ {
        (0..256u16).flat_map(move |row| {
            let (y, z) = (row & 15, row >> 4);
            Bits(u64::from(self.row(y, z))).map(move |x| {
                let at = Local::new(x as u16, y, z);
                (at, self.get(at))
            })
        })
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

    /// The lowest and highest filled place per axis; `None` when the brick is empty.
    pub fn extent(&self) -> Option<(Local, Local)> {
        let mut low = [15u16; 3];
        let mut high = [0u16; 3];
        for cell in Bits(self.summary) {
            for bit in Bits(self.cells[cell as usize]) {
                let at = Local::from_cell_and_bit(cell as usize, bit);
                let place = [at.x(), at.y(), at.z()];
                for axis in 0..3 {
                    low[axis] = low[axis].min(place[axis]);
                    high[axis] = high[axis].max(place[axis]);
                }
            }
        }
        let [a, b, c] = low;
        let [d, e, f] = high;
        (!self.is_empty()).then(|| (Local::new(a, b, c), Local::new(d, e, f)))
    }

    /// The only colour the brick is stored with, if it is stored as one.
    pub const fn uniform(&self) -> Option<Voxel> {
        match &self.colors {
            Colors::Uniform(voxel) => Some(*voxel),
            _ => None,
        }
    }

    /// Whether some voxel is filled but too faint to be drawn. May say yes for a
    /// colour that an earlier edit left in the palette.
    pub fn may_hold_faint(&self) -> bool {
        let faint = |voxel: &Voxel| !voxel.is_empty() && !voxel.is_solid();
        match &self.colors {
            Colors::Uniform(voxel) => faint(voxel),
            Colors::Ranked(voxels) => voxels.iter().any(faint),
            Colors::Palette(indexed) => indexed.palette.iter().any(faint),
            Colors::Raw(voxels) => voxels.iter().any(faint),
        }
    }

    /// Bytes held, the brick's own included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.colors {
                Colors::Uniform(_) => 0,
                Colors::Ranked(voxels) => voxels.capacity() * size_of::<Voxel>(),
                Colors::Palette(indexed) => {
                    size_of::<Indexed>() + indexed.palette.capacity() * size_of::<Voxel>()
                }
                Colors::Raw(_) => BRICK_VOXELS * size_of::<Voxel>(),
            }
    }

    fn rank(&self, cell: usize, bit: u32) -> usize {
        let before: u32 = self.cells[..cell].iter().map(|word| word.count_ones()).sum();
        (before + (self.cells[cell] & ((1 << bit) - 1)).count_ones()) as usize
    }

    fn rank_if_needed(&self, cell: usize, bit: u32) -> usize {
        if matches!(self.colors, Colors::Ranked(_)) { self.rank(cell, bit) } else { 0 }
    }

    fn erase(&mut self, slot: Slot) {
        if let Colors::Ranked(voxels) = &mut self.colors {
            voxels.remove(slot.rank);
        }
        self.cells[slot.cell] &= !(1 << slot.bit);
        if self.cells[slot.cell] == 0 {
            self.summary &= !(1 << slot.cell);
        }
        self.filled -= 1;
        if self.filled == 0 {
            self.colors = Colors::Uniform(Voxel::EMPTY);
        }
    }

    fn write(&mut self, slot: Slot, voxel: Voxel, present: bool) {
        let mut rank = slot.rank;
        if !self.colors.takes(voxel, self.filled, present) {
            self.widen(voxel);
            rank = self.rank_if_needed(slot.cell, slot.bit);
        }
        match &mut self.colors {
            Colors::Uniform(color) => *color = voxel,
            Colors::Ranked(voxels) if present => voxels[rank] = voxel,
            Colors::Ranked(voxels) => voxels.insert(rank, voxel),
            Colors::Palette(indexed) => indexed.write(slot.at, voxel),
            Colors::Raw(voxels) => voxels[slot.at.index()] = voxel,
        }
        if !present {
            self.cells[slot.cell] |= 1 << slot.bit;
            self.summary |= 1 << slot.cell;
            self.filled += 1;
        }
    }

    /// Stores the colours in a form that has room for one more voxel of this colour.
    fn widen(&mut self, voxel: Voxel) {
        let mut all = Box::new([Voxel::EMPTY; BRICK_VOXELS]);
        let mut ranked = Vec::with_capacity(usize::from(self.filled) + 1);
        for cell in Bits(self.summary) {
            for bit in Bits(self.cells[cell as usize]) {
                let at = Local::from_cell_and_bit(cell as usize, bit);
                all[at.index()] = self.get(at);
                ranked.push(all[at.index()]);
            }
        }
        self.colors = if ranked.len() < RANKED_MAX {
            Colors::Ranked(ranked)
        } else {
            // A palette nearly full would be rebuilt at every new colour.
            match Indexed::build(&ranked, &all, 192) {
                Some(mut indexed) => {
                    indexed.palette.push(voxel);
                    Colors::Palette(Box::new(indexed))
                }
                None => Colors::Raw(all),
            }
        };
    }
}

impl Colors {
    fn smallest(ranked: Vec<Voxel>, all: &[Voxel; BRICK_VOXELS]) -> Self {
        let first = ranked.first().copied().unwrap_or_default();
        if ranked.iter().all(|voxel| *voxel == first) {
            return Colors::Uniform(first);
        }
        if ranked.len() <= RANKED_MAX {
            return Colors::Ranked(ranked);
        }
        match Indexed::build(&ranked, all, 256) {
            Some(indexed) => Colors::Palette(Box::new(indexed)),
            None => Colors::Raw(Box::new(*all)),
        }
    }

    /// Whether one more voxel of that colour fits without a change of form.
    fn takes(&self, voxel: Voxel, filled: u16, present: bool) -> bool {
        match self {
            Colors::Uniform(color) => *color == voxel || filled == u16::from(present),
            Colors::Ranked(voxels) => present || voxels.len() < RANKED_MAX,
            Colors::Palette(indexed) => {
                indexed.palette.len() < 256 || indexed.palette.contains(&voxel)
            }
            Colors::Raw(_) => true,
        }
    }
}

impl Indexed {
    fn build(ranked: &[Voxel], all: &[Voxel; BRICK_VOXELS], max: usize) -> Option<Self> {
        let mut palette = ranked.to_vec();
        palette.sort_unstable();
        palette.dedup();
        if palette.len() > max {
            return None;
        }
        let mut index = [0; BRICK_VOXELS];
        for (slot, voxel) in index.iter_mut().zip(all) {
            // Empty cells are not in the palette; their index is never read.
            *slot = palette.binary_search(voxel).unwrap_or(0) as u8;
        }
        Some(Self { index, palette, last: 0 })
    }

    /// Writes a colour, added to the palette when new; the caller made room.
    fn write(&mut self, at: Local, voxel: Voxel) {
        if self.palette.get(usize::from(self.last)) != Some(&voxel) {
            let found = self.palette.iter().position(|color| *color == voxel);
            self.last = found.unwrap_or_else(|| {
                self.palette.push(voxel);
                self.palette.len() - 1
            }) as u8;
        }
        self.index[at.index()] = self.last;
    }
}

/// The numbers of the bits set in a word, lowest first.
#[derive(Clone, Copy, Debug)]
pub struct Bits(pub u64);

impl Iterator for Bits {
    type Item = u32;

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
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A brick against a plain array, through the same writes.
    #[track_caller]
    fn check(writes: impl IntoIterator<Item = (u16, Voxel)>) {
        let mut brick = Brick::default();
        let mut plain = [Voxel::EMPTY; BRICK_VOXELS];
        for (index, voxel) in writes {
            let at = Local::from_index(index);
            let voxel = voxel.normalized();
            assert_eq!(brick.set(at, voxel), plain[at.index()], "the old voxel at {at:?}");
            plain[at.index()] = voxel;
        }
        let stored: Vec<_> = brick.voxels().collect();
        let expected: Vec<_> = (0..4096)
            .map(|index| (Local::from_index(index), plain[usize::from(index)]))
            .filter(|(_, voxel)| !voxel.is_empty())
            .collect();
        assert_eq!(stored, expected);
        assert_eq!(brick.filled() as usize, expected.len());
        let packed = Brick::from_voxels(&plain);
        assert_eq!(packed.voxels().collect::<Vec<_>>(), expected);
        assert_eq!((packed.cells, packed.summary), (brick.cells, brick.summary));
    }

    fn color(n: u32) -> Voxel {
        Voxel([(n >> 16) as u8, (n >> 8) as u8, n as u8, 255])
    }

    #[test]
    fn every_form_holds_what_was_written() {
        check([]);
        check((0..4096).map(|i| (i, color(7))));
        check((0..300).map(|i| (i * 13 % 4096, color(u32::from(i)))));
        check((0..4096).map(|i| (i, color(u32::from(i) % 200))));
        check((0..4096).map(|i| (i, color(u32::from(i)))));
    }

    #[test]
    fn a_brick_emptied_again_is_empty() {
        let fill = (0..4096).map(|i| (i, color(u32::from(i) % 300)));
        check(fill.chain((0..4096).map(|i| (i, Voxel::EMPTY))));
    }

    #[test]
    fn a_palette_that_overflows_forgets_unused_colours_first() {
        let mut brick = Brick::default();
        for round in 0..40u32 {
            for i in 0..4096u16 {
                brick.set(Local::from_index(i), color(round * 100 + u32::from(i) % 100));
            }
        }
        assert!(matches!(brick.colors, Colors::Palette(_)));
    }

    proptest! {
        #[test]
        fn filling_a_mask_is_writing_each_place(
            writes in prop::collection::vec((0u16..4096, 0u32..400), 0..600),
            mask in prop::collection::vec(any::<u64>(), 64),
            n in prop_oneof![Just(None), (0u32..400).prop_map(Some)],
        ) {
            let mask: [u64; 64] = mask.try_into().unwrap();
            let voxel = n.map_or(Voxel::EMPTY, color);
            let mut filled = Brick::default();
            for (index, n) in writes {
                filled.set(Local::from_index(index), color(n % 7 * (n & 1)));
            }
            let mut single = filled.clone();
            let mut touched = 0;
            for (cell, bits) in mask.iter().enumerate() {
                for bit in Bits(*bits) {
                    let old = single.set(Local::from_cell_and_bit(cell, bit), voxel);
                    touched += u64::from(!voxel.is_empty() || !old.is_empty());
                }
            }
            prop_assert_eq!(filled.fill(&mask, voxel), touched);
            prop_assert_eq!(
                filled.voxels().collect::<Vec<_>>(),
                single.voxels().collect::<Vec<_>>()
            );
            prop_assert_eq!((filled.filled, filled.summary), (single.filled, single.summary));
        }

        #[test]
        fn a_brick_is_an_array(
            writes in prop::collection::vec((0u16..4096, 0u32..600), 0..3000),
            alphas in prop::collection::vec(0u8..=255, 1..5),
        ) {
            check(writes.into_iter().enumerate().map(|(i, (index, n))| {
                let [r, g, b, _] = color(n).0;
                (index, Voxel([r, g, b, alphas[i % alphas.len()]]))
            }));
        }
    }
}
