//! How a region spreads from voxel to voxel.

use crate::volume::Bounds;

/// Which voxels are neighbours of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Neighbors {
    /// The 6 that share a face.
    #[default]
    Faces,
    /// The 18 that share a face or an edge.
    Edges,
    /// The 26 that share a face, an edge or a corner.
    Corners,
}

/// How much a colour may differ, in the greatest of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// From the seed's.
    Seed(u8),
    /// From that of the neighbour it is reached from.
    Neighbor(u8),
}

/// How a flood spreads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Which voxels it reaches from one.
    pub neighbors: Neighbors,
    /// Which colours it passes.
    pub tolerance: Tolerance,
    /// The box it stays in.
    pub within: Option<Bounds>,
}

impl Default for Spread {
    fn default() -> Self {
        Self { neighbors: Neighbors::Faces, tolerance: Tolerance::Seed(0), within: None }
    }
}
