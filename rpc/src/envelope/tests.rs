use super::*;

#[track_caller]
fn check(message: &str, expected: &[&str]) {
    let lines: Vec<String> = match decode(message.as_bytes()) {
        Decoded::Fault(line) => vec![line],
        Decoded::Single(request) => vec![show(&request)],
        Decoded::Batch(requests) => requests.iter().map(show).collect(),
    };
    assert_eq!(lines.len(), expected.len(), "{message}: {lines:?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{message}: {line}");
    }
}

/// What an echo of the request would be, or how it is refused.
fn show(request: &Request) -> String {
    if !request.answers() {
        return format!("silent {}", request.method());
    }
    let outcome = request.call().map(|call| (*call.params).clone()).map_err(Clone::clone);
    reply(request, &outcome)
}

const INVALID: &str =
    r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request","data":"#;

#[test]
fn a_request_is_known_by_its_id() {
    check(
        r#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":7}"#,
        &[r#"{"jsonrpc":"2.0","id":7,"result":[1]}"#],
    );
    check(
        r#"{"id":"a\"b","params":{"z":1,"a":2},"method":"echo","jsonrpc":"2.0","x":1}"#,
        &[r#"{"jsonrpc":"2.0","id":"a\"b","result":{"z":1,"a":2}}"#],
    );
    check(
        r#"{"jsonrpc":"2.0","method":"echo","id":null}"#,
        &[r#"{"jsonrpc":"2.0","id":null,"result":null}"#],
    );
    check(
        r#"{"jsonrpc":"2.0","method":"echo","id":-9223372036854775808}"#,
        &[r#"{"jsonrpc":"2.0","id":-9223372036854775808,"#],
    );
}

#[test]
fn a_notification_is_not_answered() {
    check(r#"{"jsonrpc":"2.0","method":"echo"}"#, &["silent echo"]);
    check(r#"{"jsonrpc":"2.0","method":"nonsense"}"#, &["silent nonsense"]);
}

#[test]
fn the_last_of_two_members_wins() {
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"echo","params":[1],"params":[2],"id":3}"#,
        &[r#"{"jsonrpc":"2.0","id":3,"result":[2]}"#],
    );
}

#[test]
fn what_is_no_request_is_refused() {
    for id in ["1.5", "1e3", "true", "[]", "{}", "9223372036854775808"] {
        check(&format!(r#"{{"jsonrpc":"2.0","method":"echo","id":{id}}}"#), &[INVALID]);
    }
    for broken in [
        r#"{}"#,
        r#"{"method":"echo"}"#,
        r#"{"jsonrpc":"1.0","method":"echo"}"#,
        r#"{"jsonrpc":2.0,"method":"echo"}"#,
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","method":""}"#,
        r#"{"jsonrpc":"2.0","method":1}"#,
        r#"{"jsonrpc":"2.0","method":"echo","params":1}"#,
        r#"{"jsonrpc":"2.0","method":"echo","params":"x"}"#,
        "[]",
    ] {
        check(broken, &[INVALID]);
    }
    check(r#"{"method":"echo","id":4}"#, &[r#"{"jsonrpc":"2.0","id":4,"error":{"code":-32600,"#]);
}

#[test]
fn text_that_is_no_json_is_a_parse_error() {
    let expected =
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error","data":"#;
    for broken in ["{nonsense}", "[1,]", "{\"a\":\"\u{1}\"}", "{'a':1}"] {
        check(broken, &[expected]);
    }
    check(&("[".repeat(127) + &"]".repeat(127)), &[INVALID]);
    check(&("[".repeat(128) + &"]".repeat(128)), &[expected]);
    assert!(
        matches!(decode(b"{\"a\":\"\xff\"}"), Decoded::Fault(line) if line.starts_with(expected))
    );
}

#[test]
fn a_batch_is_answered_element_by_element() {
    check(
        r#"[{"jsonrpc":"2.0","method":"echo","id":1},1,{"jsonrpc":"2.0","method":"echo"},[]]"#,
        &[r#"{"jsonrpc":"2.0","id":1,"#, INVALID, "silent echo", INVALID],
    );
    let parts = ["1".to_owned(), "2".to_owned()];
    assert_eq!(batch_reply(&parts), "[1,2]");
}

#[test]
fn a_batch_beyond_the_limit_is_refused_as_a_whole() {
    let many = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    check(&many(MAX_BATCH + 1), &[INVALID]);
    assert!(matches!(decode(many(MAX_BATCH).as_bytes()), Decoded::Batch(_)));
}

#[test]
fn an_unknown_method_is_named_but_not_at_any_length() {
    let error = |message: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":-32601,"message":"{message}""#)
    };
    let call = |name: &str| format!(r#"{{"jsonrpc":"2.0","method":"{name}","id":1}}"#);
    check(&call("nonsense"), &[&error("Method not found: nonsense")]);
    check(&call("rpc.echo"), &[&error("Method not found: rpc.echo")]);
    check(&call("ECHO"), &[&error("Method not found: ECHO")]);
    let shown = format!("Method not found: {}", "é".repeat(63));
    check(&call(&"é".repeat(5000)), &[&error(&shown)]);
}

#[test]
fn faults_have_fixed_lines() {
    let line = fault_reply(&Fault::TooLarge { max: 9 });
    assert_eq!(
        line,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error: JSON message too large","data":{"reason":"message_too_large","max_bytes":9}}}"#
    );
    for fault in [Fault::Syntax, Fault::TooDeep] {
        assert!(fault_reply(&fault).contains(r#""code":-32700,"message":"Parse error""#));
    }
}

#[test]
fn a_message_that_would_fill_the_memory_is_refused_before_it_is_parsed() {
    let echo = |count: usize| {
        let params = vec!["[]"; count].join(",");
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"echo","params":[{params}]}}"#)
    };
    assert!(matches!(decode(echo(MAX_CONTAINERS - 2).as_bytes()), Decoded::Single(_)));
    let Decoded::Fault(line) = decode(echo(MAX_CONTAINERS - 1).as_bytes()) else {
        panic!("one more is refused");
    };
    assert!(line.contains("-32700") && line.contains("524288 objects"), "{line}");
}

#[test]
fn a_tool_is_called_and_answered_in_its_own_form() {
    let line = |text: &str, outcome: Outcome| match decode(text.as_bytes()) {
        Decoded::Single(request) => {
            assert!(request.answers());
            format!("{} {}", request.method(), reply(&request, &outcome))
        }
        other => panic!("{text}: {other:?}"),
    };
    let good = || Ok(serde_json::json!({ "n": 1 }));
    assert_eq!(
        line(r#"{"tool":"goxel_add_voxel","arguments":{"x":1}}"#, good()),
        r#"add_voxel {"success":true,"result":{"n":1}}"#
    );
    assert_eq!(
        line(r#"{"tool":"ping","id":7}"#, good()),
        r#"ping {"success":true,"id":7,"result":{"n":1}}"#
    );
    let failed = line(r#"{"tool":"nothing"}"#, Err(RpcError::busy()));
    assert!(failed.starts_with(r#"nothing {"success":false,"error":{"code":-32603,"#), "{failed}");
    // With a method it is JSON-RPC, whatever else is there.
    let both = decode(br#"{"tool":"ping","method":"echo"}"#);
    assert!(matches!(both, Decoded::Fault(_)), "{both:?}");
}
