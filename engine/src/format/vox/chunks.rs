//! The chunks of a file, parsed but not yet put together.

use super::super::error::{Cause, FormatError};
use super::super::limits::Limits;
use super::super::reader::Reader;
use super::MAGIC;
use super::colors::{DEFAULT_PALETTE, Palette};
use super::materials;
use crate::scene::{Material, clip_name};
use crate::volume::Voxel;
use flate2::read::ZlibDecoder;
use std::collections::HashMap;
use std::io::Read;

/// All of a file that matters to a scene.
pub(super) struct File<'a> {
    pub models: Vec<Model<'a>>,
    pub nodes: HashMap<i32, Node>,
    /// Layers that are hidden.
    pub hidden: HashMap<i32, bool>,
    pub palette: Palette,
    /// The materials of colours that are not plain.
    pub materials: HashMap<u8, Material>,
}

/// A model: its size, and its voxels in file order.
pub(super) struct Model<'a> {
    pub size: [u32; 3],
    pub voxels: Voxels<'a>,
    pub offset: u64,
}

pub(super) enum Voxels<'a> {
    /// x, y, z and colour index of each.
    Listed(&'a [[u8; 4]]),
    /// The colour index of every place, x fastest, then y, then z.
    Dense(Vec<u8>),
}

/// A node of the scene graph, and where it stands.
pub(super) struct Node {
    pub offset: u64,
    pub kind: NodeKind,
}

pub(super) enum NodeKind {
    Transform { name: String, hidden: bool, layer: i32, child: i32, turn: u8, step: [i64; 3] },
    Group { children: Vec<i32> },
    Shape { model: i32 },
}

pub(super) fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<File<'a>, FormatError> {
    let mut file = Parser {
        size: None,
        palette: None,
        room: limits.max_voxels.min(limits.max_inflated),
        file: File::default(),
    };
    for_each_chunk(bytes, |kind, part| file.chunk(kind, part))?;
    file.file.palette = file.palette.unwrap_or(DEFAULT_PALETTE);
    Ok(file.file)
}

/// Only the colours of a file: what else is in it is passed over.
pub(super) fn parse_palette(bytes: &[u8]) -> Result<Palette, FormatError> {
    let mut first = None;
    for_each_chunk(bytes, |kind, mut part| {
        if kind == b"RGBA" && first.is_none() {
            first = Some(palette(&mut part)?);
        }
        Ok(())
    })?;
    Ok(first.unwrap_or(DEFAULT_PALETTE))
}

/// Visits the content of each chunk in MAIN.
fn for_each_chunk<'a>(
    bytes: &'a [u8],
    mut visit: impl FnMut(&[u8; 4], Reader<'a>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut reader = Reader::new(bytes);
    if reader.array()? != *MAGIC {
        return Err(FormatError::at(0, Cause::UnknownFormat));
    }
    let _version = reader.u32()?;
    let offset = reader.offset();
    if reader.array()? != *b"MAIN" {
        return Err(FormatError::broken(offset, "the first chunk is not MAIN"));
    }
    let (content, children) = (reader.u32()?, reader.u32()?);
    reader.take(content as usize)?;
    let mut reader = reader.part(children as usize)?;
    while !reader.is_done() {
        let kind = reader.array()?;
        let (content, children) = (reader.u32()?, reader.u32()?);
        let part = reader.part(content as usize)?;
        reader.take(children as usize)?;
        visit(&kind, part)?;
    }
    Ok(())
}

impl Default for File<'_> {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            nodes: HashMap::new(),
            hidden: HashMap::new(),
            palette: DEFAULT_PALETTE,
            materials: HashMap::new(),
        }
    }
}

struct Parser<'a> {
    size: Option<[u32; 3]>,
    palette: Option<Palette>,
    /// Voxels that may still be unpacked.
    room: u64,
    file: File<'a>,
}

impl<'a> Parser<'a> {
    fn chunk(&mut self, kind: &[u8; 4], mut part: Reader<'a>) -> Result<(), FormatError> {
        match kind {
            b"SIZE" => self.size = Some([part.u32()?, part.u32()?, part.u32()?]),
            b"XYZI" => self.listed(part)?,
            b"TDCZ" => self.dense(part)?,
            // Only the first palette counts.
            b"RGBA" if self.palette.is_none() => self.palette = Some(palette(&mut part)?),
            b"nTRN" => self.node(part, transform)?,
            b"nGRP" => self.node(part, group)?,
            b"nSHP" => self.node(part, shape)?,
            b"LAYR" => self.layer(&mut part)?,
            b"MATL" => self.material(&mut part)?,
            _ => {}
        }
        Ok(())
    }

    fn listed(&mut self, mut part: Reader<'a>) -> Result<(), FormatError> {
        let offset = part.offset();
        let missing = FormatError::broken(offset, "XYZI without SIZE");
        let size = self.size.take().ok_or(missing)?;
        let count = part.u32()? as usize;
        let voxels = Voxels::Listed(part.take(count.saturating_mul(4))?.as_chunks().0);
        self.file.models.push(Model { size, voxels, offset });
        Ok(())
    }

    fn dense(&mut self, mut part: Reader<'a>) -> Result<(), FormatError> {
        let offset = part.offset();
        let size = [part.u32()?, part.u32()?, part.u32()?];
        let volume = size.iter().map(|n| u128::from(*n)).product::<u128>();
        let volume = u64::try_from(volume).ok().filter(|volume| *volume <= self.room);
        let volume = volume.ok_or(FormatError::limit(offset, "more packed voxels", self.room))?;
        self.room -= volume;
        let mut indices = Vec::new();
        ZlibDecoder::new(part.take_rest())
            .take(volume)
            .read_to_end(&mut indices)
            .map_err(|_| FormatError::at(offset, Cause::Packed))?;
        if (indices.len() as u64) < volume {
            return Err(FormatError::broken(offset, "a packed model with too few voxels"));
        }
        self.file.models.push(Model { size, voxels: Voxels::Dense(indices), offset });
        Ok(())
    }

    fn node(
        &mut self,
        mut part: Reader<'a>,
        parse: impl FnOnce(&mut Reader<'a>) -> Result<NodeKind, FormatError>,
    ) -> Result<(), FormatError> {
        let offset = part.offset();
        let id = part.i32()?;
        let kind = parse(&mut part)?;
        self.file.nodes.insert(id, Node { offset, kind });
        Ok(())
    }

    fn layer(&mut self, part: &mut Reader<'a>) -> Result<(), FormatError> {
        let id = part.i32()?;
        let hidden = dict(part)?.is("_hidden", b"1");
        self.file.hidden.insert(id, hidden);
        Ok(())
    }

    fn material(&mut self, part: &mut Reader<'a>) -> Result<(), FormatError> {
        let id = part.i32()?;
        if let (Ok(color), Some(material)) = (u8::try_from(id), materials::parse(&dict(part)?)) {
            self.file.materials.insert(color, material);
        }
        Ok(())
    }
}

fn transform(part: &mut Reader<'_>) -> Result<NodeKind, FormatError> {
    let attributes = dict(part)?;
    let child = part.i32()?;
    let _reserved = part.i32()?;
    let layer = part.i32()?;
    let offset = part.offset();
    let frames = frames(part, |_| Ok(()))?;
    let frame = first_frame(&frames).map(|(_, frame)| frame);
    Ok(NodeKind::Transform {
        // Cut here, since many models may stand under one name.
        name: clip_name(&attributes.text("_name")).to_owned(),
        hidden: attributes.is("_hidden", b"1"),
        layer,
        child,
        turn: frame.and_then(|frame| frame.text("_r").parse().ok()).unwrap_or(TURN_NONE),
        step: frame.map_or(Ok([0; 3]), |frame| step(frame, offset))?,
    })
}

/// The rotation byte that turns nothing.
pub(super) const TURN_NONE: u8 = 4;

fn step(frame: &Dict<'_>, offset: u64) -> Result<[i64; 3], FormatError> {
    let Some(text) = frame.get("_t") else {
        return Ok([0; 3]);
    };
    let text = String::from_utf8_lossy(text);
    let numbers: Result<Vec<i32>, _> = text.split_ascii_whitespace().map(str::parse).collect();
    numbers
        .ok()
        .and_then(|numbers| <[i32; 3]>::try_from(numbers).ok())
        .map(|step| step.map(i64::from))
        .ok_or(FormatError::broken(offset, "a translation that is not three whole numbers"))
}

fn group(part: &mut Reader<'_>) -> Result<NodeKind, FormatError> {
    dict(part)?;
    let count = part.count()?;
    let ids = part.take(count.saturating_mul(4))?.as_chunks().0;
    Ok(NodeKind::Group { children: ids.iter().map(|id| i32::from_le_bytes(*id)).collect() })
}

fn shape(part: &mut Reader<'_>) -> Result<NodeKind, FormatError> {
    let offset = part.offset();
    dict(part)?;
    let frames = frames(part, Reader::i32)?;
    let (model, _) =
        first_frame(&frames).ok_or(FormatError::broken(offset, "a shape without a model"))?;
    Ok(NodeKind::Shape { model: *model })
}

/// A counted list of dictionaries, each with something before it.
fn frames<'a, T>(
    part: &mut Reader<'a>,
    head: impl Fn(&mut Reader<'a>) -> Result<T, FormatError>,
) -> Result<Vec<(T, Dict<'a>)>, FormatError> {
    let count = part.count()?;
    // No room is made ahead: the count is checked by what follows it.
    (0..count).map(|_| Ok((head(part)?, dict(part)?))).collect()
}

/// The frame numbered 0, or else the first in the file.
fn first_frame<'f, 'a, T>(frames: &'f [(T, Dict<'a>)]) -> Option<&'f (T, Dict<'a>)> {
    frames.iter().find(|(_, dict)| dict.is("_f", b"0")).or(frames.first())
}

/// The attributes of a node.
pub(super) struct Dict<'a>(Vec<(&'a [u8], &'a [u8])>);

fn dict<'a>(part: &mut Reader<'a>) -> Result<Dict<'a>, FormatError> {
    let count = part.count()?;
    (0..count).map(|_| Ok((string(part)?, string(part)?))).collect::<Result<_, _>>().map(Dict)
}

fn string<'a>(part: &mut Reader<'a>) -> Result<&'a [u8], FormatError> {
    let length = part.count()?;
    part.take(length)
}

impl<'a> Dict<'a> {
    fn get(&self, key: &str) -> Option<&'a [u8]> {
        self.0.iter().rfind(|(name, _)| *name == key.as_bytes()).map(|(_, value)| *value)
    }

    fn is(&self, key: &str, value: &[u8]) -> bool {
        self.get(key) == Some(value)
    }

    pub(super) fn text(&self, key: &str) -> String {
        let value = self.get(key).unwrap_or_default();
        let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
        String::from_utf8_lossy(&value[..end]).trim().to_owned()
    }
}

/// Colour index i has entry i - 1; many writers leave alpha 0 in all of them.
fn palette(part: &mut Reader<'_>) -> Result<Palette, FormatError> {
    let entries = part.take(1024)?.as_chunks::<4>().0;
    let mut palette = [Voxel::EMPTY; 256];
    for (slot, [r, g, b, a]) in palette[1..].iter_mut().zip(entries) {
        *slot = Voxel([*r, *g, *b, if *a == 0 { 255 } else { *a }]);
    }
    Ok(palette)
}
