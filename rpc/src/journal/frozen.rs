//! A session as it was after a frame.

use super::manifest::{Kept, Manifest};
use crate::projects::About;
use goxel_engine::project::Project;
use std::sync::Arc;

/// All that a checkpoint needs, taken in the time of the number of projects. Any thread may have it.
pub struct Frozen {
    /// What there was, with the files still to be named.
    pub(crate) manifest: Manifest,
    pub(crate) projects: Vec<FrozenProject>,
}

/// A project of it.
pub struct FrozenProject {
    /// Its number.
    pub number: u64,
    /// The last frame that changed it.
    pub changed: u64,
    /// What it was.
    pub project: Arc<Project>,
    pub(crate) id: String,
    pub(crate) about: About,
}

impl Frozen {
    /// The projects, by number.
    pub fn projects(&self) -> &[FrozenProject] {
        &self.projects
    }

    /// The manifest, where `file` names the file of each project.
    pub fn manifest(&self, file: impl Fn(&FrozenProject) -> String) -> Manifest {
        let kept = |it: &FrozenProject| Kept {
            number: it.number,
            id: it.id.clone(),
            file: file(it),
            name: it.about.name.clone(),
            path: it.about.path.clone(),
            size: it.about.size,
        };
        Manifest { projects: self.projects.iter().map(kept).collect(), ..self.manifest.clone() }
    }
}
