//! A brick against a plain array: every form of its colours, and the moves between them.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Plain = [Voxel; BRICK_VOXELS];

/// A brick against a plain array, through the same writes; then the brick packed of them.
#[track_caller]
fn check(writes: impl IntoIterator<Item = (u16, Voxel)>) -> [Brick; 2] {
    let (mut brick, mut plain) = (Brick::default(), [Voxel::EMPTY; BRICK_VOXELS]);
    write(&mut brick, &mut plain, writes);
    check_same(&brick, &plain);
    let packed = Brick::from_voxels(&plain);
    check_same(&packed, &plain);
    assert_eq!((packed.cells, packed.summary), (brick.cells, brick.summary));
    [brick, packed]
}

#[track_caller]
fn write(brick: &mut Brick, plain: &mut Plain, writes: impl IntoIterator<Item = (u16, Voxel)>) {
    for (index, voxel) in writes {
        let at = Local::from_index(index);
        let voxel = voxel.normalized();
        assert_eq!(brick.set(at, voxel), plain[at.index()], "the old voxel at {at:?}");
        plain[at.index()] = voxel;
    }
}

#[track_caller]
fn check_same(brick: &Brick, plain: &Plain) {
    let all = (0..4096).map(|index| (Local::from_index(index), plain[usize::from(index)]));
    all.clone().for_each(|(at, voxel)| assert_eq!(brick.get(at), voxel, "{at:?}"));
    let expected: Vec<_> = all.filter(|(_, voxel)| !voxel.is_empty()).collect();
    let mut stepped = Vec::new();
    let mut scan = brick.voxels();
    while let Some(voxel) = scan.next() {
        stepped.push(voxel);
        assert_eq!(scan.size_hint().0, expected.len() - stepped.len());
    }
    assert_eq!(stepped, expected);
    let folded = brick.voxels().fold(Vec::new(), |mut all, voxel| {
        all.push(voxel);
        all
    });
    assert_eq!(folded, expected);
    assert_eq!(brick.filled() as usize, expected.len());
    assert_eq!(*brick.to_voxels(), *plain);
    assert_eq!(color_counts(brick), counted(plain));
    let place = |at: &Local| [at.x(), at.y(), at.z()];
    let ends = |end: fn(u16, u16) -> u16| {
        let places = expected.iter().map(|(at, _)| place(at));
        places.reduce(|a, b| std::array::from_fn(|axis| end(a[axis], b[axis])))
    };
    let extent = brick.extent().map(|(low, high)| [place(&low), place(&high)]);
    assert_eq!(extent, ends(u16::min).zip(ends(u16::max)).map(|(low, high)| [low, high]));
    for (word, rows) in brick.rows().iter().enumerate() {
        let row = |y: usize| brick.row((word << 2 | y) as u16 & 15, word as u16 >> 2);
        assert_eq!(*rows, (0..4).fold(0, |all, y| all | u64::from(row(y)) << (16 * y)));
    }
}

fn color_counts(brick: &Brick) -> BTreeMap<Voxel, u32> {
    let mut counts = BTreeMap::new();
    brick.for_each_color(|voxel, count| *counts.entry(voxel).or_default() += count);
    counts
}

fn counted(plain: &[Voxel]) -> BTreeMap<Voxel, u32> {
    let mut counts = BTreeMap::new();
    for voxel in plain.iter().filter(|voxel| !voxel.is_empty()) {
        *counts.entry(*voxel).or_default() += 1;
    }
    counts
}

fn form(brick: &Brick) -> &'static str {
    let named = |by_place: bool, names: [&'static str; 2]| names[usize::from(by_place)];
    match &brick.colors {
        Colors::Uniform(_) => "uniform",
        Colors::Cells(_) => "cells",
        Colors::Palette(palette) => {
            named(palette.numbers.places().is_some(), ["palette by rank", "palette by place"])
        }
        Colors::Voxels(list) => {
            named(list.places().is_some(), ["voxels by rank", "voxels by place"])
        }
    }
}

/// So many voxels, scattered, of so many colours.
fn scattered(count: u16, colors: u32) -> impl Iterator<Item = (u16, Voxel)> + Clone {
    (0..count).map(move |i| ((u32::from(i) * 1229 % 4096) as u16, color(u32::from(i) % colors)))
}

fn color(n: u32) -> Voxel {
    Voxel([(n >> 16) as u8, (n >> 8) as u8, n as u8, 255])
}

/// Written one by one, packed, and written on from there.
#[track_caller]
fn check_form(writes: impl IntoIterator<Item = (u16, Voxel)>, written: &str, packed: &str) {
    let writes: Vec<_> = writes.into_iter().collect();
    let [one, other] = check(writes.iter().copied());
    assert_eq!((form(&one), form(&other)), (written, packed));
    let more = scattered(700, 5).chain(scattered(300, 300));
    let gone = (0..2000u16).map(|i| (i * 7 % 4096, Voxel::EMPTY));
    for mut brick in [one, other] {
        let mut plain = [Voxel::EMPTY; BRICK_VOXELS];
        for (index, voxel) in &writes {
            plain[usize::from(*index)] = *voxel;
        }
        for part in [more.clone().collect::<Vec<_>>(), gone.clone().collect()] {
            write(&mut brick, &mut plain, part);
            check_same(&brick, &plain);
        }
    }
}

#[test]
fn every_form_holds_what_was_written() {
    let by_cell = |i: u16| color(Local::from_index(i).cell_and_bit().0 as u32);
    check_form([], "uniform", "uniform");
    check_form((0..4096).map(|i| (i, color(7))), "uniform", "uniform");
    check_form((0..4096).map(|i| (i, by_cell(i))), "cells", "cells");
    check_form((0..1000).map(|i| (i * 4, by_cell(i * 4))), "cells", "cells");
    check_form(scattered(200, 150), "voxels by rank", "voxels by rank");
    check_form(scattered(200, 20), "voxels by rank", "palette by rank");
    check_form(scattered(1000, 150), "palette by place", "palette by rank");
    check_form(scattered(1000, 1000), "voxels by place", "voxels by rank");
    check_form(scattered(4096, 150), "palette by place", "palette by place");
    check_form(scattered(4096, 4096), "voxels by place", "voxels by place");
}

#[test]
fn a_brick_emptied_again_is_empty() {
    let fill = (0..4096).map(|i| (i, color(u32::from(i) % 300)));
    check(fill.chain((0..4096).map(|i| (i, Voxel::EMPTY))));
}

#[test]
fn a_palette_that_overflows_forgets_unused_colours_first() {
    let mut brick = Brick::default();
    for round in 0..40u32 {
        for i in 0..4096u16 {
            brick.set(Local::from_index(i), color(round * 100 + u32::from(i) % 100));
        }
    }
    assert_eq!(form(&brick), "palette by place");
}

proptest! {
    #[test]
    fn filling_a_mask_is_writing_each_place(
        writes in prop::collection::vec((0u16..4096, 0u32..400), 0..600),
        mask in prop::collection::vec(any::<u64>(), 64),
        n in prop_oneof![Just(None), (0u32..400).prop_map(Some)],
        pack in any::<bool>(),
        sparse in any::<bool>(),
    ) {
        let mut mask: [u64; 64] = mask.try_into().unwrap();
        if sparse {
            mask[..60].fill(0);
        }
        let voxel = n.map_or(Voxel::EMPTY, color);
        let mut filled = Brick::default();
        for (index, n) in writes {
            filled.set(Local::from_index(index), color(n % 7 * (n & 1)));
        }
        if pack {
            let mut plain = [Voxel::EMPTY; BRICK_VOXELS];
            filled.voxels().for_each(|(at, voxel)| plain[at.index()] = voxel);
            filled = Brick::from_voxels(&plain);
        }
        let mut single = filled.clone();
        let mut touched = 0;
        for (cell, bits) in mask.iter().enumerate() {
            for bit in Bits(*bits) {
                let old = single.set(Local::from_cell_and_bit(cell, bit), voxel);
                touched += u64::from(!voxel.is_empty() || !old.is_empty());
            }
        }
        prop_assert_eq!(filled.fill(&mask, voxel), touched);
        prop_assert_eq!(
            filled.voxels().collect::<Vec<_>>(),
            single.voxels().collect::<Vec<_>>()
        );
        prop_assert_eq!((filled.filled, filled.summary), (single.filled, single.summary));
    }

    #[test]
    fn a_brick_is_an_array(
        writes in prop::collection::vec((0u16..4096, 0u32..600), 0..3000),
        alphas in prop::collection::vec(0u8..=255, 1..5),
    ) {
        check(writes.into_iter().enumerate().map(|(i, (index, n))| {
            let [r, g, b, _] = color(n).0;
            (index, Voxel([r, g, b, alphas[i % alphas.len()]]))
        }));
    }
}
