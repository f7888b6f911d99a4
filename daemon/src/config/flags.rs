//! The command line: what it asks for, and what it sets.
//!
//! Options cluster, join and shorten as getopt_long does it, and words that are no options are
//! ignored (spec/daemon.md 2). Nothing is judged here but names; values are read with the others.

use std::ffi::{OsStr, OsString};

use super::fault::Fault;
use super::settings::{Era, Sets, Setting, settings};
use super::{Action, Form, Id};

/// An option that asks for something to be done; [`Action`] in the order in which they win.
pub struct Doing {
    pub short: Option<char>,
    pub long: &'static str,
    pub does: Does,
    pub era: Era,
    pub brief: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Action(Action),
    /// [`Action::PrintConfig`] in the form its argument names.
    Print,
    /// A promise of the legacy program that it did not keep either.
    Concurrent,
    /// What is so anyway.
    AsItIs,
}

const fn legacy(
    short: Option<char>,
    long: &'static str,
    action: Action,
    brief: &'static str,
) -> Doing {
    Doing { short, long, does: Does::Action(action), era: Era::Legacy, brief }
}

const fn newer(long: &'static str, does: Does, brief: &'static str) -> Doing {
    Doing { short: None, long, does, era: Era::New, brief }
}

/// Every option that sets nothing. An empty line of help keeps it out of the help.
pub const DOINGS: &[Doing] = &[
    legacy(Some('h'), "help", Action::Help, "Show this text and exit"),
    legacy(Some('v'), "version", Action::Version, "Show the version and exit"),
    legacy(None, "status", Action::Status, "Say whether the daemon of the PID file runs"),
    legacy(None, "stop", Action::Stop, "Stop the daemon of the PID file, and wait for its end"),
    legacy(None, "reload", Action::Reload, "Let the daemon of the PID file read its file again"),
    legacy(
        None,
        "test-lifecycle",
        Action::TestLifecycle,
        "Start, reload and stop a daemon of its own",
    ),
    legacy(None, "test-signals", Action::TestSignals, "Try the signals on a daemon of its own"),
    Doing {
        short: None,
        long: "test-concurrent",
        does: Does::Concurrent,
        era: Era::Legacy,
        brief: "",
    },
    newer("test-mode", Does::Action(Action::TestMode), "Check what a start needs; bind nothing"),
    newer(
        "repair",
        Does::Action(Action::Repair),
        "Make a broken journal readable, say what that costs, and exit",
    ),
    newer(
        "check-config",
        Does::Action(Action::CheckConfig),
        "Show errors and warnings of the configuration",
    ),
    newer("print-config", Does::Print, "Show every value and its origin, or as JSON"),
    newer("daemon", Does::AsItIs, ""),
    newer("headless", Does::AsItIs, ""),
];

/// What the command line says.
#[derive(Debug, Default)]
pub struct Given {
    actions: Vec<Action>,
    concurrent: bool,
    /// The later of two for the same setting wins.
    pub sets: Vec<Assignment>,
}

/// One setting, as an option gives it.
#[derive(Debug)]
pub struct Assignment {
    pub id: Id,
    pub text: OsString,
    /// The option as it was written.
    pub option: String,
}

/// What an option is, by name.
#[derive(Clone, Copy)]
enum Means {
    Does(Does),
    Sets(&'static Setting, Sets),
}

/// Reads the arguments, without the program's name.
pub fn parse(args: &[OsString]) -> Result<Given, Fault> {
    let mut given = Given::default();
    let mut parser = lexopt::Parser::from_args(args.iter().cloned());
    loop {
        let (name, option) = match parser.next()? {
            None => return Ok(given),
            Some(lexopt::Arg::Short(short)) => (format!("-{short}"), by_short(short)?),
            Some(lexopt::Arg::Long(long)) => (format!("--{long}"), by_long(long)?),
            Some(lexopt::Arg::Value(_)) => continue, // Legacy: ignored.
        };
        match option {
            Means::Does(does) => given.take_doing(does, &mut parser)?,
            Means::Sets(setting, sets) => given.take_setting(setting, sets, &name, &mut parser)?,
        }
    }
}

/// In the words of the parser.
impl From<lexopt::Error> for Fault {
    fn from(error: lexopt::Error) -> Fault {
        Fault::Usage(error.to_string())
    }
}

impl Given {
    fn take_doing(&mut self, does: Does, parser: &mut lexopt::Parser) -> Result<(), Fault> {
        match does {
            Does::Action(action) => self.actions.push(action),
            Does::Concurrent => self.concurrent = true,
            Does::AsItIs => {}
            Does::Print => {
                let form = form(parser.optional_value().as_deref())?;
                self.actions.push(Action::PrintConfig(form));
            }
        }
        Ok(())
    }

    fn take_setting(
        &mut self,
        setting: &Setting,
        sets: Sets,
        option: &str,
        parser: &mut lexopt::Parser,
    ) -> Result<(), Fault> {
        let mut set = |id, text: OsString| {
            self.sets.push(Assignment { id, text, option: option.to_owned() });
        };
        match sets {
            Sets::On => set(setting.id, "true".into()),
            Sets::Off => set(setting.id, "false".into()),
            Sets::Value(_) => set(setting.id, parser.value()?),
            Sets::TcpPart(_) => {
                set(Id::EnableTcp, "true".into());
                set(setting.id, parser.value()?);
            }
            Sets::Tcp => {
                set(Id::EnableTcp, "true".into());
                let (host, port) = endpoint(tcp_argument(parser));
                host.into_iter().for_each(|host| set(Id::TcpAddress, host));
                port.into_iter().for_each(|port| set(Id::TcpPort, port));
            }
        }
        Ok(())
    }

    /// Which of the things asked for is done. The order is the legacy one.
    pub fn action(&self) -> Result<Action, Fault> {
        let first = self.actions.iter().min().copied().unwrap_or(Action::Run);
        if self.concurrent && first > Action::TestSignals {
            let text = "--test-concurrent is not yet implemented; --test-lifecycle starts a daemon \
                        and talks to it";
            return Err(Fault::Usage(text.into()));
        }
        Ok(first)
    }

    /// What was last said of a setting.
    pub fn last(&self, id: Id) -> Option<&Assignment> {
        self.sets.iter().rev().find(|it| it.id == id)
    }
}

fn form(argument: Option<&OsStr>) -> Result<Form, Fault> {
    match argument.map(OsStr::to_string_lossy).as_deref() {
        None | Some("text") => Ok(Form::Text),
        Some("json") => Ok(Form::Json),
        Some(other) => Err(Fault::Usage(format!("Invalid form: {other} (must be text or json)"))),
    }
}

/// `--tcp` stands alone, or before `host:port`, `host` or `port`.
fn tcp_argument(parser: &mut lexopt::Parser) -> Option<OsString> {
    parser.optional_value().or_else(|| {
        let mut rest = parser.try_raw_args()?;
        rest.next_if(|next| !next.as_encoded_bytes().starts_with(b"-"))
    })
}

/// `host:port`, `[v6]:port`, `:port`, a bare port, or a bare host.
fn endpoint(argument: Option<OsString>) -> (Option<OsString>, Option<OsString>) {
    let Some(argument) = argument else { return (None, None) };
    let text = argument.to_string_lossy().into_owned();
    if text.bytes().all(|it| it.is_ascii_digit()) {
        return (None, Some(text.into()));
    }
    let (host, port) = match text.rsplit_once(':') {
        // More colons without brackets are an IPv6 address alone.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (text.as_str(), None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    ((!host.is_empty()).then(|| host.into()), port.map(Into::into))
}

/// An option's names and what it means.
struct Row {
    short: Option<char>,
    long: &'static str,
    era: Era,
    means: Means,
}

fn rows() -> impl Iterator<Item = Row> {
    let doings = DOINGS.iter().map(|it| Row {
        short: it.short,
        long: it.long,
        era: it.era,
        means: Means::Does(it.does),
    });
    doings.chain(settings().flat_map(|setting| {
        setting.flags.iter().flat_map(move |flag| {
            let means = Means::Sets(setting, flag.sets);
            let longs = [flag.long].into_iter().chain(flag.also.iter().copied());
            longs.map(move |long| Row { short: flag.short, long, era: flag.era, means })
        })
    }))
}

fn by_short(short: char) -> Result<Means, Fault> {
    let row = rows().find(|row| row.short == Some(short));
    row.map(|row| row.means).ok_or_else(|| Fault::Usage(format!("unrecognized option '-{short}'")))
}

/// A long name may be cut while it is unique; among legacy options first.
fn by_long(long: &str) -> Result<Means, Fault> {
    if let Some(row) = rows().find(|row| row.long == long) {
        return Ok(row.means);
    }
    let mut found: Vec<Row> = rows().filter(|row| row.long.starts_with(long)).collect();
    if found.iter().any(|row| row.era == Era::Legacy) {
        found.retain(|row| row.era == Era::Legacy);
    }
    match found.as_slice() {
        [] => Err(Fault::Usage(format!("unrecognized option '--{long}'"))),
        [first, others @ ..] if others.iter().all(|it| it.means.same(first.means)) => {
            Ok(first.means)
        }
        _ => Err(Fault::Usage(format!("option '--{long}' is ambiguous"))),
    }
}

impl Means {
    fn same(self, other: Means) -> bool {
        match (self, other) {
            (Means::Does(one), Means::Does(two)) => one == two,
            (Means::Sets(one, how), Means::Sets(two, how2)) => one.id == two.id && how == how2,
            _ => false,
        }
    }
}
