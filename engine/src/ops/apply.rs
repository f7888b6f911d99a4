//! A region blended into a volume, brick by brick (spec/engine.md 3, steps 3 to 8).

use super::lines::SPACE;
use super::shape::{Cover, Mask, Region, Site, Soft, cover, sites};
use crate::parallel::{self, Threads};
use crate::volume::{
    BRICK_VOXELS, BlendMode, Bounds, Brick, BrickCoord, Local, Volume, Voxel, combine,
};
use std::sync::Arc;

/// What is blended: its alpha is that of full coverage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blend {
    pub mode: BlendMode,
    pub source: Voxel,
}

/// A volume that regions are painted into one after the other.
pub(super) struct Canvas<'a> {
    /// What it was before the first.
    before: &'a Volume,
    pub volume: Volume,
    /// Voxels outside are left alone.
    pub clip: Bounds,
    /// How many more bricks may be written.
    room: usize,
    /// The only bricks that are looked at, if not all.
    pub among: Option<&'a Volume>,
    threads: Threads,
    full: Arc<Brick>,
}

/// What becomes of a brick.
enum Change {
    Same,
    /// Full of the source.
    Full,
    /// Another, or gone when empty.
    Other(Arc<Brick>),
}

/// Bricks whose changes are made before any is put into the tree: what memory they take
/// beyond the room is bounded by this.
const BATCH: usize = 1 << 14;

/// Fewer bricks are done before another thread is awake.
const SHARED_MIN: usize = 64;

impl<'a> Canvas<'a> {
    pub(super) fn new(
        before: &'a Volume,
        clip: Option<Bounds>,
        room: usize,
        threads: Threads,
    ) -> Self {
        let (volume, clip, full) = (before.clone(), clip.unwrap_or(SPACE), Arc::default());
        Self { before, volume, clip, room, among: None, threads, full }
    }

    /// Blends the region, hollowed to that wall, into the volume; `None` when there is no
    /// room for what it would write, and then the volume is not to be used.
    pub(super) fn paint(&mut self, region: &impl Region, wall: u32, blend: Blend) -> Option<()> {
        if blend.is_idle() {
            return Some(());
        }
        let within = if blend.cuts() { Some(SPACE) } else { region.bounds() };
        let Some(within) = within.and_then(|within| within.intersection(self.clip)) else {
            return Some(());
        };
        let sites = match self.among {
            Some(volume) => homes(volume, within),
            None if blend.grows() => sites(region, wall, within, self.room)?,
            None => homes(&self.volume, within),
        };
        self.write(&sites, blend, |volume, site| {
            let old = volume.brick(site.home);
            if site.is_full {
                return match old {
                    None => Change::Full,
                    old => blend.change(old, &Cover::All, &Mask::ALL),
                };
            }
            let scope = Mask::of_bounds(within, site.home.bounds()).unwrap_or(Mask::NONE);
            let low = site.home.origin().to_array().map(i64::from);
            blend.change(old, &cover(region, low, wall, blend.source.alpha()), &scope)
        })
    }

    /// Blends what a volume of coverage holds, its alpha as the share of the source.
    pub(super) fn stamp(&mut self, coverage: &Volume, blend: Blend) -> Option<()> {
        let clip = self.clip;
        let sites = match blend.cuts() {
            true => homes(&self.volume, clip),
            false => homes(coverage, clip),
        };
        self.write(&sites, blend, |volume, site| {
            let scope = Mask::of_bounds(clip, site.home.bounds()).unwrap_or(Mask::NONE);
            let old = volume.brick(site.home);
            let Some(share) = coverage.brick(site.home) else {
                return blend.change(old, &Cover::Nothing, &scope);
            };
            match share.uniform() {
                Some(voxel) => {
                    let covered = Cover::Hard(Box::new(Mask(*share.cells())));
                    blend.faded(voxel.alpha()).change(old, &covered, &scope)
                }
                None => blend.change(old, &Cover::Soft(faded(share, blend)), &scope),
            }
        })
    }

    fn write(
        &mut self,
        sites: &[Site],
        blend: Blend,
        change: impl Fn(&Volume, &Site) -> Change + Sync,
    ) -> Option<()> {
        self.full = Arc::new(Brick::full(blend.source));
        for batch in sites.chunks(BATCH) {
            let threads = if batch.len() < SHARED_MIN { Threads(1) } else { self.threads };
            let changes = parallel::map(threads, batch, |site| change(&self.volume, site));
            for (site, change) in batch.iter().zip(changes) {
                let brick = match change {
                    Change::Same => continue,
                    Change::Full => Arc::clone(&self.full),
                    Change::Other(brick) => brick,
                };
                if blend.grows() {
                    self.take_room(site.home)?;
                }
                self.volume.put_arc(site.home, brick);
            }
        }
        Some(())
    }

    /// A brick that an earlier region of the same edit wrote needs no more room.
    fn take_room(&mut self, home: BrickCoord) -> Option<()> {
        let is_untouched = match (self.before.brick(home), self.volume.brick(home)) {
            (Some(before), Some(now)) => std::ptr::eq(before, now),
            (None, None) => true,
            _ => false,
        };
        self.room = self.room.checked_sub(usize::from(is_untouched))?;
        Some(())
    }
}

fn homes(volume: &Volume, within: Bounds) -> Vec<Site> {
    let site = |(home, _)| Site { home, is_full: false };
    volume.bricks_in(within).into_iter().map(site).collect()
}

/// Coverage as the alpha that the blend's source has there.
fn faded(share: &Brick, blend: Blend) -> Box<Soft> {
    let mut soft = Box::new(Soft { touched: Mask(*share.cells()), alpha: [0; BRICK_VOXELS] });
    for (at, voxel) in share.voxels() {
        soft.alpha[at.index()] = blend.faded(voxel.alpha()).source.alpha();
    }
    soft
}

impl Blend {
    /// Whether it can put voxels where there are none.
    pub(super) fn grows(self) -> bool {
        match self.mode {
            BlendMode::Over | BlendMode::Max => true,
            BlendMode::Replace => !self.source.is_empty(),
            _ => false,
        }
    }

    /// Whether it changes what is not covered.
    fn cuts(self) -> bool {
        matches!(self.mode, BlendMode::Intersect | BlendMode::IntersectFill)
    }

    /// Whether it changes nothing anywhere: a source without alpha adds and takes nothing.
    fn is_idle(self) -> bool {
        self.source.is_empty() && !self.cuts() && self.mode != BlendMode::Replace
    }

    /// With the source's alpha scaled by a share of 255, truncated.
    fn faded(self, share: u8) -> Self {
        let [r, g, b, alpha] = self.source.0;
        let alpha = (u32::from(alpha) * u32::from(share) / 255) as u8;
        Self { source: Voxel([r, g, b, alpha]), ..self }
    }

    /// What becomes of a brick that is covered so, where `scope` lets it be changed.
    fn change(self, old: Option<&Brick>, cover: &Cover, scope: &Mask) -> Change {
        let covered = match cover {
            Cover::Soft(soft) => {
                let alpha =
                    |at: Local| if soft.touched.has(at) { soft.alpha[at.index()] } else { 0 };
                return self.change_each(old, &soft.touched.and(scope), scope, alpha);
            }
            Cover::Nothing if !self.cuts() => return Change::Same,
            Cover::Nothing => Mask::NONE,
            Cover::All => *scope,
            Cover::Hard(mask) => mask.and(scope),
        };
        let alpha = |at: Local| if covered.has(at) { self.source.alpha() } else { 0 };
        match (old, self.outcome(old)) {
            (None, _) => self.change_none(&covered),
            (Some(_), Outcome::Each) => self.change_each(old, &covered, scope, alpha),
            (Some(old), Outcome::One(voxel)) => self.change_filled(old, voxel, &covered, scope),
            (Some(old), Outcome::Kept) => self.cut(old, &covered, scope),
        }
    }

    /// What the covered voxels of a brick become when that does not take a look at each.
    fn outcome(self, old: Option<&Brick>) -> Outcome {
        use BlendMode::{Intersect, Max, MultAlpha, Over, Replace, Sub, SubClamp};
        let uniform = old.and_then(Brick::uniform);
        match (self.mode, self.source.alpha()) {
            // Step 7.
            (MultAlpha, 0) | (Intersect | MultAlpha, 255) => Outcome::Kept,
            (Over | Max, 255) | (Replace, _) => Outcome::One(self.source.normalized()),
            (Sub | SubClamp, 255) => Outcome::One(Voxel::EMPTY),
            _ => match uniform.map(|voxel| (voxel, combine(voxel, self.source, self.mode))) {
                Some((before, after)) if before == after => Outcome::Kept,
                Some((_, after)) => Outcome::One(after),
                None => Outcome::Each,
            },
        }
    }

    /// A brick that was not there.
    fn change_none(self, covered: &Mask) -> Change {
        let voxel = combine(Voxel::EMPTY, self.source, self.mode);
        if !self.grows() || voxel.is_empty() || covered.is_none() {
            return Change::Same;
        }
        if covered.is_all() && voxel == self.source {
            return Change::Full;
        }
        let mut brick = Brick::default();
        brick.fill(&covered.0, voxel);
        Change::Other(Arc::new(brick))
    }

    /// A brick whose covered voxels all become the same.
    fn change_filled(self, old: &Brick, voxel: Voxel, covered: &Mask, scope: &Mask) -> Change {
        let cells = Mask(*old.cells());
        let fresh =
            if self.grows() { combine(Voxel::EMPTY, self.source, self.mode) } else { Voxel::EMPTY };
        let (on_filled, on_empty) = (covered.and(&cells), covered.minus(&cells));
        let lost = if self.cuts() { scope.and(&cells).minus(covered) } else { Mask::NONE };
        let adds = !fresh.is_empty() && !on_empty.is_none();
        if on_filled.is_none() && lost.is_none() && !adds {
            return Change::Same;
        }
        if covered.is_all() && voxel == self.source && fresh == self.source {
            return Change::Full;
        }
        if voxel == fresh && old.uniform() == Some(voxel) && !adds {
            return Change::Same;
        }
        // A brick of which nothing stays is begun anew, in one colour.
        let stays = !cells.minus(covered).minus(&lost).is_none();
        let mut brick = if stays { old.clone() } else { Brick::default() };
        if stays {
            brick.fill(&lost.0, Voxel::EMPTY);
        }
        if stays || !voxel.is_empty() {
            brick.fill(&on_filled.0, voxel);
        }
        if adds {
            brick.fill(&on_empty.0, fresh);
        }
        Change::Other(Arc::new(brick))
    }

    /// A brick that loses what is not covered, if the mode cuts, and gains what is new.
    fn cut(self, old: &Brick, covered: &Mask, scope: &Mask) -> Change {
        let cells = Mask(*old.cells());
        let lost = if self.cuts() { scope.and(&cells).minus(covered) } else { Mask::NONE };
        let gained = if self.grows() { covered.minus(&cells) } else { Mask::NONE };
        if lost.is_none() && gained.is_none() {
            return Change::Same;
        }
        let mut brick = old.clone();
        brick.fill(&lost.0, Voxel::EMPTY);
        brick.fill(&gained.0, combine(Voxel::EMPTY, self.source, self.mode));
        Change::Other(Arc::new(brick))
    }

    /// Any brick, voxel by voxel.
    fn change_each(
        self,
        old: Option<&Brick>,
        covered: &Mask,
        scope: &Mask,
        alpha: impl Fn(Local) -> u8,
    ) -> Change {
        let cells = old.map_or(Mask::NONE, |brick| Mask(*brick.cells()));
        let visited = match (self.cuts(), self.grows() || self.mode == BlendMode::Replace) {
            (true, _) => scope.and(&cells),
            (_, true) => *covered,
            // Step 7: empty places stay as they are.
            _ => covered.and(&cells),
        };
        let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
        for (at, voxel) in old.into_iter().flat_map(Brick::voxels) {
            voxels[at.index()] = voxel;
        }
        let mut is_changed = false;
        let [r, g, b, _] = self.source.0;
        for at in visited.places() {
            let source = Voxel([r, g, b, alpha(at)]);
            if source.is_empty() && self.mode == BlendMode::MultAlpha {
                continue;
            }
            let place = &mut voxels[at.index()];
            let voxel = combine(*place, source, self.mode);
            is_changed |= voxel != *place;
            *place = voxel;
        }
        if is_changed { Change::Other(Arc::new(Brick::from_voxels(&voxels))) } else { Change::Same }
    }
}

/// What the covered voxels of a brick become.
enum Outcome {
    /// What they were.
    Kept,
    /// All the same.
    One(Voxel),
    /// It depends on each.
    Each,
}
