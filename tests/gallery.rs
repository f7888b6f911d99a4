//! The gallery shows what the example takes, and the code that takes it.

use goxel_support::{example, temp_dir, workspace_root};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

#[test]
fn the_gallery_shows_each_picture_there_is() {
    let folder = fs::read_dir(workspace_root().join("docs/gallery")).unwrap();
    let there: BTreeSet<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(between(&read("docs/gallery.md"), "](gallery/", ")"), there);
}

#[test]
fn the_example_takes_each_picture_there_is() {
    let example = read("examples/gallery/main.rs");
    let list = example.split("const PICTURES").nth(1).unwrap().split("];").next().unwrap();
    let taken = between(list, "(\"", "\"").into_iter().map(|name| format!("{name}.png"));
    assert_eq!(between(&read("docs/gallery.md"), "](gallery/", ")"), taken.collect());
}

#[test]
fn the_code_in_the_gallery_is_that_of_the_example() {
    let plain = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let example = plain(
        &["main", "sheets"].map(|name| read(&format!("examples/gallery/{name}.rs"))).concat(),
    );
    let page = read("docs/gallery.md");
    let blocks: Vec<&str> = page.split("```rust\n").skip(1).collect();
    assert!(blocks.len() > 10, "{} blocks", blocks.len());
    for block in blocks {
        let code = plain(block.split("```").next().unwrap());
        for part in code.split("\n\n").map(str::trim) {
            assert!(example.contains(part), "the example has no\n{part}");
        }
    }
}

/// Those that are path traced take minutes, and are not looked at here.
#[test]
fn the_pictures_are_those_that_the_example_takes_today() {
    let (dir, names) = (temp_dir(), ["flat", "lit", "outline", "sprites", "turntable"]);
    let output = Command::new(example("gallery")).arg(dir.path()).args(names).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for name in names.map(|name| format!("{name}.png")) {
        let stored = fs::read(workspace_root().join("docs/gallery").join(&name)).unwrap();
        let taken = fs::read(dir.path().join(&name)).unwrap();
        assert!(taken == stored, "{name}: run cargo run --release --example gallery");
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace_root().join(path)).expect("a file of ours")
}

/// What stands between two marks, wherever it does.
fn between(text: &str, start: &str, end: &str) -> BTreeSet<String> {
    let parts = text.split(start).skip(1).filter_map(|part| part.split(end).next());
    parts.map(str::to_owned).collect()
}
