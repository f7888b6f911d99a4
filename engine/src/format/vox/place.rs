//! From a placed model to a layer: voxels grouped by brick, each brick made once.

use super::super::Draft;
use super::super::error::{Cause, FormatError};
use super::super::grid_of;
use super::super::limits::Budget;
use super::chunks::{File, Model, Voxels};
use super::colors::Palette;
use super::graph::{Instance, Transform};
use crate::scene::{Layer, LayerId};
use crate::volume::{Bounds, Brick, BrickCoord, Coord, Local, Volume};

/// Voxels placed and sorted at a time, so that a model as large as its packed bytes
/// unfold to needs little room besides its volume.
const PART: usize = 1 << 20;

pub(super) fn draft(
    file: &File<'_>,
    instance: &Instance,
    budget: &mut Budget,
) -> Result<Draft, FormatError> {
    let model = &file.models[instance.model];
    budget.layer(model.offset)?;
    let mut layer = Layer::new(LayerId(0), "");
    layer.visible = instance.visible;
    let target = Target { palette: &file.palette, model, transform: &instance.transform, budget };
    layer.volume = target.filled()?;
    let name = Some(instance.name.clone()).filter(|name| !name.is_empty());
    Ok(Draft { id: None, name, layer })
}

/// A model on its way into a volume.
struct Target<'a> {
    palette: &'a Palette,
    model: &'a Model<'a>,
    transform: &'a Transform,
    budget: &'a mut Budget,
}

impl Target<'_> {
    fn filled(mut self) -> Result<Volume, FormatError> {
        let mut volume = Volume::new();
        match &self.model.voxels {
            Voxels::Listed(list) => {
                for part in list.chunks(PART) {
                    let voxels = part.iter().map(|[x, y, z, color]| ([*x, *y, *z], *color));
                    let voxels = voxels.map(|(at, color)| (at.map(i64::from), color));
                    self.lay(voxels, &mut volume)?;
                }
            }
            Voxels::Dense(indices) => {
                let [width, height, _] = self.model.size.map(i64::from);
                let at = |n: i64| [n % width, n / width % height, n / width / height];
                for (part, start) in indices.chunks(PART).zip((0..).step_by(PART)) {
                    let filled = (start..).zip(part).filter(|(_, color)| **color != 0);
                    self.lay(filled.map(|(n, color)| (at(n), *color)), &mut volume)?;
                }
            }
        }
        self.budget.keep(self.model.offset, volume.brick_count())?;
        let bytes = volume.bricks().into_iter().map(|(_, brick)| brick.bytes()).sum();
        self.budget.bytes(self.model.offset, bytes)?;
        Ok(volume)
    }

    /// Writes voxels in order; later ones win.
    fn lay(
        &mut self,
        voxels: impl Iterator<Item = ([i64; 3], u8)>,
        volume: &mut Volume,
    ) -> Result<(), FormatError> {
        let offset = self.model.offset;
        let placed: Option<Vec<(Coord, u8)>> =
            voxels.map(|(at, color)| Some((self.place(at)?, color))).collect();
        let placed = placed.ok_or(FormatError::at(offset, Cause::TooFar))?;
        self.budget.voxels(offset, placed.len() as u64)?;
        let Some(groups) = Groups::new(&placed) else {
            return Ok(());
        };
        self.budget.room(offset, volume.brick_count() + groups.filled())?;
        for (home, members) in groups.iter() {
            let mut grid = grid_of(volume.brick(home));
            for (at, color) in members {
                grid[at.index()] = self.palette[usize::from(*color)];
            }
            volume.put(home, Brick::from_voxels(&grid));
        }
        Ok(())
    }

    fn place(&self, at: [i64; 3]) -> Option<Coord> {
        let place = self.transform.place(at, self.model.size);
        let [x, y, z] = place.map(|value| i32::try_from(value).ok());
        Some(Coord::new(x?, y?, z?))
    }
}

/// Voxels sorted by brick, in file order within each.
struct Groups {
    low: BrickCoord,
    /// Bricks along x and along y.
    row: [usize; 2],
    /// Where the voxels of each brick of the box end.
    ends: Vec<u32>,
    members: Vec<(Local, u8)>,
}

impl Groups {
    /// A counting sort: the box has few bricks, since a model is at most 256 on an
    /// axis, or as large as the bytes it came in. `None` when there are no voxels.
    fn new(placed: &[(Coord, u8)]) -> Option<Self> {
        let places = placed.iter().map(|(at, _)| Bounds { min: *at, max: *at });
        let bounds = places.reduce(Bounds::union)?;
        let (low, high) = (bounds.min.brick(), bounds.max.brick());
        let span = |a: i32, b: i32| (b - a + 1) as usize;
        let row = [span(low.x, high.x), span(low.y, high.y)];
        let mut groups = Self { low, row, ends: Vec::new(), members: Vec::new() };
        let mut starts = vec![0u32; row[0] * row[1] * span(low.z, high.z) + 1];
        for (at, _) in placed {
            starts[groups.slot(*at) + 1] += 1;
        }
        for slot in 1..starts.len() {
            starts[slot] += starts[slot - 1];
        }
        groups.members = vec![(Local::new(0, 0, 0), 0); placed.len()];
        for (at, color) in placed {
            let slot = groups.slot(*at);
            groups.members[starts[slot] as usize] = (at.local(), *color);
            starts[slot] += 1;
        }
        // Each start has moved to the end of its group.
        groups.ends = starts;
        groups.ends.pop();
        Some(groups)
    }

    fn slot(&self, at: Coord) -> usize {
        let home = at.brick();
        let [x, y, z] = [home.x - self.low.x, home.y - self.low.y, home.z - self.low.z];
        (z as usize * self.row[1] + y as usize) * self.row[0] + x as usize
    }

    fn filled(&self) -> usize {
        let starts = std::iter::once(&0).chain(&self.ends);
        self.ends.iter().zip(starts).filter(|(end, start)| end > start).count()
    }

    fn iter(&self) -> impl Iterator<Item = (BrickCoord, &[(Local, u8)])> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let ranges = starts.zip(&self.ends).map(|(start, end)| *start as usize..*end as usize);
        ranges.enumerate().filter(|(_, range)| !range.is_empty()).map(|(slot, range)| {
            let [x, y] = [slot % self.row[0], slot / self.row[0] % self.row[1]];
            let z = slot / self.row[0] / self.row[1];
            let home = BrickCoord {
                x: self.low.x + x as i32,
                y: self.low.y + y as i32,
                z: self.low.z + z as i32,
            };
            (home, &self.members[range])
        })
    }
}
