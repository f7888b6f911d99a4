//! The journal from outside: what it keeps, what it refuses, and what it does about faults.

mod basic;
mod damage;
mod disk;
mod faults;
mod model;
mod support;
