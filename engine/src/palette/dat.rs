//! Palettes of the Build engine: 256 colours of 6 bits a channel, without names.

use super::Palette;
use crate::format::FormatError;
use crate::format::reader::Reader;
use crate::volume::Voxel;

/// Colours in a file.
pub(super) const COLORS: usize = 256;

/// The first 768 bytes; a game's file has tables behind them. A channel is four times its
/// value (spec/formats.md 8), at most 255.
pub(super) fn read(bytes: &[u8]) -> Result<Palette, FormatError> {
    let entries = Reader::new(bytes).take(3 * COLORS)?.as_chunks::<3>().0;
    let color = |entry: &[u8; 3]| {
        let [r, g, b] = entry.map(|channel| channel.saturating_mul(4));
        Voxel::rgb(r, g, b)
    };
    Ok(Palette::of("", entries.iter().map(color)))
}

/// Black after the last colour.
pub(super) fn write(palette: &Palette) -> Vec<u8> {
    let entry = |color: Voxel| [0, 1, 2].map(|channel| color.0[channel] / 4);
    let mut entries: Vec<[u8; 3]> = palette.voxels().into_iter().map(entry).collect();
    entries.resize(COLORS, [0; 3]);
    entries.as_flattened().to_vec()
}
