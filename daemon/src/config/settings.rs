//! What one setting is: its names everywhere, what it may be, and what becomes of it.
//!
//! The rows are in `table/`. Flags, environment, file, help, manual pages, schema and sample all
//! come from them, so a setting is added in one place: a row here, a field in `Config`.

use super::table::TABLES;
use super::value::{Kind, Unit, Value};
use super::{Id, Values};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub id: Id,
    /// The one documented name: sections and key, joined by dots.
    pub key: &'static str,
    pub kind: Kind,
    /// What a bare number under `key` counts, and a flag's number with it.
    pub unit: Unit,
    pub default: Default,
    /// What an error calls it. Fixed by the legacy texts for some.
    pub label: &'static str,
    /// One line, for the help text; no full stop.
    pub brief: &'static str,
    /// What else the manual says. Full sentences.
    #[allow(dead_code)] // The pages are made in tests only.
    pub more: &'static str,
    pub flags: &'static [Flag],
    /// Environment variables, the first one that is set wins; then `GOXEL_<SECTION>_<KEY>`.
    pub env: &'static [Name],
    /// Other keys of the legacy files for the same thing; the canonical one wins over them.
    pub also: &'static [Name],
    /// May this be changed by SIGHUP?
    pub reload: bool,
    pub standing: Standing,
    /// A bad value in the environment is only warned about, as those of renders always were.
    pub lenient_env: bool,
}

/// What rows leave unsaid. Its `id` and `key` are always said.
pub const ROW: Setting = Setting {
    id: Id::ConfigFile,
    key: "",
    kind: Kind::Switch,
    unit: Unit::One,
    default: Default::Unset,
    label: "",
    brief: "",
    more: "",
    flags: &[],
    env: &[],
    also: &[],
    reload: false,
    standing: Standing::Obeyed,
    lenient_env: false,
};

/// A name, and what a bare number under it counts.
#[derive(Clone, Copy, Debug)]
pub struct Name(pub &'static str, pub Unit);

/// What holds when nobody says anything.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    Unset,
    /// As it would be written under the canonical key.
    Is(&'static str),
    /// From the settings before it in the table, with what the manual says of it.
    Made(fn(&Values) -> Value, &'static str),
}

/// Whether a setting does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Obeyed,
    /// A later version obeys it; the text says what is missing until then.
    Later(&'static str),
}

/// An option of the command line that sets something.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    pub short: Option<char>,
    pub long: &'static str,
    /// Other spellings; no cut form of these is offered in the help.
    pub also: &'static [&'static str],
    pub sets: Sets,
    pub era: Era,
    /// One line for the help, where the setting's own does not fit.
    pub brief: &'static str,
}

const FLAG: Flag =
    Flag { short: None, long: "", also: &[], sets: Sets::On, era: Era::New, brief: "" };

/// An option of the legacy program, with its letter.
pub const fn legacy(short: char, long: &'static str, sets: Sets) -> Flag {
    Flag { short: Some(short), long, sets, era: Era::Legacy, ..FLAG }
}

/// An option of the legacy program that had no letter.
pub const fn legacy_long(long: &'static str, sets: Sets) -> Flag {
    Flag { long, sets, era: Era::Legacy, ..FLAG }
}

/// An option the legacy program had not, even where its manuals had it.
pub const fn newer(long: &'static str, sets: Sets) -> Flag {
    Flag { long, sets, ..FLAG }
}

impl Flag {
    pub const fn also(self, also: &'static [&'static str]) -> Flag {
        Flag { also, ..self }
    }

    pub const fn brief(self, brief: &'static str) -> Flag {
        Flag { brief, ..self }
    }
}

/// Cut names mean legacy options first, so that no new option makes an old cut ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    Legacy,
    New,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sets {
    /// Its argument, which the help calls this.
    Value(&'static str),
    On,
    Off,
    /// On, and the address or port that may follow.
    Tcp,
    /// Its argument, and TCP on.
    TcpPart(&'static str),
}

impl Setting {
    /// Every key under which a file may say it; the canonical one first.
    pub fn keys(&self) -> impl Iterator<Item = Name> {
        let own = (!self.key_is_no_file_key()).then_some(Name(self.key, self.unit));
        own.into_iter().chain(self.also.iter().copied())
    }

    /// Every environment variable that may say it; the first one wins.
    pub fn variables(&self) -> impl Iterator<Item = (String, Unit)> {
        let own = self.env.iter().map(|it| (it.0.to_owned(), it.1));
        let made = self.keys().map(|it| (generic_variable(it.0), it.1));
        let mut seen: Vec<String> = Vec::new();
        own.chain(made).filter(move |(name, _)| {
            let new = !seen.contains(name);
            seen.push(name.clone());
            new
        })
    }

    /// The settings that only make sense before or without a file stand in no section.
    fn key_is_no_file_key(&self) -> bool {
        !self.key.contains('.')
    }
}

/// `GOXEL_<SECTION>_<KEY>`.
fn generic_variable(key: &str) -> String {
    format!("GOXEL_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// Every setting, in the order of the manual.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The setting that a key of a file names, by whichever of its keys.
pub fn by_key(key: &str) -> Option<(&'static Setting, Unit)> {
    settings().find_map(|it| it.keys().find(|name| name.0 == key).map(|name| (it, name.1)))
}
