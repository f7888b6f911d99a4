//! The daemon over its socket: one `add_voxel` there and back, and many at once.

use goxel_bench::{report, title};
use goxel_support::{Client, Daemon};
use serde_json::json;
use std::fmt::Write;

const MANY: u64 = 2_000;

fn main() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.result("create_project", json!({"name": "bench"}));
    title("one client, one request at a time");
    report("ping, 2,000 round trips", 5, MANY, || round_trips(&mut client, "ping"));
    report("add_voxel, 2,000 round trips", 5, MANY, || round_trips(&mut client, "add_voxel"));
    title("one client, 2,000 requests in one write");
    report("ping, pipelined", 5, MANY, || pipelined(&mut client, "ping"));
    report("add_voxel, pipelined", 5, MANY, || pipelined(&mut client, "add_voxel"));
    title("one request, many voxels");
    let voxels: Vec<_> = (0..10_000).map(|i| [i % 100, i / 100, 0, 255, 0, 0, 255]).collect();
    let params = json!({"voxels": voxels});
    report("add_voxels, 10,000 a request", 9, 10_000, || {
        let added = client.result("add_voxels", params.clone());
        assert_eq!(added["added"], 10_000);
    });
}

fn round_trips(client: &mut Client, method: &str) {
    for i in 0..MANY {
        let reply = client.call(method, params(i));
        assert!(reply.get("result").is_some(), "{reply}");
    }
}

fn pipelined(client: &mut Client, method: &str) {
    let mut requests = String::new();
    for i in 0..MANY {
        let request = json!({"jsonrpc": "2.0", "method": method, "params": params(i), "id": i});
        writeln!(requests, "{request}").expect("a string takes more");
    }
    client.send(&requests);
    for i in 0..MANY {
        let reply = client.receive();
        assert!(reply["id"] == i && reply.get("result").is_some(), "{reply}");
    }
}

fn params(i: u64) -> serde_json::Value {
    json!([i % 200, i / 200, 5, 255, 128, 0, 255])
}
