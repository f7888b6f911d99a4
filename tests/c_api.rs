//! `libgoxel` as C programs meet it: compiled, linked both ways, run, and watched by Valgrind.

use goxel_support::{NATIVE_LIBS, TempDir, artifacts, skip, temp_dir, tool, workspace_root};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What every C file of ours passes.
const STRICT: [&str; 5] = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"];

/// How a program gets at the library.
#[derive(Clone, Copy, Debug)]
enum Link {
    Shared,
    Static,
}

#[test]
fn the_examples_run() {
    for program in c_files("examples-c") {
        check_runs(&program);
    }
}

#[test]
fn names_layouts_numbers_and_refusals_are_the_old_ones() {
    check_runs("tests/c/abi.c");
}

#[test]
fn edits_do_what_they_say() {
    check_runs("tests/c/edits.c");
}

#[test]
fn files_and_pictures_are_written_and_read() {
    check_runs("tests/c/files.c");
}

#[test]
fn threads_do_not_meet() {
    check_runs("tests/c/threads.c");
}

#[test]
fn nothing_leaks_and_nothing_is_read_that_is_not_there() {
    let Some(valgrind) = tool("valgrind") else {
        return skip("valgrind", "it watches the memory of the C programs");
    };
    let known = workspace_root().join("tests/c/valgrind.supp");
    let suppressions = format!("--suppressions={}", known.display());
    let all = c_files("examples-c").into_iter().chain(c_files("tests/c"));
    for program in all {
        let dir = temp_dir();
        let built = compile(&program, Link::Shared, &dir);
        let mut watched = Command::new(&valgrind);
        watched.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--fair-sched=try"]);
        watched.arg(&suppressions);
        ran(watched.arg(built).arg(dir.path()).current_dir(dir.path()));
    }
}

#[test]
fn the_first_example_leaves_a_model_and_a_picture() {
    let dir = temp_dir();
    let built = compile("examples-c/01_first_model.c", Link::Shared, &dir);
    let said = text(&ran(Command::new(built).arg(dir.path())).stdout);
    assert!(said.starts_with(concat!("goxel ", env!("CARGO_PKG_VERSION"), "\n")), "{said}");
    assert_eq!(
        said.lines().filter(|line| line.contains(": 3 layers, the leaf")).count(),
        2,
        "{said}"
    );
    let png = fs::read(dir.path().join("first_model.png")).unwrap();
    let picture = goxel_engine::image::png::decode(&png, 640 * 480).unwrap();
    assert_eq!((picture.width, picture.height), (640, 480));
    let colors: BTreeSet<_> = picture.pixels.iter().collect();
    assert!(colors.len() > 20, "{colors:?}");
}

/// The user has a program of 2025 and its build line, and changes neither.
#[test]
fn an_old_program_links_by_the_old_names() {
    for name in ["goxel-headless", "goxel_headless", "goxel-daemon"] {
        let dir = temp_dir();
        symlink(&artifacts().cdylib, dir.path().join(format!("lib{name}.so"))).unwrap();
        let program = dir.path().join("program");
        let mut cc = Command::new("cc");
        cc.args(["-std=c99", "-Wall", "-Wextra"])
            .arg(workspace_root().join("tests/c/legacy_simple.c"));
        cc.arg("-L").arg(dir.path()).arg(format!("-l{name}")).args(["-lpthread", "-lm"]);
        ran(cc.arg(rpath(dir.path())).arg("-o").arg(&program));
        check_legacy(&text(&ran(Command::new(program).current_dir(dir.path())).stdout));
        assert!(fs::read(dir.path().join("example_output.gox")).unwrap().starts_with(b"GOX "));
    }
}

#[track_caller]
fn check_legacy(said: &str) {
    for line in ["27 voxels added", "bounds 32x32x32", "  osmesa: yes", "  scripting: no"] {
        assert!(said.lines().any(|said| said == line), "no {line:?} in:\n{said}");
    }
}

#[test]
fn the_headers_stand_alone_in_c_and_cpp() {
    let languages: [(&str, &[&str]); 4] = [
        ("gcc", &["-x", "c", "-std=c99"]),
        ("g++", &["-x", "c++", "-std=c++98"]),
        ("clang", &["-x", "c", "-std=c99"]),
        ("clang++", &["-x", "c++", "-std=c++11"]),
    ];
    for (compiler, language) in languages {
        let Some(compiler) = tool(compiler) else {
            skip(compiler, "it compiles the headers");
            continue;
        };
        for header in ["goxel_headless.h", "goxel_daemon.h"] {
            let mut alone = Command::new(&compiler);
            alone.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]);
            alone.args(language).arg(workspace_root().join("include").join(header));
            ran(&mut alone);
        }
    }
}

#[test]
fn the_library_exports_the_functions_of_the_header_and_nothing_else() {
    let Some(nm) = tool("nm") else {
        return skip("nm", "it lists what the library exports");
    };
    let listed = ran(Command::new(nm).args(["-D", "--defined-only"]).arg(&artifacts().cdylib));
    let listed = text(&listed.stdout);
    let exported: BTreeSet<_> =
        listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let header = fs::read_to_string(workspace_root().join("include/goxel_headless.h")).unwrap();
    let declared: BTreeSet<_> = header.lines().filter_map(declared_function).collect();
    assert_eq!(declared.len(), 28, "{declared:?}");
    assert_eq!(exported, declared);
}

/// `goxel_create_context` in `goxel_context_t *goxel_create_context(void);`.
fn declared_function(line: &str) -> Option<&str> {
    let before = line.split_once('(')?.0;
    let name = before.rsplit([' ', '*']).next()?;
    (name.starts_with("goxel_") && name.len() < before.len() && !line.starts_with([' ', '/']))
        .then_some(name)
}

/// Compiles and runs a program in a folder of its own, linked both ways.
#[track_caller]
fn check_runs(program: impl AsRef<Path>) {
    for link in [Link::Shared, Link::Static] {
        let dir = temp_dir();
        let built = compile(&program, link, &dir);
        ran(Command::new(built).arg(dir.path()).current_dir(dir.path()));
    }
}

fn compile(program: impl AsRef<Path>, link: Link, dir: &TempDir) -> PathBuf {
    let built = dir.path().join("program");
    let mut cc = Command::new("cc");
    cc.args(STRICT).arg("-I").arg(workspace_root().join("include"));
    cc.arg(workspace_root().join(program)).arg("-o").arg(&built);
    match link {
        Link::Shared => {
            cc.arg("-L").arg(&artifacts().dir).args(["-lgoxel", "-lpthread"]);
            cc.arg(rpath(&artifacts().dir));
        }
        Link::Static => {
            cc.arg(&artifacts().staticlib).args(NATIVE_LIBS);
        }
    }
    ran(&mut cc);
    built
}

fn rpath(dir: &Path) -> String {
    format!("-Wl,-rpath,{}", dir.display())
}

/// The C programs of a folder, in order.
fn c_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace_root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be listed").path());
    let mut programs: Vec<_> =
        paths.filter(|path| path.extension() == Some(OsStr::new("c"))).collect();
    programs.sort();
    assert!(!programs.is_empty(), "no programs in {folder}");
    programs
}

/// Runs a command that must succeed.
#[track_caller]
fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, erred) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{said}{erred}", output.status);
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
