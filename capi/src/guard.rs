//! The gate of every call that takes a context.
//!
//! It checks the context before anything else is looked at, holds its lock,
//! catches panics, and keeps the text for `goxel_get_last_error`.

use crate::context::{Desk, goxel_context_t};
use crate::failure::Failure;
use crate::headless::types::goxel_error_t::{self, *};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a call on an initialised context and answers its number.
///
/// # Safety
/// `ctx` is NULL or live, as [`goxel_context_t::at`] has it.
pub unsafe fn guard(
    ctx: *const goxel_context_t,
    call: impl FnOnce(&mut Desk) -> Result<(), Failure>,
) -> goxel_error_t {
    // SAFETY: by this function's contract.
    let Some(context) = (unsafe { goxel_context_t::at(ctx) }) else {
        return GOXEL_ERROR_INVALID_CONTEXT;
    };
    let mut state = context.lock();
    let Some(desk) = state.desk.as_mut() else {
        return GOXEL_ERROR_INVALID_CONTEXT;
    };
    // Unwind safe: `Desk::edit` marks the project damaged when an edit does not come back.
    let outcome = catch_unwind(AssertUnwindSafe(|| call(desk)));
    match outcome.unwrap_or_else(|panic| Err(Failure::panicked(&*panic))) {
        Ok(()) => GOXEL_SUCCESS,
        Err(failure) => {
            context.keep(&mut state, &failure);
            failure.code
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goxel_engine::command::{Author, Command};
    use goxel_engine::project::Project;
    use goxel_engine::volume::{Coord, Voxel};
    use std::ffi::CStr;

    const AT: Coord = Coord::new(1, 2, 3);

    fn context_with_project() -> goxel_context_t {
        let context = goxel_context_t::new();
        let mut desk = Desk::default();
        desk.put(Project::new());
        context.lock().desk = Some(desk);
        context
    }

    fn add(context: &goxel_context_t) -> goxel_error_t {
        let edit = |project: &mut Project| {
            let command = Command::SetVoxel { layer: None, at: AT, voxel: Voxel::WHITE };
            Ok(project.apply(command, Author::default()).map(drop)?)
        };
        // SAFETY: a live context.
        unsafe { guard(context, |desk| desk.edit(GOXEL_ERROR_INVALID_OPERATION, edit)) }
    }

    fn read(context: &goxel_context_t) -> (goxel_error_t, u64) {
        let mut filled = 0;
        // SAFETY: a live context.
        let code = unsafe {
            guard(context, |desk| {
                filled = desk.scene(GOXEL_ERROR_INVALID_OPERATION)?.filled();
                Ok(())
            })
        };
        (code, filled)
    }

    fn said(context: &goxel_context_t) -> String {
        // SAFETY: an error was kept, and nobody else uses the context.
        unsafe { CStr::from_ptr(context.last_error()) }.to_string_lossy().into_owned()
    }

    #[test]
    fn a_panic_in_an_edit_leaves_a_project_that_is_read_and_not_edited() {
        let context = context_with_project();
        assert_eq!(add(&context), GOXEL_SUCCESS);
        let broken = |_: &mut Project| -> Result<(), Failure> { panic!("cell {} is odd", 7) };
        // SAFETY: a live context.
        let code = unsafe { guard(&raw const context, |desk| desk.edit(GOXEL_SUCCESS, broken)) };
        assert_eq!(code, GOXEL_ERROR_UNKNOWN);
        assert_eq!(said(&context), "Internal error: cell 7 is odd");
        assert_eq!(read(&context), (GOXEL_SUCCESS, 1));
        assert_eq!(add(&context), GOXEL_ERROR_INVALID_OPERATION);
        assert!(said(&context).contains("damaged"), "{}", said(&context));
    }

    #[test]
    fn a_new_project_ends_the_damage() {
        let context = context_with_project();
        let broken = |_: &mut Project| -> Result<(), Failure> { panic!("odd") };
        // SAFETY: a live context.
        unsafe { guard(&raw const context, |desk| desk.edit(GOXEL_SUCCESS, broken)) };
        if let Some(desk) = &mut context.lock().desk {
            desk.put(Project::new());
        }
        assert_eq!(add(&context), GOXEL_SUCCESS);
    }

    #[test]
    fn a_panic_in_a_read_damages_nothing() {
        let context = context_with_project();
        // SAFETY: a live context.
        let code = unsafe { guard(&raw const context, |_| panic!("a read")) };
        assert_eq!(code, GOXEL_ERROR_UNKNOWN);
        assert_eq!(add(&context), GOXEL_SUCCESS);
    }

    #[test]
    fn what_is_no_context_is_refused() {
        let zeros = [0u64; 128];
        let retired = goxel_context_t::new();
        retired.retire();
        let fresh = goxel_context_t::new();
        let odd = (&raw const fresh).wrapping_byte_add(1);
        let all = [std::ptr::null(), zeros.as_ptr().cast(), &raw const retired, &raw const fresh];
        for ctx in all.into_iter().chain([odd]) {
            // SAFETY: NULL, odd, or readable; only `fresh` bears the mark and it lives.
            let code = unsafe { guard(ctx, |_| Ok(())) };
            assert_eq!(code, GOXEL_ERROR_INVALID_CONTEXT, "{ctx:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let context = context_with_project();
        let failure = || Err(Failure::new(GOXEL_ERROR_FILE_ACCESS, "é".repeat(400)));
        // SAFETY: a live context.
        unsafe { guard(&raw const context, |_| failure()) };
        assert_eq!(said(&context), "é".repeat(255));
    }
}
