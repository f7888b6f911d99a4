//! The table of methods, the utility methods, projects, and the form of replies.

mod common;

use common::{Rig, check, check_on, error, has, refused};
use serde_json::{Value, json};

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
        layer.set_active layer.select rename_layer clear_voxels batch_operations batch execute_batch
        batch.execute";
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
fn unknown_parameters_are_reported_and_known_ones_are_not() {
    check(&[(
        "add_voxel",
        json!({ "x": 1, "colr": "#FF0000", "project_id": "project-1", "z": 2 }),
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
