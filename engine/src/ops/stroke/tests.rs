//! Strokes, tubes and lines (spec/engine.md 7).

use super::*;
use crate::math::dot;
use crate::ops::model;
use crate::ops::{Shape, Symmetry};
use crate::volume::{Bounds, Coord};
use proptest::prelude::*;
use std::collections::BTreeSet;

const RED: Voxel = Voxel([255, 0, 0, 255]);
const ROOM: usize = 1 << 12;

fn cube(low: i32, high: i32) -> Volume {
    let bounds = Bounds::around(Coord::new(low, low, low), Coord::new(high, high, high));
    let mut volume = Volume::new();
    crate::ops::Solid::filling(Shape::Cube, bounds).fill(&mut volume, Voxel::WHITE);
    volume
}

/// How far a point is from a line through points, by trying places on it and closing in.
fn away(points: &[Vec3], at: Vec3) -> f64 {
    let segment = |from: Vec3, to: Vec3| {
        let along = sub(to, from);
        let square = dot(along, along);
        let share = if square > 0.0 { dot(sub(at, from), along) / square } else { 0.0 };
        length(sub(sub(at, from), scale(along, share.clamp(0.0, 1.0))))
    };
    let ends = points.windows(2).map(|pair| segment(pair[0], pair[1]));
    ends.fold(length(sub(at, points[0])), f64::min)
}

/// Whether all voxels hang together by faces, edges or corners.
fn is_connected(voxels: &BTreeSet<[i32; 3]>) -> bool {
    let mut open: Vec<_> = voxels.first().copied().into_iter().collect();
    let mut seen: BTreeSet<_> = open.iter().copied().collect();
    while let Some(at) = open.pop() {
        for step in 0..27 {
            let next = [step % 3, step / 3 % 3, step / 9];
            let next = [0, 1, 2].map(|axis| at[axis] + next[axis] - 1);
            if voxels.contains(&next) && seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen.len() == voxels.len()
}

fn places(volume: &Volume) -> BTreeSet<[i32; 3]> {
    volume.voxels().map(|(at, _)| at.to_array()).collect()
}

fn points() -> impl Strategy<Value = Vec<Vec3>> {
    // Halves as well: there a line passes through corners.
    let number = prop_oneof![-20.0..20.0f64, (-40..40i32).prop_map(|value| f64::from(value) / 2.0)];
    prop::collection::vec(prop::array::uniform3(number), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_tube_is_what_lies_within_its_radius_and_its_line(
        points in points(),
        radius in 0.0..6.0f64,
    ) {
        let painter = Painter::new(Shape::Cube, RED);
        let drawn = |radius| {
            let volume = tube(&Volume::new(), &painter, &points, radius, ROOM, Threads(2));
            places(&volume.unwrap())
        };
        let (wide, line) = (drawn(radius), drawn(0.0));
        prop_assert!(is_connected(&line));
        for point in &points {
            prop_assert!(line.contains(&point.map(|value| value.floor() as i32)));
        }
        for at in &line {
            prop_assert!(away(&points, at.map(|value| f64::from(value) + 0.5)) < 0.87);
        }
        for index in 0..54 * 54 * 54 {
            let at = [index % 54 - 27, index / 54 % 54 - 27, index / 2916 - 27];
            let near = away(&points, at.map(|value| f64::from(value) + 0.5)) <= radius;
            prop_assert_eq!(wide.contains(&at), near || line.contains(&at), "{:?}", at);
        }
    }

    // spec/engine.md 7, "Brush": a mask by MAX with white, blended once.
    #[test]
    fn a_stroke_is_its_dabs_gathered_in_a_mask(
        points in points(),
        radius in 0.3..4.0f32,
        shape in 0..3usize,
        smoothness in prop_oneof![Just(0.0f32), Just(1.0)],
        mode in prop::sample::select(vec![BlendMode::Over, BlendMode::Sub, BlendMode::Paint]),
        alpha in any::<u8>(),
        mirrors in any::<bool>(),
    ) {
        let symmetry = Symmetry { axes: [mirrors, false, false], origin: [1.0, 0.0, 0.0] };
        let shape = model::SHAPES[shape];
        let dab = Painter {
            mode: BlendMode::Max,
            smoothness,
            symmetry,
            ..Painter::new(shape, Voxel::WHITE)
        };
        let radius = f64::from(radius);
        let mut mask = Volume::new();
        let pairs: Vec<_> = points.iter().zip(points.iter().skip(1).chain(points.last())).collect();
        for (from, to) in pairs {
            let count = (length(sub(*to, *from)) / (2.0 * radius)).ceil();
            for step in 0..=count as u32 {
                let share = if step == 0 { 0.0 } else { f64::from(step) / count };
                let center = add(*from, scale(sub(*to, *from), share));
                let [x, y, z] = if share == 1.0 { *to } else { center };
                // Local x, y, z along the world's z, x, y.
                let area = Area { axes: [[0., 0., radius], [radius, 0., 0.], [0., radius, 0.]], center: [x, y, z] };
                let mut canvas = Canvas::new(&mask, None, ROOM, Threads(1));
                for area in symmetry.areas(area) {
                    canvas.paint(&dab.fill(&area).unwrap(), 0, DAB).unwrap();
                }
                mask = canvas.volume;
            }
        }
        let painter = Painter { mode, color: Voxel([200, 100, 50, alpha]), ..dab };
        let start = cube(-9, 6);
        let drawn = stroke(&start, &painter, &points, radius, ROOM, Threads(2)).unwrap();
        for (at, _) in start.voxels().chain(mask.voxels()).chain(drawn.voxels()) {
            let share = u32::from(mask.get(at).alpha()) * u32::from(alpha) / 255;
            let source = Voxel([200, 100, 50, share as u8]);
            prop_assert_eq!(drawn.get(at), crate::volume::combine(start.get(at), source, mode));
        }
    }
}

#[test]
fn tubes_and_strokes_at_the_ends_of_space_are_cut_there() {
    let painter = Painter { hollow: 1, ..Painter::new(Shape::Sphere, RED) };
    let points = [[-9.0, 3.5, 8.0], [7.5, -4.0, 2.25], [1.0, 9.0, -3.0], [-8.0, -7.0, -6.5]];
    for end in [i32::MIN, i32::MAX] {
        let moved = points.map(|point| point.map(|value| value + f64::from(end)));
        for draw in [tube, stroke] {
            let near = draw(&Volume::new(), &painter, &points, 3.5, ROOM, Threads(1)).unwrap();
            let far = draw(&Volume::new(), &painter, &moved, 3.5, ROOM, Threads(1)).unwrap();
            let shifted =
                near.voxels().filter_map(|(at, voxel)| Some((at.offset([end; 3])?, voxel)));
            assert_eq!(far, shifted.collect());
            assert!(!far.is_empty() && far.filled() < near.filled());
        }
    }
}

#[test]
fn overlapping_dabs_do_not_add_up() {
    let painter = Painter::new(Shape::Cube, Voxel([9, 9, 9, 100]));
    let points = [[0.5, 0.5, 0.5], [5.5, 0.5, 0.5], [0.5, 0.5, 0.5]];
    let drawn = stroke(&Volume::new(), &painter, &points, 2.5, ROOM, Threads(1)).unwrap();
    assert_eq!(drawn.filled(), 10 * 5 * 5);
    assert!(drawn.voxels().all(|(_, voxel)| voxel == Voxel([9, 9, 9, 100])));
}

// spec/engine.md 7, "Brush": a cylinder's axis is the world's Y in dabs.
#[test]
fn a_dab_of_a_cylinder_stands_along_y() {
    let painter = Painter::new(Shape::Cylinder, RED);
    let drawn = stroke(&Volume::new(), &painter, &[[0.0; 3]], 4.0, ROOM, Threads(1)).unwrap();
    assert_eq!(drawn.filled(), 416);
    assert!(!drawn.get(Coord::new(3, 3, 0)).is_empty());
    assert!(drawn.get(Coord::new(3, 0, 3)).is_empty());
}

#[test]
fn a_stroke_or_tube_across_all_of_space_costs_what_it_meets() {
    let (far, volume) = ([[-3e9 + 0.5, 0.5, 0.5], [3e9 + 0.5, 0.5, 0.5]], cube(-8, 7));
    let mut painter = Painter { mode: BlendMode::Sub, ..Painter::new(Shape::Cube, RED) };
    for volume in [
        stroke(&volume, &painter, &far, 0.5, 0, Threads(1)).unwrap(),
        tube(&volume, &painter, &far, 0.0, 0, Threads(1)).unwrap(),
    ] {
        assert_eq!(volume.filled(), 16 * 16 * 15 + 16 * 15);
    }
    painter.mode = BlendMode::Over;
    assert_eq!(stroke(&volume, &painter, &far, 0.5, ROOM, Threads(1)), None);
    assert_eq!(tube(&volume, &painter, &far, 0.0, ROOM, Threads(1)), None);
    painter.clip = Bounds::new(Coord::new(i32::MAX - 9, 0, 0), Coord::new(i32::MAX, 0, 0));
    for volume in [
        stroke(&Volume::new(), &painter, &far, 0.5, 2, Threads(1)).unwrap(),
        tube(&Volume::new(), &painter, &far, 0.0, 2, Threads(1)).unwrap(),
    ] {
        assert_eq!(volume.bounds(), painter.clip);
    }
}

#[test]
fn what_is_not_finite_draws_nothing() {
    let (volume, painter) = (cube(0, 3), Painter::new(Shape::Sphere, RED));
    for point in [[f64::NAN, 0., 0.], [f64::INFINITY, 0., 0.], [0., 1e200, 0.]] {
        for points in [vec![point], vec![[0.0; 3], point]] {
            assert_eq!(
                stroke(&volume, &painter, &points, 2.0, 9, Threads(1)),
                Some(volume.clone())
            );
            assert_eq!(tube(&volume, &painter, &points, 2.0, 9, Threads(1)), Some(volume.clone()));
        }
    }
    for radius in [f64::NAN, f64::INFINITY, -1.0] {
        let points = [[30.0; 3]];
        assert_eq!(stroke(&volume, &painter, &points, radius, 9, Threads(1)), Some(volume.clone()));
        assert_eq!(tube(&volume, &painter, &points, radius, 9, Threads(1)), Some(volume.clone()));
        assert_eq!(line_box([0.0; 3], [1.0; 3], radius), None);
    }
    assert_eq!(tube(&volume, &painter, &[], 1.0, 9, Threads(1)), Some(volume.clone()));
    assert_eq!(stroke(&volume, &painter, &[], 1.0, 9, Threads(1)), Some(volume));
}

#[test]
fn a_hollow_tube_is_watertight_and_its_core_is_out() {
    let (points, painter) = ([[0.5; 3], [40.5, 9.5, -3.5]], Painter::new(Shape::Cube, RED));
    let draw = |hollow, radius| {
        let painter = Painter { hollow, ..painter };
        places(&tube(&Volume::new(), &painter, &points, radius, ROOM, Threads(1)).unwrap())
    };
    let (solid, wall) = (draw(0, 6.0), draw(2, 6.0));
    let mut core = solid.clone();
    for _ in 0..2 {
        let before = core.clone();
        core.retain(|[x, y, z]| {
            let beside = [[x - 1, *y, *z], [x + 1, *y, *z], [*x, y - 1, *z]];
            let above = [[*x, y + 1, *z], [*x, *y, z - 1], [*x, *y, z + 1]];
            beside.iter().chain(&above).all(|next| before.contains(next))
        });
    }
    assert!(!core.is_empty());
    assert_eq!(wall, solid.difference(&core).copied().collect());
}

// spec/engine.md 7, "Line": local Z spans the segment.
#[test]
fn a_line_s_box_spans_the_segment() {
    let mat = line_box([1., 2., 3.], [1., 8., 3.], 1.5).unwrap();
    assert_eq!(mat.point([0., 0., -1.]), [1., 2., 3.]);
    assert_eq!(mat.point([0., 0., 1.]), [1., 8., 3.]);
    let [x, y, z] = [0, 1, 2].map(|axis| mat.column(axis));
    assert_eq!([length(x), length(y), length(z)], [1.5, 1.5, 3.0]);
    assert_eq!([dot(x, y), dot(y, z), dot(z, x)], [0.0; 3]);
    assert!(dot(cross(x, y), z) > 0.0);
    assert_eq!(line_box([1.; 3], [1.; 3], 1.0), None);
}
