//! The commented sample: every setting that is obeyed, with its default.

use std::ffi::OsStr;

use super::{allowed, default_text, sentences};
use crate::config::settings::{Default, Setting, Standing, settings};

const HEAD: &str = "\
// Configuration of goxel-daemon: JSON, and // comments to the end of a line.
// Every key may be left out, and null is as good as left out. Shown are the defaults.
// See goxel-daemon.conf(5); `goxel-daemon --config FILE --check-config` checks a file.
{
  \"$schema\": \"./goxel-daemon.schema.json\"";

pub fn text() -> String {
    let obeyed: Vec<_> = settings()
        .filter(|it| it.standing == Standing::Obeyed && it.keys().next().is_some())
        .map(|it| (it.key, it))
        .collect();
    let mut out = String::from(HEAD);
    write_members(&mut out, &obeyed, "  ", true);
    out.push_str("\n}\n");
    out
}

/// The members of an object; the sections in the order in which each first comes.
fn write_members(out: &mut String, members: &[(&str, &Setting)], indent: &str, mut comma: bool) {
    let mut done: Vec<&str> = Vec::new();
    for (key, setting) in members {
        let (name, inner) = key.split_once('.').map_or((*key, None), |it| (it.0, Some(it.1)));
        if done.contains(&name) {
            continue;
        }
        done.push(name);
        out.push_str(if comma { ",\n" } else { "\n" });
        comma = true;
        if inner.is_none() {
            write_setting(out, name, setting, indent);
            continue;
        }
        let of_section = members.iter().filter_map(|(key, setting)| {
            let (section, rest) = key.split_once('.')?;
            (section == name).then_some((rest, *setting))
        });
        out.push_str(&format!("{indent}\"{name}\": {{"));
        write_members(out, &of_section.collect::<Vec<_>>(), &format!("{indent}  "), false);
        out.push_str(&format!("\n{indent}}}"));
    }
}

fn write_setting(out: &mut String, name: &str, setting: &Setting, indent: &str) {
    let mut text = sentences(setting);
    text.push_str(&allowed(setting));
    if matches!(setting.default, Default::Made(..)) {
        text.push_str(&format!(" Default: {}.", default_text(setting)));
    }
    for line in wrapped(&text, 90 - indent.len()) {
        out.push_str(&format!("{indent}// {line}\n"));
    }
    out.push_str(&format!("{indent}\"{name}\": {}", value(setting)));
}

fn value(setting: &Setting) -> String {
    let Default::Is(text) = setting.default else { return "null".into() };
    let value = setting.kind.read_text(setting.unit, OsStr::new(text)).unwrap();
    setting.kind.to_json(setting.unit, &value).to_string()
}

/// Lines of words, none longer than `width` unless one word is.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= width {
            line.push_str(&format!(" {word}"));
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
