//! `kill -9` at random points of streams of edits: what was acknowledged is there, what was not is
//! there as a whole or not at all, and what is there is what a daemon has that nothing happened to.

use goxel_support::Signal;
use goxel_support::place::{Finally, PATIENCE, PATIENT, Place, send, until};
use serde_json::{Value, json};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How long after an acknowledgement the blow comes at most, in microseconds.
const LATEST: u64 = 3000;

#[test]
fn two_hundred_kills_lose_nothing() {
    check_kills(200, "interval");
}

#[test]
fn kills_under_every_policy_lose_nothing() {
    for fsync in ["always", "never"] {
        check_kills(20, fsync);
    }
}

/// For hands: `GOXEL_KILLS=5000 cargo test --test daemon_kills as_many`.
#[test]
fn as_many_kills_as_are_asked_for_lose_nothing() {
    let asked = std::env::var("GOXEL_KILLS").ok().and_then(|text| text.parse::<u64>().ok());
    for round in 0..asked.unwrap_or(30).div_ceil(500) {
        let fsync = ["never", "interval", "always"][round as usize % 3];
        check_kills(asked.unwrap_or(30).min(500), fsync);
    }
}

/// Kills the worker so often while three clients edit, each its own project, and compares with a
/// daemon that keeps nothing and lives.
fn check_kills(kills: u64, fsync: &str) {
    let seed = match std::env::var("GOXEL_SEED") {
        Ok(text) => text.parse().expect("GOXEL_SEED is a number"),
        Err(_) => RandomState::new().hash_one("kills"),
    };
    println!("GOXEL_SEED={seed} {kills} kills, fsync {fsync}");
    let (mortal, model) = (Place::new(), Place::new());
    let config = mortal.configure(PATIENT);
    mortal.start(&["-c", &config, "--fsync", fsync]);
    model.start(&["--no-journal"]);
    let (acknowledged, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut editors: Vec<Editor> =
        (0..3).map(|number| Editor::new(number, seed, &mortal, &model)).collect();
    thread::scope(|scope| {
        for editor in &mut editors {
            let (acknowledged, done) = (&acknowledged, &done);
            scope.spawn(move || {
                let _finally = Finally(done);
                while !done.load(Ordering::Relaxed) {
                    acknowledged.fetch_add(editor.step(), Ordering::Relaxed);
                }
            });
        }
        let _finally = Finally(&done);
        let killed = kill_often(&mortal, Random(seed ^ 4711), &acknowledged, &done);
        assert_eq!(killed.take(kills as usize).count(), kills as usize, "an editor has failed");
    });
    let left = mortal.log().matches("is left out").count();
    assert_eq!(left, 0, "seed {seed}: {}", mortal.log());
    for editor in &mut editors {
        editor.compare_to_the_end(&mortal, &model);
    }
}

/// Kills a worker each time it is asked to, until it is done. Each serves a little before: one that
/// dies over its start again and again is another matter.
fn kill_often(
    place: &Place,
    mut random: Random,
    acknowledged: &AtomicU64,
    done: &AtomicBool,
) -> impl Iterator<Item = ()> {
    let (mut worker, mut kills) = (place.worker(), 0);
    std::iter::from_fn(move || {
        let until_then = acknowledged.load(Ordering::Relaxed) + 1 + random.below(6);
        let is_over = || done.load(Ordering::Relaxed);
        until(|| acknowledged.load(Ordering::Relaxed) >= until_then || is_over(), || place.log());
        thread::sleep(Duration::from_micros(random.below(LATEST)));
        if is_over() {
            return None;
        }
        send(worker, Signal::SIGKILL);
        kills += 1;
        // What was answered before the kill may be counted after it.
        until(|| place.log().matches("serving again").count() >= kills, || place.log());
        worker = place.worker();
        Some(())
    })
}

/// Numbers that look random, the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn within(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low) as u64) as i64
    }
}

/// Stands for the folder of the daemon that is asked.
const HERE: &str = "<here>";

/// A request and its parameters.
type Request = (&'static str, Value);

/// A client that edits a project in two daemons: one that dies, and one that does not.
struct Editor {
    id: String,
    seed: u64,
    random: Random,
    mortal: Peer,
    model: Peer,
    /// How often the project was opened.
    opened: u64,
}

impl Editor {
    fn new(number: u64, seed: u64, mortal: &Place, model: &Place) -> Editor {
        let (mortal, model) = (Peer::new(mortal), Peer::new(model));
        let mut editor = Editor {
            id: format!("house {number}"),
            seed,
            random: Random(seed.wrapping_add(number)),
            mortal,
            model,
            opened: 0,
        };
        let create = editor.request("goxel.create_project", json!({"name": "house"}));
        editor.carry_out(&[create, editor.save()]);
        editor
    }

    fn request(&self, method: &'static str, mut params: Value) -> Request {
        params["project_id"] = self.id.as_str().into();
        (method, params)
    }

    /// Has both make some edits, and says how many were acknowledged.
    fn step(&mut self) -> u64 {
        let most = 1 + self.random.below(6);
        let requests: Vec<Request> = (0..most).flat_map(|_| self.some_edit()).collect();
        self.carry_out(&requests)
    }

    /// What was not acknowledged is sent again, unless it turns out to have been done.
    fn carry_out(&mut self, mut requests: &[Request]) -> u64 {
        let mut acknowledged = 0;
        loop {
            let replies = self.mortal.ask(requests);
            acknowledged += replies.len() as u64;
            for (request, reply) in requests.iter().zip(&replies) {
                let expected = self.model.ask_one(request);
                assert_eq!(*reply, expected, "seed {}: {request:?}", self.seed);
            }
            requests = &requests[replies.len()..];
            if requests.is_empty() {
                return acknowledged;
            }
            requests = self.find_out(requests);
        }
    }

    /// Which of the requests in flight were done: the first ones, each as a whole. The others are
    /// the answer.
    fn find_out<'a>(&mut self, in_flight: &'a [Request]) -> &'a [Request] {
        let there = self.seen_by_mortal();
        let mut passed = vec![self.seen_by_model()];
        for (done, request) in in_flight.iter().enumerate() {
            if passed[done] == there {
                return &in_flight[done..];
            }
            self.model.ask_one(request);
            passed.push(self.seen_by_model());
        }
        if passed.last() == Some(&there) {
            return &[];
        }
        let passed: Vec<String> = passed.iter().map(Value::to_string).collect();
        panic!("seed {}: {there}\nis none of\n{}", self.seed, passed.join("\n"));
    }

    fn seen_by_mortal(&mut self) -> Value {
        let questions = self.questions();
        loop {
            let replies = self.mortal.ask(&questions);
            if replies.len() == questions.len() {
                return only(&self.id, replies);
            }
        }
    }

    fn seen_by_model(&mut self) -> Value {
        let replies = self.model.ask(&self.questions());
        only(&self.id, replies)
    }

    fn questions(&self) -> [Request; 4] {
        [
            ("goxel.list_projects", json!({})),
            self.request("goxel.list_layers", json!({})),
            self.request("goxel.get_color_histogram", json!({"layer_id": -2})),
            self.request("goxel.get_bounding_box", json!({"layer_id": -2, "exact": true})),
        ]
    }

    /// Most are small; some are slow, and made in a job.
    fn some_edit(&mut self) -> Vec<Request> {
        let random = &mut self.random;
        let mut at = || random.within(-20, 20);
        let (x, y, z, layer) = (at(), at(), at(), at() % 4);
        let color = [(x & 255), (y & 255), 77, 255];
        let kind = self.random.below(100);
        let size = self.random.within(1, 9);
        let (method, params) = match kind {
            0..35 => ("goxel.add_voxel", json!({"position": [x, y, z], "color": color})),
            35..45 => ("goxel.batch_operations", json!({"operations": self.operations()})),
            45..57 => ("goxel.undo", json!({})),
            57..65 => ("goxel.redo", json!({})),
            65..70 => ("goxel.remove_voxel", json!({"position": [x, y, z]})),
            70..75 => ("goxel.create_layer", json!({"name": format!("layer {x}")})),
            75..78 => ("goxel.delete_layer", json!({"layer_id": layer.abs() + 1})),
            78..81 => (
                "goxel.merge_layers",
                json!({"source_layer_id": layer.abs() + 1, "target_layer_id": 1}),
            ),
            81..84 => ("goxel.set_active_layer", json!({"layer_id": layer.abs() + 1})),
            84..87 => ("goxel.rename_layer", json!({"layer_id": 1, "name": format!("{x}{y}")})),
            87..91 => ("goxel.flood_fill", json!({"position": [x, y, z], "color": color})),
            91..94 => (
                "goxel.procedural_shape",
                json!({"shape": "sphere", "center": [x, y, z], "size": size, "color": color}),
            ),
            94..96 => (
                // More than 65,536 voxels.
                "goxel.procedural_shape",
                json!({"shape": "cube", "center": [x, y, z], "size": 42, "color": color}),
            ),
            96..98 => return vec![self.save()],
            _ => return self.open_anew(),
        };
        let mut request = self.request(method, params);
        request.1["author"] = (x & 3).into();
        vec![request]
    }

    fn path(&self) -> String {
        format!("{HERE}/{}.gox", self.id)
    }

    fn save(&self) -> Request {
        self.request("goxel.save_project", json!({"path": self.path()}))
    }

    fn operations(&mut self) -> Vec<Value> {
        let count = 1 + self.random.below(300);
        let operation = |random: &mut Random| {
            let kind = ["add", "add", "remove", "paint"][random.below(4) as usize];
            let at: Vec<i64> = (0..3).map(|_| random.within(-15, 15)).collect();
            json!({"op": kind, "position": at, "color": [random.below(256), 9, 200, 255]})
        };
        (0..count).map(|_| operation(&mut self.random)).collect()
    }

    /// Ends the project, and begins it again, sometimes with what was saved.
    fn open_anew(&mut self) -> Vec<Request> {
        self.opened += 1;
        let name = format!("house {}", self.opened);
        vec![
            self.save(),
            self.request("goxel.close_project", json!({})),
            match self.random.below(3) {
                0 => self.request("goxel.create_project", json!({"name": name})),
                _ => self.request("goxel.load_project", json!({"path": self.path()})),
            },
        ]
    }

    /// All voxels, all steps, all of it in a file.
    fn compare_to_the_end(&mut self, mortal: &Place, model: &Place) {
        let path = format!("{HERE}/end.gox");
        let save = self.request("goxel.save_project", json!({"path": path}));
        let undo = self.request("goxel.undo", json!({}));
        loop {
            assert_eq!(self.seen_by_mortal(), self.seen_by_model(), "seed {}", self.seed);
            for peer in [&mut self.mortal, &mut self.model] {
                let saved = peer.ask_one(&save);
                assert_eq!(saved["result"]["success"], true, "seed {}: {saved}", self.seed);
            }
            let file = |place: &Place| fs::read(place.path("end.gox")).expect("it was saved");
            assert!(file(mortal) == file(model), "seed {}: {} differs", self.seed, self.id);
            let undone = self.mortal.ask_one(&undo);
            assert_eq!(undone, self.model.ask_one(&undo), "seed {}", self.seed);
            if undone.get("error").is_some() {
                return;
            }
        }
    }
}

/// Of all projects the one of that id; the rest as it is.
fn only(id: &str, mut replies: Vec<Value>) -> Value {
    let rows = replies[0]["result"]["projects"].take();
    let rows = rows.as_array().cloned().unwrap_or_default();
    let mut row = rows.into_iter().find(|row| row["project_id"] == id).unwrap_or_default();
    if let Some(busy) = row.get_mut("busy") {
        busy.take();
    }
    replies[0] = row;
    Value::Array(replies)
}

/// A daemon to which one connects again.
struct Peer {
    dir: PathBuf,
    reader: Option<BufReader<UnixStream>>,
}

impl Peer {
    fn new(place: &Place) -> Peer {
        Peer { dir: place.path(""), reader: None }
    }

    fn ask_one(&mut self, request: &Request) -> Value {
        self.ask(std::slice::from_ref(request)).pop().expect("it lives")
    }

    /// Sends all at once. The replies: fewer, where it died before.
    fn ask(&mut self, requests: &[Request]) -> Vec<Value> {
        let mut reader = self.reader.take().unwrap_or_else(|| connect(&self.dir.join("socket")));
        let here = self.dir.to_str().expect("temporary paths are UTF-8");
        let lines = requests.iter().enumerate().map(|(id, (method, params))| {
            json!({"jsonrpc": "2.0", "method": method, "params": params, "id": id}).to_string()
                + "\n"
        });
        let text = lines.collect::<String>().replace(HERE, here);
        // It may have died meanwhile, or may die in the middle.
        let _ = reader.get_mut().write_all(text.as_bytes());
        let replies: Vec<Value> =
            (0..requests.len()).map_while(|id| reply(&mut reader, id, here)).collect();
        self.reader = (replies.len() == requests.len()).then_some(reader);
        replies
    }
}

fn connect(socket: &Path) -> BufReader<UnixStream> {
    let stream = UnixStream::connect(socket).expect("the socket is always there");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time limit can be set");
    BufReader::new(stream)
}

/// The next reply, which is to the request of that id; `None` at the end. Half a line is the end too.
fn reply(reader: &mut BufReader<UnixStream>, id: usize, here: &str) -> Option<Value> {
    let mut line = String::new();
    match reader.read_line(&mut line) {
        Ok(_) if line.ends_with('\n') => {}
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("no reply: {error}"),
        _ => return None,
    }
    let mut reply: Value =
        serde_json::from_str(&line.replace(here, HERE)).expect("a line is a reply");
    assert_eq!(reply["id"].take(), id, "{line}");
    // The two were not asked at the same time.
    reply.pointer_mut("/result/created_at").map(Value::take);
    Some(reply)
}
