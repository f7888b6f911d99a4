//! Manual pages, schema and sample: made from the table, committed, and compared here.
//!
//! `GOXEL_BLESS=1 cargo test -p goxel-daemon pages` writes them.

mod man;
mod sample;
mod schema;
mod schema_tests;

use std::path::Path;
use std::{env, fs};

use super::settings::{Default, Setting};
use super::value::{Kind, listed};

/// What a configuration without this setting has; no full stop.
fn default_text(setting: &Setting) -> String {
    match setting.default {
        Default::Unset => "not set".into(),
        Default::Is(text) | Default::Made(_, text) => text.to_owned(),
    }
}

/// " Allowed: ...", where that is not plain from the key.
fn allowed(setting: &Setting) -> String {
    match setting.kind {
        Kind::Switch | Kind::Path | Kind::Text | Kind::Secret => String::new(),
        Kind::Word(words) => format!(" Allowed: {}.", listed(words.iter().filter(|it| !it.later))),
        kind => format!(" Allowed: {}.", kind.must_be(setting.unit)),
    }
}

/// A brief description as a sentence, and what follows it.
fn sentences(setting: &Setting) -> String {
    format!("{}. {}", setting.brief, setting.more).trim_end().to_owned()
}

#[track_caller]
fn check(name: &str, make: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let there = fs::read_to_string(&path).unwrap_or_default();
    let made = make(&there);
    if env::var_os("GOXEL_BLESS").is_some_and(|set| set == "1") {
        fs::write(&path, &made).unwrap();
        return;
    }
    let differs = there.lines().zip(made.lines()).position(|(there, made)| there != made);
    let line = differs.unwrap_or(there.lines().count().min(made.lines().count())) + 1;
    assert!(
        there == made,
        "{name} is not what the table makes (first at line {line}): run `GOXEL_BLESS=1 cargo test \
         -p goxel-daemon pages` and commit it"
    );
}

#[test]
fn the_schema_is_up_to_date() {
    check("daemon/dist/goxel-daemon.schema.json", |_| schema::text());
}

#[test]
fn the_sample_is_up_to_date() {
    check("daemon/dist/goxel-daemon.conf", |_| sample::text());
}

#[test]
fn the_manual_of_the_file_is_up_to_date() {
    check("docs/man/goxel-daemon.conf.5", |_| man::conf_page());
}

/// Its prose is written by hand.
#[test]
fn the_options_in_the_manual_of_the_daemon_are_up_to_date() {
    check("docs/man/goxel-daemon.8", man::with_options);
}
