use super::*;
use crate::envelope::{Decoded, decode};
use crate::host::Facts;
use crate::projects::{About, Opening};
use goxel_engine::command::Author;
use goxel_engine::scene::{Layer, LayerId, LayerKind};
use serde_json::json;
use std::io;
use std::time::Duration;

mod memory;

/// A host that has nothing.
struct Nowhere;

impl Host for Nowhere {
    fn read_file(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn write_file(&self, _: &str, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn unix_seconds(&self) -> u64 {
        0
    }

    fn clock(&self) -> Duration {
        Duration::ZERO
    }

    fn facts(&self) -> Facts {
        Facts::default()
    }

    fn render_threads(&self) -> usize {
        panic!("a host with a bug")
    }
}

fn start_in(session: &mut Session, scope: &mut Scope, method: &str, params: &str) -> Step {
    let host: Arc<dyn Host> = Arc::new(Nowhere);
    let text = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":1}}"#);
    let Decoded::Single(request) = decode(text.as_bytes()) else {
        panic!("{text} is a request");
    };
    session.start(&request, scope, &host)
}

fn start(session: &mut Session, method: &str, params: &str) -> Step {
    start_in(session, &mut Scope::new(), method, params)
}

fn ask_in(session: &mut Session, scope: &mut Scope, method: &str, params: &str) -> Outcome {
    match start_in(session, scope, method, params) {
        Step::Done(outcome) => outcome,
        Step::Job(job) => session.finish(job.run(&Nowhere), Some(scope)),
    }
}

fn ask(session: &mut Session, method: &str) -> Outcome {
    ask_in(session, &mut Scope::new(), method, "[]")
}

fn reason(outcome: Outcome) -> String {
    outcome.map_or_else(|error| error.data["reason"].to_string(), |_| "none".to_owned())
}

fn session() -> Session {
    let mut session = Session::new(Config::default());
    ask(&mut session, "create_project").unwrap();
    session
}

#[test]
fn a_panic_in_a_job_costs_one_answer() {
    let mut session = session();
    assert_eq!(reason(ask(&mut session, "render_scene")), "\"internal\"");
    assert_eq!(reason(ask(&mut session, "add_voxel")), "none");
}

#[test]
fn after_a_panic_in_an_edit_the_project_can_be_read_and_replaced_but_not_edited() {
    let mut session = session();
    session.break_current();
    assert_eq!(reason(ask(&mut session, "add_voxel")), "\"project_damaged\"");
    assert_eq!(reason(ask(&mut session, "get_voxel")), "none");
    assert_eq!(reason(ask(&mut session, "create_project")), "none");
    assert_eq!(reason(ask(&mut session, "add_voxel")), "none");
}

#[test]
fn an_edit_that_unfolds_clones_is_a_job() {
    let mut scene = Scene::new();
    let kind = LayerKind::Clone { base: scene.active };
    scene.layers.push(Layer { kind, ..Layer::new(LayerId(2), "again") });
    for (method, params, expected) in [
        ("delete_layer", "[1]", true),
        ("delete_layer", "[2]", false),
        ("merge_layers", "[2,1]", true),
    ] {
        let mut session = Session::new(Config::default());
        let project = Project::from_scene(scene.clone());
        let opened = OpenProject::new(project, About::default());
        let opening = Opening::of_everybody();
        let named = session.projects.name(&opening, false);
        session.projects.take_in(opened, &opening, named, None);
        let found = matches!(start(&mut session, method, params), Step::Job(_));
        assert_eq!(found, expected, "{method} {params}");
    }
}

/// What requests of two connections, `a` and `b`, are answered: the id of the project that is meant.
#[track_caller]
fn check_scopes(requests: &[(char, &str, &str, &str)]) {
    let mut session = Session::new(Config { max_projects: 3, ..Config::default() });
    let (mut a, mut b) = (Scope::new(), Scope::new());
    for (who, method, params, expected) in requests {
        let scope = if *who == 'a' { &mut a } else { &mut b };
        let outcome = ask_in(&mut session, scope, method, params);
        let said = match outcome {
            Ok(result) => result["project_id"].as_str().unwrap_or("none").to_owned(),
            Err(error) => error.data["reason"].as_str().unwrap_or_default().to_owned(),
        };
        assert_eq!(said, *expected, "{who}: {method} {params}");
    }
}

#[test]
fn a_call_that_names_no_project_means_everybodys() {
    check_scopes(&[
        ('a', "get_project_info", "{}", "no_project"),
        ('a', "create_project", "[]", "project-1"),
        ('b', "get_project_info", "{}", "project-1"),
        ('b', "create_project", "{}", "project-2"),
        ('a', "get_status", "[]", "project-2"),
        ('a', "get_project_info", r#"{"project_id": "project-1"}"#, "project_not_found"),
    ]);
}

#[test]
fn a_named_project_stands_beside_the_current_one() {
    check_scopes(&[
        ('a', "create_project", "[]", "project-1"),
        ('a', "create_project", r#"{"project_id": "tower"}"#, "tower"),
        ('b', "create_project", r#"{"project_id": "tower"}"#, "project_exists"),
        ('b', "get_project_info", "[]", "project-1"),
        ('b', "get_project_info", r#"{"project_id": "tower"}"#, "tower"),
        ('b', "get_project_info", r#"["tower"]"#, "tower"),
        ('b', "create_project", r#"{"project_id": 7}"#, "7"),
        ('b', "create_project", r#"{"project_id": "eight"}"#, "limit_exceeded"),
        // One more than that replaces the current one.
        ('b', "create_project", "[]", "project-2"),
        ('a', "close_project", r#"{"project_id": "tower"}"#, "tower"),
        ('a', "close_project", r#"{"project_id": "tower"}"#, "project_not_found"),
        ('a', "close_project", "[]", "project-2"),
        ('a', "get_project_info", "[]", "no_project"),
        ('a', "create_project", r#"{"project_id": ""}"#, "invalid_params"),
        ('a', "create_project", r#"{"project_id": []}"#, "invalid_params"),
    ]);
}

#[test]
fn a_connection_can_have_a_project_of_its_own() {
    check_scopes(&[
        ('a', "create_project", "[]", "project-1"),
        ('b', "create_project", r#"{"project_scope": "connection"}"#, "project-2"),
        ('b', "add_voxel", "[1, 2, 3]", "none"),
        ('b', "get_project_info", "[]", "project-2"),
        ('a', "get_project_info", "[]", "project-1"),
        ('b', "create_project", "[]", "project-3"),
        ('a', "get_project_info", "[]", "project-1"),
        ('b', "close_project", "[]", "project-3"),
        ('b', "get_project_info", "[]", "no_project"),
        ('b', "create_project", r#"{"project_scope": "global"}"#, "project-4"),
        ('a', "get_project_info", "[]", "project-4"),
        ('a', "create_project", r#"{"project_scope": "mine"}"#, "invalid_params"),
    ]);
}

#[test]
fn what_is_a_connections_own_goes_with_it() {
    let mut session = Session::new(Config::default());
    let mut scope = Scope::new();
    ask_in(&mut session, &mut scope, "create_project", r#"{"project_scope": "connection"}"#)
        .unwrap();
    assert_eq!(ask(&mut session, "list_projects").unwrap()["count"], 0);
    assert_eq!(session.project_count(), 1);
    session.close_scope(&scope);
    assert_eq!(session.project_count(), 0);
    assert_eq!(session.remains().len(), 1);
    // Opened for a connection that has gone meanwhile.
    let params = r#"{"project_scope": "connection"}"#;
    let Step::Job(job) = start_in(&mut session, &mut Scope::new(), "create_project", params) else {
        panic!("it is a job");
    };
    session.finish(job.run(&Nowhere), None).unwrap();
    assert_eq!((session.project_count(), session.remains().len()), (0, 1));
}

#[test]
fn who_subscribes_is_told_what_changed() {
    let mut session = session();
    let mut scope = Scope::new();
    ask(&mut session, "add_voxel").unwrap();
    assert!(session.notices().is_empty());
    ask_in(&mut session, &mut scope, "subscribe", "[]").unwrap();
    ask_in(&mut session, &mut scope, "add_voxel", "[20, 1, 1, 9, 9, 9]").unwrap();
    ask_in(&mut session, &mut scope, "get_voxel", "[20, 1, 1]").unwrap();
    let mut notices = session.notices();
    assert_eq!(notices.len(), 1);
    assert!(scope.watches(&notices[0].project));
    let line = notices[0].line();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["params"]["changed"], json!({ "min": [16, 0, 0], "max": [31, 15, 15] }));
    assert_eq!(told["params"]["project_id"], "project-1");
    // Slow edits and undo are told of too, and two notices may become one.
    let sphere = r#"{"shape": "sphere", "size": 200, "center": [0, 0, 0]}"#;
    ask_in(&mut session, &mut scope, "procedural_shape", sphere).unwrap();
    ask_in(&mut session, &mut scope, "undo", "[]").unwrap();
    let later = session.notices();
    assert_eq!(later.len(), 2);
    notices[0].join(&later[1]);
    assert_eq!(notices[0].revision, later[1].revision);
    assert!(notices[0].changed.unwrap().min.x <= -100);
    ask_in(&mut session, &mut scope, "unsubscribe", "[]").unwrap();
    ask(&mut session, "add_voxel").unwrap();
    assert!(session.notices().is_empty());
}

#[test]
fn edits_of_one_project_do_not_wait_for_those_of_another() {
    let mut session = session();
    let mut scope = Scope::new();
    ask_in(&mut session, &mut scope, "create_project", r#"{"project_id": "other"}"#).unwrap();
    let sphere = r#"{"shape": "sphere", "size": 200}"#;
    let Step::Job(job) = start(&mut session, "procedural_shape", sphere) else {
        panic!("it is a job");
    };
    assert!(session.is_busy("project-1") && !session.is_busy("other"));
    assert_eq!(reason(ask(&mut session, "add_voxel")), "\"busy\"");
    let other = r#"{"project_id": "other", "x": 1}"#;
    ask_in(&mut session, &mut scope, "add_voxel", other).unwrap();
    session.finish(job.run(&Nowhere), None).unwrap();
    assert_eq!(reason(ask(&mut session, "add_voxel")), "none");
}

/// The method and the author of a notice.
type Told = Option<(&'static str, u64)>;

/// Requests of one connection that watches, and what it is told.
#[track_caller]
fn check_told(requests: &[(&str, &str, Told)]) {
    let mut session = session();
    let mut scope = Scope::new();
    ask_in(&mut session, &mut scope, "subscribe", "[]").unwrap();
    for (method, params, expected) in requests {
        let _ = ask_in(&mut session, &mut scope, method, params);
        let told = session.notices();
        let told: Vec<Value> =
            told.iter().map(|it| serde_json::from_str(&it.line()).unwrap()).collect();
        let found = told.first().map(|told| &told["params"]);
        let found =
            found.map(|it| (it["method"].as_str().unwrap(), it["author"].as_u64().unwrap()));
        assert_eq!(found, *expected, "{method} {params}");
    }
}

#[test]
fn who_watches_is_told_who_changed_a_project_and_how() {
    let sphere = r#"{"shape": "sphere", "size": 200, "author": 5}"#;
    check_told(&[
        ("voxel.add", "[1, 2, 3]", Some(("goxel.add_voxel", 0))),
        ("add_voxel", r#"{"x": 2, "author": 7}"#, Some(("goxel.add_voxel", 7))),
        ("add_voxel", r#"{"x": 3}"#, Some(("goxel.add_voxel", 0))),
        ("set_author", r#"{"author": 9}"#, None),
        ("add_voxel", r#"{"x": 4}"#, Some(("goxel.add_voxel", 9))),
        ("shape.sphere", sphere, Some(("goxel.procedural_shape", 5))),
        ("undo", "[]", Some(("goxel.undo", 9))),
        ("add_voxel", r#"{"x": 5, "author": -1}"#, None),
        ("add_voxel", r#"{"x": 5, "author": "me"}"#, None),
        ("set_author", "[9007199254740992]", None),
        ("set_author", "[]", None),
        ("redo", "[]", Some(("goxel.redo", 9))),
        ("set_author", "[9007199254740991]", None),
        ("rename_layer", r#"[1, "a"]"#, Some(("goxel.rename_layer", 9_007_199_254_740_991))),
    ]);
}

#[test]
fn a_joined_notice_names_the_last_method_and_the_author_if_there_is_one() {
    let notice = |method, author| Notice {
        project: "a".to_owned(),
        revision: 1,
        changed: None,
        method,
        author: Some(Author(author)),
    };
    let mut joined = notice("goxel.add_voxel", 3);
    joined.join(&notice("goxel.undo", 3));
    assert_eq!((joined.method, joined.author), ("goxel.undo", Some(Author(3))));
    joined.join(&notice("goxel.redo", 4));
    assert!(joined.line().contains(r#""author":null"#), "{}", joined.line());
    // Nobody of several is the author, whoever comes next.
    joined.join(&notice("goxel.redo", 4));
    assert_eq!(joined.author, None);
}

/// Who the history says made the last step of the current project.
fn last_author(session: &Session) -> Author {
    Project::clone(&session.projects.get("project-1").unwrap().project).undo().unwrap()
}

#[test]
fn both_ways_of_an_edit_know_whose_it_is() {
    let message = br#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3],"id":1}"#;
    let mut session = session();
    let mut scope = Scope::new();
    for (number, author) in [0, 12, 0, 7].into_iter().enumerate() {
        ask_in(&mut session, &mut scope, "set_author", &format!("[{author}]")).unwrap();
        assert!(session.answer_quickly(message, &scope, |_| true, &mut String::new()));
        assert_eq!(last_author(&session), Author(author), "{number}");
        ask_in(&mut session, &mut scope, "remove_voxel", "[1, 2, 3]").unwrap();
        assert_eq!(last_author(&session), Author(author), "{number}");
    }
    ask_in(&mut session, &mut scope, "add_voxel", r#"{"author": 3}"#).unwrap();
    assert_eq!(last_author(&session), Author(3));
}

#[test]
fn an_edit_of_a_closed_project_does_not_come_to_one_that_has_its_id_now() {
    let mut session = session();
    let mut scope = Scope::new();
    let tower = r#"{"project_id": "tower"}"#;
    ask_in(&mut session, &mut scope, "create_project", tower).unwrap();
    let sphere = r#"{"project_id": "tower", "shape": "sphere", "size": 200}"#;
    let edit = |session: &mut Session| match start(session, "procedural_shape", sphere) {
        Step::Job(job) => job.run(&Nowhere),
        Step::Done(_) => panic!("it is a job"),
    };
    let old = edit(&mut session);
    ask_in(&mut session, &mut scope, "close_project", tower).unwrap();
    ask_in(&mut session, &mut scope, "create_project", tower).unwrap();
    let new = edit(&mut session);
    assert_eq!(reason(session.finish(old, None)), "\"not_kept\"");
    assert!(session.is_busy("tower"), "with its own edit");
    assert!(session.projects.get("tower").unwrap().scene().filled() == 0);
    session.finish(new, None).unwrap();
    assert!(!session.is_busy("tower"));
    assert!(session.projects.get("tower").unwrap().scene().filled() > 1_000_000);
}
