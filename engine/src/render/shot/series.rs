//! Many pictures of one thing, one after the other, within one limit.

use crate::image::Picture;
use crate::render::{Camera, Control, Job, MAX_PIXELS, RenderError, Settings, picture};
use crate::scene::{DEFAULT_AREA_BOUNDS, Scene};
use crate::volume::{Bounds, Volume};

/// The most frames of a turntable, a sprite sheet or a contact sheet.
pub const MAX_FRAMES: u32 = 4096;

/// What several pictures are taken of.
#[derive(Clone, Copy, Debug)]
pub struct Studio<'a> {
    /// The voxels, all to be drawn: see [`crate::composite::drawn`].
    pub drawn: &'a Volume,
    /// The scene that they were merged from, as in [`Job::scene`].
    pub scene: Option<&'a Scene>,
    /// What cameras are fitted to: the same box gives models of different shapes the same
    /// scale and place. None: the box around the voxels.
    pub bounds: Option<Bounds>,
    /// How each frame is made; its width and height are one frame's.
    pub settings: &'a Settings,
    /// Who watches; progress counts the parts of all frames.
    pub control: Control<'a>,
}

impl Studio<'_> {
    /// One picture for each camera, in their order.
    pub fn frames(&self, cameras: &[Camera]) -> Result<Vec<Picture>, RenderError> {
        let [width, height] = self.size();
        let count = check_frames(cameras.len() as u64, [width, height])?;
        if u64::from(count) * u64::from(width) * u64::from(height) > MAX_PIXELS {
            return Err(RenderError::TooManyFrames { frames: count.into(), width, height });
        }
        let mut frames = Vec::with_capacity(cameras.len());
        let subject = |_| self.drawn.clone();
        self.each(self.settings, cameras, subject, |_, frame| frames.push(frame))?;
        Ok(frames)
    }

    /// Makes one picture of each camera's subject, and gives it to `take` with its number.
    pub(super) fn each(
        &self,
        settings: &Settings,
        cameras: &[Camera],
        subject: impl Fn(usize) -> Volume,
        mut take: impl FnMut(usize, Picture),
    ) -> Result<(), RenderError> {
        let count = cameras.len();
        for (index, camera) in cameras.iter().enumerate() {
            if self.control.is_cancelled() {
                return Err(RenderError::Cancelled);
            }
            let tell = |done: usize, parts: usize| {
                if let Some(progress) = self.control.progress {
                    progress(index * parts + done, count * parts);
                }
            };
            let control = Control { progress: Some(&tell), ..self.control };
            let (drawn, scene) = (&subject(index), self.scene);
            take(index, picture(&Job { drawn, scene, camera, settings, control })?);
        }
        Ok(())
    }

    /// The box that cameras are fitted to.
    pub(super) fn fitted_box(&self) -> Bounds {
        self.bounds.or_else(|| self.drawn.bounds()).unwrap_or(DEFAULT_AREA_BOUNDS)
    }

    /// One frame's width and height.
    pub(super) fn size(&self) -> [u32; 2] {
        [self.settings.width, self.settings.height]
    }
}

/// The number, if so many frames may be made; `size` is for the message.
pub(super) fn check_frames(frames: u64, [width, height]: [u32; 2]) -> Result<u32, RenderError> {
    match u32::try_from(frames) {
        Ok(0) => Err(RenderError::NoFrames),
        Ok(count) if count <= MAX_FRAMES => Ok(count),
        _ => Err(RenderError::TooManyFrames { frames, width, height }),
    }
}
