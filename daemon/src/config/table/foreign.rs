//! Keys of legacy files that mean nothing here, so that a warning can say why.

/// A key, or a section with everything in it, and why it has no effect.
pub const FOREIGN: &[(&str, &str)] = &[
    ("daemon.connection_pool_size", "a pool of connections is the client's own"),
    (
        "logging.structured",
        "lines of json are structured, lines of text are not; see logging.format",
    ),
    ("logging.include_timestamp", "every line of the log has its time"),
    ("logging.include_pid", "the lines of a log have fixed fields"),
    ("logging.include_thread_id", "the lines of a log have fixed fields"),
    ("performance.cache_size_mb", "projects are in memory, and answers are not cached"),
    ("performance.batch_size", "a batch may be as long as security.max_request_size_mb allows"),
    ("performance.auto_gc", "memory is freed when nothing uses it any more"),
    ("performance.gc_threshold_mb", "memory is freed when nothing uses it any more"),
    ("performance.gc_interval_seconds", "memory is freed when nothing uses it any more"),
    ("performance.enable_compression", "answers are not compressed"),
    ("performance.worker_thread_stack_size_kb", "workers have the stack they need"),
    ("performance.message_buffer_size_kb", "buffers grow with their messages"),
    ("performance.enable_memory_pooling", "how memory is had is not for a setting"),
    ("monitoring.enable_profiling", "a profiler is attached from outside"),
    ("auto_start", "who starts the daemon decides that; see the service file"),
    ("mcp_integration", "the MCP server reads that, not the daemon"),
    ("environment", "who starts the daemon gives it its environment; see the service file"),
    ("paths", "each path has a key of its own"),
];

/// Keys for readers and editors: what they say is said by being there.
pub const REMARKS: &[&str] = &["$schema", "version", "description"];

/// A key with the value that says what is so anyway: no address of TCP.
pub const SAY_NOTHING: &[(&str, &str)] = &[("server.bind_address", "unix")];
