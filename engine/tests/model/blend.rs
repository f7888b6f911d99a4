//! How voxels meet (spec/engine.md 2), from its table.

use crate::state::{EMPTY, Rgba, Voxels, get, put};
use goxel_engine::volume::BlendMode;

pub fn combine(a: Rgba, b: Rgba, mode: BlendMode) -> Rgba {
    let [aa, ab] = [a[3], b[3]].map(u64::from);
    let colour = |f: &dyn Fn(u64, u64) -> u64, alpha: u64| {
        let channel = |i: usize| f(u64::from(a[i]), u64::from(b[i])) as u8;
        [channel(0), channel(1), channel(2), alpha as u8]
    };
    let of_a = |a: u64, _: u64| a;
    let of_b = |_: u64, b: u64| b;
    let result = match mode {
        BlendMode::Over => {
            let below = 255 * ab + aa * (255 - ab);
            let mix = |a: u64, b: u64| (255 * b * ab + a * aa * (255 - ab)) / below.max(1);
            colour(&mix, ab + aa * (255 - ab) / 255)
        }
        BlendMode::Sub => colour(&of_a, aa.saturating_sub(ab)),
        BlendMode::SubClamp => colour(&of_a, aa.min(255 - ab)),
        BlendMode::Paint => colour(&|a, b| (a * (255 - ab) + b * ab) / 255, aa),
        // Spec 3, the correction: no coverage changes nothing.
        BlendMode::Max if ab == 0 => a,
        BlendMode::Max => colour(&of_b, aa.max(ab)),
        BlendMode::Intersect => colour(&of_a, aa.min(ab)),
        BlendMode::IntersectFill => colour(&of_b, aa.min(ab)),
        BlendMode::MultAlpha => colour(&|a, _| a * ab / 255, aa * ab / 255),
        BlendMode::Replace => b,
    };
    if result[3] == 0 { EMPTY } else { result }
}

/// Spec 4, compositing: voxel by voxel over all places of both.
pub fn merged(below: &Voxels, above: &Voxels, mode: BlendMode) -> Voxels {
    let mut all = Voxels::default();
    for at in below.keys().chain(above.keys()) {
        put(&mut all, *at, combine(get(below, at), get(above, at), mode));
    }
    all
}

/// As [`merged`] with OVER, in place.
pub fn lay_over(below: &mut Voxels, above: &Voxels) {
    for (at, voxel) in above {
        let met = combine(get(below, at), *voxel, BlendMode::Over);
        put(below, *at, met);
    }
}
