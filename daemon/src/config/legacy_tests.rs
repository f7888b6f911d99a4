//! The files that legacy manuals print and ship, read as they stand.

use super::config_tests::source;
use super::*;
use serde_json::{Value as Json, json};
use std::fs;
use std::time::Duration;
use tempfile::tempdir;

/// Every key of the migration guide and of its family (J1), with a value that is no default.
pub const J1: &[(&str, &str)] = &[
    ("daemon.socket_path", "\"/s\""),
    ("daemon.tcp_port", "8080"),
    ("daemon.max_connections", "50"),
    ("daemon.timeout_ms", "30000"),
    ("daemon.enable_tcp", "true"),
    ("daemon.enable_unix_socket", "true"),
    ("daemon.worker_threads", "4"),
    ("daemon.connection_pool_size", "20"),
    ("daemon.log_level", "\"warn\""),
    ("performance.cache_size_mb", "128"),
    ("performance.batch_size", "1000"),
    ("performance.auto_gc", "true"),
    ("performance.gc_threshold_mb", "200"),
    ("performance.max_memory_mb", "512"),
    ("performance.enable_compression", "true"),
    ("monitoring.enable_metrics", "true"),
    ("monitoring.metrics_interval_ms", "6000"),
    ("monitoring.performance_logging", "true"),
    ("monitoring.slow_request_threshold_ms", "20"),
    ("reliability.enable_health_checks", "false"),
    ("reliability.health_check_interval_ms", "20000"),
    ("reliability.max_memory_mb", "512"),
    ("reliability.restart_on_memory_limit", "true"),
    ("logging.level", "\"error\""),
    ("logging.file", "\"/l\""),
    ("logging.max_size_mb", "50"),
    ("logging.rotate_files", "7"),
];

/// The same of the shipped file (J2).
pub const J2: &[(&str, &str)] = &[
    ("daemon.daemonize", "true"),
    ("daemon.pid_file", "\"/p\""),
    ("daemon.socket_path", "\"/s\""),
    ("daemon.log_file", "\"/l\""),
    ("daemon.working_dir", "\"/w\""),
    ("daemon.user", "\"goxel\""),
    ("daemon.group", "\"goxel\""),
    ("server.workers", "3"),
    ("server.queue_size", "1000"),
    ("server.max_connections", "200"),
    ("server.enable_priority_queue", "true"),
    ("server.bind_address", "\"0.0.0.0\""),
    ("server.timeout_seconds", "30"),
    ("logging.level", "\"error\""),
    ("logging.format", "\"json\""),
    ("logging.rotation.enabled", "false"),
    ("logging.rotation.max_size_mb", "50"),
    ("logging.rotation.max_files", "7"),
    ("logging.rotation.max_age_days", "30"),
    ("logging.structured", "true"),
    ("logging.include_timestamp", "true"),
    ("logging.include_pid", "true"),
    ("logging.include_thread_id", "true"),
    ("security.socket_permissions", "\"0600\""),
    ("security.socket_group", "\"goxel\""),
    ("security.enable_authentication", "true"),
    ("security.max_request_size_mb", "10"),
    ("security.rate_limiting.enabled", "true"),
    ("security.rate_limiting.requests_per_second", "50"),
    ("security.rate_limiting.burst_size", "100"),
    ("performance.worker_thread_stack_size_kb", "1024"),
    ("performance.message_buffer_size_kb", "64"),
    ("performance.enable_memory_pooling", "true"),
    ("performance.gc_interval_seconds", "300"),
    ("performance.max_memory_mb", "512"),
    ("monitoring.enable_health_check", "false"),
    ("monitoring.health_check_interval_seconds", "20"),
    ("monitoring.enable_metrics", "true"),
    ("monitoring.metrics_endpoint", "\"/m\""),
    ("monitoring.enable_profiling", "true"),
    ("auto_start.enabled", "true"),
    ("mcp_integration.enabled", "true"),
    ("mcp_integration.auto_start_daemon", "true"),
    ("mcp_integration.health_check_timeout_ms", "1000"),
    ("mcp_integration.startup_timeout_ms", "30000"),
    ("mcp_integration.shutdown_timeout_ms", "10000"),
    ("mcp_integration.reconnect_attempts", "3"),
    ("mcp_integration.reconnect_delay_ms", "1000"),
    ("environment.OSMESA_RENDERING", "\"1\""),
    ("paths.socket", "\"/s\""),
];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Loads a file of that text; in messages its path becomes F and our version V.
pub fn load_text(text: &str, line: &str) -> Result<Loaded, ConfigError> {
    let dir = tempdir().unwrap();
    let path = dir.path().join("daemon.conf");
    fs::write(&path, text).unwrap();
    let mut source = source(line, &[]);
    source.args.extend(["--config".into(), path.clone().into()]);
    let path = path.display().to_string();
    let renamed = |text: &String| text.replace(&path, "F").replace(VERSION, "V");
    match load(&source) {
        Ok(mut loaded) => {
            loaded.warnings = loaded.warnings.iter().map(renamed).collect();
            Ok(loaded)
        }
        Err(mut error) => {
            error.warnings = error.warnings.iter().map(renamed).collect();
            let fault = |fault: &fault::Fault| fault::Fault::Whole(renamed(&fault.to_string()));
            error.faults = error.faults.iter().map(fault).collect();
            Err(error)
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let said = match load_text(text, "") {
        Ok(loaded) => loaded.warnings,
        Err(error) => vec![error.to_string()],
    };
    assert_eq!(said, expected, "for {text}");
}

/// `{"a": {"b": value}}` of `a.b`.
fn nested(key: &str, value: &str) -> String {
    let json: Json = serde_json::from_str(value).unwrap();
    let wrap = |inner: Json, name: &str| json!({ name: inner });
    key.rsplit('.').fold(json, wrap).to_string()
}

/// The settings that differ from those of an empty file, the file's name aside.
fn obeyed(loaded: &Loaded) -> Vec<&'static str> {
    let empty = load_text("{}", "").unwrap();
    let Changes { reloadable, fixed } = changes(&empty, loaded);
    reloadable.iter().chain(&fixed).map(|it| it.key).filter(|key| *key != "config").collect()
}

#[test]
fn every_key_of_the_legacy_files_is_obeyed_or_named_in_a_warning() {
    for (key, value) in J1.iter().chain(J2) {
        let loaded = load_text(&nested(key, value), "").unwrap_or_else(|it| panic!("{key}: {it}"));
        let section = key.split('.').next().unwrap();
        let named =
            |it: &String| it.contains(key) || it.contains(&format!(": {section}: no effect"));
        let warned = loaded.warnings.iter().any(named);
        let so_anyway = matches!(*key, "daemon.enable_unix_socket" | "monitoring.enable_metrics");
        assert!(warned || so_anyway || !obeyed(&loaded).is_empty(), "{key} is passed over");
        assert!(!loaded.warnings.iter().any(|it| it.contains("unknown")), "{:?}", loaded.warnings);
    }
}

#[test]
fn a_whole_legacy_file_is_read() {
    for (keys, warnings) in [(J1, 8), (J2, 15)] {
        let mut file = serde_json::Map::new();
        for (key, value) in keys {
            show::put(&mut file, key, serde_json::from_str(value).unwrap());
        }
        let loaded = load_text(&Json::Object(file).to_string(), "").unwrap();
        assert_eq!(loaded.warnings.len(), warnings, "{:#?}", loaded.warnings);
    }
}

#[test]
fn what_describes_the_file_needs_no_warning() {
    check(r#"{"$schema": "x", "version": "14.0.0", "description": "d"}"#, &[]);
    check(r#"{"server": {"bind_address": "unix"}, "environment": {}, "paths": {}}"#, &[]);
}

#[test]
fn the_first_configuration_of_the_migration_guide_is_read() {
    let text = r#"{
  "daemon": {
    "socket_path": "/tmp/goxel-daemon.sock",
    "tcp_port": 8080,
    "max_connections": 50,
    "timeout_ms": 30000,
    "enable_tcp": true,
    "enable_unix_socket": true
  },
  "performance": {
    "cache_size_mb": 128,
    "batch_size": 1000,
    "auto_gc": true
  },
  "logging": {
    "level": "info",
    "file": "/var/log/goxel-daemon.log"
  }
}
"#;
    check(
        text,
        &[
            "F:11:22: performance.cache_size_mb: no effect: projects are in memory, and answers are \
             not cached",
            "F:12:19: performance.batch_size: no effect: a batch may be as long as \
             security.max_request_size_mb allows",
            "F:13:16: performance.auto_gc: no effect: memory is freed when nothing uses it any more",
        ],
    );
    let config = load_text(text, "").unwrap().config;
    assert_eq!(config.limits.max_connections, 50);
    assert_eq!(config.log.target, plain::LogTarget::File("/var/log/goxel-daemon.log".into()));
    assert_eq!(config.limits.request_timeout, Some(Duration::from_secs(30)));
    let tcp = plain::Tcp { enabled: true, address: None, port: 8080 };
    assert_eq!(config.tcp, tcp);
}

#[test]
fn the_production_configuration_of_the_migration_guide_is_read() {
    let text = r#"{
  "daemon": {
    "socket_path": "/tmp/goxel-daemon.sock",
    "tcp_port": 8080,
    "max_connections": 50,
    "timeout_ms": 30000,
    "enable_tcp": true,
    "enable_unix_socket": true,
    "worker_threads": 4
  },
  "performance": {
    "cache_size_mb": 256,
    "batch_size": 1000,
    "auto_gc": true,
    "gc_threshold_mb": 200
  },
  "monitoring": {
    "enable_metrics": true,
    "metrics_interval_ms": 5000,
    "performance_logging": true,
    "slow_request_threshold_ms": 10
  },
  "reliability": {
    "enable_health_checks": true,
    "health_check_interval_ms": 30000,
    "max_memory_mb": 512,
    "restart_on_memory_limit": true
  },
  "logging": {
    "level": "info",
    "file": "/var/log/goxel-daemon.log",
    "max_size_mb": 100,
    "rotate_files": 5
  }
}
"#;
    let loaded = load_text(text, "").unwrap();
    let named = loaded.warnings.iter().map(|it| it.split(": ").nth(1).unwrap());
    let expected = [
        "performance.cache_size_mb",
        "performance.batch_size",
        "performance.auto_gc",
        "performance.gc_threshold_mb",
    ];
    assert_eq!(named.collect::<Vec<_>>(), expected);
    let config = loaded.config;
    assert_eq!(config.limits.workers, 4);
    assert_eq!(config.log.slow_request, Some(Duration::from_millis(10)));
    assert_eq!(config.supervisor.max_memory, Some(512 << 20));
    assert!(config.supervisor.restart_on_memory_limit);
    let rotation = plain::Rotation { max_bytes: 100 << 20, max_files: 5, max_age: None };
    assert_eq!(config.log.rotation, Some(rotation));
}

#[test]
fn the_smaller_texts_of_the_migration_guide_are_read() {
    check(r#"{"daemon": {"tcp_port": 8081}}"#, &[]);
    let memory = r#"{
  "performance": {
    "auto_gc": true,
    "gc_threshold_mb": 200,
    "max_memory_mb": 512
  }
}
"#;
    let freed = "no effect: memory is freed when nothing uses it any more";
    check(
        memory,
        &[
            &format!("F:3:16: performance.auto_gc: {freed}"),
            &format!("F:4:24: performance.gc_threshold_mb: {freed}"),
        ],
    );
    let optimized = r#"{
  "daemon": {
    "max_connections": 100,
    "worker_threads": 2,
    "connection_pool_size": 20
  },
  "performance": {
    "cache_size_mb": 512,
    "batch_size": 2000,
    "enable_compression": true
  }
}
"#;
    let loaded = load_text(optimized, "").unwrap();
    assert_eq!((loaded.config.limits.max_connections, loaded.config.limits.workers), (100, 2));
    assert_eq!(loaded.warnings.len(), 4, "{:?}", loaded.warnings);
    let v14 = r#"{
  "daemon": {
    "socket_path": "/tmp/goxel-daemon.sock",
    "tcp_port": 8080,
    "max_connections": 50,
    "timeout_ms": 30000
  },
  "performance": {
    "batch_size": 1000,
    "cache_size_mb": 128,
    "auto_gc": true
  }
}
"#;
    assert_eq!(load_text(v14, "").unwrap().warnings.len(), 3);
}

#[test]
fn a_port_or_an_address_alone_opens_tcp() {
    let tcp = |text: &str| {
        let tcp = load_text(text, "").unwrap().config.tcp;
        format!("{} {} {}", tcp.enabled, tcp.address.unwrap_or("loopback".into()), tcp.port)
    };
    assert_eq!(tcp("{}"), "false loopback 8080");
    assert_eq!(tcp(r#"{"daemon": {"tcp_port": 8081}}"#), "true loopback 8081");
    assert_eq!(
        tcp(r#"{"daemon": {"tcp_port": 8081, "enable_tcp": false}}"#),
        "false loopback 8081"
    );
    assert_eq!(tcp(r#"{"server": {"bind_address": "0.0.0.0"}}"#), "true 0.0.0.0 8080");
    assert_eq!(tcp(r#"{"daemon": {"enable_tcp": true}}"#), "true loopback 8080");
}

#[test]
fn of_two_keys_for_one_setting_the_canonical_one_wins() {
    let text = r#"{"daemon": {"worker_threads": 3}, "server": {"workers": 2}}"#;
    check(text, &["F:1:31: daemon.worker_threads: no effect: server.workers says otherwise"]);
    assert_eq!(load_text(text, "").unwrap().config.limits.workers, 2);
    check(r#"{"daemon": {"worker_threads": 3}, "server": {"workers": 3}}"#, &[]);
}

#[test]
fn a_systems_defaults_stand_behind_the_file() {
    let text = r#"{
        "defaults": {
            "linux": {"server.workers": 3, "daemon.max_connections": 7, "server.qeue_size": 1},
            "darwin": {"server.workers": 3, "daemon.max_connections": 7, "server.qeue_size": 1},
            "windows": {"server.workers": 63, "daemon": {"socket_path": "C:"}}
        },
        "server": {"workers": 5}
    }"#;
    let loaded = load_text(text, "").unwrap();
    assert_eq!((loaded.config.limits.workers, loaded.config.limits.max_connections), (5, 7));
    let warned = loaded.warnings.join("\n");
    assert!(
        warned.ends_with("server.qeue_size: unknown key (is it server.queue_size?)"),
        "{warned}"
    );
    assert_eq!(loaded.warnings.len(), 1, "{warned}");
}
