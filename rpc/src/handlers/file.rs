//! Projects come from files and go to files. The host does the reading and writing.

use crate::error::Problem;
use crate::host::Host;
use crate::job::Effect;
use crate::params::Params;
use crate::projects::{About, OpenProject, View};
use crate::session::Config;
use crate::values::PATH;
use goxel_engine::format::{self, Format, FormatError};
use serde_json::{Value, json};

const MISSING_PATH: &str = "Missing required parameter: path";

/// `goxel.load_project`: the format is told by the content.
pub(crate) fn load(
    config: &Config,
    host: &dyn Host,
    params: &Params<'_>,
) -> Result<(OpenProject, Value), Problem> {
    let path = params.required_text(PATH, MISSING_PATH)?;
    let bytes = host.read_file(path).map_err(|error| Problem::io(&error))?;
    let scene = format::decode(&bytes, &config.format).map_err(|error| refused(&error))?;
    let project = config.project_of(scene);
    let scene = project.scene();
    let (name, size) = (stem(path), scene.area_size());
    let result = json!({
        "success": true,
        "path": path,
        "name": name,
        "project_id": null,
        "file_path": path,
        "format": format::detect(&bytes).map(Format::name),
        "layer_count": scene.layers.len(),
        "voxel_count": scene.filled(),
        "canvas_size": size,
    });
    let about = About { name: name.to_owned(), path: Some(path.to_owned()), size };
    Ok((OpenProject::new(project, about), result))
}

/// `goxel.save_project`: the project then lives at that path.
pub(crate) fn save(
    view: &View,
    host: &dyn Host,
    params: &Params<'_>,
) -> Result<(Value, Effect), Problem> {
    let (path, format) = target(params)?;
    let result = write(view, host, path, format)?;
    Ok((result, Effect::Saved { id: view.id.clone(), path: path.to_owned() }))
}

/// `goxel.export_model`
pub(crate) fn export(
    view: &View,
    host: &dyn Host,
    params: &Params<'_>,
) -> Result<(Value, Effect), Problem> {
    let (path, format) = target(params)?;
    Ok((write(view, host, path, format)?, Effect::None))
}

fn write(view: &View, host: &dyn Host, path: &str, format: Format) -> Result<Value, Problem> {
    let bytes = format::encode(view.snapshot.scene(), format).map_err(|error| refused(&error))?;
    host.write_file(path, &bytes).map_err(|error| Problem::io(&error))?;
    Ok(json!({
        "success": true,
        "path": path,
        "format": format.name(),
        "file_path": path,
        "file_size": bytes.len(),
    }))
}

/// Where to, and as what: the format that was named, else the path's.
fn target<'a>(params: &Params<'a>) -> Result<(&'a str, Format), Problem> {
    let path = params.required_text(PATH, MISSING_PATH)?;
    // `export.obj` says it in the method's name.
    let named = params.text(&["format"])?.or(params.asked().strip_prefix("export."));
    let named = named.filter(|name| *name != "model" && !name.is_empty());
    let format = match named {
        Some(name) => Format::from_name(name).ok_or_else(|| unknown_format(name)),
        None => Format::from_path(path).ok_or_else(|| unknown_format(extension(path))),
    };
    Ok((path, format?))
}

fn unknown_format(name: &str) -> Problem {
    let shown = &name[..name.floor_char_boundary(64)];
    let formats = Format::ALL.map(Format::name);
    let detail = match shown {
        "" => format!("the path names no format: end it with one of {}", formats.join(", ")),
        shown => format!("cannot write '{shown}': use one of {}", formats.join(", ")),
    };
    Problem::refused("unsupported_format", detail).with("formats", json!(formats))
}

fn refused(error: &FormatError) -> Problem {
    Problem::engine(error.kind(), error.to_string())
}

/// A path's last part without its extension.
fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map(|(stem, _)| stem).filter(|stem| !stem.is_empty()).unwrap_or(file)
}

fn extension(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}
