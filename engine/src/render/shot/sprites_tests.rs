//! Sprites: exact pixels, one scale, one place on the ground.

use super::*;
use crate::image::Picture;
use crate::render::Rect;
use crate::render::{Background, Control, MAX_FRAMES, MAX_SIDE, Mode};
use crate::volume::{Coord, Volume, Voxel};

/// Voxels at random in a box of that size, no two of one colour in sight.
fn cloud([x, y, z]: [i32; 3], corner: [i32; 3]) -> Volume {
    let mut volume = Volume::new();
    let mut state = 1u32;
    for index in 0..x * y * z {
        state = state.wrapping_mul(0x915f_77f5).wrapping_add(0x4a7c_15a9);
        let corners = index == 0 || index == x * y * z - 1;
        if state >> 30 == 0 || corners {
            let at = [index % x, index / x % y, index / x / y];
            let [i, j, k] = [0, 1, 2].map(|axis| corner[axis].wrapping_add(at[axis]));
            let [_, r, g, b] = (index as u32 + 1).to_be_bytes();
            volume.set(Coord::new(i, j, k), Voxel::rgb(r, g, b));
        }
    }
    volume
}

fn settings(width: u32, height: u32) -> Settings {
    let background = Background::Transparent;
    Settings { width, height, mode: Mode::Flat, background, ..Settings::default() }
}

fn take(drawn: &Volume, plan: &Sprites, settings: &Settings) -> Result<SpriteSheet, RenderError> {
    let control = Control::default();
    sprite_sheet(&Studio { drawn, scene: None, bounds: None, settings, control }, plan)
}

fn pixel(picture: &Picture, frame: Rect, x: u32, y: u32) -> [u8; 4] {
    picture.pixels[((frame.y + y) * picture.width + frame.x + x) as usize]
}

/// The first voxel of the volume on a straight way through the box, as a pixel.
fn first(drawn: &Volume, mut at: [i64; 3], step: [i64; 3], length: i64) -> [u8; 4] {
    for _ in 0..length {
        if let [Ok(x), Ok(y), Ok(z)] = at.map(i32::try_from)
            && let found = drawn.get(Coord::new(x, y, z))
            && !found.is_empty()
        {
            return found.0;
        }
        at = [0, 1, 2].map(|axis| at[axis] + step[axis]);
    }
    [0; 4]
}

/// Compares a quarter-turn sheet with the model, pixel by pixel: each frame's voxels are
/// squares, the lowest row of them on the anchor's upper side.
#[track_caller]
fn check(size: [i32; 3], corner: [i32; 3], scale: Scale, tilt: Tilt, padding: u32) {
    let drawn = cloud(size, corner);
    let (Scale::Tight(n) | Scale::Exact(n)) = scale else { unreachable!() };
    let plan = Sprites { directions: 4, tilt, scale, padding, ..Sprites::default() };
    let sprites = take(&drawn, &plan, &settings(64, 50)).unwrap();
    let [w, d, h] = size.map(i64::from);
    let low = corner.map(i64::from);
    let high = [low[0] + w - 1, low[1] + d - 1, low[2] + h - 1];
    let n = i64::from(n);
    let mut solid = 0;
    for (turn, frame) in sprites.sheet.frames.iter().enumerate() {
        let wide = [w, d][turn % 2];
        // The middle of the base is in the anchor: half of a voxel may be left of it.
        let left = i64::from(sprites.anchor[0]) - (wide * n).div_euclid(2);
        for y in 0..frame.height {
            for x in 0..frame.width {
                let column = (i64::from(x) - left).div_euclid(n);
                let deep = [d, w][turn % 2];
                let expected = if tilt == Tilt::Level {
                    let row = (i64::from(sprites.anchor[1]) - 1 - i64::from(y)).div_euclid(n);
                    let (start, step) = match turn {
                        0 => ([low[0] + column, low[1], low[2] + row], [0, 1, 0]),
                        1 => ([high[0], low[1] + column, low[2] + row], [-1, 0, 0]),
                        2 => ([high[0] - column, high[1], low[2] + row], [0, -1, 0]),
                        _ => ([low[0], high[1] - column, low[2] + row], [1, 0, 0]),
                    };
                    first(&drawn, start, step, deep)
                } else {
                    let top = i64::from(sprites.anchor[1]) - (deep * n).div_euclid(2);
                    let row = (i64::from(y) - top).div_euclid(n);
                    let start = match turn {
                        0 => [low[0] + column, high[1] - row, high[2]],
                        1 => [low[0] + row, low[1] + column, high[2]],
                        2 => [high[0] - column, low[1] + row, high[2]],
                        _ => [high[0] - row, high[1] - column, high[2]],
                    };
                    first(&drawn, start, [0, 0, -1], h)
                };
                let seen = pixel(&sprites.sheet.picture, *frame, x, y);
                assert_eq!(seen, expected, "{size:?} {scale:?} {tilt:?}: frame {turn} at {x} {y}");
                solid += u32::from(seen[3]);
            }
        }
    }
    assert!(solid > 0, "nothing is seen");
}

#[test]
fn the_sides_of_a_model_are_its_voxels_pixel_by_pixel() {
    for size in [[1, 1, 1], [5, 4, 7], [9, 3, 2], [6, 8, 5]] {
        for scale in [Scale::Tight(1), Scale::Tight(2), Scale::Tight(3), Scale::Exact(4)] {
            check(size, [-3, 40, 0], scale, Tilt::Level, 2);
            check(size, [-3, 40, 0], scale, Tilt::Degrees(90.0), 2);
        }
    }
}

#[test]
fn a_model_at_the_end_of_space_has_exact_sides_too() {
    let corner = [i32::MAX - 4, i32::MIN, i32::MAX - 6];
    check([5, 4, 7], corner, Scale::Tight(2), Tilt::Level, 0);
    check([1, 1, 1], [i32::MAX; 3], Scale::Tight(3), Tilt::Degrees(90.0), 1);
}

#[test]
fn tight_frames_have_no_free_border_but_their_padding() {
    let drawn = cloud([5, 4, 7], [0; 3]);
    for padding in [0, 3] {
        let plan = Sprites {
            directions: 4,
            tilt: Tilt::Level,
            scale: Scale::Tight(2),
            padding,
            ..Sprites::default()
        };
        let sprites = take(&drawn, &plan, &settings(0, 0)).unwrap();
        let frame = sprites.sheet.frames[0];
        assert_eq!([frame.width, frame.height], [10 + 2 * padding, 14 + 2 * padding]);
        assert_eq!(sprites.anchor, [5 + padding as i32, 14 + padding as i32]);
    }
}

#[test]
fn the_base_is_in_the_same_pixel_of_every_frame() {
    for bounds in [
        Bounds { min: Coord::new(3, 4, 5), max: Coord::new(12, 4, 9) },
        Bounds { min: Coord::new(-3, 4, 5), max: Coord::new(3, 8, 40) },
    ] {
        for scale in [Scale::Fit, Scale::Exact(3), Scale::Tight(1), Scale::Tight(4)] {
            for tilt in [Tilt::Level, Tilt::Isometric, Tilt::Dimetric, Tilt::Degrees(77.0)] {
                for start_deg in [0.0, 45.0, 11.0] {
                    let directions = 16;
                    let plan = Sprites { directions, tilt, scale, start_deg, ..Sprites::default() };
                    one_place(&plan, bounds);
                }
            }
        }
    }
}

#[track_caller]
fn one_place(plan: &Sprites, bounds: Bounds) {
    let (sin, cos) = plan.tilt.sin_cos();
    let axes = |index: u32| turned(plan.turn_deg(index), sin, cos);
    let sights: Vec<Sight> =
        (0..16).map(|index| Sight::new(axes(index), bounds, plan.squeeze())).collect();
    let frame = Frame::new(plan, &sights, [61, 50]).unwrap();
    let low = bounds.min.to_array().map(f64::from);
    let [x, y, _] = bounds.size().map(|n| n as f64 / 2.0);
    let base = math::add(low, [x, y, 0.0]);
    for sight in &sights {
        let camera = frame.camera(sight, bounds);
        let crate::render::Lens::Orthographic { half_height } = camera.lens() else {
            unreachable!()
        };
        let scale = f64::from(frame.size[1]) / 2.0 / half_height / sight.squeeze;
        let [right, up, _] = camera.axes();
        let from_eye = math::sub(base, camera.eye());
        let column = f64::from(frame.size[0]) / 2.0 + math::dot(from_eye, right) * scale;
        let row = f64::from(frame.size[1]) / 2.0 - math::dot(from_eye, up) * scale * sight.squeeze;
        let inside = |place: f64, anchor: i32| {
            let part = place - f64::from(anchor);
            (-1e-6..1.0).contains(&part)
        };
        assert!(
            inside(column, frame.anchor[0]) && inside(row, frame.anchor[1]),
            "{plan:?} of {bounds:?}: {column} {row}, not {:?}",
            frame.anchor
        );
        assert!((scale - frame.scale).abs() < 1e-9, "{plan:?}");
    }
}

#[test]
fn fitted_frames_show_all_of_the_model_and_fill_the_frame() {
    let drawn = cloud([30, 12, 20], [-9, 50, 7]);
    for (width, height) in [(64, 64), (61, 33), (20, 90)] {
        let plan = Sprites { directions: 16, columns: 0, padding: 2, ..Sprites::default() };
        let sprites = take(&drawn, &plan, &settings(width, height)).unwrap();
        assert_eq!([sprites.sheet.columns, sprites.sheet.rows], [4, 4]);
        let mut free = [u32::MAX; 4];
        for frame in &sprites.sheet.frames {
            for y in 0..height {
                for x in 0..width {
                    if pixel(&sprites.sheet.picture, *frame, x, y) != [0; 4] {
                        let sides = [x, y, width - 1 - x, height - 1 - y];
                        free = [0, 1, 2, 3].map(|side: usize| free[side].min(sides[side]));
                    }
                }
            }
        }
        assert!(free.iter().all(|side| *side >= 2), "{free:?} at {width}x{height}");
        // The box's corners are there, but hardly in the outermost direction.
        assert!(*free.iter().min().unwrap() <= 6, "{free:?} at {width}x{height}");
    }
}

#[test]
fn the_top_of_a_voxel_in_a_dimetric_view_is_a_diamond_of_exact_size() {
    let mut drawn = Volume::new();
    for index in 0..30 {
        drawn.set(Coord::new(index % 5, index / 5, 0), Voxel::rgb(index as u8 + 1, 0, 0));
    }
    for n in [2, 4, 6] {
        let (directions, start_deg, scale) = (4, 45.0, Scale::Tight(n));
        let plan = Sprites { directions, start_deg, scale, ..Sprites::default() };
        let sprites = take(&drawn, &plan, &settings(0, 0)).unwrap();
        for (turn, frame) in sprites.sheet.frames.iter().enumerate() {
            let pixels = (0..frame.height).flat_map(|y| (0..frame.width).map(move |x| (x, y)));
            let shown =
                |at: &(u32, u32)| pixel(&sprites.sheet.picture, *frame, at.0, at.1)[0] == 13;
            // One voxel in the middle: its sides are hidden.
            let (count, row) = pixels.filter(shown).fold((0, [u32::MAX, 0]), |(count, row), at| {
                (count + 1, [row[0].min(at.0), row[1].max(at.0)])
            });
            assert_eq!(count, n * n, "{n} turn {turn}");
            assert!(row[1] - row[0] < 2 * n, "{n} turn {turn}");
        }
    }
}

#[test]
fn all_voxels_of_isometric_pixel_art_look_alike() {
    let (drawn, corner) = (cloud([5, 4, 6], [7, -9, 3]), Coord::new(7, -9, 3));
    for n in [2, 4] {
        let (directions, start_deg, scale) = (4, 45.0, Scale::Tight(n));
        let tilt = Tilt::Isometric;
        let plan = Sprites { directions, start_deg, tilt, scale, ..Sprites::default() };
        let sheet = take(&drawn, &plan, &settings(0, 0)).unwrap();
        let stamp: Volume = [(Coord::new(0, 0, 0), Voxel::WHITE)].into_iter().collect();
        let stamp = take(&stamp, &plan, &settings(0, 0)).unwrap();
        let Rect { width, height, .. } = sheet.sheet.frames[0];
        let [width, height] = [width, height].map(i64::from);
        for (turn, frame) in sheet.sheet.frames.iter().enumerate() {
            let mut expected = vec![[0u8; 4]; (width * height) as usize];
            for (at, voxel) in from_behind(&drawn, turn) {
                // From the middle of the model's base to that of the voxel's, doubled.
                let [x, y] = [2 * (at.x - corner.x) - 4, 2 * (at.y - corner.y) - 3];
                let (x, y) = [(x, y), (y, -x), (-x, -y), (-y, x)][turn];
                let n = i64::from(n);
                let right = i64::from(x + y) * n / 2;
                // The middle of the model's base may be half of a pixel down in its pixel.
                let quarters = i64::from(x - y) * n;
                let level = (quarters + quarters.rem_euclid(4)) / 4;
                let down = level - i64::from(at.z - corner.z) * n;
                let [to, from] = [sheet.anchor, stamp.anchor].map(|anchor| anchor.map(i64::from));
                let place = stamp.sheet.frames[0];
                for (i, j) in (0..place.height).flat_map(|j| (0..place.width).map(move |i| (i, j)))
                {
                    if pixel(&stamp.sheet.picture, place, i, j)[3] != 0 {
                        let column = to[0] + right - from[0] + i64::from(i);
                        let row = to[1] + down - from[1] + i64::from(j);
                        expected[(row * width + column) as usize] = voxel.0;
                    }
                }
            }
            for (index, expected) in expected.into_iter().enumerate() {
                let (x, y) = (index as u32 % frame.width, index as u32 / frame.width);
                let seen = pixel(&sheet.sheet.picture, *frame, x, y);
                assert_eq!(seen, expected, "{n}: turn {turn} at {x} {y}");
            }
        }
    }
}

/// The voxels in an order in which later ones hide earlier ones, seen over a corner.
fn from_behind(drawn: &Volume, turn: usize) -> Vec<(Coord, Voxel)> {
    let mut voxels: Vec<(Coord, Voxel)> = drawn.voxels().collect();
    let near = |at: &Coord| {
        let [x, y] = [(at.x, -at.y), (at.x, at.y), (-at.x, at.y), (-at.x, -at.y)][turn].into();
        x + y + at.z
    };
    voxels.sort_by_key(|(at, _)| near(at));
    voxels
}

#[test]
fn senseless_sprites_are_refused_and_an_empty_model_is_its_background() {
    let (drawn, good) = (cloud([3; 3], [0; 3]), settings(9, 9));
    let refused = |plan: Sprites, settings: &Settings| take(&drawn, &plan, settings).unwrap_err();
    let of = |directions: u32| Sprites { directions, ..Sprites::default() };
    let scaled = |scale: Scale| Sprites { scale, ..Sprites::default() };
    assert_eq!(refused(of(0), &good), RenderError::NoFrames);
    let frames = u64::from(MAX_FRAMES) + 1;
    let too_many = RenderError::TooManyFrames { frames, width: 9, height: 9 };
    assert_eq!(refused(of(MAX_FRAMES + 1), &good), too_many);
    let nothing = RenderError::NoPixels { width: 0, height: 0 };
    assert_eq!(refused(scaled(Scale::Exact(0)), &good), nothing);
    assert_eq!(refused(scaled(Scale::Tight(0)), &good), nothing);
    assert_eq!(refused(of(8), &settings(0, 0)), nothing);
    let too_large = |plan: Sprites, settings: &Settings| {
        let error = refused(plan, settings);
        assert!(matches!(error, RenderError::TooLarge { .. }), "{error}");
    };
    too_large(scaled(Scale::Tight(u32::MAX)), &good);
    too_large(scaled(Scale::Tight(9000)), &good);
    too_large(of(8), &settings(MAX_SIDE, 5));
    too_large(of(1), &settings(u32::MAX, u32::MAX));
    too_large(scaled(Scale::Exact(1)), &settings(u32::MAX, 1));
    too_large(Sprites { spacing: u32::MAX, ..of(8) }, &good);
    too_large(Sprites { padding: u32::MAX, ..scaled(Scale::Tight(1)) }, &good);

    let lost = Sprites { start_deg: f64::NAN, tilt: Tilt::Degrees(f64::INFINITY), ..of(1) };
    let level = Sprites { tilt: Tilt::Level, ..of(1) };
    assert!(take(&drawn, &lost, &good) == take(&drawn, &level, &good));
    let padded = Sprites { padding: u32::MAX, ..of(2) };
    assert!(take(&drawn, &padded, &good).is_ok());
    let empty = take(&Volume::new(), &of(8), &good).unwrap();
    assert!(empty.sheet.picture.pixels.iter().all(|pixel| *pixel == [0; 4]));
}

#[test]
fn a_model_as_wide_as_the_world_has_sprites() {
    let ends = [[i32::MIN; 3], [i32::MAX; 3]].map(Coord::from);
    let drawn: Volume = ends.map(|at| (at, Voxel::WHITE)).into_iter().collect();
    let sprites = take(&drawn, &Sprites::default(), &settings(16, 16)).unwrap();
    assert_eq!(sprites.sheet.frames.len(), 8);
    let plan = Sprites { scale: Scale::Exact(2), tilt: Tilt::Level, ..Sprites::default() };
    assert!(take(&drawn, &plan, &settings(16, 16)).is_ok());
}
