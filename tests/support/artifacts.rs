//! Builds `goxel-daemon` and `libgoxel` as the running test was built, and says where they are.
//!
//! Same target folder, same profile, same environment (`RUSTFLAGS` above all): what cargo has built
//! already is not built again. Cargo's own lock keeps test processes out of each other's way.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What the linker needs after `libgoxel.a`: the C libraries Rust's std stands on.
///
/// `tests/house.rs` compares this with what rustc names.
pub const NATIVE_LIBS: &[&str] = &["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];

/// Where the built things are.
#[derive(Debug)]
pub struct Artifacts {
    /// The folder that holds them all; for `-L` and `-Wl,-rpath`.
    pub dir: PathBuf,
    /// The program `goxel-daemon`.
    pub daemon: PathBuf,
    /// `libgoxel.so`.
    pub cdylib: PathBuf,
    /// `libgoxel.a`.
    pub staticlib: PathBuf,
    /// What a static C program links after [`Artifacts::staticlib`].
    pub native_libs: &'static [&'static str],
}

static ARTIFACTS: OnceLock<Artifacts> = OnceLock::new();
static DAEMON: OnceLock<PathBuf> = OnceLock::new();

/// The artifacts, built by the first caller in this process.
///
/// # Panics
/// With cargo's own words when they don't build.
pub fn artifacts() -> &'static Artifacts {
    ARTIFACTS.get_or_init(|| {
        build(&["-p", "goxel-daemon", "-p", "goxel-capi"], Stdio::piped());
        Layout::of_running_program().artifacts()
    })
}

/// The program `goxel-daemon`, built by the first caller in this process.
///
/// # Panics
/// With cargo's own words when it doesn't build.
pub fn daemon_program() -> &'static Path {
    DAEMON.get_or_init(|| daemon_built(Stdio::piped()))
}

/// [`daemon_program`], with cargo's progress shown: for programs a person waits for.
///
/// # Panics
/// When it doesn't build; cargo has then said why.
pub fn daemon_program_aloud() -> &'static Path {
    DAEMON.get_or_init(|| daemon_built(Stdio::inherit()))
}

fn daemon_built(stderr: Stdio) -> PathBuf {
    build(&["-p", "goxel-daemon"], stderr);
    Layout::of_running_program().artifacts().daemon
}

/// The folder of the workspace's `Cargo.toml`.
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program of an example in `examples/`, built now.
///
/// # Panics
/// With cargo's own words when it doesn't build.
pub fn example(name: &str) -> PathBuf {
    build(&["--example", name], Stdio::piped());
    Layout::of_running_program().profile_dir.join("examples").join(name)
}

fn build(what: &[&str], stderr: Stdio) {
    let layout = Layout::of_running_program();
    let mut cargo = Command::new(cargo());
    cargo.current_dir(workspace_root()).arg("build").args(what);
    cargo.args(layout.cargo_args()).stdin(Stdio::null()).stderr(stderr);
    let output = cargo.output().expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{cargo:?} failed:\n{said}");
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into())
}

/// How cargo laid out the build that the running program came from.
struct Layout {
    target_dir: PathBuf,
    triple: Option<String>,
    profile_dir: PathBuf,
}

impl Layout {
    /// From `<target>[/<triple>]/<profile>/{deps,examples}/<program>`.
    fn of_running_program() -> Layout {
        let program = env::current_exe().expect("a program knows its own path");
        let in_profile = |dir: &&Path| dir.ends_with("deps") || dir.ends_with("examples");
        let deps = program.ancestors().find(in_profile);
        let profile_dir = deps.and_then(Path::parent).expect("a test or example run by cargo");
        let above = profile_dir.parent().expect("a profile folder is inside a target folder");
        // Cargo keeps this file at the top of the target folder only.
        let (target_dir, triple) = match above.join(".rustc_info.json").exists() {
            true => (above, None),
            false => (above.parent().unwrap_or(above), above.file_name()),
        };
        Layout {
            target_dir: target_dir.to_owned(),
            triple: triple.map(|name| name.to_string_lossy().into_owned()),
            profile_dir: profile_dir.to_owned(),
        }
    }

    fn cargo_args(&self) -> Vec<OsString> {
        let folder = self.profile_dir.file_name().unwrap_or_default();
        let profile = if folder == "debug" { "dev".into() } else { folder.to_owned() };
        let mut args = vec!["--target-dir".into(), self.target_dir.clone().into()];
        args.extend(["--profile".into(), profile]);
        args.extend(self.triple.iter().flat_map(|triple| ["--target".into(), triple.into()]));
        args
    }

    fn artifacts(self) -> Artifacts {
        Artifacts {
            daemon: self.profile_dir.join("goxel-daemon"),
            cdylib: self.profile_dir.join("libgoxel.so"),
            staticlib: self.profile_dir.join("libgoxel.a"),
            dir: self.profile_dir,
            native_libs: NATIVE_LIBS,
        }
    }
}
