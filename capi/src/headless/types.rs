//! The types of the API. Layouts and numbers never change.
#![allow(non_camel_case_types)]

use crate::input::{CameraNumber, FormatNumber};
use std::ffi::c_int;

/// What a call answers.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum goxel_error_t {
    /// It worked.
    GOXEL_SUCCESS = 0,
    /// The context is NULL, not initialised, or no context at all.
    GOXEL_ERROR_INVALID_CONTEXT = 1,
    /// A pointer is NULL or a value is out of range.
    GOXEL_ERROR_INVALID_PARAMETER = 2,
    /// There is no such file.
    GOXEL_ERROR_FILE_NOT_FOUND = 3,
    /// The file is there but cannot be read, or cannot be written.
    GOXEL_ERROR_FILE_ACCESS = 4,
    /// The file is of no known format or broken, or the format is not built in.
    GOXEL_ERROR_UNSUPPORTED_FORMAT = 5,
    /// Out of memory, or over a limit that guards it.
    GOXEL_ERROR_OUT_OF_MEMORY = 6,
    /// The call makes no sense in the state the project is in.
    GOXEL_ERROR_INVALID_OPERATION = 7,
    /// No layer has that id.
    GOXEL_ERROR_LAYER_NOT_FOUND = 8,
    /// The picture could not be made.
    GOXEL_ERROR_RENDER_FAILED = 9,
    /// A script failed; no function of this API answers it.
    GOXEL_ERROR_SCRIPT_FAILED = 10,
    /// The context could not be initialised.
    GOXEL_ERROR_INIT_FAILED = 11,
    /// An error inside the library; please report it.
    GOXEL_ERROR_UNKNOWN = -1,
}

/// A colour: sRGB with straight alpha. Alpha 0 is an empty place.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct goxel_color_t {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Alpha.
    pub a: u8,
}

/// A place: one voxel. Z is up; any int will do.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct goxel_pos_t {
    /// To the right.
    pub x: c_int,
    /// To the back.
    pub y: c_int,
    /// Up.
    pub z: c_int,
}

/// A box of voxels; both corners belong to it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct goxel_box_t {
    /// The corner with the least coordinates.
    pub min: goxel_pos_t,
    /// The corner with the greatest coordinates.
    pub max: goxel_pos_t,
}

/// A layer's id: at least 1, unique in its project, used again after deletion.
pub type goxel_layer_id_t = c_int;

/// From where a picture is taken; the camera moves until the voxels fill the picture.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum goxel_camera_preset_t {
    /// From the front, looking along +Y.
    GOXEL_CAMERA_FRONT = 0,
    /// From the back.
    GOXEL_CAMERA_BACK = 1,
    /// From the left.
    GOXEL_CAMERA_LEFT = 2,
    /// From the right.
    GOXEL_CAMERA_RIGHT = 3,
    /// From above.
    GOXEL_CAMERA_TOP = 4,
    /// From below.
    GOXEL_CAMERA_BOTTOM = 5,
    /// From a corner, half above.
    GOXEL_CAMERA_ISOMETRIC = 6,
}

/// The format of a picture.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum goxel_render_format_t {
    /// PNG, 8-bit RGBA.
    GOXEL_FORMAT_PNG = 0,
    /// JPEG, of the options' quality.
    GOXEL_FORMAT_JPEG = 1,
    /// BMP, 24 bits, not compressed.
    GOXEL_FORMAT_BMP = 2,
}

/// How to render. A number that its enum does not name is GOXEL_ERROR_INVALID_PARAMETER.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct goxel_render_options_t {
    /// Pixels in a row, at least 1.
    pub width: c_int,
    /// Rows, at least 1.
    pub height: c_int,
    /// From where.
    pub camera: CameraNumber,
    /// Into which format.
    pub format: FormatNumber,
    /// 1 to 100 for JPEG, where 0 is 90 and others are GOXEL_ERROR_INVALID_PARAMETER. PNG and
    /// BMP lose nothing and do not look at it.
    pub quality: c_int,
}
