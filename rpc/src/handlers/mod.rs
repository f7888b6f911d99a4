//! The methods' handlers, one file a noun: parameters in, engine, result out.

pub(crate) mod batch;
mod camera;
pub(crate) mod file;
pub(crate) mod layer;
pub(crate) mod project;
pub(crate) mod query;
pub(crate) mod render;
pub(crate) mod shape;
pub(crate) mod utility;
pub(crate) mod voxel;
pub(crate) mod voxel_list;
