//! Golden pictures: the same pixels on every machine, for any vectors and any number of threads.
//!
//! `GOXEL_BLESS=1 cargo test --test pictures` rewrites them; look at each before
//! it is committed.

#[path = "../examples/island/model.rs"]
mod model;

use goxel_engine::composite;
use goxel_engine::image::{Picture, png};
use goxel_engine::mesh::marching::Style;
use goxel_engine::render::{
    self, Background, Buffers, Camera, Control, Frame, Job, Mode, PathSettings, Preset, Settings,
    Simd,
};
use goxel_engine::scene::Scene;
use goxel_engine::volume::Volume;
use goxel_support::workspace_root;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::{env, fs};

/// The demo's model and what is drawn of it.
static ISLAND: LazyLock<(Scene, Volume)> = LazyLock::new(|| {
    let scene = model::island();
    let drawn = composite::drawn(&scene);
    (scene, drawn)
});

/// Draws the demo's model in every way that must not matter and holds it against
/// `tests/golden/<name>.png`.
#[track_caller]
fn check(name: &str, camera: &Camera, settings: &Settings) {
    check_at(name, camera, &Settings { width: 240, height: 180, ..settings.clone() });
}

#[track_caller]
fn check_at(name: &str, camera: &Camera, settings: &Settings) {
    let picture = shot(camera, settings, |job| render::picture(job).expect("it is small"));
    let file = png::encode(&picture);
    for settings in everywhere(settings) {
        let how = format!("{name} with {:?} on {} threads", settings.simd, settings.threads);
        let again = shot(camera, &settings, |job| render::picture(job).expect("it is small"));
        assert!(again == picture, "{how}: {} pixels differ", differing(&again, &picture));
        let made = shot(camera, &settings, |job| render::png(job).expect("it is small"));
        assert!(made == file, "{how}: another file");
    }
    let path = golden(name, "png");
    if blesses() {
        fs::write(&path, png::encode_small(&picture)).expect("the golden picture can be written");
    }
    let golden = fs::read(&path).expect("the golden picture is in the repository");
    let golden = png::decode(&golden, 1 << 20).expect("the golden picture is sound");
    assert!(golden == picture, "{name}: {} pixels differ", differing(&golden, &picture));
}

/// Does something with the job of a picture of the demo's model.
fn shot<R>(camera: &Camera, settings: &Settings, work: impl FnOnce(&Job<'_>) -> R) -> R {
    let (scene, drawn) = &*ISLAND;
    work(&Job { drawn, scene: Some(scene), camera, settings, control: Control::default() })
}

/// All of the model.
fn whole(preset: Preset) -> Camera {
    Camera::preset(preset, ISLAND.1.bounds().expect("the model is not empty"))
}

/// The lighthouse and the shore before it, five pixels a voxel.
fn close_up() -> Camera {
    let (eye, target) = ([150.0, -190.0, 186.0], [21.0, -2.0, 17.0]);
    Camera::look_at(eye, target, [0.0, 0.0, 1.0], 8.0).expect("the eye is away from its target")
}

/// All vectors that this machine has, each on 1, 2 and 3 threads.
fn everywhere(settings: &Settings) -> Vec<Settings> {
    let levels = Simd::ALL.into_iter().filter(|level| level.is_available());
    let of = |simd| [1, 2, 3].map(|threads| Settings { simd, threads, ..settings.clone() });
    levels.flat_map(of).collect()
}

fn golden(name: &str, extension: &str) -> PathBuf {
    workspace_root().join(format!("tests/golden/{name}.{extension}"))
}

fn blesses() -> bool {
    env::var_os("GOXEL_BLESS").is_some_and(|set| set == "1")
}

fn differing(a: &Picture, b: &Picture) -> usize {
    a.pixels.iter().zip(&b.pixels).filter(|(a, b)| a != b).count()
}

/// The buffers of a frame, a line each: its name and a sum over its bits.
fn sums(frame: &Frame) -> String {
    let bits = |number: &f32| number.to_bits().to_le_bytes();
    let whole = |number: &i32| number.to_le_bytes();
    let sums = [
        ("depth", sum(frame.depth.iter().flat_map(bits))),
        ("normal", sum(frame.normal.as_flattened().iter().flat_map(bits))),
        ("albedo", sum(frame.albedo.as_flattened().iter().copied())),
        ("layer", sum(frame.layer.iter().flat_map(|layer| layer.to_le_bytes()))),
        ("voxel", sum(frame.voxel.as_flattened().iter().flat_map(whole))),
        ("coverage", sum(frame.coverage.iter().flat_map(bits))),
    ];
    sums.iter().fold(String::new(), |mut text, (name, sum)| {
        writeln!(text, "{name} {sum:016x}").expect("a string takes all text");
        text
    })
}

/// FNV-1a, 64 bits.
fn sum(bytes: impl Iterator<Item = u8>) -> u64 {
    let step = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
    bytes.fold(0xCBF2_9CE4_8422_2325, step)
}

fn of_mode(mode: Mode) -> Settings {
    Settings { mode, ..Settings::default() }
}

#[test]
fn lit_from_the_default_direction() {
    check("lit_isometric", &whole(Preset::Isometric), &Settings::default());
}

#[test]
fn flat_from_the_front_over_nothing() {
    let background = Background::Transparent;
    let settings = Settings { background, ..of_mode(Mode::Flat) };
    check("flat_front", &whole(Preset::Front), &settings);
}

#[test]
fn lit_from_above_over_a_gradient() {
    let background = Background::Gradient([70, 70, 70, 255]);
    check("lit_top", &whole(Preset::Top), &Settings { background, ..Settings::default() });
}

#[test]
fn lit_with_all_of_the_occlusion() {
    let settings = Settings { occlusion: 1.0, edges: 0.0, ..Settings::default() };
    check("lit_occlusion", &close_up(), &settings);
}

#[test]
fn clay() {
    check("clay", &close_up(), &of_mode(Mode::Clay));
}

#[test]
fn outline() {
    check("outline", &close_up(), &of_mode(Mode::Outline));
}

#[test]
fn marching_flat() {
    check("marching_flat", &close_up(), &of_mode(Mode::Marching));
}

#[test]
fn marching_smooth() {
    let settings = Settings { marching: Style::Smooth, ..of_mode(Mode::Marching) };
    check("marching_smooth", &close_up(), &settings);
}

#[test]
fn path_of_few_samples() {
    let path = PathSettings { samples: 16, ..PathSettings::default() };
    let settings = Settings { width: 120, height: 90, path, ..of_mode(Mode::Path) };
    check_at("path", &close_up(), &settings);
}

#[test]
fn buffers_beside_a_picture() {
    let settings = Settings { width: 240, height: 180, ..Settings::default() };
    let draw = |settings: &Settings, wanted| {
        shot(&close_up(), settings, |job| render::frame(job, wanted).expect("it is small"))
    };
    let frame = draw(&settings, Buffers::ALL);
    let picture = draw(&settings, Buffers::default()).picture;
    assert!(frame.picture == picture, "buffers change the picture");
    for settings in everywhere(&settings) {
        let how = (settings.simd, settings.threads);
        let again = draw(&settings, Buffers::ALL);
        assert!(again.picture == frame.picture, "{how:?}");
        assert_eq!(sums(&again), sums(&frame), "{how:?}");
    }
    let path = golden("buffers", "txt");
    if blesses() {
        fs::write(&path, sums(&frame)).expect("the sums can be written");
    }
    assert_eq!(sums(&frame), fs::read_to_string(&path).expect("the sums are in the repository"));
}
