//! GIMP palettes: text, a colour a line.
//!
//! A line that starts with three integers is a colour, the rest of it its name; `Name:`
//! and `Columns:` are headers; anything else is passed over (spec/formats.md 8). Integers
//! beyond a byte are cut to it.

use super::{Palette, Swatch, add};
use crate::format::{Cause, FormatError};
use crate::scene::clip_name;
use crate::volume::Voxel;
use std::fmt::Write;

pub(super) const MAGIC: &[u8] = b"GIMP Palette";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn read(bytes: &[u8]) -> Result<Palette, FormatError> {
    let mut palette = Palette::default();
    let mut offset = 0;
    for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let text = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii();
        if let Some(swatch) = swatch(text) {
            add(&mut palette.colors, offset, swatch)?;
        } else if let Some(name) = text.strip_prefix(b"Name:") {
            palette.name = named(name);
        } else if let Some(mut columns) = text.strip_prefix(b"Columns:") {
            let columns = integer(&mut columns).unwrap_or(0);
            palette.columns = columns.clamp(0, i64::from(u32::MAX)) as u32;
        }
        offset += line.len() as u64 + 1;
    }
    if palette.colors.is_empty() && !bytes.starts_with(MAGIC) {
        return Err(FormatError::at(0, Cause::UnknownPalette));
    }
    Ok(palette)
}

fn swatch(mut line: &[u8]) -> Option<Swatch> {
    let mut channel = || integer(&mut line).map(|value| value.clamp(0, 255) as u8);
    let color = Voxel::rgb(channel()?, channel()?, channel()?);
    Some(Swatch { name: named(line), color })
}

/// Takes an integer and the blanks before it from the front of a line. One that no `i64`
/// holds becomes the nearest.
fn integer(line: &mut &[u8]) -> Option<i64> {
    let rest = line.trim_ascii_start();
    let (negative, digits) = match rest.split_first() {
        Some((b'-', digits)) => (true, digits),
        Some((b'+', digits)) => (false, digits),
        _ => (false, rest),
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at(length);
    if digits.is_empty() {
        return None;
    }
    *line = rest;
    let digit = |sum: i64, byte: &u8| sum.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
    let value = digits.iter().fold(0, digit);
    Some(if negative { -value } else { value })
}

fn named(text: &[u8]) -> String {
    clip_name(String::from_utf8_lossy(text).trim()).trim_end().to_owned()
}

pub(super) fn write(palette: &Palette) -> Vec<u8> {
    let mut out = format!("GIMP Palette\nName: {}\n", one_line(&palette.name));
    let mut line = |text: std::fmt::Arguments<'_>| {
        out.write_fmt(text).expect("a String takes all text");
    };
    line(format_args!("Columns: {}\n#\n", palette.columns));
    for Swatch { name, color: Voxel([r, g, b, _]) } in &palette.colors {
        match one_line(name).as_str() {
            "" => line(format_args!("{r:3} {g:3} {b:3}\n")),
            name => line(format_args!("{r:3} {g:3} {b:3}\t{name}\n")),
        }
    }
    out.into_bytes()
}

/// A name that does not end its line.
fn one_line(name: &str) -> String {
    name.replace(['\n', '\r'], " ").trim().to_owned()
}
