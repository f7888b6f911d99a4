//! Connected components: the groups of voxels that hang together.
//!
//! Bricks are visited once each, in the defined order. Parts are found inside a
//! brick, then joined to those of the neighbours that came before. What no later
//! brick can touch is counted and forgotten, so that memory is taken by two layers
//! of bricks at a time and by the list that is asked for.

use crate::ops::Spread;
use crate::ops::ground::{Chamber, Ground, Place, Seam, Wave};
use crate::ops::rows::Rows;
use crate::volume::{BRICK_VOXELS, Bits, Bounds, BrickCoord, Coord, Local, Volume};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The connected components of a volume, or some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Components {
    /// How many there are in all.
    pub count: u64,
    /// The largest, most voxels first; those as large by [`Component::first`].
    pub largest: Vec<Component>,
}

/// Voxels that are connected, and to no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// How many.
    pub voxels: u64,
    /// The smallest box around them.
    pub bounds: Bounds,
    /// The first of them in the defined order.
    pub first: Coord,
}

impl Component {
    fn rank(&self) -> impl Ord + use<> {
        (Reverse(self.voxels), self.first.brick().order(), self.first.order())
    }

    fn joined(self, other: Component) -> Self {
        Self {
            voxels: self.voxels + other.voxels,
            bounds: self.bounds.union(other.bounds),
            first: self.first,
        }
    }
}

/// The connected components of the voxels, at most `limit` of them listed.
///
/// Neighbours hang together when their colours differ by at most the tolerance: 255
/// ignores colours, 0 finds regions of one colour. There is no seed, so
/// `Tolerance::Seed` means the same as `Tolerance::Neighbor`. Voxels outside
/// `spread.within` do not count.
pub fn components(volume: &Volume, spread: &Spread, limit: usize) -> Components {
    let ground = Ground::of_all(volume, spread);
    let bricks = match spread.within {
        Some(bounds) => volume.bricks_in(bounds),
        None => volume.bricks(),
    };
    let mut sweep = Sweep::new(limit);
    let mut layer = None;
    for (home, _) in bricks {
        if layer.replace(home.z).is_some_and(|last| last != home.z) {
            sweep.forget_below(home.z - 1);
        }
        sweep.visit(&ground, volume, home);
    }
    sweep.forget_below(i32::MAX);
    sweep.done.listed()
}

struct Sweep {
    /// The bricks of this layer and the last in which groups go on.
    bricks: HashMap<BrickCoord, Labelled>,
    groups: Groups,
    done: Largest,
    wave: Wave,
    /// The parts of the brick being visited, and the number of each voxel's.
    parts: Vec<Part>,
    numbers: Box<[u16; BRICK_VOXELS]>,
}

/// A brick and the groups that its voxels are of.
struct Labelled {
    /// Its voxels; all when absent.
    open: Option<Box<Rows>>,
    labels: Labels,
}

enum Labels {
    /// All of it is one part, of this group.
    One(u32),
    /// Of the voxels at x = 15, y = 15 and z = 15, 256 each.
    Sides(Box<[u32; 768]>),
}

/// No group: nothing there, or nothing that a neighbour can touch.
const NOBODY: u32 = u32::MAX;

/// Connected voxels of one brick.
#[derive(Clone, Copy)]
struct Part {
    voxels: u64,
    low: [u16; 3],
    high: [u16; 3],
    first: Local,
    group: u32,
}

impl Part {
    const WHOLE: Part = Part {
        voxels: BRICK_VOXELS as u64,
        low: [0; 3],
        high: [15; 3],
        first: Local::new(0, 0, 0),
        group: NOBODY,
    };

    const fn at(first: Local) -> Self {
        Part { voxels: 0, low: [15; 3], high: [0; 3], first, group: NOBODY }
    }

    fn add(&mut self, row: usize, bits: u16) {
        let (y, z) = ((row & 15) as u16, (row >> 4) as u16);
        let low = [bits.trailing_zeros() as u16, y, z];
        let high = [15 - bits.leading_zeros() as u16, y, z];
        self.voxels += u64::from(bits.count_ones());
        self.low = [0, 1, 2].map(|axis| self.low[axis].min(low[axis]));
        self.high = [0, 1, 2].map(|axis| self.high[axis].max(high[axis]));
    }

    /// Whether it reaches the sides that the brick `step` away lies beyond.
    fn touches(&self, step: [i32; 3]) -> bool {
        (0..3).all(|axis| match step[axis] {
            0 => true,
            1 => self.high[axis] == 15,
            _ => self.low[axis] == 0,
        })
    }

    fn placed(&self, home: BrickCoord) -> Component {
        let corner = |[x, y, z]: [u16; 3]| home.at(Local::new(x, y, z));
        Component {
            voxels: self.voxels,
            bounds: Bounds { min: corner(self.low), max: corner(self.high) },
            first: home.at(self.first),
        }
    }
}

impl Sweep {
    fn new(limit: usize) -> Self {
        Self {
            bricks: HashMap::new(),
            groups: Groups(Vec::new()),
            done: Largest { limit, count: 0, list: Vec::new() },
            wave: Wave::new(),
            parts: Vec::new(),
            numbers: Box::new([0; BRICK_VOXELS]),
        }
    }

    fn visit(&mut self, ground: &Ground<'_>, volume: &Volume, home: BrickCoord) {
        let open = match ground.place(home) {
            Place::Shut => return,
            Place::Full => {
                self.parts = vec![Part::WHOLE];
                None
            }
            Place::Some(mut chamber) => {
                self.find_parts(ground, &mut chamber);
                Some(Box::new(chamber.open().clone()))
            }
        };
        let exists = |seam: &&Seam| seam.beyond(home).is_some_and(|at| volume.brick(at).is_some());
        let beside: Vec<&Seam> = ground.seams().iter().filter(exists).collect();
        for part in &mut self.parts {
            if beside.iter().any(|seam| part.touches(seam.step)) {
                part.group = self.groups.begin(part.placed(home));
            } else {
                self.done.add(part.placed(home));
            }
        }
        for seam in beside.into_iter().filter(|seam| seam.is_earlier()) {
            self.join(ground, home, open.as_deref().unwrap_or(&Rows::FULL), seam);
        }
        if self.parts.iter().any(|part| part.group != NOBODY) {
            let labels = self.labels(open.as_deref());
            self.bricks.insert(home, Labelled { open, labels });
        }
    }

    /// The brick's parts, in the order of their first voxels.
    fn find_parts(&mut self, ground: &Ground<'_>, chamber: &mut Chamber) {
        self.parts.clear();
        for row in 0..256 {
            while let Some(x) = Bits(u64::from(chamber.left(row))).next() {
                let number = self.parts.len() as u16;
                let mut part = Part::at(Local::from_index(16 * row as u16 + x as u16));
                chamber.enter(&mut self.wave, row, 1 << x);
                chamber.spread(&mut self.wave, ground.neighbors(), |row, bits| {
                    part.add(row, bits);
                    Bits(u64::from(bits))
                        .for_each(|x| self.numbers[16 * row + x as usize] = number);
                });
                self.parts.push(part);
            }
        }
    }

    /// Joins the groups that touch across a seam to a brick visited before.
    fn join(&mut self, ground: &Ground<'_>, home: BrickCoord, open: &Rows, seam: &Seam) {
        let Some(next) = seam.beyond(home) else { return };
        let Some(there) = self.bricks.get(&next) else { return };
        let border = ground.border(home, next);
        for tie in &seam.ties {
            let theirs = there.open.as_ref().map_or(u16::MAX, |rows| rows.0[tie.to()]);
            for x in Bits(u64::from(border.joined(*tie, open, theirs))) {
                let (from, to) = tie.ends(x);
                if let ([only], Labels::One(label)) = (self.parts.as_slice(), &there.labels) {
                    return self.groups.join(only.group, *label);
                }
                self.groups.join(self.label(from), there.labels.of(to));
            }
        }
    }

    /// The group of a voxel of the brick being visited.
    fn label(&self, index: usize) -> u32 {
        match self.parts.as_slice() {
            [only] => only.group,
            parts => parts[usize::from(self.numbers[index])].group,
        }
    }

    fn labels(&self, open: Option<&Rows>) -> Labels {
        let (Some(open), 2..) = (open, self.parts.len()) else {
            return Labels::One(self.label(0));
        };
        let mut sides = Box::new([NOBODY; 768]);
        for (slot, label) in sides.iter_mut().enumerate() {
            let (side, a, b) = (slot >> 8, slot & 15, slot >> 4 & 15);
            let index = [15 + 16 * a + 256 * b, a + 240 + 256 * b, a + 16 * b + 3840][side];
            if open.0[index / 16] >> (index % 16) & 1 == 1 {
                *label = self.label(index);
            }
        }
        Labels::Sides(sides)
    }

    /// Forgets the bricks below the layer, and counts the groups that end there.
    fn forget_below(&mut self, z: i32) {
        self.bricks.retain(|home, _| home.z >= z);
        let mut goes_on = vec![false; self.groups.0.len()];
        for label in self.bricks.values_mut().flat_map(|brick| brick.labels.all()) {
            *label = self.groups.root(*label);
            goes_on[*label as usize] = true;
        }
        let renumbered = self.groups.keep(&goes_on, &mut self.done);
        for label in self.bricks.values_mut().flat_map(|brick| brick.labels.all()) {
            *label = renumbered[*label as usize];
        }
    }
}

impl Labels {
    /// The group of a voxel on an upper side.
    fn of(&self, index: usize) -> u32 {
        match self {
            Labels::One(label) => *label,
            Labels::Sides(sides) if index & 15 == 15 => sides[index >> 4],
            Labels::Sides(sides) if index >> 4 & 15 == 15 => {
                sides[256 + (index & 15) + 16 * (index >> 8)]
            }
            Labels::Sides(sides) => sides[512 + (index & 255)],
        }
    }

    fn all(&mut self) -> impl Iterator<Item = &mut u32> {
        let labels = match self {
            Labels::One(label) => std::slice::from_mut(label),
            Labels::Sides(sides) => sides.as_mut_slice(),
        };
        labels.iter_mut().filter(|label| **label != NOBODY)
    }
}

/// What may still grow: a forest of groups, in the order of their first voxels.
struct Groups(Vec<Group>);

struct Group {
    /// A group before this one that took it in; itself when none did.
    parent: u32,
    so_far: Component,
}

impl Groups {
    // A layer holds fewer than 2^32 groups: each takes 48 bytes.
    fn begin(&mut self, so_far: Component) -> u32 {
        let label = self.0.len() as u32;
        self.0.push(Group { parent: label, so_far });
        label
    }

    fn root(&mut self, mut label: u32) -> u32 {
        while self.0[label as usize].parent != label {
            let parent = self.0[label as usize].parent;
            self.0[label as usize].parent = self.0[parent as usize].parent;
            label = parent;
        }
        label
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            let (first, second) = (a.min(b) as usize, a.max(b) as usize);
            self.0[second].parent = first as u32;
            self.0[first].so_far = self.0[first].so_far.joined(self.0[second].so_far);
        }
    }

    /// Keeps the groups that go on, gives the others to `done`, and returns what
    /// numbers the kept ones have now.
    fn keep(&mut self, goes_on: &[bool], done: &mut Largest) -> Vec<u32> {
        let mut renumbered = vec![NOBODY; self.0.len()];
        let mut kept = Groups(Vec::new());
        for (index, group) in self.0.drain(..).enumerate() {
            if goes_on[index] {
                renumbered[index] = kept.begin(group.so_far);
            } else if group.parent == index as u32 {
                done.add(group.so_far);
            }
        }
        *self = kept;
        renumbered
    }
}

/// The components that are complete: their number, and the largest.
struct Largest {
    limit: usize,
    count: u64,
    /// The largest so far, sorted once there are `limit`; behind them some that may be.
    list: Vec<Component>,
}

impl Largest {
    fn add(&mut self, component: Component) {
        self.count += 1;
        let last = self.limit.checked_sub(1).and_then(|last| self.list.get(last));
        if self.limit == 0 || last.is_some_and(|last| last.rank() < component.rank()) {
            return;
        }
        self.list.push(component);
        if self.list.len() == self.limit || self.list.len() >= self.limit.saturating_mul(2) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.list.sort_unstable_by_key(Component::rank);
        self.list.truncate(self.limit);
    }

    fn listed(mut self) -> Components {
        self.cut();
        Components { count: self.count, largest: self.list }
    }
}

#[cfg(test)]
#[path = "components_tests.rs"]
mod tests;
