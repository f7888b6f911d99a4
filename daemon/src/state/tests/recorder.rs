//! A folder that remembers what a crash would have left, after every call and in the middle of
//! every write.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use goxel_journal::{Flush, Keep, Memory, Output, Storage};

/// What a crash leaves, and when it was.
pub struct Shot {
    pub call: String,
    pub keep: Keep,
    pub left: Memory,
    /// How many commits somebody had been told of.
    pub told: usize,
}

#[derive(Clone)]
pub struct Recorder {
    memory: Memory,
    keeps: &'static [Keep],
    shots: Arc<Mutex<Vec<Shot>>>,
    told: Arc<AtomicUsize>,
}

impl Recorder {
    pub fn new(memory: Memory, keeps: &'static [Keep]) -> Recorder {
        Recorder { memory, keeps, shots: Arc::default(), told: Arc::default() }
    }

    /// So many commits are acknowledged.
    pub fn tell(&self, commits: usize) {
        self.told.store(commits, Ordering::SeqCst);
    }

    pub fn shots(&self) -> Vec<Shot> {
        std::mem::take(&mut self.shots.lock().expect("nothing panics with it"))
    }

    fn shoot<T>(&self, call: &str, outcome: T) -> T {
        let told = self.told.load(Ordering::SeqCst);
        let mut shots = self.shots.lock().expect("nothing panics with it");
        shots.extend(self.keeps.iter().map(|keep| Shot {
            call: call.to_owned(),
            keep: *keep,
            left: self.memory.after_crash(*keep),
            told,
        }));
        outcome
    }
}

impl Storage for Recorder {
    fn list(&self) -> io::Result<Vec<String>> {
        self.memory.list()
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.memory.read(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        let output = self.memory.create(name)?;
        let recorder = self.clone();
        let output = RecordedOutput { output, recorder, name: name.to_owned(), split: false };
        Ok(self.shoot(&format!("create {name}"), Box::new(output)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let outcome = self.memory.rename(from, to);
        self.shoot(&format!("rename {from} {to}"), outcome)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let outcome = self.memory.remove(name);
        self.shoot(&format!("remove {name}"), outcome)
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        let outcome = self.memory.truncate(name, len);
        self.shoot(&format!("truncate {name}"), outcome)
    }

    fn flush(&self, name: &str) -> io::Result<Arc<dyn Flush>> {
        let (flush, recorder) = (self.memory.flush(name)?, self.clone());
        Ok(Arc::new(RecordedFlush { flush, recorder }))
    }

    fn sync_names(&self) -> io::Result<()> {
        let outcome = self.memory.sync_names();
        self.shoot("sync names", outcome)
    }
}

struct RecordedOutput {
    output: Box<dyn Output>,
    recorder: Recorder,
    name: String,
    /// Whether the last write was only half of one.
    split: bool,
}

impl Output for RecordedOutput {
    fn append(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let all: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        self.split = !self.split && all.len() > 1;
        let most = if self.split { all.len() / 2 } else { all.len() };
        let outcome = self.output.append(&[IoSlice::new(&all[..most])]);
        self.recorder.shoot(&format!("append {most} to {}", self.name), outcome)
    }

    fn reserve(&mut self, bytes: u64) -> io::Result<()> {
        self.output.reserve(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let outcome = self.output.truncate(len);
        self.recorder.shoot(&format!("truncate {}", self.name), outcome)
    }

    fn flush(&self) -> Arc<dyn Flush> {
        Arc::new(RecordedFlush { flush: self.output.flush(), recorder: self.recorder.clone() })
    }
}

struct RecordedFlush {
    flush: Arc<dyn Flush>,
    recorder: Recorder,
}

impl Flush for RecordedFlush {
    fn sync(&self) -> io::Result<()> {
        let outcome = self.flush.sync();
        self.recorder.shoot("sync", outcome)
    }
}
