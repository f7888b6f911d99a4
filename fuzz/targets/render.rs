//! Any bytes as a picture of a small scene, with any numbers: one of the right size or a refusal,
//! and the same again by other means.

#![no_main]

#[path = "../../engine/tests/pictures/case.rs"]
mod case;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| case::Case::of(bytes).check());
