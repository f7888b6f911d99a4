//! Golden pictures: the same pixels on every machine, for any number of threads.
//!
//! `GOXEL_BLESS=1 cargo test --test pictures` rewrites them; look at each before
//! it is committed.

#[path = "../examples/island/model.rs"]
mod model;

use goxel_engine::composite;
use goxel_engine::image::{Picture, png};
use goxel_engine::render::{Background, Camera, Mode, Preset, Settings, render};
use goxel_support::workspace_root;
use std::{env, fs};

/// Draws the demo's model as asked and holds it against `tests/golden/<name>.png`.
#[track_caller]
fn check(name: &str, preset: Preset, settings: &Settings) {
    let drawn = composite::drawn(&model::island());
    let bounds = drawn.bounds().expect("the model is not empty");
    let camera = Camera::preset(preset, bounds);
    let settings = Settings { width: 240, height: 180, ..settings.clone() };
    let draw = |threads| {
        render(&drawn, &camera, &Settings { threads, ..settings.clone() }).expect("240x180 is fine")
    };
    let picture = draw(1);
    assert!(draw(3) == picture, "{name}: three threads draw another picture");
    let path = workspace_root().join(format!("tests/golden/{name}.png"));
    if env::var_os("GOXEL_BLESS").is_some_and(|set| set == "1") {
        fs::write(&path, png::encode_small(&picture)).expect("the golden picture can be written");
    }
    let golden = fs::read(&path).expect("the golden picture is in the repository");
    let golden = png::decode(&golden, 1 << 20).expect("the golden picture is sound");
    assert!(golden == picture, "{name}: {} pixels differ", differing(&golden, &picture));
}

fn differing(a: &Picture, b: &Picture) -> usize {
    a.pixels.iter().zip(&b.pixels).filter(|(a, b)| a != b).count()
}

#[test]
fn lit_from_the_default_direction() {
    check("lit_isometric", Preset::Isometric, &Settings::default());
}

#[test]
fn flat_from_the_front_over_nothing() {
    let background = Background::Transparent;
    let settings = Settings { mode: Mode::Flat, background, ..Settings::default() };
    check("flat_front", Preset::Front, &settings);
}

#[test]
fn lit_from_above_over_a_gradient() {
    let background = Background::Gradient([70, 70, 70, 255]);
    check("lit_top", Preset::Top, &Settings { background, ..Settings::default() });
}
