//! The command line and the environment, as one plain [`Options`].
//!
//! Option names, defaults and error texts are the legacy ones (spec/daemon.md 2). What a later
//! version will bring is refused by name: nothing is accepted and then ignored, except the words
//! that only ever meant "run here, without a display".

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::thread;

use log::LevelFilter;

/// Where the daemon listens when nobody says otherwise.
const DEFAULT_SOCKET: &str = "/tmp/goxel-daemon.sock";
/// An empty socket path means Homebrew's place where that exists. Legacy.
const HOMEBREW_DIR: &str = "/opt/homebrew/var/run/goxel";
/// What fits in a Unix socket address, with its closing zero.
const MAX_SOCKET_PATH: usize = 107;

pub const HELP: &str = "\
Usage: goxel-daemon [OPTIONS]

Serves the goxel voxel engine as JSON-RPC 2.0 on a Unix socket, in the foreground.

Options:
  -h, --help                 Show this text and exit
  -v, --version              Show the version and exit
  -V, --verbose              Print a summary at start and at stop; log at level debug
  -f, --foreground           Stay in the foreground (the default)
  -s, --socket PATH          Unix socket (default: /tmp/goxel-daemon.sock)
  -j, --workers N            Worker threads, 1-64 (default: one per processor)
  -q, --queue-size N         Jobs that may wait for a worker, 1-65536 (default: 1024)
  -m, --max-connections N    Clients at a time, 1-65536 (default: 256)
  -P, --protocol NAME        auto or jsonrpc (default: auto)
      --log-level LEVEL      off, error, warn, info or debug (default: info)

Environment (an option wins over it):
  GOXEL_SOCKET_PATH, GOXEL_DAEMON_SOCKET    --socket
  GOXEL_MAX_WORKERS, GOXEL_WORKER_THREADS   --workers
  GOXEL_QUEUE_SIZE                          --queue-size
  GOXEL_MAX_CONNECTIONS                     --max-connections
  GOXEL_LOG_LEVEL                           --log-level

Signals: TERM and INT stop the daemon, USR1 logs statistics, USR2 toggles debug logging.
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    Help,
    Version,
    Run(Options),
}

/// How to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub socket: PathBuf,
    pub workers: usize,
    pub queue_size: usize,
    pub max_connections: usize,
    pub protocol: String,
    pub log_level: LevelFilter,
    pub verbose: bool,
}

/// Why a command line was refused. The texts with "must be" are the legacy ones.
#[derive(Debug, PartialEq, Eq)]
pub enum ArgsError {
    Number { what: &'static str, value: String, max: usize },
    Protocol(String),
    LogLevel(String),
    SocketPath { bytes: usize },
    Unknown(String),
    Ambiguous(String),
    NotYet(String),
    Usage(String),
}

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgsError::Number { what, value, max } => {
                write!(f, "Invalid {what}: {value} (must be 1-{max})")
            }
            ArgsError::Protocol(name) => {
                write!(f, "Invalid protocol: {name} (must be auto, jsonrpc, or mcp)")
            }
            ArgsError::LogLevel(name) => {
                write!(f, "Invalid log level: {name} (must be off, error, warn, info, or debug)")
            }
            ArgsError::SocketPath { bytes } => {
                write!(f, "Invalid socket path: {bytes} bytes (must be under 108)")
            }
            ArgsError::Unknown(option) => write!(f, "unrecognized option '{option}'"),
            ArgsError::Ambiguous(option) => write!(f, "option '{option}' is ambiguous"),
            ArgsError::NotYet(option) => {
                write!(f, "{option} is not in goxel-daemon {} yet", env!("CARGO_PKG_VERSION"))
            }
            ArgsError::Usage(text) => f.write_str(text),
        }
    }
}

impl From<lexopt::Error> for ArgsError {
    fn from(error: lexopt::Error) -> ArgsError {
        ArgsError::Usage(error.to_string())
    }
}

/// What an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    Help,
    Version,
    Verbose,
    /// What is so anyway.
    AsItIs,
    Socket,
    Workers,
    QueueSize,
    MaxConnections,
    Protocol,
    LogLevel,
    NotYet,
}

/// Every name that means something, now or later. A long name may be cut while it is unique.
const FLAGS: &[(Option<char>, &str, Flag)] = &[
    (Some('h'), "help", Flag::Help),
    (Some('v'), "version", Flag::Version),
    (Some('V'), "verbose", Flag::Verbose),
    (Some('f'), "foreground", Flag::AsItIs),
    (None, "daemon", Flag::AsItIs),
    (None, "headless", Flag::AsItIs),
    (Some('s'), "socket", Flag::Socket),
    (Some('j'), "workers", Flag::Workers),
    (None, "worker-threads", Flag::Workers),
    (Some('q'), "queue-size", Flag::QueueSize),
    (Some('m'), "max-connections", Flag::MaxConnections),
    (Some('P'), "protocol", Flag::Protocol),
    (None, "log-level", Flag::LogLevel),
    (None, "loglevel", Flag::LogLevel),
    (Some('D'), "daemonize", Flag::NotYet),
    (Some('p'), "pid-file", Flag::NotYet),
    (None, "pidfile", Flag::NotYet),
    (Some('c'), "config", Flag::NotYet),
    (Some('l'), "log-file", Flag::NotYet),
    (None, "logfile", Flag::NotYet),
    (Some('w'), "working-dir", Flag::NotYet),
    (Some('u'), "user", Flag::NotYet),
    (Some('g'), "group", Flag::NotYet),
    (None, "priority-queue", Flag::NotYet),
    (None, "status", Flag::NotYet),
    (None, "stop", Flag::NotYet),
    (None, "reload", Flag::NotYet),
    (None, "test-signals", Flag::NotYet),
    (None, "test-lifecycle", Flag::NotYet),
    (None, "test-concurrent", Flag::NotYet),
    (None, "test-mode", Flag::NotYet),
    (None, "tcp", Flag::NotYet),
    (None, "port", Flag::NotYet),
    (None, "bind", Flag::NotYet),
    (None, "idle-timeout", Flag::NotYet),
    (None, "log-format", Flag::NotYet),
];

/// Reads the arguments (without the program's name); `env` answers for the environment.
pub fn parse<A, E>(args: A, env: E) -> Result<Action, ArgsError>
where
    A: IntoIterator<Item = OsString>,
    E: Fn(&str) -> Option<OsString>,
{
    let mut given = Given::default();
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        let (name, flag) = match arg {
            lexopt::Arg::Short(short) => (format!("-{short}"), by_short(short)?),
            lexopt::Arg::Long(long) => (format!("--{long}"), by_long(long)?),
            lexopt::Arg::Value(_) => continue, // Legacy: ignored.
        };
        given.take(flag, name, &mut parser)?;
    }
    given.into_action(env)
}

fn by_short(short: char) -> Result<Flag, ArgsError> {
    let row = FLAGS.iter().find(|(name, ..)| *name == Some(short));
    row.map(|row| row.2).ok_or_else(|| ArgsError::Unknown(format!("-{short}")))
}

fn by_long(long: &str) -> Result<Flag, ArgsError> {
    if let Some(row) = FLAGS.iter().find(|(_, name, _)| *name == long) {
        return Ok(row.2);
    }
    let mut flags = FLAGS.iter().filter(|(_, name, _)| name.starts_with(long)).map(|row| row.2);
    let first = flags.next().ok_or_else(|| ArgsError::Unknown(format!("--{long}")))?;
    if flags.all(|flag| flag == first) {
        return Ok(first);
    }
    Err(ArgsError::Ambiguous(format!("--{long}")))
}

/// The options as they stand on the command line.
#[derive(Default)]
struct Given {
    help: bool,
    version: bool,
    verbose: bool,
    socket: Option<OsString>,
    workers: Option<OsString>,
    queue_size: Option<OsString>,
    max_connections: Option<OsString>,
    protocol: Option<OsString>,
    log_level: Option<OsString>,
}

impl Given {
    fn take(
        &mut self,
        flag: Flag,
        name: String,
        parser: &mut lexopt::Parser,
    ) -> Result<(), ArgsError> {
        match flag {
            Flag::Help => self.help = true,
            Flag::Version => self.version = true,
            Flag::Verbose => self.verbose = true,
            Flag::AsItIs => {}
            Flag::Socket => self.socket = Some(parser.value()?),
            Flag::Workers => self.workers = Some(parser.value()?),
            Flag::QueueSize => self.queue_size = Some(parser.value()?),
            Flag::MaxConnections => self.max_connections = Some(parser.value()?),
            Flag::Protocol => self.protocol = Some(parser.value()?),
            Flag::LogLevel => self.log_level = Some(parser.value()?),
            Flag::NotYet => return Err(ArgsError::NotYet(name)),
        }
        Ok(())
    }

    /// Help goes before version, and both before running. Legacy.
    fn into_action(self, env: impl Fn(&str) -> Option<OsString>) -> Result<Action, ArgsError> {
        if self.help {
            return Ok(Action::Help);
        }
        if self.version {
            return Ok(Action::Version);
        }
        let default_level = if self.verbose { LevelFilter::Debug } else { LevelFilter::Info };
        let or_env = |given: Option<OsString>, names: &[&str]| {
            given.or_else(|| names.iter().find_map(|name| env(name).filter(|it| !it.is_empty())))
        };
        let socket = or_env(self.socket, &["GOXEL_SOCKET_PATH", "GOXEL_DAEMON_SOCKET"]);
        let workers = or_env(self.workers, &["GOXEL_MAX_WORKERS", "GOXEL_WORKER_THREADS"]);
        let queue_size = or_env(self.queue_size, &["GOXEL_QUEUE_SIZE"]);
        let max_connections = or_env(self.max_connections, &["GOXEL_MAX_CONNECTIONS"]);
        let log_level = or_env(self.log_level, &["GOXEL_LOG_LEVEL"]);
        Ok(Action::Run(Options {
            socket: socket_path(socket)?,
            workers: number(workers, "number of worker threads", default_workers(), 64)?,
            queue_size: number(queue_size, "queue size", 1024, 65536)?,
            max_connections: number(max_connections, "max connections", 256, 65536)?,
            protocol: protocol(self.protocol)?,
            log_level: log_level_of(log_level, default_level)?,
            verbose: self.verbose,
        }))
    }
}

fn default_workers() -> usize {
    thread::available_parallelism().map_or(4, usize::from).min(64)
}

fn socket_path(given: Option<OsString>) -> Result<PathBuf, ArgsError> {
    let path = match given {
        None => PathBuf::from(DEFAULT_SOCKET),
        Some(path) if path.is_empty() => default_of_empty(),
        Some(path) => PathBuf::from(path),
    };
    let bytes = path.as_os_str().len();
    if bytes > MAX_SOCKET_PATH {
        return Err(ArgsError::SocketPath { bytes });
    }
    Ok(path)
}

fn default_of_empty() -> PathBuf {
    let homebrew = Path::new(HOMEBREW_DIR);
    if homebrew.is_dir() { homebrew.join("goxel.sock") } else { PathBuf::from(DEFAULT_SOCKET) }
}

fn number(
    given: Option<OsString>,
    what: &'static str,
    default: usize,
    max: usize,
) -> Result<usize, ArgsError> {
    let Some(text) = given else { return Ok(default) };
    let value = text.to_string_lossy().into_owned();
    match value.parse() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => Err(ArgsError::Number { what, value, max }),
    }
}

fn protocol(given: Option<OsString>) -> Result<String, ArgsError> {
    let name = given.map_or("auto".into(), |text| text.to_string_lossy().into_owned());
    match name.as_str() {
        "auto" | "jsonrpc" => Ok(name),
        "mcp" => Err(ArgsError::NotYet("--protocol mcp".into())),
        _ => Err(ArgsError::Protocol(name)),
    }
}

fn log_level_of(given: Option<OsString>, default: LevelFilter) -> Result<LevelFilter, ArgsError> {
    let Some(text) = given else { return Ok(default) };
    let name = text.to_string_lossy().into_owned();
    match name.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::Off),
        "error" => Ok(LevelFilter::Error),
        "warn" | "warning" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        _ => Err(ArgsError::LogLevel(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, env: &[(&str, &str)], expected: &str) {
        let args = line.split_whitespace().map(|word| OsString::from(word.replace("''", "")));
        let lookup = |name: &str| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        let said = match parse(args, lookup) {
            Ok(Action::Help) => "help".to_owned(),
            Ok(Action::Version) => "version".to_owned(),
            Ok(Action::Run(it)) => format!(
                "{} j{} q{} m{} {} {}{}",
                it.socket.display(),
                if it.workers == default_workers() { "*".into() } else { it.workers.to_string() },
                it.queue_size,
                it.max_connections,
                it.protocol,
                it.log_level,
                if it.verbose { " verbose" } else { "" },
            ),
            Err(error) => error.to_string(),
        };
        assert_eq!(said, expected, "for {line:?} with {env:?}");
    }

    #[test]
    fn nothing_given_means_the_defaults() {
        check("", &[], "/tmp/goxel-daemon.sock j* q1024 m256 auto INFO");
        check(
            "--daemon --headless -f stray",
            &[],
            "/tmp/goxel-daemon.sock j* q1024 m256 auto INFO",
        );
    }

    #[test]
    fn options_cluster_join_and_shorten() {
        check("-fVs/s -j 63", &[], "/s j63 q1024 m256 auto DEBUG verbose");
        check("--socket=/s --queue-size 9", &[], "/s j* q9 m256 auto INFO");
        check("--sock /s --max=3 --prot jsonrpc", &[], "/s j* q1024 m3 jsonrpc INFO");
        check(
            "--worker 5 --log-l warn -V",
            &[],
            "/tmp/goxel-daemon.sock j5 q1024 m256 auto WARN verbose",
        );
    }

    #[test]
    fn help_goes_before_version_and_version_before_running() {
        check("-v -h", &[], "help");
        check("--version -s /s", &[], "version");
    }

    #[test]
    fn the_environment_stands_behind_the_command_line() {
        let both = [("GOXEL_SOCKET_PATH", "/a"), ("GOXEL_DAEMON_SOCKET", "/b")];
        check("", &both, "/a j* q1024 m256 auto INFO");
        check("", &both[1..], "/b j* q1024 m256 auto INFO");
        check("-s /c", &both, "/c j* q1024 m256 auto INFO");
        let limits = [
            ("GOXEL_WORKER_THREADS", "63"),
            ("GOXEL_QUEUE_SIZE", "7"),
            ("GOXEL_MAX_CONNECTIONS", "9"),
            ("GOXEL_LOG_LEVEL", "Error"),
        ];
        check("-m 8", &limits, "/tmp/goxel-daemon.sock j63 q7 m8 auto ERROR");
        check("", &[("GOXEL_SOCKET_PATH", "")], "/tmp/goxel-daemon.sock j* q1024 m256 auto INFO");
        check("", &[("GOXEL_QUEUE_SIZE", "x")], "Invalid queue size: x (must be 1-65536)");
    }

    #[test]
    fn values_out_of_range_are_named() {
        for bad in ["0", "65", "-1", "many", "4.0", "18446744073709551616"] {
            let text = format!("Invalid number of worker threads: {bad} (must be 1-64)");
            check(&format!("--workers={bad}"), &[], &text);
        }
        check("-q 65537", &[], "Invalid queue size: 65537 (must be 1-65536)");
        check("-m 0", &[], "Invalid max connections: 0 (must be 1-65536)");
        check("-P xml", &[], "Invalid protocol: xml (must be auto, jsonrpc, or mcp)");
        let levels = "Invalid log level: loud (must be off, error, warn, info, or debug)";
        check("--log-level loud", &[], levels);
        let long = "s".repeat(108);
        check(&format!("-s {long}"), &[], "Invalid socket path: 108 bytes (must be under 108)");
        check(
            &format!("-s {}", &long[1..]),
            &[],
            &format!("{} j* q1024 m256 auto INFO", &long[1..]),
        );
    }

    #[test]
    fn an_empty_socket_means_the_default() {
        check("--socket=''", &[], "/tmp/goxel-daemon.sock j* q1024 m256 auto INFO");
    }

    #[test]
    fn unknown_and_cut_off_options_are_refused() {
        check("--colour", &[], "unrecognized option '--colour'");
        check("-x", &[], "unrecognized option '-x'");
        check("--ver", &[], "option '--ver' is ambiguous");
        check("--socket", &[], "missing argument for option '--socket'");
    }

    #[test]
    fn what_a_later_version_brings_is_refused_by_name() {
        for option in ["-D", "--daemonize", "-p", "--config", "--stop", "--tcp", "--test-mode"] {
            let version = env!("CARGO_PKG_VERSION");
            check(option, &[], &format!("{option} is not in goxel-daemon {version} yet"));
        }
        check(
            "-P mcp",
            &[],
            &format!("--protocol mcp is not in goxel-daemon {} yet", env!("CARGO_PKG_VERSION")),
        );
    }
}
