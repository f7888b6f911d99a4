use super::wire_tests::{MAX, check, wire};
use super::*;

fn message(id: u32, payload: &str) -> Vec<u8> {
    let mut bytes = header(id, payload.len() as u32);
    bytes.extend_from_slice(payload.as_bytes());
    bytes
}

fn header(id: u32, length: u32) -> Vec<u8> {
    [id, 5, length, 0xabcd].iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[test]
fn messages_follow_each_other() {
    check(message(7, "{}"), &["binary 7 {}"]);
    let several = [message(1, "{\"a\":1}"), message(0x0800_0002, "[1]"), message(3, "{}")];
    check(several.concat(), &["binary 1 {\"a\":1}", "binary 134217730 [1]", "binary 3 {}"]);
}

#[test]
fn an_id_is_free_once_the_connection_is_known_to_be_binary() {
    let several = [message(1, "{}"), message(0x7b22_7661, "[]"), message(u32::MAX, "[1]")];
    check(several.concat(), &["binary 1 {}", "binary 2065856097 []", "binary 4294967295 [1]"]);
}

#[test]
fn an_empty_message_gets_no_reply() {
    check(message(1, ""), &[]);
    check([message(1, ""), message(2, ""), message(3, "[]")].concat(), &["binary 3 []"]);
}

#[test]
fn a_payload_is_not_looked_into() {
    check(message(1, "no JSON }{"), &["binary 1 no JSON }{"]);
}

#[test]
fn a_message_of_the_longest_length_is_read() {
    let longest = "x".repeat(MAX);
    check(message(1, &longest), &[&format!("binary 1 {longest}")]);
}

#[test]
fn a_longer_message_is_answered_and_ends_the_connection() {
    let long = MAX as u32 + 1;
    check(header(9, long), &["binary 9, last ! over 64"]);
    check(header(9, u32::MAX), &["binary 9, last ! over 64"]);
    let more = [message(1, "{}"), message(2, &"x".repeat(MAX + 1)), message(3, "{}")];
    check(more.concat(), &["binary 1 {}", "binary 2, last ! over 64"]);
}

#[test]
fn a_message_that_is_cut_off_is_answered_if_its_id_is_known() {
    check(header(9, 5), &["binary 9, last ! Syntax"]);
    check(&message(9, "{\"a\":1}")[..20], &["binary 9, last ! Syntax"]);
    check(&header(9, 5)[..15], &[]);
}

#[test]
fn an_announced_length_takes_no_memory() {
    let hosts = Arc::new(Hosts::anything());
    let allowed = Allowed { max_message: 1 << 30, json_only: false, hosts };
    let mut wire = Wire { allowed, ..wire() };
    wire.push(&header(1, 1 << 30));
    wire.push(b"{");
    assert_eq!((wire.next(), wire.buffered()), (None, 1));
    let Speech::Binary(binary) = &wire.speech else { panic!("{wire:?}") };
    assert!(binary.capacity() < 64, "{}", binary.capacity());
}

#[test]
fn a_reply_has_the_id_and_the_time_of_the_call() {
    let mut wire = wire();
    wire.push(&message(7, "{}"));
    let envelope = wire.next().map(|call| call.envelope).unwrap();
    let mut out = Vec::new();
    envelope.write(Some("[1]"), &mut out);
    assert_eq!(out, b"\0\0\0\x07\0\0\0\0\0\0\0\x03\0\0\xab\xcd[1]");
    envelope.write(None, &mut out);
    assert_eq!((out.len(), envelope.closes()), (19, false));
}
