//! What a key of a file means, by its name alone.

use super::settings::{Setting, by_key, settings};
use super::table::{FOREIGN, REMARKS};
use super::value::Unit;

/// A key's meaning.
pub enum Meaning {
    Setting(&'static Setting, Unit),
    /// Nothing here, for this reason.
    Foreign(&'static str),
    /// Others stand inside it.
    Section,
    /// It says what it says to readers.
    Remark,
    /// With what it may have been meant for, as the end of a sentence.
    Unknown(String),
}

pub fn meaning(key: &str) -> Meaning {
    if let Some((setting, unit)) = by_key(key) {
        return Meaning::Setting(setting, unit);
    }
    if let Some((_, why)) = FOREIGN.iter().find(|(foreign, _)| within(key, foreign)) {
        return Meaning::Foreign(why);
    }
    match key {
        _ if REMARKS.contains(&key) => Meaning::Remark,
        _ if is_section(key) => Meaning::Section,
        _ => Meaning::Unknown(suggestion(key)),
    }
}

/// Before the keys that hold on one system.
const DEFAULTS: &str = "defaults.";
const SYSTEMS: &[&str] = &["linux", "darwin", "windows"];

pub fn this_system() -> &'static str {
    if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }
}

/// The system and the key of `defaults.<system>.<key>`.
pub fn inside_defaults(key: &str) -> Option<(&str, &str)> {
    let (system, key) = key.strip_prefix(DEFAULTS)?.split_once('.')?;
    SYSTEMS.contains(&system).then_some((system, key))
}

/// Does something known stand inside an object of that name?
pub fn is_section(key: &str) -> bool {
    if let Some((_, key)) = inside_defaults(key) {
        return is_section(key);
    }
    let system = key.strip_prefix(DEFAULTS).is_some_and(|it| SYSTEMS.contains(&it));
    let inside = |known: &str| known.strip_prefix(key).is_some_and(|it| it.starts_with('.'));
    system || key == "defaults" || known_keys().any(inside)
}

fn known_keys() -> impl Iterator<Item = &'static str> {
    let own = settings().flat_map(|setting| setting.keys().map(|name| name.0));
    own.chain(FOREIGN.iter().map(|foreign| foreign.0))
}

fn within(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A key that looks like it, or that ends alike in another section.
fn suggestion(key: &str) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let near = known_keys().map(|known| (distance(known, key), known)).min();
    let near = near.filter(|(distance, _)| *distance <= 2).map(|(_, known)| known);
    let alike = || known_keys().find(|known| last(known) == last(key));
    near.or_else(alike).map_or(String::new(), |known| format!(" (is it {known}?)"))
}

/// How many letters must be changed, added or left out.
fn distance(one: &str, two: &str) -> usize {
    const LONGEST: usize = 100;
    if two.len() > LONGEST {
        return LONGEST;
    }
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (at, from) in one.bytes().enumerate() {
        let mut corner = at;
        row[0] = at + 1;
        for (column, to) in two.bytes().enumerate() {
            let changed = corner + usize::from(from != to);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[two.len()]
}
