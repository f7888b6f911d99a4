//! The daemon as an operator has it: detached, controlled by its PID file, watched by its
//! supervisor, and hit by what hits daemons.

use goxel_support::place::{PATIENCE, Place, is_there, send, until};
use goxel_support::{Client, Daemon, Signal, daemon_program, skip};
use nix::unistd::{chown, getuid};
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[test]
fn a_detached_daemon_answers_when_its_start_returns() {
    let place = Place::new();
    place.start(&[]);
    place.ping();
    let status = fs::read_to_string(format!("/proc/{}/stat", place.supervisor())).unwrap();
    let fields: Vec<_> = status.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // Its parent is gone, it leads neither its group's session nor has it a terminal.
    let [_state, _parent, group, session, terminal] = fields[..5] else { panic!("{status}") };
    let pid = place.supervisor().to_string();
    assert_eq!((group, terminal), (session, "0"), "{status}");
    assert_ne!(session, pid, "{status}");
    let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).unwrap();
    assert_eq!(link("cwd"), Path::new("/"));
    for stream in ["fd/0", "fd/1", "fd/2"] {
        assert_eq!(link(stream), Path::new("/dev/null"));
    }
}

#[test]
fn control_commands_speak_the_legacy_words() {
    let place = Place::new();
    let check = |args: &[&str], expected: String| place.check(args, &expected);
    let none = "Daemon is not running (no PID file found)\n";
    check(&["--status"], format!("1\nChecking daemon status...\n{none}"));
    check(&["--stop"], format!("1\nStopping daemon...\n{none}"));
    check(&["--reload"], format!("1\nReloading daemon configuration...\n{none}"));
    place.start(&[]);
    let pid = place.supervisor();
    check(&["--status"], format!("0\nChecking daemon status...\nDaemon is running (PID: {pid})\n"));
    check(
        &["--reload"],
        format!(
            "0\nReloading daemon configuration...\nSending SIGHUP to daemon (PID: {pid})...\n\
             Configuration reload signal sent successfully\n"
        ),
    );
    check(
        &["--stop"],
        format!(
            "0\nStopping daemon...\nSending SIGTERM to daemon (PID: {pid})...\n\
             Waiting for daemon to stop...\nDaemon stopped successfully\n"
        ),
    );
    assert!(!place.path("pid").exists() && !place.path("socket").exists());
    fs::write(place.path("pid"), "1\n").unwrap();
    // Somebody has that number; but nobody holds the file.
    check(
        &["--status"],
        "1\nChecking daemon status...\nDaemon is not running (stale PID file: 1)\n".into(),
    );
    assert!(!place.path("pid").exists());
}

#[test]
fn a_second_daemon_is_refused_whatever_it_shares() {
    let place = Place::new();
    place.start(&[]);
    let pid = place.supervisor();
    let said = place.run(&["-D"]);
    let held = format!("1\ngoxel-daemon: Daemon already running (PID: {pid}), says ");
    assert!(said.starts_with(&held), "{said}");
    let other = place.path("other");
    let said = place.run(&["-p", other.to_str().unwrap()]);
    assert!(said.contains(&format!("is already running there (PID: {pid})")), "{said}");
    assert!(!other.exists());
    place.ping();
}

#[test]
fn of_daemons_started_at_once_one_serves() {
    let place = Place::new();
    let start = || place.command(&["-D"]).stderr(Stdio::piped()).spawn().unwrap();
    let daemons: Vec<_> = (0..6).map(|_| start()).collect();
    let outcomes: Vec<_> = daemons.into_iter().map(|it| it.wait_with_output().unwrap()).collect();
    let started = outcomes.iter().filter(|it| it.status.success()).count();
    assert_eq!(started, 1, "{outcomes:?}");
    place.ping();
}

#[test]
fn a_start_that_fails_says_so_in_its_exit_status() {
    let cases: [(&[&str], &str); 6] = [
        (&["-l", "/proc/no/log"], "log file /proc/no/log: "),
        (&["-p", "/proc/no/pid"], "PID file /proc/no/pid: "),
        (&["-s", "/proc/no/socket"], "Failed to start socket server: /proc/no"),
        (&["-w", "/no/such/folder"], "working directory /no/such/folder: "),
        (&["-u", "no-such-user"], "there is no user no-such-user; set daemon.user"),
        (&["-g", "no-such-group"], "there is no group no-such-group; set daemon.group"),
    ];
    for (args, expected) in cases {
        for detached in [&["-D"][..], &[]] {
            let place = Place::new();
            let said = place.run(&[detached, args].concat());
            let expected = format!("1\ngoxel-daemon: {expected}");
            assert!(said.starts_with(&expected), "{args:?} {detached:?}: {said}");
            assert!(!place.path("pid").exists() && !place.path("socket").exists(), "{args:?}");
        }
    }
}

#[test]
fn a_missing_folder_of_socket_and_pid_file_is_made() {
    let place = Place::new();
    let run = place.path("run");
    let (socket, pid) = (run.join("socket"), run.join("pid"));
    let named = ["-s", socket.to_str().unwrap(), "-p", pid.to_str().unwrap()];
    place.start(&named);
    assert_eq!(fs::metadata(&run).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(Client::connect(&socket).result("ping", json!([]))["pong"], true);
    assert!(place.run(&[&named[2..], &["--stop"]].concat()).starts_with("0\n"));
}

#[test]
fn a_worker_that_is_killed_is_replaced() {
    let place = Place::new();
    place.start(&[]);
    let mut client = place.client();
    client.result("ping", json!([]));
    let first = place.worker();
    send(first, Signal::SIGKILL);
    // The old connection is lost, a new one waits if it must.
    assert_eq!(client.receive_line(), None);
    place.ping();
    assert_ne!(place.worker(), first);
    place.await_log("the worker was killed by SIGKILL", 1);
    place.await_log("serving again", 1);
    assert!(place.run(&["--status"]).starts_with("0\n"));
}

#[test]
fn clients_of_a_missing_worker_wait_for_the_next_one() {
    let place = Place::new();
    let config = place.configure(r#"{"reliability": {"restart_delay_ms": 300}}"#);
    place.start(&["-c", &config]);
    // The second death in the window is followed by a pause.
    send(place.worker(), Signal::SIGKILL);
    place.await_log("serving again", 1);
    send(place.worker(), Signal::SIGKILL);
    place.await_log("another worker starts in 300 ms", 1);
    let clients: Vec<_> = (0..20).map(|_| place.client()).collect();
    for mut client in clients {
        assert_eq!(client.result("ping", json!([]))["pong"], true);
    }
}

#[test]
fn a_worker_that_no_longer_answers_is_replaced() {
    let place = Place::new();
    let config = place.configure(r#"{"reliability": {"health_check_interval_ms": 200}}"#);
    place.start(&["-c", &config]);
    let first = place.worker();
    send(first, Signal::SIGSTOP);
    place.await_log("it does not answer", 1);
    place.ping();
    assert!(!is_there(first) && place.worker() != first);
}

#[test]
fn a_worker_over_its_memory_is_replaced() {
    let place = Place::new();
    let config = place
        .configure(r#"{"reliability": {"max_memory_mb": 1, "restart_on_memory_limit": true}}"#);
    place.start(&["-c", &config]);
    place.await_log("MiB of 1; starting another", 1);
    place.await_log("serving again", 1);
    place.ping();
}

#[test]
fn a_worker_that_dies_again_and_again_is_given_up() {
    let place = Place::new();
    let config = place.configure(r#"{"reliability": {"max_restarts": 3, "restart_delay_ms": 1}}"#);
    let mut daemon = place.command(&["-c", &config]).spawn().unwrap();
    // One that dies before any has served is a failed start.
    place.await_log("listening on", 1);
    for death in 1..=4 {
        place.await_log("worker started", death);
        send(place.worker(), Signal::SIGKILL);
        place.await_log("was killed by SIGKILL", death);
    }
    assert_eq!(daemon.wait().unwrap().code(), Some(1));
    assert!(place.log().contains("4 workers died within 60 s; giving up"), "{}", place.log());
    assert!(!place.path("pid").exists() && !place.path("socket").exists());
}

#[test]
fn a_killed_supervisor_leaves_nothing_that_stops_the_next_one() {
    let place = Place::new();
    place.start(&[]);
    let (supervisor, worker) = (place.supervisor(), place.worker());
    send(supervisor, Signal::SIGKILL);
    place.start(&[]);
    place.ping();
    assert_ne!(place.supervisor(), supervisor);
    until(|| !is_there(worker), || format!("worker {worker} is left:\n{}", place.log()));
}

#[test]
fn a_storm_of_reloads_costs_nothing() {
    let place = Place::new();
    place.start(&[]);
    let mut client = place.client();
    for _ in 0..300 {
        send(place.supervisor(), Signal::SIGHUP);
    }
    assert_eq!(client.result("ping", json!([]))["pong"], true);
    assert!(!place.log().contains("worker was"), "{}", place.log());
    place.ping();
}

#[test]
fn a_reload_takes_what_it_can_and_names_the_rest() {
    let place = Place::new();
    let config = place.configure(r#"{"logging": {"level": "info"}}"#);
    place.start(&["-c", &config]);
    place.configure(r#"{"logging": {"level": "debug"}, "server": {"workers": 7}}"#);
    place.run(&["--reload"]);
    place.await_log("logging.level: \"info\" -> \"debug\"", 1);
    place.await_log("-> 7: needs a restart", 1);
    // What is wrong changes nothing, and says where it is wrong.
    place.configure("{\n  \"logging\": {\"level\": \"loud\"}\n}");
    place.run(&["--reload"]);
    place.await_log("SIGHUP: the configuration stays as it was: ", 1);
    assert!(place.log().contains("conf:2:"), "{}", place.log());
    place.configure("not JSON");
    place.run(&["--reload"]);
    place.await_log("SIGHUP: the configuration stays as it was: ", 2);
    fs::remove_file(place.path("conf")).unwrap();
    place.run(&["--reload"]);
    place.await_log("SIGHUP: the configuration stays as it was: ", 3);
    place.ping();
}

#[test]
fn limits_change_while_it_runs() {
    let place = Place::new();
    let config = place.configure("{}");
    place.start(&["-c", &config]);
    let mut first = place.client();
    first.result("ping", json!([]));
    place.configure(r#"{"server": {"max_connections": 1, "max_projects": 2}}"#);
    place.run(&["--reload"]);
    place.await_log("server.max_connections: 256 -> 1", 1);
    place.await_log("server.max_projects: 256 -> 2", 1);
    let line = place.client().receive_line().expect("it is told why");
    assert!(line.contains("too many connections"), "{line}");
    let _ = ["a", "b"].map(|id| first.result("create_project", json!({"project_id": id})));
    let refused = first.call("create_project", json!({"project_id": "c"}));
    assert_eq!(refused["error"]["data"]["reason"], "limit_exceeded", "{refused}");
}

#[test]
fn a_log_that_was_moved_away_is_followed_by_a_new_one() {
    let place = Place::new();
    place.start(&[]);
    fs::rename(place.path("log"), place.path("log.old")).unwrap();
    place.run(&["--reload"]);
    place.await_log("SIGHUP: 0 settings changed", 1);
    let old = fs::read_to_string(place.path("log.old")).unwrap();
    assert!(old.contains("listening on") && !old.contains("SIGHUP"), "{old}");
}

#[test]
fn a_log_can_be_lines_of_json() {
    let place = Place::new();
    place.start(&["--log-format", "json"]);
    place.run(&["--stop"]);
    let log = place.log();
    assert!(log.lines().count() >= 3, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(line["timestamp"].is_string() && line["message"].is_string(), "{line}");
    }
}

#[test]
fn rights_are_dropped_by_both_processes() {
    if !getuid().is_root() {
        return skip("root", "only root can become somebody else");
    }
    let place = Place::new();
    chown(&place.path(""), Some(4711.into()), None).unwrap();
    place.start(&["-u", "4711", "-g", "4712"]);
    place.ping();
    for pid in [place.supervisor(), place.worker()] {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = |name: &str| status.lines().find_map(|it| it.strip_prefix(name)).unwrap();
        assert_eq!(line("Uid:"), "\t4711\t4711\t4711\t4711", "{pid}");
        assert_eq!(line("Gid:"), "\t4712\t4712\t4712\t4712", "{pid}");
        assert_eq!(line("Groups:").trim(), "4712", "{pid}");
        assert_eq!(line("CapEff:").trim().trim_start_matches('0'), "", "{pid}");
    }
    // It can still rotate its log and take its files away.
    place.run(&["--reload"]);
    place.await_log("SIGHUP: 0 settings changed", 1);
    place.run(&["--stop"]);
    assert!(!place.path("pid").exists() && !place.path("socket").exists());
}

#[test]
fn the_socket_has_the_mode_that_was_asked_for() {
    let place = Place::new();
    let config = place.configure(r#"{"security": {"socket_permissions": "0600"}}"#);
    place.start(&["-c", &config]);
    let mode = fs::metadata(place.path("socket")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A daemon in the foreground that tells a service manager how it is.
fn notifying(place: &Place, watchdog: Option<&str>) -> (Child, UnixDatagram) {
    let manager = UnixDatagram::bind(place.path("notify")).expect("nobody has that name");
    manager.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
    let mut command = place.command(&[]);
    command.env("NOTIFY_SOCKET", place.path("notify"));
    if let Some(usec) = watchdog {
        command.env("WATCHDOG_USEC", usec);
    }
    (command.spawn().expect("it can be started"), manager)
}

/// Reads what the manager is told until a message begins with that.
#[track_caller]
fn await_notice(manager: &UnixDatagram, wanted: &str) -> String {
    let mut bytes = [0; 1000];
    loop {
        let count = manager.recv(&mut bytes).expect(wanted);
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        if text.starts_with(wanted) {
            return text;
        }
    }
}

#[test]
fn a_service_manager_is_told_how_it_is() {
    let place = Place::new();
    let (mut daemon, manager) = notifying(&place, None);
    await_notice(&manager, "READY=1");
    place.ping();
    send(place.supervisor(), Signal::SIGHUP);
    assert!(await_notice(&manager, "RELOADING=1").contains("MONOTONIC_USEC="));
    await_notice(&manager, "READY=1");
    send(place.supervisor(), Signal::SIGTERM);
    await_notice(&manager, "STOPPING=1");
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn a_watchdog_hears_of_a_worker_that_answers() {
    let place = Place::new();
    let (mut daemon, manager) = notifying(&place, Some("300000"));
    await_notice(&manager, "READY=1");
    await_notice(&manager, "WATCHDOG=1");
    await_notice(&manager, "WATCHDOG=1");
    send(place.supervisor(), Signal::SIGTERM);
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn a_watchdog_gives_the_worker_time_to_answer() {
    for usec in ["0", "1"] {
        let place = Place::new();
        let (mut daemon, manager) = notifying(&place, Some(usec));
        await_notice(&manager, "READY=1");
        place.ping();
        send(place.supervisor(), Signal::SIGTERM);
        assert!(daemon.wait().unwrap().success());
        assert!(!place.log().contains("killing"), "{usec}: {}", place.log());
    }
}

#[test]
fn a_watchdog_meant_for_the_front_is_fed_by_the_detached() {
    let place = Place::new();
    let manager = UnixDatagram::bind(place.path("notify")).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut shell = Command::new("sh");
    // Nothing but the watchdog asks the worker.
    place.configure(r#"{"reliability": {"enable_health_checks": false}}"#);
    shell.args([
        "-c",
        "WATCHDOG_PID=$$ exec \"$0\" -D -c conf -s socket -p pid -l log --state-dir state",
    ]);
    shell.arg(daemon_program()).current_dir(place.path("")).stdin(Stdio::null());
    shell.env("NOTIFY_SOCKET", place.path("notify")).env("WATCHDOG_USEC", "300000");
    assert!(shell.status().unwrap().success());
    await_notice(&manager, "WATCHDOG=1");
}

#[test]
#[cfg(target_os = "linux")]
fn a_service_manager_without_a_file_is_told() {
    use std::os::linux::net::SocketAddrExt;
    let place = Place::new();
    let name = place.path("notify").display().to_string();
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let manager = UnixDatagram::bind_addr(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = place.command(&[]);
    let mut daemon = command.env("NOTIFY_SOCKET", format!("@{name}")).spawn().unwrap();
    await_notice(&manager, "READY=1");
    send(place.supervisor(), Signal::SIGTERM);
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn a_socket_that_was_handed_over_is_served() {
    let place = Place::new();
    let socket = UnixListener::bind(place.path("handed")).unwrap();
    let program = daemon_program();
    // The shell gives the socket its number and itself the right process number.
    let script =
        "exec 3<&0; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" -p pid -l log --state-dir state";
    let mut daemon = Command::new("sh")
        .args(["-c", script])
        .arg(program)
        .current_dir(place.path(""))
        .stdin(std::os::fd::OwnedFd::from(socket))
        .spawn()
        .unwrap();
    let mut client = Client::connect(&place.path("handed"));
    assert_eq!(client.result("ping", json!([]))["pong"], true);
    drop(client);
    send(place.supervisor(), Signal::SIGTERM);
    assert!(daemon.wait().unwrap().success());
    assert!(place.path("handed").exists(), "it is the manager's to remove");
}

#[test]
fn what_is_begun_is_finished_before_the_end() {
    let mut daemon = Daemon::start(&[]);
    daemon.client().result("create_project", json!(["last"]));
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "render_scene",
        "params": {"path": "a.png", "width": 1500, "height": 1500},
    });
    stream.write_all(format!("{request}\n").as_bytes()).unwrap();
    // It is read when this is answered.
    daemon.client().result("ping", json!([]));
    daemon.signal(Signal::SIGTERM);
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.contains("\"success\":true"), "{reply:?}");
    assert!(daemon.dir().join("a.png").exists());
    assert!(daemon.wait(PATIENCE).is_some_and(|status| status.success()));
}

#[test]
fn slow_requests_are_logged_when_asked_for() {
    let place = Place::new();
    let config = place.configure(
        r#"{"monitoring": {"performance_logging": true, "slow_request_threshold_ms": 1}}"#,
    );
    place.start(&["-c", &config]);
    let picture = json!({"path": "/dev/null", "width": 800, "height": 800});
    let mut client = place.client();
    client.result("create_project", json!(["slow"]));
    client.result("render_scene", picture);
    place.await_log("slow: render_scene took ", 1);
    assert!(!place.log().contains("slow: ping"));
}

#[test]
fn it_tests_itself() {
    let place = Place::new();
    for test in ["--test-lifecycle", "--test-signals"] {
        let said = place.run(&[test]);
        assert!(said.starts_with("0\nOK: ") && !said.contains("FAILED"), "{test}: {said}");
    }
    place.check(&["--test-mode"], "0\nConfiguration is valid; nothing was started\n");
    assert!(!place.path("socket").exists() && !place.path("log").exists());
}

#[test]
fn verbose_says_what_it_runs_with() {
    let place = Place::new();
    let mut daemon = place.command(&["-V", "-j", "3"]).stdout(Stdio::piped()).spawn().unwrap();
    place.await_log("listening on", 1);
    send(place.supervisor(), Signal::SIGTERM);
    let mut said = String::new();
    daemon.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(daemon.wait().unwrap().success());
    let pid_file = place.path("pid");
    for expected in [
        &format!("PID file: {}\n", pid_file.display()),
        "Daemonize: no\n",
        "Worker threads: 3\n",
        "started successfully (PID: ",
        "Final statistics: ",
    ] {
        assert!(said.contains(expected), "no {expected:?} in {said}");
    }
}
