//! Reading many voxels at once, and what colours there are.

use crate::colors::color_of;
use crate::error::Problem;
use crate::host::Host;
use crate::job::Effect;
use crate::layers;
use crate::params::{Params, wrong};
use crate::projects::View;
use crate::values::{bounds, flag, integer, triple};
use goxel_engine::composite::voxels_of;
use goxel_engine::parallel::Threads;
use goxel_engine::query::{self, ColorOrder, Filter, Found, Page};
use goxel_engine::scene::{LayerId, Scene};
use goxel_engine::volume::{BlendMode, Bounds, Coord, Like, Volume, Voxel};
use serde_json::{Value, json};

type Read = Result<(Value, Effect), Problem>;

const NO_COLOR: &str = "Color parameter must be an array of [r,g,b] or [r,g,b,a]";

/// The most voxels that one reply lists: some 128 MiB while it is made.
const ROWS_MAX: usize = 1 << 18;

/// `goxel.get_voxels_region`
pub(crate) fn region(view: &View, _: &dyn Host, params: &Params<'_>) -> Read {
    let (low, high) = (corner(params, "min")?, corner(params, "max")?);
    let within = Bounds::new(low, high);
    let asked = Asked::of(view, params)?;
    let filter = Filter { within, color: color_filter(params)? };
    let page = page(params)?;
    // Corners the wrong way round hold nothing.
    let found = match within {
        Some(_) => query::voxels(&asked.volume, &filter, page),
        None => Found::default(),
    };
    Ok((listed(&found), Effect::None))
}

/// `goxel.get_layer_voxels`
pub(crate) fn layer_voxels(view: &View, _: &dyn Host, params: &Params<'_>) -> Read {
    let asked = Asked::of(view, params)?;
    let filter = Filter { within: None, color: color_filter(params)? };
    Ok((listed(&query::voxels(&asked.volume, &filter, page(params)?)), Effect::None))
}

/// `goxel.get_color_histogram`
pub(crate) fn histogram(view: &View, _: &dyn Host, params: &Params<'_>) -> Read {
    let asked = Asked::of(view, params)?;
    let bin = channel(params, "bin_size")?.unwrap_or(0);
    let order = match flag(params, "sort_by_count")?.unwrap_or(true) {
        true => ColorOrder::Count,
        false => ColorOrder::Color,
    };
    let mut colors = query::colors(&asked.volume, within(params)?, bin, order, Threads(1));
    let total: u64 = colors.iter().map(|(_, count)| count).sum();
    colors.truncate(positive(params, "top_n")?.unwrap_or(usize::MAX));
    // Legacy: shares are of the colours that are kept.
    let kept: u64 = colors.iter().map(|(_, count)| count).sum();
    let row = |(color, count): &(Voxel, u64)| {
        let share = 100.0 * *count as f64 / kept as f64;
        json!({ "color": hex(*color), "rgba": color.0, "count": count, "percentage": share })
    };
    let result = json!({
        "histogram": colors.iter().map(row).collect::<Vec<_>>(),
        "total_voxels": total,
        "unique_colors": colors.len(),
        "metadata": { "binned": bin > 1, "bin_size": bin },
    });
    Ok((result, Effect::None))
}

/// `goxel.get_unique_colors`
pub(crate) fn unique_colors(view: &View, _: &dyn Host, params: &Params<'_>) -> Read {
    let asked = Asked::of(view, params)?;
    let by_count = flag(params, "sort_by_count")?.unwrap_or(false);
    let order = if by_count { ColorOrder::Count } else { ColorOrder::Color };
    let threshold = channel(params, "merge_threshold")?.unwrap_or(10);
    let bin = if flag(params, "merge_similar")?.unwrap_or(false) { threshold } else { 0 };
    let colors = query::colors(&asked.volume, within(params)?, bin, order, Threads(1));
    let row = |(color, _): &(Voxel, u64)| json!({ "hex": hex(*color), "rgba": color.0 });
    let result = json!({
        "colors": colors.iter().map(row).collect::<Vec<_>>(),
        "count": colors.len(),
        "metadata": { "layer_id": asked.echo, "sorted_by_count": by_count },
    });
    Ok((result, Effect::None))
}

/// `goxel.find_voxels_by_color`
pub(crate) fn by_color(view: &View, _: &dyn Host, params: &Params<'_>) -> Read {
    let color = params.get("color").ok_or_else(|| Problem::param("color", NO_COLOR))?;
    let like = Like { color: exact_color("color", color)?, tolerance: tolerance(params)? };
    let asked = Asked::of(view, params)?;
    let filter = Filter { within: within(params)?, color: Some(like) };
    let limit = limit(params, "max_results", 1000)?;
    let found = query::voxels(&asked.volume, &filter, Page { offset: 0, limit });
    let mut result = json!({
        "target_color": hex(like.color),
        "match_count": found.voxels.len(),
        "truncated": found.truncated,
    });
    if flag(params, "include_locations")?.unwrap_or(true) {
        let row = |(at, _): &(Coord, Voxel)| asked.location(*at);
        result["locations"] = found.voxels.iter().map(row).collect();
    }
    result["metadata"] = json!({ "tolerance": like.tolerance });
    Ok((result, Effect::None))
}

/// The voxels that a read is about.
struct Asked {
    volume: Volume,
    /// The layer as it was asked for; -1 for the active one.
    echo: i64,
    /// The name of a layer that was asked for by id or name.
    name: Option<String>,
}

impl Asked {
    fn of(view: &View, params: &Params<'_>) -> Result<Self, Problem> {
        let scene = view.snapshot.scene();
        if layers::means_all(params) {
            return Ok(Self { volume: all_layers(scene), echo: -2, name: None });
        }
        let choice = layers::choice(params, scene)?;
        let layer = scene.layer(choice.id_in(scene));
        Ok(Self {
            volume: layer.map(|layer| voxels_of(scene, layer)).unwrap_or_default(),
            echo: choice.id.map_or(-1, |LayerId(id)| i64::from(id)),
            name: layer.filter(|_| choice.id.is_some()).map(|layer| layer.name.clone()),
        })
    }

    fn location(&self, at: Coord) -> Value {
        let mut row = json!({ "x": at.x, "y": at.y, "z": at.z });
        if let Some(name) = &self.name {
            row["layer"] = json!(name);
        }
        row["layer_id"] = json!(self.echo);
        row
    }
}

/// All layers, hidden ones too, the upper over the lower.
fn all_layers(scene: &Scene) -> Volume {
    let volumes = scene.layers.iter().map(|layer| voxels_of(scene, layer));
    volumes.reduce(|a, b| Volume::merged(&a, &b, BlendMode::Over)).unwrap_or_default()
}

fn listed(found: &Found) -> Value {
    let row =
        |(at, voxel): &(Coord, Voxel)| json!({ "x": at.x, "y": at.y, "z": at.z, "color": voxel.0 });
    let mut result = json!({
        "voxels": found.voxels.iter().map(row).collect::<Vec<_>>(),
        "count": found.voxels.len(),
        "truncated": found.truncated,
    });
    if let Some(Bounds { min, max }) = found.bounds() {
        result["bbox"] = json!({ "min": min.to_array(), "max": max.to_array() });
    }
    result
}

fn corner(params: &Params<'_>, name: &'static str) -> Result<Coord, Problem> {
    match params.get(name) {
        Some(value @ Value::Array(list)) if list.len() == 3 => {
            let numbers = list.iter().all(Value::is_number);
            let mixed = || Problem::param(name, "Min/max arrays must contain integers");
            if numbers { triple(name, value).map(Coord::from) } else { Err(mixed()) }
        }
        _ => Err(wrong(name, "an array of 3 integers")),
    }
}

fn within(params: &Params<'_>) -> Result<Option<Bounds>, Problem> {
    params.get("region").map(|value| bounds("region", value)).transpose()
}

fn page(params: &Params<'_>) -> Result<Page, Problem> {
    let offset = positive(params, "offset")?.unwrap_or(0);
    Ok(Page { offset, limit: limit(params, "limit", 10_000)? })
}

/// How many to give at most: `usual` when absent, as many as one reply takes
/// when 0 or less.
fn limit(params: &Params<'_>, name: &'static str, usual: usize) -> Result<Option<usize>, Problem> {
    let wanted = match integer(params, name)? {
        None => usual,
        Some(n) => usize::try_from(n).ok().filter(|n| *n > 0).unwrap_or(usize::MAX),
    };
    Ok(Some(wanted.min(ROWS_MAX)))
}

/// A number above 0; anything below counts as absent.
fn positive(params: &Params<'_>, name: &'static str) -> Result<Option<usize>, Problem> {
    Ok(integer(params, name)?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0))
}

/// A number from 0 to 255; what lies beyond is cut.
fn channel(params: &Params<'_>, name: &'static str) -> Result<Option<u8>, Problem> {
    Ok(integer(params, name)?.map(|n| n.clamp(0, 255) as u8))
}

/// Legacy: alpha 0 turns the filter off, 255 (also when left out) ignores alpha.
fn color_filter(params: &Params<'_>) -> Result<Option<Like>, Problem> {
    let Some(value) = params.get("color_filter") else {
        return Ok(None);
    };
    let color = exact_color("color_filter", value)?;
    let alpha = if color.alpha() == 255 { 255 } else { 0 };
    Ok(Some(Like { color, tolerance: [0, 0, 0, alpha] }).filter(|_| !color.is_empty()))
}

/// A colour that is said in full: a shorter array is no colour here.
fn exact_color(name: &'static str, value: &Value) -> Result<Voxel, Problem> {
    let short = value.as_array().is_some_and(|list| !(3..=4).contains(&list.len()));
    if short || value.is_number() {
        return Err(Problem::param(name, NO_COLOR));
    }
    color_of(name, value)
}

/// One number for all channels, or one for each; alpha is 0 when left out.
fn tolerance(params: &Params<'_>) -> Result<[u8; 4], Problem> {
    let cut = |value: &Value| value.as_f64().map(|n| n.clamp(0.0, 255.0) as u8);
    let numbers = match params.get("tolerance") {
        None => Some(vec![0; 4]),
        Some(Value::Array(list)) if (3..=4).contains(&list.len()) => list.iter().map(cut).collect(),
        Some(value) => cut(value).map(|n| vec![n; 4]),
    };
    match numbers.as_deref() {
        Some([r, g, b]) => Ok([*r, *g, *b, 0]),
        Some([r, g, b, a]) => Ok([*r, *g, *b, *a]),
        _ => Err(wrong("tolerance", "a number or an array of 3 or 4 numbers")),
    }
}

fn hex(color: Voxel) -> String {
    let [r, g, b, a] = color.0;
    format!("#{r:02X}{g:02X}{b:02X}{a:02X}")
}
