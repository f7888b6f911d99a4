//! Any command and any scene, ends of ranges more often than chance would have them.

use crate::command::{Command, Scope, Selector};
use crate::image::Picture;
use crate::math::Mat4;
use crate::ops::{
    ColorFilter, Extrusion, Morph, Motion, Neighbors, Painter, Relief, SelectMode, Shape, Spread,
    Symmetry, Tolerance,
};
use crate::scene::{
    ExtraChunk, Layer, LayerId, LayerKind, Light, Look, Material, Scene, SceneCamera, Selection,
    View,
};
use crate::volume::Like;
use crate::volume::{BlendMode, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::sync::Arc;

/// How many kinds of command there are.
pub(crate) const COMMANDS: u64 = 64;

/// Numbers that a seed decides.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    pub(crate) fn roll<T: Roll>(&mut self) -> T {
        T::roll(self)
    }

    pub(crate) fn list<T: Roll>(&mut self, most: u64) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| self.roll()).collect()
    }
}

/// What dice can make.
pub(crate) trait Roll: Sized {
    fn roll(dice: &mut Dice) -> Self;
}

macro_rules! rolls {
    ($($type:ty = $dice:ident => $value:expr;)*) => { $(
        impl Roll for $type {
            fn roll($dice: &mut Dice) -> Self {
                $value
            }
        }
    )* };
}

rolls! {
    bool = d => d.next() & 1 == 1;
    u8 = d => { let any = d.next() as u8; d.one(&[0, 1, 2, 127, 128, 255, any]) };
    i8 = d => { let any = d.next() as i8; d.one(&[0, 1, -1, i8::MIN, i8::MAX, any]) };
    i16 = d => { let any = d.next() as i16; d.one(&[0, 1, -255, i16::MIN, i16::MAX, any]) };
    u32 = d => { let any = d.next() as u32; d.one(&[0, 1, 127, 128, u32::MAX, any, any % 300]) };
    i32 = d => {
        let any = d.next() as i32;
        d.one(&[0, 1, -1, 63, -64, 64, i32::MIN, i32::MAX, any, any % 300, any % 300])
    };
    usize = d => { let any = d.next() as usize; d.one(&[0, 1, 127, 128, usize::MAX, any]) };
    f32 = d => {
        let any = f32::from_bits(d.next() as u32);
        d.one(&[0.0, -0.0, 1.0, f32::NAN, f32::INFINITY, f32::MIN, any, any])
    };
    f64 = d => {
        let any = f64::from_bits(d.next());
        d.one(&[0.0, -0.0, 1.0, f64::NAN, f64::NEG_INFINITY, f64::MAX, any, any])
    };
    String = d => {
        let some = d.one(&["", "a", "Layer.1", "é中🎲", "a longer name that says more"]);
        some.repeat(d.below(3) as usize)
    };
    Coord = d => d.roll::<[i32; 3]>().into();
    Voxel = d => {
        let any = Voxel(d.roll());
        d.one(&[Voxel::EMPTY, Voxel::WHITE, Voxel::rgb(255, 0, 0), any])
    };
    LayerId = d => LayerId(d.roll());
    Mat4 = d => { let any = Mat4(d.roll()); d.one(&[Mat4::IDENTITY, any]) };
    Bounds = d => Bounds::around(d.roll(), d.roll());
    Shape = d => {
        let prism = Shape::Prism(d.roll());
        d.one(&[
            Shape::Cube, Shape::Sphere, Shape::Cylinder, Shape::Cone, Shape::Pyramid,
            Shape::Torus, prism,
        ])
    };
    BlendMode = d => d.one(&BlendMode::ALL);
    SelectMode = d => d.one(&[SelectMode::Set, SelectMode::Add, SelectMode::Sub]);
    Neighbors = d => d.one(&[Neighbors::Faces, Neighbors::Edges, Neighbors::Corners]);
    Morph = d => d.one(&[Morph::Dilate, Morph::Erode, Morph::Hollow, Morph::Smooth]);
    Tolerance = d => { let n = d.roll(); d.one(&[Tolerance::Seed(n), Tolerance::Neighbor(n)]) };
    Spread = d => Spread { neighbors: d.roll(), tolerance: d.roll(), within: d.roll() };
    Symmetry = d => Symmetry { axes: d.roll(), origin: d.roll() };
    Painter = d => Painter {
        mode: d.roll(), shape: d.roll(), color: d.roll(), smoothness: d.roll(),
        symmetry: d.roll(), clip: d.roll(), hollow: d.roll(),
    };
    Extrusion = d => Extrusion {
        at: d.roll(), axis: d.roll(), up: d.roll(), distance: d.roll(), tolerance: d.roll(),
    };
    ColorFilter = d => ColorFilter {
        hue: d.roll(), saturation: d.roll(), lightness: d.roll(), contrast: d.roll(),
    };
    Relief = d => Relief {
        origin: d.roll(), height: d.roll(), solid: d.roll(), color: d.roll(),
    };
    Like = d => Like { color: d.roll(), tolerance: d.roll() };
    Look = d => Look {
        name: d.roll(), color: d.roll(), metallic: d.roll(), roughness: d.roll(),
        emission: d.roll(),
    };
    View = d => View { name: d.roll(), dist: d.roll(), ortho: d.roll(), mat: d.roll() };
    Light = d => Light {
        pitch: d.roll(), yaw: d.roll(), intensity: d.roll(), fixed: d.roll(), ambient: d.roll(),
        shadow: d.roll(), extra: d.roll(),
    };
    Material = d => Material {
        name: d.roll(), color: d.roll(), metallic: d.roll(), roughness: d.roll(),
        emission: d.roll(), extra: d.roll(),
    };
    SceneCamera = d => SceneCamera {
        name: d.roll(), dist: d.roll(), ortho: d.roll(), mat: d.roll(), extra: d.roll(),
    };
    ExtraChunk = d => ExtraChunk { kind: d.roll(), data: d.list(20) };
    Scope = d => { let id = d.roll(); d.one(&[Scope::Active, Scope::Layer(id), Scope::All]) };
    Motion = d => match d.below(6) {
        0 => Motion::Shift(d.roll()),
        1 => Motion::Turn { axis: d.roll(), quarters: d.roll() },
        2 => Motion::Flip { axis: d.roll() },
        3 => Motion::Double,
        4 => Motion::Halve,
        _ => Motion::By(d.roll()),
    };
    Selector = d => match d.below(7) {
        0 => Selector::All,
        1 => Selector::Box(d.roll()),
        2 => Selector::Wand { seed: d.roll(), spread: d.roll() },
        3 => Selector::Color(d.roll()),
        4 => Selector::Material(d.roll()),
        5 => Selector::Rectangle { view: d.roll(), low: d.roll(), high: d.roll() },
        _ => Selector::Places(lines(d).into_iter().map(|(at, _)| at).collect()),
    };
    LayerKind = d => match d.below(4) {
        0 => LayerKind::Plain,
        1 => LayerKind::Clone { base: d.roll() },
        2 => LayerKind::Shape { shape: d.roll(), color: d.roll() },
        _ => LayerKind::Image { path: d.roll() },
    };
    Picture = d => {
        let (width, height) = (d.below(6) as u32, d.below(6) as u32);
        let colors: Vec<[u8; 4]> = vec![d.roll(), d.roll(), d.roll()];
        let mut pixels = Vec::new();
        while pixels.len() < (width * height) as usize {
            let color = d.one(&colors);
            pixels.extend((0..d.below(4)).map(|_| color));
        }
        pixels.truncate((width * height) as usize);
        Picture { width, height, pixels }
    };
    Command = d => { let number = d.below(COMMANDS); command(d, number) };
    Scene = d => scene(d);
}

impl<T: Roll> Roll for Option<T> {
    fn roll(d: &mut Dice) -> Self {
        d.roll::<bool>().then(|| d.roll())
    }
}

impl<T: Roll> Roll for Arc<T> {
    fn roll(d: &mut Dice) -> Self {
        Arc::new(d.roll())
    }
}

impl<T: Roll, const N: usize> Roll for [T; N] {
    fn roll(d: &mut Dice) -> Self {
        std::array::from_fn(|_| d.roll())
    }
}

/// Unknown keys of a file.
impl Roll for Vec<(Vec<u8>, Vec<u8>)> {
    fn roll(d: &mut Dice) -> Self {
        (0..d.below(3)).map(|_| (d.list(5), d.list(40))).collect()
    }
}

/// Voxels as they come: lines and leaps, colours that stay and colours that change.
pub(crate) fn lines(d: &mut Dice) -> Vec<(Coord, Voxel)> {
    let mut voxels = Vec::new();
    for _ in 0..d.below(6) {
        let (mut at, mut voxel): (Coord, Voxel) = (d.roll(), d.roll());
        let step = [0; 3].map(|_: i32| d.one(&[0, 0, 1, -1, 5]));
        let changing = d.roll();
        for _ in 0..d.below(8) {
            voxels.push((at, voxel));
            at = at.offset(step).unwrap_or_default();
            if changing {
                voxel = d.roll();
            }
        }
    }
    voxels
}

/// The command of that number, 0 to [`COMMANDS`] - 1.
pub(crate) fn command(d: &mut Dice, number: u64) -> Command {
    use Command as C;
    match number {
        0 => C::SetVoxel { layer: d.roll(), at: d.roll(), voxel: d.roll() },
        1 => C::SetVoxels { layer: d.roll(), voxels: lines(d) },
        2 => C::PaintVoxels { layer: d.roll(), voxels: lines(d) },
        3 => C::FillShape { layer: d.roll(), shape: d.roll(), bounds: d.roll(), voxel: d.roll() },
        4 => C::FloodFill { layer: d.roll(), seed: d.roll(), voxel: d.roll(), spread: d.roll() },
        5 => C::Paint { layer: d.roll(), painter: d.roll(), area: d.roll() },
        6 => C::Stroke { layer: d.roll(), painter: d.roll(), points: d.list(5), radius: d.roll() },
        7 => C::Tube { layer: d.roll(), painter: d.roll(), points: d.list(5), radius: d.roll() },
        8 => C::FillSelection { layer: d.roll(), voxel: d.roll(), mode: d.roll() },
        9 => C::Extrude { layer: d.roll(), extrusion: d.roll() },
        10 => C::CutAbove { layer: d.roll(), point: d.roll(), normal: d.roll() },
        11 => C::Mirror { scope: d.roll(), axis: d.roll() },
        12 => C::Wrap { scope: d.roll(), axis: d.roll(), up: d.roll() },
        13 => C::Crop { layer: d.roll() },
        14 => C::Move { layer: d.roll(), motion: d.roll() },
        15 => C::Downsample { layer: d.roll(), factor: d.roll() },
        16 => C::Recolor { layer: d.roll(), filter: d.roll() },
        17 => C::ShiftAlpha { layer: d.roll(), by: d.roll() },
        18 => C::Remap { layer: d.roll(), palette: d.list(20) },
        19 => C::Morph { layer: d.roll(), morph: d.roll(), neighbors: d.roll(), steps: d.roll() },
        20 => C::Relief { layer: d.roll(), picture: d.roll(), relief: d.roll() },
        21 => C::ImageToVoxels { layer: d.roll(), picture: d.roll() },
        22 => C::SelectBox { area: d.roll() },
        23 => C::Select { layer: d.roll(), selector: d.roll(), mode: d.roll() },
        24 => C::Deselect,
        25 => C::Copy { layer: d.roll() },
        26 => C::Cut { layer: d.roll() },
        27 => C::CutToLayer { layer: d.roll() },
        28 => C::Paste { layer: d.roll() },
        29 => C::ClearLayer { layer: d.roll() },
        30 => C::AddLayer { name: d.roll(), visible: d.roll() },
        31 => C::DeleteLayer { layer: d.roll() },
        32 => C::MergeLayers { source: d.roll(), target: d.roll() },
        33 => C::SetVisible { layer: d.roll(), visible: d.roll() },
        34 => C::RenameLayer { layer: d.roll(), name: d.roll() },
        35 => C::MoveLayer { layer: d.roll(), index: d.roll() },
        36 => C::SetActive { layer: d.roll() },
        37 => C::Solo { layer: d.roll() },
        38 => C::DuplicateLayer { layer: d.roll() },
        39 => C::CloneLayer { layer: d.roll() },
        40 => C::Unlink { layer: d.roll() },
        41 => C::AddShape { shape: d.roll(), color: d.roll(), area: d.roll() },
        42 => C::SetShape { layer: d.roll(), shape: d.roll(), color: d.roll() },
        43 => C::AddImage { path: d.roll(), mat: d.roll() },
        44 => C::Place { layer: d.roll(), mat: d.roll() },
        45 => C::SetMode { layer: d.roll(), mode: d.roll() },
        46 => C::Wear { layer: d.roll(), material: d.roll() },
        47 => C::SetLayerBox { layer: d.roll(), area: d.roll() },
        48 => C::MergeDown { layer: d.roll() },
        49 => C::MergeVisible,
        50 => C::SetArea { area: d.roll() },
        51 => C::FitArea,
        52 => C::AddMaterial { look: d.roll() },
        53 => C::SetMaterial { index: d.roll(), look: d.roll() },
        54 => C::DeleteMaterial { index: d.roll() },
        55 => C::AddCamera { view: d.roll() },
        56 => C::SetCamera { index: d.roll(), view: d.roll() },
        57 => C::DeleteCamera { index: d.roll() },
        58 => C::UseCamera { index: d.roll() },
        59 => C::SetLight { light: d.roll() },
        60 => C::Checkpoint { name: d.roll() },
        61 => C::DropCheckpoint { name: d.roll() },
        62 => C::Restore { name: d.roll() },
        _ => C::Group((0..d.below(5)).map(|_| single(d)).collect()),
    }
}

/// Any command but a group.
fn single(d: &mut Dice) -> Command {
    let number = d.below(COMMANDS - 1);
    command(d, number)
}

/// A brick with about so many voxels, of so many colours at most, all opaque or not.
pub(crate) fn brick(d: &mut Dice) -> Brick {
    let filled = d.one(&[1, 2, 16, 17, 40, 256, 300, 2000, 4096]);
    let colors = d.one(&[1, 1, 2, 3, 16, 17, 200, 256, 257, 5000]);
    let alpha = d.one(&[255, 255, 1, 254]);
    let voxel = |n: u64| {
        let [r, g, b, ..] = n.to_le_bytes();
        Voxel([r, g, b, if n & 1 == 0 { alpha } else { 255 }])
    };
    let mut brick = Brick::default();
    let whole = filled == 4096;
    for index in 0..filled {
        let index = if whole { index } else { d.below(4096) };
        brick.set(Local::from_index(index as u16), voxel(d.below(colors)));
    }
    brick
}

pub(crate) fn volume(d: &mut Dice) -> Volume {
    let mut volume = Volume::new();
    for _ in 0..d.below(5) {
        let home: Coord = d.roll();
        let home = home.brick();
        let brick = brick(d);
        for x in 0..=d.below(3) as i32 {
            let at = BrickCoord { x: (home.x + x).clamp(i32::MIN >> 4, i32::MAX >> 4), ..home };
            volume.put(at, brick.clone());
        }
    }
    volume.write(lines(d));
    volume
}

fn scene(d: &mut Dice) -> Scene {
    let layer = |id: u32, d: &mut Dice| Layer {
        id: LayerId(id),
        name: d.roll(),
        visible: d.roll(),
        volume: volume(d),
        kind: d.roll(),
        mode: d.roll(),
        material: d.roll(),
        mat: d.roll(),
        bounds: d.roll(),
        extra: d.roll(),
    };
    let count = d.below(5) as u32;
    Scene {
        layers: (1..=count).map(|id| layer(id * 7 % 11, d)).collect(),
        active: d.roll(),
        materials: d.list(3),
        cameras: d.list(3),
        active_camera: d.roll(),
        light: d.roll(),
        area: d.roll(),
        selection: Selection { area: d.roll(), mask: volume(d) },
        extra: d.roll(),
        extra_chunks: d.list(3),
    }
}

/// The scene after some edits: most of it shared.
pub(crate) fn edited(d: &mut Dice, scene: &Scene) -> Scene {
    let mut scene = scene.clone();
    for _ in 0..d.below(4) {
        let which = d.next() as usize;
        let layer = match scene.layers.len() {
            0 => 0,
            n => which % n,
        };
        match (d.below(8), scene.layers.get_mut(layer)) {
            (0, Some(layer)) => layer.volume = volume(d),
            (1, Some(layer)) => layer.name = d.roll(),
            (2, Some(_)) => drop(scene.layers.remove(layer)),
            (3, Some(_)) => scene.layers.rotate_left(1),
            (4, _) => scene.selection.mask = volume(d),
            (5, _) => {
                let mut new = Layer::new(scene.free_id(), "new");
                new.volume = volume(d);
                scene.layers.push(new);
            }
            (_, Some(layer)) => {
                let near = layer.volume.voxels().next().map_or(Coord::default(), |(at, _)| at);
                layer.volume.write(lines(d));
                layer.volume.set(near, d.roll());
            }
            (_, None) => scene.light.yaw = d.roll(),
        }
    }
    scene
}
