//! The table of settings: one row each, in the order of the manual.

mod foreign;
mod limits;
mod logging;
mod network;
mod process;
mod service;

pub use foreign::{FOREIGN, REMARKS, SAY_NOTHING};
pub use limits::LIMITS;
pub use logging::LOGGING;
pub use network::NETWORK;
pub use process::{GENERAL, PROCESS};
pub use service::{HEALTH, RENDER, STATE, SUPERVISOR};

use super::settings::Setting;

/// A default that is made looks at rows before its own only.
pub const TABLES: &[&[Setting]] =
    &[GENERAL, PROCESS, NETWORK, LIMITS, LOGGING, SUPERVISOR, HEALTH, RENDER, STATE];
