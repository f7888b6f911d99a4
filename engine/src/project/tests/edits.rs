//! Voxel edits, selection and clipboard (spec/engine.md 6, 7), as commands.

use super::*;
use crate::command::{Scope, Selector};
use crate::math::Mat4;
use crate::ops::{
    ColorFilter, Extrusion, Morph, Motion, Neighbors, Painter, SelectMode, Tolerance,
};
use crate::volume::BlendMode;

const BLUE: Voxel = Voxel::rgb(0, 0, 255);

fn area(low: [i32; 3], high: [i32; 3]) -> Mat4 {
    Mat4::around(Bounds::around(low.into(), high.into()))
}

fn select_box(project: &mut Project, low: [i32; 3], high: [i32; 3]) {
    run(project, Command::SelectBox { area: Some(area(low, high)) });
}

fn select(selector: Selector, mode: SelectMode) -> Command {
    Command::Select { layer: None, selector, mode }
}

fn first(project: &Project) -> &Volume {
    &project.scene().layers[0].volume
}

fn row(project: &mut Project, colors: &[Voxel]) {
    let place = |(x, voxel): (usize, &Voxel)| (Coord::new(x as i32, 0, 0), *voxel);
    let voxels = colors.iter().enumerate().map(place).collect();
    run(project, Command::SetVoxels { layer: None, voxels });
}

fn xs(volume: &Volume) -> Vec<i32> {
    volume.voxels().map(|(at, _)| at.x).collect()
}

#[test]
fn paint_counts_the_voxels_that_changed() {
    let mut project = Project::new();
    let painter = Painter::new(Shape::Sphere, RED);
    let sphere = Command::Paint { layer: None, painter, area: Mat4::from_box([0.; 3], [4.; 3]) };
    assert_eq!(run(&mut project, sphere.clone()).touched, 280);
    assert_eq!(run(&mut project, sphere).touched, 0);
    assert_eq!(project.steps(), (1, 0));
}

#[test]
fn paint_beyond_the_limits_is_refused() {
    let limits = ProjectLimits { max_bricks: 8, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    let full = ProjectError::ProjectFull { max_bricks: 8 };
    let painter = Painter::new(Shape::Cube, RED);
    let paint = |area| Command::Paint { layer: None, painter, area };
    check_refused(&mut project, paint(Mat4::from_box([0.; 3], [30.; 3])), &full);
    check_refused(&mut project, paint(Mat4::from_box([0.; 3], [1e9; 3])), &full);
    let points = vec![[0.; 3], [1e6, 1e6, 1e6]];
    let tube = Command::Tube { layer: None, painter, points, radius: 0. };
    check_refused(&mut project, tube, &full);
}

/// spec/engine.md 6, Box and Fuzzy; Set, Add, Sub. 5: undo restores the selection.
#[test]
fn a_mask_holds_existing_voxels_and_is_combined() {
    let mut project = Project::new();
    row(&mut project, &[RED, RED, BLUE, RED]);
    let mask = |project: &Project| xs(&project.scene().selection.mask);
    let seed = Coord::new(0, 0, 0);
    let wand = Selector::Wand { seed, spread: Spread::default() };
    assert_eq!(run(&mut project, select(wand, SelectMode::Set)).touched, 2);
    let in_box = Selector::Box(area([2, -5, -5], [9, 5, 5]));
    run(&mut project, select(in_box, SelectMode::Add));
    assert_eq!(mask(&project), [0, 1, 2, 3]);
    let blue = crate::volume::Like { color: BLUE, tolerance: [0; 4] };
    run(&mut project, select(Selector::Color(blue), SelectMode::Sub));
    assert_eq!(mask(&project), [0, 1, 3]);
    let places = Selector::Places(vec![Coord::new(1, 0, 0), Coord::new(50, 0, 0)]);
    run(&mut project, select(places, SelectMode::Set));
    assert_eq!(mask(&project), [1]);
    project.undo().unwrap();
    assert_eq!(mask(&project), [0, 1, 3], "undo restores the selection");
    run(&mut project, Command::Deselect);
    assert!(mask(&project).is_empty());
    run(&mut project, select(Selector::Material(Some(0)), SelectMode::Set));
    assert_eq!(mask(&project), [0, 1, 2, 3]);
}

/// spec/engine.md 6, Rectangle.
#[test]
fn a_rectangle_selects_what_comes_to_lie_in_it() {
    let mut project = Project::new();
    row(&mut project, &[RED, RED, RED, RED]);
    // Looks down: x and y as they are, a tenth; w is 1.
    let mut view = [0.; 16];
    (view[0], view[5], view[15]) = (0.1, 0.1, 1.);
    let rectangle = Selector::Rectangle { view, low: [0.1, 0.], high: [0.3, 1.] };
    run(&mut project, select(rectangle, SelectMode::Set));
    assert_eq!(xs(&project.scene().selection.mask), [1, 2]);
    view[15] = -1.;
    let behind = Selector::Rectangle { view, low: [-9.; 2], high: [9.; 2] };
    run(&mut project, select(behind, SelectMode::Set));
    assert!(project.scene().selection.mask.is_empty());
}

/// spec/engine.md 4, Clear.
#[test]
fn clear_takes_the_mask_else_the_box_else_all() {
    let mut project = Project::new();
    row(&mut project, &[RED; 6]);
    let places = Selector::Places(vec![Coord::new(1, 0, 0)]);
    select_box(&mut project, [4, 0, 0], [5, 0, 0]);
    run(&mut project, select(places, SelectMode::Set));
    run(&mut project, Command::ClearLayer { layer: None });
    assert_eq!(xs(first(&project)), [0, 2, 3, 4, 5]);
    let none = Selector::Places(Vec::new());
    run(&mut project, select(none, SelectMode::Set));
    run(&mut project, Command::ClearLayer { layer: None });
    assert_eq!(xs(first(&project)), [0, 2, 3]);
    run(&mut project, Command::Deselect);
    run(&mut project, Command::ClearLayer { layer: None });
    assert!(first(&project).is_empty());
}

/// spec/engine.md 6, Fill box and Paint selection.
#[test]
fn painting_the_selection_recolours_it_and_brings_erased_voxels_back() {
    let mut project = Project::new();
    row(&mut project, &[RED; 4]);
    let places = Selector::Places(vec![Coord::new(1, 0, 0), Coord::new(2, 0, 0)]);
    run(&mut project, select(places, SelectMode::Set));
    run(&mut project, set(2, Voxel::EMPTY));
    let fill = |mode| Command::FillSelection { layer: None, voxel: BLUE, mode };
    assert_eq!(run(&mut project, fill(BlendMode::Over)).touched, 2);
    assert_eq!(first(&project).get(Coord::new(2, 0, 0)), BLUE);
    run(&mut project, Command::Deselect);
    check_refused(&mut project, fill(BlendMode::Over), &ProjectError::NothingSelected);
    select_box(&mut project, [0, 0, 0], [1, 1, 1]);
    assert_eq!(run(&mut project, fill(BlendMode::Sub)).touched, 2);
    assert_eq!(xs(first(&project)), [2, 3]);
}

/// spec/engine.md 6, Copy and Paste.
#[test]
fn paste_moves_by_the_difference_of_the_boxes() {
    let mut project = Project::new();
    row(&mut project, &[RED, RED, RED]);
    select_box(&mut project, [0, 0, 0], [1, 0, 0]);
    assert_eq!(run(&mut project, Command::Cut { layer: None }).touched, 2);
    select_box(&mut project, [10, 0, 0], [11, 0, 0]);
    run(&mut project, Command::Paste { layer: None });
    assert_eq!(xs(first(&project)), [2, 10, 11]);
    run(&mut project, Command::Deselect);
    run(&mut project, Command::Paste { layer: None });
    assert_eq!(xs(first(&project)), [0, 1, 2, 10, 11]);
}

/// spec/engine.md 6, Cut as new layer.
#[test]
fn cut_to_a_layer_moves_the_selected_voxels() {
    let mut project = Project::new();
    row(&mut project, &[RED, RED, BLUE]);
    let cut = Command::CutToLayer { layer: None };
    check_refused(&mut project, cut.clone(), &ProjectError::NothingSelected);
    let blue = crate::volume::Like { color: BLUE, tolerance: [0; 4] };
    run(&mut project, select(Selector::Color(blue), SelectMode::Set));
    let made = run(&mut project, cut);
    assert_eq!((made.touched, made.layer, filled(&project)), (1, LayerId(2), vec![2, 1]));
    assert_eq!(project.scene().active, LayerId(2));
}

/// spec/engine.md 7, Layer transform tool: with a selection mask.
#[test]
fn only_the_selected_voxels_move_and_the_mask_with_them() {
    let mut project = Project::new();
    row(&mut project, &[RED, RED, BLUE]);
    let places = Selector::Places(vec![Coord::new(0, 0, 0)]);
    run(&mut project, select(places, SelectMode::Set));
    let step = Motion::Shift([2, 0, 0]);
    run(&mut project, Command::Move { layer: None, motion: step });
    assert_eq!(xs(first(&project)), [1, 2]);
    assert_eq!(first(&project).get(Coord::new(2, 0, 0)), RED);
    assert_eq!(xs(&project.scene().selection.mask), [2]);
}

/// spec/engine.md 7, Layer transform tool: the box follows, origin += translation.
#[test]
fn a_layer_that_moves_takes_its_box_and_pivot_along() {
    let mut project = Project::new();
    row(&mut project, &[RED]);
    let bounds = Some(Mat4::from_box([1.; 3], [1.; 3]));
    run(&mut project, Command::SetLayerBox { layer: LayerId(1), area: bounds });
    run(&mut project, Command::Move { layer: None, motion: Motion::Shift([5, 0, -3]) });
    let layer = &project.scene().layers[0];
    assert_eq!(xs(&layer.volume), [5]);
    assert_eq!(layer.bounds, Some(Mat4::from_box([6., 1., -2.], [1.; 3])));
    assert_eq!(layer.mat.column(3), [5., 0., -3.]);
    let axis = ProjectError::OutOfRange { what: "an axis is 0, 1 or 2 for X, Y or Z" };
    let flip = Command::Move { layer: None, motion: Motion::Flip { axis: 9 } };
    check_refused(&mut project, flip, &axis);
}

/// spec/engine.md 7, Layer transform tool: clones.
#[test]
fn a_clone_that_moves_changes_its_matrix() {
    let mut project = Project::new();
    row(&mut project, &[RED]);
    run(&mut project, Command::CloneLayer { layer: LayerId(1) });
    run(&mut project, Command::Move { layer: None, motion: Motion::Shift([7, 0, 0]) });
    let drawn = project.snapshot().drawn(Threads(1));
    assert_eq!(xs(&drawn), [0, 7]);
}

/// spec/engine.md 6: filters act on mask, else box, else the whole layer. 7: colour filter, alpha shift.
#[test]
fn filters_change_the_selected_voxels_alone() {
    let mut project = Project::new();
    row(&mut project, &[RED; 4]);
    select_box(&mut project, [0, 0, 0], [1, 0, 0]);
    let filter = ColorFilter { hue: 240., ..ColorFilter::default() };
    assert_eq!(run(&mut project, Command::Recolor { layer: None, filter }).touched, 2);
    assert_eq!(first(&project).get(Coord::new(1, 0, 0)), BLUE);
    assert_eq!(first(&project).get(Coord::new(2, 0, 0)), RED);
    assert_eq!(run(&mut project, Command::ShiftAlpha { layer: None, by: -255 }).touched, 2);
    assert_eq!(xs(first(&project)), [2, 3]);
    run(&mut project, Command::Deselect);
    let palette = vec![Voxel::WHITE, Voxel::rgb(200, 10, 10)];
    assert_eq!(run(&mut project, Command::Remap { layer: None, palette }).touched, 2);
    assert_eq!(first(&project).get(Coord::new(3, 0, 0)), Voxel::rgb(200, 10, 10));
    let none = ProjectError::OutOfRange { what: "a palette has at least one colour" };
    check_refused(&mut project, Command::Remap { layer: None, palette: vec![] }, &none);
}

#[test]
fn shapes_change_by_their_neighbours() {
    let mut project = Project::new();
    run(&mut project, cube(5, RED));
    let morph =
        |morph| Command::Morph { layer: None, morph, neighbors: Neighbors::Faces, steps: 1 };
    assert_eq!(run(&mut project, morph(Morph::Erode)).touched, 125 - 27);
    assert_eq!(run(&mut project, morph(Morph::Dilate)).touched, 6 * 9);
    project.undo().unwrap();
    project.undo().unwrap();
    assert_eq!(run(&mut project, morph(Morph::Hollow)).touched, 27);
}

/// spec/engine.md 7, Extrude: the mask is extruded identically.
#[test]
fn extruding_takes_the_selection_along() {
    let mut project = Project::new();
    run(&mut project, cube(3, RED));
    run(&mut project, select(Selector::All, SelectMode::Set));
    let at = Coord::new(1, 1, 2);
    let extrusion = Extrusion { at, axis: 2, up: true, distance: 2, tolerance: None };
    assert_eq!(run(&mut project, Command::Extrude { layer: None, extrusion }).touched, 18);
    assert_eq!(project.scene().selection.mask.filled(), 45);
}

/// spec/engine.md 7, Plane cut and Wrap filter; 5, Crop.
#[test]
fn cuts_crops_wraps_and_halves() {
    let mut project = Project::new();
    row(&mut project, &[RED; 20]);
    let (point, normal) = ([17.5, 0., 0.], [1., 0., 0.]);
    assert_eq!(run(&mut project, Command::CutAbove { layer: None, point, normal }).touched, 2);
    assert_eq!(
        run(&mut project, Command::Crop { layer: None }).touched,
        2,
        "the work area ends at 15"
    );
    run(&mut project, set(0, BLUE));
    select_box(&mut project, [0, 0, 0], [3, 0, 0]);
    run(&mut project, Command::Wrap { scope: Scope::Active, axis: 0, up: false });
    assert_eq!(first(&project).get(Coord::new(3, 0, 0)), BLUE);
    run(&mut project, Command::Downsample { layer: None, factor: 2 });
    assert_eq!(xs(first(&project)), [0, 1, 2, 3, 4, 5, 6, 7]);
    let factor = ProjectError::OutOfRange { what: "a downsampling factor is 2 to 16" };
    check_refused(&mut project, Command::Downsample { layer: None, factor: 17 }, &factor);
}

/// spec/engine.md 6, [N] flood fill, limited to a box.
#[test]
fn a_flood_stays_in_its_box_and_fills_a_cavity() {
    let mut project = Project::new();
    run(&mut project, cube(5, RED));
    let inner = Bounds::around(Coord::new(1, 1, 1), Coord::new(3, 3, 3));
    let hole =
        Command::FillShape { layer: None, shape: Shape::Cube, bounds: inner, voxel: Voxel::EMPTY };
    run(&mut project, hole);
    let within = Some(Bounds::around(Coord::new(0, 0, 0), Coord::new(4, 4, 4)));
    let spread = Spread { tolerance: Tolerance::Neighbor(0), within, ..Spread::default() };
    let seed = Coord::new(2, 2, 2);
    let flood = Command::FloodFill { layer: None, seed, voxel: BLUE, spread };
    assert_eq!(run(&mut project, flood).touched, 27);
    assert_eq!(filled(&project), [125]);
}

/// It selected the empty places around.
/// spec/engine.md 6, Fuzzy: start voxel must exist.
#[test]
fn the_wand_begins_at_a_voxel_also_within_a_box() {
    let mut project = Project::new();
    let within = Some(Bounds::around(Coord::new(0, 0, 0), Coord::new(3, 3, 3)));
    let spread = Spread { within, ..Spread::default() };
    let wand = Selector::Wand { seed: Coord::new(0, 0, 0), spread };
    assert_eq!(run(&mut project, select(wand, SelectMode::Set)).touched, 0);
}

/// Only the mask was counted: the project held more than it may.
#[test]
fn an_empty_region_is_flooded_within_the_projects_room() {
    let limits = ProjectLimits { max_bricks: 2, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    run(&mut project, set(0, RED));
    let seed = Coord::new(16, 0, 0);
    let within = Some(Bounds::around(seed, Coord::new(47, 0, 0)));
    let spread = Spread { within, ..Spread::default() };
    let flood = Command::FloodFill { layer: None, seed, voxel: RED, spread };
    check_refused(&mut project, flood, &ProjectError::ProjectFull { max_bricks: 2 });
}

/// The step was rounded to `f32`, and the last voxel of space cut off.
#[test]
fn paste_and_mirror_are_exact_at_the_end_of_space() {
    let mut project = Project::new();
    run(&mut project, set(2, RED));
    let centred = |x: f32| Some(Mat4::from_box([x, 0., 0.], [4.; 3]));
    run(&mut project, Command::SelectBox { area: centred(3.) });
    run(&mut project, Command::Cut { layer: None });
    run(&mut project, Command::SelectBox { area: centred(2_147_483_648.) });
    run(&mut project, Command::Paste { layer: None });
    assert_eq!(xs(first(&project)), [i32::MAX]);
    run(&mut project, Command::Mirror { scope: Scope::Active, axis: 0 });
    assert_eq!(xs(first(&project)), [i32::MAX - 3]);
}

#[test]
fn one_command_lists_no_more_than_the_limit() {
    let limits = ProjectLimits { max_items: 3, ..ProjectLimits::default() };
    let mut project = Project::new().with_limits(limits);
    let many = ProjectError::TooManyItems { what: "voxels", max: 3 };
    let voxels: Vec<_> = (0..4).map(|x| (Coord::new(x, 0, 0), RED)).collect();
    let write =
        |voxels: &[(Coord, Voxel)]| Command::SetVoxels { layer: None, voxels: voxels.to_vec() };
    check_refused(&mut project, write(&voxels), &many);
    check_refused(&mut project, Command::Group(vec![write(&voxels)]), &many);
    run(&mut project, write(&voxels[1..]));
    let places = Selector::Places(vec![Coord::default(); 4]);
    let many = ProjectError::TooManyItems { what: "places", max: 3 };
    check_refused(&mut project, select(places, SelectMode::Set), &many);
    let many = ProjectError::TooManyItems { what: "commands", max: 3 };
    check_refused(&mut project, Command::Group(vec![set(0, RED); 4]), &many);
}

#[test]
fn a_box_with_its_corners_turned_around_is_refused() {
    let mut project = Project::new();
    let bounds = Bounds { min: Coord::new(3, 0, 0), max: Coord::new(0, 0, 0) };
    let what = "a box has its least corner first, and a picture as many pixels as its sides say";
    let fill = Command::FillShape { layer: None, shape: Shape::Cube, bounds, voxel: RED };
    check_refused(&mut project, fill, &ProjectError::OutOfRange { what });
}

/// Empty places stay empty, also those that the same list has erased.
#[test]
fn a_voxel_erased_and_painted_by_one_list_is_gone() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let voxels = [Voxel::EMPTY, BLUE].map(|voxel| (Coord::new(0, 0, 0), voxel)).to_vec();
    run(&mut project, Command::PaintVoxels { layer: None, voxels });
    assert!(first(&project).is_empty());
}

/// Only the diagonal of the matrix was looked at.
#[test]
fn a_turned_selection_box_is_mirrored_in() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let turned = Mat4([0., 4., 0., 0., 4., 0., 0., 0., 0., 0., 4., 0., 4., 4., 4., 1.]);
    run(&mut project, Command::SelectBox { area: Some(turned) });
    run(&mut project, Command::Mirror { scope: Scope::Active, axis: 0 });
    assert_eq!(xs(first(&project)), [7]);
}

/// Such a stroke took twenty seconds and painted nothing.
#[test]
fn a_stroke_of_too_many_dabs_is_refused() {
    let mut project = Project::new();
    let painter = Painter::new(Shape::Sphere, RED);
    let points = vec![[0.; 3], [1e6, 0., 0.]];
    let stroke = Command::Stroke { layer: None, painter, points, radius: 0.03 };
    let many = ProjectError::TooManyItems { what: "dabs", max: 65_536 };
    check_refused(&mut project, stroke, &many);
}

#[test]
fn a_dilation_of_many_steps_is_refused() {
    let mut project = Project::new();
    run(&mut project, set(0, RED));
    let morph = |steps| Command::Morph {
        layer: None,
        morph: Morph::Dilate,
        neighbors: Neighbors::Faces,
        steps,
    };
    let far = ProjectError::OutOfRange { what: "voxels are dilated by at most 256 steps" };
    check_refused(&mut project, morph(257), &far);
    run(&mut project, morph(2));
    assert_eq!(filled(&project), [25]);
}

/// It was refused, for the rest was still more than the limit, and had changed the clipboard.
#[test]
fn a_project_beyond_its_limits_can_shrink() {
    let mut project = Project::new();
    for x in 0..10 {
        run(&mut project, set(16 * x, RED));
    }
    let limits = ProjectLimits { max_bricks: 5, ..ProjectLimits::default() };
    let mut project = project.with_limits(limits);
    let places = Selector::Places(vec![Coord::new(0, 0, 0)]);
    run(&mut project, select(places, SelectMode::Set));
    run(&mut project, Command::Cut { layer: None });
    assert_eq!(filled(&project), [9]);
}
