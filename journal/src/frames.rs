//! Frames that were read: whole ones, in order.

use crate::Position;
use crate::frame::{HEAD, Head};

/// Frames that were read and found whole, in the order of their numbers. The content is in memory.
#[derive(Debug, Default)]
pub struct Frames {
    parts: Vec<Part>,
}

/// Whole frames that follow each other in one segment.
#[derive(Debug)]
struct Part {
    bytes: Vec<u8>,
    /// Where the first begins.
    at: usize,
    /// The numbers: from, and before which.
    first: u64,
    next: u64,
}

impl Frames {
    /// Adds the frames `first..next` of `bytes`, the first at `at`; later than all that are there.
    pub(crate) fn push(&mut self, bytes: Vec<u8>, at: usize, first: u64, next: u64) {
        if first < next {
            self.parts.push(Part { bytes, at, first, next });
        }
    }

    /// Each frame's number and payload. Numbers rise, by one but for places where
    /// [`Lost`](crate::Lost) frames were, or would have been.
    pub fn iter(&self) -> FrameIter<'_> {
        FrameIter { parts: self.parts.iter(), now: None }
    }

    /// The same, cut where one segment followed another.
    pub(crate) fn runs(&self) -> impl Iterator<Item = FrameIter<'_>> {
        self.parts.chunks(1).map(|part| FrameIter { parts: part.iter(), now: None })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| (part.next - part.first) as usize).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The number of the last one.
    pub fn last(&self) -> Option<Position> {
        self.parts.last().map(|part| Position(part.next - 1))
    }
}

impl<'a> IntoIterator for &'a Frames {
    type Item = (Position, &'a [u8]);
    type IntoIter = FrameIter<'a>;

    fn into_iter(self) -> FrameIter<'a> {
        self.iter()
    }
}

/// The frames one after the other.
#[derive(Clone, Debug, Default)]
pub struct FrameIter<'a> {
    parts: std::slice::Iter<'a, Part>,
    /// Where the next frame is, and its number.
    now: Option<(&'a Part, usize, u64)>,
}

impl<'a> Iterator for FrameIter<'a> {
    type Item = (Position, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (part, at, number) = match self.now {
            Some(now) if now.2 < now.0.next => now,
            _ => self.parts.next().map(|part| (part, part.at, part.first))?,
        };
        let length = Head::at(&part.bytes, at)?.length as usize;
        let payload = part.bytes.get(at + HEAD..)?.get(..length)?;
        self.now = Some((part, at + HEAD + length, number + 1));
        Some((Position(number), payload))
    }
}
