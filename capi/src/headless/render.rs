//! Pictures of the project, into files and buffers.

use super::types::goxel_error_t::{self, *};
use super::types::{goxel_camera_preset_t, goxel_render_format_t, goxel_render_options_t};
use crate::context::{Desk, goxel_context_t};
use crate::failure::{During, Failure};
use crate::guard::guard;
use crate::input::{camera, invalid, path as path_of, picture_format, value};
use crate::io::{self, Care};
use goxel_engine::image::png;
use goxel_engine::render::{Preset, Settings, View, picture_of};
use std::ffi::{c_char, c_int};
use std::num::NonZero;
use std::thread::available_parallelism;

/// Renders the visible layers into a picture file.
///
/// The camera is fitted to the voxels that are seen; the background is light grey. The file is
/// complete, or it is what it was: GOXEL_ERROR_FILE_ACCESS when it cannot be written, and
/// GOXEL_ERROR_RENDER_FAILED when there is no project or the picture is too large.
/// `output_path` and `options` are borrowed.
///
/// # Safety
/// `ctx` is NULL or live; `output_path` is NULL or a string; `options` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_render_to_file(
    ctx: *mut goxel_context_t,
    output_path: *const c_char,
    options: *const goxel_render_options_t,
) -> goxel_error_t {
    let render = |desk: &mut Desk| {
        const REFUSAL: &str = "Output path and options cannot be NULL";
        // SAFETY: NULL or a string, and NULL or readable, by this function's contract.
        let (path, options) = unsafe { (path_of(output_path, REFUSAL)?, value(options, REFUSAL)?) };
        let wish = Wish::of(options)?;
        let written = picture(desk, &wish).and_then(|bytes| {
            io::write(path, &bytes, Care::Quick)
                .map_err(|error| Failure::new(GOXEL_ERROR_FILE_ACCESS, error))
        });
        written.during(format_args!("render to file '{}'", path.display()))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, render) }
}

/// Renders the visible layers into a new buffer: the bytes of a picture file, not raw pixels.
///
/// The buffer comes from malloc() and is owned by the caller, who gives it back with free().
/// The camera is fitted to the voxels that are seen; the background is light grey.
/// GOXEL_ERROR_RENDER_FAILED when there is no project or the picture is too large. `options` is
/// borrowed. On failure nothing is written.
///
/// # Safety
/// `ctx` is NULL or live; `options` is NULL or readable; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_render_to_buffer(
    ctx: *mut goxel_context_t,
    buffer: *mut *mut u8,
    buffer_size: *mut usize,
    options: *const goxel_render_options_t,
) -> goxel_error_t {
    let render = |desk: &mut Desk| {
        const REFUSAL: &str = "Buffer parameters and options cannot be NULL";
        if buffer.is_null() || buffer_size.is_null() {
            return Err(invalid(REFUSAL));
        }
        // SAFETY: NULL or readable, by this function's contract.
        let wish = Wish::of(unsafe { value(options, REFUSAL) }?)?;
        let made = picture(desk, &wish).and_then(|bytes| Ok((malloc_copy(&bytes)?, bytes.len())));
        let (copy, size) = made.during(format_args!("render to buffer"))?;
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe {
            buffer.write(copy);
            buffer_size.write(size);
        }
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, render) }
}

/// Options that have been checked.
struct Wish {
    width: u32,
    height: u32,
    preset: Preset,
}

impl Wish {
    fn of(options: &goxel_render_options_t) -> Result<Self, Failure> {
        let goxel_render_options_t { width, height, camera: from, format, quality: _ } = *options;
        let (Some(wide), Some(high)) = (at_least_one(width), at_least_one(height)) else {
            return Err(invalid(&format!("Invalid render dimensions: {width}x{height}")));
        };
        let preset = preset(camera(from)?);
        match picture_format(format)? {
            goxel_render_format_t::GOXEL_FORMAT_PNG => {
                Ok(Self { width: wide, height: high, preset })
            }
            goxel_render_format_t::GOXEL_FORMAT_JPEG => Err(not_built_in("JPEG")),
            goxel_render_format_t::GOXEL_FORMAT_BMP => Err(not_built_in("BMP")),
        }
    }
}

fn at_least_one(size: c_int) -> Option<u32> {
    u32::try_from(size).ok().filter(|size| *size > 0)
}

const fn preset(camera: goxel_camera_preset_t) -> Preset {
    match camera {
        goxel_camera_preset_t::GOXEL_CAMERA_FRONT => Preset::Front,
        goxel_camera_preset_t::GOXEL_CAMERA_BACK => Preset::Back,
        goxel_camera_preset_t::GOXEL_CAMERA_LEFT => Preset::Left,
        goxel_camera_preset_t::GOXEL_CAMERA_RIGHT => Preset::Right,
        goxel_camera_preset_t::GOXEL_CAMERA_TOP => Preset::Top,
        goxel_camera_preset_t::GOXEL_CAMERA_BOTTOM => Preset::Bottom,
        goxel_camera_preset_t::GOXEL_CAMERA_ISOMETRIC => Preset::Isometric,
    }
}

fn not_built_in(format: &str) -> Failure {
    let why = format!("{format} pictures are not built in: use GOXEL_FORMAT_PNG");
    Failure::new(GOXEL_ERROR_UNSUPPORTED_FORMAT, why)
}

/// The project as a PNG file.
fn picture(desk: &Desk, wish: &Wish) -> Result<Vec<u8>, Failure> {
    let scene = desk.scene(GOXEL_ERROR_RENDER_FAILED)?;
    let settings = Settings {
        width: wish.width,
        height: wish.height,
        threads: available_parallelism().map_or(1, NonZero::get),
        light: scene.light.clone(),
        ..Settings::default()
    };
    let picture = picture_of(scene, &View::Preset(wish.preset), &settings)
        .map_err(|error| Failure::new(GOXEL_ERROR_RENDER_FAILED, error))?;
    Ok(png::encode(&picture))
}

/// A copy that C can give back with `free`.
fn malloc_copy(bytes: &[u8]) -> Result<*mut u8, Failure> {
    // SAFETY: any size may be asked for.
    let copy = unsafe { libc::malloc(bytes.len()) }.cast::<u8>();
    if copy.is_null() {
        let why = format!("no memory for {} bytes", bytes.len());
        return Err(Failure::new(GOXEL_ERROR_OUT_OF_MEMORY, why));
    }
    // SAFETY: a new block of that many bytes, so it overlaps nothing.
    unsafe { copy.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(copy)
}
