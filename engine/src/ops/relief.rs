//! Heights and pictures to voxels.

use super::lines::SPACE;
use crate::image::Picture;
use crate::math::{Mat4, Vec3};
use crate::volume::{BRICK_VOXELS, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::collections::HashSet;
use std::sync::Arc;

/// How a picture becomes a relief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relief {
    /// The lowest corner: the picture's bottom left pixel stands here.
    pub origin: Coord,
    /// The height of white, in voxels above the base.
    pub height: u32,
    /// Whether columns are filled down to the base, or only the top voxel is set.
    pub solid: bool,
    /// The colour; the picture's own when absent.
    pub color: Option<Voxel>,
}

/// The picture as a relief that lies on its back: its columns along X, its top row at the
/// greatest Y, its brightness up Z.
///
/// A pixel of brightness 0 to 255, (299 R + 587 G + 114 B) / 1000 rounded, has its top
/// voxel `height * brightness / 255`, rounded, above the origin; a solid relief is filled
/// from there down to the origin. A pixel of alpha 0 has no column. What would leave space
/// is dropped; a picture without as many pixels as it says holds nothing. `None` when it
/// would take more than `room` bricks.
pub fn relief(picture: &Picture, relief: &Relief, room: usize) -> Option<Volume> {
    let pixels = u128::from(picture.width) * u128::from(picture.height);
    if picture.pixels.is_empty() || picture.pixels.len() as u128 != pixels {
        return Some(Volume::new());
    }
    let mut tiles = Vec::new();
    let mut bricks = 0usize;
    for tile in tile_places(picture, relief.origin) {
        let tile = Tile::new(picture, relief, tile);
        bricks = bricks.checked_add(tile.bricks()).filter(|bricks| *bricks <= room)?;
        // The columns of a tile are as large as a brick or two: made again when needed.
        tiles.extend((tile.bricks() > 0).then_some(tile.place));
    }
    let mut volume = Volume::new();
    for place in tiles {
        Tile::new(picture, relief, place).build(&mut volume);
    }
    Some(volume)
}

/// The columns of bricks, (x, y) counted in bricks, that the picture stands in.
fn tile_places(picture: &Picture, origin: Coord) -> impl Iterator<Item = (i32, i32)> {
    let last = |start: i32, size: u32| {
        let end = i64::from(start) + i64::from(size) - 1;
        end.min(i64::from(i32::MAX)) as i32 >> 4
    };
    let (x, y) = (last(origin.x, picture.width), last(origin.y, picture.height));
    (origin.y >> 4..=y).flat_map(move |row| (origin.x >> 4..=x).map(move |column| (column, row)))
}

/// A column of voxels, both ends included.
#[derive(Clone, Copy)]
struct Column {
    low: i32,
    high: i32,
    voxel: Voxel,
}

/// 16 x 16 columns: what stands in one column of bricks.
struct Tile {
    place: (i32, i32),
    columns: [Option<Column>; 256],
}

impl Tile {
    fn new(picture: &Picture, relief: &Relief, place: (i32, i32)) -> Self {
        let mut columns = [None; 256];
        for (i, column) in columns.iter_mut().enumerate() {
            let (x, y) = (place.0 << 4 | i as i32 & 15, place.1 << 4 | i as i32 >> 4);
            let right = i64::from(x) - i64::from(relief.origin.x);
            let down = i64::from(picture.height) - 1 - (i64::from(y) - i64::from(relief.origin.y));
            *column = pixel(picture, right, down).and_then(|pixel| relief.column(pixel));
        }
        Self { place, columns }
    }

    /// The heights, counted in bricks, at which voxels are: ranges from low to high.
    fn levels(&self) -> Vec<std::ops::RangeInclusive<i32>> {
        let span = |column: &Column| (column.low >> 4, column.high >> 4);
        let mut spans: Vec<(i32, i32)> = self.columns.iter().flatten().map(span).collect();
        spans.sort_unstable();
        let mut next = i32::MIN;
        let mut levels = Vec::new();
        for (low, high) in spans.into_iter() {
            if high >= next {
                levels.push(low.max(next)..=high);
                next = high + 1;
            }
        }
        levels
    }

    /// How many bricks hold voxels.
    fn bricks(&self) -> usize {
        self.levels().iter().map(|range| (range.end() - range.start() + 1) as usize).sum()
    }

    fn build(&self, volume: &mut Volume) {
        let mut below: Option<Arc<Brick>> = None;
        for z in self.levels().into_iter().flatten() {
            let whole = self.columns.iter().flatten().all(|c| c.spans(z));
            let brick = match below.take().filter(|_| whole) {
                Some(same) => same,
                None => Arc::new(self.brick(z)),
            };
            volume.put_arc(BrickCoord { x: self.place.0, y: self.place.1, z }, Arc::clone(&brick));
            // A brick that all columns pass through is the same at every height.
            below = whole.then_some(brick);
        }
    }

    fn brick(&self, level: i32) -> Brick {
        let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
        for (i, column) in self.columns.iter().enumerate() {
            let Some(column) = column else { continue };
            let (bottom, top) = (level << 4, level << 4 | 15);
            for z in column.low.max(bottom)..=column.high.min(top) {
                voxels[Local::new(i as u16 & 15, i as u16 >> 4, (z & 15) as u16).index()] =
                    column.voxel;
            }
        }
        Brick::from_voxels(&voxels)
    }
}

impl Column {
    /// Whether it goes through the whole brick at that height.
    const fn spans(&self, level: i32) -> bool {
        self.low <= level << 4 && self.high >= (level << 4 | 15)
    }
}

impl Relief {
    /// The column of a pixel, cut to space.
    fn column(&self, pixel: Voxel) -> Option<Column> {
        let voxel = self.color.unwrap_or(pixel);
        if pixel.is_empty() || voxel.is_empty() {
            return None;
        }
        let [r, g, b, _] = pixel.0.map(u64::from);
        let brightness = (299 * r + 587 * g + 114 * b + 500) / 1000;
        let height = (2 * u64::from(self.height) * brightness + 255) / 510;
        let base = i64::from(self.origin.z);
        let top = base + height as i64;
        let (low, greatest) = (if self.solid { base } else { top }, i64::from(i32::MAX));
        (low <= greatest).then(|| Column { low: low as i32, high: top.min(greatest) as i32, voxel })
    }
}

/// The pixel there, if the picture has it.
fn pixel(picture: &Picture, x: i64, y: i64) -> Option<Voxel> {
    let inside = x >= 0 && y >= 0 && x < i64::from(picture.width) && y < i64::from(picture.height);
    let index = || y as usize * picture.width as usize + x as usize;
    if inside { picture.pixels.get(index()).map(|pixel| Voxel(*pixel)) } else { None }
}

/// The picture as voxels (spec/engine.md 4, image layer, "To volume"): pixel (x, y) goes
/// to round(mat·(x/w − ½, ½ − (y+1)/h, 0)), halves away from zero, with its colour. Pixels
/// go row by row, later ones over earlier ones; one of alpha 0 leaves its place empty.
/// What would leave space, or has no place, is dropped. `None` when it would take more
/// than `room` bricks.
pub fn pasted(picture: &Picture, mat: &Mat4, room: usize) -> Option<Volume> {
    let mut homes = HashSet::new();
    let mut last = None;
    for (at, _) in placed(picture, mat).filter(|(_, voxel)| !voxel.is_empty()) {
        if last.replace(at.brick()) != Some(at.brick()) && homes.insert(at.brick()) {
            (homes.len() <= room).then_some(())?;
        }
    }
    Some(placed(picture, mat).collect())
}

/// The pixels that have a place in space.
fn placed(picture: &Picture, mat: &Mat4) -> impl Iterator<Item = (Coord, Voxel)> {
    let mat = *mat;
    let width = picture.width.max(1) as usize;
    let (w, h) = (f64::from(picture.width), f64::from(picture.height));
    picture.pixels.iter().enumerate().filter_map(move |(index, pixel)| {
        let (x, y) = ((index % width) as f64, (index / width) as f64);
        let at = mat.point([x / w - 0.5, 0.5 - (y + 1.0) / h, 0.0]).map(f64::round);
        let (least, greatest) = (f64::from(SPACE.min.x), f64::from(SPACE.max.x));
        let inside = at.iter().all(|value| (least..=greatest).contains(value));
        inside.then(|| (Coord::from(at.map(|value| value as i32)), Voxel(*pixel)))
    })
}

/// The matrix of an image layer: the quad [-½, ½]² scaled to `width` x `height` voxels
/// around `center`, and half a voxel further on each axis with an odd number of them
/// (spec/engine.md 4).
pub fn picture_box(width: u32, height: u32, center: Vec3) -> Mat4 {
    let shift = |size: u32| f64::from(size % 2) / 2.0;
    let [x, y, z] = center;
    let at = [x + shift(width), y + shift(height), z].map(|value| value as f32);
    Mat4::from_box(at, [width as f32, height as f32, 1.0])
}

#[cfg(test)]
#[path = "relief_tests.rs"]
mod tests;
