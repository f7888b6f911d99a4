use super::super::spread::{Neighbors, Spread, Tolerance};
use super::*;
use crate::volume::Bounds;
use proptest::prelude::*;

fn line(reds: &[u8]) -> Volume {
    let voxel = |(x, red): (usize, &u8)| (Coord::new(x as i32, 0, 0), Voxel::rgb(*red, 0, 0));
    reds.iter().enumerate().filter(|(_, red)| **red > 0).map(voxel).collect()
}

fn over(tolerance: Tolerance) -> Spread {
    Spread { tolerance, ..Spread::default() }
}

fn all(volume: &Volume, seed: Coord, spread: &Spread) -> Volume {
    flood(volume, seed, spread, usize::MAX).unwrap()
}

#[track_caller]
fn check(reds: &[u8], seed: i32, spread: &Spread, expected: u64) {
    let region = all(&line(reds), Coord::new(seed, 0, 0), spread);
    assert_eq!(region.filled(), expected, "{reds:?} {spread:?}");
}

#[test]
fn a_flood_stops_at_another_colour_and_at_gaps() {
    check(&[9, 9, 9, 8, 9], 1, &Spread::default(), 3);
    check(&[9, 9, 0, 9], 0, &Spread::default(), 2);
}

/// spec/engine.md 6, [N] flood fill: tolerance versus the seed or versus the neighbour.
#[test]
fn tolerance_counts_from_the_seed_or_from_the_neighbour() {
    check(&[10, 12, 14, 16], 0, &over(Tolerance::Seed(4)), 3);
    check(&[10, 12, 14, 16, 19], 0, &over(Tolerance::Neighbor(2)), 4);
    check(&[10, 12, 14, 16, 19], 0, &over(Tolerance::Neighbor(1)), 1);
}

/// spec/engine.md 6, magic wand: "colours off" is 255 and takes the whole component.
#[test]
fn colours_off_takes_the_whole_component() {
    for off in [Tolerance::Seed(255), Tolerance::Neighbor(255)] {
        check(&[1, 255, 1, 255, 0, 1], 0, &over(off), 4);
    }
}

/// spec/engine.md 6, magic wand: only voxels count, and alpha is no colour.
#[test]
fn faint_voxels_exist_and_alpha_does_not_matter() {
    let voxels = [[9, 9, 9, 255], [9, 9, 9, 1], [9, 9, 9, 126]].map(Voxel);
    let row: Volume = (0..).zip(voxels).map(|(x, v)| (Coord::new(x, 0, 0), v)).collect();
    let region = all(&row, Coord::new(0, 0, 0), &Spread::default());
    assert_eq!(region.filled(), 3);
    assert!(region.voxels().all(|(_, voxel)| voxel == Voxel::WHITE));
}

#[test]
fn empty_space_is_not_flooded_without_a_box() {
    check(&[9, 0, 9], 1, &over(Tolerance::Seed(255)), 0);
}

#[test]
fn a_cavity_is_flooded_to_its_walls_and_to_the_box() {
    let outer = Bounds::around(Coord::new(-20, -20, -20), Coord::new(19, 19, 19));
    let inner = Bounds::around(Coord::new(-19, -19, -19), Coord::new(18, 18, 18));
    let mut shell = Volume::new();
    fill(&mut shell, outer, Voxel::WHITE);
    fill(&mut shell, inner, Voxel::EMPTY);
    let center = Coord::new(0, 0, 0);
    let in_box = |within| all(&shell, center, &Spread { within, ..Spread::default() }).filled();
    let far = Bounds::around(Coord::from([i32::MIN; 3]), Coord::from([i32::MAX; 3]));
    assert_eq!(in_box(Some(far)), 38 * 38 * 38);
    assert_eq!(in_box(Some(Bounds::around(center, Coord::new(99, 99, 99)))), 19 * 19 * 19);
    assert_eq!(in_box(Some(Bounds::around(Coord::new(1, 1, 1), Coord::new(9, 9, 9)))), 0);
}

#[test]
fn a_flood_that_finds_no_wall_is_refused_and_not_run_for_ever() {
    let far = Bounds::around(Coord::from([i32::MIN; 3]), Coord::from([i32::MAX; 3]));
    let spread = Spread { within: Some(far), ..Spread::default() };
    assert_eq!(flood(&line(&[9]), Coord::new(5, 5, 5), &spread, 1000), None);
}

#[test]
fn room_is_counted_in_bricks_of_the_mask() {
    let row: Volume = (0..64).map(|x| (Coord::new(x, 3, 3), Voxel::WHITE)).collect();
    let within = |room| flood(&row, Coord::new(40, 3, 3), &Spread::default(), room);
    assert_eq!(within(4), Some(row.clone()));
    assert_eq!(within(3), None);
    assert_eq!(flood(&row, Coord::new(0, 0, 0), &Spread::default(), 0), Some(Volume::new()));
}

#[test]
fn whole_bricks_of_the_mask_are_one_brick() {
    let mut cube = Volume::new();
    let high = Coord::new(255, 255, 255);
    fill(&mut cube, Bounds::around(Coord::new(0, 0, 0), high), Voxel::rgb(1, 2, 3));
    let region = all(&cube, high, &Spread::default());
    let first = region.brick(high.brick()).unwrap();
    assert_eq!(region.filled(), cube.filled());
    assert!(region.bricks().into_iter().all(|(_, brick)| std::ptr::eq(brick, first)));
}

#[test]
fn the_ends_of_space_are_walls() {
    let corner = Coord::new(i32::MAX, i32::MIN, i32::MAX);
    let volume: Volume = [(corner, Voxel::WHITE)].into_iter().collect();
    for neighbors in NEIGHBORS {
        let spread = Spread { neighbors, ..Spread::default() };
        assert_eq!(all(&volume, corner, &spread).filled(), 1);
        let low = Coord::new(i32::MAX - 20, i32::MIN, i32::MAX - 20);
        let within = Some(Bounds::around(low, Coord::new(i32::MAX, i32::MIN + 20, i32::MAX)));
        let hollow = all(&volume, low, &Spread { within, ..spread });
        assert_eq!(hollow.filled(), 21 * 21 * 21 - 1);
    }
}

fn fill(volume: &mut Volume, bounds: Bounds, voxel: Voxel) {
    crate::ops::Solid::filling(crate::ops::Shape::Cube, bounds).fill(volume, voxel);
}

const NEIGHBORS: [Neighbors; 3] = [Neighbors::Faces, Neighbors::Edges, Neighbors::Corners];

/// The same region, one voxel after the other.
fn plain(volume: &Volume, seed: Coord, spread: &Spread) -> Volume {
    let first = volume.get(seed);
    let inside = |at: Coord| spread.within.is_none_or(|bounds| bounds.contains(at));
    let near = |a: Voxel, b: Voxel, most: u8| (0..3).all(|c| a.0[c].abs_diff(b.0[c]) <= most);
    let passes = |from: Voxel, to: Voxel| match spread.tolerance {
        _ if first.is_empty() || to.is_empty() => first.is_empty() && to.is_empty(),
        Tolerance::Seed(most) => near(first, to, most),
        Tolerance::Neighbor(most) => near(from, to, most),
    };
    let most = 1 + NEIGHBORS.iter().position(|n| *n == spread.neighbors).unwrap() as i32;
    let mut region = Volume::new();
    if !inside(seed) || (first.is_empty() && spread.within.is_none()) {
        return region;
    }
    let mut open = vec![(seed, first)];
    while let Some((at, from)) = open.pop() {
        if inside(at) && passes(from, volume.get(at)) && region.get(at).is_empty() {
            region.set(at, Voxel::WHITE);
            for step in (0..27).map(|i| [i % 3 - 1, i / 3 % 3 - 1, i / 9 - 1]) {
                if (1..=most).contains(&step.iter().map(|n: &i32| n.abs()).sum()) {
                    open.extend(at.offset(step).map(|next| (next, volume.get(at))));
                }
            }
        }
    }
    region
}

prop_compose! {
    /// Voxels of few colours around a corner where eight bricks meet, some at the ends of space.
    fn clouds()(
        base in prop::sample::select(vec![[0; 3], [-16, 16, 1 << 20], [i32::MAX - 17, i32::MIN + 17, 0]]),
        most in 0u8..6,
        solid in prop::option::of(0u8..4),
        voxels in prop::collection::vec(([-18..18i32, -3..5i32, -6..7i32], 0u8..6), 1..4000),
    ) -> (Volume, Vec<Coord>) {
        let place = |at: [i32; 3]| Coord::from(base).offset(at);
        let voxel = |n: u8| Voxel([10 + 2 * n.min(most), 10, 10 + n % 2, 255 * u8::from(n != 5)]);
        let put = |(at, n): &([i32; 3], u8)| Some((place(*at)?, voxel(*n)));
        let mut volume = Volume::new();
        if let (Some(n), Some(middle)) = (solid, place([0; 3])) {
            fill(&mut volume, middle.brick().bounds(), voxel(n));
        }
        volume.write(voxels.iter().filter_map(put));
        let seeds = voxels.iter().step_by(voxels.len() / 2 + 1);
        (volume, seeds.filter_map(|(at, _)| place(*at)).collect())
    }
}

fn spreads() -> impl Strategy<Value = Spread> {
    let tolerance = prop_oneof![
        (0u8..4).prop_map(Tolerance::Seed),
        (0u8..4).prop_map(Tolerance::Neighbor),
        Just(Tolerance::Neighbor(255)),
    ];
    let neighbors = prop::sample::select(NEIGHBORS.to_vec());
    (neighbors, tolerance).prop_map(|(neighbors, tolerance)| Spread {
        neighbors,
        tolerance,
        within: None,
    })
}

proptest! {
    #[test]
    fn a_flood_by_bricks_is_a_flood_by_voxels(
        (volume, seeds) in clouds(),
        spread in spreads(),
        boxed in any::<bool>(),
        (low, high) in ([-9..2i32, -3..2i32, -9..2i32], [0..20i32, 0..9i32, 0..20i32]),
    ) {
        for seed in seeds {
            let corners = seed.offset(low).zip(seed.offset(high));
            let within = corners.filter(|_| boxed).map(|(low, high)| Bounds::around(low, high));
            let spread = Spread { within, ..spread };
            let region = all(&volume, seed, &spread);
            let expected = plain(&volume, seed, &spread);
            prop_assert_eq!(&region, &expected);
            let bricks = expected.brick_count();
            prop_assert_eq!(flood(&volume, seed, &spread, bricks), Some(region));
            prop_assert!(bricks == 0 || flood(&volume, seed, &spread, bricks - 1).is_none());
        }
    }
}
