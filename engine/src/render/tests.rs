//! Pictures as callers get them.

use super::*;
use crate::volume::{Coord, Voxel};

const WHITE: Voxel = Voxel::rgb(255, 255, 255);

fn block(low: [i32; 3], high: [i32; 3], voxel: Voxel) -> Volume {
    let mut volume = Volume::new();
    for z in low[2]..=high[2] {
        for y in low[1]..=high[1] {
            volume.write((low[0]..=high[0]).map(|x| (Coord::new(x, y, z), voxel)));
        }
    }
    volume
}

/// A hilly ground with towers, of many colours.
fn landscape() -> Volume {
    let mut volume = Volume::new();
    for y in -30..30i32 {
        for x in -40..40i32 {
            let tower = x.rem_euclid(16) < 5 && y.rem_euclid(16) < 5;
            let height = (x * x / 90 + y * 7 % 5).rem_euclid(9) + if tower { 18 } else { 0 };
            let color = Voxel::rgb((x * 5 + 128) as u8, (y * 7 + 99) as u8, (height * 9) as u8);
            volume.write((0..=height).map(|z| (Coord::new(x, y, z), color)));
        }
    }
    volume
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    picture.pixels[(y * picture.width + x) as usize]
}

#[test]
fn the_number_of_threads_does_not_show() {
    let volume = landscape();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    for mode in [Mode::Flat, Mode::Lit] {
        let with = |threads: usize| {
            let settings =
                Settings { width: 203, height: 141, mode, threads, ..Settings::default() };
            render(&volume, &camera, &settings).unwrap()
        };
        let one = with(1);
        for threads in [0, 2, 3, 8, 1000] {
            assert!(with(threads) == one, "{mode:?} with {threads} threads");
        }
    }
}

#[test]
fn tile_borders_do_not_show() {
    // A crop of a parallel view: the same rays in other tiles.
    let volume = landscape();
    let bounds = volume.bounds().unwrap();
    let camera = Camera::preset(Preset::Front, bounds).orthographic(bounds);
    let with = |width: u32| {
        let settings = Settings { width, height: 128, ..Settings::default() };
        render(&volume, &camera, &settings).unwrap()
    };
    let (wide, narrow) = (with(256), with(192));
    for y in 0..128 {
        for x in 0..192 {
            assert_eq!(pixel(&narrow, x, y), pixel(&wide, x + 32, y), "{x} {y}");
        }
    }
}

#[test]
fn the_same_content_elsewhere_gives_the_same_picture() {
    let here = landscape();
    let far = [i32::MAX - 60, i32::MIN + 60, 1 << 30];
    let there: Volume = here
        .voxels()
        .map(|(at, voxel)| (at.offset(far.map(|n| n / 2 * 2)).unwrap(), voxel))
        .collect();
    let settings = Settings { width: 150, height: 100, ..Settings::default() };
    let picture = |volume: &Volume| {
        let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
        render(volume, &camera, &settings).unwrap()
    };
    assert!(picture(&here) == picture(&there));
}

#[test]
fn flat_pictures_show_exact_colours() {
    let volume = block([0; 3], [9; 3], WHITE);
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let settings = Settings {
        mode: Mode::Flat,
        background: Background::Solid([0, 0, 0, 255]),
        ..Settings::default()
    };
    let picture = render(&volume, &camera, &settings).unwrap();
    let greys = picture.pixels.iter().filter(|p| p[0] != 0 && p[0] != 255).count();
    let whites = picture.pixels.iter().filter(|p| **p == [255; 4]).count();
    assert!(whites > 20_000, "{whites} white");
    assert!(greys > 100 && greys < 2_000, "{greys} on the outline");
}

#[test]
fn transparent_pictures_have_no_dark_fringe() {
    let volume = block([0; 3], [9; 3], Voxel::rgb(200, 100, 50));
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let settings =
        Settings { mode: Mode::Flat, background: Background::Transparent, ..Settings::default() };
    let picture = render(&volume, &camera, &settings).unwrap();
    assert_eq!(pixel(&picture, 0, 0), [0; 4]);
    let mut partial = 0;
    for [r, g, b, a] in picture.pixels {
        assert!(a == 0 || [r, g, b] == [200, 100, 50], "{r} {g} {b} under alpha {a}");
        partial += u32::from(a != 0 && a != 255);
    }
    assert!(partial > 100);
}

#[test]
fn a_lone_voxel_casts_a_shadow_and_acne_casts_none() {
    let grey = Voxel::rgb(128, 128, 128);
    let mut volume = block([0, 0, 0], [39, 39, 0], grey);
    let settings =
        Settings { width: 400, height: 400, antialias: Antialias::Off, ..Settings::default() };
    let greys = |volume: &Volume| {
        let camera = Camera::preset(Preset::Top, volume.bounds().unwrap());
        let mut greys: Vec<u8> =
            render(volume, &camera, &settings).unwrap().pixels.iter().map(|p| p[0]).collect();
        greys.sort_unstable();
        greys.dedup();
        greys
    };
    let plain = greys(&volume);
    let darkest = plain[0];
    assert!(plain.len() < 40 && darkest > 120, "{plain:?}");
    volume.set(Coord::new(20, 20, 9), grey);
    assert!(greys(&volume)[0] < darkest - 5, "{:?}", greys(&volume));
}

#[test]
fn presets_see_the_face_they_are_named_after() {
    let mut volume = block([0; 3], [8; 3], WHITE);
    let marks = [
        (Preset::Front, [4, 0, 4]),
        (Preset::Back, [4, 8, 4]),
        (Preset::Left, [8, 4, 4]),
        (Preset::Right, [0, 4, 4]),
        (Preset::Top, [4, 4, 8]),
        (Preset::Bottom, [4, 4, 0]),
    ];
    for (index, (_, at)) in marks.iter().enumerate() {
        volume.set((*at).into(), Voxel::rgb(index as u8 + 1, 0, 0));
    }
    let settings = Settings { width: 51, height: 51, mode: Mode::Flat, ..Settings::default() };
    for (index, (preset, _)) in marks.iter().enumerate() {
        let camera = Camera::preset(*preset, volume.bounds().unwrap());
        let picture = render(&volume, &camera, &settings).unwrap();
        assert_eq!(pixel(&picture, 25, 25), [index as u8 + 1, 0, 0, 255], "{preset:?}");
    }
}

#[test]
fn fitted_content_is_inside_the_picture_whatever_its_shape() {
    let shapes = [[0, 0, 0], [99, 3, 3], [3, 3, 99], [60, 60, 60]];
    for high in shapes {
        let mut scene = Scene::new();
        scene.layers[0].volume = block([0; 3], high, WHITE);
        for (width, height) in [(128, 128), (200, 50), (50, 200)] {
            for preset in Preset::ALL {
                let settings = Settings {
                    width,
                    height,
                    background: Background::Transparent,
                    ..Settings::default()
                };
                let picture = picture_of(&scene, &View::Preset(preset), &settings).unwrap();
                let border = picture.pixels.iter().enumerate().any(|(index, pixel)| {
                    let (x, y) = (index as u32 % width, index as u32 / width);
                    pixel[3] != 0 && (x == 0 || y == 0 || x == width - 1 || y == height - 1)
                });
                let seen = picture.pixels.iter().any(|pixel| pixel[3] != 0);
                assert!(seen && !border, "{high:?} {preset:?} {width}x{height}");
            }
        }
    }
}

#[test]
fn a_scene_is_shown_with_its_materials() {
    let mut scene = Scene::new();
    scene.layers[0].volume = block([0; 3], [3; 3], WHITE);
    scene.layers[0].material = Some(0);
    scene.materials[0].color = [1.0, 0.0, 0.0, 1.0];
    let settings = Settings { width: 9, height: 9, ..Settings::default() };
    let picture = picture_of(&scene, &View::Preset(Preset::Top), &settings).unwrap();
    let [red, green, ..] = picture.pixels[40];
    assert!(red > 2 * green, "{red} {green}");
}

#[test]
fn an_empty_scene_is_its_background() {
    let settings = Settings {
        width: 3,
        height: 2,
        background: Background::Solid([1, 2, 3, 4]),
        ..Settings::default()
    };
    let picture = picture_of(&Scene::new(), &View::Project, &settings).unwrap();
    assert_eq!(picture.pixels, [[1, 2, 3, 4]; 6]);
}

#[test]
fn a_new_projects_camera_shows_the_isometric_view() {
    let mut scene = Scene::new();
    scene.layers[0].volume = block([0; 3], [9, 4, 6], WHITE);
    let settings = Settings { width: 64, height: 64, ..Settings::default() };
    let own = picture_of(&scene, &View::Project, &settings).unwrap();
    let preset = picture_of(&scene, &View::Preset(Preset::Isometric), &settings).unwrap();
    let far = own.pixels.iter().zip(&preset.pixels).filter(|(a, b)| a[0].abs_diff(b[0]) > 40);
    assert_eq!(far.count(), 0);
    scene.cameras.clear();
    assert!(picture_of(&scene, &View::Project, &settings).unwrap() == own);
}

#[test]
fn a_picture_of_no_or_too_many_pixels_is_refused() {
    let volume = block([0; 3], [0; 3], WHITE);
    let camera = Camera::preset(Preset::Front, volume.bounds().unwrap());
    let check = |width: u32, height: u32, expected: RenderError| {
        let settings = Settings { width, height, ..Settings::default() };
        assert_eq!(render(&volume, &camera, &settings), Err(expected));
    };
    check(0, 5, RenderError::NoPixels { width: 0, height: 5 });
    check(5, 0, RenderError::NoPixels { width: 5, height: 0 });
    check(16_385, 1, RenderError::TooLarge { width: 16_385, height: 1 });
    check(1, u32::MAX, RenderError::TooLarge { width: 1, height: u32::MAX });
    check(16_384, 16_384, RenderError::TooLarge { width: 16_384, height: 16_384 });
}

#[test]
fn a_camera_inside_a_voxel_sees_its_colour() {
    let volume = block([0; 3], [9; 3], WHITE);
    let camera = Camera::look_at([5.5; 3], [9., 9., 5.], [0., 0., 1.], 60.0).unwrap();
    let settings = Settings { width: 5, height: 5, mode: Mode::Flat, ..Settings::default() };
    let picture = render(&volume, &camera, &settings).unwrap();
    assert_eq!(picture.pixels, [[255; 4]; 25]);
    let lit = Settings { mode: Mode::Lit, ..settings };
    assert!(render(&volume, &camera, &lit).is_ok());
}

#[test]
fn content_as_wide_as_the_world_is_pictured() {
    let ends = [Coord::new(i32::MIN, i32::MIN, i32::MIN), Coord::new(i32::MAX, i32::MAX, i32::MAX)];
    let volume: Volume = ends.map(|at| (at, WHITE)).into_iter().collect();
    let bounds = volume.bounds().unwrap();
    for preset in Preset::ALL {
        let camera = Camera::preset(preset, bounds);
        let settings = Settings { width: 96, height: 96, threads: 2, ..Settings::default() };
        let picture = render(&volume, &camera, &settings).unwrap();
        assert_eq!(pixel(&picture, 3, 50), [240, 240, 240, 255]);
    }
    let eye = [f64::from(i32::MAX) + 0.5, -20.0 + f64::from(i32::MAX), f64::from(i32::MAX) + 0.5];
    let target = [eye[0], f64::from(i32::MAX), eye[2]];
    let camera = Camera::look_at(eye, target, [0., 0., 1.], 20.0).unwrap();
    let flat = Settings { mode: Mode::Flat, width: 9, height: 9, ..Settings::default() };
    assert_eq!(pixel(&render(&volume, &camera, &flat).unwrap(), 4, 4), [255; 4]);
}

#[test]
fn shaded_edges_are_smoothed_between_the_colours_beside_them() {
    let volume = block([0; 3], [9; 3], Voxel::rgb(200, 0, 0));
    let camera = Camera::preset(Preset::Front, volume.bounds().unwrap());
    let with = |antialias: Antialias| {
        let settings = Settings { mode: Mode::Flat, antialias, ..Settings::default() };
        let mut colors = render(&volume, &camera, &settings).unwrap().pixels;
        colors.sort_unstable();
        colors.dedup();
        colors
    };
    let (voxel, ground) = ([200, 0, 0, 255], [240, 240, 240, 255]);
    assert_eq!(with(Antialias::Off), [voxel, ground]);
    for antialias in [Antialias::Four, Antialias::Eight] {
        let colors = with(antialias);
        let between = |c: &[u8; 4]| (200..=240).contains(&c[0]) && c[1] == c[2] && c[3] == 255;
        assert!(colors.len() > 2 && colors.iter().all(between), "{antialias:?}: {colors:?}");
    }
}

#[test]
fn modes_and_presets_have_names() {
    assert_eq!(Mode::from_name("LIT"), Some(Mode::Lit));
    assert_eq!(Mode::from_name("flat"), Some(Mode::Flat));
    assert_eq!(Mode::from_name("shiny"), None);
    for preset in Preset::ALL {
        assert_eq!(Preset::from_name(preset.name()), Some(preset));
    }
    assert_eq!(Preset::from_name("sideways"), None);
}
