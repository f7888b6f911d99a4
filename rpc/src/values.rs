//! Values in every spelling that is accepted: numbers, places, boxes, flags.

use crate::error::Problem;
use crate::params::{Params, wrong};
use goxel_engine::ops::Shape;
use goxel_engine::volume::{Bounds, Coord};
use serde_json::{Map, Number, Value, json};

/// The names of a file's path.
pub(crate) const PATH: &[&str] = &["path", "file_path", "filename", "output_path"];
/// The names of a place that is one value.
pub(crate) const POSITION: &[&str] = &["position", "pos"];

const XYZ: [&str; 3] = ["x", "y", "z"];

/// A whole number; a fraction is floored. `None` when absent.
pub(crate) fn integer(params: &Params<'_>, name: &'static str) -> Result<Option<i32>, Problem> {
    params.get(name).map(|value| integer_of(name, value)).transpose()
}

/// A number's floor, if it fits.
pub(crate) fn integer_of(name: &str, value: &Value) -> Result<i32, Problem> {
    let Value::Number(number) = value else {
        return Err(wrong(name, "an integer"));
    };
    floor(number).and_then(|whole| i32::try_from(whole).ok()).ok_or_else(|| {
        Problem::param(name, format!("Parameter '{name}' is out of range: must fit 32 bits"))
    })
}

/// A whole number in a range, or `default` when absent.
pub(crate) fn integer_in(
    params: &Params<'_>,
    name: &'static str,
    range: std::ops::RangeInclusive<i32>,
    default: i32,
) -> Result<i32, Problem> {
    let value = integer(params, name)?.unwrap_or(default);
    if range.contains(&value) {
        return Ok(value);
    }
    Err(wrong(name, &format!("between {} and {}", range.start(), range.end())))
}

/// Any number as it is. `None` when absent.
pub(crate) fn float(params: &Params<'_>, name: &'static str) -> Result<Option<f64>, Problem> {
    params.get(name).map(|value| float_of(name, value)).transpose()
}

/// A finite number.
pub(crate) fn float_of(name: &str, value: &Value) -> Result<f64, Problem> {
    value.as_f64().filter(|number| number.is_finite()).ok_or_else(|| wrong(name, "a number"))
}

/// True or false, also as a number. `None` when absent.
pub(crate) fn flag(params: &Params<'_>, name: &'static str) -> Result<Option<bool>, Problem> {
    match params.get(name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(Value::Number(number)) => Ok(Some(number.as_f64() != Some(0.0))),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

/// A place as `x`, `y`, `z`, or as one value of any of these names. `None` when absent.
pub(crate) fn position(
    params: &Params<'_>,
    names: &[&'static str],
) -> Result<Option<Coord>, Problem> {
    let whole = params.any(names);
    if params.has_any(&XYZ) {
        let [x, y, z] = XYZ.map(|name| integer(params, name));
        // Legacy: a missing coordinate is 0.
        let [x, y, z] = [x?, y?, z?].map(Option::unwrap_or_default);
        return Ok(Some(Coord { x, y, z }));
    }
    whole.map(|(name, value)| triple(name, value).map(Coord::from)).transpose()
}

/// A place that is the origin when absent.
pub(crate) fn position_or_origin(
    params: &Params<'_>,
    names: &[&'static str],
) -> Result<Coord, Problem> {
    Ok(position(params, names)?.unwrap_or_default())
}

/// Three whole numbers as `[x, y, z]` or `{x, y, z}`.
pub(crate) fn triple(name: &str, value: &Value) -> Result<[i32; 3], Problem> {
    let [x, y, z] = three(name, value)?.map(|value| match value {
        Some(value) => integer_of(name, value),
        None => Ok(0),
    });
    Ok([x?, y?, z?])
}

/// Three numbers as `[x, y, z]` or `{x, y, z}`.
pub(crate) fn triple_of_floats(name: &str, value: &Value) -> Result<[f64; 3], Problem> {
    let [x, y, z] = three(name, value)?.map(|value| match value {
        Some(value) => float_of(name, value),
        None => Ok(0.0),
    });
    Ok([x?, y?, z?])
}

fn three<'a>(name: &str, value: &'a Value) -> Result<[Option<&'a Value>; 3], Problem> {
    let known = |map: &Map<String, Value>| XYZ.iter().any(|name| map.contains_key(*name));
    match value {
        Value::Array(list) if list.len() == 3 => Ok([0, 1, 2].map(|index| list.get(index))),
        Value::Object(map) if known(map) => Ok(XYZ.map(|name| map.get(name))),
        _ => Err(wrong(name, "[x, y, z] or {x, y, z}")),
    }
}

/// A box `{min, max}`, corners in any order and both included.
pub(crate) fn bounds(name: &str, value: &Value) -> Result<Bounds, Problem> {
    let corner = |end: &str| match value.get(end) {
        Some(corner) => triple(&format!("{name}.{end}"), corner).map(Coord::from),
        None => Err(wrong(name, "{min: [x, y, z], max: [x, y, z]}")),
    };
    Ok(Bounds::around(corner("min")?, corner("max")?))
}

/// The box of `size` voxels per axis around `center`: cells `center + d` with
/// `-floor(size / 2) <= d < size - floor(size / 2)`.
pub(crate) fn around(center: Coord, size: [i32; 3]) -> Result<Bounds, Problem> {
    let out_of_space = || Problem::param("size", "The shape reaches beyond 32-bit coordinates");
    let step = size.map(|size| -(size / 2));
    let min = center.offset(step).ok_or_else(out_of_space)?;
    let max = min.offset(size.map(|size| size - 1)).ok_or_else(out_of_space)?;
    Bounds::new(min, max).ok_or_else(out_of_space)
}

/// A shape of a brush and the edge of its box.
pub(crate) struct Brush {
    pub shape: Shape,
    pub size: i32,
}

/// `brush: {shape, size}`. `None` when absent.
pub(crate) fn brush(params: &Params<'_>) -> Result<Option<Brush>, Problem> {
    let Some(brush) = params.object("brush")? else {
        return Ok(None);
    };
    let name = brush.text(&["shape", "type"])?.unwrap_or("cube").to_ascii_lowercase();
    let Some(shape) = Shape::from_name(&name) else {
        return Err(wrong("brush.shape", &format!("one of {}", shape_names().join(", ")))
            .with("valid_shapes", json!(shape_names())));
    };
    let size = integer(&brush, "size")?.unwrap_or(1);
    if size < 1 {
        return Err(wrong("brush.size", "at least 1"));
    }
    Ok(Some(Brush { shape, size }))
}

/// The names of all shapes.
pub(crate) fn shape_names() -> [&'static str; 7] {
    use Shape::{Cone, Cube, Cylinder, Prism, Pyramid, Sphere, Torus};
    [Cube, Sphere, Cylinder, Cone, Pyramid, Torus, Prism(3)].map(Shape::name)
}

/// The greatest whole number not above it, if it fits 64 bits.
pub(crate) fn floor(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let fraction = number.as_f64().filter(|_| !number.is_u64())?.floor();
    // Beyond 2^53 nothing fits the 32 bits that callers want.
    (fraction.abs() <= 9e15).then_some(fraction as i64)
}
