//! Tiles: the picture is painted in squares that threads take one after the other.
//!
//! A pixel is a pure function of its place. It takes the colour at its centre,
//! unless one of its four neighbours sees another face or another colour: then
//! it is the mean of a few samples at fixed places in it, weighted by alpha, in
//! sRGB as stored. Each tile also looks at the pixels around it, so it does not
//! matter where tiles begin.

use super::camera::{Camera, Shooter};
use super::cover::Cover;
use super::grid::Grid;
use super::shade::{Sample, Shader};
use super::{Antialias, Background, Settings};
use crate::image::Picture;
use crate::volume::Volume;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The edge of a tile, in pixels.
const TILE: usize = 64;

/// The most threads that work on one picture.
const THREADS_MAX: usize = 256;

/// The edge of what a tile looks at.
const APRON: usize = TILE + 2;

/// The difference between two colours, in any channel, that makes an edge.
const VISIBLE: u8 = 8;

/// Places in a pixel, in sixteenths from its centre: no two in a row or column.
const FOUR: [[i8; 2]; 4] = [[-2, -6], [6, -2], [2, 6], [-6, 2]];
const EIGHT: [[i8; 2]; 8] =
    [[1, -3], [-1, 3], [5, 1], [-3, -5], [-5, 5], [-7, -1], [3, 7], [7, -7]];

/// Paints the whole picture.
pub(super) fn paint(picture: &mut Picture, drawn: &Volume, camera: &Camera, settings: &Settings) {
    let backdrop = Backdrop::new(settings);
    let Some(bounds) = drawn.bounds() else {
        backdrop.fill(picture);
        return;
    };
    let grid = Grid::new(drawn, bounds);
    let corner = bounds.min.to_array().map(i64::from);
    let shooter = camera.shooter(corner, picture.width, picture.height);
    let painter = Painter {
        cover: Cover::new(&grid, &shooter, picture.width, picture.height),
        size: [picture.width as usize, picture.height as usize],
        shooter,
        shader: Shader::new(&grid, camera.axes(), settings),
        backdrop,
        places: match settings.antialias {
            Antialias::Off => &[],
            Antialias::Four => &FOUR,
            Antialias::Eight => &EIGHT,
        },
    };
    painter.paint(picture, settings.threads);
}

/// A row of tiles, to be written by any thread.
type Band<'a> = Mutex<&'a mut [[u8; 4]]>;

struct Painter<'a> {
    shooter: Shooter,
    cover: Cover,
    size: [usize; 2],
    shader: Shader<'a>,
    backdrop: Backdrop,
    places: &'static [[i8; 2]],
}

impl Painter<'_> {
    fn paint(&self, picture: &mut Picture, threads: usize) {
        let width = picture.width as usize;
        let columns = width.div_ceil(TILE);
        let bands: Vec<Band> = picture.pixels.chunks_mut(width * TILE).map(Mutex::new).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut tile = Tile::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(band) = bands.get(number / columns) else {
                    return;
                };
                let [left, top] = [number % columns * TILE, number / columns * TILE];
                self.paint_tile(&mut tile, left, top);
                tile.copy_to(band, left, width);
            }
        };
        let helpers = threads.min(bands.len() * columns).min(THREADS_MAX).saturating_sub(1);
        std::thread::scope(|scope| {
            for _ in 0..helpers {
                let name = std::thread::Builder::new().name("render".into());
                // A thread that the system refuses is one fewer: the others do its share.
                let _ = name.spawn_scoped(scope, work);
            }
            work();
        });
    }

    fn paint_tile(&self, tile: &mut Tile, left: usize, top: usize) {
        let [width, height] = [TILE.min(self.size[0] - left), TILE.min(self.size[1] - top)];
        let [low, high] = [[left, top], [left + width, top + height]];
        if self.cover.is_clear(low.map(|n| n as f64 - 1.0), high.map(|n| n as f64 + 1.0)) {
            for (y, row) in tile.pixels.chunks_mut(TILE).enumerate() {
                row.fill(self.backdrop.row(top + y));
            }
            return;
        }
        for y in 0..height + 2 {
            for x in 0..width + 2 {
                let [px, py] = [(left + x) as f64 - 0.5, (top + y) as f64 - 0.5];
                tile.seen[y * APRON + x] = self.look(px, py, top + y);
            }
        }
        for y in 0..height {
            for x in 0..width {
                let at = (y + 1) * APRON + x + 1;
                tile.pixels[y * TILE + x] = if !self.places.is_empty() && tile.on_edge(at) {
                    self.mean(left + x, top + y, tile.around(at))
                } else {
                    tile.seen[at].color
                };
            }
        }
    }

    /// What is seen at a point of the picture; `row` is one more than its row of pixels.
    fn look(&self, x: f64, y: f64, row: usize) -> Sample {
        let earliest = self.cover.start(x, y);
        let seen = (earliest < f64::INFINITY).then(|| {
            let (origin, direction) = self.shooter.ray(x, y);
            self.shader.look(origin, direction, earliest)
        });
        let behind = || Sample::behind(self.backdrop.row(row.saturating_sub(1)));
        seen.flatten().unwrap_or_else(behind)
    }

    /// The colour at a point of a pixel in row `y`, with help from samples nearby.
    fn glance(&self, [px, py]: [f64; 2], y: usize, nearby: [&Sample; 5]) -> [u8; 4] {
        let earliest = self.cover.start(px, py);
        if earliest == f64::INFINITY {
            return self.backdrop.row(y);
        }
        let (origin, direction) = self.shooter.ray(px, py);
        let seen = self.shader.glance(origin, direction, earliest, nearby);
        seen.unwrap_or_else(|| self.backdrop.row(y))
    }

    /// The mean of a few samples in a pixel, weighted by alpha.
    fn mean(&self, x: usize, y: usize, nearby: [&Sample; 5]) -> [u8; 4] {
        let mut sums = [0u32; 3];
        let mut alphas = 0;
        for place in self.places {
            let [dx, dy] = place.map(|sixteenths| f64::from(sixteenths) / 16.0);
            let (px, py) = (x as f64 + 0.5 + dx, y as f64 + 0.5 + dy);
            let [r, g, b, a] = self.glance([px, py], y, nearby).map(u32::from);
            sums[0] += r * a;
            sums[1] += g * a;
            sums[2] += b * a;
            alphas += a;
        }
        if alphas == 0 {
            return self.backdrop.row(y);
        }
        let count = self.places.len() as u32;
        let [r, g, b] = sums.map(|sum| ((sum + alphas / 2) / alphas) as u8);
        [r, g, b, ((alphas + count / 2) / count) as u8]
    }
}

/// One thread's working space.
struct Tile {
    seen: Vec<Sample>,
    pixels: Vec<[u8; 4]>,
}

impl Tile {
    fn new() -> Self {
        Self {
            seen: vec![Sample::behind([0; 4]); APRON * APRON],
            pixels: vec![[0; 4]; TILE * TILE],
        }
    }

    /// A pixel's sample and the four beside it.
    fn around(&self, at: usize) -> [&Sample; 5] {
        [at, at - 1, at + 1, at - APRON, at + APRON].map(|index| &self.seen[index])
    }

    fn on_edge(&self, at: usize) -> bool {
        let [here, beside @ ..] = self.around(at);
        beside.into_iter().any(|other| differ(here, other))
    }

    fn copy_to(&self, band: &Band, left: usize, width: usize) {
        let mut rows = band.lock().unwrap_or_else(PoisonError::into_inner);
        let count = TILE.min(width - left);
        for (row, pixels) in rows.chunks_mut(width).zip(self.pixels.chunks(TILE)) {
            row[left..left + count].copy_from_slice(&pixels[..count]);
        }
    }
}

/// Whether an edge that one can see lies between two samples. Light that changes
/// across one face is none.
fn differ(a: &Sample, b: &Sample) -> bool {
    if a.face == b.face && a.own == b.own {
        return false;
    }
    let far = |a: u8, b: u8| a.abs_diff(b) > VISIBLE;
    let own = (0..3).any(|channel| far(a.own[channel], b.own[channel]));
    let seen = (0..4).any(|channel| far(a.color[channel], b.color[channel]));
    own || (a.face != b.face && seen) || (a.face == 0) != (b.face == 0)
}

/// The colour behind everything, row by row.
struct Backdrop {
    rows: Vec<[u8; 4]>,
}

impl Backdrop {
    fn new(settings: &Settings) -> Self {
        let height = settings.height as usize;
        let rows = match settings.background {
            Background::Transparent => vec![[0; 4]; height],
            Background::Solid(color) => vec![color; height],
            Background::Gradient(color) => {
                (0..height).map(|y| gradient(color, y, height)).collect()
            }
        };
        Self { rows }
    }

    /// The colour of a row; rows past the end are as the last.
    fn row(&self, y: usize) -> [u8; 4] {
        self.rows[y.min(self.rows.len() - 1)]
    }

    fn fill(&self, picture: &mut Picture) {
        let rows = picture.pixels.chunks_mut(picture.width as usize);
        rows.zip(&self.rows).for_each(|(row, color)| row.fill(*color));
    }
}

/// Legacy: a transparent colour has no gradient (spec/rendering.md A1).
fn gradient(color: [u8; 4], y: usize, height: usize) -> [u8; 4] {
    let [r, g, b, a] = color;
    if a == 0 {
        return [0; 4];
    }
    let down = (y as f64 + 0.5) / height as f64;
    let shift = (down * 2.0 - 1.0) * 0.2 * 255.0;
    let [r, g, b] = [r, g, b].map(|byte| (f64::from(byte) + shift + 0.5).clamp(0.0, 255.0) as u8);
    [r, g, b, a]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_goes_a_fifth_down_and_up() {
        let rows = [0, 500, 1000].map(|y| gradient([70, 70, 70, 255], y, 1001)[0]);
        assert_eq!(rows, [19, 70, 121]);
        assert_eq!(gradient([240, 240, 240, 255], 100, 101), [255; 4]);
        assert_eq!(gradient([70, 70, 70, 0], 0, 9), [0; 4]);
    }
}
