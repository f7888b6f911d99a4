//! The configuration as an operator meets it: checked, printed, and refused.

use goxel_support::{daemon_program, temp_dir, workspace_root};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

/// Runs the program in a folder that holds `daemon.conf`: exit code, stdout, stderr.
fn run(file: &str, args: &[&str]) -> (i32, String, String) {
    let dir = temp_dir();
    fs::write(dir.path().join("daemon.conf"), file).expect("a temporary folder can be written");
    let mut command = Command::new(daemon_program());
    for (name, _) in std::env::vars_os().filter(|it| it.0.to_string_lossy().starts_with("GOXEL_")) {
        command.env_remove(name);
    }
    command.env("GOXEL_CONFIG_FILE", "daemon.conf").current_dir(dir.path()).args(args);
    let output = command.stdin(Stdio::null()).output().expect("it can be started");
    let place = fs::canonicalize(dir.path()).expect("the folder is there").display().to_string();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&place, "D");
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn check(file: &str, args: &[&str], expected: (i32, &str, &str)) {
    let (code, stdout, stderr) = run(file, args);
    assert_eq!((code, &*stdout, &*stderr), expected, "{args:?} with {file}");
}

#[test]
fn a_check_lists_errors_and_warnings_and_fails_on_errors() {
    let file = "{\"server\": {\"workers\": 4, \"colour\": 1}}";
    let warning = "warning: D/daemon.conf:1:37: server.colour: unknown key\n";
    check(file, &["--check-config"], (0, &format!("{warning}The configuration is good.\n"), ""));
    let error = "error: D/daemon.conf:2:12: server.workers: Invalid number of worker threads: 65 \
                 (must be 1-64)\n";
    check("{\"server\": {\n\"workers\": 65}}", &["--check-config"], (1, error, ""));
}

#[test]
fn a_bad_file_ends_the_start_with_its_place() {
    let said = "D/daemon.conf:1:12: server: Invalid section: 5 (must be an object)\n";
    check("{\"server\": 5}", &[], (1, "", said));
    let missing = "D/gone: No such file or directory (os error 2)\n";
    check("{}", &["-c", "gone"], (1, "", missing));
}

#[test]
fn what_is_printed_can_be_read_by_programs_and_by_the_daemon() {
    let file = "{\"daemon\": {\"worker_threads\": 7}}";
    let (code, printed, _) = run(file, &["--print-config=json", "-m", "9"]);
    let json: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &json["server"]["workers"]), (0, &Value::from(7)), "{printed}");
    assert_eq!(json["server"]["max_connections"], 9);
    check(&printed, &["--check-config"], (0, "The configuration is good.\n", ""));
    let (_, text, _) = run(file, &["--print-config", "-m", "9"]);
    assert!(text.contains("# file line 1, daemon.worker_threads\n"), "{text}");
    assert!(text.contains("# option -m\n"), "{text}");
    assert!(text.contains("# environment GOXEL_CONFIG_FILE\n"), "{text}");
}

#[test]
fn the_sample_and_the_example_of_the_manual_are_good() {
    let read = |name: &str| fs::read_to_string(workspace_root().join(name)).unwrap();
    let manual = read("docs/man/goxel-daemon.conf.5");
    let examples = manual.split_once(".SH EXAMPLES\n.EX\n").unwrap().1;
    let example = examples.split_once(".EE").unwrap().0;
    for text in [read("daemon/dist/goxel-daemon.conf").as_str(), example] {
        check(text, &["--check-config"], (0, "The configuration is good.\n", ""));
    }
}
