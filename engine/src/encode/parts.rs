//! What commands and scenes are made of: the tables of their fields and numbers.

use super::code::{Code, Input, numbered, put_varint, record};
use super::error::DecodeError;
use super::steps;
use crate::math::Mat4;
use crate::ops::{
    ColorFilter, Extrusion, Morph, Motion, Neighbors, Painter, Relief, SelectMode, Shape, Spread,
    Symmetry, Tolerance,
};
use crate::scene::{
    ExtraChunk, Layer, LayerId, LayerKind, Light, Look, Material, Scene, SceneCamera, Selection,
    View,
};
use crate::volume::Like;
use crate::volume::{BlendMode, Bounds, Coord, Volume, Voxel};

record! { Symmetry { axes, origin } }
record! { Painter { mode, shape, color, smoothness, symmetry, clip, hollow } }
record! { Spread { neighbors, tolerance, within } }
record! { Extrusion { at, axis, up, distance, tolerance } }
record! { ColorFilter { hue, saturation, lightness, contrast } }
record! { Relief { origin, height, solid, color } }
record! { Like { color, tolerance } }
record! { Look { name, color, metallic, roughness, emission } }
record! { View { name, dist, ortho, mat } }
record! { Light { pitch, yaw, intensity, fixed, ambient, shadow, extra } }
record! { Material { name, color, metallic, roughness, emission, extra } }
record! { SceneCamera { name, dist, ortho, mat, extra } }
record! { ExtraChunk { kind, data } }

// A scene's voxels are written apart, as bricks: see `bricks`.
record! {
    Layer, lists by take_layers { id, name, visible, kind, mode, material, mat, bounds, extra }
    except { volume: Volume::new() }
}
record! { Selection { area } except { mask: Volume::new() } }
record! {
    Scene {
        layers, active, materials, cameras, active_camera, light, area, selection, extra,
        extra_chunks,
    }
}

fn take_layers(input: &mut Input<'_>) -> Result<Vec<Layer>, DecodeError> {
    let count = input.count_of("layers", input.limits.max_layers)?;
    input.items(count)
}

numbered! { Shape, "shape" {
    0 => Cube,
    1 => Sphere,
    2 => Cylinder,
    3 => Cone,
    4 => Pyramid,
    5 => Torus,
    6 => Prism(corners),
} }

numbered! { BlendMode, "blend mode" {
    0 => Over,
    1 => Sub,
    2 => SubClamp,
    3 => Paint,
    4 => Max,
    5 => Intersect,
    6 => IntersectFill,
    7 => MultAlpha,
    8 => Replace,
} }

numbered! { SelectMode, "way to select" {
    0 => Set,
    1 => Add,
    2 => Sub,
} }

numbered! { Neighbors, "kind of neighbour" {
    0 => Faces,
    1 => Edges,
    2 => Corners,
} }

numbered! { Tolerance, "tolerance" {
    0 => Seed(most),
    1 => Neighbor(most),
} }

numbered! { Morph, "change of shape" {
    0 => Dilate,
    1 => Erode,
    2 => Hollow,
    3 => Smooth,
} }

numbered! { Motion, "motion" {
    0 => Shift(step),
    1 => Turn { axis, quarters },
    2 => Flip { axis },
    3 => Double,
    4 => Halve,
    5 => By(mat),
} }

numbered! { LayerKind, "kind of layer" {
    0 => Plain,
    1 => Clone { base },
    2 => Shape { shape, color },
    3 => Image { path },
} }

impl Code for LayerId {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        u32::take(input).map(LayerId)
    }

    /// One number: 0 for none, else one more than the layer's.
    fn put_option(option: Option<&Self>, out: &mut Vec<u8>) {
        put_varint(option.map_or(0, |id| u64::from(id.0) + 1), out);
    }

    fn take_option(input: &mut Input<'_>) -> Result<Option<Self>, DecodeError> {
        let from = input.offset();
        let Some(number) = input.varint()?.checked_sub(1) else {
            return Ok(None);
        };
        let number = u32::try_from(number);
        number
            .map(|id| Some(LayerId(id)))
            .map_err(|_| DecodeError::broken(from, "a number too great"))
    }
}

impl Code for Coord {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_array().put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        <[i32; 3]>::take(input).map(Coord::from)
    }

    fn put_list(list: &[Self], out: &mut Vec<u8>) {
        steps::put_places(list, out);
    }

    fn take_list(input: &mut Input<'_>) -> Result<Vec<Self>, DecodeError> {
        steps::take_places(input)
    }
}

impl Code for (Coord, Voxel) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok((Coord::take(input)?, Voxel::take(input)?))
    }

    fn put_list(list: &[Self], out: &mut Vec<u8>) {
        steps::put_voxels(list, out);
    }

    fn take_list(input: &mut Input<'_>) -> Result<Vec<Self>, DecodeError> {
        steps::take_voxels(input)
    }
}

impl Code for Voxel {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.array().map(Voxel)
    }
}

/// The lowest voxel, then how far the highest is.
impl Code for Bounds {
    fn put(&self, out: &mut Vec<u8>) {
        let (low, high) = (self.min.to_array(), self.max.to_array());
        self.min.put(out);
        [0, 1, 2].map(|axis| high[axis].wrapping_sub(low[axis]).cast_unsigned()).put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let min = Coord::take(input)?;
        let from = input.offset();
        let [x, y, z] = <[u32; 3]>::take(input)?;
        let far = |low: i32, length| low.checked_add_unsigned(length);
        let max = (far(min.x, x), far(min.y, y), far(min.z, z));
        let (Some(x), Some(y), Some(z)) = max else {
            return Err(DecodeError::broken(from, "a box that leaves space"));
        };
        Ok(Bounds { min, max: Coord { x, y, z } })
    }
}

impl Code for Mat4 {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Code::take(input).map(Mat4)
    }
}

/// A key of a dictionary and what it stands for.
impl Code for (Vec<u8>, Vec<u8>) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok((Code::take(input)?, Code::take(input)?))
    }
}
