//! What it costs to keep what is acknowledged, and how fast it comes back.

use goxel_bench::load::{Load, Place, Replies, row, title};
use goxel_bench::{figure, is_wanted, report, report_with, scenes};
use goxel_engine::command::{Author, Command};
use goxel_engine::format::gox;
use goxel_engine::project::Project;
use goxel_engine::scene::Scene;
use goxel_engine::volume::Coord;
use goxel_rpc::journal::{Log, Manifest};
use goxel_rpc::{Config, Decoded, Facts, Host, Scope, Session, Step, decode};
use goxel_support::{Daemon, Signal, temp_dir};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::json;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    disk();
    throughput();
    replay();
    recovery();
    checkpoint();
}

/// What the disk can do by itself: clients that wait for a sync can do no more than one thing each in
/// that time.
fn disk() {
    const SYNCS: u32 = 200;
    let folder = temp_dir();
    let mut file = fs::File::create(folder.path().join("file")).expect("the folder is there");
    let begun = Instant::now();
    for _ in 0..SYNCS {
        file.write_all(&[0; 1024]).expect("there is room");
        file.sync_data().expect("it can be synced");
    }
    let each = begun.elapsed() / SYNCS;
    println!(
        "the disk syncs in {} us: 50 clients that wait for it, {:.0} ops/s at most",
        each.as_micros(),
        50.0 / each.as_secs_f64()
    );
}

/// `add_voxel` with a journal, the peer being the same daemon without one.
fn throughput() {
    title("add_voxel with a journal beside none, ops/s");
    let without = daemon(&["--no-journal"]);
    for (policy, clients, pipeline) in [
        ("interval", 1, 1),
        ("interval", 16, 1),
        ("interval", 50, 1),
        ("interval", 16, 16),
        ("interval", 50, 64),
        ("never", 50, 1),
        ("always", 1, 1),
        ("always", 50, 1),
        ("always", 50, 16),
    ] {
        let name = format!("{policy}, {clients} clients, pipelines of {pipeline}");
        if !is_wanted(&name) {
            continue;
        }
        let with = daemon(&["--fsync", policy]);
        let load = |daemon: &Daemon| {
            Load::new(Place::Unix(daemon.socket()), [clients, pipeline], Replies::Lines, &add_voxel)
        };
        row(&name, &mut [load(&with), load(&without)]);
    }
}

fn daemon(args: &[&str]) -> Daemon {
    let daemon = Daemon::start(args);
    daemon.client().result("create_project", json!(["load"]));
    daemon
}

fn add_voxel(number: u64) -> Vec<u8> {
    let (x, y, z) = (number % 256, number / 256 % 256, number / 65536 % 64);
    format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"goxel.add_voxel\",\"params\":[{x},{y},{z},200,{},40,255],\"id\":{number}}}\n",
        number % 255
    )
    .into_bytes()
}

/// Edits of one project made again, by one thread; the project must be what it was.
fn replay() {
    const EDITS: usize = 1_000_000;
    const FRAME: usize = 50;
    let name = "replay of 1 M add_voxel, 50 a frame";
    if !is_wanted(name) {
        return;
    }
    goxel_bench::title("replay");
    let log = Log::read(&Manifest::nothing(), []).expect("nothing is sound");
    let mut session = Session::resume(Config::default(), &log, Vec::new());
    session.set_journal_room(usize::MAX, "");
    let host: Arc<dyn Host> = Arc::new(Nowhere);
    ask(
        &mut session,
        &host,
        br#"{"jsonrpc":"2.0","method":"create_project","params":["p"],"id":1}"#,
    );
    let mut frames = Vec::new();
    for number in 0..EDITS as u64 {
        ask(&mut session, &host, &add_voxel(number));
        if number as usize % FRAME == FRAME - 1 {
            frames.push((frames.len() as u64 + 1, session.journal().to_vec()));
            session.journal_kept(frames.len() as u64);
        }
    }
    let size: usize = frames.iter().map(|(_, bytes)| bytes.len()).sum();
    figure("bytes of the journal an edit", &format!("{:.1}", size as f64 / EDITS as f64));
    report(name, 5, EDITS as u64, || {
        let frames = frames.iter().map(|(number, bytes)| (*number, bytes.as_slice()));
        let log = Log::read(&Manifest::nothing(), frames).expect("it was just written");
        let rebuilt = log.rebuild(1, None, &Config::default()).expect("it was just written");
        assert_eq!(rebuilt.edits, EDITS);
        rebuilt
    });
}

/// Carries out a request, a job too.
fn ask(session: &mut Session, host: &Arc<dyn Host>, message: &[u8]) {
    let mut scope = Scope::new();
    let mut line = String::new();
    if session.answer_quickly(message, &scope, |_| true, &mut line) {
        return;
    }
    let Decoded::Single(request) = decode(message) else { panic!("it is a request") };
    let outcome = match session.start(&request, &mut scope, host) {
        Step::Done(outcome) => outcome,
        Step::Job(job) => session.finish(job.run(host.as_ref()), Some(&mut scope)),
    };
    outcome.expect("it is carried out");
}

/// A host without files.
struct Nowhere;

impl Host for Nowhere {
    fn read_file(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn write_file(&self, _: &str, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn unix_seconds(&self) -> u64 {
        0
    }

    fn clock(&self) -> Duration {
        Duration::ZERO
    }

    fn facts(&self) -> Facts {
        Facts::default()
    }

    fn render_threads(&self) -> usize {
        1
    }
}

/// A worker that is killed with a million voxels and a million edits in its journal.
fn recovery() {
    const EDITS: u64 = 1_000_000;
    let name = "killed to serving, 1 M voxels and 1 M edits";
    if !is_wanted(name) {
        return;
    }
    goxel_bench::title("recovery");
    let daemon = daemon(&[]);
    let mut load = Load::new(Place::Unix(daemon.socket()), [4, 256], Replies::Lines, &add_voxel);
    while load.answered() < EDITS {
        load.run(Duration::from_millis(200));
    }
    drop(load);
    let voxels = daemon.client().result("get_status", json!([]))["voxel_count"].clone();
    let mut daemon = Some(daemon);
    report_with(
        name,
        3,
        EDITS,
        || (),
        |()| {
            let mut running = daemon.take().expect("it is put back");
            let worker = Pid::from_raw(i32::try_from(running.worker()).expect("numbers are small"));
            kill(worker, Signal::SIGKILL).expect("the worker runs");
            assert_eq!(voxels_as_soon_as_told(running.socket()), voxels);
            daemon = Some(running);
        },
    );
}

/// Asks until it is answered: the worker that was killed may have let somebody in.
fn voxels_as_soon_as_told(socket: &Path) -> serde_json::Value {
    let ask = || {
        let mut stream = UnixStream::connect(socket)?;
        stream.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"get_status\",\"id\":1}\n")?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        serde_json::from_str::<serde_json::Value>(&line).map_err(io::Error::from)
    };
    loop {
        if let Ok(status) = ask() {
            return status["result"]["voxel_count"].clone();
        }
    }
}

/// The longest that a client waits while a large project is checkpointed again and again, beside the
/// same without a journal; and what a checkpoint weighs.
fn checkpoint() {
    let name = "longest wait beside checkpoints of 10 M voxels";
    if !is_wanted(name) {
        return;
    }
    goxel_bench::title("checkpoints");
    let land = land();
    let gox = gox::encode(&land).expect("it can be written");
    println!("{} voxels, {:.2} MB as .gox", land.filled(), gox.len() as f64 / 1e6);
    for (what, args) in [("with a journal", &[][..]), ("without", &["--no-journal"])] {
        let daemon = Daemon::start(args);
        fs::write(daemon.dir().join("land.gox"), &gox).expect("the folder is there");
        daemon.client().result("load_project", json!({"path": "land.gox"}));
        let longest = longest_wait(&daemon);
        figure(&format!("{name}, {what}"), &format!("{:.1} ms", longest.as_secs_f64() * 1e3));
        let size = size_of_checkpoint(daemon.dir());
        if size > 0 {
            let ratio = size as f64 / gox.len() as f64;
            figure("a checkpoint beside .gox", &format!("{:.2} MB {ratio:.2}x", size as f64 / 1e6));
        }
    }
}

/// Columns under a height field, as in `terrain256`, of a wider land.
fn land() -> Scene {
    let columns = (0..288u32).flat_map(|y| (0..288u32).map(move |x| (x, y)));
    let column = |(x, y): (u32, u32)| {
        let place = move |z| (Coord::new(x as i32, y as i32, z as i32), scenes::color(x, y, z));
        (0..=scenes::height(x, y, 288)).map(place)
    };
    let mut project = Project::new();
    for voxels in columns.collect::<Vec<_>>().chunks(288 * 16) {
        let voxels = voxels.iter().copied().flat_map(column).collect();
        let edit = Command::SetVoxels { layer: None, voxels };
        project.apply(edit, Author::default()).expect("there is room");
    }
    project.scene().clone()
}

/// While others edit for some seconds, which fills the journal more than once.
fn longest_wait(daemon: &Daemon) -> Duration {
    const TIME: Duration = Duration::from_secs(6);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (done, socket) = (&done, daemon.socket());
        scope.spawn(move || {
            let mut load = Load::new(Place::Unix(socket), [4, 64], Replies::Lines, &add_voxel);
            load.run(TIME);
            done.store(true, Ordering::Relaxed);
        });
        let (mut client, mut longest) = (daemon.client(), Duration::ZERO);
        while !done.load(Ordering::Relaxed) {
            let asked = Instant::now();
            client.result("ping", json!([]));
            longest = longest.max(asked.elapsed());
            thread::sleep(Duration::from_micros(200));
        }
        longest
    })
}

fn size_of_checkpoint(state: &Path) -> u64 {
    let mut folders = vec![state.to_owned()];
    let mut size = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the state is there").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|it| it == "project") => {
                    size += entry.metadata().map_or(0, |it| it.len());
                }
                _ => {}
            }
        }
    }
    size
}
