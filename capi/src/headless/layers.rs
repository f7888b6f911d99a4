//! Layers.

use super::types::goxel_error_t::{self, *};
use super::types::{goxel_color_t, goxel_layer_id_t};
use crate::context::{Desk, goxel_context_t};
use crate::failure::{During, Failure};
use crate::guard::guard;
use crate::input::{Flag, not_null, string};
use goxel_engine::command::{Author, Command};
use goxel_engine::project::Project;
use goxel_engine::scene::LayerId;
use std::ffi::{c_char, c_int};
use std::fmt;

/// Adds an empty layer on top, makes it the active one, and writes its id.
///
/// `name` is copied, at most 255 bytes of it, and need not be unique; NULL stands for the next
/// free "Layer.N". `color` is not used: layers have no colour of their own.
///
/// # Safety
/// `ctx` is NULL or live; `name` is NULL or a string; `layer_id` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_create_layer(
    ctx: *mut goxel_context_t,
    name: *const c_char,
    color: *const goxel_color_t,
    visible: Flag,
    layer_id: *mut goxel_layer_id_t,
) -> goxel_error_t {
    let _ = color;
    let create = |desk: &mut Desk| {
        not_null([layer_id.is_null()])?;
        // SAFETY: NULL or a string, by this function's contract.
        let name = unsafe { string(name) }.map(|name| name.to_string_lossy().into_owned());
        let command = Command::AddLayer { name, visible: visible != 0 };
        let edit = |project: &mut Project| Ok(project.apply(command, Author::default())?.layer);
        let made =
            desk.edit(GOXEL_ERROR_INVALID_OPERATION, edit).during(format_args!("create layer"))?;
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe { layer_id.write(number(made)) };
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, create) }
}

/// Deletes a layer with its voxels. The last one is replaced by an empty layer; if the active
/// one goes, the topmost becomes active.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_delete_layer(
    ctx: *mut goxel_context_t,
    layer_id: goxel_layer_id_t,
) -> goxel_error_t {
    let what = format_args!("delete layer {layer_id}");
    let delete =
        |desk: &mut Desk| change(desk, layer_id, what, |layer| Command::DeleteLayer { layer });
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, delete) }
}

/// Makes a layer the one that voxel calls go to.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_set_active_layer(
    ctx: *mut goxel_context_t,
    layer_id: goxel_layer_id_t,
) -> goxel_error_t {
    let what = format_args!("set active layer {layer_id}");
    let set = |desk: &mut Desk| change(desk, layer_id, what, |layer| Command::SetActive { layer });
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, set) }
}

/// Writes the id of the active layer, or -1 when there is no project.
///
/// # Safety
/// `ctx` is NULL or live; `layer_id` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_active_layer(
    ctx: *mut goxel_context_t,
    layer_id: *mut goxel_layer_id_t,
) -> goxel_error_t {
    let get = |desk: &mut Desk| {
        not_null([layer_id.is_null()])?;
        let active = desk.project().map_or(-1, |project| number(project.scene().active));
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe { layer_id.write(active) };
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, get) }
}

/// Shows or hides a layer in pictures.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_set_layer_visibility(
    ctx: *mut goxel_context_t,
    layer_id: goxel_layer_id_t,
    visible: Flag,
) -> goxel_error_t {
    let what = format_args!("set visibility of layer {layer_id}");
    let set = |desk: &mut Desk| {
        let visible = visible != 0;
        change(desk, layer_id, what, |layer| Command::SetVisible { layer, visible })
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, set) }
}

/// Writes how many layers there are: 0 when there is no project.
///
/// # Safety
/// `ctx` is NULL or live; `count` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_layer_count(
    ctx: *mut goxel_context_t,
    count: *mut c_int,
) -> goxel_error_t {
    let get = |desk: &mut Desk| {
        not_null([count.is_null()])?;
        let layers = desk.project().map_or(0, |project| project.scene().layers.len());
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe { count.write(c_int::try_from(layers).unwrap_or(c_int::MAX)) };
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, get) }
}

/// Applies a command to the layer of that id.
fn change(
    desk: &mut Desk,
    id: goxel_layer_id_t,
    what: fmt::Arguments<'_>,
    command: impl FnOnce(LayerId) -> Command,
) -> Result<(), Failure> {
    let edit = |project: &mut Project| {
        // No layer has id 0, so a negative id is not found either.
        let layer = LayerId(u32::try_from(id).unwrap_or(0));
        Ok(project.apply(command(layer), Author::default()).map(drop)?)
    };
    desk.edit(GOXEL_ERROR_LAYER_NOT_FOUND, edit).during(what)
}

fn number(id: LayerId) -> goxel_layer_id_t {
    goxel_layer_id_t::try_from(id.0).unwrap_or(goxel_layer_id_t::MAX)
}
