//! What supervisor and worker have to say to each other, over a pair of sockets.
//!
//! A byte is a message, and the end of the stream is one too: the other process is gone.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// One end.
#[derive(Debug)]
pub struct Link(UnixStream);

/// What the other end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The worker serves.
    Ready,
    /// Are you there? The answer is [`Word::Alive`].
    Ask,
    Alive,
    /// Stop now: there is no time to finish what is begun.
    Hurry,
    /// There is no other end any more.
    Gone,
}

impl Word {
    const ALL: [(u8, Word); 4] =
        [(b'+', Word::Ready), (b'?', Word::Ask), (b'!', Word::Alive), (b'.', Word::Hurry)];

    fn byte(self) -> Option<u8> {
        Word::ALL.iter().find(|(_, word)| *word == self).map(|(byte, _)| *byte)
    }
}

/// Two ends, neither of which ever waits.
pub fn pair() -> io::Result<(Link, Link)> {
    let (a, b) = UnixStream::pair()?;
    a.set_nonblocking(true)?;
    b.set_nonblocking(true)?;
    Ok((Link(a), Link(b)))
}

impl Link {
    /// Says a word. One that cannot be said is not missed: the other end is gone, or has so many
    /// unread that one more tells it nothing.
    pub fn say(&mut self, word: Word) {
        if let Some(byte) = word.byte() {
            let _ = self.0.write(&[byte]);
        }
    }

    /// What was said since the last time.
    pub fn hear(&mut self) -> Vec<Word> {
        let mut heard = Vec::new();
        let mut bytes = [0; 64];
        loop {
            match self.0.read(&mut bytes) {
                Ok(0) => heard.push(Word::Gone),
                Ok(count) => {
                    let known = |byte: &u8| Word::ALL.iter().find(|(it, _)| it == byte);
                    heard.extend(bytes[..count].iter().filter_map(known).map(|(_, word)| *word));
                    continue;
                }
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => continue,
                    ErrorKind::WouldBlock => {}
                    _ => heard.push(Word::Gone),
                },
            }
            return heard;
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_arrive_in_order_and_the_end_is_heard() {
        let (mut a, mut b) = pair().unwrap();
        assert_eq!(b.hear(), []);
        a.say(Word::Ask);
        a.say(Word::Ready);
        a.say(Word::Gone);
        assert_eq!(b.hear(), [Word::Ask, Word::Ready]);
        b.say(Word::Alive);
        drop(b);
        assert_eq!(a.hear(), [Word::Alive, Word::Gone]);
        assert_eq!(a.hear(), [Word::Gone]);
        a.say(Word::Ask);
    }

    #[test]
    fn nobody_who_listens_stops_nobody_who_speaks() {
        let (mut a, _b) = pair().unwrap();
        (0..1_000_000).for_each(|_| a.say(Word::Ask));
    }
}
