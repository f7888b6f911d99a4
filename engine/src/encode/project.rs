//! A whole project as bytes: what a journal keeps, so that what came before can go.
//!
//! The scene, the steps to undo and to redo with who made them, the clipboard, the named
//! checkpoints and the revision; not the limits, the threads and what was composited.
//!
//! The bytes: the version, and then, packed as one (`packed.rs`), four parts, each behind its
//! length in bytes. The last three are the bricks (`streams.rs`). The first is
//!
//! - the digest of the scene, 16 bytes, and the project's revision;
//! - the scene: what makes it of nothing (`change.rs`);
//! - the steps to undo, then those to redo (`past.rs`);
//! - the clipboard: a boolean, and if true its bricks (`pool.rs`); then its box;
//! - how many checkpoints, and for each, in the order of their names, its name, its
//!   revision, and 0 and what makes its scene of the one of now, 1 if it is the one of now, or
//!   how many checkpoints before lies one of the same scene, plus 1.
//!
//! Each brick is written once: scenes, steps, checkpoints and clipboard share theirs, and do so again
//! when they are read. One project has many forms: how its volumes are shared decides.
//!
//! Trust ends at the digest: it says that the scene is the one that was written. Of all
//! else is known that it is well-formed, and that no step of it can fail: whoever stores the
//! bytes sees to it that they are the same (the journal's files have a checksum).

use super::change::{Known, Seen, take_volume};
use super::code::{Code, Input, put_varint};
use super::error::DecodeError;
use super::limits::Limits;
use super::packed::{put_packed, take_packed};
use super::past::{put_stack, take_stack};
use super::pool::{Budget, Pool, Shelf};
use super::scene::nothing;
use super::streams::{Sources, take_part};
use crate::digest::Digest;
use crate::effect::changed_bricks;
use crate::history::History;
use crate::project::{Checkpoint, Clipboard, Project};
use crate::scene::{NAME_MAX, Scene};
use crate::volume::Volume;
use flate2::Compression;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The version of the bytes of projects.
pub const PROJECT_VERSION: u8 = 1;

/// How hard it is deflated: twice as much time as the fastest, for two thirds of the bytes.
const LEVEL: u32 = 4;

const CHANGED: usize = 0;
const OF_NOW: usize = 1;

/// All of a project but its limits and threads as bytes.
pub fn project(project: &Project) -> Vec<u8> {
    let mut bytes = vec![PROJECT_VERSION];
    put_packed(&plain(project), Compression::new(LEVEL), &mut bytes);
    bytes
}

fn plain(project: &Project) -> Vec<u8> {
    let mut pool = Pool::default();
    parts_of(&without_bricks(project, &mut pool), &pool)
}

fn parts_of(first: &[u8], pool: &Pool) -> Vec<u8> {
    let mut out = Vec::new();
    u8::put_list(first, &mut out);
    pool.streams.append_to(&mut out);
    out
}

fn without_bricks(project: &Project, pool: &mut Pool) -> Vec<u8> {
    let mut out = Digest::of(&project.scene).to_bytes().to_vec();
    project.revision.put(&mut out);
    let now = Seen::of(&project.scene);
    Seen::of(&Arc::new(nothing())).put_change(&now, pool, &mut out);
    put_stack(&project.history.undo, &now, pool, &mut out);
    put_stack(&project.history.redo, &now, pool, &mut out);
    put_clipboard(&project.clipboard, pool, &mut out);
    put_checkpoints(&project.checkpoints, &now, pool, &mut out);
    out
}

fn put_clipboard(clipboard: &Clipboard, pool: &mut Pool, out: &mut Vec<u8>) {
    clipboard.voxels.is_some().put(out);
    if let Some(voxels) = &clipboard.voxels {
        pool.put(&changed_bricks(&Volume::new(), voxels), out);
    }
    clipboard.area.put(out);
}

fn put_checkpoints(
    checkpoints: &BTreeMap<String, Checkpoint>,
    now: &Seen,
    pool: &mut Pool,
    out: &mut Vec<u8>,
) {
    put_varint(checkpoints.len() as u64, out);
    let mut known: HashMap<*const Scene, usize> = HashMap::new();
    for (index, (name, Checkpoint { scene, revision })) in checkpoints.iter().enumerate() {
        name.put(out);
        revision.put(out);
        let address = Arc::as_ptr(scene);
        if address == Arc::as_ptr(&now.known.scene) {
            OF_NOW.put(out);
        } else if let Some(before) = known.get(&address) {
            (OF_NOW + index - before).put(out);
        } else {
            CHANGED.put(out);
            now.put_change(&Seen::of(scene), pool, out);
            known.insert(address, index);
        }
    }
}

/// The project that [`project`] wrote, with the usual limits and one thread.
///
/// `limits` bound it as a whole: all that it holds takes about [`Limits::max_bytes`] at most, and what is
/// to be read again must be within them.
pub fn decode_project(bytes: &[u8], limits: &Limits) -> Result<Project, DecodeError> {
    let mut input = Input::new(bytes, PROJECT_VERSION, limits)?;
    match take_packed(&mut input)? {
        Some(plain) => take_plain(&mut Input::part(&plain, limits)),
        None => take_plain(&mut input),
    }
}

fn take_plain(all: &mut Input<'_>) -> Result<Project, DecodeError> {
    let input = &mut take_part(all)?;
    let mut shelf = Shelf::of(Sources::take(all)?);
    all.end()?;
    let mut budget = Budget::of(input.limits.max_bytes);
    let from = input.offset();
    let digest = Digest::from_bytes(input.array()?);
    let revision = take_revision(input)?;
    let none = Known::of(Arc::new(nothing()));
    let now = none.take_change(input, &mut shelf, &mut budget)?;
    if Digest::of(&now.scene) != digest {
        return Err(DecodeError::broken(from, "a scene that does not meet its digest"));
    }
    let history = History {
        undo: take_stack(&now, input, &mut shelf, &mut budget)?,
        redo: take_stack(&now, input, &mut shelf, &mut budget)?,
    };
    let clipboard = take_clipboard(input, &mut shelf, &mut budget)?;
    let checkpoints = take_checkpoints(&now, input, &mut shelf, &mut budget)?;
    input.end()?;
    shelf.end()?;
    let mut project = Project::new();
    (project.scene, project.revision, project.history) = (now.scene, revision, history);
    (project.clipboard, project.checkpoints) = (clipboard, checkpoints);
    Ok(project)
}

/// Each edit counts it up: it must not come to its end.
fn take_revision(input: &mut Input<'_>) -> Result<u64, DecodeError> {
    let from = input.offset();
    let revision = u64::take(input)?;
    if revision > u64::MAX / 2 {
        return Err(DecodeError::broken(from, "a revision that cannot be"));
    }
    Ok(revision)
}

fn take_clipboard(
    input: &mut Input<'_>,
    shelf: &mut Shelf<'_>,
    budget: &mut Budget,
) -> Result<Clipboard, DecodeError> {
    let mut voxels = None;
    if bool::take(input)? {
        let mut room = input.limits.max_bricks;
        voxels = Some(take_volume(&Volume::new(), input, shelf, &mut room, budget)?);
    }
    Ok(Clipboard { voxels, area: Code::take(input)? })
}

fn take_checkpoints(
    now: &Known,
    input: &mut Input<'_>,
    shelf: &mut Shelf<'_>,
    budget: &mut Budget,
) -> Result<BTreeMap<String, Checkpoint>, DecodeError> {
    let from = input.offset();
    let count = input.count()?;
    budget.spend(count.saturating_mul(size_of::<Checkpoint>() + NAME_MAX), from)?;
    let mut checkpoints: BTreeMap<String, Checkpoint> = BTreeMap::new();
    let mut scenes = Vec::with_capacity(count);
    for _ in 0..count {
        let from = input.offset();
        let name = String::take(input)?;
        let last = checkpoints.last_key_value();
        if name.is_empty() || name.len() > NAME_MAX || last.is_some_and(|(last, _)| *last >= name) {
            return Err(DecodeError::broken(from, "a checkpoint's name that cannot be there"));
        }
        let revision = take_revision(input)?;
        let from = input.offset();
        let scene = match usize::take(input)? {
            CHANGED => now.take_change(input, shelf, budget)?.scene,
            OF_NOW => Arc::clone(&now.scene),
            number => scenes
                .len()
                .checked_sub(number - OF_NOW)
                .map(|index| Arc::clone(&scenes[index]))
                .ok_or(DecodeError::broken(from, "a checkpoint that is not there"))?,
        };
        scenes.push(Arc::clone(&scene));
        checkpoints.insert(name, Checkpoint { scene, revision });
    }
    Ok(checkpoints)
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
