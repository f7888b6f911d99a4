//! Schema and reader agree.

use serde_json::{Value as Json, json};

use super::schema::{self, MODE, SIZE, TIME};
use crate::config::settings::settings;
use crate::config::{config_tests, legacy_tests};

/// As much of JSON Schema as ours uses. Another keyword fails.
fn accepts(schema: &Json, value: &Json) -> bool {
    schema.as_object().unwrap().iter().all(|(keyword, wanted)| match keyword.as_str() {
        "$schema" | "title" | "description" | "deprecated" | "writeOnly" => true,
        "type" => has_type(wanted, value),
        "enum" => wanted.as_array().unwrap().contains(value),
        "anyOf" => wanted.as_array().unwrap().iter().any(|it| accepts(it, value)),
        "minimum" => value.as_f64().is_none_or(|it| it >= wanted.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|it| it <= wanted.as_f64().unwrap()),
        "pattern" => value.as_str().is_none_or(|it| matches_pattern(wanted.as_str().unwrap(), it)),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(key, value)| wanted.get(key).is_none_or(|it| accepts(it, value)))
        }),
        other => panic!("{other} is not known here"),
    })
}

fn has_type(wanted: &Json, value: &Json) -> bool {
    let names = wanted.as_array().cloned().unwrap_or(vec![wanted.clone()]);
    names.iter().any(|name| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("{other} is not known here"),
    })
}

/// The three patterns there are, by hand.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let suffix = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let number = suffix.len() < text.len();
    match pattern {
        TIME => number && ["", "ms", "s", "m", "h", "d"].contains(&&*suffix.to_ascii_lowercase()),
        SIZE => {
            let suffixes = ["", "b", "k", "kb", "m", "mb", "g", "gb"];
            number && suffixes.contains(&&*suffix.to_ascii_lowercase())
        }
        MODE => {
            let digits = text.strip_prefix("0o").unwrap_or(text);
            let digits = if digits.len() == 4 { digits.strip_prefix('0') } else { Some(digits) };
            digits
                .is_some_and(|it| it.len() == 3 && it.bytes().all(|it| (b'0'..=b'7').contains(&it)))
        }
        other => panic!("{other} is not known here"),
    }
}

/// `{"a": {"b": value}}` of `a.b`.
fn nested(key: &str, value: &Json) -> Json {
    key.rsplit('.').fold(value.clone(), |inner, name| json!({ name: inner }))
}

#[test]
fn the_schema_accepts_what_the_reader_accepts_and_refuses_what_it_refuses() {
    let schema = schema::schema();
    let numbers = [0, 1, 64, 65, 1000, 1024, 1025, 65535, 65536, 3_600_000, u64::MAX];
    let texts = ["x", "info", "WARN", "auto", "json", "0660", "1777", "660", "2h", "2G", "7", ""];
    let mut values: Vec<Json> = numbers.iter().map(|it| json!(it)).collect();
    values.extend(texts.iter().map(|it| json!(it)));
    values.extend([json!(null), json!(true), json!(-1), json!(1.5), json!([]), json!({})]);
    for setting in settings() {
        for name in setting.keys() {
            for value in &values {
                let text = nested(name.0, value);
                let reads = setting.kind.read_json(name.1, value).is_ok();
                let says = accepts(&schema, &text);
                // Words are read in any case, and a text's number is judged by the reader alone.
                let looser = value.is_string();
                assert!(
                    reads == says || (looser && !value.as_str().unwrap().is_empty()),
                    "{text}: {says}"
                );
            }
        }
    }
}

#[test]
fn the_schema_knows_the_texts_of_numbers_and_words() {
    let schema = schema::schema();
    for (key, value, expected) in [
        ("daemon.timeout_ms", "2h", true),
        ("daemon.timeout_ms", "2G", false),
        ("render.max_size", "2G", true),
        ("render.max_size", "2h", false),
        ("security.socket_permissions", "0660", true),
        ("security.socket_permissions", "1777", false),
        ("logging.level", "warning", true),
        ("logging.level", "loud", false),
        ("server.protocol", "mcp", false),
    ] {
        let text = nested(key, &json!(value));
        assert_eq!(accepts(&schema, &text), expected, "{text}");
    }
}

#[test]
fn the_schema_accepts_the_sample_and_every_legacy_key() {
    let schema = schema::schema();
    let sample: String = super::sample::text()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let sample: Json = serde_json::from_str(&sample).unwrap();
    assert!(accepts(&schema, &sample));
    for (key, value) in legacy_tests::J1.iter().chain(legacy_tests::J2) {
        let text = nested(key, &serde_json::from_str(value).unwrap());
        assert!(accepts(&schema, &text), "{text}");
    }
    assert!(!accepts(&schema, &json!({ "server": 5 })));
}

#[test]
fn the_sample_says_the_defaults() {
    let sample = legacy_tests::load_text(&super::sample::text(), "").unwrap();
    assert_eq!(sample.warnings, Vec::<String>::new());
    let none = crate::config::load(&config_tests::source("", &[])).unwrap();
    assert_eq!(sample.config.limits, none.config.limits);
    let changes = crate::config::changes(&none, &sample);
    let fixed: Vec<_> = changes.fixed.iter().map(|it| it.key).collect();
    assert_eq!((changes.reloadable.len(), fixed), (0, vec!["config"]));
}
