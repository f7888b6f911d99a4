//! Any bytes as an encoded command: a command or an error, and a command has no other bytes.

#![no_main]

use goxel_engine::encode::{Limits, command, decode_command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_voxels: 1 << 16, max_pixels: 1 << 16, ..Limits::default() };
    if let Ok(edit) = decode_command(bytes, &limits) {
        assert_eq!(command(&edit), bytes);
    }
});
