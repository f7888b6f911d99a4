//! Undo and redo: for each step, what was there before it.
//!
//! A step that touched few voxels keeps their old values; one that touched many
//! keeps the layer's old volume, and one that changed layers keeps the old
//! scene: both are roots, shared with what did not change. A group keeps what each
//! of its commands changed. Neighbouring small steps of one author in one layer share
//! a run, so a single-voxel step costs 20 bytes.

use crate::command::Author;
use crate::scene::{Extra, Layer, LayerId, LayerKind, Material, Scene, SceneCamera};
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
    /// Of several commands, in their order.
    Group(Vec<Before>),
}

impl Before {
    /// About how many bytes keeping this costs beside the scene of now.
    fn bytes(&self, now: &Scene) -> usize {
        match self {
            Before::Cells(_, cells) => bytes_of(cells),
            Before::Volume(id, old) => bytes_beside(old, now.layer(*id)),
            Before::Scene(old) => bytes_of_scene(old, now),
            Before::Group(all) => {
                all.iter().map(|each| size_of::<Before>() + each.bytes(now)).sum::<usize>()
            }
        }
    }
}

fn bytes_beside(old: &Volume, now: Option<&Layer>) -> usize {
    now.map_or_else(|| old.bytes(), |layer| old.bytes_beside(&layer.volume))
}

/// The voxels that the scene of now does not share, and what no scene shares with another.
pub(crate) fn bytes_of_scene(old: &Scene, now: &Scene) -> usize {
    let present: HashMap<LayerId, &Layer> = now.layers.iter().map(|l| (l.id, l)).collect();
    let of_layer = |layer: &Layer| bytes_beside(&layer.volume, present.get(&layer.id).copied());
    let mask = old.selection.mask.bytes_beside(&now.selection.mask);
    bytes_of_plain(old) + mask + old.layers.iter().map(of_layer).sum::<usize>()
}

/// All lists and texts of a scene, and what its file had that we do not know.
pub(crate) fn bytes_of_plain(old: &Scene) -> usize {
    let of_layer = |layer: &Layer| {
        let path = match &layer.kind {
            LayerKind::Image { path } => path.len(),
            _ => 0,
        };
        size_of::<Layer>() + layer.name.len() + path + bytes_of_extra(&layer.extra)
    };
    let material = |m: &Material| size_of::<Material>() + m.name.len() + bytes_of_extra(&m.extra);
    let camera =
        |c: &SceneCamera| size_of::<SceneCamera>() + c.name.len() + bytes_of_extra(&c.extra);
    let looks: usize = old.materials.iter().map(material).sum();
    let views: usize = old.cameras.iter().map(camera).sum();
    let unknown = bytes_of_extra(&old.extra) + bytes_of_extra(&old.light.extra);
    let chunks: usize = old.extra_chunks.iter().map(|chunk| chunk.data.len()).sum();
    let layers: usize = old.layers.iter().map(of_layer).sum();
    size_of::<Scene>() + looks + views + unknown + chunks + layers
}

fn bytes_of_extra(extra: &Extra) -> usize {
    let bytes = |(key, value): &(Vec<u8>, Vec<u8>)| {
        size_of::<(Vec<u8>, Vec<u8>)>() + key.len() + value.len()
    };
    extra.iter().map(bytes).sum()
}

fn bytes_of(cells: &Cells) -> usize {
    cells.len() * size_of::<(Coord, Voxel)>()
}

/// Consecutive steps of one author.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    /// Small steps in one layer: step i ends before cell `ends[i]`.
    Cells { author: Author, layer: LayerId, cells: Cells, ends: Vec<u32> },
    /// One step that is no cells, and what keeping it was found to cost.
    One { author: Author, before: Before, bytes: usize },
}

/// A run's own bytes and its share of the list of runs.
pub(crate) const RUN_BYTES: usize =
    2 * size_of::<usize>() + size_of::<Run>() + size_of::<Arc<Run>>();

impl Run {
    fn steps(&self) -> usize {
        match self {
            Run::Cells { ends, .. } => ends.len(),
            Run::One { .. } => 1,
        }
    }

    /// What keeping it costs.
    pub(crate) fn bytes(&self) -> usize {
        let held = match self {
            Run::Cells { cells, ends, .. } => bytes_of(cells) + ends.len() * size_of::<u32>(),
            Run::One { bytes, .. } => *bytes,
        };
        RUN_BYTES + held
    }
}

/// Steps in the order they were made. A clone shares the runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack {
    runs: VecDeque<Arc<Run>>,
    steps: usize,
    /// What keeping them costs.
    bytes: usize,
}

impl Stack {
    /// Of runs in the order they were made.
    pub(crate) fn of_runs(runs: VecDeque<Arc<Run>>) -> Self {
        let steps = runs.iter().map(|run| run.steps()).sum();
        let bytes = runs.iter().map(|run| run.bytes()).sum();
        Self { runs, steps, bytes }
    }

    /// The newest run first: in the order they are taken back.
    pub(crate) fn newest_first(&self) -> impl ExactSizeIterator<Item = &Run> {
        self.runs.iter().rev().map(|run| &**run)
    }

    fn push(&mut self, author: Author, before: Before, now: &Scene) {
        self.steps += 1;
        let Before::Cells(to, new) = before else {
            let bytes = before.bytes(now);
            self.push_run(Run::One { author, before, bytes });
            return;
        };
        if let Some(last) = self.runs.back_mut()
            && let Run::Cells { author: by, layer, cells, ends } = Arc::make_mut(last)
            && (*by, *layer) == (author, to)
            && cells.len() + new.len() <= SMALL_STEP
        {
            self.bytes += bytes_of(&new) + size_of::<u32>();
            cells.extend(new);
            ends.push(cells.len() as u32);
            return;
        }
        let ends = vec![new.len() as u32];
        self.push_run(Run::Cells { author, layer: to, cells: new, ends });
    }

    fn push_run(&mut self, run: Run) {
        self.bytes += run.bytes();
        self.runs.push_back(Arc::new(run));
    }

    fn pop(&mut self) -> Option<(Author, Before)> {
        let last = self.runs.back_mut()?;
        self.steps -= 1;
        if let Run::Cells { author, layer, cells, ends } = Arc::make_mut(last)
            && ends.len() > 1
        {
            ends.pop();
            let from = ends.last().map_or(0, |end| *end as usize);
            let cells = cells.split_off(from);
            self.bytes -= bytes_of(&cells) + size_of::<u32>();
            return Some((*author, Before::Cells(*layer, cells)));
        }
        let run = self.runs.pop_back()?;
        self.bytes -= run.bytes();
        Some(match Arc::unwrap_or_clone(run) {
            Run::Cells { author, layer, cells, .. } => (author, Before::Cells(layer, cells)),
            Run::One { author, before, .. } => (author, before),
        })
    }

    /// A run goes as a whole: its cells were written in order.
    fn drop_oldest(&mut self) {
        if let Some(run) = self.runs.pop_front() {
            self.steps -= run.steps();
            self.bytes -= run.bytes();
        }
    }
}

/// What a history may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub max_steps: usize,
    pub max_bytes: usize,
}

/// The steps that can be undone and redone.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub undo: Stack,
    pub redo: Stack,
}

impl History {
    /// Adds a step and forgets what could be redone; drops the oldest when there
    /// are too many, or when they hold too much: then the newest stays all the same.
    pub(crate) fn push(&mut self, author: Author, before: Before, now: &Scene, room: Room) {
        self.redo = Stack::default();
        self.undo.push(author, before, now);
        let too_large = |undo: &Stack| undo.bytes > room.max_bytes && undo.runs.len() > 1;
        while self.undo.steps > room.max_steps || too_large(&self.undo) {
            self.undo.drop_oldest();
        }
    }

    pub(crate) const fn undo_steps(&self) -> usize {
        self.undo.steps
    }

    pub(crate) const fn redo_steps(&self) -> usize {
        self.redo.steps
    }

    /// What the steps to undo and to redo cost to keep.
    pub(crate) const fn bytes(&self) -> usize {
        self.undo.bytes + self.redo.bytes
    }

    pub(crate) fn pop_undo(&mut self) -> Option<(Author, Before)> {
        self.undo.pop()
    }

    pub(crate) fn pop_redo(&mut self) -> Option<(Author, Before)> {
        self.redo.pop()
    }

    pub(crate) fn push_redo(&mut self, author: Author, before: Before, now: &Scene) {
        self.redo.push(author, before, now);
    }

    /// Adds a step that was redone: what can still be redone stays.
    pub(crate) fn append(&mut self, author: Author, before: Before, now: &Scene) {
        self.undo.push(author, before, now);
    }
}
