//! Moving a volume by a matrix.

use crate::math::{Mat4, Vec3};
use crate::volume::{Bounds, Coord, Volume};

/// The volume moved by `mat`, sampled at integer corners, nearest, halves away
/// from zero. Exact for whole steps. `None` when `mat` cannot be undone, or the
/// result may touch more than `max_bricks` bricks.
pub fn moved(volume: &Volume, mat: &Mat4, max_bricks: usize) -> Option<Volume> {
    let Some(bounds) = volume.bounds() else {
        return Some(Volume::new());
    };
    if let Some(step) = whole_step(mat) {
        return Some(shifted(volume, step));
    }
    let inverse = mat.inverse()?;
    let reach = image(mat, bounds)?;
    if reach.bricks() > max_bricks as u128 {
        return None;
    }
    let places = (reach.min.z..=reach.max.z).flat_map(move |z| {
        (reach.min.y..=reach.max.y)
            .flat_map(move |y| (reach.min.x..=reach.max.x).map(move |x| Coord::new(x, y, z)))
    });
    let sample = |at: Coord| {
        let from = inverse.point(at.to_array().map(f64::from)).map(|value| value.round() as i32);
        (at, volume.get(from.into()))
    };
    Some(places.map(sample).filter(|(_, voxel)| !voxel.is_empty()).collect())
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
    if step == [0; 3] {
        return volume.clone();
    }
    volume.voxels().filter_map(|(at, voxel)| Some((at.offset(step)?, voxel))).collect()
}

/// The voxels that corners of `bounds` can round to, one more on each side.
fn image(mat: &Mat4, bounds: Bounds) -> Option<Bounds> {
    let (low, high) = (bounds.min.to_array(), bounds.max.to_array());
    let corner = |i: usize| -> Vec3 {
        mat.point([0, 1, 2].map(|axis| f64::from([low, high][i >> axis & 1][axis])))
    };
    let corners: Vec<Vec3> = (0..8).map(corner).collect();
    let least = [0, 1, 2].map(|a| corners.iter().map(|c| c[a]).fold(f64::INFINITY, f64::min));
    let most = [0, 1, 2].map(|a| corners.iter().map(|c| c[a]).fold(f64::NEG_INFINITY, f64::max));
    let finite = least.iter().chain(&most).all(|value| value.is_finite());
    let (low, high) =
        (least.map(|v| (v.floor() - 1.0) as i32), most.map(|v| (v.ceil() + 1.0) as i32));
    finite.then(|| Bounds::new(low.into(), high.into())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Voxel;

    fn one(x: i32, y: i32, z: i32) -> Volume {
        [(Coord::new(x, y, z), Voxel::WHITE)].into_iter().collect()
    }

    #[test]
    fn whole_steps_are_exact() {
        let mut mat = Mat4::IDENTITY;
        mat.0[12..15].copy_from_slice(&[5., -7., 100.]);
        assert_eq!(moved(&one(1, 2, 3), &mat, 10), Some(one(6, -5, 103)));
    }

    #[test]
    fn a_quarter_turn_about_a_voxel_centre_is_exact() {
        // (x, y) -> (-y, x) about (1/2, 1/2): corners turn about the origin.
        let turn = Mat4([0., 1., 0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
        assert_eq!(moved(&one(3, 1, 0), &turn, 10), Some(one(-1, 3, 0)));
    }

    #[test]
    fn what_grows_too_far_or_cannot_be_undone_is_refused() {
        let mut wide: Volume = one(0, 0, 0);
        wide.set(Coord::new(1000, 1000, 1000), Voxel::WHITE);
        let double = Mat4::from_box([0.; 3], [2.; 3]);
        assert_eq!(moved(&wide, &double, 100), None);
        assert_eq!(moved(&wide, &Mat4::from_box([0.; 3], [1., 0., 1.]), 100), None);
    }
}
