//! Bricks in three streams, each of one kind of bytes: together they deflate to about half of what
//! `brick.rs` writes, which is for bricks alone.
//!
//! The first has a byte of forms and the places of `brick.rs`. The second has the colours: one for all
//! voxels; how many less one, and a palette in the order of first use; or one each; three
//! bytes each when all are opaque. The third has a byte for each voxel of a brick with a palette: its
//! index. Voxels go by cells of 4x4x4 and within each by x, y, z: neighbours in space are near
//! each other.

use super::brick::{
    Cells, EACH, FULL, LISTED, ONE, OPAQUE, PALETTE, Palette, WORDS, put_places, take_color,
    take_listed, take_words,
};
use super::code::{Code, Input};
use super::error::DecodeError;
use super::limits::Limits;
use crate::volume::{BRICK_VOXELS, Bits, Brick, Voxel};

/// What bricks were written to.
#[derive(Debug, Default)]
pub(super) struct Streams {
    shapes: Vec<u8>,
    colors: Vec<u8>,
    indices: Vec<u8>,
}

impl Streams {
    /// The brick must hold a voxel.
    pub(super) fn put(&mut self, brick: &Brick) {
        let at = self.shapes.len();
        self.shapes.push(0);
        let places = put_places(brick, &mut self.shapes);
        let colors = match brick.uniform() {
            Some(color) => self.put_colors(&[color]),
            None => self.put_colors(&by_cells(brick)),
        };
        self.shapes[at] = places | colors;
    }

    fn put_colors(&mut self, voxels: &[Voxel]) -> u8 {
        let opaque = voxels.iter().all(|voxel| voxel.alpha() == 255);
        let flag = if opaque { OPAQUE } else { 0 };
        let size = 4 - usize::from(opaque);
        let pays = |palette: &Palette| 1 + palette.colors.len() * size < voxels.len() * (size - 1);
        match Palette::of(voxels) {
            Some(palette) if palette.colors.len() == 1 => {
                self.list(&palette.colors, size);
                ONE | flag
            }
            Some(palette) if pays(&palette) => {
                self.indices.extend_from_slice(&palette.indices);
                self.colors.push((palette.colors.len() - 1) as u8);
                self.list(&palette.colors, size);
                PALETTE | flag
            }
            _ => {
                self.list(voxels, size);
                EACH | flag
            }
        }
    }

    fn list(&mut self, colors: &[Voxel], size: usize) {
        colors.iter().for_each(|color| self.colors.extend_from_slice(&color.0[..size]));
    }

    /// The streams, each behind its length.
    pub(super) fn append_to(&self, out: &mut Vec<u8>) {
        for stream in [&self.shapes, &self.colors, &self.indices] {
            u8::put_list(stream, out);
        }
    }
}

fn by_cells(brick: &Brick) -> Vec<Voxel> {
    let places = brick.to_places();
    let mut voxels = Vec::with_capacity(brick.filled() as usize);
    for (word, cell) in brick.cells().iter().zip(places.as_chunks::<64>().0) {
        voxels.extend(Bits(*word).map(|bit| cell[bit as usize]));
    }
    voxels
}

/// What bricks are read from.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    shapes: Input<'a>,
    colors: Input<'a>,
    indices: Input<'a>,
}

impl<'a> Sources<'a> {
    pub(super) fn take(input: &mut Input<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            shapes: take_part(input)?,
            colors: take_part(input)?,
            indices: take_part(input)?,
        })
    }

    /// All were read to their ends.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        self.shapes.end()?;
        self.colors.end()?;
        self.indices.end()
    }

    pub(super) fn brick(&mut self) -> Result<Brick, DecodeError> {
        let from = self.shapes.offset();
        let form = self.shapes.byte()?;
        let cells = match form & 3 {
            FULL => [u64::MAX; 64],
            LISTED => take_listed(&mut self.shapes)?,
            WORDS => take_words(&mut self.shapes)?,
            _ => return Err(DecodeError::unknown(from, "form of a brick", form)),
        };
        let opaque = form & OPAQUE != 0;
        match form & !(3 | OPAQUE) {
            ONE => {
                let mut brick = Brick::default();
                brick.fill(&cells, take_color(&mut self.colors, opaque)?);
                Ok(brick)
            }
            PALETTE => self.with_palette(cells, opaque),
            EACH => brick_of(cells, || take_color(&mut self.colors, opaque)),
            _ => Err(DecodeError::unknown(from, "form of a brick", form)),
        }
    }

    fn with_palette(&mut self, cells: Cells, opaque: bool) -> Result<Brick, DecodeError> {
        let length = usize::from(self.colors.byte()?) + 1;
        let mut palette = Vec::with_capacity(length);
        for _ in 0..length {
            palette.push(take_color(&mut self.colors, opaque)?);
        }
        brick_of(cells, || {
            let from = self.indices.offset();
            let color = palette.get(usize::from(self.indices.byte()?));
            color.copied().ok_or(DecodeError::broken(from, "a colour that no palette has"))
        })
    }
}

/// The brick with these colours, by cells, at these places.
fn brick_of(
    cells: Cells,
    mut next: impl FnMut() -> Result<Voxel, DecodeError>,
) -> Result<Brick, DecodeError> {
    let mut places = [Voxel::EMPTY; BRICK_VOXELS];
    for (word, cell) in cells.iter().zip(places.as_chunks_mut::<64>().0) {
        for bit in Bits(*word) {
            cell[bit as usize] = next()?;
        }
    }
    Ok(Brick::from_places(cells, &places))
}

/// A part of the input, behind its length.
pub(super) fn take_part<'a>(input: &mut Input<'a>) -> Result<Input<'a>, DecodeError> {
    let count = input.count()?;
    let from = input.offset();
    let limits: Limits = input.limits;
    Ok(Input::part_at(from, input.bytes(count)?, &limits))
}
