//! Pictures made of several: buffers side by side, presets, sprites, a turntable.

use super::corner::corner;
use super::van::van;
use super::{Failure, from, large, sun};
use goxel_engine::composite;
use goxel_engine::image::{Picture, aov, png};
use goxel_engine::render::{
    self, Background, Buffers, ContactSheet, Control, Frame, Job, RenderError, Scale, Settings,
    Sprites, Studio, Tilt, Turntable,
};
use goxel_engine::scene::{DEFAULT_AREA_BOUNDS, Light, Scene};

/// Colours for layers; the first for none.
const HUES: [[u8; 3]; 9] = [
    [0x22, 0x26, 0x32],
    [0x5b, 0x6b, 0x82],
    [0xf2, 0xd5, 0x9a],
    [0xd9, 0x63, 0x4f],
    [0x8a, 0x5c, 0x8c],
    [0x6f, 0xa8, 0x5f],
    [0x3f, 0x8f, 0x8c],
    [0xa8, 0xdc, 0xe0],
    [0xff, 0xb3, 0x47],
];

/// One frame's six buffers, three in a row.
pub fn buffers() -> Result<Picture, RenderError> {
    let scene = corner();
    let drawn = composite::drawn(&scene);
    let settings = Settings { width: 400, height: 300, ..large() };
    let bounds = scene.area_bounds().unwrap_or(DEFAULT_AREA_BOUNDS);
    let camera = from(30.0, 25.0).camera(Some(&scene), bounds, [400, 300])?;
    let (scene, control) = (Some(&scene), Control::default());
    let job = Job { drawn: &drawn, scene, camera: &camera, settings: &settings, control };
    let frame = render::frame(&job, Buffers::ALL)?;
    Ok(beside(&views(&frame), 3))
}

/// The picture, depth, normals, own colours, layers, coverage: each as colours.
fn views(frame: &Frame) -> [Picture; 6] {
    let gray = |value: u16| [value.to_be_bytes()[0]; 3];
    let depth = aov::depth_to_u16(&frame.depth).samples;
    let normal = aov::normals_to_u16(&frame.normal);
    let coverage = aov::coverage_to_u16(&frame.coverage);
    let hue = |layer: &u32| match layer {
        0 => HUES[0],
        _ => HUES[1 + (*layer as usize - 1) % (HUES.len() - 1)],
    };
    let seen = [
        frame.picture.pixels.iter().map(|[r, g, b, _]| [*r, *g, *b]).collect(),
        depth.into_iter().map(|value| gray(u16::MAX - value)).collect(),
        normal.into_iter().map(|axes| axes.map(|value| value.to_be_bytes()[0])).collect(),
        frame.albedo.iter().map(|[r, g, b, _]| [*r, *g, *b]).collect(),
        frame.layer.iter().map(hue).collect(),
        coverage.into_iter().map(gray).collect::<Vec<_>>(),
    ];
    let Picture { width, height, .. } = frame.picture;
    seen.map(|colors| {
        let pixels = colors.into_iter().map(|[r, g, b]| [r, g, b, 255]).collect();
        Picture { width, height, pixels }
    })
}

/// Pictures of one size in rows.
fn beside(pictures: &[Picture], columns: u32) -> Picture {
    let [width, height] = [pictures[0].width, pictures[0].height];
    let rows = pictures.len() as u32 / columns;
    let mut sheet = Picture { width: width * columns, height: height * rows, pixels: Vec::new() };
    for row in pictures.chunks(columns as usize) {
        for y in 0..height as usize {
            let line = y * width as usize..(y + 1) * width as usize;
            row.iter().for_each(|one| sheet.pixels.extend_from_slice(&one.pixels[line.clone()]));
        }
    }
    sheet
}

pub fn presets() -> Result<Picture, RenderError> {
    let settings =
        Settings { width: 236, height: 200, occlusion: 0.6, light: sun(30.0, 45.0), ..large() };
    let (scene, control) = (corner(), Control::default());
    let (drawn, bounds) = (composite::drawn(&scene), scene.area_bounds());
    let studio =
        Studio { drawn: &drawn, scene: Some(&scene), bounds, settings: &settings, control };
    let plan = ContactSheet { columns: 4, ..ContactSheet::default() };
    Ok(render::contact_sheet(&studio, &plan)?.picture)
}

pub fn sprites() -> Result<Vec<u8>, Failure> {
    let light = Light { fixed: true, ..Light::default() };
    let background = Background::Transparent;
    let settings = Settings { background, light, ..large() };
    let plan = Sprites { scale: Scale::Tight(5), padding: 4, ..Sprites::default() };
    sheet(&van(), &settings, &plan)
}

pub fn sprites_isometric() -> Result<Vec<u8>, Failure> {
    let light = Light { fixed: true, ..Light::default() };
    let background = Background::Transparent;
    let settings = Settings { background, light, edges: 0.0, ..large() };
    let plan = Sprites {
        directions: 4,
        start_deg: 45.0,
        tilt: Tilt::Isometric,
        scale: Scale::Tight(4),
        padding: 4,
        ..Sprites::default()
    };
    sheet(&van(), &settings, &plan)
}

fn sheet(scene: &Scene, settings: &Settings, plan: &Sprites) -> Result<Vec<u8>, Failure> {
    let (drawn, control) = (composite::drawn(scene), Control::default());
    let studio = Studio { drawn: &drawn, scene: Some(scene), bounds: None, settings, control };
    Ok(png::encode_small(&render::sprite_sheet(&studio, plan)?.sheet.picture))
}

pub fn turntable() -> Result<Vec<u8>, Failure> {
    let background = Background::Solid([0xf4, 0xec, 0xdf, 255]);
    let settings = Settings { width: 240, height: 240, background, ..large() };
    let (scene, control) = (van(), Control::default());
    let drawn = composite::drawn(&scene);
    let studio =
        Studio { drawn: &drawn, scene: Some(&scene), bounds: None, settings: &settings, control };
    let plan = Turntable { frames: 24, start_deg: 45.0, ..Turntable::default() };
    let frames = render::turntable(&studio, &plan)?;
    Ok(png::encode_animated(&frames, png::Delay::ms(80), 0)?)
}
