//! Projects: new, loaded, saved, closed.

use super::types::goxel_error_t::{self, *};
use crate::context::{Desk, goxel_context_t};
use crate::failure::{During, Failure};
use crate::guard::guard;
use crate::input::{invalid, not_null, path as path_of, string};
use crate::io::{self, Care};
use goxel_engine::format::{self, Format, Limits};
use goxel_engine::project::Project;
use goxel_engine::scene::Scene;
use std::ffi::{CStr, c_char, c_int};
use std::io::ErrorKind::NotFound;
use std::path::Path;

/// Replaces the project by a new one: one empty layer, one material, one camera.
///
/// Each size must be at least 1; nothing else is made of it. A project has no edges, and its
/// work area, which goxel_get_project_bounds() tells, is 32 x 32 x 32. `name` may be NULL;
/// it is borrowed and not kept.
///
/// # Safety
/// `ctx` is NULL or live; `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_create_project(
    ctx: *mut goxel_context_t,
    name: *const c_char,
    width: c_int,
    height: c_int,
    depth: c_int,
) -> goxel_error_t {
    // No format and no function gives a project's name back.
    let _ = name;
    let create = |desk: &mut Desk| {
        if [width, height, depth].into_iter().any(|size| size <= 0) {
            return Err(invalid(&format!("Invalid project dimensions: {width}x{height}x{depth}")));
        }
        desk.put(Project::new());
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, create) }
}

/// Replaces the project by the one in a file: .gox or .vox, judged by its content.
///
/// `path` is borrowed. On failure the project is as it was; where there was none and the
/// file could be read but not understood, there is a new, empty one.
///
/// # Safety
/// `ctx` is NULL or live; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_load_project(
    ctx: *mut goxel_context_t,
    path: *const c_char,
) -> goxel_error_t {
    let load = |desk: &mut Desk| {
        // SAFETY: NULL or a string, by this function's contract.
        let path = unsafe { path_of(path, "Project path cannot be NULL") }?;
        load(desk, path).during(format_args!("load project from '{}'", path.display()))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, load) }
}

/// Saves the project in the format that the path ends in: .gox or .vox; .gox for any other.
///
/// The file is written beside `path` and then put in place: it is complete, or it is what it
/// was. `path` is borrowed. GOXEL_ERROR_FILE_ACCESS when there is no project.
///
/// # Safety
/// `ctx` is NULL or live; `path` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_save_project(
    ctx: *mut goxel_context_t,
    path: *const c_char,
) -> goxel_error_t {
    let save = |desk: &mut Desk| {
        // SAFETY: NULL or a string, by this function's contract.
        let path = unsafe { path_of(path, "Save path cannot be NULL") }?;
        let format = Format::from_path(&path.to_string_lossy()).unwrap_or(Format::Gox);
        let saved = desk.scene(GOXEL_ERROR_FILE_ACCESS).and_then(|s| save(s, path, format));
        saved.during(format_args!("save project to '{}'", path.display()))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, save) }
}

/// Saves the project in a format: "gox" or "vox", whatever the path ends in.
///
/// As goxel_save_project(), but GOXEL_ERROR_UNSUPPORTED_FORMAT when there is no project or no
/// such format. `path` and `format` are borrowed.
///
/// # Safety
/// `ctx` is NULL or live; `path` and `format` are NULL or strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_save_project_format(
    ctx: *mut goxel_context_t,
    path: *const c_char,
    format: *const c_char,
) -> goxel_error_t {
    let save = |desk: &mut Desk| {
        const REFUSAL: &str = "Save path and format cannot be NULL";
        // SAFETY: NULL or strings, by this function's contract.
        let (path, name) = unsafe { (path_of(path, REFUSAL)?, string(format)) };
        let name = name.ok_or_else(|| invalid(REFUSAL))?;
        let saved = desk
            .scene(GOXEL_ERROR_UNSUPPORTED_FORMAT)
            .and_then(|scene| save(scene, path, format_named(name)?));
        saved.during(format_args!("save project to '{}'", path.display()))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, save) }
}

/// Discards the project. A new, empty one takes its place, so that calls go on working.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_close_project(ctx: *mut goxel_context_t) -> goxel_error_t {
    let close = |desk: &mut Desk| {
        desk.put(Project::new());
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, close) }
}

/// Writes the size of the project's work area: 32 x 32 x 32 in a new project, else what its
/// file says; zeros when the file says there is none. Voxels may lie outside.
///
/// # Safety
/// `ctx` is NULL or live; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_project_bounds(
    ctx: *mut goxel_context_t,
    width: *mut c_int,
    height: *mut c_int,
    depth: *mut c_int,
) -> goxel_error_t {
    let bounds = |desk: &mut Desk| {
        not_null([width.is_null(), height.is_null(), depth.is_null()])?;
        let scene =
            desk.scene(GOXEL_ERROR_INVALID_OPERATION).during(format_args!("get project bounds"))?;
        let size = if scene.area.is_set() { scene.area_size() } else { [0; 3] };
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe {
            width.write(size[0]);
            height.write(size[1]);
            depth.write(size[2]);
        }
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, bounds) }
}

fn load(desk: &mut Desk, path: &Path) -> Result<(), Failure> {
    let bytes = io::read(path).map_err(|error| match error.kind() {
        NotFound => Failure::new(GOXEL_ERROR_FILE_NOT_FOUND, error),
        _ => Failure::new(GOXEL_ERROR_FILE_ACCESS, error),
    })?;
    let scene = format::decode(&bytes, &Limits::default());
    if scene.is_err() && desk.project().is_none() {
        // Legacy: whoever goes on after this failure has a project to go on with.
        desk.put(Project::new());
    }
    desk.put(Project::from_scene(scene?));
    Ok(())
}

fn save(scene: &Scene, path: &Path, format: Format) -> Result<(), Failure> {
    let bytes = format::encode(scene, format)?;
    io::write(path, &bytes, Care::Synced)
        .map_err(|error| Failure::new(GOXEL_ERROR_FILE_ACCESS, error))
}

fn format_named(name: &CStr) -> Result<Format, Failure> {
    let name = name.to_string_lossy();
    Format::from_name(&name).ok_or_else(|| {
        let why = format!("format '{name}' is not built in: use 'gox' or 'vox'");
        Failure::new(GOXEL_ERROR_UNSUPPORTED_FORMAT, why)
    })
}
