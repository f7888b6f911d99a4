//! Layers: list, create, delete, merge, show, choose, rename; undo and redo.

use crate::error::{Answer, Problem};
use crate::host::Host;
use crate::layers::{LAYER, required};
use crate::method::{Change, Edit};
use crate::params::{Params, wrong};
use crate::session::Asked;
use crate::values::{flag, integer};
use goxel_engine::command::Command;
use goxel_engine::project::Project;
use goxel_engine::scene::{Layer, LayerId, LayerKind, Scene};
use serde_json::{Value, json};

/// `goxel.list_layers`
pub(crate) fn list(asked: &Asked<'_>, _: &dyn Host, _: &Params<'_>) -> Answer {
    let scene = match asked.project() {
        Ok(project) => project.scene(),
        Err(problem) if !problem.is_no_project() => return Err(problem),
        Err(_) => return Ok(json!({ "count": 0, "layers": [], "total_layers": 0 })),
    };
    let layers: Vec<Value> = scene.layers.iter().map(|layer| row(layer, scene.active)).collect();
    Ok(json!({
        "count": layers.len(),
        "layers": layers,
        "active_layer": scene.active.0,
        "active_layer_id": scene.active.0,
        "total_layers": scene.layers.len(),
    }))
}

fn row(layer: &Layer, active: LayerId) -> Value {
    json!({
        "id": layer.id.0,
        "name": layer.name,
        "visible": layer.visible,
        "voxel_count": layer.volume.filled(),
        "is_active": layer.id == active,
        "opacity": 1.0,
        "kind": kind_name(&layer.kind),
    })
}

const fn kind_name(kind: &LayerKind) -> &'static str {
    match kind {
        LayerKind::Plain => "plain",
        LayerKind::Clone { .. } => "clone",
        LayerKind::Shape { .. } => "shape",
        LayerKind::Image { .. } => "image",
    }
}

/// `goxel.create_layer`
pub(crate) fn create(_: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let name = params.text(&["name", "layer_name"])?.unwrap_or("New Layer").to_owned();
    let color = swatch(params)?;
    let visible = flag(params, "visible")?.unwrap_or(true);
    let command = Command::AddLayer { name: Some(name), visible };
    Ok(Edit::new(command, move |done, project| {
        let made = project.scene().layer(done.layer);
        json!({
            "success": true,
            "name": made.map(|layer| &layer.name),
            "visible": visible,
            "color": color,
            "id": done.layer.0,
            "layer_id": done.layer.0,
        })
    }))
}

/// Legacy: a colour that layers do not have; all zero or below is white.
fn swatch(params: &Params<'_>) -> Result<[i32; 3], Problem> {
    let [r, g, b] = ["r", "g", "b"].map(|name| integer(params, name));
    let color = [r?, g?, b?].map(|channel| channel.unwrap_or(255));
    if color.iter().all(|channel| *channel <= 0) {
        return Ok([255; 3]);
    }
    if color.iter().any(|channel| !(0..=255).contains(channel)) {
        return Err(Problem::param("color", "Invalid color values (must be 0-255)"));
    }
    Ok(color)
}

/// `goxel.delete_layer`
pub(crate) fn delete(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let layer = required(params, LAYER, scene, "Must specify either layer_id or layer_name")?;
    let command = if flag(params, "merge_down")?.unwrap_or(false) {
        Command::MergeLayers { source: layer, target: below(scene, layer)? }
    } else {
        Command::DeleteLayer { layer }
    };
    Ok(Edit::new(
        command,
        move |_, project| json!({ "success": true, "layer_id": layer.0, "layer_count": project.scene().layers.len() }),
    ))
}

fn below(scene: &Scene, id: LayerId) -> Result<LayerId, Problem> {
    let index = scene.layers.iter().position(|layer| layer.id == id);
    let below = index.and_then(|index| index.checked_sub(1)).and_then(|i| scene.layers.get(i));
    below.map(|layer| layer.id).ok_or_else(|| {
        Problem::refused("invalid_operation", format!("no layer is below layer {}", id.0))
    })
}

/// `goxel.merge_layers`
pub(crate) fn merge(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    const MISSING: &str = "Must specify valid source_layer_id and target_layer_id";
    let source = required(params, &["source_layer_id", "source_id", "source"], scene, MISSING)?;
    let target = required(params, &["target_layer_id", "target_id", "target"], scene, MISSING)?;
    Ok(Edit::new(Command::MergeLayers { source, target }, move |_, project| {
        let voxels = project.scene().layer(target).map(|layer| layer.volume.filled());
        json!({ "success": true, "layer_id": target.0, "voxel_count": voxels })
    }))
}

/// `goxel.set_layer_visibility`
pub(crate) fn set_visible(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let names = &[LAYER[0], LAYER[1], LAYER[2], "name"];
    let layer = required(params, names, scene, "Must specify valid layer_id")?;
    let visible = flag(params, "visible")?.unwrap_or(true);
    Ok(Edit::new(
        Command::SetVisible { layer, visible },
        move |_, _| json!({ "success": true, "visible": visible, "layer_id": layer.0 }),
    ))
}

/// `goxel.set_active_layer`
pub(crate) fn set_active(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let names = &[LAYER[0], LAYER[1], LAYER[2], "name"];
    let layer = required(params, names, scene, "Must specify valid layer_id")?;
    Ok(Edit::new(
        Command::SetActive { layer },
        move |_, _| json!({ "success": true, "active_layer": layer.0, "active_layer_id": layer.0 }),
    ))
}

/// `goxel.rename_layer`
pub(crate) fn rename(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let layer = required(params, LAYER, scene, "Must specify valid layer_id")?;
    let Some(name) = params.text(&["name", "new_name"])? else {
        return Err(wrong("name", "a string"));
    };
    let name = name.to_owned();
    Ok(Edit::new(Command::RenameLayer { layer, name }, move |_, project| {
        let name = project.scene().layer(layer).map(|layer| &layer.name);
        json!({ "success": true, "layer_id": layer.0, "name": name })
    }))
}

/// `goxel.clear_voxels`
pub(crate) fn clear(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let layer = crate::layers::choice(params, scene)?.id;
    Ok(Edit::new(
        Command::ClearLayer { layer },
        |done, _| json!({ "success": true, "removed": done.touched, "layer_id": done.layer.0 }),
    ))
}

/// `goxel.undo`
#[expect(clippy::unnecessary_wraps, reason = "the type of all plans")]
pub(crate) fn undo(_: &Scene, _: &Params<'_>) -> Result<Edit, Problem> {
    Ok(Edit { change: Change::Undo, answer: Box::new(|_, project| steps(project)) })
}

/// `goxel.redo`
#[expect(clippy::unnecessary_wraps, reason = "the type of all plans")]
pub(crate) fn redo(_: &Scene, _: &Params<'_>) -> Result<Edit, Problem> {
    Ok(Edit { change: Change::Redo, answer: Box::new(|_, project| steps(project)) })
}

fn steps(project: &Project) -> Value {
    let (undo, redo) = project.steps();
    json!({ "success": true, "undo_steps": undo, "redo_steps": redo })
}
