//! Any bytes as an effect and as a scene: one or an error, and what was read can be written, read
//! and applied again.

#![no_main]

use goxel_engine::effect::Effect;
use goxel_engine::encode::{Limits, decode_scene, scene};
use goxel_engine::scene::Scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits =
        Limits { max_bricks: 1 << 10, max_inflated: 1 << 20, max_text: 1 << 10, ..Limits::default() };
    if let Ok(effect) = Effect::from_bytes(bytes, &limits) {
        let written = effect.to_bytes();
        let again = Effect::from_bytes(&written, &limits).expect("what was written can be read");
        assert_eq!(again.to_bytes(), written);
        let _ = effect.apply(&mut Scene::new());
    }
    if let Ok(found) = decode_scene(bytes, &limits) {
        let written = scene(&found);
        let again = decode_scene(&written, &limits).expect("what was written can be read");
        assert_eq!(scene(&again), written);
    }
});
