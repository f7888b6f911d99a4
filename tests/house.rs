//! The house rules that a compiler doesn't check.

use goxel_support::{NATIVE_LIBS, temp_dir, workspace_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where `unsafe` may stand: the C boundary, what talks to the kernel by raw pointers, and vectors.
const UNSAFE_HOMES: &[&str] = &[
    "capi/src",
    "daemon/src/process/fork.rs",
    "daemon/src/serve/mapped.rs",
    "daemon/src/os.rs",
    "engine/src/render/simd",
    "engine/src/render/stream/walk.rs",
];

/// A file past this is two files.
const MAX_LINES: usize = 800;

#[test]
fn the_version_is_stated_once() {
    let stated = |path: &Path| {
        let text = read(path);
        // Inside a member only `version.workspace = true` names a version of ours.
        text.lines().filter(|line| line.starts_with("version =")).count()
    };
    let counts: Vec<_> = manifests().into_iter().map(|path| (stated(&path), path)).collect();
    let saying: Vec<_> = counts.iter().filter(|(count, _)| *count > 0).collect();
    assert_eq!(saying.len(), 1, "{saying:?}");
    assert_eq!((saying[0].0, saying[0].1.as_path()), (1, Path::new("Cargo.toml")));
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for manifest in manifests() {
        let text = read(&manifest);
        assert!(text.contains("[lints]\nworkspace = true"), "{}", manifest.display());
    }
}

#[test]
fn no_source_file_is_too_long() {
    check_sources(|_, text| {
        let lines = text.lines().count();
        (lines > MAX_LINES).then(|| format!("{lines} lines"))
    });
}

#[test]
fn unsafe_code_stands_only_where_it_is_allowed() {
    let permits = |line: &str| line.contains(concat!("allow(unsafe", "_code)"));
    check_sources(|path, text| {
        let home = UNSAFE_HOMES.iter().any(|home| path.starts_with(home));
        let line = text.lines().position(permits)?;
        (!home).then(|| format!("unsafe code is allowed in line {}", line + 1))
    });
}

#[test]
fn one_module_forks() {
    check_sources(|path, text| {
        let is_it = path == Path::new("daemon/src/process/fork.rs");
        let forks = text.contains(concat!("ForkRes", "ult"));
        (forks != is_it && (forks || is_it)).then(|| "forks, or is said to".to_owned())
    });
}

#[test]
fn nothing_is_left_to_do_or_ignored() {
    let marks = [concat!("todo", "!("), concat!("unimpl", "emented!("), concat!("#[ig", "nore")];
    check_sources(|_, text| {
        let mark = marks.iter().find(|mark| text.contains(**mark))?;
        Some(format!("holds {mark}"))
    });
}

#[test]
fn the_architecture_page_names_the_folders_there_are() {
    let page = read(Path::new("docs/architecture.md"));
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let named: Vec<_> = rows.flat_map(folders_in_first_cell).collect();
    for folder in &named {
        assert!(workspace_root().join(folder).is_dir(), "docs name {folder}, which is not there");
    }
    for folder in files().iter().filter_map(|path| top_folder(path)) {
        assert!(named.contains(&folder), "docs/architecture.md does not name {folder}");
    }
}

/// "`examples-c/`, `examples/`" in "| `examples-c/`, `examples/` | programs |".
fn folders_in_first_cell(row: &str) -> Vec<String> {
    let cell = row.split('|').nth(1).unwrap_or_default();
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.map(|folder| folder.trim_end_matches('/').to_owned()).collect()
}

/// The first folder of a path, unless tools rather than people look into it.
fn top_folder(path: &Path) -> Option<String> {
    let parts: Vec<_> = path.iter().collect();
    let folder = parts[0].to_string_lossy();
    (parts.len() > 1 && !folder.starts_with('.')).then(|| folder.into_owned())
}

#[test]
fn the_lock_file_is_committed() {
    // An unpacked archive has no commits to look at.
    if !workspace_root().join(".git").exists() {
        return;
    }
    let mut git = Command::new("git");
    git.current_dir(workspace_root()).args(["-c", "safe.directory=*", "ls-files", "Cargo.lock"]);
    let output = git.output().expect("a checkout comes with git");
    assert_eq!(output.stdout, b"Cargo.lock\n", "{output:?}");
}

/// The doc tests of `rpc` run last of all. Merged ones would end with a line about compile times.
#[test]
fn the_last_line_of_a_test_run_counts_tests() {
    let rpc = files().into_iter().filter(|path| path.starts_with("rpc/src") && is_rust(path));
    let text: String = rpc.map(|path| read(&path)).collect();
    let fences = || text.lines().map(str::trim).filter(|line| line.starts_with("/// ```"));
    let opening: Vec<_> = fences().step_by(2).collect();
    assert!(!opening.is_empty(), "rpc has no doc test");
    let standalone =
        |fence: &&str| fence.ends_with("rust,standalone_crate") || fence.ends_with("text");
    assert!(opening.iter().all(standalone), "{opening:?}");
}

#[test]
fn static_programs_are_told_every_library_they_need() {
    let dir = temp_dir();
    let mut rustc = Command::new("rustc");
    rustc.args(["--crate-type", "staticlib", "--print", "native-static-libs", "-o"]);
    rustc.arg(dir.path().join("empty.a")).arg("-").stdin(Stdio::null());
    let output = rustc.output().expect("rustc can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    let list = said.lines().find_map(|line| line.split_once("native-static-libs: "));
    let needed = list.unwrap_or_else(|| panic!("rustc names no libraries:\n{said}")).1;
    for lib in needed.split_whitespace() {
        assert!(NATIVE_LIBS.contains(&lib), "{lib} is missing from NATIVE_LIBS");
    }
}

/// Fails with everything that `fault` finds in the Rust files.
#[track_caller]
fn check_sources(fault: impl Fn(&Path, &str) -> Option<String>) {
    let found = |path: PathBuf| fault(&path, &read(&path)).map(|what| (path, what));
    let faults: Vec<_> =
        files().into_iter().filter(|path| is_rust(path)).filter_map(found).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// The manifests of the workspace; `fuzz/` is another one.
fn manifests() -> Vec<PathBuf> {
    let ours = |path: &PathBuf| path.ends_with("Cargo.toml") && !path.starts_with("fuzz");
    files().into_iter().filter(ours).collect()
}

/// Every file of the repository by its path inside it, without what was built or hidden.
fn files() -> Vec<PathBuf> {
    let root = workspace_root();
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the repository is readable") {
            let path = entry.expect("the repository is readable").path();
            match path.is_dir() {
                true if is_of_the_house(&path) => folders.push(path),
                true => {}
                false => found.push(path.strip_prefix(root).expect("below the root").to_owned()),
            }
        }
    }
    found
}

/// Cargo marks its target folders with a tag; tools' own folders start with a dot.
fn is_of_the_house(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && !folder.join("CACHEDIR.TAG").exists()
}

fn read(path: &Path) -> String {
    fs::read_to_string(workspace_root().join(path)).expect("the repository is readable")
}
