//! Buffers against rays that are followed by hand, in every mode.

use super::super::{Camera, Control, Job, Mode, PathSettings, Preset, Settings, frame, tile};
use super::*;
use crate::composite;
use crate::math::{self, Vec3};
use crate::mesh::marching::Style;
use crate::scene::{Layer, LayerId, Material, Scene};
use crate::volume::{Coord, Volume, Voxel};
use std::sync::Mutex;

/// Every mode, marching in both styles.
fn everyhow() -> Vec<Settings> {
    let path = PathSettings { samples: 1, ..PathSettings::default() };
    let of = |mode| Settings { mode, path, width: 90, height: 70, ..Settings::default() };
    let smooth = Settings { marching: Style::Smooth, ..of(Mode::Marching) };
    Mode::ALL.into_iter().map(of).chain([smooth]).collect()
}

/// A scene of volumes, a layer each with ids 1, 2 and on.
fn scene(volumes: &[Volume]) -> Scene {
    let mut scene = Scene { layers: Vec::new(), ..Scene::new() };
    for (index, volume) in volumes.iter().enumerate() {
        let mut layer = Layer::new(LayerId(index as u32 + 1), "l");
        layer.volume = volume.clone();
        scene.layers.push(layer);
    }
    scene
}

fn shoot(scene: &Scene, camera: &Camera, settings: &Settings, wanted: Buffers) -> Frame {
    let drawn = composite::drawn(scene);
    let control = Control::default();
    frame(&Job { drawn: &drawn, scene: Some(scene), camera, settings, control }, wanted).unwrap()
}

/// The ray that a pixel's buffers tell of: with outlines through its upper left quarter.
fn ray(camera: &Camera, settings: &Settings, at: usize) -> (Vec3, Vec3) {
    let shooter = camera.shooter([0; 3], settings.width, settings.height);
    let [x, y] = [at % settings.width as usize, at / settings.width as usize];
    let within = if settings.mode == Mode::Outline { 0.25 } else { 0.5 };
    shooter.ray(x as f64 + within, y as f64 + within)
}

/// The sides of a convex body: normals outwards, and how far each is from zero.
type Body = Vec<(Vec3, f64)>;

/// The octahedron or the cube that a voxel at zero is drawn as.
fn voxel_body(mode: Mode) -> Body {
    let signs = (0..8).map(|n| [n & 1, n >> 1 & 1, n >> 2].map(|bit| f64::from(bit) * 2.0 - 1.0));
    let normals: Vec<Vec3> = match mode {
        Mode::Marching => signs.map(math::normalize).collect(),
        _ => (0..6)
            .map(|side| {
                let mut normal = [0.0; 3];
                normal[side / 2] = if side % 2 == 1 { 1.0 } else { -1.0 };
                normal
            })
            .collect(),
    };
    let reach = if mode == Mode::Marching { 0.5 / 3.0_f64.sqrt() } else { 0.5 };
    normals.into_iter().map(|n| (n, math::dot(n, [0.5; 3]) + reach)).collect()
}

/// When a ray enters a body and through which side, and by how much it does: below zero not.
fn enter(body: &Body, (origin, direction): (Vec3, Vec3)) -> (f64, Vec3, f64) {
    let (mut first, mut last, mut side) = (f64::NEG_INFINITY, f64::INFINITY, [0.0; 3]);
    for (normal, offset) in body {
        let steep = math::dot(*normal, direction);
        let time = (offset - math::dot(*normal, origin)) / steep;
        if steep > 0.0 {
            last = last.min(time);
        } else if time > first {
            (first, side) = (time, *normal);
        }
    }
    (first, side, last - first)
}

/// The direction from the middle of the voxel at zero to where a ray is.
fn outwards((origin, direction): (Vec3, Vec3), time: f64) -> Vec3 {
    let at = math::add(origin, math::scale(direction, time));
    math::normalize(math::sub(at, [0.5; 3]))
}

#[test]
fn one_voxel_is_where_and_as_large_as_it_is() {
    let volume: Volume = [(Coord::new(0, 0, 0), Voxel([9, 200, 30, 240]))].into_iter().collect();
    let scene = scene(&[Volume::new(), volume]);
    let camera = Camera::look_at([3.0, -5.0, 4.0], [0.5; 3], [0., 0., 1.], 20.0).unwrap();
    for settings in everyhow() {
        let how = (settings.mode, settings.marching);
        let frame = shoot(&scene, &camera, &settings, Buffers::ALL);
        let body = voxel_body(settings.mode);
        let (mut covered, mut expected, mut hits) = (0.0, 0.0, 0);
        for at in 0..frame.depth.len() {
            let ray = ray(&camera, &settings, at);
            let (time, normal, by) = enter(&body, ray);
            covered += f64::from(frame.coverage[at]);
            expected += if by > 0.0 { 1.0 } else { 0.0 };
            if by < -1e-3 {
                let nothing = (frame.depth[at], frame.layer[at], frame.albedo[at]);
                assert_eq!(nothing, (f32::INFINITY, NO_LAYER, [0; 4]), "{how:?} {at}");
                assert_eq!((frame.normal[at], frame.voxel[at]), ([0.0; 3], [0; 3]));
            }
            if by > 1e-3 {
                assert!((f64::from(frame.depth[at]) - time).abs() < 1e-4, "{how:?} {at}");
                let found = (frame.layer[at], frame.albedo[at], frame.voxel[at]);
                assert_eq!(found, (2, [9, 200, 30, 240], [0; 3]), "{how:?} {at}");
                // A smooth surface is lit as if it were round.
                let is_round =
                    (settings.mode, settings.marching) == (Mode::Marching, Style::Smooth);
                let found = frame.normal[at].map(f64::from);
                let along = math::dot(found, if is_round { outwards(ray, time) } else { normal });
                hits += u32::from(along > if is_round { 0.93 } else { 1.0 - 1e-6 });
                assert!(frame.coverage[at] > 0.0, "{how:?} {at}");
            }
        }
        // Rays on the ridge between two sides may see the other one.
        assert!(f64::from(hits) > expected * 0.97, "{how:?}: {hits} normals of {expected}");
        assert!((covered / expected - 1.0).abs() < 0.02, "{how:?}: {covered} for {expected}");
        assert!(frame.coverage.iter().any(|share| *share > 0.0 && *share < 1.0), "{how:?}");
    }
}

#[test]
fn a_plane_is_seen_voxel_by_voxel() {
    let voxel = |x: i32, y: i32| Voxel::rgb((x * 3) as u8, (y * 3) as u8, ((x ^ y) * 7) as u8);
    let places = (0..60).flat_map(|y| (0..60).map(move |x| (x, y)));
    let of = |rest: i32| {
        let own = places.clone().filter(move |(x, y)| (x + y) % 2 == rest);
        own.map(|(x, y)| (Coord::new(x, y, 0), voxel(x, y))).collect()
    };
    let scene = scene(&[of(0), of(1)]);
    let camera =
        Camera::look_at([31.3, -9.0, 40.0], [30.0, 30.0, 1.0], [0., 0., 1.], 20.0).unwrap();
    for settings in everyhow() {
        let how = (settings.mode, settings.marching);
        let frame = shoot(&scene, &camera, &settings, Buffers::ALL);
        for at in 0..frame.depth.len() {
            let (origin, direction) = ray(&camera, &settings, at);
            let time = (1.0 - origin[2]) / direction[2];
            let [x, y, _] = math::add(origin, math::scale(direction, time));
            assert!((f64::from(frame.depth[at]) - time).abs() < 1e-3, "{how:?} {at}");
            assert_eq!(frame.normal[at], [0.0, 0.0, 1.0], "{how:?} {at}");
            assert_eq!(frame.coverage[at], 1.0, "{how:?} {at}");
            let near_border = |v: f64| (v - v.round()).abs() < 1e-3;
            if !near_border(x) && !near_border(y) {
                let (x, y) = (x.floor() as i32, y.floor() as i32);
                assert_eq!(frame.voxel[at], [x, y, 0], "{how:?} {at}");
                assert_eq!(frame.albedo[at], voxel(x, y).0, "{how:?} {at}");
                assert_eq!(frame.layer[at], ((x + y) % 2) as u32 + 1, "{how:?} {at}");
            }
        }
    }
}

/// Steps of many colours in two layers, one of glass.
fn steps() -> Scene {
    let step = |low: i32| {
        let places = (low..low + 12).flat_map(|y| (0..24).map(move |x| (x, y)));
        let column = |(x, y): (i32, i32)| {
            let color = Voxel::rgb((x * 10) as u8, (y * 9) as u8, 120);
            (0..=(x * y) % 7).map(move |z| (Coord::new(x, y, z), color))
        };
        places.flat_map(column).collect()
    };
    let mut scene = scene(&[step(0), step(9)]);
    let glass = Material { color: [1.0, 1.0, 1.0, 0.2], ..Material::new("glass") };
    scene.materials = vec![glass];
    scene.layers[1].material = Some(0);
    scene
}

#[test]
fn buffers_agree_with_the_scene_and_change_no_picture() {
    let scene = steps();
    let drawn = composite::drawn(&scene);
    let camera = Camera::preset(Preset::Isometric, drawn.bounds().unwrap());
    for settings in everyhow() {
        let how = (settings.mode, settings.marching);
        let frame = shoot(&scene, &camera, &settings, Buffers::ALL);
        let plain = shoot(&scene, &camera, &settings, Buffers::default());
        assert!(frame.picture == plain.picture && plain.depth.is_empty(), "{how:?}");
        let hits = (0..frame.depth.len()).filter(|at| frame.depth[*at] < f32::INFINITY);
        assert!(hits.clone().count() > 500, "{how:?}");
        for at in hits {
            let place = Coord::from(frame.voxel[at]);
            assert_eq!(frame.albedo[at], drawn.get(place).0, "{how:?} {at}");
            let owner = u32::from(!scene.layers[1].volume.get(place).is_empty()) + 1;
            assert_eq!(frame.layer[at], owner, "{how:?} {at}");
        }
        let three = Settings { threads: 3, ..settings };
        assert!(shoot(&scene, &camera, &three, Buffers::ALL) == frame, "{how:?} on 3 threads");
    }
}

#[test]
fn a_buffer_alone_is_as_among_all() {
    let scene = steps();
    let camera = Camera::preset(Preset::Front, composite::drawn(&scene).bounds().unwrap());
    for settings in everyhow() {
        let all = shoot(&scene, &camera, &settings, Buffers::ALL);
        let with = |wanted| shoot(&scene, &camera, &settings, wanted);
        assert!(with(Buffers { layer: true, ..Buffers::default() }).layer == all.layer);
        let depth = with(Buffers { depth: true, ..Buffers::default() });
        assert!(depth.depth == all.depth && depth.layer.is_empty());
    }
}

#[test]
fn progress_counts_the_buffers_of_path_traced_pictures() {
    let scene = steps();
    let drawn = composite::drawn(&scene);
    let camera = Camera::preset(Preset::Front, drawn.bounds().unwrap());
    let told = Mutex::new(Vec::new());
    let tell = |done: usize, of: usize| told.lock().unwrap().push((done, of));
    let control = Control { cancel: None, progress: Some(&tell) };
    let settings = everyhow().into_iter().find(|how| how.mode == Mode::Path).unwrap();
    let job =
        Job { drawn: &drawn, scene: Some(&scene), camera: &camera, settings: &settings, control };
    frame(&job, Buffers::ALL).unwrap();
    let tiles = 90_usize.div_ceil(tile::TILE) * 70_usize.div_ceil(tile::TILE);
    let expected: Vec<_> = (1..=2 * tiles).map(|done| (done, 2 * tiles)).collect();
    assert_eq!(told.into_inner().unwrap(), expected);
}
