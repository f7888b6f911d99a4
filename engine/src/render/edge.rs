//! The signature look of inner edges: faces darken towards what stands in front of them.
//!
//! Of the eight cells around the cell in front of a face, four share an edge
//! with the face and four a corner. The darkness at a point of the face depends
//! on its distance from the edges and corners that are occupied, tabulated on
//! 8x8 texels and read between them.

use std::sync::LazyLock;

/// Texels along an edge of a face.
const TEXELS: usize = 8;

/// The light that reaches each texel, by which neighbours stand: 255 is all of it.
type Table = [[u8; TEXELS * TEXELS]; 256];

static TABLE: LazyLock<Box<Table>> = LazyLock::new(|| {
    let mut table = Box::new([[255; TEXELS * TEXELS]; 256]);
    for (mask, texels) in table.iter_mut().enumerate() {
        for (index, texel) in texels.iter_mut().enumerate() {
            let center = |n: usize| (n as f64 + 0.5) / TEXELS as f64;
            let light = light_at(mask as u8, center(index % TEXELS), center(index / TEXELS));
            *texel = (light * 255.0 + 0.5) as u8;
        }
    }
    table
});

/// The neighbours of a face as steps along its two axes (u, v): edges, then corners.
/// Their order is that of the bits of a mask.
const AROUND: [[i32; 2]; 8] =
    [[-1, 0], [1, 0], [0, -1], [0, 1], [-1, -1], [1, -1], [-1, 1], [1, 1]];

/// Which neighbours stand, a bit each. `solid` tells whether the cell that is
/// `(u, v)` steps away from the one in front of the face is filled.
pub(super) fn mask(mut solid: impl FnMut([i32; 2]) -> bool) -> u8 {
    let mut bit = |edge: usize| u8::from(solid(AROUND[edge])) << edge;
    let edges = bit(0) | bit(1) | bit(2) | bit(3);
    let mut corner = |index: usize| {
        let [u, v] = AROUND[index];
        let sides = 1 << u8::from(u > 0) | 4 << u8::from(v > 0);
        u8::from(edges & sides != 0 || solid([u, v])) << index
    };
    edges | corner(4) | corner(5) | corner(6) | corner(7)
}

/// The light, 0 to 1, that reaches the point (u, v) of a face with those neighbours.
pub(super) fn light(mask: u8, u: f32, v: f32) -> f32 {
    if mask == 0 {
        return 1.0;
    }
    let texels = &TABLE[usize::from(mask)];
    let (column, across) = between(u);
    let (row, down) = between(v);
    let at = |dx: usize, dy: usize| f32::from(texels[(row + dy) * TEXELS + column + dx]);
    let upper = at(0, 0) + (at(1, 0) - at(0, 0)) * across;
    let lower = at(0, 1) + (at(1, 1) - at(0, 1)) * across;
    (upper + (lower - upper) * down) * (1.0 / 255.0)
}

/// The first of the two texels around a place along an axis, and how far on it is.
fn between(place: f32) -> (usize, f32) {
    let scaled = place.clamp(0.0, 1.0) * (TEXELS - 1) as f32;
    let first = (scaled as usize).min(TEXELS - 2);
    (first, scaled - first as f32)
}

/// The formula that the table holds: the root of the distance from what stands.
fn light_at(mask: u8, u: f64, v: f64) -> f64 {
    let sides = [u, 1.0 - u, v, 1.0 - v];
    let corner = |index: usize| {
        let [du, dv] = AROUND[index];
        let (x, y) = (sides[usize::from(du > 0)], sides[2 + usize::from(dv > 0)]);
        (x * x + y * y).sqrt()
    };
    let away = |index: usize| if index < 4 { sides[index] } else { corner(index) };
    let standing = (0..8).filter(|index| mask >> index & 1 == 1);
    standing.map(away).fold(1.0, f64::min).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(standing: &[[i32; 2]], [u, v]: [f32; 2], expected: f32) {
        let mask = mask(|step| standing.contains(&step));
        let light = light(mask, u, v);
        assert!((light - expected).abs() < 0.01, "{standing:?} at {u} {v}: {light}");
    }

    #[test]
    fn a_free_face_is_fully_lit() {
        check(&[], [0.0, 0.5], 1.0);
        check(&[], [1.0, 1.0], 1.0);
    }

    #[test]
    fn light_grows_with_the_root_of_the_distance_from_a_wall() {
        check(&[[-1, 0]], [0.0, 0.5], 0.25);
        check(&[[-1, 0]], [1.0, 0.5], (15f32 / 16.0).sqrt());
        check(&[[1, 0]], [1.0, 0.5], 0.25);
        check(&[[0, -1]], [0.5, 0.0], 0.25);
        check(&[[0, 1]], [0.5, 1.0], 0.25);
    }

    #[test]
    fn a_corner_darkens_only_its_own() {
        let nearest = (2f32.sqrt() / 16.0).sqrt();
        check(&[[1, -1]], [1.0, 0.0], nearest);
        check(&[[1, -1]], [0.0, 1.0], 1.0);
        check(&[[-1, 1]], [0.0, 1.0], nearest);
    }

    #[test]
    fn both_ways_along_an_edge_are_symmetric() {
        for place in 0..=16 {
            let place = place as f32 / 16.0;
            let left = light(mask(|step| step == [-1, 0]), place, 0.3);
            let right = light(mask(|step| step == [1, 0]), 1.0 - place, 0.3);
            assert!((left - right).abs() < 1e-6, "{place}: {left} {right}");
        }
    }
}
