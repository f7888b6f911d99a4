//! Settings of what watches the service, and of what it keeps.

use crate::config::Id;
use crate::config::settings::{
    Default::Is,
    Name, ROW,
    Sets::{Off, Value as Takes},
    Setting,
    Standing::Later,
    newer,
};
use crate::config::value::{Kind, Unit, word};

const SECOND: u64 = 1000;
const DAY: u64 = 86_400_000;
const MIB: u64 = 1 << 20;

pub const SUPERVISOR: &[Setting] = &[
    Setting {
        id: Id::MaxMemory,
        key: "reliability.max_memory_mb",
        kind: Kind::Size { min: 0, max: 1 << 50 },
        unit: Unit::Mib,
        default: Is("0"),
        label: "memory limit",
        brief: "Memory that the worker may hold, in MiB; 0 is no limit",
        more: "What happens at the limit is reliability.restart_on_memory_limit's.",
        also: &[Name("performance.max_memory_mb", Unit::Mib)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RestartOnMemory,
        key: "reliability.restart_on_memory_limit",
        default: Is("false"),
        label: "restart_on_memory_limit",
        brief: "Restart a worker that is over the memory limit",
        more: "Otherwise it is only logged.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MaxRestarts,
        key: "reliability.max_restarts",
        kind: Kind::Count { min: 0, max: 1000 },
        default: Is("5"),
        label: "max restarts",
        brief: "Restarts of a worker that dies, within the window",
        more: "One more death and the daemon gives up, with exit status 1.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RestartWindow,
        key: "reliability.restart_window_seconds",
        kind: Kind::Time { min: SECOND, max: DAY },
        unit: Unit::Seconds,
        default: Is("60"),
        label: "restart window",
        brief: "The time in which restarts are counted",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RestartDelay,
        key: "reliability.restart_delay_ms",
        kind: Kind::Time { min: 0, max: DAY },
        unit: Unit::Ms,
        default: Is("100"),
        label: "restart delay",
        brief: "Pause before the second restart in the window",
        more: "The first one follows at once; each later pause is twice the one before.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RestartDelayMax,
        key: "reliability.restart_delay_max_ms",
        kind: Kind::Time { min: 0, max: DAY },
        unit: Unit::Ms,
        default: Is("5000"),
        label: "longest restart delay",
        brief: "The longest pause before a restart",
        reload: true,
        ..ROW
    },
];

pub const HEALTH: &[Setting] = &[
    Setting {
        id: Id::Health,
        key: "reliability.enable_health_checks",
        default: Is("true"),
        label: "enable_health_checks",
        brief: "Ask the worker whether it still answers, and replace it if not",
        also: &[Name("monitoring.enable_health_check", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::HealthInterval,
        key: "reliability.health_check_interval_ms",
        kind: Kind::Time { min: 100, max: DAY },
        unit: Unit::Ms,
        default: Is("30000"),
        label: "health check interval",
        brief: "Time between health checks",
        also: &[Name("monitoring.health_check_interval_seconds", Unit::Seconds)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::HealthFile,
        key: "monitoring.health_file",
        kind: Kind::Path,
        label: "health file",
        brief: "File that says how the service is, as JSON",
        more: "Replaced as a whole at each health check, removed at the end. An older one was left by a \
               daemon that was killed.",
        also: &[Name("monitoring.status_file", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::Metrics,
        key: "monitoring.enable_metrics",
        default: Is("true"),
        label: "enable_metrics",
        brief: "Show metrics over HTTP, at /metrics",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MetricsEndpoint,
        key: "monitoring.metrics_endpoint",
        kind: Kind::Text,
        default: Is("/metrics"),
        label: "metrics endpoint",
        brief: "Where metrics are on HTTP",
        standing: Later("another path for metrics"),
        ..ROW
    },
    Setting {
        id: Id::MetricsInterval,
        key: "monitoring.metrics_interval_ms",
        kind: Kind::Time { min: 100, max: DAY },
        unit: Unit::Ms,
        default: Is("5000"),
        label: "metrics interval",
        brief: "Time between samples of slow metrics",
        reload: true,
        standing: Later("sampled metrics"),
        ..ROW
    },
];

const NO_RENDERS: &str = "files of renders";

pub const RENDER: &[Setting] = &[
    Setting {
        id: Id::RenderDir,
        key: "render.dir",
        kind: Kind::Path,
        default: Is("/tmp/goxel_renders"),
        label: "render directory",
        brief: "Where renders are kept for clients",
        also: &[Name("render.output_dir", Unit::One)],
        standing: Later(NO_RENDERS),
        lenient_env: true,
        ..ROW
    },
    Setting {
        id: Id::RenderTtl,
        key: "render.ttl_seconds",
        kind: Kind::Time { min: SECOND, max: 365 * DAY },
        unit: Unit::Seconds,
        default: Is("3600"),
        label: "time to live of renders",
        brief: "How long a render is kept",
        env: &[Name("GOXEL_RENDER_TTL", Unit::Seconds)],
        reload: true,
        standing: Later(NO_RENDERS),
        lenient_env: true,
        ..ROW
    },
    Setting {
        id: Id::RenderMaxSize,
        key: "render.max_size",
        kind: Kind::Size { min: MIB, max: 1 << 50 },
        unit: Unit::Bytes,
        default: Is("1073741824"),
        label: "size of all renders",
        brief: "Bytes of all renders together",
        also: &[Name("render.max_cache_size", Unit::Bytes)],
        reload: true,
        standing: Later(NO_RENDERS),
        lenient_env: true,
        ..ROW
    },
    Setting {
        id: Id::RenderCleanup,
        key: "render.cleanup_interval_seconds",
        kind: Kind::Time { min: SECOND, max: DAY },
        unit: Unit::Seconds,
        default: Is("300"),
        label: "cleanup interval of renders",
        brief: "Time between removals of old renders",
        env: &[Name("GOXEL_RENDER_CLEANUP_INTERVAL", Unit::Seconds)],
        also: &[Name("render.cleanup_interval", Unit::Seconds)],
        reload: true,
        standing: Later(NO_RENDERS),
        lenient_env: true,
        ..ROW
    },
];

pub const STATE: &[Setting] = &[
    Setting {
        id: Id::StateDir,
        key: "state.dir",
        kind: Kind::Path,
        label: "state directory",
        brief: "Where projects are kept over restarts",
        more: "Without it: $STATE_DIRECTORY, else a folder named after the socket in goxel of \
               $XDG_STATE_HOME or ~/.local/state; for root /var/lib/goxel.",
        flags: &[newer("state-dir", Takes("DIR"))],
        ..ROW
    },
    Setting {
        id: Id::Journal,
        key: "state.journal",
        default: Is("true"),
        label: "journal",
        brief: "Keep a journal, so that no acknowledged edit is lost",
        flags: &[newer("no-journal", Off).brief("Keep no journal")],
        ..ROW
    },
    Setting {
        id: Id::Fsync,
        key: "state.fsync",
        flags: &[newer("fsync", Takes("WHEN"))],
        kind: Kind::Word(&[word("always"), word("interval"), word("never")]),
        default: Is("interval"),
        label: "fsync policy",
        brief: "When the journal is forced to disk",
        ..ROW
    },
    Setting {
        id: Id::FsyncInterval,
        key: "state.fsync_interval_ms",
        kind: Kind::Time { min: 1, max: DAY },
        unit: Unit::Ms,
        default: Is("1000"),
        label: "fsync interval",
        brief: "Time between writes to disk under the policy interval",
        ..ROW
    },
];
