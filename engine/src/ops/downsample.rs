//! Downsampling: one coarse voxel for each cube of fine ones.

use super::lines::{bricks_of, cut, filled_box};
use crate::volume::{BRICK_VOXELS, Bits, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};

/// The volume at one `factor`th of its size, 2 to 16 (0 and 1 change nothing, more is 16).
///
/// Coarse voxel `c` stands for the fine ones from `factor * c` to `factor * c + factor - 1`
/// on each axis, also below zero. It is there when any of them is: a thin wall stays a
/// wall from afar, and no surface gets holes. Its colour is their mean, each counted by its
/// alpha and rounded to the nearest; its alpha is the greatest, so it is drawn when one of
/// them is. Integers only.
pub fn downsampled(volume: &Volume, factor: u8) -> Volume {
    let factor = i64::from(factor.min(16));
    if factor < 2 {
        return volume.clone();
    }
    let mut homes: Vec<BrickCoord> = Vec::new();
    for (at, brick) in volume.bricks() {
        let coarse = |at: Coord| at.to_array().map(|value| i64::from(value).div_euclid(factor));
        let image = filled_box(at, brick).and_then(|b| cut(coarse(b.min), coarse(b.max)));
        homes.extend(image.into_iter().flat_map(bricks_of));
    }
    homes.sort_unstable_by_key(|at| at.order());
    homes.dedup();
    let mut result = Volume::new();
    for home in homes {
        result.put(home, coarse_brick(volume, home, factor));
    }
    result
}

/// What the fine voxels of one coarse voxel add up to. 4096 of them fit in `u32`.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// Red, green and blue, each times alpha.
    channels: [u32; 3],
    alpha: u32,
    greatest: u8,
}

impl Sum {
    fn add(&mut self, voxel: Voxel) {
        let [r, g, b, a] = voxel.0.map(u32::from);
        for (sum, channel) in self.channels.iter_mut().zip([r, g, b]) {
            *sum += channel * a;
        }
        self.alpha += a;
        self.greatest = self.greatest.max(voxel.alpha());
    }

    fn mean(&self) -> Voxel {
        if self.alpha == 0 {
            return Voxel::EMPTY;
        }
        let [r, g, b] = self.channels.map(|sum| ((2 * sum + self.alpha) / (2 * self.alpha)) as u8);
        Voxel([r, g, b, self.greatest])
    }
}

fn coarse_brick(volume: &Volume, home: BrickCoord, factor: i64) -> Brick {
    let mut sums = vec![Sum::default(); BRICK_VOXELS];
    if let Some(fine) = fine_box(home, factor) {
        for (at, brick) in volume.bricks_in(fine) {
            add_brick(&mut sums, home, factor, at, brick);
        }
    }
    let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
    voxels.iter_mut().zip(&sums).for_each(|(voxel, sum)| *voxel = sum.mean());
    Brick::from_voxels(&voxels)
}

/// The fine voxels under a coarse brick.
fn fine_box(home: BrickCoord, factor: i64) -> Option<Bounds> {
    let low = home.origin().to_array().map(|value| i64::from(value) * factor);
    cut(low, low.map(|value| value + 16 * factor - 1))
}

fn add_brick(sums: &mut [Sum], home: BrickCoord, factor: i64, at: BrickCoord, brick: &Brick) {
    let (origin, target) = (at.origin().to_array(), home.origin().to_array());
    // Where each fine place lies in the coarse brick, per axis; `None` beside it.
    let steps: [[Option<u16>; 16]; 3] = std::array::from_fn(|axis| {
        std::array::from_fn(|i| {
            let coarse = (i64::from(origin[axis]) + i as i64).div_euclid(factor);
            let inside = coarse - i64::from(target[axis]);
            u16::try_from(inside).ok().filter(|place| *place < 16)
        })
    });
    let color = brick.uniform();
    for row in 0..256u16 {
        let (y, z) = (row & 15, row >> 4);
        let (Some(cy), Some(cz)) = (steps[1][usize::from(y)], steps[2][usize::from(z)]) else {
            continue;
        };
        for x in Bits(u64::from(brick.row(y, z))) {
            if let Some(cx) = steps[0][x as usize] {
                let voxel = color.unwrap_or_else(|| brick.get(Local::new(x as u16, y, z)));
                sums[Local::new(cx, cy, cz).index()].add(voxel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[track_caller]
    fn check(fine: &[([i32; 3], [u8; 4])], factor: u8, coarse: &[([i32; 3], [u8; 4])]) {
        let volume = |voxels: &[([i32; 3], [u8; 4])]| -> Volume {
            voxels.iter().map(|(at, voxel)| (Coord::from(*at), Voxel(*voxel))).collect()
        };
        assert_eq!(downsampled(&volume(fine), factor), volume(coarse), "{fine:?} by {factor}");
    }

    #[test]
    fn one_voxel_is_enough_and_cubes_go_down_from_below_zero() {
        let red = [255, 0, 0, 255];
        check(&[([-1, 0, 1], red), ([-3, 2, 3], red)], 2, &[([-1, 0, 0], red), ([-2, 1, 1], red)]);
        check(&[([47, -48, -49], red)], 16, &[([2, -3, -4], red)]);
    }

    #[test]
    fn colours_are_means_by_alpha_and_the_strongest_alpha_stays() {
        check(
            &[([0; 3], [10, 0, 9, 255]), ([1; 3], [20, 1, 9, 255])],
            2,
            &[([0; 3], [15, 1, 9, 255])],
        );
        check(&[([0; 3], [0, 0, 0, 3]), ([1; 3], [100, 0, 0, 1])], 2, &[([0; 3], [25, 0, 0, 3])]);
    }

    #[test]
    fn the_ends_of_space_and_odd_factors_hold() {
        let (low, high) = (i32::MIN, i32::MAX);
        let red = [255, 0, 0, 255];
        check(&[([low, high, low], red)], 3, &[([-715_827_883, 715_827_882, -715_827_883], red)]);
        check(&[([low, high, 0], red)], 1, &[([low, high, 0], red)]);
    }

    proptest! {
        #[test]
        fn a_coarse_voxel_is_what_its_fine_ones_are(
            fine in prop::collection::vec(([-40..40i32, -20..20, 0..40], any::<[u8; 4]>()), 0..300),
            block in prop_oneof![Just(None), (0u8..3).prop_map(Some)],
            factor in 2u8..=16,
        ) {
            let mut volume: Volume =
                fine.iter().map(|(at, voxel)| (Coord::from(*at), Voxel(*voxel))).collect();
            if let Some(red) = block {
                volume.put(BrickCoord { x: -1, y: 0, z: 1 }, Brick::full(Voxel::rgb(red, 7, 0)));
            }
            let mut cubes: BTreeMap<[i32; 3], Vec<[u64; 4]>> = BTreeMap::new();
            for (at, voxel) in volume.voxels() {
                let cube = at.to_array().map(|v| (f64::from(v) / f64::from(factor)).floor() as i32);
                cubes.entry(cube).or_default().push(voxel.0.map(u64::from));
            }
            let coarse = downsampled(&volume, factor);
            prop_assert_eq!(coarse.filled(), cubes.len() as u64);
            for (at, voxels) in cubes {
                let weight: u64 = voxels.iter().map(|v| v[3]).sum();
                let mean = |i: usize| {
                    let sum: u64 = voxels.iter().map(|v| v[i] * v[3]).sum();
                    (sum as f64 / weight as f64).round() as u8
                };
                let alpha = voxels.iter().map(|v| v[3]).max().unwrap() as u8;
                let expected = Voxel([mean(0), mean(1), mean(2), alpha]);
                prop_assert_eq!(coarse.get(at.into()), expected, "{:?}", at);
            }
        }
    }
}
