use super::*;
use crate::ops::{Neighbors, Shape, Solid, Tolerance};
use crate::volume::Voxel;
use proptest::prelude::*;
use std::collections::HashSet;

const NEIGHBORS: [Neighbors; 3] = [Neighbors::Faces, Neighbors::Edges, Neighbors::Corners];

fn spread(neighbors: Neighbors, tolerance: u8) -> Spread {
    Spread { neighbors, tolerance: Tolerance::Neighbor(tolerance), within: None }
}

fn cube(low: [i32; 3], edge: i32) -> Bounds {
    let low = Coord::from(low);
    Bounds::around(low, low.offset([edge - 1; 3]).unwrap())
}

fn filled(boxes: &[Bounds]) -> Volume {
    let mut volume = Volume::new();
    for bounds in boxes {
        Solid::filling(Shape::Cube, *bounds).fill(&mut volume, Voxel::WHITE);
    }
    volume
}

/// The sizes of the components and how many there are.
#[track_caller]
fn check(volume: &Volume, spread: &Spread, limit: usize, sizes: &[u64], count: u64) {
    let found = components(volume, spread, limit);
    let listed: Vec<u64> = found.largest.iter().map(|component| component.voxels).collect();
    assert_eq!((listed.as_slice(), found.count), (sizes, count), "{spread:?}");
}

#[test]
fn the_largest_come_first_and_all_are_counted() {
    let boxes = [cube([0; 3], 3), cube([40, 0, 0], 40), cube([-9, 0, 0], 3), cube([0, 0, 99], 4)];
    let volume = filled(&boxes);
    let found = components(&volume, &spread(Neighbors::Faces, 255), 9);
    let listed: Vec<_> = found.largest.iter().map(|one| (one.bounds, one.first)).collect();
    let order = [boxes[1], boxes[3], boxes[2], boxes[0]].map(|bounds| (bounds, bounds.min));
    assert_eq!(listed, order);
    check(&volume, &spread(Neighbors::Faces, 255), 2, &[64_000, 64], 4);
    check(&volume, &spread(Neighbors::Faces, 255), 0, &[], 4);
    check(&volume, &spread(Neighbors::Faces, 255), usize::MAX, &[64_000, 64, 27, 27], 4);
    check(&Volume::new(), &spread(Neighbors::Faces, 255), 2, &[], 0);
}

#[test]
fn edges_and_corners_connect_where_asked() {
    for at in [[0; 3], [15, 16, -1]] {
        let step = |by: [i32; 3]| Coord::from(at).offset(by).unwrap();
        let places = [step([0; 3]), step([1, 1, 0]), step([2, 2, -1])];
        let volume: Volume = places.into_iter().map(|at| (at, Voxel::WHITE)).collect();
        check(&volume, &spread(Neighbors::Faces, 255), 9, &[1, 1, 1], 3);
        check(&volume, &spread(Neighbors::Edges, 255), 9, &[2, 1], 2);
        check(&volume, &spread(Neighbors::Corners, 255), 9, &[3], 1);
    }
}

#[test]
fn colours_part_what_touches_unless_they_are_off() {
    let reds = [10, 10, 12, 15, 10];
    let voxel = |(x, red)| (Coord::new(x + 14, 0, 0), Voxel::rgb(red, 0, 0));
    let volume: Volume = (0..).zip(reds).map(voxel).collect();
    check(&volume, &spread(Neighbors::Faces, 0), 9, &[2, 1, 1, 1], 4);
    check(&volume, &spread(Neighbors::Faces, 2), 9, &[3, 1, 1], 3);
    check(&volume, &spread(Neighbors::Faces, 255), 9, &[5], 1);
    let seed = Spread { tolerance: Tolerance::Seed(2), ..Spread::default() };
    check(&volume, &seed, 9, &[3, 1, 1], 3);
}

#[test]
fn a_comb_is_joined_by_its_last_brick() {
    let teeth =
        (0..40).map(|i| Bounds::around(Coord::new(4 * i, 0, 0), Coord::new(4 * i + 1, 1, 200)));
    let mut boxes: Vec<_> = teeth.collect();
    let apart = filled(&boxes);
    check(&apart, &spread(Neighbors::Corners, 255), 1, &[804], 40);
    boxes.push(Bounds::around(Coord::new(0, 0, 200), Coord::new(159, 0, 200)));
    let joined = filled(&boxes);
    check(&joined, &spread(Neighbors::Faces, 255), 2, &[joined.filled()], 1);
}

#[test]
fn a_chequered_cube_is_all_single_voxels_or_one() {
    let odd = |at: &[i32; 3]| at.iter().sum::<i32>() % 2 != 0;
    let places = (0..40i32.pow(3)).map(|i| [i % 40, i / 40 % 40, i / 1600]);
    let volume: Volume = places.filter(odd).map(|at| (at.into(), Voxel::WHITE)).collect();
    check(&volume, &spread(Neighbors::Faces, 255), 3, &[1, 1, 1], 32_000);
    check(&volume, &spread(Neighbors::Edges, 255), 3, &[32_000], 1);
    let first = components(&volume, &spread(Neighbors::Faces, 255), 2).largest;
    assert_eq!(first.iter().map(|one| one.first.x).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn the_ends_of_space_do_not_meet() {
    let ends = [[i32::MIN; 3], [i32::MAX; 3], [i32::MIN, 0, 0], [i32::MAX, 0, 0]];
    let volume: Volume = ends.map(|at| (at.into(), Voxel::WHITE)).into_iter().collect();
    check(&volume, &spread(Neighbors::Corners, 255), 9, &[1; 4], 4);
}

/// The same components, one voxel after the other.
fn plain(volume: &Volume, spread: &Spread, most: u8) -> Vec<Component> {
    let inside = |at: Coord| spread.within.is_none_or(|bounds| bounds.contains(at));
    let alike = |a: Voxel, b: Voxel| (0..3).all(|c| a.0[c].abs_diff(b.0[c]) <= most);
    let axes = 1 + NEIGHBORS.iter().position(|n| *n == spread.neighbors).unwrap() as i32;
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (first, _) in volume.voxels().filter(|(at, _)| inside(*at)) {
        let mut open = vec![first];
        let mut group: Vec<Coord> = Vec::new();
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            group.push(at);
            for step in (0..27).map(|i| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1]) {
                let near = (1..=axes).contains(&step.iter().map(|n: &i32| n.abs()).sum());
                open.extend(at.offset(step).filter(|next| {
                    let (here, there) = (volume.get(at), volume.get(*next));
                    near && inside(*next) && !there.is_empty() && alike(here, there)
                }));
            }
        }
        let places = group.iter().map(|at| Bounds { min: *at, max: *at });
        if let Some(bounds) = places.reduce(Bounds::union) {
            found.push(Component { voxels: group.len() as u64, bounds, first });
        }
    }
    // A stable sort: what is as large stays in the order of the voxels.
    found.sort_by_key(|component| Reverse(component.voxels));
    found
}

proptest! {
    #[test]
    fn components_by_bricks_are_components_by_voxels(
        base in prop::sample::select(vec![[0; 3], [1 << 20, -16, 16], [i32::MAX - 17, 0, i32::MIN + 17]]),
        solid in prop::option::of(0u8..3),
        voxels in prop::collection::vec(([-18..18i32, -3..6i32, -6..20i32], 0u8..5), 1..3000),
        which in 0..3usize,
        most in prop::sample::select(vec![0u8, 2, 255]),
        boxed in any::<bool>(),
        (low, size) in ([-18..2i32, -3..2i32, -6..9i32], [5..30i32, 1..7i32, 5..30i32]),
        limit in 0..9usize,
    ) {
        let place = |at: [i32; 3]| Coord::from(base).offset(at);
        let voxel = |n: u8| Voxel([10 + 2 * n, 10, 10 + n % 2, 255 * u8::from(n < 3)]);
        let mut volume = Volume::new();
        if let (Some(n), Some(middle)) = (solid, place([0; 3])) {
            let whole = Solid::filling(Shape::Cube, middle.brick().bounds());
            whole.fill(&mut volume, voxel(n));
        }
        volume.write(voxels.iter().filter_map(|(at, n)| Some((place(*at)?, voxel(*n)))));
        let corners = place(low).zip(place([0, 1, 2].map(|axis| low[axis] + size[axis])));
        let within = corners.filter(|_| boxed).map(|(low, high)| Bounds::around(low, high));
        let spread = Spread { within, ..spread(NEIGHBORS[which], most) };
        let expected = plain(&volume, &spread, most);
        let all = components(&volume, &spread, usize::MAX);
        prop_assert_eq!(all.count, expected.len() as u64);
        prop_assert_eq!(&all.largest, &expected);
        let some = components(&volume, &spread, limit);
        prop_assert_eq!(some.count, all.count);
        prop_assert_eq!(&some.largest, &expected[..limit.min(expected.len())]);
    }
}
