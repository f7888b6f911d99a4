//! `--repair`: makes a broken state one that can be read, and says what that costs.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use goxel_journal::{Cut, Disk, Journal, Options, Policy, Position, Storage, write_whole};
use goxel_rpc::journal::{Log, Rebuilt};
use goxel_rpc::{Config, Session};

use super::recovery::{READING, read_manifest, rebuild_one};
use super::{RULES, State};

/// Repairs the state in `dir`: a line for each thing that was done, or why it cannot be.
///
/// Of whatever is changed or dropped a copy stays, `<name>.damaged`. In the end a checkpoint holds all
/// that is left.
pub fn repair(dir: &Path) -> Result<Vec<String>, String> {
    let in_dir = |error: &dyn std::fmt::Display| format!("{}: {error}", dir.display());
    let disk = Disk::open(dir).map_err(|error| in_dir(&error))?;
    repair_in(Arc::new(disk)).map_err(|error| in_dir(&error))
}

pub(super) fn repair_in(storage: Arc<dyn Storage>) -> Result<Vec<String>, String> {
    let manifest = read_manifest(storage.as_ref()).map_err(|error| {
        format!("{error}; without it nothing is known: move the folder away to begin anew")
    })?;
    let from = Position(manifest.position + 1);
    let report =
        goxel_journal::repair(storage.as_ref(), RULES, from).map_err(|error| error.to_string())?;
    let mut lines: Vec<String> = report.cuts.iter().map(told).collect();
    let at_least = Position(manifest.position);
    let options = Options { policy: Policy::Always, rules: RULES, at_least, wake: Box::new(|| ()) };
    let opened = Journal::open(Arc::clone(&storage), from, options);
    let (journal, found) = opened.map_err(|error| error.to_string())?;
    let frames = found.frames.iter().map(|(position, bytes)| (position.0, bytes));
    let mut log = Log::read(&manifest, frames).map_err(|error| error.to_string())?;
    let config = Config::default();
    let (rebuilt, broken) = rebuild_what_can_be(storage.as_ref(), &log, &config);
    if !broken.is_empty() {
        keep_copies(storage.as_ref(), &log, &broken)?;
    }
    for (number, why) in broken {
        lines.push(format!("{why}: dropped"));
        log.leave_out(number);
    }
    lines.push(format!("{} projects are left", rebuilt.len()));
    let session = Session::resume(config, &log, rebuilt);
    finish(State::new(storage, Policy::Always, journal, manifest), &session)?;
    Ok(lines)
}

fn told(cut: &Cut) -> String {
    format!(
        "{}: {} bytes with {} frames dropped from byte {} on; all of it is in {}",
        cut.file, cut.bytes, cut.frames, cut.offset, cut.kept
    )
}

/// The projects that can be read, and the numbers of the others with why.
fn rebuild_what_can_be(
    storage: &dyn Storage,
    log: &Log<'_>,
    config: &Config,
) -> (Vec<Rebuilt>, Vec<(u64, String)>) {
    let (mut rebuilt, mut broken) = (Vec::new(), Vec::new());
    for (number, _) in log.projects() {
        match rebuild_one(storage, log, number, config) {
            Ok(project) => rebuilt.push(project),
            Err(why) => broken.push((number, why)),
        }
    }
    (rebuilt, broken)
}

/// The files of the projects that are dropped, and the whole journal, under other names.
fn keep_copies(
    storage: &dyn Storage,
    log: &Log<'_>,
    broken: &[(u64, String)],
) -> Result<(), String> {
    let names = storage.list().map_err(|error| error.to_string())?;
    let files: BTreeSet<&str> =
        broken.iter().filter_map(|(number, _)| log.file_of(*number)).collect();
    let is_theirs = |name: &&String| files.contains(name.as_str()) || name.starts_with("log-");
    for name in names.iter().filter(is_theirs) {
        let bytes = storage.read(name).map_err(|error| format!("{name}: {error}"))?;
        write_whole(storage, &format!("{name}.damaged"), &[&bytes])
            .map_err(|error| format!("a copy of {name}: {error}"))?;
    }
    Ok(())
}

/// Puts all that is left into a checkpoint, and empties the journal.
fn finish(mut state: State, session: &Session) -> Result<(), String> {
    // No worker has died over what is left.
    let _ = state.storage.remove(READING);
    state.overdue = true;
    let checkpoint = state.begin_checkpoint(session).ok_or("the journal cannot be written")?;
    let made = checkpoint.make();
    let done = made.error().map_or(Ok(()), |error| Err(format!("no checkpoint: {error}")));
    state.end_checkpoint(made).remove();
    state.close();
    done
}
