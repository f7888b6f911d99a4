//! The composite: what one sees of a scene, all visible layers in one volume.
//!
//! Visible layers are merged bottom up, each with its own mode onto everything
//! below it; the lowest visible one is taken as it is. One visible layer is its
//! own tree; bricks that only one layer has are shared.

use crate::ops::{Solid, moved};
use crate::scene::{Layer, LayerKind, Scene};
use crate::volume::Volume;

/// The most bricks that clones and shape layers may unfold to in one composite.
const DERIVED_BRICKS_MAX: usize = 1 << 18;

/// The visible layers merged, faint voxels included.
///
/// Clones and shapes unfold to at most 262,144 bricks together: those that come
/// after hold nothing, so that no small file takes hours to draw.
pub fn flatten(scene: &Scene) -> Volume {
    let mut room = DERIVED_BRICKS_MAX;
    let mut visible = scene.layers.iter().filter(|layer| layer.visible);
    let Some(lowest) = visible.next() else {
        return Volume::new();
    };
    let lowest = unfolded(scene, lowest, &mut room).unwrap_or_default();
    visible.fold(lowest, |below, layer| {
        let above = unfolded(scene, layer, &mut room).unwrap_or_default();
        Volume::merged(&below, &above, layer.mode)
    })
}

/// What is drawn: the visible layers merged, without voxels too faint to see.
pub fn drawn(scene: &Scene) -> Volume {
    flatten(scene).solid()
}

/// A layer's voxels: its own, or those of the layer or the shape it stands for.
///
/// A clone of a clone is followed; one that leads back to itself, or whose base
/// is gone, holds nothing, and so does one that unfolds beyond reason.
pub fn voxels_of(scene: &Scene, layer: &Layer) -> Volume {
    all_voxels_of(scene, layer).unwrap_or_default()
}

/// As [`voxels_of`], but `None` for a layer that unfolds beyond reason: for callers
/// that would lose what they do not see.
pub(crate) fn all_voxels_of(scene: &Scene, layer: &Layer) -> Option<Volume> {
    unfolded(scene, layer, &mut { DERIVED_BRICKS_MAX })
}

fn unfolded(scene: &Scene, layer: &Layer, room: &mut usize) -> Option<Volume> {
    let mut steps = Vec::new();
    let mut source = layer;
    while let LayerKind::Clone { base } = source.kind {
        steps.push(source.mat);
        match scene.layer(base) {
            Some(next) if steps.len() <= scene.layers.len() => source = next,
            _ => return Some(Volume::new()),
        }
    }
    let start = own_voxels(scene, source, room)?;
    steps.iter().rev().try_fold(start, |volume, mat| moved(&volume, mat, room))
}

fn own_voxels(scene: &Scene, layer: &Layer, room: &mut usize) -> Option<Volume> {
    let LayerKind::Shape { shape, color } = layer.kind else {
        return Some(layer.volume.clone());
    };
    let mut volume = Volume::new();
    if let Some(solid) = Solid::new(shape, &layer.mat, scene.area_bounds()) {
        *room = room.checked_sub(usize::try_from(solid.bounds().bricks()).ok()?)?;
        solid.fill(&mut volume, color);
    }
    Some(volume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Mat4;
    use crate::ops::Shape;
    use crate::scene::LayerId;
    use crate::volume::{BlendMode, Coord, Voxel};

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
        check(
            vec![layer(1, &[(0, RED), (1, RED)]), layer(2, &[(1, BLUE)])],
            &[(0, RED), (1, BLUE)],
        );
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
}
