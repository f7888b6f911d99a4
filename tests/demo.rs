//! What a newcomer meets first: the demo and its model.

#[path = "../examples/island/model.rs"]
mod model;

use goxel_engine::format::{Limits, decode};
use goxel_engine::image::png;
use goxel_support::{example, temp_dir, workspace_root};
use std::fs;
use std::process::Command;

#[test]
fn the_demo_ends_with_a_picture_and_says_what_to_type_next() {
    let dir = temp_dir();
    let output = Command::new(example("demo")).current_dir(dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("goxel-demo.png") && said.contains("goxel-daemon --socket"), "{said}");
    let picture = png::decode(&fs::read(dir.path().join("goxel-demo.png")).unwrap(), 1 << 21);
    let picture = picture.unwrap();
    assert_eq!((picture.width, picture.height), (1280, 960));
    let sky = picture.pixels[0];
    let seen = picture.pixels.iter().filter(|pixel| **pixel != sky).count();
    assert!(seen > picture.pixels.len() / 5, "{seen} pixels show the model");
}

#[test]
fn the_model_in_the_repository_is_the_one_its_program_makes() {
    let bytes = fs::read(workspace_root().join("examples/island.gox")).unwrap();
    let stored = decode(&bytes, &Limits::default()).unwrap();
    let made = model::island();
    let layers = |scene: &goxel_engine::scene::Scene| {
        let parts = scene.layers.iter().map(|layer| (layer.name.clone(), layer.volume.clone()));
        parts.collect::<Vec<_>>()
    };
    assert!(
        layers(&stored) == layers(&made),
        "run: cargo run --example island -- examples/island.gox"
    );
}
