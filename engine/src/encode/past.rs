//! The steps of a project that can be taken back, or made again, within its bytes.
//!
//! How many runs, and then each, the newest first. A run of small steps is its cells as they are,
//! which need no scene; any other step is written as what makes the older scene or volume of the one
//! last written, so that what the steps share is not written twice. To begin with
//! that is the scene of now. What small steps in between changed is not taken into account.
//!
//! A run is a byte: bits 0 and 1, what it keeps; bit 2, its author follows, else it is the last
//! one's, at first 0; bit 3, its layer follows, else it is the last one's, at first 0;
//! bit 4, each step is one cell. Then
//!
//! - 0, cells: how many steps; unless each is one cell, how many cells each has; their places and
//!   old voxels as in `steps.rs`, going on where the last cells were;
//! - 1, a layer's volume: what keeping it was found to cost, in bytes; the bricks that make it of
//!   the one known;
//! - 2, a scene: what it costs; the change of `change.rs`;
//! - 3, a group: what it costs; how many parts, and these as they are taken back, the last one
//!   first. A part is a byte of which only bits 0, 1 and 3 are used, and what is above, but no costs
//!   and no steps: how many cells, and they.

use super::change::{Known, Seen, take_volume};
use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use super::pool::{Budget, Pool, Shelf};
use super::steps::Trail;
use crate::command::Author;
use crate::effect::changed_bricks;
use crate::history::{Before, Cells, RUN_BYTES, Run, Stack};
use crate::scene::LayerId;
use crate::volume::Volume;
use std::collections::VecDeque;
use std::sync::Arc;

const CELLS: u8 = 0;
const VOLUME: u8 = 1;
const SCENE: u8 = 2;
const GROUP: u8 = 3;
const KIND: u8 = 3;
const NEW_AUTHOR: u8 = 1 << 2;
const NEW_LAYER: u8 = 1 << 3;
const SINGLE: u8 = 1 << 4;

/// What a cell and the end of a step take.
const CELL_BYTES: usize = 20;

/// Sums of costs stay below this.
const BYTES_MAX: usize = usize::MAX / 4;

/// Writes a stack, as seen from the scene of now.
pub(super) fn put_stack(stack: &Stack, now: &Seen, pool: &mut Pool, out: &mut Vec<u8>) {
    let runs = stack.newest_first();
    put_varint(runs.len() as u64, out);
    let mut back = Back { at: now.clone(), last: Last::default(), pool, out };
    runs.for_each(|run| back.put_run(run));
}

/// Who, where and what came last.
#[derive(Clone, Copy, Debug)]
struct Last {
    author: Author,
    layer: LayerId,
    trail: Trail,
}

impl Default for Last {
    fn default() -> Self {
        Self { author: Author(0), layer: LayerId(0), trail: Trail::default() }
    }
}

/// The way back of the encoder.
struct Back<'a> {
    at: Seen,
    last: Last,
    pool: &'a mut Pool,
    out: &'a mut Vec<u8>,
}

impl Back<'_> {
    fn put_run(&mut self, run: &Run) {
        match run {
            Run::Cells { author, layer, cells, ends } => {
                let single = ends.iter().zip(1..).all(|(end, number)| *end == number);
                let form = if single { CELLS | SINGLE } else { CELLS };
                self.put_head(form, Some(*author), Some(*layer));
                put_varint(ends.len() as u64, self.out);
                if !single {
                    self.put_lengths(ends);
                }
                self.last.trail.put(cells, self.out);
            }
            Run::One { author, before, bytes } => {
                self.put_before(Some((*author, *bytes)), before);
            }
        }
    }

    fn put_lengths(&mut self, ends: &[u32]) {
        let mut from = 0;
        for end in ends {
            (end - from).put(self.out);
            from = *end;
        }
    }

    /// The byte, and who and where if the last ones were others.
    fn put_head(&mut self, form: u8, author: Option<Author>, layer: Option<LayerId>) {
        let author = author.filter(|author| *author != self.last.author);
        let layer = layer.filter(|layer| *layer != self.last.layer);
        let author_bit = if author.is_some() { NEW_AUTHOR } else { 0 };
        let layer_bit = if layer.is_some() { NEW_LAYER } else { 0 };
        self.out.push(form | author_bit | layer_bit);
        if let Some(author) = author {
            author.0.put(self.out);
            self.last.author = author;
        }
        if let Some(layer) = layer {
            layer.put(self.out);
            self.last.layer = layer;
        }
    }

    /// The head of what is no run of cells: a step has an author and a cost, a part of a group has none.
    fn put_step(&mut self, form: u8, step: Option<(Author, usize)>, layer: Option<LayerId>) {
        self.put_head(form, step.map(|(author, _)| author), layer);
        step.iter().for_each(|(_, bytes)| bytes.put(self.out));
    }

    fn put_before(&mut self, step: Option<(Author, usize)>, before: &Before) {
        match before {
            Before::Cells(layer, cells) => {
                // Always a part of a group: see `Stack::push`.
                self.put_head(CELLS, None, Some(*layer));
                put_varint(cells.len() as u64, self.out);
                self.last.trail.put(cells, self.out);
            }
            Before::Volume(layer, old) => {
                self.put_step(VOLUME, step, Some(*layer));
                let bricks = self.at.known.volume(*layer).map(|from| changed_bricks(from, old));
                self.pool.put(&bricks.unwrap_or_default(), self.out);
                self.at.known.set_volume(*layer, old);
            }
            Before::Scene(old) => {
                self.put_step(SCENE, step, None);
                let old = Seen::of(old);
                self.at.put_change(&old, self.pool, self.out);
                self.at = old;
            }
            Before::Group(all) => {
                self.put_step(GROUP, step, None);
                put_varint(all.len() as u64, self.out);
                all.iter().rev().for_each(|each| self.put_before(None, each));
            }
        }
    }
}

/// The stack that the next bytes stand for.
pub(super) fn take_stack(
    now: &Known,
    input: &mut Input<'_>,
    shelf: &mut Shelf<'_>,
    budget: &mut Budget,
) -> Result<Stack, DecodeError> {
    let from = input.offset();
    let count = input.count()?;
    budget.spend(count.saturating_mul(RUN_BYTES), from)?;
    let mut back = Forth { at: now.clone(), last: Last::default(), shelf, budget };
    let mut runs = VecDeque::with_capacity(count);
    let mut bytes = 0usize;
    for _ in 0..count {
        let from = input.offset();
        let run = back.take_run(input)?;
        let sum = bytes.checked_add(run.bytes()).filter(|sum| *sum <= BYTES_MAX);
        bytes = sum.ok_or(DecodeError::broken(from, "steps that cost more than there can be"))?;
        runs.push_front(Arc::new(run));
    }
    Ok(Stack::of_runs(runs))
}

/// The way back of the decoder.
struct Forth<'a, 'b> {
    at: Known,
    last: Last,
    shelf: &'a mut Shelf<'b>,
    budget: &'a mut Budget,
}

impl Forth<'_, '_> {
    fn take_run(&mut self, input: &mut Input<'_>) -> Result<Run, DecodeError> {
        let from = input.offset();
        let form = input.byte()?;
        if form >= SINGLE << 1 || form & SINGLE != 0 && form & KIND != CELLS {
            return Err(DecodeError::unknown(from, "form of a run", form));
        }
        if form & NEW_AUTHOR != 0 {
            self.last.author = Author(u64::take(input)?);
        }
        let author = self.last.author;
        if form & KIND == CELLS {
            let layer = self.take_layer(form, input)?;
            let ends = self.take_ends(form, input)?;
            let count = ends.last().map_or(0, |end| *end as usize);
            let cells = self.last.trail.take(count, input)?;
            return Ok(Run::Cells { author, layer, cells, ends });
        }
        if form & KIND == VOLUME {
            self.take_layer(form, input)?;
        }
        let bytes = usize::take(input)?.min(BYTES_MAX);
        let before = self.take_before(form, input)?;
        Ok(Run::One { author, before, bytes })
    }

    /// A layer must be there when the step is taken back.
    fn take_layer(&mut self, form: u8, input: &mut Input<'_>) -> Result<LayerId, DecodeError> {
        let from = input.offset();
        if form & NEW_LAYER != 0 {
            self.last.layer = LayerId::take(input)?;
        }
        if self.at.has(self.last.layer) {
            return Ok(self.last.layer);
        }
        Err(DecodeError::broken(from, "a step in a layer that is not there"))
    }

    /// Where each step of a run ends, in cells. The cells are within the input.
    fn take_ends(&mut self, form: u8, input: &mut Input<'_>) -> Result<Vec<u32>, DecodeError> {
        let from = input.offset();
        let steps = input.count()?;
        self.budget.spend(steps.saturating_mul(CELL_BYTES), from)?;
        let mut ends = Vec::with_capacity(steps);
        let mut end = 0u32;
        for _ in 0..steps {
            let length = if form & SINGLE != 0 { 1 } else { u32::take(input)? };
            let sum = end.checked_add(length);
            end = sum.ok_or(DecodeError::broken(from, "more cells than there can be"))?;
            ends.push(end);
        }
        if steps == 0 {
            return Err(DecodeError::broken(from, "a run without a step"));
        }
        self.spend_cells(end as usize, from, input)?;
        Ok(ends)
    }

    fn spend_cells(
        &mut self,
        count: usize,
        from: u64,
        input: &Input<'_>,
    ) -> Result<(), DecodeError> {
        if count > input.left() {
            return Err(DecodeError::broken(from, "more cells than there are bytes"));
        }
        self.budget.spend(count.saturating_mul(CELL_BYTES), from)
    }

    fn take_cells(&mut self, input: &mut Input<'_>) -> Result<Cells, DecodeError> {
        let from = input.offset();
        let count = input.count()?;
        self.spend_cells(count, from, input)?;
        self.last.trail.take(count, input)
    }

    /// What a step keeps, or a part of a group. The layer is known.
    fn take_before(&mut self, form: u8, input: &mut Input<'_>) -> Result<Before, DecodeError> {
        let layer = self.last.layer;
        Ok(match form & KIND {
            CELLS => Before::Cells(layer, self.take_cells(input)?),
            VOLUME => {
                let now = self.at.volume(layer).cloned().unwrap_or_default();
                let old = self.take_old(&now, input)?;
                self.at.set_volume(layer, &old);
                Before::Volume(layer, old)
            }
            SCENE => {
                self.at = self.at.take_change(input, self.shelf, self.budget)?;
                Before::Scene(Arc::clone(&self.at.scene))
            }
            _ => self.take_group(input)?,
        })
    }

    fn take_old(&mut self, now: &Volume, input: &mut Input<'_>) -> Result<Volume, DecodeError> {
        let mut room = input.limits.max_bricks;
        take_volume(now, input, self.shelf, &mut room, self.budget)
    }

    fn take_group(&mut self, input: &mut Input<'_>) -> Result<Before, DecodeError> {
        let from = input.offset();
        let count = input.count()?;
        self.budget.spend(count.saturating_mul(size_of::<Before>()), from)?;
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            let from = input.offset();
            let form = input.byte()?;
            if form & !(KIND | NEW_LAYER) != 0 || form & KIND == GROUP {
                return Err(DecodeError::unknown(from, "form of a part of a group", form));
            }
            if form & KIND != SCENE {
                self.take_layer(form, input)?;
            }
            all.push(self.take_before(form, input)?);
        }
        all.reverse();
        Ok(Before::Group(all))
    }
}
