//! Bytes that were read and not yet used, and messages of a known length made of them.

/// An emptied buffer keeps no more memory than this: most connections are idle.
const KEPT: usize = 4 << 10;

/// A queue of bytes.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

impl Buffer {
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.used..]
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - self.used
    }

    /// Lets go of the first `count` bytes.
    pub fn take(&mut self, count: usize) {
        self.used += count;
        if self.len() == 0 {
            self.clear();
        }
    }

    pub fn clear(&mut self) {
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.used = 0;
    }
}

/// Bytes of one message, taken out of a [`Buffer`].
#[derive(Debug)]
pub struct Gather {
    pub bytes: Vec<u8>,
    max: usize,
    left: usize,
}

impl Gather {
    /// Gathers `length` bytes; never more than `max` will be asked for in all.
    pub fn new(length: usize, max: usize) -> Gather {
        Gather { bytes: Vec::new(), max, left: length }
    }

    /// Waits for `length` bytes more.
    pub fn extend(&mut self, length: usize) {
        self.left += length;
    }

    /// Takes what is there. Whether that is all.
    pub fn fill(&mut self, input: &mut Buffer) -> bool {
        let count = self.left.min(input.len());
        self.reserve(count);
        self.bytes.extend_from_slice(&input.rest()[..count]);
        input.take(count);
        self.left -= count;
        self.left == 0
    }

    /// Grows with what has arrived, not with what was announced: announcing costs nothing.
    fn reserve(&mut self, count: usize) {
        let length = self.bytes.len() + count;
        if length > self.bytes.capacity() {
            let whole = self.bytes.is_empty() && count == self.left;
            let target = if whole { length } else { (2 * length).min(self.max.max(length)) };
            self.bytes.reserve_exact(target - self.bytes.len());
        }
    }
}
