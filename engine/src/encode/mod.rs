//! Commands, scenes and projects as bytes and back: what a log keeps.
//!
//! The first byte is a version. A command has exactly one form: what is decoded is
//! encoded to the same bytes again, and floats come back bit for bit; a scene has one but for
//! how it is packed. Decoders are bounded
//! by [`Limits`] and by their input before they take memory, and say at which byte
//! they stopped.
//!
//! A command is its number in the table of `command.rs` and its fields. A scene is an
//! [`Effect`](crate::effect::Effect) on nothing: see there for the bytes. A project is all of it, its
//! history too: see `project.rs`.
//!
//! ```
//! use goxel_engine::command::Command;
//! use goxel_engine::encode::{Limits, command, decode_command};
//! use goxel_engine::volume::{Coord, Voxel};
//! let edit = Command::SetVoxel { layer: None, at: Coord::new(3, -1, 0), voxel: Voxel::WHITE };
//! let bytes = command(&edit);
//! assert_eq!(bytes, [1, 1, 0, 6, 1, 0, 255, 255, 255, 255]);
//! assert_eq!(decode_command(&bytes, &Limits::default())?, edit);
//! # Ok::<(), goxel_engine::encode::DecodeError>(())
//! ```

pub(crate) mod brick;
pub(crate) mod bricks;
mod change;
pub(crate) mod code;
mod command;
mod error;
mod limits;
pub(crate) mod packed;
mod parts;
mod past;
mod picture;
mod pool;
mod project;
mod scene;
mod steps;
mod streams;

pub use error::{DecodeCause, DecodeError};
pub use limits::Limits;
pub use project::{PROJECT_VERSION, decode_project, project};
pub use scene::{decode_scene, scene};

use crate::command::Command;
use code::{Code, Input};

/// The version of the bytes of commands.
pub const COMMAND_VERSION: u8 = 1;

/// A command as bytes.
pub fn command(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    append_command(command, &mut bytes);
    bytes
}

/// Adds a command's bytes to others. They do not say where they end.
pub fn append_command(command: &Command, out: &mut Vec<u8>) {
    out.push(COMMAND_VERSION);
    command.put(out);
}

/// The command that all of the bytes stand for.
pub fn decode_command(bytes: &[u8], limits: &Limits) -> Result<Command, DecodeError> {
    let mut input = Input::new(bytes, COMMAND_VERSION, limits)?;
    let command = Command::take(&mut input)?;
    input.end()?;
    Ok(command)
}

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod golden;
#[cfg(test)]
pub(crate) mod tests;
