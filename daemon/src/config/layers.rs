//! The four places laid over each other: option, environment, file, default.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde_json::Map;

use super::fault::{ConfigError, Fault};
use super::file::{self, BadText, Entry, Place};
use super::flags::{self, Given};
use super::keys::{self, Meaning};
use super::plain::Config;
use super::settings::{Default, Name, Setting, Standing, settings};
use super::table::SAY_NOTHING;
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
        match file::entries(&text, keys::is_section) {
            Ok(entries) => self.take_entries(path, &entries),
            Err(BadText { place: Place { line, column }, text }) => {
                self.faults.push(Fault::File { path: path.to_owned(), line, column, text });
            }
        }
    }

    /// What is for this system counts only where the rest says nothing.
    fn take_entries(&mut self, path: &Path, entries: &[Entry]) {
        let mut own = FileKeys::default();
        let mut of_system = FileKeys::default();
        for entry in entries {
            match keys::inside_defaults(&entry.key) {
                None => self.take_entry(path, &entry.key, entry, &mut own),
                Some((system, key)) if system == keys::this_system() => {
                    self.take_entry(path, key, entry, &mut of_system);
                }
                Some(_) => {} // Another system's.
            }
        }
        for (id, keys) in of_system.0 {
            own.0.entry(id).or_insert(keys);
        }
        self.choose(path, own);
    }

    /// `key` is the entry's, without what only says on which system it holds.
    fn take_entry(&mut self, path: &Path, key: &str, entry: &Entry, taken: &mut FileKeys) {
        if entry.value.is_null() {
            return;
        }
        match keys::meaning(key) {
            Meaning::Setting(..) if says_nothing(key, entry) => {}
            Meaning::Setting(setting, unit) => {
                self.take_value(path, (setting, unit), key, entry, taken);
            }
            Meaning::Foreign(_) if entry.value.as_object().is_some_and(Map::is_empty) => {}
            Meaning::Foreign(why) => self.warn(path, entry, &format!("no effect: {why}")),
            Meaning::Section if entry.value.is_object() => {}
            Meaning::Section => {
                let said = shortened(&json_text(&entry.value));
                let text = format!("Invalid section: {said} (must be an object)");
                self.faults.push(fault_in_file(path, entry, &text));
            }
            Meaning::Remark => {}
            Meaning::Unknown(near) => self.warn(path, entry, &format!("unknown key{near}")),
        }
    }

    fn take_value(
        &mut self,
        path: &Path,
        (setting, unit): (&Setting, Unit),
        key: &str,
        entry: &Entry,
        taken: &mut FileKeys,
    ) {
        match setting.kind.read_json(unit, &entry.value) {
            Ok(value) => {
                self.warn_of_later(setting, &value, &place_in_file(path, entry));
                taken.put(setting, key, value, entry);
            }
            Err(refusal) => {
                let said = OsString::from(json_text(&entry.value));
                let text = refused(setting, setting.label, &said, refusal);
                self.faults.push(fault_in_file(path, entry, &text));
            }
        }
    }

    fn warn(&mut self, path: &Path, entry: &Entry, text: &str) {
        self.warnings.push(format!("{}: {text}", place_in_file(path, entry)));
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

/// "FILE:1:2: key".
fn place_in_file(path: &Path, entry: &Entry) -> String {
    let place = entry.place;
    format!("{}:{}:{}: {}", path.display(), place.line, place.column, shortened(&entry.key))
}

fn fault_in_file(path: &Path, entry: &Entry, text: &str) -> Fault {
    Fault::File {
        path: path.to_owned(),
        line: entry.place.line,
        column: entry.place.column,
        text: format!("{}: {text}", entry.key),
    }
}

fn says_nothing(key: &str, entry: &Entry) -> bool {
    SAY_NOTHING.iter().any(|(name, value)| *name == key && entry.value == *value)
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
