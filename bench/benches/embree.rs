//! The kernels beside Embree: the same rays through the same voxels, alternately, in one run,
//! one thread, CPU time.
//!
//! The peer is `bench/peer/embree.cpp`, compiled here with g++ when Embree 3 is installed
//! (libembree-dev); without it only our times are shown. Each of our levels is set against
//! Embree limited to the same instructions, in the fastest of its modes and meshes for that
//! view. Rays are made once, outside all times, and answers are compared. A ratio is
//! peer / ours: above 1 we are faster.

use goxel_bench::peer::{Peer, Recipe, middle, now};
use goxel_bench::{is_wanted, scenes};
use goxel_engine::render::Simd;
use goxel_engine::render::probe::{Closest, Packets, Target};
use goxel_engine::volume::{Coord, Volume, Voxel};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

const ROUNDS: usize = 7;
const SIZE: [usize; 2] = [1920, 1080];

/// Where a shadow ray starts: so far before the face.
const OFF: f32 = 2e-3;

/// Our level, its name, and the peer's limit.
const LEVELS: [(Simd, &str, &str); 3] = [
    (Simd::Avx512, "avx512", "avx512"),
    (Simd::Avx2, "avx2", "avx2"),
    (Simd::Portable, "portable", "sse4.2"),
];

type Point = [f32; 3];

/// Name, edge, voxels, and the views: name, eye and target in edges.
type Scene =
    (&'static str, u32, fn() -> Vec<(Coord, Voxel)>, &'static [(&'static str, Point, Point)]);

const ABOVE: (&str, Point, Point) = ("ext", [0.95, -0.12, 0.85], [0.5, 0.5, 0.22]);
const AROUND: (&str, Point, Point) = ("ext", [1.05, -0.22, 0.85], [0.5, 0.5, 0.5]);

const SCENES: [Scene; 5] = [
    ("shell64", 64, scenes::shell64, &[AROUND]),
    (
        "terrain256",
        256,
        scenes::terrain256,
        &[ABOVE, ("low", [0.502, 0.003, 0.70], [0.55, 0.95, 0.12])],
    ),
    ("menger243", 256, scenes::menger243, &[AROUND]),
    ("city512", 512, scenes::city512, &[ABOVE, ("low", [0.502, 0.003, 0.42], [0.55, 0.95, 0.12])]),
    ("terrain1024", 1024, scenes::terrain1024, &[ABOVE]),
];

fn main() {
    println!(
        "{:<32} {:>7} {:>7} {:>7} {:>7} {:>7}  million rays a second: ours, peer (median, best)",
        "one thread, 1920x1080", "ours", "best", "peer", "best", "ratio"
    );
    let mut ratios = Vec::new();
    for scene in &SCENES {
        let wanted = |level: &str, view: &str| {
            KINDS.iter().any(|kind| is_wanted(&row_name(scene.0, view, kind, level)))
        };
        let levels = LEVELS.iter().filter(|(simd, level, _)| {
            simd.is_available() && scene.3.iter().any(|(view, ..)| wanted(level, view))
        });
        let levels: Vec<_> = levels.collect();
        if !levels.is_empty() {
            run_scene(scene, &levels, &mut ratios);
        }
    }
    for kind in KINDS {
        for (_, level, _) in LEVELS {
            let logs = ratios.iter().filter(|(k, l, _)| (*k, *l) == (kind, level));
            let logs: Vec<f64> = logs.map(|(.., ratio): &(_, _, f64)| ratio.ln()).collect();
            if !logs.is_empty() {
                let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
                let name = format!("{kind} {level}, geometric mean of {}", logs.len());
                println!("{name:<64} {mean:>7.2}x");
            }
        }
    }
}

/// The kinds of rays, each with its function below.
const KINDS: [&str; 2] = ["primary", "shadow"];

fn row_name(scene: &str, view: &str, kind: &str, level: &str) -> String {
    format!("{scene} {view} {kind} {level}")
}

type Ratio = (&'static str, &'static str, f64);

fn run_scene(scene: &Scene, levels: &[&(Simd, &'static str, &str)], ratios: &mut Vec<Ratio>) {
    let (name, edge, voxels, views) = *scene;
    let volume: Volume = voxels().into_iter().collect();
    let target = Target::new(&volume).expect("scenes have voxels");
    let bits = folder().join(format!("{name}.bits"));
    save_bits(&bits, &volume, edge);
    for (simd, level, limit) in levels {
        let mut peer = Embree::start(limit);
        if let Some(peer) = &mut peer {
            peer.ask(&format!("scene {} {edge}", bits.display()));
        }
        let mut bench = Bench { peer, target: &target, simd: *simd, level, scene: name, ratios };
        for (view, eye, at) in views {
            let camera = Camera::new(eye.map(|v| v * edge as f32), at.map(|v| v * edge as f32));
            let seen = bench.primary(view, &camera);
            bench.shadow(view, &seen);
            // Other kinds of rays from `seen`: ambient occlusion, bounces.
        }
    }
    let _ = std::fs::remove_file(bits);
}

struct Bench<'a> {
    peer: Option<Embree>,
    target: &'a Target<'a>,
    simd: Simd,
    level: &'static str,
    scene: &'static str,
    ratios: &'a mut Vec<Ratio>,
}

/// Rays as the peer reads them: origin, direction, reach.
#[derive(Default)]
struct Rays {
    columns: [Vec<f32>; 6],
    reach: f32,
    /// Whether it is enough to know which rays hit.
    any: bool,
    coherent: bool,
}

/// A point on a face, and the face's normal.
type Spot = (Point, Point);

impl Bench<'_> {
    /// One ray through each pixel's centre; gives the places that are seen.
    fn primary(&mut self, view: &str, camera: &Camera) -> Vec<Spot> {
        let mut rays = Rays { reach: f32::INFINITY, coherent: true, ..Rays::default() };
        for_each_pixel(|x, y| rays.push(camera.eye, camera.direction(x, y)));
        let packets = Packets::new(&rays.columns);
        let (simd, target) = (self.simd, self.target);
        let mut found = Closest::default();
        self.row(view, "primary", &rays, |times| {
            let taken = timed(|| target.closest(simd, &packets, &mut found));
            times.clear();
            for (time, hit) in found.time.iter().zip(&found.hit) {
                let time =
                    |lane: usize| if hit >> lane & 1 == 1 { time[lane] } else { f32::INFINITY };
                times.extend((0..64).map(time));
            }
            taken
        });
        target.closest(simd, &packets, &mut found);
        let faces = target.faces(simd, &packets);
        let hits = (0..rays.len()).filter(|ray| found.hit[ray / 64] >> (ray % 64) & 1 == 1);
        let spot = |ray: usize| rays.spot(ray, found.time[ray / 64][ray % 64], faces[ray]);
        hits.map(spot).collect()
    }

    /// One ray to the sun from each place that is seen.
    fn shadow(&mut self, view: &str, seen: &[Spot]) {
        let sun = unit([0.5, -0.35, 0.8]);
        let mut rays = Rays { reach: f32::INFINITY, any: true, coherent: true, ..Rays::default() };
        for (at, normal) in seen {
            rays.push([0, 1, 2].map(|axis| at[axis] + OFF * normal[axis]), sun);
        }
        let packets = Packets::new(&rays.columns);
        let (simd, target) = (self.simd, self.target);
        let mut found = Vec::new();
        self.row(view, "shadow", &rays, |times| {
            let taken = timed(|| target.blocked(simd, &packets, &mut found));
            times.clear();
            for hit in &found {
                let time = |lane: usize| if hit >> lane & 1 == 1 { 0.0 } else { f32::INFINITY };
                times.extend((0..64).map(time));
            }
            taken
        });
    }

    /// Runs the peer and ours alternately and prints one line. `ours` takes the time of the
    /// work alone and leaves when each ray hits.
    fn row(
        &mut self,
        view: &str,
        kind: &'static str,
        rays: &Rays,
        mut ours: impl FnMut(&mut Vec<f32>) -> f64,
    ) {
        let name = row_name(self.scene, view, kind, self.level);
        if !is_wanted(&name) {
            return;
        }
        let mut times = Vec::new();
        let best = self.peer.as_mut().map(|peer| {
            peer.send(rays);
            ours(&mut times);
            peer.best(&name, &times)
        });
        let (mut our, mut their) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            if let (Some(peer), Some(best)) = (&mut self.peer, &best) {
                their.push(peer.ask(&format!("run {}", best.mode)).0);
            }
            our.push(ours(&mut times));
        }
        let rate = |seconds: f64| rays.len() as f64 / seconds / 1e6;
        let [median, least] = middle(&mut our);
        print!("{name:<32} {:>7.1} {:>7.1}", rate(median), rate(least));
        let Some(best) = best else { return println!() };
        let [their_median, their_least] = middle(&mut their);
        let ratio = their_median / median;
        println!(
            " {:>7.1} {:>7.1} {ratio:>6.2}x  {} hits {:.3}, differ {:.6}, times {:.6}",
            rate(their_median),
            rate(their_least),
            best.mode,
            best.hits as f64 / rays.len() as f64,
            best.differ,
            best.differ_in_time,
        );
        self.ratios.push((kind, self.level, ratio));
    }
}

impl Rays {
    fn push(&mut self, origin: Point, direction: Point) {
        for (column, value) in self.columns.iter_mut().zip(origin.into_iter().chain(direction)) {
            column.push(value);
        }
    }

    fn len(&self) -> usize {
        self.columns[0].len()
    }

    /// Where a ray meets a face, and that face's normal.
    fn spot(&self, ray: usize, time: f32, face: u8) -> Spot {
        let at = [0, 1, 2].map(|axis| self.columns[axis][ray] + self.columns[3 + axis][ray] * time);
        let mut normal = [0.0; 3];
        normal[usize::from(face & 3)] = if face >> 2 == 1 { 1.0 } else { -1.0 };
        (at, normal)
    }
}

/// Tiles of 64x64 pixels, in them squares of 8x8, in them squares of 4x4.
fn for_each_pixel(mut visit: impl FnMut(usize, usize)) {
    let squares = |[left, top]: [usize; 2], edge: usize, step: usize| {
        let [right, bottom] = [(left + edge).min(SIZE[0]), (top + edge).min(SIZE[1])];
        (top..bottom)
            .step_by(step)
            .flat_map(move |y| (left..right).step_by(step).map(move |x| [x, y]))
    };
    let all = squares([0, 0], usize::MAX, 64)
        .flat_map(|corner| squares(corner, 64, 8))
        .flat_map(|corner| squares(corner, 8, 4))
        .flat_map(|corner| squares(corner, 4, 1));
    all.for_each(|[x, y]| visit(x, y));
}

/// A pinhole, 60 degrees high, z up.
struct Camera {
    eye: Point,
    forward: Point,
    right: Point,
    up: Point,
    slope: [f32; 2],
}

impl Camera {
    fn new(eye: Point, target: Point) -> Self {
        let forward = unit([0, 1, 2].map(|axis| target[axis] - eye[axis]));
        let right = unit(cross(forward, [0.0, 0.0, 1.0]));
        let high = (30.0f32).to_radians().tan();
        let slope = [high * SIZE[0] as f32 / SIZE[1] as f32, high];
        Camera { eye, forward, right, up: cross(right, forward), slope }
    }

    fn direction(&self, x: usize, y: usize) -> Point {
        let u = ((x as f32 + 0.5) / SIZE[0] as f32 * 2.0 - 1.0) * self.slope[0];
        let v = (1.0 - (y as f32 + 0.5) / SIZE[1] as f32 * 2.0) * self.slope[1];
        unit([0, 1, 2].map(|axis| self.forward[axis] + self.right[axis] * u + self.up[axis] * v))
    }
}

fn cross([a, b, c]: Point, [x, y, z]: Point) -> Point {
    [b * z - c * y, c * x - a * z, a * y - b * x]
}

fn unit(of: Point) -> Point {
    let length = of.iter().map(|value| value * value).sum::<f32>().sqrt();
    of.map(|value| value / length)
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    now() - start
}

fn save_bits(path: &Path, volume: &Volume, edge: u32) {
    let edge = edge as usize;
    let mut bits = vec![0u8; edge.pow(3) / 8];
    for (at, _) in volume.voxels() {
        let index = (at.z as usize * edge + at.y as usize) * edge + at.x as usize;
        bits[index / 8] |= 1 << (index % 8);
    }
    std::fs::write(path, bits).expect("disk space");
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// The peer's fastest way through some rays, and how its answers compare to ours.
struct Best {
    mode: String,
    hits: u64,
    /// The part of the rays that only one side lets hit.
    differ: f64,
    /// The part of the rays that both let hit, at times more than 0.02 apart.
    differ_in_time: f64,
}

/// The peer, with what it can do with rays.
struct Embree(Peer);

impl Embree {
    /// `None` where it cannot be built.
    fn start(limit: &str) -> Option<Self> {
        let recipe = Recipe {
            name: "embree",
            library: "Embree 3",
            flags: &["-O3", "-march=native", "-DNDEBUG", "-std=c++17"],
            links: &["-lembree3"],
            folder: &folder(),
        };
        Peer::start(&recipe, &[limit]).map(Self)
    }

    fn send(&mut self, rays: &Rays) {
        let path = folder().join("embree.rays");
        let mut file = BufWriter::new(std::fs::File::create(&path).expect("the folder is ours"));
        let reach = vec![rays.reach; rays.len()];
        for column in rays.columns.iter().chain([&reach]) {
            for value in column {
                file.write_all(&value.to_le_bytes()).expect("disk space");
            }
        }
        file.flush().expect("disk space");
        let [any, coherent] = [rays.any, rays.coherent].map(u8::from);
        self.ask(&format!("rays {} {} {any} {coherent}", path.display(), rays.len()));
        let _ = std::fs::remove_file(path);
    }

    /// Runs each mode once.
    fn best(&mut self, name: &str, ours: &[f32]) -> Best {
        let mut best = (
            f64::INFINITY,
            Best { mode: String::new(), hits: 0, differ: 0.0, differ_in_time: 0.0 },
        );
        for mesh in ["faces", "greedy"] {
            for mode in ["single", "packet8", "packet16", "stream256"] {
                let mode = format!("{mesh} {mode}");
                let (seconds, hits) = self.ask(&format!("run {mode}"));
                if seconds < best.0 {
                    best = (seconds, Best { mode, hits, ..best.1 });
                }
            }
        }
        self.ask("run faces single");
        let times = self.times();
        let pairs = || times.iter().zip(ours);
        let part = |count: usize| count as f64 / times.len().max(1) as f64;
        let differ = pairs().filter(|(a, b)| a.is_finite() != b.is_finite()).count();
        // Infinite for both is NaN here, and not more.
        let differ_in_time = pairs().filter(|(a, b)| (*a - *b).abs() > 0.02).count() - differ;
        let best = Best { differ: part(differ), differ_in_time: part(differ_in_time), ..best.1 };
        assert!(best.differ < 1e-4, "{name}: {} of the rays hit on one side only", best.differ);
        best
    }

    /// When each ray hit in the last run.
    fn times(&mut self) -> Vec<f32> {
        let path = folder().join("embree.times");
        self.ask(&format!("times {}", path.display()));
        let bytes = std::fs::read(&path).expect("the peer has written it");
        let _ = std::fs::remove_file(path);
        bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    fn ask(&mut self, request: &str) -> (f64, u64) {
        self.0.ask(request)
    }
}
