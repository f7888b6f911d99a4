//! What the files of a log hold, and where it ends. Changes nothing.
//!
//! Segments are put in order, and each ends what came before it behind its `after`. What is left is a
//! chain, in which each segment must be whole as far as the next one says.

use std::io;
use std::ops::ControlFlow;

use crate::Position;
use crate::error::OpenError;
use crate::frame::{HEAD, HEADER, Head, Header, HeaderFault, Seal};
use crate::frames::Frames;
use crate::storage::Storage;

/// How often a folder is listed again because another process removed a file meanwhile.
const TRIES: usize = 8;
/// Bytes whose CRC is taken in search of a whole frame, beside four times the file's: a file made to cost more
/// is taken for broken.
const SEARCH: usize = 1 << 26;

/// What was found in a folder.
#[derive(Debug)]
pub struct Scan {
    /// The whole frames from the wanted one on.
    pub frames: Frames,
    /// The segments that count, oldest first.
    pub segments: Vec<Known>,
    /// Segments that no frame is needed from.
    pub unused: Vec<String>,
    /// The last frame of the log, 0 if there is none; `next` may be further where numbers were passed over.
    pub tail: u64,
    /// The number behind the last whole frame, or what it would be.
    pub next: u64,
    /// How it ends.
    pub end: End,
}

/// A segment that counts.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: String,
    /// The number of its first frame, whether or not there is one.
    pub first: u64,
    /// The last frame of the log before it.
    pub after: u64,
    /// Its length.
    pub bytes: u64,
}

/// How a log ends.
#[derive(Debug)]
pub enum End {
    /// With a whole frame.
    Clean,
    /// With bytes that a crash left behind: in that file, from that byte on.
    Torn { file: String, offset: usize, bytes: Vec<u8> },
    /// It doesn't: something is wrong, and there is more behind.
    Broken(OpenError),
}

/// Which frames are wanted, and what is known of their rules.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The first; those before may be absent.
    pub from: u64,
    /// The last; what comes behind is not looked at.
    pub until: u64,
    /// The newest rules that are known.
    pub rules: u16,
}

/// The file of the segment that begins with that frame.
pub fn name_of(first: u64) -> String {
    format!("log-{first:020}")
}

/// The number in such a name.
pub fn first_in(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("log-")?;
    let is_number = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Reads a folder. Fails only where nothing may be said or done: a file that cannot be read, a
/// version that is not known.
pub fn scan(storage: &dyn Storage, wanted: Wanted) -> Result<Scan, OpenError> {
    let wanted = Wanted { from: wanted.from.max(1), ..wanted };
    let mut loaded = Loaded::default();
    for (name, bytes) in read_all(storage)? {
        loaded.add(name, bytes, wanted.rules)?;
    }
    Ok(loaded.put_in_order().walk(wanted))
}

fn read_all(storage: &dyn Storage) -> Result<Vec<(String, Vec<u8>)>, OpenError> {
    let mut tries = 0;
    'again: loop {
        tries += 1;
        let mut names = storage.list().map_err(OpenError::io(""))?;
        names.retain(|name| first_in(name).is_some());
        names.sort_unstable();
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            match storage.read(&name) {
                Ok(bytes) => files.push((name, bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES => {
                    continue 'again;
                }
                Err(error) => return Err(OpenError::io(&name)(error)),
            }
        }
        return Ok(files);
    }
}

/// The segments of a folder, sorted by what they are good for.
#[derive(Default)]
struct Loaded {
    sound: Vec<Segment>,
    /// Never written whole: number, name, content.
    blank: Vec<(u64, String, Vec<u8>)>,
    /// With a header that is not what was written: number and name.
    damaged: Vec<(u64, String)>,
    unused: Vec<String>,
}

struct Segment {
    name: String,
    bytes: Vec<u8>,
    header: Header,
}

impl Loaded {
    fn add(&mut self, name: String, bytes: Vec<u8>, rules: u16) -> Result<(), OpenError> {
        let first = first_in(&name).unwrap_or_default();
        match Header::parse(&bytes) {
            Ok(header) if header.rules > rules => {
                let found = header.rules;
                return Err(OpenError::NewerRules { file: name, found, known: rules });
            }
            Ok(header) if header.first == first => {
                self.sound.push(Segment { name, bytes, header });
            }
            Ok(_) | Err(HeaderFault::Broken) => self.damaged.push((first, name)),
            Err(HeaderFault::Blank) => self.blank.push((first, name, bytes)),
            Err(HeaderFault::Newer(found)) => {
                return Err(OpenError::NewerFormat { file: name, found });
            }
        }
        Ok(())
    }

    /// Leaves the segments of which frames count, oldest first.
    fn put_in_order(mut self) -> Loaded {
        self.sound.sort_by_key(|segment| segment.header.first);
        let mut limit = u64::MAX;
        let mut chain = Vec::new();
        for segment in self.sound.drain(..).rev() {
            if segment.header.first < limit {
                limit = segment.header.after + 1;
                chain.push(segment);
            } else {
                self.unused.push(segment.name);
            }
        }
        chain.reverse();
        self.sound = chain;
        self
    }

    fn walk(mut self, wanted: Wanted) -> Scan {
        let damage = self.first_damage(wanted);
        let until = damage.as_ref().map_or(wanted.until, |(first, _)| wanted.until.min(first - 1));
        let segments: Vec<_> = self.sound.iter().map(Segment::known).collect();
        let sound = std::mem::take(&mut self.sound);
        let mut chain = Chain::new(&segments);
        for (index, segment) in sound.into_iter().enumerate() {
            let next = segments.get(index + 1);
            if chain.walk(segment, next, Wanted { until, ..wanted }).is_break() {
                break;
            }
        }
        let Chain { frames, tail, next, mut end } = chain;
        match damage {
            Some((first, file)) if !matches!(end, End::Broken(_)) => {
                end = End::Broken(OpenError::Broken {
                    file,
                    offset: 0,
                    frame: Position(first),
                    why: "this is not the header of a log that was written here",
                });
            }
            _ => end = self.blank_end(next, wanted.until, end),
        }
        let Loaded { mut unused, blank, .. } = self;
        unused.extend(blank.into_iter().map(|(_, name, _)| name));
        Scan { frames, segments, unused, tail, next, end }
    }

    /// The first segment without a header that may have held wanted frames. The others are unused.
    fn first_damage(&mut self, wanted: Wanted) -> Option<(u64, String)> {
        let firsts: Vec<_> = self.sound.iter().map(|segment| segment.header.first).collect();
        let mut found: Option<(u64, String)> = None;
        for (first, name) in self.damaged.drain(..) {
            let is_over = firsts.iter().any(|later| first < *later && *later <= wanted.from);
            if is_over {
                self.unused.push(name);
            } else if first <= wanted.until && found.as_ref().is_none_or(|found| first < found.0) {
                found = Some((first.max(1), name));
            }
        }
        found
    }

    /// A log that seems to end well, but was going on in a segment that is blank, is torn there.
    fn blank_end(&mut self, next: u64, until: u64, end: End) -> End {
        let is_there = |blank: &(u64, String, Vec<u8>)| blank.0 >= next && next <= until;
        match (end, self.blank.iter_mut().find(|blank| is_there(blank))) {
            (End::Clean, Some((_, name, bytes))) => {
                End::Torn { file: name.clone(), offset: 0, bytes: std::mem::take(bytes) }
            }
            (end, _) => end,
        }
    }
}

impl Segment {
    fn known(&self) -> Known {
        Known {
            name: self.name.clone(),
            first: self.header.first,
            after: self.header.after,
            bytes: self.bytes.len() as u64,
        }
    }
}

/// What was gone through so far.
struct Chain {
    frames: Frames,
    tail: u64,
    next: u64,
    end: End,
}

impl Chain {
    fn new(segments: &[Known]) -> Chain {
        let next = segments.first().map_or(1, |segment| segment.first);
        Chain { frames: Frames::default(), tail: 0, next, end: End::Clean }
    }

    /// Takes the frames of `segment`, as far as `next` lets them count.
    fn walk(&mut self, segment: Segment, next: Option<&Known>, wanted: Wanted) -> ControlFlow<()> {
        let limit = next.map_or(u64::MAX, |next| next.after + 1);
        (self.tail, self.next) = (segment.header.after, segment.header.first);
        if limit <= wanted.from {
            return ControlFlow::Continue(());
        }
        if let Some(missing) = self.missing_before(&segment.header, wanted) {
            self.end = End::Broken(missing);
            return ControlFlow::Break(());
        }
        let stop = limit.min(wanted.until.saturating_add(1));
        let run = Run::new(&segment, wanted.from, stop);
        if run.next > self.next {
            (self.tail, self.next) = (run.next - 1, run.next);
        }
        if run.next < limit && run.next <= wanted.until {
            self.end = match next {
                Some(_) => broken(
                    &segment,
                    run.end,
                    run.next,
                    "the frame is not whole, and the log goes on",
                ),
                None => last_end(&segment, &run),
            };
        }
        self.frames.push(segment.bytes, run.start, run.start_number, run.next);
        let goes_on = run.next == limit && run.next <= wanted.until;
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    /// The first segment that is needed must hold what is wanted, or say that there was nothing.
    fn missing_before(&self, header: &Header, wanted: Wanted) -> Option<OpenError> {
        let last = header.after.min(wanted.until);
        let is_missing =
            self.frames.is_empty() && header.first > wanted.from && last >= wanted.from;
        is_missing
            .then_some(OpenError::Missing { first: Position(wanted.from), last: Position(last) })
    }
}

/// The whole frames of a segment.
struct Run {
    seal: Seal,
    /// Where the first wanted one begins, and its number.
    start: usize,
    start_number: u64,
    /// Where the last one ends, and the number behind it.
    end: usize,
    next: u64,
}

impl Run {
    /// Up to before the number `stop`.
    fn new(segment: &Segment, from: u64, stop: u64) -> Run {
        let seal = Seal::new(segment.header.salt);
        let (mut end, mut next) = (HEADER, segment.header.first);
        let (mut start, mut start_number) = (end, next);
        while next < stop {
            let Some(behind) = seal.whole(&segment.bytes, end, next) else { break };
            (end, next) = (behind, next + 1);
            if next <= from {
                (start, start_number) = (end, next);
            }
        }
        Run { seal, start, start_number, end, next }
    }
}

fn broken(segment: &Segment, at: usize, number: u64, why: &'static str) -> End {
    let file = segment.name.clone();
    End::Broken(OpenError::Broken { file, offset: at as u64, frame: Position(number), why })
}

/// How the last segment ends, behind its whole frames.
fn last_end(segment: &Segment, run: &Run) -> End {
    if run.end == segment.bytes.len() {
        return End::Clean;
    }
    let mut budget = budget(&segment.bytes);
    match search(&run.seal, &segment.bytes, run.end, run.next, &mut budget) {
        Search::Nothing => End::Torn {
            file: segment.name.clone(),
            offset: run.end,
            bytes: segment.bytes[run.end..].to_vec(),
        },
        Search::Found { .. } => {
            broken(segment, run.end, run.next, "the frame is not whole, and whole ones follow")
        }
        Search::GaveUp => broken(
            segment,
            run.end,
            run.next,
            "the frame is not whole, and too much follows that may be",
        ),
    }
}

/// The number of whole frames in a segment from `at` on, wherever they are.
pub fn whole_frames(bytes: &[u8], at: usize) -> u64 {
    let Ok(header) = Header::parse(bytes) else { return 0 };
    let seal = Seal::new(header.salt);
    let mut budget = budget(bytes);
    let (mut count, mut place, mut number) = (0, at.max(HEADER), header.first);
    while let Search::Found { end, sequence } = search(&seal, bytes, place, number, &mut budget) {
        (count, place, number) = (count + 1, end, sequence + 1);
    }
    count
}

fn budget(bytes: &[u8]) -> usize {
    SEARCH + bytes.len().saturating_mul(4)
}

enum Search {
    Nothing,
    Found { end: usize, sequence: u64 },
    GaveUp,
}

/// The first whole frame at or behind `at`, of number `number` or a later one, as far as there may be.
fn search(seal: &Seal, bytes: &[u8], at: usize, number: u64, budget: &mut usize) -> Search {
    for place in at..bytes.len().saturating_sub(HEAD - 1) {
        let Some(head) = Head::at(bytes, place) else { break };
        // Between here and there no more frames fit than this.
        let most = number.saturating_add(((place - HEADER) / HEAD) as u64 + 1);
        let length = head.length as usize;
        let fits = length <= bytes.len() - place - HEAD;
        if !fits || head.sequence < number || head.sequence > most {
            continue;
        }
        if let Some(end) = seal.whole(bytes, place, head.sequence) {
            return Search::Found { end, sequence: head.sequence };
        }
        let Some(left) = budget.checked_sub(length) else { return Search::GaveUp };
        *budget = left;
    }
    Search::Nothing
}
