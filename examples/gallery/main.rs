//! Takes the pictures of `docs/gallery.md`: `cargo run --release --example gallery`, or with a
//! folder to put them into, and the names of those that are wanted.

mod brush;
mod corner;
#[path = "../island/model.rs"]
mod island;
mod penguin;
mod sheets;
mod still;
mod van;

use corner::{corner, corner_with_lights};
use goxel_engine::composite;
use goxel_engine::image::{Picture, png};
use goxel_engine::mesh::marching::Style;
use goxel_engine::render::{
    self, Antialias, Background, Control, Floor, Highlight, Job, Mode, PathSettings, Plane,
    Projection, RenderError, Section, Settings, Shot, View,
};
use goxel_engine::scene::{DEFAULT_AREA_BOUNDS, Light, Scene};
use penguin::penguin;
use std::path::PathBuf;
use std::time::Instant;
use still::still;

/// Whatever keeps a picture from being made or written.
pub type Failure = Box<dyn std::error::Error>;
type Take = fn() -> Result<Vec<u8>, Failure>;

/// Samples in each pixel of a traced picture.
const SAMPLES: u32 = 256;

/// All pictures, by their file's name.
const PICTURES: [(&str, Take); 17] = [
    ("flat", || one(flat())),
    ("lit", || one(lit())),
    ("occlusion", || one(occlusion())),
    ("clay", || one(clay())),
    ("outline", || one(outline())),
    ("marching-flat", || one(marching_flat())),
    ("marching-smooth", || one(marching_smooth())),
    ("path", || one(path())),
    ("dusk", || one(dusk())),
    ("glass", || one(glass())),
    ("section", || one(section())),
    ("highlight", || one(highlight())),
    ("buffers", || one(sheets::buffers())),
    ("presets", || one(sheets::presets())),
    ("sprites", sheets::sprites),
    ("sprites-isometric", sheets::sprites_isometric),
    ("turntable", sheets::turntable),
];

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "docs/gallery".to_owned()));
    let wanted: Vec<String> = args.collect();
    std::fs::create_dir_all(&folder)?;
    for (name, take) in PICTURES {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == name) {
            continue;
        }
        let start = Instant::now();
        let bytes = take()?;
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, &bytes)?;
        println!(
            "{}: {} bytes, {:.1} s",
            path.display(),
            bytes.len(),
            start.elapsed().as_secs_f32()
        );
    }
    Ok(())
}

fn one(picture: Result<Picture, RenderError>) -> Result<Vec<u8>, Failure> {
    Ok(png::encode_smallest(&picture?)?)
}

/// What a shot of a scene shows.
fn take(scene: &Scene, shot: &Shot, settings: &Settings) -> Result<Picture, RenderError> {
    let drawn = composite::drawn(scene);
    let bounds = scene.area_bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let camera = shot.camera(Some(scene), bounds, [settings.width, settings.height])?;
    let (drawn, control) = (shot.subject(&drawn), Control::default());
    render::picture(&Job { drawn: &drawn, scene: Some(scene), camera: &camera, settings, control })
}

/// The island of the other example.
pub fn island() -> Scene {
    let mut island = island::island();
    brush::frame(&mut island, [-46, -46, 0], [46, 46, 42]);
    island
}

/// A picture of 768x512, made with all there is.
pub fn large() -> Settings {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Settings { width: 768, height: 512, threads, ..Settings::default() }
}

/// A smaller one, for what takes longer.
fn smaller() -> Settings {
    Settings { width: 648, height: 432, ..large() }
}

/// From that angle around Z and above the horizon, as close as can be.
pub fn from(rz_deg: f64, above_deg: f64) -> Shot {
    let view = View::Turntable { rz_deg, rx_deg: 90.0 - above_deg };
    Shot { view, projection: Projection::Close { margin: 0.01 }, ..Shot::default() }
}

/// A bright light from that angle around Z and above the horizon.
pub fn sun(yaw_deg: f32, above_deg: f32) -> Light {
    let (pitch, yaw) = ((90.0 - above_deg).to_radians(), yaw_deg.to_radians());
    Light { pitch, yaw, intensity: 2.8, ambient: 0.4, ..Light::default() }
}

fn flat() -> Result<Picture, RenderError> {
    let background = Background::Solid([0xf4, 0xec, 0xdf, 255]);
    let settings = Settings { mode: Mode::Flat, background, ..large() };
    take(&island(), &from(45.0, 35.0), &settings)
}

fn lit() -> Result<Picture, RenderError> {
    take(&island(), &from(45.0, 32.0), &large())
}

fn occlusion() -> Result<Picture, RenderError> {
    let background = Background::Gradient([0xa9, 0xc4, 0xd6, 255]);
    let settings = Settings {
        background,
        occlusion: 1.0,
        antialias: Antialias::Eight,
        light: sun(10.0, 42.0),
        ..large()
    };
    take(&corner(), &from(30.0, 25.0), &settings)
}

fn clay() -> Result<Picture, RenderError> {
    let background = Background::Gradient([0xc9, 0xc2, 0xb8, 255]);
    let settings = Settings { mode: Mode::Clay, background, light: sun(10.0, 42.0), ..large() };
    take(&corner(), &from(30.0, 25.0), &settings)
}

fn outline() -> Result<Picture, RenderError> {
    let background = Background::Solid([255; 4]);
    let settings = Settings { mode: Mode::Outline, background, ..large() };
    let view = View::ISOMETRIC;
    take(&corner(), &Shot { view, ..Shot::default() }, &settings)
}

fn marching_flat() -> Result<Picture, RenderError> {
    let marching = Style::Flat;
    let background = Background::Gradient([0xb4, 0xcf, 0xdd, 255]);
    let (width, height, light) = (420, 500, sun(350.0, 50.0));
    let settings =
        Settings { mode: Mode::Marching, marching, background, width, height, light, ..large() };
    take(&penguin(), &from(28.0, 14.0), &settings)
}

fn marching_smooth() -> Result<Picture, RenderError> {
    let marching = Style::Smooth;
    let background = Background::Gradient([0xb4, 0xcf, 0xdd, 255]);
    let (width, height, light) = (420, 500, sun(350.0, 50.0));
    let settings =
        Settings { mode: Mode::Marching, marching, background, width, height, light, ..large() };
    take(&penguin(), &from(28.0, 14.0), &settings)
}

fn path() -> Result<Picture, RenderError> {
    let floor = Some(Floor { color: [0x9c, 0xb4, 0xb8], size: 12.0 });
    let path = PathSettings { samples: SAMPLES, sun_radius: 2.0, floor, ..PathSettings::default() };
    let light = Light { intensity: 2.2, ..sun(5.0, 38.0) };
    let settings = Settings { mode: Mode::Path, path, light, ..smaller() };
    take(&corner(), &from(30.0, 25.0), &settings)
}

fn dusk() -> Result<Picture, RenderError> {
    let path = PathSettings {
        samples: SAMPLES,
        clamp: 2.0,
        sun_color: [1.0, 0.42, 0.22],
        sun_radius: 5.0,
        sky_energy: 0.22,
        floor: Some(Floor { color: [0x5a, 0x62, 0x86], size: 12.0 }),
        ..PathSettings::default()
    };
    let light = Light { intensity: 0.5, ..sun(-50.0, 9.0) };
    let settings = Settings { mode: Mode::Path, path, light, ..smaller() };
    take(&corner_with_lights(), &from(30.0, 25.0), &settings)
}

fn glass() -> Result<Picture, RenderError> {
    let path = PathSettings {
        samples: SAMPLES,
        bounces: 16,
        clamp: 4.0,
        sun_radius: 4.0,
        sun_color: [1.0, 0.9, 0.75],
        floor: Some(Floor { color: [0xd2, 0xa6, 0x7c], size: 12.0 }),
        ..PathSettings::default()
    };
    let light = Light { intensity: 2.0, ..sun(-25.0, 45.0) };
    let settings = Settings { mode: Mode::Path, path, light, ..smaller() };
    take(&still(), &from(12.0, 20.0), &settings)
}

fn section() -> Result<Picture, RenderError> {
    let planes = vec![Plane::above(2, 27)];
    let shot = Shot { section: Section { planes, keep: None }, ..from(30.0, 42.0) };
    let settings = Settings { occlusion: 0.8, light: sun(10.0, 50.0), ..large() };
    take(&corner(), &shot, &settings)
}

fn highlight() -> Result<Picture, RenderError> {
    let scene = island();
    let lighthouse = scene.layer_named("lighthouse").and_then(|layer| layer.volume.bounds());
    let regions = lighthouse.into_iter().collect();
    let highlight = Some(Highlight { regions, ..Highlight::default() });
    take(&scene, &Shot { highlight, ..from(45.0, 35.0) }, &large())
}
