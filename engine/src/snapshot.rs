//! A project frozen at a revision: cheap to take, free to send to any thread.

use crate::composite::Composite;
use crate::parallel::Threads;
use crate::scene::Scene;
use crate::volume::Volume;
use std::sync::{Arc, Mutex, PoisonError};

/// What a project held at one revision. Cloning is O(1).
#[derive(Clone, Debug)]
pub struct Snapshot {
    scene: Arc<Scene>,
    revision: u64,
    /// The project's composite, of this or another revision.
    composite: Arc<Mutex<Composite>>,
}

impl Snapshot {
    pub(crate) const fn new(
        scene: Arc<Scene>,
        revision: u64,
        composite: Arc<Mutex<Composite>>,
    ) -> Self {
        Self { scene, revision, composite }
    }

    /// The frozen scene.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    pub(crate) fn shared_scene(&self) -> Arc<Scene> {
        Arc::clone(&self.scene)
    }

    /// The project's revision when it was frozen: two snapshots of one project
    /// with the same revision are the same.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// What is drawn: the visible layers merged by the strict rule, without voxels too faint
    /// to see. What earlier calls for snapshots of this project merged is used again.
    pub fn drawn(&self, threads: Threads) -> Volume {
        // A panic while merging leaves a composite that may be half of two: begin anew.
        let mut shared = self.composite.lock().unwrap_or_else(PoisonError::into_inner);
        if self.composite.is_poisoned() {
            *shared = Composite::default();
            self.composite.clear_poison();
        }
        shared.update(&self.scene, threads);
        shared.drawn().clone()
    }
}
