//! Flood: the connected region of like-coloured voxels around a seed (spec/engine.md 6).
//!
//! The flood goes brick by brick, breadth first. A brick that is open throughout is
//! reached as one; in others only what is being spread takes memory, and a brick
//! reached to its last place is forgotten but for its part of the mask.

use super::ground::{Chamber, Ground, Place, Seam, Wave, row_and_bit};
use super::rows::Rows;
use super::spread::Spread;
use crate::volume::{Brick, BrickCoord, Coord, Volume, Voxel};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What is connected to `seed`, as a white mask; its [`Volume::filled`] is the count.
///
/// Where `seed` holds a voxel: the voxels reached over colours that the tolerance
/// passes. Where it is empty: the empty places reached, in the box only, and nothing
/// when no box is given. Nothing when `seed` lies outside the box.
///
/// `None` when the mask would take more than `room` bricks.
pub fn flood(volume: &Volume, seed: Coord, spread: &Spread, room: usize) -> Option<Volume> {
    if spread.within.is_some_and(|bounds| !bounds.contains(seed)) {
        return Some(Volume::new());
    }
    let color = volume.get(seed);
    let ground = match spread.within {
        _ if !color.is_empty() => Ground::around(volume, color, spread),
        Some(_) => Ground::hollow(volume, spread),
        None => return Some(Volume::new()),
    };
    Flood::new(room).run(&ground, seed)
}

struct Flood {
    places: HashMap<BrickCoord, Room>,
    /// Bricks in which something was reached that has not left them yet.
    queue: VecDeque<(BrickCoord, Extent)>,
    wave: Wave,
    /// The mask.
    region: Vec<(BrickCoord, Arc<Brick>)>,
    /// A white brick, shared wherever one is whole.
    white: Arc<Brick>,
    /// How many more bricks the mask may take.
    left: usize,
}

/// What is known of a brick.
enum Room {
    /// Nothing more can be reached in it.
    Shut,
    /// All of it can, as one.
    Full,
    /// Some of it can.
    Some(Box<Part>),
}

struct Part {
    chamber: Chamber,
    /// What was reached and has not left the brick yet.
    fresh: Rows,
    is_queued: bool,
    is_counted: bool,
}

/// How much of a brick in the queue is fresh.
#[derive(Clone, Copy)]
enum Extent {
    All,
    Fresh,
}

impl From<Place> for Room {
    fn from(place: Place) -> Self {
        match place {
            Place::Shut => Room::Shut,
            Place::Full => Room::Full,
            Place::Some(chamber) => Room::Some(Box::new(Part {
                chamber: *chamber,
                fresh: Rows::EMPTY,
                is_queued: false,
                is_counted: false,
            })),
        }
    }
}

impl Flood {
    fn new(room: usize) -> Self {
        Self {
            places: HashMap::new(),
            queue: VecDeque::new(),
            wave: Wave::new(),
            region: Vec::new(),
            white: Arc::new(Brick::full(Voxel::WHITE)),
            left: room,
        }
    }

    fn run(mut self, ground: &Ground<'_>, seed: Coord) -> Option<Volume> {
        self.begin(ground, seed)?;
        while let Some((home, extent)) = self.queue.pop_front() {
            let fresh = match extent {
                Extent::All => Rows::FULL,
                Extent::Fresh => self.take_fresh(home),
            };
            for seam in ground.seams() {
                self.cross(ground, home, &fresh, seam)?;
            }
        }
        Some(self.finish())
    }

    fn begin(&mut self, ground: &Ground<'_>, seed: Coord) -> Option<()> {
        let home = seed.brick();
        let (row, bit) = row_and_bit(seed);
        let mut room = Room::from(ground.place(home));
        if let Room::Some(part) = &mut room {
            part.chamber.enter(&mut self.wave, row, bit);
        }
        self.places.insert(home, room);
        self.reach(ground, home)
    }

    /// What the brick has to pass on; its place is shut when no more can be reached.
    fn take_fresh(&mut self, home: BrickCoord) -> Rows {
        let Some(Room::Some(part)) = self.places.get_mut(&home) else {
            return Rows::EMPTY;
        };
        part.is_queued = false;
        let fresh = std::mem::replace(&mut part.fresh, Rows::EMPTY);
        if part.chamber.is_done() {
            self.region.push((home, mask(part.chamber.reached())));
            self.places.insert(home, Room::Shut);
        }
        fresh
    }

    /// Lets what is fresh at `home` into the brick beyond the seam.
    fn cross(
        &mut self,
        ground: &Ground<'_>,
        home: BrickCoord,
        fresh: &Rows,
        seam: &Seam,
    ) -> Option<()> {
        let Some(next) = seam.beyond(home).filter(|_| seam.touches(fresh)) else {
            return Some(());
        };
        let room = self.places.entry(next).or_insert_with(|| ground.place(next).into());
        match room {
            Room::Shut => return Some(()),
            Room::Full => {
                let border = ground.border(home, next);
                let enters = |tie| border.joined(tie, fresh, u16::MAX) != 0;
                if !seam.ties.iter().any(|tie| enters(*tie)) {
                    return Some(());
                }
            }
            Room::Some(part) => {
                let border = ground.border(home, next);
                for tie in &seam.ties {
                    let bits = border.joined(*tie, fresh, part.chamber.left(tie.to()));
                    part.chamber.enter(&mut self.wave, tie.to(), bits);
                }
            }
        }
        self.reach(ground, next)
    }

    /// Spreads what entered the brick inside it, and puts it in the queue.
    fn reach(&mut self, ground: &Ground<'_>, home: BrickCoord) -> Option<()> {
        match self.places.get_mut(&home) {
            Some(Room::Full) => {
                self.left = self.left.checked_sub(1)?;
                self.region.push((home, Arc::clone(&self.white)));
                self.places.insert(home, Room::Shut);
                self.queue.push_back((home, Extent::All));
            }
            Some(Room::Some(part)) if !self.wave.is_empty() => {
                if !part.is_counted {
                    self.left = self.left.checked_sub(1)?;
                    part.is_counted = true;
                }
                let fresh = &mut part.fresh;
                let note = |row: usize, bits| fresh.0[row] |= bits;
                part.chamber.spread(&mut self.wave, ground.neighbors(), note);
                if !part.is_queued {
                    part.is_queued = true;
                    self.queue.push_back((home, Extent::Fresh));
                }
            }
            _ => {}
        }
        Some(())
    }

    fn finish(mut self) -> Volume {
        for (home, room) in self.places {
            if let Room::Some(part) = room {
                self.region.push((home, mask(part.chamber.reached())));
            }
        }
        Volume::from_bricks(self.region)
    }
}

fn mask(reached: &Rows) -> Arc<Brick> {
    let mut brick = Brick::default();
    brick.fill(&reached.cells(), Voxel::WHITE);
    Arc::new(brick)
}

#[cfg(test)]
#[path = "flood_tests.rs"]
mod tests;
