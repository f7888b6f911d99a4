//! Flood: the connected region of like-coloured voxels around a seed.
//!
//! The flood runs brick by brick on words of bits: inside a brick it grows until
//! nothing changes, then what reached a side enters the brick beyond it.

use crate::volume::{Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::collections::HashMap;

/// The voxels connected to `seed` through faces whose red, green and blue each
/// differ from the seed's by at most `tolerance`, as a white mask. Empty when
/// there is no voxel at the seed: empty space is never flooded.
pub fn flood(volume: &Volume, seed: Coord, tolerance: u8) -> Volume {
    let color = volume.get(seed);
    let mut region = Volume::new();
    if color.is_empty() {
        return region;
    }
    let mut rooms: HashMap<BrickCoord, Room> = HashMap::new();
    let mut waiting = vec![(seed.brick(), Rows::of([seed.local()]))];
    while let Some((home, entering)) = waiting.pop() {
        let room =
            rooms.entry(home).or_insert_with(|| Room::new(volume.brick(home), color, tolerance));
        let reached = room.enter(&entering);
        for side in Side::ALL {
            let leaving = reached.beyond(side);
            if let (false, Some(next)) = (leaving.is_empty(), side.from(home)) {
                waiting.push((next, leaving));
            }
        }
    }
    for (home, room) in rooms.into_iter().filter(|(_, room)| !room.reached.is_empty()) {
        region.edit(home, |brick| brick.fill(&room.reached.cells(), Voxel::WHITE));
    }
    region
}

/// A brick being flooded.
struct Room {
    open: Rows,
    reached: Rows,
}

impl Room {
    fn new(brick: Option<&Brick>, color: Voxel, tolerance: u8) -> Self {
        let alike = |voxel: Voxel| {
            (0..3).all(|channel| voxel.0[channel].abs_diff(color.0[channel]) <= tolerance)
        };
        let open = match brick.map(|brick| (brick, brick.uniform())) {
            None => Rows::EMPTY,
            Some((brick, Some(only))) if alike(only) => Rows::filled(brick),
            Some((_, Some(_))) => Rows::EMPTY,
            Some((brick, None)) => {
                Rows::of(brick.voxels().filter(|(_, voxel)| alike(*voxel)).map(|(at, _)| at))
            }
        };
        Self { open, reached: Rows::EMPTY }
    }

    /// Floods from `entering` and returns what was not reached before.
    fn enter(&mut self, entering: &Rows) -> Rows {
        let before = self.reached;
        let mut grown = before.or(&entering.and(&self.open));
        while grown != self.reached {
            self.reached = grown;
            grown = grown.grow(&self.open);
        }
        self.reached.and_not(&before)
    }
}

/// One of the six ways out of a brick.
#[derive(Clone, Copy)]
struct Side {
    axis: usize,
    up: bool,
}

impl Side {
    const ALL: [Side; 6] = [
        Side { axis: 0, up: false },
        Side { axis: 0, up: true },
        Side { axis: 1, up: false },
        Side { axis: 1, up: true },
        Side { axis: 2, up: false },
        Side { axis: 2, up: true },
    ];

    /// The brick on that side, or `None` at the end of space.
    fn from(self, home: BrickCoord) -> Option<BrickCoord> {
        let mut step = [0; 3];
        step[self.axis] = if self.up { 16 } else { -16 };
        Some(home.origin().offset(step)?.brick())
    }
}

/// A bit per place of a brick, by [`Local::index`]: four rows along x in a word,
/// four words for each z.
#[derive(Clone, Copy, PartialEq)]
struct Rows([u64; 64]);

/// The lowest place of each row in a word.
const ROW_START: u64 = 0x0001_0001_0001_0001;

impl Rows {
    const EMPTY: Rows = Rows([0; 64]);

    fn of(places: impl IntoIterator<Item = Local>) -> Self {
        let mut rows = Self::EMPTY;
        for at in places {
            rows.0[at.index() / 64] |= 1 << (at.index() % 64);
        }
        rows
    }

    fn filled(brick: &Brick) -> Self {
        let mut rows = Self::EMPTY;
        for row in 0..256u16 {
            let bits = u64::from(brick.row(row & 15, row >> 4));
            rows.0[usize::from(row / 4)] |= bits << (16 * (row % 4));
        }
        rows
    }

    fn is_empty(&self) -> bool {
        self.0 == [0; 64]
    }

    fn or(&self, other: &Rows) -> Rows {
        Rows(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    fn and(&self, other: &Rows) -> Rows {
        Rows(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    fn and_not(&self, other: &Rows) -> Rows {
        Rows(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }

    /// These places and their neighbours inside the brick, where `open` allows.
    fn grow(&self, open: &Rows) -> Rows {
        let word = |i: usize| self.0[i];
        Rows(std::array::from_fn(|i| {
            let here = word(i);
            let along_x = (here & !(ROW_START << 15)) << 1 | (here & !ROW_START) >> 1;
            let below = if i % 4 > 0 { word(i - 1) >> 48 } else { 0 };
            let above = if i % 4 < 3 { word(i + 1) << 48 } else { 0 };
            let along_y = here << 16 | below | here >> 16 | above;
            let under = if i >= 4 { word(i - 4) } else { 0 };
            let over = if i < 60 { word(i + 4) } else { 0 };
            (here | along_x | along_y | under | over) & open.0[i]
        }))
    }

    /// The places on that side, as the places they touch in the brick beyond.
    fn beyond(&self, side: Side) -> Rows {
        let mut beyond = Self::EMPTY;
        match (side.axis, side.up) {
            (0, false) => {
                beyond.0 = self.0.map(|word| (word & ROW_START) << 15);
            }
            (0, true) => {
                beyond.0 = self.0.map(|word| word >> 15 & ROW_START);
            }
            (1, false) => {
                (0..16).for_each(|z| beyond.0[4 * z + 3] = self.0[4 * z] << 48);
            }
            (1, true) => {
                (0..16).for_each(|z| beyond.0[4 * z] = self.0[4 * z + 3] >> 48);
            }
            (_, false) => beyond.0[60..].copy_from_slice(&self.0[..4]),
            (_, true) => beyond.0[..4].copy_from_slice(&self.0[60..]),
        }
        beyond
    }

    /// The same places, a word per cell.
    fn cells(&self) -> [u64; 64] {
        let mut cells = [0; 64];
        for (i, word) in self.0.iter().enumerate() {
            for bit in crate::volume::Bits(*word) {
                let at = Local::from_index((64 * i) as u16 + bit as u16);
                let (cell, bit) = at.cell_and_bit();
                cells[cell] |= 1 << bit;
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(reds: &[u8]) -> Volume {
        let voxel = |(x, red): (usize, &u8)| (Coord::new(x as i32, 0, 0), Voxel::rgb(*red, 0, 0));
        reds.iter().enumerate().filter(|(_, red)| **red > 0).map(voxel).collect()
    }

    #[track_caller]
    fn check(reds: &[u8], seed: i32, tolerance: u8, expected: u64) {
        let region = flood(&line(reds), Coord::new(seed, 0, 0), tolerance);
        assert_eq!(region.filled(), expected, "{reds:?}");
    }

    #[test]
    fn a_flood_stops_at_another_colour_and_at_gaps() {
        check(&[9, 9, 9, 8, 9], 1, 0, 3);
        check(&[9, 9, 0, 9], 0, 0, 2);
    }

    #[test]
    fn tolerance_counts_from_the_seed() {
        check(&[10, 12, 14, 16], 0, 4, 3);
    }

    #[test]
    fn empty_space_is_never_flooded() {
        check(&[9, 0, 9], 1, 255, 0);
    }

    /// The same region, one voxel after the other.
    fn plain(volume: &Volume, seed: Coord, tolerance: u8) -> Volume {
        let color = volume.get(seed);
        let alike = |at: Coord| {
            let voxel = volume.get(at);
            let near = |c: usize| voxel.0[c].abs_diff(color.0[c]) <= tolerance;
            !voxel.is_empty() && (0..3).all(near)
        };
        let mut region = Volume::new();
        let mut open = vec![seed];
        while let Some(at) = open.pop() {
            if alike(at) && region.set(at, Voxel::WHITE).is_empty() {
                for axis in 0..3 {
                    for step in [-1, 1] {
                        let mut by = [0; 3];
                        by[axis] = step;
                        open.extend(at.offset(by));
                    }
                }
            }
        }
        region
    }

    proptest! {
        #[test]
        fn a_flood_by_bricks_is_a_flood_by_voxels(
            voxels in prop::collection::vec(([-18..18i32, -3..3i32, 12..19i32], 0u8..3), 1..4000),
            tolerance in 0u8..2,
        ) {
            let voxel = |([x, y, z], n): &([i32; 3], u8)| {
                (Coord::new(*x, *y, *z), Voxel([10 + n, 10, 10, 255 * u8::from(*n != 2)]))
            };
            let volume: Volume = voxels.iter().map(voxel).collect();
            for seed in [voxels[0].0, voxels[voxels.len() / 2].0].map(Coord::from) {
                prop_assert_eq!(flood(&volume, seed, tolerance), plain(&volume, seed, tolerance));
            }
        }
    }

    #[test]
    fn the_ends_of_space_are_walls() {
        let corner = Coord::new(i32::MAX, i32::MIN, i32::MAX);
        let volume: Volume = [(corner, Voxel::WHITE)].into_iter().collect();
        assert_eq!(flood(&volume, corner, 0).filled(), 1);
    }
}
