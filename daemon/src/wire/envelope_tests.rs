use super::*;

const HTTP: Envelope = Envelope::Http { keep: Keep::Open, head: false };

#[track_caller]
fn check(write: impl Fn(&mut Vec<u8>), expected: &str) {
    let mut out = b"before ".to_vec();
    write(&mut out);
    assert_eq!(String::from_utf8_lossy(&out), format!("before {expected}"));
}

#[test]
fn a_reply_is_wrapped_as_the_call_was() {
    check(|out| Envelope::Line.write(Some("{}"), out), "{}\n");
    let binary = Envelope::Binary { id: 0x4142_4344, time: 0x4546_4748, closes: false };
    check(|out| binary.write(Some("{}"), out), "ABCD\0\0\0\0\0\0\0\x02EFGH{}");
    check(
        |out| HTTP.write(Some("{}"), out),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n{}",
    );
}

#[test]
fn a_call_without_a_reply_gets_none_except_over_http() {
    check(|out| Envelope::Line.write(None, out), "");
    check(|out| Envelope::Binary { id: 1, time: 2, closes: false }.write(None, out), "");
    check(
        |out| HTTP.write(None, out),
        "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\n\r\n",
    );
}

#[test]
fn a_head_request_gets_the_head_of_the_page() {
    let head = Envelope::Http { keep: Keep::Open, head: true };
    check(
        |out| head.write_page(503, "text/plain", "four", out),
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n",
    );
}

#[test]
fn a_refusal_says_why_and_what_to_do() {
    let last = Envelope::Http { keep: Keep::Close, head: false };
    check(
        |out| last.write_refusal(&Refusal::UNAUTHORIZED, out),
        "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 61\r\n\
         WWW-Authenticate: Bearer\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n\
         {\"error\":\"a token is needed: Authorization: Bearer <token>\"}\n",
    );
}

#[test]
fn an_old_client_is_told_that_the_connection_stays() {
    let old = Envelope::Http { keep: Keep::SayOpen, head: false };
    let mut out = Vec::new();
    old.write(Some("{}"), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("\r\nConnection: keep-alive\r\n\r\n{}"), "{text:?}");
}

#[test]
fn a_connection_ends_only_where_the_envelope_says() {
    let closes = [
        Envelope::Line,
        Envelope::Binary { id: 1, time: 0, closes: false },
        Envelope::Binary { id: 1, time: 0, closes: true },
        HTTP,
        Envelope::Http { keep: Keep::SayOpen, head: false },
        Envelope::Http { keep: Keep::Close, head: false },
    ]
    .map(|envelope| envelope.closes());
    assert_eq!(closes, [false, false, true, false, false, true]);
}
