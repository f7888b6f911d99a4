//! Many clients of every kind at once: each valid request is answered once, and what the daemon
//! holds stays flat. Short here; `make long-run` for a day.

use goxel_support::{Client, Daemon};
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What the memory may grow by between its warm state and the end, in KiB.
const GROWTH: u64 = 64 << 10;

fn setting(name: &str, usual: u64) -> u64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_mixed_load_is_answered_and_leaves_nothing_behind() {
    let clients = setting("GOXEL_CLIENTS", 24);
    let time = Duration::from_secs(setting("GOXEL_MIXED_SECONDS", 4));
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let tcp = format!("--tcp=127.0.0.1:{port}");
    let mut daemon = Daemon::start(&[&tcp, "-m", &(clients * 8 + 64).to_string()]);
    daemon.client().result("create_project", json!(["mixed"]));
    let (socket, answered) = (daemon.socket().to_owned(), AtomicU64::new(0));
    let warm = run(&socket, port, clients, time / 4, &answered);
    let before = held(daemon.worker());
    let counted = run(&socket, port, clients, time, &answered);
    until_idle(&socket);
    let after = held(daemon.worker());
    println!(
        "{clients} clients: {warm} requests, then {counted}; memory {} -> {} KiB, descriptors {} -> {}",
        before.0, after.0, before.1, after.1
    );
    assert!(after.0 <= before.0 + GROWTH, "memory grew from {} to {} KiB", before.0, after.0);
    assert!(after.1 <= before.1 + 2, "descriptors: {} before, {} after", before.1, after.1);
    assert!(counted > clients, "{counted} answers for {clients} clients");
}

/// Lets the clients work for a while; says how many requests were answered.
fn run(socket: &Path, port: u16, clients: u64, time: Duration, answered: &AtomicU64) -> u64 {
    let (begun, before) = (Instant::now(), answered.load(Ordering::Relaxed));
    let goes_on = || begun.elapsed() < time;
    thread::scope(|scope| {
        for number in 0..clients {
            let work = move || match number % 8 {
                0 => pipeline(socket),
                1 => post(port),
                2 => old_frames(socket),
                3 => leave_in_the_middle(socket),
                4 => picture(socket),
                5 => garbage(socket),
                _ => edits(socket, number),
            };
            scope.spawn(move || {
                while goes_on() {
                    answered.fetch_add(work(), Ordering::Relaxed);
                }
            });
        }
    });
    answered.load(Ordering::Relaxed) - before
}

fn edits(socket: &Path, number: u64) -> u64 {
    let mut client = Client::connect(socket);
    for x in 0..20 {
        let at = json!([x, number, 0, 255, number % 256, 0]);
        assert_eq!(client.result("add_voxel", at)["success"], true);
    }
    let color = client.result("get_voxel", json!([19, number, 0]))["color"].clone();
    assert_eq!(color, json!([255, number % 256, 0, 255]));
    21
}

fn pipeline(socket: &Path) -> u64 {
    let mut client = Client::connect(socket);
    let request = |id: u64| json!({"jsonrpc": "2.0", "id": id, "method": "ping"}).to_string();
    client.send((0..100).map(request).collect::<String>());
    client.finish_sending();
    (0..100).for_each(|id| assert_eq!(client.receive()["id"], id));
    assert_eq!(client.receive_line(), None);
    100
}

fn post(port: u16) -> u64 {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the daemon answers");
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"get_status"}"#;
    let head = format!(
        "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).expect("the daemon answers");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("the daemon answers");
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("\"running\""), "{said}");
    1
}

fn old_frames(socket: &Path) -> u64 {
    let mut stream = UnixStream::connect(socket).expect("the daemon answers");
    let text = r#"{"jsonrpc":"2.0","id":9,"method":"list_layers"}"#;
    for id in 0..10u32 {
        let words = [id, 0, text.len() as u32, 0].map(u32::to_be_bytes);
        stream
            .write_all(&[words.as_flattened(), text.as_bytes()].concat())
            .expect("the daemon answers");
        let mut header = [0; 16];
        stream.read_exact(&mut header).expect("the daemon answers");
        assert_eq!(header[..4], id.to_be_bytes());
        let length = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let mut reply = vec![0; length as usize];
        stream.read_exact(&mut reply).expect("the daemon answers");
        let reply: Value = serde_json::from_slice(&reply).expect("the daemon answers");
        assert_eq!(reply["id"], 9);
    }
    10
}

fn picture(socket: &Path) -> u64 {
    let params = json!({"width": 64, "height": 64, "return_mode": "base64"});
    let result = Client::connect(socket).result("render_scene", params);
    assert_eq!(result["success"], true);
    1
}

/// Nobody owes these an answer.
fn leave_in_the_middle(socket: &Path) -> u64 {
    for part in [&b"{\"jsonrpc\":\"2.0\",\"id\":1,\"meth"[..], b"POST /rpc HTTP/1.1\r\nHo", &[0; 9]]
    {
        UnixStream::connect(socket)
            .expect("the daemon answers")
            .write_all(part)
            .expect("the daemon answers");
    }
    0
}

fn garbage(socket: &Path) -> u64 {
    let mut client = Client::connect(socket);
    client.send(format!("{}\n", "}{ ~ ".repeat(2_000)));
    assert_eq!(client.receive()["error"]["code"], -32700);
    0
}

/// Waits until only the one who asks is connected.
fn until_idle(socket: &Path) {
    let mut client = Client::connect(socket);
    while client.result("status", json!([]))["active_connections"] != 1 {
        thread::yield_now();
    }
}

/// Resident memory in KiB, and open descriptors.
fn held(pid: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the daemon answers");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the daemon answers");
    let memory = line.trim().trim_end_matches(" kB").parse().expect("the daemon answers");
    (memory, fs::read_dir(format!("/proc/{pid}/fd")).expect("the daemon answers").count())
}

#[test]
fn a_flood_of_garbage_is_neither_kept_nor_waited_for() {
    let bytes = setting("GOXEL_GARBAGE_MIB", 48) << 20;
    let mut daemon = Daemon::start(&[]);
    let before = held(daemon.worker()).0;
    let mut flood = UnixStream::connect(daemon.socket()).expect("the daemon answers");
    let mut answers = flood.try_clone().expect("a socket can be shared");
    thread::scope(|scope| {
        // Its errors are read, or it would be paused.
        let reader = scope.spawn(move || {
            let (mut buffer, mut count) = (vec![0; 1 << 16], 0);
            while let Ok(read @ 1..) = answers.read(&mut buffer) {
                count += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
            }
            count
        });
        // Brackets that never close, text that is none, and lines of it.
        let parts: [Vec<u8>; 3] =
            [vec![b'['; 1 << 16], vec![0xFF; 1 << 16], b"}]\n".repeat(1 << 14)];
        let mut client = daemon.client();
        for number in 0..bytes >> 16 {
            flood.write_all(&parts[number as usize % 3]).expect("the daemon takes bytes");
            if number % 16 == 0 {
                client.result("ping", json!([]));
            }
        }
        flood.shutdown(std::net::Shutdown::Write).expect("the connection is open");
        assert!(reader.join().expect("it only reads") > 0);
    });
    let after = held(daemon.worker()).0;
    assert!(after <= before + GROWTH, "memory grew from {before} to {after} KiB");
}

#[test]
fn one_connection_may_ask_for_ever() {
    let count = setting("GOXEL_REQUESTS", 60_000);
    let mut daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.result("create_project", json!(["one"]));
    let before = held(daemon.worker()).0;
    let mut stream = client.stream().try_clone().expect("a socket can be shared");
    thread::scope(|scope| {
        scope.spawn(move || {
            for id in 0..count {
                let (x, y) = (id % 64, id / 64 % 64);
                let request = format!(
                    "{{\"jsonrpc\":\"2.0\",\"method\":\"add_voxel\",\"params\":[{x},{y},0],\"id\":{id}}}"
                );
                stream.write_all(request.as_bytes()).expect("the daemon takes bytes");
            }
        });
        (0..count).for_each(|id| assert_eq!(client.receive()["id"], id));
    });
    let after = held(daemon.worker()).0;
    assert!(after <= before + GROWTH, "memory grew from {before} to {after} KiB");
}
