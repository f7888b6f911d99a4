//! Worker threads for what is too slow for the event loop.
//!
//! Tasks wait in one bounded queue; what they return comes back through a channel, and an eventfd
//! wakes the loop. A task that panics costs its own result, never its thread. Nobody waits for
//! the threads at the end: a stopping daemon drains what it has time for and exits.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam::channel::{Receiver, Sender, bounded, unbounded};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::os;

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
    tasks: Sender<Task<T>>,
    done: Receiver<Done<T>>,
    wake: Arc<EventFd>,
    queue_size: usize,
    unfinished: usize,
}

impl<T: Send + 'static> Pool<T> {
    /// `spare` is how many tasks [`Pool::submit_always`] may add to a full queue.
    pub fn new(workers: usize, queue_size: usize, spare: usize) -> io::Result<Pool<T>> {
        let (tasks, queue) = bounded(queue_size + spare);
        // Holds at most one result per task that was let in, so the queue's bound is its bound.
        let (results, done) = unbounded();
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let wake = Arc::new(EventFd::from_flags(flags)?);
        for number in 1..=workers {
            let (queue, results, wake) = (queue.clone(), results.clone(), Arc::clone(&wake));
            thread::Builder::new().name(format!("goxel-worker-{number}")).spawn(move || {
                os::lower_thread_priority();
                work(&queue, &results, &wake);
            })?;
        }
        Ok(Pool { tasks, done, wake, queue_size, unfinished: 0 })
    }

    /// Queues `task`; its result comes back under `key`.
    pub fn submit<F>(&mut self, key: u64, task: F) -> Result<(), Full>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        if self.queued() >= self.queue_size {
            return Err(Full);
        }
        self.submit_always(key, task)
    }

    /// Queues `task` even when the queue is full: for what must not be refused and is bounded
    /// elsewhere. Refuses only past the spare places.
    pub fn submit_always<F>(&mut self, key: u64, task: F) -> Result<(), Full>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        self.tasks.try_send((key, Box::new(task))).map_err(|_| Full)?;
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

    /// Tasks that no worker has begun.
    pub fn queued(&self) -> usize {
        self.tasks.len()
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

fn work<T>(queue: &Receiver<Task<T>>, results: &Sender<Done<T>>, wake: &EventFd) {
    for (key, task) in queue {
        // Unwind-safe: what the task owned is gone with it, and nothing else is shared.
        let result = catch_unwind(AssertUnwindSafe(task)).map_err(|_| Panicked);
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
            pool.submit(key, move || key * 2).unwrap();
        }
        let mut results = wait(&mut pool, 100);
        results.sort_by_key(|(key, _)| *key);
        assert!(results.iter().zip(0..).all(|(done, key)| *done == (key, Ok(key * 2))));
        assert_eq!(pool.unfinished(), 0);
    }

    #[test]
    fn a_panic_costs_one_result() {
        let mut pool = Pool::new(1, 4, 0).unwrap();
        pool.submit(1, || panic!("a test wants this panic")).unwrap();
        pool.submit(2, || 2).unwrap();
        assert_eq!(wait(&mut pool, 2), [(1, Err(Panicked)), (2, Ok(2))]);
    }

    #[test]
    fn a_full_queue_refuses_all_but_the_spare() {
        let mut pool = Pool::new(1, 2, 1).unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        pool.submit(0, move || {
            begun.send(()).unwrap();
            let _ = released.recv();
        })
        .unwrap();
        has_begun.recv().unwrap();
        assert_eq!((pool.submit(1, || ()), pool.submit(2, || ())), (Ok(()), Ok(())));
        assert_eq!(pool.submit(3, || ()), Err(Full));
        assert_eq!(pool.submit_always(4, || ()), Ok(()));
        assert_eq!(pool.submit_always(5, || ()), Err(Full));
        drop(release);
        assert_eq!(wait(&mut pool, 4).len(), 4);
    }
}
