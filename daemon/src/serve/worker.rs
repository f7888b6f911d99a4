//! The second process: it serves clients, until it is told to stop or its supervisor is gone.

use std::sync::Arc;

use nix::unistd::Pid;

use crate::config::{Loaded, Source};
use crate::os;
use crate::process::link::Link;
use crate::process::signals::Signals;
use crate::serve::event_loop::{EventLoop, Outside};
use crate::serve::files::{self, Files};
use crate::serve::host::Machine;
use crate::serve::pool::Pool;
use crate::serve::service::Service;
use crate::serve::stats::Stats;
use crate::socket::listener::Listener;

/// Descriptors for everything but clients: files of the workers, pipes, the log.
const OWN_DESCRIPTORS: u64 = 256;

/// What a worker begins with.
pub struct Task {
    pub loaded: Loaded,
    pub source: Source,
    pub listeners: Vec<Listener>,
    pub link: Link,
    pub signals: Signals,
    pub supervisor: Pid,
}

/// Serves to the end.
pub fn serve(task: Task) -> Result<(), String> {
    let config = &task.loaded.config;
    let (limits, verbose) = (config.limits.clone(), config.verbose);
    // Before any thread: it touches what the whole process shares.
    let files = Arc::new(Files::new(files::MAX_INPUT));
    allow_enough_descriptors(limits.max_connections);

    let stats = Arc::new(Stats::new());
    let machine = Machine::new(Arc::clone(&files), Arc::clone(&stats), task.supervisor);
    // Beside the queue: one edit, and one message to decode for each connection.
    let spare = limits.max_connections + 1;
    let pool = Pool::new(limits.workers, limits.queue_size, spare)
        .map_err(|error| format!("Failed to start worker pool: {error}"))?;
    let service = Service::new(Arc::new(machine), pool, Arc::clone(&stats), &limits);
    let outside = Outside {
        listeners: task.listeners,
        signals: task.signals,
        link: task.link,
        loaded: task.loaded,
        source: task.source,
    };
    let mut event_loop = EventLoop::new(outside, service, Arc::clone(&stats))
        .map_err(|error| format!("Failed to create concurrent daemon: {error}"))?;

    let outcome = event_loop.run();
    // Pool threads may still be writing; the process ends without them.
    files.close();
    log::info!("stopped: {stats}");
    if verbose {
        os::say(&format!("Final statistics: {stats}\n"));
    }
    outcome.map_err(|error| format!("the event loop failed: {error}"))
}

fn allow_enough_descriptors(max_connections: usize) {
    let wanted = max_connections as u64 + OWN_DESCRIPTORS;
    let allowed = os::raise_open_files(wanted);
    if allowed < wanted {
        log::warn!("the system allows {allowed} open files; {wanted} may be needed");
    }
}
