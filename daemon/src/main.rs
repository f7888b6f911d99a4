//! `goxel-daemon`: the engine behind a Unix socket.
//!
//! Two processes. The supervisor has one thread and no client; it holds the sockets and keeps a
//! worker alive. In the worker one event-loop thread owns all connections and the session, and a
//! pool runs what is slow. Each system call that is particular to Unix sits behind one small module.

mod config;
mod logging;
mod os;
mod process;
mod serve;
mod socket;
mod state;
mod wire;

use std::process::ExitCode;

use config::{Action, ConfigError, Form, Loaded, Source};
use os::{complain, say};
use process::{control, self_test, start};

const VERSION: &str = concat!(
    "goxel-daemon version ",
    env!("CARGO_PKG_VERSION"),
    "\nGoxel v",
    env!("CARGO_PKG_VERSION"),
    " Daemon\nCopyright (c) 2026 The goxel authors\nLicence: MIT OR Apache-2.0\n"
);

fn main() -> ExitCode {
    let source = Source::of_process();
    let outcome = config::load(&source);
    let action = outcome.as_ref().map_or_else(|error| error.action, |loaded| Some(loaded.action));
    let done = match action {
        Some(Action::Help) => say(&config::help()),
        Some(Action::Version) => say(VERSION),
        Some(Action::CheckConfig) => say(&config::check_report(&outcome)) && outcome.is_ok(),
        _ => match outcome {
            Ok(loaded) => act(loaded, source),
            Err(error) => refuse(&error),
        },
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn refuse(error: &ConfigError) -> bool {
    complain(&error.to_string());
    if error.is_usage() {
        complain("Invalid command line arguments. Use --help for usage information.");
    }
    false
}

fn act(loaded: Loaded, source: Source) -> bool {
    let pid_file = &loaded.config.process.pid_file;
    match loaded.action {
        Action::Status => control::status(pid_file),
        Action::Stop => control::stop(pid_file),
        Action::Reload => control::reload(pid_file),
        Action::TestLifecycle => self_test::lifecycle(),
        Action::TestSignals => self_test::signals(),
        Action::TestMode => test_mode(&loaded),
        Action::Repair => repair(&loaded),
        Action::PrintConfig(form) => print_config(&loaded, form),
        // Answered in `main`, whatever the configuration is like.
        Action::Help | Action::Version | Action::CheckConfig => true,
        Action::Run => start::run(loaded, source),
    }
}

fn print_config(loaded: &Loaded, form: Form) -> bool {
    loaded.warnings.iter().for_each(|warning| complain(&format!("warning: {warning}")));
    say(&match form {
        Form::Text => config::print_text(loaded),
        Form::Json => config::print_json(loaded),
    })
}

/// The state is not served meanwhile: its lock is ours.
fn repair(loaded: &Loaded) -> bool {
    let Some(dir) = state::place::of(&loaded.config) else {
        complain("goxel-daemon: there is no state directory; set --state-dir");
        return false;
    };
    match state::repair::repair(&dir) {
        Ok(lines) => lines.iter().all(|line| say(&format!("{line}\n"))),
        Err(why) => {
            complain(&format!("goxel-daemon: {why}"));
            false
        }
    }
}

/// Everything that can be tried without serving.
fn test_mode(loaded: &Loaded) -> bool {
    loaded.warnings.iter().for_each(|warning| complain(&format!("warning: {warning}")));
    match start::rehearse(&loaded.config) {
        Ok(()) => say("Configuration is valid; nothing was started\n"),
        Err(why) => {
            complain(&format!("goxel-daemon: {why}"));
            false
        }
    }
}
