//! Settings of the log.

use crate::config::settings::{
    Default::{Is, Made},
    Name, ROW,
    Sets::Value as Takes,
    Setting, legacy, newer,
};
use crate::config::value::{Kind, Unit, Value, Word, word};
use crate::config::{Id, Values};
use std::path::PathBuf;

const DAY: u64 = 86_400_000;
const MIB: u64 = 1 << 20;

pub const LOGGING: &[Setting] = &[
    Setting {
        id: Id::LogLevel,
        key: "logging.level",
        kind: Kind::Word(&[
            word("off"),
            word("error"),
            Word { name: "warn", also: &["warning"], later: false },
            word("info"),
            word("debug"),
        ]),
        default: Made(log_level, "info; debug with --verbose"),
        label: "log level",
        brief: "The least that is logged",
        flags: &[newer("log-level", Takes("LEVEL")).also(&["loglevel"])],
        env: &[Name("GOXEL_LOG_LEVEL", Unit::One)],
        also: &[Name("daemon.log_level", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::LogFile,
        key: "logging.file",
        kind: Kind::Path,
        default: Made(log_file, "/tmp/goxel-daemon.log when detached, otherwise stderr"),
        label: "log file",
        brief: "Log file",
        more: "One in the configuration that may not be written is warned about in the foreground, and \
               the log goes to stderr.",
        flags: &[legacy('l', "log-file", Takes("FILE")).also(&["logfile"])],
        env: &[Name("GOXEL_LOG_FILE", Unit::One)],
        also: &[Name("daemon.log_file", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::LogTarget,
        key: "logging.target",
        kind: Kind::Word(&[
            word("auto"),
            word("stderr"),
            word("file"),
            word("syslog"),
            Word { name: "journald", also: &["journal"], later: false },
        ]),
        default: Is("auto"),
        label: "log target",
        brief: "Where the log goes",
        more: "auto is the log file where there is one, otherwise stderr.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::LogFormat,
        key: "logging.format",
        kind: Kind::Word(&[word("text"), word("json")]),
        default: Is("text"),
        label: "log format",
        brief: "Lines of text, or one JSON object a line",
        flags: &[newer("log-format", Takes("FORMAT"))],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::Rotate,
        key: "logging.rotation.enabled",
        default: Is("true"),
        label: "log rotation",
        brief: "Begin a new log file when one is full",
        more: "Old ones are named FILE.0, the newest, to FILE.N.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RotateSize,
        key: "logging.rotation.max_size_mb",
        kind: Kind::Size { min: MIB, max: 1 << 40 },
        unit: Unit::Mib,
        default: Is("100"),
        label: "log file size",
        brief: "When a log file is full, in MiB",
        also: &[Name("logging.max_size_mb", Unit::Mib)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RotateFiles,
        key: "logging.rotation.max_files",
        kind: Kind::Count { min: 0, max: 1000 },
        default: Is("5"),
        label: "number of old log files",
        brief: "Old log files that are kept",
        also: &[Name("logging.rotate_files", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RotateAge,
        key: "logging.rotation.max_age_days",
        kind: Kind::Time { min: 0, max: 3650 * DAY },
        unit: Unit::Days,
        default: Is("0"),
        label: "age of old log files",
        brief: "Days that old log files are kept; 0 is for ever",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::SlowLog,
        key: "monitoring.performance_logging",
        default: Is("false"),
        label: "performance_logging",
        brief: "Log requests that were slow",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::SlowThreshold,
        key: "monitoring.slow_request_threshold_ms",
        kind: Kind::Time { min: 0, max: DAY },
        unit: Unit::Ms,
        default: Is("10"),
        label: "slow request threshold",
        brief: "How long a request takes that is slow",
        reload: true,
        ..ROW
    },
];

fn log_level(values: &Values) -> Value {
    Value::Word(if values.on(Id::Verbose) { "debug" } else { "info" })
}

fn log_file(values: &Values) -> Value {
    let detached = values.on(Id::Daemonize);
    if detached { Value::Path(PathBuf::from("/tmp/goxel-daemon.log")) } else { Value::Unset }
}
