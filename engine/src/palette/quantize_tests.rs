use super::super::{Nearest, distance};
use super::*;
use proptest::prelude::*;

/// How near a picture of these colours comes to its quantised one, in dB.
fn psnr(counts: &[(Voxel, u64)], colors: &[Voxel]) -> f64 {
    let nearest = Nearest::new(colors);
    let error = |(voxel, count): &(Voxel, u64)| {
        let near = colors[nearest.find(*voxel).unwrap()];
        u64::from(distance(*voxel, near)) * count
    };
    let error: u64 = counts.iter().map(error).sum();
    let channels: u64 = counts.iter().map(|(_, count)| 3 * count).sum();
    10.0 * (255.0 * 255.0 * channels as f64 / error as f64).log10()
}

/// 4096 colours: 16 steps of each channel.
fn cube() -> Vec<(Voxel, u64)> {
    let step = |n: u32, shift: u32| (n >> shift & 15) as u8 * 17;
    (0..4096).map(|n| (Voxel::rgb(step(n, 8), step(n, 4), step(n, 0)), 1)).collect()
}

/// 4096 colours of a square picture that runs from corner to corner.
fn gradient() -> Vec<(Voxel, u64)> {
    let channel = |n: u32| (n * 255 / 63) as u8;
    (0..4096)
        .map(|n| (Voxel::rgb(channel(n & 63), channel(n >> 6), channel(63 - (n & 63)) / 2), 1))
        .collect()
}

#[track_caller]
fn check(counts: &[(Voxel, u64)], n: usize, least: f64) {
    let colors = quantized(counts, n);
    assert!(colors.len() <= n && colors.len() + n / 16 >= n, "{} of {n} colours", colors.len());
    let found = psnr(counts, &colors);
    assert!(found >= least, "{n} colours: {found:.2} dB, at least {least} expected");
    assert!(found < least + 1.0, "{n} colours: {found:.2} dB is more than stated: state it");
}

#[test]
fn gradients_stay_near_what_they_were() {
    check(&gradient(), 256, 34.5);
    check(&gradient(), 16, 21.5);
    check(&cube(), 256, 24.5);
    check(&cube(), 16, 17.0);
}

#[test]
fn few_colours_come_back_exactly() {
    let odd = Voxel([1, 2, 3, 77]);
    let counts = [
        (Voxel::WHITE, 5),
        (odd, 1),
        (Voxel::EMPTY, 9),
        (Voxel::WHITE, 1),
        (Voxel::rgb(9, 9, 9), 0),
    ];
    assert_eq!(quantized(&counts, 2), [odd, Voxel::WHITE]);
    assert_eq!(quantized(&cube(), 4096).len(), 4096);
    assert_eq!(quantized(&counts, 0), []);
    assert_eq!(quantized(&[], 5), []);
}

#[test]
fn frequent_colours_count_more() {
    let counts =
        [(Voxel::rgb(0, 0, 0), 1000), (Voxel::rgb(9, 0, 0), 1), (Voxel::rgb(255, 255, 255), 1000)];
    assert_eq!(quantized(&counts, 2), [Voxel::rgb(0, 0, 0), Voxel::WHITE]);
    assert_eq!(quantized(&counts, 1), [Voxel::rgb(127, 127, 127)]);
}

#[test]
fn any_counts_and_any_number_of_colours_are_taken() {
    let counts: Vec<_> = cube().into_iter().map(|(voxel, _)| (voxel, u64::MAX)).collect();
    assert_eq!(quantized(&counts, 16), quantized(&cube(), 16));
    let many: Vec<_> = (0..200_000u32)
        .map(|n| {
            let [r, g, b, _] = n.wrapping_mul(0x9E37_79B1).to_be_bytes();
            (Voxel::rgb(r, g, b), u64::from(n & 7))
        })
        .collect();
    for n in [2, 256, 60_000] {
        let colors = quantized(&many, n);
        assert!(
            colors.len() <= n && colors.len() * 4 >= n.min(DISTINCT_MAX),
            "{} of {n}",
            colors.len()
        );
    }
}

/// Equal on every machine, so written down.
#[test]
fn every_colour_is_as_stated() {
    let hash = |colors: &[Voxel]| {
        let byte = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        colors.iter().flat_map(|color| &color.0).fold(0xcbf2_9ce4_8422_2325, byte)
    };
    #[rustfmt::skip]
    let eight: [[u8; 4]; 8] = [
        [54, 31, 63, 255], [61, 58, 201, 255], [64, 128, 73, 255], [118, 196, 212, 255],
        [119, 228, 85, 255], [189, 48, 64, 255], [198, 65, 201, 255], [211, 152, 88, 255],
    ];
    assert_eq!(quantized(&cube(), 8), eight.map(Voxel));
    assert_eq!(hash(&quantized(&gradient(), 256)), 0xc522_6281_1e28_9277);
    assert_eq!(hash(&quantized(&cube(), 256)), 0x1c8e_f10b_f6aa_7109);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_order_of_the_counts_does_not_matter(
        counts in prop::collection::vec((any::<[u8; 4]>().prop_map(Voxel), 0..1000u64), 0..200),
        n in 0..40usize,
    ) {
        let colors = quantized(&counts, n);
        let mut turned = counts.clone();
        turned.reverse();
        prop_assert_eq!(&quantized(&turned, n), &colors);
        prop_assert!(colors.len() <= n);
        prop_assert!(colors.is_sorted() && colors.iter().all(|color| !color.is_empty()));
    }
}
