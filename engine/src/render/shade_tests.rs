//! Shading against the reference values of the renderer we take after.

use crate::math;
use crate::render::{Antialias, Camera, Mode, Preset, Settings, render};
use crate::scene::Light;
use crate::volume::{Coord, Volume, Voxel};

/// The grey of a lone white voxel's face, looked at from far away in the default direction.
#[track_caller]
fn check(axis: usize, expected: u8) {
    let volume: Volume = [(Coord::default(), Voxel::rgb(255, 255, 255))].into_iter().collect();
    let back = Camera::preset(Preset::Isometric, volume.bounds().unwrap()).axes()[2];
    let mut point = [0.5; 3];
    point[axis] = if back[axis] > 0.0 { 1.0 } else { 0.0 };
    let eye = math::add(point, math::scale(back, 1000.0));
    let camera = Camera::look_at(eye, point, [0.0, 0.0, 1.0], 0.01).unwrap();
    let antialias = Antialias::Off;
    let settings = Settings { width: 3, height: 3, antialias, ..Settings::default() };
    let picture = render(&volume, &camera, &settings).unwrap();
    assert_eq!(picture.pixels[4], [expected, expected, expected, 255]);
}

#[test]
fn a_white_voxel_has_the_reference_greys() {
    // spec/rendering.md A3: 0.697, 0.416 and 0.300, the last in its own shadow.
    check(2, 217);
    check(0, 173);
    check(1, 138);
}

#[test]
fn a_fixed_light_is_the_same_in_the_default_view_and_turns_with_others() {
    let fixed = Light { fixed: true, ..Light::default() };
    let toward = super::light::toward;
    let view = |preset| Camera::preset(preset, crate::scene::DEFAULT_AREA_BOUNDS).axes();
    let free = toward(&Light::default(), view(Preset::Isometric));
    let same = toward(&fixed, view(Preset::Isometric));
    assert!(math::length(math::sub(free, same)) < 1e-6, "{same:?}");
    let turned = Camera::turntable(225.0, 45.0, crate::scene::DEFAULT_AREA_BOUNDS);
    let turned = toward(&fixed, turned.axes());
    assert!(math::length(math::sub(turned, [-free[0], -free[1], free[2]])) < 1e-6, "{turned:?}");
}

#[test]
fn a_broken_light_is_dark_but_harmless() {
    let volume: Volume = [(Coord::default(), Voxel::WHITE)].into_iter().collect();
    let camera = Camera::preset(Preset::Top, volume.bounds().unwrap());
    let light = Light { pitch: f32::NAN, intensity: f32::INFINITY, ..Light::default() };
    for mode in [Mode::Lit, Mode::Clay] {
        let settings =
            Settings { width: 5, height: 5, mode, light: light.clone(), ..Settings::default() };
        let middle = render(&volume, &camera, &settings).unwrap().pixels[12];
        assert_eq!(middle[3], 255, "{mode:?}");
    }
}

/// Edges are means of what their samples are stored as.
#[test]
fn light_below_zero_is_black_on_edges_too() {
    let volume: Volume = [(Coord::default(), Voxel::WHITE)].into_iter().collect();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let draw = |ambient: f32| {
        let light = Light { intensity: 0.0, ambient, ..Light::default() };
        let settings = Settings { width: 40, height: 40, light, ..Settings::default() };
        render(&volume, &camera, &settings).unwrap()
    };
    assert!(draw(-9.0) == draw(0.0));
}
