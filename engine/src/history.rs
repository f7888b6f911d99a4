//! Undo and redo: for each step, what was there before it.
//!
//! A step that touched few voxels keeps their old values; one that touched many
//! keeps the layer's old volume, and one that changed layers keeps the old
//! scene: both are roots, shared with what did not change. Neighbouring small
//! steps of one author in one layer share a run, so a single-voxel step costs
//! about 24 bytes.

use crate::command::Author;
use crate::scene::{LayerId, Scene};
use crate::volume::{Coord, Volume, Voxel};
use std::collections::VecDeque;
use std::sync::Arc;

/// A step keeps old voxels up to this many, and the old volume above.
pub(crate) const SMALL_STEP: usize = 512;

/// Old values of places, in the order they were written.
pub(crate) type Cells = Vec<(Coord, Voxel)>;

/// What a step changed, as it was before.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    Cells(LayerId, Cells),
    Volume(LayerId, Volume),
    Scene(Arc<Scene>),
}

/// Consecutive steps of one author.
#[derive(Clone, Debug)]
enum Run {
    /// Small steps in one layer: step i ends before cell `ends[i]`.
    Cells {
        author: Author,
        layer: LayerId,
        cells: Cells,
        ends: Vec<u32>,
    },
    One {
        author: Author,
        before: Before,
    },
}

/// The steps that can be undone and redone. A clone shares the runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    undo: VecDeque<Arc<Run>>,
    redo: Vec<(Author, Before)>,
    steps: usize,
}

impl History {
    /// Adds a step and forgets what could be redone; drops the oldest beyond `max_steps`.
    pub(crate) fn push(&mut self, author: Author, before: Before, max_steps: usize) {
        self.redo.clear();
        self.append(author, before);
        while self.steps > max_steps {
            self.drop_oldest();
        }
    }

    pub(crate) fn undo_steps(&self) -> usize {
        self.steps
    }

    pub(crate) fn redo_steps(&self) -> usize {
        self.redo.len()
    }

    pub(crate) fn pop_undo(&mut self) -> Option<(Author, Before)> {
        let last = self.undo.back_mut()?;
        self.steps -= 1;
        if let Run::Cells { author, layer, cells, ends } = Arc::make_mut(last)
            && ends.len() > 1
        {
            ends.pop();
            let from = ends.last().map_or(0, |end| *end as usize);
            return Some((*author, Before::Cells(*layer, cells.split_off(from))));
        }
        Some(match Arc::unwrap_or_clone(self.undo.pop_back()?) {
            Run::Cells { author, layer, cells, .. } => (author, Before::Cells(layer, cells)),
            Run::One { author, before } => (author, before),
        })
    }

    pub(crate) fn pop_redo(&mut self) -> Option<(Author, Before)> {
        self.redo.pop()
    }

    pub(crate) fn push_redo(&mut self, author: Author, before: Before) {
        self.redo.push((author, before));
    }

    /// Adds a step that was redone: what can still be redone stays.
    pub(crate) fn append(&mut self, author: Author, before: Before) {
        self.steps += 1;
        let Before::Cells(to, new) = before else {
            self.undo.push_back(Arc::new(Run::One { author, before }));
            return;
        };
        if let Some(last) = self.undo.back_mut()
            && let Run::Cells { author: by, layer, cells, ends } = Arc::make_mut(last)
            && (*by, *layer) == (author, to)
            && cells.len() + new.len() <= SMALL_STEP
        {
            cells.extend(new);
            ends.push(cells.len() as u32);
            return;
        }
        let ends = vec![new.len() as u32];
        self.undo.push_back(Arc::new(Run::Cells { author, layer: to, cells: new, ends }));
    }

    /// A run goes as a whole: its cells were written in order.
    fn drop_oldest(&mut self) {
        match self.undo.pop_front().as_deref() {
            Some(Run::Cells { ends, .. }) => self.steps -= ends.len(),
            Some(Run::One { .. }) => self.steps -= 1,
            None => self.steps = 0,
        }
    }
}
