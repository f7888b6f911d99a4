//! Cells alone and many together.

use super::table::share_a_face;
use super::*;
use crate::volume::{Bounds, Coord, Volume};
use std::collections::HashMap;

type Place = [i32; 3];

/// All triangles around a volume, each corner in eighths of a voxel from voxel centre 0 and
/// with the edge that it lies on: its lower end and its axis.
fn triangles(volume: &Volume, style: Style) -> Vec<[(Place, (Place, usize)); 3]> {
    let Bounds { min, max } = volume.bounds().unwrap();
    let mut all = Vec::new();
    for z in min.z - 1..=max.z {
        for y in min.y - 1..=max.y {
            for x in min.x - 1..=max.x {
                let cell = [x, y, z];
                let surface = Surface::new(&corners(volume, cell), style);
                for triangle in surface.triangles() {
                    all.push(triangle.edges.map(|edge| {
                        let at = surface.points[usize::from(edge)].at;
                        let place = [0, 1, 2].map(|i| cell[i] * 8 + i32::from(at[i]));
                        (place, home(cell, edge))
                    }));
                }
            }
        }
    }
    all
}

fn corners(volume: &Volume, cell: Place) -> [Voxel; 8] {
    CORNERS.map(|corner| {
        let at = [0, 1, 2].map(|axis| cell[axis] + i32::from(corner[axis]));
        volume.get(Coord::from(at))
    })
}

/// An edge of a cell among all edges.
fn home(cell: Place, edge: u8) -> (Place, usize) {
    let [a, b] = EDGES[usize::from(edge)].map(|corner| CORNERS[usize::from(corner)]);
    let axis = (0..3).find(|axis| a[*axis] != b[*axis]).unwrap();
    ([0, 1, 2].map(|i| cell[i] + i32::from(a[i].min(b[i]))), axis)
}

/// Numbers that look random.
fn random(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        (state >> (state >> 28) ^ state).wrapping_mul(277_803_737) >> 8
    }
}

fn noise(seed: u32, edge: i32, mut alpha: impl FnMut(u32) -> u8) -> Volume {
    let mut next = random(seed);
    let mut volume = Volume::new();
    for place in 0..edge * edge * edge {
        let at = Coord::new(place % edge, place / edge % edge, place / edge / edge);
        volume.set(at, Voxel([9, 9, 9, alpha(next())]));
    }
    volume
}

/// Six times the volume that triangles enclose, in eighths of a voxel cubed.
fn enclosed<T>(triangles: &[[(Place, T); 3]]) -> i64 {
    let det = |[a, b, c]: [[i64; 3]; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1])
            + a[1] * (b[2] * c[0] - b[0] * c[2])
            + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    let places = |triangle: &[(Place, T); 3]| [0, 1, 2].map(|i| triangle[i].0.map(i64::from));
    triangles.iter().map(|triangle| det(places(triangle))).sum()
}

/// That every side of a triangle is the side of exactly one other, the other way round.
#[track_caller]
fn check_closed<K: Copy + Eq + std::hash::Hash + std::fmt::Debug>(triangles: &[[K; 3]]) {
    let mut sides = HashMap::new();
    for [a, b, c] in triangles {
        for side in [(*a, *b), (*b, *c), (*c, *a)] {
            *sides.entry(side).or_insert(0) += 1;
        }
    }
    for ((a, b), count) in &sides {
        assert_eq!((*count, sides.get(&(*b, *a))), (1, Some(&1)), "{a:?} to {b:?}");
    }
}

#[test]
fn every_case_lies_between_its_inside_and_its_outside() {
    for case in 0..=255u8 {
        let voxels = std::array::from_fn(|i| Voxel([1, 2, 3, (case >> i & 1) * 255]));
        let surface = Surface::new(&voxels, Style::Flat);
        let used = surface.triangles().iter().flat_map(|t| t.edges);
        let used = used.fold(0u16, |mask, edge| mask | 1 << edge);
        for (edge, ends) in EDGES.iter().enumerate() {
            let [a, b] = ends.map(|end| case >> end & 1);
            assert_eq!(used >> edge & 1 == 1, a != b, "case {case:08b}, edge {edge}");
        }
    }
}

#[test]
fn no_two_triangles_of_a_cell_meet_in_a_face() {
    for case in CASES.iter() {
        let triangles = case.triangles();
        for (index, a) in triangles.iter().enumerate() {
            for b in &triangles[..index] {
                let shared: Vec<u8> = a.iter().copied().filter(|edge| b.contains(edge)).collect();
                let in_a_face = shared.len() == 2 && share_a_face(shared[0], shared[1]);
                assert!(!in_a_face, "{triangles:?}");
            }
        }
    }
}

#[test]
fn a_surface_of_any_voxels_is_closed_and_faces_outwards() {
    for seed in 0..24 {
        let solid = [20, 50, 80, 96][seed as usize % 4];
        let volume = noise(seed, 9, |n| if n % 100 < solid { 255 } else { 0 });
        let all = triangles(&volume, Style::Flat);
        check_closed(&all.iter().map(|triangle| triangle.map(|(at, _)| at)).collect::<Vec<_>>());
        assert!(enclosed(&all) > 0, "seed {seed}");
    }
}

#[test]
fn a_surface_that_follows_alpha_is_closed_too() {
    for seed in 0..24 {
        // Between these no cut is rounded to an end, where triangles may vanish.
        let volume = noise(seed, 8, |n| if n & 256 == 0 { 0 } else { 200 + (n % 50) as u8 });
        for style in [Style::Flat, Style::Smooth] {
            let all = triangles(&volume, style);
            let homes: Vec<_> = all.iter().map(|t| t.map(|(_, home)| home)).collect();
            check_closed(&homes);
            check_closed(&all.iter().map(|t| t.map(|(at, _)| at)).collect::<Vec<_>>());
            assert!(enclosed(&all) > 0, "seed {seed}, {style:?}");
        }
    }
}

#[test]
fn any_alphas_stay_in_their_cell_and_enclose_something() {
    for seed in 0..24 {
        let volume = noise(seed, 8, |n| n as u8);
        for style in [Style::Flat, Style::Smooth] {
            assert!(enclosed(&triangles(&volume, style)) > 0, "seed {seed}, {style:?}");
        }
    }
}

#[test]
fn a_single_voxel_is_an_octahedron() {
    let volume: Volume = [(Coord::new(0, 0, 0), Voxel::WHITE)].into_iter().collect();
    let all = triangles(&volume, Style::Smooth);
    assert_eq!(all.len(), 8);
    for (place, _) in all.iter().flatten() {
        assert_eq!(place.map(i32::abs).iter().sum::<i32>(), 4, "{place:?}");
    }
    // Six times 4/3 r^3, r being four eighths.
    assert_eq!(enclosed(&all), 8 * 64);
}

#[test]
fn a_flat_wall_is_a_plane_of_one_polygon_a_cell() {
    let voxels: [Voxel; 8] =
        CORNERS.map(|[_, _, z]| if z == 0 { Voxel::WHITE } else { Voxel::EMPTY });
    let surface = Surface::new(&voxels, Style::Flat);
    let found: Vec<_> = surface.triangles().iter().map(|t| (t.normal, t.offset)).collect();
    assert_eq!(found, [([0, 0, 1], 4); 2]);
    let polygon = surface.triangles()[0].polygon;
    assert_eq!((polygon.count_ones(), surface.triangles()[1].polygon), (4, polygon));
}

#[test]
fn voxels_that_touch_along_an_edge_are_one_piece() {
    let pair = [(Coord::new(0, 0, 0), Voxel::WHITE), (Coord::new(1, 1, 0), Voxel::WHITE)];
    let all = triangles(&pair.into_iter().collect(), Style::Flat);
    assert!(enclosed(&all) > 2 * 8 * 64);
}

#[test]
fn polygons_are_divided_midway_between_colours() {
    let colors = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]];
    let voxels: [Voxel; 8] = CORNERS.map(|[x, y, z]| {
        let [r, g, b] = colors[usize::from(x + 2 * y)];
        Voxel([r, g, b, 255 * (1 - z)])
    });
    let surface = Surface::new(&voxels, Style::Flat);
    for triangle in surface.triangles() {
        for (x, y) in [(0.1, 0.1), (0.6, 0.3), (0.49, 0.51), (0.51, 0.99)] {
            let edge = surface.nearest(triangle, [x, y, 0.5]);
            let index = usize::from(x > 0.5) + 2 * usize::from(y > 0.5);
            assert_eq!(surface.points[edge].color, colors[index], "{x} {y}");
        }
    }
}

#[track_caller]
fn check_cut(ends: [u8; 2], flat: u8, smooth: u8) {
    assert_eq!([2, 8].map(|steps| eighths(ends, steps)), [flat, smooth], "{ends:?}");
    let [a, b] = ends;
    let mirrored = [8 - flat, 8 - smooth];
    assert_eq!([2, 8].map(|steps| eighths([b, a], steps)), mirrored, "{ends:?} turned around");
}

#[test]
fn edges_are_cut_where_alpha_is_one_half() {
    check_cut([255, 0], 4, 4);
    check_cut([255, 126], 8, 8);
    check_cut([255, 85], 4, 6);
    check_cut([255, 60], 4, 5);
    check_cut([170, 0], 4, 2);
    check_cut([169, 0], 0, 2);
    check_cut([127, 0], 0, 0);
    check_cut([127, 126], 0, 0);
    check_cut([128, 126], 4, 2);
}

#[test]
fn colours_come_from_the_voxel_inside() {
    let mut voxels = [Voxel([7, 7, 7, 100]); 8];
    voxels[6] = Voxel([1, 2, 3, 200]);
    let surface = Surface::new(&voxels, Style::Smooth);
    assert_eq!(surface.triangles().len(), 1);
    for point in surface.corners(&surface.triangles()[0]) {
        assert_eq!(point.color, [1, 2, 3]);
    }
}
