//! The 16-byte framing: a big-endian header of message id, type, payload length, and the high word
//! of a time in microseconds; then the payload (spec daemon.md 8.2).

use goxel_rpc::Fault;

use super::buffer::{Buffer, Gather};
use super::{Call, Envelope, What};

pub const HEADER: usize = 16;

/// Cuts a byte stream into messages.
#[derive(Debug)]
pub struct Binary {
    max: usize,
    input: Buffer,
    message: Option<(Header, Gather)>,
    ended: bool,
}

#[derive(Clone, Copy, Debug)]
struct Header {
    id: u32,
    length: usize,
    time: u32,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        let words: &[[u8; 4]] = bytes.get(..HEADER)?.as_chunks().0;
        // The type, the second word, never meant anything.
        let [id, _, length, time] = [0, 1, 2, 3].map(|index| u32::from_be_bytes(words[index]));
        Some(Header { id, length: length as usize, time })
    }

    fn call(self, what: What) -> Call {
        let envelope = Envelope::Binary { id: self.id, time: self.time, closes: false };
        Call { what, envelope, token: None }
    }

    fn last_call(self, fault: Fault) -> Call {
        let envelope = Envelope::Binary { id: self.id, time: self.time, closes: true };
        Call { what: What::Fault(fault), envelope, token: None }
    }
}

impl Binary {
    pub fn new(max: usize) -> Binary {
        Binary { max, input: Buffer::default(), message: None, ended: false }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        if !self.ended {
            self.input.push(bytes);
        }
    }

    pub fn next(&mut self) -> Option<Call> {
        while self.message.is_none() {
            let header = Header::read(self.input.rest())?;
            self.input.take(HEADER);
            if header.length > self.max {
                self.end();
                return Some(header.last_call(Fault::TooLarge { max: self.max }));
            }
            // An empty message gets no reply.
            if header.length > 0 {
                self.message = Some((header, Gather::new(header.length, self.max)));
            }
        }
        let (_, gather) = self.message.as_mut()?;
        if !gather.fill(&mut self.input) {
            return None;
        }
        let (header, gather) = self.message.take()?;
        Some(header.call(What::Message(gather.bytes)))
    }

    /// A message that was cut off in its payload is answered; one cut off in its header has no id.
    pub fn finish(&mut self) -> Option<Call> {
        if let Some(call) = self.next() {
            return Some(call);
        }
        let cut = self.message.take();
        self.end();
        cut.map(|(header, _)| header.last_call(Fault::Syntax))
    }

    fn end(&mut self) {
        self.ended = true;
        self.input.clear();
    }

    pub fn buffered(&self) -> usize {
        self.input.len() + self.message.as_ref().map_or(0, |(_, gather)| gather.bytes.len())
    }

    pub fn is_mid_message(&self) -> bool {
        self.message.is_some() || self.input.len() > 0
    }

    /// The memory that the arriving message has.
    #[cfg(test)]
    pub fn capacity(&self) -> usize {
        self.message.as_ref().map_or(0, |(_, gather)| gather.bytes.capacity())
    }
}
