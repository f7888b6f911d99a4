//! Passes, one by one, of every mode.

use super::super::{Antialias, Camera, Control, PathSettings, Preset, picture};
use super::*;
use crate::volume::{Coord, Volume, Voxel};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn hills() -> Volume {
    let places = (0..20).flat_map(|y| (0..20).map(move |x| (x, y)));
    let column = |(x, y): (i32, i32)| {
        let color = Voxel::rgb((x * 12) as u8, 140, (y * 12) as u8);
        (0..=(x * y) % 5).map(move |z| (Coord::new(x, y, z), color))
    };
    places.flat_map(column).collect()
}

fn settings(mode: Mode, width: u32, height: u32) -> Settings {
    let path = PathSettings { samples: 5, ..PathSettings::default() };
    Settings { width, height, mode, path, ..Settings::default() }
}

/// The passes of a picture of hills until `take` have been given.
fn run(settings: &Settings, control: Control<'_>, take: usize) -> (Vec<Pass>, Option<RenderError>) {
    let volume = hills();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let job = Job { drawn: &volume, scene: None, camera: &camera, settings, control };
    let mut passes = Vec::new();
    let result = progressive(&job, |pass| {
        passes.push(pass);
        if passes.len() < take { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    (passes, result.err())
}

fn whole(settings: &Settings) -> Picture {
    let volume = hills();
    let camera = Camera::preset(Preset::Isometric, volume.bounds().unwrap());
    let control = Control::default();
    picture(&Job { drawn: &volume, scene: None, camera: &camera, settings, control }).unwrap()
}

#[test]
fn the_last_pass_is_the_picture_and_those_before_are_pictures_of_their_size() {
    for mode in Mode::ALL {
        for threads in [1, 3] {
            let settings = Settings { threads, ..settings(mode, 170, 131) };
            let (passes, refused) = run(&settings, Control::default(), 99);
            assert_eq!(refused, None, "{mode:?}");
            let (last, before) = passes.split_last().unwrap();
            assert!(last.picture == whole(&settings), "{mode:?}: {threads} threads");
            assert!(last.is_last && before.iter().all(|pass| !pass.is_last), "{mode:?}");
            for pass in before {
                let mut small = scaled(&settings, pass.scale);
                small.path.samples = pass.samples;
                assert!(pass.picture == whole(&small), "{mode:?} at {}", pass.scale);
            }
        }
    }
}

#[test]
fn sizes_halve_and_tiny_previews_are_left_out() {
    let check = |width: u32, height: u32, expected: &[(u32, [u32; 2])]| {
        let (passes, _) = run(&settings(Mode::Flat, width, height), Control::default(), 99);
        let found = passes.iter().map(|p| (p.scale, [p.picture.width, p.picture.height]));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{width}x{height}");
    };
    check(200, 128, &[(8, [25, 16]), (4, [50, 32]), (2, [100, 64]), (1, [200, 128])]);
    check(121, 300, &[(8, [16, 38]), (4, [31, 75]), (2, [61, 150]), (1, [121, 300])]);
    check(120, 300, &[(4, [30, 75]), (2, [60, 150]), (1, [120, 300])]);
    check(31, 31, &[(2, [16, 16]), (1, [31, 31])]);
    check(400, 30, &[(1, [400, 30])]);
    check(1, 1, &[(1, [1, 1])]);
}

#[test]
fn traced_paths_get_twice_the_samples_each_time() {
    let check = |samples: u32, expected: &[u32]| {
        let mut settings = settings(Mode::Path, 20, 20);
        settings.path.samples = samples;
        let (passes, _) = run(&settings, Control::default(), 99);
        let found: Vec<u32> = passes.iter().map(|pass| pass.samples).collect();
        assert_eq!(found, expected, "{samples}");
    };
    check(0, &[1]);
    check(1, &[1]);
    check(8, &[1, 2, 4, 8]);
    check(9, &[1, 2, 4, 8, 9]);
}

#[test]
fn whoever_looks_may_end_it_between_passes() {
    for mode in Mode::ALL {
        let settings = settings(mode, 130, 130);
        for take in [1, 2] {
            let (passes, refused) = run(&settings, Control::default(), take);
            assert_eq!((passes.len(), refused), (take, Some(RenderError::Cancelled)), "{mode:?}");
        }
        // After the last pass there is nothing left to end.
        let (passes, refused) = run(&settings, Control::default(), 4);
        assert_eq!((passes.len(), passes[3].is_last, refused), (4, true, None), "{mode:?}");
    }
}

#[test]
fn others_may_end_it_before_and_within_passes() {
    for mode in Mode::ALL {
        let settings = settings(mode, 300, 300);
        let cancel = AtomicBool::new(true);
        let control = Control { cancel: Some(&cancel), progress: None };
        let (passes, refused) = run(&settings, control, 99);
        assert_eq!((passes.len(), refused), (0, Some(RenderError::Cancelled)), "{mode:?}");
        // In the middle of the last pass.
        let cancel = AtomicBool::new(false);
        let stop = |done: usize, of: usize| cancel.store(done + 2 == of, Ordering::Relaxed);
        let control = Control { cancel: Some(&cancel), progress: Some(&stop) };
        let (passes, refused) = run(&settings, control, 99);
        assert_eq!(refused, Some(RenderError::Cancelled), "{mode:?}");
        assert!(passes.len() >= 3 && passes.iter().all(|pass| !pass.is_last), "{mode:?}");
    }
}

#[test]
fn progress_counts_the_parts_of_all_passes() {
    for mode in Mode::ALL {
        let told = Mutex::new(Vec::new());
        let tell = |done: usize, of: usize| told.lock().unwrap().push((done, of));
        let control = Control { cancel: None, progress: Some(&tell) };
        run(&settings(mode, 200, 150), control, 99);
        let expected = match mode {
            Mode::Path => 4 * 12,
            Mode::Outline => 1 + 4 + 12 + 35,
            _ => 1 + 1 + 4 + 12,
        };
        let all: Vec<_> = (1..=expected).map(|done| (done, expected)).collect();
        assert_eq!(told.into_inner().unwrap(), all, "{mode:?}");
    }
}

#[test]
fn empty_volumes_and_refused_sizes_are_as_in_one_go() {
    for mode in Mode::ALL {
        let camera = Camera::look_at([9.0; 3], [0.0; 3], [0., 0., 1.], 30.0).unwrap();
        let count = AtomicUsize::new(0);
        let with = |width: u32, height: u32| {
            let settings = Settings { antialias: Antialias::Off, ..settings(mode, width, height) };
            let (drawn, control) = (&Volume::new(), Control::default());
            let job = Job { drawn, scene: None, camera: &camera, settings: &settings, control };
            let whole = picture(&job);
            let result = progressive(&job, |pass| {
                count.fetch_add(1, Ordering::Relaxed);
                assert!(!pass.is_last || whole.as_ref() == Ok(&pass.picture), "{mode:?}");
                ControlFlow::Continue(())
            });
            assert_eq!(result.err(), whole.err(), "{mode:?} {width}x{height}");
        };
        with(0, 9);
        with(20_000, 9);
        assert_eq!(count.load(Ordering::Relaxed), 0);
        with(40, 40);
        assert!(count.load(Ordering::Relaxed) > 1);
    }
}
