//! Writing: layers become placed models of at most 256^3 voxels.

use super::super::error::{Cause, FormatError};
use super::colors::Indexed;
use super::{EDGE_MAX, MAGIC};
use crate::composite;
use crate::scene::{LayerKind, Scene};
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel};
use std::collections::BTreeMap;

/// Models in a file: as many as are read back with the default limits.
const MODELS_MAX: usize = 4096;

/// Voxels in a file. Each takes four bytes of it and some more while it is made, where a
/// volume may hold a brick of them as one colour; and lengths in a file are 32 bits.
const VOXELS_MAX: u64 = 1 << 26;

/// A layer of the file.
struct Shape<'a> {
    name: &'a str,
    visible: bool,
    volume: Volume,
}

/// A part of a layer: its lowest corner in the scene, its size, and its voxels as
/// x, y, z and colour index, sorted by z, y, x.
struct Model {
    min: Coord,
    size: [i64; 3],
    voxels: Vec<[u8; 4]>,
}

pub(super) fn layered(scene: &Scene) -> Result<Vec<u8>, FormatError> {
    let shapes = shapes(scene);
    check_voxels(shapes.iter().map(|shape| shape.volume.filled()).sum())?;
    let colors = Indexed::new(shapes.iter().flat_map(|shape| voxels(&shape.volume)));
    if colors.colors.is_empty() {
        return Err(FormatError::unwritable(Cause::Empty));
    }
    let mut file = File::default();
    for shape in &shapes {
        file.layer(shape, &models(&shape.volume, &colors)?)?;
    }
    Ok(file.finish(&colors))
}

pub(super) fn single(scene: &Scene) -> Result<Vec<u8>, FormatError> {
    let drawn = composite::drawn(scene);
    let bounds = drawn.bounds().ok_or(FormatError::unwritable(Cause::Empty))?;
    if bounds.size().iter().any(|edge| *edge > EDGE_MAX) {
        let what = "voxels along an axis of a single model";
        return Err(FormatError::unwritable(Cause::Limit { what, max: EDGE_MAX as u64 }));
    }
    let colors = Indexed::new(voxels(&drawn));
    let mut out = Chunks::default();
    for model in models(&drawn, &colors)? {
        out.model(&model);
    }
    out.palette(&colors);
    Ok(out.file())
}

/// The layers as shapes that can be shown one over the other: what a layer takes
/// from those below it, or does to their colours, is done.
fn shapes(scene: &Scene) -> Vec<Shape<'_>> {
    let mut shapes: Vec<Shape<'_>> = Vec::new();
    for layer in &scene.layers {
        if matches!(layer.kind, LayerKind::Image { .. }) {
            continue;
        }
        let volume = composite::voxels_of(scene, layer);
        let visible = layer.visible;
        let lowest = !shapes.iter().any(|shape| shape.visible);
        let below = shapes.iter_mut().filter(|shape| shape.visible);
        match layer.mode {
            _ if !visible || lowest => {}
            BlendMode::Over | BlendMode::Max => {}
            BlendMode::Replace => below.for_each(|shape| shape.volume = Volume::new()),
            mode => {
                for shape in below {
                    shape.volume = Volume::merged(&shape.volume, &volume, mode);
                }
                continue;
            }
        }
        shapes.push(Shape { name: &layer.name, visible, volume });
    }
    for shape in &mut shapes {
        shape.volume = shape.volume.solid();
    }
    shapes
}

fn voxels(volume: &Volume) -> impl Iterator<Item = Voxel> + '_ {
    volume.voxels().map(|(_, voxel)| voxel)
}

/// The volume in cells of 256^3 counted from its lowest corner, empty ones left out;
/// a volume without voxels is one empty model, so that its layer is kept.
fn models(volume: &Volume, colors: &Indexed) -> Result<Vec<Model>, FormatError> {
    let Some(bounds) = volume.bounds() else {
        return Ok(vec![Model { min: Coord::default(), size: [1; 3], voxels: Vec::new() }]);
    };
    let mut cells: BTreeMap<[i64; 3], Vec<[u8; 4]>> = BTreeMap::new();
    for (at, voxel) in volume.voxels() {
        let [x, y, z] = from_corner(bounds, at);
        let cell = [z, y, x].map(|v| v / EDGE_MAX);
        let place = [x, y, z].map(|v| (v % EDGE_MAX) as u8);
        if cells.len() > MODELS_MAX {
            break;
        }
        cells.entry(cell).or_default().push([place[0], place[1], place[2], colors.index(voxel)]);
    }
    check_count(cells.len())?;
    Ok(cells.into_iter().map(|([z, y, x], voxels)| model(bounds, [x, y, z], voxels)).collect())
}

fn from_corner(bounds: Bounds, at: Coord) -> [i64; 3] {
    let (at, low) = (at.to_array(), bounds.min.to_array());
    [0, 1, 2].map(|axis| i64::from(at[axis]) - i64::from(low[axis]))
}

/// The model of a cell, cut to its voxels.
fn model(bounds: Bounds, cell: [i64; 3], mut voxels: Vec<[u8; 4]>) -> Model {
    let values = |axis: usize| voxels.iter().map(move |voxel| voxel[axis]);
    let low = [0, 1, 2].map(|axis| values(axis).min().unwrap_or(0));
    let high = [0, 1, 2].map(|axis| values(axis).max().unwrap_or(0));
    for voxel in &mut voxels {
        for axis in 0..3 {
            voxel[axis] -= low[axis];
        }
    }
    voxels.sort_unstable_by_key(|[x, y, z, _]| u32::from_be_bytes([0, *z, *y, *x]));
    let corner = bounds.min.to_array();
    let min = [0, 1, 2].map(|axis| {
        let far = i64::from(corner[axis]) + cell[axis] * EDGE_MAX + i64::from(low[axis]);
        far as i32
    });
    let size = [0, 1, 2].map(|axis| i64::from(high[axis] - low[axis]) + 1);
    Model { min: min.into(), size, voxels }
}

fn check_voxels(voxels: u64) -> Result<(), FormatError> {
    let cause = Cause::Limit { what: "voxels in a vox file", max: VOXELS_MAX };
    if voxels <= VOXELS_MAX { Ok(()) } else { Err(FormatError::unwritable(cause)) }
}

fn check_count(models: usize) -> Result<(), FormatError> {
    let cause = Cause::Limit { what: "models in a vox file", max: MODELS_MAX as u64 };
    if models <= MODELS_MAX { Ok(()) } else { Err(FormatError::unwritable(cause)) }
}

/// A file with a scene graph, being put together.
#[derive(Default)]
struct File {
    models: Chunks,
    nodes: Chunks,
    count: usize,
    last_node: i32,
    children: Vec<i32>,
}

const ROOT: i32 = 0;
const ROOT_GROUP: i32 = 1;

impl File {
    fn layer(&mut self, shape: &Shape<'_>, models: &[Model]) -> Result<(), FormatError> {
        check_count(self.count + models.len())?;
        let attributes = attributes(shape);
        if let [model] = models {
            let child = self.placed(model, &attributes);
            self.children.push(child);
            return Ok(());
        }
        let (transform, group) = (self.node(), self.node());
        let parts: Vec<i32> = models.iter().map(|model| self.placed(model, &[])).collect();
        self.nodes.transform(transform, &attributes, group, 0, None);
        self.nodes.group(group, &parts);
        self.children.push(transform);
        Ok(())
    }

    /// A model, its shape, and the transform that places it: the answer.
    fn placed(&mut self, model: &Model, attributes: &[(&str, String)]) -> i32 {
        let (transform, shape) = (self.node(), self.node());
        self.nodes.transform(transform, attributes, shape, 0, Some(step(model)));
        self.nodes.shape(shape, self.count as i32);
        self.models.model(model);
        self.count += 1;
        transform
    }

    fn node(&mut self) -> i32 {
        self.last_node = self.last_node.max(ROOT_GROUP) + 1;
        self.last_node
    }

    fn finish(self, colors: &Indexed) -> Vec<u8> {
        let mut out = self.models;
        out.transform(ROOT, &[], ROOT_GROUP, -1, None);
        out.group(ROOT_GROUP, &self.children);
        out.bytes.extend(self.nodes.bytes);
        out.layer(0);
        out.palette(colors);
        out.file()
    }
}

fn attributes(shape: &Shape<'_>) -> Vec<(&'static str, String)> {
    let name = shape.name.split('\0').next().unwrap_or_default().to_owned();
    let mut attributes = vec![("_name", name)];
    if !shape.visible {
        attributes.push(("_hidden", "1".to_owned()));
    }
    attributes
}

/// The translation that puts the model's lowest corner where it is: voxel v goes to
/// `v - size / 2 + step`. It is a place inside the model, so it fits.
fn step(model: &Model) -> [i32; 3] {
    let low = model.min.to_array();
    [0, 1, 2].map(|axis| low[axis] + (model.size[axis] / 2) as i32)
}

/// Chunks one after the other, all children of MAIN.
#[derive(Default)]
pub(super) struct Chunks {
    pub bytes: Vec<u8>,
}

impl Chunks {
    fn chunk(&mut self, kind: &[u8; 4], content: &[u8]) {
        self.bytes.extend(kind);
        self.bytes.extend((content.len() as u32).to_le_bytes());
        self.bytes.extend(0u32.to_le_bytes());
        self.bytes.extend(content);
    }

    fn model(&mut self, model: &Model) {
        self.chunk(b"SIZE", &integers(&model.size.map(|edge| edge as i32)));
        let count = integers(&[model.voxels.len() as i32]);
        self.chunk(b"XYZI", &[&count, model.voxels.as_flattened()].concat());
    }

    fn transform(
        &mut self,
        id: i32,
        attributes: &[(&str, String)],
        child: i32,
        layer: i32,
        step: Option<[i32; 3]>,
    ) {
        let frame = step.map(|[x, y, z]| ("_t", format!("{x} {y} {z}")));
        let head = [integers(&[id]), dict(attributes), integers(&[child, -1, layer, 1])];
        self.chunk(b"nTRN", &[head.concat(), dict(frame.as_slice())].concat());
    }

    fn group(&mut self, id: i32, children: &[i32]) {
        let count = children.len() as i32;
        let content = [integers(&[id]), dict(&[]), integers(&[count]), integers(children)];
        self.chunk(b"nGRP", &content.concat());
    }

    fn shape(&mut self, id: i32, model: i32) {
        let content = [integers(&[id]), dict(&[]), integers(&[1, model]), dict(&[])];
        self.chunk(b"nSHP", &content.concat());
    }

    fn layer(&mut self, id: i32) {
        let content = [integers(&[id]), dict(&[("_name", id.to_string())]), integers(&[-1])];
        self.chunk(b"LAYR", &content.concat());
    }

    fn palette(&mut self, colors: &Indexed) {
        let opaque = colors.colors.iter().map(|[r, g, b]| [*r, *g, *b, 255]);
        let mut entries: Vec<[u8; 4]> = opaque.collect();
        entries.resize(256, [0; 4]);
        self.chunk(b"RGBA", entries.as_flattened());
    }

    fn file(self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(150u32.to_le_bytes());
        out.extend(b"MAIN");
        out.extend(0u32.to_le_bytes());
        out.extend((self.bytes.len() as u32).to_le_bytes());
        out.extend(self.bytes);
        out
    }
}

fn integers(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn dict(entries: &[(&str, String)]) -> Vec<u8> {
    let mut out = integers(&[entries.len() as i32]);
    for text in entries.iter().flat_map(|(key, value)| [*key, value.as_str()]) {
        out.extend(integers(&[text.len() as i32]));
        out.extend(text.as_bytes());
    }
    out
}
