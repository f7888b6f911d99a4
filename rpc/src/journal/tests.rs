use super::*;
use crate::envelope::{Decoded, decode};
use crate::host::{Facts, Host};
use crate::job::Step;
use crate::{Config, Scope, Session};
use goxel_engine::digest::Digest;
use goxel_engine::encode;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Files in memory.
#[derive(Default)]
struct Files(Mutex<BTreeMap<String, Vec<u8>>>);

impl Host for Files {
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>> {
        let files = self.0.lock().expect("no test panics with it");
        files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write_file(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().expect("no test panics with it").insert(path.to_owned(), bytes.to_vec());
        Ok(())
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

/// A session, and what a disk would hold of it.
struct Kept {
    session: Session,
    scope: Scope,
    host: Arc<dyn Host>,
    manifest: Manifest,
    files: BTreeMap<String, Vec<u8>>,
    frames: Vec<(u64, Vec<u8>)>,
}

impl Kept {
    fn new() -> Self {
        let (manifest, frames) = (Manifest::nothing(), Vec::new());
        let log = Log::read(&manifest, []).expect("nothing is sound");
        let mut session = Session::resume(Config::default(), &log, Vec::new());
        session.set_journal_room(usize::MAX, "");
        let (host, files): (Arc<dyn Host>, _) = (Arc::new(Files::default()), BTreeMap::new());
        Self { session, scope: Scope::new(), host, manifest, files, frames }
    }

    fn ask(&mut self, method: &str, params: &Value) -> bool {
        let text = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
        let Decoded::Single(request) = decode(text.to_string().as_bytes()) else {
            panic!("{text} is a request");
        };
        let outcome = match self.session.start(&request, &mut self.scope, &self.host) {
            Step::Done(outcome) => outcome,
            Step::Job(job) => {
                let finished = job.run(self.host.as_ref());
                self.session.finish(finished, Some(&mut self.scope))
            }
        };
        outcome.is_ok()
    }

    fn commit(&mut self) {
        let bytes = self.session.journal().to_vec();
        if bytes.is_empty() {
            return;
        }
        let number = self.frames.last().map_or(self.manifest.position, |(number, _)| *number) + 1;
        self.frames.push((number, bytes));
        self.session.journal_kept(number);
    }

    fn checkpoint(&mut self) {
        self.commit();
        let position = self.frames.last().map_or(self.manifest.position, |(number, _)| *number);
        let frozen = self.session.freeze(position);
        let name = |it: &FrozenProject| format!("{}-{}", it.number, it.changed);
        self.manifest = frozen.manifest(name);
        let files = frozen.projects().iter();
        self.files = files.map(|it| (name(it), encode::project(&it.project))).collect();
        let text = self.manifest.to_text();
        self.manifest = Manifest::from_text(text.as_bytes()).expect("it was just written");
    }

    fn come_back(&self) -> Result<Session, Broken> {
        let frames = self.frames.iter().map(|(number, bytes)| (*number, bytes.as_slice()));
        let log = Log::read(&self.manifest, frames)?;
        let numbers: Vec<u64> = log.projects().map(|(number, _)| number).collect();
        let rebuild = |number| {
            let file = log.file_of(number).and_then(|name| self.files.get(name));
            log.rebuild(number, file.map(Vec::as_slice), &Config::default())
        };
        let rebuilt = numbers.into_iter().map(rebuild).collect::<Result<Vec<_>, _>>()?;
        Ok(Session::resume(Config::default(), &log, rebuilt))
    }
}

/// All that should survive, in words that can be compared.
fn seen(session: &Session) -> Vec<String> {
    let frozen = session.freeze(0);
    // Ids and numbers that nothing came of need not be remembered.
    let manifest = Manifest { made: 0, next: 0, ..frozen.manifest(|_| String::new()) }.to_text();
    let project = |it: &FrozenProject| {
        let project = &it.project;
        let checkpoints: Vec<_> = project.checkpoints().collect();
        format!(
            "{} {} {} {:?} {checkpoints:?}",
            it.number,
            project.revision(),
            Digest::of(project.scene()),
            project.steps(),
        )
    };
    std::iter::once(manifest).chain(frozen.projects().iter().map(project)).collect()
}

#[derive(Clone, Debug)]
enum Event {
    Ask(&'static str, Value),
    Commit,
    Checkpoint,
    /// Records what all projects were like at the last of these, and remembers what they are.
    Digest,
}

fn event() -> impl Strategy<Value = Event> {
    let place = || (-40..40i32, -40..40i32, -40..40i32).prop_map(|(x, y, z)| json!([x, y, z]));
    let color = || (0..256u32, 1..4u32).prop_map(|(a, b)| json!([a, b * 60, 9, 255]));
    let id = || prop_oneof![Just(Value::Null), Just(json!("a")), Just(json!("b"))];
    let simple = |name: &'static str| id().prop_map(move |id| (name, json!({"project_id": id})));
    let ask = prop_oneof![
        4 => (id(), place(), color(), 0..3u64).prop_map(|(id, at, color, author)| {
            let edit = json!({"project_id": id, "position": at, "color": color, "author": author});
            ("goxel.add_voxel", edit)
        }),
        2 => (id(), place()).prop_map(|(id, at)| {
            ("goxel.remove_voxel", json!({"project_id": id, "position": at}))
        }),
        // Slow enough for a job.
        2 => (id(), place(), color()).prop_map(|(id, at, color)| {
            ("goxel.procedural_shape", json!({"project_id": id, "shape": "sphere", "center": at,
                "size": [60, 60, 60], "color": color}))
        }),
        1 => (id(), place(), color()).prop_map(|(id, at, color)| {
            ("goxel.flood_fill", json!({"project_id": id, "position": at, "color": color}))
        }),
        1 => (id(), 1..9usize).prop_map(|(id, count)| {
            let voxels: Vec<_> = (0..count * 400)
                .map(|i| json!({"position": [i % 20, i / 20 % 20, i / 400], "color": [1, 2, i % 9, 255]}))
                .collect();
            ("goxel.batch_operations", json!({"project_id": id, "operations":
                [{"type": "add_voxels", "voxels": voxels}]}))
        }),
        3 => simple("goxel.undo"),
        2 => simple("goxel.redo"),
        1 => simple("goxel.create_layer"),
        1 => simple("goxel.clear_voxels"),
        1 => simple("goxel.close_project"),
        2 => id().prop_map(|id| ("goxel.create_project", json!({"name": "n", "project_id": id}))),
        1 => id().prop_map(|id| ("goxel.save_project", json!({"path": "x.gox", "project_id": id}))),
        1 => id().prop_map(|id| ("goxel.load_project", json!({"path": "x.gox", "project_id": id}))),
        1 => Just(("goxel.create_project", json!({"project_scope": "connection"}))),
        1 => Just(("goxel.create_project", json!({"project_scope": "global"}))),
    ];
    prop_oneof![
        8 => ask.prop_map(|(name, params)| Event::Ask(name, params)),
        3 => Just(Event::Commit),
        1 => Just(Event::Checkpoint),
        1 => Just(Event::Digest),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_session_comes_back_as_it_was(events in proptest::collection::vec(event(), 1..60)) {
        let mut kept = Kept::new();
        let mut frozen: Option<Frozen> = None;
        for event in events {
            match event {
                Event::Ask(method, params) => _ = kept.ask(method, &params),
                Event::Commit => kept.commit(),
                Event::Checkpoint => kept.checkpoint(),
                Event::Digest => {
                    let later = frozen.replace(kept.session.freeze(0));
                    kept.session.record_digests(later.iter().flat_map(digests));
                }
            }
        }
        kept.commit();
        let back = kept.come_back().expect("what was kept can be followed");
        prop_assert_eq!(seen(&back), seen(&kept.session));
    }
}

fn digests(frozen: &Frozen) -> Vec<(u64, u64, Digest)> {
    let digest =
        |it: &FrozenProject| (it.number, it.project.revision(), Digest::of(it.project.scene()));
    frozen.projects().iter().map(digest).collect()
}

#[test]
fn replay_that_does_not_meet_a_digest_is_refused() {
    for (wrong, expected) in [(false, true), (true, false)] {
        let mut kept = session_with(&[voxel(1), voxel(2)]);
        kept.commit();
        let mut known = digests(&kept.session.freeze(0));
        if wrong {
            known[0].2 = Digest::of(&goxel_engine::scene::Scene::new());
        }
        assert!(kept.ask("goxel.undo", &json!([])));
        kept.session.record_digests(known);
        kept.commit();
        assert_eq!(kept.come_back().is_ok(), expected);
    }
}

fn session_with(edits: &[(&str, Value)]) -> Kept {
    let mut kept = Kept::new();
    assert!(kept.ask("goxel.create_project", &json!(["house"])));
    for (method, params) in edits {
        assert!(kept.ask(method, params), "{method} {params}");
    }
    kept
}

fn voxel(x: i32) -> (&'static str, Value) {
    ("goxel.add_voxel", json!([x, 0, 0, 255, 0, 0, 255]))
}

#[test]
fn what_was_refused_leaves_no_record() {
    let mut kept = session_with(&[voxel(1)]);
    let before = kept.session.journal_len();
    assert!(!kept.ask("goxel.delete_layer", &json!([77])));
    assert!(!kept.ask("goxel.redo", &json!([])));
    assert_eq!(kept.session.journal_len(), before);
}

#[test]
fn an_edit_without_room_is_refused_and_not_made() {
    let mut kept = session_with(&[voxel(1)]);
    kept.commit();
    let before = seen(&kept.session);
    kept.session.set_journal_room(0, "no space left on device");
    for (method, params) in [
        voxel(2),
        ("goxel.undo", json!([])),
        (
            "goxel.procedural_shape",
            json!({"shape": "cube", "center": [0, 0, 0], "size": [80, 80, 80]}),
        ),
        ("goxel.create_project", json!(["another"])),
    ] {
        assert!(!kept.ask(method, &params), "{method}");
    }
    assert_eq!(seen(&kept.session), before);
    assert!(kept.ask("goxel.get_voxel", &json!([1, 0, 0])), "reads go on");
    kept.session.set_journal_room(1 << 20, "");
    assert!(kept.ask("goxel.undo", &json!([])));
}

#[test]
fn replay_that_meets_something_else_is_refused() {
    let mut kept = session_with(&[voxel(1), voxel(2)]);
    kept.commit();
    let (_, bytes) = &mut kept.frames[0];
    // The place of the second voxel: another one would make the same counts, so its mark is changed.
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let broken = kept.come_back().map(|_| ()).expect_err("it is not what was");
    assert!(broken.to_string().contains("does not meet"), "{broken}");
    assert_eq!(broken.frame(), Some(1));
}

#[test]
fn frames_of_any_bytes_are_refused_or_followed() {
    let mut kept = session_with(&[voxel(1), voxel(2), ("goxel.undo", json!([]))]);
    kept.commit();
    let whole = kept.frames[0].1.clone();
    for at in 0..whole.len() {
        kept.frames[0].1.clone_from(&whole);
        kept.frames[0].1.truncate(at);
        let _ = kept.come_back();
        kept.frames[0].1.clone_from(&whole);
        kept.frames[0].1[at] ^= 0x41;
        let _ = kept.come_back();
    }
}

impl Kept {
    /// Reads the damaged project again, as far as it is kept.
    fn read_damaged(&mut self) -> (u64, Rebuilt) {
        let damaged = self.session.damaged();
        assert_eq!(damaged.len(), 1);
        let frames = self.frames.iter().map(|(number, bytes)| (*number, bytes.as_slice()));
        let log = Log::read(&self.manifest, frames).expect("it was just written");
        let rebuilt = log.rebuild(damaged[0], None, &Config::default());
        (damaged[0], rebuilt.expect("it was just written"))
    }
}

#[test]
fn a_project_that_an_edit_left_in_its_middle_comes_back() {
    let mut kept = session_with(&[voxel(1)]);
    kept.commit();
    let before = seen(&kept.session);
    kept.session.break_current();
    assert!(kept.session.has_damaged());
    let (number, rebuilt) = kept.read_damaged();
    assert!(kept.session.is_busy("project-1"), "edits wait");
    kept.session.restore(number, Some(rebuilt));
    assert_eq!(seen(&kept.session), before);
    assert!(!kept.session.has_damaged());
    assert!(kept.ask("goxel.add_voxel", &json!([2, 0, 0])));
}

// The mark at the end of the frame was of the project as the broken edit had left it: neither it
// nor the daemon came back.
#[test]
fn what_was_done_before_a_broken_edit_of_the_same_turn_is_kept() {
    let mut kept = session_with(&[voxel(1)]);
    kept.commit();
    assert!(kept.ask("goxel.add_voxel", &json!([2, 0, 0])));
    let before = seen(&kept.session);
    kept.session.break_current();
    assert_ne!(seen(&kept.session), before, "it is broken in its middle");
    kept.commit();
    let (number, rebuilt) = kept.read_damaged();
    kept.session.restore(number, Some(rebuilt));
    assert_eq!(seen(&kept.session), before);
    assert_eq!(seen(&kept.come_back().expect("what was kept can be followed")), before);
    assert!(kept.ask("goxel.add_voxel", &json!([3, 0, 0])));
    kept.commit();
    assert_eq!(seen(&kept.come_back().expect("it goes on")), seen(&kept.session));
}

// What had been read before took the place of what was newer, and edits were gone.
#[test]
fn a_project_that_was_taken_over_is_not_restored_to_what_it_was_earlier() {
    let mut kept = session_with(&[voxel(1)]);
    kept.commit();
    kept.session.break_current();
    let (number, rebuilt) = kept.read_damaged();
    let frames = kept.frames.iter().map(|(number, bytes)| (*number, bytes.as_slice()));
    let log = Log::read(&kept.manifest, frames).expect("it was just written");
    let all = log.rebuild(number, None, &Config::default()).expect("it was just written");
    kept.session.take_over(&log, vec![all]);
    assert!(kept.ask("goxel.add_voxel", &json!([2, 0, 0])));
    let newer = seen(&kept.session);
    kept.session.restore(number, Some(rebuilt));
    assert_eq!(seen(&kept.session), newer);
}

#[test]
fn a_project_that_was_left_out_comes_back_beside_one_that_has_its_id_now() {
    let mut kept = Kept::new();
    let named = json!({"project_id": "a", "name": "old"});
    assert!(kept.ask("goxel.create_project", &named));
    kept.commit();
    let frames = kept.frames.iter().map(|(number, bytes)| (*number, bytes.as_slice()));
    let mut log = Log::read(&kept.manifest, frames).expect("it was just written");
    log.leave_out(1);
    kept.session = Session::resume(Config::default(), &log, Vec::new());
    kept.session.set_journal_room(usize::MAX, "");
    assert!(kept.ask("goxel.create_project", &json!({"project_id": "a", "name": "new"})));
    kept.commit();
    for _ in 0..2 {
        kept.session = kept.come_back().expect("both are whole");
        kept.session.set_journal_room(usize::MAX, "");
        let names = |it: &FrozenProject| (it.number, it.id.clone(), it.about.name.clone());
        let found: Vec<_> = kept.session.freeze(0).projects().iter().map(names).collect();
        let one = |number, id: &str, name: &str| (number, id.to_owned(), name.to_owned());
        assert_eq!(found, [one(1, "a.1", "old"), one(2, "a", "new")]);
        kept.checkpoint();
    }
}
