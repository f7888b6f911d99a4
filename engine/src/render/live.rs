//! A picture that follows what it shows: after an edit only the squares that the edit can
//! reach are painted again, and the pixels are those of a whole render.
//!
//! An edit reaches the pixels that see a changed voxel or a face beside it, those whose way
//! to the sun passes it, and, with ambient occlusion, those near it. Changed boxes are grown
//! and swept along the sun's shadow, projected, and the squares they touch are marked. A camera
//! or a setting that is not the same, another stack of layers or other materials: all of it.

use super::camera::Shooter;
use super::frame::{Buffers, Frame};
use super::grid;
use super::job::Job;
use super::occlusion::Memory;
use super::{Camera, Mode, RenderError, Settings, blank, light, occlusion, tile};
use crate::composite;
use crate::image::Picture;
use crate::math::{self, Vec3};
use crate::scene::{LayerId, Material, Scene};
use crate::volume::{Bounds, BrickCoord, Coord, Volume};
use std::collections::BTreeSet;

/// More changed bricks than this, and all is painted.
const CHANGES_MAX: usize = 2048;

/// So many steps down the shadows of all changes, and all is painted: wide content.
const STEPS_MAX: usize = 1 << 16;

/// The last picture and what it was made of.
#[derive(Debug, Default)]
pub struct LivePicture {
    frame: Frame,
    last: Option<Last>,
    painted: usize,
    memory: Memory,
}

#[derive(Debug)]
struct Last {
    drawn: Volume,
    camera: Camera,
    settings: Settings,
    looks: Option<Looks>,
}

/// What decides how voxels of each layer look: the visible layers and their voxels.
#[derive(Debug, PartialEq)]
struct Looks {
    layers: Vec<(LayerId, Option<usize>)>,
    modes: Vec<crate::volume::BlendMode>,
    materials: Vec<Material>,
    volumes: Volumes,
}

/// Voxels of layers: told apart by where they differ, not compared as a whole.
#[derive(Debug)]
struct Volumes(Vec<Volume>);

impl PartialEq for Volumes {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
    }
}

impl Looks {
    fn of(scene: &Scene) -> Self {
        let visible: Vec<_> = scene.layers.iter().filter(|layer| layer.visible).collect();
        Self {
            layers: visible.iter().map(|layer| (layer.id, layer.material)).collect(),
            modes: visible.iter().map(|layer| layer.mode).collect(),
            materials: scene.materials.clone(),
            volumes: Volumes(
                visible.iter().map(|layer| composite::voxels_of(scene, layer)).collect(),
            ),
        }
    }
}

impl LivePicture {
    /// One without a picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// The picture that the last [`LivePicture::draw`] made; one without pixels where that
    /// failed.
    pub fn picture(&self) -> &Picture {
        &self.frame.picture
    }

    /// How many squares of 16x16 pixels the last call painted.
    pub const fn painted(&self) -> usize {
        self.painted
    }

    /// Makes it the picture that a job describes. After a refusal or a cancelled job the
    /// next call paints all.
    pub fn draw(&mut self, job: &Job<'_>) -> Result<&Picture, RenderError> {
        let looks = job.scene.filter(|_| job.settings.mode == Mode::Lit).map(Looks::of);
        let last = self.last.take();
        self.remember(last.as_ref(), job.drawn);
        let squares = last.and_then(|last| last.reached(job, looks.as_ref()));
        let mut frame = std::mem::take(&mut self.frame);
        if let Some(squares) = squares {
            self.painted = squares.len();
            let part =
                tile::Part { squares: Some(&squares), memory: Some(&self.memory), on_band: None };
            tile::paint(&mut frame, job, part)?;
            self.frame = frame;
        } else {
            drop(frame);
            let picture = blank(job.settings.width, job.settings.height)?;
            self.frame = self.whole(picture, job)?;
            let squares = |side: u32| (side as usize).div_ceil(tile::SQUARE);
            self.painted = squares(job.settings.width) * squares(job.settings.height);
        }
        self.last = Some(Last {
            drawn: job.drawn.clone(),
            camera: *job.camera,
            settings: job.settings.clone(),
            looks,
        });
        Ok(&self.frame.picture)
    }
}

impl LivePicture {
    fn whole(&self, picture: Picture, job: &Job<'_>) -> Result<Frame, RenderError> {
        if matches!(job.settings.mode, Mode::Path | Mode::Marching) {
            return super::frame_of(picture, job, Buffers::default());
        }
        let mut frame = Frame::of(picture);
        let part = tile::Part { memory: Some(&self.memory), ..tile::Part::default() };
        tile::paint(&mut frame, job, part)?;
        Ok(frame)
    }

    /// Keeps of what is known about faces what still holds.
    fn remember(&self, last: Option<&Last>, drawn: &Volume) {
        let changed = last.map(|last| last.drawn.differing(drawn));
        match changed.filter(|changed| changed.len() <= CHANGES_MAX) {
            Some(changed) => self.memory.forget_around(&changed),
            None => self.memory.clear(),
        }
    }
}

impl Last {
    /// The squares that must be painted again; `None` for all.
    fn reached(&self, job: &Job<'_>, looks: Option<&Looks>) -> Option<Vec<usize>> {
        let settings = Settings { threads: job.settings.threads, ..self.settings.clone() };
        let local = !matches!(settings.mode, Mode::Path | Mode::Marching);
        let same = self.camera == *job.camera && settings == *job.settings;
        if !(local && same && self.looks.as_ref() == looks) {
            return None;
        }
        let (before, after) = (self.drawn.bounds()?, job.drawn.bounds()?);
        // Rays through wide content count from its box, and are rounded there.
        let base = job.camera.base();
        let [was, is] = [before, after].map(|bounds| grid::is_narrow(bounds, base));
        if was != is || (!is && before != after) {
            return None;
        }
        let boxes = self.changes(job.drawn, looks)?;
        let mut marks = Marks::new(job, before.union(after));
        boxes.iter().try_for_each(|changed| marks.mark(*changed))?;
        Some(marks.numbers())
    }

    /// Boxes around what changed; `None` when that is too much.
    fn changes(&self, drawn: &Volume, looks: Option<&Looks>) -> Option<Vec<Bounds>> {
        let mut places: BTreeSet<[i32; 3]> = BTreeSet::new();
        let mut add = |a: &Volume, b: &Volume| {
            places.extend(a.differing(b).into_iter().map(|at| [at.x, at.y, at.z]));
            places.len() <= CHANGES_MAX
        };
        let mut few = add(drawn, &self.drawn);
        if let (Some(now), Some(then)) = (looks, &self.looks) {
            few &= now.volumes.0.iter().zip(&then.volumes.0).all(|(a, b)| add(a, b));
        }
        let alone = looks.is_none_or(|looks| looks.layers.len() <= 1);
        few.then(|| {
            let changed = |[x, y, z]: &[i32; 3]| {
                let at = BrickCoord { x: *x, y: *y, z: *z };
                if alone { changed_box(drawn, &self.drawn, at) } else { brick_box(at) }
            };
            places.iter().map(changed).collect()
        })
    }
}

/// The voxels of a brick.
fn brick_box(at: BrickCoord) -> Bounds {
    let low = |n: i32| n << 4;
    let min = Coord::new(low(at.x), low(at.y), low(at.z));
    Bounds { min, max: Coord::new(min.x | 15, min.y | 15, min.z | 15) }
}

/// The smallest box around the voxels that differ in a brick.
fn changed_box(a: &Volume, b: &Volume, at: BrickCoord) -> Bounds {
    let whole = brick_box(at);
    let coords = (0..16).flat_map(|z| (0..16).flat_map(move |y| (0..16).map(move |x| [x, y, z])));
    let places =
        coords.map(|[x, y, z]| Coord::new(whole.min.x | x, whole.min.y | y, whole.min.z | z));
    let differ = places.filter(|at| a.get(*at) != b.get(*at));
    differ.map(|at| Bounds { min: at, max: at }).reduce(Bounds::union).unwrap_or(whole)
}

/// Squares that are marked, and how boxes are projected.
struct Marks {
    /// Row by row.
    squares: Vec<bool>,
    /// How many squares there are in a row, and how many rows.
    count: [usize; 2],
    /// How many steps down shadows are left.
    steps: usize,
    shooter: Shooter,
    /// In pixels.
    size: [f64; 2],
    base: [i64; 3],
    /// Content, old and new, counted from the base.
    content: [Vec3; 2],
    /// How far around a change faces look different, in voxels.
    around: f64,
    /// Towards the sun, if it casts shadows.
    sun: Option<Vec3>,
}

impl Marks {
    fn new(job: &Job<'_>, content: Bounds) -> Self {
        let Job { camera, settings, .. } = *job;
        let base = camera.base();
        let clay = settings.mode == Mode::Clay;
        let lit = settings.mode == Mode::Lit;
        let occluded = clay || (lit && settings.occlusion > 0.0);
        let shadows = clay || (lit && settings.light.shadow > 0.0);
        let count =
            [settings.width, settings.height].map(|side| (side as usize).div_ceil(tile::SQUARE));
        Self {
            squares: vec![false; count[0] * count[1]],
            count,
            steps: STEPS_MAX,
            shooter: camera.shooter(base, settings.width, settings.height),
            size: [f64::from(settings.width), f64::from(settings.height)],
            base,
            content: corners(content, base),
            // One for the faces beside, one for their inner edges or corners.
            around: if occluded { f64::from(occlusion::REACH) + 3.0 } else { 2.0 },
            sun: shadows.then(|| light::toward(&settings.light, camera.axes())),
        }
    }

    /// Marks the squares that a change of a box can reach; `None` when they are all of them.
    fn mark(&mut self, changed: Bounds) -> Option<()> {
        let [low, high] = corners(changed, self.base);
        self.mark_box(low.map(|v| v - self.around), high.map(|v| v + self.around))?;
        let Some(sun) = self.sun else {
            return Some(());
        };
        // Down the shadow, in steps about as long as the box is wide.
        let step = (0..3).map(|axis| high[axis] - low[axis]).fold(8.0, f64::max);
        for number in 0..self.steps {
            let from = number as f64 * step;
            let at = |time: f64| sun.map(|along| -along * time);
            let (a, b) = (at(from), at(from + step));
            let lowest = [0, 1, 2].map(|axis| low[axis] + a[axis].min(b[axis]) - 1.0);
            let highest = [0, 1, 2].map(|axis| high[axis] + a[axis].max(b[axis]) + 1.0);
            let [least, most] = self.content;
            let inside =
                (0..3).all(|axis| highest[axis] >= least[axis] && lowest[axis] <= most[axis]);
            if !inside {
                self.steps -= number;
                return Some(());
            }
            self.mark_box(lowest, highest)?;
        }
        None
    }

    /// Marks the squares that a box covers; `None` when those are all, or when it comes too
    /// near to the eye to tell.
    fn mark_box(&mut self, low: Vec3, high: Vec3) -> Option<()> {
        let (mut least, mut most) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for corner in 0..8 {
            let at = [0, 1, 2].map(|axis| if corner >> axis & 1 == 1 { high } else { low }[axis]);
            let place = self.shooter.project(at)?;
            for axis in 0..2 {
                least[axis] = place[axis].min(least[axis]);
                most[axis] = place[axis].max(most[axis]);
            }
        }
        // A pixel looks at its neighbours, and rounding may move a sample by a hair.
        let (least, most) = (least.map(|v| v - 2.0), most.map(|v| v + 2.0));
        if (0..2).any(|axis| most[axis] < 0.0 || least[axis] >= self.size[axis]) {
            return Some(());
        }
        let range = |axis: usize| {
            let square = |at: f64| at.clamp(0.0, self.size[axis] - 1.0) as usize / tile::SQUARE;
            square(least[axis])..=square(most[axis])
        };
        let (across, down) = (range(0), range(1));
        if [across.clone().count(), down.clone().count()] == self.count {
            return None;
        }
        down.for_each(|row| self.squares[row * self.count[0]..][across.clone()].fill(true));
        Some(())
    }

    /// The numbers of the squares that are marked.
    fn numbers(&self) -> Vec<usize> {
        (0..self.squares.len()).filter(|number| self.squares[*number]).collect()
    }
}

/// The lowest and the highest point of a box, counted from the base.
fn corners(bounds: Bounds, base: [i64; 3]) -> [Vec3; 2] {
    let from = |at: Coord, more: i64| {
        let at = at.to_array();
        [0, 1, 2].map(|axis| (i64::from(at[axis]) + more - base[axis]) as f64)
    };
    [from(bounds.min, 0), from(bounds.max, 1)]
}

impl Shooter {
    /// Where a point is in the picture, in pixels from its top left corner; `None` behind the
    /// eye or next to it.
    fn project(&self, at: Vec3) -> Option<[f64; 2]> {
        let from_eye = math::sub(at, self.eye);
        let depth = -math::dot(from_eye, self.back);
        let scale = if self.is_parallel() { 1.0 } else { 1.0 / depth };
        if !self.is_parallel() && depth < 0.5 {
            return None;
        }
        let along = |axis: Vec3| math::dot(from_eye, axis) / math::dot(axis, axis) * scale;
        let (x, y) = (along(self.right), along(self.up));
        Some([(x + 1.0) / self.pixel[0], (1.0 - y) / self.pixel[1]])
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
