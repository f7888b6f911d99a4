//! Moving voxels and boxes (spec/engine.md 7), axis by axis.
//!
//! Only matrices that take each axis of the world to one are known here.

use crate::state::{At, Places, Rgba, Voxels, boxed};
use goxel_engine::math::{Mat4, Vec3};
use goxel_engine::ops::Motion;
use std::collections::HashMap;

/// On each axis a new place is `scale * old[from] + step`.
#[derive(Clone, Copy)]
pub struct Axes {
    from: [usize; 3],
    scale: [f64; 3],
    step: [f64; 3],
}

impl Axes {
    /// `None` when it flattens.
    pub fn of(mat: &Mat4) -> Option<Self> {
        let entry = |row: usize, column: usize| f64::from(mat.0[4 * column + row]);
        let from = [0, 1, 2].map(|row| (0..3).find(|column| entry(row, *column) != 0.0));
        let from = [from[0]?, from[1]?, from[2]?];
        assert_eq!(from.iter().sum::<usize>(), 3, "the model knows no sheared {mat:?}");
        let scale = [0, 1, 2].map(|row| entry(row, from[row]));
        Some(Self { from, scale, step: [0, 1, 2].map(|row| entry(row, 3)) })
    }

    /// About the middle of the voxel that holds `pivot`.
    fn about(mut self, pivot: Vec3) -> Self {
        let o = pivot.map(|v| v.floor() + 0.5);
        for row in 0..3 {
            self.step[row] += o[row] - self.scale[row] * o[self.from[row]];
        }
        self
    }

    /// The places on a new axis that take what is at `v` on the old: those q where
    /// round((q - step) / scale) is v.
    fn images(&self, row: usize, v: i32) -> Vec<i32> {
        let (scale, step) = (self.scale[row], self.step[row]);
        let middle = scale * f64::from(v) + step;
        let reach = scale.abs() / 2.0 + 1.0;
        let (low, high) = ((middle - reach).floor() as i64, (middle + reach).ceil() as i64);
        (low..=high)
            .filter(|q| ((*q as f64 - step) / scale).round() == f64::from(v))
            .filter_map(|q| i32::try_from(q).ok())
            .collect()
    }

    fn visit<T: Copy>(&self, all: impl Iterator<Item = (At, T)>, mut put: impl FnMut(At, T)) {
        let mut known: [HashMap<i32, Vec<i32>>; 3] = Default::default();
        for (at, value) in all {
            for (row, known) in known.iter_mut().enumerate() {
                let v = at[self.from[row]];
                known.entry(v).or_insert_with(|| self.images(row, v));
            }
            let [xs, ys, zs] = [0, 1, 2].map(|row| &known[row][&at[self.from[row]]]);
            for z in zs {
                for y in ys {
                    for x in xs {
                        put([*x, *y, *z], value);
                    }
                }
            }
        }
    }
}

/// `move(volume, M)`: what leaves space is dropped.
pub fn moved(voxels: &Voxels, mat: &Mat4) -> Voxels {
    by(voxels, Axes::of(mat))
}

fn by(voxels: &Voxels, axes: Option<Axes>) -> Voxels {
    let mut new = Voxels::default();
    if let Some(axes) = axes {
        let all = voxels.iter().map(|(at, voxel): (&At, &Rgba)| (*at, *voxel));
        axes.visit(all, |at, voxel| {
            new.insert(at, voxel);
        });
    }
    new
}

/// Spec 7, layer transform tool.
pub fn transformed(voxels: &Voxels, motion: &Motion, pivot: Vec3) -> Voxels {
    by(voxels, axes_of(motion, pivot))
}

pub fn transformed_places(places: &Places, motion: &Motion, pivot: Vec3) -> Places {
    let mut new = Places::default();
    if let Some(axes) = axes_of(motion, pivot) {
        axes.visit(places.iter().map(|at| (*at, ())), |at, ()| {
            new.insert(at);
        });
    }
    new
}

fn axes_of(motion: &Motion, pivot: Vec3) -> Option<Axes> {
    let mut axes = Axes::of(&matrix(motion))?;
    if let Motion::Shift(step) = motion {
        axes.step = step.map(f64::from);
    }
    Some(axes.about(pivot))
}

/// The motion about the origin.
pub fn matrix(motion: &Motion) -> Mat4 {
    let diagonal = |scale: [f32; 3]| boxed([0.0; 3], scale);
    match *motion {
        Motion::Shift(step) => boxed(step.map(|v| v as f32), [1.0; 3]),
        Motion::Turn { axis, quarters } => quarter_turns(usize::from(axis), quarters),
        Motion::Flip { axis } => diagonal([0, 1, 2].map(|a| if a == axis { -1.0 } else { 1.0 })),
        Motion::Double => diagonal([2.0; 3]),
        Motion::Halve => diagonal([0.5; 3]),
        Motion::By(mat) => mat,
    }
}

/// Seen from the axis' tip, the next axis turns towards the one after.
fn quarter_turns(axis: usize, quarters: i8) -> Mat4 {
    let mut mat = boxed([0.0; 3], [1.0; 3]);
    let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
    for _ in 0..i32::from(quarters).rem_euclid(4) {
        let mut turned = mat;
        for column in 0..3 {
            turned.0[4 * column + a] = -mat.0[4 * column + b];
            turned.0[4 * column + b] = mat.0[4 * column + a];
        }
        mat = turned;
    }
    mat
}

/// T(o) M T(-o) with o the middle of the voxel that holds `pivot`.
pub fn about(mat: &Mat4, pivot: Vec3) -> Mat4 {
    let o = pivot.map(|v| v.floor() + 0.5);
    let mut result = *mat;
    for row in 0..3 {
        let entry = |column: usize| f64::from(mat.0[4 * column + row]);
        let turned = entry(0) * o[0] + entry(1) * o[1] + entry(2) * o[2];
        result.0[12 + row] = (entry(3) + o[row] - turned) as f32;
    }
    result
}

/// `a` applied after `b`.
pub fn product(a: &Mat4, b: &Mat4) -> Mat4 {
    let mut result = [0.0; 16];
    for column in 0..4 {
        for row in 0..4 {
            let term = |k: usize| f64::from(a.0[4 * k + row]) * f64::from(b.0[4 * column + k]);
            result[4 * column + row] = (0..4).map(term).sum::<f64>() as f32;
        }
    }
    Mat4(result)
}

/// The upright box around a box.
pub fn upright(area: &Mat4) -> Mat4 {
    let half =
        |row: usize| (0..3).map(|c| f64::from(area.0[4 * c + row].abs())).sum::<f64>() as f32;
    boxed([area.0[12], area.0[13], area.0[14]], [0, 1, 2].map(half))
}

/// One voxel for each cube of `factor`^3: the mean colour by alpha, the greatest alpha.
pub fn downsampled(voxels: &Voxels, factor: u8) -> Voxels {
    let mut sums: HashMap<At, [u64; 5]> = HashMap::new();
    for (at, voxel) in voxels {
        let sum = sums.entry(at.map(|v| v.div_euclid(i32::from(factor)))).or_default();
        let alpha = u64::from(voxel[3]);
        (0..3).for_each(|i| sum[i] += alpha * u64::from(voxel[i]));
        sum[3] += alpha;
        sum[4] = sum[4].max(alpha);
    }
    let mean = |[r, g, b, total, most]: [u64; 5]| {
        let channel = |sum: u64| ((2 * sum + total) / (2 * total)) as u8;
        [channel(r), channel(g), channel(b), most as u8]
    };
    sums.into_iter().map(|(at, sum)| (at, mean(sum))).collect()
}
