//! Lists of bricks and their places: what became of a volume.

use super::brick::{GONE, put_brick, take_brick};
use super::code::{Input, put_varint};
use super::error::DecodeError;
use super::steps::Walk;
use crate::volume::{Brick, BrickCoord};
use std::sync::Arc;

/// A place and the brick there now, or `None` where there is none any more.
pub(crate) type Placed = (BrickCoord, Option<Arc<Brick>>);

/// The bricks, in the defined order of their places. One that is the same as the one before
/// costs no more than its place.
pub(crate) fn put_bricks(bricks: &[Placed], out: &mut Vec<u8>) {
    put_varint(bricks.len() as u64, out);
    let (mut walk, mut last, mut bytes) = (Walk::default(), vec![GONE], Vec::new());
    for (at, brick) in bricks {
        bytes.clear();
        match brick {
            Some(brick) => put_brick(brick, &mut bytes),
            None => bytes.push(GONE),
        }
        let same = bytes == last;
        walk.put([at.x, at.y, at.z], same, out);
        if !same {
            out.extend_from_slice(&bytes);
            std::mem::swap(&mut bytes, &mut last);
        }
    }
}

/// What is left of the limits on bricks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    bricks: usize,
    bytes: usize,
}

impl Room {
    pub(crate) const fn of(input: &Input<'_>) -> Self {
        Self { bricks: input.limits.max_bricks, bytes: input.limits.max_bytes }
    }

    fn bricks(&mut self, input: &mut Input<'_>) -> Result<usize, DecodeError> {
        let from = input.offset();
        let count = input.count()?;
        let Some(left) = self.bricks.checked_sub(count) else {
            return Err(DecodeError::limit(from, "bricks of 16^3", input.limits.max_bricks as u64));
        };
        self.bricks = left;
        Ok(count)
    }

    fn keep(&mut self, brick: &Brick, input: &Input<'_>) -> Result<(), DecodeError> {
        let Some(left) = self.bytes.checked_sub(brick.bytes()) else {
            let max = input.limits.max_bytes as u64;
            return Err(DecodeError::limit(input.offset(), "bytes of voxels", max));
        };
        self.bytes = left;
        Ok(())
    }
}

/// Equal neighbours in the list are one brick, shared.
pub(crate) fn take_bricks(
    input: &mut Input<'_>,
    room: &mut Room,
) -> Result<Vec<Placed>, DecodeError> {
    let count = room.bricks(input)?;
    let mut bricks: Vec<Placed> = Vec::with_capacity(count);
    let (mut walk, mut last, mut last_bytes) = (Walk::default(), None, &[GONE][..]);
    for _ in 0..count {
        let from = input.offset();
        let (at, same) = walk.take(input)?;
        let place = place_of(at, from)?;
        if bricks.last().is_some_and(|(before, _)| before.order() >= place.order()) {
            return Err(DecodeError::broken(from, "bricks out of order"));
        }
        if !same {
            let rest = input.rest();
            let from = input.offset();
            last = take_one(input)?;
            let bytes = &rest[..rest.len() - input.left()];
            if bytes == last_bytes {
                return Err(DecodeError::broken(from, "a brick that is the last one again"));
            }
            last_bytes = bytes;
            last.iter().try_for_each(|brick| room.keep(brick, input))?;
        }
        bricks.push((place, last.clone()));
    }
    Ok(bricks)
}

fn take_one(input: &mut Input<'_>) -> Result<Option<Arc<Brick>>, DecodeError> {
    if input.rest().first() == Some(&GONE) {
        input.byte()?;
        return Ok(None);
    }
    take_brick(input).map(|brick| Some(Arc::new(brick)))
}

/// Bricks lie where voxels can be.
pub(super) fn place_of([x, y, z]: [i32; 3], from: u64) -> Result<BrickCoord, DecodeError> {
    const ENDS: std::ops::RangeInclusive<i32> = i32::MIN >> 4..=i32::MAX >> 4;
    if [x, y, z].iter().all(|value| ENDS.contains(value)) {
        return Ok(BrickCoord { x, y, z });
    }
    Err(DecodeError::broken(from, "a brick that leaves space"))
}
