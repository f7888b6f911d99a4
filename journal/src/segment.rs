//! A segment that is being written.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::sync::Arc;

use crate::Position;
use crate::frame::{HEAD, HEADER, Header, Seal};
use crate::frames::FrameIter;
use crate::scan::{Known, name_of};
use crate::storage::{Flush, Output, Storage, append_pair, create_anew};

/// Its name until it has a header.
const ASIDE: &str = "segment.new";
/// How much is allocated ahead.
pub const CHUNK: usize = 4 << 20;
/// Payloads up to this are copied behind their head: that costs less than a write of two pieces.
const SMALL: usize = 1 << 10;

/// Where a segment stands among others.
#[derive(Clone, Copy)]
pub struct Place {
    pub first: u64,
    /// The last frame of the log before it.
    pub after: u64,
}

/// The segment that is written.
pub struct Current {
    output: Box<dyn Output>,
    seal: Seal,
    len: u64,
    /// Up to here it is allocated.
    reserved: u64,
    /// Where small frames are put together.
    small: Vec<u8>,
}

/// A new segment under its name, with `copied` frames in it, which are then durable.
pub fn begin(
    storage: &dyn Storage,
    rules: u16,
    place: Place,
    copied: FrameIter<'_>,
) -> io::Result<(Current, Known)> {
    let Place { first, after } = place;
    let salt = RandomState::new().hash_one(first) as u32;
    let mut begun = Current {
        output: create_anew(storage, ASIDE)?,
        seal: Seal::new(salt),
        len: 0,
        reserved: 0,
        small: Vec::with_capacity(HEAD + SMALL),
    };
    let name = name_of(first);
    let filled = begun.fill(Header { rules, salt, first, after }, copied);
    if let Err(error) = filled.and_then(|()| storage.rename(ASIDE, &name)) {
        // The next one is begun in its place.
        let _ = storage.remove(ASIDE);
        return Err(error);
    }
    let segment = Known { name, first, after, bytes: begun.len };
    Ok((begun, segment))
}

impl Current {
    fn fill(&mut self, header: Header, copied: FrameIter<'_>) -> io::Result<()> {
        append_pair(&mut *self.output, &header.to_bytes(), &[])?;
        self.len = HEADER as u64;
        let mut is_copy = false;
        for (Position(number), payload) in copied {
            self.append(number, payload)?;
            is_copy = true;
        }
        if is_copy { self.output.flush().sync() } else { Ok(()) }
    }

    /// Appends a frame, by one write, and returns its bytes. On error it is cut off again.
    pub fn append(&mut self, number: u64, payload: &[u8]) -> io::Result<u64> {
        let head = self.seal.head(number, payload);
        let output = &mut *self.output;
        let outcome = if payload.len() <= SMALL {
            self.small.clear();
            self.small.extend_from_slice(&head);
            self.small.extend_from_slice(payload);
            append_pair(output, &self.small, &[])
        } else {
            append_pair(output, &head, payload)
        };
        if let Err(error) = outcome {
            // If this fails too, the next segment begins before what was written here.
            let _ = self.truncate();
            return Err(error);
        }
        let bytes = (HEAD + payload.len()) as u64;
        self.len += bytes;
        Ok(bytes)
    }

    /// Allocates so many bytes behind the end.
    pub fn reserve(&mut self, bytes: usize) -> io::Result<()> {
        self.output.reserve(bytes as u64)?;
        self.reserved = self.len + bytes as u64;
        Ok(())
    }

    /// How many bytes are allocated behind the end.
    pub fn free(&self) -> usize {
        self.reserved.saturating_sub(self.len) as usize
    }

    /// Its bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// What makes it durable.
    pub fn flush(&self) -> Arc<dyn Flush> {
        self.output.flush()
    }

    /// Frees what was allocated, and cuts off what does not belong to it.
    pub fn truncate(&mut self) -> io::Result<()> {
        self.reserved = 0;
        self.output.truncate(self.len)
    }
}
