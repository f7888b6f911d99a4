//! Values of settings: what kinds there are, and how each is read from text and from JSON.
//!
//! Times are kept in milliseconds and sizes in bytes, whatever the name they came under counts.

use std::ffi::OsStr;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

/// What a setting may be. Ranges are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Switch,
    Count {
        min: u64,
        max: u64,
    },
    /// In milliseconds.
    Time {
        min: u64,
        max: u64,
    },
    /// In bytes.
    Size {
        min: u64,
        max: u64,
    },
    /// Permission bits, written in octal.
    Mode,
    Word(&'static [Word]),
    Path,
    Text,
    /// Text that is never shown.
    Secret,
}

/// One of the words a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub name: &'static str,
    /// Other spellings.
    pub also: &'static [&'static str],
    /// Allowed by name, but only a later version knows what to do.
    pub later: bool,
}

/// A word that has one spelling.
pub const fn word(name: &'static str) -> Word {
    Word { name, also: &[], later: false }
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Unset,
    Switch(bool),
    /// A count, milliseconds, bytes, or permission bits.
    Number(u64),
    Word(&'static str),
    Path(PathBuf),
    Text(String),
}

/// Why a text or a JSON value is none of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With what it must be.
    MustBe(String),
    /// The word is known, and for later.
    NotYet,
}

/// What a bare number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Just itself.
    One,
    Ms,
    Seconds,
    Days,
    Bytes,
    Mib,
}

impl Unit {
    /// In milliseconds or bytes.
    pub fn factor(self) -> u64 {
        match self {
            Unit::One | Unit::Ms | Unit::Bytes => 1,
            Unit::Seconds => 1000,
            Unit::Days => 86_400_000,
            Unit::Mib => 1 << 20,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Unit::One => "",
            Unit::Ms => "ms",
            Unit::Seconds => "s",
            Unit::Days => "days",
            Unit::Bytes => "bytes",
            Unit::Mib => "MiB",
        }
    }
}

/// Units that may be written behind a time, in milliseconds.
const TIME_SUFFIXES: &[(&str, u64)] =
    &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// Units that may be written behind a size, in bytes. Powers of 1024, as the renders always had.
const SIZE_SUFFIXES: &[(&str, u64)] = &[
    ("B", 1),
    ("K", 1 << 10),
    ("KB", 1 << 10),
    ("M", 1 << 20),
    ("MB", 1 << 20),
    ("G", 1 << 30),
    ("GB", 1 << 30),
];

impl Kind {
    /// A value from a flag or the environment.
    pub fn read_text(self, unit: Unit, text: &OsStr) -> Result<Value, Refusal> {
        let refused = || Refusal::MustBe(self.must_be(unit));
        if text.as_encoded_bytes().contains(&0) {
            return Err(refused());
        }
        if self == Kind::Path {
            return Ok(Value::Path(PathBuf::from(text)));
        }
        let text = text.to_str().ok_or_else(refused)?;
        match self {
            Kind::Switch => switch(text).map(Value::Switch).ok_or_else(refused),
            Kind::Count { .. } | Kind::Time { .. } | Kind::Size { .. } => {
                self.number(unit, text).map(Value::Number).ok_or_else(refused)
            }
            Kind::Mode => mode(text).map(Value::Number).ok_or_else(refused),
            Kind::Word(words) => self.word(words, text),
            Kind::Text | Kind::Secret if text.is_empty() => Ok(Value::Unset),
            Kind::Path | Kind::Text | Kind::Secret => Ok(Value::Text(text.to_owned())),
        }
    }

    /// A value from a file, where `null` says nothing.
    pub fn read_json(self, unit: Unit, json: &Json) -> Result<Value, Refusal> {
        match (self, json) {
            (_, Json::Null) => Ok(Value::Unset),
            (Kind::Switch, Json::Bool(on)) => Ok(Value::Switch(*on)),
            (Kind::Count { .. } | Kind::Time { .. } | Kind::Size { .. }, Json::Number(number)) => {
                self.read_text(unit, OsStr::new(&number.to_string()))
            }
            // A bare string of digits is no number; with a unit it says what a number can't.
            (Kind::Time { .. } | Kind::Size { .. }, Json::String(text))
            | (Kind::Mode | Kind::Word(_), Json::String(text))
            | (Kind::Path | Kind::Text | Kind::Secret, Json::String(text)) => {
                self.read_text(unit, OsStr::new(text))
            }
            _ => Err(Refusal::MustBe(self.must_be(unit))),
        }
    }

    fn number(self, unit: Unit, text: &str) -> Option<u64> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, suffix) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        let factor = match suffix {
            "" => unit.factor(),
            _ => self.suffixes().iter().find(|it| it.0.eq_ignore_ascii_case(suffix))?.1,
        };
        let number = number.checked_mul(factor)?;
        let (min, max) = self.range()?;
        (min..=max).contains(&number).then_some(number)
    }

    pub fn range(self) -> Option<(u64, u64)> {
        match self {
            Kind::Count { min, max } | Kind::Time { min, max } | Kind::Size { min, max } => {
                Some((min, max))
            }
            _ => None,
        }
    }

    pub fn suffixes(self) -> &'static [(&'static str, u64)] {
        match self {
            Kind::Time { .. } => TIME_SUFFIXES,
            Kind::Size { .. } => SIZE_SUFFIXES,
            _ => &[],
        }
    }

    fn word(self, words: &[Word], text: &str) -> Result<Value, Refusal> {
        let is = |name: &str| name.eq_ignore_ascii_case(text);
        let found = words.iter().find(|it| is(it.name) || it.also.iter().any(|also| is(also)));
        match found {
            Some(found) if found.later => Err(Refusal::NotYet),
            Some(found) => Ok(Value::Word(found.name)),
            None => Err(Refusal::MustBe(self.must_be(Unit::One))),
        }
    }

    /// What goes into "(must be ...)" and into the manual.
    pub fn must_be(self, unit: Unit) -> String {
        match self {
            Kind::Switch => "true or false".into(),
            Kind::Count { min, max } => format!("{min}-{max}"),
            Kind::Time { min, max } | Kind::Size { min, max } => {
                // A range that begins within one unit begins at the unit.
                let (min, max) = (min.div_ceil(unit.factor()), max / unit.factor());
                format!("{min}-{max} {}", unit.name())
            }
            Kind::Mode => "an octal mode of 3 or 4 digits, 000-0777".into(),
            Kind::Word(words) => listed(words),
            Kind::Path => "a path, without NUL".into(),
            Kind::Text | Kind::Secret => "text, without NUL".into(),
        }
    }

    /// A value as a file says it under a name that counts `unit`. Secrets have no such form.
    pub fn to_json(self, unit: Unit, value: &Value) -> Json {
        match value {
            _ if self == Kind::Secret => Json::Null,
            Value::Unset => Json::Null,
            Value::Switch(on) => json!(on),
            Value::Number(bits) if self == Kind::Mode => json!(format!("{bits:04o}")),
            Value::Number(number) if number % unit.factor() == 0 => json!(number / unit.factor()),
            Value::Number(number) if matches!(self, Kind::Time { .. }) => {
                json!(format!("{number}ms"))
            }
            Value::Number(number) => json!(format!("{number}B")),
            Value::Word(word) => json!(word),
            Value::Path(path) => json!(path.to_string_lossy()),
            Value::Text(text) => json!(text),
        }
    }
}

/// "a, b, or c", as the legacy texts have it.
pub fn listed<'a>(words: impl IntoIterator<Item = &'a Word>) -> String {
    let names: Vec<_> = words.into_iter().map(|it| it.name).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} or {two}"),
        [first @ .., last] => format!("{}, or {last}", first.join(", ")),
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// `660`, `0660` and `0o660`; never more than nine bits.
fn mode(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let plain = (3..=4).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    let bits = u64::from_str_radix(plain.then_some(digits)?, 8).ok()?;
    (bits <= 0o777).then_some(bits)
}
