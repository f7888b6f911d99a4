//! What encoded bytes may unfold to.

/// How much a decoder makes of its bytes at most.
///
/// What is encoded to be decoded later must stay within the limits of then: whoever
/// accepts commands for a log sees to it before they are acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Voxels or places listed, over all of a command.
    pub max_voxels: usize,
    /// Commands in a group.
    pub max_commands: usize,
    /// Pixels, over all pictures of a command.
    pub max_pixels: usize,
    /// Bytes of a name or path.
    pub max_text: usize,
    /// Bricks of 16^3 voxels, over all layers; those that go are counted too.
    pub max_bricks: usize,
    /// Bytes, about, that the bricks may take; one that is repeated counts once. Of a project, all
    /// that it holds.
    pub max_bytes: usize,
    /// Layers.
    pub max_layers: usize,
    /// Bytes that packed ones may unpack to.
    pub max_inflated: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_voxels: 1 << 24,
            max_commands: 1 << 20,
            max_pixels: 1 << 26,
            max_text: 1 << 20,
            // As many as a project holds: the change of all of one volume, and its mask.
            max_bricks: 1 << 21,
            max_bytes: 1 << 32,
            max_layers: 4096,
            max_inflated: 1 << 31,
        }
    }
}
