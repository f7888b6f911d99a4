//! Any bytes as a picture of a small scene: where its voxels are, from where it is looked
//! at, and how, with every number that a caller could think of.
//!
//! The fuzz target `render` and the test `pictures` share this.

use goxel_engine::composite;
use goxel_engine::image::png;
use goxel_engine::mesh::marching::Style;
use goxel_engine::render::{
    self, Antialias, Background, Buffers, Camera, Control, Floor, Frame, Highlight, Job,
    LivePicture, Mode, NO_LAYER, PathSettings, Plane, Preset, Projection, RenderError, Section,
    Settings, Shot, Simd, Sky, Tilt, View,
};
use goxel_engine::scene::{Layer, LayerId, Light, Material, Scene};
use goxel_engine::volume::{BlendMode, Bounds, Coord, Volume, Voxel};
use std::ops::ControlFlow;

/// The longest side of a picture, in pixels.
const SIDE_MAX: u32 = 48;

/// Bytes taken one after the other; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `count`.
    fn below(&mut self, count: u8) -> u8 {
        self.byte() % count
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number as callers mean it, or one that nobody means.
    fn number(&mut self) -> f64 {
        match self.below(24) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => f64::MAX,
            4 => -f64::MIN_POSITIVE / 8.0,
            5 => f64::from_bits(u64::from_le_bytes(self.array())),
            6 => 2.0_f64.powi(i32::from(self.byte() as i8)),
            7 => -(2.0_f64.powi(i32::from(self.byte() as i8))),
            8 => 0.0,
            9 => f64::from(self.byte() as i8) * 45.0,
            10 => f64::from(i32::from_le_bytes(self.array())),
            11..=15 => f64::from(self.byte()) / 255.0,
            _ => f64::from(i16::from_le_bytes(self.array())) / 256.0,
        }
    }

    fn single(&mut self) -> f32 {
        if self.below(24) == 0 {
            return f32::from_bits(u32::from_le_bytes(self.array()));
        }
        self.number() as f32
    }

    fn point(&mut self) -> [f64; 3] {
        std::array::from_fn(|_| self.number())
    }

    /// A place near another one, or anywhere.
    fn place(&mut self, anchor: [i32; 3]) -> Coord {
        let anywhere = self.below(8) == 0;
        let axis = |axis: usize, bytes: &mut Self| match anywhere {
            true => i32::from_le_bytes(bytes.array()),
            false => anchor[axis].saturating_add(i32::from(bytes.byte() as i8) / 8),
        };
        Coord::new(axis(0, self), axis(1, self), axis(2, self))
    }
}

/// A picture to be made.
#[derive(Debug)]
pub struct Case {
    scene: Scene,
    shot: Shot,
    settings: Settings,
    buffers: Buffers,
    with_scene: bool,
    follow: u8,
    edit: (Coord, Voxel),
}

impl Case {
    /// The picture that bytes describe.
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = &mut Bytes(bytes);
        let settings = settings(bytes);
        let anchor = anchor(bytes);
        let scene = scene(bytes, anchor);
        let shot = shot(bytes, anchor);
        let [depth, normal, albedo, layer, voxel, coverage] = std::array::from_fn(|_| bytes.flag());
        Self {
            scene,
            shot,
            settings,
            buffers: Buffers { depth, normal, albedo, layer, voxel, coverage },
            with_scene: bytes.flag(),
            follow: bytes.below(4),
            edit: (bytes.place(anchor), Voxel(bytes.array())),
        }
    }

    /// Makes the picture, looks whether it can be one, and makes it in another way.
    pub fn check(&self) {
        let drawn = self.shot.subject(&composite::drawn(&self.scene));
        let bounds = drawn.bounds().unwrap_or(Bounds::around(Coord::default(), Coord::default()));
        let Settings { width, height, .. } = self.settings;
        let camera = self.shot.camera(Some(&self.scene), bounds, [width, height]);
        let camera = camera.unwrap_or(Camera::preset(Preset::Isometric, bounds));
        let scene = self.with_scene.then_some(&self.scene);
        let (settings, control) = (&self.settings, Control::default());
        let job = Job { drawn: &drawn, scene, camera: &camera, settings, control };
        match render::frame(&job, self.buffers) {
            Ok(frame) => {
                self.check_frame(&frame, &drawn);
                self.check_again(&job, &frame);
            }
            Err(refused) => assert_eq!(refused, RenderError::NoPixels { width, height }),
        }
    }

    fn check_frame(&self, frame: &Frame, drawn: &Volume) {
        let Settings { width, height, .. } = self.settings;
        let count = (width * height) as usize;
        assert_eq!([frame.picture.width, frame.picture.height], [width, height]);
        assert_eq!(frame.picture.pixels.len(), count);
        let len = |wanted: bool| if wanted { count } else { 0 };
        assert_eq!(frame.depth.len(), len(self.buffers.depth));
        assert_eq!(frame.normal.len(), len(self.buffers.normal));
        assert_eq!(frame.albedo.len(), len(self.buffers.albedo));
        assert_eq!(frame.layer.len(), len(self.buffers.layer));
        assert_eq!(frame.voxel.len(), len(self.buffers.voxel));
        assert_eq!(frame.coverage.len(), len(self.buffers.coverage));
        assert!(frame.depth.iter().all(|depth| *depth >= 0.0), "a depth");
        assert!(frame.coverage.iter().all(|share| (0.0..=1.0).contains(share)), "a coverage");
        let known = |id: &u32| self.scene.layers.iter().any(|layer| layer.id == LayerId(*id));
        assert!(frame.layer.iter().all(|id| *id == NO_LAYER || known(id)), "a layer");
        for normal in &frame.normal {
            let square: f32 = normal.iter().map(|part| part * part).sum();
            assert!(square == 0.0 || (square - 1.0).abs() < 1e-5, "{normal:?}");
        }
        for (at, albedo) in frame.voxel.iter().zip(&frame.albedo) {
            assert!(*albedo == [0; 4] || drawn.get((*at).into()).0 == *albedo, "{at:?}");
        }
    }

    fn check_again(&self, job: &Job<'_>, frame: &Frame) {
        match self.follow {
            0 => {
                let file = render::png(job).expect("as before");
                assert!(file == png::encode(&frame.picture), "another file");
            }
            1 => {
                let mut last = None;
                let take = |pass: render::Pass| {
                    last = pass.is_last.then_some(pass.picture);
                    ControlFlow::Continue(())
                };
                render::progressive(job, take).expect("as before");
                assert!(last.as_ref() == Some(&frame.picture), "another picture in passes");
            }
            2 => self.check_live(job),
            _ => {
                let settings =
                    Settings { simd: Simd::Portable, threads: 3, ..job.settings.clone() };
                let again = render::frame(&Job { settings: &settings, ..*job }, self.buffers);
                assert!(again.as_ref() == Ok(frame), "another frame by other means");
            }
        }
    }

    fn check_live(&self, job: &Job<'_>) {
        let mut live = LivePicture::new();
        live.draw(job).expect("as before");
        let mut edited = job.drawn.clone();
        edited.set(self.edit.0, self.edit.1);
        let edited = Job { drawn: &edited, ..*job };
        let whole = render::picture(&edited).expect("as before");
        assert!(live.draw(&edited) == Ok(&whole), "another picture after an edit");
    }
}

fn settings(bytes: &mut Bytes<'_>) -> Settings {
    let color = bytes.array();
    Settings {
        mode: bytes.pick(&Mode::ALL),
        width: side(bytes),
        height: side(bytes),
        background: match bytes.below(3) {
            0 => Background::Transparent,
            1 => Background::Solid(color),
            _ => Background::Gradient(color),
        },
        antialias: bytes.pick(&[Antialias::Off, Antialias::Four, Antialias::Eight]),
        threads: usize::from(bytes.below(4)),
        light: light(bytes),
        edges: bytes.single(),
        occlusion: bytes.single(),
        path: path(bytes),
        marching: bytes.pick(&[Style::Flat, Style::Smooth]),
        simd: bytes.pick(&Simd::ALL),
    }
}

fn side(bytes: &mut Bytes<'_>) -> u32 {
    let size = u32::from(bytes.byte());
    if size == 0 { 0 } else { 1 + size % SIDE_MAX }
}

fn light(bytes: &mut Bytes<'_>) -> Light {
    Light {
        pitch: bytes.single(),
        yaw: bytes.single(),
        intensity: bytes.single(),
        fixed: bytes.flag(),
        ambient: bytes.single(),
        shadow: bytes.single(),
        ..Light::default()
    }
}

fn path(bytes: &mut Bytes<'_>) -> PathSettings {
    let floor = Floor { color: bytes.array(), size: bytes.single() };
    PathSettings {
        samples: u32::from(bytes.below(4)),
        bounces: bytes.pick(&[0, 1, 2, 3, 9, u32::MAX]),
        noise: bytes.single(),
        clamp: bytes.single(),
        sun_radius: bytes.single(),
        sun_color: std::array::from_fn(|_| bytes.single()),
        sky: bytes.pick(&[Sky::None, Sky::Uniform, Sky::Clear]),
        sky_energy: bytes.single(),
        sky_color: std::array::from_fn(|_| bytes.single()),
        sky_is_seen: bytes.flag(),
        floor: bytes.flag().then_some(floor),
    }
}

/// Where most of the voxels are.
fn anchor(bytes: &mut Bytes<'_>) -> [i32; 3] {
    std::array::from_fn(|_| match bytes.below(12) {
        0 => i32::MIN,
        1 => i32::MAX,
        2 => i32::from_le_bytes(bytes.array()),
        3 => 1 << 16,
        4 => i32::MIN + 16,
        5 => i32::MAX - 16,
        _ => 0,
    })
}

fn scene(bytes: &mut Bytes<'_>, anchor: [i32; 3]) -> Scene {
    let mut scene = Scene { layers: Vec::new(), ..Scene::new() };
    scene.materials = (0..bytes.below(3)).map(|_| material(bytes)).collect();
    for id in 1..=1 + bytes.below(3) {
        let mut layer = Layer::new(LayerId(id.into()), "l");
        layer.volume = volume(bytes, anchor);
        layer.mode = if bytes.flag() { BlendMode::Over } else { bytes.pick(&BlendMode::ALL) };
        layer.material = bytes.flag().then(|| bytes.below(4).into());
        scene.layers.push(layer);
    }
    scene
}

fn material(bytes: &mut Bytes<'_>) -> Material {
    Material {
        color: std::array::from_fn(|_| bytes.single()),
        metallic: bytes.single(),
        roughness: bytes.single(),
        emission: std::array::from_fn(|_| bytes.single()),
        ..Material::new("m")
    }
}

/// Some single voxels and some small boxes.
fn volume(bytes: &mut Bytes<'_>, anchor: [i32; 3]) -> Volume {
    let mut volume = Volume::new();
    for _ in 0..bytes.below(12) {
        let at = bytes.place(anchor);
        let size: [u8; 3] = bytes.array();
        let [r, g, b, a] = bytes.array();
        // Most voxels can be seen.
        let voxel = Voxel([r, g, b, if bytes.below(4) == 0 { a } else { a | 128 }]);
        let far = [0, 1, 2].map(|axis| at.to_array()[axis].saturating_add((size[axis] % 9).into()));
        volume.fill_box(Bounds::around(at, far.into()), voxel);
    }
    volume
}

fn shot(bytes: &mut Bytes<'_>, anchor: [i32; 3]) -> Shot {
    let plane = Plane { normal: bytes.point(), offset: bytes.number() };
    let mut section = Section::default();
    if bytes.below(8) == 0 {
        section.planes.push(plane);
    }
    let regions = vec![Bounds::around(bytes.place(anchor), bytes.place(anchor))];
    let highlight = Highlight { regions, tint: bytes.byte(), ..Highlight::default() };
    Shot {
        view: view(bytes, anchor),
        projection: projection(bytes),
        section,
        highlight: (bytes.below(8) == 0).then_some(highlight),
    }
}

fn view(bytes: &mut Bytes<'_>, anchor: [i32; 3]) -> View {
    let tilt = match bytes.below(4) {
        0 => Tilt::Level,
        1 => Tilt::Isometric,
        2 => Tilt::Dimetric,
        _ => Tilt::Degrees(bytes.number()),
    };
    match bytes.below(8) {
        0 => View::Project,
        1 => View::Turntable { rz_deg: bytes.number(), rx_deg: bytes.number() },
        2 => View::Parallel { turn_deg: bytes.number(), tilt },
        3..=5 => {
            // From among the voxels or around them.
            let [from, to] = [bytes.point(), bytes.point()];
            let near =
                |point: [f64; 3]| [0, 1, 2].map(|axis| point[axis] + f64::from(anchor[axis]));
            let fov_y_deg = if bytes.flag() { 40.0 } else { bytes.number() };
            View::LookAt { eye: near(from), target: near(to), up: bytes.point(), fov_y_deg }
        }
        _ => View::Preset(bytes.pick(&Preset::ALL)),
    }
}

fn projection(bytes: &mut Bytes<'_>) -> Projection {
    match bytes.below(10) {
        0 => Projection::Perspective { fov_y: bytes.number() },
        1 => Projection::Parallel,
        2 => Projection::Tight { margin: bytes.number() },
        3 => Projection::Close { margin: bytes.number() },
        4 => Projection::HalfHeight(bytes.number()),
        5 => Projection::HalfWidth(bytes.number()),
        _ => Projection::Own,
    }
}
