//! One brick as bytes: the same for the same voxels, however they are stored.
//!
//! A byte of forms, the places, the colours. Places: none for a full brick; up to
//! [`FEW`] as the gaps between their numbers; else the cells that hold voxels, those that are full,
//! and a word for each of the others. Colours, in the defined order of the voxels: one for
//! all; a palette in the order of first use and as few bits a voxel as it takes; or
//! one each. Whichever is shortest; three bytes a colour when all are opaque.

use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use crate::volume::{BRICK_VOXELS, Bits, Brick, Local, Voxel};

/// Stands in a list for a brick that is no longer there.
pub(super) const GONE: u8 = 3;
/// At most so many places are listed one by one.
const FEW: usize = 16;

pub(super) const FULL: u8 = 0;
pub(super) const LISTED: u8 = 1;
pub(super) const WORDS: u8 = 2;
pub(super) const ONE: u8 = 0;
pub(super) const PALETTE: u8 = 1 << 2;
pub(super) const EACH: u8 = 2 << 2;
pub(super) const OPAQUE: u8 = 1 << 4;

/// The longest palette.
const PALETTE_MAX: usize = 256;

pub(super) type Cells = [u64; 64];

/// The brick, which must hold a voxel, as bytes.
pub(crate) fn put_brick(brick: &Brick, out: &mut Vec<u8>) {
    let at = out.len();
    out.push(0);
    let places = put_places(brick, out);
    let colors = match brick.uniform() {
        Some(color) => put_colors(&[color], out),
        None => {
            let voxels: Vec<Voxel> = brick.voxels().map(|(_, voxel)| voxel).collect();
            put_colors(&voxels, out)
        }
    };
    out[at] = places | colors;
}

pub(super) fn put_places(brick: &Brick, out: &mut Vec<u8>) -> u8 {
    if brick.filled() as usize == BRICK_VOXELS {
        return FULL;
    }
    if brick.filled() as usize <= FEW {
        put_varint(u64::from(brick.filled()), out);
        let mut next = 0;
        for (at, _) in brick.voxels() {
            put_varint((at.index() - next) as u64, out);
            next = at.index() + 1;
        }
        return LISTED;
    }
    let cells = brick.cells();
    let full = cells.iter().enumerate().filter(|(_, word)| **word == u64::MAX);
    let full = full.fold(0, |mask, (cell, _)| mask | 1 << cell);
    put_word(brick.summary(), out);
    put_word(full, out);
    Bits(brick.summary() & !full).for_each(|cell| put_word(cells[cell as usize], out));
    WORDS
}

fn put_word(word: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&word.to_le_bytes());
}

/// The colours of all voxels, or the only one.
fn put_colors(voxels: &[Voxel], out: &mut Vec<u8>) -> u8 {
    let opaque = voxels.iter().all(|voxel| voxel.alpha() == 255);
    let flag = if opaque { OPAQUE } else { 0 };
    let put = |voxel: &Voxel, out: &mut Vec<u8>| {
        out.extend_from_slice(&voxel.0[..4 - usize::from(opaque)]);
    };
    let palette = Palette::of(voxels);
    match &palette {
        Some(palette) if palette.colors.len() == 1 => {
            put(&palette.colors[0], out);
            ONE | flag
        }
        Some(palette) if palette_pays(palette.colors.len(), voxels.len(), opaque) => {
            out.push((palette.colors.len() - 1) as u8);
            palette.colors.iter().for_each(|color| put(color, out));
            put_bits(&palette.indices, bits_of(palette.colors.len()), out);
            PALETTE | flag
        }
        _ => {
            voxels.iter().for_each(|voxel| put(voxel, out));
            EACH | flag
        }
    }
}

/// Whether a palette takes less room than a colour for each voxel.
fn palette_pays(colors: usize, voxels: usize, opaque: bool) -> bool {
    let size = 4 - usize::from(opaque);
    1 + colors * size + packed_bytes(voxels, bits_of(colors)) < voxels * size
}

const fn bits_of(colors: usize) -> u32 {
    usize::BITS - (colors - 1).leading_zeros()
}

const fn packed_bytes(voxels: usize, bits: u32) -> usize {
    (voxels * bits as usize).div_ceil(8)
}

/// The colours of a brick, in the order of first use.
pub(super) struct Palette {
    pub colors: Vec<Voxel>,
    pub indices: Vec<u8>,
}

impl Palette {
    /// `None` when there are more than [`PALETTE_MAX`].
    pub(super) fn of(voxels: &[Voxel]) -> Option<Self> {
        let mut colors: Vec<Voxel> = Vec::new();
        let mut indices = Vec::with_capacity(voxels.len());
        let mut known = Known::default();
        let mut last = None;
        for voxel in voxels {
            if let Some((color, index)) = last
                && color == *voxel
            {
                indices.push(index);
                continue;
            }
            let index = match known.find(&colors, *voxel) {
                Ok(index) => index,
                Err(_) if colors.len() == PALETTE_MAX => return None,
                Err(slot) => {
                    colors.push(*voxel);
                    known.slots[slot] = colors.len() as u16;
                    (colors.len() - 1) as u8
                }
            };
            last = Some((*voxel, index));
            indices.push(index);
        }
        Some(Self { colors, indices })
    }
}

/// Where each colour stands in a palette, plus one: a table at most half full.
struct Known {
    slots: [u16; 2 * PALETTE_MAX],
}

impl Default for Known {
    fn default() -> Self {
        Self { slots: [0; 2 * PALETTE_MAX] }
    }
}

impl Known {
    /// The colour's index, or the slot that is free for it.
    fn find(&self, colors: &[Voxel], voxel: Voxel) -> Result<u8, usize> {
        let mut slot = u32::from_le_bytes(voxel.0).wrapping_mul(0x9E37_79B1) as usize >> 23;
        loop {
            let Some(index) = self.slots[slot].checked_sub(1) else {
                return Err(slot);
            };
            if colors[usize::from(index)] == voxel {
                return Ok(index as u8);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }
}

/// Numbers of so many bits each, lowest first.
fn put_bits(numbers: &[u8], bits: u32, out: &mut Vec<u8>) {
    let (mut word, mut held) = (0u32, 0);
    for number in numbers {
        word |= u32::from(*number) << held;
        held += bits;
        if held >= 8 {
            out.push(word as u8);
            word >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        out.push(word as u8);
    }
}

/// The brick that the next bytes stand for.
pub(crate) fn take_brick(input: &mut Input<'_>) -> Result<Brick, DecodeError> {
    let from = input.offset();
    let form = input.byte()?;
    let cells = match form & 3 {
        FULL => [u64::MAX; 64],
        LISTED => take_listed(input)?,
        WORDS => take_words(input)?,
        _ => return Err(DecodeError::unknown(from, "form of a brick", form)),
    };
    let opaque = form & OPAQUE != 0;
    match form & !(3 | OPAQUE) {
        ONE => {
            let color = take_color(input, opaque)?;
            refuse_hidden(input, opaque, &[color])?;
            let mut brick = Brick::default();
            brick.fill(&cells, color);
            Ok(brick)
        }
        PALETTE => take_palette(input, &cells, opaque),
        EACH => take_each(input, &cells, opaque),
        _ => Err(DecodeError::unknown(from, "form of a brick", form)),
    }
}

pub(super) fn take_listed(input: &mut Input<'_>) -> Result<Cells, DecodeError> {
    let from = input.offset();
    let count = input.count()?;
    if !(1..=FEW).contains(&count) {
        return Err(DecodeError::broken(from, "too many or no voxels listed in a brick"));
    }
    let mut cells = [0; 64];
    let mut next = 0u64;
    for _ in 0..count {
        let from = input.offset();
        let index = next.saturating_add(input.varint()?);
        if index >= BRICK_VOXELS as u64 {
            return Err(DecodeError::broken(from, "a voxel outside its brick"));
        }
        let (cell, bit) = Local::from_index(index as u16).cell_and_bit();
        cells[cell] |= 1 << bit;
        next = index + 1;
    }
    Ok(cells)
}

pub(super) fn take_words(input: &mut Input<'_>) -> Result<Cells, DecodeError> {
    let from = input.offset();
    let summary = u64::from_le_bytes(input.array()?);
    let full = u64::from_le_bytes(input.array()?);
    let mut cells = [0; 64];
    Bits(full).for_each(|cell| cells[cell as usize] = u64::MAX);
    let mut plain = full & !summary == 0;
    for cell in Bits(summary & !full) {
        let word = u64::from_le_bytes(input.array()?);
        plain &= word != 0 && word != u64::MAX;
        cells[cell as usize] = word;
    }
    let filled = count(&cells);
    if !plain || filled <= FEW || filled == BRICK_VOXELS {
        return Err(DecodeError::broken(
            from,
            "a brick's places in another form than the shortest",
        ));
    }
    Ok(cells)
}

fn count(cells: &Cells) -> usize {
    cells.iter().map(|word| word.count_ones() as usize).sum()
}

pub(super) fn take_color(input: &mut Input<'_>, opaque: bool) -> Result<Voxel, DecodeError> {
    if opaque {
        let [r, g, b] = input.array()?;
        return Ok(Voxel::rgb(r, g, b));
    }
    let from = input.offset();
    let voxel = Voxel::take(input)?;
    if voxel.is_empty() {
        return Err(DecodeError::broken(from, "a filled voxel that is empty"));
    }
    Ok(voxel)
}

/// Colours that are all opaque are written without alpha.
fn refuse_hidden(input: &Input<'_>, opaque: bool, colors: &[Voxel]) -> Result<(), DecodeError> {
    if !opaque && colors.iter().all(|color| color.alpha() == 255) {
        return Err(DecodeError::broken(input.offset(), "opaque colours with their alpha"));
    }
    Ok(())
}

fn take_palette(input: &mut Input<'_>, cells: &Cells, opaque: bool) -> Result<Brick, DecodeError> {
    let from = input.offset();
    let length = usize::from(input.byte()?) + 1;
    let filled = count(cells);
    if length == 1 || !palette_pays(length, filled, opaque) {
        return Err(DecodeError::broken(from, "a palette that does not pay"));
    }
    let mut colors = Vec::with_capacity(length);
    let mut known = Known::default();
    for _ in 0..length {
        let from = input.offset();
        let color = take_color(input, opaque)?;
        let Err(slot) = known.find(&colors, color) else {
            return Err(DecodeError::broken(from, "a colour twice in a palette"));
        };
        colors.push(color);
        known.slots[slot] = colors.len() as u16;
    }
    refuse_hidden(input, opaque, &colors)?;
    let indices = take_indices(input, filled, length)?;
    Ok(brick_of(cells, indices.into_iter().map(|index| colors[usize::from(index)])))
}

/// The palette index of each voxel: in range, each used, first uses in order.
fn take_indices(
    input: &mut Input<'_>,
    voxels: usize,
    colors: usize,
) -> Result<Vec<u8>, DecodeError> {
    let from = input.offset();
    let bits = bits_of(colors);
    let mut packed = input.bytes(packed_bytes(voxels, bits))?.iter();
    let mut indices = Vec::with_capacity(voxels);
    let (mut word, mut held, mut used) = (0u32, 0, 0);
    for _ in 0..voxels {
        if held < bits {
            word |= packed.next().map_or(0, |byte| u32::from(*byte)) << held;
            held += 8;
        }
        let index = word & ((1 << bits) - 1);
        if index > used {
            return Err(DecodeError::broken(from, "a palette out of order"));
        }
        used += u32::from(index == used);
        indices.push(index as u8);
        word >>= bits;
        held -= bits;
    }
    // Indices count up from 0, so one beyond the palette shows here too.
    if used as usize != colors || word != 0 {
        return Err(DecodeError::broken(from, "a palette with colours or bits left over"));
    }
    Ok(indices)
}

fn take_each(input: &mut Input<'_>, cells: &Cells, opaque: bool) -> Result<Brick, DecodeError> {
    let from = input.offset();
    let filled = count(cells);
    let mut voxels = Vec::with_capacity(filled);
    for _ in 0..filled {
        voxels.push(take_color(input, opaque)?);
    }
    refuse_hidden(input, opaque, &voxels)?;
    let shorter = Palette::of(&voxels).is_some_and(|palette| {
        let colors = palette.colors.len();
        colors == 1 || palette_pays(colors, filled, opaque)
    });
    if shorter {
        return Err(DecodeError::broken(from, "colours in another form than the shortest"));
    }
    Ok(brick_of(cells, voxels))
}

/// The brick with these colours, in the defined order, at these places.
fn brick_of(cells: &Cells, colors: impl IntoIterator<Item = Voxel>) -> Brick {
    let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
    let mut colors = colors.into_iter();
    for (index, voxel) in voxels.iter_mut().enumerate() {
        let (cell, bit) = Local::from_index(index as u16).cell_and_bit();
        if cells[cell] >> bit & 1 == 1 {
            *voxel = colors.next().unwrap_or_default();
        }
    }
    Brick::from_voxels(&voxels)
}
