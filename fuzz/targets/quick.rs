//! Messages, one a line, through the short way and the general one: the same replies, the same
//! project.
#![no_main]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use goxel_rpc::{Config, Decoded, Facts, Host, Outcome, Request, Scope, Session, Step, decode, reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [mut short, mut general] = [Rig::new(), Rig::new()];
    for message in bytes.split(|byte| *byte == b'\n').take(64) {
        let mut line = String::new();
        let (session, scope) = (&mut short.session, &short.scope);
        let is_short = session.answer_quickly(message, scope, |_| true, &mut line);
        let Decoded::Single(request) = decode(message) else {
            assert!(!is_short, "a short request is one");
            continue;
        };
        if !is_short {
            if !matches!(request.method(), "add_voxel" | "remove_voxel" | "set_author") {
                continue;
            }
            line = reply(&request, &short.answer(&request));
        }
        assert_eq!(line, reply(&request, &general.answer(&request)));
    }
    assert_eq!(short.state(), general.state());
});

struct Rig {
    session: Session,
    scope: Scope,
    host: Arc<dyn Host>,
}

impl Rig {
    fn new() -> Rig {
        let session = Session::new(Config { max_project_memory: 1 << 18, ..Config::default() });
        let mut rig = Rig { session, scope: Scope::new(), host: Arc::new(Nothing) };
        rig.ask(r#"{"jsonrpc":"2.0","id":1,"method":"create_project"}"#);
        rig.ask(r#"{"jsonrpc":"2.0","id":1,"method":"create_layer","params":["b"]}"#);
        rig
    }

    fn answer(&mut self, request: &Request) -> Outcome {
        match self.session.start(request, &mut self.scope, &self.host) {
            Step::Done(outcome) => outcome,
            Step::Job(job) => {
                let done = job.run(self.host.as_ref());
                self.session.finish(done, Some(&mut self.scope))
            }
        }
    }

    fn ask(&mut self, text: &str) -> String {
        match decode(text.as_bytes()) {
            Decoded::Single(request) => reply(&request, &self.answer(&request)),
            _ => panic!("{text} is a request"),
        }
    }

    /// Sizes, layers, and every voxel.
    fn state(&mut self) -> String {
        ["get_project_info", "list_layers", "get_layer_voxels"]
            .map(|method| self.ask(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}"}}"#)))
            .concat()
    }
}

struct Nothing;

impl Host for Nothing {
    fn read_file(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn write_file(&self, _: &str, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
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
