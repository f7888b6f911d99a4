//! Turntables: equal steps around content that neither pulses nor is cut off.

use super::*;
use crate::render::shot::tests::reach;
use crate::render::{Control, MAX_FRAMES, MAX_PIXELS, Mode, Settings, render};
use crate::volume::{Coord, Volume, Voxel};

fn long() -> Bounds {
    Bounds { min: Coord::new(-30, 5, 0), max: Coord::new(29, 9, 11) }
}

#[test]
fn angles_are_whole_parts_of_a_turn() {
    let plan = Turntable { frames: 12, start_deg: 15.0, ..Turntable::default() };
    let turns: Vec<f64> = (0..4).map(|index| plan.turn_deg(index)).collect();
    assert_eq!(turns, [15.0, 45.0, 75.0, 105.0]);
    let lost = Turntable { start_deg: f64::NAN, ..plan };
    assert_eq!(lost.turn_deg(3), 90.0);
    let level = Turntable { frames: 4, tilt: Tilt::Level, ..Turntable::default() };
    let cameras = level.cameras(long(), [50, 50]).unwrap();
    let backs: Vec<Vec3> = cameras.iter().map(|camera| camera.axes()[2]).collect();
    assert_eq!(backs, [[0., -1., 0.], [1., 0., 0.], [0., 1., 0.], [-1., 0., 0.]]);
}

#[track_caller]
fn check(plan: Turntable, size: [u32; 2]) {
    let cameras = plan.cameras(long(), size).unwrap();
    let middle = [0.0, 7.5, 6.0];
    let away = |camera: &Camera| math::length(math::sub(camera.eye(), middle));
    let most = cameras.iter().map(|camera| reach(camera, long(), size)).fold(0.0, f64::max);
    let free = 1.0 - 2.0 * plan.margin;
    // The box's corners lie on the cylinder; 64 corners stand for its rim.
    assert!(most <= free && most > free * 0.97, "{plan:?} at {size:?} reaches {most}");
    for camera in &cameras {
        assert_eq!(camera.lens(), cameras[0].lens());
        assert!((away(camera) - away(&cameras[0])).abs() < 1e-9, "{plan:?} pulses");
    }
}

#[test]
fn content_keeps_its_size_and_just_fits() {
    for fov_y_deg in [None, Some(20.0), Some(90.0)] {
        for tilt in [Tilt::Level, Tilt::Degrees(40.0), Tilt::Degrees(-90.0)] {
            for size in [[100, 100], [300, 90], [40, 200]] {
                let plan =
                    Turntable { frames: 360, tilt, fov_y_deg, margin: 0.1, ..Turntable::default() };
                check(plan, size);
            }
        }
    }
}

#[test]
fn frames_are_the_pictures_of_its_cameras() {
    let drawn: Volume =
        (0..20).map(|x| (Coord::new(x, x / 3, x % 4), Voxel::rgb(9, x as u8 * 9, 99))).collect();
    let settings = Settings { width: 40, height: 30, mode: Mode::Flat, ..Settings::default() };
    let control = Control::default();
    let studio = Studio { drawn: &drawn, scene: None, bounds: None, settings: &settings, control };
    let plan = Turntable { frames: 5, ..Turntable::default() };
    let frames = turntable(&studio, &plan).unwrap();
    let cameras = plan.cameras(drawn.bounds().unwrap(), [40, 30]).unwrap();
    assert_eq!(frames.len(), 5);
    for (frame, camera) in frames.iter().zip(&cameras) {
        assert!(*frame == render(&drawn, camera, &settings).unwrap());
    }
    assert!(frames[0] != frames[1]);
}

#[test]
fn a_senseless_turntable_is_refused() {
    let drawn = Volume::new();
    let refused = |plan: Turntable, width: u32, height: u32| {
        let settings = Settings { width, height, ..Settings::default() };
        let control = Control::default();
        let studio =
            Studio { drawn: &drawn, scene: None, bounds: None, settings: &settings, control };
        turntable(&studio, &plan).unwrap_err()
    };
    let of = |frames: u32| Turntable { frames, ..Turntable::default() };
    assert_eq!(refused(of(0), 9, 9), RenderError::NoFrames);
    let too_many = |frames: u32, side: u32| RenderError::TooManyFrames {
        frames: frames.into(),
        width: side,
        height: side,
    };
    assert_eq!(refused(of(MAX_FRAMES + 1), 9, 9), too_many(MAX_FRAMES + 1, 9));
    assert_eq!(refused(of(u32::MAX), 9, 9), too_many(u32::MAX, 9));
    let side = 8192;
    let over = (MAX_PIXELS / u64::from(side * side)) as u32 + 1;
    assert_eq!(refused(of(over), side, side), too_many(over, side));
    assert_eq!(refused(of(1), 0, 9), RenderError::NoPixels { width: 0, height: 9 });
    let blind = Turntable { fov_y_deg: Some(f64::NAN), ..of(3) };
    assert_eq!(refused(blind, 9, 9), RenderError::BadCamera);
}
