//! Lines where one sees an edge: how much ink lies between two samples side by side.
//!
//! Full ink where the content ends, or something far behind begins; less at creases and
//! small steps, and less yet where voxels are only a few pixels wide, so that distant
//! detail does not turn black.

use super::sight::Sight;

/// Ink at creases and steps of large voxels.
const CREASE: f32 = 0.7;

/// A step in depth, in voxels, that counts as a new outline.
const GAP: f32 = 3.0;

/// The width in samples at which voxels get all of a crease's ink, and none.
const WIDE: f32 = 12.0;
const NARROW: f32 = 3.0;

/// How lines are drawn in one picture.
pub(super) struct Style {
    /// The width of a sample, in voxels, at depth 1 or at any.
    sample: f32,
    parallel: bool,
}

impl Style {
    pub(super) fn new(sight: &Sight<'_>) -> Self {
        let (sample, parallel) = sight.sample();
        Self { sample, parallel }
    }

    /// The ink on a sample that hit, from its neighbour: which faces they see and how far.
    pub(super) fn ink(&self, [here, other]: [u64; 2], [depth, beyond]: [f32; 2]) -> f32 {
        let plane = |face: u64| face & !super::shade::SHADOW_BIT;
        if plane(here) == plane(other) {
            return 0.0;
        }
        let sample = if self.parallel { self.sample } else { self.sample * depth };
        let gap = beyond - depth;
        // Faces that look away from us change their depth fast: allow for some samples.
        if other == 0 || gap > GAP + 8.0 * sample {
            return 1.0;
        }
        let width = 1.0 / sample;
        let share = ((width - NARROW) / (WIDE - NARROW)).clamp(0.0, 1.0);
        // The nearer of two faces draws the step; both draw a crease.
        CREASE * share
    }
}
