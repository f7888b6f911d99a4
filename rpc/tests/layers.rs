//! Layers, undo and bounds: positional, named, and refused.

mod common;

use common::{check, error, filled, refused};
use serde_json::json;

#[test]
fn layers_are_made_listed_and_deleted() {
    let row = |id: u32, name: &str, active: bool| json!({ "id": id, "name": name, "visible": true, "is_active": active, "opacity": 1.0 });
    const MISSING: &str = "Must specify either layer_id or layer_name";
    check(&[
        (
            "new_layer",
            json!(["Sky"]),
            json!({
                "success": true, "name": "Sky", "visible": true, "color": [255, 255, 255],
                "id": 2, "layer_id": 2,
            }),
        ),
        (
            "list_layers",
            json!([]),
            json!({
                "count": 2,
                "layers": [row(1, "Layer.1", false), row(2, "Sky", true)],
                "active_layer": 2,
                "active_layer_id": 2,
                "total_layers": 2,
            }),
        ),
        (
            "create_layer",
            json!({ "visible": false }),
            json!({
                "name": "New Layer", "visible": false, "id": 3,
            }),
        ),
        (
            "create_layer",
            json!(["a", 256, 0, 0]),
            error(-32602, "Invalid color values (must be 0-255)"),
        ),
        ("create_layer", json!([1]), error(-32602, "Parameter 'name' must be a string")),
        ("delete_layer", json!([-1, "Sky"]), json!({ "success": true })),
        (
            "delete_layer",
            json!([0, "nobody"]),
            refused(-1012, "Failed to delete layer: error code -1", "layer_not_found"),
        ),
        ("delete_layer", json!(["3"]), json!({ "success": true })),
        ("delete_layer", json!([]), error(-32602, MISSING)),
        ("delete_layer", json!([0]), error(-32602, MISSING)),
        (
            "delete_layer",
            json!([3]),
            refused(-1012, "Failed to delete layer: error code -1", "layer_not_found"),
        ),
        ("list_layers", json!([]), json!({ "count": 1 })),
    ]);
}

#[test]
fn layers_are_merged() {
    const FAILED: &str = "Failed to merge layers: error code -1";
    const MISSING: &str = "Must specify valid source_layer_id and target_layer_id";
    check(&[
        ("add_voxel", json!([0, 0, 0]), json!({})),
        ("create_layer", json!(["top"]), json!({ "id": 2 })),
        ("add_voxel", json!([1, 0, 0]), json!({})),
        ("merge_layers", json!([2, 1]), json!({ "success": true, "voxel_count": 2 })),
        ("list_layers", json!([]), json!({ "count": 1, "active_layer_id": 1 })),
        ("undo", json!([]), json!({ "success": true })),
        ("merge_layers", json!({ "source": "top", "target_id": 1 }), json!({ "success": true })),
        ("merge_layers", json!([1]), error(-32602, MISSING)),
        ("merge_layers", json!([0, 1]), error(-32602, MISSING)),
        ("merge_layers", json!([1, 1]), refused(-1013, FAILED, "invalid_operation")),
        ("merge_layers", json!([1, 9]), refused(-1013, FAILED, "layer_not_found")),
    ]);
}

#[test]
fn a_layer_is_merged_down_when_deleted_so() {
    check(&[
        ("create_layer", json!(["top"]), json!({ "id": 2 })),
        ("add_voxel", json!([1, 0, 0]), json!({})),
        (
            "delete_layer",
            json!({ "layer_id": 1, "merge_down": true }),
            refused(-1012, "Failed to delete layer: error code -1", "invalid_operation"),
        ),
        (
            "delete_layer",
            json!({ "layer_id": 2, "merge_down": true }),
            json!({
                "layer_count": 1,
            }),
        ),
        filled(1),
    ]);
}

#[test]
fn layers_are_shown_chosen_and_renamed() {
    check(&[
        ("create_layer", json!(["top"]), json!({ "id": 2 })),
        ("set_layer_visibility", json!([2, false]), json!({ "success": true, "visible": false })),
        (
            "set_layer_visibility",
            json!({ "name": "top", "visible": 1 }),
            json!({
                "visible": true,
            }),
        ),
        ("set_layer_visibility", json!([]), error(-32602, "Must specify valid layer_id")),
        (
            "set_layer_visibility",
            json!([2, "no"]),
            error(-32602, "Parameter 'visible' must be true or false"),
        ),
        (
            "set_layer_visibility",
            json!([7]),
            refused(-1014, "Failed to set layer visibility: error code -1", "layer_not_found"),
        ),
        ("set_active_layer", json!([1]), json!({ "success": true, "active_layer": 1 })),
        ("add_voxel", json!([0, 0, 0]), json!({})),
        ("clear_voxels", json!({ "layer_id": 1 }), json!({ "removed": 1, "layer_id": 1 })),
        ("rename_layer", json!([2, "roof"]), json!({ "success": true, "name": "roof" })),
        ("get_voxel", json!({ "layer_id": "roof" }), json!({ "layer_id": 2 })),
    ]);
}

#[test]
fn edits_are_undone_and_redone() {
    const UNDO: &str = "Failed to undo: error code -1";
    check(&[
        ("add_voxel", json!([0, 0, 0]), json!({})),
        ("undo", json!([]), json!({ "success": true, "undo_steps": 0, "redo_steps": 1 })),
        filled(0),
        ("redo", json!([]), json!({ "success": true, "undo_steps": 1, "redo_steps": 0 })),
        filled(1),
        ("redo", json!([]), refused(-32603, "Failed to redo: error code -1", "invalid_operation")),
        ("undo", json!([]), json!({})),
        ("undo", json!([]), refused(-32603, UNDO, "invalid_operation")),
    ]);
}

#[test]
fn the_bounding_box_holds_both_corners() {
    check(&[
        ("get_bounding_box", json!([]), json!({ "empty": true })),
        ("add_voxels", json!([[[0, 0, 0], [9, 9, 9]]]), json!({})),
        (
            "get_bounding_box",
            json!({ "exact": true }),
            json!({
                "empty": false, "min": [0, 0, 0], "max": [9, 9, 9], "dimensions": [10, 10, 10],
            }),
        ),
        ("get_bounding_box", json!({ "exact": false }), json!({ "max": [15, 15, 15] })),
        ("create_layer", json!([]), json!({})),
        ("get_bounding_box", json!({ "layer_id": -1 }), json!({ "empty": true })),
        ("get_bounding_box", json!([-2]), json!({ "max": [9, 9, 9] })),
        (
            "get_bounding_box",
            json!([9]),
            refused(-32603, "Failed to get bounding box", "layer_not_found"),
        ),
        (
            "get_project_info",
            json!([]),
            json!({
                "name": "Demo", "total_voxels": 2, "layer_count": 2,
                "bounding_box": { "min": [0, 0, 0], "max": [9, 9, 9] },
            }),
        ),
    ]);
}
