use super::*;
use proptest::prelude::*;

pub const MAX: usize = 64;

pub fn wire() -> Wire {
    let hosts = Arc::new(Hosts::listening([], []));
    Wire::new(Allowed { max_message: MAX, json_only: false, hosts })
}

fn json_only() -> Wire {
    let mut wire = wire();
    wire.allowed.json_only = true;
    wire
}

/// The calls that the pieces make, up to one that closes.
pub fn calls_of(mut wire: Wire, pieces: &[&[u8]]) -> Vec<Call> {
    let mut found = Vec::new();
    for piece in pieces {
        wire.push(piece);
        while let Some(call) = wire.next() {
            found.push(call);
        }
        let longest = MAX + head::MAX_HEAD + binary::HEADER;
        assert!(wire.buffered() <= longest, "{} bytes are held", wire.buffered());
    }
    while let Some(call) = wire.finish() {
        found.push(call);
    }
    assert!(!wire.is_mid_message());
    assert_eq!((wire.buffered(), wire.next()), (0, None));
    let last = found.iter().position(|call| call.envelope.closes());
    assert!(last.is_none_or(|last| last == found.len() - 1), "{found:?} goes on after the end");
    found
}

/// "json message {}" and the like, one a call.
pub fn show(calls: &[Call]) -> Vec<String> {
    calls.iter().map(|call| format!("{} {}", way(&call.envelope), what(&call.what))).collect()
}

fn way(envelope: &Envelope) -> String {
    match envelope {
        Envelope::Line => "line".to_owned(),
        Envelope::Binary { id, closes: false, .. } => format!("binary {id}"),
        Envelope::Binary { id, closes: true, .. } => format!("binary {id}, last"),
        Envelope::Http { keep: Keep::Close, .. } => "http, last".to_owned(),
        Envelope::Http { keep: Keep::Open, .. } => "http".to_owned(),
        Envelope::Http { keep: Keep::SayOpen, .. } => "http 1.0".to_owned(),
    }
}

fn what(what: &What) -> String {
    match what {
        What::Message(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        What::Fault(Fault::TooLarge { max }) => format!("! over {max}"),
        What::Fault(fault) => format!("! {fault:?}"),
        What::Page(page) => format!("{page:?}"),
        What::Refused(refusal) => refusal.status.to_string(),
    }
}

/// Checks the calls of `input`, split anywhere and everywhere.
#[track_caller]
pub fn check(input: impl AsRef<[u8]>, expected: &[&str]) {
    let bytes = input.as_ref();
    let shown = String::from_utf8_lossy(bytes).into_owned();
    let whole = calls_of(wire(), &[bytes]);
    assert_eq!(show(&whole), expected, "{shown:?}");
    for split in 0..=bytes.len() {
        let (left, right) = bytes.split_at(split);
        assert_eq!(calls_of(wire(), &[left, right]), whole, "{shown:?} split at {split}");
    }
    let single: Vec<_> = bytes.chunks(1).collect();
    assert_eq!(calls_of(wire(), &single), whole, "{shown:?} byte by byte");
}

#[test]
fn the_first_bytes_decide() {
    let kinds: &[(&[u8], Kind)] = &[
        (b"", Kind::Undecided),
        (b" \t\r\n", Kind::Undecided),
        (b"{", Kind::Json),
        (b"\r\n [", Kind::Json),
        (b"\x00", Kind::Binary),
        (b"\n\x08", Kind::Binary),
        (b"\x0b", Kind::Json),
        (b"G", Kind::Undecided),
        (b"GET", Kind::Undecided),
        (b"GET ", Kind::Http),
        (b"GET\n", Kind::Json),
        (b"get ", Kind::Json),
        (b"\r\nPOST ", Kind::Http),
        (b"P", Kind::Undecided),
        (b"PA", Kind::Undecided),
        (b"PAT ", Kind::Json),
        (b"OPTIONS /", Kind::Http),
        (b"hello", Kind::Json),
        (b"\xff", Kind::Json),
    ];
    for (bytes, kind) in kinds {
        let (mut whole, mut single) = (wire(), wire());
        whole.push(bytes);
        bytes.chunks(1).for_each(|byte| single.push(byte));
        assert_eq!((whole.kind(), single.kind()), (*kind, *kind), "{bytes:?}");
    }
}

#[test]
fn what_was_looked_at_to_decide_is_not_lost() {
    check("  {\"a\":1}[2]\n{}", &["line {\"a\":1}", "line [2]", "line {}"]);
    check("GEThello\n{}", &["line ! Syntax", "line {}"]);
    check("hello\n[1]", &["line ! Syntax", "line [1]"]);
}

#[test]
fn an_end_of_input_is_decided_on_too() {
    check("", &[]);
    check(" \r\n", &[]);
    check("GET", &["line ! Syntax"]);
    check("{\"a\"", &["line ! Syntax"]);
}

/// Else the counts would call every probe of the port a client that speaks JSON.
#[test]
fn who_says_nothing_speaks_nothing() {
    let mut wire = wire();
    wire.push(b"\r\n");
    assert_eq!((wire.finish(), wire.kind()), (None, Kind::Undecided));
}

#[test]
fn a_json_message_over_the_limit_is_a_fault_and_the_next_is_read() {
    let long = format!("[\"{}\"]\n{{}}", "x".repeat(MAX));
    check(long, &["line ! over 64", "line {}"]);
}

#[test]
fn where_only_json_is_spoken_nothing_else_is_understood() {
    let cases: [&[u8]; 2] = [b"GET /health HTTP/1.1\r\n", b"\0\0\0\x01\n"];
    for input in cases {
        let expected = ["line ! Syntax"];
        assert_eq!(show(&calls_of(json_only(), &[input])), expected, "{input:?}");
        let single: Vec<_> = input.chunks(1).collect();
        assert_eq!(show(&calls_of(json_only(), &single)), expected, "{input:?} byte by byte");
    }
    assert_eq!(show(&calls_of(json_only(), &[b" {} "])), ["line {}"]);
}

#[test]
fn the_beginning_of_a_message_is_the_middle_of_one() {
    let cases: &[(&[u8], bool)] = &[
        (b" \n", false),
        (b"PO", true),
        (b"{}", false),
        (b"{} {", true),
        (b"\0\0", true),
        (b"\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0", true),
        (b"\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0[]", false),
        (b"GET /livez HTTP/1.0\r\nA: b", true),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", false),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n", false),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nG", true),
    ];
    for (bytes, expected) in cases {
        let mut wire = wire();
        wire.push(bytes);
        while wire.next().is_some() {}
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(wire.is_mid_message(), *expected, "{shown:?}");
    }
}

#[test]
fn nothing_is_held_of_what_comes_after_the_end() {
    let ends: [&[u8]; 2] =
        [b"GET / HTTP/1.0\r\n\r\n", &[0, 0, 0, 1, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0]];
    for end in ends {
        let mut wire = wire();
        wire.push(end);
        assert!(wire.next().is_some_and(|call| call.envelope.closes()), "{end:?}");
        for _ in 0..100 {
            wire.push(&[b'x'; 1000]);
            assert_eq!((wire.next(), wire.buffered()), (None, 0), "{end:?}");
        }
    }
}

/// Pieces of requests, so that random input gets beyond the first byte.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> = [
        "GET /health HTTP/1.1\r\n",
        "POST /rpc HTTP/1.1\r\n",
        "POST /rpc HTTP/1.0\r\n",
        "Host: localhost\r\n",
        "Content-Type: application/json\r\n",
        "Content-Length: 2\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: keep-alive\r\n",
        "\r\n",
        "2\r\n",
        "0\r\n\r\n",
        "{}",
        "\0\0\0\x07\0\0\0\0\0\0\0\x02\0\0\0\0",
        "\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    prop_oneof![8 => prop::sample::select(known), 1 => prop::collection::vec(any::<u8>(), 0..20)]
}

proptest! {
    #[test]
    fn calls_do_not_depend_on_how_the_bytes_were_split(
        pieces in prop::collection::vec(piece(), 0..14),
        cuts in prop::collection::vec(1_usize..40, 1..20),
    ) {
        let bytes = pieces.concat();
        let whole = calls_of(wire(), &[&bytes]);
        let mut rest = &bytes[..];
        let mut parts = Vec::new();
        for cut in cuts.iter().cycle() {
            let (part, left) = rest.split_at(rest.len().min(*cut));
            parts.push(part);
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(calls_of(wire(), &parts), whole);
    }

    #[test]
    fn random_bytes_are_held_up_to_the_limit_and_no_further(
        start in prop::sample::select(vec!["", "{", "\0", "GET ", "POST /rpc HTTP/1.1\r\n"]),
        bytes in prop::collection::vec(any::<u8>(), 0..40_000),
        size in 1_usize..5000,
    ) {
        let pieces: Vec<_> = [start.as_bytes()].into_iter().chain(bytes.chunks(size)).collect();
        calls_of(wire(), &pieces);
    }
}
