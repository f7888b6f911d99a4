//! Writing: a scene becomes chunks, within what older readers can hold.

use super::super::error::{Cause, FormatError};
use super::dict::Writer;
use super::tiles::pack;
use super::{CONTINUES, MAGIC};
use crate::composite;
use crate::ops::Shape;
use crate::scene::{Layer, LayerKind, Light, Material, NAME_MAX, Scene, SceneCamera};
use crate::volume::{Brick, Coord, Volume};
use std::collections::HashMap;

/// Older readers hold a dictionary chunk in this many bytes.
const DICTIONARY_END: usize = 1 << 20;
/// Blocks in one layer chunk, so that 48 KiB are left for its keys.
const BLOCKS_MAX: usize = 50_000;
/// Older readers hold the names of materials and cameras in 128 bytes.
const SHORT_NAME_MAX: usize = 127;

const KNOWN_CHUNKS: [&[u8; 4]; 7] = [b"IMG ", b"PREV", b"BL16", b"MATE", b"LAYR", b"CAMR", b"LIGH"];

pub(super) fn file(scene: &Scene) -> Result<Vec<u8>, FormatError> {
    let volumes: Vec<Volume> = scene.layers.iter().map(|layer| stored(scene, layer)).collect();
    let mut out = MAGIC.to_vec();
    out.extend(2i32.to_le_bytes());
    dictionary(&mut out, b"IMG ", &image(scene).bytes)?;
    let blocks = tiles(&mut out, &volumes)?;
    for item in &scene.materials {
        dictionary(&mut out, b"MATE", &material(item).bytes)?;
    }
    for (layer, blocks) in scene.layers.iter().zip(&blocks) {
        layer_chunks(&mut out, layer, blocks)?;
    }
    for (index, item) in scene.cameras.iter().enumerate() {
        let mut keys = camera(item);
        if index == scene.active_camera {
            keys.put(b"active", b"");
        }
        dictionary(&mut out, b"CAMR", &keys.bytes)?;
    }
    dictionary(&mut out, b"LIGH", &light(&scene.light).bytes)?;
    for extra in &scene.extra_chunks {
        if !KNOWN_CHUNKS.contains(&&extra.kind) {
            chunk(&mut out, &extra.kind, &extra.data)?;
        }
    }
    Ok(out)
}

/// The voxels that the file holds for a layer: shapes that older readers do not
/// know are given to them as plain voxels.
fn stored(scene: &Scene, layer: &Layer) -> Volume {
    match layer.kind {
        LayerKind::Plain => layer.volume.clone(),
        LayerKind::Shape {
            shape: Shape::Cone | Shape::Pyramid | Shape::Torus | Shape::Prism(_),
            ..
        } => composite::voxels_of(scene, layer),
        LayerKind::Shape { .. } | LayerKind::Clone { .. } | LayerKind::Image { .. } => {
            Volume::new()
        }
    }
}

/// Writes each tile once; says which one lies where, a list a volume.
fn tiles(out: &mut Vec<u8>, volumes: &[Volume]) -> Result<Vec<Vec<(i32, Coord)>>, FormatError> {
    // Layers may share bricks: those are packed only once.
    let mut by_brick: HashMap<*const Brick, i32> = HashMap::new();
    let mut by_picture: HashMap<Vec<u8>, i32> = HashMap::new();
    let mut lists = Vec::with_capacity(volumes.len());
    for volume in volumes {
        let mut list = Vec::with_capacity(volume.brick_count());
        for (home, brick) in volume.bricks() {
            let number = match by_brick.get(&std::ptr::from_ref(brick)) {
                Some(number) => *number,
                None => tile(out, &mut by_picture, pack(brick))?,
            };
            by_brick.insert(brick, number);
            list.push((number, home.origin()));
        }
        lists.push(list);
    }
    Ok(lists)
}

fn tile(
    out: &mut Vec<u8>,
    known: &mut HashMap<Vec<u8>, i32>,
    picture: Vec<u8>,
) -> Result<i32, FormatError> {
    if let Some(number) = known.get(&picture) {
        return Ok(*number);
    }
    chunk(out, b"BL16", &picture)?;
    let number = known.len() as i32;
    known.insert(picture, number);
    Ok(number)
}

fn layer_chunks(
    out: &mut Vec<u8>,
    layer: &Layer,
    blocks: &[(i32, Coord)],
) -> Result<(), FormatError> {
    let keys = layer_keys(layer, layer.id.0 as i32);
    let (first, more) = blocks.split_at(blocks.len().min(BLOCKS_MAX));
    dictionary(out, b"LAYR", &[block_list(first), keys.bytes].concat())?;
    for part in more.chunks(BLOCKS_MAX) {
        let mut keys = layer_keys(layer, 0);
        keys.int(CONTINUES, layer.id.0 as i32);
        dictionary(out, b"LAYR", &[block_list(part), keys.bytes].concat())?;
    }
    Ok(())
}

fn block_list(blocks: &[(i32, Coord)]) -> Vec<u8> {
    let numbers = blocks.iter().flat_map(|(tile, at)| [*tile, at.x, at.y, at.z, 0]);
    std::iter::once(blocks.len() as i32).chain(numbers).flat_map(i32::to_le_bytes).collect()
}

fn layer_keys(layer: &Layer, id: i32) -> Writer {
    let mut keys = Writer::default();
    let base = match layer.kind {
        LayerKind::Clone { base } => base.0 as i32,
        _ => 0,
    };
    let material = layer.material.and_then(|index| i32::try_from(index).ok());
    keys.text(b"name", &layer.name, NAME_MAX);
    keys.floats(b"mat", &layer.mat.0);
    keys.int(b"id", id);
    keys.int(b"base_id", base);
    keys.int(b"material", material.unwrap_or(-1));
    keys.int(b"mode", layer.mode as i32);
    if let LayerKind::Image { path } = &layer.kind {
        keys.text(b"img-path", path, NAME_MAX);
    }
    if let Some(bounds) = &layer.bounds {
        keys.floats(b"box", &bounds.0);
    }
    if let LayerKind::Shape { shape, color } = layer.kind {
        keys.text(b"shape", shape.name(), NAME_MAX);
        keys.put(b"color", &color.0);
    }
    keys.put(b"visible", &[layer.visible.into()]);
    let known: [&[u8]; 12] = [
        b"name",
        b"mat",
        b"id",
        b"base_id",
        b"material",
        b"mode",
        b"img-path",
        b"box",
        b"shape",
        b"color",
        b"visible",
        CONTINUES,
    ];
    keys.extra(&layer.extra, &known);
    keys
}

fn image(scene: &Scene) -> Writer {
    let mut keys = Writer::default();
    if scene.area.is_set() {
        keys.floats(b"box", &scene.area.0);
    }
    keys.extra(&scene.extra, &[b"box"]);
    keys
}

fn material(material: &Material) -> Writer {
    let mut keys = Writer::default();
    keys.text(b"name", &material.name, SHORT_NAME_MAX);
    keys.floats(b"color", &material.color);
    keys.floats(b"metallic", &[material.metallic]);
    keys.floats(b"roughness", &[material.roughness]);
    keys.floats(b"emission", &material.emission);
    keys.extra(&material.extra, &[b"name", b"color", b"metallic", b"roughness", b"emission"]);
    keys
}

fn camera(camera: &SceneCamera) -> Writer {
    let mut keys = Writer::default();
    keys.text(b"name", &camera.name, SHORT_NAME_MAX);
    keys.floats(b"dist", &[camera.dist]);
    keys.put(b"ortho", &[camera.ortho.into()]);
    keys.floats(b"mat", &camera.mat.0);
    let known: [&[u8]; 7] = [b"name", b"dist", b"ortho", b"mat", b"rot", b"ofs", b"active"];
    keys.extra(&camera.extra, &known);
    keys
}

fn light(light: &Light) -> Writer {
    let mut keys = Writer::default();
    keys.floats(b"pitch", &[light.pitch]);
    keys.floats(b"yaw", &[light.yaw]);
    keys.floats(b"intensity", &[light.intensity]);
    keys.put(b"fixed", &[light.fixed.into()]);
    keys.floats(b"ambient", &[light.ambient]);
    keys.floats(b"shadow", &[light.shadow]);
    let known: [&[u8]; 6] = [b"pitch", b"yaw", b"intensity", b"fixed", b"ambient", b"shadow"];
    keys.extra(&light.extra, &known);
    keys
}

/// A chunk that older readers hold in memory as a whole.
fn dictionary(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) -> Result<(), FormatError> {
    if content.len() >= DICTIONARY_END {
        let what = "bytes in a dictionary, the most that older readers take";
        return Err(FormatError::unwritable(Cause::Limit { what, max: DICTIONARY_END as u64 }));
    }
    chunk(out, kind, content)
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) -> Result<(), FormatError> {
    let what = "bytes in a chunk";
    let length = i32::try_from(content.len())
        .map_err(|_| FormatError::unwritable(Cause::Limit { what, max: i32::MAX as u64 }))?;
    out.extend(kind);
    out.extend(length.to_le_bytes());
    out.extend(content);
    // The checksum. Older readers take these four zeros for the end of a dictionary.
    out.extend([0; 4]);
    Ok(())
}
