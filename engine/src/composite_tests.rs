//! What is seen of layers, by both rules, and that a composite follows its scene.

use super::*;
use crate::scene::LayerId;
use crate::volume::{Coord, combine};
use proptest::prelude::*;
use std::collections::BTreeMap;

const RED: Voxel = Voxel::rgb(255, 0, 0);
const BLUE: Voxel = Voxel::rgb(0, 0, 255);

fn layer(id: u32, voxels: &[(i32, Voxel)]) -> Layer {
    let mut layer = Layer::new(LayerId(id), "l");
    layer.volume.write(voxels.iter().map(|(x, voxel)| (Coord::new(*x, 0, 0), *voxel)));
    layer
}

#[track_caller]
fn check(layers: Vec<Layer>, expected: &[(i32, Voxel)]) {
    let scene = Scene { layers, ..Scene::new() };
    let seen: Vec<_> = drawn(&scene).voxels().map(|(at, voxel)| (at.x, voxel)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn upper_layers_cover_lower_ones() {
    check(vec![layer(1, &[(0, RED), (1, RED)]), layer(2, &[(1, BLUE)])], &[(0, RED), (1, BLUE)]);
}

#[test]
fn hidden_layers_and_faint_voxels_are_not_drawn() {
    let hidden = Layer { visible: false, ..layer(2, &[(1, BLUE)]) };
    check(vec![layer(1, &[(0, RED), (3, Voxel([9, 9, 9, 126]))]), hidden], &[(0, RED)]);
}

#[test]
fn a_subtracting_layer_cuts_everything_below() {
    let cutter = Layer { mode: BlendMode::Sub, ..layer(3, &[(0, RED), (1, RED)]) };
    check(vec![layer(1, &[(0, RED)]), layer(2, &[(1, RED), (2, RED)]), cutter], &[(2, RED)]);
}

#[test]
fn a_clone_shows_its_base_moved_even_through_another_clone() {
    let shift = |x: f32| Mat4::from_box([x, 0., 0.], [1.; 3]);
    let clone = |id: u32, base: u32, x: f32| Layer {
        kind: LayerKind::Clone { base: LayerId(base) },
        mat: shift(x),
        ..layer(id, &[])
    };
    let layers = vec![clone(3, 2, 10.), clone(2, 1, 5.), layer(1, &[(0, RED)])];
    check(layers, &[(0, RED), (5, RED), (15, RED)]);
}

#[test]
fn clones_that_unfold_to_too_much_hold_nothing() {
    let huge = |id: u32| Layer {
        kind: LayerKind::Clone { base: LayerId(1) },
        mat: Mat4::from_box([1e6, 0., 0.], [600.; 3]),
        ..layer(id, &[])
    };
    let base: Vec<_> = (0..16).map(|x| (x, RED)).collect();
    let layers = std::iter::once(layer(1, &base)).chain((2..300).map(huge)).collect();
    check(layers, &base);
}

#[test]
fn clones_in_a_circle_hold_nothing() {
    let clone = |id: u32, base: u32| Layer {
        kind: LayerKind::Clone { base: LayerId(base) },
        ..layer(id, &[])
    };
    check(vec![clone(1, 2), clone(2, 1), clone(3, 3), clone(4, 99)], &[]);
}

#[test]
fn a_shape_layer_is_drawn_inside_the_work_area() {
    let shape = Layer {
        kind: LayerKind::Shape { shape: Shape::Cube, color: RED },
        mat: Mat4::from_box([16., 0.5, 0.5], [2., 0.5, 0.5]),
        ..layer(1, &[])
    };
    check(vec![shape], &[(14, RED), (15, RED)]);
}

/// spec/engine.md 4: by the legacy rule a cutter acts on its run of one material only.
#[test]
fn by_the_legacy_rule_a_mode_acts_within_its_group() {
    let cutter = Layer { mode: BlendMode::Sub, ..layer(3, &[(0, RED), (1, RED), (2, RED)]) };
    let wearing = |material, layer: Layer| Layer { material, ..layer };
    let layers = vec![
        wearing(Some(0), layer(1, &[(0, RED)])),
        wearing(Some(1), layer(2, &[(1, BLUE), (5, BLUE)])),
        wearing(Some(0), cutter),
    ];
    let scene = Scene { layers, ..Scene::new() };
    let xs = |rule| -> Vec<i32> {
        flatten_by(&scene, rule, Threads(1)).voxels().map(|(at, _)| at.x).collect()
    };
    assert_eq!((xs(Rule::Strict), xs(Rule::Legacy)), (vec![5], vec![0, 5]));
}

#[test]
fn a_lone_cutter_is_drawn_as_solid_by_both_rules() {
    let cutter = Layer { mode: BlendMode::Sub, ..layer(1, &[(4, RED)]) };
    let scene = Scene { layers: vec![cutter], ..Scene::new() };
    for rule in [Rule::Strict, Rule::Legacy] {
        assert_eq!(flatten_by(&scene, rule, Threads(1)).filled(), 1);
    }
}

#[test]
fn later_groups_cover_earlier_ones() {
    let lower = Layer { material: Some(1), ..layer(1, &[(0, RED), (1, RED)]) };
    let layers = vec![lower, layer(2, &[(1, BLUE)])];
    let scene = Scene { layers, ..Scene::new() };
    let seen = flatten_by(&scene, Rule::Legacy, Threads(1));
    assert_eq!(seen.get(Coord::new(1, 0, 0)), BLUE);
}

/// Both rules, voxel by voxel.
fn plain(scene: &Scene, rule: Rule) -> BTreeMap<i32, Voxel> {
    let mut seen = BTreeMap::new();
    for x in -40..40 {
        let mut groups: Vec<(Option<usize>, Voxel)> = Vec::new();
        for layer in scene.layers.iter().filter(|layer| layer.visible) {
            let voxel = layer.volume.get(Coord::new(x, 0, 0));
            let other = groups.last().is_some_and(|(material, _)| *material != layer.material);
            let begins = rule == Rule::Legacy && layer.mode == BlendMode::Over && other;
            match groups.last_mut() {
                Some((_, below)) if !begins => *below = combine(*below, voxel, layer.mode),
                _ => groups.push((layer.material, voxel)),
            }
        }
        let over = |below, (_, above): &(_, Voxel)| combine(below, *above, BlendMode::Over);
        let voxel = groups.iter().fold(Voxel::EMPTY, over);
        if !voxel.is_empty() {
            seen.insert(x, voxel);
        }
    }
    seen
}

fn any_layers() -> impl Strategy<Value = Vec<Layer>> {
    let voxel = prop_oneof![
        Just(RED),
        Just(BLUE),
        any::<[u8; 4]>().prop_map(|bytes| Voxel(bytes).normalized()),
    ];
    let voxels = prop::collection::vec((-40..40i32, voxel), 0..60);
    let one = (voxels, 0..9usize, prop::option::of(0..2usize), prop::bool::weighted(0.8));
    prop::collection::vec(one, 0..7).prop_map(|layers| {
        let made = |(id, (voxels, mode, material, visible)): (u32, (Vec<_>, _, _, _))| Layer {
            mode: BlendMode::ALL[mode],
            material,
            visible,
            ..layer(id, &voxels)
        };
        (1..).zip(layers).map(made).collect()
    })
}

proptest! {
    /// spec/engine.md 4, both rules; and what is kept between updates changes nothing.
    #[test]
    fn a_composite_is_what_its_rule_says_however_it_came_about(
        stacks in prop::collection::vec(any_layers(), 1..4),
        edits in prop::collection::vec((0..7usize, -40..40i32, any::<[u8; 4]>()), 0..12),
    ) {
        for rule in [Rule::Strict, Rule::Legacy] {
            let mut composite = Composite::new(rule);
            for layers in &stacks {
                let mut scene = Scene { layers: layers.clone(), ..Scene::new() };
                for (index, x, bytes) in std::iter::once(&(99, 0, [0; 4])).chain(&edits) {
                    if let Some(layer) = scene.layers.get_mut(*index) {
                        layer.volume.set(Coord::new(*x, 0, 0), Voxel(*bytes));
                    }
                    composite.update(&scene, Threads(2));
                    let flat: BTreeMap<i32, Voxel> =
                        composite.flat().voxels().map(|(at, voxel)| (at.x, voxel)).collect();
                    prop_assert_eq!(&flat, &plain(&scene, rule));
                    prop_assert_eq!(composite.drawn(), &composite.flat().solid());
                }
            }
        }
    }
}

/// Clones and shapes unfold anew only when what they stand for changed.
#[test]
fn a_clone_is_followed_after_edits_of_its_base() {
    let clone = Layer {
        kind: LayerKind::Clone { base: LayerId(1) },
        mat: Mat4::from_box([20., 0., 0.], [1.; 3]),
        ..layer(2, &[])
    };
    let mut scene = Scene { layers: vec![layer(1, &[(0, RED)]), clone], ..Scene::new() };
    let mut composite = Composite::default();
    for x in 0..5 {
        scene.layers[0].volume.set(Coord::new(x, 0, 0), BLUE);
        composite.update(&scene, Threads(1));
        assert_eq!(composite.flat(), &flatten(&scene));
        assert_eq!(composite.drawn().filled(), 2 * (x as u64 + 1));
    }
}
