//! The store beside OpenVDB: the same work, alternately, in one run, one thread, CPU time.
//!
//! The peer is `bench/peer/openvdb.cpp`, compiled here with g++ when OpenVDB is
//! installed (libopenvdb-dev, libtbb-dev, libboost-dev); without it only our times are
//! shown. Both sides get the same list of voxels in the same order, and each answer is
//! compared. A ratio is peer / ours: above 1 we are faster, or smaller.

use goxel_bench::peer::{Peer, Recipe, middle, now};
use goxel_bench::{is_wanted, scenes};
use goxel_engine::volume::{Bounds, Coord, Volume, Voxel};
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

type Voxels = Vec<(Coord, Voxel)>;
/// Seconds, and a number that the peer must give too.
type Answer = (f64, u64);

const ROUNDS: usize = 7;
const RANDOM: u32 = 4_000_000;

fn main() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let mut bench = Bench { peer: peer(&folder), folder };
    println!(
        "{:<44} {:>10} {:>10} {:>10} {:>10} {:>7}",
        "ours, peer: median and min, ns a unit", "ours", "min", "peer", "min", "ratio"
    );
    bench.random_set();
    bench.boxes();
    for (name, edge, scene) in [
        ("terrain256", 256, scenes::terrain256 as fn() -> Voxels),
        ("menger243", 256, scenes::menger243),
        ("city512", 512, scenes::city512),
        ("speckled256", 256, speckled256),
    ] {
        if is_scene_wanted(name) {
            bench.scene(name, edge, scene());
        }
    }
}

/// A row's name begins with its scene's.
fn is_scene_wanted(name: &str) -> bool {
    is_wanted(name) || std::env::args().any(|part| part.contains(name))
}

/// `terrain256` with the colours of voxels, not of 4x4x4 blocks: one of 64 for each place.
fn speckled256() -> Voxels {
    let speckled = |at: Coord| {
        let number = 1 + (scenes::hash(at.x as u32, at.y as u32, at.z as u32, 9) & 63);
        let [r, g, b, _] = scenes::hash(number, 0, 0, 77).to_le_bytes();
        Voxel::rgb(r, g, b)
    };
    scenes::terrain256().into_iter().map(|(at, _)| (at, speckled(at))).collect()
}

struct Bench {
    peer: Option<Peer>,
    folder: PathBuf,
}

impl Bench {
    fn scene(&mut self, name: &str, edge: u32, mut voxels: Voxels) {
        let count = voxels.len() as u64;
        voxels.sort_unstable_by_key(|(at, _)| at.order());
        self.fills(name, "z,y,x", &voxels);
        voxels.sort_unstable_by_key(|(at, _)| (at.brick().order(), at.order()));
        self.fills(name, "bricks", &voxels);
        let volume: Volume = voxels.iter().copied().collect();
        drop(voxels);
        let get = format!("get {edge} {RANDOM}");
        self.row(&format!("{name} random get"), &get, RANDOM.into(), || get_all(&volume, edge));
        self.row(&format!("{name} iterate, fold"), "iterate", count, || {
            timed(|| volume.voxels().fold(0, |sum, (_, voxel)| sum + number(voxel)), |sum| *sum)
        });
        self.row(&format!("{name} iterate, next"), "iterate", count, || {
            let sum = || {
                let mut sum = 0;
                for (_, voxel) in volume.voxels() {
                    sum += number(voxel);
                }
                sum
            };
            timed(sum, |sum| *sum)
        });
        self.bytes(name, &volume);
        self.row(&format!("{name} snapshot"), "copy", 1, || snapshot(&volume));
        first_write(name, &volume, edge);
    }

    fn fills(&mut self, name: &str, order: &str, voxels: &Voxels) {
        let path = self.folder.join(format!("{name}.voxels"));
        if let Some(peer) = &mut self.peer {
            save(&path, voxels);
            peer.ask(&format!("load {name} {}", path.display()));
            peer.ask(&format!("fill {name}"));
        }
        let (fill, count) = (format!("fill {name}"), voxels.len() as u64);
        self.row(&format!("{name} fill {order}, write"), &fill, count, || {
            timed(|| voxels.iter().copied().collect(), sum)
        });
        let (colors, runs) = runs(voxels);
        self.row(&format!("{name} fill {order}, rows"), &fill, count, || {
            timed(|| fill_rows(&colors, &runs), sum)
        });
        if order == "bricks" {
            self.row(&format!("{name} fill {order}, set"), &fill, count, || {
                timed(|| fill_single(voxels), sum)
            });
        }
        if let Some(peer) = &mut self.peer {
            peer.ask("forget");
        }
    }

    fn random_set(&mut self) {
        for edge in [256, 1024] {
            let request = format!("set {edge} {RANDOM}");
            let places =
                || random(edge).map(|(at, b)| (at, Voxel((b | 0xFF00_0000).to_le_bytes())));
            self.row(&format!("random set {edge}^3, write"), &request, RANDOM.into(), || {
                timed(|| places().collect(), sum)
            });
            self.row(&format!("random set {edge}^3, set"), &request, RANDOM.into(), || {
                let fill = || {
                    let mut volume = Volume::new();
                    places().for_each(|(at, voxel)| {
                        volume.set(at, voxel);
                    });
                    volume
                };
                timed(fill, sum)
            });
        }
    }

    fn boxes(&mut self) {
        for edge in [16, 64, 128, 512] {
            let high = 2 + edge;
            let bounds = Bounds::around(Coord::new(3, 3, 3), Coord::new(high, high, high));
            self.row(&format!("box {edge}^3, sparse"), &format!("box sparse {edge}"), 1, || {
                let fill = || {
                    let mut volume = Volume::new();
                    volume.fill_box(bounds, Voxel::WHITE);
                    volume
                };
                timed(fill, Volume::filled)
            });
        }
    }

    /// Runs the peer and ours alternately and prints one line.
    fn row(&mut self, name: &str, request: &str, units: u64, mut ours: impl FnMut() -> Answer) {
        if !is_wanted(name) {
            return;
        }
        let (mut times, mut peers) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let theirs = self.peer.as_mut().map(|peer| peer.ask(request));
            let (time, check) = ours();
            times.push(time);
            if let Some((theirs, expected)) = theirs {
                assert_eq!(check, expected, "{name}: ours and the peer's answer");
                peers.push(theirs);
            }
        }
        let [our, least] = middle(&mut times).map(|time| time * 1e9 / units as f64);
        print!("{name:<44} {our:>10.2} {least:>10.2}");
        if peers.is_empty() {
            return println!();
        }
        let [their, least] = middle(&mut peers).map(|time| time * 1e9 / units as f64);
        println!(" {their:>10.2} {least:>10.2} {:>6.2}x", their / our);
    }

    fn bytes(&mut self, name: &str, volume: &Volume) {
        let ours = volume.bytes() as f64 / volume.filled() as f64;
        print!("{:<44} {ours:>10.2} {:>10}", format!("{name} bytes a voxel"), "");
        match &mut self.peer {
            Some(peer) => {
                let theirs = peer.ask("bytes").1 as f64 / volume.filled() as f64;
                println!(" {theirs:>10.2} {:>10} {:>6.2}x", "", theirs / ours);
            }
            None => println!(),
        }
    }
}

/// One of a thousand snapshots: the clock itself takes longer than one.
fn snapshot(volume: &Volume) -> Answer {
    let mut all = Vec::with_capacity(1000);
    let (time, filled) = timed(
        || {
            all.extend((0..1000).map(|_| volume.clone()));
            &all[999]
        },
        |last| last.filled(),
    );
    (time / 1000.0, filled)
}

/// The first write after a snapshot: a hundred snapshots, each written in another place.
fn first_write(name: &str, volume: &Volume, edge: u32) {
    let places: Vec<Coord> =
        random(edge).map(|(at, _)| at).filter(|at| !volume.get(*at).is_empty()).take(100).collect();
    let mut times: Vec<f64> = (0..10 * ROUNDS)
        .map(|_| {
            let mut all: Vec<Volume> = places.iter().map(|_| volume.clone()).collect();
            let write = |(copy, at): (&mut Volume, &Coord)| {
                copy.set(*at, Voxel::WHITE);
            };
            timed(|| all.iter_mut().zip(&places).for_each(write), |()| 0).0
        })
        .collect();
    let [median, least] = middle(&mut times).map(|time| time * 1e9 / places.len() as f64);
    println!("{:<44} {median:>10.0} {least:>10.0}", format!("{name} first write after a snapshot"));
}

fn get_all(volume: &Volume, edge: u32) -> Answer {
    timed(|| random(edge).map(|(at, _)| number(volume.get(at))).sum(), |sum: &u64| *sum)
}

fn fill_single(voxels: &Voxels) -> Volume {
    let mut volume = Volume::new();
    for (at, voxel) in voxels {
        volume.set(*at, *voxel);
    }
    volume
}

fn fill_rows(colors: &[Voxel], runs: &[(Coord, u32, u32)]) -> Volume {
    let mut volume = Volume::new();
    let mut writer = volume.writer();
    for (at, from, len) in runs {
        writer.row(*at, &colors[*from as usize..(*from + *len) as usize]);
    }
    drop(writer);
    volume
}

/// The colours in the list's order, and the runs along x: where, from which colour, how many.
fn runs(voxels: &Voxels) -> (Vec<Voxel>, Vec<(Coord, u32, u32)>) {
    let mut runs: Vec<(Coord, u32, u32)> = Vec::new();
    for (index, (at, _)) in voxels.iter().enumerate() {
        match runs.last_mut() {
            Some((start, _, len))
                if (start.y, start.z) == (at.y, at.z) && start.x + *len as i32 == at.x =>
            {
                *len += 1;
            }
            _ => runs.push((*at, index as u32, 1)),
        }
    }
    (voxels.iter().map(|(_, voxel)| *voxel).collect(), runs)
}

/// `RANDOM` places in a cube, a power of two a side, each with a number to colour it.
fn random(edge: u32) -> impl Iterator<Item = (Coord, u32)> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    };
    let axis = move |bits: u32| (bits & (edge - 1)) as i32;
    (0..RANDOM).map(move |_| {
        let (a, b) = (next(), next());
        (Coord::new(axis(a), axis(a >> 12), axis(b)), b)
    })
}

fn number(voxel: Voxel) -> u64 {
    u64::from(u32::from_le_bytes(voxel.0))
}

fn sum(volume: &Volume) -> u64 {
    volume.voxels().fold(0, |sum, (_, voxel)| sum + number(voxel))
}

/// The time of the work alone: what checks its result is not in it.
fn timed<T>(work: impl FnOnce() -> T, check: impl FnOnce(&T) -> u64) -> Answer {
    let start = now();
    let result = black_box(work());
    let taken = now() - start;
    (taken, check(&result))
}

fn save(path: &Path, voxels: &Voxels) {
    let mut file = BufWriter::new(std::fs::File::create(path).expect("the target folder is ours"));
    for (at, voxel) in voxels {
        let words = at.to_array().map(i32::to_le_bytes);
        file.write_all(&[words[0], words[1], words[2], voxel.0].concat()).expect("disk space");
    }
    file.flush().expect("disk space");
}

/// The peer, where it can be built.
fn peer(folder: &Path) -> Option<Peer> {
    let recipe = Recipe {
        name: "openvdb",
        library: "OpenVDB",
        flags: &["-O3", "-DNDEBUG", "-std=c++17"],
        links: &["-lopenvdb", "-ltbb"],
        folder,
    };
    Peer::start(&recipe, &[])
}
