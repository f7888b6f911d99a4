//! What comes in from C, taken as what it may really be.
//!
//! C can put any number into an enum and any byte into a bool, so neither comes
//! in as such. The header generator knows these names and writes the C types.

use crate::failure::Failure;
use crate::headless::types::goxel_error_t;
use crate::headless::types::{goxel_camera_preset_t, goxel_render_format_t};
use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A `goxel_error_t`, or any other number.
pub type ErrorNumber = c_int;
/// A `goxel_camera_preset_t`, or any other number.
pub type CameraNumber = c_int;
/// A `goxel_render_format_t`, or any other number.
pub type FormatNumber = c_int;
/// A `bool`, or any other byte.
pub type Flag = u8;

/// The string there, as C gave it.
///
/// # Safety
/// `text` is NULL or a string that lives as long as `'a`.
pub unsafe fn string<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, so a string, by this function's contract.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// The string there as a path, or the refusal in those words.
///
/// # Safety
/// As [`string`].
pub unsafe fn path<'a>(text: *const c_char, refusal: &str) -> Result<&'a Path, Failure> {
    // SAFETY: by this function's contract.
    let text = unsafe { string(text) }.ok_or_else(|| invalid(refusal))?;
    Ok(Path::new(OsStr::from_bytes(text.to_bytes())))
}

/// The value there, or the refusal in those words.
///
/// # Safety
/// `pointer` is NULL or readable as a `T` that lives as long as `'a`.
pub unsafe fn value<'a, T>(pointer: *const T, refusal: &str) -> Result<&'a T, Failure> {
    // SAFETY: by this function's contract.
    unsafe { pointer.as_ref() }.ok_or_else(|| invalid(refusal))
}

/// Refuses NULL among the outputs.
pub fn not_null<const N: usize>(outputs: [bool; N]) -> Result<(), Failure> {
    if outputs.contains(&true) {
        return Err(invalid("Output parameters cannot be NULL"));
    }
    Ok(())
}

/// The camera of that number.
pub fn camera(number: CameraNumber) -> Result<goxel_camera_preset_t, Failure> {
    use goxel_camera_preset_t as Camera;
    let all = [
        Camera::GOXEL_CAMERA_FRONT,
        Camera::GOXEL_CAMERA_BACK,
        Camera::GOXEL_CAMERA_LEFT,
        Camera::GOXEL_CAMERA_RIGHT,
        Camera::GOXEL_CAMERA_TOP,
        Camera::GOXEL_CAMERA_BOTTOM,
        Camera::GOXEL_CAMERA_ISOMETRIC,
    ];
    let known = all.into_iter().find(|camera| *camera as c_int == number);
    known.ok_or_else(|| invalid(&format!("Invalid camera preset: {number}")))
}

/// The picture format of that number.
pub fn picture_format(number: FormatNumber) -> Result<goxel_render_format_t, Failure> {
    use goxel_render_format_t as Format;
    let all = [Format::GOXEL_FORMAT_PNG, Format::GOXEL_FORMAT_JPEG, Format::GOXEL_FORMAT_BMP];
    let known = all.into_iter().find(|format| *format as c_int == number);
    known.ok_or_else(|| invalid(&format!("Invalid render format: {number}")))
}

/// The error of that number.
pub fn error(number: ErrorNumber) -> Option<goxel_error_t> {
    use goxel_error_t as Error;
    let all = [
        Error::GOXEL_SUCCESS,
        Error::GOXEL_ERROR_INVALID_CONTEXT,
        Error::GOXEL_ERROR_INVALID_PARAMETER,
        Error::GOXEL_ERROR_FILE_NOT_FOUND,
        Error::GOXEL_ERROR_FILE_ACCESS,
        Error::GOXEL_ERROR_UNSUPPORTED_FORMAT,
        Error::GOXEL_ERROR_OUT_OF_MEMORY,
        Error::GOXEL_ERROR_INVALID_OPERATION,
        Error::GOXEL_ERROR_LAYER_NOT_FOUND,
        Error::GOXEL_ERROR_RENDER_FAILED,
        Error::GOXEL_ERROR_SCRIPT_FAILED,
        Error::GOXEL_ERROR_INIT_FAILED,
        Error::GOXEL_ERROR_UNKNOWN,
    ];
    all.into_iter().find(|error| *error as c_int == number)
}

/// A refusal of an input.
pub fn invalid(why: &str) -> Failure {
    Failure::new(goxel_error_t::GOXEL_ERROR_INVALID_PARAMETER, why)
}
