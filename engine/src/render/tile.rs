//! Tiles: the picture is painted in squares that threads take one after the other.
//!
//! A pixel is a pure function of its place. It takes the colour at its centre, unless one of
//! its four neighbours sees another face or another colour: then it is the mean of a few
//! samples at fixed places in it, of premultiplied linear light. Each tile also looks at the
//! pixels around it, so it does not matter where tiles begin. Rays go in packets of 8x8
//! pixels, or of the samples of a few pixels on edges.

use super::backdrop::Backdrop;
use super::frame::{Frame, Pixel, Rows};
use super::grid::Grid;
use super::job::{self, Job};
use super::occlusion::Memory;
use super::outline;
use super::rays::{Column, Face, LANES};
use super::shade::{Shaded, Shader, Space};
use super::sight::{Glance, Sight};
use super::surfaces::Surfaces;
use super::{Antialias, Mode, RenderError};
use crate::image::srgb::CURVE;
use crate::volume::Bits;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The edge of a tile, in samples: pixels, or half pixels where lines are drawn.
pub(super) const TILE: usize = 64;

/// The edge of what a tile looks at.
const APRON: usize = TILE + 2;

/// The edge of a packet, in samples.
const BLOCK: usize = 8;

/// The difference between two colours, in any channel, that makes an edge.
pub(super) const VISIBLE: u8 = 8;

/// Places in a pixel, in sixteenths from its centre: no two in a row or column.
pub(super) const FOUR: [[i8; 2]; 4] = [[-2, -6], [6, -2], [2, 6], [-6, 2]];
pub(super) const EIGHT: [[i8; 2]; 8] =
    [[1, -3], [-1, 3], [5, 1], [-3, -5], [-5, 5], [-7, -1], [3, 7], [7, -7]];

/// The edge of a square, in pixels: what is painted again after an edit.
pub(super) const SQUARE: usize = 16;

/// What to paint, and who takes rows that are done.
#[derive(Clone, Copy, Default)]
pub(super) struct Part<'a> {
    /// Numbers of squares, row by row; without, all is painted, tile by tile.
    pub squares: Option<&'a [usize]>,
    /// What earlier pictures of nearly the same voxels have found out.
    pub memory: Option<&'a Memory>,
    /// Called with each band of rows, by its number, when it is complete.
    pub on_band: Option<&'a OnBand<'a>>,
}

/// Takes a band's number and its pixels.
pub(super) type OnBand<'a> = dyn Fn(usize, &[[u8; 4]]) + Sync + 'a;

/// The edge of a tile in pixels, for a mode.
pub(super) fn edge(mode: Mode) -> usize {
    TILE / scale(mode)
}

fn scale(mode: Mode) -> usize {
    if mode == Mode::Outline { 2 } else { 1 }
}

/// Paints a picture, or some of its tiles.
pub(super) fn paint(frame: &mut Frame, job: &Job<'_>, part: Part<'_>) -> Result<(), RenderError> {
    let Job { drawn, camera, settings, .. } = *job;
    let backdrop = Backdrop::new(settings);
    let Some(bounds) = drawn.bounds() else {
        backdrop.fill(&mut frame.picture);
        if let Some(on_band) = part.on_band {
            let rows = edge(settings.mode) * settings.width as usize;
            frame.picture.pixels.chunks(rows).enumerate().for_each(|(n, rows)| on_band(n, rows));
        }
        return Ok(());
    };
    let scale = scale(settings.mode);
    let grid = Grid::new(drawn, bounds, camera.base());
    let size = [settings.width * scale as u32, settings.height * scale as u32];
    let sight = Sight::new(&grid, bounds, camera, size, settings.simd);
    let surfaces = Surfaces::new(job.scene, &grid);
    let places: &[[i8; 2]] = match settings.antialias {
        _ if scale > 1 => &[],
        Antialias::Off => &[],
        Antialias::Four => &FOUR,
        Antialias::Eight => &EIGHT,
    };
    let marks = !places.is_empty() || frame.wants_buffers();
    let painter = Painter {
        shader: Shader::new(&sight, &surfaces, camera.axes(), settings, marks),
        surfaces: &surfaces,
        sight: &sight,
        backdrop,
        size: size.map(|n| n as usize),
        scale,
        mode: settings.mode,
        outline: (settings.mode == Mode::Outline).then(|| outline::Style::new(&sight)),
        places,
    };
    painter.paint(frame, job, part)
}

struct Painter<'a> {
    sight: &'a Sight<'a>,
    shader: Shader<'a>,
    surfaces: &'a Surfaces<'a>,
    backdrop: Backdrop,
    /// In samples.
    size: [usize; 2],
    /// Samples along a pixel.
    scale: usize,
    outline: Option<outline::Style>,
    places: &'static [[i8; 2]],
    mode: Mode,
}

impl Painter<'_> {
    fn paint(&self, frame: &mut Frame, job: &Job<'_>, part: Part<'_>) -> Result<(), RenderError> {
        let width = frame.picture.width as usize;
        let edge = TILE / self.scale;
        let wants = frame.wants_buffers();
        let bands: Vec<_> = frame.bands(edge).into_iter().map(Mutex::new).collect();
        let left: Vec<_> = bands.iter().map(|_| AtomicUsize::new(width.div_ceil(edge))).collect();
        let side = if part.squares.is_some() { SQUARE } else { edge };
        let columns = width.div_ceil(side);
        let count = part.squares.map_or(bands.len() * columns, <[usize]>::len);
        job::share(
            count,
            job.settings.threads,
            &job.control,
            || Tile::new(&self.shader, wants, part.memory),
            |tile, index| {
                let number = part.squares.map_or(index, |squares| squares[index]);
                let corner = [number % columns * side, number / columns * side];
                self.paint_tile(tile, corner.map(|at| at * self.scale), side * self.scale);
                let row = corner[1] / edge;
                let mut band = bands[row].lock().unwrap_or_else(PoisonError::into_inner);
                self.copy(tile, &mut band, [corner[0], corner[1] % edge], width);
                // Squares are not counted: more of them than tiles lie in a band.
                if let (Some(on_band), None) = (part.on_band, part.squares)
                    && left[row].fetch_sub(1, Ordering::AcqRel) == 1
                {
                    on_band(row, band.pixels);
                }
            },
        )
    }

    fn paint_tile(&self, tile: &mut Tile, [left, top]: [usize; 2], edge: usize) {
        tile.count = [edge.min(self.size[0] - left), edge.min(self.size[1] - top)];
        tile.corner = [left, top];
        let [width, height] = tile.count;
        let blocks = (0..height.div_ceil(BLOCK)).flat_map(|row| {
            (0..width.div_ceil(BLOCK)).map(move |column| [column * BLOCK, row * BLOCK])
        });
        blocks.for_each(|block| self.sample_block(tile, block));
        if !self.places.is_empty() || self.outline.is_some() {
            self.sample_around(tile);
        }
        match &self.outline {
            Some(style) => self.resolve_lines(tile, style),
            None => self.resolve(tile),
        }
    }

    fn aim_at_block(&self, tile: &mut Tile, [left, top]: [usize; 2]) {
        let [x, y] = [tile.corner[0] + left, tile.corner[1] + top];
        for lane in 0..LANES {
            tile.glance.x.0[lane] = x as f32 + IN_BLOCK[0].0[lane];
            tile.glance.y.0[lane] = y as f32 + IN_BLOCK[1].0[lane];
        }
    }

    /// Looks at a block of samples; those that are outside the picture do not matter.
    fn sample_block(&self, tile: &mut Tile, [left, top]: [usize; 2]) {
        self.aim_at_block(tile, [left, top]);
        let y = tile.corner[1] + top;
        tile.glance.packet.active = u64::MAX;
        self.sight.look(&mut tile.glance);
        if tile.glance.seen.hit == 0 {
            return self.miss_block(tile, [left, top]);
        }
        self.color(tile, |lane| y + IN_BLOCK[1].0[lane] as usize);
        for four in 0..LANES / 4 {
            let lane = four * 4;
            let row = top + 1 + four % 4 + four / 8 * 4;
            let at = row * APRON + left + 1 + four / 4 % 2 * 4;
            tile.colors[at..at + 4].copy_from_slice(&tile.shaded.color[lane..lane + 4]);
            if self.shader.marks {
                tile.own[at..at + 4].copy_from_slice(&tile.shaded.own[lane..lane + 4]);
                tile.planes[at..at + 4].copy_from_slice(&tile.shaded.face[lane..lane + 4]);
                tile.depths[at..at + 4].copy_from_slice(&tile.glance.seen.time.0[lane..lane + 4]);
            }
        }
        self.note_faces(tile, |lane| {
            let [x, y] = [0, 1].map(|axis| IN_BLOCK[axis].0[lane] as usize);
            (top + y + 1) * APRON + left + x + 1
        });
    }

    /// What a block sees that nothing is in.
    fn miss_block(&self, tile: &mut Tile, [left, top]: [usize; 2]) {
        for y in top..top + BLOCK {
            let at = (y + 1) * APRON + left + 1;
            tile.colors[at..at + BLOCK].fill(self.backdrop.row((tile.corner[1] + y) / self.scale));
            if self.shader.marks {
                tile.own[at..at + BLOCK].fill([0; 4]);
                tile.planes[at..at + BLOCK].fill(0);
                tile.depths[at..at + BLOCK].fill(f32::INFINITY);
            }
            if !tile.faces.is_empty() {
                tile.faces[at..at + BLOCK].fill(None);
            }
        }
    }

    /// Looks at the samples around a tile: above, below, left, right, as many at a time as go.
    fn sample_around(&self, tile: &mut Tile) {
        let [width, height] = tile.count;
        let ring = 2 * (width + height);
        for first in (0..ring).step_by(LANES) {
            self.sample_some_around(tile, first, LANES.min(ring - first));
        }
    }

    fn sample_some_around(&self, tile: &mut Tile, first: usize, count: usize) {
        let [left, top] = tile.corner;
        let [width, height] = tile.count;
        for lane in 0..count {
            let [x, y] = around([width, height], first + lane);
            tile.glance.x.0[lane] = (left + x) as f32 - 0.5;
            tile.glance.y.0[lane] = (top + y) as f32 - 0.5;
        }
        let row = |lane: usize| (top + around([width, height], first + lane)[1]).saturating_sub(1);
        tile.glance.packet.active = u64::MAX >> (LANES - count);
        self.sight.look(&mut tile.glance);
        self.color(tile, row);
        for lane in 0..count {
            let [x, y] = around([width, height], first + lane);
            let at = y * APRON + x;
            tile.colors[at] = tile.shaded.color[lane];
            tile.own[at] = tile.shaded.own[lane];
            tile.planes[at] = tile.shaded.face[lane];
            tile.depths[at] = tile.glance.seen.time.0[lane];
        }
    }

    /// Colours what a glance has seen; what misses sees the backdrop at its row.
    fn color(&self, tile: &mut Tile, row: impl Fn(usize) -> usize) {
        let glance = &mut tile.glance;
        self.shader.shade(glance, &mut tile.space, &mut tile.shaded);
        for lane in Bits(glance.packet.active & !glance.seen.hit) {
            let at = lane as usize % LANES;
            tile.shaded.color[at] = self.backdrop.row(row(at) / self.scale);
            glance.seen.time.0[at] = f32::INFINITY;
        }
    }

    /// Keeps what buffers will hold, if any are wanted.
    fn note_faces(&self, tile: &mut Tile, place: impl Fn(usize) -> usize) {
        if tile.faces.is_empty() {
            return;
        }
        (0..LANES).for_each(|lane| tile.faces[place(lane)] = None);
        for face in &tile.glance.seen.faces {
            for lane in Bits(face.lanes) {
                tile.faces[place(lane as usize)] = Some(Face { lanes: 0, ..*face });
            }
        }
    }

    /// Colours the pixels of a tile from their samples; those on edges from more.
    fn resolve(&self, tile: &mut Tile) {
        let [width, height] = tile.count;
        for y in 0..height {
            let row = (y + 1) * APRON + 1;
            tile.pixels[y * TILE..][..width].copy_from_slice(&tile.colors[row..row + width]);
            if !tile.faces.is_empty() {
                let covered = tile.planes[row..row + width].iter();
                let coverage = &mut tile.coverage[y * TILE..][..width];
                coverage.iter_mut().zip(covered).for_each(|(c, p)| *c = f32::from(*p != 0));
            }
        }
        if self.places.is_empty() {
            return;
        }
        tile.find_edges();
        let mut edges = Edges { pixels: [[0; 2]; LANES / 4], count: 0 };
        for (row, column) in (0..TILE / BLOCK).flat_map(|y| (0..TILE / BLOCK).map(move |x| (y, x)))
        {
            for y in row * BLOCK..(row * BLOCK + BLOCK).min(height) {
                for x in column * BLOCK..(column * BLOCK + BLOCK).min(width) {
                    if tile.edges[(y + 1) * APRON + x + 1] {
                        edges.pixels[edges.count] = [x, y];
                        edges.count += 1;
                        if edges.count == LANES / self.places.len() {
                            self.smooth(tile, &edges);
                            edges.count = 0;
                        }
                    }
                }
            }
        }
        if edges.count > 0 {
            self.smooth(tile, &edges);
        }
    }

    /// Samples a few pixels again, at several places each.
    fn smooth(&self, tile: &mut Tile, edges: &Edges) {
        let [left, top] = tile.corner;
        let each = self.places.len();
        let glance = &mut tile.glance;
        glance.packet.active = 0;
        for (index, [x, y]) in edges.pixels[..edges.count].iter().enumerate() {
            for (sample, place) in self.places.iter().enumerate() {
                let lane = index * each + sample;
                let [dx, dy] = place.map(|sixteenths| f32::from(sixteenths) / 16.0);
                glance.x.0[lane] = (left + x) as f32 + 0.5 + dx;
                glance.y.0[lane] = (top + y) as f32 + 0.5 + dy;
                glance.packet.active |= 1 << lane;
            }
        }
        self.sight.look(glance);
        self.shader.shade(glance, &mut tile.space, &mut tile.shaded);
        for (index, [x, y]) in edges.pixels[..edges.count].iter().enumerate() {
            let mut mean = Mean::default();
            for lane in index * each..(index + 1) * each {
                if tile.glance.seen.hit >> lane & 1 == 1 {
                    mean.add_linear(tile.shaded.linear(lane, self.mode), 255);
                } else {
                    mean.add(self.backdrop.row(top + y));
                }
            }
            tile.pixels[y * TILE + x] = mean.color();
            let hits = tile.glance.seen.hit >> (index * each) & ((1u64 << each) - 1);
            tile.coverage[y * TILE + x] = hits.count_ones() as f32 / each as f32;
        }
    }

    /// Colours pixels from two by two samples, with lines where one sees an edge.
    fn resolve_lines(&self, tile: &mut Tile, style: &outline::Style) {
        let [width, height] = tile.count.map(|n| n / 2);
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let mut mean = Mean::default();
            let mut hits = 0.0;
            for (dx, dy) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
                let at = (y * 2 + dy) * APRON + x * 2 + dx;
                let here = tile.planes[at];
                if here == 0 {
                    mean.add(tile.colors[at]);
                    continue;
                }
                hits += 0.25;
                let beside = [at - 1, at + 1, at - APRON, at + APRON];
                let ink = beside.into_iter().fold(0.0, |most: f32, other| {
                    let depths = [tile.depths[at], tile.depths[other]];
                    most.max(style.ink([here, tile.planes[other]], depths))
                });
                let [r, g, b, _] = tile.colors[at];
                let left = 1.0 - ink;
                mean.add_linear([r, g, b].map(|byte| CURVE.decode(byte) * left), 255);
            }
            tile.pixels[y * TILE + x] = mean.color();
            tile.coverage[y * TILE + x] = hits;
        }
    }

    /// Copies a tile into its band.
    fn copy(&self, tile: &Tile, band: &mut Rows<'_>, [left, top]: [usize; 2], width: usize) {
        let [across, down] = tile.count.map(|n| n / self.scale);
        for y in 0..down {
            let row = (top + y) * width + left;
            let pixels = &tile.pixels[y * TILE..][..across];
            band.pixels[row..row + across].copy_from_slice(pixels);
            if !tile.faces.is_empty() {
                for x in 0..across {
                    let at = (y * self.scale + 1) * APRON + x * self.scale + 1;
                    let face = tile.faces[at].as_ref();
                    let pixel = Pixel {
                        depth: tile.depths[at],
                        coverage: tile.coverage[y * TILE + x],
                        face,
                    };
                    band.put(row + x, &pixel, self.sight, self.surfaces);
                }
            }
        }
    }
}

/// The place in the apron of one of the samples around a tile.
fn around([width, height]: [usize; 2], number: usize) -> [usize; 2] {
    match number {
        n if n < width => [n + 1, 0],
        n if n < 2 * width => [n - width + 1, height + 1],
        n if n < 2 * width + height => [0, n - 2 * width + 1],
        n => [width + 1, n - 2 * width - height + 1],
    }
}

/// Where each lane's sample is in a block, in four squares of 4x4: x and y of its centre.
const IN_BLOCK: [Column; 2] = {
    let mut places = [Column::ZERO; 2];
    let mut lane = 0;
    while lane < LANES {
        let (square, at) = (lane / 16, lane % 16);
        places[0].0[lane] = (square % 2 * 4 + at % 4) as f32 + 0.5;
        places[1].0[lane] = (square / 2 * 4 + at / 4) as f32 + 0.5;
        lane += 1;
    }
    places
};

/// Pixels that wait to be sampled again.
struct Edges {
    pixels: [[usize; 2]; LANES / 4],
    count: usize,
}

/// A mean of colours in premultiplied linear light.
#[derive(Default)]
struct Mean {
    light: [f32; 3],
    alpha: u32,
    count: u32,
}

impl Mean {
    fn add(&mut self, [r, g, b, a]: [u8; 4]) {
        self.add_linear([r, g, b].map(|byte| CURVE.decode(byte)), a);
    }

    fn add_linear(&mut self, light: [f32; 3], alpha: u8) {
        for (sum, light) in self.light.iter_mut().zip(light) {
            // As it is stored where it is not mixed: NaN and what is below 0 is black.
            let light = if light > 0.0 { light } else { 0.0 };
            let light = if light < 1.0 { light } else { 1.0 };
            *sum += light * f32::from(alpha);
        }
        self.alpha += u32::from(alpha);
        self.count += 1;
    }

    fn color(&self) -> [u8; 4] {
        if self.alpha == 0 {
            return [0; 4];
        }
        let [r, g, b] = self.light.map(|sum| CURVE.encode(sum / self.alpha as f32));
        [r, g, b, ((self.alpha + self.count / 2) / self.count) as u8]
    }
}

/// One thread's working space.
struct Tile {
    /// The tile's first sample in the picture, and how many there are.
    corner: [usize; 2],
    count: [usize; 2],
    /// Of each sample: its colour as stored, the voxel's own, what [`Shaded::face`] tells,
    /// and how far it is.
    colors: Vec<[u8; 4]>,
    own: Vec<[u8; 4]>,
    planes: Vec<u64>,
    depths: Vec<f32>,
    /// Which samples are on an edge.
    edges: Vec<bool>,
    /// What each sample hit; empty when no buffers are wanted.
    faces: Vec<Option<Face>>,
    pixels: Vec<[u8; 4]>,
    coverage: Vec<f32>,
    glance: Glance,
    shaded: Shaded,
    space: Space,
}

impl Tile {
    fn new(shader: &Shader<'_>, wants_buffers: bool, memory: Option<&Memory>) -> Self {
        let samples = APRON * APRON;
        Self {
            corner: [0; 2],
            count: [0; 2],
            colors: vec![[0; 4]; samples],
            own: vec![[0; 4]; samples],
            planes: vec![0; samples],
            depths: vec![f32::INFINITY; samples],
            edges: vec![false; samples],
            faces: vec![None; if wants_buffers { samples } else { 0 }],
            pixels: vec![[0; 4]; TILE * TILE],
            coverage: vec![0.0; TILE * TILE],
            glance: Glance::new(),
            shaded: Shaded::new(),
            space: Space::new(shader, memory),
        }
    }

    /// Marks the samples of the tile that differ from one beside them.
    fn find_edges(&mut self) {
        let [width, height] = self.count;
        self.edges.fill(false);
        for y in 0..=height {
            let row = y * APRON;
            for at in row..=row + width {
                for other in [at + 1, at + APRON] {
                    let alike = self.planes[at] == self.planes[other];
                    if !(alike && self.own[at] == self.own[other]) && self.differ(at, other) {
                        self.edges[at] = true;
                        self.edges[other] = true;
                    }
                }
            }
        }
    }

    /// Whether an edge that one can see lies between two samples. Light that changes
    /// across one face is none.
    fn differ(&self, a: usize, b: usize) -> bool {
        let far = |a: u8, b: u8| a.abs_diff(b) > VISIBLE;
        let own = (0..3).any(|channel| far(self.own[a][channel], self.own[b][channel]));
        let seen = (0..4).any(|channel| far(self.colors[a][channel], self.colors[b][channel]));
        let [one, two] = [self.planes[a], self.planes[b]];
        own || (one != two && seen) || (one == 0) != (two == 0)
    }
}
