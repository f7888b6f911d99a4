//! Projects and pictures go to files and come back.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests read better so")]

mod common;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::{Rig, check_on, has, refused};
use goxel_engine::image::{Picture, png};
use serde_json::{Value, json};

const BLUE: [u8; 4] = [0, 0, 255, 255];

/// A rig with a project of a blue 8^3 cube.
fn rig() -> Rig {
    let mut rig = Rig::with_project();
    let cube = json!({ "size": 8, "center": [100, 0, 0], "color": "#0000FF" });
    rig.ask("procedural_shape", cube);
    rig
}

/// A rig with a blue and a red cube that meet in inner edges and corners.
fn steps() -> Rig {
    let mut rig = rig();
    let cube = json!({ "size": 4, "center": [104, -4, -2], "color": "#FF0000" });
    rig.ask("procedural_shape", cube);
    rig
}

#[track_caller]
fn check(method: &str, params: Value, expected: Value) {
    check_on(&mut rig(), &[(method, params, expected)]);
}

fn invalid(message: &str) -> Value {
    json!({ "error": { "code": -32602, "message": message } })
}

/// The picture that a call put into its reply.
#[track_caller]
fn inline(params: Value) -> Picture {
    inline_of(&mut rig(), params)
}

#[track_caller]
fn inline_of(rig: &mut Rig, params: Value) -> Picture {
    let found = rig.ask("render_scene", params);
    let text = found["image"].as_str().unwrap_or_else(|| panic!("{found}"));
    assert_eq!(found["image_data"], found["image"]);
    // The host was looked at before and after.
    assert_eq!(found["render_time_ms"], 5.0);
    png::decode(&BASE64_STANDARD.decode(text).unwrap(), 1 << 24).unwrap()
}

fn corner_and_middle(picture: &Picture) -> [[u8; 4]; 2] {
    let middle = picture.height / 2 * picture.width + picture.width / 2;
    [picture.pixels[0], picture.pixels[middle as usize]]
}

#[track_caller]
fn check_pixels(mut params: Value, corner: [u8; 4], middle: [u8; 4]) {
    for (name, value) in [("width", json!(64)), ("height", json!(48)), ("mode", json!("flat"))] {
        params.as_object_mut().unwrap().entry(name).or_insert(value);
    }
    assert_eq!(corner_and_middle(&inline(params.clone())), [corner, middle], "{params}");
}

#[test]
fn a_project_is_saved_and_loaded() {
    for format in ["gox", "vox"] {
        let path = format!("/tmp/my.model.{format}");
        let mut rig = rig();
        let saved = rig.ask("save_file", json!([path]));
        let size = rig.files.files.lock().unwrap()[&path].len();
        let expected =
            json!({ "success": true, "path": path, "file_path": path, "file_size": size });
        assert!(has(&saved, &expected), "{saved}");
        assert_eq!(rig.ask("get_project_info", json!([]))["file_path"], path);
        let first = rig.ask("get_project_info", json!([]))["project_id"].clone();
        rig.ask("create_project", json!([]));
        let loaded = rig.ask("open_file", json!({ "file_path": path, "format": "auto" }));
        let expected = json!({
            "success": true, "path": path, "file_path": path, "name": "my.model",
            "format": format, "layer_count": 1, "voxel_count": 512, "project_id": "...",
        });
        assert!(has(&loaded, &expected), "{loaded}");
        assert_ne!(loaded["project_id"], first);
        assert_eq!(loaded.get("warnings"), None);
        assert_eq!(rig.ask("undo", json!([]))["error"]["data"]["reason"], "invalid_operation");
    }
}

#[test]
fn a_file_is_known_by_its_content_not_its_name() {
    let mut rig = rig();
    rig.ask("export_model", json!(["/a.gox", "vox"]));
    assert_eq!(rig.ask("load_project", json!(["/a.gox"]))["format"], "vox");
}

#[test]
fn a_file_that_cannot_be_loaded_leaves_the_project() {
    const MISSING: &str = "Missing required parameter: path";
    let failed = "Failed to load project '/no': error code -1";
    check("load_project", json!([]), invalid(MISSING));
    check("load_project", json!([""]), invalid(MISSING));
    check("load_project", json!([5]), invalid("Parameter 'path' must be a string"));
    check("load_project", json!(["/no"]), refused(-1002, failed, "file_not_found"));
    let mut rig = rig();
    for broken in [&b""[..], b"nonsense", b"GOX \x02\0\0\0IMG ", b"VOX \x96\0\0\0MAIN"] {
        rig.files.files.lock().unwrap().insert("/no".to_owned(), broken.to_vec());
        let before = rig.state();
        let found = rig.ask("load_project", json!(["/no"]));
        assert!(has(&found, &refused(-1002, failed, "unsupported_format")), "{found}");
        assert!(found["error"]["data"]["detail"].as_str().unwrap().contains("at byte"), "{found}");
        assert_eq!(rig.state(), before);
    }
}

#[test]
fn a_project_that_cannot_be_saved_says_why() {
    let failed = |path: &str| format!("Failed to save project '{path}': error code -1");
    check("save_project", json!({}), invalid("Missing required parameter: path"));
    check("save_project", json!(["a.xyz"]), refused(-1003, &failed("a.xyz"), "unsupported_format"));
    check(
        "save_project",
        json!(["/denied/a.gox"]),
        refused(-1003, &failed("/denied/a.gox"), "permission_denied"),
    );
}

#[test]
fn a_model_is_exported_in_the_format_asked_for() {
    check(
        "export_model",
        json!(["/a.vox"]),
        json!({
            "success": true, "path": "/a.vox", "format": "vox", "file_path": "/a.vox",
        }),
    );
    check(
        "export_file",
        json!({ "output_path": "/a.bin", "format": "GOX" }),
        json!({
            "path": "/a.bin", "format": "gox",
        }),
    );
    check(
        "export_model",
        json!(["/a.obj"]),
        json!({ "error": {
        "code": -1007,
        "message": "Failed to export model '/a.obj': error code -1",
        "data": { "reason": "unsupported_format", "formats": ["gox", "vox"] },
    } }),
    );
    check(
        "export.obj",
        json!(["/a.vox"]),
        refused(-1007, "Failed to export model '/a.vox': error code -1", "unsupported_format"),
    );
    check("export_model", json!([]), invalid("Missing required parameter: path"));
}

#[test]
fn a_picture_goes_to_a_file() {
    let mut rig = rig();
    let found = rig.ask("render_scene", json!(["/out.png", 80, 60]));
    let file = rig.files.files.lock().unwrap()["/out.png"].clone();
    let expected = json!({
        "success": true, "width": 80, "height": 60, "format": "png", "output_path": "/out.png",
        "path": "/out.png", "message": "Scene rendered to /out.png", "size": file.len(),
        "render_time_ms": 5.0,
    });
    assert!(has(&found, &expected), "{found}");
    let picture = png::decode(&file, 1 << 20).unwrap();
    assert_eq!((picture.width, picture.height), (80, 60));
    assert_eq!(found.get("warnings"), None);
}

#[test]
fn a_picture_without_a_path_is_in_the_reply() {
    let picture = inline(json!({ "width": 64, "height": 48 }));
    assert_eq!((picture.width, picture.height), (64, 48));
    let both = inline(json!({ "path": "/a.png", "options": { "return_mode": "base64" } }));
    assert_eq!((both.width, both.height), (512, 512));
}

#[test]
fn backgrounds_are_read_in_every_spelling() {
    check_pixels(json!({}), [240, 240, 240, 255], BLUE);
    check_pixels(json!({ "background": "transparent" }), [0; 4], BLUE);
    check_pixels(json!({ "background_color": "#010203" }), [1, 2, 3, 255], BLUE);
    let options = |color: Value| json!({ "options": { "background_color": color } });
    check_pixels(options(json!([9, 300, -1])), [9, 255, 0, 255], BLUE);
    check_pixels(options(json!([1, "x", 3, 4])), [1, 240, 3, 4], BLUE);
    check_pixels(options(json!([1, 2])), [240, 240, 240, 255], BLUE);
}

#[test]
fn cameras_are_read_in_every_spelling() {
    let views = [
        json!({ "camera_preset": "front" }),
        json!({ "camera": "Front" }),
        json!({ "camera": { "preset": "front" } }),
        json!({ "camera_angle": "front" }),
        json!({ "options": { "camera_preset": "front" } }),
        json!({ "angles": { "rz": 0, "rx": 90 } }),
    ];
    let front = inline(views[0].clone());
    for view in views {
        assert_eq!(inline(view.clone()).pixels, front.pixels, "{view}");
    }
    for preset in ["top", "isometric", "left"] {
        let other = inline(json!({ "camera_preset": preset, "orthographic": true }));
        assert_ne!(other.pixels, front.pixels, "{preset}");
    }
    check_pixels(json!({ "camera": { "position": [100, -80, 0] } }), [240, 240, 240, 255], BLUE);
    let away = json!({ "camera_position": [100, -80, 0], "camera_target": { "y": -90 } });
    check_pixels(away, [240, 240, 240, 255], [240, 240, 240, 255]);
}

#[test]
fn an_unknown_preset_is_the_default_view_and_a_warning() {
    let found = rig().ask("render_scene", json!({ "camera_preset": "sideways" }));
    assert_eq!(found["success"], true);
    assert!(found["warnings"][0].as_str().unwrap().contains("sideways"), "{found}");
    let default = rig().ask("render_scene", json!({}));
    assert_eq!(found["image"], default["image"]);
}

#[test]
fn what_cannot_be_rendered_says_why() {
    let call = |params: Value, expected: Value| check("render_scene", params, expected);
    call(json!({ "width": 16385 }), invalid("Parameter 'width' must be at most 16384"));
    call(
        json!(["/a.png", 16384, 16384]),
        invalid("Parameter 'width' must be so that width times height is at most 134217728"),
    );
    call(json!(["/a.png", "wide"]), invalid("Parameter 'width' must be an integer"));
    call(
        json!({ "mode": "oil" }),
        invalid("Parameter 'mode' must be one of flat, lit, clay, outline, path, marching"),
    );
    call(
        json!({ "format": "tiff" }),
        json!({ "error": {
        "code": -32602,
        "message": "Parameter 'format' must be one of png, jpeg, bmp, raw",
        "data": { "valid_formats": ["png", "jpeg", "bmp", "raw"] },
    } }),
    );
    call(
        json!({ "camera": 5 }),
        invalid("Parameter 'camera' must be a preset's name or an object"),
    );
    call(
        json!({ "camera": { "position": [1, 1, 1], "target": [1, 1, 1] } }),
        json!({
            "error": { "code": -32602, "data": { "param": "camera" } },
        }),
    );
    call(
        json!({ "camera": { "position": [1, 1, 1], "fov": 180 } }),
        invalid(
            "Parameter 'camera' needs a position away from its target, within 2^40, \
             and a fov from 0.001 to 179.99",
        ),
    );
    call(
        json!({ "return_mode": "pigeon" }),
        json!({ "error": {
        "code": -32602,
        "data": { "valid_modes": ["file_path", "direct", "base64"], "provided": "pigeon" },
    } }),
    );
    call(
        json!({ "options": { "return_mode": "file_path" } }),
        json!({ "error": {
        "code": -32603,
        "message": "Render manager not available, file transfer mode disabled",
    } }),
    );
    call(
        json!(["/denied/a.png"]),
        refused(-1015, "Failed to render scene: error code -1", "permission_denied"),
    );
    let none = Rig::new().ask("render_scene", json!([]));
    assert!(has(&none, &refused(-1015, "Failed to render scene: error code -1", "no_project")));
}

#[test]
fn numbers_out_of_their_range_say_so() {
    let call = |params: Value, text: &str| check("render_scene", params, invalid(text));
    let quality = |value: i32| json!({ "format": "jpg", "quality": value });
    call(quality(0), "Parameter 'quality' must be between 1 and 100");
    call(quality(101), "Parameter 'quality' must be between 1 and 100");
    call(json!({ "occlusion": 1.1 }), "Parameter 'occlusion' must be between 0 and 1");
    call(json!({ "edges": -0.1 }), "Parameter 'edges' must be between 0 and 1");
    let path = |side: i32, samples: i32| json!({ "mode": "path", "width": side, "height": side, "samples": samples });
    call(path(8, 0), "Parameter 'samples' must be between 1 and 65536");
    call(path(8, 65_537), "Parameter 'samples' must be between 1 and 65536");
    call(
        path(1024, 8193),
        "Parameter 'samples' must be so that width times height times samples is at most \
         8589934592",
    );
}

#[test]
fn every_mode_draws_another_picture() {
    let mut pictures: Vec<Picture> = Vec::new();
    let modes =
        ["flat", "lit", "clay", "outline", "marching", "path"].map(|mode| (mode, json!({})));
    let more = [
        ("lit", json!({ "edges": 0 })),
        ("lit", json!({ "occlusion": 1.0, "edges": 0 })),
        ("marching", json!({ "smooth": true })),
        ("path", json!({ "floor": false })),
        ("path", json!({ "samples": 1 })),
    ];
    for (mode, mut params) in modes.into_iter().chain(more) {
        let asked = json!({ "mode": mode, "width": 40, "height": 30 });
        params.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        params.as_object_mut().unwrap().entry("samples").or_insert(json!(2));
        let picture = inline_of(&mut steps(), params.clone());
        assert!(!pictures.contains(&picture), "{params}");
        pictures.push(picture);
    }
}

#[test]
fn what_a_mode_does_not_look_at_is_a_warning() {
    let call = |params: Value| rig().ask("render_scene", params)["warnings"].clone();
    let path = json!({ "width": 8, "height": 8, "mode": "path", "samples": 1, "floor": false });
    assert_eq!(call(path), Value::Null);
    let lit = call(json!({ "width": 8, "height": 8, "samples": 1 }));
    assert!(lit[0].as_str().unwrap().contains("samples"), "{lit}");
}

#[test]
fn formats_are_what_they_say() {
    let check = |params: Value, format: &str, start: &[u8]| {
        let mut params = params;
        params.as_object_mut().unwrap().extend([
            ("path".to_owned(), json!("/a.png")),
            ("width".to_owned(), json!(32)),
            ("height".to_owned(), json!(24)),
        ]);
        let mut rig = rig();
        let found = rig.ask("render_scene", params.clone());
        let file = rig.files.files.lock().unwrap()["/a.png"].clone();
        let expected = json!({ "format": format, "size": file.len() });
        assert!(has(&found, &expected), "{params}: {found}");
        assert!(file.starts_with(start), "{params}: {:x?}", &file[..16]);
        file.len()
    };
    check(json!({}), "png", b"\x89PNG");
    check(json!({ "format": "PNG", "quality": 0 }), "png", b"\x89PNG");
    let fine = check(json!({ "format": "jpg" }), "jpeg", &[0xFF, 0xD8, 0xFF]);
    let options = json!({ "options": { "format": "JPEG", "quality": 5 } });
    let rough = check(options, "jpeg", &[0xFF, 0xD8, 0xFF]);
    assert!(rough < fine, "{rough} {fine}");
    check(json!({ "format": "bmp" }), "bmp", b"BM");
    let pixels = check(json!({ "format": "rgba" }), "raw", &[240, 240, 240, 255]);
    assert_eq!(pixels, 32 * 24 * 4);
}

#[test]
fn parallel_views_are_asked_for_by_name_and_by_lens() {
    let preset = |name: &str| inline(json!({ "width": 64, "height": 48, "camera_preset": name }));
    let views = ["isometric", "true_isometric", "Dimetric"].map(preset);
    assert!(views[0] != views[1] && views[1] != views[2] && views[0] != views[2]);
    let parallel = json!({ "position": [104, -80, 40], "projection": "orthographic" });
    let seen = inline(json!({ "camera": parallel }));
    let beside = json!({ "camera": { "position": [104, -80, 40] }, "orthographic": true });
    assert!(seen == inline(beside));
    assert!(seen != inline(json!({ "camera": { "position": [104, -80, 40] } })));
}

#[test]
fn sides_of_zero_or_below_are_512() {
    check(
        "render_scene",
        json!({ "width": 0, "height": -4 }),
        json!({
            "width": 512, "height": 512,
        }),
    );
}

#[test]
fn an_empty_project_is_a_picture_of_its_background() {
    let found = Rig::with_project().ask("render_scene", json!({ "width": 8, "height": 8 }));
    assert_eq!(found["success"], true);
}
