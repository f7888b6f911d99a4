//! The cover against rays that start at their origin.

use super::*;
use crate::render::camera::{Camera, Preset};
use crate::volume::{Coord, Volume, Voxel};

/// A box of scattered posts, in the middle of which one can stand.
fn posts(high: i32) -> Volume {
    let mut volume = Volume::new();
    for place in 0..40i32 {
        let (x, y) = (place * 17 % 41, place * 29 % 37);
        let post = (0..high - place % 7).map(|z| (Coord::new(x - 9, y + 5, z), Voxel([255; 4])));
        volume.write(post);
    }
    volume
}

#[track_caller]
fn check(volume: &Volume, camera: &Camera, [width, height]: [u32; 2]) {
    let bounds = volume.bounds().unwrap();
    let grid = Grid::new(volume, bounds);
    let shooter = camera.shooter(bounds.min.to_array().map(i64::from), width, height);
    let cover = Cover::new(&grid, &shooter, width, height);
    let seen = |x: f64, y: f64, earliest: f64| {
        let (origin, direction) = shooter.ray(x, y);
        let hit = grid.trace(origin, direction, earliest)?;
        Some((hit.voxel, hit.axis, hit.time.to_bits()))
    };
    for y in -2..=2 * height as i32 + 2 {
        for x in -2..=2 * width as i32 + 2 {
            let (x, y) = (f64::from(x) / 2.0, f64::from(y) / 2.0);
            let start = cover.start(x, y);
            let hit = seen(x, y, 0.0);
            if let Some((_, _, time)) = hit {
                assert!(start < f64::from_bits(time).max(1e-300), "{x} {y}: {start}");
            }
            let skipped = if start == f64::INFINITY { None } else { seen(x, y, start) };
            assert_eq!(skipped, hit, "at {x} {y} from {camera:?}");
        }
    }
}

#[test]
fn rays_that_skip_the_empty_front_hit_the_same() {
    // Few pixels use bricks, many use cells.
    for (high, size) in [(30, [160, 120]), (30, [31, 40]), (3, [90, 90])] {
        let volume = posts(high);
        let bounds = volume.bounds().unwrap();
        for preset in Preset::ALL {
            let camera = Camera::preset(preset, bounds);
            check(&volume, &camera, size);
            check(&volume, &camera.orthographic(bounds), size);
        }
        check(&volume, &Camera::turntable(20.0, 70.0, bounds), size);
    }
}

#[test]
fn a_camera_among_the_voxels_skips_nothing_that_is_there() {
    let volume = posts(30);
    let looks = [
        ([10., 20., 10.], [30., 20., 12.], 100.0),
        ([-12., 0., 40.], [10., 20., 0.], 60.0),
        ([14.5, 20.5, 15.5], [0., 30., 0.], 150.0),
        ([60., 60., 60.], [70., 70., 70.], 30.0),
    ];
    for (eye, target, fov) in looks {
        let camera = Camera::look_at(eye, target, [0., 0., 1.], fov).unwrap();
        check(&volume, &camera, [90, 60]);
    }
}
