//! Shading against the reference values of the renderer we take after.

use super::*;
use crate::render::camera::{Camera, Preset};
use crate::volume::{Coord, Volume, Voxel};

/// The grey of a lone white voxel's face, looked at from far away in the default direction.
#[track_caller]
fn check(axis: usize, expected_linear: f32, expected: u8) {
    let volume: Volume = [(Coord::default(), Voxel::rgb(255, 255, 255))].into_iter().collect();
    let bounds = volume.bounds().unwrap();
    let grid = Grid::new(&volume, bounds);
    let camera = Camera::preset(Preset::Isometric, bounds);
    let shader = Shader::new(&grid, camera.axes(), &Settings::default());
    let back = camera.axes()[2];
    let mut point = [0.5; 3];
    point[axis] = if back[axis] > 0.0 { 1.0 } else { 0.0 };
    let origin = math::add(point, math::scale(back, 100.0));
    let direction = math::scale(back, -1.0);
    let hit = grid.trace(origin, direction, 0.0).unwrap();
    assert_eq!(hit.axis, axis);
    let gloss = Gloss::new(&hit, shader.sun, direction);
    let linear = shader.intensity * gloss.reflect(1.0) + shader.ambient;
    assert!((linear - expected_linear).abs() < 0.001, "linear {linear}");
    assert_eq!(
        shader.look(origin, direction, 0.0).unwrap().color,
        [expected, expected, expected, 255]
    );
}

#[test]
fn a_white_voxel_has_the_reference_greys() {
    check(2, 0.697, 217);
    check(0, 0.416, 173);
    check(1, 0.300, 138);
}

#[test]
fn the_default_light_comes_from_above_and_a_little_from_the_right() {
    let sun = toward(&Light::default(), Camera::preset(Preset::Front, bounds()).axes());
    let expected = [0.2962, 0.1710, 0.9397];
    assert!(math::length(math::sub(sun, expected)) < 1e-4, "{sun:?}");
}

#[test]
fn a_fixed_light_is_the_same_in_the_default_view_and_turns_with_others() {
    let fixed = Light { fixed: true, ..Light::default() };
    let free = toward(&Light::default(), Camera::preset(Preset::Isometric, bounds()).axes());
    let same = toward(&fixed, Camera::preset(Preset::Isometric, bounds()).axes());
    assert!(math::length(math::sub(free, same)) < 1e-6, "{same:?}");
    let turned = toward(&fixed, Camera::turntable(225.0, 45.0, bounds()).axes());
    assert!(math::length(math::sub(turned, [-free[0], -free[1], free[2]])) < 1e-6, "{turned:?}");
}

fn bounds() -> crate::volume::Bounds {
    crate::scene::DEFAULT_AREA_BOUNDS
}

#[test]
fn powers_of_two_are_good_to_six_digits() {
    for step in 0..=1300 {
        let x = -(step as f32) / 100.0;
        let exact = libm::exp2(f64::from(x));
        assert!((f64::from(exp2(x)) / exact - 1.0).abs() < 2e-6, "2^{x}");
    }
}

#[test]
fn a_broken_light_is_dark_but_harmless() {
    let broken = Light { pitch: f32::NAN, intensity: f32::INFINITY, ..Light::default() };
    let sun = toward(&broken, Camera::preset(Preset::Front, bounds()).axes());
    assert_eq!(sun, [0.0, 0.0, 1.0]);
    assert_eq!(finite(broken.intensity), 0.0);
}
