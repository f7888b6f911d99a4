//! Any bytes as a MagicaVoxel file: a scene or an error, and what was read can be written and read again.

#![no_main]

use goxel_engine::format::{Limits, vox};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        max_voxels: 1 << 20,
        max_bricks: 1 << 10,
        max_inflated: 1 << 22,
        ..Limits::default()
    };
    let Ok(scene) = vox::decode(bytes, &limits) else { return };
    if let Ok(written) = vox::encode(&scene) {
        vox::decode(&written, &Limits::default()).expect("what was written can be read");
    }
});
