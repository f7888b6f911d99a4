//! Contact sheets: several shots of one thing side by side.

use super::fit::{Close, Reach};
use super::series::{Studio, check_frames};
use super::sheet::{Layout, Sheet, columns};
use super::{Projection, Shot};
use crate::render::{Camera, Preset, RenderError, View};

/// Which shots, and how they are laid out.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactSheet {
    /// The shots, row by row. Those with [`Projection::Close`] are of one scale: the one
    /// that needs most room decides for all with the same lens.
    pub shots: Vec<Shot>,
    /// Shots in a row; 0 chooses a sheet that is nearly square.
    pub columns: u32,
    /// Pixels between shots and around them.
    pub spacing: u32,
    /// The colour between shots, straight alpha; the shots themselves have the settings'
    /// background.
    pub ground: [u8; 4],
}

impl ContactSheet {
    /// These views on white; those that are fitted to the content are close.
    pub fn of(views: &[View]) -> Self {
        let close = Projection::Close { margin: 1.0 / 16.0 };
        let shot = |view: &View| {
            let projection = if view.is_fitted() { close } else { Projection::Own };
            Shot { view: *view, projection, ..Shot::default() }
        };
        let shots = views.iter().map(shot).collect();
        Self { shots, columns: 0, spacing: 8, ground: [255; 4] }
    }
}

impl Default for ContactSheet {
    /// The seven presets in their order.
    fn default() -> Self {
        Self::of(&Preset::ALL.map(View::Preset))
    }
}

/// Takes all shots of a contact sheet, each as large as the settings say. Sections do not
/// change what cameras are fitted to.
///
/// Refused before anything is drawn: no shots, a sheet over the limits of one picture, a
/// bad camera.
pub fn contact_sheet(studio: &Studio<'_>, plan: &ContactSheet) -> Result<Sheet, RenderError> {
    let frame = studio.size();
    let count = check_frames(plan.shots.len() as u64, frame)?;
    let cameras = cameras(studio, &plan.shots)?;
    let (columns, gap) = (columns(plan.columns, count), plan.spacing);
    let layout = Layout { count, columns, frame, gap, border: gap };
    let subject = |index: usize| plan.shots[index].subject(studio.drawn);
    layout.sheet(studio, &cameras, studio.settings, (plan.ground, &subject))
}

fn cameras(studio: &Studio<'_>, shots: &[Shot]) -> Result<Vec<Camera>, RenderError> {
    let (bounds, size) = (studio.fitted_box(), studio.size());
    let mut cameras = Vec::with_capacity(shots.len());
    let mut near: Vec<(usize, Close)> = Vec::new();
    for (index, shot) in shots.iter().enumerate() {
        let camera = shot.camera(studio.scene, bounds, size)?;
        cameras.push(camera);
        if let Projection::Close { margin } = shot.projection {
            near.push((index, Close::of(&camera, bounds, size, margin)));
        }
    }
    let reaches: Vec<Reach> = near.iter().map(|(_, close)| close.reach).collect();
    for (index, close) in near {
        let widest = reaches.iter().fold(close.reach, |most, reach| most.wider(*reach));
        cameras[index] = widest.camera(close.axes, bounds);
    }
    Ok(cameras)
}
