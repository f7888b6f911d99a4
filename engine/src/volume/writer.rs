//! Many writes at once: voxels are laid into open grids, and each brick is packed once.

use super::tree::{self, Key};
use super::{BRICK_VOXELS, Bits, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::sync::Arc;

/// Bricks that are open at once, 17 KiB each: a layer of 512 x 512 voxels.
const SLOTS: usize = 1024;

/// As few places as this are written into a stored brick one by one.
const FEW: u32 = 64;

/// After so many bricks were closed with next to nothing in them, voxels are sorted by brick.
const LOST: u32 = 512;

/// So many voxels are sorted at a time, into so many buckets.
const SORTED: usize = 1 << 16;
const BUCKETS: usize = 1 << 12;

/// Writes many voxels into a volume, in order; later ones win. The volume holds them
/// when the writer is dropped.
///
/// Fast when neighbours in time are neighbours in space: along x, and within some
/// hundred bricks.
///
/// ```
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// let mut volume = Volume::new();
/// let mut writer = volume.writer();
/// writer.run(Coord::new(-20, 0, 0), 40, Voxel::WHITE);
/// writer.set(Coord::new(0, 0, 0), Voxel::EMPTY);
/// drop(writer);
/// assert_eq!(volume.filled(), 39);
/// ```
pub struct Writer<'a> {
    volume: &'a mut Volume,
    open: Vec<Open>,
    /// Which of `open`, plus one, is open for the bricks of that slot; 0 for none.
    slots: Box<[u16; SLOTS]>,
    /// Which of `open` was used last.
    last: usize,
    /// How many bricks were closed for another with few places written, in a row.
    lost: u32,
    touched: u64,
}

/// A brick being written: what was written over the stored one.
struct Open {
    home: BrickCoord,
    /// The places written, a word per cell.
    cells: [u64; 64],
    /// What was written, by place; an empty voxel erases.
    voxels: Box<[Voxel; BRICK_VOXELS]>,
    /// Whether one of them erases.
    erases: bool,
}

impl Volume {
    /// Lends the volume for many writes.
    pub fn writer(&mut self) -> Writer<'_> {
        Writer {
            volume: self,
            open: Vec::new(),
            slots: Box::new([0; SLOTS]),
            last: 0,
            lost: 0,
            touched: 0,
        }
    }
}

impl Writer<'_> {
    /// How many places were written so far, an erased empty place not counted.
    pub const fn touched(&self) -> u64 {
        self.touched
    }

    /// Puts a voxel there; an empty one erases.
    pub fn set(&mut self, at: Coord, voxel: Voxel) {
        self.piece(at, &[voxel]);
    }

    /// Puts the voxels along x from `at`; an empty one erases. Those beyond the end of
    /// `i32` are dropped.
    pub fn row(&mut self, mut at: Coord, voxels: &[Voxel]) {
        let room = (i64::from(i32::MAX) - i64::from(at.x) + 1) as usize;
        let mut rest = &voxels[..voxels.len().min(room)];
        while !rest.is_empty() {
            let in_brick = 16 - (at.x & 15) as usize;
            let (piece, after) = rest.split_at(rest.len().min(in_brick));
            self.piece(at, piece);
            rest = after;
            at.x = at.x.wrapping_add(piece.len() as i32);
        }
    }

    /// Puts one voxel at `len` places along x from `at`; an empty one erases. Those
    /// beyond the end of `i32` are dropped.
    pub fn run(&mut self, mut at: Coord, len: u32, voxel: Voxel) {
        let mut left = i64::from(len).min(i64::from(i32::MAX) - i64::from(at.x) + 1);
        while left > 0 {
            let len = left.min(16 - i64::from(at.x & 15));
            self.piece(at, &[voxel; 16][..len as usize]);
            left -= len;
            at.x = at.x.wrapping_add(len as i32);
        }
    }

    /// Writes a list of voxels in order.
    pub fn extend(&mut self, voxels: impl IntoIterator<Item = (Coord, Voxel)>) {
        let mut voxels = voxels.into_iter();
        let mut next = voxels.next();
        while let Some((first, voxel)) = next {
            if self.lost >= LOST {
                self.scatter(std::iter::once((first, voxel)).chain(&mut voxels));
                next = voxels.next();
                continue;
            }
            if voxel.is_empty() {
                self.erase(first);
                next = voxels.next();
                continue;
            }
            let index = self.open(first.brick());
            let open = &mut self.open[index];
            let row = Row::of(first);
            let (mut bits, mut count) = (0u16, 0);
            let start = row.start();
            while let Some((at, voxel)) = next
                && row == Row::of(at)
                && !voxel.is_empty()
            {
                let x = (at.x & 15) as usize;
                open.voxels[start | along_x(x)] = voxel;
                bits |= 1 << x;
                count += 1;
                next = voxels.next();
            }
            open.cover(row, bits);
            self.touched += count;
        }
    }

    /// Writes voxels along x within one brick.
    fn piece(&mut self, at: Coord, voxels: &[Voxel]) {
        let index = self.open(at.brick());
        let open = &mut self.open[index];
        let (row, first) = (Row::of(at), (at.x & 15) as usize);
        let (start, mut filled) = (row.start(), true);
        if let Ok(sixteen) = <&[Voxel; 16]>::try_from(voxels) {
            filled = !sixteen.iter().any(|voxel| voxel.is_empty());
        } else {
            for voxel in voxels {
                filled &= !voxel.is_empty();
            }
        }
        if !filled {
            return self.piece_with_holes(at, voxels);
        }
        for (x, voxel) in (first..).zip(voxels) {
            open.voxels[start | along_x(x)] = *voxel;
        }
        open.cover(row, (((1u32 << voxels.len()) - 1) << first) as u16);
        self.touched += voxels.len() as u64;
    }

    fn piece_with_holes(&mut self, mut at: Coord, voxels: &[Voxel]) {
        for voxel in voxels {
            match voxel.is_empty() {
                true => self.erase(at),
                false => self.piece(at, &[*voxel]),
            }
            at.x = at.x.wrapping_add(1);
        }
    }

    fn erase(&mut self, at: Coord) {
        let index = self.open(at.brick());
        let (cell, bit) = at.local().cell_and_bit();
        let open = &mut self.open[index];
        let written = open.cells[cell] >> bit & 1 == 1;
        let filled = match written {
            true => !open.voxels[at.local().place()].is_empty(),
            false => !self.volume.get(at).is_empty(),
        };
        if filled {
            open.voxels[at.local().place()] = Voxel::EMPTY;
            open.cells[cell] |= 1 << bit;
            open.erases = true;
            self.touched += 1;
        }
    }

    /// The open brick of that place; another in its slot is closed first.
    fn open(&mut self, home: BrickCoord) -> usize {
        if let Some(open) = self.open.get(self.last)
            && open.home == home
        {
            return self.last;
        }
        self.last = self.open_slot(home);
        self.last
    }

    fn open_slot(&mut self, home: BrickCoord) -> usize {
        let slot = slot_of(home);
        let taken = usize::from(self.slots[slot]);
        if taken == 0 {
            self.open.push(Open::new(home));
            self.slots[slot] = self.open.len() as u16;
            return self.open.len() - 1;
        }
        let open = &mut self.open[taken - 1];
        if open.home != home {
            let few = open.close(self.volume) <= FEW / 8;
            self.lost = if few { self.lost + 1 } else { 0 };
            open.home = home;
        }
        taken - 1
    }

    /// Writes the next voxels of a list without any order in space: a part of it is
    /// sorted, so that the tree is walked and a brick is fetched once for several.
    fn scatter(&mut self, voxels: impl Iterator<Item = (Coord, Voxel)>) {
        self.close_all();
        let sorted = by_bucket(&voxels.take(SORTED).collect::<Vec<_>>());
        for run in sorted.chunk_by(|(a, _), (b, _)| a.brick() == b.brick()) {
            let mut touched = 0;
            self.volume.edit(run[0].0.brick(), |brick| {
                for (at, voxel) in run {
                    let old = brick.set(at.local(), *voxel);
                    touched += u64::from(!(voxel.is_empty() && old.is_empty()));
                }
            });
            self.touched += touched;
        }
        // Unless the next ones lie together, their part is sorted too.
        self.lost = LOST - LOST / 8;
    }

    fn close_all(&mut self) {
        for open in &mut self.open {
            open.close(self.volume);
        }
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.close_all();
    }
}

/// Layers of 32 x 32 bricks along any two axes have slots of their own.
fn slot_of(home: BrickCoord) -> usize {
    ((home.x ^ home.z) & 31 | ((home.y ^ home.z) & 31) << 5) as usize
}

/// The voxels sorted by a hash of their brick, stably: those of one brick keep their order.
fn by_bucket(voxels: &[(Coord, Voxel)]) -> Vec<(Coord, Voxel)> {
    let mut starts = vec![0u32; BUCKETS + 1];
    for (at, _) in voxels {
        starts[bucket_of(at.brick()) + 1] += 1;
    }
    for bucket in 0..BUCKETS {
        starts[bucket + 1] += starts[bucket];
    }
    let mut sorted = voxels.to_vec();
    for voxel in voxels {
        let start = &mut starts[bucket_of(voxel.0.brick())];
        sorted[*start as usize] = *voxel;
        *start += 1;
    }
    sorted
}

fn bucket_of(home: BrickCoord) -> usize {
    let mixed = (home.x as u32).wrapping_mul(0x9E37_79B1)
        ^ (home.y as u32).wrapping_mul(0x85EB_CA77)
        ^ (home.z as u32).wrapping_mul(0xC2B2_AE3D);
    (mixed.wrapping_mul(0x2C1B_3C6D) >> 20) as usize
}

/// The sixteen places along x in one brick.
#[derive(Clone, Copy, PartialEq)]
struct Row {
    brick_x: i32,
    y: i32,
    z: i32,
}

impl Row {
    const fn of(at: Coord) -> Self {
        Self { brick_x: at.x >> 4, y: at.y, z: at.z }
    }

    const fn local(self) -> Local {
        Local::new(0, (self.y & 15) as u16, (self.z & 15) as u16)
    }

    /// The place of the first of the sixteen.
    const fn start(self) -> usize {
        self.local().place()
    }
}

/// What x adds to the place of its row's start.
const fn along_x(x: usize) -> usize {
    x & 3 | (x & 12) << 4
}

impl Open {
    fn new(home: BrickCoord) -> Self {
        let voxels = Box::new([Voxel::EMPTY; BRICK_VOXELS]);
        Self { home, cells: [0; 64], voxels, erases: false }
    }

    /// Notes what was written in a row.
    fn cover(&mut self, row: Row, bits: u16) {
        let (cell, bit) = row.local().cell_and_bit();
        for (part, word) in self.cells[cell..cell + 4].iter_mut().enumerate() {
            *word |= u64::from(bits >> (4 * part) & 15) << bit;
        }
    }

    /// Puts what was written into the volume; returns how many places that were. Nothing
    /// is written any more.
    fn close(&mut self, volume: &mut Volume) -> u32 {
        if self.cells == [0; 64] {
            return 0;
        }
        let places: u32 = self.cells.iter().map(|word| word.count_ones()).sum();
        let key = Key::of(self.home);
        match tree::get(volume.root(), key) {
            Some(_) if places <= FEW => self.write_each(volume),
            stored => {
                if let Some(stored) = stored {
                    self.lay_over(&Arc::clone(stored));
                }
                volume.put_shared(key, Arc::new(self.packed()));
            }
        }
        self.cells = [0; 64];
        self.erases = false;
        places
    }

    fn packed(&self) -> Brick {
        match self.erases {
            true => Brick::from_places_with_holes(self.cells, &self.voxels),
            false => Brick::from_places(self.cells, &self.voxels),
        }
    }

    fn write_each(&self, volume: &mut Volume) {
        volume.edit(self.home, |brick| {
            for (cell, word) in self.cells.iter().enumerate() {
                for bit in Bits(*word) {
                    let at = Local::from_cell_and_bit(cell, bit);
                    brick.set(at, self.voxels[at.place()]);
                }
            }
        });
    }

    /// Takes over the voxels of the stored brick where nothing was written.
    fn lay_over(&mut self, stored: &Brick) {
        let mut below = [Voxel::EMPTY; BRICK_VOXELS];
        stored.spread_into(&mut below);
        for (cell, word) in self.cells.iter_mut().enumerate() {
            for bit in Bits(stored.cells()[cell] & !*word) {
                let place = cell << 6 | bit as usize;
                self.voxels[place] = below[place];
            }
            *word |= stored.cells()[cell];
        }
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
