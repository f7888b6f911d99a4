//! The daemon as a Unix process: its command line, its socket, its signals, its end.

use goxel_support::{Daemon, Signal, TempDir, daemon_program, skip, temp_dir, tool};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The two seconds it promises, doubled for a busy machine.
const STOP_TIME: Duration = Duration::from_secs(4);

/// Runs the program to its end: its exit code, and what it said on both outputs.
fn run(args: &[&str]) -> String {
    let mut command = Command::new(daemon_program());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GOXEL_") {
            command.env_remove(name);
        }
    }
    let output = command.args(args).stdin(Stdio::null()).output().expect("it can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ends by itself");
    format!("{code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn check(args: &[&str], expected: &str) {
    let said = run(args);
    assert!(said.contains(expected), "{args:?} said {said}, not {expected}");
}

#[test]
fn version_and_help_have_the_legacy_shape() {
    let lines = format!("0\ngoxel-daemon version {VERSION}\nGoxel v{VERSION} Daemon\n");
    check(&["--version"], &lines);
    check(&["-v"], "goxel-daemon version");
    check(&["--help"], "0\nUsage: goxel-daemon");
}

#[test]
fn a_bad_command_line_is_refused_in_the_legacy_words() {
    let last = "Invalid command line arguments. Use --help for usage information.\n";
    check(
        &["-j", "65"],
        &format!("1\nInvalid number of worker threads: 65 (must be 1-64)\n{last}"),
    );
    check(&["-q", "0"], "1\nInvalid queue size: 0 (must be 1-65536)\n");
    check(&["-m", "x"], "1\nInvalid max connections: x (must be 1-65536)\n");
    check(&["--frobnicate"], last);
    let not_yet = format!("1\n--root is not in goxel-daemon {VERSION} yet\n");
    check(&["--root", "/srv"], &not_yet);
}

#[test]
fn a_second_daemon_leaves_the_first_its_socket() {
    let daemon = Daemon::start(&[]);
    let socket = daemon.socket().to_str().expect("temporary paths are UTF-8");
    check(&["-s", socket], &format!("is already running there (PID: {})", daemon.pid()));
    assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let dir = temp_dir();
    let path = dir.path().join("notes");
    fs::write(&path, "precious").unwrap();
    check(&["-s", path.to_str().unwrap()], "is not a socket");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn the_socket_of_a_dead_daemon_is_taken_over() {
    let dir = temp_dir();
    // As SIGKILL leaves it: the file is there, and nobody listens.
    drop(UnixListener::bind(dir.path().join("goxel.sock")).unwrap());
    let daemon = Daemon::start_in(dir, &[]);
    assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
}

#[test]
fn a_daemon_can_follow_one_that_was_killed() {
    let dir = temp_dir();
    let socket = dir.path().join("goxel.sock");
    let mut child = start_bare(&socket);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(socket.exists(), "a killed daemon leaves its socket");
    let daemon = Daemon::start_in(dir, &[]);
    assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
}

/// A daemon that listens, without the care of [`Daemon`].
fn start_bare(socket: &Path) -> std::process::Child {
    use std::io::{BufRead, BufReader};
    let mut command = Command::new(daemon_program());
    command.arg("-s").arg(socket).arg("--no-journal").stderr(Stdio::piped());
    let mut child = command.spawn().expect("it can be started");
    let mut log = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    assert!(log.any(|line| line.is_ok_and(|line| line.contains("listening on"))));
    child
}

#[test]
fn the_socket_is_for_owner_and_group() {
    let daemon = Daemon::start(&[]);
    let mode = fs::metadata(daemon.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[test]
fn term_and_int_stop_it_and_take_the_socket_away() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut daemon = Daemon::start(&[]);
        let mut client = daemon.client();
        client.result("ping", json!([]));
        daemon.signal(signal);
        let status = daemon.wait(STOP_TIME).expect("it stops in time");
        assert_eq!(status.code(), Some(0), "{}", daemon.log());
        assert!(!daemon.socket().exists());
        assert_eq!(client.receive_line(), None);
    }
}

#[test]
fn a_daemon_whose_socket_was_taken_leaves_it_to_the_taker() {
    let mut daemon = Daemon::start(&[]);
    fs::remove_file(daemon.socket()).unwrap();
    let _taker = UnixListener::bind(daemon.socket()).unwrap();
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait(STOP_TIME).is_some_and(|status| status.success()));
    assert!(daemon.socket().exists());
}

#[test]
fn other_signals_are_survived_and_logged() {
    let mut daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    for signal in [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGPIPE] {
        daemon.signal(signal);
        assert_eq!(client.result("ping", json!([]))["pong"], true, "after {signal}");
    }
    daemon.signal(Signal::SIGTERM);
    daemon.wait(STOP_TIME).expect("it stops in time");
    for expected in ["SIGHUP: 0 settings changed", "SIGUSR1: up ", "log level is now DEBUG"] {
        assert!(daemon.log().contains(expected), "no {expected:?} in {}", daemon.log());
    }
}

#[test]
fn the_environment_names_the_socket_when_the_command_line_does_not() {
    let dir: TempDir = temp_dir();
    // Both sockets are occupied, so that each start ends by itself and says which it wanted.
    let (by_env, by_arg) = (dir.path().join("env"), dir.path().join("arg"));
    let _held = [UnixListener::bind(&by_env).unwrap(), UnixListener::bind(&by_arg).unwrap()];
    let wanted = |args: &[&Path]| {
        let mut command = Command::new(daemon_program());
        command.env("GOXEL_SOCKET_PATH", &by_env).args(args.iter().map(|it| it.as_os_str()));
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert!(wanted(&[]).contains("/env is already running"), "{}", wanted(&[]));
    let both = wanted(&[Path::new("-s"), &by_arg]);
    assert!(both.contains("/arg is already running"), "{both}");
}

#[test]
fn clients_wait_while_the_system_allows_no_more_open_files() {
    let Some(prlimit) = tool("prlimit") else {
        return skip("prlimit", "it takes descriptors away from a running daemon");
    };
    let mut daemon = Daemon::start(&[]);
    let worker = daemon.worker();
    let open = fs::read_dir(format!("/proc/{worker}/fd")).unwrap().count();
    let (limit, pid) = (format!("--nofile={}", open + 2), worker.to_string());
    assert!(Command::new(prlimit).args([&limit, "--pid", &pid]).status().unwrap().success());
    // Two fit; the others wait at the door until those before them have left.
    let clients: Vec<_> = (0..6).map(|_| daemon.client()).collect();
    for mut client in clients {
        assert_eq!(client.result("ping", json!([]))["pong"], true);
    }
    // The log is complete when the daemon has ended.
    daemon.signal(Signal::SIGTERM);
    daemon.wait(STOP_TIME).expect("it stops in time");
    assert!(daemon.log().contains("no new clients for a moment"), "{}", daemon.log());
}
