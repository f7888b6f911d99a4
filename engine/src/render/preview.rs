//! Pictures that can be looked at before they are done: small ones first, or, of traced
//! paths, noisy ones.

use super::frame::Frame;
use super::job::{self, Job};
use super::marching::Layers;
use super::{Mode, RenderError, Settings, blank, check_size, marching, path, tile};
use crate::image::Picture;
use std::ops::ControlFlow;

/// How much smaller previews are, in each direction.
const SCALES: [u32; 3] = [8, 4, 2];

/// Previews with a shorter side, in pixels, show nothing that is worth their time.
const PREVIEW_MIN: u32 = 16;

/// What there is to look at so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The picture: of the size asked for divided by `scale`, rounded up.
    pub picture: Picture,
    /// How many pixels of the whole picture one of this stands for, across and down: 8, 4, 2
    /// or 1. Always 1 in [`Mode::Path`].
    pub scale: u32,
    /// In [`Mode::Path`] how many samples a pixel has, but where it got quiet with fewer; 0
    /// in others.
    pub samples: u32,
    /// Whether this is the picture that was asked for.
    pub is_last: bool,
}

/// The picture that a job describes, in passes of which each is better than the one before.
/// The last is the picture that [`picture()`](super::picture()) makes, to the bit.
///
/// In [`Mode::Path`] all passes are of full size and have 1, 2, 4, 8 and so on samples a
/// pixel, until there are as many as wanted; this takes 20 bytes a pixel. In other modes they
/// have an eighth, a quarter, half of the size, then all of it, which takes up to a third more
/// time than the whole picture alone. Passes under 16 pixels in a direction are left out.
///
/// `on_pass` runs on the caller's thread, between passes. When it breaks before the last
/// pass the job ends with [`RenderError::Cancelled`], as it does when it is cancelled from
/// elsewhere. Progress counts the parts of all passes.
///
/// ```
/// use goxel_engine::render::{Camera, Control, Job, Preset, Settings, progressive};
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// use std::ops::ControlFlow;
/// let mut volume = Volume::new();
/// volume.set(Coord::new(5, 5, 5), Voxel::rgb(255, 0, 0));
/// let camera = Camera::preset(Preset::Front, volume.bounds().unwrap());
/// let settings = Settings { width: 200, height: 100, ..Settings::default() };
/// let control = Control::default();
/// let job = Job { drawn: &volume, scene: None, camera: &camera, settings: &settings, control };
/// let mut widths = Vec::new();
/// progressive(&job, |pass| {
///     widths.push(pass.picture.width);
///     ControlFlow::Continue(())
/// })
/// .unwrap();
/// assert_eq!(widths, [50, 100, 200]);
/// ```
pub fn progressive(
    job: &Job<'_>,
    mut on_pass: impl FnMut(Pass) -> ControlFlow<()>,
) -> Result<(), RenderError> {
    check_size(job.settings.width, job.settings.height)?;
    let on_pass = |pass: Pass| {
        let is_last = pass.is_last;
        let goes_on = on_pass(pass).is_continue() && !job.control.is_cancelled();
        if goes_on || is_last { Ok(()) } else { Err(RenderError::Cancelled) }
    };
    match job.settings.mode {
        Mode::Path => by_samples(job, on_pass),
        Mode::Marching => marching::with(job, Layers::Unknown, |content| {
            by_size(job, on_pass, |frame, job| marching::paint_of(content, frame, job))
        }),
        _ => by_size(job, on_pass, |frame, job| tile::paint(frame, job, tile::Part::default())),
    }
}

fn by_samples(
    job: &Job<'_>,
    mut on_pass: impl FnMut(Pass) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let all = job.settings.path.samples.clamp(1, path::SAMPLES_MAX);
    path::paint_in_steps(job, |picture, samples| {
        on_pass(Pass { picture, scale: 1, samples, is_last: samples == all })
    })
}

fn by_size(
    job: &Job<'_>,
    mut on_pass: impl FnMut(Pass) -> Result<(), RenderError>,
    paint: impl Fn(&mut Frame, &Job<'_>) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let scales = scales(job.settings);
    let total = scales.iter().map(|scale| parts(&scaled(job.settings, *scale))).sum();
    let mut before = 0;
    for scale in scales {
        let settings = &scaled(job.settings, scale);
        let picture = job::stage(&job.control, before, total, |control| {
            let blank = blank(settings.width, settings.height)?;
            let mut frame = Frame::of(blank);
            paint(&mut frame, &Job { settings, control, ..*job })?;
            Ok(frame.picture)
        })?;
        before += parts(settings);
        on_pass(Pass { picture, scale, samples: 0, is_last: scale == 1 })?;
    }
    Ok(())
}

/// The scales of a picture's passes; the last is 1.
fn scales(settings: &Settings) -> Vec<u32> {
    let side = settings.width.min(settings.height);
    let previews = SCALES.into_iter().filter(|scale| side.div_ceil(*scale) >= PREVIEW_MIN);
    previews.chain([1]).collect()
}

fn scaled(settings: &Settings, scale: u32) -> Settings {
    let [width, height] = [settings.width, settings.height].map(|side| side.div_ceil(scale));
    Settings { width, height, ..settings.clone() }
}

/// How many tiles a picture is painted in.
fn parts(settings: &Settings) -> usize {
    let edge = tile::edge(settings.mode);
    (settings.width as usize).div_ceil(edge) * (settings.height as usize).div_ceil(edge)
}

#[cfg(test)]
#[path = "preview_tests.rs"]
mod tests;
