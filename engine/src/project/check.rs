//! What every command is checked for before anything is looked up: sizes and numbers.

use super::{ProjectError, ProjectLimits};
use crate::command::{Command, Selector};
use crate::image::Picture;
use crate::math::Mat4;
use crate::ops::{DABS_MAX, Morph, Motion, dabs_of};
use crate::scene::{Light, Look, View};
use crate::volume::Bounds;

/// The longest text that a command may carry, in bytes: what a log reads back.
const TEXT_MAX: usize = 1 << 20;

/// The most commands of a group: what a log reads back.
const COMMANDS_MAX: usize = 1 << 20;

/// Refuses commands that list too much or hold numbers that are none, wherever these would stay.
pub(super) fn sound(command: &Command, limits: &ProjectLimits) -> Result<(), ProjectError> {
    let max = match command {
        Command::Group(_) => limits.max_items.min(COMMANDS_MAX),
        _ => limits.max_items,
    };
    match items(command) {
        (what, count) if count > max as u64 => Err(ProjectError::TooManyItems { what, max }),
        _ if dabs(command) > DABS_MAX => {
            Err(ProjectError::TooManyItems { what: "dabs", max: DABS_MAX as usize })
        }
        _ if text(command) > TEXT_MAX => Err(ProjectError::OutOfRange { what: TOO_LONG }),
        _ if !is_finite(command) => Err(ProjectError::OutOfRange { what: NOT_FINITE }),
        _ if !is_soon_done(command) => Err(ProjectError::OutOfRange { what: TOO_FAR }),
        _ if !is_whole(command) => Err(ProjectError::OutOfRange { what: NOT_WHOLE }),
        _ => match command {
            Command::Group(commands) => commands.iter().try_for_each(|each| sound(each, limits)),
            _ => Ok(()),
        },
    }
}

const TOO_LONG: &str = "a name or path has at most 1 MiB";
const TOO_FAR: &str = "voxels are dilated by at most 256 steps";
const NOT_FINITE: &str = "a number is not finite";
const NOT_WHOLE: &str =
    "a box has its least corner first, and a picture as many pixels as its sides say";

/// What the command lists, and how many of them.
fn items(command: &Command) -> (&'static str, u64) {
    match command {
        Command::SetVoxels { voxels, .. } | Command::PaintVoxels { voxels, .. } => {
            ("voxels", voxels.len() as u64)
        }
        Command::Stroke { points, .. } | Command::Tube { points, .. } => {
            ("points", points.len() as u64)
        }
        Command::Select { selector: Selector::Places(places), .. } => {
            ("places", places.len() as u64)
        }
        Command::Remap { palette, .. } => ("colours", palette.len() as u64),
        Command::Group(commands) => ("commands", commands.len() as u64),
        Command::Relief { picture, .. } | Command::ImageToVoxels { picture, .. } => {
            ("pixels", u64::from(picture.width) * u64::from(picture.height))
        }
        _ => ("items", 0),
    }
}

fn dabs(command: &Command) -> u64 {
    match command {
        Command::Stroke { points, radius, .. } => dabs_of(points, *radius),
        _ => 0,
    }
}

fn text(command: &Command) -> usize {
    match command {
        Command::AddLayer { name: Some(text), .. }
        | Command::RenameLayer { name: text, .. }
        | Command::AddImage { path: text, .. }
        | Command::Checkpoint { name: text }
        | Command::DropCheckpoint { name: text }
        | Command::Restore { name: text }
        | Command::AddMaterial { look: Look { name: text, .. } }
        | Command::SetMaterial { look: Look { name: text, .. }, .. }
        | Command::AddCamera { view: View { name: text, .. } }
        | Command::SetCamera { view: View { name: text, .. }, .. } => text.len(),
        _ => 0,
    }
}

/// Whether the numbers that would stay in the scene are finite. Those that only say where to
/// paint or cut may be anything: such edits change nothing.
fn is_finite(command: &Command) -> bool {
    let mat = |mat: &Mat4| mat.0.iter().all(|value| value.is_finite());
    match command {
        Command::Move { motion: Motion::By(area), .. }
        | Command::Place { mat: area, .. }
        | Command::AddImage { mat: area, .. }
        | Command::SetArea { area }
        | Command::AddShape { area: Some(area), .. }
        | Command::SelectBox { area: Some(area) }
        | Command::SetLayerBox { area: Some(area), .. } => mat(area),
        Command::AddMaterial { look } | Command::SetMaterial { look, .. } => {
            let rest = [look.metallic, look.roughness];
            look.color.iter().chain(&look.emission).chain(&rest).all(|value| value.is_finite())
        }
        Command::AddCamera { view } | Command::SetCamera { view, .. } => {
            view.dist.is_finite() && mat(&view.mat)
        }
        Command::SetLight { light } => is_light_finite(light),
        _ => true,
    }
}

fn is_light_finite(light: &Light) -> bool {
    let Light { pitch, yaw, intensity, ambient, shadow, .. } = light;
    [pitch, yaw, intensity, ambient, shadow].into_iter().all(|value| value.is_finite())
}

/// Each step of a dilation is more work than the one before.
const fn is_soon_done(command: &Command) -> bool {
    !matches!(command, Command::Morph { morph: Morph::Dilate, steps: 257.., .. })
}

/// Whether boxes are boxes and pictures pictures.
fn is_whole(command: &Command) -> bool {
    let is_box = |bounds: &Bounds| Bounds::new(bounds.min, bounds.max).is_some();
    let is_picture = |picture: &Picture| {
        u64::from(picture.width) * u64::from(picture.height) == picture.pixels.len() as u64
    };
    match command {
        Command::FillShape { bounds, .. } => is_box(bounds),
        Command::FloodFill { spread, .. }
        | Command::Select { selector: Selector::Wand { spread, .. }, .. } => {
            spread.within.is_none_or(|bounds| is_box(&bounds))
        }
        Command::Paint { painter, .. }
        | Command::Stroke { painter, .. }
        | Command::Tube { painter, .. } => painter.clip.is_none_or(|bounds| is_box(&bounds)),
        Command::Relief { picture, .. } | Command::ImageToVoxels { picture, .. } => {
            is_picture(picture)
        }
        _ => true,
    }
}
