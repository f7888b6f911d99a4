//! Walls: what is left of a region when its core is taken out.
//!
//! The core is the erosion by the six neighbours, repeated as often as the wall is thick: the
//! voxels around which all that is reached in so many steps through faces is fully covered.
//! What clips the region, or the end of space, takes no part in it.

use super::mask::Mask;
use super::region::{Block, Cover, Region, Verdict};
use crate::volume::{Bits, Local};

/// The thickest wall of a region that is not convex: a torus, a tube, or any with soft edges.
/// A row of a brick and the wall on both of its sides then fits 128 bits.
pub(crate) const WALL_MAX: u32 = 56;

/// What the region, hollowed out, covers of the 16x16x16 from `low`; a wall of 0 is solid.
pub(crate) fn cover(region: &impl Region, low: [i64; 3], wall: u32, alpha: u8) -> Cover {
    match judge(region, &Block::cube(low, 16), wall) {
        Verdict::Outside => return Cover::Nothing,
        Verdict::Inside => return Cover::All,
        Verdict::Mixed => {}
    }
    let core = core(region, low, wall);
    if let Some(mut soft) = region.soft(low, alpha) {
        soft.touched = soft.touched.minus(&core);
        return if soft.touched.is_none() { Cover::Nothing } else { Cover::Soft(soft) };
    }
    let mask = region.mask(low).minus(&core);
    if mask.is_none() {
        Cover::Nothing
    } else if mask.is_all() {
        Cover::All
    } else {
        Cover::Hard(Box::new(mask))
    }
}

/// What is known of a block of the hollowed region.
pub(crate) fn judge(region: &impl Region, block: &Block, wall: u32) -> Verdict {
    match region.judge(block) {
        Verdict::Inside if wall > 0 => {
            let around = block.grown(i64::from(thickness(region, wall)));
            match region.judge(&around) {
                Verdict::Inside => Verdict::Outside,
                _ => Verdict::Mixed,
            }
        }
        verdict => verdict,
    }
}

fn thickness(region: &impl Region, wall: u32) -> u32 {
    if region.is_convex() { wall } else { wall.min(WALL_MAX) }
}

fn core(region: &impl Region, low: [i64; 3], wall: u32) -> Mask {
    match wall {
        0 => Mask::NONE,
        _ if region.is_convex() => core_by_tips(region, low, i64::from(wall)),
        _ => core_by_steps(region, low, wall.min(WALL_MAX) as usize),
    }
}

/// The voxels whose six farthest so many steps away are fully covered: in a convex set all
/// that the steps reach then is.
fn core_by_tips(region: &impl Region, low: [i64; 3], wall: i64) -> Mask {
    let mut core = Mask::ALL;
    for axis in 0..3 {
        for step in [-wall, wall] {
            let mut from = low;
            from[axis] += step;
            core = core.and(&full(region, from));
            if core.is_none() {
                return core;
            }
        }
    }
    core
}

/// The fully covered voxels of the 16x16x16 from `low`.
fn full(region: &impl Region, low: [i64; 3]) -> Mask {
    match region.judge(&Block::cube(low, 16)) {
        Verdict::Outside => Mask::NONE,
        Verdict::Inside => Mask::ALL,
        Verdict::Mixed => region.mask(low),
    }
}

/// Erodes the block and what is around it, a row of voxels a word.
fn core_by_steps(region: &impl Region, low: [i64; 3], wall: usize) -> Mask {
    // All that there is to see where the shape is thin; only thick walls are slower to look at.
    if wall > 16 && core_by_tips(region, low, wall as i64).is_none() {
        return Mask::NONE;
    }
    let edge = 16 + 2 * wall;
    let mut rows = rows(region, low.map(|value| value - wall as i64), edge);
    for _ in 0..wall {
        rows = eroded(&rows, edge);
    }
    let mut core = Mask::NONE;
    for (y, z) in (0..256).map(|row| (row & 15, row >> 4)) {
        let row = rows[(y + wall) + (z + wall) * edge] >> wall;
        for x in Bits((row & 0xFFFF) as u64) {
            core.insert(Local::new(x as u16, y as u16, z as u16));
        }
    }
    core
}

/// A step of erosion. What lies outside the rows counts as covered: it is too far from the
/// block in the middle to matter there.
fn eroded(rows: &[u128], edge: usize) -> Vec<u128> {
    let (first, last) = (1, 1 << (edge - 1));
    let all = |(index, row): (usize, &u128)| {
        let (y, z) = (index % edge, index / edge);
        let beside = |is_there: bool, at: usize| if is_there { rows[at] } else { u128::MAX };
        let across = beside(y > 0, index.wrapping_sub(1)) & beside(y + 1 < edge, index + 1);
        let above = beside(z > 0, index.wrapping_sub(edge)) & beside(z + 1 < edge, index + edge);
        row & (row << 1 | first) & (row >> 1 | last) & across & above
    };
    rows.iter().enumerate().map(all).collect()
}

/// The fully covered voxels of the cube from `low`: a word a row along x, rows along y first.
fn rows(region: &impl Region, low: [i64; 3], edge: usize) -> Vec<u128> {
    let mut rows = vec![0; edge * edge];
    let blocks = edge.div_ceil(16);
    for block in 0..blocks * blocks * blocks {
        let first = [block % blocks, block / blocks % blocks, block / (blocks * blocks)];
        let first = first.map(|at| at * 16);
        let mask = full(region, [0, 1, 2].map(|axis| low[axis] + first[axis] as i64));
        for (y, z) in (0..256).map(|row| (row & 15, row >> 4)) {
            if first[1] + y < edge && first[2] + z < edge {
                let row = u128::from(mask.row(y, z)) << first[0];
                rows[first[1] + y + (first[2] + z) * edge] |= row;
            }
        }
    }
    rows
}
