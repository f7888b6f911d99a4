//! `libgoxel`: the engine behind a C ABI.
//!
//! Functions convert, call and answer with a number; they decide nothing. The
//! headers in `include/` are made from the sources of [`headless`], so the doc
//! comments there are written for C. `guard.rs` stands between C and all else:
//! no panic and no bad context gets past it.
#![allow(unsafe_code)]

mod context;
mod failure;
mod guard;
mod input;
mod io;

pub mod headless;
