//! Why a project refuses a command.

use crate::error::ErrorKind;
use crate::scene::LayerId;
use std::fmt;

/// Why a project refused a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectError {
    /// No layer has that number.
    NoSuchLayer(LayerId),
    /// A clone, shape or image layer has no voxels of its own to edit.
    NotEditable(LayerId),
    /// A layer that is not of the kind the command is for.
    WrongKind {
        /// The layer.
        layer: LayerId,
        /// The kind that was wanted.
        wanted: &'static str,
    },
    /// Merging a layer into itself.
    SameLayer(LayerId),
    /// The lowest layer has none below it.
    LowestLayer(LayerId),
    /// The layers would hold more bricks than the limits allow.
    ProjectFull {
        /// The limit that was hit.
        max_bricks: usize,
    },
    /// The project holds as many layers as the limits allow.
    TooManyLayers {
        /// The limit that was hit.
        max_layers: usize,
    },
    /// The project holds as many of something as the limits allow.
    TooMany {
        /// What.
        what: &'static str,
        /// The limit that was hit.
        max: usize,
    },
    /// The command lists more than the limits allow.
    TooManyItems {
        /// What it lists.
        what: &'static str,
        /// The limit that was hit.
        max: usize,
    },
    /// A list of the scene is shorter than that.
    NoSuch {
        /// What is listed.
        what: &'static str,
        /// The index that was given.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The last camera stays.
    LastCamera,
    /// A value is out of its range.
    OutOfRange {
        /// Which value, and its range.
        what: &'static str,
    },
    /// Nothing is selected.
    NothingSelected,
    /// Nothing was copied.
    ClipboardEmpty,
    /// No checkpoint has that name.
    NoSuchCheckpoint(String),
    /// Keeping one more checkpoint would hold more memory than the limits allow.
    CheckpointTooLarge {
        /// The limit that was hit, in bytes.
        max_bytes: usize,
    },
    /// Groups hold no groups.
    NestedGroup,
    /// No step is left to undo.
    NothingToUndo,
    /// No step is left to redo.
    NothingToRedo,
}

impl ProjectError {
    /// The stable kind that callers outside the engine switch on.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            ProjectError::NoSuchLayer(_) => ErrorKind::LayerNotFound,
            ProjectError::NotEditable(_)
            | ProjectError::WrongKind { .. }
            | ProjectError::SameLayer(_)
            | ProjectError::LowestLayer(_)
            | ProjectError::LastCamera
            | ProjectError::NothingSelected
            | ProjectError::ClipboardEmpty
            | ProjectError::NestedGroup
            | ProjectError::NothingToUndo
            | ProjectError::NothingToRedo => ErrorKind::InvalidOperation,
            ProjectError::NoSuch { .. }
            | ProjectError::OutOfRange { .. }
            | ProjectError::NoSuchCheckpoint(_) => ErrorKind::InvalidParameter,
            ProjectError::ProjectFull { .. }
            | ProjectError::TooManyLayers { .. }
            | ProjectError::TooMany { .. }
            | ProjectError::TooManyItems { .. }
            | ProjectError::CheckpointTooLarge { .. } => ErrorKind::LimitExceeded,
        }
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectError::NoSuchLayer(id) => write!(f, "no layer has id {}", id.0),
            ProjectError::NotEditable(id) => {
                write!(f, "layer {} is a clone, shape or image layer: edit a plain layer", id.0)
            }
            ProjectError::WrongKind { layer, wanted } => {
                write!(f, "layer {} is not {wanted}", layer.0)
            }
            ProjectError::SameLayer(id) => write!(f, "layer {} cannot be merged into itself", id.0),
            ProjectError::LowestLayer(id) => write!(f, "no layer is below layer {}", id.0),
            ProjectError::ProjectFull { max_bricks } => {
                write!(f, "the project would hold more than {max_bricks} bricks of 16^3")
            }
            ProjectError::TooManyLayers { max_layers } => {
                write!(f, "the project is full at {max_layers} layers")
            }
            ProjectError::TooMany { what, max } => write!(f, "the project is full at {max} {what}"),
            ProjectError::TooManyItems { what, max } => {
                write!(f, "one command may list at most {max} {what}")
            }
            ProjectError::NoSuch { what, index, count } => {
                write!(f, "there is no {what} {index}: the project has {count}")
            }
            ProjectError::LastCamera => f.write_str("the last camera cannot be removed"),
            ProjectError::OutOfRange { what } => f.write_str(what),
            ProjectError::NothingSelected => f.write_str("nothing is selected"),
            ProjectError::ClipboardEmpty => f.write_str("nothing was copied"),
            ProjectError::NoSuchCheckpoint(name) => write!(f, "no checkpoint is called {name:?}"),
            ProjectError::CheckpointTooLarge { max_bytes } => {
                write!(f, "checkpoints would hold more than {max_bytes} bytes: drop one")
            }
            ProjectError::NestedGroup => f.write_str("a group cannot hold a group"),
            ProjectError::NothingToUndo => f.write_str("nothing to undo"),
            ProjectError::NothingToRedo => f.write_str("nothing to redo"),
        }
    }
}

impl std::error::Error for ProjectError {}
