//! Any bytes as a message: requests, or a fault that is one line of JSON.

#![no_main]

use goxel_rpc::{Decoded, MAX_BATCH, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match decode(bytes) {
        Decoded::Single(_) => {}
        Decoded::Batch(requests) => assert!((1..=MAX_BATCH).contains(&requests.len())),
        Decoded::Fault(line) => {
            assert!(!line.contains('\n'));
            serde_json::from_str::<serde_json::Value>(&line).expect("a fault is JSON");
        }
    }
});
