//! Lists of places, each as the step from the one before.
//!
//! An item begins with a byte: bit 0, its value is the last one's; bit 1, its step is the
//! last one's, and bits 2 to 7 are 0; else two bits for each of X, Y and Z say by how much
//! it moved: 0, 1, -1 or a number that follows. So a line of voxels of one colour
//! costs a byte each. There is one way to write a list; any other is refused.

use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use crate::volume::{Coord, Voxel};

const SAME_VALUE: u8 = 1;
const SAME_STEP: u8 = 2;
/// The code of a step that a number follows for; 0, 1 and 2 stand for [`STEPS`].
const FAR: u8 = 3;
const STEPS: [i32; 3] = [0, 1, -1];

/// Where the list is, and how it got there. It begins at the origin, not moving.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Walk {
    at: [i32; 3],
    step: [i32; 3],
}

impl Walk {
    /// Writes the item's byte and its step. Steps wrap around at the ends of `i32`.
    pub(super) fn put(&mut self, to: [i32; 3], same_value: bool, out: &mut Vec<u8>) {
        let step = [0, 1, 2].map(|axis| to[axis].wrapping_sub(self.at[axis]));
        let value = u8::from(same_value);
        if step == self.step {
            out.push(value | SAME_STEP);
        } else {
            let codes = step.map(code_of);
            out.push(value | codes[0] << 2 | codes[1] << 4 | codes[2] << 6);
            let far = step.iter().zip(codes).filter(|(_, code)| *code == FAR);
            far.for_each(|(step, _)| step.put(out));
        }
        (self.at, self.step) = (to, step);
    }

    /// The item's place, and whether its value is the last one's.
    pub(super) fn take(&mut self, input: &mut Input<'_>) -> Result<([i32; 3], bool), DecodeError> {
        let from = input.offset();
        let byte = input.byte()?;
        if byte & SAME_STEP != 0 {
            if byte > (SAME_STEP | SAME_VALUE) {
                return Err(DecodeError::broken(from, "a step given twice"));
            }
        } else {
            let mut step = [0; 3];
            for (axis, step) in step.iter_mut().enumerate() {
                *step = take_step(byte >> (2 + 2 * axis) & 3, input)?;
            }
            if step == self.step {
                return Err(DecodeError::broken(from, "a step that is the last one again"));
            }
            self.step = step;
        }
        self.at = [0, 1, 2].map(|axis| self.at[axis].wrapping_add(self.step[axis]));
        Ok((self.at, byte & SAME_VALUE != 0))
    }
}

fn code_of(step: i32) -> u8 {
    match step {
        0 => 0,
        1 => 1,
        -1 => 2,
        _ => FAR,
    }
}

fn take_step(code: u8, input: &mut Input<'_>) -> Result<i32, DecodeError> {
    if code != FAR {
        return Ok(STEPS[usize::from(code)]);
    }
    let from = input.offset();
    let step = i32::take(input)?;
    if STEPS.contains(&step) {
        return Err(DecodeError::broken(from, "a short step in the long form"));
    }
    Ok(step)
}

/// A walk over places with voxels: a colour is written when it is not the last one's; the first
/// follows an empty voxel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trail {
    walk: Walk,
    last: Voxel,
}

impl Trail {
    pub(super) fn put(&mut self, list: &[(Coord, Voxel)], out: &mut Vec<u8>) {
        for (at, voxel) in list {
            self.walk.put(at.to_array(), *voxel == self.last, out);
            if *voxel != self.last {
                voxel.put(out);
                self.last = *voxel;
            }
        }
    }

    /// The next so many, which must be known to be within limits.
    pub(super) fn take(
        &mut self,
        count: usize,
        input: &mut Input<'_>,
    ) -> Result<Vec<(Coord, Voxel)>, DecodeError> {
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            let (at, same) = self.walk.take(input)?;
            if !same {
                let from = input.offset();
                let voxel = Voxel::take(input)?;
                if voxel == self.last {
                    return Err(DecodeError::broken(from, "a colour that is the last one again"));
                }
                self.last = voxel;
            }
            list.push((at.into(), self.last));
        }
        Ok(list)
    }
}

pub(super) fn put_voxels(list: &[(Coord, Voxel)], out: &mut Vec<u8>) {
    put_varint(list.len() as u64, out);
    out.reserve(2 * list.len());
    Trail::default().put(list, out);
}

pub(super) fn take_voxels(input: &mut Input<'_>) -> Result<Vec<(Coord, Voxel)>, DecodeError> {
    let count = input.voxels()?;
    Trail::default().take(count, input)
}

/// Places alone; bit 0 is always 0.
pub(super) fn put_places(list: &[Coord], out: &mut Vec<u8>) {
    put_varint(list.len() as u64, out);
    let mut walk = Walk::default();
    list.iter().for_each(|at| walk.put(at.to_array(), false, out));
}

pub(super) fn take_places(input: &mut Input<'_>) -> Result<Vec<Coord>, DecodeError> {
    let count = input.voxels()?;
    let mut list = Vec::with_capacity(count);
    let mut walk = Walk::default();
    for _ in 0..count {
        let from = input.offset();
        let (at, same) = walk.take(input)?;
        if same {
            return Err(DecodeError::broken(from, "a value where there are none"));
        }
        list.push(at.into());
    }
    Ok(list)
}
