//! Whole frames: rays, shading, edges, for the scenes and cameras that `embree.rs` traces.
//!
//! Every picture is held against the one that one thread draws with portable vectors.

use goxel_bench::{report, scenes, title};
use goxel_engine::composite;
use goxel_engine::format::{self, Limits};
use goxel_engine::render::{
    Antialias, Camera, Control, Job, LivePicture, Mode, Preset, Settings, Simd, picture, render,
};
use goxel_engine::scene::{Light, Scene};
use goxel_engine::volume::{Coord, Volume, Voxel};

/// A scene's name, its edge, and its voxels.
type Made = (&'static str, f64, fn() -> Vec<(Coord, Voxel)>);

fn main() {
    let views: [(Made, &str); 3] = [
        (("shell64", 64.0, scenes::shell64), "ext"),
        (("terrain256", 256.0, scenes::terrain256), "ext"),
        (("city512", 512.0, scenes::city512), "low"),
    ];
    for ((name, edge, voxels), view) in views {
        let volume: Volume = voxels().into_iter().collect();
        let camera = scenes::camera(name, view, edge);
        frames(&format!("{name} {view}"), &volume, &camera);
    }
    one_edit();
    layers();
    traced();
}

fn frames(name: &str, volume: &Volume, camera: &Camera) {
    title(&format!("{name}, 2 threads"));
    for (size, width, height) in [("400x400", 400, 400), ("1080p", 1920, 1080), ("4K", 3840, 2160)]
    {
        let plain = Settings { width, height, edges: 0.0, antialias: Antialias::Off, ..sunny() };
        frame(
            &format!("{name} {size}: flat, primary"),
            volume,
            camera,
            &Settings { mode: Mode::Flat, ..plain.clone() },
        );
        frame(&format!("{name} {size}: primary + shadow"), volume, camera, &plain);
        if size == "1080p" {
            let open = Settings { occlusion: 1.0, ..plain.clone() };
            frame(&format!("{name} {size}: with ambient occlusion"), volume, camera, &open);
        }
        let full = Settings { width, height, ..sunny() };
        frame(&format!("{name} {size}: lit, inner edges, smooth edges"), volume, camera, &full);
    }
    let large = Settings { width: 7680, height: 4320, ..sunny() };
    frame(&format!("{name} 8K: lit, inner edges, smooth edges"), volume, camera, &large);
}

fn sunny() -> Settings {
    let (pitch, yaw) = scenes::sun();
    let light = Light { pitch, yaw, shadow: 1.0, ..Light::default() };
    Settings { threads: 2, light, ..Settings::default() }
}

fn frame(name: &str, volume: &Volume, camera: &Camera, settings: &Settings) {
    if !goxel_bench::is_wanted(name) {
        return;
    }
    let slow = Settings { threads: 1, simd: Simd::Portable, ..settings.clone() };
    let expected = render(volume, camera, &slow).expect("the size is allowed");
    let pixels = u64::from(settings.width) * u64::from(settings.height);
    report(name, 9, pixels, || {
        let picture = render(volume, camera, settings).expect("the size is allowed");
        assert!(picture == expected, "{name}: another picture");
    });
}

/// A city that is edited again and again, seen in full each time.
fn one_edit() {
    title("re-render after one edit, city512 ext, 1080p, 2 threads");
    let mut volume: Volume = scenes::city512().into_iter().collect();
    let camera = scenes::camera("city512", "ext", 512.0);
    for mode in [Mode::Flat, Mode::Lit, Mode::Clay] {
        let settings = Settings { width: 1920, height: 1080, mode, ..sunny() };
        let name = format!("city512: {} after one edit", mode.name());
        let mut live = LivePicture::new();
        let mut n = 0;
        report(&name, 25, 1, || {
            n += 1;
            let at = Coord::new(100 + (n * 37) % 300, 80 + (n * 91) % 300, 120);
            volume.set(at, Voxel::rgb(255, n as u8, 0));
            let job = Job {
                drawn: &volume,
                scene: None,
                camera: &camera,
                settings: &settings,
                control: Control::default(),
            };
            live.draw(&job).expect("the size is allowed");
            assert!(n == 1 || live.painted() < 1000, "{}", live.painted());
        });
        if goxel_bench::is_wanted(&name) {
            let whole = render(&volume, &camera, &settings).expect("the size is allowed");
            assert!(*live.picture() == whole, "{name}: not what a whole render shows");
        }
    }
}

/// The same city in one layer and in sixteen.
fn layers() {
    title("layers16 beside city512, ext, 1080p, 2 threads");
    let voxels = scenes::city512();
    let camera = scenes::camera("city512", "ext", 512.0);
    for count in [1usize, 16] {
        let mut scene = Scene::new();
        let first = scene.layers[0].clone();
        scene.layers = (0..count).map(|_| first.clone()).collect();
        for (n, layer) in scene.layers.iter_mut().enumerate() {
            layer.id = goxel_engine::scene::LayerId(n as u32 + 1);
            let part = voxels.iter().filter(|(at, _)| (at.x as usize >> 4) % count == n);
            layer.volume = part.copied().collect();
        }
        let drawn = composite::drawn(&scene);
        let settings = Settings { width: 1920, height: 1080, ..sunny() };
        let job = Job {
            drawn: &drawn,
            scene: Some(&scene),
            camera: &camera,
            settings: &settings,
            control: Control::default(),
        };
        report(&format!("city512 in {count} layers: lit"), 9, 1, || {
            picture(&job).expect("the size is allowed")
        });
    }
}

fn traced() {
    let Some(shared) = goxel_support::shared_dir() else {
        println!("skipped: scene_store8.vox is missing: set GOXEL_SAMPLES");
        return;
    };
    title("path tracing, scene_store8.vox, 2 threads");
    let file = shared.join("models/ccby/scene_store8.vox");
    let bytes = std::fs::read(file).expect("the shared models can be read");
    let scene = format::decode(&bytes, &Limits::default()).expect("the model is sound");
    let drawn = composite::drawn(&scene);
    let bounds = drawn.bounds().expect("the model is not empty");
    let camera = Camera::preset(Preset::Isometric, bounds);
    for samples in [1, 64] {
        let mut settings = Settings {
            width: 1920,
            height: 1080,
            mode: Mode::Path,
            threads: 2,
            ..Settings::default()
        };
        settings.path.samples = samples;
        settings.path.noise = 0.0;
        let job = Job {
            drawn: &drawn,
            scene: Some(&scene),
            camera: &camera,
            settings: &settings,
            control: Control::default(),
        };
        report(
            &format!("store8 1080p: path, {samples} spp"),
            1,
            u64::from(samples) * 1920 * 1080,
            || picture(&job).expect("the size is allowed"),
        );
    }
}
