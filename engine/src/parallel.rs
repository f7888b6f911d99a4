//! Work spread over threads, with results that do not depend on how many there are.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many threads work may use; 1 means only the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads(pub usize);

impl Default for Threads {
    fn default() -> Self {
        Self(1)
    }
}

/// Calls `work` for each item, in any order on up to `threads` threads, and gives the
/// answers in the order of the items. Small lists stay on the caller's thread.
pub(crate) fn map<T: Sync, R: Send>(
    threads: Threads,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = threads.0.min(items.len() / SMALLEST_SHARE);
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let chunk = (items.len() / (threads * 8)).max(1);
    let chunks: Vec<&[T]> = items.chunks(chunk).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        while let Some((index, chunk)) = take(&next, &chunks) {
            done.push((index, chunk.iter().map(&work).collect::<Vec<R>>()));
        }
        done
    };
    let mut parts: Vec<(usize, Vec<R>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut parts = run();
        for other in others {
            match other.join() {
                Ok(done) => parts.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    parts.sort_unstable_by_key(|(index, _)| *index);
    parts.into_iter().flat_map(|(_, part)| part).collect()
}

/// Fewer items a thread are not worth waking one for.
const SMALLEST_SHARE: usize = 8;

fn take<'a, T>(next: &AtomicUsize, chunks: &[&'a [T]]) -> Option<(usize, &'a [T])> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    chunks.get(index).map(|chunk| (index, *chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1000).collect();
        let doubled: Vec<u32> = items.iter().map(|n| n * 2).collect();
        for threads in [0, 1, 2, 7, 125, usize::MAX] {
            assert_eq!(map(Threads(threads), &items, |n| n * 2), doubled);
        }
    }
}
