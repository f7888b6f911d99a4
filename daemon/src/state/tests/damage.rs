//! Files that are not what was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use goxel_journal::Memory;

use super::driver::{Driver, Seen, Turn, open, seen};
use super::script::{act, create, voxel};
use crate::config::plain::Fsync;
use crate::state::repair::repair_in;

/// The files of a state with a checkpoint and edits behind it, and what it holds.
fn small() -> (BTreeMap<String, Vec<u8>>, Seen) {
    let memory = Memory::new();
    let mut driver = Driver::new(Arc::new(memory.clone()), Fsync::Never).expect("nothing is sound");
    for it in [create("a"), voxel("a", 1), create("b")] {
        act(&mut driver, &it).expect("nothing fails");
    }
    driver.begin_checkpoint().expect("nothing fails");
    driver.end_checkpoint().expect("nothing fails");
    for it in [voxel("a", 2), voxel("b", 3)] {
        act(&mut driver, &it).expect("nothing fails");
        assert!(matches!(driver.turn(), Turn::At(_)));
    }
    driver.state.close();
    (memory.files(), driver.kept.pop().expect("something is kept"))
}

/// Each damage is refused with a text, or does no harm; then a repair makes what can be opened.
fn check(name: &str, damages: impl Iterator<Item = (String, Vec<u8>)>) {
    let (files, kept) = small();
    let mut refused = 0;
    for (which, bytes) in damages {
        let mut files = files.clone();
        files.insert(name.to_owned(), bytes);
        match open(Arc::new(Memory::with_files(files.clone())), Fsync::Never) {
            Ok((recovered, _)) => {
                let found = seen(&recovered.session);
                // Of a journal the end may be gone as a crash takes it.
                let is_end = name.starts_with("log-");
                assert!(found == kept || is_end, "{name}, {which}: {found:#?}");
            }
            Err(error) => {
                refused += 1;
                assert!(error.contains(' '), "{name}, {which}: {error}");
                if refused % 16 == 1 {
                    check_repair(&files, &format!("{name}, {which}: {error}"));
                }
            }
        }
    }
    assert!(refused > 0, "{name}");
}

fn check_repair(files: &BTreeMap<String, Vec<u8>>, which: &str) {
    let memory = Memory::with_files(files.clone());
    match repair_in(Arc::new(memory.clone())) {
        Ok(lines) => {
            let opened = open(Arc::new(memory.clone()), Fsync::Never);
            assert!(opened.is_ok(), "{which}: {lines:?}: {:?}", opened.err());
            let copies = memory.files().into_keys().filter(|name| name.contains(".damaged"));
            assert!(copies.count() > 0, "{which}: {lines:?}");
        }
        Err(error) => {
            assert!(which.starts_with("manifest"), "{which}: {error}");
            assert_eq!(memory.files(), *files, "{which}: nothing was changed");
        }
    }
}

fn names(is_it: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let (files, _) = small();
    let found: Vec<_> = files.into_iter().filter(|(name, _)| is_it(name)).collect();
    assert!(!found.is_empty());
    found
}

fn check_all(is_it: impl Fn(&str) -> bool) {
    for (name, bytes) in names(is_it) {
        let cuts = (0..bytes.len()).map(|len| (format!("cut to {len}"), bytes[..len].to_vec()));
        check(&name, cuts);
        let flips = (0..bytes.len() * 8).map(|bit| {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            (format!("bit {bit} flipped"), flipped)
        });
        check(&name, flips);
    }
}

#[test]
fn a_manifest_that_is_not_what_was_written_is_refused() {
    check_all(|name| name == "manifest.json");
}

#[test]
fn a_project_that_is_not_what_was_written_is_refused() {
    check_all(|name| name.ends_with(".project"));
}

#[test]
fn a_file_that_is_missing_is_refused() {
    for (name, _) in names(|name| name.ends_with(".project")) {
        let (mut files, _) = small();
        files.remove(&name);
        let opened = open(Arc::new(Memory::with_files(files.clone())), Fsync::Never);
        let error = opened.map(|_| ()).expect_err("it is needed");
        assert!(error.contains(&name) && error.contains("--repair"), "{error}");
        let memory = Memory::with_files(files);
        let lines = repair_in(Arc::new(memory.clone())).expect("the other one is there");
        assert!(lines.iter().any(|line| line.contains(&name)), "{lines:?}");
        let (recovered, _) = open(Arc::new(memory), Fsync::Never).expect("it was repaired");
        assert_eq!(recovered.session.project_count(), 1);
    }
}
