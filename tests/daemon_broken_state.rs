//! A state that is not what was written: cut, changed, of another version; and a disk that takes no
//! more.

use goxel_support::place::{Place, is_there, send, until};
use goxel_support::{Signal, skip, tool};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// Bytes of a segment before its first frame.
const HEADER: usize = 36;
/// And of a frame before its payload; the first four are the length of that.
const HEAD: usize = 16;
const FIRST_LOG: &str = "log-00000000000000000001";

/// Supervisor and worker at once; a worker whose supervisor is gone may end by itself.
fn kill_all(place: &Place) {
    let both = [place.supervisor(), place.worker()];
    both.iter().for_each(|pid| _ = kill(Pid::from_raw(*pid), Signal::SIGKILL));
    both.iter().for_each(|pid| until(|| !is_there(*pid), || format!("{pid} is still there")));
}

/// A dead daemon with a project and so many voxels in it, each in a frame of its own behind the
/// first.
fn dead_with(voxels: u64) -> Place {
    let place = Place::new();
    place.start(&[]);
    let mut client = place.client();
    client.result("goxel.create_project", json!({"project_id": "a"}));
    for x in 0..voxels {
        client.result("goxel.add_voxel", json!({"project_id": "a", "position": [x, 0, 0]}));
    }
    kill_all(&place);
    place
}

/// How many voxels the project has, which is its revision too.
#[track_caller]
fn voxels(place: &Place) -> u64 {
    let row = place.client().result("goxel.list_projects", json!({}))["projects"][0].take();
    assert_eq!(row["revision"], row["voxel_count"], "{row}");
    row["revision"].as_u64().expect("a number")
}

/// Where the frames of a log end; the header first.
fn ends_of(log: &[u8]) -> Vec<usize> {
    let mut ends = vec![HEADER];
    while let Some(length) = log.get(ends[ends.len() - 1]..).and_then(|it| it.first_chunk::<4>()) {
        let length = u32::from_le_bytes(*length) as usize;
        ends.push(ends[ends.len() - 1] + HEAD + length);
    }
    assert_eq!(ends.last(), Some(&log.len()), "whole frames");
    ends
}

/// All that is in the state, but the lock.
fn files(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(place.path("state")).unwrap().map(Result::unwrap);
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    let content = |name: String| (fs::read(place.path("state").join(&name)).unwrap(), name);
    let read = names.filter(|name| name != "lock").map(content);
    read.map(|(bytes, name)| (name, bytes)).collect()
}

/// It does not start, and its log says why. Nothing in the state has changed.
#[track_caller]
fn check_refused(place: &Place, words: &[&str]) {
    let before = files(place);
    let said = place.run(&["-D"]);
    assert!(said.starts_with("1\n"), "{said}");
    let log = place.log();
    for word in words {
        assert!(log.contains(word), "{word:?} is not in {said}{log}");
    }
    assert!(files(place) == before, "{:?} before, {:?}", before.keys(), files(place).keys());
}

#[test]
fn a_log_that_is_cut_off_loses_what_was_cut_off_and_no_more() {
    let ends = ends_of(&files(&dead_with(6))[FIRST_LOG]);
    // The frame of the project comes before those of its voxels.
    let cuts = [(6, 1), (6, 13), (5, 1), (4, 0), (3, HEAD + 1), (2, 0)];
    for (frame, less) in cuts {
        let place = dead_with(6);
        let path = place.path("state").join(FIRST_LOG);
        let left = ends[frame + 1] - less;
        OpenOptions::new().write(true).open(&path).unwrap().set_len(left as u64).unwrap();
        place.start(&[]);
        let whole = ends.iter().filter(|end| **end <= left).count() as u64 - 2;
        assert_eq!(voxels(&place), whole, "{frame} less {less}");
        let rest = left - ends[whole as usize + 1];
        let said = format!("{FIRST_LOG} ends in {rest} bytes that are no whole frame");
        assert_eq!(place.log().contains(&said), rest > 0, "{}", place.log());
        place.client().result("goxel.add_voxel", json!({"project_id": "a", "position": [0, 0, 1]}));
        kill_all(&place);
        place.start(&[]);
        assert_eq!(voxels(&place), whole + 1);
    }
}

#[test]
fn a_log_that_is_broken_in_its_middle_is_refused_until_it_is_repaired() {
    let place = dead_with(20);
    let path = place.path("state").join(FIRST_LOG);
    let mut log = fs::read(&path).unwrap();
    let ends = ends_of(&log);
    let broken = ends[1 + 12];
    log[broken + HEAD + 2] ^= 0x10;
    fs::write(&path, &log).unwrap();
    let at = format!("{FIRST_LOG} is broken at byte {broken}");
    check_refused(&place, &[&at, "--repair", &place.path("state").display().to_string()]);

    let said = place.run(&["--repair"]);
    let bytes = log.len() - broken;
    let dropped = format!(
        "0\n{FIRST_LOG}: {bytes} bytes with 7 frames dropped from byte {broken} on; all of it is in \
         {FIRST_LOG}.damaged\n1 projects are left\n"
    );
    assert_eq!(said, dropped);
    assert!(files(&place)[&format!("{FIRST_LOG}.damaged")] == log, "the copy is whole");
    place.start(&[]);
    assert_eq!(voxels(&place), 12);
    kill_all(&place);
    place.check(&["--repair"], "0\n1 projects are left\n");
}

#[test]
fn a_project_that_does_not_meet_what_was_is_dropped_by_a_repair_and_the_others_stay() {
    let place = dead_with(3);
    place.start(&[]);
    place.client().result("goxel.create_project", json!({"project_id": "b"}));
    assert!(place.run(&["--stop"]).starts_with("0\n"));
    place.check(&["--repair"], "0\n2 projects are left\n");
    let name = files(&place).into_keys().find(|it| it.starts_with("1-")).expect("a file of it");
    let path = place.path("state").join(&name);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let said = place.run(&["-D"]);
    assert!(said.starts_with("1\n"), "{said}");
    assert!(place.log().contains(&name) && place.log().contains("--repair"), "{}", place.log());
    let said = place.run(&["--repair"]);
    assert!(said.starts_with("0\nproject a: ") && said.contains(": dropped\n"), "{said}");
    assert!(said.ends_with("\n1 projects are left\n"), "{said}");
    assert!(files(&place)[&format!("{name}.damaged")] == bytes, "the copy is whole");
    place.start(&[]);
    let rows = place.client().result("goxel.list_projects", json!({}))["projects"].take();
    assert_eq!((rows[0]["project_id"].as_str(), rows.as_array().unwrap().len()), (Some("b"), 1));
}

/// CRC-32 as in gzip.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[test]
fn a_state_of_a_newer_version_is_refused_and_left_alone() {
    let place = dead_with(3);
    let path = place.path("state").join(FIRST_LOG);
    let old = fs::read(&path).unwrap();
    // The format, and the rules by which commands are carried out.
    for (at, word) in [(8, "a log of format 2"), (10, "follows the rules of version 2")] {
        let mut newer = old.clone();
        newer[at] = 2;
        let sum = crc(&newer[..HEADER - 4]);
        newer[HEADER - 4..HEADER].copy_from_slice(&sum.to_le_bytes());
        fs::write(&path, newer).unwrap();
        check_refused(&place, &[word, "start the version that wrote it"]);
        let before = files(&place);
        let said = place.run(&["--repair"]);
        assert!(said.starts_with("1\n") && said.contains(word), "{said}");
        assert!(files(&place) == before, "{word}");
    }
    fs::write(&path, old).unwrap();
    place.check(&["--repair"], "0\n1 projects are left\n");
    let manifest = place.path("state/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    check_refused(&place, &["a manifest of version 2"]);
    fs::write(&manifest, text).unwrap();
    place.start(&[]);
    assert_eq!(voxels(&place), 3);
}

/// A daemon whose state is on a small disk of its own, in a mount namespace of its own.
struct Small {
    place: Place,
}

impl Small {
    fn start(config: &str) -> Option<Small> {
        let place = Place::new();
        fs::create_dir(place.path("state")).unwrap();
        let daemon = place.command(&["--daemonize", "-c", &place.configure(config)]);
        let mount = format!("mount -t tmpfs -o size=16m tmpfs {}", place.path("state").display());
        let mut apart = Command::new(tool("unshare")?);
        apart.args(["-m", "sh", "-c", &format!("{mount} || exit 99; exec \"$0\" \"$@\"")]);
        apart.arg(daemon.get_program()).args(daemon.get_args()).current_dir(place.path(""));
        let status = apart.env_remove("GOXEL_CONFIG_FILE").status().unwrap();
        (status.code() != Some(99) && nix::unistd::getuid().is_root()).then_some(())?;
        assert!(status.success(), "{}", place.log());
        Some(Small { place })
    }

    /// A file on the small disk, as seen from here.
    fn path(&self, name: &str) -> PathBuf {
        let inside = self.place.path("state").join(name);
        let root = format!("/proc/{}/root", self.place.supervisor());
        PathBuf::from(root).join(inside.strip_prefix("/").expect("it is absolute"))
    }

    /// Writes until the disk is full.
    fn fill(&self) {
        let mut filler = fs::File::create(self.path("filler")).unwrap();
        for size in [1 << 16, 1 << 10, 1] {
            while filler.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn remount(&self, how: &str) {
        let supervisor = self.place.supervisor().to_string();
        let mut mount = Command::new("nsenter");
        mount.args(["-t", &supervisor, "-m", "mount", "-o", &format!("remount,{how}")]);
        assert!(mount.arg(self.place.path("state")).status().unwrap().success());
    }

    /// An edit that is long in the journal, and soon made.
    fn edit(&self, number: u64) -> Value {
        let name = format!("{number} {}", "long".repeat(15_000));
        let params = json!({"project_id": "a", "layer_id": 1, "name": name});
        self.place.client().call("goxel.rename_layer", params)
    }

    /// How many such edits were made, by what there is now.
    fn edits(&self) -> u64 {
        let mut client = self.place.client();
        let row = client.result("goxel.list_projects", json!({}))["projects"][0].take();
        let layers = client.result("goxel.list_layers", json!({"project_id": "a"}));
        let name = layers["layers"][0]["name"].as_str().expect("a name");
        let last = name.split_once(' ').and_then(|(number, _)| number.parse().ok());
        assert_eq!(row["revision"].as_u64(), last.or(Some(0)));
        last.unwrap_or_default()
    }
}

#[test]
fn a_full_disk_refuses_edits_until_there_is_room_and_loses_none() {
    let patient = r#"{"reliability": {"max_restarts": 9}}"#;
    let Some(small) = Small::start(patient) else {
        return skip("unshare, mount and root", "they make a small disk");
    };
    let place = &small.place;
    place.client().result("goxel.create_project", json!({"project_id": "a"}));
    small.fill();
    let mut made = 0;
    let refused = loop {
        let reply = small.edit(made + 1);
        if reply.get("error").is_some() {
            break reply;
        }
        made += 1;
        assert!(made < 300, "the disk is never full");
    };
    let data = &refused["error"]["data"];
    assert_eq!(data["reason"], "not_kept", "{refused}");
    assert!(data["detail"].as_str().unwrap().contains("No space left"), "{refused}");
    assert_eq!(small.edits(), made);
    let picture = json!({"project_id": "a", "path": "/dev/null", "width": 64, "height": 64});
    place.client().result("goxel.render_scene", picture);
    // One that dies now comes back with all of it.
    send(place.worker(), Signal::SIGKILL);
    place.await_log("serving again", 1);
    assert_eq!(small.edits(), made, "{}", place.log());
    assert!(small.edit(made + 1).get("error").is_some(), "the disk is still full");
    fs::remove_file(small.path("filler")).unwrap();
    until(|| small.edit(made + 1).get("result").is_some(), || place.log());
    send(place.worker(), Signal::SIGKILL);
    place.await_log("serving again", 2);
    assert_eq!(small.edits(), made + 1);
}

#[test]
fn a_disk_that_cannot_be_written_to_is_no_reason_to_lose_anything() {
    let patient = r#"{"reliability":
        {"max_restarts": 1000, "restart_delay_ms": 1, "restart_delay_max_ms": 20}}"#;
    let Some(small) = Small::start(patient).filter(|_| tool("nsenter").is_some()) else {
        return skip("unshare, mount and root", "they make a small disk");
    };
    let place = &small.place;
    place.client().result("goxel.create_project", json!({"project_id": "a"}));
    assert!(small.edit(1).get("result").is_some());
    // While a file is open to be written, the system does not make it so.
    let worker = place.worker();
    send(place.supervisor(), Signal::SIGSTOP);
    send(worker, Signal::SIGKILL);
    until(|| !is_there(worker), || place.log());
    small.remount("ro");
    send(place.supervisor(), Signal::SIGCONT);
    place.await_log("Read-only file system", 1);
    small.remount("rw");
    place.await_log("serving again", 1);
    until(|| small.edit(2).get("result").is_some(), || place.log());
    assert_eq!(small.edits(), 2);
}
