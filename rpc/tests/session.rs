//! Slow work happens in jobs: what may go on meanwhile, and what they leave behind.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests read better so")]

mod common;

use common::Rig;
use goxel_rpc::{Decoded, Job, Step, decode};
use serde_json::{Value, json};

fn job(step: Step) -> Job {
    match step {
        Step::Job(job) => job,
        Step::Done(outcome) => panic!("answered at once: {outcome:?}"),
    }
}

#[track_caller]
fn check_is_job(method: &str, params: Value, expected: bool) {
    let mut rig = Rig::with_project();
    rig.ask("procedural_shape", json!(["cube", 20, 20, 20]));
    let found = matches!(rig.start(method, params), Step::Job(_));
    assert_eq!(found, expected, "{method}");
}

#[test]
fn only_slow_edits_are_jobs() {
    check_is_job("add_voxel", json!([1, 2, 3]), false);
    check_is_job("procedural_shape", json!(["cube", 10, 10, 10]), false);
    check_is_job("procedural_shape", json!(["cube", 100, 100, 100]), true);
    check_is_job("flood_fill", json!([0, 0, 0]), true);
    check_is_job("delete_layer", json!([1]), false);
    check_is_job("add_voxels", json!([[[1, 2, 3]]]), false);
    check_is_job("add_voxels", json!([vec![[1, 2, 3]; 20_000]]), true);
    check_is_job("add_voxels", json!([vec![[1, 2, 3]; 70_000]]), true);
}

#[test]
fn a_long_echo_is_a_job() {
    check_is_job("echo", json!(["short"]), false);
    check_is_job("echo", json!(["x".repeat(100_000)]), true);
}

#[test]
fn a_long_request_among_short_ones_is_a_job() {
    let call = |params: Value| json!({ "jsonrpc": "2.0", "method": "echo", "params": params });
    let mut calls = vec![call(json!([])); 500];
    calls.push(call(json!(["x".repeat(100_000)])));
    let Decoded::Batch(requests) = decode(json!(calls).to_string().as_bytes()) else {
        panic!("an array is a batch");
    };
    let mut rig = Rig::new();
    let jobs: Vec<bool> = requests.iter().map(|r| matches!(rig.begin(r), Step::Job(_))).collect();
    assert_eq!(jobs.iter().position(|is_job| *is_job), Some(500));
}

#[test]
fn a_job_writes_the_line_that_the_session_would() {
    for (method, params, writes) in [
        ("get_project_info", json!([]), true),
        ("save_project", json!(["/denied/a.gox"]), true),
        ("create_project", json!(["B"]), false),
    ] {
        let mut rig = Rig::with_project();
        let request = rig.request(method, &params);
        let by_session = rig.line_of(&request);
        let mut rig = Rig::with_project();
        let begun = job(rig.begin(&request));
        let mut done = rig.ran(begun);
        let line = done.reply_line(&request);
        assert_eq!(line.is_some(), writes, "{method}");
        assert!(line.is_none_or(|line| line == by_session), "{method}");
        assert_eq!(rig.session.finish(done, None).is_err(), by_session.contains("\"error\""));
    }
}

#[test]
fn while_an_edit_is_made_reads_go_on_and_edits_are_refused() {
    let mut rig = Rig::with_project();
    let big = job(rig.start("procedural_shape", json!(["cube", 100, 100, 100])));
    assert!(rig.session.is_busy("project-1"));
    assert_eq!(rig.ask("get_voxel", json!([0, 0, 0]))["exists"], false);
    let refused = rig.ask("add_voxel", json!([0, 0, 0]));
    assert_eq!(refused["error"]["message"], "Another project operation is in progress");
    assert_eq!(refused["error"]["code"], -32603);
    let outcome = rig.run(big).unwrap();
    assert_eq!(outcome["voxels_created"], 1_000_000);
    assert!(!rig.session.is_busy("project-1"));
    assert_eq!(rig.ask("get_voxel", json!([0, 0, 0]))["exists"], true);
}

#[test]
fn a_slow_edit_can_be_undone() {
    let mut rig = Rig::with_project();
    rig.ask("add_voxel", json!([500, 0, 0]));
    rig.ask("procedural_shape", json!(["cube", 100, 100, 100]));
    assert_eq!(rig.ask("undo", json!([]))["undo_steps"], 1);
    assert_eq!(rig.ask("get_status", json!([]))["voxel_count"], 1);
}

#[test]
fn a_slow_edit_that_is_refused_changes_nothing() {
    let mut rig = Rig::with_project();
    let before = rig.state();
    let huge = job(rig.start("procedural_shape", json!(["cube", 60_000, 60_000, 60_000])));
    assert_eq!(rig.run(huge).unwrap_err().data["reason"], "limit_exceeded");
    assert!(!rig.session.is_busy("project-1"));
    assert_eq!(rig.state(), before);
}

#[test]
fn a_read_sees_the_project_as_it_was_when_it_was_asked() {
    let mut rig = Rig::with_project();
    let info = job(rig.start("get_project_info", json!([])));
    assert!(!rig.session.is_busy("project-1"));
    rig.ask("add_voxel", json!([0, 0, 0]));
    assert_eq!(rig.run(info).unwrap()["total_voxels"], 0);
}

#[test]
fn a_project_that_could_not_be_made_leaves_the_old_one() {
    let mut rig = Rig::with_project();
    rig.ask("add_voxel", json!([0, 0, 0]));
    let before = rig.state();
    let broken = job(rig.start("create_project", json!([["no name"]])));
    assert_eq!(rig.run(broken).unwrap_err().code, -32602);
    assert_eq!(rig.state(), before);
}
