//! Contexts: made, initialised, destroyed.

use super::types::goxel_error_t;
use crate::context::{Desk, goxel_context_t};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Makes a context. It must be initialised before use.
///
/// Owned by the caller, who gives it back with goxel_destroy_context().
#[unsafe(no_mangle)]
pub extern "C" fn goxel_create_context() -> *mut goxel_context_t {
    Box::into_raw(Box::new(goxel_context_t::new()))
}

/// Makes a context ready for use. It has no project yet. A second time does nothing.
///
/// # Safety
/// `ctx` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_init_context(ctx: *mut goxel_context_t) -> goxel_error_t {
    // SAFETY: NULL or live, by this function's contract.
    let Some(context) = (unsafe { goxel_context_t::at(ctx) }) else {
        return goxel_error_t::GOXEL_ERROR_INVALID_CONTEXT;
    };
    context.lock().desk.get_or_insert_with(Desk::default);
    goxel_error_t::GOXEL_SUCCESS
}

/// Destroys a context with its project. NULL is fine.
///
/// No other call on it may be running, and none may follow: the memory is gone.
/// A context that is destroyed twice cannot always be told from a live one.
///
/// # Safety
/// `ctx` is NULL or live, and nobody else uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn goxel_destroy_context(ctx: *mut goxel_context_t) {
    // SAFETY: NULL or live, by this function's contract.
    let Some(context) = (unsafe { goxel_context_t::at(ctx) }) else {
        return;
    };
    context.retire();
    // SAFETY: live, so it came from `goxel_create_context`, and nobody else uses it.
    let context = unsafe { Box::from_raw(ctx) };
    // The context is gone either way, and there is nobody to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(context)));
}
