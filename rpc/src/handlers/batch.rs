//! `goxel.batch_operations`: many small edits as one step.

use crate::colors::color;
use crate::error::Problem;
use crate::handlers::voxel::paint_of;
use crate::layers;
use crate::method::Edit;
use crate::params::Params;
use crate::values::{POSITION, position};
use goxel_engine::command::Command;
use goxel_engine::scene::Scene;
use goxel_engine::volume::{Coord, Volume, Voxel};
use serde_json::{Value, json};

const MISSING: &str = "Must specify operations array";
const MAX_ERRORS: usize = 100;

/// `goxel.batch_operations`. Legacy: what is not understood is left out.
pub(crate) fn operations(scene: &Scene, params: &Params<'_>) -> Result<Edit, Problem> {
    let Some(Value::Array(operations)) = params.get("operations") else {
        return Err(Problem::param("operations", MISSING));
    };
    let choice = layers::choice(params, scene)?;
    let layer = choice.id_in(scene);
    let mut batch = Batch::on(scene.layer(layer).map(|layer| layer.volume.clone()));
    operations.iter().enumerate().for_each(|(index, value)| batch.add(index, value));
    let Batch { writes, errors, done, .. } = batch;
    let total = operations.len();
    Ok(Edit::new(Command::SetVoxels { layer: choice.id, voxels: writes }, move |_, _| {
        json!({
            "success": true,
            "total_operations": total,
            "successful_operations": done,
            "failed_operations": total - done,
            "errors": errors,
        })
    }))
}

/// The edits so far, and what the layer holds after them.
struct Batch {
    after: Volume,
    writes: Vec<(Coord, Voxel)>,
    done: usize,
    errors: Vec<Value>,
}

impl Batch {
    fn on(volume: Option<Volume>) -> Self {
        let after = volume.unwrap_or_default();
        Self { after, writes: Vec::new(), done: 0, errors: Vec::new() }
    }

    fn add(&mut self, index: usize, value: &Value) {
        match self.write_of(value) {
            Ok((at, voxel)) => {
                self.after.set(at, voxel);
                self.writes.push((at, voxel));
                self.done += 1;
            }
            Err(error) if self.errors.len() < MAX_ERRORS => {
                self.errors.push(json!({ "index": index, "error": error }));
            }
            Err(_) => {}
        }
    }

    /// The place and the voxel that an operation writes.
    fn write_of(&self, value: &Value) -> Result<(Coord, Voxel), String> {
        let kind = ["type", "method", "op"].iter().find_map(|name| value.get(name)?.as_str());
        let kind = kind.ok_or("no type")?;
        let values = value.get("params").unwrap_or(value);
        let params = Params::of_element(values, &["x", "y", "z", "r", "g", "b", "a"])
            .ok_or("not an object or an array")?;
        let at = position(&params, POSITION).map_err(Problem::text)?.unwrap_or_default();
        let voxel = color(&params).map_err(Problem::text)?;
        match kind.strip_prefix("goxel.").unwrap_or(kind) {
            "add" | "add_voxel" | "set" => Ok((at, voxel.unwrap_or(Voxel::WHITE))),
            "remove" | "remove_voxel" => Ok((at, Voxel::EMPTY)),
            "paint" | "paint_voxel" | "paint_voxels" if self.after.get(at).is_empty() => {
                Err("there is no voxel to paint".to_owned())
            }
            "paint" | "paint_voxel" | "paint_voxels" => {
                Ok((at, paint_of(voxel.unwrap_or(Voxel::WHITE))))
            }
            _ => Err("unknown type: use add_voxel, remove_voxel or paint_voxel".to_owned()),
        }
    }
}
