//! One port, every protocol: told apart by their first bytes, on Unix sockets and TCP, and none in
//! another's way.

use goxel_support::{Client, Daemon};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the daemon answers");
    socket.local_addr().expect("the daemon answers").port()
}

/// A daemon that listens on a TCP port too, and that port.
fn on_tcp(args: &[&str]) -> (Daemon, u16) {
    let port = free_port();
    let option = format!("--tcp=127.0.0.1:{port}");
    (Daemon::start(&[args, &[&option]].concat()), port)
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the daemon answers");
    stream.set_read_timeout(Some(PATIENCE)).expect("the daemon answers");
    stream
}

/// Everything until the other end closes.
fn rest(mut stream: impl Read) -> String {
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&said)),
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn http(port: u16, request: &str) -> String {
    let mut stream = connect(port);
    stream.write_all(request.as_bytes()).expect("the daemon answers");
    rest(stream)
}

fn get(port: u16, path: &str) -> String {
    http(
        port,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"),
    )
}

fn post(port: u16, body: &str) -> String {
    let length = body.len();
    http(
        port,
        &format!(
            "POST /rpc HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ),
    )
}

/// A message behind the old header.
fn framed(id: u32, text: &str) -> Vec<u8> {
    let words = [id, 0, text.len() as u32, 7];
    let header = words.iter().flat_map(|word| word.to_be_bytes());
    header.chain(text.bytes()).collect()
}

fn read_framed(stream: &mut impl Read) -> (u32, Value) {
    let mut header = [0; 16];
    stream.read_exact(&mut header).expect("the daemon answers");
    let word =
        |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().expect("the daemon answers"));
    assert_eq!((word(4), word(12)), (0, 7));
    let mut text = vec![0; word(8) as usize];
    stream.read_exact(&mut text).expect("the daemon answers");
    (word(0), serde_json::from_slice(&text).expect("the daemon answers"))
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[test]
fn health_is_shown_to_a_browser_of_this_machine_only() {
    let (_daemon, port) = on_tcp(&[]);
    let page = get(port, "/health");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    let body: Value = serde_json::from_str(page.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((&body["status"], &body["worker_pool_healthy"]), (&json!("healthy"), &json!(true)));
    assert!(get(port, "/readyz").contains(r#""status":"ready""#));
    assert!(get(port, "/livez").starts_with("HTTP/1.1 200"));
    assert!(get(port, "/metrics").contains("\ngoxel_connections_active 1\n"));
    assert!(get(port, "/other").starts_with("HTTP/1.1 404"));
    let foreign =
        http(port, "GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert!(foreign.starts_with("HTTP/1.1 4"), "{foreign}");
    let page = http(
        port,
        &format!(
            "GET /health HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n"
        ),
    );
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
}

#[test]
fn requests_can_be_posted() {
    let (_daemon, port) = on_tcp(&[]);
    let reply = post(port, PING);
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains(r#""pong":true"#), "{reply}");
    let batch = post(port, &format!("[{PING},{PING}]"));
    assert_eq!(batch.matches("pong").count(), 2, "{batch}");
    assert!(post(port, r#"{"jsonrpc":"2.0","method":"ping"}"#).starts_with("HTTP/1.1 204"));
    assert!(post(port, "{").contains("-32700"));
    // What a form on some page can send is not taken.
    let form = http(
        port,
        &format!(
            "POST /rpc HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: text/plain\r\nContent-Length: 40\r\n\r\n{PING}"
        ),
    );
    assert!(form.starts_with("HTTP/1.1 415"), "{form}");
}

#[test]
fn the_old_framing_is_spoken() {
    let daemon = Daemon::start(&[]);
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let large =
        json!({"jsonrpc": "2.0", "id": 2, "method": "echo", "params": ["x".repeat(200_000)]});
    // A message without text gets no answer; the next ones do, however they arrive.
    let mut bytes = framed(5, "");
    bytes.extend(framed(7, PING));
    bytes.extend(framed(8, &large.to_string()));
    for part in bytes.chunks(1000) {
        stream.write_all(part).unwrap();
    }
    let (id, reply) = read_framed(&mut stream);
    assert_eq!((id, &reply["result"]["pong"]), (7, &json!(true)));
    let (id, reply) = read_framed(&mut stream);
    assert_eq!((id, reply["result"][0].as_str().unwrap().len()), (8, 200_000));
    stream.write_all(&framed(9, "no JSON")).unwrap();
    let (id, reply) = read_framed(&mut stream);
    assert_eq!((id, &reply["error"]["code"]), (9, &json!(-32700)));
    stream.write_all(&[0, 0, 0, 1, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]).unwrap();
    assert!(rest(stream).contains("too large"));
}

#[test]
fn tools_are_answered_in_their_own_form_among_other_requests() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.send(r#"{"tool":"goxel_create_project","arguments":{"name":"t"}}"#);
    assert_eq!(client.receive()["success"], true);
    assert_eq!(client.result("get_status", json!([]))["project"], "t");
    client.send(r#"{"tool":"goxel_nothing","id":"a"}"#);
    let reply = client.receive();
    assert_eq!((&reply["success"], &reply["id"]), (&json!(false), &json!("a")));
    assert_eq!(reply["error"]["code"], -32601);
}

#[test]
fn with_protocol_jsonrpc_nothing_else_is_spoken() {
    let (_daemon, port) = on_tcp(&["--protocol", "jsonrpc"]);
    let mut stream = connect(port);
    stream.write_all(b"GET /health HTTP/1.1\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let said = rest(stream);
    assert!(said.starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700"#), "{said}");
}

#[test]
fn all_protocols_at_once_are_each_answered() {
    let (daemon, port) = on_tcp(&[]);
    let socket = daemon.socket();
    let run = |work: &(dyn Fn() + Sync)| {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| work()));
            }
        });
    };
    thread::scope(|scope| {
        scope.spawn(|| run(&|| assert!(get(port, "/health").contains("healthy"))));
        scope.spawn(|| run(&|| assert!(post(port, PING).contains("pong"))));
        scope.spawn(|| {
            run(&|| {
                let mut stream = connect(port);
                stream.write_all(&framed(3, PING)).unwrap();
                assert_eq!(read_framed(&mut stream).0, 3);
            });
        });
        scope.spawn(|| {
            run(&|| assert_eq!(Client::connect(socket).result("ping", json!([]))["pong"], true));
        });
    });
}

#[test]
fn a_port_that_is_taken_is_told_with_who_has_it() {
    let (mut first, port) = on_tcp(&[]);
    let holder = first.worker().min(first.pid());
    let dir = goxel_support::temp_dir();
    let output = std::process::Command::new(goxel_support::daemon_program())
        .arg(format!("--tcp=127.0.0.1:{port}"))
        .arg("-s")
        .arg(dir.path().join("s"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let start =
        format!("port {port} is taken by goxel-daemon (PID: {holder}); set daemon.tcp_port");
    assert!(said.contains(&start), "{said}");
    assert_eq!(output.status.code(), Some(1));
    assert!(!dir.path().join("s").exists());
}

#[test]
fn other_machines_are_let_in_with_a_token_only() {
    let dir = goxel_support::temp_dir();
    let port = free_port();
    let every = format!("--tcp=0.0.0.0:{port}");
    let output = std::process::Command::new(goxel_support::daemon_program())
        .arg(&every)
        .arg("-s")
        .arg(dir.path().join("s"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("set security.auth_token"), "{said}");
    let config = dir.path().join("conf");
    std::fs::write(&config, r#"{"security": {"auth_token": "open sesame"}}"#).unwrap();
    let daemon = Daemon::start(&["-c", config.to_str().unwrap(), &every]);
    // On the Unix socket nobody asks for it.
    assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
    let mut stream = connect(port);
    let tries = [
        (PING, "Authentication required"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"authenticate","params":{"token":"no"}}"#,
            "Authentication required",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"authenticate","params":{"token":"open sesame"}}"#,
            "success",
        ),
        (PING, "pong"),
    ];
    for (request, expected) in tries {
        stream.write_all(request.as_bytes()).unwrap();
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            line.extend(byte);
        }
        let line = String::from_utf8(line).unwrap();
        assert!(line.contains(expected), "{request}: {line}");
    }
    assert!(get(port, "/health").contains("healthy"));
    assert!(get(port, "/metrics").starts_with("HTTP/1.1 401"));
    let bearer = http(
        port,
        &format!(
            "GET /metrics HTTP/1.1\r\nHost: localhost:{port}\r\nAuthorization: Bearer open sesame\r\nConnection: close\r\n\r\n"
        ),
    );
    assert!(bearer.starts_with("HTTP/1.1 200"), "{bearer}");
}

/// Waits for the end of a connection that goes on sending a byte now and then.
fn ends_while_sending(stream: &mut TcpStream, bytes: &[u8], mut meanwhile: impl FnMut()) -> bool {
    let begun = Instant::now();
    stream.set_nonblocking(true).expect("the daemon answers");
    while begun.elapsed() < PATIENCE {
        meanwhile();
        let _ = stream.write(bytes);
        match stream.read(&mut [0; 100]) {
            Ok(0) => return true,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return true,
            _ => {}
        }
    }
    false
}

#[test]
fn who_asks_for_nothing_for_too_long_is_let_go_and_others_are_not() {
    let (daemon, port) = on_tcp(&["--idle-timeout", "1"]);
    let (begun, mut busy) = (Instant::now(), daemon.client());
    // Blanks are no request.
    let gone = ends_while_sending(&mut connect(port), b" ", || _ = busy.result("ping", json!([])));
    assert!(gone && begun.elapsed() >= Duration::from_secs(1));
    busy.result("ping", json!([]));
}

#[test]
fn a_message_that_never_ends_is_not_waited_for() {
    let dir = goxel_support::temp_dir();
    let config = dir.path().join("conf");
    std::fs::write(&config, r#"{"daemon": {"timeout_ms": 200}}"#).unwrap();
    let (daemon, port) = on_tcp(&["-c", config.to_str().unwrap()]);
    let mut quiet = daemon.client();
    quiet.result("ping", json!([]));
    for begun in [&b"{"[..], b"POST /rpc HTTP/1.1\r\n", &[0; 3]] {
        let mut stream = connect(port);
        stream.write_all(begun).unwrap();
        // As slowly as it can without being silent.
        let mut sent = 0;
        let gone = ends_while_sending(&mut stream, b"", || sent += 1);
        assert!(gone, "{begun:?}");
    }
    quiet.result("ping", json!([]));
}

#[test]
fn each_project_has_its_own_line_of_edits() {
    let daemon = Daemon::start(&[]);
    let mut one = daemon.client();
    let mut two = daemon.client();
    one.result("create_project", json!({"project_id": "one"}));
    two.result("create_project", json!({"project_id": "two"}));
    let slow = json!({"project_id": "one", "shape": "sphere", "size": 300});
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "procedural_shape", "params": slow});
    one.send(request.to_string());
    for x in 0..50 {
        two.result("add_voxel", json!({"project_id": "two", "x": x}));
    }
    assert_eq!(one.receive()["result"]["success"], true);
    let projects = two.result("list_projects", json!([]));
    assert_eq!(projects["count"], 2);
    let count = |id: &str, client: &mut Client| {
        client.result("get_project_info", json!({"project_id": id}))["total_voxels"].as_u64()
    };
    assert_eq!(count("two", &mut one), Some(50));
    assert!(count("one", &mut two) > Some(1_000_000));
}

#[test]
fn who_watches_a_project_is_told_of_changes_by_others() {
    let daemon = Daemon::start(&[]);
    let (mut editor, mut watcher) = (daemon.client(), daemon.client());
    editor.result("create_project", json!(["watched"]));
    watcher.result("subscribe", json!([]));
    editor.result("add_voxel", json!([40, 1, 1]));
    let told = watcher.receive();
    assert_eq!(told["method"], "goxel.project_changed");
    assert_eq!(told["params"]["changed"]["min"], json!([32, 0, 0]));
    assert_eq!(
        (&told["params"]["method"], &told["params"]["author"]),
        (&json!("goxel.add_voxel"), &json!(0))
    );
    editor.result("set_author", json!([77]));
    editor.result("remove_voxel", json!([40, 1, 1]));
    let told = &watcher.receive()["params"];
    assert_eq!((&told["method"], &told["author"]), (&json!("goxel.remove_voxel"), &json!(77)));
    for x in 0..2000 {
        editor.result("add_voxel", json!([x, 0, 0]));
    }
    let last = editor.result("get_project_info", json!([]))["revision"].as_u64();
    watcher.send(PING);
    let (mut notices, mut replies) = (Vec::new(), 0);
    // What it could not be sent while it did not read has become one notice.
    while replies == 0 || notices.last() != Some(&last) {
        let line = watcher.receive();
        if line["id"] == 1 {
            replies += 1;
        } else {
            notices.push(line["params"]["revision"].as_u64());
        }
    }
    assert!(notices.len() < 2000 && notices.is_sorted(), "{}", notices.len());
    watcher.result("unsubscribe", json!([]));
    editor.result("add_voxel", json!([1, 1, 1]));
    watcher.result("ping", json!([]));
}

#[test]
fn nobody_is_kept_waiting_by_slow_and_silent_peers() {
    let (daemon, port) = on_tcp(&[]);
    let silent: Vec<_> = (0..50).map(|_| connect(port)).collect();
    let mut slow: Vec<_> = (0..50).map(|_| connect(port)).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        let begun: &[u8] = match number % 3 {
            0 => b"{\"jsonrpc\":",
            1 => b"POST /rpc HTTP/1.1\r\nHost: ",
            _ => &[0, 0, 0, 1, 0],
        };
        stream.write_all(begun).unwrap();
    }
    // One that asks for much and reads nothing.
    let mut greedy = UnixStream::connect(daemon.socket()).unwrap();
    greedy.set_nonblocking(true).unwrap();
    let much = json!({"jsonrpc": "2.0", "id": 1, "method": "echo", "params": ["y".repeat(60_000)]});
    let much = much.to_string();
    while greedy.write(much.as_bytes()).is_ok() {}
    let mut client = daemon.client();
    for _ in 0..200 {
        client.result("ping", json!([]));
    }
    assert!(get(port, "/health").contains("healthy"));
    drop((silent, slow, greedy));
}

/// A daemon with that configuration.
fn configured(text: &str) -> (Daemon, goxel_support::TempDir) {
    let dir = goxel_support::temp_dir();
    let config = dir.path().join("conf");
    std::fs::write(&config, text).expect("a temporary file can be written");
    (Daemon::start(&["-c", config.to_str().expect("temporary paths are UTF-8")]), dir)
}

#[test]
fn who_asks_too_fast_is_told_so() {
    let rates = r#"{"security": {"rate_limiting":
        {"enabled": true, "requests_per_second": 1, "burst_size": 20}}}"#;
    let (daemon, _dir) = configured(rates);
    let mut client = daemon.client();
    client.send(PING.repeat(60));
    let replies: Vec<_> = (0..60).map(|_| client.receive()).collect();
    let answered = replies.iter().filter(|it| it["result"]["pong"] == true).count();
    assert!((20..60).contains(&answered), "{answered}");
    let refused = &replies[59];
    assert_eq!(refused["error"]["data"]["reason"], "rate_limited", "{refused}");
    assert_eq!(refused["id"], 1);
    // Others are not held to account for it.
    daemon.client().result("ping", json!([]));
}

/// Adds a voxel in each of 2000 bricks; says how many were added before the first was refused, and
/// the last reply.
fn fill_up(client: &mut Client) -> (usize, Value) {
    let add = |i: usize| {
        let params = json!([i % 64 * 16, i / 64 * 16, 0, i % 256, 1, 1]);
        json!({"jsonrpc": "2.0", "id": i, "method": "add_voxel", "params": params}).to_string()
    };
    let messages: Vec<String> = (0..2000).map(add).collect();
    client.send(messages.join("\n") + "\n");
    let replies: Vec<_> = (0..2000).map(|_| client.receive()).collect();
    assert!(replies.iter().enumerate().all(|(i, reply)| reply["id"] == i));
    let added = replies.iter().take_while(|reply| reply["result"]["success"] == true).count();
    (added, replies[1999].clone())
}

#[test]
fn a_project_holds_so_much_memory_and_no_more() {
    let (daemon, _dir) = configured(
        r#"{"server": {"max_project_memory_mb": 1, "max_projects_memory_mb": "1536K"}}"#,
    );
    let (mut editor, mut reader) = (daemon.client(), daemon.client());
    editor.result("create_project", json!(["full"]));
    let (added, refused) = fill_up(&mut editor);
    assert!((500..1900).contains(&added), "{added}");
    assert_eq!(refused["error"]["code"], -1004, "{refused}");
    assert_eq!(refused["error"]["data"]["reason"], "limit_exceeded", "{refused}");
    assert_eq!(refused["error"]["data"]["max_bytes"], 1 << 20, "{refused}");
    assert_eq!(reader.result("get_voxel", json!([0, 0, 0]))["exists"], true);
    let memory = reader.result("get_project_info", json!([]))["memory_usage"]["total_mb"].as_f64();
    assert!(memory.is_some_and(|memory| memory > 0.5 && memory <= 1.0), "{memory:?}");
    // Two of them fill the daemon, and closing one makes room.
    reader.result("create_project", json!({"project_scope": "connection"}));
    fill_up(&mut reader);
    let third = json!({"project_id": "third"});
    let refused = editor.call("create_project", third.clone());
    let detail = refused["error"]["data"]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("server.max_projects_memory_mb"), "{refused}");
    reader.result("close_project", json!([]));
    editor.result("create_project", third);
    editor.result("clear_voxels", json!([]));
    assert!(fill_up(&mut editor).0 > added / 2);
}

#[test]
fn a_user_has_so_many_connections_and_no_more() {
    let (daemon, _dir) = configured(r#"{"server": {"max_connections_per_user": 2}}"#);
    let mut held: Vec<_> = (0..2).map(|_| daemon.client()).collect();
    held.iter_mut().for_each(|client| _ = client.result("ping", json!([])));
    let line = daemon.client().receive_line().expect("it is told why");
    assert!(line.contains("too many connections"), "{line}");
    drop(held.pop());
    // The daemon sees them leave in its own time.
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let mut next = daemon.client();
        next.send(PING);
        if next.receive_line().is_some_and(|line| line.contains("pong")) {
            return;
        }
    }
    panic!("nobody is let in again");
}

#[test]
fn a_reply_that_is_too_long_is_an_error() {
    let (daemon, _dir) = configured(r#"{"security": {"max_response_size_mb": 1}}"#);
    let mut client = daemon.client();
    let echo = |count: usize| json!(["x".repeat(count)]);
    assert!(client.call("echo", echo(1_000_000)).get("result").is_some());
    let reply = client.call("echo", echo(1_100_000));
    assert_eq!(reply["error"]["data"]["reason"], "limit_exceeded", "{}", reply["error"]);
}
