//! Voxel volumes, projects, edits, formats and a software renderer.
//!
//! The engine knows nothing of the outside: no JSON, sockets, paths, clocks,
//! environment or globals. Formats take bytes and limits, and return values.

pub mod command;
pub mod composite;
pub mod digest;
pub mod effect;
pub mod encode;
pub mod error;
pub mod format;
mod history;
pub mod image;
pub mod math;
pub mod mesh;
pub mod ops;
pub mod palette;
pub mod parallel;
pub mod project;
pub mod query;
pub mod render;
pub mod scene;
pub mod snapshot;
pub mod volume;
