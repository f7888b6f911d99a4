use super::*;
use crate::ops::{Shape, Solid};
use crate::volume::combine;
use proptest::prelude::*;
use std::collections::BTreeMap;

const RED: Voxel = Voxel::rgb(250, 0, 0);
const BLUE: Voxel = Voxel::rgb(0, 0, 250);

fn filled(low: [i32; 3], high: [i32; 3], voxel: Voxel) -> Volume {
    let mut volume = Volume::new();
    let bounds = Bounds::around(low.into(), high.into());
    Solid::filling(Shape::Cube, bounds).fill(&mut volume, voxel);
    volume
}

fn up(at: [i32; 3], distance: i32) -> Extrusion {
    Extrusion { at: at.into(), axis: 2, up: true, distance, tolerance: None }
}

/// What the extrusion of `volume` without a mask is.
#[track_caller]
fn check(volume: &Volume, extrusion: Extrusion, expected: &Volume) {
    let (pulled, mask) = extruded(volume, &extrusion, None, 1 << 20).unwrap();
    assert!(mask.is_none());
    assert_eq!(&pulled, expected, "{extrusion:?}");
}

/// spec/engine.md 7: outwards, the patch's voxels are copied column by column.
#[test]
fn a_face_pulled_out_grows_by_copies_of_its_columns() {
    let mut slab = filled([-20, -20, 0], [19, 19, 3], RED);
    slab.set(Coord::new(5, 5, 3), BLUE);
    let mut expected = filled([-20, -20, 0], [19, 19, 43], RED);
    expected.write((3..=43).map(|z| (Coord::new(5, 5, z), BLUE)));
    check(&slab, up([0, 0, 3], 40), &expected);
}

/// spec/engine.md 7: inwards, layers go, the patch first.
#[test]
fn a_face_pushed_in_loses_layers_beginning_with_its_own() {
    let slab = filled([-20, -20, 0], [19, 19, 40], RED);
    check(&slab, up([0, 0, 40], -3), &filled([-20, -20, 0], [19, 19, 37], RED));
    check(&slab, up([0, 0, 40], -41), &Volume::new());
    check(&slab, up([0, 0, 40], i32::MIN), &Volume::new());
}

#[test]
fn all_six_faces_move_along_their_normals() {
    let cube = filled([0; 3], [9; 3], RED);
    for axis in 0..3 {
        for (is_up, level) in [(true, 9), (false, 0)] {
            let mut at = [4; 3];
            at[usize::from(axis)] = level;
            let face = |distance| Extrusion { axis, up: is_up, ..up(at, distance) };
            let (mut low, mut high) = ([0; 3], [9; 3]);
            let moved = if is_up { &mut high } else { &mut low };
            moved[usize::from(axis)] = if is_up { 29 } else { -20 };
            check(&cube, face(20), &filled(low, high, RED));
            let moved = if is_up { &mut high } else { &mut low };
            moved[usize::from(axis)] = if is_up { 4 } else { 5 };
            check(&cube, face(-5), &filled(low, high, RED));
        }
    }
}

#[test]
fn nothing_moves_without_a_voxel_a_free_face_or_a_distance() {
    let cube = filled([0; 3], [9; 3], RED);
    let still = [
        up([0, 0, 10], 5),
        up([0, 0, 8], 5),
        up([0, 0, 9], 0),
        Extrusion { axis: 7, ..up([0, 0, 9], 5) },
    ];
    for extrusion in still {
        check(&cube, extrusion, &cube);
    }
}

/// spec/engine.md 7: 6-connected within the plane, only where the face is free.
#[test]
fn the_patch_ends_at_covered_faces_and_at_corners() {
    let mut plate = filled([0, 0, 0], [8, 8, 0], RED);
    plate.write((0..9).filter(|y| *y != 4).map(|y| (Coord::new(4, y, 1), BLUE)));
    plate.set(Coord::new(3, 4, 0), Voxel::EMPTY);
    let (pulled, _) = extruded(&plate, &up([0, 0, 0], 1), None, 99).unwrap();
    assert_eq!(pulled.filled() - plate.filled(), 4 * 9 - 1);
}

/// spec/engine.md 7: optionally colour-similar to their neighbour.
#[test]
fn the_patch_ends_where_neighbours_differ_too_much() {
    let row: Volume =
        (0..5).map(|x| (Coord::new(x, 0, 0), Voxel::rgb(10 * x as u8, 0, 0))).collect();
    let grown = |tolerance| {
        let extrusion = Extrusion { tolerance, ..up([0, 0, 0], 1) };
        extruded(&row, &extrusion, None, 99).unwrap().0.filled() - 5
    };
    assert_eq!([grown(Some(9)), grown(Some(10)), grown(None)], [1, 5, 5]);
}

/// spec/engine.md 7: optionally only in the mask, which is extruded identically.
#[test]
fn a_mask_cuts_the_patch_and_is_moved_with_it() {
    let slab = filled([0; 3], [19, 19, 3], RED);
    let mask = filled([2, 2, 0], [5, 5, 9], Voxel::WHITE);
    let pull = |distance| extruded(&slab, &up([0, 0, 3], distance), Some(&mask), 99).unwrap();
    let mut expected = slab.clone();
    expected.write(filled([2, 2, 4], [5, 5, 33], RED).voxels());
    let longer = filled([2, 2, 0], [5, 5, 33], Voxel::WHITE);
    assert_eq!(pull(30), (expected, Some(longer)));
    let (pushed, rest) = pull(-4);
    assert_eq!(slab.filled() - pushed.filled(), 64);
    assert_eq!(rest, Some(filled([2, 2, 4], [5, 5, 9], Voxel::WHITE)));
    let elsewhere = filled([2, 2, 9], [5, 5, 9], Voxel::WHITE);
    let still = extruded(&slab, &up([0, 0, 3], 5), Some(&elsewhere), 99);
    assert_eq!(still, Some((slab.clone(), Some(elsewhere))));
}

#[test]
fn a_pull_is_cut_at_the_end_of_space_and_refused_beyond_its_room() {
    let top = filled([0, 0, i32::MAX - 20], [3, 3, i32::MAX - 20], RED);
    let whole = filled([0, 0, i32::MAX - 20], [3, 3, i32::MAX], RED);
    check(&top, up([0, 0, i32::MAX - 20], i32::MAX), &whole);
    check(&whole, up([0, 0, i32::MAX], 9), &whole);
    let bottom = filled([0, 0, i32::MIN], [3, 3, i32::MIN], RED);
    check(&bottom, Extrusion { up: false, ..up([0, 0, i32::MIN], i32::MAX) }, &bottom);
    check(&bottom, Extrusion { up: false, ..up([0, 0, i32::MIN], -1) }, &Volume::new());
    assert_eq!(extruded(&bottom, &up([0, 0, i32::MIN], i32::MAX), None, 1 << 20), None);
    let low = filled([0; 3], [17, 3, 0], RED);
    let room = |room| extruded(&low, &up([0; 3], 40), None, room).is_some();
    assert_eq!([room(5), room(6)], [false, true]);
}

/// The same, one voxel after the other; the volume and the mask are maps.
fn plain(
    volume: &Volume,
    extrusion: &Extrusion,
    mask: Option<&Volume>,
) -> (Volume, Option<Volume>) {
    let axis = usize::from(extrusion.axis);
    let step = |n: i32| {
        let mut step = [0; 3];
        step[axis] = if extrusion.up { n } else { -n };
        step
    };
    let is_free = |at: Coord| {
        !volume.get(at).is_empty()
            && at.offset(step(1)).is_none_or(|next| volume.get(next).is_empty())
    };
    let mut patch = BTreeMap::new();
    let mut open = vec![(extrusion.at, volume.get(extrusion.at))];
    while let Some((at, from)) = open.pop() {
        let voxel = volume.get(at);
        let most = extrusion.tolerance.unwrap_or(255);
        let near = (0..3).all(|i| voxel.0[i].abs_diff(from.0[i]) <= most);
        if is_free(at) && near && patch.insert(at.order(), at).is_none() {
            for side in (0..3).filter(|side| *side != axis) {
                for sign in [-1, 1] {
                    let mut by = [0; 3];
                    by[side] = sign;
                    open.extend(at.offset(by).map(|next| (next, voxel)));
                }
            }
        }
    }
    let moved = |old: &Volume| {
        let mut new = old.clone();
        for at in patch.values().filter(|at| mask.is_none_or(|m| !m.get(**at).is_empty())) {
            let count = extrusion.distance;
            let levels = if count > 0 { 1..=count } else { count + 1..=0 };
            let mode = if count > 0 { BlendMode::Over } else { BlendMode::Sub };
            for place in levels.filter_map(|n| at.offset(step(n))) {
                new.set(place, combine(old.get(place), old.get(*at), mode));
            }
        }
        new
    };
    (moved(volume), mask.map(moved))
}

proptest! {
    #[test]
    fn an_extrusion_by_bricks_is_one_by_voxels(
        base in prop::sample::select(vec![[0; 3], [i32::MAX - 9, i32::MIN + 9, i32::MAX - 12]]),
        voxels in prop::collection::vec(([-9..10i32, -9..10i32, -9..10i32], 0u8..6), 400..4000),
        picked in prop::collection::vec(any::<prop::sample::Index>(), 4),
        (axis, up, tolerance) in (0u8..3, any::<bool>(), prop::option::of(0u8..4)),
        distance in -40..40i32,
        masked in prop::option::of(0..9i32),
    ) {
        let place = |at: [i32; 3]| Coord::from(base).offset(at);
        let alphas = [255, 255, 255, 100, 30, 0];
        let voxel = |n: u8| Voxel([10 + 2 * (n & 1), n / 4, 10, alphas[usize::from(n)]]);
        let volume: Volume =
            voxels.iter().filter_map(|(at, n)| Some((place(*at)?, voxel(*n)))).collect();
        let mask: Option<Volume> = masked.map(|part| {
            let is_in = |at: Coord| (at.x ^ at.y ^ at.z).rem_euclid(10) > part;
            volume.voxels().filter(|(at, _)| is_in(*at)).map(|(at, _)| (at, Voxel::WHITE)).collect()
        });
        for index in picked {
            let Some(at) = place(index.get(&voxels).0) else { continue };
            let extrusion = Extrusion { at, axis, up, distance, tolerance };
            let pulled = extruded(&volume, &extrusion, mask.as_ref(), 1 << 20);
            prop_assert_eq!(pulled, Some(plain(&volume, &extrusion, mask.as_ref())));
        }
    }
}
