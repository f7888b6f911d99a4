//! Drives a session and its state as the event loop and the service do, one call at a time.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use goxel_engine::digest::Digest;
use goxel_journal::{Position, Storage};
use goxel_rpc::journal::FrozenProject;
use goxel_rpc::{
    Config, Decoded, Facts, Finished, Host, Outcome, RpcError, Scope, Session, Step, decode,
};
use serde_json::{Value, json};

use crate::config::plain::Fsync;
use crate::state::checkpoint::{Checkpoint, Checkpointed};
use crate::state::digests::Digests;
use crate::state::recovery::{Around, Recovered, recover_in};
use crate::state::{ASK_AGAIN, State};

/// Longer than any thread is kept from running.
const LONG: Duration = Duration::from_secs(20);

/// Files in memory.
#[derive(Default)]
struct Files(Mutex<BTreeMap<String, Vec<u8>>>);

impl Host for Files {
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>> {
        let files = self.0.lock().expect("no test panics with it");
        files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().expect("no test panics with it").insert(path.to_owned(), bytes.to_vec());
        Ok(())
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
        1
    }
}

/// All that should survive, in words that can be compared.
pub type Seen = Vec<String>;

pub fn seen(session: &Session) -> Seen {
    let frozen = session.freeze(0);
    let text = frozen.manifest(|_| String::new()).to_text();
    let mut manifest: Value = serde_json::from_str(&text).expect("a manifest is JSON");
    // Ids and numbers that nothing came of need not be remembered.
    manifest["made"] = Value::Null;
    manifest["next"] = Value::Null;
    let project = |it: &FrozenProject| {
        let project = &it.project;
        let checkpoints: Vec<_> = project.checkpoints().collect();
        let digest = Digest::of(project.scene());
        format!(
            "{} {} {digest} {:?} {checkpoints:?}",
            it.number,
            project.revision(),
            project.steps()
        )
    };
    std::iter::once(manifest.to_string()).chain(frozen.projects().iter().map(project)).collect()
}

/// Opens what is there.
pub fn open(storage: Arc<dyn Storage>, fsync: Fsync) -> Result<(Recovered, Receiver<()>), String> {
    let (wake, woken) = channel();
    let wake = Mutex::new(wake);
    let around = Around {
        config: Config::default(),
        threads: 2,
        fsync,
        wake: Box::new(move || _ = wake.lock().expect("nothing panics with it").send(())),
        alive: &mut || (),
    };
    recover_in(storage, around).map(|recovered| (recovered, woken))
}

/// What a turn came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    Nothing,
    At(Position),
    /// What was done was taken back.
    Lost,
}

pub struct Driver {
    pub storage: Arc<dyn Storage>,
    pub session: Session,
    pub state: State,
    /// What was kept, from the oldest commit on; the first is what there was at the beginning.
    pub kept: Vec<Seen>,
    scope: Scope,
    host: Arc<dyn Host>,
    fsync: Fsync,
    woken: Receiver<()>,
    jobs: Vec<Finished>,
    checkpoint: Option<Checkpoint>,
    digests: Vec<Digests>,
}

impl Driver {
    pub fn new(storage: Arc<dyn Storage>, fsync: Fsync) -> Result<Driver, String> {
        let (Recovered { session, state }, woken) = open(Arc::clone(&storage), fsync)?;
        let kept = vec![seen(&session)];
        let host: Arc<dyn Host> = Arc::new(Files::default());
        let mut driver = Driver {
            storage,
            session,
            state,
            kept,
            scope: Scope::new(),
            host,
            fsync,
            woken,
            jobs: Vec::new(),
            checkpoint: None,
            digests: Vec::new(),
        };
        driver.make_room(0);
        Ok(driver)
    }

    /// Asks, and does a job at once.
    pub fn ask(&mut self, method: &str, params: &Value) -> Outcome {
        match self.start(method, params) {
            Step::Done(outcome) => outcome,
            Step::Job(job) => {
                let finished = job.run(self.host.as_ref());
                self.take_back(finished)
            }
        }
    }

    /// Asks, and leaves a job for [`Driver::finish`].
    pub fn begin(&mut self, method: &str, params: &Value) {
        if let Step::Job(job) = self.start(method, params) {
            self.jobs.push(job.run(self.host.as_ref()));
        }
    }

    pub fn finish(&mut self) {
        for digests in std::mem::take(&mut self.digests) {
            self.session.record_digests(digests.make());
        }
        for finished in std::mem::take(&mut self.jobs) {
            let _ = self.take_back(finished);
        }
    }

    fn start(&mut self, method: &str, params: &Value) -> Step {
        let text = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
        let Decoded::Single(request) = decode(text.to_string().as_bytes()) else {
            panic!("{text} is a request");
        };
        let project = self.session.edited_by(&request, &self.scope);
        if project.is_some_and(|project| self.session.is_busy(&project)) {
            // It would stand in line.
            return Step::Done(Err(RpcError::internal("busy")));
        }
        self.session.start(&request, &mut self.scope, &self.host)
    }

    fn take_back(&mut self, finished: Finished) -> Outcome {
        self.make_room(self.session.journal_len() + finished.journal_bytes());
        self.session.finish(finished, Some(&mut self.scope))
    }

    fn make_room(&mut self, bytes: usize) {
        let (room, reason) = self.state.room(bytes);
        self.session.set_journal_room(room, reason);
    }

    /// The end of a turn of the event loop. An error ends the process.
    pub fn try_turn(&mut self) -> Result<Turn, String> {
        let mut turn = Turn::Nothing;
        if self.session.journal_len() > 0 {
            turn = match self.state.commit(self.session.journal()) {
                Ok(position) => {
                    self.session.journal_kept(position.0);
                    self.kept.push(seen(&self.session));
                    Turn::At(position)
                }
                Err(_) => {
                    self.state.go_back(&mut self.session)?;
                    Turn::Lost
                }
            };
        }
        self.make_room(0);
        if let Some(checkpoint) = self.state.begin_checkpoint(&self.session) {
            self.checkpoint = Some(checkpoint);
        }
        self.make_room(0);
        Ok(turn)
    }

    pub fn turn(&mut self) -> Turn {
        self.try_turn().expect("the process goes on")
    }

    /// As if the journal had become long.
    pub fn begin_checkpoint(&mut self) -> Result<Turn, String> {
        self.state.overdue = true;
        self.try_turn()
    }

    /// As if enough had been written for projects to be looked at; their digests go into the
    /// journal with the next edit.
    pub fn look(&mut self) {
        // Only what is kept is looked at: what is taken back may be made anew as something else.
        if self.session.journal_len() > 0 {
            return;
        }
        let written = std::mem::replace(&mut self.state.written, u64::MAX / 2);
        self.state.digested_bytes = 0;
        self.digests.extend(self.state.begin_digests(&self.session));
        (self.state.written, self.state.digested_bytes) = (written, 0);
    }

    /// Makes the checkpoint that was begun, and leaves the rest for [`Driver::end_checkpoint`].
    pub fn make_checkpoint(&mut self) -> Option<Checkpointed> {
        self.take_checkpoint().map(Checkpoint::make)
    }

    pub fn take_checkpoint(&mut self) -> Option<Checkpoint> {
        self.checkpoint.take()
    }

    /// Ends the checkpoint that was begun; an error is why there is none.
    pub fn end_checkpoint(&mut self) -> Result<(), String> {
        let Some(made) = self.make_checkpoint() else { return Ok(()) };
        let outcome = made.error().map_or(Ok(()), |error| Err(error.to_string()));
        self.state.end_checkpoint(made).remove();
        outcome
    }

    /// Waits for what was committed to be acknowledged. False if a sync failed.
    pub fn wait_for(&mut self, position: Position) -> bool {
        while self.state.acknowledged() < position {
            if self.state.journal.failure().is_some() {
                return false;
            }
            self.woken.recv_timeout(LONG).expect("the thread wakes whoever waits");
        }
        true
    }

    /// Waits for all that was committed to survive a power cut.
    pub fn wait_for_sync(&mut self) {
        while self.state.journal.synced() < self.state.journal.last() {
            self.woken.recv_timeout(LONG).expect("the thread wakes whoever waits");
        }
    }

    /// Waits for a sync to fail.
    pub fn wait_for_failure(&mut self) {
        while self.state.journal.failure().is_none() {
            self.woken.recv_timeout(LONG).expect("the thread wakes whoever waits");
        }
    }

    /// Lets the time pass after which a disk is asked again.
    pub fn let_time_pass(&mut self) {
        if let Some((when, _)) = &mut self.state.refused {
            *when -= ASK_AGAIN;
        }
        if let Some(when) = &mut self.state.no_checkpoint_at {
            *when -= ASK_AGAIN;
        }
    }

    /// The process ends at once, and the next one reads what there is.
    pub fn restart(&mut self) -> Result<(), String> {
        let storage = Arc::clone(&self.storage);
        let (Recovered { session, state }, woken) = open(Arc::clone(&storage), self.fsync)?;
        (self.session, self.state, self.woken) = (session, state, woken);
        (self.jobs, self.digests) = (Vec::new(), Vec::new());
        (self.checkpoint, self.scope) = (None, Scope::new());
        self.make_room(0);
        Ok(())
    }

    pub fn last_kept(&self) -> &Seen {
        self.kept.last().expect("there is always a first")
    }
}
