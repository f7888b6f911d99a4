//! Undo and redo: for each step, what was there before it.
//!
//! A step that touched few voxels keeps their old values; one that touched many
//! keeps the layer's old volume, and one that changed layers keeps the old
//! scene: both are roots, shared with what did not change. Neighbouring small
//! steps of one author in one layer share a run, so a single-voxel step costs
//! about 24 bytes.

use crate::command::Author;
use crate::scene::{Layer, LayerId, Scene};
use crate::volume::{Coord, Volume, Voxel};
use std::collections::{HashMap, VecDeque};
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

impl Before {
    /// About how many bytes keeping this costs beside the scene of now.
    fn bytes(&self, now: &Scene) -> usize {
        match self {
            Before::Cells(_, cells) => bytes_of(cells),
            Before::Volume(id, old) => bytes_beside(old, now.layer(*id)),
            Before::Scene(old) => bytes_of_scene(old, now),
        }
    }
}

fn bytes_beside(old: &Volume, now: Option<&Layer>) -> usize {
    now.map_or_else(|| old.bytes(), |layer| old.bytes_beside(&layer.volume))
}

/// The voxels, and what no scene shares with another: the list of its layers, and what its
/// file had that we do not know.
fn bytes_of_scene(old: &Scene, now: &Scene) -> usize {
    let present: HashMap<LayerId, &Layer> = now.layers.iter().map(|l| (l.id, l)).collect();
    let of_layer = |layer: &Layer| {
        let extra: usize = layer.extra.iter().map(|(key, value)| key.len() + value.len()).sum();
        let own = size_of::<Layer>() + layer.name.len() + extra;
        own + bytes_beside(&layer.volume, present.get(&layer.id).copied())
    };
    let chunks: usize = old.extra_chunks.iter().map(|chunk| chunk.data.len()).sum();
    chunks + old.layers.iter().map(of_layer).sum::<usize>()
}

fn bytes_of(cells: &Cells) -> usize {
    cells.len() * size_of::<(Coord, Voxel)>()
}

/// Consecutive steps of one author.
#[derive(Clone, Debug)]
enum Run {
    /// Small steps in one layer: step i ends before cell `ends[i]`.
    Cells { author: Author, layer: LayerId, cells: Cells, ends: Vec<u32> },
    /// One step, and what keeping it was found to cost.
    One { author: Author, before: Before, bytes: usize },
}

impl Run {
    fn steps(&self) -> usize {
        match self {
            Run::Cells { ends, .. } => ends.len(),
            Run::One { .. } => 1,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Run::Cells { cells, .. } => bytes_of(cells),
            Run::One { bytes, .. } => *bytes,
        }
    }
}

/// What a history may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub max_steps: usize,
    pub max_bytes: usize,
}

/// The steps that can be undone and redone. A clone shares the runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    undo: VecDeque<Arc<Run>>,
    redo: Vec<(Author, Before)>,
    steps: usize,
    /// What the steps to undo cost to keep.
    bytes: usize,
}

impl History {
    /// Adds a step and forgets what could be redone; drops the oldest when there
    /// are too many, or when they hold too much: then the newest stays all the same.
    pub(crate) fn push(&mut self, author: Author, before: Before, now: &Scene, room: Room) {
        self.redo.clear();
        self.append(author, before, now);
        let too_large = |h: &Self| h.bytes > room.max_bytes && h.undo.len() > 1;
        while self.steps > room.max_steps || too_large(self) {
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
            let cells = cells.split_off(from);
            self.bytes -= bytes_of(&cells);
            return Some((*author, Before::Cells(*layer, cells)));
        }
        let run = self.undo.pop_back()?;
        self.bytes -= run.bytes();
        Some(match Arc::unwrap_or_clone(run) {
            Run::Cells { author, layer, cells, .. } => (author, Before::Cells(layer, cells)),
            Run::One { author, before, .. } => (author, before),
        })
    }

    pub(crate) fn pop_redo(&mut self) -> Option<(Author, Before)> {
        self.redo.pop()
    }

    pub(crate) fn push_redo(&mut self, author: Author, before: Before) {
        self.redo.push((author, before));
    }

    /// Adds a step that was redone: what can still be redone stays.
    pub(crate) fn append(&mut self, author: Author, before: Before, now: &Scene) {
        let bytes = before.bytes(now);
        self.steps += 1;
        self.bytes += bytes;
        let Before::Cells(to, new) = before else {
            self.undo.push_back(Arc::new(Run::One { author, before, bytes }));
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
        if let Some(run) = self.undo.pop_front() {
            self.steps -= run.steps();
            self.bytes -= run.bytes();
        }
    }
}
