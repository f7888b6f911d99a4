//! Every method in its positional and named forms, and its fixed replies.

mod common;

use common::{Rig, has};
use serde_json::{Value, json};

/// Calls in order on a fresh project; each reply must have what is expected.
#[track_caller]
fn check(calls: &[(&str, Value, Value)]) {
    check_on(&mut Rig::with_project(), calls);
}

#[track_caller]
fn check_on(rig: &mut Rig, calls: &[(&str, Value, Value)]) {
    for (method, params, expected) in calls {
        let before = rig.state();
        let found = rig.ask(method, params.clone());
        assert!(has(&found, expected), "{method} {params}\nfound {found}\nnot   {expected}");
        if found.get("error").is_some() {
            assert_eq!(rig.state(), before, "{method} {params} was refused and changed something");
        }
    }
}

fn error(code: i32, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

fn refused(code: i32, message: &str, reason: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "data": { "reason": reason } } })
}

fn filled(count: u64) -> (&'static str, Value, Value) {
    ("get_status", Value::Null, json!({ "voxel_count": count }))
}

#[test]
fn utility_methods_speak_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    check_on(
        &mut Rig::new(),
        &[
            ("echo", json!([1, { "a": null }]), json!([1, { "a": null }])),
            ("goxel.echo", json!({ "a": 1 }), json!({ "a": 1 })),
            ("echo", Value::Null, json!({})),
            (
                "version",
                json!([]),
                json!({ "version": version, "type": "daemon", "protocol": "JSON-RPC 2.0" }),
            ),
            ("goxel.get_version", json!({}), json!({ "version": version })),
            ("ping", json!({}), json!({ "pong": true, "timestamp": 1_757_325_600 })),
            (
                "status",
                json!({}),
                json!({
                    "status": "running",
                    "pid": 4242,
                    "current_time": "2025-09-08 10:00:00",
                    "hostname": "box",
                    "goxel_initialized": true,
                    "memory_allocated": 1000,
                    "uptime_seconds": 12,
                }),
            ),
            (
                "get_status",
                json!({}),
                json!({
                    "version": version,
                    "layer_count": 0,
                    "read_only": false,
                    "width": 0,
                    "height": 0,
                    "depth": 0,
                    "status": "running",
                    "project": null,
                    "voxel_count": 0,
                }),
            ),
        ],
    );
}

#[test]
fn list_methods_counts_what_it_lists() {
    let listed = Rig::new().ask("list_methods", json!([]));
    let methods = listed["methods"].as_array().unwrap();
    assert_eq!(listed["count"], methods.len());
    assert!(methods.iter().all(|row| row["description"].as_str().is_some_and(|d| !d.is_empty())));
    assert_eq!(methods[0]["method"], "echo");
}

#[test]
fn every_name_and_alias_resolves_with_and_without_its_prefix() {
    let mut rig = Rig::new();
    let listed = rig.ask("list_methods", json!([]));
    for row in listed["methods"].as_array().unwrap() {
        let name = row["method"].as_str().unwrap();
        let aliases =
            row["aliases"].as_array().unwrap().iter().map(|alias| alias.as_str().unwrap());
        for alias in aliases.chain([name]) {
            let bare = alias.strip_prefix("goxel.").unwrap_or(alias);
            for asked in [bare.to_owned(), format!("goxel.{bare}")] {
                let found = rig.ask(&asked, json!({ "layer_id": "no such layer" }));
                assert_ne!(found["error"]["code"], -32601, "{asked}");
            }
        }
    }
}

#[test]
fn every_spelling_of_the_specification_is_known() {
    let spellings = "create_project project.create goxel_create_project open_file goxel.open_file
        load_project open_project project.open save_file goxel.save_file save_project project.save
        export_file goxel.export_file export_model export_project export export_mesh export.model
        export.obj render_scene render_image goxel.render_image render.image add_voxel voxel.add
        add_voxels goxel.add_voxel_batch add_voxel_batch add_voxels_batch batch_add_voxels
        voxel.add_batch remove_voxel remove_voxels goxel.remove_voxels voxel.remove get_voxel
        goxel.get_voxel_info voxel.get paint_voxels paint_voxel voxel.paint flood_fill
        goxel.fill_region fill_region procedural_shape shape.sphere shape.cube list_layers
        get_layers layer.get_list create_layer new_layer goxel.new_layer layer.create layer.add
        delete_layer merge_layers set_layer_visibility layer.delete layer.merge
        layer.set_visibility get_status daemon.status daemon.stats system.get_status
        goxel.get_daemon_status get_version goxel.get_version system.get_version goxel.ping
        system.ping system.list_methods goxel.get_bounding_box get_project_info select_layer
        layer.set_active layer.select rename_layer clear_voxels";
    for name in spellings.split_whitespace() {
        let found = Rig::new().ask(name, json!([]));
        assert_ne!(found["error"]["code"], -32601, "{name}");
    }
}

#[test]
fn what_is_not_built_in_says_so() {
    check(&[
        (
            "goxel.execute_script",
            json!({ "script": "1" }),
            json!({ "error": {
                "code": -32601,
                "message": "Method not found: goxel.execute_script",
                "data": { "reason": "method_not_found", "detail": "scripting is not built in" },
            } }),
        ),
        ("rpc.discover", json!([]), error(-32601, "Method not found: rpc.discover")),
    ]);
}

#[test]
fn without_a_project_methods_fail_with_their_own_code() {
    let calls = [
        ("add_voxel", -1004, "Failed to add voxel: error code -1"),
        ("remove_voxel", -1005, "Failed to remove voxel: error code -1"),
        ("get_voxel", -1006, "Failed to get voxel: error code -1"),
        ("create_layer", -1008, "Failed to create layer: error code -1"),
        ("paint_voxels", -1009, "Failed to paint voxel: error code -1"),
        ("flood_fill", -1010, "Failed to perform flood fill"),
        ("delete_layer", -1012, "Failed to delete layer: error code -1"),
        ("merge_layers", -1013, "Failed to merge layers: error code -1"),
        ("set_layer_visibility", -1014, "Failed to set layer visibility: error code -1"),
        ("get_bounding_box", -32603, "Failed to get bounding box"),
    ];
    for (method, code, message) in calls {
        let found = Rig::new().ask(method, json!([1, 2, 3]));
        let expected = refused(code, message, "no_project");
        assert!(has(&found, &expected), "{method}: {found}");
    }
    check_on(&mut Rig::new(), &[("list_layers", json!([]), json!({ "count": 0, "layers": [] }))]);
}

#[test]
fn a_project_is_created_with_a_name_and_a_size() {
    let created = |name: &str, [w, h, d]: [i32; 3]| {
        json!({
            "success": true,
            "name": name,
            "width": w,
            "height": h,
            "depth": d,
            "canvas_size": [w, h, d],
            "layer_count": 1,
            "voxel_count": 0,
            "created_at": "2025-09-08T10:00:00Z",
        })
    };
    check_on(
        &mut Rig::new(),
        &[
            ("create_project", json!(["Demo", 8, 9, 10]), created("Demo", [8, 9, 10])),
            ("create_project", Value::Null, created("New Project", [64; 3])),
            ("create_project", json!({ "name": "a", "width": -1 }), created("a", [64; 3])),
            ("create_project", json!({ "size": [1, 2, 3] }), created("New Project", [1, 2, 3])),
            (
                "create_project",
                json!([{ "dimensions": { "width": 5, "height": 6, "depth": 7 } }]),
                created("New Project", [5, 6, 7]),
            ),
            (
                "get_status",
                json!([]),
                json!({ "width": 5, "height": 6, "depth": 7, "layer_count": 1 }),
            ),
            ("create_project", json!([7]), error(-32602, "Parameter 'name' must be a string")),
            (
                "create_project",
                json!({ "size": "big" }),
                error(-32602, "Parameter 'size' must be [width, height, depth]"),
            ),
            (
                "create_project",
                json!({ "template": "cube", "size": 4 }),
                json!({ "voxel_count": 64 }),
            ),
            (
                "undo",
                json!([]),
                refused(-32603, "Failed to undo: error code -1", "invalid_operation"),
            ),
            (
                "create_project",
                json!({ "template": "cube", "size": 2_000_000_000 }),
                refused(-1001, "Failed to create project: error code -1", "limit_exceeded"),
            ),
        ],
    );
}

#[test]
fn each_project_has_its_own_id() {
    let mut rig = Rig::new();
    let first = rig.ask("create_project", json!([]))["project_id"].clone();
    let second = rig.ask("create_project", json!([]))["project_id"].clone();
    assert!(first.is_string() && second.is_string() && first != second, "{first} {second}");
    assert_eq!(rig.ask("get_project_info", json!([]))["project_id"], second);
}

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
    for shape in ["cube", "box", "sphere", "Cylinder", "cone", "pyramid", "torus"] {
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
        ("delete_layer", json!({ "layer_name": "Sky" }), json!({ "success": true })),
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

#[test]
fn unknown_parameters_are_reported_and_known_ones_are_not() {
    check(&[(
        "add_voxel",
        json!({ "x": 1, "colr": "#FF0000", "project_id": "p", "z": 2 }),
        json!({ "success": true, "warnings": ["unknown parameter 'colr' ignored"] }),
    )]);
    let quiet = Rig::with_project().ask("add_voxel", json!({ "x": 1, "position": [1, 2, 3] }));
    assert_eq!(quiet.get("warnings"), None, "{quiet}");
    let extra = Rig::with_project().ask("get_voxel", json!([1, 2, 3, 0, 5, 6]));
    assert_eq!(extra["warnings"][0], "2 more positional parameters than known: ignored");
}

#[test]
fn replies_are_compact_lines_in_the_order_of_the_specification() {
    let mut rig = Rig::with_project();
    let call = |method: &str, params: &str| {
        format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":1}}"#)
    };
    assert_eq!(
        rig.line(&call("goxel.add_voxel", "[1,2,3,255,0,0,255]")).unwrap(),
        r#"{"jsonrpc":"2.0","id":1,"result":{"success":true,"x":1,"y":2,"z":3,"layer_id":0,"color":[255,0,0,255],"added":1}}"#
    );
    assert_eq!(
        rig.line(&call("goxel.remove_voxel", r#"{"layer_id":9}"#)).unwrap(),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1005,"message":"Failed to remove voxel: error code -1","data":{"reason":"layer_not_found","detail":"no layer has id 9","layer_ids":[1]}}}"#
    );
}

#[test]
fn a_batch_runs_in_order_and_leaves_notifications_out() {
    let mut rig = Rig::with_project();
    let batch = r#"[{"jsonrpc":"2.0","method":"add_voxel","params":[0,0,0]},
        {"jsonrpc":"2.0","method":"get_voxel","params":[0,0,0],"id":"a"}, 5]"#;
    let replies: Value = serde_json::from_str(&rig.line(batch).unwrap()).unwrap();
    assert_eq!(replies.as_array().unwrap().len(), 2);
    assert_eq!(replies[0]["result"]["exists"], true);
    assert_eq!(replies[1]["error"]["code"], -32600);
    let silent = r#"[{"jsonrpc":"2.0","method":"add_voxel","params":[0,0,0]}]"#;
    assert_eq!(rig.line(silent), None);
}
