//! What is encoded comes back; anything else is refused, and never more than said.

use super::arbitrary::{COMMANDS, Dice, brick, command as any_command, edited, lines};
use super::brick::{put_brick, take_brick};
use super::*;
use crate::effect::Effect;
use crate::image::Picture;
use crate::ops::Shape;
use crate::scene::{LayerId, Scene};
use crate::volume::{BRICK_VOXELS, Bounds, Brick, Coord, Local, Volume, Voxel};
use proptest::prelude::*;

/// Floats that are no number are not equal to themselves, so bytes and texts are compared.
#[track_caller]
fn check_round_trip(edit: &Command) {
    let bytes = command(edit);
    let back = decode_command(&bytes, &Limits::default());
    let back = back.unwrap_or_else(|error| panic!("{edit:?}: {error}"));
    assert_eq!(format!("{back:?}"), format!("{edit:?}"));
    assert_eq!(command(&back), bytes, "{edit:?}");
}

/// Bytes from anywhere: an error, or the only bytes of a command.
#[track_caller]
fn check_any(bytes: &[u8]) {
    let limits = Limits { max_voxels: 1000, max_pixels: 1000, ..Limits::default() };
    if let Ok(edit) = decode_command(bytes, &limits) {
        assert_eq!(command(&edit), bytes, "{edit:?}");
    }
}

#[track_caller]
fn check_refused(bytes: &[u8], expected: &str) {
    let limits =
        Limits { max_voxels: 4, max_commands: 3, max_pixels: 6, max_text: 5, ..Limits::default() };
    let refusal = decode_command(bytes, &limits).unwrap_err();
    assert_eq!(refusal.to_string(), expected, "{bytes:?}");
}

/// One byte changed, taken out or put in, or the end cut off.
pub(crate) fn damaged(d: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=d.below(3) {
        let at = d.below(bytes.len() as u64 + 1) as usize;
        match (d.below(5), bytes.get_mut(at)) {
            (0, _) => bytes.truncate(at),
            (1, _) => bytes.insert(at, d.next() as u8),
            (2, Some(_)) => drop(bytes.remove(at)),
            (3, Some(byte)) => *byte ^= 1 << d.below(8),
            (_, Some(byte)) => *byte = d.next() as u8,
            (_, None) => {}
        }
    }
    bytes
}

#[test]
fn every_kind_of_command_comes_back() {
    let mut dice = Dice(1);
    for number in 0..COMMANDS {
        let edits: Vec<Command> = (0..20).map(|_| any_command(&mut dice, number)).collect();
        edits.iter().for_each(check_round_trip);
    }
}

#[test]
fn a_command_cut_anywhere_is_refused() {
    let mut dice = Dice(2);
    for number in 0..COMMANDS {
        let bytes = command(&any_command(&mut dice, number));
        for end in 0..bytes.len() {
            let refusal = decode_command(&bytes[..end], &Limits::default()).unwrap_err();
            assert!(refusal.offset <= end as u64, "{refusal}");
        }
    }
}

#[test]
fn what_the_encoder_does_not_write_is_refused() {
    let white = [255; 4];
    let set = |middle: &[u8]| [&[1, 1][..], middle, &white].concat();
    let voxels = |rest: &[u8]| [&[1, 2, 0][..], rest].concat();
    let relief = |rest: &[u8]| [&[1, 22, 3][..], rest].concat();
    let cases: &[(&[u8], &str)] = &[
        (&[], "cut short: 1 bytes needed, 0 left at byte 0"),
        (&[2, 25], "encoded by version 2, this one reads version 1 at byte 0"),
        (&[1, 0], "no command has the number 0 at byte 1"),
        (&[1, 65], "no command has the number 65 at byte 1"),
        (&[1, 25, 0], "bytes after the end at byte 2"),
        (&set(&[0x80, 0, 0, 0, 0]), "a number too long at byte 2"),
        (&set(&[0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0]), "a number too great at byte 2"),
        (&set(&[0, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0, 0]), "a number too great at byte 3"),
        (&[1, 31, 2], "no boolean has the number 2 at byte 2"),
        (&[1, 61, 2, b'a', 0xC3], "a name that is not utf-8 at byte 4"),
        (&[1, 61, 6, 0, 0, 0, 0, 0, 0], "over the limit of 5 bytes of a name at byte 2"),
        (&[1, 61, 5, 0], "cut short: 5 bytes needed, 1 left at byte 3"),
        (&voxels(&[5, 3, 3, 3, 3, 3]), "over the limit of 4 voxels at byte 3"),
        (
            &voxels(&[0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 3]),
            "cut short: 34359738367 bytes needed, 1 left at byte 8",
        ),
        (&voxels(&[1, 7]), "a step given twice at byte 4"),
        (&voxels(&[1, 1]), "a step that is the last one again at byte 4"),
        (&voxels(&[1, 13, 2]), "a short step in the long form at byte 5"),
        (&voxels(&[1, 2, 0, 0, 0, 0]), "a colour that is the last one again at byte 5"),
        (&[1, 24, 0, 6, 1, 3], "a value where there are none at byte 5"),
        (&[1, 64, 4, 25, 25, 25, 25], "over the limit of 3 commands in a group at byte 2"),
        (&[1, 64, 1, 64, 0], "a group in a group at byte 4"),
        (
            &[1, 4, 0, 0, 2, 2, 2, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
            "a box that leaves space at byte 7",
        ),
        (&relief(&[7, 1, 7]), "over the limit of 6 pixels at byte 3"),
        (&relief(&[2, 2, 3]), "a picture with pixels missing or left over at byte 3"),
        (&relief(&[2, 1, 2, 7]), "more pixels than the picture has at byte 6"),
        (&relief(&[2, 1, 2, 3, 1, 1, 1, 1]), "pixels in another form than the shortest at byte 6"),
        (&relief(&[2, 1, 2, 0]), "pixels in another form than the shortest at byte 6"),
        (
            &relief(&[2, 1, 2, 4, 1, 1, 1, 1, 1, 1, 1, 1]),
            "pixels in another form than the shortest at byte 6",
        ),
        (
            &relief(&[2, 1, 2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2]),
            "pixels in another form than the shortest at byte 11",
        ),
    ];
    cases.iter().for_each(|(bytes, expected)| check_refused(bytes, expected));
}

/// An edit of the wire is ten to twelve bytes, a line about one a voxel.
#[test]
fn voxels_take_few_bytes() {
    let one = |x, y, z| {
        let edit = Command::SetVoxel {
            layer: Some(LayerId(2)),
            at: Coord::new(x, y, z),
            voxel: Voxel::WHITE,
        };
        command(&edit).len()
    };
    assert_eq!((one(0, 0, 0), one(-64, 63, 9), one(200, -100, 20)), (10, 10, 12));
    assert_eq!(one(i32::MIN, i32::MAX, i32::MIN), 22);
    let red = Voxel::rgb(255, 0, 0);
    let line = (0..1000).map(|x| (Coord::new(x - 500, 7, -3), red)).collect();
    let edit = Command::SetVoxels { layer: None, voxels: line };
    assert_eq!(command(&edit).len(), 1013);
    let picture = Picture { width: 64, height: 64, pixels: vec![[9; 4]; 4096] };
    assert_eq!(
        command(&Command::ImageToVoxels { layer: LayerId(1), picture: picture.into() }).len(),
        13
    );
}

#[test]
fn voxels_and_pixels_of_all_commands_of_a_group_count_towards_the_limits() {
    let line: Vec<_> = (0..3).map(|x| (Coord::new(x, 0, 0), Voxel::WHITE)).collect();
    let part = Command::SetVoxels { layer: None, voxels: line };
    let picture = Picture { width: 2, height: 5, pixels: vec![[0; 4]; 10] }.into();
    let image = Command::ImageToVoxels { layer: LayerId(1), picture };
    let bytes = command(&Command::Group(vec![part.clone(), image.clone(), part, image]));
    let decode = |max_voxels, max_pixels| {
        let limits = Limits { max_voxels, max_pixels, ..Limits::default() };
        decode_command(&bytes, &limits).is_ok()
    };
    assert_eq!([decode(5, 20), decode(6, 19), decode(6, 20)], [false, false, true]);
}

#[test]
fn a_box_of_all_space_comes_back() {
    let ends = [i32::MIN, i32::MAX].map(|end| Coord::new(end, end, end));
    check_round_trip(&Command::FillShape {
        layer: None,
        shape: Shape::Torus,
        bounds: Bounds::around(ends[0], ends[1]),
        voxel: Voxel::EMPTY,
    });
}

fn bytes_of(brick: &Brick) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_brick(brick, &mut bytes);
    bytes
}

fn packed(brick: &Brick) -> Brick {
    let mut voxels = [Voxel::EMPTY; BRICK_VOXELS];
    brick.voxels().for_each(|(at, voxel)| voxels[at.index()] = voxel);
    Brick::from_voxels(&voxels)
}

#[test]
fn a_brick_is_as_short_as_it_can_be() {
    let red = Voxel::rgb(255, 0, 0);
    let mut corner = Brick::default();
    corner.set(Local::from_index(4095), red);
    let mut halves = Brick::full(red);
    (0..2048).for_each(|index| _ = halves.set(Local::from_index(index), Voxel::WHITE));
    let mut floor = Brick::default();
    (0..256).for_each(|index| _ = floor.set(Local::from_index(index), Voxel([1, 2, 3, 4])));
    let sizes = [&Brick::full(red), &corner, &halves, &floor].map(|brick| bytes_of(brick).len());
    assert_eq!(sizes, [4, 7, 1 + 1 + 6 + 512, 1 + 16 + 16 * 8 + 4]);
}

#[test]
fn brick_bytes_that_are_not_the_shortest_are_refused() {
    let check = |bytes: &[u8], expected: &str| {
        let mut input = Input::part(bytes, &Limits::default());
        assert_eq!(take_brick(&mut input).unwrap_err().to_string(), expected, "{bytes:?}");
    };
    let zeros = [0; 16];
    check(&[3], "no form of a brick has the number 3 at byte 0");
    check(&[0x20, 1, 2, 3], "no form of a brick has the number 32 at byte 0");
    check(&[0, 1, 2, 3, 255], "opaque colours with their alpha at byte 5");
    check(&[0, 1, 2, 3, 0], "a filled voxel that is empty at byte 1");
    check(&[0x11, 0, 1, 2, 3], "too many or no voxels listed in a brick at byte 1");
    check(&[0x11, 1, 0x80, 0x20, 3], "a voxel outside its brick at byte 2");
    let words = "a brick's places in another form than the shortest at byte 1";
    check(&[&[0x12], &zeros[..]].concat(), words);
    check(&[0x12; 17], "cut short: 3 bytes needed, 0 left at byte 17");
    check(&[&[0x12], &[255; 16][..]].concat(), words);
    check(
        &[0x19, 2, 0, 0, 1, 1, 1, 1, 1, 1],
        "colours in another form than the shortest at byte 4",
    );
    check(&[0x14, 0, 1, 1, 1], "a palette that does not pay at byte 1");
    check(&[0x14, 1, 1, 1, 1, 1, 1, 1], "a colour twice in a palette at byte 5");
    let two = |first: u8, last: u8| {
        let mut bytes = vec![0x14, 1, 1, 1, 1, 2, 2, 2, first];
        bytes.resize(8 + 512, last);
        bytes
    };
    check(&two(1, 0), "a palette out of order at byte 8");
    check(&two(0, 0), "a palette with colours or bits left over at byte 8");
}

proptest! {
    #[test]
    fn any_command_comes_back(seed in any::<u64>()) {
        check_round_trip(&Dice(seed).roll());
    }

    #[test]
    fn any_bytes_are_a_command_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_any(&bytes);
        check_any(&[&[1], &bytes[..]].concat());
    }

    #[test]
    fn damaged_commands_are_commands_or_refused(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let bytes = command(&dice.roll());
        for _ in 0..20 {
            check_any(&damaged(&mut dice, &bytes));
        }
    }

    #[test]
    fn lists_of_voxels_come_back(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        check_round_trip(&Command::SetVoxels { layer: None, voxels: lines(&mut dice) });
    }

    #[test]
    fn bricks_come_back_the_same_however_stored(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let brick = brick(&mut dice);
        let bytes = bytes_of(&brick);
        prop_assert_eq!(&bytes, &bytes_of(&packed(&brick)));
        let mut input = Input::part(&bytes, &Limits::default());
        let back = take_brick(&mut input).unwrap();
        prop_assert!(input.end().is_ok());
        prop_assert_eq!(back.voxels().collect::<Vec<_>>(), brick.voxels().collect::<Vec<_>>());
        for _ in 0..10 {
            let bytes = damaged(&mut dice, &bytes);
            let mut input = Input::part(&bytes, &Limits::default());
            if let Ok(brick) = take_brick(&mut input) {
                prop_assert_eq!(bytes_of(&brick), &bytes[..bytes.len() - input.left()]);
            }
        }
    }

    #[test]
    fn any_scene_comes_back(seed in any::<u64>()) {
        let scene_now = Dice(seed).roll();
        let bytes = scene(&scene_now);
        let back = decode_scene(&bytes, &Limits::default()).unwrap();
        prop_assert_eq!(format!("{:?}", plain(&back)), format!("{:?}", plain(&scene_now)));
        let volumes = |scene: &Scene| {
            let layers: Vec<_> = scene.layers.iter().map(|layer| layer.volume.clone()).collect();
            (layers, scene.selection.mask.clone())
        };
        prop_assert_eq!(volumes(&back), volumes(&scene_now));
        prop_assert_eq!(scene(&back), bytes);
    }

    #[test]
    fn a_change_is_no_scene(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let old: Scene = dice.roll();
        let change = Effect::between(&old, &edited(&mut dice, &old)).to_bytes();
        prop_assume!(!old.layers.is_empty() || !old.selection.mask.is_empty());
        let refusal = decode_scene(&change, &Limits::default()).unwrap_err();
        prop_assert_eq!(refusal.to_string(), "a change of a scene, not a whole one at byte 0");
    }
}

/// All but the voxels.
fn plain(scene: &Scene) -> Scene {
    let mut scene = scene.clone();
    scene.selection.mask = Volume::new();
    scene.layers.iter_mut().for_each(|layer| layer.volume = Volume::new());
    scene
}
