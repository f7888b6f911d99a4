//! Another library beside ours: a program of a few lines around it, compiled here, that is asked
//! for the same work line by line.
//!
//! It answers each request with a line: the seconds that the work took, and a number to check.

use nix::time::{ClockId, clock_gettime};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// How a peer's program is made of `bench/peer/<name>.cpp`.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    /// The source's name, without its ending.
    pub name: &'a str,
    /// What the library is called.
    pub library: &'a str,
    /// What the compiler is told before the source.
    pub flags: &'a [&'a str],
    /// What it is told to link, after it.
    pub links: &'a [&'a str],
    /// Where the program goes.
    pub folder: &'a Path,
}

/// The peer's process.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// `None`, with a line that says why, when the peer cannot be built here.
    pub fn start(recipe: &Recipe<'_>, arguments: &[&str]) -> Option<Peer> {
        let Recipe { name, library, flags, links, folder } = *recipe;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("peer/{name}.cpp"));
        let program = folder.join(format!("{name}-peer"));
        let mut compiler = Command::new("g++");
        compiler.args(flags).arg(source).arg("-o").arg(&program).args(links);
        let built = compiler.stderr(Stdio::null()).status();
        if !built.is_ok_and(|status| status.success()) {
            println!("the peer is absent: {library}'s headers, or g++, are not installed here");
            return None;
        }
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was just built");
        let requests = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Some(Peer { child, requests, answers })
    }

    /// The answer to a request: seconds, and a number to check.
    pub fn ask(&mut self, request: &str) -> (f64, u64) {
        writeln!(self.requests, "{request}").expect("the peer reads on");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        let (seconds, check) = line.trim().split_once(' ').expect("two numbers");
        (seconds.parse().expect("seconds"), check.parse().expect("a count"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU time of this thread, in seconds: what peers measure too.
pub fn now() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock");
    time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
}

/// The median and the least.
pub fn middle(times: &mut [f64]) -> [f64; 2] {
    times.sort_unstable_by(f64::total_cmp);
    [times[times.len() / 2], times[0]]
}
