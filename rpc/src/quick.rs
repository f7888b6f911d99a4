//! The short way of the commonest request: one voxel, whole numbers in their order, a number as id.
//!
//! Whatever is written in another way, or would be refused, takes the general way. What is answered
//! here is byte for byte what the general way answers, and what it does is the same: tests and a
//! fuzz target hold the two side by side.

use goxel_engine::command::Command;
use goxel_engine::scene::{LayerId, Scene};
use goxel_engine::volume::{Coord, Voxel};

/// No message that is longer is looked at.
pub(crate) const MAX_LENGTH: usize = 256;

/// The parameters of `goxel.add_voxel`, in order.
const MAX_NUMBERS: usize = 8;

/// `add_voxel` with numbers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AddVoxel {
    id: i64,
    at: Coord,
    voxel: Voxel,
    /// As it was sent; 0 where it was not.
    layer: i64,
}

impl AddVoxel {
    /// Reads a message, if it is one of these.
    pub fn read(message: &[u8]) -> Option<Self> {
        let mut text = Text(message);
        let (mut id, mut numbers, mut is_rpc, mut is_add) = (None, None, false, false);
        text.expect(b'{')?;
        loop {
            let name = text.string()?;
            text.expect(b':')?;
            match name {
                b"jsonrpc" if !is_rpc => is_rpc = text.string()? == b"2.0",
                b"method" if !is_add => {
                    is_add = matches!(text.string()?, b"goxel.add_voxel" | b"add_voxel");
                }
                b"params" if numbers.is_none() => numbers = Some(text.numbers()?),
                b"id" if id.is_none() => id = Some(text.number()?),
                _ => return None,
            }
            match text.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        text.ends()?;
        let (numbers, count) = numbers?;
        if !(is_rpc && is_add) {
            return None;
        }
        let coordinate = |axis: usize| i32::try_from(numbers[axis]).ok();
        let at = Coord::new(coordinate(0)?, coordinate(1)?, coordinate(2)?);
        let [r, g, b, a] = [3, 4, 5, 6].map(|at| numbers[at].clamp(0, 255) as u8);
        let alpha = if count > 6 { a } else { 255 };
        Some(Self { id: id?, at, voxel: Voxel([r, g, b, alpha]), layer: numbers[7] })
    }

    /// The edit, if the layer is there.
    pub fn command(&self, scene: &Scene) -> Option<Command> {
        let layer = match u32::try_from(self.layer) {
            Err(_) if self.layer > 0 => return None,
            Err(_) | Ok(0) => None,
            Ok(id) => Some(scene.layer(LayerId(id))?.id),
        };
        Some(Command::SetVoxel { layer, at: self.at, voxel: self.voxel })
    }

    /// Writes the reply, without a newline.
    pub fn answer(&self, added: u64, line: &mut String) {
        let [x, y, z] = self.at.to_array();
        let mut number = itoa::Buffer::new();
        let mut put = |text: &str, value: i64| {
            line.push_str(text);
            line.push_str(number.format(value));
        };
        put("{\"jsonrpc\":\"2.0\",\"id\":", self.id);
        put(",\"result\":{\"success\":true,\"x\":", x.into());
        put(",\"y\":", y.into());
        put(",\"z\":", z.into());
        put(",\"layer_id\":", self.layer);
        let before = [",\"color\":[", ",", ",", ","];
        for (text, channel) in before.into_iter().zip(self.voxel.0) {
            put(text, channel.into());
        }
        put("],\"added\":", added as i64);
        line.push_str("}}");
    }
}

/// What is left to read.
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    /// The next byte that is no blank.
    fn next(&mut self) -> Option<u8> {
        self.skip_blanks();
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn ends(&mut self) -> Option<()> {
        self.skip_blanks();
        self.0.is_empty().then_some(())
    }

    /// A string of plain letters.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
        let length = self.0.iter().position(|byte| !plain(byte))?;
        let (string, rest) = self.0.split_at(length);
        self.0 = rest;
        self.expect_at_once(b'"')?;
        Some(string)
    }

    fn expect_at_once(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == byte).then_some(())
    }

    /// A whole number of at most 15 digits, as JSON writes it.
    fn number(&mut self) -> Option<i64> {
        self.skip_blanks();
        let is_negative = self.0.first() == Some(&b'-');
        self.0 = &self.0[usize::from(is_negative)..];
        let length = self.0.iter().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at(length);
        let is_plain = match digits {
            [] => false,
            [b'0'] => !is_negative,
            [b'0', ..] => false,
            _ => length <= 15,
        };
        if !is_plain || matches!(rest, [b'.' | b'e' | b'E', ..]) {
            return None;
        }
        self.0 = rest;
        let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        Some(if is_negative { -value } else { value })
    }

    /// A list of numbers, those that are missing as 0, and how many there are.
    fn numbers(&mut self) -> Option<([i64; MAX_NUMBERS], usize)> {
        let (mut numbers, mut count) = ([0; MAX_NUMBERS], 0);
        self.expect(b'[')?;
        loop {
            *numbers.get_mut(count)? = self.number()?;
            count += 1;
            match self.next()? {
                b',' => {}
                b']' => return Some((numbers, count)),
                _ => return None,
            }
        }
    }
}
