//! The engine and the model side by side.

use crate::state::{Model, State, Voxels, bricks};
use goxel_engine::math::Mat4;
use goxel_engine::parallel::Threads;
use goxel_engine::project::Project;
use goxel_engine::scene::{Look, Scene, View};
use goxel_engine::snapshot::Snapshot;
use goxel_engine::volume::Volume;

/// What is not the same, in words.
pub fn compare(scene: &Scene, model: &State) -> Result<(), String> {
    let ids = |all: &mut dyn Iterator<Item = u32>| all.collect::<Vec<_>>();
    same(
        "layers",
        &ids(&mut scene.layers.iter().map(|l| l.id.0)),
        &ids(&mut model.layers.iter().map(|l| l.id)),
    )?;
    for (layer, expected) in scene.layers.iter().zip(&model.layers) {
        let named = |what: &str| format!("{what} of layer {}", expected.id);
        same(&named("name"), &layer.name, &expected.name)?;
        same(&named("visibility"), &layer.visible, &expected.visible)?;
        same(&named("kind"), &layer.kind, &expected.kind)?;
        same(&named("mode"), &layer.mode, &expected.mode)?;
        same(&named("material"), &layer.material, &expected.material)?;
        same(&named("matrix"), &layer.mat, &expected.mat)?;
        same(&named("box"), &layer.bounds, &expected.bounds)?;
        same_voxels(&named("voxels"), &layer.volume, &expected.voxels)?;
    }
    let mask: Voxels = model.mask.iter().map(|at| (*at, [255; 4])).collect();
    same_voxels("mask", &scene.selection.mask, &mask)?;
    same::<Option<Mat4>>("selection box", &scene.selection.area, &model.box_selected)?;
    same("active layer", &scene.active.0, &model.active)?;
    same("work area", &scene.area, &model.area)?;
    same("camera", &scene.active_camera, &model.camera)?;
    same("light", &scene.light, &model.light)?;
    let looks = scene.materials.iter().map(|m| Look {
        name: m.name.clone(),
        color: m.color,
        metallic: m.metallic,
        roughness: m.roughness,
        emission: m.emission,
    });
    same("materials", &looks.collect(), &model.materials)?;
    let views = scene.cameras.iter().map(|c| View {
        name: c.name.clone(),
        dist: c.dist,
        ortho: c.ortho,
        mat: c.mat,
    });
    same("cameras", &views.collect(), &model.cameras)
}

/// What is drawn: the visible layers merged, without voxels too faint to see.
pub fn compare_drawn(snapshot: &Snapshot, model: &State) -> Result<(), String> {
    let mut drawn = model.flat();
    drawn.retain(|_, voxel| voxel[3] >= 127);
    same_voxels("what is drawn", &snapshot.drawn(Threads(1)), &drawn)
}

pub fn compare_all(project: &Project, model: &Model) -> Result<(), String> {
    compare(project.scene(), &model.now)?;
    let names: Vec<&str> = project.checkpoints().collect();
    same("checkpoints", &names, &model.checkpoints.keys().map(String::as_str).collect())?;
    for (name, state) in &model.checkpoints {
        let snapshot = project.checkpoint(name).ok_or("no checkpoint")?;
        compare(snapshot.scene(), state).map_err(|why| format!("checkpoint {name}: {why}"))?;
    }
    Ok(())
}

pub fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    engine: &T,
    model: &T,
) -> Result<(), String> {
    match engine == model {
        true => Ok(()),
        false => Err(format!("{what}: the engine has {engine:?}, the model {model:?}")),
    }
}

fn same_voxels(what: &str, volume: &Volume, expected: &Voxels) -> Result<(), String> {
    let mut found = 0;
    let mut wrong = Vec::new();
    for (at, voxel) in volume.voxels() {
        found += 1;
        let at = [at.x, at.y, at.z];
        let there = expected.get(&at).copied();
        if there != Some(voxel.0) {
            wrong.push(format!("{at:?} is {:?}, should be {there:?}", voxel.0));
        }
    }
    if !wrong.is_empty() || found != expected.len() {
        let missing = expected.iter().filter(|(at, _)| volume.get((**at).into()).is_empty());
        wrong.extend(missing.map(|(at, voxel)| format!("{at:?} is empty, should be {voxel:?}")));
        wrong.sort();
        let count = wrong.len();
        wrong.truncate(6);
        return Err(format!("{what}: {count} wrong: {}", wrong.join("; ")));
    }
    same(&format!("count of {what}"), &volume.filled(), &(expected.len() as u64))?;
    same(&format!("bricks of {what}"), &volume.brick_count(), &bricks(expected))
}
