use super::head::MAX_HEAD;
use super::wire_tests::{MAX, calls_of, check, show, wire};
use super::*;

const HOST: &str = "Host: localhost\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// A GET with those header lines besides `Host`.
fn get(path: &str, lines: &str) -> String {
    format!("GET {path} HTTP/1.1\r\n{HOST}{lines}\r\n")
}

/// A POST to `/rpc` with those header lines besides `Host` and `Content-Type`.
fn post(lines: &str, body: &str) -> String {
    format!("POST /rpc HTTP/1.1\r\n{HOST}{JSON}{lines}\r\n{body}")
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

/// Checks an input with one call.
#[track_caller]
fn check_one(input: impl AsRef<[u8]>, expected: &str) {
    check(input, &[expected]);
}

/// Checks an input that is too long to be split everywhere.
#[track_caller]
fn check_long(input: &str, expected: &[&str]) {
    for size in [1, 2, 999, MAX_HEAD - 1, MAX_HEAD, MAX_HEAD + 1, input.len()] {
        let pieces: Vec<_> = input.as_bytes().chunks(size).collect();
        assert_eq!(show(&calls_of(wire(), &pieces)), expected, "in pieces of {size}");
    }
}

#[test]
fn pages_are_asked_for_with_get_or_head() {
    check_one(get("/health", ""), "http Health");
    check_one(get("/livez", ""), "http Live");
    check_one(get("/readyz?verbose=1&x=http://y/", ""), "http Ready");
    check_one(get("/metrics", "Content-Length: 0\r\n"), "http Metrics");
    check_one(format!("HEAD /health HTTP/1.1\r\n{HOST}\r\n"), "http Health");
    check_one(format!("GET http://localhost/health?x HTTP/1.1\r\n{HOST}\r\n"), "http Health");
}

#[test]
fn a_head_request_is_answered_without_a_body() {
    let heads = ["HEAD /health", "HEAD /nothing", "GET /health"].map(|line| {
        let request = format!("{line} HTTP/1.1\r\n{HOST}\r\n");
        let calls = calls_of(wire(), &[request.as_bytes()]);
        matches!(calls[0].envelope, Envelope::Http { head: true, .. })
    });
    assert_eq!(heads, [true, true, false]);
}

#[test]
fn what_is_not_served_is_refused_with_its_status() {
    let cases: &[(&str, &str)] = &[
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        ("GET /health/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        ("GET //health HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        ("GET /../health HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        ("GET http://localhost?/health HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 404"),
        (
            "POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
            "http, last 404",
        ),
        ("GET /rpc HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 405"),
        ("OPTIONS /rpc HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 405"),
        ("DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "http 405"),
        ("PUT /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", "http, last 405"),
        ("POST /health HTTP/1.1\r\nHost: localhost\r\n\r\n", "http, last 405"),
        ("GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n", "http, last 505"),
        ("GET /health HTTP/0.9\r\nHost: localhost\r\n\r\n", "http, last 505"),
        ("GET /health\r\nHost: localhost\r\n\r\n", "http, last 400"),
        ("GET  HTTP/1.1\r\nHost: localhost\r\n\r\n", "http, last 400"),
        (
            "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
            "http, last 400",
        ),
        ("GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n", "http, last 400"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", "http, last 400"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nA\0: b\r\n\r\n", "http, last 400"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nA: b\rc\r\n\r\n", "http, last 400"),
        ("GET /health HTTP/1.1\r\nHost: localhost\r\nA: b", "http, last 400"),
        ("GET /", "http, last 400"),
    ];
    for (request, expected) in cases {
        check_one(request, expected);
    }
}

#[test]
fn the_right_method_is_named() {
    let allowed = |request: String| match calls_of(wire(), &[request.as_bytes()]).remove(0).what {
        What::Refused(refusal) => refusal.header,
        what => panic!("{what:?}"),
    };
    assert_eq!(allowed(get("/rpc", "")), "Allow: POST\r\n");
    let options = format!("OPTIONS /metrics HTTP/1.1\r\n{HOST}\r\n");
    assert_eq!(allowed(options), "Allow: GET, HEAD\r\n");
}

#[test]
fn a_post_carries_a_message() {
    check_one(post("Content-Length: 2\r\n", "{}"), "http {}");
    check_one(post("Content-Length: 0\r\n", ""), "http ");
    let longest = "x".repeat(MAX);
    check_one(post(&format!("Content-Length: {MAX}\r\n"), &longest), &format!("http {longest}"));
    check_one(chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), "http {}");
}

#[test]
fn a_post_must_be_json_of_a_known_and_allowed_length() {
    let typed =
        |kind: &str| format!("POST /rpc HTTP/1.1\r\n{HOST}{kind}Content-Length: 2\r\n\r\n{{}}");
    check_one(typed("Content-Type: Application/JSON ; charset=utf-8\r\n"), "http {}");
    check_one(typed("content-type:application/json\r\nContent-Encoding: identity\r\n"), "http {}");
    let wrong = [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: text/plain; application/json\r\n",
        "Content-Type: application/json, text/plain\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        "Content-Type: \u{ff}\r\n",
    ];
    for kind in wrong {
        check_one(typed(kind), "http, last 415");
    }
    check_one(post("", "{}"), "http, last 411");
    check_one(post("Content-Length: 65\r\n", &"x".repeat(65)), "http, last 413");
    check_one(post("Content-Length: 99999999999999999999999\r\n", "{}"), "http, last 413");
    check_one(post("Content-Length: 2\r\n", "{"), "http, last 400");
}

/// Each of these is read in two ways by some pair of a proxy and a server.
#[test]
fn a_body_that_could_be_cut_in_two_ways_is_refused() {
    let bodies = [
        ("Content-Length: 2\r\nContent-Length: 3\r\n", 400),
        ("Content-Length: 2\r\nContent-Length: 2\r\n", 400),
        ("Content-Length: 2, 3\r\n", 400),
        ("Content-Length: +2\r\n", 400),
        ("Content-Length: -2\r\n", 400),
        ("Content-Length: 0x2\r\n", 400),
        ("Content-Length: 2 2\r\n", 400),
        ("Content-Length: \r\n", 400),
        ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", 400),
        ("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501),
        ("Transfer-Encoding: chunked, chunked\r\n", 501),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: chunked, identity\r\n", 501),
        ("Transfer-Encoding: xchunked\r\n", 501),
        ("Transfer-Encoding: \u{b}chunked\r\n", 400),
        ("Transfer-Encoding:\r\n", 501),
        ("Transfer-Encoding : chunked\r\n", 400),
        ("X: y\r\n Transfer-Encoding: chunked\r\n", 400),
    ];
    for (lines, status) in bodies {
        let smuggled = "0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        check_one(post(lines, smuggled), &format!("http, last {status}"));
    }
    let old = post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n").replace("1.1", "1.0");
    check_one(old, "http, last 400");
}

#[test]
fn chunks_have_sizes_and_line_ends_and_nothing_else() {
    let whole: &[(&str, &str)] = &[
        ("2\r\n{}\r\n0\r\n\r\n", "http {}"),
        ("0002 ; a=\"b\"\r\n{}\r\n000\r\n\r\n", "http {}"),
        ("A\r\n0123456789\r\n0\r\nTrailer: x\r\nAnother: y\r\n\r\n", "http 0123456789"),
        ("0\r\n\r\n", "http "),
    ];
    for (body, expected) in whole {
        check(chunked(body) + &get("/livez", ""), &[expected, "http Live"]);
    }
    let broken = [
        "\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "2\r\n{}x\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "2\rx\r\n{}\r\n0\r\n\r\n",
        "2;a\rb\r\n{}\r\n0\r\n\r\n",
        "2;a\r\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\r\n0\r\nTrailer: x\ry\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        " 2\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\r\n0\r\nTrailer: x\n\r\n",
        "2\r\n{}\r\n0\r\n",
        "2\r\n{",
        "",
    ];
    for body in broken {
        check_one(chunked(body), "http, last 400");
    }
}

#[test]
fn chunks_are_bounded() {
    let one = "1\r\nx\r\n".repeat(MAX);
    check_one(chunked(&format!("{one}0\r\n\r\n")), &format!("http {}", "x".repeat(MAX)));
    check_one(chunked(&format!("{one}1\r\nx\r\n0\r\n\r\n")), "http, last 413");
    check_one(chunked("41\r\n"), "http, last 413");
    check_one(chunked("ffffffffffffffff\r\n"), "http, last 413");
    check_long(&chunked(&"0".repeat(1 << 11)), &["http, last 400"]);
    check_long(&chunked(&format!("1;{}\r\nx", "y".repeat(1 << 10))), &["http, last 400"]);
    let trailers = "T: x\r\n".repeat(5000);
    check_long(&chunked(&format!("0\r\n{trailers}\r\n")), &["http, last 431"]);
}

#[test]
fn a_head_is_bounded() {
    let lines = |count: usize| "A: b\r\n".repeat(count);
    check_one(get("/livez", &lines(63)), "http Live");
    check_one(get("/livez", &lines(64)), "http, last 431");
    let padded = |length: usize| {
        let bare = get("/livez", "A: \r\n").len();
        get("/livez", &format!("A: {}\r\n", "x".repeat(length - bare)))
    };
    check_long(&padded(MAX_HEAD), &["http Live"]);
    check_long(&padded(MAX_HEAD + 1), &["http, last 431"]);
    check_long(&format!("GET /{}", "x".repeat(1 << 16)), &["http, last 431"]);
}

#[test]
fn a_host_must_be_ours() {
    let cases: &[(&str, &str)] = &[
        ("Host: localhost\r\n", "http Live"),
        ("host: LOCALHOST:1234\r\n", "http Live"),
        ("Host: 127.0.0.1:8080\r\n", "http Live"),
        ("Host: [::1]:8080\r\n", "http Live"),
        ("Host: evil.example\r\n", "http 403"),
        ("Host: localhost.evil.example\r\n", "http 403"),
        ("Host: localhost@evil.example\r\n", "http 403"),
        ("Host: 192.168.1.7\r\n", "http 403"),
        ("Host:\r\n", "http 403"),
        ("Host: \u{ff}\r\n", "http 403"),
        ("", "http 400"),
        ("Host: localhost\r\nHost: evil.example\r\n", "http 400"),
    ];
    for (line, expected) in cases {
        check_one(format!("GET /livez HTTP/1.1\r\n{line}\r\n"), expected);
    }
    let old = "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n";
    check_one(format!("{old}\r\n"), "http 1.0 Live");
    check_one(format!("{old}Host: evil.example\r\n\r\n"), "http 1.0 403");
    check_one(get("http://evil.example/livez", ""), "http 403");
    check_one("GET http://localhost/livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", "http 403");
}

#[test]
fn a_web_page_of_another_site_is_refused() {
    let cases = [
        ("http://localhost", "http {}"),
        ("http://evil.example", "http, last 403"),
        ("http://localhost:3000", "http, last 403"),
        ("https://localhost:80", "http, last 403"),
        ("null", "http, last 403"),
        ("", "http, last 403"),
        ("http://localhost\r\nOrigin: http://evil.example", "http, last 403"),
    ];
    for (origin, expected) in cases {
        let lines = format!("Origin: {origin}\r\nContent-Length: 2\r\n");
        check_one(post(&lines, "{}"), expected);
    }
    let page = "GET /livez HTTP/1.0\r\nOrigin: http://localhost\r\n\r\n";
    check_one(page, "http, last 403");
}

#[test]
fn connections_are_kept_as_the_version_has_it() {
    let cases = [
        ("1.1", "", "http Live"),
        ("1.1", "Connection: keep-alive\r\n", "http Live"),
        ("1.1", "Connection: close\r\n", "http, last Live"),
        ("1.1", "Connection: te, Close\r\n", "http, last Live"),
        ("1.1", "Connection: te\r\nConnection: close\r\n", "http, last Live"),
        ("1.0", "", "http, last Live"),
        ("1.0", "Connection: Keep-Alive\r\n", "http 1.0 Live"),
        ("1.0", "Connection: keep-alive, close\r\n", "http, last Live"),
    ];
    for (version, lines, expected) in cases {
        check_one(format!("GET /livez HTTP/{version}\r\n{HOST}{lines}\r\n"), expected);
    }
}

#[test]
fn requests_may_be_sent_ahead() {
    let requests = [
        get("/health", ""),
        post("Content-Length: 2\r\n", "{}"),
        "\r\n".to_owned(),
        chunked("2\r\n[]\r\n0\r\n\r\n"),
        get("/nothing", ""),
        get("/livez", "Connection: close\r\n"),
        get("/readyz", ""),
    ];
    let calls = ["http Health", "http {}", "http []", "http 404", "http, last Live"];
    check(requests.concat(), &calls);
}

#[test]
fn lines_of_a_head_may_end_without_a_carriage_return() {
    check_one("GET /livez HTTP/1.0\n\n", "http, last Live");
    check_one("GET /livez HTTP/1.1\nHost: localhost\r\n\n", "http Live");
    check_one("GET /livez HTTP/1.1\r\nHost: localhost\n\r\n", "http Live");
}

#[test]
fn a_client_that_waits_is_told_to_go_on_once() {
    let cases: &[(&str, Option<&[u8]>)] = &[
        ("Expect: 100-continue\r\nContent-Length: 2\r\n", Some(b"HTTP/1.1 100 Continue\r\n\r\n")),
        ("Expect: 100-Continue\r\nContent-Length: 0\r\n", None),
        ("Expect: 100-continue\r\nContent-Length: 65\r\n", None),
        ("Content-Length: 2\r\n", None),
    ];
    for (lines, expected) in cases {
        let mut wire = wire();
        wire.push(post(lines, "").as_bytes());
        let before = wire.next();
        assert_eq!(wire.take_interim(), *expected, "{lines:?}");
        assert_eq!(wire.take_interim(), None, "{lines:?}");
        wire.push(b"{}");
        assert_ne!(before.is_some(), wire.next().is_some(), "{lines:?}");
    }
}

#[test]
fn a_body_that_is_there_already_needs_no_leave() {
    let mut wire = wire();
    wire.push(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "{").as_bytes());
    assert_eq!((wire.next(), wire.take_interim()), (None, None));
}

#[test]
fn leave_is_given_only_when_what_came_before_is_answered() {
    let mut wire = wire();
    let second = post("Expect: 100-continue\r\nContent-Length: 2\r\n", "");
    wire.push((get("/livez", "") + &second).as_bytes());
    assert!(wire.next().is_some());
    assert_eq!(wire.take_interim(), None);
    assert_eq!(wire.next(), None);
    assert!(wire.take_interim().is_some());
}

#[test]
fn nothing_else_can_be_expected() {
    check_one(post("Expect: tea\r\nContent-Length: 2\r\n", "{}"), "http, last 417");
    let old = post("Expect: 100-continue\r\nContent-Length: 2\r\n", "{}").replace("1.1", "1.0");
    check_one(old, "http, last {}");
}

#[test]
fn a_bearer_token_comes_with_the_call() {
    let cases: &[(&str, Option<&str>)] = &[
        ("Authorization: Bearer s3cret\r\n", Some("s3cret")),
        ("authorization: bearer  a.b-c=\r\n", Some("a.b-c=")),
        ("Authorization: Basic s3cret\r\n", None),
        ("Authorization: Bearer\r\n", None),
        ("", None),
    ];
    for (lines, expected) in cases {
        let requests =
            post(&format!("{lines}Content-Length: 2\r\n"), "{}") + &get("/health", lines);
        for call in calls_of(wire(), &[requests.as_bytes()]) {
            let token = call.token.map(|token| String::from_utf8(token).unwrap());
            assert_eq!(token.as_deref(), *expected, "{lines:?}");
        }
    }
}
