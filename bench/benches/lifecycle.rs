//! The daemon's life: from its start to its first reply, from a worker's death to the next one's
//! first reply, from SIGTERM to its end; and what it weighs while it waits.

use goxel_bench::{figure, report, report_with, title};
use goxel_support::{Daemon, Signal};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::json;
use std::fs;

fn main() {
    title("one daemon, nothing loaded");
    report("start to first reply", 25, 1, || {
        let daemon = Daemon::start(&[]);
        ping(&daemon);
        daemon
    });
    report_with("worker killed to first reply", 25, 1, started, |mut daemon| {
        let worker = Pid::from_raw(i32::try_from(daemon.worker()).expect("numbers are small"));
        kill(worker, Signal::SIGKILL).expect("the worker runs");
        ping(&daemon);
        daemon
    });
    report_with("SIGTERM to exit, idle", 25, 1, started, |daemon| {
        assert!(daemon.stop().success());
    });
    let mut daemon = started();
    let (supervisor, worker) = (daemon.pid(), daemon.worker());
    figure("resident, supervisor and worker", &size(resident(supervisor) + resident(worker)));
    figure("of that each page counted once", &size(share(supervisor) + share(worker)));
}

/// A daemon that has answered once.
fn started() -> Daemon {
    let daemon = Daemon::start(&[]);
    ping(&daemon);
    daemon
}

fn ping(daemon: &Daemon) {
    assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
}

fn size(kib: u64) -> String {
    format!("{:.1} MB", kib as f64 / 1000.0)
}

fn resident(pid: u32) -> u64 {
    line(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// What is shared with other processes counts here by its share.
fn share(pid: u32) -> u64 {
    line(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// A number of KiB.
fn line(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).expect("the process runs");
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|it| it.trim().strip_suffix(" kB")?.parse().ok()).expect("the line is there")
}
