//! In what two volumes or two scenes differ. Only bricks that they do not share are visited.

use super::Page;
use crate::scene::{Layer, LayerId, Scene};
use crate::volume::{Bits, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::collections::BTreeMap;

/// How many voxels of a volume are not as they were in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Voxels where there was none.
    pub added: u64,
    /// Voxels that are gone.
    pub removed: u64,
    /// Voxels of another colour or alpha.
    pub changed: u64,
    /// The smallest box around all of these.
    pub bounds: Option<Bounds>,
}

impl Diff {
    /// Whether both hold the same voxels.
    pub fn is_none(&self) -> bool {
        self.bounds.is_none()
    }

    fn add(&mut self, home: BrickCoord, a: &Brick, b: &Brick) {
        let marks = unlike(a, b);
        let Some((low, high)) = marks.extent() else {
            return;
        };
        for (mark, (a, b)) in marks.cells().iter().zip(a.cells().iter().zip(b.cells())) {
            self.added += u64::from((mark & !a).count_ones());
            self.removed += u64::from((mark & !b).count_ones());
            self.changed += u64::from((mark & a & b).count_ones());
        }
        let around = Bounds { min: home.at(low), max: home.at(high) };
        self.bounds = Some(self.bounds.map_or(around, |bounds| bounds.union(around)));
    }
}

/// A place where two volumes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place.
    pub at: Coord,
    /// What is there in the first.
    pub before: Voxel,
    /// What is there in the second.
    pub after: Voxel,
}

/// What must be done to `a` to get `b`, in numbers.
pub fn diff(a: &Volume, b: &Volume) -> Diff {
    let mut total = Diff::default();
    let empty = Brick::default();
    for home in a.differing(b) {
        total.add(home, a.brick(home).unwrap_or(&empty), b.brick(home).unwrap_or(&empty));
    }
    total
}

/// The places where two volumes differ, in the defined order, and whether there are more
/// behind those asked for.
pub fn changes(a: &Volume, b: &Volume, page: Page) -> (Vec<Change>, bool) {
    let mut found = Vec::new();
    let empty = Brick::default();
    let limit = page.limit.unwrap_or(usize::MAX);
    let mut offset = page.offset;
    for home in a.differing(b) {
        let (a, b) = (a.brick(home).unwrap_or(&empty), b.brick(home).unwrap_or(&empty));
        let marks = unlike(a, b);
        for (at, _) in marks.voxels().skip(offset) {
            if found.len() >= limit {
                return (found, true);
            }
            found.push(Change { at: home.at(at), before: a.get(at), after: b.get(at) });
        }
        offset = offset.saturating_sub(marks.filled() as usize);
    }
    (found, false)
}

/// A brick with a voxel wherever two differ.
fn unlike(a: &Brick, b: &Brick) -> Brick {
    let mut mask = [0; 64];
    let one_color = match (a.uniform(), b.uniform()) {
        (Some(a), Some(b)) => Some(a == b),
        _ => None,
    };
    for (cell, mark) in mask.iter_mut().enumerate() {
        let (a_word, b_word) = (a.cells()[cell], b.cells()[cell]);
        let both = a_word & b_word;
        let recolored = match one_color {
            Some(true) => 0,
            Some(false) => both,
            None => {
                Bits(both).filter(|bit| unlike_at(a, b, cell, *bit)).fold(0, |m, bit| m | 1 << bit)
            }
        };
        *mark = (a_word ^ b_word) | recolored;
    }
    let mut marks = Brick::default();
    marks.fill(&mask, Voxel::WHITE);
    marks
}

fn unlike_at(a: &Brick, b: &Brick, cell: usize, bit: u32) -> bool {
    let at = Local::from_cell_and_bit(cell, bit);
    a.get(at) != b.get(at)
}

/// In what two scenes differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SceneDiff {
    /// Layers that only the second has, bottom first.
    pub added: Vec<LayerId>,
    /// Layers that only the first has, bottom first.
    pub removed: Vec<LayerId>,
    /// Layers of both that are not the same, in the order of the second.
    pub layers: Vec<LayerDiff>,
    /// Whether the layers of both lie in another order.
    pub reordered: bool,
    /// Whether anything beside the layers differs: materials, cameras, light, work area,
    /// the active layer.
    pub rest: bool,
}

impl SceneDiff {
    /// Whether both scenes are the same.
    pub fn is_none(&self) -> bool {
        *self == SceneDiff::default()
    }
}

/// In what a layer differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerDiff {
    /// Which layer.
    pub layer: LayerId,
    /// Its own voxels; clones and shapes have none.
    pub voxels: Diff,
    /// Whether anything beside the voxels differs: name, visibility, mode, placement.
    pub properties: bool,
}

/// What must be done to `a` to get `b`. Layers are the same when their ids are.
pub fn scene_diff(a: &Scene, b: &Scene) -> SceneDiff {
    let (before, after) = (by_id(a), by_id(b));
    let common = |scene: &Scene, other: &BTreeMap<LayerId, &Layer>| -> Vec<LayerId> {
        scene.layers.iter().map(|layer| layer.id).filter(|id| other.contains_key(id)).collect()
    };
    let only = |scene: &Scene, other: &BTreeMap<LayerId, &Layer>| -> Vec<LayerId> {
        scene.layers.iter().map(|layer| layer.id).filter(|id| !other.contains_key(id)).collect()
    };
    let kept = common(b, &before);
    let both = kept.iter().filter_map(|id| Some((*before.get(id)?, *after.get(id)?)));
    SceneDiff {
        added: only(b, &before),
        removed: only(a, &after),
        layers: both.filter_map(|(a, b)| layer_diff(a, b)).collect(),
        reordered: common(a, &after) != kept,
        rest: without_layers(a) != without_layers(b),
    }
}

fn by_id(scene: &Scene) -> BTreeMap<LayerId, &Layer> {
    scene.layers.iter().map(|layer| (layer.id, layer)).collect()
}

fn layer_diff(a: &Layer, b: &Layer) -> Option<LayerDiff> {
    let voxels = diff(&a.volume, &b.volume);
    let properties = without_voxels(a) != without_voxels(b);
    (properties || !voxels.is_none()).then_some(LayerDiff { layer: b.id, voxels, properties })
}

fn without_voxels(layer: &Layer) -> Layer {
    Layer { volume: Volume::new(), ..layer.clone() }
}

fn without_layers(scene: &Scene) -> Scene {
    Scene { layers: Vec::new(), ..scene.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::BlendMode;
    use proptest::prelude::*;

    const RED: Voxel = Voxel::rgb(250, 0, 0);
    const FAINT: Voxel = Voxel([250, 0, 0, 1]);

    fn line(voxels: &[(i32, Voxel)]) -> Volume {
        voxels.iter().map(|(x, voxel)| (Coord::new(*x, 5, -1), *voxel)).collect()
    }

    #[track_caller]
    fn check(a: &Volume, b: &Volume, counts: [u64; 3], ends: Option<(i32, i32)>) {
        let Diff { added, removed, changed, bounds } = diff(a, b);
        assert_eq!([added, removed, changed], counts);
        assert_eq!(bounds.map(|Bounds { min, max }| (min.x, max.x)), ends);
    }

    #[test]
    fn voxels_are_added_removed_and_changed() {
        let a = line(&[(0, RED), (1, RED), (i32::MIN, RED)]);
        let b = line(&[(0, RED), (1, FAINT), (i32::MAX, RED)]);
        check(&a, &b, [1, 1, 1], Some((i32::MIN, i32::MAX)));
        check(&a, &a, [0, 0, 0], None);
        check(&Volume::new(), &a, [3, 0, 0], Some((i32::MIN, 1)));
        check(&a, &Volume::new(), [0, 3, 0], Some((i32::MIN, 1)));
    }

    #[test]
    fn equal_voxels_that_are_stored_apart_do_not_differ() {
        let voxels = [(0, RED), (20, FAINT)];
        check(&line(&voxels), &line(&voxels), [0, 0, 0], None);
    }

    #[test]
    fn layers_are_compared_by_their_ids() {
        let mut a = Scene::new();
        for id in 2..6 {
            a.layers.push(Layer::new(LayerId(id), "one"));
        }
        let mut b = a.clone();
        assert!(scene_diff(&a, &b).is_none());
        b.layers.remove(1);
        b.layers.push(Layer::new(LayerId(9), "new"));
        b.layers[1].volume.set(Coord::new(1, 2, 3), RED);
        b.layers[2].mode = BlendMode::Sub;
        let found = scene_diff(&a, &b);
        assert_eq!((found.added, found.removed), (vec![LayerId(9)], vec![LayerId(2)]));
        assert!(!found.reordered && !found.rest);
        let of = |layer: &LayerDiff| (layer.layer.0, layer.voxels.added, layer.properties);
        assert_eq!(found.layers.iter().map(of).collect::<Vec<_>>(), [(3, 1, false), (4, 0, true)]);
    }

    #[test]
    fn the_order_of_layers_and_what_is_beside_them_are_compared() {
        let mut a = Scene::new();
        a.layers.push(Layer::new(LayerId(2), "two"));
        let mut b = a.clone();
        b.layers.swap(0, 1);
        assert_eq!(scene_diff(&a, &b), SceneDiff { reordered: true, ..SceneDiff::default() });
        let mut b = a.clone();
        b.light.intensity += 1.0;
        assert_eq!(scene_diff(&a, &b), SceneDiff { rest: true, ..SceneDiff::default() });
    }

    fn edits() -> impl Strategy<Value = Vec<(Coord, Voxel)>> {
        let place = (-20..20i32, -3..3i32, 0..18i32, any::<bool>());
        let place = place.prop_map(|(x, y, z, far)| {
            let end = if far { i32::MAX - 20 } else { 0 };
            Coord::new(x + end, y, i32::MIN + z)
        });
        let voxel = (0..4u8).prop_map(|n| Voxel([n, 0, 0, n * 85]));
        prop::collection::vec((place, voxel), 0..300)
    }

    proptest! {
        #[test]
        fn a_difference_is_that_of_every_voxel(
            common in edits(),
            (left, right) in (edits(), edits()),
            (offset, limit) in (0..400usize, prop::option::of(0..400usize)),
        ) {
            let base: Volume = common.iter().copied().collect();
            let (mut a, mut b) = (base.clone(), base);
            a.write(left.iter().copied());
            b.write(right.iter().copied());
            let mut places: Vec<Coord> =
                common.iter().chain(&left).chain(&right).map(|(at, _)| *at).collect();
            places.sort_by_key(|at| (at.brick().order(), at.order()));
            places.dedup();
            let change = |at: Coord| Change { at, before: a.get(at), after: b.get(at) };
            let model: Vec<Change> =
                places.into_iter().map(change).filter(|c| c.before != c.after).collect();
            let page: Vec<Change> =
                model.iter().copied().skip(offset).take(limit.unwrap_or(usize::MAX)).collect();
            let more = offset + page.len() < model.len();
            prop_assert_eq!(changes(&a, &b, Page { offset, limit }), (page, more));
            let count = |test: fn(&Change) -> bool| model.iter().filter(|c| test(c)).count() as u64;
            let found = diff(&a, &b);
            prop_assert_eq!(found.added, count(|c| c.before.is_empty()));
            prop_assert_eq!(found.removed, count(|c| c.after.is_empty()));
            prop_assert_eq!(found.added + found.removed + found.changed, model.len() as u64);
            let around = model.iter().map(|c| Bounds { min: c.at, max: c.at });
            prop_assert_eq!(found.bounds, around.reduce(Bounds::union));
        }
    }
}
