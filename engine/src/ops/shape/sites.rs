//! Which bricks a region may cover: found from whole blocks down, so that a thin diagonal
//! costs its own bricks and not the box around it.

use super::region::{Block, Region, Verdict};
use super::wall;
use crate::volume::{Bounds, BrickCoord};
use std::collections::VecDeque;

/// A brick to write to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub home: BrickCoord,
    /// Whether it is known to be covered wholly, inside the bounds looked in.
    pub is_full: bool,
}

/// The bricks within `bounds` that the hollowed region may cover. `None` when more than
/// `room` are covered wholly, or so many more than `room` would have to be looked at that
/// the region is as good as out of reach.
pub(crate) fn sites(
    region: &impl Region,
    wall: u32,
    bounds: Bounds,
    room: usize,
) -> Option<Vec<Site>> {
    let most = room.saturating_mul(4).saturating_add(64);
    let mut open = VecDeque::from([Span::of(bounds)]);
    let mut sites = Vec::new();
    let mut blocks: Vec<Span> = Vec::new();
    let mut full = 0u128;
    // Largest first: a region that is far too large shows it after a few blocks.
    while let Some(span) = open.pop_front() {
        let (low, high) = (span.low.bounds().min, span.high.bounds().max);
        let block = Bounds { min: low, max: high };
        match wall::judge(region, &Block::of(block), wall) {
            Verdict::Outside => {}
            Verdict::Inside if block.intersection(bounds) == Some(block) => {
                full += block.bricks();
                blocks.push(span);
            }
            _ if span.low == span.high => sites.push(Site { home: span.low, is_full: false }),
            _ => open.extend(span.halves()),
        }
        if full > room as u128 || open.len() + sites.len() > most {
            return None;
        }
    }
    sites.reserve(full as usize);
    sites.extend(
        blocks.iter().flat_map(|span| span.homes()).map(|home| Site { home, is_full: true }),
    );
    Some(sites)
}

/// A box of bricks, both corners included.
#[derive(Clone, Copy, Debug)]
struct Span {
    low: BrickCoord,
    high: BrickCoord,
}

impl Span {
    fn of(bounds: Bounds) -> Self {
        Self { low: bounds.min.brick(), high: bounds.max.brick() }
    }

    /// Cut across its longest axis; for a box of at least two bricks.
    fn halves(self) -> [Span; 2] {
        let (low, high) = (array(self.low), array(self.high));
        let longest = (0..3).max_by_key(|axis| high[*axis] - low[*axis]).unwrap_or(0);
        let (mut below, mut above) = (high, low);
        below[longest] = low[longest] + (high[longest] - low[longest]) / 2;
        above[longest] = below[longest] + 1;
        [Span { low: self.low, high: brick(below) }, Span { low: brick(above), high: self.high }]
    }

    fn homes(self) -> impl Iterator<Item = BrickCoord> {
        let Self { low, high } = self;
        (low.z..=high.z).flat_map(move |z| {
            (low.y..=high.y)
                .flat_map(move |y| (low.x..=high.x).map(move |x| BrickCoord { x, y, z }))
        })
    }
}

fn array(at: BrickCoord) -> [i32; 3] {
    [at.x, at.y, at.z]
}

const fn brick([x, y, z]: [i32; 3]) -> BrickCoord {
    BrickCoord { x, y, z }
}
