//! Where a picture's rays may start: the empty space in front of everything is skipped.
//!
//! Before any ray is sent, the content's filled 4x4x4 cells (or whole bricks, when
//! there are many) are drawn as rectangles into a coarse grid of blocks of pixels
//! that keeps the nearest. A ray's time is its depth, so what a block keeps is a
//! time before which none of its rays can hit; a block that keeps nothing shows
//! the background. Rectangles are a little too large and times a little too
//! early, so this changes no pixel.

use super::camera::Shooter;
use super::grid::Grid;
use crate::math::{self, Vec3};

/// The edge of a block, in pixels.
const BLOCK: usize = 4;

/// The earliest start of rays per block, in a grid with a border of one block.
pub(super) struct Cover {
    columns: usize,
    rows: usize,
    starts: Vec<f64>,
    /// Nothing can be skipped any more.
    open: bool,
}

impl Cover {
    /// The cover of a picture.
    pub(super) fn new(grid: &Grid, shooter: &Shooter, width: u32, height: u32) -> Self {
        let columns = (width as usize).div_ceil(BLOCK) + 2;
        let rows = (height as usize).div_ceil(BLOCK) + 2;
        let mut cover =
            Self { columns, rows, starts: vec![f64::INFINITY; columns * rows], open: false };
        let pixels = u64::from(width) * u64::from(height);
        if grid.brick_count() as u64 * 64 <= pixels {
            let reach = shooter.reach(2.0);
            grid.for_each_cell(|middle| cover.add(shooter, &reach, middle));
        } else {
            let reach = shooter.reach(8.0);
            grid.for_each_brick(|middle| cover.add(shooter, &reach, middle));
        }
        cover
    }

    /// The time before which no ray through that point of the picture hits;
    /// infinite when none hits at all. Points up to a pixel outside may be asked for.
    #[inline]
    pub(super) fn start(&self, x: f64, y: f64) -> f64 {
        let column = block(x, self.columns);
        let row = block(y, self.rows);
        self.starts[row * self.columns + column]
    }

    /// Whether no ray through a rectangle of the picture hits.
    pub(super) fn is_clear(&self, [left, top]: [f64; 2], [right, bottom]: [f64; 2]) -> bool {
        let columns = block(left, self.columns)..=block(right, self.columns);
        let mut rows = block(top, self.rows)..=block(bottom, self.rows);
        rows.all(|row| {
            let row = &self.starts[row * self.columns..][..self.columns];
            row[columns.clone()].iter().all(|start| *start == f64::INFINITY)
        })
    }

    fn add(&mut self, shooter: &Shooter, reach: &Reach, middle: Vec3) {
        if self.open {
            return;
        }
        match shooter.footprint(middle, reach) {
            Footprint::Nothing => {}
            Footprint::Everything => {
                self.open = true;
                self.starts.fill(0.0);
            }
            Footprint::Rectangle { low: [left, top], high: [right, bottom], nearest } => {
                let columns = block(left, self.columns)..=block(right, self.columns);
                for row in block(top, self.rows)..=block(bottom, self.rows) {
                    let row = &mut self.starts[row * self.columns..][..self.columns];
                    for start in &mut row[columns.clone()] {
                        *start = start.min(nearest);
                    }
                }
            }
        }
    }
}

/// The block of a place, of `count` along an axis with the border.
#[inline]
fn block(place: f64, count: usize) -> usize {
    ((place + BLOCK as f64).max(0.0) as usize / BLOCK).min(count - 1)
}

/// How far a cube reaches from its middle: right, up and along the view.
pub(super) struct Reach {
    across: [f64; 2],
    depth: f64,
}

/// What a cube may cover of a picture.
pub(super) enum Footprint {
    /// It is behind the eye.
    Nothing,
    /// It is around the eye, or next to it.
    Everything,
    /// These pixels, not before that time.
    Rectangle { low: [f64; 2], high: [f64; 2], nearest: f64 },
}

impl Shooter {
    /// The reach of cubes with that half edge.
    pub(super) fn reach(&self, half: f64) -> Reach {
        // Wider by a hair, which swallows all rounding.
        let half = half * 1.000_001;
        let extent = |axis: Vec3| half * axis.iter().map(|value| value.abs()).sum::<f64>();
        let across = |axis: Vec3| extent(axis) / math::dot(axis, axis);
        Reach { across: [across(self.right), across(self.up)], depth: extent(self.back) }
    }

    /// What a cube may cover.
    pub(super) fn footprint(&self, middle: Vec3, reach: &Reach) -> Footprint {
        let from_eye = math::sub(middle, self.eye);
        let depth = -math::dot(from_eye, self.back);
        let (near, far) = (depth - reach.depth, depth + reach.depth);
        if far < 0.0 {
            return Footprint::Nothing;
        }
        if near < 0.5 {
            return Footprint::Everything;
        }
        let (near_scale, far_scale) =
            if self.is_parallel() { (1.0, 1.0) } else { (1.0 / near, 1.0 / far) };
        let (mut low, mut high) = ([0.0; 2], [0.0; 2]);
        for (index, axis) in [self.right, self.up].into_iter().enumerate() {
            let place = math::dot(from_eye, axis) / math::dot(axis, axis);
            let (least, most) = (place - reach.across[index], place + reach.across[index]);
            low[index] = least * if least < 0.0 { near_scale } else { far_scale };
            high[index] = most * if most > 0.0 { near_scale } else { far_scale };
        }
        // The picture's second axis points down.
        (low[1], high[1]) = (-high[1], -low[1]);
        let pixel = |place: f64, axis: usize| (place + 1.0) / self.pixel[axis];
        Footprint::Rectangle {
            low: [pixel(low[0], 0) - 0.1, pixel(low[1], 1) - 0.1],
            high: [pixel(high[0], 0) + 0.1, pixel(high[1], 1) + 0.1],
            nearest: near * 0.999_999,
        }
    }
}

#[cfg(test)]
#[path = "cover_tests.rs"]
mod tests;
