//! Settings of the process: what it is to the system.

use std::path::PathBuf;

use crate::config::settings::{
    Default::{Is, Made},
    Name, ROW,
    Sets::{Off, On, Value as Takes},
    Setting, legacy,
};
use crate::config::value::{Kind, Unit, Value};
use crate::config::{Id, Values};

/// What must be known before a file is read.
pub const GENERAL: &[Setting] = &[
    Setting {
        id: Id::ConfigFile,
        key: "config",
        kind: Kind::Path,
        label: "configuration file",
        brief: "Configuration file, JSON",
        more: "Read at the start and again on SIGHUP. No file is read unless one is named.",
        flags: &[legacy('c', "config", Takes("FILE"))],
        env: &[Name("GOXEL_CONFIG_FILE", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::Verbose,
        key: "verbose",
        default: Is("false"),
        label: "verbosity",
        brief: "Print a summary at start and at stop; log at level debug",
        flags: &[legacy('V', "verbose", On)],
        ..ROW
    },
];

pub const PROCESS: &[Setting] = &[
    Setting {
        id: Id::Daemonize,
        key: "daemon.daemonize",
        default: Is("false"),
        label: "daemonize",
        brief: "Detach; return when clients can connect",
        more: "The exit status says whether the service answers.",
        flags: &[
            legacy('D', "daemonize", On),
            legacy('f', "foreground", Off).brief("Stay in the foreground (the default)"),
        ],
        ..ROW
    },
    Setting {
        id: Id::PidFile,
        key: "daemon.pid_file",
        kind: Kind::Path,
        default: Is("/tmp/goxel-daemon.pid"),
        label: "PID file",
        brief: "PID file; read by --status, --stop and --reload",
        more: "Written when detached, or when it is named.",
        flags: &[legacy('p', "pid-file", Takes("FILE")).also(&["pidfile"])],
        env: &[Name("GOXEL_PID_FILE", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::WorkingDir,
        key: "daemon.working_dir",
        kind: Kind::Path,
        default: Made(working_dir, "/ when detached, otherwise where it was started"),
        label: "working directory",
        brief: "Working directory",
        more: "Relative paths in requests begin there.",
        flags: &[legacy('w', "working-dir", Takes("DIR"))],
        env: &[Name("GOXEL_WORKING_DIR", Unit::One)],
        also: &[Name("daemon.working_directory", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::Umask,
        key: "daemon.umask",
        kind: Kind::Mode,
        default: Made(umask, "0027 when detached, otherwise as it was"),
        label: "umask",
        brief: "Permissions that new files do not get, in octal",
        ..ROW
    },
    Setting {
        id: Id::User,
        key: "daemon.user",
        kind: Kind::Text,
        label: "user",
        brief: "User to run as, by name or number, once sockets are bound",
        flags: &[legacy('u', "user", Takes("USER"))],
        env: &[Name("GOXEL_DAEMON_USER", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::Group,
        key: "daemon.group",
        kind: Kind::Text,
        label: "group",
        brief: "Group to run as, by name or number (default: the user's)",
        flags: &[legacy('g', "group", Takes("GROUP"))],
        env: &[Name("GOXEL_DAEMON_GROUP", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::ShutdownTimeout,
        key: "daemon.shutdown_timeout_ms",
        kind: Kind::Time { min: 0, max: 600_000 },
        unit: Unit::Ms,
        default: Is("2000"),
        label: "shutdown timeout",
        brief: "How long requests in work may take to end after SIGTERM",
        reload: true,
        ..ROW
    },
];

fn working_dir(values: &Values) -> Value {
    if values.on(Id::Daemonize) { Value::Path(PathBuf::from("/")) } else { Value::Unset }
}

fn umask(values: &Values) -> Value {
    if values.on(Id::Daemonize) { Value::Number(0o027) } else { Value::Unset }
}
