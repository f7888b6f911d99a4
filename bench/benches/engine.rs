//! The engine on a real model: load, edit, freeze, composite, render, save.
//!
//! The real model is `models/ccby/scene_store8.vox` (441,118 voxels) of the shared
//! samples; a made terrain of 44 thousand, 441 thousand and 4.4 million voxels
//! shows how each step grows.

use goxel_bench::scenes::{color, hash, height};
use goxel_bench::{report, report_with, title};
use goxel_engine::command::{Author, Command};
use goxel_engine::composite;
use goxel_engine::format::{self, Format, Limits};
use goxel_engine::image::png;
use goxel_engine::ops::Shape;
use goxel_engine::project::Project;
use goxel_engine::render::{Camera, Mode, Preset, Settings, render};
use goxel_engine::scene::Scene;
use goxel_engine::volume::{Bounds, Coord, Volume, Voxel};

fn main() {
    match goxel_support::shared_dir() {
        Some(shared) => {
            let file = shared.join("models/ccby/scene_store8.vox");
            let bytes = std::fs::read(&file).expect("the shared models can be read");
            let scene = format::decode(&bytes, &Limits::default()).expect("the model is sound");
            assert_eq!(scene.filled(), 441_118);
            measure("store8", &bytes, &scene);
        }
        None => println!("skipped: scene_store8.vox is missing: set GOXEL_SAMPLES"),
    }
    for count in [44_112, 441_118, 4_411_180] {
        let scene = terrain(count);
        let bytes = format::encode(&scene, Format::Vox).expect("the terrain fits the format");
        measure(&format!("terrain {count}"), &bytes, &scene);
    }
}

/// A layer of exactly `count` voxels: filled columns, as many as it takes.
fn terrain(count: usize) -> Scene {
    let side = (1..).find(|n| n * n * n / 3 > count as u32).expect("some side is large enough");
    let columns = (0..).flat_map(|y| (0..side).map(move |x| (x, y)));
    let voxels = columns.flat_map(|(x, y)| (0..=height(x, y, 256)).map(move |z| (x, y, z)));
    let place =
        |(x, y, z): (u32, u32, u32)| (Coord::new(x as i32, y as i32, z as i32), color(x, y, z));
    let mut scene = Scene::new();
    scene.layers[0].volume = voxels.take(count).map(place).collect();
    assert_eq!(scene.filled(), count as u64);
    scene
}

fn measure(name: &str, bytes: &[u8], scene: &Scene) {
    let count = scene.filled();
    title(&format!("{name}: {count} voxels, {} layers", scene.layers.len()));
    files(name, bytes, scene);
    edits(name, scene);
    pictures(name, scene);
}

fn files(name: &str, bytes: &[u8], scene: &Scene) {
    let count = scene.filled();
    let limits = Limits::default();
    report(&format!("{name}: load .vox"), 9, count, || {
        let loaded = format::decode(bytes, &limits).expect("the file is sound");
        assert_eq!(loaded.filled(), count);
        loaded
    });
    let gox = format::encode(scene, Format::Gox).expect("the scene fits the format");
    report(&format!("{name}: load .gox"), 5, count, || {
        let loaded = format::decode(&gox, &limits).expect("the file is sound");
        assert_eq!(loaded.filled(), count);
        loaded
    });
    report(&format!("{name}: save .gox"), 5, count, || {
        let saved = format::encode(scene, Format::Gox).expect("the scene fits the format");
        assert_eq!(saved.len(), gox.len());
        saved
    });
    report(&format!("{name}: save .vox"), 5, count, || {
        format::encode(scene, Format::Vox).expect("the scene fits the format")
    });
}

fn edits(name: &str, scene: &Scene) {
    let project = || Project::from_scene(scene.clone());
    let author = Author::default();
    let low = scene.bounds().expect("the scene is not empty").min;
    let at = |i: u32, seed| low.offset([0, 1, 2].map(|axis| (hash(i, 0, axis, seed) & 63) as i32));
    report_with(&format!("{name}: 10,000 single edits"), 9, 10_000, project, |mut project| {
        for i in 0..10_000 {
            let at = at(i, 7).expect("the model is far from the ends of space");
            let voxel = color(i, 0, 0);
            let command = Command::SetVoxel { layer: None, at, voxel };
            project.apply(command, author).expect("the edit is allowed");
        }
        assert!(project.revision() > 0);
        project
    });
    let bounds = Bounds::around(low, low.offset([63; 3]).expect("the model is near"));
    report_with(&format!("{name}: a sphere of 64^3"), 9, 137_376, project, |mut project| {
        let shape = Shape::Sphere;
        let command = Command::FillShape { layer: None, shape, bounds, voxel: Voxel::WHITE };
        let done = project.apply(command, author).expect("the edit is allowed");
        assert_eq!(done.touched, 137_376);
        project
    });
    let frozen = project();
    report(&format!("{name}: 1,000 snapshots"), 9, 1000, || {
        (0..1000).map(|_| frozen.snapshot()).collect::<Vec<_>>()
    });
    report(&format!("{name}: composite"), 9, scene.filled(), || {
        let drawn = composite::drawn(scene);
        assert!(!drawn.is_empty());
        drawn
    });
}

fn pictures(name: &str, scene: &Scene) {
    let drawn = composite::drawn(scene);
    let bounds = drawn.bounds().expect("the scene is not empty");
    let camera = Camera::preset(Preset::Isometric, bounds);
    for (width, height) in [(400, 400), (1920, 1080)] {
        for (mode, word) in [(Mode::Flat, "flat"), (Mode::Lit, "lit")] {
            for threads in [1, 2] {
                let settings = Settings { width, height, mode, threads, ..Settings::default() };
                let row = format!("{name}: {word} {width}x{height}, {threads} threads");
                picture(&row, &drawn, &camera, &settings);
            }
        }
        let settings = Settings { width, height, threads: 2, ..Settings::default() };
        let picture = render(&drawn, &camera, &settings).expect("the size is allowed");
        let pixels = u64::from(width) * u64::from(height);
        report(&format!("{name}: PNG of {width}x{height}"), 9, pixels, || {
            let bytes = png::encode(&picture);
            assert!(bytes.len() > 1000);
            bytes
        });
    }
}

fn picture(row: &str, drawn: &Volume, camera: &Camera, settings: &Settings) {
    let pixels = u64::from(settings.width) * u64::from(settings.height);
    report(row, 5, pixels, || {
        let picture = render(drawn, camera, settings).expect("the size is allowed");
        let background = picture.pixels[0];
        assert!(picture.pixels.iter().any(|pixel| *pixel != background));
        picture
    });
}
