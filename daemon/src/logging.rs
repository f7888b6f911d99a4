//! The log: lines on stderr, `2026-01-31 12:00:00 [INFO] text`, level changeable while running.

use std::io::Write;
use std::panic;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use log::{Level, LevelFilter};

use crate::os;

pub fn start(level: LevelFilter) {
    env_logger::Builder::new()
        // The level is `log::max_level`, which SIGUSR2 moves.
        .filter_level(LevelFilter::Debug)
        .format(|out, record| {
            writeln!(out, "{} [{}] {}", now(), word(record.level()), record.args())
        })
        .init();
    log::set_max_level(level);
    panic::set_hook(Box::new(|panic| {
        let thread = thread::current();
        log::error!("thread {}: {panic}", thread.name().unwrap_or("?"));
    }));
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    os::local_time(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The legacy words.
fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warn => "WARNING",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
        Level::Trace => "TRACE",
    }
}
