//! Cameras: where they stand, what they show, what they refuse.

use super::*;
use crate::volume::Coord;

fn cube() -> Bounds {
    Bounds { min: Coord::new(10, 20, 30), max: Coord::new(19, 29, 39) }
}

#[track_caller]
fn check(preset: &str, toward_eye: Vec3, up: Vec3) {
    let preset = Preset::from_name(preset).unwrap();
    let camera = Camera::preset(preset, cube());
    let [right, image_up, back] = camera.axes();
    let near = |a: Vec3, b: Vec3| math::length(math::sub(a, b)) < 1e-4;
    assert!(near(back, toward_eye), "{preset:?}: eye towards {back:?}");
    assert!(near(image_up, up), "{preset:?}: up is {image_up:?}");
    assert!(near(right, math::cross(image_up, back)), "{preset:?}: right is {right:?}");
    let center = math::sub(camera.eye(), math::scale(back, distance(cube())));
    assert!(near(center, [15., 25., 35.]), "{preset:?}: looks at {center:?}");
}

#[test]
fn presets_look_at_the_middle_from_where_they_say() {
    check("front", [0., -1., 0.], [0., 0., 1.]);
    check("back", [0., 1., 0.], [0., 0., 1.]);
    check("LEFT", [1., 0., 0.], [0., 0., 1.]);
    check("right", [-1., 0., 0.], [0., 0., 1.]);
    check("top", [0., 0., 1.], [0., 1., 0.]);
    check("bottom", [0., 0., -1.], [0., -1., 0.]);
    check("isometric", [0.5, -0.5, FRAC_1_SQRT_2], [-0.5, 0.5, FRAC_1_SQRT_2]);
    check("iso", [0.5, -0.5, FRAC_1_SQRT_2], [-0.5, 0.5, FRAC_1_SQRT_2]);
}

#[test]
fn straight_presets_have_exact_axes() {
    for preset in &Preset::ALL[..6] {
        let exact = |value: &f64| [0.0, 1.0].contains(&value.abs());
        let axes = Camera::preset(*preset, cube()).axes();
        assert!(axes.iter().flatten().all(exact), "{preset:?}: {axes:?}");
    }
}

#[test]
fn the_distance_is_four_and_a_quarter_diagonals_but_at_least_32() {
    let far = distance(Bounds { min: Coord::new(0, 0, 0), max: Coord::new(99, 99, 99) });
    assert!((far / (30_000f64).sqrt() - 4.2535).abs() < 1e-3, "{far}");
    assert_eq!(distance(Bounds { min: Coord::default(), max: Coord::default() }), 32.0);
}

#[test]
fn a_senseless_look_at_is_refused() {
    let (eye, target, up) = ([10., 0., 0.], [0.; 3], [0., 0., 1.]);
    assert!(Camera::look_at(eye, target, up, 20.0).is_some());
    assert!(Camera::look_at(eye, eye, up, 20.0).is_none());
    assert!(Camera::look_at([f64::NAN, 0., 0.], target, up, 20.0).is_none());
    assert!(Camera::look_at(eye, [f64::INFINITY, 0., 0.], up, 20.0).is_none());
    assert!(Camera::look_at([1e300, 0., 0.], target, up, 20.0).is_none());
    for fov in [0.0, -1.0, 180.0, f64::NAN] {
        assert!(Camera::look_at(eye, target, up, fov).is_none(), "{fov}");
    }
}

#[test]
fn an_up_along_the_view_is_replaced() {
    let ups = [[0., 0., 1.], [0., 0., -3.], [0.; 3], [f64::NAN; 3]];
    for up in ups {
        let camera = Camera::look_at([0., 0., 50.], [0.; 3], up, 20.0).unwrap();
        assert_eq!(camera.axes()[1], [0., 1., 0.], "up {up:?}");
    }
}

#[test]
fn a_projects_camera_keeps_its_direction_and_is_moved_to_fit() {
    let camera = Camera::of_scene(&SceneCamera::new("c"), cube());
    let preset = Camera::preset(Preset::Isometric, cube());
    assert!(math::length(math::sub(camera.eye(), preset.eye())) < 1e-3);
    let broken = SceneCamera { mat: math::Mat4([f32::NAN; 16]), ..SceneCamera::new("c") };
    assert_eq!(Camera::of_scene(&broken, cube()), preset);
    let ortho = SceneCamera { ortho: true, ..SceneCamera::new("c") };
    assert!(matches!(Camera::of_scene(&ortho, cube()).lens(), Lens::Orthographic { .. }));
}

#[test]
fn angles_beyond_a_turn_and_unusable_ones_are_taken() {
    let exact = Camera::turntable(45.0, 45.0, cube());
    assert_eq!(Camera::turntable(45.0 - 720.0, 405.0, cube()), exact);
    let still = Camera::turntable(0.0, 0.0, cube());
    assert_eq!(Camera::turntable(f64::NAN, f64::INFINITY, cube()), still);
}

#[test]
fn a_tall_picture_gets_a_wider_lens_and_others_keep_theirs() {
    let camera = Camera::preset(Preset::Front, cube());
    assert_eq!(camera.widened(400, 400), camera);
    assert_eq!(camera.widened(1920, 1080), camera);
    let Lens::Perspective { fov_y } = camera.widened(100, 400).lens() else { unreachable!() };
    assert!((fov_y - 55.76).abs() < 0.1, "{fov_y}");
}

#[test]
fn a_field_of_view_or_height_out_of_range_is_refused() {
    let camera = Camera::preset(Preset::Front, cube());
    let look = |fov: f64| Camera::look_at([9., 0., 0.], [0.; 3], [0., 0., 1.], fov);
    for fov in [0.0, 1e-9, 179.999, 180.0, -20.0, f64::NAN, f64::INFINITY] {
        assert!(look(fov).is_none(), "{fov}");
        assert!(camera.with_fov(fov, cube()).is_none(), "{fov}");
    }
    for half in [0.0, -1.0, 1e-9, 1e13, f64::NAN, f64::INFINITY] {
        assert!(camera.with_half_height(half).is_none(), "{half}");
        assert!(camera.with_half_width(half, [5, 5]).is_none(), "{half}");
    }
    assert!(look(0.001).is_some() && look(179.99).is_some());
}

#[test]
fn an_eye_as_near_to_its_target_as_numbers_go_has_a_direction() {
    let tiny = f64::MIN_POSITIVE;
    let camera = Camera::look_at([0., -tiny, 0.], [0.; 3], [0., 0., 1.], 20.0).unwrap();
    assert_eq!(camera.axes()[2], [0., -1., 0.]);
}

#[test]
fn a_half_height_or_width_is_what_the_picture_shows() {
    let camera = Camera::preset(Preset::Front, cube());
    let by_height = camera.with_half_height(7.5).unwrap();
    assert_eq!(by_height.lens(), Lens::Orthographic { half_height: 7.5 });
    assert_eq!(by_height.eye(), camera.eye());
    let by_width = camera.with_half_width(30.0, [400, 100]).unwrap();
    assert_eq!(by_width.lens(), by_height.lens());
}

#[test]
fn other_fields_of_view_show_content_as_large_as_presets_do() {
    let (radius, preset) = (radius(cube()), Camera::preset(Preset::Left, cube()));
    for fov in [0.01, 20.0, 60.0, 120.0, 170.0] {
        let camera = preset.with_fov(fov, cube()).unwrap();
        let away = math::length(math::sub(camera.eye(), [15., 25., 35.]));
        // The tangent of the angle at which the eye sees the sphere.
        let tan = radius / (away * away - radius * radius).sqrt();
        assert!((tan / tan_half(fov) - 2.0 / 3.0).abs() < 1e-6, "{fov}: {tan}");
    }
}

#[test]
fn an_isometric_view_shortens_all_axes_alike_and_a_dimetric_one_has_lines_of_two_to_one() {
    let seen = |tilt: Tilt| {
        let (sin, cos) = tilt.sin_cos();
        let [right, up, _] = turned(45.0, sin, cos);
        [0, 1, 2].map(|axis: usize| [right[axis], up[axis]])
    };
    let same = |a: f64, b: f64| assert!((a - b).abs() < 1e-15, "{a} {b}");
    for [x, y] in seen(Tilt::Isometric) {
        same(x * x + y * y, 2.0 / 3.0);
    }
    let [x, y, z] = seen(Tilt::Dimetric);
    same(x[0], -2.0 * x[1]);
    same(y[0], 2.0 * y[1]);
    same(z[0], 0.0);
    same(Tilt::Degrees(30.0).sin_cos().0, 0.5);
    assert_eq!(Tilt::Degrees(f64::NAN).sin_cos(), Tilt::Level.sin_cos());
}
