use super::*;
use crate::envelope::{Decoded, decode};
use crate::host::Facts;
use goxel_engine::scene::{Layer, LayerId};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

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

    fn facts(&self) -> Facts {
        Facts::default()
    }

    fn render_threads(&self) -> usize {
        panic!("a host with a bug")
    }
}

fn start(session: &mut Session, method: &str, params: &str) -> Step {
    let host: Arc<dyn Host> = Arc::new(Nowhere);
    let text = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":1}}"#);
    let Decoded::Single(request) = decode(text.as_bytes()) else {
        panic!("{text} is a request");
    };
    session.start(&request, &host)
}

fn ask(session: &mut Session, method: &str) -> Outcome {
    match start(session, method, "[]") {
        Step::Done(outcome) => outcome,
        Step::Job(job) => session.finish(job.run(&Nowhere)),
    }
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
    let current = session.current.as_mut().unwrap();
    let broken =
        Edit::new(Command::ClearLayer { layer: None }, |_, _| panic!("an edit with a bug"));
    let panicked = catch_unwind(AssertUnwindSafe(|| current.carry_out(broken)));
    assert!(panicked.is_err());
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
        session.make_current(Current::new(project, About::default()));
        let found = matches!(start(&mut session, method, params), Step::Job(_));
        assert_eq!(found, expected, "{method} {params}");
    }
}
