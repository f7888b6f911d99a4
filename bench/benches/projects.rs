//! Projects beside each other: slow edits of one and of two at once, and what a third one's client
//! sees of it.
//!
//! A busy project is one whose client sends a slow edit as soon as the one before is answered. Each
//! reply has to tell of success, and the voxels are in the projects afterwards.

use goxel_bench::is_wanted;
use goxel_support::{Client, Daemon};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// How long one run takes, and how many there are of each kind.
const TIME: Duration = Duration::from_millis(1500);
const RUNS: usize = 3;
const BUSY: [&str; 2] = ["one", "two"];
const CALM: &str = "three";

fn main() {
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    for id in BUSY.into_iter().chain([CALM]) {
        client.result("create_project", json!({"name": id, "project_id": id}));
    }
    let bench = Bench { socket: daemon.socket(), added: AtomicU64::new(0) };
    println!(
        "\n{:<44} {:>7} {:>7} {:>7} {:>8}  add_voxel/s of a third project: 0, 1, 2 busy",
        "slow edits/s with 1 and 2 busy projects", "1", "2", "ratio", "machine"
    );
    bench.row("sphere of 160, 2.1 M voxels", sphere);
    bench.row("add_voxels, a list of 100,000", list);
    let count = |client: &mut Client, id| {
        client.result("get_status", json!({"project_id": id}))["voxel_count"].as_u64()
    };
    assert_eq!(count(&mut client, CALM), Some(bench.added.into_inner()), "one for each reply");
}

/// A request of a slow edit of that project; two colours, so that each edit changes something.
type Edit = fn(project: &str, number: u8) -> Value;

fn sphere(project: &str, number: u8) -> Value {
    json!({
        "jsonrpc": "2.0", "id": number, "method": "procedural_shape",
        "params": {
            "project_id": project, "shape_type": "sphere", "size": 160, "center": [0, 0, 0],
            "color": [200, 40 * number, 40, 255],
        },
    })
}

fn list(project: &str, number: u8) -> Value {
    let voxel = |at: u32| json!([at % 100, at / 100 % 100, at / 10_000, 200, 40 * number, 40, 255]);
    let voxels: Vec<_> = (0..100_000).map(voxel).collect();
    json!({
        "jsonrpc": "2.0", "id": number, "method": "add_voxels",
        "params": {"project_id": project, "voxels": voxels},
    })
}

struct Bench<'a> {
    socket: &'a Path,
    /// Voxels that the third project's client has added.
    added: AtomicU64,
}

/// What one run has seen, in a second.
#[derive(Clone, Copy, Default)]
struct Rates {
    slow: f64,
    quick: f64,
}

impl Bench<'_> {
    fn row(&self, name: &str, edit: Edit) {
        if !is_wanted(name) {
            return;
        }
        let texts = BUSY.map(|id| [0, 1].map(|number| format!("{}\n", edit(id, number))));
        // In turns, so that whatever else the machine does is borne by all kinds.
        let kinds: [(usize, usize); 5] = [(1, 0), (2, 0), (0, 1), (1, 1), (2, 1)];
        let round = |_| (kinds.map(|(busy, calm)| self.run(&texts[..busy], calm)), machine());
        let (rounds, machines): (Vec<_>, Vec<_>) = (0..RUNS).map(round).unzip();
        let [alone, both, none, beside_one, beside_two] = [0, 1, 2, 3, 4]
            .map(|kind| middle(&rounds.iter().map(|round| round[kind]).collect::<Vec<_>>()));
        println!(
            "{name:<44} {:>7.1} {:>7.1} {:>6.2}x {:>7.2}x",
            alone.slow,
            both.slow,
            both.slow / alone.slow,
            median(machines)
        );
        println!(
            "{:<44} {:>7.1} {:>7.1} {:>6.2}x {:>8}  {:.0}, {:.0}, {:.0}",
            "  while a third project is edited",
            beside_one.slow,
            beside_two.slow,
            beside_two.slow / beside_one.slow,
            "",
            none.quick,
            beside_one.quick,
            beside_two.quick
        );
    }

    /// So many projects busy with their texts, and so many clients at the third one.
    fn run(&self, texts: &[[String; 2]], calm: usize) -> Rates {
        thread::scope(|scope| {
            let busy: Vec<_> = texts.iter().map(|text| scope.spawn(|| self.slow(text))).collect();
            let calm: Vec<_> = (0..calm).map(|_| scope.spawn(|| self.quick())).collect();
            Rates { slow: sum(busy), quick: sum(calm) }
        })
    }

    fn slow(&self, texts: &[String; 2]) -> f64 {
        let mut client = Client::connect(self.socket);
        rate(|number| ask(&mut client, &texts[number as usize % 2]))
    }

    fn quick(&self) -> f64 {
        let mut client = Client::connect(self.socket);
        rate(|_| {
            let number = self.added.fetch_add(1, Ordering::Relaxed);
            let (x, y, z) = (number % 256, number / 256 % 256, number / 65536);
            ask(
                &mut client,
                &format!(
                    "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"goxel.add_voxel\",\"params\":\
                     {{\"project_id\":\"{CALM}\",\"x\":{x},\"y\":{y},\"z\":{z},\
                     \"color\":[200,40,40,255]}}}}\n"
                ),
            );
        })
    }
}

fn ask(client: &mut Client, text: &str) {
    client.send(text);
    let line = client.receive_line().expect("the daemon answers");
    assert!(line.contains("\"success\":true"), "{line}");
}

/// How often a second that can be done one after the other.
fn rate(mut work: impl FnMut(u64)) -> f64 {
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < TIME {
        work(count);
        count += 1;
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

fn sum(threads: Vec<ScopedJoinHandle<'_, f64>>) -> f64 {
    threads.into_iter().map(|it| it.join().expect("each reply is a success")).sum()
}

/// The middle of each.
fn middle(runs: &[Rates]) -> Rates {
    let slow = runs.iter().map(|run| run.slow).collect();
    let quick = runs.iter().map(|run| run.quick).collect();
    Rates { slow: median(slow), quick: median(quick) }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// What two threads of arithmetic do of what one does, here and now: two projects gain no more.
fn machine() -> f64 {
    let sums = |_| _ = black_box((0..1_000_000u64).fold(0, |sum, one| black_box(sum ^ one)));
    let spin = |count| {
        thread::scope(|scope| sum((0..count).map(|_| scope.spawn(|| rate(sums))).collect()))
    };
    spin(2) / spin(1)
}
