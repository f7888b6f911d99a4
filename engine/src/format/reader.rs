//! A bounded little-endian reader that knows where it is.

use super::error::{Cause, FormatError};

/// What is left of some bytes, and the offset of the next one in the file.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: u64,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) const fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `n` bytes.
    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], FormatError> {
        let Some((taken, rest)) = self.rest.split_at_checked(n) else {
            let cause = Cause::CutShort { needed: n as u64, left: self.rest.len() as u64 };
            return Err(FormatError::at(self.offset, cause));
        };
        self.rest = rest;
        self.offset += n as u64;
        Ok(taken)
    }

    /// All that is left.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        let taken = std::mem::take(&mut self.rest);
        self.offset += taken.len() as u64;
        taken
    }

    /// A reader of the next `n` bytes only.
    pub(crate) fn part(&mut self, n: usize) -> Result<Reader<'a>, FormatError> {
        let offset = self.offset;
        Ok(Reader { rest: self.take(n)?, offset })
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        Ok(self.take(N)?.try_into().expect("exactly N bytes were taken"))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, FormatError> {
        self.array().map(i32::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_le_bytes)
    }

    /// An `i32` that counts something.
    pub(crate) fn count(&mut self) -> Result<usize, FormatError> {
        let offset = self.offset;
        let count = self.i32()?;
        usize::try_from(count).map_err(|_| FormatError::broken(offset, "a negative length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_input_names_what_is_missing_and_where() {
        let mut reader = Reader::new(&[1, 0, 0, 0, 9, 9]);
        assert_eq!(reader.count(), Ok(1));
        let refusal = reader.u32().unwrap_err();
        assert_eq!(refusal.to_string(), "cut short: 4 bytes needed, 2 left at byte 4");
        assert_eq!(reader.take(2), Ok(&[9, 9][..]));
    }

    #[test]
    fn a_part_ends_where_it_should_and_keeps_its_offset() {
        let mut reader = Reader::new(&[0; 10]);
        reader.take(3).unwrap();
        let mut part = reader.part(4).unwrap();
        assert_eq!((part.offset(), reader.offset()), (3, 7));
        assert_eq!(part.take(5).unwrap_err().offset, Some(3));
        assert_eq!((part.take_rest().len(), part.offset()), (4, 7));
    }

    #[test]
    fn a_negative_length_is_broken() {
        assert!(Reader::new(&[255; 4]).count().is_err());
    }
}
