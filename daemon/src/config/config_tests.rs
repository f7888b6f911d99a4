//! The command line, the environment, and how they are laid over the file.

use super::*;
use std::thread;

fn source(line: &str, env: &[(&str, &str)]) -> Source {
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
    for option in ["--tcp", "--priority-queue", "--no-journal"] {
        let version = env!("CARGO_PKG_VERSION");
        check(option, &[], &format!("{option} is not in goxel-daemon {version} yet"));
    }
    check(
        "-P mcp",
        &[],
        &format!("--protocol mcp is not in goxel-daemon {} yet", env!("CARGO_PKG_VERSION")),
    );
}
