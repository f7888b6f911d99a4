//! Which voxels a rule takes, found from large boxes to small ones.

use crate::volume::{Bits, Bounds, Brick, BrickCoord, Coord, Local};

/// How much of a box a rule takes. Of a single voxel it takes all or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    None,
    Some,
    All,
}

/// The filled places of a brick that `rule` takes, a word per cell; only a rule that takes
/// some of the brick is worth asking.
pub(super) fn places(home: BrickCoord, brick: &Brick, rule: impl Fn(Bounds) -> Part) -> [u64; 64] {
    let mut places = [0; 64];
    for cell in Bits(brick.summary()) {
        let at = |bit: u32| home.at(Local::from_cell_and_bit(cell as usize, bit));
        let filled = brick.cells()[cell as usize];
        places[cell as usize] = match rule(Bounds { min: at(0), max: at(63) }) {
            Part::None => 0,
            Part::All => filled,
            Part::Some => {
                let takes = |bit: &u32| rule(voxel(at(*bit))) == Part::All;
                Bits(filled).filter(takes).fold(0, |word, bit| word | 1 << bit)
            }
        };
    }
    places
}

fn voxel(at: Coord) -> Bounds {
    Bounds { min: at, max: at }
}

/// How much of `area` lies in `region`.
pub(super) fn inside(area: Bounds, region: Bounds) -> Part {
    match area.intersection(region) {
        None => Part::None,
        Some(both) if both == area => Part::All,
        Some(_) => Part::Some,
    }
}
