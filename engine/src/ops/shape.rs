//! Shapes on a box, and which voxels they cover.
//!
//! A shape fills the image of the cube [-1, 1]^3 under a box matrix. A voxel
//! belongs to it when its centre does; edges follow spec/engine.md 3: the cube
//! is half-open, the others include their boundary.

mod form;
mod mask;
mod placed;
mod region;
mod sites;
mod solid;
mod wall;

pub(super) use mask::Mask;
#[cfg(test)]
pub(super) use placed::Placed;
pub(super) use placed::{Area, Fill, cut};
pub(super) use region::{
    Block, Cover, Region, Soft, Verdict, cell_of, center, coverage, mask_of, soft_of,
};
pub(super) use sites::{Site, sites};
pub use solid::Solid;
pub(super) use wall::cover;

/// A solid shape; the axis of those that have one is the box's Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The whole box.
    #[default]
    Cube,
    /// The ellipsoid inside the box.
    Sphere,
    /// The elliptic cylinder inside the box.
    Cylinder,
    /// From the full ellipse at the bottom to the middle of the top.
    Cone,
    /// From the full rectangle at the bottom to the middle of the top.
    Pyramid,
    /// A ring around the axis, as thick as the box is high, at most to the middle.
    Torus,
    /// An upright prism on a regular polygon of 3 to 64 corners in the box's ellipse, the
    /// first on +Y. Fewer or more corners are taken as 3 or 64.
    Prism(u8),
}

impl Shape {
    /// The shape of that lower-case name. `box` is a cube, `ellipsoid` a sphere,
    /// `prism6` a prism on a hexagon, `prism` on a triangle.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "cube" | "box" => Shape::Cube,
            "sphere" | "ellipsoid" => Shape::Sphere,
            "cylinder" => Shape::Cylinder,
            "cone" => Shape::Cone,
            "pyramid" => Shape::Pyramid,
            "torus" => Shape::Torus,
            "prism3" => Shape::Prism(3),
            _ => Shape::Prism(PRISMS.iter().position(|prism| *prism == name)? as u8 + 3),
        })
    }

    /// The shape's name, as [`Shape::from_name`] takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Shape::Cube => "cube",
            Shape::Sphere => "sphere",
            Shape::Cylinder => "cylinder",
            Shape::Cone => "cone",
            Shape::Pyramid => "pyramid",
            Shape::Torus => "torus",
            Shape::Prism(..=3) => PRISMS[0],
            Shape::Prism(corners @ 4..=63) => PRISMS[corners as usize - 3],
            Shape::Prism(64..) => PRISMS[61],
        }
    }
}

/// The names of prisms of 3 to 64 corners.
#[rustfmt::skip]
const PRISMS: [&str; 62] = [
    "prism", "prism4", "prism5", "prism6", "prism7", "prism8", "prism9", "prism10", "prism11",
    "prism12", "prism13", "prism14", "prism15", "prism16", "prism17", "prism18", "prism19",
    "prism20", "prism21", "prism22", "prism23", "prism24", "prism25", "prism26", "prism27",
    "prism28", "prism29", "prism30", "prism31", "prism32", "prism33", "prism34", "prism35",
    "prism36", "prism37", "prism38", "prism39", "prism40", "prism41", "prism42", "prism43",
    "prism44", "prism45", "prism46", "prism47", "prism48", "prism49", "prism50", "prism51",
    "prism52", "prism53", "prism54", "prism55", "prism56", "prism57", "prism58", "prism59",
    "prism60", "prism61", "prism62", "prism63", "prism64",
];

#[cfg(test)]
mod tests;
