use std::collections::HashSet;

use super::*;

fn figures() -> Figures {
    Figures {
        version: "1.2.3",
        phase: Phase::Ready,
        uptime_seconds: 61,
        memory_bytes: 1 << 20,
        connections: Connections { open: 3, accepted: 9, turned_away: 2 },
        requests: ByProtocol { json: 100, binary: 20, http: 3 },
        failed: 4,
        refused: 5,
        jobs: Jobs {
            workers: 8,
            healthy: true,
            begun: 50,
            refused: 1,
            waiting: ByPriority { high: 1, normal: 2, low: 4 },
        },
        projects: 6,
        journal: None,
    }
}

fn with(phase: Phase, healthy: bool) -> Figures {
    let figures = figures();
    Figures { phase, jobs: Jobs { healthy, ..figures.jobs }, ..figures }
}

#[test]
fn health_is_one_object() {
    assert_eq!(
        health(&figures()),
        "{\"status\":\"healthy\",\"version\":\"1.2.3\",\"uptime_seconds\":61,\
         \"active_connections\":3,\"memory_usage\":1048576,\"worker_pool_healthy\":true,\
         \"workers\":8,\"jobs_waiting\":7,\"projects\":6,\"total_connections\":9,\
         \"total_requests\":123,\"failed_requests\":4}\n"
    );
    let odd = Figures { version: "1\"\\\n", ..figures() };
    let parsed: serde_json::Value = serde_json::from_str(&health(&odd)).unwrap();
    assert_eq!(parsed["version"], odd.version);
}

#[test]
fn the_statuses_follow_the_state() {
    let cases = [
        (with(Phase::Ready, true), (200, "healthy"), (200, "ready")),
        (with(Phase::Ready, false), (503, "degraded"), (503, "degraded")),
        (with(Phase::Draining, true), (503, "draining"), (503, "draining")),
    ];
    for (figures, health, ready) in cases {
        assert_eq!(shown(&health_answer(&figures)), (health.0, health.1.to_owned()));
        assert_eq!(shown(&ready_answer(&figures)), (ready.0, ready.1.to_owned()));
        assert_eq!(shown(&live_answer()), (200, "alive".to_owned()));
    }
}

fn shown(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.content_type, "application/json");
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    (answer.status, body["status"].as_str().unwrap().to_owned())
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let states =
        [figures(), with(Phase::Draining, false), Figures { version: "\"\\\n", ..figures() }];
    for figures in states {
        let text = metrics(&figures);
        assert_eq!(faults(&text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(metrics_answer(&figures()).content_type, "text/plain; version=0.0.4; charset=utf-8");
}

#[test]
fn metrics_say_what_the_figures_say() {
    let text = metrics(&figures());
    let lines = [
        "goxel_build_info{version=\"1.2.3\"} 1",
        "goxel_uptime_seconds 61",
        "goxel_ready 1",
        "goxel_memory_bytes 1048576",
        "goxel_connections_active 3",
        "goxel_connections_total{outcome=\"accepted\"} 9",
        "goxel_connections_total{outcome=\"turned_away\"} 2",
        "goxel_requests_total{protocol=\"json\"} 100",
        "goxel_requests_total{protocol=\"binary\"} 20",
        "goxel_requests_total{protocol=\"http\"} 3",
        "goxel_requests_failed_total 4",
        "goxel_http_refused_total 5",
        "goxel_workers 8",
        "goxel_worker_pool_healthy 1",
        "goxel_jobs_total{outcome=\"begun\"} 50",
        "goxel_jobs_total{outcome=\"refused\"} 1",
        "goxel_jobs_waiting{priority=\"high\"} 1",
        "goxel_jobs_waiting{priority=\"normal\"} 2",
        "goxel_jobs_waiting{priority=\"low\"} 4",
        "goxel_projects 6",
    ];
    let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(samples, lines);
}

/// The validator finds what it is there to find.
#[test]
fn broken_metrics_are_found() {
    let cases = [
        ("goxel_a 1\n", "no TYPE"),
        ("# HELP goxel_a x\n# TYPE goxel_a gauge\ngoxel_a 1", "no last newline"),
        ("# HELP goxel_a x\n# TYPE goxel_a counter\ngoxel_a 1\n", "_total"),
        ("# HELP goxel_a_total x\n# TYPE goxel_a_total gauge\ngoxel_a_total 1\n", "_total"),
        ("# TYPE goxel_a gauge\ngoxel_a 1\n", "no HELP"),
        ("# HELP goxel_a x\n# TYPE goxel_a gauge\ngoxel_a 1\ngoxel_a 2\n", "twice"),
        ("# HELP goxel_a x\n# TYPE goxel_a gauge\ngoxel_a{b=\"c} 1\n", "no sample"),
        ("# HELP goxel_a x\n# TYPE goxel_a gauge\ngoxel_a one\n", "no sample"),
        ("# HELP goxel_a x\n# TYPE goxel_a gauge\n# TYPE goxel_a gauge\ngoxel_a 1\n", "twice"),
        ("# HELP goxel_A x\n# TYPE goxel_A gauge\ngoxel_A 1\n", "name"),
        ("# HELP goxel_a x\n# TYPE goxel_a gauge\n", "no sample"),
    ];
    for (text, fault) in cases {
        let found = faults(text);
        assert!(found.iter().any(|found| found.contains(fault)), "{text:?}: {found:?}");
    }
}

/// What promtool would say about a text of counters and gauges.
fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.ends_with('\n') {
        faults.push("no last newline".to_owned());
    }
    let (mut seen, mut helped, mut typed) = (HashSet::new(), None, None);
    let mut sampled = true;
    for line in text.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] if !help.is_empty() => helped = Some(name),
            ["#", "TYPE", name, kind] => {
                if !sampled {
                    faults.push(format!("{line}: no sample before it"));
                }
                faults.extend(name_fault(name, kind).map(|fault| format!("{line}: {fault}")));
                if helped != Some(name) {
                    faults.push(format!("{line}: no HELP"));
                }
                if !seen.insert(name.to_owned()) {
                    faults.push(format!("{line}: twice"));
                }
                (typed, sampled) = (Some(name), false);
            }
            _ => match sample(line) {
                Some((name, series)) => {
                    if typed != Some(name) {
                        faults.push(format!("{line}: no TYPE"));
                    }
                    if !seen.insert(format!("series {series}")) {
                        faults.push(format!("{line}: twice"));
                    }
                    sampled = true;
                }
                None => faults.push(format!("{line}: no sample")),
            },
        }
    }
    if !sampled {
        faults.push("no sample at the end".to_owned());
    }
    faults
}

fn name_fault(name: &str, kind: &str) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let reserved = ["_count", "_sum", "_bucket"];
    match kind {
        _ if !name.starts_with("goxel_") || !name.bytes().all(plain) => Some("name"),
        _ if reserved.iter().any(|end| name.ends_with(end)) => Some("name of a histogram"),
        "counter" => (!name.ends_with("_total")).then_some("a counter ends in _total"),
        "gauge" => name.ends_with("_total").then_some("no gauge ends in _total"),
        _ => Some("kind"),
    }
}

/// The name, and the name with labels, in `name{label="value"} 1`.
fn sample(line: &str) -> Option<(&str, &str)> {
    let (series, value) = line.rsplit_once(' ')?;
    value.parse::<f64>().ok()?;
    let Some((name, labels)) = series.split_once('{') else { return Some((series, series)) };
    let (label, value) = labels.strip_suffix("\"}")?.split_once("=\"")?;
    let plain = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_lowercase());
    (plain && is_escaped(value)).then_some((name, series))
}

/// Whether every quote is behind a backslash, and every backslash before `\`, `"` or `n`.
fn is_escaped(value: &str) -> bool {
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => return false,
            '\\' if !matches!(chars.next(), Some('\\' | '"' | 'n')) => return false,
            _ => {}
        }
    }
    true
}

fn kept(journal: JournalFacts) -> Figures {
    Figures { journal: Some(journal), ..figures() }
}

#[test]
fn health_tells_of_edits_that_are_refused_and_projects_that_are_left_out() {
    let well = JournalFacts { position: 7, ..JournalFacts::default() };
    let full = JournalFacts { refusing: Some("no \"space\"".to_owned()), ..well.clone() };
    let lost = JournalFacts { left_out: vec!["project a".to_owned()], ..well.clone() };
    for (journal, status, told) in [
        (well, "healthy", r#""journal":{"position":7,"refusing":null,"left_out":[]}"#),
        (full, "degraded", r#""refusing":"no \"space\"","left_out":[]"#),
        (lost, "degraded", r#""refusing":null,"left_out":["project a"]"#),
    ] {
        let page = health(&kept(journal));
        let parsed: serde_json::Value = serde_json::from_str(&page).unwrap();
        assert_eq!(parsed["status"], status, "{page}");
        assert!(page.contains(told), "{page}");
    }
}

#[test]
fn metrics_tell_how_far_the_journal_has_come() {
    let journal = JournalFacts {
        position: 9,
        synced: 8,
        since_sync: Some(Duration::from_millis(1500)),
        refusing: Some("full".to_owned()),
        ..JournalFacts::default()
    };
    let page = metrics(&kept(journal));
    for line in [
        "goxel_journal_position 9\n",
        "goxel_journal_synced 8\n",
        "goxel_journal_sync_age_seconds 1.5\n",
        "goxel_journal_checkpoint_age_seconds NaN\n",
        "goxel_journal_refusing 1\n",
    ] {
        assert!(page.contains(line), "{line} {page}");
    }
    assert!(!metrics(&figures()).contains("journal"));
}
