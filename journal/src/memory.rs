//! A folder in memory, for tests: it crashes and fails as it is told.
//!
//! A file has what was written, and what of it would survive a power cut; names have the same. A failed sync
//! does what it does on a real system: what was to be synced is lost to the disk for ever, later
//! syncs succeed without it, and it can be read until [`evict`](Memory::evict).

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;

use crate::storage::{Flush, Output, Storage};

/// A folder in memory. Clones are the same folder.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    folder: Arc<Mutex<Folder>>,
}

/// The kinds of calls that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// [`Storage::list`]
    List,
    /// [`Storage::read`]
    Read,
    /// [`Storage::create`]
    Create,
    /// [`Output::append`]
    Append,
    /// [`Output::reserve`]
    Reserve,
    /// Both truncates.
    Truncate,
    /// [`Flush::sync`]
    Sync,
    /// [`Storage::rename`]
    Rename,
    /// [`Storage::remove`]
    Remove,
    /// [`Storage::sync_names`]
    SyncNames,
}

impl Call {
    /// All kinds.
    pub const ALL: [Call; 10] = [
        Call::List,
        Call::Read,
        Call::Create,
        Call::Append,
        Call::Reserve,
        Call::Truncate,
        Call::Sync,
        Call::Rename,
        Call::Remove,
        Call::SyncNames,
    ];

    fn writes(self) -> bool {
        !matches!(self, Call::List | Call::Read)
    }
}

/// What a crash leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All of it: the process was killed.
    Everything,
    /// Nothing: neither data nor names.
    Nothing,
    /// The names, and so many bytes, in the order in which they were written.
    Bytes(u64),
}

#[derive(Debug, Default)]
struct Folder {
    files: BTreeMap<String, Arc<Mutex<Content>>>,
    synced_files: BTreeMap<String, Arc<Mutex<Content>>>,
    /// Bytes written so far, all files together.
    written: u64,
    calls: BTreeMap<Call, u64>,
    faults: Vec<Fault>,
    all_writes_fail: Option<Errno>,
    limit: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Fault {
    call: Call,
    /// Counted from the first call ever.
    at: u64,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Error(Errno),
    /// An append takes no more than this.
    Takes(usize),
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    /// What a power cut leaves. Never longer than it was when it was synced.
    synced: Vec<u8>,
    /// Appended since: how many bytes, and [`Folder::written`] before them.
    unsynced: Vec<(u64, usize)>,
    /// Places that no sync makes durable any more.
    doomed: Vec<(usize, usize)>,
    reserved: u64,
}

impl Memory {
    /// An empty folder.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// What another process finds after a crash: a folder of its own, without faults.
    pub fn after_crash(&self, keep: Keep) -> Memory {
        let folder = self.lock();
        let names = match keep {
            Keep::Nothing => &folder.synced_files,
            Keep::Everything | Keep::Bytes(_) => &folder.files,
        };
        let oldest = names.values().filter_map(|file| lock(file).unsynced.first().copied());
        let begin = oldest.map(|(at, _)| at).min().unwrap_or_default();
        let survives = |file: &Arc<Mutex<Content>>| match keep {
            Keep::Everything => lock(file).bytes.clone(),
            Keep::Nothing => lock(file).synced.clone(),
            Keep::Bytes(count) => lock(file).with_unsynced(begin + count),
        };
        let files = names.iter().map(|(name, file)| (name.clone(), survives(file)));
        Memory::with_files(files)
    }

    /// A folder with these files, all durable.
    pub fn with_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Memory {
        let files: BTreeMap<_, _> =
            files.into_iter().map(|(name, bytes)| (name, durable(bytes))).collect();
        let folder = Folder { synced_files: files.clone(), files, ..Folder::default() };
        Memory { folder: Arc::new(Mutex::new(folder)) }
    }

    /// All files and their content.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = self.lock();
        folder.files.iter().map(|(name, file)| (name.clone(), lock(file).bytes.clone())).collect()
    }

    /// Puts a durable file in the place of what has that name.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let content = durable(bytes);
        let mut folder = self.lock();
        folder.synced_files.insert(name.to_owned(), Arc::clone(&content));
        folder.files.insert(name.to_owned(), content);
    }

    /// The `nth` call of that kind from now on, counted from 1, fails.
    pub fn fail(&self, call: Call, nth: u64, errno: Errno) {
        self.add(call, nth, Outcome::Error(errno));
    }

    /// The `nth` append from now on, counted from 1, takes no more than so many bytes.
    pub fn shorten(&self, nth: u64, bytes: usize) {
        self.add(Call::Append, nth, Outcome::Takes(bytes));
    }

    /// All calls that change anything fail from now on, or no more.
    pub fn fail_writes(&self, errno: Option<Errno>) {
        self.lock().all_writes_fail = errno;
    }

    /// The files may hold so many bytes together, reserved ones included.
    pub fn limit(&self, bytes: Option<u64>) {
        self.lock().limit = bytes;
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        let mut folder = self.lock();
        folder.faults.clear();
        (folder.all_writes_fail, folder.limit) = (None, None);
    }

    /// The cache forgets what a failed sync lost: it is read as zeros.
    pub fn evict(&self) {
        for file in self.lock().files.values() {
            let mut file = lock(file);
            let Content { bytes, doomed, .. } = &mut *file;
            blank(bytes, doomed);
        }
    }

    /// How many calls of that kind there were.
    pub fn calls(&self, call: Call) -> u64 {
        self.lock().calls.get(&call).copied().unwrap_or_default()
    }

    fn add(&self, call: Call, nth: u64, outcome: Outcome) {
        let mut folder = self.lock();
        let at = folder.calls.get(&call).copied().unwrap_or_default() + nth;
        folder.faults.push(Fault { call, at, outcome });
    }

    fn lock(&self) -> MutexGuard<'_, Folder> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder {
    /// Counts a call, and fails if it has to.
    fn enter(&mut self, call: Call) -> io::Result<Option<usize>> {
        let count = self.calls.entry(call).or_default();
        *count += 1;
        let at = *count;
        if let Some(errno) = self.all_writes_fail.filter(|_| call.writes()) {
            return Err(errno.into());
        }
        let fault = self.faults.iter().find(|fault| fault.call == call && fault.at == at);
        match fault.map(|fault| fault.outcome) {
            None => Ok(None),
            Some(Outcome::Takes(bytes)) => Ok(Some(bytes)),
            Some(Outcome::Error(errno)) => Err(errno.into()),
        }
    }

    fn get(&self, name: &str) -> io::Result<&Arc<Mutex<Content>>> {
        self.files.get(name).ok_or_else(|| Errno::ENOENT.into())
    }

    /// How many bytes more than those of `file` there may be.
    fn free_beside(&self, file: &Arc<Mutex<Content>>) -> u64 {
        let others = self.files.values().filter(|other| !Arc::ptr_eq(other, file));
        let used: u64 = others.map(|other| lock(other).occupied()).sum();
        self.limit.map_or(u64::MAX, |limit| limit.saturating_sub(used))
    }
}

impl Content {
    fn occupied(&self) -> u64 {
        self.reserved.max(self.bytes.len() as u64)
    }

    /// With what was written before `written` bytes were. What was cut off is cut off.
    fn with_unsynced(&self, written: u64) -> Vec<u8> {
        let mut at = self.bytes.len() - self.unsynced_len();
        let mut kept = self.synced.clone();
        kept.truncate(at);
        for (before, len) in &self.unsynced {
            let taken = (*len).min(written.saturating_sub(*before) as usize);
            if taken > 0 {
                // What a failed sync lost is a hole.
                kept.resize(at, 0);
                kept.extend_from_slice(&self.bytes[at..at + taken]);
            }
            at += len;
        }
        kept
    }

    fn unsynced_len(&self) -> usize {
        self.unsynced.iter().map(|(_, len)| len).sum()
    }

    fn truncate(&mut self, len: usize) {
        let mut gone = self.bytes.len().saturating_sub(len);
        self.bytes.truncate(len);
        self.reserved = 0;
        self.doomed
            .iter_mut()
            .for_each(|(from, to)| (*from, *to) = ((*from).min(len), (*to).min(len)));
        while let Some((_, last)) = self.unsynced.last_mut().filter(|_| gone > 0) {
            let cut = gone.min(*last);
            (*last, gone) = (*last - cut, gone - cut);
            if *last == 0 {
                self.unsynced.pop();
            }
        }
    }

    fn sync(&mut self) {
        self.synced.clone_from(&self.bytes);
        blank(&mut self.synced, &self.doomed);
        self.unsynced.clear();
    }

    fn doom(&mut self) {
        self.doomed.push((self.bytes.len() - self.unsynced_len(), self.bytes.len()));
        self.unsynced.clear();
    }
}

fn durable(bytes: Vec<u8>) -> Arc<Mutex<Content>> {
    let content = Content { synced: bytes.clone(), bytes, ..Content::default() };
    Arc::new(Mutex::new(content))
}

fn blank(bytes: &mut [u8], places: &[(usize, usize)]) {
    for (from, to) in places {
        if let Some(place) = bytes.get_mut(*from..*to) {
            place.fill(0);
        }
    }
}

fn lock(file: &Arc<Mutex<Content>>) -> MutexGuard<'_, Content> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Storage for Memory {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut folder = self.lock();
        folder.enter(Call::List)?;
        Ok(folder.files.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut folder = self.lock();
        folder.enter(Call::Read)?;
        Ok(lock(folder.get(name)?).bytes.clone())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        let mut folder = self.lock();
        folder.enter(Call::Create)?;
        if folder.files.contains_key(name) {
            return Err(Errno::EEXIST.into());
        }
        let content = Arc::new(Mutex::new(Content::default()));
        folder.files.insert(name.to_owned(), Arc::clone(&content));
        Ok(Box::new(MemoryFile { memory: self.clone(), content }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut folder = self.lock();
        folder.enter(Call::Rename)?;
        let file = folder.files.remove(from).ok_or(Errno::ENOENT)?;
        folder.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut folder = self.lock();
        folder.enter(Call::Remove)?;
        folder.files.remove(name).map(drop).ok_or_else(|| Errno::ENOENT.into())
    }

    fn truncate(&self, name: &str, len: u64) -> io::Result<()> {
        let mut folder = self.lock();
        folder.enter(Call::Truncate)?;
        lock(folder.get(name)?).truncate(len as usize);
        Ok(())
    }

    fn flush(&self, name: &str) -> io::Result<Arc<dyn Flush>> {
        let content = Arc::clone(self.lock().get(name)?);
        Ok(Arc::new(MemoryFile { memory: self.clone(), content }))
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut folder = self.lock();
        folder.enter(Call::SyncNames)?;
        folder.synced_files = folder.files.clone();
        Ok(())
    }
}

/// An open file.
#[derive(Clone)]
struct MemoryFile {
    memory: Memory,
    content: Arc<Mutex<Content>>,
}

impl Output for MemoryFile {
    fn append(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut folder = self.memory.lock();
        let most = folder.enter(Call::Append)?.unwrap_or(usize::MAX);
        let all: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
        let room = folder.free_beside(&self.content);
        let mut file = lock(&self.content);
        let free = room.saturating_sub(file.bytes.len() as u64);
        let taken = all.len().min(most).min(usize::try_from(free).unwrap_or(usize::MAX));
        if taken == 0 && !all.is_empty() && free == 0 {
            return Err(Errno::ENOSPC.into());
        }
        file.bytes.extend_from_slice(&all[..taken]);
        file.unsynced.push((folder.written, taken));
        folder.written += taken as u64;
        Ok(taken)
    }

    fn reserve(&mut self, bytes: u64) -> io::Result<()> {
        let mut folder = self.memory.lock();
        folder.enter(Call::Reserve)?;
        let room = folder.free_beside(&self.content);
        let mut file = lock(&self.content);
        let wanted = file.bytes.len() as u64 + bytes;
        if wanted > room {
            return Err(Errno::ENOSPC.into());
        }
        file.reserved = file.reserved.max(wanted);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.memory.lock().enter(Call::Truncate)?;
        lock(&self.content).truncate(len as usize);
        Ok(())
    }

    fn flush(&self) -> Arc<dyn Flush> {
        Arc::new(self.clone())
    }
}

impl Flush for MemoryFile {
    fn sync(&self) -> io::Result<()> {
        let entered = self.memory.lock().enter(Call::Sync);
        let mut file = lock(&self.content);
        match entered {
            Ok(_) => file.sync(),
            Err(_) => file.doom(),
        }
        entered.map(drop)
    }
}
