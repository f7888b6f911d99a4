//! Pictures as runs of equal pixels and stretches of others.
//!
//! Width, height, the number of pixels, then tokens: twice a count plus 1 and one
//! pixel for a run of at least two, twice a count and that many pixels for a stretch. Runs are as
//! long as they can be, and so are stretches: a picture has one form.

use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use crate::image::Picture;

type Pixel = [u8; 4];

impl Code for Picture {
    fn put(&self, out: &mut Vec<u8>) {
        let Picture { width, height, pixels } = self;
        width.put(out);
        height.put(out);
        pixels.len().put(out);
        let mut stretch = 0;
        let mut from = 0;
        for run in pixels.chunk_by(|a, b| a == b) {
            if run.len() == 1 {
                stretch += 1;
            } else {
                put_stretch(&pixels[from - stretch..from], out);
                stretch = 0;
                put_varint((run.len() as u64) << 1 | 1, out);
                run[0].put(out);
            }
            from += run.len();
        }
        put_stretch(&pixels[from - stretch..], out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let from = input.offset();
        let (width, height) = (u32::take(input)?, u32::take(input)?);
        let count = u64::take(input)?;
        if count != u64::from(width) * u64::from(height) {
            return Err(DecodeError::broken(from, "a picture with pixels missing or left over"));
        }
        let count = input.pixels(from, count)?;
        Ok(Picture { width, height, pixels: take_pixels(input, count)? })
    }
}

fn put_stretch(pixels: &[Pixel], out: &mut Vec<u8>) {
    if !pixels.is_empty() {
        put_varint((pixels.len() as u64) << 1, out);
        out.extend_from_slice(pixels.as_flattened());
    }
}

fn take_pixels(input: &mut Input<'_>, count: usize) -> Result<Vec<Pixel>, DecodeError> {
    let mut pixels: Vec<Pixel> = Vec::new();
    let mut after_stretch = false;
    while pixels.len() < count {
        let from = input.offset();
        let token = input.varint()?;
        let (is_run, length) = (token & 1 == 1, token >> 1);
        let last = pixels.last().copied();
        if length > (count - pixels.len()) as u64 {
            return Err(DecodeError::broken(from, "more pixels than the picture has"));
        }
        let length = length as usize;
        let broken = DecodeError::broken(from, "pixels in another form than the shortest");
        let first = if is_run {
            let pixel = Pixel::take(input)?;
            pixels.resize(pixels.len() + length, pixel);
            (length > 1).then_some(pixel)
        } else {
            let stretch = input.bytes(length.saturating_mul(4))?.as_chunks().0;
            pixels.extend_from_slice(stretch);
            let plain = !after_stretch && stretch.windows(2).all(|pair| pair[0] != pair[1]);
            stretch.first().copied().filter(|_| plain)
        };
        after_stretch = !is_run;
        if first.is_none() || first == last {
            return Err(broken);
        }
    }
    Ok(pixels)
}
