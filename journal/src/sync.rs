//! The one thread of a journal: makes durable what was written, when the policy says so.
//!
//! Segments that were left are synced first and at once under every policy, before anything
//! later: so no later frame is durable without the earlier ones for longer than a sync takes.
//! After a failed sync the thread does nothing until it is told how to go on.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::error::Failure;
use crate::storage::{Flush, Storage};

/// When what was written is synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// At once; only then is it acknowledged.
    Always,
    /// At latest so long after the last time.
    Interval(Duration),
    /// When a segment is left, and at the end.
    Never,
}

/// A file that is there while a sync has failed: who opens the log next must not believe in one that succeeds.
pub const DOUBT: &str = "doubt";

/// Under [`Policy::Always`] a sync waits for more frames for as long as they come this fast: who is
/// in the next sync waits a whole one longer.
const GATHER: Duration = Duration::from_micros(40);

/// Called when a sync has ended, well or not.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// The journal's side of the thread.
pub struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// How far things are.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Up to here all is durable.
    pub synced: u64,
    /// Bytes that were written and are not known to be durable.
    pub unsynced_bytes: u64,
    /// When the last sync that did something ended well.
    pub last_sync: Option<Instant>,
    /// Why the last one didn't.
    pub failure: Option<Failure>,
}

struct Shared {
    storage: Arc<dyn Storage>,
    policy: Policy,
    wake: Wake,
    state: Mutex<State>,
    changed: Condvar,
    /// As in `state`, for who has no time for a lock.
    failed: AtomicBool,
}

#[derive(Default)]
struct State {
    written: u64,
    synced: u64,
    /// Bytes ever written and synced.
    written_bytes: u64,
    synced_bytes: u64,
    current: Option<Arc<dyn Flush>>,
    /// Segments that were left, oldest first.
    left: Vec<Left>,
    /// How often names were changed, and how often of that they were synced.
    names: u64,
    synced_names: u64,
    /// When the last sync of the current segment began, and the last of any ended.
    began: Option<Instant>,
    ended: Option<Instant>,
    /// How long that sync took, and how many frames it made durable.
    took: Duration,
    frames: u64,
    failure: Option<Failure>,
    stop: Stop,
    waits: Waits,
}

/// A segment that nothing is added to.
struct Left {
    flush: Arc<dyn Flush>,
    /// The last frame before the next segment.
    through: u64,
    /// Bytes ever written when it was left.
    bytes: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stop {
    #[default]
    No,
    /// When all is synced.
    Synced,
    Now,
}

/// What the thread waits to be told of.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Waits {
    #[default]
    No,
    /// All but new frames.
    Urgent,
    Anything,
}

enum Due {
    Now,
    At(Instant),
    Not,
}

impl Syncer {
    /// Frames up to `written` are there, in `segments` of which none is added to; up to `synced`
    /// they are durable. With a failure nothing is synced before a restart.
    pub fn start(
        storage: &Arc<dyn Storage>,
        policy: Policy,
        wake: Wake,
        written: u64,
        synced: u64,
        segments: Vec<Arc<dyn Flush>>,
        failure: Option<Failure>,
    ) -> io::Result<Syncer> {
        let through = |flush| Left { flush, through: synced, bytes: 0 };
        let mut left: Vec<_> = segments.into_iter().map(through).collect();
        if let Some(last) = left.last_mut() {
            last.through = written;
        }
        let failed = AtomicBool::new(failure.is_some());
        let state = State { written, synced, left, names: 1, failure, ..State::default() };
        let shared = Arc::new(Shared {
            storage: Arc::clone(storage),
            policy,
            wake,
            state: Mutex::new(state),
            changed: Condvar::new(),
            failed,
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || {
            wake_in_time();
            theirs.run();
        })?;
        Ok(Syncer { shared, thread: Some(thread) })
    }

    /// A frame was written to the current segment.
    pub fn wrote(&self, number: u64, bytes: u64) {
        let mut state = self.shared.lock();
        state.written = number;
        state.written_bytes += bytes;
        if self.shared.policy != Policy::Never {
            self.shared.tell(&mut state, Waits::Anything);
        }
    }

    /// Frames go to `current` from now on; behind the number `through`.
    pub fn turn(&self, current: Arc<dyn Flush>, through: u64) {
        let mut state = self.shared.lock();
        let (before, bytes) = (state.current.replace(current), state.written_bytes);
        state.left.extend(before.map(|flush| Left { flush, through, bytes }));
        state.names += 1;
        self.shared.tell(&mut state, Waits::Urgent);
    }

    /// After a failure: all before `current`, whose frames come behind `written`, is as durable as it will be.
    pub fn restart(&self, current: Arc<dyn Flush>, written: u64) {
        let mut state = self.shared.lock();
        state.left.clear();
        state.current = Some(current);
        (state.written, state.synced) = (written, written);
        state.synced_bytes = state.written_bytes;
        state.names += 1;
        state.failure = None;
        self.shared.failed.store(false, Ordering::Release);
        self.shared.tell(&mut state, Waits::Urgent);
    }

    /// Whether a sync has failed.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// How far things are.
    pub fn progress(&self) -> Progress {
        let state = self.shared.lock();
        Progress {
            synced: state.synced,
            unsynced_bytes: state.written_bytes - state.synced_bytes,
            last_sync: state.ended,
            failure: state.failure.clone(),
        }
    }

    /// Up to here all is durable.
    pub fn synced(&self) -> u64 {
        self.shared.lock().synced
    }

    /// Syncs what is not yet, and ends the thread.
    pub fn close(mut self) -> Result<(), Failure> {
        self.end(Stop::Synced);
        let mut state = self.shared.lock();
        state.failure.take().map_or(Ok(()), Err)
    }

    fn end(&mut self, how: Stop) {
        let Some(thread) = self.thread.take() else { return };
        let mut state = self.shared.lock();
        state.stop = how;
        self.shared.tell(&mut state, Waits::Urgent);
        drop(state);
        // It panics only where `wake` does.
        let _ = thread.join();
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.end(Stop::Now);
    }
}

impl Shared {
    /// No code panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread if it waits for `least` or more; otherwise it will see by itself. To notify
    /// costs a system call, which most frames don't need.
    fn tell(&self, state: &mut State, least: Waits) {
        if state.waits >= least {
            state.waits = Waits::No;
            self.changed.notify_one();
        }
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            state = match state.due(self.policy) {
                _ if state.is_over() => return,
                Due::Now => self.sync(self.gather(state)),
                Due::At(when) => self.wait_until(state, when),
                Due::Not => self.wait(state),
            };
        }
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waits = Waits::Anything;
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the time, or for what is more urgent: frames that are written meanwhile are not.
    fn wait_until<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        when: Instant,
    ) -> MutexGuard<'a, State> {
        state.waits = Waits::Urgent;
        let pause = when.saturating_duration_since(Instant::now());
        let outcome = self.changed.wait_timeout(state, pause);
        outcome.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits while frames keep coming, if several came before the last sync: one alone never waits.
    /// Not for long beside what a sync takes: on a fast disk the next one comes soon enough.
    fn gather<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let may_wait = self.policy == Policy::Always && state.frames > 1 && state.stop == Stop::No;
        let last = Instant::now() + state.took / 8;
        let mut written = 0;
        while may_wait && !state.is_urgent() && state.written > written && Instant::now() < last {
            written = state.written;
            state = self.wait_until(state, Instant::now() + GATHER);
        }
        state
    }

    fn sync<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let work = state.work(self.policy);
        let begun = Instant::now();
        if work.current.is_some() {
            state.began = Some(Instant::now());
        }
        drop(state);
        let outcome = work.run(&*self.storage);
        let mut state = self.lock();
        match outcome {
            Ok(()) => state.done(&work, begun),
            Err(error) => {
                // A disk that refuses this too has told the system more than once.
                let _ = self.storage.create(DOUBT);
                state.failure = Some(Failure::Sync(error.to_string()));
                self.failed.store(true, Ordering::Release);
            }
        }
        drop(state);
        (self.wake)();
        self.lock()
    }
}

/// Otherwise a short wait of this thread may take twice as long.
#[cfg(target_os = "linux")]
fn wake_in_time() {
    // Where it is refused, replies come a little later.
    let _ = nix::sys::prctl::set_timerslack(1000);
}

#[cfg(not(target_os = "linux"))]
fn wake_in_time() {}

/// What is to be synced, taken out of the lock.
struct Work {
    left: Vec<Arc<dyn Flush>>,
    names: u64,
    sync_names: bool,
    current: Option<Arc<dyn Flush>>,
    /// What is durable when it is done.
    through: u64,
    bytes: u64,
}

impl Work {
    fn run(&self, storage: &dyn Storage) -> io::Result<()> {
        self.left.iter().try_for_each(|flush| flush.sync())?;
        if self.sync_names {
            storage.sync_names()?;
        }
        self.current.as_ref().map_or(Ok(()), |flush| flush.sync())
    }
}

impl State {
    fn is_over(&self) -> bool {
        match self.stop {
            Stop::No => false,
            Stop::Now => true,
            Stop::Synced => self.failure.is_some() || !(self.is_dirty() || self.is_urgent()),
        }
    }

    fn is_dirty(&self) -> bool {
        self.written > self.synced && self.current.is_some()
    }

    fn is_urgent(&self) -> bool {
        !self.left.is_empty() || self.names > self.synced_names
    }

    fn due(&self, policy: Policy) -> Due {
        if self.failure.is_some() {
            return Due::Not;
        }
        if self.is_urgent() || (self.is_dirty() && self.stop == Stop::Synced) {
            return Due::Now;
        }
        match (self.is_dirty(), policy) {
            (false, _) | (_, Policy::Never) => Due::Not,
            (true, Policy::Always) => Due::Now,
            (true, Policy::Interval(pause)) => match self.began.map(|began| began + pause) {
                Some(when) if when > Instant::now() => Due::At(when),
                _ => Due::Now,
            },
        }
    }

    fn work(&self, policy: Policy) -> Work {
        let with_current = policy == Policy::Always
            || self.stop == Stop::Synced
            || (!self.is_urgent() && policy != Policy::Never);
        let current = self.current.clone().filter(|_| with_current && self.is_dirty());
        let left = self.left.last();
        let (through, bytes) = match &current {
            Some(_) => (self.written, self.written_bytes),
            None => {
                left.map_or((self.synced, self.synced_bytes), |left| (left.through, left.bytes))
            }
        };
        Work {
            left: self.left.iter().map(|left| Arc::clone(&left.flush)).collect(),
            names: self.names,
            sync_names: self.names > self.synced_names,
            current,
            through,
            bytes,
        }
    }

    fn done(&mut self, work: &Work, begun: Instant) {
        self.left.drain(..work.left.len());
        self.synced_names = work.names;
        self.frames = work.through.saturating_sub(self.synced);
        self.took = begun.elapsed();
        self.synced = self.synced.max(work.through);
        self.synced_bytes = self.synced_bytes.max(work.bytes);
        self.ended = Some(Instant::now());
    }
}
