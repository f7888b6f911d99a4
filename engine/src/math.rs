//! Small fixed-size linear algebra, in one order of operations everywhere.
//!
//! Matrices are columns, as in Goxel files: floats 0-3 are the image of the X
//! axis, 12-15 the translation. Nothing here calls the platform's libm, so
//! results are the same on every machine.

use crate::volume::Bounds;

/// A point or direction.
pub type Vec3 = [f64; 3];

/// `a + b`
pub fn add(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// `a - b`
pub fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// `a * k`
pub fn scale(a: Vec3, k: f64) -> Vec3 {
    a.map(|value| value * k)
}

/// The dot product.
pub fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The cross product, right-handed.
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The Euclidean length.
pub fn length(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

/// The vector at length 1; zero stays zero.
pub fn normalize(a: Vec3) -> Vec3 {
    let length = length(a);
    if length > 0.0 { scale(a, 1.0 / length) } else { a }
}

/// A 4x4 matrix of `f32` in column order, as files store it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mat4(pub [f32; 16]);

impl Default for Mat4 {
    fn default() -> Self {
        Self::IDENTITY
    }
}

impl Mat4 {
    /// Maps every point to itself.
    pub const IDENTITY: Mat4 =
        Mat4([1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);

    /// The box matrix of an axis-aligned box: maps the cube [-1, 1]^3 to
    /// `center` plus or minus `half`.
    pub const fn from_box(center: [f32; 3], half: [f32; 3]) -> Self {
        let ([x, y, z], [a, b, c]) = (center, half);
        Self([a, 0., 0., 0., 0., b, 0., 0., 0., 0., c, 0., x, y, z, 1.])
    }

    /// The box matrix around whole voxels.
    pub fn around(bounds: Bounds) -> Self {
        let (low, size) = (bounds.min.to_array(), bounds.size());
        let half = size.map(|n| n as f64 / 2.0);
        let center = [0, 1, 2].map(|axis| (f64::from(low[axis]) + half[axis]) as f32);
        Self::from_box(center, half.map(|h| h as f32))
    }

    /// Column `index` without its last row: axes 0 to 2, translation 3.
    pub fn column(&self, index: usize) -> Vec3 {
        [0, 1, 2].map(|row| f64::from(self.0[4 * index + row]))
    }

    /// A box matrix whose last float is 0 means "not set".
    pub fn is_set(&self) -> bool {
        self.0[15] != 0.0
    }

    /// The image of a point.
    pub fn point(&self, p: Vec3) -> Vec3 {
        add(self.direction(p), self.column(3))
    }

    /// The image of a direction: no translation.
    pub fn direction(&self, d: Vec3) -> Vec3 {
        let [x, y, z] = [0, 1, 2].map(|axis| scale(self.column(axis), d[axis]));
        add(add(x, y), z)
    }

    /// The voxels of space whose centre is in the upright box around a box: its lower sides are
    /// inside, its upper ones are not (spec/engine.md 3, step 4). `None` when there are none.
    pub fn whole_voxels(&self) -> Option<Bounds> {
        if !self.is_set() {
            return None;
        }
        let center = self.column(3);
        let reach = |row: usize| [0, 1, 2].map(|axis| self.column(axis)[row].abs());
        let half = [0, 1, 2].map(|row| reach(row).into_iter().sum::<f64>());
        let low = [0, 1, 2].map(|axis| (center[axis] - half[axis] - 0.5).ceil());
        let high = [0, 1, 2].map(|axis| (center[axis] + half[axis] - 0.5).ceil() - 1.0);
        let (least, greatest) = (f64::from(i32::MIN), f64::from(i32::MAX));
        let reaches = |axis: usize| low[axis] <= greatest && high[axis] >= least;
        if !(0..3).all(reaches) {
            return None;
        }
        // `as` saturates: what is beyond space is cut off.
        Bounds::new(low.map(|v| v as i32).into(), high.map(|v| v as i32).into())
    }

    /// The inverse of an affine matrix, in full precision; `None` when it is
    /// flat or not finite.
    pub fn inverse(&self) -> Option<Inverse> {
        let [x, y, z, offset] = [0, 1, 2, 3].map(|index| self.column(index));
        let det = dot(x, cross(y, z));
        if !det.is_finite() || det == 0.0 {
            return None;
        }
        let rows = [cross(y, z), cross(z, x), cross(x, y)].map(|row| scale(row, 1.0 / det));
        rows.iter().flatten().all(|value| value.is_finite()).then_some(Inverse { rows, offset })
    }
}

/// The product `a·b`: first `b`, then `a`. Summed in `f64`, rounded once.
pub fn compose(a: &Mat4, b: &Mat4) -> Mat4 {
    let term = |row: usize, column: usize, i: usize| {
        f64::from(a.0[4 * i + row]) * f64::from(b.0[4 * column + i])
    };
    Mat4(std::array::from_fn(|index| {
        let (row, column) = (index % 4, index / 4);
        (0..4).map(|i| term(row, column, i)).sum::<f64>() as f32
    }))
}

/// The inverse of an affine [`Mat4`].
#[derive(Clone, Copy, Debug)]
pub struct Inverse {
    rows: [Vec3; 3],
    offset: Vec3,
}

impl Inverse {
    /// The inverse of moving the origin to `offset`.
    pub const fn shift(offset: Vec3) -> Self {
        Self { rows: [[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]], offset }
    }

    /// Whether the axes are the world's, at their length.
    pub fn is_shift(&self) -> bool {
        self.rows == Self::shift(self.offset).rows
    }

    /// The point whose image is `p`.
    pub fn point(&self, p: Vec3) -> Vec3 {
        let from_offset = sub(p, self.offset);
        self.rows.map(|row| dot(row, from_offset))
    }

    /// What coordinate `axis` of a point adds to [`Inverse::point`]: the sum of the three
    /// is that point, to the bit.
    pub fn term(&self, axis: usize, value: f64) -> Vec3 {
        self.rows.map(|row| row[axis] * (value - self.offset[axis]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_takes_points_back() {
        let mat = Mat4([0., 2., 0., 0., -3., 0., 0., 0., 1., 0., 4., 0., 5., 6., 7., 1.]);
        let p = [0.5, -1.25, 3.0];
        assert_eq!(mat.inverse().unwrap().point(mat.point(p)), p);
    }

    #[test]
    fn a_product_applies_the_right_one_first() {
        let turn = Mat4([0., 1., 0., 0., -1., 0., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.]);
        let shift = Mat4::from_box([5., 0., 0.], [1.; 3]);
        let p = [1., 2., 3.];
        assert_eq!(compose(&turn, &shift).point(p), turn.point(shift.point(p)));
        assert_eq!(compose(&shift, &turn).point(p), [3., 1., 3.]);
        assert_eq!(compose(&Mat4::IDENTITY, &turn), turn);
    }

    #[test]
    fn a_flat_or_broken_matrix_has_no_inverse() {
        assert!(Mat4::from_box([0.; 3], [1., 0., 1.]).inverse().is_none());
        assert!(Mat4([f32::NAN; 16]).inverse().is_none());
    }
}
