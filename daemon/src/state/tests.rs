//! Whatever the disk does, what was acknowledged comes back.
//!
//! A [`Driver`](driver::Driver) does what the event loop does, over a folder in memory that
//! crashes and fails when it is told to; beside it stands what was kept at each commit.

mod crashes;
mod damage;
mod driver;
mod faults;
mod random;
mod recorder;
mod script;
