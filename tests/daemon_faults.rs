//! What hits daemons that were started well: too few of everything, signals that come twice or
//! never, processes that stop, files that are not what they seem.

use goxel_support::place::{PATIENCE, Place, is_there, send, until};
use goxel_support::{Client, Daemon, Signal, daemon_program, skip, tool};
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// A shell in the place that becomes the daemon, after what the script does first.
fn shell(place: &Place, script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{script} exec \"$0\" \"$@\" -s socket -p pid -l log --state-dir state"));
    command.arg(daemon_program()).current_dir(place.path("")).stdin(Stdio::null());
    command
}

#[test]
fn a_start_with_too_few_descriptors_ends_by_itself() {
    let mut outcomes = Vec::new();
    for most in 5..=16 {
        let place = Place::new();
        let mut front = shell(&place, &format!("ulimit -n {most};")).arg("-D").spawn().unwrap();
        until(|| front.try_wait().unwrap().is_some(), || format!("{most}: {}", place.log()));
        let started = front.wait().unwrap().success();
        if started {
            place.ping();
        } else {
            assert!(!place.path("pid").exists() && !place.path("socket").exists(), "{most}");
        }
        outcomes.push(started);
    }
    assert!(!outcomes[0] && outcomes[outcomes.len() - 1], "{outcomes:?}");
}

#[test]
fn a_start_that_may_not_fork_ends_by_itself() {
    let Some(prlimit) = tool("prlimit").filter(|_| nix::unistd::getuid().is_root()) else {
        return skip("prlimit and root", "it takes away the right to fork");
    };
    let place = Place::new();
    nix::unistd::chown(&place.path(""), Some(4713.into()), None).unwrap();
    let daemon = place.command(&["-u", "4713", "-D"]);
    let mut limited = Command::new(prlimit);
    limited.arg("--nproc=1").arg(daemon.get_program()).args(daemon.get_args());
    let mut front = limited.stderr(Stdio::piped()).spawn().unwrap();
    until(|| front.try_wait().unwrap().is_some(), || place.log());
    let output = front.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("no worker can be made: "), "{said}");
    assert!(!place.path("pid").exists() && !place.path("socket").exists());
}

#[test]
fn a_stop_that_reaches_both_processes_lets_them_finish() {
    let mut daemon = Daemon::start(&[]);
    daemon.client().result("create_project", json!(["last"]));
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "render_scene",
        "params": {"path": "/dev/null", "width": 4000, "height": 4000},
    });
    stream.write_all(format!("{request}\n").as_bytes()).unwrap();
    // It is read when this is answered.
    daemon.client().result("ping", json!([]));
    // As a terminal and systemd do it.
    send(daemon.worker().cast_signed(), Signal::SIGTERM);
    daemon.signal(Signal::SIGTERM);
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.contains("\"success\":true"), "{reply:?}");
    assert!(daemon.wait(PATIENCE).is_some_and(|status| status.success()));
    assert!(!daemon.log().contains("stopping at once"), "{}", daemon.log());
}

#[test]
fn signals_that_its_parent_held_back_come_through() {
    let hold = ["--block-signal=TERM,HUP,CHLD", "true"];
    if !Command::new("env").args(hold).output().is_ok_and(|it| it.status.success()) {
        return skip("env --block-signal", "it starts a daemon with signals held back");
    }
    let place = Place::new();
    let daemon = place.command(&["-D"]);
    let mut held = Command::new("env");
    held.arg(hold[0]).arg(daemon.get_program()).args(daemon.get_args());
    assert!(held.current_dir(place.path("")).status().unwrap().success());
    send(place.worker(), Signal::SIGKILL);
    place.await_log("serving again", 1);
    place.run(&["--reload"]);
    place.await_log("SIGHUP: 0 settings changed", 1);
    assert!(place.run(&["--stop"]).starts_with("0\n"));
}

#[test]
fn a_stopped_worker_does_not_keep_the_next_daemon_out() {
    let place = Place::new();
    place.start(&[]);
    let (supervisor, worker) = (place.supervisor(), place.worker());
    send(worker, Signal::SIGSTOP);
    send(supervisor, Signal::SIGKILL);
    place.start(&[]);
    place.ping();
    until(|| !is_there(worker), || format!("worker {worker} is left:\n{}", place.log()));
}

#[test]
fn the_next_worker_does_not_get_what_needs_a_restart() {
    let place = Place::new();
    let config = place.configure(r#"{"server": {"workers": 2}}"#);
    place.start(&["-c", &config]);
    let threads = || fs::read_dir(format!("/proc/{}/task", place.worker())).unwrap().count();
    let before = threads();
    place.configure(r#"{"server": {"workers": 9}}"#);
    place.run(&["--reload"]);
    place.await_log("-> 9: needs a restart", 1);
    send(place.worker(), Signal::SIGKILL);
    place.await_log("serving again", 1);
    assert_eq!(threads(), before);
}

#[test]
fn a_socket_that_was_promised_and_is_not_there_is_replaced_by_its_own() {
    let place = Place::new();
    let script = "exec 3<&-; LISTEN_PID=$$ LISTEN_FDS=1";
    let mut daemon = shell(&place, script).spawn().unwrap();
    place.await_log("listening on", 1);
    assert_eq!(Client::connect(&place.path("socket")).result("ping", json!([]))["pong"], true);
    send(place.supervisor(), Signal::SIGTERM);
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn a_log_that_is_no_file_of_its_own_keeps_its_owner() {
    if !nix::unistd::getuid().is_root() {
        return skip("root", "only root can give files away");
    }
    for make in ["mkfifo log", "touch other && ln other log"] {
        let place = Place::new();
        let made = Command::new("sh").args(["-c", make]).current_dir(place.path("")).status();
        assert!(made.unwrap().success());
        // A pipe that nobody reads cannot be opened to write.
        let reader = OpenOptions::new().read(true).write(true).open(place.path("log")).unwrap();
        place.start(&["-u", "4711", "-g", "4712", "--no-journal"]);
        assert_eq!(reader.metadata().unwrap().uid(), 0, "{make}");
    }
}

#[test]
fn clients_outlive_workers_that_die_and_hang_under_load() {
    let place = Place::new();
    let config = place.configure(
        r#"{"reliability":
            {"health_check_interval_ms": 200, "restart_delay_ms": 1, "max_restarts": 20}}"#,
    );
    place.start(&["-c", &config]);
    let (socket, done) = (place.path("socket"), AtomicBool::new(false));
    let answered: Vec<usize> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(|| load(&socket, &done))).collect();
        for (number, signal) in
            [Signal::SIGKILL, Signal::SIGKILL, Signal::SIGSTOP].iter().enumerate()
        {
            send(place.worker(), *signal);
            place.await_log("serving again", number + 1);
            place.ping();
        }
        done.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(answered.iter().all(|count| *count > 0), "{answered:?}");
    assert!(place.run(&["--status"]).starts_with("0\n"));
}

/// Asks on connections of its own until it is done; one that is lost is followed by another, which
/// must always be let in. Says how many requests were answered.
fn load(socket: &Path, done: &AtomicBool) -> usize {
    let mut answered = 0;
    while !done.load(Ordering::Relaxed) {
        let mut stream = UnixStream::connect(socket).expect("the socket is always there");
        let request = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
        let mut reply = [0; 200];
        while !done.load(Ordering::Relaxed) && stream.write_all(request).is_ok() {
            match stream.read(&mut reply) {
                Ok(count) if count > 0 => answered += 1,
                _ => break,
            }
        }
    }
    answered
}
