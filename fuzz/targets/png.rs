//! Any bytes as a PNG: a picture within the limit or an error; a picture survives a round trip.

#![no_main]

use goxel_engine::image::png;
use libfuzzer_sys::fuzz_target;

const MAX_PIXELS: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(picture) = png::decode(bytes, MAX_PIXELS) else { return };
    assert!(u64::from(picture.width) * u64::from(picture.height) <= MAX_PIXELS);
    assert_eq!(png::decode(&png::encode(&picture), MAX_PIXELS).ok(), Some(picture));
});
