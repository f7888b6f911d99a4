use super::*;
use proptest::prelude::*;

const MAX: usize = 64;

fn frames(pieces: &[&[u8]]) -> Vec<String> {
    let mut framer = Framer::new(MAX);
    let mut found = Vec::new();
    for piece in pieces {
        framer.push(piece);
        assert!(framer.message.capacity() <= MAX);
        while let Some(frame) = framer.next() {
            found.push(show(frame));
        }
    }
    while let Some(frame) = framer.finish() {
        found.push(show(frame));
    }
    assert_eq!(framer.buffered(), 0);
    found
}

fn show(frame: Frame) -> String {
    match frame {
        Frame::Message(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Frame::Fault(Fault::TooLarge { max }) => format!("! over {max}"),
        Frame::Fault(Fault::Syntax) => "! syntax".to_owned(),
        Frame::Fault(Fault::TooDeep) => "! depth".to_owned(),
    }
}

/// Frames must not depend on how the bytes were split.
#[track_caller]
fn check(input: &str, expected: &[&str]) {
    let bytes = input.as_bytes();
    assert_eq!(frames(&[bytes]), expected, "{input:?}");
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(frames(&single), expected, "{input:?} byte by byte");
}

#[test]
fn a_message_ends_with_its_outermost_bracket() {
    check("{}", &["{}"]);
    check(" \t\r\n{\"a\":[1,{}]}", &["{\"a\":[1,{}]}"]);
    check("{\"a\":1}[2]\n{\"b\":3}", &["{\"a\":1}", "[2]", "{\"b\":3}"]);
    check("{\n \"a\": 1\n}\n", &["{\n \"a\": 1\n}"]);
}

#[test]
fn brackets_and_quotes_in_strings_do_not_count() {
    check(r#"{"a":"}{][\"}"}[1]"#, &[r#"{"a":"}{][\"}"}"#, "[1]"]);
    check(r#"["\\"]["\\\""]"#, &[r#"["\\"]"#, r#"["\\\""]"#]);
}

#[test]
fn a_line_of_garbage_is_one_fault() {
    check("hello world\n{}", &["! syntax", "{}"]);
    check("nul\0l\n\n\n7\n{}", &["! syntax", "! syntax", "{}"]);
    check("}\n{}", &["! syntax", "{}"]);
    check("GET / HTTP/1.1\r\n", &["! syntax"]);
}

#[test]
fn after_balanced_garbage_the_same_line_goes_on() {
    check("oops {\"a\":1} [2]", &["! syntax", "[2]"]);
    check("{\"a\":1] [2]", &["! syntax", "[2]"]);
    check("[[1}] [2]", &["! syntax", "[2]"]);
}

#[test]
fn balanced_text_is_left_to_the_parser() {
    check("{nonsense} [2]", &["{nonsense}", "[2]"]);
}

#[test]
fn a_message_cut_off_by_a_newline_does_not_swallow_the_next() {
    check("{\"a\":\"b\n[2]", &["! syntax", "[2]"]);
    check("{\"a\":1\n{\"b\":2}", &["! syntax", "{\"b\":2}"]);
    check("{\"a\":\n{\"b\":2}\n{\"c\":3}", &["! syntax", "{\"c\":3}"]);
    check("[1 [2]\n[3]", &["! syntax", "[3]"]);
}

#[test]
fn an_oversized_message_is_one_fault() {
    let long = |fill: &str| format!("[\"{}\"]", fill.repeat(MAX));
    check(&format!("{}[2]", long("x")), &["! over 64", "[2]"]);
    check(&format!("[\n\"{}\"\n,\n1]\n[2]", "x".repeat(MAX)), &["! over 64", "[2]"]);
    check(&format!("[\"{}\n[2]", "x".repeat(MAX)), &["! over 64", "[2]"]);
    check(&format!("[{}\n[2]", "1,".repeat(MAX)), &["! over 64", "[2]"]);
    check(&format!("{}\n[2]", "x".repeat(MAX * 3)), &["! syntax", "[2]"]);
}

#[test]
fn a_message_of_exactly_the_limit_passes() {
    let exact = format!("[\"{}\"]", "x".repeat(MAX - 4));
    check(&exact, &[&exact]);
    check(&format!("[\"{}\"]", "x".repeat(MAX - 3)), &["! over 64"]);
}

#[test]
fn hostile_depth_is_one_fault() {
    let mut framer = Framer::new(1 << 20);
    framer.push("[".repeat(100_000).as_bytes());
    framer.push(b"\n[2]");
    let found: Vec<_> = std::iter::from_fn(|| framer.next()).map(show).collect();
    assert_eq!(found, ["! depth", "[2]"]);
}

#[test]
fn nesting_of_one_hundred_passes() {
    let mut framer = Framer::new(1 << 20);
    let deep = "[".repeat(100) + &"]".repeat(100);
    framer.push(deep.as_bytes());
    assert_eq!(framer.next().map(show), Some(deep));
}

#[test]
fn a_message_cut_off_by_the_end_is_a_fault() {
    check("{\"a\":", &["! syntax"]);
    check("", &[]);
    check("  \n", &[]);
}

#[test]
fn buffered_bytes_are_counted() {
    let mut framer = Framer::new(MAX);
    framer.push(b"[1] [2");
    assert_eq!(framer.buffered(), 5);
    framer.next();
    assert_eq!(framer.buffered(), 2);
}

/// Bytes that mean something to the framer, with some that do not.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        8 => prop::sample::select(b"{}[]\",:\\ \n1a".to_vec()),
        1 => any::<u8>(),
    ];
    let message = Just(br#"{"a":["b\"",{}]}"#.to_vec());
    let noise = prop::collection::vec(byte, 0..60);
    prop::collection::vec(prop_oneof![message, noise], 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames(
        bytes in input(),
        mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut ends: Vec<usize> =
            cuts.drain(..).map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        ends.sort_unstable();
        let pieces: Vec<&[u8]> = ends.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(frames(&pieces), frames(&[&bytes]));
    }

    #[test]
    fn a_newline_and_one_message_are_enough_to_recover(bytes in input()) {
        let mut framer = Framer::new(MAX);
        framer.push(&bytes);
        // One message may be lost to a message that was left open.
        framer.push(b"\n[1]\n[2]\n[3]\n[4]\n[5]\n[6]\n");
        let found: Vec<_> = std::iter::from_fn(|| framer.next()).map(show).collect();
        prop_assert_eq!(found.last().map(String::as_str), Some("[6]"));
    }
}
