//! Voxel files: bytes in, a [`Scene`] out, and back.
//!
//! One module a format. Decoders take [`Limits`] and are bounded before they
//! allocate: a length is checked against the bytes left, a size against the
//! limits, and everything unpacked against a cap. A refusal says at which byte.
//!
//! ```
//! use goxel_engine::format::{Format, Limits, decode, encode};
//! use goxel_engine::scene::Scene;
//! let file = encode(&Scene::new(), Format::Gox)?;
//! assert_eq!(decode(&file, &Limits::default())?, Scene::new());
//! let refusal = decode(&file[..20], &Limits::default()).unwrap_err();
//! assert_eq!(refusal.to_string(), "cut short: 75 bytes needed, 4 left at byte 16");
//! # Ok::<(), goxel_engine::format::FormatError>(())
//! ```

mod error;
pub mod gox;
mod limits;
pub(crate) mod reader;
pub mod vox;

pub use error::{Cause, FormatError};
pub use limits::Limits;

use crate::math::{Mat4, add, scale};
use crate::ops::Solid;
use crate::scene::{DEFAULT_AREA, Layer, LayerId, LayerKind, Scene, SceneCamera};
use crate::volume::{BRICK_VOXELS, Bounds, Brick, Voxel};
use std::collections::BTreeSet;

/// A voxel file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The native format: all of a scene.
    Gox,
    /// MagicaVoxel.
    Vox,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 2] = [Format::Gox, Format::Vox];

    /// The format's name, which is also its file extension.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Gox => "gox",
            Format::Vox => "vox",
        }
    }

    /// The format of that name, whatever the case; "magica voxel" is vox, "goxel" is gox.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "gox" | "goxel" => Some(Format::Gox),
            "vox" | "magica voxel" | "magicavoxel" => Some(Format::Vox),
            _ => None,
        }
    }

    /// The format that a path's ending names, whatever the case; `.gox.gz` is gox.
    pub fn from_path(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        if path.ends_with(".gox") || path.ends_with(".gox.gz") {
            Some(Format::Gox)
        } else {
            path.ends_with(".vox").then_some(Format::Vox)
        }
    }
}

/// The format that the bytes begin like; a gzip-wrapped gox file too.
pub fn detect(bytes: &[u8]) -> Option<Format> {
    if gox::begins(bytes) { Some(Format::Gox) } else { vox::begins(bytes).then_some(Format::Vox) }
}

/// The scene in a file of either format.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Scene, FormatError> {
    match detect(bytes) {
        Some(Format::Gox) => gox::decode(bytes, limits),
        Some(Format::Vox) => vox::decode(bytes, limits),
        None => Err(FormatError::at(0, Cause::UnknownFormat)),
    }
}

/// The scene as a file.
pub fn encode(scene: &Scene, format: Format) -> Result<Vec<u8>, FormatError> {
    match format {
        Format::Gox => gox::encode(scene),
        Format::Vox => vox::encode(scene),
    }
}

/// What a file leaves open: some layer, the top one active, a work area, a camera.
fn complete(scene: &mut Scene, area: Option<Mat4>) {
    if scene.layers.is_empty() {
        scene.layers.push(Layer::new(LayerId(1), "Layer.1"));
    }
    scene.active = scene.layers.last().map_or(LayerId(1), |layer| layer.id);
    scene.area = area.filter(Mat4::is_set).unwrap_or_else(|| area_around(scene));
    if scene.cameras.is_empty() {
        scene.cameras.push(fitted_camera(&scene.area));
    }
}

/// The box around what is seen, clones left out; the standard one when there is nothing.
fn area_around(scene: &Scene) -> Mat4 {
    let visible = scene.layers.iter().filter(|layer| layer.visible);
    visible.filter_map(extent).reduce(Bounds::union).map_or(DEFAULT_AREA, Mat4::around)
}

fn extent(layer: &Layer) -> Option<Bounds> {
    match layer.kind {
        LayerKind::Shape { shape, .. } => Some(Solid::new(shape, &layer.mat, None)?.bounds()),
        _ => layer.volume.bounds(),
    }
}

/// The standard camera, turned to the middle of the work area, far enough to see it all.
fn fitted_camera(area: &Mat4) -> SceneCamera {
    let half = [0, 5, 10].map(|index| area.0[index].abs());
    let distance = 8.0 * half.into_iter().fold(0.0, f32::max);
    let mut camera = SceneCamera::new("Camera.1");
    let eye = add(area.column(3), scale(camera.mat.column(2), f64::from(distance)));
    for (slot, value) in camera.mat.0[12..15].iter_mut().zip(eye) {
        *slot = value as f32;
    }
    camera.dist = distance;
    camera
}

/// A layer as a file gives it: its id and name may be missing.
struct Draft {
    id: Option<u32>,
    name: Option<String>,
    layer: Layer,
}

/// Gives each draft its own id, or the smallest free one when that is missing or
/// taken, and its own name, or the first free "Layer.N".
fn settle(mut drafts: Vec<Draft>) -> Vec<Layer> {
    let mut ids = BTreeSet::new();
    for draft in &mut drafts {
        draft.id = draft.id.filter(|id| *id > 0 && ids.insert(*id));
    }
    let names: BTreeSet<String> =
        drafts.iter().filter_map(|draft| draft.name.as_ref()).map(|n| n.to_lowercase()).collect();
    let mut free_ids = (1..).filter(|id| !ids.contains(id));
    let mut free_names = (1u32..).filter(|n| !names.contains(&format!("layer.{n}")));
    let mut finish = |draft: Draft| {
        let id = draft.id.or_else(|| free_ids.next()).unwrap_or(u32::MAX);
        let name = draft.name.or_else(|| free_names.next().map(|n| format!("Layer.{n}")));
        Layer { id: LayerId(id), name: name.unwrap_or_default(), ..draft.layer }
    };
    drafts.into_iter().map(&mut finish).collect()
}

/// All places of a brick, by `Local::index`.
type Grid = Box<[Voxel; BRICK_VOXELS]>;

fn grid_of(brick: Option<&Brick>) -> Grid {
    let mut grid = Box::new([Voxel::EMPTY; BRICK_VOXELS]);
    for (at, voxel) in brick.into_iter().flat_map(Brick::voxels) {
        grid[at.index()] = voxel;
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name_by_path_and_by_their_first_bytes() {
        let (gox, vox) = (Some(Format::Gox), Some(Format::Vox));
        for (name, expected) in
            [("gox", gox), ("GOX", gox), ("vox", vox), ("Magica Voxel", vox), ("obj", None)]
        {
            assert_eq!(Format::from_name(name), expected, "{name}");
        }
        for (path, expected) in
            [("a/b.gox", gox), ("B.GOX.GZ", gox), ("c.Vox", vox), ("vox", None), ("d.png", None)]
        {
            assert_eq!(Format::from_path(path), expected, "{path}");
        }
        assert_eq!((detect(b"GOX "), detect(b"VOX "), detect(b"VO")), (gox, vox, None));
    }

    #[test]
    fn what_is_no_voxel_file_is_refused() {
        let why = decode(b"\x89PNG", &Limits::default()).unwrap_err();
        assert_eq!(why.to_string(), "neither a gox nor a vox file at byte 0");
    }

    #[test]
    fn the_camera_of_a_file_without_one_sees_the_work_area() {
        let camera = fitted_camera(&Mat4::from_box([100., 0., 0.], [4., 8., 2.]));
        assert_eq!(camera.dist, 64.0);
        let [x, y, z] = camera.mat.column(3);
        assert_eq!([x - 100.0, y], [32.0, -32.0]);
        assert!((z - 45.254_833).abs() < 1e-4, "{z}");
    }
}
