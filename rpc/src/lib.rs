//! The language of the outside: JSON-RPC 2.0 over any byte stream.
//!
//! [`Framer`] cuts bytes into messages, [`decode`] turns one into requests, and a
//! [`Session`] answers them: [`Session::start`] either answers at once or gives a
//! [`Job`] that any thread may run and whose result goes back through
//! [`Session::finish`]. The outside is behind the trait [`Host`]: this crate has no
//! files, threads or clocks of its own.

mod colors;
mod envelope;
mod error;
mod frame;
mod handlers;
mod host;
mod job;
pub mod journal;
mod layers;
mod memory;
mod method;
mod notice;
mod params;
mod projects;
mod quick;
mod session;
mod table;
mod values;

pub use envelope::{Decoded, MAX_BATCH, Outcome, Request};
pub use envelope::{batch_reply, decode, error_reply, fault_reply, reply};
pub use error::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RpcError,
};
pub use frame::{Fault, Frame, Framer, MAX_DEPTH};
pub use host::{Facts, Host, JournalFacts};
pub use job::{Finished, Job, Priority, Step};
pub use notice::Notice;
pub use projects::Scope;
pub use session::{Config, MAX_PROJECTS, Session};
