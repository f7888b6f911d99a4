//! Which colour of a list is nearest to another.

use crate::volume::Voxel;

/// How far two colours are apart: the squared differences of red, green and blue in sRGB,
/// added up; 0 to 195,075. Alpha does not count.
///
/// Squares, where the legacy exports add plain differences (spec/formats.md 9, kept in
/// `format/vox`): one channel that is far off is seen more than three that are a bit off.
pub fn distance(a: Voxel, b: Voxel) -> u32 {
    let ([r, g, b, _], [x, y, z, _]) = (a.0, b.0);
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    square(r, x) + square(g, y) + square(b, z)
}

/// A list of colours, sorted for look-ups: only those of nearly the same green are
/// compared.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// By green, then by index.
    colors: Vec<(Voxel, u32)>,
    /// Where each green begins, and the end.
    starts: Vec<u32>,
}

impl Nearest {
    /// The colours by their index.
    pub fn new(colors: &[Voxel]) -> Self {
        let mut sorted: Vec<_> = colors.iter().copied().zip(0..).collect();
        sorted.sort_by_key(|(color, _)| color.0[1]);
        let start = |green: u16| sorted.partition_point(|(color, _)| u16::from(color.0[1]) < green);
        let starts = (0..=256).map(|green| start(green) as u32).collect();
        Self { colors: sorted, starts }
    }

    /// The index of the nearest colour by [`distance`], of equally near ones the lowest;
    /// `None` when there is no colour.
    pub fn find(&self, color: Voxel) -> Option<usize> {
        let green = i32::from(color.0[1]);
        let mut best = (u32::MAX, u32::MAX);
        for step in 0..256i32 {
            if (step * step) as u32 > best.0 {
                break;
            }
            self.compare(color, green - step, &mut best);
            self.compare(color, green + step, &mut best);
        }
        (best.1 < u32::MAX).then_some(best.1 as usize)
    }

    fn compare(&self, color: Voxel, green: i32, best: &mut (u32, u32)) {
        let Ok(green) = u8::try_from(green) else {
            return;
        };
        let range = &self.starts[usize::from(green)..];
        for (other, index) in &self.colors[range[0] as usize..range[1] as usize] {
            *best = (*best).min((distance(*other, color), *index));
        }
    }
}
