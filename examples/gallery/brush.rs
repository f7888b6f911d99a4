//! What the models are made with: solids in a few hashed shades, and layers of one material.

use goxel_engine::math::Mat4;
use goxel_engine::ops::{Painter, Shape, Solid};
use goxel_engine::parallel::Threads;
use goxel_engine::scene::{Layer, LayerId, Material, Scene};
use goxel_engine::volume::{Bounds, Coord, Volume, Voxel};

/// A scene without layers; its first material is the default one, its work area what
/// cameras are fitted to.
pub fn empty(low: [i32; 3], high: [i32; 3]) -> Scene {
    let mut scene = Scene::new();
    scene.layers.clear();
    frame(&mut scene, low, high);
    scene
}

/// Sets what cameras are fitted to.
pub fn frame(scene: &mut Scene, low: [i32; 3], high: [i32; 3]) {
    let half = [0, 1, 2].map(|axis| (high[axis] - low[axis]) as f32 / 2.0);
    let middle = [0, 1, 2].map(|axis| low[axis] as f32 + half[axis]);
    scene.area = Mat4::from_box(middle, half);
}

/// Adds a layer of the default material.
pub fn layer(scene: &mut Scene, name: &str, build: impl FnOnce(&mut Volume)) {
    let mut layer = Layer::new(scene.free_id(), name);
    build(&mut layer.volume);
    layer.material = Some(0);
    scene.layers.push(layer);
    scene.active = LayerId(1);
}

/// Gives the layer added last a material of its own.
pub fn wear(scene: &mut Scene, material: Material) {
    let number = scene.materials.len();
    scene.materials.push(material);
    if let Some(layer) = scene.layers.last_mut() {
        layer.material = Some(number);
    }
}

/// A layer's material, by the layer's name.
pub fn material<'a>(scene: &'a mut Scene, layer: &str) -> Option<&'a mut Material> {
    let number = scene.layer_named(layer)?.material?;
    scene.materials.get_mut(number)
}

/// A number for a place, 0 to 255, the same everywhere.
pub fn grain(x: i32, y: i32, z: i32) -> i32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ (z as u32).wrapping_mul(0xC2B2_AE3D);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 13;
    (h >> 24) as i32
}

/// One of the shades, by the place's grain.
pub fn shade(shades: &[u32], x: i32, y: i32, z: i32) -> Voxel {
    let [_, r, g, b] = shades[grain(x, y, z) as usize * shades.len() / 256].to_be_bytes();
    Voxel::rgb(r, g, b)
}

/// A box of shades: its lowest corner and its size.
pub fn block(volume: &mut Volume, low: [i32; 3], size: [i32; 3], shades: &[u32]) {
    form(volume, Shape::Cube, low, size, shades);
}

/// A shape of shades that fills a box.
pub fn form(volume: &mut Volume, shape: Shape, low: [i32; 3], size: [i32; 3], shades: &[u32]) {
    let places = places(shape, low, size);
    volume.write(places.into_iter().map(|at| (at, shade(shades, at.x, at.y, at.z))));
}

/// A shape whose edge is soft, so that a rounded surface follows it: faint voxels around it,
/// and ever fuller ones inside.
pub fn soft(volume: &mut Volume, shape: Shape, low: [i32; 3], size: [i32; 3], shades: &[u32]) {
    let half = size.map(|n| n as f32 / 2.0);
    let middle = [0, 1, 2].map(|axis| low[axis] as f32 + half[axis]);
    let painter = Painter { smoothness: 2.0, ..Painter::new(shape, Voxel::WHITE) };
    let area = Mat4::from_box(middle, half);
    let painted = painter.paint(&Volume::new(), &area, usize::MAX, Threads(1)).unwrap_or_default();
    let mixed = painted.voxels().map(|(at, new)| (at, covered(volume.get(at), new, at, shades)));
    let mixed: Vec<_> = mixed.collect();
    volume.write(mixed);
}

/// A place's fullness is the greatest of all; its colour is of the last that takes half of it.
fn covered(old: Voxel, new: Voxel, at: Coord, shades: &[u32]) -> Voxel {
    let Voxel([r, g, b, _]) =
        if new.is_solid() || !old.is_solid() { shade(shades, at.x, at.y, at.z) } else { old };
    Voxel([r, g, b, old.alpha().max(new.alpha())])
}

/// Takes a shape away.
pub fn carve(volume: &mut Volume, shape: Shape, low: [i32; 3], size: [i32; 3]) {
    volume.write(places(shape, low, size).into_iter().map(|at| (at, Voxel::EMPTY)));
}

/// Colours what is there already inside a shape.
pub fn tint(volume: &mut Volume, shape: Shape, low: [i32; 3], size: [i32; 3], shades: &[u32]) {
    let mut there = places(shape, low, size);
    there.retain(|at| !volume.get(*at).is_empty());
    let tinted = |at: Coord| {
        let Voxel([r, g, b, _]) = shade(shades, at.x, at.y, at.z);
        Voxel([r, g, b, volume.get(at).alpha()])
    };
    let voxels: Vec<_> = there.into_iter().map(|at| (at, tinted(at))).collect();
    volume.write(voxels);
}

fn places(shape: Shape, low: [i32; 3], size: [i32; 3]) -> Vec<Coord> {
    let high = [0, 1, 2].map(|axis| low[axis] + size[axis] - 1);
    let mut filled = Volume::new();
    Solid::filling(shape, Bounds::around(low.into(), high.into())).fill(&mut filled, Voxel::WHITE);
    filled.voxels().map(|(at, _)| at).collect()
}
