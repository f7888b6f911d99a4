//! A whole scene as bytes: what makes it out of nothing.

use super::error::{DecodeCause, DecodeError};
use super::limits::Limits;
use crate::effect::Effect;
use crate::math::Mat4;
use crate::scene::{Extra, LayerId, Light, Scene, Selection};

/// All of a scene as bytes, its selection too.
pub fn scene(scene: &Scene) -> Vec<u8> {
    Effect::between(&nothing(), scene).to_bytes()
}

/// The scene that [`scene`] wrote.
pub fn decode_scene(bytes: &[u8], limits: &Limits) -> Result<Scene, DecodeError> {
    let mut scene = nothing();
    let effect = Effect::from_bytes(bytes, limits)?;
    effect.apply(&mut scene).map_err(|_| DecodeError {
        cause: DecodeCause::Broken("a change of a scene, not a whole one"),
        offset: 0,
    })?;
    Ok(scene)
}

/// A scene without a layer.
pub(super) fn nothing() -> Scene {
    Scene {
        layers: Vec::new(),
        active: LayerId(0),
        materials: Vec::new(),
        cameras: Vec::new(),
        active_camera: 0,
        light: Light::default(),
        area: Mat4::IDENTITY,
        selection: Selection::default(),
        extra: Extra::new(),
        extra_chunks: Vec::new(),
    }
}
