//! A context: the handle a C program holds.
//!
//! It owns one project behind one mutex, and the text of the last error. Two
//! contexts share nothing.
#![allow(non_camel_case_types)]

use crate::failure::Failure;
use crate::headless::types::goxel_error_t::{self, GOXEL_ERROR_INVALID_OPERATION};
use goxel_engine::project::{Project, ProjectLimits};
use goxel_engine::scene::Scene;
use goxel_engine::snapshot::Snapshot;
use std::cell::UnsafeCell;
use std::ffi::c_char;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the first word of a context reads; a pointer to anything else hardly does.
const LIVE: u64 = 0x474f_5845_4c43_5458;
/// What it reads after destruction, while the memory is still there.
const DEAD: u64 = !LIVE;

/// The last error's text, its NUL included.
const TEXT_BYTES: usize = 512;

/// The context behind a `goxel_context_t *`.
#[repr(C)]
pub struct goxel_context_t {
    mark: AtomicU64,
    state: Mutex<State>,
    /// Written with `state` locked; C reads it by pointer. The last byte is always 0.
    text: UnsafeCell<[u8; TEXT_BYTES]>,
}

// SAFETY: `text` is written under the lock only. A C program that reads it while
// another thread fails on the same context may see both texts mixed, which the
// header says, and never runs past the last byte.
unsafe impl Sync for goxel_context_t {}

/// What the mutex of a context guards.
#[derive(Debug, Default)]
pub struct State {
    /// `None` until the context is initialised.
    pub desk: Option<Desk>,
    has_text: bool,
}

/// Where an initialised context keeps its project.
#[derive(Debug, Default)]
pub struct Desk {
    project: Option<Project>,
    damaged: bool,
}

impl goxel_context_t {
    /// A context that is not initialised yet.
    pub fn new() -> Self {
        Self {
            mark: AtomicU64::new(LIVE),
            state: Mutex::default(),
            text: UnsafeCell::new([0; TEXT_BYTES]),
        }
    }

    /// The context there, if it is one.
    ///
    /// # Safety
    /// `ctx` is NULL, or points to at least 8 readable bytes; if they are a
    /// context's mark, the context lives as long as `'a`.
    pub unsafe fn at<'a>(ctx: *const goxel_context_t) -> Option<&'a goxel_context_t> {
        if ctx.is_null() || !ctx.is_aligned() {
            return None;
        }
        // SAFETY: not NULL, aligned, and readable by this function's contract.
        let mark = unsafe { &(*ctx).mark };
        // SAFETY: the mark says it is a context, which lives by this function's contract.
        (mark.load(Ordering::Relaxed) == LIVE).then(|| unsafe { &*ctx })
    }

    /// Makes [`goxel_context_t::at`] refuse it while its memory is still there.
    pub fn retire(&self) {
        self.mark.store(DEAD, Ordering::Relaxed);
    }

    /// Waits for the calls of other threads on this context.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // What panics under the lock is caught under it: a poisoned state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the text of a failure, if it has one, cut to the buffer.
    pub fn keep(&self, state: &mut State, failure: &Failure) {
        let Some(text) = &failure.text else {
            return;
        };
        let text = &text.as_bytes()[..text.floor_char_boundary(TEXT_BYTES - 1)];
        let start = self.text.get().cast::<u8>();
        // SAFETY: `state` is the locked one, so nobody else writes; the text and
        // its NUL fit, and byte 511 is never written but with 0.
        unsafe {
            start.copy_from_nonoverlapping(text.as_ptr(), text.len());
            start.add(text.len()).write(0);
        }
        state.has_text = true;
    }

    /// The last error's text, or NULL when there was none yet.
    pub fn last_error(&self) -> *const c_char {
        if self.lock().has_text { self.text.get().cast() } else { std::ptr::null() }
    }
}

impl Desk {
    /// The project, for reading.
    pub const fn project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// What the project holds, for reading, or the refusal with that number.
    pub fn scene(&self, refusal: goxel_error_t) -> Result<&Scene, Failure> {
        self.project().map(Project::scene).ok_or_else(|| Failure::no_project(refusal))
    }

    /// The project as it is now, or the refusal with that number.
    pub fn snapshot(&self, refusal: goxel_error_t) -> Result<Snapshot, Failure> {
        self.project().map(Project::snapshot).ok_or_else(|| Failure::no_project(refusal))
    }

    /// Replaces the project; a damaged one is gone with that.
    pub fn put(&mut self, project: Project) {
        // Nothing in this API undoes: a history would only hold memory.
        let limits = ProjectLimits { max_steps: 0, ..ProjectLimits::default() };
        *self = Self { project: Some(project.with_limits(limits)), damaged: false };
    }

    /// Lends the project for an edit, or refuses with that number when there is none.
    ///
    /// A panic in the edit leaves the project damaged: it can be read, not edited.
    pub fn edit<R>(
        &mut self,
        refusal: goxel_error_t,
        edit: impl FnOnce(&mut Project) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        if self.damaged {
            let why = "an internal error damaged the project: save it, then create or load one";
            return Err(Failure::new(GOXEL_ERROR_INVALID_OPERATION, why));
        }
        let project = self.project.as_mut().ok_or_else(|| Failure::no_project(refusal))?;
        self.damaged = true;
        let answer = edit(project);
        self.damaged = false;
        answer
    }
}
