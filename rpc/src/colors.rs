//! Colours in every spelling of the wire (the legacy rules differ per spelling).

use crate::error::Problem;
use crate::params::{Params, wrong};
use crate::values::floor;
use goxel_engine::volume::Voxel;
use serde_json::{Map, Number, Value};

/// Opaque black: what missing channels make.
pub(crate) const BLACK: Voxel = Voxel::rgb(0, 0, 0);

const WHOLE: &[&str] = &["color", "rgba", "colour"];
const CHANNELS: [&str; 4] = ["r", "g", "b", "a"];

/// A colour as one value, as `r`, `g`, `b`, `a`, or positional; `None` when absent.
pub(crate) fn color(params: &Params<'_>) -> Result<Option<Voxel>, Problem> {
    let whole = params.any(WHOLE);
    let channels = CHANNELS.map(|name| params.get(name));
    if let Some((name, value)) = whole {
        return color_of(name, value).map(Some);
    }
    match channels {
        [None, None, None, None] => Ok(None),
        [Some(Value::String(hex)), ..] => {
            let invalid = || Problem::param("r", "Invalid hex color in array");
            from_hex(hex).map(Some).ok_or_else(invalid)
        }
        [Some(value @ (Value::Array(_) | Value::Object(_))), ..] => color_of("r", value).map(Some),
        channels => from_flat(channels).map(Some),
    }
}

/// A colour as one value: an array, a hex string or an object.
pub(crate) fn color_of(name: &str, value: &Value) -> Result<Voxel, Problem> {
    match value {
        Value::Array(list) => from_list(name, list),
        Value::String(hex) => {
            from_hex(hex).ok_or_else(|| Problem::param(name, "Invalid hex color format"))
        }
        Value::Object(map) => from_map(name, map),
        _ => Err(wrong(name, "an array, a hex string or an object")),
    }
}

/// `#RRGGBB` or `#RRGGBBAA`.
fn from_hex(text: &str) -> Option<Voxel> {
    let digits = text.strip_prefix('#')?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        6 => Some(Voxel((number << 8 | 0xff).to_be_bytes())),
        8 => Some(Voxel(number.to_be_bytes())),
        _ => None,
    }
}

/// Whole numbers are clamped, fractions scaled. Legacy: fewer than three are white.
fn from_list(name: &str, list: &[Value]) -> Result<Voxel, Problem> {
    let mut voxel = Voxel::WHITE;
    for (slot, value) in voxel.0.iter_mut().zip(list) {
        *slot = match number_of(name, value)? {
            Channel::Whole(whole) => clamp(whole),
            Channel::Fraction(fraction) => scale(fraction),
        };
    }
    Ok(if list.len() < 3 { Voxel::WHITE } else { voxel })
}

/// Legacy: whole numbers wrap, fractions are scaled.
fn from_map(name: &str, map: &Map<String, Value>) -> Result<Voxel, Problem> {
    let mut voxel = Voxel::WHITE;
    for (index, (slot, channel)) in voxel.0.iter_mut().zip(CHANNELS).enumerate() {
        let Some(value) = map.get(channel) else {
            if index == 3 {
                break;
            }
            return Err(Problem::param(name, "Color object missing r, g, b fields"));
        };
        *slot = match number_of(&format!("{name}.{channel}"), value)? {
            Channel::Whole(whole) => whole.rem_euclid(256) as u8,
            Channel::Fraction(fraction) => scale(fraction),
        };
    }
    Ok(voxel)
}

/// Whole numbers are clamped, fractions up to 1 scaled, others clamped.
fn from_flat(channels: [Option<&Value>; 4]) -> Result<Voxel, Problem> {
    let mut voxel = BLACK;
    for ((slot, value), name) in voxel.0.iter_mut().zip(channels).zip(CHANNELS) {
        let Some(value) = value else {
            continue;
        };
        *slot = match number_of(name, value)? {
            Channel::Whole(whole) => clamp(whole),
            Channel::Fraction(fraction) if (0.0..=1.0).contains(&fraction) => scale(fraction),
            Channel::Fraction(fraction) => fraction as u8,
        };
    }
    Ok(voxel)
}

enum Channel {
    Whole(i64),
    Fraction(f64),
}

fn number_of(name: &str, value: &Value) -> Result<Channel, Problem> {
    match value {
        Value::Number(number) => Ok(channel(number)),
        _ => Err(wrong(name, "made of numbers")),
    }
}

fn channel(number: &Number) -> Channel {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(fraction) => Channel::Fraction(fraction),
        None => Channel::Whole(floor(number).unwrap_or(i64::MAX)),
    }
}

fn clamp(whole: i64) -> u8 {
    whole.clamp(0, 255) as u8
}

/// `as` saturates, so everything beyond 0 to 1 is clamped.
fn scale(fraction: f64) -> u8 {
    (fraction * 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ORDER: &[&str] = &["x", "y", "z", "r", "g", "b", "a"];

    #[track_caller]
    fn check(params: &Value, expected: &Value) {
        let found = match color(&Params::of_call(params, ORDER, "")) {
            Ok(None) => Value::Null,
            Ok(Some(voxel)) => json!(voxel.0),
            Err(Problem::Param { message, .. }) => json!(message),
            Err(other) => panic!("{params}: {other:?}"),
        };
        assert_eq!(&found, expected, "{params}");
    }

    #[test]
    fn an_array_is_clamped_or_scaled() {
        check(&json!({ "color": [255, 0, 0] }), &json!([255, 0, 0, 255]));
        check(&json!({ "color": [-5, 300, 7, 8] }), &json!([0, 255, 7, 8]));
        check(&json!({ "color": [1.0, 0.5, 0.0, 0.25] }), &json!([255, 127, 0, 63]));
        check(&json!({ "rgba": [1, 2, 3, 4] }), &json!([1, 2, 3, 4]));
        check(&json!({ "color": [1, 2] }), &json!([255, 255, 255, 255]));
    }

    #[test]
    fn a_hex_string_has_six_or_eight_digits() {
        check(&json!({ "color": "#FF8000" }), &json!([255, 128, 0, 255]));
        check(&json!({ "color": "#ff800080" }), &json!([255, 128, 0, 128]));
        for broken in ["#FFF", "FF8000", "#FF80000", "#GG0000", "#+F0000", "#é0000", ""] {
            check(&json!({ "color": broken }), &json!("Invalid hex color format"));
        }
    }

    #[test]
    fn an_object_needs_its_three_colours_and_wraps() {
        check(&json!({ "color": { "r": 1, "g": 2, "b": 3 } }), &json!([1, 2, 3, 255]));
        check(
            &json!({ "color": { "r": 257, "g": -1, "b": 1.0, "a": 4 } }),
            &json!([1, 255, 255, 4]),
        );
        check(&json!({ "color": { "r": 1 } }), &json!("Color object missing r, g, b fields"));
    }

    #[test]
    fn flat_channels_default_to_black_and_opaque() {
        check(&json!({ "r": 9, "a": 7 }), &json!([9, 0, 0, 7]));
        check(&json!({ "g": 300, "b": -1 }), &json!([0, 255, 0, 255]));
        check(&json!({ "r": 0.5, "g": 128.9, "b": -3.5 }), &json!([127, 128, 0, 255]));
        check(&json!({ "x": 9 }), &json!(null));
    }

    #[test]
    fn positional_channels_follow_the_place() {
        check(&json!([0, 0, 0, 1, 2, 3, 4]), &json!([1, 2, 3, 4]));
        check(&json!([0, 0, 0, "#01020304"]), &json!([1, 2, 3, 4]));
        check(&json!([0, 0, 0, "red"]), &json!("Invalid hex color in array"));
        check(&json!([0, 0, 0, [1, 2, 3]]), &json!([1, 2, 3, 255]));
        check(&json!([0, 0, 0]), &json!(null));
    }

    #[test]
    fn what_is_no_colour_is_refused_by_name() {
        check(
            &json!({ "color": 7 }),
            &json!("Parameter 'color' must be an array, a hex string or an object"),
        );
        check(
            &json!({ "color": ["a", 1, 2] }),
            &json!("Parameter 'color' must be made of numbers"),
        );
        check(&json!({ "r": true }), &json!("Parameter 'r' must be made of numbers"));
    }
}
