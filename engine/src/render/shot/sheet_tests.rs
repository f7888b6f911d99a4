//! Sheets: where frames lie, and what is between them.

use super::*;
use crate::render::{
    ContactSheet, Control, MAX_SIDE, Mode, Plane, Preset, Projection, Section, View, contact_sheet,
    render,
};
use crate::volume::{Coord, Voxel};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

fn thing() -> Volume {
    (0..40).map(|x| (Coord::new(x, x / 3, x % 7), Voxel::rgb(99, x as u8 * 5, 9))).collect()
}

fn settings(width: u32, height: u32) -> Settings {
    Settings { width, height, mode: Mode::Flat, ..Settings::default() }
}

fn take(plan: &ContactSheet, settings: &Settings, control: Control) -> Result<Sheet, RenderError> {
    contact_sheet(&Studio { drawn: &thing(), scene: None, bounds: None, settings, control }, plan)
}

#[test]
fn columns_make_a_sheet_nearly_square() {
    let chosen = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16].map(|count| columns(0, count));
    assert_eq!(chosen, [1, 2, 3, 2, 3, 3, 4, 4, 3, 5, 4]);
    assert_eq!([columns(4, 16), columns(99, 3), columns(0, 4096)], [4, 3, 64]);
}

#[test]
fn a_contact_sheet_has_each_shot_in_its_cell() {
    let drawn = thing();
    let bounds = drawn.bounds().unwrap();
    let views = [View::Preset(Preset::Left), View::ISOMETRIC, View::Project];
    let mut plan =
        ContactSheet { columns: 2, spacing: 3, ground: [1, 2, 3, 4], ..ContactSheet::of(&views) };
    let cut = Section { planes: vec![Plane::above(0, 20)], keep: None };
    plan.shots[0].section = cut.clone();
    plan.shots[0].projection = Projection::Own;
    plan.shots[2].projection = Projection::Parallel;
    let settings = settings(50, 41);
    let sheet = take(&plan, &settings, Control::default()).unwrap();
    assert_eq!([sheet.columns, sheet.rows], [2, 2]);
    assert_eq!([sheet.picture.width, sheet.picture.height], [109, 91]);
    let corners: Vec<[u32; 2]> = sheet.frames.iter().map(|place| [place.x, place.y]).collect();
    assert_eq!(corners, [[3, 3], [56, 3], [3, 47]]);
    let mut expected = vec![[1, 2, 3, 4]; 109 * 91];
    for (shot, place) in plan.shots.iter().zip(&sheet.frames) {
        let camera = shot.camera(None, bounds, [50, 41]).unwrap();
        let frame = render(&shot.subject(&drawn), &camera, &settings).unwrap();
        for (index, pixel) in frame.pixels.into_iter().enumerate() {
            let (x, y) = (place.x as usize + index % 50, place.y as usize + index / 50);
            expected[y * 109 + x] = pixel;
        }
    }
    assert!(sheet.picture.pixels == expected);
}

#[test]
fn close_shots_of_one_sheet_have_one_scale() {
    let sheet = take(&ContactSheet::default(), &settings(60, 60), Control::default()).unwrap();
    let seen = |place: &Rect| {
        let row = |y: u32| {
            &sheet.picture.pixels[((place.y + y) * sheet.picture.width + place.x) as usize..][..60]
        };
        let columns =
            (0..60).filter(|x| (0..60).any(|y| row(y)[*x as usize] != [240, 240, 240, 255]));
        columns.count()
    };
    let [front, back, _, _, top, bottom, _] =
        [0, 1, 2, 3, 4, 5, 6].map(|at: usize| seen(&sheet.frames[at]));
    assert!(front > 40, "{front}");
    for other in [back, top, bottom] {
        assert!(other.abs_diff(front) <= 4, "{front} and {other} columns");
    }
}

#[test]
fn sheets_of_nothing_or_too_much_are_refused() {
    let refused = |plan: &ContactSheet, width: u32, height: u32| {
        take(plan, &settings(width, height), Control::default()).unwrap_err()
    };
    let plan = ContactSheet::default();
    assert_eq!(refused(&ContactSheet::of(&[]), 9, 9), RenderError::NoFrames);
    assert_eq!(refused(&plan, 0, 9), RenderError::NoPixels { width: 0, height: 9 });
    let wide = RenderError::TooLarge { width: 4 * MAX_SIDE + 40, height: 2 * 5 + 24 };
    assert_eq!(refused(&plan, MAX_SIDE, 5), wide);
    let huge = RenderError::TooLarge { width: u32::MAX, height: u32::MAX };
    assert_eq!(refused(&plan, u32::MAX, u32::MAX), huge);
    let blind = View::LookAt { eye: [0.; 3], target: [0.; 3], up: [0.; 3], fov_y_deg: 20.0 };
    assert_eq!(refused(&ContactSheet::of(&[blind]), 9, 9), RenderError::BadCamera);
}

#[test]
fn progress_counts_all_frames_and_a_sheet_can_be_stopped() {
    let (cancel, told) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let progress = |done: usize, parts: usize| {
        told.lock().unwrap().push((done, parts));
        if done == 11 {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let control = Control { progress: Some(&progress), ..Control::default() };
    // Two tiles a frame.
    assert!(take(&ContactSheet::default(), &settings(100, 50), control).is_ok());
    let expected: Vec<(usize, usize)> = (1..=14).map(|done| (done, 14)).collect();
    assert_eq!(*told.lock().unwrap(), expected);
    told.lock().unwrap().clear();
    cancel.store(false, Ordering::Relaxed);
    let control = Control { cancel: Some(&cancel), progress: Some(&progress) };
    let stopped = take(&ContactSheet::default(), &settings(100, 50), control);
    assert_eq!(stopped, Err(RenderError::Cancelled));
    assert_eq!(told.lock().unwrap().last(), Some(&(11, 14)));
}
