//! Any bytes as a stream: however they are cut into pieces, the same messages come out.

#![no_main]

use goxel_rpc::{Frame, Framer};
use libfuzzer_sys::fuzz_target;

const MAX_MESSAGE: usize = 256;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let whole = frames(bytes.chunks(bytes.len().max(1)));
    let pieces = frames(bytes.chunks(usize::from(piece).max(1)));
    assert_eq!(whole, pieces);
});

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut framer = Framer::new(MAX_MESSAGE);
    let mut found = Vec::new();
    for piece in pieces {
        framer.push(piece);
        found.extend(std::iter::from_fn(|| framer.next()).map(|frame| shown(&frame)));
    }
    found.extend(framer.finish().map(|frame| shown(&frame)));
    found
}

fn shown(frame: &Frame) -> String {
    format!("{frame:?}")
}
