//! The daemon on the wire: however bytes arrive, and whatever they say, replies come in order and
//! the connection stays usable.

use goxel_support::{Client, Daemon};
use serde_json::{Value, json};
use std::thread;

fn ping(id: impl Into<Value>) -> String {
    json!({"jsonrpc": "2.0", "method": "ping", "id": id.into()}).to_string()
}

/// What the replies say, one word each: `id:pong`, `id:echo`, or `id:code`.
fn words(reply: &Value) -> String {
    if let Some(parts) = reply.as_array() {
        return format!("[{}]", parts.iter().map(words).collect::<Vec<_>>().join(" "));
    }
    let id = &reply["id"];
    match (&reply["error"]["code"], &reply["result"]["pong"]) {
        (Value::Null, Value::Bool(true)) => format!("{id}:pong"),
        (Value::Null, _) => format!("{id}:result"),
        (code, _) => format!("{id}:{code}"),
    }
}

/// Sends `input`, then a ping with id "end", and compares all replies up to that one.
#[track_caller]
fn check(input: &str, expected: &str) {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.send(input);
    client.send(ping("end"));
    let mut said = String::new();
    loop {
        let word = words(&client.receive());
        if word == "\"end\":pong" {
            break;
        }
        said.push_str(&word);
        said.push(' ');
    }
    assert_eq!(said.trim_end(), expected, "for {input}");
}

#[test]
fn bytes_may_arrive_one_at_a_time() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    let text = r#" {"jsonrpc":"2.0","id":7,"method":"echo","params":{"s":"}\"\\ü["}}"#;
    for byte in text.bytes() {
        client.send([byte]);
    }
    assert_eq!(client.receive()["result"], json!({"s": "}\"\\ü["}));
}

#[test]
fn a_thousand_requests_in_one_go_are_answered_in_order() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.send((0..1000).map(ping).collect::<String>());
    for id in 0..1000 {
        assert_eq!(client.receive()["id"], id);
    }
}

#[test]
fn a_large_request_keeps_its_place_among_small_ones() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    let large = "x".repeat(300_000);
    let echo = json!({"jsonrpc": "2.0", "id": 2, "method": "echo", "params": [large]});
    client.send(format!("{}{echo}{}", ping(1), ping(3)));
    assert_eq!(client.receive()["id"], 1);
    assert_eq!(client.receive()["result"][0].as_str().map(str::len), Some(300_000));
    assert_eq!(client.receive()["id"], 3);
}

#[test]
fn a_batch_is_answered_as_one_and_notifications_not_at_all() {
    let note = r#"{"jsonrpc":"2.0","method":"ping"}"#;
    check(note, "");
    check(&format!("[{},{note},{}]", ping(1), ping(2)), "[1:pong 2:pong]");
    check(&format!("[{note},{note}]"), "");
    check(&format!("[{},5]", ping(1)), "[1:pong null:-32600]");
    check("[]", "null:-32600");
}

#[test]
fn what_is_no_request_is_answered_and_forgotten() {
    check("{\"jsonrpc\"\n", "null:-32700");
    check("hello\n", "null:-32700");
    check("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":}", "null:-32700");
    check(r#"{"id":1,"method":"ping"}"#, "1:-32600");
    check(r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "null:-32600");
    check(r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":3}"#, "1:-32600");
    check(r#"{"jsonrpc":"2.0","id":1,"method":"rpc.nothing"}"#, "1:-32601");
    check(&format!("{}\n", "[".repeat(100_000)), "null:-32700");
}

#[test]
fn an_oversized_request_is_refused_and_the_next_one_answered() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    let head = r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":[""#;
    client.send(format!("{head}{}\"]}}\n", "x".repeat(17 << 20)));
    let reply = client.receive();
    assert_eq!(reply["error"]["code"], -32700);
    assert_eq!(reply["error"]["message"], "Parse error: JSON message too large");
    assert_eq!(client.result("ping", json!([]))["pong"], true);
}

#[test]
fn after_a_half_close_pending_replies_still_come() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    let large =
        json!({"jsonrpc": "2.0", "id": 2, "method": "echo", "params": ["x".repeat(200_000)]});
    client.send(format!("{}{large}{}", ping(1), ping(3)));
    client.finish_sending();
    for id in 1..=3 {
        assert_eq!(client.receive()["id"], id);
    }
    assert_eq!(client.receive_line(), None);
}

#[test]
fn a_message_cut_off_by_a_half_close_is_a_parse_error() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.send(r#"{"jsonrpc":"2.0","#);
    client.finish_sending();
    assert_eq!(words(&client.receive()), "null:-32700");
    assert_eq!(client.receive_line(), None);
}

#[test]
fn three_hundred_clients_one_after_another_are_served() {
    let daemon = Daemon::start(&[]);
    for _ in 0..300 {
        assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
    }
}

#[test]
fn a_client_too_many_is_told_so_and_let_in_when_another_leaves() {
    let daemon = Daemon::start(&["--max-connections", "2"]);
    let (mut first, mut second) = (daemon.client(), daemon.client());
    for client in [&mut first, &mut second] {
        client.result("ping", json!([]));
    }
    let mut third = daemon.client();
    let told = third.receive();
    assert_eq!(told["error"]["message"], "Server overloaded - too many connections");
    assert_eq!(told["error"]["data"]["max_connections"], 2);
    assert_eq!(third.receive_line(), None);
    drop(first);
    assert_eq!(daemon.client().result("ping", json!([]))["pong"], true);
    assert_eq!(second.result("ping", json!([]))["pong"], true);
}

/// Pings until only this client is left; a vanished one is noticed within a few turns.
fn wait_to_be_alone(client: &mut Client) {
    let alone = |client: &mut Client| client.result("status", json!([]))["active_connections"] == 1;
    assert!((0..10_000).any(|_| alone(client)), "a vanished client stays connected");
}

#[test]
fn a_client_that_vanishes_in_the_middle_of_a_request_is_forgotten() {
    let daemon = Daemon::start(&[]);
    let mut other = daemon.client();
    let large =
        json!({"jsonrpc": "2.0", "id": 1, "method": "echo", "params": ["x".repeat(1 << 20)]});
    for text in [r#"{"jsonrpc":"2.0","#.to_owned(), large.to_string(), ping(1).repeat(1000)] {
        let client = daemon.client();
        client.send(text);
        drop(client);
    }
    wait_to_be_alone(&mut other);
}

#[test]
fn a_client_that_never_reads_holds_up_nobody_and_little_memory() {
    let daemon = Daemon::start(&[]);
    let mut slow = daemon.client();
    let sender = slow.stream().try_clone().expect("a socket can be shared");
    let writer = thread::spawn(move || {
        use std::io::Write;
        let params = "x".repeat(1 << 19);
        for id in 0..200 {
            let echo = json!({"jsonrpc": "2.0", "id": id, "method": "echo", "params": [params]});
            (&sender).write_all(echo.to_string().as_bytes()).expect("the daemon takes bytes");
        }
    });
    let mut other = daemon.client();
    for _ in 0..2000 {
        let status = other.result("status", json!([]));
        let memory = status["memory_allocated"].as_u64().expect("a number of bytes");
        assert!(memory < 64 << 20, "a slow reader costs {memory} bytes");
    }
    for id in 0..200 {
        assert_eq!(slow.receive()["id"], id);
    }
    writer.join().expect("everything was taken");
}
