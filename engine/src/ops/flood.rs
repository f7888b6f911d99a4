//! Flood: the connected region of like-coloured voxels around a seed.

use crate::volume::{Coord, Volume, Voxel};

const NEIGHBORS: [[i32; 3]; 6] =
    [[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]];

/// The voxels connected to `seed` through faces whose red, green and blue each
/// differ from the seed's by at most `tolerance`, as a white mask. Empty when
/// there is no voxel at the seed: empty space is never flooded.
pub fn flood(volume: &Volume, seed: Coord, tolerance: u8) -> Volume {
    let color = volume.get(seed);
    let mut region = Volume::new();
    if color.is_empty() {
        return region;
    }
    let mut open = vec![seed];
    region.set(seed, Voxel::WHITE);
    while let Some(at) = open.pop() {
        for next in NEIGHBORS.iter().filter_map(|step| at.offset(*step)) {
            if alike(volume.get(next), color, tolerance) && region.get(next).is_empty() {
                region.set(next, Voxel::WHITE);
                open.push(next);
            }
        }
    }
    region
}

fn alike(voxel: Voxel, seed: Voxel, tolerance: u8) -> bool {
    let near = |channel: usize| voxel.0[channel].abs_diff(seed.0[channel]) <= tolerance;
    !voxel.is_empty() && (0..3).all(near)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_ends_of_space_are_walls() {
        let corner = Coord::new(i32::MAX, i32::MIN, i32::MAX);
        let volume: Volume = [(corner, Voxel::WHITE)].into_iter().collect();
        assert_eq!(flood(&volume, corner, 0).filled(), 1);
    }
}
