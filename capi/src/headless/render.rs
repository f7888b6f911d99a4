//! Pictures of the project, into files and buffers.

use super::types::goxel_error_t::{self, *};
use super::types::goxel_render_format_t::{self, *};
use super::types::{goxel_camera_preset_t, goxel_render_options_t};
use crate::context::{Desk, goxel_context_t};
use crate::failure::{During, Failure};
use crate::guard::guard;
use crate::input::{camera, invalid, path as path_of, picture_format, value};
use crate::io::{self, Care};
use goxel_engine::image::{Effort, Encoding};
use goxel_engine::parallel::Threads;
use goxel_engine::render::{self, Control, Job, Preset, Settings, View};
use goxel_engine::scene::DEFAULT_AREA_BOUNDS;
use std::ffi::{c_char, c_int};
use std::fmt::Display;
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
    encoding: Encoding,
}

impl Wish {
    fn of(options: &goxel_render_options_t) -> Result<Self, Failure> {
        let goxel_render_options_t { width, height, camera: from, format, quality } = *options;
        let (Some(wide), Some(high)) = (at_least_one(width), at_least_one(height)) else {
            return Err(invalid(&format!("Invalid render dimensions: {width}x{height}")));
        };
        let preset = preset(camera(from)?);
        let encoding = encoding(picture_format(format)?, quality)?;
        Ok(Self { width: wide, height: high, preset, encoding })
    }
}

/// Quality 0 is what programs say that have nothing to say.
fn encoding(format: goxel_render_format_t, quality: c_int) -> Result<Encoding, Failure> {
    const USUAL: u8 = 90;
    let quality = match (format, u8::try_from(quality)) {
        (GOXEL_FORMAT_PNG, _) => return Ok(Encoding::Png(Effort::Fast)),
        (GOXEL_FORMAT_BMP, _) => return Ok(Encoding::Bmp),
        (GOXEL_FORMAT_JPEG, Ok(0)) => USUAL,
        (GOXEL_FORMAT_JPEG, Ok(quality @ 1..=100)) => quality,
        (GOXEL_FORMAT_JPEG, _) => {
            return Err(invalid(&format!("Invalid render quality: {quality}")));
        }
    };
    Ok(Encoding::Jpeg { quality, matte: [255; 3] })
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

/// The project as a picture file.
fn picture(desk: &Desk, wish: &Wish) -> Result<Vec<u8>, Failure> {
    let snapshot = desk.snapshot(GOXEL_ERROR_RENDER_FAILED)?;
    let (scene, threads) = (snapshot.scene(), available_parallelism().map_or(1, NonZero::get));
    let (width, height) = (wish.width, wish.height);
    let light = scene.light.clone();
    let settings = Settings { width, height, threads, light, ..Settings::default() };
    let drawn = snapshot.drawn(Threads(threads));
    let bounds = drawn.bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let camera = View::Preset(wish.preset).camera(Some(scene), bounds, [width, height]);
    let camera = camera.map_err(unmade)?;
    let control = Control::default();
    let job =
        Job { drawn: &drawn, scene: Some(scene), camera: &camera, settings: &settings, control };
    if let Encoding::Png(_) = wish.encoding {
        return render::png(&job).map_err(unmade);
    }
    let picture = render::picture(&job).map_err(unmade)?;
    wish.encoding.encode(&picture, Threads(threads)).map_err(unmade)
}

fn unmade(error: impl Display) -> Failure {
    Failure::new(GOXEL_ERROR_RENDER_FAILED, error)
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
