//! What is there when all of the daemon has died, once or again and again, while it came back or
//! while it wrote a checkpoint; and who gets at its state.

use goxel_support::place::{Finally, PATIENT, Place, send, until};
use goxel_support::{Client, Signal, daemon_program, skip};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Three projects with layers, steps taken back, a path; the second one is current.
fn build(place: &Place) {
    let mut client = place.client();
    let path = place.path("kept.gox");
    for (method, params) in [
        ("goxel.create_project", json!({"project_id": "a", "name": "one"})),
        ("goxel.add_voxel", json!({"project_id": "a", "position": [1, 2, 3]})),
        ("goxel.create_project", json!({"name": "everybody's"})),
        ("goxel.procedural_shape", json!({"shape": "cube", "size": 45, "color": [9, 8, 7, 255]})),
        ("goxel.create_layer", json!({"name": "second"})),
        ("goxel.add_voxel", json!({"position": [40, 2, 3], "color": [1, 1, 1, 255]})),
        ("goxel.add_voxel", json!({"position": [41, 2, 3], "color": [2, 1, 1, 255]})),
        ("goxel.undo", json!({})),
        ("goxel.save_project", json!({"path": path})),
        ("goxel.load_project", json!({"project_id": "b", "path": path})),
        ("goxel.set_layer_visibility", json!({"project_id": "b", "layer_id": 2, "visible": false})),
        ("goxel.create_project", json!({"project_id": "gone"})),
        ("goxel.close_project", json!({"project_id": "gone"})),
    ] {
        client.result(method, params);
    }
}

/// All that can be seen of all projects, without changing anything.
fn seen(place: &Place) -> String {
    let mut client = place.client();
    let projects = client.result("goxel.list_projects", json!({}));
    let mut all = vec![projects.clone()];
    for row in projects["projects"].as_array().expect("a list") {
        for method in ["goxel.list_layers", "goxel.get_color_histogram", "goxel.get_layer_voxels"] {
            all.push(
                client.result(method, json!({"project_id": row["project_id"], "layer_id": -2})),
            );
        }
    }
    let here = place.path("").display().to_string();
    Value::from(all).to_string().replace(&here, "")
}

/// Undoes one step of the current project and makes it again, and says what was answered.
fn undo_and_redo(place: &Place) -> Vec<Value> {
    let mut client = place.client();
    ["goxel.undo", "goxel.undo", "goxel.redo"].map(|it| client.call(it, json!({}))).to_vec()
}

#[test]
fn after_the_death_of_all_all_is_there_again_and_again() {
    for fsync in ["always", "interval", "never"] {
        let (mortal, model) = (Place::new(), Place::new());
        mortal.start(&["--fsync", fsync]);
        model.start(&["--no-journal"]);
        [&mortal, &model].into_iter().for_each(build);
        for round in 0..3 {
            mortal.kill_all();
            mortal.start(&["--fsync", fsync]);
            assert_eq!(seen(&mortal), seen(&model), "{fsync}, round {round}");
            // Not in each: two deaths may follow each other.
            if round != 1 {
                assert_eq!(undo_and_redo(&mortal), undo_and_redo(&model), "{fsync} {round}");
            }
        }
        let create = |place: &Place| place.client().result("goxel.create_project", json!({}));
        assert_eq!(create(&mortal)["project_id"], create(&model)["project_id"]);
    }
}

#[test]
fn what_was_kept_outlives_a_stop_too() {
    let place = Place::new();
    place.start(&["--fsync", "never"]);
    build(&place);
    let before = seen(&place);
    assert!(place.run(&["--stop"]).starts_with("0\n"));
    place.start(&[]);
    assert_eq!(seen(&place), before);
}

#[test]
fn a_worker_that_is_killed_while_it_reads_loses_nothing() {
    let place = Place::new();
    let config = place.configure(PATIENT);
    place.start(&["-c", &config]);
    let mut client = place.client();
    for id in ["a", "b", "c"] {
        client.result("goxel.create_project", json!({"project_id": id}));
        for x in 0..40 {
            let (shape, at) = (["sphere", "cone"][x % 2], [x, 2 * x, 0]);
            let params = json!({"project_id": id, "shape": shape, "size": 40, "center": at,
                "color": [x, 3, 3, 255]});
            client.result("goxel.procedural_shape", params);
        }
    }
    let before = seen(&place);
    let mut workers = 1;
    for round in 1..=3 {
        send(place.worker(), Signal::SIGKILL);
        // The next one reads all at once, the one after it one by one: then all are back.
        for _ in 0..2 {
            workers += 1;
            place.await_log("worker started", workers);
            send(place.worker(), Signal::SIGKILL);
        }
        workers += 1;
        place.await_log("serving again", round);
        assert_eq!(seen(&place), before, "{}", place.log());
        let served = place.log().matches("serving again").count();
        assert_eq!((served, place.log().matches("worker started").count()), (round, workers));
    }
    assert!(!place.path("state/reading.json").exists());
}

/// Sends requests to the daemon until it dies, or it is over; says how many were acknowledged.
fn send_until(over: &AtomicBool, place: &Place, requests: impl Iterator<Item = Value>) -> u64 {
    let stream = UnixStream::connect(place.path("socket")).expect("the socket is always there");
    let mut reader = BufReader::new(stream);
    let mut acknowledged = 0;
    for request in requests.take_while(|_| !over.load(Ordering::Relaxed)) {
        let mut reply = String::new();
        let sent = writeln!(reader.get_mut(), "{request}");
        if sent.and_then(|()| reader.read_line(&mut reply)).is_err() || !reply.ends_with('\n') {
            return acknowledged;
        }
        assert!(reply.contains("\"result\""), "{request}: {reply}");
        acknowledged += 1;
    }
    acknowledged
}

fn request(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

/// A name whose edit is long in the journal and soon made.
fn long_name(number: u64) -> String {
    format!("{number} {}", "long".repeat(15_000))
}

/// Projects that come and go; the journal is soon long enough for a checkpoint, and they are large in
/// it.
fn come_and_go() -> impl Iterator<Item = Value> {
    let project = |id: u64| {
        let named = json!({"project_id": format!("noise {id}")});
        let rename = |number: u64| {
            let params = json!({"project_id": named["project_id"], "layer_id": 1,
                "name": long_name(number)});
            request("goxel.rename_layer", &params)
        };
        let mut story = vec![request("goxel.create_project", &named)];
        story.extend((1..100).map(rename));
        story.push(request("goxel.close_project", &named));
        story
    };
    (0..4).cycle().flat_map(project)
}

#[test]
fn a_worker_that_is_killed_while_it_writes_a_checkpoint_loses_nothing() {
    let place = Place::new();
    let config = place.configure(PATIENT);
    place.start(&["-c", &config]);
    place.client().result("goxel.create_project", json!({"project_id": "count"}));
    let adds = |from: u64| {
        (from..).map(|x| {
            request("goxel.add_voxel", &json!({"project_id": "count", "position": [x, 0, 0]}))
        })
    };
    let (mut counted, mut checkpoints) = (0, 0);
    for round in 0..12 {
        let (worker, over) = (place.worker(), AtomicBool::new(false));
        let acknowledged = std::thread::scope(|scope| {
            scope.spawn(|| send_until(&over, &place, come_and_go()));
            let adding = scope.spawn(|| send_until(&over, &place, adds(counted)));
            // One that has connected too late to see it die would go on.
            let finally = Finally(&over);
            await_checkpoint(&place, round);
            send(worker, Signal::SIGKILL);
            drop(finally);
            adding.join().unwrap()
        });
        place.await_log("serving again", round as usize + 1);
        let mut client = place.client();
        let rows = client.result("goxel.list_projects", json!({}))["projects"].take();
        for row in rows.as_array().unwrap() {
            let (id, revision) = (row["project_id"].as_str().unwrap(), row["revision"].as_u64());
            if id == "count" {
                let (least, revision) = (counted + acknowledged, revision.unwrap());
                assert!((least..=least + 1).contains(&revision), "{least}: {row}");
                assert_eq!(row["voxel_count"], revision);
                counted = revision;
            } else {
                let named = json!({"project_id": id});
                let layers = client.result("goxel.list_layers", named.clone());
                let name = layers["layers"][0]["name"].as_str().unwrap();
                let last = name.split_once(' ').and_then(|(number, _)| number.parse().ok());
                assert_eq!(revision, last.or(Some(0)), "{row}");
                client.result("goxel.close_project", named);
            }
        }
        checkpoints += u64::from(place.path("state/manifest.json").exists());
    }
    // How many are complete is the disk's affair.
    assert!(checkpoints > 0, "none was complete");
    // Nothing is left of what was not finished, but a frame that a kill has torn: it is set aside.
    let is_known = |name: &String| {
        let is_log = ["log-", "torn-"].iter().any(|start| name.starts_with(start));
        is_log || ["lock", "manifest.json"].contains(&name.as_str())
    };
    let left = || {
        let manifest = fs::read_to_string(place.path("state/manifest.json"));
        let manifest = manifest.expect("there was a checkpoint");
        let mut names = place.state_files();
        names.retain(|name| !is_known(name) && !manifest.contains(name.as_str()));
        names
    };
    // The last worker may be at a checkpoint of its own.
    until(|| left().is_empty(), || format!("{:?} are left", left()));
    assert_eq!(place.log().matches("no checkpoint").count(), 0, "{}", place.log());
}

/// Waits until one is begun, and some of it is done, more in some rounds.
fn await_checkpoint(place: &Place, round: u64) {
    let files = || {
        let mut names = place.state_files();
        names.retain(|name| !name.starts_with("log-"));
        names
    };
    let mut before = files();
    for _ in 0..=round % 4 {
        until(|| files() != before, || format!("no checkpoint; {before:?}\n{}", place.log()));
        before = files();
    }
}

#[test]
fn a_project_over_which_two_workers_died_is_left_out_and_stays_where_it_is() {
    let place = Place::new();
    place.start(&[]);
    build(&place);
    let before = seen(&place);
    place.kill_all();
    // The first project has the number 1; a worker died over it, and another while it was read alone.
    fs::write(place.path("state/reading.json"), r#"{"now": [1], "deaths": {"1": 1}}"#).unwrap();
    for _ in 0..2 {
        place.start(&[]);
        let said = "project a is left out: 2 workers died over it";
        assert!(place.log().contains(said), "{}", place.log());
        assert_eq!(place.client().error_code("goxel.undo", json!({"project_id": "a"})), -32603);
        place.client().result("goxel.list_layers", json!({"project_id": "b"}));
        place.kill_all();
    }
    fs::remove_file(place.path("state/reading.json")).unwrap();
    place.start(&[]);
    assert_eq!(seen(&place), before);
}

#[test]
fn a_request_in_flight_when_the_worker_is_killed_ends_without_a_reply() {
    let place = Place::new();
    let config = place.configure(PATIENT);
    place.start(&["-c", &config]);
    place.client().result("goxel.create_project", json!({"project_id": "a"}));
    let ball = json!({"project_id": "a", "shape": "sphere", "size": 600});
    let picture = json!({"project_id": "a", "path": "/dev/null", "width": 4000, "height": 4000});
    for (method, params) in [("goxel.procedural_shape", ball), ("goxel.render_scene", picture)] {
        let mut stream = UnixStream::connect(place.path("socket")).unwrap();
        writeln!(stream, "{}", request(method, &params)).unwrap();
        let busy = || Client::connect(&place.path("socket")).result("status", json!({}));
        busy();
        let worker = place.worker();
        send(worker, Signal::SIGKILL);
        let mut reply = Vec::new();
        // What it had not read yet makes it a reset instead of an end.
        let _ = stream.read_to_end(&mut reply);
        assert_eq!(String::from_utf8_lossy(&reply), "", "{method}");
        until(|| place.worker() != worker, || place.log());
    }
    let row = place.client().result("goxel.list_projects", json!({}))["projects"][0].take();
    assert_eq!((&row["revision"], &row["voxel_count"]), (&json!(0), &json!(0)), "{row}");
}

#[test]
fn without_a_journal_nothing_is_written() {
    let place = Place::new();
    place.start(&["--no-journal"]);
    build(&place);
    assert!(!place.path("state").exists());
    place.kill_all();
    place.start(&["--no-journal"]);
    let left = place.client().result("goxel.list_projects", json!({}));
    assert_eq!(left["projects"], json!([]));
}

#[test]
fn what_is_kept_is_for_its_owner_alone() {
    let place = Place::new();
    place.start(&[]);
    build(&place);
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("state"), 0o700);
    for name in place.state_files() {
        assert_eq!(mode(&format!("state/{name}")) & 0o077, 0, "{name}");
    }
}

#[test]
fn a_second_daemon_does_not_get_the_state_of_the_first() {
    let place = Place::new();
    place.start(&[]);
    build(&place);
    let mut other = Command::new(daemon_program());
    other.arg("--state-dir").arg(place.path("state")).arg("-s").arg(place.path("other"));
    let output = other.env_remove("GOXEL_CONFIG_FILE").stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in [&place.path("state").display().to_string(), &place.worker().to_string()] {
        assert!(said.contains(word.as_str()), "{word}: {said}");
    }
    place.ping();
}

#[test]
fn a_daemon_that_becomes_another_user_keeps_and_finds_its_state() {
    if !nix::unistd::getuid().is_root() {
        return skip("root", "only root can become another user");
    }
    let place = Place::new();
    nix::unistd::chown(&place.path(""), Some(4713.into()), None).unwrap();
    place.start(&["-u", "4713"]);
    build(&place);
    let before = seen(&place);
    assert_eq!(fs::metadata(place.path("state")).unwrap().uid(), 4713);
    place.kill_all();
    place.start(&["-u", "4713"]);
    assert_eq!(seen(&place), before);
}

#[test]
fn a_worker_that_hangs_does_not_keep_the_next_from_the_state() {
    let place = Place::new();
    let config =
        place.configure(r#"{"reliability": {"health_check_interval_ms": 200, "max_restarts": 9}}"#);
    place.start(&["-c", &config]);
    build(&place);
    let before = seen(&place);
    send(place.worker(), Signal::SIGSTOP);
    place.await_log("serving again", 1);
    assert_eq!(seen(&place), before);
    // And one whose supervisor is gone.
    send(place.worker(), Signal::SIGSTOP);
    send(place.supervisor(), Signal::SIGKILL);
    place.start(&["-c", &config]);
    assert_eq!(seen(&place), before);
}

#[test]
fn edits_that_come_all_at_once_all_have_room() {
    let place = Place::new();
    place.start(&[]);
    place.client().result("goxel.create_project", json!({"project_id": "a"}));
    let rename = request(
        "goxel.rename_layer",
        &json!({"project_id": "a", "layer_id": 1, "name": long_name(1)}),
    );
    let mut clients: Vec<Client> = (0..100).map(|_| place.client()).collect();
    clients.iter_mut().for_each(|client| _ = client.result("ping", json!([])));
    // It finds them all when it goes on.
    send(place.worker(), Signal::SIGSTOP);
    clients.iter().for_each(|client| client.send(format!("{rename}\n")));
    send(place.worker(), Signal::SIGCONT);
    for mut client in clients {
        let reply = client.receive();
        assert_eq!(reply["result"]["success"], true, "{reply}");
    }
}
