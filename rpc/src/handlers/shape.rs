//! Whole shapes and floods.

use crate::colors::{BLACK, color};
use crate::error::Problem;
use crate::layers;
use crate::method::Edit;
use crate::params::{Params, wrong};
use crate::values::{
    POSITION, around, bounds, integer, integer_in, integer_of, position_or_origin, shape_names,
    triple,
};
use goxel_engine::command::Command;
use goxel_engine::ops::{Neighbors, Shape, Spread, Tolerance};
use goxel_engine::scene::Scene;
use goxel_engine::volume::Coord;
use serde_json::{Value, json};

const DEFAULT_SIZE: i32 = 10;

/// `goxel.procedural_shape`
pub(crate) fn procedural(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let asked = params.text(&["shape_type", "shape", "type"])?;
    // `shape.sphere` says it in the method's name.
    let name = asked.or(params.asked().strip_prefix("shape.")).unwrap_or("cube");
    let bounds = around(center(params)?, size(params)?)?;
    let voxel = color(params)?.unwrap_or(BLACK);
    let layer = layers::choice(params, scene)?.id;
    let name = name.to_ascii_lowercase();
    let shape = Shape::from_name(&name).ok_or_else(|| unknown_shape(&name))?;
    let command = Command::FillShape { layer, shape, bounds, voxel };
    Ok(Edit::new(
        command,
        move |done, _| json!({ "success": true, "shape_type": name, "voxels_created": done.touched }),
    ))
}

/// `goxel.flood_fill`
pub(crate) fn flood(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let seed = position_or_origin(params, &["seed_position", "seed", "position", "pos"])?;
    let voxel = color(params)?.unwrap_or(BLACK);
    let tolerance = integer_in(params, "tolerance", 0..=255, 0)? as u8;
    let layer = layers::choice(params, scene)?.id;
    let spread = spread(params, tolerance)?;
    let command = Command::FloodFill { layer, seed, voxel, spread };
    Ok(Edit::new(command, |done, _| json!({ "success": true, "voxels_filled": done.touched })))
}

fn spread(params: &Params<'_>, tolerance: u8) -> Result<Spread, Problem> {
    let neighbors = match integer(params, "connectivity")? {
        None | Some(6) => Neighbors::Faces,
        Some(18) => Neighbors::Edges,
        Some(26) => Neighbors::Corners,
        Some(_) => return Err(wrong("connectivity", "6, 18 or 26")),
    };
    let tolerance = match params.get("compare").map(Value::as_str) {
        None | Some(Some("seed")) => Tolerance::Seed(tolerance),
        Some(Some("neighbor")) => Tolerance::Neighbor(tolerance),
        Some(_) => return Err(wrong("compare", "\"seed\" or \"neighbor\"")),
    };
    let within = params.get("region").map(|value| bounds("region", value)).transpose()?;
    Ok(Spread { neighbors, tolerance, within })
}

fn center(params: &Params<'_>) -> Result<Coord, Problem> {
    let [x, y, z] = ["center_x", "center_y", "center_z"].map(|name| integer(params, name));
    let (x, y, z) = (x?, y?, z?);
    if let Some((name, value)) = params.any(&["center", POSITION[0], POSITION[1]]) {
        return triple(name, value).map(Coord::from);
    }
    Ok([x, y, z].map(Option::unwrap_or_default).into())
}

fn size(params: &Params<'_>) -> Result<[i32; 3], Problem> {
    let [x, y, z] = ["size_x", "size_y", "size_z"].map(|name| integer(params, name));
    let size = match params.get("size") {
        Some(value @ Value::Number(_)) => [integer_of("size", value)?; 3],
        Some(value) => triple("size", value)?,
        None => [x?, y?, z?].map(|size| size.unwrap_or(DEFAULT_SIZE)),
    };
    if size.iter().any(|size| *size < 1) {
        return Err(wrong("size", "at least 1 on each axis"));
    }
    Ok(size)
}

fn unknown_shape(name: &str) -> Problem {
    let shown = &name[..name.floor_char_boundary(64)];
    Problem::refused("unknown_shape", format!("there is no shape '{shown}'"))
        .with("valid_shapes", json!(shape_names()))
}
