//! How much a decoder may make of a file.

use super::error::FormatError;

/// What a file may unfold to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Voxels written, over all layers; those of a tile that lies in many places, once.
    pub max_voxels: u64,
    /// Bricks of 16^3 voxels, over all layers; as many as a project may hold.
    pub max_bricks: usize,
    /// Bytes, about, that the bricks may take; a shared one counts once.
    pub max_bytes: u64,
    /// Layers; in a scene graph, placed models.
    pub max_layers: usize,
    /// Nodes of a scene graph between its root and a model.
    pub max_depth: usize,
    /// Bytes that a packed file or block may unpack to.
    pub max_inflated: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // As many as the bricks hold: a solid model that was saved can be loaded.
            max_voxels: 1 << 32,
            max_bricks: 1 << 20,
            max_bytes: 1 << 31,
            max_layers: 4096,
            max_depth: 128,
            max_inflated: 1 << 29,
        }
    }
}

/// What is left of the limits while a file is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    limits: Limits,
    voxels: u64,
    bricks: usize,
    bytes: u64,
    layers: usize,
}

impl Budget {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, voxels: 0, bricks: 0, bytes: 0, layers: 0 }
    }

    pub(super) fn layer(&mut self, offset: u64) -> Result<(), FormatError> {
        self.layers += 1;
        let max = self.limits.max_layers;
        within(self.layers as u64, max as u64)
            .ok_or(FormatError::limit(offset, "layers", max as u64))
    }

    pub(super) fn voxels(&mut self, offset: u64, more: u64) -> Result<(), FormatError> {
        self.voxels = self.voxels.saturating_add(more);
        let max = self.limits.max_voxels;
        within(self.voxels, max).ok_or(FormatError::limit(offset, "voxels", max))
    }

    /// Whether `more` bricks would still fit.
    pub(super) fn room(&self, offset: u64, more: usize) -> Result<(), FormatError> {
        let max = self.limits.max_bricks as u64;
        let bricks = (self.bricks as u64).saturating_add(more as u64);
        within(bricks, max).ok_or(FormatError::limit(offset, "bricks of 16^3", max))
    }

    /// Counts what bricks take.
    pub(super) fn bytes(&mut self, offset: u64, more: usize) -> Result<(), FormatError> {
        self.bytes = self.bytes.saturating_add(more as u64);
        let max = self.limits.max_bytes;
        within(self.bytes, max).ok_or(FormatError::limit(offset, "bytes of voxels", max))
    }

    /// Counts `more` bricks that stay.
    pub(super) fn keep(&mut self, offset: u64, more: usize) -> Result<(), FormatError> {
        self.room(offset, more)?;
        self.bricks += more;
        Ok(())
    }
}

fn within(value: u64, max: u64) -> Option<()> {
    (value <= max).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::BRICK_VOXELS;

    #[test]
    fn as_many_voxels_are_read_as_the_bricks_hold() {
        let Limits { max_voxels, max_bricks, .. } = Limits::default();
        assert_eq!(max_voxels, (max_bricks * BRICK_VOXELS) as u64);
    }
}
