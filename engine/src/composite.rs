//! The composite: what one sees of a scene, all visible layers in one volume.
//!
//! Visible layers are merged bottom up; the lowest is taken as it is, whatever its mode.
//! By the strict rule each layer meets everything below it. The legacy rule
//! (spec/engine.md 4) merges by groups: an "over" layer of another material than the
//! group's first begins a new group, so that subtracting, intersecting and painting act on
//! their own group only; later groups cover earlier ones.
//!
//! A [`Composite`] is kept beside a project: after an edit only the bricks that
//! differ are merged again.

use crate::math::Mat4;
use crate::ops::{Shape, Solid, moved};
use crate::parallel::{self, Threads};
use crate::scene::{Layer, LayerKind, Scene};
use crate::volume::{BRICK_VOXELS, BlendMode, Bounds, Brick, BrickCoord, Volume, Voxel};
use std::collections::HashSet;
use std::sync::Arc;

/// The most bricks that clones and shape layers may unfold to in one composite.
const DERIVED_BRICKS_MAX: usize = 1 << 18;

/// The longest chain of clones of clones that is followed.
pub(crate) const CLONES_DEEP_MAX: usize = 64;

/// What the mode of a layer acts on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// On all layers below it.
    #[default]
    Strict,
    /// On the layers below it in its run of layers of one material.
    Legacy,
}

/// The visible layers merged by the strict rule, faint voxels included.
///
/// Clones and shapes unfold to at most 262,144 bricks together: those that come
/// after hold nothing, so that no small file takes hours to draw.
pub fn flatten(scene: &Scene) -> Volume {
    flatten_by(scene, Rule::Strict, Threads::default())
}

/// The visible layers merged by a rule, on some threads.
pub fn flatten_by(scene: &Scene, rule: Rule, threads: Threads) -> Volume {
    let mut composite = Composite::new(rule);
    composite.update(scene, threads);
    composite.flat
}

/// What is drawn: the visible layers merged, without voxels too faint to see.
pub fn drawn(scene: &Scene) -> Volume {
    flatten(scene).solid()
}

/// A layer's voxels: its own, or those of the layer or the shape it stands for.
///
/// A clone of a clone is followed, up to 64; one that leads back to itself, or whose base
/// is gone, holds nothing, and so does one that unfolds beyond reason.
pub fn voxels_of(scene: &Scene, layer: &Layer) -> Volume {
    all_voxels_of(scene, layer).unwrap_or_default()
}

/// The voxels of each layer, hidden ones too; all that must be unfolded within one limit.
pub(crate) fn voxels_of_all(scene: &Scene) -> Vec<Volume> {
    voxels_of_each(scene, scene.layers.iter())
}

/// The voxels of each visible layer, as the composite sees them.
pub(crate) fn voxels_of_visible(scene: &Scene) -> Vec<Volume> {
    voxels_of_each(scene, scene.layers.iter().filter(|layer| layer.visible))
}

fn voxels_of_each<'a>(scene: &Scene, layers: impl Iterator<Item = &'a Layer>) -> Vec<Volume> {
    let mut room = DERIVED_BRICKS_MAX;
    let voxels = |layer: &Layer| match Origin::of(scene, layer) {
        Origin::Own(volume) => volume,
        Origin::Derived(recipe) => {
            let (volume, bricks) = recipe.unfold(room).unwrap_or_default();
            room -= bricks;
            volume
        }
    };
    layers.map(voxels).collect()
}

/// As [`voxels_of`], but `None` for a layer that unfolds beyond reason: for callers
/// that would lose what they do not see.
pub(crate) fn all_voxels_of(scene: &Scene, layer: &Layer) -> Option<Volume> {
    match Origin::of(scene, layer) {
        Origin::Own(volume) => Some(volume),
        Origin::Derived(recipe) => recipe.unfold(DERIVED_BRICKS_MAX).map(|done| done.0),
    }
}

/// How many clones lie one on the other from this layer down to one that is none.
pub(crate) fn clones_below(scene: &Scene, layer: &Layer) -> usize {
    let base_of = |layer: &&Layer| match layer.kind {
        LayerKind::Clone { base } => scene.layer(base),
        _ => None,
    };
    std::iter::successors(Some(layer), base_of).take(CLONES_DEEP_MAX + 2).count() - 1
}

/// Where a layer's voxels come from.
enum Origin {
    Own(Volume),
    Derived(Recipe),
}

/// How a clone or a shape layer is unfolded: the same recipe gives the same voxels.
#[derive(Clone, Debug)]
struct Recipe {
    base: Base,
    /// The moves, outermost first.
    steps: Vec<Mat4>,
}

#[derive(Clone, Debug)]
enum Base {
    Voxels(Volume),
    Solid { shape: Shape, color: Voxel, area: Mat4, clip: Option<Bounds> },
}

impl Origin {
    fn of(scene: &Scene, layer: &Layer) -> Self {
        let mut steps = Vec::new();
        let mut source = layer;
        while let LayerKind::Clone { base } = source.kind {
            steps.push(source.mat);
            match scene.layer(base) {
                Some(next) if steps.len() <= CLONES_DEEP_MAX => source = next,
                _ => return Origin::Own(Volume::new()),
            }
        }
        let base = match source.kind {
            // A work area without a whole voxel leaves nothing of a shape.
            LayerKind::Shape { .. } if scene.area.is_set() && scene.area_bounds().is_none() => {
                return Origin::Own(Volume::new());
            }
            LayerKind::Shape { shape, color } => {
                Base::Solid { shape, color, area: source.mat, clip: scene.area_bounds() }
            }
            _ if steps.is_empty() => return Origin::Own(source.volume.clone()),
            _ => Base::Voxels(source.volume.clone()),
        };
        Origin::Derived(Recipe { base, steps })
    }
}

impl Recipe {
    /// The voxels and how many bricks were unfolded for them; `None` beyond `room`.
    fn unfold(&self, room: usize) -> Option<(Volume, usize)> {
        let mut left = room;
        let start = self.base.voxels(&mut left)?;
        // What is larger than the room is refused before it is looked at.
        let move_on = |volume: Volume, mat: &Mat4| {
            let fits = volume.brick_count() <= left || *mat == Mat4::IDENTITY;
            fits.then(|| moved(&volume, mat, &mut left)).flatten()
        };
        let volume = self.steps.iter().rev().try_fold(start, move_on)?;
        Some((volume, room - left))
    }

    fn is(&self, other: &Recipe) -> bool {
        self.steps == other.steps && self.base.is(&other.base)
    }
}

impl Base {
    fn voxels(&self, room: &mut usize) -> Option<Volume> {
        let (shape, color, area, clip) = match self {
            Base::Voxels(volume) => return Some(volume.clone()),
            Base::Solid { shape, color, area, clip } => (*shape, *color, area, *clip),
        };
        let mut volume = Volume::new();
        if let Some(solid) = Solid::new(shape, area, clip) {
            *room = room.checked_sub(usize::try_from(solid.bounds().bricks()).ok()?)?;
            solid.fill(&mut volume, color);
        }
        Some(volume)
    }

    fn is(&self, other: &Base) -> bool {
        match (self, other) {
            (Base::Voxels(a), Base::Voxels(b)) => a.shares_root_with(b),
            (
                Base::Solid { shape, color, area, clip },
                Base::Solid { shape: s, color: c, area: a, clip: k },
            ) => (shape, color, area, clip) == (s, c, a, k),
            _ => false,
        }
    }
}

/// A composite that follows a scene as it changes.
#[derive(Clone, Debug, Default)]
pub struct Composite {
    rule: Rule,
    sources: Vec<Source>,
    derived: Vec<Derived>,
    flat: Volume,
    drawn: Volume,
}

/// A visible layer's part in the composite.
#[derive(Clone, Debug)]
struct Source {
    volume: Volume,
    mode: BlendMode,
    /// Whether it begins a group: then its mode does not matter.
    begins: bool,
}

/// What a clone or a shape was unfolded to within some room: its voxels and how many bricks
/// they took, or nothing.
#[derive(Clone, Debug)]
struct Derived {
    recipe: Recipe,
    room: usize,
    made: Option<(Volume, usize)>,
}

impl Derived {
    /// What unfolding again within `room` would give, where that is known.
    fn within(&self, room: usize) -> Option<Option<(Volume, usize)>> {
        match &self.made {
            Some((_, bricks)) if *bricks > room => Some(None),
            Some(made) => Some(Some(made.clone())),
            None => (room <= self.room).then_some(None),
        }
    }
}

impl Composite {
    /// A composite by that rule, of nothing yet.
    pub fn new(rule: Rule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Makes it the composite of `scene`. What is as it was at the last update is kept: an
    /// edit of one voxel merges one brick again.
    pub fn update(&mut self, scene: &Scene, threads: Threads) {
        let sources = self.sources_of(scene);
        let alike = |(a, b): (&Source, &Source)| (a.mode, a.begins) == (b.mode, b.begins);
        let same_stack =
            sources.len() == self.sources.len() && sources.iter().zip(&self.sources).all(alike);
        if let [only] = sources.as_slice() {
            self.drawn = if same_stack {
                redrawn(&self.drawn, &only.volume, &only.volume.differing(&self.flat))
            } else {
                only.volume.solid()
            };
            self.flat = only.volume.clone();
        } else if same_stack {
            let places = differing(&sources, &self.sources);
            self.merge(&sources, &places, threads);
        } else {
            (self.flat, self.drawn) = (Volume::new(), Volume::new());
            let places = differing(&sources, &[]);
            self.merge(&sources, &places, threads);
        }
        self.sources = sources;
    }

    /// The visible layers merged, faint voxels included.
    pub const fn flat(&self) -> &Volume {
        &self.flat
    }

    /// The visible layers merged, without voxels too faint to see.
    pub const fn drawn(&self) -> &Volume {
        &self.drawn
    }

    /// Merges those bricks anew.
    fn merge(&mut self, sources: &[Source], places: &[BrickCoord], threads: Threads) {
        let merged = parallel::map(threads, places, |at| {
            let flat = merged_brick(sources, *at).unwrap_or_default();
            let drawn =
                if flat.may_hold_faint() { Arc::new(flat.solid()) } else { Arc::clone(&flat) };
            (flat, drawn)
        });
        for (at, (flat, drawn)) in places.iter().zip(merged) {
            self.flat.put_arc(*at, flat);
            self.drawn.put_arc(*at, drawn);
        }
    }

    fn sources_of(&mut self, scene: &Scene) -> Vec<Source> {
        let mut room = DERIVED_BRICKS_MAX;
        let mut derived = Vec::new();
        let mut sources: Vec<Source> = Vec::new();
        let mut material = None;
        for layer in scene.layers.iter().filter(|layer| layer.visible) {
            let volume = match Origin::of(scene, layer) {
                Origin::Own(volume) => volume,
                Origin::Derived(recipe) => self.unfold(recipe, &mut room, &mut derived),
            };
            let splits = self.rule == Rule::Legacy
                && layer.mode == BlendMode::Over
                && material != layer.material;
            let begins = sources.is_empty() || splits;
            if begins {
                material = layer.material;
            }
            sources.push(Source { volume, mode: layer.mode, begins });
        }
        self.derived = derived;
        sources
    }

    /// Unfolds a layer, or takes what it was unfolded to the last time.
    fn unfold(&self, recipe: Recipe, room: &mut usize, derived: &mut Vec<Derived>) -> Volume {
        let known = self.derived.iter().find(|known| known.recipe.is(&recipe));
        let known = known.and_then(|known| known.within(*room));
        let made = known.unwrap_or_else(|| recipe.unfold(*room));
        derived.push(Derived { recipe, room: *room, made: made.clone() });
        let (volume, bricks) = made.unwrap_or_default();
        *room -= bricks;
        volume
    }
}

/// `drawn` with those bricks taken from `flat` anew.
fn redrawn(drawn: &Volume, flat: &Volume, places: &[BrickCoord]) -> Volume {
    let mut drawn = drawn.clone();
    for at in places {
        let brick = flat.brick_arc(*at).cloned().unwrap_or_default();
        drawn.put_arc(*at, if brick.may_hold_faint() { Arc::new(brick.solid()) } else { brick });
    }
    drawn
}

/// The bricks where some source is not what it was, each once.
fn differing(sources: &[Source], before: &[Source]) -> Vec<BrickCoord> {
    let nothing = Volume::new();
    let was = |i: usize| before.get(i).map_or(&nothing, |source| &source.volume);
    let lists = sources.iter().enumerate().map(|(i, source)| source.volume.differing(was(i)));
    let places: HashSet<BrickCoord> = lists.flatten().collect();
    let mut places: Vec<BrickCoord> = places.into_iter().collect();
    places.sort_unstable_by_key(|at| at.order());
    places
}

/// What the sources make of one brick.
fn merged_brick(sources: &[Source], at: BrickCoord) -> Option<Arc<Brick>> {
    let mut below = None;
    let mut group = None;
    for source in sources {
        let brick = source.volume.brick_arc(at).cloned().map(Mixture::Stored);
        group = if source.begins {
            below = met(below, group, BlendMode::Over);
            brick
        } else {
            met(group, brick, source.mode)
        };
    }
    met(below, group, BlendMode::Over).map(Mixture::into_brick)
}

/// A brick while layers meet in it.
enum Mixture {
    Stored(Arc<Brick>),
    /// By place.
    Loose(Box<[Voxel; BRICK_VOXELS]>),
}

impl Mixture {
    fn into_brick(self) -> Arc<Brick> {
        match self {
            Mixture::Stored(brick) => brick,
            Mixture::Loose(places) => {
                Arc::new(Brick::from_places_with_holes([u64::MAX; 64], &places))
            }
        }
    }

    fn into_places(self) -> Box<[Voxel; BRICK_VOXELS]> {
        match self {
            Mixture::Stored(brick) => brick.to_places(),
            Mixture::Loose(places) => places,
        }
    }
}

fn met(below: Option<Mixture>, above: Option<Mixture>, mode: BlendMode) -> Option<Mixture> {
    let rule = mode.one_sided();
    match (below, above) {
        (Some(below), Some(above)) if !(mode == BlendMode::Over && above.covers()) => {
            let mut places = below.into_places();
            above.into_brick().blend_onto(&mut places, mode);
            Some(Mixture::Loose(places))
        }
        (_, Some(above)) if rule.takes_source => Some(above),
        (Some(below), None) if rule.keeps_destination => Some(below),
        _ => None,
    }
}

impl Mixture {
    /// Whether it hides whatever it is put over.
    fn covers(&self) -> bool {
        match self {
            Mixture::Stored(brick) => {
                brick.filled() as usize == BRICK_VOXELS
                    && brick.uniform().is_some_and(|voxel| voxel.alpha() == 255)
            }
            Mixture::Loose(_) => false,
        }
    }
}

#[cfg(test)]
#[path = "composite_tests.rs"]
mod tests;
