//! Palettes: lists of named colours, their files, and how one is made from many colours.
//!
//! [`read`] takes GIMP `.gpl`, Build `.dat`, any `.png` and the colours of a MagicaVoxel
//! `.vox` or 256x1 picture; [`write()`](fn@write) gives the same but `.vox`. [`quantized`] makes few
//! colours of many, [`remapped`] gives a volume those of a palette.
//!
//! ```
//! use goxel_engine::palette::{PaletteFormat, read, write};
//! use goxel_engine::volume::Voxel;
//! let palette = read(b"GIMP Palette\nName: two\n255 0 0 red\n0 0 255 blue\n", "two.gpl")?;
//! assert_eq!(palette.nearest(Voxel::rgb(9, 9, 200)), Some(1));
//! let picture = write(&palette, PaletteFormat::Png)?;
//! assert_eq!(read(&picture, "two.png")?.colors[0].color, Voxel::rgb(255, 0, 0));
//! # Ok::<(), goxel_engine::format::FormatError>(())
//! ```

mod dat;
mod gpl;
mod nearest;
mod picture;
mod quantize;
mod remap;

pub use nearest::{Nearest, distance};
pub use quantize::quantized;
pub use remap::remapped;

use crate::format::{Cause, FormatError, Limits, vox};
use crate::scene::clip_name;
use crate::volume::Voxel;

/// The most colours of a palette.
pub const COLORS_MAX: usize = 1 << 16;

/// A list of named colours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// Its name; may be empty.
    pub name: String,
    /// How many colours to show in a row; 0 when that is left open.
    pub columns: u32,
    /// The colours, at most [`COLORS_MAX`] when read.
    pub colors: Vec<Swatch>,
}

/// A colour of a palette.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swatch {
    /// Its name, at most 255 bytes when read; often empty.
    pub name: String,
    /// The colour; opaque when read from anything but a `.vox` file.
    pub color: Voxel,
}

impl Palette {
    /// A palette of nameless colours.
    pub fn of(name: &str, colors: impl IntoIterator<Item = Voxel>) -> Self {
        let swatch = |color| Swatch { name: String::new(), color };
        Self {
            name: clip_name(name).to_owned(),
            columns: 0,
            colors: colors.into_iter().map(swatch).collect(),
        }
    }

    /// The colours without their names.
    pub fn voxels(&self) -> Vec<Voxel> {
        self.colors.iter().map(|swatch| swatch.color).collect()
    }

    /// The index of the nearest colour by [`distance`], of equally near ones the lowest;
    /// `None` when there is no colour. For many look-ups make a [`Nearest`].
    pub fn nearest(&self, color: Voxel) -> Option<usize> {
        let indices = 0..self.colors.len();
        indices.min_by_key(|index| distance(self.colors[*index].color, color))
    }
}

/// A format that palettes are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaletteFormat {
    /// GIMP: text with names.
    Gpl,
    /// Build engine: 256 colours of 6 bits a channel.
    Dat,
    /// A picture with a pixel for each colour.
    Png,
    /// The 256x1 picture that MagicaVoxel takes: pixel i is colour index i + 1.
    MagicaVoxel,
}

/// What is known of a format that palettes are written in.
struct Target {
    format: PaletteFormat,
    name: &'static str,
    ending: &'static str,
    max_colors: usize,
    write: fn(&Palette) -> Vec<u8>,
}

#[rustfmt::skip]
const TARGETS: [Target; 4] = [
    Target { format: PaletteFormat::Gpl, name: "gpl", ending: "gpl", max_colors: COLORS_MAX, write: gpl::write },
    Target { format: PaletteFormat::Dat, name: "dat", ending: "dat", max_colors: dat::COLORS, write: dat::write },
    Target { format: PaletteFormat::Png, name: "png", ending: "png", max_colors: COLORS_MAX, write: picture::write },
    Target { format: PaletteFormat::MagicaVoxel, name: "magicavoxel", ending: "png", max_colors: 255, write: picture::write_strip },
];

/// A kind of file that palettes are read from: how it begins, or else what its name ends in.
struct Source {
    begins: &'static [u8],
    ending: &'static str,
    read: fn(&[u8]) -> Result<Palette, FormatError>,
}

#[rustfmt::skip]
const SOURCES: [Source; 4] = [
    Source { begins: gpl::MAGIC, ending: "gpl", read: gpl::read },
    Source { begins: b"\x89PNG\r\n\x1a\n", ending: "png", read: picture::read },
    Source { begins: b"VOX ", ending: "vox", read: read_vox },
    // No file begins with nothing: a .dat is known by its name.
    Source { begins: &[], ending: "dat", read: dat::read },
];

impl PaletteFormat {
    /// All formats.
    pub const ALL: [PaletteFormat; 4] = [Self::Gpl, Self::Dat, Self::Png, Self::MagicaVoxel];

    /// The format's name.
    pub fn name(self) -> &'static str {
        self.target().name
    }

    /// What the names of its files end in.
    pub fn ending(self) -> &'static str {
        self.target().ending
    }

    /// The most colours that it holds.
    pub fn max_colors(self) -> usize {
        self.target().max_colors
    }

    /// The format of that name, whatever the case.
    pub fn from_name(name: &str) -> Option<Self> {
        let target = TARGETS.iter().find(|target| target.name.eq_ignore_ascii_case(name))?;
        Some(target.format)
    }

    /// The format that a path's ending names, whatever the case.
    pub fn from_path(path: &str) -> Option<Self> {
        let target = TARGETS.iter().find(|target| ends_in(path, target.ending))?;
        Some(target.format)
    }

    fn target(self) -> &'static Target {
        let index = match self {
            Self::Gpl => 0,
            Self::Dat => 1,
            Self::Png => 2,
            Self::MagicaVoxel => 3,
        };
        &TARGETS[index]
    }
}

/// The palette in a file, told by how it begins, or else by what `name_hint`, its name or
/// path, ends in. A palette that does not say its name gets that of the file.
pub fn read(bytes: &[u8], name_hint: &str) -> Result<Palette, FormatError> {
    let max = Limits::default().max_inflated;
    if bytes.len() as u64 > max {
        return Err(FormatError::limit(0, "bytes of a palette", max));
    }
    let begins = |source: &&Source| !source.begins.is_empty() && bytes.starts_with(source.begins);
    let named = |source: &&Source| ends_in(name_hint, source.ending);
    let source = SOURCES.iter().find(begins).or_else(|| SOURCES.iter().find(named));
    let source = source.ok_or(FormatError::at(0, Cause::UnknownPalette))?;
    let mut palette = (source.read)(bytes)?;
    if palette.name.is_empty() {
        palette.name = stem(name_hint).to_owned();
    }
    Ok(palette)
}

/// The palette as a file. One without colours, or with more than the format holds, is
/// refused; what the format has no place for, alpha first, is left out.
pub fn write(palette: &Palette, format: PaletteFormat) -> Result<Vec<u8>, FormatError> {
    let target = format.target();
    if palette.colors.is_empty() {
        return Err(FormatError::unwritable(Cause::NoColors));
    }
    if palette.colors.len() > target.max_colors {
        let cause = Cause::Limit { what: TOO_MANY, max: target.max_colors as u64 };
        return Err(FormatError::unwritable(cause));
    }
    Ok((target.write)(palette))
}

/// What a palette may not have more of.
const TOO_MANY: &str = "colours in such a palette";

/// Adds a colour that was found at `offset`.
fn add(colors: &mut Vec<Swatch>, offset: u64, swatch: Swatch) -> Result<(), FormatError> {
    if colors.len() >= COLORS_MAX {
        return Err(FormatError::limit(offset, TOO_MANY, COLORS_MAX as u64));
    }
    colors.push(swatch);
    Ok(())
}

/// The 255 colours of a MagicaVoxel file: entry i is index i + 1, for index 0 is empty.
fn read_vox(bytes: &[u8]) -> Result<Palette, FormatError> {
    Ok(Palette::of("", vox::palette(bytes)?.into_iter().skip(1)))
}

fn ends_in(path: &str, ending: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(ending))
}

/// A path's last part without its ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    clip_name(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

#[cfg(test)]
mod tests;
