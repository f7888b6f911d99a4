//! The configuration file: read with bounds, and taken apart into keys with their places.
//!
//! A file is one JSON object of either legacy kind, or of both mixed, whole or in part. Beyond JSON,
//! `// comments` to the end of the line are allowed.

use std::collections::BTreeMap;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::Value as Json;
use serde_json::value::RawValue;

/// Longer than any configuration.
pub const MAX_FILE: u64 = 1 << 20;
/// More than any configuration has; each may be warned about.
const MAX_KEYS: usize = 1000;

/// One key with its value.
#[derive(Debug)]
pub struct Entry {
    /// With its sections, joined by dots.
    pub key: String,
    pub value: Json,
    pub place: Place,
}

/// Where a value begins, from 1; columns count bytes, as those of serde_json do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Something wrong with the text.
#[derive(Debug)]
pub struct BadText {
    pub place: Place,
    pub text: String,
}

/// The file's text. Only a regular file is read, and never more than [`MAX_FILE`] of it.
pub fn read(path: &Path) -> Result<String, String> {
    let named = |error: io::Error| format!("{}: {error}", path.display());
    // To open a device may do something; between the two looks it may also have become one.
    let regular = |metadata: io::Result<Metadata>| match metadata {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(format!("{}: not a regular file", path.display())),
        Err(error) => Err(named(error)),
    };
    regular(fs::metadata(path))?;
    // Without O_NONBLOCK the open of a pipe would wait for a writer.
    let flags = libc::O_NONBLOCK | libc::O_CLOEXEC;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(named)?;
    regular(file.metadata())?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(named)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("{}: longer than {MAX_FILE} bytes", path.display()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
        format!("{}:{line}: not UTF-8", path.display())
    })
}

/// Every key of the text in its order. `is_section` says which objects to look into.
pub fn entries(text: &str, is_section: impl Fn(&str) -> bool) -> Result<Vec<Entry>, BadText> {
    let text = without_comments(text);
    check_is_object(&text)?;
    // Whole and once, for mistakes and for depth: below only what is known is taken apart.
    serde_json::from_str::<Json>(&text).map_err(|error| bad_json(&error))?;
    let lines = Lines::of(&text);
    let mut walk = Walk { text: &text, lines, is_section, entries: Vec::new() };
    walk.object("", &text)?;
    walk.entries.sort_by_key(|entry| entry.place);
    Ok(walk.entries)
}

fn bad_json(error: &serde_json::Error) -> BadText {
    let said = error.to_string();
    let text = said.split(" at line ").next().unwrap_or(&said).to_owned();
    BadText { place: Place { line: error.line(), column: error.column() }, text }
}

fn check_is_object(text: &str) -> Result<(), BadText> {
    let start = text.find(|it: char| !it.is_ascii_whitespace());
    if start.is_some_and(|at| text[at..].starts_with('{')) {
        return Ok(());
    }
    let what = "not a JSON object; the YAML and INI forms of old manuals are not read: write \
                {\"daemon\": {...}} as in goxel-daemon.conf(5)";
    Err(BadText { place: Lines::of(text).place(start.unwrap_or(0)), text: what.into() })
}

struct Walk<'a, F> {
    text: &'a str,
    lines: Lines,
    is_section: F,
    entries: Vec<Entry>,
}

impl<F: Fn(&str) -> bool> Walk<'_, F> {
    fn object(&mut self, prefix: &str, raw: &str) -> Result<(), BadText> {
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_str(raw).map_err(|error| bad_json(&error))?;
        if self.entries.len() + members.len() > MAX_KEYS {
            let place = self.place_of(raw);
            return Err(BadText { place, text: format!("more than {MAX_KEYS} keys") });
        }
        for (name, member) in members {
            let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            let raw_member = member.get();
            if raw_member.starts_with('{') && (self.is_section)(&key) {
                self.object(&key, raw_member)?;
                continue;
            }
            let place = self.place_of(raw_member);
            let value = serde_json::from_str(raw_member).map_err(|error| bad_json(&error))?;
            self.entries.push(Entry { key, value, place });
        }
        Ok(())
    }

    /// `raw` is a part of the text, so its address says where it stands.
    fn place_of(&self, raw: &str) -> Place {
        self.lines.place(raw.as_ptr() as usize - self.text.as_ptr() as usize)
    }
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines([0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect())
    }

    fn place(&self, at: usize) -> Place {
        let line = self.0.partition_point(|start| *start <= at);
        Place { line, column: at - self.0[line - 1] + 1 }
    }
}

/// Comments and the mark that some editors begin a file with become blanks, so places stay true.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut in_comment, mut escaped) = (false, false, false);
    for (at, it) in text.char_indices() {
        in_comment = it != '\n' && (in_comment || (!in_string && text[at..].starts_with("//")));
        if in_comment || (at == 0 && it == '\u{feff}') {
            out.extend(std::iter::repeat_n(' ', it.len_utf8()));
            continue;
        }
        // A string that a line's end cuts off is an error; the comments after it stay comments.
        in_string = it != '\n' && (in_string ^ (it == '"' && !escaped));
        escaped = in_string && it == '\\' && !escaped;
        out.push(it);
    }
    out
}
