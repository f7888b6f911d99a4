//! Pictures of the project: to a file, or inside the reply.

use crate::colors::color_of;
use crate::error::Problem;
use crate::handlers::camera;
use crate::host::Host;
use crate::job::Effect;
use crate::params::{Params, wrong};
use crate::projects::View;
use crate::values::{PATH, flag, float, integer};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use goxel_engine::image::Encoding;
use goxel_engine::mesh::marching::Style;
use goxel_engine::parallel::Threads;
use goxel_engine::render::{
    self, Antialias, Background, Control, Job, MAX_PIXELS, MAX_SIDE, Mode, PathSettings,
    RenderError, SAMPLES_MAX, Settings,
};
use goxel_engine::scene::{DEFAULT_AREA_BOUNDS, Scene};
use goxel_engine::snapshot::Snapshot;
use serde_json::{Value, json};
use std::time::Duration;

const DEFAULT_SIDE: u32 = 512;
/// The largest file that is put into a reply.
const MAX_INLINE: usize = 48 << 20;
/// The most samples in a path-traced picture, all pixels together: those of the largest picture
/// where nobody says how many. They keep one core busy for an hour or two.
const MAX_SAMPLES: u64 = 1 << 33;
const BACKGROUND: [u8; 4] = [240, 240, 240, 255];
const BACKGROUND_NAMES: &[&str] = &["background_color", "background"];
const RETURN_MODES: [&str; 3] = ["file_path", "direct", "base64"];

/// `goxel.render_scene`
pub(crate) fn scene(
    view: &View,
    host: &dyn Host,
    params: &Params<'_>,
) -> Result<(Value, Effect), Problem> {
    let options = params.object("options")?;
    let asked = Asked { params, options };
    let path = target(&asked)?;
    let encoding = encoding(&asked)?;
    let scene = view.snapshot.scene();
    let settings = Settings { threads: host.render_threads(), ..settings(&asked, scene)? };
    let begun = host.clock();
    let bytes = picture(&view.snapshot, &asked, &settings, encoding)?;
    let took = host.clock().saturating_sub(begun);
    let file = File { bytes, encoding, width: settings.width, height: settings.height, took };
    let result = match path {
        Some(path) => to_file(host, path, &file)?,
        None => inline(&file)?,
    };
    Ok((result, Effect::None))
}

/// A picture as it leaves.
struct File {
    bytes: Vec<u8>,
    encoding: Encoding,
    width: u32,
    height: u32,
    took: Duration,
}

impl File {
    /// In whole microseconds.
    fn render_time_ms(&self) -> f64 {
        self.took.as_micros() as f64 / 1000.0
    }
}

/// Parameters that may also be given inside `options`.
pub(super) struct Asked<'a, 'p> {
    pub params: &'p Params<'a>,
    pub options: Option<Params<'a>>,
}

impl<'a> Asked<'a, '_> {
    /// What reads as something in the parameters, else in the options.
    pub fn find<T>(
        &self,
        read: impl Fn(&Params<'a>) -> Result<Option<T>, Problem>,
    ) -> Result<Option<T>, Problem> {
        match (read(self.params)?, &self.options) {
            (None, Some(options)) => read(options),
            (found, _) => Ok(found),
        }
    }
}

/// Where the picture goes: a path, or the reply itself.
fn target<'a>(asked: &Asked<'a, '_>) -> Result<Option<&'a str>, Problem> {
    let path = asked.params.text(PATH)?.filter(|path| !path.is_empty());
    match asked.find(|params| params.text(&["return_mode"]))? {
        None | Some("direct") => Ok(path),
        Some("base64") => Ok(None),
        Some("file_path") => Err(Problem::unable(
            "render_manager_unavailable",
            "Render manager not available, file transfer mode disabled",
        )),
        Some(other) => {
            let shown = &other[..other.floor_char_boundary(64)];
            Err(wrong("return_mode", &format!("one of {}", RETURN_MODES.join(", ")))
                .with("valid_modes", json!(RETURN_MODES))
                .with("provided", shown))
        }
    }
}

/// Legacy: PNG unless another format is named, whatever the path ends in.
fn encoding(asked: &Asked<'_, '_>) -> Result<Encoding, Problem> {
    let name = asked.find(|params| params.text(&["format"]))?.unwrap_or("png");
    let encoding = Encoding::from_name(name).ok_or_else(|| {
        let known = Encoding::ALL.map(Encoding::name);
        wrong("format", &format!("one of {}", known.join(", "))).with("valid_formats", json!(known))
    })?;
    match encoding {
        Encoding::Jpeg { .. } => Ok(match whole(asked, "quality", 100)? {
            Some(quality) => encoding.with_quality(quality as u8),
            None => encoding,
        }),
        _ => Ok(encoding),
    }
}

/// A whole number from 1 to `most`.
fn whole(asked: &Asked<'_, '_>, name: &'static str, most: u32) -> Result<Option<u32>, Problem> {
    let read = |params: &Params<'_>| match integer(params, name)?.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(value)) if (1..=most).contains(&value) => Ok(Some(value)),
        Some(_) => Err(wrong(name, &format!("between 1 and {most}"))),
    };
    asked.find(read)
}

/// A number from 0 to 1.
fn share(asked: &Asked<'_, '_>, name: &'static str) -> Result<Option<f32>, Problem> {
    let read = |params: &Params<'_>| match float(params, name)? {
        Some(value) if !(0.0..=1.0).contains(&value) => Err(wrong(name, "between 0 and 1")),
        value => Ok(value.map(|value| value as f32)),
    };
    asked.find(read)
}

fn settings(asked: &Asked<'_, '_>, scene: &Scene) -> Result<Settings, Problem> {
    let (width, height) = (side(asked.params, "width")?, side(asked.params, "height")?);
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(wrong("width", &format!("so that width times height is at most {MAX_PIXELS}")));
    }
    let mode = mode(asked)?;
    let default = Settings::default();
    Ok(Settings {
        width,
        height,
        mode,
        background: background(asked)?,
        antialias: antialias(asked)?,
        light: scene.light.clone(),
        edges: share(asked, "edges")?.unwrap_or(default.edges),
        occlusion: share(asked, "occlusion")?.unwrap_or(default.occlusion),
        path: if mode == Mode::Path { path(asked, width, height)? } else { default.path },
        marching: if mode == Mode::Marching { style(asked)? } else { default.marching },
        ..default
    })
}

fn path(asked: &Asked<'_, '_>, width: u32, height: u32) -> Result<PathSettings, Problem> {
    let default = PathSettings::default();
    let samples = whole(asked, "samples", SAMPLES_MAX)?.unwrap_or(default.samples);
    if u64::from(width) * u64::from(height) * u64::from(samples) > MAX_SAMPLES {
        let text = format!("so that width times height times samples is at most {MAX_SAMPLES}");
        return Err(wrong("samples", &text));
    }
    let floor = match asked.find(|params| flag(params, "floor"))? {
        Some(false) => None,
        _ => default.floor,
    };
    Ok(PathSettings { samples, floor, ..default })
}

fn style(asked: &Asked<'_, '_>) -> Result<Style, Problem> {
    Ok(match asked.find(|params| flag(params, "smooth"))? {
        Some(true) => Style::Smooth,
        _ => Style::Flat,
    })
}

/// Legacy: missing, zero or below is 512.
fn side(params: &Params<'_>, name: &'static str) -> Result<u32, Problem> {
    match integer(params, name)?.map(u32::try_from) {
        None | Some(Err(_) | Ok(0)) => Ok(DEFAULT_SIDE),
        Some(Ok(side)) if side <= MAX_SIDE => Ok(side),
        Some(Ok(_)) => Err(wrong(name, &format!("at most {MAX_SIDE}"))),
    }
}

fn mode(asked: &Asked<'_, '_>) -> Result<Mode, Problem> {
    let Some(name) = asked.find(|params| params.text(&["mode", "shading"]))? else {
        return Ok(Mode::default());
    };
    let modes = Mode::ALL.map(Mode::name);
    Mode::from_name(name).ok_or_else(|| {
        wrong("mode", &format!("one of {}", modes.join(", "))).with("valid_modes", json!(modes))
    })
}

fn antialias(asked: &Asked<'_, '_>) -> Result<Antialias, Problem> {
    Ok(match asked.find(|params| flag(params, "antialias"))? {
        Some(false) => Antialias::Off,
        _ => Antialias::default(),
    })
}

fn background(asked: &Asked<'_, '_>) -> Result<Background, Problem> {
    let Some((name, value)) = asked.find(|params| Ok(params.any(BACKGROUND_NAMES)))? else {
        return Ok(Background::Solid(BACKGROUND));
    };
    match value {
        Value::String(word) if word == "transparent" => Ok(Background::Transparent),
        Value::Array(channels) => Ok(Background::Solid(channels_of(channels))),
        value => color_of(name, value).map(|color| Background::Solid(color.0)),
    }
}

/// Legacy: what is no whole number keeps the default, fewer than three change nothing.
fn channels_of(channels: &[Value]) -> [u8; 4] {
    let mut color = BACKGROUND;
    if channels.len() >= 3 {
        for (slot, value) in color.iter_mut().zip(channels) {
            *slot = value.as_i64().map_or(*slot, |whole| whole.clamp(0, 255) as u8);
        }
    }
    color
}

/// The picture as a file.
fn picture(
    snapshot: &Snapshot,
    asked: &Asked<'_, '_>,
    settings: &Settings,
    encoding: Encoding,
) -> Result<Vec<u8>, Problem> {
    let (scene, view) = (snapshot.scene(), camera::read(asked)?);
    let threads = Threads(settings.threads);
    let drawn = snapshot.drawn(threads);
    let bounds = drawn.bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let camera = view.camera(scene, bounds, [settings.width, settings.height])?;
    let control = Control::default();
    let job = Job { drawn: &drawn, scene: Some(scene), camera: &camera, settings, control };
    if let Encoding::Png(_) = encoding {
        return render::png(&job).map_err(unmade);
    }
    let picture = render::picture(&job).map_err(unmade)?;
    let file = encoding.encode(&picture, threads);
    file.map_err(|error| Problem::engine(error.kind(), error.to_string()))
}

pub(super) fn unmade(error: RenderError) -> Problem {
    Problem::engine(error.kind(), error.to_string())
}

fn to_file(host: &dyn Host, path: &str, file: &File) -> Result<Value, Problem> {
    host.write_file(path, &file.bytes).map_err(|error| Problem::io(&error))?;
    Ok(json!({
        "success": true,
        "width": file.width,
        "height": file.height,
        "format": file.encoding.name(),
        "output_path": path,
        "message": format!("Scene rendered to {path}"),
        "path": path,
        "size": file.bytes.len(),
        "render_time_ms": file.render_time_ms(),
    }))
}

fn inline(file: &File) -> Result<Value, Problem> {
    let size = file.bytes.len();
    if size > MAX_INLINE {
        let detail = format!("the picture takes {size} bytes: give an output_path");
        return Err(Problem::refused("limit_exceeded", detail).with("max_bytes", MAX_INLINE));
    }
    let text = BASE64_STANDARD.encode(&file.bytes);
    Ok(json!({
        "success": true,
        "format": file.encoding.name(),
        "width": file.width,
        "height": file.height,
        "size": size,
        "render_time_ms": file.render_time_ms(),
        "image_data": text,
        "image": text,
    }))
}
