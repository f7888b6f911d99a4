//! Makes the demo's model: `cargo run --example island -- examples/island.gox`.

mod model;

use goxel_engine::format::{Format, encode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "island.gox".to_owned());
    let bytes = encode(&model::island(), Format::Gox)?;
    std::fs::write(&path, &bytes)?;
    println!("{path}: {} bytes", bytes.len());
    Ok(())
}
