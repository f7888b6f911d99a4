//! The journal itself: opens, commits, turns to new segments, and goes on after failures.

use std::sync::Arc;
use std::time::Instant;
use std::{fmt, io, mem};

use crate::Position;
use crate::error::{CommitError, Failure, OpenError};
use crate::frame::HEAD;
use crate::frames::{FrameIter, Frames};
use crate::scan::{End, Known, Scan, Wanted, first_in, scan};
use crate::segment::{CHUNK, Current, Place, begin};
use crate::storage::{Flush, Storage};
use crate::sync::{DOUBT, Policy, Syncer};
use crate::torn::{Torn, set_aside};

/// How the names of files begin that are no part of the log any more, and may be removed by anybody.
pub const OLD: &str = "old-";

/// How a journal works.
pub struct Options {
    /// When what was written is synced.
    pub policy: Policy,
    /// The version of the rules that payloads follow. Logs of a newer one are refused.
    pub rules: u16,
    /// No number up to this one is given again, even if the log ends before: the highest frame that anything
    /// kept beside the log is as of. 0 if there is nothing.
    pub at_least: Position,
    /// Called by the journal's thread whenever a sync has ended, well or not: then
    /// [`Journal::acknowledged`] may have moved, or [`Journal::failure`] says why not. It must not panic.
    pub wake: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { policy, rules, at_least, wake: _ } = self;
        write!(f, "Options {{ {policy:?}, rules {rules}, at least {at_least} }}")
    }
}

/// What a journal found when it was opened.
#[derive(Debug)]
pub struct Found {
    /// The frames from the wanted one on.
    pub frames: Frames,
    /// What a crash left of a frame.
    pub torn: Option<Torn>,
}

/// Frames that were committed and are in the log no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The first.
    pub first: Position,
    /// The last.
    pub last: Position,
}

/// How things are.
#[derive(Clone, Debug)]
pub struct Status {
    /// The last committed frame.
    pub last: Position,
    /// Up to here replies may go out.
    pub acknowledged: Position,
    /// Up to here frames survive a power cut.
    pub synced: Position,
    /// Bytes in all segments.
    pub bytes: u64,
    /// Bytes in the segment that is written now.
    pub bytes_since_rotate: u64,
    /// Bytes of frames that are not known to survive a power cut.
    pub unsynced_bytes: u64,
    /// When a sync last ended well.
    pub last_sync: Option<Instant>,
    /// What keeps the journal from going on.
    pub failure: Option<Failure>,
    /// The text of the last error, even if it was overcome.
    pub last_error: Option<String>,
}

/// Appends frames, and knows which of them survive what.
pub struct Journal {
    storage: Arc<dyn Storage>,
    policy: Policy,
    rules: u16,
    /// Oldest first. The last one is the current one's, while there is one.
    segments: Vec<Known>,
    /// Files that could not be removed yet.
    unused: Vec<String>,
    current: Option<Current>,
    last: u64,
    /// The last frame that is in the log; before `last` where numbers were passed over.
    tail: u64,
    failure: Option<Failure>,
    last_error: Option<String>,
    syncer: Syncer,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal {{ last {}, {:?}, {:?} }}", self.last, self.policy, self.segments)
    }
}

/// Reads a log that another process or thread may be appending to (no lock, cuts nothing): the frames
/// `from..=until`. Refused if they are not all there, or follow rules newer than `rules`.
pub fn read(
    storage: &dyn Storage,
    rules: u16,
    from: Position,
    until: Position,
) -> Result<Frames, OpenError> {
    let found = scan(storage, Wanted { from: from.0, until: until.0, rules })?;
    match found.end {
        End::Broken(error) => Err(error),
        _ if found.next <= until.0 => {
            Err(OpenError::Missing { first: Position(found.next.max(from.0)), last: until })
        }
        _ => Ok(found.frames),
    }
}

impl Journal {
    /// Reads what is there from frame `from` on (segments wholly before it may be absent), moves a torn end to a
    /// file `torn-<frame>`, and goes on behind it in a new segment.
    ///
    /// On error no frame was changed. Where only writing fails, the journal is open and [failed](Journal::failure).
    pub fn open(
        storage: Arc<dyn Storage>,
        from: Position,
        options: Options,
    ) -> Result<(Journal, Found), OpenError> {
        let wanted = Wanted { from: from.0, until: u64::MAX, rules: options.rules };
        let Scan { frames, segments, unused, tail, next, end } = scan(&*storage, wanted)?;
        let before = from.0.saturating_sub(1);
        let last = (next - 1).max(options.at_least.0).max(before);
        let synced = segments.first().map_or(last, |segment| segment.first - 1).max(before);
        let torn = match end {
            End::Broken(error) => return Err(error),
            End::Clean => None,
            End::Torn { file, offset, bytes } => Some((file, offset, bytes)),
        };
        let Options { policy, rules, at_least: _, wake } = options;
        let mut journal = Journal {
            // A process that died may have left them unsynced.
            syncer: Syncer::start(
                &storage,
                policy,
                wake,
                last,
                synced,
                flushes(&*storage, &segments)?,
                doubt(&*storage)?,
            )
            .map_err(OpenError::io(""))?,
            policy,
            rules,
            tail: if segments.is_empty() { before } else { tail },
            segments,
            unused,
            current: None,
            last,
            failure: None,
            last_error: None,
            storage,
        };
        let torn =
            torn.map(|(file, at, bytes)| set_aside(&*journal.storage, file, at, next, &bytes));
        let begun = match journal.syncer.has_failed() {
            true => journal.write_anew(&frames, synced).map(drop),
            false => journal.turn(),
        };
        if let Err(error) = begun {
            journal.fail(&error);
        }
        journal.remove_unused();
        Ok((journal, Found { frames, torn }))
    }

    /// The longest payload that can surely be committed now without asking the disk.
    pub fn room(&self) -> usize {
        let usable = self.current.as_ref().filter(|_| !self.has_failed());
        usable.map_or(0, |current| current.free().saturating_sub(HEAD))
    }

    /// Sees to it that a payload of so many bytes has room. Costs nothing while it has; otherwise more is allocated,
    /// so that it seldom has to be.
    ///
    /// Where a file system cannot allocate ahead, this always succeeds, and a full disk is met by
    /// [`commit`](Journal::commit).
    pub fn reserve(&mut self, bytes: usize) -> io::Result<()> {
        if self.room() >= bytes {
            return Ok(());
        }
        if let Some(failure) = self.failure() {
            return Err(io::Error::other(failure.to_string()));
        }
        let Some(current) = &mut self.current else { return Err(io::ErrorKind::NotFound.into()) };
        let least = bytes.saturating_add(HEAD);
        let outcome =
            current.reserve(least.saturating_add(CHUNK)).or_else(|_| current.reserve(least));
        outcome.inspect_err(|error| self.last_error = Some(error.to_string()))
    }

    /// Appends one frame by one write. On error what was written of it is cut off again, the journal has
    /// [failed](Journal::failure), and nothing can be committed until [`retry`](Journal::retry) succeeds.
    pub fn commit(&mut self, payload: &[u8]) -> Result<Position, CommitError> {
        CommitError::check_length(payload.len())?;
        let Some(current) = self.current.as_mut().filter(|_| self.failure.is_none()) else {
            return Err(CommitError::Failed(self.why_failed()));
        };
        if self.syncer.has_failed() {
            return Err(CommitError::Failed(self.why_failed()));
        }
        let number = self.last + 1;
        match current.append(number, payload) {
            Ok(bytes) => {
                (self.last, self.tail) = (number, number);
                self.syncer.wrote(number, bytes);
                Ok(Position(number))
            }
            Err(error) => {
                self.fail(&error);
                Err(CommitError::Io(error))
            }
        }
    }

    /// Up to here replies may go out: what is written, under [`Policy::Always`] what is synced.
    pub fn acknowledged(&self) -> Position {
        match self.policy {
            Policy::Always => Position(self.syncer.synced()),
            Policy::Interval(_) | Policy::Never => self.last(),
        }
    }

    /// Up to here frames survive a power cut. A file that says it is as of a frame should not be written before this
    /// has reached it.
    pub fn synced(&self) -> Position {
        Position(self.syncer.synced())
    }

    /// The last committed frame, or the last that [`Options::at_least`] and `from` spoke of. Never falls.
    pub fn last(&self) -> Position {
        Position(self.last)
    }

    /// What keeps the journal from going on.
    pub fn failure(&self) -> Option<Failure> {
        self.has_failed().then(|| self.why_failed())
    }

    fn has_failed(&self) -> bool {
        self.failure.is_some() || self.syncer.has_failed()
    }

    /// A sync that failed is worse than a write that did.
    fn why_failed(&self) -> Failure {
        let own = || self.failure.clone();
        let unknown = || Failure::Write("no segment was begun".to_owned());
        self.syncer.progress().failure.or_else(own).unwrap_or_else(unknown)
    }

    fn fail(&mut self, error: &io::Error) {
        self.last_error = Some(error.to_string());
        self.failure = Some(Failure::Write(error.to_string()));
    }

    /// Tries to go on after a failure, in a new segment. Does nothing where nothing has failed.
    ///
    /// - After a failed write all that was committed is as it was.
    /// - After a failed sync, what was written since the last good one may be gone from the disk, and another
    ///   sync would not say so. Those frames are read back, checked, written to a new segment, and synced, so
    ///   that after `Ok(None)` all frames up to [`last`](Journal::last) are durable, and nothing needs to be done.
    /// - `Ok(Some(lost))` means that some could not be read back. The caller's memory still holds what
    ///   they did: it has to make a checkpoint of everything they changed as of `last`, or else load that again from
    ///   what was kept. Replies that wait for lost frames must not be sent, though
    ///   [`acknowledged`](Journal::acknowledged) will pass their numbers; the numbers are not given again.
    ///
    /// On error the journal is as it was, and failed. A success promises no [room](Journal::room).
    pub fn retry(&mut self) -> io::Result<Option<Lost>> {
        if !self.has_failed() {
            return Ok(None);
        }
        let outcome = match self.syncer.has_failed() {
            true => self.retry_synced(),
            false => self.turn().map(|()| None),
        };
        match &outcome {
            Ok(_) => self.failure = None,
            Err(error) => self.last_error = Some(error.to_string()),
        }
        self.remove_unused();
        outcome
    }

    /// Begins a new segment: frames from here on are in later files. Returns the last frame before it.
    /// On error the journal goes on in the old one.
    pub fn rotate(&mut self) -> io::Result<Position> {
        if let Some(failure) = self.failure() {
            return Err(io::Error::other(failure.to_string()));
        }
        if self.segments.last().is_none_or(|segment| segment.first <= self.last) {
            let turned = self.turn();
            turned.inspect_err(|error| self.last_error = Some(error.to_string()))?;
        }
        Ok(self.last())
    }

    /// Removes segments whose frames are all at or before `position`, oldest first. What cannot be removed is
    /// tried again by the next call.
    pub fn forget_until(&mut self, position: Position) -> io::Result<()> {
        self.remove_unused();
        while let [oldest, next, ..] = self.segments.as_slice() {
            if next.after > position.0 {
                break;
            }
            remove_if_there(&*self.storage, &oldest.name)
                .inspect_err(|error| self.last_error = Some(error.to_string()))?;
            self.segments.remove(0);
        }
        Ok(())
    }

    /// As [`forget_until`](Journal::forget_until), but only takes the segments out of the log: they are files named
    /// `old-*` then, which the caller removes when he has the time. A file system may take long to free a large one.
    pub fn set_aside_until(&mut self, position: Position) -> Vec<String> {
        self.remove_unused();
        let mut aside = Vec::new();
        while let [oldest, next, ..] = self.segments.as_slice() {
            let name = format!("{OLD}{}", oldest.name);
            if next.after > position.0 {
                break;
            }
            if let Err(error) = self.storage.rename(&oldest.name, &name) {
                self.last_error = Some(error.to_string());
                break;
            }
            self.segments.remove(0);
            aside.push(name);
        }
        aside
    }

    /// How things are.
    pub fn status(&self) -> Status {
        let progress = self.syncer.progress();
        let in_current = self.current.as_ref().map_or(0, Current::len);
        let in_last = self.segments.last().map_or(0, |segment| segment.bytes);
        let in_all: u64 = self.segments.iter().map(|segment| segment.bytes).sum();
        let failure = self.failure();
        let failure_text = failure.as_ref().map(ToString::to_string);
        Status {
            last: self.last(),
            acknowledged: self.acknowledged(),
            synced: Position(progress.synced),
            bytes: in_all + in_current.saturating_sub(in_last),
            bytes_since_rotate: in_current,
            unsynced_bytes: progress.unsynced_bytes,
            last_sync: progress.last_sync,
            failure,
            last_error: failure_text.or_else(|| self.last_error.clone()),
        }
    }

    /// Syncs, under every policy, and ends the thread. Dropping a journal syncs nothing more.
    pub fn close(mut self) -> io::Result<()> {
        self.leave_current();
        let Journal { syncer, failure, .. } = self;
        let outcome = syncer.close().and(failure.map_or(Ok(()), Err));
        outcome.map_err(|failure| io::Error::other(failure.to_string()))
    }

    /// Goes on in a new segment.
    fn turn(&mut self) -> io::Result<()> {
        let (begun, segment) = self.begin_next(self.tail)?;
        self.leave_current();
        self.syncer.turn(begun.flush(), self.last);
        self.go_on_in(begun, segment);
        Ok(())
    }

    fn retry_synced(&mut self) -> io::Result<Option<Lost>> {
        let oldest = self.segments.first().map_or(self.last, |segment| segment.first - 1);
        let synced = self.syncer.synced().max(oldest);
        let found = self.read_back(synced + 1)?;
        self.write_anew(&found, synced)
    }

    /// Goes on behind `found`, which are the frames behind `synced`, in new segments.
    fn write_anew(&mut self, found: &Frames, synced: u64) -> io::Result<Option<Lost>> {
        let before = self.last_in_log(synced);
        let copies = self.copy(found, before)?;
        let tail = found.last().map_or(before, |last| last.0);
        let (begun, segment) = self.begin_next(tail)?;
        let lost = Lost { first: Position(tail.max(synced) + 1), last: Position(self.tail) };
        self.tail = tail;
        self.supersede(synced, copies);
        self.syncer.restart(begun.flush(), self.last);
        self.go_on_in(begun, segment);
        // If it stays, the next to open writes more anew than he must.
        let _ = self.storage.remove(DOUBT);
        Ok((lost.first <= lost.last).then_some(lost))
    }

    /// The frames from `from` on, as far as they can be read.
    fn read_back(&self, from: u64) -> io::Result<Frames> {
        let wanted = Wanted { from, until: self.last, rules: self.rules };
        match scan(&*self.storage, wanted) {
            Ok(found) => Ok(found.frames),
            Err(OpenError::Io { error, .. }) => Err(error),
            // Nobody else writes here: the header that says so was not read as it was written.
            Err(_) => Ok(Frames::default()),
        }
    }

    /// The last frame at or before `number`; that is less where numbers were passed over.
    fn last_in_log(&self, number: u64) -> u64 {
        let later = self.segments.iter().find(|segment| segment.first > number);
        number.min(later.map_or(self.tail, |segment| segment.after))
    }

    /// Writes frames to new segments, durably. Each comes whole into the place of what had its frames before, so that at
    /// no moment a frame is missing.
    fn copy(&self, frames: &Frames, mut after: u64) -> io::Result<Vec<Known>> {
        let mut copies = Vec::new();
        for run in frames.runs() {
            let (Some((first, _)), Some((last, _))) = (run.clone().next(), run.clone().last())
            else {
                continue;
            };
            let place = Place { first: first.0, after };
            copies.push(begin(&*self.storage, self.rules, place, run)?.1);
            after = last.0;
        }
        if !copies.is_empty() {
            self.storage.sync_names()?;
        }
        Ok(copies)
    }

    /// `copies` hold all frames behind `number` now.
    fn supersede(&mut self, number: u64, copies: Vec<Known>) {
        let counts = |segment: &Known| segment.first <= number;
        let (kept, gone) = mem::take(&mut self.segments).into_iter().partition(counts);
        self.segments = kept;
        self.unused.extend(gone.into_iter().map(|segment: Known| segment.name));
        self.unused.retain(|name| copies.iter().all(|copy| copy.name != *name));
        self.segments.extend(copies);
        self.current = None;
    }

    fn go_on_in(&mut self, begun: Current, segment: Known) {
        // One that began with the same frame, and had none, was replaced.
        self.segments.retain(|known| known.first < segment.first);
        self.unused.retain(|name| *name != segment.name);
        self.segments.push(segment);
        self.current = Some(begun);
    }

    /// Frees what was allocated behind the end.
    fn leave_current(&mut self) {
        if let (Some(mut current), Some(segment)) = (self.current.take(), self.segments.last_mut())
        {
            segment.bytes = current.len();
            // It is freed with the file at last.
            let _ = current.truncate();
        }
    }

    /// The segment for the next frame, behind `after`.
    fn begin_next(&self, after: u64) -> io::Result<(Current, Known)> {
        let place = Place { first: self.last + 1, after };
        let (mut begun, segment) = begin(&*self.storage, self.rules, place, FrameIter::default())?;
        // Without it there is no room yet, and the caller asks for it.
        let _ = begun.reserve(CHUNK);
        Ok((begun, segment))
    }

    fn remove_unused(&mut self) {
        let storage = &*self.storage;
        self.unused.retain(|name| remove_if_there(storage, name).is_err());
    }
}

fn flushes(storage: &dyn Storage, segments: &[Known]) -> Result<Vec<Arc<dyn Flush>>, OpenError> {
    let flush =
        |segment: &Known| storage.flush(&segment.name).map_err(OpenError::io(&segment.name));
    segments.iter().map(flush).collect()
}

/// What an earlier process could not sync, nobody can: a sync would succeed now, and be wrong.
fn doubt(storage: &dyn Storage) -> Result<Option<Failure>, OpenError> {
    let names = storage.list().map_err(OpenError::io(""))?;
    let is_there = names.iter().any(|name| name == DOUBT);
    Ok(is_there.then(|| Failure::Sync("an earlier process could not".to_owned())))
}

fn remove_if_there(storage: &dyn Storage, name: &str) -> io::Result<()> {
    debug_assert!(first_in(name).is_some());
    match storage.remove(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
