//! The life of the daemon's processes: starting, forking, being told to stop, and staying alive.
//!
//! [`start`] brings the service up and goes into the background; from there on this process is the
//! [`supervisor`], which holds the sockets and keeps a worker alive. What the worker does is in
//! [`crate::serve`].

pub mod control;
pub mod fork;
pub mod link;
mod notify;
pub mod pid_file;
pub mod privileges;
mod restarts;
pub mod self_test;
pub mod signals;
pub mod start;
mod supervisor;
