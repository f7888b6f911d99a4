//! Many clients that add voxels one by one, beside Redis with SET under the same loader.
//!
//! Every reply is counted, and the voxels are in the project afterwards.

use goxel_bench::is_wanted;
use goxel_bench::load::{Load, Place, Replies, row, title};
use goxel_support::{Client, Daemon, temp_dir};
use serde_json::json;
use std::io::{Read, Write};
use std::iter;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    // Neither keeps what it is told; what keeping costs is in `durability`.
    let daemon = Daemon::start(&["-m", "1100", "--no-journal"]);
    daemon.client().result("create_project", json!(["load"]));
    let redis = Redis::start();
    title("add_voxel beside Redis SET, ops/s");
    for (clients, pipeline) in [(1, 1), (16, 1), (50, 1), (16, 16), (50, 16), (16, 64), (50, 64)] {
        let name = format!("{clients} clients, pipelines of {pipeline}");
        if !is_wanted(&name) {
            continue;
        }
        let load = |socket: &Path, request| {
            Load::new(Place::Unix(socket), [clients, pipeline], Replies::Lines, request)
        };
        let peer = redis.as_ref().map(|redis| load(&redis.socket, &set));
        let mut loads: Vec<_> = iter::once(load(daemon.socket(), &add_voxel)).chain(peer).collect();
        row(&name, &mut loads);
    }
    if redis.is_none() {
        println!("redis-server is not installed: no peer");
    }
    under_renders(&daemon);
    idle(&daemon);
    let status = daemon.client().result("get_status", json!([]));
    assert!(status["voxel_count"].as_u64().is_some_and(|count| count > 0), "{status}");
}

/// How late replies are to 5,000 requests a second, while pictures are drawn without a pause.
fn under_renders(daemon: &Daemon) {
    let name = "add_voxel at 5,000/s beside 4K renders";
    if !is_wanted(name) {
        return;
    }
    const PERIOD: Duration = Duration::from_micros(200);
    let (done, socket) = (AtomicBool::new(false), daemon.socket());
    let mut times = thread::scope(|scope| {
        for number in 0..2 {
            let done = &done;
            scope.spawn(move || {
                let mut client = Client::connect(socket);
                let path = format!("{number}.png");
                let picture = json!({"path": path, "width": 3840, "height": 2160});
                while !done.load(Ordering::Relaxed) {
                    client.result("render_scene", picture.clone());
                }
            });
        }
        let mut stream = UnixStream::connect(socket).expect("the server listens");
        let (begun, mut times, mut byte) = (Instant::now(), Vec::new(), [0; 4096]);
        for number in 0..15_000u32 {
            let due = begun + PERIOD * number;
            while Instant::now() < due {
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            stream.write_all(&add_voxel(u64::from(number))).expect("the server takes it");
            let mut last = 0;
            while last != b'\n' {
                let count = stream.read(&mut byte).expect("the server answers");
                last = byte[count - 1];
            }
            // From when it was due: a reply that is late makes the next ones late.
            times.push(due.elapsed());
        }
        done.store(true, Ordering::Relaxed);
        times
    });
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_micros();
    println!("{name:<44} p50 {} us, p99 {} us, most {} us", at(0.5), at(0.99), at(1.0));
}

/// What a thousand connections that do nothing weigh.
fn idle(daemon: &Daemon) {
    let name = "memory of 1,000 idle connections";
    if !is_wanted(name) {
        return;
    }
    let memory = || daemon.client().result("status", json!([]))["memory_allocated"].as_u64();
    let before = memory().expect("the status tells it");
    let mut clients: Vec<_> = (0..1000).map(|_| daemon.client()).collect();
    clients.iter_mut().for_each(|client| _ = client.result("ping", json!([])));
    let grown = memory().expect("the status tells it").saturating_sub(before);
    println!("{name:<44} {:>8.1} MB", grown as f64 / 1e6);
    drop(clients);
}

fn add_voxel(number: u64) -> Vec<u8> {
    let (x, y, z) = (number % 256, number / 256 % 256, number / 65536 % 64);
    format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"goxel.add_voxel\",\"params\":[{x},{y},{z},200,{},40,255],\"id\":{number}}}\n",
        number % 255
    )
    .into_bytes()
}

fn set(number: u64) -> Vec<u8> {
    let value = format!("{number:0>110}");
    format!("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$110\r\n{value}\r\n").into_bytes()
}

/// The peer, in a folder of its own.
struct Redis {
    child: Child,
    socket: std::path::PathBuf,
    _dir: goxel_support::TempDir,
}

impl Redis {
    fn start() -> Option<Redis> {
        let program = goxel_support::tool("redis-server")?;
        let dir = temp_dir();
        let socket = dir.path().join("redis");
        let mut command = Command::new(program);
        command.arg("--port").arg("0").arg("--unixsocket").arg(&socket);
        command.args(["--save", "", "--appendonly", "no"]);
        let child = command.stdout(Stdio::null()).spawn().ok()?;
        let begun = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "redis-server does not listen");
        }
        Some(Redis { child, socket, _dir: dir })
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
