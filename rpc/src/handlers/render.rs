//! Pictures of the project: to a file, or inside the reply.

use crate::colors::color_of;
use crate::error::Problem;
use crate::handlers::camera;
use crate::host::Host;
use crate::job::Effect;
use crate::params::{Params, wrong};
use crate::session::View;
use crate::values::{PATH, flag, integer};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use goxel_engine::image::png;
use goxel_engine::parallel::Threads;
use goxel_engine::render::{self, Antialias, Background, MAX_PIXELS, MAX_SIDE, Mode, Settings};
use goxel_engine::scene::{DEFAULT_AREA_BOUNDS, Scene};
use goxel_engine::snapshot::Snapshot;
use serde_json::{Value, json};

const DEFAULT_SIDE: u32 = 512;
/// The largest PNG file that is put into a reply.
const MAX_INLINE: usize = 48 << 20;
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
    only_png(&asked)?;
    let scene = view.snapshot.scene();
    let settings = Settings { threads: host.render_threads(), ..settings(&asked, scene)? };
    let file = picture(&view.snapshot, &asked, &settings)?;
    let result = match path {
        Some(path) => to_file(host, path, &file, &settings)?,
        None => inline(&file, &settings)?,
    };
    Ok((result, Effect::None))
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

fn only_png(asked: &Asked<'_, '_>) -> Result<(), Problem> {
    match asked.find(|params| params.text(&["format"]))? {
        Some(format) if !format.eq_ignore_ascii_case("png") => {
            Err(wrong("format", "png").with("valid_formats", json!(["png"])))
        }
        _ => Ok(()),
    }
}

fn settings(asked: &Asked<'_, '_>, scene: &Scene) -> Result<Settings, Problem> {
    let (width, height) = (side(asked.params, "width")?, side(asked.params, "height")?);
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(wrong("width", &format!("so that width times height is at most {MAX_PIXELS}")));
    }
    Ok(Settings {
        width,
        height,
        mode: mode(asked)?,
        background: background(asked)?,
        antialias: antialias(asked)?,
        threads: 1,
        light: scene.light.clone(),
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
    let modes = [Mode::Flat, Mode::Lit].map(Mode::name);
    Mode::from_name(name)
        .ok_or_else(|| wrong("mode", &modes.join(" or ")).with("valid_modes", json!(modes)))
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

/// The picture as a PNG file.
fn picture(
    snapshot: &Snapshot,
    asked: &Asked<'_, '_>,
    settings: &Settings,
) -> Result<Vec<u8>, Problem> {
    let (scene, view) = (snapshot.scene(), camera::read(asked)?);
    let drawn = snapshot.drawn(Threads(settings.threads));
    let bounds = drawn.bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let camera = view.camera(scene, bounds)?.widened(settings.width, settings.height);
    let picture = render::render(&drawn, &camera, settings)
        .map_err(|error| Problem::engine(error.kind(), error.to_string()))?;
    Ok(png::encode(&picture))
}

fn to_file(
    host: &dyn Host,
    path: &str,
    file: &[u8],
    settings: &Settings,
) -> Result<Value, Problem> {
    host.write_file(path, file).map_err(|error| Problem::io(&error))?;
    Ok(json!({
        "success": true,
        "width": settings.width,
        "height": settings.height,
        "format": "png",
        "output_path": path,
        "message": format!("Scene rendered to {path}"),
        "path": path,
        "size": file.len(),
    }))
}

fn inline(file: &[u8], settings: &Settings) -> Result<Value, Problem> {
    let size = file.len();
    if size > MAX_INLINE {
        let detail = format!("the picture takes {size} bytes: give an output_path");
        return Err(Problem::refused("limit_exceeded", detail).with("max_bytes", MAX_INLINE));
    }
    let text = BASE64_STANDARD.encode(file);
    Ok(json!({
        "success": true,
        "format": "png",
        "width": settings.width,
        "height": settings.height,
        "size": size,
        "image_data": text,
        "image": text,
    }))
}
