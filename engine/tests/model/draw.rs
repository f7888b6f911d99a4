//! Commands drawn at random: most of single voxels, a few of everything else, some that
//! must be refused. What is drawn stays small, so that the model keeps up.

use crate::dice::Dice;
use crate::state::{At, Layer, Model, SHAPES, boxed, offset};
use goxel_engine::command::{Command as C, Scope, Selector};
use goxel_engine::image::Picture;
use goxel_engine::math::{Mat4, Vec3};
use goxel_engine::ops::{
    ColorFilter, Extrusion, Morph, Motion, Neighbors, Painter, Relief, SelectMode, Spread,
    Symmetry, Tolerance,
};
use goxel_engine::scene::{LayerId, LayerKind};
use goxel_engine::volume::Like;
use goxel_engine::volume::{BlendMode, Bounds, Coord, Voxel};
use std::sync::Arc;

const COLORS: [Voxel; 8] = [
    Voxel::rgb(255, 0, 0),
    Voxel::rgb(250, 3, 0),
    Voxel::WHITE,
    Voxel::rgb(0, 0, 255),
    Voxel([9, 200, 7, 128]),
    Voxel([255, 0, 0, 127]),
    Voxel([77, 3, 2, 1]),
    Voxel::EMPTY,
];

const LOW: i32 = i32::MIN;
const HIGH: i32 = i32::MAX;

/// Where things happen: by the origin, by brick borders, by the ends of space.
const ANCHORS: [At; 8] = [
    [0, 0, 0],
    [16, -16, 32],
    [9, 9, 9],
    [LOW, LOW, LOW],
    [HIGH, HIGH, HIGH],
    [HIGH, LOW, 5],
    [-7, 3, HIGH],
    [1 << 20, -777, 40_000],
];

const MODES: [BlendMode; 8] = [
    BlendMode::Over,
    BlendMode::Sub,
    BlendMode::SubClamp,
    BlendMode::Paint,
    BlendMode::Max,
    BlendMode::Intersect,
    BlendMode::IntersectFill,
    BlendMode::MultAlpha,
];

/// More voxels than that in a layer, and it is cleared.
const CROWDED: usize = 500;

pub struct Draw {
    pub dice: Dice,
    anchors: Vec<At>,
}

impl Draw {
    pub fn new(mut dice: Dice) -> Self {
        let anchors = (0..2).map(|_| dice.one_of(&ANCHORS)).collect();
        Self { dice, anchors }
    }

    pub fn command(&mut self, model: &Model) -> C {
        let crowded = |layer: &&Layer| layer.voxels.len() > CROWDED;
        if let Some(layer) = model.now.layers.iter().find(crowded) {
            let layer = Some(LayerId(layer.id));
            return C::Group(vec![C::Deselect, C::ClearLayer { layer }]);
        }
        if self.dice.once_in(150) {
            let count = self.dice.below(6);
            let mut all: Vec<C> = (0..count).map(|_| self.one(model)).collect();
            if self.dice.once_in(20) {
                all.push(C::Group(Vec::new()));
            }
            return C::Group(all);
        }
        self.one(model)
    }

    fn one(&mut self, model: &Model) -> C {
        match self.dice.below(1000) {
            0..480 => {
                C::SetVoxel { layer: self.layer(model), at: self.coord(), voxel: self.color() }
            }
            480..570 => C::SetVoxels { layer: self.layer(model), voxels: self.some_voxels() },
            570..620 => {
                let layer = self.layer(model);
                let mut voxels = self.some_voxels();
                voxels.iter_mut().for_each(|(at, _)| *at = self.seed(model, layer));
                C::PaintVoxels { layer, voxels }
            }
            620..770 => self.edit(model),
            770..890 => self.selection(model),
            890..960 => self.stack(model),
            _ => self.scenery(model),
        }
    }

    /// Mostly the active layer.
    fn layer(&mut self, model: &Model) -> Option<LayerId> {
        match self.dice.below(20) {
            0..13 => None,
            _ => Some(self.id(model)),
        }
    }

    /// Mostly one that is there.
    pub fn id(&mut self, model: &Model) -> LayerId {
        match self.dice.once_in(25) {
            true => LayerId(77),
            false => LayerId(model.now.layers[self.dice.below(model.now.layers.len())].id),
        }
    }

    pub fn color(&mut self) -> Voxel {
        self.dice.one_of(&COLORS)
    }

    fn coord(&mut self) -> Coord {
        let anchor = self.dice.one_of(&self.anchors);
        let reach = if self.dice.once_in(12) { 18 } else { 4 };
        self.near(anchor, reach)
    }

    /// Mostly a voxel that is there: the one of the layer nearest to a place.
    fn seed(&mut self, model: &Model, layer: Option<LayerId>) -> Coord {
        let wanted = self.coord();
        if self.dice.once_in(4) {
            return wanted;
        }
        let id = layer.map_or(model.now.active, |id| id.0);
        let apart = |at: &At| -> i64 {
            let off = |a: i32, b: i32| (i64::from(a) - i64::from(b)).abs();
            off(at[0], wanted.x) + off(at[1], wanted.y) + off(at[2], wanted.z)
        };
        let voxels = model.now.layer(id).map(|layer| &layer.voxels);
        let nearest = voxels.and_then(|all| all.keys().min_by_key(|at| (apart(at), **at)));
        nearest.map_or(wanted, |at| Coord::new(at[0], at[1], at[2]))
    }

    /// Within space: what would leave it is mirrored at its end.
    fn near(&mut self, anchor: At, reach: i64) -> Coord {
        let step = [0; 3].map(|_| self.dice.between(-reach, reach));
        let inward = [0, 1, 2].map(|a| match offset(&anchor, step) {
            Some(_) => step[a],
            None => step[a].abs() * if anchor[a] > 0 { -1 } else { 1 },
        });
        let at = offset(&anchor, inward).expect("inward is in space");
        Coord::new(at[0], at[1], at[2])
    }

    fn some_voxels(&mut self) -> Vec<(Coord, Voxel)> {
        let count = if self.dice.once_in(400) { 600 } else { self.dice.below(7) };
        let first = self.coord();
        let next = |draw: &mut Self| draw.near([first.x, first.y, first.z], 2);
        (0..count).map(|_| (next(self), self.color())).collect()
    }

    fn bounds(&mut self) -> Bounds {
        let a = self.coord();
        let reach = self.dice.between(0, 5);
        Bounds::around(a, self.near([a.x, a.y, a.z], reach))
    }

    fn huge_bounds() -> Bounds {
        Bounds::around(Coord::new(LOW, LOW, LOW), Coord::new(HIGH, HIGH, HIGH))
    }

    /// An upright box around whole voxels; its numbers are exact in `f32`.
    pub fn whole_box(&mut self) -> Mat4 {
        let anchor = self.dice.one_of(&self.anchors);
        let size = [0; 3].map(|_| self.dice.between(1, 8));
        let step = [0; 3].map(|_| self.dice.between(-4, 3));
        let center = [0, 1, 2].map(|a| match anchor[a] {
            LOW => -2_147_483_648.0,
            HIGH => 2_147_483_648.0,
            near => (near as f32) + step[a] as f32 + size[a] as f32 / 2.0,
        });
        // At the ends the centre is a corner.
        let half = [0, 1, 2].map(|a| match anchor[a] {
            LOW | HIGH => size[a] as f32,
            _ => size[a] as f32 / 2.0,
        });
        boxed(center, half)
    }

    /// A box of any kind: some between voxels, some turned, some as large as space.
    fn any_box(&mut self) -> Mat4 {
        let mut mat = self.whole_box();
        match self.dice.below(20) {
            0 => return boxed([0.0; 3], [2_147_483_648.0; 3]),
            1..6 => (0..3).for_each(|a| mat.0[5 * a] += 0.5),
            6..10 => {
                let (a, b) = (self.dice.below(3), self.dice.below(3));
                if a != b {
                    (mat.0[5 * a], mat.0[4 * a + b]) = (0.0, mat.0[5 * a]);
                    (mat.0[5 * b], mat.0[4 * b + a]) = (0.0, -mat.0[5 * b]);
                }
            }
            _ => {}
        }
        mat
    }

    fn painter(&mut self) -> (Painter, Mat4) {
        let shape = self.dice.one_of(&SHAPES);
        let mut painter = Painter::new(shape, self.color());
        painter.mode = self.dice.one_of(&MODES);
        let mut area = self.whole_box();
        if self.dice.once_in(3) {
            painter.clip = Some(self.bounds());
        }
        match self.dice.below(8) {
            0 | 1 => {
                painter.symmetry = Symmetry {
                    axes: [0; 3].map(|_| self.dice.once_in(2)),
                    origin: [0; 3].map(|_| self.dice.between(-8, 8) as f32 / 2.0),
                };
            }
            4 => painter.hollow = self.dice.between(1, 2) as u32,
            2 | 3 if can_be_soft(&area) => painter.smoothness = 1.0,
            5 | 6 => {
                painter.shape = SHAPES[0];
                area = self.any_box();
            }
            _ => {}
        }
        (painter, area)
    }

    fn spread(&mut self, seed: Coord) -> Spread {
        let most = self.dice.one_of(&[0, 5, 255]);
        let within = match self.dice.below(6) {
            0..2 => None,
            2 if self.dice.once_in(5) => Some(Self::huge_bounds()),
            _ => Some(Bounds::around(seed, self.near([seed.x, seed.y, seed.z], 4))),
        };
        Spread {
            neighbors: self.neighbors(),
            tolerance: match self.dice.once_in(2) {
                true => Tolerance::Seed(most),
                false => Tolerance::Neighbor(most),
            },
            within,
        }
    }

    fn neighbors(&mut self) -> Neighbors {
        self.dice.one_of(&[Neighbors::Faces, Neighbors::Edges, Neighbors::Corners])
    }

    fn axis(&mut self) -> u8 {
        if self.dice.once_in(30) { 3 } else { self.dice.below(3) as u8 }
    }

    fn scope(&mut self, model: &Model) -> Scope {
        match self.dice.below(4) {
            0 => Scope::All,
            1 => Scope::Layer(self.id(model)),
            _ => Scope::Active,
        }
    }

    /// A point on a grid of quarters.
    fn point(&mut self, anchor: At) -> Vec3 {
        anchor.map(|v| f64::from(v) + self.dice.between(-12, 12) as f64 / 4.0)
    }

    fn edit(&mut self, model: &Model) -> C {
        let layer = self.layer(model);
        match self.dice.below(75) {
            0..10 => {
                let (shape, voxel) = (self.dice.one_of(&SHAPES), self.color());
                let huge = self.dice.once_in(12);
                let bounds = if huge { Self::huge_bounds() } else { self.bounds() };
                // Of all of space only a cube has no rounding.
                let shape = if huge { SHAPES[0] } else { shape };
                C::FillShape { layer, shape, bounds, voxel }
            }
            10..20 => {
                let seed = self.seed(model, layer);
                C::FloodFill { layer, seed, voxel: self.color(), spread: self.spread(seed) }
            }
            20..33 => {
                let (painter, area) = self.painter();
                C::Paint { layer, painter, area }
            }
            33..36 => self.stroke(layer),
            36..39 => self.tube(layer),
            39..43 => {
                C::FillSelection { layer, voxel: self.color(), mode: self.dice.one_of(&MODES) }
            }
            43..48 => {
                let extrusion = Extrusion {
                    at: self.seed(model, layer),
                    axis: self.axis(),
                    up: self.dice.once_in(2),
                    distance: self.dice.one_of(&[1, 2, 3, 5, -1, -2, -4, 0, LOW, HIGH]),
                    tolerance: self.dice.one_of(&[None, Some(0), Some(5)]),
                };
                C::Extrude { layer, extrusion }
            }
            48..51 => {
                let at = self.coord();
                let normal = [0; 3].map(|_| self.dice.between(-2, 2) as f64);
                C::CutAbove { layer, point: self.point([at.x, at.y, at.z]), normal }
            }
            51..55 => C::Mirror { scope: self.scope(model), axis: self.axis() },
            55..59 => {
                C::Wrap { scope: self.scope(model), axis: self.axis(), up: self.dice.once_in(2) }
            }
            59 => C::Crop { layer },
            60..68 => C::Move { layer, motion: self.motion(model, layer) },
            68 => C::Downsample { layer, factor: self.dice.one_of(&[2, 2, 3, 16, 1, 17]) },
            69 => C::Recolor { layer, filter: ColorFilter::default() },
            70 => C::ShiftAlpha { layer, by: self.dice.one_of(&[1, -1, 100, -200, 255, -255]) },
            71 => {
                let count = self.dice.below(4).min(1);
                C::Remap { layer, palette: (0..count).map(|_| self.color()).collect() }
            }
            72 | 73 => self.morph(model, layer),
            _ => self.picture(model, layer),
        }
    }

    fn stroke(&mut self, layer: Option<LayerId>) -> C {
        let painter = self.plain_painter();
        let anchor = self.dice.one_of(&self.anchors);
        let mut point = self.point(anchor);
        let radius = self.dice.one_of(&[0.5, 1.0, 1.5, 2.25]);
        let mut points = vec![point];
        for _ in 0..self.dice.below(3) {
            let axis = self.dice.below(3);
            point[axis] += 1.75 * radius;
            points.push(point);
        }
        C::Stroke { layer, painter, points, radius }
    }

    fn tube(&mut self, layer: Option<LayerId>) -> C {
        let painter = self.plain_painter();
        let anchor = self.dice.one_of(&self.anchors);
        let (count, radius) = self.dice.one_of(&[(1, 0.0), (1, 1.3), (2, 1.3), (3, 2.3)]);
        let points = (0..count).map(|_| self.point(anchor)).collect();
        C::Tube { layer, painter, points, radius }
    }

    fn plain_painter(&mut self) -> Painter {
        let mut painter = Painter::new(self.dice.one_of(&SHAPES), self.color());
        painter.mode = self.dice.one_of(&[
            BlendMode::Over,
            BlendMode::Over,
            BlendMode::Sub,
            BlendMode::Paint,
            BlendMode::Max,
            BlendMode::Intersect,
        ]);
        if self.dice.once_in(4) {
            painter.symmetry.axes[self.dice.below(3)] = true;
        }
        painter
    }

    fn motion(&mut self, model: &Model, layer: Option<LayerId>) -> Motion {
        let id = layer.map_or(model.now.active, |id| id.0);
        let target = model.now.layer(id);
        let scale = target.map_or(1.0, |layer| {
            layer.mat.0[..12].iter().fold(0.0, |most: f32, v| most.max(v.abs()))
        });
        let plain = target.is_some_and(|layer| layer.kind == LayerKind::Plain);
        let few = target.is_some_and(|layer| layer.voxels.len() < 40) && model.now.mask.len() < 40;
        let (may_grow, may_shrink) = if plain { (few, true) } else { (scale < 4.0, scale > 1.0) };
        match self.dice.below(12) {
            0..4 => {
                let steps: &[i32] = match plain {
                    true => &[0, 0, 1, -1, 3, -16, 17, 5, 1 << 20, -(1 << 30)],
                    false => &[0, 0, 1, -1, 3, -16, 17, 5],
                };
                Motion::Shift([0; 3].map(|_| self.dice.one_of(steps)))
            }
            4..7 => {
                let quarters = self.dice.one_of(&[1, 2, 3, -1, 4, 127, -128]);
                Motion::Turn { axis: self.axis(), quarters }
            }
            7 | 8 => Motion::Flip { axis: self.axis() },
            9 if may_grow => Motion::Double,
            10 if may_shrink => Motion::Halve,
            11 if few && plain => self.by(),
            _ => Motion::Flip { axis: self.axis() },
        }
    }

    fn by(&mut self) -> Motion {
        let mut mat =
            boxed([0.0; 3], self.dice.one_of(&[[1.0; 3], [3.0, 1.0, -1.0], [1.0, 0.0, 1.0]]));
        mat.0[12] = self.dice.one_of(&[0.0, 2.0, -7.0]);
        Motion::By(mat)
    }

    fn morph(&mut self, model: &Model, layer: Option<LayerId>) -> C {
        let id = layer.map_or(model.now.active, |id| id.0);
        let few = model.now.layer(id).is_none_or(|layer| layer.voxels.len() < 100);
        let morphs: &[Morph] = match few {
            true => &[Morph::Dilate, Morph::Erode, Morph::Hollow, Morph::Smooth],
            false => &[Morph::Erode, Morph::Hollow],
        };
        let (morph, neighbors) = (self.dice.one_of(morphs), self.neighbors());
        C::Morph { layer, morph, neighbors, steps: self.dice.below(3) as u32 }
    }

    fn picture(&mut self, model: &Model, layer: Option<LayerId>) -> C {
        let (width, height) = (self.dice.one_of(&[1, 2, 4]), self.dice.one_of(&[1, 2, 4]));
        let tones = [[255; 4], [0, 0, 0, 255], [9; 4], [0; 4]];
        let image = self.dice.once_in(2);
        let tones = if image { &tones[..] } else { &tones[..2] };
        let pixels = (0..width * height).map(|_| self.dice.one_of(tones)).collect();
        let picture = Arc::new(Picture { width, height, pixels });
        if image {
            let is_image = |layer: &&Layer| matches!(layer.kind, LayerKind::Image { .. });
            let known = model.now.layers.iter().find(is_image).map(|layer| LayerId(layer.id));
            return C::ImageToVoxels { layer: known.unwrap_or_else(|| self.id(model)), picture };
        }
        let relief = Relief {
            origin: self.coord(),
            height: self.dice.below(6) as u32,
            solid: self.dice.once_in(2),
            color: if self.dice.once_in(2) { Some(self.color()) } else { None },
        };
        C::Relief { layer, picture, relief }
    }

    fn selection(&mut self, model: &Model) -> C {
        let layer = self.layer(model);
        match self.dice.below(100) {
            0..14 => {
                let area = self.any_box();
                C::SelectBox { area: self.dice.one_of(&[None, Some(area), Some(area)]) }
            }
            14..16 => C::SelectBox { area: Some(Mat4([0.0; 16])) },
            16..45 => {
                let mode = self.dice.one_of(&[SelectMode::Set, SelectMode::Add, SelectMode::Sub]);
                C::Select { layer, selector: self.selector(model, layer), mode }
            }
            45..61 => C::Deselect,
            61..68 => C::Copy { layer },
            68..74 => C::Cut { layer },
            74..80 => C::CutToLayer { layer },
            80..92 => C::Paste { layer },
            _ => C::ClearLayer { layer },
        }
    }

    fn selector(&mut self, model: &Model, layer: Option<LayerId>) -> Selector {
        match self.dice.below(8) {
            0 => Selector::All,
            1 | 2 => Selector::Box(self.any_box()),
            3 | 4 => {
                let seed = self.seed(model, layer);
                Selector::Wand { seed, spread: self.spread(seed) }
            }
            5 => {
                let tolerance = self.dice.one_of(&[[0; 4], [5, 5, 5, 0], [255, 255, 255, 1]]);
                Selector::Color(Like { color: self.color(), tolerance })
            }
            6 => match self.dice.once_in(2) {
                true => Selector::Material(self.dice.one_of(&[None, Some(0), Some(1)])),
                false => self.rectangle(),
            },
            _ => Selector::Places((0..6).map(|_| self.coord()).collect()),
        }
    }

    /// Seen from above, or in perspective; no centre lies on its sides.
    fn rectangle(&mut self) -> Selector {
        let anchor = self.dice.one_of(&self.anchors).map(f64::from);
        let mut view = [0.0; 16];
        (view[0], view[5]) = (1.0, 1.0);
        (view[12], view[13]) = (-anchor[0], -anchor[1]);
        match self.dice.once_in(2) {
            true => view[15] = 1.0,
            false => (view[11], view[15]) = (1.0, -anchor[2]),
        }
        let low = [0; 2].map(|_| self.dice.between(-4, 2) as f64 + 0.123_456_7);
        Selector::Rectangle { view, low, high: low.map(|v| v + 2.6) }
    }
}

/// At least three voxels wide: below, a soft cube has no depth at its middle.
fn can_be_soft(area: &Mat4) -> bool {
    (0..3).all(|a| area.0[5 * a] >= 1.5)
}
