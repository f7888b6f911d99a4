//! Voxels of the active layer.

use super::types::goxel_error_t::{self, *};
use super::types::{goxel_box_t, goxel_color_t, goxel_pos_t};
use crate::context::{Desk, goxel_context_t};
use crate::failure::{During, Failure};
use crate::guard::guard;
use crate::input::{invalid, value};
use goxel_engine::command::{Author, Command};
use goxel_engine::composite::voxels_of;
use goxel_engine::ops::Shape;
use goxel_engine::project::Project;
use goxel_engine::scene::{LayerKind, Scene};
use goxel_engine::volume::{Bounds, Coord, Voxel};
use std::ffi::c_int;
use std::fmt;

/// Writes one voxel into the active layer, over whatever was there. Alpha 0 erases.
///
/// `color` is borrowed. On failure the project is as it was.
///
/// # Safety
/// `ctx` is NULL or live; `color` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_add_voxel(
    ctx: *mut goxel_context_t,
    x: c_int,
    y: c_int,
    z: c_int,
    color: *const goxel_color_t,
) -> goxel_error_t {
    let add = |desk: &mut Desk| {
        // SAFETY: NULL or readable, by this function's contract.
        let voxel = unsafe { value(color, "Color cannot be NULL") }?.voxel();
        let command = Command::SetVoxel { layer: None, at: Coord { x, y, z }, voxel };
        apply(desk, command, format_args!("add voxel at ({x},{y},{z})"))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, add) }
}

/// Erases one voxel of the active layer. An empty place is fine.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_remove_voxel(
    ctx: *mut goxel_context_t,
    x: c_int,
    y: c_int,
    z: c_int,
) -> goxel_error_t {
    let remove = |desk: &mut Desk| {
        let at = Coord { x, y, z };
        let command = Command::SetVoxel { layer: None, at, voxel: Voxel::EMPTY };
        apply(desk, command, format_args!("remove voxel at ({x},{y},{z})"))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, remove) }
}

/// Writes the colour of one voxel of the active layer; zeros where there is none.
///
/// GOXEL_ERROR_INVALID_PARAMETER when there is no project; the last error's text stays.
///
/// # Safety
/// `ctx` is NULL or live; `color` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_get_voxel(
    ctx: *mut goxel_context_t,
    x: c_int,
    y: c_int,
    z: c_int,
    color: *mut goxel_color_t,
) -> goxel_error_t {
    let get = |desk: &mut Desk| {
        if color.is_null() {
            return Err(invalid("Color cannot be NULL"));
        }
        let Some(project) = desk.project() else {
            return Err(Failure::silent(GOXEL_ERROR_INVALID_PARAMETER));
        };
        let [r, g, b, a] = active_voxel(project.scene(), Coord { x, y, z }).0;
        // SAFETY: not NULL, so writable, by this function's contract.
        unsafe { color.write(goxel_color_t { r, g, b, a }) };
        Ok(())
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, get) }
}

/// Writes `count` voxels into the active layer, in order: later ones win. Alpha 0 erases.
///
/// `positions` and `colors` are borrowed and hold `count` elements, at least 1. All are
/// written, or, on failure, none.
///
/// # Safety
/// `ctx` is NULL or live; the others are NULL or readable for `count` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_add_voxel_batch(
    ctx: *mut goxel_context_t,
    positions: *const goxel_pos_t,
    colors: *const goxel_color_t,
    count: usize,
) -> goxel_error_t {
    let add = |desk: &mut Desk| {
        let most = isize::MAX as usize / size_of::<goxel_pos_t>();
        if positions.is_null() || colors.is_null() || count == 0 || count > most {
            return Err(invalid(
                "Positions and colors cannot be NULL, and count must be at least 1",
            ));
        }
        // SAFETY: readable for `count` elements, by this function's contract, and no longer than
        // a slice may be.
        let (positions, colors) = unsafe {
            let positions = std::slice::from_raw_parts(positions, count);
            (positions, std::slice::from_raw_parts(colors, count))
        };
        let voxels = positions.iter().zip(colors).map(|(at, color)| (at.coord(), color.voxel()));
        let command = Command::SetVoxels { layer: None, voxels: voxels.collect() };
        apply(desk, command, format_args!("add {count} voxels"))
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, add) }
}

/// Erases the voxels of the active layer in a box. Both corners belong to it; a box that
/// ends before it starts holds nothing.
///
/// `box` is borrowed.
///
/// # Safety
/// `ctx` is NULL or live; `box` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_remove_voxels_in_box(
    ctx: *mut goxel_context_t,
    r#box: *const goxel_box_t,
) -> goxel_error_t {
    let remove = |desk: &mut Desk| {
        // SAFETY: NULL or readable, by this function's contract.
        let goxel_box_t { min, max } = unsafe { value(r#box, "Box cannot be NULL") }?;
        let what = format_args!("remove voxels in box");
        let Some(bounds) = Bounds::new(min.coord(), max.coord()) else {
            return desk.edit(GOXEL_ERROR_INVALID_OPERATION, |_| Ok(())).during(what);
        };
        let (shape, voxel) = (Shape::Cube, Voxel::EMPTY);
        apply(desk, Command::FillShape { layer: None, shape, bounds, voxel }, what)
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, remove) }
}

/// Recolours a voxel of the active layer, alpha included. Alpha 0 erases.
///
/// GOXEL_ERROR_INVALID_OPERATION where there is no voxel. `color` is borrowed.
///
/// # Safety
/// `ctx` is NULL or live; `color` is NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_paint_voxel(
    ctx: *mut goxel_context_t,
    x: c_int,
    y: c_int,
    z: c_int,
    color: *const goxel_color_t,
) -> goxel_error_t {
    let paint = |desk: &mut Desk| {
        // SAFETY: NULL or readable, by this function's contract.
        let voxel = unsafe { value(color, "Color cannot be NULL") }?.voxel();
        let (at, what) = (Coord { x, y, z }, format_args!("paint voxel at ({x},{y},{z})"));
        let empty = |project: &Project| active_voxel(project.scene(), at).is_empty();
        if desk.project().is_some_and(empty) {
            let why = "there is no voxel";
            return Err(Failure::new(GOXEL_ERROR_INVALID_OPERATION, why)).during(what);
        }
        apply(desk, Command::PaintVoxels { layer: None, voxels: vec![(at, voxel)] }, what)
    };
    // SAFETY: NULL or live, by this function's contract.
    unsafe { guard(ctx, paint) }
}

fn apply(desk: &mut Desk, command: Command, what: fmt::Arguments<'_>) -> Result<(), Failure> {
    let edit = |project: &mut Project| Ok(project.apply(command, Author::default()).map(drop)?);
    desk.edit(GOXEL_ERROR_INVALID_OPERATION, edit).during(what)
}

fn active_voxel(scene: &Scene, at: Coord) -> Voxel {
    match scene.layer(scene.active) {
        Some(layer) if layer.kind == LayerKind::Plain => layer.volume.get(at),
        Some(layer) => voxels_of(scene, layer).get(at),
        None => Voxel::EMPTY,
    }
}

impl goxel_color_t {
    fn voxel(self) -> Voxel {
        Voxel([self.r, self.g, self.b, self.a])
    }
}

impl goxel_pos_t {
    fn coord(self) -> Coord {
        Coord { x: self.x, y: self.y, z: self.z }
    }
}
