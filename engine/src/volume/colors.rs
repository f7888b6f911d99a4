//! How a brick keeps the colours of its filled voxels: as small as they allow.
//!
//! Writes of single voxels move to a form with more room; whole bricks are
//! packed into the smallest form ([`Colors::packed`]).

use super::list::{Cells, List};
use super::{BRICK_VOXELS, Bits, Voxel};

/// At most this many voxels written one by one are kept without a palette.
const LIST_MAX: usize = 256;
/// A palette made for more writes has room: one nearly full would be rebuilt at every
/// new colour.
const ROOMY: usize = 192;
/// Lists nearly full are by place: their ranks would save little.
const RANKED_MAX: usize = 3072;

/// The colours of a brick's filled voxels.
#[derive(Clone, Debug)]
pub(super) enum Colors {
    /// All the same.
    Uniform(Voxel),
    /// One for each 4x4x4 cell.
    Cells(Box<[Voxel; 64]>),
    /// Numbers into a palette of at most 256.
    Palette(Palette),
    /// Each voxel its own.
    Voxels(List<Voxel>),
}

#[derive(Clone, Debug)]
pub(super) struct Palette {
    pub numbers: List<u8>,
    pub colors: Vec<Voxel>,
    /// The number written last: the next voxel often has its colour.
    last: u8,
}

/// One write: where, what, and whether a voxel is there already.
#[derive(Clone, Copy)]
pub(super) struct Write {
    pub cell: usize,
    pub bit: u32,
    pub voxel: Voxel,
    pub present: bool,
}

impl Colors {
    /// The smallest form for these voxels, given by place; those outside `cells` are not read.
    pub fn packed(cells: &Cells, voxels: &[Voxel; BRICK_VOXELS]) -> Self {
        match cell_colors(cells, voxels) {
            Some(colors) => Self::of_cells(cells, colors),
            None => Self::mixed(cells, voxels),
        }
    }

    fn of_cells(cells: &Cells, colors: [Voxel; 64]) -> Self {
        let first = cells.iter().position(|word| *word != 0).map_or(Voxel::EMPTY, |i| colors[i]);
        let same = cells.iter().zip(&colors).all(|(word, color)| *word == 0 || *color == first);
        if same { Colors::Uniform(first) } else { Colors::Cells(Box::new(colors)) }
    }

    fn mixed(cells: &Cells, voxels: &[Voxel; BRICK_VOXELS]) -> Self {
        let filled: usize = cells.iter().map(|word| word.count_ones() as usize).sum();
        if filled > RANKED_MAX {
            return match Palette::by_place(cells, voxels) {
                Some(palette) => Colors::Palette(palette),
                None => Colors::Voxels(List::by_place(voxels.to_vec())),
            };
        }
        let mut ranked = Vec::with_capacity(filled);
        for (cell, word) in cells.iter().enumerate().filter(|(_, word)| **word != 0) {
            let places = &voxels[cell << 6..][..64];
            if *word == u64::MAX {
                ranked.extend_from_slice(places);
            } else {
                ranked.extend(Bits(*word).map(|bit| places[bit as usize]));
            }
        }
        match Palette::by_rank(cells, &ranked) {
            Some(palette) if palette.colors.len() * 4 < filled * 3 => Colors::Palette(palette),
            _ => Colors::Voxels(List::by_rank(cells, ranked)),
        }
    }

    /// The colour of a filled place.
    #[inline]
    pub fn get(&self, cells: &Cells, cell: usize, bit: u32) -> Voxel {
        match self {
            Colors::Uniform(voxel) => *voxel,
            Colors::Cells(colors) => colors[cell],
            Colors::Palette(palette) => {
                palette.colors[usize::from(palette.numbers.get(cells, cell, bit))]
            }
            Colors::Voxels(list) => list.get(cells, cell, bit),
        }
    }

    /// Writes the colour of a place whose bit in `cells` is as it was before.
    pub fn put(&mut self, cells: &Cells, write: Write) {
        while !self.takes(cells, write) {
            self.widen(cells, write.voxel);
        }
    }

    /// Writes the colour unless this form has no room for it.
    fn takes(&mut self, cells: &Cells, write: Write) -> bool {
        let Write { cell, bit, voxel, present } = write;
        let alone = |cell: usize| cells[cell] & !(u64::from(present) << bit) == 0;
        match self {
            Colors::Uniform(color) if *color == voxel => true,
            Colors::Uniform(color) => {
                let all = (0..64).all(|other| match other == cell {
                    true => alone(cell),
                    false => cells[other] == 0,
                });
                *color = if all { voxel } else { *color };
                all
            }
            Colors::Cells(colors) => {
                let free = colors[cell] == voxel || alone(cell);
                colors[cell] = if free { voxel } else { colors[cell] };
                free
            }
            Colors::Palette(palette) => {
                let Some(number) = palette.number(voxel) else { return false };
                palette.numbers.write(cells, write, number);
                true
            }
            Colors::Voxels(list) if !present && list.items().len() == LIST_MAX => false,
            Colors::Voxels(list) => {
                list.write(cells, write, voxel);
                true
            }
        }
    }

    /// Moves to a form with more room, for one more voxel of this colour.
    fn widen(&mut self, cells: &Cells, voxel: Voxel) {
        *self = match self {
            Colors::Uniform(color) => Colors::Cells(Box::new([*color; 64])),
            Colors::Cells(colors) => widened_cells(cells, colors),
            Colors::Palette(_) | Colors::Voxels(_) => self.with_room(cells, voxel),
        };
    }

    fn with_room(&self, cells: &Cells, voxel: Voxel) -> Self {
        let mut all = [Voxel::EMPTY; BRICK_VOXELS];
        self.spread_into(cells, &mut all);
        match Palette::by_place(cells, &all) {
            Some(mut palette) if palette.colors.len() <= ROOMY => {
                palette.number(voxel);
                Colors::Palette(palette)
            }
            _ => Colors::Voxels(List::by_place(all.to_vec())),
        }
    }

    /// Takes the colour of a place, still filled in `cells`, away.
    pub fn remove(&mut self, cells: &Cells, cell: usize, bit: u32) {
        match self {
            Colors::Uniform(_) | Colors::Cells(_) => {}
            Colors::Palette(palette) => palette.numbers.remove(cells, cell, bit),
            Colors::Voxels(list) => list.remove(cells, cell, bit),
        }
    }

    /// Takes away the colours of what is filled in `before` but not in `after`.
    pub fn keep(&mut self, before: &Cells, after: &Cells) {
        match self {
            Colors::Uniform(_) | Colors::Cells(_) => {}
            Colors::Palette(palette) => palette.numbers.keep(before, after),
            Colors::Voxels(list) => list.keep(before, after),
        }
    }

    /// Writes the filled voxels into `all`, by place; the rest of it stays as it is.
    pub fn spread_into(&self, cells: &Cells, all: &mut [Voxel; BRICK_VOXELS]) {
        match self {
            Colors::Uniform(voxel) => spread(cells, all, |_, _| *voxel),
            Colors::Cells(colors) => spread(cells, all, |cell, _| colors[cell]),
            Colors::Palette(palette) => match palette.numbers.places() {
                Some(numbers) => spread(cells, all, |cell, bit| {
                    palette.colors[usize::from(numbers[cell << 6 | bit])]
                }),
                None => {
                    let mut numbers = palette.numbers.items().iter();
                    spread(cells, all, |_, _| {
                        numbers.next().map_or(Voxel::EMPTY, |n| palette.colors[usize::from(*n)])
                    });
                }
            },
            Colors::Voxels(list) => match list.places() {
                Some(voxels) => spread(cells, all, |cell, bit| voxels[cell << 6 | bit]),
                None => {
                    let mut voxels = list.items().iter();
                    spread(cells, all, |_, _| voxels.next().copied().unwrap_or_default());
                }
            },
        }
    }

    /// Calls `take` with the colours in use and how many voxels have each; one may come more
    /// than once.
    pub fn for_each(&self, cells: &Cells, mut take: impl FnMut(Voxel, u32)) {
        match self {
            Colors::Uniform(voxel) => take(*voxel, count(cells)),
            Colors::Cells(colors) => {
                let each = cells.iter().zip(colors.iter()).filter(|(word, _)| **word != 0);
                each.for_each(|(word, color)| take(*color, word.count_ones()));
            }
            Colors::Palette(palette) => {
                let counts = palette.counts(cells);
                let used = palette.colors.iter().zip(counts).filter(|(_, count)| *count > 0);
                used.for_each(|(voxel, count)| take(*voxel, count));
            }
            Colors::Voxels(list) => match list.places() {
                Some(voxels) => each_place(cells, |place| take(voxels[place], 1)),
                None => {
                    for run in list.items().chunk_by(|a, b| a == b) {
                        take(run[0], run.len() as u32);
                    }
                }
            },
        }
    }

    /// Whether some colour that is kept passes the test. May say yes for one no longer in use.
    pub fn any(&self, cells: &Cells, test: impl Fn(&Voxel) -> bool) -> bool {
        match self {
            Colors::Uniform(voxel) => test(voxel),
            Colors::Cells(colors) => {
                cells.iter().zip(colors.iter()).any(|(word, color)| *word != 0 && test(color))
            }
            Colors::Palette(palette) => palette.colors.iter().any(test),
            Colors::Voxels(list) => list.items().iter().any(test),
        }
    }

    /// Bytes held outside the brick itself.
    pub fn bytes(&self) -> usize {
        match self {
            Colors::Uniform(_) => 0,
            Colors::Cells(colors) => size_of_val(&**colors),
            Colors::Palette(palette) => {
                palette.numbers.bytes() + palette.colors.capacity() * size_of::<Voxel>()
            }
            Colors::Voxels(list) => list.bytes(),
        }
    }
}

impl<T: Copy + Default> List<T> {
    fn write(&mut self, cells: &Cells, write: Write, item: T) {
        match write.present {
            true => self.replace(cells, write.cell, write.bit, item),
            false => self.insert(cells, write.cell, write.bit, item),
        }
    }
}

fn count(cells: &Cells) -> u32 {
    cells.iter().map(|word| word.count_ones()).sum()
}

fn each_place(cells: &Cells, mut take: impl FnMut(usize)) {
    for (cell, word) in cells.iter().enumerate() {
        Bits(*word).for_each(|bit| take(cell << 6 | bit as usize));
    }
}

fn spread(
    cells: &Cells,
    all: &mut [Voxel; BRICK_VOXELS],
    mut color: impl FnMut(usize, usize) -> Voxel,
) {
    for ((cell, word), places) in cells.iter().enumerate().zip(all.as_chunks_mut::<64>().0) {
        if *word == u64::MAX {
            for (bit, place) in places.iter_mut().enumerate() {
                *place = color(cell, bit);
            }
            continue;
        }
        for bit in Bits(*word) {
            places[bit as usize] = color(cell, bit as usize);
        }
    }
}

/// Each cell's colour, if each has only one.
fn cell_colors(cells: &Cells, voxels: &[Voxel; BRICK_VOXELS]) -> Option<[Voxel; 64]> {
    let mut colors = [Voxel::EMPTY; 64];
    let places = voxels.as_chunks::<64>().0;
    for ((color, word), places) in colors.iter_mut().zip(cells).zip(places) {
        if *word != 0 {
            *color = places[word.trailing_zeros() as usize];
            if !only(*color, *word, places) {
                return None;
            }
        }
    }
    Some(colors)
}

fn only(color: Voxel, word: u64, places: &[Voxel; 64]) -> bool {
    if word == u64::MAX {
        let differ = |all: u32, voxel: &Voxel| all | (bits(*voxel) ^ bits(color));
        return places.iter().fold(0, differ) == 0;
    }
    Bits(word).all(|bit| places[bit as usize] == color)
}

const fn bits(voxel: Voxel) -> u32 {
    u32::from_le_bytes(voxel.0)
}

fn widened_cells(cells: &Cells, colors: &[Voxel; 64]) -> Colors {
    let filled: usize = cells.iter().map(|word| word.count_ones() as usize).sum();
    let each = || cells.iter().zip(colors).filter(|(word, _)| **word != 0);
    if filled <= LIST_MAX {
        let repeated =
            |(word, color): (&u64, &Voxel)| std::iter::repeat_n(*color, word.count_ones() as usize);
        let mut list = Vec::with_capacity(filled + 1);
        list.extend(each().flat_map(repeated));
        return Colors::Voxels(List::by_rank(cells, list));
    }
    let mut numbering = Numbering::new();
    let mut numbers = vec![0; BRICK_VOXELS];
    let filled_cells = cells.iter().zip(colors).zip(numbers.as_chunks_mut::<64>().0);
    for ((_, color), places) in filled_cells.filter(|((word, _), _)| **word != 0) {
        places.fill(numbering.number(*color).unwrap_or(0));
    }
    Colors::Palette(numbering.palette(List::by_place(numbers)))
}

impl Palette {
    fn by_rank(cells: &Cells, ranked: &[Voxel]) -> Option<Self> {
        let mut numbering = Numbering::new();
        let numbers: Option<Vec<u8>> = ranked.iter().map(|v| numbering.number(*v)).collect();
        Some(numbering.palette(List::by_rank(cells, numbers?)))
    }

    fn by_place(cells: &Cells, voxels: &[Voxel; BRICK_VOXELS]) -> Option<Self> {
        let mut numbering = Numbering::new();
        let mut numbers = vec![0; BRICK_VOXELS];
        for (cell, word) in cells.iter().enumerate() {
            for bit in Bits(*word) {
                let place = cell << 6 | bit as usize;
                numbers[place] = numbering.number(voxels[place])?;
            }
        }
        Some(numbering.palette(List::by_place(numbers)))
    }

    /// How many voxels have each number.
    fn counts(&self, cells: &Cells) -> [u32; 256] {
        let mut counts = [0; 256];
        let mut add = |number: u8| counts[usize::from(number)] += 1;
        match self.numbers.places() {
            Some(numbers) if count(cells) as usize == BRICK_VOXELS => {
                numbers.iter().for_each(|number| add(*number));
            }
            Some(numbers) => each_place(cells, |place| add(numbers[place])),
            None => self.numbers.items().iter().for_each(|number| add(*number)),
        }
        counts
    }

    /// The colour's number, a new one if need be; `None` when the palette is full.
    fn number(&mut self, voxel: Voxel) -> Option<u8> {
        if self.colors.get(usize::from(self.last)) != Some(&voxel) {
            let found = find(&self.colors, voxel);
            if found.is_none() && self.colors.len() == 256 {
                return None;
            }
            self.last = found.unwrap_or(self.colors.len()) as u8;
            if found.is_none() {
                self.colors.push(voxel);
            }
        }
        Some(self.last)
    }
}

/// Where the colour is in the palette: sixteen are compared at once.
fn find(colors: &[Voxel], voxel: Voxel) -> Option<usize> {
    let holds = |part: &[Voxel]| part.iter().fold(false, |any, color| any | (*color == voxel));
    let part = colors.chunks(16).position(holds)?;
    let within = colors[part * 16..].iter().position(|color| *color == voxel)?;
    Some(part * 16 + within)
}

/// Gives colours their numbers in a new palette: a small hash table, open addressing.
struct Numbering {
    /// A colour's bits; 0, which no filled voxel has, where there is none.
    keys: [u32; 512],
    values: [u8; 512],
    colors: Vec<Voxel>,
    last: (u32, u8),
}

impl Numbering {
    fn new() -> Self {
        Self { keys: [0; 512], values: [0; 512], colors: Vec::with_capacity(256), last: (0, 0) }
    }

    /// The colour's number; `None` when 256 others have one.
    fn number(&mut self, voxel: Voxel) -> Option<u8> {
        let key = bits(voxel);
        if key != self.last.0 {
            self.last = (key, self.find(key)?);
        }
        Some(self.last.1)
    }

    fn find(&mut self, key: u32) -> Option<u8> {
        let mut slot = (key.wrapping_mul(0x9E37_79B1) >> 23) as usize;
        while self.keys[slot] != key {
            if self.keys[slot] == 0 {
                return self.add(key, slot);
            }
            slot = (slot + 1) & 511;
        }
        Some(self.values[slot])
    }

    fn add(&mut self, key: u32, slot: usize) -> Option<u8> {
        let number = u8::try_from(self.colors.len()).ok()?;
        self.keys[slot] = key;
        self.values[slot] = number;
        self.colors.push(Voxel(key.to_le_bytes()));
        Some(number)
    }

    fn palette(mut self, numbers: List<u8>) -> Palette {
        self.colors.shrink_to_fit();
        Palette { numbers, colors: self.colors, last: 0 }
    }
}
