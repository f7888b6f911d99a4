//! Parameters as one sees them by name, however they were sent.

use crate::error::Problem;
use serde_json::{Map, Value, json};
use std::cell::RefCell;

/// Names that any call may carry and that change nothing.
const ALWAYS_IGNORED: &[&str] = &["project_id", "project_scope", "author"];

/// Stands for every name.
const ALL: &str = "*";
const MAX_WARNINGS: usize = 16;
const MAX_SHOWN: usize = 64;

/// The parameters of one call or of one element of a list.
///
/// What was looked up is remembered, so that the rest can be reported.
pub(crate) struct Params<'a> {
    raw: &'a Value,
    values: Values<'a>,
    order: &'static [&'static str],
    asked: &'a str,
    seen: RefCell<Vec<&'static str>>,
    tracks: Tracks,
    warnings: RefCell<Vec<String>>,
}

enum Values<'a> {
    None,
    List(&'a [Value]),
    Named(&'a Map<String, Value>),
}

#[derive(PartialEq)]
enum Tracks {
    Names,
    Nothing,
}

impl<'a> Params<'a> {
    /// The parameters of a call: named, or positional in `order`. A list of one
    /// object is that object.
    pub fn of_call(value: &'a Value, order: &'static [&'static str], asked: &'a str) -> Self {
        let values = match value {
            Value::Array(list) => match list.as_slice() {
                [Value::Object(map)] => Values::Named(map),
                list => Values::List(list),
            },
            Value::Object(map) => Values::Named(map),
            _ => Values::None,
        };
        Self::new(value, values, order, asked, Tracks::Names)
    }

    /// An element of a list: an object, or an array in `order`.
    pub fn of_element(value: &'a Value, order: &'static [&'static str]) -> Option<Self> {
        let values = match value {
            Value::Array(list) => Values::List(list),
            Value::Object(map) => Values::Named(map),
            _ => return None,
        };
        Some(Self::new(value, values, order, "", Tracks::Nothing))
    }

    fn new(
        raw: &'a Value,
        values: Values<'a>,
        order: &'static [&'static str],
        asked: &'a str,
        tracks: Tracks,
    ) -> Self {
        let (seen, warnings) = Default::default();
        Self { raw, values, order, asked, seen, tracks, warnings }
    }

    /// The parameters as they were sent; all of them are known then.
    pub fn raw(&self) -> &'a Value {
        self.seen.borrow_mut().push(ALL);
        self.raw
    }

    /// The name the method was called by.
    pub fn asked(&self) -> &'a str {
        self.asked
    }

    /// Whether they were sent in order, without names.
    pub fn is_positional(&self) -> bool {
        matches!(self.values, Values::List(_))
    }

    /// The parameter of that name; null counts as absent.
    pub fn get(&self, name: &'static str) -> Option<&'a Value> {
        if self.tracks == Tracks::Names {
            self.seen.borrow_mut().push(name);
        }
        let value = match self.values {
            Values::None => None,
            Values::Named(map) => map.get(name),
            Values::List(list) => {
                let index = self.order.iter().position(|known| *known == name);
                index.and_then(|index| list.get(index))
            }
        };
        value.filter(|value| !value.is_null())
    }

    /// The first of several names that is there.
    pub fn any(&self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        let mut found = names.iter().map(|name| (*name, self.get(name)));
        let first = found.find_map(|(name, value)| Some((name, value?)));
        // The others are known names too.
        found.for_each(drop);
        first
    }

    /// Whether any of these is there.
    pub fn has_any(&self, names: &[&'static str]) -> bool {
        self.any(names).is_some()
    }

    /// A string by any of several names.
    pub fn text(&self, names: &[&'static str]) -> Result<Option<&'a str>, Problem> {
        match self.any(names) {
            None => Ok(None),
            Some((_, Value::String(text))) => Ok(Some(text)),
            Some((name, _)) => Err(wrong(name, "a string")),
        }
    }

    /// A non-empty string that must be there.
    pub fn required_text(&self, names: &[&'static str], missing: &str) -> Result<&'a str, Problem> {
        match self.text(names)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(Problem::param(names.first().unwrap_or(&"?"), missing)),
        }
    }

    /// An array by any of several names.
    pub fn list(
        &self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, &'a [Value])>, Problem> {
        match self.any(names) {
            None => Ok(None),
            Some((name, Value::Array(list))) => Ok(Some((name, list))),
            Some((name, _)) => Err(wrong(name, "an array")),
        }
    }

    /// An object inside, as parameters of its own.
    pub fn object(&self, name: &'static str) -> Result<Option<Params<'a>>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(raw @ Value::Object(map)) => {
                Ok(Some(Self::new(raw, Values::Named(map), &[], self.asked, Tracks::Nothing)))
            }
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    /// Tells the caller something without refusing.
    pub fn warn(&self, text: String) {
        self.warnings.borrow_mut().push(text);
    }

    /// All warnings, those about parameters that nobody looked at included.
    pub fn warnings(&self, ignored: &[&str]) -> Vec<String> {
        let mut warnings = self.warnings.borrow().clone();
        let seen = self.seen.borrow();
        if seen.contains(&ALL) {
            return warnings;
        }
        let known = |name: &str| {
            seen.contains(&name) || ignored.contains(&name) || ALWAYS_IGNORED.contains(&name)
        };
        match self.values {
            Values::Named(map) => {
                let unknown = map.keys().filter(|name| !known(name));
                warnings.extend(unknown.take(MAX_WARNINGS).map(|name| unknown_parameter(name)));
            }
            Values::List(list) if list.len() > self.order.len() => {
                let count = list.len() - self.order.len();
                warnings.push(format!("{count} more positional parameters than known: ignored"));
            }
            _ => {}
        }
        warnings.truncate(MAX_WARNINGS);
        warnings
    }
}

/// A parameter that is not of the type it must be.
pub(crate) fn wrong(name: &str, wanted: &str) -> Problem {
    Problem::param(name, format!("Parameter '{name}' must be {wanted}"))
}

/// Adds the warnings to a result, if there are any and it can hold them.
pub(crate) fn add_warnings(result: &mut Value, warnings: &[String]) {
    if let Value::Object(members) = result
        && !warnings.is_empty()
    {
        members.insert("warnings".to_owned(), json!(warnings));
    }
}

fn unknown_parameter(name: &str) -> String {
    let shown = &name[..name.floor_char_boundary(MAX_SHOWN)];
    format!("unknown parameter '{shown}' ignored")
}
