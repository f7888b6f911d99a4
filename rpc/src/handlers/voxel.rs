//! Single voxels: add, remove, read, paint.

use crate::colors::{BLACK, color};
use crate::error::{Answer, Problem};
use crate::handlers::voxel_list;
use crate::host::Host;
use crate::layers;
use crate::method::Edit;
use crate::params::Params;
use crate::session::Asked;
use crate::values::{POSITION, around, brush, position_or_origin};
use goxel_engine::command::Command;
use goxel_engine::scene::{LayerId, LayerKind, Scene};
use goxel_engine::volume::{Coord, Voxel};
use serde_json::{Value, json};

/// `goxel.add_voxel`
pub(crate) fn add(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let at = position_or_origin(params, POSITION)?;
    // Legacy: no colour is white by name, black by position.
    let absent = if params.is_positional() { BLACK } else { Voxel::WHITE };
    let voxel = color(params)?.unwrap_or(absent);
    let layers::Choice { id: layer, echo } = layers::choice(params, scene)?;
    let command = match brush(params)? {
        None => Command::SetVoxel { layer, at, voxel },
        Some(brush) => {
            let bounds = around(at, [brush.size; 3])?;
            Command::FillShape { layer, shape: brush.shape, bounds, voxel }
        }
    };
    Ok(Edit::new(command, move |done, _| {
        let mut result = placed(at, echo);
        result["color"] = json!(voxel.0);
        result["added"] = json!(done.touched);
        result
    }))
}

/// `goxel.remove_voxel`: one place, a brush, a list or a box.
pub(crate) fn remove(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    if let Some(edit) = voxel_list::remove(scene, params)? {
        return Ok(edit);
    }
    let at = position_or_origin(params, POSITION)?;
    let layers::Choice { id: layer, echo } = layers::choice(params, scene)?;
    let command = match brush(params)? {
        None => Command::SetVoxel { layer, at, voxel: Voxel::EMPTY },
        Some(brush) => {
            let bounds = around(at, [brush.size; 3])?;
            Command::FillShape { layer, shape: brush.shape, bounds, voxel: Voxel::EMPTY }
        }
    };
    Ok(Edit::new(command, move |done, _| {
        let mut result = placed(at, echo);
        result["removed"] = json!(done.touched);
        result
    }))
}

/// `goxel.get_voxel`
pub(crate) fn get(asked: &Asked<'_>, _: &dyn Host, params: &Params<'_>) -> Answer {
    let scene = asked.project()?.scene();
    let at = position_or_origin(params, POSITION)?;
    let id = layers::choice(params, scene)?.id_in(scene);
    let voxel = read(scene, id, at)?;
    let [x, y, z] = at.to_array();
    Ok(json!({
        "x": x,
        "y": y,
        "z": z,
        "exists": !voxel.is_empty(),
        "color": voxel.0,
        "position": [x, y, z],
        "layer_id": id.0,
    }))
}

/// `goxel.paint_voxels`: one place or a list.
pub(crate) fn paint(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    if let Some(edit) = voxel_list::paint(scene, params)? {
        return Ok(edit);
    }
    let at = position_or_origin(params, POSITION)?;
    let voxel = paint_of(color(params)?.unwrap_or(BLACK));
    let choice = layers::choice(params, scene)?;
    if read(scene, choice.id_in(scene), at)?.is_empty() {
        let [x, y, z] = at.to_array();
        return Err(Problem::refused("empty_cell", format!("there is no voxel at {x} {y} {z}")));
    }
    let command = Command::PaintVoxels { layer: choice.id, voxels: vec![(at, voxel)] };
    Ok(Edit::new(command, move |done, _| json!({ "success": true, "painted": done.touched })))
}

/// Legacy: paint never erases, no alpha is opaque.
pub(super) fn paint_of(mut voxel: Voxel) -> Voxel {
    if voxel.is_empty() {
        voxel.0[3] = 255;
    }
    voxel
}

fn read(scene: &Scene, id: LayerId, at: Coord) -> Result<Voxel, Problem> {
    match scene.layer(id) {
        Some(layer) if layer.kind == LayerKind::Plain => Ok(layer.volume.get(at)),
        Some(_) => {
            let detail =
                format!("layer {} is a clone, shape or image layer: it has no own voxels", id.0);
            Err(Problem::refused("invalid_operation", detail))
        }
        None => Err(Problem::refused("layer_not_found", format!("no layer has id {}", id.0))),
    }
}

fn placed(at: Coord, layer_id: i64) -> Value {
    let [x, y, z] = at.to_array();
    json!({ "success": true, "x": x, "y": y, "z": z, "layer_id": layer_id })
}
