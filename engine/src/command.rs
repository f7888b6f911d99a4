//! Every edit of a project as plain data: what the history, the log, the wire
//! and the C library all speak.

use crate::ops::Shape;
use crate::scene::LayerId;
use crate::volume::{Bounds, Coord, Voxel};

/// Who made an edit: an opaque number, 0 when unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Author(pub u64);

/// One edit. `layer: None` means the active layer.
///
/// A voxel of alpha 0 erases. Coordinates are any `i32`: nothing clips to the
/// work area.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Writes one voxel over whatever was there.
    SetVoxel {
        /// Where to.
        layer: Option<LayerId>,
        /// The place.
        at: Coord,
        /// The voxel, or an empty one.
        voxel: Voxel,
    },
    /// Writes many voxels in order; later ones win.
    SetVoxels {
        /// Where to.
        layer: Option<LayerId>,
        /// Places and voxels.
        voxels: Vec<(Coord, Voxel)>,
    },
    /// Recolours voxels that are there, alpha included; empty places stay empty.
    PaintVoxels {
        /// Where to.
        layer: Option<LayerId>,
        /// Places and their new voxels.
        voxels: Vec<(Coord, Voxel)>,
    },
    /// Writes a shape that fills a box of whole voxels.
    FillShape {
        /// Where to.
        layer: Option<LayerId>,
        /// Which shape.
        shape: Shape,
        /// The box it fills.
        bounds: Bounds,
        /// The voxel, or an empty one.
        voxel: Voxel,
    },
    /// Recolours the connected region around a voxel.
    FloodFill {
        /// Where to.
        layer: Option<LayerId>,
        /// A voxel of the region.
        seed: Coord,
        /// The region's new voxel; an empty one erases it.
        voxel: Voxel,
        /// The greatest difference per channel to the seed's colour.
        tolerance: u8,
    },
    /// Takes all voxels of a layer away.
    ClearLayer {
        /// Which layer.
        layer: Option<LayerId>,
    },
    /// Adds an empty layer on top and makes it active.
    AddLayer {
        /// Its name; the next free "Layer.N" when absent.
        name: Option<String>,
        /// Whether it is drawn.
        visible: bool,
    },
    /// Removes a layer; the last one is replaced by an empty layer.
    DeleteLayer {
        /// Which layer.
        layer: LayerId,
    },
    /// Draws a layer's voxels over another's and removes the first.
    MergeLayers {
        /// The layer that goes.
        source: LayerId,
        /// The layer that receives.
        target: LayerId,
    },
    /// Shows or hides a layer.
    SetVisible {
        /// Which layer.
        layer: LayerId,
        /// Whether it is drawn.
        visible: bool,
    },
    /// Renames a layer.
    RenameLayer {
        /// Which layer.
        layer: LayerId,
        /// Its new name.
        name: String,
    },
    /// Moves a layer to a place in the stack.
    MoveLayer {
        /// Which layer.
        layer: LayerId,
        /// The index it gets, 0 at the bottom; the top when beyond.
        index: usize,
    },
    /// Makes a layer the one that edits without a layer go to.
    SetActive {
        /// Which layer.
        layer: LayerId,
    },
}

impl Command {
    /// About how many voxels the edit visits at most, known before it runs.
    ///
    /// A flood fill and a merge can visit a whole layer: they say so with `layer_voxels`.
    pub fn cost(&self, layer_voxels: u64) -> u64 {
        match self {
            Command::SetVoxels { voxels, .. } | Command::PaintVoxels { voxels, .. } => {
                voxels.len() as u64
            }
            Command::FillShape { bounds, .. } => u64::try_from(bounds.voxels()).unwrap_or(u64::MAX),
            Command::FloodFill { .. } | Command::MergeLayers { .. } => layer_voxels,
            _ => 1,
        }
    }
}
