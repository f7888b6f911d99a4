//! Reading many voxels and their colours: shapes of replies, filters, pages, refusals.

mod common;

use common::{check, error};
use serde_json::{Value, json};

const NO_CORNER: &str = "Parameter 'min' must be an array of 3 integers";
const NO_COLOR: &str = "Color parameter must be an array of [r,g,b] or [r,g,b,a]";

/// Three red voxels along x and a blue one above, on layer 1; a green one on layer 2.
fn scene() -> Vec<(&'static str, Value, Value)> {
    let voxels = json!([
        [0, 0, 0, 255, 0, 0],
        [1, 0, 0, 255, 0, 0],
        [2, 0, 0, 255, 0, 0, 128],
        [0, 0, 1, 0, 0, 255]
    ]);
    vec![
        ("add_voxels", json!({ "voxels": voxels }), json!({ "added": 4 })),
        ("new_layer", json!(["two"]), json!({ "id": 2 })),
        ("add_voxel", json!([9, 9, 9, 0, 255, 0]), json!({ "success": true })),
    ]
}

#[track_caller]
fn check_in_scene(rows: &[(&'static str, Value, Value)]) {
    let all: Vec<_> = scene().into_iter().chain(rows.iter().cloned()).collect();
    check(&all);
}

fn voxel(x: i32, z: i32, color: [u8; 4]) -> Value {
    json!({ "x": x, "y": 0, "z": z, "color": color })
}

#[test]
fn a_region_is_read_in_pages_and_by_colour() {
    let (red, faint, blue) = ([255, 0, 0, 255], [255, 0, 0, 128], [0, 0, 255, 255]);
    let all = json!({ "min": [-5, -5, -5], "max": [5, 5, 5], "layer_id": 1 });
    let with = |name: &str, value: Value| {
        let mut params = all.clone();
        params[name] = value;
        params
    };
    check_in_scene(&[
        (
            "get_voxels_region",
            all.clone(),
            json!({
                "voxels": [voxel(0, 0, red), voxel(1, 0, red), voxel(2, 0, faint), voxel(0, 1, blue)],
                "count": 4,
                "truncated": false,
                "bbox": { "min": [0, 0, 0], "max": [2, 0, 1] },
            }),
        ),
        (
            "get_voxels_region",
            json!([[1, 0, 0], [2, 0, 0], 1]),
            json!({ "voxels": [voxel(1, 0, red), voxel(2, 0, faint)], "count": 2 }),
        ),
        (
            "get_voxels_region",
            with("limit", json!(1)),
            json!({ "voxels": [voxel(0, 0, red)], "truncated": true }),
        ),
        (
            "get_voxels_region",
            with("offset", json!(3)),
            json!({ "voxels": [voxel(0, 1, blue)], "truncated": false }),
        ),
        ("get_voxels_region", with("color_filter", json!([255, 0, 0])), json!({ "count": 3 })),
        ("get_voxels_region", with("color_filter", json!([255, 0, 0, 128])), json!({ "count": 1 })),
        ("get_voxels_region", with("color_filter", json!([0, 0, 0, 0])), json!({ "count": 4 })),
        ("get_voxels_region", with("layer_id", json!(-1)), json!({ "voxels": [], "count": 0 })),
        ("get_voxels_region", json!([[1, 1, 1], [0, 0, 0], 1]), json!({ "count": 0 })),
        ("get_voxels_region", json!({ "max": [1, 1, 1] }), error(-32602, NO_CORNER)),
        ("get_voxels_region", json!([[1, 1], [0, 0, 0]]), error(-32602, NO_CORNER)),
        (
            "get_voxels_region",
            json!([["a", 1, 1], [0, 0, 0]]),
            error(-32602, "Min/max arrays must contain integers"),
        ),
        ("get_voxels_region", with("layer_id", json!(7)), error(-32603, "Bulk operation failed")),
    ]);
}

#[test]
fn a_layer_is_read_whole_and_all_layers_too() {
    check_in_scene(&[
        ("get_layer_voxels", json!({ "layer_id": 1 }), json!({ "count": 4 })),
        ("get_layer_voxels", json!({ "layer_id": "two" }), json!({ "count": 1 })),
        ("get_layer_voxels", json!({}), json!({ "count": 1 })),
        ("get_layer_voxels", json!({ "layer_id": -2, "limit": 0 }), json!({ "count": 5 })),
        ("get_layer_voxels", json!([9]), error(-32603, "Bulk operation failed")),
    ]);
}

#[test]
fn a_reply_lists_only_so_many_and_says_that_there_are_more() {
    let cube = json!({ "shape": "cube", "size": 80 });
    check(&[
        ("procedural_shape", cube, json!({ "voxels_created": 512_000 })),
        ("get_layer_voxels", json!({ "limit": 0 }), json!({ "count": 262_144, "truncated": true })),
        (
            "get_layer_voxels",
            json!({ "limit": 0, "offset": 262_144 }),
            json!({ "count": 249_856, "truncated": false }),
        ),
    ]);
}

#[test]
fn colours_are_counted() {
    let row = |hex: &str, rgba: [u8; 4], count: u32, percentage: f64| json!({ "color": hex, "rgba": rgba, "count": count, "percentage": percentage });
    check_in_scene(&[
        (
            "get_color_histogram",
            json!({ "layer_id": 1 }),
            json!({
                "histogram": [
                    row("#FF0000FF", [255, 0, 0, 255], 2, 50.0),
                    row("#0000FFFF", [0, 0, 255, 255], 1, 25.0),
                    row("#FF000080", [255, 0, 0, 128], 1, 25.0),
                ],
                "total_voxels": 4,
                "unique_colors": 3,
                "metadata": { "binned": false, "bin_size": 0 },
            }),
        ),
        (
            "get_color_histogram",
            json!({ "layer_id": 1, "top_n": 1 }),
            json!({
                "histogram": [row("#FF0000FF", [255, 0, 0, 255], 2, 100.0)],
                "total_voxels": 4,
                "unique_colors": 1,
            }),
        ),
        (
            "get_color_histogram",
            json!({ "layer_id": 1, "bin_size": 16, "region": { "min": [0, 0, 1], "max": [0, 0, 1] } }),
            json!({
                "histogram": [row("#0808F8FF", [8, 8, 248, 255], 1, 100.0)],
                "metadata": { "binned": true, "bin_size": 16 },
            }),
        ),
        ("get_color_histogram", json!([9]), error(-32603, "Color analysis failed")),
    ]);
}

#[test]
fn colours_are_listed_once_each() {
    check_in_scene(&[
        (
            "get_unique_colors",
            json!({ "layer_id": 1 }),
            json!({
                "colors": [
                    { "hex": "#0000FFFF", "rgba": [0, 0, 255, 255] },
                    { "hex": "#FF000080", "rgba": [255, 0, 0, 128] },
                    { "hex": "#FF0000FF", "rgba": [255, 0, 0, 255] },
                ],
                "count": 3,
                "metadata": { "layer_id": 1, "sorted_by_count": false },
            }),
        ),
        (
            "get_unique_colors",
            json!({ "layer_id": 1, "sort_by_count": true }),
            json!({ "metadata": { "layer_id": 1, "sorted_by_count": true } }),
        ),
        (
            "get_unique_colors",
            json!({ "layer_id": -2, "merge_similar": true }),
            json!({ "count": 4 }),
        ),
    ]);
}

#[test]
fn voxels_are_found_by_colour() {
    let at = |x: i32, layer: &str| json!({ "x": x, "y": 0, "z": 0, "layer": layer, "layer_id": 1 });
    check_in_scene(&[
        (
            "find_voxels_by_color",
            json!({ "color": [255, 0, 0], "layer_id": 1 }),
            json!({
                "target_color": "#FF0000FF",
                "match_count": 2,
                "truncated": false,
                "locations": [at(0, "Layer.1"), at(1, "Layer.1")],
                "metadata": { "tolerance": [0, 0, 0, 0] },
            }),
        ),
        (
            "find_voxels_by_color",
            json!({ "color": "#F00000", "tolerance": [15, 0, 0, 127], "layer_id": 1 }),
            json!({ "match_count": 3, "metadata": { "tolerance": [15, 0, 0, 127] } }),
        ),
        (
            "find_voxels_by_color",
            json!({ "color": [255, 0, 0], "layer_id": 1, "max_results": 1 }),
            json!({ "match_count": 1, "truncated": true }),
        ),
        (
            "find_voxels_by_color",
            json!({ "color": [0, 255, 0] }),
            json!({ "locations": [{ "x": 9, "y": 9, "z": 9, "layer_id": -1 }] }),
        ),
        ("find_voxels_by_color", json!({}), error(-32602, NO_COLOR)),
        ("find_voxels_by_color", json!({ "color": [1, 2] }), error(-32602, NO_COLOR)),
    ]);
}
