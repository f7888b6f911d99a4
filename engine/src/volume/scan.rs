//! The filled voxels of bricks in the defined order, row by row.

use super::colors::Colors;
use super::list::Cells;
use super::{BRICK_VOXELS, Bits, Brick, BrickCoord, Coord, Local, Voxel};

/// Occupancy by [`Local::index`]: bit `i & 63` of word `i >> 6`, four rows a word.
pub(super) fn rows(cells: &Cells) -> [u64; 64] {
    let mut rows = [0; 64];
    // Four cells along x hold sixteen rows: four words of four rows, one a layer.
    for (group, four) in cells.as_chunks::<4>().0.iter().enumerate() {
        let (y, z) = (group & 3, group >> 2);
        for layer in 0..4 {
            let parts = four.map(|word| spread_nibbles(word >> (16 * layer) & 0xFFFF));
            rows[(z << 2 | layer) << 2 | y] =
                parts[0] | parts[1] << 4 | parts[2] << 8 | parts[3] << 12;
        }
    }
    rows
}

/// Moves the four nibbles of the low sixteen bits to the start of sixteen bits each.
const fn spread_nibbles(bits: u64) -> u64 {
    let halves = (bits | bits << 24) & 0x0000_00FF_0000_00FF;
    (halves | halves << 12) & 0x000F_000F_000F_000F
}

/// Where the colours of a brick are read in the order of a scan.
enum Paint<'a> {
    Uniform(Voxel),
    Cells(&'a [Voxel; 64]),
    Numbers(&'a [u8; BRICK_VOXELS], &'a [Voxel]),
    Voxels(&'a [Voxel; BRICK_VOXELS]),
    /// Kept by rank: spread out for the scan.
    Spread(Box<[Voxel; BRICK_VOXELS]>),
}

impl<'a> Paint<'a> {
    fn of(brick: &'a Brick) -> Self {
        let places = match &brick.colors {
            Colors::Uniform(voxel) => return Paint::Uniform(*voxel),
            Colors::Cells(colors) => return Paint::Cells(colors),
            Colors::Palette(palette) => {
                palette.numbers.places().map(|numbers| Paint::Numbers(numbers, &palette.colors))
            }
            Colors::Voxels(list) => list.places().map(Paint::Voxels),
        };
        places.unwrap_or_else(|| {
            let mut all = Box::new([Voxel::EMPTY; BRICK_VOXELS]);
            brick.spread_into(&mut all);
            Paint::Spread(all)
        })
    }

    fn at(&self, local: Local) -> Voxel {
        match self {
            Paint::Uniform(voxel) => *voxel,
            Paint::Cells(colors) => colors[local.cell_and_bit().0],
            Paint::Numbers(numbers, colors) => colors[usize::from(numbers[local.place()])],
            Paint::Voxels(voxels) => voxels[local.place()],
            Paint::Spread(voxels) => voxels[local.place()],
        }
    }
}

/// The filled voxels of a brick: x fastest, then y, then z.
pub struct Scan<'a> {
    rows: [u64; 64],
    /// The word that is read now, and what of it is left.
    word: usize,
    bits: u64,
    paint: Paint<'a>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(brick: &'a Brick) -> Self {
        let rows = brick.rows();
        Self { rows, word: 0, bits: rows[0], paint: Paint::of(brick) }
    }

    fn fold_with<B>(
        self,
        start: B,
        mut f: impl FnMut(B, (Local, Voxel)) -> B,
        color: impl Fn(Local) -> Voxel,
    ) -> B {
        let mut folded = start;
        let mut bits = self.bits;
        for word in self.word..64 {
            let first = word << 6;
            if bits == u64::MAX {
                for bit in 0..64 {
                    let local = Local::from_index((first | bit) as u16);
                    folded = f(folded, (local, color(local)));
                }
            } else {
                for bit in Bits(bits) {
                    let local = Local::from_index((first | bit as usize) as u16);
                    folded = f(folded, (local, color(local)));
                }
            }
            bits = self.rows.get(word + 1).copied().unwrap_or(0);
        }
        folded
    }
}

impl Iterator for Scan<'_> {
    type Item = (Local, Voxel);

    #[inline]
    fn next(&mut self) -> Option<(Local, Voxel)> {
        while self.bits == 0 {
            self.word += 1;
            self.bits = *self.rows.get(self.word)?;
        }
        let bit = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        let local = Local::from_index((self.word << 6 | bit) as u16);
        Some((local, self.paint.at(local)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rows.iter().skip(self.word + 1).map(|word| word.count_ones()).sum::<u32>();
        let left = (left + self.bits.count_ones()) as usize;
        (left, Some(left))
    }

    fn fold<B, F: FnMut(B, (Local, Voxel)) -> B>(mut self, start: B, f: F) -> B {
        match std::mem::replace(&mut self.paint, Paint::Uniform(Voxel::EMPTY)) {
            Paint::Uniform(voxel) => self.fold_with(start, f, |_| voxel),
            Paint::Cells(colors) => self.fold_with(start, f, |at| colors[at.cell_and_bit().0]),
            Paint::Numbers(numbers, colors) => {
                self.fold_with(start, f, |at| colors[usize::from(numbers[at.place()])])
            }
            Paint::Voxels(voxels) => self.fold_with(start, f, |at| voxels[at.place()]),
            Paint::Spread(voxels) => self.fold_with(start, f, |at| voxels[at.place()]),
        }
    }
}

/// The filled voxels of a volume, in the defined order.
pub struct Voxels<'a> {
    bricks: std::vec::IntoIter<(BrickCoord, &'a Brick)>,
    current: Option<(BrickCoord, Scan<'a>)>,
}

impl<'a> Voxels<'a> {
    pub(super) fn new(bricks: Vec<(BrickCoord, &'a Brick)>) -> Self {
        Self { bricks: bricks.into_iter(), current: None }
    }
}

impl Iterator for Voxels<'_> {
    type Item = (Coord, Voxel);

    #[inline]
    fn next(&mut self) -> Option<(Coord, Voxel)> {
        loop {
            if let Some((home, scan)) = &mut self.current
                && let Some((local, voxel)) = scan.next()
            {
                return Some((home.at(local), voxel));
            }
            let (home, brick) = self.bricks.next()?;
            self.current = Some((home, brick.voxels()));
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let current = self.current.as_ref().map_or(0, |(_, scan)| scan.size_hint().0);
        let left: usize = self.bricks.as_slice().iter().map(|(_, b)| b.filled() as usize).sum();
        (left + current, Some(left + current))
    }

    fn fold<B, F: FnMut(B, (Coord, Voxel)) -> B>(self, start: B, mut f: F) -> B {
        let mut each = |folded: B, home: BrickCoord, scan: Scan<'_>| {
            let origin = home.origin();
            scan.fold(folded, |folded, (local, voxel)| {
                let at = Coord {
                    x: origin.x | i32::from(local.x()),
                    y: origin.y | i32::from(local.y()),
                    z: origin.z | i32::from(local.z()),
                };
                f(folded, (at, voxel))
            })
        };
        let folded = match self.current {
            Some((home, scan)) => each(start, home, scan),
            None => start,
        };
        self.bricks.fold(folded, |folded, (home, brick)| each(folded, home, brick.voxels()))
    }
}
