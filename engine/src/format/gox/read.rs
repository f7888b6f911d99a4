//! Reading: chunks become a scene.

use super::super::error::{Cause, FormatError};
use super::super::limits::{Budget, Limits};
use super::super::reader::Reader;
use super::super::{Draft, complete, settle};
use super::dict::{Entry, entries};
use super::tiles::Tiles;
use super::{CONTINUES, MAGIC};
use crate::math::Mat4;
use crate::ops::Shape;
use crate::scene::{
    ExtraChunk, Layer, LayerId, LayerKind, Light, Material, Scene, SceneCamera, clip_name,
};
use crate::volume::{BlendMode, Volume, Voxel};

/// The last version that is worth a try.
const VERSION_MAX: i32 = 12;

pub(super) fn scene(bytes: &[u8], limits: &Limits) -> Result<Scene, FormatError> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != *MAGIC {
        return Err(FormatError::at(0, Cause::UnknownFormat));
    }
    let version = reader.i32()?;
    if !(1..=VERSION_MAX).contains(&version) {
        return Err(FormatError::at(4, Cause::Version(version.into())));
    }
    let mut file = File::new(version, limits);
    while !reader.is_done() {
        let kind = reader.array()?;
        let length = reader.count()?;
        let content = reader.part(length)?;
        // The checksum: always zero, never checked.
        reader.array::<4>()?;
        file.chunk(kind, content)?;
    }
    Ok(file.finish())
}

/// A file as far as it has been read.
struct File<'a> {
    /// Version 1 gives the middle of a block instead of its corner.
    shift: i32,
    scene: Scene,
    area: Option<Mat4>,
    drafts: Vec<Draft>,
    tiles: Tiles<'a>,
    budget: Budget,
}

impl<'a> File<'a> {
    fn new(version: i32, limits: &Limits) -> Self {
        let nothing = Scene {
            layers: Vec::new(),
            materials: Vec::new(),
            cameras: Vec::new(),
            ..Scene::new()
        };
        Self {
            shift: if version == 1 { 8 } else { 0 },
            scene: nothing,
            area: None,
            drafts: Vec::new(),
            tiles: Tiles::default(),
            budget: Budget::new(*limits),
        }
    }

    fn chunk(&mut self, kind: [u8; 4], mut content: Reader<'a>) -> Result<(), FormatError> {
        match &kind {
            b"IMG " => self.image(&entries(&mut content)?),
            b"PREV" => {}
            b"BL16" => self.tiles.push(content.offset(), content.take_rest()),
            b"MATE" => self.scene.materials.push(material(&entries(&mut content)?)),
            b"LAYR" => self.layer(content)?,
            b"CAMR" => self.camera(&entries(&mut content)?),
            b"LIGH" => self.light(&entries(&mut content)?),
            _ => {
                let data = content.take_rest().to_vec();
                self.scene.extra_chunks.push(ExtraChunk { kind, data });
            }
        }
        Ok(())
    }

    fn image(&mut self, keys: &[Entry<'_>]) {
        for entry in keys {
            match entry.key {
                b"box" => self.area = entry.mat4().or(self.area),
                _ => entry.keep_in(&mut self.scene.extra),
            }
        }
    }

    fn layer(&mut self, mut content: Reader<'a>) -> Result<(), FormatError> {
        let offset = content.offset();
        let blocks = content.count()?;
        let blocks = content.part(blocks.saturating_mul(20))?;
        let keys = entries(&mut content)?;
        if let Some(index) = self.continued(&keys) {
            let volume = &mut self.drafts[index].layer.volume;
            return self.tiles.lay(blocks, self.shift, volume, &mut self.budget);
        }
        self.budget.layer(offset)?;
        let mut draft = layer(&keys, self.scene.materials.len());
        if draft.layer.kind == LayerKind::Plain {
            let mut volume = Volume::new();
            self.tiles.lay(blocks, self.shift, &mut volume, &mut self.budget)?;
            draft.layer.volume = volume;
        }
        self.drafts.push(draft);
        Ok(())
    }

    /// The plain layer above which another chunk's blocks go, if these keys say so.
    fn continued(&self, keys: &[Entry<'_>]) -> Option<usize> {
        let id = keys.iter().find(|entry| entry.key == CONTINUES)?.int()?;
        let is_it = |draft: &Draft| {
            draft.id == u32::try_from(id).ok() && draft.layer.kind == LayerKind::Plain
        };
        self.drafts.iter().rposition(is_it)
    }

    fn camera(&mut self, keys: &[Entry<'_>]) {
        if keys.iter().any(|entry| entry.key == b"active") {
            self.scene.active_camera = self.scene.cameras.len();
        }
        self.scene.cameras.push(camera(keys));
    }

    fn light(&mut self, keys: &[Entry<'_>]) {
        let light: &mut Light = &mut self.scene.light;
        for entry in keys {
            match entry.key {
                b"pitch" => entry.float_into(&mut light.pitch),
                b"yaw" => entry.float_into(&mut light.yaw),
                b"intensity" => entry.float_into(&mut light.intensity),
                b"fixed" => entry.bool_into(&mut light.fixed),
                b"ambient" => entry.float_into(&mut light.ambient),
                b"shadow" => entry.float_into(&mut light.shadow),
                _ => entry.keep_in(&mut light.extra),
            }
        }
    }

    fn finish(mut self) -> Scene {
        let materials = self.scene.materials.len();
        self.scene.layers = settle(self.drafts);
        for layer in &mut self.scene.layers {
            layer.material = layer.material.filter(|index| *index < materials);
        }
        complete(&mut self.scene, self.area);
        self.scene
    }
}

fn material(keys: &[Entry<'_>]) -> Material {
    let mut material = Material::new("");
    for entry in keys {
        match entry.key {
            b"name" => material.name = entry.text(),
            b"color" => entry.vector_into(&mut material.color),
            b"metallic" => entry.float_into(&mut material.metallic),
            b"roughness" => entry.float_into(&mut material.roughness),
            b"emission" => entry.vector_into(&mut material.emission),
            _ => entry.keep_in(&mut material.extra),
        }
    }
    material
}

fn layer(keys: &[Entry<'_>], materials: usize) -> Draft {
    let mut layer = Layer::new(LayerId(0), "");
    layer.material = materials.checked_sub(1);
    let (mut id, mut name) = (None, None);
    let (mut base, mut shape, mut path) = (None, None, None);
    let mut color = Voxel::WHITE;
    for entry in keys {
        match entry.key {
            b"name" => name = Some(clip_name(&entry.text()).to_owned()),
            b"mat" => entry.mat4_into(&mut layer.mat),
            b"id" => id = entry.int().map_or(id, |id| u32::try_from(id).ok()),
            b"base_id" => base = entry.int().and_then(|id| u32::try_from(id).ok()).or(base),
            b"material" => layer.material = index(entry).unwrap_or(layer.material),
            b"mode" => layer.mode = mode(entry).unwrap_or(layer.mode),
            b"img-path" => path = Some(entry.text()),
            b"box" => layer.bounds = entry.mat4().or(layer.bounds),
            b"shape" => shape = shape_named(&entry.text()),
            b"color" => color = entry.bytes().map_or(color, Voxel),
            b"visible" => entry.bool_into(&mut layer.visible),
            CONTINUES => {}
            _ => entry.keep_in(&mut layer.extra),
        }
    }
    layer.bounds = layer.bounds.filter(Mat4::is_set);
    layer.kind = match (base.filter(|id| *id > 0), shape, path) {
        (Some(id), _, _) => LayerKind::Clone { base: LayerId(id) },
        (None, Some(shape), _) => LayerKind::Shape { shape, color },
        (None, None, Some(path)) => LayerKind::Image { path },
        (None, None, None) => LayerKind::Plain,
    };
    Draft { id, name, layer }
}

/// The material that an entry names; no material for one that cannot be.
fn index(entry: &Entry<'_>) -> Option<Option<usize>> {
    entry.int().map(|number| usize::try_from(number).ok())
}

fn mode(entry: &Entry<'_>) -> Option<BlendMode> {
    entry.int().and_then(BlendMode::from_number)
}

fn shape_named(name: &str) -> Option<Shape> {
    match name {
        "spray" => Some(Shape::Sphere),
        _ => Shape::from_name(name).filter(|shape| shape.name() == name),
    }
}

fn camera(keys: &[Entry<'_>]) -> SceneCamera {
    let mut camera = SceneCamera::new("unnamed");
    let (mut mat, mut rot, mut ofs) = (None, None, None);
    for entry in keys {
        match entry.key {
            b"name" => camera.name = entry.text(),
            b"dist" => entry.float_into(&mut camera.dist),
            b"ortho" => entry.bool_into(&mut camera.ortho),
            b"mat" => mat = entry.mat4().or(mat),
            b"rot" => rot = entry.vector().or(rot),
            b"ofs" => ofs = entry.vector().or(ofs),
            b"active" => {}
            _ => entry.keep_in(&mut camera.extra),
        }
    }
    let turned = || rot.map(|rot| turned_around(rot, ofs.unwrap_or_default(), camera.dist));
    camera.mat = mat.or_else(turned).unwrap_or(camera.mat);
    camera
}

/// The old way to place a camera: the view is T(0, 0, -dist) R(rot) T(ofs), with
/// `rot` a quaternion w, x, y, z. The answer is its inverse.
fn turned_around(rot: [f32; 4], ofs: [f32; 3], dist: f32) -> Mat4 {
    let squares: f32 = rot.iter().map(|v| v * v).sum();
    let [w, x, y, z] = if squares > 0.0 { rot } else { [1., 0., 0., 0.] };
    let k = 2.0 / (w * w + x * x + y * y + z * z);
    // The rows of R(rot), which are the columns of its inverse.
    let right = [1. - k * (y * y + z * z), k * (x * y - w * z), k * (x * z + w * y)];
    let up = [k * (x * y + w * z), 1. - k * (x * x + z * z), k * (y * z - w * x)];
    let back = [k * (x * z - w * y), k * (y * z + w * x), 1. - k * (x * x + y * y)];
    let eye = [0, 1, 2].map(|axis| back[axis] * dist - ofs[axis]);
    let mut mat = Mat4::IDENTITY;
    for (column, values) in [right, up, back, eye].into_iter().enumerate() {
        mat.0[4 * column..4 * column + 3].copy_from_slice(&values);
    }
    mat
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_camera_is_turned_around_its_target() {
        // A quarter turn about X: the world's Y becomes the view's Z.
        let h = std::f32::consts::FRAC_1_SQRT_2;
        let mat = turned_around([h, h, 0., 0.], [0., 0., -16.], 100.);
        let close = |a: [f64; 3], b: [f64; 3]| (0..3).all(|i| (a[i] - b[i]).abs() < 1e-4);
        assert!(close(mat.column(3), [0., 100., 16.]), "{mat:?}");
        assert!(close(mat.column(2), [0., 1., 0.]), "{mat:?}");
        assert!(close(mat.column(1), [0., 0., -1.]), "{mat:?}");
    }

    #[test]
    fn an_old_camera_without_a_turn_looks_down() {
        let mat = turned_around([0.; 4], [1., 2., 3.], 10.);
        assert_eq!(mat.column(3), [-1., -2., 7.]);
    }
}
