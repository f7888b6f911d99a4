//! Real files against an independent oracle: the shared samples and models.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use goxel_engine::composite;
use goxel_engine::format::{Format, Limits, decode, encode, gox, vox};
use goxel_engine::ops::Shape;
use goxel_engine::scene::{DEFAULT_AREA, Layer, LayerKind, Scene};
use goxel_engine::volume::{Bounds, Coord, Volume, Voxel};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

fn read(name: &str, bytes: &[u8]) -> Scene {
    decode(bytes, &Limits::default()).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// sha256 of `x y z rrggbb` lines, sorted by z, y, x.
fn digest(volume: &Volume) -> String {
    let mut voxels: Vec<_> = volume.voxels().collect();
    voxels.sort_unstable_by_key(|(at, _)| at.order());
    let mut hash = Sha256::new();
    for (at, Voxel([r, g, b, _])) in voxels {
        hash.update(format!("{} {} {} {r:02x}{g:02x}{b:02x}\n", at.x, at.y, at.z));
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bounds as the oracle writes them: the highest corner is outside.
fn bounds_json(bounds: Option<Bounds>) -> Value {
    bounds.map_or(Value::Null, |Bounds { min, max }| {
        serde_json::json!([min.to_array(), max.to_array().map(|v| v + 1)])
    })
}

#[track_caller]
fn check_layer(file: &str, layer: &Layer, expected: &Value) {
    let name = expected["name"].as_str().unwrap();
    let what = format!("{file}: layer {name:?}");
    assert_eq!(layer.visible, expected["visible"], "{what}");
    assert_eq!(layer.volume.filled(), expected["voxels"], "{what}");
    assert_eq!(bounds_json(layer.volume.bounds()), expected["bounds"], "{what}");
    assert_eq!(digest(&layer.volume), expected["sha256"], "{what}");
    assert_eq!(layer.mode as u64, expected["mode"].as_u64().unwrap_or(0), "{what}");
    // The oracle leaves a name empty, and an id out, where the file has none.
    if name.is_empty() {
        assert!(layer.name.starts_with("Layer."), "{what}: {}", layer.name);
    } else {
        assert_eq!(layer.name, name, "{what}");
    }
    if let Some(id) = expected.get("id") {
        assert_eq!(u64::from(layer.id.0), id.as_u64().unwrap(), "{what}");
    }
    let (shape, base) = match layer.kind {
        LayerKind::Shape { shape, .. } => (Some(shape), None),
        LayerKind::Clone { base } => (None, Some(u64::from(base.0))),
        LayerKind::Plain | LayerKind::Image { .. } => (None, None),
    };
    assert_eq!(shape.map(Shape::name), expected.get("shape").and_then(Value::as_str), "{what}");
    assert_eq!(base, expected.get("base").and_then(Value::as_u64), "{what}");
    if let Some(alphas) = expected.get("alphas") {
        let mut found: Vec<u8> = layer.volume.voxels().map(|(_, voxel)| voxel.alpha()).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(serde_json::json!(found), *alphas, "{what}");
    }
}

#[track_caller]
fn check_info(file: &str, scene: &Scene, info: &Value) {
    if let Some(materials) = info.get("materials") {
        assert_eq!(scene.materials.len() as u64, materials.as_u64().unwrap(), "{file}");
    }
    if let Some(cameras) = info.get("cameras").and_then(Value::as_u64) {
        // A file without a camera gets one.
        assert_eq!(scene.cameras.len() as u64, cameras.max(1), "{file}");
    }
    if let Some(chunks) = info.get("unknown_chunks") {
        let kinds: Vec<_> =
            scene.extra_chunks.iter().map(|c| String::from_utf8_lossy(&c.kind)).collect();
        assert_eq!(serde_json::json!(kinds), *chunks, "{file}");
    }
}

#[test]
fn every_sample_holds_what_the_oracle_says() {
    let Some(files) = common::voxel_samples() else { return };
    let oracle = common::files_of("samples").unwrap();
    let (_, oracle) = oracle.iter().find(|(name, _)| name == "EXPECTED.json").unwrap();
    let oracle: Value = serde_json::from_slice(oracle).unwrap();
    assert_eq!(files.len(), 11, "voxel samples");
    for (name, bytes) in &files {
        let (scene, expected) = (read(name, bytes), &oracle[name]);
        let layers = expected["layers"].as_array().unwrap();
        assert_eq!(scene.layers.len(), layers.len(), "{name}");
        assert_eq!(scene.filled(), expected["total"], "{name}");
        check_info(name, &scene, &expected["info"]);
        for (layer, expected) in scene.layers.iter().zip(layers) {
            check_layer(name, layer, expected);
        }
    }
}

#[test]
fn every_sample_survives_gox_unchanged() {
    let Some(files) = common::voxel_samples() else { return };
    for (name, bytes) in files {
        let scene = read(&name, &bytes);
        let written = encode(&scene, Format::Gox).unwrap();
        assert!(read(&name, &written) == scene, "{name}");
        assert!(gox::encode(&read(&name, &written)).unwrap() == written, "{name}");
    }
}

/// What is drawn, as vox files hold it: opaque, and exact only up to 255 colours.
fn seen(scene: &Scene, colors: usize) -> Vec<(Coord, [u8; 3])> {
    let color = |Voxel([r, g, b, _])| if colors <= 255 { [r, g, b] } else { [0; 3] };
    composite::drawn(scene).voxels().map(|(at, voxel)| (at, color(voxel))).collect()
}

fn colors(scene: &Scene) -> usize {
    let volumes = scene.layers.iter().map(|layer| composite::voxels_of(scene, layer));
    let voxels = volumes.flat_map(|volume| volume.voxels().map(|(_, v)| v).collect::<Vec<_>>());
    voxels.collect::<HashSet<_>>().len()
}

#[track_caller]
fn check_vox(name: &str, scene: &Scene) {
    let colors = colors(scene);
    let again = read(name, &vox::encode(scene).unwrap());
    assert!(seen(&again, colors) == seen(scene, colors), "{name}");
    let hidden = |scene: &Scene| scene.layers.iter().filter(|layer| !layer.visible).count();
    assert_eq!(hidden(&again), hidden(scene), "{name}");
}

#[test]
fn every_sample_looks_the_same_after_vox() {
    let Some(files) = common::voxel_samples() else { return };
    for (name, bytes) in files {
        let mut scene = read(&name, &bytes);
        if name == "synth_layers.gox" {
            // Faint voxels tint what is under them; a palette of opaque colours cannot.
            scene.layers.retain(|layer| layer.name != "alpha");
            scene.area = DEFAULT_AREA;
        }
        check_vox(&name, &scene);
    }
}

#[test]
fn every_model_opens_and_comes_back() {
    let Some(files) = common::files_of("models") else { return };
    let mut counts = Vec::new();
    for (name, bytes) in files.into_iter().filter(|(name, _)| name.ends_with(".vox")) {
        let scene = read(&name, &bytes);
        let written = encode(&scene, Format::Gox).unwrap();
        assert!(read(&name, &written) == scene, "{name}");
        check_vox(&name, &scene);
        counts.push((name, scene.filled()));
    }
    assert_eq!(counts.len(), 18, "models");
    assert!(counts.iter().all(|(_, voxels)| *voxels > 100), "{counts:?}");
    assert!(counts.contains(&("scene_store8.vox".to_owned(), 441_118)), "{counts:?}");
}
