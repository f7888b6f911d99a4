//! Files that are broken or hostile, and values at their ends.

use super::config_tests::source;
use super::legacy_tests::load_text;
use super::*;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// Every kind of value, in the layout that people write.
const GOOD: &str = r#"{
  // What follows may be left out.
  "daemon": {
    "socket_path": "/s", // a path: "/s"
    "umask": "0027",
    "shutdown_timeout_ms": 2000,
    "user": "goxel"
  },
  "server": {
    "workers": 4,
    "enable_priority_queue": false,
    "protocol": "auto"
  },
  "logging": {
    "rotation": {
      "max_size_mb": 100
    }
  },
  "render": {
    "max_size": "2G"
  }
}
"#;

#[track_caller]
fn check(text: &str, expected: &str) {
    let said = match load_text(text, "") {
        Ok(loaded) if loaded.warnings.is_empty() => "good".to_owned(),
        Ok(loaded) => loaded.warnings.join("\n"),
        Err(error) => error.to_string(),
    };
    assert_eq!(said, expected, "for {text}");
}

#[track_caller]
fn check_value(key: &str, value: &str, expected: &str) {
    let (section, name) = key.split_once('.').unwrap();
    let text = format!(r#"{{"{section}": {{"{name}": {value}}}}}"#);
    let said = match load_text(&text, "") {
        Ok(_) => "good".to_owned(),
        Err(error) => error.to_string(),
    };
    let said = said.split_once(&format!("{key}: ")).map_or(said.as_str(), |it| it.1);
    assert_eq!(said, expected, "for {text}");
}

/// The line in "F:12:3: text", for every line of an error.
#[track_caller]
fn lines_named(error: &ConfigError) -> Vec<usize> {
    let line = |said: &str| -> Option<usize> {
        let mut parts = said.strip_prefix("F:")?.split(':');
        let line = parts.next()?.parse().ok()?;
        parts.next()?.parse::<usize>().ok()?;
        Some(line)
    };
    let text = error.to_string();
    text.lines().map(|said| line(said).unwrap_or_else(|| panic!("no place in {said:?}"))).collect()
}

fn with_line(at: usize, line: &str) -> String {
    let mut lines: Vec<_> = GOOD.lines().collect();
    lines[at] = line;
    lines.join("\n")
}

#[test]
fn comments_and_a_byte_order_mark_are_passed_over() {
    assert!(load_text(GOOD, "").unwrap().config.unix.path == Path::new("/s"));
    check("\u{feff}{} // end", "good");
    check(r#"{"daemon": {"socket_path": "//s\" // ü"}} // "ü"#, "good");
    let path = load_text(r#"{"daemon": {"socket_path": "//s\" // ü"}} // "ü"#, "").unwrap();
    assert_eq!(path.config.unix.path, Path::new("//s\" // ü"));
    check(r#"{"a": /b"#, "F:1:7: expected value");
}

#[test]
fn garbage_in_any_line_is_found_in_that_line() {
    for (at, line) in GOOD.lines().enumerate().filter(|(_, line)| !line.contains("What follows")) {
        let error = load_text(&with_line(at, "@@"), "").unwrap_err();
        assert_eq!(lines_named(&error), [at + 1], "for {line:?}: {error}");
    }
}

#[test]
fn a_wrong_value_in_any_line_is_found_in_that_line() {
    let mut tried = 0;
    for (at, line) in GOOD.lines().enumerate() {
        let Some((name, value)) = line.split_once(": ").filter(|it| !it.1.starts_with('{')) else {
            continue;
        };
        let comma = if value.contains(',') { "," } else { "" };
        let error = load_text(&with_line(at, &format!("{name}: [1]{comma}")), "").unwrap_err();
        assert_eq!(lines_named(&error), [at + 1], "for {line:?}: {error}");
        assert!(error.to_string().contains("[1] (must be "), "{error}");
        tried += 1;
    }
    assert_eq!(tried, 9);
}

#[test]
fn a_file_broken_anywhere_is_refused_with_a_place_or_read() {
    for (at, line) in GOOD.lines().enumerate() {
        let halves = [&line[..line.len() / 2], &line[line.len() / 2..], "", "}", "{", "\"", "\\"];
        for broken in halves {
            if let Err(error) = load_text(&with_line(at, broken), "") {
                assert!(!lines_named(&error).is_empty(), "for {broken:?} in {at}");
            }
        }
    }
    for end in 0..GOOD.trim_end().len() {
        let error = load_text(&GOOD[..end], "").unwrap_err();
        assert_eq!(lines_named(&error).len(), 1, "cut at {end}");
    }
}

#[test]
fn a_file_wrong_in_every_line_names_every_line() {
    let text = r#"{"daemon": {
"socket_path": 5,
"umask": 27,
"daemonize": "yes",
"shutdown_timeout_ms": -1,
"user": ["goxel"],
"tcp_port": 65536
}, "server": {
"workers": 4.5,
"protocol": "mcp",
"max_connections": "many",
"queue_size": 18446744073709551616
},
"render": true
}"#;
    let error = load_text(text, "").unwrap_err();
    assert_eq!(lines_named(&error), [2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14], "{error}");
}

#[test]
fn other_dialects_are_refused_with_what_to_do() {
    let advice = "not a JSON object; the YAML and INI forms of old manuals are not read: write \
                  {\"daemon\": {...}} as in goxel-daemon.conf(5)";
    for (text, place) in [
        ("daemon:\n  socket_path: /s\n", "1:1"),
        ("\n  [daemon]\nworkers = 4\n", "2:3"),
        ("// none\n", "1:1"),
        ("", "1:1"),
        ("[]", "1:1"),
    ] {
        check(text, &format!("F:{place}: {advice}"));
    }
}

#[test]
fn unknown_keys_are_passed_over_and_what_is_near_is_named() {
    check(
        r#"{"server": {"wrokers": 1}}"#,
        "F:1:24: server.wrokers: unknown key (is it server.workers?)",
    );
    check(
        r#"{"daemon": {"workers": 1}}"#,
        "F:1:24: daemon.workers: unknown key (is it server.workers?)",
    );
    check(r#"{"colour": {"red": 1}}"#, "F:1:12: colour: unknown key");
    check(r#"{"defaults": {"beos": {}}}"#, "F:1:23: defaults.beos: unknown key");
    check(r#"{"server": null, "daemon": {"user": null}}"#, "good");
    let section = "F:1:12: server: Invalid section: 5 (must be an object)";
    check(r#"{"server": 5}"#, section);
}

#[test]
fn values_at_the_ends_of_their_ranges() {
    check_value("server.workers", "64", "good");
    let workers = |value| format!("Invalid number of worker threads: {value} (must be 1-64)");
    for value in ["0", "65", "-1", "4.5", "true", "\"4\""] {
        check_value("server.workers", value, &workers(value.trim_matches('"')));
    }
    check_value("daemon.timeout_ms", "86400000", "good");
    let timeout = "Invalid request timeout: 86400001 (must be 0-86400000 ms)";
    check_value("daemon.timeout_ms", "86400001", timeout);
    let seconds = "Invalid request timeout: 86401 (must be 0-86400 s)";
    check_value("server.timeout_seconds", "86401", seconds);
    check_value("server.timeout_seconds", "\"90m\"", "good");
    let unit = "Invalid request timeout: 1y (must be 0-86400 s)";
    check_value("server.timeout_seconds", "\"1y\"", unit);
    check_value("security.max_request_size_mb", "\"64M\"", "good");
    let size = "Invalid max request size: 2G (must be 1-1024 MiB)";
    check_value("security.max_request_size_mb", "\"2G\"", size);
    check_value("security.socket_permissions", "\"0777\"", "good");
    for mode in ["1777", "66", "0680", "+660"] {
        let text = format!(
            "Invalid socket permissions: {mode} (must be an octal mode of 3 or 4 digits, 000-0777)"
        );
        check_value("security.socket_permissions", &format!("\"{mode}\""), &text);
    }
    let nul = "Invalid log file: /l\0 (must be a path, without NUL)";
    check_value("logging.file", "\"/l\\u0000\"", nul);
    let word = "Invalid log format: xml (must be text or json)";
    check_value("logging.format", "\"xml\"", word);
    let mcp = format!("protocol mcp is not in goxel-daemon {} yet", "V");
    check_value("server.protocol", "\"mcp\"", &mcp);
}

#[test]
fn a_long_wrong_value_is_cut_short() {
    let long = format!(r#"{{"server": {{"workers": "{}"}}}}"#, "x".repeat(500_000));
    let error = load_text(&long, "").unwrap_err().to_string();
    assert!(error.len() < 200 && error.contains("xxx... (must be 1-64)"), "{error}");
}

/// What a file of these bytes, or that thing, is refused with.
#[track_caller]
fn check_hostile(make: impl Fn(&Path), expected: &str) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("c");
    make(&path);
    let mut source = source("-c", &[]);
    source.args.push(path.clone().into());
    let error = load(&source).unwrap_err().to_string();
    assert_eq!(error.replace(&path.display().to_string(), "F"), expected);
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    check_hostile(|path| fs::create_dir(path).unwrap(), "F: not a regular file");
    check_hostile(|path| mkfifo(path, Mode::S_IRWXU).unwrap(), "F: not a regular file");
    let link = |path: &Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    check_hostile(link, "F: not a regular file");
    check_hostile(|_| {}, "F: No such file or directory (os error 2)");
}

#[test]
fn a_file_too_long_too_deep_or_of_other_bytes_is_refused() {
    let long = |path: &Path| fs::write(path, " ".repeat((1 << 20) + 1)).unwrap();
    check_hostile(long, "F: longer than 1048576 bytes");
    // A sparse file as large as files get takes no more memory.
    let sparse = |path: &Path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap();
    check_hostile(sparse, "F: longer than 1048576 bytes");
    let deep = |path: &Path| fs::write(path, format!("{{\"a\":{}", "[".repeat(500_000))).unwrap();
    check_hostile(deep, "F:1:132: recursion limit exceeded");
    let latin = |path: &Path| fs::write(path, b"{\n\"daemon\": \"\xe4\"}").unwrap();
    check_hostile(latin, "F:2: not UTF-8");
    let keys = |path: &Path| {
        let keys: Vec<_> = (0..60_000).map(|at| format!("\"k{at}\":0")).collect();
        fs::write(path, format!("{{{}}}", keys.join(","))).unwrap();
    };
    check_hostile(keys, "F:1:1: more than 1000 keys");
}
