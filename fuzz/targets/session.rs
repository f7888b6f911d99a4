//! Any bytes as what one client sends: every request gets a line of JSON, and nothing panics.
//!
//! Files exist in memory only; any path reads as the bytes after the first zero. Pictures are left
//! out: a large one is slow, not wrong.

#![no_main]

use goxel_engine::project::ProjectLimits;
use goxel_rpc::{
    Config, Decoded, Facts, Frame, Framer, Host, Request, Scope, Session, Step, decode, reply,
};
use libfuzzer_sys::fuzz_target;
use std::io;
use std::sync::Arc;
use std::time::Duration;

fuzz_target!(|bytes: &[u8]| {
    let zero = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (stream, file) = bytes.split_at(zero);
    let host: Arc<dyn Host> = Arc::new(Memory(file.get(1..).unwrap_or_default().to_vec()));
    let limits = ProjectLimits { max_bricks: 1 << 10, ..ProjectLimits::default() };
    let mut session = Session::new(Config { project: limits, ..Config::default() });
    let mut scope = Scope::new();
    let mut framer = Framer::new(1 << 16);
    framer.push(stream);
    while let Some(frame) = framer.next() {
        let Frame::Message(message) = frame else { continue };
        requests(&message).iter().for_each(|request| answer(&mut session, &mut scope, request, &host));
    }
});

fn requests(message: &[u8]) -> Vec<Request> {
    match decode(message) {
        Decoded::Single(request) => vec![request],
        Decoded::Batch(requests) => requests,
        Decoded::Fault(_) => Vec::new(),
    }
}

fn answer(session: &mut Session, scope: &mut Scope, request: &Request, host: &Arc<dyn Host>) {
    if request.method().contains("render") {
        return;
    }
    let outcome = match session.start(request, scope, host) {
        Step::Done(outcome) => outcome,
        Step::Job(job) => {
            let done = job.run(host.as_ref());
            session.finish(done, Some(scope))
        }
    };
    let line = reply(request, &outcome);
    serde_json::from_str::<serde_json::Value>(&line).expect("a reply is JSON");
}

/// One file under every name.
struct Memory(Vec<u8>);

impl Host for Memory {
    fn read_file(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }

    fn write_file(&self, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn unix_seconds(&self) -> u64 {
        0
    }

    fn clock(&self) -> Duration {
        Duration::ZERO
    }

    fn facts(&self) -> Facts {
        Facts::default()
    }

    fn render_threads(&self) -> usize {
        1
    }
}
