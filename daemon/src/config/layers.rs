//! The four places laid over each other: option, environment, file, default.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::fault::{ConfigError, Fault};
use super::file::{self, Entry};
use super::flags::{self, Given};
use super::plain::Config;
use super::settings::{Default, Name, Setting, Standing, by_key, settings};
use super::table::{FOREIGN, REMARKS, SAY_NOTHING};
use super::value::{Kind, Refusal, Unit, Value};
use super::{Action, Held, Id, Loaded, Origin, Source, Values};

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn load(source: &Source) -> Result<Loaded, ConfigError> {
    let given = flags::parse(&source.args)?;
    let action = given.action()?;
    let mut gathered = Gathered::default();
    let mut file = None;
    // Help and version are told whatever else is wrong.
    if action > Action::Version {
        gathered.take_flags(&given);
        gathered.take_environment(source);
        file = gathered.file_name(&source.dir);
        file.iter().for_each(|path| gathered.take_file(path));
    }
    let values = gathered.values();
    let Gathered { mut faults, mut warnings, .. } = gathered;
    match Config::new(&values, &source.dir) {
        Ok(config) if faults.is_empty() => {
            warnings.extend(idle(&values));
            let dir = source.dir.clone();
            Ok(Loaded { config, action, warnings, file, values, dir })
        }
        Ok(_) => Err(ConfigError { faults, warnings, action: Some(action) }),
        Err(clashes) => {
            faults.extend(clashes.iter().map(|it| it.at(file.as_deref())));
            Err(ConfigError { faults, warnings, action: Some(action) })
        }
    }
}

/// What is said and does nothing beside the rest.
fn idle(values: &Values) -> Option<String> {
    let idle = values.on(Id::RestartOnMemory) && values.number(Id::MaxMemory) == 0;
    let text = "reliability.restart_on_memory_limit has no effect without \
                reliability.max_memory_mb";
    idle.then(|| text.to_owned())
}

/// What the places say so far.
#[derive(Default)]
struct Gathered {
    flags: BTreeMap<Id, Held>,
    variables: BTreeMap<Id, Held>,
    file: BTreeMap<Id, Held>,
    faults: Vec<Fault>,
    warnings: Vec<String>,
}

impl Gathered {
    fn take_flags(&mut self, given: &Given) {
        for setting in settings() {
            let Some(assignment) = given.last(setting.id) else { continue };
            if setting.standing != Standing::Obeyed {
                let text = format!("{} is not in goxel-daemon {VERSION} yet", assignment.option);
                self.faults.push(Fault::Usage(text));
                continue;
            }
            match setting.kind.read_text(setting.unit, &assignment.text) {
                Ok(value) => {
                    let origin = Origin::Flag(assignment.option.clone());
                    self.flags.insert(setting.id, Held { value, origin });
                }
                Err(refusal) => {
                    let long = setting.flags.first().map_or("", |flag| flag.long);
                    let text = refused(setting, &format!("--{long}"), &assignment.text, refusal);
                    self.faults.push(Fault::Usage(text));
                }
            }
        }
        // One option may set two things; it is refused once.
        self.faults.dedup();
    }

    fn take_environment(&mut self, source: &Source) {
        for setting in settings() {
            if self.flags.contains_key(&setting.id) {
                continue;
            }
            let set = setting
                .variables()
                .find_map(|(name, unit)| source.variable(&name).map(|text| (name, unit, text)));
            if let Some((name, unit, text)) = set {
                self.take_variable(setting, name, unit, text);
            }
        }
    }

    fn take_variable(&mut self, setting: &Setting, name: String, unit: Unit, text: &OsString) {
        match setting.kind.read_text(unit, text) {
            Ok(value) => {
                self.warn_of_later(setting, &value, &name);
                self.variables.insert(setting.id, Held { value, origin: Origin::Variable(name) });
            }
            Err(refusal) => {
                let text = refused(setting, setting.label, text, refusal);
                if setting.lenient_env {
                    self.warnings.push(format!("{name}: {text}; the default is used"));
                } else {
                    self.faults.push(Fault::Variable { name, text });
                }
            }
        }
    }

    fn warn_of_later(&mut self, setting: &Setting, value: &Value, place: &str) {
        // To be told what is so anyway needs no warning.
        if let Standing::Later(what) = setting.standing
            && *value != default_of(setting, &Values::default())
        {
            let text = format!("no effect: goxel-daemon {VERSION} has no {what} yet");
            self.warnings.push(format!("{place}: {text}"));
        }
    }

    /// Which file is named, if one is.
    fn file_name(&self, dir: &Path) -> Option<PathBuf> {
        let held = self.flags.get(&Id::ConfigFile).or(self.variables.get(&Id::ConfigFile))?;
        match &held.value {
            Value::Path(path) if !path.as_os_str().is_empty() => Some(dir.join(path)),
            _ => None,
        }
    }

    fn take_file(&mut self, path: &Path) {
        let text = match file::read(path) {
            Ok(text) => text,
            Err(text) => return self.faults.push(Fault::Whole(text)),
        };
        let entries = match file::entries(&text, is_section) {
            Ok(entries) => entries,
            Err(bad) => {
                let place = bad.place;
                return self.faults.push(Fault::File {
                    path: path.to_owned(),
                    line: place.line,
                    column: place.column,
                    text: bad.text,
                });
            }
        };
        // What a system's defaults say comes after all else, so that it is found taken.
        let (defaults, own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.key.starts_with(DEFAULTS));
        let mut taken = FileKeys::default();
        own.iter().for_each(|entry| self.take_entry(path, &entry.key, entry, &mut taken));
        let mut fallback = FileKeys::default();
        for entry in &defaults {
            match inside_defaults(&entry.key) {
                Some((system, key)) if system == this_system() => {
                    self.take_entry(path, key, entry, &mut fallback);
                }
                Some(_) => {} // Another system's.
                None => self.take_entry(path, &entry.key, entry, &mut fallback),
            }
        }
        for (id, keys) in fallback.0 {
            taken.0.entry(id).or_insert(keys);
        }
        self.choose(path, taken);
    }

    fn take_entry(&mut self, path: &Path, key: &str, entry: &Entry, taken: &mut FileKeys) {
        let place = format!(
            "{}:{}:{}: {}",
            path.display(),
            entry.place.line,
            entry.place.column,
            shortened(&entry.key)
        );
        if entry.value.is_null() || REMARKS.contains(&key) || says_nothing(key, entry) {
            return;
        }
        if let Some((setting, unit)) = by_key(key) {
            return match setting.kind.read_json(unit, &entry.value) {
                Ok(value) => {
                    self.warn_of_later(setting, &value, &place);
                    taken.put(setting, key, value, entry);
                }
                Err(refusal) => {
                    let said = OsString::from(json_text(&entry.value));
                    let text = refused(setting, setting.label, &said, refusal);
                    self.faults.push(fault_in_file(path, entry, &format!("{}: {text}", entry.key)));
                }
            };
        }
        if let Some((_, why)) = FOREIGN.iter().find(|(foreign, _)| within(key, foreign)) {
            if entry.value.as_object().is_none_or(|object| !object.is_empty()) {
                self.warnings.push(format!("{place}: no effect: {why}"));
            }
        } else if is_section(key) {
            if !entry.value.is_object() {
                let text = format!(
                    "{key}: Invalid section: {} (must be an object)",
                    json_text(&entry.value)
                );
                self.faults.push(fault_in_file(path, entry, &text));
            }
        } else {
            self.warnings.push(format!("{place}: unknown key{}", suggestion(key)));
        }
    }

    /// Of several keys for one setting, the first in the order of the table.
    fn choose(&mut self, path: &Path, taken: FileKeys) {
        for (id, mut keys) in taken.0 {
            keys.sort_by_key(|key| key.rank);
            let mut keys = keys.into_iter();
            let Some(first) = keys.next() else { continue };
            for other in keys.filter(|it| it.held.value != first.held.value) {
                if let (Origin::File { key, line, column }, Origin::File { key: wins, .. }) =
                    (&other.held.origin, &first.held.origin)
                {
                    let text = format!("no effect: {wins} says otherwise");
                    let place = format!("{}:{line}:{column}: {key}", path.display());
                    self.warnings.push(format!("{place}: {text}"));
                }
            }
            self.file.insert(id, first.held);
        }
    }

    fn values(&self) -> Values {
        let mut values = Values::default();
        for setting in settings() {
            let layers = [&self.flags, &self.variables, &self.file];
            let held = layers.into_iter().find_map(|layer| layer.get(&setting.id)).cloned();
            let held = held.unwrap_or_else(|| Held {
                value: default_of(setting, &values),
                origin: Origin::Default,
            });
            values.0.insert(setting.id, held);
        }
        values
    }
}

/// The keys of a file for each setting.
#[derive(Default)]
struct FileKeys(BTreeMap<Id, Vec<FileKey>>);

struct FileKey {
    /// 0 is the canonical key.
    rank: usize,
    held: Held,
}

impl FileKeys {
    fn put(&mut self, setting: &Setting, key: &str, value: Value, entry: &Entry) {
        let rank = setting.keys().position(|Name(name, _)| name == key).unwrap_or(usize::MAX);
        let place = entry.place;
        let origin =
            Origin::File { key: entry.key.clone(), line: place.line, column: place.column };
        self.0.entry(setting.id).or_default().push(FileKey { rank, held: Held { value, origin } });
    }
}

fn fault_in_file(path: &Path, entry: &Entry, text: &str) -> Fault {
    Fault::File {
        path: path.to_owned(),
        line: entry.place.line,
        column: entry.place.column,
        text: text.to_owned(),
    }
}

/// The default, by what the settings before it are.
pub fn default_of(setting: &Setting, values: &Values) -> Value {
    match setting.default {
        Default::Unset => Value::Unset,
        Default::Made(make, _) => make(values),
        // Each row's default is of its kind; a test reads them all.
        Default::Is(text) => {
            setting.kind.read_text(setting.unit, OsStr::new(text)).unwrap_or(Value::Unset)
        }
    }
}

fn refused(setting: &Setting, name: &str, text: &OsStr, refusal: Refusal) -> String {
    let shown = match setting.kind {
        Kind::Secret => "(not shown)".into(),
        _ => shortened(&text.to_string_lossy()),
    };
    match refusal {
        Refusal::MustBe(what) => format!("Invalid {}: {shown} (must be {what})", setting.label),
        Refusal::NotYet => format!("{name} {shown} is not in goxel-daemon {VERSION} yet"),
    }
}

/// A mistake is recognised by its beginning.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// A value as it stands in the file; text without its quotes.
fn json_text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

const DEFAULTS: &str = "defaults.";
const SYSTEMS: &[&str] = &["linux", "darwin", "windows"];

fn this_system() -> &'static str {
    if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }
}

/// The system and the key of `defaults.<system>.<key>`.
fn inside_defaults(key: &str) -> Option<(&str, &str)> {
    let (system, key) = key.strip_prefix(DEFAULTS)?.split_once('.')?;
    SYSTEMS.contains(&system).then_some((system, key))
}

/// Does something known stand inside an object of that name?
fn is_section(key: &str) -> bool {
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

fn says_nothing(key: &str, entry: &Entry) -> bool {
    SAY_NOTHING.iter().any(|(name, value)| *name == key && entry.value == *value)
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
