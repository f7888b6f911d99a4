//! Random commands, carried out by the engine and by a model of hash maps written from
//! spec/engine.md: both must agree, and undo and redo must lead where they lead in the model.
//!
//! Each world is a project that begins empty. `GOXEL_SEED` gives the worlds other seeds;
//! what fails says its seed and the fewest commands found that still fail.

#[path = "model/blend.rs"]
mod blend;
#[path = "model/compare.rs"]
mod compare;
#[path = "model/dice.rs"]
mod dice;
#[path = "model/draw.rs"]
mod draw;
#[path = "model/draw_scene.rs"]
mod draw_scene;
#[path = "model/edits.rs"]
mod edits;
#[path = "model/layers.rs"]
mod layers;
#[path = "model/moves.rs"]
mod moves;
#[path = "model/region.rs"]
mod region;
#[path = "model/scenery.rs"]
mod scenery;
#[path = "model/selecting.rs"]
mod selecting;
#[path = "model/shapes.rs"]
mod shapes;
#[path = "model/state.rs"]
mod state;
#[path = "model/world.rs"]
mod world;

use goxel_engine::command::{Author, Command as C};
use goxel_engine::project::Project;
use goxel_engine::scene::LayerId;

/// Commands between two checks of everything, and such windows in a world.
const WINDOW: usize = 500;
const WINDOWS: usize = 10;

/// A number that cannot be counted on from panicked.
#[test]
fn a_copy_of_a_layer_with_the_greatest_number_has_a_name_of_its_own() {
    let mut project = Project::new();
    let name = format!("x.{}", u64::MAX);
    let layer = LayerId(1);
    for command in [C::RenameLayer { layer, name }, C::DuplicateLayer { layer }] {
        project.apply(command, Author::default()).unwrap();
    }
    let [first, second] = [0, 1].map(|index| &project.scene().layers[index].name);
    assert!(!first.eq_ignore_ascii_case(second) && second.len() <= 255, "{second}");
}

/// The fourth part of a million commands.
#[track_caller]
fn check(part: u64) {
    let seed = std::env::var("GOXEL_SEED").ok().and_then(|text| text.parse().ok());
    let first: u64 = seed.unwrap_or(0) + 1_000_000 * part;
    let worlds = std::env::var("GOXEL_WORLDS").ok().and_then(|text| text.parse().ok());
    println!("worlds from seed {first}, {WINDOWS} times {WINDOW} commands each");
    for world in 0..worlds.unwrap_or(50) {
        world::run_world(first + world, WINDOWS, WINDOW);
    }
}

#[test]
fn the_engine_and_a_naive_model_agree_on_a_quarter_million_commands() {
    check(0);
}

#[test]
fn the_engine_and_a_naive_model_agree_on_a_second_quarter_million() {
    check(1);
}

#[test]
fn the_engine_and_a_naive_model_agree_on_a_third_quarter_million() {
    check(2);
}

#[test]
fn the_engine_and_a_naive_model_agree_on_a_last_quarter_million() {
    check(3);
}
