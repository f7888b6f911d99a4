//! Any bytes as a palette of any name: colours or an error, and what was read can be written and read again.

#![no_main]

use goxel_engine::palette::{COLORS_MAX, PaletteFormat, read, write};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 5] = ["", "a.gpl", "a.dat", "a.png", "a.vox"];

fuzz_target!(|input: &[u8]| {
    let Some((first, bytes)) = input.split_first() else { return };
    let Ok(palette) = read(bytes, NAMES[usize::from(*first) % NAMES.len()]) else { return };
    assert!(palette.colors.len() <= COLORS_MAX);
    for format in PaletteFormat::ALL {
        if let Ok(written) = write(&palette, format) {
            let name = format!("a.{}", format.ending());
            let again = read(&written, &name).expect("what was written can be read");
            assert!(format != PaletteFormat::Gpl || again.colors.len() == palette.colors.len());
        }
    }
});
