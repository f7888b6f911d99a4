//! Moving a volume by a matrix.

use crate::math::{Mat4, Vec3};
use crate::volume::{BRICK_VOXELS, Bounds, Brick, BrickCoord, Local, Volume, Voxel};
use std::collections::HashSet;

/// The volume moved by `mat`, sampled at integer corners, nearest, halves away
/// from zero. Exact for whole steps; what would leave space is dropped, and nothing is
/// left of a volume that `mat` flattens. `None` when more than `room` bricks would have
/// to be looked at; else their number is taken from `room`. Not moving is free.
pub fn moved(volume: &Volume, mat: &Mat4, room: &mut usize) -> Option<Volume> {
    if *mat == Mat4::IDENTITY {
        return Some(volume.clone());
    }
    if let Some(step) = whole_step(mat) {
        *room = room.checked_sub(volume.brick_count())?;
        return Some(shifted(volume, step));
    }
    let Some(inverse) = mat.inverse() else {
        return Some(Volume::new());
    };
    let homes = reached(volume, mat, *room)?;
    *room -= homes.len();
    let mut result = Volume::new();
    for home in homes {
        let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
        for (index, voxel) in voxels.iter_mut().enumerate() {
            let at = home.at(Local::from_index(index as u16)).to_array().map(f64::from);
            *voxel = volume.get(inverse.point(at).map(|value| value.round() as i32).into());
        }
        result.put(home, Brick::from_voxels(&voxels));
    }
    Some(result)
}

/// The bricks that the volume's bricks can come to lie in, at most `max`.
fn reached(volume: &Volume, mat: &Mat4, max: usize) -> Option<HashSet<BrickCoord>> {
    let mut homes = HashSet::new();
    for (home, brick) in volume.bricks() {
        let (low, high) = brick.extent()?;
        let reach = image(mat, Bounds { min: home.at(low), max: home.at(high) })?;
        if reach.bricks() > max as u128 {
            return None;
        }
        let (low, high) = (reach.min.brick(), reach.max.brick());
        for z in low.z..=high.z {
            for y in low.y..=high.y {
                homes.extend((low.x..=high.x).map(|x| BrickCoord { x, y, z }));
            }
        }
        if homes.len() > max {
            return None;
        }
    }
    Some(homes)
}

fn whole_step(mat: &Mat4) -> Option<[i32; 3]> {
    let mut unmoved = *mat;
    unmoved.0[12..15].fill(0.0);
    let step = mat.column(3);
    let whole = step.iter().all(|v| v.fract() == 0.0 && v.abs() < f64::from(i32::MAX));
    (unmoved == Mat4::IDENTITY && whole).then(|| step.map(|value| value as i32))
}

/// Voxels that would leave `i32` space are dropped.
fn shifted(volume: &Volume, step: [i32; 3]) -> Volume {
    volume.voxels().filter_map(|(at, voxel)| Some((at.offset(step)?, voxel))).collect()
}

/// The voxels whose corner can come from one in `bounds`: those in the image of the
/// box of all points that round to its corners.
fn image(mat: &Mat4, bounds: Bounds) -> Option<Bounds> {
    let low = bounds.min.to_array().map(|value| f64::from(value) - 0.5);
    let high = bounds.max.to_array().map(|value| f64::from(value) + 0.5);
    let corner =
        |i: usize| -> Vec3 { mat.point([0, 1, 2].map(|axis| [low, high][i >> axis & 1][axis])) };
    let corners: Vec<Vec3> = (0..8).map(corner).collect();
    let least = [0, 1, 2].map(|a| corners.iter().map(|c| c[a]).fold(f64::INFINITY, f64::min));
    let most = [0, 1, 2].map(|a| corners.iter().map(|c| c[a]).fold(f64::NEG_INFINITY, f64::max));
    let finite = least.iter().chain(&most).all(|value| value.is_finite());
    let (low, high) = (least.map(|v| v.floor() as i32), most.map(|v| v.ceil() as i32));
    finite.then(|| Bounds::new(low.into(), high.into())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Coord;

    fn one(x: i32, y: i32, z: i32) -> Volume {
        [(Coord::new(x, y, z), Voxel::WHITE)].into_iter().collect()
    }

    fn within(max: usize, volume: &Volume, mat: &Mat4) -> Option<Volume> {
        moved(volume, mat, &mut { max })
    }

    #[test]
    fn whole_steps_are_exact() {
        let mut mat = Mat4::IDENTITY;
        mat.0[12..15].copy_from_slice(&[5., -7., 100.]);
        assert_eq!(within(10, &one(1, 2, 3), &mat), Some(one(6, -5, 103)));
    }

    #[test]
    fn a_quarter_turn_about_a_voxel_centre_is_exact() {
        // (x, y) -> (-y, x) about (1/2, 1/2): corners turn about the origin.
        let turn = Mat4([0., 1., 0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
        assert_eq!(within(100, &one(3, 1, 0), &turn), Some(one(-1, 3, 0)));
    }

    #[test]
    fn a_voxel_enlarged_fills_its_whole_image() {
        let seven = Mat4::from_box([0.; 3], [7.; 3]);
        let large = within(100, &one(1, 0, 0), &seven).unwrap();
        assert_eq!(large.filled(), 343);
        let bounds = Bounds::around(Coord::new(4, -3, -3), Coord::new(10, 3, 3));
        assert_eq!(large.bounds(), Some(bounds));
    }

    #[test]
    fn far_apart_voxels_cost_what_they_hold() {
        let mut far = one(0, 0, 0);
        far.set(Coord::new(1_000_000, -1_000_000, 1_000_000), Voxel::WHITE);
        let turn = Mat4([0., 1., 0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
        let mut room = 100;
        let turned = moved(&far, &turn, &mut room).unwrap();
        assert_eq!(turned.get(Coord::new(1_000_000, 1_000_000, 1_000_000)), Voxel::WHITE);
        assert!((40..100).contains(&room), "{room}");
    }

    #[test]
    fn what_grows_too_far_is_refused_and_what_is_flattened_is_nothing() {
        let cube: Volume = (0..64).map(|i| (Coord::new(i, i, i), Voxel::WHITE)).collect();
        let huge = Mat4::from_box([0.; 3], [50.; 3]);
        assert_eq!(within(1000, &cube, &huge), None);
        assert_eq!(within(10, &cube, &Mat4::IDENTITY), Some(cube.clone()));
        let flat = Mat4::from_box([0.; 3], [1., 0., 1.]);
        assert_eq!(within(1000, &cube, &flat), Some(Volume::new()));
        let away = Mat4::from_box([f32::MAX; 3], [2.; 3]);
        assert_eq!(within(1000, &cube, &away), Some(Volume::new()));
    }
}
