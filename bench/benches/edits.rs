//! What edits, queries, undo and the composite cost on whole scenes, and what a second
//! thread gains.

use goxel_bench::scenes::{self, color, hash};
use goxel_bench::{figure, is_wanted, report, report_with, title};
use goxel_engine::command::{Author, Command};
use goxel_engine::composite::{Rule, flatten_by};
use goxel_engine::math::Mat4;
use goxel_engine::ops::{Painter, Shape, Spread, Tolerance, flood};
use goxel_engine::parallel::Threads;
use goxel_engine::project::Project;
use goxel_engine::query::{ColorOrder, colors, components};
use goxel_engine::scene::{Layer, LayerId, Scene};
use goxel_engine::volume::{BlendMode, Bounds, Coord, Volume, Voxel};

const NOBODY: Author = Author(0);

fn main() {
    whole_terrain();
    histogram();
    fills();
    single_edits();
    layers16();
    checkerboard();
}

fn whole_terrain() {
    let voxels = scenes::terrain256();
    let count = voxels.len() as u64;
    let volume: Volume = voxels.into_iter().collect();
    title(&format!("terrain256: {count} voxels"));
    let seed = Coord::new(0, 0, 0);
    let everything = Spread { tolerance: Tolerance::Seed(255), ..Spread::default() };
    report("flood fill, terrain256", 5, count, || {
        let region = flood(&volume, seed, &everything, 1 << 20).expect("there is room");
        assert_eq!(region.filled(), count);
        region
    });
    let near = Spread { tolerance: Tolerance::Neighbor(200), ..Spread::default() };
    report("flood fill by neighbour's colour, terrain256", 5, count, || {
        let region = flood(&volume, seed, &near, 1 << 20).expect("there is room");
        assert!(region.filled() > count / 2, "{}", region.filled());
        region
    });
    report("components, terrain256", 5, count, || {
        let found = components(&volume, &everything, 10);
        assert_eq!((found.count, found.largest[0].voxels), (1, count));
        found
    });
    report("histogram, terrain256", 9, count, || {
        let found = colors(&volume, None, 0, ColorOrder::Count, Threads(1));
        assert_eq!((found.len(), found.iter().map(|(_, n)| n).sum::<u64>()), (64, count));
        found
    });
}

/// Of eight cities beside each other with a colour for each voxel: one takes too little time to
/// tell what a second thread gains.
fn histogram() {
    if !is_wanted("histogram, speckled cities") {
        return;
    }
    let city = scenes::city512();
    let mut volume = Volume::new();
    for k in 0..8 {
        let place = |(at, _): &(Coord, Voxel)| {
            let number = hash(at.x as u32, at.y as u32, at.z as u32, 11) & 127;
            (Coord::new(at.x + 512 * k, at.y, at.z), color(4 * number, 0, 0))
        };
        volume.write(city.iter().map(place));
    }
    let count = volume.filled();
    title(&format!("eight cities: {count} voxels"));
    for threads in [1, 2] {
        report(&format!("histogram, speckled cities, {threads} threads"), 9, count, || {
            let found = colors(&volume, None, 0, ColorOrder::Count, Threads(threads));
            assert_eq!(found.iter().map(|(_, n)| n).sum::<u64>(), count);
            found
        });
    }
}

fn fills() {
    title("painted shapes, a new volume each time");
    for (shape, edge) in [(Shape::Cube, 128), (Shape::Sphere, 128), (Shape::Sphere, 512)] {
        let half = edge as f32 / 2.0;
        let area = Mat4::from_box([half + 3.0; 3], [half; 3]);
        let count = (edge as u64).pow(3);
        for threads in [1, 2] {
            let row = format!("fill a {} of {edge}^3, {threads} threads", shape.name());
            report(&row, 7, count, || {
                let painter = Painter::new(shape, Voxel::WHITE);
                let made = painter.paint(&Volume::new(), &area, 1 << 20, Threads(threads));
                let made = made.expect("there is room");
                let expected = match shape {
                    Shape::Cube => count,
                    _ => count * 523_599 / 1_000_000,
                };
                assert!(made.filled().abs_diff(expected) <= count / 100);
                made
            });
        }
    }
    let area = Mat4([60., 20., 5., 0., -20., 50., 10., 0., 3., -8., 70., 0., 3., 4., 5., 1.]);
    for threads in [1, 2] {
        report(&format!("soft turned torus, {threads} threads"), 5, 1, || {
            let painter = Painter { smoothness: 1.0, ..Painter::new(Shape::Torus, Voxel::WHITE) };
            let made = painter.paint(&Volume::new(), &area, 1 << 20, Threads(threads));
            made.filter(|made| made.filled() > 10_000).expect("a torus")
        });
    }
}

/// A million voxels added one command at a time, and all of it undone.
fn single_edits() {
    const COUNT: u32 = 1_000_000;
    title("a million single edits of a project, and undo of them all");
    let add = |project: &mut Project| {
        for i in 0..COUNT {
            let at = [1, 2, 3].map(|seed| (hash(i, 0, 0, seed) & 127) as i32).into();
            let voxel = color(i, 0, 0);
            project.apply(Command::SetVoxel { layer: None, at, voxel }, NOBODY).expect("allowed");
        }
    };
    report("a million add_voxel", 3, COUNT.into(), || {
        let mut project = Project::new();
        add(&mut project);
        project
    });
    let mut project = Project::new();
    add(&mut project);
    figure("bytes to undo a million add_voxel", &project.history_bytes().to_string());
    let (steps, _) = project.steps();
    report_with(
        "undo of them all",
        3,
        steps as u64,
        || project.clone(),
        |mut project| {
            while project.undo().is_ok() {}
            assert!(project.scene().layers[0].volume.is_empty());
            project
        },
    );
    title("snapshots of a project");
    report("a thousand snapshots", 9, 1000, || {
        (0..1000).map(|_| project.snapshot()).collect::<Vec<_>>()
    });
    report("first write after a snapshot, x1000", 9, 1000, || {
        for i in 0..1000u32 {
            let kept = project.snapshot();
            let at = [4, 5, 6].map(|seed| (hash(i, 0, 0, seed) & 127) as i32).into();
            let voxel = color(i, 1, 0);
            project.apply(Command::SetVoxel { layer: None, at, voxel }, NOBODY).expect("allowed");
            drop(kept);
        }
    });
}

/// `city512` cut along x into 16 layers that overlap by 16 voxels: every fifth subtracts,
/// the one before it paints.
fn layers16() {
    if !is_wanted("composite, layers16") {
        return;
    }
    let city = scenes::city512();
    let mut scene = Scene::new();
    scene.layers.clear();
    for k in 0..16i32 {
        let mut layer = Layer::new(LayerId(k as u32 + 1), &format!("strip {k}"));
        let strip = 32 * k - 8..32 * k + 40;
        layer.volume = city.iter().filter(|(at, _)| strip.contains(&at.x)).copied().collect();
        layer.mode = match k % 5 {
            3 => BlendMode::Paint,
            4 => BlendMode::Sub,
            _ => BlendMode::Over,
        };
        scene.layers.push(layer);
    }
    let count = scene.filled();
    title(&format!("composite, layers16: {count} voxels in 16 layers"));
    let whole = flatten_by(&scene, Rule::Strict, Threads(1));
    for threads in [1, 2] {
        report(&format!("composite, layers16, whole, {threads} threads"), 3, count, || {
            let made = flatten_by(&scene, Rule::Strict, Threads(threads));
            assert_eq!(made.filled(), whole.filled());
            made
        });
    }
    let mut project = Project::from_scene(scene);
    project.snapshot().drawn(Threads(1));
    let mut turn = 0u32;
    report("composite, layers16, after one edit", 501, 1, || {
        turn += 1;
        let at = [1, 2].map(|seed| (hash(turn, 0, 0, seed) & 511) as i32);
        let place = Coord::new(at[0], at[1], 3);
        let layer = Some(LayerId((at[0] / 32) as u32 + 1));
        let voxel = color(turn, 3, 0);
        project.apply(Command::SetVoxel { layer, at: place, voxel }, NOBODY).expect("allowed");
        project.snapshot().drawn(Threads(1))
    });
    let drawn = project.snapshot().drawn(Threads(1));
    assert!(drawn == goxel_engine::composite::drawn(project.scene()), "kept up through all edits");
}

fn checkerboard() {
    if !is_wanted("checkerboard") {
        return;
    }
    title("a checkerboard of 128^3: a million components");
    let places = Bounds::around(Coord::new(0, 0, 0), Coord::new(127, 127, 127));
    let odd = |i: i32| (i + i / 128 + i / 16384) % 2 == 1;
    let board: Volume = (0..places.voxels() as i32)
        .filter(|i| odd(*i))
        .map(|i| (Coord::new(i % 128, i / 128 % 128, i / 16384), Voxel::WHITE))
        .collect();
    let spread = Spread { tolerance: Tolerance::Neighbor(255), ..Spread::default() };
    report("components, checkerboard 128^3", 3, board.filled(), || {
        let found = components(&board, &spread, 10);
        assert_eq!(found.count, board.filled());
        found
    });
}
