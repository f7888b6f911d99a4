//! A brick with one voxel of what is around it, as rows of bits: what rules of
//! neighbours are computed on, sixteen places at a time.

use super::Neighbors;
use super::lines::Rows;
use crate::volume::{Brick, BrickCoord, Local, Volume, Voxel};
use std::sync::Arc;

/// The brick at a place and the 26 around it, by `x + 3 y + 9 z`; 13 is the middle.
pub(super) struct Around<'a>([Option<&'a Arc<Brick>>; 27]);

/// Occupancy from -1 to 16 on each axis: a row by `[z + 1][y + 1]`, bit `x + 1`.
pub(super) struct Halo([[u32; 18]; 18]);

impl<'a> Around<'a> {
    pub(super) fn new(volume: &'a Volume, home: BrickCoord) -> Self {
        Self(std::array::from_fn(|i| volume.brick_arc(neighbor(home, i)?)))
    }

    pub(super) fn middle(&self) -> Option<&'a Arc<Brick>> {
        self.0[13]
    }

    /// The one colour of all these bricks, if they are stored with one.
    pub(super) fn uniform(&self) -> Option<Voxel> {
        let mut colors = self.0.iter().flatten().map(|brick| brick.uniform());
        let first = colors.next()??;
        colors.all(|color| color == Some(first)).then_some(first)
    }

    /// The voxel there, counted from the middle brick's corner, -16 to 31.
    pub(super) fn get(&self, at: [i32; 3]) -> Voxel {
        let [x, y, z] = at.map(|value| (value >> 4) + 1);
        let [a, b, c] = at.map(|value| (value & 15) as u16);
        self.0[(x + 3 * y + 9 * z) as usize].map_or(Voxel::EMPTY, |it| it.get(Local::new(a, b, c)))
    }

    fn is_full(&self) -> bool {
        self.0.iter().all(|brick| brick.is_some_and(|brick| brick.filled() == 4096))
    }

    /// The halo; `None` when the middle and all around is full, or all is empty.
    pub(super) fn halo(&self) -> Option<Halo> {
        if self.is_full() || self.0.iter().all(Option::is_none) {
            return None;
        }
        // The three bricks on a line through -1 to 16, and the local place.
        let part = |i: usize| (i.div_ceil(16), (i as u16 + 15) & 15);
        Some(Halo(std::array::from_fn(|z| {
            std::array::from_fn(|y| {
                let ((by, y), (bz, z)) = (part(y), part(z));
                let row = |bx: usize| {
                    let brick = self.0[bx + 3 * by + 9 * bz];
                    brick.map_or(0, |brick| u32::from(brick.row(y, z)))
                };
                row(0) >> 15 | row(1) << 1 | (row(2) & 1) << 17
            })
        })))
    }
}

/// The brick numbered `i` of the 27 around one; `None` beyond the ends of space.
pub(super) fn neighbor(home: BrickCoord, i: usize) -> Option<BrickCoord> {
    let step = [i % 3, i / 3 % 3, i / 9].map(|place| 16 * (place as i32 - 1));
    Some(home.origin().offset(step)?.brick())
}

impl Halo {
    pub(super) fn middle(&self) -> Rows {
        self.rows(|z, y| self.0[z][y])
    }

    /// The places that are filled or have a filled neighbour.
    pub(super) fn grown(&self, neighbors: Neighbors) -> Rows {
        let wide = |row: u32| row | row << 1 | row >> 1;
        let at = |z: usize, y: usize| self.0[z][y];
        let cross = |z: usize, y: usize| at(z, y - 1) | at(z, y + 1) | at(z - 1, y) | at(z + 1, y);
        let corners = |z: usize, y: usize| {
            at(z - 1, y - 1) | at(z - 1, y + 1) | at(z + 1, y - 1) | at(z + 1, y + 1)
        };
        match neighbors {
            Neighbors::Faces => self.rows(|z, y| wide(at(z, y)) | cross(z, y)),
            Neighbors::Edges => self.rows(|z, y| wide(at(z, y) | cross(z, y)) | corners(z, y)),
            Neighbors::Corners => self.rows(|z, y| wide(at(z, y) | cross(z, y) | corners(z, y))),
        }
    }

    /// The filled places that have no empty neighbour.
    pub(super) fn shrunk(&self, neighbors: Neighbors) -> Rows {
        let empty = Halo(self.0.map(|layer| layer.map(|row| !row)));
        empty.grown(neighbors).map(|row| !row)
    }

    /// The places where at least 14 of the 27 places of the cube around are filled.
    pub(super) fn majority(&self) -> Rows {
        let line = |row: u32| {
            Count([row, 0, 0, 0, 0]).and(&Count([row << 1, 0, 0, 0, 0])).and(&Count([
                row >> 1,
                0,
                0,
                0,
                0,
            ]))
        };
        let lines = self.0.map(|layer| layer.map(line));
        let square = |z: usize, y: usize| lines[z][y - 1].and(&lines[z][y]).and(&lines[z][y + 1]);
        let squares: [[Count; 18]; 18] = std::array::from_fn(|z| {
            std::array::from_fn(|y| if (1..17).contains(&y) { square(z, y) } else { Count([0; 5]) })
        });
        self.rows(|z, y| {
            let Count([_, twos, fours, eights, sixteens]) =
                squares[z - 1][y].and(&squares[z][y]).and(&squares[z + 1][y]);
            sixteens | eights & fours & twos
        })
    }

    fn rows(&self, row: impl Fn(usize, usize) -> u32) -> Rows {
        std::array::from_fn(|i| (row(i / 16 + 1, i % 16 + 1) >> 1) as u16)
    }
}

/// A number up to 31 for each bit of a row: its binary digits, ones first.
#[derive(Clone, Copy)]
struct Count([u32; 5]);

impl Count {
    /// The sum.
    fn and(&self, other: &Count) -> Count {
        let mut carry = 0;
        Count(std::array::from_fn(|digit| {
            let (a, b) = (self.0[digit], other.0[digit]);
            let sum = a ^ b ^ carry;
            carry = a & b | carry & (a ^ b);
            sum
        }))
    }
}
