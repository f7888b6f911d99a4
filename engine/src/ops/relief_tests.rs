//! Reliefs and pasted pictures against the rule, pixel by pixel.

use super::*;
use crate::volume::Bounds;
use proptest::prelude::*;

fn picture(width: u32, pixels: &[[u8; 4]]) -> Picture {
    Picture { width, height: pixels.len() as u32 / width.max(1), pixels: pixels.to_vec() }
}

fn grey(value: u8) -> [u8; 4] {
    [value, value, value, 255]
}

const FLAT: Relief = Relief { origin: Coord::new(0, 0, 0), height: 255, solid: false, color: None };

#[track_caller]
fn check(rule: Relief, pixels: &[[u8; 4]], width: u32, expected: &[[i32; 3]]) {
    let volume = relief(&picture(width, pixels), &rule, 100).unwrap();
    let places: Vec<_> = volume.voxels().map(|(at, _)| at.to_array()).collect();
    let mut expected = expected.to_vec();
    expected.sort_by_key(|at| (at.map(|v| v >> 4)[2], at[2], at[1], at[0]));
    assert_eq!(places, expected, "{rule:?}");
}

#[test]
fn brightness_is_height_and_the_top_row_is_behind() {
    let pixels = [grey(3), grey(0), [0, 0, 0, 0], grey(1)];
    check(FLAT, &pixels, 2, &[[0, 1, 3], [1, 1, 0], [1, 0, 1]]);
    let green = [0, 255, 0, 255];
    check(Relief { height: 1000, ..FLAT }, &[green], 1, &[[0, 0, 588]]);
    check(Relief { height: 1, ..FLAT }, &[grey(127), grey(128)], 2, &[[0, 0, 0], [1, 0, 1]]);
}

#[test]
fn a_solid_relief_stands_on_its_base() {
    let rule = Relief { solid: true, origin: Coord::new(5, -1, -2), ..FLAT };
    check(rule, &[grey(2), grey(0)], 2, &[[5, -1, -2], [5, -1, -1], [5, -1, 0], [6, -1, -2]]);
}

#[test]
fn a_relief_has_the_pixels_colours_or_its_own() {
    let color =
        |color| relief(&picture(1, &[[9, 8, 7, 6]]), &Relief { color, height: 0, ..FLAT }, 1);
    let at = |volume: Option<Volume>| volume.unwrap().get(Coord::new(0, 0, 0));
    assert_eq!(at(color(None)), Voxel([9, 8, 7, 6]));
    assert_eq!(at(color(Some(Voxel::WHITE))), Voxel::WHITE);
    assert_eq!(at(color(Some(Voxel::EMPTY))), Voxel::EMPTY);
}

#[test]
fn a_relief_is_refused_before_it_takes_memory_and_cut_at_the_ends_of_space() {
    let tall =
        Relief { solid: true, height: u32::MAX, origin: Coord::new(0, 0, i32::MIN), color: None };
    assert_eq!(relief(&picture(1, &[grey(255)]), &tall, 1 << 20), None);
    let end = Relief { origin: Coord::new(i32::MAX, i32::MAX - 1, i32::MAX - 1), ..tall };
    let volume = relief(&picture(2, &[grey(255); 8]), &end, 100).unwrap();
    let low = Coord::new(i32::MAX, i32::MAX - 1, i32::MAX - 1);
    let corner = Coord::new(i32::MAX, i32::MAX, i32::MAX);
    assert_eq!((volume.filled(), volume.bounds()), (4, Bounds::new(low, corner)));
    let above = Relief { solid: false, ..end };
    assert_eq!(relief(&picture(2, &[grey(255); 8]), &above, 100), Some(Volume::new()));
    let wall = Relief { solid: true, height: 1 << 14, ..FLAT };
    let volume = relief(&picture(16, &[grey(255); 256]), &wall, 1025).unwrap();
    assert_eq!((volume.filled(), volume.brick_count()), (256 * 16385, 1025));
    assert_eq!(relief(&picture(16, &[grey(255); 256]), &wall, 1024), None);
}

#[test]
fn a_picture_without_its_pixels_holds_nothing() {
    for (width, height) in [(0, 0), (0, 5), (7, 0), (u32::MAX, u32::MAX)] {
        let broken = Picture { width, height, pixels: Vec::new() };
        assert_eq!(relief(&broken, &FLAT, 0), Some(Volume::new()));
        assert_eq!(pasted(&broken, &Mat4::IDENTITY, 0), Some(Volume::new()));
    }
}

// spec/engine.md 4, image layer, "To volume"
#[track_caller]
fn check_pasted(width: u32, height: u32, center: Vec3, low: [i32; 3]) {
    let pixels: Vec<[u8; 4]> =
        (0..width * height).map(|n| [n as u8, (n >> 8) as u8, 1, 255]).collect();
    let mat = picture_box(width, height, center);
    let volume = pasted(&picture(width, &pixels), &mat, 100).unwrap();
    for (n, pixel) in (0..).zip(&pixels) {
        let (x, y) = (n % width as i32, n / width as i32);
        let at = Coord::new(low[0] + x, low[1] + height as i32 - 1 - y, low[2]);
        assert_eq!(volume.get(at), Voxel(*pixel), "{width} {height} {x} {y}");
    }
    assert_eq!(volume.filled(), pixels.len() as u64);
}

#[test]
fn a_picture_is_pasted_pixel_by_voxel() {
    check_pasted(4, 2, [0.; 3], [-2, -1, 0]);
    check_pasted(3, 5, [0.; 3], [-1, -2, 0]);
    check_pasted(1, 1, [0.; 3], [0, 0, 0]);
    check_pasted(37, 64, [10., -20., 3.], [-8, -52, 3]);
}

#[test]
fn a_picture_pasted_beyond_room_or_space() {
    let dots = picture(2, &[grey(1), grey(2)]);
    let wide = Mat4::from_box([0.; 3], [1000., 1., 1.]);
    assert_eq!(pasted(&dots, &wide, 1), None);
    assert_eq!(pasted(&dots, &wide, 2).unwrap().filled(), 2);
    for scale in [f32::NAN, f32::INFINITY, f32::MAX] {
        let mat = Mat4::from_box([scale; 3], [scale; 3]);
        assert_eq!(pasted(&dots, &mat, 10), Some(Volume::new()));
    }
    // The later pixel wins where two fall together; an empty one leaves nothing.
    let point = Mat4::from_box([0.; 3], [0.; 3]);
    assert_eq!(pasted(&dots, &point, 1).unwrap().get(Coord::default()), Voxel(grey(2)));
    let gone = picture(2, &[grey(1), [5, 5, 5, 0]]);
    assert_eq!(pasted(&gone, &point, 1), Some(Volume::new()));
}

proptest! {
    #[test]
    fn a_relief_is_a_column_for_each_pixel(
        pixels in prop::collection::vec(any::<[u8; 4]>(), 60),
        width in prop_oneof![Just(1u32), Just(4), Just(20), Just(60)],
        origin in [-40..40i32, -40..40, -40..40],
        height in 0u32..70,
        solid: bool,
    ) {
        let rule = Relief { origin: origin.into(), height, solid, color: None };
        let mut expected = Volume::new();
        for (n, pixel) in (0..).zip(&pixels) {
            let luma = (0.299 * f64::from(pixel[0]) + 0.587 * f64::from(pixel[1])
                + 0.114 * f64::from(pixel[2]) + 1e-9).round();
            let top = (luma * f64::from(height) / 255.0).round() as i32;
            let row = 60 / width as i32 - 1 - n / width as i32;
            let base = Coord::from(origin).offset([n % width as i32, row, 0]).unwrap();
            for z in if solid { 0 } else { top }..=top {
                expected.set(base.offset([0, 0, z]).unwrap(), Voxel(*pixel));
            }
        }
        prop_assert_eq!(relief(&picture(width, &pixels), &rule, 1000), Some(expected));
    }
}
