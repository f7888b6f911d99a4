//! What a test may need and not find: programs, and sample files that cannot be shipped.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

/// The program called `name` on the `PATH`.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Says that the running test needs `tool` and `why`; the test then returns.
///
/// # Panics
/// When `GOXEL_NO_SKIP=1`: where every tool was installed, a skipped test is a failure.
pub fn skip(tool: &str, why: &str) {
    assert!(env::var_os("GOXEL_NO_SKIP").is_none_or(|set| set != "1"), "{tool} is missing: {why}");
    say_skipped(&format!("{tool} is missing: {why}"));
}

/// Says that the running test needs the sample files; the test then returns.
///
/// # Panics
/// When `GOXEL_NO_SKIP=1`: where nothing may be skipped, the samples must be there too.
pub fn skip_without_samples() {
    skip("../shared", "it holds the sample files; GOXEL_SAMPLES names another place");
}

/// Past the capture of the test runner, so that it shows without `--nocapture`.
fn say_skipped(why: &str) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // A closed stderr must not fail the test.
    let _ = writeln!(io::stderr(), "skipped: {test}: {why}");
}

/// The folder of sample files kept outside the repository: `samples/`, `models/`.
///
/// The parent of `$GOXEL_SAMPLES` when that is set, else `shared` beside the workspace.
pub fn shared_dir() -> Option<PathBuf> {
    let samples = match env::var_os("GOXEL_SAMPLES") {
        Some(named) => PathBuf::from(named),
        None => super::workspace_root().join("../shared/samples"),
    };
    Some(fs::canonicalize(samples).ok()?.parent()?.to_owned())
}
