//! Shapes, the painter, the brush and lines (spec/engine.md 3 and 7).

use crate::blend::combine;
use crate::state::{At, Cuboid, EMPTY, Places, Refused, Rgba, Voxels, get, offset, put};
use goxel_engine::math::{Mat4, Vec3};
use goxel_engine::ops::{Painter, Shape, Symmetry};
use goxel_engine::volume::{BlendMode, Bounds};

/// More places than that are more bricks than any limit here.
const TOO_MANY: u128 = 1 << 22;

/// A box with axes along the world's, in any order and direction.
#[derive(Clone, Copy)]
pub struct Placed {
    /// Unit vectors.
    axes: [Vec3; 3],
    half: Vec3,
    center: Vec3,
}

impl Placed {
    /// `None` for a flat box.
    pub fn of(mat: &Mat4) -> Option<Self> {
        let column = |c: usize| [0, 1, 2].map(|r| f64::from(mat.0[4 * c + r]));
        let half = [0, 1, 2].map(|c| column(c).iter().map(|v| v.abs()).sum::<f64>());
        let axes = [0, 1, 2].map(|c| column(c).map(|v| v / half[c]));
        let fine = half.iter().all(|h| *h > 0.0 && h.is_finite());
        fine.then_some(Self { axes, half, center: column(3) })
    }

    /// The box that whole voxels fill.
    pub fn filling(cuboid: &Cuboid) -> Self {
        let side = |a: usize| ((cuboid.low[a] as f64), (cuboid.high[a] + 1) as f64);
        Self {
            axes: [[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]],
            half: [0, 1, 2].map(|a| (side(a).1 - side(a).0) / 2.0),
            center: [0, 1, 2].map(|a| (side(a).0 + side(a).1) / 2.0),
        }
    }

    /// The box of a brush: its x, y, z are the world's z, x, y.
    fn dab(center: Vec3, radius: f64) -> Self {
        let axes = [[0., 0., 1.], [1., 0., 0.], [0., 1., 0.]];
        Self { axes, half: [radius; 3], center }
    }

    fn mirrored(mut self, axis: usize, origin: f64) -> Self {
        self.center[axis] = 2.0 * origin - self.center[axis];
        self.axes.iter_mut().for_each(|unit| unit[axis] = -unit[axis]);
        self
    }

    /// A voxel's centre in the box's own frame.
    fn local(&self, at: [i64; 3]) -> Vec3 {
        let from = [0, 1, 2].map(|a| at[a] as f64 + 0.5 - self.center[a]);
        self.axes.map(|unit| unit[0] * from[0] + unit[1] * from[1] + unit[2] * from[2])
    }

    /// All voxels that may be inside or within `more`.
    fn reach(&self, more: f64) -> Cuboid {
        let half =
            |a: usize| (0..3).map(|c| (self.axes[c][a] * self.half[c]).abs()).sum::<f64>() + more;
        Cuboid {
            low: [0, 1, 2].map(|a| (self.center[a] - half(a)).floor() as i64 - 1),
            high: [0, 1, 2].map(|a| (self.center[a] + half(a)).ceil() as i64),
        }
    }

    /// Steps 2 and 5: from 0 to 1.
    fn coverage(&self, shape: Shape, soft: f64, at: [i64; 3]) -> f64 {
        let k = depth(shape, self.local(at), self.half, soft);
        match soft > 0.0 {
            true => (k / soft).clamp(-1.0, 1.0) / 2.0 + 0.5,
            false => f64::from(u8::from(k >= 0.0)),
        }
    }

    pub fn holds(&self, shape: Shape, at: &At) -> bool {
        self.coverage(shape, 0.0, at.map(i64::from)) > 0.0
    }
}

/// Spec 3, shape functions.
fn depth(shape: Shape, p: Vec3, half: Vec3, soft: f64) -> f64 {
    let [x, y, z] = p;
    let [sx, sy, sz] = half;
    let most = sx.max(sy).max(sz);
    match shape {
        Shape::Cube => {
            let within = |by: f64| (0..3).all(|i| -half[i] - by <= p[i] && p[i] < half[i] + by);
            if !within(soft) {
                return f64::NEG_INFINITY;
            }
            if within(-soft) {
                return f64::INFINITY;
            }
            let off = (0..3).filter(|i| p[*i] != 0.0);
            let ratio = |i: &usize| half[*i] / p[*i].abs();
            let nearest = off.min_by(|i, j| ratio(i).total_cmp(&ratio(j)));
            nearest.map_or(f64::INFINITY, |i| half[i] - p[i].abs())
        }
        Shape::Sphere => {
            let d = (x * x + y * y + z * z).sqrt();
            if d == 0.0 {
                return most;
            }
            let [ux, uy, uz] = p.map(|v| v / d);
            let [a, b, c] = [sy * sz * ux, sx * sz * uy, sx * sy * uz];
            sx * sy * sz / (a * a + b * b + c * c).sqrt() - d
        }
        Shape::Cylinder => {
            let rz = sz - z.abs();
            let d = (x * x + y * y).sqrt();
            if d == 0.0 {
                return rz.min(most);
            }
            let (a, b) = (sy * x / d, sx * y / d);
            rz.min(sx * sy / (a * a + b * b).sqrt() - d)
        }
        other => panic!("the model has no {other:?}"),
    }
}

/// The voxels of a shape on a box, cut to space and a clip box.
pub fn solid(shape: Shape, area: &Placed, clip: Option<Cuboid>) -> Result<Places, Refused> {
    let Some(reach) = area.reach(0.0).in_space() else { return Ok(Places::default()) };
    let reach = match clip {
        Some(clip) => reach.cut(&clip),
        None => Some(reach),
    };
    let Some(reach) = reach else { return Ok(Places::default()) };
    if reach.count() > TOO_MANY {
        return Err(Refused);
    }
    Ok(reach.places().filter(|at| area.holds(shape, at)).collect())
}

/// Step 1: the mirrored ones first, the original last.
fn images<T: Copy>(symmetry: &Symmetry, item: T, mirror: &impl Fn(T, usize, f64) -> T) -> Vec<T> {
    let mut all = Vec::new();
    for axis in (0..3).filter(|axis| symmetry.axes[*axis]) {
        let mut rest = *symmetry;
        rest.axes[..=axis].fill(false);
        let origin = f64::from(symmetry.origin[axis]);
        all.extend(images(&rest, mirror(item, axis, origin), mirror));
    }
    all.push(item);
    all
}

/// Spec 3, the painter.
pub fn painted(volume: &Voxels, painter: &Painter, area: &Mat4) -> Result<Voxels, Refused> {
    let mut volume = volume.clone();
    let Some(area) = Placed::of(area) else { return Ok(volume) };
    for area in images(&painter.symmetry, area, &Placed::mirrored) {
        paint_once(&mut volume, painter, &area)?;
    }
    Ok(volume)
}

fn paint_once(volume: &mut Voxels, painter: &Painter, area: &Placed) -> Result<(), Refused> {
    use BlendMode::{Intersect, IntersectFill, Max, MultAlpha, Over, Paint, Sub, SubClamp};
    let soft = f64::from(painter.smoothness);
    let clip = painter.clip.map(Cuboid::from);
    let places: Vec<At> = match painter.mode {
        Over | Max if painter.color.0[3] == 0 => Vec::new(),
        // These can write where nothing is.
        Over | Max => candidates(area.reach(soft), clip)?,
        _ => volume.keys().copied().collect(),
    };
    for at in places {
        if clip.is_some_and(|clip| !clip.holds(&at)) {
            continue;
        }
        let covered = match is_core(painter, area, at.map(i64::from), painter.hollow) {
            true => 0.0,
            false => area.coverage(painter.shape, soft, at.map(i64::from)),
        };
        let mut source = painter.color.0;
        source[3] = (f64::from(source[3]) * covered) as u8;
        if source[3] == 0 && matches!(painter.mode, Sub | SubClamp | MultAlpha | Over | Max | Paint)
        {
            continue;
        }
        let old = get(volume, &at);
        let skips = [Sub, SubClamp, MultAlpha, Intersect, IntersectFill].contains(&painter.mode);
        if !(skips && old == EMPTY) {
            put(volume, at, combine(old, source, painter.mode));
        }
    }
    Ok(())
}

fn candidates(reach: Cuboid, clip: Option<Cuboid>) -> Result<Vec<At>, Refused> {
    let reach = match clip {
        Some(clip) => reach.cut(&clip).and_then(|reach| reach.in_space()),
        None => reach.in_space(),
    };
    match reach {
        Some(reach) if reach.count() > TOO_MANY => Err(Refused),
        Some(reach) => Ok(reach.places().collect()),
        None => Ok(Vec::new()),
    }
}

/// Whether all that is reached in `wall` steps through faces is in the shape: what a wall
/// goes around.
fn is_core(painter: &Painter, area: &Placed, at: [i64; 3], wall: u32) -> bool {
    if wall == 0 {
        return false;
    }
    let n = i64::from(wall);
    let near = |a: i64, b: i64, c: i64| a.abs() + b.abs() + c.abs() <= n;
    (-n..=n).all(|z| {
        (-n..=n).all(|y| {
            (-n..=n).all(|x| {
                let there = [at[0] + x, at[1] + y, at[2] + z];
                !near(x, y, z) || area.coverage(painter.shape, 0.0, there) > 0.0
            })
        })
    })
}

/// Spec 7, brush: the points are less than twice the radius apart, so each is one dab.
pub fn stroke(
    volume: &Voxels,
    painter: &Painter,
    points: &[Vec3],
    radius: f64,
) -> Result<Voxels, Refused> {
    let mut mask = Places::default();
    for point in points {
        let dab = Placed::dab(*point, radius);
        for dab in images(&painter.symmetry, dab, &Placed::mirrored) {
            mask.extend(solid(painter.shape, &dab, None)?);
        }
    }
    Ok(stamped(volume, painter, &mask))
}

/// The voxels within `radius` of the line through the points, and those of the points:
/// painted once for each image, as the painter does.
pub fn tube(
    volume: &Voxels,
    painter: &Painter,
    points: &[Vec3],
    radius: f64,
) -> Result<Voxels, Refused> {
    let mut volume = volume.clone();
    let flip = |signs: [Vec3; 2], axis: usize, origin: f64| {
        let [mut factor, mut step] = signs;
        (factor[axis], step[axis]) = (-factor[axis], 2.0 * origin - step[axis]);
        [factor, step]
    };
    for [factor, step] in images(&painter.symmetry, [[1.0; 3], [0.0; 3]], &flip) {
        let image = |p: &Vec3| [0, 1, 2].map(|i| factor[i] * p[i] + step[i]);
        let points: Vec<Vec3> = points.iter().map(image).collect();
        volume = stamped(&volume, painter, &around(&points, radius)?);
    }
    Ok(volume)
}

fn around(points: &[Vec3], radius: f64) -> Result<Places, Refused> {
    let mut mask = Places::default();
    let segments: Vec<[Vec3; 2]> = match points {
        [only] => vec![[*only, *only]],
        more => more.windows(2).map(|pair| [pair[0], pair[1]]).collect(),
    };
    for [a, b] in segments {
        let least = |i: usize| (a[i].min(b[i]) - radius).floor() as i64 - 1;
        let most = |i: usize| (a[i].max(b[i]) + radius).ceil() as i64 + 1;
        let reach = Cuboid { low: [0, 1, 2].map(least), high: [0, 1, 2].map(most) };
        let near = |at: &At| distance_to(at.map(|v| f64::from(v) + 0.5), a, b) <= radius;
        mask.extend(candidates(reach, None)?.into_iter().filter(near));
        for end in [a, b] {
            mask.extend(offset(&[0; 3], end.map(|v| v.floor() as i64)));
        }
    }
    Ok(mask)
}

fn distance_to(p: Vec3, a: Vec3, b: Vec3) -> f64 {
    let along = [0, 1, 2].map(|i| b[i] - a[i]);
    let from = [0, 1, 2].map(|i| p[i] - a[i]);
    let dot = |u: Vec3, v: Vec3| u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    let share = match dot(along, along) {
        0.0 => 0.0,
        square => (dot(from, along) / square).clamp(0.0, 1.0),
    };
    let off = [0, 1, 2].map(|i| from[i] - share * along[i]);
    dot(off, off).sqrt()
}

/// The mask merged once, the colour as its tint.
fn stamped(volume: &Voxels, painter: &Painter, mask: &Places) -> Voxels {
    let clip = painter.clip.map(Cuboid::from);
    let open = |at: &At| clip.is_none_or(|clip| clip.holds(at));
    let mut stamped = volume.clone();
    for at in volume.keys().filter(|at| !mask.contains(*at) && open(at)) {
        put(&mut stamped, *at, combine(volume[at], EMPTY, painter.mode));
    }
    for at in mask.iter().filter(|at| open(at)) {
        put(&mut stamped, *at, combine(get(volume, at), painter.color.0, painter.mode));
    }
    stamped
}

/// A shape that fills whole voxels, written or erased. Counts places written, or voxels erased.
pub fn fill(
    volume: &mut Voxels,
    shape: Shape,
    bounds: Bounds,
    voxel: Rgba,
) -> Result<u64, Refused> {
    let cuboid = Cuboid::from(bounds);
    let area = Placed::filling(&cuboid);
    if voxel[3] == 0 {
        let before = volume.len();
        volume.retain(|at, _| !(cuboid.holds(at) && area.holds(shape, at)));
        return Ok((before - volume.len()) as u64);
    }
    let places = solid(shape, &area, Some(cuboid))?;
    places.iter().for_each(|at| put(volume, *at, voxel));
    Ok(places.len() as u64)
}
