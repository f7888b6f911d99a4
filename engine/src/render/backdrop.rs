//! The colour behind everything, row by row.

use super::{Background, Settings};
use crate::image::Picture;

/// A colour for each row of a picture.
pub(super) struct Backdrop {
    rows: Vec<[u8; 4]>,
}

impl Backdrop {
    pub(super) fn new(settings: &Settings) -> Self {
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

    /// The colour of a row; rows past the ends are as the first and the last.
    pub(super) fn row(&self, y: usize) -> [u8; 4] {
        self.rows[y.min(self.rows.len() - 1)]
    }

    /// Paints a picture of nothing else.
    pub(super) fn fill(&self, picture: &mut Picture) {
        let rows = picture.pixels.chunks_mut(picture.width as usize);
        rows.zip(&self.rows).for_each(|(row, color)| row.fill(*color));
    }
}

/// From a fifth darker at the top to a fifth lighter at the bottom. Legacy: a transparent
/// colour has no gradient (spec/rendering.md A1).
pub(super) fn gradient(color: [u8; 4], y: usize, height: usize) -> [u8; 4] {
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
