//! A picture and the buffers beside it: what each pixel's centre hit, and where.
//!
//! What a centre hits is a voxel's face, in all modes but [`Mode::Marching`](super::Mode):
//! there it is the rounded surface, and the voxel is the one that gives it its colour.

use super::RenderError;
use super::rays::Face;
use super::sight::Sight;
use super::surfaces::Surfaces;
use crate::image::Picture;

/// The layer number where nothing was hit, or where no scene says which layer it was.
pub const NO_LAYER: u32 = 0;

/// Which buffers are wanted besides the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffers {
    /// [`Frame::depth`]
    pub depth: bool,
    /// [`Frame::normal`]
    pub normal: bool,
    /// [`Frame::albedo`]
    pub albedo: bool,
    /// [`Frame::layer`]
    pub layer: bool,
    /// [`Frame::voxel`]
    pub voxel: bool,
    /// [`Frame::coverage`]
    pub coverage: bool,
}

impl Buffers {
    /// All of them.
    pub const ALL: Buffers = Buffers {
        depth: true,
        normal: true,
        albedo: true,
        layer: true,
        voxel: true,
        coverage: true,
    };
}

/// A picture and what was asked for besides; a buffer that was not is empty. Buffers have
/// one entry a pixel, in the picture's order, and tell of what the ray through the pixel's
/// centre hits first, however often it is sampled:
///
/// - in [`Mode::Flat`](super::Mode), `Lit`, `Clay` and `Outline` a voxel's face;
/// - in `Path` the same: clear voxels count as any, the floor and the sky as nothing;
/// - in `Marching` the rounded surface, and the voxel that gives it its colour there: where
///   colours are mixed the nearest one.
///
/// In `Outline` the ray is that through the middle of the pixel's upper left quarter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// The picture.
    pub picture: Picture,
    /// The distance from the eye along the view, in voxels; infinite where nothing was hit.
    pub depth: Vec<f32>,
    /// The unit normal of what was hit, in the scene's axes, on the side that is seen; zero
    /// for none. In `Marching` that of the surface as it is shaded.
    pub normal: Vec<[f32; 3]>,
    /// The voxel's own colour, RGBA8 as stored; zero for none.
    pub albedo: Vec<[u8; 4]>,
    /// The layer that the voxel is of, by its id; [`NO_LAYER`] for none.
    pub layer: Vec<u32>,
    /// The voxel's place in the scene; zero where nothing was hit.
    pub voxel: Vec<[i32; 3]>,
    /// Which share of the pixel is covered, 0 to 1: of its samples where the pixel is on an
    /// edge, else of its centre. In `Path` counted as in `Flat`, whatever paths do.
    pub coverage: Vec<f32>,
}

impl Frame {
    /// A frame around a picture, without buffers.
    pub(super) fn of(picture: Picture) -> Self {
        Self { picture, ..Self::default() }
    }

    /// A frame around a picture, its buffers as where nothing is hit.
    pub(super) fn new(picture: Picture, wanted: Buffers) -> Result<Self, RenderError> {
        let count = picture.pixels.len();
        Ok(Self {
            depth: filled(wanted.depth, count, f32::INFINITY)?,
            normal: filled(wanted.normal, count, [0.0; 3])?,
            albedo: filled(wanted.albedo, count, [0; 4])?,
            layer: filled(wanted.layer, count, NO_LAYER)?,
            voxel: filled(wanted.voxel, count, [0; 3])?,
            coverage: filled(wanted.coverage, count, 0.0)?,
            picture,
        })
    }

    /// Whether anything is wanted beside the picture.
    pub(super) fn wants_buffers(&self) -> bool {
        let empty = self.depth.is_empty()
            && self.normal.is_empty()
            && self.albedo.is_empty()
            && self.layer.is_empty()
            && self.voxel.is_empty()
            && self.coverage.is_empty();
        !empty
    }

    /// The frame in bands of so many rows.
    pub(super) fn bands(&mut self, rows: usize) -> Vec<Rows<'_>> {
        let size = rows * self.picture.width as usize;
        let mut bands: Vec<Rows<'_>> = self.picture.pixels.chunks_mut(size).map(Rows::of).collect();
        split(&mut self.depth, size, &mut bands, |band| &mut band.depth);
        split(&mut self.normal, size, &mut bands, |band| &mut band.normal);
        split(&mut self.albedo, size, &mut bands, |band| &mut band.albedo);
        split(&mut self.layer, size, &mut bands, |band| &mut band.layer);
        split(&mut self.voxel, size, &mut bands, |band| &mut band.voxel);
        split(&mut self.coverage, size, &mut bands, |band| &mut band.coverage);
        bands
    }
}

/// A buffer, if it is wanted and there is memory for it.
fn filled<T: Clone>(wanted: bool, count: usize, with: T) -> Result<Vec<T>, RenderError> {
    let count = if wanted { count } else { 0 };
    let mut buffer = Vec::new();
    let bytes = (count * size_of::<T>()) as u64;
    buffer.try_reserve_exact(count).map_err(|_| RenderError::OutOfMemory { bytes })?;
    buffer.resize(count, with);
    Ok(buffer)
}

/// Hands each band its part of a buffer.
fn split<'a, T>(
    buffer: &'a mut [T],
    size: usize,
    bands: &mut [Rows<'a>],
    slot: impl for<'b> Fn(&'b mut Rows<'a>) -> &'b mut &'a mut [T],
) {
    for (band, part) in bands.iter_mut().zip(buffer.chunks_mut(size)) {
        *slot(band) = part;
    }
}

/// Some rows of a frame.
pub(super) struct Rows<'a> {
    pub pixels: &'a mut [[u8; 4]],
    depth: &'a mut [f32],
    normal: &'a mut [[f32; 3]],
    albedo: &'a mut [[u8; 4]],
    layer: &'a mut [u32],
    voxel: &'a mut [[i32; 3]],
    coverage: &'a mut [f32],
}

/// What buffers hold of a pixel.
pub(super) struct Known {
    pub depth: f32,
    pub normal: [f32; 3],
    pub albedo: [u8; 4],
    pub layer: u32,
    pub voxel: [i32; 3],
    pub coverage: f32,
}

impl Known {
    /// Where nothing is.
    pub(super) const NOTHING: Known = Known {
        depth: f32::INFINITY,
        normal: [0.0; 3],
        albedo: [0; 4],
        layer: NO_LAYER,
        voxel: [0; 3],
        coverage: 0.0,
    };
}

/// What is known about a pixel.
pub(super) struct Pixel<'a> {
    pub depth: f32,
    pub coverage: f32,
    pub face: Option<&'a Face>,
}

impl<'a> Rows<'a> {
    fn of(pixels: &'a mut [[u8; 4]]) -> Self {
        Rows {
            pixels,
            depth: &mut [],
            normal: &mut [],
            albedo: &mut [],
            layer: &mut [],
            voxel: &mut [],
            coverage: &mut [],
        }
    }

    /// Fills the buffers that there are.
    pub(super) fn write(&mut self, at: usize, known: &Known) {
        set(self.depth, at, || known.depth);
        set(self.normal, at, || known.normal);
        set(self.albedo, at, || known.albedo);
        set(self.layer, at, || known.layer);
        set(self.voxel, at, || known.voxel);
        set(self.coverage, at, || known.coverage);
    }

    /// The same, from the face that was hit.
    pub(super) fn put(
        &mut self,
        at: usize,
        pixel: &Pixel<'_>,
        sight: &Sight<'_>,
        surfaces: &Surfaces<'_>,
    ) {
        let face = pixel.face;
        set(self.depth, at, || pixel.depth);
        set(self.coverage, at, || pixel.coverage);
        set(self.normal, at, || face.map_or([0.0; 3], normal));
        set(self.albedo, at, || {
            face.map_or([0; 4], |face| sight.grid.brick(face.brick).get(face.local).0)
        });
        set(self.layer, at, || {
            face.map_or(NO_LAYER, |face| surfaces.layer(face.brick, face.local))
        });
        set(self.voxel, at, || {
            face.map_or([0; 3], |face| sight.voxel(face).map(|value| (value ^ 1 << 31) as i32))
        });
    }
}

fn set<T>(buffer: &mut [T], at: usize, value: impl FnOnce() -> T) {
    if let Some(slot) = buffer.get_mut(at) {
        *slot = value();
    }
}

fn normal(face: &Face) -> [f32; 3] {
    let mut normal = [0.0; 3];
    normal[usize::from(face.axis)] = if face.upper { 1.0 } else { -1.0 };
    normal
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
