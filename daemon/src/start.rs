//! The start: from a configuration to a supervisor that holds everything it needs.

use std::env;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::stat::{Mode, umask};

use crate::config::{Config, Loaded, Source};
use crate::fork::{self, Side, Teller};
use crate::listener::{Address, Listener, SocketFile};
use crate::logging;
use crate::notify::Given;
use crate::os::{complain, make_folder_for};
use crate::pid_file::PidFile;
use crate::privileges::{Identity, IdentityError, find_group, find_uid};
use crate::signals::Signals;
use crate::supervisor::{Held, Supervisor};

/// Serves until a signal ends it; in the front of a detached daemon, until that one answers.
pub fn run(loaded: Loaded, source: Source) -> bool {
    // Before anything is opened, and while we are the process that was meant.
    let given = Given::take();
    let outcome = if loaded.config.process.daemonize {
        match fork::detach() {
            Ok(Side::Front(news)) => news.wait(),
            Ok(Side::Back(teller)) => return serve(loaded, source, given, Some(teller)).is_ok(),
            Err(error) => Err(format!("the daemon cannot be detached: {error}")),
        }
    } else {
        serve(loaded, source, given, None)
    };
    if let Err(why) = &outcome {
        complain(&format!("goxel-daemon: {why}"));
    }
    outcome.is_ok()
}

/// What can be found out without changing anything.
pub fn rehearse(config: &Config) -> Result<(), String> {
    let text = |error: IdentityError| error.to_string();
    let process = &config.process;
    Identity::of(process.user.as_deref(), process.group.as_deref()).map_err(text)?;
    address(config, &Identity::ours()).map(|_| ())
}

/// A failure is told to whoever waits, or returned for our own stderr.
fn serve(
    loaded: Loaded,
    source: Source,
    given: Given,
    teller: Option<Teller>,
) -> Result<(), String> {
    match prepare(loaded, source, given) {
        Ok(mut held) => {
            held.teller = teller;
            Supervisor::new(held).run()
        }
        Err(why) => {
            if let Some(teller) = teller {
                teller.failed(&why);
            }
            Err(why)
        }
    }
}

/// Takes everything that needs rights, then gives the rights up.
fn prepare(loaded: Loaded, source: Source, given: Given) -> Result<Held, String> {
    // First: a signal must not end us between making a file and being able to remove it.
    let signals = Signals::for_supervisor().map_err(|error| format!("signals: {error}"))?;
    let config = &loaded.config;
    let process = &config.process;
    let identity = Identity::of(process.user.as_deref(), process.group.as_deref())
        .map_err(|error| error.to_string())?;
    if let Some(mask) = process.umask {
        umask(Mode::from_bits_truncate(mask));
    }
    if let Some(dir) = &process.working_dir {
        env::set_current_dir(dir).map_err(|error| {
            format!("working directory {}: {error}; set --working-dir", dir.display())
        })?;
    }
    logging::start(&config.log, &identity).map_err(|error| error.to_string())?;
    loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
    let pid_file = claim_pid_file(config, &identity)?;
    let (listener, socket_file) = listen(config, &identity, given.sockets)?;
    identity.assume().map_err(|error| error.to_string())?;
    Ok(Held {
        loaded,
        source,
        listener: Some(listener),
        socket_file,
        pid_file,
        teller: None,
        signals,
        watchdog: given.watchdog,
    })
}

fn claim_pid_file(config: &Config, owner: &Identity) -> Result<Option<PidFile>, String> {
    let process = &config.process;
    if !process.daemonize && !process.pid_file_named {
        return Ok(None);
    }
    let path = &process.pid_file;
    make_folder_for(path, owner).map_err(|error| folder_error(path, &error))?;
    PidFile::claim(path, owner).map(Some).map_err(|error| error.to_string())
}

fn folder_error(path: &Path, error: &io::Error) -> String {
    format!("the folder of {}: {error}", path.display())
}

/// A socket that was handed over, or one of our own.
fn listen(
    config: &Config,
    owner: &Identity,
    mut handed: Vec<OwnedFd>,
) -> Result<(Listener, SocketFile), String> {
    let failed = |text: String| format!("Failed to start socket server: {text}");
    if handed.len() > 1 {
        log::warn!("{} sockets were handed over; the first one is served", handed.len());
    }
    if !handed.is_empty() {
        let outcome = Listener::inherited(handed.swap_remove(0));
        return outcome.map_err(|error| failed(format!("the socket handed over: {error}")));
    }
    let path = &config.unix.path;
    make_folder_for(path, owner).map_err(|error| failed(folder_error(path, &error)))?;
    let address = address(config, owner)?;
    Listener::bind(&address).map_err(|error| failed(error.to_string()))
}

/// A socket belongs to whoever serves it, unless it is said otherwise.
fn address<'a>(config: &'a Config, owner: &Identity) -> Result<Address<'a>, String> {
    let unix = &config.unix;
    let text = |error: IdentityError| error.to_string();
    let others = (!owner.is_ours()).then_some(owner);
    let named_owner = unix.owner.as_deref().map(find_uid).transpose().map_err(text)?;
    let named_group = unix.group.as_deref().map(find_group).transpose().map_err(text)?;
    Ok(Address {
        path: &unix.path,
        mode: unix.mode,
        owner: named_owner.map(nix::unistd::Uid::as_raw).or(others.map(Identity::uid)),
        group: named_group.map(nix::unistd::Gid::as_raw).or(others.map(Identity::gid)),
        backlog: unix.backlog,
    })
}
