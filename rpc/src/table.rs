//! The table of methods: the API, in the order `list_methods` reports it.

use crate::handlers::utility;
use crate::method::Handler::Ask;
use crate::method::{Method, Refusal};

/// All methods.
pub(crate) const METHODS: &[Method] = &[
    Method {
        name: "echo",
        aliases: &["system.echo"],
        positional: &[],
        ignored: &[],
        about: "Returns its parameters",
        refusal: Refusal::NONE,
        handler: Ask(utility::echo),
    },
    Method {
        name: "version",
        aliases: &["get_version", "system.get_version"],
        positional: &[],
        ignored: &[],
        about: "The version of the program and its protocol",
        refusal: Refusal::NONE,
        handler: Ask(utility::version),
    },
    Method {
        name: "status",
        aliases: &[],
        positional: &[],
        ignored: &[],
        about: "The state of the program: process, time, memory",
        refusal: Refusal::NONE,
        handler: Ask(utility::status),
    },
    Method {
        name: "ping",
        aliases: &["system.ping"],
        positional: &[],
        ignored: &[],
        about: "Answers at once",
        refusal: Refusal::NONE,
        handler: Ask(utility::ping),
    },
    Method {
        name: "list_methods",
        aliases: &["system.list_methods"],
        positional: &[],
        ignored: &[],
        about: "Lists all methods",
        refusal: Refusal::NONE,
        handler: Ask(utility::list_methods),
    },
];

/// The method of that name, canonical or not, with or without `goxel.`.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    let bare = bare(name);
    let answers_to =
        |method: &&Method| self::bare(method.name) == bare || method.aliases.contains(&bare);
    METHODS.iter().find(answers_to)
}

/// Why a method that is documented somewhere is not here.
pub(crate) fn why_not(name: &str) -> Option<&'static str> {
    matches!(bare(name), "execute_script" | "script.eval" | "script.execute")
        .then_some("scripting is not built in")
}

fn bare(name: &str) -> &str {
    name.strip_prefix("goxel.").unwrap_or(name)
}
