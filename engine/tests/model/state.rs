//! What the model knows: layers of voxels in hash maps, and what is beside them.

use goxel_engine::math::Mat4;
use goxel_engine::ops::Shape;
use goxel_engine::scene::{LayerId, LayerKind, Light, Look, Scene, View};
use goxel_engine::volume::{BlendMode, Bounds};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

pub type At = [i32; 3];
pub type Rgba = [u8; 4];
pub type Voxels = HashMap<At, Rgba, BuildHasherDefault<Mix>>;
pub type Places = HashSet<At, BuildHasherDefault<Mix>>;

pub const EMPTY: Rgba = [0; 4];

/// A cheap hash of coordinates.
#[derive(Default)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(4) {
            let word = part.iter().fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
            self.0 = (self.0.rotate_left(21) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }
}

#[derive(Clone)]
pub struct Layer {
    pub id: u32,
    pub name: String,
    pub visible: bool,
    pub kind: LayerKind,
    pub mode: BlendMode,
    pub material: Option<usize>,
    pub mat: Mat4,
    pub bounds: Option<Mat4>,
    pub voxels: Rc<Voxels>,
}

impl Layer {
    pub fn new(id: u32, name: &str) -> Self {
        Self {
            id,
            name: clipped(name),
            visible: true,
            kind: LayerKind::Plain,
            mode: BlendMode::Over,
            material: None,
            mat: Mat4::IDENTITY,
            bounds: None,
            voxels: Rc::default(),
        }
    }
}

/// What undo takes back.
#[derive(Clone)]
pub struct State {
    pub layers: Vec<Layer>,
    pub active: u32,
    pub area: Mat4,
    pub box_selected: Option<Mat4>,
    pub mask: Rc<Places>,
    pub materials: Vec<Look>,
    pub cameras: Vec<View>,
    pub camera: usize,
    pub light: Light,
}

/// What was copied, and the selection box of then.
pub type Clipboard = Option<(Rc<Voxels>, Option<Mat4>)>;

#[derive(Clone, Copy)]
pub struct Limits {
    pub bricks: usize,
    pub layers: usize,
    pub listed: usize,
}

#[derive(Clone)]
pub struct Model {
    pub now: State,
    pub clipboard: Clipboard,
    pub checkpoints: BTreeMap<String, State>,
    pub limits: Limits,
}

/// The command is refused.
#[derive(Debug)]
pub struct Refused;

/// What a command answers, where the model knows.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub layer: u32,
    pub touched: Option<u64>,
    /// Whether it is a step that can be undone.
    pub step: Option<bool>,
}

pub type Done = Result<Answer, Refused>;

/// An answer of which only the layer is known.
#[expect(clippy::unnecessary_wraps, reason = "the last line of most commands")]
pub const fn about(layer: u32) -> Done {
    Ok(Answer { layer, touched: None, step: None })
}

/// An edit is a step when it changes something.
#[expect(clippy::unnecessary_wraps, reason = "the last line of most commands")]
pub const fn edited(layer: u32, changed: u64) -> Done {
    Ok(Answer { layer, touched: Some(changed), step: Some(changed > 0) })
}

impl Model {
    /// The scene of a new project.
    pub fn new(limits: Limits) -> Self {
        let scene = Scene::new();
        let look = |m: &goxel_engine::scene::Material| Look {
            name: m.name.clone(),
            color: m.color,
            metallic: m.metallic,
            roughness: m.roughness,
            emission: m.emission,
        };
        let view = |c: &goxel_engine::scene::SceneCamera| View {
            name: c.name.clone(),
            dist: c.dist,
            ortho: c.ortho,
            mat: c.mat,
        };
        let layer = Layer { material: Some(0), ..Layer::new(1, "Layer.1") };
        let now = State {
            layers: vec![layer],
            active: 1,
            area: boxed([0., 0., 16.], [16.; 3]),
            box_selected: None,
            mask: Rc::default(),
            materials: scene.materials.iter().map(look).collect(),
            cameras: scene.cameras.iter().map(view).collect(),
            camera: 0,
            light: scene.light,
        };
        Self { now, clipboard: None, checkpoints: BTreeMap::new(), limits }
    }

    pub fn index(&self, id: LayerId) -> Result<usize, Refused> {
        self.now.layers.iter().position(|layer| layer.id == id.0).ok_or(Refused)
    }

    /// The place in the stack of that layer, or of the active one.
    pub fn target(&self, layer: Option<LayerId>) -> Result<usize, Refused> {
        self.index(layer.unwrap_or(LayerId(self.now.active)))
    }

    pub fn editable(&self, layer: Option<LayerId>) -> Result<usize, Refused> {
        let index = self.target(layer)?;
        let plain = self.now.layers[index].kind == LayerKind::Plain;
        if plain { Ok(index) } else { Err(Refused) }
    }

    pub fn voxels_mut(&mut self, index: usize) -> &mut Voxels {
        Rc::make_mut(&mut self.now.layers[index].voxels)
    }

    /// Replaces a layer's voxels and counts what differs.
    pub fn replace(&mut self, index: usize, voxels: Voxels) -> Done {
        let layer = &mut self.now.layers[index];
        let changed = differing(&layer.voxels, &voxels);
        layer.voxels = Rc::new(voxels);
        edited(layer.id, changed)
    }

    /// How many bricks of 16^3 hold voxels, over all layers.
    pub fn bricks(&self) -> usize {
        self.now.layers.iter().map(|layer| bricks(&layer.voxels)).sum()
    }
}

pub fn bricks(voxels: &Voxels) -> usize {
    voxels.keys().map(|at| at.map(|v| v.div_euclid(16))).collect::<Places>().len()
}

pub fn differing(old: &Voxels, new: &Voxels) -> u64 {
    let gone_or_other = old.iter().filter(|(at, voxel)| new.get(*at) != Some(voxel)).count();
    let added = new.keys().filter(|at| !old.contains_key(*at)).count();
    (gone_or_other + added) as u64
}

pub fn get(voxels: &Voxels, at: &At) -> Rgba {
    voxels.get(at).copied().unwrap_or(EMPTY)
}

/// An empty voxel is no entry.
pub fn put(voxels: &mut Voxels, at: At, voxel: Rgba) {
    if voxel[3] == 0 {
        voxels.remove(&at);
    } else {
        voxels.insert(at, voxel);
    }
}

/// The longest prefix of whole characters in 255 bytes.
pub fn clipped(name: &str) -> String {
    let mut name = name.to_owned();
    while name.len() > 255 {
        name.pop();
    }
    name
}

pub fn boxed(center: [f32; 3], half: [f32; 3]) -> Mat4 {
    let mut mat = [0.0; 16];
    (mat[0], mat[5], mat[10], mat[15]) = (half[0], half[1], half[2], 1.0);
    mat[12..15].copy_from_slice(&center);
    Mat4(mat)
}

/// A matrix whose last number is 0 stands for none.
pub fn is_set(mat: &Mat4) -> bool {
    mat.0[15] != 0.0
}

/// Both corners of a box of whole voxels, included.
#[derive(Clone, Copy, Debug)]
pub struct Cuboid {
    pub low: [i64; 3],
    pub high: [i64; 3],
}

impl From<Bounds> for Cuboid {
    fn from(bounds: Bounds) -> Self {
        let (low, high) = (bounds.min, bounds.max);
        Self {
            low: [low.x, low.y, low.z].map(i64::from),
            high: [high.x, high.y, high.z].map(i64::from),
        }
    }
}

const SPACE: Cuboid = Cuboid { low: [i32::MIN as i64; 3], high: [i32::MAX as i64; 3] };

impl Cuboid {
    pub fn holds(&self, at: &At) -> bool {
        (0..3).all(|a| (self.low[a]..=self.high[a]).contains(&i64::from(at[a])))
    }

    pub fn count(&self) -> u128 {
        (0..3).map(|a| (self.high[a] - self.low[a] + 1).max(0) as u128).product()
    }

    pub fn bricks(&self) -> u128 {
        let span = |a: usize| self.high[a].div_euclid(16) - self.low[a].div_euclid(16) + 1;
        (0..3).map(|a| span(a) as u128).product()
    }

    pub fn cut(&self, other: &Cuboid) -> Option<Cuboid> {
        let low = [0, 1, 2].map(|a| self.low[a].max(other.low[a]));
        let high = [0, 1, 2].map(|a| self.high[a].min(other.high[a]));
        (0..3).all(|a| low[a] <= high[a]).then_some(Cuboid { low, high })
    }

    pub fn in_space(&self) -> Option<Cuboid> {
        self.cut(&SPACE)
    }

    /// All places of a small box in space.
    pub fn places(self) -> impl Iterator<Item = At> {
        let Cuboid { low, high } = self;
        (low[2]..=high[2]).flat_map(move |z| {
            (low[1]..=high[1])
                .flat_map(move |y| (low[0]..=high[0]).map(move |x| [x as i32, y as i32, z as i32]))
        })
    }
}

/// The voxels whose centre lies in the upright box around a box, upper sides left out; cut to
/// space.
pub fn whole_voxels(mat: &Mat4) -> Option<Cuboid> {
    let entry = |i: usize| f64::from(mat.0[i]);
    let side = |a: usize, sign: f64| {
        let half = entry(a).abs() + entry(4 + a).abs() + entry(8 + a).abs();
        let end = entry(12 + a) + sign * half;
        // The first voxel whose centre is not below the side.
        (end - 0.5).ceil() as i64
    };
    let low = [0, 1, 2].map(|a| side(a, -1.0));
    let high = [0, 1, 2].map(|a| side(a, 1.0) - 1);
    Cuboid { low, high }.in_space().filter(|_| is_set(mat))
}

/// The place that many steps further, if it is in space.
pub fn offset(at: &At, step: [i64; 3]) -> Option<At> {
    let mut moved = [0; 3];
    for a in 0..3 {
        moved[a] = i32::try_from(i64::from(at[a]) + step[a]).ok()?;
    }
    Some(moved)
}

pub const SHAPES: [Shape; 3] = [Shape::Cube, Shape::Sphere, Shape::Cylinder];
