//! `/metrics` of a daemon that has been asked all kinds of things: what Prometheus reads, and true.

use goxel_support::{Daemon, tool};
use serde_json::json;
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[test]
fn metrics_tell_what_each_protocol_was_asked() {
    let page = page_after_traffic();
    for line in [
        "goxel_ready 1",
        // Two of them are still open: the client's, and the one that asks for the page.
        "goxel_connections_active 2",
        "goxel_connections_total{outcome=\"accepted\"} 6",
        "goxel_requests_total{protocol=\"json\"} 3",
        "goxel_requests_total{protocol=\"binary\"} 1",
        "goxel_requests_total{protocol=\"http\"} 4",
        "goxel_requests_failed_total 1",
        "goxel_http_refused_total 1",
        "goxel_jobs_total{outcome=\"begun\"} 1",
        "goxel_projects 1",
    ] {
        assert!(page.lines().any(|said| said == line), "{line} is not in\n{page}");
    }
}

#[test]
fn metrics_of_a_daemon_keep_the_rules_of_their_format() {
    let page = page_after_traffic();
    assert_eq!(fault(&page), None, "{page}");
    assert_eq!(page.matches("# TYPE ").count(), 23, "{page}");
    // Where it is installed, whose rules they are says the same.
    if let Some(promtool) = tool("promtool") {
        let mut command = Command::new(promtool);
        command.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_breaks_the_rules_is_found() {
    let good = "# HELP a x\n# TYPE a gauge\na{b=\"c\"} 1\na{b=\"d\"} 2\n";
    assert_eq!(fault(good), None);
    let other = "# HELP b_total x\n# TYPE b_total counter\nb_total 1\n";
    assert_eq!(fault(&format!("{good}{other}")), None);
    for (broken, why) in [
        (good.trim_end().to_owned(), "end"),
        (good.replace("# HELP a x\n", ""), "before"),
        (good.replace("# TYPE a gauge\n", ""), "TYPE"),
        (good.replace("TYPE a", "TYPE b"), "TYPE"),
        (good.replace("gauge", "counter"), "_total"),
        (good.replace("gauge", "sum"), "TYPE"),
        (good.replace("\"d\"", "\"c\""), "twice"),
        (good.replace("\"d\"", "\"d"), "sample"),
        (good.replace("\"d\"", "\"\"\""), "sample"),
        (good.replace("b=\"d\"", "1=\"d\""), "sample"),
        (good.replace("} 2", "} two"), "sample"),
        (good.replace("a{b=\"d\"}", "c{b=\"d\"}"), "sample"),
        (good.replace(" a", " 1").replace("\na", "\n1"), "name"),
        (format!("{good}{other}{good}"), "twice"),
        ("# HELP a x\n# TYPE a gauge\n".to_owned(), "no sample"),
    ] {
        assert!(fault(&broken).is_some_and(|it| it.contains(why)), "{broken}{:?}", fault(&broken));
    }
}

/// The metrics after three requests as lines, one behind the old header, and four over HTTP.
fn page_after_traffic() -> String {
    let port = free_port();
    let daemon = Daemon::start(&[&format!("--tcp=127.0.0.1:{port}")]);
    let mut client = daemon.client();
    client.result("ping", json!([]));
    client.result("create_project", json!(["m"]));
    assert_eq!(client.error_code("nothing", json!([])), -32601);
    let header = [1, 0, PING.len() as u32, 0].map(u32::to_be_bytes).concat();
    assert!(ask(port, &[&header, PING.as_bytes()].concat()).contains("pong"));
    let length = PING.len();
    let json = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    assert!(http(port, "POST /rpc", &json, PING).contains("pong"));
    assert!(http(port, "GET /health", "", "").contains("healthy"));
    assert!(http(port, "GET /nothing", "", "").starts_with("HTTP/1.1 404"));
    let page = http(port, "GET /metrics", "", "");
    let (head, body) = page.split_once("\r\n\r\n").expect("a head ends");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4"), "{head}");
    body.to_owned()
}

fn http(port: u16, what: &str, headers: &str, body: &str) -> String {
    let head = format!("{what} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    ask(port, (head + body).as_bytes())
}

/// What comes until the daemon, which is told that nothing follows, closes too.
fn ask(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the daemon answers");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("the daemon answers");
    stream.write_all(bytes).expect("the daemon answers");
    stream.shutdown(std::net::Shutdown::Write).expect("the daemon answers");
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("the daemon answers");
    String::from_utf8_lossy(&said).into_owned()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the loopback is there");
    socket.local_addr().expect("it is bound").port()
}

/// What is wrong with a page by the rules of the text format, version 0.0.4: each family in one
/// place, with HELP and TYPE before its samples, and no series twice.
fn fault(page: &str) -> Option<String> {
    let Some(page) = page.strip_suffix('\n') else { return Some("no line end at the end".into()) };
    let mut families = page.split("# HELP ");
    if families.next() != Some("") {
        return Some("something before the first HELP".into());
    }
    let mut seen = HashSet::new();
    families.find_map(|family| {
        let mut lines = family.lines();
        let (name, _) = lines.next()?.split_once(' ').unwrap_or_default();
        family_fault(name, lines.next().unwrap_or_default(), lines, &mut seen)
    })
}

fn family_fault<'a>(
    name: &'a str,
    kind: &str,
    samples: impl Iterator<Item = &'a str>,
    seen: &mut HashSet<String>,
) -> Option<String> {
    let mut count = 0;
    for line in samples {
        let Some(series) = series_of(line, name) else {
            return Some(format!("no sample of {name}: {line}"));
        };
        if !seen.insert(series.to_owned()) {
            return Some(format!("{series} twice"));
        }
        count += 1;
    }
    match kind.strip_prefix("# TYPE ").and_then(|it| it.strip_prefix(name)) {
        _ if !is_name(name) => Some(format!("{name} is no name")),
        _ if !seen.insert(format!("family {name}")) => Some(format!("{name} twice")),
        _ if count == 0 => Some(format!("{name} has no sample")),
        Some(" counter") if name.ends_with("_total") => None,
        Some(" counter") => Some(format!("{name} does not end in _total")),
        Some(" gauge") if !name.ends_with("_total") => None,
        _ => Some(format!("no TYPE for {name}: {kind}")),
    }
}

/// `name{label="value"}` of a line that goes on with a number; the labels of this daemon are plain.
fn series_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (series, value) = line.rsplit_once(' ')?;
    value.parse::<f64>().ok()?;
    let labels = series.strip_prefix(name)?;
    if labels.is_empty() {
        return Some(series);
    }
    let (label, value) = labels.strip_prefix('{')?.strip_suffix("\"}")?.split_once("=\"")?;
    (is_name(label) && !value.contains(['"', '\\'])).then_some(series)
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(plain) && text.starts_with(|first: char| !first.is_ascii_digit())
}
