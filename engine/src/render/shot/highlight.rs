//! A part of the voxels pointed out: tinted, the rest pale.

use super::parts::{Part, inside, places};
use crate::volume::tree;
use crate::volume::{Bits, Bounds, Brick, BrickCoord, Volume, Voxel};
use std::sync::Arc;

/// Regions to be pointed out. Each voxel in one of them is mixed with a colour, each other
/// voxel with a pale grey of its own brightness. Only colours change, never what is filled.
///
/// The mix of bytes `a` and `b` with the part `p` of 255 is `(a (255 - p) + b p + 127) / 255`
/// without remainder, in sRGB as stored: the same everywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Highlight {
    /// Boxes of voxels; what lies in any of them is pointed out.
    pub regions: Vec<Bounds>,
    /// What the voxels in there are mixed with.
    pub color: [u8; 3],
    /// How much of it, of 255.
    pub tint: u8,
    /// How much of a pale grey the others are mixed with, of 255: 0 leaves them as they are.
    pub fade: u8,
}

impl Default for Highlight {
    /// No region yet; orange, with the rest nearly grey.
    fn default() -> Self {
        Self { regions: Vec::new(), color: [255, 106, 0], tint: 160, fade: 217 }
    }
}

impl Highlight {
    /// The volume with its colours changed. Bricks in which none changes are shared.
    pub fn of(&self, volume: &Volume) -> Volume {
        let Some(root) = volume.root() else {
            return volume.clone();
        };
        let mut bricks = Vec::with_capacity(volume.brick_count());
        tree::for_each(root, &mut |key, brick| {
            let home = key.brick();
            bricks.push((home, self.brick(home, brick)));
        });
        Volume::from_bricks(bricks)
    }

    fn brick(&self, home: BrickCoord, brick: &Arc<Brick>) -> Arc<Brick> {
        let rule = |area: Bounds| self.holds(area);
        let changed = match rule(home.bounds()) {
            Part::None if self.fade == 0 => None,
            Part::All if self.tint == 0 => None,
            Part::None => brick.mapped(|voxel| self.faded(voxel)),
            Part::All => brick.mapped(|voxel| self.tinted(voxel)),
            Part::Some => Some(self.both(brick, &places(home, brick, rule))),
        };
        changed.map_or_else(|| Arc::clone(brick), Arc::new)
    }

    /// How much of a box lies in the regions; of one that several share it may say "some".
    fn holds(&self, area: Bounds) -> Part {
        let mut most = Part::None;
        for region in &self.regions {
            match inside(area, *region) {
                Part::All => return Part::All,
                Part::Some => most = Part::Some,
                Part::None => {}
            }
        }
        most
    }

    fn both(&self, brick: &Brick, held: &[u64; 64]) -> Brick {
        let mut voxels = brick.to_places();
        let cells = brick.cells().iter().zip(held);
        for ((filled, held), voxels) in cells.zip(voxels.as_chunks_mut::<64>().0) {
            for bit in Bits(*filled) {
                let voxel = &mut voxels[bit as usize];
                let is_held = held >> bit & 1 == 1;
                *voxel = if is_held { self.tinted(*voxel) } else { self.faded(*voxel) };
            }
        }
        Brick::from_places(*brick.cells(), &voxels)
    }

    /// The colour of a voxel in a region.
    pub fn tinted(&self, voxel: Voxel) -> Voxel {
        let [r, g, b, alpha] = voxel.0;
        let [x, y, z] = self.color;
        let tint = self.tint;
        Voxel([mix(r, x, tint), mix(g, y, tint), mix(b, z, tint), alpha])
    }

    /// The colour of any other voxel.
    pub fn faded(&self, voxel: Voxel) -> Voxel {
        let [r, g, b, alpha] = voxel.0;
        let gray = pale(r, g, b);
        let [r, g, b] = [r, g, b].map(|own| mix(own, gray, self.fade));
        Voxel([r, g, b, alpha])
    }
}

/// `part` of 255 of `b`, the rest of `a`.
fn mix(a: u8, b: u8, part: u8) -> u8 {
    let [a, b, part] = [a, b, part].map(u32::from);
    ((a * (255 - part) + b * part + 127) / 255) as u8
}

/// A grey from 96 to 223, the brighter the colour: (54 r + 183 g + 19 b) / 256, halved, and 96.
fn pale(r: u8, g: u8, b: u8) -> u8 {
    let [r, g, b] = [r, g, b].map(u32::from);
    (96 + (54 * r + 183 * g + 19 * b) / 512) as u8
}

#[cfg(test)]
#[path = "highlight_tests.rs"]
mod tests;
