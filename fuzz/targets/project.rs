//! Any bytes as a project: one or an error, and what was read can be taken back, made again, edited,
//! written and read again.

#![no_main]

use goxel_engine::command::{Author, Command};
use goxel_engine::digest::Digest;
use goxel_engine::encode::{Limits, decode_project, project};
use goxel_engine::project::Project;
use goxel_engine::volume::{Coord, Voxel};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        max_bricks: 1 << 10,
        max_bytes: 1 << 24,
        max_inflated: 1 << 20,
        max_text: 1 << 10,
        ..Limits::default()
    };
    let Ok(found) = decode_project(bytes, &limits) else { return };
    // Two forms may share differently, so the second may be larger than the limits of the first.
    let again = decode_project(&project(&found), &Limits::default());
    assert_eq!(life(again.expect("what was written can be read")), life(found));
});

/// The digests on the way to the first step, to the last, and after an edit.
fn life(mut project: Project) -> Vec<Digest> {
    let mut digests = vec![Digest::of(project.scene())];
    for step in [Project::undo, Project::redo] {
        while step(&mut project).is_ok() {
            digests.push(Digest::of(project.scene()));
        }
    }
    let edit = Command::SetVoxel { layer: None, at: Coord::new(1, 2, 3), voxel: Voxel::WHITE };
    let _ = project.apply(edit, Author(0));
    digests.push(Digest::of(project.scene()));
    digests
}
