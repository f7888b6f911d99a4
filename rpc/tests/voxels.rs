//! Voxels, shapes and floods: positional, named, and refused.

mod common;

use common::{Rig, check, error, filled, refused};
use serde_json::{Value, json};

#[test]
fn a_voxel_is_added_read_and_removed() {
    check(&[
        (
            "add_voxel",
            json!([1, 2, 3, 255, 0, 0, 255]),
            json!({
                "success": true, "x": 1, "y": 2, "z": 3, "layer_id": 0, "color": [255, 0, 0, 255],
            }),
        ),
        (
            "get_voxel",
            json!([1, 2, 3]),
            json!({
                "x": 1, "y": 2, "z": 3, "exists": true, "color": [255, 0, 0, 255],
                "position": [1, 2, 3], "layer_id": 1,
            }),
        ),
        (
            "remove_voxel",
            json!([1, 2, 3]),
            json!({ "success": true, "x": 1, "y": 2, "z": 3, "layer_id": 0, "removed": 1 }),
        ),
        ("remove_voxel", json!([1, 2, 3]), json!({ "success": true, "removed": 0 })),
        ("get_voxel", json!([1, 2, 3]), json!({ "exists": false, "color": [0, 0, 0, 0] })),
    ]);
}

#[test]
fn places_are_read_in_every_spelling() {
    let at = |x: i32, y: i32, z: i32| json!({ "x": x, "y": y, "z": z });
    check(&[
        ("get_voxel", json!({ "x": 1, "y": 2, "z": 3 }), at(1, 2, 3)),
        ("get_voxel", json!([{ "position": [1, 2, 3] }]), at(1, 2, 3)),
        ("get_voxel", json!({ "position": { "x": 1, "y": -2 } }), at(1, -2, 0)),
        ("get_voxel", json!({ "pos": [1.9, -0.5, 3] }), at(1, -1, 3)),
        ("get_voxel", json!({ "x": 5, "position": [1, 2, 3] }), at(5, 0, 0)),
        ("get_voxel", json!([7]), at(7, 0, 0)),
        ("get_voxel", Value::Null, at(0, 0, 0)),
        ("get_voxel", json!([i32::MIN, i32::MAX, 0]), at(i32::MIN, i32::MAX, 0)),
        ("get_voxel", json!(["1", 2, 3]), error(-32602, "Parameter 'x' must be an integer")),
        ("get_voxel", json!({ "y": true }), error(-32602, "Parameter 'y' must be an integer")),
        (
            "get_voxel",
            json!([0, 0, 2_147_483_648u32]),
            error(-32602, "Parameter 'z' is out of range: must fit 32 bits"),
        ),
        (
            "get_voxel",
            json!([1e300]),
            error(-32602, "Parameter 'x' is out of range: must fit 32 bits"),
        ),
        (
            "get_voxel",
            json!({ "position": [1, 2] }),
            error(-32602, "Parameter 'position' must be [x, y, z] or {x, y, z}"),
        ),
    ]);
}

#[test]
fn colours_default_to_white_by_name_and_black_by_position() {
    check(&[
        ("add_voxel", json!({ "x": 1 }), json!({ "color": [255, 255, 255, 255] })),
        ("add_voxel", json!([1, 0, 0]), json!({ "color": [0, 0, 0, 255] })),
        ("add_voxel", json!({ "r": 1, "g": 2, "b": 3 }), json!({ "color": [1, 2, 3, 255] })),
        ("add_voxel", json!([0, 0, 0, "#01020304"]), json!({ "color": [1, 2, 3, 4] })),
        ("add_voxel", json!({ "color": "red" }), error(-32602, "Invalid hex color format")),
        ("add_voxel", json!([0, 0, 0, "red"]), error(-32602, "Invalid hex color in array")),
        (
            "add_voxel",
            json!({ "color": { "r": 1 } }),
            error(-32602, "Color object missing r, g, b fields"),
        ),
    ]);
}

#[test]
fn adding_alpha_0_erases() {
    check(&[
        ("add_voxel", json!([1, 2, 3]), json!({ "success": true })),
        ("add_voxel", json!([1, 2, 3, 9, 9, 9, 0]), json!({ "success": true })),
        filled(0),
    ]);
}

#[test]
fn a_brush_adds_and_removes_many() {
    check(&[
        ("add_voxel", json!({ "x": 0, "brush": { "size": 4 } }), json!({ "added": 64 })),
        ("remove_voxel", json!({ "x": 1, "brush": { "size": 2 } }), json!({ "removed": 8 })),
        filled(56),
        (
            "add_voxel",
            json!({ "brush": { "shape": "heart" } }),
            json!({ "error": { "code": -32602, "data": { "param": "brush.shape" } } }),
        ),
        (
            "add_voxel",
            json!({ "brush": { "size": 0 } }),
            error(-32602, "Parameter 'brush.size' must be at least 1"),
        ),
        (
            "add_voxel",
            json!({ "x": i32::MAX, "brush": { "size": 9 } }),
            error(-32602, "The shape reaches beyond 32-bit coordinates"),
        ),
        (
            "add_voxel",
            json!({ "brush": { "size": 100_000 } }),
            refused(-1004, "Failed to add voxel: error code -1", "limit_exceeded"),
        ),
    ]);
}

#[test]
fn a_list_of_voxels_is_added_but_for_its_bad_elements() {
    let list = json!([
        { "x": 1, "y": 0, "z": 0, "r": 9, "g": 9, "b": 9 },
        { "position": [2, 0, 0], "color": "#FF0000" },
        [3, 0, 0, 1, 2, 3, 4],
        7,
        { "color": [1, 2, 3] },
        { "x": "4" },
    ]);
    let expected = json!({
        "success": false,
        "added": 3,
        "failed": 3,
        "processed_count": 3,
        "failed_count": 3,
        "count": 3,
        "errors": [
            { "index": 3, "error": "not an object or an array" },
            { "index": 4, "error": "no position: give x, y, z" },
            { "index": 5, "error": "Parameter 'x' must be an integer" },
        ],
    });
    check(&[
        ("add_voxels", json!({ "voxels": list }), expected.clone()),
        ("goxel.add_voxels", json!([list]), expected),
        filled(3),
        ("get_voxel", json!([3, 0, 0]), json!({ "color": [1, 2, 3, 4] })),
        ("add_voxels", json!({ "voxels": [] }), json!({ "success": true, "added": 0 })),
        ("add_voxels", json!({}), error(-32602, "Missing voxels parameter")),
        (
            "add_voxels",
            json!({ "voxels": 1 }),
            error(-32602, "Invalid voxels parameter (must be array)"),
        ),
        (
            "add_voxels",
            json!({ "position": [0, 0, 9], "brush": { "shape": "cube", "size": 2 } }),
            json!({ "success": true, "added": 8 }),
        ),
    ]);
}

#[test]
fn voxels_are_removed_by_list_and_by_box() {
    let cube = ("procedural_shape", json!({ "size": 4 }), json!({ "voxels_created": 64 }));
    check(&[
        cube,
        (
            "remove_voxels",
            json!({ "voxels": [[0, 0, 0], [1, 1, 1], [9, 9, 9]] }),
            json!({
                "success": true, "removed": 2, "failed": 0,
            }),
        ),
        ("remove_voxels", json!([[[0, 0, 1]]]), json!({ "removed": 1 })),
        (
            "remove_voxels",
            json!({ "box": { "min": [-9, -9, -9], "max": [-1, 9, 9] } }),
            json!({
                "success": true, "removed": 32,
            }),
        ),
        filled(29),
        ("remove_voxels", json!([1, 1, 0]), json!({ "removed": 1 })),
        (
            "remove_voxels",
            json!({ "box": { "min": [1, 2, 3] } }),
            error(-32602, "Parameter 'box' must be {min: [x, y, z], max: [x, y, z]}"),
        ),
        (
            "remove_voxels",
            json!({ "voxels": {} }),
            error(-32602, "Parameter 'voxels' must be an array"),
        ),
    ]);
}

#[test]
fn paint_recolours_what_is_there() {
    const FAILED: &str = "Failed to paint voxel: error code -1";
    check(&[
        ("add_voxel", json!([1, 2, 3]), json!({})),
        ("paint_voxels", json!([1, 2, 3, 9, 8, 7]), json!({ "success": true, "painted": 1 })),
        ("get_voxel", json!([1, 2, 3]), json!({ "color": [9, 8, 7, 255] })),
        (
            "paint_voxels",
            json!({ "x": 1, "y": 2, "z": 3, "r": 1, "a": 0 }),
            json!({
                "painted": 1,
            }),
        ),
        ("get_voxel", json!([1, 2, 3]), json!({ "color": [1, 0, 0, 255] })),
        ("paint_voxels", json!([0, 0, 0, 1, 1, 1]), refused(-1009, FAILED, "empty_cell")),
        (
            "paint_voxels",
            json!([1, 2, 3, 1, 1, 1, 1, 9]),
            refused(-1009, FAILED, "layer_not_found"),
        ),
        (
            "paint_voxels",
            json!({ "voxels": [[1, 2, 3], [4, 4, 4]], "color": "#0000FF" }),
            json!({ "success": true, "painted": 1 }),
        ),
        ("get_voxel", json!([1, 2, 3]), json!({ "color": [0, 0, 255, 255] })),
        filled(1),
    ]);
}

#[test]
fn a_flood_recolours_the_connected_region() {
    check(&[
        ("add_voxels", json!([[[0, 0, 0], [1, 0, 0], [3, 0, 0]]]), json!({})),
        (
            "flood_fill",
            json!([0, 0, 0, 255, 0, 0, 255]),
            json!({
                "success": true, "voxels_filled": 2,
            }),
        ),
        ("get_voxel", json!([1, 0, 0]), json!({ "color": [255, 0, 0, 255] })),
        ("get_voxel", json!([3, 0, 0]), json!({ "color": [255, 255, 255, 255] })),
        ("flood_fill", json!([9, 9, 9]), json!({ "success": true, "voxels_filled": 0 })),
        (
            "fill_region",
            json!({ "seed_position": [0, 0, 0], "color": [0, 9, 0], "tolerance": 10 }),
            json!({ "voxels_filled": 2 }),
        ),
        (
            "flood_fill",
            json!({ "tolerance": 9, "compare": "neighbor", "connectivity": 26,
                    "region": { "min": [1, 0, 0], "max": [5, 5, 5] }, "position": [1, 0, 0] }),
            json!({ "voxels_filled": 1 }),
        ),
        (
            "flood_fill",
            json!({ "connectivity": 8 }),
            error(-32602, "Parameter 'connectivity' must be 6, 18 or 26"),
        ),
        (
            "flood_fill",
            json!({ "tolerance": 256 }),
            error(-32602, "Parameter 'tolerance' must be between 0 and 255"),
        ),
        (
            "flood_fill",
            json!({ "layer_id": 9 }),
            refused(-1010, "Failed to perform flood fill", "layer_not_found"),
        ),
    ]);
}

#[test]
fn a_cube_has_the_cells_of_the_legacy_one() {
    let bounds = |min: [i32; 3], max: [i32; 3]| {
        ("get_bounding_box", json!({}), json!({ "empty": false, "min": min, "max": max }))
    };
    check(&[
        (
            "procedural_shape",
            json!([]),
            json!({
                "success": true, "shape_type": "cube", "voxels_created": 1000,
            }),
        ),
        bounds([-5; 3], [4; 3]),
        ("undo", json!([]), json!({ "success": true, "undo_steps": 0, "redo_steps": 1 })),
        (
            "procedural_shape",
            json!(["cube", 2, 4, 6, 10, 20, 30, 1, 2, 3]),
            json!({
                "voxels_created": 48,
            }),
        ),
        bounds([9, 18, 27], [10, 21, 32]),
        ("get_voxel", json!([9, 18, 27]), json!({ "color": [1, 2, 3, 255] })),
        ("undo", json!([]), json!({})),
        (
            "procedural_shape",
            json!({ "shape": "box", "size": [3, 3, 3] }),
            json!({
                "voxels_created": 27,
            }),
        ),
        bounds([-1; 3], [1; 3]),
    ]);
}

#[test]
fn every_shape_can_be_asked_for() {
    for shape in
        ["cube", "box", "sphere", "Cylinder", "cone", "pyramid", "torus", "prism", "prism6"]
    {
        let found = Rig::with_project().ask("procedural_shape", json!([shape, 12, 12, 6]));
        assert!(found["voxels_created"].as_u64().is_some_and(|count| count > 100), "{found}");
    }
    check(&[
        (
            "shape.sphere",
            json!({ "size": 8, "center": [0, 0, 0] }),
            json!({
                "shape_type": "sphere", "voxels_created": 280,
            }),
        ),
        (
            "procedural_shape",
            json!(["heart"]),
            json!({ "error": {
            "code": -1011,
            "message": "Shape type not implemented yet",
            "data": { "reason": "unknown_shape" },
        } }),
        ),
        (
            "procedural_shape",
            json!(["cube", 0]),
            error(-32602, "Parameter 'size' must be at least 1 on each axis"),
        ),
        (
            "procedural_shape",
            json!(["cube", 2_000_000_000, 2_000_000_000, 2_000_000_000]),
            refused(-1011, "Shape type not implemented yet", "limit_exceeded"),
        ),
    ]);
}

#[test]
fn a_batch_of_operations_is_one_step() {
    let operations = json!([
        { "type": "add_voxel", "x": 1, "y": 0, "z": 0, "r": 9, "g": 8, "b": 7 },
        { "type": "paint", "position": [1, 0, 0], "color": "#FF0000" },
        { "method": "goxel.add_voxel", "params": [2, 0, 0] },
        { "type": "remove_voxel", "x": 2 },
        { "type": "paint", "x": 2 },
        { "type": "fly" },
        7,
    ]);
    check(&[
        (
            "batch_operations",
            json!([{ "operations": operations }]),
            json!({
                "success": true,
                "total_operations": 7,
                "successful_operations": 4,
                "errors": [
                    { "index": 4, "error": "there is no voxel to paint" },
                    { "index": 5, "error": "..." },
                    { "index": 6, "error": "no type" },
                ],
            }),
        ),
        filled(1),
        ("get_voxel", json!([1, 0, 0]), json!({ "color": [255, 0, 0, 255] })),
        ("undo", json!([]), json!({ "undo_steps": 0 })),
        filled(0),
        ("batch_operations", json!([]), error(-32602, "Must specify operations array")),
        (
            "batch_operations",
            json!({ "operations": [], "layer_id": 7 }),
            refused(-32603, "Failed to run batch: error code -1", "layer_not_found"),
        ),
    ]);
}
