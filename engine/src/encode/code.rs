//! How plain values are written down and read back.
//!
//! Numbers are varints of seven bits a byte, lowest first; signed ones alternate:
//! 0, -1, 1, -2. Floats are their bits. A value has one form only: a varint with a
//! needless byte or a boolean of 2 is refused.

use super::error::{DecodeCause, DecodeError};
use super::limits::Limits;
use std::sync::Arc;

/// What can be written down and read back.
///
/// The forms of lists and options belong to what is in them, so that lists of voxels
/// are packed and lists of anything else are plain.
pub(crate) trait Code: Sized {
    /// Adds the value to the bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// The value that the next bytes stand for.
    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError>;

    fn put_list(list: &[Self], out: &mut Vec<u8>) {
        put_varint(list.len() as u64, out);
        list.iter().for_each(|item| item.put(out));
    }

    fn take_list(input: &mut Input<'_>) -> Result<Vec<Self>, DecodeError> {
        let count = input.count()?;
        input.items(count)
    }

    fn put_option(option: Option<&Self>, out: &mut Vec<u8>) {
        out.push(u8::from(option.is_some()));
        option.iter().for_each(|value| value.put(out));
    }

    fn take_option(input: &mut Input<'_>) -> Result<Option<Self>, DecodeError> {
        bool::take(input)?.then(|| Self::take(input)).transpose()
    }
}

/// What is left of the bytes, and of the limits.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    rest: &'a [u8],
    offset: u64,
    pub limits: Limits,
    /// Voxels that may still be listed.
    voxels: usize,
    /// Pixels that pictures may still have.
    pixels: usize,
    /// Whether what is read is part of a group.
    pub in_group: bool,
}

impl<'a> Input<'a> {
    /// The bytes behind the first, which must be this version.
    pub(crate) fn new(bytes: &'a [u8], known: u8, limits: &Limits) -> Result<Self, DecodeError> {
        let mut input = Self::part(bytes, limits);
        match input.byte()? {
            found if found == known => Ok(input),
            found => Err(DecodeError { cause: DecodeCause::Version { found, known }, offset: 0 }),
        }
    }

    /// Bytes without a version.
    pub(crate) const fn part(bytes: &'a [u8], limits: &Limits) -> Self {
        Self::part_at(0, bytes, limits)
    }

    /// Bytes without a version, from that byte on of something larger.
    pub(crate) const fn part_at(offset: u64, bytes: &'a [u8], limits: &Limits) -> Self {
        let (voxels, pixels) = (limits.max_voxels, limits.max_pixels);
        Self { rest: bytes, offset, limits: *limits, voxels, pixels, in_group: false }
    }

    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(n) else {
            return Err(self.cut_short(n as u64));
        };
        self.rest = rest;
        self.offset += n as u64;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        let Some((byte, rest)) = self.rest.split_first() else {
            return Err(self.cut_short(1));
        };
        self.rest = rest;
        self.offset += 1;
        Ok(*byte)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        Ok(self.bytes(N)?.try_into().expect("exactly N bytes were taken"))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let from = self.offset;
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 127);
            if byte == 0 && shift > 0 || part << shift >> shift != part {
                break;
            }
            value |= part << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err(DecodeError::broken(from, "a number too long"))
    }

    /// A varint that counts things of at least a byte each.
    pub(crate) fn count(&mut self) -> Result<usize, DecodeError> {
        let count = self.varint()?;
        match usize::try_from(count) {
            Ok(fits) if fits <= self.left() => Ok(fits),
            _ => Err(self.cut_short(count)),
        }
    }

    /// A count within a limit.
    pub(crate) fn count_of(
        &mut self,
        what: &'static str,
        max: usize,
    ) -> Result<usize, DecodeError> {
        let from = self.offset;
        let count = self.count()?;
        if count > max {
            return Err(DecodeError::limit(from, what, max as u64));
        }
        Ok(count)
    }

    /// How many voxels or places follow: as many as the limit leaves.
    pub(crate) fn voxels(&mut self) -> Result<usize, DecodeError> {
        let from = self.offset;
        let count = self.count()?;
        let Some(left) = self.voxels.checked_sub(count) else {
            let max = self.limits.max_voxels as u64;
            return Err(DecodeError::limit(from, "voxels", max));
        };
        self.voxels = left;
        Ok(count)
    }

    /// Takes that many pixels from the limit; `from` is where they are given.
    pub(crate) fn pixels(&mut self, from: u64, count: u64) -> Result<usize, DecodeError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let Some(left) = self.pixels.checked_sub(count) else {
            let max = self.limits.max_pixels as u64;
            return Err(DecodeError::limit(from, "pixels", max));
        };
        self.pixels = left;
        Ok(count)
    }

    /// That many values. Memory is taken as they come: they may be larger than their bytes.
    pub(crate) fn items<T: Code>(&mut self, count: usize) -> Result<Vec<T>, DecodeError> {
        let mut items = Vec::with_capacity(count.min(64));
        for _ in 0..count {
            items.push(T::take(self)?);
        }
        Ok(items)
    }

    /// Refuses bytes that nothing was made of.
    pub(crate) const fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(DecodeError::broken(self.offset, "bytes after the end"))
    }

    const fn cut_short(&self, needed: u64) -> DecodeError {
        let left = self.rest.len() as u64;
        DecodeError { cause: DecodeCause::CutShort { needed, left }, offset: self.offset }
    }
}

pub(crate) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 127 {
        out.push(value as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

const fn zigzag(value: i32) -> u32 {
    (value << 1 ^ value >> 31) as u32
}

const fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Implements [`Code`] for unsigned numbers.
macro_rules! unsigned {
    ($($type:ident: $wide:expr;)*) => { $(
        impl Code for $type {
            fn put(&self, out: &mut Vec<u8>) {
                put_varint($wide(*self), out);
            }

            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let from = input.offset();
                $type::try_from(input.varint()?)
                    .map_err(|_| DecodeError::broken(from, "a number too great"))
            }
        }
    )* };
}

unsigned! {
    u32: u64::from;
    u64: std::convert::identity;
    usize: |value| value as u64;
}

impl Code for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.byte()
    }

    fn put_list(list: &[Self], out: &mut Vec<u8>) {
        put_varint(list.len() as u64, out);
        out.extend_from_slice(list);
    }

    fn take_list(input: &mut Input<'_>) -> Result<Vec<Self>, DecodeError> {
        let count = input.count()?;
        Ok(input.bytes(count)?.to_vec())
    }
}

impl Code for i8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.cast_unsigned());
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.byte().map(u8::cast_signed)
    }
}

impl Code for i32 {
    fn put(&self, out: &mut Vec<u8>) {
        zigzag(*self).put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        u32::take(input).map(unzigzag)
    }
}

impl Code for i16 {
    fn put(&self, out: &mut Vec<u8>) {
        i32::from(*self).put(out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let from = input.offset();
        let value = i32::take(input)?;
        value.try_into().map_err(|_| DecodeError::broken(from, "a number too great"))
    }
}

impl Code for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let from = input.offset();
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            number => Err(DecodeError::unknown(from, "boolean", number)),
        }
    }
}

/// Implements [`Code`] for floats: their bits, so that even what is no number comes back.
macro_rules! floats {
    ($($type:ident)*) => { $(
        impl Code for $type {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_bits().to_le_bytes());
            }

            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Ok($type::from_le_bytes(input.array()?))
            }
        }
    )* };
}

floats! { f32 f64 }

impl Code for String {
    fn put(&self, out: &mut Vec<u8>) {
        u8::put_list(self.as_bytes(), out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let count = input.count_of("bytes of a name", input.limits.max_text)?;
        let from = input.offset();
        match str::from_utf8(input.bytes(count)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let offset = from + error.valid_up_to() as u64;
                Err(DecodeError::broken(offset, "a name that is not utf-8"))
            }
        }
    }
}

impl<T: Code> Code for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put_list(self, out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        T::take_list(input)
    }
}

impl<T: Code> Code for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put_option(self.as_ref(), out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        T::take_option(input)
    }
}

impl<T: Code> Code for Arc<T> {
    fn put(&self, out: &mut Vec<u8>) {
        T::put(self, out);
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        T::take(input).map(Arc::new)
    }
}

impl<T: Code + Copy + Default, const N: usize> Code for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.put(out));
    }

    fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::take(input)?;
        }
        Ok(items)
    }
}

/// Implements [`Code`] for a struct: its fields in this order, which is fixed for ever. A field
/// that is left out has to be named with what it is read as.
macro_rules! record {
    (
        $type:ident $(, lists by $lists:ident)? { $($field:ident),* $(,)? }
        $(except { $($left:ident: $value:expr),* })?
    ) => {
        impl Code for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let $type { $($field,)* $($($left: _,)*)? } = self;
                $($field.put(out);)*
            }

            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                Ok($type { $($field: Code::take(input)?,)* $($($left: $value,)*)? })
            }

            $(fn take_list(input: &mut Input<'_>) -> Result<Vec<Self>, DecodeError> {
                $lists(input)
            })?
        }
    };
}

/// Implements [`Code`] for an enum: a number of one byte, then the fields. Numbers are fixed for
/// ever; those of variants that go are not given again. A new variant does not compile until it
/// has its number here.
macro_rules! numbered {
    ($type:ident, $what:literal $(, lists by $lists:ident)? {
        $($number:literal => $name:ident $({ $($field:ident),* })? $(($inner:ident))?,)*
    }) => {
        impl Code for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $($type::$name $({ $($field),* })? $(($inner))? => {
                        out.push($number);
                        $($($field.put(out);)*)?
                        $($inner.put(out);)?
                    })*
                }
            }

            fn take(input: &mut Input<'_>) -> Result<Self, DecodeError> {
                let from = input.offset();
                Ok(match input.byte()? {
                    $($number => {
                        $($(let $field = Code::take(input)?;)*)?
                        $(let $inner = Code::take(input)?;)?
                        $type::$name $({ $($field),* })? $(($inner))?
                    })*
                    other => return Err(DecodeError::unknown(from, $what, other)),
                })
            }

            $(fn take_list(input: &mut Input<'_>) -> Result<Vec<Self>, DecodeError> {
                $lists(input)
            })?
        }
    };
}

pub(crate) use {numbered, record};
