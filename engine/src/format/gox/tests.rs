//! Files made by hand, scenes made by chance.

use super::*;
use crate::error::ErrorKind;
use crate::image::{Picture, png};
use crate::math::Mat4;
use crate::ops::Shape;
use crate::project::ProjectLimits;
use crate::scene::{
    DEFAULT_AREA, DEFAULT_AREA_BOUNDS, Extra, ExtraChunk, Layer, LayerId, LayerKind, Light,
    Material, SceneCamera,
};
use crate::volume::{BlendMode, Bounds, Brick, Coord, Volume, Voxel};
use proptest::prelude::*;
use std::io::Write;
use std::sync::Arc;

const RED: Voxel = Voxel::rgb(255, 0, 0);
const BLUE: Voxel = Voxel::rgb(0, 0, 255);

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [kind, &(content.len() as i32).to_le_bytes()[..], content, &[7; 4]].concat()
}

fn entry(key: &str, value: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| (bytes.len() as i32).to_le_bytes();
    [&length(key.as_bytes())[..], key.as_bytes(), &length(value), value].concat()
}

/// A file of version 2 of these chunks.
fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"GOX \x02\0\0\0", &chunks.concat()[..]].concat()
}

fn tile(voxel: impl Fn(usize) -> Voxel) -> Vec<u8> {
    let pixels = (0..4096).map(|index| voxel(index).0).collect();
    chunk(b"BL16", &png::encode(&Picture { width: 64, height: 64, pixels }))
}

fn layer(blocks: &[[i32; 4]], keys: &[Vec<u8>]) -> Vec<u8> {
    let mut content = (blocks.len() as i32).to_le_bytes().to_vec();
    for [number, x, y, z] in blocks {
        content.extend([*number, *x, *y, *z, 0].into_iter().flat_map(i32::to_le_bytes));
    }
    chunk(b"LAYR", &[content, keys.concat()].concat())
}

#[track_caller]
fn read(bytes: &[u8]) -> Scene {
    decode(bytes, &Limits::default()).unwrap_or_else(|why| panic!("{why}"))
}

#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    let why = decode(bytes, &Limits::default()).expect_err(expected);
    assert_eq!(why.to_string(), expected);
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_later_block_covers_an_earlier_one_with_its_empty_voxels_too() {
    let full = tile(|_| RED);
    let odd = tile(|index| if index % 2 == 1 { BLUE } else { Voxel([9, 9, 9, 0]) });
    let read = |place: i32| {
        let blocks = layer(&[[0, 0, 0, 0], [1, place, 0, 0]], &[]);
        read(&file(&[full.clone(), odd.clone(), blocks])).layers[0].volume.clone()
    };
    let same_place = read(0);
    assert_eq!(same_place.filled(), 2048);
    assert!(same_place.voxels().all(|(_, voxel)| voxel == BLUE));
    let beside = read(3);
    assert_eq!(beside.filled(), 3 * 256 + 2048);
    assert_eq!(beside.get(Coord::new(2, 5, 5)), RED);
    assert_eq!(beside.get(Coord::new(3, 5, 5)), Voxel::EMPTY);
    assert_eq!(beside.get(Coord::new(18, 15, 15)), BLUE);
}

#[test]
fn a_block_may_lie_anywhere() {
    let lowest = i32::MIN;
    let blocks = [[0, -5, 21, lowest], [0, i32::MAX - 15, -1, 3]];
    let volume = &read(&file(&[tile(|_| RED), layer(&blocks, &[])])).layers[0].volume;
    assert_eq!(volume.filled(), 2 * 4096);
    let bounds = Bounds::around(Coord::new(-5, -1, lowest), Coord::new(i32::MAX, 36, 18));
    assert_eq!(volume.bounds(), Some(bounds));
}

#[test]
fn a_block_beyond_the_range_is_refused() {
    let blocks = layer(&[[0, i32::MAX - 14, 0, 0]], &[]);
    let bytes = file(&[tile(|_| RED), blocks]);
    let offset = bytes.len() - 24;
    refused(&bytes, &format!("a place beyond the range of coordinates at byte {offset}"));
}

#[test]
fn a_tile_must_be_there_and_64_by_64() {
    refused(
        &file(&[layer(&[[0, 0, 0, 0]], &[])]),
        "a block of a tile that is not there at byte 20",
    );
    let small = png::encode(&Picture { width: 16, height: 256, pixels: vec![[1; 4]; 4096] });
    let bytes = file(&[chunk(b"BL16", &small), layer(&[[0, 0, 0, 0]], &[])]);
    refused(&bytes, "a tile that is not 64x64 at byte 16");
    let large = png::encode(&Picture { width: 65, height: 64, pixels: vec![[1; 4]; 4160] });
    let bytes = file(&[chunk(b"BL16", &large), layer(&[[0, 0, 0, 0]], &[])]);
    refused(&bytes, "picture of 65x64 is over the limit of 4096 pixels at byte 16");
}

#[test]
fn a_tile_that_no_layer_uses_is_ignored() {
    let bytes = file(&[chunk(b"BL16", b"no picture"), layer(&[], &[])]);
    assert!(read(&bytes).layers[0].volume.is_empty());
}

#[test]
fn ids_that_are_missing_or_taken_become_the_smallest_free_ones() {
    let id = |id: i32| layer(&[], &[entry("id", &id.to_le_bytes())]);
    let bytes = file(&[id(0), id(3), layer(&[], &[]), id(3), id(-7), id(1)]);
    let ids: Vec<u32> = read(&bytes).layers.iter().map(|layer| layer.id.0).collect();
    assert_eq!(ids, [2, 3, 4, 5, 6, 1]);
}

#[test]
fn names_end_at_a_nul_and_are_made_up_where_missing() {
    let name = |name: &[u8]| layer(&[], &[entry("name", name)]);
    let long = "x".repeat(300);
    let bytes = file(&[
        name(b"K_Leg\0per"),
        layer(&[], &[]),
        name(b"layer.2"),
        layer(&[], &[]),
        name(b""),
        name(b"\xff"),
        name(long.as_bytes()),
    ]);
    let scene = read(&bytes);
    let names: Vec<&str> = scene.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["K_Leg", "Layer.1", "layer.2", "Layer.3", "", "\u{fffd}", &long[..255]]);
}

#[test]
fn the_last_of_repeated_keys_wins_and_a_wrong_size_is_ignored() {
    let color = |v: f32| [v; 4].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let keys = [
        entry("color", &color(0.25)),
        entry("metallic", &0.75f32.to_le_bytes()),
        entry("color", &color(0.5)),
        entry("color", &[1, 2, 3, 4]),
        entry("metallic", &[]),
    ];
    let scene = read(&file(&[chunk(b"MATE", &keys.concat())]));
    assert_eq!(scene.materials.len(), 1);
    assert_eq!(scene.materials[0].color, [0.5; 4]);
    assert_eq!((scene.materials[0].metallic, scene.materials[0].roughness), (0.75, 0.5));
}

#[test]
fn a_material_that_is_not_there_is_none_and_one_not_named_is_the_last() {
    let named = |index: i32| layer(&[], &[entry("material", &index.to_le_bytes())]);
    let mate = chunk(b"MATE", &entry("name", b"m"));
    let bytes = file(&[
        layer(&[], &[]),
        mate.clone(),
        mate,
        named(0),
        named(1),
        named(2),
        named(-1),
        layer(&[], &[]),
    ]);
    let found: Vec<_> = read(&bytes).layers.iter().map(|layer| layer.material).collect();
    assert_eq!(found, [None, Some(0), Some(1), None, None, Some(1)]);
}

#[test]
fn a_dictionary_ends_at_a_key_without_length() {
    let keys = [entry("visible", &[0]), vec![0; 4], b"whatever follows".to_vec()];
    assert!(!read(&file(&[layer(&[], &keys)])).layers[0].visible);
}

#[test]
fn a_file_that_says_little_is_completed() {
    let nothing = read(&file(&[]));
    assert_eq!((nothing.layers.len(), nothing.active), (1, LayerId(1)));
    assert_eq!((nothing.area, nothing.cameras.len()), (DEFAULT_AREA, 1));
    assert_eq!(nothing.cameras[0].dist, 128.0);

    let scene = read(&file(&[tile(|_| RED), layer(&[[0, 16, 0, 0]], &[]), layer(&[], &[])]));
    assert_eq!(scene.active, LayerId(2));
    assert_eq!(scene.area_bounds(), scene.layers[0].volume.bounds());
}

#[test]
fn the_active_camera_is_the_one_that_says_so() {
    let camera = |keys: &[Vec<u8>]| chunk(b"CAMR", &keys.concat());
    let named = |name: &str| entry("name", name.as_bytes());
    let active = entry("active", &[]);
    let scene = read(&file(&[camera(&[named("a")]), camera(&[named("b"), active]), camera(&[])]));
    assert_eq!((scene.active_camera, scene.cameras[1].name.as_str()), (1, "b"));
    assert_eq!(scene.cameras[2].name, "unnamed");
}

#[test]
fn versions_up_to_twelve_are_tried() {
    for version in [1u8, 2, 3, 12] {
        let bytes = [b"GOX ", &[version, 0, 0, 0][..]].concat();
        assert_eq!(read(&bytes).layers.len(), 1, "version {version}");
    }
    refused(b"GOX \x0d\0\0\0", "unknown version 13 at byte 4");
    refused(b"GOX \0\0\0\0", "unknown version 0 at byte 4");
    refused(b"GOX \xff\xff\xff\xff", "unknown version -1 at byte 4");
    refused(b"GOX", "cut short: 4 bytes needed, 3 left at byte 0");
}

#[test]
fn a_gzip_wrapped_file_is_unwrapped_up_to_the_limit() {
    let bytes = encode(&Scene::new()).unwrap();
    let packed = gzipped(&bytes);
    assert!(begins(&packed) && !begins(&gzipped(b"something else")));
    assert_eq!(read(&packed), Scene::new());
    let limit = |max_inflated: u64| Limits { max_inflated, ..Limits::default() };
    assert_eq!(decode(&packed, &limit(bytes.len() as u64)), Ok(Scene::new()));
    let why = decode(&packed, &limit(bytes.len() as u64 - 1)).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::LimitExceeded);
    refused(&packed[..packed.len() - 9], "packed bytes that cannot be unpacked at byte 0");
}

#[test]
fn limits_are_kept() {
    let full = tile(|_| RED);
    let limits = Limits { max_voxels: 8192, max_bricks: 2, max_layers: 2, ..Limits::default() };
    let check = |layers: &[&[[i32; 4]]], expected: Option<&str>| {
        let layers: Vec<_> = layers.iter().map(|blocks| layer(blocks, &[])).collect();
        let bytes = file(&[vec![full.clone()], layers].concat());
        let found = decode(&bytes, &limits).err().map(|why| why.cause.to_string());
        assert_eq!(found.as_deref(), expected);
    };
    let (here, there) = ([0, 0, 0, 0], [0, 16, 0, 0]);
    check(&[&[here, there]], None);
    check(&[&[here], &[here]], None);
    check(&[&[here, here, here]], None);
    check(&[&[], &[], &[]], Some("over the limit of 2 layers"));
    check(&[&[[0, 1, 0, 0]]], Some("over the limit of 2 bricks of 16^3"));
    let thin = tile(|index| if index == 0 { RED } else { Voxel::EMPTY });
    let blocks = layer(&[here, there, [0, 32, 0, 0]], &[]);
    let why = decode(&file(&[thin, blocks]), &limits).unwrap_err();
    assert_eq!(why.cause.to_string(), "over the limit of 2 bricks of 16^3");
    for (places, limits, expected) in [
        ([here, there], Limits { max_voxels: 4095, ..limits }, "over the limit of 4095 voxels"),
        ([here, there], Limits { max_bytes: 99, ..limits }, "over the limit of 99 bytes of voxels"),
        (
            [here, [0, 1, 0, 0]],
            Limits { max_bytes: 30_000, max_bricks: 99, ..limits },
            "over the limit of 30000 bytes of voxels",
        ),
    ] {
        let why = decode(&file(&[full.clone(), layer(&places, &[])]), &limits).unwrap_err();
        assert_eq!(why.cause.to_string(), expected);
    }
}

/// A solid model of 700^3 was saved with success, and could not be opened again.
#[test]
fn what_a_project_may_hold_can_be_read_back() {
    let (project, file_limits) = (ProjectLimits::default(), Limits::default());
    assert!(file_limits.max_bricks >= project.max_bricks);
    assert!(file_limits.max_layers >= project.max_layers);
    let places: Vec<[i32; 4]> = (0..80_000).map(|n| [0, n * 16, 0, 0]).collect();
    let scene = read(&file(&[tile(|_| RED), layer(&places, &[])]));
    assert_eq!(scene.filled(), 80_000 * 4096);
}

#[test]
fn lengths_that_lie_are_refused() {
    let lie =
        |kind: &[u8; 4], length: i32| file(&[[kind, &length.to_le_bytes()[..], &[0; 20]].concat()]);
    refused(&lie(b"XTRA", i32::MAX), "cut short: 2147483647 bytes needed, 20 left at byte 16");
    refused(&lie(b"LAYR", -1), "a negative length at byte 12");
    let count = file(&[chunk(b"LAYR", &i32::MAX.to_le_bytes())]);
    refused(&count, "cut short: 42949672940 bytes needed, 0 left at byte 20");
    let key = file(&[chunk(b"LIGH", &[[0, 1, 0, 0].to_vec(), vec![b'k'; 300]].concat())]);
    refused(&key, "a dictionary key of 256 bytes or more at byte 16");
}

#[test]
fn older_readers_can_hold_what_is_written() {
    let mut scene = Scene::new();
    scene.layers[0].name = "n".repeat(400);
    scene.layers[0].extra.push((b"long".to_vec(), vec![1; 256]));
    scene.materials[0].name = "m".repeat(400);
    let mut brick = Brick::default();
    brick.set(Coord::new(1, 2, 3).local(), RED);
    let brick = Arc::new(brick);
    for index in 0..50_001 {
        let home = Coord::new(index * 16, 0, 0).brick();
        scene.layers[0].volume.put_arc(home, Arc::clone(&brick));
    }
    let bytes = encode(&scene).unwrap();
    let mut rest = &bytes[8..];
    let mut kinds = Vec::new();
    while let Some((head, more)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes(head[4..].try_into().unwrap()) as usize;
        assert_eq!(more[length..length + 4], [0; 4], "the checksum");
        assert!(length < 1 << 20, "{} bytes in a chunk", length);
        kinds.push(String::from_utf8_lossy(&head[..4]).into_owned());
        rest = &more[length + 4..];
    }
    assert_eq!(kinds, ["IMG ", "BL16", "MATE", "LAYR", "LAYR", "CAMR", "LIGH"]);
    let again = read(&bytes);
    assert!(again.layers[0].volume == scene.layers[0].volume);
    assert_eq!((again.layers.len(), again.layers[0].name.len()), (1, 255));
    assert_eq!((again.materials[0].name.len(), again.layers[0].extra.len()), (127, 0));
}

#[test]
fn keys_that_fill_a_whole_chunk_are_refused() {
    let mut scene = Scene::new();
    scene.layers[0].extra = vec![(b"key".to_vec(), vec![1; 255]); 4000];
    let why = encode(&scene).unwrap_err();
    assert_eq!((why.kind(), why.offset), (ErrorKind::LimitExceeded, None));
}

#[test]
fn a_shape_that_older_readers_do_not_know_has_voxels_for_them() {
    let mut scene = Scene::new();
    scene.layers[0].kind = LayerKind::Shape { shape: Shape::Cone, color: RED };
    scene.layers[0].mat = Mat4::from_box([0., 0., 8.], [8.; 3]);
    let bytes = encode(&scene).unwrap();
    assert_eq!(read(&bytes), scene);
    // What does not know "cone" sees a plain layer.
    let name = bytes.windows(4).position(|four| four == b"cone").unwrap();
    let older = [&bytes[..name], b"enoc", &bytes[name + 4..]].concat();
    let expected = crate::composite::voxels_of(&scene, &scene.layers[0]);
    assert!(!expected.is_empty() && read(&older).layers[0].volume == expected);
}

fn name_strategy() -> impl Strategy<Value = String> {
    "[a-zA-Zé. ]{0,40}"
}

fn extra_strategy() -> impl Strategy<Value = Extra> {
    let key = "x-[a-z]{0,12}".prop_map(String::into_bytes);
    prop::collection::vec((key, prop::collection::vec(any::<u8>(), 0..256)), 0..3)
}

fn mat_strategy() -> impl Strategy<Value = Mat4> {
    any::<[f32; 16]>().prop_map(|mut floats| {
        floats[15] = 1.0;
        Mat4(floats)
    })
}

fn volume_strategy() -> impl Strategy<Value = Volume> {
    let near = -40i32..40;
    let place = prop_oneof![
        4 => (near.clone(), near.clone(), near).prop_map(|(x, y, z)| Coord::new(x, y, z)),
        1 => any::<[i32; 3]>().prop_map(Coord::from),
    ];
    prop::collection::vec((place, any::<[u8; 4]>().prop_map(Voxel)), 0..60)
        .prop_map(|voxels| voxels.into_iter().collect())
}

fn kind_strategy() -> impl Strategy<Value = LayerKind> {
    let shapes = [Shape::Cube, Shape::Sphere, Shape::Cylinder, Shape::Torus];
    prop_oneof![
        4 => Just(LayerKind::Plain),
        1 => (1u32..9).prop_map(|id| LayerKind::Clone { base: LayerId(id) }),
        1 => (prop::sample::select(shapes.to_vec()), any::<[u8; 4]>())
            .prop_map(|(shape, color)| LayerKind::Shape { shape, color: Voxel(color) }),
        1 => name_strategy().prop_map(|path| LayerKind::Image { path }),
    ]
}

prop_compose! {
    fn layer_strategy()(
        name in name_strategy(),
        visible in any::<bool>(),
        volume in volume_strategy(),
        kind in kind_strategy(),
        mode in prop::sample::select(BlendMode::ALL.to_vec()),
        material in prop::option::of(0usize..3),
        mat in mat_strategy(),
        bounds in prop::option::of(mat_strategy()),
        extra in extra_strategy(),
    ) -> Layer {
        let volume = if kind == LayerKind::Plain { volume } else { Volume::new() };
        let id = LayerId(0);
        Layer { id, name, visible, volume, kind, mode, material, mat, bounds, extra }
    }
}

prop_compose! {
    fn material_strategy()(
        name in name_strategy(),
        color in any::<[f32; 4]>(),
        metallic in any::<f32>(),
        roughness in any::<f32>(),
        emission in any::<[f32; 3]>(),
        extra in extra_strategy(),
    ) -> Material {
        Material { name, color, metallic, roughness, emission, extra }
    }
}

prop_compose! {
    fn camera_strategy()(
        name in name_strategy(),
        dist in any::<f32>(),
        ortho in any::<bool>(),
        mat in mat_strategy(),
        extra in extra_strategy(),
    ) -> SceneCamera {
        SceneCamera { name, dist, ortho, mat, extra }
    }
}

prop_compose! {
    fn light_strategy()(
        [pitch, yaw, intensity, ambient, shadow] in any::<[f32; 5]>(),
        fixed in any::<bool>(),
        extra in extra_strategy(),
    ) -> Light {
        Light { pitch, yaw, intensity, fixed, ambient, shadow, extra }
    }
}

prop_compose! {
    fn scene_strategy()(
        mut layers in prop::collection::vec(layer_strategy(), 1..6),
        turn in 0usize..6,
        materials in prop::collection::vec(material_strategy(), 3),
        cameras in prop::collection::vec(camera_strategy(), 1..4),
        active_camera in 0usize..4,
        light in light_strategy(),
        area in mat_strategy(),
        extra in extra_strategy(),
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..3),
    ) -> Scene {
        for (id, layer) in (1..).zip(&mut layers) {
            layer.id = LayerId(id);
        }
        let count = layers.len();
        layers.rotate_left(turn % count);
        let active = layers[count - 1].id;
        let active_camera = active_camera % cameras.len();
        let extra_chunks =
            chunks.into_iter().map(|data| ExtraChunk { kind: *b"XTRA", data }).collect();
        Scene {
            layers, active, materials, cameras, active_camera, light, area, extra, extra_chunks,
            ..Scene::new()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_scene_comes_back_as_it_was(scene in scene_strategy()) {
        let bytes = encode(&scene).unwrap();
        let again = read(&bytes);
        prop_assert_eq!(again.layers.len(), scene.layers.len());
        for (found, expected) in again.layers.iter().zip(&scene.layers) {
            prop_assert!(found == expected, "layer {}", expected.name);
        }
        prop_assert!(again == scene);
        prop_assert!(encode(&again).unwrap() == bytes);
    }
}

#[test]
fn the_standard_area_is_what_an_empty_file_gets() {
    assert_eq!(read(&file(&[])).area_bounds(), Some(DEFAULT_AREA_BOUNDS));
}
