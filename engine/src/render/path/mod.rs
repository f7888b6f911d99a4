//! Path tracing: light as it travels, sample after sample.
//!
//! A sample of a pixel is a path from the camera: it is scattered where it meets a face,
//! by what the matter there does with light (`matter.rs`), until it leaves for the sky, is
//! swallowed, or a throw of dice ends it. At every face the sun is looked for; the sky and
//! voxels that shine count where a path meets them. Paths go in waves, one sample of a tile's
//! pixels at a time (`wave.rs`), and their light is gathered on a film.
//!
//! Promises: a sample is a function of pixel and number alone. N samples are the same bytes
//! in one go and in many, on any number of threads, with any vectors.

mod film;
mod floor;
mod follow;
mod lamps;
mod light;
mod matter;
mod sampler;
mod studio;
mod wave;

use super::frame::Frame;
use super::job::{self, Control, Job};
use super::{MAX_SIDE, Mode, RenderError, Settings, tile};
use crate::image::Picture;
use film::{TILE, TileFilm};
use std::sync::{Mutex, PoisonError};
use studio::Studio;
use wave::Wave;

/// The most samples in a pixel.
pub const SAMPLES_MAX: u32 = 65_536;

/// The most times that a path is scattered.
pub const BOUNCES_MAX: u32 = 64;

/// How paths are traced. Numbers that make no sense count as the nearest that do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathSettings {
    /// Samples in each pixel: 1 to [`SAMPLES_MAX`].
    pub samples: u32,
    /// How often a path may be scattered: 1 to [`BOUNCES_MAX`]. 1 is direct light only.
    pub bounces: u32,
    /// A tile gets no more samples when its standard error is below this: in parts
    /// of the way from black to white as one sees it. 0 always takes all samples.
    pub noise: f32,
    /// The most that one scattered path may bring, in linear light; 0 is no limit. White in
    /// full sun is about 1.
    pub clamp: f32,
    /// Half of what the sun measures across, in degrees: 0 has hard shadows, 45 is the most.
    pub sun_radius: f32,
    /// Linear; the sun's light on a face square to it is this times the light's intensity. Its
    /// direction is the light's.
    pub sun_color: [f32; 3],
    /// What is around everything.
    pub sky: Sky,
    /// How bright the sky is: the linear light of white matter that lies level under it.
    pub sky_energy: f32,
    /// The colour of a uniform sky, and of the ground under a clear one where there is no
    /// floor; linear.
    pub sky_color: [f32; 3],
    /// Whether the sky is seen behind everything, and not the picture's background.
    pub sky_is_seen: bool,
    /// What the content stands on.
    pub floor: Option<Floor>,
}

/// Light from around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sky {
    /// None.
    None,
    /// The same from everywhere, from below too.
    Uniform,
    /// Blue overhead, pale at the horizon, with a glow around the sun.
    #[default]
    Clear,
}

/// A level disc under the content, at its lowest voxels, that fades towards its rim. It is
/// there from above only: from below one sees the content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// Its colour, sRGB.
    pub color: [u8; 3],
    /// What it measures across, in parts of the content's longer level side.
    pub size: f32,
}

impl Default for Floor {
    fn default() -> Self {
        Self { color: [157, 172, 157], size: 4.0 }
    }
}

impl Default for PathSettings {
    fn default() -> Self {
        Self {
            samples: 64,
            bounces: 8,
            noise: 0.0,
            clamp: 4.0,
            sun_radius: 1.0,
            sun_color: [1.5, 1.32, 1.06],
            sky: Sky::default(),
            sky_energy: 0.5,
            sky_color: [0.498; 3],
            sky_is_seen: false,
            floor: Some(Floor::default()),
        }
    }
}

/// Paints the whole picture, and the buffers that are wanted.
///
/// Those are of flat voxels: what a path meets first is scattered over the pixel, and
/// not what its centre sees.
pub(super) fn paint(frame: &mut Frame, job: &Job<'_>) -> Result<(), RenderError> {
    if !frame.wants_buffers() {
        return paint_picture(&mut frame.picture, job);
    }
    let settings = Settings { mode: Mode::Flat, ..job.settings.clone() };
    let Settings { width, height, .. } = settings;
    let count = Tiles { width, height }.count();
    job::stage(&job.control, 0, 2 * count, |control| {
        let flat = Job { settings: &settings, control, ..*job };
        tile::paint(frame, &flat, tile::Part::default())
    })?;
    job::stage(&job.control, count, 2 * count, |control| {
        paint_picture(&mut frame.picture, &Job { control, ..*job })
    })
}

/// Paints the whole picture, tile by tile.
fn paint_picture(picture: &mut Picture, job: &Job<'_>) -> Result<(), RenderError> {
    let (width, samples) = (picture.width, job.settings.path.samples.clamp(1, SAMPLES_MAX));
    let tiles = Tiles { width, height: picture.height };
    let bands: Vec<Band> =
        picture.pixels.chunks_mut(width as usize * TILE).map(Mutex::new).collect();
    let space = || (TileFilm::new(), Wave::new());
    Studio::with(job, |studio| {
        let control = &job.control;
        job::share(tiles.count(), job.settings.threads, control, space, |(film, wave), number| {
            let place = tiles.place(number);
            film.clear();
            studio.expose(film, wave, place, samples, control);
            develop(film, place, width, &mut lock(&bands[number / tiles.columns()]));
        })
    })?;
    finished(&job.control)
}

/// Takes 1, 2, 4 and so on samples until a job has all that it wants, and hands over the
/// picture and the samples each time, until it is refused.
pub(super) fn paint_in_steps(
    job: &Job<'_>,
    mut hand_over: impl FnMut(Picture, u32) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let Settings { width, height, threads, .. } = *job.settings;
    let all = job.settings.path.samples.clamp(1, SAMPLES_MAX);
    let mut film = Film::new(width, height)?;
    let tiles = film.tiles.count();
    let steps = (all.next_power_of_two().ilog2() + 1) as usize;
    Studio::with(job, |studio| {
        for step in 0..steps {
            let samples = all.min(1 << step);
            job::stage(&job.control, step * tiles, steps * tiles, |control| {
                film.expose_in(studio, threads, &control, samples)
            })?;
            hand_over(film.resolve()?, samples)?;
        }
        Ok(())
    })
}

/// Light gathered so far, for pictures that get better while one looks.
///
/// ```
/// use goxel_engine::render::{Camera, Control, Film, Job, Mode, Preset, Settings};
/// use goxel_engine::volume::{Coord, Volume, Voxel};
/// let mut volume = Volume::new();
/// volume.set(Coord::new(5, 5, 5), Voxel::rgb(255, 0, 0));
/// let camera = Camera::preset(Preset::Front, volume.bounds().unwrap());
/// let settings = Settings { mode: Mode::Path, width: 64, height: 64, ..Settings::default() };
/// let control = Control::default();
/// let job = Job { drawn: &volume, scene: None, camera: &camera, settings: &settings, control };
/// let mut film = Film::new(64, 64).unwrap();
/// film.expose(&job, 2).unwrap();
/// let preview = film.resolve().unwrap();
/// film.expose(&job, 8).unwrap();
/// assert!(film.resolve().unwrap() != preview && film.samples() == 8);
/// ```
#[derive(Debug)]
pub struct Film {
    tiles: Tiles,
    films: Vec<Mutex<TileFilm>>,
}

impl Film {
    /// An unexposed film: 20 bytes a pixel. Refused as a picture of that size is.
    pub fn new(width: u32, height: u32) -> Result<Self, RenderError> {
        super::check_size(width, height)?;
        let tiles = Tiles { width, height };
        let films = (0..tiles.count()).map(|_| TileFilm::of_many().map(Mutex::new));
        Ok(Self { tiles, films: films.collect::<Result<_, _>>()? })
    }

    /// Takes samples until each pixel has `samples`, but for tiles whose noise is low
    /// enough. The job must be that of the samples before, but for its control, its threads,
    /// and its vectors; the size in its settings is not looked at.
    ///
    /// When cancelled, the film keeps what it has and may be exposed further.
    pub fn expose(&mut self, job: &Job<'_>, samples: u32) -> Result<(), RenderError> {
        let Tiles { width, height } = self.tiles;
        let threads = job.settings.threads;
        Studio::of_size(job, width, height, |studio| {
            self.expose_in(studio, threads, &job.control, samples)
        })
    }

    fn expose_in(
        &mut self,
        studio: &Studio<'_>,
        threads: usize,
        control: &Control<'_>,
        samples: u32,
    ) -> Result<(), RenderError> {
        let samples = samples.min(SAMPLES_MAX);
        let (tiles, films) = (self.tiles, &self.films);
        job::share(tiles.count(), threads, control, Wave::new, |wave, number| {
            let (film, place) = (&mut lock(&films[number]), tiles.place(number));
            studio.expose(film, wave, place, samples, control);
        })?;
        finished(control)
    }

    /// The fewest samples that a pixel has in tiles that want more.
    pub fn samples(&self) -> u32 {
        let awake = |film: &Mutex<TileFilm>| {
            let film = lock(film);
            (!film.is_quiet).then_some(film.samples)
        };
        self.films.iter().filter_map(awake).min().unwrap_or(SAMPLES_MAX)
    }

    /// The picture so far: transparent where there is no sample yet.
    pub fn resolve(&self) -> Result<Picture, RenderError> {
        let Tiles { width, height } = self.tiles;
        let mut picture = super::blank(width, height)?;
        for (row, band) in picture.pixels.chunks_mut(width as usize * TILE).enumerate() {
            for column in 0..self.tiles.columns() {
                let number = row * self.tiles.columns() + column;
                develop(&lock(&self.films[number]), self.tiles.place(number), width, band);
            }
        }
        Ok(picture)
    }
}

/// Where a tile lies and how large it is, in pixels.
#[derive(Clone, Copy, Debug)]
struct Place {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

/// A picture cut into tiles.
#[derive(Clone, Copy, Debug)]
struct Tiles {
    width: u32,
    height: u32,
}

impl Tiles {
    fn columns(self) -> usize {
        (self.width as usize).div_ceil(TILE)
    }

    fn count(self) -> usize {
        self.columns() * (self.height as usize).div_ceil(TILE)
    }

    fn place(self, number: usize) -> Place {
        const EDGE: u32 = TILE as u32;
        debug_assert!(self.width <= MAX_SIDE);
        let left = (number % self.columns()) as u32 * EDGE;
        let top = (number / self.columns()) as u32 * EDGE;
        Place { left, top, width: EDGE.min(self.width - left), height: EDGE.min(self.height - top) }
    }
}

/// A row of tiles, to be written by any thread.
type Band<'a> = Mutex<&'a mut [[u8; 4]]>;

/// Writes a tile's colours into its band of a picture.
fn develop(film: &TileFilm, place: Place, width: u32, band: &mut [[u8; 4]]) {
    let rows = band.chunks_mut(width as usize).take(place.height as usize);
    for (y, row) in rows.enumerate() {
        let left = place.left as usize;
        for (x, pixel) in row[left..left + place.width as usize].iter_mut().enumerate() {
            *pixel = film.color(y * TILE + x);
        }
    }
}

/// A tile that was left in its middle is no picture.
fn finished(control: &Control<'_>) -> Result<(), RenderError> {
    if control.is_cancelled() { Err(RenderError::Cancelled) } else { Ok(()) }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
