//! What `bench/benches/embree.rs` needs of the kernels. Not part of the engine's interface.

use super::Simd;
use super::grid::Grid;
use super::packet;
use super::rays::{LANES, Packet, Seen};
use crate::volume::Volume;

/// A volume as rays see it; coordinates count from the volume's own zero.
pub struct Target<'a> {
    grid: Grid<'a>,
}

/// Rays in their order, 64 to a packet.
pub struct Packets {
    packets: Vec<Packet>,
}

/// What rays hit first, a packet each.
#[derive(Default)]
pub struct Closest {
    /// When; only where `hit` has the lane's bit.
    pub time: Vec<[f32; LANES]>,
    /// Which lanes hit something.
    pub hit: Vec<u64>,
    /// How many faces were listed.
    pub faces: usize,
}

impl Packets {
    /// Rays by component: the origin's x, y, z, then the direction's.
    pub fn new(columns: &[Vec<f32>; 6]) -> Self {
        let packets = (0..columns[0].len()).step_by(LANES).map(|first| {
            let lanes = LANES.min(columns[0].len() - first);
            let mut packet = Packet { active: u64::MAX >> (LANES - lanes), ..Packet::EMPTY };
            let targets = packet.origin.iter_mut().chain(&mut packet.direction);
            for (target, column) in targets.zip(columns) {
                target.0[..lanes].copy_from_slice(&column[first..first + lanes]);
            }
            packet
        });
        Packets { packets: packets.collect() }
    }
}

impl<'a> Target<'a> {
    /// `None` for an empty volume.
    pub fn new(volume: &'a Volume) -> Option<Self> {
        let grid = Grid::new(volume, volume.bounds()?, [0; 3]);
        Some(Target { grid })
    }

    /// What each ray hits first.
    pub fn closest(&self, simd: Simd, rays: &Packets, found: &mut Closest) {
        found.time.clear();
        found.hit.clear();
        found.faces = 0;
        let mut seen = Seen::new();
        for packet in &rays.packets {
            packet::closest(simd, &self.grid, packet, &mut seen);
            found.time.push(seen.time.0);
            found.hit.push(seen.hit);
            found.faces += seen.faces.len();
        }
    }

    /// The axis that each ray's face lies across and whether it looks up, as
    /// `axis | upper << 2`; 3 for a miss.
    pub fn faces(&self, simd: Simd, rays: &Packets) -> Vec<u8> {
        let mut seen = Seen::new();
        let mut faces = Vec::with_capacity(rays.packets.len() * LANES);
        for packet in &rays.packets {
            packet::closest(simd, &self.grid, packet, &mut seen);
            let mut lanes = [3; LANES];
            for face in &seen.faces {
                let code = face.axis | u8::from(face.upper) << 2;
                crate::volume::Bits(face.lanes).for_each(|lane| lanes[lane as usize] = code);
            }
            faces.extend_from_slice(&lanes);
        }
        faces
    }

    /// Which rays hit anything.
    pub fn blocked(&self, simd: Simd, rays: &Packets, found: &mut Vec<u64>) {
        found.clear();
        let blocked = |packet| packet::blocked(simd, &self.grid, packet, f32::INFINITY);
        found.extend(rays.packets.iter().map(blocked));
    }
}
