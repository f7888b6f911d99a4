//! Dictionaries: keys and values until the chunk ends or a key of no length.

use super::super::error::FormatError;
use super::super::reader::Reader;
use crate::math::Mat4;
use crate::scene::Extra;

/// Keys and values must stay below this: older readers hold both in 256 bytes.
const TEXT_END: usize = 256;

pub(super) struct Entry<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
}

/// The entries of a dictionary, which must be all that is left.
pub(super) fn entries<'a>(reader: &mut Reader<'a>) -> Result<Vec<Entry<'a>>, FormatError> {
    let mut found = Vec::new();
    while !reader.is_done() {
        let offset = reader.offset();
        let length = reader.count()?;
        if length == 0 {
            break;
        }
        if length >= TEXT_END {
            return Err(FormatError::broken(offset, "a dictionary key of 256 bytes or more"));
        }
        let key = reader.take(length)?;
        let length = reader.count()?;
        found.push(Entry { key, value: reader.take(length)? });
    }
    Ok(found)
}

impl Entry<'_> {
    /// The value as floats, when it has the right size for that.
    fn floats<const N: usize>(&self) -> Option<[f32; N]> {
        let (words, rest) = self.value.as_chunks::<4>();
        if !rest.is_empty() {
            return None;
        }
        let floats: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        floats.try_into().ok()
    }

    pub(super) fn float_into(&self, slot: &mut f32) {
        *slot = self.floats().map_or(*slot, |[value]| value);
    }

    pub(super) fn vector_into<const N: usize>(&self, slot: &mut [f32; N]) {
        *slot = self.floats().unwrap_or(*slot);
    }

    pub(super) fn vector<const N: usize>(&self) -> Option<[f32; N]> {
        self.floats()
    }

    pub(super) fn mat4_into(&self, slot: &mut Mat4) {
        *slot = self.mat4().unwrap_or(*slot);
    }

    pub(super) fn mat4(&self) -> Option<Mat4> {
        self.floats().map(Mat4)
    }

    pub(super) fn int(&self) -> Option<i32> {
        self.value.try_into().ok().map(i32::from_le_bytes)
    }

    pub(super) fn bool_into(&self, slot: &mut bool) {
        if let [value] = self.value {
            *slot = *value != 0;
        }
    }

    pub(super) fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        self.value.try_into().ok()
    }

    /// The value up to its first NUL; what is not UTF-8 is replaced.
    pub(super) fn text(&self) -> String {
        let end = self.value.iter().position(|byte| *byte == 0).unwrap_or(self.value.len());
        String::from_utf8_lossy(&self.value[..end]).into_owned()
    }

    pub(super) fn keep_in(&self, extra: &mut Extra) {
        extra.push((self.key.to_vec(), self.value.to_vec()));
    }
}

/// A dictionary being written, with no end mark.
#[derive(Default)]
pub(super) struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) {
        for part in [key, value] {
            self.bytes.extend((part.len() as i32).to_le_bytes());
            self.bytes.extend(part);
        }
    }

    pub(super) fn floats(&mut self, key: &[u8], values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.put(key, &bytes);
    }

    pub(super) fn int(&mut self, key: &[u8], value: i32) {
        self.put(key, &value.to_le_bytes());
    }

    /// The text, cut between characters to `max` bytes and at a NUL.
    pub(super) fn text(&mut self, key: &[u8], text: &str, max: usize) {
        let text = text.split('\0').next().unwrap_or_default();
        self.put(key, &text.as_bytes()[..text.floor_char_boundary(max)]);
    }

    /// What came from a file and is not ours: not `known`, and short enough.
    pub(super) fn extra(&mut self, extra: &Extra, known: &[&[u8]]) {
        for (key, value) in extra {
            let fits = !key.is_empty() && key.len() < TEXT_END && value.len() < TEXT_END;
            if fits && !known.contains(&key.as_slice()) {
                self.put(key, value);
            }
        }
    }
}
