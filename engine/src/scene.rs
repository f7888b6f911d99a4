//! What a project holds: layers of voxels, materials, cameras, light, work area.
//!
//! Plain data, readable and clonable by everyone; [`crate::project::Project`]
//! changes it. Layers are listed bottom first: index 0 is composited first.
//!
//! Unknown keys and chunks of a file ride along ([`Extra`]) and are written back.

use crate::math::Mat4;
use crate::ops::Shape;
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel};

/// The longest name of a layer, in bytes: older readers hold 255.
pub const NAME_MAX: usize = 255;

/// A layer's number: at least 1, unique in its project, reused after deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerId(pub u32);

/// Keys of a file's dictionary that we do not know, in file order.
pub type Extra = Vec<(Vec<u8>, Vec<u8>)>;

/// What makes a layer's voxels.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LayerKind {
    /// Its own volume, which can be edited.
    #[default]
    Plain,
    /// The volume of another layer, moved by this layer's `mat`.
    Clone {
        /// The layer that is shown again.
        base: LayerId,
    },
    /// A solid shape on the box `mat`, clipped to the work area.
    Shape {
        /// Which shape.
        shape: Shape,
        /// Its colour.
        color: Voxel,
    },
    /// A reference picture on a quad; holds no voxels.
    Image {
        /// The picture's path as the file gives it.
        path: String,
    },
}

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its number.
    pub id: LayerId,
    /// Its name, at most [`NAME_MAX`] bytes, not necessarily unique.
    pub name: String,
    /// Whether it is drawn.
    pub visible: bool,
    /// Its own voxels; empty for any kind but [`LayerKind::Plain`].
    pub volume: Volume,
    /// What makes its voxels.
    pub kind: LayerKind,
    /// How it is composited onto the layers below.
    pub mode: BlendMode,
    /// An index into [`Scene::materials`].
    pub material: Option<usize>,
    /// Placement: the pivot of a plain layer, the transform of a clone, the box of a shape.
    pub mat: Mat4,
    /// The layer's own box ("bounded").
    pub bounds: Option<Mat4>,
    /// Unknown keys of its file.
    pub extra: Extra,
}

impl Layer {
    /// An empty, visible, plain layer.
    pub fn new(id: LayerId, name: &str) -> Self {
        Self {
            id,
            name: clip_name(name).to_owned(),
            visible: true,
            volume: Volume::new(),
            kind: LayerKind::Plain,
            mode: BlendMode::Over,
            material: None,
            mat: Mat4::IDENTITY,
            bounds: None,
            extra: Extra::new(),
        }
    }
}

/// A material: metal-rough, one for a whole layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// Its name.
    pub name: String,
    /// Linear RGBA that multiplies the voxels' colour.
    pub color: [f32; 4],
    /// 0 to 1.
    pub metallic: f32,
    /// 0 to 1.
    pub roughness: f32,
    /// Linear RGB added after shading.
    pub emission: [f32; 3],
    /// Unknown keys of its file.
    pub extra: Extra,
}

impl Material {
    /// A material with the default looks.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            color: [1.0; 4],
            metallic: 0.2,
            roughness: 0.5,
            emission: [0.0; 3],
            extra: Extra::new(),
        }
    }
}

/// What a material looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// Its name.
    pub name: String,
    /// Linear RGBA that multiplies the voxels' colour.
    pub color: [f32; 4],
    /// 0 to 1.
    pub metallic: f32,
    /// 0 to 1.
    pub roughness: f32,
    /// Linear RGB added after shading.
    pub emission: [f32; 3],
}

/// What a camera sees, without what its file had that we do not know.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The camera's name.
    pub name: String,
    /// The distance to the point it turns around.
    pub dist: f32,
    /// Orthographic: `dist` is then half the picture's width.
    pub ortho: bool,
    /// Camera to world.
    pub mat: Mat4,
}

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Maps [-1, 1]^3 to the selection box.
    pub area: Option<Mat4>,
    /// The selected voxels, white; empty when none are.
    pub mask: Volume,
}

/// A camera as files store it: looks down its own -Z; vertical field of view 20 degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneCamera {
    /// Its name.
    pub name: String,
    /// The distance to the point it turns around.
    pub dist: f32,
    /// Orthographic: `dist` is then half the picture's width.
    pub ortho: bool,
    /// Camera to world.
    pub mat: Mat4,
    /// Unknown keys of its file.
    pub extra: Extra,
}

impl SceneCamera {
    /// The camera of a new project: 128 from the origin, turned 45 degrees and tilted 45.
    pub fn new(name: &str) -> Self {
        const H: f32 = std::f32::consts::FRAC_1_SQRT_2;
        let (right, up, back) = ([H, H, 0.], [-0.5, 0.5, H], [0.5, -0.5, H]);
        let eye = back.map(|value| value * 128.0);
        let column = |[x, y, z]: [f32; 3], w: f32| [x, y, z, w];
        let columns = [column(right, 0.), column(up, 0.), column(back, 0.), column(eye, 1.)];
        let mut mat = [0.0; 16];
        for (slot, value) in mat.iter_mut().zip(columns.into_iter().flatten()) {
            *slot = value;
        }
        Self {
            name: name.to_owned(),
            dist: 128.0,
            ortho: false,
            mat: Mat4(mat),
            extra: Extra::new(),
        }
    }
}

/// The light of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    /// Angle from straight up, radians.
    pub pitch: f32,
    /// Angle around Z, radians.
    pub yaw: f32,
    /// Strength of the sun.
    pub intensity: f32,
    /// Whether the light follows the camera.
    pub fixed: bool,
    /// Strength of the ambient light.
    pub ambient: f32,
    /// How dark shadows are, 0 to 1.
    pub shadow: f32,
    /// Unknown keys of its file.
    pub extra: Extra,
}

impl Default for Light {
    fn default() -> Self {
        Self {
            pitch: 20f32.to_radians(),
            yaw: 120f32.to_radians(),
            intensity: 2.0,
            fixed: false,
            ambient: 0.3,
            shadow: 0.3,
            extra: Extra::new(),
        }
    }
}

/// A chunk of a file that we do not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraChunk {
    /// Its four-byte type.
    pub kind: [u8; 4],
    /// Its content.
    pub data: Vec<u8>,
}

/// All of a project but its history.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The layers, bottom first; never empty in a project.
    pub layers: Vec<Layer>,
    /// The layer that edits without a layer go to.
    pub active: LayerId,
    /// The materials.
    pub materials: Vec<Material>,
    /// The cameras.
    pub cameras: Vec<SceneCamera>,
    /// An index into `cameras`.
    pub active_camera: usize,
    /// The light.
    pub light: Light,
    /// The work area as a box matrix: frames cameras and exports, clips shape layers.
    pub area: Mat4,
    /// What is selected; files do not keep it.
    pub selection: Selection,
    /// Unknown keys of its file's image.
    pub extra: Extra,
    /// Unknown chunks of the file, in file order.
    pub extra_chunks: Vec<ExtraChunk>,
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// The scene of a new project: one empty layer, one material, one camera.
    pub fn new() -> Self {
        let mut layer = Layer::new(LayerId(1), "Layer.1");
        layer.material = Some(0);
        Self {
            layers: vec![layer],
            active: LayerId(1),
            materials: vec![Material::new("Material.1")],
            cameras: vec![SceneCamera::new("Camera.1")],
            active_camera: 0,
            light: Light::default(),
            area: DEFAULT_AREA,
            selection: Selection::default(),
            extra: Extra::new(),
            extra_chunks: Vec::new(),
        }
    }

    /// The layer of that id.
    pub fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// The lowest layer of that name, compared exactly.
    pub fn layer_named(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// The smallest id that no layer has.
    pub fn free_id(&self) -> LayerId {
        let taken: std::collections::BTreeSet<u32> = self.layers.iter().map(|l| l.id.0).collect();
        LayerId((1..=u32::MAX).find(|id| !taken.contains(id)).unwrap_or(u32::MAX))
    }

    /// The first of "Layer.1", "Layer.2", ... that no layer is called, whatever the case.
    pub fn free_name(&self) -> String {
        self.free_name_like("Layer")
    }

    /// The first of "base.1", "base.2", ... that no layer is called, whatever the case; a
    /// base that ends in ".n" goes on from n.
    pub fn free_name_like(&self, base: &str) -> String {
        let taken: std::collections::BTreeSet<String> =
            self.layers.iter().map(|layer| layer.name.to_ascii_lowercase()).collect();
        let numbered = base.rsplit_once('.').and_then(|(stem, n)| Some((stem, n.parse().ok()?)));
        let (stem, first): (&str, u32) = numbered.unwrap_or((base, 1));
        // Room for a dot and any number.
        let stem = &stem[..stem.floor_char_boundary(NAME_MAX - 21)];
        let named = |n: u64| format!("{stem}.{n}");
        let free =
            (u64::from(first.max(1))..).find(|n| !taken.contains(&named(*n).to_ascii_lowercase()));
        named(free.unwrap_or_default())
    }

    /// The voxels per axis of the work area, rounded.
    pub fn area_size(&self) -> [i32; 3] {
        let half = [self.area.0[0], self.area.0[5], self.area.0[10]];
        half.map(|h| (h * 2.0).abs().round() as i32)
    }

    /// The whole voxels of the work area.
    pub fn area_bounds(&self) -> Option<Bounds> {
        self.area.whole_voxels()
    }

    /// The smallest box around the voxels of all layers, hidden ones too.
    pub fn bounds(&self) -> Option<Bounds> {
        self.layers.iter().filter_map(|layer| layer.volume.bounds()).reduce(Bounds::union)
    }

    /// Bricks over all layers.
    pub(crate) fn brick_count(&self) -> usize {
        self.layers.iter().map(|layer| layer.volume.brick_count()).sum()
    }

    /// The layers' numbers, and how many voxels and bricks are in each and in the mask, in 64 bits:
    /// two scenes with different ones are not the same (not conversely). No look at a voxel.
    pub fn fingerprint(&self) -> u64 {
        let sizes = |volume: &Volume| [volume.filled(), volume.brick_count() as u64];
        let layer = |layer: &Layer| {
            let [filled, bricks] = sizes(&layer.volume);
            [u64::from(layer.id.0), filled, bricks]
        };
        let layers = self.layers.iter().flat_map(layer);
        sizes(&self.selection.mask).into_iter().chain(layers).fold(0, mixed)
    }

    /// Filled voxels over all layers, each layer counted by itself.
    pub fn filled(&self) -> u64 {
        self.layers.iter().map(|layer| layer.volume.filled()).sum()
    }
}

/// SplitMix64: every bit of both reaches every bit of the result.
const fn mixed(state: u64, value: u64) -> u64 {
    let sum = (state ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let once = (sum ^ sum >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let twice = (once ^ once >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    twice ^ twice >> 31
}

/// The work area of a new project: (-16, -16, 0) to (16, 16, 32).
pub const DEFAULT_AREA: Mat4 = Mat4::from_box([0., 0., 16.], [16., 16., 16.]);

/// The voxels of [`DEFAULT_AREA`].
pub const DEFAULT_AREA_BOUNDS: Bounds =
    Bounds { min: Coord::new(-16, -16, 0), max: Coord::new(15, 15, 31) };

/// The longest prefix of whole characters that is at most [`NAME_MAX`] bytes.
pub fn clip_name(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_scene_is_the_standard_one() {
        let scene = Scene::new();
        assert_eq!(scene.area_size(), [32, 32, 32]);
        assert_eq!(scene.area_bounds(), Some(DEFAULT_AREA_BOUNDS));
        assert_eq!(scene.layers[0].name, "Layer.1");
        assert_eq!((scene.active, scene.free_id()), (LayerId(1), LayerId(2)));
        assert_eq!(scene.free_name(), "Layer.2");
    }

    #[test]
    fn a_fingerprint_tells_layers_and_sizes_apart() {
        let red = Voxel::rgb(255, 0, 0);
        let made = |change: fn(&mut Scene, Voxel)| {
            let mut scene = Scene::new();
            change(&mut scene, red);
            scene.fingerprint()
        };
        let prints = [
            made(|_, _| {}),
            made(|scene, red| _ = scene.layers[0].volume.set(Coord::new(0, 0, 0), red)),
            made(|scene, red| _ = scene.selection.mask.set(Coord::new(0, 0, 0), red)),
            made(|scene, red| {
                let line = [0, 1].map(|x| (Coord::new(x, 0, 0), red));
                scene.layers[0].volume.write(line);
            }),
            made(|scene, red| {
                let apart = [0, 99].map(|x| (Coord::new(x, 0, 0), red));
                scene.layers[0].volume.write(apart);
            }),
            made(|scene, _| scene.layers[0].id = LayerId(2)),
            made(|scene, _| scene.layers.push(Layer::new(LayerId(2), "two"))),
        ];
        let different: std::collections::BTreeSet<u64> = prints.into_iter().collect();
        assert_eq!(different.len(), prints.len());
        assert_eq!(made(|scene, _| scene.layers[0].name.clear()), prints[0]);
    }

    #[test]
    fn names_are_clipped_between_characters() {
        let name = "é".repeat(200);
        assert_eq!(clip_name(&name).len(), 254);
    }
}
