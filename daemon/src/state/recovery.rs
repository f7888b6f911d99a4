//! The way back: from what is on the disk to a session.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use goxel_journal::{Disk, Journal, Options, Position, Storage, unseal, write_whole};
use goxel_rpc::journal::{Log, Manifest, Rebuilt};
use goxel_rpc::{Config, Session};
use serde::{Deserialize, Serialize};

use super::checkpoint::sweep;
use super::{MANIFEST, RULES, State, policy};
use crate::config::plain;

/// Which projects are being read, and how often that was begun.
pub(super) const READING: &str = "reading.json";
/// A project over which so many workers have died is left out.
const DEATHS: u32 = 2;
/// How long the worker before may take to let go of the state.
const HANDOVER: Duration = Duration::from_secs(4);
/// How often it is said that it is still going on.
const ALIVE_INTERVAL: Duration = Duration::from_secs(1);
const CHANGED: &str = "it is not what was written: its checksum does not fit";
const HANDOVER_LOOK: Duration = Duration::from_millis(10);

/// A session, and where it is kept from here on.
pub struct Recovered {
    pub session: Session,
    pub state: State,
}

/// What recovery needs from around it.
pub struct Around<'a> {
    pub config: Config,
    pub threads: usize,
    pub fsync: plain::Fsync,
    /// Called by another thread when more is acknowledged.
    pub wake: Box<dyn Fn() + Send + Sync>,
    /// Called now and then, by the calling thread: it is still going on.
    pub alive: &'a mut dyn FnMut(),
}

/// Opens the state in a folder, and reads what there is.
pub fn recover(dir: &Path, around: Around<'_>) -> Result<Recovered, String> {
    recover_in(Arc::new(take_over(dir)?), around)
        .map_err(|error| format!("{}: {error}", dir.display()))
}

/// The same from a folder that is open.
pub(super) fn recover_in(
    storage: Arc<dyn Storage>,
    around: Around<'_>,
) -> Result<Recovered, String> {
    let begun = Instant::now();
    let manifest = read_manifest(storage.as_ref())?;
    let Around { config, threads, fsync, wake, alive } = around;
    let at_least = Position(manifest.position);
    let options = Options { policy: policy(fsync), rules: RULES, at_least, wake };
    let from = Position(manifest.position + 1);
    let (journal, found) =
        Journal::open(Arc::clone(&storage), from, options).map_err(|error| error.to_string())?;
    if let Some(torn) = &found.torn {
        log::warn!(
            "{} ends in {} bytes that are no whole frame: an edit that nobody was told was made",
            torn.file,
            torn.bytes
        );
    }
    let frames = found.frames.iter().map(|(position, bytes)| (position.0, bytes));
    let mut log = Log::read(&manifest, frames).map_err(|error| error.to_string())?;
    let Rebuilding { rebuilt, left_out, complaints } =
        rebuild_all(storage.as_ref(), &mut log, &config, threads, alive).map_err(|error| {
            format!("{error}; goxel-daemon --repair keeps a copy and goes on without")
        })?;
    complaints.iter().for_each(|complaint| log::error!("{complaint}"));
    // The process before may have died between the manifest's new name and its sync.
    match storage.sync_names() {
        Ok(()) => sweep(storage.as_ref(), &[&manifest]),
        Err(error) => log::warn!("old files stay: {error}"),
    }
    let edits: usize = rebuilt.iter().map(|it| it.edits).sum();
    if !rebuilt.is_empty() {
        let took = begun.elapsed().as_millis();
        log::info!("{} projects are back, {edits} edits replayed in {took} ms", rebuilt.len());
    }
    let session = Session::resume(config, &log, rebuilt);
    let state =
        State { left_out, complaints, ..State::new(storage, policy(fsync), journal, manifest) };
    Ok(Recovered { session, state })
}

/// Waits for the worker before us, which may be about to end.
fn take_over(dir: &Path) -> Result<Disk, String> {
    let deadline = Instant::now() + HANDOVER;
    loop {
        match Disk::open(dir) {
            Err(error)
                if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < deadline =>
            {
                thread::sleep(HANDOVER_LOOK);
            }
            opened => {
                return opened.map_err(|error| {
                    format!("the state in {}: {error}; set --state-dir", dir.display())
                });
            }
        }
    }
}

pub(super) fn read_manifest(storage: &dyn Storage) -> Result<Manifest, String> {
    match storage.read(MANIFEST) {
        Ok(file) => manifest_in(&file).map_err(|error| format!("{MANIFEST}: {error}")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Manifest::nothing()),
        Err(error) => Err(format!("{MANIFEST}: {error}")),
    }
}

/// What is of a newer version may have another seal.
fn manifest_in(file: &[u8]) -> Result<Manifest, String> {
    let (Ok(text) | Err(text)) = unseal(file);
    Manifest::check_version(text).map_err(|error| error.to_string())?;
    unseal(file).map_err(|_| CHANGED)?;
    Manifest::from_text(text).map_err(|error| error.to_string())
}

/// Rebuilds all projects, on some threads.
fn rebuild_together(
    storage: &dyn Storage,
    log: &Log<'_>,
    config: &Config,
    threads: usize,
    alive: &mut dyn FnMut(),
) -> Result<Vec<Rebuilt>, String> {
    let numbers: Vec<u64> = log.projects().map(|(number, _)| number).collect();
    let next = AtomicUsize::new(0);
    let work = |results: Sender<Result<Rebuilt, String>>| {
        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            if results.send(rebuild_one(storage, log, *number, config)).is_err() {
                return;
            }
        }
    };
    let (sender, results) = channel();
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, numbers.len().max(1)) {
            let sender = sender.clone();
            scope.spawn(|| work(sender));
        }
        drop(sender);
        let mut rebuilt = Vec::new();
        loop {
            match results.recv_timeout(ALIVE_INTERVAL) {
                Ok(result) => rebuilt.push(result?),
                Err(RecvTimeoutError::Timeout) => alive(),
                Err(RecvTimeoutError::Disconnected) => return Ok(rebuilt),
            }
        }
    })
}

pub(super) fn rebuild_one(
    storage: &dyn Storage,
    log: &Log<'_>,
    number: u64,
    config: &Config,
) -> Result<Rebuilt, String> {
    let read = |name| storage.read(name).map_err(|error| format!("{name}: {error}"));
    let file = log.file_of(number).map(read).transpose()?;
    let name = log.file_of(number).unwrap_or_default();
    let sealed = file.as_deref().map(unseal).transpose();
    let bytes = sealed.map_err(|_| format!("{name}: {CHANGED}"))?;
    log.rebuild(number, bytes, config).map_err(|error| error.to_string())
}

/// Which projects are being read: a note for the next worker, should this one die over them.
#[derive(Default, Serialize, Deserialize)]
struct Reading {
    /// Those being read now.
    now: Vec<u64>,
    /// Over which, read alone, how many workers have died.
    deaths: BTreeMap<u64, u32>,
}

impl Reading {
    /// What the worker before has left, if it died over projects. The one that it was reading
    /// alone was its death.
    fn left_behind(storage: &dyn Storage) -> Option<Reading> {
        let mut reading: Reading = serde_json::from_slice(&storage.read(READING).ok()?).ok()?;
        if let [alone] = reading.now[..] {
            *reading.deaths.entry(alone).or_default() += 1;
        }
        Some(reading)
    }

    fn note(&mut self, now: Vec<u64>, storage: &dyn Storage) {
        self.now = now;
        let text = serde_json::to_vec(self).unwrap_or_default();
        // On a disk that is full there is no note, and no worse for that.
        if let Err(error) = write_whole(storage, READING, &[&text]) {
            log::debug!("{READING}: {error}");
        }
    }
}

/// What came of reading all projects.
#[derive(Default)]
struct Rebuilding {
    rebuilt: Vec<Rebuilt>,
    /// The numbers of those that were not read, and what is to be said of that.
    left_out: Vec<u64>,
    complaints: Vec<String>,
}

/// Rebuilds all projects. If a worker has died over that, one by one, without those that it is
/// because of.
fn rebuild_all(
    storage: &dyn Storage,
    log: &mut Log<'_>,
    config: &Config,
    threads: usize,
    alive: &mut dyn FnMut(),
) -> Result<Rebuilding, String> {
    let projects: Vec<(u64, String)> =
        log.projects().map(|(number, id)| (number, id.to_owned())).collect();
    if projects.is_empty() {
        return Ok(Rebuilding::default());
    }
    let Some(mut reading) = Reading::left_behind(storage) else {
        let all = projects.into_iter().map(|(number, _)| number).collect();
        Reading::default().note(all, storage);
        let rebuilt = rebuild_together(storage, log, config, threads, alive);
        // Who is told why has not died.
        forget_reading(storage);
        return Ok(Rebuilding { rebuilt: rebuilt?, ..Rebuilding::default() });
    };
    let mut all = Rebuilding::default();
    for (number, id) in projects {
        if reading.deaths.get(&number).is_some_and(|deaths| *deaths >= DEATHS) {
            all.complaints.push(format!(
                "project {id} is left out: {DEATHS} workers died over it; what it was stays in the \
                 journal, and without {READING} there it is read again"
            ));
            all.left_out.push(number);
            log.leave_out(number);
            continue;
        }
        reading.note(vec![number], storage);
        let read = rebuild_one(storage, log, number, config);
        if read.is_err() {
            reading.note(Vec::new(), storage);
        }
        all.rebuilt.push(read?);
        alive();
    }
    match all.complaints.is_empty() {
        true => forget_reading(storage),
        false => reading.note(Vec::new(), storage),
    }
    Ok(all)
}

fn forget_reading(storage: &dyn Storage) {
    if let Err(error) = storage.remove(READING) {
        log::debug!("{READING}: {error}");
    }
}

/// A damaged project, to be read again by any thread.
pub struct Reload {
    storage: Arc<dyn Storage>,
    until: Position,
    number: u64,
    config: Config,
}

/// What came of it.
pub struct Reloaded {
    pub number: u64,
    pub rebuilt: Result<Rebuilt, String>,
}

impl State {
    /// How a project comes back that an edit has left in its middle: as the last commit has it.
    pub fn reload(&self, number: u64, config: Config) -> Reload {
        Reload { storage: Arc::clone(&self.storage), until: self.journal.last(), number, config }
    }
}

impl Reload {
    pub fn make(self) -> Reloaded {
        let rebuilt = catch_unwind(AssertUnwindSafe(|| self.read()))
            .unwrap_or_else(|_| Err("it cannot be read without an internal error".to_owned()));
        Reloaded { number: self.number, rebuilt }
    }

    fn read(&self) -> Result<Rebuilt, String> {
        let storage = self.storage.as_ref();
        read_kept(storage, self.until, |_, log| {
            rebuild_one(storage, log, self.number, &self.config)
        })
    }
}

/// What `read` makes of all that is kept up to a frame. A checkpoint that is made meanwhile takes
/// the files away from under it: then it is done again with that one.
pub(super) fn read_kept<T>(
    storage: &dyn Storage,
    until: Position,
    mut read: impl FnMut(&Manifest, &mut Log<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let mut manifest = read_manifest(storage)?;
    loop {
        let from = Position(manifest.position + 1);
        let outcome = goxel_journal::read(storage, RULES, from, until)
            .map_err(|error| error.to_string())
            .and_then(|frames| {
                let frames = frames.iter().map(|(position, bytes)| (position.0, bytes));
                let log = Log::read(&manifest, frames).map_err(|error| error.to_string());
                log.and_then(|mut log| read(&manifest, &mut log))
            });
        let now = read_manifest(storage)?;
        if outcome.is_ok() || now == manifest {
            return outcome;
        }
        manifest = now;
    }
}
