//! The light that has reached a picture's pixels so far.
//!
//! A film is kept in tiles, each with its own number of samples. A pixel's light
//! is added sample after sample, so it does not matter in how many goes, nor on
//! how many threads, the samples came.

use super::super::RenderError;
use super::light::LUMINANCE;
use crate::image::srgb::CURVE;

/// The edge of a tile, in pixels.
pub(super) const TILE: usize = 64;

/// The edge of a block, in pixels: noise is judged by the noisiest block of a tile.
const BLOCK: usize = 8;

/// The samples between two looks at the noise.
const LOOK: u32 = 16;

/// What has reached one tile; its pixels are in rows of [`TILE`].
#[derive(Clone, Debug, Default)]
pub(super) struct TileFilm {
    /// Samples in each pixel.
    pub samples: u32,
    /// Whether no more are wanted, however many are asked for.
    pub is_quiet: bool,
    /// Sums of linear RGB, premultiplied, and alpha.
    light: Vec<[f32; 4]>,
    /// Sums of the squares of brightness.
    squares: Vec<f32>,
}

impl TileFilm {
    pub(super) fn new() -> Self {
        let mut film = Self::default();
        film.clear();
        film
    }

    /// As [`TileFilm::new`], where there is memory for it.
    pub(super) fn of_many() -> Result<Self, RenderError> {
        const COUNT: usize = TILE * TILE;
        let mut film = Self::default();
        let light = film.light.try_reserve_exact(COUNT);
        let squares = film.squares.try_reserve_exact(COUNT);
        let bytes = (COUNT * 20) as u64;
        light.and(squares).map_err(|_| RenderError::OutOfMemory { bytes })?;
        film.clear();
        Ok(film)
    }

    pub(super) fn clear(&mut self) {
        (self.samples, self.is_quiet) = (0, false);
        self.light.clear();
        self.light.resize(TILE * TILE, [0.0; 4]);
        self.squares.clear();
        self.squares.resize(TILE * TILE, 0.0);
    }

    /// Adds a pixel's light in one sample. What is no number counts as nothing.
    #[inline]
    pub(super) fn add(&mut self, pixel: usize, light: [f32; 3], alpha: f32) {
        let [r, g, b] = light;
        let brightness = brightness(light);
        if brightness < 1e9 {
            let sum = &mut self.light[pixel];
            *sum = [sum[0] + r, sum[1] + g, sum[2] + b, sum[3] + alpha];
            self.squares[pixel] += brightness * brightness;
        }
    }

    /// Whether it is time to stop: decided when a sixteenth sample is in, for good.
    pub(super) fn is_done(&mut self, samples: u32, noise: f32) -> bool {
        let is_time = self.samples > 0 && self.samples.is_multiple_of(LOOK);
        if is_time && noise > 0.0 && !self.is_quiet {
            self.is_quiet = self.noise() < noise;
        }
        self.is_quiet || self.samples >= samples
    }

    /// The standard error of the noisiest block's pixels as one sees it: in parts of what
    /// white is against black, where equal steps look equal.
    fn noise(&self) -> f32 {
        const BLOCKS: usize = TILE / BLOCK;
        let block = |index: usize| {
            let first = index / BLOCKS * BLOCK * TILE + index % BLOCKS * BLOCK;
            let pixel = |n: usize| self.error(first + n / BLOCK * TILE + n % BLOCK);
            let sum: f32 = (0..BLOCK * BLOCK).map(pixel).sum();
            (sum / (BLOCK * BLOCK) as f32).sqrt()
        };
        let blocks = (0..BLOCKS * BLOCKS).map(block);
        blocks.fold(0.0, |most, noise| if noise > most { noise } else { most })
    }

    /// The square of a pixel's standard error. A step of brightness shows as a step of
    /// about its square root.
    fn error(&self, pixel: usize) -> f32 {
        let count = self.samples as f32;
        let [r, g, b, _] = self.light[pixel];
        let mean = brightness([r, g, b]) / count;
        let variance = self.squares[pixel] / count - mean * mean;
        let variance = if variance > 0.0 { variance } else { 0.0 };
        let dark = if mean > 0.01 { mean } else { 0.01 };
        variance / (count - 1.0) / (4.0 * dark)
    }

    /// A pixel's colour, sRGB with straight alpha.
    pub(super) fn color(&self, pixel: usize) -> [u8; 4] {
        let [r, g, b, alpha] = self.light[pixel];
        if alpha <= 0.0 {
            return [0; 4];
        }
        let channel = |sum: f32| CURVE.encode(sum / alpha);
        let alpha = alpha / self.samples as f32 * 255.0 + 0.5;
        [channel(r), channel(g), channel(b), alpha as u8]
    }
}

fn brightness([r, g, b]: [f32; 3]) -> f32 {
    r * LUMINANCE[0] + g * LUMINANCE[1] + b * LUMINANCE[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_tile_is_quiet_at_the_first_look_and_one_noisy_block_keeps_it_awake() {
        let (mut flat, mut noisy) = (TileFilm::new(), TileFilm::new());
        for sample in 0..32 {
            assert!(!noisy.is_done(32, 0.01), "{sample}");
            if sample == 16 {
                assert!(flat.is_done(32, 0.01));
            }
            for pixel in 0..TILE * TILE {
                let is_noisy = pixel % TILE < BLOCK && pixel / TILE < BLOCK;
                let light = if is_noisy { (sample % 2) as f32 } else { 0.5 };
                flat.add(pixel, [0.5; 3], 1.0);
                noisy.add(pixel, [light; 3], 1.0);
            }
            flat.samples += 1;
            noisy.samples += 1;
        }
        assert!(noisy.is_done(32, 0.0) && !noisy.is_quiet);
        // Half a step either way: an error of 0.5 / sqrt(31), and half of that over sqrt(0.5).
        assert!((noisy.noise() - 0.0635).abs() < 1e-3, "{}", noisy.noise());
    }

    #[test]
    fn colours_are_divided_by_their_coverage() {
        let mut film = TileFilm::new();
        film.add(7, [0.5, 0.0, 1.5], 1.0);
        film.add(7, [0.0; 3], 0.0);
        film.add(7, [f32::NAN; 3], 1.0);
        film.samples = 4;
        assert_eq!(film.color(7), [188, 0, 255, 64]);
        assert_eq!(film.color(8), [0; 4]);
    }
}
