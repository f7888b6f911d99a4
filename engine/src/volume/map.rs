//! A brick with its colours changed, colour by colour where it keeps few.

use super::colors::Colors;
use super::{Bits, Brick, Voxel};

impl Brick {
    /// The brick with each voxel changed; an empty one takes its voxel away. `None` when all
    /// stay as they are. `change` is asked once for a colour wherever colours are shared.
    pub fn mapped(&self, change: impl Fn(Voxel) -> Voxel) -> Option<Brick> {
        let mut gone = false;
        let mut differs = false;
        let mut brick = self.clone();
        brick.colors.for_each_kept(self.cells(), |voxel| {
            let new = change(*voxel).normalized();
            gone |= new.is_empty();
            differs |= new != *voxel;
            *voxel = new;
        });
        if gone {
            return Some(self.mapped_by_place(change));
        }
        differs.then_some(brick)
    }

    fn mapped_by_place(&self, change: impl Fn(Voxel) -> Voxel) -> Brick {
        let mut places = self.to_places();
        for voxel in places.iter_mut().filter(|voxel| !voxel.is_empty()) {
            *voxel = change(*voxel).normalized();
        }
        Brick::from_places_with_holes(*self.cells(), &places)
    }
}

impl Colors {
    /// Lends each colour that is kept for writing, those of filled voxels at least.
    fn for_each_kept(&mut self, cells: &[u64; 64], mut write: impl FnMut(&mut Voxel)) {
        match self {
            Colors::Uniform(voxel) => write(voxel),
            Colors::Cells(colors) => {
                let each = cells.iter().zip(colors.iter_mut()).filter(|(word, _)| **word != 0);
                each.for_each(|(_, color)| write(color));
            }
            Colors::Palette(palette) => palette.colors.iter_mut().for_each(write),
            Colors::Voxels(list) if list.places().is_none() => {
                list.items_mut().iter_mut().for_each(write);
            }
            Colors::Voxels(list) => {
                let places = list.items_mut().as_chunks_mut::<64>().0;
                for (word, places) in cells.iter().zip(places) {
                    Bits(*word).for_each(|bit| write(&mut places[bit as usize]));
                }
            }
        }
    }
}
