//! The configuration for people and scripts: `--print-config` and `--check-config`.

use std::fmt::Write;

use serde_json::{Map, Value as Json};

use super::settings::{Setting, Standing, settings};
use super::value::{Kind, Value};
use super::{ConfigError, Loaded};

/// A value as a file says it; of a secret only whether there is one.
pub fn shown(setting: &Setting, value: &Value) -> String {
    match (setting.kind, value) {
        (_, Value::Unset) => "not set".into(),
        (Kind::Secret, _) => "set".into(),
        _ => setting.kind.to_json(setting.unit, value).to_string(),
    }
}

/// Every value with its origin, one a line.
pub fn print_text(loaded: &Loaded) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!("# goxel-daemon {version}, ");
    // Writing to a string does not fail.
    let _ = match &loaded.file {
        Some(path) => writeln!(out, "configured by {}", path.display()),
        None => writeln!(out, "without a configuration file"),
    };
    for setting in settings() {
        let value = shown(setting, loaded.values.value(setting.id));
        let later = match setting.standing {
            Standing::Obeyed => String::new(),
            Standing::Later(what) => format!("; no effect yet: {what}"),
        };
        let origin = loaded.origin(setting.id);
        let _ = writeln!(out, "{:<42} = {value:<30} # {origin}{later}", setting.key);
    }
    out
}

/// The configuration as a file would say it. Secrets, and what no file can say, are left out.
pub fn print_json(loaded: &Loaded) -> String {
    let mut root = Map::new();
    for setting in settings().filter(|it| it.kind != Kind::Secret && it.keys().next().is_some()) {
        let value = loaded.values.value(setting.id);
        put(&mut root, setting.key, setting.kind.to_json(setting.unit, value));
    }
    format!("{:#}\n", Json::Object(root))
}

/// Puts a value under a dotted key.
pub fn put(object: &mut Map<String, Json>, key: &str, value: Json) {
    match key.split_once('.') {
        None => _ = object.insert(key.to_owned(), value),
        Some((section, rest)) => {
            let inner = object.entry(section).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Errors and warnings, one a line; the configuration is good when there is no error.
pub fn check_report(outcome: &Result<Loaded, ConfigError>) -> String {
    let (faults, warnings) = match outcome {
        Ok(loaded) => (&[][..], &loaded.warnings),
        Err(error) => (&error.faults[..], &error.warnings),
    };
    let mut out = String::new();
    faults.iter().for_each(|fault| out.push_str(&format!("error: {fault}\n")));
    warnings.iter().for_each(|warning| out.push_str(&format!("warning: {warning}\n")));
    if faults.is_empty() {
        out.push_str("The configuration is good.\n");
    }
    out
}
