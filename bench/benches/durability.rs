//! What it costs to keep what is acknowledged, and how fast it comes back.

use goxel_bench::load::{Load, Place, Replies, row, title};
use goxel_bench::{figure, is_wanted, report_with, scenes};
use goxel_engine::command::{Author, Command};
use goxel_engine::format::gox;
use goxel_engine::project::Project;
use goxel_engine::scene::Scene;
use goxel_engine::volume::Coord;
use goxel_support::{Daemon, Signal};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    throughput();
    recovery();
    checkpoint();
}

/// `add_voxel` with a journal, the peer being the same daemon without one.
fn throughput() {
    title("add_voxel with a journal beside none, ops/s");
    let without = daemon(&["--no-journal"]);
    for (policy, clients, pipeline) in [
        ("interval", 1, 1),
        ("interval", 16, 1),
        ("interval", 50, 1),
        ("interval", 16, 16),
        ("interval", 50, 64),
        ("never", 50, 1),
        ("always", 1, 1),
        ("always", 50, 1),
        ("always", 50, 16),
    ] {
        let name = format!("{policy}, {clients} clients, pipelines of {pipeline}");
        if !is_wanted(&name) {
            continue;
        }
        let with = daemon(&["--fsync", policy]);
        let load = |daemon: &Daemon| {
            Load::new(Place::Unix(daemon.socket()), [clients, pipeline], Replies::Lines, &add_voxel)
        };
        row(&name, &mut [load(&with), load(&without)]);
    }
}

fn daemon(args: &[&str]) -> Daemon {
    let daemon = Daemon::start(args);
    daemon.client().result("create_project", json!(["load"]));
    daemon
}

fn add_voxel(number: u64) -> Vec<u8> {
    let (x, y, z) = (number % 256, number / 256 % 256, number / 65536 % 64);
    format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"goxel.add_voxel\",\"params\":[{x},{y},{z},200,{},40,255],\"id\":{number}}}\n",
        number % 255
    )
    .into_bytes()
}

/// A worker that is killed with a million voxels and a million edits in its journal.
fn recovery() {
    const EDITS: u64 = 1_000_000;
    let name = "killed to serving, 1 M voxels and 1 M edits";
    if !is_wanted(name) {
        return;
    }
    goxel_bench::title("recovery");
    let daemon = daemon(&[]);
    let mut load = Load::new(Place::Unix(daemon.socket()), [4, 256], Replies::Lines, &add_voxel);
    while load.answered() < EDITS {
        load.run(Duration::from_millis(200));
    }
    drop(load);
    let voxels = daemon.client().result("get_status", json!([]))["voxel_count"].clone();
    let mut daemon = Some(daemon);
    report_with(
        name,
        5,
        EDITS,
        || (),
        |()| {
            let mut running = daemon.take().expect("it is put back");
            let worker = Pid::from_raw(i32::try_from(running.worker()).expect("numbers are small"));
            kill(worker, Signal::SIGKILL).expect("the worker runs");
            let status = running.client().result("get_status", json!([]));
            assert_eq!(status["voxel_count"], voxels);
            daemon = Some(running);
        },
    );
}

/// The longest that a client waits while a large project is checkpointed again and again, beside the
/// same without a journal; and what a checkpoint weighs.
fn checkpoint() {
    let name = "longest wait beside checkpoints of 10 M voxels";
    if !is_wanted(name) {
        return;
    }
    goxel_bench::title("checkpoints");
    let land = land();
    let gox = gox::encode(&land).expect("it can be written");
    println!("{} voxels, {:.2} MB as .gox", land.filled(), gox.len() as f64 / 1e6);
    for (what, args) in [("with a journal", &[][..]), ("without", &["--no-journal"])] {
        let daemon = Daemon::start(args);
        fs::write(daemon.dir().join("land.gox"), &gox).expect("the folder is there");
        daemon.client().result("load_project", json!({"path": "land.gox"}));
        let longest = longest_wait(&daemon);
        figure(&format!("{name}, {what}"), &format!("{:.1} ms", longest.as_secs_f64() * 1e3));
        let size = size_of_checkpoint(daemon.dir());
        if size > 0 {
            let ratio = size as f64 / gox.len() as f64;
            figure("a checkpoint beside .gox", &format!("{:.2} MB {ratio:.2}x", size as f64 / 1e6));
        }
    }
}

/// Columns under a height field, as in `terrain256`, of a wider land.
fn land() -> Scene {
    let columns = (0..288u32).flat_map(|y| (0..288u32).map(move |x| (x, y)));
    let column = |(x, y): (u32, u32)| {
        let place = move |z| (Coord::new(x as i32, y as i32, z as i32), scenes::color(x, y, z));
        (0..=scenes::height(x, y, 288)).map(place)
    };
    let mut project = Project::new();
    for voxels in columns.collect::<Vec<_>>().chunks(288 * 16) {
        let voxels = voxels.iter().copied().flat_map(column).collect();
        let edit = Command::SetVoxels { layer: None, voxels };
        project.apply(edit, Author::default()).expect("there is room");
    }
    project.scene().clone()
}

/// While others edit for some seconds, which fills the journal more than once.
fn longest_wait(daemon: &Daemon) -> Duration {
    const TIME: Duration = Duration::from_secs(6);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (done, socket) = (&done, daemon.socket());
        scope.spawn(move || {
            let mut load = Load::new(Place::Unix(socket), [4, 64], Replies::Lines, &add_voxel);
            load.run(TIME);
            done.store(true, Ordering::Relaxed);
        });
        let (mut client, mut longest) = (daemon.client(), Duration::ZERO);
        while !done.load(Ordering::Relaxed) {
            let asked = Instant::now();
            client.result("ping", json!([]));
            longest = longest.max(asked.elapsed());
            thread::sleep(Duration::from_micros(200));
        }
        longest
    })
}

fn size_of_checkpoint(state: &Path) -> u64 {
    let mut folders = vec![state.to_owned()];
    let mut size = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the state is there").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|it| it == "project") => {
                    size += entry.metadata().map_or(0, |it| it.len());
                }
                _ => {}
            }
        }
    }
    size
}
