//! The bytes of a segment's header and of a frame, and whether they are whole.

use crc32fast::Hasher;

/// Bytes of a segment's header. What it holds, and where, is the same in all formats.
pub const HEADER: usize = 36;
/// Where its checksum stands.
const CRC: usize = HEADER - 4;
/// Bytes of a frame before its payload.
pub const HEAD: usize = 16;
/// The newest format this code reads; it writes this one.
pub const FORMAT: u16 = 1;

/// No log gets that far.
const MAX_NUMBER: u64 = 1 << 62;

const MAGIC: [u8; 8] = *b"goxellog";

/// The beginning of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the rules that payloads follow.
    pub rules: u16,
    /// Where the CRC of each frame begins.
    pub salt: u32,
    /// The number of the first frame, from 1.
    pub first: u64,
    /// The last frame of the log before this segment; less than `first`.
    pub after: u64,
}

/// Why some bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It was never written, or not whole.
    Blank,
    /// It is not what was written.
    Broken,
    /// It is whole, and of a format this code does not know.
    Newer(u16),
}

impl Header {
    /// As bytes.
    pub fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.rules.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.salt.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.after.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..CRC]);
        bytes[CRC..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The header of a segment's content.
    pub fn parse(bytes: &[u8]) -> Result<Header, HeaderFault> {
        // A file that grew, but whose content never reached the disk, is read as zeros.
        if bytes.len() < HEADER || bytes.iter().all(|byte| *byte == 0) {
            return Err(HeaderFault::Blank);
        }
        if bytes[..8] != MAGIC || u32_at(bytes, CRC) != crc32fast::hash(&bytes[..CRC]) {
            return Err(HeaderFault::Broken);
        }
        let format = u16_at(bytes, 8);
        if format > FORMAT {
            return Err(HeaderFault::Newer(format));
        }
        let header = Header {
            rules: u16_at(bytes, 10),
            salt: u32_at(bytes, 12),
            first: u64_at(bytes, 16),
            after: u64_at(bytes, 24),
        };
        let sound = format == FORMAT && header.after < header.first && header.first < MAX_NUMBER;
        if sound { Ok(header) } else { Err(HeaderFault::Broken) }
    }
}

/// Makes and knows the frames of one segment.
#[derive(Clone)]
pub struct Seal {
    salted: Hasher,
}

impl Seal {
    /// Of the segment with that salt.
    pub fn new(salt: u32) -> Seal {
        Seal { salted: Hasher::new_with_initial(salt) }
    }

    /// What stands before `payload` (at most [`MAX_PAYLOAD`](crate::MAX_PAYLOAD) bytes) in its frame.
    pub fn head(&self, sequence: u64, payload: &[u8]) -> [u8; HEAD] {
        // No longer than `MAX_PAYLOAD`.
        let length = payload.len() as u32;
        let crc = self.crc(length, sequence, payload);
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[4..8].copy_from_slice(&crc.to_le_bytes());
        head[8..].copy_from_slice(&sequence.to_le_bytes());
        head
    }

    /// Where the frame ends that begins at `at`, if it is whole and has that number.
    pub fn whole(&self, bytes: &[u8], at: usize, sequence: u64) -> Option<usize> {
        let head = Head::at(bytes, at)?;
        let body = at + HEAD;
        let payload = bytes[body..].get(..head.length as usize)?;
        let is_it =
            head.sequence == sequence && head.crc == self.crc(head.length, head.sequence, payload);
        is_it.then_some(body + payload.len())
    }

    fn crc(&self, length: u32, sequence: u64, payload: &[u8]) -> u32 {
        let mut rest = [0; 12];
        rest[..4].copy_from_slice(&length.to_le_bytes());
        rest[4..].copy_from_slice(&sequence.to_le_bytes());
        let mut hasher = self.salted.clone();
        hasher.update(&rest);
        hasher.update(payload);
        hasher.finalize()
    }
}

/// What stands before a payload, true or not.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub length: u32,
    pub crc: u32,
    pub sequence: u64,
}

impl Head {
    /// The head at that place, if so many bytes are there.
    pub fn at(bytes: &[u8], at: usize) -> Option<Head> {
        let head = bytes.get(at..)?.get(..HEAD)?;
        let (length, crc, sequence) = (u32_at(head, 0), u32_at(head, 4), u64_at(head, 8));
        Some(Head { length, crc, sequence })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
