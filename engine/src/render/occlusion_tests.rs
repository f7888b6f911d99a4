use super::*;
use crate::render::simd::Simd;
use crate::render::{Camera, Preset};
use crate::volume::{Coord, Volume, Voxel};

/// The same number as the tables hold, by rays that the walk follows one by one.
fn met_by_rays(grid: &Grid<'_>, cell: [u32; 3], side: usize) -> u8 {
    let low = grid.frame().low;
    let start = start(side);
    let origin = [0, 1, 2].map(|axis| (i64::from(cell[axis]) - low[axis]) as f64 + start[axis]);
    let met = |ray: &usize| {
        let time = grid.trace_from(origin, direction(side, *ray), cell);
        time.is_some_and(|time| time <= f64::from(REACH))
    };
    (0..RAYS).filter(met).count() as u8
}

/// Compares all faces before which the cells of a brick lie, in all levels.
#[track_caller]
fn check(volume: &Volume, at: Coord) -> usize {
    let bounds = volume.bounds().unwrap();
    let grid = Grid::new(volume, bounds, [0; 3]);
    let camera = Camera::preset(Preset::Front, bounds);
    let first = at.to_array().map(|value| (value as u32 ^ 1 << 31) & !15);
    let mut faces = 0;
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        let sight = Sight::new(&grid, bounds, &camera, [9, 9], simd);
        let mut occlusion = Occlusion::new(true);
        for (side, place) in (0..6u8).flat_map(|side| (0..16 * 16 * 16).map(move |at| (side, at))) {
            let local = [place % 16, place / 16 % 16, place / 256];
            let cell = [0, 1, 2].map(|axis| first[axis] + local[axis]);
            let expected = if is_face(&grid, cell, side) {
                faces += 1;
                met_by_rays(&grid, cell, usize::from(side))
            } else {
                NONE
            };
            let found = occlusion.table(&sight, cell, side)[place_in(cell)];
            assert_eq!(found, expected, "{simd:?} side {side} cell {local:?}");
        }
    }
    faces
}

fn is_face(grid: &Grid<'_>, cell: [u32; 3], side: u8) -> bool {
    let (axis, back) = (usize::from(side / 2), if side % 2 == 1 { -1 } else { 1 });
    let mut voxel = cell;
    let Some(at) = cell[axis].checked_add_signed(back) else { return false };
    voxel[axis] = at;
    let mut near = Near::START;
    !grid.filled(cell, &mut near) && grid.filled(voxel, &mut near)
}

/// Voxels at random places around a point, so many in a thousand.
fn scattered(around: Coord, edge: i32, share: u32) -> Volume {
    let mut random = 1u32;
    let mut volume = Volume::new();
    for place in 0..edge * edge * edge {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let step = [place % edge, place / edge % edge, place / edge / edge];
        let at = [around.x, around.y, around.z];
        let at = [0, 1, 2].map(|axis| at[axis].checked_add(step[axis] - edge / 2));
        if let [Some(x), Some(y), Some(z)] = at
            && (random >> 16) % 1000 < share
        {
            volume.set(Coord::new(x, y, z), Voxel::rgb(9, 9, 9));
        }
    }
    volume
}

#[test]
fn tables_agree_with_rays_one_by_one() {
    for share in [1, 20, 300] {
        let around = Coord::new(-5, 70, 3);
        assert!(check(&scattered(around, 50, share), around) > 10, "{share}");
    }
}

#[test]
fn tables_agree_with_rays_at_the_ends_of_the_world() {
    for end in [i32::MIN, i32::MAX] {
        let corner = Coord::new(end, end, end);
        let mut volume = scattered(corner, 40, 100);
        assert!(check(&volume, corner) > 10, "{end}");
        volume.set(Coord::new(!end, !end, !end), Voxel::rgb(1, 1, 1));
        assert!(check(&volume, corner) > 10, "{end}, wide");
    }
}

#[test]
fn corners_are_the_same_on_both_sides_of_a_bricks_border() {
    // Two voxels with a wall before them, over each border of bricks along each axis.
    let mut open = Vec::new();
    for shift in 0..20 {
        let mut volume = Volume::new();
        for along in 0..6 {
            volume.set(Coord::new(shift + along, shift, 0), Voxel::rgb(9, 9, 9));
        }
        volume.set(Coord::new(shift + 2, shift + 1, 1), Voxel::rgb(9, 9, 9));
        let bounds = volume.bounds().unwrap();
        let grid = Grid::new(&volume, bounds, [0; 3]);
        let camera = Camera::preset(Preset::Top, bounds);
        let sight = Sight::new(&grid, bounds, &camera, [9, 9], Simd::best());
        let mut occlusion = Occlusion::new(true);
        let corners = (0..6).map(|along| {
            let at = [shift + along, shift, 0].map(|value| value as u32 ^ 1 << 31);
            let mut near = Near::START;
            let (brick, local) = grid.find([shift + along, shift, 0], &mut near).unwrap();
            let face = Face { brick, local, axis: 2, upper: true, lanes: 1 };
            assert_eq!(sight.voxel(&face), at);
            occlusion.corners(&sight, &face).0
        });
        open.push(corners.collect::<Vec<_>>());
    }
    assert!(open.iter().all(|corners| corners == &open[0]), "{open:?}");
    assert!(open[0].iter().flatten().any(|corner| *corner < 0.95), "{:?}", open[0]);
}

#[test]
fn directions_are_unit_vectors_into_the_half_space() {
    for side in 0..6 {
        for ray in 0..RAYS {
            let direction = direction(side, ray);
            let length: f64 = direction.iter().map(|value| value * value).sum();
            let out = direction[side / 2] * if side % 2 == 1 { 1.0 } else { -1.0 };
            assert!((length - 1.0).abs() < 1e-9 && out > 0.0, "{side}: {direction:?}");
        }
    }
}

#[test]
fn no_path_leaves_the_bricks_around() {
    for side in 0..6 {
        for ray in 0..RAYS {
            let cells = cells(side, direction(side, ray));
            assert!(cells.len() >= 15, "{side} {ray}: {}", cells.len());
            assert!(cells.iter().flatten().all(|step| step.abs() < BRICK as i32));
        }
    }
}

#[test]
fn corners_are_met_and_the_middle_is_their_mean() {
    let corners = Corners([0.0, 0.2, 0.4, 1.0]);
    let at = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5)];
    let values = at.map(|(u, v)| corners.at(u, v));
    assert_eq!(values, [0.0, 0.2, 0.4, 1.0, 0.4]);
}
