//! Layers, materials, cameras and the work area (spec/engine.md 4, 5).

use super::*;
use crate::command::Scope;
use crate::image::Picture;
use crate::math::Mat4;
use crate::scene::{Look, View};
use crate::volume::BlendMode;
use std::sync::Arc;

fn names(project: &Project) -> Vec<&str> {
    project.scene().layers.iter().map(|layer| layer.name.as_str()).collect()
}

fn layer(project: &Project, id: u32) -> &Layer {
    project.scene().layer(LayerId(id)).unwrap()
}

fn shift(x: f32) -> Mat4 {
    Mat4::from_box([x, 0., 0.], [1.; 3])
}

/// spec/engine.md 4, Duplicate: "<base>.N", visible, on top.
#[test]
fn a_duplicate_is_numbered_on_and_visible_on_top() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    run(&mut project, Command::RenameLayer { layer: LayerId(1), name: "Tower.7".to_owned() });
    run(&mut project, Command::SetVisible { layer: LayerId(1), visible: false });
    run(&mut project, Command::DuplicateLayer { layer: LayerId(1) });
    run(&mut project, Command::DuplicateLayer { layer: LayerId(1) });
    assert_eq!(names(&project), ["Tower.7", "Tower.8", "Tower.9"]);
    assert!(layer(&project, 3).visible && project.scene().active == LayerId(3));
    assert_eq!(filled(&project), [1, 1, 1]);
}

/// spec/engine.md 4, New layer: the smallest N, case-insensitively.
#[test]
fn names_are_compared_without_case() {
    let mut project = Project::new();
    run(&mut project, add("LAYER.2"));
    run(&mut project, Command::AddLayer { name: None, visible: true });
    assert_eq!(names(&project), ["Layer.1", "LAYER.2", "Layer.3"]);
}

/// spec/engine.md 4, Clone; Editable iff not clone, image or shape.
#[test]
fn a_clone_follows_its_base_and_is_not_edited() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let clone = run(&mut project, Command::CloneLayer { layer: LayerId(1) }).layer;
    run(&mut project, Command::Place { layer: clone, mat: shift(5.) });
    check_refused(&mut project, set(9, RED), &ProjectError::NotEditable(clone));
    let layer_one = Some(LayerId(1));
    let at = Coord::new(1, 0, 0);
    run(&mut project, Command::SetVoxel { layer: layer_one, at, voxel: RED });
    let drawn = project.snapshot().drawn(Threads(1));
    let seen: Vec<i32> = drawn.voxels().map(|(at, _)| at.x).collect();
    assert_eq!((names(&project)[1], seen), ("Layer.1 clone", vec![0, 1, 5, 6]));
}

/// spec/engine.md 4, Unclone.
#[test]
fn an_unlinked_clone_keeps_what_it_showed() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let clone = run(&mut project, Command::CloneLayer { layer: LayerId(1) }).layer;
    run(&mut project, Command::Place { layer: clone, mat: shift(5.) });
    run(&mut project, Command::Unlink { layer: clone });
    assert_eq!(layer(&project, 2).volume.get(Coord::new(5, 0, 0)), RED);
    let wanted = "a clone or a shape layer";
    let plain = ProjectError::WrongKind { layer: clone, wanted };
    check_refused(&mut project, Command::Unlink { layer: clone }, &plain);
}

/// spec/engine.md 4, Shape layer.
#[test]
fn a_shape_layer_stands_on_the_selection_or_in_the_middle() {
    let mut project = Project::new();
    let sphere = Command::AddShape { shape: Shape::Sphere, color: RED, area: None };
    let middle = run(&mut project, sphere.clone()).layer;
    let area = Some(Mat4::from_box([2.; 3], [2.; 3]));
    run(&mut project, Command::SelectBox { area });
    let small = run(&mut project, sphere).layer;
    run(&mut project, Command::SetShape { layer: small, shape: Shape::Cube, color: RED });
    run(&mut project, Command::Unlink { layer: middle });
    run(&mut project, Command::Unlink { layer: small });
    assert_eq!(filled(&project), [0, 280, 64]);
    assert_eq!(names(&project)[1], "shape");
}

/// spec/engine.md 4, Image layer, "To volume".
#[test]
fn a_picture_layer_becomes_voxels_pixel_by_pixel() {
    let mut project = Project::new();
    let mat = crate::ops::picture_box(2, 2, [0.; 3]);
    let image = run(&mut project, Command::AddImage { path: "a.png".to_owned(), mat }).layer;
    let pixels = vec![[255, 0, 0, 255], [0, 0, 0, 0], [0, 255, 0, 255], [0, 0, 255, 255]];
    let picture = Arc::new(Picture { width: 2, height: 2, pixels });
    let voxels = |layer| Command::ImageToVoxels { layer, picture: Arc::clone(&picture) };
    assert_eq!(run(&mut project, voxels(image)).touched, 3);
    let seen: Vec<_> =
        layer(&project, 2).volume.voxels().map(|(at, v)| (at.to_array(), v.0[0])).collect();
    assert_eq!(seen, [([-1, -1, 0], 0), ([0, -1, 0], 0), ([-1, 0, 0], 255)]);
    let plain = ProjectError::WrongKind { layer: LayerId(1), wanted: "an image layer" };
    check_refused(&mut project, voxels(LayerId(1)), &plain);
}

/// spec/engine.md 4, Merge down.
#[test]
fn merging_down_follows_the_upper_layers_mode() {
    let mut project = Project::new();
    run(&mut project, cube(4, RED));
    run(&mut project, add("cutter"));
    run(&mut project, cube(2, RED));
    run(&mut project, Command::SetMode { layer: LayerId(2), mode: BlendMode::Sub });
    run(&mut project, Command::MergeDown { layer: LayerId(2) });
    assert_eq!((filled(&project), project.scene().active), (vec![56], LayerId(1)));
    let lowest = ProjectError::LowestLayer(LayerId(1));
    check_refused(&mut project, Command::MergeDown { layer: LayerId(1) }, &lowest);
}

/// spec/engine.md 4, Merge down: both are unlinked, clones of the upper too.
#[test]
fn merging_down_unlinks_both_and_the_clones_of_the_upper() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let low = run(&mut project, Command::CloneLayer { layer: LayerId(1) }).layer;
    run(&mut project, Command::Place { layer: low, mat: shift(5.) });
    let high = run(&mut project, Command::CloneLayer { layer: low }).layer;
    run(&mut project, Command::Place { layer: high, mat: shift(20.) });
    let last = run(&mut project, Command::CloneLayer { layer: high }).layer;
    run(&mut project, Command::Place { layer: last, mat: shift(100.) });
    run(&mut project, Command::MergeDown { layer: high });
    assert_eq!(filled(&project), [1, 2, 1]);
    assert_eq!(layer(&project, last.0).volume.get(Coord::new(125, 0, 0)), RED);
    assert!(project.scene().layers.iter().all(|layer| layer.kind == LayerKind::Plain));
}

/// spec/engine.md 4, Merge visible.
#[test]
fn merging_the_visible_keeps_the_topmost_of_them_and_the_hidden() {
    let mut project = Project::new();
    run(&mut project, cube(4, RED));
    run(&mut project, add("hidden"));
    run(&mut project, Command::SetVisible { layer: LayerId(2), visible: false });
    run(&mut project, add("cutter"));
    run(&mut project, cube(2, RED));
    run(&mut project, Command::SetMode { layer: LayerId(3), mode: BlendMode::Sub });
    let before = project.snapshot().drawn(Threads(1));
    run(&mut project, Command::MergeVisible);
    assert_eq!((names(&project), filled(&project)), (vec!["hidden", "cutter"], vec![0, 56]));
    assert_eq!(project.snapshot().drawn(Threads(1)), before);
    let steps = project.steps();
    run(&mut project, Command::MergeVisible);
    assert_eq!(project.steps(), steps, "one visible layer is merged already");
}

/// spec/engine.md 4, Visibility solo.
#[test]
fn solo_hides_the_others_and_shows_all_the_second_time() {
    let mut project = Project::new();
    run(&mut project, add("two"));
    run(&mut project, add("three"));
    let visible = |project: &Project| -> Vec<bool> {
        project.scene().layers.iter().map(|layer| layer.visible).collect()
    };
    run(&mut project, Command::Solo { layer: LayerId(2) });
    assert_eq!(visible(&project), [false, true, false]);
    run(&mut project, Command::Solo { layer: LayerId(2) });
    assert_eq!(visible(&project), [true; 3]);
}

/// spec/engine.md 5, Materials: deleting one leaves its layers with none.
#[test]
fn a_deleted_material_leaves_its_layers_the_default_looks() {
    let mut project = Project::new();
    let look = |name: &str| Look {
        name: name.to_owned(),
        color: [1.; 4],
        metallic: 0.,
        roughness: 1.,
        emission: [0.; 3],
    };
    run(&mut project, Command::AddMaterial { look: look("glass") });
    run(&mut project, add("two"));
    run(&mut project, Command::Wear { layer: LayerId(2), material: Some(1) });
    run(&mut project, Command::DeleteMaterial { index: 0 });
    assert_eq!((layer(&project, 1).material, layer(&project, 2).material), (None, Some(0)));
    run(&mut project, Command::SetMaterial { index: 0, look: look("stone") });
    assert_eq!(project.scene().materials[0].name, "stone");
    let missing = ProjectError::NoSuch { what: "material", index: 1, count: 1 };
    let wear = Command::Wear { layer: LayerId(2), material: Some(1) };
    check_refused(&mut project, wear, &missing);
    check_refused(&mut project, Command::DeleteMaterial { index: 1 }, &missing);
}

/// spec/engine.md 5: cameras, and the active one.
#[test]
fn the_active_camera_follows_its_place_in_the_list() {
    let mut project = Project::new();
    check_refused(&mut project, Command::DeleteCamera { index: 0 }, &ProjectError::LastCamera);
    let view =
        |name: &str| View { name: name.to_owned(), dist: 9., ortho: true, mat: Mat4::IDENTITY };
    run(&mut project, Command::AddCamera { view: view("a") });
    run(&mut project, Command::AddCamera { view: view("b") });
    assert_eq!(project.scene().active_camera, 2);
    run(&mut project, Command::DeleteCamera { index: 0 });
    assert_eq!(project.scene().active_camera, 1);
    run(&mut project, Command::SetCamera { index: 1, view: view("c") });
    assert_eq!(project.scene().cameras[1].name, "c");
    run(&mut project, Command::UseCamera { index: 0 });
    run(&mut project, Command::DeleteCamera { index: 0 });
    assert_eq!((project.scene().active_camera, project.scene().cameras.len()), (0, 1));
}

/// spec/engine.md 5, Fit to content: over all layers, hidden too.
#[test]
fn the_work_area_fits_boxes_and_voxels_of_all_layers() {
    let mut project = Project::new();
    run(&mut project, cube(4, RED));
    run(&mut project, add("hidden"));
    run(&mut project, set(40, RED));
    run(&mut project, Command::SetVisible { layer: LayerId(2), visible: false });
    let area = Some(Mat4::from_box([0.; 3], [6., 2., 2.]));
    run(&mut project, Command::SetLayerBox { layer: LayerId(1), area });
    run(&mut project, Command::FitArea);
    let fitted = project.scene().area_bounds().unwrap();
    assert_eq!(fitted, Bounds::around(Coord::new(-6, -2, -2), Coord::new(40, 1, 1)));
    let flat = Command::SetArea { area: Mat4::from_box([0.; 3], [1., 0., 1.]) };
    let wanted = ProjectError::OutOfRange { what: "a work area has three finite sides" };
    check_refused(&mut project, flat, &wanted);
}

/// spec/engine.md 7, Mirror filter, [D]: clones and shapes are passed over.
#[test]
fn mirror_acts_on_all_plain_layers_and_passes_over_clones() {
    let mut project = Project::new();
    run(&mut project, set(-16, RED));
    let clone = run(&mut project, Command::CloneLayer { layer: LayerId(1) }).layer;
    run(&mut project, Command::SetActive { layer: LayerId(1) });
    run(&mut project, Command::Mirror { scope: Scope::All, axis: 0 });
    assert_eq!(layer(&project, 1).volume.get(Coord::new(15, 0, 0)), RED);
    assert_eq!(layer(&project, clone.0).mat, Mat4::IDENTITY);
    let axis = ProjectError::OutOfRange { what: "an axis is 0, 1 or 2 for X, Y or Z" };
    check_refused(&mut project, Command::Mirror { scope: Scope::Active, axis: 3 }, &axis);
    let one = Command::Mirror { scope: Scope::Layer(clone), axis: 0 };
    check_refused(&mut project, one, &ProjectError::NotEditable(clone));
}

/// It did only when the upper one was.
/// spec/engine.md 4, Merge down: lower active.
#[test]
fn merging_down_makes_the_lower_layer_active() {
    let mut project = Project::new();
    run(&mut project, add("two"));
    run(&mut project, add("three"));
    run(&mut project, Command::MergeDown { layer: LayerId(2) });
    assert_eq!(project.scene().active, LayerId(1));
}

/// None to clip to was taken for no clip.
#[test]
fn a_work_area_without_a_whole_voxel_leaves_nothing_of_a_shape() {
    let mut project = Project::new();
    run(&mut project, Command::SetArea { area: Mat4::from_box([0.; 3], [0.2; 3]) });
    let area = Some(Mat4::from_box([100.; 3], [2.; 3]));
    run(&mut project, Command::AddShape { shape: Shape::Cube, color: RED, area });
    assert!(project.snapshot().drawn(Threads(1)).is_empty());
}

/// The number that followed overflowed.
#[test]
fn a_layer_of_the_greatest_number_can_be_duplicated() {
    let mut project = Project::new();
    let name = format!("x.{}", u64::MAX);
    run(&mut project, Command::RenameLayer { layer: LayerId(1), name: name.clone() });
    run(&mut project, Command::DuplicateLayer { layer: LayerId(1) });
    assert_eq!(names(&project), [name.clone(), format!("{name}.1")]);
}

/// Each of them fits, together they were too large to be seen at once: the second was lost.
#[test]
fn merging_the_visible_loses_nothing_that_is_too_large_to_draw() {
    let mut project = Project::new();
    run(&mut project, Command::SetArea { area: Mat4::from_box([0.; 3], [2048.; 3]) });
    for x in [-1024., 1024.] {
        let area = Some(Mat4::from_box([x, 0., 0.], [512., 512., 400.]));
        run(&mut project, Command::AddShape { shape: Shape::Cube, color: RED, area });
    }
    run(&mut project, Command::MergeVisible);
    assert_eq!(filled(&project), [2 * 1024 * 1024 * 800]);
}

/// spec/engine.md 4, Shape layer: clipped to the image box, by the centres of step 4 in 3.
#[test]
fn a_work_area_between_voxels_clips_by_their_centres() {
    let mut project = Project::new();
    run(&mut project, Command::SetArea { area: Mat4::from_box([2.5; 3], [2.; 3]) });
    let area = Some(Mat4::from_box([0.; 3], [20.; 3]));
    run(&mut project, Command::AddShape { shape: Shape::Cube, color: RED, area });
    let seen = project.snapshot().drawn(Threads(1)).bounds();
    assert_eq!(seen, Some(Bounds::around(Coord::new(0, 0, 0), Coord::new(3, 3, 3))));
}

/// It was stored, and the layer could not be moved ever after.
#[test]
fn numbers_that_are_none_are_not_kept() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let broken = Mat4([f32::NAN; 16]);
    let layer = LayerId(1);
    let finite = ProjectError::OutOfRange { what: "a number is not finite" };
    let motion = crate::ops::Motion::By(broken);
    check_refused(&mut project, Command::Move { layer: None, motion }, &finite);
    check_refused(&mut project, Command::Place { layer, mat: broken }, &finite);
    check_refused(&mut project, Command::SelectBox { area: Some(broken) }, &finite);
    let place = Command::Place { layer, mat: broken };
    check_refused(&mut project, Command::Group(vec![place]), &finite);
}

/// A chain of four thousand took twelve seconds to draw.
#[test]
fn clones_of_clones_go_so_deep_and_no_deeper() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    for layer in 1..=64 {
        run(&mut project, Command::CloneLayer { layer: LayerId(layer) });
        run(&mut project, Command::Place { layer: LayerId(layer + 1), mat: shift(1.) });
    }
    let deep = ProjectError::OutOfRange { what: "clones of clones go at most 64 deep" };
    check_refused(&mut project, Command::CloneLayer { layer: LayerId(65) }, &deep);
    assert_eq!(project.snapshot().drawn(Threads(1)).filled(), 65);
}
