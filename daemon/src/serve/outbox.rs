//! What is to be sent to one client.

use std::io::{self, Write};

/// Unsent bytes past which a client's next request is not begun.
const CLOGGED: usize = 1 << 20;
/// The most that one turn of the event loop sends to one client.
const SEND_PER_TURN: usize = 1 << 20;

#[derive(Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// Where the next reply is written.
    pub fn end(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub fn unsent(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Whether so much is unsent that nothing new should be answered.
    pub fn is_clogged(&self) -> bool {
        self.unsent() >= CLOGGED
    }

    pub fn clear(&mut self) {
        *self = Outbox::default();
    }

    /// Sends what `stream` takes now; an error when the peer is gone.
    pub fn send(&mut self, stream: &mut impl Write) -> io::Result<()> {
        let mut budget = SEND_PER_TURN;
        while self.unsent() > 0 && budget > 0 {
            let end = self.bytes.len().min(self.sent + budget);
            match stream.write(&self.bytes[self.sent..end]) {
                Ok(count) => {
                    self.sent += count;
                    budget -= count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.forget_sent();
        Ok(())
    }

    fn forget_sent(&mut self) {
        if self.unsent() == 0 {
            // A large reply's memory goes back; a small buffer stays for the next one.
            if self.bytes.capacity() > CLOGGED {
                self.bytes = Vec::new();
            }
            self.bytes.clear();
            self.sent = 0;
        } else if self.sent > CLOGGED && self.sent > self.unsent() {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}
