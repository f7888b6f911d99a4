//! Many voxels in one call. Bad elements are counted and reported; the good
//! ones are written.

use crate::colors::color;
use crate::error::Problem;
use crate::handlers::voxel::{self, paint_of};
use crate::layers;
use crate::method::Edit;
use crate::params::Params;
use crate::values::{POSITION, bounds, position};
use goxel_engine::command::Command;
use goxel_engine::ops::Shape;
use goxel_engine::scene::Scene;
use goxel_engine::volume::{Coord, Voxel};
use serde_json::{Value, json};

/// The order of an element that is an array.
const ELEMENT: &[&str] = &["x", "y", "z", "r", "g", "b", "a"];

/// How many bad elements a reply names.
const MAX_ERRORS: usize = 100;

/// `goxel.add_voxels`: a list, or one place with a brush.
pub(crate) fn add(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let Some(value) = params.get("voxels") else {
        if params.has_any(&["x", "y", "z", "position", "pos"]) {
            return voxel::add(scene, params);
        }
        return Err(Problem::param("voxels", "Missing voxels parameter"));
    };
    let Value::Array(elements) = value else {
        return Err(Problem::param("voxels", "Invalid voxels parameter (must be array)"));
    };
    let default = color(params)?.unwrap_or(Voxel::WHITE);
    let layer = layers::choice(params, scene)?.id;
    let Elements { voxels, failed, errors } = read(elements, default);
    let added = voxels.len();
    Ok(Edit::new(Command::SetVoxels { layer, voxels }, move |_, _| {
        json!({
            "success": failed == 0,
            "added": added,
            "failed": failed,
            "processed_count": added,
            "failed_count": failed,
            "count": added,
            "errors": errors,
        })
    }))
}

/// The `voxels` or the `box` of `goxel.remove_voxel`; `None` when neither is there.
pub(super) fn remove(scene: &Scene, params: &Params<'_>) -> Result<Option<Edit>, Problem> {
    let layer = layers::choice(params, scene)?.id;
    if let Some(value) = params.get("box") {
        let (shape, bounds, voxel) = (Shape::Cube, bounds("box", value)?, Voxel::EMPTY);
        let command = Command::FillShape { layer, shape, bounds, voxel };
        return Ok(Some(Edit::new(
            command,
            |done, _| json!({ "success": true, "removed": done.touched }),
        )));
    }
    let Some(elements) = elements(params)? else {
        return Ok(None);
    };
    let Elements { mut voxels, failed, errors } = read(elements, Voxel::EMPTY);
    voxels.iter_mut().for_each(|(_, voxel)| *voxel = Voxel::EMPTY);
    Ok(Some(Edit::new(Command::SetVoxels { layer, voxels }, move |done, _| {
        json!({
            "success": failed == 0,
            "removed": done.touched,
            "failed": failed,
            "errors": errors,
        })
    })))
}

/// The `voxels` of `goxel.paint_voxels`; `None` when they are not there.
pub(super) fn paint(scene: &Scene, params: &Params<'_>) -> Result<Option<Edit>, Problem> {
    let Some(elements) = elements(params)? else {
        return Ok(None);
    };
    let default = color(params)?.unwrap_or(Voxel::WHITE);
    let layer = layers::choice(params, scene)?.id;
    let Elements { mut voxels, failed, errors } = read(elements, default);
    voxels.iter_mut().for_each(|(_, voxel)| *voxel = paint_of(*voxel));
    Ok(Some(Edit::new(Command::PaintVoxels { layer, voxels }, move |done, _| {
        json!({
            "success": failed == 0,
            "painted": done.touched,
            "failed": failed,
            "errors": errors,
        })
    })))
}

/// The list `voxels`, also as the only positional parameter.
fn elements<'a>(params: &Params<'a>) -> Result<Option<&'a [Value]>, Problem> {
    if let (true, Some(Value::Array(list))) = (params.is_positional(), params.get("x")) {
        return Ok(Some(list));
    }
    Ok(params.list(&["voxels"])?.map(|(_, list)| list))
}

struct Elements {
    voxels: Vec<(Coord, Voxel)>,
    failed: usize,
    errors: Vec<Value>,
}

fn read(elements: &[Value], default: Voxel) -> Elements {
    let mut voxels = Vec::with_capacity(elements.len());
    let mut errors = Vec::new();
    for (index, value) in elements.iter().enumerate() {
        match element(value, default) {
            Ok(good) => voxels.push(good),
            Err(error) if errors.len() < MAX_ERRORS => {
                errors.push(json!({ "index": index, "error": error }));
            }
            Err(_) => {}
        }
    }
    Elements { failed: elements.len() - voxels.len(), voxels, errors }
}

fn element(value: &Value, default: Voxel) -> Result<(Coord, Voxel), String> {
    let params = Params::of_element(value, ELEMENT).ok_or("not an object or an array")?;
    let at = position(&params, POSITION).map_err(Problem::text)?;
    let at = at.ok_or("no position: give x, y, z")?;
    let voxel = color(&params).map_err(Problem::text)?;
    Ok((at, voxel.unwrap_or(default)))
}
