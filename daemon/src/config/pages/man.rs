//! The manual: all of goxel-daemon.conf(5), and the options in goxel-daemon(8).

use super::{allowed, default_text, sentences};
use crate::config::flags::DOINGS;
use crate::config::help::{argument, obeyed_flags};
use crate::config::settings::{Default, Flag, Sets, Setting, Standing, settings};
use crate::config::table::FOREIGN;

const BEGIN: &str = ".\\\" Options: made from the table of settings.\n";
const END: &str = ".\\\" End of the options.\n";

const CONF_HEAD: &str = r#".\" Made from the table of settings; not edited by hand.
.TH GOXEL\-DAEMON.CONF 5 "" goxel
.ad l
.nh
.SH NAME
goxel\-daemon.conf \- configuration of goxel\-daemon
.SH DESCRIPTION
.BR goxel\-daemon (8)
reads a configuration file where one is named, by
.B \-\-config
or by
.BR GOXEL_CONFIG_FILE .
Its customary place is
.IR /etc/goxel/daemon.conf .
.PP
The file is one JSON object of at most 1 MiB, in UTF\-8. Beyond JSON,
.B //
begins a comment that goes to the end of the line. The keys below are given with their sections, joined by dots:
.B server.workers
is
.PP
.in +4n
.EX
{"server": {"workers": 4}}
.EE
.in
.PP
Every key may be left out, and
.B null
is as good as left out. An unknown key is warned about and passed over. A wrong value is an error, with its line and column: the
daemon does not start, and a running one keeps the configuration it has.
.PP
A time or a size is a number of the unit that the name of its key ends with, or a text with a unit of its own:
.BR ms ,
.BR s ,
.BR m ,
.B h
and
.B d
for times,
.BR B ,
.BR K ,
.B M
and
.B G
(of 1024) for sizes.
.PP
An option wins over the environment, the environment over the file, and the file over the default. In the environment each key is
.BI GOXEL_ SECTION _ KEY
in capitals, as
.BR GOXEL_SERVER_WORKERS ;
an empty variable counts as none. Each value and its origin are shown by
.BR "goxel\-daemon \-\-print\-config" ,
and
.B \-\-check\-config
lists errors and warnings.
.PP
On SIGHUP the daemon reads the file again. Settings marked
.I reloadable
take effect at once; others at the next start, and until then the log names them.
.PP
Under
.B defaults.linux
and
.B defaults.darwin
keys, joined by dots, may be given that hold on that system unless the rest of the file says otherwise.
"#;

const CONF_TAIL: &str = r#".SH FILES
.TP
.I /etc/goxel/daemon.conf
The customary place.
.TP
.I goxel\-daemon.schema.json
A JSON Schema of the file, for editors.
.SH EXAMPLES
.EX
{
  "daemon": {
    "socket_path": "/run/goxel/goxel.sock",
    "user": "goxel"
  },
  "security": { "socket_permissions": "0660", "socket_group": "goxel" },
  "logging": {
    "file": "/var/log/goxel/daemon.log",
    "format": "json", // one object a line
    "rotation": { "max_size_mb": 100, "max_files": 5 }
  },
  "reliability": { "max_memory_mb": 512, "restart_on_memory_limit": true }
}
.EE
.SH SEE ALSO
.BR goxel\-daemon (8)
"#;

/// All of section 5.
pub fn conf_page() -> String {
    let mut out = String::from(CONF_HEAD);
    out.push_str(".SH SETTINGS\n");
    let of_file = || settings().filter(|it| it.keys().next().is_some());
    let mut section = "";
    for setting in by_section().iter().filter(|it| it.standing == Standing::Obeyed) {
        let its = setting.key.split('.').next().unwrap_or_default();
        if its != section {
            out.push_str(&format!(".SS {its}\n"));
            section = its;
        }
        out.push_str(&format!(".TP\n.B {}\n{}\n", escaped(setting.key), entry(setting)));
    }
    out.push_str(".SH SETTINGS FOR LATER VERSIONS\n");
    out.push_str(
        "These are read and checked, and warned about where they say other than the default.\n",
    );
    for setting in of_file() {
        if let Standing::Later(what) = setting.standing {
            let text = format!("{} No {what} yet.", entry(setting));
            out.push_str(&format!(".TP\n.B {}\n{text}\n", escaped(setting.key)));
        }
    }
    out.push_str(".SH KEYS WITHOUT EFFECT\n");
    out.push_str("Legacy files have them. Here they are warned about.\n");
    for (key, why) in FOREIGN {
        out.push_str(&format!(".TP\n.B {}\n{}.\n", escaped(key), capitalized(&escaped(why))));
    }
    out + CONF_TAIL
}

/// The settings a file may give, each section in one piece.
fn by_section() -> Vec<&'static Setting> {
    let mut found: Vec<_> = settings().filter(|it| it.keys().next().is_some()).collect();
    let section = |it: &Setting| it.key.split('.').next().unwrap_or_default();
    let sections: Vec<_> = found.iter().map(|it| section(it)).collect();
    found.sort_by_key(|it| sections.iter().position(|name| *name == section(it)));
    found
}

fn entry(setting: &Setting) -> String {
    let mut text = sentences(setting);
    text.push_str(&allowed(setting));
    if !matches!(setting.default, Default::Unset) {
        text.push_str(&format!(" Default: {}.", default_text(setting)));
    }
    let flags: Vec<_> = setting.flags.iter().map(|flag| format!("--{}", flag.long)).collect();
    text.push_str(&list(" Option: ", &flags));
    let variables: Vec<_> = setting.env.iter().map(|name| name.0.to_owned()).collect();
    text.push_str(&list(" Environment: ", &variables));
    let also: Vec<_> = setting.also.iter().map(|it| with_unit(it.0, it.1.name())).collect();
    text.push_str(&list(" Legacy key: ", &also));
    if setting.reload {
        text.push_str(" Reloadable.");
    }
    escaped(&text)
}

fn with_unit(key: &str, unit: &str) -> String {
    if unit.is_empty() { key.to_owned() } else { format!("{key} ({unit})") }
}

fn list(head: &str, items: &[String]) -> String {
    if items.is_empty() { String::new() } else { format!("{head}{}.", items.join(", ")) }
}

/// The page with its options as they are now.
pub fn with_options(page: &str) -> String {
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the options");
    let (_, after) = rest.split_once(END).expect("the options have an end");
    format!("{before}{BEGIN}{}{END}{after}", options())
}

fn options() -> String {
    let mut out = String::from(".SS What to do\n");
    out.push_str("The first of these, in this order, is done. Without one the daemon serves.\n");
    for doing in DOINGS.iter().filter(|it| !it.brief.is_empty()) {
        let argument = if doing.long == "print-config" { "[=json]" } else { "" };
        out.push_str(&option(doing.short, doing.long, argument, &format!("{}.", doing.brief)));
    }
    out.push_str(".SS Settings\n");
    for (setting, flag) in obeyed_flags() {
        out.push_str(&option(flag.short, flag.long, &argument(flag), &of_flag(setting, flag)));
    }
    out.push_str(".SS Options that say what is so anyway\n");
    for doing in DOINGS.iter().filter(|it| it.brief.is_empty() && it.long != "test-concurrent") {
        out.push_str(&option(doing.short, doing.long, "", "Accepted."));
    }
    out
}

fn of_flag(setting: &Setting, flag: &Flag) -> String {
    if flag.sets == Sets::Off {
        return format!("{}.", flag.brief);
    }
    let also: Vec<_> = flag.also.iter().map(|name| format!("--{name}")).collect();
    let key = if setting.keys().next().is_some() {
        format!(" Key: {}.", setting.key)
    } else {
        String::new()
    };
    let mut text = sentences(setting);
    text.push_str(&allowed(setting));
    if !matches!(setting.default, Default::Unset) && flag.sets != Sets::On {
        text.push_str(&format!(" Default: {}.", default_text(setting)));
    }
    format!("{text}{}{key}", list(" Also: ", &also))
}

fn option(short: Option<char>, long: &str, argument: &str, text: &str) -> String {
    let short = short.map_or(String::new(), |it| format!("\\-{it}, "));
    format!(".TP\n.B {short}\\-\\-{}{}\n{}\n", escaped(long), escaped(argument), escaped(text))
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
