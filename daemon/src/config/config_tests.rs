//! The command line, the environment, and how they are laid over the file.

use super::*;
use std::fs;
use std::thread;
use tempfile::tempdir;

pub fn source(line: &str, env: &[(&str, &str)]) -> Source {
    let words = line.split_whitespace().map(|word| OsString::from(word.replace("''", "")));
    Source {
        args: words.collect(),
        env: env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        dir: PathBuf::from("/here"),
    }
}

#[track_caller]
fn check(line: &str, env: &[(&str, &str)], expected: &str) {
    let said = match load(&source(line, env)) {
        Ok(loaded) if loaded.action == Action::Run => summary(&loaded.config),
        Ok(loaded) => format!("{:?}", loaded.action),
        Err(error) => error.to_string(),
    };
    assert_eq!(said, expected, "for {line:?} with {env:?}");
}

fn summary(it: &Config) -> String {
    let processors = thread::available_parallelism().map_or(4, usize::from).min(64);
    let workers = it.limits.workers;
    format!(
        "{} j{} q{} m{} {} {}{}",
        it.unix.path.display(),
        if workers == processors { "*".into() } else { workers.to_string() },
        it.limits.queue_size,
        it.limits.max_connections,
        it.limits.protocol.name(),
        it.log.level,
        if it.verbose { " verbose" } else { "" },
    )
}

#[test]
fn nothing_given_means_the_defaults() {
    check("", &[], "/tmp/goxel-daemon.sock j* q1024 m256 auto INFO");
    check("--daemon --headless -f stray", &[], "/tmp/goxel-daemon.sock j* q1024 m256 auto INFO");
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
    check("-v -h", &[], "Help");
    check("--version -s /s", &[], "Version");
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
    check(
        "",
        &[("GOXEL_QUEUE_SIZE", "x")],
        "GOXEL_QUEUE_SIZE: Invalid queue size: x (must be 1-65536)",
    );
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
    check(&format!("-s {}", &long[1..]), &[], &format!("{} j* q1024 m256 auto INFO", &long[1..]));
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
    let version = env!("CARGO_PKG_VERSION");
    for (line, option) in [("--root /r", "--root"), ("-P mcp", "--protocol mcp")] {
        check(line, &[], &format!("{option} is not in goxel-daemon {version} yet"));
    }
}

#[test]
fn each_legacy_refusal_has_its_text() {
    for (line, text) in [
        ("-j 0", "Invalid number of worker threads: 0 (must be 1-64)"),
        ("-q 0", "Invalid queue size: 0 (must be 1-65536)"),
        ("-m 65537", "Invalid max connections: 65537 (must be 1-65536)"),
        ("-P binary", "Invalid protocol: binary (must be auto, jsonrpc, or mcp)"),
    ] {
        check(line, &[], text);
        assert!(load(&source(line, &[])).unwrap_err().is_usage());
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let env = [("GOXEL_QUEUE_SIZE", "no")];
    let text = "Invalid number of worker threads: 65 (must be 1-64)\n\
                Invalid max connections: 0 (must be 1-65536)\n\
                GOXEL_QUEUE_SIZE: Invalid queue size: no (must be 1-65536)";
    // Flags come in the order of the table, then the environment.
    check("-m 0 -j 65", &env, text);
}

#[test]
fn the_first_of_the_actions_is_done() {
    let order = [
        ("--help", "Help"),
        ("--version", "Version"),
        ("--status", "Status"),
        ("--stop", "Stop"),
        ("--reload", "Reload"),
        ("--test-lifecycle", "TestLifecycle"),
        ("--test-signals", "TestSignals"),
        ("--test-mode", "TestMode"),
        ("--repair", "Repair"),
        ("--check-config", "CheckConfig"),
        ("--print-config", "PrintConfig(Text)"),
        ("--print-config=json", "PrintConfig(Json)"),
    ];
    for (at, (_, action)) in order.iter().enumerate() {
        let line: Vec<_> = order[at..].iter().rev().map(|it| it.0).collect();
        check(&line.join(" "), &[], action);
    }
    check("--print-config=yaml", &[], "Invalid form: yaml (must be text or json)");
    check("--test-concurrent --status", &[], "Status");
    let refused = "--test-concurrent is not yet implemented; --test-lifecycle starts a daemon and \
                   talks to it";
    check("--test-concurrent", &[], refused);
}

#[test]
fn help_is_told_whatever_else_is_wrong() {
    check("-h -j 900 -c /nonexistent --tcp", &[("GOXEL_QUEUE_SIZE", "x")], "Help");
}

#[test]
fn no_new_option_makes_an_old_cut_ambiguous() {
    assert!(load(&source("--pri", &[])).unwrap().config.limits.priority_queue);
    check("--stat", &[], "Status");
    check("--c /nonexistent", &[], "/nonexistent: No such file or directory (os error 2)");
    check("--check", &[], "CheckConfig");
    let paths = load(&source("--pid p --log-f l --work w", &[]));
    assert_eq!(paths.unwrap_err().to_string(), "option '--work' is ambiguous");
}

#[test]
fn detached_and_in_the_foreground_have_their_own_defaults() {
    let look = |line: &str| {
        let config = load(&source(line, &[])).unwrap().config;
        let process = config.process;
        format!("{:?} {:?} {:?}", process.working_dir, process.umask, config.log.target)
    };
    assert_eq!(look(""), "None None Stderr");
    assert_eq!(look("-D -f"), "None None Stderr");
    assert_eq!(look("-f -D"), "Some(\"/\") Some(23) File(\"/tmp/goxel-daemon.log\")");
    assert_eq!(look("-D -w w -l l"), "Some(\"/here/w\") Some(23) File(\"/here/l\")");
    assert_eq!(look("-D --logfile=''"), "Some(\"/\") Some(23) Stderr");
}

#[test]
fn relative_paths_begin_where_the_daemon_was_started() {
    let load = |line: &str| load(&source(line, &[])).unwrap().config;
    assert_eq!(load("-s s -p p").process.pid_file, PathBuf::from("/here/p"));
    assert_eq!(load("-s s").unix.path, PathBuf::from("s"));
    assert_eq!(load("-s s -D").unix.path, PathBuf::from("/here/s"));
    assert!(load("-p p").process.pid_file_named);
    assert!(!load("").process.pid_file_named);
}

#[test]
fn the_tcp_options_are_read_in_every_form() {
    for (line, expected) in [
        ("--tcp", "TcpOn"),
        ("--tcp --port 7531 --bind ::1", "TcpOn TcpOn port=7531 TcpOn address=::1"),
        ("--tcp=h:1", "TcpOn address=h port=1"),
        ("--tcp h:1 stray", "TcpOn address=h port=1"),
        ("--tcp 8080", "TcpOn port=8080"),
        ("--tcp :8080", "TcpOn port=8080"),
        ("--tcp [::1]:80 -V", "TcpOn address=::1 port=80 Verbose=true"),
        ("--tcp ::1", "TcpOn address=::1"),
    ] {
        let given = flags::parse(&source(line, &[]).args).unwrap();
        let shown = given.sets.iter().map(|it| match it.id {
            Id::EnableTcp => "TcpOn".to_owned(),
            Id::TcpPort => format!("port={}", it.text.display()),
            Id::TcpAddress => format!("address={}", it.text.display()),
            id => format!("{id:?}={}", it.text.display()),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "for {line}");
    }
}

#[test]
fn a_value_keeps_its_origin_through_four_places() {
    let file = r#"{"server": {"queue_size": 5, "workers": 5, "max_connections": 5}}"#;
    let dir = tempdir().unwrap();
    let path = dir.path().join("c");
    fs::write(&path, file).unwrap();
    let env = [("GOXEL_QUEUE_SIZE", "6"), ("GOXEL_MAX_WORKERS", "6")];
    let mut source = source("-j 7 --config", &env);
    source.args.push(path.clone().into());
    let loaded = load(&source).unwrap();
    for (id, origin) in [
        (Id::Workers, "option -j"),
        (Id::QueueSize, "environment GOXEL_QUEUE_SIZE"),
        (Id::MaxConnections, "file line 1, server.max_connections"),
        (Id::Protocol, "default"),
    ] {
        assert_eq!(loaded.origin(id).to_string(), origin);
    }
    let limits = &loaded.config.limits;
    assert_eq!((limits.workers, limits.queue_size, limits.max_connections), (7, 6, 5));
    let printed = print_text(&loaded);
    let squeezed: Vec<_> = printed.lines().map(squeeze).collect();
    assert!(squeezed.contains(&"server.workers = 7 # option -j".to_owned()), "{printed}");
    let line = "server.max_connections = 5 # file line 1, server.max_connections";
    assert!(squeezed.contains(&line.to_owned()), "{printed}");
    assert!(printed.contains(&format!("configured by {}", path.display())), "{printed}");
    assert_eq!(squeezed.len(), 1 + settings().count());
}

fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_file_may_be_named_by_the_environment() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("c"), r#"{"server": {"workers": 5}}"#).unwrap();
    let mut by_env = source("", &[("GOXEL_CONFIG_FILE", "c")]);
    by_env.dir = dir.path().to_owned();
    let loaded = load(&by_env).unwrap();
    assert_eq!((loaded.config.limits.workers, loaded.file), (5, Some(dir.path().join("c"))));
    let missing = [("GOXEL_CONFIG_FILE", "/nonexistent")];
    check("", &missing, "/nonexistent: No such file or directory (os error 2)");
    assert!(!load(&source("", &missing)).unwrap_err().is_usage());
}

#[test]
fn every_key_is_a_variable_too() {
    let names: Vec<String> =
        settings().flat_map(|it| it.variables().map(|(name, _)| name)).collect();
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "{name} means two things");
    }
    let env = [("GOXEL_SERVER_WORKERS", "5"), ("GOXEL_DAEMON_MAX_CONNECTIONS", "6")];
    check("", &env, "/tmp/goxel-daemon.sock j5 q1024 m6 auto INFO");
    let env = [("GOXEL_SERVER_WORKERS", "5"), ("GOXEL_WORKER_THREADS", "6")];
    check("", &env, "/tmp/goxel-daemon.sock j6 q1024 m256 auto INFO");
}

#[test]
fn the_variables_of_renders_have_their_units_and_never_stop_a_start() {
    for (name, text, expected) in [
        ("GOXEL_RENDER_TTL", "60", "60s 1073741824 300s"),
        ("GOXEL_RENDER_TTL", "2h", "7200s 1073741824 300s"),
        ("GOXEL_RENDER_TTL", "0", "3600s 1073741824 300s warned"),
        ("GOXEL_RENDER_TTL", "soon", "3600s 1073741824 300s warned"),
        ("GOXEL_RENDER_MAX_SIZE", "2G", "3600s 2147483648 300s"),
        ("GOXEL_RENDER_MAX_SIZE", "3000000", "3600s 3000000 300s"),
        ("GOXEL_RENDER_CLEANUP_INTERVAL", "5m", "3600s 1073741824 300s"),
    ] {
        let loaded = load(&source("", &[(name, text)])).unwrap();
        let render = &loaded.config.render;
        let (ttl, pause) = (render.ttl.as_secs(), render.cleanup_interval.as_secs());
        let warned = loaded.warnings.iter().any(|it| it.contains("the default is used"));
        let warned = if warned { " warned" } else { "" };
        assert_eq!(
            format!("{ttl}s {} {pause}s{warned}", render.max_bytes),
            expected,
            "{name}={text}"
        );
    }
}

#[test]
fn a_port_that_an_orchestrator_set_for_a_service_does_not_stop_a_start() {
    let env = [("GOXEL_DAEMON_PORT", "tcp://10.0.0.1:8080")];
    let loaded = load(&source("", &env)).unwrap();
    assert!(!loaded.config.tcp.enabled);
    let text = "GOXEL_DAEMON_PORT: Invalid TCP port: tcp://10.0.0.1:8080 (must be 1-65535); the \
                default is used";
    assert_eq!(loaded.warnings, [text]);
}

#[test]
fn a_reload_says_what_it_changes_and_what_it_cannot() {
    let old = load(&source("-s /a -q 5 -m 5", &[])).unwrap();
    let new = load(&source("-s /b -q 5 -m 6 --log-level debug", &[])).unwrap();
    let changes = changes(&old, &new);
    let said = |them: &[Change]| them.iter().map(ToString::to_string).collect::<Vec<_>>();
    let reloadable = ["server.max_connections: 5 -> 6", "logging.level: \"info\" -> \"debug\""];
    assert_eq!(said(&changes.reloadable), reloadable);
    assert_eq!(said(&changes.fixed), ["daemon.socket_path: \"/a\" -> \"/b\""]);
    assert_eq!(super::changes(&old, &old), Changes::default());
}

#[test]
fn a_reload_keeps_what_needs_a_restart() {
    let old = load(&source("-s /a -j 3 -m 5 -l /l", &[])).unwrap();
    let new = load(&source("-s /b -j 4 -m 6 --log-format json", &[])).unwrap();
    let both = reloaded(&old, &new).unwrap();
    assert_eq!(both.config.unix, old.config.unix);
    assert_eq!(both.config.log, new.config.log);
    let limits = plain::Limits { max_connections: 6, ..old.config.limits.clone() };
    assert_eq!(both.config.limits, limits);
    // What still differs is what needs the restart.
    assert_eq!(changes(&both, &new).reloadable, []);
    assert_eq!(changes(&both, &new).fixed.len(), 2);
}

#[track_caller]
fn check_projects(line: &str, env: &[(&str, &str)], expected: (usize, u64, u64)) {
    let limits = load(&source(line, env)).unwrap().config.limits;
    let found = (limits.max_projects, limits.max_project_memory, limits.max_projects_memory);
    assert_eq!(found, expected, "for {line:?} with {env:?}");
}

#[test]
fn limits_of_projects_come_from_everywhere() {
    check_projects("", &[], (256, 0, 0));
    let line = "--max-projects 3 --max-project-memory 64 --max-projects-memory=1G";
    check_projects(line, &[], (3, 64 << 20, 1 << 30));
    let env = [
        ("GOXEL_MAX_PROJECTS", "9"),
        ("GOXEL_MAX_PROJECT_MEMORY_MB", "2"),
        ("GOXEL_MAX_PROJECTS_MEMORY_MB", "5"),
    ];
    check_projects("", &env, (9, 2 << 20, 5 << 20));
    check_projects("--max-projects 3", &env, (3, 2 << 20, 5 << 20));
}

#[test]
fn a_secret_is_never_shown() {
    let env = [("GOXEL_DAEMON_AUTH_TOKEN", "hush")];
    let loaded = load(&source("", &env)).unwrap();
    assert_eq!(loaded.config.security.token, Some(plain::Secret("hush".into())));
    let said = format!(
        "{}{}{:?}{:?}",
        print_text(&loaded),
        print_json(&loaded),
        loaded.config.security,
        loaded.warnings,
    );
    assert!(!said.contains("hush"), "{said}");
    assert!(said.contains("Secret(..)"), "{said}");
    let line = "security.auth_token = set # environment GOXEL_DAEMON_AUTH_TOKEN";
    assert!(said.lines().map(squeeze).any(|it| it == line), "{said}");
}

#[test]
fn what_is_printed_as_json_is_a_configuration_of_the_same_values() {
    let line = "-D -s /s -j 3 -p /p --log-format json";
    let env = [("GOXEL_RENDER_MAX_SIZE", "1000001"), ("GOXEL_DAEMON_TIMEOUT_MS", "1500")];
    let first = load(&source(line, &env)).unwrap();
    let second = legacy_tests::load_text(&print_json(&first), "").unwrap();
    for setting in settings().filter(|it| it.id != Id::ConfigFile) {
        let values = [&first, &second].map(|it| it.values.value(setting.id).clone());
        assert_eq!(values[0], values[1], "{}", setting.key);
    }
}

#[test]
fn a_report_has_one_line_for_each_error_and_warning() {
    let report = |text: &str| check_report(&legacy_tests::load_text(text, ""));
    assert_eq!(report("{}"), "The configuration is good.\n");
    let text = "{\"server\": {\n\"workers\": 0,\n\"pace\": 1,\n\"queue_size\": \"7\"}}";
    let expected = "error: F:2:12: server.workers: Invalid number of worker threads: 0 (must be 1-64)\n\
                    error: F:4:15: server.queue_size: Invalid queue size: 7 (must be 1-65536)\n\
                    warning: F:3:9: server.pace: unknown key\n";
    assert_eq!(report(text), expected);
}

#[test]
fn values_that_do_not_go_together_are_refused_where_they_stand() {
    let refused = |text: &str| legacy_tests::load_text(text, "").unwrap_err().to_string();
    let listen = r#"{"daemon": {"enable_unix_socket": false}}"#;
    let nothing = "F:1:35: daemon.enable_unix_socket: nothing would listen; enable_unix_socket or \
                   enable_tcp must be true";
    assert_eq!(refused(listen), nothing);
    let target = r#"{"logging": {"target": "file"}}"#;
    let no_file = "F:1:24: logging.target: no log file is named; set logging.file";
    assert_eq!(refused(target), no_file);
    let long = format!(r#"{{"daemon": {{"socket_path": "/{}"}}}}"#, "s".repeat(107));
    let too_long = "F:1:28: daemon.socket_path: Invalid socket path: 108 bytes (must be under 108)";
    assert_eq!(refused(&long), too_long);
}

#[test]
fn the_table_holds_together() {
    let mut ids: Vec<Id> = settings().map(|it| it.id).collect();
    let rows = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((rows, ids.len()), (Id::FsyncInterval as usize + 1, rows));
    let keys: Vec<_> = settings().flat_map(|it| it.keys().map(|name| name.0)).collect();
    for (at, key) in keys.iter().enumerate() {
        assert!(!keys[..at].contains(key), "{key} means two things");
        let foreign = table::FOREIGN.iter().any(|(foreign, _)| foreign == key);
        assert!(!foreign, "{key} both means something and nothing");
    }
    for setting in settings() {
        assert!(!setting.label.is_empty() && !setting.brief.is_empty(), "{}", setting.key);
        if let settings::Default::Is(text) = setting.default {
            let read = setting.kind.read_text(setting.unit, text.as_ref());
            assert!(read.is_ok(), "{}: {text}: {read:?}", setting.key);
        }
    }
}
