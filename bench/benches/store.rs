//! The tree as a store: what an edit, a read and a snapshot of it cost, beside
//! the plain alternative, a hash map of the same bricks.

use goxel_bench::scenes::{self, hash};
use goxel_bench::{figure, report, report_with, title};
use goxel_engine::ops::{Shape, Solid};
use goxel_engine::volume::{Bounds, Brick, BrickCoord, Coord, Volume, Voxel};
use std::collections::HashMap;
use std::sync::Arc;

type Voxels = Vec<(Coord, Voxel)>;

fn main() {
    println!(
        "tree: the product's volume.  map: a HashMap<BrickCoord, Arc<Brick>> of the same bricks."
    );
    let scenes = [
        ("terrain256", scenes::terrain256()),
        ("city512", by_brick(scenes::city512())),
        ("menger243", by_brick(scenes::menger243())),
    ];
    for (name, voxels) in &scenes {
        whole_scene(name, voxels);
    }
    random_places();
    boxes();
    snapshots(&scenes[0].1);
    growth();
}

fn by_brick(mut voxels: Voxels) -> Voxels {
    voxels.sort_unstable_by_key(|(at, _)| (at.brick().order(), at.order()));
    voxels
}

fn whole_scene(name: &str, voxels: &Voxels) {
    title(&format!("{name}: {} voxels", voxels.len()));
    let count = voxels.len() as u64;
    report(&format!("{name} fill in runs, tree"), 5, count, || fill_tree(voxels));
    report(&format!("{name} fill one by one, tree"), 3, count, || set_tree(voxels));
    report(&format!("{name} fill one by one, map"), 3, count, || set_map(voxels));
    let (tree, map) = (fill_tree(voxels), set_map(voxels));
    let places: Vec<Coord> =
        (0..1_000_000u32).map(|i| voxels[hash(i, 0, 0, 3) as usize % voxels.len()].0).collect();
    report(&format!("{name} random get, tree"), 5, 1_000_000, || get_tree(&tree, &places));
    report(&format!("{name} random get, map"), 5, 1_000_000, || get_map(&map, &places));
    report(&format!("{name} visit all, tree"), 5, count, || {
        let sum = tree.voxels().fold(0u64, |sum, (_, voxel)| sum + u64::from(voxel.0[0]));
        assert!(sum > 0);
        sum
    });
    report(&format!("{name} exact bounds, tree"), 5, 1, || {
        assert!(tree.bounds().is_some());
    });
    figure(
        &format!("{name} bytes a voxel, tree"),
        &format!("{:.2}", tree.bytes() as f64 / count as f64),
    );
}

fn fill_tree(voxels: &Voxels) -> Volume {
    let volume: Volume = voxels.iter().copied().collect();
    assert_eq!(volume.filled(), voxels.len() as u64);
    volume
}

fn set_tree(voxels: &Voxels) -> Volume {
    let mut volume = Volume::new();
    for (at, voxel) in voxels {
        volume.set(*at, *voxel);
    }
    assert_eq!(volume.filled(), voxels.len() as u64);
    volume
}

type Map = HashMap<BrickCoord, Arc<Brick>>;

fn set_map(voxels: &Voxels) -> Map {
    let mut map = Map::new();
    for (at, voxel) in voxels {
        Arc::make_mut(map.entry(at.brick()).or_default()).set(at.local(), *voxel);
    }
    let filled: u64 = map.values().map(|brick| u64::from(brick.filled())).sum();
    assert_eq!(filled, voxels.len() as u64);
    map
}

fn get_tree(volume: &Volume, places: &[Coord]) {
    assert!(places.iter().all(|at| !volume.get(*at).is_empty()));
}

fn get_map(map: &Map, places: &[Coord]) {
    assert!(
        places.iter().all(|at| {
            map.get(&at.brick()).is_some_and(|brick| !brick.get(at.local()).is_empty())
        })
    );
}

fn random_places() {
    const COUNT: u32 = 1_000_000;
    title("a million random writes");
    for (name, mask) in [("256^3", 255), ("1024^3", 1023)] {
        let voxels: Voxels = (0..COUNT)
            .map(|i| {
                let axis = |seed| (hash(i, 0, 0, seed) & mask) as i32;
                (Coord::new(axis(1), axis(2), axis(3)), scenes::color(i, 0, 0))
            })
            .collect();
        let set = |volume: &mut Volume| {
            for (at, voxel) in &voxels {
                volume.set(*at, *voxel);
            }
            let (at, voxel) = voxels[voxels.len() - 1];
            assert_eq!(volume.get(at), voxel);
        };
        report(&format!("random set {name}, tree, new"), 3, COUNT.into(), || {
            let mut volume = Volume::new();
            set(&mut volume);
            volume
        });
        let mut volume = Volume::new();
        set(&mut volume);
        report(&format!("random set {name}, tree, again"), 3, COUNT.into(), || set(&mut volume));
        let mut map = Map::new();
        report(&format!("random set {name}, map, again"), 3, COUNT.into(), || {
            for (at, voxel) in &voxels {
                Arc::make_mut(map.entry(at.brick()).or_default()).set(at.local(), *voxel);
            }
        });
    }
}

fn boxes() {
    title("boxes, not aligned to bricks");
    for edge in [16, 128, 512] {
        let low = Coord::new(-3, 5, 7);
        let high = Coord::new(low.x + edge - 1, low.y + edge - 1, low.z + edge - 1);
        let bounds = Bounds::around(low, high);
        let count = bounds.voxels() as u64;
        report(&format!("fill a {edge}^3 box"), 5, count, || {
            let mut volume = Volume::new();
            let solid = Solid::filling(Shape::Cube, bounds);
            assert_eq!(solid.fill(&mut volume, Voxel::WHITE), count);
            volume
        });
        report(&format!("fill a {edge}^3 sphere"), 5, count, || {
            let mut volume = Volume::new();
            Solid::filling(Shape::Sphere, bounds).fill(&mut volume, Voxel::WHITE);
            assert!(volume.filled().abs_diff(count * 523_599 / 1_000_000) < count / 100);
            volume
        });
    }
}

fn snapshots(voxels: &Voxels) {
    title("snapshots of terrain256");
    let volume = fill_tree(voxels);
    report("a thousand snapshots", 9, 1000, || {
        let all: Vec<Volume> = (0..1000).map(|_| volume.clone()).collect();
        assert!(all.iter().all(|copy| copy.shares_root_with(&volume)));
        all
    });
    let places: Vec<Coord> =
        (0..1000u32).map(|i| voxels[hash(i, 1, 0, 5) as usize % voxels.len()].0).collect();
    report_with(
        "first write after a snapshot, x1000",
        9,
        1000,
        || volume.clone(),
        |mut copy| {
            for at in &places {
                let kept = copy.clone();
                copy.set(*at, Voxel::WHITE);
                drop(kept);
            }
            copy
        },
    );
}

/// Ten times the voxels must take about ten times the time, near or far apart.
fn growth() {
    title("growth: voxels far apart, each in a brick of its own");
    for count in [10_000u32, 100_000, 1_000_000] {
        report(&format!("{count} lone voxels in all of space"), 3, count.into(), || {
            let far = |i, seed| hash(i, 0, 0, seed) as i32;
            let volume: Volume = (0..count)
                .map(|i| (Coord::new(far(i, 1), far(i, 2), far(i, 3)), Voxel::WHITE))
                .collect();
            assert_eq!(volume.filled(), u64::from(count));
            volume
        });
    }
}
