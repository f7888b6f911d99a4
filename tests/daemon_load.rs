//! The daemon at work: while jobs run, everybody else is answered, edits keep their order, and
//! the daemon still stops in time.
//!
//! A job that takes as long as a test wants is a picture rendered into a pipe that the test has
//! not read yet.

use goxel_engine::image::png;
use goxel_support::{Client, Daemon, Signal};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The two seconds it promises, doubled for a busy machine.
const STOP_TIME: Duration = Duration::from_secs(4);
/// The side of the model.
const CARPET: u32 = 200;
/// What the system keeps of a pipe that nobody reads.
const PIPE: usize = 64 << 10;
/// The last bytes of every PNG.
const PNG_END: &[u8] = b"IEND\xaeB`\x82";

/// A picture on its way through a pipe: its job runs until [`HeldRender::release`].
struct HeldRender {
    client: Client,
    pipe: File,
    picture: Vec<u8>,
}

impl HeldRender {
    /// Returns when a worker is busy with it, and stuck.
    fn begin(daemon: &Daemon) -> HeldRender {
        let path = pipe(daemon);
        // For writing too, so that opening waits for nobody.
        let mut pipe =
            File::options().read(true).write(true).open(&path).expect("the pipe can be opened");
        let client = daemon.client();
        client.send(request(
            1,
            "render_scene",
            &json!({"path": path, "width": 2000, "height": 500}),
        ));
        let mut first = [0; 8];
        pipe.read_exact(&mut first).expect("the picture begins");
        HeldRender { client, pipe, picture: first.to_vec() }
    }

    /// Lets the job end; the reply to it.
    fn release(mut self) -> Value {
        self.drain();
        self.client.receive()
    }

    fn drain(&mut self) {
        let mut buffer = [0; 4096];
        while !self.picture.ends_with(PNG_END) {
            let count = self.pipe.read(&mut buffer).expect("the picture goes on");
            self.picture.extend_from_slice(&buffer[..count]);
        }
        assert!(self.picture.len() > 2 * PIPE, "the picture fits in a pipe and was never held");
    }
}

fn pipe(daemon: &Daemon) -> PathBuf {
    let path = daemon.dir().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status().expect("coreutils are installed");
    assert!(made.success());
    path
}

fn request(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// A daemon with a carpet of many colours: its picture is larger than a pipe.
fn daemon_with_a_model(args: &[&str]) -> Daemon {
    let daemon = Daemon::start(args);
    let mut client = daemon.client();
    client.result("create_project", json!(["carpet"]));
    let shade = |at: u32| at.wrapping_mul(0x9E37_79B9).rotate_left(16).to_le_bytes();
    let voxels: Vec<Value> = (0..CARPET * CARPET)
        .map(|at| {
            let [r, g, b, _] = shade(at);
            json!({"x": at % CARPET, "y": at / CARPET, "z": 0, "r": r, "g": g, "b": b})
        })
        .collect();
    let added = client.result("add_voxels", json!({"voxels": voxels}));
    assert_eq!(added["added"], CARPET * CARPET);
    daemon
}

#[test]
fn a_running_render_holds_up_nobody() {
    let daemon = daemon_with_a_model(&["--workers", "1"]);
    let held = HeldRender::begin(&daemon);
    let mut other = daemon.client();
    assert_eq!(other.result("ping", json!([]))["pong"], true);
    assert_eq!(other.result("add_voxel", json!([0, 0, 500, 1, 2, 3]))["success"], true);
    assert_eq!(other.result("get_voxel", json!([0, 0, 500]))["exists"], true);
    assert_eq!(held.release()["result"]["success"], true);
}

#[test]
fn parallel_renders_give_the_same_picture_while_others_are_answered() {
    let daemon = daemon_with_a_model(&["--workers", "4"]);
    let mut clients: Vec<Client> = (0..6).map(|_| daemon.client()).collect();
    for (number, client) in clients.iter().enumerate() {
        let params = json!({"path": format!("{number}.png"), "width": 400, "height": 300});
        client.send(request(1, "render_scene", &params));
    }
    let mut other = daemon.client();
    for _ in 0..100 {
        assert_eq!(other.result("ping", json!([]))["pong"], true);
    }
    let mut pictures = Vec::new();
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.receive()["result"]["success"], true);
        pictures.push(fs::read(daemon.dir().join(format!("{number}.png"))).unwrap());
    }
    assert!(pictures[0].ends_with(PNG_END));
    assert!(pictures.iter().all(|picture| *picture == pictures[0]));
}

#[test]
fn edits_wait_for_a_slow_edit_and_reads_see_what_was_before() {
    let daemon = daemon_with_a_model(&["--workers", "1"]);
    // The only worker is busy, so the slow edit stays in the queue while we look.
    let held = HeldRender::begin(&daemon);
    let (mut slow, mut quick, mut reader) = (daemon.client(), daemon.client(), daemon.client());
    let cube = json!({"shape": "cube", "size": 64, "center": [0, 0, 900], "color": [255, 0, 0]});
    slow.send(request(1, "procedural_shape", &cube));
    quick.send(request(1, "add_voxel", &json!([0, 0, 900, 0, 255, 0])));
    quick.send(request(2, "get_voxel", &json!([0, 0, 900])));
    for _ in 0..3 {
        assert_eq!(reader.result("get_voxel", json!([0, 0, 900]))["exists"], false);
    }
    assert_eq!(held.release()["result"]["success"], true);
    assert_eq!(quick.receive()["result"]["success"], true);
    // The slow edit came first, so its reply is there by now.
    slow.stream().set_nonblocking(true).unwrap();
    assert_eq!(slow.receive()["result"]["voxels_created"], 64 * 64 * 64);
    assert_eq!(quick.receive()["result"]["color"], json!([0, 255, 0, 255]));
    assert_eq!(reader.result("get_voxel", json!([1, 0, 900]))["color"], json!([255, 0, 0, 255]));
}

#[test]
fn edits_of_one_batch_keep_their_order_around_a_slow_one() {
    let daemon = daemon_with_a_model(&[]);
    let mut client = daemon.client();
    let cube = json!({"shape": "cube", "size": 64, "center": [0, 0, 900], "color": [255, 0, 0]});
    let batch = [
        request(1, "add_voxel", &json!([0, 0, 900, 0, 255, 0])),
        request(2, "procedural_shape", &cube),
        request(3, "get_voxel", &json!([0, 0, 900])),
        request(4, "remove_voxel", &json!([0, 0, 900])),
        request(5, "get_voxel", &json!([0, 0, 900])),
    ];
    client.send(format!("[{}]", batch.join(",")));
    let replies = client.receive();
    assert_eq!(replies[2]["result"]["color"], json!([255, 0, 0, 255]));
    assert_eq!(replies[4]["result"]["exists"], false);
}

/// Ten clients with 16 MiB of small values each, all waiting to edit, took 9 GB: the system killed
/// the daemon.
#[test]
fn large_messages_are_decoded_one_after_the_other() {
    const MOST: u64 = 500 << 10;
    let daemon = Daemon::start(&["--workers", "2"]);
    let mut first = daemon.client();
    let pid = first.result("status", json!([]))["pid"].clone();
    first.result("create_project", json!([]));
    first.send(request(1, "procedural_shape", &json!({"shape": "sphere", "size": 200})));
    let elements = "0,".repeat(9 << 19);
    let message = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"undo","params":[{elements}0]}}"#);
    let mut clients: Vec<Client> = (0..5).map(|_| daemon.client()).collect();
    for client in &clients {
        client.send(&message);
    }
    for client in &mut clients {
        assert_eq!(client.receive()["id"], 7);
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    let peak: Option<u64> = peak.and_then(|peak| peak.trim().parse().ok());
    assert!(peak.is_none_or(|peak| peak < MOST), "{peak:?} KiB at the peak");
}

/// A pile of edits just too small for a worker made everybody else wait for a second.
#[test]
fn a_pile_of_edits_is_made_in_short_turns() {
    const PILE: usize = 20;
    let daemon = daemon_with_a_model(&[]);
    let client = daemon.client();
    let torus = request(1, "procedural_shape", &json!({"shape": "torus", "size": 40}));
    client.send(torus.repeat(PILE));
    let mut first = [0; 64 << 10];
    let count = client.stream().read(&mut first).expect("replies come");
    let replies = first[..count].iter().filter(|byte| **byte == b'\n').count();
    assert!((1..PILE).contains(&replies), "{replies} of {PILE} edits in the first turn");
}

#[test]
fn a_full_queue_refuses_jobs_but_not_edits_or_quick_requests() {
    let daemon = daemon_with_a_model(&["--workers", "1", "--queue-size", "1"]);
    let held = HeldRender::begin(&daemon);
    let (mut queued, mut refused, mut editor) = (daemon.client(), daemon.client(), daemon.client());
    let picture = json!({"path": "/dev/null", "width": 16, "height": 16});
    queued.send(request(1, "render_scene", &picture));
    let reply = refused.call("render_scene", picture);
    assert_eq!(reply["error"]["code"], -32603);
    assert_eq!(reply["error"]["message"], "Server overloaded - request queue full");
    assert_eq!(refused.result("ping", json!([]))["pong"], true);
    editor.send(request(1, "procedural_shape", &json!({"size": 64})));
    assert_eq!(held.release()["result"]["success"], true);
    assert_eq!(queued.receive()["result"]["success"], true);
    assert_eq!(editor.receive()["result"]["success"], true);
}

#[test]
fn a_client_that_vanishes_during_its_render_harms_nobody() {
    let daemon = daemon_with_a_model(&["--workers", "1"]);
    let mut held = HeldRender::begin(&daemon);
    held.client = daemon.client();
    let mut other = daemon.client();
    assert_eq!(other.result("ping", json!([]))["pong"], true);
    held.drain();
    drop(held);
    let alone = |client: &mut Client| client.result("status", json!([]))["active_connections"] == 1;
    assert!((0..10_000).any(|_| alone(&mut other)), "a vanished client stays connected");
    let picture = json!({"path": "/dev/null", "width": 16, "height": 16});
    assert_eq!(other.result("render_scene", picture)["success"], true);
}

#[test]
fn a_job_that_ends_in_time_is_answered_before_the_daemon_stops() {
    let mut daemon = daemon_with_a_model(&["--workers", "1"]);
    let held = HeldRender::begin(&daemon);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(held.release()["result"]["success"], true);
    assert!(daemon.wait(STOP_TIME).is_some_and(|status| status.success()));
}

#[test]
fn a_job_that_does_not_end_keeps_no_daemon_alive() {
    let mut daemon = daemon_with_a_model(&["--workers", "1"]);
    let mut held = HeldRender::begin(&daemon);
    daemon.signal(Signal::SIGTERM);
    let status = daemon.wait(STOP_TIME).expect("it stops in time");
    assert_eq!(status.code(), Some(0), "{}", daemon.log());
    assert!(!daemon.socket().exists());
    let reply = held.client.receive();
    assert_eq!(reply["error"]["message"], "Server is shutting down", "{reply} {}", daemon.log());
}

#[test]
fn a_large_render_at_the_end_leaves_a_whole_picture_or_nothing() {
    let mut daemon = daemon_with_a_model(&[]);
    let client = daemon.client();
    client.send(request(
        1,
        "render_scene",
        &json!({"path": "a.png", "width": 8000, "height": 8000}),
    ));
    // Its reply says that the render before it was begun.
    daemon.client().result("ping", json!([]));
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait(STOP_TIME).is_some_and(|status| status.success()), "{}", daemon.log());
    // A fast machine may finish it in the time that a stop gives to what was begun.
    let left: Vec<_> = fs::read_dir(daemon.dir()).unwrap().map(|e| e.unwrap().path()).collect();
    for path in left.into_iter().filter(|path| !path.is_dir()) {
        assert!(path.ends_with("a.png"), "{}", path.display());
        let picture = png::decode(&fs::read(path).unwrap(), 1 << 26).unwrap();
        assert_eq!((picture.width, picture.height), (8000, 8000));
    }
}
