//! The start: from a configuration to a supervisor that holds everything it needs.

use std::collections::BTreeSet;
use std::env;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::stat::{Mode, umask};

use crate::config::plain::{Log, LogTarget};
use crate::config::{Config, Id, Loaded, Origin, Source};
use crate::logging;
use crate::os::{complain, make_folder_for};
use crate::process::fork::{self, Side, Teller};
use crate::process::notify::Given;
use crate::process::pid_file::PidFile;
use crate::process::privileges::{Identity, IdentityError, find_group, find_uid};
use crate::process::signals::Signals;
use crate::process::supervisor::{Held, Supervisor};
use crate::socket::listener::{Address, ListenError, Listener, SocketFile};
use crate::state::place;

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
    start_log(&loaded, &identity).map_err(|error| error.to_string())?;
    loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
    let pid_file = claim_pid_file(config, &identity)?;
    let (listeners, socket_file) = listen(config, &identity, given.sockets)?;
    make_state_dir(config, &identity)?;
    identity.assume().map_err(|error| error.to_string())?;
    Ok(Held {
        loaded,
        source,
        listeners,
        socket_file,
        pid_file,
        teller: None,
        signals,
        watchdog: given.watchdog,
    })
}

/// A service in the foreground that may not write the log file its configuration names serves all
/// the same: its manager keeps what it says on stderr. Whoever detaches has no stderr to read, and an
/// option is meant for this very start.
fn start_log(loaded: &Loaded, owner: &Identity) -> io::Result<()> {
    let Config { log, process, .. } = &loaded.config;
    let Err(error) = logging::start(log, owner) else { return Ok(()) };
    let is_configured = matches!(loaded.origin(Id::LogFile), Origin::File { .. });
    if process.daemonize || !is_configured || !is_denied(&error) {
        return Err(error);
    }
    logging::start(&Log { target: LogTarget::Stderr, ..log.clone() }, owner)?;
    log::warn!("{error}; logging to stderr");
    Ok(())
}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
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

fn make_state_dir(config: &Config, owner: &Identity) -> Result<(), String> {
    if !config.state.journal {
        return Ok(());
    }
    let dir = place::of(config).ok_or("no place for the state; set --state-dir or --no-journal")?;
    place::make(&dir, owner).map_err(|error| {
        format!("the state directory {}: {error}; set --state-dir or --no-journal", dir.display())
    })
}

fn folder_error(path: &Path, error: &io::Error) -> String {
    format!("the folder of {}: {error}", path.display())
}

/// The sockets that were handed over, or those of our own.
fn listen(
    config: &Config,
    owner: &Identity,
    handed: Vec<OwnedFd>,
) -> Result<(Vec<Listener>, SocketFile), String> {
    let failed = |text: String| format!("Failed to start socket server: {text}");
    if !handed.is_empty() {
        let taken: io::Result<Vec<_>> = handed.into_iter().map(Listener::inherited).collect();
        let taken = taken.map_err(|error| failed(format!("a socket handed over: {error}")))?;
        taken.iter().try_for_each(|listener| may_be_public(config, listener))?;
        return Ok((taken, SocketFile::none()));
    }
    let (mut listeners, mut socket_file) = (Vec::new(), SocketFile::none());
    if config.unix.enabled {
        let path = &config.unix.path;
        make_folder_for(path, owner).map_err(|error| failed(folder_error(path, &error)))?;
        let bound = Listener::bind(&address(config, owner)?);
        let (listener, file) = bound.map_err(|error| failed(error.to_string()))?;
        listeners.push(listener);
        socket_file = file;
    }
    if config.tcp.enabled {
        listeners.extend(listen_on_tcp(config).map_err(failed)?);
    }
    Ok((listeners, socket_file))
}

/// On the addresses that are asked for, or on those of loopback that there are.
fn listen_on_tcp(config: &Config) -> Result<Vec<Listener>, String> {
    let port = config.tcp.port;
    let Some(host) = &config.tcp.address else {
        let four = Listener::tcp((Ipv4Addr::LOCALHOST, port).into());
        let four = four.map_err(|error| error.to_string())?;
        // A machine need not have IPv6.
        return match Listener::tcp((Ipv6Addr::LOCALHOST, port).into()) {
            Ok(six) => Ok(vec![four, six]),
            Err(error @ ListenError::PortTaken { .. }) => Err(error.to_string()),
            Err(_) => Ok(vec![four]),
        };
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = (bare, port).to_socket_addrs();
    let addresses =
        addresses.map_err(|error| format!("{host}: {error}; set daemon.tcp_address"))?;
    let mut listeners = Vec::new();
    for address in addresses.collect::<BTreeSet<_>>() {
        let listener = Listener::tcp(address).map_err(|error| error.to_string())?;
        may_be_public(config, &listener)?;
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Other machines are let in with a token only.
fn may_be_public(config: &Config, listener: &Listener) -> Result<(), String> {
    if listener.is_public() && config.security.token.is_none() {
        return Err(format!(
            "{listener} can be reached from other machines; set security.auth_token, or bind to \
             loopback"
        ));
    }
    Ok(())
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
