//! Picture files of 3840x2160: how long each kind takes, and how large it gets.
//!
//! Three pictures: a lit render of the real model, as it is fitted to the frame (smooth); a lit
//! render of `terrain256` that fills the frame; and colours at random in 4x4 pixels with
//! noise over them, which is as hard as pictures get (noisy).

use goxel_bench::scenes::{hash, terrain256};
use goxel_bench::{figure, report, title};
use goxel_engine::composite;
use goxel_engine::format::{self, Limits};
use goxel_engine::image::{Effort, Encoding, Picture, png};
use goxel_engine::parallel::Threads;
use goxel_engine::render::{Camera, Preset, Settings, render};
use goxel_engine::volume::Volume;

const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;

fn main() {
    match goxel_support::shared_dir() {
        Some(shared) => {
            let file = shared.join("models/ccby/scene_store8.vox");
            let bytes = std::fs::read(&file).expect("the shared models can be read");
            let scene = format::decode(&bytes, &Limits::default()).expect("the model is sound");
            measure("smooth", &fitted(&composite::drawn(&scene)));
        }
        None => println!("skipped: scene_store8.vox is missing: set GOXEL_SAMPLES"),
    }
    measure("terrain", &close(&terrain256().into_iter().collect()));
    measure("noisy", &noisy());
}

fn fitted(drawn: &Volume) -> Picture {
    let bounds = drawn.bounds().expect("the scene is not empty");
    shot(drawn, &Camera::preset(Preset::Isometric, bounds))
}

/// From within 100 voxels of the ground, looking down: no background.
fn close(drawn: &Volume) -> Picture {
    let camera = Camera::look_at([60.0, 40.0, 220.0], [150.0, 150.0, 60.0], [0.0, 0.0, 1.0], 40.0);
    let picture = shot(drawn, &camera.expect("the camera looks somewhere"));
    assert!(picture.pixels[0] != [240, 240, 240, 255]);
    picture
}

fn shot(drawn: &Volume, camera: &Camera) -> Picture {
    let settings = Settings { width: WIDTH, height: HEIGHT, threads: 2, ..Settings::default() };
    render(drawn, camera, &settings).expect("the size is allowed")
}

fn noisy() -> Picture {
    let pixel = |i: u32| {
        let (x, y) = (i % WIDTH, i / WIDTH);
        let light = 240 + hash(x, y, 0, 5) % 17;
        let [r, g, b, _] = hash(x / 4, y / 4, 0, 6).to_le_bytes();
        let [r, g, b] = [r, g, b].map(|byte| ((u32::from(byte) * light) >> 8) as u8);
        [r, g, b, 255]
    };
    Picture { width: WIDTH, height: HEIGHT, pixels: (0..WIDTH * HEIGHT).map(pixel).collect() }
}

fn measure(name: &str, picture: &Picture) {
    title(&format!("{name}: {WIDTH}x{HEIGHT}"));
    let pixels = u64::from(WIDTH) * u64::from(HEIGHT);
    let encode = |row: &str, runs, encoding: Encoding, threads| {
        let row = format!("{name}: {row}");
        let file = encoding.encode(picture, Threads(threads)).expect("the picture is sound");
        report(&row, runs, pixels, || {
            let again = encoding.encode(picture, Threads(threads)).expect("the picture is sound");
            assert_eq!(again.len(), file.len());
            again
        });
        figure(&format!("{row}, bytes"), &file.len().to_string());
    };
    let [fast, jpeg, bmp, raw] = Encoding::ALL;
    encode("PNG, 1 thread", 9, fast, 1);
    encode("PNG, 2 threads", 9, fast, 2);
    joined(name, picture);
    encode("smallest PNG", 1, fast.with_effort(Effort::Small), 1);
    encode("JPEG at 90", 5, jpeg, 1);
    encode("JPEG at 80", 5, jpeg.with_quality(80), 1);
    encode("BMP", 5, bmp, 1);
    encode("raw", 5, raw, 1);
}

/// What is left to do when a render's threads have compressed their strips.
fn joined(name: &str, picture: &Picture) {
    let parts = picture.pixels.chunks(png::STRIP_ROWS * WIDTH as usize);
    let strips: Vec<_> = parts.map(|part| png::strip(WIDTH, part)).collect();
    report(&format!("{name}: PNG, joining strips"), 9, strips.len() as u64, || {
        let file = png::join(WIDTH, HEIGHT, &strips).expect("the strips are the picture");
        assert_eq!(png::decode(&file[..64], 1), Err(too_large()));
        file
    });
}

/// How the header of a file is seen to say the right size.
fn too_large() -> goxel_engine::image::ImageError {
    goxel_engine::image::ImageError::TooLarge { width: WIDTH, height: HEIGHT, max_pixels: 1 }
}
