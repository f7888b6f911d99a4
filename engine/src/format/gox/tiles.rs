//! Tiles of 16^3 voxels: pictures in the file, bricks in a volume.
//!
//! A tile is unpacked when a layer first asks for it. Blocks on multiples of 16
//! share their tile's brick; the others are laid out voxel by voxel. Later
//! blocks cover earlier ones, with their empty voxels too.

use super::super::error::{Cause, FormatError};
use super::super::limits::Budget;
use super::super::reader::Reader;
use super::super::{Grid, grid_of};
use crate::image::{Picture, png};
use crate::volume::{BRICK_VOXELS, Bounds, Brick, BrickCoord, Coord, Local, Volume, Voxel};
use std::collections::HashMap;
use std::sync::Arc;

/// The tiles of a file, in its order.
#[derive(Default)]
pub(super) struct Tiles<'a> {
    packed: Vec<(u64, &'a [u8])>,
    bricks: HashMap<usize, Arc<Brick>>,
    grids: HashMap<usize, Grid>,
}

/// A tile in a layer.
struct Block {
    tile: usize,
    min: Coord,
    offset: u64,
}

impl<'a> Tiles<'a> {
    pub(super) fn push(&mut self, offset: u64, picture: &'a [u8]) {
        self.packed.push((offset, picture));
    }

    /// Lays the listed blocks into the volume; `shift` is taken from each place.
    pub(super) fn lay(
        &mut self,
        list: Reader<'_>,
        shift: i32,
        volume: &mut Volume,
        budget: &mut Budget,
    ) -> Result<(), FormatError> {
        let before = volume.brick_count();
        let start = list.offset();
        let blocks = parse(list, shift)?;
        if blocks.iter().all(|block| block.min.local().index() == 0) {
            self.lay_aligned(&blocks, volume, budget)?;
        } else {
            self.lay_anywhere(&blocks, volume, budget)?;
        }
        budget.keep(start, volume.brick_count().saturating_sub(before))
    }

    fn lay_aligned(
        &mut self,
        blocks: &[Block],
        volume: &mut Volume,
        budget: &mut Budget,
    ) -> Result<(), FormatError> {
        for block in blocks {
            let brick = self.brick(block, budget)?;
            budget.room(block.offset, volume.brick_count() + 1)?;
            volume.put_arc(block.min.brick(), brick);
        }
        Ok(())
    }

    fn lay_anywhere(
        &mut self,
        blocks: &[Block],
        volume: &mut Volume,
        budget: &mut Budget,
    ) -> Result<(), FormatError> {
        let mut canvas: HashMap<BrickCoord, Grid> = HashMap::new();
        for block in blocks {
            // Counted in full, because empty voxels are written too.
            budget.voxels(block.offset, BRICK_VOXELS as u64)?;
            budget.room(block.offset, canvas.len() + 8)?;
            let (known, tile) = (canvas.len(), self.grid(block)?);
            let place = Bounds { min: block.min, max: far_corner(block.min) };
            for home in homes(place) {
                let grid = canvas.entry(home).or_insert_with(|| grid_of(volume.brick(home)));
                overlay(grid, home, tile, place);
            }
            budget
                .bytes(block.offset, (canvas.len() - known) * size_of::<[Voxel; BRICK_VOXELS]>())?;
        }
        for (home, grid) in canvas {
            volume.put(home, Brick::from_voxels(&grid));
        }
        Ok(())
    }

    fn brick(&mut self, block: &Block, budget: &mut Budget) -> Result<Arc<Brick>, FormatError> {
        if !self.bricks.contains_key(&block.tile) {
            let brick = Arc::new(Brick::from_voxels(&*self.unpack(block)?));
            budget.voxels(block.offset, u64::from(brick.filled()))?;
            budget.bytes(block.offset, brick.bytes())?;
            self.bricks.insert(block.tile, brick);
        }
        Ok(Arc::clone(&self.bricks[&block.tile]))
    }

    fn grid(&mut self, block: &Block) -> Result<&Grid, FormatError> {
        if !self.grids.contains_key(&block.tile) {
            let grid = self.unpack(block)?;
            self.grids.insert(block.tile, grid);
        }
        Ok(&self.grids[&block.tile])
    }

    fn unpack(&self, block: &Block) -> Result<Grid, FormatError> {
        let Some((offset, bytes)) = self.packed.get(block.tile) else {
            return Err(FormatError::broken(block.offset, "a block of a tile that is not there"));
        };
        let picture = png::decode(bytes, BRICK_VOXELS as u64)
            .map_err(|why| FormatError::at(*offset, Cause::Picture(why)))?;
        if (picture.width, picture.height) != (64, 64) {
            return Err(FormatError::broken(*offset, "a tile that is not 64x64"));
        }
        let mut grid = grid_of(None);
        for (slot, pixel) in grid.iter_mut().zip(picture.pixels) {
            *slot = Voxel(pixel).normalized();
        }
        Ok(grid)
    }
}

/// The brick as a tile's PNG.
pub(super) fn pack(brick: &Brick) -> Vec<u8> {
    let pixels = (0..BRICK_VOXELS as u16).map(|index| brick.get(Local::from_index(index)).0);
    png::encode_small(&Picture { width: 64, height: 64, pixels: pixels.collect() })
}

fn parse(mut list: Reader<'_>, shift: i32) -> Result<Vec<Block>, FormatError> {
    let mut blocks = Vec::new();
    while !list.is_done() {
        let offset = list.offset();
        let number = list.i32()?;
        let place = [list.i32()?, list.i32()?, list.i32()?];
        list.i32()?;
        let tile = usize::try_from(number)
            .map_err(|_| FormatError::broken(offset, "a negative tile number"))?;
        let min = Coord::from(place)
            .offset([-shift; 3])
            .filter(|min| min.offset([15; 3]).is_some())
            .ok_or(FormatError::at(offset, Cause::TooFar))?;
        blocks.push(Block { tile, min, offset });
    }
    Ok(blocks)
}

fn far_corner(min: Coord) -> Coord {
    min.offset([15; 3]).expect("parse checked that the block is inside")
}

fn homes(place: Bounds) -> impl Iterator<Item = BrickCoord> {
    let (low, high) = (place.min.brick(), place.max.brick());
    (low.z..=high.z).flat_map(move |z| {
        (low.y..=high.y).flat_map(move |y| (low.x..=high.x).map(move |x| BrickCoord { x, y, z }))
    })
}

/// Copies what of the tile at `place` lies in the brick at `home`, row by row.
fn overlay(grid: &mut Grid, home: BrickCoord, tile: &Grid, place: Bounds) {
    let Some(region) = home.bounds().intersection(place) else {
        return;
    };
    let (low, high) = (region.min, region.max);
    let length = region.size()[0] as usize;
    let in_tile = |v: i32, start: i32| (v - start) as u16;
    for z in low.z..=high.z {
        for y in low.y..=high.y {
            let to = Coord::new(low.x, y, z).local().index();
            let x = in_tile(low.x, place.min.x);
            let from = Local::new(x, in_tile(y, place.min.y), in_tile(z, place.min.z)).index();
            grid[to..to + length].copy_from_slice(&tile[from..from + length]);
        }
    }
}
