//! The main job, start to finish: a voxel file goes into a real daemon over its socket,
//! and an edited picture comes out.
//!
//! `cargo run --release --example demo` leaves `goxel-demo.png` where you are.

use goxel_support::{Client, Daemon, daemon_program_aloud, workspace_root};
use serde_json::{Value, json};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("building goxel-daemon ...");
    daemon_program_aloud();
    let daemon = Daemon::start(&[]);
    let mut client = daemon.client();
    println!("goxel-daemon {} runs, and listens on a socket", version(&mut client));

    let model = workspace_root().join("examples/island.gox");
    open(&mut client, &model);
    edit(&mut client);
    let picture = std::env::current_dir()?.join("goxel-demo.png");
    render(&mut client, &picture);
    let ended = daemon.stop();
    println!("the daemon stopped: {ended}\n");
    println!("Look at {}", picture.display());
    print_next(&model);
    Ok(())
}

fn version(client: &mut Client) -> String {
    client.result("version", Value::Null)["version"].as_str().unwrap_or("?").to_owned()
}

fn open(client: &mut Client, model: &Path) {
    let opened = client.result("open_file", json!({"path": model}));
    println!(
        "opened {}: {} voxels in {} layers",
        model.display(),
        opened["voxel_count"],
        opened["layer_count"]
    );
}

/// A hot-air balloon and clouds, each on a layer of its own.
fn edit(client: &mut Client) {
    client.result("new_layer", json!({"name": "balloon"}));
    let mut shape = |shape: &str, size: [i32; 3], center: [i32; 3], color: &str| {
        let params = json!({"shape": shape, "size": size, "center": center, "color": color});
        client.result("procedural_shape", params)["voxels_created"].as_u64().unwrap_or(0)
    };
    let mut voxels = shape("sphere", [18, 18, 20], [-30, 4, 50], "#F2A33C");
    voxels += shape("cylinder", [18, 18, 4], [-30, 4, 50], "#D64A3A");
    voxels += shape("cylinder", [16, 16, 2], [-30, 4, 55], "#F7E7C6");
    voxels += shape("cylinder", [16, 16, 2], [-30, 4, 45], "#F7E7C6");
    for (x, y) in [(-33, 1), (-28, 1), (-33, 6), (-28, 6)] {
        voxels += shape("cube", [1, 1, 6], [x, y, 38], "#7A5535");
    }
    voxels += shape("cube", [6, 6, 4], [-30, 4, 34], "#9B7046");
    client.result("new_layer", json!({"name": "clouds"}));
    let mut cloud = |size: [i32; 3], center: [i32; 3]| {
        let params =
            json!({"shape": "sphere", "size": size, "center": center, "color": [255, 255, 255]});
        client.result("procedural_shape", params)["voxels_created"].as_u64().unwrap_or(0)
    };
    for (dx, dy, dz, size) in [(0, 0, 0, 12), (8, 2, -1, 9), (-8, -1, -1, 8), (2, 5, 2, 8)] {
        voxels += cloud([size + 4, size, size - 4], [-4 + dx, 38 + dy, 62 + dz]);
        voxels += cloud([size + 2, size, size - 5], [44 + dx, 40 + dy, 40 + dz]);
    }
    println!("added a balloon and clouds: {voxels} voxels");
}

fn render(client: &mut Client, picture: &Path) {
    let params = json!({
        "output_path": picture,
        "width": 1280,
        "height": 960,
        "camera": {"position": [150, -190, 186], "target": [1, 0, 22], "fov": 28},
        "options": {"background_color": [214, 230, 240]},
    });
    let rendered = client.result("render_scene", params);
    println!(
        "rendered {}x{} pixels, {} bytes of PNG",
        rendered["width"], rendered["height"], rendered["size"]
    );
}

fn print_next(model: &Path) {
    println!(
        "
Next, keep a daemon running:

    target/release/goxel-daemon --socket /tmp/goxel.sock

and talk to it from another terminal, one JSON object a line:

    python3 - <<'END'
    import json, socket
    goxel = socket.socket(socket.AF_UNIX)
    goxel.connect('/tmp/goxel.sock')
    def call(method, **params):
        request = {{'jsonrpc': '2.0', 'method': method, 'params': params, 'id': 1}}
        goxel.sendall(json.dumps(request).encode())
        return json.loads(goxel.makefile().readline())
    print(call('open_file', path='{}'))
    print(call('flood_fill', layer_id='cottage', x=-18, y=-15, z=16, color='#3C78B4', tolerance=16))
    print(call('render_scene', output_path='/tmp/island.png', width=800, height=600))
    END

A C program does the same without a daemon: see examples-c/.",
        model.display()
    );
}
