//! What the tests across crates share: fresh artifacts, optional tools, a daemon to talk to.
//!
//! Plain `cargo test` builds neither the daemon for another package's tests nor the C library in the
//! form a C program links, so [`artifacts`] builds both before a test uses them. A test whose tool
//! is missing says so with [`skip`]; with `GOXEL_NO_SKIP=1` it fails instead.

mod artifacts;
mod client;
mod daemon;
pub mod place;
mod tools;

pub use artifacts::{
    Artifacts, NATIVE_LIBS, artifacts, daemon_program, daemon_program_aloud, example,
    workspace_root,
};
pub use client::Client;
pub use daemon::Daemon;
pub use nix::sys::signal::Signal;
pub use tempfile::TempDir;
pub use tools::{shared_dir, skip, skip_without_samples, tool};

/// A new empty folder, removed with everything in it when dropped.
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new().prefix("goxel-").tempdir().expect("a temporary folder can be made")
}
