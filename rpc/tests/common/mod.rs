//! A session with a host that lives in memory.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests read better so")]

use goxel_rpc::{
    Config, Decoded, Facts, Finished, Host, Job, Outcome, Request, Scope, Session, Step,
};
use goxel_rpc::{batch_reply, decode, reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Files in memory. Paths under `/denied` cannot be written. Its clock goes on by 5 ms when looked at.
#[derive(Default)]
pub struct FakeHost {
    pub files: Mutex<BTreeMap<String, Vec<u8>>>,
    looks: AtomicU32,
}

impl Host for FakeHost {
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>> {
        let files = self.files.lock().unwrap();
        files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if path.starts_with("/denied") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.files.lock().unwrap().insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn unix_seconds(&self) -> u64 {
        1_757_325_600
    }

    fn clock(&self) -> Duration {
        Duration::from_millis(5) * self.looks.fetch_add(1, Ordering::Relaxed)
    }

    fn facts(&self) -> Facts {
        Facts {
            pid: 4242,
            hostname: "box".to_owned(),
            local_time: "2025-09-08 10:00:00".to_owned(),
            uptime_seconds: 12,
            connections: 3,
            memory_bytes: 1000,
            journal: None,
        }
    }

    fn render_threads(&self) -> usize {
        2
    }
}

/// A session and its host.
pub struct Rig {
    pub session: Session,
    pub scope: Scope,
    pub files: Arc<FakeHost>,
    host: Arc<dyn Host>,
}

impl Rig {
    pub fn new() -> Self {
        Self::of(Config::default())
    }

    pub fn of(config: Config) -> Self {
        let files = Arc::new(FakeHost::default());
        let host: Arc<dyn Host> = Arc::clone(&files) as Arc<dyn Host>;
        Self { session: Session::new(config), scope: Scope::new(), files, host }
    }

    /// Starts a request without running its job.
    pub fn start(&mut self, method: &str, params: Value) -> Step {
        let request = self.request(method, &params);
        self.begin(&request)
    }

    /// Starts a decoded request without running its job.
    pub fn begin(&mut self, request: &Request) -> Step {
        self.session.start(request, &mut self.scope, &self.host)
    }

    /// The request of a call with id 1.
    pub fn request(&self, method: &str, params: &Value) -> Request {
        let call = json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 1 });
        match decode(call.to_string().as_bytes()) {
            Decoded::Single(request) => request,
            _ => panic!("{call} is a request"),
        }
    }

    /// Runs a job and takes it back.
    pub fn run(&mut self, job: Job) -> Outcome {
        let done = self.ran(job);
        self.session.finish(done, Some(&mut self.scope))
    }

    /// Runs a job.
    pub fn ran(&self, job: Job) -> Finished {
        job.run(self.host.as_ref())
    }

    /// A rig with a project called "Demo".
    pub fn with_project() -> Self {
        let mut rig = Self::new();
        rig.ask("goxel.create_project", json!(["Demo"]));
        rig
    }

    /// The reply line for a message; `None` when there is none.
    pub fn line(&mut self, message: &str) -> Option<String> {
        match decode(message.as_bytes()) {
            Decoded::Fault(line) => Some(line),
            Decoded::Single(request) => self.reply(&request),
            Decoded::Batch(requests) => {
                let parts: Vec<String> = requests.iter().filter_map(|r| self.reply(r)).collect();
                (!parts.is_empty()).then(|| batch_reply(&parts))
            }
        }
    }

    /// The result of a call, or its error as `{"error": ...}`.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "method": method, "params": params, "id": 1 });
        let line = self.line(&call.to_string()).expect("a call is answered");
        assert!(!line.contains('\n'), "{line}");
        let mut reply: Value = serde_json::from_str(&line).expect("replies are JSON");
        match reply.get_mut("result") {
            Some(result) => result.take(),
            None => json!({ "error": reply["error"] }),
        }
    }

    /// What must not change when a call is refused.
    pub fn state(&mut self) -> String {
        let ask = |rig: &mut Self, method| rig.ask(method, json!({})).to_string();
        ["get_project_info", "list_layers", "get_status"].map(|method| ask(self, method)).concat()
    }

    /// The reply line of a request, made after its job was taken back.
    pub fn line_of(&mut self, request: &Request) -> String {
        let outcome = self.outcome(request);
        reply(request, &outcome)
    }

    fn reply(&mut self, request: &Request) -> Option<String> {
        let line = self.line_of(request);
        request.answers().then_some(line)
    }

    fn outcome(&mut self, request: &Request) -> Outcome {
        match self.session.start(request, &mut self.scope, &self.host) {
            Step::Done(outcome) => outcome,
            Step::Job(job) => self.run(job),
        }
    }
}

/// Whether `found` has at least what `expected` has. `"..."` stands for anything.
pub fn has(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (_, Value::String(any)) if any == "..." => true,
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| has(found, value))),
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| has(f, e))
        }
        _ => found == expected,
    }
}

/// Calls in order on a fresh project; each reply must have what is expected.
#[track_caller]
pub fn check(calls: &[(&str, Value, Value)]) {
    check_on(&mut Rig::with_project(), calls);
}

/// Calls in order; a refused one must change nothing.
#[track_caller]
pub fn check_on(rig: &mut Rig, calls: &[(&str, Value, Value)]) {
    for (method, params, expected) in calls {
        let before = rig.state();
        let found = rig.ask(method, params.clone());
        assert!(has(&found, expected), "{method} {params}\nfound {found}\nnot   {expected}");
        if found.get("error").is_some() {
            assert_eq!(rig.state(), before, "{method} {params} was refused and changed something");
        }
    }
}

/// An error of that code and text.
pub fn error(code: i32, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

/// An error of that code and text for that reason.
pub fn refused(code: i32, message: &str, reason: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "data": { "reason": reason } } })
}

/// A call that expects so many voxels.
pub fn filled(count: u64) -> (&'static str, Value, Value) {
    ("get_status", Value::Null, json!({ "voxel_count": count }))
}
