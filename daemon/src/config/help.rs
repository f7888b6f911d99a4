//! The help text, made from the tables.

use std::fmt::Write;

use super::flags::DOINGS;
use super::settings::{Default, Flag, Sets, Setting, Standing, settings};
use super::value::Kind;

/// Where descriptions begin, and where lines end.
const INDENT: usize = 29;
const WIDTH: usize = 98;

const USAGE: &str = "\
Usage: goxel-daemon [OPTIONS]

Serves the goxel voxel engine as JSON-RPC 2.0 on a Unix socket.
";

const ENVIRONMENT: &str = "
Environment (an option wins over it, and it wins over the configuration file):
";

const CLOSING: &str = "
  Every key of the file is also GOXEL_<SECTION>_<KEY>, as GOXEL_SERVER_QUEUE_SIZE.

Signals: TERM and INT stop the daemon, HUP reads the configuration again, USR1 logs statistics,
USR2 toggles debug logging.

See goxel-daemon(8), and goxel-daemon.conf(5) for the configuration file.
";

/// What `--help` says.
pub fn help() -> String {
    let mut out = String::from(USAGE);
    out.push_str("\nWhat to do (the first of these; without one, serve):\n");
    for doing in DOINGS.iter().filter(|it| !it.brief.is_empty()) {
        let argument = if doing.long == "print-config" { "[=json]" } else { "" };
        row(&mut out, &names(doing.short, doing.long, argument), doing.brief);
    }
    out.push_str("\nSettings:\n");
    for (setting, flag) in obeyed_flags() {
        let argument = argument(flag);
        row(&mut out, &names(flag.short, flag.long, &argument), &description(setting, flag));
    }
    out.push_str(ENVIRONMENT);
    for setting in settings().filter(|it| it.standing == Standing::Obeyed && !it.env.is_empty()) {
        let names: Vec<_> = setting.env.iter().map(|name| name.0).collect();
        let flag = setting.flags.first().map_or("", |flag| flag.long);
        let _ = writeln!(out, "  {:<40}  --{flag}", names.join(", "));
    }
    out + CLOSING
}

/// Options that do something in this version, with their settings.
pub fn obeyed_flags() -> impl Iterator<Item = (&'static Setting, &'static Flag)> {
    let obeyed = settings().filter(|it| it.standing == Standing::Obeyed);
    obeyed.flat_map(|setting| setting.flags.iter().map(move |flag| (setting, flag)))
}

/// " PATH", when it takes one.
pub fn argument(flag: &Flag) -> String {
    match flag.sets {
        Sets::On | Sets::Off => String::new(),
        Sets::Value(name) | Sets::TcpPart(name) => format!(" {name}"),
        Sets::Tcp => " [HOST:PORT]".into(),
    }
}

fn names(short: Option<char>, long: &str, argument: &str) -> String {
    let short = short.map_or("    ".into(), |short| format!("-{short}, "));
    format!("{short}--{long}{argument}")
}

/// The line of the setting, what it may be, and its default.
pub fn description(setting: &Setting, flag: &Flag) -> String {
    let brief = if flag.brief.is_empty() { setting.brief } else { flag.brief };
    if matches!(flag.sets, Sets::On | Sets::Off) {
        return brief.to_owned();
    }
    let allowed = match setting.kind {
        Kind::Count { min, max } => format!(", {min}-{max}"),
        Kind::Word(words) => {
            let names: Vec<_> = words.iter().filter(|it| !it.later).map(|it| it.name).collect();
            format!(": {}", names.join(", "))
        }
        _ => String::new(),
    };
    format!("{brief}{allowed}{}", default(setting))
}

fn default(setting: &Setting) -> String {
    match setting.default {
        Default::Unset => String::new(),
        Default::Is(text) | Default::Made(_, text) => format!(" (default: {text})"),
    }
}

/// Names, and beside them a description that goes on below itself.
fn row(out: &mut String, names: &str, text: &str) {
    let mut line = format!("  {names:<width$}", width = INDENT - 3);
    line.push(' ');
    for word in text.split(' ') {
        if line.len() + word.len() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(INDENT);
        }
        line.push_str(word);
        line.push(' ');
    }
    out.push_str(line.trim_end());
    out.push('\n');
}
