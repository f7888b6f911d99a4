//! HTTP/1.0 and HTTP/1.1: cuts a byte stream into requests, pipelined or not (RFC 9112).

use std::sync::Arc;

use super::buffer::{Buffer, Gather};
use super::head::{self, Asked, Body, MAX_HEAD, Target};
use super::hosts::Hosts;
use super::{Call, Envelope, Keep, Refusal, What};

/// The longest line with a chunk's size, its extensions and line end included.
const MAX_CHUNK_LINE: usize = 1 << 10;
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

#[derive(Debug)]
pub struct Http {
    max: usize,
    hosts: Arc<Hosts>,
    input: Buffer,
    /// Bytes of the head that were searched for its end.
    searched: usize,
    state: State,
    interim: bool,
}

#[derive(Debug)]
enum State {
    /// Between requests, or in a head.
    Head,
    Body(Post),
    Ended,
}

/// A request whose body is arriving.
#[derive(Debug)]
struct Post {
    keep: Keep,
    token: Option<Vec<u8>>,
    message: Gather,
    part: Part,
}

/// What of a body comes next.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// All of it.
    Whole,
    /// The line with a chunk's size.
    Size,
    Chunk,
    /// The line end after a chunk.
    ChunkEnd,
    /// Lines after the last chunk, and how many bytes of them there were.
    Trailers(usize),
    Done,
}

impl Http {
    pub fn new(max: usize, hosts: Arc<Hosts>) -> Http {
        let (input, state) = (Buffer::default(), State::Head);
        Http { max, hosts, input, searched: 0, state, interim: false }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Ended) {
            self.input.push(bytes);
        }
    }

    pub fn next(&mut self) -> Option<Call> {
        if matches!(self.state, State::Head)
            && let Some(call) = self.open()?
        {
            return Some(call);
        }
        self.read_body()
    }

    pub fn finish(&mut self) -> Option<Call> {
        if let Some(call) = self.next() {
            return Some(call);
        }
        let cut = self.is_mid_message();
        self.end();
        cut.then(|| refused(Refusal::new(400, "the request was cut off")))
    }

    pub fn buffered(&self) -> usize {
        let message = match &self.state {
            State::Body(post) => post.message.bytes.len(),
            State::Head | State::Ended => 0,
        };
        self.input.len() + message
    }

    pub fn is_mid_message(&self) -> bool {
        matches!(self.state, State::Body(_)) || self.input.len() > 0
    }

    pub fn take_interim(&mut self) -> Option<&'static [u8]> {
        std::mem::take(&mut self.interim).then_some(CONTINUE)
    }

    /// Reads a head, if it is all there: the call that it makes, or nothing when a body makes it.
    fn open(&mut self) -> Option<Option<Call>> {
        self.skip_empty_lines();
        let asked = match self.head_length() {
            Some(length) => {
                let asked = head::read(&self.input.rest()[..length], self.max, &self.hosts);
                self.input.take(length);
                asked
            }
            None if self.input.len() >= MAX_HEAD => Asked::refused(head::LONG_HEAD),
            None => return None,
        };
        self.searched = 0;
        Some(self.begin(asked))
    }

    /// An empty line before a request is let pass (RFC 9112, 2.2).
    fn skip_empty_lines(&mut self) {
        let is_line_end = |byte: &&u8| matches!(**byte, b'\r' | b'\n');
        let count = self.input.rest().iter().take_while(is_line_end).count();
        self.input.take(count);
    }

    /// Where the head ends, once that is known. The head is parsed then and only then: what comes of
    /// it does not depend on how it arrived.
    fn head_length(&mut self) -> Option<usize> {
        let rest = self.input.rest();
        let window = &rest[..rest.len().min(MAX_HEAD)];
        // Three bytes may belong to an end that is not all there.
        let from = self.searched.saturating_sub(3);
        self.searched = window.len();
        end_of_head(&window[from..]).map(|end| from + end)
    }

    fn begin(&mut self, asked: Asked) -> Option<Call> {
        let Asked { target, keep, head, token } = asked;
        let what = match target {
            Ok(Target::Post { body, waits }) => {
                self.interim = waits && body != Body::Length(0) && self.input.len() == 0;
                self.state = State::Body(Post::new(body, self.max, keep, token));
                return None;
            }
            Ok(Target::Page(page)) => What::Page(page),
            Err(refusal) => What::Refused(refusal),
        };
        Some(self.call(Call { what, envelope: Envelope::Http { keep, head }, token }))
    }

    fn read_body(&mut self) -> Option<Call> {
        let State::Body(post) = &mut self.state else { return None };
        match post.read(&mut self.input, self.max) {
            Ok(false) => return None,
            Err(refusal) => return Some(self.call(refused(refusal))),
            Ok(true) => {}
        }
        let State::Body(post) = std::mem::replace(&mut self.state, State::Head) else {
            return None;
        };
        let what = What::Message(post.message.bytes);
        let envelope = Envelope::Http { keep: post.keep, head: false };
        Some(self.call(Call { what, envelope, token: post.token }))
    }

    /// Nothing is read after a call that closes.
    fn call(&mut self, call: Call) -> Call {
        if call.envelope.closes() {
            self.end();
        }
        call
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.interim = false;
        self.input.clear();
    }
}

fn refused(refusal: Refusal) -> Call {
    let envelope = Envelope::Http { keep: Keep::Close, head: false };
    Call { what: What::Refused(refusal), envelope, token: None }
}

/// The length of a head whose empty line ends in `bytes`. Lines may end without a carriage return
/// (RFC 9112, 2.2).
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let mut line_ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    line_ends.find_map(|(index, _)| match &bytes[index + 1..] {
        [b'\n', ..] => Some(index + 2),
        [b'\r', b'\n', ..] => Some(index + 3),
        _ => None,
    })
}

impl Post {
    fn new(body: Body, max: usize, keep: Keep, token: Option<Vec<u8>>) -> Post {
        let (length, part) = match body {
            Body::Nothing => (0, Part::Done),
            Body::Length(length) => (length, Part::Whole),
            Body::Chunked => (0, Part::Size),
        };
        Post { keep, token, message: Gather::new(length, max), part }
    }

    /// Takes what is there. Whether that is all.
    fn read(&mut self, input: &mut Buffer, max: usize) -> Result<bool, Refusal> {
        loop {
            self.part = match self.part {
                Part::Done => return Ok(true),
                Part::Whole if self.message.fill(input) => Part::Done,
                Part::Chunk if self.message.fill(input) => Part::ChunkEnd,
                Part::Whole | Part::Chunk => return Ok(false),
                Part::Size | Part::ChunkEnd | Part::Trailers(_) => {
                    let Some(line) = take_line(input)? else { return Ok(false) };
                    self.line(&line, max)?
                }
            };
        }
    }

    /// What comes after a line of the chunked coding.
    fn line(&mut self, line: &[u8], max: usize) -> Result<Part, Refusal> {
        match self.part {
            Part::Size => {
                let room = max - self.message.bytes.len();
                match chunk_size(line)? {
                    0 => Ok(Part::Trailers(0)),
                    size if size > room => Err(head::TOO_LARGE),
                    size => {
                        self.message.extend(size);
                        Ok(Part::Chunk)
                    }
                }
            }
            Part::Trailers(_) if line.is_empty() => Ok(Part::Done),
            // What they say is not asked for.
            Part::Trailers(seen) if seen + line.len() <= MAX_HEAD => {
                Ok(Part::Trailers(seen + line.len()))
            }
            Part::Trailers(_) => Err(head::LONG_HEAD),
            _ if line.is_empty() => Ok(Part::Size),
            _ => Err(BAD_CHUNK),
        }
    }
}

const BAD_CHUNK: Refusal = Refusal::new(400, "the chunks of the body are broken");

/// A line of the chunked coding without its end, which must be CR LF: readers that were more lenient
/// here have been made to see other requests than the proxy before them.
fn take_line(input: &mut Buffer) -> Result<Option<Vec<u8>>, Refusal> {
    let window = &input.rest()[..input.len().min(MAX_CHUNK_LINE)];
    let Some(end) = window.iter().position(|byte| *byte == b'\n') else {
        return if window.len() == MAX_CHUNK_LINE { Err(BAD_CHUNK) } else { Ok(None) };
    };
    let line = window[..end].strip_suffix(b"\r").filter(|line| !line.contains(&b'\r'));
    let line = line.ok_or(BAD_CHUNK)?.to_vec();
    input.take(end + 1);
    Ok(Some(line))
}

/// `1a` in `1a;name=value`.
fn chunk_size(line: &[u8]) -> Result<usize, Refusal> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, rest) = line.split_at(end);
    if !rest.is_empty() && !rest.trim_ascii_start().starts_with(b";") {
        return Err(BAD_CHUNK);
    }
    let digits = str::from_utf8(digits).map_err(|_| BAD_CHUNK)?;
    usize::from_str_radix(digits, 16).map_err(|_| BAD_CHUNK)
}
