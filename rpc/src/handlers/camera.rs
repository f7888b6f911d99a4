//! Cameras in every spelling: a preset's name, angles, or a place to look from.

use crate::error::Problem;
use crate::handlers::render::{Asked, unmade};
use crate::params::{Params, wrong};
use crate::values::{flag, float, triple_of_floats};
use goxel_engine::math::Vec3;
use goxel_engine::render::{Camera, FOV_Y, Preset, View};
use goxel_engine::scene::{Scene, SceneCamera};
use goxel_engine::volume::Bounds;
use serde_json::Value;

const PRESET_NAMES: &[&str] = &["camera_preset", "camera_angle", "preset", "view"];
/// Views with parallel rays that are named as presets are.
const PARALLEL: [(&str, View); 2] =
    [("true_isometric", View::ISOMETRIC), ("dimetric", View::DIMETRIC)];

/// Where to look from, before the content is known.
pub(super) struct Wanted {
    from: From,
    lens: Lens,
}

enum From {
    Project,
    Preset(Preset),
    /// One of [`PARALLEL`].
    Parallel(View),
    Angles {
        rz: f64,
        rx: f64,
    },
    Place(Place),
}

struct Place {
    eye: Vec3,
    target: Option<Vec3>,
    up: Vec3,
    fov: f64,
}

#[derive(PartialEq)]
enum Lens {
    AsIs,
    Parallel,
}

/// Reads the camera: a place first, then angles, then a preset, else the project's own.
pub(super) fn read(asked: &Asked<'_, '_>) -> Result<Wanted, Problem> {
    let place = asked.find(place)?;
    let angles = asked.find(angles)?;
    let preset = asked.find(preset_name)?;
    let from = match (place, angles, preset) {
        (Some(place), _, _) => From::Place(place),
        (None, Some([rz, rx]), _) => From::Angles { rz, rx },
        (None, None, Some(name)) => preset_of(name, asked.params),
        (None, None, None) => From::Project,
    };
    Ok(Wanted { from, lens: lens(asked)? })
}

impl Wanted {
    /// The camera for content in that box and a picture of that size.
    pub fn camera(&self, scene: &Scene, bounds: Bounds, size: [u32; 2]) -> Result<Camera, Problem> {
        let camera = match &self.from {
            From::Project => of_project(scene, bounds),
            From::Preset(preset) => Camera::preset(*preset, bounds),
            From::Parallel(view) => {
                return view.camera(Some(scene), bounds, size).map_err(unmade);
            }
            From::Angles { rz, rx } => Camera::turntable(*rz, *rx, bounds),
            From::Place(place) => place.camera(bounds)?,
        };
        let parallel = self.lens == Lens::Parallel;
        let camera = if parallel { camera.orthographic(bounds) } else { camera };
        Ok(camera.widened(size[0], size[1]))
    }
}

impl Place {
    fn camera(&self, bounds: Bounds) -> Result<Camera, Problem> {
        let target = self.target.unwrap_or_else(|| middle(bounds));
        Camera::look_at(self.eye, target, self.up, self.fov).ok_or_else(|| {
            let text = "Parameter 'camera' needs a position away from its target, within 2^40, \
                        and a fov from 0.001 to 179.99";
            Problem::param("camera", text)
        })
    }
}

fn of_project(scene: &Scene, bounds: Bounds) -> Camera {
    match scene.cameras.get(scene.active_camera) {
        Some(camera) => Camera::of_scene(camera, bounds),
        None => Camera::of_scene(&SceneCamera::new(""), bounds),
    }
}

fn middle(bounds: Bounds) -> Vec3 {
    let (low, size) = (bounds.min.to_array(), bounds.size());
    [0, 1, 2].map(|axis| f64::from(low[axis]) + size[axis] as f64 / 2.0)
}

fn place(params: &Params<'_>) -> Result<Option<Place>, Problem> {
    if let Some(Value::Object(_)) = params.get("camera")
        && let Some(camera) = params.object("camera")?
        && let Some(eye) = vector(&camera, &["position", "eye"])?
    {
        let target = vector(&camera, &["target", "look_at"])?;
        return Place::of(eye, target, vector(&camera, &["up"])?, float(&camera, "fov")?);
    }
    let target = vector(params, &["camera_target"])?;
    let (up, fov) = (vector(params, &["camera_up"])?, float(params, "camera_fov")?);
    match vector(params, &["camera_position"])? {
        Some(eye) => Place::of(eye, target, up, fov),
        None => Ok(None),
    }
}

impl Place {
    #[expect(clippy::unnecessary_wraps, reason = "the last line of a reader")]
    fn of(
        eye: Vec3,
        target: Option<Vec3>,
        up: Option<Vec3>,
        fov: Option<f64>,
    ) -> Result<Option<Self>, Problem> {
        let (up, fov) = (up.unwrap_or([0.0, 0.0, 1.0]), fov.unwrap_or(FOV_Y));
        Ok(Some(Self { eye, target, up, fov }))
    }
}

fn vector(params: &Params<'_>, names: &[&'static str]) -> Result<Option<Vec3>, Problem> {
    params.any(names).map(|(name, value)| triple_of_floats(name, value)).transpose()
}

fn angles(params: &Params<'_>) -> Result<Option<[f64; 2]>, Problem> {
    const DEFAULT: f64 = 45.0;
    let Some(angles) = params.object("angles")? else {
        return Ok(None);
    };
    let (rz, rx) = (float(&angles, "rz")?, float(&angles, "rx")?);
    Ok(Some([rz.unwrap_or(DEFAULT), rx.unwrap_or(DEFAULT)]))
}

/// A preset's name by any of its names, also as `camera` itself or in it.
fn preset_name<'a>(params: &Params<'a>) -> Result<Option<&'a str>, Problem> {
    let named = params.text(PRESET_NAMES)?;
    let camera = match params.get("camera") {
        None => None,
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Object(_)) => match params.object("camera")? {
            Some(camera) => camera.text(PRESET_NAMES)?,
            None => None,
        },
        Some(_) => return Err(wrong("camera", "a preset's name or an object")),
    };
    Ok(named.or(camera))
}

/// Legacy: an unknown preset is the default view.
fn preset_of(name: &str, params: &Params<'_>) -> From {
    if let Some(preset) = Preset::from_name(name) {
        return From::Preset(preset);
    }
    let parallel = PARALLEL.into_iter().find(|(known, _)| name.trim().eq_ignore_ascii_case(known));
    if let Some((_, view)) = parallel {
        return From::Parallel(view);
    }
    let shown = &name[..name.floor_char_boundary(64)];
    let known = Preset::ALL.map(Preset::name).into_iter().chain(PARALLEL.map(|(name, _)| name));
    let known = known.collect::<Vec<_>>().join(", ");
    params.warn(format!("unknown camera preset '{shown}': use one of {known}"));
    From::Project
}

/// The lens that is asked for beside the camera, else in it.
fn lens(asked: &Asked<'_, '_>) -> Result<Lens, Problem> {
    let beside = asked.find(is_parallel)?;
    let inside = asked.find(|params| match params.get("camera") {
        Some(Value::Object(_)) => match params.object("camera")? {
            Some(camera) => is_parallel(&camera),
            None => Ok(None),
        },
        _ => Ok(None),
    })?;
    Ok(if beside.or(inside) == Some(true) { Lens::Parallel } else { Lens::AsIs })
}

fn is_parallel(params: &Params<'_>) -> Result<Option<bool>, Problem> {
    let named = params.text(&["projection"])?;
    let named = named.map(|name| name.to_ascii_lowercase().starts_with("ortho"));
    Ok(flag(params, "orthographic")?.or(named))
}
