//! Which layer gave a voxel that is drawn, and what that layer's material looks like.
//!
//! A voxel belongs to the topmost visible layer that holds it, however faintly, and
//! that puts matter there: the lowest visible layer (the composite takes it as it is,
//! whatever its mode) and those above it whose mode brings a colour of their own (Over,
//! Max, IntersectFill, Replace). The other modes change or remove what is below
//! and never own it: paint is a colour on another layer's matter. This is
//! the strict rule of [`crate::composite`], by which all that is drawn is merged.
//!
//! Nothing is looked up before someone asks, and then one brick at a time: a brick
//! that one layer fills answers at once, another keeps only layers that own a voxel in it.

use super::grid::Grid;
use crate::composite;
use crate::scene::{LayerKind, Material, Scene};
use crate::volume::{BlendMode, Brick, BrickCoord, Local, Volume};
use std::sync::{Arc, OnceLock};

/// From biased coordinates to `i32`.
const BIAS: u32 = 1 << 31;

/// No strength of light or colour is above this.
const STRENGTH_MAX: f32 = 65_536.0;

/// What a layer's material looks like, all numbers within their ranges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Surface {
    /// Linear RGB that multiplies the voxels' colour: at least 0.
    pub base: [f32; 3],
    /// How much of what meets it stays: 0 to 1.
    pub opacity: f32,
    /// 0 to 1.
    pub metallic: f32,
    /// 0 to 1.
    pub roughness: f32,
    /// Linear RGB that it shines with: at least 0.
    pub emission: [f32; 3],
}

impl Surface {
    /// What a material looks like; a number that is none counts as 0.
    pub(super) fn of(material: &Material) -> Self {
        let [r, g, b, opacity] = material.color;
        Self {
            base: [r, g, b].map(|value| within(value, STRENGTH_MAX)),
            opacity: within(opacity, 1.0),
            metallic: within(material.metallic, 1.0),
            roughness: within(material.roughness, 1.0),
            emission: material.emission.map(|value| within(value, STRENGTH_MAX)),
        }
    }
}

impl Default for Surface {
    fn default() -> Self {
        Self::of(&Material::new(""))
    }
}

/// NaN is 0.
fn within(value: f32, most: f32) -> f32 {
    if value >= most {
        most
    } else if value > 0.0 {
        value
    } else {
        0.0
    }
}

/// The layers and the looks of a grid's voxels.
pub(super) struct Surfaces<'a> {
    grid: &'a Grid<'a>,
    scene: Option<&'a Scene>,
    /// The layers that may own voxels, topmost first.
    layers: Vec<Owner>,
    /// The default look, then those of the scene's materials.
    looks: Vec<Surface>,
    /// The look of all voxels, where they have but one.
    only: Option<usize>,
    bricks: OnceLock<Bricks>,
}

/// A layer that may own voxels.
struct Owner {
    id: u32,
    /// An index into [`Surfaces::looks`].
    look: usize,
    /// Its place among the visible layers.
    place: usize,
}

/// What is known of the bricks so far.
struct Bricks {
    /// By layer, as [`Surfaces::layers`].
    volumes: Vec<Volume>,
    /// By the bricks' numbers.
    owners: Vec<OnceLock<Owners>>,
}

/// The layers that own voxels of a brick, as indexes into [`Surfaces::layers`].
enum Owners {
    Nobody,
    One(u32),
    /// Topmost first; each owns a voxel that no other before it has.
    Several(Box<[(u32, Arc<Brick>)]>),
}

impl<'a> Surfaces<'a> {
    /// The voxels of a grid that was made of what `scene` shows. Without a scene all have the
    /// default material and layer 0.
    pub(super) fn new(scene: Option<&'a Scene>, grid: &'a Grid<'a>) -> Self {
        let mut looks = vec![Surface::default()];
        let mut layers = Vec::new();
        if let Some(scene) = scene {
            looks.extend(scene.materials.iter().map(Surface::of));
            layers = owners(scene);
        }
        let only = only_look(&layers, &looks);
        Self { grid, scene, layers, looks, only, bricks: OnceLock::new() }
    }

    /// The number of the layer that gave a voxel of a brick; 0 when none did.
    pub(super) fn layer(&self, brick: u32, local: Local) -> u32 {
        self.owner(brick, local).map_or(0, |owner| owner.id)
    }

    /// What a voxel of a brick looks like but for its colour.
    #[inline]
    pub(super) fn material(&self, brick: u32, local: Local) -> &Surface {
        &self.looks[self.look(brick, local)]
    }

    /// The index of a voxel's look in [`Surfaces::looks`].
    #[inline]
    pub(super) fn look(&self, brick: u32, local: Local) -> usize {
        match self.only {
            Some(look) => look,
            None => self.owner(brick, local).map_or(0, |owner| owner.look),
        }
    }

    /// All looks that voxels may have; never none.
    pub(super) fn looks(&self) -> &[Surface] {
        &self.looks
    }

    /// The look of all voxels, where they have but one.
    pub(super) fn only(&self) -> Option<&Surface> {
        self.only.map(|look| &self.looks[look])
    }

    fn owner(&self, brick: u32, local: Local) -> Option<&Owner> {
        if let [only] = self.layers.as_slice() {
            return Some(only);
        }
        let bricks = self.bricks.get_or_init(|| self.unfold());
        let owners = bricks.owners.get(brick as usize)?;
        let index = match owners.get_or_init(|| self.resolve(&bricks.volumes, brick)) {
            Owners::Nobody => return None,
            Owners::One(index) => *index,
            Owners::Several(several) => {
                let (cell, bit) = local.cell_and_bit();
                several.iter().find(|(_, brick)| brick.cells()[cell] >> bit & 1 == 1)?.0
            }
        };
        Some(&self.layers[index as usize])
    }

    fn unfold(&self) -> Bricks {
        let visible = self.scene.map(composite::voxels_of_visible).unwrap_or_default();
        let volume = |owner: &Owner| visible.get(owner.place).cloned().unwrap_or_default();
        Bricks {
            volumes: self.layers.iter().map(volume).collect(),
            owners: std::iter::repeat_with(OnceLock::new).take(self.grid.brick_count()).collect(),
        }
    }

    /// Which layers own the voxels of a brick.
    fn resolve(&self, volumes: &[Volume], brick: u32) -> Owners {
        let at = coordinate(self.grid.home(brick));
        let mut left = *self.grid.brick(brick).cells();
        let mut owners = Vec::new();
        for (index, volume) in volumes.iter().enumerate() {
            let Some(brick) = volume.brick_arc(at) else {
                continue;
            };
            if take(&mut left, brick.cells()) {
                owners.push((index as u32, Arc::clone(brick)));
            }
            if left.iter().all(|word| *word == 0) {
                break;
            }
        }
        match owners.as_slice() {
            [] => Owners::Nobody,
            [(only, _)] => Owners::One(*only),
            _ => Owners::Several(owners.into()),
        }
    }
}

/// The layers that may own voxels, topmost first.
fn owners(scene: &Scene) -> Vec<Owner> {
    let known = |index: &usize| *index < scene.materials.len();
    let mut owners = Vec::new();
    for (place, layer) in scene.layers.iter().filter(|layer| layer.visible).enumerate() {
        let holds_none = match layer.kind {
            LayerKind::Plain => layer.volume.is_empty(),
            LayerKind::Image { .. } => true,
            LayerKind::Clone { .. } | LayerKind::Shape { .. } => false,
        };
        if !holds_none && (place == 0 || brings_matter(layer.mode)) {
            let look = layer.material.filter(known).map_or(0, |index| index + 1);
            owners.push(Owner { id: layer.id.0, look, place });
        }
    }
    owners.reverse();
    owners
}

/// The look that all layers share, if they do.
fn only_look(layers: &[Owner], looks: &[Surface]) -> Option<usize> {
    let first = layers.first().map_or(0, |layer| layer.look);
    layers.iter().all(|layer| looks[layer.look] == looks[first]).then_some(first)
}

/// Whether a layer above the lowest owns what it puts.
const fn brings_matter(mode: BlendMode) -> bool {
    use BlendMode::{
        Intersect, IntersectFill, Max, MultAlpha, Over, Paint, Replace, Sub, SubClamp,
    };
    match mode {
        Over | Max | IntersectFill | Replace => true,
        Sub | SubClamp | Paint | Intersect | MultAlpha => false,
    }
}

/// Takes `cells` out of what is left; whether there was any to take.
fn take(left: &mut [u64; 64], cells: &[u64; 64]) -> bool {
    let mut taken = 0;
    for (left, cell) in left.iter_mut().zip(cells) {
        taken |= *left & cell;
        *left &= !cell;
    }
    taken != 0
}

fn coordinate(home: [u32; 3]) -> BrickCoord {
    let [x, y, z] = home.map(|value| (value ^ BIAS) as i32 >> 4);
    BrickCoord { x, y, z }
}

#[cfg(test)]
#[path = "surfaces_tests.rs"]
mod tests;
