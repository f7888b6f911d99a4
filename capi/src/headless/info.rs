//! Errors, memory, version, features.

use super::types::goxel_error_t::{self, *};
use crate::context::{Desk, goxel_context_t};
use crate::guard::guard;
use crate::input::{ErrorNumber, error, not_null, string};
use goxel_engine::project::Project;
use goxel_engine::scene::{Layer, Scene};
use std::ffi::{CStr, c_char, c_int};

/// Says an error in words. Never NULL; the string is static.
#[unsafe(no_mangle)]
pub extern "C" fn goxel_get_error_string(error: ErrorNumber) -> *const c_char {
    text_of(error).as_ptr()
}

/// Says why the last failed call on this context failed, or NULL when none did.
///
/// The text is set by failures only and never cleared; GOXEL_ERROR_INVALID_CONTEXT sets none.
/// At most 511 bytes. Owned by the context: it lasts until the next failure on it, in any
/// thread, or its destruction.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_last_error(ctx: *mut goxel_context_t) -> *const c_char {
    // SAFETY: NULL or live, by this function's contract.
    let context = unsafe { goxel_context_t::at(ctx) };
    context.map_or(std::ptr::null(), goxel_context_t::last_error)
}

/// Writes how many bytes the voxels of the project take, and how many the context with its
/// project takes in all, voxels included. What layers share is counted for each.
///
/// # Safety
/// `ctx` is NULL or live; the others are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_memory_usage(
    ctx: *mut goxel_context_t,
    bytes_used: *mut usize,
    bytes_allocated: *mut usize,
) -> goxel_error_t {
    let usage = |desk: &mut Desk| {
        not_null([bytes_used.is_null(), bytes_allocated.is_null()])?;
        let scene = desk.project().map(Project::scene);
        let (voxels, rest) = scene.map_or((0, 0), |scene| (voxel_bytes(scene), rest_bytes(scene)));
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe {
            bytes_used.write(voxels);
            bytes_allocated.write(voxels + rest + size_of::<goxel_context_t>());
        }
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, usage) }
}

/// The version of the library, which need not be that of this header. Each of the three may be
/// NULL. The string is static.
///
/// # Safety
/// Each is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_version(
    major: *mut c_int,
    minor: *mut c_int,
    patch: *mut c_int,
) -> *const c_char {
    for (out, part) in [major, minor, patch].into_iter().zip(VERSION_PARTS) {
        // SAFETY: NULL or writable, by this function's contract.
        if let Some(out) = unsafe { out.as_mut() } {
            *out = part;
        }
    }
    VERSION.as_ptr()
}

/// Whether the library can do something. Known are:
///
/// - "osmesa": pictures without a GPU and a display. True: the library has its own renderer,
///   and OSMesa is not in it;
/// - "threading": contexts may be used from any thread. True;
/// - "scripting": false, no function of this API runs a script.
///
/// False for NULL and anything else. `feature` is borrowed.
///
/// # Safety
/// `feature` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_has_feature(feature: *const c_char) -> bool {
    // SAFETY: NULL or a string, by this function's contract.
    let feature = unsafe { string(feature) }.map(CStr::to_bytes);
    matches!(feature, Some(b"osmesa" | b"threading"))
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version holds no NUL"),
    };

const VERSION_PARTS: [c_int; 3] = [
    parse(env!("CARGO_PKG_VERSION_MAJOR")),
    parse(env!("CARGO_PKG_VERSION_MINOR")),
    parse(env!("CARGO_PKG_VERSION_PATCH")),
];

const fn parse(part: &str) -> c_int {
    match c_int::from_str_radix(part, 10) {
        Ok(number) => number,
        Err(_) => panic!("a version is made of numbers"),
    }
}

const fn text(error: goxel_error_t) -> &'static CStr {
    match error {
        GOXEL_SUCCESS => c"Success",
        GOXEL_ERROR_INVALID_CONTEXT => c"Invalid or NULL context provided",
        GOXEL_ERROR_INVALID_PARAMETER => c"Invalid parameter value",
        GOXEL_ERROR_FILE_NOT_FOUND => c"File does not exist",
        GOXEL_ERROR_FILE_ACCESS => c"Cannot read/write file",
        GOXEL_ERROR_UNSUPPORTED_FORMAT => c"File format not supported",
        GOXEL_ERROR_OUT_OF_MEMORY => c"Memory allocation failed",
        GOXEL_ERROR_INVALID_OPERATION => c"Operation not valid in current state",
        GOXEL_ERROR_LAYER_NOT_FOUND => c"Specified layer does not exist",
        GOXEL_ERROR_RENDER_FAILED => c"Rendering operation failed",
        GOXEL_ERROR_SCRIPT_FAILED => c"Script execution failed",
        GOXEL_ERROR_INIT_FAILED => c"Context initialization failed",
        GOXEL_ERROR_UNKNOWN => c"Unknown or unspecified error",
    }
}

fn text_of(number: ErrorNumber) -> &'static CStr {
    error(number).map_or(c"Unknown error", text)
}

fn voxel_bytes(scene: &Scene) -> usize {
    scene.layers.iter().map(|layer| layer.volume.bytes()).sum()
}

fn rest_bytes(scene: &Scene) -> usize {
    let names: usize = scene.layers.iter().map(|layer| layer.name.capacity()).sum();
    size_of::<Scene>() + scene.layers.capacity() * size_of::<Layer>() + names
}
