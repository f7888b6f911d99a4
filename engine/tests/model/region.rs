//! Floods, neighbours, extrusion: by breadth first search over hash maps.

use crate::blend::combine;
use crate::state::{At, Cuboid, EMPTY, Places, Refused, Rgba, Voxels, get, offset, put};
use goxel_engine::ops::{Extrusion, Morph, Neighbors, Spread, Tolerance};
use goxel_engine::volume::BlendMode;
use std::collections::VecDeque;

/// What the flood of an empty place may reach here; all else has no end that limits allow.
const LARGEST_CAVE: usize = 1 << 13;

/// The steps to neighbours: by faces, by edges, by corners, each by z, y, x.
pub fn steps(neighbors: Neighbors) -> Vec<[i64; 3]> {
    let most = match neighbors {
        Neighbors::Faces => 1,
        Neighbors::Edges => 2,
        Neighbors::Corners => 3,
    };
    let mut steps = Vec::new();
    for sides in 1..=most {
        for z in -1..=1i64 {
            for y in -1..=1i64 {
                for x in -1..=1i64 {
                    if x.abs() + y.abs() + z.abs() == sides {
                        steps.push([x, y, z]);
                    }
                }
            }
        }
    }
    steps
}

/// The greatest difference in red, green or blue.
fn apart(a: Rgba, b: Rgba) -> u8 {
    (0..3).map(|i| a[i].abs_diff(b[i])).max().unwrap_or(0)
}

/// What is reached from `seed` where `open` lets from one place to the next.
fn reached(seed: At, steps: &[[i64; 3]], open: impl Fn(&At, &At) -> bool) -> Places {
    reached_within(usize::MAX, seed, steps, open).unwrap_or_default()
}

/// `None` when more than `most` places are reached.
fn reached_within(
    most: usize,
    seed: At,
    steps: &[[i64; 3]],
    open: impl Fn(&At, &At) -> bool,
) -> Option<Places> {
    let mut found = Places::default();
    let mut queue = VecDeque::from([seed]);
    found.insert(seed);
    while let Some(at) = queue.pop_front() {
        if found.len() > most {
            return None;
        }
        for step in steps {
            let Some(next) = offset(&at, *step) else { continue };
            if !found.contains(&next) && open(&at, &next) {
                found.insert(next);
                queue.push_back(next);
            }
        }
    }
    Some(found)
}

/// Spec 6: the voxels connected to a voxel, or the empty places of a box around an empty one.
pub fn flood(voxels: &Voxels, seed: At, spread: &Spread) -> Result<Places, Refused> {
    let within = spread.within.map(Cuboid::from);
    let inside = |at: &At| within.is_none_or(|cuboid| cuboid.holds(at));
    if !inside(&seed) {
        return Ok(Places::default());
    }
    let steps = steps(spread.neighbors);
    let colour = get(voxels, &seed);
    if colour != EMPTY {
        return Ok(reached(seed, &steps, |from, to| {
            let next = get(voxels, to);
            next != EMPTY
                && inside(to)
                && match spread.tolerance {
                    Tolerance::Seed(most) => apart(colour, next) <= most,
                    Tolerance::Neighbor(most) => apart(get(voxels, from), next) <= most,
                }
        }));
    }
    match within {
        None => Ok(Places::default()),
        // Only a cave has an end in a box as large as space.
        Some(_) => {
            let open = |_: &At, to: &At| inside(to) && !voxels.contains_key(to);
            reached_within(LARGEST_CAVE, seed, &steps, open).ok_or(Refused)
        }
    }
}

pub fn morphed(voxels: &Voxels, morph: Morph, neighbors: Neighbors, times: u32) -> Voxels {
    if morph == Morph::Hollow {
        let core = morphed(voxels, Morph::Erode, neighbors, times);
        let kept = |at: &At| times == 0 || !core.contains_key(at);
        return voxels.iter().filter(|(at, _)| kept(at)).map(|(at, v)| (*at, *v)).collect();
    }
    let steps = steps(neighbors);
    let mut before: Option<Voxels> = None;
    let mut now = voxels.clone();
    for _ in 0..times {
        let next = match morph {
            Morph::Dilate => dilated(&now, &steps),
            Morph::Erode => eroded(&now, &steps),
            _ => smoothed(&now),
        };
        let back = morph == Morph::Smooth && before.as_ref() == Some(&next);
        if next == now || back {
            break;
        }
        before = Some(std::mem::replace(&mut now, next));
    }
    now
}

fn dilated(voxels: &Voxels, steps: &[[i64; 3]]) -> Voxels {
    let mut grown = voxels.clone();
    for at in voxels.keys() {
        for step in steps {
            let Some(new) = offset(at, *step).filter(|new| !voxels.contains_key(new)) else {
                continue;
            };
            let around = steps.iter().filter_map(|step| offset(&new, *step));
            let first = around.filter_map(|at| voxels.get(&at)).next();
            grown.insert(new, *first.expect("it has a neighbour"));
        }
    }
    grown
}

/// Beyond the ends of space all is empty.
fn eroded(voxels: &Voxels, steps: &[[i64; 3]]) -> Voxels {
    let filled = |at: Option<At>| at.is_some_and(|at| voxels.contains_key(&at));
    let stays = |at: &At| steps.iter().all(|step| filled(offset(at, *step)));
    voxels.iter().filter(|(at, _)| stays(at)).map(|(at, voxel)| (*at, *voxel)).collect()
}

/// A place is filled when at least 14 of the 27 around it are.
fn smoothed(voxels: &Voxels) -> Voxels {
    let steps = steps(Neighbors::Corners);
    let near = |at: &At| steps.iter().filter_map(|step| offset(at, *step)).collect::<Vec<_>>();
    let candidates: Places =
        voxels.keys().flat_map(|at| near(at).into_iter().chain([*at])).collect();
    let mut result = Voxels::default();
    for at in candidates {
        let around: Vec<Rgba> = near(&at).iter().filter_map(|at| voxels.get(at).copied()).collect();
        let own = voxels.get(&at).copied();
        if around.len() + usize::from(own.is_some()) >= 14 {
            result.insert(at, own.unwrap_or_else(|| most_frequent(&around)));
        }
    }
    result
}

/// Of several the first.
fn most_frequent(all: &[Rgba]) -> Rgba {
    let count = |voxel: &Rgba| all.iter().filter(|other| *other == voxel).count();
    let mut best = all[0];
    for voxel in all {
        if count(voxel) > count(&best) {
            best = *voxel;
        }
    }
    best
}

/// Spec 7, extrude. The mask is moved likewise.
pub fn extruded(
    voxels: &Voxels,
    extrusion: &Extrusion,
    mask: &Places,
) -> Result<(Voxels, Places), Refused> {
    let axis = usize::from(extrusion.axis);
    let sign = if extrusion.up { 1 } else { -1 };
    let along = |by: i64| {
        let mut step = [0; 3];
        step[axis] = sign * by;
        step
    };
    let free = |at: &At| {
        voxels.contains_key(at)
            && offset(at, along(1)).is_none_or(|above| !voxels.contains_key(&above))
    };
    let seed = [extrusion.at.x, extrusion.at.y, extrusion.at.z];
    if !free(&seed) {
        return Ok((voxels.clone(), mask.clone()));
    }
    let mut plane = steps(Neighbors::Faces);
    plane.retain(|step| step[axis] == 0);
    let alike = |a: &At, b: &At| {
        extrusion.tolerance.is_none_or(|most| apart(get(voxels, a), get(voxels, b)) <= most)
    };
    let mut patch = reached(seed, &plane, |from, to| free(to) && alike(from, to));
    if !mask.is_empty() {
        patch.retain(|at| mask.contains(at));
    }
    let source: Vec<(At, Rgba)> = patch.iter().map(|at| (*at, get(voxels, at))).collect();
    let (mut volume, mut mask) = (voxels.clone(), mask.clone());
    if extrusion.distance > 0 {
        let end = if sign > 0 { i64::from(i32::MAX) } else { i64::from(i32::MIN) };
        let layers = i64::from(extrusion.distance).min((end - i64::from(seed[axis])).abs());
        if layers > 1 << 20 && !patch.is_empty() {
            return Err(Refused);
        }
        let masked = !mask.is_empty();
        for (at, voxel) in &source {
            for by in 1..=layers {
                let Some(to) = offset(at, along(by)) else { continue };
                let over = combine(get(&volume, &to), *voxel, BlendMode::Over);
                put(&mut volume, to, over);
                if masked {
                    mask.insert(to);
                }
            }
        }
        return Ok((volume, mask));
    }
    let depth = i64::from(extrusion.distance).abs();
    for (at, voxel) in &source {
        let under = |to: &At| {
            let down = sign * (i64::from(at[axis]) - i64::from(to[axis]));
            (0..3).all(|a| a == axis || at[a] == to[a]) && (0..depth).contains(&down)
        };
        let column: Vec<At> = volume.keys().filter(|to| under(to)).copied().collect();
        for to in column {
            let less = combine(get(&volume, &to), *voxel, BlendMode::Sub);
            put(&mut volume, to, less);
        }
        mask.retain(|to| !under(to));
    }
    Ok((volume, mask))
}
