//! What the tests have the session do: three projects, slow edits, loads, closes, two checkpoints
//! with edits between the begin and the end of each.

use serde_json::{Value, json};

use super::driver::{Driver, Turn};

#[derive(Clone, Debug)]
pub enum Act {
    Ask(&'static str, Value),
    /// The job is finished by a later turn.
    Begin(&'static str, Value),
    Finish,
    Turn,
    BeginCheckpoint,
    EndCheckpoint,
    /// At what projects are like; a later finish tells the journal.
    Look,
}

use Act::{Ask, Begin, BeginCheckpoint, EndCheckpoint, Finish, Look};

pub fn voxel(project: &str, x: i32) -> Act {
    let at =
        json!({"project_id": project, "position": [x, x / 3, -x], "color": [x & 255, 9, 0, 255]});
    Ask("goxel.add_voxel", at)
}

fn of(method: &'static str, project: &str) -> Act {
    Ask(method, json!({"project_id": project}))
}

pub fn create(project: &str) -> Act {
    Ask("goxel.create_project", json!({"name": project, "project_id": project}))
}

fn cube(project: &str, edge: i32) -> Act {
    let cube = json!({"project_id": project, "shape": "cube", "center": [0, 0, 0],
        "size": [edge, edge, edge], "color": [1, 2, 3, 255]});
    Ask("goxel.procedural_shape", cube)
}

/// Slow: it looks for its region in more voxels than a turn has time for.
pub fn flood(project: &str, blue: u8) -> Act {
    let flood = json!({"project_id": project, "position": [0, 0, 0], "color": [0, 0, blue, 255]});
    Begin("goxel.flood_fill", flood)
}

/// The acts, with the end of a turn behind each.
pub fn script() -> Vec<Act> {
    let file = |method, project: &str| Ask(method, json!({"path": "c.gox", "project_id": project}));
    let acts = [
        create("a"),
        create("b"),
        voxel("a", 1),
        create("c"),
        cube("b", 18),
        flood("b", 7),
        voxel("a", 2),
        voxel("c", 3),
        Look,
        Finish,
        file("goxel.save_project", "c"),
        of("goxel.close_project", "c"),
        file("goxel.load_project", "c"),
        BeginCheckpoint,
        voxel("a", 4),
        of("goxel.undo", "b"),
        EndCheckpoint,
        of("goxel.redo", "b"),
        voxel("c", 5),
        flood("b", 9),
        Ask("goxel.create_project", json!({"name": "everybody's"})),
        BeginCheckpoint,
        Finish,
        of("goxel.close_project", "c"),
        of("goxel.undo", "a"),
        EndCheckpoint,
        voxel("a", 6),
        Look,
        of("goxel.undo", "b"),
        Finish,
    ];
    acts.into_iter().flat_map(|act| [act, Act::Turn]).collect()
}

/// Does one thing. An error means that the process must end.
pub fn act(driver: &mut Driver, act: &Act) -> Result<Turn, String> {
    match act {
        Ask(method, params) => _ = driver.ask(method, params),
        Begin(method, params) => driver.begin(method, params),
        Finish => driver.finish(),
        Look => driver.look(),
        Act::Turn => return driver.try_turn(),
        BeginCheckpoint => return driver.begin_checkpoint(),
        EndCheckpoint => _ = driver.end_checkpoint(),
    }
    Ok(Turn::Nothing)
}
