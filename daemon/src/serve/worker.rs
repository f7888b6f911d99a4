//! The second process: it serves clients, until it is told to stop or its supervisor is gone.

use std::sync::Arc;
use std::thread;

use goxel_rpc::{Config, Session};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::Pid;

use crate::config::{self as configured, Loaded, Source};
use crate::os;
use crate::process::link::{Link, Word};
use crate::process::signals::Signals;
use crate::serve::event_loop::{EventLoop, Outside};
use crate::serve::files::{self, Files};
use crate::serve::health_file::HealthFile;
use crate::serve::host::Machine;
use crate::serve::pool::Pool;
use crate::serve::service::Service;
use crate::serve::stats::Stats;
use crate::socket::listener::Listener;
use crate::state::{Around, Recovered, State, place, recover};

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
pub fn serve(mut task: Task) -> Result<(), String> {
    let config = &task.loaded.config;
    let (limits, verbose) = (config.limits.clone(), config.verbose);
    // Before any thread: it touches what the whole process shares.
    let files = Arc::new(Files::new(files::MAX_INPUT));
    allow_enough_descriptors(limits.max_connections);

    let kept = Arc::new(wake_fd().map_err(|error| format!("an eventfd: {error}"))?);
    let (session, state) = session(&task.loaded.config, &mut task.link, &kept)?;
    let stats = Arc::new(Stats::new());
    let machine = Machine::new(Arc::clone(&files), Arc::clone(&stats), task.supervisor);
    // Beside the queue: one edit, and one message to decode for each connection; a checkpoint.
    let spare = limits.max_connections + 4;
    let pool = Pool::new(limits.workers, limits.queue_size, spare)
        .map_err(|error| format!("Failed to start worker pool: {error}"))?;
    let health_file = HealthFile::new(Arc::clone(&files));
    let service =
        Service::new((session, state), Arc::new(machine), pool, health_file, Arc::clone(&stats));
    let outside = Outside {
        listeners: task.listeners,
        signals: task.signals,
        link: task.link,
        loaded: task.loaded,
        source: task.source,
        kept,
    };
    let mut event_loop = EventLoop::new(outside, service, Arc::clone(&stats))
        .map_err(|error| format!("Failed to create concurrent daemon: {error}"))?;

    os::has_a_descriptor_left().map_err(|error| format!("no client could be let in: {error}"))?;
    let outcome = event_loop.run();
    // Pool threads may still be writing; the process ends without them.
    files.close();
    log::info!("stopped: {stats}");
    if verbose {
        os::say(&format!("Final statistics: {stats}\n"));
    }
    outcome.map_err(|error| format!("the event loop failed: {error}"))
}

fn wake_fd() -> nix::Result<EventFd> {
    EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
}

/// The session that there was, if one is kept; else a new one.
fn session(
    config: &configured::Config,
    link: &mut Link,
    kept: &Arc<EventFd>,
) -> Result<(Session, Option<State>), String> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let limits = &config.limits;
    let rules = Config {
        threads,
        max_projects: limits.max_projects,
        max_project_memory: limits.max_project_memory,
        max_projects_memory: limits.max_projects_memory,
        ..Config::default()
    };
    let Some(dir) = config.state.journal.then(|| place::of(config)).flatten() else {
        return Ok((Session::new(rules), None));
    };
    let wake = Arc::clone(kept);
    let around = Around {
        config: rules,
        threads,
        fsync: config.state.fsync,
        // A counter that is full has woken the loop already.
        wake: Box::new(move || _ = wake.write(1)),
        alive: &mut || link.say(Word::Alive),
    };
    let Recovered { session, state } = recover(&dir, around)?;
    Ok((session, Some(state)))
}

fn allow_enough_descriptors(max_connections: usize) {
    let wanted = max_connections as u64 + OWN_DESCRIPTORS;
    let allowed = os::raise_open_files(wanted);
    if allowed < wanted {
        log::warn!("the system allows {allowed} open files; {wanted} may be needed");
    }
}
