//! What the worker does: it serves clients.
//!
//! [`event_loop`] waits, and lends each [`connection`] to the [`service`], which answers what is
//! cheap at once and gives the rest to the [`pool`].

pub mod connection;
pub mod event_loop;
mod exchange;
mod files;
mod health_file;
mod host;
mod mapped;
mod meter;
mod outbox;
mod pages;
mod pool;
mod service;
pub mod stats;
pub mod worker;
