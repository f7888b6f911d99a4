//! Pictures that follow edits against whole renders.

use super::*;
use crate::render::{Control, Preset, render};
use crate::volume::Voxel;
use proptest::prelude::*;

fn hills() -> Volume {
    let height =
        |x: i32, y: i32| 3 + (x * 7 + y * 5) % 9 + if (x / 11 + y / 13) % 3 == 0 { 9 } else { 0 };
    let columns = (0..48).flat_map(|y| (0..48).map(move |x| (x, y)));
    let voxels = columns.flat_map(|(x, y)| {
        (0..height(x, y)).map(move |z| (Coord::new(x, y, z), Voxel::rgb(90, 160, (z * 9) as u8)))
    });
    voxels.collect()
}

fn job<'a>(drawn: &'a Volume, camera: &'a Camera, settings: &'a Settings) -> Job<'a> {
    Job { drawn, scene: None, camera, settings, control: Control::default() }
}

/// Edits one after the other; each time the live picture must be the whole render's.
fn check(mode: Mode, preset: Preset, edits: &[([i32; 3], u8)]) -> usize {
    let mut volume = hills();
    let camera = Camera::preset(preset, volume.bounds().unwrap());
    let settings =
        Settings { mode, width: 300, height: 260, occlusion: 0.5, ..Settings::default() };
    let mut live = LivePicture::new();
    live.draw(&job(&volume, &camera, &settings)).unwrap();
    let whole = live.painted();
    let mut painted = 0;
    for (at, alpha) in edits {
        volume.set((*at).into(), Voxel([250, 80, 20, *alpha]));
        let picture = live.draw(&job(&volume, &camera, &settings)).unwrap();
        assert!(*picture == render(&volume, &camera, &settings).unwrap(), "{mode:?} {at:?}");
        painted = painted.max(live.painted());
        assert!(live.painted() <= whole);
    }
    painted
}

#[test]
fn an_edit_paints_a_few_squares_again() {
    for mode in [Mode::Flat, Mode::Lit, Mode::Clay, Mode::Outline] {
        let painted = check(mode, Preset::Isometric, &[([40, 8, 30], 255), ([40, 8, 30], 0)]);
        assert!((1..=160).contains(&painted), "{mode:?}: {painted} of 323");
    }
    assert!(check(Mode::Flat, Preset::Front, &[([1, 0, 2], 255)]) < 13);
}

#[test]
fn nothing_is_painted_when_nothing_changed() {
    let volume = hills();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let settings = Settings { width: 100, height: 100, ..Settings::default() };
    let mut live = LivePicture::new();
    live.draw(&job(&volume, &camera, &settings)).unwrap();
    live.draw(&job(&volume.clone(), &camera, &settings)).unwrap();
    assert_eq!(live.painted(), 0);
    let other = Camera::preset(Preset::Top, volume.bounds().unwrap());
    live.draw(&job(&volume, &other, &settings)).unwrap();
    assert_eq!(live.painted(), 7 * 7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn it_shows_what_a_whole_render_shows(
        edits in prop::collection::vec(
            ([-3..52i32, -3..52i32, -2..40i32], prop::sample::select(vec![0u8, 255])), 1..4),
        mode in prop::sample::select(vec![Mode::Flat, Mode::Lit, Mode::Clay, Mode::Outline]),
        preset in prop::sample::select(Preset::ALL.to_vec()),
    ) {
        check(mode, preset, &edits);
    }
}

#[test]
fn an_edit_in_a_world_as_wide_as_space_ends() {
    let mut volume: Volume =
        [Coord::new(i32::MIN, 0, 0), Coord::new(i32::MAX, 0, 0), Coord::new(0, 0, 0)]
            .into_iter()
            .map(|at| (at, Voxel::WHITE))
            .collect();
    let eye = [20.0, -30.0, 25.0];
    let camera = Camera::look_at(eye, [0.0; 3], [0.0, 0.0, 1.0], 40.0).unwrap();
    let light = crate::scene::Light { pitch: 1.57, ..crate::scene::Light::default() };
    let settings = Settings { width: 90, height: 80, light, ..Settings::default() };
    let mut live = LivePicture::new();
    live.draw(&job(&volume, &camera, &settings)).unwrap();
    volume.set(Coord::new(1, 0, 1), Voxel::rgb(200, 0, 0));
    let picture = live.draw(&job(&volume, &camera, &settings)).unwrap();
    assert!(*picture == render(&volume, &camera, &settings).unwrap());
}

#[test]
fn an_edit_may_reach_more_squares_than_there_are_tiles() {
    let mut volume = hills();
    let camera = Camera::preset(Preset::Top, volume.bounds().unwrap());
    let settings = Settings { mode: Mode::Flat, width: 300, height: 260, ..Settings::default() };
    let mut live = LivePicture::new();
    live.draw(&job(&volume, &camera, &settings)).unwrap();
    volume.write((0..32).map(|n| (Coord::new(n, n, 30), Voxel::WHITE)));
    let picture = live.draw(&job(&volume, &camera, &settings)).unwrap();
    assert!(*picture == render(&volume, &camera, &settings).unwrap());
    assert!((26..300).contains(&live.painted()), "{} of 323", live.painted());
}

/// Seen from so near that one pixel is a small part of a voxel.
#[test]
fn an_edit_that_moves_the_corner_of_wide_content_paints_all() {
    let far = Coord::new(i32::MIN, 0, 0);
    let mut volume: Volume = [Coord::new(0, 0, 0), Coord::new(200_000, 0, 0), far]
        .into_iter()
        .map(|at| (at, Voxel::WHITE))
        .collect();
    let camera = Camera::look_at([20.3, -30.1, 40.7], [1.0, 0.0, 1.0], [0.0, 0.0, 1.0], 40.0);
    let camera = camera.and_then(|camera| camera.with_half_height(1.0 / 1024.0)).unwrap();
    let settings = Settings { width: 90, height: 80, ..Settings::default() };
    let mut live = LivePicture::new();
    live.draw(&job(&volume, &camera, &settings)).unwrap();
    volume.set(far, Voxel::EMPTY);
    let picture = live.draw(&job(&volume, &camera, &settings)).unwrap();
    assert!(*picture == render(&volume, &camera, &settings).unwrap());
}

#[test]
fn an_edit_that_covers_the_picture_paints_all_at_once() {
    let ground = |voxel: Voxel| -> Volume {
        let places = (0..64).flat_map(|x| (0..64).map(move |y| Coord::new(x, y, (x + y) % 5)));
        places.map(|at| (at, voxel)).collect()
    };
    let (before, after) = (ground(Voxel::rgb(9, 99, 9)), ground(Voxel::rgb(99, 9, 9)));
    let eye = [32.0, 32.0, 40.0];
    let camera = Camera::look_at(eye, [32.3, 32.0, 0.0], [0.0, 1.0, 0.0], 3.0).unwrap();
    let settings = Settings { width: 320, height: 200, ..Settings::default() };
    let first = job(&before, &camera, &settings);
    let last = Last { drawn: before.clone(), camera, settings: settings.clone(), looks: None };
    assert_eq!(last.reached(&first, None), Some(Vec::new()));
    assert_eq!(last.reached(&job(&after, &camera, &settings), None), None);
}

#[test]
fn there_is_no_half_painted_picture_after_a_cancelled_edit() {
    let mut volume = hills();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let settings = Settings { width: 100, height: 100, ..Settings::default() };
    let mut live = LivePicture::new();
    live.draw(&job(&volume, &camera, &settings)).unwrap();
    volume.set(Coord::new(40, 8, 30), Voxel::WHITE);
    let stop = std::sync::atomic::AtomicBool::new(true);
    let control = Control { cancel: Some(&stop), progress: None };
    let cancelled = Job { control, ..job(&volume, &camera, &settings) };
    assert_eq!(live.draw(&cancelled), Err(RenderError::Cancelled));
    assert_eq!(*live.picture(), Picture::default());
    let picture = live.draw(&job(&volume, &camera, &settings)).unwrap();
    assert!(*picture == render(&volume, &camera, &settings).unwrap());
}

/// Hills under a layer of another matter that holds what `top` says.
fn layered(top: Volume, metallic: f32) -> Scene {
    let mut scene = Scene::new();
    scene.layers[0].volume = hills();
    scene.materials.push(Material { metallic, roughness: 0.2, ..Material::new("metal") });
    let mut layer = crate::scene::Layer::new(LayerId(77), "top");
    layer.material = Some(scene.materials.len() - 1);
    layer.volume = top;
    scene.layers.push(layer);
    scene
}

#[test]
fn other_matter_of_the_same_colour_is_seen() {
    let hills = hills();
    let top = |x: i32| {
        let mut column =
            (0..40).rev().map(|z| Coord::new(x, 4, z)).filter(|at| hills.get(*at).is_solid());
        column.next().map(|at| (at, hills.get(at)))
    };
    let [one, two]: [Volume; 2] = [30..37, 4..11].map(|xs| xs.filter_map(top).collect());
    let mut hidden = layered(two.clone(), 0.1);
    hidden.layers[1].visible = false;
    let mut below = layered(two.clone(), 1.0);
    below.layers.swap(0, 1);
    let scenes = [layered(one, 1.0), layered(two.clone(), 1.0), below, layered(two, 0.1), hidden];
    let camera = Camera::preset(Preset::Isometric, hills.bounds().unwrap());
    let settings = Settings { width: 200, height: 160, ..Settings::default() };
    let (mut live, mut last) = (LivePicture::new(), Picture::default());
    for (step, scene) in scenes.iter().enumerate() {
        let drawn = composite::drawn(scene);
        assert!(drawn.voxels().all(|(at, voxel)| hills.get(at) == voxel), "step {step}");
        let job = Job { scene: Some(scene), ..job(&drawn, &camera, &settings) };
        let whole = crate::render::picture(&job).unwrap();
        assert!(whole != last, "step {step} changes nothing");
        assert!(*live.draw(&job).unwrap() == whole, "step {step}");
        last = whole;
    }
}
