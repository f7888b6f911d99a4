//! The configuration as plain data: what the rest of the daemon reads.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use log::LevelFilter;

use super::fault::Fault;
use super::value::Value;
use super::{Held, Id, Origin, Values};

/// An empty socket path means Homebrew's place where that exists. Legacy.
const HOMEBREW_DIR: &str = "/opt/homebrew/var/run/goxel";
const DEFAULT_SOCKET: &str = "/tmp/goxel-daemon.sock";
/// What fits in a Unix socket address, with its closing zero.
const MAX_SOCKET_PATH: usize = 107;
/// The port of the migration guide.
const DEFAULT_PORT: u16 = 8080;

/// How to serve. Paths are absolute, but for a socket's in a process that stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub verbose: bool,
    pub process: Process,
    pub unix: UnixSocket,
    pub tcp: Tcp,
    pub limits: Limits,
    pub security: Security,
    pub log: Log,
    pub supervisor: Supervisor,
    pub health: Health,
    pub metrics: Metrics,
    pub render: Render,
    pub state: State,
}

/// What the process is to the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub daemonize: bool,
    pub pid_file: PathBuf,
    /// Was the PID file named? Otherwise only a detached process writes it.
    pub pid_file_named: bool,
    pub working_dir: Option<PathBuf>,
    pub umask: Option<u32>,
    /// By name or number.
    pub user: Option<String>,
    /// By name or number.
    pub group: Option<String>,
    pub shutdown_timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixSocket {
    pub enabled: bool,
    /// Under 108 bytes.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// By name or number.
    pub owner: Option<String>,
    /// By name or number.
    pub group: Option<String>,
    /// 1-65535.
    pub backlog: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    pub enabled: bool,
    /// None: the loopback addresses.
    pub address: Option<String>,
    pub port: u16,
}

/// How much work, and for how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// 1-64.
    pub workers: usize,
    /// 1-65536.
    pub queue_size: usize,
    /// 1-65536.
    pub max_connections: usize,
    /// Of one user, over Unix sockets.
    pub max_per_user: Option<usize>,
    /// Open at a time; 1-65536.
    pub max_projects: usize,
    /// Bytes of each; 0 is no limit.
    pub max_project_memory: u64,
    /// Bytes of all together; 0 is no limit.
    pub max_projects_memory: u64,
    /// Bytes.
    pub max_request: usize,
    /// Bytes.
    pub max_reply: usize,
    pub protocol: Protocol,
    /// So anyway.
    pub priority_queue: bool,
    /// For a message to arrive in.
    pub request_timeout: Option<Duration>,
    /// Between messages.
    pub idle_timeout: Option<Duration>,
    /// Of each client.
    pub rate: Option<Rate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Auto,
    JsonRpc,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Auto => "auto",
            Protocol::JsonRpc => "jsonrpc",
        }
    }
}

/// Of each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_second: u32,
    pub burst: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    /// Holds every file a request may name.
    pub root: Option<PathBuf>,
    /// For later.
    pub authentication: bool,
    /// For later.
    pub token: Option<Secret>,
}

/// Text that no log and no debug output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub level: LevelFilter,
    pub target: LogTarget,
    pub format: LogFormat,
    /// None: a full file goes on.
    pub rotation: Option<Rotation>,
    /// Requests that take as long are logged.
    pub slow_request: Option<Duration>,
}

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    Stderr,
    File(PathBuf),
    Syslog,
    Journald,
}

impl fmt::Display for LogTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogTarget::Stderr => f.write_str("stderr"),
            LogTarget::File(path) => path.display().fmt(f),
            LogTarget::Syslog => f.write_str("syslog"),
            LogTarget::Journald => f.write_str("journald"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub max_bytes: u64,
    /// Old files beside the one that is written.
    pub max_files: u32,
    pub max_age: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    /// Bytes of the worker.
    pub max_memory: Option<u64>,
    pub restart_on_memory_limit: bool,
    pub max_restarts: u32,
    pub restart_window: Duration,
    /// Before the second restart in the window; then twice as long each time.
    pub restart_delay: Duration,
    pub restart_delay_max: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub enabled: bool,
    pub interval: Duration,
    pub file: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    pub enabled: bool,
    /// For later.
    pub endpoint: String,
    pub interval: Duration,
}

/// For later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Render {
    pub dir: PathBuf,
    pub ttl: Duration,
    pub max_bytes: u64,
    pub cleanup_interval: Duration,
}

/// For later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub dir: Option<PathBuf>,
    pub journal: bool,
    pub fsync: Fsync,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    Always,
    Interval(Duration),
    Never,
}

/// Values that do not go together, and whose origin is the place to say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    origin: Origin,
    text: String,
}

impl Clash {
    /// As a fault, when `file` is what was read.
    pub fn at(&self, file: Option<&Path>) -> Fault {
        let text = self.text.clone();
        match (&self.origin, file) {
            (Origin::Variable(name), _) => Fault::Variable { name: name.clone(), text },
            (Origin::File { key, line, column }, Some(path)) => Fault::File {
                path: path.to_owned(),
                line: *line,
                column: *column,
                text: format!("{key}: {text}"),
            },
            (Origin::Flag(_), _) => Fault::Usage(text),
            _ => Fault::Whole(text),
        }
    }
}

impl Config {
    /// The values by name. Relative paths begin at `dir`.
    pub fn new(values: &Values, dir: &Path) -> Result<Config, Vec<Clash>> {
        let config = Config {
            verbose: values.on(Id::Verbose),
            process: process(values, dir),
            unix: unix_socket(values, dir),
            tcp: tcp(values),
            limits: limits(values),
            security: security(values, dir),
            log: log_of(values, dir),
            supervisor: supervisor(values),
            health: Health {
                enabled: values.on(Id::Health),
                interval: values.time(Id::HealthInterval),
                file: values.path(Id::HealthFile, dir),
            },
            metrics: Metrics {
                enabled: values.on(Id::Metrics),
                endpoint: values.text(Id::MetricsEndpoint).unwrap_or_default(),
                interval: values.time(Id::MetricsInterval),
            },
            render: Render {
                dir: values.path(Id::RenderDir, dir).unwrap_or_default(),
                ttl: values.time(Id::RenderTtl),
                max_bytes: values.number(Id::RenderMaxSize),
                cleanup_interval: values.time(Id::RenderCleanup),
            },
            state: state(values, dir),
        };
        let clashes = config.clashes(values);
        if clashes.is_empty() { Ok(config) } else { Err(clashes) }
    }

    fn clashes(&self, values: &Values) -> Vec<Clash> {
        let clash = |id, text: String| Clash { origin: values.origin(id).clone(), text };
        let mut found = Vec::new();
        let bytes = self.unix.path.as_os_str().len();
        if bytes > MAX_SOCKET_PATH {
            let text = format!("Invalid socket path: {bytes} bytes (must be under 108)");
            found.push(clash(Id::SocketPath, text));
        }
        if !self.unix.enabled && !self.tcp.enabled {
            let text = "nothing would listen; enable_unix_socket or enable_tcp must be true";
            found.push(clash(Id::EnableUnix, text.into()));
        }
        if values.word(Id::LogTarget) == "file" && !values.is_named(Id::LogFile) {
            found.push(clash(Id::LogTarget, "no log file is named; set logging.file".into()));
        }
        found
    }
}

fn process(values: &Values, dir: &Path) -> Process {
    Process {
        daemonize: values.on(Id::Daemonize),
        pid_file: values.path(Id::PidFile, dir).unwrap_or_default(),
        pid_file_named: *values.origin(Id::PidFile) != Origin::Default,
        working_dir: values.path(Id::WorkingDir, dir),
        umask: values.bits(Id::Umask),
        user: values.text(Id::User),
        group: values.text(Id::Group),
        shutdown_timeout: values.time(Id::ShutdownTimeout),
    }
}

fn unix_socket(values: &Values, dir: &Path) -> UnixSocket {
    UnixSocket {
        enabled: values.on(Id::EnableUnix),
        path: socket_path(values, dir),
        mode: values.bits(Id::SocketMode).unwrap_or(0o660),
        owner: values.text(Id::SocketOwner),
        group: values.text(Id::SocketGroup),
        backlog: values.small(Id::Backlog),
    }
}

/// As it was written where the process stays: a short relative path is one way to a deep folder.
fn socket_path(values: &Values, dir: &Path) -> PathBuf {
    match values.value(Id::SocketPath) {
        Value::Path(path) if path.as_os_str().is_empty() => default_of_empty(),
        Value::Path(path) if values.is_set(Id::WorkingDir) => dir.join(path),
        Value::Path(path) => path.clone(),
        _ => PathBuf::from(DEFAULT_SOCKET),
    }
}

fn default_of_empty() -> PathBuf {
    let homebrew = Path::new(HOMEBREW_DIR);
    if homebrew.is_dir() { homebrew.join("goxel.sock") } else { PathBuf::from(DEFAULT_SOCKET) }
}

fn tcp(values: &Values) -> Tcp {
    Tcp {
        enabled: values.on(Id::EnableTcp),
        address: values.text(Id::TcpAddress),
        port: match values.number(Id::TcpPort) {
            0 => DEFAULT_PORT,
            port => u16::try_from(port).unwrap_or(DEFAULT_PORT),
        },
    }
}

fn limits(values: &Values) -> Limits {
    Limits {
        workers: values.small(Id::Workers) as usize,
        queue_size: values.small(Id::QueueSize) as usize,
        max_connections: values.small(Id::MaxConnections) as usize,
        max_per_user: Some(values.small(Id::MaxPerUser) as usize).filter(|most| *most > 0),
        max_projects: values.small(Id::MaxProjects) as usize,
        max_project_memory: values.number(Id::MaxProjectMemory),
        max_projects_memory: values.number(Id::MaxProjectsMemory),
        max_reply: usize::try_from(values.number(Id::MaxReply)).unwrap_or(usize::MAX),
        max_request: usize::try_from(values.number(Id::MaxRequest)).unwrap_or(usize::MAX),
        protocol: match values.word(Id::Protocol) {
            "jsonrpc" => Protocol::JsonRpc,
            _ => Protocol::Auto,
        },
        priority_queue: values.on(Id::PriorityQueue),
        request_timeout: values.some_time(Id::RequestTimeout),
        idle_timeout: values.some_time(Id::IdleTimeout),
        rate: values.on(Id::RateLimit).then(|| Rate {
            per_second: values.small(Id::RatePerSecond),
            burst: values.small(Id::RateBurst),
        }),
    }
}

fn security(values: &Values, dir: &Path) -> Security {
    Security {
        root: values.path(Id::Root, dir),
        authentication: values.on(Id::Authentication),
        token: values.text(Id::AuthToken).map(Secret),
    }
}

fn log_of(values: &Values, dir: &Path) -> Log {
    let file = values.path(Id::LogFile, dir).map_or(LogTarget::Stderr, LogTarget::File);
    Log {
        level: level(values.word(Id::LogLevel)),
        target: match values.word(Id::LogTarget) {
            "stderr" => LogTarget::Stderr,
            "syslog" => LogTarget::Syslog,
            "journald" => LogTarget::Journald,
            _ => file,
        },
        format: match values.word(Id::LogFormat) {
            "json" => LogFormat::Json,
            _ => LogFormat::Text,
        },
        rotation: values.on(Id::Rotate).then(|| Rotation {
            max_bytes: values.number(Id::RotateSize),
            max_files: values.small(Id::RotateFiles),
            max_age: values.some_time(Id::RotateAge),
        }),
        slow_request: values.on(Id::SlowLog).then(|| values.time(Id::SlowThreshold)),
    }
}

fn level(word: &str) -> LevelFilter {
    // The table has these words only, and `log` knows them all.
    word.parse().unwrap_or(LevelFilter::Info)
}

fn supervisor(values: &Values) -> Supervisor {
    Supervisor {
        max_memory: Some(values.number(Id::MaxMemory)).filter(|bytes| *bytes > 0),
        restart_on_memory_limit: values.on(Id::RestartOnMemory),
        max_restarts: values.small(Id::MaxRestarts),
        restart_window: values.time(Id::RestartWindow),
        restart_delay: values.time(Id::RestartDelay),
        restart_delay_max: values.time(Id::RestartDelayMax),
    }
}

fn state(values: &Values, dir: &Path) -> State {
    State {
        dir: values.path(Id::StateDir, dir),
        journal: values.on(Id::Journal),
        fsync: match values.word(Id::Fsync) {
            "always" => Fsync::Always,
            "never" => Fsync::Never,
            _ => Fsync::Interval(values.time(Id::FsyncInterval)),
        },
    }
}

/// The table gives each setting one kind; asked for another, a setting is as if it were not set.
impl Values {
    pub fn value(&self, id: Id) -> &Value {
        self.0.get(&id).map_or(&Value::Unset, |held| &held.value)
    }

    pub fn origin(&self, id: Id) -> &Origin {
        self.0.get(&id).map_or(&Origin::Default, |held: &Held| &held.origin)
    }

    pub fn is_set(&self, id: Id) -> bool {
        *self.value(id) != Value::Unset
    }

    pub fn on(&self, id: Id) -> bool {
        *self.value(id) == Value::Switch(true)
    }

    /// A count, milliseconds or bytes; 0 where it is not set.
    pub fn number(&self, id: Id) -> u64 {
        if let Value::Number(number) = self.value(id) { *number } else { 0 }
    }

    /// Is a path there that is not empty?
    fn is_named(&self, id: Id) -> bool {
        matches!(self.value(id), Value::Path(path) if !path.as_os_str().is_empty())
    }

    fn small(&self, id: Id) -> u32 {
        u32::try_from(self.number(id)).unwrap_or(u32::MAX)
    }

    fn bits(&self, id: Id) -> Option<u32> {
        self.is_set(id).then(|| self.small(id))
    }

    fn time(&self, id: Id) -> Duration {
        Duration::from_millis(self.number(id))
    }

    /// Where 0 means never.
    fn some_time(&self, id: Id) -> Option<Duration> {
        Some(self.time(id)).filter(|time| !time.is_zero())
    }

    fn word(&self, id: Id) -> &'static str {
        if let Value::Word(word) = self.value(id) { word } else { "" }
    }

    fn text(&self, id: Id) -> Option<String> {
        if let Value::Text(text) = self.value(id) { Some(text.clone()) } else { None }
    }

    /// An empty path names nothing.
    fn path(&self, id: Id, dir: &Path) -> Option<PathBuf> {
        match self.value(id) {
            Value::Path(path) if !path.as_os_str().is_empty() => Some(dir.join(path)),
            _ => None,
        }
    }
}
