//! The surface as rays and pictures show it.

use super::cast::{Caster, Ray};
use super::field::Field;
use super::slope::Slopes;
use crate::composite;
use crate::image::Picture;
use crate::math::{self, Vec3};
use crate::mesh::marching::{CORNERS, Style, Surface};
use crate::render::grid::Grid;
use crate::render::{
    Antialias, Background, Camera, Control, Job, Mode, Preset, RenderError, Settings, picture,
    render,
};
use crate::scene::{Layer, LayerId, Light, Scene};
use crate::volume::{Bounds, Coord, Volume, Voxel};
use std::sync::atomic::AtomicBool;

const STYLES: [Style; 2] = [Style::Flat, Style::Smooth];

/// Numbers that look random.
fn random(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        (state >> (state >> 28) ^ state).wrapping_mul(277_803_737) >> 8
    }
}

/// A place in a cube around a middle, and a direction.
fn random_ray(next: &mut impl FnMut() -> u32, middle: Vec3, reach: f64) -> Ray {
    let mut unit = || f64::from(next() % 20_001) / 10_000.0 - 1.0;
    let origin = math::add(middle, math::scale([unit(), unit(), unit()], reach));
    Ray { origin, direction: math::normalize([unit(), unit(), unit()]) }
}

fn ball(radius: i32, at: [i32; 3]) -> Volume {
    let mut volume = Volume::new();
    for z in -radius..=radius {
        for y in -radius..=radius {
            let row = (-radius..=radius).filter(|x| x * x + y * y + z * z <= radius * radius);
            let color = Voxel::rgb((z * 9 + 128) as u8, (y * 9 + 128) as u8, 90);
            volume.write(row.map(|x| (Coord::new(x + at[0], y + at[1], z + at[2]), color)));
        }
    }
    volume
}

/// Voxels of any alpha here and there across brick borders.
fn noise(seed: u32, edge: i32, corner: i32) -> Volume {
    let mut next = random(seed);
    let mut volume = Volume::new();
    for place in 0..edge * edge * edge {
        let at = [place % edge, place / edge % edge, place / edge / edge].map(|n| n + corner);
        let [r, g, b, a] = next().to_le_bytes().map(|byte| byte ^ 0x55);
        if g % 3 == 0 {
            volume.set(at.into(), Voxel([r, g, b, a | next() as u8]));
        }
    }
    volume
}

fn settings(mode: Mode, marching: Style, size: u32) -> Settings {
    Settings { width: size, height: size, mode, marching, ..Settings::default() }
}

fn job<'a>(drawn: &'a Volume, camera: &'a Camera, settings: &'a Settings) -> Job<'a> {
    Job { drawn, scene: None, camera, settings, control: Control::default() }
}

/// Lends the cells of a volume and something that casts rays on them.
fn with_caster<R>(volume: &Volume, style: Style, run: impl FnOnce(&Volume, &mut Caster) -> R) -> R {
    let camera = Camera::preset(Preset::Front, volume.bounds().unwrap());
    let settings = settings(Mode::Marching, style, 8);
    let field = Field::new(&job(volume, &camera, &settings)).unwrap();
    let grid = Grid::new(field.cells(), field.cells().bounds().unwrap(), [0; 3]);
    run(field.cells(), &mut Caster::new(&field, &grid, style))
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    picture.pixels[(y * picture.width + x) as usize]
}

/// The cells between inside and outside, by the definition.
fn mixed_cells(drawn: &Volume) -> Vec<Coord> {
    let Bounds { min, max } = drawn.bounds().unwrap();
    let is_mixed = |cell: &Coord| {
        let inside = CORNERS.iter().filter(|corner| {
            let at = cell.offset(corner.map(i32::from));
            at.is_some_and(|at| !drawn.get(at).is_empty())
        });
        !matches!(inside.count(), 0 | 8)
    };
    let row = |y, z| (min.x - 1..=max.x).map(move |x| Coord::new(x, y, z));
    let layer = |z| (min.y - 1..=max.y).flat_map(move |y| row(y, z));
    (min.z - 1..=max.z).flat_map(layer).filter(is_mixed).collect()
}

#[test]
fn the_cells_are_those_between_inside_and_outside() {
    for seed in 0..6 {
        let drawn = noise(seed, 20, -10).solid();
        with_caster(&drawn, Style::Flat, |cells, _| {
            let expected: Volume =
                mixed_cells(&drawn).into_iter().map(|at| (at, Voxel::WHITE)).collect();
            assert!(*cells == expected, "seed {seed}");
        });
    }
}

#[test]
fn rays_meet_what_a_naive_look_at_all_triangles_finds() {
    for (seed, style) in (0..4).flat_map(|seed| STYLES.map(|style| (seed, style))) {
        let drawn = noise(seed, 12, -6).solid();
        let mut surfaces = Vec::new();
        for cell in mixed_cells(&drawn) {
            let voxels = CORNERS.map(|c| drawn.get(cell.offset(c.map(i32::from)).unwrap()));
            surfaces.push((cell.to_array().map(f64::from), Surface::new(&voxels, style)));
        }
        with_caster(&drawn, style, |cells, caster| {
            let corner = cells.bounds().unwrap().min.to_array().map(f64::from);
            let mut next = random(seed + 100);
            for _ in 0..300 {
                let ray = random_ray(&mut next, [6.0; 3], 12.0);
                let world = Ray { origin: math::add(ray.origin, corner), ..ray };
                let times =
                    surfaces.iter().flat_map(|(cell, surface)| naive(&world, *cell, surface));
                let first = times.fold(f64::INFINITY, f64::min);
                let found = caster.look(&ray).map_or(f64::INFINITY, |touch| {
                    math::length(math::sub(touch.point, ray.origin))
                });
                let same = found == first || (found - first).abs() < 1e-6;
                assert!(same, "seed {seed}, {style:?}: {found} for {first}, {ray:?}");
                assert_eq!(caster.is_blocked(&ray), first < f64::INFINITY);
            }
        });
    }
}

/// When a ray passes each triangle of a cell: by the plane, then side by side.
fn naive(ray: &Ray, cell: Vec3, surface: &Surface) -> Vec<f64> {
    let time = |corners: [Vec3; 3]| {
        let [a, b, c] = corners.map(|corner| math::add(corner, cell));
        let normal = math::cross(math::sub(b, a), math::sub(c, a));
        let time = math::dot(math::sub(a, ray.origin), normal) / math::dot(ray.direction, normal);
        let at = math::add(ray.origin, math::scale(ray.direction, time));
        let left_of = |from: Vec3, to: Vec3| {
            math::dot(math::cross(math::sub(to, from), math::sub(at, from)), normal) >= 0.0
        };
        (time >= 0.0 && left_of(a, b) && left_of(b, c) && left_of(c, a)).then_some(time)
    };
    let corners = surface.triangles().iter().map(|triangle| surface.corners(triangle));
    corners.filter_map(|corners| time(corners.map(|corner| corner.place()))).collect()
}

#[test]
fn a_smooth_ball_is_lit_as_a_ball() {
    let ball = ball(11, [3, -7, 5]);
    let middle = [3.5, -6.5, 5.5];
    let corner = ball.bounds().unwrap().min.to_array().map(|low| f64::from(low) - 0.5);
    // Degrees between the normals and those of a ball: the mean of them, and the most.
    let errors = |style| {
        with_caster(&ball, style, |_, caster| {
            let mut next = random(8);
            let (mut sum, mut most) = (0.0, 0.0_f64);
            for _ in 0..2000 {
                let way = random_ray(&mut next, [0.0; 3], 0.0).direction;
                let origin = math::add(math::sub(middle, corner), math::scale(way, -30.0));
                let touch = caster.look(&Ray { origin, direction: way }).unwrap();
                let from_middle = math::sub(touch.point, math::sub(middle, corner));
                let cosine = math::dot(touch.normal, math::normalize(from_middle));
                assert!((math::length(touch.normal) - 1.0).abs() < 1e-12);
                let error = cosine.min(1.0).acos().to_degrees();
                (sum, most) = (sum + error, most.max(error));
            }
            [sum / 2000.0, most]
        })
    };
    let (flat, smooth) = (errors(Style::Flat), errors(Style::Smooth));
    assert!(flat[0] > 15.0 && smooth[0] < 6.0 && smooth[1] < 20.0, "{flat:?} {smooth:?}");
}

#[test]
fn light_runs_across_the_borders_of_cells() {
    let volume = noise(6, 10, -5);
    with_caster(&volume.solid(), Style::Smooth, |_, caster| {
        let field = caster.field();
        let mut next = random(3);
        for _ in 0..300 {
            let cell = [0; 3].map(|_: i64| i64::from(next() % 12) - 6);
            let [u, v] = [next(), next()].map(|n| f64::from(n % 1000) / 1000.0);
            for axis in 0..3 {
                let mut above = cell;
                above[axis] += 1;
                let place = |end: f64| {
                    let mut place = [u, v, u];
                    place[axis] = end;
                    place
                };
                let here = Slopes::new(field, cell).at(place(1.0));
                let there = Slopes::new(field, above).at(place(0.0));
                let same = match (here, there) {
                    (Some(here), Some(there)) => math::dot(here, there) > 1.0 - 1e-12,
                    (here, there) => here == there,
                };
                assert!(same, "{cell:?} {axis}: {here:?} {there:?}");
            }
        }
    });
}

#[test]
fn no_ray_escapes_from_the_middle_of_a_ball() {
    for style in STYLES {
        with_caster(&ball(13, [0; 3]), style, |_, caster| {
            let mut next = random(5);
            for _ in 0..20_000 {
                let ray = random_ray(&mut next, [13.5 + 0.5; 3], 0.0);
                assert!(caster.look(&ray).is_some(), "{ray:?}");
            }
            // Along axes and diagonals rays run through corners and sides.
            for place in 0..27 {
                let direction = [place % 3, place / 3 % 3, place / 9].map(|n| f64::from(n) - 1.0);
                let ray = Ray { origin: [14.0; 3], direction };
                assert_eq!(caster.look(&ray).is_some(), direction != [0.0; 3], "{direction:?}");
            }
        });
    }
}

#[test]
fn a_single_voxel_is_seen_as_an_octahedron() {
    let volume: Volume = [(Coord::new(0, 0, 0), Voxel::WHITE)].into_iter().collect();
    let bounds = volume.bounds().unwrap();
    let camera = Camera::look_at([0.5, -20.0, 0.5], [0.5; 3], [0., 0., 1.], 20.0).unwrap();
    let wide = Settings {
        background: Background::Transparent,
        ..settings(Mode::Marching, Style::Flat, 200)
    };
    for camera in [camera, Camera::preset(Preset::Front, bounds).orthographic(bounds)] {
        let picture = render(&volume, &camera, &wide).unwrap();
        let covered = picture.pixels.iter().map(|pixel| u32::from(pixel[3])).sum::<u32>();
        let boxes =
            render(&volume, &camera, &Settings { mode: Mode::Lit, ..wide.clone() }).unwrap();
        let boxes = boxes.pixels.iter().map(|pixel| u32::from(pixel[3])).sum::<u32>();
        // Half of what the whole face covers; its middle is half a voxel further away.
        let part = f64::from(covered) / f64::from(boxes);
        assert!((part - 0.5).abs() < 0.06, "{part}");
        assert_eq!(pixel(&picture, 100, 100)[3], 255);
    }
}

#[test]
fn a_flat_ground_looks_as_without_marching_cubes() {
    let mut volume = Volume::new();
    for y in 0..24 {
        let color = |x: i32| Voxel::rgb((x * 40) as u8, (y * 30) as u8, 77);
        volume.write((0..24).map(|x| (Coord::new(x, y, 3), color(x))));
    }
    let camera =
        Camera::look_at([12.0, 12.0, 60.0], [12.0, 12.0, 0.0], [0., 1., 0.], 20.0).unwrap();
    let with = |mode| {
        let off = Settings { antialias: Antialias::Off, ..settings(mode, Style::Flat, 120) };
        render(&volume, &camera, &off).unwrap()
    };
    let (lit, marching) = (with(Mode::Lit), with(Mode::Marching));
    let near = |a: &[u8; 4], b: &[u8; 4]| (0..4).all(|i| a[i].abs_diff(b[i]) <= 1);
    let same = lit.pixels.iter().zip(&marching.pixels).filter(|(a, b)| near(a, b)).count();
    // The same height: but for pixels on borders, nothing moves.
    assert!(same > 120 * 120 * 99 / 100, "{same}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    let volume = noise(3, 24, -12).solid();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    for style in STYLES {
        let with = |threads: usize| {
            let settings = Settings { threads, ..settings(Mode::Marching, style, 150) };
            render(&volume, &camera, &settings).unwrap()
        };
        let one = with(1);
        for threads in [0, 2, 5] {
            assert!(with(threads) == one, "{style:?} with {threads} threads");
        }
    }
}

#[test]
fn tile_borders_do_not_show() {
    let volume = noise(4, 24, -12).solid();
    let bounds = volume.bounds().unwrap();
    let camera = Camera::preset(Preset::Front, bounds).orthographic(bounds);
    let with = |width: u32| {
        let square = settings(Mode::Marching, Style::Smooth, 128);
        render(&volume, &camera, &Settings { width, ..square }).unwrap()
    };
    let (wide, narrow) = (with(256), with(192));
    for (x, y) in (0..128).flat_map(|y| (0..192).map(move |x| (x, y))) {
        assert_eq!(pixel(&narrow, x, y), pixel(&wide, x + 32, y), "{x} {y}");
    }
}

#[test]
fn content_at_the_ends_of_space_is_whole() {
    let (low, high) = (i32::MIN + 3, i32::MAX - 3);
    let places = [[low; 3], [high; 3], [low, high, 40], [high, 0, low]];
    for preset in [Preset::Isometric, Preset::Bottom, Preset::Right, Preset::Back] {
        let at = |place: [i32; 3]| {
            let volume = ball(3, place);
            let camera = Camera::preset(preset, volume.bounds().unwrap());
            let picture = render(&volume, &camera, &settings(Mode::Marching, Style::Flat, 90));
            picture.unwrap()
        };
        let expected = at([100; 3]);
        for place in places {
            assert!(at(place) == expected, "{preset:?}, {place:?}");
        }
    }
}

#[test]
fn content_at_both_ends_of_space_is_drawn() {
    let volume: Volume = [i32::MIN, i32::MAX]
        .into_iter()
        .map(|end| (Coord::new(end, end, end), Voxel::WHITE))
        .collect();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    assert!(render(&volume, &camera, &settings(Mode::Marching, Style::Flat, 40)).is_ok());
    let end = f64::from(i32::MAX) + 0.5;
    let near = Camera::look_at([end, end, end + 9.0], [end; 3], [0., 1., 0.], 20.0).unwrap();
    let picture = render(&volume, &near, &settings(Mode::Marching, Style::Flat, 40)).unwrap();
    assert_ne!(pixel(&picture, 20, 20), [240, 240, 240, 255]);
}

#[test]
fn faint_voxels_move_the_surface() {
    let mut scene = Scene::new();
    scene.layers.clear();
    let mut layer = Layer::new(LayerId(1), "one");
    layer.volume.set(Coord::new(0, 0, 0), Voxel([200, 0, 0, 255]));
    let covered = |faint: u8, with_scene: bool| {
        let mut scene = scene.clone();
        let mut layer = layer.clone();
        for x in [-1, 1] {
            layer.volume.set(Coord::new(x, 0, 0), Voxel([0, 0, 0, faint]));
        }
        scene.layers.push(layer);
        let drawn = composite::drawn(&scene);
        let camera = Camera::preset(Preset::Front, drawn.bounds().unwrap());
        let clear = settings(Mode::Marching, Style::Smooth, 80);
        let clear = Settings { background: Background::Transparent, ..clear };
        let scene = with_scene.then_some(&scene);
        let picture = picture(&Job { scene, ..job(&drawn, &camera, &clear) }).unwrap();
        picture.pixels.iter().map(|pixel| u32::from(pixel[3])).sum::<u32>()
    };
    assert!(covered(120, true) > covered(60, true));
    assert!(covered(60, true) > covered(0, true));
    assert_eq!(covered(120, false), covered(0, false));
}

#[test]
fn edges_are_averaged_without_dark_fringes() {
    let ball = ball(6, [0; 3]);
    let volume: Volume = ball.voxels().map(|(at, _)| (at, Voxel::WHITE)).collect();
    let camera = Camera::preset(Preset::Top, volume.bounds().unwrap());
    let light = Light { intensity: 0.0, ambient: 1.0, shadow: 0.0, ..Light::default() };
    let clear = Settings {
        background: Background::Transparent,
        light,
        ..settings(Mode::Marching, Style::Flat, 100)
    };
    let picture = render(&volume, &camera, &clear).unwrap();
    let partial = picture.pixels.iter().filter(|pixel| !matches!(pixel[3], 0 | 255));
    assert!(partial.clone().count() > 40);
    for pixel in partial {
        assert_eq!(pixel[..3], [255; 3]);
    }
}

#[test]
fn senseless_light_and_no_content_give_a_picture() {
    let light = Light { intensity: f32::NAN, pitch: f32::INFINITY, ..Light::default() };
    let settings = Settings { light, ..settings(Mode::Marching, Style::Flat, 30) };
    let volume = ball(3, [0; 3]);
    let camera = Camera::preset(Preset::Top, volume.bounds().unwrap());
    assert!(render(&volume, &camera, &settings).is_ok());
    let empty = render(&Volume::new(), &camera, &settings).unwrap();
    assert!(empty.pixels.iter().all(|pixel| *pixel == [240, 240, 240, 255]));
}

#[test]
fn a_job_that_is_cancelled_ends() {
    let volume = ball(3, [0; 3]);
    let camera = Camera::preset(Preset::Top, volume.bounds().unwrap());
    let settings = settings(Mode::Marching, Style::Flat, 30);
    let cancel = AtomicBool::new(true);
    let control = Control { cancel: Some(&cancel), progress: None };
    let ended = picture(&Job { control, ..job(&volume, &camera, &settings) });
    assert_eq!(ended, Err(RenderError::Cancelled));
}
