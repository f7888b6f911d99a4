//! Tiles: as `tile.rs` paints them, but with means of linear light.
//!
//! A pixel takes what is seen at its centre, unless one of its four neighbours sees another
//! plane in another light or another colour: then it is the mean of a few samples at fixed places.

use super::cast::{Caster, Ray};
use super::content::Content;
use super::light::{Light, Sample};
use crate::image::srgb::CURVE;
use crate::math;
use crate::render::backdrop::Backdrop;
use crate::render::camera::Shooter;
use crate::render::frame::{Frame, Rows};
use crate::render::tile::{EIGHT, FOUR, TILE, VISIBLE};
use crate::render::{Antialias, Job, RenderError, job};
use std::sync::{Mutex, PoisonError};

/// The edge of what a tile looks at.
const APRON: usize = TILE + 2;

pub(super) struct Painter<'a> {
    job: &'a Job<'a>,
    content: &'a Content<'a>,
    backdrop: Backdrop,
    shooter: Shooter,
    light: Light,
    /// Where a pixel on an edge is sampled, in sixteenths from its centre.
    places: &'static [[i8; 2]],
}

impl<'a> Painter<'a> {
    pub(super) fn new(content: &'a Content<'a>, backdrop: Backdrop, job: &'a Job<'a>) -> Self {
        let Job { camera, settings, .. } = *job;
        let corner = content.field.place(content.grid.frame_corner());
        let mut shooter = camera.shooter(corner, settings.width, settings.height);
        // A cell begins in the middle of its first voxel.
        shooter.eye = math::sub(shooter.eye, [0.5; 3]);
        let places: &[_] = match settings.antialias {
            Antialias::Off => &[],
            Antialias::Four => &FOUR,
            Antialias::Eight => &EIGHT,
        };
        let light = Light::new(settings, camera);
        Self { job, content, backdrop, shooter, light, places }
    }

    pub(super) fn paint(&self, frame: &mut Frame) -> Result<(), RenderError> {
        let (settings, width) = (self.job.settings, frame.picture.width as usize);
        let columns = width.div_ceil(TILE);
        let wants = frame.wants_buffers();
        let bands: Vec<_> = frame.bands(TILE).into_iter().map(Mutex::new).collect();
        let Content { field, grid, .. } = *self.content;
        let start = || Tile::new(Caster::new(field, grid, settings.marching));
        let count = bands.len() * columns;
        job::share(count, settings.threads, &self.job.control, start, |tile, number| {
            let [left, top] = [number % columns * TILE, number / columns * TILE];
            self.paint_tile(tile, left, top);
            let band = &bands[number / columns];
            let mut rows = band.lock().unwrap_or_else(PoisonError::into_inner);
            tile.copy_to(&mut rows, left, width);
            if wants {
                self.note(tile, &mut rows, left, width);
            }
        })
    }

    fn paint_tile(&self, tile: &mut Tile<'_>, left: usize, top: usize) {
        let size = [self.job.settings.width, self.job.settings.height].map(|n| n as usize);
        let [width, height] = [TILE.min(size[0] - left), TILE.min(size[1] - top)];
        for y in 0..height + 2 {
            for x in 0..width + 2 {
                let place = [(left + x) as f64 - 0.5, (top + y) as f64 - 0.5];
                let row = (top + y).saturating_sub(1);
                tile.seen[y * APRON + x] = self.look(&mut tile.caster, place, row);
            }
        }
        for y in 0..height {
            for x in 0..width {
                let at = (y + 1) * APRON + x + 1;
                let (color, coverage) = if !self.places.is_empty() && tile.on_edge(at) {
                    self.mean(&mut tile.caster, [left + x, top + y])
                } else {
                    tile.seen[at].whole()
                };
                tile.pixels[y * TILE + x] = color;
                tile.coverage[y * TILE + x] = coverage;
            }
        }
    }

    /// Fills the buffers of a tile.
    fn note(&self, tile: &Tile<'_>, rows: &mut Rows<'_>, left: usize, width: usize) {
        let across = TILE.min(width - left);
        for y in 0..rows.pixels.len() / width {
            for x in 0..across {
                let spot = tile.seen[(y + 1) * APRON + x + 1].spot;
                let known = self.content.known(spot.as_ref(), tile.coverage[y * TILE + x]);
                rows.write(y * width + left + x, &known);
            }
        }
    }

    /// What is seen at a point of the picture, in that row of pixels.
    fn look(&self, caster: &mut Caster<'_>, [x, y]: [f64; 2], row: usize) -> Sample {
        let (origin, direction) = self.shooter.ray(x, y);
        let seen = self.light.look(caster, &Ray { origin, direction });
        seen.unwrap_or_else(|| Sample::behind(self.backdrop.row(row)))
    }

    /// The mean of what is seen at some places of a pixel, and which share of them is covered.
    fn mean(&self, caster: &mut Caster<'_>, [x, y]: [usize; 2]) -> ([u8; 4], f32) {
        let (mut light, mut alpha, mut hits) = ([0.0; 3], 0.0, 0.0);
        for place in self.places {
            let [dx, dy] = place.map(|sixteenths| f64::from(sixteenths) / 16.0);
            let sample = self.look(caster, [x as f64 + 0.5 + dx, y as f64 + 0.5 + dy], y);
            (0..3).for_each(|channel| light[channel] += sample.light[channel]);
            alpha += sample.alpha;
            hits += sample.whole().1;
        }
        let count = self.places.len() as f32;
        if alpha <= 0.0 {
            return (self.backdrop.row(y), 0.0);
        }
        let [r, g, b] = light.map(|sum| CURVE.encode(sum / alpha));
        ([r, g, b, (alpha / count * 255.0 + 0.5) as u8], hits / count)
    }
}

/// One thread's working space.
struct Tile<'a> {
    caster: Caster<'a>,
    seen: Vec<Sample>,
    pixels: Vec<[u8; 4]>,
    coverage: Vec<f32>,
}

impl<'a> Tile<'a> {
    fn new(caster: Caster<'a>) -> Self {
        let seen = vec![Sample::behind([0; 4]); APRON * APRON];
        Self { caster, seen, pixels: vec![[0; 4]; TILE * TILE], coverage: vec![0.0; TILE * TILE] }
    }

    fn on_edge(&self, at: usize) -> bool {
        let beside = [at - 1, at + 1, at - APRON, at + APRON];
        beside.into_iter().any(|other| differ(&self.seen[at], &self.seen[other]))
    }

    fn copy_to(&self, rows: &mut Rows<'_>, left: usize, width: usize) {
        let count = TILE.min(width - left);
        for (row, pixels) in rows.pixels.chunks_mut(width).zip(self.pixels.chunks(TILE)) {
            row[left..left + count].copy_from_slice(&pixels[..count]);
        }
    }
}

/// Whether an edge that one can see lies between two samples. Light that changes
/// across one plane is none.
fn differ(a: &Sample, b: &Sample) -> bool {
    if a.face == b.face && a.own == b.own {
        return false;
    }
    let far = |a: u8, b: u8| a.abs_diff(b) > VISIBLE;
    let own = (0..3).any(|channel| far(a.own[channel], b.own[channel]));
    let seen = (0..4).any(|channel| far(a.color[channel], b.color[channel]));
    own || (a.face != b.face && seen) || a.face.is_none() != b.face.is_none()
}
