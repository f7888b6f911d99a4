//! The JSON Schema (2020-12) of the configuration file.

use serde_json::{Map, Value as Json, json};

use super::{default_text, sentences};
use crate::config::settings::{Default, Name, Setting, Standing, settings};
use crate::config::table::{FOREIGN, REMARKS};
use crate::config::value::{Kind, Unit};

/// A number of units, or with a unit of its own.
pub const TIME: &str = "^[0-9]+(ms|s|m|h|d|MS|S|M|H|D)?$";
pub const SIZE: &str = "^[0-9]+(B|KB?|MB?|GB?|b|kb?|mb?|gb?)?$";
pub const MODE: &str = "^(0o)?0?[0-7]{3}$";

pub fn text() -> String {
    format!("{:#}\n", schema())
}

pub fn schema() -> Json {
    let mut properties = Map::new();
    for remark in REMARKS {
        properties.insert((*remark).into(), json!({ "type": ["string", "null"] }));
    }
    for setting in settings() {
        for (rank, name) in setting.keys().enumerate() {
            put(&mut properties, name.0, property(setting, name, rank));
        }
    }
    for (key, why) in FOREIGN {
        put(
            &mut properties,
            key,
            json!({ "description": format!("No effect: {why}."), "deprecated": true }),
        );
    }
    put(&mut properties, "defaults", defaults());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of goxel-daemon",
        "description": "Unknown keys are warned about.",
        "type": "object",
        "properties": properties,
    })
}

fn defaults() -> Json {
    let one = |system: &str| {
        let description =
            format!("Keys, joined by dots, that hold on {system} unless the rest says otherwise.");
        json!({ "description": description, "type": ["object", "null"] })
    };
    let systems =
        json!({ "linux": one("Linux"), "darwin": one("macOS"), "windows": one("Windows") });
    json!({ "type": ["object", "null"], "properties": systems })
}

fn property(setting: &Setting, name: Name, rank: usize) -> Json {
    let mut property = shape(setting.kind, name.1);
    let mut description = sentences(setting);
    if rank > 0 {
        description = format!("The same as {}.", setting.key);
        property["deprecated"] = json!(true);
    } else if !matches!(setting.default, Default::Unset) {
        description.push_str(&format!(" Default: {}.", default_text(setting)));
    }
    if let Standing::Later(_) = setting.standing {
        description.push_str(" For a later version: no effect yet.");
    }
    property["description"] = json!(description);
    property
}

/// What the reader accepts under a name that counts `unit`.
fn shape(kind: Kind, unit: Unit) -> Json {
    let numbers = |min: u64, max: u64| {
        let (min, max) = (min.div_ceil(unit.factor()), max / unit.factor());
        json!({ "type": ["integer", "null"], "minimum": min, "maximum": max })
    };
    let measured = |min, max, pattern: &str| json!({ "anyOf": [numbers(min, max), { "type": "string", "pattern": pattern }] });
    match kind {
        Kind::Switch => json!({ "type": ["boolean", "null"] }),
        Kind::Count { min, max } => numbers(min, max),
        Kind::Time { min, max } => measured(min, max, TIME),
        Kind::Size { min, max } => measured(min, max, SIZE),
        Kind::Mode => json!({ "type": ["string", "null"], "pattern": MODE }),
        Kind::Word(words) => {
            let now = words.iter().filter(|it| !it.later);
            let names = now.flat_map(|it| [it.name].into_iter().chain(it.also.iter().copied()));
            let names = names.map(|name| json!(name)).chain([Json::Null]);
            json!({ "enum": names.collect::<Vec<_>>() })
        }
        Kind::Path | Kind::Text => json!({ "type": ["string", "null"] }),
        Kind::Secret => json!({ "type": ["string", "null"], "writeOnly": true }),
    }
}

/// Puts a property under a dotted key, with the sections on the way.
fn put(properties: &mut Map<String, Json>, key: &str, property: Json) {
    let Some((section, rest)) = key.split_once('.') else {
        properties.insert(key.into(), property);
        return;
    };
    let section = properties
        .entry(section)
        .or_insert_with(|| json!({ "type": ["object", "null"], "properties": {} }));
    put(section["properties"].as_object_mut().unwrap(), rest, property);
}
