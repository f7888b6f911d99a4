//! MagicaVoxel files: models of up to 256^3 voxels, placed by a scene graph.
//!
//! Reading makes one plain layer of each placed model, in the order of the graph,
//! with the name of the nearest node above that has one. Hidden nodes and hidden
//! layers give hidden layers; of an animation the first frame is taken; a file
//! without a graph gives one layer a model. Versions 150, 200 and any other are
//! read alike.
//!
//! A layer has a material where all its colours have the same one. Left out, since
//! a scene has no place for them: materials that differ within a model, cameras,
//! render settings, palette notes and order.
//!
//! Writing keeps layers as named, placed shapes, in pieces of at most 256^3, with
//! the coordinates they have here. Solid voxels only, opaque, at most 255 colours:
//! exact when there are no more, else by median cut. Layers that change what lies
//! below them have no counterpart and are applied to it; materials are left out.

mod chunks;
mod colors;
mod graph;
mod materials;
mod place;
mod write;

use super::{Draft, FormatError, Limits, complete, settle};
use crate::scene::Scene;
use crate::volume::Voxel;
use materials::Table;

const MAGIC: &[u8; 4] = b"VOX ";

/// The most voxels along an axis of a written model: coordinates are bytes.
const EDGE_MAX: i64 = 256;

/// Whether the bytes begin like a MagicaVoxel file.
pub fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The scene in a MagicaVoxel file: one layer for each placed model.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Scene, FormatError> {
    let file = chunks::parse(bytes, limits)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut budget = super::limits::Budget::new(*limits);
    let Table { materials, of_model } = Table::new(&file);
    for instance in graph::instances(&file, limits)? {
        let mut draft = place::draft(&file, &instance, &mut budget)?;
        draft.layer.material = Some(of_model[instance.model]);
        drafts.push(draft);
    }
    let layers = settle(drafts);
    let mut scene = Scene { layers, materials, cameras: Vec::new(), ..Scene::new() };
    complete(&mut scene, None);
    Ok(scene)
}

/// The colours of a MagicaVoxel file, by index; index 0 is empty. The standard ones when
/// the file has none.
pub fn palette(bytes: &[u8]) -> Result<[Voxel; 256], FormatError> {
    chunks::parse_palette(bytes)
}

/// The scene as a MagicaVoxel file, layer by layer, hidden ones too.
///
/// A scene without a solid voxel is refused, as are more than 4096 models or 2^26 voxels.
pub fn encode(scene: &Scene) -> Result<Vec<u8>, FormatError> {
    write::layered(scene)
}

/// What is drawn as a file of one model with its lowest corner at the origin, as
/// older programs wrote it: where the scene was is lost. More than 256 voxels
/// along an axis are refused.
pub fn encode_single(scene: &Scene) -> Result<Vec<u8>, FormatError> {
    write::single(scene)
}

#[cfg(test)]
mod tests;
