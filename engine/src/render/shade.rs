//! The colours of what 64 rays see: exact, metal-rough under sun and sky, or clay.
//!
//! Light is linear. Constants of a face are put into columns, a lane a ray, and the
//! formulas run over whole columns. A face that looks away from the sun, or lies in shadow,
//! keeps part of its light, the ambient part included (spec/rendering.md A3-A5).

use super::edge;
use super::light::{self, Gloss};
use super::occlusion::{Lent, Memory};
use super::rays::{Column, Face, LANES, Packet, are_many};
use super::sight::{Glance, Sight, in_front};
use super::simd::{Kernel, Machine, Simd, Vector};
use super::surfaces::{Surface, Surfaces};
use super::{Mode, Settings};
use crate::image::srgb::CURVE;
use crate::math::Vec3;
use crate::volume::Bits;

/// What is left to see of the sun in a shadow, and on a face turned away from it.
const IN_SHADOW: f32 = 0.2;
const TURNED_AWAY: f32 = 0.5;

/// The linear colour of clay, and how it is lit: the sky by where a face looks, the sun.
const CLAY: [f32; 3] = [0.70, 0.66, 0.61];
const CLAY_SKY: [f32; 6] = [0.62, 0.66, 0.58, 0.70, 0.45, 0.85];
const CLAY_SUN: f32 = 0.45;

/// Set in [`Shaded::face`] for a point in shadow.
pub(super) const SHADOW_BIT: u64 = 1;

/// The colours of the lanes of a glance.
pub(super) struct Shaded {
    /// Linear light of the lanes that hit, not yet clamped.
    pub rgb: [Column; 3],
    /// The same as it is stored; 0 for lanes that missed.
    pub color: [[u8; 4]; LANES],
    /// The voxel's own colour, where marks are wanted; 0 for lanes that missed.
    pub own: [[u8; 4]; LANES],
    /// Which plane, from which side, in shadow or not, where marks are wanted; 0 for lanes
    /// that missed.
    pub face: [u64; LANES],
}

impl Shaded {
    pub(super) fn new() -> Self {
        let color = [[0; 4]; LANES];
        Self { rgb: [Column::ZERO; 3], color, own: color, face: [0; LANES] }
    }
}

/// Colours points, for one picture.
pub(super) struct Shader<'a> {
    sight: &'a Sight<'a>,
    surfaces: &'a Surfaces<'a>,
    mode: Mode,
    simd: Simd,
    sun: Vec3,
    intensity: f32,
    ambient: f32,
    shadow: f32,
    edges: f32,
    /// Whether [`Shaded::own`] and [`Shaded::face`] are wanted.
    pub marks: bool,
    /// How much of the ambient occlusion is applied.
    pub occlusion: f32,
}

/// What a thread needs besides: one for each.
pub(super) struct Space {
    pub occlusion: Lent,
    base: [Column; 3],
    kept: Column,
    sun: Column,
    eye: Column,
    surface: [Column; 2],
    emission: [Column; 3],
    /// Of rays to the sun.
    sunward: Packet,
}

impl Space {
    pub(super) fn new(shader: &Shader<'_>, memory: Option<&Memory>) -> Self {
        Self {
            occlusion: Lent::new(memory, shader.occlusion > 0.0),
            base: [Column::ZERO; 3],
            kept: Column::ZERO,
            sun: Column::ZERO,
            eye: Column::ZERO,
            surface: [Column::ZERO; 2],
            emission: [Column::ZERO; 3],
            sunward: Packet::EMPTY,
        }
    }
}

impl<'a> Shader<'a> {
    pub(super) fn new(
        sight: &'a Sight<'a>,
        surfaces: &'a Surfaces<'a>,
        axes: [Vec3; 3],
        settings: &Settings,
        marks: bool,
    ) -> Self {
        let light = &settings.light;
        let unit = |value: f32| light::finite(value).clamp(0.0, 1.0);
        let clay = settings.mode == Mode::Clay;
        Self {
            sight,
            surfaces,
            mode: settings.mode,
            simd: settings.simd,
            sun: light::toward(light, axes),
            intensity: light::finite(light.intensity),
            ambient: light::finite(light.ambient),
            shadow: if clay { 1.0 } else { unit(light.shadow) },
            edges: if clay { 0.0 } else { unit(settings.edges) },
            marks: marks || matches!(settings.mode, Mode::Flat | Mode::Outline),
            occlusion: match settings.mode {
                Mode::Clay => 1.0,
                Mode::Lit => unit(settings.occlusion),
                _ => 0.0,
            },
        }
    }

    /// Colours the lanes that hit.
    pub(super) fn shade(&self, glance: &Glance, space: &mut Space, shaded: &mut Shaded) {
        if self.marks {
            self.mark(glance, shaded);
        }
        match self.mode {
            Mode::Flat | Mode::Outline => own_colors(shaded),
            _ => self.lit(glance, space, shaded),
        }
    }

    fn mark(&self, glance: &Glance, shaded: &mut Shaded) {
        shaded.face = [0; LANES];
        shaded.own = [[0; 4]; LANES];
        for face in &glance.seen.faces {
            let own = self.sight.grid.brick(face.brick).get(face.local).0;
            let number = self.number(face);
            for lane in Bits(face.lanes) {
                let at = lane as usize % LANES;
                shaded.own[at] = own;
                shaded.face[at] = number;
            }
        }
    }

    /// A number for the plane and the side of a face, never 0.
    fn number(&self, face: &Face) -> u64 {
        let axis = usize::from(face.axis);
        let plane = u64::from(self.sight.voxel(face)[axis]) + u64::from(face.upper);
        (plane + 1) << 4 | u64::from(face.axis) << 2 | u64::from(face.upper) << 1
    }

    fn lit(&self, glance: &Glance, space: &mut Space, shaded: &mut Shaded) {
        let sunny = glance.seen.faces.iter().filter(|face| self.facing(face) > 0.0);
        let lanes = sunny.fold(0, |lanes, face| lanes | face.lanes);
        let looked = if self.shadow > 0.0 { lanes } else { 0 };
        let shadowed = self.sight.shadowed(glance, looked, self.sun, &mut space.sunward);
        if self.marks {
            Bits(shadowed).for_each(|lane| shaded.face[lane as usize % LANES] |= SHADOW_BIT);
        }
        self.simd.run(Pass { shader: self, glance, space, shaded, sunny: lanes, shadowed });
    }

    #[inline(always)]
    fn metal_rough<M: Machine>(
        &self,
        machine: M,
        glance: &Glance,
        space: &mut Space,
        shaded: &mut Shaded,
    ) {
        let only = self.surfaces.only();
        if let Some(surface) = only {
            space.surface = [Column([surface.metallic; LANES]), Column([surface.roughness; LANES])];
            for channel in 0..3 {
                space.emission[channel] = Column([surface.emission[channel]; LANES]);
            }
        }
        for face in &glance.seen.faces {
            let surface = match only {
                Some(surface) => surface,
                None => self.surfaces.material(face.brick, face.local),
            };
            self.put_face(machine, glance, face, surface, space);
            if only.is_none() {
                put_surface(face, surface, space);
            }
        }
        let sun = [self.sun[0] as f32, self.sun[1] as f32, self.sun[2] as f32];
        let gloss = Gloss::new(
            &glance.packet.direction,
            sun,
            [&space.sun, &space.eye],
            [&space.surface[0], &space.surface[1]],
        );
        for channel in 0..3 {
            let (base, out) = (&space.base[channel].0, &mut shaded.rgb[channel].0);
            let reflected = gloss.reflect(&space.base[channel], &space.surface[0]);
            let glow = &space.emission[channel].0;
            for lane in 0..LANES {
                let light = self.intensity * reflected.0[lane] + self.ambient * base[lane];
                out[lane] = light * space.kept.0[lane] + glow[lane];
            }
        }
    }

    /// Puts a face's constants into its lanes.
    #[inline(always)]
    fn put_face<M: Machine>(
        &self,
        machine: M,
        glance: &Glance,
        face: &Face,
        surface: &Surface,
        space: &mut Space,
    ) {
        let [r, g, b, _] = self.sight.grid.brick(face.brick).get(face.local).0;
        let base = [CURVE.decode(r), CURVE.decode(g), CURVE.decode(b)];
        let tint = surface.base;
        let base = [base[0] * tint[0], base[1] * tint[1], base[2] * tint[2]];
        let facing = self.facing(face);
        let facing = if facing > 0.0 { facing } else { 0.0 };
        let along = &glance.packet.direction[usize::from(face.axis) % 3].0;
        let sign = if face.upper { -1.0 } else { 1.0 };
        if are_many::<M>(face.lanes) {
            space.base[0].put(machine, face.lanes, base[0]);
            space.base[1].put(machine, face.lanes, base[1]);
            space.base[2].put(machine, face.lanes, base[2]);
            space.sun.put(machine, face.lanes, facing);
            for first in (0..LANES).step_by(M::Vector::LANES) {
                let cosine = machine.load(&along[first..]).mul(machine.splat(sign));
                let there = machine.load(&space.eye.0[first..]);
                let lanes = (face.lanes >> first) as u32;
                cosine.pick(lanes, there).store(&mut space.eye.0[first..]);
            }
        } else {
            for lane in Bits(face.lanes) {
                let at = lane as usize % LANES;
                for channel in 0..3 {
                    space.base[channel].0[at] = base[channel];
                }
                space.sun.0[at] = facing;
                space.eye.0[at] = along[at] * sign;
            }
        }
        self.darken(glance, face, space);
    }

    /// Takes from a face's lanes what inner edges and whatever stands around keep away.
    fn darken(&self, glance: &Glance, face: &Face, space: &mut Space) {
        let axis = usize::from(face.axis);
        let [u, v] = [&glance.place[(axis + 1) % 3].0, &glance.place[(axis + 2) % 3].0];
        let mask = if self.edges > 0.0 { self.neighbours(face) } else { 0 };
        if mask != 0 {
            for lane in Bits(face.lanes) {
                let at = lane as usize;
                space.kept.0[at] *= 1.0 - self.edges * (1.0 - edge::light(mask, u[at], v[at]));
            }
        }
        if self.occlusion > 0.0 {
            let corners = space.occlusion.corners(self.sight, face);
            for lane in Bits(face.lanes) {
                let at = lane as usize;
                let open = corners.at(u[at], v[at]);
                space.kept.0[at] *= 1.0 - self.occlusion * (1.0 - open);
            }
        }
    }

    /// Which of the eight cells around the one in front of a face are filled.
    fn neighbours(&self, face: &Face) -> u8 {
        let Some(front) = in_front(self.sight.voxel(face), face) else {
            return 0;
        };
        let axis = usize::from(face.axis);
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        let mut near = self.sight.grid.near(face.brick);
        edge::mask(|[du, dv]| {
            let mut cell = front;
            cell[u] = cell[u].wrapping_add_signed(du);
            cell[v] = cell[v].wrapping_add_signed(dv);
            self.sight.grid.filled(cell, &mut near)
        })
    }

    #[inline(always)]
    fn clay(&self, glance: &Glance, space: &mut Space, shaded: &mut Shaded, sunlit: u64) {
        space.kept = Column([1.0; LANES]);
        for face in &glance.seen.faces {
            let sky = CLAY_SKY[usize::from(face.axis) * 2 + usize::from(face.upper)];
            let facing = self.facing(face);
            for lane in Bits(face.lanes) {
                let at = lane as usize % LANES;
                space.sun.0[at] = if sunlit >> at & 1 == 1 { facing * CLAY_SUN } else { 0.0 };
                space.eye.0[at] = sky;
            }
            self.darken(glance, face, space);
        }
        for lane in 0..LANES {
            let open = space.kept.0[lane];
            // A corner keeps a little of the sun away too.
            let light = space.eye.0[lane] * open + space.sun.0[lane] * (0.5 + 0.5 * open);
            (0..3).for_each(|channel| shaded.rgb[channel].0[lane] = CLAY[channel] * light);
        }
    }

    /// What is left of the light where the sun does not shine, or does.
    #[inline(always)]
    fn keep<M: Machine>(&self, machine: M, kept: &mut Column, sunny: u64, shadowed: u64) {
        let left = |seen: f32| 1.0 - self.shadow * (1.0 - seen);
        *kept = Column([left(TURNED_AWAY); LANES]);
        kept.put(machine, sunny, left(1.0));
        kept.put(machine, shadowed, left(IN_SHADOW));
    }

    /// The cosine between a face and the sun.
    fn facing(&self, face: &Face) -> f32 {
        let along = self.sun[usize::from(face.axis)];
        (if face.upper { along } else { -along }) as f32
    }
}

/// The part of shading that runs over whole columns.
struct Pass<'p, 'a> {
    shader: &'p Shader<'a>,
    glance: &'p Glance,
    space: &'p mut Space,
    shaded: &'p mut Shaded,
    /// The lanes that see a face turned to the sun, and those of them that lie in shadow.
    sunny: u64,
    shadowed: u64,
}

impl Kernel for Pass<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        let Pass { shader, glance, space, shaded, sunny, shadowed } = self;
        match shader.mode {
            Mode::Clay => shader.clay(glance, space, shaded, sunny & !shadowed),
            _ => {
                shader.keep(machine, &mut space.kept, sunny, shadowed);
                shader.metal_rough(machine, glance, space, shaded);
            }
        }
        let curve = &*CURVE;
        let [red, green, blue] = [&shaded.rgb[0].0, &shaded.rgb[1].0, &shaded.rgb[2].0];
        for lane in 0..LANES {
            let (r, g, b) = (red[lane], green[lane], blue[lane]);
            let [r, g, b] = [curve.encode(r), curve.encode(g), curve.encode(b)];
            let alpha = (glance.seen.hit >> lane & 1) as u8 * 255;
            shaded.color[lane] = [r, g, b, alpha];
        }
    }
}

#[inline(always)]
fn put_surface(face: &Face, surface: &Surface, space: &mut Space) {
    for lane in Bits(face.lanes) {
        let at = lane as usize % LANES;
        space.surface[0].0[at] = surface.metallic;
        space.surface[1].0[at] = surface.roughness;
        for channel in 0..3 {
            space.emission[channel].0[at] = surface.emission[channel];
        }
    }
}

fn own_colors(shaded: &mut Shaded) {
    for lane in 0..LANES {
        let [r, g, b, _] = shaded.own[lane];
        let alpha = if shaded.face[lane] == 0 { 0 } else { 255 };
        shaded.color[lane] = [r, g, b, alpha];
    }
}

impl Shaded {
    /// The linear light of a lane that hit, for a mean.
    pub(super) fn linear(&self, lane: usize, mode: Mode) -> [f32; 3] {
        match mode {
            Mode::Flat | Mode::Outline => {
                let [r, g, b, _] = self.own[lane];
                [r, g, b].map(|byte| CURVE.decode(byte))
            }
            _ => self.rgb.each_ref().map(|column| column.0[lane]),
        }
    }
}
