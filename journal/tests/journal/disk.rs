//! A real folder.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use goxel_journal::{Disk, Policy, Position, Storage, read, write_whole};
use tempfile::tempdir;

use crate::support::{LONG, RULES, commit, open_with, segment, shown};

#[test]
fn what_was_committed_is_found_again_in_a_folder() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state/journal");
    let mut journal = open_with(Disk::open(&path).unwrap(), Policy::Always, 1, 0).unwrap();
    commit(&mut journal, "one | two");
    journal.settle();
    assert_eq!(journal.acknowledged(), Position(2));
    journal.close().unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(path.clone()), mode(path.join(segment(1)))), (0o700, 0o600));
    let mut journal = open_with(Disk::open(&path).unwrap(), LONG, 1, 0).unwrap();
    assert_eq!(shown(&journal.found.frames), "1:one 2:two");
    commit(&mut journal, "three");
    let look = Disk::look(&path).unwrap();
    assert_eq!(shown(&read(&look, RULES, Position(2), Position(3)).unwrap()), "2:two 3:three");
    journal.forget_until(Position(2)).unwrap();
    assert!(!path.join(segment(1)).exists());
}

#[test]
fn room_is_allocated_behind_the_end_and_freed_when_it_is_left() {
    let dir = tempdir().unwrap();
    let mut journal = open_with(Disk::open(dir.path()).unwrap(), LONG, 1, 0).unwrap();
    journal.reserve(1 << 20).unwrap();
    assert!(journal.room() >= 1 << 20);
    commit(&mut journal, "one");
    let file = dir.path().join(segment(1));
    let before = fs::metadata(&file).unwrap();
    assert_eq!(before.len(), 36 + 16 + 3);
    commit(&mut journal, "|");
    let after = fs::metadata(&file).unwrap();
    assert_eq!(after.len(), before.len());
    // Where the file system cannot allocate ahead, there was nothing to free.
    assert!(after.blocks() <= before.blocks());
    assert!(after.blocks() * 512 < 1 << 20, "{}", after.blocks());
}

#[test]
fn a_second_opener_is_refused_and_told_who_has_it() {
    let dir = tempdir().unwrap();
    let first = Disk::open(dir.path()).unwrap();
    let error = Disk::open(dir.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    let expected = format!("{} is in use by process {}", dir.path().display(), std::process::id());
    assert!(error.to_string().starts_with(&expected), "{error}");
    drop(first);
    Disk::open(dir.path()).unwrap();
}

#[test]
fn who_only_looks_changes_nothing() {
    let dir = tempdir().unwrap();
    let look = Disk::look(dir.path()).unwrap();
    assert!(look.create("file").is_err());
    assert!(write_whole(&look, "file", &[b"x"]).is_err());
    fs::write(dir.path().join("file"), "x").unwrap();
    assert!(look.remove("file").is_err());
    assert!(look.rename("file", "other").is_err());
    assert!(look.truncate("file", 0).is_err());
    assert_eq!(look.read("file").unwrap(), b"x");
    assert_eq!(look.list().unwrap(), ["file"]);
    assert!(Disk::look(&dir.path().join("none")).is_err());
}

#[test]
fn a_torn_end_is_cut_and_kept() {
    let dir = tempdir().unwrap();
    let disk = || Disk::open(dir.path()).unwrap();
    commit(&mut open_with(disk(), LONG, 1, 0).unwrap(), "one two");
    let file = dir.path().join(segment(1));
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    let journal = open_with(disk(), LONG, 1, 0).unwrap();
    assert_eq!(shown(&journal.found.frames), "1:one");
    let torn = journal.found.torn.clone().unwrap();
    assert_eq!((torn.offset, torn.bytes), (55, 18));
    let kept = fs::read(dir.path().join(torn.kept.unwrap())).unwrap();
    assert_eq!(kept, whole[55..73]);
    assert_eq!(fs::read(&file).unwrap(), whole[..55]);
}

#[test]
fn links_are_not_followed() {
    let dir = tempdir().unwrap();
    let precious = dir.path().join("precious");
    fs::write(&precious, "words").unwrap();
    let folder = dir.path().join("folder");
    fs::create_dir(&folder).unwrap();
    symlink(&precious, folder.join("lock")).unwrap();
    assert!(Disk::open(&folder).is_err());
    assert_eq!(fs::read_to_string(&precious).unwrap(), "words");
}

#[test]
fn a_whole_file_takes_the_place_of_an_old_one() {
    let dir = tempdir().unwrap();
    let disk = Disk::open(dir.path()).unwrap();
    for text in ["one", "two"] {
        write_whole(&disk, "name", &[text.as_bytes()]).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("name")).unwrap(), text);
    }
    let mut names = disk.list().unwrap();
    names.sort();
    assert_eq!(names, ["lock", "name"]);
}
