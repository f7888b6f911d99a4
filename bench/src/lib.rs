//! What the benchmarks share: a report that times work which checks itself, and
//! scenes that are the same in every language.
//!
//! Run them with `cargo bench -p goxel-bench`; a name after `--` picks rows.
//! Figures from shared machines are noisy: compare rows of one run.

pub mod load;
pub mod peer;
pub mod scenes;

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Times `work` and prints the median and the least of `runs`, after one run to warm up.
///
/// `units` is how many things one run handles; the rate printed is of the median.
pub fn report<T>(name: &str, runs: usize, units: u64, mut work: impl FnMut() -> T) {
    if !is_wanted(name) {
        return;
    }
    black_box(work());
    let mut times: Vec<Duration> = (0..runs).map(|_| time(&mut work)).collect();
    times.sort_unstable();
    print(name, times[runs / 2], times[0], units);
}

/// As [`report`], with an input made anew, outside the time, for each run.
pub fn report_with<I, T>(
    name: &str,
    runs: usize,
    units: u64,
    mut input: impl FnMut() -> I,
    mut work: impl FnMut(I) -> T,
) {
    if !is_wanted(name) {
        return;
    }
    let mut run = || {
        let mut given = Some(input());
        time(&mut || given.take().map(&mut work))
    };
    run();
    let mut times: Vec<Duration> = (0..runs).map(|_| run()).collect();
    times.sort_unstable();
    print(name, times[runs / 2], times[0], units);
}

/// Whether the command line asks for that row: no name asks for all.
pub fn is_wanted(name: &str) -> bool {
    let mut names = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).peekable();
    names.peek().is_none() || names.any(|part| name.contains(&part))
}

fn time<T>(work: &mut impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let taken = start.elapsed();
    drop(result);
    taken
}

fn print(name: &str, median: Duration, least: Duration, units: u64) {
    let rate = units as f64 / median.as_secs_f64();
    println!("{name:<52} {:>11} {:>11} {:>10}/s", shown(median), shown(least), short(rate));
}

/// Prints a table's title and columns.
pub fn title(text: &str) {
    println!("\n{text:<52} {:>11} {:>11} {:>12}", "median", "min", "rate");
}

/// Prints a figure that is not a time.
pub fn figure(name: &str, value: &str) {
    if is_wanted(name) {
        println!("{name:<52} {value:>11}");
    }
}

fn shown(time: Duration) -> String {
    let nanos = time.as_nanos() as f64;
    match nanos {
        n if n < 1e4 => format!("{n:.0} ns"),
        n if n < 1e7 => format!("{:.1} us", n / 1e3),
        n => format!("{:.1} ms", n / 1e6),
    }
}

fn short(rate: f64) -> String {
    match rate {
        r if r >= 1e9 => format!("{:.2} G", r / 1e9),
        r if r >= 1e6 => format!("{:.1} M", r / 1e6),
        r if r >= 1e3 => format!("{:.1} k", r / 1e3),
        r => format!("{r:.1} "),
    }
}
