//! One picture's worth of work: what is drawn, and who may watch or stop it.

use super::{Camera, RenderError, Settings};
use crate::scene::Scene;
use crate::volume::Volume;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The most threads that work on one picture.
const THREADS_MAX: usize = 256;

/// What is drawn and how.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The voxels, all to be drawn: see [`crate::composite::drawn`].
    pub drawn: &'a Volume,
    /// The scene that they were merged from, for its layers' materials and numbers; without
    /// it all voxels have the default material and layer 0.
    pub scene: Option<&'a Scene>,
    /// From where.
    pub camera: &'a Camera,
    /// How.
    pub settings: &'a Settings,
    /// Who watches.
    pub control: Control<'a>,
}

/// How another thread follows a job and stops it.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    /// Set by anyone: the job ends with [`RenderError::Cancelled`] within a tile's time.
    pub cancel: Option<&'a AtomicBool>,
    /// Called after each part with how many parts are done and how many there are, from
    /// the threads that work, in any order. It should return soon.
    pub progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

impl Control<'_> {
    /// Whether someone wants the job to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }
}

/// Calls `work` with a control for a stage of a job of `total` parts, so many of which come
/// before the stage.
pub(super) fn stage<R>(
    control: &Control<'_>,
    before: usize,
    total: usize,
    work: impl FnOnce(Control<'_>) -> R,
) -> R {
    let Some(all) = control.progress else {
        return work(*control);
    };
    let progress = |done: usize, _: usize| all(before + done, total);
    work(Control { cancel: control.cancel, progress: Some(&progress) })
}

/// Calls `work` once for each part, 0 to `count - 1`, on up to `threads` threads, the
/// caller's included. `start` makes each thread's working space.
pub(super) fn share<S>(
    count: usize,
    threads: usize,
    control: &Control<'_>,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) + Sync,
) -> Result<(), RenderError> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let run = || {
        let mut space = start();
        while !control.is_cancelled() {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= count {
                return;
            }
            work(&mut space, part);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Some(progress) = control.progress {
                progress(done, count);
            }
        }
    };
    let helpers = threads.min(count).min(THREADS_MAX).saturating_sub(1);
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            let name = std::thread::Builder::new().name("render".into());
            // A thread that the system refuses is one fewer: the others do its share.
            let _ = name.spawn_scoped(scope, run);
        }
        run();
    });
    if done.into_inner() == count { Ok(()) } else { Err(RenderError::Cancelled) }
}
