//! Whole files with a checksum behind them, for what has none of its own.

use std::io;

use crate::storage::{Storage, write_whole};

/// Writes `name` whole or not at all, as [`write_whole`], with a line behind it that has its checksum.
pub fn write_sealed(storage: &dyn Storage, name: &str, bytes: &[u8]) -> io::Result<()> {
    write_whole(storage, name, &[bytes, seal(bytes).as_bytes()])
}

/// What [`write_sealed`] wrote, as it is in the file: `Ok` if it is that, otherwise all there is, whoever wrote it.
pub fn unseal(file: &[u8]) -> Result<&[u8], &[u8]> {
    let bytes = &file[..file.len().saturating_sub(SEAL)];
    if file[bytes.len()..] == *seal(bytes).as_bytes() { Ok(bytes) } else { Err(file) }
}

/// The length of the line.
const SEAL: usize = 16;

fn seal(bytes: &[u8]) -> String {
    format!("\ncrc32 {:08x}\n", crc32fast::hash(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn a_sealed_file_is_what_was_written_or_not_taken_for_it() {
        let memory = Memory::new();
        for bytes in [&b""[..], b"{}", &[0; 100]] {
            write_sealed(&memory, "file", bytes).unwrap();
            let file = memory.files()["file"].clone();
            assert_eq!(unseal(&file), Ok(bytes));
            for len in 0..file.len() {
                assert_eq!(unseal(&file[..len]), Err(&file[..len]));
            }
            for bit in 0..file.len() * 8 {
                let mut flipped = file.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(unseal(&flipped), Err(&flipped[..]), "bit {bit}");
            }
        }
    }
}
