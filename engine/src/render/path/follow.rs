//! What paths do: one sample of a tile's pixels at a time.
//!
//! In each round all paths' rays are traced at once; then each path looks where it is, sends
//! rays to lights, and goes on. The light of a pixel is added up in the order of
//! the rounds, whatever the other pixels do.
//!
//! Clear matter is thin: light passes it as it is, tinted once, however many
//! voxels of the same matter lie behind each other.

use super::super::grid::Near;
use super::super::job::Control;
use super::super::rays::{Hits, Rays};
use super::super::surfaces::Surface;
use super::Place;
use super::film::TileFilm;
use super::matter::{Facet, dot};
use super::sampler::Pair;
use super::studio::{Content, Studio};
use super::wave::{COUNT, Dice, Path, Queue, Spot, Wave, largest, place_of};

/// How many clear things a ray may pass.
const PASSES_MAX: u8 = 64;

/// How many voxels of one clear thing a ray may cross.
const CROSSED_MAX: u32 = 4096;

/// From this bounce on, dice decide whether a path goes on.
const DICE_FROM: u8 = 2;

/// What the dimensions of a round are for.
const SCATTER: usize = 0;
const SUN: usize = 1;
const LAMP: usize = 2;
/// The first number chooses a lamp, the second whether the path goes on.
const CHOICE: usize = 3;
const PASS: usize = 4;

/// The part of the way to a lamp on which nothing may stand.
const ALMOST: f32 = 0.9999;

impl Studio<'_> {
    /// Takes samples of a tile until it has that many or its noise is low enough. When
    /// cancelled, it stops between two.
    pub(super) fn expose(
        &self,
        film: &mut TileFilm,
        wave: &mut Wave,
        place: Place,
        samples: u32,
        control: &Control<'_>,
    ) {
        wave.look_at(place);
        while !film.is_done(samples, self.noise) && !control.is_cancelled() {
            self.shoot(wave, place, film.samples);
            let mut round = 0;
            while !wave.now.paths.is_empty() {
                self.round(wave, place, &Dice::new(film.samples, round));
                round += 1;
            }
            wave.add_to(film, place);
            film.samples += 1;
        }
    }

    /// Sends a ray through each pixel.
    fn shoot(&self, wave: &mut Wave, place: Place, sample: u32) {
        wave.now.clear();
        wave.light.fill([0.0; 3]);
        wave.alpha.fill(0.0);
        let pair = Pair::new(sample, 0);
        for slot in 0..COUNT as u32 {
            let [x, y] = place_of(slot);
            if x >= place.width || y >= place.height {
                continue;
            }
            let [dx, dy] = pair.at(wave.seeds[slot as usize]).map(f64::from);
            let [x, y] = [f64::from(place.left + x) + dx, f64::from(place.top + y) + dy];
            let (origin, direction) = self.shooter.ray(x, y);
            let direction = crate::math::normalize(direction).map(|value| value as f32);
            let path = Path {
                through: [1.0; 3],
                slot: slot as u16,
                bounces: 0,
                passes: 0,
                density: f32::INFINITY,
                come: 0.0,
            };
            self.go(&mut wave.now, path, origin.map(|value| value as f32), direction);
        }
    }

    /// Lets a path go on, at most to the floor.
    #[inline]
    fn go(&self, queue: &mut Queue, path: Path, origin: [f32; 3], direction: [f32; 3]) {
        queue.push(path, origin, direction, self.floor_time(origin, direction));
    }

    #[inline]
    fn floor_time(&self, origin: [f32; 3], direction: [f32; 3]) -> f32 {
        self.floor.as_ref().map_or(f32::INFINITY, |floor| floor.time(origin, direction))
    }

    fn round(&self, wave: &mut Wave, place: Place, dice: &Dice) {
        self.trace(&wave.now.rays, &mut wave.hits);
        wave.next.clear();
        wave.lights.clear();
        for index in 0..wave.now.paths.len() {
            let path = wave.now.paths[index];
            let (_, direction) = wave.now.ray(index);
            let path = Path { come: path.come + wave.hits.time[index], ..path };
            match self.spot(&wave.now, &wave.hits, index, &mut wave.near) {
                Some(spot) => self.meet(wave, path, &spot, direction, dice),
                None => self.leave(wave, path, direction, place),
            }
        }
        self.gather_lights(wave);
        std::mem::swap(&mut wave.now, &mut wave.next);
    }

    fn trace(&self, rays: &Rays, hits: &mut Hits) {
        match &self.content {
            Some(content) => content.tracer.closest(rays, hits),
            None => {
                hits.time.clear();
                hits.time.resize(rays.len(), f32::INFINITY);
            }
        }
    }

    /// The point of a face that a ray has reached, if any.
    #[inline]
    fn spot(&self, queue: &Queue, hits: &Hits, index: usize, near: &mut Near) -> Option<Spot<'_>> {
        let (origin, direction) = queue.ray(index);
        let time = hits.time[index];
        if time < f32::INFINITY {
            let (axis, voxel) = (usize::from(hits.axis[index]), hits.voxel[index]);
            let stuff = self.content.as_ref()?.stuff(voxel, near)?;
            let sign = if direction[axis] < 0.0 { 1.0 } else { -1.0 };
            let mut point = within(voxel, origin, direction, time);
            point[axis] = plane(voxel, axis, direction[axis] < 0.0);
            let (color, matter) = (stuff.color, &self.matters[stuff.matter]);
            let opacity = matter.surface.opacity;
            return Some(Spot { point, axis, sign, color, matter, opacity, voxel: Some(voxel) });
        }
        let (floor, time) = (self.floor.as_ref()?, queue.rays.reach[index]);
        (time < f32::INFINITY).then(|| {
            let point = floor.point(origin, direction, time);
            Spot {
                point,
                axis: 2,
                sign: 1.0,
                color: floor.color,
                matter: &floor.matter,
                opacity: floor.opacity(point),
                voxel: None,
            }
        })
    }

    /// What comes from the sky, or from behind the picture.
    #[inline]
    fn leave(&self, wave: &mut Wave, path: Path, direction: [f32; 3], place: Place) {
        let slot = usize::from(path.slot);
        let (light, alpha) = match &self.backdrop {
            Some(rows) if path.bounces == 0 => {
                let [_, y] = place_of(u32::from(path.slot));
                let [r, g, b, alpha] = rows[(place.top + y) as usize];
                ([r, g, b], alpha)
            }
            _ => (self.dome.radiance(direction), 1.0),
        };
        wave.alpha[slot] = alpha;
        self.add(wave, path, light);
    }

    /// Adds light that a path meets to its pixel.
    #[inline]
    fn add(&self, wave: &mut Wave, path: Path, light: [f32; 3]) {
        let brought = product(path.through, light);
        self.gather(&mut wave.light, path, brought);
    }

    #[inline]
    fn gather(&self, light: &mut [[f32; 3]], path: Path, brought: [f32; 3]) {
        let most = largest(brought);
        let kept = if path.bounces > 0 && most > self.clamp { self.clamp / most } else { 1.0 };
        let pixel = &mut light[usize::from(path.slot)];
        *pixel = [0, 1, 2].map(|channel| pixel[channel] + brought[channel] * kept);
    }

    /// What happens to a path at a face.
    #[inline]
    fn meet(
        &self,
        wave: &mut Wave,
        mut path: Path,
        spot: &Spot<'_>,
        direction: [f32; 3],
        dice: &Dice,
    ) {
        let slot = usize::from(path.slot);
        let seed = wave.seeds[slot];
        if spot.opacity < 1.0 && dice.throw(PASS, seed)[0] >= spot.opacity {
            if let Some((path, origin)) = self.pass(&mut wave.near, path, spot, direction) {
                self.go(&mut wave.next, path, origin, direction);
            }
            return;
        }
        wave.alpha[slot] = 1.0;
        if spot.matter.shines {
            let kept = self.met_by_chance(&path, direction[spot.axis]);
            self.add(wave, path, spot.matter.surface.emission.map(|part| part * kept));
        }
        if path.bounces >= self.bounces {
            return;
        }
        let view = spot.local(direction.map(|value| -value));
        let facet = spot.matter.facet(spot.color, view);
        self.look_for_sun(wave, path, spot, &facet, dice.throw(SUN, seed));
        let [choice, luck] = dice.throw(CHOICE, seed);
        if self.has_lamps {
            self.look_for_lamp(wave, path, spot, &facet, choice, dice.throw(LAMP, seed));
        }
        let Some(to) = facet.scatter(dice.throw(SCATTER, seed)) else {
            return;
        };
        path.through = product(path.through, to.weight);
        path.bounces += 1;
        (path.density, path.come) = (to.density, 0.0);
        if survives(&mut path, luck) {
            self.go(&mut wave.next, path, spot.point, spot.world(to.light));
        }
    }

    /// The part of a lamp's light that counts where a path has met it by chance.
    #[inline]
    fn met_by_chance(&self, path: &Path, along: f32) -> f32 {
        match &self.content {
            Some(content) if self.has_lamps && path.density < f32::INFINITY => {
                path.density / (path.density + content.lamps.density(path.come, along))
            }
            _ => 1.0,
        }
    }

    #[inline]
    fn look_for_lamp(
        &self,
        wave: &mut Wave,
        path: Path,
        spot: &Spot<'_>,
        facet: &Facet,
        choice: f32,
        pair: [f32; 2],
    ) {
        let Some(content) = &self.content else {
            return;
        };
        let Some(seen) = content.lamps.look(spot.point, choice, pair) else {
            return;
        };
        let local = spot.local(seen.direction);
        if local[2] > 0.0 {
            let Surface { emission, opacity, .. } = self.matters[seen.lamp.matter as usize].surface;
            let light = product(facet.lit_from(local, seen.density), emission);
            let light = light.map(|part| part * opacity);
            let path = Path { through: product(path.through, light), ..path };
            wave.lights.push(path, spot.point, seen.direction, seen.distance * ALMOST);
        }
    }

    #[inline]
    fn look_for_sun(
        &self,
        wave: &mut Wave,
        path: Path,
        spot: &Spot<'_>,
        facet: &Facet,
        pair: [f32; 2],
    ) {
        let Some(sun) = &self.sun else {
            return;
        };
        let toward = sun.toward(pair);
        let lit = product(facet.lit(spot.local(toward)), sun.strength);
        let through = product(path.through, lit);
        if largest(through) > 0.0 && self.floor_time(spot.point, toward) == f32::INFINITY {
            wave.lights.push(Path { through, ..path }, spot.point, toward, f32::INFINITY);
        }
    }

    /// Adds the lights' light where nothing is in its way.
    fn gather_lights(&self, wave: &mut Wave) {
        if self.has_clear {
            return self.gather_lights_through(wave);
        }
        match &self.content {
            Some(content) => content.tracer.blocked(&wave.lights.rays, &mut wave.blocked),
            None => {
                wave.blocked.clear();
                wave.blocked.resize(wave.lights.paths.len(), false);
            }
        }
        for (path, blocked) in wave.lights.paths.iter().zip(&wave.blocked) {
            if !blocked {
                self.gather(&mut wave.light, *path, path.through);
            }
        }
    }

    /// The same where some voxels let light through: it comes tinted, or not at all.
    fn gather_lights_through(&self, wave: &mut Wave) {
        while !wave.lights.paths.is_empty() {
            self.trace(&wave.lights.rays, &mut wave.hits);
            wave.behind.clear();
            for (index, path) in wave.lights.paths.iter().enumerate() {
                let time = wave.hits.time[index];
                if time == f32::INFINITY {
                    self.gather(&mut wave.light, *path, path.through);
                    continue;
                }
                let spot = self.spot(&wave.lights, &wave.hits, index, &mut wave.near);
                let Some(spot) = spot.filter(|spot| spot.opacity < 1.0) else {
                    continue;
                };
                let kept = 1.0 - spot.opacity;
                let path = Path { through: path.through.map(|part| part * kept), ..*path };
                let (_, direction) = wave.lights.ray(index);
                if let Some((path, origin)) = self.pass(&mut wave.near, path, &spot, direction) {
                    let left = wave.lights.rays.reach[index] - time - way(spot.point, origin);
                    wave.behind.push(path, origin, direction, left);
                }
            }
            std::mem::swap(&mut wave.lights, &mut wave.behind);
        }
    }

    /// Lets a path through a clear thing, to where it comes out.
    fn pass(
        &self,
        near: &mut Near,
        mut path: Path,
        spot: &Spot<'_>,
        direction: [f32; 3],
    ) -> Option<(Path, [f32; 3])> {
        let Some(voxel) = spot.voxel else {
            // Below the floor nothing is.
            return Some((path, spot.point));
        };
        let content = self.content.as_ref().filter(|_| path.passes < PASSES_MAX)?;
        path.passes += 1;
        path.through = product(path.through, spot.matter.tint(spot.color));
        let origin = self.far_side(content, spot, voxel, direction, near)?;
        path.come += way(spot.point, origin);
        Some((path, origin))
    }

    /// Where a ray leaves the clear thing that it has met: the voxels of one matter in a row.
    fn far_side(
        &self,
        content: &Content<'_>,
        spot: &Spot<'_>,
        mut voxel: [i32; 3],
        direction: [f32; 3],
        near: &mut Near,
    ) -> Option<[f32; 3]> {
        for _ in 0..CROSSED_MAX {
            let (time, axis) = exit(voxel, spot.point, direction);
            let mut point = within(voxel, spot.point, direction, time);
            point[axis] = plane(voxel, axis, direction[axis] > 0.0);
            voxel[axis] = voxel[axis].wrapping_add(if direction[axis] > 0.0 { 1 } else { -1 });
            let next = content.stuff(voxel, near);
            if next.is_none_or(|next| !std::ptr::eq(&self.matters[next.matter], spot.matter)) {
                return Some(point);
            }
        }
        None
    }
}

/// Whether a path goes on; it then carries the part of those that do not.
#[inline]
fn survives(path: &mut Path, luck: f32) -> bool {
    let most = largest(path.through);
    if path.bounces < DICE_FROM || most >= 1.0 {
        return most > 0.0;
    }
    // NaN, too, ends here.
    if luck < most {
        path.through = path.through.map(|part| part / most);
        return true;
    }
    false
}

/// How far two points are from each other.
fn way(a: [f32; 3], b: [f32; 3]) -> f32 {
    let way = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    dot(way, way).sqrt()
}

#[inline]
fn product(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/// Where a ray is at a time, moved into a voxel that it is in, but for rounding.
#[inline]
fn within(voxel: [i32; 3], origin: [f32; 3], direction: [f32; 3], time: f32) -> [f32; 3] {
    [0, 1, 2].map(|axis| {
        let (low, at) = (voxel[axis] as f32, origin[axis] + direction[axis] * time);
        let at = if at > low { at } else { low };
        if at < low + 1.0 { at } else { low + 1.0 }
    })
}

/// A face's plane.
#[inline]
fn plane(voxel: [i32; 3], axis: usize, upper: bool) -> f32 {
    voxel[axis] as f32 + if upper { 1.0 } else { 0.0 }
}

/// When a ray leaves a voxel that it is in, and across which axis: of those it moves along.
#[inline]
fn exit(voxel: [i32; 3], origin: [f32; 3], direction: [f32; 3]) -> (f32, usize) {
    let mut first = (f32::INFINITY, 0);
    for axis in 0..3 {
        let along = direction[axis];
        if along != 0.0 {
            let time = (plane(voxel, axis, along > 0.0) - origin[axis]) / along;
            first = if time < first.0 { (time, axis) } else { first };
        }
    }
    first
}
