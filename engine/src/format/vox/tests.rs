//! Files made by hand, scenes made by chance.

use super::*;
use crate::error::ErrorKind;
use crate::math::Mat4;
use crate::ops::{Shape, Solid};
use crate::scene::{Layer, LayerId, LayerKind};
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel};
use proptest::prelude::*;
use std::io::Write;

const RED: Voxel = Voxel::rgb(255, 0, 0);
const BLUE: Voxel = Voxel::rgb(0, 0, 255);

type Voxels = Vec<([i32; 3], Voxel)>;
type Attributes<'a> = &'a [(&'a str, &'a str)];

fn ints(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn dict(entries: Attributes<'_>) -> Vec<u8> {
    let text = |text: &str| [&ints(&[text.len() as i32]), text.as_bytes()].concat();
    let texts = entries.iter().flat_map(|(key, value)| [text(key), text(value)].concat());
    ints(&[entries.len() as i32]).into_iter().chain(texts).collect()
}

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [kind, &ints(&[content.len() as i32, 0])[..], content].concat()
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"VOX \x96\0\0\0MAIN", &ints(&[0, chunks.len() as i32])[..], &chunks].concat()
}

fn model(size: [i32; 3], voxels: &[[u8; 4]]) -> Vec<u8> {
    let list = [ints(&[voxels.len() as i32]), voxels.concat()].concat();
    [chunk(b"SIZE", &ints(&size)), chunk(b"XYZI", &list)].concat()
}

/// A model of one voxel at its own pivot.
fn dot() -> Vec<u8> {
    model([1; 3], &[[0, 0, 0, 1]])
}

fn transform(id: i32, of: Attributes<'_>, child: i32, frames: &[Attributes<'_>]) -> Vec<u8> {
    placed(id, of, child, -1, frames)
}

fn placed(
    id: i32,
    of: Attributes<'_>,
    child: i32,
    layer: i32,
    frames: &[Attributes<'_>],
) -> Vec<u8> {
    let head = [ints(&[id]), dict(of), ints(&[child, -1, layer, frames.len() as i32])].concat();
    let frames: Vec<u8> = frames.iter().flat_map(|frame| dict(frame)).collect();
    chunk(b"nTRN", &[head, frames].concat())
}

fn group(id: i32, children: &[i32]) -> Vec<u8> {
    let count = ints(&[children.len() as i32]);
    chunk(b"nGRP", &[ints(&[id]), dict(&[]), count, ints(children)].concat())
}

fn shape(id: i32, model: i32) -> Vec<u8> {
    chunk(b"nSHP", &[ints(&[id]), dict(&[]), ints(&[1, model]), dict(&[])].concat())
}

#[track_caller]
fn read(bytes: &[u8]) -> Scene {
    decode(bytes, &Limits::default()).unwrap_or_else(|why| panic!("{why}"))
}

/// The layers: name, visible, and the places of the voxels.
#[track_caller]
fn check(chunks: &[Vec<u8>], expected: &[(&str, bool, &[[i32; 3]])]) {
    let scene = read(&file(chunks));
    let places = |layer: &Layer| -> Vec<[i32; 3]> {
        layer.volume.voxels().map(|(at, _)| at.to_array()).collect()
    };
    let found: Vec<_> =
        scene.layers.iter().map(|l| (l.name.clone(), l.visible, places(l))).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, visible, at)| ((*name).to_owned(), *visible, at.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn refused(chunks: &[Vec<u8>], limits: &Limits, expected: &str) {
    let why = decode(&file(chunks), limits).expect_err(expected);
    assert_eq!(why.cause.to_string(), expected);
    assert!(why.offset.is_some());
}

#[test]
fn a_file_without_a_graph_has_a_layer_for_each_model() {
    let wide = model([3, 4, 5], &[[0, 0, 0, 1], [2, 3, 4, 1]]);
    let expected: [(_, _, &[[i32; 3]]); 2] =
        [("Layer.1", true, &[[-1, -2, -2], [1, 1, 2]]), ("Layer.2", true, &[[0, 0, 0]])];
    check(&[chunk(b"PACK", &ints(&[2])), wide, dot()], &expected);
}

#[test]
fn the_last_of_voxels_in_one_place_wins() {
    let scene = read(&file(&[model([1; 3], &[[0, 0, 0, 216], [0, 0, 0, 236]])]));
    assert_eq!(scene.layers[0].volume.get(Coord::default()), Voxel::rgb(0, 0, 0xee));
    check(&[model([1; 3], &[[0, 0, 0, 5], [0, 0, 0, 0]])], &[("Layer.1", true, &[])]);
}

#[test]
fn the_first_palette_counts_and_alpha_zero_means_opaque() {
    let rgba = |entry: [u8; 4]| {
        let mut entries = vec![entry; 256];
        entries[1] = [9, 8, 7, 200];
        chunk(b"RGBA", &entries.concat())
    };
    let voxels = model([2, 1, 1], &[[0, 0, 0, 1], [1, 0, 0, 2]]);
    let scene = read(&file(&[voxels, rgba([1, 2, 3, 0]), rgba([4, 5, 6, 255])]));
    let colors: Vec<_> = scene.layers[0].volume.voxels().map(|(_, voxel)| voxel.0).collect();
    assert_eq!(colors, [[1, 2, 3, 255], [9, 8, 7, 200]]);
}

#[test]
fn a_shared_model_is_placed_every_time_with_the_nearest_name() {
    let chunks = [
        dot(),
        transform(0, &[("_name", "root")], 1, &[&[("_t", "0 0 100")]]),
        group(1, &[2, 4]),
        transform(2, &[("_name", "a")], 3, &[&[("_t", "1 2 3")]]),
        shape(3, 0),
        transform(4, &[], 3, &[&[("_t", " -1  -2 -3 "), ("_r", "20")]]),
    ];
    check(&chunks, &[("a", true, &[[1, 2, 103]]), ("root", true, &[[-2, -2, 97]])]);
}

#[test]
fn hidden_nodes_and_hidden_layers_hide_what_is_below() {
    let layer = |id: i32, hidden: &str| {
        chunk(b"LAYR", &[ints(&[id]), dict(&[("_hidden", hidden)]), ints(&[-1])].concat())
    };
    let chunks = [
        dot(),
        transform(0, &[], 1, &[&[]]),
        group(1, &[2, 4, 6]),
        transform(2, &[("_hidden", "1"), ("_name", "a")], 7, &[&[]]),
        placed(4, &[("_name", "b")], 7, 5, &[&[]]),
        placed(6, &[("_name", "c")], 7, 6, &[&[]]),
        group(7, &[8]),
        transform(8, &[], 9, &[&[]]),
        shape(9, 0),
        layer(5, "1"),
        layer(6, "0"),
    ];
    let at: &[[i32; 3]] = &[[0, 0, 0]];
    check(&chunks, &[("a", false, at), ("b", false, at), ("c", true, at)]);
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    let frames: [Attributes<'_>; 2] =
        [&[("_t", "9 9 9"), ("_f", "5")], &[("_t", "1 1 1"), ("_f", "0")]];
    let models = [
        ints(&[1]),
        dict(&[]),
        ints(&[2, 0]),
        dict(&[("_f", "3")]),
        ints(&[1]),
        dict(&[("_f", "0")]),
    ];
    let second = model([1, 1, 3], &[[0, 0, 2, 1]]);
    let chunks = [dot(), second, transform(0, &[], 1, &frames), chunk(b"nSHP", &models.concat())];
    check(&chunks, &[("Layer.1", true, &[[1, 1, 2]])]);
}

#[test]
fn a_layer_whose_colours_share_a_material_has_it() {
    let matl = |id: i32, of: Attributes<'_>| chunk(b"MATL", &[ints(&[id]), dict(of)].concat());
    let metal: Attributes<'_> = &[("_type", "_metal"), ("_metal", "0.75"), ("_rough", "0.25")];
    let lamp: Attributes<'_> = &[("_type", "_emit"), ("_emit", "0.5"), ("_flux", "1")];
    let glass: Attributes<'_> = &[("_type", "_glass"), ("_trans", "0.75")];
    let two = |a: u8, b: u8| model([2, 1, 1], &[[0, 0, 0, a], [1, 0, 0, b]]);
    let materials = [
        matl(1, metal),
        matl(2, metal),
        matl(3, lamp),
        matl(4, glass),
        matl(5, &[("_type", "_diffuse")]),
    ];
    let models = [two(1, 2), two(2, 3), two(3, 3), two(4, 4), two(5, 5), two(9, 1), two(1, 1)];
    let scene = read(&file(&[models.concat(), materials.concat()]));
    let found: Vec<_> = scene.layers.iter().map(|layer| layer.material.unwrap()).collect();
    assert_eq!(found, [1, 0, 2, 3, 0, 0, 1]);
    let names: Vec<_> = scene.materials.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["Material.1", "metal", "emit", "glass"]);
    assert_eq!((scene.materials[1].metallic, scene.materials[1].roughness), (0.75, 0.25));
    assert_eq!((scene.materials[2].emission, scene.materials[3].color[3]), ([1.0; 3], 0.25));
}

fn packed(size: [i32; 3], indices: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(ints(&size), flate2::Compression::default());
    packer.write_all(indices).unwrap();
    chunk(b"TDCZ", &packer.finish().unwrap())
}

#[test]
fn a_packed_model_counts_as_one() {
    let mut indices = vec![0; 2 * 3 * 300];
    indices[1 + 2 * (2 + 3 * 299)] = 7;
    let at: &[[i32; 3]] = &[[0, 1, 149]];
    check(&[packed([2, 3, 300], &indices)], &[("Layer.1", true, at)]);
}

#[test]
fn packed_models_are_bounded() {
    let limits = Limits { max_voxels: 1000, ..Limits::default() };
    refused(
        &[packed([10, 10, 11], &[0; 1100])],
        &limits,
        "over the limit of 1000 more packed voxels",
    );
    let twice = [packed([10; 3], &[0; 1000]), packed([1; 3], &[0])];
    refused(&twice, &limits, "over the limit of 0 more packed voxels");
    refused(&[packed([-1, -1, -1], &[])], &limits, "over the limit of 1000 more packed voxels");
    refused(&[packed([10; 3], &[0; 999])], &limits, "a packed model with too few voxels");
    let noise = [ints(&[1, 1, 1]), vec![99; 9]].concat();
    refused(&[chunk(b"TDCZ", &noise)], &limits, "packed bytes that cannot be unpacked");
}

#[test]
fn a_graph_that_makes_no_sense_is_refused() {
    let check = |graph: &[Vec<u8>], expected: &str| {
        refused(&[vec![dot()], graph.to_vec()].concat(), &Limits::default(), expected);
    };
    let root = transform(0, &[], 1, &[&[]]);
    check(&[root.clone(), group(1, &[0])], "a scene graph that leads back to itself");
    check(&[root.clone(), group(1, &[1])], "a scene graph that leads back to itself");
    check(std::slice::from_ref(&root), "a node names a child that is missing");
    check(&[root.clone(), shape(1, 1)], "a shape of a model that is missing");
    check(&[root.clone(), shape(1, -1)], "a shape of a model that is missing");
    let step = transform(0, &[], 1, &[&[("_t", "1 2")]]);
    check(&[step, shape(1, 0)], "a translation that is not three whole numbers");
    let none = chunk(b"nSHP", &[ints(&[1]), dict(&[]), ints(&[0])].concat());
    check(&[root, none], "a shape without a model");
    refused(&[chunk(b"XYZI", &ints(&[0]))], &Limits::default(), "XYZI without SIZE");
}

#[test]
fn a_graph_is_bounded_in_depth_steps_and_models() {
    let chain: Vec<_> = (0..200).map(|id| transform(id, &[], id + 1, &[&[]])).collect();
    let deep = [vec![dot()], chain, vec![shape(200, 0)]].concat();
    refused(&deep, &Limits::default(), "over the limit of 128 nested nodes");

    // Forty groups that name the next one twice: 2^40 ways to the last.
    let doubling: Vec<_> = (0..40).map(|id| group(id, &[id + 1, id + 1])).collect();
    let empty = [doubling.clone(), vec![group(40, &[])]].concat();
    refused(&empty, &Limits::default(), "over the limit of 524288 steps through the scene graph");
    let full = [vec![dot()], doubling, vec![shape(40, 0)]].concat();
    refused(&full, &Limits::default(), "over the limit of 4096 placed models");

    let limits = Limits { max_layers: 2, ..Limits::default() };
    refused(&[dot(), dot(), dot()], &limits, "over the limit of 2 placed models");
}

#[test]
fn voxels_and_bricks_are_bounded_over_all_layers() {
    let limits = Limits { max_voxels: 3, max_bricks: 3, ..Limits::default() };
    let two = model([40, 1, 1], &[[0, 0, 0, 1], [39, 0, 0, 1]]);
    refused(&[two.clone(), two.clone()], &limits, "over the limit of 3 voxels");
    let limits = Limits { max_voxels: 4, ..limits };
    refused(&[two.clone(), two], &limits, "over the limit of 3 bricks of 16^3");
}

#[test]
fn lengths_that_lie_are_refused() {
    let limits = Limits::default();
    let size = chunk(b"SIZE", &ints(&[1, 1, 1]));
    let list = chunk(b"XYZI", &ints(&[-1]));
    refused(&[size, list], &limits, "cut short: 17179869180 bytes needed, 0 left");
    let node = chunk(b"nTRN", &ints(&[0, i32::MAX]));
    refused(&[node], &limits, "cut short: 4 bytes needed, 0 left");
    let node = chunk(b"nGRP", &ints(&[0, 0, i32::MAX]));
    refused(&[node], &limits, "cut short: 8589934588 bytes needed, 0 left");
    let node = chunk(b"nSHP", &ints(&[0, 0, -1]));
    refused(&[node], &limits, "a negative length");
    let bare = decode(b"VOX \x96\0\0\0NAME", &limits).unwrap_err();
    assert_eq!(bare.to_string(), "the first chunk is not MAIN at byte 8");
}

#[test]
fn a_place_beyond_the_range_is_refused() {
    let step = format!("{} 0 0", i32::MAX);
    let edge = |x: u8| {
        vec![
            model([2, 1, 1], &[[x, 0, 0, 1]]),
            transform(0, &[], 1, &[&[("_t", step.as_str())]]),
            shape(1, 0),
        ]
    };
    check(&edge(1), &[("Layer.1", true, &[[i32::MAX, 0, 0]])]);
    let twice = [
        edge(1),
        vec![
            transform(0, &[], 2, &[&[("_t", "1 0 0")]]),
            transform(2, &[], 1, &[&[("_t", &step)]]),
        ],
    ];
    let expected = "a place beyond the range of coordinates";
    refused(&twice.concat(), &Limits::default(), expected);
}

fn scene_of(layers: Vec<Layer>) -> Scene {
    Scene { layers, ..Scene::new() }
}

fn layer(id: u32, name: &str, voxels: &[([i32; 3], Voxel)]) -> Layer {
    let mut layer = Layer::new(LayerId(id), name);
    layer.volume = voxels.iter().map(|(at, voxel)| (Coord::from(*at), *voxel)).collect();
    layer
}

/// Writes, reads, and says each layer's name, whether it is seen, and its voxels.
#[track_caller]
fn written(layers: Vec<Layer>) -> Vec<(String, bool, Voxels)> {
    let scene = read(&encode(&scene_of(layers)).unwrap());
    let voxels = |layer: &Layer| layer.volume.voxels().map(|(at, v)| (at.to_array(), v)).collect();
    scene.layers.iter().map(|l| (l.name.clone(), l.visible, voxels(l))).collect()
}

#[test]
fn layers_are_written_as_named_shapes_hidden_ones_and_empty_ones_too() {
    let first = layer(1, "naïve", &[([-7, 3, 0], RED), ([-5, 3, 0], BLUE)]);
    let hidden = Layer { visible: false, ..layer(2, "hidden", &[([5, 5, 5], RED)]) };
    let faint = layer(3, "faint", &[([1, 1, 1], Voxel([1, 2, 3, 126]))]);
    let dim = layer(4, "dim", &[([1, 1, 1], Voxel([1, 2, 3, 127]))]);
    let expected = [
        ("naïve".to_owned(), true, vec![([-7, 3, 0], RED), ([-5, 3, 0], BLUE)]),
        ("hidden".to_owned(), false, vec![([5, 5, 5], RED)]),
        ("faint".to_owned(), true, vec![]),
        ("dim".to_owned(), true, vec![([1, 1, 1], Voxel::rgb(1, 2, 3))]),
    ];
    assert_eq!(written(vec![first, hidden, faint, dim]), expected);
}

#[test]
fn clones_are_unfolded_and_pictures_left_out() {
    let mut moved = Layer::new(LayerId(2), "clone");
    moved.kind = LayerKind::Clone { base: LayerId(1) };
    moved.mat = Mat4::from_box([10., 0., 0.], [1.; 3]);
    let mut picture = Layer::new(LayerId(3), "picture");
    picture.kind = LayerKind::Image { path: "p.png".to_owned() };
    let expected = [
        ("base".to_owned(), true, vec![([0, 0, 0], RED)]),
        ("clone".to_owned(), true, vec![([10, 0, 0], RED)]),
    ];
    assert_eq!(written(vec![layer(1, "base", &[([0; 3], RED)]), moved, picture]), expected);
}

#[test]
fn a_layer_that_cuts_or_paints_is_applied_to_what_it_covers() {
    let base = || layer(1, "base", &[([0, 0, 0], RED), ([1, 0, 0], RED)]);
    let upper = |mode| Layer { mode, ..layer(2, "upper", &[([1, 0, 0], BLUE), ([2, 0, 0], BLUE)]) };
    let check = |mode, expected: &[&[([i32; 3], Voxel)]]| {
        let found: Vec<_> =
            written(vec![base(), upper(mode)]).into_iter().map(|(_, _, voxels)| voxels).collect();
        assert_eq!(found, expected, "{mode:?}");
    };
    let (zero, one, two) = ([0, 0, 0], [1, 0, 0], [2, 0, 0]);
    check(BlendMode::Over, &[&[(zero, RED), (one, RED)], &[(one, BLUE), (two, BLUE)]]);
    check(BlendMode::Sub, &[&[(zero, RED)]]);
    check(BlendMode::Paint, &[&[(zero, RED), (one, BLUE)]]);
    check(BlendMode::Intersect, &[&[(one, RED)]]);
    check(BlendMode::Replace, &[&[], &[(one, BLUE), (two, BLUE)]]);
}

#[test]
fn a_layer_too_large_for_one_model_is_split() {
    let wide = layer(1, "wide", &[([-300, 0, 0], RED), ([-45, 0, 0], RED), ([-44, 7, 0], BLUE)]);
    let expected = [
        ("wide".to_owned(), true, vec![([-300, 0, 0], RED), ([-45, 0, 0], RED)]),
        ("wide".to_owned(), true, vec![([-44, 7, 0], BLUE)]),
    ];
    assert_eq!(written(vec![wide]), expected);
}

#[test]
fn the_ends_of_the_range_can_be_written() {
    let ends = [([i32::MIN; 3], RED), ([i32::MAX; 3], RED)];
    let found = written(vec![layer(1, "ends", &ends)]);
    let voxels: Vec<_> = found.into_iter().flat_map(|(_, _, voxels)| voxels).collect();
    assert_eq!(voxels, ends);
}

#[test]
fn what_the_format_cannot_hold_is_refused() {
    let kind = |layers: Vec<Layer>| encode(&scene_of(layers)).unwrap_err().kind();
    assert_eq!(kind(vec![layer(1, "empty", &[])]), ErrorKind::InvalidOperation);
    let scattered: Vec<_> = (0..4097).map(|i| ([i * 256, 0, 0], RED)).collect();
    assert_eq!(kind(vec![layer(1, "scattered", &scattered)]), ErrorKind::LimitExceeded);
}

/// A cube of one colour takes little memory as a volume, and took the computer's as a file.
#[test]
fn more_voxels_than_a_file_should_hold_are_refused_at_once() {
    let mut solid = layer(1, "solid", &[]);
    let bounds = Bounds::around(Coord::default(), Coord::new(511, 511, 256));
    Solid::filling(Shape::Cube, bounds).fill(&mut solid.volume, RED);
    let why = encode(&scene_of(vec![solid])).unwrap_err();
    assert_eq!(why.to_string(), "over the limit of 67108864 voxels in a vox file");
}

#[test]
fn a_single_model_starts_at_the_origin_and_is_sorted() {
    let below = layer(1, "below", &[([20, -4, 9], RED), ([-2, 30, 9], RED)]);
    let above = layer(2, "above", &[([20, -4, 9], BLUE), ([5, 5, 8], BLUE)]);
    let hidden = Layer { visible: false, ..layer(3, "hidden", &[([-99, 0, 0], RED)]) };
    let bytes = encode_single(&scene_of(vec![below, above, hidden])).unwrap();
    let size = ints(&[23, 35, 2]);
    let voxels = [[7, 9, 0, 1], [22, 0, 1, 1], [0, 34, 1, 2]].concat();
    let mut rgba = [[0, 0, 255, 255], [255, 0, 0, 255]].concat();
    rgba.resize(1024, 0);
    let chunks = [
        chunk(b"SIZE", &size),
        chunk(b"XYZI", &[ints(&[3]), voxels].concat()),
        chunk(b"RGBA", &rgba),
    ];
    assert_eq!(bytes, file(&chunks));
}

#[test]
fn a_single_model_has_at_most_256_voxels_along_an_axis() {
    let ends = |x: i32| scene_of(vec![layer(1, "ends", &[([0; 3], RED), ([x, 0, 0], RED)])]);
    assert!(encode_single(&ends(255)).is_ok());
    assert_eq!(encode_single(&ends(256)).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let empty = encode_single(&scene_of(vec![layer(1, "empty", &[])]));
    assert_eq!(empty.unwrap_err().kind(), ErrorKind::InvalidOperation);
}

#[test]
fn more_than_255_colours_become_255() {
    let voxels: Vec<_> =
        (0..256).map(|i| ([i, 0, 0], Voxel::rgb(i as u8, 255 - i as u8, 0))).collect();
    let (_, _, found) = written(vec![layer(1, "many", &voxels)]).remove(0);
    let exact = found.iter().zip(&voxels).filter(|(a, b)| a == b).count();
    assert_eq!((found.len(), exact), (256, 254));
    let (_, _, exact) = written(vec![layer(1, "fit", &voxels[1..])]).remove(0);
    assert_eq!(exact, &voxels[1..]);
}

fn volume_strategy() -> impl Strategy<Value = Volume> {
    let near = -200i32..200;
    let voxel = (0u8..8, 0u8..8, 0u8..3).prop_map(|(r, g, b)| Voxel::rgb(r * 9, g * 7, b));
    let place = (near.clone(), near.clone(), near).prop_map(|(x, y, z)| Coord::new(x, y, z));
    prop::collection::vec((place, voxel), 1..80).prop_map(|voxels| voxels.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn voxels_come_back_to_their_places(
        volumes in prop::collection::vec(volume_strategy(), 1..4),
    ) {
        let layers: Vec<Layer> = (1..).zip(volumes)
            .map(|(id, volume)| Layer { volume, ..Layer::new(LayerId(id), &format!("l{id}")) })
            .collect();
        let scene = scene_of(layers);
        let bytes = encode(&scene).unwrap();
        let again = read(&bytes);
        for layer in &scene.layers {
            let parts = again.layers.iter().filter(|part| part.name == layer.name);
            let mut found: Vec<_> = parts.flat_map(|part| part.volume.voxels()).collect();
            found.sort_unstable_by_key(|(at, _)| at.order());
            let mut expected: Vec<_> = layer.volume.voxels().collect();
            expected.sort_unstable_by_key(|(at, _)| at.order());
            prop_assert_eq!(found, expected);
        }
        prop_assert!(encode(&scene).unwrap() == bytes);
    }
}
