//! Files meant to do harm: cut, bent, or lying about their size. The answer is an
//! error that says where, or a scene within the limits; never a panic.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use flate2::Compression;
use flate2::write::GzEncoder;
use goxel_engine::error::ErrorKind;
use goxel_engine::format::{Format, Limits, decode, encode, gox, vox};
use goxel_engine::image::{ImageError, png};
use goxel_engine::scene::Scene;
use goxel_engine::volume::{Coord, Voxel};
use std::io::Write;

/// Small enough that reaching them costs little.
const LIMITS: Limits = Limits {
    max_voxels: 1 << 20,
    max_bricks: 1 << 10,
    max_bytes: 1 << 26,
    max_layers: 64,
    max_depth: 64,
    max_inflated: 1 << 22,
};

/// Files of our own, so that there is something to bend without the samples.
fn own_files() -> Vec<(String, Vec<u8>)> {
    let mut scene = Scene::new();
    let volume = &mut scene.layers[0].volume;
    for i in 0..2000 {
        let at = Coord::new(i % 13 - 6, i / 13 % 11 - 5, i / 143);
        volume.set(at, Voxel::rgb(i as u8, (i / 8) as u8, 9));
    }
    let gox = encode(&scene, Format::Gox).unwrap();
    let vox = encode(&scene, Format::Vox).unwrap();
    let packed = gzip(&gox);
    vec![("own.gox".into(), gox), ("own.gox.gz".into(), packed), ("own.vox".into(), vox)]
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = own_files();
    files.extend(common::voxel_samples().unwrap_or_default());
    files
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Whether the bytes are refused; a refusal must point into the file.
#[track_caller]
fn refused(name: &str, bytes: &[u8]) -> bool {
    match decode(bytes, &LIMITS) {
        Ok(scene) => {
            assert!(scene.filled() <= LIMITS.max_voxels && !scene.layers.is_empty(), "{name}");
            false
        }
        Err(why) => {
            let offset = why.offset.expect("a decoder names the place");
            let end = if name.ends_with(".gz") { LIMITS.max_inflated } else { bytes.len() as u64 };
            assert!(offset <= end, "{name}: {why}");
            true
        }
    }
}

#[test]
fn every_cut_is_answered() {
    for (name, bytes) in files() {
        let step = bytes.len() / 300 + 1;
        for end in (0..bytes.len()).step_by(step) {
            let refused = refused(&name, &bytes[..end]);
            // A gox file may end after any chunk; a vox file says how long it is.
            assert!(refused || name.ends_with(".gox"), "{name} cut at {end}");
        }
    }
}

/// A small generator, seeded, so that a failure can be seen again.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }
}

#[test]
fn every_bent_byte_is_answered() {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for (name, bytes) in files() {
        for round in 0..300 {
            let mut bent = bytes.clone();
            for _ in 0..1 + round % 3 {
                let at = noise.next() % bent.len();
                bent[at] = [0, 1, 127, 128, 255, noise.next() as u8][noise.next() % 6];
            }
            refused(&name, &bent);
        }
    }
}

#[test]
fn every_four_bytes_that_may_be_a_length_can_be_huge() {
    for (name, bytes) in own_files() {
        let head = bytes.len().min(600);
        for at in 0..head.saturating_sub(4) {
            for value in [i32::MAX, -1, 1 << 24] {
                let mut bent = bytes.clone();
                bent[at..at + 4].copy_from_slice(&value.to_le_bytes());
                refused(&name, &bent);
            }
        }
    }
}

#[test]
fn noise_is_no_file() {
    let mut noise = Noise(1);
    for length in 0..200 {
        let bytes: Vec<u8> = (0..length).map(|_| noise.next() as u8).collect();
        for head in [&b""[..], b"GOX \x02\0\0\0", b"VOX \x96\0\0\0MAIN", b"\x1f\x8b\x08\0"] {
            refused("noise.gz", &[head, &bytes].concat());
        }
    }
}

#[test]
fn a_gzip_bomb_is_unpacked_only_up_to_the_limit() {
    let zeros = vec![0; 1 << 25];
    let bomb = gzip(&[b"GOX \x02\0\0\0XTRA", &(1i32 << 25).to_le_bytes()[..], &zeros].concat());
    assert!(bomb.len() < 40_000);
    let why = gox::decode(&bomb, &LIMITS).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::LimitExceeded);
}

/// A PNG that claims a size, with little behind it.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let one = goxel_engine::image::Picture { width: 1, height: 1, pixels: vec![[9; 4]] };
    let mut bytes = png::encode(&one);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    bytes
}

#[test]
fn a_png_bomb_is_refused_by_its_header() {
    let bomb = claims(0x7fff_ffff, 0x7fff_ffff);
    let refusal = png::decode(&bomb, 1 << 20);
    assert!(matches!(refusal, Err(ImageError::TooLarge { .. })), "{refusal:?}");
    assert!(png::decode(&claims(1 << 10, 1 << 10), 1 << 20).is_err());

    let mut file = b"GOX \x02\0\0\0BL16".to_vec();
    file.extend((bomb.len() as i32).to_le_bytes());
    file.extend(bomb);
    file.extend([0; 4]);
    file.extend(b"LAYR\x18\0\0\0\x01\0\0\0");
    file.extend([0; 24]);
    let why = decode(&file, &LIMITS).unwrap_err();
    assert_eq!((why.kind(), why.offset), (ErrorKind::LimitExceeded, Some(16)));
}

#[test]
fn a_model_of_absurd_size_costs_nothing() {
    let mut file = b"VOX \x96\0\0\0MAIN\0\0\0\0\x2c\0\0\0".to_vec();
    file.extend(b"SIZE\x0c\0\0\0\0\0\0\0");
    file.extend([0xff; 12]);
    file.extend(b"XYZI\x08\0\0\0\0\0\0\0\x01\0\0\0\x05\x06\x07\x01");
    let scene = vox::decode(&file, &LIMITS).unwrap();
    // Half of 2^32 - 1, rounded down, is the largest coordinate.
    let at = [5, 6, 7].map(|v| v - i32::MAX);
    assert_eq!(scene.layers[0].volume.bounds().unwrap().min.to_array(), at);
}
