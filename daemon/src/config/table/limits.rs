//! Settings of the work: how much of it, how fast, for whom.

use std::thread;

use crate::config::settings::{
    Default::{Is, Made},
    Name, ROW,
    Sets::{On, Value as Takes},
    Setting,
    Standing::Later,
    legacy, legacy_long, newer,
};
use crate::config::value::{Kind, Unit, Value, Word, word};
use crate::config::{Id, Values};

const DAY: u64 = 86_400_000;
const MIB: u64 = 1 << 20;

pub const LIMITS: &[Setting] = &[
    Setting {
        id: Id::Workers,
        key: "server.workers",
        kind: Kind::Count { min: 1, max: 64 },
        default: Made(workers, "one per processor"),
        label: "number of worker threads",
        brief: "Worker threads",
        flags: &[legacy('j', "workers", Takes("N")).also(&["worker-threads"])],
        env: &[Name("GOXEL_MAX_WORKERS", Unit::One), Name("GOXEL_WORKER_THREADS", Unit::One)],
        also: &[Name("daemon.worker_threads", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::QueueSize,
        key: "server.queue_size",
        kind: Kind::Count { min: 1, max: 65536 },
        default: Is("1024"),
        label: "queue size",
        brief: "Jobs that may wait for a worker",
        flags: &[legacy('q', "queue-size", Takes("N"))],
        env: &[Name("GOXEL_QUEUE_SIZE", Unit::One)],
        ..ROW
    },
    Setting {
        id: Id::MaxConnections,
        key: "server.max_connections",
        kind: Kind::Count { min: 1, max: 65536 },
        default: Is("256"),
        label: "max connections",
        brief: "Clients at a time",
        flags: &[legacy('m', "max-connections", Takes("N"))],
        env: &[Name("GOXEL_MAX_CONNECTIONS", Unit::One)],
        also: &[Name("daemon.max_connections", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MaxPerUser,
        key: "server.max_connections_per_user",
        kind: Kind::Count { min: 0, max: 65536 },
        default: Is("0"),
        label: "max connections per user",
        brief: "Clients of one user at a time, over the Unix socket; 0 is no limit",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MaxProjects,
        key: "server.max_projects",
        kind: Kind::Count { min: 1, max: 65536 },
        default: Is("256"),
        label: "max projects",
        brief: "Projects that may be open at a time",
        more: "Those that are open stay open where it becomes less.",
        flags: &[newer("max-projects", Takes("N"))],
        env: &[Name("GOXEL_MAX_PROJECTS", Unit::One)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MaxProjectMemory,
        key: "server.max_project_memory_mb",
        kind: Kind::Size { min: 0, max: 1 << 50 },
        unit: Unit::Mib,
        default: Is("0"),
        label: "memory of a project",
        brief: "Memory that the voxels and the history of a project may hold, in MiB; 0 is no limit",
        more: "An edit that would need more is refused, from 31/32 of the limit on; what frees memory \
               goes on. With a limit a history holds at most a quarter of it. Memory that work takes \
               while it is done is not counted: leave room for it below reliability.max_memory_mb.",
        flags: &[newer("max-project-memory", Takes("MIB"))],
        env: &[Name("GOXEL_MAX_PROJECT_MEMORY_MB", Unit::Mib)],
        ..ROW
    },
    Setting {
        id: Id::MaxProjectsMemory,
        key: "server.max_projects_memory_mb",
        kind: Kind::Size { min: 0, max: 1 << 50 },
        unit: Unit::Mib,
        default: Is("0"),
        label: "memory of all projects",
        brief: "Memory that all projects together may hold, in MiB; 0 is no limit",
        more: "As server.max_project_memory_mb; where it is reached no project is opened either, but \
               one that takes the place of another large one.",
        flags: &[newer("max-projects-memory", Takes("MIB"))],
        env: &[Name("GOXEL_MAX_PROJECTS_MEMORY_MB", Unit::Mib)],
        ..ROW
    },
    Setting {
        id: Id::Protocol,
        key: "server.protocol",
        kind: Kind::Word(&[
            word("auto"),
            word("jsonrpc"),
            Word { name: "mcp", also: &[], later: true },
        ]),
        default: Is("auto"),
        label: "protocol",
        brief: "What clients speak",
        flags: &[legacy('P', "protocol", Takes("NAME"))],
        ..ROW
    },
    Setting {
        id: Id::PriorityQueue,
        key: "server.enable_priority_queue",
        default: Is("false"),
        label: "enable_priority_queue",
        brief: "Accepted: short requests always go before long ones",
        flags: &[legacy_long("priority-queue", On)],
        ..ROW
    },
    Setting {
        id: Id::RequestTimeout,
        key: "daemon.timeout_ms",
        kind: Kind::Time { min: 0, max: DAY },
        unit: Unit::Ms,
        default: Is("0"),
        label: "request timeout",
        brief: "How long a request may take to arrive; 0 is for ever",
        also: &[Name("server.timeout_seconds", Unit::Seconds)],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::IdleTimeout,
        key: "server.idle_timeout_seconds",
        kind: Kind::Time { min: 0, max: 30 * DAY },
        unit: Unit::Seconds,
        default: Is("0"),
        label: "idle timeout",
        brief: "How long a client may be silent; 0 is for ever",
        flags: &[newer("idle-timeout", Takes("SECONDS"))],
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MaxRequest,
        key: "security.max_request_size_mb",
        kind: Kind::Size { min: MIB, max: 1024 * MIB },
        unit: Unit::Mib,
        default: Is("16"),
        label: "max request size",
        brief: "The longest request, in MiB",
        more: "A longer one is answered with an error.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::MaxReply,
        key: "security.max_response_size_mb",
        kind: Kind::Size { min: MIB, max: 4096 * MIB },
        unit: Unit::Mib,
        default: Is("256"),
        label: "max response size",
        brief: "The longest reply, in MiB",
        more: "Where it would be longer, it is an error that says so.",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RateLimit,
        key: "security.rate_limiting.enabled",
        default: Is("false"),
        label: "rate limiting",
        brief: "Bound the requests a second of each client",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RatePerSecond,
        key: "security.rate_limiting.requests_per_second",
        kind: Kind::Count { min: 1, max: 1_000_000 },
        default: Is("100"),
        label: "requests per second",
        brief: "Requests a second of each client, over time",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::RateBurst,
        key: "security.rate_limiting.burst_size",
        kind: Kind::Count { min: 1, max: 1_000_000 },
        default: Is("200"),
        label: "burst size",
        brief: "Requests of each client at once",
        reload: true,
        ..ROW
    },
    Setting {
        id: Id::Root,
        key: "security.root",
        kind: Kind::Path,
        label: "root directory",
        brief: "Directory that holds every file a request may name",
        more: "Without one requests may name any file that the user it runs as may.",
        flags: &[newer("root", Takes("DIR"))],
        standing: Later("a root directory"),
        ..ROW
    },
    Setting {
        id: Id::Authentication,
        key: "security.enable_authentication",
        default: Is("false"),
        label: "enable_authentication",
        brief: "Serve only clients that send the token",
        standing: Later("authentication"),
        ..ROW
    },
    Setting {
        id: Id::AuthToken,
        key: "security.auth_token",
        kind: Kind::Secret,
        label: "token",
        brief: "What clients of other machines send to be served; never shown",
        env: &[Name("GOXEL_DAEMON_AUTH_TOKEN", Unit::One)],
        reload: true,
        ..ROW
    },
];

fn workers(_: &Values) -> Value {
    let processors = thread::available_parallelism().map_or(4, usize::from);
    Value::Number(processors.min(64) as u64)
}
