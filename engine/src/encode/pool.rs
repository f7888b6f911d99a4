//! Lists of bricks and their places, each brick written once however many lists it is in.
//!
//! A list is its length, and then for each place a byte and step as in `steps.rs`; bit 0: the
//! brick is the last one's of the list, which begins with none. Else a number follows: 0, there is
//! no brick any more; 1, a new brick, which gets the next number and is written elsewhere, in the
//! order of these numbers (`streams.rs`); 2, the brick after the one mentioned last; from 3
//! on, the brick of that number less 3.

use super::bricks::{Placed, place_of};
use super::code::{Input, put_varint};
use super::error::DecodeError;
use super::steps::Walk;
use super::streams::{Sources, Streams};
use crate::effect::holds_same;
use crate::volume::Brick;
use std::collections::HashMap;
use std::sync::Arc;

const GONE: u64 = 0;
const NEW: u64 = 1;
const NEXT: u64 = 2;
const NUMBERED: u64 = 3;

/// The bricks that were written. They must not go before the pool does: it knows them
/// by their addresses.
#[derive(Debug, Default)]
pub(super) struct Pool {
    numbers: HashMap<*const Brick, usize>,
    count: usize,
    /// The number after that of the brick mentioned last.
    next: usize,
    /// One that is stored apart but the same is not written again.
    newest: Option<Arc<Brick>>,
    pub streams: Streams,
}

impl Pool {
    /// Adds a list, in the defined order of its places, to the bytes.
    pub(super) fn put(&mut self, bricks: &[Placed], out: &mut Vec<u8>) {
        put_varint(bricks.len() as u64, out);
        let (mut walk, mut last) = (Walk::default(), None);
        for (at, brick) in bricks {
            let written = self.count;
            let number = brick.as_ref().map(|brick| self.number_of(brick));
            let same = number == last;
            walk.put([at.x, at.y, at.z], same, out);
            if !same {
                self.put_number(number, written, out);
                last = number;
            }
        }
    }

    fn put_number(&mut self, number: Option<usize>, written: usize, out: &mut Vec<u8>) {
        let Some(number) = number else {
            return put_varint(GONE, out);
        };
        if number == written {
            put_varint(NEW, out);
        } else if number == self.next {
            put_varint(NEXT, out);
        } else {
            put_varint(NUMBERED + number as u64, out);
        }
        self.next = number + 1;
    }

    /// The brick's number: the next one for one that is new.
    fn number_of(&mut self, brick: &Arc<Brick>) -> usize {
        let address = Arc::as_ptr(brick);
        if let Some(number) = self.numbers.get(&address) {
            return *number;
        }
        if !self.newest.as_ref().is_some_and(|newest| holds_same(newest, brick)) {
            self.streams.put(brick);
            self.newest = Some(Arc::clone(brick));
            self.count += 1;
        }
        self.numbers.insert(address, self.count - 1);
        self.count - 1
    }
}

/// What is left of a limit on bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    left: usize,
    max: usize,
}

impl Budget {
    pub(super) const fn of(max: usize) -> Self {
        Self { left: max, max }
    }

    /// Takes so many bytes from it, `at` this byte of the input.
    pub(super) fn spend(&mut self, bytes: usize, at: u64) -> Result<(), DecodeError> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(DecodeError::limit(at, "bytes to hold", self.max as u64)),
        }
    }
}

/// The bricks that were read, by their numbers.
#[derive(Debug)]
pub(super) struct Shelf<'a> {
    bricks: Vec<Arc<Brick>>,
    next: usize,
    sources: Sources<'a>,
}

impl<'a> Shelf<'a> {
    pub(super) const fn of(sources: Sources<'a>) -> Self {
        Self { bricks: Vec::new(), next: 0, sources }
    }

    /// All bricks were read.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        self.sources.end()
    }

    /// A list. `room` is how many places may still be listed.
    pub(super) fn take(
        &mut self,
        input: &mut Input<'_>,
        room: &mut usize,
        budget: &mut Budget,
    ) -> Result<Vec<Placed>, DecodeError> {
        let from = input.offset();
        let count = input.count()?;
        let Some(left) = room.checked_sub(count) else {
            return Err(DecodeError::limit(from, "bricks of 16^3", input.limits.max_bricks as u64));
        };
        *room = left;
        budget.spend(count.saturating_mul(size_of::<Placed>()), from)?;
        let mut bricks: Vec<Placed> = Vec::with_capacity(count);
        let (mut walk, mut last) = (Walk::default(), None);
        for _ in 0..count {
            let from = input.offset();
            let (at, same) = walk.take(input)?;
            let place = place_of(at, from)?;
            if bricks.last().is_some_and(|(before, _)| before.order() >= place.order()) {
                return Err(DecodeError::broken(from, "bricks out of order"));
            }
            if !same {
                last = self.take_one(input, budget)?;
            }
            bricks.push((place, last.clone()));
        }
        Ok(bricks)
    }

    fn take_one(
        &mut self,
        input: &mut Input<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Arc<Brick>>, DecodeError> {
        let from = input.offset();
        let number = match input.varint()? {
            GONE => return Ok(None),
            NEW => {
                let brick = self.sources.brick()?;
                budget.spend(brick.bytes(), from)?;
                self.bricks.push(Arc::new(brick));
                self.bricks.len() - 1
            }
            NEXT => self.next,
            number => usize::try_from(number - NUMBERED).unwrap_or(usize::MAX),
        };
        let Some(brick) = self.bricks.get(number) else {
            return Err(DecodeError::broken(from, "a brick that was not written before"));
        };
        self.next = number + 1;
        Ok(Some(Arc::clone(brick)))
    }
}
