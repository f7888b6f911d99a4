//! One picture made of many of one size, in rows.

use super::series::Studio;
use crate::image::Picture;
use crate::render::{Camera, RenderError, Settings, blank};
use crate::volume::Volume;

/// A part of a picture, in pixels from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// The first column.
    pub x: u32,
    /// The first row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A picture made of frames of one size, row by row, left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// All of it.
    pub picture: Picture,
    /// Frames in a row.
    pub columns: u32,
    /// Rows of frames; the last may not be full.
    pub rows: u32,
    /// Where each frame lies.
    pub frames: Vec<Rect>,
}

/// How frames are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub count: u32,
    pub columns: u32,
    /// One frame's width and height.
    pub frame: [u32; 2],
    /// Pixels between frames.
    pub gap: u32,
    /// Pixels around all of them.
    pub border: u32,
}

impl Layout {
    fn rows(&self) -> u32 {
        self.count.div_ceil(self.columns)
    }

    fn place(&self, index: u32) -> Rect {
        let [width, height] = self.frame;
        let start = |number: u32, size: u32| self.border + number * (size + self.gap);
        let (x, y) = (start(index % self.columns, width), start(index / self.columns, height));
        Rect { x, y, width, height }
    }

    /// The size of the whole picture, if there may be such a one.
    fn size(&self) -> Result<[u32; 2], RenderError> {
        let [width, height] = self.frame;
        if width == 0 || height == 0 {
            return Err(RenderError::NoPixels { width, height });
        }
        let side = |count: u32, size: u32| {
            let [count, size, gap, border] = [count, size, self.gap, self.border].map(u64::from);
            let side = count * (size + gap) - gap + 2 * border;
            u32::try_from(side).unwrap_or(u32::MAX)
        };
        Ok([side(self.columns, width), side(self.rows(), height)])
    }

    /// The sheet of pictures that these cameras take of their subjects, on a ground of one
    /// colour.
    pub(super) fn sheet(
        &self,
        studio: &Studio<'_>,
        cameras: &[Camera],
        settings: &Settings,
        (ground, subject): ([u8; 4], &dyn Fn(usize) -> Volume),
    ) -> Result<Sheet, RenderError> {
        let [width, height] = self.size()?;
        let mut picture = blank(width, height)?;
        picture.pixels.fill(ground);
        let frames: Vec<Rect> = (0..self.count).map(|index| self.place(index)).collect();
        studio.each(settings, cameras, subject, |index, frame| {
            paste(&mut picture, &frame, frames[index]);
        })?;
        Ok(Sheet { picture, columns: self.columns, rows: self.rows(), frames })
    }
}

/// Columns for so many frames: `wanted`, at most one each; 0 chooses a sheet that is nearly
/// square, or a little wider where that leaves fewer places empty.
pub(super) fn columns(wanted: u32, count: u32) -> u32 {
    if wanted > 0 {
        return wanted.min(count);
    }
    let square = (1..count).find(|side| side * side >= count).unwrap_or(count);
    let empty = |columns: u32| count.next_multiple_of(columns) - count;
    if empty(square + 1) < empty(square) { square + 1 } else { square }
}

fn paste(onto: &mut Picture, frame: &Picture, place: Rect) {
    let [x, y, stride] = [place.x, place.y, onto.width].map(|n| n as usize);
    let width = frame.width as usize;
    for (row, pixels) in frame.pixels.chunks(width).enumerate() {
        let start = (y + row) * stride + x;
        onto.pixels[start..start + width].copy_from_slice(pixels);
    }
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
