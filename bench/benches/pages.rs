//! HTTP: what a page costs, beside nginx with the same body under the same loader.
//!
//! Every response has to say 200 and be as long as it says; the daemon counts as many requests.

use goxel_bench::is_wanted;
use goxel_bench::load::{Load, Place, Replies, row, title};
use goxel_support::{Daemon, Signal, TempDir, temp_dir};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use std::fs;
use std::io::{Read, Write};
use std::iter;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
const METRICS: &str = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn main() {
    let port = free_port();
    let _daemon = Daemon::start(&[&format!("--tcp=127.0.0.1:{port}")]);
    let nginx = Nginx::start(&body_of(port, HEALTH));
    title("HTTP over TCP beside nginx, requests/s");
    for clients in [1, 16] {
        let peer = nginx.as_ref().map(|nginx| nginx.port);
        compare(&format!("GET /health, {clients} clients"), clients, HEALTH, port, peer);
        compare(&format!("GET /metrics, {clients} clients"), clients, METRICS, port, None);
        compare(&format!("POST /rpc ping, {clients} clients"), clients, &ping(), port, None);
    }
    if nginx.is_none() {
        println!("nginx is not installed: no peer");
    }
}

fn compare(name: &str, clients: usize, request: &str, ours: u16, peer: Option<u16>) {
    if !is_wanted(name) {
        return;
    }
    let before = served(ours);
    let request = |_| request.as_bytes().to_vec();
    let load = |port| Load::new(Place::Tcp(port), [clients, 1], Replies::Pages, &request);
    let mut loads: Vec<_> = iter::once(ours).chain(peer).map(load).collect();
    row(name, &mut loads);
    // Looking is a request too.
    assert_eq!(served(ours), before + loads[0].answered() + 1, "{name}");
}

fn ping() -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let length = body.len();
    format!(
        "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// How many HTTP requests the daemon has answered.
fn served(port: u16) -> u64 {
    let page = body_of(port, METRICS);
    let mut lines = page.lines();
    let count =
        lines.find_map(|line| line.strip_prefix("goxel_requests_total{protocol=\"http\"} "));
    count.and_then(|count| count.parse().ok()).expect("it is among the metrics")
}

/// What one request on a connection of its own is answered, without the head.
fn body_of(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server listens");
    let request = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the server takes it");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("the server answers");
    assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
    said.split_once("\r\n\r\n").expect("a head ends").1.to_owned()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback is there");
    socket.local_addr().expect("it is bound").port()
}

/// The peer, in a folder of its own.
struct Nginx {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Nginx {
    /// Answers `/health` with `body`.
    fn start(body: &str) -> Option<Nginx> {
        let program = goxel_support::tool("nginx")?;
        let (dir, port) = (temp_dir(), free_port());
        let config = dir.path().join("nginx.conf");
        fs::write(&config, config_text(port, body)).expect("the folder is ours");
        let mut command = Command::new(program);
        command.arg("-p").arg(dir.path()).arg("-c").arg(&config).args(["-e", "errors"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let mut nginx = Nginx { child, port, dir };
        nginx.await_ready();
        assert_eq!(body_of(port, HEALTH), body, "both send the same");
        Some(nginx)
    }

    fn await_ready(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = self.child.try_wait().expect("it is a child of this process");
            let log = self.dir.path().join("errors");
            let late = begun.elapsed() > Duration::from_secs(20);
            assert!(ended.is_none() && !late, "{}", fs::read_to_string(log).unwrap_or_default());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Nothing but what makes it answer: one worker, no log, connections that stay.
fn config_text(port: u16, body: &str) -> String {
    assert!(!body.contains(['\'', '$', '\\']), "nginx would read more into it: {body}");
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let paths: String = paths.map(|name| format!("{name}_temp_path {name};\n")).concat();
    format!(
        "daemon off;\nworker_processes 1;\npid pid;\nerror_log errors;\nevents {{}}\n\
         http {{\naccess_log off;\nkeepalive_requests 1000000000;\n{paths}\
         server {{\nlisten 127.0.0.1:{port};\n\
         location = /health {{ default_type application/json; return 200 '{body}'; }}\n}}\n}}\n"
    )
}

impl Drop for Nginx {
    /// Asked, not killed: its worker would stay behind.
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.child.wait();
    }
}
