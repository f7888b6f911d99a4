//! Palettes as pictures: each different colour once, row by row; and MagicaVoxel's
//! 256x1 pictures, where the place of a colour counts.

use super::{COLORS_MAX, Palette, TOO_MANY};
use crate::format::{Cause, FormatError};
use crate::image::{Picture, png};
use crate::volume::Voxel;
use std::collections::HashSet;

/// The most pixels of a picture that is read: 128 MiB while it is.
const PIXELS_MAX: u64 = 1 << 24;

/// Pixels in a row where the palette does not say, and at most.
const COLUMNS: u32 = 16;
const COLUMNS_MAX: u32 = 256;

/// Alpha is left out (spec/formats.md 8): colours under alpha 0 count too.
pub(super) fn read(bytes: &[u8]) -> Result<Palette, FormatError> {
    let picture = png::decode(bytes, PIXELS_MAX)
        .map_err(|refusal| FormatError::at(0, Cause::Picture(refusal)))?;
    let opaque = |[r, g, b, _]: &[u8; 4]| Voxel::rgb(*r, *g, *b);
    if (picture.width, picture.height) == (COLUMNS_MAX, 1) {
        let end = picture.pixels.iter().rposition(|pixel| pixel[3] > 0).map_or(0, |last| last + 1);
        return Ok(Palette::of("", picture.pixels[..end].iter().map(opaque)));
    }
    let mut seen = HashSet::new();
    let mut colors = Vec::new();
    for color in picture.pixels.iter().map(opaque) {
        if seen.insert(color) {
            if colors.len() >= COLORS_MAX {
                return Err(FormatError::limit(0, TOO_MANY, COLORS_MAX as u64));
            }
            colors.push(color);
        }
    }
    Ok(Palette::of("", colors))
}

/// A pixel a colour; the last one again where its row is longer.
pub(super) fn write(palette: &Palette) -> Vec<u8> {
    let mut pixels = opaque(palette);
    let columns = match palette.columns {
        0 => COLUMNS,
        columns => columns.min(COLUMNS_MAX),
    };
    let width = columns.min(pixels.len() as u32);
    let height = (pixels.len() as u32).div_ceil(width);
    let last = pixels.last().copied().unwrap_or_default();
    pixels.resize(width as usize * height as usize, last);
    png::encode_small(&Picture { width, height, pixels })
}

/// MagicaVoxel's form: what has no colour is transparent.
pub(super) fn write_strip(palette: &Palette) -> Vec<u8> {
    let mut pixels = opaque(palette);
    pixels.resize(COLUMNS_MAX as usize, [0; 4]);
    png::encode_small(&Picture { width: COLUMNS_MAX, height: 1, pixels })
}

fn opaque(palette: &Palette) -> Vec<[u8; 4]> {
    palette.voxels().iter().map(|Voxel([r, g, b, _])| [*r, *g, *b, 255]).collect()
}
