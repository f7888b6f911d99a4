//! The bytes of every kind of command, and of a project, fixed for ever: logs hold them.
//!
//! A line that changes means that old logs can no longer be read. New kinds and new
//! fields come with a new number or a new version, and new lines.

use super::{Limits, command, decode_command, decode_project, project};
use crate::command::{Author, Command as C, Scope, Selector};
use crate::image::Picture;
use crate::math::Mat4;
use crate::ops::{
    ColorFilter, Extrusion, Morph, Motion, Neighbors, Painter, Relief, SelectMode, Shape, Spread,
    Symmetry, Tolerance,
};
use crate::project::Project;
use crate::scene::{LayerId, Light, Look, View};
use crate::volume::Like;
use crate::volume::{BlendMode, Bounds, Coord, Voxel};
use std::collections::BTreeSet;
use std::sync::Arc;

const SECOND: Option<LayerId> = Some(LayerId(2));
const AT: Coord = Coord::new(1, -2, 3);
const RED: Voxel = Voxel::rgb(255, 0, 0);
const BOX: Bounds = Bounds { min: AT, max: Coord::new(1, 0, 203) };
const MAT: Mat4 = Mat4([2.0; 16]);
const SPREAD: Spread =
    Spread { neighbors: Neighbors::Edges, tolerance: Tolerance::Neighbor(5), within: Some(BOX) };
const PAINTER: Painter = Painter {
    mode: BlendMode::Max,
    shape: Shape::Sphere,
    color: RED,
    smoothness: 1.0,
    symmetry: Symmetry { axes: [true, false, true], origin: [0.0, 1.0, 2.0] },
    clip: None,
    hollow: 3,
};

fn picture() -> Arc<Picture> {
    let pixels = vec![[1; 4], [2; 4], [3; 4], [3; 4], [3; 4], [4; 4]];
    Arc::new(Picture { width: 3, height: 2, pixels })
}

fn look() -> Look {
    let (color, emission) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0]);
    Look { name: "a".to_owned(), color, metallic: 8.0, roughness: 9.0, emission }
}

fn view() -> View {
    View { name: "a".to_owned(), dist: 1.0, ortho: true, mat: MAT }
}

fn light() -> Light {
    let extra = vec![(b"k".to_vec(), b"val".to_vec())];
    let (pitch, yaw, intensity, ambient, shadow) = (1.0, 2.0, 3.0, 4.0, 5.0);
    Light { pitch, yaw, intensity, fixed: true, ambient, shadow, extra }
}

/// Hexadecimal; four equal bytes and more as `00*4`, sixteen floats of 2 as `MAT`.
fn hex(bytes: &[u8]) -> String {
    let bytes: String = bytes.chunk_by(|a, b| a == b).map(run).collect();
    bytes.replace(&"00 00 00 40 ".repeat(16), "MAT ").trim_end().to_owned()
}

fn run(run: &[u8]) -> String {
    match run.len() {
        1..=3 => format!("{:02x} ", run[0]).repeat(run.len()),
        n => format!("{:02x}*{n} ", run[0]),
    }
}

/// One with every kind of step. How hard it was deflated may change.
#[test]
fn a_project_that_was_once_written_can_be_read() {
    let mut before = Project::new();
    let cube = |edge, voxel| {
        let bounds = Bounds::around(Coord::default(), Coord::new(edge, edge, edge));
        C::FillShape { layer: None, shape: Shape::Cube, bounds, voxel }
    };
    let set = |at| C::SetVoxel { layer: None, at, voxel: RED };
    let green = Voxel([0, 255, 0, 200]);
    let edits = [
        set(AT),
        set(Coord::new(1, -2, 4)),
        C::SetVoxels { layer: None, voxels: vec![(AT, green), (Coord::new(0, 0, 0), green)] },
        C::Copy { layer: None },
        C::Checkpoint { name: "a".to_owned() },
        cube(8, Voxel::WHITE),
        C::Group(vec![set(Coord::default()), set(Coord::new(9, 9, 9))]),
        C::AddLayer { name: None, visible: true },
        set(AT),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        before.apply(edit, Author(number as u64 / 3)).unwrap();
    }
    before.undo().unwrap();
    before.undo().unwrap();
    let byte = |text| u8::from_str_radix(text, 16).unwrap();
    let bytes: Vec<u8> = PROJECT.split(' ').map(byte).collect();
    let back = decode_project(&bytes, &Limits::default()).unwrap();
    assert_eq!((back.scene(), back.steps()), (before.scene(), (5, 2)));
    assert_eq!(project(&back), project(&before));
}

const PROJECT: &str = "\
    01 01 ae 0b ed 50 3d 4b 03 41 10 7d 33 f7 15 d3 24 1b 41 2c 03 f6 81 28 82 55 3e 0b 9b 58 \
    da 58 79 45 0a 41 9b 20 04 b1 49 69 6d 97 fc 8c 80 22 58 04 52 a5 50 b0 94 60 e3 6f 88 85 \
    85 b2 ce dc 45 e2 25 4d 04 2b c9 9b 9b 1b e6 ed 9b 9d 9d b9 72 2f f7 6e 7b ed 7d 77 7c ff \
    f2 b4 35 3e 3c ca ac 11 28 68 84 17 cd 56 a1 48 80 7c e8 94 b1 80 df 70 44 48 1f 84 e7 cd \
    d6 49 78 5a 28 c6 dc cc 1f 1f 1a 25 11 26 6b 09 a9 7a 78 d6 6c 85 aa 47 1d 13 77 b7 ac 8e \
    19 06 e2 3f 39 8d 83 59 de a9 89 0f 27 ee 4d 2d 6a 44 18 de f5 4b d7 69 bf 22 67 15 f4 ba \
    dd 92 ba 0a ab 58 c0 32 9c e6 d1 c4 c4 9c a7 2c 39 01 1f 73 8a e8 33 97 cb 81 3e 8c 31 56 \
    e0 d1 b3 4f 4c 2e 1c 22 7e 73 7c ad ac 76 2c 60 df 5d 4f 13 f6 79 94 62 59 33 4f b7 be fd \
    47 5b 67 59 3b e9 45 9b 4c d2 58 5b 12 e7 9d ac 27 6c e8 20 3a 8d 15 f2 3e f6 fa b4 c6 af \
    81 a5 8d 76 a0 06 ec 88 29 cc 1c 32 48 1a 4d cd 2c a9 b3 36 7e e3 77 34 26 99 cf f3 19 24 \
    23 21 1f 47 c2 3a 2c 46 d1 60 fa 93 42 49 c7 3a df 0a 2b fc 3f e0 0b";

#[test]
fn the_bytes_of_commands_are_what_they_always_were() {
    let cases = cases();
    for (edit, expected) in &cases {
        let bytes = command(edit);
        assert_eq!(hex(&bytes), *expected, "{edit:?}");
        assert_eq!(decode_command(&bytes, &Limits::default()).as_ref(), Ok(edit));
    }
    let numbers: BTreeSet<u8> = cases.iter().map(|(edit, _)| command(edit)[1]).collect();
    assert!(numbers.into_iter().eq(1..=64), "every kind is here");
}

#[rustfmt::skip]
fn cases() -> Vec<(C, &'static str)> {
    vec![
        (C::SetVoxel { layer: None, at: AT, voxel: RED },
         "01 01 00 02 03 06 ff 00 00 ff"),
        (C::SetVoxel { layer: SECOND, at: Coord::new(i32::MIN, i32::MAX, -100), voxel: Voxel::EMPTY },
         "01 01 03 ff*4 0f fe ff ff ff 0f c7 01 00*4"),
        (C::SetVoxels { layer: SECOND, voxels: vec![(AT, RED), (Coord::new(2, -2, 3), RED), (Coord::new(3, -2, 3), RED), (AT, Voxel::WHITE)] },
         "01 02 03 04 f4 03 06 ff 00 00 ff 05 03 0c 03 ff*4"),
        (C::PaintVoxels { layer: None, voxels: vec![(Coord::new(0, 0, 0), Voxel::EMPTY)] },
         "01 03 00 01 03"),
        (C::FillShape { layer: None, shape: Shape::Cone, bounds: BOX, voxel: RED },
         "01 04 00 03 02 03 06 00 02 c8 01 ff 00 00 ff"),
        (C::FloodFill { layer: None, seed: AT, voxel: RED, spread: SPREAD },
         "01 05 00 02 03 06 ff 00 00 ff 01 01 05 01 02 03 06 00 02 c8 01"),
        (C::Paint { layer: None, painter: PAINTER, area: MAT },
         "01 06 00 04 01 ff 00 00 ff 00 00 80 3f 01 00 01 00*6 80 3f 00 00 00 40 00 03 MAT"),
        (C::Stroke { layer: None, painter: Painter { clip: Some(BOX), ..PAINTER }, points: vec![[1.0, 2.0, 0.5]], radius: 1.5 },
         "01 07 00 04 01 ff 00 00 ff 00 00 80 3f 01 00 01 00*6 80 3f 00 00 00 40 01 02 03 06 00 02 c8 01 03 01 00*6 f0 3f 00*7 40 00*6 e0 3f 00*6 f8 3f"),
        (C::Tube { layer: None, painter: PAINTER, points: vec![], radius: 0.0 },
         "01 08 00 04 01 ff 00 00 ff 00 00 80 3f 01 00 01 00*6 80 3f 00 00 00 40 00 03 00*9"),
        (C::FillSelection { layer: None, voxel: RED, mode: BlendMode::Replace },
         "01 09 00 ff 00 00 ff 08"),
        (C::Extrude { layer: None, extrusion: Extrusion { at: AT, axis: 2, up: true, distance: -4, tolerance: Some(7) } },
         "01 0a 00 02 03 06 02 01 07 01 07"),
        (C::CutAbove { layer: None, point: [0.0, -0.0, f64::INFINITY], normal: [0.0, 0.0, 1.0] },
         "01 0b 00*16 80 00*6 f0 7f 00*22 f0 3f"),
        (C::Mirror { scope: Scope::All, axis: 1 },
         "01 0c 02 01"),
        (C::Wrap { scope: Scope::Layer(LayerId(3)), axis: 2, up: true },
         "01 0d 01 03 02 01"),
        (C::Crop { layer: None },
         "01 0e 00"),
        (C::Move { layer: None, motion: Motion::Shift([1, -2, 300]) },
         "01 0f 00 00 02 03 d8 04"),
        (C::Move { layer: None, motion: Motion::Turn { axis: 2, quarters: -1 } },
         "01 0f 00 01 02 ff"),
        (C::Move { layer: None, motion: Motion::Flip { axis: 1 } },
         "01 0f 00 02 01"),
        (C::Move { layer: None, motion: Motion::Double },
         "01 0f 00 03"),
        (C::Move { layer: None, motion: Motion::Halve },
         "01 0f 00 04"),
        (C::Move { layer: None, motion: Motion::By(MAT) },
         "01 0f 00 05 MAT"),
        (C::Downsample { layer: None, factor: 16 },
         "01 10 00 10"),
        (C::Recolor { layer: None, filter: ColorFilter { hue: 1.0, saturation: 2.0, lightness: 3.0, contrast: 4.0 } },
         "01 11 00 00 00 80 3f 00 00 00 40 00 00 40 40 00 00 80 40"),
        (C::ShiftAlpha { layer: None, by: -255 },
         "01 12 00 fd 03"),
        (C::Remap { layer: None, palette: vec![RED, Voxel::WHITE] },
         "01 13 00 02 ff 00 00 ff*5"),
        (C::Morph { layer: None, morph: Morph::Smooth, neighbors: Neighbors::Corners, steps: 130 },
         "01 14 00 03 02 82 01"),
        (C::Relief { layer: None, picture: picture(), relief: Relief { origin: AT, height: 9, solid: true, color: Some(RED) } },
         "01 15 00 03 02 06 04 01*4 02*4 07 03*4 02 04*4 02 03 06 09 01 01 ff 00 00 ff"),
        (C::ImageToVoxels { layer: LayerId(2), picture: picture() },
         "01 16 02 03 02 06 04 01*4 02*4 07 03*4 02 04*4"),
        (C::SelectBox { area: Some(MAT) },
         "01 17 01 MAT"),
        (C::Select { layer: None, selector: Selector::All, mode: SelectMode::Set },
         "01 18 00 00 00"),
        (C::Select { layer: None, selector: Selector::Box(MAT), mode: SelectMode::Add },
         "01 18 00 01 MAT 01"),
        (C::Select { layer: None, selector: Selector::Wand { seed: AT, spread: Spread::default() }, mode: SelectMode::Sub },
         "01 18 00 02 02 03 06 00*4 02"),
        (C::Select { layer: None, selector: Selector::Color(Like { color: RED, tolerance: [1, 2, 3, 4] }), mode: SelectMode::Set },
         "01 18 00 03 ff 00 00 ff 01 02 03 04 00"),
        (C::Select { layer: None, selector: Selector::Material(Some(4)), mode: SelectMode::Set },
         "01 18 00 04 01 04 00"),
        (C::Select { layer: None, selector: Selector::Rectangle { view: [1.0; 16], low: [-1.0; 2], high: [0.0; 2] }, mode: SelectMode::Set },
         "01 18 00 05 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 3f 00*6 f0 bf 00*6 f0 bf 00*17"),
        (C::Select { layer: None, selector: Selector::Places(vec![AT, AT]), mode: SelectMode::Set },
         "01 18 00 06 02 f4 03 06 00 00"),
        (C::Deselect,
         "01 19"),
        (C::Copy { layer: None },
         "01 1a 00"),
        (C::Cut { layer: None },
         "01 1b 00"),
        (C::CutToLayer { layer: None },
         "01 1c 00"),
        (C::Paste { layer: None },
         "01 1d 00"),
        (C::ClearLayer { layer: Some(LayerId(u32::MAX)) },
         "01 1e 80*4 10"),
        (C::AddLayer { name: Some("é".to_owned()), visible: true },
         "01 1f 01 02 c3 a9 01"),
        (C::DeleteLayer { layer: LayerId(300) },
         "01 20 ac 02"),
        (C::MergeLayers { source: LayerId(1), target: LayerId(2) },
         "01 21 01 02"),
        (C::SetVisible { layer: LayerId(1), visible: false },
         "01 22 01 00"),
        (C::RenameLayer { layer: LayerId(1), name: String::new() },
         "01 23 01 00"),
        (C::MoveLayer { layer: LayerId(1), index: 128 },
         "01 24 01 80 01"),
        (C::SetActive { layer: LayerId(1) },
         "01 25 01"),
        (C::Solo { layer: LayerId(1) },
         "01 26 01"),
        (C::DuplicateLayer { layer: LayerId(1) },
         "01 27 01"),
        (C::CloneLayer { layer: LayerId(1) },
         "01 28 01"),
        (C::Unlink { layer: LayerId(1) },
         "01 29 01"),
        (C::AddShape { shape: Shape::Torus, color: RED, area: None },
         "01 2a 05 ff 00 00 ff 00"),
        (C::SetShape { layer: LayerId(1), shape: Shape::Prism(64), color: RED },
         "01 2b 01 06 40 ff 00 00 ff"),
        (C::SetShape { layer: LayerId(1), shape: Shape::Cube, color: RED },
         "01 2b 01 00 ff 00 00 ff"),
        (C::AddImage { path: "a.png".to_owned(), mat: MAT },
         "01 2c 05 61 2e 70 6e 67 MAT"),
        (C::Place { layer: LayerId(1), mat: MAT },
         "01 2d 01 MAT"),
        (C::SetMode { layer: LayerId(1), mode: BlendMode::SubClamp },
         "01 2e 01 02"),
        (C::Wear { layer: LayerId(1), material: Some(3) },
         "01 2f 01 01 03"),
        (C::SetLayerBox { layer: LayerId(1), area: None },
         "01 30 01 00"),
        (C::MergeDown { layer: LayerId(1) },
         "01 31 01"),
        (C::MergeVisible,
         "01 32"),
        (C::SetArea { area: MAT },
         "01 33 MAT"),
        (C::FitArea,
         "01 34"),
        (C::AddMaterial { look: look() },
         "01 35 01 61 00 00 80 3f 00 00 00 40 00 00 40 40 00 00 80 40 00 00 00 41 00 00 10 41 00 00 a0 40 00 00 c0 40 00 00 e0 40"),
        (C::SetMaterial { index: 1, look: look() },
         "01 36 01 01 61 00 00 80 3f 00 00 00 40 00 00 40 40 00 00 80 40 00 00 00 41 00 00 10 41 00 00 a0 40 00 00 c0 40 00 00 e0 40"),
        (C::DeleteMaterial { index: 1 },
         "01 37 01"),
        (C::AddCamera { view: view() },
         "01 38 01 61 00 00 80 3f 01 MAT"),
        (C::SetCamera { index: 1, view: view() },
         "01 39 01 01 61 00 00 80 3f 01 MAT"),
        (C::DeleteCamera { index: 1 },
         "01 3a 01"),
        (C::UseCamera { index: 1 },
         "01 3b 01"),
        (C::SetLight { light: light() },
         "01 3c 00 00 80 3f 00 00 00 40 00 00 40 40 01 00 00 80 40 00 00 a0 40 01 01 6b 03 76 61 6c"),
        (C::Checkpoint { name: "a".to_owned() },
         "01 3d 01 61"),
        (C::DropCheckpoint { name: "a".to_owned() },
         "01 3e 01 61"),
        (C::Restore { name: "a".to_owned() },
         "01 3f 01 61"),
        (C::Group(vec![C::Deselect, C::Mirror { scope: Scope::Active, axis: 0 }]),
         "01 40 02 19 0c 00 00"),
    ]
}
