//! Places in a volume: voxel coordinates, boxes of voxels, and brick coordinates.
//!
//! Coordinates count voxels, right-handed, +Z up, and use all of `i32`. Voxel
//! (i, j, k) fills [i, i+1) x [j, j+1) x [k, k+1). Sizes and sums are `i64`, so
//! nothing here overflows at the ends of the range.

/// Edge of a brick, in voxels.
pub const BRICK_EDGE: i32 = 16;

/// One voxel's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Coord {
    /// Right.
    pub x: i32,
    /// Back.
    pub y: i32,
    /// Up.
    pub z: i32,
}

impl Coord {
    /// The voxel at (x, y, z).
    pub const fn new(x: i32, y: i32, z: i32) -> Self {
        Self { x, y, z }
    }

    /// The three numbers as an array.
    pub const fn to_array(self) -> [i32; 3] {
        [self.x, self.y, self.z]
    }

    /// The brick that holds this voxel.
    pub const fn brick(self) -> BrickCoord {
        BrickCoord { x: self.x >> 4, y: self.y >> 4, z: self.z >> 4 }
    }

    /// Where the voxel lies in its brick.
    pub const fn local(self) -> Local {
        Local::new((self.x & 15) as u16, (self.y & 15) as u16, (self.z & 15) as u16)
    }

    /// The voxel `step` away, or `None` beyond the ends of `i32`.
    pub fn offset(self, step: [i32; 3]) -> Option<Coord> {
        Some(Coord {
            x: self.x.checked_add(step[0])?,
            y: self.y.checked_add(step[1])?,
            z: self.z.checked_add(step[2])?,
        })
    }

    /// The key of the defined order: z first, then y, then x.
    pub const fn order(self) -> (i32, i32, i32) {
        (self.z, self.y, self.x)
    }
}

impl From<[i32; 3]> for Coord {
    fn from([x, y, z]: [i32; 3]) -> Self {
        Self { x, y, z }
    }
}

/// A brick's place, counted in bricks: voxel coordinates shifted right by four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrickCoord {
    /// Right.
    pub x: i32,
    /// Back.
    pub y: i32,
    /// Up.
    pub z: i32,
}

impl BrickCoord {
    /// The brick's lowest voxel.
    pub const fn origin(self) -> Coord {
        Coord { x: self.x << 4, y: self.y << 4, z: self.z << 4 }
    }

    /// The voxel at `local` in this brick.
    pub const fn at(self, local: Local) -> Coord {
        Coord {
            x: (self.x << 4) | local.x() as i32,
            y: (self.y << 4) | local.y() as i32,
            z: (self.z << 4) | local.z() as i32,
        }
    }

    /// All voxels of this brick.
    pub const fn bounds(self) -> Bounds {
        Bounds { min: self.origin(), max: self.at(Local::new(15, 15, 15)) }
    }

    /// The key of the defined order: z first, then y, then x.
    pub const fn order(self) -> (i32, i32, i32) {
        (self.z, self.y, self.x)
    }
}

/// A voxel's place in its brick: `x + 16 y + 256 z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Local(u16);

impl Local {
    /// The place (x, y, z); each is taken modulo 16.
    pub const fn new(x: u16, y: u16, z: u16) -> Self {
        Self((x & 15) | (y & 15) << 4 | (z & 15) << 8)
    }

    /// The place numbered `index`, 0 to 4095.
    pub const fn from_index(index: u16) -> Self {
        Self(index & 4095)
    }

    /// The number of the place, 0 to 4095.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Right.
    pub const fn x(self) -> u16 {
        self.0 & 15
    }

    /// Back.
    pub const fn y(self) -> u16 {
        (self.0 >> 4) & 15
    }

    /// Up.
    pub const fn z(self) -> u16 {
        self.0 >> 8
    }

    /// Which of the brick's 64 cells of 4x4x4 holds it, and which bit in that cell.
    pub const fn cell_and_bit(self) -> (usize, u32) {
        let (x, y, z) = (self.x(), self.y(), self.z());
        let cell = (x >> 2) | (y >> 2) << 2 | (z >> 2) << 4;
        let bit = (x & 3) | (y & 3) << 2 | (z & 3) << 4;
        (cell as usize, bit as u32)
    }

    /// `cell << 6 | bit` of [`Local::cell_and_bit`]: the order in which bricks keep voxels.
    pub(super) const fn place(self) -> usize {
        let (cell, bit) = self.cell_and_bit();
        cell << 6 | bit as usize
    }

    /// The place of bit `bit` of cell `cell`: the inverse of [`Local::cell_and_bit`].
    pub const fn from_cell_and_bit(cell: usize, bit: u32) -> Self {
        let (c, b) = (cell as u16, bit as u16);
        Self::new(
            (c & 3) << 2 | (b & 3),
            ((c >> 2) & 3) << 2 | ((b >> 2) & 3),
            (c >> 4) << 2 | (b >> 4),
        )
    }
}

/// A box of voxels, both corners included. Never empty: `min <= max` on each axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The lowest voxel.
    pub min: Coord,
    /// The highest voxel, inside the box.
    pub max: Coord,
}

impl Bounds {
    /// The box from `min` to `max`, both included; `None` when some `min` is above its `max`.
    pub fn new(min: Coord, max: Coord) -> Option<Self> {
        let ordered = min.x <= max.x && min.y <= max.y && min.z <= max.z;
        ordered.then_some(Self { min, max })
    }

    /// The smallest box around both corners, whatever their order.
    pub fn around(a: Coord, b: Coord) -> Self {
        Self {
            min: Coord::new(a.x.min(b.x), a.y.min(b.y), a.z.min(b.z)),
            max: Coord::new(a.x.max(b.x), a.y.max(b.y), a.z.max(b.z)),
        }
    }

    /// The voxels per axis.
    pub fn size(self) -> [i64; 3] {
        let [a, b, c] = self.min.to_array().map(i64::from);
        let [d, e, f] = self.max.to_array().map(i64::from);
        [d - a + 1, e - b + 1, f - c + 1]
    }

    /// How many voxels the box holds.
    pub fn voxels(self) -> u128 {
        self.size().into_iter().map(|n| n as u128).product()
    }

    /// How many bricks the box touches.
    pub fn bricks(self) -> u128 {
        let (a, b) = (self.min.brick(), self.max.brick());
        let span = |lo: i32, hi: i32| (i64::from(hi) - i64::from(lo) + 1) as u128;
        span(a.x, b.x) * span(a.y, b.y) * span(a.z, b.z)
    }

    /// Whether the voxel lies in the box.
    pub fn contains(self, at: Coord) -> bool {
        (self.min.x..=self.max.x).contains(&at.x)
            && (self.min.y..=self.max.y).contains(&at.y)
            && (self.min.z..=self.max.z).contains(&at.z)
    }

    /// The smallest box around both.
    pub fn union(self, other: Bounds) -> Bounds {
        let low = Bounds::around(self.min, other.min).min;
        let high = Bounds::around(self.max, other.max).max;
        Bounds { min: low, max: high }
    }

    /// The voxels in both, if any.
    pub fn intersection(self, other: Bounds) -> Option<Bounds> {
        let low = Bounds::around(self.min, other.min).max;
        let high = Bounds::around(self.max, other.max).min;
        Bounds::new(low, high)
    }
}
