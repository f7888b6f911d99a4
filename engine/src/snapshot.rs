//! A project frozen at a revision: cheap to take, free to send to any thread.

use crate::scene::Scene;
use std::sync::Arc;

/// What a project held at one revision. Cloning is O(1).
#[derive(Clone, Debug)]
pub struct Snapshot {
    scene: Arc<Scene>,
    revision: u64,
}

impl Snapshot {
    pub(crate) const fn new(scene: Arc<Scene>, revision: u64) -> Self {
        Self { scene, revision }
    }

    /// The frozen scene.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// The project's revision when it was frozen: two snapshots of one project
    /// with the same revision are the same.
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}
