//! Rays without coherence: four random ambient occlusion rays a pixel (any hit, 64 voxels) and
//! one random bounce (closest hit, unbounded), from what a camera of 1920x1080 sees.
//!
//! One thread, its CPU time. Million rays a second, for each kind of vectors that the machine
//! has; all kinds must hit the same number. A part of a row's name after `--` picks rows, `reps=9`
//! says how often each is measured.

use goxel_bench::scenes;
use goxel_engine::render::Simd;
use goxel_engine::render::probe_stream::{Bundle, Found, Probe};
use goxel_engine::volume::{Coord, Volume, Voxel};
use nix::time::{ClockId, clock_gettime};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;

type Scene = fn() -> Vec<(Coord, Voxel)>;

fn main() {
    println!("{:<34} {:>9} {:>9} {:>9} {:>9}", "Mrays/s", "rays", "hits", "median", "most");
    let views: [(&str, u32, Scene, &[&str]); 5] = [
        ("shell64", 64, scenes::shell64, &["ext"]),
        ("terrain256", 256, scenes::terrain256, &["ext", "low"]),
        ("menger243", 256, scenes::menger243, &["ext"]),
        ("city512", 512, scenes::city512, &["ext", "low"]),
        ("terrain1024", 1024, scenes::terrain1024, &["ext"]),
    ];
    for (name, edge, scene, cameras) in views {
        if !cameras.iter().any(|camera| rows(&format!("{name} {camera}")).any(|row| wants(&row))) {
            continue;
        }
        let volume: Volume = scene().into_iter().collect();
        build(name, &volume);
        for camera in cameras {
            view(&format!("{name} {camera}"), &volume, &Camera::new(name, camera, edge as f32));
        }
    }
}

/// The names of a view's rows.
fn rows(view: &str) -> impl Iterator<Item = String> {
    let levels = Simd::ALL.into_iter().flat_map(|simd| [(simd, "ao"), (simd, "bounce")]);
    levels.map(move |(simd, kind)| format!("{view} {simd:?} {kind}").to_lowercase())
}

/// Whether the command line asks for a row, by a part of its name or by naming none.
fn wants(row: &str) -> bool {
    let is_part = |arg: &String| !arg.starts_with('-') && !arg.starts_with("reps=");
    let mut parts = std::env::args().skip(1).filter(is_part).peekable();
    parts.peek().is_none() || parts.any(|part| row.contains(&part))
}

/// The time that a tree takes to build, and its size.
fn build(name: &str, volume: &Volume) {
    Probe::build(volume, [0; 3], |make| {
        let mut times: Vec<f64> = (0..reps()).map(|_| timed(make).0).collect();
        times.sort_by(f64::total_cmp);
        let bytes = make() as f64 / volume.filled() as f64;
        let middle = times[times.len() / 2] * 1e3;
        println!("{name} tree: {middle:.2} ms, {bytes:.3} bytes a voxel");
    });
}

fn view(name: &str, volume: &Volume, camera: &Camera) {
    let base = camera.eye.map(|at| at.floor() as i64);
    let (occlusion, bounce) = Probe::with(volume, base, Simd::best(), |probe| rays(probe, camera))
        .expect("no scene is empty");
    let [mut blocks, mut hits] = [None; 2];
    for simd in Simd::ALL.into_iter().filter(|simd| simd.is_available()) {
        let name = format!("{name} {simd:?}").to_lowercase();
        Probe::with(volume, base, simd, |probe| {
            let mut blocked = Vec::new();
            row(&format!("{name} ao"), occlusion.count(), &mut blocks, || {
                probe.blocked(&occlusion, &mut blocked);
                blocked.iter().filter(|blocked| **blocked).count()
            });
            let mut found = Found::default();
            row(&format!("{name} bounce"), bounce.count(), &mut hits, || {
                probe.closest(&bounce, &mut found);
                (0..bounce.count()).filter(|ray| found.hit(*ray).is_some()).count()
            });
        });
    }
}

/// Measures and prints. `hits` is how many rays must hit something, once that is known.
fn row(name: &str, rays: usize, hits: &mut Option<usize>, mut work: impl FnMut() -> usize) {
    if !wants(name) {
        return;
    }
    let expected = *hits.get_or_insert(work());
    let mut times: Vec<f64> = (0..reps())
        .map(|_| {
            let (time, hits) = timed(&mut work);
            assert_eq!(hits, expected, "{name}: how many hit");
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let rate = |time: f64| rays as f64 / time / 1e6;
    let (middle, most) = (rate(times[times.len() / 2]), rate(times[0]));
    println!("{name:<34} {rays:>9} {expected:>9} {middle:>9.2} {most:>9.2}");
}

fn reps() -> usize {
    let given = std::env::args().find_map(|part| part.strip_prefix("reps=")?.parse().ok());
    given.unwrap_or(5)
}

/// Seconds of this thread's time, and the result.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let now = || {
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock");
        time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
    };
    let start = now();
    let result = work();
    (now() - start, result)
}

/// The rays that leave what the camera sees: for ambient occlusion and for a bounce.
fn rays(probe: &Probe<'_>, camera: &Camera) -> (Bundle, Bundle) {
    let (mut occlusion, mut bounce) = (Bundle::default(), Bundle::default());
    let (mut primary, mut found) = (Bundle::default(), Found::default());
    for tile in tiles(64, [0, 0], [WIDTH, HEIGHT]) {
        let pixels: Vec<[u32; 2]> = tiles(8, tile[0], tile[1])
            .flat_map(|[low, high]| tiles(4, low, high))
            .flat_map(|[low, high]| tiles(1, low, high).map(|[at, _]| at))
            .collect();
        primary.clear();
        let start = camera.eye.map(|at| at - at.floor());
        pixels.iter().for_each(|at| primary.push(start, camera.direction(*at), 1e30));
        probe.closest(&primary, &mut found);
        for (ray, pixel) in pixels.iter().enumerate() {
            let Some((time, axis)) = found.hit(ray) else { continue };
            let mut normal = [0.0; 3];
            normal[axis] = -primary.direction(ray)[axis].signum();
            let point = primary.at(ray, time);
            let origin = [0, 1, 2].map(|axis| point[axis] + normal[axis] * 2e-3);
            (0..4).for_each(|n| occlusion.push(origin, cosine(axis, normal, *pixel, n), 64.0));
            bounce.push(origin, cosine(axis, normal, *pixel, 64), 1e30);
        }
    }
    (occlusion, bounce)
}

/// The squares of a rectangle, row by row; those at its end may be smaller.
fn tiles(edge: u32, low: [u32; 2], high: [u32; 2]) -> impl Iterator<Item = [[u32; 2]; 2]> {
    let end = move |at: u32, axis: usize| (at + edge).min(high[axis]);
    (low[1]..high[1]).step_by(edge as usize).flat_map(move |y| {
        let columns = (low[0]..high[0]).step_by(edge as usize);
        columns.map(move |x| [[x, y], [end(x, 0), end(y, 1)]])
    })
}

/// A direction around a face's normal, as `SCENES.md` has it.
fn cosine(axis: usize, normal: [f32; 3], [x, y]: [u32; 2], sample: u32) -> [f32; 3] {
    let hash = scenes::hash(x, y, sample, 5);
    let (u, v) = ((hash & 0xFFFF) as f32 / 65536.0, (hash >> 16) as f32 / 65536.0);
    let (radius, angle) = (u.sqrt(), std::f32::consts::TAU * v);
    let mut direction = [0.0; 3];
    direction[axis] = (1.0 - u).max(1e-4).sqrt() * normal[axis];
    direction[usize::from(axis == 0)] = radius * angle.cos();
    direction[if axis == 2 { 1 } else { 2 }] = radius * angle.sin();
    direction
}

/// A pinhole that looks 60 degrees high.
struct Camera {
    eye: [f32; 3],
    forward: [f32; 3],
    right: [f32; 3],
    up: [f32; 3],
}

impl Camera {
    /// The cameras of `SCENES.md`, for a scene of that edge.
    fn new(scene: &str, camera: &str, edge: f32) -> Self {
        let is_round = scene == "shell64" || scene == "menger243";
        let height = if scene == "city512" { 0.42 } else { 0.70 };
        let (eye, target) = match (camera, is_round) {
            ("low", _) => ([0.502, 0.003, height], [0.55, 0.95, 0.12]),
            (_, true) => ([1.05, -0.22, 0.85], [0.5; 3]),
            (_, false) => ([0.95, -0.12, 0.85], [0.5, 0.5, 0.22]),
        };
        let forward = unit([0, 1, 2].map(|axis| (target[axis] - eye[axis]) * edge));
        let right = unit(cross(forward, [0.0, 0.0, 1.0]));
        let up = cross(right, forward);
        Camera { eye: eye.map(|at: f32| at * edge), forward, right, up }
    }

    fn direction(&self, [x, y]: [u32; 2]) -> [f32; 3] {
        let tall = 30f32.to_radians().tan();
        let across =
            ((x as f32 + 0.5) / WIDTH as f32 * 2.0 - 1.0) * tall * WIDTH as f32 / HEIGHT as f32;
        let upward = (1.0 - (y as f32 + 0.5) / HEIGHT as f32 * 2.0) * tall;
        unit(
            [0, 1, 2].map(|axis| {
                self.forward[axis] + self.right[axis] * across + self.up[axis] * upward
            }),
        )
    }
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn unit(a: [f32; 3]) -> [f32; 3] {
    let length = (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt();
    a.map(|part| part / length)
}
