//! Where clients come in: listening sockets, and the streams they give.

pub mod listener;
mod port_holder;
pub mod stream;
