//! The short way of a request against the general one: the same bytes, and the same project.

mod common;

use common::Rig;
use goxel_rpc::{Config, Decoded, decode};
use proptest::prelude::*;
use serde_json::json;

/// A message through the short way, if it takes it, and otherwise through the general one.
fn by_short_way(rig: &mut Rig, message: &str) -> (String, bool) {
    let mut line = String::new();
    let taken = rig.session.answer_quickly(message.as_bytes(), &rig.scope, |_| true, &mut line);
    if taken { (line, true) } else { (by_general_way(rig, message), false) }
}

fn by_general_way(rig: &mut Rig, message: &str) -> String {
    match decode(message.as_bytes()) {
        Decoded::Single(request) => rig.line_of(&request),
        Decoded::Fault(line) => line,
        Decoded::Batch(_) => "batch".to_owned(),
    }
}

/// Rigs alike, with two layers and a clone, and so many bytes for a project.
fn rigs(max_project_memory: u64) -> [Rig; 2] {
    [(), ()].map(|()| {
        let mut rig = Rig::of(Config { max_project_memory, ..Config::default() });
        rig.ask("create_project", json!(["Demo"]));
        rig.ask("create_layer", json!(["second"]));
        rig.ask("add_voxel", json!([1, 2, 3, 4, 5, 6, 255, 1]));
        rig
    })
}

/// Sends messages both ways; says how many were taken by the short one.
#[track_caller]
fn check<'a>(messages: impl IntoIterator<Item = &'a str>) -> usize {
    check_on(rigs(0), messages)
}

#[track_caller]
fn check_on<'a>(rigs: [Rig; 2], messages: impl IntoIterator<Item = &'a str>) -> usize {
    let [mut short, mut general] = rigs;
    let mut taken = 0;
    for message in messages {
        let (line, is_short) = by_short_way(&mut short, message);
        assert_eq!(line, by_general_way(&mut general, message), "{message}");
        taken += usize::from(is_short);
    }
    assert_eq!(short.state(), general.state());
    let undo = |rig: &mut Rig| rig.ask("undo", json!([])).to_string();
    assert_eq!(undo(&mut short), undo(&mut general));
    assert_eq!(short.state(), general.state());
    taken
}

fn add(params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"goxel.add_voxel","params":{params},"id":7}}"#)
}

#[test]
fn plain_requests_take_the_short_way() {
    let params = [
        "[1,2,3]",
        "[ 1 , -2 , 3 , 4 ]",
        "[1,2,3,300,-5,6,0]",
        "[1,2,3,4,5,6,255,0]",
        "[1,2,3,4,5,6,255,1]",
        "[2147483647,-2147483648,0,4,5,6,255,2]",
        "[1]",
        "[1,2,3,4,5,6,255,-7]",
    ];
    let messages: Vec<_> = params.into_iter().map(add).collect();
    assert_eq!(check(messages.iter().map(String::as_str)), params.len());
    let orders = [
        r#"{"id":-1,"params":[5,5,5,1,2,3],"method":"add_voxel","jsonrpc":"2.0"}"#,
        " { \"jsonrpc\" : \"2.0\" , \"id\" : 0 ,\n\"method\":\"add_voxel\",\"params\":[5,6,7] } ",
    ];
    assert_eq!(check(orders), orders.len());
}

#[test]
fn all_others_take_the_general_way() {
    let params = [
        "[]",
        "[1.0,2,3]",
        "[1e2,2,3]",
        "[-0,1,1]",
        "[2147483648,0,0]",
        "[1,2,3,\"#FF0000\"]",
        "[1,2,3,4,5,6,255,9]",
        "[1,2,3,4,5,6,7,8,9]",
        "[null,1,2]",
        "{\"x\":1}",
        "[[1,2,3]]",
        "[1,2,3,4,5,6,255,4294967297]",
        "[1234567890123456,1,1]",
    ];
    let messages: Vec<_> = params.into_iter().map(add).collect();
    assert_eq!(check(messages.iter().map(String::as_str)), 0);
    let others = [
        r#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3]}"#,
        r#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3],"id":"a"}"#,
        r#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3],"id":null}"#,
        r#"{"jsonrpc":"2.0","method":"add_voxel","id":1,"id":2,"params":[1,2,3]}"#,
        r#"{"jsonrpc":"1.0","method":"add_voxel","params":[1,2,3],"id":1}"#,
        r#"{"jsonrpc":"2.0","method":"get_voxel","params":[1,2,3],"id":1}"#,
        r#"{"jsonrpc":"2.0","method":"add\u005fvoxel","params":[1,2,3],"id":1}"#,
        r#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3],"id":01}"#,
        r#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3],"id":1,}"#,
        r#"{"jsonrpc":"2.0","method":"add_voxel","params":[1,2,3],"id":1,"more":1}"#,
    ];
    assert_eq!(check(others), 0);
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (-40..300i64).prop_map(|n| n.to_string()),
        any::<i32>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        prop::sample::select(vec!["-0", "00", "1.5", "1e3", "null", "\"7\"", "", " 7 ", "--1"])
            .prop_map(str::to_owned),
    ]
}

fn message() -> impl Strategy<Value = String> {
    let numbers = prop::collection::vec(number(), 0..10).prop_map(|list| list.join(","));
    let id = prop_oneof![4 => number(), 1 => Just("\"x\"".to_owned())];
    let method = prop::sample::select(vec![
        "goxel.add_voxel",
        "add_voxel",
        "voxel.add",
        "set_author",
        "ping",
    ]);
    (numbers, id, method, 0..24usize, any::<prop::sample::Index>(), 0..20u8).prop_map(
        |(numbers, id, method, order, cut, damage)| {
            let mut members = [
                "\"jsonrpc\":\"2.0\"".to_owned(),
                format!("\"method\":\"{method}\""),
                format!("\"params\":[{numbers}]"),
                format!("\"id\":{id}"),
            ];
            members.rotate_left(order % 4);
            members.swap(0, order / 4 % 4);
            let mut text = format!("{{{}}}", members.join(","));
            if damage == 0 {
                text.remove(cut.index(text.len()));
            }
            text
        },
    )
}

/// Rigs whose project has room for a few voxels only.
fn nearly_full() -> [Rig; 2] {
    let mut rigs = rigs(1 << 20);
    let voxels: Vec<_> = (0..1150).map(|i| json!([i % 64 * 16, i / 64 * 16, 0, i % 256])).collect();
    for rig in &mut rigs {
        rig.ask("add_voxels", json!([voxels]));
    }
    rigs
}

#[test]
fn both_ways_agree_where_memory_ends() {
    let messages: Vec<_> = (0..600).map(|i| add(&format!("[{},{},-40]", i * 16, i % 7))).collect();
    let taken = check_on(nearly_full(), messages.iter().map(String::as_str));
    assert!((50..500).contains(&taken), "{taken}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn both_ways_agree_near_a_limit(messages in prop::collection::vec(message(), 1..80)) {
        check_on(nearly_full(), messages.iter().map(String::as_str));
    }
}

proptest! {
    #[test]
    fn both_ways_agree(messages in prop::collection::vec(message(), 1..20)) {
        check(messages.iter().map(String::as_str));
    }
}
