//! The headers in `include/` are those that `capi/` makes.
//!
//! `GOXEL_BLESS=1` writes them there.

use std::path::Path;
use std::{env, fs};

#[track_caller]
fn check(name: &str) {
    let made = fs::read_to_string(Path::new(env!("OUT_DIR")).join(name)).expect("build.rs made it");
    let committed = goxel_support::workspace_root().join("include").join(name);
    if env::var_os("GOXEL_BLESS").is_some_and(|set| set == "1") {
        fs::write(&committed, &made).expect("include/ can be written");
    }
    let there = fs::read_to_string(&committed).unwrap_or_default();
    let differs = there.lines().zip(made.lines()).position(|(there, made)| there != made);
    assert!(
        there == made,
        "include/{name} is not what capi/ makes (first at line {}): run `GOXEL_BLESS=1 cargo test \
         --test c_api_headers` and commit it",
        differs.unwrap_or(there.lines().count().min(made.lines().count())) + 1
    );
}

#[test]
fn goxel_headless_h_is_up_to_date() {
    check("goxel_headless.h");
}

#[test]
fn goxel_daemon_h_is_up_to_date() {
    check("goxel_daemon.h");
}
