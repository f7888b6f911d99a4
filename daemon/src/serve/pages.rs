//! What HTTP shows of the daemon: its health, and counts for Prometheus.
//!
//! Functions of plain figures; the caller reads clocks and counters.

use std::fmt::{Display, Write};
use std::time::Duration;

use goxel_rpc::JournalFacts;

/// The state of the daemon at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub version: &'static str,
    pub phase: Phase,
    pub uptime_seconds: u64,
    /// Resident memory.
    pub memory_bytes: u64,
    pub connections: Connections,
    /// Messages by what they came in.
    pub requests: ByProtocol,
    /// Requests that were answered with an error.
    pub failed: u64,
    /// HTTP requests that were refused before they became one.
    pub refused: u64,
    pub jobs: Jobs,
    /// Projects that are open.
    pub projects: usize,
    /// How what is acknowledged is kept, if it is.
    pub journal: Option<JournalFacts>,
}

/// Where the daemon is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Ready,
    /// Answers what it was asked, and takes nothing new.
    Draining,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Connections {
    pub open: usize,
    pub accepted: u64,
    pub turned_away: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ByProtocol {
    pub json: u64,
    pub binary: u64,
    pub http: u64,
}

/// What the pool does.
#[derive(Clone, Debug, PartialEq)]
pub struct Jobs {
    pub workers: usize,
    /// Whether all workers that should run do.
    pub healthy: bool,
    pub begun: u64,
    /// Refused because too many were waiting.
    pub refused: u64,
    pub waiting: ByPriority,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ByPriority {
    pub high: usize,
    pub normal: usize,
    pub low: usize,
}

/// A status and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

impl Answer {
    /// JSON, as a success or as what keeps load balancers away.
    fn json(good: bool, body: String) -> Answer {
        Answer { status: if good { 200 } else { 503 }, content_type: JSON, body }
    }
}

/// `/health`: [`health`], and whether it is good.
pub fn health_answer(figures: &Figures) -> Answer {
    Answer::json(condition(figures) == "healthy", health(figures))
}

/// `/livez`: that it answers at all is the answer.
pub fn live_answer() -> Answer {
    Answer::json(true, "{\"status\":\"alive\"}\n".to_owned())
}

/// `/readyz`: whether new work should be sent here.
pub fn ready_answer(figures: &Figures) -> Answer {
    let good = figures.phase == Phase::Ready && figures.jobs.healthy;
    let status = if good { "ready" } else { condition(figures) };
    Answer::json(good, format!("{{\"status\":\"{status}\"}}\n"))
}

/// `/metrics`
pub fn metrics_answer(figures: &Figures) -> Answer {
    Answer { status: 200, content_type: PROMETHEUS, body: metrics(figures) }
}

/// A page is written without growing on the way.
const ROOM: usize = 4 << 10;

/// What the health page and the health file say (spec daemon.md 11).
pub fn health(figures: &Figures) -> String {
    let Figures { connections, jobs, .. } = figures;
    let members: [(&str, &dyn Display); 12] = [
        ("status", &quoted(condition(figures))),
        ("version", &quoted(figures.version)),
        ("uptime_seconds", &figures.uptime_seconds),
        ("active_connections", &connections.open),
        ("memory_usage", &figures.memory_bytes),
        ("worker_pool_healthy", &jobs.healthy),
        ("workers", &jobs.workers),
        ("jobs_waiting", &jobs.waiting.sum()),
        ("projects", &figures.projects),
        ("total_connections", &connections.accepted),
        ("total_requests", &figures.requests.sum()),
        ("failed_requests", &figures.failed),
    ];
    let (mut text, mut before) = (String::with_capacity(ROOM), '{');
    for (name, value) in members {
        put(&mut text, format_args!("{before}\"{name}\":{value}"));
        before = ',';
    }
    if let Some(journal) = &figures.journal {
        let refusing = serde_json::Value::from(journal.refusing.as_deref());
        let left_out = serde_json::Value::from(journal.left_out.as_slice());
        put(&mut text, format_args!(",\"journal\":{{\"position\":{},", journal.position));
        put(&mut text, format_args!("\"refusing\":{refusing},\"left_out\":{left_out}}}"));
    }
    text.push_str("}\n");
    text
}

/// One word for all of it.
fn condition(figures: &Figures) -> &'static str {
    let keeps = |journal: &JournalFacts| journal.refusing.is_none() && journal.left_out.is_empty();
    let is_well = figures.jobs.healthy && figures.journal.as_ref().is_none_or(keeps);
    match figures.phase {
        Phase::Draining => "draining",
        Phase::Ready if is_well => "healthy",
        Phase::Ready => "degraded",
    }
}

/// A JSON string; what is special in a label of Prometheus is written the same way.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text format of Prometheus, version 0.0.4.
pub fn metrics(figures: &Figures) -> String {
    let Figures { connections, requests, jobs, .. } = figures;
    let mut page = Metrics { text: String::with_capacity(ROOM) };
    page.gauge("build_info", "The version that runs, as a label.")
        .labelled("version", &[(figures.version, 1)]);
    page.gauge("uptime_seconds", "Seconds since the start.").value(figures.uptime_seconds);
    page.gauge("ready", "Whether new work is taken.")
        .value(u64::from(figures.phase == Phase::Ready && jobs.healthy));
    page.gauge("memory_bytes", "Resident memory.").value(figures.memory_bytes);
    page.gauge("connections_active", "Connections that are open.").value(connections.open);
    page.counter("connections_total", "Connections that were accepted or turned away.").labelled(
        "outcome",
        &[("accepted", connections.accepted), ("turned_away", connections.turned_away)],
    );
    page.counter("requests_total", "Requests by protocol.").labelled(
        "protocol",
        &[("json", requests.json), ("binary", requests.binary), ("http", requests.http)],
    );
    page.counter("requests_failed_total", "Requests that were answered with an error.")
        .value(figures.failed);
    page.counter("http_refused_total", "HTTP requests that were refused unread.")
        .value(figures.refused);
    page.gauge("workers", "Threads of the pool.").value(jobs.workers);
    page.gauge("worker_pool_healthy", "Whether all workers run.").value(u64::from(jobs.healthy));
    page.counter("jobs_total", "Jobs that the pool has begun or refused.")
        .labelled("outcome", &[("begun", jobs.begun), ("refused", jobs.refused)]);
    page.gauge("jobs_waiting", "Jobs that wait for a worker, by priority.").labelled(
        "priority",
        &[("high", jobs.waiting.high), ("normal", jobs.waiting.normal), ("low", jobs.waiting.low)],
    );
    page.gauge("projects", "Projects that are open.").value(figures.projects);
    if let Some(journal) = &figures.journal {
        page.journal(journal);
    }
    page.text
}

/// Metrics being written.
struct Metrics {
    text: String,
}

/// The metric that samples are written for.
struct Metric<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Metrics {
    fn journal(&mut self, journal: &JournalFacts) {
        self.gauge("journal_position", "The last frame that was written.").value(journal.position);
        self.gauge("journal_acknowledged", "The last frame that replies were sent for.")
            .value(journal.acknowledged);
        self.gauge("journal_synced", "The last frame that survives a power cut.")
            .value(journal.synced);
        self.gauge("journal_bytes", "Bytes of the journal.").value(journal.bytes);
        self.gauge("journal_unsynced_bytes", "Bytes that would not survive a power cut.")
            .value(journal.unsynced_bytes);
        let seconds = |since: Option<Duration>| since.map_or(f64::NAN, |it| it.as_secs_f64());
        self.gauge("journal_sync_age_seconds", "Since the journal was last forced to disk.")
            .value(prometheus(seconds(journal.since_sync)));
        self.gauge("journal_checkpoint_age_seconds", "Since a checkpoint was last complete.")
            .value(prometheus(seconds(journal.since_checkpoint)));
        self.gauge("journal_refusing", "Whether edits are refused as they could not be kept.")
            .value(u64::from(journal.refusing.is_some()));
        self.gauge("projects_left_out", "Projects that could not be read.")
            .value(journal.left_out.len());
    }

    fn counter(&mut self, name: &'static str, help: &str) -> Metric<'_> {
        self.metric(name, "counter", help)
    }

    fn gauge(&mut self, name: &'static str, help: &str) -> Metric<'_> {
        self.metric(name, "gauge", help)
    }

    fn metric(&mut self, name: &'static str, kind: &str, help: &str) -> Metric<'_> {
        let text = &mut self.text;
        put(text, format_args!("# HELP goxel_{name} {help}\n# TYPE goxel_{name} {kind}\n"));
        Metric { text, name }
    }
}

impl Metric<'_> {
    fn value(self, value: impl Display) {
        put(self.text, format_args!("goxel_{} {value}\n", self.name));
    }

    fn labelled(self, label: &str, samples: &[(&str, impl Display)]) {
        for (is, value) in samples {
            let is = quoted(is);
            put(self.text, format_args!("goxel_{}{{{label}={is}}} {value}\n", self.name));
        }
    }
}

/// A number, or the word for none.
fn prometheus(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { value.to_string() }
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written");
}

impl ByProtocol {
    fn sum(&self) -> u64 {
        self.json + self.binary + self.http
    }
}

impl ByPriority {
    fn sum(&self) -> usize {
        self.high + self.normal + self.low
    }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod pages_tests;
