use super::*;
use crate::image::{ImageError, Picture, png};
use crate::parallel::Threads;
use crate::volume::{Brick, BrickCoord, Coord, Local, Volume};
use proptest::prelude::*;

const RED: Voxel = Voxel::rgb(255, 0, 0);
const TEAL: Voxel = Voxel::rgb(4, 128, 252);

#[track_caller]
fn check(bytes: &[u8], hint: &str, name: &str, columns: u32, colors: &[(&str, [u8; 3])]) {
    let palette = read(bytes, hint).unwrap();
    let rgb = |swatch: &Swatch| (swatch.name.clone(), swatch.color);
    let expected: Vec<_> =
        colors.iter().map(|(name, [r, g, b])| (name.to_string(), Voxel::rgb(*r, *g, *b))).collect();
    assert_eq!((palette.name.as_str(), palette.columns), (name, columns));
    assert_eq!(palette.colors.iter().map(rgb).collect::<Vec<_>>(), expected);
}

#[track_caller]
fn check_refusal(bytes: &[u8], hint: &str, message: &str) {
    assert_eq!(read(bytes, hint).unwrap_err().to_string(), message);
}

/// spec/formats.md 8: lines `R G B [name]`, `Name:` and `Columns:`, the rest ignored.
#[test]
fn a_gimp_palette_is_read_line_by_line() {
    let text = "GIMP Palette\r\nName: Sea \r\nColumns: 8\n# 1 2 3\n\n  0 128\t255\tdeep blue\r\n\
                255 255 255\nnot a colour\n1 2\n1 2 x\n9 8 7 6 five";
    let colors = [("deep blue", [0, 128, 255]), ("", [255; 3]), ("6 five", [9, 8, 7])];
    check(text.as_bytes(), "", "Sea", 8, &colors);
}

#[test]
fn a_gimp_palette_is_taken_by_its_name_where_it_does_not_say_what_it_is() {
    let bytes = b"\xef\xbb\xbf1 2 3 caf\xe9\r4 5 6";
    check(bytes, "a/b.c/My Sea.GPL", "My Sea", 0, &[("caf\u{fffd}", [1, 2, 3]), ("", [4, 5, 6])]);
    check_refusal(b"nothing here", "x.gpl", "not a palette: gpl, dat, png or vox at byte 0");
    check(b"GIMP Palette", "x\\none.gpl", "none", 0, &[]);
}

#[test]
fn numbers_that_no_byte_holds_are_cut() {
    let text = b"GIMP Palette\nName:a\nColumns: -3\n256 -1 +7\n99999999999999999999 0 -99999999999999999999";
    check(text, "", "a", 0, &[("", [255, 0, 7]), ("", [255, 0, 0])]);
}

#[test]
fn a_palette_has_so_many_colours_and_no_more() {
    let file = |lines: usize| [b"GIMP Palette\n".to_vec(), b"1 2 3\n".repeat(lines)].concat();
    assert_eq!(read(&file(COLORS_MAX), "").unwrap().colors.len(), COLORS_MAX);
    let message = "over the limit of 65536 colours in such a palette at byte 393229";
    check_refusal(&file(COLORS_MAX + 1), "", message);
    let pixels = (0..65_600u32).map(|n| [n as u8, (n >> 8) as u8, (n >> 16) as u8, 9]).collect();
    let picture = png::encode(&Picture { width: 656, height: 100, pixels });
    check_refusal(&picture, "", "over the limit of 65536 colours in such a palette at byte 0");
}

/// spec/formats.md 8: at least 768 bytes, each channel four times its value.
#[test]
fn a_build_palette_is_256_colours_of_6_bits() {
    let mut bytes: Vec<u8> = (0..768).map(|n| (n % 64) as u8).collect();
    bytes.extend([77; 5]);
    let palette = read(&bytes, "PALETTE.DAT").unwrap();
    assert_eq!((palette.colors.len(), palette.name.as_str()), (256, "PALETTE"));
    assert_eq!(palette.colors[0].color, Voxel::rgb(0, 4, 8));
    assert_eq!(palette.colors[21].color, Voxel::rgb(252, 0, 4));
    assert_eq!(write(&palette, PaletteFormat::Dat).unwrap(), &bytes[..768]);
    check_refusal(&bytes[..767], "a.dat", "cut short: 768 bytes needed, 767 left at byte 0");
    bytes[0] = 200;
    assert_eq!(read(&bytes, "a.dat").unwrap().colors[0].color, Voxel::rgb(255, 4, 8));
}

/// spec/formats.md 8: every distinct RGB pixel row by row, alpha dropped.
#[test]
fn a_picture_gives_each_colour_once_in_reading_order() {
    let pixels =
        vec![[9, 9, 9, 0], [1, 2, 3, 255], [9, 9, 9, 255], [1, 2, 3, 4], [5, 5, 5, 5], [0; 4]];
    let picture = png::encode(&Picture { width: 3, height: 2, pixels });
    let colors = [("", [9; 3]), ("", [1, 2, 3]), ("", [5; 3]), ("", [0; 3])];
    check(&picture, "it.png", "it", 0, &colors);
}

#[test]
fn a_picture_of_256_by_1_keeps_the_places_of_its_colours() {
    let mut pixels = vec![[7, 7, 7, 255]; 256];
    pixels[1] = [1, 2, 3, 0];
    pixels[254..].fill([0; 4]);
    let picture = png::encode(&Picture { width: 256, height: 1, pixels });
    let palette = read(&picture, "").unwrap();
    assert_eq!(palette.colors.len(), 254, "what is transparent at the end is no colour");
    assert_eq!(palette.colors[1].color, Voxel::rgb(1, 2, 3));
    assert_eq!(palette.colors[253].color, Voxel::rgb(7, 7, 7));
}

#[test]
fn a_broken_picture_says_what_is_wrong() {
    let refusal = read(b"no picture", "a.png").unwrap_err();
    assert!(matches!(refusal.cause, Cause::Picture(ImageError::Broken(_))), "{refusal}");
}

/// A MagicaVoxel file of chunks without content of their own.
fn vox(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let chunk = |(kind, content): &(&[u8; 4], Vec<u8>)| {
        let length = (content.len() as u32).to_le_bytes();
        [kind.as_slice(), &length, &[0; 4], content].concat()
    };
    let body: Vec<u8> = chunks.iter().flat_map(chunk).collect();
    let head = [b"VOX \x96\0\0\0MAIN\0\0\0\0".as_slice(), &(body.len() as u32).to_le_bytes()];
    [head.concat(), body].concat()
}

#[test]
fn the_colours_of_a_magicavoxel_file_are_indices_from_1_on() {
    let mut entries = vec![[0, 0, 0, 0]; 256];
    entries[0] = [1, 2, 3, 255];
    entries[254] = [4, 5, 6, 7];
    let rgba = entries.as_flattened().to_vec();
    // The model before it is nonsense, and passed over.
    let palette = read(&vox(&[(b"XYZI", vec![9; 3]), (b"RGBA", rgba)]), "m.vox").unwrap();
    assert_eq!((palette.colors.len(), palette.name.as_str()), (255, "m"));
    assert_eq!(palette.colors[0].color, Voxel::rgb(1, 2, 3));
    assert_eq!(palette.colors[1].color, Voxel::rgb(0, 0, 0), "alpha 0 is an old writer's opaque");
    assert_eq!(palette.colors[254].color, Voxel([4, 5, 6, 7]));
    let standard = read(&vox(&[]), "").unwrap();
    assert_eq!(standard.colors[0].color, Voxel::WHITE);
    assert_eq!(standard.colors[254].color, Voxel::rgb(0x11, 0x11, 0x11));
    check_refusal(
        &vox(&[(b"RGBA", vec![0; 9])]),
        "",
        "cut short: 1024 bytes needed, 9 left at byte 32",
    );
}

#[test]
fn what_is_no_palette_is_refused() {
    check_refusal(b"", "", "not a palette: gpl, dat, png or vox at byte 0");
    check_refusal(b"1 2 3", "gpl", "not a palette: gpl, dat, png or vox at byte 0");
    check_refusal(&[0; 768], "palette.bin", "not a palette: gpl, dat, png or vox at byte 0");
}

#[test]
fn how_a_file_begins_counts_more_than_its_name() {
    let gpl = b"GIMP Palette\n1 2 3";
    check(gpl, "a.png", "a", 0, &[("", [1, 2, 3])]);
    let png = write(&Palette::of("", [RED]), PaletteFormat::Png).unwrap();
    check(&png, "a.gpl", "a", 0, &[("", [255, 0, 0])]);
}

#[test]
fn formats_are_found_by_name_and_by_path() {
    for format in PaletteFormat::ALL {
        assert_eq!(PaletteFormat::from_name(&format.name().to_uppercase()), Some(format));
        assert_eq!(format.target().format, format);
    }
    assert_eq!(PaletteFormat::from_path("a/b.GPL"), Some(PaletteFormat::Gpl));
    assert_eq!(PaletteFormat::from_path("b.png"), Some(PaletteFormat::Png));
    assert_eq!(PaletteFormat::from_path("png"), None);
}

#[test]
fn a_palette_without_colours_or_with_too_many_is_not_written() {
    let message = |count: usize, format| {
        let palette = Palette::of("", vec![RED; count]);
        write(&palette, format).map_err(|refusal| refusal.to_string()).err()
    };
    for format in PaletteFormat::ALL {
        let max = format.max_colors();
        let none = "nothing to write: the palette holds no colour";
        assert_eq!(message(0, format).as_deref(), Some(none));
        assert_eq!(message(max, format), None);
        let many = format!("over the limit of {max} colours in such a palette");
        assert_eq!(message(max + 1, format), Some(many));
    }
}

#[test]
fn a_gimp_palette_is_written_as_gimp_does() {
    let mut palette = Palette::of("Two\ncolours", [RED, TEAL]);
    palette.columns = 4;
    palette.colors[1].name = " sea\r\nblue ".into();
    let text =
        "GIMP Palette\nName: Two colours\nColumns: 4\n#\n255   0   0\n  4 128 252\tsea  blue\n";
    assert_eq!(write(&palette, PaletteFormat::Gpl).unwrap(), text.as_bytes());
}

#[test]
fn a_picture_has_the_columns_of_its_palette() {
    let size = |columns: u32, count: u8| {
        let mut palette = Palette::of("", (0..count).map(|n| Voxel::rgb(n, 0, 0)));
        palette.columns = columns;
        let picture = png::decode(&write(&palette, PaletteFormat::Png).unwrap(), 1 << 20).unwrap();
        (picture.width, picture.height)
    };
    assert_eq!(size(0, 200), (16, 13));
    assert_eq!(size(0, 3), (3, 1));
    assert_eq!(size(8, 9), (8, 2));
    assert_eq!(size(u32::MAX, 255), (255, 1));
}

#[test]
fn the_nearest_colour_is_the_first_of_equally_near_ones() {
    let gray = |n: u8| Voxel::rgb(n, n, n);
    let palette = Palette::of("", [gray(10), gray(30), gray(30), Voxel([20, 20, 20, 7])]);
    let near = |color| palette.nearest(color);
    assert_eq!(
        [gray(0), gray(15), gray(25), gray(31)].map(near),
        [Some(0), Some(0), Some(1), Some(1)]
    );
    assert_eq!(near(Voxel([21, 20, 19, 0])), Some(3), "alpha does not count");
    assert_eq!(Palette::default().nearest(RED), None);
    assert_eq!(Nearest::new(&[]).find(RED), None);
    assert_eq!(distance(Voxel::rgb(1, 2, 3), Voxel([4, 0, 3, 9])), 13);
}

#[test]
fn a_volume_takes_the_nearest_colours_and_keeps_its_alpha() {
    let at = |x: i32| Coord::new(x, i32::MAX, i32::MIN);
    let volume: Volume = [(0, Voxel([250, 9, 9, 3])), (1, TEAL), (40, RED)]
        .map(|(x, v)| (at(x), v))
        .into_iter()
        .collect();
    let changed = remapped(&volume, &[RED, Voxel([0, 100, 200, 1])], Threads(2));
    let expected = [Voxel([255, 0, 0, 3]), Voxel::rgb(0, 100, 200), RED];
    assert_eq!([0, 1, 40].map(|x| changed.get(at(x))), expected);
    assert_eq!(changed.filled(), 3);
    assert_eq!(changed.differing(&volume), [at(0).brick()], "what stays is shared");
    assert!(remapped(&volume, &[], Threads(1)).shares_root_with(&volume));
}

/// Any palette that a file can hold as it is.
fn palettes() -> impl Strategy<Value = Palette> {
    let name = "[a-zé#:0-9]([ a-z\t]{0,20}[a-z])?";
    let swatch =
        (prop_oneof![Just(String::new()), "[a-zé#:]([ a-z0-9]{0,20}[a-z])?"], any::<[u8; 3]>())
            .prop_map(|(name, [r, g, b])| Swatch { name, color: Voxel::rgb(r, g, b) });
    (name, any::<u32>(), prop::collection::vec(swatch, 1..300))
        .prop_map(|(name, columns, colors)| Palette { name, columns, colors })
}

/// Reading ends with a palette that can be written and is read again, or a refusal.
fn survives(bytes: &[u8], hint: &str) -> Result<(), TestCaseError> {
    let Ok(palette) = read(bytes, hint) else {
        return Ok(());
    };
    prop_assert!(palette.colors.len() <= COLORS_MAX);
    if !palette.colors.is_empty() {
        let again = read(&write(&palette, PaletteFormat::Gpl).unwrap(), hint).unwrap();
        let opaque = |color: Voxel| Voxel::rgb(color.0[0], color.0[1], color.0[2]);
        let mut expected = palette;
        expected.colors.iter_mut().for_each(|swatch| swatch.color = opaque(swatch.color));
        prop_assert_eq!(again, expected);
    }
    Ok(())
}

const HINTS: [&str; 5] = ["", "a.gpl", "a.dat", "a.png", "a.vox"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_gimp_palette_comes_back_as_it_was(palette in palettes()) {
        let file = write(&palette, PaletteFormat::Gpl).unwrap();
        prop_assert_eq!(read(&file, "other.gpl").unwrap(), palette);
    }

    #[test]
    fn the_colours_of_a_picture_come_back(palette in palettes(), strip in any::<bool>()) {
        let mut expected = palette.voxels();
        let format = if strip { PaletteFormat::MagicaVoxel } else { PaletteFormat::Png };
        expected.truncate(255);
        let mut palette = palette;
        palette.colors.truncate(255);
        if !strip {
            let mut seen = std::collections::BTreeSet::new();
            expected.retain(|color| seen.insert(*color));
        }
        let file = write(&palette, format).unwrap();
        prop_assert_eq!(read(&file, "").unwrap().voxels(), expected);
    }

    #[test]
    fn any_bytes_are_a_palette_or_a_refusal(
        begin in 0..6usize,
        rest in prop::collection::vec(any::<u8>(), 0..1200),
        hint in 0..HINTS.len(),
    ) {
        let begins: [&[u8]; 6] =
            [b"", b"GIMP Palette\n", b"\x89PNG\r\n\x1a\n", b"VOX \x96\0\0\0MAIN", b"1 2 3 ", b"Name:"];
        survives(&[begins[begin], &rest].concat(), HINTS[hint])?;
    }

    #[test]
    fn a_damaged_file_is_a_palette_or_a_refusal(
        palette in palettes(),
        kind in 0..6usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
        hint in 0..HINTS.len(),
    ) {
        let mut palette = palette;
        palette.colors.truncate(255);
        let mut file = match kind {
            0..4 => write(&palette, PaletteFormat::ALL[kind]).unwrap(),
            _ => vox(&[(b"SIZE", vec![1; 12]), (b"RGBA", (0..=255).cycle().take(1024).collect())]),
        };
        for (index, byte) in damage {
            let index = index.index(file.len());
            file[index] = byte;
        }
        if kind % 2 == 1 {
            file.truncate(end.index(file.len()));
        }
        survives(&file, HINTS[hint])?;
    }

    #[test]
    fn the_nearest_colour_is_that_of_comparing_all(
        colors in prop::collection::vec((0..6u8, any::<u8>(), 0..6u8), 1..300),
        wanted in prop::collection::vec((0..8u8, any::<u8>(), 0..8u8), 1..40),
    ) {
        let voxel = |(r, g, b): &(u8, u8, u8)| Voxel::rgb(*r * 35, *g, *b * 36);
        let colors: Vec<Voxel> = colors.iter().map(voxel).collect();
        let (nearest, palette) = (Nearest::new(&colors), Palette::of("", colors.clone()));
        for wanted in wanted.iter().map(voxel) {
            let mut best = 0;
            for (index, color) in colors.iter().enumerate() {
                let far = |a: Voxel| (0..3).map(|i| (i64::from(a.0[i]) - i64::from(wanted.0[i])).pow(2)).sum::<i64>();
                if far(*color) < far(colors[best]) {
                    best = index;
                }
            }
            prop_assert_eq!((nearest.find(wanted), palette.nearest(wanted)), (Some(best), Some(best)));
        }
    }

    #[test]
    fn every_voxel_takes_the_colour_nearest_to_it(
        colors in prop::collection::vec(any::<[u8; 3]>(), 1..20),
        seed in any::<u32>(),
        kinds in prop::collection::vec(1..400u32, 1..5),
    ) {
        let palette: Vec<Voxel> = colors.iter().map(|[r, g, b]| Voxel::rgb(*r, *g, *b)).collect();
        let mut volume = Volume::new();
        for (n, kinds) in (0..).zip(kinds) {
            volume.edit(BrickCoord { x: n, y: -n, z: (1 << 27) - 1 }, |brick: &mut Brick| {
                for place in 0..kinds * 10 {
                    let hash = (place % kinds).wrapping_mul(0x9E37_79B1) ^ seed;
                    brick.set(Local::from_index(place as u16), Voxel(hash.to_le_bytes()));
                }
            });
        }
        let changed = remapped(&volume, &palette, Threads(2));
        prop_assert_eq!(changed.filled(), volume.filled());
        let named = Palette::of("", palette.clone());
        for ((at, old), (same, new)) in volume.voxels().zip(changed.voxels()) {
            let [r, g, b, _] = palette[named.nearest(old).unwrap()].0;
            prop_assert_eq!((same, new), (at, Voxel([r, g, b, old.alpha()])));
        }
    }
}
