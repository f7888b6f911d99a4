//! All that a picture's paths need to know, made once.

use super::super::backdrop::gradient;
use super::super::camera::Shooter;
use super::super::grid::{Grid, Near};
use super::super::job::Job;
use super::super::light::toward;
use super::super::stream::Tracer;
use super::super::surfaces::{Surface, Surfaces};
use super::super::{Background, Settings};
use super::BOUNCES_MAX;
use super::floor::Plane;
use super::lamps::Lamps;
use super::light::{Dome, Sun};
use super::matter::Matter;
use crate::image::srgb::CURVE;
use crate::scene::DEFAULT_AREA_BOUNDS;

/// What is lit, by what, and from where it is seen.
pub(super) struct Studio<'a> {
    pub content: Option<Content<'a>>,
    /// The matters of voxels, by look.
    pub matters: Vec<Matter>,
    /// Whether light goes through some of them.
    pub has_clear: bool,
    /// Whether there are lamps to look for.
    pub has_lamps: bool,
    pub floor: Option<Plane>,
    pub sun: Option<Sun>,
    pub dome: Dome,
    pub shooter: Shooter,
    /// What is seen behind everything, by row: linear, premultiplied. None where it is the sky.
    pub backdrop: Option<Vec<[f32; 4]>>,
    pub bounces: u8,
    /// The most that a scattered path may bring.
    pub clamp: f32,
    pub noise: f32,
}

/// Voxels.
pub(super) struct Content<'a> {
    pub grid: &'a Grid<'a>,
    pub tracer: Tracer<'a>,
    pub lamps: Lamps,
    surfaces: Surfaces<'a>,
}

/// A voxel's colour, linear, and the index of its matter.
pub(super) struct Stuff {
    pub color: [f32; 3],
    pub matter: usize,
}

impl Content<'_> {
    /// What a voxel, counted from the base, is made of; nothing where there is none.
    #[inline]
    pub(super) fn stuff(&self, voxel: [i32; 3], near: &mut Near) -> Option<Stuff> {
        let (brick, local) = self.grid.find(voxel, near)?;
        let [r, g, b, _] = self.grid.brick(brick).get(local).0;
        let color = [r, g, b].map(|byte| CURVE.decode(byte));
        Some(Stuff { color, matter: self.surfaces.look(brick, local) })
    }
}

impl Studio<'_> {
    /// Calls `work` with the studio of a job.
    pub(super) fn with<R>(job: &Job<'_>, work: impl FnOnce(&Studio<'_>) -> R) -> R {
        Self::of_size(job, job.settings.width, job.settings.height, work)
    }

    /// As [`Studio::with`], for pictures of another size.
    pub(super) fn of_size<R>(
        job: &Job<'_>,
        width: u32,
        height: u32,
        work: impl FnOnce(&Studio<'_>) -> R,
    ) -> R {
        // Rays count from the voxel that the eye is in: see the ADR.
        let base = job.camera.base();
        let bounds = job.drawn.bounds();
        let grid = bounds.map(|bounds| Grid::new(job.drawn, bounds, base));
        let surfaces = grid.as_ref().map(|grid| Surfaces::new(job.scene, grid));
        let default = [Surface::default()];
        let looks = surfaces.as_ref().map_or(&default[..], Surfaces::looks);
        let matters: Vec<Matter> = looks.iter().copied().map(Matter::new).collect();
        let Settings { path, light, .. } = job.settings;
        let to_sun = toward(light, job.camera.axes());
        let floor = path.floor.as_ref();
        let sun = Sun::new(to_sun, light.intensity, path);
        let content = grid.as_ref().zip(surfaces).map(|(grid, surfaces)| Content {
            grid,
            tracer: Tracer::new(grid, job.settings.simd),
            lamps: Lamps::new(grid, &surfaces, &matters),
            surfaces,
        });
        let studio = Studio {
            has_lamps: content.as_ref().is_some_and(|content| !content.lamps.is_empty()),
            has_clear: matters.iter().any(|matter| matter.is_clear),
            matters,
            floor: floor
                .map(|floor| Plane::new(floor, bounds.unwrap_or(DEFAULT_AREA_BOUNDS), base)),
            dome: Dome::new(to_sun, sun.as_ref(), path),
            sun,
            shooter: job.camera.shooter(base, width, height),
            backdrop: (!path.sky_is_seen).then(|| backdrop(job.settings.background, height)),
            bounces: path.bounces.clamp(1, BOUNCES_MAX) as u8,
            clamp: if path.clamp > 0.0 { path.clamp } else { f32::INFINITY },
            noise: path.noise,
            content,
        };
        work(&studio)
    }
}

/// The colours of a background's rows.
fn backdrop(background: Background, height: u32) -> Vec<[f32; 4]> {
    let linear = |[r, g, b, a]: [u8; 4]| {
        let alpha = f32::from(a) / 255.0;
        let [r, g, b] = [r, g, b].map(|byte| CURVE.decode(byte) * alpha);
        [r, g, b, alpha]
    };
    let row = |y: usize| match background {
        Background::Transparent => [0; 4],
        Background::Solid(color) => color,
        Background::Gradient(color) => gradient(color, y, height as usize),
    };
    (0..height as usize).map(|y| linear(row(y))).collect()
}
