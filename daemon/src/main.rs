//! `goxel-daemon`: the engine behind a Unix socket.
//!
//! One event-loop thread owns the socket, all connections and the session; a pool of workers runs
//! what is slow. Each system call that is particular to Unix sits behind one small module.

mod args;
mod connection;
mod event_loop;
mod exchange;
mod files;
mod host;
mod listener;
mod logging;
mod mapped;
mod os;
mod pool;
mod service;
mod signals;
mod stats;

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::sync::Arc;

use args::{Action, Options};
use event_loop::{EventLoop, Limits};
use files::Files;
use host::Machine;
use listener::Listener;
use pool::Pool;
use service::Service;
use signals::Signals;
use stats::Stats;

/// The longest message a client may send.
const MAX_MESSAGE: usize = 16 << 20;
/// Descriptors for everything but clients: files of the workers, pipes, the log.
const OWN_DESCRIPTORS: u64 = 256;

const VERSION: &str = concat!(
    "goxel-daemon version ",
    env!("CARGO_PKG_VERSION"),
    "\nGoxel v",
    env!("CARGO_PKG_VERSION"),
    " Daemon\nCopyright (c) 2026 The goxel authors\nLicence: MIT OR Apache-2.0\n"
);

fn main() -> ExitCode {
    let action = match args::parse(env::args_os().skip(1), |name| env::var_os(name)) {
        Ok(action) => action,
        Err(error) => {
            complain(&error.to_string());
            complain("Invalid command line arguments. Use --help for usage information.");
            return ExitCode::FAILURE;
        }
    };
    let outcome = match action {
        Action::Help => return say(args::HELP),
        Action::Version => return say(VERSION),
        Action::Run(options) => run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("goxel-daemon: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal ends it.
fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    logging::start(options.log_level);
    // Before any thread: both touch what the whole process shares.
    let files = Arc::new(Files::new(files::MAX_INPUT));
    let signals = Signals::new()?;
    allow_enough_descriptors(options.max_connections);
    let listener = Listener::bind(&options.socket)
        .map_err(|error| format!("Failed to start socket server: {error}"))?;

    let stats = Arc::new(Stats::new());
    let machine = Arc::new(Machine::new(Arc::clone(&files), Arc::clone(&stats)));
    // Beside the queue: one edit, and one message to decode for each connection.
    let spare = options.max_connections + 1;
    let pool = Pool::new(options.workers, options.queue_size, spare)
        .map_err(|error| format!("Failed to start worker pool: {error}"))?;
    let service = Service::new(machine, pool, Arc::clone(&stats));
    let limits = Limits { max_connections: options.max_connections, max_message: MAX_MESSAGE };
    let mut event_loop = EventLoop::new(listener, signals, service, limits, Arc::clone(&stats))?;

    announce(options);
    let outcome = event_loop.run();
    // Workers may still be writing; the process ends without them.
    files.close();
    log::info!("stopped: {stats}");
    if options.verbose {
        say(&format!("Final statistics: {stats}\n"));
    }
    Ok(outcome?)
}

fn allow_enough_descriptors(max_connections: usize) {
    let wanted = max_connections as u64 + OWN_DESCRIPTORS;
    let allowed = os::raise_open_files(wanted);
    if allowed < wanted {
        log::warn!("the system allows {allowed} open files; {wanted} may be needed");
    }
}

fn announce(options: &Options) {
    if options.verbose {
        say(&format!(
            "Socket: {}\nDaemonize: no\nProtocol mode: {}\nWorker threads: {}\n\
             Queue size: {}\nMax connections: {}\nstarted successfully (PID: {})\n",
            options.socket.display(),
            options.protocol,
            options.workers,
            options.queue_size,
            options.max_connections,
            process::id(),
        ));
    }
    log::info!(
        "goxel-daemon {} listening on {}",
        env!("CARGO_PKG_VERSION"),
        options.socket.display()
    );
}

/// To stdout, whether or not anybody listens.
fn say(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// To stderr, whether or not anybody listens.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
