//! `goxel_headless.h`, the API that C programs of 2025 were written against.
//!
//! Names, numbers and layouts are the old ones (spec/c-abi.md 1). What the old
//! library did wrong and we do right is told in the comments of each function.
//! `build.rs` of the workspace turns these files, in this order, into the header.

pub mod types;

pub mod context;
pub mod project;
pub mod voxels;

pub mod layers;

pub mod render;

pub mod info;
