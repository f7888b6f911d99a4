//! Highlights against a voxel-by-voxel model.

use super::*;
use crate::volume::Coord;
use proptest::prelude::*;

fn naive(highlight: &Highlight, volume: &Volume) -> Volume {
    let color = |(at, voxel): (Coord, Voxel)| {
        let held = highlight.regions.iter().any(|region| region.contains(at));
        (at, if held { highlight.tinted(voxel) } else { highlight.faded(voxel) })
    };
    volume.voxels().map(color).collect()
}

#[test]
fn colours_are_mixed_in_bytes() {
    let half = Highlight { color: [255, 0, 101], tint: 128, fade: 255, ..Highlight::default() };
    assert_eq!(half.tinted(Voxel([0, 100, 200, 130])), Voxel([128, 50, 150, 130]));
    assert_eq!(half.faded(Voxel::rgb(0, 0, 0)), Voxel::rgb(96, 96, 96));
    assert_eq!(half.faded(Voxel::WHITE), Voxel::rgb(223, 223, 223));
    let all = Highlight { tint: 255, fade: 0, ..half.clone() };
    assert_eq!(all.tinted(Voxel::rgb(3, 2, 1)), Voxel::rgb(255, 0, 101));
    assert_eq!(all.faded(Voxel::rgb(3, 2, 1)), Voxel::rgb(3, 2, 1));
    let none = Highlight { tint: 0, ..half };
    assert_eq!(none.tinted(Voxel::rgb(3, 2, 1)), Voxel::rgb(3, 2, 1));
}

#[test]
fn bricks_without_a_new_colour_are_shared() {
    let mut volume = Volume::new();
    volume.fill_box(Bounds::around([0; 3].into(), [63, 15, 15].into()), Voxel::WHITE);
    let region = Bounds::around([0; 3].into(), [15; 3].into());
    let highlight = Highlight { regions: vec![region], fade: 0, ..Highlight::default() };
    let lit = highlight.of(&volume);
    let shared =
        |at: &BrickCoord| std::ptr::eq(lit.brick(*at).unwrap(), volume.brick(*at).unwrap());
    let homes: Vec<BrickCoord> = volume.bricks().iter().map(|(at, _)| *at).collect();
    assert_eq!(homes.iter().filter(|at| shared(at)).count(), 3);
    assert!(highlight.of(&Volume::new()).is_empty());
}

#[test]
fn regions_at_the_ends_of_space_hold_what_is_there() {
    let ends = [[i32::MIN; 3], [i32::MAX; 3]].map(Coord::from);
    let volume: Volume = ends.map(|at| (at, Voxel::WHITE)).into_iter().collect();
    let region = Bounds { min: Coord::new(0, 0, 0), max: ends[1] };
    let highlight = Highlight { regions: vec![region], ..Highlight::default() };
    let lit = highlight.of(&volume);
    assert_eq!(lit.get(ends[1]), highlight.tinted(Voxel::WHITE));
    assert_eq!(lit.get(ends[0]), highlight.faded(Voxel::WHITE));
}

proptest! {
    #[test]
    fn a_highlight_is_a_colour_for_each_voxel(
        voxels in prop::collection::vec(([-40..40i32, -20..20i32, 0..40i32], any::<[u8; 3]>()), 1..400),
        few in any::<bool>(),
        regions in prop::collection::vec(([-40..40i32, -20..20i32, 0..40i32], [-40..40i32, -20..20i32, 0..40i32]), 0..3),
        tint in any::<u8>(),
        fade in prop_oneof![Just(0u8), any::<u8>()],
    ) {
        let color = |rgb: [u8; 3]| if few { rgb.map(|v| v & 0x80) } else { rgb };
        let voxel = |[r, g, b]: [u8; 3]| Voxel::rgb(r, g, b);
        let volume: Volume =
            voxels.iter().map(|(at, rgb)| (Coord::from(*at), voxel(color(*rgb)))).collect();
        let regions = regions.iter().map(|(a, b)| Bounds::around((*a).into(), (*b).into()));
        let highlight = Highlight { regions: regions.collect(), tint, fade, ..Highlight::default() };
        prop_assert_eq!(highlight.of(&volume), naive(&highlight, &volume));
    }
}
