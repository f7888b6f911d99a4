//! Pictures whose light is known, and pictures that must be the same.

use super::super::{Background, Camera, Mode, Preset, Settings, Simd, picture};
use super::*;
use crate::image::srgb::CURVE;
use crate::scene::{Layer, LayerId, Light, Material, Scene};
use crate::volume::{Bounds, Coord, Volume, Voxel};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const WHITE: Voxel = Voxel::WHITE;

fn block(low: [i32; 3], high: [i32; 3], voxel: Voxel) -> Volume {
    let mut volume = Volume::new();
    for z in low[2]..=high[2] {
        for y in low[1]..=high[1] {
            volume.write((low[0]..=high[0]).map(|x| (Coord::new(x, y, z), voxel)));
        }
    }
    volume
}

/// A scene of blocks, a layer and a material each.
fn scene(blocks: &[(Material, Volume)]) -> Scene {
    let mut scene = Scene { layers: Vec::new(), materials: Vec::new(), ..Scene::new() };
    for (index, (material, volume)) in blocks.iter().enumerate() {
        let mut layer = Layer::new(LayerId(index as u32 + 1), "l");
        (layer.volume, layer.material) = (volume.clone(), Some(index));
        scene.layers.push(layer);
        scene.materials.push(material.clone());
    }
    scene
}

fn material(metallic: f32, roughness: f32) -> Material {
    Material { metallic, roughness, ..Material::new("m") }
}

/// No light at all, on a small picture.
fn dark() -> Settings {
    let path = PathSettings {
        samples: 16,
        sky: Sky::None,
        sky_color: [1.0; 3],
        sky_energy: 1.0,
        sun_color: [1.0; 3],
        floor: None,
        ..PathSettings::default()
    };
    Settings {
        mode: Mode::Path,
        width: 40,
        height: 40,
        light: Light { intensity: 0.0, ..Light::default() },
        background: Background::Solid([0, 0, 0, 255]),
        simd: Simd::Portable,
        path,
        ..Settings::default()
    }
}

fn with_path(settings: &Settings, change: impl FnOnce(&mut PathSettings)) -> Settings {
    let mut settings = settings.clone();
    change(&mut settings.path);
    settings
}

fn shoot_from(scene: &Scene, camera: &Camera, settings: &Settings) -> Picture {
    let drawn = crate::composite::drawn(scene);
    let control = Control::default();
    picture(&Job { drawn: &drawn, scene: Some(scene), camera, settings, control }).unwrap()
}

fn shoot(scene: &Scene, preset: Preset, settings: &Settings) -> Picture {
    let bounds = crate::composite::drawn(scene)
        .bounds()
        .unwrap_or(Bounds { min: Coord::default(), max: Coord::new(9, 9, 9) });
    shoot_from(scene, &Camera::preset(preset, bounds), settings)
}

/// The mean linear light in the middle of a picture, a channel each.
fn middle(picture: &Picture) -> [f32; 3] {
    let (w, h) = (picture.width as usize, picture.height as usize);
    let inside =
        (h * 3 / 8..h * 5 / 8).flat_map(|y| (w * 3 / 8..w * 5 / 8).map(move |x| y * w + x));
    let pixels: Vec<[u8; 4]> = inside.map(|at| picture.pixels[at]).collect();
    let mean = |c: usize| pixels.iter().map(|pixel| CURVE.decode(pixel[c])).sum::<f32>();
    [0, 1, 2].map(|channel| mean(channel) / pixels.len() as f32)
}

/// A scene with all there is: metal, glass, a lamp, shadows, many colours.
fn everything() -> Scene {
    let mut ground = Volume::new();
    for index in 0..900 {
        let (x, y) = (index % 30, index / 30);
        let color = Voxel::rgb((x * 8) as u8, (y * 8) as u8, 150);
        ground.set(Coord::new(x, y, (x * y) % 3), color);
    }
    let glass = Material { color: [1.0, 1.0, 1.0, 0.3], ..material(0.0, 0.1) };
    let lamp = Material { emission: [3.0, 2.0, 1.0], ..material(0.0, 0.5) };
    scene(&[
        (material(0.2, 0.5), ground),
        (material(1.0, 0.2), block([4, 4, 3], [9, 9, 12], WHITE)),
        (glass, block([14, 4, 3], [22, 12, 9], Voxel::rgb(120, 230, 150))),
        (lamp, block([14, 20, 5], [16, 22, 6], WHITE)),
    ])
}

fn sunny() -> Settings {
    let path = PathSettings { samples: 4, ..PathSettings::default() };
    Settings { light: Light::default(), width: 150, height: 90, path, ..dark() }
}

#[test]
fn white_matter_under_a_white_sky_is_white() {
    // The furnace: an open block that sends back all it gets cannot be told from the sky.
    for (metallic, roughness, least) in
        [(0.0, 1.0, 0.985), (0.0, 0.3, 0.985), (0.2, 0.5, 0.97), (1.0, 0.3, 0.97), (1.0, 1.0, 0.97)]
    {
        let scene = scene(&[(material(metallic, roughness), block([0; 3], [9; 3], WHITE))]);
        let settings = with_path(&dark(), |path| path.sky = Sky::Uniform);
        let light = middle(&shoot(&scene, Preset::Isometric, &settings));
        let place = format!("{light:?}: metal {metallic}, rough {roughness}");
        assert!(light.iter().all(|part| *part > least), "{place}");
        // A sky of a half, so that more than white would show.
        let settings = with_path(&settings, |path| path.sky_energy = 0.5);
        let light = middle(&shoot(&scene, Preset::Isometric, &settings));
        assert!(light.iter().all(|part| *part > least * 0.5 && *part < 0.506), "{place}");
    }
}

#[test]
fn a_level_face_in_the_sun_is_as_bright_as_lamberts_law_says() {
    let grey = Voxel::rgb(188, 188, 188);
    let scene = scene(&[(material(0.0, 1.0), block([0; 3], [39, 39, 0], grey))]);
    for pitch in [0.0f32, 40.0, 70.0] {
        let light = Light { pitch: pitch.to_radians(), intensity: 2.0, ..Light::default() };
        let settings = Settings { light, ..dark() };
        let seen = middle(&shoot(&scene, Preset::Top, &settings))[0];
        let cosine = f64::from(pitch).to_radians().cos() as f32;
        let lambert = 2.0 * CURVE.decode(188) / std::f32::consts::PI * cosine;
        // The gloss adds a little, and takes a little from below.
        assert!(seen > lambert * 0.93 && seen < lambert * 1.09, "{pitch}: {seen} {lambert}");
    }
}

#[test]
fn the_sun_reaches_what_nothing_stands_before() {
    // A plate over half of a ground: full light beside its shadow, none in it.
    let mut volume = block([0; 3], [39, 39, 0], WHITE);
    let plate = block([0, 0, 30], [19, 39, 30], Voxel::rgb(1, 1, 1));
    volume.write(plate.voxels());
    let light = Light { pitch: 0.0, ..Light::default() };
    let settings = with_path(&Settings { light, ..dark() }, |path| path.bounces = 1);
    let camera = Camera::look_at([30.0, -60.0, 20.0], [20.0, 20.0, 1.0], [0., 0., 1.], 25.0);
    let scene = scene(&[(material(0.0, 1.0), volume)]);
    let picture = shoot_from(&scene, &camera.unwrap(), &settings);
    let row: Vec<u8> = (0..40).map(|x| picture.pixels[20 * 40 + x][0]).collect();
    assert!(row[..12].iter().all(|byte| *byte < 5), "{row:?}");
    assert!(row[28..].iter().all(|byte| *byte > 180), "{row:?}");
}

#[test]
fn a_voxel_that_shines_lights_its_neighbours() {
    let lamp = Material { emission: [2.0, 1.0, 0.0], ..material(0.0, 1.0) };
    let with = |lamp: &Material| {
        let ground = (material(0.0, 1.0), block([0; 3], [20, 20, 0], WHITE));
        scene(&[ground, (lamp.clone(), block([9, 9, 8], [11, 11, 8], WHITE))])
    };
    let settings = with_path(&dark(), |path| path.samples = 64);
    let lit = shoot(&with(&lamp), Preset::Isometric, &settings);
    let reds = lit.pixels.iter().filter(|pixel| pixel[0] > 40 && pixel[2] == 0).count();
    assert!(reds > 100 && lit.pixels.contains(&[255, 255, 0, 255]), "{reds}");
    let unlit = shoot(&with(&material(0.0, 1.0)), Preset::Isometric, &settings);
    assert!(unlit.pixels.iter().all(|pixel| *pixel == [0, 0, 0, 255]));
}

#[test]
fn a_lamp_is_as_bright_as_its_size_and_distance_say() {
    // Below the middle of a square lamp, near and far: lamps found by looking and by chance.
    for height in [2, 10, 40] {
        let lamp = Material { emission: [1.0; 3], ..material(0.0, 1.0) };
        let ground = (material(0.0, 1.0), block([0; 3], [40, 40, 0], WHITE));
        let square = block([15, 15, height + 1], [25, 25, height + 1], WHITE);
        let settings = with_path(&dark(), |path| (path.samples, path.bounces) = (256, 1));
        let target = [20.5, 20.5, 1.0];
        let eye = [20.5, 18.0, 1.0 + 0.8 * f64::from(height)];
        let camera = Camera::look_at(eye, target, [0., 0., 1.], 1.5).unwrap();
        let seen = middle(&shoot_from(&scene(&[ground, (lamp, square)]), &camera, &settings))[1];
        let x = 5.5 / f64::from(height);
        let root = (1.0 + x * x).sqrt();
        let part = 4.0 / std::f64::consts::PI * x / root * libm::atan(x / root);
        let ratio = f64::from(seen) / part;
        assert!(ratio > 0.93 && ratio < 1.06, "{height}: {seen} instead of {part}");
    }
}

#[test]
fn light_passes_clear_matter_tinted_once_however_thick() {
    let glass = Material { color: [1.0, 1.0, 1.0, 0.0], ..Material::new("glass") };
    let settings =
        Settings { background: Background::Solid([255; 4]), width: 20, height: 20, ..dark() };
    for depth in [0, 1, 20] {
        let block = block([0; 3], [30, depth, 30], Voxel::rgb(188, 255, 0));
        let picture = shoot(&scene(&[(glass.clone(), block)]), Preset::Front, &settings);
        assert_eq!(picture.pixels[10 * 20 + 10], [188, 255, 0, 255], "{depth}");
    }
}

#[test]
fn shadows_of_clear_matter_are_bright() {
    let light = Light { pitch: 0.0, ..Light::default() };
    let settings = with_path(&Settings { light, ..dark() }, |path| path.bounces = 1);
    let under = |opacity: f32| {
        let glass = Material { color: [1.0, 1.0, 1.0, opacity], ..Material::new("glass") };
        let ground = (material(0.0, 1.0), block([0; 3], [39, 39, 0], WHITE));
        let plate = (glass, block([0, 0, 30], [39, 39, 31], WHITE));
        let camera = Camera::look_at([20.0, -60.0, 14.0], [20.0, 20.0, 1.0], [0., 0., 1.], 12.0);
        middle(&shoot_from(&scene(&[ground, plate]), &camera.unwrap(), &settings))[0]
    };
    let [clear, half, solid] = [under(0.0), under(0.5), under(1.0)];
    assert!(solid < 0.002 && (half / clear - 0.5).abs() < 0.02, "{clear} {half} {solid}");
}

#[test]
fn a_transparent_background_has_the_coverage_as_alpha() {
    let scene = scene(&[(material(0.0, 1.0), block([0; 3], [9; 3], WHITE))]);
    let settings = Settings { background: Background::Transparent, ..dark() };
    let settings = with_path(&settings, |path| path.sky = Sky::Uniform);
    let picture = shoot(&scene, Preset::Isometric, &settings);
    assert_eq!((picture.pixels[0], picture.pixels[20 * 40 + 20][3]), ([0; 4], 255));
    let partial: Vec<_> = picture.pixels.iter().filter(|p| p[3] > 0 && p[3] < 255).collect();
    assert!(partial.len() > 20);
    assert!(partial.iter().all(|pixel| pixel[0] > 225), "{partial:?}");
}

#[test]
fn backgrounds_are_exact_and_the_sky_is_seen_where_asked() {
    let settings = Settings { background: Background::Solid([10, 200, 77, 255]), ..dark() };
    let mut pixels = shoot(&Scene::new(), Preset::Front, &settings).pixels;
    pixels.dedup();
    assert_eq!(pixels, [[10, 200, 77, 255]]);
    let seen = with_path(&settings, |path| (path.sky_is_seen, path.sky) = (true, Sky::Uniform));
    assert_eq!(shoot(&Scene::new(), Preset::Front, &seen).pixels, [[255; 4]; 1600]);
}

#[test]
fn content_stands_on_the_floor_and_darkens_it() {
    let scene = scene(&[(material(0.0, 1.0), block([0; 3], [9; 3], WHITE))]);
    let floor = Some(Floor { color: [157, 172, 157], size: 50.0 });
    let settings = with_path(&dark(), |path| {
        (path.floor, path.sky, path.samples) = (floor, Sky::Uniform, 64);
    });
    let picture = shoot(&scene, Preset::Isometric, &settings);
    let far = picture.pixels[39 * 40 + 20];
    assert!(far[1].abs_diff(172) < 6 && far[0].abs_diff(157) < 6, "{far:?}");
    let darkest = picture.pixels.iter().map(|pixel| pixel[1]).min().unwrap();
    assert!(darkest < 155, "{darkest}");
}

#[test]
fn threads_vectors_and_passes_do_not_show() {
    let scene = everything();
    let drawn = crate::composite::drawn(&scene);
    let camera = Camera::preset(Preset::Isometric, drawn.bounds().unwrap());
    let settings = with_path(&sunny(), |path| (path.samples, path.noise) = (18, 0.03));
    let one = shoot_from(&scene, &camera, &settings);
    for threads in [2, 7] {
        let many = Settings { threads, ..settings.clone() };
        assert!(shoot_from(&scene, &camera, &many) == one, "{threads} threads");
    }
    for simd in Simd::ALL {
        let wide = Settings { simd, ..settings.clone() };
        assert!(shoot_from(&scene, &camera, &wide) == one, "{simd:?}");
    }
    let control = Control::default();
    let job =
        Job { drawn: &drawn, scene: Some(&scene), camera: &camera, settings: &settings, control };
    let mut film = Film::new(settings.width, settings.height).unwrap();
    for samples in [1, 2, 7, 16, 17, 18] {
        film.expose(&job, samples).unwrap();
    }
    assert!(film.resolve().unwrap() == one);
}

#[test]
fn quiet_tiles_stop_early_and_noisy_ones_go_on() {
    let scene = scene(&[(material(0.0, 1.0), block([0; 3], [9; 3], WHITE))]);
    let drawn = crate::composite::drawn(&scene);
    let camera = Camera::preset(Preset::Front, drawn.bounds().unwrap());
    let settings = with_path(&dark(), |path| {
        (path.sky, path.sky_energy, path.noise) = (Sky::Clear, 0.5, 0.001);
    });
    let settings = Settings { width: 320, height: 320, ..settings };
    let control = Control::default();
    let job =
        Job { drawn: &drawn, scene: Some(&scene), camera: &camera, settings: &settings, control };
    let mut film = Film::new(320, 320).unwrap();
    film.expose(&job, 48).unwrap();
    let samples: Vec<u32> = film.films.iter().map(|film| lock(film).samples).collect();
    assert_eq!((samples[0], samples[12]), (16, 48), "{samples:?}");
    assert_eq!(film.samples(), 48);
}

#[test]
fn a_cancelled_film_can_be_exposed_further() {
    let scene = everything();
    let drawn = crate::composite::drawn(&scene);
    let camera = Camera::preset(Preset::Isometric, drawn.bounds().unwrap());
    let settings = sunny();
    let (cancel, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    let progress = |done: usize, count: usize| {
        assert_eq!(count, 6);
        seen.fetch_max(done, Ordering::Relaxed);
        cancel.store(true, Ordering::Relaxed);
    };
    let job = |control| Job {
        drawn: &drawn,
        scene: Some(&scene),
        camera: &camera,
        settings: &settings,
        control,
    };
    let watched = Control { cancel: Some(&cancel), progress: Some(&progress) };
    assert_eq!(picture(&job(watched)), Err(RenderError::Cancelled));
    cancel.store(false, Ordering::Relaxed);
    let mut film = Film::new(150, 90).unwrap();
    assert_eq!(film.expose(&job(watched), 4), Err(RenderError::Cancelled));
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    film.expose(&job(Control::default()), 4).unwrap();
    assert!(film.resolve() == picture(&job(Control::default())));
}

#[test]
fn an_empty_volume_is_its_background_and_floor() {
    let floor = Some(Floor { color: [255; 3], size: 1.0 });
    let settings = with_path(&dark(), |path| (path.floor, path.sky) = (floor, Sky::Uniform));
    let picture = shoot(&Scene::new(), Preset::Top, &settings);
    assert!(picture.pixels.contains(&[0, 0, 0, 255]));
    assert!(picture.pixels.iter().filter(|pixel| pixel[0] > 240).count() > 100);
}

#[test]
fn senseless_settings_and_places_give_a_picture() {
    let odd = PathSettings {
        samples: 0,
        bounces: 0,
        noise: f32::NAN,
        clamp: f32::NAN,
        sun_radius: f32::INFINITY,
        sun_color: [f32::NAN; 3],
        sky: Sky::Clear,
        sky_energy: f32::NAN,
        sky_color: [f32::INFINITY; 3],
        sky_is_seen: true,
        floor: Some(Floor { color: [1, 2, 3], size: f32::NAN }),
    };
    let settings = Settings { path: odd, ..sunny() };
    let ends = [i32::MIN, i32::MAX].map(|end| (Coord::new(end, end, end), WHITE));
    let wide = scene(&[(material(0.3, 0.3), ends.into_iter().collect())]);
    let one = scene(&[(material(0.3, 0.3), block([i32::MAX; 3], [i32::MAX; 3], WHITE))]);
    for scene in [wide, one, everything()] {
        for size in [-1.0, f32::INFINITY, 1e30, 3.0] {
            let floor = Some(Floor { size, ..Floor::default() });
            let settings = with_path(&settings, |path| path.floor = floor);
            shoot(&scene, Preset::Isometric, &settings);
            shoot(&scene, Preset::Bottom, &settings);
        }
    }
    let inside = Camera::look_at([6.5, 6.5, 6.5], [9.0, 9.5, 5.0], [0.0; 3], 60.0).unwrap();
    shoot_from(&everything(), &inside, &sunny());
}

#[test]
fn a_film_of_no_or_too_many_pixels_is_refused() {
    assert_eq!(Film::new(0, 9).err(), Some(RenderError::NoPixels { width: 0, height: 9 }));
    let too_large = RenderError::TooLarge { width: 16_384, height: 16_384 };
    assert_eq!(Film::new(16_384, 16_384).err(), Some(too_large));
}
