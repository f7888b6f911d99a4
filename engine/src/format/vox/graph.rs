//! The scene graph: from its root to every placed model.
//!
//! Nodes may be shared, so the walk is bounded in depth and in steps, not only in
//! models: groups of groups can name more paths than there are atoms.

use super::super::error::FormatError;
use super::super::limits::Limits;
use super::chunks::{File, Node, NodeKind, TURN_NONE};

/// A model placed in the scene.
pub(super) struct Instance {
    pub model: usize,
    pub name: String,
    pub visible: bool,
    pub transform: Transform,
}

/// Turn, then step: a signed permutation of the axes, and a translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transform {
    rows: [[i64; 3]; 3],
    step: [i64; 3],
}

impl Transform {
    const NONE: Transform = Transform { rows: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], step: [0; 3] };

    /// `turn` says by rows where the one entry that is not zero stands, and its sign;
    /// a byte that says so of no permutation turns nothing.
    pub(super) fn new(turn: u8, step: [i64; 3]) -> Self {
        let (first, second) = (usize::from(turn & 3), usize::from(turn >> 2 & 3));
        if first > 2 || second > 2 || first == second {
            return Self { step, ..Self::NONE };
        }
        let columns = [first, second, 3 - first - second];
        let mut rows = [[0; 3]; 3];
        for (row, column) in columns.into_iter().enumerate() {
            rows[row][column] = if turn >> (4 + row) & 1 == 1 { -1 } else { 1 };
        }
        Self { rows, step }
    }

    fn turned(&self, v: [i64; 3]) -> [i64; 3] {
        self.rows.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    /// This after `inner`.
    fn after(&self, inner: &Transform) -> Transform {
        let column = |j: usize| self.turned([0, 1, 2].map(|i| inner.rows[i][j]));
        let columns = [0, 1, 2].map(column);
        let rows = [0, 1, 2].map(|i| [0, 1, 2].map(|j| columns[j][i]));
        let moved = self.turned(inner.step);
        // Wrapping: a sum of steps can pass i64 only in a graph deeper than any limit.
        let step = [0, 1, 2].map(|i| moved[i].wrapping_add(self.step[i]));
        Transform { rows, step }
    }

    /// Where the voxel `v` of a model of that size goes: the turn is about the middle
    /// of voxel space, `size / 2` rounded down.
    pub(super) fn place(&self, v: [i64; 3], size: [u32; 3]) -> [i64; 3] {
        // Twice the centre relative to the pivot is odd, so halves stay whole numbers.
        let doubled = [0, 1, 2].map(|i| 2 * (v[i] - i64::from(size[i] / 2)) + 1);
        let turned = self.turned(doubled);
        [0, 1, 2].map(|i| (turned[i] >> 1).wrapping_add(self.step[i]))
    }
}

/// What holds for everything below a node.
#[derive(Clone, Copy)]
struct Context<'a> {
    name: &'a str,
    visible: bool,
    transform: Transform,
}

/// A node whose children are being visited.
struct Open<'a> {
    id: i32,
    left: std::slice::Iter<'a, i32>,
    context: Context<'a>,
}

/// The placed models, in the order of the graph; all models where there is no graph.
pub(super) fn instances(file: &File<'_>, limits: &Limits) -> Result<Vec<Instance>, FormatError> {
    let Some(root) = root(file) else {
        return every_model(file, limits);
    };
    let mut walk = Walk { file, limits, open: Vec::new(), found: Vec::new(), steps: 0 };
    walk.enter(root, Context { name: "", visible: true, transform: Transform::NONE })?;
    walk.finish()
}

fn root(file: &File<'_>) -> Option<i32> {
    if file.nodes.contains_key(&0) { Some(0) } else { file.nodes.keys().min().copied() }
}

fn every_model(file: &File<'_>, limits: &Limits) -> Result<Vec<Instance>, FormatError> {
    if let Some(model) = file.models.get(limits.max_layers) {
        return Err(too_many(model.offset, limits));
    }
    let transform = Transform::new(TURN_NONE, [0; 3]);
    let instance = |model| Instance { model, name: String::new(), visible: true, transform };
    Ok((0..file.models.len()).map(instance).collect())
}

struct Walk<'a> {
    file: &'a File<'a>,
    limits: &'a Limits,
    open: Vec<Open<'a>>,
    found: Vec<Instance>,
    steps: u64,
}

impl<'a> Walk<'a> {
    fn finish(mut self) -> Result<Vec<Instance>, FormatError> {
        while let Some(open) = self.open.last_mut() {
            let context = open.context;
            match open.left.next() {
                Some(child) => self.enter(*child, context)?,
                None => drop(self.open.pop()),
            }
        }
        Ok(self.found)
    }

    fn enter(&mut self, id: i32, above: Context<'a>) -> Result<(), FormatError> {
        let parent = self.open.last().and_then(|open| self.file.nodes.get(&open.id));
        let from = parent.map_or(0, |node| node.offset);
        let node = self.file.nodes.get(&id);
        let node = node.ok_or(FormatError::broken(from, "a node names a child that is missing"))?;
        self.check_bounds(id, node.offset)?;
        match &node.kind {
            NodeKind::Transform { name, hidden, layer, child, turn, step } => {
                let hidden = *hidden || self.file.hidden.get(layer).is_some_and(|hidden| *hidden);
                let context = Context {
                    name: if name.is_empty() { above.name } else { name },
                    visible: above.visible && !hidden,
                    transform: above.transform.after(&Transform::new(*turn, *step)),
                };
                let left = std::slice::from_ref(child).iter();
                self.open.push(Open { id, left, context });
            }
            NodeKind::Group { children } => {
                self.open.push(Open { id, left: children.iter(), context: above });
            }
            NodeKind::Shape { model } => self.place(*model, node, above)?,
        }
        Ok(())
    }

    fn check_bounds(&mut self, id: i32, offset: u64) -> Result<(), FormatError> {
        if self.open.iter().any(|open| open.id == id) {
            return Err(FormatError::broken(offset, "a scene graph that leads back to itself"));
        }
        let depth = self.limits.max_depth;
        if self.open.len() > depth {
            return Err(FormatError::limit(offset, "nested nodes", depth as u64));
        }
        self.steps += 1;
        let steps = (self.limits.max_layers as u64).saturating_mul(depth as u64);
        if self.steps > steps {
            return Err(FormatError::limit(offset, "steps through the scene graph", steps));
        }
        Ok(())
    }

    fn place(&mut self, model: i32, node: &Node, above: Context<'_>) -> Result<(), FormatError> {
        let missing = FormatError::broken(node.offset, "a shape of a model that is missing");
        let model = usize::try_from(model).ok().filter(|m| *m < self.file.models.len());
        let model = model.ok_or(missing)?;
        if self.found.len() >= self.limits.max_layers {
            return Err(too_many(node.offset, self.limits));
        }
        let Context { name, visible, transform } = above;
        self.found.push(Instance { model, name: name.to_owned(), visible, transform });
        Ok(())
    }
}

const fn too_many(offset: u64, limits: &Limits) -> FormatError {
    FormatError::limit(offset, "placed models", limits.max_layers as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(turn: u8, v: [i64; 3], expected: [i64; 3]) {
        let transform = Transform::new(turn, [10, 20, 30]);
        assert_eq!(transform.place(v, [3, 4, 5]), expected, "turn {turn}");
    }

    #[test]
    fn a_voxel_goes_to_the_floor_of_its_turned_centre() {
        check(4, [0, 0, 0], [9, 18, 28]);
        // A negated axis takes i to -1 - i.
        check(4 | 16, [0, 0, 0], [10, 18, 28]);
        check(4 | 112, [1, 2, 2], [9, 19, 29]);
        // Row 0 takes y, row 1 takes x.
        check(1, [0, 0, 0], [8, 19, 28]);
    }

    #[test]
    fn a_byte_that_is_no_turn_turns_nothing() {
        for turn in [0, 3, 5, 10, 12, 255] {
            check(turn, [0, 0, 0], [9, 18, 28]);
        }
    }

    #[test]
    fn transforms_are_applied_from_the_inside() {
        let outer = Transform::new(1 | 16, [1, 2, 3]);
        let inner = Transform::new(8 | 2 << 4, [4, 5, 6]);
        let both = outer.after(&inner);
        let v = [1, 2, 0];
        let [x, y, z] = inner.place(v, [0; 3]);
        assert_eq!(both.place(v, [0; 3]), outer.place([x, y, z], [0; 3]));
    }
}
