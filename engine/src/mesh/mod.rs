//! Surfaces of volumes, as triangles.

pub mod marching;
