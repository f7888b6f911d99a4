//! One item for each filled place of a brick, by rank or by place.
//!
//! A place is `cell << 6 | bit`, as in [`Local::cell_and_bit`](super::Local::cell_and_bit);
//! a filled place's rank is how many filled ones come before it. A list by place
//! has room for all 4096.

use super::{BRICK_VOXELS, Bits};

/// Longer lists are spread out before one more is put in the middle.
const INSERT_MAX: usize = 512;

/// The occupancy words of the brick that a list belongs to.
pub(super) type Cells = [u64; 64];

#[derive(Clone, Debug)]
pub(super) struct List<T> {
    /// The rank of each cell's first place; `None` where the list is by place.
    starts: Option<Box<[u16; 64]>>,
    items: Vec<T>,
}

/// The rank of each cell's first filled place.
fn starts_of(cells: &Cells) -> [u16; 64] {
    let mut rank = 0;
    cells.map(|word| {
        let start = rank;
        rank += word.count_ones() as u16;
        start
    })
}

impl<T: Copy + Default> List<T> {
    /// A list by rank: an item for each bit of `cells`.
    pub fn by_rank(cells: &Cells, items: Vec<T>) -> Self {
        Self { starts: Some(Box::new(starts_of(cells))), items }
    }

    /// A list with room for every place; those not filled hold anything.
    pub fn by_place(items: Vec<T>) -> Self {
        Self { starts: None, items }
    }

    pub fn items(&self) -> &[T] {
        &self.items
    }

    pub fn items_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// The items by place, if they are kept so.
    pub fn places(&self) -> Option<&[T; BRICK_VOXELS]> {
        match self.starts {
            None => self.items.as_slice().try_into().ok(),
            Some(_) => None,
        }
    }

    /// Bytes held outside the list itself.
    pub fn bytes(&self) -> usize {
        let starts = self.starts.as_ref().map_or(0, |starts| size_of_val(&**starts));
        starts + self.items.capacity() * size_of::<T>()
    }

    fn slot(&self, cells: &Cells, cell: usize, bit: u32) -> usize {
        let Some(starts) = &self.starts else { return cell << 6 | bit as usize };
        let below = cells[cell] & ((1 << bit) - 1);
        usize::from(starts[cell]) + below.count_ones() as usize
    }

    /// The item of a filled place.
    pub fn get(&self, cells: &Cells, cell: usize, bit: u32) -> T {
        self.items[self.slot(cells, cell, bit)]
    }

    /// Replaces the item of a filled place.
    pub fn replace(&mut self, cells: &Cells, cell: usize, bit: u32, item: T) {
        let slot = self.slot(cells, cell, bit);
        self.items[slot] = item;
    }

    /// Adds the item of a place that is not filled yet.
    pub fn insert(&mut self, cells: &Cells, cell: usize, bit: u32, item: T) {
        if self.items.len() >= INSERT_MAX {
            self.spread(cells);
        }
        let slot = self.slot(cells, cell, bit);
        match &mut self.starts {
            None => self.items[slot] = item,
            Some(starts) => {
                self.items.insert(slot, item);
                starts[cell + 1..].iter_mut().for_each(|start| *start += 1);
            }
        }
    }

    /// Takes the item of a place that is still filled away.
    pub fn remove(&mut self, cells: &Cells, cell: usize, bit: u32) {
        let slot = self.slot(cells, cell, bit);
        if let Some(starts) = &mut self.starts {
            self.items.remove(slot);
            starts[cell + 1..].iter_mut().for_each(|start| *start -= 1);
        }
    }

    /// Takes away what is filled in `before` but not in `after`.
    pub fn keep(&mut self, before: &Cells, after: &Cells) {
        let Some(starts) = &mut self.starts else { return };
        let mut kept = before.iter().enumerate().flat_map(|(cell, word)| {
            let kept = after[cell];
            Bits(*word).map(move |bit| kept >> bit & 1 == 1)
        });
        self.items.retain(|_| kept.next().unwrap_or(false));
        **starts = starts_of(after);
    }

    /// Keeps the items by place from now on.
    pub fn spread(&mut self, cells: &Cells) {
        if self.starts.take().is_none() {
            return;
        }
        let mut items = vec![T::default(); BRICK_VOXELS];
        let mut ranked = self.items.iter();
        for (cell, word) in cells.iter().enumerate() {
            for (bit, item) in Bits(*word).zip(&mut ranked) {
                items[cell << 6 | bit as usize] = *item;
            }
        }
        self.items = items;
    }
}
