//! What projects may weigh, and what is known of it.

use super::*;
use crate::memory::MOST_PER_VOXEL;
use goxel_engine::volume::{Coord, Volume, Voxel};
use proptest::prelude::*;

const MIB: u64 = 1 << 20;
const CUBE: &str = r#"{"shape": "cube", "size": 200}"#;

/// A session with a project, and with these limits in bytes.
fn limited(each: u64, all: u64) -> Session {
    let (max_project_memory, max_projects_memory) = (each, all);
    let mut session =
        Session::new(Config { max_project_memory, max_projects_memory, ..Config::default() });
    ask(&mut session, "create_project").unwrap();
    session
}

/// What a project weighs in truth.
fn weight(session: &Session, id: &str) -> u64 {
    let project = &session.projects.get(id).unwrap().project;
    let volumes: usize = project.scene().layers.iter().map(|layer| layer.volume.bytes()).sum();
    (volumes + project.history_bytes()) as u64
}

/// One voxel in each of so many bricks, from that place on.
fn spots(from: u64, count: u64) -> String {
    let list: Vec<Value> =
        (from..from + count).map(|i| json!([i % 64 * 16, i / 64 * 16, 0, i % 251, 7, 9])).collect();
    json!([list]).to_string()
}

/// Adds voxels until one is refused; says how many there are.
fn fill_up(session: &mut Session, project: &str) -> u64 {
    let mut scope = Scope::new();
    for i in 0..100_000 {
        let (x, y) = (i % 64 * 16, i / 64 * 16);
        let params = json!({"project_id": project, "x": x, "y": y, "r": i % 256, "g": 7});
        let outcome = ask_in(session, &mut scope, "add_voxel", &params.to_string());
        if let Err(error) = outcome {
            assert_eq!(error.data["reason"], "limit_exceeded");
            return i;
        }
    }
    panic!("nothing was refused");
}

#[track_caller]
fn check_volume(mut volume: Volume, writes: impl IntoIterator<Item = (Coord, Voxel)>) {
    for (at, voxel) in writes {
        let before = volume.bytes() as u64;
        volume.set(at, voxel);
        let more = (volume.bytes() as u64).saturating_sub(before);
        assert!(more <= MOST_PER_VOXEL, "{at:?} adds {more}");
    }
}

#[test]
fn no_voxel_adds_more_than_it_counts() {
    let at = |i: i32| Coord::new(i & 15, i >> 4 & 15, i >> 8);
    let color = |i: i32| Voxel([i as u8, (i >> 8) as u8, 1, 255]);
    check_volume(Volume::new(), (0..4096).map(|i| (at(i), color(i))));
    check_volume(Volume::new(), (0..4096).map(|i| (at((i * 17) & 4095), color(i % 190))));
    let full: Volume = (0..4096).map(|i| (at(i), color(1))).collect();
    check_volume(full, (0..4096).map(|i| (at(i), color(i))));
    let far = |i: i32| Coord::new(i << 20, i.wrapping_mul(0x9E37_79B1_u32 as i32), -i << 7);
    check_volume(Volume::new(), (0..4096).map(|i| (far(i), color(i))));
}

#[test]
fn a_full_project_refuses_what_would_make_it_larger_and_nothing_else() {
    let mut session = limited(4 * MIB, 0);
    let count = fill_up(&mut session, "project-1");
    let held = weight(&session, "project-1");
    assert!((31 * 4 * MIB / 33..=4 * MIB).contains(&held), "{count} voxels, {held} bytes");
    for (method, params, expected) in [
        ("add_voxel", "[900, 900, 900]", "limit_exceeded"),
        ("procedural_shape", CUBE, "limit_exceeded"),
        ("add_voxels", &spots(5000, 900), "limit_exceeded"),
        ("create_layer", "[]", "limit_exceeded"),
        ("get_voxel", "[0, 0, 0]", "none"),
        ("get_layer_voxels", r#"{"limit": 5}"#, "none"),
        ("set_layer_visibility", "[1, false]", "none"),
        ("remove_voxel", "[0, 0, 0]", "none"),
        ("undo", "[]", "none"),
        ("redo", "[]", "none"),
        ("clear_voxels", "[]", "none"),
    ] {
        let outcome = ask_in(&mut session, &mut Scope::new(), method, params);
        assert_eq!(reason(outcome).trim_matches('"'), expected, "{method}");
    }
    // What was cleared is forgotten by the edits that follow, oldest first.
    assert!(fill_up(&mut session, "project-1") > count / 2);
    assert_eq!(reason(ask(&mut session, "close_project")), "none");
    assert_eq!(reason(ask(&mut session, "create_project")), "none");
    assert_eq!(fill_up(&mut session, "project-2"), count);
}

#[test]
fn a_refusal_says_what_is_held_what_may_be_and_what_helps() {
    let mut session = limited(2 * MIB, 0);
    fill_up(&mut session, "project-1");
    let error = ask(&mut session, "add_voxel").unwrap_err();
    assert!(error.data["held_bytes"].as_u64().unwrap() > 2 * MIB * 31 / 32, "{error:?}");
    assert_eq!(error.data["max_bytes"], 2 * MIB);
    let detail = error.data["detail"].as_str().unwrap();
    for said in ["server.max_project_memory_mb = 2 ", "undo", "clear", "close_project", "raise"] {
        assert!(detail.contains(said), "{detail}");
    }
}

#[test]
fn an_edit_that_is_too_heavy_is_not_made_again_at_once() {
    let mut session = limited(MIB, 0);
    fill_up(&mut session, "project-1");
    let add = "[900, 900, 900, 1, 2, 3]";
    assert!(matches!(start(&mut session, "add_voxel", add), Step::Done(Err(_))));
    // Something else has changed: it may fit now, and that takes a job to say.
    ask_in(&mut session, &mut Scope::new(), "remove_voxel", "[0, 0, 0]").unwrap();
    let Step::Job(job) = start(&mut session, "add_voxel", add) else { panic!("it is a job") };
    let _ = session.finish(job.run(&Nowhere), None);
    assert!(!session.is_busy("project-1"));
}

#[test]
fn a_slow_edit_is_weighed_where_it_is_made() {
    let mut session = limited(MIB, 0);
    let shape = r#"{"shape": "cube", "size": 1000}"#;
    assert_eq!(
        reason(ask_in(&mut session, &mut Scope::new(), "procedural_shape", shape)),
        "\"limit_exceeded\""
    );
    assert_eq!((session.remains().len(), weight(&session, "project-1")), (1, 0));
    // Of one colour it takes little.
    ask_in(
        &mut session,
        &mut Scope::new(),
        "procedural_shape",
        r#"{"shape": "cube", "size": 100}"#,
    )
    .unwrap();
    assert_eq!(session.projects.bytes(), weight(&session, "project-1"));
}

#[test]
fn all_projects_together_have_a_limit_too() {
    let mut session = limited(0, 4 * MIB);
    let mut scope = Scope::new();
    ask_in(&mut session, &mut scope, "create_project", r#"{"project_id": "b"}"#).unwrap();
    let count = fill_up(&mut session, "b");
    assert!(count > 2000, "{count}");
    assert!(fill_up(&mut session, "project-1") < 300);
    let c = r#"{"project_id": "c"}"#;
    let refused = ask_in(&mut session, &mut scope, "create_project", c).unwrap_err();
    assert_eq!(refused.data["reason"], "limit_exceeded");
    let detail = refused.data["detail"].as_str().unwrap();
    assert!(detail.contains("server.max_projects_memory_mb = 4 "), "{detail}");
    ask_in(&mut session, &mut scope, "close_project", r#"{"project_id": "b"}"#).unwrap();
    ask_in(&mut session, &mut scope, "create_project", c).unwrap();
    assert!(fill_up(&mut session, "c") > count / 2);
    // One that takes the place of what is full may be opened.
    ask_in(&mut session, &mut scope, "close_project", c).unwrap();
    fill_up(&mut session, "project-1");
    ask_in(&mut session, &mut scope, "create_project", c).unwrap_err();
    ask_in(&mut session, &mut scope, "create_project", "[]").unwrap();
}

/// A project is not refused for what others were only thought to hold.
#[test]
fn others_are_weighed_before_one_is_refused_because_of_them() {
    let mut session = limited(0, 8 * MIB);
    let mut scope = Scope::new();
    for x in 0..400 {
        let params = json!([x % 16, x / 16 % 16, x / 256, 1, 2, 3]).to_string();
        ask_in(&mut session, &mut scope, "add_voxel", &params).unwrap();
    }
    assert!(session.projects.bytes() > 7 * MIB && weight(&session, "project-1") < MIB);
    ask_in(&mut session, &mut scope, "create_project", r#"{"project_id": "b"}"#).unwrap();
    assert_eq!(session.projects.bytes(), weight(&session, "project-1"));
    assert!(fill_up(&mut session, "b") > 2000);
}

#[test]
fn what_is_opened_is_weighed() {
    let mut session = limited(MIB, 0);
    let huge = r#"{"template": "sphere", "size": 600}"#;
    let refused = ask_in(&mut session, &mut Scope::new(), "create_project", huge).unwrap_err();
    assert_eq!((refused.code, &refused.data["reason"]), (-1001, &json!("limit_exceeded")));
    assert_eq!((session.project_count(), session.remains().len()), (1, 1));
    let large = r#"{"template": "cube", "size": 100}"#;
    ask_in(&mut session, &mut Scope::new(), "create_project", large).unwrap();
    assert_eq!(session.projects.bytes(), weight(&session, "project-2"));
}

#[test]
fn without_a_limit_nothing_is_counted() {
    let mut session = session();
    ask_in(&mut session, &mut Scope::new(), "add_voxels", &spots(0, 2000)).unwrap();
    ask_in(&mut session, &mut Scope::new(), "procedural_shape", CUBE).unwrap();
    assert_eq!((session.projects.bytes(), session.room().limits.is_some()), (0, false));
}

#[test]
fn what_undo_brings_back_is_counted() {
    let mut session = limited(MIB << 20, 0);
    let cube = r#"{"shape": "cube", "size": 45}"#;
    for (method, params) in [
        ("add_voxels", spots(0, 40_000).as_str()),
        ("clear_voxels", "[]"),
        // Made in a job, and so weighed: what was cleared is in the history alone.
        ("procedural_shape", cube),
        ("undo", "[]"),
        ("undo", "[]"),
    ] {
        ask_in(&mut session, &mut Scope::new(), method, params).unwrap();
        assert!(session.projects.bytes() >= weight(&session, "project-1"), "{method}");
    }
    assert!(session.projects.get("project-1").unwrap().scene().filled() == 40_000);
}

/// An edit, as many of them as there are numbers.
fn edit((kind, x, size): (u8, i32, u64)) -> (&'static str, String) {
    match kind {
        0..3 => ("add_voxel", json!([x, x / 7, x / 3, size, 3, x & 255]).to_string()),
        3 => ("add_voxels", spots(x.unsigned_abs().into(), size * 9)),
        4 => ("procedural_shape", json!({"shape": "cube", "size": size, "r": x & 255}).to_string()),
        5 => ("paint_voxels", json!([x, x / 7, x / 3, 9, size, 3]).to_string()),
        6 => ("remove_voxel", json!([x, x / 7, x / 3]).to_string()),
        7 => ("undo", "[]".to_owned()),
        8 => ("redo", "[]".to_owned()),
        9 => ("clear_voxels", "[]".to_owned()),
        10 => ("create_layer", "[]".to_owned()),
        11 => ("merge_layers", "[2, 1]".to_owned()),
        12 => ("delete_layer", json!([size % 4]).to_string()),
        _ => ("flood_fill", json!([0, 0, 0, size, 1, 1]).to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_project_never_counts_less_than_it_weighs(
        edits in prop::collection::vec((0..14_u8, -60..300, 1..100_u64), 1..40),
        mib in prop::sample::select(vec![1, 16, 1 << 20]),
    ) {
        let mut session = limited(mib * MIB, 0);
        for (method, params) in edits.into_iter().map(edit) {
            let before = weight(&session, "project-1");
            let outcome = ask_in(&mut session, &mut Scope::new(), method, &params);
            let after = weight(&session, "project-1");
            let counted = session.projects.bytes();
            prop_assert!(counted >= after, "{method} {params}: {counted} of {after}");
            let grows = outcome.is_ok() && after > before;
            let frees = ["undo", "redo", "remove_voxel", "clear_voxels", "delete_layer"];
            prop_assert!(!grows || frees.contains(&method) || after <= mib * MIB, "{method}: {after}");
        }
    }
}
