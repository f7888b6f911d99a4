//! Shots: where they are taken from, what they show.

use super::*;
use crate::math::{self, Vec3};
use crate::render::{Lens, Plane, Preset, Tilt};
use crate::volume::{Coord, Voxel};

fn slab() -> Bounds {
    Bounds { min: Coord::new(-7, 100, 3), max: Coord::new(22, 109, 8) }
}

/// Where a camera shows a point: -1 to 1 from the left to the right, from the bottom to the top.
fn seen(camera: &Camera, point: Vec3, [width, height]: [u32; 2]) -> [f64; 2] {
    let [right, up, back] = camera.axes();
    let from_eye = math::sub(point, camera.eye());
    let depth = -math::dot(from_eye, back);
    assert!(depth > 0.0, "behind the eye");
    let half = match camera.lens() {
        Lens::Perspective { fov_y } => libm::tan((fov_y / 2.0).to_radians()) * depth,
        Lens::Orthographic { half_height } => half_height,
    };
    let aspect = f64::from(width) / f64::from(height);
    [math::dot(from_eye, right) / (half * aspect), math::dot(from_eye, up) / half]
}

/// How far from the middle the box's corners reach.
pub(super) fn reach(camera: &Camera, bounds: Bounds, size: [u32; 2]) -> f64 {
    let low = bounds.min.to_array().map(f64::from);
    let far = bounds.size().map(|n| n as f64);
    let corner = |bits: u32| {
        let at = |axis: usize| low[axis] + far[axis] * f64::from(bits >> axis & 1);
        seen(camera, [at(0), at(1), at(2)], size)
    };
    (0..8).flat_map(corner).fold(0.0, |most, at| most.max(at.abs()))
}

#[track_caller]
fn check(projection: Projection, expected: f64) {
    let mut views = Preset::ALL.map(View::Preset).to_vec();
    views.extend([View::ISOMETRIC, View::DIMETRIC, View::Project]);
    views.push(View::Turntable { rz_deg: 77.0, rx_deg: 100.0 });
    for view in views {
        for size in [[300, 300], [640, 200], [64, 500]] {
            let shot = Shot { view, projection, ..Shot::default() };
            let camera = shot.camera(None, slab(), size).unwrap();
            let reach = reach(&camera, slab(), size);
            assert!((reach - expected).abs() < 1e-9, "{shot:?} at {size:?} reaches {reach}");
        }
    }
}

#[test]
fn tight_and_close_shots_reach_their_margin() {
    check(Projection::Tight { margin: 0.0 }, 1.0);
    check(Projection::Tight { margin: 0.25 }, 0.5);
    check(Projection::Tight { margin: 9.0 }, 0.1);
    check(Projection::Tight { margin: f64::NAN }, 1.0);
    check(Projection::Close { margin: 0.0 }, 1.0);
    check(Projection::Close { margin: 0.125 }, 0.75);
}

#[test]
fn every_fitted_shot_shows_all_of_the_content() {
    let ends = Bounds { min: Coord::new(i32::MIN, 0, -5), max: Coord::new(i32::MAX, 0, i32::MAX) };
    let last = Coord::new(i32::MAX, i32::MAX, i32::MIN);
    for bounds in [slab(), ends, Bounds { min: last, max: last }] {
        for projection in
            [Projection::Own, Projection::Parallel, Projection::Perspective { fov_y: 70.0 }]
        {
            for tilt in [Tilt::Level, Tilt::Isometric, Tilt::Degrees(-80.0)] {
                let shot = Shot {
                    view: View::Parallel { turn_deg: 1e9, tilt },
                    projection,
                    ..Shot::default()
                };
                for size in [[300, 300], [640, 200], [64, 500]] {
                    let camera = shot.camera(None, bounds, size).unwrap();
                    let reach = reach(&camera, bounds, size);
                    assert!(reach < 1.0, "{shot:?} of {bounds:?} at {size:?} reaches {reach}");
                }
            }
        }
    }
}

#[test]
fn a_senseless_shot_is_refused() {
    let check = |view: View, projection: Projection| {
        let shot = Shot { view, projection, ..Shot::default() };
        let camera = shot.camera(None, slab(), [9, 9]);
        assert_eq!(camera, Err(RenderError::BadCamera), "{shot:?}");
    };
    let place = |eye: f64, fov_y_deg: f64| View::LookAt {
        eye: [eye, 0.0, 0.0],
        target: [0.0; 3],
        up: [0.0, 0.0, 1.0],
        fov_y_deg,
    };
    check(place(0.0, 20.0), Projection::Own);
    check(place(f64::NAN, 20.0), Projection::Own);
    check(place(1e300, 20.0), Projection::Tight { margin: 0.0 });
    check(place(9.0, 180.0), Projection::Own);
    check(View::Project, Projection::Perspective { fov_y: f64::NAN });
    check(View::ISOMETRIC, Projection::HalfHeight(0.0));
    check(View::ISOMETRIC, Projection::HalfWidth(f64::INFINITY));
}

#[test]
fn a_place_to_look_from_stays_where_it_is() {
    let (eye, target, up) = ([9., -30., 7.], [1., 2., 3.], [0., 0., 1.]);
    let camera = Camera::look_at(eye, target, up, 33.0).unwrap();
    let view = View::LookAt { eye, target, up, fov_y_deg: 33.0 };
    for size in [[10, 10], [10, 90]] {
        assert_eq!(view.camera(None, slab(), size), Ok(camera));
        assert_eq!(View::Camera(camera).camera(None, slab(), size), Ok(camera));
    }
}

#[test]
fn a_subject_is_cut_and_then_coloured() {
    let row: Volume = (0..40).map(|x| (Coord::new(x, 0, 0), Voxel::rgb(10, 20, 30))).collect();
    let region = Bounds { min: Coord::new(0, 0, 0), max: Coord::new(19, 0, 0) };
    let highlight = Highlight { regions: vec![region], ..Highlight::default() };
    let section = Section { planes: vec![Plane::above(0, 30)], keep: None };
    let shot = Shot { section, highlight: Some(highlight.clone()), ..Shot::default() };
    let subject = shot.subject(&row);
    assert_eq!(subject.filled(), 30);
    let own = Voxel::rgb(10, 20, 30);
    assert_eq!(subject.get(Coord::new(19, 0, 0)), highlight.tinted(own));
    assert_eq!(subject.get(Coord::new(20, 0, 0)), highlight.faded(own));
    assert!(Shot::default().subject(&row).shares_root_with(&row));
}
