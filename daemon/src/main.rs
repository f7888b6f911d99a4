//! `goxel-daemon`: the engine behind a Unix socket.
mod args; mod files; mod listener; mod mapped; mod os; mod pool; mod signals;
#[cfg(test)] mod testing;
fn main() {}
