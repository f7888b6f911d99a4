//! The way back: from what is on the disk to a session.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use goxel_journal::{Disk, Journal, Options, Position, Storage, write_whole};
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
    let begun = Instant::now();
    let storage: Arc<dyn Storage> = Arc::new(take_over(dir)?);
    let in_dir = |error: &dyn std::fmt::Display| format!("{}: {error}", dir.display());
    let manifest = read_manifest(storage.as_ref()).map_err(|error| in_dir(&error))?;
    let Around { config, threads, fsync, wake, alive } = around;
    let at_least = Position(manifest.position);
    let options = Options { policy: policy(fsync), rules: RULES, at_least, wake };
    let from = Position(manifest.position + 1);
    let (journal, found) =
        Journal::open(Arc::clone(&storage), from, options).map_err(|error| in_dir(&error))?;
    if let Some(torn) = &found.torn {
        log::warn!(
            "{}: {} ends in {} bytes that are no whole frame: an edit that nobody was told was made",
            dir.display(),
            torn.file,
            torn.bytes
        );
    }
    let frames = found.frames.iter().map(|(position, bytes)| (position.0, bytes));
    let mut log = Log::read(&manifest, frames).map_err(|error| in_dir(&error))?;
    let (rebuilt, complaints) = rebuild_all(storage.as_ref(), &mut log, &config, threads, alive)
        .map_err(|error| {
            format!("{}; goxel-daemon --repair keeps a copy and goes on without", in_dir(&error))
        })?;
    complaints.iter().for_each(|complaint| log::error!("{complaint}"));
    sweep(storage.as_ref(), &manifest);
    let edits: usize = rebuilt.iter().map(|it| it.edits).sum();
    if !rebuilt.is_empty() {
        let took = begun.elapsed().as_millis();
        log::info!("{} projects are back, {edits} edits replayed in {took} ms", rebuilt.len());
    }
    let session = Session::resume(config, &log, rebuilt);
    let state = State { complaints, ..State::new(storage, journal, manifest) };
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
        Ok(text) => Manifest::from_text(&text).map_err(|error| format!("{MANIFEST}: {error}")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Manifest::nothing()),
        Err(error) => Err(format!("{MANIFEST}: {error}")),
    }
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
    let file = log
        .file_of(number)
        .map(|name| storage.read(name).map_err(|error| format!("{name}: {error}")));
    let file = file.transpose()?;
    log.rebuild(number, file.as_deref(), config).map_err(|error| error.to_string())
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

/// Rebuilds all projects. If a worker has died over that, one by one, without those that it is
/// because of; what is said of them is the second answer.
fn rebuild_all(
    storage: &dyn Storage,
    log: &mut Log<'_>,
    config: &Config,
    threads: usize,
    alive: &mut dyn FnMut(),
) -> Result<(Vec<Rebuilt>, Vec<String>), String> {
    let projects: Vec<(u64, String)> =
        log.projects().map(|(number, id)| (number, id.to_owned())).collect();
    if projects.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let Some(mut reading) = Reading::left_behind(storage) else {
        let all = projects.into_iter().map(|(number, _)| number).collect();
        Reading::default().note(all, storage);
        let rebuilt = rebuild_together(storage, log, config, threads, alive)?;
        forget_reading(storage);
        return Ok((rebuilt, Vec::new()));
    };
    let (mut rebuilt, mut complaints) = (Vec::new(), Vec::new());
    for (number, id) in projects {
        if reading.deaths.get(&number).is_some_and(|deaths| *deaths >= DEATHS) {
            complaints.push(format!(
                "project {id} is left out: {DEATHS} workers died over it; what it was stays in the \
                 journal, and without {READING} there it is read again"
            ));
            log.leave_out(number);
            continue;
        }
        reading.note(vec![number], storage);
        rebuilt.push(rebuild_one(storage, log, number, config)?);
        alive();
    }
    match complaints.is_empty() {
        true => forget_reading(storage),
        false => reading.note(Vec::new(), storage),
    }
    Ok((rebuilt, complaints))
}

fn forget_reading(storage: &dyn Storage) {
    if let Err(error) = storage.remove(READING) {
        log::debug!("{READING}: {error}");
    }
}

/// A damaged project, to be read again by any thread.
pub struct Reload {
    storage: Arc<dyn Storage>,
    manifest: Manifest,
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
        Reload {
            storage: Arc::clone(&self.storage),
            manifest: self.manifest.clone(),
            until: self.journal.last(),
            number,
            config,
        }
    }
}

impl Reload {
    pub fn make(self) -> Reloaded {
        Reloaded { number: self.number, rebuilt: self.read() }
    }

    fn read(&self) -> Result<Rebuilt, String> {
        let storage = self.storage.as_ref();
        let from = Position(self.manifest.position + 1);
        let frames = goxel_journal::read(storage, RULES, from, self.until)
            .map_err(|error| error.to_string())?;
        let frames = frames.iter().map(|(position, bytes)| (position.0, bytes));
        let log = Log::read(&self.manifest, frames).map_err(|error| error.to_string())?;
        rebuild_one(storage, &log, self.number, &self.config)
    }
}
