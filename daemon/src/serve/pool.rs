//! Worker threads for what is too slow for the event loop.
//!
//! Tasks wait in one bounded queue, the most urgent first and among equals the first come; what
//! they return comes back through a channel, and an eventfd wakes the loop. A task that panics
//! costs its own result, never its thread. Tasks of low priority leave one thread to the others,
//! so that no flood of pictures holds up the rest. Nobody waits for the threads at the end: a
//! stopping daemon drains what it has time for and exits.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crossbeam::channel::{Receiver, Sender, unbounded};
use goxel_rpc::Priority;
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::os;
use crate::serve::pages::ByPriority;

/// The task panicked; the panic hook has logged it.
#[derive(Debug, PartialEq, Eq)]
pub struct Panicked;

/// The queue is full; nothing was started.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

type Task<T> = (u64, Box<dyn FnOnce() -> T + Send>);
type Done<T> = (u64, Result<T, Panicked>);

/// A fixed number of threads, a bounded queue, and the way back.
pub struct Pool<T> {
    queue: Arc<Queue<T>>,
    done: Receiver<Done<T>>,
    wake: Arc<EventFd>,
    queue_size: usize,
    spare: usize,
    workers: usize,
    unfinished: usize,
}

/// What waits, and how many threads are at the least urgent of it.
struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

struct Waiting<T> {
    /// By priority, the least first.
    lanes: [VecDeque<Task<T>>; Priority::ALL.len()],
    low_running: usize,
    /// How many may be.
    low_most: usize,
    closed: bool,
}

impl<T> Waiting<T> {
    fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    /// The task that is next, if it may begin now.
    fn next(&mut self) -> Option<(Priority, Task<T>)> {
        for priority in Priority::ALL.into_iter().rev() {
            if priority == Priority::Low && self.low_running >= self.low_most {
                return None;
            }
            if let Some(task) = self.lanes[priority as usize].pop_front() {
                self.low_running += usize::from(priority == Priority::Low);
                return Some((priority, task));
            }
        }
        None
    }
}

impl<T> Queue<T> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        // Nothing that may panic is done under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a task; none when the pool is gone.
    fn take(&self) -> Option<(Priority, Task<T>)> {
        let mut waiting = self.waiting();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(task) = waiting.next() {
                return Some(task);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finished(&self, priority: Priority) {
        if priority == Priority::Low {
            self.waiting().low_running -= 1;
            self.changed.notify_one();
        }
    }
}

impl<T: Send + 'static> Pool<T> {
    /// `spare` is how many tasks [`Pool::submit_always`] may add to a full queue.
    pub fn new(workers: usize, queue_size: usize, spare: usize) -> io::Result<Pool<T>> {
        let waiting = Waiting {
            lanes: Default::default(),
            low_running: 0,
            low_most: workers.saturating_sub(1).max(1),
            closed: false,
        };
        let queue = Arc::new(Queue { waiting: Mutex::new(waiting), changed: Condvar::new() });
        // Holds at most one result per task that was let in, so the queue's bound is its bound.
        let (results, done) = unbounded();
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let wake = Arc::new(EventFd::from_flags(flags)?);
        let pool = Pool {
            queue,
            done,
            wake: Arc::clone(&wake),
            queue_size,
            spare,
            workers,
            unfinished: 0,
        };
        for number in 1..=workers {
            let (queue, results) = (Arc::clone(&pool.queue), results.clone());
            let wake = Arc::clone(&wake);
            thread::Builder::new().name(format!("goxel-worker-{number}")).spawn(move || {
                os::lower_thread_priority();
                work(&queue, &results, &wake);
            })?;
        }
        Ok(pool)
    }

    /// Queues `task`; its result comes back under `key`.
    pub fn submit<F>(&mut self, key: u64, priority: Priority, task: F) -> Result<(), Full>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        self.put(key, priority, self.queue_size, Box::new(task))
    }

    /// Queues `task` even when the queue is full: for what must not be refused and is bounded
    /// elsewhere. Refuses only past the spare places.
    pub fn submit_always<F>(&mut self, key: u64, priority: Priority, task: F) -> Result<(), Full>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        self.put(key, priority, self.queue_size + self.spare, Box::new(task))
    }

    fn put(
        &mut self,
        key: u64,
        priority: Priority,
        most: usize,
        task: Box<dyn FnOnce() -> T + Send>,
    ) -> Result<(), Full> {
        let mut waiting = self.queue.waiting();
        if waiting.len() >= most {
            return Err(Full);
        }
        waiting.lanes[priority as usize].push_back((key, task));
        drop(waiting);
        self.queue.changed.notify_one();
        self.unfinished += 1;
        Ok(())
    }

    /// What has been finished since the last call.
    pub fn results(&mut self) -> Vec<Done<T>> {
        // Cleared first: a result that comes in later wakes the loop again.
        if let Err(errno) = self.wake.read()
            && errno != Errno::EAGAIN
        {
            log::error!("the pool's wake-up cannot be read: {errno}");
        }
        let results: Vec<Done<T>> = self.done.try_iter().collect();
        self.unfinished -= results.len();
        results
    }

    /// Tasks that no worker has begun, by priority.
    pub fn waiting(&self) -> ByPriority {
        let waiting = self.queue.waiting();
        let of = |priority: Priority| waiting.lanes[priority as usize].len();
        ByPriority {
            high: of(Priority::High) + of(Priority::Critical),
            normal: of(Priority::Normal),
            low: of(Priority::Low),
        }
    }

    /// How many threads there are.
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// Whether all of them are there: a panic ends none, so it should be always.
    pub fn is_healthy(&self) -> bool {
        // Each holds the queue, and so do we.
        Arc::strong_count(&self.queue) > self.workers
    }

    /// Tasks whose result has not been taken.
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }
}

impl<T> AsFd for Pool<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        self.queue.waiting().closed = true;
        self.queue.changed.notify_all();
    }
}

fn work<T>(queue: &Queue<T>, results: &Sender<Done<T>>, wake: &EventFd) {
    while let Some((priority, (key, task))) = queue.take() {
        // Unwind-safe: what the task owned is gone with it, and nothing else is shared.
        let result = catch_unwind(AssertUnwindSafe(task)).map_err(|_| Panicked);
        queue.finished(priority);
        if results.send((key, result)).is_err() {
            return;
        }
        // Fails only when the counter is full, and then the loop is awake anyway.
        let _ = wake.write(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Critical, High, Low, Normal};
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::sync::mpsc;

    fn wait<T: Send + 'static>(pool: &mut Pool<T>, count: usize) -> Vec<Done<T>> {
        let mut results = Vec::new();
        while results.len() < count {
            let mut fds = [PollFd::new(pool.as_fd(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::NONE).unwrap();
            results.extend(pool.results());
        }
        results
    }

    #[test]
    fn every_task_comes_back_under_its_key() {
        let mut pool = Pool::new(3, 100, 0).unwrap();
        for key in 0..100 {
            pool.submit(key, Normal, move || key * 2).unwrap();
        }
        let mut results = wait(&mut pool, 100);
        results.sort_by_key(|(key, _)| *key);
        assert!(results.iter().zip(0..).all(|(done, key)| *done == (key, Ok(key * 2))));
        assert_eq!(pool.unfinished(), 0);
    }

    #[test]
    fn a_panic_costs_one_result() {
        let mut pool = Pool::new(1, 4, 0).unwrap();
        pool.submit(1, Normal, || panic!("a test wants this panic")).unwrap();
        pool.submit(2, Normal, || 2).unwrap();
        assert_eq!(wait(&mut pool, 2), [(1, Err(Panicked)), (2, Ok(2))]);
    }

    #[test]
    fn a_full_queue_refuses_all_but_the_spare() {
        let mut pool = Pool::new(1, 2, 1).unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        pool.submit(0, Normal, move || {
            begun.send(()).unwrap();
            let _ = released.recv();
        })
        .unwrap();
        has_begun.recv().unwrap();
        assert_eq!(
            (pool.submit(1, Normal, || ()), pool.submit(2, Normal, || ())),
            (Ok(()), Ok(()))
        );
        assert_eq!(pool.submit(3, Normal, || ()), Err(Full));
        assert_eq!(pool.submit_always(4, Normal, || ()), Ok(()));
        assert_eq!(pool.submit_always(5, Normal, || ()), Err(Full));
        drop(release);
        assert_eq!(wait(&mut pool, 4).len(), 4);
    }

    /// A task that runs until it is let go.
    fn held(pool: &mut Pool<u64>, key: u64, priority: Priority) -> mpsc::Sender<()> {
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let task = move || {
            begun.send(()).unwrap();
            let _ = released.recv();
            key
        };
        pool.submit(key, priority, task).unwrap();
        has_begun.recv().unwrap();
        release
    }

    #[test]
    fn the_most_urgent_goes_first_and_among_equals_the_first_come() {
        let mut pool = Pool::new(1, 100, 0).unwrap();
        let release = held(&mut pool, 0, Low);
        let order = [Low, Critical, Normal, High, Low, Normal, High, Critical];
        for (key, priority) in (1..).zip(order) {
            pool.submit(key, priority, move || key).unwrap();
        }
        drop(release);
        let keys: Vec<_> = wait(&mut pool, 9).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [0, 2, 8, 4, 7, 3, 6, 1, 5]);
    }

    #[test]
    fn the_least_urgent_leave_a_thread_to_the_others() {
        let mut pool = Pool::new(2, 100, 0).unwrap();
        let release = held(&mut pool, 0, Low);
        pool.submit(1, Low, || 1).unwrap();
        pool.submit(2, Normal, || 2).unwrap();
        assert_eq!(wait(&mut pool, 1), [(2, Ok(2))]);
        drop(release);
        let mut keys: Vec<_> = wait(&mut pool, 2).into_iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        assert_eq!(keys, [0, 1]);
    }
}
