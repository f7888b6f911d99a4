//! The walk of one ray at a time, on any machine.

use super::start::Start;
use super::tree::Tree;
use super::{End, Ends};
use crate::render::rays::Rays;
use crate::render::simd::wide::{Plain, plain_floor};

/// Bits of 2x2x2 parts inside a word, from their lowest part on.
const OCTET: u64 = 0x0033_0033;

/// Sends rays through a tree and tells which of them end at a voxel.
pub(super) fn run(tree: &Tree, rays: &Rays, ends: &mut impl Ends) {
    for ray in 0..rays.len() {
        let start = Start::new(Plain, tree, rays, ray);
        if start.enters
            && let Some(end) = follow(tree, &start)
        {
            ends.end(ray, &end);
        }
    }
}

/// Follows a ray to the voxel that it hits. Each turn goes down a level or leaves a cell.
fn follow(tree: &Tree, ray: &Start<Plain>) -> Option<End> {
    let (mut place, mut time, mut axis) = (ray.place, ray.time, ray.axis);
    let (mut node, mut s) = (tree.top(), tree.root);
    let mut word = tree.words[node];
    let mut above = [0; 10];
    loop {
        let part = |axis: usize| place[axis] >> s & 3;
        let slot = (part(0) | part(1) << 2 | part(2) << 4) ^ ray.flip;
        if word >> slot & 1 == 1 {
            if s == 0 {
                let brick = tree.links[node];
                return Some(End { time, axis, place, flip: ray.flip, brick });
            }
            above[s as usize / 2] = node;
            node = child(tree.links[node], word, slot);
            word = tree.words[node];
            s -= 2;
            continue;
        }
        let is_octet = word >> (slot & 0b10_1010) & OCTET == 0;
        let rest = (1 << (s + u32::from(is_octet))) - 1;
        let last = place.map(|at| at | rest);
        let crossing =
            |axis: usize| ((last[axis] + 1) as f32 - ray.origin[axis]) * ray.inverse[axis];
        let [x, y, z] = [crossing(0), crossing(1), crossing(2)];
        (time, axis) = if y < x { (y, 1) } else { (x, 0) };
        (time, axis) = if z < time { (z, 2) } else { (time, axis) };
        if time > ray.limit {
            return None;
        }
        for (axis, at) in place.iter_mut().enumerate() {
            let exact = ray.origin[axis] + ray.direction[axis] * time;
            *at = plain_floor(exact).min(last[axis]).max(*at);
        }
        let across = last[axis as usize] + 1;
        place[axis as usize] = across;
        let climb = (across.trailing_zeros() & !1).min(tree.root);
        if climb > s {
            s = climb;
            node = if s == tree.root { tree.top() } else { above[s as usize / 2] };
            word = tree.words[node];
        }
    }
}

/// The child in a slot that is taken.
fn child(link: u32, word: u64, slot: i32) -> usize {
    let below = (1 << (slot & 31)) - 1;
    if slot < 32 {
        link as usize - (word as u32 & !below).count_ones() as usize
    } else {
        link as usize + ((word >> 32) as u32 & below).count_ones() as usize
    }
}
