//! Framing: cuts a byte stream into JSON messages, however the bytes arrive.
//!
//! A message is complete at the byte that closes its outermost bracket; no
//! newline is needed. Each byte is looked at once. What is held is bounded by the
//! longest message allowed, and a broken or oversized message costs one fault:
//! input is then dropped up to its end or the next newline.

use std::collections::VecDeque;

/// The deepest nesting of brackets.
pub const MAX_DEPTH: u32 = 127;

/// One cut of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The text of one message, brackets balanced.
    Message(Vec<u8>),
    /// Input that is no message; answer it with [`crate::fault_reply`].
    Fault(Fault),
}

/// Why input was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The message is longer than allowed.
    TooLarge {
        /// The limit in bytes.
        max: usize,
    },
    /// The text cannot become a JSON object or array.
    Syntax,
    /// Brackets are nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Cuts a byte stream into messages.
///
/// ```rust,standalone_crate
/// use goxel_rpc::{Frame, Framer};
/// let mut framer = Framer::new(1 << 20);
/// framer.push(b"{\"a\"");
/// assert_eq!(framer.next(), None);
/// framer.push(b":1} [2]");
/// assert_eq!(framer.next(), Some(Frame::Message(b"{\"a\":1}".to_vec())));
/// assert_eq!(framer.next(), Some(Frame::Message(b"[2]".to_vec())));
/// ```
#[derive(Debug)]
pub struct Framer {
    max: usize,
    state: State,
    scan: Scan,
    loose: Loose,
    message: Vec<u8>,
    ready: VecDeque<Frame>,
    ready_bytes: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// White space before a message.
    Between,
    /// In a message that is kept.
    Inside,
    /// In a message too large to keep.
    Dropping,
    /// In broken text.
    Resync,
}

impl Framer {
    /// A framer for messages of at most `max_message` bytes.
    pub fn new(max_message: usize) -> Self {
        Self {
            max: max_message.max(2),
            state: State::Between,
            scan: Scan::default(),
            loose: Loose::default(),
            message: Vec::new(),
            ready: VecDeque::new(),
            ready_bytes: 0,
        }
    }

    /// Takes bytes as they arrive.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Between => self.between(bytes),
                State::Inside => self.inside(bytes),
                State::Dropping => self.dropping(bytes),
                State::Resync => self.resync(bytes),
            };
            bytes = &bytes[used..];
        }
    }

    /// The next message or fault, in the order of arrival.
    #[expect(clippy::should_implement_trait, reason = "not an end: more may be pushed")]
    pub fn next(&mut self) -> Option<Frame> {
        let frame = self.ready.pop_front()?;
        if let Frame::Message(message) = &frame {
            self.ready_bytes -= message.len();
        }
        Some(frame)
    }

    /// Bytes held: messages not yet taken and the beginning of the one arriving.
    pub fn buffered(&self) -> usize {
        self.ready_bytes + self.message.len()
    }

    /// At the end of input: what [`Framer::next`] still has, then a fault for a
    /// message that was cut off.
    pub fn finish(&mut self) -> Option<Frame> {
        if matches!(self.state, State::Inside) {
            self.fault(Fault::Syntax);
        }
        self.state = State::Between;
        self.next()
    }

    fn between(&mut self, bytes: &[u8]) -> usize {
        let Some(start) = bytes.iter().position(|byte| !is_space(*byte)) else {
            return bytes.len();
        };
        self.state = if matches!(bytes[start], b'{' | b'[') {
            self.scan = Scan::default();
            State::Inside
        } else {
            self.loose = Loose::default();
            self.ready.push_back(Frame::Fault(Fault::Syntax));
            State::Resync
        };
        start
    }

    fn inside(&mut self, bytes: &[u8]) -> usize {
        let room = self.max - self.message.len();
        let looked_at = bytes.len().min(room);
        let mut index = 0;
        loop {
            index += self.scan.skip(&bytes[index..looked_at]);
            let Some(byte) = bytes.get(index) else {
                self.keep(bytes);
                return bytes.len();
            };
            if index == room {
                self.fault(Fault::TooLarge { max: self.max });
                self.state = State::Dropping;
                return index;
            }
            match self.scan.step(*byte) {
                Seen::More => index += 1,
                Seen::End => {
                    self.keep(&bytes[..=index]);
                    self.complete();
                    return index + 1;
                }
                Seen::Broken(broken) => {
                    self.fault(if broken == Broken::Depth {
                        Fault::TooDeep
                    } else {
                        Fault::Syntax
                    });
                    return index + self.leave(broken);
                }
            }
        }
    }

    fn dropping(&mut self, bytes: &[u8]) -> usize {
        for (index, byte) in bytes.iter().enumerate() {
            // A message that is all on one line ends with it, balanced or not.
            let one_line = !self.scan.crossed_line;
            match self.scan.step(*byte) {
                Seen::More if *byte == b'\n' && one_line => {}
                Seen::More => continue,
                Seen::End => {}
                Seen::Broken(broken) => return index + self.leave(broken),
            }
            self.state = State::Between;
            return index + 1;
        }
        bytes.len()
    }

    fn resync(&mut self, bytes: &[u8]) -> usize {
        match bytes.iter().position(|byte| self.loose.ends_at(*byte)) {
            Some(end) => {
                self.state = State::Between;
                end + 1
            }
            None => bytes.len(),
        }
    }

    /// Chooses where reading goes on after broken text. Returns how many of
    /// the byte that broke it are used up.
    fn leave(&mut self, broken: Broken) -> usize {
        self.loose = self.scan.loose();
        self.state = match broken {
            Broken::NewMessage => State::Between,
            Broken::Here | Broken::Depth => State::Resync,
        };
        0
    }

    fn keep(&mut self, bytes: &[u8]) {
        let len = self.message.len() + bytes.len();
        if len > self.message.capacity() {
            let target = (2 * len).min(self.max.max(len));
            self.message.reserve_exact(target - self.message.len());
        }
        self.message.extend_from_slice(bytes);
    }

    fn complete(&mut self) {
        let message = std::mem::take(&mut self.message);
        self.ready_bytes += message.len();
        self.ready.push_back(Frame::Message(message));
        self.state = State::Between;
    }

    fn fault(&mut self, fault: Fault) {
        self.message = Vec::new();
        self.ready.push_back(Frame::Fault(fault));
    }
}

/// Where a byte decides something: outside of strings, or in them.
const OUTSIDE: u8 = 1;
const IN_STRING: u8 = 2;
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'"' | b'\n' => OUTSIDE | IN_STRING,
            b'\\' => IN_STRING,
            b' ' | b'\t' | b'\r' | b'{' | b'}' | b'[' | b']' => OUTSIDE,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// What one more byte means for the message.
enum Seen {
    More,
    End,
    Broken(Broken),
}

/// How a message was found to be broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// This byte cannot stand here.
    Here,
    /// Brackets are nested too deep.
    Depth,
    /// A bracket opens on a new line where none can: the message was cut off
    /// and this is the next one.
    NewMessage,
}

/// Follows brackets and strings. Finds what the bracket structure alone shows
/// to be broken; the rest is left to the parser.
#[derive(Debug, Default)]
struct Scan {
    /// One bit per open bracket, the innermost lowest; set for an object.
    objects: u128,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The last byte that was neither white space nor inside a string.
    last: u8,
    /// Whether a newline came after `last`.
    new_line: bool,
    /// Whether the message has a newline at all.
    crossed_line: bool,
}

impl Scan {
    /// Passes bytes that decide nothing, most of any message; says how many.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        let decides = if self.in_string { IN_STRING } else { OUTSIDE };
        if self.escaped {
            return 0;
        }
        let is_plain = |byte: &&u8| KINDS[usize::from(**byte)] & decides == 0;
        let count = bytes.iter().take_while(is_plain).count();
        if !self.in_string
            && let Some(last) = bytes[..count].last()
        {
            self.significant(*last);
        }
        count
    }

    fn step(&mut self, byte: u8) -> Seen {
        if self.in_string {
            return self.string_byte(byte);
        }
        match byte {
            b' ' | b'\t' | b'\r' => return Seen::More,
            b'\n' => {
                self.new_line = true;
                self.crossed_line = true;
                return Seen::More;
            }
            b'{' | b'[' => return self.open(byte),
            b'}' | b']' => return self.close(byte),
            b'"' => self.in_string = true,
            _ => {}
        }
        self.significant(byte);
        Seen::More
    }

    fn string_byte(&mut self, byte: u8) -> Seen {
        match byte {
            b'\n' => return Seen::Broken(Broken::Here),
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
        Seen::More
    }

    fn open(&mut self, byte: u8) -> Seen {
        if self.depth > 0 && !matches!(self.last, b':' | b',' | b'[') {
            return Seen::Broken(if self.new_line { Broken::NewMessage } else { Broken::Here });
        }
        if self.depth == MAX_DEPTH {
            return Seen::Broken(Broken::Depth);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(byte == b'{');
        self.significant(byte);
        Seen::More
    }

    fn close(&mut self, byte: u8) -> Seen {
        if (self.objects & 1 == 1) != (byte == b'}') {
            return Seen::Broken(Broken::Here);
        }
        self.depth -= 1;
        self.objects >>= 1;
        self.significant(byte);
        if self.depth == 0 { Seen::End } else { Seen::More }
    }

    fn significant(&mut self, byte: u8) {
        self.last = byte;
        self.new_line = false;
    }

    fn loose(&self) -> Loose {
        let (in_string, escaped) = (self.in_string, self.escaped);
        Loose { depth: u64::from(self.depth), in_string, escaped }
    }
}

/// Finds the end of broken text: a newline, or the bracket that balances it.
#[derive(Debug, Default)]
struct Loose {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Loose {
    fn ends_at(&mut self, byte: u8) -> bool {
        match byte {
            b'\n' => return true,
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                let balances = self.depth == 1;
                self.depth = self.depth.saturating_sub(1);
                return balances;
            }
            _ => {}
        }
        false
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
