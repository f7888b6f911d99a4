//! The configuration: one table of settings, four places to say them, one plain [`Config`].
//!
//! An option wins over the environment, that over the file, and that over the default; each value
//! keeps its origin. Nothing is accepted and then silently ignored: what a later version will obey
//! is refused as an option, and warned about in a file.
//!
//! - `table/`, `settings`: what can be set; `value`: what a value may be.
//! - `flags`, `file`: what the places say; `keys`: what a key means; `layers`: who wins.
//! - `plain`: the values by name, for everybody else; `show`, `help`: for people.

mod fault;
mod file;
mod flags;
mod help;
mod keys;
mod layers;
pub mod plain;
mod settings;
mod show;
mod table;
mod value;

#[cfg(test)]
mod config_tests;
#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod legacy_tests;
#[cfg(test)]
mod pages;

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

pub use fault::ConfigError;
pub use help::help;
pub use plain::Config;
pub use show::{check_report, print_json, print_text};

use settings::{Setting, Standing, settings};
use value::Value;

/// Names each setting; the rows of the table say the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    ConfigFile,
    Verbose,
    Daemonize,
    PidFile,
    WorkingDir,
    Umask,
    User,
    Group,
    ShutdownTimeout,
    EnableUnix,
    SocketPath,
    SocketMode,
    SocketOwner,
    SocketGroup,
    Backlog,
    TcpPort,
    TcpAddress,
    EnableTcp,
    Workers,
    QueueSize,
    MaxConnections,
    MaxPerUser,
    MaxProjects,
    MaxProjectMemory,
    MaxProjectsMemory,
    Protocol,
    PriorityQueue,
    RequestTimeout,
    IdleTimeout,
    MaxRequest,
    MaxReply,
    RateLimit,
    RatePerSecond,
    RateBurst,
    Root,
    Authentication,
    AuthToken,
    LogLevel,
    LogFile,
    LogTarget,
    LogFormat,
    Rotate,
    RotateSize,
    RotateFiles,
    RotateAge,
    SlowLog,
    SlowThreshold,
    MaxMemory,
    RestartOnMemory,
    MaxRestarts,
    RestartWindow,
    RestartDelay,
    RestartDelayMax,
    Health,
    HealthInterval,
    HealthFile,
    Metrics,
    MetricsEndpoint,
    MetricsInterval,
    RenderDir,
    RenderTtl,
    RenderMaxSize,
    RenderCleanup,
    StateDir,
    Journal,
    Fsync,
    FsyncInterval,
}

/// What is to be done. Earlier ones win over later ones; the legacy order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Help,
    Version,
    Status,
    Stop,
    Reload,
    TestLifecycle,
    TestSignals,
    TestMode,
    Repair,
    CheckConfig,
    PrintConfig(Form),
    Run,
}

/// How the configuration is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Text,
    Json,
}

/// What a configuration is read from; kept, so that SIGHUP can read again.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Without the program's name.
    pub args: Vec<OsString>,
    /// Those that begin with GOXEL_.
    pub env: BTreeMap<OsString, OsString>,
    /// Relative paths begin here, also after the process has gone elsewhere.
    pub dir: PathBuf,
}

impl Source {
    /// Of this process, as it was started.
    pub fn of_process() -> Source {
        Source {
            args: env::args_os().skip(1).collect(),
            env: env::vars_os().filter(|(name, _)| is_ours(name)).collect(),
            dir: env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        }
    }

    fn variable(&self, name: &str) -> Option<&OsString> {
        // An empty variable counts as none.
        self.env.get(OsStr::new(name)).filter(|value| !value.is_empty())
    }
}

fn is_ours(variable: &OsStr) -> bool {
    variable.as_encoded_bytes().starts_with(b"GOXEL_")
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The option as it was written.
    Flag(String),
    /// The environment variable.
    Variable(String),
    /// The key it has in the file, and where its value begins.
    File {
        key: String,
        line: usize,
        column: usize,
    },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(option) => write!(f, "option {option}"),
            Origin::Variable(name) => write!(f, "environment {name}"),
            Origin::File { key, line, .. } => write!(f, "file line {line}, {key}"),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub value: Value,
    pub origin: Origin,
}

/// Every setting's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Id, Held>);

/// A configuration that holds together.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    pub action: Action,
    /// One line each, with its place.
    pub warnings: Vec<String>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    values: Values,
    /// Where relative paths begin.
    dir: PathBuf,
}

impl Loaded {
    /// Where a setting's value comes from.
    pub fn origin(&self, id: Id) -> &Origin {
        self.values.origin(id)
    }
}

/// Reads the command line, the environment, and the file that they name.
///
/// # Errors
/// With everything that is wrong. Nothing is changed by reading.
pub fn load(source: &Source) -> Result<Loaded, ConfigError> {
    layers::load(source)
}

/// What changes from one configuration to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What takes effect at once.
    pub reloadable: Vec<Change>,
    /// What needs a restart, and stays as it was until then.
    pub fixed: Vec<Change>,
}

/// One setting that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: Id,
    pub key: &'static str,
    /// As a file would say them; of a secret nothing but that it is set.
    pub from: String,
    pub to: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.key, self.from, self.to)
    }
}

/// Compares what is obeyed; settings for a later version change nothing.
pub fn changes(old: &Loaded, new: &Loaded) -> Changes {
    let changed = |it: &&Setting| {
        it.standing == Standing::Obeyed && old.values.value(it.id) != new.values.value(it.id)
    };
    let change = |it: &'static Setting| Change {
        id: it.id,
        key: it.key,
        from: show::shown(it, old.values.value(it.id)),
        to: show::shown(it, new.values.value(it.id)),
    };
    let (reloadable, fixed): (Vec<_>, Vec<_>) =
        settings().filter(changed).partition(|it| it.reload);
    Changes {
        reloadable: reloadable.into_iter().map(change).collect(),
        fixed: fixed.into_iter().map(change).collect(),
    }
}

/// What holds after a reload: the old settings, with those of the new that take effect at once.
///
/// # Errors
/// When the two do not go together; then the old configuration stays.
pub fn reloaded(old: &Loaded, new: &Loaded) -> Result<Loaded, ConfigError> {
    let held = |it: &Setting| {
        let from = if it.reload { &new.values } else { &old.values };
        from.0.get(&it.id).map(|held| (it.id, held.clone()))
    };
    let values = Values(settings().filter_map(held).collect());
    let faults = |clashes: Vec<plain::Clash>| ConfigError {
        faults: clashes.iter().map(|it| it.at(new.file.as_deref())).collect(),
        warnings: new.warnings.clone(),
        action: Some(new.action),
    };
    let config = Config::new(&values, &old.dir).map_err(faults)?;
    Ok(Loaded { config, values, dir: old.dir.clone(), ..new.clone() })
}
