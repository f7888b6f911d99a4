//! What connections that watch a project are told of it.

use goxel_engine::command::Author;
use goxel_engine::project::Project;
use goxel_engine::scene::Layer;
use goxel_engine::volume::{Bounds, Coord, Volume};
use serde_json::json;

/// A project has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Which one.
    pub project: String,
    /// Its revision now.
    pub revision: u64,
    /// A box around all voxels that changed, in whole bricks of 16x16x16; none when only something
    /// else did: a name, an order, what is visible.
    pub changed: Option<Bounds>,
    /// The canonical name of the method that changed it, the last one where several have.
    pub method: &'static str,
    /// Who has changed it; `None` where several have.
    pub author: Option<Author>,
}

/// Who makes an edit, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By {
    pub method: &'static str,
    pub author: Author,
}

impl Notice {
    /// One notice in place of two of the same project, `self` the earlier.
    pub fn join(&mut self, later: &Notice) {
        self.revision = later.revision;
        self.method = later.method;
        self.author = self.author.filter(|author| later.author == Some(*author));
        self.changed = match (self.changed, later.changed) {
            (Some(a), Some(b)) => Some(a.union(b)),
            (a, b) => a.or(b),
        };
    }

    /// The line that tells of it: a notification of JSON-RPC 2.0.
    pub fn line(&self) -> String {
        let corners =
            |bounds: Bounds| json!({ "min": bounds.min.to_array(), "max": bounds.max.to_array() });
        json!({
            "jsonrpc": "2.0",
            "method": "goxel.project_changed",
            "params": {
                "project_id": self.project,
                "revision": self.revision,
                "changed": self.changed.map(corners),
                "method": self.method,
                "author": self.author.map(|author| author.0),
            },
        })
        .to_string()
    }
}

/// What one would see of an edit; nothing if there was none.
pub(crate) fn seen_change(id: &str, before: &Project, after: &Project, by: By) -> Option<Notice> {
    if before.revision() == after.revision() {
        return None;
    }
    let (old, new) = (&before.scene().layers, &after.scene().layers);
    let empty = Volume::new();
    let volume_in = |layers: &[Layer], of: &Layer| {
        layers.iter().find(|layer| layer.id == of.id).map(|layer| layer.volume.clone())
    };
    let gone = old.iter().filter(|layer| volume_in(new, layer).is_none());
    let gone = gone.map(|layer| changed(&layer.volume, &empty));
    let there = new.iter().map(|layer| match volume_in(old, layer) {
        Some(volume) => changed(&volume, &layer.volume),
        None => changed(&empty, &layer.volume),
    });
    let changed = gone.chain(there).flatten().reduce(Bounds::union);
    let (project, revision) = (id.to_owned(), after.revision());
    Some(Notice { project, revision, changed, method: by.method, author: Some(by.author) })
}

fn changed(a: &Volume, b: &Volume) -> Option<Bounds> {
    if a.shares_root_with(b) {
        return None;
    }
    let brick = |at: goxel_engine::volume::BrickCoord| {
        let min = Coord::new(at.x << 4, at.y << 4, at.z << 4);
        Bounds { min, max: Coord::new(min.x | 15, min.y | 15, min.z | 15) }
    };
    a.differing(b).into_iter().map(brick).reduce(Bounds::union)
}
