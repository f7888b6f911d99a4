//! What the founding pages print, done as a reader would do it: their clients, command lines,
//! scripts and configurations, against a real daemon.
//!
//! The pages: the status page of v14, its migration guide, the connection plan. One thing is
//! changed in a printed text: the fixed places and ports in it become those of a [`Site`].

use goxel_support::place::{send, until};
use goxel_support::{
    Client, Daemon, Signal, TempDir, daemon_program, skip, temp_dir, tool, workspace_root,
};
use serde_json::{Value, json};
use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The fixed places of the pages, all of them in one folder, and two ports that were free.
struct Site {
    dir: TempDir,
    ports: [u16; 2],
}

/// Programs that the pages call and no test should: nobody needs more rights in a folder of their
/// own, and no service manager may be disturbed.
const STAND_INS: [(&str, &str); 2] =
    [("sudo", "#!/bin/sh\nexec \"$@\"\n"), ("systemctl", "#!/bin/sh\nexit 1\n")];

impl Site {
    fn new() -> Site {
        let dir = temp_dir();
        symlink(daemon_program(), dir.path().join("goxel-daemon")).expect("the folder is ours");
        for (name, text) in STAND_INS {
            let path = dir.path().join(name);
            fs::write(&path, text).expect("the folder is ours");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .expect("the folder is ours");
        }
        let held = [(); 2].map(|()| listening_at(0));
        let ports = held.each_ref().map(port_of);
        Site { dir, ports }
    }

    /// A printed text with the places of this site.
    fn here(&self, printed: &str) -> String {
        let dir = self.dir.path().display().to_string();
        let [port, other] = self.ports.map(|port| port.to_string());
        let text = printed.replace("8080", &port).replace("8081", &other);
        // The folder itself may be inside /tmp: that goes first.
        let places =
            ["/tmp", "/usr/local/bin", "/opt/homebrew/var/run", "/var/run", "/var/log", "/etc"];
        places.iter().fold(text, |text, place| text.replace(place, &dir))
    }

    fn path(&self, printed: &str) -> PathBuf {
        PathBuf::from(self.here(printed))
    }

    /// A program in the folder of this site, with nothing of the caller's settings.
    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("GOXEL_") {
                command.env_remove(name);
            }
        }
        let path = env::var("PATH").expect("programs are found by their names");
        command.env("PATH", format!("{}:{path}", self.dir.path().display()));
        command.env("XDG_STATE_HOME", self.dir.path());
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs a printed command line or script to its end.
    fn run(&self, printed: &str) -> Output {
        let line = self.here(printed);
        self.command("bash", &["-c", &line]).output().expect("bash can be started")
    }

    /// What it printed, if it succeeded.
    #[track_caller]
    fn output(&self, printed: &str) -> String {
        let output = self.run(printed);
        assert!(output.status.success(), "{printed}: {output:?}");
        String::from_utf8(output.stdout).expect("it prints text")
    }

    /// Runs a printed command line that serves, until its socket listens.
    #[track_caller]
    fn serve(&self, printed: &str, socket: &str) -> Served {
        // Without `exec` a signal would reach the shell only.
        let line = self.here(&format!("exec {printed}"));
        let mut command = self.command("bash", &["-c", &line]);
        let said = File::create(self.dir.path().join("stderr")).expect("the folder is ours");
        let mut served = Served(command.stderr(said).spawn().expect("bash can be started"));
        until(
            || served.has_ended() || UnixStream::connect(self.path(socket)).is_ok(),
            || format!("{line} does not listen at {socket}"),
        );
        assert!(!served.has_ended(), "{line} has ended: {}", self.stderr());
        served
    }

    /// The guide's service, with another printed configuration.
    #[track_caller]
    fn configured(&self, printed: &str) -> Served {
        let file = self.path(CONFIGURATION);
        fs::create_dir_all(file.parent().unwrap_or(&file)).expect("the folder is ours");
        fs::write(file, self.here(printed)).expect("the folder is ours");
        self.serve(SERVICE, SOCKET)
    }

    /// What the last daemon said there.
    fn stderr(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr")).unwrap_or_default()
    }
}

/// A daemon, stopped when dropped.
struct Served(Child);

impl Served {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("it is a child of ours").is_some()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if !self.has_ended() {
            send(self.0.id().cast_signed(), Signal::SIGTERM);
            // It is a child of ours: this returns when it has ended.
            let _ = self.0.wait();
        }
    }
}

fn listening_at(port: u16) -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free")
}

fn port_of(socket: &TcpListener) -> u16 {
    socket.local_addr().expect("it is bound").port()
}

/// Whether all these programs are there; says so if one is not.
fn has(tools: &[&str]) -> bool {
    let missing = tools.iter().find(|name| tool(name).is_none());
    missing.map(|name| skip(name, "the founding pages use it")).is_none()
}

/// Status page, "Python Example".
const PYTHON_CLIENT: &str = r#"
import json
import socket

sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
sock.connect('/tmp/goxel.sock')

request = {
    "jsonrpc": "2.0",
    "method": "create_project",
    "params": {"name": "my_project"},
    "id": 1
}

sock.send(json.dumps(request).encode() + b'\n')
response = json.loads(sock.recv(4096).decode())
"#;

#[test]
fn the_python_client_of_the_status_page_gets_its_answer() {
    if !has(&["python3"]) {
        return;
    }
    let site = Site::new();
    let socket = "/tmp/goxel.sock";
    let _daemon = site.serve("./goxel-daemon --foreground --socket /tmp/goxel.sock", socket);
    // The page does not show what it got.
    let shown = format!("{}\nprint(json.dumps(response))", site.here(PYTHON_CLIENT));
    let output = site.command("python3", &["-c", &shown]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let response: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(response["id"], 1);
    assert_eq!(response["result"]["name"], "my_project");
}

#[test]
fn the_program_starts_as_the_pages_start_it() {
    let site = Site::new();
    drop(site.serve("./goxel-daemon --socket /var/run/goxel.sock", "/var/run/goxel.sock"));
    assert!(!site.path("/var/run/goxel.sock").exists());
    let version = site.output("./goxel-daemon --version");
    let expected = format!("Goxel v{} Daemon", env!("CARGO_PKG_VERSION"));
    assert!(version.lines().any(|line| line == expected), "{version}");
    // With settings of v13.4 that a shell may still export.
    site.output(
        "export GOXEL_HEADLESS_MODE=1\nexport GOXEL_CLI_TIMEOUT=30\n\
         export GOXEL_CLI_BATCH_SIZE=100\n./goxel-daemon --test-mode",
    );
}

/// Migration guide 1.2: the configuration.
const CONFIGURE: &str = r#"
sudo mkdir -p /etc/goxel
sudo tee /etc/goxel/daemon.conf << EOF
{
  "daemon": {
    "socket_path": "/tmp/goxel-daemon.sock",
    "tcp_port": 8080,
    "max_connections": 50,
    "timeout_ms": 30000,
    "enable_tcp": true,
    "enable_unix_socket": true
  },
  "performance": {
    "cache_size_mb": 128,
    "batch_size": 1000,
    "auto_gc": true
  },
  "logging": {
    "level": "info",
    "file": "/var/log/goxel-daemon.log"
  }
}
EOF
"#;

/// Migration guide 4.1.
const PRODUCTION: &str = r#"{
  "daemon": {
    "socket_path": "/tmp/goxel-daemon.sock",
    "tcp_port": 8080,
    "max_connections": 50,
    "timeout_ms": 30000,
    "enable_tcp": true,
    "enable_unix_socket": true,
    "worker_threads": 4
  },
  "performance": {
    "cache_size_mb": 256,
    "batch_size": 1000,
    "auto_gc": true,
    "gc_threshold_mb": 200
  },
  "monitoring": {
    "enable_metrics": true,
    "metrics_interval_ms": 5000,
    "performance_logging": true,
    "slow_request_threshold_ms": 10
  },
  "reliability": {
    "enable_health_checks": true,
    "health_check_interval_ms": 30000,
    "max_memory_mb": 512,
    "restart_on_memory_limit": true
  },
  "logging": {
    "level": "info",
    "file": "/var/log/goxel-daemon.log",
    "max_size_mb": 100,
    "rotate_files": 5
  }
}"#;

/// Migration guide, "v14.0 Daemon Configuration".
const SHORT: &str = r#"{
  "daemon": {
    "socket_path": "/tmp/goxel-daemon.sock",
    "tcp_port": 8080,
    "max_connections": 50,
    "timeout_ms": 30000
  },
  "performance": {
    "batch_size": 1000,
    "cache_size_mb": 128,
    "auto_gc": true
  }
}"#;

/// What the service of the guide runs, in the environment it gives.
const SERVICE: &str =
    "env GOXEL_LOG_LEVEL=info /usr/local/bin/goxel-daemon --config /etc/goxel/daemon.conf";
const SOCKET: &str = "/tmp/goxel-daemon.sock";
const CONFIGURATION: &str = "/etc/goxel/daemon.conf";

/// A daemon as the guide configures and starts it.
fn service(site: &Site) -> Served {
    site.output(CONFIGURE);
    site.serve(SERVICE, SOCKET)
}

#[test]
fn curl_and_jq_find_the_service_healthy_with_each_configuration() {
    if !has(&["curl", "jq"]) {
        return;
    }
    let site = Site::new();
    let first = CONFIGURE.split_once("<< EOF\n").unwrap().1.strip_suffix("EOF\n").unwrap();
    for configuration in [first, PRODUCTION, SHORT] {
        let _daemon = site.configured(configuration);
        let shown = site.output("curl -s http://localhost:8080/health | jq");
        // Pretty, as jq shows it: one member a line.
        assert!(shown.contains("\n  \"status\": \"healthy\",\n"), "{configuration}: {shown}");
    }
}

/// The guide's service runs as a user who can make no file in /var/log.
#[test]
fn a_service_that_may_not_write_its_log_file_serves_and_says_so() {
    let site = Site::new();
    site.output(CONFIGURE);
    // This file refuses even root.
    symlink("/proc/sys/kernel/ostype", site.path("/var/log/goxel-daemon.log")).unwrap();
    let daemon = site.serve(SERVICE, SOCKET);
    drop(daemon);
    let said = site.stderr();
    assert!(said.contains("goxel-daemon.log: "), "{said}");
    assert!(said.contains("; logging to stderr\n"), "{said}");
    // Nobody would read the stderr of this one.
    let output = site.run(&format!("{SERVICE} --daemonize --pid-file /tmp/pid"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// Migration guide 4.2.
const MONITOR: &str = r#"
cat > /usr/local/bin/goxel-monitor.sh << 'EOF'
#!/bin/bash

# Health check
if ! curl -s http://localhost:8080/health > /dev/null; then
    echo "CRITICAL: Daemon health check failed"
    systemctl restart goxel-daemon
    exit 1
fi

# Performance check
response_time=$(curl -w "%{time_total}" -s -o /dev/null http://localhost:8080/health)
if (( $(echo "$response_time > 0.1" | bc -l) )); then
    echo "WARNING: High response time: ${response_time}s"
fi

# Memory check
memory_usage=$(ps -o pid,ppid,cmd,%mem -p $(pgrep goxel-daemon) | tail -1 | awk '{print $4}')
if (( $(echo "$memory_usage > 80" | bc -l) )); then
    echo "WARNING: High memory usage: ${memory_usage}%"
fi

echo "OK: Daemon is healthy"
EOF

chmod +x /usr/local/bin/goxel-monitor.sh
"#;

#[test]
fn the_monitoring_script_tells_a_daemon_from_none() {
    if !has(&["curl", "bc", "ps", "pgrep", "awk"]) {
        return;
    }
    let site = Site::new();
    site.output(MONITOR);
    let daemon = service(&site);
    let said = site.output("/usr/local/bin/goxel-monitor.sh");
    assert_eq!(said.lines().last(), Some("OK: Daemon is healthy"), "{said}");
    drop(daemon);
    let output = site.run("/usr/local/bin/goxel-monitor.sh");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"CRITICAL: Daemon health check failed\n");
}

#[test]
fn who_has_a_port_is_told_and_another_is_set_as_the_guide_says() {
    if !has(&["curl", "lsof"]) {
        return;
    }
    let site = Site::new();
    let _taken = listening_at(site.ports[0]);
    site.output(CONFIGURE);
    let output = site.run(SERVICE);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let (port, us) = (site.ports[0], std::process::id());
    assert!(said.contains(&format!("port {port} is taken by ")), "{said}");
    assert!(said.contains(&format!("(PID: {us}); set daemon.tcp_port")), "{said}");
    let found = site.output("sudo lsof -i :8080");
    assert!(found.contains(&format!(" {us} ")), "{found}");
    site.output(r#"echo '{"daemon": {"tcp_port": 8081}}' > /etc/goxel/daemon.conf"#);
    // This file names no socket, and the built-in place is everybody's.
    let _daemon = site.serve(&format!("{SERVICE} --socket {SOCKET}"), SOCKET);
    let health = site.output("curl -s http://localhost:8081/health");
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!(health["status"], "healthy");
}

#[test]
fn the_socket_is_opened_to_all_as_the_guide_says() {
    let site = Site::new();
    let _daemon = service(&site);
    // Who runs the tests may have no $USER.
    site.output(
        "USER=$(id -u)\nsudo chown $USER:$USER /tmp/goxel-daemon.sock\n\
         chmod 666 /tmp/goxel-daemon.sock",
    );
    let mode = fs::metadata(site.path(SOCKET)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
    UnixStream::connect(site.path(SOCKET)).unwrap();
}

/// The calls of the guide's TypeScript programs as they are on the wire, and what those look at.
#[test]
fn the_calls_of_the_guides_programs_have_what_they_look_at() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    let mut check = |method: &str, params: &Value, field: &str, expected: Value| {
        let result = client.result(method, params.clone());
        assert_eq!(result[field], expected, "{method} {params}: {result}");
        result
    };
    let red = json!([255, 0, 0, 255]);
    let eye = json!({"position": [10, 10, 10], "target": [0, -16, 0], "up": [0, 1, 0], "fov": 45});
    let file = json!({"file_path": "./compatibility-test-v14.gox"});
    let project = json!({"name": "Migration Test Project", "template": "empty"});
    check("create_project", &project, "name", json!("Migration Test Project"));
    let at = json!({"position": [0, -16, 0]});
    let voxel = json!({"position": [0, -16, 0], "color": red});
    check("add_voxel", &voxel, "success", json!(true));
    check("get_voxel", &at, "exists", json!(true));
    check("get_voxel", &at, "color", red.clone());
    let picture = json!({"width": 256, "height": 256, "camera": eye});
    let rendered = check("render_image", &picture, "width", json!(256));
    assert!(rendered["render_time_ms"].as_f64() > Some(0.0), "{rendered}");
    check("save_project", &file, "success", json!(true));
    check("load_project", &file, "name", json!("compatibility-test-v14"));
    check("get_voxel", &at, "color", red.clone());
    check("add_voxel_batch", &json!({"voxels": [voxel]}), "added", json!(1));
    let begun = Instant::now();
    for i in 0..100 {
        let voxel = json!({"position": [i % 10, -16, i / 10], "color": red});
        check("add_voxel", &voxel, "success", json!(true));
    }
    // "Should be under 5ms per operation".
    assert!(begun.elapsed() < Duration::from_millis(5) * 100, "{:?}", begun.elapsed());
}

/// Connection plan, "Health Monitoring".
#[test]
fn the_health_file_of_the_connection_plan_follows_the_daemon() {
    let site = Site::new();
    let file = site.path("/opt/homebrew/var/run/goxel/health.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    let configuration = json!({
        "daemon": {"socket_path": SOCKET},
        "monitoring": {"health_file": "/opt/homebrew/var/run/goxel/health.json"},
        "reliability": {"health_check_interval_ms": 100},
    });
    let daemon = site.configured(&configuration.to_string());
    let health = || fs::read(&file).ok().and_then(|it| serde_json::from_slice(&it).ok());
    let clients = || health().map(|health: Value| health["active_connections"].clone());
    until(|| clients() == Some(json!(0)), || format!("{:?}: {}", health(), site.stderr()));
    let _client = UnixStream::connect(site.path(SOCKET)).unwrap();
    until(|| clients() == Some(json!(1)), || format!("{:?}: {}", health(), site.stderr()));
    let health = health().unwrap();
    assert_eq!(
        (&health["worker_pool_healthy"], &health["status"]),
        (&json!(true), &json!("healthy"))
    );
    assert!(
        health["memory_usage"].as_u64() > Some(0) && health["uptime_seconds"].is_u64(),
        "{health}"
    );
    drop(daemon);
    assert!(!file.exists());
}

/// What the guide's load test does.
#[test]
fn ten_clients_at_once_each_make_a_project_and_a_hundred_voxels() {
    let daemon = Daemon::start(&[]);
    let socket = daemon.socket();
    let work = |number: usize| {
        let mut client = Client::connect(socket);
        let name = format!("Load Test Project {number}");
        assert_eq!(client.result("create_project", json!({"name": name}))["name"], name);
        for i in 0..100 {
            let (at, color) = ([i % 10, -16, i / 10], [255, number * 25, 0, 255]);
            let made = client.result("add_voxel", json!({"position": at, "color": color}));
            assert_eq!(made["color"], json!(color));
        }
    };
    thread::scope(|scope| (0..10).for_each(|number| _ = scope.spawn(move || work(number))));
}

/// Runs a printed line in the repository, with one more variable.
fn in_repository(line: &str, name: &str, value: impl AsRef<Path>) -> String {
    let mut bash = Command::new("bash");
    bash.args(["-c", line]).env(name, value.as_ref()).current_dir(workspace_root());
    let output = bash.stdin(Stdio::null()).output().expect("bash can be started");
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Connection plan, "Integration Tests".
#[test]
fn the_python_programs_of_the_connection_plan_pass() {
    if !has(&["python3"]) {
        return;
    }
    let printed = [
        "python3 tests/stability/test_bulk_operations.py",
        "python3 tests/stability/test_connection_recovery.py",
        "python3 tests/stability/test_concurrent_clients.py",
    ];
    for line in printed {
        let said = in_repository(line, "GOXEL_DAEMON_BINARY", daemon_program());
        assert!(said.lines().any(|line| line.starts_with("OK: ")), "{line}: {said}");
    }
}

/// Connection plan, "Unit Tests" and "Load Tests". Told to start nothing, make names the tests it
/// would run; all of them run anyway.
#[test]
fn the_targets_and_scripts_of_the_connection_plan_run_tests_that_are_there() {
    if !has(&["make"]) {
        return;
    }
    let printed = [
        ("make test-protocol-detection", "--test daemon_protocols"),
        ("make test-connection-lifecycle", "--test daemon_life "),
        ("make test-error-recovery", "--test daemon_wire "),
        ("./tests/load/simulate_clients.sh 100", "GOXEL_CLIENTS=100 "),
        ("./tests/stability/long_run.sh", "GOXEL_MIXED_SECONDS=$((24 * 3600)) "),
    ];
    for (line, expected) in printed {
        let said = in_repository(line, "MAKEFLAGS", "n");
        assert!(said.contains(expected), "{line}: {said}");
        let named = said.split("--test ").skip(1).filter_map(|it| it.split_whitespace().next());
        let files: Vec<_> = named.map(|name| format!("tests/{name}.rs")).collect();
        let missing = files.iter().find(|file| !workspace_root().join(file).is_file());
        assert!(!files.is_empty() && missing.is_none(), "{line}: {said}");
    }
}
