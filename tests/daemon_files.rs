//! Files that cannot be read or written: an error that says why, nothing left behind, the project
//! and the connection as they were.

use goxel_support::{Client, Daemon, skip, tool};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A project with one voxel, and the daemon that has it.
fn daemon_with_a_voxel() -> (Daemon, Client) {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    client.result("create_project", json!(["one"]));
    client.result("add_voxel", json!([1, 2, 3, 10, 20, 30]));
    (daemon, client)
}

/// Everything a refusal must leave alone.
fn state(client: &mut Client, dir: &Path) -> Value {
    let mut status = client.result("get_status", json!([]));
    // What changes by itself.
    ["uptime_seconds", "journal"].iter().for_each(|name| _ = status[*name].take());
    let entries = fs::read_dir(dir).expect("the daemon's folder can be listed");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    json!([status, client.result("get_voxel", json!([1, 2, 3])), names])
}

#[track_caller]
fn check(method: &str, params: &Value, code: i64, reason: &str) {
    let (daemon, mut client) = daemon_with_a_voxel();
    fs::create_dir(daemon.dir().join("folder.gox")).expect("a new folder");
    fs::write(daemon.dir().join("broken.gox"), "GOX \u{2}\0\0\0LAYR").expect("a new file");
    let before = state(&mut client, daemon.dir());
    let reply = client.call(method, params.clone());
    let error = &reply["error"];
    assert_eq!(
        (&error["code"], &error["data"]["reason"]),
        (&json!(code), &json!(reason)),
        "{reply}"
    );
    assert_eq!(state(&mut client, daemon.dir()), before, "after {method} {params}");
}

#[test]
fn a_picture_that_cannot_be_written_is_refused() {
    check("render_scene", &json!({"path": "missing/a.png"}), -1015, "file_not_found");
    check("render_scene", &json!({"path": "/dev/full"}), -1015, "disk_full");
    check("render_scene", &json!({"path": "folder.gox"}), -1015, "io_error");
    check("render_scene", &json!({"path": "/proc/self/a.png"}), -1015, "file_not_found");
    check("render_scene", &json!({"path": "a\u{0}b"}), -1015, "io_error");
}

#[test]
fn a_project_that_cannot_be_written_is_refused() {
    check("save_project", &json!(["missing/a.gox"]), -1003, "file_not_found");
    check("save_project", &json!(["folder.gox"]), -1003, "io_error");
    check("export_model", &json!(["missing/a.vox"]), -1007, "file_not_found");
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    check("load_project", &json!(["missing.gox"]), -1002, "file_not_found");
    check("load_project", &json!(["folder.gox"]), -1002, "io_error");
    check("load_project", &json!(["broken.gox"]), -1002, "unsupported_format");
    check("load_project", &json!(["/dev/zero"]), -1002, "io_error");
    // Looks like a file, and every read of its beginning fails; for root, too.
    check("load_project", &json!(["/proc/self/mem"]), -1002, "io_error");
}

#[test]
fn a_disk_that_fills_up_is_an_error_and_leaves_the_old_file() {
    let Some(prlimit) = tool("prlimit") else {
        return skip("prlimit", "it makes files of a running daemon hit a limit");
    };
    let (mut daemon, mut client) = daemon_with_a_voxel();
    let path = daemon.dir().join("a.png");
    fs::write(&path, "old").unwrap();
    let before = state(&mut client, daemon.dir());
    // The system then treats longer files as it treats a full disk, and sends SIGXFSZ besides.
    let pid = daemon.worker().to_string();
    let limit = |longest: &str| {
        let limited = Command::new(&prlimit).args([longest, "--pid", &pid]).status().unwrap();
        assert!(limited.success());
    };
    let picture = json!({"path": "a.png", "width": 64, "height": 64});
    limit("--fsize=100:unlimited");
    let reply = client.call("render_scene", picture.clone());
    assert_eq!(reply["error"]["code"], -1015, "{reply}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(state(&mut client, daemon.dir()), before);
    limit("--fsize=unlimited:unlimited");
    client.result("render_scene", picture);
    assert_ne!(fs::read(&path).unwrap(), b"old");
}

#[test]
fn relative_paths_start_where_the_daemon_runs() {
    let (daemon, mut client) = daemon_with_a_voxel();
    client.result("save_project", json!(["a.gox"]));
    assert!(daemon.dir().join("a.gox").is_file());
    client.result("create_project", json!(["another"]));
    client.result("load_project", json!(["./a.gox"]));
    assert_eq!(client.result("get_voxel", json!([1, 2, 3]))["color"], json!([10, 20, 30, 255]));
}
