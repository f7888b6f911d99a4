//! `goxel-daemon`: the engine behind a Unix socket.
//!
//! One event-loop thread owns the socket, all connections and the session; a pool of workers runs
//! what is slow. Each system call that is particular to Unix sits behind one small module.

mod config;
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

use config::{Action, Config, ConfigError, Form, Id, Loaded, Origin, Source};
use event_loop::{EventLoop, Limits};
use files::Files;
use host::Machine;
use listener::Listener;
use pool::Pool;
use service::Service;
use signals::Signals;
use stats::Stats;

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
    let outcome = config::load(&Source::of_process());
    match outcome.as_ref().map_or_else(|error| error.action, |loaded| Some(loaded.action)) {
        Some(Action::Help) => return say(&config::help()),
        Some(Action::Version) => return say(VERSION),
        Some(Action::CheckConfig) => return check_config(&outcome),
        _ => {}
    }
    match outcome {
        Ok(loaded) => act(&loaded),
        Err(error) => refuse(&error),
    }
}

fn check_config(outcome: &Result<Loaded, ConfigError>) -> ExitCode {
    let said = say(&config::check_report(outcome));
    if outcome.is_ok() { said } else { ExitCode::FAILURE }
}

fn refuse(error: &ConfigError) -> ExitCode {
    complain(&error.to_string());
    if error.is_usage() {
        complain("Invalid command line arguments. Use --help for usage information.");
    }
    ExitCode::FAILURE
}

fn act(loaded: &Loaded) -> ExitCode {
    if let Action::PrintConfig(form) = loaded.action {
        loaded.warnings.iter().for_each(|warning| complain(&format!("warning: {warning}")));
        return say(&match form {
            Form::Text => config::print_text(loaded),
            Form::Json => config::print_json(loaded),
        });
    }
    if let Some(what) = unwired(loaded) {
        complain(&format!("{what} is not in goxel-daemon {} yet", env!("CARGO_PKG_VERSION")));
        complain("Invalid command line arguments. Use --help for usage information.");
        return ExitCode::FAILURE;
    }
    match run(loaded) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("goxel-daemon: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// An option that is read, and not obeyed.
fn unwired(loaded: &Loaded) -> Option<String> {
    let word = match loaded.action {
        Action::Status => Some("--status"),
        Action::Stop => Some("--stop"),
        Action::Reload => Some("--reload"),
        Action::TestLifecycle => Some("--test-lifecycle"),
        Action::TestSignals => Some("--test-signals"),
        Action::TestMode => Some("--test-mode"),
        _ => None,
    };
    let ids = [Id::PidFile, Id::WorkingDir, Id::User, Id::Group, Id::LogFile, Id::LogFormat];
    let detach = loaded.config.process.daemonize.then_some(Id::Daemonize);
    let ids = detach.into_iter().chain(ids).chain([Id::Root]);
    let mut named = ids.map(|id| loaded.origin(id)).filter_map(|origin| match origin {
        Origin::Flag(option) => Some(option.clone()),
        _ => None,
    });
    word.map(str::to_owned).or_else(|| named.next())
}

/// Serves until a signal ends it.
fn run(loaded: &Loaded) -> Result<(), Box<dyn Error>> {
    let options = &loaded.config;
    logging::start(options.log.level);
    loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
    // Before any thread: both touch what the whole process shares.
    let files = Arc::new(Files::new(files::MAX_INPUT));
    let signals = Signals::new()?;
    allow_enough_descriptors(options.limits.max_connections);
    let listener = Listener::bind(&options.unix.path)
        .map_err(|error| format!("Failed to start socket server: {error}"))?;

    let stats = Arc::new(Stats::new());
    let machine = Arc::new(Machine::new(Arc::clone(&files), Arc::clone(&stats)));
    // Beside the queue: one edit, and one message to decode for each connection.
    let spare = options.limits.max_connections + 1;
    let pool = Pool::new(options.limits.workers, options.limits.queue_size, spare)
        .map_err(|error| format!("Failed to start worker pool: {error}"))?;
    let service = Service::new(machine, pool, Arc::clone(&stats));
    let limits = Limits {
        max_connections: options.limits.max_connections,
        max_message: options.limits.max_request,
    };
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

fn announce(options: &Config) {
    if options.verbose {
        say(&format!(
            "Socket: {}\nDaemonize: no\nProtocol mode: {}\nWorker threads: {}\n\
             Queue size: {}\nMax connections: {}\nstarted successfully (PID: {})\n",
            options.unix.path.display(),
            options.limits.protocol.name(),
            options.limits.workers,
            options.limits.queue_size,
            options.limits.max_connections,
            process::id(),
        ));
    }
    log::info!(
        "goxel-daemon {} listening on {}",
        env!("CARGO_PKG_VERSION"),
        options.unix.path.display()
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
